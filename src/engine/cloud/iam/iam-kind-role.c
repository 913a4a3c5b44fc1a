/* AWS::IAM::Role and AWS::IAM::InstanceProfile. */
#include "engine/cloud/iam/iam-internal.h"

#include <string.h>

static void set_attributes(struct resource *r, const json_t *role)
{
	json_set_str(r->attributes, "Arn", json_str(role, "Arn"));
	json_set_str(r->attributes, "RoleId", json_str(role, "RoleId"));
}

/* Policies and ManagedPolicyArns of the properties, put on the role. */
static int add_policies(struct hub *hub, struct resource *r, struct iam_fault *f)
{
	const json_t *policies = json_list(r->properties, "Policies"),
		     *managed = json_list(r->properties, "ManagedPolicyArns");

	for (size_t i = 0; i < json_array_size(policies); i++) {
		const json_t *p = json_array_get(policies, i);

		if (iam_role_put_policy(hub, r->physical, json_str(p, "PolicyName"),
					json_object_get(p, "PolicyDocument"), f) < 0)
			return -1;
	}
	for (size_t i = 0; i < json_array_size(managed); i++)
		if (iam_role_attach(hub, r->physical, json_string_value(json_array_get(managed, i)),
				    f) < 0)
			return -1;
	return 0;
}

static bool lists(const json_t *list, const char *member, const char *value)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *element = json_array_get(list, i);

		if (str_eq(member ? json_str(element, member) : json_string_value(element), value))
			return true;
	}
	return false;
}

/* Takes off what `old` put on and `now` (may be NULL) no longer names. What others put on stays. */
static void drop_policies(struct hub *hub, json_t *role, const json_t *old, const json_t *now)
{
	const json_t *policies = json_list(old, "Policies"),
		     *managed = json_list(old, "ManagedPolicyArns");
	const char *name = json_str(role, "RoleName");
	struct iam_fault f;

	for (size_t i = 0; i < json_array_size(policies); i++) {
		const char *policy = json_str(json_array_get(policies, i), "PolicyName");

		if (policy && !lists(json_list(now, "Policies"), "PolicyName", policy))
			json_object_del(json_map(role, "Inline"), policy);
	}
	for (size_t i = 0; i < json_array_size(managed); i++) {
		const char *arn = json_string_value(json_array_get(managed, i));

		if (arn && !lists(json_list(now, "ManagedPolicyArns"), NULL, arn))
			(void)iam_role_detach(hub, name, arn, &f);
	}
	hub_put(hub, IAM_ROLE, name, role);
}

static int create_role(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *want = json_copy((json_t *)(uintptr_t)r->properties);
	OWN(str) char *name = NULL;
	struct iam_fault f;
	json_t *role;

	if (!json_str(want, "RoleName")) {
		name = hub_physical_name(hub, r, 64, false);
		json_set_str(want, "RoleName", name);
	}
	if (iam_role_create(hub, want, &role, &f) < 0)
		return iam_fail_resource(r, &f, err);
	r->physical = str_dup(json_str(role, "RoleName"));
	set_attributes(r, role);
	return add_policies(hub, r, &f) < 0 ? iam_fail_resource(r, &f, err) : RESOURCE_DONE;
}

static int update_role(struct hub *hub, struct resource *r, struct err *err)
{
	struct iam_fault f;
	json_t *role = iam_role_find(hub, r->physical, &f);
	const json_t *p = r->properties;

	if (!role ||
	    iam_role_set_trust(hub, role, json_object_get(p, "AssumeRolePolicyDocument"), &f) < 0 ||
	    iam_role_set_boundary(hub, role, json_str(p, "PermissionsBoundary"), &f) < 0 ||
	    iam_role_set_duration(hub, role, json_object_get(p, "MaxSessionDuration"), &f) < 0)
		return iam_fail_resource(r, &f, err);
	json_object_del(role, "Description");
	json_set_str(role, "Description", json_str(p, "Description"));
	json_object_del(role, "Tags");
	if (json_list(p, "Tags"))
		json_object_set(role, "Tags", json_list(p, "Tags"));
	drop_policies(hub, role, r->previous, p);
	if (add_policies(hub, r, &f) < 0)
		return iam_fail_resource(r, &f, err);
	set_attributes(r, role);
	return RESOURCE_DONE;
}

