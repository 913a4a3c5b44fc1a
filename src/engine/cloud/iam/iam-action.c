/* Actions of the query API. */
#include "engine/cloud/iam/iam-internal.h"

#include <string.h>

/* A role as GetRole shows it: documents URL-encoded, our own members left out. */
static json_t *role_view(const json_t *role)
{
	json_t *view = json_copy((json_t *)(uintptr_t)role), *boundary = NULL;
	OWN(str) char *trust = iam_document_encode(json_map(role, "AssumeRolePolicyDocument"));

	json_object_del(view, "Inline");
	json_object_del(view, "Attached");
	json_object_del(view, "Boundary");
	json_set_str(view, "AssumeRolePolicyDocument", trust);
	if (json_str(role, "Boundary")) {
		boundary = json_object();
		json_set_str(boundary, "PermissionsBoundaryType", "Policy");
		json_set_str(boundary, "PermissionsBoundaryArn", json_str(role, "Boundary"));
		json_object_set_new(view, "PermissionsBoundary", boundary);
	}
	return view;
}

int iam_run_get_role(struct hub *hub, struct call *c)
{
	struct iam_fault f;
	json_t *role = iam_role_find(hub, json_str(c->in, "RoleName"), &f);

	if (!role)
		return iam_fail_call(c, &f);
	json_object_set_new(c->out, "Role", role_view(role));
	return 0;
}

int iam_run_list_roles(struct hub *hub, struct call *c)
{
	const char *prefix = json_str_or(c->in, "PathPrefix", "/"), *name;
	json_t *roles = json_array(), *role;

	json_object_foreach(hub_all(hub, IAM_ROLE), name, role)
	{
		json_t *view;

		if (!str_starts(json_str(role, "Path"), prefix))
			continue;
		view = role_view(role);
		json_object_del(view, "Tags"); /* ListRoles leaves them out */
		json_object_del(view, "PermissionsBoundary");
		json_array_append_new(roles, view);
	}
	json_object_set_new(c->out, "Roles", roles);
	return iam_page(c, "Roles");
}

int iam_run_create_role(struct hub *hub, struct call *c)
{
	struct iam_fault f;
	json_t *role;

	if (iam_role_create(hub, c->in, &role, &f) < 0)
		return iam_fail_call(c, &f);
	json_object_set_new(c->out, "Role", role_view(role));
	return 0;
}

int iam_run_delete_role(struct hub *hub, struct call *c)
{
	struct iam_fault f;

	return iam_role_delete(hub, json_str(c->in, "RoleName"), &f) < 0 ? iam_fail_call(c, &f) : 0;
}

int iam_run_update_trust(struct hub *hub, struct call *c)
{
	struct iam_fault f;
	json_t *role = iam_role_find(hub, json_str(c->in, "RoleName"), &f);

	if (!role ||
	    iam_role_set_trust(hub, role, json_object_get(c->in, "PolicyDocument"), &f) < 0)
		return iam_fail_call(c, &f);
	return 0;
}

int iam_run_list_attached(struct hub *hub, struct call *c)
{
	struct iam_fault f;
	const json_t *role = iam_role_find(hub, json_str(c->in, "RoleName"), &f), *arns;
	json_t *list;

	if (!role)
		return iam_fail_call(c, &f);
	arns = json_list(role, "Attached");
	list = json_array();
	for (size_t i = 0; i < json_array_size(arns); i++) {
		const char *arn = json_string_value(json_array_get(arns, i));
		json_t *entry = json_object();

		json_set_str(entry, "PolicyName", strrchr(arn, '/') + 1);
		json_set_str(entry, "PolicyArn", arn);
		json_array_append_new(list, entry);
	}
	json_object_set_new(c->out, "AttachedPolicies", list);
	return iam_page(c, "AttachedPolicies");
}

int iam_run_list_inline(struct hub *hub, struct call *c)
{
	struct iam_fault f;
	const json_t *role = iam_role_find(hub, json_str(c->in, "RoleName"), &f);
	json_t *names, *document;
	const char *name;

	if (!role)
		return iam_fail_call(c, &f);
	names = json_array();
	json_object_foreach(json_map(role, "Inline"), name, document) json_add_str(names, name);
	json_object_set_new(c->out, "PolicyNames", names);
	return iam_page(c, "PolicyNames");
}

