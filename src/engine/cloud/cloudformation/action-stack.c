/* What changes stacks: the actions check, write down what is wanted, and return. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

static bool one_of(const char *status, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(*list, status))
			return true;
	return false;
}

static const char *token_of(const struct call *c)
{
	return json_str(c->in, "ClientRequestToken");
}

/* The stack that a changing request names; NULL after call_fail(). */
static json_t *existing(struct hub *hub, struct call *c)
{
	const char *name = stack_request_name(c);
	json_t *stack = name ? stack_find(hub, name) : NULL;

	if (name && !stack)
		(void)stack_no_such(c, "Stack [%s] does not exist", name);
	return stack;
}

/* Settings that nobody took. */
struct offer {
	struct hub *hub;
	json_t *settings;
};
static void drop_offer(struct offer *o)
{
	if (o->settings)
		stack_drop_template(o->hub, o->settings);
	json_decref(o->settings);
}
#define OFFER __attribute__((cleanup(drop_offer))) struct offer

/* ---- create
 * --------------------------------------------------------------------------------------------- */

static int check_failure_wish(struct call *c)
{
	static const char *const wishes[] = { "DO_NOTHING", "ROLLBACK", "DELETE", NULL };
	const char *wish = json_str(c->in, "OnFailure");

	if (wish && json_object_get(c->in, "DisableRollback"))
		return call_fail(
			c, 400, "ValidationError",
			"You can specify either DisableRollback or OnFailure, but not both.");
	if (wish && !one_of(wish, wishes))
		return call_fail(c, 400, "ValidationError",
				 "1 validation error detected: Value '%s' at 'onFailure' failed to "
				 "satisfy constraint: Member must satisfy enum value set: "
				 "[DO_NOTHING, ROLLBACK, DELETE]",
				 wish);
	if (json_object_get(c->in, "TimeoutInMinutes") &&
	    json_int_or(c->in, "TimeoutInMinutes", 0) < 1)
		return call_fail(c, 400, "ValidationError",
				 "1 validation error detected: Value at 'timeoutInMinutes' failed "
				 "to satisfy constraint: Member must have value greater than or "
				 "equal to 1");
	return 0;
}

/* What is known to fail is refused at once when the client waits for the answer. */
static int check_early(struct hub *hub, struct call *c, const json_t *stack, const json_t *settings,
		       struct stack_plan *plan)
{
	struct err err = { 0 };

	if (stack_check_imports(hub, settings, &err) < 0 ||
	    stack_check_export_names(hub, stack, plan, &err) < 0)
		return call_fail(c, 400, "ValidationError", "%s", err.text);
	return 0;
}

void stack_start_create(struct hub *hub, struct call *c, json_t *stack, json_t *settings)
{
	json_int_t minutes = json_int_or(c->in, "TimeoutInMinutes", 0);

	stack_put_settings(hub, stack, "Settings", settings);
	json_set_bool(stack, "DisableRollback", json_bool_or(c->in, "DisableRollback", false));
	json_set_str(stack, "OnFailure", json_str(c->in, "OnFailure"));
	if (minutes > 0 && minutes < 1000000) {
		json_set_int(stack, "TimeoutInMinutes", minutes);
		json_set_int(stack, "TimeoutAt", hub_now_ms(hub) + minutes * 60000);
	}
	stack_begin(hub, stack, token_of(c));
	stack_set_status(hub, stack, "CREATE_IN_PROGRESS", "User Initiated");
}

int action_create_stack(struct hub *hub, struct call *c)
{
	const char *name = stack_request_name(c);
	OWN(str) char *arn = name ? stack_new_id(hub, name) : NULL;
	OWN(stack_plan) struct stack_plan plan = { 0 };
	OFFER offer = { .hub = hub };
	json_t *stack;

	if (!name || check_failure_wish(c) < 0)
		return -1;
	if (stack_find(hub, name))
		return call_fail(c, 400, "AlreadyExistsException", "Stack [%s] already exists",
				 name);
	if (stack_prepare(hub, c, NULL, name, arn, &plan, &offer.settings) < 0 ||
	    check_early(hub, c, NULL, offer.settings, &plan) < 0)
		return -1;
	stack = stack_new(hub, name, arn);
	json_set_bool(stack, "EnableTerminationProtection",
		      json_bool_or(c->in, "EnableTerminationProtection", false));
	stack_start_create(hub, c, stack, GIVE(offer.settings));
	json_set_str(c->out, "StackId", arn);
	return 0;
}

