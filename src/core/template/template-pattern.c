/* Java regular expressions of AllowedPattern. POSIX's <regex.h> reads \d, [\-.], lookahead and lazy
 * quantifiers otherwise or not at all, and glibc's compiler can be made to eat all memory by nested
 * repetition; so the expression is compiled into a small program here, and all its threads run in
 * step over the text (time: text times program, whatever the expression). */
#include <string.h>

#include "core/template/template-internal.h"

enum {
	PROGRAM_MOST = 20000, /* instructions after repetitions are written out */
	GROUPS_DEEP = 60,
	REPEAT_MOST = 1000,
	STEPS_MOST = 20000000,
};

enum op { OP_CLASS, OP_SPLIT, OP_JUMP, OP_START, OP_END, OP_WORD, OP_NO_WORD, OP_LOOK, OP_MATCH };

struct range {
	uint32_t low, high;
};
struct instruction {
	enum op op;
	bool negate, fold;
	size_t a, b; /* SPLIT, JUMP: targets. CLASS: ranges[a] up to b. LOOK: body is next, a behind
		      */
};

struct regex {
	const char *at; /* what is left to compile */
	struct instruction *code;
	size_t count, capacity;
	struct range *ranges;
	size_t range_count, range_capacity;
	bool fold;
	unsigned depth;
	const char *bad; /* why compiling failed */
};

/* ---- compiling ------------------------------------------------------------------------------- */

static void bad(struct regex *r, const char *why)
{
	if (!r->bad)
		r->bad = why;
}

static size_t emit(struct regex *r, enum op op, size_t a, size_t b)
{
	if (r->count >= PROGRAM_MOST) {
		bad(r, "it is too large");
		return r->count - 1;
	}
	if (r->count == r->capacity) {
		r->capacity = r->capacity ? r->capacity * 2 : 64;
		r->code = mem_grow(r->code, r->capacity, sizeof(*r->code));
	}
	r->code[r->count] = (struct instruction){ .op = op, .fold = r->fold, .a = a, .b = b };
	return r->count++;
}

static void add_range(struct regex *r, uint32_t low, uint32_t high)
{
	if (r->range_count == r->range_capacity) {
		r->range_capacity = r->range_capacity ? r->range_capacity * 2 : 64;
		r->ranges = mem_grow(r->ranges, r->range_capacity, sizeof(*r->ranges));
	}
	r->ranges[r->range_count++] = (struct range){ low, high };
}

/* Invalid bytes stand for themselves, so this always gets on. */
static uint32_t utf8_next(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	unsigned more = p[0] >= 0xf0 ? 3 : p[0] >= 0xe0 ? 2 : p[0] >= 0xc0 ? 1 : 0;
	uint32_t c = more == 3 ? p[0] & 7U : more == 2 ? p[0] & 15U : more == 1 ? p[0] & 31U : p[0];

	for (unsigned i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*at += 1;
			return p[0];
		}
		c = c << 6 | (p[i] & 63U);
	}
	*at += 1 + more;
	return c;
}

struct named_class {
	char name;
	unsigned count;
	struct range ranges[5];
};
/* clang-format off */
static const struct named_class named[] = {
	{ 'd', 1, { { '0', '9' } } },
	{ 'w', 4, { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } } },
	{ 's', 2, { { '\t', '\r' }, { ' ', ' ' } } },
	{ 'h', 3, { { '\t', '\t' }, { ' ', ' ' }, { 0xa0, 0xa0 } } },
};
static const struct {
	const char *name;
	unsigned count;
	struct range ranges[4];
} posix_classes[] = {
	{ "Lower}", 1, { { 'a', 'z' } } },
	{ "Upper}", 1, { { 'A', 'Z' } } },
	{ "ASCII}", 1, { { 0, 127 } } },
	{ "Alpha}", 2, { { 'A', 'Z' }, { 'a', 'z' } } },
	{ "Digit}", 1, { { '0', '9' } } },
	{ "Alnum}", 3, { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' } } },
	{ "Punct}", 4, { { '!', '/' }, { ':', '@' }, { '[', '`' }, { '{', '~' } } },
	{ "Graph}", 1, { { '!', '~' } } },
	{ "Print}", 1, { { ' ', '~' } } },
	{ "XDigit}", 3, { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } } },
	{ "Space}", 2, { { '\t', '\r' }, { ' ', ' ' } } },
};
/* clang-format on */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void add_ranges(struct regex *r, const struct range *ranges, unsigned count, bool negate)
{
	uint32_t from = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!negate)
			add_range(r, ranges[i].low, ranges[i].high);
		else if (ranges[i].low > from)
			add_range(r, from, ranges[i].low - 1);
		from = ranges[i].high + 1;
	}
	if (negate)
		add_range(r, from, 0x10ffff);
}

