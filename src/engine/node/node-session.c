/* Threshold sessions over the mesh. A frame counts only when the link's participant, the receiver, epoch and
 * domain inside of it are right; what is of a session that we do not have yet waits a while, bounded. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/node/node-mpc.h"

#define EARLY_MOST 64		/* frames of one peer */
#define EARLY_BYTES_MOST (4u << 20) /* of one peer */
#define EARLY_MS 60000 /* whoever has to make pairings first begins late */
#define REASON_MOST 200
#define WORK_LEAST_US 2000
#define SLOWNESS_MOST 32.0

struct mpc_session {
	struct mpc_session *next;
	struct session_setup setup;
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	bool succeeded[THRESHOLD_PARTIES_MOST];
	struct threshold_session *protocol;
	int64_t deadline_ms;
	session_done done;
	void *ctx;
};

/* ---- sending ----------------------------------------------------------------------------------------- */

void session_tell_one(struct mpc *m, const struct session_setup *setup, uint32_t to, enum frame_kind kind,
		      const void *data, size_t len)
{
	struct frame f = { .kind = kind, .epoch = setup->epoch, .domain = setup->domain,
			   .from = mpc_self(m), .to = to, .data = data, .len = len };
	struct buf b = { 0 };

	memcpy(f.session, setup->id, sizeof(f.session));
	frame_encode(&f, &b);
	mesh_send(m->node->mesh, to, b.data, b.len);
	sodium_memzero(b.data, b.cap);
	buf_free(&b);
}

void session_tell(struct mpc *m, const struct session_setup *setup, enum frame_kind kind, const void *data,
		  size_t len)
{
	for (size_t i = 0; i < setup->count; i++)
		if (setup->parties[i] != mpc_self(m))
			session_tell_one(m, setup, setup->parties[i], kind, data, len);
}

static void pump(struct mpc *m, struct mpc_session *s)
{
	struct threshold_message message;

	while (threshold_next(s->protocol, &message)) {
		if (message.to == THRESHOLD_ALL)
			session_tell(m, &s->setup, FRAME_COMPUTATION, message.data.data, message.data.len);
		else
			session_tell_one(m, &s->setup, message.to, FRAME_COMPUTATION, message.data.data,
					 message.data.len);
		sodium_memzero(message.data.data, message.data.cap);
		buf_free(&message.data);
	}
}

struct session_setup session_lead(struct mpc *m, enum frame_task task, uint64_t epoch, uint32_t domain,
				  const uint32_t *parties, size_t count, unsigned timeout_ms)
{
	struct session_setup s = { .task = task, .epoch = epoch, .domain = domain, .leader = mpc_self(m),
				   .parties = parties, .count = count, .timeout_ms = timeout_ms };

	frame_session_id(m->network, s.leader, mesh_process(m->node->mesh), ++m->counter, s.id);
	return s;
}

void session_invite(struct mpc *m, const struct session_setup *setup, enum threshold_scheme scheme,
		    const uint8_t *presignature, const uint8_t *request)
{
	struct frame_start start = { .task = setup->task, .scheme = scheme, .counter = m->counter,
				     .count = setup->count };
	OWN(buf) struct buf b = { 0 };

	memcpy(start.process, mesh_process(m->node->mesh), sizeof(start.process));
	memcpy(start.parties, setup->parties, setup->count * sizeof(*setup->parties));
	if (presignature)
		memcpy(start.presignature, presignature, sizeof(start.presignature));
	if (request)
		memcpy(start.request, request, sizeof(start.request));
	frame_start_encode(&start, &b);
	session_tell(m, setup, FRAME_START, b.data, b.len);
}

/* ---- ends -------------------------------------------------------------------------------------------- */

static struct mpc_session *find(const struct mpc *m, const uint8_t id[FRAME_SESSION_BYTES])
{
	for (struct mpc_session *s = m->sessions; s; s = s->next)
		if (!memcmp(s->setup.id, id, FRAME_SESSION_BYTES))
			return s;
	return NULL;
}

