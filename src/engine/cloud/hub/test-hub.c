#include "engine/cloud/hub/hub.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "base/test.h"

static int run_echo(struct hub *hub, struct call *c)
{
	(void)hub;
	json_set_str(c->out, "Echo", json_str_or(c->in, "Word", "none"));
	return 0;
}

static int run_refuse(struct hub *hub, struct call *c)
{
	(void)hub;
	return call_fail(c, 400, "ClientException", "no %s", json_str_or(c->in, "Word", "word"));
}

static const struct action echo_actions[] = {
	{ .name = "Echo", .run = run_echo },
	{ .name = "Refuse", .run = run_refuse },
	{ 0 },
};
static const struct resource_kind kind_b = { .type = "B::B::B" }, kind_a = { .type = "A::A::A" };
static const struct resource_kind *const echo_kinds[] = { &kind_b, &kind_a, NULL };
static const struct service echo = { .name = "echo", .actions = echo_actions, .kinds = echo_kinds };
static const struct service *const services[] = { &echo, NULL };

static struct hub *make(struct event_base *base, const char *dir)
{
	struct hub_options o = { .services = services, .events = base, .state_dir = dir };
	struct hub *hub = NULL;
	struct err err = { 0 };

	CHECK_OK(hub_new(&o, &hub, &err), err);
	CHECK_OK(hub_start(hub, &err), err);
	return hub;
}

TEST(hub, calls_answer_or_fail_with_code_and_message)
{
	struct event_base *base = event_base_new();
	struct hub *hub = make(base, NULL);
	OWN(json) json_t *in = json_pack("{s:s}", "Word", "hello"), *out = NULL;
	struct err err = { 0 };
	char code[96];

	CHECK_OK(hub_call(hub, NULL, "echo", "Echo", in, &out, NULL, &err), err);
	CHECK_STR(json_str(out, "Echo"), "hello");
	CHECK_INT(hub_call(hub, NULL, "echo", "Refuse", in, NULL, code, &err), -1);
	CHECK_STR(code, "ClientException");
	CHECK_STR(err.text, "ClientException: no hello");
	CHECK_INT(hub_call(hub, NULL, "echo", "Nope", in, NULL, code, &err), -1);
	CHECK_STR(code, "UnknownOperationException");
	hub_free(hub);
	event_base_free(base);
}

static bool only_echo(struct hub *hub, const struct hub_question *q, struct err *why)
{
	(void)hub;
	(void)err_set(why, ERR_REMOTE, "%s may not %s", q->principal, q->action);
	return !strcmp(q->action, "echo:Echo");
}

TEST(hub, a_role_is_asked_for_its_rights_and_a_service_is_not)
{
	struct event_base *base = event_base_new();
	struct hub *hub = make(base, NULL);
	struct err err = { 0 };
	char code[96];

	hub_set_authorizer(hub, only_echo);
	CHECK_OK(hub_call(hub, "role", "echo", "Echo", NULL, NULL, code, &err), err);
	CHECK_INT(hub_call(hub, "role", "echo", "Refuse", NULL, NULL, code, &err), -1);
	CHECK_STR(err.text, "AccessDeniedException: role may not echo:Refuse");
	hub_free(hub);
	event_base_free(base);
}

static void note(struct hub *hub, const char *kind, const char *id, void *ctx)
{
	(void)hub;
	buf_printf(ctx, "%s/%s ", kind, id);
}

TEST(hub, objects_are_durable_and_watched)
{
	char dir[] = "/tmp/mpcup-hub-XXXXXX";
	struct event_base *base = event_base_new();
	struct hub *hub;
	OWN(buf) struct buf seen = { 0 };
	OWN(str) char *clean = NULL;

	CHECK(mkdtemp(dir) != NULL);
	clean = str_printf("rm -rf '%s'", dir);
	hub = make(base, dir);
	hub_watch(hub, "echo:", note, &seen);
	for (int i = 0; i < 3; i++) {
		OWN(str) char *id = str_printf("t%d", i);
		OWN(json) json_t *value = json_integer(i);

		hub_put(hub, "echo:thing", id, value);
	}
	hub_remove(hub, "echo:thing", "t1");
	hub_remove(hub, "echo:thing", "never");
	CHECK_STR(seen.data, "echo:thing/t0 echo:thing/t1 echo:thing/t2 echo:thing/t1 ");
	hub_free(hub);
	hub = make(base, dir);
	CHECK_INT(json_object_size(hub_all(hub, "echo:thing")), 2);
	CHECK_INT(json_integer_value(hub_get(hub, "echo:thing", "t2")), 2);
	CHECK(!hub_get(hub, "echo:thing", "t1"));
	hub_free(hub);
	event_base_free(base);
	CHECK_INT(system(clean), 0);
}

static void count_up(struct hub *hub, void *ctx)
{
	(void)hub;
	(*(int *)ctx)++;
}

TEST(hub, timers_run_once_and_cancelled_ones_never)
{
	struct event_base *base = event_base_new();
	struct hub *hub = make(base, NULL);
	int fired = 0, cancelled = 0;

	(void)hub_timer(hub, 0, count_up, &fired);
	(void)hub_timer(hub, 5, count_up, &fired);
	hub_cancel(hub, hub_timer(hub, 1, count_up, &cancelled));
	event_base_dispatch(base);
	CHECK_INT(fired, 2);
	CHECK_INT(cancelled, 0);
	(void)hub_timer(hub, 60000, count_up, &fired);
	hub_free(hub);
	event_base_free(base);
}

TEST(hub, generated_names_keep_their_suffix_when_cut)
{
	struct event_base *base = event_base_new();
	struct hub *hub = make(base, NULL);
	struct resource r = { .stack_name = "a-very-long-stack-name-indeed-it-is",
			      .logical = "AVeryLongLogicalIdOfAResource" };
	OWN(str) char *cut = hub_physical_name(hub, &r, 40, true);
	OWN(str) char *whole = hub_physical_name(hub, &r, 255, false);
	OWN(json) json_t *kinds = hub_kinds(hub);

	CHECK_INT(strlen(cut), 40);
	CHECK(str_starts(cut, "a-very-long-s-averylonglogi-"));
	CHECK(str_starts(whole, "a-very-long-stack-name-indeed-it-is-AVeryLongLogicalIdOfAResource-"));
	CHECK_STR(json_string_value(json_array_get(kinds, 0)), "A::A::A");
	hub_free(hub);
	event_base_free(base);
}
