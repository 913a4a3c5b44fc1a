/* Services, tasks, task definitions, their log streams and their secrets. */
#include <string.h>

#include "core/check/check.h"
#include "face/cli/ecs-view.h"
#include "face/cli/evidence-internal.h"

enum {
	STOPPED_LOGS_MOST = 3, /* of a service: retries say the same again */
	TASKS_AT_ONCE = 100,   /* of DescribeTasks */
	LINES_MOST = 200,      /* of a stream, the last ones */
};

/* ---- logs ------------------------------------------------------------------------------------------------ */

static json_t *group_entry(struct gather *g, const char *group)
{
	json_t *entry = json_object_get(g->groups, group);

	if (entry)
		return entry;
	entry = json_pack("{s:s,s:[]}", "group", group, "streams");
	json_array_append_new(json_list(g->evidence, "logs"), entry);
	json_object_set(g->groups, group, entry);
	return entry;
}

static json_t *lines_of(const json_t *out)
{
	json_t *lines = json_array(), *event;
	size_t i;

	json_array_foreach(json_list(out, "events"), i, event)
		json_array_append_new(lines, json_pack("{s:I,s:s}", "timestamp",
						       json_int_or(event, "timestamp", 0), "message",
						       json_str_or(event, "message", "")));
	return lines;
}

static void add_stream(struct gather *g, const char *group, const char *stream)
{
	char code[96];
	OWN(json) json_t *out = gather_ask(g, "logs", "GetLogEvents",
					   json_pack("{s:s,s:s,s:i,s:b}", "logGroupName", group,
						     "logStreamName", stream, "limit", LINES_MOST,
						     "startFromHead", 0),
					   code);
	json_t *entry, *one;

	if (!out && strcmp(code, "ResourceNotFoundException") != 0) {
		json_array_append_new(json_list(g->evidence, "unread"),
				      json_pack("{s:s+,s:s}", "what", "log stream ", stream, "why", code));
		return;
	}
	entry = group_entry(g, group);
	if (!out)
		return; /* no such stream: its absence is the evidence */
	one = json_pack("{s:s,s:o}", "stream", stream, "events", lines_of(out));
	if (json_array_size(json_list(one, "events")) == LINES_MOST)
		json_set_bool(one, "truncated", true);
	json_array_append_new(json_list(entry, "streams"), one);
}

static void add_logs(struct gather *g, const json_t *definition, const json_t *task)
{
	const char *arn = json_str_or(task, "taskArn", ""), *slash = strrchr(arn, '/');
	json_t *container;
	size_t i;

	json_array_foreach(json_list(definition, "containerDefinitions"), i, container) {
		const json_t *options = json_path(container, "logConfiguration.options");
		const char *group = json_str(options, "awslogs-group");
		const char *prefix = json_str(options, "awslogs-stream-prefix");
		OWN(str) char *stream = str_printf("%s/%s/%s", prefix ? prefix : "",
						   json_str_or(container, "name", ""), slash ? slash + 1 : arn);

		if (group && prefix)
			add_stream(g, group, stream);
	}
}

/* ---- secrets ----------------------------------------------------------------------------------------------- */

/* "arn:aws:secretsmanager:R:A:secret:NAME[:json-key:stage:version]": ARN and key are the caller's. */
static bool split_value_from(const char *from, char **ret_arn, char **ret_key)
{
	const char *at = from;

	for (int colons = 0; colons < 6; colons++) {
		at = strchr(at, ':');
		if (!at)
			return false;
		at++;
	}
	if (!strstr(from, ":secretsmanager:"))
		return false;
	at += strcspn(at, ":");
	*ret_arn = str_dup_n(from, (size_t)(at - from));
	*ret_key = *at ? str_dup_n(at + 1, strcspn(at + 1, ":")) : NULL;
	return true;
}

static bool has_current(const json_t *described)
{
	const char *version;
	json_t *stages, *stage;
	size_t i;

	json_object_foreach(json_map(described, "VersionIdsToStages"), version, stages)
		json_array_foreach(stages, i, stage)
			if (str_eq(json_string_value(stage), "AWSCURRENT"))
				return true;
	return false;
}

/* The value is judged where it arrives and wiped: only the verdict stays. */
static void judge_value(struct gather *g, const char *arn, const char *key, const char *variable,
			json_t *entry)
{
	OWN(json) json_t *out = gather_ask(g, "secretsmanager", "GetSecretValue",
					   json_pack("{s:s}", "SecretId", arn), NULL);
	const char *text = json_str(out, "SecretString"), *fault;
	char why[256] = "";

	if (!text)
		return;
	fault = check_secret_value(variable, text, key, why, sizeof(why));
	json_set_str(entry, "verdict", fault ? fault : "");
	if (fault)
		json_set_str(entry, "why", why);
	json_wipe(out);
}

