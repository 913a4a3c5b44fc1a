/* Loopback forwards: accepted on the host's 127.0.0.1, connected from the router of the VPC. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/fabric/fabric-internal.h"

enum { CHUNK = 65536, CONNECT_SECONDS = 10, MOST_RELAYS = 1024 };

/* One direction: bytes read from `from` that `to` has not taken yet. */
struct flow {
	struct relay *relay;
	int from, to;
	struct event *readable, *writable;
	size_t start, end;
	bool finished; /* from has ended and to knows */
	char data[CHUNK];
};

struct relay {
	struct relay *next;
	struct forward *forward;
	int host, task;
	struct event *connected;
	struct flow *flows; /* two, once connected */
};

struct forward {
	struct forward *next;
	struct fabric *fabric;
	struct vpc *vpc;
	uint32_t address;
	uint16_t port, host_port;
	struct listener *listener;
	struct relay *relays;
	size_t relay_count;
};

static void relay_free(struct relay *r)
{
	for (struct relay **at = &r->forward->relays; *at; at = &(*at)->next)
		if (*at == r) {
			*at = r->next;
			r->forward->relay_count--;
			break;
		}
	if (r->connected)
		event_free(r->connected);
	for (int i = 0; r->flows && i < 2; i++) {
		event_free(r->flows[i].readable);
		event_free(r->flows[i].writable);
	}
	free(r->flows);
	if (r->task >= 0)
		close(r->task);
	close(r->host);
	free(r);
}

/* The other side must not take an error for an orderly end. */
static void relay_reset(struct relay *r)
{
	const struct linger now = { .l_onoff = 1 };

	(void)setsockopt(r->host, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	if (r->task >= 0)
		(void)setsockopt(r->task, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	relay_free(r);
}

/* false: the relay is gone */
static bool flow_end(struct flow *f)
{
	struct relay *r = f->relay;

	f->finished = true;
	(void)event_del(f->readable);
	(void)shutdown(f->to, SHUT_WR);
	if (!r->flows[0].finished || !r->flows[1].finished)
		return true;
	relay_free(r);
	return false;
}

/* Sends what is there; true when all is sent, false when it waits or the relay is gone. */
static bool flow_drain(struct flow *f)
{
	while (f->start < f->end) {
		ssize_t done = send(f->to, f->data + f->start, f->end - f->start,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN) {
			(void)event_del(f->readable);
			(void)event_add(f->writable, NULL);
			return false;
		}
		if (done < 0) {
			relay_reset(f->relay);
			return false;
		}
		f->start += (size_t)done;
	}
	f->start = f->end = 0;
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct flow *f = arg;
	ssize_t got;

	(void)what;
	/* a few rounds, then others have their turn */
	for (int i = 0; i < 4; i++) {
		got = recv(fd, f->data, sizeof(f->data), MSG_DONTWAIT);
		if (got == 0) {
			(void)flow_end(f);
			return;
		}
		if (got < 0) {
			if (errno != EAGAIN && errno != EINTR)
				relay_reset(f->relay);
			return;
		}
		f->end = (size_t)got;
		if (!flow_drain(f))
			return;
	}
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct flow *f = arg;

	(void)fd;
	(void)what;
	if (!flow_drain(f))
		return;
	(void)event_del(f->writable);
	(void)event_add(f->readable, NULL);
}

static void flow_start(struct flow *f, struct relay *r, int from, int to)
{
	struct event_base *events = r->forward->fabric->o.events;

	f->relay = r;
	f->from = from;
	f->to = to;
	f->readable = event_new(events, from, EV_READ | EV_PERSIST, on_readable, f);
	f->writable = event_new(events, to, EV_WRITE | EV_PERSIST, on_writable, f);
	(void)event_add(f->readable, NULL);
}

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct relay *r = arg;
	int problem = 0;
	socklen_t len = sizeof(problem);

	if (!(what & EV_WRITE) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len) < 0 ||
	    problem) {
		relay_reset(r);
		return;
	}
	r->flows = mem_new(2, sizeof(*r->flows));
	flow_start(&r->flows[0], r, r->host, r->task);
	flow_start(&r->flows[1], r, r->task, r->host);
}

/* A socket belongs to the namespace it was made in, for ever. */
static int socket_in(const struct vpc *v)
{
	int fd;

	if (fabric_net_enter(v->fabric, v->router, NULL) < 0)
		return -1;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	fabric_net_leave(v->fabric);
	return fd;
}

static void on_host(void *ctx, int fd, uint32_t peer)
{
	const struct timeval patience = { .tv_sec = CONNECT_SECONDS };
	const int on = 1;
	struct forward *w = ctx;
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(w->address),
				  .sin_port = htons(w->port) };
	struct relay *r;

	(void)peer;
	if (w->relay_count >= MOST_RELAYS) {
		close(fd);
		return;
	}
	r = NEW(struct relay);
	r->forward = w;
	r->host = fd;
	r->task = socket_in(w->vpc);
	r->next = w->relays;
	w->relays = r;
	w->relay_count++;
	/* What arrives in two pieces leaves in two: waiting for an acknowledgement costs 40 ms. */
	(void)setsockopt(r->host, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(r->task, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (r->task < 0 ||
	    (connect(r->task, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)) {
		relay_reset(r);
		return;
	}
	r->connected = event_new(w->fabric->o.events, r->task, EV_WRITE, on_connected, r);
	(void)event_add(r->connected, &patience);
}

int fabric_forward_add(struct fabric *f, const char *vpc, uint32_t address, uint16_t port,
		       uint16_t want, uint16_t *ret_port, struct err *err)
{
	struct vpc *v = fabric_vpc_find(f, vpc);
	struct forward *w;
	uint16_t host_port;
	int fd;

	if (!v)
		return err_set(err, ERR_INPUT, "no VPC %s", vpc);
	fd = fabric_host_listen(f->o.host_fd, want, &host_port, err);
	if (fd < 0)
		return err_in(err, "forward to port %u", port);
	w = NEW(struct forward);
	w->fabric = f;
	w->vpc = v;
	w->address = address;
	w->port = port;
	w->host_port = host_port;
	fabric_listener_add(&w->listener, f->o.events, fd, on_host, w);
	w->next = f->forwards;
	f->forwards = w;
	*ret_port = host_port;
	return 0;
}

static void forward_free(struct forward *w)
{
	fabric_listeners_free(&w->listener);
	while (w->relays)
		relay_free(w->relays);
	free(w);
}

void fabric_forward_remove(struct fabric *f, uint16_t host_port)
{
	for (struct forward **at = &f->forwards; *at; at = &(*at)->next)
		if ((*at)->host_port == host_port) {
			struct forward *w = *at;

			*at = w->next;
			forward_free(w);
			return;
		}
}

void fabric_forwards_free(struct fabric *f, const struct vpc *of)
{
	for (struct forward **at = &f->forwards; *at;) {
		struct forward *w = *at;

		if (of && w->vpc != of) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		forward_free(w);
	}
}
