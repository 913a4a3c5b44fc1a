/* Keys and aliases. Objects: "kms:key" by id: Arn, KeyId, Description, KeyState, DeletionDate and
 * CreationDate (milliseconds), Policy (document), Rotation, Tags; "kms:alias" by "alias/name":
 * TargetKeyId, dates. */
#include "engine/cloud/kms/kms.h"

#include <stdio.h>
#include <string.h>

#include "core/iam/iam.h"

#define KEY "kms:key"
#define ALIAS "kms:alias"

static const char *key_id_of_arn(const char *id)
{
	const char *at = str_starts(id, "arn:") ? strstr(id, ":key/") : NULL;

	return at ? at + strlen(":key/") : id;
}

static const char *alias_of_arn(const char *id)
{
	const char *at = str_starts(id, "arn:") ? strstr(id, ":alias/") : NULL;

	return at ? at + 1 : id;
}

static bool in_our_account(struct hub *hub, const char *id)
{
	OWN(str) char *start = hub_arn(hub, "kms", "");

	return !str_starts(id, "arn:") || str_starts(id, start);
}

/* By id, ARN, alias or alias ARN; borrowed or NULL. */
static json_t *lookup(struct hub *hub, const char *id)
{
	const char *alias = id ? alias_of_arn(id) : NULL;
	json_t *key;

	if (!id || !in_our_account(hub, id))
		return NULL;
	if (str_starts(alias, "alias/"))
		id = json_str(hub_get(hub, ALIAS, alias), "TargetKeyId");
	key = id ? hub_get(hub, KEY, key_id_of_arn(id)) : NULL;
	if (key && json_int_or(key, "DeletionDate", INT64_MAX) <= hub_now_ms(hub)) {
		hub_remove(hub, KEY, json_str(key, "KeyId"));
		return NULL;
	}
	return key;
}

static json_t *find(struct hub *hub, struct call *c)
{
	const char *id = json_str(c->in, "KeyId");
	json_t *key = lookup(hub, id);

	if (key)
		return key;
	if (!id)
		(void)call_fail(
			c, 400, "ValidationException",
			"1 validation error detected: Value null at 'keyId' failed to satisfy "
			"constraint: Member must not be null");
	else if (str_starts(alias_of_arn(id), "alias/"))
		(void)call_fail(c, 400, "NotFoundException", "Alias %s is not found.", id);
	else
		(void)call_fail(c, 400, "NotFoundException", "Key '%s' does not exist", id);
	return NULL;
}

/* CloudFormation and CreateKey without a policy: the account's identity policies decide. */
static json_t *default_policy(struct hub *hub)
{
	OWN(str) char *root = hub_arn(hub, "iam", "root");

	return json_pack("{s:s,s:s,s:[{s:s,s:s,s:{s:s},s:s,s:s}]}", "Version", "2012-10-17", "Id",
			 "key-default-1", "Statement", "Sid", "Enable IAM User Permissions",
			 "Effect", "Allow", "Principal", "AWS", root, "Action", "kms:*", "Resource",
			 "*");
}

static int set_policy(struct hub *hub, struct call *c, json_t *key, const char *text)
{
	OWN(json) json_t *policy = NULL;
	struct err err = { 0 };

	if (!text)
		policy = default_policy(hub);
	else if (json_parse_text("policy", text, strlen(text), &policy, NULL) < 0)
		return call_fail(c, 400, "MalformedPolicyDocumentException",
				 "The policy is not valid JSON.");
	if (iam_policy_check(policy, 1, &err) < 0)
		return call_fail(c, 400, "MalformedPolicyDocumentException", "%s", err.text);
	json_object_set(key, "Policy", policy);
	return 0;
}

static void set_time(json_t *out, const char *name, const json_t *key)
{
	json_int_t ms = json_int_or(key, name, 0);

	if (ms)
		json_object_set_new(out, name, json_real((double)ms / 1000.0));
}

