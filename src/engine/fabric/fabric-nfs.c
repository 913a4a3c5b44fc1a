/* The first question of a mount helper: ONC-RPC NULL to program 100003 over TCP (RFC 5531). */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/fabric/fabric-internal.h"

enum {
	CALL_MOST = 4096,
	IDLE_SECONDS = 60,
	LAST_FRAGMENT = 0x80000000U,
	PROGRAM_NFS = 100003,
	ACCEPT_SUCCESS = 0,
	ACCEPT_PROGRAM_UNAVAILABLE = 1,
	ACCEPT_PROCEDURE_UNAVAILABLE = 3,
};

struct nfs_connection {
	struct nfs_connection *next, **list;
	struct event *event;
	int fd;
	size_t have;
	uint8_t data[4 + CALL_MOST];
};

static void connection_free(struct nfs_connection *c)
{
	for (struct nfs_connection **at = c->list; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			break;
		}
	event_free(c->event);
	close(c->fd);
	free(c);
}

void fabric_nfs_free_all(struct nfs_connection **list)
{
	while (*list)
		connection_free(*list);
}

static uint32_t word(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return ntohl(v);
}

/* call: xid, 0, rpc version, program, version, procedure, ... */
static bool answer(const struct nfs_connection *c, const uint8_t *call, size_t len)
{
	uint32_t reply[7] = { htonl(LAST_FRAGMENT | 24) };
	uint32_t status = ACCEPT_SUCCESS;

	if (len < 24 || word(call + 4) != 0 || word(call + 8) != 2)
		return false;
	if (word(call + 12) != PROGRAM_NFS)
		status = ACCEPT_PROGRAM_UNAVAILABLE;
	else if (word(call + 20) != 0)
		status = ACCEPT_PROCEDURE_UNAVAILABLE;
	reply[1] = htonl(word(call));
	reply[2] = htonl(1); /* reply; then accepted, verifier none of length 0 */
	reply[6] = htonl(status);
	return send(c->fd, reply, sizeof(reply), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(reply);
}

static void on_call(evutil_socket_t fd, short what, void *arg)
{
	struct nfs_connection *c = arg;
	ssize_t got =
		what & EV_READ ? recv(fd, c->data + c->have, sizeof(c->data) - c->have, 0) : 0;

	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			connection_free(c);
		return;
	}
	c->have += (size_t)got;
	while (c->have >= 4) {
		uint32_t mark = word(c->data);
		size_t len = mark & ~LAST_FRAGMENT;

		if (!(mark & LAST_FRAGMENT) || len > CALL_MOST) {
			connection_free(c);
			return;
		}
		if (c->have < len + 4)
			return;
		if (!answer(c, c->data + 4, len)) {
			connection_free(c);
			return;
		}
		c->have -= len + 4;
		memmove(c->data, c->data + len + 4, c->have);
	}
}

void fabric_nfs_serve(struct nfs_connection **list, struct event_base *events, int fd)
{
	const struct timeval idle = { .tv_sec = IDLE_SECONDS };
	struct nfs_connection *c = NEW(struct nfs_connection);

	c->fd = fd;
	c->list = list;
	c->event = event_new(events, fd, EV_READ | EV_PERSIST, on_call, c);
	(void)event_add(c->event, &idle);
	c->next = *list;
	*list = c;
}
