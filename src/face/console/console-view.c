/* Stacks, tasks and their logs as the page has them: small objects with the services' own words. */
#include <string.h>

#include "core/aws/aws.h"
#include "core/template/template.h"
#include "engine/cloud/hub/hub.h"
#include "face/console/console-internal.h"

enum { EVENTS_MOST = 3000, LOG_LINES = 500 };

json_t *console_ask(struct console *c, const char *service, const char *action, json_t *in)
{
	OWN(json) json_t *request = in;
	struct err err = { 0 };
	json_t *out = NULL;

	return hub_call(c->hub, NULL, service, action, request, &out, NULL, &err) < 0 ? NULL : out;
}

static void copy(json_t *to, const char *name, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value && !json_is_null(value))
		json_object_set(to, name, value);
}

/* Members of `from`, each under the name that the page has for it; new. Ends with a NULL name. */
struct field {
	const char *name, *key;
};
static json_t *pick(const json_t *from, const struct field *fields)
{
	json_t *one = json_object();

	for (; fields->name; fields++)
		copy(one, fields->name, from, fields->key);
	return one;
}

/* All pages of a list, at most `most` entries. The caller's. */
static json_t *ask_all(struct console *c, const char *action, const char *stack, const char *list, size_t most)
{
	json_t *all = json_array();
	OWN(str) char *token = NULL;

	do {
		OWN(json) json_t *in = json_object(), *out = NULL;

		json_set_str(in, "StackName", stack);
		json_set_str(in, "NextToken", token);
		out = console_ask(c, "cloudformation", action, json_incref(in));
		if (json_list(out, list))
			json_array_extend(all, json_list(out, list));
		free(token);
		token = json_str(out, "NextToken") ? str_dup(json_str(out, "NextToken")) : NULL;
	} while (token && *token && json_array_size(all) < most);
	return all;
}

/* ---- stacks ---------------------------------------------------------------------------------------- */

static const char *tag_of(const json_t *stack, const char *key)
{
	json_t *tag;
	size_t i;

	json_array_foreach(json_list(stack, "Tags"), i, tag)
		if (str_eq(json_str(tag, "Key"), key))
			return json_str(tag, "Value");
	return NULL;
}

json_t *console_stacks(struct console *c, const struct listener *l)
{
	static const struct field fields[] = {
		{ "id", "StackId" },
		{ "status", "StackStatus" },
		{ "reason", "StackStatusReason" },
		{ "description", "Description" },
		{ "created", "CreationTime" },
		{ "updated", "LastUpdatedTime" },
		{ "parent", "ParentId" },
		{ NULL, NULL }
	};
	OWN(json) json_t *all = ask_all(c, "DescribeStacks", NULL, "Stacks", 10000);
	json_t *ret = json_object(), *stack;
	size_t i;

	(void)l;
	json_array_foreach(all, i, stack) {
		json_t *one = pick(stack, fields);

		json_set_str(one, "network", tag_of(stack, "mpcup:network"));
		json_set_str(one, "role", tag_of(stack, "mpcup:role"));
		json_object_set_new(ret, json_str_or(stack, "StackName", ""), one);
	}
	return ret;
}

json_t *console_events(struct console *c, const struct listener *l)
{
	static const struct field fields[] = {
		{ "at", "Timestamp" },
		{ "logical", "LogicalResourceId" },
		{ "physical", "PhysicalResourceId" },
		{ "type", "ResourceType" },
		{ "status", "ResourceStatus" },
		{ "reason", "ResourceStatusReason" },
		{ NULL, NULL }
	};
	OWN(json) json_t *all = *l->stack ? ask_all(c, "DescribeStackEvents", l->stack, "StackEvents", EVENTS_MOST)
					  : NULL;
	json_t *ret = json_object(), *event;
	size_t i;

	json_array_foreach(all, i, event) {
		json_t *one = pick(event, fields);

		json_set_int(one, "order", (json_int_t)(json_array_size(all) - i));
		json_object_set_new(ret, json_str_or(event, "EventId", ""), one);
	}
	return ret;
}

