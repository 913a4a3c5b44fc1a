#include "threshold-mesh.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "engine/peer/peer.h"
#include "threshold-floor.h"

#define SCHEMES 3
#define THRESHOLD 2

/* What stands in front of each frame. A party begins a session when it sees the first frame of it. */
struct header {
	uint32_t number;
	uint8_t kind;
	bool done; /* nothing follows: the sender's session is done */
};

struct pool {
	struct threshold_presignature **of;
	size_t count, used;
};

struct mesh {
	struct event_base *base;
	struct peer_host *host;
	uint32_t self;
	uint16_t ports[MESH_PARTIES];
	struct near_key keys[MESH_PARTIES];
	struct peer *peers[MESH_PARTIES];
	pid_t children[MESH_PARTIES];
	struct header now; /* the session, and what it gives */
	struct threshold_session *session;
	size_t waiting; /* party 0: for so many others to be done */
	double finished;
	struct threshold_key *shares[2]; /* by curve */
	struct threshold_pairing *pairing;
	struct pool pools[SCHEMES];
};

/* ---- sessions ---------------------------------------------------------------------------------------- */

static enum threshold_scheme scheme_of(uint8_t kind)
{
	return (enum threshold_scheme)(kind - (kind < MESH_SIGN ? MESH_PRESIGN : MESH_SIGN));
}

static size_t parties_of(uint8_t kind)
{
	if (kind == MESH_GENERATE_ED25519 || kind == MESH_GENERATE_SECP256K1)
		return MESH_PARTIES;
	return kind < MESH_PRESIGN ? 2 : threshold_scheme_signers(scheme_of(kind), THRESHOLD);
}

static struct threshold_setting setting_of(const struct mesh *m, const struct header *h)
{
	static const uint32_t parties[] = { 0, 1, 2 };
	struct threshold_setting s = { .self = m->self, .parties = parties, .count = parties_of(h->kind) };

	crypto_hash_sha256(s.context, (const uint8_t *)&h->number, sizeof(h->number));
	randombytes_buf(s.seed, sizeof(s.seed));
	return s;
}

/* Everybody makes the same; party 0 is the coordinator. */
static struct threshold_request request_of(const uint8_t hash[32])
{
	struct threshold_request r = { .message = hash, .message_len = 32 };

	memcpy(r.entropy, hash, 32);
	memcpy(r.tweak, hash, 32);
	return r;
}

static struct threshold_session *sign(struct mesh *m, const struct header *h)
{
	struct threshold_setting setting = setting_of(m, h);
	struct threshold_request request;
	enum threshold_scheme scheme = scheme_of(h->kind);
	struct pool *pool = &m->pools[scheme];
	uint8_t hash[32];

	if (pool->used == pool->count)
		bench_fail("no presignature is left");
	memcpy(hash, setting.context, 32);
	hash[0] &= 0x7f; /* below the order, as a hash and as a tweak */
	request = request_of(hash);
	return threshold_sign(m->shares[threshold_scheme_curve(scheme)], pool->of[pool->used++], &request, &setting);
}

static struct threshold_session *session_of(struct mesh *m, const struct header *h)
{
	struct threshold_setting setting = setting_of(m, h);
	enum threshold_scheme scheme;

	if (h->kind == MESH_PAIR)
		return threshold_pair(&setting);
	if (h->kind < MESH_PAIR)
		return threshold_generate(h->kind == MESH_GENERATE_ED25519 ? THRESHOLD_ED25519 : THRESHOLD_SECP256K1,
					  THRESHOLD, &setting);
	scheme = scheme_of(h->kind);
	if (h->kind >= MESH_SIGN)
		return sign(m, h);
	return threshold_presign(scheme, m->shares[threshold_scheme_curve(scheme)], &m->pairing, &setting);
}

static void keep(struct pool *pool, struct threshold_presignature *p)
{
	pool->of = mem_grow(pool->of, pool->count + 1, sizeof(*pool->of));
	pool->of[pool->count++] = p;
}

