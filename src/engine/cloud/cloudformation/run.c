/* The steps of a stack in one status, and in which order they run. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

#define PUMP_MS 4 /* then others have their turn */

struct stack_run *run_new(struct hub *hub, json_t *stack)
{
	struct stack_run *run = NEW(struct stack_run);

	run->hub = hub;
	run->stack = json_incref(stack);
	return run;
}

static void drop_steps(struct stack_run *run)
{
	for (size_t i = 0; i < run->step_count; i++) {
		free(run->steps[i].logical);
		free(run->steps[i].physical);
		free(run->steps[i].unblocks);
	}
	free(run->steps);
	free(run->ready);
	run->steps = NULL;
	run->ready = NULL;
	run->step_count = run->over_count = run->waiting_count = 0;
	run->ready_head = run->ready_tail = 0;
	run->failed = run->planned = run->tags_changed = false;
	stack_plan_free(&run->plan);
}

void run_free(struct stack_run *run)
{
	drop_steps(run);
	json_decref(run->stack);
	free(run->phase);
	free(run);
}

/* ---- the graph
 * ---------------------------------------------------------------------------------------- */

static struct stack_step *add_step(struct stack_run *run, enum stack_verb verb, const char *logical,
				   const char *physical)
{
	struct stack_step *step;

	run->steps = mem_grow(run->steps, run->step_count + 1, sizeof(*run->steps));
	step = &run->steps[run->step_count++];
	*step = (struct stack_step){ .verb = verb,
				     .logical = str_dup(logical),
				     .physical = str_dup(physical) };
	return step;
}

static void add_edge(struct stack_run *run, size_t first, size_t then)
{
	struct stack_step *step = &run->steps[first];

	if (step->state == STEP_OVER || first == then)
		return;
	step->unblocks = mem_grow(step->unblocks, step->unblock_count + 1, sizeof(size_t));
	step->unblocks[step->unblock_count++] = then;
	run->steps[then].blockers++;
}

/* Indexes of the steps by logical id: array of integers. */
static json_t *index_steps(const struct stack_run *run)
{
	json_t *index = json_object();

	for (size_t i = 0; i < run->step_count; i++) {
		json_t *list = json_object_get(index, run->steps[i].logical);

		if (!list) {
			list = json_array();
			json_object_set_new(index, run->steps[i].logical, list);
		}
		json_array_append_new(list, json_integer((json_int_t)i));
	}
	return index;
}

/* Steps of `needs` come before step i (reverse: after it). */
static void order_step(struct stack_run *run, const json_t *index, size_t i, const json_t *needs,
		       bool reverse)
{
	const json_t *need, *entry;
	size_t n, k;

	json_array_foreach(needs, n, need)
	{
		json_array_foreach(json_object_get(index, json_string_value(need)), k, entry)
		{
			size_t other = (size_t)json_integer_value(entry);

			if (reverse)
				add_edge(run, i, other);
			else
				add_edge(run, other, i);
		}
	}
}

static void make_ready(struct stack_run *run, size_t i)
{
	run->steps[i].state = STEP_READY;
	run->ready[run->ready_tail++] = i;
}

static void find_ready(struct stack_run *run)
{
	run->ready = mem_new(run->step_count + 1, sizeof(*run->ready));
	for (size_t i = 0; i < run->step_count; i++)
		if (run->steps[i].state == STEP_BLOCKED && !run->steps[i].blockers)
			make_ready(run, i);
}

/* ---- plans
 * -------------------------------------------------------------------------------------------- */

/* A resource that this operation is done with, from before a restart. */
static void resume_step(struct stack_run *run, struct stack_step *step)
{
	const json_t *record = stack_record(run->hub, run->stack, step->logical);
	const char *status = json_str_or(record, "ResourceStatus", "");

	if (!record || json_int_or(record, "Serial", -1) != stack_serial(run->stack))
		return;
	if (str_ends(status, "_FAILED"))
		run->failed = true;
	else if (!str_ends(status, "_COMPLETE"))
		return;
	step->state = STEP_OVER;
	run->over_count++;
}

static int plan_apply(struct stack_run *run, struct err *err)
{
	const json_t *settings = stack_settings(run->stack), *logical;
	OWN(json) json_t *order = NULL;
	OWN(json) json_t *index = NULL;
	size_t i;

	if (stack_plan_load(run->hub, run->stack, settings, &run->plan, err) < 0 ||
	    stack_check_imports(run->hub, settings, err) < 0 ||
	    stack_check_export_names(run->hub, run->stack, &run->plan, err) < 0 ||
	    template_order(run->plan.eval, &order, err) < 0)
		return -1;
	run->tags_changed = json_map(run->stack, "Target") &&
			    stack_tags_differ(json_list(settings, "Tags"),
					      json_list(json_map(run->stack, "Settings"), "Tags"));
	json_array_foreach(order, i, logical)
		resume_step(run, add_step(run, STACK_APPLY, json_string_value(logical), NULL));
	index = index_steps(run);
	for (i = 0; i < run->step_count; i++) {
		OWN(json) json_t *needs = NULL;

		if (template_dependencies(run->plan.eval, run->steps[i].logical, &needs, err) < 0)
			return -1;
		if (run->steps[i].state != STEP_OVER)
			order_step(run, index, i, needs, false);
	}
	return 0;
}

static json_t *discard_of(const struct stack_run *run, const struct stack_step *step)
{
	json_t *list = json_list(stack_record(run->hub, run->stack, step->logical), "Discard");
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) if (str_eq(json_str(entry, "PhysicalResourceId"),
						      step->physical)) return entry;
	return NULL;
}