static int no_inline(struct call *c)
{
	return call_fail(c, 404, "NoSuchEntity", "The role policy with name %s cannot be found.",
			 json_str_or(c->in, "PolicyName", ""));
}

int iam_run_get_inline(struct hub *hub, struct call *c)
{
	struct iam_fault f;
	const json_t *role = iam_role_find(hub, json_str(c->in, "RoleName"), &f), *document;
	const char *name = json_str_or(c->in, "PolicyName", "");
	OWN(str) char *text = NULL;

	if (!role)
		return iam_fail_call(c, &f);
	document = json_object_get(json_map(role, "Inline"), name);
	if (!document)
		return no_inline(c);
	text = iam_document_encode(document);
	json_set_str(c->out, "RoleName", json_str(role, "RoleName"));
	json_set_str(c->out, "PolicyName", name);
	json_set_str(c->out, "PolicyDocument", text);
	return 0;
}

int iam_run_put_inline(struct hub *hub, struct call *c)
{
	struct iam_fault f;

	if (iam_role_put_policy(hub, json_str(c->in, "RoleName"), json_str(c->in, "PolicyName"),
				json_object_get(c->in, "PolicyDocument"), &f) < 0)
		return iam_fail_call(c, &f);
	return 0;
}

int iam_run_delete_inline(struct hub *hub, struct call *c)
{
	struct iam_fault f;
	json_t *role = iam_role_find(hub, json_str(c->in, "RoleName"), &f);

	if (!role)
		return iam_fail_call(c, &f);
	if (json_object_del(json_map(role, "Inline"), json_str_or(c->in, "PolicyName", "")) < 0)
		return no_inline(c);
	hub_put(hub, IAM_ROLE, json_str(role, "RoleName"), role);
	return 0;
}

int iam_run_attach(struct hub *hub, struct call *c)
{
	struct iam_fault f;

	if (iam_role_attach(hub, json_str(c->in, "RoleName"), json_str(c->in, "PolicyArn"), &f) < 0)
		return iam_fail_call(c, &f);
	return 0;
}

int iam_run_detach(struct hub *hub, struct call *c)
{
	struct iam_fault f;

	if (iam_role_detach(hub, json_str(c->in, "RoleName"), json_str(c->in, "PolicyArn"), &f) < 0)
		return iam_fail_call(c, &f);
	return 0;
}

static json_t *policy_view(struct hub *hub, const json_t *policy)
{
	json_t *view = json_copy((json_t *)(uintptr_t)policy);

	json_object_del(view, "Document");
	json_set_int(view, "AttachmentCount",
		     (json_int_t)iam_policy_attachments(hub, json_str(policy, "Arn")));
	json_set_int(view, "PermissionsBoundaryUsageCount", 0);
	json_set_bool(view, "IsAttachable", true);
	return view;
}

int iam_run_create_policy(struct hub *hub, struct call *c)
{
	struct iam_fault f;
	json_t *policy;

	if (iam_policy_create(hub, c->in, &policy, &f) < 0)
		return iam_fail_call(c, &f);
	json_object_set_new(c->out, "Policy", policy_view(hub, policy));
	return 0;
}

/* AWS's own policies are described from their document alone. */
static json_t *managed_view(struct hub *hub, const char *arn)
{
	json_t *policy = json_object(), *view;
	const char *name = strrchr(arn, '/') + 1;

	json_set_str(policy, "PolicyName", name);
	json_set_str(policy, "Arn", arn);
	json_set_str(policy, "Path", strstr(arn, "/service-role/") ? "/service-role/" : "/");
	json_set_str(policy, "DefaultVersionId", "v1");
	view = policy_view(hub, policy);
	json_decref(policy);
	return view;
}

int iam_run_get_policy(struct hub *hub, struct call *c)
{
	const char *arn = json_str_or(c->in, "PolicyArn", "");
	const json_t *policy = hub_get(hub, IAM_POLICY, arn);

	if (!policy && !iam_managed_policy(arn))
		return call_fail(c, 404, "NoSuchEntity", "Policy %s was not found.", arn);
	json_object_set_new(c->out, "Policy",
			    policy ? policy_view(hub, policy) : managed_view(hub, arn));
	return 0;
}

