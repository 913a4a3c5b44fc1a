/* Change sets (aws-wire.md 7.4). They are ready when CreateChangeSet returns: clients wait 5 s for
 * the next look otherwise. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

#define NO_CHANGES                                                                                 \
	"The submitted information didn't contain changes. Submit different information to "       \
	"create "                                                                                  \
	"a change set."

/* ---- finding
 * -------------------------------------------------------------------------------------------------
 */

static bool belongs(const json_t *change_set, const json_t *stack)
{
	return str_eq(json_str(change_set, "StackId"), stack_id(stack));
}

static json_t *by_name(struct hub *hub, const json_t *stack, const char *name)
{
	json_t *change_set;
	const char *id;

	json_object_foreach(hub_all(hub, STACK_CHANGESET_KIND), id,
			    change_set) if (belongs(change_set, stack) &&
					    str_eq(json_str(change_set, "ChangeSetName"),
						   name)) return change_set;
	return NULL;
}

/* The request's change set. NULL: it is not there (no code in the call) or the call failed. */
static json_t *look(struct hub *hub, struct call *c)
{
	const char *name = json_str_or(c->in, "ChangeSetName", "");
	json_t *stack;

	if (str_starts(name, "arn:"))
		return hub_get(hub, STACK_CHANGESET_KIND, name);
	if (!*name) {
		(void)call_fail(c, 400, "ValidationError",
				"1 validation error detected: Value null at 'changeSetName' failed "
				"to satisfy constraint: Member must not be null");
		return NULL;
	}
	if (!*json_str_or(c->in, "StackName", "")) {
		(void)call_fail(c, 400, "ValidationError",
				"StackName must be specified if ChangeSetName is not specified as "
				"an ARN.");
		return NULL;
	}
	if (!stack_request_name(c))
		return NULL;
	stack = stack_find(hub, json_str(c->in, "StackName"));
	if (!stack) {
		(void)stack_no_such(c, "Stack [%s] does not exist", json_str(c->in, "StackName"));
		return NULL;
	}
	return by_name(hub, stack, name);
}

json_t *change_set_find(struct hub *hub, struct call *c)
{
	json_t *found = look(hub, c);

	if (!found && !*c->code)
		(void)call_fail(c, 404, "ChangeSetNotFound", "ChangeSet [%s] does not exist",
				json_str(c->in, "ChangeSetName"));
	return found;
}

/* The template of an executed change set is the stack's. */
static void drop(struct hub *hub, json_t *change_set)
{
	if (!json_object_get(change_set, "Executed"))
		stack_drop_template(hub, json_map(change_set, "Settings"));
	hub_remove(hub, STACK_CHANGESET_KIND, json_str(change_set, "ChangeSetId"));
}

static void drop_others(struct hub *hub, const json_t *stack, const json_t *keep)
{
	json_t *change_set;
	const char *id;
	void *next;

	json_object_foreach_safe(hub_all(hub, STACK_CHANGESET_KIND), next, id,
				 change_set) if (change_set != keep && belongs(change_set, stack))
		drop(hub, change_set);
}

void stack_drop_change_sets(struct hub *hub, const json_t *stack)
{
	drop_others(hub, stack, NULL);
}

/* ---- create
 * ----------------------------------------------------------------------------------------------------
 */

static bool valid_name(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > 128 || strspn(name, "-0123456789") > strspn(name, ""))
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
	       len;
}

/* Is the stack as the type of the change set wants it? */
static int check_type(struct call *c, const json_t *stack, const char *type, const char *name)
{
	bool review = stack && stack_is(stack, "REVIEW_IN_PROGRESS");

	if (!strcmp(type, "CREATE")) {
		if (!stack || review)
			return 0;
		return call_fail(c, 400, "ValidationError",
				 "Stack [%s] already exists and cannot be created again with the "
				 "changeSet [%s].",
				 json_str(c->in, "StackName"), name);
	}
	if (strcmp(type, "UPDATE") != 0)
		return call_fail(c, 400, "ValidationError",
				 "The local cloud supports change sets of type CREATE and UPDATE, "
				 "not %s",
				 type);
	if (!stack)
		return stack_no_such(c, "Stack [%s] does not exist", json_str(c->in, "StackName"));
	return stack_check_updatable(c, stack);
}

