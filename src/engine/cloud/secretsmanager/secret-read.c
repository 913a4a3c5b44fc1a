/* Actions that read secrets. */
#include "engine/cloud/secretsmanager/secretsmanager-internal.h"

#include <string.h>

/* Which version the call asks for. NULL after call_fail(). */
static const json_t *wanted_version(struct call *c, const json_t *secret, const char **ret_id)
{
	const char *id = json_str(c->in, "VersionId"), *stage = json_str(c->in, "VersionStage");
	const json_t *version;

	if (!id) {
		version = secret_version_at(secret, stage ? stage : CURRENT, ret_id);
		if (!version)
			(void)call_fail(c, 400, "ResourceNotFoundException",
					"Secrets Manager can't find the specified secret value for "
					"staging label: %s",
					stage ? stage : CURRENT);
		return version;
	}
	if (strlen(id) < 32 || strlen(id) > 64) {
		(void)call_fail(c, 400, "InvalidParameterException",
				"VersionId must be 32-64 characters long.");
		return NULL;
	}
	version = json_object_get(json_map(secret, "Versions"), id);
	if (!version)
		(void)call_fail(
			c, 400, "ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for VersionId: "
			"%s",
			id);
	else if (stage && !secret_has_stage(version, stage)) {
		(void)call_fail(
			c, 400, "InvalidRequestException",
			"You provided a VersionStage that is not associated to the provided "
			"VersionId.");
		version = NULL;
	}
	*ret_id = id;
	return version;
}

static void add_value(json_t *out, const json_t *secret, const json_t *version, const char *id)
{
	static const char *const values[] = { "SecretString", "SecretBinary" };

	json_set_str(out, "ARN", json_str(secret, "ARN"));
	json_set_str(out, "Name", json_str(secret, "Name"));
	json_set_str(out, "VersionId", id);
	for (size_t i = 0; i < 2; i++)
		if (json_object_get(version, values[i]))
			json_object_set(out, values[i], json_object_get(version, values[i]));
	json_object_set(out, "VersionStages", json_list(version, "Stages"));
	secret_set_time(out, "CreatedDate", version, "CreatedDate");
}

/* AWS keeps the day only, which spares a write per read here as well. */
static void note_access(struct hub *hub, json_t *secret)
{
	json_int_t day = hub_now_ms(hub) / 86400000 * 86400000;

	if (json_int_or(secret, "LastAccessedDate", 0) == day)
		return;
	json_set_int(secret, "LastAccessedDate", day);
	hub_put(hub, SECRET, json_str(secret, "ARN"), secret);
}

int secret_run_get_value(struct hub *hub, struct call *c)
{
	json_t *secret = secret_find(hub, c);
	const char *id = NULL;
	const json_t *version = secret ? wanted_version(c, secret, &id) : NULL;

	if (!version || secret_check_key(hub, c, secret) < 0)
		return -1;
	add_value(c->out, secret, version, id);
	note_access(hub, secret);
	return 0;
}

/* One secret of a batch, with the rights that a call for it alone would need. */
static void batch_one(struct hub *hub, struct call *c, const char *id, json_t *values,
		      json_t *errors)
{
	OWN(json) json_t *in = json_pack("{s:s}", "SecretId", id);
	OWN(str) char *root = hub_arn(hub, "iam", "root");
	char code[96] = "";
	struct err err = { 0 };
	OWN(json) json_t *out = NULL;
	const char *message;
	json_t *failed;

	if (hub_call(hub, str_eq(c->principal, root) ? NULL : c->principal, "secretsmanager",
		     "GetSecretValue", in, &out, code, &err) == 0) {
		json_array_append(values, out);
		return;
	}
	message = strstr(err.text, ": ");
	failed = json_object();
	json_set_str(failed, "SecretId", id);
	json_set_str(failed, "ErrorCode", code);
	json_set_str(failed, "Message", message ? message + 2 : err.text);
	json_array_append_new(errors, failed);
}

