/* Presigning of DamgardEtAl (eprint 2020/501 as near/mpc has it), three rounds among exactly 2t-1 parties of
 * whom t-1 may be malicious:
 *  1. everybody deals k and a (degree t-1) and sharings of 0 named b, d, e (degree 2t-2), privately;
 *  2. everybody shows R_i = k_i G and w_i = a_i k_i + b_i;
 *  3. everybody shows W_i = a_i R. With c_i = a_i / w, a share of 1/k, the presignature is
 *     (R, alpha = c + d, beta = c x, c, e).
 * Against a split view (different messages of round 2 for different parties) round 3 carries digests of what
 * each party got in round 2, which also tell who lied. Round 3 needs no echo, hence no fourth round: at least t
 * parties are honest and their W_i fix the one polynomial of degree t-1 that the check accepts, so whoever
 * goes on has the same W; and W = wG.
 * Who is malformed or says different things is named. A failed check of degree or of W names nobody: the
 * cause may be the party whose value does not fit, or any dealer who dealt it a wrong share. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/damgard-internal.h"

#define G (&group_secp256k1)

enum { DEALT_K, DEALT_A, DEALT_B, DEALT_D, DEALT_E, DEALT };
#define DEALT_BYTES (DEALT * 32)
#define SHOWN_BYTES (33 + 32) /* R_i, w_i */
#define OPENED_BYTES(count) (33 + 32 * (count)) /* W_i, digests of what was shown */

struct state {
	struct threshold_presignature *result; /* first: session_take() */
	size_t t;
	uint8_t x[32]; /* our share of the key */
	uint8_t (*polynomials)[32]; /* secret; until they are dealt */
	uint8_t shares[DEALT][32];  /* ours: the sums of what was dealt to us */
	struct damgard_weights weights;
	secp256k1_pubkey points[THRESHOLD_PARTIES_MOST]; /* R_i, then W_i */
	uint8_t shown[SHOWN_BYTES];			      /* ours */
	uint8_t digests[THRESHOLD_PARTIES_MOST][32];	      /* of what each showed */
	uint8_t w[32];
	uint8_t big_r[33];
};

/* ---- round 1: dealing --------------------------------------------------------------------------------- */

static size_t coefficients(const struct state *state, int which)
{
	return which <= DEALT_A ? state->t : 2 * state->t - 1;
}

static void draw(struct threshold_session *s)
{
	struct state *state = s->state;
	size_t at = 0;

	for (int which = 0; which < DEALT; which++)
		for (size_t i = 0; i < coefficients(state, which); i++, at++)
			if (i || which <= DEALT_A)
				G->scalar_random(s, state->polynomials[at]);
}

static void deal(const struct threshold_session *s, size_t to, uint8_t ret[DEALT][32])
{
	const struct state *state = s->state;
	uint8_t x[32];
	size_t at = 0;

	group_x(G, s->parties[to], x);
	for (int which = 0; which < DEALT; which++) {
		group_polynomial(G, (const void *)(state->polynomials + at), coefficients(state, which), x, ret[which]);
		at += coefficients(state, which);
	}
}

static int begin(struct threshold_session *s)
{
	struct state *state = s->state;
	uint8_t dealt[DEALT][32];

	for (size_t i = 0; i < s->count; i++) {
		if (i == s->self)
			continue;
		deal(s, i, dealt);
		session_send(s, i, 1, dealt, sizeof(dealt));
	}
	deal(s, s->self, state->shares);
	sodium_memzero(dealt, sizeof(dealt));
	secret_free(GIVE(state->polynomials));
	damgard_weights_new(s->parties, state->t, &state->weights);
	return 0;
}

/* ---- round 2: R_i and w_i ------------------------------------------------------------------------------ */

static int add_dealt(struct threshold_session *s, size_t from)
{
	struct state *state = s->state;
	const struct session_input *in = session_in(s, 1, from);

	if (in->len != DEALT_BYTES)
		return session_abort(s, from, "presigning: shares of %zu bytes", in->len);
	for (int which = 0; which < DEALT; which++) {
		if (G->scalar_decode(in->data + 32 * which) < 0)
			return session_abort(s, from, "presigning: a share that is not below the order");
		G->scalar_add(state->shares[which], in->data + 32 * which, state->shares[which]);
	}
	return 0;
}

