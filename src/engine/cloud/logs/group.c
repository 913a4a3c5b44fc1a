/* Log groups. */
#include "engine/cloud/logs/logs-internal.h"

#include <string.h>

#include "engine/store/store.h"

char *logs_group_arn(struct hub *hub, const char *name)
{
	OWN(str) char *resource = str_printf("log-group:%s", name);

	return hub_arn(hub, "logs", resource);
}

char *logs_group_name(const char *text)
{
	const char *at = str_starts(text, "arn:") ? strstr(text, ":log-group:") : NULL;

	if (!at)
		return str_dup(text);
	at += strlen(":log-group:");
	return str_dup_n(at, strcspn(at, ":"));
}

json_t *logs_group(struct hub *hub, struct call *c)
{
	const char *given = json_str(c->in, "logGroupName");
	OWN(str) char *name = NULL;
	json_t *group;

	if (!given)
		given = json_str(c->in, "logGroupIdentifier");
	if (!given) {
		(void)call_fail(
			c, 400, "InvalidParameterException",
			"1 validation error detected: Value null at 'logGroupName' failed to "
			"satisfy constraint: Member must not be null");
		return NULL;
	}
	name = logs_group_name(given);
	group = hub_get(hub, GROUP, name);
	if (!group)
		(void)call_fail(c, 400, "ResourceNotFoundException",
				"The specified log group does not exist.");
	return group;
}

static const unsigned retentions[] = {
	1,   3,	  5,   7,   14,	  30,	60,   90,   120,  150,	180,
	365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
};

bool logs_retention_valid(json_int_t days)
{
	for (size_t i = 0; i < sizeof(retentions) / sizeof(retentions[0]); i++)
		if (days == retentions[i])
			return true;
	return false;
}

int64_t logs_retained_from(struct hub *hub, const json_t *group)
{
	json_int_t days = json_int_or(group, "retentionInDays", 0);

	return days ? hub_now_ms(hub) - days * LOGS_DAY_MS : 0;
}

static int check_name(struct call *c, const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/#-";

	if (!name)
		return call_fail(
			c, 400, "InvalidParameterException",
			"1 validation error detected: Value null at 'logGroupName' failed to "
			"satisfy constraint: Member must not be null");
	if (!*name || strlen(name) > 512)
		return call_fail(
			c, 400, "InvalidParameterException",
			"1 validation error detected: Value at 'logGroupName' failed to satisfy "
			"constraint: Member must have length between 1 and 512");
	if (name[strspn(name, allowed)])
		return call_fail(
			c, 400, "InvalidParameterException",
			"1 validation error detected: Value '%s' at 'logGroupName' failed to "
			"satisfy constraint: Member must satisfy regular expression pattern: "
			"[\\.\\-_/#A-Za-z0-9]+",
			name);
	return 0;
}

int logs_run_create_group(struct hub *hub, struct call *c)
{
	const char *name = json_str(c->in, "logGroupName");
	OWN(json) json_t *group = json_object();

	if (check_name(c, name) < 0)
		return -1;
	if (hub_get(hub, GROUP, name))
		return call_fail(c, 400, "ResourceAlreadyExistsException",
				 "The specified log group already exists");
	json_set_str(group, "logGroupName", name);
	json_set_int(group, "creationTime", hub_now_ms(hub));
	json_set_str(group, "kmsKeyId", json_str(c->in, "kmsKeyId"));
	json_object_set_new(group, "tags",
			    json_map(c->in, "tags") ? json_deep_copy(json_map(c->in, "tags"))
						    : json_object());
	hub_put(hub, GROUP, name, group);
	return 0;
}

int logs_run_delete_group(struct hub *hub, struct call *c)
{
	OWN(json) json_t *group = json_incref(logs_group(hub, c));
	const char *name = json_str(group, "logGroupName"), *id;
	struct err err = { 0 };
	void *next;
	json_t *stream;

	if (!group)
		return -1;
	if (store_log_drop(hub_store(hub), name, NULL, &err) < 0)
		return call_fail(c, 500, "ServiceUnavailableException", "%s", err.text);
	json_object_foreach_safe(hub_all(hub, STREAM), next, id,
				 stream) if (str_eq(json_str(stream, "logGroupName"), name))
		hub_remove(hub, STREAM, id);
	hub_remove(hub, GROUP, name);
	return 0;
}

static json_int_t stored_bytes(struct hub *hub, const char *group)
{
	const char *id;
	json_t *stream;
	json_int_t sum = 0;

	json_object_foreach(hub_all(hub, STREAM), id,
			    stream) if (str_eq(json_str(stream, "logGroupName"), group)) sum +=
		json_int_or(stream, "storedBytes", 0);
	return sum;
}