static void end(struct mpc *m, struct mpc_session *s, const char *failure, bool broken)
{
	struct session_end how = { s->protocol, failure, broken };

	for (struct mpc_session **at = &m->sessions; *at; at = &(*at)->next)
		if (*at == s) {
			*at = s->next;
			break;
		}
	memcpy(m->ended[m->ended_at++ % ENDED_KEPT], s->setup.id, FRAME_SESSION_BYTES);
	s->done(s->ctx, &s->setup, &how);
	threshold_session_free(s->protocol);
	free(s);
}

/* An abort's first byte says whether the protocol itself broke, the rest is for the log. */
static void abort_bytes(struct buf *b, const char *why, bool broken)
{
	buf_char(b, (char)broken);
	buf_add(b, why, strlen(why) < REASON_MOST ? strlen(why) : REASON_MOST);
}

void session_refuse(struct mpc *m, const struct session_setup *setup, uint32_t to, const char *why)
{
	OWN(buf) struct buf b = { 0 };

	abort_bytes(&b, why, false);
	session_tell_one(m, setup, to, FRAME_ABORT, b.data, b.len);
}

/* Ends it for the others too. */
static void give_up(struct mpc *m, struct mpc_session *s, const char *why, bool broken)
{
	OWN(buf) struct buf b = { 0 };

	abort_bytes(&b, why, broken);
	session_tell(m, &s->setup, FRAME_ABORT, b.data, b.len);
	end(m, s, why, broken);
}

static void protocol_aborted(struct mpc *m, struct mpc_session *s)
{
	OWN(str) char *why = NULL;
	uint32_t culprit;

	if (threshold_culprit(s->protocol, &culprit))
		why = str_printf("%s (participant %u %s is to blame)", threshold_reason(s->protocol), culprit,
				 mpc_account(m, culprit));
	else
		why = str_dup(threshold_reason(s->protocol));
	give_up(m, s, why, true);
}

/* The leader of a presignature waits until all have theirs: before that it cannot be used. */
static bool all_succeeded(const struct mpc *m, const struct mpc_session *s)
{
	if (s->setup.task != TASK_PRESIGN || s->setup.leader != mpc_self(m))
		return true;
	for (size_t i = 0; i < s->setup.count; i++)
		if (s->parties[i] != mpc_self(m) && !s->succeeded[i])
			return false;
	return true;
}

static void check_end(struct mpc *m, struct mpc_session *s)
{
	enum threshold_status status = threshold_status(s->protocol);

	pump(m, s);
	if (status == THRESHOLD_ABORTED)
		protocol_aborted(m, s);
	else if (status == THRESHOLD_DONE && all_succeeded(m, s))
		end(m, s, NULL, false);
}

/* ---- receiving ---------------------------------------------------------------------------------------- */

static size_t party_index(const struct mpc_session *s, uint32_t id)
{
	for (size_t i = 0; i < s->setup.count; i++)
		if (s->parties[i] == id)
			return i;
	return SIZE_MAX;
}

/* A peer's words, for our log: printable, short. */
static void aborted_by(struct mpc *m, struct mpc_session *s, const struct frame *f)
{
	size_t len = f->len <= REASON_MOST ? f->len : REASON_MOST;
	OWN(str) char *text = str_dup_n((const char *)f->data + (len > 0), len - (len > 0));
	OWN(str) char *why = NULL;

	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	why = str_printf("participant %u %s ended it: %s", f->from, mpc_account(m, f->from), text);
	if (s->setup.leader == mpc_self(m)) /* a party that refuses tells its leader only */
		give_up(m, s, why, len > 0 && f->data[0] == 1);
	else
		end(m, s, why, len > 0 && f->data[0] == 1);
}

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

unsigned session_timeout_ms(const struct mpc *m, unsigned free_ms, unsigned most_ms)
{
	double ms = free_ms * m->slowness;

	return ms < most_ms ? (unsigned)ms : most_ms;
}

