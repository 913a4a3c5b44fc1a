#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/peer/peer-internal.h"

/* What a side that does not read may pile up here before it is given up. */
#define OUTPUT_MOST (2u * PEER_FRAME_MOST)
#define FRAME_HEADER 4

struct peer_listener {
	struct peer_host *host;
	struct evconnlistener *listener;
	struct peer_events events;
	struct peer_listener *next;
};

struct peer_host {
	struct event_base *base;
	SSL_CTX *tls;
	struct peer_listener *listeners;
	struct peer *peers;
};

struct peer {
	struct peer_host *host;
	struct peer *next, **link; /* in the host's list */
	struct peer_events events;
	struct peer_resolve *resolve;
	struct bufferevent *socket;
	SSL *ssl;
	BIO *from_socket, *to_socket; /* ssl owns both */
	struct event *end;	      /* calls closed() from the loop */
	struct event *deadline;	      /* for the connection to come up */
	struct event *connecting;     /* until the socket is connected */
	int fd;			      /* ours until bufferevent gets it */
	struct buf input;	      /* plain bytes of a frame that is not whole yet */
	bool dialled, open, ended, key_known, key_refused;
	uint16_t port;
	unsigned read_timeout_s;
	uint32_t frame_most;
	uint8_t key[NEAR_PUBLIC_BYTES];
	uint8_t expected[NEAR_PUBLIC_BYTES];
	char address[300];
	char why[512];
	void *data;
};

static void finish(struct peer *p, const char *fmt, ...) ERR_FMT(2, 3);

/* One TLS record with all its overhead. */
#define RECORD_MOST (SSL3_RT_MAX_PLAIN_LENGTH + 512)

/* Straight to the socket, not by way of the next turn of the loop: a signature waits for it. The rest, and
 * what went wrong, is libevent's. */
static void write_now(struct peer *p, const char *data, size_t len)
{
	int fd = bufferevent_getfd(p->socket);
	ssize_t sent = 0;

	if (fd >= 0 && !evbuffer_get_length(bufferevent_get_output(p->socket)))
		sent = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		sent = 0;
	if ((size_t)sent < len)
		bufferevent_write(p->socket, data + sent, len - (size_t)sent);
}

/* Hands what TLS wants to send to the socket. */
static void flush(struct peer *p)
{
	char chunk[RECORD_MOST];
	int got;

	while (p->socket && (got = BIO_read(p->to_socket, chunk, sizeof(chunk))) > 0)
		write_now(p, chunk, (size_t)got);
}

/* The last words (an alert, a close notify, frames just sent) leave if the socket takes them now.
 */
static void flush_last(struct peer *p)
{
	struct evbuffer *output;

	if (!p->ssl || !p->socket)
		return;
	if (p->open)
		SSL_shutdown(p->ssl);
	flush(p);
	bufferevent_disable(p->socket, EV_READ | EV_WRITE);
	output = bufferevent_get_output(p->socket);
	evbuffer_unfreeze(output, 1);
	if (bufferevent_getfd(p->socket) >= 0 && evbuffer_get_length(output))
		evbuffer_write(output, bufferevent_getfd(p->socket));
}

static void finish(struct peer *p, const char *fmt, ...)
{
	va_list args;

	if (p->ended)
		return;
	va_start(args, fmt);
	vsnprintf(p->why, sizeof(p->why), fmt, args);
	va_end(args);
	p->ended = true;
	flush_last(p);
	event_active(p->end, EV_TIMEOUT, 0);
}

static void release(struct peer *p)
{
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	peer_resolve_free(p->resolve);
	if (p->connecting)
		event_free(p->connecting);
	if (p->fd >= 0)
		close(p->fd);
	if (p->socket)
		bufferevent_free(p->socket);
	SSL_free(p->ssl);
	event_free(p->end);
	event_free(p->deadline);
	buf_free(&p->input);
	free(p);
}

static void on_end(evutil_socket_t fd, short what, void *ctx)
{
	struct peer *p = ctx;

	(void)fd;
	(void)what;
	if (p->events.closed)
		p->events.closed(p->events.ctx, p, p->why);
	release(p);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
	struct peer *p = ctx;

	(void)fd;
	(void)what;
	finish(p, "connection to %s did not come up within %d s", p->address,
	       PEER_CONNECT_TIMEOUT_S);
}

