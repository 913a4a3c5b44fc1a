/* What shows stacks, their resources and events. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

static void copy(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value)
		json_object_set(to, key, value);
}

static void copy_list(json_t *to, const json_t *from, const char *key)
{
	json_t *list = json_list(from, key);

	if (json_array_size(list))
		json_object_set(to, key, list);
}

static void copy_time(json_t *to, const json_t *from, const char *key)
{
	stack_set_time(to, key, json_int_or(from, key, 0));
}

static void set_drift(json_t *out, const char *member, const char *key)
{
	json_t *drift = json_object();

	json_set_str(drift, key, "NOT_CHECKED");
	json_object_set_new(out, member, drift);
}

/* ---- stacks
 * ------------------------------------------------------------------------------------------------
 */

static char *parameter_text(const json_t *parameter)
{
	const json_t *value = json_object_get(parameter, "Value"), *item;
	OWN(buf) struct buf text = { 0 };
	size_t i;

	buf_str(&text, "");
	if (json_bool_or(parameter, "NoEcho", false))
		buf_str(&text, "****");
	else if (json_is_string(value))
		buf_str(&text, json_string_value(value));
	else
		json_array_foreach(value, i, item)
			buf_printf(&text, "%s%s", i ? "," : "", json_string_value(item));
	return buf_take(&text);
}

json_t *stack_show_parameters(const json_t *settings)
{
	json_t *list = json_array(), *parameter;
	const char *name;

	json_object_foreach(json_map(settings, "Parameters"), name, parameter)
	{
		json_t *shown = json_object();
		OWN(str) char *text = parameter_text(parameter);

		json_set_str(shown, "ParameterKey", name);
		json_set_str(shown, "ParameterValue", text);
		if (!json_bool_or(parameter, "NoEcho", false))
			copy(shown, parameter, "ResolvedValue");
		json_array_append_new(list, shown);
	}
	if (json_array_size(list))
		return list;
	json_decref(list);
	return NULL;
}

static json_t *show_stack(const json_t *stack)
{
	json_t *out = json_object(), *parameters;
	const json_t *settings = stack_settings(stack);

	copy(out, stack, "StackId");
	copy(out, stack, "StackName");
	copy(out, stack, "ChangeSetId");
	copy(out, settings, "Description");
	parameters = stack_show_parameters(settings);
	if (parameters)
		json_object_set_new(out, "Parameters", parameters);
	copy_time(out, stack, "CreationTime");
	copy_time(out, stack, "DeletionTime");
	copy_time(out, stack, "LastUpdatedTime");
	json_object_set_new(out, "RollbackConfiguration", json_object());
	copy(out, stack, "StackStatus");
	copy(out, stack, "StackStatusReason");
	json_set_bool(out, "DisableRollback", json_bool_or(stack, "DisableRollback", false));
	json_object_set_new(out, "NotificationARNs", json_array());
	copy_list(out, settings, "NotificationARNs");
	copy(out, stack, "TimeoutInMinutes");
	copy_list(out, settings, "Capabilities");
	copy_list(out, stack, "Outputs");
	copy(out, settings, "RoleARN");
	copy(out, stack, "ParentId");
	copy(out, stack, "RootId");
	json_object_set_new(out, "Tags", json_array());
	copy_list(out, settings, "Tags");
	json_set_bool(out, "EnableTerminationProtection",
		      json_bool_or(stack, "EnableTerminationProtection", false));
	set_drift(out, "DriftInformation", "StackDriftStatus");
	return out;
}

int action_describe_stacks(struct hub *hub, struct call *c)
{
	const char *name = json_str(c->in, "StackName"), *id;
	json_t *list, *stack;

	if (name && *name) {
		stack = stack_request_name(c) ? stack_find(hub, name) : NULL;
		if (!stack)
			return *c->code ? -1
					: stack_no_such(c, "Stack with id %s does not exist", name);
		list = json_array();
		json_array_append_new(list, show_stack(stack));
		return stack_page(c, list, "Stacks");
	}
	list = json_array();
	json_object_foreach(hub_all(hub, STACK_KIND), id,
			    stack) if (!stack_is(stack, "DELETE_COMPLETE"))
		json_array_insert_new(list, 0, show_stack(stack));
	return stack_page(c, list, "Stacks");
}

static bool status_wanted(const struct call *c, const char *status)
{
	const json_t *filter = json_list(c->in, "StackStatusFilter");

	return !json_array_size(filter) || json_has_text(filter, status);
}

int action_list_stacks(struct hub *hub, struct call *c)
{
	json_t *list = json_array(), *stack;
	const char *id;

	json_object_foreach(hub_all(hub, STACK_KIND), id, stack)
	{
		json_t *out;

		if (!status_wanted(c, stack_status(stack)))
			continue;
		out = json_object();
		copy(out, stack, "StackId");
		copy(out, stack, "StackName");
		json_set_str(out, "TemplateDescription",
			     json_str(stack_settings(stack), "Description"));
		copy_time(out, stack, "CreationTime");
		copy_time(out, stack, "LastUpdatedTime");
		copy_time(out, stack, "DeletionTime");
		copy(out, stack, "StackStatus");
		copy(out, stack, "StackStatusReason");
		copy(out, stack, "ParentId");
		copy(out, stack, "RootId");
		set_drift(out, "DriftInformation", "StackDriftStatus");
		json_array_insert_new(list, 0, out);
	}
	return stack_page(c, list, "StackSummaries");
}

/* ---- events
 * ---------------------------------------------------------------------------------------------------
 */

