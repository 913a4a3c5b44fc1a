/* What all protocols share: rounds, the inbox, the outbox, ending. */
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/threshold/threshold-internal.h"

/* ---- making ---------------------------------------------------------------------------------------- */

static int check_setting(struct threshold_session *s, const struct threshold_setting *setting)
{
	bool found = false;

	if (setting->count < 2 || setting->count > THRESHOLD_PARTIES_MOST)
		return session_abort(s, SESSION_NOBODY, "%zu parties: 2 to %d are possible", setting->count,
				     THRESHOLD_PARTIES_MOST);
	for (size_t i = 0; i < setting->count; i++) {
		if (i && setting->parties[i] <= setting->parties[i - 1])
			return session_abort(s, SESSION_NOBODY, "parties are not ascending");
		if (setting->parties[i] >= THRESHOLD_ALL - 1)
			return session_abort(s, SESSION_NOBODY, "no party can have id %u", setting->parties[i]);
		s->parties[i] = setting->parties[i];
		if (setting->parties[i] == setting->self) {
			s->self = i;
			found = true;
		}
	}
	s->count = setting->count;
	if (!found)
		return session_abort(s, SESSION_NOBODY, "party %u is not one of them", setting->self);
	return 0;
}

struct threshold_session *session_new(const struct session_kind *kind,
				      const struct threshold_setting *setting)
{
	struct threshold_session *s = NEW(struct threshold_session);

	s->kind = kind;
	s->round = 1;
	s->state = secret_new(kind->state_bytes ? kind->state_bytes : 1);
	s->random = secret_new(32);
	memcpy(s->random, setting->seed, 32);
	memcpy(s->context, setting->context, 32);
	if (check_setting(s, setting) == 0)
		s->in = mem_new(kind->rounds * s->count, sizeof(*s->in));
	return s;
}

static bool complete(const struct threshold_session *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && s->kind->expects(s, s->round, i) && !session_in(s, s->round, i)->data)
			return false;
	return true;
}

static void forward(struct threshold_session *s)
{
	while (s->status == THRESHOLD_RUNNING && complete(s)) {
		if (s->kind->step(s, s->round) < 0)
			return;
		if (s->round == s->kind->rounds)
			s->status = THRESHOLD_DONE;
		else
			s->round++;
	}
}

struct threshold_session *session_start(struct threshold_session *s)
{
	if (s->status == THRESHOLD_RUNNING && s->kind->begin(s) == 0)
		forward(s);
	return s;
}

/* ---- messages -------------------------------------------------------------------------------------- */

void session_send(struct threshold_session *s, size_t to, unsigned round, const void *data, size_t len)
{
	struct threshold_message *m;

	s->out = mem_grow(s->out, s->out_count + 1, sizeof(*s->out));
	m = &s->out[s->out_count++];
	*m = (struct threshold_message){ .to = to == SESSION_EVERYBODY ? THRESHOLD_ALL : s->parties[to] };
	buf_char(&m->data, (char)round);
	buf_add(&m->data, data, len);
}

bool threshold_next(struct threshold_session *s, struct threshold_message *ret)
{
	if (s->status == THRESHOLD_ABORTED || s->out_at == s->out_count)
		return false;
	*ret = s->out[s->out_at];
	s->out[s->out_at++].data = (struct buf){ 0 };
	return true;
}

const struct session_input *session_in(const struct threshold_session *s, unsigned round, size_t from)
{
	return &s->in[(round - 1) * s->count + from];
}

static int take(struct threshold_session *s, size_t from, const uint8_t *data, size_t len)
{
	unsigned round = len ? data[0] : 0;
	struct session_input *in;

	if (round < 1 || round > s->kind->rounds || !s->kind->expects(s, round, from))
		return session_abort(s, from, "%s: a message of a round in which there is none",
				     s->kind->name);
	if (len - 1 > s->kind->most(s, round))
		return session_abort(s, from, "%s: round %u: a message of %zu bytes is too long",
				     s->kind->name, round, len);
	in = &s->in[(round - 1) * s->count + from];
	if (in->data || round < s->round)
		return session_abort(s, from, "%s: round %u: a second message", s->kind->name, round);
	in->data = mem_new(1, len);
	in->len = len - 1;
	memcpy(in->data, data + 1, len - 1);
	return 0;
}

