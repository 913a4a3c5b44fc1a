/* Commands of this program that run where the user is: what they print, when they are done. */
#include <event2/bufferevent.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <string.h>

#include "engine/fabric/fabric.h"
#include "face/console/console-internal.h"

enum { OUTPUT = 0, ERRORS = 1, PRINTED_MOST = 64 << 20 };

struct command {
	struct console *console;
	struct command *next;
	struct bufferevent *streams[2]; /* NULL: it has ended */
	struct buf printed[2];
	command_done done;
	void *ctx;
};

static void command_free(struct command *m)
{
	struct command **at = &m->console->commands;

	while (*at && *at != m)
		at = &(*at)->next;
	if (*at)
		*at = m->next;
	for (int i = 0; i < 2; i++) {
		if (m->streams[i])
			bufferevent_free(m->streams[i]);
		buf_free(&m->printed[i]);
	}
	free(m);
}

static void finish(struct command *m)
{
	const char *output = m->printed[OUTPUT].data, *errors = m->printed[ERRORS].data;

	m->done(m->ctx, output ? output : "", m->printed[OUTPUT].len, errors ? errors : "");
	command_free(m);
}

static int index_of(const struct command *m, const struct bufferevent *bev)
{
	return m->streams[ERRORS] == bev;
}

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct command *m = ctx;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len = evbuffer_get_length(in);
	struct buf *to = &m->printed[index_of(m, bev)];

	if (to->len + len <= PRINTED_MOST)
		buf_add(to, evbuffer_pullup(in, -1), len);
	evbuffer_drain(in, len);
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct command *m = ctx;

	(void)what;
	m->streams[index_of(m, bev)] = NULL;
	bufferevent_free(bev);
	if (!m->streams[OUTPUT] && !m->streams[ERRORS])
		finish(m);
}

struct command *console_command(struct console *c, const char *const *arguments, command_done done, void *ctx,
				struct err *err)
{
	const char *endpoint = hub_endpoint(c->hub);
	OWN(str) char *port = str_printf("MPCUP_PORT=%s", strrchr(endpoint, ':') + 1);
	OWN(str) char *state = str_printf("MPCUP_STATE_DIR=%s", hub_state_dir(c->hub));
	const char *settings[] = { port, state, "NO_COLOR=1", NULL };
	struct command *m;
	int fds[2];

	if (!hub_fabric(c->hub)) {
		(void)err_set(err, ERR_SYS, "there is no network here");
		return NULL;
	}
	if (fabric_command(hub_fabric(c->hub), settings, arguments, &fds[OUTPUT], &fds[ERRORS], err) < 0)
		return NULL;
	m = NEW(struct command);
	m->console = c;
	m->done = done;
	m->ctx = ctx;
	m->next = c->commands;
	c->commands = m;
	for (int i = 0; i < 2; i++) {
		m->streams[i] = bufferevent_socket_new(hub_events(c->hub), fds[i], BEV_OPT_CLOSE_ON_FREE);
		if (!m->streams[i])
			abort();
		bufferevent_setcb(m->streams[i], on_read, NULL, on_event, m);
		(void)bufferevent_disable(m->streams[i], EV_WRITE);
		(void)bufferevent_enable(m->streams[i], EV_READ);
	}
	return m;
}

void console_commands_end(struct console *c)
{
	while (c->commands)
		command_free(c->commands);
}
