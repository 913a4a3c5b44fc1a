/* Values that are not known: an identity instead of a value, so that equal things stay equal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/template/template-internal.h"

static const char *symbol_identity(const json_t *value)
{
	return json_str(value, "$symbol");
}

int template_is_symbol(const json_t *value)
{
	return symbol_identity(value) != NULL;
}

json_t *symbol_new(const char *identity)
{
	json_t *symbol = json_object();

	json_set_str(symbol, "$symbol", identity);
	return symbol;
}

json_t *symbol_call(const char *name, json_t *const *arguments, size_t count)
{
	OWN(buf) struct buf text = { 0 };

	buf_str(&text, name);
	buf_char(&text, '(');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_char(&text, ',');
		value_canonical(&text, arguments[i]);
	}
	buf_char(&text, ')');
	return symbol_new(text.data);
}

bool value_known(json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (template_is_symbol(value))
		return false;
	json_object_foreach(value, key, member) if (!value_known(member)) return false;
	json_array_foreach(value, i, member) if (!value_known(member)) return false;
	return true;
}

static int key_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void canonical_object(struct buf *b, json_t *value)
{
	size_t count = json_object_size(value), n = 0;
	const char **keys = mem_new(count + 1, sizeof(*keys));
	const char *key;
	json_t *member;

	json_object_foreach(value, key, member) keys[n++] = key;
	qsort(keys, n, sizeof(*keys), key_compare);
	buf_char(b, '{');
	for (size_t i = 0; i < n; i++) {
		buf_printf(b, "%s\"%s\":", i ? "," : "", keys[i]);
		value_canonical(b, json_object_get(value, keys[i]));
	}
	buf_char(b, '}');
	free(keys);
}

void value_canonical(struct buf *b, json_t *value)
{
	OWN(str) char *text = NULL;
	json_t *member;
	size_t i;

	if (!value) {
		buf_str(b, "AWS::NoValue");
	} else if (template_is_symbol(value)) {
		buf_str(b, symbol_identity(value));
	} else if (json_is_object(value)) {
		canonical_object(b, value);
	} else if (json_is_array(value)) {
		buf_char(b, '[');
		json_array_foreach(value, i, member)
		{
			if (i)
				buf_char(b, ',');
			value_canonical(b, member);
		}
		buf_char(b, ']');
	} else {
		text = json_text(value);
		buf_str(b, text);
	}
}

/* ---- scalars --------------------------------------------------------------------------------- */

/* The shortest text that gives the number back, with a point as Java prints it. */
static char *real_text(double value)
{
	char text[40];

	for (int precision = 15; precision <= 17; precision++) {
		(void)snprintf(text, sizeof(text), "%.*g", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return str_printf("%s%s", text, strpbrk(text, ".en") ? "" : ".0");
}

char *scalar_text(const json_t *value)
{
	if (json_is_string(value))
		return str_dup(json_string_value(value));
	if (json_is_integer(value))
		return str_printf("%lld", (long long)json_integer_value(value));
	if (json_is_real(value))
		return real_text(json_real_value(value));
	if (json_is_boolean(value))
		return str_dup(json_is_true(value) ? "true" : "false");
	return NULL;
}

/* ---- texts of literals and symbols ----------------------------------------------------------- */

static void concat_flush(struct concat *c)
{
	if (!c->parts)
		c->parts = json_array();
	if (!c->literal.len)
		return;
	if (json_array_append_new(c->parts, json_stringn(c->literal.data, c->literal.len)) < 0)
		abort();
	buf_free(&c->literal);
}

void concat_text(struct concat *c, const char *text, size_t len)
{
	buf_add(&c->literal, text, len);
}

static void concat_symbol(struct concat *c, json_t *symbol)
{
	concat_flush(c);
	if (json_array_append(c->parts, symbol) < 0)
		abort();
}

int concat_value(struct concat *c, json_t *value)
{
	OWN(str) char *text = NULL;
	const json_t *parts;

	if (!template_is_symbol(value)) {
		text = scalar_text(value);
		if (!text)
			return -1;
		buf_str(&c->literal, text);
		return 0;
	}
	parts = json_object_get(value, "$parts");
	if (!parts)
		concat_symbol(c, value);
	for (size_t i = 0; i < json_array_size(parts); i++)
		if (concat_value(c, json_array_get(parts, i)) < 0)
			return -1;
	return 0;
}

static void identity_part(struct buf *b, const json_t *part)
{
	const char *literal = json_string_value(part), *brace;

	if (!literal) {
		buf_printf(b, "${%s}", symbol_identity(part));
		return;
	}
	while ((brace = strstr(literal, "${"))) {
		buf_add(b, literal, (size_t)(brace - literal));
		buf_str(b, "${!");
		literal = brace + 2;
	}
	buf_str(b, literal);
}

char *concat_identity(json_t *value)
{
	OWN(buf) struct buf b = { 0 };
	const json_t *parts = json_object_get(value, "$parts");

	if (!parts)
		identity_part(&b, value);
	for (size_t i = 0; i < json_array_size(parts); i++)
		identity_part(&b, json_array_get(parts, i));
	return buf_take(&b);
}

json_t *concat_take(struct concat *c)
{
	OWN(buf) struct buf text = { 0 };
	OWN(json) json_t *wrapped = json_object();
	OWN(str) char *identity = NULL;
	json_t *symbol;

	if (!c->parts) {
		symbol = json_stringn(c->literal.len ? c->literal.data : "", c->literal.len);
		buf_free(&c->literal);
		return symbol ? symbol : json_string("");
	}
	concat_flush(c);
	if (json_array_size(c->parts) == 1)
		return json_incref(json_array_get(c->parts, 0));
	json_object_set(wrapped, "$parts", c->parts);
	identity = concat_identity(wrapped);
	buf_printf(&text, "Fn::Sub(%s)", identity);
	symbol = symbol_new(text.data);
	if (json_object_set(symbol, "$parts", c->parts) < 0)
		abort();
	return symbol;
}
