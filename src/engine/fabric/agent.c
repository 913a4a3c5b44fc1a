/* The agent: pid 1 of a task. One loop over the daemon's socket, its children and a clock.
 * Probes (resolve, connect, nfs) and starts are carried out one at a time in order; exec runs
 * beside them and signal never waits, so that a slow health check does not hold up a stop. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/fabric/agent-internal.h"
#include "engine/fabric/fabric-internal.h"

enum {
	MESSAGE_MOST = 16 << 20,
	MOST_WORKERS = 64,
	ANSWER_MOST = 16384,
	WATCH_MS = 1000,
	LINK_WAIT_MS = 5000,
	EXEC_MS = 5000,
};

/* A request as it came, with its descriptors. */
struct job {
	struct job *next;
	json_t *body;
	int fds[2];
	size_t fd_count;
};

/* A process of ours that works on a request and writes the answer to a pipe. */
struct worker {
	uint32_t id;
	bool probe;
	int answer;
	struct buf text;
};

struct agent {
	int sock, signals, proc;
	struct agent_settings settings;
	struct agent_container **containers;
	size_t container_count;
	struct worker workers[MOST_WORKERS];
	size_t worker_count;
	struct job *waiting, **waiting_end;
};

/* ---- messages
 * -------------------------------------------------------------------------------------- */

/* Everything JSON here may be a secret: wiped when freed. */
static void *wiped_malloc(size_t size)
{
	size_t *p = malloc(size + 16);

	if (!p)
		return NULL;
	*p = size;
	return (char *)p + 16;
}

static void wiped_free(void *data)
{
	size_t *p;

	if (!data)
		return;
	p = (size_t *)(void *)((char *)data - 16);
	explicit_bzero(data, *p);
	free(p);
}

/* The daemon is gone or talks nonsense: nothing here makes sense any more. */
static void __attribute__((noreturn)) end(void)
{
	_exit(1);
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t done = send(fd, at, len, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			end();
		at += done;
		len -= (size_t)done;
	}
}

static void post(const struct agent *a, json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);
	uint32_t len = (uint32_t)strlen(text);

	write_all(a->sock, &len, sizeof(len));
	write_all(a->sock, text, len);
	wiped_free(text);
	json_decref(message);
}

/* answer becomes post()'s. */
static void reply(const struct agent *a, uint32_t id, json_t *answer)
{
	post(a, json_pack("{s:I, s:o}", "id", (json_int_t)id, "reply", answer));
}

static void reply_error(const struct agent *a, uint32_t id, const char *text)
{
	reply(a, id, json_pack("{s:s}", "error", text));
}

static void read_all(int fd, void *data, size_t len)
{
	char *at = data;

	while (len) {
		ssize_t got = recv(fd, at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			end();
		at += got;
		len -= (size_t)got;
	}
}

static void read_job(const struct agent *a, struct job *j)
{
	uint32_t len;
	ssize_t got;
	char *text;

	j->fd_count = 2;
	got = sys_recv_fds(a->sock, &len, sizeof(len), j->fds, &j->fd_count);
	if (got <= 0)
		end();
	read_all(a->sock, (char *)&len + got, sizeof(len) - (size_t)got);
	if (len > MESSAGE_MOST)
		end();
	text = wiped_malloc(len);
	if (!text)
		end();
	read_all(a->sock, text, len);
	j->body = json_loadb(text, len, 0, NULL);
	wiped_free(text);
	if (!j->body)
		end();
}

static void job_free(struct job *j)
{
	for (size_t i = 0; i < j->fd_count; i++)
		close(j->fds[i]);
	json_decref(j->body);
	free(j);
}

/* ---- containers
 * --------------------------------------------------------------------------------------- */

static struct agent_container *container_find(const struct agent *a, const char *name)
{
	for (size_t i = 0; name && i < a->container_count; i++)
		if (!strcmp(a->containers[i]->name, name))
			return a->containers[i];
	return NULL;
}

static int start(struct agent *a, const struct job *j, const json_t *request, uint32_t id,
		 struct err *err)
{
	struct agent_container *c = NULL;

	if (json_str(j->body, "refuse"))
		return err_set(err, ERR_SYS, "%s", json_str(j->body, "refuse"));
	if (fabric_agent_container_parse(json_map(request, "container"), &a->settings, &c, err) < 0)
		return -1;
	c->id = id;
	if (container_find(a, c->name))
		(void)err_set(err, ERR_INPUT, "container %s runs already", c->name);
	else if (fabric_agent_container_start(c, &a->settings, j->fd_count > 0 ? j->fds[0] : -1,
					      j->fd_count > 1 ? j->fds[1] : -1, err) == 0) {
		if (j->fd_count > 1)
			c->memory_bytes = 0; /* the cgroup watches */
		a->containers =
			mem_grow(a->containers, a->container_count + 1, sizeof(*a->containers));
		a->containers[a->container_count++] = c;
		return 0;
	}
	fabric_agent_container_free(c);
	return -1;
}

static void do_start(struct agent *a, const struct job *j, const json_t *request, uint32_t id)
{
	struct err err = { 0 };

	if (start(a, j, request, id, &err) < 0)
		reply_error(a, id, err.text);
	else
		reply(a, id, json_pack("{s:b}", "started", 1));
}

static void container_ended(struct agent *a, pid_t pid, int status)
{
	for (size_t i = 0; i < a->container_count; i++) {
		struct agent_container *c = a->containers[i];

		if (c->pid != pid)
			continue;
		post(a, json_pack("{s:s, s:I, s:i, s:b}", "event", "exited", "container",
				  (json_int_t)c->id, "code", sys_exit_code(status), "oom", c->oom));
		a->containers[i] = a->containers[--a->container_count];
		fabric_agent_container_free(c);
		return;
	}
}

static void reap(struct agent *a)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	(void)!read(a->signals, &info, sizeof(info));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		container_ended(a, pid, status);
}