static void add_secret(struct gather *g, const json_t *pair, const char *service)
{
	const char *variable = json_str_or(pair, "name", "");
	OWN(str) char *arn = NULL, *key = NULL, *id = NULL;
	OWN(json) json_t *described = NULL, *entry = NULL;

	if (!split_value_from(json_str_or(pair, "valueFrom", ""), &arn, &key))
		return;
	id = str_printf("%s %s %s", arn, variable, service);
	if (json_object_get(g->secrets, id))
		return;
	json_set_bool(g->secrets, id, true);
	described = gather_ask(g, "secretsmanager", "DescribeSecret", json_pack("{s:s}", "SecretId", arn), NULL);
	if (!described)
		return;
	entry = json_pack("{s:s,s:s,s:b,s:s,s:s}", "arn", json_str_or(described, "ARN", arn), "name",
			  json_str_or(described, "Name", ""), "hasValue", (int)has_current(described),
			  "variable", variable, "service", service);
	if (json_object_get(described, "LastChangedDate"))
		json_object_set(entry, "lastChanged", json_object_get(described, "LastChangedDate"));
	if (!has_current(described)) {
		json_set_str(entry, "verdict", "B02");
		json_set_str(entry, "why", "has no value");
	} else if (g->secret_values) {
		judge_value(g, arn, key, variable, entry);
	}
	json_array_append(json_list(g->evidence, "secrets"), entry);
}

static void add_secrets(struct gather *g, const json_t *definition, const char *service)
{
	json_t *container, *pair;
	size_t i, k;

	json_array_foreach(json_list(definition, "containerDefinitions"), i, container)
		json_array_foreach(json_list(container, "secrets"), k, pair)
			add_secret(g, pair, service);
}

/* ---- services and tasks --------------------------------------------------------------------------------------- */

static const json_t *definition_of(struct gather *g, const char *arn)
{
	json_t *definition = json_object_get(g->definitions, arn);
	OWN(json) json_t *out = NULL;

	if (definition || !*arn)
		return definition;
	out = gather_ask(g, "ecs", "DescribeTaskDefinition", json_pack("{s:s}", "taskDefinition", arn), NULL);
	definition = json_map(out, "taskDefinition");
	if (!definition)
		return NULL;
	json_object_set(g->definitions, arn, definition);
	json_array_append(json_list(g->evidence, "taskDefinitions"), definition);
	return definition;
}

/* Appends the tasks of one desired status, page by page. */
static void add_tasks(struct gather *g, const char *cluster, const char *name, const char *desired,
		      json_t *tasks)
{
	OWN(json) json_t *token = NULL;

	do {
		OWN(json) json_t *in = json_pack("{s:s,s:s,s:s,s:i}", "cluster", cluster, "serviceName", name,
						 "desiredStatus", desired, "maxResults", TASKS_AT_ONCE);
		OWN(json) json_t *list = NULL, *out = NULL;

		if (token)
			json_object_set(in, "nextToken", token);
		list = gather_ask(g, "ecs", "ListTasks", GIVE(in), NULL);
		if (!json_array_size(json_list(list, "taskArns")))
			return;
		out = gather_ask(g, "ecs", "DescribeTasks",
				 json_pack("{s:s,s:O}", "cluster", cluster, "tasks",
					   json_list(list, "taskArns")),
				 NULL);
		if (json_list(out, "tasks"))
			json_array_extend(tasks, json_list(out, "tasks"));
		json_decref(token);
		token = json_incref(json_object_get(list, "nextToken"));
	} while (json_is_string(token));
}

static void add_task_logs(struct gather *g, const json_t *tasks)
{
	size_t stopped = 0, i;
	json_t *task;

	json_array_foreach(tasks, i, task) {
		const char *arn = json_str_or(task, "taskDefinitionArn", "");

		if (str_eq(json_str(task, "desiredStatus"), "STOPPED") && ++stopped > STOPPED_LOGS_MOST)
			continue;
		add_logs(g, definition_of(g, arn), task);
	}
}

static void add_service(struct gather *g, const char *stack, const json_t *resource)
{
	const char *logical = json_str_or(resource, "LogicalResourceId", "");
	OWN(str) char *cluster = NULL, *name = NULL;
	OWN(json) json_t *out = NULL, *tasks = json_array();
	json_t *service;

	if (!str_eq(json_str(resource, "ResourceType"), "AWS::ECS::Service") ||
	    str_eq(json_str(resource, "ResourceStatus"), "DELETE_COMPLETE") ||
	    !ecs_view_split_service(json_str_or(resource, "PhysicalResourceId", ""), &cluster, &name))
		return;
	out = gather_ask(g, "ecs", "DescribeServices",
			 json_pack("{s:s,s:[s]}", "cluster", cluster, "services", name), NULL);
	service = json_array_get(json_list(out, "services"), 0);
	if (!service)
		return;
	add_tasks(g, cluster, name, "RUNNING", tasks);
	add_tasks(g, cluster, name, "STOPPED", tasks);
	json_array_append_new(json_list(g->evidence, "services"),
			      json_pack("{s:s,s:s,s:O,s:O}", "logicalResourceId", logical, "stack", stack,
					"service", service, "tasks", tasks));
	add_secrets(g, definition_of(g, json_str_or(service, "taskDefinition", "")), logical);
	add_task_logs(g, tasks);
}

void gather_services(struct gather *g, const char *stack, const json_t *resources)
{
	json_t *resource;
	size_t i;

	json_array_foreach(resources, i, resource)
		add_service(g, stack, resource);
}
