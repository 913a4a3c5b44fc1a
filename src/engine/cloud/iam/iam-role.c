/* Roles: what they are and what is attached to them. */
#include "engine/cloud/iam/iam-internal.h"

#include <string.h>

json_t *iam_role_find(struct hub *hub, const char *name, struct iam_fault *f)
{
	json_t *role = hub_get(hub, IAM_ROLE, name);

	if (!role)
		(void)iam_fail(f, 404, "NoSuchEntity", "The role with name %s cannot be found.",
			       name ? name : "");
	return role;
}

static void changed(struct hub *hub, json_t *role)
{
	hub_put(hub, IAM_ROLE, json_str(role, "RoleName"), role);
}

int iam_role_set_trust(struct hub *hub, json_t *role, const json_t *given, struct iam_fault *f)
{
	json_t *document = NULL;

	if (iam_document(given, true, &document, f) < 0)
		return -1;
	json_object_set_new(role, "AssumeRolePolicyDocument", document);
	changed(hub, role);
	return 0;
}

int iam_role_set_boundary(struct hub *hub, json_t *role, const char *arn, struct iam_fault *f)
{
	if (arn && !iam_policy_document(hub, arn))
		return iam_fail(f, 404, "NoSuchEntity",
				"Scope ARN: %s does not exist or is not attachable.", arn);
	json_object_del(role, "Boundary");
	json_set_str(role, "Boundary", arn);
	changed(hub, role);
	return 0;
}

int iam_role_set_duration(struct hub *hub, json_t *role, const json_t *given, struct iam_fault *f)
{
	OWN(json) json_t *holder = json_object();
	json_int_t seconds;

	if (given)
		json_object_set(holder, "v", (json_t *)(uintptr_t)given);
	seconds = json_int_or(holder, "v", given ? -1 : 3600);
	if (seconds < 3600 || seconds > 43200)
		return iam_fail(
			f, 400, "ValidationError",
			"1 validation error detected: Value at 'maxSessionDuration' failed to "
			"satisfy constraint: Member must have value between 3600 and 43200");
	json_set_int(role, "MaxSessionDuration", seconds);
	changed(hub, role);
	return 0;
}

static json_t *new_role(struct hub *hub, const json_t *want, const char *name, const char *path)
{
	OWN(str) char *id = iam_new_id(hub, "AROA");
	OWN(str) char *resource = str_printf("role%s%s", path, name);
	OWN(str) char *arn = hub_arn(hub, "iam", resource);
	OWN(str) char *now = iam_now(hub);
	json_t *role = json_object();

	json_set_str(role, "Path", path);
	json_set_str(role, "RoleName", name);
	json_set_str(role, "RoleId", id);
	json_set_str(role, "Arn", arn);
	json_set_str(role, "CreateDate", now);
	json_set_str(role, "Description", json_str(want, "Description"));
	if (json_list(want, "Tags"))
		json_object_set(role, "Tags", json_list(want, "Tags"));
	json_object_set_new(role, "Inline", json_object());
	json_object_set_new(role, "Attached", json_array());
	return role;
}

int iam_role_create(struct hub *hub, const json_t *want, json_t **ret_role, struct iam_fault *f)
{
	const char *name = json_str(want, "RoleName"), *path = json_str_or(want, "Path", "/");
	const char *boundary = json_str(want, "PermissionsBoundary");
	OWN(json) json_t *role = NULL;
	OWN(json) json_t *trust = NULL;

	if (iam_check_name(name, "roleName", 64, f) < 0 || iam_check_path(path, f) < 0 ||
	    iam_document(json_object_get(want, "AssumeRolePolicyDocument"), true, &trust, f) < 0)
		return -1;
	if (hub_get(hub, IAM_ROLE, name))
		return iam_fail(f, 409, "EntityAlreadyExists", "Role with name %s already exists.",
				name);
	role = new_role(hub, want, name, path);
	json_object_set(role, "AssumeRolePolicyDocument", trust);
	if (iam_role_set_duration(hub, role, json_object_get(want, "MaxSessionDuration"), f) < 0 ||
	    iam_role_set_boundary(hub, role, boundary, f) < 0) {
		hub_remove(hub, IAM_ROLE, name);
		return -1;
	}
	changed(hub, role);
	*ret_role = role;
	return 0;
}

static bool in_profile(struct hub *hub, const char *role)
{
	const char *id;
	json_t *profile;

	json_object_foreach(hub_all(hub, IAM_PROFILE), id, profile)
	{
		json_t *roles = json_list(profile, "Roles");

		for (size_t i = 0; i < json_array_size(roles); i++)
			if (str_eq(json_string_value(json_array_get(roles, i)), role))
				return true;
	}
	return false;
}

int iam_role_delete(struct hub *hub, const char *name, struct iam_fault *f)
{
	json_t *role = iam_role_find(hub, name, f);

	if (!role)
		return -1;
	if (str_starts(json_str(role, "Path"), "/aws-service-role/"))
		return iam_fail(f, 400, "UnmodifiableEntity",
				"Cannot perform the operation on the protected role '%s' - this role is "
				"only modifiable by AWS",
				name);
	if (in_profile(hub, name))
		return iam_fail(
			f, 409, "DeleteConflict",
			"Cannot delete entity, must remove roles from instance profile first.");
	if (json_array_size(json_list(role, "Attached")))
		return iam_fail(f, 409, "DeleteConflict",
				"Cannot delete entity, must detach all policies first.");
	if (json_object_size(json_map(role, "Inline")))
		return iam_fail(f, 409, "DeleteConflict",
				"Cannot delete entity, must delete policies first.");
	hub_remove(hub, IAM_ROLE, name);
	return 0;
}

int iam_role_put_policy(struct hub *hub, const char *name, const char *policy, const json_t *given,
			struct iam_fault *f)
{
	json_t *role = iam_role_find(hub, name, f), *document = NULL;

	if (!role || iam_check_name(policy, "policyName", 128, f) < 0 ||
	    iam_document(given, false, &document, f) < 0)
		return -1;
	json_object_set_new(json_map(role, "Inline"), policy, document);
	changed(hub, role);
	return 0;
}

static size_t attached_at(const json_t *role, const char *arn)
{
	const json_t *attached = json_list(role, "Attached");

	for (size_t i = 0; i < json_array_size(attached); i++)
		if (str_eq(json_string_value(json_array_get(attached, i)), arn))
			return i;
	return SIZE_MAX;
}

int iam_role_attach(struct hub *hub, const char *name, const char *arn, struct iam_fault *f)
{
	json_t *role = iam_role_find(hub, name, f);

	if (!role)
		return -1;
	if (!iam_policy_document(hub, arn))
		return iam_fail(f, 404, "NoSuchEntity",
				"Policy %s does not exist or is not attachable.", arn ? arn : "");
	if (attached_at(role, arn) != SIZE_MAX)
		return 0;
	json_add_str(json_list(role, "Attached"), arn);
	changed(hub, role);
	return 0;
}

int iam_role_detach(struct hub *hub, const char *name, const char *arn, struct iam_fault *f)
{
	json_t *role = iam_role_find(hub, name, f);
	size_t at;

	if (!role)
		return -1;
	at = attached_at(role, arn);
	if (at == SIZE_MAX)
		return iam_fail(f, 404, "NoSuchEntity", "Policy %s was not found.", arn ? arn : "");
	json_array_remove(json_list(role, "Attached"), at);
	changed(hub, role);
	return 0;
}
