/* Rules of group F about the task definition itself. */
#include "core/check/check-f.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/check/check-topology.h"

void check_each_subject(struct check *c,
			void (*look)(struct check *c, const struct check_subject *s))
{
	OWN(check_subjects) struct check_subjects all = { 0 };

	check_subjects_read(check_deployment(c), &all);
	for (size_t i = 0; i < all.count; i++)
		look(c, &all.list[i]);
}

const char *check_container_name(const struct check_subject *s, size_t i)
{
	return json_str_or(json_array_get(s->containers, i), "Name", "?");
}

void check_container_fails(struct check *c, const struct check_subject *s, size_t container,
			   const char *property, const char *text)
{
	OWN(str) char *where = str_printf("ContainerDefinitions/%zu/%s", container, property);
	struct check_finding f = check_about(s, CHECK_FAIL, where);

	check_add(c, &f, "Container %s: %s", check_container_name(s, container), text);
}

/* ---- F08 size, F13 containers in it
 * -------------------------------------------------------------- */

static bool is_pair(long cpu, long memory)
{
	static const struct {
		long cpu, least, most, step;
	} rows[] = {
		{ 256, 512, 1024, 512 },      { 256, 2048, 2048, 1 },
		{ 512, 1024, 4096, 1024 },    { 1024, 2048, 8192, 1024 },
		{ 2048, 4096, 16384, 1024 },  { 4096, 8192, 30720, 1024 },
		{ 8192, 16384, 61440, 4096 }, { 16384, 32768, 122880, 8192 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].cpu == cpu && memory >= rows[i].least && memory <= rows[i].most &&
		    (memory - rows[i].least) % rows[i].step == 0)
			return true;
	return false;
}

/* The smallest legal memory for these units that is not less than asked for, or the largest. */
static long nearest(long cpu, long memory)
{
	long best = -1;

	for (long m = 512; m <= 122880; m += 512)
		if (is_pair(cpu, m) && (best < memory || best < 0))
			best = m;
	return best;
}

static void size(struct check *c, const struct check_subject *s)
{
	const struct deployment *d = check_deployment(c);
	const json_t *cpu = json_object_get(s->properties, "Cpu"),
		     *memory = json_object_get(s->properties, "Memory");
	long units = check_units(d, cpu), mebibytes = check_units(d, memory);
	OWN(str) char *remedy = NULL;
	struct check_finding f = check_about(s, CHECK_FAIL, !cpu ? "" : !memory ? "Cpu" : "Memory");

	if (!s->fargate)
		return;
	if (!cpu || !memory) {
		check_add(c, &f, "A Fargate task needs Cpu and Memory; %s is missing.",
			  cpu ? "Memory" : "Cpu");
		return;
	}
	if (units < 0 || mebibytes < 0 || is_pair(units, mebibytes))
		return;
	if (nearest(units, mebibytes) > 0)
		remedy = str_printf("Memory: \"%ld\"", nearest(units, mebibytes));
	else
		remedy = str_dup(
			"Cpu: 256, 512, 1024, 2048, 4096, 8192 or 16384, with a memory that "
			"goes with it");
	f.remedy = remedy;
	check_add(c, &f, "Fargate has no task size of %ld CPU units with %ld MiB.", units,
		  mebibytes);
}

void check_f_size(struct check *c)
{
	check_each_subject(c, size);
}

