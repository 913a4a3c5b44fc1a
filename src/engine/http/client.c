#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/http/http-internal.h"

struct fetch {
	struct event_base *base;
	struct bufferevent *bev;
	struct evdns_base *dns;			   /* NULL: the host is an address */
	struct evdns_getaddrinfo_request *looking; /* the look-up under way */
	struct event *timer;
	struct http_message message;
	void (*fn)(void *ctx, int status, const char *body, size_t len, const char *error);
	void *ctx;
	char *where;   /* host:port, for messages */
	char *failure; /* what the timer reports instead of the time-out */
	uint16_t port;
	unsigned timeout_ms;
	bool abandoned; /* reported, but the look-up's callback is still to come */
};

static void fetch_free(struct fetch *f)
{
	if (f->bev)
		bufferevent_free(f->bev);
	if (f->dns)
		evdns_base_free(f->dns, 0);
	if (f->timer)
		event_free(f->timer);
	http_message_free(&f->message);
	free(f->where);
	free(f->failure);
	free(f);
}

static void fetch_done(struct fetch *f, const char *error)
{
	OWN(str) char *text = error ? str_printf("%s: %s", f->where, error) : NULL;

	if (text)
		f->fn(f->ctx, 0, "", 0, text);
	else
		f->fn(f->ctx, f->message.status, f->message.body.data ? f->message.body.data : "",
		      f->message.body.len, NULL);
	if (f->looking) {
		/* libevent calls back even for what is cancelled, and needs its parts until then */
		f->abandoned = true;
		evdns_getaddrinfo_cancel(f->looking);
		return;
	}
	fetch_free(f);
}

/* Fails on the next turn of the loop. `failure` is taken. */
static void fetch_fail(struct fetch *f, char *failure)
{
	free(f->failure);
	f->failure = failure;
	event_active(f->timer, EV_TIMEOUT, 0);
}

/* An interim reply (100 Continue) is not the answer. */
static bool interim(struct fetch *f)
{
	size_t most = f->message.body_most;

	if (f->message.state != HTTP_WHOLE || f->message.status >= 200)
		return false;
	http_message_free(&f->message);
	http_message_init(&f->message, true, most);
	return true;
}

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct fetch *f = ctx;
	struct err err = { 0 };
	size_t used;

	while (evbuffer_get_length(in)) {
		size_t len = evbuffer_get_length(in);
		const char *data = (const char *)evbuffer_pullup(in, (ev_ssize_t)len);
		int status = http_message_feed(&f->message, data, len, &used, &err);

		evbuffer_drain(in, used);
		if (status) {
			fetch_done(f, err.text);
			return;
		}
		if (!interim(f) && f->message.state == HTTP_WHOLE) {
			fetch_done(f, NULL);
			return;
		}
	}
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct fetch *f = ctx;
	struct err err = { 0 };

	(void)bev;
	if (what & BEV_EVENT_CONNECTED)
		return;
	if (what & BEV_EVENT_EOF)
		fetch_done(f, http_message_end(&f->message, &err) ? err.text : NULL);
	else
		fetch_done(f, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct fetch *f = ctx;
	OWN(str) char *text = GIVE(f->failure);

	(void)fd;
	(void)what;
	if (f->abandoned) {
		fetch_free(f);
		return;
	}
	if (!text)
		text = str_printf("no answer within %u ms", f->timeout_ms);
	fetch_done(f, text);
}

static void fetch_connect(struct fetch *f, uint32_t ip)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(f->port) };

	address.sin_addr.s_addr = htonl(ip);
	if (bufferevent_socket_connect(f->bev, (struct sockaddr *)&address, sizeof(address)) < 0)
		fetch_fail(f, str_dup(strerror(errno)));
}

