/* Pairings: what two parties keep so that they can multiply by oblivious transfer.
 *   1 both: base transfers; 2 who sent in them: the transfers of the other direction; 3 who received: its id */
#include <sodium.h>
#include <string.h>

#include "core/threshold/ot-internal.h"

enum { BASE = 1, TURN, CONFIRM };

struct pairing_state {
	struct threshold_pairing *result;
	struct ot_base base;
};

static bool receives(const struct threshold_session *s, size_t party)
{
	return s->parties[party] < s->parties[1 - party];
}

static bool expects(const struct threshold_session *s, unsigned round, size_t from)
{
	return from != s->self && (round == BASE || receives(s, from) == (round == CONFIRM));
}

static size_t bytes_of(const struct threshold_session *s, unsigned round, size_t from)
{
	return round == BASE ? ot_base_bytes(receives(s, from)) : round == TURN ? OT_EXTEND_BYTES : 32;
}

static size_t most(const struct threshold_session *s, unsigned round)
{
	return bytes_of(s, round, 1 - s->self);
}

static int begin(struct threshold_session *s)
{
	struct pairing_state *state = s->state;

	if (ot_base_begin(s, state->result, &state->base) < 0)
		return session_abort(s, SESSION_NOBODY, "pairing: base transfers cannot be made");
	session_send(s, 1 - s->self, BASE, state->base.message, bytes_of(s, BASE, s->self));
	return 0;
}

static const char *step_base(struct threshold_session *s, const uint8_t *message)
{
	struct pairing_state *state = s->state;
	const char *why = ot_base_finish(s, state->result, &state->base, message);
	uint8_t ask[OT_EXTEND_BYTES];

	if (!why && !receives(s, s->self)) {
		ot_turn_ask(s, state->result, &state->base, ask);
		session_send(s, 1 - s->self, TURN, ask, sizeof(ask));
	}
	return why;
}

static const char *step_turn(struct threshold_session *s, const uint8_t *message)
{
	struct pairing_state *state = s->state;
	const char *why = ot_turn_answer(s, state->result, &state->base, message);

	if (!why)
		session_send(s, 1 - s->self, CONFIRM, state->result->id, 32);
	return why;
}

static const char *step_confirm(const struct threshold_session *s, const uint8_t *message)
{
	const struct pairing_state *state = s->state;

	return memcmp(message, state->result->id, 32) ? "it confirms another pairing" : NULL;
}

static int step(struct threshold_session *s, unsigned round)
{
	const struct session_input *in = session_in(s, round, 1 - s->self);
	const char *why;

	if (!expects(s, round, 1 - s->self))
		return 0;
	if (in->len != bytes_of(s, round, 1 - s->self))
		return session_abort(s, 1 - s->self, "pairing: a message of %zu bytes", in->len);
	why = round == BASE ? step_base(s, in->data) : round == TURN ? step_turn(s, in->data) : step_confirm(s, in->data);
	return why ? session_abort(s, 1 - s->self, "pairing: %s", why) : 0;
}

static void clear(struct threshold_session *s)
{
	struct pairing_state *state = s->state;

	threshold_pairing_free(state->result);
}

static const struct session_kind pairing_kind = {
	.name = "pairing",
	.rounds = CONFIRM,
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