/* What each resource of a template needs first: logical -> [logical]. The caller's. */
static json_t *read_needs(const char *text)
{
	OWN(template) struct template *t = NULL;
	OWN(template_eval) struct template_eval *eval = NULL;
	OWN(json) json_t *parameters = NULL;
	struct template_world nothing = { .account = NULL };
	json_t *ret = json_object(), *body;
	const char *logical;

	if (template_parse("template", text, strlen(text), &t, NULL) < 0 ||
	    template_parameters(t, NULL, NULL, 0, &nothing, &parameters, NULL) < 0 ||
	    template_eval_new(t, parameters, &nothing, &eval, NULL) < 0)
		return ret;
	json_object_foreach((json_t *)(uintptr_t)template_resources(t), logical, body) {
		json_t *needs = NULL;

		if (template_dependencies(eval, logical, &needs, NULL) == 0)
			json_object_set_new(ret, logical, needs);
	}
	return ret;
}

/* Read once per text of a template, which may be large. Borrowed. */
static const json_t *needs_of(struct console *c, const char *stack)
{
	OWN(json) json_t *out = console_ask(c, "cloudformation", "GetTemplate",
					    json_pack("{s:s,s:s}", "StackName", stack, "TemplateStage", "Processed"));
	json_t *body = json_object_get(out, "TemplateBody");
	OWN(str) char *text = json_is_string(body) ? str_dup(json_string_value(body)) : json_text(body);
	json_t *known = json_object_get(c->needs, stack);

	if (!body)
		return NULL;
	if (!known || !str_eq(json_str(known, "text"), text)) {
		known = json_object();
		json_set_str(known, "text", text);
		json_object_set_new(known, "needs", read_needs(text));
		json_object_set_new(c->needs, stack, known);
	}
	return json_map(known, "needs");
}

json_t *console_resources(struct console *c, const struct listener *l)
{
	static const struct field fields[] = {
		{ "type", "ResourceType" },
		{ "physical", "PhysicalResourceId" },
		{ "status", "ResourceStatus" },
		{ "reason", "ResourceStatusReason" },
		{ "at", "LastUpdatedTimestamp" },
		{ NULL, NULL }
	};
	OWN(json) json_t *all = *l->stack ? ask_all(c, "ListStackResources", l->stack, "StackResourceSummaries", 10000)
					  : NULL;
	const json_t *needs = json_array_size(all) ? needs_of(c, l->stack) : NULL;
	json_t *ret = json_object(), *resource;
	size_t i;

	json_array_foreach(all, i, resource) {
		const char *logical = json_str_or(resource, "LogicalResourceId", "");
		json_t *one = pick(resource, fields);

		copy(one, "needs", needs, logical);
		json_object_set_new(ret, logical, one);
	}
	return ret;
}

/* ---- services and tasks ------------------------------------------------------------------------------ */

static json_t *last_events(const json_t *service)
{
	json_t *list = json_array(), *event;
	size_t i;

	json_array_foreach(json_list(service, "events"), i, event)
		if (i < 5)
			json_array_append(list, event);
	return list;
}

json_t *console_services(struct console *c, const struct listener *l)
{
	static const struct field fields[] = {
		{ "arn", "serviceArn" },
		{ "name", "serviceName" },
		{ "status", "status" },
		{ "desired", "desiredCount" },
		{ "running", "runningCount" },
		{ "pending", "pendingCount" },
		{ "definition", "taskDefinition" },
		{ "stack", "mpcup:stack" },
		{ NULL, NULL }
	};
	json_t *ret = json_object(), *service;
	const char *key;

	(void)l;
	json_object_foreach(hub_all(c->hub, "ecs:service"), key, service) {
		json_t *one;

		if (str_eq(json_str(service, "status"), "INACTIVE"))
			continue;
		one = pick(service, fields);
		json_object_set_new(one, "events", last_events(service));
		json_object_set_new(ret, key, one);
	}
	return ret;
}

static json_t *containers_of(const json_t *task)
{
	static const struct field fields[] = { { "name", "name" },		{ "lastStatus", "lastStatus" },
					       { "exitCode", "exitCode" },	{ "reason", "reason" },
					       { "healthStatus", "healthStatus" }, { "image", "image" },
					       { NULL, NULL } };
	json_t *list = json_array(), *container;
	size_t i;

	json_array_foreach(json_list(task, "containers"), i, container)
		json_array_append_new(list, pick(container, fields));
	return list;
}

