/* Nested stacks: a template that is given beside its parent is the one behind the parent's TemplateURL.
 * Its parameters have the parent's values, and what the parent reads of its outputs is known. */
#include <string.h>

#include "core/deployment/deployment-internal.h"

#define STACK_TYPE "AWS::CloudFormation::Stack"
#define OUTPUTS "Outputs."
#define ROUNDS_MAX 8 /* how long a value may travel from child to child */

/* ---- which template ---------------------------------------------------------------------------- */

/* What is behind the last slash, without what follows a file name in a URL. */
static char *file_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = strcspn(name, "?#");

	return len && !memchr(name, '$', len) ? str_dup_n(name, len) : NULL;
}

/* The literal end of a URL that a function puts together. */
static const char *end_of_url(const json_t *url)
{
	const json_t *sub = json_object_get(url, "Fn::Sub");
	const json_t *parts = json_array_get(json_list(url, "Fn::Join"), 1);

	if (json_is_array(sub))
		sub = json_array_get(sub, 0);
	if (json_array_size(parts))
		sub = json_array_get(parts, json_array_size(parts) - 1);
	return json_is_string(url) ? json_string_value(url) : json_string_value(sub);
}

char *deployment_nested_file(const json_t *body)
{
	const char *asset = json_str(json_map(body, "Metadata"), "aws:asset:path");
	const char *url = end_of_url(json_object_get(json_map(body, "Properties"), "TemplateURL"));

	if (!str_eq(json_str(body, "Type"), STACK_TYPE))
		return NULL;
	return asset ? file_of(asset) : url ? file_of(url) : NULL;
}

size_t deployment_nested_template(const struct template *const *list, size_t count, size_t parent,
				  const json_t *body, const bool *taken)
{
	OWN(str) char *file = deployment_nested_file(body);

	for (size_t i = 0; file && i < count; i++) {
		OWN(str) char *name = file_of(template_name(list[i]) ? template_name(list[i]) : "");

		if (i != parent && !(taken && taken[i]) && str_eq(name, file))
			return i;
	}
	return count;
}

/* A template in the list has one parent: another nested stack of it has other parameters. */
static void link_one(struct deployment *d, size_t parent, const char *logical, const json_t *body)
{
	OWN(str) char *room = mem_new(d->template_count, sizeof(struct template *));
	const struct template **list = (const struct template **)(void *)room;
	OWN(str) char *marks = mem_new(d->template_count, sizeof(bool));
	bool *taken = (bool *)(void *)marks;
	size_t child;

	for (size_t i = 0; i < d->template_count; i++) {
		list[i] = d->templates[i].t;
		taken[i] = d->nested[i].values != NULL;
	}
	child = deployment_nested_template(list, d->template_count, parent, body, taken);
	if (child == d->template_count)
		return;
	d->nested[child] = (struct nested_link){ .parent = parent,
						 .logical = logical,
						 .values = json_object(),
						 .outputs = json_object() };
}

/* Last templates first, as whoever evaluates them does. */
void nested_link(struct deployment *d)
{
	for (size_t i = d->template_count; i-- > 0;) {
		json_t *resources = (json_t *)(uintptr_t)template_resources(d->templates[i].t);
		const char *logical;
		json_t *body;

		json_object_foreach(resources, logical, body) {
			if (str_eq(json_str(body, "Type"), STACK_TYPE) &&
			    template_present(d->templates[i].eval, logical))
				link_one(d, i, logical, body);
		}
	}
}

static const struct nested_link *link_of(const struct deployment *d, size_t parent,
					 const char *logical)
{
	for (size_t i = 0; i < d->template_count; i++)
		if (d->nested[i].values && d->nested[i].parent == parent &&
		    str_eq(d->nested[i].logical, logical))
			return &d->nested[i];
	return NULL;
}

const struct template *deployment_nested_of(const struct deployment *d,
					    const struct deployment_resource *r)
{
	const struct nested_link *link = link_of(d, r->template, r->logical);

	return link ? d->templates[link - d->nested].t : NULL;
}

bool deployment_nested_given(const struct deployment *d, const struct deployment_resource *r)
{
	return deployment_nested_of(d, r) != NULL;
}

/* ---- values that travel ------------------------------------------------------------------------ */

/* An object of nodes of a template, evaluated as far as they are known. */
static json_t *values_of(struct deployment *d, size_t template, const json_t *nodes,
			 const char *member)
{
	json_t *values = json_object(), *node;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)nodes, key, node) {
		const json_t *source = member ? json_object_get(node, member) : node;
		OWN(json) json_t *replaced = imports_replace(d, template, source);
		OWN(json) json_t *value = NULL;
		struct err ignored = { 0 }; /* the evaluation of the resources reports it again */

		if (template_value(d->templates[template].eval, replaced ? replaced : source,
				   &value, &ignored) < 0 ||
		    !value)
			continue;
		value_mark(d, template, value);
		json_object_set(values, key, value);
	}
	return values;
}

