/* Step: containers are started in the order of their dependencies. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

enum { NOFILE_STANDARD = 65535 };

const json_t *ecs_override(const struct launch *l, const char *container)
{
	json_t *list = json_list(json_map(l->task, "overrides"), "containerOverrides"), *entry;
	size_t i;

	json_array_foreach(list, i,
			   entry) if (str_eq(json_str(entry, "name"), container)) return entry;
	return NULL;
}

/* ---- what a container is given
 * ------------------------------------------------------------------------------ */

static void add_variables(json_t *environment, const json_t *list)
{
	json_t *variable;
	size_t i;

	json_array_foreach(list, i, variable) json_set_str(
		environment, json_str_or(variable, "name", ""), json_str_or(variable, "value", ""));
}

/* The node key that the stack's chain proves, when the operator gave one. */
static void add_chain_key(struct launch *l, json_t *environment)
{
	const char *stack = json_str_or(l->task, "mpcup:stack", "");
	OWN(str) char *name = str_printf("mpcup/%s/chain-key", stack);
	OWN(json) json_t *in = json_pack("{s:s}", "SecretId", name), *out = NULL, *key = NULL;
	const char *text;

	if (!*stack || hub_call(l->ecs->hub, NULL, "secretsmanager", "GetSecretValue", in, &out,
				NULL, NULL) < 0)
		return;
	text = json_str_or(out, "SecretString", "");
	if (json_parse_text(name, text, strlen(text), &key, NULL) < 0 ||
	    !json_str(key, "secret_key"))
		hub_log(l->ecs->hub, "%s has no secret_key", name);
	else
		json_set_str(environment, "NEAR_NODE_KEY", json_str(key, "secret_key"));
}