static bool begins(const char *text, const char *prefix, bool fold)
{
	if (!text)
		return false;
	return fold ? !strncasecmp(text, prefix, strlen(prefix)) : str_starts(text, prefix);
}

static bool tag_begins(const json_t *secret, const char *member, const char *prefix)
{
	const json_t *tags = json_list(secret, "Tags");

	for (size_t i = 0; i < json_array_size(tags); i++)
		if (begins(json_str(json_array_get(tags, i), member), prefix, false))
			return true;
	return false;
}

static bool filter_value(const json_t *secret, const char *key, const char *value)
{
	if (!strcmp(key, "name"))
		return begins(json_str(secret, "Name"), value, false);
	if (!strcmp(key, "description"))
		return begins(json_str(secret, "Description"), value, true);
	if (!strcmp(key, "tag-key"))
		return tag_begins(secret, "Key", value);
	if (!strcmp(key, "tag-value"))
		return tag_begins(secret, "Value", value);
	return begins(json_str(secret, "Name"), value, true) ||
	       begins(json_str(secret, "Description"), value, true) ||
	       tag_begins(secret, "Key", value) || tag_begins(secret, "Value", value);
}

static bool passes(const json_t *secret, const json_t *filters)
{
	for (size_t i = 0; i < json_array_size(filters); i++) {
		const json_t *filter = json_array_get(filters, i),
			     *values = json_list(filter, "Values");
		bool any = false;

		for (size_t k = 0; k < json_array_size(values); k++) {
			const char *value = json_string_value(json_array_get(values, k));
			bool negated = value && *value == '!';

			any |= value && filter_value(secret, json_str_or(filter, "Key", "all"),
						     value + negated) != negated;
		}
		if (!any)
			return false;
	}
	return true;
}

static int check_filters(struct call *c, const json_t *filters)
{
	static const char *const keys[] = { "name", "description", "tag-key", "tag-value", "all" };

	for (size_t i = 0; i < json_array_size(filters); i++) {
		const char *key = json_str(json_array_get(filters, i), "Key");
		bool known = false;

		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			known |= str_eq(key, keys[k]);
		if (!known)
			return call_fail(c, 400, "InvalidParameterException",
					 "The filter key %s is not supported here.",
					 key ? key : "(none)");
	}
	return 0;
}

static json_t *describe(const json_t *secret)
{
	static const char *const texts[] = { "ARN", "Name", "Description", "KmsKeyId" };
	static const char *const times[] = { "CreatedDate", "LastChangedDate", "LastAccessedDate" };
	json_t *out = json_object();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		json_set_str(out, texts[i], json_str(secret, texts[i]));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		secret_set_time(out, times[i], secret, times[i]);
	secret_set_time(out, "DeletedDate", secret, "DeletedDate");
	if (json_list(secret, "Tags"))
		json_object_set(out, "Tags", json_list(secret, "Tags"));
	return out;
}

static json_t *stages_by_version(const json_t *secret)
{
	json_t *map = json_object(), *version;
	const char *id;

	json_object_foreach(json_map(secret, "Versions"), id, version)
		json_object_set(map, id, json_list(version, "Stages"));
	return map;
}

int secret_run_describe(struct hub *hub, struct call *c)
{
	const json_t *secret = secret_find_any(hub, c);
	OWN(json) json_t *view = NULL;

	if (!secret)
		return -1;
	view = describe(secret);
	json_object_update(c->out, view);
	if (json_object_size(json_map(secret, "Versions")))
		json_object_set_new(c->out, "VersionIdsToStages", stages_by_version(secret));
	return 0;
}