static void tls_failed(struct peer *p)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	OWN(str) char *want = NULL;
	OWN(str) char *got = NULL;

	if (p->key_refused && p->key_known) {
		want = near_public_format(p->expected);
		got = near_public_format(p->key);
		finish(p, "incorrect peer identity, expected %s, authenticated %s", want, got);
	} else if (p->key_refused) {
		finish(p, "%s did not present exactly one ed25519 certificate", p->address);
	} else {
		finish(p, "TLS with %s failed: %s", p->address, reason ? reason : "unknown");
	}
	ERR_clear_error();
}

/* ---- frames -------------------------------------------------------------------------------- */

static uint32_t frame_length(const struct buf *b)
{
	uint32_t be;

	memcpy(&be, b->data, sizeof(be));
	return ntohl(be);
}

static void deliver_frames(struct peer *p)
{
	size_t used = 0;

	while (!p->ended && p->input.len - used >= FRAME_HEADER) {
		struct buf rest = { .data = p->input.data + used, .len = p->input.len - used };
		uint32_t len = frame_length(&rest);

		if (len > p->frame_most) {
			finish(p, "%s sent a frame of %u bytes, more than %u", p->address, len,
			       p->frame_most);
			return;
		}
		if (rest.len - FRAME_HEADER < len)
			break;
		used += FRAME_HEADER + len;
		if (p->events.frame)
			p->events.frame(p->events.ctx, p, (uint8_t *)rest.data + FRAME_HEADER, len);
	}
	if (used)
		buf_consume(&p->input, used);
}

static void read_plain(struct peer *p)
{
	char chunk[16384];
	int got;

	for (;;) {
		ERR_clear_error();
		got = SSL_read(p->ssl, chunk, sizeof(chunk));
		if (got <= 0)
			break;
		buf_add(&p->input, chunk, (size_t)got);
		deliver_frames(p);
		if (p->ended)
			return;
	}
	switch (SSL_get_error(p->ssl, got)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		break;
	case SSL_ERROR_ZERO_RETURN:
		finish(p, "closed by %s", p->address);
		break;
	default:
		tls_failed(p);
	}
}

/* ---- TLS ----------------------------------------------------------------------------------- */

/* OpenSSL's place for its own chain check, which has no meaning here: the key is what counts. */
static int verify_certificate(X509_STORE_CTX *store, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct peer *p = SSL_get_app_data(ssl);

	(void)unused;
	p->key_known = peer_tls_key(store, p->key) == 0;
	p->key_refused =
		!p->key_known || (p->dialled && memcmp(p->key, p->expected, sizeof(p->key)) != 0);
	X509_STORE_CTX_set_error(store,
				 p->key_refused ? X509_V_ERR_APPLICATION_VERIFICATION : X509_V_OK);
	return !p->key_refused;
}

static void came_up(struct peer *p)
{
	event_del(p->deadline);
	if (p->events.verify && !p->events.verify(p->events.ctx, p, p->key)) {
		finish(p, "refused");
		return;
	}
	if (p->ended)
		return;
	p->open = true;
	peer_read_timeout(p, p->read_timeout_s);
	if (p->events.open)
		p->events.open(p->events.ctx, p);
}

static void handshake(struct peer *p)
{
	int done;

	ERR_clear_error();
	done = SSL_do_handshake(p->ssl);
	flush(p);
	if (done == 1)
		came_up(p);
	else if (SSL_get_error(p->ssl, done) != SSL_ERROR_WANT_READ)
		tls_failed(p);
}

static void on_read(struct bufferevent *socket, void *ctx)
{
	struct evbuffer *input = bufferevent_get_input(socket);
	struct peer *p = ctx;
	char chunk[16384];
	int got;

	while (!p->ended && (got = evbuffer_remove(input, chunk, sizeof(chunk))) > 0) {
		BIO_write(p->from_socket, chunk, got);
		if (!p->open)
			handshake(p);
		if (p->open && !p->ended)
			read_plain(p);
	}
	if (!p->ended)
		flush(p);
}

