/* Stacks, their resource records, templates and events as objects of the hub. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

#define DELETED_STACKS_KEPT 25

void stack_set_text(json_t *object, const char *key, const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	if (text && !value) { /* not UTF-8: a message cut in the middle of a character */
		OWN(str) char *copy = str_dup(text);

		for (char *c = copy; *c; c++)
			if ((unsigned char)*c >= 0x80)
				*c = '?';
		value = json_string(copy);
	}
	if (value)
		json_object_set_new(object, key, value);
}

json_t *stack_find(struct hub *hub, const char *name_or_arn)
{
	const char *id;
	json_t *stack;

	if (!name_or_arn)
		return NULL;
	if (str_starts(name_or_arn, "arn:"))
		return hub_get(hub, STACK_KIND, name_or_arn);
	json_object_foreach(hub_all(hub, STACK_KIND), id,
			    stack) if (str_eq(stack_name(stack), name_or_arn) &&
				       !stack_is(stack, "DELETE_COMPLETE")) return stack;
	return NULL;
}

char *stack_new_id(struct hub *hub, const char *name)
{
	OWN(str) char *uuid = hub_uuid(hub);
	OWN(str) char *resource = str_printf("stack/%s/%s", name, uuid);

	return hub_arn(hub, "cloudformation", resource);
}

json_t *stack_new(struct hub *hub, const char *name, const char *arn)
{
	OWN(json) json_t *stack = json_object();

	json_set_str(stack, "StackId", arn);
	json_set_str(stack, "StackName", name);
	json_set_int(stack, "CreationTime", hub_now_ms(hub));
	json_set_int(stack, "Serial", 0);
	hub_put(hub, STACK_KIND, arn, stack);
	return hub_get(hub, STACK_KIND, arn);
}

void stack_save(struct hub *hub, json_t *stack)
{
	hub_put(hub, STACK_KIND, stack_id(stack), stack);
}

const char *stack_id(const json_t *stack)
{
	return json_str(stack, "StackId");
}

const char *stack_name(const json_t *stack)
{
	return json_str(stack, "StackName");
}

const char *stack_status(const json_t *stack)
{
	return json_str_or(stack, "StackStatus", "");
}

bool stack_is(const json_t *stack, const char *status)
{
	return str_eq(stack_status(stack), status);
}

int64_t stack_serial(const json_t *stack)
{
	return json_int_or(stack, "Serial", 0);
}

/* Several events fall into one millisecond here; clients sort by time, so each gets its own. */
int64_t stack_stamp(struct hub *hub, json_t *stack)
{
	int64_t now = hub_now_ms(hub), last = json_int_or(stack, "Clock", 0);

	if (now <= last)
		now = last + 1;
	json_set_int(stack, "Clock", now);
	return now;
}

void stack_begin(struct hub *hub, json_t *stack, const char *token)
{
	OWN(str) char *uuid = hub_uuid(hub);

	json_set_int(stack, "Serial", stack_serial(stack) + 1);
	json_set_str(stack, "OperationId", uuid);
	json_object_del(stack, "ClientRequestToken");
	json_object_del(stack, "Cancel");
	json_set_str(stack, "ClientRequestToken", token);
}

json_t *stack_settings(const json_t *stack)
{
	json_t *target = json_map(stack, "Target");

	return target ? target : json_map(stack, "Settings");
}

char *stack_keep_template(struct hub *hub, const char *text)
{
	OWN(str) char *id = hub_uuid(hub);
	OWN(json) json_t *value = json_object();

	json_set_str(value, "Body", text);
	hub_put(hub, STACK_TEMPLATE_KIND, id, value);
	return GIVE(id);
}

const char *stack_template_text(struct hub *hub, const json_t *settings)
{
	return json_str(hub_get(hub, STACK_TEMPLATE_KIND, json_str(settings, "Template")), "Body");
}

void stack_drop_template(struct hub *hub, const json_t *settings)
{
	const char *id = json_str(settings, "Template");

	if (id)
		hub_remove(hub, STACK_TEMPLATE_KIND, id);
}

void stack_put_settings(struct hub *hub, json_t *stack, const char *member, json_t *settings)
{
	json_t *old = json_map(stack, member);

	if (old && !str_eq(json_str(old, "Template"), json_str(settings, "Template")))
		stack_drop_template(hub, old);
	if (settings)
		json_object_set_new(stack, member, settings);
	else
		json_object_del(stack, member);
}

/* ---- records ------------------------------------------------------------------------------- */

static char *records_kind(const json_t *stack)
{
	return str_printf("cloudformation:resource:%s", stack_id(stack));
}

static char *events_kind(const json_t *stack)
{
	return str_printf("cloudformation:event:%s", stack_id(stack));
}

json_t *stack_records(struct hub *hub, const json_t *stack)
{
	OWN(str) char *kind = records_kind(stack);

	return hub_all(hub, kind);
}

json_t *stack_record(struct hub *hub, const json_t *stack, const char *logical)
{
	return json_object_get(stack_records(hub, stack), logical);
}

void stack_save_record(struct hub *hub, const json_t *stack, json_t *record)
{
	OWN(str) char *kind = records_kind(stack);

	hub_put(hub, kind, json_str(record, "LogicalResourceId"), record);
}

void stack_remove_record(struct hub *hub, const json_t *stack, const char *logical)
{
	OWN(str) char *kind = records_kind(stack);

	hub_remove(hub, kind, logical);
}

bool stack_record_gone(const json_t *record)
{
	const char *status = json_str_or(record, "ResourceStatus", "");

	return !strcmp(status, "DELETE_COMPLETE") || !strcmp(status, "DELETE_SKIPPED");
}