static json_t *show_event(const json_t *stack, const json_t *event)
{
	json_t *out = json_object();

	copy(out, stack, "StackId");
	copy(out, event, "EventId");
	copy(out, stack, "StackName");
	copy(out, event, "OperationId");
	copy(out, event, "LogicalResourceId");
	copy(out, event, "PhysicalResourceId");
	copy(out, event, "ResourceType");
	copy_time(out, event, "Timestamp");
	copy(out, event, "ResourceStatus");
	copy(out, event, "ResourceStatusReason");
	copy(out, event, "ClientRequestToken");
	return out;
}

int action_describe_events(struct hub *hub, struct call *c)
{
	const char *name = stack_request_name(c), *id;
	const json_t *stack = name ? stack_find(hub, name) : NULL;
	OWN(json) json_t *oldest_first = NULL;
	json_t *list, *event;

	if (!name)
		return -1;
	if (!stack)
		return stack_no_such(c, "Stack [%s] does not exist", name);
	oldest_first = json_array();
	json_object_foreach(stack_events(hub, stack), id, event)
		json_array_append(oldest_first, event);
	list = json_array();
	for (size_t i = json_array_size(oldest_first); i-- > 0;)
		json_array_append(list, json_array_get(oldest_first, i));
	if (stack_page(c, list, "StackEvents") < 0)
		return -1;
	list = json_object_get(c->out, "StackEvents");
	for (size_t i = 0; i < json_array_size(list); i++)
		json_array_set_new(list, i, show_event(stack, json_array_get(list, i)));
	return 0;
}

/* ---- resources
 * --------------------------------------------------------------------------------------------------
 */

static json_t *show_resource(const json_t *stack, const json_t *record, const char *time_key)
{
	json_t *out = json_object();

	if (stack) {
		copy(out, stack, "StackName");
		copy(out, stack, "StackId");
	}
	copy(out, record, "LogicalResourceId");
	if (*json_str_or(record, "PhysicalResourceId", ""))
		copy(out, record, "PhysicalResourceId");
	copy(out, record, "ResourceType");
	stack_set_time(out, time_key, json_int_or(record, "Timestamp", 0));
	copy(out, record, "ResourceStatus");
	copy(out, record, "ResourceStatusReason");
	set_drift(out, "DriftInformation", "StackResourceDriftStatus");
	return out;
}

int action_describe_resource(struct hub *hub, struct call *c)
{
	const char *name = stack_request_name(c);
	const json_t *stack = name ? stack_find(hub, name) : NULL, *record;
	const char *logical = json_str_or(c->in, "LogicalResourceId", "");
	const json_t *metadata;
	json_t *out;

	if (!name)
		return -1;
	if (!stack)
		return stack_no_such(c, "Stack '%s' does not exist", name);
	record = stack_record(hub, stack, logical);
	if (!record)
		return call_fail(c, 400, "ValidationError",
				 "Resource %s does not exist for stack %s", logical,
				 stack_name(stack));
	out = show_resource(stack, record, "LastUpdatedTimestamp");
	metadata = json_object_get(record, "Metadata");
	if (metadata) {
		OWN(json) json_t *masked = stack_mask(json_map(stack, "Settings"), metadata);
		OWN(str) char *text = json_text(masked);

		json_set_str(out, "Metadata", text);
	}
	json_object_set_new(c->out, "StackResourceDetail", out);
	return 0;
}

/* The stack that has a physical resource. */
static json_t *stack_of_physical(struct hub *hub, const char *physical)
{
	const char *id, *logical;
	json_t *stack, *record;

	json_object_foreach(hub_all(hub, STACK_KIND), id, stack)
	{
		json_object_foreach(stack_records(hub, stack), logical,
				    record) if (!stack_record_gone(record) &&
						str_eq(json_str(record, "PhysicalResourceId"),
						       physical)) return stack;
	}
	return NULL;
}

static json_t *stack_of_request(struct hub *hub, struct call *c)
{
	const char *physical = json_str(c->in, "PhysicalResourceId");
	const char *name = json_str(c->in, "StackName");
	json_t *stack;

	if (physical && !name) {
		stack = stack_of_physical(hub, physical);
		if (!stack)
			(void)stack_no_such(c, "Stack for %s does not exist", physical);
		return stack;
	}
	name = stack_request_name(c);
	stack = name ? stack_find(hub, name) : NULL;
	if (name && !stack)
		(void)stack_no_such(c, "Stack with id %s does not exist", name);
	return stack;
}

/* At most one page, as AWS: who has more uses ListStackResources. */
int action_describe_resources(struct hub *hub, struct call *c)
{
	json_t *stack = stack_of_request(hub, c), *list, *record;
	const char *wanted = json_str(c->in, "LogicalResourceId"), *logical;
	const json_t *records;

	if (!stack)
		return -1;
	records = stack_records(hub, stack);
	if (wanted && !json_object_get(records, wanted))
		return call_fail(c, 400, "ValidationError",
				 "Resource %s does not exist for stack %s", wanted,
				 stack_name(stack));
	list = json_array();
	json_object_foreach((json_t *)(uintptr_t)records, logical,
			    record) if ((!wanted || !strcmp(wanted, logical)) &&
					json_array_size(list) < STACK_PAGE)
		json_array_append_new(list, show_resource(stack, record, "Timestamp"));
	json_object_set_new(c->out, "StackResources", list);
	return 0;
}

int action_list_resources(struct hub *hub, struct call *c)
{
	const char *name = stack_request_name(c), *logical;
	const json_t *stack = name ? stack_find(hub, name) : NULL;
	json_t *list, *record;

	if (!name)
		return -1;
	if (!stack)
		return stack_no_such(c, "Stack with id %s does not exist", name);
	list = json_array();
	json_object_foreach(stack_records(hub, stack), logical, record)
		json_array_append_new(list, show_resource(NULL, record, "LastUpdatedTimestamp"));
	return stack_page(c, list, "StackResourceSummaries");
}
