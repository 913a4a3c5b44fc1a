/* What follows when the steps of a status are done (aws-wire.md 7.1, table of stack statuses). */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

bool phase_is_work(const char *status)
{
	return str_ends(status, "_IN_PROGRESS") && strcmp(status, "REVIEW_IN_PROGRESS") != 0;
}

/* ---- reasons
 * --------------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	json_int_t x = json_int_or(*(json_t *const *)a, "Timestamp", 0);
	json_int_t y = json_int_or(*(json_t *const *)b, "Timestamp", 0);

	return x < y ? -1 : x > y;
}

/* "A, B": resources of this operation in that status, as they got there; empty: none. */
static char *names_with(const struct stack_run *run, const char *status)
{
	json_t *records = stack_records(run->hub, run->stack), *record;
	json_t **found = mem_new(json_object_size(records) + 1, sizeof(json_t *));
	OWN(buf) struct buf names = { 0 };
	size_t count = 0;
	const char *logical;

	json_object_foreach(records, logical,
			    record) if (str_eq(json_str(record, "ResourceStatus"), status) &&
					json_int_or(record, "Serial", -1) ==
						stack_serial(run->stack)) found[count++] = record;
	qsort(found, count, sizeof(*found), by_time);
	buf_str(&names, "");
	for (size_t i = 0; i < count; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", json_str(found[i], "LogicalResourceId"));
	free(found);
	return buf_take(&names);
}

static void add_failed(const struct stack_run *run, const char *status, const char *verb,
		       struct buf *b)
{
	OWN(str) char *names = names_with(run, status);

	if (*names)
		buf_printf(b, "The following resource(s) failed to %s: [%s]. ", verb, names);
}

/* Caller's. */
static char *failed_sentence(const struct stack_run *run)
{
	OWN(buf) struct buf b = { 0 };

	buf_str(&b, "");
	add_failed(run, "UPDATE_FAILED", "update", &b);
	add_failed(run, "CREATE_FAILED", "create", &b);
	return buf_take(&b);
}

static char *undeleted_sentence(const struct stack_run *run)
{
	OWN(buf) struct buf b = { 0 };

	buf_str(&b, "");
	add_failed(run, "DELETE_FAILED", "delete", &b);
	return buf_take(&b);
}

/* The reason with blank and period as CloudFormation puts them before its own sentence. */
static char *with_sentence(const char *reason, const char *sentence)
{
	size_t len = strlen(reason);

	if (!len || reason[len - 1] == ' ')
		return str_printf("%s%s", reason, sentence);
	return str_printf("%s%s%s", reason, reason[len - 1] == '.' ? " " : ". ", sentence);
}

/* ---- records at a turning point
 * ---------------------------------------------------------------------------- */

/* The new state is good: what was replaced and what the template dropped is to be cleaned up. */
static void commit_records(struct stack_run *run)
{
	const char *logical;
	json_t *record;

	json_object_foreach(stack_records(run->hub, run->stack), logical, record)
	{
		json_t *previous = json_map(record, "Previous");
		bool absent = !template_resource(run->plan.template, logical) ||
			      template_present(run->plan.eval, logical) == 0;

		if (previous)
			stack_shelve(record, previous, record,
				     json_str(record, "UpdateReplacePolicy"));
		json_object_del(record, "Previous");
		json_object_del(record, "New");
		json_object_del(record, "Replacing");
		if (absent && !stack_record_gone(record))
			json_set_bool(record, "Dropped", true);
		stack_save_record(run->hub, run->stack, record);
	}
}

/* The old state is back: what was new is to be cleaned up. */
static void drop_new_records(struct stack_run *run)
{
	const char *logical;
	json_t *record;

	json_object_foreach(stack_records(run->hub, run->stack), logical, record)
	{
		if (!json_object_get(record, "New") || stack_record_gone(record))
			continue;
		if (json_map(record, "Previous"))
			stack_shelve(record, json_map(record, "Previous"), record, "Delete");
		json_object_del(record, "Previous");
		json_set_bool(record, "Dropped", true);
		stack_save_record(run->hub, run->stack, record);
	}
}

/* For a deletion every physical resource counts. */
static void shelve_previous(struct stack_run *run)
{
	const char *logical;
	json_t *record;

	json_object_foreach(stack_records(run->hub, run->stack), logical, record)
	{
		json_t *previous = json_map(record, "Previous");

		if (!previous)
			continue;
		stack_shelve(record, previous, record, json_str(record, "UpdateReplacePolicy"));
		json_object_del(record, "Previous");
		stack_save_record(run->hub, run->stack, record);
	}
}

/* ---- turning points
 * --------------------------------------------------------------------------------------------- */

static void turn(struct stack_run *run, const char *status, const char *reason)
{
	json_object_del(run->stack, "Cancel");
	json_object_del(run->stack, "TimeoutAt");
	stack_set_status(run->hub, run->stack, status, reason && *reason ? reason : NULL);
}

static void touch(struct stack_run *run)
{
	json_set_int(run->stack, "LastUpdatedTime", hub_now_ms(run->hub));
}

static void create_failed(struct stack_run *run, const char *reason)
{
	const char *wish = json_str_or(run->stack, "OnFailure", "ROLLBACK");
	OWN(str) char *rollback = with_sentence(reason, "Rollback requested by user.");
	OWN(str) char *delete = with_sentence(reason, "Delete requested by user.");

	if (json_bool_or(run->stack, "DisableRollback", false) || !strcmp(wish, "DO_NOTHING"))
		turn(run, "CREATE_FAILED", reason);
	else if (!strcmp(wish, "DELETE"))
		turn(run, "DELETE_IN_PROGRESS", delete);
	else
		turn(run, "ROLLBACK_IN_PROGRESS", rollback);
}

static void update_failed(struct stack_run *run, const char *reason)
{
	if (!*reason)
		reason = "User Initiated"; /* cancelled with nothing in flight */
	stack_set_text(run->stack, "UpdateFailure", reason); /* for a parent that asks later */
	if (json_bool_or(run->stack, "DisableRollback", false))
		turn(run, "UPDATE_FAILED", reason);
	else
		turn(run, "UPDATE_ROLLBACK_IN_PROGRESS", reason);
}

/* Outputs and exports of what was created or updated. */
static int make_outputs(struct stack_run *run, struct err *err)
{
	OWN(json) json_t *outputs = NULL;

	if (template_outputs(run->plan.eval, &outputs, err) < 0 ||
	    stack_check_exports(run->hub, run->stack, outputs, err) < 0)
		return -1;
	stack_put_exports(run->hub, run->stack, outputs);
	json_object_set(run->stack, "Outputs", outputs);
	return 0;
}

static void finish_create(struct stack_run *run)
{
	struct err err = { 0 };
	OWN(str) char *reason = failed_sentence(run);

	if (run->failed) {
		create_failed(run, reason);
	} else if (make_outputs(run, &err) < 0) {
		create_failed(run, err.text);
	} else {
		commit_records(run);
		turn(run, "CREATE_COMPLETE", NULL);
	}
}

/* A child that is held may have to go back to these. */
static void remember_outputs(json_t *stack)
{
	json_t *outputs = json_object_get(stack, "Outputs");

	if (json_bool_or(stack, "ByParent", false) && !json_object_get(stack, "PreviousOutputs"))
		json_object_set_new(stack, "PreviousOutputs",
				    outputs ? json_incref(outputs) : json_array());
}

static void restore_outputs(struct stack_run *run)
{
	OWN(json) json_t *outputs = json_incref(json_object_get(run->stack, "PreviousOutputs"));

	json_object_del(run->stack, "Uncommitted");
	json_object_del(run->stack, "PreviousOutputs");
	if (!outputs)
		return;
	stack_put_exports(run->hub, run->stack, outputs);
	json_object_set(run->stack, "Outputs", outputs);
}

/* What was wanted is what there is. */
static void commit(struct stack_run *run)
{
	json_t *target = json_map(run->stack, "Target");

	commit_records(run);
	json_object_del(run->stack, "PreviousOutputs");
	if (!target)
		return;
	stack_put_settings(run->hub, run->stack, "Settings", json_incref(target));
	json_object_del(run->stack, "Target");
}

/* The parent cleans up: there is no way back any more. */
static void commit_late(struct stack_run *run)
{
	struct err err = { 0 };

	if (!json_bool_or(run->stack, "Uncommitted", false))
		return;
	json_object_del(run->stack, "Uncommitted");
	if (stack_plan_load(run->hub, run->stack, stack_settings(run->stack), &run->plan, &err) < 0)
		hub_log(run->hub, "cloudformation: %s: %s", stack_name(run->stack), err.text);
	else
		commit(run);
}

static void finish_update(struct stack_run *run)
{
	struct err err = { 0 };
	OWN(str) char *reason = failed_sentence(run);

	if (run->failed) {
		update_failed(run, reason);
		return;
	}
	remember_outputs(run->stack);
	if (make_outputs(run, &err) < 0) {
		update_failed(run, err.text);
		return;
	}
	if (nested_hold(run->hub, run->stack))
		json_set_bool(run->stack, "Uncommitted", true);
	else
		commit(run);
	touch(run);
	turn(run, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", NULL);
}

static void finish_revert(struct stack_run *run)
{
	OWN(buf) struct buf reason = { 0 };

	if (run->failed) {
		/* what failed to be created made the rollback begin; it does not hinder it */
		add_failed(run, "UPDATE_FAILED", "update", &reason);
		turn(run, "UPDATE_ROLLBACK_FAILED", reason.data);
		return;
	}
	drop_new_records(run);
	restore_outputs(run);
	(void)nested_hold(run->hub, run->stack);
	json_object_del(run->stack, "ResourcesToSkip");
	touch(run);
	turn(run, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", NULL);
}

static void finish_revert_cleanup(struct stack_run *run)
{
	stack_put_settings(run->hub, run->stack, "Target", NULL);
	turn(run, "UPDATE_ROLLBACK_COMPLETE", NULL);
}

static void finish_rollback(struct stack_run *run)
{
	OWN(str) char *reason = undeleted_sentence(run);

	json_object_del(json_map(run->stack, "Settings"), "Imports");
	turn(run, run->failed ? "ROLLBACK_FAILED" : "ROLLBACK_COMPLETE", reason);
}

/* The deleted stack is only history. */
static void forget_secrets(json_t *settings)
{
	const char *name;
	json_t *parameter;

	json_object_foreach(json_map(settings, "Parameters"), name,
			    parameter) if (json_bool_or(parameter, "NoEcho", false))
		json_set_str(parameter, "Value", "****");
}

static void finish_delete(struct stack_run *run)
{
	OWN(str) char *reason = undeleted_sentence(run);

	json_object_del(run->stack, "RetainResources");
	if (run->failed) {
		turn(run, "DELETE_FAILED", reason);
		return;
	}
	stack_put_exports(run->hub, run->stack, NULL);
	stack_drop_change_sets(run->hub, run->stack);
	stack_put_settings(run->hub, run->stack, "Target", NULL);
	forget_secrets(json_map(run->stack, "Settings"));
	json_set_int(run->stack, "DeletionTime", hub_now_ms(run->hub));
	turn(run, "DELETE_COMPLETE", NULL);
	stack_prune(run->hub);
}

/* clang-format off */
static const struct {
	const char *status;
	void (*finish)(struct stack_run *run);
	const char *plain; /* else: only this status */
} phases[] = {
	{ "CREATE_IN_PROGRESS",				    finish_create,	   NULL },
	{ "ROLLBACK_IN_PROGRESS",			    finish_rollback,	   NULL },
	{ "UPDATE_IN_PROGRESS",				    finish_update,	   NULL },
	{ "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",	    NULL,		   "UPDATE_COMPLETE" },
	{ "UPDATE_ROLLBACK_IN_PROGRESS",		    finish_revert,	   NULL },
	{ "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",   finish_revert_cleanup, NULL },
	{ "DELETE_IN_PROGRESS",				    finish_delete,	   NULL },
};
/* clang-format on */

void phase_finish(struct stack_run *run)
{
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (strcmp(phases[i].status, run->phase) != 0)
			continue;
		if (phases[i].finish)
			phases[i].finish(run);
		else
			turn(run, phases[i].plain, NULL);
		return;
	}
}

void phase_fail(struct stack_run *run, const char *reason)
{
	if (!strcmp(run->phase, "UPDATE_IN_PROGRESS"))
		update_failed(run, reason);
	else
		create_failed(run, reason);
}

void phase_begin(struct stack_run *run)
{
	if (!strcmp(run->phase, "DELETE_IN_PROGRESS") ||
	    !strcmp(run->phase, "ROLLBACK_IN_PROGRESS"))
		shelve_previous(run);
	if (str_ends(run->phase, "_CLEANUP_IN_PROGRESS")) {
		commit_late(run);
		nested_release_children(run->hub, run->stack);
	}
}
