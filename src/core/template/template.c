/* Reading a template, and what it says as it stands. */
#include <string.h>

#include "core/template/template-internal.h"

/* jansson's own positions and CloudFormation's sentence. */
static int json_fail(const char *name, const json_error_t *where, struct err *err)
{
	struct template_location at = { (unsigned)(where->line > 0 ? where->line : 1),
					(unsigned)(where->column > 0 ? where->column : 1) };
	bool twice = json_error_code(where) == json_error_duplicate_key;

	return location_error(
		name, at, err,
		"Template format error: JSON not well-formed. (line %u, column %u)%s%s", at.line,
		at.column, name || twice ? ": " : "",
		twice  ? "duplicate key"
		: name ? where->text
		       : "");
}

static int json_read(const char *name, const char *text, size_t len, json_t **ret, struct err *err)
{
	json_error_t where;
	json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);

	if (!value)
		return json_fail(name, &where, err);
	*ret = value;
	return 0;
}

static bool starts_as_json(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!memchr(" \t\r\n", text[i], 4))
			return text[i] == '{';
	return false;
}

/* jansson allows 2048 levels; everything behind it recurses over the value. */
static bool too_deep(json_t *value, unsigned levels)
{
	const char *key;
	json_t *member;
	size_t i;

	if (!json_is_object(value) && !json_is_array(value))
		return false;
	if (!levels)
		return true;
	json_object_foreach(value, key, member) if (too_deep(member, levels - 1)) return true;
	json_array_foreach(value, i, member) if (too_deep(member, levels - 1)) return true;
	return false;
}

static int read_body(struct template *t, struct err *err)
{
	struct template_location start = { 1, 1 };
	int result;

	if (t->len > LIMIT_BODY_BYTES)
		return location_error(t->name, (struct template_location){ 0, 0 }, err,
				      "Template may not exceed %d bytes in size.",
				      LIMIT_BODY_BYTES);
	if (t->yaml)
		result = yaml_read(t->name, t->text, t->len, NULL, &t->body, err);
	else
		result = json_read(t->name, t->text, t->len, &t->body, err);
	if (result < 0)
		return -1;
	if (!json_is_object(t->body))
		return location_error(t->name, start, err,
				      "Template format error: unsupported structure.");
	if (too_deep(t->body, LIMIT_DEPTH))
		return location_error(t->name, start, err,
				      "Template format error: the template is nested too deeply.");
	return 0;
}

int template_parse(const char *name, const char *text, size_t len, struct template **ret_t,
		   struct err *err)
{
	return template_parse_with(name, text, len, NULL, ret_t, err);
}

int template_parse_with(const char *name, const char *text, size_t len,
			const struct template_inputs *inputs, struct template **ret_t,
			struct err *err)
{
	OWN(template) struct template *t = NEW(struct template);
	struct err unwanted;

	t->name = str_dup(name);
	t->len = len;
	/* What is too large is not even copied. */
	t->text = str_dup_n(text, len > LIMIT_BODY_BYTES ? 0 : len);
	t->yaml = !starts_as_json(text, len);
	t->ordinals = json_object();
	if (!err)
		err = &unwanted;
	if (read_body(t, err) < 0 || template_check(t, inputs, err) < 0)
		return -1;
	*ret_t = GIVE(t);
	return 0;
}

void template_free(struct template *t)
{
	if (!t)
		return;
	json_decref(t->body);
	json_decref(t->ordinals);
	json_decref(t->origins);
	json_decref(t->fixed);
	location_free(t->index);
	free(t->name);
	/* a picture of an account may hold secrets */
	if (t->text && t->len <= LIMIT_BODY_BYTES)
		explicit_bzero(t->text, t->len);
	free(t->text);
	free(t);
}

const char *template_name(const struct template *t)
{
	return t->name ? t->name : "";
}

const json_t *template_body(const struct template *t)
{
	return t->body;
}

bool template_extended(const struct template *t)
{
	return t->extensions;
}

bool template_fixes(const struct template *t, const char *parameter)
{
	return json_object_get(t->fixed, parameter) != NULL;
}

json_t *template_processed(const struct template *t)
{
	json_t *body = json_copy(t->body);

	json_object_del(body, "Transform");
	return body;
}

const json_t *template_resources(const struct template *t)
{
	return t->resources;
}

const json_t *template_resource(const struct template *t, const char *logical)
{
	return json_object_get(t->resources, logical);
}

const char *template_deletion_policy(const struct template *t, const char *logical)
{
	const json_t *resource = template_resource(t, logical);
	const char *policy = json_str(resource, "DeletionPolicy");
	const char *type = json_str_or(resource, "Type", "");

	if (policy)
		return policy;
	/* The two exceptions from the default: clusters, and instances outside of clusters. */
	if (!strcmp(type, "AWS::RDS::DBCluster") ||
	    (!strcmp(type, "AWS::RDS::DBInstance") &&
	     !json_object_get(json_object_get(resource, "Properties"), "DBClusterIdentifier")))
		return "Snapshot";
	return "Delete";
}

const char *template_replace_policy(const struct template *t, const char *logical)
{
	return json_str_or(template_resource(t, logical), "UpdateReplacePolicy", "Delete");
}

/* ---- summary --------------------------------------------------------------------------------- */

static bool named_by_user(const json_t *resource, const char *type)
{
	const char *property = type_iam_name_property(type);

	return property && json_object_get(json_object_get(resource, "Properties"), property);
}

json_t *template_capabilities(const struct template *t)
{
	json_t *list = json_array(), *resource;
	bool iam = false, named = false;
	const char *logical;

	json_object_foreach(t->resources, logical, resource)
	{
		const char *type = json_str(resource, "Type");

		iam = iam || type_is_iam(type);
		named = named || named_by_user(resource, type);
	}
	/* CloudFormation asks for the stronger of the two only. */
	if (iam)
		json_add_str(list, named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM");
	if (json_object_get(t->body, "Transform"))
		json_add_str(list, "CAPABILITY_AUTO_EXPAND");
	return list;
}

static json_t *parameter_constraints(const json_t *parameter)
{
	const json_t *allowed = json_object_get(parameter, "AllowedValues");
	json_t *constraints = json_object(), *values = json_array();

	for (size_t i = 0; i < json_array_size(allowed); i++) {
		OWN(str) char *text = scalar_text(json_array_get(allowed, i));

		json_add_str(values, text);
	}
	if (allowed)
		json_object_set(constraints, "AllowedValues", values);
	json_decref(values);
	return constraints;
}

json_t *template_parameter_summary(const struct template *t)
{
	json_t *list = json_array(), *parameter;
	const char *name;

	json_object_foreach(t->parameters, name, parameter)
	{
		OWN(str) char *otherwise = scalar_text(json_object_get(parameter, "Default"));
		OWN(str) char *description = scalar_text(json_object_get(parameter, "Description"));
		json_t *row = json_object();

		json_set_str(row, "ParameterKey", name);
		json_set_str(row, "ParameterType", json_str(parameter, "Type"));
		json_set_str(row, "DefaultValue", otherwise);
		json_set_bool(row, "NoEcho", json_bool_or(parameter, "NoEcho", false));
		json_set_str(row, "Description", description);
		json_object_set_new(row, "ParameterConstraints", parameter_constraints(parameter));
		json_array_append_new(list, row);
	}
	return list;
}
