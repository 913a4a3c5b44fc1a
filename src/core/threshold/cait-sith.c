/* Presignatures for any t signers: the part of DKLs23 (eprint 2023/765, protocol 3.6) before the message is
 * known, and a round in which all confirm that they hold the same.
 *
 * Party i has a nonce share r, a mask phi, and its share sk of the key for this set of signers (Lagrange
 * coefficient * share + a share of zero, fresh each time). With each other party j it multiplies (r, sk) by
 * j's random chi, both ways, so that c + d = r * chi and sk * chi. From psi = phi[j] - chi[j,i], which j tells:
 *
 *   u[i] = r[i] * (phi[i] + sum of psi[j,i]) + sum of (c + d)	   sum of u = r * phi
 *   v[i] = sk[i] * (phi[i] + sum of psi[j,i]) + sum of (c' + d')	   sum of v = sk * phi
 *
 * That j multiplied the r of its R and the sk of its P is checked in the exponent: j tells Gamma = c*G, and
 * chi * R[j] = Gamma + d*G. The P of all add up to the public key.
 *
 *   round 1  to each: commitment to R; the multiplication's question
 *   round 2  to each: opening, P, both Gamma, psi; the answer
 *   round 3  to all: hash of what all have sent to everybody */
#include <sodium.h>
#include <string.h>

#include "core/threshold/ot-internal.h"

static const struct group *const g = &group_secp256k1;

struct presign_state {
	struct threshold_presignature *result;
	struct threshold_pairing *pairings[THRESHOLD_PARTIES_MOST]; /* by index; ours: NULL */
	struct rvole *rvoles;					    /* by index, secret */
	uint8_t public_key[33];
	uint8_t key_share[32], nonce[32], phi[32], salt[32];
	uint8_t psi[32];		/* phi + sum of psi */
	uint8_t products[RVOLE_INPUTS][32]; /* sums of c + d */
	uint8_t nonce_points[THRESHOLD_PARTIES_MOST][THRESHOLD_POINT_MOST]; /* R */
	uint8_t share_points[THRESHOLD_PARTIES_MOST][THRESHOLD_POINT_MOST]; /* P */
};

struct first_message {
	uint8_t commitment[32];
	uint8_t ask[RVOLE_ASK_BYTES];
};
struct second_message {
	uint8_t nonce_point[33], salt[32], share_point[33];
	uint8_t gammas[RVOLE_INPUTS][33];
	uint8_t psi[32];
	uint8_t answer[RVOLE_ANSWER_BYTES];
};

static bool expects(const struct threshold_session *s, unsigned round, size_t from)
{
	(void)round;
	return from != s->self;
}

static size_t most(const struct threshold_session *s, unsigned round)
{
	(void)s;
	return round == 1 ? sizeof(struct first_message) : round == 2 ? sizeof(struct second_message) : 32;
}

/* ---- round 1 ----------------------------------------------------------------------------------------- */

static void commitment_to(const struct threshold_session *s, size_t party, const uint8_t nonce_point[33],
			  const uint8_t salt[32], uint8_t ret[32])
{
	uint8_t id[4];
	const struct session_part parts[] = { { id, sizeof(id) }, { nonce_point, 33 }, { salt, 32 } };

	ot_u32(s->parties[party], id);
	session_hash(s, "presign: nonce", parts, 3, ret);
}

static int begin(struct threshold_session *s)
{
	struct presign_state *state = s->state;
	OWN(str) char *memory = mem_new(1, sizeof(struct first_message));
	struct first_message *m = (void *)memory;
	uint8_t *nonce_point = state->nonce_points[s->self];

	g->scalar_random(s, state->nonce);
	g->scalar_random(s, state->phi);
	session_random(s, state->salt, sizeof(state->salt));
	if (g->base_multiply(state->nonce, nonce_point) < 0)
		return session_abort(s, SESSION_NOBODY, "presign: threshold_init() was not called");
	memcpy(state->psi, state->phi, 32);
	commitment_to(s, s->self, nonce_point, state->salt, m->commitment);
	for (size_t i = 0; i < s->count; i++)
		if (i != s->self) {
			rvole_ask(s, state->pairings[i], &state->rvoles[i], m->ask);
			session_send(s, i, 1, m, sizeof(*m));
		}
	return 0;
}

