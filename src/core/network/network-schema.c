/* The JSON schema of network.yaml, made from the table of its keys. */
#include "core/network/network-internal.h"

#include <string.h>

#include "base/str.h"

static json_t *description(const struct network_key *key)
{
	OWN(str) char *text = str_printf("%s.%s%s%s", key->help, key->standard ? " Without it: " : "",
					 key->standard ? key->standard : "", key->standard ? "." : "");

	return json_string(text);
}

static json_t *words_schema(const char *const *words)
{
	json_t *list = json_array();

	for (; *words; words++)
		json_array_append_new(list, json_string(*words));
	return json_pack("{s:s,s:o}", "type", "string", "enum", list);
}

/* The pattern of a number that is written as a text; the caller's. */
static char *numbers_pattern(const unsigned *numbers)
{
	OWN(buf) struct buf pattern = { 0 };

	for (const unsigned *n = numbers; *n; n++)
		buf_printf(&pattern, "%s%u", n == numbers ? "^0*(" : "|", *n);
	buf_str(&pattern, ")$");
	return buf_take(&pattern);
}

static json_t *text_schema(const struct network_key *key)
{
	OWN(str) char *pattern = key->numbers ? numbers_pattern(key->numbers)
				 : key->pattern ? str_dup(key->pattern)
						: str_dup("^[^\\u0000-\\u001f\\u007f]+$");

	if (key->words)
		return words_schema(key->words);
	return json_pack("{s:s,s:i,s:s}", "type", "string", "maxLength", NETWORK_TEXT_MOST, "pattern", pattern);
}

static json_t *number_schema(const struct network_key *key)
{
	json_t *numbers = json_array();

	for (const unsigned *n = key->numbers; n && *n; n++)
		json_array_append_new(numbers, json_integer(*n));
	if (key->numbers)
		return json_pack("{s:s,s:o}", "type", "integer", "enum", numbers);
	json_decref(numbers);
	return json_pack("{s:s,s:I,s:I}", "type", "integer", "minimum", (json_int_t)key->least, "maximum",
			 (json_int_t)key->most);
}

static json_t *mapping_schema(const struct network_key *keys);

static json_t *list_schema(const struct network_key *key, unsigned forms)
{
	json_t *j = json_pack("{s:s}", "type", "array"), *text = NULL, *mapping = NULL;

	if (forms & NETWORK_TEXTS)
		text = text_schema(key);
	if (forms & NETWORK_MAPPINGS)
		mapping = mapping_schema(key->below);
	json_object_set_new(j, "items",
			    text && mapping ? json_pack("{s:[o,o]}", "anyOf", text, mapping)
			    : text	    ? text
					    : mapping);
	if (key->least)
		json_set_int(j, "minItems", key->least);
	if (key->most)
		json_set_int(j, "maxItems", key->most);
	if (!mapping)
		json_set_bool(j, "uniqueItems", true);
	return j;
}

static json_t *key_schema(const struct network_key *key)
{
	json_t *any = json_array(), *j;

	if (key->forms & NETWORK_NUMBER)
		json_array_append_new(any, number_schema(key));
	if (key->forms & NETWORK_TEXT)
		json_array_append_new(any, text_schema(key));
	if (key->forms & NETWORK_MAPPING)
		json_array_append_new(any, mapping_schema(key->below));
	if (key->forms & (NETWORK_TEXTS | NETWORK_MAPPINGS))
		json_array_append_new(any, list_schema(key, key->forms));
	j = json_array_size(any) == 1 ? json_incref(json_array_get(any, 0)) :
					json_pack("{s:O}", "anyOf", any);
	json_decref(any);
	json_object_set_new(j, "description", description(key));
	return j;
}

static json_t *mapping_schema(const struct network_key *keys)
{
	json_t *properties = json_object(), *needed = json_array();
	json_t *j = json_pack("{s:s,s:b,s:o}", "type", "object", "additionalProperties", false, "properties",
			      properties);

	for (; keys->name; keys++) {
		json_object_set_new(properties, keys->name, key_schema(keys));
		if (keys->needed)
			json_array_append_new(needed, json_string(keys->name));
	}
	if (json_array_size(needed))
		json_object_set(j, "required", needed);
	json_decref(needed);
	return j;
}

json_t *network_schema(void)
{
	json_t *j = json_pack("{s:s,s:s,s:s}", "$schema", "http://json-schema.org/draft-07/schema#", "title",
			      "network.yaml of mpcup", "description",
			      "An MPC network. What several values are together, mpcup alone tells.");

	json_object_update_new(j, mapping_schema(network_keys));
	return j;
}