static bool watching(const struct agent *a)
{
	for (size_t i = 0; i < a->container_count; i++)
		if (a->containers[i]->memory_bytes)
			return true;
	return false;
}

static void watch_memory(struct agent *a)
{
	if (a->proc < 0)
		a->proc = sys_proc_open(NULL);
	for (size_t i = 0; a->proc >= 0 && i < a->container_count; i++) {
		struct agent_container *c = a->containers[i];

		if (!c->memory_bytes ||
		    fabric_agent_container_memory(a->proc, c) <= c->memory_bytes)
			continue;
		c->oom = true;
		(void)sys_pidfd_signal(c->pidfd, SIGKILL);
	}
}

/* ---- requests
 * ----------------------------------------------------------------------------------------- */

static json_t *do_exec(const struct agent *a, const json_t *request)
{
	const struct agent_container *c = container_find(a, json_str(request, "container"));
	char **argv = fabric_agent_strings(json_list(request, "argv"));
	json_int_t ms = json_int_or(request, "timeout_ms", EXEC_MS);
	struct err err = { 0 };
	int code;

	if (!c)
		return json_pack("{s:s}", "error", "no such container");
	if (!argv || !argv[0])
		return json_pack("{s:s}", "error", "no command");
	code = fabric_agent_container_exec(c, argv,
					   ms < 1	  ? 1
					   : ms > 3600000 ? 3600000
							  : (int)ms,
					   &err);
	return code < 0 ? json_pack("{s:s}", "error", err.text) : json_pack("{s:i}", "exit", code);
}

static json_t *do_signal(const struct agent *a, const json_t *request)
{
	const struct agent_container *c = container_find(a, json_str(request, "container"));
	json_int_t number = json_int_or(request, "signal", SIGTERM);

	if (!c)
		return json_pack("{s:s}", "error", "no such container");
	if (number < 1 || number >= NSIG || sys_pidfd_signal(c->pidfd, (int)number) < 0)
		return json_pack("{s:s}", "error", "the signal cannot be sent");
	return json_object();
}

static void __attribute__((noreturn))
worker_main(struct agent *a, const json_t *request, bool exec, int answer)
{
	json_t *result;
	char *text;

	for (size_t i = 0; i < a->worker_count; i++)
		close(a->workers[i].answer);
	close(a->sock); /* the daemon must see the agent's end, not ours */
	result = exec ? do_exec(a, request) : fabric_agent_probe(&a->settings, request);
	text = json_dumps(result, JSON_COMPACT);
	(void)!write(answer, text, strlen(text));
	_exit(0);
}

static void work(struct agent *a, const json_t *request, uint32_t id, bool exec)
{
	struct worker *w = &a->workers[a->worker_count];
	int ends[2];
	pid_t pid;

	if (a->worker_count == MOST_WORKERS || pipe2(ends, O_CLOEXEC) < 0) {
		reply_error(a, id, "too many requests at once");
		return;
	}
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		worker_main(a, request, exec, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		reply_error(a, id, "cannot fork");
		return;
	}
	*w = (struct worker){ .id = id, .probe = !exec, .answer = ends[0] };
	a->worker_count++;
}

static bool probing(const struct agent *a)
{
	for (size_t i = 0; i < a->worker_count; i++)
		if (a->workers[i].probe)
			return true;
	return false;
}

static bool is(const char *op, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(op, *names))
			return true;
	return false;
}

/* In order; the job ends here. */
static void carry_out(struct agent *a, struct job *j)
{
	static const char *const probes[] = { "resolve", "connect", "nfs", NULL };
	const json_t *request = json_object_get(j->body, "request");
	const char *op = json_str_or(request, "op", "");
	uint32_t id = (uint32_t)json_int_or(j->body, "id", 0);

	if (!strcmp(op, "start"))
		do_start(a, j, request, id);
	else if (is(op, probes))
		work(a, request, id, false);
	else
		reply_error(a, id, "no such operation");
	job_free(j);
}

