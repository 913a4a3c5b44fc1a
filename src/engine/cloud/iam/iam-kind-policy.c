/* AWS::IAM::Policy, AWS::IAM::RolePolicy and AWS::IAM::ManagedPolicy. */
#include "engine/cloud/iam/iam-internal.h"

#include <string.h>

/* Users and groups do not exist here, so that naming one is what it is in AWS without it. */
static int no_users(const json_t *properties, struct iam_fault *f)
{
	const char *user = json_string_value(json_array_get(json_list(properties, "Users"), 0));
	const char *group = json_string_value(json_array_get(json_list(properties, "Groups"), 0));

	if (user)
		return iam_fail(f, 404, "NoSuchEntity", "The user with name %s cannot be found.",
				user);
	if (group)
		return iam_fail(f, 404, "NoSuchEntity", "The group with name %s cannot be found.",
				group);
	return 0;
}

static int put_all(struct hub *hub, struct resource *r, struct iam_fault *f)
{
	const json_t *roles = json_list(r->properties, "Roles");

	if (no_users(r->properties, f) < 0)
		return -1;
	if (!json_array_size(roles))
		return iam_fail(f, 400, "ValidationError",
				"At least one of [Groups,Roles,Users] must be non-empty.");
	for (size_t i = 0; i < json_array_size(roles); i++)
		if (iam_role_put_policy(hub, json_string_value(json_array_get(roles, i)),
					json_str(r->properties, "PolicyName"),
					json_object_get(r->properties, "PolicyDocument"), f) < 0)
			return -1;
	return 0;
}

static void drop_inline(struct hub *hub, const char *role_name, const char *policy)
{
	json_t *role = hub_get(hub, IAM_ROLE, role_name);

	if (role && policy && json_object_del(json_map(role, "Inline"), policy) == 0)
		hub_put(hub, IAM_ROLE, role_name, role);
}

static bool lists_role(const json_t *properties, const char *name)
{
	const json_t *roles = json_list(properties, "Roles");

	for (size_t i = 0; i < json_array_size(roles); i++)
		if (str_eq(json_string_value(json_array_get(roles, i)), name))
			return true;
	return false;
}

/* From the roles of `old` that `now` does not give the same policy to. */
static void drop_all(struct hub *hub, const json_t *old, const json_t *now)
{
	const json_t *roles = json_list(old, "Roles");
	const char *name = json_str(old, "PolicyName");

	for (size_t i = 0; i < json_array_size(roles); i++) {
		const char *role = json_string_value(json_array_get(roles, i));

		if (!str_eq(name, json_str(now, "PolicyName")) || !lists_role(now, role))
			drop_inline(hub, role, name);
	}
}

static int create_policy(struct hub *hub, struct resource *r, struct err *err)
{
	struct iam_fault f;

	r->physical = hub_physical_name(hub, r, 128, false);
	json_set_str(r->attributes, "Id", r->physical);
	return put_all(hub, r, &f) < 0 ? iam_fail_resource(r, &f, err) : RESOURCE_DONE;
}

static int update_policy(struct hub *hub, struct resource *r, struct err *err)
{
	struct iam_fault f;

	if (put_all(hub, r, &f) < 0)
		return iam_fail_resource(r, &f, err);
	drop_all(hub, r->previous, r->properties);
	json_set_str(r->attributes, "Id", r->physical);
	return RESOURCE_DONE;
}

static int remove_policy(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	drop_all(hub, r->previous ? r->previous : r->properties, NULL);
	return RESOURCE_DONE;
}

const struct resource_kind iam_kind_policy = {
	.type = "AWS::IAM::Policy",
	.create = create_policy,
	.update = update_policy,
	.remove = remove_policy,
	.allowed = (const char *const[]){ "Groups", "PolicyDocument", "PolicyName", "Roles",
					  "Users", NULL },
	.required = (const char *const[]){ "PolicyDocument", "PolicyName", NULL },
};

/* ---- role policy
 * ------------------------------------------------------------------------------------ */

static int put_role_policy(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *none = json_pack("{s:s,s:[]}", "Version", "2012-10-17", "Statement");
	const json_t *document = json_object_get(r->properties, "PolicyDocument");
	struct iam_fault f;

	if (iam_role_put_policy(hub, json_str(r->properties, "RoleName"),
				json_str(r->properties, "PolicyName"), document ? document : none,
				&f) < 0)
		return iam_fail_resource(r, &f, err);
	return RESOURCE_DONE;
}

static int create_role_policy(struct hub *hub, struct resource *r, struct err *err)
{
	r->physical = str_printf("%s|%s", json_str_or(r->properties, "PolicyName", ""),
				 json_str_or(r->properties, "RoleName", ""));
	return put_role_policy(hub, r, err);
}

static int remove_role_policy(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *p = r->previous ? r->previous : r->properties;

	(void)err;
	drop_inline(hub, json_str(p, "RoleName"), json_str(p, "PolicyName"));
	return RESOURCE_DONE;
}

