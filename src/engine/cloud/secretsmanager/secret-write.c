/* Actions that change secrets. */
#include "engine/cloud/secretsmanager/secretsmanager-internal.h"

#include <string.h>

#include "core/iam/iam.h"

static void saved(struct hub *hub, json_t *secret)
{
	hub_put(hub, SECRET, json_str(secret, "ARN"), secret);
}

static void answer(struct call *c, const json_t *secret, const char *version)
{
	json_set_str(c->out, "ARN", json_str(secret, "ARN"));
	json_set_str(c->out, "Name", json_str(secret, "Name"));
	json_set_str(c->out, "VersionId", version);
}

static int check_name(struct call *c, const char *name)
{
	if (!name || !*name)
		return call_fail(c, 400, "InvalidParameterException",
				 "You must provide a value for the Name parameter.");
	if (strlen(name) > 512 ||
	    name[strspn(name,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_+=.@-")])
		return call_fail(
			c, 400, "ValidationException",
			"Invalid name. Must be a valid name containing alphanumeric characters, "
			"or any of the following: -/_+=.@!");
	return 0;
}

/* The name is free, or the call is a repetition (*ret_same). */
static int check_free(struct hub *hub, struct call *c, const char *name, json_t **ret_same)
{
	const char *token = json_str(c->in, "ClientRequestToken");
	json_t *other = secret_lookup(hub, name), *version;

	if (!other || !str_eq(json_str(other, "Name"), name))
		return 0;
	if (json_object_get(other, "DeletedDate"))
		return call_fail(c, 400, "InvalidRequestException",
				 "You can't create this secret because a secret with this name is "
				 "already scheduled for deletion.");
	version = token ? json_object_get(json_map(other, "Versions"), token) : NULL;
	if (version && json_equal(json_object_get(version, "SecretString"),
				  json_object_get(c->in, "SecretString"))) {
		*ret_same = other;
		return 0;
	}
	return call_fail(c, 400, "ResourceExistsException",
			 "The operation failed because the secret %s already exists.", name);
}

static json_t *new_secret(struct hub *hub, const json_t *in)
{
	const char *name = json_str(in, "Name");
	OWN(str)
	char *suffix = hub_random(
		hub, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 6);
	OWN(str) char *resource = str_printf("secret:%s-%s", name, suffix);
	OWN(str) char *arn = hub_arn(hub, "secretsmanager", resource);
	json_t *secret = json_object();

	json_set_str(secret, "ARN", arn);
	json_set_str(secret, "Name", name);
	json_set_str(secret, "Description", json_str(in, "Description"));
	json_set_str(secret, "KmsKeyId", json_str(in, "KmsKeyId"));
	if (json_list(in, "Tags"))
		json_object_set(secret, "Tags", json_list(in, "Tags"));
	json_set_int(secret, "CreatedDate", hub_now_ms(hub));
	json_set_int(secret, "LastChangedDate", hub_now_ms(hub));
	json_object_set_new(secret, "Versions", json_object());
	return secret;
}

int secret_run_create(struct hub *hub, struct call *c)
{
	const char *name = json_str(c->in, "Name"), *version;
	OWN(json) json_t *secret = NULL;
	json_t *same = NULL;

	if (check_name(c, name) < 0 || check_free(hub, c, name, &same) < 0 ||
	    secret_check_key_usable(hub, c, json_str(c->in, "KmsKeyId")) < 0)
		return -1;
	if (same) {
		answer(c, same, json_str(c->in, "ClientRequestToken"));
		return 0;
	}
	secret = new_secret(hub, c->in);
	if (secret_put(hub, c, secret, NULL, &version) < 0)
		return -1;
	saved(hub, secret);
	answer(c, secret, version);
	return 0;
}

int secret_run_put_value(struct hub *hub, struct call *c)
{
	json_t *secret = secret_find(hub, c);
	const char *version;

	if (!secret || secret_put(hub, c, secret, json_list(c->in, "VersionStages"), &version) < 0)
		return -1;
	if (!version)
		return call_fail(c, 400, "InvalidRequestException",
				 "You must provide either SecretString or SecretBinary.");
	saved(hub, secret);
	answer(c, secret, version);
	json_object_set(
		c->out, "VersionStages",
		json_list(json_object_get(json_map(secret, "Versions"), version), "Stages"));
	return 0;
}

int secret_run_update(struct hub *hub, struct call *c)
{
	json_t *secret = secret_find(hub, c);
	const char *version = NULL;

	if (!secret || secret_check_key_usable(hub, c, json_str(c->in, "KmsKeyId")) < 0 ||
	    secret_put(hub, c, secret, NULL, &version) < 0)
		return -1;
	json_set_str(secret, "Description", json_str(c->in, "Description"));
	json_set_str(secret, "KmsKeyId", json_str(c->in, "KmsKeyId"));
	json_set_int(secret, "LastChangedDate", hub_now_ms(hub));
	saved(hub, secret);
	answer(c, secret, version);
	return 0;
}

int secret_run_delete(struct hub *hub, struct call *c)
{
	bool force = json_bool_or(c->in, "ForceDeleteWithoutRecovery", false);
	bool window = json_object_get(c->in, "RecoveryWindowInDays") != NULL;
	json_int_t days = json_int_or(c->in, "RecoveryWindowInDays", window ? -1 : 30);
	OWN(json) json_t *secret = json_incref(secret_find(hub, c));

	if (!secret)
		return -1;
	if (force && window)
		return call_fail(c, 400, "InvalidParameterException",
				 "You can't use ForceDeleteWithoutRecovery in conjunction with "
				 "RecoveryWindowInDays.");
	if (days < 7 || days > 30)
		return call_fail(c, 400, "InvalidParameterException",
				 "The RecoveryWindowInDays value must be between 7 and 30 days "
				 "(inclusive).");
	json_set_int(secret, "DeletedDate", hub_now_ms(hub) + (force ? 0 : days * 86400000));
	if (force)
		hub_remove(hub, SECRET, json_str(secret, "ARN"));
	else
		saved(hub, secret);
	answer(c, secret, NULL);
	secret_set_time(c->out, "DeletionDate", secret, "DeletedDate");
	return 0;
}

int secret_run_restore(struct hub *hub, struct call *c)
{
	json_t *secret = secret_find_any(hub, c);

	if (!secret)
		return -1;
	json_object_del(secret, "DeletedDate");
	saved(hub, secret);
	answer(c, secret, NULL);
	return 0;
}

/* ---- tags
 * ---------------------------------------------------------------------------------------- */

static void remove_tag(json_t *tags, const char *key)
{
	for (size_t i = json_array_size(tags); i > 0; i--)
		if (str_eq(json_str(json_array_get(tags, i - 1), "Key"), key))
			json_array_remove(tags, i - 1);
}

int secret_run_tag(struct hub *hub, struct call *c)
{
	json_t *secret = secret_find(hub, c), *given = json_list(c->in, "Tags"), *tags;

	if (!secret)
		return -1;
	if (!given)
		return call_fail(c, 400, "InvalidParameterException",
				 "You must provide a value for the Tags parameter.");
	tags = json_list(secret, "Tags") ? json_copy(json_list(secret, "Tags")) : json_array();
	for (size_t i = 0; i < json_array_size(given); i++) {
		remove_tag(tags, json_str(json_array_get(given, i), "Key"));
		json_array_append(tags, json_array_get(given, i));
	}
	json_object_set_new(secret, "Tags", tags);
	saved(hub, secret);
	return 0;
}

int secret_run_untag(struct hub *hub, struct call *c)
{
	json_t *secret = secret_find(hub, c), *keys = json_list(c->in, "TagKeys"), *tags;

	if (!secret)
		return -1;
	tags = json_list(secret, "Tags") ? json_copy(json_list(secret, "Tags")) : json_array();
	for (size_t i = 0; i < json_array_size(keys); i++)
		remove_tag(tags, json_string_value(json_array_get(keys, i)));
	json_object_set_new(secret, "Tags", tags);
	saved(hub, secret);
	return 0;
}

/* ---- resource policies
 * --------------------------------------------------------------------------- */

int secret_run_put_policy(struct hub *hub, struct call *c)
{
	json_t *secret = secret_find(hub, c);
	const char *text = json_str_or(c->in, "ResourcePolicy", "");
	OWN(json) json_t *policy = NULL;
	struct err err = { 0 };

	if (!secret)
		return -1;
	if (json_parse_text("policy", text, strlen(text), &policy, NULL) < 0)
		return call_fail(c, 400, "MalformedPolicyDocumentException",
				 "This resource policy contains invalid Json");
	if (iam_policy_check(policy, 1, &err) < 0)
		return call_fail(c, 400, "MalformedPolicyDocumentException",
				 "This resource policy contains a malformed policy: %s", err.text);
	json_object_set(secret, "Policy", policy);
	saved(hub, secret);
	answer(c, secret, NULL);
	return 0;
}

int secret_run_get_policy(struct hub *hub, struct call *c)
{
	json_t *secret = secret_find(hub, c);
	OWN(str) char *text = NULL;

	if (!secret)
		return -1;
	answer(c, secret, NULL);
	if (json_map(secret, "Policy"))
		text = json_text(json_map(secret, "Policy"));
	json_set_str(c->out, "ResourcePolicy", text);
	return 0;
}

int secret_run_delete_policy(struct hub *hub, struct call *c)
{
	json_t *secret = secret_find(hub, c);

	if (!secret)
		return -1;
	json_object_del(secret, "Policy");
	saved(hub, secret);
	answer(c, secret, NULL);
	return 0;
}
