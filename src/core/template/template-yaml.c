/* YAML as CloudFormation takes it, from libyaml's events: YAML 1.1 scalars, short forms turned
 * into long ones, anchors and aliases. What libyaml does not bound (depth, what aliases stand for)
 * is bounded here. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "core/template/template-internal.h"

#define YAML_CORE_TAG "tag:yaml.org,2002:"

static inline void own_drop_yaml_parser(yaml_parser_t *p)
{
	yaml_parser_delete(p);
}

static inline void own_drop_yaml_event(yaml_event_t *e)
{
	yaml_event_delete(e);
}

struct reader {
	yaml_parser_t *parser;
	const char *name;
	struct location_index *index; /* NULL: places are not asked for */
	json_t *anchors;	      /* name -> value, complete nodes only: no cycles */
	json_t *sizes;		      /* name -> number of nodes it stands for */
	size_t aliased, nodes;
	unsigned depth;
	struct err *err;
};

static int fail(struct reader *r, yaml_mark_t mark, const char *what)
{
	struct template_location at = { (unsigned)mark.line + 1, (unsigned)mark.column + 1 };
	bool explain = r->name && what;

	return location_error(
		r->name, at, r->err,
		"Template format error: YAML not well-formed. (line %u, column %u)%s%s", at.line,
		at.column, explain ? ": " : "", explain ? what : "");
}

static int next_event(struct reader *r, yaml_event_t *event)
{
	if (yaml_parser_parse(r->parser, event))
		return 0;
	return fail(r, r->parser->problem ? r->parser->problem_mark : r->parser->mark,
		    r->parser->problem);
}

/* ---- scalars --------------------------------------------------------------------------------- */

static bool word_in(const char *text, const char *lower)
{
	size_t len = strlen(lower);

	/* YAML 1.1 knows the forms true, True and TRUE, not tRUE. */
	if (strlen(text) != len || strncasecmp(text, lower, len) != 0)
		return false;
	if (!strcmp(text, lower))
		return true;
	if (text[0] >= 'a')
		return false;
	for (size_t i = 2; i < len; i++)
		if ((text[i] >= 'a') != (text[1] >= 'a'))
			return false;
	return true;
}

