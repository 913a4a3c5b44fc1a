/* mpcup sign: a signature by the network, checked. */
#include <string.h>
#include <sys/random.h>

#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/ecs-view.h"
#include "face/cli/network-view.h"
#include "face/cli/operator.h"
#include "face/cli/sign-flow.h"

/* Everything that a request borrows from. */
struct session {
	struct target target;
	json_t *nodes;
	struct operator_chain chain;
	char *account, *contract; /* of the key file; of the stack */
	struct near_key key;
	struct sign_order order;
};

static void own_drop_session(struct session *s)
{
	chain_client_close(&s->order.client);
	operator_chain_close(&s->chain);
	near_key_wipe(&s->key);
	json_decref(s->nodes);
	free(s->account);
	free(s->contract);
	target_close(&s->target);
}

static int find_nodes(struct cli *cli, struct session *s, struct err *err)
{
	OWN(str) char *stack = NULL;

	if (network_view_stack(cli, &s->target, &stack, err) < 0 ||
	    ecs_view_nodes(&s->target, stack, &s->nodes, err) < 0)
		return -1;
	return json_array_size(s->nodes) ? 0
					 : err_set(err, ERR_INPUT, "stack %s has no MPC nodes: name the network with "
								   "--stack NAME",
						   stack);
}

static int take_key_file(const struct cli *cli, struct session *s, struct err *err)
{
	const char *path = cli_option(cli, "key");
	int rc = path ? operator_read_account(path, &s->account, &s->key, err) : 0;

	if (rc)
		return rc > 0 ? err_set(err, ERR_INPUT, "%s: there is no such file", path) : -1;
	s->order.key = path ? &s->key : NULL;
	s->order.predecessor = cli_option(cli, "predecessor");
	if (!s->order.predecessor)
		s->order.predecessor = s->account;
	return 0;
}

/* A network of the local cloud: its chain's operator signs unless a key file says otherwise. */
static int open_local(struct cli *cli, struct session *s, char **ret_why, struct err *err)
{
	int rc;

	if (target_open(cli, false, &s->target, err) < 0 || find_nodes(cli, s, err) < 0)
		return -1;
	rc = s->order.key ? operator_chain_look(&s->target, s->nodes, 0, &s->chain, ret_why, err)
			  : operator_chain_open(&s->target, s->nodes, 0, &s->chain, ret_why, err);
	if (rc)
		return rc;
	s->order.client = (struct chain_client){ .target = &s->target, .url = str_dup(s->chain.client.url) };
	s->order.nodes = s->nodes;
	if (!s->order.contract)
		s->order.contract = s->chain.contract;
	if (!s->order.key)
		s->order.key = &s->chain.root;
	if (!s->order.predecessor)
		s->order.predecessor = OPERATOR_ROOT;
	return 0;
}

/* A chain that is reached by an address: nobody asks AWS, unless the contract's name is to be found there. */
static int open_remote(struct cli *cli, struct session *s, const char *url, struct err *err)
{
	struct awsclient_options plain = { .local = true };

	if (!s->order.key || !s->order.predecessor)
		return err_set(err, ERR_INPUT, "--rpc needs --key FILE: the account that asks, and its access key");
	if (s->order.contract) {
		if (awsclient_new(&plain, &s->target.aws, err) < 0)
			return -1;
	} else {
		if (target_open(cli, false, &s->target, err) < 0 || find_nodes(cli, s, err) < 0)
			return -1;
		s->contract = str_dup(json_str_or(json_map(json_array_get(s->nodes, 0), "environment"),
						  "MPC_CONTRACT_ID", ""));
		s->order.contract = s->contract;
	}
	s->order.client = (struct chain_client){ .target = &s->target, .url = str_dup(url) };
	return 0;
}

static int open_session(struct cli *cli, struct session *s, char **ret_why, struct err *err)
{
	const char *url = cli_option(cli, "rpc");

	if (target_check(cli, err) < 0 || take_key_file(cli, s, err) < 0)
		return -1;
	s->order.contract = cli_option(cli, "contract");
	if (url)
		return open_remote(cli, s, url, err);
	if (str_eq(cli_option(cli, "target"), "aws"))
		return err_set(err, ERR_INPUT,
			       "the nodes on AWS answer only inside the VPC: name a NEAR RPC of the chain (--rpc URL) "
			       "and an account of yours on it (--key FILE)");
	return open_local(cli, s, ret_why, err);
}

