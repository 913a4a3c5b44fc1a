/* The host side: stays where the user is, opens listeners on request, ends with the daemon. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/fabric/fabric-internal.h"

enum { HOST_LISTEN = 1, HOST_CGROUP = 2, BACKLOG = 128 };

struct host_request {
	uint32_t op;
	uint16_t port;
};
struct host_reply {
	int32_t problem; /* errno, 0: a descriptor comes with it */
	uint16_t port;
};
/* While starting: the maker's word, then the daemon's. */
struct birth {
	int32_t pid;
	struct err err;
};

/* ---- requests, daemon's end
 * ---------------------------------------------------------------------- */

static int ask(int host_fd, const struct host_request *request, struct host_reply *reply)
{
	int fd = -1;
	size_t count = 1;

	if (sys_send_fds(host_fd, request, sizeof(*request), NULL, 0) < 0 ||
	    sys_recv_fds(host_fd, reply, sizeof(*reply), &fd, &count) != sizeof(*reply)) {
		if (count == 1 && fd >= 0)
			close(fd);
		return -1;
	}
	errno = reply->problem;
	return count == 1 ? fd : -1;
}

int fabric_host_listen(int host_fd, uint16_t want, uint16_t *ret_port, struct err *err)
{
	struct host_request request = { .op = HOST_LISTEN, .port = want };
	struct host_reply reply = { 0 };
	int fd = ask(host_fd, &request, &reply);

	if (fd < 0)
		return err_sys(err, "cannot listen on 127.0.0.1");
	*ret_port = reply.port;
	return fd;
}

int fabric_host_cgroup(int host_fd)
{
	struct host_request request = { .op = HOST_CGROUP };
	struct host_reply reply = { 0 };

	return ask(host_fd, &request, &reply);
}

/* ---- requests, host's end
 * --------------------------------------------------------------------------- */

static int listen_loopback(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons(port) };
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return GIVE_FD(fd);
}

static void serve_listen(int sock, uint16_t want)
{
	struct host_reply reply = { 0 };
	struct sockaddr_in at = { 0 };
	socklen_t len = sizeof(at);
	OWN(fd) int fd = listen_loopback(want);

	if (fd < 0 && want)
		fd = listen_loopback(0);
	if (fd < 0 || getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		reply.problem = errno;
	reply.port = ntohs(at.sin_port);
	(void)sys_send_fds(sock, &reply, sizeof(reply), &fd, reply.problem ? 0 : 1);
}

static void serve(int sock, int cgroup)
{
	struct host_request request;
	struct host_reply reply = { .problem = cgroup < 0 ? ENOENT : 0 };

	if (recv(sock, &request, sizeof(request), MSG_DONTWAIT) != sizeof(request))
		return;
	if (request.op == HOST_LISTEN)
		serve_listen(sock, request.port);
	else
		(void)sys_send_fds(sock, &reply, sizeof(reply), &cgroup, cgroup < 0 ? 0 : 1);
}

/* ---- the host's loop
 * ------------------------------------------------------------------------------- */

static void forward_signal(int signals, int pidfd)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return;
	(void)sys_pidfd_signal(pidfd, info.ssi_signo == SIGHUP ? SIGTERM : (int)info.ssi_signo);
}

/* Until the daemon ends; its exit code. */
static int host_loop(int sock, int pidfd, int signals, int cgroup)
{
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
				{ .fd = sock, .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			return 255;
		if (fds[0].revents)
			return sys_pidfd_wait(pidfd);
		if (fds[1].revents & POLLIN)
			serve(sock, cgroup);
		else if (fds[1].revents)
			fds[1].fd = -1;
		if (fds[2].revents & POLLIN)
			forward_signal(signals, pidfd);
	}
}

static void signals_of_host(sigset_t *set)
{
	struct sigaction hangup;

	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
		sigaddset(set, SIGHUP);
}

/* ---- the daemon's birth
 * ------------------------------------------------------------------------------ */

/* pid 1 ignores signals without a handler: until the body has its own, they end it. */
static void end_now(int number)
{
	_exit(128 + number);
}

static void die_with_host(int sock)
{
	struct pollfd alive = { .fd = sock, .events = POLLIN };

	sys_die_with_parent();
	if (poll(&alive, 1, 0) > 0 && (alive.revents & POLLHUP))
		_exit(1);
}

