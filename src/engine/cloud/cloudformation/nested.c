/* Stacks inside stacks: the resource type AWS::CloudFormation::Stack, and what parent and child wait
 * for. A child works through the same engine as every stack; its parent only starts and watches it.
 *
 * A child that its parent updated well is held in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS with its new
 * state not yet committed: until the root cleans up, the whole tree may still roll back. The same
 * holds for UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: what was new is deleted when no sibling
 * uses it any more. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

#define DEEPEST 20 /* a template that nests itself ends here */

static json_t *parent_of(struct hub *hub, const json_t *stack)
{
	const char *id = json_str(stack, "ParentId");

	return id ? hub_get(hub, STACK_KIND, id) : NULL;
}

static bool busy(const json_t *stack)
{
	return phase_is_work(stack_status(stack));
}

static bool deleted(const json_t *stack)
{
	return !stack || stack_is(stack, "DELETE_COMPLETE");
}

/* ---- holding and releasing
 * ------------------------------------------------------------------------------------- */

bool nested_held(const json_t *stack)
{
	return json_bool_or(stack, "Held", false);
}

/* Does the parent's operation still go on, so that it will release the child? */
static bool parent_releases(struct hub *hub, const json_t *stack)
{
	static const char *const open[] = { "UPDATE_IN_PROGRESS", "UPDATE_FAILED",
					    "UPDATE_ROLLBACK_IN_PROGRESS",
					    "UPDATE_ROLLBACK_FAILED" };
	const json_t *parent = parent_of(hub, stack);

	for (size_t i = 0; parent && i < sizeof(open) / sizeof(open[0]); i++)
		if (stack_is(parent, open[i]))
			return true;
	return parent && nested_held(parent);
}

bool nested_hold(struct hub *hub, json_t *stack)
{
	if (!json_bool_or(stack, "ByParent", false) || !parent_releases(hub, stack))
		return false;
	json_set_bool(stack, "Held", true);
	return true;
}

/* The next child of the stack behind *at; NULL: no more. */
static json_t *next_child(struct hub *hub, const json_t *stack, void **at)
{
	json_t *records = stack_records(hub, stack);

	*at = *at ? json_object_iter_next(records, *at) : json_object_iter(records);
	for (; *at; *at = json_object_iter_next(records, *at)) {
		const json_t *record = json_object_iter_value(*at);
		json_t *child;

		if (!str_eq(json_str(record, "ResourceType"), STACK_TYPE) ||
		    stack_record_gone(record))
			continue;
		child = stack_find(hub, json_str(record, "PhysicalResourceId"));
		if (child && str_eq(json_str(child, "ParentId"), stack_id(stack)))
			return child;
	}
	return NULL;
}

void nested_release_children(struct hub *hub, const json_t *stack)
{
	json_t *child;
	void *at = NULL;

	while ((child = next_child(hub, stack, &at))) {
		if (!nested_held(child))
			continue;
		json_object_del(child, "Held");
		stack_save(hub, child);
	}
}

bool nested_waits(struct hub *hub, const json_t *stack)
{
	const json_t *child;
	void *at = NULL;

	if (nested_held(stack))
		return true;
	if (!str_ends(stack_status(stack), "_CLEANUP_IN_PROGRESS"))
		return false;
	while ((child = next_child(hub, stack, &at)))
		if (busy(child))
			return true;
	return false;
}

const json_t *nested_root(struct hub *hub, const json_t *stack)
{
	const char *id = json_str(stack, "RootId");
	const json_t *root = id ? hub_get(hub, STACK_KIND, id) : NULL;

	return root ? root : stack;
}

/* ---- what the child is asked for
 * ------------------------------------------------------------------------------------ */

static const json_t *parent_stack(struct hub *hub, const struct resource *r)
{
	return hub_get(hub, STACK_KIND, r->stack_id);
}

