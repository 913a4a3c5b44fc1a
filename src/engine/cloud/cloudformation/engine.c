/* The engine: which stacks have work, and when to go on with it. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

#define TICK_MS 50	 /* what waits is asked at least so often */
#define MOST_DELAY_MS 20 /* between two rounds of asking under many changes */

struct engine {
	struct hub *hub;
	struct stack_run *runs;
	json_t *marked; /* ids of stacks that changed */
	struct hub_timer *turn, *tick;
	bool ask; /* what waits is to be asked in the next turn */
	unsigned delay_ms;
};

/* The hub keeps no pointers for its services, and mutable globals would tie two hubs together. So
 * the engine's address stands in the hub's memory as an object that is never put: not saved, not
 * watched. */
#define ENGINE_KIND "cloudformation:engine"

static struct engine *engine_of(struct hub *hub)
{
	const json_t *address = json_object_get(hub_all(hub, ENGINE_KIND), "address");

	return address ? (struct engine *)(uintptr_t)json_integer_value(address) : NULL;
}

static void run_turn(struct hub *hub, void *ctx);

static void arm(struct engine *e, unsigned delay_ms)
{
	if (!e->turn)
		e->turn = hub_timer(e->hub, delay_ms, run_turn, e);
}

static bool any_waits(const struct engine *e)
{
	for (const struct stack_run *run = e->runs; run; run = run->next)
		if (run->waiting_count)
			return true;
	return false;
}

static void on_change(struct hub *hub, const char *kind, const char *id, void *ctx)
{
	struct engine *e = engine_of(hub);

	(void)ctx;
	if (!e)
		return;
	if (!strcmp(kind, STACK_KIND)) {
		json_object_set_new(e->marked, id, json_true());
		e->ask = e->ask || any_waits(e); /* a parent may wait for it */
		arm(e, 0);
	} else if (!str_starts(kind, "cloudformation:") && any_waits(e)) {
		e->ask = true;
		arm(e, e->delay_ms);
	}
}

static void on_tick(struct hub *hub, void *ctx)
{
	struct engine *e = ctx;

	(void)hub;
	e->tick = NULL;
	e->ask = true;
	arm(e, 0);
}

static struct stack_run *find_run(const struct engine *e, const json_t *stack)
{
	struct stack_run *run = e->runs;

	while (run && run->stack != stack)
		run = run->next;
	return run;
}

/* Stacks that changed and have work get a run. */
static void take_marked(struct engine *e)
{
	OWN(json) json_t *marked = GIVE(e->marked);
	struct stack_run **last = &e->runs;
	const char *id;
	json_t *unused;

	e->marked = json_object();
	while (*last)
		last = &(*last)->next;
	json_object_foreach(marked, id, unused)
	{
		json_t *stack = hub_get(e->hub, STACK_KIND, id);

		if (!stack || !phase_is_work(stack_status(stack)) || find_run(e, stack))
			continue;
		*last = run_new(e->hub, stack);
		last = &(*last)->next;
	}
}

static bool cancelled(const struct stack_run *run)
{
	return json_bool_or(run->stack, "Cancel", false) &&
	       stack_is(run->stack, "UPDATE_IN_PROGRESS");
}

static bool timed_out(const struct stack_run *run)
{
	json_int_t at = json_int_or(run->stack, "TimeoutAt", 0);

	return at && at < hub_now_ms(run->hub) && stack_is(run->stack, "CREATE_IN_PROGRESS");
}

/* The steps follow the status; a client may have changed it in the middle (DeleteStack). */
static int follow_status(struct stack_run *run)
{
	struct err err = { 0 };

	if (run->planned && str_eq(run->phase, stack_status(run->stack)) &&
	    run->held == nested_held(run->stack))
		return 0;
	run_cancel(run);
	if (run_plan(run, &err) == 0)
		return 0;
	phase_fail(run, err.text);
	return -1;
}

static void advance(struct stack_run *run, bool ask)
{
	if (follow_status(run) < 0)
		return;
	if (cancelled(run) || timed_out(run)) {
		run_cancel(run);
		run->failed = true;
	}
	run_pump(run);
	if (ask)
		run_settle(run);
	if (run_drained(run) && !nested_waits(run->hub, run->stack))
		phase_finish(run);
}

/* One round over all runs. True: there is more to do at once. */
static bool advance_all(struct engine *e, bool ask)
{
	bool more = false;

	for (struct stack_run **link = &e->runs; *link;) {
		struct stack_run *run = *link;

		advance(run, ask);
		if (!phase_is_work(stack_status(run->stack))) {
			*link = run->next;
			run_free(run);
			continue;
		}
		more = more || run_has_ready(run) || !str_eq(run->phase, stack_status(run->stack));
		link = &run->next;
	}
	return more;
}

static void run_turn(struct hub *hub, void *ctx)
{
	struct engine *e = ctx;
	int64_t start = hub_now_ms(hub), took;
	bool ask = e->ask, more;

	e->turn = NULL;
	e->ask = false;
	take_marked(e);
	more = advance_all(e, ask);
	took = hub_now_ms(hub) - start;
	/* rounds of asking take at most half of the time, however many objects change */
	e->delay_ms = took < 0 ? 0 : took > MOST_DELAY_MS ? MOST_DELAY_MS : (unsigned)took;
	if (more)
		arm(e, 0);
	if (any_waits(e) && !e->tick)
		e->tick = hub_timer(hub, TICK_MS, on_tick, e);
}

/* Time stamps of a stack rise over restarts too. */
static void restore_clock(struct hub *hub, json_t *stack)
{
	const char *id;
	json_t *event;

	json_object_foreach(stack_events(hub, stack), id, event)
	{
		json_int_t at = json_int_or(event, "Timestamp", 0);

		if (at > json_int_or(stack, "Clock", 0))
			json_set_int(stack, "Clock", at);
	}
}

int engine_start(struct hub *hub, struct err *err)
{
	struct engine *e = NEW(struct engine);
	const char *id;
	json_t *stack;

	(void)err;
	e->hub = hub;
	e->marked = json_object();
	json_object_set_new(hub_all(hub, ENGINE_KIND), "address",
			    json_integer((json_int_t)(uintptr_t)e));
	hub_watch(hub, "", on_change, NULL);
	json_object_foreach(hub_all(hub, STACK_KIND), id, stack)
	{
		restore_clock(hub, stack);
		if (phase_is_work(stack_status(stack)))
			json_object_set_new(e->marked, id, json_true());
	}
	arm(e, 0);
	return 0;
}

void engine_stop(struct hub *hub)
{
	struct engine *e = engine_of(hub);

	if (!e)
		return;
	json_object_clear(hub_all(hub, ENGINE_KIND));
	hub_cancel(hub, e->turn);
	hub_cancel(hub, e->tick);
	while (e->runs) {
		struct stack_run *run = e->runs;

		e->runs = run->next;
		run_free(run);
	}
	json_decref(e->marked);
	free(e);
}
