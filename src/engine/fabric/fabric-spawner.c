/* A small process that starts the agents: the cost of a clone follows the memory of who clones, and
 * an agent must not inherit the daemon's memory (keys) or descriptors. Its children are the
 * daemon's. */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/fabric/fabric-internal.h"

struct spawn_reply {
	uint32_t task;
	int32_t pid;
	int32_t problem;
};

/* The socket holds a few hundred messages: what is behind these waits here. */
enum { MOST_UNDER_WAY = 64 };

struct waiting {
	struct waiting *next;
	uint32_t task;
	int sock; /* borrowed from the task, which stays until it was answered */
};

struct spawner {
	struct fabric *fabric;
	int sock;
	int pidfd;
	struct event *event;
	bool ended;
	unsigned under_way;
	struct waiting *waiting, **waiting_end;
};

static void default_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void spawn(int sock, uint32_t task, int agent_sock)
{
	struct spawn_reply reply = { .task = task };
	OWN(fd) int pidfd = -1;
	pid_t pid = sys_clone(SYS_NEW_NET | SYS_NEW_PID | SYS_SIBLING, -1, &pidfd);

	if (pid == 0) {
		sys_close_others(&agent_sock, 1);
		fabric_agent_main(agent_sock);
	}
	reply.pid = pid;
	reply.problem = pid < 0 ? errno : 0;
	(void)sys_send_fds(sock, &reply, sizeof(reply), &pidfd, pid < 0 ? 0 : 1);
}

static void __attribute__((noreturn)) spawner_main(int sock)
{
	default_signals();
	sys_die_with_parent();
	sys_close_others(&sock, 1);
	for (;;) {
		uint32_t task;
		int agent_sock = -1;
		size_t count = 1;

		if (sys_recv_fds(sock, &task, sizeof(task), &agent_sock, &count) != sizeof(task))
			_exit(0);
		if (count == 1) {
			spawn(sock, task, agent_sock);
			close(agent_sock);
		}
	}
}

static void send_waiting(struct spawner *s)
{
	while (s->waiting && s->under_way < MOST_UNDER_WAY) {
		struct waiting *w = s->waiting;

		if (sys_send_fds(s->sock, &w->task, sizeof(w->task), &w->sock, 1) < 0)
			return; /* full: the next answer makes room; gone: on_reply() sees it */
		s->under_way++;
		s->waiting = w->next;
		if (!s->waiting)
			s->waiting_end = &s->waiting;
		free(w);
	}
}

static void forget_waiting(struct spawner *s)
{
	while (s->waiting) {
		struct waiting *w = s->waiting;

		s->waiting = w->next;
		free(w);
	}
	s->waiting_end = &s->waiting;
}

static void on_reply(evutil_socket_t fd, short what, void *arg)
{
	struct spawner *s = arg;

	(void)what;
	for (;;) {
		struct spawn_reply reply;
		int pidfd = -1;
		size_t count = 1;
		ssize_t got = sys_recv_fds(fd, &reply, sizeof(reply), &pidfd, &count);

		if (got < 0 && errno == EAGAIN)
			break;
		if (got != sizeof(reply)) {
			s->ended = true;
			(void)event_del(s->event);
			forget_waiting(s);
			fabric_log(s->fabric, "the process that starts tasks ended");
			fabric_spawner_lost(s->fabric);
			return;
		}
		s->under_way--;
		fabric_spawner_done(s->fabric, reply.task, reply.pid, count ? pidfd : -1,
				    reply.problem);
	}
	send_waiting(s);
}

int fabric_spawner_new(struct fabric *f, struct spawner **ret, struct err *err)
{
	struct spawner *s;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, "cannot make a socket pair");
	pid = fork();
	if (pid == 0)
		spawner_main(pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_sys(err, "cannot fork the spawner");
	}
	s = NEW(struct spawner);
	s->fabric = f;
	s->sock = pair[0];
	s->waiting_end = &s->waiting;
	s->pidfd = sys_pidfd_open(pid);
	(void)sys_nonblocking(s->sock);
	s->event = event_new(f->o.events, s->sock, EV_READ | EV_PERSIST, on_reply, s);
	(void)event_add(s->event, NULL);
	*ret = s;
	return 0;
}

void fabric_spawner_free(struct spawner *s)
{
	if (!s)
		return;
	event_free(s->event);
	forget_waiting(s);
	close(s->sock);
	if (s->pidfd >= 0) {
		(void)sys_pidfd_signal(s->pidfd, SIGKILL);
		(void)sys_pidfd_wait(s->pidfd);
		close(s->pidfd);
	}
	free(s);
}

int fabric_spawner_request(struct spawner *s, uint32_t task, int sock)
{
	struct waiting *w;

	if (s->ended) {
		errno = ESRCH;
		return -1;
	}
	w = NEW(struct waiting);
	w->task = task;
	w->sock = sock;
	*s->waiting_end = w;
	s->waiting_end = &w->next;
	send_waiting(s);
	return 0;
}
