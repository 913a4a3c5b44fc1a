/* Rules of group D: storage. */
#include <string.h>

#include "core/check/check-topology.h"

/* ---- volumes of task definitions ------------------------------------------------------------- */

struct place {
	char text[160];
};

static struct place volume_place(const struct deployment_volume *v, const char *rest)
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
	struct place at = volume_place(v, "");
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
	struct place at = volume_place(v, "RootDirectory");
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
	struct place at = volume_place(v, "RootDirectory");
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
	struct place at = volume_place(v, "AuthorizationConfig/AccessPointId");
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

/* ---- mount points: D13, D19, D20, D25 -------------------------------------------------------- */

static bool declares(const struct deployment_task *t, const char *volume)
{
	for (size_t i = 0; i < t->volume_count; i++)
		if (str_eq(t->volumes[i].name, volume))
			return true;
	return false;
}

/* Whether a container mounts it, or may. */
static bool mounts(const struct deployment *d, const struct deployment_task *t, const char *volume)
{
	const json_t *container, *mount;
	size_t i, k;

	json_array_foreach(t->containers, i, container) {
		const json_t *list = json_object_get(container, "MountPoints");

		if (template_is_symbol(container) || (list && template_is_symbol(list)))
			return true;
		json_array_foreach(list, k, mount) {
			const json_t *source = json_object_get(mount, "SourceVolume");
			if (!source || !deployment_text(d, source) ||
			    !strcmp(check_text(d, source), volume))
				return true;
		}
	}
	return false;
}

static void task_d13(struct check *c, const struct deployment_service *s)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_task *t = s->task;
	const json_t *container, *mount;
	struct place at;
	struct check_finding f = { .severity = CHECK_FAIL, .resource = t->resource, .service = s };
	size_t i, k;

	json_array_foreach(t->containers, i, container)
		json_array_foreach(json_list(container, "MountPoints"), k, mount) {
			const char *source = check_text(d, json_object_get(mount, "SourceVolume"));
			if (!*source || declares(t, source))
				continue;
			(void)snprintf(at.text, sizeof(at.text),
				       "ContainerDefinitions/%zu/MountPoints/%zu", i, k);
			f.property = at.text;
			f.second = t->resource;
			f.second_property = "Volumes";
			check_add(c, &f,
				  "a container mounts volume %s, and the task definition declares "
				  "none of "
				  "that name",
				  source);
		}
	f.severity = CHECK_WARN;
	f.second = NULL;
	for (i = 0; i < t->volume_count; i++) {
		if (!t->volumes[i].name || mounts(d, t, t->volumes[i].name))
			continue;
		(void)snprintf(at.text, sizeof(at.text), "Volumes/%zu", t->volumes[i].index);
		f.property = at.text;
		check_add(c, &f,
			  "volume %s is declared but no container mounts it: what is written stays "
			  "on "
			  "the task's own disk",
			  t->volumes[i].name);
	}
}

static bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	while (len > 1 && directory[len - 1] == '/')
		len--;
	return !strncmp(path, directory, len) && (len == 1 || !path[len] || path[len] == '/');
}

/* The mount of the node's home, and its place. */
static const json_t *home_mount(const struct deployment *d, const struct deployment_service *s,
				struct place *ret)
{
	const json_t *node = check_node(s), *mount, *best = NULL;
	const char *home =
		node ? check_text(d, deployment_environment(node, "MPC_HOME_DIR", NULL)) : "";
	size_t i, longest = 0;

	json_array_foreach(json_list(node, "MountPoints"), i, mount) {
		const char *path = check_text(d, json_object_get(mount, "ContainerPath"));
		if (!*path || !*home || !is_below(home, path) || strlen(path) <= longest)
			continue;
		longest = strlen(path);
		best = mount;
		(void)snprintf(ret->text, sizeof(ret->text),
			       "ContainerDefinitions/%d/MountPoints/%zu", s->mpc_container, i);
	}
	return best;
}