static void set_outcome(json_t *change_set, const char *status, const char *execution,
			const char *reason)
{
	json_set_str(change_set, "Status", status);
	json_set_str(change_set, "ExecutionStatus", execution);
	stack_set_text(change_set, "StatusReason", reason);
}

static void set_names(struct hub *hub, const struct call *c, json_t *change_set, const char *name,
		      const char *type)
{
	OWN(str) char *uuid = hub_uuid(hub);
	OWN(str) char *resource = str_printf("changeSet/%s/%s", name, uuid);
	OWN(str) char *arn = hub_arn(hub, "cloudformation", resource);

	json_set_str(change_set, "ChangeSetId", arn);
	json_set_str(change_set, "ChangeSetName", name);
	json_set_str(change_set, "ChangeSetType", type);
	json_set_str(change_set, "Description", json_str(c->in, "Description"));
	json_set_str(change_set, "OnStackFailure", json_str(c->in, "OnStackFailure"));
	json_set_bool(change_set, "IncludeNestedStacks",
		      json_bool_or(c->in, "IncludeNestedStacks", false));
}

static json_t *review_stack(struct hub *hub, const struct call *c, const char *name,
			    const char *arn)
{
	json_t *stack = stack_new(hub, name, arn);

	stack_begin(hub, stack, json_str(c->in, "ClientToken"));
	return stack;
}

static void keep_change_set(struct hub *hub, struct call *c, json_t *stack, json_t *change_set)
{
	json_set_str(change_set, "StackId", stack_id(stack));
	json_set_str(change_set, "StackName", stack_name(stack));
	json_set_int(change_set, "CreationTime", stack_stamp(hub, stack));
	hub_put(hub, STACK_CHANGESET_KIND, json_str(change_set, "ChangeSetId"), change_set);
	if (!*stack_status(stack))
		stack_set_status(hub, stack, "REVIEW_IN_PROGRESS", "User Initiated");
	json_set_int(stack, "LastUpdatedTime", hub_now_ms(hub));
	stack_save(hub, stack);
	json_set_str(c->out, "Id", json_str(change_set, "ChangeSetId"));
	json_set_str(c->out, "StackId", stack_id(stack));
}

static void fill_change_set(struct hub *hub, const json_t *stack, struct stack_plan *plan,
			    json_t *change_set)
{
	OWN(json) json_t *changes = NULL;
	struct err err = { 0 };
	bool any = false, create = str_eq(json_str(change_set, "ChangeSetType"), "CREATE");

	if (stack_changes(hub, stack, json_map(change_set, "Settings"), plan, &changes, &any,
			  &err) < 0) {
		set_outcome(change_set, "FAILED", "UNAVAILABLE", err.text);
		json_object_set_new(change_set, "Changes", json_array());
		return;
	}
	json_object_set(change_set, "Changes", changes);
	if (any || create || str_ends(stack_status(stack), "_FAILED"))
		set_outcome(change_set, "CREATE_COMPLETE", "AVAILABLE", NULL);
	else
		set_outcome(change_set, "FAILED", "UNAVAILABLE", NO_CHANGES);
}

