/* Listing parameters: by path, and DescribeParameters. */
#include "engine/cloud/ssm/ssm-internal.h"

#include <string.h>

/* ---- pages ------------------------------------------------------------------------------------
 */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of all parameters, sorted; the array is the caller's, the names are borrowed. */
static const char **sorted_names(struct hub *hub, size_t *ret_count)
{
	json_t *all = hub_all(hub, SSM_PARAMETERS), *value;
	const char **names = mem_new(json_object_size(all), sizeof(*names)), *name;
	size_t count = 0;

	json_object_foreach(all, name, value) names[count++] = name;
	qsort(names, count, sizeof(*names), by_name);
	*ret_count = count;
	return names;
}

/* MaxResults within 1..most, or -1 after call_fail(). */
static json_int_t page_size(struct call *c, json_int_t most)
{
	json_int_t size = json_int_or(c->in, "MaxResults", most);

	if (size >= 1 && size <= most)
		return size;
	return call_fail(
		c, 400, "ValidationException",
		"1 validation error detected: Value '%lld' at 'maxResults' failed to satisfy "
		"constraint: Member must have value between 1 and %lld",
		(long long)size, (long long)most);
}

/* ---- filters ----------------------------------------------------------------------------------
 */

/* Below `path`; direct children only unless recursive. */
static bool below(const char *name, const char *path, bool recursive)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		len--;
	if (strncmp(name, path, len) != 0 || name[len] != '/')
		return false;
	return recursive || !strchr(name + len + 1, '/');
}

static bool value_fits(const char *key, const char *option, const char *value, const char *want)
{
	if (!strcmp(key, "Path"))
		return below(value, want, !strcmp(option, "Recursive"));
	if (!strcmp(option, "BeginsWith"))
		return str_starts(value, want);
	if (!strcmp(option, "Contains"))
		return strstr(value, want) != NULL;
	return !strcmp(value, want);
}

/* 1 fits, 0 does not, -1 after call_fail(). */
static int filter_fits(struct call *c, const json_t *filter, const json_t *parameter)
{
	const char *key = json_str_or(filter, "Key", "");
	const char *option =
		json_str_or(filter, "Option", !strcmp(key, "Path") ? "OneLevel" : "Equals");
	static const char *const options[] = { "Equals", "BeginsWith", "Contains", "Recursive",
					       "OneLevel" };
	const char *value;
	bool known = false;
	json_t *want;
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		known = known || !strcmp(option, options[i]);
	if (!known)
		return call_fail(c, 400, "InvalidFilterOption",
				 "The filter option %s is not valid.", option);
	if (!strcmp(key, "Name") || !strcmp(key, "Path"))
		value = json_str(parameter, "Name");
	else if (!strcmp(key, "Type") || !strcmp(key, "KeyId") || !strcmp(key, "Tier") ||
		 !strcmp(key, "DataType"))
		value = json_str_or(parameter, key, "");
	else
		return call_fail(c, 400, "InvalidFilterKey", "The local cloud knows no filter %s.",
				 key);
	json_array_foreach(
		json_list(filter, "Values"), i,
		want) if (json_is_string(want) &&
			  value_fits(key, option, value, json_string_value(want))) return 1;
	return 0;
}

static int filters_fit(struct call *c, const json_t *parameter)
{
	json_t *filter;
	size_t i;
	int fits = 1;

	json_array_foreach(json_list(c->in, "ParameterFilters"), i, filter)
	{
		fits = filter_fits(c, filter, parameter);
		if (fits != 1)
			return fits;
	}
	/* the older form */
	json_array_foreach(json_list(c->in, "Filters"), i, filter)
	{
		fits = filter_fits(c, filter, parameter);
		if (fits != 1)
			return fits;
	}
	return fits;
}

/* ---- actions ----------------------------------------------------------------------------------
 */

int ssm_get_by_path(struct hub *hub, struct call *c)
{
	const char *path = json_str(c->in, "Path"), *token = json_str(c->in, "NextToken");
	bool recursive = json_bool_or(c->in, "Recursive", false);
	bool decrypt = json_bool_or(c->in, "WithDecryption", false);
	json_int_t most = page_size(c, 10);
	json_t *found = json_array();
	const char **names, *last = NULL;
	size_t count;
	int status = 0;

	json_object_set_new(c->out, "Parameters", found);
	if (most < 0)
		return -1;
	if (!path || *path != '/')
		return call_fail(c, 400, "ValidationException",
				 "The parameter doesn't meet the parameter name requirements. The "
				 "parameter name must begin with a forward slash \"/\".");
	names = sorted_names(hub, &count);
	for (size_t i = 0; i < count && status >= 0; i++) {
		json_t *parameter = hub_get(hub, SSM_PARAMETERS, names[i]);

		if ((token && strcmp(names[i], token) <= 0) || !below(names[i], path, recursive))
			continue;
		status = filters_fit(c, parameter);
		if (status != 1)
			continue;
		if ((json_int_t)json_array_size(found) == most) {
			json_set_str(c->out, "NextToken", last);
			break;
		}
		last = names[i];
		json_array_append_new(found,
				      ssm_parameter_json(hub, parameter, ssm_latest(parameter),
							 names[i], decrypt));
	}
	free(names);
	return status < 0 ? -1 : 0;
}

static json_t *metadata(struct hub *hub, const json_t *parameter)
{
	static const char *const shown[] = { "Name",	       "Type", "KeyId",	  "Description",
					     "AllowedPattern", "Tier", "DataType" };
	const json_t *version = ssm_latest(parameter);
	OWN(str) char *arn = ssm_arn(hub, json_str(parameter, "Name"));
	OWN(str) char *user = str_printf("arn:aws:iam::%s:root", hub_account(hub));
	json_t *out = json_object();

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		json_set_str(out, shown[i], json_str(parameter, shown[i]));
	json_set_str(out, "ARN", arn);
	json_set_str(out, "LastModifiedUser", user);
	json_set_int(out, "Version", json_int_or(version, "Version", 1));
	json_object_set_new(out, "LastModifiedDate",
			    json_real((double)json_int_or(version, "ModifiedMs", 0) / 1000.0));
	json_object_set_new(out, "Policies", json_array());
	return out;
}

int ssm_describe(struct hub *hub, struct call *c)
{
	const char *token = json_str(c->in, "NextToken"), *last = NULL;
	json_int_t most = page_size(c, 50);
	json_t *found = json_array();
	const char **names;
	size_t count;
	int status = 0;

	json_object_set_new(c->out, "Parameters", found);
	if (most < 0)
		return -1;
	names = sorted_names(hub, &count);
	for (size_t i = 0; i < count && status >= 0; i++) {
		json_t *parameter = hub_get(hub, SSM_PARAMETERS, names[i]);

		if (token && strcmp(names[i], token) <= 0)
			continue;
		status = filters_fit(c, parameter);
		if (status != 1)
			continue;
		if ((json_int_t)json_array_size(found) == most) {
			json_set_str(c->out, "NextToken", last);
			break;
		}
		last = names[i];
		json_array_append_new(found, metadata(hub, parameter));
	}
	free(names);
	return status < 0 ? -1 : 0;
}
