#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "engine/http/http-internal.h"

enum {
	IDLE_S = 60,
	LINGER_S = 2, /* how long a refused client may go on sending */
	CONNECTIONS_MOST = 4096,
	INPUT_MOST = 256 * 1024,   /* read ahead while an answer is due */
	OUTPUT_MOST = 1024 * 1024, /* unread answers before the next request is looked at */
	STREAM_MOST = 16 << 20,	   /* unread bytes before a listener is dropped */
};

struct connection;

struct listening {
	struct evconnlistener *listener;
	struct event *again; /* after the machine ran out of descriptors */
	struct listening *next;
};

struct http_server {
	struct event_base *base;
	struct http_limits limits;
	http_handler fn;
	void *ctx;
	struct listening *listeners;
	struct connection *connections;
	size_t connection_count;
};

/* A connection lives until both sides are done with it; an exchange until it is answered, even when
 * its connection is gone by then. */
struct connection {
	struct http_server *server;
	struct connection *prev, *next;
	struct bufferevent *bev;
	struct event *timer;
	struct http_message message;
	struct http_exchange *exchange; /* waits for its answer, NULL: none does */
	char remote[INET6_ADDRSTRLEN];
	bool running;	/* connection_run() is on the stack */
	bool ended;	/* nothing more will come from the client */
	bool closing;	/* close once everything is written */
	bool lingering; /* all is written, what still comes is thrown away */
	bool continued; /* 100 Continue was sent for this message */
};

struct http_exchange {
	struct connection *connection; /* NULL: gone */
	struct http_message message;
	struct http_request request;
	char remote[INET6_ADDRSTRLEN];
	/* set by http_stream_begin() */
	void (*gone)(void *ctx);
	void *gone_ctx;
};

/* ---- life of a connection ---------------------------------------------------------------------
 */

static void exchange_free(struct http_exchange *x)
{
	http_message_free(&x->message);
	free(x);
}

static void stream_gone(struct http_exchange *x)
{
	x->gone(x->gone_ctx);
	exchange_free(x);
}

static void connection_free(struct connection *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		c->server->connections = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->server->connection_count--;
	if (c->exchange)
		c->exchange->connection = NULL;
	if (c->exchange && c->exchange->gone)
		stream_gone(c->exchange);
	event_free(c->timer);
	bufferevent_free(c->bev);
	http_message_free(&c->message);
	free(c);
}

static void timer_set(struct connection *c, unsigned seconds)
{
	struct timeval tv = { .tv_sec = seconds };

	(void)event_add(c->timer, &tv);
}

/* Everything is written: end our side, but let the client finish sending. Closing at once would
 * answer its bytes with a reset, and the reset would overtake the answer. */
static void connection_linger(struct connection *c)
{
	if (c->ended) {
		connection_free(c);
		return;
	}
	c->lingering = true;
	(void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	timer_set(c, LINGER_S);
}

static bool connection_written(const struct connection *c)
{
	return !evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* ---- answers ----------------------------------------------------------------------------------
 */

static bool header_own(const char *name)
{
	return !strcasecmp(name, "content-length") || !strcasecmp(name, "connection") ||
	       !strcasecmp(name, "transfer-encoding") || !strcasecmp(name, "date");
}

/* A line break in a value would be a header of its own. */
static void add_header(struct evbuffer *out, const char *name, const char *value)
{
	OWN(str) char *line = str_printf("%s: %s", name, value);

	for (char *c = line; *c; c++)
		if (*c == '\r' || *c == '\n')
			*c = ' ';
	evbuffer_add_printf(out, "%s\r\n", line);
}

static void add_date(struct evbuffer *out)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[64];

	if (gmtime_r(&now, &tm) && strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm))
		add_header(out, "Date", text);
}

static void write_head(struct connection *c, int status, const json_t *headers)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	const char *key;
	json_t *value;

	evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	json_object_foreach((json_t *)(uintptr_t)headers, key,
			    value) if (json_is_string(value) && !header_own(key))
		add_header(out, key, json_string_value(value));
	add_date(out);
}

static void write_reply(struct connection *c, int status, const json_t *headers, const void *body,
			size_t len, bool head_only)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	bool bodiless = status == 204 || status == 304;

	write_head(c, status, headers);
	if (!bodiless)
		evbuffer_add_printf(out, "Content-Length: %zu\r\n", len);
	evbuffer_add_printf(out, "Connection: %s\r\n\r\n", c->closing ? "close" : "keep-alive");
	if (body && len && !bodiless && !head_only)
		evbuffer_add(out, body, len);
}

static void refuse_connection(struct connection *c, int status, const struct err *why)
{
	OWN(json) json_t *headers = json_pack("{s:s}", "Content-Type", "text/plain");
	OWN(str) char *text = str_printf("%s\n", why->text);

	c->closing = true;
	write_reply(c, status, headers, text, strlen(text), str_eq(c->message.method, "HEAD"));
}

