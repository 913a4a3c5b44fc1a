/* AWS::SSM::Parameter */
#include "engine/cloud/ssm/ssm-internal.h"

#include <stdio.h>
#include <string.h>

/* Properties as PutParameter's members; Tags are a map here and a list there. */
static json_t *members(const struct resource *r, const char *name)
{
	json_t *in = json_copy((json_t *)(uintptr_t)r->properties);
	json_t *tags = json_map(r->properties, "Tags"), *list = json_array(), *value;
	const char *key;

	json_object_foreach(tags, key, value) json_array_append_new(
		list, json_pack("{s:s,s:s?}", "Key", key, "Value", json_string_value(value)));
	json_object_set_new(in, "Tags", list);
	json_set_str(in, "Name", name);
	return in;
}

static int write_it(struct hub *hub, struct resource *r, const char *name, bool overwrite,
		    struct err *err)
{
	OWN(json) json_t *in = members(r, name);
	struct call c = { .service = "ssm", .action = "PutParameter", .in = in };
	json_int_t version;

	if (str_eq(json_str(in, "Type"), "SecureString"))
		return err_set(err, ERR_INPUT,
			       "CloudFormation can't create a SecureString parameter type");
	if (ssm_put(hub, &c, in, overwrite, &version) < 0) {
		if (!strcmp(c.code, "ParameterAlreadyExists")) {
			(void)snprintf(r->error_code, sizeof(r->error_code), "AlreadyExists");
			return err_set(err, ERR_INPUT, "%s already exists", name);
		}
		return err_set(err, ERR_INPUT, "%s (Service: Ssm, Status Code: %d, Error Code: %s)",
			       c.message, c.status, c.code);
	}
	json_set_str(r->attributes, "Type", json_str(in, "Type"));
	json_set_str(r->attributes, "Value", json_str(in, "Value"));
	return RESOURCE_DONE;
}

static int create(struct hub *hub, struct resource *r, struct err *err)
{
	const char *given = json_str(r->properties, "Name");
	OWN(str) char *name = given ? str_dup(given) : hub_physical_name(hub, r, 100, false);
	/* `cdk bootstrap` makes what the cloud has put there for those who do not bootstrap */
	bool ours = json_bool_or(hub_get(hub, SSM_PARAMETERS, name), "Ours", false);

	if (write_it(hub, r, name, ours, err) < 0)
		return -1;
	r->physical = GIVE(name);
	return RESOURCE_DONE;
}

static int update(struct hub *hub, struct resource *r, struct err *err)
{
	return write_it(hub, r, r->physical, true, err);
}

static int remove_it(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	if (r->physical)
		hub_remove(hub, SSM_PARAMETERS, r->physical);
	return RESOURCE_DONE;
}

static const char *const replace_on[] = { "Name", NULL };
static const char *const allowed[] = { "Name",	   "Type", "Value", "Description", "AllowedPattern",
				       "DataType", "Tier", "Tags",  NULL };
static const char *const required[] = { "Type", "Value", NULL };

const struct resource_kind ssm_parameter_kind = {
	.type = "AWS::SSM::Parameter",
	.replace_on = replace_on,
	.create = create,
	.update = update,
	.remove = remove_it,
	.allowed = allowed,
	.required = required,
};