static json_t *metadata(struct hub *hub, const json_t *key)
{
	json_t *out = json_object();
	bool enabled = str_eq(json_str(key, "KeyState"), "Enabled");

	json_set_str(out, "AWSAccountId", hub_account(hub));
	json_set_str(out, "KeyId", json_str(key, "KeyId"));
	json_set_str(out, "Arn", json_str(key, "Arn"));
	json_set_str(out, "Description", json_str_or(key, "Description", ""));
	json_set_str(out, "KeyState", json_str(key, "KeyState"));
	json_set_bool(out, "Enabled", enabled);
	json_set_str(out, "KeyUsage", "ENCRYPT_DECRYPT");
	json_set_str(out, "KeySpec", "SYMMETRIC_DEFAULT");
	json_set_str(out, "CustomerMasterKeySpec", "SYMMETRIC_DEFAULT");
	json_object_set_new(out, "EncryptionAlgorithms", json_pack("[s]", "SYMMETRIC_DEFAULT"));
	json_set_str(out, "Origin", "AWS_KMS");
	json_set_str(out, "KeyManager", "CUSTOMER");
	json_set_bool(out, "MultiRegion", false);
	set_time(out, "CreationDate", key);
	set_time(out, "DeletionDate", key);
	return out;
}

static int run_create(struct hub *hub, struct call *c)
{
	OWN(str) char *id = hub_uuid(hub);
	OWN(str) char *resource = str_printf("key/%s", id);
	OWN(str) char *arn = hub_arn(hub, "kms", resource);
	OWN(json) json_t *key = json_object();
	const char *usage = json_str_or(c->in, "KeyUsage", "ENCRYPT_DECRYPT");
	const char *spec = json_str_or(c->in, "KeySpec", "SYMMETRIC_DEFAULT");

	if (strcmp(usage, "ENCRYPT_DECRYPT") != 0 || strcmp(spec, "SYMMETRIC_DEFAULT") != 0 ||
	    json_bool_or(c->in, "MultiRegion", false))
		return call_fail(c, 400, "UnsupportedOperationException",
				 "The local cloud has symmetric keys of one region only.");
	if (set_policy(hub, c, key, json_str(c->in, "Policy")) < 0)
		return -1;
	json_set_str(key, "KeyId", id);
	json_set_str(key, "Arn", arn);
	json_set_str(key, "Description", json_str(c->in, "Description"));
	json_set_str(key, "KeyState", "Enabled");
	json_set_int(key, "CreationDate", hub_now_ms(hub));
	if (json_list(c->in, "Tags"))
		json_object_set(key, "Tags", json_list(c->in, "Tags"));
	hub_put(hub, KEY, id, key);
	json_object_set_new(c->out, "KeyMetadata", metadata(hub, key));
	return 0;
}

static int run_describe(struct hub *hub, struct call *c)
{
	const json_t *key = find(hub, c);

	if (!key)
		return -1;
	json_object_set_new(c->out, "KeyMetadata", metadata(hub, key));
	return 0;
}

static int run_list(struct hub *hub, struct call *c)
{
	json_t *list = json_array(), *key;
	const char *id;

	json_object_foreach(hub_all(hub, KEY), id, key)
	{
		json_t *entry = json_object();

		json_set_str(entry, "KeyId", id);
		json_set_str(entry, "KeyArn", json_str(key, "Arn"));
		json_array_append_new(list, entry);
	}
	json_object_set_new(c->out, "Keys", list);
	json_set_bool(c->out, "Truncated", false);
	return 0;
}

static int run_get_policy(struct hub *hub, struct call *c)
{
	const json_t *key = find(hub, c);
	OWN(str) char *text = NULL;

	if (!key)
		return -1;
	if (strcmp(json_str_or(c->in, "PolicyName", "default"), "default") != 0)
		return call_fail(c, 400, "NotFoundException", "No such policy exists");
	text = json_text(json_map(key, "Policy"));
	json_set_str(c->out, "Policy", text);
	json_set_str(c->out, "PolicyName", "default");
	return 0;
}

static int run_put_policy(struct hub *hub, struct call *c)
{
	json_t *key = find(hub, c);

	if (!key || set_policy(hub, c, key, json_str_or(c->in, "Policy", "")) < 0)
		return -1;
	hub_put(hub, KEY, json_str(key, "KeyId"), key);
	return 0;
}

