#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/peer/peer-internal.h"

#define DNS_PORT 53
#define ATTEMPT_MS 700
#define ROUNDS 2
#define NO_NAME "failed to lookup address information: Name or service not known"
#define NO_ANSWER "failed to lookup address information: Temporary failure in name resolution"

struct peer_resolve {
	struct event_base *base;
	struct event *wake; /* the socket's, or a plain one-shot to answer from the loop */
	struct dns_config config;
	uint16_t port; /* of the servers */
	char *name;
	size_t candidate, server, round;
	bool server_failed;
	int fd;
	uint8_t question[512];
	size_t question_len;
	uint32_t address;
	const char *error;
	peer_resolve_fn fn;
	void *ctx;
};

/* A small text file, or NULL. */
static char *slurp(const char *path)
{
	OWN(buf) struct buf b = { 0 };
	char chunk[4096];
	FILE *f = fopen(path, "re");
	size_t got;

	if (!f)
		return NULL;
	while (b.len < 1 << 20 && (got = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, got);
	fclose(f);
	return buf_take(&b);
}

static void drop_socket(struct peer_resolve *r)
{
	if (r->wake)
		event_free(r->wake);
	r->wake = NULL;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

static void deliver(evutil_socket_t fd, short what, void *ctx)
{
	struct peer_resolve *r = ctx;
	peer_resolve_fn fn = r->fn;

	(void)fd;
	(void)what;
	drop_socket(r);
	r->fn = NULL;
	if (fn)
		fn(r->ctx, r->address, r->error);
}

/* Answers from the loop, never from inside peer_resolve_start(). */
static void finish(struct peer_resolve *r, uint32_t address, const char *error)
{
	drop_socket(r);
	r->address = address;
	r->error = error;
	r->wake = event_new(r->base, -1, 0, deliver, r);
	event_active(r->wake, EV_TIMEOUT, 0);
}

static void ask(struct peer_resolve *r);

static void next_server(struct peer_resolve *r)
{
	if (++r->server >= r->config.server_count) {
		r->server = 0;
		r->round++;
	}
	if (r->round >= ROUNDS) {
		finish(r, 0, NO_ANSWER);
		return;
	}
	ask(r);
}

static void next_candidate(struct peer_resolve *r)
{
	r->candidate++;
	r->server = 0;
	r->round = 0;
	ask(r);
}

static void answered(evutil_socket_t fd, short what, void *ctx)
{
	struct peer_resolve *r = ctx;
	uint8_t data[4096];
	uint32_t address = 0;
	ssize_t len;

	if (what & EV_TIMEOUT) {
		next_server(r);
		return;
	}
	len = recv(fd, data, sizeof(data), 0);
	if (len < 0) {
		if (errno != EAGAIN && errno != EINTR)
			next_server(r);
		return;
	}
	switch (peer_dns_answer(data, (size_t)len, r->question, r->question_len, &address)) {
	case DNS_FOUND:
		finish(r, address, NULL);
		break;
	case DNS_NO_NAME:
		next_candidate(r);
		break;
	case DNS_SERVER_FAILED:
		next_server(r);
		break;
	case DNS_NOT_OURS:
		break; /* forged or late: keep waiting */
	}
}

static int send_question(struct peer_resolve *r)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(r->port),
				  .sin_addr.s_addr = htonl(r->config.servers[r->server]) };
	struct timeval patience = { .tv_usec = ATTEMPT_MS * 1000 };

	r->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (r->fd < 0 || connect(r->fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    send(r->fd, r->question, r->question_len, 0) < 0)
		return -1;
	r->wake = event_new(r->base, r->fd, EV_READ | EV_PERSIST, answered, r);
	return event_add(r->wake, &patience);
}

/* Sends the present candidate to the present server; what fails at once counts as an attempt. */
static void ask(struct peer_resolve *r)
{
	char name[512];
	uint16_t id;
	int len;

	drop_socket(r);
	if (dns_candidate(&r->config, r->name, r->candidate, name, sizeof(name)) < 0) {
		finish(r, 0, NO_NAME);
		return;
	}
	evutil_secure_rng_get_bytes(&id, sizeof(id));
	len = dns_question(id, name, r->question);
	if (len < 0) {
		finish(r, 0, NO_NAME);
		return;
	}
	r->question_len = (size_t)len;
	if (send_question(r) < 0)
		next_server(r);
}

static struct peer_resolve *resolve_new(struct event_base *base, const char *name,
					peer_resolve_fn fn, void *ctx)
{
	struct peer_resolve *r = NEW(struct peer_resolve);

	r->base = base;
	r->fd = -1;
	r->fn = fn;
	r->ctx = ctx;
	r->name = str_dup(name);
	return r;
}

struct peer_resolve *peer_resolve_with(struct event_base *base, const char *name,
				       const struct dns_config *config, uint16_t port,
				       peer_resolve_fn fn, void *ctx)
{
	struct peer_resolve *r = resolve_new(base, name, fn, ctx);

	r->config = *config;
	r->port = port;
	ask(r);
	return r;
}

struct peer_resolve *peer_resolve_start(struct event_base *base, const char *name,
					peer_resolve_fn fn, void *ctx)
{
	OWN(str) char *hosts = slurp("/etc/hosts");
	OWN(str) char *resolv_conf = NULL;
	struct dns_config config;
	struct peer_resolve *r;
	uint32_t address;

	if (ip_parse(name, &address) == 0 || dns_hosts_find(hosts, name, &address) == 0) {
		r = resolve_new(base, name, fn, ctx);
		finish(r, address, NULL);
		return r;
	}
	resolv_conf = slurp("/etc/resolv.conf");
	dns_config_parse(resolv_conf, &config);
	return peer_resolve_with(base, name, &config, DNS_PORT, fn, ctx);
}

void peer_resolve_free(struct peer_resolve *r)
{
	if (!r)
		return;
	drop_socket(r);
	free(r->name);
	free(r);
}