/* \d \W \p{Alpha} ...: 1 when r->at stood behind a backslash of one, and its ranges are added. */
static bool class_escape(struct regex *r)
{
	char c = *r->at;
	char lower = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;

	for (size_t i = 0; i < COUNT(named); i++) {
		if (named[i].name == lower) {
			add_ranges(r, named[i].ranges, named[i].count, c != lower);
			r->at++;
			return true;
		}
	}
	for (size_t i = 0; lower == 'p' && r->at[1] == '{' && i < COUNT(posix_classes); i++) {
		if (!strncmp(r->at + 2, posix_classes[i].name, strlen(posix_classes[i].name))) {
			add_ranges(r, posix_classes[i].ranges, posix_classes[i].count, c == 'P');
			r->at += 2 + strlen(posix_classes[i].name);
			return true;
		}
	}
	return false;
}

static uint32_t hex_escape(struct regex *r, unsigned digits)
{
	uint32_t value = 0;

	for (; digits; digits--, r->at++) {
		char c = *r->at;

		if (c >= '0' && c <= '9') {
			value = value << 4 | (uint32_t)(c - '0');
		} else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
			value = value << 4 | (uint32_t)((c | 32) - 'a' + 10);
		} else {
			bad(r, "an escape is malformed");
			return 0;
		}
	}
	return value;
}

/* One character behind a backslash. */
static uint32_t char_escape(struct regex *r)
{
	static const char names[] = "tnrfae", values[] = "\t\n\r\f\a\033";
	char c = *r->at;
	const char *name = c ? strchr(names, c) : NULL;

	if (!c || c == '0' || (c >= '1' && c <= '9')) {
		bad(r, c ? "back references are not supported" : "it ends in a backslash");
		return 0;
	}
	if (name) {
		r->at++;
		return (unsigned char)values[name - names];
	}
	if (c == 'x' || c == 'u') {
		r->at++;
		return hex_escape(r, c == 'x' ? 2 : 4);
	}
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
		bad(r, "an escape is not supported");
		return 0;
	}
	return utf8_next(&r->at);
}

static uint32_t class_char(struct regex *r)
{
	if (*r->at != '\\')
		return utf8_next(&r->at);
	r->at++;
	return char_escape(r);
}

static void class_member(struct regex *r)
{
	uint32_t low, high;

	if (r->at[0] == '&' && r->at[1] == '&') {
		bad(r, "class intersection is not supported");
		return;
	}
	if (r->at[0] == '\\') {
		r->at++;
		if (class_escape(r))
			return;
		r->at--;
	}
	low = high = class_char(r);
	if (r->at[0] == '-' && r->at[1] && r->at[1] != ']') {
		r->at++;
		if (r->at[0] == '[' || (r->at[0] == '\\' && strchr("dwshDWSHpP", r->at[1]))) {
			add_range(r, '-', '-');
		} else {
			high = class_char(r);
		}
	}
	if (high < low)
		bad(r, "a range is reversed");
	add_range(r, low, high);
}

/* Behind the opening bracket; classes within classes are a union. */
static void class_members(struct regex *r)
{
	bool first = true;

	if (++r->depth > GROUPS_DEEP)
		bad(r, "it is nested too deeply");
	for (; !r->bad && *r->at && (*r->at != ']' || first); first = false) {
		if (*r->at != '[') {
			class_member(r);
		} else if (*++r->at == '^') {
			bad(r, "a negated class within a class is not supported");
		} else {
			class_members(r);
		}
	}
	if (*r->at++ != ']') {
		r->at--;
		bad(r, "a class is not closed");
	}
	r->depth--;
}

static void compile_class(struct regex *r)
{
	size_t start = r->range_count, at;
	bool negate = *r->at == '^';

	r->at += negate;
	class_members(r);
	at = emit(r, OP_CLASS, start, r->range_count);
	r->code[at].negate = negate;
}

static void compile_char(struct regex *r, uint32_t c)
{
	size_t start = r->range_count;

	add_range(r, c, c);
	emit(r, OP_CLASS, start, r->range_count);
}

static void compile_alternatives(struct regex *r);