static int start_tls(struct peer *p)
{
	p->ssl = SSL_new(p->host->tls);
	p->from_socket = BIO_new(BIO_s_mem());
	p->to_socket = BIO_new(BIO_s_mem());
	if (!p->ssl || !p->from_socket || !p->to_socket) {
		BIO_free(p->from_socket);
		BIO_free(p->to_socket);
		finish(p, "out of memory");
		return -1;
	}
	SSL_set_bio(p->ssl, p->from_socket, p->to_socket);
	SSL_set_app_data(p->ssl, p);
	if (p->dialled)
		SSL_set_connect_state(p->ssl);
	else
		SSL_set_accept_state(p->ssl);
	return 0;
}

/* ---- sockets ------------------------------------------------------------------------------- */

/* Half-open connections stalled real nodes for a quarter of an hour: the kernel shall notice. */
static void watch_connection(int fd)
{
	const int on = 1, idle_s = 3, interval_s = 1, probes = 3, unsent_ms = 30000;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unsent_ms, sizeof(unsent_ms));
}

static void connected(struct peer *p)
{
	watch_connection(p->fd);
	bufferevent_setfd(p->socket, GIVE_FD(p->fd));
	if (start_tls(p) < 0)
		return;
	bufferevent_enable(p->socket, EV_READ | EV_WRITE);
	handshake(p);
}

static void on_event(struct bufferevent *socket, short what, void *ctx)
{
	struct peer *p = ctx;
	int error = EVUTIL_SOCKET_ERROR();

	(void)socket;
	if (what & BEV_EVENT_TIMEOUT)
		finish(p, "nothing heard from %s for %u s", p->address, p->read_timeout_s);
	else if (what & BEV_EVENT_EOF)
		finish(p, "closed by %s", p->address);
	else
		finish(p, "%s: %s (os error %d)", p->address, strerror(error), error);
}

static struct peer *peer_new(struct peer_host *h, const struct peer_events *events, int fd)
{
	struct timeval patience = { .tv_sec = PEER_CONNECT_TIMEOUT_S };
	struct peer *p = NEW(struct peer);

	p->host = h;
	p->fd = -1;
	p->frame_most = PEER_FRAME_MOST;
	p->events = *events;
	p->next = h->peers;
	p->link = &h->peers;
	if (p->next)
		p->next->link = &p->next;
	h->peers = p;
	p->end = event_new(h->base, -1, 0, on_end, p);
	p->deadline = event_new(h->base, -1, 0, on_deadline, p);
	event_add(p->deadline, &patience);
	p->socket = bufferevent_socket_new(h->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(p->socket, on_read, NULL, on_event, p);
	return p;
}

/* As Rust words it, which is what people search for. */
static void connect_failed(struct peer *p, int error)
{
	finish(p, "could not connect to %s: %s (os error %d)", p->address, strerror(error), error);
}

static void on_connect(evutil_socket_t fd, short what, void *ctx)
{
	struct peer *p = ctx;
	socklen_t len = sizeof(int);
	int error = 0;

	(void)what;
	if (p->ended)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error)
		connect_failed(p, error);
	else
		connected(p);
}

static void on_resolved(void *ctx, uint32_t address, const char *error)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct peer *p = ctx;

	if (p->ended)
		return;
	if (error) {
		finish(p, "could not connect to %s: %s", p->address, error);
		return;
	}
	to.sin_addr.s_addr = htonl(address);
	to.sin_port = htons(p->port);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0 ||
	    (connect(p->fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)) {
		connect_failed(p, errno);
		return;
	}
	p->connecting = event_new(p->host->base, p->fd, EV_WRITE, on_connect, p);
	event_add(p->connecting, NULL);
}

struct peer *peer_dial(struct peer_host *h, const char *host, uint16_t port,
		       const uint8_t expected[NEAR_PUBLIC_BYTES], const struct peer_events *events)
{
	struct peer *p = peer_new(h, events, -1);

	p->dialled = true;
	p->port = port;
	memcpy(p->expected, expected, NEAR_PUBLIC_BYTES);
	snprintf(p->address, sizeof(p->address), "%s:%u", host, port);
	p->resolve = peer_resolve_start(h->base, host, on_resolved, p);
	return p;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
		      int from_len, void *ctx)
{
	struct peer_listener *l = ctx;
	const struct sockaddr_in *ip = (const void *)from;
	OWN(str) char *address = ip_format(ntohl(ip->sin_addr.s_addr));
	struct peer *p = peer_new(l->host, &l->events, fd);

	(void)listener;
	(void)from_len;
	snprintf(p->address, sizeof(p->address), "%s:%u", address, ntohs(ip->sin_port));
	watch_connection(fd);
	if (start_tls(p) == 0)
		bufferevent_enable(p->socket, EV_READ | EV_WRITE);
}