static void container_size(struct check *c, const struct check_subject *s)
{
	const struct deployment *d = check_deployment(c);
	long cpu = check_units(d, json_object_get(s->properties, "Cpu"));
	long memory = check_units(d, json_object_get(s->properties, "Memory")), sum = 0, taken = 0;
	bool essential = json_array_size(s->containers) == 0;

	for (size_t i = 0; i < json_array_size(s->containers); i++) {
		const json_t *one = json_array_get(s->containers, i);
		long limit = check_units(d, json_object_get(one, "Memory"));
		long reserved = check_units(d, json_object_get(one, "MemoryReservation"));
		long own = check_units(d, json_object_get(one, "Cpu"));

		sum += own > 0 ? own : 0;
		taken += reserved > 0 ? reserved : limit > 0 ? limit : 0;
		essential = essential || json_bool_or(one, "Essential", true) ||
			    template_is_symbol(json_object_get(one, "Essential"));
		if (memory > 0 && limit > memory)
			check_container_fails(c, s, i, "Memory",
					      "its memory limit is above the task's memory.");
		else if (memory > 0 && reserved > memory)
			check_container_fails(c, s, i, "MemoryReservation",
					      "it reserves more than the task's memory.");
		else if (limit > 0 && reserved > limit)
			check_container_fails(c, s, i, "MemoryReservation",
					      "it reserves more than its own limit.");
	}
	if (cpu > 0 && sum > cpu) {
		struct check_finding f = check_about(s, CHECK_FAIL, "Cpu");

		check_add(c, &f, "The containers ask for %ld CPU units, the task has %ld.", sum,
			  cpu);
	}
	if (memory > 0 && taken > memory && json_array_size(s->containers) > 1) {
		struct check_finding f = check_about(s, CHECK_FAIL, "Memory");

		check_add(c, &f, "The containers reserve %ld MiB together, the task has %ld.",
			  taken, memory);
	}
	if (!essential) {
		struct check_finding f = check_about(s, CHECK_FAIL, "ContainerDefinitions");

		check_add(c, &f, "No container is essential; a task needs one.");
	}
}

void check_f_container_size(struct check *c)
{
	check_each_subject(c, container_size);
}

/* ---- F09, F11
 * ------------------------------------------------------------------------------------- */

static void network_mode(struct check *c, const struct check_subject *s)
{
	const json_t *mode = json_object_get(s->properties, "NetworkMode");
	const char *text = deployment_text(check_deployment(c), mode);
	struct check_finding f = check_about(s, CHECK_FAIL, mode ? "NetworkMode" : "");

	if (!s->fargate || (mode && !text))
		return;
	if (!str_eq(text, "awsvpc"))
		check_add(c, &f, "A Fargate task needs NetworkMode awsvpc, not %s.",
			  text ? text : "the default, bridge");
	else if (s->service && s->service->resource &&
		 !json_path(
			 json_object_get(s->service->resource->properties, "NetworkConfiguration"),
			 "AwsvpcConfiguration") &&
		 !template_is_symbol(json_object_get(s->service->resource->properties,
						     "NetworkConfiguration"))) {
		f.resource = s->service->resource;
		f.property = "";
		f.remedy = "NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [...] } }";
		check_add(
			c, &f,
			"The service has no AwsvpcConfiguration, which network mode awsvpc needs.");
	}
}

void check_f_network_mode(struct check *c)
{
	check_each_subject(c, network_mode);
}

static void compatibilities(struct check *c, const struct check_subject *s)
{
	const json_t *list = json_object_get(s->properties, "RequiresCompatibilities");
	struct check_finding f = check_about(s, CHECK_FAIL, list ? "RequiresCompatibilities" : "");

	if (!s->service || !s->service->fargate || template_is_symbol(list))
		return;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!json_is_string(json_array_get(list, i)) ||
		    str_eq(json_string_value(json_array_get(list, i)), "FARGATE"))
			return;
	check_add(c, &f,
		  "Service %s runs on Fargate, but the task definition does not list FARGATE.",
		  s->service->resource->logical);
}

void check_f_compatibilities(struct check *c)
{
	check_each_subject(c, compatibilities);
}

/* ---- F10
 * ------------------------------------------------------------------------------------------ */

static bool set(const json_t *value)
{
	if (json_is_array(value) || json_is_object(value))
		return !template_is_symbol(value) &&
		       (json_is_array(value) ? json_array_size(value) : json_object_size(value)) >
			       0;
	return value && !json_is_null(value);
}

static void unsupported_linux(struct check *c, const struct check_subject *s, size_t i)
{
	static const char *const names[] = { "Devices", "SharedMemorySize", "Tmpfs", "MaxSwap",
					     "Swappiness" };
	const json_t *linux_parameters =
		json_map(json_array_get(s->containers, i), "LinuxParameters");
	const json_t *adds = json_list(json_map(linux_parameters, "Capabilities"), "Add");

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		OWN(str) char *where = str_printf("LinuxParameters/%s", names[k]);
		OWN(str)
		char *text = str_printf("Fargate does not support LinuxParameters.%s.", names[k]);

		if (set(json_object_get(linux_parameters, names[k])))
			check_container_fails(c, s, i, where, text);
	}
	for (size_t k = 0; k < json_array_size(adds); k++)
		if (json_is_string(json_array_get(adds, k)) &&
		    !str_eq(json_string_value(json_array_get(adds, k)), "SYS_PTRACE"))
			check_container_fails(
				c, s, i, "LinuxParameters/Capabilities/Add",
				"Fargate lets a task add no capability but SYS_PTRACE.");
}

