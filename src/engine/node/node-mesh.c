/* Connections between participants (node-contract.md 4): every ordered pair has one of its own, the
 * dialler only sends, the acceptor only receives; both know the other's key from the contract.
 *
 * Behind TLS both sides send one handshake frame: 0xCC, u32 version big-endian (and from version 8
 * a u32 connection id). Then the dialler says hello (node-frame.h), again whenever the contract's
 * participants or epoch change; the acceptor answers with its own as soon as it sees the same ones.
 * In TLS 1.3 a dialler does not know that it was refused before it has read something, and two nodes
 * learn of a new epoch at different moments: only an answered hello makes a link. The dialler's other
 * frames: 0 = ping, 2 + u64 little-endian = its height, 1 = a message of the threshold protocols. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "engine/node/node-frame.h"
#include "engine/node/node-internal.h"

#define TARGET "mpc_node::p2p"
#define MAGIC 0xcc
#define VERSION_31 7u
#define VERSION_CURRENT 8u
#define READ_TIMEOUT_S 30
#define HANDSHAKE_MS 2000
#define EARLY_DIALS 40
#define EARLY_MS 250
#define LATE_MS 1000

#define HELD_MOST 256	       /* frames */
#define HELD_BYTES_MOST (4u << 20)

/* A message that came over one connection before the hello on the other was answered. */
struct held {
	struct held *next;
	size_t len;
	uint8_t data[];
};

/* One direction of a link. */
struct half {
	struct link *link;
	struct peer *peer;
	bool shaken; /* handshake done */
	bool up;     /* hello answered */
};

struct link {
	struct mesh *mesh;
	struct link *next;
	uint32_t id;
	char *account, *host;
	uint16_t port;
	uint8_t key[NEAR_PUBLIC_BYTES];
	struct half out, in;
	struct event *retry;
	struct node_repeat repeat;
	unsigned dials;
	uint32_t connections; /* how often we dialled: the id of a version 8 connection */
	uint64_t height;      /* the other side's */
	struct frame_hello hello; /* the last that it said on this connection of its */
	struct held *held;
	size_t held_count, held_bytes;
	bool said_hello, wanted;
};

struct mesh {
	struct event_base *base;
	struct peer_host *host;
	unsigned version, ping_s;
	struct link *links;
	struct event *ping, *listen;
	uint16_t port; /* we listen here; 0: we do not */
	bool listening;
	uint64_t height;
	struct node_repeat repeat;
	struct mesh_events events;
	uint8_t network[32];
	struct frame_hello hello; /* ours, but for the receiver */
};

static void dial(struct link *l);

static void after_ms(struct event *event, unsigned ms)
{
	struct timeval later = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(event, &later);
}

/* ---- frames -------------------------------------------------------------------------------- */

static void send_handshake(struct peer *p, const struct mesh *m, uint32_t connection)
{
	uint8_t frame[9] = { MAGIC };
	uint32_t version = htonl(m->version), id = htonl(connection);

	memcpy(frame + 1, &version, 4);
	memcpy(frame + 5, &id, 4);
	peer_send(p, frame, m->version >= VERSION_CURRENT ? 9 : 5);
}

static void send_height(struct peer *p, uint64_t height)
{
	uint8_t frame[9] = { FRAME_HEIGHT };

	for (int i = 0; i < 8; i++)
		frame[1 + i] = (uint8_t)(height >> (8 * i));
	peer_send(p, frame, sizeof(frame));
}

/* Version 8 still talks to 7, not the other way round. */
static bool compatible(unsigned ours, unsigned theirs)
{
	return theirs == ours || (ours == VERSION_CURRENT && theirs == VERSION_31);
}

static bool handshake(struct half *h, const struct mesh *m, struct peer *p, const uint8_t *data,
		      size_t len)
{
	uint32_t version;
	char why[128];

	if ((len != 5 && len != 9) || data[0] != MAGIC) {
		peer_close(p, "no handshake");
		return false;
	}
	memcpy(&version, data + 1, 4);
	version = ntohl(version);
	if (!compatible(m->version, version)) {
		snprintf(why, sizeof(why),
			 "Incompatible protocol version; we have %u, they have %u", m->version,
			 version);
		peer_close(p, why);
		return false;
	}
	h->shaken = true;
	return true;
}

