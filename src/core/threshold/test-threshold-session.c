/* The machinery of sessions, with a small protocol of its own: all commit to a number and reveal it, and
 * privately send each other a number; the result is the sum of what was revealed. */
#include <sodium.h>
#include <string.h>

#include "base/test.h"
#include "core/threshold/test-threshold-world.h"

struct toss {
	uint8_t mine[32], sum;
};

static bool toss_expects(const struct threshold_session *s, unsigned round, size_t from)
{
	(void)s, (void)round, (void)from;
	return true;
}

static size_t toss_most(const struct threshold_session *s, unsigned round)
{
	(void)s, (void)round;
	return 32;
}

static int toss_begin(struct threshold_session *s)
{
	struct toss *t = s->state;
	uint8_t hash[32];

	session_random(s, t->mine, 32);
	session_hash(s, "toss", &(struct session_part){ t->mine, 32 }, 1, hash);
	session_send(s, SESSION_EVERYBODY, 1, hash, 32);
	return 0;
}

static int toss_open(struct threshold_session *s)
{
	struct toss *t = s->state;

	t->sum = t->mine[0];
	for (size_t i = 0; i < s->count; i++) {
		const struct session_input *open = session_in(s, 2, i), *closed = session_in(s, 1, i);
		uint8_t hash[32];

		if (i == s->self)
			continue;
		session_hash(s, "toss", &(struct session_part){ open->data, open->len }, 1, hash);
		if (open->len != 32 || closed->len != 32 || memcmp(hash, closed->data, 32) != 0)
			return session_abort(s, i, "opened another number");
		t->sum = (uint8_t)(t->sum + open->data[0]);
		session_send(s, i, 3, &i, 1);
	}
	return 0;
}

static int toss_step(struct threshold_session *s, unsigned round)
{
	struct toss *t = s->state;

	if (round == 2)
		return toss_open(s);
	if (round == 1)
		session_send(s, SESSION_EVERYBODY, 2, t->mine, 32);
	for (size_t i = 0; round == 3 && i < s->count; i++)
		if (i != s->self && (session_in(s, 3, i)->len != 1 || session_in(s, 3, i)->data[0] != s->self))
			return session_abort(s, i, "not my number");
	return 0;
}

static const struct session_kind toss = {
	"toss", 3, sizeof(struct toss), toss_expects, toss_most, toss_begin, toss_step, NULL, SESSION_NOTHING
};

static const uint32_t ids[] = { 0, 3, 7, 8, 100 };

static struct threshold_session *make(void *data, size_t i, const struct threshold_setting *setting)
{
	(void)data, (void)i;
	return session_start(session_new(&toss, setting));
}

static uint8_t sum(const struct threshold_session *s)
{
	return ((struct toss *)s->state)->sum;
}

static void run(struct world *w, uint64_t seed)
{
	world_open(w, seed, ids, 5);
	for (size_t i = 0; i < 5; i++) {
		struct threshold_setting setting = world_setting(w, i);

		w->sessions[i] = make(NULL, i, &setting);
	}
	world_run(w);
}

TEST(session, all_orders_of_delivery_give_the_same_result)
{
	for (uint64_t seed = 0; seed < 50; seed++) {
		OWN(world) struct world w;

		run(&w, seed);
		CHECK(world_done(&w));
		CHECK_INT(w.delivered, 5 * 4 * 3);
		for (size_t i = 1; i < 5; i++)
			CHECK_INT(sum(w.sessions[i]), sum(w.sessions[0]));
	}
}

static void check(void *data, struct world *w, const struct world_attack *a)
{
	bool clean = a->mutation == WORLD_TWICE && a->round == 3; /* comes when all is done */

	(void)data;
	for (size_t i = 0; i < w->count; i++)
		if (i != a->evil && threshold_status(w->sessions[i]) == THRESHOLD_DONE && !a->one_receiver)
			CHECK(clean || a->round == 3);
}

TEST(session, whatever_is_done_to_a_message_its_sender_is_named)
{
	const struct world_protocol p = { "toss", ids, 5, NULL, make, check, NULL, 16 };

	CHECK(world_hostile(&p, 0, 1) > 100);
	CHECK(world_hostile(&p, 3, 2) > 100);
}

