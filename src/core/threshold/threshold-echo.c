/* Equivocation: every party tells all others what it got from each; who contradicts whom says who may lie. */
#include <string.h>

#include "core/threshold/threshold-internal.h"

/* Between i and k: one of the two lies, since i says to have got from k what I did not. */
struct contradictions {
	bool between[THRESHOLD_PARTIES_MOST][THRESHOLD_PARTIES_MOST];
	size_t count[THRESHOLD_PARTIES_MOST]; /* of parties that one has a contradiction with */
};

static bool differs(const struct threshold_session *s, const struct session_echo *e, size_t i, size_t k)
{
	return i != s->self && memcmp(session_in(s, e->round, i)->data + e->offset + 32 * k, e->mine[k], 32) != 0;
}

static void find(const struct threshold_session *s, const struct session_echo *e, struct contradictions *ret)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < i; k++)
			if (differs(s, e, i, k) || differs(s, e, k, i)) {
				ret->between[i][k] = ret->between[k][i] = true;
				ret->count[i]++;
				ret->count[k]++;
			}
}

/* Those who are proved to lie: 0 when there is none. */
static int abort_with_liar(struct threshold_session *s, const struct session_echo *e, const struct contradictions *c)
{
	const char *name = s->kind->name;

	for (size_t i = 0; i < s->count; i++) {
		uint32_t id = s->parties[i];

		if (differs(s, e, i, s->self))
			return session_abort(s, i, "%s: party %u says to have got from us what we did not send", name, id);
		if (differs(s, e, i, i))
			return session_abort(s, i, "%s: party %u told us one thing and says another", name, id);
		/* An honest party only contradicts those who lie. */
		if (i != s->self && c->count[i] > e->most_corrupt)
			return session_abort(s, i,
					     "%s: party %u contradicts %zu parties on what was sent, and at most %zu may "
					     "lie",
					     name, id, c->count[i], e->most_corrupt);
	}
	return 0;
}

int session_check_echo(struct threshold_session *s, const struct session_echo *e)
{
	struct contradictions c = { 0 };

	find(s, e, &c);
	if (abort_with_liar(s, e, &c) < 0)
		return -1;
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < i; k++)
			if (c.between[i][k])
				return session_abort(s, SESSION_NOBODY,
						     "%s: under suspicion are party %u and party %u: they contradict each "
						     "other on what one of them sent to all",
						     s->kind->name, s->parties[k], s->parties[i]);
	return 0;
}
