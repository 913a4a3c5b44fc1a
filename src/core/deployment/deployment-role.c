/* IAM roles with every policy that is attached to them, from either side. */
#include <string.h>

#include "core/deployment/deployment-internal.h"

/* ---- roles ----------------------------------------------------------------------------------- */

static struct deployment_role *role_new(struct deployment *d, const struct deployment_resource *r)
{
	struct deployment_role *role = NEW(struct deployment_role);

	role->resource = r;
	LIST_ADD(d->roles, d->role_count, role);
	if (!r)
		return role;
	view_set(d, r, role);
	role->trust = property(r, "AssumeRolePolicyDocument");
	return role;
}

/* Policies name their roles, so a text may be a name. */
static struct deployment_role *role_named(const struct deployment *d, const json_t *value)
{
	const char *name = deployment_text(d, value);
	OWN(str) char *key = name ? str_printf("iam:role/%s", name) : NULL;
	const json_t *index = key ? json_object_get(d->arns, key) : NULL;

	return index ? d->views[json_integer_value(index)] : NULL;
}

struct deployment_role *role_of(struct deployment *d, const json_t *value)
{
	struct deployment_role *role = view_of(d, value, "AWS::IAM::Role");
	const char *text = value ? deployment_text(d, value) : NULL;
	size_t index;

	if (text && !*text)
		return NULL; /* ECS takes an empty ARN for none */
	if (!role && value)
		role = role_named(d, value);
	if (role || !value)
		return role;
	index = outside_index(d, "role", value, d->role_count);
	return index < d->role_count ? d->roles[index] : role_new(d, NULL);
}

/* ---- policies -------------------------------------------------------------------------------- */

static void policy_add(struct deployment_role *role, const struct deployment_resource *r,
		       const char *name, const json_t *document)
{
	LIST_ADD(role->policies, role->policy_count,
		 ((struct deployment_policy){
			 .resource = r, .name = name ? name : "", .document = document }));
}

static void inline_policies(struct deployment *d, struct deployment_role *role)
{
	const json_t *list = property(role->resource, "Policies");

	for (size_t i = 0; i < member_count(list); i++) {
		const json_t *policy = member_at(list, i);

		policy_add(role, role->resource,
			   deployment_text(d, json_object_get(policy, "PolicyName")),
			   json_object_get(policy, "PolicyDocument"));
	}
}

/* The ARN of a managed policy as text; the partition does not matter to what it allows. */
static const char *arn_text(struct deployment *d, const json_t *value)
{
	const char *text = deployment_text(d, value);
	OWN(str) char *flat = text ? NULL : text_flatten(d, value, '?');

	if (text || !flat)
		return text;
	if (str_starts(flat, "arn:?:"))
		return text_keep(d, str_printf("arn:aws:%s", flat + strlen("arn:?:")));
	return json_str(value, "$symbol");
}

static bool attached(const struct deployment_role *role, const struct deployment_resource *policy)
{
	for (size_t i = 0; i < role->policy_count; i++)
		if (role->policies[i].resource == policy)
			return true;
	return false;
}

static void managed_add(struct deployment *d, struct deployment_role *role,
			const struct deployment_resource *policy)
{
	const char *name = deployment_text(d, property(policy, "ManagedPolicyName"));

	if (!attached(role, policy))
		policy_add(role, policy, name ? name : policy->logical,
			   property(policy, "PolicyDocument"));
}

static void managed_policies(struct deployment *d, struct deployment_role *role)
{
	const json_t *list = property(role->resource, "ManagedPolicyArns");

	for (size_t i = 0; i < member_count(list); i++) {
		const json_t *arn = member_at(list, i);
		const struct deployment_resource *policy =
			target_of_type(d, arn, "AWS::IAM::ManagedPolicy");

		if (policy)
			managed_add(d, role, policy);
		else
			policy_add(role, role->resource, arn_text(d, arn), NULL);
	}
}

static void boundary_read(struct deployment *d, struct deployment_role *role)
{
	const json_t *arn = property(role->resource, "PermissionsBoundary");
	const struct deployment_resource *policy =
		target_of_type(d, arn, "AWS::IAM::ManagedPolicy");

	if (policy)
		role->boundary = property(policy, "PolicyDocument");
	role->boundary_unknown = arn && !role->boundary;
}

/* AWS::IAM::Policy and AWS::IAM::ManagedPolicy name roles in a list, AWS::IAM::RolePolicy one. */
static void attachments(struct deployment *d, const char *type, const char *roles_key)
{
	const json_t *all = resources_of(d, type);

	for (size_t i = 0; i < json_array_size(all); i++) {
		const struct deployment_resource *r = resource_at(d, all, i);
		const json_t *list = property(r, roles_key);

		for (size_t k = 0; k < member_count(list); k++) {
			struct deployment_role *role = role_of(d, member_at(list, k));

			if (!role)
				continue; /* an empty name */
			if (!strcmp(type, "AWS::IAM::ManagedPolicy"))
				managed_add(d, role, r);
			else
				policy_add(role, r, deployment_text(d, property(r, "PolicyName")),
					   property(r, "PolicyDocument"));
		}
	}
}

void roles_read(struct deployment *d)
{
	const json_t *all = resources_of(d, "AWS::IAM::Role");
	size_t declared = json_array_size(all);

	for (size_t i = 0; i < declared; i++)
		(void)role_new(d, resource_at(d, all, i));
	for (size_t i = 0; i < declared; i++) {
		inline_policies(d, d->roles[i]);
		managed_policies(d, d->roles[i]);
		boundary_read(d, d->roles[i]);
	}
	attachments(d, "AWS::IAM::Policy", "Roles");
	attachments(d, "AWS::IAM::RolePolicy", "RoleName");
	attachments(d, "AWS::IAM::ManagedPolicy", "Roles");
}

void roles_free(struct deployment *d)
{
	for (size_t i = 0; i < d->role_count; i++) {
		free(d->roles[i]->policies);
		free(d->roles[i]);
	}
	free(d->roles);
}
