/* Exports of the templates, and the imports that they satisfy. */
#include <string.h>

#include "core/deployment/deployment-internal.h"

/* ---- marking --------------------------------------------------------------------------------- */

static void scalar_note(struct deployment *d, const json_t *value)
{
	OWN(str) char *text = json_text(value);

	if (text && !json_object_get(d->scalars, text))
		json_object_set_new(d->scalars, text, json_string(text));
}

static bool names_resource(const struct deployment *d, size_t template, const char *identity)
{
	size_t len = strcspn(identity, ".");
	OWN(str) char *logical = str_dup_n(identity, len);

	return json_object_get(d->names[template], logical) != NULL;
}

/* What means another thing in another template: resources, and parameters wherever they occur. */
static bool is_local(const struct deployment *d, size_t template, const char *identity)
{
	return strstr(identity, "param:") || names_resource(d, template, identity);
}

static void symbol_mark(struct deployment *d, size_t template, json_t *symbol)
{
	if (d->template_count < 2 || json_object_get(symbol, TEMPLATE_TAG))
		return;
	if (is_local(d, template, json_str(symbol, "$symbol")))
		json_object_set_new(symbol, TEMPLATE_TAG, json_integer((json_int_t) template));
}

void value_mark(struct deployment *d, size_t template, json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_number(value) || json_is_boolean(value)) {
		scalar_note(d, value);
		return;
	}
	if (template_is_symbol(value))
		symbol_mark(d, template, value);
	json_object_foreach(value, key, member) {
		if (strcmp(key, TEMPLATE_TAG))
			value_mark(d, template, member);
	}
	json_array_foreach(value, i, member)
		value_mark(d, template, member);
}

/* ---- imports --------------------------------------------------------------------------------- */

static bool has_import(json_t *node)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach(node, key, member) {
		if (!strcmp(key, "Fn::ImportValue") || has_import(member))
			return true;
	}
	json_array_foreach(node, i, member) {
		if (has_import(member))
			return true;
	}
	return false;
}

/* The exported value of an import's argument, borrowed; NULL when it is not known. */
static json_t *import_value(const struct deployment *d, size_t template, const json_t *argument)
{
	OWN(json) json_t *name = NULL;
	struct err ignored = { 0 }; /* the evaluation of the properties reports it again */

	if (template_value(d->templates[template].eval, argument, &name, &ignored) < 0)
		return NULL;
	return json_is_string(name) ? json_object_get(d->exports, json_string_value(name)) : NULL;
}

static json_t *replace(const struct deployment *d, size_t template, json_t *node);

/* A text of symbols that was joined by the exporter is split into the symbols again: so do lists
 * travel between stacks. NULL when some piece is more than one part. */
static json_t *split_parts(const char *delimiter, const json_t *parts)
{
	OWN(json) json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(parts); i++) {
		json_t *part = json_array_get(parts, i);

		if ((i % 2 == 0) != (template_is_symbol(part) == 1))
			return NULL;
		if (i % 2 && strcmp(json_string_value(part), delimiter) != 0)
			return NULL;
		if (i % 2 == 0)
			json_array_append_new(list, json_deep_copy(part));
	}
	return json_array_size(parts) % 2 ? GIVE(list) : NULL;
}

/* No id or ARN has such a delimiter inside, so every symbol is one piece. */
static bool delimits_lists(const char *delimiter)
{
	return delimiter && *delimiter && !delimiter[strspn(delimiter, ",;| ")];
}

static json_t *replace_split(const json_t *node)
{
	const json_t *arguments = json_list(node, "Fn::Split");

	return text_split(json_string_value(json_array_get(arguments, 0)),
			  json_array_get(arguments, 1));
}

json_t *text_split(const char *delimiter, const json_t *text)
{
	const json_t *parts = json_list(text, "$parts");

	if (!delimits_lists(delimiter) || !template_is_symbol(text))
		return NULL;
	/* A list of one is the symbol alone; an attribute may be a list by itself. */
	if (!parts && json_object_get(text, TEMPLATE_TAG) &&
	    !strpbrk(json_str(text, "$symbol"), ".:("))
		return json_pack("[O]", (json_t *)(uintptr_t)text);
	return parts ? split_parts(delimiter, parts) : NULL;
}