static void take_result(struct mesh *m, uint8_t kind)
{
	struct threshold_signature signature;
	struct threshold_key **share = &m->shares[kind == MESH_GENERATE_ED25519 ? THRESHOLD_ED25519 : THRESHOLD_SECP256K1];

	if (kind < MESH_PAIR) {
		threshold_key_free(*share);
		*share = threshold_take_key(m->session);
	} else if (kind == MESH_PAIR) {
		threshold_pairing_free(m->pairing);
		m->pairing = threshold_take_pairing(m->session);
	} else if (kind < MESH_SIGN) {
		keep(&m->pools[scheme_of(kind)], threshold_take_presignature(m->session));
	} else if (!m->self && threshold_take_signature(m->session, &signature) < 0) {
		bench_fail("there is no signature");
	}
}

/* ---- frames -------------------------------------------------------------------------------------------- */

static void send_frame(struct mesh *m, uint32_t to, const struct header *h, const struct buf *data)
{
	OWN(buf) struct buf frame = { 0 };

	buf_add(&frame, h, sizeof(*h));
	if (h->kind == MESH_NOTHING)
		buf_add(&frame, (const uint8_t[64 - sizeof(*h)]){ 0 }, 64 - sizeof(*h));
	if (data)
		buf_add(&frame, data->data, data->len);
	peer_send(m->peers[to], frame.data, frame.len);
}

static void send_all(struct mesh *m)
{
	struct threshold_message message;

	while (threshold_next(m->session, &message)) {
		for (uint32_t to = 0; to < parties_of(m->now.kind); to++)
			if (to != m->self && (message.to == to || message.to == THRESHOLD_ALL))
				send_frame(m, to, &m->now, &message.data);
		buf_free(&message.data);
	}
}

static void send_done(struct mesh *m)
{
	struct header done = m->now;

	done.done = true;
	send_frame(m, 0, &done, NULL);
}

/* Once the session is done: its result is kept, and party 0 is told. */
static void look(struct mesh *m)
{
	if (threshold_status(m->session) == THRESHOLD_ABORTED)
		bench_fail(threshold_reason(m->session));
	if (threshold_status(m->session) == THRESHOLD_RUNNING)
		return;
	m->finished = bench_now();
	take_result(m, m->now.kind);
	threshold_session_free(GIVE(m->session));
	if (!m->self) {
		if (!m->waiting)
			event_base_loopbreak(m->base);
		return;
	}
	send_done(m);
}

static void begin(struct mesh *m, const struct header *h)
{
	m->now = *h;
	if (h->kind == MESH_NOTHING) {
		if (m->self)
			send_done(m);
		return;
	}
	m->session = session_of(m, h);
	send_all(m);
	look(m);
}

static uint32_t sender(const struct mesh *m, const struct peer *p)
{
	for (uint32_t i = 0; i < MESH_PARTIES; i++)
		if (m->peers[i] == p)
			return i;
	bench_fail("a frame of nobody");
}

static void on_frame(void *ctx, struct peer *p, const uint8_t *data, size_t len)
{
	struct mesh *m = ctx;
	struct header h;

	memcpy(&h, data, sizeof(h));
	if (h.done) {
		if (m->now.kind == MESH_NOTHING)
			m->finished = bench_now();
		if (!--m->waiting && !m->session)
			event_base_loopbreak(m->base);
		return;
	}
	if (h.number > m->now.number)
		begin(m, &h);
	if (!m->session || len == sizeof(h))
		return;
	threshold_receive(m->session, sender(m, p), data + sizeof(h), len - sizeof(h));
	send_all(m);
	look(m);
}

double mesh_run(struct mesh *m, enum mesh_kind kind)
{
	struct header h = { .number = m->now.number + 1, .kind = (uint8_t)kind };
	double began = bench_now();

	m->waiting = parties_of(h.kind) - 1;
	for (uint32_t to = 1; to < parties_of(h.kind); to++)
		send_frame(m, to, &h, NULL);
	begin(m, &h);
	event_base_dispatch(m->base);
	return m->finished - began;
}

