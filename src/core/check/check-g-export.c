/* Exports and imports between stacks: G07, G08, G09. */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "core/check/check-asked.h"
#include "core/check/check-g.h"

/* A name that hangs on the stack's is the same in one template and not in another. */
static json_t *export_new(size_t index, const char *output, const json_t *node, json_t *name,
			  bool certain)
{
	OWN(str) char *whole = json_is_string(name) ? NULL : json_canonical(name);
	OWN(str) char *key = whole ? str_printf("%zu %s", index, whole) : NULL;
	json_t *ret = json_pack("{s:s,s:s,s:i,s:b,s:b}", "key", key ? key : json_string_value(name),
				"output", output, "template", (int)index, "certain", certain,
				"literal", json_is_string(node));

	if (!whole)
		json_object_set(ret, "name", name);
	return ret;
}

/* Adds {"name","output","template","certain","literal"} of every export; "name" is not there when
 * parts of it are not known, "key" is the same for equal names. */
static void exports_of(size_t index, const struct deployment_template *from, json_t *list)
{
	json_t *outputs = json_map(template_body(from->t), "Outputs"), *output;
	const char *key;

	json_object_foreach(outputs, key, output) {
		const json_t *node = json_path(output, "Export.Name");
		const char *condition = json_str(output, "Condition");
		int present = condition ? template_condition(from->eval, condition) : 1;
		OWN(json) json_t *name = NULL;

		if (!node || !present || template_value(from->eval, node, &name, NULL) < 0 || !name)
			continue;
		json_array_append_new(list, export_new(index, key, node, name, present == 1));
	}
}

static json_t *all_exports(const struct check *c)
{
	json_t *list = json_array();
	size_t count;
	const struct deployment_template *templates = check_templates(c, &count);

	for (size_t i = 0; i < count; i++)
		exports_of(i, &templates[i], list);
	return list;
}

static char *export_pointer(const json_t *export)
{
	return str_printf("/Outputs/%s/Export/Name", json_str_or(export, "output", ""));
}

static size_t export_template(const json_t *export)
{
	return (size_t)json_int_or(export, "template", 0);
}

static const char *file_of(const struct check *c, size_t template)
{
	size_t count;
	const struct deployment_template *templates = check_templates(c, &count);
	const char *name = template <count ? template_name(templates[template].t) : NULL;

	return name ? name : "the other template";
}

/* ---- G07, G09 -------------------------------------------------------------------------------- */

/* One question for all exports of a template: the look-up answers it for all. */
static void ask_exports(struct check *c, const json_t *exports, bool literal, const char *lookup,
			const char *message)
{
	size_t count;

	check_templates(c, &count);
	for (size_t t = 0; t < count; t++) {
		const json_t *first = NULL;
		OWN(str) char *pointer = NULL;
		struct check_finding f;
		size_t more = 0;

		for (size_t i = 0; i < json_array_size(exports); i++) {
			const json_t *one = json_array_get(exports, i);

			if (export_template(one) != t || !json_str(one, "name") ||
			    (literal && !json_bool_or(one, "literal", false)))
				continue;
			more += first != NULL;
			first = first ? first : one;
		}
		if (!first)
			continue;
		pointer = export_pointer(first);
		f = (struct check_finding){ .severity = CHECK_UNKNOWN,
					    .pointer = pointer,
					    .template = t,
					    .lookup = lookup };
		if (literal || (!asked_exports(c, t, &f) && check_looks_up(c)))
			check_add(c, &f, "%s: %s and %zu more.", message, json_str(first, "name"),
				  more);
	}
}

void check_export_in_use(struct check *c)
{
	OWN(json) json_t *exports = all_exports(c);

	ask_exports(c, exports, false, "aws cloudformation list-imports --export-name <name>",
		    "An update that changes or removes an export is refused while another stack "
		    "imports it");
}

static void export_twice(struct check *c, const json_t *first, const json_t *again)
{
	OWN(str) char *pointer = export_pointer(again);

	check_add(c,
		  &(struct check_finding){ .severity = CHECK_FAIL,
					   .pointer = pointer,
					   .template = export_template(again) },
		  "Export name %s is taken already by output %s of %s.",
		  json_str_or(again, "name", "of this output"),
		  json_str(first, "output"), file_of(c, export_template(first)));
}

void check_export_taken(struct check *c)
{
	OWN(json) json_t *exports = all_exports(c), *seen = json_object();
	json_t *one;
	size_t i;

	json_array_foreach(exports, i, one) {
		const char *name = json_str(one, "key");
		const json_t *first = json_object_get(seen, name);

		if (!json_bool_or(one, "certain", false))
			continue;
		if (first)
			export_twice(c, first, one);
		else
			json_object_set(seen, name, one);
	}
	ask_exports(c, exports, true, "aws cloudformation list-exports",
		    "Export names are unique in an account and region, and these do not come from "
		    "the stack's name");
}

/* ---- G08 ------------------------------------------------------------------------------------- */

/* Length up to and with the last separator. */
static size_t prefix_length(const char *name)
{
	size_t len = strlen(name);

	while (len && name[len - 1] != '-' && name[len - 1] != ':')
		len--;
	return len;
}