static void unsupported_container(struct check *c, const struct check_subject *s, size_t i)
{
	static const char *const names[] = { "Links",
					     "ExtraHosts",
					     "DnsServers",
					     "DnsSearchDomains",
					     "DockerSecurityOptions",
					     "ResourceRequirements" };
	const json_t *one = json_array_get(s->containers, i);
	const json_t *limits = json_list(one, "Ulimits");

	if (json_bool_or(one, "Privileged", false))
		check_container_fails(c, s, i, "Privileged",
				      "Fargate runs no privileged containers.");
	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		OWN(str) char *text = str_printf("Fargate does not support %s.", names[k]);

		if (set(json_object_get(one, names[k])))
			check_container_fails(c, s, i, names[k], text);
	}
	for (size_t k = 0; k < json_array_size(limits); k++) {
		const char *name = json_str(json_array_get(limits, k), "Name");

		if (name && strcmp(name, "nofile") != 0)
			check_container_fails(c, s, i, "Ulimits",
					      "Fargate lets a task set no limit but nofile.");
	}
	unsupported_linux(c, s, i);
}

static void unsupported_volume(struct check *c, const struct check_subject *s, const json_t *volume,
			       size_t i)
{
	OWN(str) char *where = str_printf("Volumes/%zu", i);
	struct check_finding f = check_about(s, CHECK_FAIL, where);

	if (set(json_object_get(json_object_get(volume, "Host"), "SourcePath")))
		check_add(c, &f, "Volume %s names a path of the host; Fargate has none to give.",
			  json_str_or(volume, "Name", "?"));
	if (set(json_object_get(volume, "DockerVolumeConfiguration")))
		check_add(c, &f, "Volume %s is a Docker volume, which Fargate does not support.",
			  json_str_or(volume, "Name", "?"));
}

static void unsupported(struct check *c, const struct check_subject *s)
{
	const json_t *volumes = json_list(s->properties, "Volumes");
	const char *pid = json_str(s->properties, "PidMode");
	struct check_finding f = check_about(s, CHECK_FAIL, "PlacementConstraints");

	if (!s->fargate)
		return;
	for (size_t i = 0; i < json_array_size(s->containers); i++)
		unsupported_container(c, s, i);
	for (size_t i = 0; i < json_array_size(volumes); i++)
		unsupported_volume(c, s, json_array_get(volumes, i), i);
	if (set(json_object_get(s->properties, "PlacementConstraints")))
		check_add(c, &f, "Fargate has no placement constraints.");
	f.property = "IpcMode";
	if (set(json_object_get(s->properties, "IpcMode")))
		check_add(c, &f, "Fargate does not support IpcMode.");
	f.property = "PidMode";
	if (pid && strcmp(pid, "task") != 0)
		check_add(c, &f, "Fargate supports PidMode task only, not %s.", pid);
	if (s->service && s->service->resource &&
	    str_eq(json_str(s->service->resource->properties, "SchedulingStrategy"), "DAEMON")) {
		f.resource = s->service->resource;
		f.property = "SchedulingStrategy";
		check_add(c, &f, "Fargate has no DAEMON scheduling.");
	}
}

void check_f_unsupported(struct check *c)
{
	check_each_subject(c, unsupported);
}

/* ---- F12
 * ------------------------------------------------------------------------------------------ */