static int add_parameters(const struct resource *r, json_t *in, struct err *err)
{
	json_t *parameters = json_map(r->properties, "Parameters"), *value;
	json_t *list = json_array();
	const char *key;

	json_object_set_new(in, "Parameters", list);
	json_object_foreach(parameters, key, value)
	{
		OWN(str) char *text = NULL;

		if (json_is_object(value) || json_is_array(value))
			return err_set(err, ERR_INPUT,
				       "Value of property Parameters must be an object with String "
				       "(or simple type) properties");
		text = json_is_string(value) ? str_dup(json_string_value(value)) : json_text(value);
		json_array_append_new(list, json_pack("{s:s,s:s}", "ParameterKey", key,
						      "ParameterValue", text));
	}
	return 0;
}

/* The parent's tags and its own, which win. */
static void add_tags(const struct resource *r, json_t *in)
{
	json_t *own = json_list(r->properties, "Tags"), *list = json_array(), *tag, *other;
	size_t i, k;

	json_array_foreach(r->stack_tags, i, tag)
	{
		bool replaced = false;

		json_array_foreach(own, k, other) replaced =
			replaced || str_eq(json_str(other, "Key"), json_str(tag, "Key"));
		if (!replaced)
			json_array_append(list, tag);
	}
	if (own)
		json_array_extend(list, own);
	json_object_set_new(in, "Tags", list);
}

static void add_timeout(const struct resource *r, json_t *in)
{
	const json_t *value = json_object_get(r->properties, "TimeoutInMinutes");
	uint64_t minutes;

	if (json_is_integer(value))
		json_set_int(in, "TimeoutInMinutes", json_integer_value(value));
	else if (num_parse_u64(json_string_value(value), 1, 1000000, &minutes) == 0)
		json_set_int(in, "TimeoutInMinutes", (json_int_t)minutes);
}

/* As if a client had asked for the child; the caller's. NULL: err. */
static json_t *request_for(struct hub *hub, const struct resource *r, struct err *err)
{
	const json_t *parent = parent_stack(hub, r), *settings = stack_settings(parent);
	OWN(json) json_t *in = json_object();
	json_t *topics = json_list(r->properties, "NotificationARNs");

	json_set_str(in, "TemplateURL", json_str_or(r->properties, "TemplateURL", ""));
	if (add_parameters(r, in, err) < 0)
		return NULL;
	add_tags(r, in);
	add_timeout(r, in);
	json_object_set_new(in, "NotificationARNs", topics ? json_incref(topics) : json_array());
	if (json_list(settings, "Capabilities"))
		json_object_set(in, "Capabilities", json_list(settings, "Capabilities"));
	json_set_bool(in, "DisableRollback", json_bool_or(parent, "DisableRollback", false));
	json_set_str(in, "ClientRequestToken", json_str(parent, "ClientRequestToken"));
	return GIVE(in);
}

/* ---- create
 * ----------------------------------------------------------------------------------------------------- */

static int check_depth(struct hub *hub, const struct resource *r, struct err *err)
{
	const json_t *stack = parent_stack(hub, r);
	unsigned depth = 0;

	while (stack && depth++ < DEEPEST)
		stack = parent_of(hub, stack);
	return stack ? err_set(err, ERR_LIMIT,
			       "Nested stacks are more than %d deep: does a template nest itself?",
			       DEEPEST)
		     : 0;
}

/* A child does not roll back by itself: the parent deletes it. */
static int create_nested(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = request_for(hub, r, err);
	OWN(str) char *name = hub_physical_name(hub, r, 128, false);
	OWN(str) char *arn = stack_new_id(hub, name);
	OWN(stack_plan) struct stack_plan plan = { 0 };
	struct call c = { .service = "cloudformation", .action = "CreateStack", .in = in };
	json_t *settings = NULL, *stack;
	const json_t *root;

	if (!in || check_depth(hub, r, err) < 0)
		return -1;
	json_set_bool(in, "DisableRollback", true);
	if (stack_prepare(hub, &c, NULL, name, arn, &plan, &settings) < 0)
		return err_set(err, ERR_INPUT, "%s", c.message);
	root = nested_root(hub, parent_stack(hub, r));
	stack = stack_new(hub, name, arn);
	json_set_str(stack, "ParentId", r->stack_id);
	json_set_str(stack, "RootId", stack_id(root));
	stack_start_create(hub, &c, stack, settings);
	r->physical = str_dup(arn);
	return RESOURCE_WAIT;
}