static const char *address_of(const json_t *task)
{
	json_t *detail;
	size_t i;

	json_array_foreach(json_list(json_array_get(json_list(task, "attachments"), 0), "details"), i, detail)
		if (str_eq(json_str(detail, "name"), "privateIPv4Address"))
			return json_str(detail, "value");
	return NULL;
}

static json_t *task_view(const json_t *task)
{
	static const struct field fields[] = {
		{ "arn", "taskArn" },	      { "status", "lastStatus" },   { "desired", "desiredStatus" },
		{ "health", "healthStatus" }, { "created", "createdAt" },   { "started", "startedAt" },
		{ "stopping", "stoppingAt" }, { "stopped", "stoppedAt" },   { "stopCode", "stopCode" },
		{ "reason", "stoppedReason" }, { "group", "group" },	    { "definition", "taskDefinitionArn" },
		{ "cluster", "clusterArn" },  { "service", "mpcup:service" }, { "stack", "mpcup:stack" },
		{ "steps", "mpcup:steps" },   { "cpu", "cpu" },		    { "memory", "memory" },
		{ NULL, NULL },
	};
	json_t *one = pick(task, fields);

	json_object_set_new(one, "containers", containers_of(task));
	json_set_str(one, "address", address_of(task));
	return one;
}

json_t *console_tasks(struct console *c, const struct listener *l)
{
	json_t *ret = json_object(), *task;
	const char *id;

	(void)l;
	json_object_foreach(hub_all(c->hub, "ecs:task"), id, task) {
		OWN(json) json_t *view = task_view(task);

		/* objects are changed in place: what was sent must not change with them */
		json_object_set_new(ret, id, json_deep_copy(view));
	}
	return ret;
}

/* ---- logs ------------------------------------------------------------------------------------------------ */

/* The next page, or the last lines when nothing was read before; whether another page may follow. */
static bool read_page(struct console *c, struct listener *l, const json_t *definition, json_t *lines)
{
	const json_t *options = json_map(json_map(definition, "logConfiguration"), "options");
	const char *group = json_str(options, "awslogs-group"), *prefix = json_str(options, "awslogs-stream-prefix");
	const char *name = json_str_or(definition, "name", ""), *token = json_str(l->log_tokens, name);
	OWN(str) char *stream = str_printf("%s/%s/%s", prefix ? prefix : "", name, l->task);
	json_t *in = json_pack("{s:s?,s:s,s:i}", "logGroupName", group, "logStreamName", stream, "limit", LOG_LINES);
	OWN(json) json_t *out = NULL;
	json_t *event;
	bool more;
	size_t i;

	json_set_str(in, "nextToken", token);
	json_set_bool(in, "startFromHead", token != NULL);
	if (!group || !prefix) {
		json_decref(in);
		return false;
	}
	out = console_ask(c, "logs", "GetLogEvents", in);
	json_array_foreach(json_list(out, "events"), i, event)
		json_array_append_new(lines, json_pack("{s:s,s:O?,s:O?}", "container", name, "at",
						       json_object_get(event, "timestamp"), "text",
						       json_object_get(event, "message")));
	more = token && json_array_size(json_list(out, "events")) == LOG_LINES;
	json_set_str(l->log_tokens, name, json_str(out, "nextForwardToken"));
	return more;
}

json_t *console_log(struct console *c, struct listener *l)
{
	const json_t *task = hub_get(c->hub, "ecs:task", l->task);
	OWN(json) json_t *out = !task ? NULL
				      : console_ask(c, "ecs", "DescribeTaskDefinition",
						    json_pack("{s:s}", "taskDefinition",
							      json_str_or(task, "taskDefinitionArn", "")));
	json_t *lines = json_array(), *definition;
	size_t i;

	json_array_foreach(json_list(json_map(out, "taskDefinition"), "containerDefinitions"), i, definition)
		while (read_page(c, l, definition, lines))
			;
	if (json_array_size(lines))
		return lines;
	json_decref(lines);
	return NULL;
}
