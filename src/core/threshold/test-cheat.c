/* Parties that cheat with all that they know, where flipped bits would only be noise. The sender of a
 * multiplication is written anew here, out of rvole.c's own parts. */
#include "core/threshold/rvole.c"

#include "base/test.h"
#include "core/threshold/test-crew.h"

/* ---- multiplication ---------------------------------------------------------------------------------- */

/* As rvole_answer(), but transfer `at` has another first input; everything else fits that, and the check is
 * made for the guess that the receiver's bit there is 0 (`guess`: 1, so that it fits when the bit is 1). */
static void cheat(struct threshold_session *s, const struct threshold_pairing *p, const uint8_t *ask, size_t at,
		  uint8_t guess, uint8_t shares[RVOLE_INPUTS][32], uint8_t *answer)
{
	OWN(secret) void *memory = secret_new(sizeof(struct sending));
	struct sending *w = memory;
	uint8_t binding[32], key[32], *adjust = answer + 32, *eta = adjust + RVOLE_ADJUST_BYTES;
	uint8_t *cheated = adjust + at * RVOLE_WIDTH * 32;
	static const uint8_t one[32] = { [31] = 1 };

	binding_of(s, p, p->peer, ask + 32, binding);
	CHECK_INT(ot_extend_check(p, ask[32], binding, ask + 40, w->rows), 0);
	for (size_t i = 0; i < RVOLE_WIDTH; i++)
		g->scalar_random(s, w->inputs[i]);
	session_random(s, answer, 32);
	key_of(s, binding, answer, key);
	make_adjustments(p, key, w, adjust);
	g->scalar_add(cheated, one, cheated);
	sum_shares(p, w->alpha, shares);
	if (guess) /* with the bit 1 the receiver has alpha0 + input + 1 there */
		g->scalar_add(w->alpha[at][0], one, w->alpha[at][0]);
	make_check(key, adjust, w, eta, eta + RVOLE_CHECKS * 32);
}

/* It passes exactly when it guessed the bit, and then has learnt that bit of chi: what the protocol allows. */
TEST(cheating, a_sender_with_another_input_in_one_transfer_passes_only_by_guessing_the_bit)
{
	const uint32_t ids[2] = { 3, 8 };
	const uint8_t blind[32] = { 1 };
	OWN(world) struct world w;
	OWN(secret) void *memory = secret_new(sizeof(struct rvole));
	struct rvole *r = memory;
	OWN(str) char *ask = mem_new(1, RVOLE_ASK_BYTES), *answer = mem_new(1, RVOLE_ANSWER_BYTES);
	struct threshold_pairing *p[2];
	uint8_t mine[RVOLE_INPUTS][32], theirs[RVOLE_INPUTS][32];
	size_t passed = 0;

	group_secp256k1_init(blind);
	crew_pair(&w, 1, ids, p);
	for (size_t at = 0; at < OT_COUNT; at += 9) {
		uint8_t guess = at & 1;
		const char *why;

		rvole_ask(w.sessions[0], p[0], r, (uint8_t *)ask);
		cheat(w.sessions[1], p[1], (const uint8_t *)ask, at, guess, mine, (uint8_t *)answer);
		why = rvole_finish(w.sessions[0], p[0], r, (const uint8_t *)answer, theirs);
		CHECK_INT(!why, ot_bit(r->choices, at) == guess);
		passed += !why;
	}
	CHECK(passed > 8 && passed < 39);
	threshold_pairing_free(p[0]);
	threshold_pairing_free(p[1]);
}

/* ---- presigning: messages that are well made, but for one lie ------------------------------------------- */

struct scene {
	struct crew crew;
	struct world world;
	size_t count;
};

static void scene_open(struct scene *c, uint64_t seed, size_t n)
{
	*c = (struct scene){ .count = n };
	crew_open(&c->crew, seed, n, n);
}

static void scene_run(struct scene *c, const struct world_attack *a)
{
	static const size_t all[CREW_MOST] = { 0, 1, 2, 3, 4 };

	world_close(&c->world);
	crew_restore(&c->crew);
	world_open(&c->world, 4, c->crew.ids, c->count);
	c->world.attack = a;
	c->world.recording = !a;
	for (size_t i = 0; i < c->count; i++) {
		struct threshold_setting setting = world_setting(&c->world, i);

		c->world.sessions[i] = crew_presign(&c->crew, all, c->count, i, &setting);
	}
	world_run(&c->world);
}

static void own_drop_scene(struct scene *c)
{
	world_close(&c->world);
	crew_close(&c->crew);
}

/* Party 0's message number `message` as it was in the run before. */
static void recorded(const struct scene *c, size_t message, struct buf *ret)
{
	for (size_t i = 0; i < c->world.record_count; i++)
		if (c->world.record[i].from == 0 && message-- == 0) {
			buf_add(ret, c->world.record[i].data.data, c->world.record[i].data.len);
			return;
		}
}

static void check_blamed(const struct scene *c, size_t honest, const char *reason)
{
	const struct threshold_session *s = c->world.sessions[honest];
	uint32_t culprit = UINT32_MAX;

	CHECK_INT(threshold_status(s), THRESHOLD_ABORTED);
	CHECK_STR(threshold_reason(s), reason);
	CHECK(threshold_culprit(s, &culprit) && culprit == c->crew.ids[0]);
	CHECK(threshold_pairing_retired(c->crew.pairings[honest][0]));
}

