/* Rules of group D: storage. The rules of volumes, and the table of all. */
#include <string.h>

#include "core/check/check-d.h"

/* ---- volumes of task definitions ------------------------------------------------------------- */

struct place check_volume_place(const struct deployment_volume *v, const char *rest)
{
	struct place p;

	(void)snprintf(p.text, sizeof(p.text), "Volumes/%zu/EFSVolumeConfiguration%s%s", v->index,
		       *rest ? "/" : "", rest);
	return p;
}

typedef void volume_visit(struct check *c, const struct deployment_service *s,
			  const struct deployment_volume *v);

/* EFS volumes of every service. */
static void each_volume(struct check *c, volume_visit *visit)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++)
		for (size_t v = 0; services[i]->task && v < services[i]->task->volume_count; v++)
			if (check_efs(&services[i]->task->volumes[v]))
				visit(c, services[i], &services[i]->task->volumes[v]);
}

static const char *efs_text(struct check *c, const struct deployment_volume *v, const char *path)
{
	return check_text(check_deployment(c), json_path(check_efs(v), path));
}

/* Symbolic: what it says is not known. */
static bool efs_unknown(struct check *c, const struct deployment_volume *v, const char *path)
{
	const json_t *value = json_path(check_efs(v), path);

	return value && !deployment_text(check_deployment(c), value);
}

static void volume_d01(struct check *c, const struct deployment_service *s,
		       const struct deployment_volume *v)
{
	bool iam = !strcmp(efs_text(c, v, "AuthorizationConfig.IAM"), "ENABLED");
	struct place at = check_volume_place(v, "");
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = s->task->resource,
				   .property = at.text,
				   .service = s,
				   .remedy = "\"TransitEncryption\": \"ENABLED\"" };

	if ((!iam && !check_access_point(v)) ||
	    !strcmp(efs_text(c, v, "TransitEncryption"), "ENABLED"))
		return;
	if (efs_unknown(c, v, "TransitEncryption")) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "the value of TransitEncryption's parameter";
	}
	check_add(c, &f, "volume %s uses %s, which needs TransitEncryption ENABLED; it is %s",
		  v->name ? v->name : "?", check_access_point(v) ? "an access point" : "IAM",
		  f.severity == CHECK_UNKNOWN ? "not known here" : "not");
}

/* PASS: RootDirectory is given and is not "/". Pseudo parameters are never empty, others may be. */
static enum verdict other_root(const struct deployment *d, const struct deployment_volume *v)
{
	const json_t *given = json_object_get(check_efs(v), "RootDirectory");
	OWN(str) char *root = given ? check_flat(d, given) : NULL;
	const char *known = root;

	if (!root || !*root || !strcmp(root, "/"))
		return VERDICT_FAIL;
	while (*known == '/' || (str_starts(known, "${") && !str_starts(known, "${AWS::"))) {
		const char *end = *known == '$' ? strchr(known, '}') : known;

		if (!end)
			return VERDICT_UNKNOWN;
		known = end + 1;
	}
	return *known ? VERDICT_PASS : VERDICT_UNKNOWN;
}

static char *root_shown(struct check *c, const struct deployment_volume *v)
{
	return check_flat(check_deployment(c), json_object_get(check_efs(v), "RootDirectory"));
}

static void volume_d02(struct check *c, const struct deployment_service *s,
		       const struct deployment_volume *v)
{
	struct place at = check_volume_place(v, "RootDirectory");
	struct check_finding f = {
		.severity = CHECK_FAIL,
		.resource = s->task->resource,
		.property = at.text,
		.second = v->access_point,
		.service = s,
		.remedy = "no RootDirectory; the access point's RootDirectory.Path is the "
			  "root"
	};
	enum verdict other = other_root(check_deployment(c), v);
	OWN(str) char *shown = NULL;

	if (!check_access_point(v) || other == VERDICT_FAIL)
		return;
	shown = root_shown(c, v);
	if (other == VERDICT_UNKNOWN) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "the value of RootDirectory's parameter";
	}
	check_add(c, &f,
		  "volume %s has an access point and RootDirectory %s: with an access point "
		  "it is / or absent",
		  v->name ? v->name : "?", shown);
}

