#include "engine/cloud/ssm/ssm-internal.h"

#include <string.h>

enum { NAMES_MOST = 10 };

char *ssm_arn(struct hub *hub, const char *name)
{
	OWN(str) char *resource = str_printf("parameter%s%s", *name == '/' ? "" : "/", name);

	return hub_arn(hub, "ssm", resource);
}

json_t *ssm_latest(const json_t *parameter)
{
	json_t *versions = json_list(parameter, "Versions");

	return versions ? json_array_get(versions, json_array_size(versions) - 1) : NULL;
}

/* ---- finding ----------------------------------------------------------------------------------
 */

/* The name in an ARN of a parameter ("parameter/a" is "a" or "/a"), or the text itself. Without its
 * selector, which goes to *ret_selector (caller's) when there is one. */
static char *name_of(struct hub *hub, const char *asked, char **ret_selector)
{
	const char *inner = str_starts(asked, "arn:") ? strstr(asked, ":parameter/") : NULL;
	const char *text = inner ? inner + strlen(":parameter") : asked, *colon;
	OWN(str) char *name = NULL;

	colon = strchr(text, ':');
	name = colon ? str_dup_n(text, (size_t)(colon - text)) : str_dup(text);
	*ret_selector = colon ? str_dup(colon + 1) : NULL;
	if (inner && !hub_get(hub, SSM_PARAMETERS, name) && hub_get(hub, SSM_PARAMETERS, name + 1))
		return str_dup(name + 1);
	return GIVE(name);
}

static json_t *version_of(const json_t *parameter, const char *selector)
{
	json_t *version;
	uint64_t number;
	size_t i;

	if (!selector)
		return ssm_latest(parameter);
	if (num_parse_u64(selector, 1, INT64_MAX, &number) < 0)
		return NULL; /* labels are not kept */
	json_array_foreach(json_list(parameter, "Versions"), i,
			   version) if ((uint64_t)json_int_or(version, "Version", 0) ==
					number) return version;
	return NULL;
}

int ssm_find(struct hub *hub, struct call *c, const char *asked, json_t **ret_parameter,
	     json_t **ret_version)
{
	OWN(str) char *selector = NULL;
	OWN(str) char *name = name_of(hub, asked, &selector);
	json_t *parameter = hub_get(hub, SSM_PARAMETERS, name), *version;

	if (!parameter)
		return call_fail(c, 400, "ParameterNotFound", "%s", "");
	version = version_of(parameter, selector);
	if (!version)
		return call_fail(c, 400, "ParameterVersionNotFound",
				 "Systems Manager could not find version %s of %s.", selector,
				 name);
	*ret_parameter = parameter;
	*ret_version = version;
	return 0;
}

json_t *ssm_parameter_json(struct hub *hub, const json_t *parameter, const json_t *version,
			   const char *asked, bool decrypt)
{
	const char *name = json_str(parameter, "Name"), *colon = strrchr(asked, ':');
	const char *cipher = json_str(version, "Cipher");
	OWN(str) char *arn = ssm_arn(hub, name);
	json_t *out = json_object();

	json_set_str(out, "Name", name);
	json_set_str(out, "Type", json_str(version, "Type"));
	json_set_str(out, "Value", cipher && !decrypt ? cipher : json_str(version, "Value"));
	json_set_int(out, "Version", json_int_or(version, "Version", 1));
	if (colon && strspn(colon + 1, "0123456789") == strlen(colon + 1) && colon[1])
		json_set_str(out, "Selector", colon);
	json_object_set_new(out, "LastModifiedDate",
			    json_real((double)json_int_or(version, "ModifiedMs", 0) / 1000.0));
	json_set_str(out, "ARN", arn);
	json_set_str(out, "DataType", json_str(parameter, "DataType"));
	return out;
}

/* Reading a SecureString under a key of one's own needs that key; the one AWS manages serves all of
 * the account. */
static int may_decrypt(struct hub *hub, struct call *c, const json_t *parameter)
{
	const char *key = json_str(parameter, "KeyId");
	OWN(str) char *resource = NULL;
	OWN(str) char *arn = NULL;
	struct hub_question q = { .principal = c->principal, .action = "kms:Decrypt" };
	struct err why = { 0 };

	if (!key || !strcmp(key, "alias/aws/ssm"))
		return 0;
	resource = str_starts(key, "alias/") ? str_dup(key) : str_printf("key/%s", key);
	arn = str_starts(key, "arn:") ? str_dup(key) : hub_arn(hub, "kms", resource);
	q.resource = arn;
	if (hub_authorized(hub, &q, &why))
		return 0;
	return call_fail(c, 400, "AccessDeniedException", "%s", why.text);
}

/* ---- actions ----------------------------------------------------------------------------------
 */

static int put_parameter(struct hub *hub, struct call *c)
{
	json_int_t version;
	const char *name = json_str(c->in, "Name");

	if (json_list(c->in, "Tags") && json_bool_or(c->in, "Overwrite", false))
		return call_fail(c, 400, "ValidationException",
				 "Invalid request: tags and overwrite can't be used together.");
	if (ssm_put(hub, c, c->in, json_bool_or(c->in, "Overwrite", false), &version) < 0)
		return -1;
	json_set_int(c->out, "Version", version);
	json_set_str(c->out, "Tier", json_str(hub_get(hub, SSM_PARAMETERS, name), "Tier"));
	return 0;
}

