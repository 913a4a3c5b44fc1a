/* Which name a stack must have: the imports of the others tell, where its exports hang on its name.
 */
#include <ctype.h>
#include <string.h>

#include "core/deployment/deployment-internal.h"

#define STACK_NAME "AWS::StackName"

/* [before, after] of an export's name; NULL when it is not the stack's name between two texts. */
static json_t *around_name(const json_t *value)
{
	const json_t *parts = json_list(value, "$parts"), *part;
	const char *around[2] = { "", "" };
	size_t i, seen = 0;

	json_array_foreach(parts, i, part) {
		if (str_eq(json_str(part, "$symbol"), STACK_NAME) && !seen++)
			continue;
		if (!json_is_string(part) || *around[seen])
			return NULL;
		around[seen] = json_string_value(part);
	}
	return seen == 1 && (*around[0] || *around[1]) ? json_pack("[s,s]", around[0], around[1])
						       : NULL;
}

/* Names of exports: ret_literal has the texts, ret_around what surrounds the stack's name. */
static void exports_of(const struct deployment_template *from, json_t *ret_literal,
		       json_t *ret_around)
{
	json_t *outputs = json_map(template_body(from->t), "Outputs"), *output;
	const char *key;

	json_object_foreach(outputs, key, output) {
		const json_t *node = json_path(output, "Export.Name");
		OWN(json) json_t *name = NULL, *around = NULL;

		if (!node || template_value(from->eval, node, &name, NULL) < 0)
			continue;
		if (json_is_string(name))
			json_set_bool(ret_literal, json_string_value(name), true);
		else if ((around = around_name(name)))
			json_array_append(ret_around, around);
	}
}

/* Letters, digits and hyphens: no text with an unknown part in it. */
static bool is_stack_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-')
			return false;
	return len > 0;
}

/* The name that makes the text of one of the exports; NULL: none does. */
static char *name_in(const json_t *around, const char *text)
{
	const json_t *one;
	size_t i;

	json_array_foreach(around, i, one) {
		const char *before = json_string_value(json_array_get(one, 0));
		const char *after = json_string_value(json_array_get(one, 1));
		size_t a = strlen(before), b = strlen(after);

		if (strlen(text) > a + b && str_starts(text, before) && str_ends(text, after) &&
		    is_stack_name(text + a, strlen(text) - a - b))
			return str_dup_n(text + a, strlen(text) - a - b);
	}
	return NULL;
}

/* Whether an import of the template begins with the name: a stack imports nothing from itself, so
 * the name is another's. */
static bool is_asked_by(const struct deployment_template *t, const char *name)
{
	OWN(json) json_t *imports = NULL;
	size_t len = strlen(name), i;
	const json_t *one;

	if (template_imports(t->eval, &imports, NULL) < 0)
		return false;
	json_array_foreach(imports, i, one) {
		const char *text = json_string_value(one);

		if (str_starts(text, name) && text[len] && !isalnum((unsigned char)text[len]))
			return true;
	}
	return false;
}

/* The names that imports of other templates give the stack -> how often. What the text of an export
 * is already, or what more than one stack may export, tells nothing. */
static void count_names(const struct deployment_template *list, size_t count, size_t index,
			const json_t *literal, json_t *const *around, json_t *ret)
{
	for (size_t i = 0; i < count; i++) {
		OWN(json) json_t *imports = NULL;
		const json_t *one;
		size_t k;

		if (i == index || template_imports(list[i].eval, &imports, NULL) < 0)
			continue;
		json_array_foreach(imports, k, one) {
			OWN(str) char *name = name_in(around[index], json_string_value(one));
			bool alone = name && !json_object_get(literal, json_string_value(one));

			for (size_t other = 0; alone && other < count; other++) {
				OWN(str) char *too = NULL;

				if (other != index)
					too = name_in(around[other], json_string_value(one));
				alone = !too;
			}
			if (alone)
				json_object_set_new(ret, name,
						    json_integer(json_int_or(ret, name, 0) + 1));
		}
	}
}

char *deployment_stack_name(const struct deployment_template *list, size_t count, size_t index)
{
	OWN(json) json_t *literal = json_object(), *names = json_object();
	json_t **around = mem_new(count, sizeof(json_t *)), *times;
	const char *name, *best = NULL;
	json_int_t most = 0;

	for (size_t i = 0; i < count; i++)
		exports_of(&list[i], literal, around[i] = json_array());
	if (json_array_size(around[index]))
		count_names(list, count, index, literal, around, names);
	json_object_foreach(names, name, times) {
		if (json_integer_value(times) == most)
			best = NULL; /* as many say another name */
		if (json_integer_value(times) <= most || is_asked_by(&list[index], name))
			continue;
		most = json_integer_value(times);
		best = name;
	}
	for (size_t i = 0; i < count; i++)
		json_decref(around[i]);
	free(around);
	return best ? str_dup(best) : NULL;
}