static void volume_d03(struct check *c, const struct deployment_service *s,
		       const struct deployment_volume *v)
{
	const struct deployment_resource *fs = v->system ? v->system->resource : NULL;
	struct place at = check_volume_place(v, "RootDirectory");
	struct check_finding f = { .severity = fs ? CHECK_FAIL : CHECK_UNKNOWN,
				   .resource = s->task->resource,
				   .property = at.text,
				   .second = fs,
				   .service = s };
	OWN(str) char *shown = NULL;

	if (check_access_point(v) || other_root(check_deployment(c), v) != VERDICT_PASS)
		return;
	shown = root_shown(c, v);
	f.lookup = fs ? NULL : "whether the directory exists on the file system: mount it once";
	f.remedy = "{\"Type\":\"AWS::EFS::AccessPoint\",\"Properties\":{\"RootDirectory\":{"
		   "\"Path\":\"/node\","
		   "\"CreationInfo\":{\"OwnerUid\":\"1000\",\"OwnerGid\":\"1000\",\"Permissions\":"
		   "\"755\"}}}}";
	check_add(c, &f, "volume %s mounts %s%s", v->name ? v->name : "?", shown,
		  fs ? ", which does not exist on a new file system"
		     : " of a file system outside of the templates");
}

static void volume_d12(struct check *c, const struct deployment_service *s,
		       const struct deployment_volume *v)
{
	const struct deployment *d = check_deployment(c);
	struct place at = check_volume_place(v, "AuthorizationConfig/AccessPointId");
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = s->task->resource,
				   .property = at.text,
				   .second = v->access_point,
				   .second_property = "FileSystemId",
				   .service = s };
	const json_t *own = json_object_get(check_efs(v), "FilesystemId");
	enum verdict same;

	if (!check_access_point(v))
		return;
	same = v->access_point
		       ? check_same(d, own,
				    json_object_get(v->access_point->properties, "FileSystemId"))
		       : VERDICT_UNKNOWN;
	if (same == VERDICT_PASS)
		return;
	if (same == VERDICT_UNKNOWN) {
		f.severity = CHECK_UNKNOWN;
		f.second_property = NULL;
		f.lookup = "aws efs describe-access-points: its FileSystemId";
		check_add(
			c, &f,
			"whether the access point of volume %s is one of its file system is not in "
			"the templates",
			v->name ? v->name : "?");
		return;
	}
	f.remedy = "FilesystemId and AccessPointId of one file system";
	check_add(c, &f,
		  "volume %s mounts one file system by access point %s, which belongs to another",
		  v->name ? v->name : "?", check_name(v->access_point));
}

static void volume_d11(struct check *c, const struct deployment_service *s,
		       const struct deployment_volume *v)
{
	struct check_finding f = {
		.severity = CHECK_FAIL,
		.resource = s->task->resource,
		.service = s,
		.remedy = "\"TaskRoleArn\": {\"Fn::GetAtt\":[\"<task role>\",\"Arn\"]}"
	};

	if (!strcmp(efs_text(c, v, "AuthorizationConfig.IAM"), "ENABLED") && !s->task->task_role)
		check_add(c, &f,
			  "volume %s uses IAM authorization, and the task definition has no task "
			  "role",
			  v->name ? v->name : "?");
}

static void run_d01(struct check *c)
{
	each_volume(c, volume_d01);
}

static void run_d02(struct check *c)
{
	each_volume(c, volume_d02);
}

static void run_d03(struct check *c)
{
	each_volume(c, volume_d03);
}

static void run_d11(struct check *c)
{
	each_volume(c, volume_d11);
}

