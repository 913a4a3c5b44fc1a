/* The daemon's end of a task: agent process, its socket, the containers' output. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/fabric/fabric-internal.h"

enum {
	LINE_MOST = 256 * 1024,
	MESSAGE_MOST = 4 << 20,
	READS_PER_EVENT = 8,
	LINK_CHECK_US = 1000,
	LINK_CHECKS = 2000,
};

struct message {
	struct message *next;
	char *data;
	size_t len, sent;
	int fds[2];
	size_t fd_count;
};

struct request {
	struct request *next;
	uint32_t id;
	void (*reply)(void *ctx, const json_t *body);
	void *ctx;
};

struct container {
	struct container *next;
	struct fabric_task *task;
	uint32_t id; /* of the start request */
	char *name, *cgroup_name;
	int output, cgroup;
	struct event *event;
	struct buf line;
};

struct fabric_task {
	struct fabric_task *next;
	struct fabric *fabric;
	struct vpc *vpc; /* NULL: the VPC is gone, this will be soon */
	char *eni;
	uint32_t id, address, index, next_request;
	unsigned prefix_bits;
	struct fabric_task_events events;
	int sock, agent_sock, pidfd;
	pid_t pid;
	bool born, connected, ready, failed, killed;
	unsigned link_checks;
	struct event *readable, *writable, *ended, *link_timer;
	struct message *out, **out_end;
	struct buf in;
	struct request *requests;
	struct container *containers;
};

static void task_fail(struct fabric_task *t, const char *why)
{
	if (!t->ready && !t->failed) {
		t->failed = true;
		t->events.failed(t->events.ctx, why);
	}
	fabric_task_kill(t);
}

/* ---- to the agent
 * ---------------------------------------------------------------------------------- */

static void message_free(struct message *m)
{
	explicit_bzero(m->data, m->len); /* may carry secrets */
	free(m->data);
	for (size_t i = 0; i < m->fd_count; i++)
		close(m->fds[i]);
	free(m);
}

