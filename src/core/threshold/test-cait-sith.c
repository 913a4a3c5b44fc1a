/* Presigning and signing with CAIT_SITH, honest and not. */
#include <sodium.h>
#include <string.h>

#include "base/test.h"
#include "core/threshold/test-crew.h"

/* One presign by some of a crew. */
struct run {
	struct world world;
	uint32_t ids[CREW_MOST];
	struct threshold_presignature *p[CREW_MOST];
};

static void run_open(struct run *r, const struct crew *c, const size_t *signers, size_t count, uint64_t seed)
{
	*r = (struct run){ 0 };
	for (size_t i = 0; i < count; i++)
		r->ids[i] = c->ids[signers[i]];
	world_open(&r->world, seed, r->ids, count);
	for (size_t i = 0; i < count; i++) {
		struct threshold_setting setting = world_setting(&r->world, i);

		r->world.sessions[i] = crew_presign(c, signers, count, i, &setting);
	}
}

static bool run_end(struct run *r)
{
	world_run(&r->world);
	if (!world_done(&r->world))
		return false;
	for (size_t i = 0; i < r->world.count; i++)
		r->p[i] = session_take(r->world.sessions[i], SESSION_PRESIGNATURE);
	return true;
}

static int run_sign(const struct run *r, const struct crew *c, uint64_t seed)
{
	return crew_sign(c, (const struct threshold_presignature *const *)r->p, seed);
}

static void own_drop_run(struct run *r)
{
	for (size_t i = 0; i < CREW_MOST; i++)
		secret_free(r->p[i]);
	world_close(&r->world);
}

static void presign_and_sign(const struct crew *c, const size_t *signers, size_t count, uint64_t seed)
{
	OWN(run) struct run r;

	run_open(&r, c, signers, count, seed);
	if (!run_end(&r))
		return;
	for (size_t i = 1; i < count; i++)
		CHECK(memcmp(r.p[0]->cait_sith.big_r, r.p[i]->cait_sith.big_r, 33) == 0);
	CHECK_INT(run_sign(&r, c, seed), 0);
}

/* ---- who can sign --------------------------------------------------------------------------------------- */

TEST(cait_sith, two_of_two_sign)
{
	OWN(crew) struct crew c;

	crew_open(&c, 1, 2, 2);
	for (uint64_t seed = 0; seed < 20; seed++)
		presign_and_sign(&c, (size_t[]){ 0, 1 }, 2, seed);
}

TEST(cait_sith, every_two_of_three_sign)
{
	OWN(crew) struct crew c;

	crew_open(&c, 2, 3, 2);
	for (uint64_t seed = 0; seed < 5; seed++) {
		presign_and_sign(&c, (size_t[]){ 0, 1 }, 2, seed);
		presign_and_sign(&c, (size_t[]){ 0, 2 }, 2, seed);
		presign_and_sign(&c, (size_t[]){ 1, 2 }, 2, seed);
	}
}

TEST(cait_sith, every_three_of_five_sign)
{
	OWN(crew) struct crew c;
	uint64_t seed = 0;

	crew_open(&c, 3, 5, 3);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = i + 1; k < 5; k++)
			for (size_t m = k + 1; m < 5; m++)
				presign_and_sign(&c, (size_t[]){ i, k, m }, 3, seed++);
}

TEST(cait_sith, a_pairing_is_good_for_100_presignatures_and_no_nonce_comes_twice)
{
	OWN(crew) struct crew c;
	uint8_t seen[100][33];

	crew_open(&c, 4, 2, 2);
	for (size_t k = 0; k < 100; k++) {
		OWN(run) struct run r;

		run_open(&r, &c, (size_t[]){ 0, 1 }, 2, 1000 + k);
		if (!run_end(&r))
			return;
		CHECK_INT(run_sign(&r, &c, k), 0);
		memcpy(seen[k], r.p[0]->cait_sith.big_r, 33);
		for (size_t i = 0; i < k; i++)
			CHECK(memcmp(seen[i], seen[k], 33) != 0);
	}
	CHECK_INT(c.pairings[0][1]->extensions, 100);
}

