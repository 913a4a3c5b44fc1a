/* Rules of group D: what tasks do with their volumes, and who else writes to the same directory. */
#include <string.h>

#include "core/check/check-d.h"

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

void check_d13(struct check *c)
{
	each_task(c, task_d13);
}

void check_d19(struct check *c)
{
	each_task(c, task_d19);
}

void check_d20(struct check *c)
{
	each_task(c, task_d20);
}

void check_d25(struct check *c)
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
	struct place one = check_volume_place(right, ""), other = check_volume_place(left, "");
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

void check_d14(struct check *c)
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

void check_d15(struct check *c)
{
	each_task(c, task_d15);
}

void check_d29(struct check *c)
{
	each_task(c, task_d29);
}