TEST(session, those_who_are_waited_for_are_listed)
{
	OWN(world) struct world w;
	uint32_t late[8];
	struct threshold_message m;

	world_open(&w, 1, ids, 5);
	for (size_t i = 0; i < 5; i++) {
		struct threshold_setting setting = world_setting(&w, i);

		w.sessions[i] = make(NULL, i, &setting);
	}
	CHECK_INT(threshold_waiting_for(w.sessions[1], late, 8), 4);
	CHECK_INT(threshold_waiting_for(w.sessions[1], late, 2), 2);
	CHECK(threshold_next(w.sessions[2], &m));
	threshold_receive(w.sessions[1], 7, (const uint8_t *)m.data.data, m.data.len);
	buf_free(&m.data);
	CHECK_INT(threshold_waiting_for(w.sessions[1], late, 8), 3);
	CHECK_INT(late[0], 0);
	CHECK_INT(late[1], 8);
	CHECK_INT(late[2], 100);
	CHECK(!threshold_next(w.sessions[2], &m));
}

static void refuse(const uint32_t *parties, size_t count, uint32_t self, const char *reason)
{
	struct threshold_setting setting = { .self = self, .parties = parties, .count = count };
	OWN(threshold_session) struct threshold_session *s = session_start(session_new(&toss, &setting));
	struct threshold_message m;
	uint32_t culprit;

	CHECK_INT(threshold_status(s), THRESHOLD_ABORTED);
	CHECK(strstr(threshold_reason(s), reason) != NULL);
	CHECK(!threshold_next(s, &m));
	CHECK(!threshold_culprit(s, &culprit));
	CHECK_INT(threshold_receive(s, parties[0], (const uint8_t *)"\1", 1), THRESHOLD_ABORTED);
	CHECK_INT(threshold_waiting_for(s, &culprit, 1), 0);
}

TEST(session, a_bad_setting_is_an_aborted_session)
{
	static const uint32_t twice[] = { 1, 1, 2 }, down[] = { 2, 1 }, high[] = { 1, THRESHOLD_ALL };
	uint32_t many[THRESHOLD_PARTIES_MOST + 1];

	for (uint32_t i = 0; i <= THRESHOLD_PARTIES_MOST; i++)
		many[i] = i;
	refuse(ids, 1, 0, "1 parties");
	refuse(many, THRESHOLD_PARTIES_MOST + 1, 0, "129 parties");
	refuse(twice, 3, 1, "ascending");
	refuse(down, 2, 1, "ascending");
	refuse(high, 2, 1, "no party can have id");
	refuse(ids, 5, 4, "party 4 is not one of them");
}

TEST(session, strangers_and_ourselves_are_not_heard)
{
	struct threshold_setting setting = { .self = 3, .parties = ids, .count = 5 };
	uint32_t culprit;

	for (uint32_t from = 3; from < 5; from++) {
		OWN(threshold_session) struct threshold_session *s = make(NULL, 1, &setting);

		CHECK_INT(threshold_receive(s, from, (const uint8_t *)"\1", 1), THRESHOLD_ABORTED);
		CHECK(!threshold_culprit(s, &culprit));
	}
}

TEST(session, randomness_never_repeats_and_hashes_bind_the_context)
{
	struct threshold_setting setting = { .self = 3, .parties = ids, .count = 5, .seed = { 9 } };
	OWN(threshold_session) struct threshold_session *s = session_new(&toss, &setting);
	OWN(threshold_session) struct threshold_session *other = NULL;
	const struct session_part ab[] = { { "ab", 2 }, { "c", 1 } }, abc[] = { { "a", 1 }, { "bc", 2 } };
	uint8_t a[100], b[100], first[32], second[32];

	session_random(s, a, 100);
	session_random(s, b, 100);
	CHECK(memcmp(a, b, 64) != 0 && memcmp(a + 64, b, 36) != 0);
	session_hash(s, "x", ab, 2, first);
	session_hash(s, "x", abc, 2, second);
	CHECK(memcmp(first, second, 32) != 0);
	session_hash(s, "y", ab, 2, second);
	CHECK(memcmp(first, second, 32) != 0);
	setting.context[0] = 1;
	other = session_new(&toss, &setting);
	session_hash(other, "x", ab, 2, second);
	CHECK(memcmp(first, second, 32) != 0);
}
