/* Secrets and their versions. */
#include "engine/cloud/secretsmanager/secretsmanager-internal.h"

#include <string.h>

#define SUFFIX 7 /* "-" and six characters */

static bool gone(struct hub *hub, const json_t *secret)
{
	json_int_t ends = json_int_or(secret, "DeletedDate", 0);

	return ends && ends <= hub_now_ms(hub);
}

static bool is_named(const json_t *secret, const char *id)
{
	const char *arn = json_str(secret, "ARN");
	size_t len = strlen(arn);

	if (!strcmp(json_str(secret, "Name"), id) || !strcmp(arn, id))
		return true;
	return str_starts(id, "arn:") && strlen(id) == len - SUFFIX &&
	       !strncmp(arn, id, len - SUFFIX);
}

json_t *secret_lookup(struct hub *hub, const char *id)
{
	const char *arn;
	void *next;
	json_t *secret, *found = NULL;

	json_object_foreach_safe(hub_all(hub, SECRET), next, arn, secret)
	{
		if (!id || !is_named(secret, id))
			continue;
		if (gone(hub, secret))
			hub_remove(hub, SECRET, arn);
		else
			found = secret;
		break;
	}
	return found;
}

json_t *secret_find_any(struct hub *hub, struct call *c)
{
	const char *id = json_str(c->in, "SecretId");
	json_t *secret;

	if (!id || !*id) {
		(void)call_fail(c, 400, "InvalidParameterException",
				"You must provide a value for the SecretId parameter.");
		return NULL;
	}
	secret = secret_lookup(hub, id);
	if (!secret)
		(void)call_fail(c, 400, "ResourceNotFoundException",
				"Secrets Manager can't find the specified secret.");
	return secret;
}

json_t *secret_find(struct hub *hub, struct call *c)
{
	json_t *secret = secret_find_any(hub, c);

	if (!secret || !json_object_get(secret, "DeletedDate"))
		return secret;
	(void)call_fail(c, 400, "InvalidRequestException",
			"You can't perform this operation on the secret because it was marked for "
			"deletion.");
	return NULL;
}

bool secret_has_stage(const json_t *version, const char *stage)
{
	const json_t *stages = json_list(version, "Stages");

	for (size_t i = 0; i < json_array_size(stages); i++)
		if (str_eq(json_string_value(json_array_get(stages, i)), stage))
			return true;
	return false;
}

json_t *secret_version_at(const json_t *secret, const char *stage, const char **ret_id)
{
	const char *id;
	json_t *version;

	json_object_foreach(json_map(secret, "Versions"), id, version)
	{
		if (!secret_has_stage(version, stage))
			continue;
		if (ret_id)
			*ret_id = id;
		return version;
	}
	return NULL;
}

static void drop_stage(json_t *secret, const char *stage)
{
	json_t *version = secret_version_at(secret, stage, NULL),
	       *stages = json_list(version, "Stages");

	for (size_t i = 0; i < json_array_size(stages); i++)
		if (str_eq(json_string_value(json_array_get(stages, i)), stage))
			json_array_remove(stages, i);
}

/* A version without a stage is deprecated; AWS may remove it at any time, here it goes at once. */
static void drop_deprecated(json_t *secret)
{
	const char *id;
	void *next;
	json_t *version, *versions = json_map(secret, "Versions");

	json_object_foreach_safe(versions, next, id,
				 version) if (!json_array_size(json_list(version, "Stages")))
		json_object_del(versions, id);
}

/* Moves the stages to `version`. The one that loses AWSCURRENT becomes AWSPREVIOUS. */
static void move_stages(json_t *secret, json_t *version, const json_t *stages)
{
	for (size_t i = 0; i < json_array_size(stages); i++) {
		const char *stage = json_string_value(json_array_get(stages, i));
		json_t *loser = secret_version_at(secret, stage, NULL);

		if (loser == version)
			continue;
		drop_stage(secret, stage);
		if (loser && !strcmp(stage, CURRENT)) {
			drop_stage(secret, PREVIOUS);
			json_add_str(json_list(loser, "Stages"), PREVIOUS);
		}
		json_add_str(json_list(version, "Stages"), stage);
	}
	drop_deprecated(secret);
}

static int check_value(struct call *c, const json_t *text, const json_t *binary)
{
	uint8_t *data = NULL;
	size_t len = json_string_length(text);

	if (text && binary)
		return call_fail(c, 400, "InvalidParameterException",
				 "You can't specify both SecretString and SecretBinary.");
	if ((text && !json_is_string(text)) || (binary && !json_is_string(binary)))
		return call_fail(c, 400, "InvalidParameterException",
				 "SecretString and SecretBinary must be text.");
	if (binary &&
	    base64_decode(json_string_value(binary), json_string_length(binary), &data, &len) < 0)
		return call_fail(c, 400, "SerializationException", "SecretBinary is not base64.");
	if (data)
		explicit_bzero(data, len);
	free(data);
	if (len > 65536)
		return call_fail(c, 400, "InvalidParameterException",
				 "The secret value is longer than 65536 bytes.");
	return 0;
}

static int check_stages(struct call *c, const json_t *stages)
{
	for (size_t i = 0; i < json_array_size(stages); i++) {
		size_t len = json_string_length(json_array_get(stages, i));

		if (len < 1 || len > 256)
			return call_fail(c, 400, "InvalidParameterException",
					 "VersionStages must be texts of 1 to 256 characters.");
	}
	if (json_array_size(stages) > 20)
		return call_fail(c, 400, "LimitExceededException",
				 "A version can have at most 20 staging labels.");
	return 0;
}

