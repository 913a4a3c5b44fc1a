/* Managed policies of the account. */
#include "engine/cloud/iam/iam-internal.h"

#include <string.h>

const json_t *iam_policy_document(struct hub *hub, const char *arn)
{
	const json_t *policy = hub_get(hub, IAM_POLICY, arn);

	return policy ? json_map(policy, "Document") : iam_managed_policy(arn);
}

int iam_policy_create(struct hub *hub, const json_t *want, json_t **ret_policy, struct iam_fault *f)
{
	const char *name = json_str(want, "PolicyName"), *path = json_str_or(want, "Path", "/");
	OWN(str) char *resource = NULL;
	OWN(str) char *arn = NULL;
	OWN(str) char *id = iam_new_id(hub, "ANPA");
	OWN(str) char *now = iam_now(hub);
	OWN(json) json_t *policy = json_object();
	json_t *document = NULL;

	if (iam_check_name(name, "policyName", 128, f) < 0 || iam_check_path(path, f) < 0)
		return -1;
	resource = str_printf("policy%s%s", path, name);
	arn = hub_arn(hub, "iam", resource);
	if (hub_get(hub, IAM_POLICY, arn))
		return iam_fail(
			f, 409, "EntityAlreadyExists",
			"A policy called %s already exists. Duplicate names are not allowed.",
			name);
	if (iam_document(json_object_get(want, "PolicyDocument"), false, &document, f) < 0)
		return -1;
	json_set_str(policy, "PolicyName", name);
	json_set_str(policy, "PolicyId", id);
	json_set_str(policy, "Arn", arn);
	json_set_str(policy, "Path", path);
	json_set_str(policy, "DefaultVersionId", "v1");
	json_set_str(policy, "Description", json_str(want, "Description"));
	json_set_str(policy, "CreateDate", now);
	json_set_str(policy, "UpdateDate", now);
	json_object_set_new(policy, "Document", document);
	hub_put(hub, IAM_POLICY, arn, policy);
	*ret_policy = policy;
	return 0;
}

size_t iam_policy_attachments(struct hub *hub, const char *arn)
{
	const char *name;
	json_t *role;
	size_t count = 0;

	json_object_foreach(hub_all(hub, IAM_ROLE), name, role)
	{
		const json_t *attached = json_list(role, "Attached");

		for (size_t i = 0; i < json_array_size(attached); i++)
			count += str_eq(json_string_value(json_array_get(attached, i)), arn);
	}
	return count;
}

int iam_policy_delete(struct hub *hub, const char *arn, struct iam_fault *f)
{
	if (!hub_get(hub, IAM_POLICY, arn))
		return iam_fail(f, 404, "NoSuchEntity", "Policy %s was not found.", arn ? arn : "");
	if (iam_policy_attachments(hub, arn))
		return iam_fail(f, 409, "DeleteConflict",
				"Cannot delete a policy attached to entities.");
	hub_remove(hub, IAM_POLICY, arn);
	return 0;
}