static void compile_look(struct regex *r, bool negate)
{
	size_t at = emit(r, OP_LOOK, 0, 0);

	compile_alternatives(r);
	emit(r, OP_MATCH, 0, 0);
	r->code[at].a = r->count;
	r->code[at].negate = negate;
}

/* Behind the parenthesis. */
static void compile_group(struct regex *r)
{
	bool fold = r->fold;

	if (++r->depth > GROUPS_DEEP)
		bad(r, "it is nested too deeply");
	if (r->at[0] != '?' || r->bad) {
		compile_alternatives(r);
	} else if (r->at[1] == ':') {
		r->at += 2;
		compile_alternatives(r);
	} else if (r->at[1] == '=' || r->at[1] == '!') {
		r->at += 2;
		compile_look(r, r->at[-1] == '!');
	} else if (!strncmp(r->at, "?i)", 3)) {
		r->at += 2;
		fold = r->fold = true;
	} else if (!strncmp(r->at, "?i:", 3)) {
		r->at += 3;
		r->fold = true;
		compile_alternatives(r);
	} else if (r->at[1] == '<' && r->at[2] != '=' && r->at[2] != '!') {
		r->at += 2 + strcspn(r->at + 2, ">)");
		r->at += *r->at == '>';
		compile_alternatives(r);
	} else {
		bad(r, "a group of this kind is not supported");
	}
	r->fold = fold;
	r->depth--;
	if (*r->at != ')')
		bad(r, "a group is not closed");
	else
		r->at++;
}

static void compile_escape(struct regex *r)
{
	size_t start = r->range_count;

	if (class_escape(r)) {
		emit(r, OP_CLASS, start, r->range_count);
	} else if (*r->at == 'b' || *r->at == 'B') {
		emit(r, *r->at++ == 'b' ? OP_WORD : OP_NO_WORD, 0, 0);
	} else if (*r->at == 'A') {
		r->at++;
		emit(r, OP_START, 0, 0);
	} else if (*r->at == 'z' || *r->at == 'Z') {
		r->at++;
		emit(r, OP_END, 0, 0);
	} else {
		compile_char(r, char_escape(r));
	}
}

static void compile_atom(struct regex *r)
{
	size_t start = r->range_count;

	switch (*r->at) {
	case '(':
		r->at++;
		compile_group(r);
		return;
	case '[':
		r->at++;
		compile_class(r);
		return;
	case '\\':
		r->at++;
		compile_escape(r);
		return;
	case '.':
		r->at++;
		add_ranges(r, (const struct range[]){ { '\n', '\n' }, { '\r', '\r' } }, 2, true);
		emit(r, OP_CLASS, start, r->range_count);
		return;
	case '^':
		r->at++;
		emit(r, OP_START, 0, 0);
		return;
	case '$':
		r->at++;
		emit(r, OP_END, 0, 0);
		return;
	case '*':
	case '+':
	case '?':
		bad(r, "a quantifier has nothing to repeat");
		return;
	default:
		compile_char(r, utf8_next(&r->at));
	}
}

static unsigned repeat_number(struct regex *r)
{
	unsigned value = 0;

	if (*r->at < '0' || *r->at > '9')
		bad(r, "a quantifier is malformed");
	for (; *r->at >= '0' && *r->at <= '9'; r->at++)
		value = value > REPEAT_MOST * 10 ? value : value * 10 + (unsigned)(*r->at - '0');
	return value;
}

/* *ret_most 0: no end. False: no quantifier. */
static bool quantifier(struct regex *r, unsigned *ret_least, unsigned *ret_most)
{
	static const char simple[] = "*+?";
	const char *which = *r->at ? strchr(simple, *r->at) : NULL;

	if (which) {
		r->at++;
		*ret_least = *which == '+';
		*ret_most = *which == '?';
	} else if (*r->at == '{') {
		r->at++;
		*ret_least = *ret_most = repeat_number(r);
		if (*r->at == ',' && *++r->at != '}') {
			*ret_most = repeat_number(r);
			if (*ret_most < *ret_least || !*ret_most)
				bad(r, "a quantifier is malformed");
		} else if (r->at[-1] == ',') {
			*ret_most = 0;
		} else if (!*ret_most) {
			bad(r, "a quantifier is malformed");
		}
		if (*r->at++ != '}') {
			r->at--;
			bad(r, "a quantifier is malformed");
		}
		if (*ret_least > REPEAT_MOST || *ret_most > REPEAT_MOST)
			bad(r, "a quantifier is too large");
	} else {
		return false;
	}
	if (*r->at == '?') /* lazy: the same texts match as a whole */
		r->at++;
	else if (*r->at == '+')
		bad(r, "possessive quantifiers are not supported");
	return !r->bad;
}