static int run_list_aliases(struct hub *hub, struct call *c)
{
	const json_t *only = json_object_get(c->in, "KeyId") ? find(hub, c) : NULL;
	json_t *list = json_array(), *alias;
	const char *name;

	json_object_set_new(c->out, "Aliases", list);
	json_set_bool(c->out, "Truncated", false);
	if (json_object_get(c->in, "KeyId") && !only)
		return -1;
	json_object_foreach(hub_all(hub, ALIAS), name, alias)
	{
		OWN(str) char *arn = hub_arn(hub, "kms", name);
		json_t *entry;

		if (only && !str_eq(json_str(only, "KeyId"), json_str(alias, "TargetKeyId")))
			continue;
		entry = json_object();
		json_set_str(entry, "AliasName", name);
		json_set_str(entry, "AliasArn", arn);
		json_set_str(entry, "TargetKeyId", json_str(alias, "TargetKeyId"));
		set_time(entry, "CreationDate", alias);
		json_array_append_new(list, entry);
	}
	return 0;
}

static int run_schedule(struct hub *hub, struct call *c)
{
	json_t *key = find(hub, c);
	json_int_t days = json_int_or(c->in, "PendingWindowInDays", 30);

	if (!key)
		return -1;
	if (days < 7 || days > 30)
		return call_fail(
			c, 400, "ValidationException",
			"1 validation error detected: Value '%lld' at 'pendingWindowInDays' "
			"failed to satisfy constraint: Member must have value between 7 and 30",
			(long long)days);
	if (str_eq(json_str(key, "KeyState"), "PendingDeletion"))
		return call_fail(c, 400, "KMSInvalidStateException", "%s is pending deletion.",
				 json_str(key, "Arn"));
	json_set_str(key, "KeyState", "PendingDeletion");
	json_set_int(key, "DeletionDate", hub_now_ms(hub) + days * 86400000);
	hub_put(hub, KEY, json_str(key, "KeyId"), key);
	json_set_str(c->out, "KeyId", json_str(key, "Arn"));
	json_set_str(c->out, "KeyState", "PendingDeletion");
	json_set_int(c->out, "PendingWindowInDays", days);
	set_time(c->out, "DeletionDate", key);
	return 0;
}

static int run_cancel(struct hub *hub, struct call *c)
{
	json_t *key = find(hub, c);

	if (!key)
		return -1;
	if (!str_eq(json_str(key, "KeyState"), "PendingDeletion"))
		return call_fail(c, 400, "KMSInvalidStateException", "%s is not pending deletion.",
				 json_str(key, "Arn"));
	json_object_del(key, "DeletionDate");
	json_set_str(key, "KeyState", "Disabled"); /* AWS leaves it disabled */
	hub_put(hub, KEY, json_str(key, "KeyId"), key);
	json_set_str(c->out, "KeyId", json_str(key, "Arn"));
	return 0;
}

static int set_enabled(struct hub *hub, struct call *c, const char *state)
{
	json_t *key = find(hub, c);

	if (!key)
		return -1;
	if (str_eq(json_str(key, "KeyState"), "PendingDeletion"))
		return call_fail(c, 400, "KMSInvalidStateException", "%s is pending deletion.",
				 json_str(key, "Arn"));
	json_set_str(key, "KeyState", state);
	hub_put(hub, KEY, json_str(key, "KeyId"), key);
	return 0;
}

static int run_enable(struct hub *hub, struct call *c)
{
	return set_enabled(hub, c, "Enabled");
}

static int run_disable(struct hub *hub, struct call *c)
{
	return set_enabled(hub, c, "Disabled");
}

static int run_rotation(struct hub *hub, struct call *c)
{
	const json_t *key = find(hub, c);

	if (!key)
		return -1;
	json_set_bool(c->out, "KeyRotationEnabled", json_bool_or(key, "Rotation", false));
	if (json_bool_or(key, "Rotation", false))
		json_set_int(c->out, "RotationPeriodInDays", json_int_or(key, "RotationPeriod", 365));
	json_set_str(c->out, "KeyId", json_str(key, "KeyId"));
	return 0;
}

static char *key_arn(struct hub *hub, const struct call *c)
{
	const json_t *key = lookup(hub, json_str(c->in, "KeyId"));

	return str_dup(key ? json_str(key, "Arn") : json_str_or(c->in, "KeyId", "*"));
}

static const json_t *key_policy(struct hub *hub, const struct call *c)
{
	return json_map(lookup(hub, json_str(c->in, "KeyId")), "Policy");
}