const struct resource_kind iam_kind_role_policy = {
	.type = "AWS::IAM::RolePolicy",
	.replace_on = (const char *const[]){ "PolicyName", "RoleName", NULL },
	.create = create_role_policy,
	.update = put_role_policy,
	.remove = remove_role_policy,
	.allowed = (const char *const[]){ "PolicyDocument", "PolicyName", "RoleName", NULL },
	.required = (const char *const[]){ "PolicyName", "RoleName", NULL },
};

/* ---- managed policy
 * ---------------------------------------------------------------------------------- */

static int attach_all(struct hub *hub, struct resource *r, struct iam_fault *f)
{
	const json_t *roles = json_list(r->properties, "Roles");

	if (no_users(r->properties, f) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(roles); i++)
		if (iam_role_attach(hub, json_string_value(json_array_get(roles, i)), r->physical,
				    f) < 0)
			return -1;
	return 0;
}

static void detach_all(struct hub *hub, const char *arn, const json_t *old, const json_t *now)
{
	const json_t *roles = json_list(old, "Roles");
	struct iam_fault f;

	for (size_t i = 0; i < json_array_size(roles); i++) {
		const char *role = json_string_value(json_array_get(roles, i));

		if (!lists_role(now, role))
			(void)iam_role_detach(hub, role, arn, &f);
	}
}

static void managed_attributes(struct hub *hub, struct resource *r)
{
	static const char *const copied[] = { "CreateDate", "UpdateDate", "DefaultVersionId",
					      "PolicyId" };
	const json_t *policy = hub_get(hub, IAM_POLICY, r->physical);

	json_set_str(r->attributes, "PolicyArn", r->physical);
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		json_set_str(r->attributes, copied[i], json_str(policy, copied[i]));
	json_set_bool(r->attributes, "IsAttachable", true);
	json_set_int(r->attributes, "AttachmentCount",
		     (json_int_t)iam_policy_attachments(hub, r->physical));
	json_set_int(r->attributes, "PermissionsBoundaryUsageCount", 0);
}

static int create_managed(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *want = json_copy((json_t *)(uintptr_t)r->properties);
	const char *given = json_str(want, "ManagedPolicyName");
	OWN(str) char *name = given ? str_dup(given) : hub_physical_name(hub, r, 128, false);
	struct iam_fault f;
	json_t *policy;

	json_set_str(want, "PolicyName", name);
	if (iam_policy_create(hub, want, &policy, &f) < 0)
		return iam_fail_resource(r, &f, err);
	r->physical = str_dup(json_str(policy, "Arn"));
	if (attach_all(hub, r, &f) < 0)
		return iam_fail_resource(r, &f, err);
	managed_attributes(hub, r);
	return RESOURCE_DONE;
}

static int update_managed(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *policy = hub_get(hub, IAM_POLICY, r->physical), *document = NULL;
	OWN(str) char *now = iam_now(hub);
	struct iam_fault f;

	if (!policy)
		(void)iam_fail(&f, 404, "NoSuchEntity", "Policy %s was not found.", r->physical);
	if (!policy || iam_document(json_object_get(r->properties, "PolicyDocument"), false,
				    &document, &f) < 0)
		return iam_fail_resource(r, &f, err);
	if (!json_equal(document, json_map(policy, "Document"))) {
		uint64_t version = 1;
		OWN(str) char *next = NULL;

		(void)num_parse_u64(json_str_or(policy, "DefaultVersionId", "v1") + 1, 1, 1 << 30,
				    &version);
		next = str_printf("v%llu", (unsigned long long)version + 1);
		json_set_str(policy, "DefaultVersionId", next);
		json_set_str(policy, "UpdateDate", now);
	}
	json_object_set_new(policy, "Document", document);
	hub_put(hub, IAM_POLICY, r->physical, policy);
	if (attach_all(hub, r, &f) < 0)
		return iam_fail_resource(r, &f, err);
	detach_all(hub, r->physical, r->previous, r->properties);
	managed_attributes(hub, r);
	return RESOURCE_DONE;
}

static int remove_managed(struct hub *hub, struct resource *r, struct err *err)
{
	struct iam_fault f;

	if (!hub_get(hub, IAM_POLICY, r->physical))
		return RESOURCE_DONE;
	detach_all(hub, r->physical, r->previous ? r->previous : r->properties, NULL);
	return iam_policy_delete(hub, r->physical, &f) < 0 ? iam_fail_resource(r, &f, err)
							   : RESOURCE_DONE;
}

const struct resource_kind iam_kind_managed_policy = {
	.type = "AWS::IAM::ManagedPolicy",
	.replace_on = (const char *const[]){ "ManagedPolicyName", "Description", "Path", NULL },
	.create = create_managed,
	.update = update_managed,
	.remove = remove_managed,
	.allowed = (const char *const[]){ "Description", "Groups", "ManagedPolicyName", "Path",
					  "PolicyDocument", "Roles", "Users", NULL },
	.required = (const char *const[]){ "PolicyDocument", NULL },
};
