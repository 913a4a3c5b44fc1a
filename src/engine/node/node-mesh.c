/* Connections between participants (node-contract.md 4): every ordered pair has one of its own, the
 * dialler only sends, the acceptor only receives; both know the other's key from the contract.
 *
 * Behind TLS both sides send one handshake frame: 0xCC, u32 version big-endian (and from version 8
 * a u32 connection id). Then the dialler sends frames: 0 = ping, 2 + u64 little-endian = its
 * height; 1 is for the messages of the threshold protocols. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <inttypes.h>
#include <string.h>

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

enum { FRAME_PING, FRAME_MPC, FRAME_HEIGHT };

/* One direction of a link. */
struct half {
	struct link *link;
	struct peer *peer;
	bool up; /* handshake done */
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
	bool wanted;
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
	h->up = true;
	return true;
}

/* ---- we dial ------------------------------------------------------------------------------- */

static void dialled_open(void *ctx, struct peer *p)
{
	struct link *l = ctx;

	peer_read_timeout(p, HANDSHAKE_MS / 1000);
	send_handshake(p, l->mesh, l->connections++);
}

static void dialled_frame(void *ctx, struct peer *p, const uint8_t *data, size_t len)
{
	struct link *l = ctx;

	if (l->out.up) {
		peer_close(p, "the acceptor of a connection does not send");
		return;
	}
	if (!handshake(&l->out, l->mesh, p, data, len))
		return;
	peer_read_timeout(p, 0);
	l->dials = 0;
	node_log("INFO", TARGET, "Connected to %u (%s) at %s", l->id, l->account, peer_address(p));
	send_height(p, l->mesh->height);
}

static void link_free(struct link *l)
{
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

	(void)p;
	if (l->out.up)
		text = str_printf("Connection to %u (%s) lost: %s", l->id, l->account, why);
	else
		text = str_printf("Could not connect to %u (%s), retrying: %s", l->id, l->account,
				  why);
	if (l->wanted && node_repeat_due(&l->repeat, text))
		node_log("WARN", TARGET, "%s", text);
	l->out.peer = NULL;
	l->out.up = false;
	l->dials++;
	if (l->wanted)
		after_ms(l->retry, l->dials < EARLY_DIALS ? EARLY_MS : LATE_MS);
	sweep(m);
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	dial(ctx);
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
	l->in.up = false;
	peer_set_data(p, l);
	peer_read_timeout(p, READ_TIMEOUT_S);
	send_handshake(p, m, 0);
}

static void accepted_frame(void *ctx, struct peer *p, const uint8_t *data, size_t len)
{
	struct link *l = peer_data(p);
	uint64_t height = 0;

	(void)ctx;
	if (!l)
		return;
	if (!l->in.up) {
		if (handshake(&l->in, l->mesh, p, data, len))
			node_log("INFO", TARGET, "Accepted connection of %u (%s)", l->id,
				 l->account);
		return;
	}
	if (len == 9 && data[0] == FRAME_HEIGHT) {
		for (int i = 7; i >= 0; i--)
			height = height << 8 | data[1 + i];
		l->height = height;
	} else if (len != 1 || data[0] != FRAME_PING) {
		peer_close(p, "sent a frame that this node does not know");
	}
}

static void accepted_closed(void *ctx, struct peer *p, const char *why)
{
	struct link *l = peer_data(p);

	if (!l)
		return;
	if (l->in.up)
		node_log("WARN", TARGET, "Connection of %u (%s) lost: %s", l->id, l->account, why);
	l->in.peer = NULL;
	l->in.up = false;
	sweep(ctx);
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
		if (l->out.up)
			peer_send(l->out.peer, ping, sizeof(ping));
}

struct mesh *mesh_new(struct event_base *base, struct peer_host *host, enum node_profile profile)
{
	struct mesh *m = NEW(struct mesh);
	struct timeval every = { 0 };

	m->base = base;
	m->host = host;
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

void mesh_set(struct mesh *m, const struct contract_state *state,
	      const struct contract_participant *self)
{
	for (struct link *l = m->links; l; l = l->next)
		l->wanted = false;
	for (size_t i = 0; self && i < state->participant_count; i++)
		if (&state->participants[i] != self)
			want(m, &state->participants[i]);
	for (struct link *l = m->links; l; l = l->next)
		if (!l->wanted)
			leave(l);
	sweep(m);
	listen_on(m, self ? self->port : 0);
}

void mesh_height(struct mesh *m, uint64_t height)
{
	m->height = height;
	for (struct link *l = m->links; l; l = l->next)
		if (l->out.up)
			send_height(l->out.peer, height);
}

size_t mesh_links(const struct mesh *m, struct mesh_link *ret, size_t most)
{
	size_t count = 0;

	for (const struct link *l = m->links; l; l = l->next)
		if (l->wanted && count < most)
			ret[count++] = (struct mesh_link){ l->id, l->account, l->out.up, l->in.up,
							   l->height };
	return count;
}
