/* The host side: stays where the user is, opens listeners on request, ends with the daemon. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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

enum { HOST_LISTEN = 1, HOST_CGROUP = 2, HOST_RUN = 3, BACKLOG = 128, WORDS_MOST = 16384, RUNS_MOST = 64 };

struct host_request {
	uint32_t op;
	uint16_t port;
	uint16_t settings; /* how many of the words are of the environment */
	uint32_t len;
	char words[]; /* each with its NUL */
};
struct host_reply {
	int32_t problem; /* errno, 0: a descriptor comes with it */
	uint16_t port;
};
/* What the host side lives with. */
struct host {
	int sock, cgroup;
	const sigset_t *mask;  /* of signals, as the user's shell gave it */
	pid_t runs[RUNS_MOST]; /* commands that were started and may not have ended */
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

static size_t count_words(const char *const *list)
{
	size_t count = 0;

	while (list[count])
		count++;
	return count;
}

static void put_words(struct buf *b, const char *const *list)
{
	for (size_t i = 0; list[i]; i++)
		buf_add(b, list[i], strlen(list[i]) + 1);
}

int fabric_host_run(int host_fd, const char *const *settings, const char *const *arguments, int ret_fds[2],
		    struct err *err)
{
	struct host_request head = { .op = HOST_RUN, .settings = (uint16_t)count_words(settings) };
	struct host_reply reply = { 0 };
	OWN(buf) struct buf b = { 0 }, words = { 0 };
	size_t count = 2;

	put_words(&words, settings);
	put_words(&words, arguments);
	if (words.len > WORDS_MOST)
		return err_set(err, ERR_LIMIT, "a command of more than %d bytes", WORDS_MOST);
	head.len = (uint32_t)words.len;
	buf_add(&b, &head, sizeof(head));
	buf_add(&b, words.data, words.len);
	if (sys_send_fds(host_fd, b.data, b.len, NULL, 0) < 0 ||
	    sys_recv_fds(host_fd, &reply, sizeof(reply), ret_fds, &count) != sizeof(reply))
		return err_sys(err, "cannot start a command");
	errno = reply.problem;
	return count == 2 ? 0 : err_sys(err, "cannot start a command");
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

/* Words become the settings of the environment and the arguments; false: they are none. */
static bool take_words(struct host_request *request, char **argv, size_t most)
{
	char *at = request->words, *end = at + request->len;
	size_t count = 0;

	argv[count++] = (char *)(uintptr_t)"mpcup";
	for (unsigned i = 0; at < end; i++, at += strlen(at) + 1) {
		if (end[-1] || count + 1 >= most)
			return false;
		if (i >= request->settings)
			argv[count++] = at;
		else if (putenv(at) != 0)
			return false;
	}
	argv[count] = NULL;
	return count > 1;
}

static void __attribute__((noreturn))
run_words(struct host_request *request, const sigset_t *mask, int output, int errors)
{
	char *argv[64];
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	sys_die_with_parent();
	(void)setsid();
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)!chdir("/"); /* no network.yaml of the directory that the daemon was started in */
	if (nothing >= 0 && take_words(request, argv, sizeof(argv) / sizeof(argv[0])) &&
	    dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(errors, STDERR_FILENO) >= 0) {
		sys_close_others(NULL, 0);
		(void)execv("/proc/self/exe", argv);
	}
	_exit(127);
}

/* Those that have ended leave their place. */
static size_t reap(pid_t *runs)
{
	size_t place = RUNS_MOST;

	for (size_t i = 0; i < RUNS_MOST; i++) {
		if (runs[i] && waitpid(runs[i], NULL, WNOHANG) != 0)
			runs[i] = 0;
		if (!runs[i])
			place = i;
	}
	return place;
}

static int start_run(struct host *h, struct host_request *request, int ret_fds[2])
{
	size_t place = reap(h->runs);
	int output[2] = { -1, -1 }, errors[2] = { -1, -1 };
	pid_t pid = -1;

	if (place == RUNS_MOST)
		return EAGAIN;
	if (pipe2(output, O_CLOEXEC) == 0 && pipe2(errors, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		run_words(request, h->mask, output[1], errors[1]);
	if (pid < 0) {
		int problem = errno;

		own_drop_fd(&output[0]);
		own_drop_fd(&errors[0]);
		own_drop_fd(&output[1]);
		own_drop_fd(&errors[1]);
		return problem;
	}
	close(output[1]);
	close(errors[1]);
	ret_fds[0] = output[0];
	ret_fds[1] = errors[0];
	h->runs[place] = pid;
	return 0;
}

static void serve_run(struct host *h, struct host_request *request)
{
	struct host_reply reply = { 0 };
	int fds[2] = { -1, -1 };

	reply.problem = start_run(h, request, fds);
	(void)sys_send_fds(h->sock, &reply, sizeof(reply), fds, reply.problem ? 0 : 2);
	own_drop_fd(&fds[0]);
	own_drop_fd(&fds[1]);
}

static void serve(struct host *h)
{
	static union {
		struct host_request request;
		char bytes[sizeof(struct host_request) + WORDS_MOST];
	} u;
	struct host_reply reply = { .problem = h->cgroup < 0 ? ENOENT : 0 };
	ssize_t got = recv(h->sock, u.bytes, sizeof(u.bytes), MSG_DONTWAIT);

	if (got < (ssize_t)sizeof(u.request) || (size_t)got != sizeof(u.request) + u.request.len)
		return;
	if (u.request.op == HOST_LISTEN)
		serve_listen(h->sock, u.request.port);
	else if (u.request.op == HOST_RUN)
		serve_run(h, &u.request);
	else
		(void)sys_send_fds(h->sock, &reply, sizeof(reply), &h->cgroup, h->cgroup < 0 ? 0 : 1);
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
static int host_loop(struct host *h, int pidfd, int signals)
{
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
				{ .fd = h->sock, .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			return 255;
		if (fds[0].revents)
			return sys_pidfd_wait(pidfd);
		if (fds[1].revents & POLLIN)
			serve(h);
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

static int host_process(struct host *h, pid_t maker, const sigset_t *watched, struct err *err)
{
	OWN(fd) int pidfd = -1;
	OWN(fd) int signals = signalfd(-1, watched, SFD_CLOEXEC | SFD_NONBLOCK);

	if (raise_daemon(h->sock, maker, &pidfd, err) < 0)
		return -1;
	return host_loop(h, pidfd, signals);
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
			   : host_process(&(struct host){ .sock = ours, .cgroup = cgroup, .mask = &before },
					  maker, &watched, err);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return result;
}