/* Writes the atom code[start..end) once more. */
static void copy_atom(struct regex *r, size_t start, size_t end)
{
	size_t base = r->count;

	for (size_t i = start; i < end && !r->bad; i++) {
		struct instruction in = r->code[i];
		bool jumps = in.op == OP_SPLIT || in.op == OP_JUMP || in.op == OP_LOOK;
		size_t at = emit(r, in.op, jumps ? in.a - start + base : in.a,
				 in.op == OP_SPLIT ? in.b - start + base : in.b);

		r->code[at].negate = in.negate;
		r->code[at].fold = in.fold;
	}
}

/* The atom is the last thing written; it is moved behind what the quantifier needs. */
static void repeat_atom(struct regex *r, size_t start, unsigned least, unsigned most)
{
	size_t length = r->count - start, template_end;
	size_t optional_ends[REPEAT_MOST], optionals = 0;

	/* Keep a copy at the start behind a jump: all repetitions are copied from it. */
	emit(r, OP_JUMP, 0, 0);
	if (r->bad)
		return;
	memmove(r->code + start + 1, r->code + start, length * sizeof(*r->code));
	for (size_t i = start + 1; i <= start + length; i++) {
		if (r->code[i].op == OP_SPLIT)
			r->code[i].b++;
		if (r->code[i].op == OP_SPLIT || r->code[i].op == OP_JUMP ||
		    r->code[i].op == OP_LOOK)
			r->code[i].a++;
	}
	template_end = start + 1 + length;
	r->code[start] = (struct instruction){ .op = OP_JUMP, .a = template_end };
	for (unsigned i = 0; i < least && !r->bad; i++)
		copy_atom(r, start + 1, template_end);
	for (unsigned i = least; i < most && !r->bad; i++) {
		optional_ends[optionals++] = emit(r, OP_SPLIT, r->count + 1, 0);
		copy_atom(r, start + 1, template_end);
	}
	for (size_t i = 0; i < optionals; i++)
		r->code[optional_ends[i]].b = r->count;
	if (!most) {
		size_t split = emit(r, OP_SPLIT, r->count + 1, 0);

		copy_atom(r, start + 1, template_end);
		emit(r, OP_JUMP, split, 0);
		r->code[split].b = r->count;
	}
}

static void compile_sequence(struct regex *r)
{
	while (!r->bad && *r->at && *r->at != '|' && *r->at != ')') {
		size_t start = r->count;
		unsigned least, most;

		compile_atom(r);
		for (unsigned i = 0; !r->bad && quantifier(r, &least, &most); i++) {
			if (i)
				bad(r, "a quantifier has nothing to repeat");
			else
				repeat_atom(r, start, least, most);
		}
	}
}

/* a|b|c: each alternative but the last is SPLIT, code, JUMP to the end. The SPLIT must stand before
 * code of unknown length, so it is written first and pointed later. */
static void compile_alternatives(struct regex *r)
{
	size_t last_jump = 0;
	bool jumps = false;

	for (;;) {
		size_t split = emit(r, OP_SPLIT, r->count + 1, r->count + 1), jump;

		compile_sequence(r);
		if (r->bad || *r->at != '|')
			break;
		r->at++;
		/* The jumps of one group are chained through their target until the end is known.
		 */
		jump = emit(r, OP_JUMP, jumps ? last_jump : SIZE_MAX, 0);
		last_jump = jump;
		jumps = true;
		r->code[split].b = r->count;
	}
	while (jumps && !r->bad) {
		size_t next = r->code[last_jump].a;

		r->code[last_jump].a = r->count;
		jumps = next != SIZE_MAX;
		last_jump = next;
	}
}

/* ---- running --------------------------------------------------------------------------------- */

struct machine {
	const struct regex *r;
	const uint32_t *text;
	size_t len;
	unsigned long steps;
	bool too_much;
};

static bool is_word(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (c >= 'a' && c <= 'z');
}

static bool at_word_edge(const struct machine *m, size_t at)
{
	bool before = at > 0 && is_word(m->text[at - 1]);
	bool behind = at < m->len && is_word(m->text[at]);

	return before != behind;
}

static bool in_ranges(const struct regex *r, const struct instruction *in, uint32_t c)
{
	for (size_t i = in->a; i < in->b; i++)
		if (c >= r->ranges[i].low && c <= r->ranges[i].high)
			return true;
	return false;
}

