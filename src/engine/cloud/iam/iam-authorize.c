/* Who may do what: the hub's questions put to the evaluator, the answers in AWS's sentences. */
#include "engine/cloud/iam/iam-internal.h"

#include <string.h>

static void add_named(json_t *list, char *name, const json_t *document)
{
	OWN(str) char *owned = name;
	json_t *entry = json_object();

	json_set_str(entry, "Name", owned);
	json_object_set(entry, "Document", (json_t *)(uintptr_t)document);
	json_array_append_new(list, entry);
}

json_t *iam_role_policies(struct hub *hub, const json_t *role)
{
	const json_t *attached = json_list(role, "Attached");
	json_t *list = json_array(), *document;
	const char *name;

	json_object_foreach(json_map(role, "Inline"), name, document) add_named(
		list, str_printf("role_%s_%s", json_str(role, "RoleName"), name), document);
	for (size_t i = 0; i < json_array_size(attached); i++) {
		const char *arn = json_string_value(json_array_get(attached, i));
		const json_t *managed = iam_policy_document(hub, arn);

		if (managed)
			add_named(list, str_dup(strrchr(arn, '/') + 1), managed);
	}
	return list;
}

/* The name in arn:aws:iam::1:role/path/NAME or arn:aws:sts::1:assumed-role/NAME/session */
static char *role_name(const char *arn)
{
	const char *at = strstr(arn, ":assumed-role/");

	if (at) {
		at += strlen(":assumed-role/");
		return str_dup_n(at, strcspn(at, "/"));
	}
	return strstr(arn, ":role/") ? str_dup(strrchr(arn, '/') + 1) : NULL;
}

/* A role's own ARN has no session; ECS's session is the task's id, which the caller may not have.
 */
static char *user_name(struct hub *hub, const char *principal)
{
	OWN(str) char *role = role_name(principal);

	if (!role || strstr(principal, ":assumed-role/"))
		return str_dup(principal);
	return str_printf("arn:aws:sts::%s:assumed-role/%s/ecs-task", hub_account(hub), role);
}

static void set_default(json_t *context, const char *key, const char *value)
{
	if (!json_object_get(context, key))
		json_set_str(context, key, value);
}

/* What AWS puts into every request's context, as far as it has a meaning here. Calls on the local
 * machine stand for calls over TLS. */
static json_t *request_context(struct hub *hub, const struct hub_question *q, const json_t *role)
{
	json_t *context = q->context ? json_copy((json_t *)(uintptr_t)q->context) : json_object();
	const json_t *tags = json_list(role, "Tags");
	OWN(str) char *now = aws_time_iso(hub_now_ms(hub));
	OWN(str) char *epoch = str_printf("%lld", (long long)(hub_now_ms(hub) / 1000));

	set_default(context, "aws:principalarn", role ? json_str(role, "Arn") : q->principal);
	set_default(context, "aws:principaltype", role ? "AssumedRole" : NULL);
	set_default(context, "aws:userid", json_str(role, "RoleId"));
	set_default(context, "aws:principalaccount", q->principal ? hub_account(hub) : NULL);
	set_default(context, "aws:resourceaccount", hub_account(hub));
	set_default(context, "aws:requestedregion", hub_region(hub));
	set_default(context, "aws:currenttime", now);
	set_default(context, "aws:epochtime", epoch);
	set_default(context, "aws:securetransport", "true");
	set_default(context, "aws:viaawsservice", "false");
	for (size_t i = 0; i < json_array_size(tags); i++) {
		OWN(str)
		char *key = str_printf("aws:principaltag/%s",
				       json_str_or(json_array_get(tags, i), "Key", ""));

		for (char *c = key; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c - 'A' + 'a');
		set_default(context, key, json_str(json_array_get(tags, i), "Value"));
	}
	return context;
}

static void explain(struct hub *hub, const struct hub_question *q, const struct iam_answer *a,
		    struct err *why)
{
	OWN(str) char *user = q->principal ? user_name(hub, q->principal) : str_dup("anonymous");
	const char *source = "identity-based policy";

	if (!strcmp(a->policy, "boundary"))
		source = "permissions boundary";
	else if (!strcmp(a->policy, "resource policy") || !q->principal)
		source = "resource-based policy";
	if (a->decision == IAM_EXPLICIT_DENY)
		(void)err_set(why, ERR_REMOTE,
			      "User: %s is not authorized to perform: %s on resource: %s with an "
			      "explicit deny in %s %s",
			      user, q->action, q->resource, source[0] == 'i' ? "an" : "a", source);
	else
		(void)err_set(
			why, ERR_REMOTE,
			"User: %s is not authorized to perform: %s on resource: %s because no "
			"%s allows the %s action",
			user, q->action, q->resource, source, q->action);
}

/* The account's root, who the endpoint's clients are, may do everything. */
static bool is_root(struct hub *hub, const char *principal)
{
	OWN(str) char *root = hub_arn(hub, "iam", "root");

	return str_eq(principal, root);
}

