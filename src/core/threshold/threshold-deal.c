/* Verifiable dealing by several dealers (Pedersen's key generation with proofs of knowledge):
 *   1 commit   every dealer to all: hash of what it will reveal, so that nobody chooses after others
 *   2 reveal   every dealer to all: commitments to its coefficients, proof that it knows the constant
 *   3 echo     everybody to all: digests of the reveals it got; all must agree before a share leaves
 *   4 share    every dealer to every receiver: the value of its polynomial
 *   5 confirm  every receiver to all: hash of the transcript, its shares were good */
#include <sodium.h>
#include <string.h>

#include "core/threshold/deal-internal.h"

enum { COMMIT = 1, REVEAL, ECHO, SHARE, CONFIRM };

static bool expects(const struct threshold_session *s, unsigned round, size_t from)
{
	const struct deal *d = s->state;

	if (round == SHARE)
		return d->deals[from] && d->receives[s->self];
	if (round == CONFIRM)
		return d->receives[from];
	return round == ECHO || d->deals[from];
}

static size_t reveal_bytes(const struct deal *d)
{
	return (d->t + 1) * d->group->point_bytes + 32;
}

static size_t most(const struct threshold_session *s, unsigned round)
{
	const struct deal *d = s->state;

	return round == REVEAL ? reveal_bytes(d) : round == ECHO ? 32 * s->count : 32;
}

static int check_lengths(struct threshold_session *s, unsigned round)
{
	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && expects(s, round, i) && session_in(s, round, i)->len != most(s, round))
			return session_abort(s, i, "%s: round %u: party %u sent %zu bytes in place of %zu", s->kind->name,
					     round, s->parties[i], session_in(s, round, i)->len, most(s, round));
	return 0;
}

/* ---- commit and reveal ------------------------------------------------------------------------------ */

/* What a dealer revealed: t commitments, then R and z of the proof. */
static const uint8_t *revealed(const struct threshold_session *s, size_t dealer)
{
	const struct deal *d = s->state;

	return dealer == s->self ? (const uint8_t *)d->reveal.data : session_in(s, REVEAL, dealer)->data;
}

static const uint8_t *commitment(const struct threshold_session *s, size_t dealer, size_t k)
{
	const struct deal *d = s->state;

	return revealed(s, dealer) + k * d->group->point_bytes;
}

static void hash_reveal(const struct threshold_session *s, const char *label, size_t dealer, uint8_t ret[32])
{
	const struct deal *d = s->state;
	const struct session_part parts[] = { { &s->parties[dealer], 4 },
					      { &d->group->curve, sizeof(d->group->curve) },
					      { revealed(s, dealer), reveal_bytes(d) } };

	session_hash(s, label, parts, 3, ret);
}

/* Schnorr's challenge, bound to the session and the dealer. */
static void proof_challenge(const struct threshold_session *s, size_t dealer, const uint8_t *constant,
			    const uint8_t *big_r, uint8_t ret[32])
{
	const struct deal *d = s->state;
	const struct session_part parts[] = { { &s->parties[dealer], 4 },
					      { constant, d->group->point_bytes },
					      { big_r, d->group->point_bytes } };
	uint8_t wide[64];

	session_hash(s, "proof of the constant, 1", parts, 3, wide);
	session_hash(s, "proof of the constant, 2", parts, 3, wide + 32);
	d->group->scalar_wide(wide, ret);
}

static int add_base_multiple(struct threshold_session *s, const uint8_t scalar[32])
{
	struct deal *d = s->state;
	uint8_t point[THRESHOLD_POINT_MOST];

	if (d->group->base_multiply(scalar, point) < 0)
		return session_abort(s, SESSION_NOBODY, "%s: a coefficient is 0, or threshold_init() was not called",
				     s->kind->name);
	buf_add(&d->reveal, point, d->group->point_bytes);
	return 0;
}

static int make_reveal(struct threshold_session *s)
{
	struct deal *d = s->state;
	OWN(secret) void *memory = secret_new(64);
	uint8_t *nonce = memory, *z = nonce + 32;
	const uint8_t *points;

	for (size_t k = 0; k < d->t; k++)
		if (add_base_multiple(s, d->polynomial[k]) < 0)
			return -1;
	d->group->scalar_random(s, nonce);
	if (add_base_multiple(s, nonce) < 0)
		return -1;
	points = (const uint8_t *)d->reveal.data;
	proof_challenge(s, s->self, points, points + d->t * d->group->point_bytes, z);
	d->group->scalar_multiply(z, d->polynomial[0], z);
	d->group->scalar_add(z, nonce, z);
	buf_add(&d->reveal, z, 32); /* public from now on */
	return 0;
}

static int begin(struct threshold_session *s)
{
	struct deal *d = s->state;
	uint8_t hash[32];

	d->digests = mem_new(s->count, 32);
	if (!d->deals[s->self])
		return 0;
	for (size_t k = d->reshares ? 1 : 0; k < d->t; k++)
		d->group->scalar_random(s, d->polynomial[k]);
	if (make_reveal(s) < 0)
		return -1;
	hash_reveal(s, "commitment", s->self, hash);
	session_send(s, SESSION_EVERYBODY, COMMIT, hash, 32);
	return 0;
}