void stack_shelve(json_t *record, const json_t *state, const json_t *keeper, const char *policy)
{
	const char *physical = json_str_or(state, "PhysicalResourceId", "");
	OWN(json) json_t *entry = json_object();
	json_t *list = json_list(record, "Discard");

	if (!*physical || str_eq(physical, json_str(keeper, "PhysicalResourceId")))
		return;
	if (!list) {
		list = json_array();
		json_object_set_new(record, "Discard", list);
	}
	json_set_str(entry, "PhysicalResourceId", physical);
	json_set_str(entry, "Policy", policy);
	json_object_set(entry, "Properties", json_object_get(state, "Properties"));
	json_object_set(entry, "Attributes", json_object_get(state, "Attributes"));
	json_object_set(entry, "Dependencies", json_object_get(state, "Dependencies"));
	json_array_append(list, entry);
}

/* ---- events -------------------------------------------------------------------------------- */

static void keep_event(struct hub *hub, json_t *stack, json_t *event, const char *id)
{
	OWN(str) char *kind = events_kind(stack);

	json_set_str(event, "EventId", id);
	json_set_str(event, "ClientRequestToken", json_str(stack, "ClientRequestToken"));
	json_set_str(event, "OperationId", json_str(stack, "OperationId"));
	hub_put(hub, kind, id, event);
}

static json_t *new_event(struct hub *hub, json_t *stack, const char *status, const char *reason)
{
	json_t *event = json_object();

	json_set_int(event, "Timestamp", stack_stamp(hub, stack));
	json_set_str(event, "ResourceStatus", status);
	stack_set_text(event, "ResourceStatusReason", reason);
	return event;
}

void stack_set_status(struct hub *hub, json_t *stack, const char *status, const char *reason)
{
	OWN(json) json_t *event = new_event(hub, stack, status, reason);
	OWN(str) char *uuid = hub_uuid(hub);

	json_set_str(stack, "StackStatus", status);
	json_object_del(stack, "StackStatusReason");
	stack_set_text(stack, "StackStatusReason", reason);
	json_set_str(event, "LogicalResourceId", stack_name(stack));
	json_set_str(event, "PhysicalResourceId", stack_id(stack));
	json_set_str(event, "ResourceType", "AWS::CloudFormation::Stack");
	keep_event(hub, stack, event, uuid);
	stack_save(hub, stack);
}

static char *event_id(struct hub *hub, const json_t *event, const char *logical,
		      enum stack_event_style style)
{
	if (style == STACK_EVENT_CLEANUP) {
		OWN(str) char *uuid = hub_uuid(hub);

		return str_printf("%s-%s", logical, uuid);
	} else {
		OWN(str) char *time = aws_time_iso(json_int_or(event, "Timestamp", 0));

		return str_printf("%s-%s-%s", logical, json_str(event, "ResourceStatus"), time);
	}
}

void stack_event(struct hub *hub, json_t *stack, const json_t *record, const char *physical,
		 const char *status, const char *reason, enum stack_event_style style)
{
	OWN(json) json_t *event = new_event(hub, stack, status, reason);
	const char *logical = json_str(record, "LogicalResourceId");
	OWN(str) char *id = event_id(hub, event, logical, style);

	json_set_str(event, "LogicalResourceId", logical);
	stack_set_text(event, "PhysicalResourceId", physical ? physical : "");
	json_set_str(event, "ResourceType", json_str(record, "ResourceType"));
	keep_event(hub, stack, event, id);
}

static enum stack_event_style style_of(const json_t *stack, const char *status)
{
	bool cleanup = str_ends(stack_status(stack), "_CLEANUP_IN_PROGRESS");

	return cleanup && str_starts(status, "DELETE_") ? STACK_EVENT_CLEANUP : STACK_EVENT_PLAIN;
}

void stack_set_record(struct hub *hub, json_t *stack, json_t *record, const char *status,
		      const char *reason)
{
	OWN(str) char *kept = str_dup(status); /* may be the record's own text */

	status = kept;
	json_set_str(record, "ResourceStatus", status);
	json_object_del(record, "ResourceStatusReason");
	stack_set_text(record, "ResourceStatusReason", reason);
	json_set_int(record, "Serial", stack_serial(stack));
	stack_event(hub, stack, record, json_str(record, "PhysicalResourceId"), status, reason,
		    style_of(stack, status));
	json_set_int(record, "Timestamp", json_int_or(stack, "Clock", 0));
	stack_save_record(hub, stack, record);
}

json_t *stack_events(struct hub *hub, const json_t *stack)
{
	OWN(str) char *kind = events_kind(stack);

	return hub_all(hub, kind);
}

/* ---- the end of old stacks ------------------------------------------------------------------- */

static void remove_all(struct hub *hub, const char *kind)
{
	const char *id;
	json_t *unused;
	void *next;

	json_object_foreach_safe(hub_all(hub, kind), next, id, unused) hub_remove(hub, kind, id);
}

static void forget(struct hub *hub, const char *arn)
{
	json_t *stack = hub_get(hub, STACK_KIND, arn);
	OWN(str) char *records = records_kind(stack);
	OWN(str) char *events = events_kind(stack);

	remove_all(hub, records);
	remove_all(hub, events);
	stack_drop_template(hub, json_map(stack, "Settings"));
	hub_remove(hub, STACK_KIND, arn);
}

void stack_prune(struct hub *hub)
{
	OWN(json) json_t *deleted = json_array();
	const char *id;
	json_t *stack;

	json_object_foreach(hub_all(hub, STACK_KIND), id,
			    stack) if (stack_is(stack, "DELETE_COMPLETE"))
		json_add_str(deleted, id);
	for (size_t i = 0; i + DELETED_STACKS_KEPT < json_array_size(deleted); i++)
		forget(hub, json_string_value(json_array_get(deleted, i)));
}