static void task_d19(struct check *c, const struct deployment_service *s)
{
	struct place at;
	const json_t *mount = home_mount(check_deployment(c), s, &at);
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = s->task->resource,
				   .property = at.text,
				   .service = s,
				   .remedy = "\"ReadOnly\": false" };

	if (mount && check_truth(check_deployment(c), json_object_get(mount, "ReadOnly"),
				 VERDICT_FAIL) == VERDICT_PASS)
		check_add(c, &f,
			  "the home of the node is mounted read-only: its start script cannot "
			  "write its "
			  "configuration");
}

static void task_d20(struct check *c, const struct deployment_service *s)
{
	const json_t *node = check_node(s);
	struct place at;
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = s->task->resource,
				   .property = at.text,
				   .service = s,
				   .remedy = "\"ReadonlyRootFilesystem\": false" };

	(void)snprintf(at.text, sizeof(at.text), "ContainerDefinitions/%d/ReadonlyRootFilesystem",
		       s->mpc_container);
	if (node &&
	    check_truth(check_deployment(c), json_object_get(node, "ReadonlyRootFilesystem"),
			VERDICT_FAIL) == VERDICT_PASS)
		check_add(c, &f,
			  "the root file system of the node is read-only; its start script writes "
			  "temporary files outside of the volume");
}

static void task_d25(struct check *c, const struct deployment_service *s)
{
	const struct deployment *d = check_deployment(c);
	const json_t *size = json_path(s->task->resource->properties, "EphemeralStorage.SizeInGiB");
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = s->task->resource,
				   .service = s };
	bool efs = false;
	long gib;

	for (size_t i = 0; i < s->task->volume_count; i++)
		efs |= check_efs(&s->task->volumes[i]) != NULL;
	if (check_node(s) && s->fargate && !efs)
		check_add(c, &f,
			  "the node has no EFS volume: chain data and key shares are lost whenever "
			  "its "
			  "task is replaced");
	f.severity = CHECK_FAIL;
	f.property = "EphemeralStorage/SizeInGiB";
	f.remedy = "\"SizeInGiB\": 21 to 200";
	if (size && check_number(d, size, &gib) && (gib < 21 || gib > 200))
		check_add(c, &f, "EphemeralStorage of %ld GiB is refused: 21 to 200 are taken",
			  gib);
}

typedef void task_visit(struct check *c, const struct deployment_service *s);

static void each_task(struct check *c, task_visit *visit)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++)
		if (services[i]->task && services[i]->task->resource)
			visit(c, services[i]);
}

static void run_d13(struct check *c)
{
	each_task(c, task_d13);
}

static void run_d19(struct check *c)
{
	each_task(c, task_d19);
}

static void run_d20(struct check *c)
{
	each_task(c, task_d20);
}

static void run_d25(struct check *c)
{
	each_task(c, task_d25);
}

/* ---- one directory, one writer: D14, D15, D29 ------------------------------------------------ */

/* Where a volume's root is on its file system: path of the access point, or RootDirectory; what is
 * not known in it as its identity. NULL: not known at all. Caller's. */
static char *directory_of(struct check *c, const struct deployment_volume *v)
{
	const struct deployment *d = check_deployment(c);
	const json_t *path;

	if (check_access_point(v) && !v->access_point)
		return NULL;
	path = v->access_point ? json_path(v->access_point->properties, "RootDirectory.Path")
			       : json_object_get(check_efs(v), "RootDirectory");
	return path ? check_flat(d, path) : str_dup("/");
}

static bool same_directory(struct check *c, const struct deployment_volume *a,
			   const struct deployment_volume *b)
{
	const json_t *one = check_access_point(a), *other = check_access_point(b);
	OWN(str) char *left = NULL, *right = NULL;

	if (one && other && check_same(check_deployment(c), one, other) == VERDICT_PASS)
		return true;
	if (!a->system || a->system != b->system)
		return false;
	left = directory_of(c, a);
	right = directory_of(c, b);
	return left && right && (is_below(left, right) || is_below(right, left));
}

