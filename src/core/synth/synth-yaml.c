/* A template as YAML: block style, keys in order, texts plain where no reader can mistake them. */
#include "core/synth/synth-internal.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

#define DEPTH_MOST 32

/* Words that YAML 1.1 readers take for something else than text. */
static bool is_word(const char *text)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on",
					     "off",  "null",  "y",   "n" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(words[i], text))
			return true;
	return false;
}

static bool is_plain(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz/";
	static const char inner[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_.@-";

	if (!*text || !strchr(letters, *text) || is_word(text))
		return false;
	for (; *text; text++) {
		bool colon = *text == ':' && text[1] && text[1] != ' ';
		bool space = *text == ' ' && text[1] && text[1] != '#' && text[1] != ' ';

		if (!strchr(inner, *text) && !colon && !space)
			return false;
	}
	return true;
}

static void add_scalar(struct buf *out, const json_t *value)
{
	OWN(str) char *quoted = NULL;

	if (json_is_string(value) && is_plain(json_string_value(value))) {
		buf_str(out, json_string_value(value));
		return;
	}
	quoted = json_text(value); /* JSON's texts are YAML's double-quoted ones */
	buf_str(out, quoted);
}

static void add_key(struct buf *out, const char *key)
{
	json_t *text = json_string(key);

	add_scalar(out, text);
	json_decref(text);
	buf_char(out, ':');
}

static void indent(struct buf *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_str(out, "  ");
}

static bool is_block(const json_t *value)
{
	return json_object_size(value) || json_array_size(value);
}

static void add_block(struct buf *out, const json_t *value, unsigned depth, bool first_in_place);

/* What follows "key:" or "-". */
static void add_value(struct buf *out, const json_t *value, unsigned depth, bool in_list)
{
	if (!is_block(value)) {
		buf_char(out, ' ');
		add_scalar(out, value);
		buf_char(out, '\n');
	} else if (in_list) {
		buf_char(out, ' ');
		add_block(out, value, depth, true);
	} else {
		buf_char(out, '\n');
		add_block(out, value, depth, false);
	}
}

/* first_in_place: the first line is indented already (it follows a dash). */
static void add_block(struct buf *out, const json_t *value, unsigned depth, bool first_in_place)
{
	const char *key;
	json_t *member;
	size_t i;

	if (depth > DEPTH_MOST)
		abort(); /* our own templates are far flatter */
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		if (!first_in_place)
			indent(out, depth);
		first_in_place = false;
		add_key(out, key);
		add_value(out, member, depth + 1, false);
	}
	json_array_foreach((json_t *)(uintptr_t)value, i, member)
	{
		if (!first_in_place)
			indent(out, depth);
		first_in_place = false;
		buf_char(out, '-');
		add_value(out, member, depth + 1, true);
	}
}

char *synth_yaml(const json_t *template)
{
	struct buf out = { 0 };

	add_block(&out, template, 0, false);
	return buf_take(&out);
}