static json_t *environment_of(struct launch *l, const struct container *c)
{
	const char *region = hub_region(l->ecs->hub), *name;
	json_t *environment = json_object(), *value;

	json_set_str(environment, "PATH",
		     "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	ecs_imported_environment(c, environment);
	json_set_str(environment, "AWS_EXECUTION_ENV", "AWS_ECS_FARGATE");
	json_set_str(environment, "AWS_REGION", region);
	json_set_str(environment, "AWS_DEFAULT_REGION", region);
	add_variables(environment, json_list(c->definition, "environment"));
	add_variables(environment, json_list(ecs_override(l, c->name), "environment"));
	if (c->image == IMAGE_LOCALNET)
		add_chain_key(l, environment);
	json_object_foreach(json_object_get(l->secrets, c->name), name, value)
		json_object_set(environment, name, value);
	return environment;
}

static void append_all(json_t *to, const json_t *list)
{
	json_t *word;
	size_t i;

	json_array_foreach(list, i, word) if (json_is_string(word)) json_array_append(to, word);
}

/* A mapped image brings its own entry point; only native ones run the command that is given. */
static json_t *arguments_of(const struct launch *l, const struct container *c)
{
	const json_t *override = ecs_override(l, c->name);
	json_t *command = json_list(override, "command"), *argv;

	if (c->image == IMAGE_NODE)
		return json_pack("[s, s]", "mpcup", "node");
	if (c->image == IMAGE_LOCALNET)
		return json_pack("[s, s]", "mpcup", "localnet");
	if (c->image == IMAGE_IMPORTED)
		return ecs_imported_arguments(l, c);
	argv = json_array();
	append_all(argv, json_list(c->definition, "entryPoint"));
	append_all(argv, command ? command : json_list(c->definition, "command"));
	if (!json_array_size(argv))
		json_add_str(argv, "sh");
	if (str_eq(json_string_value(json_array_get(argv, 0)), "sh"))
		json_array_set_new(argv, 0, json_string("/bin/sh"));
	return argv;
}

static const char *service_name(const struct launch *l)
{
	const char *group = json_str_or(l->task, "group", "");
	const char *colon = strchr(group, ':');

	return colon ? colon + 1 : group;
}

char *ecs_chain_directory(struct hub *hub, const char *stack, const char *service)
{
	const char *state = hub_state_dir(hub);

	return str_printf("%s/ecs/localnet/%s-%s", state ? state : "/tmp/mpcup",
			  stack ? stack : "none", service);
}

/* The chain's data outlives its task, as on a volume. */
static int add_chain_directory(const struct launch *l, json_t *mounts, struct err *err)
{
	OWN(str)
	char *path =
		ecs_chain_directory(l->ecs->hub, json_str(l->task, "mpcup:stack"), service_name(l));

	if (ecs_directory_make(path, err) < 0)
		return -1;
	json_array_append_new(mounts, json_pack("{s:s, s:s, s:b}", "source", path, "target",
						"/var/lib/near", "read_only", 0));
	return 0;
}

static int mounts_of(const struct launch *l, const struct container *c, json_t **ret,
		     struct err *err)
{
	OWN(json) json_t *mounts = json_array();
	json_t *point;
	size_t i;

	json_array_foreach(json_list(c->definition, "mountPoints"), i, point)
	{
		const json_t *volume =
			json_object_get(l->volumes, json_str_or(point, "sourceVolume", ""));
		bool read_only = json_bool_or(point, "readOnly", false) ||
				 json_bool_or(volume, "ReadOnly", false);

		json_array_append_new(mounts, json_pack("{s:s, s:s, s:b}", "source",
							json_str_or(volume, "Source", ""), "target",
							json_str_or(point, "containerPath", "/"),
							"read_only", read_only ? 1 : 0));
	}
	if (c->image == IMAGE_LOCALNET && add_chain_directory(l, mounts, err) < 0)
		return -1;
	*ret = GIVE(mounts);
	return 0;
}

static void set_limits(json_t *container, const struct launch *l, const struct container *c)
{
	const json_t *override = ecs_override(l, c->name);
	json_int_t task_memory = json_int_or(l->task, "memory", 512);
	json_int_t memory =
		json_int_or(override, "memory", json_int_or(c->definition, "memory", 0));
	json_int_t cpu = json_int_or(override, "cpu", json_int_or(c->definition, "cpu", 0));
	json_int_t soft = NOFILE_STANDARD, hard = NOFILE_STANDARD;
	json_t *limit;
	size_t i;

	json_array_foreach(json_list(c->definition, "ulimits"), i, limit)
	{
		if (!str_eq(json_str(limit, "name"), "nofile"))
			continue;
		soft = json_int_or(limit, "softLimit", soft);
		hard = json_int_or(limit, "hardLimit", hard);
	}
	json_set_int(container, "nofile_soft", soft);
	json_set_int(container, "nofile_hard", hard);
	json_set_int(container, "memory_bytes", (memory ? memory : task_memory) * 1024 * 1024);
	json_set_int(container, "cpu_units", cpu ? cpu : json_int_or(l->task, "cpu", 256));
}

/* 0: *ret is the caller's request to start the container. */
static int start_request(struct launch *l, const struct container *c, json_t **ret, struct err *err)
{
	const json_t *parameters = json_map(c->definition, "linuxParameters");
	OWN(json) json_t *mounts = NULL, *environment = environment_of(l, c), *container = json_object();
	OWN(str) char *host = ecs_host_name(l);
	OWN(str) char *root = ecs_container_root(l, c);

	if (mounts_of(l, c, &mounts, err) < 0 ||
	    ecs_container_user(l, c, container, environment, err) < 0)
		return -1;
	json_set_str(container, "name", c->name);
	json_set_str(container, "root", root);
	json_object_set_new(container, "argv", arguments_of(l, c));
	json_object_set(container, "environment", environment);
	json_set_str(container, "directory", ecs_container_directory(c));
	json_set_str(container, "hostname", host);
	json_object_set(container, "mounts", mounts);
	json_set_bool(container, "read_only_root",
		      json_bool_or(c->definition, "readonlyRootFilesystem", false));
	/* A shell as process 1 ignores SIGTERM and would hold every stop for stopTimeout. */
	json_set_bool(container, "init",
		      c->image == IMAGE_NATIVE ||
			      json_bool_or(parameters, "initProcessEnabled", false));
	set_limits(container, l, c);
	*ret = json_pack("{s:s, s:O}", "op", "start", "container", container);
	return 0;
}

/* ---- loopback forwards
 * --------------------------------------------------------------------------------------- */

static void open_forward(struct launch *l, struct container *c, json_t *service, json_int_t port)
{
	OWN(str) char *key = str_printf("%s:%lld", c->name, (long long)port);
	json_t *remembered = json_map(service, "mpcup:ports");
	uint16_t want = (uint16_t)json_int_or(remembered, key, 0), got = 0;
	struct err err = { 0 };

	if (l->ecs->world->forward_add(l->ecs->hub, l->vpc, l->address, (uint16_t)port, want, &got,
				       &err) < 0) {
		hub_log(l->ecs->hub, "task %s: no forward to port %lld: %s", l->id, (long long)port,
			err.text);
		return;
	}
	json_array_append_new(l->forwards, json_integer(got));
	json_array_append_new(json_list(c->shown, "networkBindings"),
			      json_pack("{s:s, s:I, s:i, s:s}", "bindIP", "127.0.0.1",
					"containerPort", port, "hostPort", (int)got, "protocol",
					"tcp"));
	if (remembered && !want) {
		json_set_int(remembered, key, got);
		ecs_service_put(l->ecs->hub, service);
	}
}

static void open_forwards(struct launch *l, struct container *c)
{
	json_t *service = hub_get(l->ecs->hub, ECS_SERVICE, json_str(l->task, "mpcup:service")),
	       *port;
	size_t i;

	json_array_foreach(json_list(c->definition, "portMappings"), i,
			   port) if (str_eq(json_str_or(port, "protocol", "tcp"), "tcp"))
		open_forward(l, c, service, json_int_or(port, "containerPort", 0));
}

/* ---- order
 * ---------------------------------------------------------------------------------------------------------
 */

enum readiness { READY, NOT_YET, NEVER };

static enum readiness is_ready(struct launch *l, const struct container *c)
{
	json_t *dependency;
	size_t i;

	json_array_foreach(json_list(c->definition, "dependsOn"), i, dependency)
	{
		const struct container *on =
			ecs_container(l, json_str(dependency, "containerName"));
		const char *condition = json_str_or(dependency, "condition", "START");

		if (!on)
			return NEVER;
		if (!strcmp(condition, "SUCCESS") && on->exited && on->code != 0)
			return NEVER;
		if (!strcmp(condition, "HEALTHY") && (on->exited || on->unhealthy))
			return NEVER;
		if ((!strcmp(condition, "START") && !on->started) ||
		    ((!strcmp(condition, "COMPLETE") || !strcmp(condition, "SUCCESS")) &&
		     !on->exited) ||
		    (!strcmp(condition, "HEALTHY") && !on->healthy))
			return NOT_YET;
	}
	return READY;
}

/* Starts a container or takes note that it has started. */
static enum ecs_step start_one(struct launch *l, struct container *c)
{
	OWN(str) char *key = str_printf("start %s", c->name);
	json_t *request = NULL;
	const json_t *answer;
	struct err err = { 0 };

	if (!c->asked && start_request(l, c, &request, &err) < 0)
		return FAIL(l, c, LAUNCH_FAIL_CONTAINER_START, err.text);
	c->asked = true;
	answer = ecs_launch_ask(l, key, request);
	if (!answer)
		return STEP_WAIT;
	if (!json_bool_or(answer, "started", false))
		return FAIL(l, c, LAUNCH_FAIL_CONTAINER_START,
			    json_str_or(answer, "error", "the container did not start"));
	c->started = true;
	c->started_ms = hub_now_ms(l->ecs->hub);
	if (!c->exited)
		json_set_str(c->shown, "lastStatus", "RUNNING");
	open_forwards(l, c);
	ecs_health_start(c);
	return STEP_NEXT;
}

enum ecs_step ecs_step_container(struct launch *l)
{
	size_t started = 0, before;

	/* a start can be what another container waits for */
	do {
		before = started;
		started = 0;
		for (size_t i = 0; i < l->container_count; i++) {
			struct container *c = &l->containers[i];
			enum readiness ready = c->asked ? READY : is_ready(l, c);

			if (ready == NEVER)
				return FAIL(l, c, LAUNCH_FAIL_DEPENDENCY, NULL);
			if (ready == READY && !c->started && !c->exited &&
			    start_one(l, c) == STEP_FAILED)
				return STEP_FAILED;
			started += c->started || c->exited;
		}
	} while (started != before && started < l->container_count);
	return started == l->container_count ? STEP_NEXT : STEP_WAIT;
}