enum threshold_status threshold_receive(struct threshold_session *s, uint32_t from, const uint8_t *data,
					size_t len)
{
	size_t index = session_index(s, from);

	if (s->status != THRESHOLD_RUNNING)
		return s->status;
	if (index == SIZE_MAX || index == s->self)
		session_abort(s, SESSION_NOBODY, "%s: a message of %u, who is no other party", s->kind->name,
			      from);
	else if (take(s, index, data, len) == 0)
		forward(s);
	return s->status;
}

/* ---- asking ---------------------------------------------------------------------------------------- */

enum threshold_status threshold_status(const struct threshold_session *s)
{
	return s->status;
}

const char *threshold_reason(const struct threshold_session *s)
{
	return s->reason;
}

bool threshold_culprit(const struct threshold_session *s, uint32_t *ret)
{
	if (s->has_culprit)
		*ret = s->culprit;
	return s->has_culprit;
}

size_t threshold_waiting_for(const struct threshold_session *s, uint32_t *ret, size_t most)
{
	size_t count = 0;

	for (size_t i = 0; s->status == THRESHOLD_RUNNING && i < s->count && count < most; i++)
		if (i != s->self && s->kind->expects(s, s->round, i) && !session_in(s, s->round, i)->data)
			ret[count++] = s->parties[i];
	return count;
}

void *session_take(struct threshold_session *s, enum session_result result)
{
	void *held;

	if (s->status != THRESHOLD_DONE || s->kind->result != result)
		return NULL;
	memcpy(&held, s->state, sizeof(held));
	memset(s->state, 0, sizeof(held));
	return held;
}

size_t session_index(const struct threshold_session *s, uint32_t id)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->parties[i] == id)
			return i;
	return SIZE_MAX;
}

/* ---- ending ---------------------------------------------------------------------------------------- */

static void drop_messages(struct threshold_session *s)
{
	for (; s->out_at < s->out_count; s->out_at++) {
		struct buf *b = &s->out[s->out_at].data;

		if (b->data)
			sodium_memzero(b->data, b->cap);
		buf_free(b);
	}
	for (size_t i = 0; s->in && i < s->kind->rounds * s->count; i++) {
		if (s->in[i].data)
			sodium_memzero(s->in[i].data, s->in[i].len);
		free(s->in[i].data);
		s->in[i] = (struct session_input){ 0 };
	}
}

int session_abort(struct threshold_session *s, size_t from, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(s->reason, sizeof(s->reason), fmt, args);
	va_end(args);
	s->status = THRESHOLD_ABORTED;
	if (from != SESSION_NOBODY) {
		s->has_culprit = true;
		s->culprit = s->parties[from];
	}
	return -1;
}

void threshold_session_free(struct threshold_session *s)
{
	if (!s)
		return;
	drop_messages(s);
	free(s->in);
	free(s->out);
	if (s->kind->clear)
		s->kind->clear(s);
	secret_free(s->state);
	secret_free(s->random);
	free(s);
}

/* ---- randomness and hashes ------------------------------------------------------------------------- */

void session_random(struct threshold_session *s, void *ret, size_t len)
{
	uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = { 0 };

	/* One block counter runs through the whole session: no byte of the stream is given twice. */
	memset(ret, 0, len);
	crypto_stream_chacha20_xor_ic(ret, ret, len, nonce, s->random_at, s->random);
	s->random_at += (len + 63) / 64;
}

static void hash_part(crypto_hash_sha256_state *h, const void *data, size_t len)
{
	uint8_t prefix[8];

	for (int i = 0; i < 8; i++)
		prefix[i] = (uint8_t)((uint64_t)len >> (8 * i));
	crypto_hash_sha256_update(h, prefix, sizeof(prefix));
	crypto_hash_sha256_update(h, data, len);
}

void session_hash(const struct threshold_session *s, const char *label, const struct session_part *parts,
		  size_t count, uint8_t ret[32])
{
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	hash_part(&h, label, strlen(label));
	hash_part(&h, s->context, sizeof(s->context));
	for (size_t i = 0; i < count; i++)
		hash_part(&h, parts[i].data, parts[i].len);
	crypto_hash_sha256_final(&h, ret);
}
