/* What can be done with a stack in its status. The moves are CloudFormation's: others are refused. */
#include <string.h>

#include "base/str.h"
#include "core/diagnose/diagnose-internal.h"
#include "core/diagnose/diagnose.h"

struct advisor {
	const char *stack, *status;
	const json_t *evidence;
	enum diagnose_state state;
	json_t *list;
};

static void advise(struct advisor *a, const char *action, bool safe, const char *command,
		   const char *text)
{
	json_array_append_new(a->list, json_pack("{s:s,s:s,s:s,s:b}", "action", action, "command", command,
						 "text", text, "safe", (int)safe));
}

/* "aws [--endpoint-url ...] cloudformation VERB --stack-name X", the caller's. */
static char *aws_command(const struct advisor *a, const char *verb, const char *more)
{
	const char *endpoint = json_str_or(a->evidence, "endpoint", "");
	const char *region = json_str_or(a->evidence, "region", "");

	return str_printf("aws%s%s%s%s cloudformation %s --stack-name %s%s", *endpoint ? " --endpoint-url " : "",
			  endpoint, *region ? " --region " : "", region, verb, a->stack, more);
}

/* "mpcup VERB --stack X" for the target that the evidence is from, the caller's. The local cloud's endpoint is on
 * this machine, AWS's own has no name. */
static char *mpcup_command(const struct advisor *a, const char *verb)
{
	const char *endpoint = json_str_or(a->evidence, "endpoint", "");
	const char *region = json_str_or(a->evidence, "region", "");

	if (str_starts(endpoint, "http://127.0.0.1:") || !*region)
		return str_printf("mpcup %s --stack %s", verb, a->stack);
	return str_printf("mpcup %s --stack %s --target aws --region %s%s%s", verb, a->stack, region,
			  *endpoint ? " --endpoint-url " : "", endpoint);
}

/* Deleting costs nothing as long as no task holds key shares or chain data. */
static bool has_running_task(const json_t *evidence)
{
	json_t *service, *task;
	size_t i, k;

	json_array_foreach(json_list(evidence, "services"), i, service)
		json_array_foreach(json_list(service, "tasks"), k, task)
			if (str_eq(json_str(task, "lastStatus"), "RUNNING"))
				return true;
	return false;
}

static void advise_delete(struct advisor *a, bool safe, const char *text)
{
	OWN(str) char *command = mpcup_command(a, "down");

	advise(a, "delete", safe, command, text);
}

static void advise_update(struct advisor *a, const char *text)
{
	OWN(str) char *command = mpcup_command(a, "up TEMPLATE");

	advise(a, "update", false, command, text);
}

static void advise_wait(struct advisor *a, const char *text)
{
	OWN(str) char *command = mpcup_command(a, "events");

	advise(a, "wait", true, command, text);
}

/* Logical ids whose newest event has this status, blank before each; the caller's. */
static char *resources_in(const struct advisor *a, const char *status)
{
	const json_t *stack = json_array_get(json_list(a->evidence, "stacks"), 0);
	OWN(buf) struct buf names = { 0 };
	json_t *one;
	size_t i;

	json_array_foreach(json_list(stack, "resources"), i, one)
		if (str_eq(json_str(one, "ResourceStatus"), status))
			buf_printf(&names, " %s", json_str_or(one, "LogicalResourceId", ""));
	return buf_take(&names);
}

static void advise_create(struct advisor *a)
{
	bool running = has_running_task(a->evidence);

	if (a->state == DIAGNOSE_WELL) {
		advise_wait(a, "The stack is being created, and nothing has failed so far.");
		return;
	}
	advise_delete(a, !running,
		      running ? "Waiting changes nothing: delete the stack and deploy the mended template. Tasks "
				"of it run; what they have written to volumes that are not retained goes with it."
			      : "Waiting changes nothing, and no task has run: delete the stack now and deploy the "
				"mended template.");
	advise_wait(a, "Or let the deployment fail by itself: the circuit breaker, or a time-out of up to three "
		       "hours, ends it with a rollback.");
}

static void advise_failed_create(struct advisor *a)
{
	bool running = has_running_task(a->evidence);

	advise_update(a, "Deploy the mended template: what the failed creation left behind is deleted first.");
	advise_delete(a, !running,
		      running ? "Or delete the stack. Tasks of it run; what they have written to volumes that are "
				"not retained goes with it."
			      : "Or delete the stack: none of its tasks runs.");
}

static void advise_rolled_back(struct advisor *a)
{
	advise_delete(a, true,
		      "A stack that was rolled back at its creation can only be deleted; it has no resources left "
		      "but those that are retained.");
	advise_update(a, "mpcup up deletes it by itself and deploys the mended template.");
}

static void advise_cancel(struct advisor *a)
{
	OWN(str) char *command = aws_command(a, "cancel-update-stack", "");

	if (a->state != DIAGNOSE_WELL)
		advise(a, "cancel-update", true, command,
		       "Cancel the update: the stack goes back to what it was, and the mended template can follow.");
	advise_wait(a, a->state != DIAGNOSE_WELL ? "Or let it fail by itself: it then rolls back."
			      : "The stack is being updated, and nothing has failed so far.");
}

