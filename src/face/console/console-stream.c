/* Server-sent events: each listener is sent what differs from what its page has. */
#include <string.h>

#include "core/aws/aws.h"
#include "core/launch/launch.h"
#include "face/console/console-internal.h"

enum { SOON_MS = 80, TICK_MS = 1000 };

/* What a page shows, where it shows it, and which changes of the hub make it look again. */
static const struct section {
	const char *name;
	const char *views; /* words; NULL: all */
	const char *kinds; /* prefixes of kinds */
	json_t *(*build)(struct console *c, const struct listener *l);
} sections[] = {
	{ "stacks", NULL, "cloudformation:stack", console_stacks },
	{ "services", NULL, "ecs:service", console_services },
	{ "tasks", NULL, "ecs:task", console_tasks },
	{ "events", "stacks", "cloudformation:", console_events },
	{ "resources", "stacks topology", "cloudformation:", console_resources },
	{ "groups", "topology", "ec2:security-group ec2:vpc", console_groups },
	{ "rules", "topology", "ec2:security-group-rule", console_rules },
	{ "counters", "topology", "ec2:security-group-rule", console_counters },
	{ "jobs", "topology tasks network secrets", "", console_jobs },
};
enum { SECTION_COUNT = sizeof(sections) / sizeof(sections[0]), LOG_BIT = 1 << SECTION_COUNT };

/* Does a list of words, divided by blanks, have this one, or the beginning of it? */
static bool has_word(const char *words, const char *text, bool prefix)
{
	size_t len;

	for (const char *at = words; *at; at += len + (at[len] == ' ')) {
		len = strcspn(at, " ");
		if (len && !strncmp(at, text, len) && (prefix || !text[len]))
			return true;
	}
	return false;
}

/* ---- sending ------------------------------------------------------------------------------------- */

static void send_json(struct listener *l, const json_t *message)
{
	OWN(str) char *text = json_text(message);
	OWN(str) char *frame = str_printf("data: %s\n\n", text);

	if (!l->broken && !http_stream_write(l->exchange, frame, strlen(frame)))
		l->broken = true;
}

/* {"section","set":{id:value},"drop":[ids]} of what has changed. */
static void send_difference(struct listener *l, const char *section, json_t *now)
{
	json_t *before = json_object_get(l->sent, section), *set = json_object(), *drop = json_array(), *value;
	OWN(json) json_t *message = json_pack("{s:s,s:o,s:o}", "section", section, "set", set, "drop", drop);
	const char *id;

	json_object_foreach(now, id, value)
		if (!json_equal(json_object_get(before, id), value))
			json_object_set(set, id, value);
	json_object_foreach(before, id, value)
		if (!json_object_get(now, id))
			json_add_str(drop, id);
	if (json_object_size(set) || json_array_size(drop) || !before)
		send_json(l, message);
	json_object_set(l->sent, section, now);
}

static void send_log(struct console *c, struct listener *l)
{
	json_t *lines = *l->task ? console_log(c, l) : NULL;
	OWN(json) json_t *message = lines ? json_pack("{s:s,s:o}", "section", "log", "lines", lines) : NULL;

	if (message)
		send_json(l, message);
}

static void send_dirty(struct console *c, struct listener *l, unsigned dirty)
{
	for (size_t i = 0; i < SECTION_COUNT && !l->broken; i++) {
		OWN(json) json_t *now = NULL;

		if (!(dirty & 1u << i) || (sections[i].views && !has_word(sections[i].views, l->view, false)))
			continue;
		now = sections[i].build(c, l);
		send_difference(l, sections[i].name, now);
	}
	if (dirty & LOG_BIT)
		send_log(c, l);
}

static void send_all(struct hub *hub, void *ctx)
{
	struct console *c = ctx;
	unsigned dirty = c->dirty;

	(void)hub;
	c->soon = NULL;
	c->dirty = 0;
	for (struct listener *l = c->listeners; l; l = l->next)
		send_dirty(c, l, dirty);
}

static void mark_bits(struct console *c, unsigned bits)
{
	c->dirty |= bits;
	if (bits && c->listeners && !c->soon)
		c->soon = hub_timer(c->hub, SOON_MS, send_all, c);
}

