#include <string.h>

#include "base/test.h"
#include "core/threshold/test-threshold-keys.h"

static const struct size {
	size_t t, n;
} sizes[] = { { 2, 2 }, { 2, 3 }, { 3, 3 }, { 3, 5 }, { 5, 7 } };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static const enum threshold_curve curves[] = { THRESHOLD_SECP256K1, THRESHOLD_ED25519 };

/* ---- generation ------------------------------------------------------------------------------------- */

TEST(generate, all_parties_have_shares_of_one_key)
{
	for (size_t c = 0; c < 2; c++)
		for (size_t i = 0; i < SIZES; i++) {
			struct threshold_key *keys[8];

			test_generate(curves[c], test_ids, sizes[i].n, sizes[i].t, 100 + i, keys);
			test_check_key(keys, sizes[i].n);
			test_free_keys(keys, sizes[i].n);
		}
}

static void expect_refusal(struct threshold_session *s, const char *reason)
{
	OWN(threshold_session) struct threshold_session *owned = s;

	CHECK_INT(threshold_status(owned), THRESHOLD_ABORTED);
	if (!strstr(threshold_reason(owned), reason))
		test_fail(__FILE__, __LINE__, "\"%s\" is not in \"%s\"", reason, threshold_reason(owned));
	CHECK(threshold_take_key(owned) == NULL);
}

TEST(generate, impossible_thresholds_are_refused)
{
	struct threshold_setting setting = { .self = 3, .parties = test_ids, .count = 3 };

	expect_refusal(threshold_generate(THRESHOLD_ED25519, 1, &setting), "threshold 1 of 3");
	expect_refusal(threshold_generate(THRESHOLD_ED25519, 4, &setting), "threshold 4 of 3");
	setting.self = 2;
	expect_refusal(threshold_generate(THRESHOLD_ED25519, 2, &setting), "party 2 is not one of them");
}

struct curve_t {
	enum threshold_curve curve;
	size_t t;
};

static struct threshold_session *make_generate(void *data, size_t i, const struct threshold_setting *setting)
{
	const struct curve_t *c = data;

	(void)i;
	return threshold_generate(c->curve, c->t, setting);
}

/* Whoever is done has a share of the key that all others who are done have. */
static void check_keys(void *data, struct world *w, const struct world_attack *a)
{
	struct threshold_key *first = NULL, *keys[THRESHOLD_PARTIES_MOST] = { 0 };
	uint8_t point[THRESHOLD_POINT_MOST];

	(void)data;
	for (size_t i = 0; i < w->count; i++)
		keys[i] = i == a->evil ? NULL : threshold_take_key(w->sessions[i]);
	for (size_t i = 0; i < w->count; i++) {
		const struct group *g = keys[i] ? group_of(keys[i]->curve) : NULL;

		if (!keys[i])
			continue;
		if (!first)
			first = keys[i];
		CHECK(!memcmp(keys[i]->public_key, first->public_key, THRESHOLD_POINT_MOST));
		CHECK(!memcmp(keys[i]->public_shares, first->public_shares, sizeof(first->public_shares)));
		CHECK_INT(g->base_multiply(keys[i]->secret, point), 0);
		for (size_t k = 0; k < keys[i]->count; k++)
			if (keys[i]->parties[k] == keys[i]->self)
				CHECK(!memcmp(point, first->public_shares[k], g->point_bytes));
	}
	test_free_keys(keys, w->count);
}

/* A false echo may be the work of two. A reveal in a shape that is right, and told to one party only, too. */
static bool generate_nameable(const struct world_attack *a)
{
	return a->round != 3 && !(a->round == 2 && a->one_receiver);
}

static void attack_generate(enum threshold_curve curve, size_t n, size_t t, size_t evil, size_t flips)
{
	struct curve_t c = { curve, t };
	const struct world_protocol p = { "generate", test_ids, n, &c, make_generate, check_keys, generate_nameable, flips };

	test_threshold_init();
	CHECK(world_hostile(&p, evil, 1000 * n + evil) > 40);
}

TEST(generate, hostile_party_of_two)
{
	attack_generate(THRESHOLD_ED25519, 2, 2, 0, 8);
	attack_generate(THRESHOLD_SECP256K1, 2, 2, 1, 8);
}