TEST(cait_sith, sessions_of_the_same_pairings_may_run_at_the_same_time)
{
	OWN(crew) struct crew c;
	OWN(run) struct run a, b;

	crew_open(&c, 5, 3, 3);
	run_open(&a, &c, (size_t[]){ 0, 1, 2 }, 3, 1);
	run_open(&b, &c, (size_t[]){ 0, 1, 2 }, 3, 2);
	CHECK(run_end(&b));
	CHECK(run_end(&a));
	CHECK_INT(run_sign(&a, &c, 1), 0);
	CHECK_INT(run_sign(&b, &c, 2), 0);
}

TEST(cait_sith, shares_of_the_presignature_reveal_no_key_by_themselves)
{
	OWN(crew) struct crew c;
	OWN(run) struct run a, b;
	uint8_t difference[32];

	/* The key share is hidden by fresh shares of zero: v and its mask differ each time. */
	crew_open(&c, 6, 2, 2);
	run_open(&a, &c, (size_t[]){ 0, 1 }, 2, 1);
	run_open(&b, &c, (size_t[]){ 0, 1 }, 2, 2);
	CHECK(run_end(&a) && run_end(&b));
	group_secp256k1.scalar_subtract(a.p[0]->cait_sith.v, b.p[0]->cait_sith.v, difference);
	CHECK(!group_secp256k1.scalar_is_zero(difference));
}

/* ---- what is refused at once ------------------------------------------------------------------------------ */

static void check_refused(const struct crew *c, struct threshold_pairing *const *pairings, const uint32_t *ids,
			  size_t count, const char *reason)
{
	struct threshold_setting setting = { .self = c->ids[0], .parties = ids, .count = count };
	OWN(threshold_session) struct threshold_session *s = cait_sith_presign(&c->keys[0], pairings, &setting);

	CHECK_INT(threshold_status(s), THRESHOLD_ABORTED);
	CHECK_STR(threshold_reason(s), reason);
}

TEST(cait_sith, wrong_arguments_are_refused)
{
	OWN(crew) struct crew c;
	struct threshold_pairing *none[CREW_MOST] = { 0 };

	crew_open(&c, 7, 3, 3);
	check_refused(&c, none, c.ids, 3, "presign: no pairing with party 1");
	check_refused(&c, (struct threshold_pairing *[]){ c.pairings[0][2], c.pairings[0][1] }, c.ids, 3,
		      "presign: no pairing with party 1");
	check_refused(&c, (struct threshold_pairing *[]){ c.pairings[1][0], c.pairings[0][2] }, c.ids, 3,
		      "presign: no pairing with party 1");
	check_refused(&c, &c.pairings[0][1], c.ids, 2, "presign: 2 signers, 3 are needed");
	check_refused(&c, &c.pairings[0][1], (uint32_t[]){ 0, 1, 9 }, 3,
		      "presign: the key is not one of these parties");
	c.keys[0].curve = THRESHOLD_ED25519;
	check_refused(&c, &c.pairings[0][1], c.ids, 3, "presign: the key is not one of these parties");
}

/* ---- spoiled messages ------------------------------------------------------------------------------------- */

struct hostile {
	struct crew crew;
	size_t signers[CREW_MOST], evil;
};

static struct threshold_session *make(void *data, size_t i, const struct threshold_setting *setting)
{
	struct hostile *h = data;

	if (i == 0)
		crew_restore(&h->crew);
	return crew_presign(&h->crew, h->signers, h->crew.count, i, setting);
}

/* Parties that are done hold the same; what they sign together verifies or is refused. */
static void check_presignatures(void *data, struct world *w, const struct world_attack *attack)
{
	struct hostile *h = data;
	OWN(run) struct run r = { 0 };
	const struct threshold_presignature *first = NULL;
	size_t done = 0;

	(void)attack;
	for (size_t i = 0; i < w->count; i++) {
		r.p[i] = session_take(w->sessions[i], SESSION_PRESIGNATURE);
		done += !!r.p[i];
		if (i == attack->evil || !r.p[i])
			continue;
		CHECK(!first || memcmp(first->cait_sith.big_r, r.p[i]->cait_sith.big_r, 33) == 0);
		first = r.p[i];
	}
	if (done == w->count)
		run_sign(&r, &h->crew, 1); /* fails the test unless all verifiers are of one mind */
}