static void host_port(struct check *c, const struct check_subject *s)
{
	const char *mode =
		deployment_text(check_deployment(c), json_object_get(s->properties, "NetworkMode"));
	OWN(json) json_t *seen = json_object();

	if (!s->fargate && !str_eq(mode, "awsvpc"))
		return;
	for (size_t i = 0; i < json_array_size(s->containers); i++) {
		const json_t *ports = json_list(json_array_get(s->containers, i), "PortMappings");

		for (size_t k = 0; k < json_array_size(ports); k++) {
			const json_t *one = json_array_get(ports, k);
			json_int_t port = json_int_or(one, "ContainerPort", -1);
			json_int_t host = json_int_or(one, "HostPort", port);
			OWN(str)
			char *id = str_printf("%lld/%s", (long long)port,
					      json_str_or(one, "Protocol", "tcp"));
			OWN(str) char *host_where = str_printf("PortMappings/%zu/HostPort", k);
			OWN(str) char *where = str_printf("PortMappings/%zu/ContainerPort", k);
			OWN(str)
			char *differs =
				str_printf("host port %lld for container port %lld; in awsvpc "
					   "mode they must be equal.",
					   (long long)host, (long long)port);

			if (port >= 0 && host != port && host != 0)
				check_container_fails(c, s, i, host_where, differs);
			if (port >= 0 && json_object_get(seen, id))
				check_container_fails(c, s, i, where,
						      "its port is mapped twice in the task.");
			json_object_set_new(seen, id, json_true());
		}
	}
}

void check_f_host_port(struct check *c)
{
	check_each_subject(c, host_port);
}

/* ---- F26, F27, F28
 * -------------------------------------------------------------------------------- */

/* Not given, or given as an empty text. */
static bool is_blank(const struct deployment *d, const json_t *value)
{
	const char *text = value ? deployment_text(d, value) : "";

	return text && !*text;
}

static void log_options_of(struct check *c, const struct check_subject *s, size_t i,
			   const json_t *log)
{
	static const char *const names[] = { "awslogs-group", "awslogs-region",
					     "awslogs-stream-prefix" };
	static const char *const drivers[] = { "awslogs", "splunk", "awsfirelens" };
	const char *driver =
		deployment_text(check_deployment(c), json_object_get(log, "LogDriver"));
	const json_t *options = json_object_get(log, "Options");
	bool known = false;

	for (size_t k = 0; driver && k < 3; k++)
		known = known || !strcmp(driver, drivers[k]);
	if (driver && !known && s->fargate)
		check_container_fails(
			c, s, i, "LogConfiguration/LogDriver",
			"Fargate has the log drivers awslogs, splunk and awsfirelens only.");
	if (!str_eq(driver, "awslogs") || template_is_symbol(options))
		return;
	for (size_t k = 0; k < 3; k++) {
		OWN(str) char *text = str_printf("awslogs needs the option %s.", names[k]);

		if (is_blank(check_deployment(c), json_object_get(options, names[k])) &&
		    (k < 2 || s->fargate))
			check_container_fails(c, s, i, "LogConfiguration/Options", text);
	}
}

/* The group is made where the stack is, which may be left to the deployment. */
static void log_region(struct check *c, const struct check_subject *s, size_t i, const json_t *log)
{
	const struct deployment *d = check_deployment(c);
	const json_t *options = json_map(log, "Options");
	const char *literal = check_text(d, json_object_get(options, "awslogs-region"));
	const char *region = *literal ? check_place_region(c, s->task->template) : NULL;
	OWN(str)
	char *where =
		str_printf("ContainerDefinitions/%zu/LogConfiguration/Options/awslogs-region", i);
	struct check_finding f = check_about(s, region ? CHECK_FAIL : CHECK_WARN, where);

	if (!*literal || str_eq(region, literal) ||
	    !str_eq(json_str(log, "LogDriver"), "awslogs") ||
	    !deployment_target(d, json_object_get(options, "awslogs-group"), NULL))
		return;
	f.remedy = "\"awslogs-region\": {\"Ref\": \"AWS::Region\"}";
	check_add(c, &f,
		  "The log group of container %s is looked for in %s, but the stack is in %s.",
		  check_container_name(s, i), literal,
		  region ? region : "the region it is deployed to");
}

static void log_options(struct check *c, const struct check_subject *s)
{
	for (size_t i = 0; i < json_array_size(s->containers); i++) {
		const json_t *log = json_map(json_array_get(s->containers, i), "LogConfiguration");

		if (log) {
			log_options_of(c, s, i, log);
			log_region(c, s, i, log);
		}
	}
}

void check_f_log_options(struct check *c)
{
	check_each_subject(c, log_options);
}