/* Measures how much else there is on the machine: work that takes longer than its processor time waited for one. */
static void receive(struct mpc *m, struct mpc_session *s, const struct frame *f)
{
	int64_t wall = clock_us(CLOCK_MONOTONIC), processor = clock_us(CLOCK_THREAD_CPUTIME_ID);
	double slowness;

	threshold_receive(s->protocol, f->from, f->data, f->len);
	wall = clock_us(CLOCK_MONOTONIC) - wall;
	processor = clock_us(CLOCK_THREAD_CPUTIME_ID) - processor;
	if (processor < WORK_LEAST_US)
		return;
	slowness = (double)wall / (double)processor;
	m->slowness += ((slowness < SLOWNESS_MOST ? slowness : SLOWNESS_MOST) - m->slowness) / 8;
}

static void deliver(struct mpc *m, struct mpc_session *s, const struct frame *f)
{
	size_t index = party_index(s, f->from);
	OWN(str) char *why = NULL;

	if (index == SIZE_MAX || f->epoch != s->setup.epoch || f->domain != s->setup.domain)
		return; /* it speaks of a session that is not its */
	if (f->kind == FRAME_ABORT) {
		aborted_by(m, s, f);
	} else if (f->kind == FRAME_SUCCESS) {
		s->succeeded[index] = true;
		check_end(m, s);
	} else if (f->len > frame_task_most(s->setup.task)) {
		why = str_printf("participant %u sent %zu bytes, too many for a %s", f->from, f->len,
				 frame_task_name(s->setup.task));
		give_up(m, s, why, true);
	} else {
		receive(m, s, f);
		check_end(m, s);
	}
}

/* ---- frames that come early ---------------------------------------------------------------------------- */

static void early_free(struct early *e)
{
	sodium_memzero(e->data, e->len);
	free(e);
}

/* Drops the oldest of this peer until one more of `len` bytes fits. */
static void early_room(struct mpc *m, uint32_t from, size_t len)
{
	for (;;) {
		struct early **oldest = NULL;
		size_t count = 0, bytes = len;

		for (struct early **at = &m->early; *at; at = &(*at)->next)
			if ((*at)->from == from) {
				oldest = oldest ? oldest : at;
				count++;
				bytes += (*at)->len;
			}
		if (!oldest || (count < EARLY_MOST && bytes <= EARLY_BYTES_MOST))
			return;
		struct early *gone = *oldest;

		*oldest = gone->next;
		early_free(gone);
	}
}

static void keep_early(struct mpc *m, uint32_t from, const uint8_t *data, size_t len)
{
	struct early *e = mem_new(1, sizeof(*e) + len), **at = &m->early;

	early_room(m, from, len);
	e->from = from;
	e->at_ms = node_now_ms();
	e->len = len;
	memcpy(e->data, data, len);
	while (*at)
		at = &(*at)->next;
	*at = e;
}

/* The next one of this session, taken out; NULL: none. */
static struct early *take_early(struct mpc *m, const uint8_t id[FRAME_SESSION_BYTES])
{
	for (struct early **at = &m->early; *at; at = &(*at)->next) {
		struct early *e = *at;

		if (memcmp(e->data + 1, id, FRAME_SESSION_BYTES) != 0)
			continue;
		*at = e->next;
		return e;
	}
	return NULL;
}

static void expire_early(struct mpc *m)
{
	int64_t now = node_now_ms();

	while (m->early && now - m->early->at_ms > EARLY_MS) {
		struct early *e = m->early;

		m->early = e->next;
		early_free(e);
	}
}

static bool has_ended(const struct mpc *m, const uint8_t id[FRAME_SESSION_BYTES])
{
	for (size_t i = 0; i < ENDED_KEPT && i < m->ended_at; i++)
		if (!memcmp(m->ended[i], id, FRAME_SESSION_BYTES))
			return true;
	return false;
}

/* ---- beginning ----------------------------------------------------------------------------------------- */