static json_t *view(struct hub *hub, const json_t *group)
{
	json_t *out = json_copy((json_t *)(uintptr_t)group);
	const char *name = json_str(group, "logGroupName");
	OWN(str) char *arn = logs_group_arn(hub, name);
	OWN(str) char *starred = str_printf("%s:*", arn);

	json_object_del(out, "tags");
	json_set_str(out, "arn", starred);
	json_set_str(out, "logGroupArn", arn);
	json_set_str(out, "logGroupClass", "STANDARD");
	json_set_int(out, "metricFilterCount", 0);
	json_set_int(out, "storedBytes", stored_bytes(hub, name));
	return out;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the groups that pass, sorted. Caller frees the array only. */
static const char **wanted_names(struct hub *hub, const struct call *c, size_t *ret_count)
{
	const char *prefix = json_str_or(c->in, "logGroupNamePrefix", ""),
		   *pattern = json_str_or(c->in, "logGroupNamePattern", ""), *name;
	const char **names = mem_new(json_object_size(hub_all(hub, GROUP)) + 1, sizeof(*names));
	json_t *group;

	*ret_count = 0;
	json_object_foreach(hub_all(hub, GROUP), name,
			    group) if (str_starts(name, prefix) && strcasestr(name, pattern))
		names[(*ret_count)++] = name;
	qsort(names, *ret_count, sizeof(*names), by_text);
	return names;
}

int logs_run_describe_groups(struct hub *hub, struct call *c)
{
	json_int_t most = json_int_or(c->in, "limit", 50);
	const char *token = json_str(c->in, "nextToken");
	json_t *list = json_array();
	const char **names;
	size_t count, i = 0;

	json_object_set_new(c->out, "logGroups", list);
	if (most < 1 || most > 50)
		return call_fail(
			c, 400, "InvalidParameterException",
			"1 validation error detected: Value '%lld' at 'limit' failed to satisfy "
			"constraint: Member must have value between 1 and 50",
			(long long)most);
	names = wanted_names(hub, c, &count);
	/* the token is the last name of the page before, so that deletions between pages do no harm
	 */
	while (token && i < count && strcmp(names[i], token) <= 0)
		i++;
	for (; i < count && json_array_size(list) < (size_t)most; i++)
		json_array_append_new(list, view(hub, hub_get(hub, GROUP, names[i])));
	if (i < count)
		json_set_str(c->out, "nextToken", names[i - 1]);
	free(names);
	return 0;
}

int logs_run_put_retention(struct hub *hub, struct call *c)
{
	json_t *group = logs_group(hub, c);
	json_int_t days = json_int_or(c->in, "retentionInDays", 0);

	if (!group)
		return -1;
	if (!logs_retention_valid(days))
		return call_fail(
			c, 400, "InvalidParameterException",
			"1 validation error detected: Value '%lld' at 'retentionInDays' failed "
			"to satisfy constraint: Member must satisfy enum value set: [1, 3, 5, 7, "
			"14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, "
			"2557, 2922, 3288, 3653]",
			(long long)days);
	json_set_int(group, "retentionInDays", days);
	hub_put(hub, GROUP, json_str(group, "logGroupName"), group);
	return 0;
}

int logs_run_delete_retention(struct hub *hub, struct call *c)
{
	json_t *group = logs_group(hub, c);

	if (!group)
		return -1;
	json_object_del(group, "retentionInDays");
	hub_put(hub, GROUP, json_str(group, "logGroupName"), group);
	return 0;
}

/* ---- tags
 * ----------------------------------------------------------------------------------------- */

static json_t *tagged(struct hub *hub, struct call *c)
{
	const char *arn = json_str(c->in, "resourceArn");
	OWN(str) char *name = arn ? logs_group_name(arn) : NULL;
	json_t *group = hub_get(hub, GROUP, name);

	if (!group)
		(void)call_fail(c, 400, "ResourceNotFoundException",
				"The specified resource does not exist.");
	return group;
}

int logs_run_list_tags(struct hub *hub, struct call *c)
{
	const json_t *group = tagged(hub, c);

	if (!group)
		return -1;
	json_object_set(c->out, "tags", json_map(group, "tags"));
	return 0;
}

int logs_run_tag(struct hub *hub, struct call *c)
{
	json_t *group = tagged(hub, c);

	if (!group)
		return -1;
	json_object_update(json_map(group, "tags"), json_map(c->in, "tags"));
	hub_put(hub, GROUP, json_str(group, "logGroupName"), group);
	return 0;
}

int logs_run_untag(struct hub *hub, struct call *c)
{
	json_t *group = tagged(hub, c);
	const json_t *keys = json_list(c->in, "tagKeys");

	if (!group)
		return -1;
	for (size_t i = 0; i < json_array_size(keys); i++)
		if (json_is_string(json_array_get(keys, i)))
			json_object_del(json_map(group, "tags"),
					json_string_value(json_array_get(keys, i)));
	hub_put(hub, GROUP, json_str(group, "logGroupName"), group);
	return 0;
}
