/* YAML with places: the few shapes that a network.yaml has. */
#include "core/network/network-internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define TEXT_MOST (1u << 20)
enum { DEPTH_MOST = 32 };

static int syntax_error(struct reader *r, const yaml_parser_t *parser)
{
	return err_set(r->err, ERR_INPUT, "%s:%zu:%zu: %s", r->name, parser->problem_mark.line + 1,
		       parser->problem_mark.column + 1,
		       parser->problem ? parser->problem : "this is not YAML");
}

/* A network.yaml nests four deep; hundreds of thousands of brackets would take libyaml minutes. */
static int check_depth(struct reader *r, const char *text, size_t len)
{
	yaml_parser_t parser;
	yaml_event_t event;
	size_t depth = 0;
	bool more = true;
	int rc = 0;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (more && yaml_parser_parse(&parser, &event)) {
		depth += event.type == YAML_MAPPING_START_EVENT ||
			 event.type == YAML_SEQUENCE_START_EVENT;
		depth -= event.type == YAML_MAPPING_END_EVENT ||
			 event.type == YAML_SEQUENCE_END_EVENT;
		if (depth > DEPTH_MOST)
			rc = err_set(r->err, ERR_INPUT, "%s:%zu:%zu: nested too deeply", r->name,
				     event.start_mark.line + 1, event.start_mark.column + 1);
		more = rc == 0 && event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return rc;
}

int reader_open(struct reader *r, const char *name, const char *text, size_t len, struct err *err)
{
	yaml_parser_t parser;
	int rc = 0;

	*r = (struct reader){ .name = name, .err = err };
	if (len > TEXT_MOST)
		return err_set(err, ERR_LIMIT, "%s: larger than 1 MiB", name);
	if (check_depth(r, text, len) < 0)
		return -1;
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &r->document))
		rc = syntax_error(r, &parser);
	yaml_parser_delete(&parser);
	return rc;
}

void reader_close(struct reader *r)
{
	yaml_document_delete(&r->document);
}

yaml_node_t *reader_root(struct reader *r)
{
	return yaml_document_get_root_node(&r->document);
}

int reader_fail(const struct reader *r, const yaml_node_t *node, const char *fmt, ...)
{
	OWN(buf) struct buf text = { 0 };
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	return err_set(r->err, ERR_INPUT, "%s:%zu:%zu: %s", r->name,
		       node ? node->start_mark.line + 1 : 1, node ? node->start_mark.column + 1 : 1,
		       text.data);
}

static bool is_null(const yaml_node_t *node)
{
	const char *value = (const char *)node->data.scalar.value;

	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*value || !strcmp(value, "~") || !strcmp(value, "null"));
}

/* Numbers and truth values of YAML 1.2's core schema: [-+]digits[.digits][e[-+]digits], hexadecimal and
 * octal ones, infinities, true and false. */
static bool is_number(const char *value)
{
	static const char digits[] = "0123456789";
	size_t before, after = 0;

	if (str_starts(value, "0x") || str_starts(value, "0o"))
		return value[2] && !value[2 + strspn(value + 2, value[1] == 'x' ? "0123456789abcdefABCDEF" : "01234567")];
	value += *value == '-' || *value == '+';
	if (!strcasecmp(value, ".inf") || !strcasecmp(value, ".nan"))
		return true;
	value += before = strspn(value, digits);
	if (*value == '.')
		value += 1 + (after = strspn(value + 1, digits));
	if (!before && !after)
		return false;
	if (*value != 'e' && *value != 'E')
		return !*value;
	value++;
	value += *value == '-' || *value == '+';
	return *value && !value[strspn(value, digits)];
}

static bool is_truth(const char *value)
{
	return !strcasecmp(value, "true") || !strcasecmp(value, "false");
}