static json_t *new_version(struct hub *hub, const json_t *text, const json_t *binary)
{
	json_t *version = json_object();

	json_set_int(version, "CreatedDate", hub_now_ms(hub));
	json_object_set_new(version, "Stages", json_array());
	json_object_set(version, text ? "SecretString" : "SecretBinary",
			(json_t *)(uintptr_t)(text ? text : binary));
	return version;
}

int secret_put(struct hub *hub, struct call *c, json_t *secret, const json_t *stages,
	       const char **ret_version)
{
	const json_t *text = json_object_get(c->in, "SecretString"),
		     *binary = json_object_get(c->in, "SecretBinary");
	const char *token = json_str(c->in, "ClientRequestToken");
	json_t *versions = json_map(secret, "Versions"), *version;
	OWN(str) char *id = token ? str_dup(token) : hub_uuid(hub);
	OWN(json) json_t *current = json_pack("[s]", CURRENT);

	*ret_version = NULL;
	if (check_value(c, text, binary) < 0 || check_stages(c, stages) < 0)
		return -1;
	if (strlen(id) < 32 || strlen(id) > 64)
		return call_fail(c, 400, "InvalidParameterException",
				 "ClientRequestToken must be 32-64 characters long.");
	if (!text && !binary)
		return 0;
	version = json_object_get(versions, id);
	if (version &&
	    !json_equal(text ? text : binary,
			json_object_get(version, text ? "SecretString" : "SecretBinary")))
		return call_fail(
			c, 400, "ResourceExistsException",
			"You can't use ClientRequestToken %s because that value is already in "
			"use for a version of secret %s.",
			id, json_str(secret, "ARN"));
	if (!version) {
		version = new_version(hub, text, binary);
		json_object_set_new(versions, id, version);
	}
	move_stages(secret, version, json_array_size(stages) ? stages : current);
	json_set_int(secret, "LastChangedDate", hub_now_ms(hub));
	if (!json_object_get(versions, id))
		return call_fail(c, 400, "InvalidRequestException",
				 "The version has no staging label.");
	for (void *it = json_object_iter(versions); it; it = json_object_iter_next(versions, it))
		if (!strcmp(json_object_iter_key(it), id))
			*ret_version = json_object_iter_key(it);
	return 0;
}

void secret_set_time(json_t *out, const char *key, const json_t *from, const char *from_key)
{
	json_int_t ms = json_int_or(from, from_key, 0);

	if (ms)
		json_object_set_new(out, key, json_real((double)ms / 1000.0));
}

/* ---- the customer's key
 * -------------------------------------------------------------------------- */

/* AWS's own key needs no rights of the caller. */
static bool customer_key(const char *key)
{
	return key && *key && !str_ends(key, "alias/aws/secretsmanager");
}

/* KeyMetadata of the key; NULL when KMS does not know it. Caller's. */
static json_t *key_metadata(struct hub *hub, const char *key)
{
	OWN(json) json_t *in = json_pack("{s:s}", "KeyId", key);
	OWN(json) json_t *out = NULL;

	if (hub_call(hub, NULL, "kms", "DescribeKey", in, &out, NULL, NULL) < 0)
		return NULL;
	return json_incref(json_map(out, "KeyMetadata"));
}

int secret_check_key_usable(struct hub *hub, struct call *c, const char *key)
{
	OWN(json) json_t *metadata = customer_key(key) ? key_metadata(hub, key) : NULL;

	if (!customer_key(key) || str_eq(json_str(metadata, "KeyState"), "Enabled"))
		return 0;
	return call_fail(
		c, 400, "EncryptionFailure",
		"Secrets Manager can't encrypt the protected secret text using the provided "
		"KMS key. Check that the KMS key is available, enabled, and not in an invalid "
		"state.");
}

static json_t *key_policy(struct hub *hub, const char *arn)
{
	OWN(json) json_t *in = json_pack("{s:s,s:s}", "KeyId", arn, "PolicyName", "default");
	OWN(json) json_t *out = NULL;
	const char *text;
	json_t *policy = NULL;

	if (hub_call(hub, NULL, "kms", "GetKeyPolicy", in, &out, NULL, NULL) < 0)
		return NULL;
	text = json_str_or(out, "Policy", "");
	return json_parse_text("key policy", text, strlen(text), &policy, NULL) < 0 ? NULL : policy;
}

static json_t *key_context(struct hub *hub, const json_t *secret)
{
	OWN(str) char *via = str_printf("secretsmanager.%s.amazonaws.com", hub_region(hub));
	json_t *context = json_object();

	json_set_str(context, "kms:viaservice", via);
	json_set_str(context, "kms:calleraccount", hub_account(hub));
	json_set_str(context, "kms:encryptioncontext:secretarn", json_str(secret, "ARN"));
	json_set_str(context, "kms:encryptioncontextkeys", "SecretARN");
	return context;
}

int secret_check_key(struct hub *hub, struct call *c, const json_t *secret)
{
	const char *key = json_str(secret, "KmsKeyId");
	OWN(json) json_t *metadata = NULL, *policy = NULL, *context = NULL;
	struct hub_question q = { .principal = c->principal, .action = "kms:Decrypt" };

	if (!customer_key(key))
		return 0;
	metadata = key_metadata(hub, key);
	if (!str_eq(json_str(metadata, "KeyState"), "Enabled"))
		return call_fail(
			c, 400, "DecryptionFailure",
			"Secrets Manager can't decrypt the protected secret text using the "
			"provided KMS key.");
	policy = key_policy(hub, json_str(metadata, "Arn"));
	context = key_context(hub, secret);
	q.resource = json_str(metadata, "Arn");
	q.resource_policy = policy;
	q.context = context;
	if (hub_authorized(hub, &q, NULL))
		return 0;
	return call_fail(c, 400, "AccessDeniedException", "Access to KMS is not allowed");
}