/* ---- round 2 ----------------------------------------------------------------------------------------- */

static const struct first_message *first_of(const struct threshold_session *s, size_t from)
{
	return (const void *)session_in(s, 1, from)->data;
}

/* Both parties of a pairing compute the same number; one adds it to its share and one takes it off. It
 * is fresh with their commitments. */
static void add_zero_share(const struct threshold_session *s, size_t from, const uint8_t commitment[32])
{
	struct presign_state *state = s->state;
	const uint8_t *theirs = first_of(s, from)->commitment;
	bool first = s->self < from;
	const struct session_part parts[] = { { state->pairings[from]->shared, 32 },
					      { first ? commitment : theirs, 32 },
					      { first ? theirs : commitment, 32 } };
	uint8_t key[32], zero[32];

	session_hash(s, "presign: share of zero", parts, 3, key);
	ot_hash_to_scalar(key, 0, zero);
	(first ? g->scalar_add : g->scalar_subtract)(state->key_share, zero, state->key_share);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(zero, sizeof(zero));
}

static int answer(struct threshold_session *s, size_t to, struct second_message *m)
{
	struct presign_state *state = s->state;
	OWN(secret) void *memory = secret_new(sizeof(uint8_t[2 * RVOLE_INPUTS][32]));
	uint8_t(*inputs)[32] = memory, (*shares)[32] = inputs + RVOLE_INPUTS;
	const char *why;

	memcpy(inputs[0], state->nonce, 32);
	memcpy(inputs[1], state->key_share, 32);
	why = rvole_answer(s, state->pairings[to], first_of(s, to)->ask, (const uint8_t(*)[32])inputs, shares,
			   m->answer);
	if (why)
		return session_abort(s, to, "presign: party %u: %s", s->parties[to], why);
	for (size_t i = 0; i < RVOLE_INPUTS; i++) {
		if (g->base_multiply(shares[i], m->gammas[i]) < 0)
			return session_abort(s, SESSION_NOBODY, "presign: a share is zero");
		g->scalar_add(state->products[i], shares[i], state->products[i]);
	}
	g->scalar_subtract(state->phi, state->rvoles[to].chi, m->psi);
	session_send(s, to, 2, m, sizeof(*m));
	return 0;
}

static int step_answer(struct threshold_session *s)
{
	struct presign_state *state = s->state;
	OWN(str) char *memory = mem_new(1, sizeof(struct second_message));
	struct second_message *m = (void *)memory;
	uint8_t commitment[32];

	commitment_to(s, s->self, state->nonce_points[s->self], state->salt, commitment);
	for (size_t i = 0; i < s->count; i++)
		if (i != s->self)
			add_zero_share(s, i, commitment);
	if (g->base_multiply(state->key_share, state->share_points[s->self]) < 0)
		return session_abort(s, SESSION_NOBODY, "presign: a share is zero");
	memcpy(m->nonce_point, state->nonce_points[s->self], 33);
	memcpy(m->share_point, state->share_points[s->self], 33);
	memcpy(m->salt, state->salt, 32);
	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && answer(s, i, m) < 0)
			return -1;
	return 0;
}

/* ---- round 3 ----------------------------------------------------------------------------------------- */

/* chi * point = gamma + d*G */
static bool product_fits(const uint8_t chi[32], const uint8_t point[33], const uint8_t gamma[33],
			 const uint8_t d[32])
{
	uint8_t sum[2][THRESHOLD_POINT_MOST], left[33], right[33];

	memcpy(sum[0], gamma, 33);
	return g->base_multiply(d, sum[1]) == 0 && g->point_sum(sum, 2, right) == 0 &&
	       g->point_multiply(chi, point, left) == 0 && sodium_memcmp(left, right, 33) == 0;
}

