#include "core/aws/aws.h"

#include <string.h>

#include "core/aws/aws-internal.h"

enum { PAIRS_MOST = 10000, DEPTH_MOST = 32, INDEX_MOST = 1000000 };

/* Decodes one name or value: %xx and `+`. Text with a NUL inside is refused: it would be cut
 * silently further down. 0 or -1. */
static int decode_part(const char *s, size_t len, char **ret, size_t *ret_len)
{
	OWN(str) char *plain = str_dup_n(s, len);

	for (size_t i = 0; i < len; i++)
		if (plain[i] == '+')
			plain[i] = ' ';
	if (aws_uri_decode(plain, len, ret, ret_len) < 0)
		return -1;
	if (memchr(*ret, '\0', *ret_len)) {
		free(GIVE(*ret));
		return -1;
	}
	return 0;
}

/* Puts `value` (taken) into the tree of objects at the dotted `name` (changed while walking). */
static int tree_put(json_t *tree, char *name, json_t *value, struct err *err)
{
	OWN(json) json_t *leaf = value;
	unsigned depth = 0;
	char *save = name;
	char *part;

	while ((part = strsep(&save, "."))) {
		json_t *child = json_object_get(tree, part);

		if (!*part)
			return err_set(err, ERR_INPUT, "a parameter name has an empty part");
		if (++depth > DEPTH_MOST)
			return err_set(err, ERR_INPUT, "a parameter name has more than %d parts",
				       DEPTH_MOST);
		if (!save) {
			if (child)
				return err_set(err, ERR_INPUT,
					       "parameter part %.64s is given twice", part);
			if (json_object_set_new(tree, part, GIVE(leaf)) < 0)
				return err_set(err, ERR_INPUT, "a parameter name is not UTF-8");
			return 0;
		}
		if (!child) {
			child = json_object();
			if (json_object_set_new(tree, part, child) < 0)
				return err_set(err, ERR_INPUT, "a parameter name is not UTF-8");
		}
		if (!json_is_object(child))
			return err_set(err, ERR_INPUT,
				       "parameter part %.64s is both a value and a structure",
				       part);
		tree = child;
	}
	return err_set(err, ERR_INPUT, "a parameter has no name");
}

struct numbered {
	uint64_t index;
	size_t order;
	json_t *value;
};

static int numbered_compare(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* {"1": a, "3": b} -> [a, b]; NULL when not all names are numbers. */
static json_t *list_of(json_t *object)
{
	size_t count = json_object_size(object), at = 0;
	struct numbered *entries;
	const char *key;
	json_t *value, *list = NULL;

	if (!count)
		return NULL;
	entries = mem_new(count, sizeof(*entries));
	json_object_foreach(object, key, value)
	{
		if (num_parse_u64(key, 0, INDEX_MOST, &entries[at].index) < 0)
			break;
		entries[at].order = at;
		entries[at++].value = value;
	}
	if (at == count) {
		qsort(entries, count, sizeof(*entries), numbered_compare);
		list = json_array();
		for (size_t i = 0; i < count; i++)
			json_array_append(list, entries[i].value);
	}
	free(entries);
	return list;
}

/* Turns numbered objects below `node` into arrays. The depth is bounded by tree_put(). */
static json_t *listed(json_t *node)
{
	const char *key;
	json_t *value, *inner, *list = NULL;
	void *next;

	if (!json_is_object(node))
		return json_incref(node);
	json_object_foreach_safe(node, next, key, value)
		json_object_set_new(node, key, listed(value));
	inner = json_object_get(node, "member");
	/* "X.member.N": the level of the numbers is an array already */
	if (json_object_size(node) == 1 && json_is_array(inner))
		return json_incref(inner);
	list = list_of(node);
	return list ? list : json_incref(node);
}

static int pair_decode(json_t *tree, const char *s, size_t len, struct err *err)
{
	const char *equals = memchr(s, '=', len);
	size_t name_len = equals ? (size_t)(equals - s) : len, got;
	OWN(str) char *name = NULL;
	OWN(str) char *value = NULL;
	json_t *text;

	if (decode_part(s, name_len, &name, &got) < 0)
		return err_set(err, ERR_INPUT, "a parameter name has a malformed escape");
	if (decode_part(s + name_len + !!equals, len - name_len - !!equals, &value, &got) < 0)
		return err_set(err, ERR_INPUT, "the value of %.128s has a malformed escape", name);
	text = json_stringn(value, got);
	if (!text)
		return err_set(err, ERR_INPUT, "the value of %.128s is not UTF-8", name);
	return tree_put(tree, name, text, err);
}

int aws_form_decode(const char *body, size_t len, json_t **ret, struct err *err)
{
	OWN(json) json_t *tree = json_object();
	const char *key;
	json_t *value;
	size_t pairs = 0;
	void *next;

	while (len) {
		const char *end = memchr(body, '&', len);
		size_t part = end ? (size_t)(end - body) : len;

		if (part && ++pairs > PAIRS_MOST)
			return err_set(err, ERR_INPUT, "more than %d parameters", PAIRS_MOST);
		if (part && pair_decode(tree, body, part, err) < 0)
			return -1;
		body += part + !!end;
		len -= part + !!end;
	}
	/* the top level is the call itself: an object whatever its names look like */
	json_object_foreach_safe(tree, next, key, value)
		json_object_set_new(tree, key, listed(value));
	*ret = GIVE(tree);
	return 0;
}

bool aws_scalar_text(const json_t *value, struct buf *b)
{
	if (json_is_string(value))
		buf_add(b, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(b, "%.15g", json_real_value(value));
	else if (json_is_boolean(value))
		buf_str(b, json_is_true(value) ? "true" : "false");
	else
		return false;
	return true;
}

struct form {
	struct buf out;
	bool members; /* lists are Name.member.N */
};

static void form_pair(struct form *f, const char *name, const char *value, size_t len)
{
	if (f->out.len)
		buf_char(&f->out, '&');
	aws_uri_append(&f->out, name, strlen(name), false);
	buf_char(&f->out, '=');
	aws_uri_append(&f->out, value, len, false);
}

/* Depth: that of `in`, which jansson bounds for everything parsed. */
static void form_value(struct form *f, const char *name, const json_t *value)
{
	const char *key;
	json_t *child;
	size_t i;

	if (json_is_array(value)) {
		if (!json_array_size(value) && f->members)
			form_pair(f, name, "", 0);
		json_array_foreach(value, i, child)
		{
			OWN(str)
			char *inner =
				str_printf("%s%s.%zu", name, f->members ? ".member" : "", i + 1);

			form_value(f, inner, child);
		}
	} else if (json_is_object(value)) {
		json_object_foreach((json_t *)(uintptr_t)value, key, child)
		{
			OWN(str) char *inner = str_printf("%s%s%s", name, *name ? "." : "", key);

			form_value(f, inner, child);
		}
	} else {
		OWN(buf) struct buf text = { 0 };

		if (aws_scalar_text(value, &text))
			form_pair(f, name, text.data ? text.data : "", text.len);
	}
}

char *aws_form_encode(enum aws_protocol style, const json_t *in)
{
	struct form f = { .members = style != AWS_EC2 };

	form_value(&f, "", in);
	return buf_take(&f.out);
}