/* z * B == R + challenge * C(0) */
static int check_proof(const struct threshold_session *s, size_t dealer)
{
	const struct deal *d = s->state;
	const struct group *g = d->group;
	uint8_t points[2][THRESHOLD_POINT_MOST] = { 0 }, left[THRESHOLD_POINT_MOST], right[THRESHOLD_POINT_MOST];
	uint8_t scalars[2][32];
	const uint8_t *big_r = commitment(s, dealer, d->t), *z = big_r + g->point_bytes;

	if (g->scalar_decode(z) < 0 || g->base_multiply(z, left) < 0)
		return -1;
	g->scalar_small(1, scalars[0]);
	memcpy(points[0], big_r, g->point_bytes);
	proof_challenge(s, dealer, commitment(s, dealer, 0), big_r, scalars[1]);
	memcpy(points[1], commitment(s, dealer, 0), g->point_bytes);
	if (g->multiply_sum_public((const uint8_t(*)[32])scalars, (const uint8_t(*)[THRESHOLD_POINT_MOST])points, 2,
				   right) < 0)
		return -1;
	return memcmp(left, right, g->point_bytes) ? -1 : 0;
}

static int check_reveal(struct threshold_session *s, size_t dealer)
{
	const struct deal *d = s->state;
	uint8_t hash[32];

	hash_reveal(s, "commitment", dealer, hash);
	if (memcmp(hash, session_in(s, COMMIT, dealer)->data, 32) != 0)
		return session_abort(s, dealer, "%s: party %u revealed something else than it committed to",
				     s->kind->name, s->parties[dealer]);
	for (size_t k = 0; k <= d->t; k++)
		if (d->group->point_check(commitment(s, dealer, k)) < 0)
			return session_abort(s, dealer, "%s: party %u: commitment %zu is no point of the group",
					     s->kind->name, s->parties[dealer], k);
	if (check_proof(s, dealer) < 0)
		return session_abort(s, dealer, "%s: party %u does not prove that it knows its secret", s->kind->name,
				     s->parties[dealer]);
	if (d->constants && memcmp(d->constants[dealer], commitment(s, dealer, 0), d->group->point_bytes) != 0)
		return session_abort(s, dealer, "%s: party %u deals something else than its share", s->kind->name,
				     s->parties[dealer]);
	return 0;
}

static int send_echo(struct threshold_session *s)
{
	struct deal *d = s->state;

	for (size_t i = 0; i < s->count; i++) {
		if (!d->deals[i])
			continue;
		if (i != s->self && check_reveal(s, i) < 0)
			return -1;
		hash_reveal(s, "reveal", i, d->digests[i]);
	}
	session_send(s, SESSION_EVERYBODY, ECHO, d->digests, 32 * s->count);
	return 0;
}

/* ---- the key in the exponent --------------------------------------------------------------------------- */

/* Commitments of the sum of all polynomials. */
static int sum_commitments(struct threshold_session *s, uint8_t (*ret)[THRESHOLD_POINT_MOST])
{
	const struct deal *d = s->state;
	uint8_t points[THRESHOLD_PARTIES_MOST][THRESHOLD_POINT_MOST];

	for (size_t k = 0; k < d->t; k++) {
		size_t dealers = 0;

		for (size_t i = 0; i < s->count; i++)
			if (d->deals[i])
				memcpy(points[dealers++], commitment(s, i, k), d->group->point_bytes);
		if (d->group->point_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, dealers, ret[k]) < 0)
			return session_abort(s, SESSION_NOBODY, "%s: the commitments add up to nothing", s->kind->name);
	}
	if (d->reshares && memcmp(ret[0], d->public_key, d->group->point_bytes) != 0)
		return session_abort(s, SESSION_NOBODY,
				     "%s: the dealers' shares do not make the public key: some of them are not of its key",
				     s->kind->name);
	return 0;
}

/* Public key and public shares, from what all have agreed on. */
static int make_key(struct threshold_session *s)
{
	struct deal *d = s->state;
	struct threshold_key *key = SECRET_NEW(struct threshold_key);
	uint8_t sums[THRESHOLD_PARTIES_MOST][THRESHOLD_POINT_MOST], x[32];

	d->key = key;
	*key = (struct threshold_key){ .curve = d->group->curve, .self = s->parties[s->self], .t = d->t };
	if (sum_commitments(s, sums) < 0)
		return -1;
	memcpy(key->public_key, sums[0], d->group->point_bytes);
	for (size_t i = 0; i < s->count; i++) {
		if (!d->receives[i])
			continue;
		key->parties[key->count] = s->parties[i];
		group_x(d->group, s->parties[i], x);
		if (group_polynomial_public(d->group, (const uint8_t(*)[THRESHOLD_POINT_MOST])sums, d->t, x,
					    key->public_shares[key->count++]) < 0)
			return session_abort(s, SESSION_NOBODY, "%s: the share of party %u is 0", s->kind->name,
					     s->parties[i]);
	}
	return 0;
}

/* ---- shares -------------------------------------------------------------------------------------------- */

