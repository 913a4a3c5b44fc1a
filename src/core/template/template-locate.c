/* Where nodes stand. Nothing of this runs unless somebody asks for a place: then the text is read
 * once more and every path, folded into a number, is filed with its line and column. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/template/template-internal.h"

struct location_slot {
	uint64_t path; /* 0: free */
	unsigned line, column;
};
struct location_index {
	struct location_slot *slots;
	size_t capacity, used; /* capacity is a power of two */
};

/* FNV-1a. 0xff occurs in no UTF-8 text, so it keeps the steps of a path apart. */
static uint64_t fold_bytes(uint64_t h, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * 0x100000001b3ULL;
	return h;
}

uint64_t location_root(void)
{
	return 0xcbf29ce484222325ULL;
}

uint64_t location_member(uint64_t parent, const char *key, size_t len)
{
	uint64_t h = fold_bytes((parent ^ 0xff) * 0x100000001b3ULL, key, len);

	return h ? h : 1;
}

uint64_t location_item(uint64_t parent, size_t index)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%zu", index);

	return location_member(parent, text, (size_t)len);
}

static struct location_slot *slot_find(const struct location_index *index, uint64_t path)
{
	size_t at = (size_t)(path ^ path >> 32) & (index->capacity - 1);

	while (index->slots[at].path && index->slots[at].path != path)
		at = (at + 1) & (index->capacity - 1);
	return &index->slots[at];
}

static void index_grow(struct location_index *index)
{
	struct location_index bigger = { .capacity = index->capacity ? index->capacity * 2 : 1024 };

	bigger.slots = mem_new(bigger.capacity, sizeof(*bigger.slots));
	for (size_t i = 0; i < index->capacity; i++)
		if (index->slots[i].path)
			*slot_find(&bigger, index->slots[i].path) = index->slots[i];
	bigger.used = index->used;
	free(index->slots);
	*index = bigger;
}

void location_add(struct location_index *index, uint64_t path, unsigned line, unsigned column)
{
	struct location_slot *slot;

	if (index->used * 2 >= index->capacity)
		index_grow(index);
	slot = slot_find(index, path);
	if (!slot->path)
		index->used++;
	*slot = (struct location_slot){ path, line, column };
}