static void hash_number(crypto_hash_sha256_state *h, uint64_t value)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	crypto_hash_sha256_update(h, bytes, sizeof(bytes));
}

void session_setting(const struct mpc *m, const struct session_setup *setup, struct threshold_setting *ret)
{
	const char *task = frame_task_name(setup->task);
	crypto_hash_sha256_state h;

	*ret = (struct threshold_setting){ .self = mpc_self(m), .parties = setup->parties,
					   .count = setup->count };
	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, m->network, sizeof(m->network));
	hash_number(&h, setup->epoch);
	crypto_hash_sha256_update(&h, (const uint8_t *)task, strlen(task) + 1);
	hash_number(&h, setup->domain);
	crypto_hash_sha256_update(&h, setup->id, sizeof(setup->id));
	hash_number(&h, setup->count);
	for (size_t i = 0; i < setup->count; i++)
		hash_number(&h, setup->parties[i]);
	crypto_hash_sha256_final(&h, ret->context);
	randombytes_buf(ret->seed, sizeof(ret->seed));
}

void session_run(struct mpc *m, const struct session_setup *setup, struct threshold_session *protocol,
		 session_done done, void *ctx)
{
	struct mpc_session *s = NEW(struct mpc_session);
	uint8_t id[FRAME_SESSION_BYTES];
	struct early *e;

	s->setup = *setup;
	memcpy(s->parties, setup->parties, setup->count * sizeof(*setup->parties));
	s->setup.parties = s->parties;
	s->protocol = protocol;
	s->deadline_ms = node_now_ms() + setup->timeout_ms;
	s->done = done;
	s->ctx = ctx;
	s->next = m->sessions;
	m->sessions = s;
	memcpy(id, setup->id, sizeof(id));
	check_end(m, s);
	/* What came early ends it, maybe, and then the rest is of no use. */
	while ((e = take_early(m, id))) {
		struct frame f;

		s = find(m, id);
		if (s && frame_decode(e->data, e->len, &f) == 0)
			deliver(m, s, &f);
		early_free(e);
	}
}

/* ---- starts --------------------------------------------------------------------------------------------- */

static bool is_party(const struct frame_start *s, uint32_t id)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->parties[i] == id)
			return true;
	return false;
}

/* NULL, or what is wrong with it. Session ids rise: none is accepted twice. */
static const char *check_start(struct mpc *m, const struct frame *f, const struct frame_start *start)
{
	struct peer_state *peer = mpc_peer_state(m, f->from);
	uint8_t id[FRAME_SESSION_BYTES];

	frame_session_id(m->network, f->from, start->process, start->counter, id);
	if (!peer || memcmp(peer->process, start->process, sizeof(peer->process)) != 0 ||
	    memcmp(id, f->session, sizeof(id)) != 0)
		return "the session's id is not its leader's";
	if (start->counter <= peer->counter)
		return "a session id that is not new";
	peer->counter = start->counter;
	if (!is_party(start, f->from) || !is_party(start, mpc_self(m)))
		return "leader and receiver are not both among the parties";
	if (!m->serving || f->epoch != m->epoch)
		return "this node does not sign in that epoch";
	return NULL;
}

static void started(struct mpc *m, const struct frame *f)
{
	struct frame_start start;
	struct session_setup setup = { .epoch = f->epoch, .domain = f->domain, .leader = f->from,
				       .parties = start.parties };
	const char *wrong = "a start that does not parse";

	memcpy(setup.id, f->session, sizeof(setup.id));
	if (frame_start_decode(f->data, f->len, &start) == 0)
		wrong = check_start(m, f, &start);
	if (wrong) {
		session_refuse(m, &setup, f->from, wrong);
		return;
	}
	setup.task = start.task;
	setup.count = start.count;
	if (start.task == TASK_PAIR)
		pair_started(m, f->from, &setup);
	else if (start.task == TASK_PRESIGN)
		presign_started(m, f->from, &setup, &start);
	else
		sign_started(m, f->from, &setup, &start);
}