static void carry_out_waiting(struct agent *a)
{
	while (a->waiting && !probing(a)) {
		struct job *j = a->waiting;

		a->waiting = j->next;
		if (!a->waiting)
			a->waiting_end = &a->waiting;
		carry_out(a, j);
	}
}

static void take_job(struct agent *a)
{
	struct job *j = NEW(struct job);
	const json_t *request;
	const char *op;
	uint32_t id;

	read_job(a, j);
	request = json_object_get(j->body, "request");
	op = json_str_or(request, "op", "");
	id = (uint32_t)json_int_or(j->body, "id", 0);
	if (!strcmp(op, "signal")) {
		reply(a, id, do_signal(a, request));
		job_free(j);
	} else if (!strcmp(op, "exec")) {
		work(a, request, id, true);
		job_free(j);
	} else {
		*a->waiting_end = j;
		a->waiting_end = &j->next;
		carry_out_waiting(a);
	}
}

static void worker_answer(struct agent *a, size_t index)
{
	struct worker *w = &a->workers[index];
	char part[4096];
	ssize_t got = read(w->answer, part, sizeof(part));
	json_t *answer;

	if (got > 0 && w->text.len < ANSWER_MOST) {
		buf_add(&w->text, part, (size_t)got);
		return;
	}
	if (got < 0 && errno == EINTR)
		return;
	close(w->answer);
	answer = w->text.len ? json_loadb(w->text.data, w->text.len, 0, NULL) : NULL;
	if (answer)
		reply(a, w->id, answer);
	else
		reply_error(a, w->id, "the request's process ended");
	buf_free(&w->text);
	*w = a->workers[--a->worker_count];
	carry_out_waiting(a);
}

/* ---- life
 * --------------------------------------------------------------------------------------------------
 */

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void __attribute__((noreturn)) loop(struct agent *a)
{
	int64_t watch = now_ms() + WATCH_MS;

	for (;;) {
		struct pollfd fds[2 + MOST_WORKERS] = { { .fd = a->sock, .events = POLLIN },
							{ .fd = a->signals, .events = POLLIN } };
		size_t workers = a->worker_count;
		int64_t left = watch - now_ms();

		for (size_t i = 0; i < workers; i++)
			fds[2 + i] =
				(struct pollfd){ .fd = a->workers[i].answer, .events = POLLIN };
		if (poll(fds, 2 + workers,
			 !watching(a) ? -1
			 : left > 0   ? (int)left
				      : 0) < 0 &&
		    errno != EINTR)
			end();
		/* from the back: an answer moves the last worker into its place */
		for (size_t i = workers; i-- > 0;)
			if (fds[2 + i].revents)
				worker_answer(a, i);
		if (fds[1].revents)
			reap(a);
		if (fds[0].revents)
			take_job(a);
		if (now_ms() >= watch) {
			watch = now_ms() + WATCH_MS;
			watch_memory(a);
		}
	}
}

static int wait_link(struct err *err)
{
	const struct timespec moment = { .tv_nsec = 200000 };
	int64_t deadline = now_ms() + LINK_WAIT_MS;
	struct sys_netlink *links = NULL;
	int up = 0;

	if (sys_netlink_open(&links, err) < 0)
		return -1;
	while (!up && now_ms() < deadline) {
		up = sys_netlink_operational(links, ETHERNET_INDEX);
		if (!up)
			(void)nanosleep(&moment, NULL);
	}
	sys_netlink_close(links);
	return up ? 0 : err_set(err, ERR_SYS, "the network interface did not come up");
}

static int come_up(struct agent *a, struct err *err)
{
	struct job *j = NEW(struct job);
	struct agent_settings *s = &a->settings;

	if (fabric_interface_prepare(err) < 0)
		return -1;
	post(a, json_pack("{s:s}", "event", "born"));
	read_job(a, j);
	s->address = (uint32_t)json_int_or(j->body, "address", 0);
	s->gateway = (uint32_t)json_int_or(j->body, "gateway", 0);
	s->resolver = (uint32_t)json_int_or(j->body, "resolver", 0);
	s->bits = (unsigned)json_int_or(j->body, "bits", 24);
	s->state_dir = str_dup(json_str_or(j->body, "state_dir", "/"));
	job_free(j);
	if (fabric_interface_configure(&s->address, 1, s->bits, s->gateway, err) < 0)
		return -1;
	return wait_link(err);
}

void fabric_agent_main(int sock)
{
	struct agent a = { .sock = sock, .proc = -1 };
	struct err err = { 0 };
	sigset_t children;

	json_set_alloc_funcs(wiped_malloc, wiped_free);
	sys_die_with_parent();
	sys_hide_memory();
	a.waiting_end = &a.waiting;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &children, NULL);
	a.signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	if (come_up(&a, &err) < 0) {
		post(&a, json_pack("{s:s, s:s}", "event", "failed", "why", err.text));
		end();
	}
	post(&a, json_pack("{s:s}", "event", "up"));
	loop(&a);
}
