/* Tables of the Secrets Manager service. */
#include "engine/cloud/secretsmanager/secretsmanager-internal.h"

#include <string.h>

/* What a policy's Resource is compared with. A secret that does not exist has no six characters
 * yet: question marks stand for them, as in AWS's own texts. */
static char *secret_arn(struct hub *hub, const struct call *c)
{
	const char *id = json_str(c->in, "SecretId");
	const json_t *secret;
	OWN(str) char *resource = NULL;

	if (!id)
		id = json_str_or(c->in, "Name", "");
	secret = secret_lookup(hub, id);
	if (secret)
		return str_dup(json_str(secret, "ARN"));
	if (str_starts(id, "arn:"))
		return str_dup(id);
	resource = str_printf("secret:%s-%s", id,
			      "??"
			      "??"
			      "??");
	return hub_arn(hub, "secretsmanager", resource);
}

static const json_t *secret_policy(struct hub *hub, const struct call *c)
{
	return json_map(secret_lookup(hub, json_str(c->in, "SecretId")), "Policy");
}

/* clang-format off */
static const struct action actions[] = {
	{ "CreateSecret", secret_run_create, secret_arn, NULL, NULL },
	{ "PutSecretValue", secret_run_put_value, secret_arn, NULL, secret_policy },
	{ "GetSecretValue", secret_run_get_value, secret_arn, NULL, secret_policy },
	{ "DescribeSecret", secret_run_describe, secret_arn, NULL, secret_policy },
	{ "ListSecrets", secret_run_list, NULL, NULL, NULL },
	{ "UpdateSecret", secret_run_update, secret_arn, NULL, secret_policy },
	{ "DeleteSecret", secret_run_delete, secret_arn, NULL, secret_policy },
	{ "RestoreSecret", secret_run_restore, secret_arn, NULL, secret_policy },
	{ "ListSecretVersionIds", secret_run_list_versions, secret_arn, NULL, secret_policy },
	{ "GetResourcePolicy", secret_run_get_policy, secret_arn, NULL, secret_policy },
	{ "PutResourcePolicy", secret_run_put_policy, secret_arn, NULL, secret_policy },
	{ "DeleteResourcePolicy", secret_run_delete_policy, secret_arn, NULL, secret_policy },
	{ "TagResource", secret_run_tag, secret_arn, NULL, secret_policy },
	{ "UntagResource", secret_run_untag, secret_arn, NULL, secret_policy },
	{ "GetRandomPassword", secret_run_password, NULL, NULL, NULL },
	{ "BatchGetSecretValue", secret_run_batch_get, NULL, NULL, NULL },
	{ 0 },
};
/* clang-format on */

static const struct resource_kind *const kinds[] = { &secret_kind, &secret_kind_policy, NULL };

const struct service service_secretsmanager = {
	.name = "secretsmanager",
	.actions = actions,
	.kinds = kinds,
	.covers = "Secrets with versions, staging labels, recovery windows, resource policies, "
		  "generated "
		  "values and customer keys. No rotation and no replication.",
};
