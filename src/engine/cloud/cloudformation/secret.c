/* Values of NoEcho parameters are kept for the resources' sake; nobody is shown them. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

#define MASK "****"
#define LEAST_SECRET 4 /* shorter values would mask words by chance */

static char *mask_one(char *text, const char *secret)
{
	OWN(buf) struct buf out = { 0 };
	const char *at = text, *hit;

	if (strlen(secret) < LEAST_SECRET || !strstr(text, secret))
		return text;
	while ((hit = strstr(at, secret))) {
		buf_add(&out, at, (size_t)(hit - at));
		buf_str(&out, MASK);
		at = hit + strlen(secret);
	}
	buf_str(&out, at);
	free(text);
	return buf_take(&out);
}

char *stack_mask_text(const json_t *settings, const char *text)
{
	char *masked = str_dup(text);
	const char *name;
	json_t *parameter;

	json_object_foreach(json_map(settings, "Parameters"), name, parameter)
	{
		const json_t *value = json_object_get(parameter, "Value");
		const json_t *item;
		size_t i;

		if (!masked || !json_bool_or(parameter, "NoEcho", false))
			continue;
		if (json_is_string(value))
			masked = mask_one(masked, json_string_value(value));
		json_array_foreach(value, i, item) if (json_is_string(item)) masked =
			mask_one(masked, json_string_value(item));
	}
	return masked;
}

/* The depth is that of a template, which the parser bounded. */
json_t *stack_mask(const json_t *settings, const json_t *value)
{
	const json_t *item;
	json_t *copy;
	const char *key;
	size_t i;

	if (json_is_string(value)) {
		OWN(str) char *text = stack_mask_text(settings, json_string_value(value));

		return json_string(text);
	}
	if (json_is_array(value)) {
		copy = json_array();
		json_array_foreach(value, i, item)
			json_array_append_new(copy, stack_mask(settings, item));
		return copy;
	}
	if (!json_is_object(value))
		return json_deep_copy(value);
	copy = json_object();
	for (void *it = json_object_iter((json_t *)(uintptr_t)value); it;
	     it = json_object_iter_next((json_t *)(uintptr_t)value, it)) {
		key = json_object_iter_key(it);
		json_object_set_new(copy, key, stack_mask(settings, json_object_iter_value(it)));
	}
	return copy;
}
