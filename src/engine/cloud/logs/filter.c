/* Filter patterns over unstructured messages: terms, "quoted phrases", ?any, -not. */
#include "engine/cloud/logs/logs-internal.h"

#include <string.h>

struct term {
	char kind; /* '+' must be there, '?' one of them must, '-' must not */
	char *text;
};
struct logs_filter {
	struct term *terms;
	size_t count;
	bool required; /* a plain or an excluding term is there: AWS then ignores the ?terms */
};

void logs_filter_free(struct logs_filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		free(f->terms[i].text);
	free(f->terms);
	free(f);
}

static void add_term(struct logs_filter *f, char kind, char *text)
{
	f->terms = mem_grow(f->terms, f->count + 1, sizeof(*f->terms));
	f->terms[f->count++] = (struct term){ kind, text };
	f->required |= kind != '?';
}

/* Phrase behind the opening quote; `\"` and `\\` are escapes. 0: *ret_end is behind the closing
 * one. */
static int read_phrase(const char *at, char **ret, const char **ret_end, struct err *err)
{
	struct buf text = { 0 };

	for (; *at && *at != '"'; at++) {
		if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		buf_char(&text, *at);
	}
	if (!*at) {
		buf_free(&text);
		return err_set(err, ERR_INPUT, "Unclosed quotation mark in filter pattern");
	}
	*ret = buf_take(&text);
	*ret_end = at + 1;
	return 0;
}

static int read_word(const char *at, char **ret, const char **ret_end, struct err *err)
{
	size_t len = strcspn(at, " \t\r\n\"");

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)at[i];
		bool good = c == '_' || c >= 0x80 || (c >= '0' && c <= '9') ||
			    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!good)
			return err_set(err, ERR_INPUT, "Invalid character(s) in term '%.*s'",
				       (int)len, at);
	}
	if (!len)
		return err_set(err, ERR_INPUT, "Invalid character(s) in term ''");
	*ret = str_dup_n(at, len);
	*ret_end = at + len;
	return 0;
}

int logs_filter_new(const char *pattern, struct logs_filter **ret, struct err *err)
{
	OWN(logs_filter) struct logs_filter *f = NEW(struct logs_filter);

	if (strlen(pattern) > 1024)
		return err_set(err, ERR_INPUT, "The filter pattern is longer than 1024 characters");
	pattern += strspn(pattern, " \t\r\n");
	if (*pattern && strchr("{[%", *pattern))
		return err_set(
			err, ERR_INPUT,
			"The local cloud reads filter patterns of terms, \"quoted phrases\", ?any "
			"and -not; JSON, space-delimited and regular expression patterns are not "
			"there");
	while (*pattern) {
		char kind = *pattern == '?' || *pattern == '-' ? *pattern++ : '+';
		char *text = NULL;

		if ((*pattern == '"' ? read_phrase(pattern + 1, &text, &pattern, err)
				     : read_word(pattern, &text, &pattern, err)) < 0)
			return -1;
		add_term(f, kind, text);
		pattern += strspn(pattern, " \t\r\n");
	}
	*ret = GIVE(f);
	return 0;
}

bool logs_filter_matches(const struct logs_filter *f, const char *message)
{
	bool any = !f->count;

	for (size_t i = 0; i < f->count; i++) {
		bool there = strstr(message, f->terms[i].text) != NULL;

		if ((f->terms[i].kind == '+' && !there) || (f->terms[i].kind == '-' && there))
			return false;
		any |= there;
	}
	return f->required || any;
}