/* ---- hello --------------------------------------------------------------------------------- */

static void send_hello(const struct link *l, struct peer *p)
{
	struct frame_hello hello = l->mesh->hello;
	OWN(buf) struct buf b = { 0 };

	hello.to = l->id;
	frame_hello_encode(&hello, &b);
	peer_send(p, b.data, b.len);
}

static bool agrees(const struct link *l, const struct frame_hello *theirs)
{
	const struct frame_hello *ours = &l->mesh->hello;

	return !memcmp(theirs->set, ours->set, sizeof(ours->set)) && theirs->epoch == ours->epoch;
}

static void changed(const struct mesh *m)
{
	m->events.changed(m->events.ctx);
}

/* Answers the hello that waits, when it is about what we see too. */
static bool answer(struct link *l)
{
	OWN(str) char *text = NULL;

	if (!l->in.shaken || !l->said_hello || l->in.up)
		return false;
	if (!agrees(l, &l->hello)) {
		text = str_printf("%u (%s) says hello for epoch %" PRIu64 ", this node is at epoch %" PRIu64
				  " and waits until both see the same participants",
				  l->id, l->account, l->hello.epoch, l->mesh->hello.epoch);
		if (node_repeat_due(&l->repeat, text))
			node_log("INFO", TARGET, "%s", text);
		return false;
	}
	l->in.up = true;
	send_hello(l, l->in.peer);
	node_log("INFO", TARGET, "Accepted connection of %u (%s)", l->id, l->account);
	return true;
}

/* ---- messages ------------------------------------------------------------------------------ */

/* The other side sees the link as up a little before or after us. What it says in between waits: our
 * answers could not be sent yet. */
static void hold(struct link *l, struct peer *p, const uint8_t *data, size_t len)
{
	struct held *h, **at = &l->held;

	if (l->held_count == HELD_MOST || l->held_bytes + len > HELD_BYTES_MOST) {
		peer_close(p, "sent too much before the link was up");
		return;
	}
	h = mem_new(1, sizeof(*h) + len);
	h->len = len;
	memcpy(h->data, data, len);
	while (*at)
		at = &(*at)->next;
	*at = h;
	l->held_count++;
	l->held_bytes += len;
}

static struct held *take_held(struct link *l)
{
	struct held *h = l->held;

	if (h) {
		l->held = h->next;
		l->held_count--;
		l->held_bytes -= h->len;
	}
	return h;
}

static void held_free(struct held *h)
{
	sodium_memzero(h->data, h->len);
	free(h);
}

static void drop_held(struct link *l)
{
	struct held *h;

	while ((h = take_held(l)))
		held_free(h);
}

static void deliver_held(struct link *l)
{
	const struct mesh *m = l->mesh;
	struct held *h;

	while (l->in.up && l->out.up && (h = take_held(l))) {
		m->events.message(m->events.ctx, l->id, h->data, h->len);
		held_free(h);
	}
}

static void took_message(struct link *l, struct peer *p, const uint8_t *data, size_t len)
{
	const struct mesh *m = l->mesh;

	if (!l->in.up)
		return; /* of an epoch that we have left */
	if (l->out.up && !l->held)
		m->events.message(m->events.ctx, l->id, data, len);
	else
		hold(l, p, data, len);
}

static void took_hello(struct link *l, struct peer *p, const uint8_t *data, size_t len)
{
	struct frame_hello hello;

	if (frame_hello_decode(data, len, &hello) < 0 || hello.from != l->id ||
	    hello.to != l->mesh->hello.from) {
		peer_close(p, "sent a hello that is not from it to us");
		return;
	}
	l->hello = hello;
	l->said_hello = true;
	l->in.up = false;
	drop_held(l);
	answer(l);
	changed(l->mesh);
}

/* ---- we dial ------------------------------------------------------------------------------- */

static void dialled_open(void *ctx, struct peer *p)
{
	struct link *l = ctx;

	peer_read_timeout(p, HANDSHAKE_MS / 1000);
	peer_frame_most(p, FRAME_MOST);
	send_handshake(p, l->mesh, l->connections++);
}