void location_free(struct location_index *index)
{
	if (index)
		free(index->slots);
	free(index);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Reads text that jansson accepted; columns count characters, as libyaml's do. */
struct scanner {
	const char *at, *end;
	const char *counted; /* up to here the column is known: a line may be a megabyte long */
	unsigned line, column;
	struct location_index *index;
};

static unsigned scanner_column(struct scanner *s)
{
	for (; s->counted < s->at; s->counted++)
		s->column += ((unsigned char)*s->counted & 0xc0) != 0x80;
	return s->column;
}

static void scan_blanks(struct scanner *s)
{
	for (; s->at < s->end; s->at++) {
		if (*s->at == '\n') {
			s->line++;
			s->column = 1;
			s->counted = s->at + 1;
		} else if (*s->at != ' ' && *s->at != '\t' && *s->at != '\r') {
			return;
		}
	}
}

/* Leaves s behind the closing quote. */
static void scan_string(struct scanner *s, const char **ret, size_t *ret_len, bool *ret_escapes)
{
	*ret_escapes = false;
	*ret = ++s->at;
	while (s->at < s->end && *s->at != '"') {
		if (*s->at == '\\') {
			*ret_escapes = true;
			s->at++;
		}
		if (s->at < s->end)
			s->at++;
	}
	*ret_len = (size_t)(s->at - *ret);
	if (s->at < s->end)
		s->at++;
}

static uint64_t scan_key(struct scanner *s, uint64_t parent)
{
	OWN(json) json_t *decoded = NULL;
	const char *key;
	size_t len;
	bool escapes;

	scan_string(s, &key, &len, &escapes);
	if (!escapes)
		return location_member(parent, key, len);
	decoded = json_loadb(key - 1, len + 2, JSON_DECODE_ANY, NULL);
	key = json_string_value(decoded);
	return location_member(parent, key ? key : "", key ? strlen(key) : 0);
}

static void scan_value(struct scanner *s, uint64_t path, unsigned depth);

static void scan_object(struct scanner *s, uint64_t path, unsigned depth)
{
	for (s->at++; s->at < s->end;) {
		uint64_t member;
		unsigned line, column;

		scan_blanks(s);
		if (s->at >= s->end || *s->at != '"')
			break;
		line = s->line;
		column = scanner_column(s);
		member = scan_key(s, path);
		location_add(s->index, member, line, column);
		scan_blanks(s);
		s->at += s->at < s->end; /* : */
		scan_value(s, member, depth);
		scan_blanks(s);
		if (s->at >= s->end || *s->at != ',')
			break;
		s->at++;
	}
	s->at += s->at < s->end;
}

static void scan_array(struct scanner *s, uint64_t path, unsigned depth)
{
	size_t index = 0;

	for (s->at++; s->at < s->end; index++) {
		uint64_t item = location_item(path, index);

		scan_blanks(s);
		if (s->at >= s->end || *s->at == ']')
			break;
		location_add(s->index, item, s->line, scanner_column(s));
		scan_value(s, item, depth);
		scan_blanks(s);
		if (s->at >= s->end || *s->at != ',')
			break;
		s->at++;
	}
	s->at += s->at < s->end;
}

static void scan_value(struct scanner *s, uint64_t path, unsigned depth)
{
	const char *text;
	size_t len;
	bool escapes;

	scan_blanks(s);
	if (s->at >= s->end || depth > LIMIT_DEPTH) {
		s->at = s->end;
		return;
	}
	if (*s->at == '{') {
		scan_object(s, path, depth + 1);
	} else if (*s->at == '[') {
		scan_array(s, path, depth + 1);
	} else if (*s->at == '"') {
		scan_string(s, &text, &len, &escapes);
	} else {
		while (s->at < s->end && !memchr(",]} \t\r\n", *s->at, 7))
			s->at++;
	}
}

static struct location_index *index_build(const struct template *t)
{
	struct location_index *index = NEW(struct location_index);
	struct scanner s = { t->text, t->text + t->len, t->text, 1, 1, index };
	json_t *value = NULL;

	index_grow(index);
	if (t->yaml) {
		if (yaml_read(NULL, t->text, t->len, index, &value, NULL) == 0)
			json_decref(value);
		return index;
	}
	scan_blanks(&s);
	location_add(index, location_root(), s.line, scanner_column(&s));
	scan_value(&s, location_root(), 0);
	return index;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static char *pointer_unescape(const char *step, size_t len)
{
	char *text = str_dup_n(step, len), *to = text;

	for (const char *from = text; *from; from++) {
		if (from[0] == '~' && (from[1] == '0' || from[1] == '1'))
			*to++ = *++from == '0' ? '~' : '/';
		else
			*to++ = *from;
	}
	*to = '\0';
	return text;
}

/* Where in the text that stands which a loop made; NULL: it is not of a loop. Caller's. */
static char *origin_of(const struct template *t, const char *pointer)
{
	OWN(str) char *head = t->origins ? str_dup(pointer) : NULL;
	char *end = head ? head + strlen(head) : NULL;

	for (; end; end = strrchr(head, '/')) {
		const char *origin;

		*end = '\0';
		origin = json_str(t->origins, head);
		if (origin)
			return str_printf("%s%s", origin, pointer + (end - head));
	}
	return NULL;
}

struct template_location template_locate(struct template *t, const char *pointer)
{
	OWN(str) char *origin = pointer ? origin_of(t, pointer) : NULL;
	struct template_location at = { 0, 0 };
	uint64_t path = location_root();

	if (origin)
		pointer = origin;

	if (!t->index)
		t->index = index_build(t);
	for (;;) {
		const struct location_slot *slot = slot_find(t->index, path);
		OWN(str) char *step = NULL;
		size_t len;

		if (!slot->path)
			return at;
		at = (struct template_location){ slot->line, slot->column };
		if (!pointer || *pointer != '/')
			return at;
		len = strcspn(++pointer, "/");
		step = pointer_unescape(pointer, len);
		path = location_member(path, step, strlen(step));
		pointer += len;
	}
}

int location_error(const char *name, struct template_location at, struct err *err, const char *fmt,
		   ...)
{
	char sentence[sizeof(err->text)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	if (!name)
		return err_set(err, ERR_INPUT, "%s", sentence);
	if (!at.line)
		return err_set(err, ERR_INPUT, "%s: %s", name, sentence);
	return err_set(err, ERR_INPUT, "%s:%u:%u: %s", name, at.line, at.column, sentence);
}
