/* Questions to the world: their key and how a person would ask them. */
#include <string.h>

#include "base/str.h"
#include "core/check/check.h"

char *check_question_key(const char *service, const char *action, const json_t *input)
{
	OWN(json) json_t *whole = json_pack("[s,s,O]", service, action, input);

	return json_canonical(whole);
}

/* "DescribeVpcs" -> "describe-vpcs", "SecurityGroupIds" -> "security-group-ids". */
static void add_kebab(struct buf *to, const char *name)
{
	for (const char *c = name; *c; c++) {
		bool upper = *c >= 'A' && *c <= 'Z';
		bool after_lower = c > name && c[-1] >= 'a' && c[-1] <= 'z';
		bool before_lower = c > name && c[1] >= 'a' && c[1] <= 'z';

		if (upper && (after_lower || before_lower))
			buf_char(to, '-');
		buf_char(to, upper ? (char)(*c - 'A' + 'a') : *c);
	}
}

/* A word as a shell takes it: quoted unless it is plainly harmless. */
static void add_word(struct buf *to, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_./:=,@+";

	if (*word && word[strspn(word, plain)] == '\0') {
		buf_str(to, word);
		return;
	}
	buf_char(to, '\'');
	for (; *word; word++)
		buf_str(to, *word == '\'' ? "'\\''" : (char[2]){ *word, 0 });
	buf_char(to, '\'');
}

static void add_value(struct buf *to, const json_t *value)
{
	OWN(str) char *text = NULL;
	json_t *one;
	size_t i;

	if (json_is_array(value) && !json_is_object(json_array_get(value, 0))) {
		json_array_foreach(value, i, one) {
			buf_char(to, ' ');
			add_value(to, one);
		}
		return;
	}
	text = json_is_string(value) ? str_dup(json_string_value(value)) : json_text(value);
	add_word(to, text);
}

char *check_question_command(const char *service, const char *action, const json_t *input)
{
	bool aws = strcmp(service, "registry") != 0 && strcmp(service, "near") != 0;
	OWN(buf) struct buf text = { 0 };
	const char *name;
	json_t *value;

	buf_printf(&text, aws ? "aws %s " : "%s ", service);
	add_kebab(&text, action);
	json_object_foreach((json_t *)(uintptr_t)input, name, value) {
		buf_str(&text, " --");
		add_kebab(&text, name);
		if (!json_is_array(value) || json_is_object(json_array_get(value, 0)))
			buf_char(&text, ' ');
		add_value(&text, value);
	}
	return buf_take(&text);
}