static void dialled_frame(void *ctx, struct peer *p, const uint8_t *data, size_t len)
{
	struct link *l = ctx;
	struct frame_hello hello;

	if (!l->out.shaken) {
		if (!handshake(&l->out, l->mesh, p, data, len))
			return;
		peer_read_timeout(p, 0);
		l->dials = 0;
		send_hello(l, p);
		send_height(p, l->mesh->height);
	} else if (frame_hello_decode(data, len, &hello) < 0 || hello.from != l->id ||
		   hello.to != l->mesh->hello.from) {
		peer_close(p, "the acceptor of a connection sends nothing but its hello");
	} else if (!l->out.up && agrees(l, &hello)) { /* else: the answer to an earlier one */
		l->out.up = true;
		node_log("INFO", TARGET, "Connected to %u (%s) at %s", l->id, l->account,
			 peer_address(p));
		changed(l->mesh);
		deliver_held(l);
	}
}

static void link_free(struct link *l)
{
	drop_held(l);
	event_free(l->retry);
	free(l->account);
	free(l->host);
	free(l);
}

/* Links that left the contract live until both connections are gone. */
static void sweep(struct mesh *m)
{
	struct link **at = &m->links;

	while (*at) {
		struct link *l = *at;

		if (l->wanted || l->out.peer || l->in.peer) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		link_free(l);
	}
}

static void dialled_closed(void *ctx, struct peer *p, const char *why)
{
	struct link *l = ctx;
	struct mesh *m = l->mesh;
	OWN(str) char *text = NULL;
	bool was_up;

	(void)p;
	if (l->out.up)
		text = str_printf("Connection to %u (%s) lost: %s", l->id, l->account, why);
	else
		text = str_printf("Could not connect to %u (%s), retrying: %s", l->id, l->account,
				  why);
	if (l->wanted && node_repeat_due(&l->repeat, text))
		node_log("WARN", TARGET, "%s", text);
	was_up = l->out.up;
	l->out.peer = NULL;
	l->out.up = l->out.shaken = false;
	l->dials++;
	if (l->wanted)
		after_ms(l->retry, l->dials < EARLY_DIALS ? EARLY_MS : LATE_MS);
	sweep(m);
	if (was_up)
		changed(m);
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	struct link *l = ctx;

	(void)fd;
	(void)what;
	if (!l->out.peer)
		dial(l);
}

static void dial(struct link *l)
{
	struct peer_events events = { NULL, dialled_open, dialled_frame, dialled_closed, l };

	l->out.peer = peer_dial(l->mesh->host, l->host, l->port, l->key, &events);
}

/* ---- others dial us ------------------------------------------------------------------------ */

static struct link *find(const struct mesh *m, const uint8_t key[NEAR_PUBLIC_BYTES])
{
	for (struct link *l = m->links; l; l = l->next)
		if (l->wanted && !memcmp(l->key, key, NEAR_PUBLIC_BYTES))
			return l;
	return NULL;
}

static bool accepted_verify(void *ctx, struct peer *p, const uint8_t key[NEAR_PUBLIC_BYTES])
{
	struct mesh *m = ctx;
	OWN(str) char *text = near_public_format(key);

	if (find(m, key))
		return true;
	if (node_repeat_due(&m->repeat, text))
		node_log("WARN", TARGET, "Connection with unknown public key %s from %s", text,
			 peer_address(p));
	return false;
}

static void accepted_open(void *ctx, struct peer *p)
{
	struct mesh *m = ctx;
	struct link *l = find(m, peer_key(p));

	if (!l) {
		peer_close(p, "no longer a participant");
		return;
	}
	/* The other side started anew, and we have not noticed yet that the old one is dead. */
	if (l->in.peer) {
		peer_set_data(l->in.peer, NULL);
		peer_close(l->in.peer, "replaced by a newer connection");
	}
	l->in.peer = p;
	l->in.up = l->in.shaken = l->said_hello = false;
	drop_held(l);
	peer_set_data(p, l);
	peer_read_timeout(p, READ_TIMEOUT_S);
	peer_frame_most(p, FRAME_MOST);
	send_handshake(p, m, 0);
	if (!l->out.peer) /* it is there: no need to wait for our next try */
		after_ms(l->retry, 0);
}