int action_create_change_set(struct hub *hub, struct call *c)
{
	const char *stack_asked = stack_request_name(c);
	const char *name = json_str_or(c->in, "ChangeSetName", "");
	const char *type = json_str_or(c->in, "ChangeSetType", "UPDATE");
	json_t *stack = stack_asked ? stack_find(hub, stack_asked) : NULL, *settings = NULL;
	OWN(str) char *arn = stack_asked && !stack ? stack_new_id(hub, stack_asked) : NULL;
	OWN(stack_plan) struct stack_plan plan = { 0 };
	OWN(json) json_t *change_set = NULL;

	if (!stack_asked)
		return -1;
	if (!valid_name(name))
		return call_fail(
			c, 400, "ValidationError",
			"1 validation error detected: Value '%s' at 'changeSetName' failed "
			"to satisfy constraint: Member must satisfy regular expression "
			"pattern: [a-zA-Z][-a-zA-Z0-9]*",
			name);
	if (check_type(c, stack, type, name) < 0)
		return -1;
	if (stack && by_name(hub, stack, name))
		return call_fail(c, 400, "AlreadyExistsException",
				 "ChangeSet %s already exists for stack %s", name,
				 stack_name(stack));
	if (stack_prepare(hub, c, stack, stack ? stack_name(stack) : stack_asked,
			  stack ? stack_id(stack) : arn, &plan, &settings) < 0)
		return -1;
	change_set = json_object();
	set_names(hub, c, change_set, name, type);
	json_object_set_new(change_set, "Settings", settings);
	fill_change_set(hub, stack, &plan, change_set);
	if (!stack)
		stack = review_stack(hub, c, stack_asked, arn);
	keep_change_set(hub, c, stack, change_set);
	return 0;
}

/* ---- describe
 * ----------------------------------------------------------------------------------------------------
 */

static const char *execution_status(struct hub *hub, const json_t *change_set)
{
	const json_t *stack = hub_get(hub, STACK_KIND, json_str(change_set, "StackId"));
	const char *status = stack_status(stack);

	if (!json_object_get(change_set, "Executed"))
		return json_str(change_set, "ExecutionStatus");
	if (phase_is_work(status))
		return "EXECUTE_IN_PROGRESS";
	return !strcmp(status, "CREATE_COMPLETE") || !strcmp(status, "UPDATE_COMPLETE")
		       ? "EXECUTE_COMPLETE"
		       : "EXECUTE_FAILED";
}

/* Without IncludePropertyValues the values are left out. */
static json_t *show_changes(const json_t *changes, bool values)
{
	static const char *const members[] = { "BeforeValue", "AfterValue", "Path",
					       "AttributeChangeType" };
	json_t *copy = json_deep_copy(changes), *entry, *detail;
	size_t i, d;

	json_array_foreach(copy, i, entry)
	{
		json_t *change = json_object_get(entry, "ResourceChange");

		if (values && str_eq(json_str(change, "Action"), "Add"))
			json_set_str(change, "Replacement", "True");
		if (values)
			continue;
		json_object_del(change, "BeforeContext");
		json_object_del(change, "AfterContext");
		json_array_foreach(json_list(change, "Details"), d,
				   detail) for (size_t m = 0;
						m < sizeof(members) / sizeof(members[0]); m++)
			json_object_del(json_object_get(detail, "Target"), members[m]);
	}
	return copy;
}

static void copy(json_t *to, const json_t *from, const char *key)
{
	if (json_object_get(from, key))
		json_object_set(to, key, json_object_get(from, key));
}

static void copy_list(json_t *to, const json_t *from, const char *key)
{
	json_t *list = json_list(from, key);

	json_object_set_new(to, key, list ? json_incref(list) : json_array());
}

int action_describe_change_set(struct hub *hub, struct call *c)
{
	static const char *const members[] = {
		"ChangeSetName", "ChangeSetId",	   "StackId",
		"StackName",	 "Description",	   "Status",
		"StatusReason",	 "OnStackFailure", "IncludeNestedStacks"
	};
	const json_t *change_set = change_set_find(hub, c), *settings;
	json_t *parameters;

	if (!change_set)
		return -1;
	settings = json_map(change_set, "Settings");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		copy(c->out, change_set, members[i]);
	parameters = stack_show_parameters(settings);
	if (parameters)
		json_object_set_new(c->out, "Parameters", parameters);
	stack_set_time(c->out, "CreationTime", json_int_or(change_set, "CreationTime", 0));
	json_set_str(c->out, "ExecutionStatus", execution_status(hub, change_set));
	copy_list(c->out, settings, "NotificationARNs");
	json_object_set_new(c->out, "RollbackConfiguration", json_object());
	copy_list(c->out, settings, "Capabilities");
	copy_list(c->out, settings, "Tags");
	return stack_page(c,
			  show_changes(json_object_get(change_set, "Changes"),
				       json_bool_or(c->in, "IncludePropertyValues", false)),
			  "Changes");
}