/* ---- watching
 * --------------------------------------------------------------------------------------------------- */

/* New attributes, not changed ones: the last good state may share them. */
static int done(const json_t *stack, struct resource *r)
{
	json_t *attributes = json_object(), *output;
	size_t i;

	json_array_foreach(json_list(stack, "Outputs"), i, output)
	{
		OWN(str) char *key = str_printf("Outputs.%s", json_str(output, "OutputKey"));

		json_object_set(attributes, key, json_object_get(output, "OutputValue"));
	}
	json_decref(r->attributes);
	r->attributes = attributes;
	return RESOURCE_DONE;
}

static int failed(const json_t *stack, const char *verb, struct err *err)
{
	return err_set(err, ERR_REMOTE, "Embedded stack %s was not successfully %s: %s",
		       stack_id(stack), verb, json_str_or(stack, "StackStatusReason", ""));
}

static int failed_update(const json_t *stack, struct err *err)
{
	return err_set(err, ERR_REMOTE,
		       "Embedded stack %s was not successfully updated. Currently in %s with "
		       "reason: %s",
		       stack_id(stack), stack_status(stack),
		       json_str_or(stack, "UpdateFailure", ""));
}

static int gone(const struct resource *r, struct err *err)
{
	return err_set(err, ERR_REMOTE, "Stack [%s] does not exist", r->physical);
}