/* What one party told differently to two others is seen, but they cannot tell who of them lies. The same
 * holds for the sum of the shares. */
static bool nameable_by_many(const struct world_attack *a)
{
	return a->round != 3 && !(a->mutation == WORLD_TWIN) && !(a->mutation == WORLD_FLIP);
}

static size_t attack(size_t n, size_t evil, size_t flips)
{
	struct hostile h = { .signers = { 0, 1, 2, 3, 4 } };
	struct world_protocol p = { .name = "presign", .count = n, .data = &h, .make = make,
				    .check = check_presignatures, .flips = flips,
				    .nameable = n > 2 ? nameable_by_many : NULL };
	size_t runs;

	crew_open(&h.crew, 50 + n, n, n);
	p.ids = h.crew.ids;
	runs = world_hostile(&p, evil, 9);
	crew_close(&h.crew);
	return runs;
}

TEST(cait_sith, spoiled_messages_of_one_of_two_name_it)
{
	CHECK(attack(2, 0, 16) > 60);
	CHECK(attack(2, 1, 16) > 60);
}

TEST(cait_sith, spoiled_messages_of_one_of_three_are_accepted_by_nobody)
{
	CHECK(attack(3, 1, 6) > 50);
}

/* Each field of each message by itself: every one of its ends, and what is told about it. */
struct field {
	const char *name;
	unsigned round;
	size_t at, len;
	bool unseen; /* only the signature shows it */
};

#define SECOND (33 + 32 + 33 + 33 + 33)
static const struct field fields[] = {
	{ "commitment", 1, 0, 32, false },
	{ "pairing", 1, 32, 32, false },
	{ "stream", 1, 64, 8, false },
	{ "columns", 1, 72, OT_BASE * OT_COLUMN, false },
	{ "sum of choices", 1, 72 + OT_BASE * OT_COLUMN, 16, false },
	{ "sums of rows", 1, 72 + OT_BASE * OT_COLUMN + 16, OT_BASE * 16, false },
	{ "nonce point", 2, 0, 33, false },
	{ "salt", 2, 33, 32, false },
	{ "share point", 2, 65, 33, false },
	{ "gamma of the nonce", 2, 98, 33, false },
	{ "gamma of the share", 2, 131, 33, false },
	{ "psi", 2, 164, 32, true },
	{ "salt of the multiplication", 2, 196, 32, false },
	{ "adjustments", 2, 228, RVOLE_ADJUST_BYTES, false },
	{ "eta", 2, 228 + RVOLE_ADJUST_BYTES, 64, false },
	{ "mu", 2, 228 + RVOLE_ADJUST_BYTES + 64, 32, false },
	{ "confirmation", 3, 0, 32, false },
};

static void attack_field(struct hostile *h, const struct field *f, size_t bit)
{
	OWN(run) struct run r;
	struct world_attack a = { .evil = 0, .message = f->round - 1, .mutation = WORLD_FLIP,
				  .bit = 8 * f->at + bit };
	uint32_t culprit = UINT32_MAX;
	const struct threshold_session *honest;

	crew_restore(&h->crew);
	run_open(&r, &h->crew, h->signers, 2, 3);
	r.world.attack = &a;
	world_run(&r.world);
	honest = r.world.sessions[1];
	if (f->unseen && threshold_status(honest) == THRESHOLD_DONE) {
		CHECK(run_end(&r));
		CHECK_INT(run_sign(&r, &h->crew, bit), 1);
		return;
	}
	if (threshold_status(honest) != THRESHOLD_ABORTED || !threshold_culprit(honest, &culprit) ||
	    culprit != h->crew.ids[0])
		test_fail(__FILE__, __LINE__, "%s, bit %zu: not blamed: %s", f->name, bit,
			  threshold_reason(honest));
	CHECK(!session_take(r.world.sessions[1], SESSION_PRESIGNATURE));
	world_close(&r.world);
	CHECK(threshold_pairing_retired(h->crew.pairings[1][0]));
}

TEST(cait_sith, each_field_is_checked)
{
	struct hostile h = { .signers = { 0, 1 } };

	crew_open(&h.crew, 60, 2, 2);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		for (size_t k = 0; k < 4; k++)
			attack_field(&h, &fields[i], k == 3 ? 8 * fields[i].len - 1 : k * 8 * fields[i].len / 3);
	crew_close(&h.crew);
}

