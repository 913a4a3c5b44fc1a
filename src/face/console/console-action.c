/* What a person may do from the page. Each action is one API call, or mpcup's own command. */
#include <stdio.h>
#include <string.h>

#include "face/console/console-internal.h"

enum { TEXT_MOST = 1200 };

/* One request on its way. */
struct act {
	struct console *console;
	struct http_exchange *exchange;
	const json_t *in;
};

static const char *wanted(struct act *a, const char *member)
{
	const char *text = json_str(a->in, member);

	return text && strlen(text) <= TEXT_MOST ? text : NULL;
}

static void call(struct act *a, const char *service, const char *action, json_t *in)
{
	OWN(json) json_t *request = in, *done = json_pack("{s:b}", "done", 1);
	struct err err = { 0 };

	if (hub_call(a->console->hub, NULL, service, action, request, NULL, NULL, &err) < 0)
		console_refuse(a->exchange, 400, "%s", err.text);
	else
		console_reply_json(a->exchange, 200, done);
}

static void stop_task(struct act *a)
{
	const json_t *task = hub_get(a->console->hub, "ecs:task", json_str_or(a->in, "task", ""));

	if (!task)
		console_refuse(a->exchange, 404, "there is no such task");
	else
		call(a, "ecs", "StopTask",
		     json_pack("{s:s,s:s,s:s}", "cluster", json_str_or(task, "clusterArn", ""), "task",
			       json_str_or(task, "taskArn", ""), "reason", "stopped from the console"));
}

static void redeploy(struct act *a)
{
	const json_t *service = hub_get(a->console->hub, "ecs:service", json_str_or(a->in, "service", ""));

	if (!service)
		console_refuse(a->exchange, 404, "there is no such service");
	else
		call(a, "ecs", "UpdateService",
		     json_pack("{s:s,s:s,s:b}", "cluster", json_str_or(service, "clusterArn", ""), "service",
			       json_str_or(service, "serviceArn", ""), "forceNewDeployment", 1));
}

static void remove_rule(struct act *a)
{
	const char *id = json_str_or(a->in, "rule", "");
	const json_t *rule = hub_get(a->console->hub, "ec2:security-group-rule", id);
	bool egress = json_bool_or(rule, "isEgress", false);

	if (!rule)
		console_refuse(a->exchange, 404, "there is no such rule");
	else
		call(a, "ec2", egress ? "RevokeSecurityGroupEgress" : "RevokeSecurityGroupIngress",
		     json_pack("{s:s,s:[s]}", "GroupId", json_str_or(rule, "groupId", ""), "SecurityGroupRuleId", id));
}

/* Numbers as the query protocol carries them. */
static void put_port(json_t *permission, const char *name, const json_t *value)
{
	if (json_is_integer(value))
		json_object_set_new(permission, name, json_sprintf("%lld", (long long)json_integer_value(value)));
}

static void add_rule(struct act *a)
{
	const char *group = wanted(a, "group"), *peer = wanted(a, "peer");
	json_t *permission;

	if (!group || !peer) {
		console_refuse(a->exchange, 400, "a rule needs a group and a peer");
		return;
	}
	permission = json_pack("{s:s}", "IpProtocol", json_str_or(a->in, "protocol", "tcp"));
	put_port(permission, "FromPort", json_object_get(a->in, "from"));
	put_port(permission, "ToPort", json_object_get(a->in, "to"));
	json_object_set_new(permission, str_starts(peer, "sg-") ? "Groups" : "IpRanges",
			    json_pack("[{s:s}]", str_starts(peer, "sg-") ? "GroupId" : "CidrIp", peer));
	call(a, "ec2",
	     json_bool_or(a->in, "egress", false) ? "AuthorizeSecurityGroupEgress" : "AuthorizeSecurityGroupIngress",
	     json_pack("{s:s,s:[o]}", "GroupId", group, "IpPermissions", permission));
}

/* ---- a signature ------------------------------------------------------------------------------------- */

static void signed_now(void *ctx, const char *output, size_t len, const char *errors)
{
	struct http_exchange *x = ctx;
	OWN(json) json_t *result = NULL;

	if (json_parse_text("sign", output, len, &result, NULL) == 0)
		console_reply_json(x, 200, result);
	else
		console_refuse(x, 502, "%s", *errors ? errors : "mpcup sign gave no signature");
}

static void sign(struct act *a)
{
	const char *stack = wanted(a, "stack"), *message = wanted(a, "message"), *path = wanted(a, "path");
	OWN(str) char *stack_word = str_printf("--stack=%s", stack), *message_word = str_printf("--message=%s", message);
	OWN(str) char *path_word = str_printf("--path=%s", path);
	OWN(str) char *domain = str_printf("--domain=%lld", (long long)json_int_or(a->in, "domain", 0));
	bool hash = json_bool_or(a->in, "keccak", false);
	const char *arguments[] = { "sign",	  "--json", "--timeout=30", stack_word,
				    message_word, domain,   path_word,	    hash ? "--keccak" : NULL,
				    NULL };
	struct err err = { 0 };

	if (!stack || !message || !path)
		console_refuse(a->exchange, 400, "a signature needs a stack, a path and a message of at most %d bytes",
			       TEXT_MOST);
	else if (!console_command(a->console, arguments, signed_now, a->exchange, &err))
		console_refuse(a->exchange, 503, "%s", err.text);
}

/* ---- dispatch ------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*run)(struct act *a);
} actions[] = {
	{ "stop-task", stop_task }, { "redeploy", redeploy }, { "remove-rule", remove_rule },
	{ "add-rule", add_rule },   { "sign", sign },
};

void console_act(struct console *c, struct http_exchange *x, const struct http_request *r)
{
	const char *name = r->path + strlen(CONSOLE_PATH "actions/");
	OWN(json) json_t *in = NULL;
	struct err err = { 0 };
	struct act a = { .console = c, .exchange = x };

	if (!str_eq(json_str(r->headers, "content-type"), "application/json") ||
	    json_parse_text("request", r->body, r->body_len, &in, &err) < 0 || !json_is_object(in)) {
		console_refuse(x, 400, "an action is a JSON object");
		return;
	}
	a.in = in;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(actions[i].name, name)) {
			actions[i].run(&a);
			return;
		}
	console_refuse(x, 404, "there is no such action");
}