/* 1: all sent, 0: the socket is full, -1: nobody there. */
static int message_send(int sock, struct message *m)
{
	while (m->sent < m->len) {
		ssize_t done;

		/* descriptors travel with the length, in one piece */
		if (m->sent == 0 && m->fd_count)
			done = sys_send_fds(sock, m->data, sizeof(uint32_t), m->fds, m->fd_count) <
					       0
				       ? -1
				       : (ssize_t)sizeof(uint32_t);
		else
			done = send(sock, m->data + m->sent, m->len - m->sent,
				    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno == EAGAIN ? 0 : -1;
		m->sent += (size_t)done;
	}
	return 1;
}

static void flush(struct fabric_task *t)
{
	while (t->out && t->connected) {
		struct message *m = t->out;
		int result = message_send(t->sock, m);

		if (result == 0) {
			(void)event_add(t->writable, NULL);
			return;
		}
		t->out = m->next;
		if (!t->out)
			t->out_end = &t->out;
		message_free(m);
	}
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

/* fds become the message's. first: in front of what waits. */
static void post(struct fabric_task *t, const json_t *body, const int *fds, size_t fd_count,
		 bool first)
{
	struct message *m = NEW(struct message);
	size_t len = json_dumpb(body, NULL, 0, JSON_COMPACT);
	uint32_t prefix = (uint32_t)len;

	m->len = sizeof(prefix) + len;
	m->data = mem_new(1, m->len);
	memcpy(m->data, &prefix, sizeof(prefix));
	(void)json_dumpb(body, m->data + sizeof(prefix), len, JSON_COMPACT);
	for (size_t i = 0; i < fd_count; i++)
		m->fds[m->fd_count++] = fds[i];
	if (first) {
		m->next = t->out;
		t->out = m;
		if (!m->next)
			t->out_end = &m->next;
	} else {
		*t->out_end = m;
		t->out_end = &m->next;
	}
	flush(t);
}

/* ---- a container's output
 * --------------------------------------------------------------------------- */

static void give_line(struct container *c, const char *text, size_t len)
{
	c->task->events.line(c->task->events.ctx, c->name, text, len);
}

static void take_output(struct container *c, const char *data, size_t len)
{
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t part = end ? (size_t)(end - data) : len;
		size_t room = LINE_MOST - c->line.len;

		if (part > room) {
			buf_add(&c->line, data, room);
			give_line(c, c->line.data, c->line.len);
			c->line.len = 0;
			data += room;
			len -= room;
			continue;
		}
		if (end && !c->line.len) {
			give_line(c, data, part); /* the usual case, without a copy */
		} else {
			buf_add(&c->line, data, part);
			if (end) {
				give_line(c, c->line.data, c->line.len);
				c->line.len = 0;
			}
		}
		data += part + (end != NULL);
		len -= part + (end != NULL);
	}
}

/* Up to `rounds` reads; true when there may be more. */
static bool read_output(struct container *c, int rounds)
{
	char data[65536];

	for (int i = 0; i < rounds; i++) {
		ssize_t got = read(c->output, data, sizeof(data));

		if (got > 0) {
			take_output(c, data, (size_t)got);
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			(void)event_del(c->event);
		return false;
	}
	return true;
}

static void on_output(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)read_output(arg, READS_PER_EVENT);
}

static void container_free(struct container *c)
{
	for (struct container **at = &c->task->containers; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			break;
		}
	event_free(c->event);
	close(c->output);
	if (c->cgroup >= 0) {
		close(c->cgroup);
		sys_cgroup_remove(c->task->fabric->cgroup, c->cgroup_name);
	}
	buf_free(&c->line);
	free(c->cgroup_name);
	free(c->name);
	free(c);
}

/* All its processes are gone: what is in the pipe now is all there will be. */
static void container_exited(struct container *c, int code, bool oom)
{
	struct fabric_task *t = c->task;
	OWN(str) char *name = NULL;

	while (read_output(c, READS_PER_EVENT))
		;
	if (c->line.len)
		give_line(c, c->line.data, c->line.len);
	oom = oom || (c->cgroup >= 0 && sys_cgroup_was_oom(c->cgroup));
	name = str_dup(c->name);
	container_free(c);
	t->events.exited(t->events.ctx, name, code, oom);
}

static struct container *container_find(const struct fabric_task *t, uint32_t id)
{
	for (struct container *c = t->containers; c; c = c->next)
		if (c->id == id)
			return c;
	return NULL;
}

/* ---- from the agent
 * -------------------------------------------------------------------------------------- */

static void answered(struct fabric_task *t, uint32_t id, const json_t *body)
{
	for (struct request **at = &t->requests; *at; at = &(*at)->next) {
		struct request *r = *at;
		struct container *c;

		if (r->id != id)
			continue;
		*at = r->next;
		c = container_find(t, id);
		if (c && json_object_get(body, "error"))
			container_free(c);
		if (r->reply)
			r->reply(r->ctx, body);
		free(r);
		return;
	}
}

static void become_ready(struct fabric_task *t)
{
	if (t->ready || t->failed || t->killed)
		return;
	t->ready = true;
	t->events.ready(t->events.ctx);
}

/* The agent's end is up; a packet of a peer is lost while ours is not. */
static void on_link(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval moment = { .tv_usec = LINK_CHECK_US };
	struct fabric_task *t = arg;

	(void)fd;
	(void)what;
	if (!t->vpc || t->killed)
		return;
	if (sys_netlink_operational(t->vpc->links, t->index))
		become_ready(t);
	else if (t->link_checks++ < LINK_CHECKS)
		(void)event_add(t->link_timer, &moment);
	else
		task_fail(t, "the network interface did not come up");
}

/* Both are there: the agent (prepared for an interface) and its pid. */
static void connect_interface(struct fabric_task *t)
{
	struct err err = { 0 };
	OWN(json) json_t *config = NULL;
	char name[16];

	if (!t->born || t->pid <= 0 || t->connected || !t->vpc)
		return;
	(void)snprintf(name, sizeof(name), "eni%u", t->vpc->next_index);
	if (fabric_vpc_connect(t->vpc, t->address, name, -1, t->pid, &t->index, &err) < 0) {
		task_fail(t, err.text);
		return;
	}
	t->connected = true;
	config = json_pack("{s:I, s:i, s:I, s:I, s:s}", "address", (json_int_t)t->address, "bits",
			   (int)t->prefix_bits, "gateway", (json_int_t)vpc_gateway(t->vpc->base),
			   "resolver", (json_int_t)vpc_resolver(t->vpc->base), "state_dir",
			   t->fabric->state_dir);
	post(t, config, NULL, 0, true);
}

static void on_event(struct fabric_task *t, const char *event, const json_t *m)
{
	if (!strcmp(event, "born")) {
		t->born = true;
		connect_interface(t);
	} else if (!strcmp(event, "up")) {
		on_link(-1, 0, t);
	} else if (!strcmp(event, "failed")) {
		task_fail(t, json_str_or(m, "why", "the agent failed"));
	} else if (!strcmp(event, "exited")) {
		struct container *c = container_find(t, (uint32_t)json_int_or(m, "container", 0));

		if (c)
			container_exited(c, (int)json_int_or(m, "code", 255),
					 json_bool_or(m, "oom", false));
	}
}

static void on_message(struct fabric_task *t, const char *text, size_t len)
{
	OWN(json) json_t *m = json_loadb(text, len, 0, NULL);
	const char *event = json_str(m, "event");

	if (event)
		on_event(t, event, m);
	else if (json_object_get(m, "reply"))
		answered(t, (uint32_t)json_int_or(m, "id", 0), json_object_get(m, "reply"));
}

/* false: nothing more to read now */
static bool read_agent(struct fabric_task *t)
{
	char data[16384];
	ssize_t got = recv(t->sock, data, sizeof(data), MSG_DONTWAIT);
	size_t at = 0;

	if (got <= 0) {
		if (got == 0)
			(void)event_del(t->readable);
		return false;
	}
	buf_add(&t->in, data, (size_t)got);
	while (t->in.len - at >= sizeof(uint32_t)) {
		uint32_t len;

		memcpy(&len, t->in.data + at, sizeof(len));
		if (len > MESSAGE_MOST) {
			task_fail(t, "the agent talks nonsense");
			(void)event_del(t->readable);
			return false;
		}
		if (t->in.len - at < sizeof(len) + len)
			break;
		at += sizeof(len) + len;
		on_message(t, t->in.data + at - len, len);
	}
	buf_consume(&t->in, at);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)read_agent(arg);
}