/* Page of `all`: MaxResults from NextToken on. */
static int page(struct call *c, const json_t *all, const char *member)
{
	json_int_t most = json_int_or(c->in, "MaxResults", 100);
	const char *token = json_str(c->in, "NextToken");
	json_t *list = json_array();
	uint64_t from = 0;
	size_t i;

	json_object_set_new(c->out, member, list);
	if (most < 1 || most > 100)
		return call_fail(c, 400, "InvalidParameterException",
				 "MaxResults must be between 1 and 100.");
	if (token && num_parse_u64(token, 1, json_array_size(all), &from) < 0)
		return call_fail(c, 400, "InvalidNextTokenException", "The token is not valid.");
	for (i = (size_t)from; i < json_array_size(all) && i < from + (size_t)most; i++)
		json_array_append(list, json_array_get(all, i));
	if (i < json_array_size(all)) {
		OWN(str) char *next = str_printf("%zu", i);

		json_set_str(c->out, "NextToken", next);
	}
	return 0;
}

int secret_run_list(struct hub *hub, struct call *c)
{
	bool ascending = str_eq(json_str(c->in, "SortOrder"), "asc");
	bool planned = json_bool_or(c->in, "IncludePlannedDeletion", false);
	const json_t *filters = json_list(c->in, "Filters");
	OWN(json) json_t *all = json_array();
	const char *arn;
	json_t *secret;

	if (check_filters(c, filters) < 0)
		return -1;
	json_object_foreach(hub_all(hub, SECRET), arn, secret)
	{
		json_int_t ends = json_int_or(secret, "DeletedDate", 0);
		json_t *view;

		if (!passes(secret, filters) || (ends && (!planned || ends <= hub_now_ms(hub))))
			continue;
		view = describe(secret);
		json_object_set_new(view, "SecretVersionsToStages", stages_by_version(secret));
		if (ascending)
			json_array_append_new(all, view);
		else
			json_array_insert_new(all, 0, view);
	}
	return page(c, all, "SecretList");
}

int secret_run_list_versions(struct hub *hub, struct call *c)
{
	const json_t *secret = secret_find_any(hub, c);
	OWN(json) json_t *all = json_array();
	const char *id;
	json_t *version;

	if (!secret)
		return -1;
	json_set_str(c->out, "ARN", json_str(secret, "ARN"));
	json_set_str(c->out, "Name", json_str(secret, "Name"));
	json_object_foreach(json_map(secret, "Versions"), id, version)
	{
		json_t *view = json_object();

		json_set_str(view, "VersionId", id);
		json_object_set(view, "VersionStages", json_list(version, "Stages"));
		secret_set_time(view, "CreatedDate", version, "CreatedDate");
		json_array_append_new(all, view);
	}
	return page(c, all, "Versions");
}

int secret_run_batch_get(struct hub *hub, struct call *c)
{
	const json_t *ids = json_list(c->in, "SecretIdList"),
		     *filters = json_list(c->in, "Filters");
	json_t *values = json_array(), *errors = json_array(), *secret;
	OWN(json) json_t *found = json_array();
	const char *arn;

	json_object_set_new(c->out, "SecretValues", values);
	json_object_set_new(c->out, "Errors", errors);
	if (!ids == !filters)
		return call_fail(c, 400, "InvalidParameterException",
				 "You must specify either SecretIdList or Filters, but not both.");
	if (check_filters(c, filters) < 0)
		return -1;
	if (json_array_size(ids) > 20)
		return call_fail(c, 400, "InvalidParameterException",
				 "SecretIdList can have at most 20 entries.");
	json_object_foreach(hub_all(hub, SECRET), arn,
			    secret) if (filters && passes(secret, filters) &&
					!json_object_get(secret, "DeletedDate"))
		json_add_str(found, arn);
	if (json_array_size(found) > 20)
		return call_fail(
			c, 400, "InvalidParameterException",
			"More than 20 secrets pass the filters; name them in SecretIdList.");
	if (filters)
		ids = found;
	for (size_t i = 0; i < json_array_size(ids); i++)
		if (json_is_string(json_array_get(ids, i)))
			batch_one(hub, c, json_string_value(json_array_get(ids, i)), values,
				  errors);
	return 0;
}