/* ---- update
 * ---------------------------------------------------------------------------------------------- */

int stack_check_updatable(struct call *c, const json_t *stack)
{
	static const char *const good[] = { "CREATE_COMPLETE", "UPDATE_COMPLETE",
					    "UPDATE_ROLLBACK_COMPLETE", NULL };
	static const char *const failed[] = { "CREATE_FAILED", "UPDATE_FAILED", NULL };
	const char *status = stack_status(stack);

	if (one_of(status, good))
		return 0;
	if (one_of(status, failed) && str_eq(json_str(stack, "OnFailure"), "DO_NOTHING"))
		return call_fail(c, 400, "ValidationError",
				 "This stack cannot be updated from [%s] state because it contains "
				 "[on-failure: DO_NOTHING]. To update the stack from this state, "
				 "specify disable-rollback instead.",
				 status);
	if (one_of(status, failed))
		return 0;
	return call_fail(c, 400, "ValidationError",
			 "Stack:%s is in %s state and can not be updated.", stack_id(stack),
			 status);
}

void stack_start_update(struct hub *hub, struct call *c, json_t *stack, json_t *settings)
{
	stack_put_settings(hub, stack, "Target", settings);
	json_object_del(stack, "ByParent");
	json_set_bool(stack, "DisableRollback", json_bool_or(c->in, "DisableRollback", false));
	json_object_del(stack, "OnFailure");
	json_set_int(stack, "LastUpdatedTime", hub_now_ms(hub));
	stack_begin(hub, stack, token_of(c));
	stack_set_status(hub, stack, "UPDATE_IN_PROGRESS", "User Initiated");
}

int action_update_stack(struct hub *hub, struct call *c)
{
	json_t *stack = existing(hub, c);
	OWN(stack_plan) struct stack_plan plan = { 0 };
	OWN(json) json_t *changes = NULL;
	OFFER offer = { .hub = hub };
	struct err err = { 0 };
	bool any;

	if (!stack || stack_check_updatable(c, stack) < 0)
		return -1;
	if (stack_prepare(hub, c, stack, stack_name(stack), stack_id(stack), &plan,
			  &offer.settings) < 0 ||
	    check_early(hub, c, stack, offer.settings, &plan) < 0)
		return -1;
	if (stack_changes(hub, stack, offer.settings, &plan, &changes, &any, &err) < 0)
		return call_fail(c, 400, "ValidationError", "%s", err.text);
	if (!any && !str_ends(stack_status(stack), "_FAILED"))
		return call_fail(c, 400, "ValidationError", "No updates are to be performed.");
	stack_start_update(hub, c, stack, GIVE(offer.settings));
	json_set_str(c->out, "StackId", stack_id(stack));
	return 0;
}

int action_cancel_update(struct hub *hub, struct call *c)
{
	json_t *stack = existing(hub, c);

	if (!stack)
		return -1;
	if (!stack_is(stack, "UPDATE_IN_PROGRESS"))
		return call_fail(c, 400, "ValidationError",
				 "CancelUpdateStack cannot be called from current stack status");
	json_set_bool(stack, "Cancel", true);
	stack_save(hub, stack);
	return 0;
}

/* ---- rollback
 * ---------------------------------------------------------------------------------------------- */

static int check_skipped(struct hub *hub, struct call *c, const json_t *stack)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(c->in, "ResourcesToSkip"), i, item)
	{
		const char *logical = json_string_value(item);
		const json_t *record = stack_record(hub, stack, logical ? logical : "");

		if (!str_eq(json_str(record, "ResourceStatus"), "UPDATE_FAILED"))
			return call_fail(c, 400, "ValidationError",
					 "Resource [%s] cannot be skipped: only resources in "
					 "UPDATE_FAILED state can",
					 logical ? logical : "");
	}
	return 0;
}