static int send_shares(struct threshold_session *s)
{
	struct deal *d = s->state;
	const struct session_echo echo = { ECHO, 0, (const uint8_t(*)[32])d->digests, d->most_corrupt };
	const struct session_part part = { d->digests, 32 * s->count };
	OWN(secret) void *share = secret_new(32);
	uint8_t x[32];

	if (session_check_echo(s, &echo) < 0)
		return -1;
	session_hash(s, "transcript", &part, 1, d->transcript);
	if (make_key(s) < 0)
		return -1;
	for (size_t i = 0; d->deals[s->self] && i < s->count; i++) {
		if (!d->receives[i])
			continue;
		group_x(d->group, s->parties[i], x);
		group_polynomial(d->group, (const uint8_t(*)[32])d->polynomial, d->t, x, share);
		if (i == s->self)
			memcpy(d->key->secret, share, 32);
		else
			session_send(s, i, SHARE, share, 32);
	}
	return 0;
}

static int check_share(struct threshold_session *s, size_t dealer)
{
	const struct deal *d = s->state;
	uint8_t points[THRESHOLD_PARTIES_MOST][THRESHOLD_POINT_MOST];
	uint8_t x[32], want[THRESHOLD_POINT_MOST], got[THRESHOLD_POINT_MOST];

	for (size_t k = 0; k < d->t; k++)
		memcpy(points[k], commitment(s, dealer, k), d->group->point_bytes);
	group_x(d->group, s->parties[s->self], x);
	if (d->group->base_multiply(session_in(s, SHARE, dealer)->data, got) < 0 ||
	    group_polynomial_public(d->group, (const uint8_t(*)[THRESHOLD_POINT_MOST])points, d->t, x, want) < 0 ||
	    memcmp(got, want, d->group->point_bytes) != 0)
		return session_abort(s, dealer, "%s: party %u: its share for us does not fit its commitments",
				     s->kind->name, s->parties[dealer]);
	return 0;
}

/* Where our share fits our public share, all that were added up did. */
static int check_sum(struct threshold_session *s)
{
	const struct deal *d = s->state;
	uint8_t point[THRESHOLD_POINT_MOST];
	size_t self = 0;

	while (d->key->parties[self] != d->key->self)
		self++;
	if (d->group->base_multiply(d->key->secret, point) == 0 &&
	    !memcmp(point, d->key->public_shares[self], d->group->point_bytes))
		return 0;
	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && d->deals[i] && check_share(s, i) < 0)
			return -1;
	return session_abort(s, SESSION_NOBODY, "%s: our share does not fit our public share", s->kind->name);
}

static int confirm(struct threshold_session *s)
{
	struct deal *d = s->state;

	if (!d->receives[s->self])
		return 0;
	for (size_t i = 0; i < s->count; i++) {
		if (i == s->self || !d->deals[i])
			continue;
		if (d->group->scalar_decode(session_in(s, SHARE, i)->data) < 0)
			return session_abort(s, i, "%s: party %u: its share for us is no scalar", s->kind->name,
					     s->parties[i]);
		d->group->scalar_add(d->key->secret, session_in(s, SHARE, i)->data, d->key->secret);
	}
	if (check_sum(s) < 0)
		return -1;
	session_send(s, SESSION_EVERYBODY, CONFIRM, d->transcript, 32);
	return 0;
}

static int finish(struct threshold_session *s)
{
	struct deal *d = s->state;

	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && d->receives[i] && memcmp(session_in(s, CONFIRM, i)->data, d->transcript, 32) != 0)
			return session_abort(s, i, "%s: party %u confirms something else than all had agreed on",
					     s->kind->name, s->parties[i]);
	if (!d->receives[s->self]) {
		threshold_key_free(d->key);
		d->key = NULL;
	}
	return 0;
}

/* ---- the kind ------------------------------------------------------------------------------------------ */

static int step(struct threshold_session *s, unsigned round)
{
	struct deal *d = s->state;

	if (check_lengths(s, round) < 0)
		return -1;
	if (round == COMMIT && d->deals[s->self])
		session_send(s, SESSION_EVERYBODY, REVEAL, d->reveal.data, d->reveal.len);
	if (round == REVEAL)
		return send_echo(s);
	if (round == ECHO)
		return send_shares(s);
	if (round == SHARE)
		return confirm(s);
	return round == CONFIRM ? finish(s) : 0;
}

static void clear(struct threshold_session *s)
{
	struct deal *d = s->state;

	threshold_key_free(d->key);
	secret_free(d->polynomial);
	free(d->constants);
	free(d->digests);
	buf_free(&d->reveal);
}

static const struct session_kind generate = {
	"key generation", CONFIRM, sizeof(struct deal), expects, most, begin, step, clear, SESSION_KEY
};
static const struct session_kind reshare = {
	"resharing", CONFIRM, sizeof(struct deal), expects, most, begin, step, clear, SESSION_KEY
};

struct threshold_session *deal_new(bool reshares, const struct threshold_setting *setting)
{
	struct threshold_session *s = session_new(reshares ? &reshare : &generate, setting);

	((struct deal *)s->state)->reshares = reshares;
	return s;
}