/* ---- the room's door ----------------------------------------------------------------------- */

int peer_host_new(struct event_base *base, const struct near_key *key, struct peer_host **ret,
		  struct err *err)
{
	SSL_CTX *tls = peer_tls_context(key, verify_certificate, err);
	struct peer_host *h;

	if (!tls)
		return -1;
	h = NEW(struct peer_host);
	h->base = base;
	h->tls = tls;
	*ret = h;
	return 0;
}

void peer_host_free(struct peer_host *h)
{
	if (!h)
		return;
	peer_unlisten(h);
	while (h->peers) {
		if (!h->peers->ended)
			flush_last(h->peers);
		release(h->peers);
	}
	SSL_CTX_free(h->tls);
	free(h);
}

int peer_listen(struct peer_host *h, uint16_t port, const struct peer_events *events,
		struct err *err)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct peer_listener *l = NEW(struct peer_listener);

	l->host = h;
	l->events = *events;
	l->listener = evconnlistener_new_bind(h->base, on_accept, l,
					      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
						      LEV_OPT_REUSEABLE,
					      128, (struct sockaddr *)&at, sizeof(at));
	if (!l->listener) {
		free(l);
		return err_set(err, ERR_SYS, "TCP bind to 0.0.0.0:%u: %s (os error %d)", port,
			       strerror(errno), errno);
	}
	l->next = h->listeners;
	h->listeners = l;
	return 0;
}

void peer_unlisten(struct peer_host *h)
{
	while (h->listeners) {
		struct peer_listener *l = h->listeners;

		h->listeners = l->next;
		evconnlistener_free(l->listener);
		free(l);
	}
}

/* A frame that fits is one record, hence one write and one read. */
static bool write_frame(struct peer *p, const void *data, size_t len)
{
	uint8_t frame[SSL3_RT_MAX_PLAIN_LENGTH];
	uint32_t header = htonl((uint32_t)len);
	size_t first = len < sizeof(frame) - FRAME_HEADER ? len : sizeof(frame) - FRAME_HEADER;
	bool good;

	memcpy(frame, &header, FRAME_HEADER);
	if (first)
		memcpy(frame + FRAME_HEADER, data, first);
	good = SSL_write(p->ssl, frame, (int)(FRAME_HEADER + first)) > 0 &&
	       (first == len || SSL_write(p->ssl, (const uint8_t *)data + first, (int)(len - first)) > 0);
	OPENSSL_cleanse(frame, FRAME_HEADER + first); /* it may hold shares */
	return good;
}

void peer_send(struct peer *p, const void *data, size_t len)
{
	if (!p->open || p->ended || len > PEER_FRAME_MOST)
		return;
	if (evbuffer_get_length(bufferevent_get_output(p->socket)) > OUTPUT_MOST) {
		finish(p, "%s does not read what is sent to it", p->address);
		return;
	}
	ERR_clear_error();
	if (!write_frame(p, data, len)) {
		tls_failed(p);
		return;
	}
	flush(p);
}

void peer_close(struct peer *p, const char *why)
{
	finish(p, "%s", why);
}

void peer_read_timeout(struct peer *p, unsigned timeout_s)
{
	struct timeval patience = { .tv_sec = timeout_s };

	p->read_timeout_s = timeout_s;
	if (p->open && !p->ended)
		bufferevent_set_timeouts(p->socket, timeout_s ? &patience : NULL, NULL);
}

void peer_frame_most(struct peer *p, uint32_t most)
{
	p->frame_most = most;
}

const uint8_t *peer_key(const struct peer *p)
{
	return p->key;
}

const char *peer_address(const struct peer *p)
{
	return p->address;
}

void peer_set_data(struct peer *p, void *data)
{
	p->data = data;
}

void *peer_data(const struct peer *p)
{
	return p->data;
}