static void accepted_frame(void *ctx, struct peer *p, const uint8_t *data, size_t len)
{
	struct link *l = peer_data(p);
	uint64_t height = 0;

	(void)ctx;
	if (!l)
		return;
	if (!l->in.shaken) {
		handshake(&l->in, l->mesh, p, data, len);
	} else if (len == 9 && data[0] == FRAME_HEIGHT) {
		for (int i = 7; i >= 0; i--)
			height = height << 8 | data[1 + i];
		l->height = height;
	} else if (len && data[0] == FRAME_HELLO) {
		took_hello(l, p, data, len);
	} else if (len && data[0] == FRAME_MPC) {
		took_message(l, p, data, len);
	} else if (len != 1 || data[0] != FRAME_PING) {
		peer_close(p, "sent a frame that this node does not know");
	}
}

static void accepted_closed(void *ctx, struct peer *p, const char *why)
{
	struct link *l = peer_data(p);
	bool was_up;

	if (!l)
		return;
	was_up = l->in.up;
	if (was_up)
		node_log("WARN", TARGET, "Connection of %u (%s) lost: %s", l->id, l->account, why);
	l->in.peer = NULL;
	l->in.up = l->in.shaken = l->said_hello = false;
	drop_held(l);
	sweep(ctx);
	if (was_up)
		changed(ctx);
}

static void try_listen(struct mesh *m)
{
	struct peer_events events = { accepted_verify, accepted_open, accepted_frame,
				      accepted_closed, m };
	struct err err = { 0 };

	if (peer_listen(m->host, m->port, &events, &err) == 0) {
		m->listening = true;
		node_log("INFO", TARGET, "listening for participants on 0.0.0.0:%u", m->port);
		return;
	}
	if (node_repeat_due(&m->repeat, err.text))
		node_log("ERROR", TARGET, "[Running] failed: %s", err.text);
	after_ms(m->listen, LATE_MS);
}

static void on_listen(evutil_socket_t fd, short what, void *ctx)
{
	struct mesh *m = ctx;

	(void)fd;
	(void)what;
	if (m->port && !m->listening)
		try_listen(m);
}

static void listen_on(struct mesh *m, uint16_t port)
{
	if (port == m->port)
		return;
	peer_unlisten(m->host);
	m->listening = false;
	m->port = port;
	if (port)
		try_listen(m);
}

/* ---- the room's side ----------------------------------------------------------------------- */

static void on_ping(evutil_socket_t fd, short what, void *ctx)
{
	static const uint8_t ping[1] = { FRAME_PING };
	const struct mesh *m = ctx;

	(void)fd;
	(void)what;
	for (struct link *l = m->links; l; l = l->next)
		if (l->out.shaken)
			peer_send(l->out.peer, ping, sizeof(ping));
}

struct mesh *mesh_new(struct event_base *base, struct peer_host *host, enum node_profile profile,
		      const uint8_t network[32], const struct mesh_events *events)
{
	struct mesh *m = NEW(struct mesh);
	struct timeval every = { 0 };

	m->base = base;
	m->host = host;
	m->events = *events;
	memcpy(m->network, network, sizeof(m->network));
	randombytes_buf(m->hello.process, sizeof(m->hello.process));
	m->version = profile == NODE_PROFILE_31 ? VERSION_31 : VERSION_CURRENT;
	m->ping_s = profile == NODE_PROFILE_31 ? 1 : 5;
	every.tv_sec = m->ping_s;
	m->ping = event_new(base, -1, EV_PERSIST, on_ping, m);
	m->listen = event_new(base, -1, 0, on_listen, m);
	event_add(m->ping, &every);
	return m;
}

/* Connections are the host's and end with it. */
void mesh_free(struct mesh *m)
{
	if (!m)
		return;
	while (m->links) {
		struct link *l = m->links;

		m->links = l->next;
		link_free(l);
	}
	event_free(m->ping);
	event_free(m->listen);
	free(m);
}

static bool same(const struct link *l, const struct contract_participant *p)
{
	return l->id == p->id && l->port == p->port && !strcmp(l->host, p->host) &&
	       !strcmp(l->account, p->account) && !memcmp(l->key, p->key, sizeof(l->key));
}