/* clang-format off */
static const struct action actions[] = {
	{ "CreateKey", run_create, NULL, NULL, NULL },
	{ "DescribeKey", run_describe, key_arn, NULL, key_policy },
	{ "ListKeys", run_list, NULL, NULL, NULL },
	{ "GetKeyPolicy", run_get_policy, key_arn, NULL, key_policy },
	{ "PutKeyPolicy", run_put_policy, key_arn, NULL, key_policy },
	{ "GetKeyRotationStatus", run_rotation, key_arn, NULL, key_policy },
	{ "ListAliases", run_list_aliases, NULL, NULL, NULL },
	{ "ScheduleKeyDeletion", run_schedule, key_arn, NULL, key_policy },
	{ "CancelKeyDeletion", run_cancel, key_arn, NULL, key_policy },
	{ "EnableKey", run_enable, key_arn, NULL, key_policy },
	{ "DisableKey", run_disable, key_arn, NULL, key_policy },
	{ 0 },
};
/* clang-format on */

/* ---- kinds
 * ---------------------------------------------------------------------------------------- */

static int handler_fail(struct resource *r, const struct call *c, struct err *err)
{
	(void)snprintf(r->error_code, sizeof(r->error_code), "%s",
		       !strcmp(c->code, "NotFoundException") ? "NotFound" : "InvalidRequest");
	return err_set(err, ERR_REMOTE, "%s (Service: Kms, Status Code: 400)", c->message);
}

/* The properties as PutKeyPolicy's and CreateKey's members; caller's. */
static json_t *key_members(const struct resource *r)
{
	static const char *const copied[] = { "Description", "KeyUsage", "KeySpec", "MultiRegion",
					      "Tags" };
	const json_t *policy = json_object_get(r->properties, "KeyPolicy");
	json_t *in = json_object();

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (json_object_get(r->properties, copied[i]))
			json_object_set(in, copied[i], json_object_get(r->properties, copied[i]));
	if (json_is_string(policy)) {
		json_set_str(in, "Policy", json_string_value(policy));
	} else if (policy) {
		OWN(str) char *text = json_text(policy);

		json_set_str(in, "Policy", text);
	}
	return in;
}

static void finish_key(struct hub *hub, struct resource *r, json_t *key)
{
	json_set_bool(key, "Rotation", json_bool_or(r->properties, "EnableKeyRotation", false));
	json_set_int(key, "RotationPeriod", json_int_or(r->properties, "RotationPeriodInDays", 365));
	if (!str_eq(json_str(key, "KeyState"), "PendingDeletion"))
		json_set_str(key, "KeyState",
			     json_bool_or(r->properties, "Enabled", true) ? "Enabled" : "Disabled");
	json_set_int(key, "PendingWindow", json_int_or(r->properties, "PendingWindowInDays", 30));
	hub_put(hub, KEY, r->physical, key);
	json_set_str(r->attributes, "Arn", json_str(key, "Arn"));
	json_set_str(r->attributes, "KeyId", r->physical);
}

static int check_days(struct resource *r, const char *property, json_int_t least, json_int_t most,
		      struct err *err)
{
	json_int_t days = json_int_or(r->properties, property, most);

	if (days >= least && days <= most)
		return 0;
	(void)snprintf(r->error_code, sizeof(r->error_code), "InvalidRequest");
	return err_set(err, ERR_INPUT,
		       "Properties validation failed for resource %s with message: "
		       "#/%s: %lld is not between %lld and %lld",
		       r->logical, property, (long long)days, (long long)least, (long long)most);
}

static int check_window(struct resource *r, struct err *err)
{
	return check_days(r, "PendingWindowInDays", 7, 30, err) < 0
		       ? -1
		       : check_days(r, "RotationPeriodInDays", 90, 2560, err);
}

static int create_key(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = key_members(r);
	OWN(json) json_t *out = json_object();
	struct call c = { .service = "kms", .in = in, .out = out };

	if (check_window(r, err) < 0)
		return -1;
	if (run_create(hub, &c) < 0)
		return handler_fail(r, &c, err);
	r->physical = str_dup(json_str(json_map(out, "KeyMetadata"), "KeyId"));
	finish_key(hub, r, hub_get(hub, KEY, r->physical));
	return RESOURCE_DONE;
}

