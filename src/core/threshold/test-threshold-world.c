#include "core/threshold/test-threshold-world.h"

#include <sodium.h>
#include <string.h>

#include "base/test.h"

/* ---- worlds ---------------------------------------------------------------------------------------- */

uint64_t world_random(struct world *w)
{
	uint64_t z = w->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void derive(uint64_t seed, const char *what, size_t i, uint8_t ret[32])
{
	OWN(str) char *text = str_printf("%s %zu of world %llu", what, i, (unsigned long long)seed);

	crypto_hash_sha256(ret, (const uint8_t *)text, strlen(text));
}

void world_open(struct world *w, uint64_t seed, const uint32_t *ids, size_t count)
{
	*w = (struct world){ .ids = ids, .count = count, .seed = seed, .random = seed, .twin = SIZE_MAX };
	derive(seed, "context", 0, w->context);
}

struct threshold_setting world_setting(const struct world *w, size_t i)
{
	struct threshold_setting s = { .self = w->ids[i], .parties = w->ids, .count = w->count };

	memcpy(s.context, w->context, 32);
	derive(w->seed, i == w->twin ? "twin" : "party", i, s.seed);
	return s;
}

static void add_parcel(struct world_parcel **list, size_t *count, size_t from, size_t to,
		       const struct buf *data)
{
	struct world_parcel p = { .from = from, .to = to };

	buf_add(&p.data, data->data, data->len);
	*list = mem_grow(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = p;
}

static void post(struct world *w, size_t from, size_t to, const struct buf *data)
{
	if (w->sessions[to])
		add_parcel(&w->parcels, &w->parcel_count, from, to, data);
}

/* ---- spoiling -------------------------------------------------------------------------------------- */

static void spoil(const struct world_attack *a, struct buf *b)
{
	if (a->mutation == WORLD_FLIP && b->len > 1)
		b->data[1 + a->bit / 8 % (b->len - 1)] ^= (char)(1 << a->bit % 8);
	if (a->mutation == WORLD_TRUNCATE)
		b->len--;
	if (a->mutation == WORLD_EXTEND)
		buf_char(b, 0);
	if (a->mutation == WORLD_EMPTY)
		b->len = 0;
	if (a->mutation == WORLD_NO_ROUND)
		b->data[0] ^= (char)0x80;
	if (a->mutation == WORLD_NEXT_ROUND)
		b->data[0]++;
	if (a->mutation == WORLD_OVERSIZED) {
		OWN(str) char *much = mem_new(1, 1 << 20);

		buf_add(b, much, 1 << 20);
	}
	if (a->instead.len) {
		b->len = 0;
		buf_add(b, a->instead.data, a->instead.len);
	}
}

static void post_spoiled(struct world *w, size_t from, size_t to, const struct buf *data)
{
	OWN(buf) struct buf b = { 0 };

	buf_add(&b, data->data, data->len);
	spoil(w->attack, &b);
	if (w->attack->mutation == WORLD_DROP)
		return;
	post(w, from, to, &b);
	if (w->attack->mutation == WORLD_TWICE)
		post(w, from, to, &b);
}

static bool is_attacked(const struct world *w, size_t from)
{
	return w->attack && w->attack->evil == from && w->attack->message == w->sent[from];
}

static void send(struct world *w, size_t from, const struct threshold_message *m)
{
	bool attacked = is_attacked(w, from);

	w->sent[from]++;
	if (w->recording)
		add_parcel(&w->record, &w->record_count, from, m->to == THRESHOLD_ALL ? SIZE_MAX : m->to,
			   &m->data);
	for (size_t to = 0; to < w->count; to++) {
		if (to == from || (m->to != THRESHOLD_ALL && m->to != w->ids[to]))
			continue;
		if (attacked)
			post_spoiled(w, from, to, &m->data);
		else
			post(w, from, to, &m->data);
		attacked = attacked && !w->attack->one_receiver;
	}
}

/* ---- running --------------------------------------------------------------------------------------- */

static void collect(struct world *w, size_t from)
{
	struct threshold_message m;

	while (w->sessions[from] && threshold_next(w->sessions[from], &m)) {
		send(w, from, &m);
		buf_free(&m.data);
	}
}

void world_run(struct world *w)
{
	for (size_t i = 0; i < w->count; i++)
		collect(w, i);
	while (w->parcel_count) {
		size_t at = world_random(w) % w->parcel_count;
		struct world_parcel p = w->parcels[at];

		w->parcels[at] = w->parcels[--w->parcel_count];
		w->delivered++;
		threshold_receive(w->sessions[p.to], w->ids[p.from], (const uint8_t *)p.data.data, p.data.len);
		buf_free(&p.data);
		collect(w, p.to);
	}
}

bool world_done(const struct world *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->sessions[i] && threshold_status(w->sessions[i]) != THRESHOLD_DONE) {
			test_fail(__FILE__, __LINE__, "party %u: status %d: %s", w->ids[i],
				  threshold_status(w->sessions[i]), threshold_reason(w->sessions[i]));
			return false;
		}
	return true;
}

void world_close(struct world *w)
{
	for (size_t i = 0; i < w->count; i++)
		threshold_session_free(w->sessions[i]);
	for (size_t i = 0; i < w->parcel_count; i++)
		buf_free(&w->parcels[i].data);
	for (size_t i = 0; i < w->record_count; i++)
		buf_free(&w->record[i].data);
	free(w->parcels);
	free(w->record);
	*w = (struct world){ 0 };
}

/* ---- the hostile driver ------------------------------------------------------------------------------ */

static const char *const mutation_names[WORLD_MUTATIONS] = {
	"flip",	    "truncate",	  "extend", "empty", "oversized",   "no round",
	"next round", "twice", "foreign", "twin", "impersonate", "drop",
};

static void run(const struct world_protocol *p, struct world *w, const struct world_attack *attack)
{
	w->attack = attack;
	for (size_t i = 0; i < p->count; i++) {
		struct threshold_setting setting = world_setting(w, i);

		w->sessions[i] = p->make(p->data, i, &setting);
	}
	world_run(w);
}

/* What is expected of every protocol. */
struct verdict {
	bool named, aborted, running;
};

static struct verdict judge(const struct world_protocol *p, const struct world *w,
			    const struct world_attack *a, const char *where)
{
	struct verdict v = { 0 };

	for (size_t i = 0; i < p->count; i++) {
		const struct threshold_session *s = w->sessions[i];
		uint32_t culprit;

		if (i == a->evil || !s)
			continue;
		v.aborted |= threshold_status(s) == THRESHOLD_ABORTED;
		v.running |= threshold_status(s) == THRESHOLD_RUNNING;
		if (!threshold_culprit(s, &culprit))
			continue;
		v.named = true;
		if (culprit != w->ids[a->evil])
			test_fail(__FILE__, __LINE__, "%s: %u blames %u: %s", where, w->ids[i], culprit,
				  threshold_reason(s));
	}
	return v;
}

static bool is_malformed(enum world_mutation m)
{
	return m == WORLD_TRUNCATE || m == WORLD_EXTEND || m == WORLD_EMPTY || m == WORLD_OVERSIZED ||
	       m == WORLD_NO_ROUND;
}

static bool is_content(enum world_mutation m)
{
	return m == WORLD_FLIP || m == WORLD_FOREIGN || m == WORLD_TWIN || m == WORLD_IMPERSONATE;
}

static void attack_once(const struct world_protocol *p, uint64_t seed, const struct world_attack *a)
{
	OWN(world) struct world w;
	OWN(str) char *where = str_printf("%s: %s, message %zu (round %u) of %u%s, bit %zu", p->name,
					  mutation_names[a->mutation], a->message, a->round, p->ids[a->evil],
					  a->one_receiver ? ", to one" : "", a->bit);
	struct verdict v;

	world_open(&w, seed, p->ids, p->count);
	run(p, &w, a);
	v = judge(p, &w, a, where);
	if (is_malformed(a->mutation) && !v.named)
		test_fail(__FILE__, __LINE__, "%s: nobody names the evil party", where);
	if (is_content(a->mutation) && v.aborted && !v.named && (!p->nameable || p->nameable(a)))
		test_fail(__FILE__, __LINE__, "%s: could be named and is not", where);
	if (v.running && !v.aborted && a->mutation != WORLD_DROP && a->mutation != WORLD_NEXT_ROUND &&
	    threshold_status(w.sessions[a->evil]) != THRESHOLD_ABORTED)
		test_fail(__FILE__, __LINE__, "%s: it waits for ever", where);
	p->check(p->data, &w, a);
}

/* The k-th message of a party in a recorded run. */
static const struct world_parcel *recorded(const struct world *w, size_t from, size_t k)
{
	for (size_t i = 0; i < w->record_count; i++)
		if (w->record[i].from == from && k-- == 0)
			return &w->record[i];
	return NULL;
}

static const struct world_parcel *of_round(const struct world *w, size_t not_from, char round)
{
	for (size_t i = 0; i < w->record_count; i++)
		if (w->record[i].from != not_from && w->record[i].data.data[0] == round)
			return &w->record[i];
	return NULL;
}

static void record(const struct world_protocol *p, struct world *w, uint64_t seed, size_t twin)
{
	world_open(w, seed, p->ids, p->count);
	w->twin = twin;
	w->recording = true;
	run(p, w, NULL);
	world_done(w);
}

static size_t attack_with(const struct world_protocol *p, uint64_t seed, struct world_attack a,
			  bool to_all)
{
	size_t runs = 0;

	for (int one = 0; one <= (to_all && p->count > 2); one++, runs++) {
		a.one_receiver = one;
		attack_once(p, seed, &a);
	}
	return runs;
}

/* The records of a clean run, of another session and of one with a twin. */
struct records {
	struct world clean, foreign, twin;
};

static size_t attack_message(const struct world_protocol *p, struct records *r, uint64_t seed,
			     struct world_attack a)
{
	const struct world_parcel *m = recorded(&r->clean, a.evil, a.message);
	bool to_all = m->to == SIZE_MAX;
	size_t runs = 0;

	a.round = (uint8_t)m->data.data[0];
	for (size_t k = 0; k < p->flips && m->data.len > 1; k++) {
		a.mutation = WORLD_FLIP;
		a.bit = k ? world_random(&r->clean) % (8 * (m->data.len - 1)) : 8 * (m->data.len - 1) - 1;
		runs += attack_with(p, seed, a, to_all);
	}
	for (a.mutation = WORLD_FLIP + 1; a.mutation < WORLD_MUTATIONS; a.mutation++) {
		const struct world_parcel *other =
			a.mutation == WORLD_FOREIGN	? recorded(&r->foreign, a.evil, a.message) :
			a.mutation == WORLD_TWIN	? recorded(&r->twin, a.evil, a.message) :
			a.mutation == WORLD_IMPERSONATE ? of_round(&r->clean, a.evil, m->data.data[0]) :
							  NULL;

		if (a.mutation >= WORLD_FOREIGN && a.mutation <= WORLD_IMPERSONATE && !other)
			continue;
		a.instead = other ? other->data : (struct buf){ 0 };
		runs += attack_with(p, seed, a, to_all);
	}
	return runs;
}

size_t world_hostile(const struct world_protocol *p, size_t evil, uint64_t seed)
{
	struct records r;
	size_t runs = 0, messages;

	record(p, &r.clean, seed, SIZE_MAX);
	record(p, &r.foreign, seed + 1, SIZE_MAX);
	record(p, &r.twin, seed, evil);
	messages = r.clean.sent[evil];
	CHECK(messages > 0);
	for (size_t k = 0; k < messages; k++)
		runs += attack_message(p, &r, seed, (struct world_attack){ .evil = evil, .message = k });
	world_close(&r.clean);
	world_close(&r.foreign);
	world_close(&r.twin);
	return runs;
}