/* In round 2, party 0 puts twice the point that it should have told. */
static void tell_another_point(size_t at, const char *reason)
{
	OWN(scene) struct scene c;
	OWN(buf) struct buf b = { 0 };
	struct world_attack a = { .evil = 0, .message = 1, .mutation = WORLD_FOREIGN };
	static const uint8_t two[32] = { [31] = 2 };

	scene_open(&c, 1, 2);
	scene_run(&c, NULL);
	CHECK(world_done(&c.world));
	recorded(&c, 1, &b);
	CHECK_INT(g->point_multiply_public(two, (uint8_t *)b.data + 1 + at, (uint8_t *)b.data + 1 + at), 0);
	a.instead = b;
	scene_run(&c, &a);
	check_blamed(&c, 1, reason);
}

TEST(cheating, another_point_is_blamed_for_what_it_is)
{
	tell_another_point(0, "presign: party 0: its nonce is not the one that it committed to");
	tell_another_point(65, "presign: party 0: it did not multiply with its share of the key");
	tell_another_point(98, "presign: party 0: it did not multiply with its nonce");
	tell_another_point(131, "presign: party 0: it did not multiply with its share of the key");
}

TEST(cheating, another_share_of_the_key_used_throughout_is_seen_in_the_sum)
{
	static const uint8_t one[32] = { [31] = 1 };

	for (size_t n = 2; n <= 3; n++) {
		OWN(scene) struct scene c;
		uint32_t culprit;

		scene_open(&c, 2, n);
		g->scalar_add(c.crew.keys[0].secret, one, c.crew.keys[0].secret);
		scene_run(&c, NULL);
		if (n == 2) {
			check_blamed(&c, 1, "presign: the shares are not those of the key");
			continue;
		}
		for (size_t i = 1; i < n; i++) {
			CHECK_INT(threshold_status(c.world.sessions[i]), THRESHOLD_ABORTED);
			CHECK(!threshold_culprit(c.world.sessions[i], &culprit));
			/* it may have been any of them */
			CHECK(threshold_pairing_retired(c.crew.pairings[i][0]));
			CHECK(threshold_pairing_retired(c.crew.pairings[i][3 - i]));
		}
	}
}

/* A party that lives twice: one self for each of two others, which must not both believe it. */
TEST(cheating, a_party_with_another_nonce_for_each_of_two_others_gives_no_presignature)
{
	OWN(scene) struct scene c;
	OWN(world) struct world w;
	static const size_t all[] = { 0, 1, 2 };
	struct threshold_session *second;
	struct threshold_setting setting;
	struct threshold_message m;
	size_t left = 1;

	scene_open(&c, 3, 3);
	world_open(&w, 5, c.crew.ids, 3);
	for (size_t i = 0; i < 3; i++) {
		setting = world_setting(&w, i);
		w.sessions[i] = crew_presign(&c.crew, all, 3, i, &setting);
	}
	setting = world_setting(&w, 0);
	setting.seed[0] ^= 1;
	second = crew_presign(&c.crew, all, 3, 0, &setting);
	while (left) {
		left = 0;
		for (size_t i = 0; i < 4; i++) /* 3: the second self; only party 2 hears it, and it only party 2 */
			while (threshold_next(i == 3 ? second : w.sessions[i], &m)) {
				for (size_t to = 0; to < 4; to++) {
					struct threshold_session *s = to == 3 ? second : w.sessions[to];
					uint32_t id = c.crew.ids[to % 3], from = c.crew.ids[i % 3];
					bool heard = to % 3 != i % 3 && !(i == 0 && to == 2) && !(i == 3 && to == 1);

					if (heard && (m.to == THRESHOLD_ALL || m.to == id))
						threshold_receive(s, from, (const uint8_t *)m.data.data,
								  m.data.len);
				}
				buf_free(&m.data);
				left++;
			}
	}
	for (size_t i = 1; i < 3; i++) {
		CHECK(threshold_status(w.sessions[i]) != THRESHOLD_DONE);
		CHECK(!session_take(w.sessions[i], SESSION_PRESIGNATURE));
	}
	CHECK(threshold_status(w.sessions[1]) == THRESHOLD_ABORTED ||
	      threshold_status(w.sessions[2]) == THRESHOLD_ABORTED);
	threshold_session_free(second);
}

/* ---- presigning against a receiver that guesses delta ------------------------------------------------------ */

TEST(cheating, a_guess_at_the_seeds_is_blamed_or_changes_nothing)
{
	OWN(scene) struct scene c;
	size_t blamed = 0;

	scene_open(&c, 6, 2);
	for (size_t i = 0; i < OT_BASE; i += 5) {
		uint8_t bit = ot_bit(c.crew.pairings[1][0]->choices, i);

		c.crew.saved[0][1]->both[i][1][7] ^= 0x20;
		scene_run(&c, NULL);
		if (bit)
			check_blamed(&c, 1, "presign: party 0: its transfers are not consistent");
		else
			CHECK(world_done(&c.world));
		blamed += bit;
		c.crew.saved[0][1]->both[i][1][7] ^= 0x20;
	}
	CHECK(blamed > 4 && blamed < 22);
}