static json_t *word_value(const char *text)
{
	static const char *const yes[] = { "true", "yes", "on" };
	static const char *const no[] = { "false", "no", "off" };

	if (!*text || !strcmp(text, "~") || word_in(text, "null"))
		return json_null();
	for (size_t i = 0; i < 3; i++) {
		if (word_in(text, yes[i]))
			return json_true();
		if (word_in(text, no[i]))
			return json_false();
	}
	return NULL;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Digits of one base with underscores between; -1 when it is something else or too large. */
static int digits_parse(const char *text, size_t len, int base, int64_t *ret)
{
	int64_t value = 0;
	size_t digits = 0;

	for (size_t i = 0; i < len; i++) {
		int digit = digit_value(text[i]);

		if (text[i] == '_')
			continue;
		if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return -1;
		digits++;
	}
	*ret = value;
	return digits ? 0 : -1;
}

/* 1:30 is 90: every part below the first is 0 to 59. */
static int sexagesimal_parse(const char *text, int64_t *ret)
{
	const char *colon = strchr(text, ':');
	int64_t value, part;

	if (digits_parse(text, (size_t)(colon - text), 10, &value) < 0)
		return -1;
	while (colon) {
		const char *start = colon + 1;
		size_t len;

		colon = strchr(start, ':');
		len = colon ? (size_t)(colon - start) : strlen(start);
		if (len < 1 || len > 2 || memchr(start, '_', len) ||
		    digits_parse(start, len, 10, &part) < 0 || part > 59 ||
		    __builtin_mul_overflow(value, 60, &value) ||
		    __builtin_add_overflow(value, part, &value))
			return -1;
	}
	*ret = value;
	return 0;
}

static json_t *integer_value(const char *text)
{
	bool negative = *text == '-';
	int64_t value = 0;
	int bad;

	text += *text == '-' || *text == '+';
	if (*text < '0' || *text > '9')
		return NULL;
	if (text[0] == '0' && text[1] == 'x')
		bad = digits_parse(text + 2, strlen(text + 2), 16, &value);
	else if (text[0] == '0' && text[1] == 'b')
		bad = digits_parse(text + 2, strlen(text + 2), 2, &value);
	else if (text[0] == '0' && text[1])
		bad = digits_parse(text + 1, strlen(text + 1), 8, &value);
	else if (strchr(text, ':'))
		bad = sexagesimal_parse(text, &value);
	else
		bad = digits_parse(text, strlen(text), 10, &value);
	return bad ? NULL : json_integer(negative ? -value : value);
}

/* [-+]?digits[.digits][e[-+]digits] with a dot or an exponent; infinities and what is no number
 * have no JSON and stay text. */
static json_t *real_value(const char *text)
{
	const char *p = text + (*text == '-' || *text == '+');
	bool dot = false, exponent = false;
	size_t digits = 0;
	double value;
	char plain[64];
	size_t len = 0;

	if (strlen(text) >= sizeof(plain))
		return NULL;
	for (; *p; p++) {
		if (*p >= '0' && *p <= '9')
			digits++;
		else if (*p == '.' && !dot && !exponent)
			dot = true;
		else if ((*p == 'e' || *p == 'E') && digits && !exponent) {
			exponent = true;
			digits = 0;
			p += p[1] == '-' || p[1] == '+';
		} else if (*p != '_' || exponent)
			return NULL;
	}
	if (!digits || (!dot && !exponent))
		return NULL;
	for (p = text; *p; p++)
		if (*p != '_')
			plain[len++] = *p;
	plain[len] = '\0';
	value = strtod(plain, NULL);
	return isfinite(value) ? json_real(value) : NULL;
}

static json_t *plain_value(const char *text, size_t len)
{
	json_t *value = NULL;

	/* Longer words and numbers are none; most texts are decided by their first byte. */
	if (len < 128 && (!len || strchr("~nNtTfFyYoO", *text)))
		value = word_value(text);
	else if (len < 64 && strchr("+-.0123456789", *text)) {
		value = integer_value(text);
		if (!value)
			value = real_value(text);
	}
	return value ? value : json_stringn(text, len);
}

/* 0: resolves as plain, 1: text, 2: a short form, -1: neither */
static int tag_kind(const char *tag)
{
	static const char *const plain[] = { "int", "float", "bool", "null" };
	static const char *const text[] = { "str", "timestamp" };
	static const char *const whole[] = { "map", "seq" };

	if (tag[0] == '!')
		return tag[1] ? 2 : 1;
	if (!str_starts(tag, YAML_CORE_TAG))
		return -1;
	tag += strlen(YAML_CORE_TAG);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!strcmp(tag, plain[i]))
			return 0;
	for (size_t i = 0; i < 2; i++)
		if (!strcmp(tag, text[i]) || !strcmp(tag, whole[i]))
			return 1;
	return -1;
}

static int scalar_value(struct reader *r, const yaml_event_t *event, json_t **ret)
{
	const char *text = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	size_t len = event->data.scalar.length;
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (memchr(text, '\0', len))
		return fail(r, event->start_mark, "a text holds a NUL");
	if (tag)
		plain = tag_kind(tag) == 0;
	*ret = plain ? plain_value(text, len) : json_stringn(text, len);
	return *ret ? 0 : fail(r, event->start_mark, "a text is not UTF-8");
}

/* ---- short forms ----------------------------------------------------------------------------- */

/* !GetAtt a.b.c -> ["a", "b.c"] */
static json_t *attribute_list(json_t *value)
{
	const char *text = json_string_value(value), *dot = text ? strchr(text, '.') : NULL;
	json_t *list;

	if (!dot)
		return value;
	list = json_array();
	if (json_array_append_new(list, json_stringn(text, (size_t)(dot - text))) < 0)
		abort();
	json_add_str(list, dot + 1);
	json_decref(value);
	return list;
}

static char *short_form_name(const char *tag)
{
	if (!strcmp(tag, "!Ref") || !strcmp(tag, "!Condition"))
		return str_dup(tag + 1);
	return str_printf("Fn::%s", tag + 1);
}