bool iam_authorize(struct hub *hub, const struct hub_question *q, struct err *why)
{
	OWN(str) char *name = q->principal ? role_name(q->principal) : NULL;
	const json_t *role = name ? hub_get(hub, IAM_ROLE, name) : NULL;
	OWN(json) json_t *policies = role ? iam_role_policies(hub, role) : NULL;
	OWN(json) json_t *context = request_context(hub, q, role);
	const char *boundary = json_str(role, "Boundary");
	struct iam_answer answer;
	struct iam_question question = {
		.principal = q->principal,
		.account = q->principal ? hub_account(hub) : NULL,
		.action = q->action,
		.resource = q->resource,
		.context = context,
		.identity_policies = policies,
		.boundary = boundary ? iam_policy_document(hub, boundary) : NULL,
		.resource_policy = q->resource_policy,
		.resource_policy_grants = str_starts(q->action, "kms:") ? IAM_KEY_POLICY : 1,
		.context_complete = 1,
	};

	if (q->principal && is_root(hub, q->principal))
		return true;
	/* a role that is gone has no rights, whatever names it */
	if (q->principal && !role)
		question.resource_policy = NULL;
	iam_decide(&question, &answer);
	if (answer.decision == IAM_ALLOWED)
		return true;
	explain(hub, q, &answer, why);
	return false;
}

bool iam_trust(struct hub *hub, const char *role_arn, const char *service)
{
	OWN(str) char *name = role_arn ? role_name(role_arn) : NULL;
	const json_t *role = name ? hub_get(hub, IAM_ROLE, name) : NULL;
	OWN(str) char *source = hub_arn(hub, "ecs", "*");
	OWN(json) json_t *context = json_object();
	struct iam_answer answer;
	struct iam_question question = { .service = service,
					 .action = "sts:AssumeRole",
					 .resource = role_arn,
					 .context = context,
					 .resource_policy =
						 json_map(role, "AssumeRolePolicyDocument"),
					 .resource_policy_grants = 1,
					 .context_complete = 1 };

	if (!role || !str_eq(json_str(role, "Arn"), role_arn))
		return false;
	json_set_str(context, "aws:sourceaccount", hub_account(hub));
	json_set_str(context, "aws:sourcearn", source);
	iam_decide(&question, &answer);
	return answer.decision == IAM_ALLOWED;
}

/* ---- SimulatePrincipalPolicy --------------------------------------------------------------------
 */

static json_t *simulated_context(const struct call *c)
{
	const json_t *entries = json_list(c->in, "ContextEntries");
	json_t *context = json_object();

	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);
		OWN(str) char *key = str_dup(json_str_or(entry, "ContextKeyName", ""));
		json_t *values = json_list(entry, "ContextKeyValues");

		for (char *p = key; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p - 'A' + 'a');
		if (values)
			json_object_set(context, key, values);
	}
	return context;
}

static json_t *simulate_one(struct iam_question *q)
{
	json_t *result = json_object(), *matched = json_array(), *missing = json_array();
	struct iam_answer a;

	iam_decide(q, &a);
	json_set_str(result, "EvalActionName", q->action);
	json_set_str(result, "EvalResourceName", q->resource);
	json_set_str(result, "EvalDecision",
		     iam_decision_name(a.decision == IAM_UNKNOWN ? IAM_IMPLICIT_DENY : a.decision));
	if (a.statement >= 0 && a.decision != IAM_UNKNOWN) {
		json_t *statement = json_object();

		json_set_str(statement, "SourcePolicyId", a.policy);
		json_set_str(statement, "SourcePolicyType", "IAM Policy");
		json_array_append_new(matched, statement);
	}
	if (a.decision == IAM_UNKNOWN && strchr(a.condition, ' '))
		json_add_str(missing, strchr(a.condition, ' ') + 1);
	json_object_set_new(result, "MatchedStatements", matched);
	json_object_set_new(result, "MissingContextValues", missing);
	return result;
}

/* Everything, for the root user whom no policy limits. */
static json_t *root_policies(void)
{
	json_t *list = json_array();

	add_named(list, str_dup("root"),
		  iam_managed_policy("arn:aws:iam::aws:policy/AdministratorAccess"));
	return list;
}

int iam_run_simulate(struct hub *hub, struct call *c)
{
	const char *source = json_str_or(c->in, "PolicySourceArn", "");
	OWN(str) char *name = role_name(source);
	const json_t *role = name ? hub_get(hub, IAM_ROLE, name) : NULL;
	const json_t *actions = json_list(c->in, "ActionNames"),
		     *resources = json_list(c->in, "ResourceArns");
	OWN(json) json_t *context = simulated_context(c);
	OWN(json) json_t *policies = NULL;
	OWN(json) json_t *any = json_pack("[s]", "*");
	json_t *results = json_array();
	struct iam_question q = { .principal = source, .context = context };

	json_object_set_new(c->out, "EvaluationResults", results);
	json_set_bool(c->out, "IsTruncated", false);
	if (!role && !is_root(hub, source))
		return call_fail(c, 404, "NoSuchEntity",
				 "The principal with ARN %s cannot be found.", source);
	if (!json_array_size(actions))
		return call_fail(
			c, 400, "ValidationError",
			"1 validation error detected: Value null at 'actionNames' failed to "
			"satisfy constraint: Member must not be null");
	policies = role ? iam_role_policies(hub, role) : root_policies();
	q.identity_policies = policies;
	q.boundary = iam_policy_document(hub, json_str(role, "Boundary"));
	if (!json_array_size(resources))
		resources = any;
	for (size_t i = 0; i < json_array_size(actions); i++)
		for (size_t k = 0; k < json_array_size(resources); k++) {
			q.action = json_string_value(json_array_get(actions, i));
			q.resource = json_string_value(json_array_get(resources, k));
			if (q.action && q.resource)
				json_array_append_new(results, simulate_one(&q));
		}
	return 0;
}
