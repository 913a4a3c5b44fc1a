/* Rules of group E that look beyond the role's own policies: keys, policies of endpoints and
 * secrets, the order of creation. */
#include "core/check/check-e.h"

#include <string.h>

#include "base/str.h"

/* ---- E07
 * ----------------------------------------------------------------------------------------- */

/* A key without a policy of its own has this one. */
static json_t *key_policy(const struct deployment_resource *key)
{
	const json_t *own = json_object_get(key->properties, "KeyPolicy");

	if (own)
		return json_incref((json_t *)(uintptr_t)own);
	return json_pack("{s:s, s:[{s:s, s:{s:s}, s:s, s:s}]}", "Version", "2012-10-17",
			 "Statement", "Effect", "Allow", "Principal", "AWS", "000000000000",
			 "Action", "kms:*", "Resource", "*");
}

static void key_outside(struct check *c, const struct check_need *n, struct check_finding *f)
{
	f->severity = CHECK_UNKNOWN;
	f->lookup = "aws kms get-key-policy and aws iam simulate-principal-policy for kms:Decrypt";
	check_add(c, f,
		  "Secret %s is encrypted with a key outside of the templates; whether execution "
		  "role %s may use it is not known.",
		  n->thing->logical, n->role->resource->logical);
}

static void key_of(struct check *c, const struct check_rights *rights, const struct check_need *n)
{
	const struct deployment *d = check_deployment(c);
	const json_t *id = json_object_get(n->thing->properties, "KmsKeyId");
	const struct deployment_resource *key = deployment_target(d, id, NULL);
	OWN(json) json_t *policy = NULL;
	OWN(json)
	json_t *context = json_pack("{s:s, s:s}", "kms:viaservice",
				    "secretsmanager.\x03"
				    "AAWS..Region\x03.amazonaws.com",
				    "kms:calleraccount",
				    "\x03"
				    "AAWS..AccountId\x03");
	OWN(str) char *arn = NULL;
	struct check_rights_question q = { .role = n->role,
					   .action = "kms:Decrypt",
					   .context = context,
					   .resource_policy_grants = IAM_KEY_POLICY };
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = n->role->resource,
				   .second = n->thing,
				   .second_property = "KmsKeyId",
				   .service = n->service };
	struct iam_answer a;

	if (key && str_eq(key->type, "AWS::KMS::Alias"))
		key = deployment_target(d, json_object_get(key->properties, "TargetKeyId"), NULL);
	if (key && !str_eq(key->type, "AWS::KMS::Key"))
		key = NULL;
	arn = key ? check_rights_arn(d, key) : check_rights_text(d, id);
	q.resource = arn;
	policy = key ? key_policy(key) : NULL;
	q.resource_policy = policy;
	check_rights_ask(rights, &q, &a);
	if (a.decision == IAM_ALLOWED)
		return;
	if (!key && a.decision != IAM_EXPLICIT_DENY) {
		key_outside(c, n, &f);
		return;
	}
	if (a.decision == IAM_UNKNOWN) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "aws iam simulate-principal-policy for kms:Decrypt on the key";
		check_add(c, &f, "Whether %s may decrypt with the key of secret %s depends on %s.",
			  n->role->resource->logical, n->thing->logical,
			  a.condition[0] ? a.condition : a.policy);
		return;
	}
	check_add(c, &f, "Execution role %s may not kms:Decrypt with %s, the key of secret %s.",
		  n->role->resource->logical, key ? key->logical : "its key", n->thing->logical);
}

void check_e_key(struct check *c)
{
	const struct check_rights *rights = check_rights_of(c);
	const struct check_needs *needs = check_needs_of(c);

	for (size_t i = 0; i < needs->count; i++) {
		const struct check_need *n = &needs->list[i];
		const json_t *key =
			n->thing ? json_object_get(n->thing->properties, "KmsKeyId") : NULL;

		if (n->role && n->role->resource && key &&
		    str_eq(n->thing->type, "AWS::SecretsManager::Secret") &&
		    !str_eq(json_string_value(key), "alias/aws/secretsmanager"))
			key_of(c, rights, n);
	}
	check_e_log_key(c);
}

/* ---- E20
 * ----------------------------------------------------------------------------------------- */