/* ---- life
 * --------------------------------------------------------------------------------------------------
 */

static void task_unlink(struct fabric_task *t)
{
	for (struct fabric_task **at = &t->fabric->tasks; *at; at = &(*at)->next)
		if (*at == t) {
			*at = t->next;
			break;
		}
}

static void task_free(struct fabric_task *t)
{
	struct event *events[] = { t->readable, t->writable, t->ended, t->link_timer };

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	while (t->containers)
		container_free(t->containers);
	while (t->out) {
		struct message *m = t->out;

		t->out = m->next;
		message_free(m);
	}
	while (t->requests) {
		struct request *r = t->requests;

		t->requests = r->next;
		free(r);
	}
	close(t->sock);
	if (t->agent_sock >= 0)
		close(t->agent_sock);
	if (t->pidfd >= 0)
		close(t->pidfd);
	buf_free(&t->in);
	free(t->eni);
	free(t);
}

static void task_gone(struct fabric_task *t)
{
	OWN(json) json_t *gone = json_pack("{s:s}", "error", "the task is gone");

	while (read_agent(t))
		;
	t->killed = true;
	task_unlink(t);
	while (t->requests)
		answered(t, t->requests->id, gone);
	while (t->containers)
		container_exited(t->containers, 128 + SIGKILL, false);
	if (!t->ready && !t->failed)
		t->events.failed(t->events.ctx, "the task ended before its network was ready");
	t->events.gone(t->events.ctx);
	task_free(t);
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct fabric_task *t = arg;

	(void)what;
	(void)sys_pidfd_wait(fd);
	task_gone(t);
}

void fabric_spawner_done(struct fabric *f, uint32_t task, pid_t pid, int pidfd, int problem)
{
	struct fabric_task *t = f->tasks;
	OWN(str) char *why = NULL;

	while (t && t->id != task)
		t = t->next;
	if (!t) {
		if (pidfd >= 0) {
			(void)sys_pidfd_signal(pidfd, SIGKILL);
			(void)sys_pidfd_wait(pidfd);
			close(pidfd);
		}
		return;
	}
	close(t->agent_sock);
	t->agent_sock = -1;
	if (pid < 0 || pidfd < 0) {
		why = str_printf("cannot start the task's process: %s", strerror(problem));
		task_fail(t, why);
		task_gone(t);
		return;
	}
	t->pid = pid;
	t->pidfd = pidfd;
	t->ended = event_new(f->o.events, pidfd, EV_READ, on_ended, t);
	(void)event_add(t->ended, NULL);
	if (t->killed)
		(void)sys_pidfd_signal(pidfd, SIGKILL);
	else
		connect_interface(t);
}

/* Tasks that still wait for their process will get none. */
void fabric_spawner_lost(struct fabric *f)
{
	struct fabric_task *t = f->tasks;

	while (t) {
		uint32_t id = t->id;

		if (t->pid > 0) {
			t = t->next;
			continue;
		}
		fabric_spawner_done(f, id, -1, -1, ESRCH);
		t = f->tasks; /* its callbacks may have changed the list */
	}
}

static int task_begin(struct fabric_task *t, struct err *err)
{
	struct event_base *events = t->fabric->o.events;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, "cannot make a socket pair");
	t->sock = pair[0];
	t->agent_sock = pair[1];
	(void)sys_nonblocking(t->sock);
	t->readable = event_new(events, t->sock, EV_READ | EV_PERSIST, on_readable, t);
	t->writable = event_new(events, t->sock, EV_WRITE, on_writable, t);
	t->link_timer = evtimer_new(events, on_link, t);
	(void)event_add(t->readable, NULL);
	if (fabric_spawner_request(t->fabric->spawner, t->id, t->agent_sock) < 0)
		return err_sys(err, "cannot reach the spawner");
	return 0;
}