TEST(generate, hostile_party_of_three)
{
	attack_generate(THRESHOLD_ED25519, 3, 2, 1, 8);
	attack_generate(THRESHOLD_SECP256K1, 3, 2, 0, 8);
	attack_generate(THRESHOLD_SECP256K1, 3, 3, 2, 8);
}

TEST(generate, hostile_party_of_five)
{
	attack_generate(THRESHOLD_ED25519, 5, 3, 4, 2);
	attack_generate(THRESHOLD_SECP256K1, 5, 3, 2, 2);
}

/* ---- equivocation ---------------------------------------------------------------------------------------- */

/* Party `evil` is two parties with different seeds; `first` is told what one says, the others what the other
 * says, commitments and reveals alike, so that both fit. */
struct two_faced {
	struct world w;
	struct threshold_session *other;
	size_t evil;
};

static void exchange(struct two_faced *f, size_t n, size_t first)
{
	struct world *w = &f->w;
	bool moved = true;
	struct threshold_message m;

	while (moved) {
		moved = false;
		for (size_t i = 0; i <= n; i++) { /* n: the other face */
			size_t from = i == n ? f->evil : i;
			struct threshold_session *s = i == n ? f->other : w->sessions[i];

			while (threshold_next(s, &m)) {
				moved = true;
				for (size_t to = 0; to < n; to++) {
					if (to == from || (m.to != THRESHOLD_ALL && m.to != w->ids[to]))
						continue;
					if (from == f->evil && (i == n) != (to == first))
						continue;
					threshold_receive(w->sessions[to], w->ids[from], (uint8_t *)m.data.data, m.data.len);
					if (to == f->evil)
						threshold_receive(f->other, w->ids[from], (uint8_t *)m.data.data, m.data.len);
				}
				buf_free(&m.data);
			}
		}
	}
}

static void make_two_faced(struct two_faced *f, size_t n, size_t t, size_t evil)
{
	struct threshold_setting setting;

	test_threshold_init();
	world_open(&f->w, 5, test_ids, n);
	f->evil = evil;
	for (size_t i = 0; i < n; i++) {
		setting = world_setting(&f->w, i);
		f->w.sessions[i] = threshold_generate(THRESHOLD_ED25519, t, &setting);
	}
	setting = world_setting(&f->w, evil);
	setting.seed[0] ^= 1;
	f->other = threshold_generate(THRESHOLD_ED25519, t, &setting);
}

/* Whose echo is not sent any more because it aborted first leaves others waiting, but nobody is done. */
static size_t count_aborted(const struct two_faced *f, size_t n)
{
	size_t aborted = 0;

	for (size_t i = 0; i < n; i++) {
		CHECK(i == f->evil || threshold_status(f->w.sessions[i]) != THRESHOLD_DONE);
		aborted += i != f->evil && threshold_status(f->w.sessions[i]) == THRESHOLD_ABORTED;
	}
	return aborted;
}

static void close_two_faced(struct two_faced *f)
{
	threshold_session_free(f->other);
	world_close(&f->w);
}

TEST(generate, equivocation_among_three_leaves_two_under_suspicion)
{
	struct two_faced f;
	uint32_t culprit;

	make_two_faced(&f, 3, 2, 1);
	exchange(&f, 3, 0);
	CHECK(count_aborted(&f, 3) > 0);
	for (size_t i = 0; i < 3; i += 2) {
		const char *reason = threshold_reason(f.w.sessions[i]);

		CHECK(!threshold_culprit(f.w.sessions[i], &culprit));
		CHECK(threshold_status(f.w.sessions[i]) == THRESHOLD_RUNNING ||
		      strstr(reason, i ? "under suspicion are party 0 and party 3" :
					 "under suspicion are party 3 and party 4"));
	}
	close_two_faced(&f);
}

/* The first contradicts three others over what the evil one sent, and at most two may lie. */
TEST(generate, equivocation_among_five_is_named_by_whom_it_contradicts_more_than_can_lie)
{
	struct two_faced f;
	uint32_t culprit;
	size_t named = 0;

	make_two_faced(&f, 5, 3, 2);
	exchange(&f, 5, 0);
	CHECK(count_aborted(&f, 5) > 0);
	for (size_t i = 0; i < 5; i++)
		if (i != 2 && threshold_culprit(f.w.sessions[i], &culprit)) {
			CHECK_INT(culprit, test_ids[2]);
			named++;
		}
	CHECK(named > 0);
	close_two_faced(&f);
}