static void run_d12(struct check *c)
{
	each_volume(c, volume_d12);
}

static void run_d05(struct check *c)
{
	each_volume(c, check_volume_d05);
}

/* clang-format off */
const struct check_rule check_rules_d[] = {
	{ "D01", "transit-encryption-off-with-iam-or-access-point", "template",
	  "The task definition is refused, or the mount helper asks for the tls option.",
	  "Access points and IAM authorization need encryption in transit, which is off unless given.",
	  "Set TransitEncryption to ENABLED.",
	  "the stack rolls back within minutes", run_d01 },
	{ "D02", "root-directory-with-access-point", "template",
	  "The task definition is refused.",
	  "The access point sets the root; a RootDirectory other than / contradicts it.",
	  "Leave RootDirectory out.",
	  "the stack rolls back within minutes", run_d02 },
	{ "D03", "root-directory-does-not-exist", "efs-root",
	  "The mount fails: No such file or directory.",
	  "A new file system has no directories, and nothing creates the one named.",
	  "Use an access point with CreationInfo.",
	  "the task stops with ResourceInitializationError about a minute after each start", run_d03 },
	{ "D04", "access-point-without-creation-info", "efs-root",
	  "The mount fails: the access point's path is missing.",
	  "The access point leads to a directory that is not there and may not make it.",
	  "Add CreationInfo with the owner and the permissions of the directory.",
	  "the task stops with ResourceInitializationError about a minute after each start", check_d04 },
	{ "D05", "posix-identity-cannot-write", "entry",
	  "The container logs Permission denied in its home.",
	  "The identity of the access point is neither owner nor member with write permission.",
	  "Make owner and PosixUser equal, with mode 755 or 750.",
	  "the container exits seconds after each start", run_d05 },
	{ "D06", "mount-target-missing-in-az", "efs-resolve",
	  "The name of the file system does not resolve for tasks in one zone.",
	  "The service may place tasks in a zone without a mount target.",
	  "Add a mount target in each zone of the service.",
	  "tasks in that zone stop about a minute after each start", check_d06 },
	{ "D07", "service-starts-before-mount-target", "latent",
	  "The first tasks fail to resolve the file system, later ones work; or the circuit breaker trips.",
	  "Nothing makes the service wait for its mount targets.",
	  "Name the mount targets in the service's DependsOn.",
	  "the first deployment is a race of one to three minutes", check_d07 },
	{ "D08", "vpc-dns-attributes-off", "efs-resolve",
	  "The name of the file system does not resolve.",
	  "EnableDnsSupport and EnableDnsHostnames of the VPC are not both on.",
	  "Set both to true.",
	  "the task stops with ResourceInitializationError about a minute after each start", check_d08 },
	{ "D09", "file-system-policy-without-clientmount", "efs-authorize",
	  "The mount is denied by the server.",
	  "The file system has a policy, and neither it nor the task role grants ClientMount.",
	  "Grant elasticfilesystem:ClientMount to the task role.",
	  "the task stops with access denied about a minute after each start", check_d09 },
	{ "D10", "clientwrite-missing", "entry",
	  "The volume is mounted; the first write says Read-only file system.",
	  "ClientMount is granted, ClientWrite is not.",
	  "Grant elasticfilesystem:ClientWrite to the task role.",
	  "the container exits seconds after each start", check_d10 },
	{ "D11", "iam-enabled-without-task-role", "template",
	  "The task definition is refused: EFS IAM authorization requires a task role.",
	  "IAM authorization is on and there is no task role to authorize.",
	  "Set TaskRoleArn.",
	  "the stack rolls back within minutes", run_d11 },
	{ "D12", "access-point-of-other-file-system", "efs-authorize",
	  "The mount is refused at the access point.",
	  "Volume and access point name two file systems.",
	  "Take both identifiers from one file system.",
	  "the task stops with ResourceInitializationError about a minute after each start", run_d12 },
	{ "D13", "volume-name-or-mountpoint-mismatch", "template",
	  "The task definition is refused, or data is written to the task's own disk.",
	  "Mount points and volumes do not have the same names.",
	  "Use one name at both places.",
	  "the stack rolls back within minutes, or data is lost at the next replacement", check_d13 },
	{ "D14", "two-nodes-share-one-directory", "entry",
	  "The second node stops because the store's lock is held, or they overwrite each other's secrets.",
	  "Two nodes mount the same directory, or one below the other's.",
	  "Give each node an access point of its own.",
	  "the container exits seconds after each start", check_d14 },
	{ "D15", "rolling-deploy-overlap-locks-database", "latent",
	  "Every update of the service hangs: the new task finds the store locked.",
	  "The deployment may run old and new task at once on one directory.",
	  "Set MinimumHealthyPercent 0 and MaximumPercent 100.",
	  "the first deployment works, the next one does not end", check_d15 },
	{ "D18", "retained-file-system-orphaned", "latent",
	  "A file system stays behind and costs money, or key shares are gone with the stack.",
	  "The DeletionPolicy of the file system does not suit what is on it.",
	  "Retain the file systems of public chains, delete those of local ones.",
	  "when the stack is deleted", check_d18 },
	{ "D19", "mount-point-read-only", "entry",
	  "The start script cannot write its configuration.",
	  "The mount point of the node's home has ReadOnly set.",
	  "Remove the flag.",
	  "the container exits seconds after each start", check_d19 },
	{ "D20", "root-file-system-read-only", "entry",
	  "The start script fails at its temporary files.",
	  "ReadonlyRootFilesystem is on while the script writes outside of the volume.",
	  "Leave ReadonlyRootFilesystem unset.",
	  "the container exits seconds after each start", check_d20 },
	{ "D21", "one-zone-file-system-multi-az", "template",
	  "Creation of the mount target is refused.",
	  "A One Zone file system takes a mount target in its own zone only.",
	  "Drop AvailabilityZoneName, or keep to that zone.",
	  "the stack rolls back within minutes", check_d21 },
	{ "D22", "mount-target-conflicts", "template",
	  "Creation of the second mount target is refused with MountTargetConflict.",
	  "A file system takes one mount target per zone.",
	  "Keep one subnet per zone for mount targets.",
	  "the stack rolls back within minutes", check_d22 },
	{ "D24", "nfs-limits-for-a-database", "latent",
	  "The node falls behind the chain; its database waits for the file system.",
	  "A file system in bursting mode has little throughput for its size once its credits are spent.",
	  "Set ThroughputMode to elastic.",
	  "hours to weeks after the deployment", check_d24 },
	{ "D25", "ephemeral-only", "latent",
	  "The node works until its task is replaced, or its disk is full.",
	  "Its home is on the task's own disk.",
	  "Mount an EFS volume at the node's home.",
	  "at the next replacement of the task", check_d25 },
	{ "D26", "volume-az-differs-from-instance-az", "template",
	  "Attaching the volume is refused.",
	  "A volume can be attached to instances of its own zone only.",
	  "Take the volume's zone from the instance or its subnet.",
	  "the stack rolls back within minutes", check_d26 },
	{ "D28", "file-system-encryption-key-inaccessible", "template",
	  "Creation of the file system or its mount fails.",
	  "The key that encrypts the file system is disabled or going to be deleted.",
	  "Enable the key, or leave KmsKeyId out.",
	  "the stack rolls back within minutes", check_d28 },
	{ "D29", "zone-rebalancing-on-by-default", "latent",
	  "A healthy node is replaced by one in another zone; both have the store open for a moment.",
	  "Services rebalance over zones unless told otherwise, new task first.",
	  "Set AvailabilityZoneRebalancing to DISABLED.",
	  "hours to weeks after the deployment", check_d29 },
	{ .id = NULL },
};
/* clang-format on */