/* The log group of the deployment with this name; NULL: none. */
static const struct deployment_resource *group_named(const struct deployment *d, const char *name,
						     bool *ret_unclear)
{
	size_t count;
	const struct deployment_resource *list = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		OWN(str) char *own = NULL;
		enum verdict v;

		if (!str_eq(list[i].type, "AWS::Logs::LogGroup") ||
		    !json_object_get(list[i].properties, "LogGroupName"))
			continue;
		own = check_rights_name(d, &list[i]);
		v = check_rights_match(own, name, false);
		if (v == VERDICT_PASS)
			return &list[i];
		*ret_unclear = *ret_unclear || v == VERDICT_UNKNOWN;
	}
	return NULL;
}

/* Parts that neither the template nor the place of the stack settles. */
static bool has_unknown_part(const char *name)
{
	for (const char *p = strchr(name, '\x03'); p; p = strchr(p + 1, '\x03')) {
		if (!str_starts(p + 1, "AAWS..") && !str_starts(p + 1, "PAWS..StackName"))
			return true;
		p = strchr(p + 1, '\x03');
		if (!p)
			return true;
	}
	return false;
}

/* Whether the name, as the template has it, is for whoever deploys to choose: a parameter stands in
 * it. Its default is then one choice of many. */
static bool is_chosen(const json_t *node, const json_t *parameters, unsigned depth)
{
	json_t *whole = (json_t *)(uintptr_t)node, *member;
	const char *text = json_string_value(node), *key;
	size_t i;

	while (text && (text = strstr(text, "${"))) {
		size_t len = strcspn(text += 2, "}");
		OWN(str) char *name = str_dup_n(text, len);

		if (json_object_get(parameters, name))
			return true;
	}
	if (depth > 64)
		return false;
	json_object_foreach(whole, key, member)
		if (strcmp(key, "Ref") ? is_chosen(member, parameters, depth + 1)
				       : json_object_get(parameters, json_string_value(member)) != NULL)
			return true;
	json_array_foreach(whole, i, member)
		if (is_chosen(member, parameters, depth + 1))
			return true;
	return false;
}

static bool name_is_chosen(struct check *c, const struct check_subject *s, const char *property)
{
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);
	OWN(str) char *path = str_printf("Properties.%s", property);

	for (char *p = path; *p; p++)
		*p = *p == '/' ? '.' : *p;
	return is_chosen(json_path(s->task->body, path),
			 json_map(template_body(list[s->task->template].t), "Parameters"), 0);
}

/* A group that nothing holds back is there minutes before the first task; one that waits for
 * something the service does not wait for may come too late. */
static void late_group(struct check *c, const struct check_subject *s, size_t i,
		       const struct deployment_resource *group, struct check_finding *f)
{
	const struct deployment *d = check_deployment(c);
	OWN(json) json_t *edges = json_object();
	OWN(json) json_t *service = NULL;
	OWN(json) json_t *own = check_created_before(d, group, edges);
	const char *name;
	json_t *ignored;

	if (!s->service || group->template != s->service->resource->template)
		return;
	service = check_created_before(d, s->service->resource, edges);
	if (json_object_get(service, group->logical))
		return;
	f->severity = CHECK_WARN;
	f->second = group;
	json_object_foreach(own, name, ignored)
		if (strcmp(name, group->logical) != 0 && !json_object_get(service, name) &&
		    deployment_find(d, group->template, name)) {
			check_add(c, f,
				  "Nothing makes service %s wait for log group %s of container %s, "
				  "which waits for %s itself.",
				  s->service->resource->logical, group->logical,
				  check_container_name(s, i), name);
			return;
		}
}

static void log_group_of(struct check *c, const struct check_subject *s, size_t i,
			 const json_t *options)
{
	const struct deployment *d = check_deployment(c);
	const json_t *group = json_object_get(options, "awslogs-group");
	OWN(str)
	char *where =
		str_printf("ContainerDefinitions/%zu/LogConfiguration/Options/awslogs-group", i);
	OWN(str) char *name = check_rights_text(d, group);
	OWN(str) char *shown = check_rights_show(name);
	struct check_finding f = check_about(s, CHECK_FAIL, where);
	const struct deployment_resource *named;
	bool unclear = has_unknown_part(name);

	if (!group || deployment_target(d, group, NULL) ||
	    json_bool_or(options, "awslogs-create-group", false))
		return;
	named = group_named(d, name, &unclear);
	if (named) {
		late_group(c, s, i, named, &f);
		return;
	}
	if (unclear || template_is_symbol(json_object_get(options, "awslogs-create-group")) ||
	    name_is_chosen(c, s, where)) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "aws logs describe-log-groups --log-group-name-prefix <the group>";
		check_add(c, &f,
			  "Log group %s of container %s is not made here; it must exist already.",
			  shown, check_container_name(s, i));
		return;
	}
	check_add(c, &f, "Nothing creates log group %s of container %s.", shown,
		  check_container_name(s, i));
}

