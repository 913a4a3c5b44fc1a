/* Tables of the IAM service. */
#include "engine/cloud/iam/iam-internal.h"

static char *role_arn(struct hub *hub, const struct call *c)
{
	const char *name = json_str(c->in, "RoleName");
	const json_t *role = hub_get(hub, IAM_ROLE, name);
	OWN(str) char *resource = NULL;

	if (role)
		return str_dup(json_str(role, "Arn"));
	resource = str_printf("role/%s", name ? name : "");
	return hub_arn(hub, "iam", resource);
}

static char *policy_arn(struct hub *hub, const struct call *c)
{
	(void)hub;
	return str_dup(json_str_or(c->in, "PolicyArn", "*"));
}

/* clang-format off */
static const struct action actions[] = {
	{ "GetRole", iam_run_get_role, role_arn, NULL, NULL },
	{ "ListRoles", iam_run_list_roles, NULL, NULL, NULL },
	{ "CreateRole", iam_run_create_role, role_arn, NULL, NULL },
	{ "DeleteRole", iam_run_delete_role, role_arn, NULL, NULL },
	{ "UpdateAssumeRolePolicy", iam_run_update_trust, role_arn, NULL, NULL },
	{ "ListAttachedRolePolicies", iam_run_list_attached, role_arn, NULL, NULL },
	{ "ListRolePolicies", iam_run_list_inline, role_arn, NULL, NULL },
	{ "GetRolePolicy", iam_run_get_inline, role_arn, NULL, NULL },
	{ "PutRolePolicy", iam_run_put_inline, role_arn, NULL, NULL },
	{ "DeleteRolePolicy", iam_run_delete_inline, role_arn, NULL, NULL },
	{ "AttachRolePolicy", iam_run_attach, role_arn, NULL, NULL },
	{ "DetachRolePolicy", iam_run_detach, role_arn, NULL, NULL },
	{ "ListInstanceProfilesForRole", iam_run_list_profiles_of_role, role_arn, NULL, NULL },
	{ "GetInstanceProfile", iam_run_get_profile, NULL, NULL, NULL },
	{ "CreatePolicy", iam_run_create_policy, NULL, NULL, NULL },
	{ "GetPolicy", iam_run_get_policy, policy_arn, NULL, NULL },
	{ "GetPolicyVersion", iam_run_get_policy_version, policy_arn, NULL, NULL },
	{ "ListPolicies", iam_run_list_policies, NULL, NULL, NULL },
	{ "DeletePolicy", iam_run_delete_policy, policy_arn, NULL, NULL },
	{ "SimulatePrincipalPolicy", iam_run_simulate, NULL, NULL, NULL },
	{ "GetUser", iam_run_get_user, NULL, NULL, NULL },
	{ 0 },
};
/* clang-format on */

static const struct resource_kind *const kinds[] = {
	&iam_kind_role,		  &iam_kind_policy,	      &iam_kind_role_policy,
	&iam_kind_managed_policy, &iam_kind_instance_profile, NULL,
};

/* Accounts that have used ECS have its role; nothing here acts by it. */
static int make_service_role(struct hub *hub, struct err *err)
{
	OWN(json) json_t *want = json_pack(
		"{s:s,s:s,s:s}", "RoleName", "AWSServiceRoleForECS", "Path",
		"/aws-service-role/ecs.amazonaws.com/", "AssumeRolePolicyDocument",
		"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{"
		"\"Service\":\"ecs.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}");
	struct iam_fault f;
	json_t *role;

	if (hub_get(hub, IAM_ROLE, "AWSServiceRoleForECS") || iam_role_create(hub, want, &role, &f) == 0)
		return 0;
	return err_set(err, ERR_BUG, "iam: %s", f.text);
}

static int start(struct hub *hub, struct err *err)
{
	if (make_service_role(hub, err) < 0)
		return -1;
	hub_set_authorizer(hub, iam_authorize);
	hub_set_trust(hub, iam_trust);
	return 0;
}

const struct service service_iam = {
	.name = "iam",
	.actions = actions,
	.kinds = kinds,
	.start = start,
	.covers = "Roles with inline and managed policies, permissions boundaries and instance "
		  "profiles; "
		  "policies are evaluated in front of every call that a role makes. No users, "
		  "groups, "
		  "policy versions; of the service-linked roles ECS's alone is there.",
};