static const char *finish_with(struct threshold_session *s, size_t from)
{
	struct presign_state *state = s->state;
	const struct second_message *m = (const void *)session_in(s, 2, from)->data;
	const struct rvole *r = &state->rvoles[from];
	OWN(secret) void *memory = secret_new(sizeof(uint8_t[RVOLE_INPUTS][32]));
	uint8_t(*shares)[32] = memory;
	uint8_t commitment[32];
	const char *why;

	commitment_to(s, from, m->nonce_point, m->salt, commitment);
	if (memcmp(commitment, first_of(s, from)->commitment, 32))
		return "its nonce is not the one that it committed to";
	if (g->scalar_decode(m->psi) < 0)
		return "a number of its answer is out of range";
	why = rvole_finish(s, state->pairings[from], r, m->answer, shares);
	if (why)
		return why;
	if (!product_fits(r->chi, m->nonce_point, m->gammas[0], shares[0]))
		return "it did not multiply with its nonce";
	if (!product_fits(r->chi, m->share_point, m->gammas[1], shares[1]))
		return "it did not multiply with its share of the key";
	memcpy(state->nonce_points[from], m->nonce_point, 33);
	memcpy(state->share_points[from], m->share_point, 33);
	g->scalar_add(state->psi, m->psi, state->psi);
	for (size_t i = 0; i < RVOLE_INPUTS; i++)
		g->scalar_add(state->products[i], shares[i], state->products[i]);
	return NULL;
}

static void hash_transcript(const struct threshold_session *s, uint8_t ret[32])
{
	const struct presign_state *state = s->state;
	const struct session_part parts[] = {
		{ state->public_key, 33 },
		{ state->nonce_points, s->count * sizeof(state->nonce_points[0]) },
		{ state->share_points, s->count * sizeof(state->share_points[0]) },
	};

	session_hash(s, "presign: transcript", parts, 3, ret);
}

/* With two parties the other one is to blame for what is wrong; with more it may be any of them. */
static size_t suspect(const struct threshold_session *s)
{
	return s->count == 2 ? 1 - s->self : SESSION_NOBODY;
}

static int step_finish(struct threshold_session *s)
{
	struct presign_state *state = s->state;
	uint8_t sum[33], hash[32];

	for (size_t i = 0; i < s->count; i++) {
		const char *why = i == s->self ? NULL : finish_with(s, i);

		if (why)
			return session_abort(s, i, "presign: party %u: %s", s->parties[i], why);
	}
	if (g->point_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])state->share_points, s->count, sum) < 0 ||
	    memcmp(sum, state->public_key, 33))
		return session_abort(s, suspect(s), "presign: the shares are not those of the key");
	hash_transcript(s, hash);
	session_send(s, SESSION_EVERYBODY, 3, hash, sizeof(hash));
	return 0;
}

/* ---- the end ----------------------------------------------------------------------------------------- */

/* ret = factor * psi + products */
static void share_of(const struct presign_state *state, const uint8_t factor[32], size_t i, uint8_t ret[32])
{
	g->scalar_multiply(factor, state->psi, ret);
	g->scalar_add(ret, state->products[i], ret);
}

static int step_confirm(struct threshold_session *s)
{
	struct presign_state *state = s->state;
	struct threshold_presignature *p;
	uint8_t hash[32], big_r[33];

	hash_transcript(s, hash);
	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && memcmp(session_in(s, 3, i)->data, hash, 32))
			return session_abort(s, suspect(s), "presign: party %u was told something else than we",
					     s->parties[i]);
	if (g->point_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])state->nonce_points, s->count, big_r) < 0)
		return session_abort(s, SESSION_NOBODY, "presign: the nonces cancel out");
	p = state->result = SECRET_NEW(struct threshold_presignature);
	p->scheme = THRESHOLD_CAIT_SITH;
	p->count = s->count;
	p->self = s->self;
	memcpy(p->parties, s->parties, sizeof(p->parties));
	memcpy(p->cait_sith.big_r, big_r, 33);
	memcpy(p->cait_sith.phi, state->phi, 32);
	share_of(state, state->nonce, 0, p->cait_sith.u);
	share_of(state, state->key_share, 1, p->cait_sith.v);
	return 0;
}

