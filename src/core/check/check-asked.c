/* Rules that only a look-up settles: the table. What they do stands in check-asked-*.c. Rules of
 * other groups that a look-up settles as well ask through check-asked.h. */
#include "core/check/check-asked.h"

#define SOON "1 to 5 minutes after each start of a task"
#define LATE "30 to 80 minutes in, when the network is set up"
#define UPDATE "at an update of the stack"
#define DELETE "when the stack is deleted"
#define BLIND "weeks, unless somebody looks"

const struct check_rule check_rules_asked[] = {
	/* who deploys, and where */
	{ "G03", "rollback-complete-stack", "template",
	  "The update is refused: the stack is in ROLLBACK_COMPLETE state and can not be updated.",
	  "An earlier operation failed or still runs, and CloudFormation takes no other one on "
	  "top.",
	  "Delete the stack, or let the running operation end; then deploy.",
	  "at once, but deleting and creating again takes 10 to 30 minutes", asked_g03 },
	{ "E13", "deployer-lacks-passrole", "template",
	  "CloudFormation reports that the deployer is not authorized to perform iam:PassRole.",
	  "Whoever registers a task definition must be allowed to hand its roles to ECS.",
	  "Allow iam:PassRole on the task and execution role, with iam:PassedToService "
	  "ecs-tasks.amazonaws.com, to whoever deploys.",
	  "1 to 5 minutes into the deployment, and the rollback", asked_e13 },
	{ "E14", "service-linked-role-absent", "template",
	  "The first service of a new account fails: unable to assume the service linked role.",
	  "ECS makes its own role when it is first used, and the role takes a while to work.",
	  "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com, once, before "
	  "the "
	  "first deployment.",
	  "1 to 5 minutes into the first deployment of an account", asked_e14 },

	/* place and image */
	{ "F18", "capacity-unavailable", "placement",
	  "The service was unable to place a task: capacity is unavailable at this time.",
	  "An availability zone is short of capacity or impaired.",
	  "Give the service subnets in several zones, and let it try again.",
	  "minutes; it heals by itself", asked_f18 },
	{ "F20", "unsupported-zone", "placement",
	  "Tasks fail to be placed in one zone, often with an internal error.",
	  "Fargate does not run in every zone, and which zone a name stands for differs by "
	  "account.",
	  "Move the subnet to a zone whose id Fargate supports.", SOON, asked_f20 },
	{ "F02", "image-private-or-misspelt-repository", "image",
	  "The pull is denied: the repository does not exist or may require authorization.",
	  "The repository is private or misspelt; a registry answers both alike.",
	  "Correct the name, give RepositoryCredentials, or mirror the image into ECR.", SOON,
	  asked_f02 },
	{ "F05", "exec-format-error", "entry",
	  "The container's log has the one line: exec format error.",
	  "The image was built for the other processor architecture, and nothing checks that "
	  "before "
	  "it runs.",
	  "Build for linux/amd64, or set RuntimePlatform.CpuArchitecture to what it is built for.",
	  SOON, asked_f05 },
	{ "F21", "image-layer-format", "image",
	  "The pull fails: number of layers and diffIDs don't match; or a layer cannot be "
	  "unpacked.",
	  "Some layers are packed with zstd and some with gzip, or the platform version knows no "
	  "zstd.",
	  "Build the image anew with one compression, gzip for old platform versions.", SOON,
	  asked_f21 },
	{ "F22", "image-too-slow-to-pull", "image",
	  "The pull is killed or retried until the task is given up.",
	  "The image is so large that a slow path does not carry it in time.",
	  "Mirror it into ECR of the same region, and make it smaller.", SOON, asked_f22 },

	/* updates */
	{ "A20", "cli-or-config-drift-between-image-versions", "entry",
	  "After a new image the node stops at an unknown argument or at its own configuration.",
	  "The start script comes with the image, the configuration from the volume, where the old "
	  "image wrote it.",
	  "Remove config.yaml from the volume with the update, or give the new image a new root "
	  "directory; keep the key shares.",
	  "at the first start after the update", asked_a20 },
	{ "B16", "secret-rotated-volume-sticky", "participant",
	  "The secret is new, the task is new, and the node still uses the old key.",
	  "The start script writes the keys into secrets.json on the volume once, and not again.",
	  "Remove secrets.json from the volume together with the rotation.", BLIND, asked_b16 },
	{ "B20", "stack-update-overwrites-filled-secret", "latent",
	  "Nodes that ran for weeks do not start again after an update that seemed harmless.",
	  "A changed SecretString or GenerateSecretString makes CloudFormation write a new value "
	  "over "
	  "the one that somebody stored.",
	  "Leave SecretString and GenerateSecretString as they are deployed; keep values out of "
	  "templates.",
	  "days later, at the next start of a task", asked_b20 },
	{ "D16", "sticky-config-on-volume", "chain",
	  "The template is corrected and deployed, and the node behaves as before.",
	  "Files that the first start wrote on the volume are kept: boot nodes, accounts, ports.",
	  "Change the access point's root directory with the value, or remove the files from the "
	  "volume.",
	  "without end: the right correction looks wrong", asked_d16 },
	{ "D17", "old-chain-data-after-chain-reset", "chain",
	  "The node finds a genesis in its own database that is not the chain's, or stays on a "
	  "chain "
	  "that is gone.",
	  "The chain was made anew, the nodes' volumes were kept.",
	  "Remove the data directory from the volumes; the key shares belong to the old chain too.",
	  LATE, asked_d17 },
	{ "G29", "no-update-to-perform-or-drift", "latent",
	  "Something that was mended by hand is broken again after an update.",
	  "Resources of the stack were changed past CloudFormation.",
	  "Put the change into the template, then deploy.", UPDATE, asked_g29 },
	{ "G30", "secret-not-propagated-on-unchanged-task-definition", "latent",
	  "The secret has its new value, the running nodes have the old one.",
	  "ECS reads secrets when a task starts, and an update that leaves the task definition "
	  "alone "
	  "starts none.",
	  "aws ecs update-service --force-new-deployment after the update.", BLIND, asked_g30 },
	{ "I16", "registry-added-to-existing-service", "latent",
	  "The update of a service fails or replaces all of its tasks at once.",
	  "Its Cloud Map registry differs from the one it was created with.",
	  "Create services with their registry; expect a restart of the nodes otherwise.", UPDATE,
	  asked_i16 },

	/* what stands beside the stack */
	{ "D27", "policy-locks-out-recreated-role", "efs-authorize",
	  "The mount is denied although role and policy carry the right name.",
	  "A policy keeps who a name stood for; a role that is deleted and made again is another "
	  "one.",
	  "Write the file system's policy anew.", SOON, asked_d27 },
	{ "G17", "cluster-not-empty", "latent",
	  "The cluster cannot be deleted while services are active in it.",
	  "Somebody created a service in the stack's cluster outside of the stack.",
	  "Delete that service before the stack.", DELETE, asked_g17 },
	{ "I06", "namespace-delete-blocked", "latent",
	  "The namespace cannot be deleted: it has associated services.",
	  "Somebody created a Cloud Map service in it outside of the stack.",
	  "Delete that service before the stack.", DELETE, asked_i06 },
	{ "I07", "sd-service-delete-blocked", "latent",
	  "The Cloud Map service cannot be deleted: it has registered instances.",
	  "Instances were registered by hand or by a script, so nothing takes them out.",
	  "Deregister the instances before the stack is deleted.", DELETE, asked_i07 },
	{ "J12", "forgotten-environment", "latent", "The bill has a file system that nobody uses.",
	  "An earlier stack of this name was deleted and its file system kept.",
	  "Look what is on it, then delete the file system; or mount it on purpose.", BLIND,
	  asked_j12 },

	/* the chain */
	{ "J01", "preflight-from-outside-vpc", "chain",
	  "A check from one's own machine says that the chain is unreachable, and a healthy chain "
	  "gets "
	  "repaired.",
	  "The address belongs to a VPC, and the check runs outside of it.",
	  "Check from a task or instance in the VPC; set the network up from there too.",
	  "hours of work on the wrong thing", asked_j01 },
	{ "H01", "genesis-hash-mismatch", "chain",
	  "The node has no peers and stays at block 0; its log warns of a different genesis block.",
	  "The image has a genesis in it, and the chain began from another.",
	  "Put the chain's genesis.json on the volumes between the init and the start of the "
	  "nodes, or "
	  "start the chain from the image's genesis.",
	  "10 minutes after the start; found after weeks", asked_h01 },
	{ "H02", "chain-id-mismatch", "chain",
	  "The node has no peers; the chain's status shows another chain_id.",
	  "MPC_ENV stands for one chain, the addresses lead to another.",
	  "Give MPC_ENV and the chain's addresses for the same chain.", LATE, asked_h02 },
	{ "H03", "boot-node-key-mismatch", "chain",
	  "The connection to the boot node is made and dropped, and the node has no peers.",
	  "NEAR_BOOT_NODES has another key in front of the address than the chain node uses: its "
	  "validator key, or one from before it was set up anew.",
	  "Copy node_public_key from the chain node's /status.", LATE, asked_h03 },
	{ "H04", "boot-host-stale", "chain",
	  "The boot node worked once, and now its address does not answer.",
	  "The chain's host was replaced and has another address.",
	  "Use a DNS name, or look the address up at each deployment.",
	  "at the next start of a node", asked_h04 },
	{ "H05", "protocol-version-mismatch", "chain",
	  "Peers are turned away for their protocol version, or the node stops at the end of an "
	  "epoch.",
	  "The chain runs a newer NEAR than the one in the node's image.",
	  "Take a node image whose NEAR client is as new as the chain.",
	  LATE ", or at the end of an epoch", asked_h05 },
	{ "H15", "late-joiner-cannot-sync", "chain", "The node has peers and stays at block 0.",
	  "A small chain forgets its first blocks, and a node that begins from genesis needs them.",
	  "Start the nodes soon after the chain, let the chain node keep everything (archive), or "
	  "copy "
	  "its data to the volumes.",
	  LATE, asked_h15 },

	/* accounts and contract */
	{ "B17", "keys-differ-from-chain", "participant",
	  "Transactions of the node are refused: AccessKeyNotFound.",
	  "The account's keys on the chain and the stored secret were not made together.",
	  "Add the public half of MPC_ACCOUNT_SK to the account, or store the key it has.", LATE,
	  asked_b17 },
	{ "H07", "root-account-not-usable", "participant",
	  "Accounts cannot be created: the parent is missing or has no key.",
	  "The chain's genesis has other accounts than the set-up counts on.",
	  "Name accounts below one that is funded in the genesis and whose key is known.", LATE,
	  asked_h07 },
	{ "H08", "contract-not-deployed-or-not-initialised", "participant",
	  "Nodes wait; calls of the contract fail for a missing account, missing code or missing "
	  "init.",
	  "A step of the set-up was left out or failed quietly, or MPC_CONTRACT_ID names another "
	  "account.",
	  "Deploy the contract, call init, and read its state back.", LATE, asked_h08 },
	{ "H09", "domain-never-voted", "signature",
	  "Requests for signatures are answered with: no such domain.",
	  "The participants never voted for a domain, so there is no key.",
	  "Let every participant call vote_add_domains, and wait until the contract runs again.",
	  LATE, asked_h09 },
	{ "H10", "threshold-invalid", "quorum",
	  "The contract refuses its init, or the network can never sign.",
	  "The threshold is below two, below 60 percent of the participants, or above their "
	  "number.",
	  "Use a threshold between 60 percent of the participants and all of them.", LATE,
	  asked_h10 },
	{ "H11", "participant-url-wrong", "quorum",
	  "Nodes try one of their peers again and again, and the key is never made.",
	  "The contract, or MPC_LOCAL_ADDRESS, has an address for it that its tasks do not have (any "
	  "more).",
	  "Register the Cloud Map name and the P2P port of the node.",
	  LATE ", or at the next "
	       "replacement of a task",
	  asked_h11 },
	{ "H13", "balance-for-state", "participant",
	  "The deployment of the contract fails: LackBalanceForState.",
	  "Storage is paid for with a balance, and the contract's code is over a megabyte.",
	  "Give the contract's account 50 to 60 NEAR first.", LATE, asked_h13 },
	{ .id = NULL },
};

/* Rules of other groups which look at the world as well, under their own name and texts. */
const struct check_more check_more_asked[] = {
	{ "A11", asked_a11 }, { "A13", asked_a13 }, { "B13", asked_b13 }, { "C13", asked_c13 },
	{ "C14", asked_c14 }, { "H12", asked_h12 }, { "D12", asked_d12 }, { "E06", asked_e06 },
	{ "B11", asked_gone_secret }, { "G11", asked_gone_secret }, { NULL, NULL },
};