static int remove_role(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *role = hub_get(hub, IAM_ROLE, r->physical);
	struct iam_fault f;

	if (!role)
		return RESOURCE_DONE;
	drop_policies(hub, role, r->previous ? r->previous : r->properties, NULL);
	return iam_role_delete(hub, r->physical, &f) < 0 ? iam_fail_resource(r, &f, err)
							 : RESOURCE_DONE;
}

const struct resource_kind iam_kind_role = {
	.type = "AWS::IAM::Role",
	.replace_on = (const char *const[]){ "Path", "RoleName", NULL },
	.create = create_role,
	.update = update_role,
	.remove = remove_role,
	.allowed = (const char *const[]){ "AssumeRolePolicyDocument", "Description",
					  "ManagedPolicyArns", "MaxSessionDuration", "Path",
					  "PermissionsBoundary", "Policies", "RoleName", "Tags",
					  NULL },
	.required = (const char *const[]){ "AssumeRolePolicyDocument", NULL },
};

/* ---- instance profile
 * ------------------------------------------------------------------------------ */

static int set_roles(struct hub *hub, json_t *profile, const json_t *roles, struct iam_fault *f)
{
	const char *name = json_string_value(json_array_get(roles, 0));

	if (json_array_size(roles) > 1)
		return iam_fail(f, 409, "LimitExceeded",
				"Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
	if (!iam_role_find(hub, name, f))
		return -1;
	json_object_set_new(profile, "Roles", json_pack("[s]", name));
	hub_put(hub, IAM_PROFILE, json_str(profile, "InstanceProfileName"), profile);
	return 0;
}

static json_t *new_profile(struct hub *hub, const char *name, const char *path)
{
	OWN(str) char *id = iam_new_id(hub, "AIPA");
	OWN(str) char *resource = str_printf("instance-profile%s%s", path, name);
	OWN(str) char *arn = hub_arn(hub, "iam", resource);
	OWN(str) char *now = iam_now(hub);
	json_t *profile = json_object();

	json_set_str(profile, "InstanceProfileName", name);
	json_set_str(profile, "InstanceProfileId", id);
	json_set_str(profile, "Arn", arn);
	json_set_str(profile, "Path", path);
	json_set_str(profile, "CreateDate", now);
	return profile;
}

static int create_profile(struct hub *hub, struct resource *r, struct err *err)
{
	const char *given = json_str(r->properties, "InstanceProfileName");
	const char *path = json_str_or(r->properties, "Path", "/");
	OWN(str) char *name = given ? str_dup(given) : hub_physical_name(hub, r, 128, false);
	OWN(json) json_t *profile = NULL;
	struct iam_fault f;

	if (iam_check_name(name, "instanceProfileName", 128, &f) < 0 ||
	    iam_check_path(path, &f) < 0)
		return iam_fail_resource(r, &f, err);
	if (hub_get(hub, IAM_PROFILE, name)) {
		(void)iam_fail(&f, 409, "EntityAlreadyExists",
			       "Instance Profile %s already exists.", name);
		return iam_fail_resource(r, &f, err);
	}
	profile = new_profile(hub, name, path);
	if (set_roles(hub, profile, json_list(r->properties, "Roles"), &f) < 0)
		return iam_fail_resource(r, &f, err);
	r->physical = GIVE(name);
	json_set_str(r->attributes, "Arn", json_str(profile, "Arn"));
	return RESOURCE_DONE;
}

static int update_profile(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *profile = hub_get(hub, IAM_PROFILE, r->physical);
	struct iam_fault f;

	if (!profile) {
		(void)iam_fail(&f, 404, "NoSuchEntity", "Instance Profile %s cannot be found.",
			       r->physical);
		return iam_fail_resource(r, &f, err);
	}
	if (set_roles(hub, profile, json_list(r->properties, "Roles"), &f) < 0)
		return iam_fail_resource(r, &f, err);
	json_set_str(r->attributes, "Arn", json_str(profile, "Arn"));
	return RESOURCE_DONE;
}

static int remove_profile(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	hub_remove(hub, IAM_PROFILE, r->physical);
	return RESOURCE_DONE;
}

const struct resource_kind iam_kind_instance_profile = {
	.type = "AWS::IAM::InstanceProfile",
	.replace_on = (const char *const[]){ "InstanceProfileName", "Path", NULL },
	.create = create_profile,
	.update = update_profile,
	.remove = remove_profile,
	.allowed = (const char *const[]){ "InstanceProfileName", "Path", "Roles", NULL },
	.required = (const char *const[]){ "Roles", NULL },
};
