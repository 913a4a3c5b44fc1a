/* The VPC's resolver: UDP and TCP on base+2 and 169.254.169.253 in the router's namespace. Whether
 * anybody gets through to it is the packet filter's business (enableDnsSupport). */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/fabric/dns-internal.h"
#include "engine/fabric/fabric-internal.h"

enum {
	LINK_LOCAL = 0xa9fea9fd, /* 169.254.169.253 */
	PORT = 53,
	PACKETS_PER_EVENT = 64,
	MOST_CONNECTIONS = 128,
	IDLE_SECONDS = 10,
};

struct connection {
	struct connection *next;
	struct resolver *resolver;
	struct event *event;
	int fd;
	uint32_t peer;
	size_t have;
	uint8_t data[2 + 1024]; /* queries are small: longer ones end the connection */
};

struct resolver {
	struct vpc *vpc;
	int fds[2];
	struct event *events[2];
	struct listener *listeners;
	struct connection *connections;
	size_t connection_count;
};

static void lookup(struct resolver *r, const struct dns_query *q, uint32_t asker,
		   uint32_t addresses[DNS_ADDRESSES], struct dns_answer *a)
{
	struct fabric *f = r->vpc->fabric;
	size_t count = 0;
	int rcode;

	/* no reverse zones here; and no name that no host can have */
	if (q->type == DNS_TYPE_PTR || !q->usable_name || !q->name[0]) {
		a->rcode = DNS_NXDOMAIN;
		return;
	}
	rcode = f->o.resolve(f->o.ctx, r->vpc->id, asker, q->name, addresses, &count, &a->ttl);
	a->rcode = rcode < 0 || rcode > 15 ? DNS_SERVFAIL : (unsigned)rcode;
	a->addresses = addresses;
	if (q->type == DNS_TYPE_A || q->type == DNS_TYPE_ANY)
		a->count = count < DNS_ADDRESSES ? count : DNS_ADDRESSES;
}

/* 0: nothing to send */
static size_t respond(struct resolver *r, const uint8_t *data, size_t len, uint32_t asker, bool tcp,
		      uint8_t *out)
{
	uint32_t addresses[DNS_ADDRESSES];
	struct dns_answer answer = { .ttl = 60 };
	struct dns_query q;
	size_t limit = DNS_UDP_PLAIN;
	int rcode = fabric_dns_parse(data, len, &q);

	if (rcode < 0)
		return 0;
	if (q.edns && q.udp_size > limit)
		limit = q.udp_size < DNS_UDP_MOST ? q.udp_size : DNS_UDP_MOST;
	if (tcp)
		limit = DNS_TCP_MOST;
	answer.rcode = (unsigned)rcode;
	if (rcode == DNS_NOERROR)
		lookup(r, &q, asker, addresses, &answer);
	return fabric_dns_answer(data, &q, &answer, limit, out);
}

static void on_packet(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *r = arg;
	uint8_t query[2048], answer[DNS_UDP_MOST];

	(void)what;
	for (int i = 0; i < PACKETS_PER_EVENT; i++) {
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t got = recvfrom(fd, query, sizeof(query), MSG_DONTWAIT,
				       (struct sockaddr *)&from, &from_len);
		size_t len;

		if (got < 0)
			return;
		len = respond(r, query, (size_t)got, ntohl(from.sin_addr.s_addr), false, answer);
		if (len)
			(void)sendto(fd, answer, len, MSG_DONTWAIT, (struct sockaddr *)&from,
				     from_len);
	}
}

/* ---- TCP
 * ------------------------------------------------------------------------------------------ */

static void connection_free(struct connection *c)
{
	for (struct connection **at = &c->resolver->connections; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			c->resolver->connection_count--;
			break;
		}
	event_free(c->event);
	close(c->fd);
	free(c);
}

/* The answers are smaller than any socket buffer: one that does not fit means nobody reads. */
static bool send_answer(struct connection *c, const uint8_t *query, size_t len)
{
	static const size_t most = 4096;
	uint8_t out[2 + 4096];
	size_t answer = respond(c->resolver, query, len, c->peer, true, out + 2);

	if (!answer || answer > most)
		return false;
	out[0] = (uint8_t)(answer >> 8);
	out[1] = (uint8_t)answer;
	return send(c->fd, out, answer + 2, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)(answer + 2);
}

static void on_stream(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;
	ssize_t got =
		what & EV_READ ? recv(fd, c->data + c->have, sizeof(c->data) - c->have, 0) : 0;

	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			connection_free(c);
		return;
	}
	c->have += (size_t)got;
	while (c->have >= 2) {
		size_t len = (size_t)c->data[0] << 8 | c->data[1];

		if (len + 2 > sizeof(c->data)) {
			connection_free(c);
			return;
		}
		if (c->have < len + 2)
			return;
		if (!send_answer(c, c->data + 2, len)) {
			connection_free(c);
			return;
		}
		c->have -= len + 2;
		memmove(c->data, c->data + len + 2, c->have);
	}
}

static void on_connection(void *ctx, int fd, uint32_t peer)
{
	const struct timeval idle = { .tv_sec = IDLE_SECONDS };
	struct resolver *r = ctx;
	struct connection *c;

	if (r->connection_count >= MOST_CONNECTIONS) {
		close(fd);
		return;
	}
	c = NEW(struct connection);
	c->resolver = r;
	c->fd = fd;
	c->peer = peer;
	c->event = event_new(r->vpc->fabric->o.events, fd, EV_READ | EV_PERSIST, on_stream, c);
	(void)event_add(c->event, &idle);
	c->next = r->connections;
	r->connections = c;
	r->connection_count++;
}

/* ---- the whole
 * ---------------------------------------------------------------------------------------- */

static int open_udp(uint32_t address, struct err *err)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(address),
				  .sin_port = htons(PORT) };
	OWN(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return err_sys(err, "cannot open the resolver's socket");
	return GIVE_FD(fd);
}

static int resolver_open(struct resolver *r, struct err *err)
{
	const uint32_t addresses[2] = { vpc_resolver(r->vpc->base), LINK_LOCAL };
	struct event_base *events = r->vpc->fabric->o.events;

	for (size_t i = 0; i < 2; i++) {
		int tcp;

		r->fds[i] = open_udp(addresses[i], err);
		if (r->fds[i] < 0)
			return -1;
		r->events[i] = event_new(events, r->fds[i], EV_READ | EV_PERSIST, on_packet, r);
		(void)event_add(r->events[i], NULL);
		tcp = fabric_listener_open(addresses[i], PORT, err);
		if (tcp < 0)
			return -1;
		fabric_listener_add(&r->listeners, events, tcp, on_connection, r);
	}
	return 0;
}

int fabric_resolver_new(struct vpc *v, struct resolver **ret, struct err *err)
{
	struct resolver *r = NEW(struct resolver);

	r->vpc = v;
	r->fds[0] = r->fds[1] = -1;
	if (resolver_open(r, err) < 0) {
		fabric_resolver_free(r);
		return -1;
	}
	*ret = r;
	return 0;
}

void fabric_resolver_free(struct resolver *r)
{
	if (!r)
		return;
	while (r->connections)
		connection_free(r->connections);
	fabric_listeners_free(&r->listeners);
	for (size_t i = 0; i < 2; i++) {
		if (r->events[i])
			event_free(r->events[i]);
		if (r->fds[i] >= 0)
			close(r->fds[i]);
	}
	free(r);
}