static bool in_class(const struct regex *r, const struct instruction *in, uint32_t c)
{
	bool in_it = in_ranges(r, in, c);

	if (!in_it && in->fold && c < 128 && ((c | 32) >= 'a' && (c | 32) <= 'z'))
		in_it = in_ranges(r, in, c ^ 32);
	return in_it != in->negate;
}

struct threads {
	size_t *list; /* CLASS instructions that wait for the next character */
	size_t count;
	size_t *visited; /* instruction -> position + 1 at which it was followed last */
	size_t *stack;
	bool matched;
};

static bool run_from(struct machine *m, size_t start, size_t at, bool whole);

/* Whether an instruction that takes no character lets through. */
static bool passes(struct machine *m, const struct instruction *in, size_t pc, size_t at)
{
	switch (in->op) {
	case OP_START:
		return at == 0;
	case OP_END:
		return at == m->len;
	case OP_WORD:
		return at_word_edge(m, at);
	case OP_NO_WORD:
		return !at_word_edge(m, at);
	case OP_LOOK:
		return run_from(m, pc + 1, at, false) != in->negate;
	case OP_CLASS:
	case OP_SPLIT:
	case OP_JUMP:
	case OP_MATCH:
		break;
	}
	return true;
}

static void follow(struct machine *m, struct threads *t, size_t start, size_t at, bool whole)
{
	size_t depth = 0;

	t->stack[depth++] = start;
	while (depth && !m->too_much) {
		size_t pc = t->stack[--depth];
		const struct instruction *in = &m->r->code[pc];

		if (t->visited[pc] == at + 1)
			continue;
		t->visited[pc] = at + 1;
		m->too_much = ++m->steps > STEPS_MOST;
		if (in->op == OP_CLASS) {
			t->list[t->count++] = pc;
		} else if (in->op == OP_MATCH) {
			t->matched = t->matched || !whole || at == m->len;
		} else if (in->op == OP_SPLIT) {
			t->stack[depth++] = in->b;
			t->stack[depth++] = in->a;
		} else if (in->op == OP_JUMP) {
			t->stack[depth++] = in->a;
		} else if (passes(m, in, pc, at)) {
			t->stack[depth++] = in->op == OP_LOOK ? in->a : pc + 1;
		}
	}
}

static bool run_from(struct machine *m, size_t start, size_t at, bool whole)
{
	size_t size = m->r->count + 1;
	size_t *memory = mem_new(size * 5, sizeof(*memory));
	struct threads now = { .list = memory,
			       .visited = memory + 2 * size,
			       .stack = memory + 3 * size };
	size_t *spare = memory + size;

	m->steps += size;
	follow(m, &now, start, at, whole);
	while (at < m->len && now.count && !now.matched && !m->too_much) {
		size_t *waiting = now.list, count = now.count;
		uint32_t c = m->text[at++];

		now.list = spare;
		now.count = 0;
		spare = waiting;
		for (size_t i = 0; i < count; i++) {
			m->steps += 1 + (m->r->code[waiting[i]].b - m->r->code[waiting[i]].a);
			if (in_class(m->r, &m->r->code[waiting[i]], c))
				follow(m, &now, waiting[i] + 1, at, whole);
		}
		m->too_much = m->too_much || m->steps > STEPS_MOST;
	}
	free(memory);
	return now.matched;
}

static bool run_whole(struct machine *m, const char *text)
{
	uint32_t *points = mem_new(strlen(text) + 1, sizeof(*points));
	bool matched;

	while (*text)
		points[m->len++] = utf8_next(&text);
	m->text = points;
	matched = run_from(m, 0, 0, true);
	free(points);
	return matched;
}

int pattern_match(const char *pattern, const char *text, struct err *err)
{
	struct regex r = { .at = pattern };
	struct machine m = { .r = &r };
	int matched = -1;

	compile_alternatives(&r);
	if (*r.at && !r.bad)
		bad(&r, "a parenthesis is not opened");
	emit(&r, OP_MATCH, 0, 0);
	if (!r.bad)
		matched = run_whole(&m, text);
	free(r.code);
	free(r.ranges);
	if (r.bad)
		return err_set(err, ERR_INPUT, "the AllowedPattern cannot be used: %s", r.bad);
	if (m.too_much)
		return err_set(err, ERR_LIMIT, "the AllowedPattern takes too long");
	return matched;
}