/* The EFS volume that holds the node's home; without a known home the first one it writes to. */
static const struct deployment_volume *home_volume(struct check *c,
						   const struct deployment_service *s)
{
	struct place at;
	const json_t *mount = home_mount(check_deployment(c), s, &at);
	const char *name =
		mount ? check_text(check_deployment(c), json_object_get(mount, "SourceVolume"))
		      : NULL;

	for (size_t i = 0; i < s->task->volume_count; i++) {
		const struct deployment_volume *v = &s->task->volumes[i];
		if (check_efs(v) && (name ? str_eq(v->name, name) : check_volume_writable(s, v)))
			return v;
	}
	return NULL;
}

static long wanted_tasks(const struct deployment *d, const struct deployment_service *s)
{
	long count = 1;

	check_number(d, json_object_get(s->resource->properties, "DesiredCount"), &count);
	return count;
}

static void share(struct check *c, const struct deployment_service *a,
		  const struct deployment_volume *left, const struct deployment_service *b,
		  const struct deployment_volume *right)
{
	struct place one = volume_place(right, ""), other = volume_place(left, "");
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = b->task->resource,
				   .property = one.text,
				   .second = a->task->resource,
				   .second_property = other.text,
				   .service = b };

	f.remedy = "an access point of its own for each node: \"RootDirectory\": {\"Path\": "
		   "\"/node-<number>\", \"CreationInfo\": ...}";
	if (a->resource != b->resource && a->task != b->task && same_directory(c, left, right))
		check_add(c, &f, "nodes %s and %s write to one directory of one file system",
			  check_name(a->resource), check_name(b->resource));
	else if (a->resource != b->resource && a->task == b->task)
		check_add(c, &f,
			  "nodes %s and %s run one task definition and so share its directory",
			  check_name(a->resource), check_name(b->resource));
}

static void run_d14(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_service *const *services;
	size_t count;

	const struct deployment_volume **homes;

	services = deployment_services(d, &count);
	homes = mem_new(count + 1, sizeof(*homes));
	for (size_t i = 0; i < count; i++) {
		const struct deployment_service *s = services[i];
		const struct deployment_volume *own =
			check_node(s) && s->task->resource ? home_volume(c, s) : NULL;
		struct check_finding f = {
			.severity = CHECK_FAIL,
			.resource = s->resource,
			.property = "DesiredCount",
			.service = s,
			.remedy = "\"DesiredCount\": 1, and a service for each node"
		};

		if (!own || !check_volume_writable(s, own))
			continue;
		homes[i] = own;
		if (wanted_tasks(d, s) > 1)
			check_add(c, &f, "service %s runs %ld nodes on one directory",
				  check_name(s->resource), wanted_tasks(d, s));
		for (size_t k = 0; k < i; k++)
			if (homes[k])
				share(c, services[k], homes[k], s, own);
	}
	free(homes);
}

static bool writes_efs(const struct deployment_service *s)
{
	for (size_t i = 0; s->task && s->resource && i < s->task->volume_count; i++)
		if (check_efs(&s->task->volumes[i]) &&
		    check_volume_writable(s, &s->task->volumes[i]))
			return true;
	return false;
}

static void task_d15(struct check *c, const struct deployment_service *s)
{
	const struct deployment *d = check_deployment(c);
	const json_t *config = json_map(s->resource->properties, "DeploymentConfiguration");
	const json_t *given = json_object_get(config, "MaximumPercent");
	long most = 200, wanted = wanted_tasks(d, s);
	struct check_finding f = {
		.severity = CHECK_WARN,
		.resource = s->resource,
		.service = s,
		.property = config ? "DeploymentConfiguration" : NULL,
		.second = s->task->resource,
		.second_property = "Volumes",
		.remedy = "\"DeploymentConfiguration\": {\"MinimumHealthyPercent\": 0, "
			  "\"MaximumPercent\": 100}"
	};

	if (!writes_efs(s) || wanted != 1)
		return;
	if (given && !check_number(d, given, &most)) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "the value of MaximumPercent's parameter";
		check_add(c, &f,
			  "whether a deployment of %s overlaps on its volume depends on "
			  "MaximumPercent",
			  check_name(s->resource));
	} else if (wanted * most / 100 > wanted) {
		check_add(c, &f,
			  "a deployment of %s starts the new task (MaximumPercent %ld) while the "
			  "old one "
			  "still has its store on the volume open",
			  check_name(s->resource), most);
	}
}