static int update_key(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = key_members(r);
	struct call c = { .service = "kms", .in = in };
	json_t *key;

	if (check_window(r, err) < 0)
		return -1;
	json_set_str(in, "KeyId", r->physical);
	key = find(hub, &c);
	if (!key || set_policy(hub, &c, key, json_str(in, "Policy")) < 0)
		return handler_fail(r, &c, err);
	json_object_del(key, "Description");
	json_set_str(key, "Description", json_str(in, "Description"));
	json_object_del(key, "Tags");
	if (json_list(in, "Tags"))
		json_object_set(key, "Tags", json_list(in, "Tags"));
	finish_key(hub, r, key);
	return RESOURCE_DONE;
}

/* A key is never deleted at once: it waits for the end of its window. */
static int remove_key(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *key = lookup(hub, r->physical);
	OWN(json) json_t *in = json_object();
	OWN(json) json_t *out = json_object();
	struct call c = { .service = "kms", .in = in, .out = out };

	if (!key || str_eq(json_str(key, "KeyState"), "PendingDeletion"))
		return RESOURCE_DONE;
	json_set_str(in, "KeyId", r->physical);
	json_set_int(in, "PendingWindowInDays", json_int_or(key, "PendingWindow", 30));
	return run_schedule(hub, &c) < 0 ? handler_fail(r, &c, err) : RESOURCE_DONE;
}

static const struct resource_kind kind_key = {
	.type = "AWS::KMS::Key",
	.replace_on = (const char *const[]){ "KeySpec", "KeyUsage", "MultiRegion", NULL },
	.create = create_key,
	.update = update_key,
	.remove = remove_key,
	.allowed = (const char *const[]){ "BypassPolicyLockoutSafetyCheck", "Description",
					  "EnableKeyRotation", "Enabled", "KeyPolicy", "KeySpec",
					  "KeyUsage", "MultiRegion", "PendingWindowInDays",
					  "RotationPeriodInDays", "Tags", NULL },
};

static int put_alias(struct hub *hub, struct resource *r, struct err *err)
{
	const char *name = json_str_or(r->properties, "AliasName", ""),
		   *target = json_str(r->properties, "TargetKeyId");
	OWN(json) json_t *in = json_pack("{s:s*}", "KeyId", target);
	struct call c = { .service = "kms", .in = in };
	const json_t *key = find(hub, &c);
	OWN(json) json_t *alias = json_object();

	if (!key)
		return handler_fail(r, &c, err);
	json_set_str(alias, "TargetKeyId", json_str(key, "KeyId"));
	json_set_int(alias, "CreationDate", hub_now_ms(hub));
	hub_put(hub, ALIAS, name, alias);
	return RESOURCE_DONE;
}

static int create_alias(struct hub *hub, struct resource *r, struct err *err)
{
	const char *name = json_str_or(r->properties, "AliasName", "");

	if (!str_starts(name, "alias/") || str_starts(name, "alias/aws/") || strlen(name) > 256) {
		(void)snprintf(r->error_code, sizeof(r->error_code), "InvalidRequest");
		return err_set(
			err, ERR_INPUT,
			"Alias must start with the prefix \"alias/\" and must not start with "
			"\"alias/aws/\". (Service: Kms, Status Code: 400)");
	}
	if (hub_get(hub, ALIAS, name)) {
		(void)snprintf(r->error_code, sizeof(r->error_code), "AlreadyExists");
		return err_set(
			err, ERR_REMOTE,
			"An alias with the name %s already exists (Service: Kms, Status Code: "
			"400)",
			name);
	}
	if (put_alias(hub, r, err) < 0)
		return -1;
	r->physical = str_dup(name);
	return RESOURCE_DONE;
}

static int remove_alias(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	if (r->physical)
		hub_remove(hub, ALIAS, r->physical);
	return RESOURCE_DONE;
}

static const struct resource_kind kind_alias = {
	.type = "AWS::KMS::Alias",
	.replace_on = (const char *const[]){ "AliasName", NULL },
	.create = create_alias,
	.update = put_alias,
	.remove = remove_alias,
	.allowed = (const char *const[]){ "AliasName", "TargetKeyId", NULL },
	.required = (const char *const[]){ "AliasName", "TargetKeyId", NULL },
};

static const struct resource_kind *const kinds[] = { &kind_key, &kind_alias, NULL };

const struct service service_kms = {
	.name = "kms",
	.actions = actions,
	.kinds = kinds,
	.covers = "Symmetric keys, aliases and key policies, which decide about kms:Decrypt of "
		  "secrets. "
		  "No cryptographic operations, grants or imported key material.",
};