/* ---- retirement ------------------------------------------------------------------------------------------- */

TEST(cait_sith, after_an_abort_the_pairing_is_refused_until_made_anew)
{
	OWN(crew) struct crew c;
	struct threshold_pairing *both[2];

	crew_open(&c, 70, 3, 2);
	{
		OWN(run) struct run r;
		struct world_attack a = { .evil = 0, .message = 1, .mutation = WORLD_FLIP, .bit = 8 * 5000 };

		run_open(&r, &c, (size_t[]){ 0, 1 }, 2, 1);
		r.world.attack = &a;
		world_run(&r.world);
		CHECK_INT(threshold_status(r.world.sessions[1]), THRESHOLD_ABORTED);
		CHECK(threshold_pairing_retired(c.pairings[1][0])); /* at once, not when it is freed */
	}
	CHECK(!threshold_pairing_retired(c.pairings[1][2]));
	{
		OWN(run) struct run r;

		run_open(&r, &c, (size_t[]){ 0, 1 }, 2, 2);
		CHECK_INT(threshold_status(r.world.sessions[1]), THRESHOLD_ABORTED);
		CHECK(strstr(threshold_reason(r.world.sessions[1]), "the pairing with party 0 is retired: pair again"));
	}
	presign_and_sign(&c, (size_t[]){ 1, 2 }, 2, 3);
	{
		OWN(world) struct world w;

		crew_pair(&w, 71, c.ids, both);
	}
	threshold_pairing_free(c.pairings[0][1]);
	threshold_pairing_free(c.pairings[1][0]);
	c.pairings[0][1] = both[0];
	c.pairings[1][0] = both[1];
	presign_and_sign(&c, (size_t[]){ 0, 1 }, 2, 4);
}

TEST(cait_sith, an_abort_ends_the_other_sessions_of_the_pairing_before_their_checks)
{
	OWN(crew) struct crew c;
	OWN(run) struct run a, b;
	struct world_attack spoil = { .evil = 0, .message = 0, .mutation = WORLD_FLIP, .bit = 8 * 5000 };

	crew_open(&c, 75, 2, 2);
	run_open(&a, &c, (size_t[]){ 0, 1 }, 2, 1);
	run_open(&b, &c, (size_t[]){ 0, 1 }, 2, 2);
	a.world.attack = &spoil;
	world_run(&a.world);
	CHECK_STR(threshold_reason(a.world.sessions[1]), "presign: party 0: its transfers are not consistent");
	world_run(&b.world);
	CHECK_STR(threshold_reason(b.world.sessions[1]), "presign: the pairing with party 0 is retired: pair again");
}

TEST(cait_sith, a_pairing_that_only_one_side_made_anew_is_noticed_by_name)
{
	OWN(crew) struct crew c;
	OWN(run) struct run r;
	struct threshold_pairing *both[2];
	uint32_t culprit = UINT32_MAX;

	crew_open(&c, 72, 2, 2);
	{
		OWN(world) struct world w;

		crew_pair(&w, 7373, c.ids, both);
	}
	threshold_pairing_free(c.pairings[0][1]);
	threshold_pairing_free(both[1]);
	c.pairings[0][1] = both[0];
	run_open(&r, &c, (size_t[]){ 0, 1 }, 2, 1);
	world_run(&r.world);
	CHECK_STR(threshold_reason(r.world.sessions[1]), "presign: party 0: it uses another pairing than we do");
	CHECK(threshold_culprit(r.world.sessions[1], &culprit) && culprit == 0);
	CHECK(threshold_pairing_retired(c.pairings[1][0]) && threshold_pairing_retired(c.pairings[0][1]));
}

TEST(cait_sith, a_session_that_is_given_up_retires_nothing)
{
	OWN(crew) struct crew c;

	crew_open(&c, 74, 2, 2);
	{
		OWN(run) struct run r;

		run_open(&r, &c, (size_t[]){ 0, 1 }, 2, 1);
	}
	presign_and_sign(&c, (size_t[]){ 0, 1 }, 2, 1);
}