static void want(struct mesh *m, const struct contract_participant *p)
{
	struct link *l;

	for (l = m->links; l; l = l->next)
		if (same(l, p)) {
			l->wanted = true;
			return;
		}
	l = NEW(struct link);
	l->mesh = m;
	l->id = p->id;
	l->port = p->port;
	l->account = str_dup(p->account);
	l->host = str_dup(p->host);
	memcpy(l->key, p->key, sizeof(l->key));
	l->out.link = l->in.link = l;
	l->wanted = true;
	l->retry = event_new(m->base, -1, 0, on_retry, l);
	l->next = m->links;
	m->links = l;
	dial(l);
}

static void leave(struct link *l)
{
	event_del(l->retry);
	if (l->out.peer)
		peer_close(l->out.peer, "no longer a participant");
	if (l->in.peer)
		peer_close(l->in.peer, "no longer a participant");
}

static void hash_number(crypto_hash_sha256_state *h, uint64_t value)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	crypto_hash_sha256_update(h, bytes, sizeof(bytes));
}

static void set_of(const struct mesh *m, const struct contract_state *state, uint8_t ret[32])
{
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, m->network, sizeof(m->network));
	for (size_t i = 0; i < state->participant_count; i++) {
		const struct contract_participant *p = &state->participants[i];

		hash_number(&h, p->id);
		hash_number(&h, strlen(p->account));
		crypto_hash_sha256_update(&h, (const uint8_t *)p->account, strlen(p->account));
		crypto_hash_sha256_update(&h, p->key, sizeof(p->key));
	}
	crypto_hash_sha256_final(&h, ret);
}

/* Links stay, but have to be agreed on anew. */
static void new_hello(struct mesh *m, const struct contract_state *state,
		      const struct contract_participant *self)
{
	struct frame_hello hello = m->hello;

	hello.from = self->id;
	hello.epoch = state->epoch;
	set_of(m, state, hello.set);
	if (!memcmp(&hello, &m->hello, sizeof(hello)))
		return;
	m->hello = hello;
	for (struct link *l = m->links; l; l = l->next) {
		l->out.up = l->in.up = false;
		drop_held(l);
		if (l->out.shaken)
			send_hello(l, l->out.peer);
	}
}

void mesh_set(struct mesh *m, const struct contract_state *state,
	      const struct contract_participant *self)
{
	if (self)
		new_hello(m, state, self);
	for (struct link *l = m->links; l; l = l->next)
		l->wanted = false;
	for (size_t i = 0; self && i < state->participant_count; i++)
		if (&state->participants[i] != self)
			want(m, &state->participants[i]);
	for (struct link *l = m->links; l; l = l->next)
		if (l->wanted)
			answer(l);
		else
			leave(l);
	sweep(m);
	listen_on(m, self ? self->port : 0);
}

void mesh_height(struct mesh *m, uint64_t height)
{
	m->height = height;
	for (struct link *l = m->links; l; l = l->next)
		if (l->out.shaken)
			send_height(l->out.peer, height);
}

static struct mesh_link show(const struct link *l)
{
	return (struct mesh_link){ l->id,      l->account, l->out.up,
				   l->in.up,   l->height,  l->hello.process };
}

size_t mesh_links(const struct mesh *m, struct mesh_link *ret, size_t most)
{
	size_t count = 0;

	for (const struct link *l = m->links; l; l = l->next)
		if (l->wanted && count < most)
			ret[count++] = show(l);
	return count;
}

static struct link *of_id(const struct mesh *m, uint32_t id)
{
	for (struct link *l = m->links; l; l = l->next)
		if (l->wanted && l->id == id)
			return l;
	return NULL;
}

int mesh_find(const struct mesh *m, uint32_t id, struct mesh_link *ret)
{
	const struct link *l = of_id(m, id);

	if (!l)
		return 1;
	*ret = show(l);
	return 0;
}

bool mesh_up(const struct mesh *m, uint32_t id)
{
	const struct link *l = of_id(m, id);

	return l && l->out.up && l->in.up;
}

void mesh_send(struct mesh *m, uint32_t to, const void *data, size_t len)
{
	const struct link *l = of_id(m, to);

	if (l && l->out.up)
		peer_send(l->out.peer, data, len);
}

const uint8_t *mesh_process(const struct mesh *m)
{
	return m->hello.process;
}