/* What a Fn::If around all of it leaves; NULL: that is not known. */
static const json_t *chosen(const struct template_eval *eval, const json_t *node)
{
	const json_t *list;

	while ((list = json_list(node, "Fn::If"))) {
		const char *name = json_string_value(json_array_get(list, 0));
		int holds = name ? template_condition(eval, name) : -1;

		if (holds != 0 && holds != 1)
			return NULL;
		node = json_array_get(list, holds ? 1 : 2);
	}
	return node;
}

static void read_link(struct deployment *d, size_t child)
{
	struct nested_link *link = &d->nested[child];
	const json_t *body = template_resource(d->templates[link->parent].t, link->logical);
	const json_t *passed = json_object_get(json_map(body, "Properties"), "Parameters");
	json_t *values = values_of(
		d, link->parent, chosen(d->templates[link->parent].eval, passed), NULL);

	json_decref(link->values);
	link->values = values;
	values = values_of(d, child, json_map(template_body(d->templates[child].t), "Outputs"),
			   "Value");
	json_decref(link->outputs);
	link->outputs = values;
}

void nested_read(struct deployment *d)
{
	size_t children = 0;

	for (size_t i = 0; i < d->template_count; i++)
		children += d->nested[i].values != NULL;
	for (size_t round = 0; round < children + 1 && round < ROUNDS_MAX; round++)
		for (size_t i = 0; i < d->template_count; i++)
			if (d->nested[i].values)
				read_link(d, i);
}

void nested_free(struct deployment *d)
{
	for (size_t i = 0; d->nested && i < d->template_count; i++) {
		json_decref(d->nested[i].values);
		json_decref(d->nested[i].outputs);
	}
	free(d->nested);
}

/* ---- putting them in --------------------------------------------------------------------------- */

bool nested_any(const struct deployment *d, size_t template)
{
	for (size_t i = 0; i < d->template_count; i++)
		if (d->nested[i].values && (i == template || d->nested[i].parent == template))
			return true;
	return false;
}

static const char *type_of(const struct deployment *d, size_t template, const char *parameter)
{
	const json_t *declared =
		json_map(json_map(template_body(d->templates[template].t), "Parameters"), parameter);

	return json_str_or(declared, "Type", "");
}

/* A literal text is the parameter's value already, as whoever evaluates the child gave it. */
static json_t *parameter_value(const struct deployment *d, size_t template, const char *name)
{
	const json_t *value = json_object_get(d->nested[template].values, name);
	const char *type = type_of(d, template, name);

	if (!value || str_starts(type, "AWS::SSM::")) /* what is passed is where the value is */
		return NULL;
	if (str_starts(type, "List<") || !strcmp(type, "CommaDelimitedList"))
		return text_split(",", value);
	return json_deep_copy(value);
}

static json_t *output_value(const struct deployment *d, size_t template, const char *logical,
			    const char *attribute)
{
	const struct nested_link *link = link_of(d, template, logical);

	if (!link || !attribute || !str_starts(attribute, OUTPUTS))
		return NULL;
	return json_deep_copy(json_object_get(link->outputs, attribute + strlen(OUTPUTS)));
}

static json_t *name_value(const struct deployment *d, size_t template, const char *name)
{
	const char *dot = strchr(name, '.');
	OWN(str) char *logical = dot ? str_dup_n(name, (size_t)(dot - name)) : NULL;

	return dot ? output_value(d, template, logical, dot + 1) : parameter_value(d, template, name);
}

/* The names in the text that have values become its own variables. */
static json_t *text_value(const struct deployment *d, size_t template, const json_t *sub)
{
	const json_t *text = json_is_array(sub) ? json_array_get(sub, 0) : sub;
	json_t *given = json_is_array(sub) ? json_array_get(sub, 1) : NULL;
	OWN(json) json_t *replaced = imports_replace(d, template, given);
	OWN(json) json_t *variables = replaced ? json_incref(replaced)
				      : given  ? json_copy(given)
					       : json_object();
	const char *at = json_string_value(text);
	size_t before = json_object_size(variables);

	while (at && (at = strstr(at, "${"))) {
		OWN(str) char *name = str_dup_n(at + 2, strcspn(at + 2, "}"));
		json_t *value = json_object_get(variables, name) ? NULL
								 : name_value(d, template, name);

		if (value)
			json_object_set_new(variables, name, value);
		at += 2;
	}
	return json_object_size(variables) == before
		       ? NULL
		       : json_pack("{s:[O,O]}", "Fn::Sub", text, variables);
}

json_t *nested_value(const struct deployment *d, size_t template, const json_t *node)
{
	const json_t *att = json_list(node, "Fn::GetAtt"), *sub = json_object_get(node, "Fn::Sub");
	const char *dotted = json_str(node, "Fn::GetAtt"); /* "Logical.Attribute", the other form */

	if (json_object_size(node) != 1)
		return NULL;
	if (json_str(node, "Ref"))
		return parameter_value(d, template, json_str(node, "Ref"));
	if (att)
		return output_value(d, template, json_string_value(json_array_get(att, 0)),
				    json_string_value(json_array_get(att, 1)));
	if (dotted && strchr(dotted, '.'))
		return name_value(d, template, dotted);
	return sub ? text_value(d, template, sub) : NULL;
}