void sessions_message(struct mpc *m, uint32_t from, const uint8_t *data, size_t len)
{
	struct mpc_session *s;
	struct frame f;

	if (frame_decode(data, len, &f) < 0 || f.from != from || f.to != mpc_self(m)) {
		if (node_repeat_due(&m->repeat, "bad frame"))
			node_log("WARN", MPC_COORDINATOR, "participant %u %s sent a frame that is not from it to us",
				 from, mpc_account(m, from));
		return;
	}
	s = find(m, f.session);
	if (s && f.kind != FRAME_START)
		deliver(m, s, &f);
	else if (f.kind == FRAME_START)
		started(m, &f);
	else if (f.kind == FRAME_ABORT && !presigns_aborted(m, from, f.session))
		pool_drop(m, from, f.session); /* its leader gives a presignature up */
	else if (f.kind == FRAME_COMPUTATION && !has_ended(m, f.session))
		keep_early(m, from, data, len);
}

/* ---- all of them ------------------------------------------------------------------------------------------ */

static bool lost_party(struct mpc *m, const struct mpc_session *s, uint32_t *ret)
{
	for (size_t i = 0; i < s->setup.count; i++)
		if (s->parties[i] != mpc_self(m) && !mesh_up(m->node->mesh, s->parties[i])) {
			*ret = s->parties[i];
			return true;
		}
	return false;
}

void sessions_links_changed(struct mpc *m)
{
	struct mpc_session *s = m->sessions;
	uint32_t lost = 0;

	while (s) {
		OWN(str) char *why = NULL;

		if (!lost_party(m, s, &lost)) {
			s = s->next;
			continue;
		}
		why = str_printf("lost connection to participant %u %s", lost, mpc_account(m, lost));
		give_up(m, s, why, false);
		s = m->sessions; /* whoever was told may have ended others */
	}
}

/* "no message of 1 a.near, 2 b.near" */
static char *late_text(const struct mpc *m, const struct mpc_session *s)
{
	uint32_t late[THRESHOLD_PARTIES_MOST];
	size_t count = threshold_waiting_for(s->protocol, late, THRESHOLD_PARTIES_MOST);
	struct buf b = { 0 };

	buf_printf(&b, "not done after %u ms", s->setup.timeout_ms);
	for (size_t i = 0; i < count; i++)
		buf_printf(&b, "%s%u %s", i ? ", " : "; no message of ", late[i], mpc_account(m, late[i]));
	return buf_take(&b);
}

void sessions_tick(struct mpc *m)
{
	struct mpc_session *s = m->sessions;
	int64_t now = node_now_ms();

	while (s) {
		OWN(str) char *why = NULL;

		if (now < s->deadline_ms) {
			s = s->next;
			continue;
		}
		why = late_text(m, s);
		give_up(m, s, why, false);
		s = m->sessions;
	}
	expire_early(m);
	m->slowness += (1 - m->slowness) / 100; /* nothing may be there to measure */
}

void sessions_end(struct mpc *m, uint64_t but_epoch, const char *why)
{
	struct mpc_session *s = m->sessions;

	while (s) {
		if (but_epoch != SESSION_ALL && s->setup.epoch == but_epoch) {
			s = s->next;
			continue;
		}
		end(m, s, why, false);
		s = m->sessions;
	}
	while (m->early && but_epoch == SESSION_ALL) {
		struct early *e = m->early;

		m->early = e->next;
		early_free(e);
	}
}

void session_stop(struct mpc *m, const uint8_t id[FRAME_SESSION_BYTES], const char *why)
{
	struct mpc_session *s = find(m, id);

	if (s)
		give_up(m, s, why, false);
}

size_t sessions_led_by(const struct mpc *m, uint32_t leader)
{
	size_t count = 0;

	for (const struct mpc_session *s = m->sessions; s; s = s->next)
		count += s->setup.leader == leader;
	return count;
}