int fabric_task_start(struct fabric *f, const char *vpc, const char *eni, uint32_t address,
		      unsigned prefix_bits, const struct fabric_task_events *events,
		      struct fabric_task **ret, struct err *err)
{
	struct vpc *v = fabric_vpc_find(f, vpc);
	struct fabric_task *t;

	if (!v)
		return err_set(err, ERR_INPUT, "no VPC %s", vpc);
	if (!ip_in_cidr(address, v->base, v->bits) || prefix_bits > 32)
		return err_set(err, ERR_INPUT, "the address of %s is not in %s", eni, vpc);
	t = NEW(struct fabric_task);
	t->fabric = f;
	t->vpc = v;
	t->eni = str_dup(eni);
	t->id = f->next_task++;
	t->address = address;
	t->prefix_bits = prefix_bits;
	t->events = *events;
	t->sock = t->agent_sock = t->pidfd = -1;
	t->out_end = &t->out;
	t->next_request = 1;
	if (task_begin(t, err) < 0) {
		task_free(t);
		return err_in(err, "task with %s", eni);
	}
	t->next = f->tasks;
	f->tasks = t;
	*ret = t;
	return 0;
}

void fabric_task_kill(struct fabric_task *t)
{
	t->killed = true;
	if (t->pidfd >= 0)
		(void)sys_pidfd_signal(t->pidfd, SIGKILL);
}

void fabric_tasks_leave_vpc(struct fabric *f, const struct vpc *v)
{
	for (struct fabric_task *t = f->tasks; t; t = t->next)
		if (t->vpc == v) {
			t->vpc = NULL;
			fabric_task_kill(t);
		}
}

/* Without callbacks: who frees the fabric knows. */
void fabric_tasks_free(struct fabric *f)
{
	for (struct fabric_task *t = f->tasks; t; t = t->next)
		fabric_task_kill(t);
	while (f->tasks) {
		struct fabric_task *t = f->tasks;

		f->tasks = t->next;
		if (t->pidfd >= 0)
			(void)sys_pidfd_wait(t->pidfd);
		task_free(t);
	}
}

/* ---- requests
 * ------------------------------------------------------------------------------------------------
 */

/* Pipe for the output and a cgroup for the limits; they travel with the request. */
static int container_new(struct fabric_task *t, uint32_t id, const json_t *description, int fds[2],
			 size_t *ret_count, struct err *err)
{
	struct fabric *f = t->fabric;
	struct container *c;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "cannot make a pipe");
	(void)sys_nonblocking(ends[0]);
	c = NEW(struct container);
	c->task = t;
	c->id = id;
	c->name = str_dup(json_str_or(description, "name", ""));
	c->output = ends[0];
	c->cgroup = -1;
	c->event = event_new(f->o.events, ends[0], EV_READ | EV_PERSIST, on_output, c);
	(void)event_add(c->event, NULL);
	c->next = t->containers;
	t->containers = c;
	fds[(*ret_count)++] = ends[1];
	if (f->cgroup < 0)
		return 0;
	c->cgroup_name = str_printf("task-%u-%u", t->id, id);
	c->cgroup = sys_cgroup_make(f->cgroup, c->cgroup_name,
				    (uint64_t)json_int_or(description, "memory_bytes", 0),
				    (uint64_t)json_int_or(description, "cpu_units", 0), err);
	fds[*ret_count] = c->cgroup < 0 ? -1 : fcntl(c->cgroup, F_DUPFD_CLOEXEC, 3);
	if (fds[*ret_count] < 0)
		return -1;
	(*ret_count)++;
	return 0;
}

void fabric_task_request(struct fabric_task *t, const json_t *request,
			 void (*reply)(void *ctx, const json_t *body), void *ctx)
{
	struct request *r = NEW(struct request);
	OWN(json) json_t *envelope = NULL;
	struct err err = { 0 };
	int fds[2] = { -1, -1 };
	size_t count = 0;

	r->id = t->next_request++;
	r->reply = reply;
	r->ctx = ctx;
	r->next = t->requests;
	t->requests = r;
	envelope = json_pack("{s:I}", "id", (json_int_t)r->id);
	if (str_eq(json_str(request, "op"), "start") &&
	    container_new(t, r->id, json_map(request, "container"), fds, &count, &err) < 0)
		json_set_str(envelope, "refuse", err.text); /* answered in order, by the agent */
	/* borrowed for the time of this call, not changed */
	(void)json_object_set(envelope, "request", (json_t *)(uintptr_t)request);
	post(t, envelope, fds, count, false);
}
