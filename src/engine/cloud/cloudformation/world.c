/* What the evaluation of a stack's template may ask: the stack's resources, other stacks' exports,
 * the parameter store, secrets. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

/* The record behind a reference; NULL: its values are not known (yet). */
static const json_t *known_record(const struct stack_world *w, const char *logical)
{
	const json_t *record;

	if (!w->stack || json_object_get(w->unknown, logical))
		return NULL;
	record = stack_record(w->hub, w->stack, logical);
	if (!record || stack_record_gone(record) || !*json_str_or(record, "PhysicalResourceId", ""))
		return NULL;
	return record;
}

static int ask_ref(void *ctx, const char *logical, json_t **ret, struct err *err)
{
	const json_t *record = known_record(ctx, logical);

	(void)err;
	if (!record)
		return TEMPLATE_UNKNOWN;
	*ret = json_incref(json_object_get(record, "PhysicalResourceId"));
	return 0;
}

static int ask_att(void *ctx, const char *logical, const char *attribute, json_t **ret,
		   struct err *err)
{
	const struct stack_world *w = ctx;
	const json_t *record = known_record(w, logical);
	json_t *value = json_object_get(json_map(record, "Attributes"), attribute);
	const char *type = json_str(record, "ResourceType");

	if (!record)
		return TEMPLATE_UNKNOWN;
	if (!value && str_eq(template_ref_attribute(type), attribute))
		value = json_object_get(record, "PhysicalResourceId");
	if (!value && str_eq(type, STACK_TYPE) && str_starts(attribute, "Outputs.") && w->unknown)
		return TEMPLATE_UNKNOWN; /* the update may bring it */
	if (!value && str_eq(type, STACK_TYPE) && str_starts(attribute, "Outputs."))
		return err_set(err, ERR_INPUT, "Output '%s' not found in stack '%s'",
			       attribute + strlen("Outputs."),
			       json_str(record, "PhysicalResourceId"));
	if (!value)
		return err_set(err, ERR_INPUT, "Resource type %s does not support attribute {%s}",
			       type, attribute);
	*ret = json_incref(value);
	return 0;
}

static int ask_import(void *ctx, const char *name, json_t **ret, struct err *err)
{
	const struct stack_world *w = ctx;
	json_t *value = json_object_get(hub_get(w->hub, STACK_EXPORT_KIND, name), "Value");

	if (!value && w->imports_may_lack)
		return TEMPLATE_UNKNOWN;
	if (!value)
		return err_set(err, ERR_INPUT, "No export named %s found", name);
	*ret = json_incref(value);
	return 0;
}

static int parameter_store(struct hub *hub, const char *name, json_t **ret, struct err *err)
{
	OWN(json) json_t *in = json_object();
	OWN(json) json_t *out = NULL;
	json_t *value;

	json_set_str(in, "Name", name);
	json_set_bool(in, "WithDecryption", true);
	if (hub_call(hub, NULL, "ssm", "GetParameter", in, &out, NULL, err) < 0)
		return -1;
	value = json_object_get(json_object_get(out, "Parameter"), "Value");
	if (!json_is_string(value))
		return err_set(err, ERR_BUG, "the parameter store gave no value for %s", name);
	*ret = json_incref(value);
	return 0;
}

static int ask_ssm(void *ctx, const char *name, json_t **ret, struct err *err)
{
	const struct stack_world *w = ctx;

	(void)err;
	/* the caller lists all that cannot be fetched in one sentence */
	return parameter_store(w->hub, name, ret, NULL) == 0 ? 0 : TEMPLATE_UNKNOWN;
}

/* secret-id:SecretString:json-key:version-stage:version-id; the id may be an ARN, which has six
 * colons of its own. */
static json_t *split_secret_reference(const char *rest)
{
	json_t *parts = json_array();
	const char *at = rest;

	if (str_starts(rest, "arn:"))
		for (int colons = 0; colons < 6 && strchr(at, ':'); colons++)
			at = strchr(at, ':') + 1;
	for (const char *from = rest;;) {
		const char *colon = strchr(at, ':');
		size_t len = colon ? (size_t)(colon - from) : strlen(from);

		json_array_append_new(parts, json_stringn(from, len));
		if (!colon)
			return parts;
		from = at = colon + 1;
	}
}

static const char *part(const json_t *parts, size_t i)
{
	const char *text = json_string_value(json_array_get(parts, i));

	return text && *text ? text : NULL;
}

static int secret_member(const char *id, const char *secret, const char *key, json_t **ret,
			 struct err *err)
{
	OWN(json) json_t *object = NULL;
	json_t *value;

	/* the parser's own text could quote the secret */
	if (json_parse_text("secret", secret, strlen(secret), &object, NULL) < 0 ||
	    !(value = json_object_get(object, key)))
		return err_set(err, ERR_INPUT,
			       "Could not find a value associated with JSONKey in SecretString: "
			       "secret %s, key %s",
			       id, key);
	*ret = json_is_string(value) ? json_incref(value) : NULL;
	if (!*ret) {
		OWN(str) char *text = json_text(value);

		*ret = json_string(text);
	}
	return 0;
}

static int ask_secret(struct hub *hub, const char *rest, json_t **ret, struct err *err)
{
	OWN(json) json_t *parts = split_secret_reference(rest);
	OWN(json) json_t *in = json_object();
	OWN(json) json_t *out = NULL;
	const char *id = part(parts, 0), *kind = part(parts, 1), *key = part(parts, 2), *text;

	if (!id || (kind && strcmp(kind, "SecretString")))
		return err_set(err, ERR_INPUT,
			       "Incorrect format is used in the following SSM reference: "
			       "[{{resolve:secretsmanager:%s}}]",
			       rest);
	json_set_str(in, "SecretId", id);
	json_set_str(in, "VersionStage", part(parts, 3));
	json_set_str(in, "VersionId", part(parts, 4));
	if (hub_call(hub, NULL, "secretsmanager", "GetSecretValue", in, &out, NULL, err) < 0)
		return -1;
	text = json_str(out, "SecretString");
	if (!text)
		return err_set(err, ERR_INPUT, "secret %s has no SecretString", id);
	if (key)
		return secret_member(id, text, key, ret, err);
	*ret = json_incref(json_object_get(out, "SecretString"));
	return 0;
}

static int ask_dynamic(void *ctx, const char *service, const char *rest, json_t **ret,
		       struct err *err)
{
	const struct stack_world *w = ctx;

	if (!strcmp(service, "secretsmanager"))
		return ask_secret(w->hub, rest, ret, err);
	return parameter_store(w->hub, rest, ret, err);
}

void stack_world_init(struct stack_world *w, struct hub *hub, const char *stack_name,
		      const char *stack_id)
{
	*w = (struct stack_world){ .hub = hub };
	w->world = (struct template_world){
		.account = hub_account(hub),
		.region = hub_region(hub),
		.partition = "aws",
		.url_suffix = "amazonaws.com",
		.stack_name = stack_name,
		.stack_id = stack_id,
		.zones = hub_zones(hub),
		.ref = ask_ref,
		.att = ask_att,
		.import = ask_import,
		.ssm = ask_ssm,
		.dynamic = ask_dynamic,
		.ctx = w,
	};
}
