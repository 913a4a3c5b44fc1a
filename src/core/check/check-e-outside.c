/* Rules of group E about what stands outside of the roles: the key of a log group, the form of a
 * registry's credentials, regions and accounts that are spelt out. */
#include "core/check/check-e.h"
#include "core/check/check-internal.h"

#include <string.h>

#include "base/str.h"

#define REGION                                                                                     \
	"\x03"                                                                                     \
	"AAWS..Region\x03"

/* ---- E07: the key of a log group ---------------------------------------------------------------
 */

/* CloudWatch Logs uses the key itself; no right of a role helps. */
static void log_key(struct check *c, const struct deployment_resource *group,
		    const struct deployment_resource *key)
{
	static const char *const services[] = { "logs." REGION ".amazonaws.com",
						"logs.amazonaws.com" };
	const struct deployment *d = check_deployment(c);
	OWN(str) char *arn = check_rights_arn(d, group);
	OWN(json) json_t *context = json_object();
	struct check_rights_question q = { .action = "kms:Decrypt",
					   .resource = "*",
					   .context = context };
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = key,
				   .property = "KeyPolicy",
				   .second = group,
				   .second_property = "KmsKeyId" };

	if (str_ends(arn, ":*"))
		arn[strlen(arn) - 2] = 0;
	json_set_str(context, "kms:encryptioncontext:aws:logs:arn", arn);
	json_set_str(context, "aws:sourcearn", arn);
	q.resource_policy = json_object_get(key->properties, "KeyPolicy");
	for (size_t i = 0; i < 2; i++) {
		struct iam_answer a;

		check_rights_service(d, &q, services[i], &a);
		if (a.decision == IAM_ALLOWED || a.decision == IAM_UNKNOWN)
			return;
	}
	check_add(c, &f,
		  "The policy of key %s does not let CloudWatch Logs use it, so log group %s is "
		  "refused.",
		  key->logical, group->logical);
}

void check_e_log_key(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	size_t count;
	const struct deployment_resource *list = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		const json_t *id = json_object_get(list[i].properties, "KmsKeyId");
		const struct deployment_resource *key =
			id && str_eq(list[i].type, "AWS::Logs::LogGroup")
				? deployment_target(d, id, NULL)
				: NULL;

		if (key && str_eq(key->type, "AWS::KMS::Key"))
			log_key(c, &list[i], key);
	}
}

/* ---- E19: what a registry's credentials look like
 * ------------------------------------------------ */

/* Is the secret known to lack one of the two? */
static const char *lacks(const struct check *c, const struct deployment_resource *secret)
{
	const json_t *generate = json_map(secret->properties, "GenerateSecretString");
	const json_t *text = generate ? json_object_get(generate, "SecretStringTemplate")
				      : json_object_get(secret->properties, "SecretString");
	const char *generated = json_str_or(generate, "GenerateStringKey", "");
	OWN(str) char *flat = text ? node_flatten(check_deployment(c), text) : NULL;
	OWN(json) json_t *object = flat ? json_loads(flat, 0, NULL) : NULL;
	static const char *const names[] = { "username", "password" };

	if (!flat && !generate)
		return NULL; /* filled later: B02 speaks */
	if (flat && !json_is_object(object) && node_has_unknown(flat))
		return NULL;
	for (size_t i = 0; i < 2; i++)
		if (!json_object_get(object, names[i]) && strcmp(generated, names[i]) != 0)
			return names[i];
	return NULL;
}

void check_e_credentials_form(struct check *c)
{
	const struct check_needs *needs = check_needs_of(c);

	for (size_t i = 0; i < needs->count; i++) {
		const struct check_need *n = &needs->list[i];
		struct check_finding f = check_need_finding(n);
		const char *name =
			n->thing && !strcmp(n->kind, "credentials") ? lacks(c, n->thing) : NULL;

		if (name)
			check_add(
				c, &f,
				"Secret %s, a registry's credentials, is no JSON object with a %s.",
				n->thing->logical, name);
	}
}

/* ---- E09 ---------------------------------------------------------------------------------------
 */

/* Literal region of an ARN of a regional service, or NULL. */
static const char *literal_region(const char *arn, size_t *ret_len)
{
	const char *p = arn;

	if (!str_starts(arn, "arn:"))
		return NULL;
	for (int colons = 0; colons < 3 && p; colons++)
		p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL;
	*ret_len = p ? strcspn(p, ":") : 0;
	return p && check_rights_is_region(p, *ret_len) ? p : NULL;
}

/* An ARN of the need's own that lies elsewhere. Registries may; what is injected may not. */
static void elsewhere(struct check *c, const struct check_need *n)
{
	const char *region = check_place_region(c, n->service->task->resource->template);
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = n->service->task->resource,
				   .property = n->property,
				   .service = n->service };
	size_t len;
	const char *literal = literal_region(n->resource, &len);

	if (!region || !literal || !strcmp(n->kind, "image") ||
	    (strlen(region) == len && !strncmp(region, literal, len)))
		return;
	check_add(c, &f, "An ARN names region %.*s, but the subnets are in %s.", (int)len, literal,
		  region);
}

/* Where the stack is; NULL: not known. */
struct here {
	const char *region, *account;
};