/* ---- resharing ---------------------------------------------------------------------------------------- */

struct change {
	const char *name;
	enum threshold_curve curve;
	size_t old_n, old_t, old_from; /* test_ids[old_from..] */
	size_t new_n, new_t, new_from;
	size_t absent; /* this old party is not there; SIZE_MAX: all are */
};

struct reshare_run {
	const struct change *change;
	struct threshold_key *old_keys[8]; /* by index in test_ids */
	uint32_t old_ids[8], ids[8];	   /* that deal; of the session */
	size_t old_count, count;
};

static bool among(size_t i, size_t from, size_t n)
{
	return i >= from && i < from + n;
}

static void open_run(struct reshare_run *r, const struct change *c)
{
	*r = (struct reshare_run){ .change = c };
	test_generate(c->curve, test_ids + c->old_from, c->old_n, c->old_t, 7, r->old_keys + c->old_from);
	for (size_t i = 0; i < 8; i++) {
		bool old = among(i, c->old_from, c->old_n) && i != c->absent;

		if (old)
			r->old_ids[r->old_count++] = test_ids[i];
		if (old || among(i, c->new_from, c->new_n))
			r->ids[r->count++] = test_ids[i];
	}
}

static void close_run(struct reshare_run *r)
{
	test_free_keys(r->old_keys, 8);
}

static struct threshold_session *make_reshare(void *data, size_t i, const struct threshold_setting *setting)
{
	struct reshare_run *r = data;
	const struct change *c = r->change;
	size_t at = 0;

	while (test_ids[at] != r->ids[i])
		at++;
	return threshold_reshare(&(struct threshold_reshare){ .curve = c->curve,
							      .old_key = r->old_keys[at],
							      .public_key = r->old_keys[c->old_from]->public_key,
							      .old_parties = r->old_ids,
							      .old_count = r->old_count,
							      .old_t = c->old_t,
							      .new_parties = test_ids + c->new_from,
							      .new_count = c->new_n,
							      .new_t = c->new_t },
				 setting);
}

static const struct change changes[] = {
	{ "refresh", THRESHOLD_ED25519, 3, 2, 0, 3, 2, 0, SIZE_MAX },
	{ "one more", THRESHOLD_ED25519, 3, 2, 0, 4, 3, 0, SIZE_MAX },
	{ "one leaves", THRESHOLD_SECP256K1, 4, 3, 0, 3, 2, 1, SIZE_MAX },
	{ "all are other", THRESHOLD_SECP256K1, 3, 2, 0, 4, 3, 3, SIZE_MAX },
	{ "one is gone", THRESHOLD_ED25519, 3, 2, 0, 3, 2, 1, 0 },
};

TEST(reshare, new_parties_have_shares_of_the_same_key)
{
	for (size_t k = 0; k < sizeof(changes) / sizeof(changes[0]); k++) {
		struct threshold_key *keys[8] = { 0 };
		OWN(world) struct world w;
		struct reshare_run r;
		size_t got = 0;

		open_run(&r, &changes[k]);
		world_open(&w, 20 + k, r.ids, r.count);
		for (size_t i = 0; i < r.count; i++) {
			struct threshold_setting setting = world_setting(&w, i);

			w.sessions[i] = make_reshare(&r, i, &setting);
		}
		world_run(&w);
		CHECK(world_done(&w));
		for (size_t i = 0; i < r.count; i++) {
			keys[got] = threshold_take_key(w.sessions[i]);
			got += keys[got] != NULL;
		}
		CHECK_INT(got, changes[k].new_n);
		CHECK_INT(keys[0]->t, changes[k].new_t);
		CHECK_INT(keys[0]->self, test_ids[changes[k].new_from]);
		test_check_key(keys, got);
		CHECK(!memcmp(keys[0]->public_key, r.old_keys[changes[k].old_from]->public_key, THRESHOLD_POINT_MOST));
		test_free_keys(keys, got);
		close_run(&r);
	}
}

