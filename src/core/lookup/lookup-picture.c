/* The account as a template. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/lookup/lookup-internal.h"

/* A template has at most 500; more than this many are not drawn at all, because half a network would
 * be a wrong one. */
enum { RESOURCES_MAX = 490 };

/* ---- values ---------------------------------------------------------------------------------- */

json_t *unknown(void)
{
	return json_pack("{s:s}", "Ref", "Unknown");
}

/* Would a template evaluate it? What the account says is never a function. */
static bool has_function(const json_t *value, unsigned depth)
{
	json_t *whole = (json_t *)(uintptr_t)value, *one; /* only read */
	const char *key, *text = json_string_value(value);
	size_t i;

	if (depth > 32 || (text && strstr(text, "{{resolve:")))
		return true;
	json_array_foreach(whole, i, one)
		if (has_function(one, depth + 1))
			return true;
	json_object_foreach(whole, key, one)
		if (str_starts(key, "Fn::") || !strcmp(key, "Ref") || *key == '$' ||
		    has_function(one, depth + 1))
			return true;
	return false;
}

/* A member that is null is one that is not there; templates have no null. */
static void drop_nulls(json_t *value)
{
	const char *key;
	json_t *one;
	void *next;
	size_t i;

	json_object_foreach_safe(value, next, key, one) {
		if (json_is_null(one))
			json_object_del(value, key);
		else
			drop_nulls(one);
	}
	json_array_foreach(value, i, one)
		drop_nulls(one);
}

void put(json_t *properties, const char *key, const json_t *value)
{
	json_t *copy;

	if (!value || json_is_null(value))
		return;
	copy = has_function(value, 0) ? unknown() : json_deep_copy(value);
	drop_nulls(copy);
	json_object_set_new(properties, key, copy);
}

void put_str(json_t *properties, const char *key, const char *value)
{
	OWN(json) json_t *text = value ? json_bytes(value, strlen(value)) : NULL;

	put(properties, key, text);
}

static int hex_of(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) % 16 : -1;
}

static char *percent_decode(const char *text)
{
	struct buf b = { 0 };

	for (const char *c = text; *c; c++) {
		int high = *c == '%' ? hex_of(c[1]) : -1, low = high >= 0 ? hex_of(c[2]) : -1;

		buf_char(&b, low >= 0 ? (char)(high * 16 + low) : *c);
		if (low >= 0)
			c += 2;
	}
	return buf_take(&b);
}

void put_document(json_t *properties, const char *key, const char *text)
{
	OWN(json) json_t *document = json_loads(text, 0, NULL);
	OWN(str) char *plain = document ? NULL : percent_decode(text);

	if (plain)
		document = json_loads(plain, 0, NULL);
	if (json_is_object(document))
		put(properties, key, document);
	else
		json_object_set_new(properties, key, unknown());
}

/* ---- resources ------------------------------------------------------------------------------- */

json_t *picture_add(struct picture *p, const char *type, const char *id, const char *arn,
		    json_t *properties)
{
	OWN(json) json_t *taken = properties, *metadata = json_object();
	OWN(str) char *key = str_printf("%s %s", type, id ? id : "");
	char logical[40];

	if (!id || !*id || json_object_get(p->seen, key))
		return NULL;
	json_set_bool(p->seen, key, true);
	(void)snprintf(logical, sizeof(logical), "Account%zu", json_object_size(p->resources));
	json_set_str(metadata, "physicalId", id);
	json_set_str(metadata, "arn", arn);
	json_object_set_new(p->resources, logical,
			    json_pack("{s:s,s:O,s:{s:O}}", "Type", type, "Properties", taken,
				      "Metadata", "mpcup", metadata));
	return metadata; /* lives on in the resources */
}

static void add_parameter(struct picture *p, const char *name)
{
	json_object_set_new(p->parameters, name, json_pack("{s:s,s:b}", "Type", "String", "NoEcho", true));
}

json_t *picture_unknown(struct picture *p)
{
	OWN(str) char *name = str_printf("Unknown%zu", json_object_size(p->parameters));

	add_parameter(p, name);
	return json_pack("{s:s}", "Ref", name);
}

static json_t *exports_of(const json_t *facts)
{
	const json_t *answer = answer_to(facts, "cloudformation", "ListExports", json_object());
	json_t *exports = answer ? json_object() : NULL, *one;
	size_t i;

	json_array_foreach(json_list(answer, "Exports"), i, one) {
		const char *name = json_str(one, "Name"), *value = json_str(one, "Value");

		if (name && value)
			json_set_str(exports, name, value);
	}
	return exports;
}

char *lookup_picture(const json_t *facts)
{
	OWN(json) json_t *resources = json_object(), *seen = json_object();
	OWN(json) json_t *exports = exports_of(facts), *whole = NULL;
	OWN(json) json_t *parameters = json_object();
	struct picture p = { .facts = facts, .resources = resources, .seen = seen, .parameters = parameters };

	add_parameter(&p, "Unknown");
	picture_network(&p);
	picture_groups(&p);
	picture_storage(&p);
	picture_roles(&p);
	picture_secrets(&p);
	picture_names(&p);
	if (json_object_size(resources) > RESOURCES_MAX)
		json_object_clear(resources);
	if (!json_object_size(resources) && !exports)
		return NULL;
	if (!json_object_size(resources)) /* a template has at least one */
		json_object_set_new(resources, "Account",
				    json_pack("{s:s}", "Type", "AWS::CloudFormation::WaitConditionHandle"));
	whole = json_pack("{s:{s:{s:b}},s:O,s:O}", "Metadata", "mpcup", "account", true,
			  "Parameters", parameters, "Resources", resources);
	if (exports)
		json_object_set(json_path(whole, "Metadata.mpcup"), "exports", exports);
	return json_text(whole);
}