/* ---- requests ---------------------------------------------------------------------------------
 */

static void start_exchange(struct connection *c)
{
	struct http_exchange *x = NEW(struct http_exchange);

	x->connection = c;
	x->message = c->message;
	memcpy(x->remote, c->remote, sizeof(x->remote));
	http_message_init(&c->message, false, c->server->limits.body_most);
	c->continued = false;
	c->exchange = x;
	x->request = (struct http_request){
		.method = x->message.method,
		.target = x->message.target,
		.path = x->message.path,
		.query = x->message.query,
		.headers = x->message.headers,
		.body = x->message.body.data ? x->message.body.data : "",
		.body_len = x->message.body.len,
		.remote = x->remote,
	};
	if (!x->message.keep_alive)
		c->closing = true;
	(void)event_del(c->timer);
	c->server->fn(c->server->ctx, x, &x->request);
}

/* Feeds what has arrived. False: the message needs more, or the connection is refused. */
static bool feed(struct connection *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct err err = { 0 };
	size_t used;
	int status;

	while (c->message.state != HTTP_WHOLE && evbuffer_get_length(in)) {
		size_t len = evbuffer_get_contiguous_space(in);
		const char *data;

		if (!len)
			len = evbuffer_get_length(in);
		data = (const char *)evbuffer_pullup(in, (ev_ssize_t)len);
		status = http_message_feed(&c->message, data, len, &used, &err);
		evbuffer_drain(in, used);
		if (status) {
			refuse_connection(c, status, &err);
			return false;
		}
	}
	if (c->message.expects && !c->continued && c->message.state != HTTP_WHOLE) {
		c->continued = true;
		evbuffer_add_printf(bufferevent_get_output(c->bev),
				    "HTTP/1.1 100 Continue\r\n\r\n");
	}
	return c->message.state == HTTP_WHOLE;
}

/* Does whatever can be done now. May free the connection: callers return right after it. */
static void connection_run(struct connection *c)
{
	if (c->running)
		return;
	c->running = true;
	while (!c->exchange && !c->closing &&
	       evbuffer_get_length(bufferevent_get_output(c->bev)) < OUTPUT_MOST && feed(c))
		start_exchange(c);
	c->running = false;
	if (c->exchange)
		return;
	if (c->ended && evbuffer_get_length(bufferevent_get_output(c->bev)) < OUTPUT_MOST)
		c->closing = true; /* all that came whole is answered */
	if (c->closing && connection_written(c))
		connection_linger(c);
	else
		timer_set(c, c->server->limits.idle_s);
}

void http_reply(struct http_exchange *x, int status, const json_t *headers, const void *body,
		size_t len)
{
	struct connection *c = x->connection;

	if (c) {
		c->exchange = NULL;
		write_reply(c, status, headers, body, len, !strcmp(x->message.method, "HEAD"));
	}
	exchange_free(x);
	if (c)
		connection_run(c);
}

/* ---- answers that grow --------------------------------------------------------------------------
 */

void http_stream_begin(struct http_exchange *x, const json_t *headers, void (*gone)(void *ctx), void *ctx)
{
	struct connection *c = x->connection;

	x->gone = gone;
	x->gone_ctx = ctx;
	if (!c)
		return;
	c->closing = true; /* its end is the end of the connection */
	write_head(c, 200, headers);
	evbuffer_add_printf(bufferevent_get_output(c->bev), "Connection: close\r\n\r\n");
}

bool http_stream_write(struct http_exchange *x, const void *data, size_t len)
{
	struct connection *c = x->connection;
	struct timeval now = { 0 };

	if (!c)
		return false;
	evbuffer_add(bufferevent_get_output(c->bev), data, len);
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) <= STREAM_MOST)
		return true;
	(void)event_add(c->timer, &now);
	return false;
}

void http_stream_end(struct http_exchange *x)
{
	struct connection *c = x->connection;

	exchange_free(x);
	if (!c)
		return;
	c->exchange = NULL;
	connection_run(c);
}

/* ---- events -----------------------------------------------------------------------------------
 */

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct connection *c = ctx;

	if (c->lingering || (c->closing && !c->exchange)) {
		evbuffer_drain(bufferevent_get_input(bev),
			       evbuffer_get_length(bufferevent_get_input(bev)));
		return;
	}
	connection_run(c);
}

static void on_write(struct bufferevent *bev, void *ctx)
{
	struct connection *c = ctx;

	(void)bev;
	if (!c->lingering)
		connection_run(c);
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct connection *c = ctx;

	(void)bev;
	/* who listens to a stream and ends its side has left */
	if (!(what & BEV_EVENT_EOF) || c->lingering || (c->exchange && c->exchange->gone)) {
		connection_free(c);
		return;
	}
	c->ended = true;
	connection_run(c);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	connection_free(ctx);
}