static void task_d29(struct check *c, const struct deployment_service *s)
{
	const struct deployment *d = check_deployment(c);
	const json_t *given =
		json_object_get(s->resource->properties, "AvailabilityZoneRebalancing");
	const char *text = check_text(d, given);
	long most = 200;
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = s->resource,
				   .service = s,
				   .property = given ? "AvailabilityZoneRebalancing" : NULL,
				   .second = s->task->resource,
				   .second_property = "Volumes",
				   .remedy = "\"AvailabilityZoneRebalancing\": \"DISABLED\"" };

	if (!writes_efs(s) || !strcmp(text, "DISABLED"))
		return;
	check_number(d,
		     json_path(s->resource->properties, "DeploymentConfiguration.MaximumPercent"),
		     &most);
	if (given && !*text) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "the value of AvailabilityZoneRebalancing's parameter";
	} else if (given && most <= 100) {
		f.severity = CHECK_FAIL;
		check_add(c, &f,
			  "CreateService refuses AvailabilityZoneRebalancing ENABLED together with "
			  "MaximumPercent %ld",
			  most);
		return;
	}
	check_add(
		c, &f,
		"AvailabilityZoneRebalancing is %s at %s: a second task may start on the volume in "
		"another zone before the first has stopped",
		!given	? "not given, which means ENABLED,"
		: *text ? "ENABLED"
			: "not known",
		check_name(s->resource));
}

static void run_d15(struct check *c)
{
	each_task(c, task_d15);
}

static void run_d29(struct check *c)
{
	each_task(c, task_d29);
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
	  "the stack rolls back within minutes, or data is lost at the next replacement", run_d13 },
	{ "D14", "two-nodes-share-one-directory", "entry",
	  "The second node stops because the store's lock is held, or they overwrite each other's secrets.",
	  "Two nodes mount the same directory, or one below the other's.",
	  "Give each node an access point of its own.",
	  "the container exits seconds after each start", run_d14 },
	{ "D15", "rolling-deploy-overlap-locks-database", "latent",
	  "Every update of the service hangs: the new task finds the store locked.",
	  "The deployment may run old and new task at once on one directory.",
	  "Set MinimumHealthyPercent 0 and MaximumPercent 100.",
	  "the first deployment works, the next one does not end", run_d15 },
	{ "D18", "retained-file-system-orphaned", "latent",
	  "A file system stays behind and costs money, or key shares are gone with the stack.",
	  "The DeletionPolicy of the file system does not suit what is on it.",
	  "Retain the file systems of public chains, delete those of local ones.",
	  "when the stack is deleted", check_d18 },
	{ "D19", "mount-point-read-only", "entry",
	  "The start script cannot write its configuration.",
	  "The mount point of the node's home has ReadOnly set.",
	  "Remove the flag.",
	  "the container exits seconds after each start", run_d19 },
	{ "D20", "root-file-system-read-only", "entry",
	  "The start script fails at its temporary files.",
	  "ReadonlyRootFilesystem is on while the script writes outside of the volume.",
	  "Leave ReadonlyRootFilesystem unset.",
	  "the container exits seconds after each start", run_d20 },
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
	  "at the next replacement of the task", run_d25 },
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
	  "hours to weeks after the deployment", run_d29 },
	{ .id = NULL },
};
/* clang-format on */