/* ---- the mesh ------------------------------------------------------------------------------------------ */

static bool on_verify(void *ctx, struct peer *p, const uint8_t key[NEAR_PUBLIC_BYTES])
{
	struct mesh *m = ctx;

	for (uint32_t i = 0; i < MESH_PARTIES; i++)
		if (!memcmp(near_key_public(&m->keys[i]), key, NEAR_PUBLIC_BYTES))
			m->peers[i] = p;
	return true;
}

static void on_open(void *ctx, struct peer *p)
{
	struct mesh *m = ctx;

	(void)p;
	if (--m->waiting)
		return;
	if (m->self)
		send_frame(m, 0, &(struct header){ .done = true }, NULL);
	else
		event_base_loopbreak(m->base);
}

static void on_closed(void *ctx, struct peer *p, const char *why)
{
	const struct mesh *m = ctx;

	(void)p;
	if (m->self)
		_exit(0); /* party 0 ended */
	bench_fail(why);
}

static uint16_t free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		bench_fail("no free port");
	return ntohs(at.sin_port);
}

static void listen_as(struct mesh *m, uint32_t self)
{
	const struct peer_events events = { on_verify, on_open, on_frame, on_closed, m };
	struct err err = { 0 };
	uint8_t seed[32];

	m->self = self;
	m->waiting = MESH_PARTIES - 1; /* connections; party 0 also waits until the others have theirs */
	if (!self)
		m->waiting *= 2;
	randombytes_buf(seed, sizeof(seed));
	m->base = event_base_new();
	if (threshold_init(seed, &err) < 0 || peer_host_new(m->base, &m->keys[self], &m->host, &err) < 0 ||
	    peer_listen(m->host, m->ports[self], &events, &err) < 0)
		bench_fail(err.text);
}

/* Each party dials those before it. */
static void dial_others(struct mesh *m)
{
	const struct peer_events events = { on_verify, on_open, on_frame, on_closed, m };

	for (uint32_t to = 0; to < m->self; to++)
		peer_dial(m->host, "127.0.0.1", m->ports[to], near_key_public(&m->keys[to]), &events);
	event_base_dispatch(m->base);
}

/* ready: a byte from each that listens; go: closed once all do. */
static _Noreturn void be_other(struct mesh *m, uint32_t self, const int ready[2], const int go[2])
{
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(go[1]);
	listen_as(m, self);
	if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 0)
		bench_fail("the start was not heard");
	dial_others(m);
	_exit(1);
}

struct mesh *mesh_start(void)
{
	struct mesh *m = NEW(struct mesh);
	int ready[2], go[2];
	char byte;

	if (pipe(ready) < 0 || pipe(go) < 0)
		bench_fail("no pipe");
	for (uint32_t i = 0; i < MESH_PARTIES; i++) {
		m->ports[i] = free_port();
		near_key_from_seed((const uint8_t[32]){ (uint8_t)(i + 1) }, &m->keys[i]);
	}
	for (uint32_t i = 1; i < MESH_PARTIES; i++)
		if (!(m->children[i] = fork()))
			be_other(m, i, ready, go);
	listen_as(m, 0);
	for (int i = 1; i < MESH_PARTIES; i++)
		if (read(ready[0], &byte, 1) != 1)
			bench_fail("a party did not start");
	close(go[0]);
	close(go[1]);
	dial_others(m);
	return m;
}

void mesh_stop(struct mesh *m)
{
	peer_host_free(m->host);
	event_base_free(m->base);
	for (int i = 1; i < MESH_PARTIES; i++)
		waitpid(m->children[i], NULL, 0);
	for (int i = 0; i < 2; i++)
		threshold_key_free(m->shares[i]);
	for (int i = 0; i < SCHEMES; i++) {
		while (m->pools[i].used < m->pools[i].count)
			threshold_presignature_free(m->pools[i].of[m->pools[i].used++]);
		free(m->pools[i].of);
	}
	threshold_pairing_free(m->pairing);
	free(m);
}