static void remote_name(int fd, char *text, size_t size)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	const void *ip = NULL;

	(void)snprintf(text, size, "local");
	if (getpeername(fd, (struct sockaddr *)&address, &len) < 0)
		return;
	if (address.ss_family == AF_INET)
		ip = &((struct sockaddr_in *)&address)->sin_addr;
	else if (address.ss_family == AF_INET6)
		ip = &((struct sockaddr_in6 *)&address)->sin6_addr;
	if (ip)
		(void)inet_ntop(address.ss_family, ip, text, (socklen_t)size);
}

void http_server_accept(struct http_server *s, int fd)
{
	struct connection *c;
	int on = 1;

	if (s->connection_count >= CONNECTIONS_MOST || evutil_make_socket_nonblocking(fd) < 0) {
		close(fd);
		return;
	}
	(void)evutil_make_socket_closeonexec(fd);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c = NEW(struct connection);
	c->server = s;
	c->bev = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
	c->timer = event_new(s->base, -1, 0, on_timer, c);
	if (!c->bev || !c->timer)
		abort();
	remote_name(fd, c->remote, sizeof(c->remote));
	http_message_init(&c->message, false, s->limits.body_most);
	c->next = s->connections;
	if (c->next)
		c->next->prev = c;
	s->connections = c;
	s->connection_count++;
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_MOST);
	(void)bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	timer_set(c, s->limits.idle_s);
}

/* ---- listeners --------------------------------------------------------------------------------
 */

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
		      int len, void *ctx)
{
	(void)listener;
	(void)address;
	(void)len;
	http_server_accept(ctx, fd);
}

/* Out of descriptors: the waiting connection stays readable, so rest a moment instead of spinning.
 */
static void on_accept_error(struct evconnlistener *listener, void *ctx)
{
	struct http_server *s = ctx;
	struct timeval tv = { .tv_usec = 100000 };

	for (struct listening *l = s->listeners; l; l = l->next)
		if (l->listener == listener) {
			(void)evconnlistener_disable(listener);
			(void)event_add(l->again, &tv);
		}
}

static void on_again(evutil_socket_t fd, short what, void *ctx)
{
	struct listening *l = ctx;

	(void)fd;
	(void)what;
	(void)evconnlistener_enable(l->listener);
}

int http_server_listen(struct http_server *s, int listen_fd, struct err *err)
{
	struct listening *l;
	struct evconnlistener *listener;

	if (evutil_make_socket_nonblocking(listen_fd) < 0) {
		(void)err_sys(err, "http: listening socket");
		close(listen_fd);
		return -1;
	}
	listener = evconnlistener_new(s->base, on_accept, s,
				      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1, listen_fd);
	if (!listener) {
		close(listen_fd);
		return err_set(err, ERR_SYS, "http: cannot listen");
	}
	evconnlistener_set_error_cb(listener, on_accept_error);
	l = NEW(struct listening);
	l->listener = listener;
	l->again = event_new(s->base, -1, 0, on_again, l);
	if (!l->again)
		abort();
	l->next = s->listeners;
	s->listeners = l;
	return 0;
}

int http_server_bind(struct http_server *s, const char *address, uint16_t port, struct err *err)
{
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_port = htons(port) };
	uint32_t ip;
	int on = 1;

	if (fd < 0)
		return err_sys(err, "http: socket");
	if (ip_parse(address, &ip) < 0)
		return err_set(err, ERR_INPUT, "http: %s is not an IPv4 address", address);
	where.sin_addr.s_addr = htonl(ip);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&where, sizeof(where)) < 0 || listen(fd, SOMAXCONN) < 0)
		return err_sys(err, "http: %s:%u", address, port);
	return http_server_listen(s, GIVE_FD(fd), err);
}

int http_server_new(struct event_base *base, const struct http_limits *limits, http_handler fn,
		    void *ctx, struct http_server **ret, struct err *err)
{
	struct http_server *s = NEW(struct http_server);

	(void)err;
	s->base = base;
	s->fn = fn;
	s->ctx = ctx;
	if (limits)
		s->limits = *limits;
	if (!s->limits.body_most)
		s->limits.body_most = HTTP_BODY_MOST;
	if (!s->limits.idle_s)
		s->limits.idle_s = IDLE_S;
	*ret = s;
	return 0;
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	while (s->listeners) {
		struct listening *l = s->listeners;

		s->listeners = l->next;
		event_free(l->again);
		evconnlistener_free(l->listener);
		free(l);
	}
	while (s->connections)
		connection_free(s->connections);
	free(s);
}
