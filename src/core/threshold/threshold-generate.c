/* Who deals what to whom: key generation and resharing. */
#include <string.h>

#include "core/threshold/deal-internal.h"

/* ---- generation -------------------------------------------------------------------------------------- */

struct threshold_session *threshold_generate(enum threshold_curve curve, size_t t,
					     const struct threshold_setting *setting)
{
	struct threshold_session *s = deal_new(false, setting);
	struct deal *d = s->state;

	if (s->status == THRESHOLD_ABORTED)
		return s;
	if (t < 2 || t > s->count) {
		session_abort(s, SESSION_NOBODY, "threshold %zu of %zu parties: 2 to all of them are possible", t,
			      s->count);
		return s;
	}
	d->group = group_of(curve);
	d->t = t;
	d->most_corrupt = t - 1;
	d->polynomial = secret_new(32 * t);
	for (size_t i = 0; i < s->count; i++)
		d->deals[i] = d->receives[i] = true;
	return session_start(s);
}

/* ---- resharing --------------------------------------------------------------------------------------- */

static int mark(struct threshold_session *s, const char *which, const uint32_t *parties, size_t count, bool *ret,
		bool all)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = session_index(s, parties[i]);

		if (i && parties[i] <= parties[i - 1])
			return session_abort(s, SESSION_NOBODY, "%s parties are not ascending", which);
		if (at == SIZE_MAX && all)
			return session_abort(s, SESSION_NOBODY, "%s party %u takes no part", which, parties[i]);
		if (at != SIZE_MAX)
			ret[at] = true;
	}
	return 0;
}

static int check_roles(struct threshold_session *s, const struct threshold_reshare *r)
{
	struct deal *d = s->state;
	size_t dealers = 0;

	if (mark(s, "old", r->old_parties, r->old_count, d->deals, false) < 0 ||
	    mark(s, "new", r->new_parties, r->new_count, d->receives, true) < 0)
		return -1;
	for (size_t i = 0; i < s->count; i++) {
		dealers += d->deals[i];
		if (!d->deals[i] && !d->receives[i])
			return session_abort(s, SESSION_NOBODY, "party %u is neither old nor new", s->parties[i]);
	}
	if (r->old_t < 2 || dealers < r->old_t)
		return session_abort(s, SESSION_NOBODY,
				     "%zu of the old parties take part: the threshold of the old key is %zu", dealers,
				     r->old_t);
	if (r->new_t < 2 || r->new_t > r->new_count)
		return session_abort(s, SESSION_NOBODY, "threshold %zu of %zu new parties: 2 to all of them are possible",
				     r->new_t, r->new_count);
	return 0;
}

static int check_old_key(struct threshold_session *s, const struct threshold_reshare *r)
{
	const struct deal *d = s->state;
	const struct threshold_key *key = r->old_key;

	if (d->group->point_check(r->public_key) < 0)
		return session_abort(s, SESSION_NOBODY, "the public key is no point of the group");
	if (!key)
		return d->deals[s->self] ? session_abort(s, SESSION_NOBODY,
							 "party %u is to deal and has no share of the old key",
							 s->parties[s->self]) :
					   0;
	if (key->curve != r->curve || key->self != s->parties[s->self] || key->t != r->old_t ||
	    memcmp(key->public_key, r->public_key, d->group->point_bytes) != 0)
		return session_abort(s, SESSION_NOBODY, "the share at hand is not one of the key that is reshared");
	return 0;
}

static size_t index_in(const struct threshold_key *key, uint32_t party)
{
	for (size_t i = 0; i < key->count; i++)
		if (key->parties[i] == party)
			return i;
	return SIZE_MAX;
}

/* What each dealer deals: its old share by its Lagrange coefficient among the dealers. We know what that is
 * in the exponent when we have a share of the old key. */
static int set_constants(struct threshold_session *s, const struct threshold_key *key)
{
	struct deal *d = s->state;
	uint32_t dealers[THRESHOLD_PARTIES_MOST];
	size_t count = 0, k = 0;
	uint8_t lambda[32];

	for (size_t i = 0; i < s->count; i++)
		if (d->deals[i])
			dealers[count++] = s->parties[i];
	d->constants = mem_new(s->count, sizeof(*d->constants));
	for (size_t i = 0; i < s->count; i++) {
		size_t at = index_in(key, s->parties[i]);

		if (!d->deals[i])
			continue;
		if (at == SIZE_MAX)
			return session_abort(s, SESSION_NOBODY, "party %u is to deal and has no share of the old key",
					     s->parties[i]);
		if (group_lagrange(d->group, dealers, count, k++, NULL, lambda) < 0 ||
		    d->group->point_multiply_public(lambda, key->public_shares[at], d->constants[i]) < 0)
			return session_abort(s, SESSION_NOBODY, "the public share of party %u is bad", s->parties[i]);
		if (i == s->self)
			d->group->scalar_multiply(lambda, key->secret, d->polynomial[0]);
	}
	return 0;
}

struct threshold_session *threshold_reshare(const struct threshold_reshare *r, const struct threshold_setting *setting)
{
	struct threshold_session *s = deal_new(true, setting);
	struct deal *d = s->state;

	if (s->status == THRESHOLD_ABORTED)
		return s;
	d->group = group_of(r->curve);
	if (check_roles(s, r) < 0 || check_old_key(s, r) < 0)
		return s;
	d->t = r->new_t;
	d->most_corrupt = r->old_t - 1 + r->new_t - 1;
	memcpy(d->public_key, r->public_key, d->group->point_bytes);
	if (d->deals[s->self])
		d->polynomial = secret_new(32 * d->t);
	if (r->old_key && set_constants(s, r->old_key) < 0)
		return s;
	return session_start(s);
}