void console_mark(struct console *c, const char *section)
{
	for (size_t i = 0; i < SECTION_COUNT; i++)
		if (!strcmp(sections[i].name, section))
			mark_bits(c, 1u << i);
}

void console_changed(struct console *c, const char *kind)
{
	unsigned bits = str_starts(kind, "logs:") ? LOG_BIT : 0;

	for (size_t i = 0; i < SECTION_COUNT; i++)
		if (has_word(sections[i].kinds, kind, true))
			bits |= 1u << i;
	mark_bits(c, bits);
	console_jobs_changed(c, kind);
}

/* ---- counters: the kernel tells nobody when a packet passes ------------------------------------------ */

bool console_wanted(const struct console *c, const char *view, const char *stack)
{
	for (const struct listener *l = c->listeners; l; l = l->next)
		if (!strcmp(l->view, view) && (!stack || !strcmp(l->stack, stack)))
			return true;
	return false;
}

static void on_tick(struct hub *hub, void *ctx)
{
	struct console *c = ctx;

	c->tick = NULL;
	if (!console_wanted(c, "topology", NULL))
		return;
	console_mark(c, "counters");
	c->tick = hub_timer(hub, TICK_MS, on_tick, c);
}

/* ---- listeners ------------------------------------------------------------------------------------- */

static void listener_free(struct listener *l)
{
	struct listener **at = &l->console->listeners;

	while (*at && *at != l)
		at = &(*at)->next;
	if (*at)
		*at = l->next;
	json_decref(l->sent);
	json_decref(l->log_tokens);
	free(l->view);
	free(l->stack);
	free(l->task);
	free(l);
}

static void on_gone(void *ctx)
{
	struct listener *l = ctx;
	struct console *c = l->console;

	listener_free(l);
	if (!c->listeners)
		json_object_clear(c->needs);
	console_jobs_update(c);
}

/* A value of the query, decoded; "" when there is none. Caller frees. */
static char *query_value(const char *query, const char *name)
{
	size_t len = strlen(name), got;

	for (const char *at = query; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
		char *value = NULL;

		if (strncmp(at, name, len) != 0 || at[len] != '=')
			continue;
		if (aws_uri_decode(at + len + 1, strcspn(at + len + 1, "&"), &value, &got) == 0 && strlen(value) == got)
			return value;
		free(value);
	}
	return str_dup("");
}

void console_listen(struct console *c, struct http_exchange *x, const struct http_request *r)
{
	OWN(json) json_t *headers = console_headers("text/event-stream");
	OWN(json) json_t *hello = json_pack("{s:s,s:s,s:s}", "section", "hello", "run", c->run, "endpoint",
					    hub_endpoint(c->hub));
	json_t *steps = json_array();
	struct listener *l;

	json_object_set_new(hello, "steps", steps);
	for (size_t i = 0; i < LAUNCH_STEP_COUNT; i++)
		json_array_append_new(steps, json_pack("{s:s,s:s}", "name", launch_rows()[i].name, "title",
						       launch_rows()[i].title));
	if (!strcmp(r->method, "HEAD")) {
		http_reply(x, 200, headers, NULL, 0);
		return;
	}
	l = NEW(struct listener);
	l->console = c;
	l->exchange = x;
	l->view = query_value(r->query, "view");
	l->stack = query_value(r->query, "stack");
	l->task = query_value(r->query, "task");
	l->sent = json_object();
	l->log_tokens = json_object();
	l->next = c->listeners;
	c->listeners = l;
	http_stream_begin(x, headers, on_gone, l);
	json_set_int(hello, "now", (json_int_t)hub_now_ms(c->hub));
	send_json(l, hello);
	console_jobs_update(c);
	send_dirty(c, l, ~0u);
	if (!c->tick && !strcmp(l->view, "topology"))
		c->tick = hub_timer(c->hub, TICK_MS, on_tick, c);
}

void console_streams_end(struct console *c)
{
	while (c->listeners) {
		struct listener *l = c->listeners;

		http_stream_end(l->exchange);
		listener_free(l);
	}
	hub_cancel(c->hub, c->soon);
	hub_cancel(c->hub, c->tick);
}
