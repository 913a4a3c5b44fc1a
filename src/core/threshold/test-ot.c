/* The layers below CAIT_SITH, each alone: base transfers, their extension, multiplication. */
#include <sodium.h>
#include <string.h>

#include "base/test.h"
#include "core/threshold/test-crew.h"

static const struct group *const g = &group_secp256k1;

/* Two parties, their pairings and sessions that give context and randomness. */
struct duo {
	struct world world;
	struct threshold_pairing *pairings[2];
};

static const uint32_t duo_ids[2] = { 3, 8 };

static void duo_open(struct duo *d, uint64_t seed)
{
	const uint8_t blind[32] = { 1 };

	group_secp256k1_init(blind);
	crew_pair(&d->world, seed, duo_ids, d->pairings);
}

static void own_drop_duo(struct duo *d)
{
	threshold_pairing_free(d->pairings[0]);
	threshold_pairing_free(d->pairings[1]);
	world_close(&d->world);
}

/* ---- base transfers ---------------------------------------------------------------------------------- */

TEST(pairing, each_receiver_has_the_seed_that_it_chose_and_no_other)
{
	OWN(duo) struct duo d;
	size_t ones = 0;

	duo_open(&d, 1);
	for (size_t me = 0; me < 2; me++)
		for (size_t i = 0; i < OT_BASE; i++) {
			const struct threshold_pairing *mine = d.pairings[me], *theirs = d.pairings[1 - me];
			uint8_t choice = ot_bit(mine->choices, i);

			ones += choice;
			CHECK(memcmp(mine->chosen[i], theirs->both[i][choice], 32) == 0);
			CHECK(memcmp(mine->chosen[i], theirs->both[i][1 - choice], 32) != 0);
		}
	CHECK(ones > 80 && ones < 176);
}

TEST(pairing, both_ends_agree_on_what_they_share)
{
	OWN(duo) struct duo d, other;

	duo_open(&d, 2);
	duo_open(&other, 3);
	CHECK_INT(threshold_pairing_peer(d.pairings[0]), 8);
	CHECK_INT(threshold_pairing_peer(d.pairings[1]), 3);
	CHECK(memcmp(d.pairings[0]->id, d.pairings[1]->id, 32) == 0);
	CHECK(memcmp(d.pairings[0]->shared, d.pairings[1]->shared, 32) == 0);
	CHECK(memcmp(d.pairings[0]->id, other.pairings[0]->id, 32) != 0);
	CHECK(memcmp(d.pairings[0]->shared, other.pairings[0]->shared, 32) != 0);
	CHECK(memcmp(d.pairings[0]->gadget, other.pairings[1]->gadget, OT_COUNT * 32) == 0);
	CHECK(memcmp(d.pairings[0]->choices, d.pairings[1]->choices, 16) != 0);
	CHECK(!threshold_pairing_retired(d.pairings[0]));
}

TEST(pairing, is_between_two)
{
	const uint32_t ids[] = { 1, 2, 3 };
	struct threshold_setting setting = { .self = 1, .parties = ids, .count = 3 };
	OWN(threshold_session) struct threshold_session *s = threshold_pair(&setting);

	CHECK_INT(threshold_status(s), THRESHOLD_ABORTED);
	CHECK_STR(threshold_reason(s), "pairing: two parties, not 3");
	CHECK(!threshold_take_pairing(s));
}

static struct threshold_session *make_pairing(void *data, size_t i, const struct threshold_setting *setting)
{
	(void)data, (void)i;
	return threshold_pair(setting);
}

/* Whatever was done to a message: an honest party either aborted, or its pairing is of no use with a peer
 * that has another one, which the id tells. */
static void check_pairing(void *data, struct world *w, const struct world_attack *attack)
{
	struct threshold_pairing *p[2];

	(void)data;
	for (size_t i = 0; i < 2; i++)
		p[i] = threshold_take_pairing(w->sessions[i]);
	CHECK(!p[attack->evil] || attack->mutation != WORLD_DROP || !p[1 - attack->evil]);
	if (p[0] && p[1])
		CHECK(memcmp(p[0]->id, p[1]->id, 32) != 0 || attack->mutation == WORLD_TWICE);
	threshold_pairing_free(p[0]);
	threshold_pairing_free(p[1]);
}

