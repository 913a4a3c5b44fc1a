#include "engine/sys/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_FDS = 4 };

int sys_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void sys_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int sys_send_fds(int sock, const void *data, size_t len, const int *fds, size_t count)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * MOST_FDS)];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec io = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr message = { .msg_iov = &io, .msg_iovlen = 1 };
	ssize_t sent;

	if (count > MOST_FDS) {
		errno = EINVAL;
		return -1;
	}
	if (count) {
		struct cmsghdr *c;

		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * count);
	}
	do {
		sent = sendmsg(sock, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent >= 0 && (size_t)sent != len) {
		errno = EMSGSIZE;
		return -1;
	}
	return sent < 0 ? -1 : 0;
}

/* Takes the descriptors out; those beyond the caller's room are closed. */
static void take_fds(struct msghdr *message, int *fds, size_t room, size_t *count)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t have;
		int got[MOST_FDS];

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		have = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (have > MOST_FDS)
			have = MOST_FDS;
		memcpy(got, CMSG_DATA(c), have * sizeof(int));
		for (size_t i = 0; i < have; i++) {
			if (*count < room)
				fds[(*count)++] = got[i];
			else
				close(got[i]);
		}
	}
}

ssize_t sys_recv_fds(int sock, void *data, size_t len, int *fds, size_t *count)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * MOST_FDS)];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec io = { .iov_base = data, .iov_len = len };
	struct msghdr message = { .msg_iov = &io,
				  .msg_iovlen = 1,
				  .msg_control = control.space,
				  .msg_controllen = sizeof(control.space) };
	size_t room = *count;
	ssize_t got;

	*count = 0;
	do {
		got = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got >= 0)
		take_fds(&message, fds, room, count);
	return got;
}

void sys_close_others(const int *keep, size_t count)
{
	unsigned first = 3;

	/* Lowest kept descriptor above what was closed so far, until none is left. */
	for (;;) {
		unsigned next = ~0U;

		for (size_t i = 0; i < count; i++)
			if (keep[i] >= 0 && (unsigned)keep[i] >= first && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next > first)
			(void)close_range(first, next == ~0U ? next : next - 1, 0);
		if (next == ~0U)
			return;
		first = next + 1;
	}
}