/* Takes value. */
static json_t *short_form(const char *tag, json_t *value)
{
	OWN(str) char *name = short_form_name(tag);
	json_t *object = json_object();

	if (!strcmp(tag, "!GetAtt"))
		value = attribute_list(value);
	if (json_object_set_new(object, name, value) < 0) {
		json_decref(object); /* a tag that is not UTF-8 */
		return NULL;
	}
	return object;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static int read_node(struct reader *r, yaml_event_t *event, uint64_t path, json_t **ret);

static void record(struct reader *r, uint64_t path, yaml_mark_t mark)
{
	if (r->index)
		location_add(r->index, path, (unsigned)mark.line + 1, (unsigned)mark.column + 1);
}

static int check_key(struct reader *r, const yaml_event_t *event, json_t *object)
{
	const char *key = (const char *)event->data.scalar.value;

	if (event->type != YAML_SCALAR_EVENT)
		return fail(r, event->start_mark, "a key is not a text");
	if (memchr(key, '\0', event->data.scalar.length))
		return fail(r, event->start_mark, "a key holds a NUL");
	if (!strcmp(key, "<<") && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return fail(r, event->start_mark, "merge keys (<<) are not supported");
	if (event->data.scalar.tag && tag_kind((const char *)event->data.scalar.tag) == 2)
		return fail(r, event->start_mark, "a key has a tag");
	if (json_object_get(object, key))
		return fail(r, event->start_mark, "duplicate key");
	return 0;
}

static int read_member(struct reader *r, const yaml_event_t *key, uint64_t path, json_t *object)
{
	OWN(yaml_event) yaml_event_t event = { 0 };
	const char *name = (const char *)key->data.scalar.value;
	json_t *value = NULL;
	uint64_t member = 0;

	if (check_key(r, key, object) < 0)
		return -1;
	if (r->index)
		member = location_member(path, name, key->data.scalar.length);
	if (next_event(r, &event) < 0 || read_node(r, &event, member, &value) < 0)
		return -1;
	record(r, member, key->start_mark); /* the key's place, over that of the value */
	if (json_object_set_new(object, name, value) < 0)
		return fail(r, key->start_mark, "a key is not UTF-8");
	return 0;
}

static int read_mapping(struct reader *r, uint64_t path, json_t *object)
{
	for (;;) {
		OWN(yaml_event) yaml_event_t event = { 0 };

		if (next_event(r, &event) < 0)
			return -1;
		if (event.type == YAML_MAPPING_END_EVENT)
			return 0;
		if (read_member(r, &event, path, object) < 0)
			return -1;
	}
}

static int read_sequence(struct reader *r, uint64_t path, json_t *array)
{
	for (size_t i = 0;; i++) {
		OWN(yaml_event) yaml_event_t event = { 0 };
		json_t *value = NULL;

		if (next_event(r, &event) < 0)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (read_node(r, &event, r->index ? location_item(path, i) : 0, &value) < 0)
			return -1;
		if (json_array_append_new(array, value) < 0)
			abort();
	}
}

static int read_alias(struct reader *r, const yaml_event_t *event, json_t **ret)
{
	const char *anchor = (const char *)event->data.alias.anchor;
	json_t *value = json_object_get(r->anchors, anchor);
	size_t size = (size_t)json_integer_value(json_object_get(r->sizes, anchor));

	if (!value)
		return fail(r, event->start_mark, "an alias without an anchor");
	r->aliased += size;
	r->nodes += size;
	if (r->aliased > LIMIT_ALIAS_NODES)
		return fail(r, event->start_mark, "aliases stand for too many nodes");
	*ret = json_incref(value);
	return 0;
}

static const char *event_tag(const yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		return (const char *)event->data.scalar.tag;
	if (event->type == YAML_MAPPING_START_EVENT)
		return (const char *)event->data.mapping_start.tag;
	return event->type == YAML_SEQUENCE_START_EVENT
		       ? (const char *)event->data.sequence_start.tag
		       : NULL;
}

static const char *event_anchor(const yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		return (const char *)event->data.scalar.anchor;
	if (event->type == YAML_MAPPING_START_EVENT)
		return (const char *)event->data.mapping_start.anchor;
	return event->type == YAML_SEQUENCE_START_EVENT
		       ? (const char *)event->data.sequence_start.anchor
		       : NULL;
}

static int read_content(struct reader *r, const yaml_event_t *event, uint64_t path, json_t **ret)
{
	OWN(json) json_t *value = NULL;

	if (event->type == YAML_SCALAR_EVENT)
		return scalar_value(r, event, ret);
	if (event->type == YAML_MAPPING_START_EVENT) {
		value = json_object();
		if (read_mapping(r, path, value) < 0)
			return -1;
	} else {
		value = json_array();
		if (read_sequence(r, path, value) < 0)
			return -1;
	}
	*ret = GIVE(value);
	return 0;
}

/* The value inside a short form stands, in the long form, one step further down. */
static uint64_t inner_path(struct reader *r, const yaml_event_t *event, const char *tag,
			   uint64_t path)
{
	OWN(str) char *name = NULL;

	if (!r->index)
		return 0;
	name = short_form_name(tag);
	path = location_member(path, name, strlen(name));
	record(r, path, event->start_mark);
	return path;
}

static int keep_anchor(struct reader *r, const yaml_event_t *event, size_t nodes, json_t *value)
{
	const char *anchor = event_anchor(event);

	if (!anchor)
		return 0;
	if (json_object_set(r->anchors, anchor, value) < 0 ||
	    json_object_set_new(r->sizes, anchor, json_integer((json_int_t)nodes)) < 0)
		return fail(r, event->start_mark, "an anchor is not UTF-8");
	return 0;
}

static int read_node(struct reader *r, yaml_event_t *event, uint64_t path, json_t **ret)
{
	const char *tag = event_tag(event);
	OWN(json) json_t *value = NULL;
	size_t before = r->nodes++;
	int kind = tag ? tag_kind(tag) : 0;

	record(r, path, event->start_mark);
	if (event->type == YAML_ALIAS_EVENT)
		return read_alias(r, event, ret);
	if (event->type != YAML_SCALAR_EVENT && event->type != YAML_MAPPING_START_EVENT &&
	    event->type != YAML_SEQUENCE_START_EVENT)
		return fail(r, event->start_mark, "unexpected end");
	if (kind < 0)
		return fail(r, event->start_mark, "a tag that is not known");
	if (++r->depth > LIMIT_DEPTH)
		return fail(r, event->start_mark, "nested too deeply");
	if (kind == 2)
		path = inner_path(r, event, tag, path);
	if (read_content(r, event, path, &value) < 0)
		return -1;
	if (kind == 2)
		value = short_form(tag, GIVE(value));
	if (!value)
		return fail(r, event->start_mark, "a tag is not UTF-8");
	r->depth--;
	if (keep_anchor(r, event, r->nodes - before, value) < 0)
		return -1;
	*ret = GIVE(value);
	return 0;
}

/* Steps over events up to one of the wanted type. */
static int expect(struct reader *r, yaml_event_type_t type)
{
	OWN(yaml_event) yaml_event_t event = { 0 };

	if (next_event(r, &event) < 0)
		return -1;
	return event.type == type ? 0 : fail(r, event.start_mark, "one document is wanted");
}

static int read_document(struct reader *r, json_t **ret)
{
	OWN(yaml_event) yaml_event_t event = { 0 };
	OWN(json) json_t *value = NULL;

	if (expect(r, YAML_STREAM_START_EVENT) < 0 || expect(r, YAML_DOCUMENT_START_EVENT) < 0 ||
	    next_event(r, &event) < 0 || read_node(r, &event, location_root(), &value) < 0 ||
	    expect(r, YAML_DOCUMENT_END_EVENT) < 0 || expect(r, YAML_STREAM_END_EVENT) < 0)
		return -1;
	*ret = GIVE(value);
	return 0;
}

/* libyaml compares every %TAG directive with all before it. Nobody needs many. */
static int check_directives(struct reader *r, const char *text, size_t len)
{
	const char *at = text;
	unsigned count = 0;

	while ((at = memmem(at, len - (size_t)(at - text), "%TAG", 4))) {
		if ((at == text || at[-1] == '\n' || at[-1] == '\r') && ++count > 16)
			return fail(r, (yaml_mark_t){ 0 }, "too many %TAG directives");
		at += 4;
	}
	return 0;
}

int yaml_read(const char *name, const char *text, size_t len, struct location_index *index,
	      json_t **ret, struct err *err)
{
	OWN(yaml_parser) yaml_parser_t parser = { 0 };
	OWN(json) json_t *anchors = json_object();
	OWN(json) json_t *sizes = json_object();
	struct reader r = { .parser = &parser,
			    .name = name,
			    .index = index,
			    .anchors = anchors,
			    .sizes = sizes,
			    .err = err };

	if (check_directives(&r, text, len) < 0)
		return -1;
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	return read_document(&r, ret);
}
