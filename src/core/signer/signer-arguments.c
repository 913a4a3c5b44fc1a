#include <stdio.h>

#include "core/signer/signer-internal.h"

#define MISFIT "Failed to deserialize input from JSON.: Error(\"%s\")"

int arg_missing(struct err *err, const char *field)
{
	return arg_invalid(err, "missing field `%s`", field);
}

int arg_invalid(struct err *err, const char *fmt, ...)
{
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_set(err, ERR_INPUT, MISFIT, text);
}

int arg_uint_optional(const json_t *args, const char *key, json_int_t *ret, struct err *err)
{
	const json_t *value = json_object_get(args, key);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return arg_invalid(err, "%s: expected a whole number from 0 on", key);
	*ret = json_integer_value(value);
	return 0;
}

int arg_uint(const json_t *args, const char *key, json_int_t *ret, struct err *err)
{
	const json_t *value = json_object_get(args, key);

	if (!value || json_is_null(value))
		return arg_missing(err, key);
	return arg_uint_optional(args, key, ret, err);
}

int arg_str(const json_t *args, const char *key, const char **ret, struct err *err)
{
	const json_t *value = json_object_get(args, key);

	if (!value || json_is_null(value))
		return arg_missing(err, key);
	if (!json_is_string(value))
		return arg_invalid(err, "%s: expected a string", key);
	*ret = json_string_value(value);
	return 0;
}

int bytes_parse(const json_t *array, uint8_t *ret, size_t len)
{
	if (!json_is_array(array) || json_array_size(array) != len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const json_t *value = json_array_get(array, i);

		if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		    json_integer_value(value) > 255)
			return -1;
		ret[i] = (uint8_t)json_integer_value(value);
	}
	return 0;
}

json_t *bytes_json(const uint8_t *data, size_t len)
{
	json_t *array = json_array();

	for (size_t i = 0; i < len; i++)
		json_array_append_new(array, json_integer(data[i]));
	return array;
}
