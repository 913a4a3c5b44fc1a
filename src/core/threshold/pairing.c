/* Pairings: what two parties keep so that they can multiply by oblivious transfer. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/ot-internal.h"

struct pairing_state {
	struct threshold_pairing *result;
	struct ot_base base;
};

static bool expects(const struct threshold_session *s, unsigned round, size_t from)
{
	(void)round;
	return from != s->self;
}

static size_t most(const struct threshold_session *s, unsigned round)
{
	(void)s, (void)round;
	return OT_BASE_BYTES;
}

static int begin(struct threshold_session *s)
{
	struct pairing_state *state = s->state;

	if (ot_base_begin(s, state->result, &state->base) < 0)
		return session_abort(s, SESSION_NOBODY, "pairing: base transfers cannot be made");
	session_send(s, 1 - s->self, 1, state->base.message, OT_BASE_BYTES);
	return 0;
}

static int step(struct threshold_session *s, unsigned round)
{
	struct pairing_state *state = s->state;
	const struct session_input *in = session_in(s, round, 1 - s->self);
	const char *why;

	if (in->len != OT_BASE_BYTES)
		return session_abort(s, 1 - s->self, "pairing: a message of %zu bytes", in->len);
	why = ot_base_finish(s, state->result, &state->base, in->data);
	if (why)
		return session_abort(s, 1 - s->self, "pairing: %s", why);
	return 0;
}

static void clear(struct threshold_session *s)
{
	struct pairing_state *state = s->state;

	threshold_pairing_free(state->result);
}

static const struct session_kind pairing_kind = {
	.name = "pairing",
	.rounds = 1,
	.state_bytes = sizeof(struct pairing_state),
	.expects = expects,
	.most = most,
	.begin = begin,
	.step = step,
	.clear = clear,
	.result = SESSION_PAIRING,
};

struct threshold_session *threshold_pair(const struct threshold_setting *setting)
{
	struct threshold_session *s = session_new(&pairing_kind, setting);
	struct pairing_state *state = s->state;
	struct threshold_pairing *p;

	if (s->status != THRESHOLD_RUNNING)
		return s;
	if (s->count != 2) {
		session_abort(s, SESSION_NOBODY, "pairing: two parties, not %zu", s->count);
		return s;
	}
	p = state->result = SECRET_NEW(struct threshold_pairing);
	p->self = s->parties[s->self];
	p->peer = s->parties[1 - s->self];
	p->gadget = mem_new(OT_COUNT, sizeof(*p->gadget));
	rvole_gadget(p->gadget);
	return session_start(s);
}

struct threshold_pairing *threshold_take_pairing(struct threshold_session *s)
{
	return session_take(s, SESSION_PAIRING);
}

uint32_t threshold_pairing_peer(const struct threshold_pairing *p)
{
	return p->peer;
}

bool threshold_pairing_retired(const struct threshold_pairing *p)
{
	return p->retired;
}

void threshold_pairing_free(struct threshold_pairing *p)
{
	if (!p)
		return;
	free(p->gadget);
	secret_free(p);
}