/* ---- the session --------------------------------------------------------------------------------------- */

/* What failed may have told a cheating peer something about the seeds that we share with it. */
static void retire(struct threshold_session *s)
{
	struct presign_state *state = s->state;

	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && (!s->has_culprit || s->culprit == s->parties[i]))
			state->pairings[i]->retired = true;
}

static int check_lengths(struct threshold_session *s, unsigned round)
{
	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && session_in(s, round, i)->len != most(s, round))
			return session_abort(s, i, "presign: round %u: a message of %zu bytes", round,
					     session_in(s, round, i)->len);
	return 0;
}

/* A peer must not try its luck in many sessions at once: after the first check that failed in one of them
 * the others end before theirs. */
static int check_pairings(struct threshold_session *s)
{
	struct presign_state *state = s->state;

	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && state->pairings[i]->retired)
			return session_abort(s, SESSION_NOBODY,
					     "presign: the pairing with party %u is retired: pair again",
					     s->parties[i]);
	return 0;
}

static int step(struct threshold_session *s, unsigned round)
{
	int ret;

	if (check_pairings(s) < 0)
		return -1;
	ret = check_lengths(s, round);
	if (ret == 0)
		ret = round == 1 ? step_answer(s) : round == 2 ? step_finish(s) : step_confirm(s);
	if (ret < 0)
		retire(s);
	return ret;
}

static void clear(struct threshold_session *s)
{
	struct presign_state *state = s->state;

	if (s->status == THRESHOLD_ABORTED && s->has_culprit)
		retire(s); /* also after a message that no step came to see */
	secret_free(state->rvoles);
	secret_free(state->result);
}

static const struct session_kind presign_kind = {
	.name = "presign",
	.rounds = 3,
	.state_bytes = sizeof(struct presign_state),
	.expects = expects,
	.most = most,
	.begin = begin,
	.step = step,
	.clear = clear,
	.result = SESSION_PRESIGNATURE,
};

static int check_key(struct threshold_session *s, const struct threshold_key *key)
{
	size_t found = 0;

	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < key->count; k++)
			found += s->parties[i] == key->parties[k];
	if (key->curve != THRESHOLD_SECP256K1 || key->self != s->parties[s->self] || found != s->count)
		return session_abort(s, SESSION_NOBODY, "presign: the key is not one of these parties");
	if (s->count < key->t)
		return session_abort(s, SESSION_NOBODY, "presign: %zu signers, %zu are needed", s->count, key->t);
	return 0;
}

static int take_pairings(struct threshold_session *s, struct threshold_pairing *const *pairings)
{
	struct presign_state *state = s->state;

	for (size_t i = 0; i < s->count; i++) {
		struct threshold_pairing *p = i == s->self ? NULL : *pairings++;

		if (i == s->self)
			continue;
		if (!p || p->self != s->parties[s->self] || p->peer != s->parties[i])
			return session_abort(s, SESSION_NOBODY, "presign: no pairing with party %u",
					     s->parties[i]);
		state->pairings[i] = p;
	}
	return check_pairings(s);
}

struct threshold_session *cait_sith_presign(const struct threshold_key *key,
					    struct threshold_pairing *const *pairings,
					    const struct threshold_setting *setting)
{
	struct threshold_session *s = session_new(&presign_kind, setting);
	struct presign_state *state = s->state;

	if (s->status != THRESHOLD_RUNNING || check_key(s, key) < 0 || take_pairings(s, pairings) < 0)
		return s;
	if (group_lagrange(g, s->parties, s->count, s->self, NULL, state->key_share) < 0) {
		session_abort(s, SESSION_NOBODY, "presign: two parties are the same");
		return s;
	}
	g->scalar_multiply(state->key_share, key->secret, state->key_share);
	memcpy(state->public_key, key->public_key, 33);
	state->rvoles = secret_new(s->count * sizeof(*state->rvoles));
	return session_start(s);
}