static void add_discards(struct stack_run *run, const char *logical, const json_t *record)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(json_list(record, "Discard"), i, entry)(void)
		add_step(run, STACK_DISCARD, logical, json_str(entry, "PhysicalResourceId"));
}

static bool wanted(const struct stack_run *run, const json_t *record, enum stack_verb verb)
{
	if (stack_record_gone(record))
		return false;
	if (verb == STACK_REVERT)
		return json_map(record, "Previous") && !json_object_get(record, "New");
	return !str_ends(run->phase, "_CLEANUP_IN_PROGRESS") || json_object_get(record, "Dropped");
}

/* Steps over the records, the latest first when something is taken away. */
static void plan_records(struct stack_run *run, enum stack_verb verb)
{
	OWN(json) json_t *names = json_array();
	OWN(json) json_t *index = NULL;
	const char *logical;
	json_t *record;

	json_object_foreach(stack_records(run->hub, run->stack), logical, record)
		json_add_str(names, logical);
	for (size_t n = json_array_size(names), i = 0; i < n; i++) {
		size_t at = verb == STACK_REVERT ? i : n - 1 - i;

		logical = json_string_value(json_array_get(names, at));
		record = stack_record(run->hub, run->stack, logical);
		if (verb == STACK_DELETE)
			add_discards(run, logical, record);
		if (wanted(run, record, verb))
			(void)add_step(run, verb, logical, NULL);
	}
	index = index_steps(run);
	for (size_t i = 0; i < run->step_count; i++) {
		const struct stack_step *step = &run->steps[i];
		const json_t *from = stack_record(run->hub, run->stack, step->logical);

		if (step->verb == STACK_DISCARD)
			from = discard_of(run, step);
		if (step->verb == STACK_REVERT)
			from = json_map(from, "Previous");
		order_step(run, index, i, json_list(from, "Dependencies"), verb == STACK_DELETE);
	}
}

int run_plan(struct stack_run *run, struct err *err)
{
	int rc = 0;

	drop_steps(run);
	free(run->phase);
	run->phase = str_dup(stack_status(run->stack));
	run->planned = true;
	run->held = nested_held(run->stack);
	if (run->held) {
		find_ready(run);
		return 0;
	}
	phase_begin(run);
	if (!strcmp(run->phase, "CREATE_IN_PROGRESS") || !strcmp(run->phase, "UPDATE_IN_PROGRESS"))
		rc = plan_apply(run, err);
	else
		plan_records(run, !strcmp(run->phase, "UPDATE_ROLLBACK_IN_PROGRESS")
					  ? STACK_REVERT
					  : STACK_DELETE);
	find_ready(run);
	if (run->failed)
		run_cancel(run); /* what was in flight when the daemon ended */
	return rc;
}

/* ---- running
 * ------------------------------------------------------------------------------------------- */

/* A circle among records of different age: nothing can go on, so the first goes first. */
static void break_circle(struct stack_run *run)
{
	for (size_t i = 0; i < run->step_count; i++)
		if (run->steps[i].state == STEP_BLOCKED) {
			run->steps[i].blockers = 0;
			make_ready(run, i);
			return;
		}
}

bool run_has_ready(const struct stack_run *run)
{
	return run->ready_head < run->ready_tail;
}

bool run_drained(const struct stack_run *run)
{
	return run->over_count == run->step_count;
}

void run_pump(struct stack_run *run)
{
	int64_t start = hub_now_ms(run->hub);

	if (!run_has_ready(run) && !run->waiting_count && !run_drained(run))
		break_circle(run);
	while (run_has_ready(run)) {
		struct stack_step *step = &run->steps[run->ready[run->ready_head++]];

		if (step->state == STEP_READY)
			step_start(run, step);
		if (hub_now_ms(run->hub) - start >= PUMP_MS)
			return;
	}
}

void run_settle(struct stack_run *run)
{
	for (size_t i = 0; i < run->step_count && run->waiting_count; i++)
		if (run->steps[i].state == STEP_WAITING)
			step_settle(run, &run->steps[i]);
}

static void leave(struct stack_run *run, struct stack_step *step)
{
	if (step->state == STEP_WAITING)
		run->waiting_count--;
	if (step->state != STEP_OVER)
		run->over_count++;
	step->state = STEP_OVER;
}

void run_cancel(struct stack_run *run)
{
	for (size_t i = 0; i < run->step_count; i++) {
		struct stack_step *step = &run->steps[i];

		if (step->state == STEP_OVER)
			continue;
		step_cancel(run, step);
		leave(run, step);
	}
	run->ready_head = run->ready_tail;
}

/* What depended on a deletion that failed cannot be deleted either. Depth: that of the template's
 * dependencies, at most 500 resources. */
static void skip_blocked(struct stack_run *run, const struct stack_step *step)
{
	for (size_t i = 0; i < step->unblock_count; i++) {
		struct stack_step *next = &run->steps[step->unblocks[i]];

		if (next->state != STEP_BLOCKED)
			continue;
		leave(run, next);
		skip_blocked(run, next);
	}
}

void run_step_over(struct stack_run *run, struct stack_step *step, bool failed)
{
	leave(run, step);
	step->failed = failed;
	run->failed = run->failed || failed;
	if (failed && step->verb == STACK_APPLY) {
		run_cancel(run);
		return;
	}
	if (failed) {
		skip_blocked(run, step);
		return;
	}
	for (size_t i = 0; i < step->unblock_count; i++) {
		struct stack_step *next = &run->steps[step->unblocks[i]];

		if (next->blockers && --next->blockers == 0 && next->state == STEP_BLOCKED)
			make_ready(run, step->unblocks[i]);
	}
}

void run_step_waits(struct stack_run *run, struct stack_step *step)
{
	step->state = STEP_WAITING;
	run->waiting_count++;
}
