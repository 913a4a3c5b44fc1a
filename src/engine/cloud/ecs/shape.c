/* Shapes: CloudFormation's spelling to the API's, text to numbers, pages. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH_MOST = 32 };

static bool among(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

/* Objects whose keys are the user's. */
static bool is_opaque(const char *key)
{
	static const char *const names[] = { "options", "driverOpts", "labels", "dockerLabels",
					     NULL };
	return among(key, names);
}

static char *lower_name(const char *name)
{
	static const char *const special[][2] = {
		{ "EFSVolumeConfiguration", "efsVolumeConfiguration" },
		{ "FSxWindowsFileServerVolumeConfiguration",
		  "fsxWindowsFileServerVolumeConfiguration" },
		{ "FilesystemId", "fileSystemId" },
		{ "IAM", "iam" },
	};
	char *lowered;

	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (!strcmp(name, special[i][0]))
			return str_dup(special[i][1]);
	lowered = str_dup(name);
	if (!str_starts(name, "mpcup:"))
		lowered[0] = (char)tolower((unsigned char)lowered[0]);
	return lowered;
}

static json_t *lower(const json_t *j, unsigned depth)
{
	json_t *copy, *value;
	const char *key;
	size_t i;

	if (depth > DEPTH_MOST || (!json_is_object(j) && !json_is_array(j)))
		return json_deep_copy(j);
	if (json_is_array(j)) {
		copy = json_array();
		json_array_foreach(j, i, value)
			json_array_append_new(copy, lower(value, depth + 1));
		return copy;
	}
	copy = json_object();
	json_object_foreach((json_t *)(uintptr_t)j, key, value)
	{
		OWN(str) char *name = lower_name(key);

		json_object_set_new(copy, name,
				    is_opaque(name) ? json_deep_copy(value)
						    : lower(value, depth + 1));
	}
	return copy;
}

static json_t *as_text(const json_t *value)
{
	OWN(str) char *text = NULL;

	if (json_is_string(value) || json_is_object(value) || json_is_array(value))
		return NULL;
	text = json_is_null(value) ? str_dup("") : json_text(value);
	return json_string(text);
}

static json_t *as_number(const json_t *value)
{
	int64_t number;

	if (json_is_real(value)) {
		double real = json_real_value(value);

		if (real >= -9007199254740992.0 && real <= 9007199254740992.0 &&
		    real == (double)(json_int_t)real)
			return json_integer((json_int_t)real);
	}
	if (json_is_string(value) &&
	    num_parse_i64(json_string_value(value), INT32_MIN, INT32_MAX, &number) == 0)
		return json_integer(number);
	return NULL;
}

static json_t *as_boolean(const json_t *value)
{
	if (str_eq(json_string_value(value), "true"))
		return json_true();
	if (str_eq(json_string_value(value), "false"))
		return json_false();
	return NULL;
}

static bool is_number(const char *key)
{
	static const char *const names[] = { "containerPort",
					     "hostPort",
					     "softLimit",
					     "hardLimit",
					     "stopTimeout",
					     "startTimeout",
					     "memory",
					     "memoryReservation",
					     "cpu",
					     "interval",
					     "timeout",
					     "retries",
					     "startPeriod",
					     "sizeInGiB",
					     "desiredCount",
					     "maximumPercent",
					     "minimumHealthyPercent",
					     "transitEncryptionPort",
					     "healthCheckGracePeriodSeconds",
					     "port",
					     "weight",
					     "base",
					     "count",
					     "maxResults",
					     NULL };
	return among(key, names);
}

static bool is_boolean(const char *key)
{
	static const char *const names[] = { "essential",
					     "readOnly",
					     "initProcessEnabled",
					     "readonlyRootFilesystem",
					     "privileged",
					     "enable",
					     "rollback",
					     "interactive",
					     "pseudoTerminal",
					     "disableNetworking",
					     "enableExecuteCommand",
					     "enableECSManagedTags",
					     "force",
					     "forceNewDeployment",
					     "enableFaultInjection",
					     NULL };
	return among(key, names);
}

static void normalise(json_t *j, unsigned depth);

static void normalise_member(json_t *object, const char *key, json_t *value, bool top,
			     unsigned depth)
{
	json_t *better = NULL;

	if (json_is_object(value) && is_opaque(key)) {
		const char *name;
		json_t *option;
		void *next;

		json_object_foreach_safe(value, next, name, option)
		{
			json_t *text = as_text(option);

			if (text)
				json_object_set_new(value, name, text);
		}
	} else if (json_is_object(value) || json_is_array(value)) {
		normalise(value, depth + 1);
	} else if (!strcmp(key, "value") ||
		   (top && (!strcmp(key, "cpu") || !strcmp(key, "memory")))) {
		better = as_text(value);
	} else if (is_number(key)) {
		better = as_number(value);
	} else if (is_boolean(key)) {
		better = as_boolean(value);
	}
	if (better)
		json_object_set_new(object, key, better);
}