static void log_group(struct check *c, const struct check_subject *s)
{
	for (size_t i = 0; i < json_array_size(s->containers); i++) {
		const json_t *log = json_map(json_array_get(s->containers, i), "LogConfiguration");

		if (str_eq(json_str(log, "LogDriver"), "awslogs"))
			log_group_of(c, s, i, json_object_get(log, "Options"));
	}
}

void check_f_log_group(struct check *c)
{
	check_each_subject(c, log_group);
}

static void log_mode(struct check *c, const struct check_subject *s)
{
	for (size_t i = 0; i < json_array_size(s->containers); i++) {
		const json_t *log = json_map(json_array_get(s->containers, i), "LogConfiguration");
		const json_t *mode = json_object_get(json_map(log, "Options"), "mode");
		OWN(str)
		char *where = str_printf("ContainerDefinitions/%zu/LogConfiguration/Options", i);
		struct check_finding f = check_about(s, CHECK_WARN, where);

		if (str_eq(json_str(log, "LogDriver"), "awslogs") &&
		    check_is_node(check_deployment(c), s, i) &&
		    (!mode || str_eq(json_string_value(mode), "blocking")))
			check_add(c, &f, "Container %s %s: a slow CloudWatch would stop the node.",
				  check_container_name(s, i),
				  mode ? "logs in blocking mode"
				       : "leaves the log mode to the account's default");
	}
}

void check_f_log_mode(struct check *c)
{
	check_each_subject(c, log_mode);
}

/* ---- F29, F30
 * ------------------------------------------------------------------------------------- */

static void too_large(struct check *c, const struct check_subject *s)
{
	OWN(str) char *text = json_text(s->properties);
	struct check_finding f = check_about(s, CHECK_FAIL, "ContainerDefinitions");

	if (text && strlen(text) > 65536)
		check_add(c, &f, "The task definition has %zu bytes; the limit is 65536.",
			  strlen(text));
}

void check_f_too_large(struct check *c)
{
	check_each_subject(c, too_large);
}

/* What of the task needs platform 1.4.0; NULL: nothing. */
static const char *needs_platform(const struct deployment *d, const struct check_subject *s)
{
	const json_t *volumes = json_list(s->properties, "Volumes");

	for (size_t i = 0; i < json_array_size(volumes); i++)
		if (json_object_get(json_array_get(volumes, i), "EFSVolumeConfiguration"))
			return "EFS volumes";
	if (json_object_get(s->properties, "EphemeralStorage"))
		return "more ephemeral storage";
	if (check_units(d, json_object_get(s->properties, "Cpu")) >= 8192)
		return "8 or 16 vCPU";
	for (size_t i = 0; i < json_array_size(s->containers); i++) {
		const json_t *secrets = json_list(json_array_get(s->containers, i), "Secrets");

		for (size_t k = 0; k < json_array_size(secrets); k++) {
			struct deployment_value_from from = { 0 };

			deployment_value_from(
				d, json_object_get(json_array_get(secrets, k), "ValueFrom"), &from);
			if (from.json_key[0])
				return "secrets by JSON key";
		}
	}
	return NULL;
}

static void platform_version(struct check *c, const struct check_subject *s)
{
	const struct deployment *d = check_deployment(c);
	const char *version, *what;
	struct check_finding f = check_about(s, CHECK_FAIL, "PlatformVersion");
	int major, minor;

	if (!s->service || !s->service->resource)
		return;
	version = deployment_text(
		d, json_object_get(s->service->resource->properties, "PlatformVersion"));
	what = needs_platform(d, s);
	if (!version || !what || sscanf(version, "%d.%d", &major, &minor) != 2 || major > 1 ||
	    (major == 1 && minor >= 4))
		return;
	f.resource = s->service->resource;
	f.second = s->task;
	check_add(c, &f, "Platform version %s does not support %s.", version, what);
}

void check_f_platform_version(struct check *c)
{
	check_each_subject(c, platform_version);
}