int iam_run_get_policy_version(struct hub *hub, struct call *c)
{
	const char *arn = json_str_or(c->in, "PolicyArn", ""),
		   *version = json_str_or(c->in, "VersionId", "");
	const json_t *document = iam_policy_document(hub, arn);
	OWN(str) char *text = NULL;
	json_t *view;

	if (!document)
		return call_fail(c, 404, "NoSuchEntity", "Policy %s was not found.", arn);
	if (strcmp(version, json_str_or(hub_get(hub, IAM_POLICY, arn), "DefaultVersionId", "v1")))
		return call_fail(c, 404, "NoSuchEntity",
				 "Policy %s version %s does not exist or is not attachable.", arn,
				 version);
	text = iam_document_encode(document);
	view = json_object();
	json_set_str(view, "Document", text);
	json_set_str(view, "VersionId", version);
	json_set_bool(view, "IsDefaultVersion", true);
	json_set_str(view, "CreateDate", json_str(hub_get(hub, IAM_POLICY, arn), "UpdateDate"));
	json_object_set_new(c->out, "PolicyVersion", view);
	return 0;
}

int iam_run_list_policies(struct hub *hub, struct call *c)
{
	json_t *list = json_array(), *policy;
	const char *arn, *scope = json_str_or(c->in, "Scope", "All");

	json_object_set_new(c->out, "Policies", list);
	if (strcmp(scope, "Local") != 0)
		return call_fail(
			c, 400, "ValidationError",
			"The local cloud lists the account's own policies only: Scope=Local");
	json_object_foreach(hub_all(hub, IAM_POLICY), arn, policy)
		json_array_append_new(list, policy_view(hub, policy));
	return iam_page(c, "Policies");
}

int iam_run_delete_policy(struct hub *hub, struct call *c)
{
	struct iam_fault f;

	if (iam_policy_delete(hub, json_str(c->in, "PolicyArn"), &f) < 0)
		return iam_fail_call(c, &f);
	return 0;
}

static json_t *profile_view(struct hub *hub, const json_t *profile)
{
	json_t *view = json_copy((json_t *)(uintptr_t)profile), *roles = json_array();
	const json_t *names = json_list(profile, "Roles");

	for (size_t i = 0; i < json_array_size(names); i++) {
		const json_t *role =
			hub_get(hub, IAM_ROLE, json_string_value(json_array_get(names, i)));

		if (role)
			json_array_append_new(roles, role_view(role));
	}
	json_object_set_new(view, "Roles", roles);
	return view;
}

int iam_run_get_profile(struct hub *hub, struct call *c)
{
	const char *name = json_str_or(c->in, "InstanceProfileName", "");
	const json_t *profile = hub_get(hub, IAM_PROFILE, name);

	if (!profile)
		return call_fail(c, 404, "NoSuchEntity", "Instance Profile %s cannot be found.",
				 name);
	json_object_set_new(c->out, "InstanceProfile", profile_view(hub, profile));
	return 0;
}

int iam_run_list_profiles_of_role(struct hub *hub, struct call *c)
{
	const char *role = json_str_or(c->in, "RoleName", ""), *name;
	json_t *list = json_array(), *profile;
	struct iam_fault f;

	json_object_set_new(c->out, "InstanceProfiles", list);
	json_set_bool(c->out, "IsTruncated", false);
	if (!iam_role_find(hub, role, &f))
		return iam_fail_call(c, &f);
	json_object_foreach(hub_all(hub, IAM_PROFILE), name, profile)
	{
		json_t *roles = json_list(profile, "Roles");

		for (size_t i = 0; i < json_array_size(roles); i++)
			if (str_eq(json_string_value(json_array_get(roles, i)), role))
				json_array_append_new(list, profile_view(hub, profile));
	}
	return 0;
}

/* There are no users here but the account's root. */
int iam_run_get_user(struct hub *hub, struct call *c)
{
	const char *name = json_str(c->in, "UserName");
	OWN(str) char *root = hub_arn(hub, "iam", "root");
	json_t *user;

	if (name)
		return call_fail(c, 404, "NoSuchEntity", "The user with name %s cannot be found.",
				 name);
	if (!str_eq(c->principal, root))
		return call_fail(c, 400, "ValidationError",
				 "Must specify userName when calling with non-User credentials");
	user = json_object();
	json_set_str(user, "UserId", hub_account(hub));
	json_set_str(user, "Arn", root);
	json_set_str(user, "CreateDate", "2020-01-01T00:00:00Z");
	json_object_set_new(c->out, "User", user);
	return 0;
}