static int take_order(const struct cli *cli, struct sign_order *o, struct err *err)
{
	const char *domain = cli_option(cli, "domain"), *path = cli_option(cli, "path");
	uint64_t seconds = 30;

	if (cli_flag(cli, "keccak") && cli_flag(cli, "sha256"))
		return err_set(err, ERR_INPUT, "--keccak and --sha256: one hash");
	if (cli_option(cli, "timeout") && num_parse_u64(cli_option(cli, "timeout"), 1, 600, &seconds) < 0)
		return err_set(err, ERR_INPUT, "--timeout %s: seconds, 1 to 600", cli_option(cli, "timeout"));
	o->domain = domain ? domain : "secp256k1";
	o->path = path ? path : "";
	o->payload = cli->arg_count ? cli->args[0] : NULL;
	o->message = cli_option(cli, "message");
	o->hash = cli_flag(cli, "keccak") ? SIGN_KECCAK : cli_flag(cli, "sha256") ? SIGN_SHA256 : SIGN_AS_IT_IS;
	o->timeout_ms = (unsigned)seconds * 1000;
	return 0;
}

static int start_threshold(struct err *err)
{
	uint8_t seed[32];

	while (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		continue;
	return threshold_init(seed, err);
}

static int run_sign(struct cli *cli, struct err *err)
{
	struct session s __attribute__((cleanup(own_drop_session))) = { 0 };
	OWN(json) json_t *result = NULL;
	OWN(str) char *why = NULL;
	int rc;

	if (take_order(cli, &s.order, err) < 0 || start_threshold(err) < 0)
		return -1;
	rc = open_session(cli, &s, &why, err);
	if (rc == 0)
		rc = sign_flow(&s.order, &result, &why, err);
	if (rc < 0)
		return -1;
	*err = (struct err){ 0 };
	if (rc > 0) {
		(void)fprintf(stderr, "mpcup: not signed: %s\n", why);
		return CLI_FAILED;
	}
	if (cli->json)
		cli_print_json(result);
	else
		sign_print(cli, result);
	return CLI_OK;
}

static const struct cli_option sign_options[] = {
	{ .name = "path", .value = "P", .help = "derivation path (default: empty)" },
	{ .name = "domain", .value = "D", .help = "secp256k1 (default), ed25519, or a domain's id" },
	{ .name = "message", .value = "TEXT", .help = "sign this text in place of PAYLOAD" },
	{ .name = "keccak", .help = "ECDSA: sign the Keccak-256 of the bytes (Ethereum)" },
	{ .name = "sha256", .help = "ECDSA: sign the SHA-256 of the bytes" },
	{ .name = "predecessor", .value = "ACCOUNT",
	  .help = "account that asks (default: test.near, or that of --key); keys derive from it" },
	{ .name = "key", .value = "FILE",
	  .help = "key file of that account: account_id, and private_key or secret_key" },
	{ .name = "rpc", .value = "URL", .help = "NEAR RPC of a chain that is not the local cloud's; needs --key" },
	{ .name = "contract", .value = "ACCOUNT", .help = "signer contract (default: that of the nodes)" },
	{ .name = "timeout", .value = "SECONDS", .help = "how long to wait for the signature (30)" },
	{ .name = "stack", .value = "NAME", .help = "the stack (default: network.yaml's, or the only one)" },
	TARGET_OPTIONS,
	{ 0 },
};

const struct command command_sign = {
	.name = "sign",
	.usage = "[PAYLOAD]",
	.most = 1,
	.help = "have the network sign a payload, and check the signature with OpenSSL",
	.details =
		"PAYLOAD is 0x and hex: 32 bytes for ECDSA (or any with --keccak, --sha256), up to 1232 bytes for\n"
		"Ed25519. The signer contract is called as any client would: the account that calls it (the\n"
		"predecessor) and the path decide which key signs. The key is derived here from the domain's public\n"
		"key, compared with what the contract derives, and the signature is verified against it by OpenSSL.\n"
		"When too few nodes are there it fails at once and names them. On AWS the nodes answer only inside\n"
		"the VPC: --rpc and --key name the chain's RPC and an account on it.",
	.examples =
		"  mpcup sign --path ethereum,1 0x$(printf %064d 7)\n"
		"  mpcup sign --path ethereum,1 --keccak --message hello\n"
		"  mpcup sign --domain ed25519 --path solana,1 --message 'hello'\n"
		"  mpcup sign --json --keccak --message hello | jq -r .signature.hex\n"
		"  mpcup sign --rpc https://rpc.testnet.near.org --contract v1.signer-prod.testnet --key me.json \\\n      --keccak --message hello",
	.options = sign_options,
	.run = run_sign,
};