static int get_parameter(struct hub *hub, struct call *c)
{
	const char *name = json_str(c->in, "Name");
	bool decrypt = json_bool_or(c->in, "WithDecryption", false);
	json_t *parameter, *version;

	if (!name)
		return call_fail(c, 400, "ValidationException", "Name is required.");
	if (ssm_find(hub, c, name, &parameter, &version) < 0)
		return -1;
	if (decrypt && may_decrypt(hub, c, parameter) < 0)
		return -1;
	json_object_set_new(c->out, "Parameter",
			    ssm_parameter_json(hub, parameter, version, name, decrypt));
	return 0;
}

/* The hub has asked about the first name; AWS asks about each. */
static int authorized_for(struct hub *hub, struct call *c, const char *name)
{
	OWN(str) char *selector = NULL;
	OWN(str) char *plain = name_of(hub, name, &selector);
	OWN(str) char *arn = ssm_arn(hub, plain);
	struct hub_question q = { .principal = c->principal,
				  .action = "ssm:GetParameters",
				  .resource = arn };
	struct err why = { 0 };

	if (str_ends(c->principal, ":root") || hub_authorized(hub, &q, &why))
		return 0;
	return call_fail(c, 400, "AccessDeniedException", "%s", why.text);
}

static int get_parameters(struct hub *hub, struct call *c)
{
	json_t *names = json_list(c->in, "Names"), *name;
	json_t *found = json_array(), *invalid = json_array(), *parameter, *version;
	bool decrypt = json_bool_or(c->in, "WithDecryption", false);
	size_t i;

	json_object_set_new(c->out, "Parameters", found);
	json_object_set_new(c->out, "InvalidParameters", invalid);
	if (!json_array_size(names) || json_array_size(names) > NAMES_MOST)
		return call_fail(c, 400, "ValidationException",
				 "1 validation error detected: Value at 'names' failed to satisfy "
				 "constraint: Member must have length between 1 and %d",
				 NAMES_MOST);
	json_array_foreach(names, i, name)
	{
		const char *text = json_string_value(name);

		if (!text)
			return call_fail(c, 400, "SerializationException", "Names holds strings.");
		if (authorized_for(hub, c, text) < 0)
			return -1;
		if (ssm_find(hub, c, text, &parameter, &version) < 0) {
			json_array_append(invalid, name);
			continue;
		}
		if (decrypt && may_decrypt(hub, c, parameter) < 0)
			return -1;
		json_array_append_new(found,
				      ssm_parameter_json(hub, parameter, version, text, decrypt));
	}
	c->status = 0; /* of those not found */
	*c->code = '\0';
	return 0;
}

static int delete_parameter(struct hub *hub, struct call *c)
{
	const char *name = json_str(c->in, "Name");

	if (!name || !hub_get(hub, SSM_PARAMETERS, name))
		return call_fail(c, 400, "ParameterNotFound", "%s", "");
	hub_remove(hub, SSM_PARAMETERS, name);
	return 0;
}

static char *parameter_resource(struct hub *hub, const struct call *c)
{
	const char *asked = json_str(c->in, "Name");
	OWN(str) char *selector = NULL;
	OWN(str) char *name = NULL;

	if (!asked)
		asked = json_string_value(json_array_get(json_list(c->in, "Names"), 0));
	if (!asked)
		asked = json_str(c->in, "Path");
	if (!asked)
		return NULL;
	name = name_of(hub, asked, &selector);
	return ssm_arn(hub, name);
}

/* ---- start ------------------------------------------------------------------------------------
 */

/* The CDK's synthesizer reads this one and wants a number of 6 or more: with it, `cdk deploy` works
 * without a bootstrap stack. */
static int start(struct hub *hub, struct err *err)
{
	static const char name[] = "/cdk-bootstrap/hnb659fds/version";
	OWN(json)
	json_t *in = json_pack("{s:s,s:s,s:s}", "Name", name, "Value", "30", "Type", "String");
	struct call c = { .service = "ssm", .action = "PutParameter", .in = in };
	json_int_t version;

	if (hub_get(hub, SSM_PARAMETERS, name))
		return 0;
	if (ssm_put(hub, &c, in, false, &version) < 0)
		return err_set(err, ERR_BUG, "%s: %s", name, c.message);
	json_set_bool(hub_get(hub, SSM_PARAMETERS, name), "Ours", true);
	return 0;
}

static const struct action actions[] = {
	{ .name = "DeleteParameter", .run = delete_parameter, .resource = parameter_resource },
	{ .name = "DescribeParameters", .run = ssm_describe },
	{ .name = "GetParameter", .run = get_parameter, .resource = parameter_resource },
	{ .name = "GetParameters", .run = get_parameters, .resource = parameter_resource },
	{ .name = "GetParametersByPath", .run = ssm_get_by_path, .resource = parameter_resource },
	{ .name = "PutParameter", .run = put_parameter, .resource = parameter_resource },
	{ 0 },
};
static const struct resource_kind *const kinds[] = { &ssm_parameter_kind, NULL };

const struct service service_ssm = {
	.name = "ssm",
	.actions = actions,
	.kinds = kinds,
	.start = start,
	.covers = "Parameter Store: put, get (by name, list, path, version), describe, delete. No "
		  "labels, parameter policies, public parameters, or data types but text; the "
		  "rest of Systems Manager is not there.",
};