static bool on_the_way(const struct deployment_service *s, const struct deployment_endpoint *e)
{
	if (!e->gateway)
		return e->private_dns == VERDICT_PASS && s->subnet_count && e->vpc &&
		       s->subnets[0]->vpc == e->vpc;
	for (size_t i = 0; i < s->subnet_count; i++)
		for (size_t k = 0; k < e->table_count; k++)
			if (s->subnets[i]->routes && s->subnets[i]->routes == e->tables[k])
				return true;
	return false;
}

static const char *service_of(const struct check_need *n)
{
	if (str_starts(n->action, "secretsmanager:"))
		return "secretsmanager";
	if (str_starts(n->action, "logs:"))
		return "logs";
	if (str_starts(n->action, "ssm:"))
		return "ssm";
	if (!strcmp(n->kind, "registry"))
		return "ecr.api";
	/* The manifest and the layers' addresses; layers are asked for nowhere else. */
	return str_eq(n->action, "ecr:BatchGetImage") ||
			       str_eq(n->action, "ecr:GetDownloadUrlForLayer")
		       ? "ecr.dkr"
		       : NULL;
}

/* An endpoint's policy is a limit: with a role that may everything the policy alone decides. The
 * layers in S3 are fetched with signed addresses: there nobody is known who asks. */
static void through(struct check *c, const struct check_rights *rights, const struct check_need *n,
		    const struct deployment_endpoint *e, const char *action, const char *resource)
{
	bool signed_address = str_starts(action, "s3:");
	struct check_rights_question q = {
		.action = action,
		.resource = resource,
		.role = signed_address ? NULL : n->role,
		.every_right = !signed_address,
		.resource_policy = json_object_get(e->resource->properties, "PolicyDocument"),
		.resource_policy_grants = signed_address ? 1 : IAM_KEY_POLICY
	};
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = e->resource,
				   .property = "PolicyDocument",
				   .second = n->service->task->resource,
				   .second_property = n->property,
				   .service = n->service };
	OWN(str) char *shown = check_rights_show(resource);
	struct iam_answer a;

	check_rights_ask(rights, &q, &a);
	if (a.decision == IAM_ALLOWED)
		return;
	if (a.decision == IAM_UNKNOWN) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "aws ec2 describe-vpc-endpoints, and read the policy with the task's "
			   "values";
	}
	check_add(c, &f, "The policy of endpoint %s %s %s on %s.", e->resource->logical,
		  f.severity == CHECK_UNKNOWN ? "may not let through" : "does not let through",
		  action, shown);
}

static void endpoints(struct check *c, const struct check_rights *rights,
		      const struct check_need *n)
{
	size_t count;
	const struct deployment_endpoint *const *list =
		deployment_endpoints(check_deployment(c), &count);
	const char *service = service_of(n);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_endpoint *e = list[i];

		if (!e->resource || !e->service || !on_the_way(n->service, e) ||
		    !json_is_object(json_object_get(e->resource->properties, "PolicyDocument")))
			continue;
		if (service && !strcmp(e->service, service))
			through(c, rights, n, e, n->action, n->resource);
		if (!strcmp(n->kind, "registry") && !strcmp(e->service, "s3"))
			through(c, rights, n, e, "s3:GetObject",
				"arn:aws:s3:::prod-\x03"
				"AAWS..Region\x03-starport-layer-bucket/\x03Players\x03");
	}
}

void check_e_endpoint_policy(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct check_rights *rights = check_rights_of(c);
	const struct check_needs *needs = check_needs_of(c);

	for (size_t i = 0; i < needs->count; i++) {
		const struct check_need *n = &needs->list[i];
		struct check_finding f = check_need_finding(n);
		struct iam_answer a;

		if (!n->role)
			continue;
		endpoints(c, rights, n);
		check_need_ask(d, rights, n, false, &a);
		if (a.decision == IAM_EXPLICIT_DENY && !strcmp(a.policy, "resource policy"))
			check_add(
				c, &f,
				"The resource policy of secret %s denies %s to execution role %s.",
				n->thing->logical, n->action, n->role->resource->logical);
	}
}

/* ---- E11
 * ----------------------------------------------------------------------------------------- */

enum { DEPTH_MAX = 64 };

static void add_reference(json_t *ret, const char *text, size_t len)
{
	OWN(str) char *name = str_dup_n(text, len);

	json_object_set_new(ret, name, json_true());
}

static void sub_references(const char *text, json_t *ret)
{
	for (const char *p = strstr(text, "${"); p; p = strstr(p + 2, "${"))
		add_reference(ret, p + 2, strcspn(p + 2, ".}"));
}

