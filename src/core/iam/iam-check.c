/* Is it a policy document? Sentences as MalformedPolicyDocument says them. */
#include "core/iam/iam-internal.h"

#include <string.h>

#include "base/str.h"

static int malformed(struct err *err, const char *text)
{
	return err_set(err, ERR_INPUT, "%s", text);
}

static bool one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* An element's value: text or a list of texts that is not empty */
static bool texts(const json_t *v)
{
	size_t i;
	json_t *element;

	if (json_is_string(v))
		return true;
	json_array_foreach((json_t *)(uintptr_t)v, i,
			   element) if (!json_is_string(element)) return false;
	return json_array_size(v) > 0;
}

static int check_actions(const json_t *actions, struct err *err)
{
	if (!texts(actions))
		return malformed(err, "Syntax errors in policy.");
	for (size_t i = 0; i < iam_value_count(actions); i++) {
		OWN(str) char *action = iam_value_text(actions, i);
		const char *colon = strchr(action, ':');
		size_t vendor = colon ? (size_t)(colon - action) : 0;

		if (!strcmp(action, "*"))
			continue;
		if (!vendor || !colon[1])
			return malformed(err,
					 "Actions/Conditions must be prefaced by a vendor, e.g., "
					 "iam, sdb, ec2, etc.");
		if (strspn(action,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") !=
		    vendor)
			return err_set(err, ERR_INPUT, "Vendor %.*s is not valid", (int)vendor,
				       action);
	}
	return 0;
}

static int check_resources(const json_t *resources, struct err *err)
{
	if (!texts(resources))
		return malformed(err, "Syntax errors in policy.");
	for (size_t i = 0; i < iam_value_count(resources); i++) {
		OWN(str) char *resource = iam_value_text(resources, i);

		if (strcmp(resource, "*") != 0 && !str_starts(resource, "arn:"))
			return err_set(err, ERR_INPUT,
				       "Resource %s must be in ARN format or \"*\".", resource);
	}
	return 0;
}

static int check_principal(const json_t *principal, struct err *err)
{
	static const char *const kinds[] = { "AWS", "Service", "Federated", "CanonicalUser", NULL };
	const char *kind;
	json_t *values;

	if (json_is_string(principal))
		return str_eq(json_string_value(principal), "*")
			       ? 0
			       : err_set(err, ERR_INPUT,
					 "Invalid principal in policy: \"STRING\":\"%s\"",
					 json_string_value(principal));
	if (!json_is_object(principal) || !json_object_size(principal))
		return malformed(err, "Invalid principal in policy.");
	json_object_foreach(
		(json_t *)(uintptr_t)principal, kind,
		values) if (!one_of(kind, kinds) ||
			    !texts(values)) return err_set(err, ERR_INPUT,
							   "Invalid principal in policy: \"%s\"",
							   kind);
	return 0;
}

static bool scalar(const json_t *v)
{
	return json_is_string(v) || json_is_boolean(v) || json_is_number(v);
}

static bool condition_values(const json_t *v)
{
	size_t i;
	json_t *element;

	json_array_foreach((json_t *)(uintptr_t)v, i, element) if (!scalar(element)) return false;
	return json_is_array(v) || scalar(v);
}

static int check_condition(const json_t *condition, struct err *err)
{
	const char *operator_name, *key;
	json_t *keys, *values;

	if (!json_is_object(condition))
		return malformed(err, "Syntax errors in policy.");
	json_object_foreach((json_t *)(uintptr_t)condition, operator_name, keys)
	{
		if (!iam_operator_known(operator_name))
			return err_set(err, ERR_INPUT, "Invalid Condition type : %s.",
				       operator_name);
		if (!json_is_object(keys))
			return malformed(err, "Syntax errors in policy.");
		json_object_foreach(keys, key, values)
		{
			if (!strchr(key, ':'))
				return malformed(err,
						 "Actions/Conditions must be prefaced by a vendor, "
						 "e.g., iam, sdb, ec2, etc.");
			if (!condition_values(values))
				return malformed(err, "Syntax errors in policy.");
		}
	}
	return 0;
}

static int check_who(const json_t *s, int resource_policy, struct err *err)
{
	const json_t *principal = json_object_get(s, "Principal"),
		     *other = json_object_get(s, "NotPrincipal");

	if (!resource_policy)
		return principal || other
			       ? malformed(err, "Policy document should not specify a principal.")
			       : 0;
	if (!principal && !other)
		return malformed(err, "Missing required field Principal");
	if (principal && other)
		return malformed(err, "Syntax errors in policy.");
	return check_principal(principal ? principal : other, err);
}

static int check_statement(const json_t *s, int resource_policy, struct err *err)
{
	static const char *const fields[] = { "Sid",	   "Effect",	"Principal", "NotPrincipal",
					      "Action",	   "NotAction", "Resource",  "NotResource",
					      "Condition", NULL };
	const json_t *action = json_object_get(s, "Action"),
		     *not_action = json_object_get(s, "NotAction"),
		     *resource = json_object_get(s, "Resource"),
		     *not_resource = json_object_get(s, "NotResource"),
		     *condition = json_object_get(s, "Condition");
	const char *effect = json_str(s, "Effect"), *field;
	json_t *unused;

	json_object_foreach(
		(json_t *)(uintptr_t)s, field,
		unused) if (!one_of(field, fields)) return malformed(err,
								     "Syntax errors in policy.");
	if (!json_object_get(s, "Effect"))
		return malformed(err, "Missing required field Effect");
	if (!str_eq(effect, "Allow") && !str_eq(effect, "Deny"))
		return err_set(err, ERR_INPUT, "Invalid effect: %s",
			       effect ? effect : "not a text");
	if (!action && !not_action)
		return malformed(err, "Policy statement must contain actions.");
	if (!resource && !not_resource && !resource_policy)
		return malformed(err, "Policy statement must contain resources.");
	if ((action && not_action) || (resource && not_resource))
		return malformed(err, "Syntax errors in policy.");
	if (check_who(s, resource_policy, err) < 0 ||
	    check_actions(action ? action : not_action, err) < 0)
		return -1;
	if ((resource || not_resource) &&
	    check_resources(resource ? resource : not_resource, err) < 0)
		return -1;
	return condition ? check_condition(condition, err) : 0;
}

static int check_sids(const json_t *statements, struct err *err)
{
	OWN(json) json_t *seen = json_object();

	for (size_t i = 0; i < json_array_size(statements); i++) {
		const json_t *sid = json_object_get(json_array_get(statements, i), "Sid");

		if (sid && !json_is_string(sid))
			return malformed(err, "Syntax errors in policy.");
		if (!sid || !json_string_length(sid))
			continue;
		if (json_object_get(seen, json_string_value(sid)))
			return malformed(err,
					 "Statement IDs (SID) in a single policy must be unique.");
		json_set_bool(seen, json_string_value(sid), true);
	}
	return 0;
}

static int check_top(const json_t *policy, struct err *err)
{
	const json_t *version = json_object_get(policy, "Version");
	const char *field;
	json_t *unused;

	if (!json_is_object(policy))
		return malformed(err, "Syntax errors in policy.");
	json_object_foreach((json_t *)(uintptr_t)policy, field,
			    unused) if (strcmp(field, "Version") != 0 && strcmp(field, "Id") != 0 &&
					strcmp(field, "Statement") !=
						0) return malformed(err,
								    "Syntax errors in policy.");
	if (version && !str_eq(json_string_value(version), "2012-10-17") &&
	    !str_eq(json_string_value(version), "2008-10-17"))
		return malformed(err, "Policy document must be version 2012-10-17 or greater.");
	return 0;
}

int iam_policy_check(const json_t *policy, int resource_policy, struct err *err)
{
	const json_t *statements = json_object_get(policy, "Statement");

	if (check_top(policy, err) < 0)
		return -1;
	if (json_is_object(statements))
		return check_statement(statements, resource_policy, err);
	if (!json_array_size(statements))
		return malformed(err, "Syntax errors in policy.");
	for (size_t i = 0; i < json_array_size(statements); i++) {
		const json_t *s = json_array_get(statements, i);

		if (!json_is_object(s))
			return malformed(err, "Syntax errors in policy.");
		if (check_statement(s, resource_policy, err) < 0)
			return -1;
	}
	return check_sids(statements, err);
}
