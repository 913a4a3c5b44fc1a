/* Writing a parameter: what is accepted, and its versions. */
#include "engine/cloud/ssm/ssm-internal.h"

#include <regex.h>
#include <string.h>
#include <strings.h>

enum { STANDARD_MOST = 4096, ADVANCED_MOST = 8192 };

/* ---- names ------------------------------------------------------------------------------------
 */

static bool name_chars(const char *name)
{
	for (; *name; name++)
		if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
		      (*name >= '0' && *name <= '9') || strchr("_.-/", *name)))
			return false;
	return true;
}

static int name_check(struct call *c, const char *name)
{
	const char *plain = name && *name == '/' ? name + 1 : name;
	unsigned levels = 0;

	if (!name || !*name)
		return call_fail(c, 400, "ValidationException", "Parameter name is required.");
	if (!name_chars(name) || strstr(name, "//") || name[strlen(name) - 1] == '/')
		return call_fail(
			c, 400, "ValidationException",
			"Parameter name: can't be prefixed with \"ssm\" (case-insensitive). "
			"If formed as a path, it can consist of sub-paths divided by slash "
			"symbol; each sub-path can be formed as a mix of letters, numbers "
			"and the following 3 symbols .-_");
	if (strlen(name) > SSM_NAME_MOST)
		return call_fail(c, 400, "ValidationException", "Parameter name is too long.");
	if (strchr(plain, '/') && *name != '/')
		return call_fail(c, 400, "ValidationException",
				 "Parameter name must be a fully qualified name.");
	if (!strncasecmp(plain, "ssm", 3))
		return call_fail(c, 400, "ValidationException",
				 "Parameter name: can't be prefixed with \"ssm\" "
				 "(case-insensitive).");
	if (!strncasecmp(plain, "aws", 3))
		return call_fail(c, 400, "AccessDeniedException",
				 "No access to reserved parameter name: %s.", name);
	for (const char *s = name; *s; s++)
		levels += *s == '/';
	if (levels > SSM_LEVELS_MOST)
		return call_fail(c, 400, "HierarchyLevelLimitExceededException",
				 "The hierarchy of %s has more than %d levels.", name,
				 SSM_LEVELS_MOST);
	return 0;
}

/* ---- values -----------------------------------------------------------------------------------
 */

/* AWS's patterns are Java's. Those that POSIX extended expressions read the same way are taken, the
 * others refused rather than misread. */
static int pattern_check(struct call *c, const char *pattern, const char *value)
{
	regex_t re;
	int status;

	if (!pattern || !*pattern)
		return 0;
	for (const char *s = strchr(pattern, '\\'); s && s[1]; s = strchr(s + 2, '\\'))
		if ((s[1] >= 'a' && s[1] <= 'z') || (s[1] >= 'A' && s[1] <= 'Z') ||
		    (s[1] >= '0' && s[1] <= '9'))
			return call_fail(
				c, 400, "InvalidAllowedPatternException",
				"The local cloud does not know \\%c in an allowed pattern.", s[1]);
	if (strlen(pattern) > 1024 || strstr(pattern, "(?") ||
	    regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return call_fail(c, 400, "InvalidAllowedPatternException",
				 "The request doesn't meet the regular expression requirement.");
	status = regexec(&re, value, 0, NULL, 0);
	regfree(&re);
	if (status == 0)
		return 0;
	return call_fail(c, 400, "ParameterPatternMismatchException",
			 "Parameter value, cannot be validated against allowedPattern: %s",
			 pattern);
}

/* Intelligent-Tiering is what it comes to. */
static const char *tier_of(const json_t *in, size_t len)
{
	const char *tier = json_str_or(in, "Tier", "Standard");

	if (strcmp(tier, "Intelligent-Tiering") == 0)
		return len > STANDARD_MOST ? "Advanced" : "Standard";
	return tier;
}

static int value_check(struct call *c, const json_t *in, const char *value)
{
	const char *tier;

	if (!value || !*value)
		return call_fail(c, 400, "ValidationException",
				 "1 validation error detected: Value at 'value' failed to satisfy "
				 "constraint: Member must have length greater than or equal to 1");
	tier = tier_of(in, strlen(value));
	if (strcmp(tier, "Standard") != 0 && strcmp(tier, "Advanced") != 0)
		return call_fail(c, 400, "ValidationException", "Tier %s is not valid.", tier);
	if (strlen(value) > (strcmp(tier, "Standard") == 0 ? STANDARD_MOST : ADVANCED_MOST))
		return call_fail(c, 400, "ValidationException",
				 "%s tier parameters support a maximum parameter value of %d "
				 "characters.",
				 tier,
				 strcmp(tier, "Standard") == 0 ? STANDARD_MOST : ADVANCED_MOST);
	if (strcmp(json_str_or(in, "DataType", "text"), "text") != 0)
		return call_fail(c, 400, "ValidationException",
				 "The local cloud knows no data type but text.");
	if (json_str(in, "Policies"))
		return call_fail(c, 400, "ValidationException",
				 "The local cloud knows no parameter policies.");
	return pattern_check(c, json_str(in, "AllowedPattern"), value);
}

static int type_check(struct call *c, const char *type, const char *value)
{
	if (!type)
		return call_fail(c, 400, "ValidationException",
				 "A parameter type is required when you create a parameter.");
	if (strcmp(type, "String") != 0 && strcmp(type, "StringList") != 0 &&
	    strcmp(type, "SecureString") != 0)
		return call_fail(c, 400, "UnsupportedParameterType",
				 "The parameter type %s is not supported.", type);
	if (!strcmp(type, "StringList") && (*value == ',' || strstr(value, ",,")))
		return call_fail(c, 400, "ValidationException",
				 "StringList values must not be empty.");
	return 0;
}

/* ---- versions ---------------------------------------------------------------------------------
 */

static json_t *new_version(struct hub *hub, const char *type, const char *value, json_int_t number)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	json_t *version = json_pack("{s:I,s:s,s:s,s:I}", "Version", number, "Type", type, "Value",
				    value, "ModifiedMs", (json_int_t)hub_now_ms(hub));

	if (!strcmp(type, "SecureString")) {
		/* what is shown without decryption: opaque, as a KMS blob is to its reader */
		OWN(str) char *random = hub_random(hub, alphabet, 200);
		OWN(str) char *cipher = str_printf("AQICAHh%s=", random);

		json_set_str(version, "Cipher", cipher);
	}
	return version;
}