static void report(int sock, pid_t pid, const struct err *err)
{
	struct birth birth = { .pid = pid };

	if (err)
		birth.err = *err;
	(void)sys_send_fds(sock, &birth, sizeof(birth), NULL, 0);
}

static void __attribute__((noreturn))
daemon_process(int sock, const sigset_t *mask, int (*body)(void *ctx, int host_fd), void *ctx)
{
	const struct sigaction end = { .sa_handler = end_now };
	const struct timeval patience = { .tv_sec = 10 };
	struct err err = { 0 };
	char go;
	int code;

	/* The maker is gone and the host is our parent when this arrives. */
	if (recv(sock, &go, 1, 0) != 1)
		_exit(1);
	die_with_host(sock);
	(void)setsid(); /* Ctrl-C reaches us once, through the host side */
	(void)sigaction(SIGTERM, &end, NULL);
	(void)sigaction(SIGINT, &end, NULL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	sys_raise_files();
	if (sys_isolate_mounts(&err) < 0) {
		report(sock, -1, &err);
		_exit(1);
	}
	report(sock, 1, NULL);
	(void)setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	code = body(ctx, sock);
	(void)fflush(NULL);
	_exit(code);
}

/* Makes the namespaces, then the first process in them, and goes: the host adopts that one. */
static void __attribute__((noreturn))
maker_process(int sock, const sigset_t *mask, int (*body)(void *ctx, int host_fd), void *ctx)
{
	struct err err = { 0 };
	pid_t pid;

	if (sys_isolate(&err) < 0) {
		report(sock, -1, &err);
		_exit(1);
	}
	pid = fork();
	if (pid == 0)
		daemon_process(sock, mask, body, ctx);
	if (pid < 0)
		sys_isolate_explain("fork", errno, &err);
	report(sock, pid, &err);
	_exit(0);
}

static int hear(int sock, pid_t *ret_pid, struct err *err)
{
	struct birth birth;

	if (recv(sock, &birth, sizeof(birth), 0) != sizeof(birth))
		return err_set(err, ERR_SYS, "the network daemon ended while it started");
	if (birth.pid <= 0)
		return err_set(err, birth.err.code, "%s", birth.err.text);
	*ret_pid = birth.pid;
	return 0;
}

static int raise_daemon(int sock, pid_t maker, int *ret_pidfd, struct err *err)
{
	pid_t pid = -1, one;
	OWN(fd) int pidfd = -1;
	int result = hear(sock, &pid, err);

	if (result == 0)
		pidfd = sys_pidfd_open(pid);
	while (waitpid(maker, NULL, 0) < 0 && errno == EINTR)
		;
	if (result < 0)
		return -1;
	if (pidfd < 0)
		return err_sys(err, "cannot watch the network daemon");
	if (send(sock, "g", 1, MSG_NOSIGNAL) != 1 || hear(sock, &one, err) < 0) {
		(void)sys_pidfd_signal(pidfd, SIGKILL);
		(void)sys_pidfd_wait(pidfd);
		return -1;
	}
	*ret_pidfd = GIVE_FD(pidfd);
	return 0;
}

static int host_process(int sock, pid_t maker, const sigset_t *watched, int cgroup, struct err *err)
{
	OWN(fd) int pidfd = -1;
	OWN(fd) int signals = signalfd(-1, watched, SFD_CLOEXEC | SFD_NONBLOCK);

	if (raise_daemon(sock, maker, &pidfd, err) < 0)
		return -1;
	return host_loop(sock, pidfd, signals, cgroup);
}

int fabric_enter(int (*body)(void *ctx, int host_fd), void *ctx, struct err *err)
{
	OWN(fd) int cgroup = sys_cgroup_delegated();
	OWN(fd) int ours = -1;
	sigset_t watched, before;
	int pair[2], result;
	pid_t maker;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, "cannot make a socket pair");
	ours = pair[0];
	signals_of_host(&watched);
	(void)sigprocmask(SIG_BLOCK, &watched, &before);
	sys_adopt_orphans();
	(void)fflush(NULL);
	maker = fork();
	if (maker == 0) {
		close(pair[0]);
		maker_process(pair[1], &before, body, ctx);
	}
	close(pair[1]);
	result = maker < 0 ? err_sys(err, "cannot fork")
			   : host_process(ours, maker, &watched, cgroup, err);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return result;
}