static int settle_applied(const json_t *stack, struct resource *r, struct err *err)
{
	const char *status = stack_status(stack);

	if (!strcmp(status, "CREATE_COMPLETE") || !strcmp(status, "UPDATE_COMPLETE") ||
	    !strcmp(status, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
		return done(stack, r);
	if (!strcmp(status, "CREATE_IN_PROGRESS") || !strcmp(status, "UPDATE_IN_PROGRESS"))
		return RESOURCE_WAIT;
	return str_starts(status, "UPDATE_") ? failed_update(stack, err)
					     : failed(stack, "created", err);
}

/* ---- update
 * ---------------------------------------------------------------------------------------------------- */

static int start_update(struct hub *hub, json_t *stack, const struct call *c, json_t *settings,
			const json_t *parent)
{
	struct call request = *c;

	json_object_del(stack, "Held"); /* the parent failed, kept what it had, and tries again */
	stack_start_update(hub, &request, stack, settings);
	json_set_bool(stack, "ByParent", true);
	json_set_int(stack, "ParentSerial", stack_serial(parent));
	stack_save(hub, stack);
	return RESOURCE_WAIT;
}

static int update_child(struct hub *hub, struct resource *r, json_t *stack, struct err *err)
{
	OWN(json) json_t *in = request_for(hub, r, err);
	OWN(json) json_t *changes = NULL;
	OWN(stack_plan) struct stack_plan plan = { 0 };
	struct call c = { .service = "cloudformation", .action = "UpdateStack", .in = in };
	json_t *settings = NULL;
	bool any = true;

	if (!in)
		return -1;
	if ((!nested_held(stack) && stack_check_updatable(&c, stack) < 0) ||
	    stack_prepare(hub, &c, stack, stack_name(stack), stack_id(stack), &plan, &settings) < 0)
		return err_set(err, ERR_INPUT, "%s", c.message);
	if (!nested_held(stack) && !str_ends(stack_status(stack), "_FAILED") &&
	    stack_changes(hub, stack, settings, &plan, &changes, &any, err) < 0)
		any = true; /* the child itself says what is wrong */
	if (any)
		return start_update(hub, stack, &c, settings, parent_stack(hub, r));
	stack_drop_template(hub, settings);
	json_decref(settings);
	return done(stack, r);
}

/* ---- back
 * ------------------------------------------------------------------------------------------------------ */

static int start_rollback(struct hub *hub, json_t *stack)
{
	json_object_del(stack, "Held");
	stack_begin(hub, stack, json_str(stack, "ClientRequestToken"));
	stack_set_status(hub, stack, "UPDATE_ROLLBACK_IN_PROGRESS", NULL);
	return RESOURCE_WAIT;
}

/* again: what failed to roll back is tried once more. */
static int roll_back(struct hub *hub, json_t *stack, bool again, struct err *err)
{
	const char *status = stack_status(stack);

	if (nested_held(stack) && !strcmp(status, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
		return start_rollback(hub, stack);
	if (!strcmp(status, "UPDATE_FAILED") || (again && !strcmp(status, "UPDATE_ROLLBACK_FAILED")))
		return start_rollback(hub, stack);
	if (!strcmp(status, "UPDATE_ROLLBACK_FAILED"))
		return failed_update(stack, err);
	if (!strcmp(status, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"))
		return RESOURCE_DONE;
	if (!strcmp(status, "UPDATE_IN_PROGRESS") && !json_bool_or(stack, "Cancel", false)) {
		json_set_bool(stack, "Cancel", true);
		stack_save(hub, stack);
	}
	return busy(stack) ? RESOURCE_WAIT : RESOURCE_DONE;
}

static bool reverting(const json_t *parent)
{
	return parent && stack_is(parent, "UPDATE_ROLLBACK_IN_PROGRESS");
}

static int update_nested(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *parent = parent_stack(hub, r);
	json_t *stack = stack_find(hub, r->physical);

	if (reverting(parent)) /* one that somebody deleted was not changed either */
		return deleted(stack) ? RESOURCE_DONE : roll_back(hub, stack, true, err);
	if (deleted(stack))
		return gone(r, err);
	/* a daemon that ended had begun it */
	if (busy(stack) && json_int_or(stack, "ParentSerial", -1) == stack_serial(parent))
		return settle_applied(stack, r, err);
	return update_child(hub, r, stack, err);
}

/* ---- delete
 * ---------------------------------------------------------------------------------------------------- */

static int start_delete(struct hub *hub, json_t *stack, struct err *err)
{
	OWN(str) char *export = stack_export_in_use(hub, stack);
	OWN(str) char *users = export ? stack_importers(hub, export, stack) : NULL;

	if (export)
		return err_set(err, ERR_REMOTE,
			       "Embedded stack %s was not successfully deleted: Cannot delete "
			       "export %s as it is in use by %s.",
			       stack_id(stack), export, users);
	json_object_del(stack, "Held");
	stack_begin(hub, stack, json_str(stack, "ClientRequestToken"));
	stack_set_status(hub, stack, "DELETE_IN_PROGRESS", "User Initiated");
	return RESOURCE_WAIT;
}

/* again: what failed to delete is tried once more. */
static int take_away(struct hub *hub, json_t *stack, bool again, struct err *err)
{
	if (deleted(stack))
		return RESOURCE_DONE;
	if (stack_is(stack, "DELETE_FAILED") && !again)
		return failed(stack, "deleted", err);
	if (stack_is(stack, "DELETE_IN_PROGRESS"))
		return RESOURCE_WAIT;
	/* somebody's own update of the child ends first */
	if (busy(stack) && !nested_held(stack) && !stack_is(stack, "CREATE_IN_PROGRESS"))
		return RESOURCE_WAIT;
	return start_delete(hub, stack, err);
}

static int remove_nested(struct hub *hub, struct resource *r, struct err *err)
{
	return take_away(hub, stack_find(hub, r->physical), true, err);
}

/* What the parent is at says what the child is asked about. */
static int settle_nested(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *parent = parent_stack(hub, r);
	json_t *stack = stack_find(hub, r->physical);

	if (reverting(parent))
		return deleted(stack) ? RESOURCE_DONE : roll_back(hub, stack, false, err);
	if (parent && !stack_is(parent, "CREATE_IN_PROGRESS") &&
	    !stack_is(parent, "UPDATE_IN_PROGRESS"))
		return take_away(hub, stack, false, err);
	return stack ? settle_applied(stack, r, err) : gone(r, err);
}

static const char *const allowed[] = { "TemplateURL", "Parameters",	    "Tags",
				       "TimeoutInMinutes", "NotificationARNs", NULL };
static const char *const required[] = { "TemplateURL", NULL };

const struct resource_kind kind_nested_stack = {
	.type = STACK_TYPE,
	.create = create_nested,
	.update = update_nested,
	.remove = remove_nested,
	.settle = settle_nested,
	.allowed = allowed,
	.required = required,
};