static void check_reshared(void *data, struct world *w, const struct world_attack *a)
{
	const struct reshare_run *r = data;

	for (size_t i = 0; i < w->count; i++) {
		const struct deal_head {
			struct threshold_key *key;
		} *held = w->sessions[i]->state;

		if (i != a->evil && threshold_status(w->sessions[i]) == THRESHOLD_DONE && held->key)
			CHECK(!memcmp(held->key->public_key, r->old_keys[r->change->old_from]->public_key,
				      THRESHOLD_POINT_MOST));
	}
	check_keys(NULL, w, a);
}

static void attack_reshare(const struct change *c, size_t evil)
{
	struct reshare_run r;

	open_run(&r, c);
	const struct world_protocol p = { "reshare", r.ids, r.count, &r, make_reshare, check_reshared, generate_nameable, 3 };
	CHECK(world_hostile(&p, evil, 77) > 10);
	close_run(&r);
}

TEST(reshare, hostile_dealers)
{
	attack_reshare(&changes[0], 1);
	attack_reshare(&changes[2], 0); /* who leaves */
	attack_reshare(&changes[3], 2);
}

TEST(reshare, hostile_newcomers)
{
	attack_reshare(&changes[1], 3);
	attack_reshare(&changes[3], 4);
}

static struct threshold_session *reshare_with(struct reshare_run *r, const struct threshold_key *key,
					      const uint8_t *public_key, size_t old_t, size_t new_t, uint32_t self)
{
	const struct change *c = r->change;
	struct threshold_setting setting = { .self = self, .parties = r->ids, .count = r->count };

	return threshold_reshare(&(struct threshold_reshare){ c->curve, key, public_key, r->old_ids, r->old_count, old_t,
							      test_ids + c->new_from, c->new_n, new_t },
				 &setting);
}

TEST(reshare, what_does_not_fit_is_refused)
{
	struct reshare_run r;
	uint8_t other[THRESHOLD_POINT_MOST];
	const struct threshold_key *key;

	open_run(&r, &changes[1]);
	key = r.old_keys[0];
	memcpy(other, r.old_keys[0]->public_shares[1], sizeof(other));
	expect_refusal(reshare_with(&r, key, key->public_key, 4, 3, 0), "3 of the old parties take part");
	expect_refusal(reshare_with(&r, key, key->public_key, 1, 3, 0), "threshold of the old key is 1");
	expect_refusal(reshare_with(&r, key, key->public_key, 2, 5, 0), "threshold 5 of 4 new");
	expect_refusal(reshare_with(&r, key, key->public_key, 3, 3, 0), "not one of the key that is reshared");
	expect_refusal(reshare_with(&r, key, other, 2, 3, 0), "not one of the key that is reshared");
	expect_refusal(reshare_with(&r, r.old_keys[1], key->public_key, 2, 3, 0), "not one of the key");
	expect_refusal(reshare_with(&r, NULL, key->public_key, 2, 3, 0), "has no share of the old key");
	memset(other, 0, sizeof(other));
	expect_refusal(reshare_with(&r, NULL, other, 2, 3, test_ids[3]), "no point of the group");
	close_run(&r);
}

/* A dealer with a share of another key is caught: by name where the old public shares are known. */
TEST(reshare, a_share_of_another_key_is_caught)
{
	struct threshold_key *others[3];
	OWN(world) struct world w;
	struct reshare_run r;
	uint32_t culprit;

	open_run(&r, &changes[1]);
	test_generate(THRESHOLD_ED25519, test_ids, 3, 2, 8, others);
	memcpy(r.old_keys[1]->secret, others[1]->secret, 32);
	world_open(&w, 20, r.ids, r.count);
	for (size_t i = 0; i < r.count; i++) {
		struct threshold_setting setting = world_setting(&w, i);

		w.sessions[i] = make_reshare(&r, i, &setting);
	}
	world_run(&w);
	for (size_t i = 0; i < 3; i += 2) {
		CHECK_INT(threshold_status(w.sessions[i]), THRESHOLD_ABORTED);
		CHECK(threshold_culprit(w.sessions[i], &culprit) && culprit == test_ids[1]);
	}
	CHECK(threshold_status(w.sessions[3]) != THRESHOLD_DONE);
	test_free_keys(others, 3);
	close_run(&r);
}