static struct here here_of(const struct check *c, const struct deployment_resource *r)
{
	return (struct here){ check_place_region(c, r->template),
			      check_place_account(c, r->template) };
}

/* Of an account that is not known, the region decides. */
static bool is_here(const char *text, const struct here *h)
{
	const char *account = text;
	size_t len = 0;
	const char *region = literal_region(text, &len);

	if (check_rights_is_region(text, strlen(text)))
		return str_eq(h->region, text);
	if (region &&
	    (!h->region || strlen(h->region) != len || strncmp(h->region, region, len) != 0))
		return false;
	for (int colons = 0; colons < 4 && account && str_starts(text, "arn:"); colons++)
		account = strchr(account, ':') ? strchr(account, ':') + 1 : NULL;
	if (!h->account || !account || *account < '0' || *account > '9')
		return region != NULL;
	return str_starts(account, h->account);
}

/* The first region or account that a policy spells out, other than the stack's; NULL: none. */
static char *spelt_out(const struct deployment *d, const json_t *node, const struct here *h,
		       unsigned depth)
{
	OWN(str) char *text = NULL;
	OWN(str) char *moved = NULL;
	char *found = NULL;
	const char *key;
	json_t *member;
	size_t i;

	if (depth > 16)
		return NULL;
	if (json_is_string(node) || template_is_symbol(node)) {
		text = check_rights_text(d, node);
		moved = check_rights_anywhere(text);
		return !moved || is_here(text, h) ? NULL : check_rights_show(text);
	}
	json_array_foreach(node, i, member)
		if (!found)
			found = spelt_out(d, member, h, depth + 1);
	json_object_foreach((json_t *)(uintptr_t)node, key, member)
		if (!found)
			found = spelt_out(d, member, h, depth + 1);
	return found;
}

/* A right is there but for a place that is spelt out: it holds in one region or account only. */
static void bound(struct check *c, const struct deployment_service *s,
		  const struct deployment_role *role, const json_t *statement, const char *what)
{
	struct here here = here_of(c, role->resource);
	OWN(str) char *found = spelt_out(check_deployment(c), statement, &here, 0);
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = role->resource,
				   .second = s->task->resource,
				   .service = s };

	if (found)
		check_add(c, &f,
			  "%s works only where %s is meant: its region or account is spelt out.",
			  what, found);
}

/* What a statement lists may be the action; NotAction and what is not known may. */
static bool may_name(const json_t *statement, const char *action)
{
	const json_t *list = json_object_get(statement, "Action"), *one;
	size_t i;

	if (json_is_string(list))
		return str_glob(json_string_value(list), action, true);
	json_array_foreach(list, i, one)
		if (!json_is_string(one) || str_glob(json_string_value(one), action, true))
			return true;
	return !json_is_array(list);
}

static void bound_policies(struct check *c, const struct deployment_service *s,
			   const struct deployment_role *role, const char *action)
{
	for (size_t i = 0; i < role->policy_count; i++) {
		const json_t *statements = json_object_get(role->policies[i].document, "Statement");
		const json_t *one;
		size_t k;

		if (json_is_object(statements) && may_name(statements, action))
			bound(c, s, role, statements, action);
		json_array_foreach(statements, k, one)
			if (may_name(one, action))
				bound(c, s, role, one, action);
	}
}

static void bound_mounts(struct check *c, const struct check_rights *rights,
			 const struct deployment_service *s)
{
	static const char action[] = "elasticfilesystem:ClientMount";

	for (size_t v = 0; v < s->task->volume_count; v++)
		if (s->task->volumes[v].system && s->task->task_role &&
		    s->task->task_role->resource &&
		    check_rights_mount_elsewhere(rights, s->task, &s->task->volumes[v], action))
			bound_policies(c, s, s->task->task_role, action);
}

static void bound_trust(struct check *c, const struct check_rights *rights,
			const struct deployment_service *s, const struct deployment_role *role)
{
	struct iam_answer here, anywhere;

	if (!role || !role->resource)
		return;
	check_rights_trust(rights, role, "ecs-tasks.amazonaws.com", false, &here);
	check_rights_trust(rights, role, "ecs-tasks.amazonaws.com", true, &anywhere);
	if (here.decision != IAM_ALLOWED && anywhere.decision == IAM_ALLOWED)
		bound(c, s, role, role->trust, "The trust policy");
}

void check_e_literals(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct check_rights *rights = check_rights_of(c);
	const struct check_needs *needs = check_needs_of(c);
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; i < needs->count; i++) {
		const struct check_need *n = &needs->list[i];
		struct iam_answer here, anywhere;

		elsewhere(c, n);
		if (!n->role || !n->role->resource)
			continue;
		check_need_ask(d, rights, n, false, &here);
		if (here.decision == IAM_ALLOWED)
			continue;
		check_need_ask(d, rights, n, true, &anywhere);
		if (anywhere.decision == IAM_ALLOWED)
			bound_policies(c, n->service, n->role, n->action);
	}
	for (size_t i = 0; i < count; i++) {
		const struct deployment_task *t = services[i]->task;

		if (!t || !t->resource)
			continue;
		bound_mounts(c, rights, services[i]);
		bound_trust(c, rights, services[i], t->execution_role);
		if (t->task_role != t->execution_role)
			bound_trust(c, rights, services[i], t->task_role);
	}
}