int action_list_change_sets(struct hub *hub, struct call *c)
{
	static const char *const members[] = { "StackId",     "StackName",
					       "ChangeSetId", "ChangeSetName",
					       "Status",      "StatusReason",
					       "Description", "IncludeNestedStacks" };
	const char *name = stack_request_name(c), *id;
	const json_t *stack = name ? stack_find(hub, name) : NULL;
	json_t *list, *change_set;

	if (!name)
		return -1;
	if (!stack)
		return stack_no_such(c, "Stack [%s] does not exist", name);
	list = json_array();
	json_object_foreach(hub_all(hub, STACK_CHANGESET_KIND), id, change_set)
	{
		json_t *out;

		if (!belongs(change_set, stack) || json_object_get(change_set, "Executed"))
			continue;
		out = json_object();
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			copy(out, change_set, members[i]);
		json_set_str(out, "ExecutionStatus", execution_status(hub, change_set));
		stack_set_time(out, "CreationTime", json_int_or(change_set, "CreationTime", 0));
		json_array_append_new(list, out);
	}
	return stack_page(c, list, "Summaries");
}

/* ---- execute, delete
 * ------------------------------------------------------------------------------------------------
 */

static int check_executable(struct call *c, const json_t *change_set)
{
	const char *status = json_str(change_set, "Status");

	if (json_object_get(change_set, "Executed"))
		status = "EXECUTE_COMPLETE";
	else if (str_eq(json_str(change_set, "ExecutionStatus"), "AVAILABLE"))
		return 0;
	return call_fail(c, 400, "InvalidChangeSetStatus",
			 "ChangeSet [%s] cannot be executed in its current status of [%s]",
			 json_str(change_set, "ChangeSetId"), status);
}

int action_execute_change_set(struct hub *hub, struct call *c)
{
	json_t *change_set = change_set_find(hub, c), *stack;
	json_t *settings;
	bool create;

	if (!change_set || check_executable(c, change_set) < 0)
		return -1;
	stack = hub_get(hub, STACK_KIND, json_str(change_set, "StackId"));
	create = stack_is(stack, "REVIEW_IN_PROGRESS");
	if (!create && stack_check_updatable(c, stack) < 0)
		return -1;
	settings = json_deep_copy(json_object_get(change_set, "Settings"));
	json_set_bool(change_set, "Executed", true);
	hub_put(hub, STACK_CHANGESET_KIND, json_str(change_set, "ChangeSetId"), change_set);
	json_set_str(stack, "ChangeSetId", json_str(change_set, "ChangeSetId"));
	drop_others(hub, stack, change_set);
	if (create)
		stack_start_create(hub, c, stack, settings);
	else
		stack_start_update(hub, c, stack, settings);
	if (create && !json_bool_or(c->in, "DisableRollback", false))
		json_set_str(stack, "OnFailure", json_str(change_set, "OnStackFailure"));
	return 0;
}

int action_delete_change_set(struct hub *hub, struct call *c)
{
	json_t *change_set = look(hub, c);

	if (!change_set && *c->code)
		return -1;
	if (!change_set && str_starts(json_str(c->in, "ChangeSetName"), "arn:"))
		return call_fail(c, 404, "ChangeSetNotFound", "ChangeSet [%s] does not exist",
				 json_str(c->in, "ChangeSetName"));
	if (change_set)
		drop(hub, change_set);
	return 0;
}