static void normalise(json_t *j, unsigned depth)
{
	const char *key;
	json_t *value;
	size_t i;
	void *next;

	if (depth > DEPTH_MOST)
		return;
	if (json_is_array(j)) {
		json_array_foreach(j, i, value) normalise(value, depth + 1);
		return;
	}
	json_object_foreach_safe(j, next, key, value)
		normalise_member(j, key, value, depth == 0, depth);
}

json_t *ecs_normal(const json_t *in)
{
	json_t *copy = json_is_object(in) ? json_deep_copy(in) : json_object();

	normalise(copy, 0);
	return copy;
}

json_t *ecs_from_properties(const json_t *properties)
{
	json_t *lowered = json_is_object(properties) ? lower(properties, 0) : json_object();

	normalise(lowered, 0);
	return lowered;
}

json_t *ecs_shown(const json_t *object)
{
	json_t *copy, *value;
	const char *key;
	size_t i;

	if (json_is_array(object)) {
		copy = json_array();
		json_array_foreach(object, i, value) json_array_append_new(copy, ecs_shown(value));
		return copy;
	}
	if (!json_is_object(object))
		return json_incref((json_t *)(uintptr_t)object);
	copy = json_object();
	json_object_foreach((json_t *)(uintptr_t)object, key, value) if (!str_starts(key, "mpcup:"))
		json_object_set_new(copy, key, ecs_shown(value));
	return copy;
}

static bool wants_tags(const struct call *c)
{
	json_t *include = json_list(c->in, "include"), *value;
	size_t i;

	json_array_foreach(include, i,
			   value) if (str_eq(json_string_value(value), "TAGS")) return true;
	return false;
}

json_t *ecs_shown_tags(const json_t *object, const struct call *c)
{
	json_t *copy = ecs_shown(object);

	if (!wants_tags(c))
		json_object_set_new(copy, "tags", json_array());
	return copy;
}

json_t *ecs_time(struct hub *hub)
{
	return json_real((double)hub_now_ms(hub) / 1000.0);
}

void ecs_copy(json_t *to, const json_t *from, const char *const *names)
{
	for (; *names; names++) {
		json_t *value = json_object_get(from, *names);

		if (value && !json_is_null(value))
			json_object_set_new(to, *names, json_deep_copy(value));
	}
}

const char *ecs_last(const char *name_or_arn)
{
	const char *slash = name_or_arn ? strrchr(name_or_arn, '/') : NULL;

	return slash ? slash + 1 : name_or_arn;
}

bool ecs_set(json_t *object, const char *key, json_t *value)
{
	if (json_equal(json_object_get(object, key), value)) {
		json_decref(value);
		return false;
	}
	json_object_set_new(object, key, value);
	return true;
}

bool ecs_set_text(json_t *object, const char *key, const char *value)
{
	return ecs_set(object, key, json_string(value));
}

bool ecs_set_count(json_t *object, const char *key, size_t value)
{
	return ecs_set(object, key, json_integer((json_int_t)value));
}

int ecs_page(struct call *c, const char *name, json_t *all, size_t most)
{
	const char *token = json_str(c->in, "nextToken");
	json_int_t wanted = json_int_or(c->in, "maxResults", (json_int_t)most);
	json_t *page = json_array();
	uint64_t from = 0;
	size_t end;

	json_object_set_new(c->out, name, page);
	if (wanted < 1 || (size_t)wanted > most ||
	    (token && *token && num_parse_u64(token, 0, json_array_size(all), &from) < 0)) {
		json_decref(all);
		return call_fail(c, 400, "InvalidParameterException",
				 "Invalid token or maxResults (1 to %zu).", most);
	}
	end = (size_t)from + (size_t)wanted;
	for (size_t i = (size_t)from; i < json_array_size(all) && i < end; i++)
		json_array_append(page, json_array_get(all, i));
	if (end < json_array_size(all)) {
		OWN(str) char *next = str_printf("%zu", end);

		json_set_str(c->out, "nextToken", next);
	}
	json_decref(all);
	return 0;
}

void ecs_add_failure(json_t *failures, const char *arn)
{
	json_t *failure = json_object();

	json_set_str(failure, "arn", arn);
	json_set_str(failure, "reason", "MISSING");
	json_array_append_new(failures, failure);
}

const char *ecs_message(const char *text)
{
	const char *colon = strstr(text, ": ");

	for (const char *p = text; colon && p < colon; p++)
		if (!isalnum((unsigned char)*p) && *p != '.')
			return text;
	return colon ? colon + 2 : text;
}

static bool is_set(const json_t *value)
{
	return value && !json_is_null(value) && !json_is_false(value) &&
	       !(json_is_array(value) && !json_array_size(value)) &&
	       !(json_is_object(value) && !json_object_size(value));
}

int ecs_check_members(struct call *c, const char *where, const json_t *object,
		      const struct ecs_member *members)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		const struct ecs_member *m = members;

		if (str_starts(key, "mpcup:"))
			continue;
		while (m->name && strcmp(m->name, key))
			m++;
		if (!m->name)
			return call_fail(c, 400, "ClientException",
					 "#%s: extraneous key [%s] is not permitted", where, key);
		if (m->refused && is_set(value))
			return call_fail(c, 400, "ClientException", "%s", m->refused);
	}
	return 0;
}
