/* What the file system lets a task do: D09 (mount) and D10 (write). Faults of one role's policies
 * that have a name of their own (E01 rights on the execution role, E10 denials, E12 conditions) are
 * left to their rules. */
#include <string.h>

#include "core/check/check-topology.h"
#include "core/iam/iam.h"

/* Values that stand for what evaluation left symbolic, in questions and policies alike. */
#define PARTITION "aws"
#define REGION "region"
#define ACCOUNT "000000000000"

/* Whether what is not known is taken in favour of the request. */
enum view { VIEW_FAVOURABLE, VIEW_STRICT };

static void replace(struct buf *b, const char *text, const char *what, const char *by)
{
	size_t len = strlen(what);

	for (const char *at = text; *at;) {
		if (!strncmp(at, what, len)) {
			buf_str(b, by);
			at += len;
		} else {
			buf_char(b, *at++);
		}
	}
}

static char *replaced(const char *text, const char *what, const char *by)
{
	struct buf b = { 0 };

	replace(&b, text, what, by);
	return buf_take(&b);
}

static char *concrete(const char *flat)
{
	OWN(str) char *partition = replaced(flat, "${AWS::Partition}", PARTITION);
	OWN(str) char *region = replaced(partition, "${AWS::Region}", REGION);

	return replaced(region, "${AWS::AccountId}", ACCOUNT);
}

/* "${0/Logical}" is a resource and becomes "<0/Logical>", since ${} is a variable to IAM;
 * "${param:X}" becomes `by`. */
static char *unknowns(const char *text, const char *by)
{
	struct buf b = { 0 };

	for (const char *at = text; *at;) {
		const char *end = str_starts(at, "${") ? strchr(at, '}') : NULL;
		if (end && !(at[2] >= '0' && at[2] <= '9')) {
			buf_str(&b, by);
			at = end + 1;
		} else if (end) {
			buf_char(&b, '<');
			buf_add(&b, at + 2, (size_t)(end - at - 2));
			buf_char(&b, '>');
			at = end + 1;
		} else {
			buf_char(&b, *at++);
		}
	}
	return buf_take(&b);
}

/* Partition, region and account that are written out count as ours: E09 looks at them. */
static char *ours(const char *arn)
{
	static const char *const own[] = { NULL, PARTITION, NULL, REGION, ACCOUNT };
	struct buf b = { 0 };
	const char *at = arn;

	if (!str_starts(arn, "arn:"))
		return str_dup(arn);
	for (size_t i = 0; i < 5; i++) {
		size_t len = strcspn(at, ":");
		bool any = !len || memchr(at, '*', len);
		if (!at[len])
			break;
		if (own[i] && !any)
			buf_str(&b, own[i]);
		else
			buf_add(&b, at, len);
		buf_char(&b, ':');
		at += len + 1;
	}
	buf_str(&b, at);
	return buf_take(&b);
}

static json_t *plain_text(const struct deployment *d, const json_t *value, const char *unknown)
{
	OWN(str) char *flat = check_flat(d, value);
	OWN(str) char *text = concrete(flat);
	OWN(str) char *settled = unknowns(text, unknown);
	OWN(str) char *arn = ours(settled);

	return json_string(arn);
}

/* A document with texts only. `unknown`: what stands for a part that is not known. */
static json_t *plain(const struct deployment *d, const json_t *value, const char *unknown,
		     unsigned depth)
{
	json_t *self = (json_t *)(uintptr_t)value; /* jansson's iterators take no const */
	json_t *copy;

	if (depth > 32 || !value || json_is_string(value) || template_is_symbol(value))
		return plain_text(d, value, unknown);
	if (json_is_array(value)) {
		copy = json_array();
		for (size_t i = 0; i < json_array_size(value); i++)
			json_array_append_new(
				copy, plain(d, json_array_get(value, i), unknown, depth + 1));
		return copy;
	}
	if (!json_is_object(value))
		return json_deep_copy(value);
	copy = json_object();
	for (void *it = json_object_iter(self); it; it = json_object_iter_next(self, it))
		json_object_set_new(copy, json_object_iter_key(it),
				    plain(d, json_object_iter_value(it), unknown, depth + 1));
	return copy;
}

/* In a denial the unknown counts the other way round. */
static json_t *plain_policy(const struct deployment *d, const json_t *document, enum view view)
{
	json_t *copy = json_object(), *list = json_array();
	const json_t *statements = json_object_get(document, "Statement"), *one;
	size_t i;

	if (json_object_get(document, "Version"))
		json_object_set_new(copy, "Version",
				    plain(d, json_object_get(document, "Version"), "", 0));
	json_object_set_new(copy, "Statement", list);
	if (json_is_object(statements) && !template_is_symbol(statements)) {
		bool deny = str_eq(json_str(statements, "Effect"), "Deny");
		json_array_append_new(
			list,
			plain(d, statements, (view == VIEW_FAVOURABLE) != deny ? "*" : "\1", 0));
	}
	json_array_foreach(statements, i, one) {
		bool deny = str_eq(json_str(one, "Effect"), "Deny");
		json_array_append_new(
			list, plain(d, one, (view == VIEW_FAVOURABLE) != deny ? "*" : "\1", 0));
	}
	return copy;
}