static void advise_continue(struct advisor *a)
{
	OWN(str) char *failed = resources_in(a, "UPDATE_FAILED");
	OWN(str) char *more = str_printf(" --resources-to-skip%s", failed);
	OWN(str) char *plain = aws_command(a, "continue-update-rollback", "");
	OWN(str) char *skipping = aws_command(a, "continue-update-rollback", more);

	advise(a, "continue-rollback", true, plain,
	       "Remove what the rollback failed of (see the cause), then let it go on.");
	if (*failed)
		advise(a, "continue-rollback", false, skipping,
		       "Or skip what cannot be rolled back: CloudFormation then takes these resources for rolled "
		       "back, whatever they are.");
}

static void advise_rollback(struct advisor *a)
{
	OWN(str) char *command = aws_command(a, "rollback-stack", "");

	advise_update(a, "Deploy the mended template: the update goes on from what is there.");
	advise(a, "update", false, command, "Or go back to the last state that worked.");
}

static void advise_undeletable(struct advisor *a)
{
	OWN(str) char *failed = resources_in(a, "DELETE_FAILED");
	OWN(str) char *more = str_printf(" --retain-resources%s", failed);
	OWN(str) char *command = aws_command(a, "delete-stack", more);

	advise_delete(a, true, "Remove what holds the resources (see the cause), then delete again.");
	/* refused in any other status */
	if (*failed && !strcmp(a->status, "DELETE_FAILED"))
		advise(a, "delete", false, command,
		       "Or leave these resources behind: the stack goes, they stay and cost.");
}

/* The stack is older than the import: its tasks may run and its volumes be full. */
static void advise_stuck_import(struct advisor *a)
{
	advise_delete(a, false,
		      "Nothing but deleting is possible. Resources whose DeletionPolicy is Retain stay; see to it that "
		      "the volumes are among them.");
}

static void advise_stands(struct advisor *a)
{
	if (a->state == DIAGNOSE_CHANGED)
		advise(a, "none", true, "",
		       "The template is not at fault: put right what the cause names where it is. An update with the "
		       "same template changes nothing of it.");
	else if (a->state == DIAGNOSE_ILL)
		advise_update(a, "The stack stands: deploy the mended template as an update. Volumes, secrets and "
				 "the address of the network stay.");
	else
		advise(a, "none", true, "", "Nothing is to be done.");
}

static void advise_review(struct advisor *a)
{
	OWN(str) char *command = aws_command(a, "list-change-sets", "");

	advise(a, "none", true, command,
	       "The stack is only a change set so far: execute it, or delete the stack.");
}

static void advise_gone(struct advisor *a)
{
	advise_update(a, "The stack is deleted; its name is free for the mended template.");
}

static void advise_going(struct advisor *a)
{
	advise_wait(a, str_starts(a->status, "DELETE") ? "The stack is being deleted."
		       : str_starts(a->status, "UPDATE_COMPLETE")
			       ? "The update is done; what it replaced is being removed."
			       : "The stack is rolling back; it cannot be changed before that is done.");
}

static const struct {
	const char *status;
	void (*advise)(struct advisor *a);
} moves[] = {
	{ "CREATE_IN_PROGRESS", advise_create },
	{ "CREATE_FAILED", advise_failed_create },
	{ "CREATE_COMPLETE", advise_stands },
	{ "ROLLBACK_IN_PROGRESS", advise_going },
	{ "ROLLBACK_COMPLETE", advise_rolled_back },
	{ "ROLLBACK_FAILED", advise_undeletable },
	{ "UPDATE_IN_PROGRESS", advise_cancel },
	{ "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", advise_going },
	{ "UPDATE_COMPLETE", advise_stands },
	{ "UPDATE_FAILED", advise_rollback },
	{ "UPDATE_ROLLBACK_IN_PROGRESS", advise_going },
	{ "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", advise_going },
	{ "UPDATE_ROLLBACK_COMPLETE", advise_stands },
	{ "UPDATE_ROLLBACK_FAILED", advise_continue },
	{ "DELETE_IN_PROGRESS", advise_going },
	{ "DELETE_FAILED", advise_undeletable },
	{ "DELETE_COMPLETE", advise_gone },
	{ "REVIEW_IN_PROGRESS", advise_review },
	{ "IMPORT_IN_PROGRESS", advise_going },
	{ "IMPORT_COMPLETE", advise_stands },
	{ "IMPORT_ROLLBACK_IN_PROGRESS", advise_going },
	{ "IMPORT_ROLLBACK_COMPLETE", advise_stands },
	{ "IMPORT_ROLLBACK_FAILED", advise_stuck_import },
};

json_t *diagnose_advice(const char *stack_name, const char *stack_status, const json_t *evidence,
			enum diagnose_state state)
{
	struct advisor a = { .stack = stack_name, .status = stack_status, .evidence = evidence, .state = state,
			     .list = json_array() };

	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		if (str_eq(moves[i].status, stack_status))
			moves[i].advise(&a);
	return a.list;
}