static void describe(json_t *parameter, const json_t *in, size_t len)
{
	static const char *const kept[] = { "Description", "AllowedPattern" };

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		json_set_str(parameter, kept[i], json_str(in, kept[i]));
	json_set_str(parameter, "Tier", tier_of(in, len));
	json_set_str(parameter, "DataType", "text");
	if (str_eq(json_str(parameter, "Type"), "SecureString"))
		json_set_str(parameter, "KeyId", json_str_or(in, "KeyId", "alias/aws/ssm"));
	else
		json_object_del(parameter, "KeyId");
}

static json_t *tag_map(const json_t *tags)
{
	json_t *map = json_object(), *tag;
	size_t i;

	json_array_foreach(tags, i, tag) if (json_str(tag, "Key"))
		json_set_str(map, json_str(tag, "Key"), json_str_or(tag, "Value", ""));
	return map;
}

int ssm_put(struct hub *hub, struct call *c, const json_t *in, bool overwrite,
	    json_int_t *ret_version)
{
	const char *name = json_str(in, "Name"), *value = json_str(in, "Value");
	json_t *before = name ? hub_get(hub, SSM_PARAMETERS, name) : NULL, *versions;
	/* a copy: the old one goes away with the old value */
	OWN(str) char *type = str_dup(json_str_or(in, "Type", json_str(before, "Type")));
	OWN(json) json_t *parameter = NULL;
	json_int_t number;

	if (name_check(c, name) < 0 || value_check(c, in, value) < 0 ||
	    type_check(c, type, value) < 0)
		return -1;
	if (before && !overwrite)
		return call_fail(c, 400, "ParameterAlreadyExists",
				 "The parameter already exists. To overwrite this value, set the "
				 "overwrite option in the request to true.");
	parameter = before ? json_incref(before) : json_object();
	versions = json_list(parameter, "Versions");
	if (!versions) {
		versions = json_array();
		json_object_set_new(parameter, "Versions", versions);
		json_set_str(parameter, "Name", name);
	}
	number = json_int_or(ssm_latest(parameter), "Version", 0) + 1;
	json_set_str(parameter, "Type", type);
	json_object_del(parameter, "Ours");
	describe(parameter, in, strlen(value));
	if (json_list(in, "Tags"))
		json_object_set_new(parameter, "Tags", tag_map(json_list(in, "Tags")));
	json_array_append_new(versions, new_version(hub, type, value, number));
	if (json_array_size(versions) > SSM_VERSIONS_MOST)
		json_array_remove(versions, 0);
	hub_put(hub, SSM_PARAMETERS, name, parameter);
	*ret_version = number;
	return 0;
}