/* Names that a body refers to: Ref, GetAtt, Sub and DependsOn. */
static void references(const json_t *node, json_t *ret, unsigned depth)
{
	const json_t *value;
	const char *key;
	json_t *member;
	size_t i;

	if (depth > DEPTH_MAX)
		return;
	json_array_foreach(node, i, member)
		references(member, ret, depth + 1);
	json_object_foreach((json_t *)(uintptr_t)node, key, member) {
		value = json_is_array(member) ? json_array_get(member, 0) : member;
		if ((!strcmp(key, "Ref") || !strcmp(key, "Fn::GetAtt")) && json_is_string(value))
			add_reference(ret, json_string_value(value),
				      strcspn(json_string_value(value), "."));
		if (!strcmp(key, "Fn::Sub") && json_is_string(value))
			sub_references(json_string_value(value), ret);
		for (i = 0; !strcmp(key, "DependsOn") &&
			    i < (json_is_array(member) ? json_array_size(member) : 1);
		     i++) {
			value = json_is_array(member) ? json_array_get(member, i) : member;
			if (json_is_string(value))
				add_reference(ret, json_string_value(value),
					      json_string_length(value));
		}
		references(member, ret, depth + 1);
	}
}

/* Everything that is created before `from`, in its template. edges: cache, name -> object of names.
 */
json_t *check_created_before(const struct deployment *d, const struct deployment_resource *from,
			     json_t *edges)
{
	json_t *seen = json_object();
	OWN(json) json_t *stack = json_array();

	json_add_str(stack, from->logical);
	while (json_array_size(stack)) {
		size_t last = json_array_size(stack) - 1;
		OWN(str) char *name = str_dup(json_string_value(json_array_get(stack, last)));
		OWN(str) char *id = str_printf("%zu.%s", from->template, name);
		const struct deployment_resource *r = deployment_find(d, from->template, name);
		json_t *out = json_object_get(edges, id), *ignored;
		const char *key;

		json_array_remove(stack, last);
		if (!r || json_object_get(seen, name))
			continue;
		json_object_set_new(seen, name, json_true());
		if (!out) {
			json_object_set_new(edges, id, out = json_object());
			references(r->body, out, 0);
		}
		json_object_foreach(out, key, ignored)
			if (!json_object_get(seen, key))
				json_add_str(stack, key);
	}
	return seen;
}

/* A policy that stands apart from its role, where the service could wait for it. */
static bool apart(const struct deployment_policy *p, const struct deployment_role *role,
		  const struct deployment_service *s)
{
	return p->resource && p->resource != role->resource &&
	       p->resource->template == s->resource->template;
}

static void race_of(struct check *c, const struct deployment_service *s,
		    const struct deployment_role *role, const json_t *before)
{
	bool waits = false;

	for (size_t i = 0; role && role->resource && i < role->policy_count; i++)
		waits = waits || (apart(&role->policies[i], role, s) &&
				  json_object_get(before, role->policies[i].resource->logical));
	for (size_t i = 0; role && role->resource && i < role->policy_count; i++) {
		const struct deployment_resource *p = role->policies[i].resource;
		struct check_finding f = {
			.severity = CHECK_WARN, .resource = s->resource, .second = p, .service = s
		};
		OWN(str) char *remedy = NULL;

		/* Stand-in services never wait, and ECS tries again: only a node's rights are worth
		 * a warning. Rights that overflow into a managed policy are made together with the
		 * policy that is waited for. */
		if (s->mpc_container < 0 || !apart(&role->policies[i], role, s) ||
		    json_object_get(before, p->logical) ||
		    (waits && str_eq(p->type, "AWS::IAM::ManagedPolicy")))
			continue;
		remedy = str_printf("DependsOn: [%s]", p->logical);
		f.remedy = remedy;
		check_add(
			c, &f,
			"Nothing makes service %s wait for %s, which holds rights of its role %s.",
			s->resource->logical, p->logical, role->resource->logical);
	}
}

void check_e_policy_race(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	OWN(json) json_t *edges = json_object();
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_task *t = services[i]->task;
		OWN(json) json_t *before = NULL;

		if (!t || !t->resource || !services[i]->resource)
			continue;
		before = check_created_before(d, services[i]->resource, edges);
		race_of(c, services[i], t->execution_role, before);
		if (t->task_role != t->execution_role)
			race_of(c, services[i], t->task_role, before);
	}
}