static int show(struct threshold_session *s)
{
	struct state *state = s->state;
	uint8_t *shown = state->shown;

	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && add_dealt(s, i) < 0)
			return -1;
	if (G->base_multiply(state->shares[DEALT_K], shown) < 0)
		return session_abort(s, SESSION_NOBODY, "presigning: the share of k is 0");
	group_secp256k1_parse(shown, &state->points[s->self]);
	G->scalar_multiply(state->shares[DEALT_A], state->shares[DEALT_K], shown + 33);
	G->scalar_add(shown + 33, state->shares[DEALT_B], shown + 33);
	sodium_memzero(state->shares[DEALT_K], 32);
	session_send(s, SESSION_EVERYBODY, 2, shown, SHOWN_BYTES);
	return 0;
}

/* ---- round 3: W_i --------------------------------------------------------------------------------------- */

/* The sums must be the identity; nothing else makes one fail, as no weight is 0 and all points were decoded. */
static int check_degree(struct threshold_session *s, const char *what)
{
	const struct state *state = s->state;
	size_t neighbours = state->t + 1;
	uint8_t rest[33];

	for (size_t i = 0; i < state->weights.checks; i++)
		if (group_secp256k1_sum((const void *)(state->weights.check + i * neighbours), state->points + i,
					neighbours, rest) == 0)
			return session_abort(s, SESSION_NOBODY, "presigning: the parties' %s do not fit each other",
					     what);
	return 0;
}

static int take_point(struct threshold_session *s, unsigned round, size_t from, size_t len)
{
	struct state *state = s->state;
	const struct session_input *in = session_in(s, round, from);

	if (in->len != len)
		return session_abort(s, from, "presigning: round %u: %zu bytes", round, in->len);
	if (group_secp256k1_parse(in->data, &state->points[from]) < 0)
		return session_abort(s, from, "presigning: round %u: not a point", round);
	return 0;
}

/* Adds its part to w, and keeps a digest. */
static void take_shown(struct threshold_session *s, size_t from, const uint8_t *shown)
{
	struct state *state = s->state;
	uint8_t term[32];

	G->scalar_multiply(state->weights.all[from], shown + 33, term);
	G->scalar_add(state->w, term, state->w);
	session_hash(s, "DamgardEtAl shown", &(struct session_part){ shown, SHOWN_BYTES }, 1, state->digests[from]);
}

static int take_all_shown(struct threshold_session *s)
{
	struct state *state = s->state;

	for (size_t i = 0; i < s->count; i++) {
		const uint8_t *shown = i == s->self ? state->shown : session_in(s, 2, i)->data;

		if (i != s->self && take_point(s, 2, i, SHOWN_BYTES) < 0)
			return -1;
		if (G->scalar_decode(shown + 33) < 0)
			return session_abort(s, i, "presigning: w is not below the order");
		take_shown(s, i, shown);
	}
	return 0;
}

static int send_opened(struct threshold_session *s)
{
	struct state *state = s->state;
	uint8_t opened[OPENED_BYTES(THRESHOLD_PARTIES_MOST)];

	if (G->point_multiply(state->shares[DEALT_A], state->big_r, opened) < 0)
		return session_abort(s, SESSION_NOBODY, "presigning: the share of a is 0");
	group_secp256k1_parse(opened, &state->points[s->self]);
	memcpy(opened + 33, state->digests, 32 * s->count);
	session_send(s, SESSION_EVERYBODY, 3, opened, OPENED_BYTES(s->count));
	return 0;
}

static int open_w(struct threshold_session *s)
{
	struct state *state = s->state;

	if (take_all_shown(s) < 0 || check_degree(s, "R") < 0)
		return -1;
	if (group_secp256k1_sum((const void *)state->weights.few, state->points, state->t, state->big_r) < 0)
		return session_abort(s, SESSION_NOBODY, "presigning: R is the identity");
	if (G->scalar_is_zero(state->w))
		return session_abort(s, SESSION_NOBODY, "presigning: w is 0");
	return send_opened(s);
}

/* ---- the presignature ----------------------------------------------------------------------------------- */