/* Policies of a role as iam_decide() takes them. *ret_unknown: one we have no document of. */
static json_t *policies_of(const struct deployment *d, const struct deployment_role *role,
			   enum view view, bool *ret_unknown)
{
	json_t *list = json_array();

	for (size_t i = 0; role && i < role->policy_count; i++) {
		const struct deployment_policy *p = &role->policies[i];
		const json_t *document = p->document;
		json_t *copy;
		if (!document && p->name)
			document = iam_managed_policy(p->name);
		if (!document) {
			*ret_unknown = true;
			continue;
		}
		copy = plain_policy(d, document, view);
		json_array_append_new(list,
				      json_pack("{s:s,s:o}", "Name", p->name ? p->name : "policy",
						"Document", copy));
	}
	return list;
}

struct request {
	const struct deployment_service *service;
	const struct deployment_volume *volume;
	const struct deployment_role *role; /* NULL: anonymous */
	const char *action;
};

static json_t *context_of(const struct deployment *d, const struct deployment_volume *v)
{
	const json_t *efs = check_efs(v), *point = check_access_point(v);
	bool tls = !strcmp(check_text(d, json_object_get(efs, "TransitEncryption")), "ENABLED");
	json_t *context = json_object();

	json_set_str(context, "elasticfilesystem:accessedviamounttarget", "true");
	json_set_str(context, "aws:securetransport", tls ? "true" : "false");
	if (!point) {
		json_object_set_new(context, "elasticfilesystem:accesspointarn", json_null());
	} else if (v->access_point) {
		OWN(str)
		char *arn = str_printf("arn:" PARTITION ":elasticfilesystem:" REGION ":" ACCOUNT
				       ":access-point/<%zu/%s>",
				       v->access_point->template, v->access_point->logical);
		json_set_str(context, "elasticfilesystem:accesspointarn", arn);
	}
	return context;
}

static void ask(const struct deployment *d, const struct request *r, enum view view,
		struct iam_answer *ret, bool *ret_unknown)
{
	const struct deployment_resource *fs = r->volume->system->resource;
	const struct deployment_resource *own = r->role ? r->role->resource : NULL;
	OWN(str)
	char *resource = str_printf("arn:" PARTITION ":elasticfilesystem:" REGION ":" ACCOUNT
				    ":file-system/<%zu/%s>",
				    fs->template, fs->logical);
	OWN(str)
	char *principal = own ? str_printf("arn:" PARTITION ":iam::" ACCOUNT ":role/<%zu/%s>",
					   own->template, own->logical)
			      : NULL;
	OWN(json) json_t *policies = policies_of(d, r->role, view, ret_unknown);
	OWN(json)
	json_t *policy =
		r->volume->system->policy ? plain_policy(d, r->volume->system->policy, view) : NULL;
	OWN(json)
	json_t *boundary =
		r->role && r->role->boundary ? plain_policy(d, r->role->boundary, view) : NULL;
	OWN(json) json_t *context = context_of(d, r->volume);
	const struct iam_question q = { .principal = principal,
					.account = principal ? ACCOUNT : NULL,
					.action = r->action,
					.resource = resource,
					.context = context,
					.identity_policies = r->role ? policies : NULL,
					.boundary = boundary,
					.resource_policy = policy,
					.resource_policy_grants = 1 };

	iam_decide(&q, ret);
	if (r->role && r->role->boundary_unknown)
		*ret_unknown = true;
}

static enum verdict may(const struct deployment *d, const struct request *r, struct iam_answer *ret)
{
	struct iam_answer strict;
	bool unknown = r->role && !r->role->resource;

	ask(d, r, VIEW_FAVOURABLE, ret, &unknown);
	if (ret->decision == IAM_EXPLICIT_DENY)
		return VERDICT_FAIL;
	if (ret->decision == IAM_UNKNOWN || unknown)
		return VERDICT_UNKNOWN;
	if (ret->decision != IAM_ALLOWED)
		return VERDICT_FAIL;
	ask(d, r, VIEW_STRICT, &strict, &unknown);
	return strict.decision == IAM_ALLOWED ? VERDICT_PASS : VERDICT_UNKNOWN;
}

static bool by_iam(const struct deployment *d, const struct deployment_volume *v)
{
	return !strcmp(check_text(d, json_path(check_efs(v), "AuthorizationConfig.IAM")),
		       "ENABLED");
}

