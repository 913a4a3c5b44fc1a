#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/fabric/fabric-internal.h"

enum { BACKLOG = 128, ACCEPTS_PER_EVENT = 64, REST_MS = 100 };

struct listener {
	struct listener *next;
	int fd;
	struct event *event, *resume;
	accept_fn fn;
	void *ctx;
};

int fabric_listener_open(uint32_t address, uint16_t port, struct err *err)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(address),
				  .sin_port = htons(port) };
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return err_sys(err, "cannot make a socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0)
		return err_sys(err, "cannot listen on port %u", port);
	return GIVE_FD(fd);
}

/* Out of descriptors a pending connection would wake the loop for ever: rest a little. */
static void rest(struct listener *l)
{
	const struct timeval pause = { .tv_usec = REST_MS * 1000 };

	(void)event_del(l->event);
	(void)event_add(l->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)fd;
	(void)what;
	(void)event_add(l->event, NULL);
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
		struct sockaddr_in peer = { 0 };
		socklen_t len = sizeof(peer);
		int got = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (got >= 0) {
			l->fn(l->ctx, got, ntohl(peer.sin_addr.s_addr));
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			rest(l);
		return;
	}
}

void fabric_listener_add(struct listener **list, struct event_base *events, int fd, accept_fn fn,
			 void *ctx)
{
	struct listener *l = NEW(struct listener);

	l->fd = fd;
	l->fn = fn;
	l->ctx = ctx;
	l->event = event_new(events, fd, EV_READ | EV_PERSIST, on_accept, l);
	l->resume = evtimer_new(events, on_resume, l);
	(void)event_add(l->event, NULL);
	l->next = *list;
	*list = l;
}

void fabric_listeners_free(struct listener **list)
{
	while (*list) {
		struct listener *l = *list;

		*list = l->next;
		event_free(l->event);
		event_free(l->resume);
		close(l->fd);
		free(l);
	}
}
