/* What can be seen from the task's network: names, connections, file servers. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "engine/fabric/agent-internal.h"
#include "engine/fabric/dns-internal.h"

enum { DEFAULT_MS = 5000, MOST_MS = 600000, RESEND_MS = 1000, NFS_PORT = 2049, DNS_PORT = 53 };

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int left_ms(int64_t deadline)
{
	int64_t left = deadline - now_ms();

	return left < 0 ? 0 : (int)left;
}

static int64_t deadline_of(const json_t *request)
{
	json_int_t ms = json_int_or(request, "timeout_ms", DEFAULT_MS);

	return now_ms() + (ms < 1 ? 1 : ms > MOST_MS ? MOST_MS : ms);
}

static const char *word_of(int problem)
{
	switch (problem) {
	case 0:
		return "ok";
	case ECONNREFUSED:
		return "refused";
	case ETIMEDOUT:
	case EAGAIN:
		return "timeout";
	case ECONNRESET:
	case EPIPE:
		return "reset";
	default:
		return "unreachable";
	}
}

/* Waits for events on fd; 0 or the errno that says why not. */
static int await(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int got;

	do {
		got = poll(&p, 1, left_ms(deadline));
	} while (got < 0 && errno == EINTR);
	return got > 0 ? 0 : ETIMEDOUT;
}

/* 0: *ret_fd is the caller's. Else an errno. */
static int dial(uint32_t address, uint16_t port, int64_t deadline, int *ret_fd)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(address),
				  .sin_port = htons(port) };
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int problem = 0;
	socklen_t len = sizeof(problem);

	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		if (errno != EINPROGRESS)
			return errno;
		problem = await(fd, POLLOUT, deadline);
		if (problem)
			return problem;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len) < 0)
			return errno;
		if (problem)
			return problem;
	}
	*ret_fd = GIVE_FD(fd);
	return 0;
}

/* Exactly len bytes. 0 or an errno; an early end is a reset. */
static int read_exact(int fd, void *data, size_t len, int64_t deadline)
{
	char *at = data;

	while (len) {
		ssize_t got;
		int problem = await(fd, POLLIN, deadline);

		if (problem)
			return problem;
		got = recv(fd, at, len, 0);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return got == 0 ? ECONNRESET : errno;
		at += got;
		len -= (size_t)got;
	}
	return 0;
}

/* The mount helper's first question; any well-formed answer to it will do. */
static int rpc_null(int fd, int64_t deadline)
{
	const uint32_t call[11] = { htonl(0x80000000U | 40), htonl(0x6d706375), 0, htonl(2),
				    htonl(100003),	     htonl(4) };
	uint32_t reply[7];
	int problem;

	if (send(fd, call, sizeof(call), MSG_NOSIGNAL) != sizeof(call))
		return errno;
	problem = read_exact(fd, reply, sizeof(reply), deadline);
	if (problem)
		return problem;
	return reply[1] == call[1] && reply[2] == htonl(1) && reply[6] == 0 ? 0 : EPROTO;
}

static json_t *probe_connection(const json_t *request, uint16_t port, bool nfs)
{
	int64_t deadline = deadline_of(request);
	const char *text = json_str(request, "address");
	OWN(fd) int fd = -1;
	uint32_t address;
	int problem;

	if (!text || ip_parse(text, &address) < 0 || !port)
		return json_pack("{s:s}", "error", "address and port are needed");
	problem = dial(address, port, deadline, &fd);
	if (problem == 0 && nfs)
		problem = rpc_null(fd, deadline);
	return json_pack("{s:s}", "result", word_of(problem));
}

/* ---- names --------------------------------------------------------------------------------------
 */

struct question {
	uint16_t id;
	uint8_t data[320];
	size_t len;
};

/* -1: no answer. Else the code. */
static int ask_udp(const struct question *q, uint32_t server, int64_t deadline,
		   uint32_t addresses[DNS_ADDRESSES], size_t *count, bool *truncated)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(server),
				  .sin_port = htons(DNS_PORT) };
	OWN(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	uint8_t answer[4096];

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	while (left_ms(deadline)) {
		int64_t resend = now_ms() + RESEND_MS;
		ssize_t got;
		int code;

		(void)send(fd, q->data, q->len, MSG_NOSIGNAL);
		if (await(fd, POLLIN, resend < deadline ? resend : deadline))
			continue;
		got = recv(fd, answer, sizeof(answer), 0);
		code = got < 0 ? -1
			       : fabric_dns_heard(answer, (size_t)got, q->id, addresses, count,
						  truncated);
		if (code >= 0)
			return code;
	}
	return -1;
}

static int ask_tcp(const struct question *q, uint32_t server, int64_t deadline,
		   uint32_t addresses[DNS_ADDRESSES], size_t *count)
{
	OWN(fd) int fd = -1;
	OWN(str) char *answer = NULL;
	uint8_t prefix[2] = { (uint8_t)(q->len >> 8), (uint8_t)q->len };
	bool truncated;
	size_t len;

	if (dial(server, DNS_PORT, deadline, &fd) ||
	    send(fd, prefix, 2, MSG_NOSIGNAL | MSG_MORE) != 2 ||
	    send(fd, q->data, q->len, MSG_NOSIGNAL) != (ssize_t)q->len ||
	    read_exact(fd, prefix, 2, deadline))
		return -1;
	len = (size_t)prefix[0] << 8 | prefix[1];
	answer = mem_new(1, len + 1);
	if (read_exact(fd, answer, len, deadline))
		return -1;
	return fabric_dns_heard((const uint8_t *)answer, len, q->id, addresses, count, &truncated);
}

static json_t *found(const uint32_t *addresses, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		OWN(str) char *text = ip_format(addresses[i]);

		json_add_str(list, text);
	}
	return json_pack("{s:o}", "addresses", list);
}

static json_t *probe_name(const struct agent_settings *s, const json_t *request)
{
	int64_t deadline = deadline_of(request);
	const char *name = json_str_or(request, "name", "");
	uint32_t addresses[DNS_ADDRESSES];
	struct question q = { 0 };
	bool truncated = false;
	size_t count = 0;
	int code;

	(void)getrandom(&q.id, sizeof(q.id), 0);
	q.len = *name ? fabric_dns_ask(q.id, name, q.data) : 0;
	if (!q.len)
		return json_pack("{s:s}", "error", "nxdomain");
	code = ask_udp(&q, s->resolver, deadline, addresses, &count, &truncated);
	if (code == DNS_NOERROR && truncated)
		code = ask_tcp(&q, s->resolver, deadline, addresses, &count);
	if (code == DNS_NOERROR)
		return found(addresses, count);
	return json_pack("{s:s}", "error",
			 code < 0		? "timeout"
			 : code == DNS_NXDOMAIN ? "nxdomain"
						: "refused");
}

json_t *fabric_agent_probe(const struct agent_settings *s, const json_t *request)
{
	const char *op = json_str_or(request, "op", "");
	json_int_t port = json_int_or(request, "port", 0);

	if (!strcmp(op, "resolve"))
		return probe_name(s, request);
	if (!strcmp(op, "nfs"))
		return probe_connection(request, NFS_PORT, true);
	return probe_connection(request, port > 0 && port < 65536 ? (uint16_t)port : 0, false);
}
