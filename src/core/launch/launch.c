/* The steps of a Fargate task start, in the order in which their failures become visible. */
#include "core/launch/launch.h"

#define FAULTS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define FAILED_TO_START "TaskFailedToStart"
#define EXITED "EssentialContainerExited"

/* clang-format off */
static const struct launch_row rows[] = {
	{ LAUNCH_PLACEMENT, "placement", "A place with capacity is chosen in one of the subnets",
	  "PROVISIONING", LAUNCH_BY_ECS,
	  "a subnet that exists, capacity and vCPU quota in its availability zone",
	  FAILED_TO_START, FAULTS("F18", "F19", "F20") },
	{ LAUNCH_INTERFACE, "interface", "A network interface is created and attached",
	  "PROVISIONING", LAUNCH_BY_ECS,
	  "a free address in the subnet; security groups and subnet in one VPC",
	  FAILED_TO_START, FAULTS("C17", "C21", "C23") },
	{ LAUNCH_ROLES, "roles", "The execution role and the task role are assumed",
	  "PENDING", LAUNCH_BY_ECS,
	  "both roles exist and trust ecs-tasks.amazonaws.com",
	  FAILED_TO_START, FAULTS("E06") },
	{ LAUNCH_REGISTRY, "registry", "The registry gives an authorisation token",
	  "PENDING", LAUNCH_BY_EXECUTION_ROLE,
	  "ecr:GetAuthorizationToken on *, and TCP 443 from the task to the ECR API",
	  FAILED_TO_START, FAULTS("C03", "C04", "C05", "C07", "C08", "C09", "E03", "E08", "E19") },
	{ LAUNCH_SECRETS, "secrets", "The secrets of the containers are read",
	  "PENDING", LAUNCH_BY_EXECUTION_ROLE,
	  "secretsmanager:GetSecretValue on each secret, kms:Decrypt for a customer key, a current "
	  "value, the JSON key that is named, and TCP 443 to Secrets Manager",
	  FAILED_TO_START, FAULTS("B02", "B08", "B09", "B10", "B11", "C03", "C07", "E02", "E07", "E20") },
	{ LAUNCH_LOG_STREAM, "log-stream", "A log stream is created for each container",
	  "PENDING", LAUNCH_BY_EXECUTION_ROLE,
	  "the log group, logs:CreateLogStream on it, and TCP 443 to CloudWatch Logs",
	  FAILED_TO_START, FAULTS("C07", "E04", "E05", "F26", "F27") },
	{ LAUNCH_EFS_RESOLVE, "efs-resolve", "The name of the file system is resolved",
	  "PENDING", LAUNCH_BY_TASK_ROLE,
	  "DNS support and host names in the VPC, and a mount target in the task's zone",
	  FAILED_TO_START, FAULTS("D06", "D07", "D08", "I15") },
	{ LAUNCH_EFS_CONNECT, "efs-connect", "The mount target answers on TCP 2049",
	  "PENDING", LAUNCH_BY_TASK_ROLE,
	  "TCP 2049 out of the task's groups, into the mount target's groups, and both ways through "
	  "the network ACLs",
	  FAILED_TO_START, FAULTS("C01", "C02", "C11", "C15", "C16", "C19", "D07") },
	{ LAUNCH_EFS_TLS, "efs-tls", "The mount helper builds its TLS tunnel",
	  "PENDING", LAUNCH_BY_TASK_ROLE,
	  "transit encryption when an access point or IAM authorisation is used",
	  FAILED_TO_START, FAULTS("D01") },
	{ LAUNCH_EFS_AUTHORIZE, "efs-authorize", "The file system lets the client mount",
	  "PENDING", LAUNCH_BY_TASK_ROLE,
	  "no file system policy, or elasticfilesystem:ClientMount by the policy or the task role",
	  FAILED_TO_START, FAULTS("D09", "D11", "D12", "E01", "E12") },
	{ LAUNCH_EFS_ROOT, "efs-root", "The root directory of the mount exists",
	  "PENDING", LAUNCH_BY_TASK_ROLE,
	  "an existing directory, or an access point with creation info",
	  FAILED_TO_START, FAULTS("D02", "D03", "D04") },
	{ LAUNCH_IMAGE, "image", "The images are pulled",
	  "PENDING", LAUNCH_BY_EXECUTION_ROLE,
	  "the manifest, for the task's platform; rights on the repository; TCP 443 to the registry "
	  "(ECR: to S3 too)",
	  FAILED_TO_START, FAULTS("C04", "C05", "C07", "C10", "C25", "F01", "F02", "F03", "F04", "F22") },
	{ LAUNCH_CONTAINER, "container", "The containers are created and started",
	  "PENDING", LAUNCH_BY_ECS,
	  "an entry point that exists, legal limits, dependencies that can be met",
	  FAILED_TO_START, FAULTS("A19", "F17", "F31") },
	{ LAUNCH_ENTRY, "entry", "The start script of the node does its work",
	  "ACTIVATING", LAUNCH_BY_NODE,
	  "the environment of the node's contract, keys in the right form, a writable home",
	  EXITED, FAULTS("A01", "A05", "A06", "A07", "B01", "B03", "B05", "B06", "B07", "B12", "D05",
			 "D10", "D14", "D16") },
	{ LAUNCH_HEALTH, "health", "The containers are healthy",
	  "ACTIVATING", LAUNCH_BY_ECS,
	  "a health check that the image can run, or 40 s in RUNNING without one",
	  "ServiceSchedulerInitiated", FAULTS("F15", "F16", "G19") },
	{ LAUNCH_NAME, "name", "The task's address is registered in Cloud Map",
	  "ACTIVATING", LAUNCH_BY_ECS,
	  "a service registry that is a Cloud Map service with A records",
	  FAILED_TO_START, FAULTS("I01", "I02", "I03", "I04", "I09", "I14") },
	{ LAUNCH_STEADY, "steady", "The service has all its tasks and is steady",
	  "RUNNING", LAUNCH_BY_ECS,
	  "as many running tasks as desired, percentages that leave a legal move",
	  "ServiceSchedulerInitiated", FAULTS("G01", "G02", "G20") },
	{ LAUNCH_CHAIN, "chain", "The node follows the chain",
	  "RUNNING", LAUNCH_BY_NODE,
	  "a boot node that answers on TCP 24567 with the key that is named, the same genesis",
	  EXITED, FAULTS("A03", "A04", "C12", "C14", "C20", "C26", "H01", "H02", "H03", "H04", "H05",
			 "H15") },
	{ LAUNCH_PARTICIPANT, "participant", "The contract knows the node",
	  "RUNNING", LAUNCH_BY_NODE,
	  "the node's account and P2P key among the participants",
	  EXITED, FAULTS("A11", "A13", "B17", "B18", "H12") },
	{ LAUNCH_QUORUM, "quorum", "Enough nodes reach each other",
	  "RUNNING", LAUNCH_BY_NODE,
	  "names that resolve and open peer ports between at least threshold nodes",
	  EXITED, FAULTS("A09", "A10", "H10", "H11", "H19", "I01") },
	{ LAUNCH_SIGNATURE, "signature", "The network signs",
	  "RUNNING", LAUNCH_BY_NODE,
	  "a domain with a key, and a caller who can pay",
	  EXITED, FAULTS("H09", "H13") },
};
/* clang-format on */

const struct launch_row *launch_rows(void)
{
	_Static_assert(sizeof(rows) / sizeof(rows[0]) == LAUNCH_STEP_COUNT, "one row per step");
	return rows;
}

const struct launch_row *launch_row(enum launch_step step)
{
	return (unsigned)step < LAUNCH_STEP_COUNT ? &rows[step] : NULL;
}
