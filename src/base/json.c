#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

const char *json_str(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

const char *json_str_or(const json_t *j, const char *key, const char *otherwise)
{
	const char *value = json_str(j, key);

	return value ? value : otherwise;
}

bool json_bool_or(const json_t *j, const char *key, bool otherwise)
{
	const json_t *value = json_object_get(j, key);

	if (json_is_boolean(value))
		return json_is_true(value);
	if (str_eq(json_string_value(value), "true"))
		return true;
	if (str_eq(json_string_value(value), "false"))
		return false;
	return otherwise;
}

json_int_t json_int_or(const json_t *j, const char *key, json_int_t otherwise)
{
	const json_t *value = json_object_get(j, key);
	int64_t number;

	if (json_is_integer(value))
		return json_integer_value(value);
	if (json_is_real(value) && json_real_value(value) >= -9007199254740992.0 &&
	    json_real_value(value) <= 9007199254740992.0)
		return (json_int_t)json_real_value(value);
	if (json_is_string(value) &&
	    num_parse_i64(json_string_value(value), INT64_MIN + 1, INT64_MAX, &number) == 0)
		return number;
	return otherwise;
}

json_t *json_path(const json_t *j, const char *path)
{
	OWN(str) char *copy = str_dup(path);
	char *save = NULL;

	for (char *part = strtok_r(copy, ".", &save); part && j; part = strtok_r(NULL, ".", &save)) {
		uint64_t index;

		if (json_is_array(j))
			j = num_parse_u64(part, 0, SIZE_MAX, &index) == 0
				    ? json_array_get(j, (size_t)index)
				    : NULL;
		else
			j = json_object_get(j, part);
	}
	return (json_t *)(uintptr_t)j;
}

json_t *json_list(const json_t *j, const char *key)
{
	json_t *value = json_object_get(j, key);

	return json_is_array(value) ? value : NULL;
}

json_t *json_map(const json_t *j, const char *key)
{
	json_t *value = json_object_get(j, key);

	return json_is_object(value) ? value : NULL;
}

bool json_has_text(const json_t *list, const char *text)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (str_eq(json_string_value(one), text))
			return true;
	return false;
}

json_t *json_find(const json_t *list, const char *key, const char *text)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (str_eq(json_str(one, key), text))
			return one;
	return NULL;
}

/* Length of the UTF-8 character at the front, 0 when there is none. */
static size_t utf8_front(const char *data, size_t len)
{
	for (size_t n = 1; n <= 4 && n <= len; n++) {
		json_t *piece = json_stringn(data, n);

		if (piece) {
			json_decref(piece);
			return n;
		}
	}
	return 0;
}

json_t *json_bytes(const char *data, size_t len)
{
	json_t *value = json_stringn(data, len);
	OWN(buf) struct buf clean = { 0 };

	if (value)
		return value;
	for (size_t i = 0; i < len;) {
		size_t n = utf8_front(data + i, len - i);

		if (n)
			buf_add(&clean, data + i, n);
		else
			buf_str(&clean, "\xef\xbf\xbd");
		i += n ? n : 1;
	}
	return json_stringn(clean.data ? clean.data : "", clean.len);
}

void json_set_str(json_t *j, const char *key, const char *value)
{
	if (value && json_object_set_new(j, key, json_bytes(value, strlen(value))) < 0)
		abort();
}

void json_set_int(json_t *j, const char *key, json_int_t value)
{
	if (json_object_set_new(j, key, json_integer(value)) < 0)
		abort();
}

void json_set_bool(json_t *j, const char *key, bool value)
{
	if (json_object_set_new(j, key, json_boolean(value)) < 0)
		abort();
}

void json_add_str(json_t *array, const char *value)
{
	if (json_array_append_new(array, json_bytes(value, strlen(value))) < 0)
		abort();
}

void json_wipe(json_t *j)
{
	const char *key;
	json_t *one;
	size_t i;

	if (json_is_string(j))
		explicit_bzero((char *)(uintptr_t)json_string_value(j), json_string_length(j));
	json_array_foreach(j, i, one)
		json_wipe(one);
	json_object_foreach(j, key, one)
		json_wipe(one);
}

char *json_text(const json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);

	if (!text)
		abort();
	return text;
}

char *json_canonical(const json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

	if (!text)
		abort();
	return text;
}

int json_parse_text(const char *name, const char *text, size_t len, json_t **ret, struct err *err)
{
	json_error_t where;
	json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);

	if (!j)
		return err_set(err, ERR_INPUT, "%s:%d:%d: %s", name, where.line, where.column,
			       where.text);
	*ret = j;
	return 0;
}