/* 0: no likeness. The nearer the higher. */
static int likeness(const char *wanted, const char *candidate)
{
	size_t a = prefix_length(wanted), b = prefix_length(candidate);

	if (!strcasecmp(wanted, candidate) || str_distance(wanted, candidate, 3) < 3)
		return 3;
	if (a && b && !strcmp(wanted + a, candidate + b))
		return 2;
	return a && a == b && !memcmp(wanted, candidate, a);
}

/* The export of another template that the import's name is most like. */
static const json_t *nearest_export(const json_t *exports, size_t importer, const char *name)
{
	const json_t *best = NULL;
	int most = 0;

	for (size_t i = 0; i < json_array_size(exports); i++) {
		const json_t *one = json_array_get(exports, i);
		int like = likeness(name, json_str_or(one, "name", ""));

		if (export_template(one) == importer || !json_str(one, "name") || like <= most)
			continue;
		most = like;
		best = one;
	}
	return best;
}

static bool exported(const json_t *exports, size_t importer, const char *name)
{
	for (size_t i = 0; i < json_array_size(exports); i++) {
		const json_t *one = json_array_get(exports, i);

		if (export_template(one) != importer && str_eq(json_str(one, "name"), name))
			return true;
	}
	return false;
}

struct imports {
	struct check *c;
	size_t template;
	const struct deployment_template *from;
	const json_t *exports;
	json_t *seen;
	struct buf pointer;
	const struct deployment_resource *resource;
	unsigned depth;
};

static void report_missing(struct imports *at, const char *name)
{
	const json_t *near = nearest_export(at->exports, at->template, name);
	const char *spelt = json_str(near, "name");
	OWN(str) char *remedy = near ? str_printf("Fn::ImportValue: %s", spelt) : NULL;
	bool missing = deployment_account_exports(check_deployment(at->c), name) == VERDICT_FAIL;
	struct check_finding f = { .severity = near || missing ? CHECK_FAIL : CHECK_UNKNOWN,
				   .resource = at->resource,
				   .template = at->template,
				   .remedy = remedy };
	const char *below = at->pointer.data;

	if (!at->resource)
		f.pointer = below;
	else if (str_starts(below, "/Properties/"))
		f.property = below + strlen("/Properties/");
	if (!near && !missing)
		f.lookup = "aws cloudformation list-exports";
	if (near)
		check_add(at->c, &f,
			  "No template of this call exports %s. %s (output %s) exports %s.", name,
			  file_of(at->c, export_template(near)), json_str(near, "output"), spelt);
	else if (missing)
		check_add(at->c, &f, "Neither a template of this call nor the account exports %s.",
			  name);
	else
		check_add(at->c, &f,
			  "%s must be exported in the same account and region before "
			  "this stack is created.",
			  name);
}

/* A name that depends on what is not known cannot be compared. */
static void look_import(struct imports *at, json_t *argument)
{
	OWN(json) json_t *name = NULL;
	const char *text;

	if (template_value(at->from->eval, argument, &name, NULL) < 0)
		return;
	text = json_string_value(name);
	if (!text || exported(at->exports, at->template, text) || json_object_get(at->seen, text))
		return;
	if (deployment_account_exports(check_deployment(at->c), text) == VERDICT_PASS)
		return;
	json_set_bool(at->seen, text, true);
	report_missing(at, text);
}

static void look_imports(struct imports *at, const json_t *node)
{
	size_t mark = at->pointer.len, i;
	json_t *whole = (json_t *)(uintptr_t)node, *member;
	const char *key;

	if (at->depth > 128)
		return;
	at->depth++;
	json_object_foreach(whole, key, member) {
		if (!strcmp(key, "Fn::ImportValue"))
			look_import(at, member);
		buf_char(&at->pointer, '/');
		buf_str(&at->pointer, key);
		look_imports(at, member);
		at->pointer.data[at->pointer.len = mark] = '\0';
	}
	json_array_foreach(whole, i, member) {
		buf_printf(&at->pointer, "/%zu", i);
		look_imports(at, member);
		at->pointer.data[at->pointer.len = mark] = '\0';
	}
	at->depth--;
}

static void imports_of(struct imports *at)
{
	json_t *resources = (json_t *)(uintptr_t)template_resources(at->from->t), *body;
	const char *logical;

	json_object_foreach(resources, logical, body) {
		at->resource = deployment_find(check_deployment(at->c), at->template, logical);
		if (at->resource)
			look_imports(at, body);
	}
	at->resource = NULL;
	buf_str(&at->pointer, "/Outputs");
	look_imports(at, json_map(template_body(at->from->t), "Outputs"));
}

void check_import_missing(struct check *c)
{
	OWN(json) json_t *exports = all_exports(c);
	size_t count;
	const struct deployment_template *templates = check_templates(c, &count);

	for (size_t i = 0; i < count; i++) {
		OWN(json) json_t *seen = json_object();
		struct imports at = { .c = c,
				      .template = i,
				      .from = &templates[i],
				      .exports = exports,
				      .seen = seen };

		imports_of(&at);
		buf_free(&at.pointer);
	}
}