int action_continue_rollback(struct hub *hub, struct call *c)
{
	json_t *stack = existing(hub, c);
	json_t *skip = json_list(c->in, "ResourcesToSkip");

	if (!stack)
		return -1;
	if (!stack_is(stack, "UPDATE_ROLLBACK_FAILED"))
		return call_fail(c, 400, "ValidationError",
				 "Stack:%s is in %s state and can not be continued with rollback: "
				 "it has to be in UPDATE_ROLLBACK_FAILED state",
				 stack_id(stack), stack_status(stack));
	if (check_skipped(hub, c, stack) < 0)
		return -1;
	json_object_set_new(stack, "ResourcesToSkip", skip ? json_deep_copy(skip) : json_array());
	stack_begin(hub, stack, token_of(c));
	stack_set_status(hub, stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
	return 0;
}

int action_rollback_stack(struct hub *hub, struct call *c)
{
	json_t *stack = existing(hub, c);

	if (!stack)
		return -1;
	if (!stack_is(stack, "CREATE_FAILED") && !stack_is(stack, "UPDATE_FAILED"))
		return call_fail(c, 400, "ValidationError",
				 "Stack:%s is in %s state and can not be rolled back: it has to be "
				 "in CREATE_FAILED or UPDATE_FAILED state",
				 stack_id(stack), stack_status(stack));
	stack_begin(hub, stack, token_of(c));
	stack_set_status(hub, stack,
			 stack_is(stack, "CREATE_FAILED") ? "ROLLBACK_IN_PROGRESS"
							  : "UPDATE_ROLLBACK_IN_PROGRESS",
			 "User Initiated");
	json_set_str(c->out, "StackId", stack_id(stack));
	return 0;
}

/* ---- delete
 * --------------------------------------------------------------------------------------------------
 */

/* Not while an update or its rollback runs. */
static int check_deletable(struct hub *hub, struct call *c, const json_t *stack)
{
	if (json_bool_or(nested_root(hub, stack), "EnableTerminationProtection", false))
		return call_fail(c, 400, "ValidationError",
				 "Stack [%s] cannot be deleted while TerminationProtection is "
				 "enabled",
				 stack_name(nested_root(hub, stack)));
	if (str_starts(stack_status(stack), "UPDATE_") &&
	    str_ends(stack_status(stack), "_IN_PROGRESS"))
		return call_fail(c, 400, "ValidationError",
				 "Stack [%s] cannot be deleted while in status %s", stack_id(stack),
				 stack_status(stack));
	if (json_array_size(json_list(c->in, "RetainResources")) &&
	    !stack_is(stack, "DELETE_FAILED"))
		return call_fail(c, 400, "ValidationError",
				 "Invalid operation on stack [%s]. Specify which resources to "
				 "retain only when the stack is in the DELETE_FAILED state.",
				 stack_id(stack));
	return 0;
}

static bool refuse_export_in_use(struct hub *hub, json_t *stack)
{
	OWN(str) char *name = stack_export_in_use(hub, stack);
	OWN(str) char *users = name ? stack_importers(hub, name, stack) : NULL;
	OWN(str) char *reason = NULL;
	OWN(str) char *status = str_dup(stack_status(stack));

	if (!name)
		return false;
	reason = str_printf("Delete canceled. Cannot delete export %s as it is in use by %s.", name,
			    users);
	stack_set_status(hub, stack, status, reason);
	return true;
}

int action_delete_stack(struct hub *hub, struct call *c)
{
	const char *name = stack_request_name(c);
	json_t *stack = name ? stack_find(hub, name) : NULL;
	json_t *retain = json_list(c->in, "RetainResources");

	if (!name)
		return -1;
	if (!stack || stack_is(stack, "DELETE_COMPLETE") || stack_is(stack, "DELETE_IN_PROGRESS"))
		return 0;
	if (check_deletable(hub, c, stack) < 0)
		return -1;
	stack_begin(hub, stack, token_of(c));
	if (refuse_export_in_use(hub, stack))
		return 0;
	if (retain)
		json_object_set_new(stack, "RetainResources", json_deep_copy(retain));
	stack_set_status(hub, stack, "DELETE_IN_PROGRESS", "User Initiated");
	return 0;
}

int action_termination_protection(struct hub *hub, struct call *c)
{
	json_t *stack = existing(hub, c);

	if (!stack)
		return -1;
	if (!json_object_get(c->in, "EnableTerminationProtection"))
		return call_fail(c, 400, "ValidationError",
				 "1 validation error detected: Value null at "
				 "'enableTerminationProtection' failed to satisfy constraint: "
				 "Member must not be null");
	if (json_str(stack, "ParentId"))
		return call_fail(c, 400, "ValidationError",
				 "Termination protection of nested stack [%s] is that of its root "
				 "stack, where it has to be set",
				 stack_name(stack));
	json_set_bool(stack, "EnableTerminationProtection",
		      json_bool_or(c->in, "EnableTerminationProtection", false));
	stack_save(hub, stack);
	json_set_str(c->out, "StackId", stack_id(stack));
	return 0;
}