int reader_scalar(const struct reader *r, const yaml_node_t *node, const char *what, char **ret)
{
	const char *value;

	if (node->type != YAML_SCALAR_NODE || is_null(node))
		return reader_fail(r, node, "%s must be a text", what);
	value = (const char *)node->data.scalar.value;
	if (!*value)
		return reader_fail(r, node, "%s is empty", what);
	if (strlen(value) != node->data.scalar.length)
		return reader_fail(r, node, "%s has a NUL byte in it", what);
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return reader_fail(r, node, "%s has a control character in it", what);
	if (strlen(value) > NETWORK_TEXT_MOST)
		return reader_fail(r, node, "%s is too long", what);
	free(*ret);
	*ret = str_dup(value);
	return 0;
}

int reader_text(const struct reader *r, const yaml_node_t *node, const char *what, char **ret)
{
	const char *value = (const char *)node->data.scalar.value;

	if (node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (is_number(value) || is_truth(value)))
		return reader_fail(r, node, "%s must be a text; YAML reads %.32s as a %s, so put it in quotes",
				   what, value, is_truth(value) ? "truth value" : "number");
	return reader_scalar(r, node, what, ret);
}

int reader_number(const struct reader *r, const yaml_node_t *node, const struct network_key *key,
		  unsigned *ret)
{
	uint64_t value;

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
	    num_parse_u64((const char *)node->data.scalar.value, key->least, key->most, &value) < 0)
		return reader_fail(r, node, "%s must be a number between %u and %u", key->name, key->least,
				   key->most);
	*ret = (unsigned)value;
	return 0;
}

int reader_choice(const struct reader *r, const yaml_node_t *node, const struct network_key *key, int *ret)
{
	OWN(str) char *text = NULL;
	OWN(buf) struct buf list = { 0 };

	if (reader_text(r, node, key->name, &text) < 0)
		return -1;
	for (int i = 0; key->words[i]; i++) {
		if (!strcmp(key->words[i], text)) {
			*ret = i;
			return 0;
		}
		buf_printf(&list, "%s%s", i ? (key->words[i + 1] ? ", " : " or ") : "", key->words[i]);
	}
	return reader_fail(r, node, "%s %.64s is not one of %s", key->name, text, list.data);
}

int reader_count(const struct reader *r, const yaml_node_t *node, const struct network_key *key,
		 const char *what, const char *items, size_t *ret)
{
	*ret = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (*ret < key->least || *ret > key->most)
		return reader_fail(r, node, "%s %u to %u %s", what, key->least, key->most, items);
	return 0;
}

static int unknown_key(const struct reader *r, const yaml_node_t *key, const struct network_key *keys,
		       const char *what)
{
	const char *text = (const char *)key->data.scalar.value, *best = NULL;
	unsigned least = 4;

	for (size_t i = 0; keys[i].name; i++) {
		unsigned distance = str_distance(text, keys[i].name, 3);

		if (distance < least) {
			least = distance;
			best = keys[i].name;
		}
	}
	if (best)
		return reader_fail(r, key, "%s has no key %.64s; did you mean %s?", what, text,
				   best);
	return reader_fail(r, key, "%s has no key %.64s", what, text);
}

static size_t find_key(const char *text, const struct network_key *keys)
{
	size_t i = 0;

	while (keys[i].name && strcmp(keys[i].name, text) != 0)
		i++;
	return i;
}

int reader_mapping(struct reader *r, yaml_node_t *node, const struct network_key *keys, const char *what,
		   int (*fn)(struct reader *r, size_t index, yaml_node_t *value, void *ctx),
		   void *ctx)
{
	bool seen[32] = { 0 };

	if (!node || node->type != YAML_MAPPING_NODE)
		return reader_fail(r, node, "%s must be a mapping of keys and values", what);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&r->document, pair->key),
			    *value = yaml_document_get_node(&r->document, pair->value);
		size_t index;

		if (key->type != YAML_SCALAR_NODE)
			return reader_fail(r, key, "a key of %s must be a text", what);
		index = find_key((const char *)key->data.scalar.value, keys);
		if (!keys[index].name)
			return unknown_key(r, key, keys, what);
		if (seen[index])
			return reader_fail(r, key, "%s is there twice", keys[index].name);
		seen[index] = true;
		if (fn(r, index, value, ctx) < 0)
			return -1;
	}
	return 0;
}