TEST(pairing, spoiled_messages_are_refused_or_give_another_pairing)
{
	struct world_protocol p = { .name = "pairing", .ids = duo_ids, .count = 2, .make = make_pairing,
				    .check = check_pairing, .flips = 8 };
	const uint8_t blind[32] = { 1 };

	group_secp256k1_init(blind);
	/* Two messages each; the second one's round has no message of another to pass on. */
	for (size_t evil = 0; evil < 2; evil++)
		CHECK_INT((long)world_hostile(&p, evil, 77), 2 * (8 + WORLD_MUTATIONS - 1) - 1);
}

TEST(pairing, a_message_with_bad_points_names_its_sender)
{
	/* A key of which no point has the x coordinate, no prefix at all, and choices that cancel out. */
	for (int kind = 0; kind < 4; kind++) {
		OWN(world) struct world w;
		struct threshold_message m;
		uint32_t culprit = 0;

		world_open(&w, 5, duo_ids, 2);
		for (size_t i = 0; i < 2; i++) {
			struct threshold_setting setting = world_setting(&w, i);

			w.sessions[i] = threshold_pair(&setting);
		}
		CHECK(threshold_next(w.sessions[0], &m));
		if (kind == 0)
			memset(m.data.data + 2, 0xff, 32);
		if (kind == 1)
			m.data.data[1] = 4;
		if (kind == 2)
			memset(m.data.data + 1 + 33, 0, 33);
		if (kind == 3)
			memset(m.data.data + 1 + OT_BASE_BYTES - 33, 0, 33);
		threshold_receive(w.sessions[1], 3, (const uint8_t *)m.data.data, m.data.len);
		CHECK_INT(threshold_status(w.sessions[1]), THRESHOLD_ABORTED);
		CHECK(threshold_culprit(w.sessions[1], &culprit) && culprit == 3);
		buf_free(&m.data);
	}
}

/* ---- extension ---------------------------------------------------------------------------------------- */

struct extension {
	ot_bits rows[OT_COUNT], other[OT_COUNT];
	uint8_t choices[OT_COLUMN];
	uint8_t message[OT_EXTEND_BYTES];
};

static void ask(struct duo *d, uint64_t stream, struct extension *e)
{
	session_random(d->world.sessions[0], e->choices, sizeof(e->choices));
	ot_extend(d->pairings[0], stream, d->world.context, e->choices, e->rows, e->message);
}

static int answer(const struct duo *d, uint64_t stream, struct extension *e)
{
	return ot_extend_check(d->pairings[1], stream, d->world.context, e->message, e->other);
}

static bool rows_fit(const struct duo *d, const struct extension *e)
{
	ot_bits delta, difference, wrong = { 0 };

	memcpy(&delta, d->pairings[1]->choices, sizeof(delta));
	for (size_t i = 0; i < OT_COUNT; i++) {
		difference = e->rows[i] ^ e->other[i];
		wrong |= ot_bit(e->choices, i) ? difference ^ delta : difference;
	}
	return sodium_is_zero((const uint8_t *)&wrong, sizeof(wrong));
}

TEST(ot_extension, rows_differ_by_delta_exactly_where_the_choice_is_one)
{
	OWN(duo) struct duo d;
	OWN(secret) void *memory = secret_new(sizeof(struct extension));
	struct extension *e = memory;

	duo_open(&d, 10);
	for (uint64_t stream = 0; stream < 50; stream++) {
		ask(&d, stream, e);
		CHECK_INT(answer(&d, stream, e), 0);
		CHECK(rows_fit(&d, e));
	}
}