/* A statement of the role that would grant the action were it not for its resource or condition. */
static bool granted_elsewhere(const struct deployment *d, const struct request *r)
{
	for (size_t i = 0; r->role && i < r->role->policy_count; i++) {
		const json_t *statements =
				     json_object_get(r->role->policies[i].document, "Statement"),
			     *one;
		size_t k, n;
		json_array_foreach(statements, k, one) {
			const json_t *actions = json_object_get(one, "Action"), *action;
			if (!str_eq(json_str(one, "Effect"), "Allow") ||
			    !json_object_get(one, "Condition"))
				continue;
			if (actions && str_glob(check_text(d, actions), r->action, true))
				return true;
			json_array_foreach(actions, n, action)
				if (str_glob(check_text(d, action), r->action, true))
					return true;
		}
	}
	return false;
}

/* Faults with rules of their own. */
static bool told_elsewhere(const struct deployment *d, const struct request *r,
			   const struct iam_answer *answer)
{
	struct request other = *r;
	struct iam_answer by_other;
	bool unknown = false;

	if (!r->role)
		return false;
	if (answer->decision == IAM_EXPLICIT_DENY && strcmp(answer->policy, "resource policy"))
		return true;
	if (!strcmp(answer->policy, "boundary") || granted_elsewhere(d, r))
		return true;
	other.role = r->service->task->execution_role;
	if (!other.role || other.role == r->role || !other.role->resource)
		return false;
	ask(d, &other, VIEW_FAVOURABLE, &by_other, &unknown);
	return by_other.decision == IAM_ALLOWED;
}

static void report(struct check *c, const struct request *r, enum verdict v)
{
	const struct deployment_resource *fs = r->volume->system->resource;
	const struct deployment_resource *role = r->role ? r->role->resource : NULL;
	bool anonymous = !r->role;
	char place[64];
	OWN(str) char *remedy = NULL;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = fs,
				   .property = "FileSystemPolicy",
				   .second = role,
				   .service = r->service };

	if (anonymous) {
		(void)snprintf(place, sizeof(place), "Volumes/%zu/EFSVolumeConfiguration",
			       r->volume->index);
		f.second = r->service->task->resource;
		f.second_property = place;
	}
	remedy = anonymous ? str_dup("\"AuthorizationConfig\": {\"IAM\": \"ENABLED\"} in the "
				     "volume, so that "
				     "the task role's rights count")
			   : str_printf("{\"Effect\":\"Allow\",\"Action\":\"%s\",\"Resource\":{"
					"\"Fn::GetAtt\":"
					"[\"%s\",\"Arn\"]}} in a policy of %s",
					r->action, fs->logical, check_name(role));
	f.remedy = remedy;
	if (v == VERDICT_UNKNOWN) {
		f.severity = CHECK_UNKNOWN;
		f.lookup =
			"aws iam simulate-principal-policy with the task role, the action and the "
			"file system";
		check_add(c, &f,
			  "whether %s is allowed for service %s on file system %s is not in the "
			  "templates",
			  r->action, check_name(r->service->resource), fs->logical);
	} else if (anonymous) {
		check_add(c, &f,
			  "the policy of file system %s does not give %s to everybody, and service "
			  "%s "
			  "comes without IAM authorization",
			  fs->logical, r->action, check_name(r->service->resource));
	} else {
		check_add(
			c, &f,
			"neither the policy of file system %s nor task role %s gives %s to service "
			"%s",
			fs->logical, check_name(role), r->action, check_name(r->service->resource));
	}
}

/* A file system without a policy lets everybody in who reaches it. */
static void each_request(struct check *c, bool write)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_task *task = services[i]->task;
		for (size_t v = 0; task && v < task->volume_count; v++) {
			struct request mount = { services[i], &task->volumes[v], NULL,
						 "elasticfilesystem:ClientMount" };
			struct request r = mount;
			struct iam_answer answer;
			enum verdict verdict;

			if (!r.volume->system || !r.volume->system->resource ||
			    !r.volume->system->policy)
				continue;
			if (by_iam(d, r.volume))
				mount.role = r.role = task->task_role;
			if (by_iam(d, r.volume) && !task->task_role)
				continue; /* D11 */
			if (write) {
				r.action = "elasticfilesystem:ClientWrite";
				if (!check_volume_writable(services[i], r.volume) ||
				    may(d, &mount, &answer) != VERDICT_PASS)
					continue;
			}
			verdict = may(d, &r, &answer);
			if (verdict != VERDICT_PASS && !told_elsewhere(d, &r, &answer))
				report(c, &r, verdict);
		}
	}
}

void check_d09(struct check *c)
{
	each_request(c, false);
}

void check_d10(struct check *c)
{
	each_request(c, true);
}