static void on_address(int result, struct evutil_addrinfo *list, void *ctx)
{
	struct fetch *f = ctx;
	struct evutil_addrinfo *at = list;

	f->looking = NULL;
	while (at && at->ai_family != AF_INET)
		at = at->ai_next;
	/* not freed here: the look-up's own code still runs above us */
	if (f->abandoned)
		event_active(f->timer, EV_TIMEOUT, 0);
	else if (result || !at)
		fetch_fail(f, str_dup(result ? evutil_gai_strerror(result) : "no IPv4 address"));
	else
		fetch_connect(f,
			      ntohl(((struct sockaddr_in *)(void *)at->ai_addr)->sin_addr.s_addr));
	if (list)
		evutil_freeaddrinfo(list);
}

static void fetch_look_up(struct fetch *f, const char *host)
{
	struct evutil_addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct evdns_getaddrinfo_request *looking;

	f->dns = evdns_base_new(f->base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
						 EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!f->dns) {
		fetch_fail(f, str_dup("no resolver"));
		return;
	}
	/* NULL when on_address() has run already */
	looking = evdns_getaddrinfo(f->dns, host, NULL, &hints, on_address, f);
	if (looking)
		f->looking = looking;
}

/* Blanks or line breaks in a host or path would make another request out of it. */
static bool safe(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

/* The callback never runs within this call: what fails at once is reported from the loop. */
static void fetch_start(struct fetch *f, const char *host, const char *method, const char *path,
			const char *content_type, const void *body, size_t body_len)
{
	struct timeval tv = { .tv_sec = f->timeout_ms / 1000,
			      .tv_usec = f->timeout_ms % 1000 * 1000 };
	struct evbuffer *out;
	uint32_t ip;

	f->where = str_printf("%s:%u", host, f->port);
	http_message_init(&f->message, true, HTTP_BODY_MOST);
	f->bev = bufferevent_socket_new(f->base, -1,
					BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	f->timer = event_new(f->base, -1, 0, on_timer, f);
	if (!f->bev || !f->timer)
		abort();
	(void)event_add(f->timer, &tv);
	if (!safe(host) || !*host || !safe(path) || *path != '/' ||
	    (content_type && strpbrk(content_type, "\r\n"))) {
		fetch_fail(f, str_dup("malformed host, path or content type"));
		return;
	}
	out = bufferevent_get_output(f->bev);
	evbuffer_add_printf(out, "%s %s HTTP/1.1\r\nHost: %s:%u\r\nConnection: close\r\n", method,
			    path, host, f->port);
	if (content_type)
		evbuffer_add_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
				    content_type, body_len);
	evbuffer_add_printf(out, "\r\n");
	evbuffer_add(out, body, body_len);
	bufferevent_setcb(f->bev, on_read, NULL, on_event, f);
	(void)bufferevent_enable(f->bev, EV_READ | EV_WRITE);
	if (ip_parse(host, &ip) == 0)
		fetch_connect(f, ip);
	else
		fetch_look_up(f, host);
}

void http_get(struct event_base *base, const char *host, uint16_t port, const char *path,
	      unsigned timeout_ms,
	      void (*fn)(void *ctx, int status, const char *body, size_t len, const char *error),
	      void *ctx)
{
	struct fetch *f = NEW(struct fetch);

	*f = (struct fetch){
		.base = base, .fn = fn, .ctx = ctx, .port = port, .timeout_ms = timeout_ms
	};
	fetch_start(f, host, "GET", path, NULL, NULL, 0);
}

void http_post(struct event_base *base, const char *host, uint16_t port, const char *path,
	       const char *content_type, const void *body, size_t body_len, unsigned timeout_ms,
	       void (*fn)(void *ctx, int status, const char *body, size_t len, const char *error),
	       void *ctx)
{
	struct fetch *f = NEW(struct fetch);

	*f = (struct fetch){
		.base = base, .fn = fn, .ctx = ctx, .port = port, .timeout_ms = timeout_ms
	};
	fetch_start(f, host, "POST", path, content_type ? content_type : "application/octet-stream",
		    body, body_len);
}