TEST(ot_extension, streams_and_bindings_never_give_the_same_rows)
{
	OWN(duo) struct duo d;
	OWN(secret) void *memory = secret_new(2 * sizeof(struct extension));
	struct extension *a = memory, *b = a + 1;
	uint8_t binding[32] = { 0 };

	duo_open(&d, 11);
	ask(&d, 0, a);
	ask(&d, 1, b);
	CHECK(memcmp(a->rows, b->rows, sizeof(a->rows)) != 0);
	ot_extend(d.pairings[0], 0, binding, a->choices, b->rows, b->message);
	CHECK(memcmp(a->rows, b->rows, sizeof(a->rows)) != 0);
	CHECK_INT(answer(&d, 1, a), -1);
	CHECK_INT(ot_extend_check(d.pairings[1], 0, binding, a->message, a->other), -1);
	CHECK_INT(answer(&d, 0, a), 0);
}

TEST(ot_extension, any_flipped_bit_of_the_message_is_noticed)
{
	OWN(duo) struct duo d;
	OWN(secret) void *memory = secret_new(sizeof(struct extension));
	struct extension *e = memory;
	size_t noticed = 0, tried = 0;

	duo_open(&d, 12);
	ask(&d, 0, e);
	for (size_t bit = 0; bit < 8 * OT_EXTEND_BYTES; bit += 61, tried++) {
		e->message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		noticed += answer(&d, 0, e) < 0;
		e->message[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CHECK_INT(noticed, tried);
	CHECK_INT(answer(&d, 0, e), 0);
}

/* A receiver that is inconsistent in column i passes when it guesses bit i of delta, and has learnt that bit:
 * no more can be asked of the check. Two columns: both must be guessed. */
TEST(ot_extension, a_cheating_receiver_passes_only_where_it_guessed_delta)
{
	OWN(duo) struct duo d;
	OWN(secret) void *memory = secret_new(sizeof(struct extension));
	struct extension *e = memory;
	const uint8_t *delta;

	duo_open(&d, 13);
	delta = d.pairings[1]->choices;
	for (size_t i = 0; i < OT_BASE; i++) {
		size_t next = (i + 1) % OT_BASE;

		d.pairings[0]->both[i][1][0] ^= 1; /* right for the guess 0 */
		ask(&d, i, e);
		CHECK_INT(answer(&d, i, e), ot_bit(delta, i) ? -1 : 0);
		d.pairings[0]->both[next][1][0] ^= 1;
		ask(&d, i, e);
		CHECK_INT(answer(&d, i, e), ot_bit(delta, i) || ot_bit(delta, next) ? -1 : 0);
		d.pairings[0]->both[i][1][0] ^= 1;
		d.pairings[0]->both[next][1][0] ^= 1;
	}
}

/* ---- multiplication ------------------------------------------------------------------------------------- */

struct multiplication {
	struct rvole receiver;
	uint8_t inputs[RVOLE_INPUTS][32], mine[RVOLE_INPUTS][32], theirs[RVOLE_INPUTS][32];
	uint8_t ask[RVOLE_ASK_BYTES], answer[RVOLE_ANSWER_BYTES];
};

static const char *multiply(struct duo *d, struct multiplication *m)
{
	const char *why;

	rvole_ask(d->world.sessions[0], d->pairings[0], &m->receiver, m->ask);
	why = rvole_answer(d->world.sessions[1], d->pairings[1], m->ask, (const uint8_t(*)[32])m->inputs, m->mine,
			   m->answer);
	return why ? why : rvole_finish(d->world.sessions[0], d->pairings[0], &m->receiver, m->answer, m->theirs);
}

static bool products_fit(const struct multiplication *m)
{
	uint8_t sum[32], product[32];
	bool fit = true;

	for (size_t i = 0; i < RVOLE_INPUTS; i++) {
		g->scalar_add(m->mine[i], m->theirs[i], sum);
		g->scalar_multiply(m->inputs[i], m->receiver.chi, product);
		fit &= memcmp(sum, product, 32) == 0;
	}
	return fit;
}

TEST(rvole, shares_add_up_to_the_products_200_times)
{
	OWN(duo) struct duo d;
	OWN(secret) void *memory = secret_new(sizeof(struct multiplication));
	struct multiplication *m = memory;
	uint8_t last[32] = { 0 };

	duo_open(&d, 20);
	for (int k = 0; k < 200; k++) {
		for (size_t i = 0; i < RVOLE_INPUTS; i++)
			g->scalar_random(d.world.sessions[1], m->inputs[i]);
		CHECK(!multiply(&d, m));
		CHECK(products_fit(m));
		CHECK(memcmp(last, m->receiver.chi, 32) != 0);
		memcpy(last, m->receiver.chi, 32);
	}
	CHECK_INT(d.pairings[0]->extensions, 200);
}

TEST(rvole, works_for_zero_one_and_minus_one)
{
	static const uint8_t zero[32], one[32] = { [31] = 1 };
	OWN(duo) struct duo d;
	OWN(secret) void *memory = secret_new(sizeof(struct multiplication));
	struct multiplication *m = memory;

	duo_open(&d, 21);
	CHECK(!multiply(&d, m));
	CHECK(products_fit(m));
	memcpy(m->inputs[0], one, 32);
	g->scalar_subtract(zero, one, m->inputs[1]);
	CHECK(!multiply(&d, m));
	CHECK(products_fit(m));
}

TEST(rvole, the_same_question_is_answered_differently_each_time)
{
	OWN(duo) struct duo d;
	OWN(secret) void *memory = secret_new(sizeof(struct multiplication));
	struct multiplication *m = memory;
	uint8_t first[64];

	duo_open(&d, 22);
	CHECK(!multiply(&d, m));
	memcpy(first, m->answer + 32, 64);
	CHECK(!rvole_answer(d.world.sessions[1], d.pairings[1], m->ask, (const uint8_t(*)[32])m->inputs, m->mine,
			    m->answer));
	CHECK(memcmp(first, m->answer + 32, 32) != 0 && memcmp(first + 32, m->answer + 64, 32) != 0);
	CHECK(!rvole_finish(d.world.sessions[0], d.pairings[0], &m->receiver, m->answer, m->theirs));
	CHECK(products_fit(m));
}

TEST(rvole, any_flipped_bit_of_the_answer_is_noticed)
{
	OWN(duo) struct duo d;
	OWN(secret) void *memory = secret_new(sizeof(struct multiplication));
	struct multiplication *m = memory;
	size_t noticed = 0, tried = 0;

	duo_open(&d, 23);
	CHECK(!multiply(&d, m));
	for (size_t bit = 0; bit < 8 * RVOLE_ANSWER_BYTES; bit += 3541, tried++) {
		m->answer[bit / 8] ^= (uint8_t)(1 << bit % 8);
		noticed += !!rvole_finish(d.world.sessions[0], d.pairings[0], &m->receiver, m->answer, m->theirs);
		m->answer[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CHECK_INT(noticed, tried);
	CHECK(tried > 100);
	CHECK(!rvole_finish(d.world.sessions[0], d.pairings[0], &m->receiver, m->answer, m->theirs));
}

TEST(rvole, numbers_out_of_range_and_other_pairings_are_refused)
{
	OWN(duo) struct duo d;
	OWN(secret) void *memory = secret_new(sizeof(struct multiplication));
	struct multiplication *m = memory;

	duo_open(&d, 24);
	CHECK(!multiply(&d, m));
	memset(m->answer + 32 + 500 * 32, 0xff, 32);
	CHECK_STR(rvole_finish(d.world.sessions[0], d.pairings[0], &m->receiver, m->answer, m->theirs),
		  "a number of its answer is out of range");
	m->ask[0] ^= 1;
	CHECK_STR(rvole_answer(d.world.sessions[1], d.pairings[1], m->ask, (const uint8_t(*)[32])m->inputs, m->mine,
			       m->answer),
		  "it uses another pairing than we do");
}
