/* YAML with places: the few shapes that a network.yaml has. */
#include "core/network/network-internal.h"

#include <stdio.h>
#include <string.h>

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

int reader_text(const struct reader *r, const yaml_node_t *node, const char *what, char **ret)
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
	if (strlen(value) > 8192)
		return reader_fail(r, node, "%s is too long", what);
	free(*ret);
	*ret = str_dup(value);
	return 0;
}

int reader_number(const struct reader *r, const yaml_node_t *node, const char *what, unsigned least,
		  unsigned most, unsigned *ret)
{
	uint64_t value;

	if (node->type != YAML_SCALAR_NODE ||
	    num_parse_u64((const char *)node->data.scalar.value, least, most, &value) < 0)
		return reader_fail(r, node, "%s must be a number between %u and %u", what, least,
				   most);
	*ret = (unsigned)value;
	return 0;
}

static int unknown_key(const struct reader *r, const yaml_node_t *key, const char *const *keys,
		       const char *what)
{
	const char *text = (const char *)key->data.scalar.value, *best = NULL;
	unsigned least = 4;

	for (size_t i = 0; keys[i]; i++) {
		unsigned distance = str_distance(text, keys[i], 3);

		if (distance < least) {
			least = distance;
			best = keys[i];
		}
	}
	if (best)
		return reader_fail(r, key, "%s has no key %.64s; did you mean %s?", what, text,
				   best);
	return reader_fail(r, key, "%s has no key %.64s", what, text);
}

static size_t find_key(const char *text, const char *const *keys)
{
	size_t i = 0;

	while (keys[i] && strcmp(keys[i], text) != 0)
		i++;
	return i;
}

int reader_mapping(struct reader *r, yaml_node_t *node, const char *const *keys, const char *what,
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
		if (!keys[index])
			return unknown_key(r, key, keys, what);
		if (seen[index])
			return reader_fail(r, key, "%s is there twice", keys[index]);
		seen[index] = true;
		if (fn(r, index, value, ctx) < 0)
			return -1;
	}
	return 0;
}