static json_t *replace_object(const struct deployment *d, size_t template, json_t *node)
{
	json_t *object = json_object(), *split;
	const char *key;
	json_t *member;

	json_object_foreach(node, key, member) {
		json_object_set_new_nocheck(object, key, replace(d, template, member));
	}
	split = json_object_size(object) == 1 ? replace_split(object) : NULL;
	if (!split)
		return object;
	json_decref(object);
	return split;
}

static json_t *replace(const struct deployment *d, size_t template, json_t *node)
{
	json_t *argument =
		json_object_size(node) == 1 ? json_object_get(node, "Fn::ImportValue") : NULL;
	json_t *known = argument ? import_value(d, template, argument) : NULL;
	json_t *array, *member;
	size_t i;

	if (known)
		return json_deep_copy(known);
	if (json_is_object(node) && (known = nested_value(d, template, node)))
		return known;
	if (json_is_object(node))
		return replace_object(d, template, node);
	if (!json_is_array(node))
		return json_incref(node);
	array = json_array();
	json_array_foreach(node, i, member) {
		json_array_append_new(array, replace(d, template, member));
	}
	return array;
}

json_t *imports_replace(const struct deployment *d, size_t template, const json_t *source)
{
	json_t *node = (json_t *)(uintptr_t)source; /* only read */

	return node && (nested_any(d, template) || has_import(node)) ? replace(d, template, node)
								      : NULL;
}

/* ---- exports --------------------------------------------------------------------------------- */

/* One output at a time: an output that cannot be evaluated, or a name that is taken, is a finding
 * of others and must not hide the rest. */
static void export_read(struct deployment *d, size_t template, const json_t *output)
{
	const struct template_eval *eval = d->templates[template].eval;
	const json_t *name_node = json_object_get(json_object_get(output, "Export"), "Name");
	const char *condition = json_str(output, "Condition");
	OWN(json) json_t *source = NULL;
	OWN(json) json_t *name = NULL;
	OWN(json) json_t *value = NULL;
	struct err ignored = { 0 };

	if (!name_node || (condition && template_condition(eval, condition) == 0))
		return;
	source = imports_replace(d, template, json_object_get(output, "Value"));
	if (template_value(eval, name_node, &name, &ignored) < 0 || !json_is_string(name) ||
	    json_object_get(d->exports, json_string_value(name)))
		return;
	if (template_value(eval, source ? source : json_object_get(output, "Value"), &value,
			   &ignored) < 0 ||
	    !value || str_starts(json_str_or(value, "$symbol", ""), "import:"))
		return; /* an import of another export: the next round may know it */
	value_mark(d, template, value);
	json_object_set(d->exports, json_string_value(name), value);
}

/* The account's own: behind those of the templates, which are about to replace them. */
static void account_exports(struct deployment *d)
{
	for (size_t i = 0; i < d->template_count; i++) {
		const json_t *body = template_body(d->templates[i].t);
		json_t *exports = json_map(account_metadata(d, i, body), "exports");
		const char *name;
		json_t *value;

		d->account_exports = exports ? exports : d->account_exports;
		json_object_foreach(exports, name, value)
			if (!json_object_get(d->exports, name))
				json_object_set(d->exports, name, value);
	}
}

enum verdict deployment_account_exports(const struct deployment *d, const char *name)
{
	if (!d->account_exports)
		return VERDICT_UNKNOWN;
	return json_object_get(d->account_exports, name) ? VERDICT_PASS : VERDICT_FAIL;
}

static void exports_round(struct deployment *d)
{
	for (size_t i = 0; i < d->template_count; i++) {
		json_t *outputs = json_object_get(template_body(d->templates[i].t), "Outputs");
		const char *key;
		json_t *output;

		json_object_foreach(outputs, key, output)
			export_read(d, i, output);
	}
}

/* An export may pass on another template's: each round follows one more link. */
static void exports_rounds(struct deployment *d)
{
	for (size_t round = 0; round < d->template_count; round++) {
		size_t before = json_object_size(d->exports);

		exports_round(d);
		if (json_object_size(d->exports) == before)
			break;
	}
}

void exports_read(struct deployment *d)
{
	exports_rounds(d);
	account_exports(d);
	if (d->account_exports)
		exports_rounds(d);
}