static int check_opened(struct threshold_session *s)
{
	struct state *state = s->state;
	const struct session_echo echo = { 3, 33, (const void *)state->digests, state->t - 1 };
	uint8_t got[33], want[33];

	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && take_point(s, 3, i, OPENED_BYTES(s->count)) < 0)
			return -1;
	if (session_check_echo(s, &echo) < 0)
		return -1;
	if (check_degree(s, "W") < 0)
		return -1;
	if (group_secp256k1_sum((const void *)state->weights.few, state->points, state->t, got) < 0 ||
	    G->base_multiply(state->w, want) < 0 || memcmp(got, want, 33) != 0)
		return session_abort(s, SESSION_NOBODY, "presigning: W is not w * G: a share of w is wrong");
	return 0;
}

static int finish(struct threshold_session *s)
{
	struct state *state = s->state;
	struct threshold_presignature *p;
	uint8_t inverse[32];

	if (check_opened(s) < 0)
		return -1;
	group_secp256k1_invert_public(state->w, inverse);
	p = state->result = SECRET_NEW(struct threshold_presignature);
	p->scheme = THRESHOLD_DAMGARD_ET_AL;
	p->count = s->count;
	p->self = s->self;
	memcpy(p->parties, s->parties, s->count * sizeof(*p->parties));
	memcpy(p->damgard.big_r, state->big_r, 33);
	memcpy(p->damgard.weight, state->weights.all[s->self], 32);
	G->scalar_multiply(state->shares[DEALT_A], inverse, p->damgard.c);
	G->scalar_add(p->damgard.c, state->shares[DEALT_D], p->damgard.alpha);
	G->scalar_multiply(p->damgard.c, state->x, p->damgard.beta);
	memcpy(p->damgard.e, state->shares[DEALT_E], 32);
	return 0;
}

/* ---- the session ------------------------------------------------------------------------------------------ */

static bool expects(const struct threshold_session *s, unsigned round, size_t from)
{
	(void)s, (void)round, (void)from;
	return true;
}

static size_t most(const struct threshold_session *s, unsigned round)
{
	return round == 1 ? DEALT_BYTES : round == 2 ? SHOWN_BYTES : OPENED_BYTES(s->count);
}

static int step(struct threshold_session *s, unsigned round)
{
	return round == 1 ? show(s) : round == 2 ? open_w(s) : finish(s);
}

static void clear(struct threshold_session *s)
{
	struct state *state = s->state;

	secret_free(state->polynomials);
	free(state->weights.all);
	threshold_presignature_free(state->result);
}

static const struct session_kind kind = {
	.name = "DamgardEtAl presigning",
	.rounds = 3,
	.state_bytes = sizeof(struct state),
	.expects = expects,
	.most = most,
	.begin = begin,
	.step = step,
	.clear = clear,
	.result = SESSION_PRESIGNATURE,
};

struct threshold_session *damgard_new(const struct threshold_key *key, const struct threshold_setting *setting)
{
	struct threshold_session *s = session_new(&kind, setting);
	struct state *state = s->state;

	if (s->status != THRESHOLD_RUNNING)
		return s;
	state->t = key->t;
	memcpy(state->x, key->secret, 32);
	state->polynomials = secret_new((2 * key->t + 3 * s->count) * 32);
	draw(s);
	return s;
}

uint8_t (*damgard_polynomials(struct threshold_session *s))[32]
{
	return ((struct state *)s->state)->polynomials;
}

struct threshold_session *damgard_presign(const struct threshold_key *key, const struct threshold_setting *setting)
{
	return session_start(damgard_new(key, setting));
}

/* ---- signing ------------------------------------------------------------------------------------------------ */

/* near's share is s_i = weight (hash alpha/delta + r (beta + tweak c)/delta + e). It is sent times delta, which
 * is public: one inversion at the coordinator, while it waits, in place of one on everybody's way. */
void damgard_share(const struct threshold_presignature *p, const uint8_t hash[32], const uint8_t tweak[32],
		   const uint8_t delta[32], const uint8_t r[32], uint8_t ret[32])
{
	uint8_t sum[32], term[32];

	G->scalar_multiply(tweak, p->damgard.c, sum);
	G->scalar_add(sum, p->damgard.beta, sum);
	G->scalar_multiply(sum, r, sum);
	G->scalar_multiply(hash, p->damgard.alpha, term);
	G->scalar_add(sum, term, sum);
	G->scalar_multiply(delta, p->damgard.e, term);
	G->scalar_add(sum, term, sum);
	G->scalar_multiply(sum, p->damgard.weight, ret);
	sodium_memzero(sum, sizeof(sum));
	sodium_memzero(term, sizeof(term));
}
