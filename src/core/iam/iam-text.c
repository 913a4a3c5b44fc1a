/* Texts of policies: values or lists, variables, wildcards. */
#include "core/iam/iam-internal.h"

#include <string.h>

#include "base/str.h"

size_t iam_value_count(const json_t *v)
{
	if (json_is_array(v))
		return json_array_size(v);
	return v ? 1 : 0;
}

char *iam_value_text(const json_t *v, size_t i)
{
	if (json_is_array(v))
		v = json_array_get(v, i);
	if (json_is_string(v))
		return str_dup(json_string_value(v));
	if (json_is_boolean(v))
		return str_dup(json_is_true(v) ? "true" : "false");
	return json_is_number(v) ? json_text(v) : NULL;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Account of an ARN: its fifth part. */
static char *arn_account(const char *arn)
{
	for (int colons = 0; arn && colons < 4; colons++) {
		arn = strchr(arn, ':');
		if (arn)
			arn++;
	}
	return arn ? str_dup_n(arn, strcspn(arn, ":")) : NULL;
}

/* Keys that follow from who asks, whoever fills the context. */
static json_t *principal_key(const struct iam_question *q, const char *key)
{
	OWN(str) char *account = NULL;

	if (str_eq(key, "aws:principalarn") && q->principal)
		return json_string(q->principal);
	if (!str_eq(key, "aws:principalaccount") || !q->principal)
		return NULL;
	account = q->account ? str_dup(q->account) : arn_account(q->principal);
	return account ? json_string(account) : NULL;
}

json_t *iam_context_values(const struct iam_question *q, const char *key, bool *ret_known)
{
	OWN(str) char *name = str_dup(key);
	json_t *value;

	for (char *c = name; *c; c++)
		*c = lower(*c);
	value = json_object_get(q->context, name);
	*ret_known = value || q->context_complete;
	if (value)
		return json_is_null(value) ? NULL : json_incref(value);
	value = principal_key(q, name);
	if (value)
		*ret_known = true;
	return value;
}

static void add_literal(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '*')
			buf_char(b, IAM_LITERAL_STAR);
		else if (*text == '?')
			buf_char(b, IAM_LITERAL_MARK);
		else
			buf_char(b, *text);
	}
}

/* `name` is what stands between the braces: "aws:username" or "aws:PrincipalTag/x, 'default'". */
static enum match add_variable(const struct iam_question *q, const char *name, struct buf *b)
{
	const char *comma = strchr(name, ',');
	OWN(str) char *key = str_dup_n(name, comma ? (size_t)(comma - name) : strlen(name));
	OWN(json) json_t *values = NULL;
	OWN(str) char *text = NULL;
	bool known;

	if (str_eq(name, "*") || str_eq(name, "?") || str_eq(name, "$")) {
		add_literal(b, name);
		return MATCH_YES;
	}
	values = iam_context_values(q, key, &known);
	text = values && iam_value_count(values) == 1 ? iam_value_text(values, 0) : NULL;
	if (text) {
		add_literal(b, text);
		return MATCH_YES;
	}
	if (comma && known) {
		const char *open = strchr(comma, '\''),
			   *end = open ? strrchr(open + 1, '\'') : NULL;
		OWN(str)
		char *otherwise = end ? str_dup_n(open + 1, (size_t)(end - open - 1)) : NULL;

		if (otherwise) {
			add_literal(b, otherwise);
			return MATCH_YES;
		}
	}
	return known ? MATCH_NO : MATCH_UNKNOWN;
}

enum match iam_expand(const struct iam_question *q, const char *text, bool variables, char **ret)
{
	OWN(buf) struct buf out = { 0 };

	while (*text) {
		const char *end =
			variables && text[0] == '$' && text[1] == '{' ? strchr(text, '}') : NULL;
		OWN(str) char *name = end ? str_dup_n(text + 2, (size_t)(end - text - 2)) : NULL;

		if (name) {
			enum match m = add_variable(q, name, &out);

			if (m != MATCH_YES)
				return m;
			text = end + 1;
		} else {
			buf_char(&out, *text++);
		}
	}
	*ret = buf_take(&out);
	return MATCH_YES;
}

static bool same_byte(char pattern, char c, bool fold)
{
	if (pattern == IAM_LITERAL_STAR)
		return c == '*';
	if (pattern == IAM_LITERAL_MARK)
		return c == '?';
	return pattern == '?' || (fold ? lower(pattern) == lower(c) : pattern == c);
}

static bool glob_n(const char *pattern, size_t pattern_len, const char *text, size_t len, bool fold)
{
	size_t p = 0, t = 0, star = SIZE_MAX, retry = 0;

	while (t < len) {
		if (p < pattern_len && pattern[p] == '*') {
			star = ++p;
			retry = t;
		} else if (p < pattern_len && same_byte(pattern[p], text[t], fold)) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star;
			t = ++retry;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*')
		p++;
	return p == pattern_len;
}

bool iam_glob(const char *pattern, const char *text, bool fold)
{
	return glob_n(pattern, strlen(pattern), text, strlen(text), fold);
}

bool iam_arn_glob(const char *pattern, const char *arn)
{
	for (int part = 0; part < 5; part++) {
		size_t pattern_len = strcspn(pattern, ":"), len = strcspn(arn, ":");

		/* "*" and "arn:aws:iam::*": a last star stands for all parts that follow. */
		if (!pattern[pattern_len])
			return (!arn[len] || str_ends(pattern, "*")) &&
			       iam_glob(pattern, arn, false);
		if (!arn[len] || !glob_n(pattern, pattern_len, arn, len, false))
			return false;
		pattern += pattern_len + 1;
		arn += len + 1;
	}
	return iam_glob(pattern, arn, false);
}
