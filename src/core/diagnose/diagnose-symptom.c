/* The evidence, walked over once: what failed, when, of whom, and at which step. */
#include <string.h>

#include "base/str.h"
#include "core/aws/aws.h"
#include "core/diagnose/diagnose-internal.h"

#define LASTING_MS 10000 /* what a task has survived when it runs so long */

/* Of what only says that something failed. */
static const char *const no_faults[] = { NULL };

void symptoms_free(struct symptoms *s)
{
	free(s->list);
	json_decref(s->follow);
	json_decref(s->unexplained);
}

void symptom_add(struct symptoms *s, const struct symptom *one)
{
	s->list = mem_grow(s->list, s->count + 1, sizeof(*s->list));
	s->list[s->count++] = *one;
}

bool evidence_is_stopped(const json_t *service)
{
	return json_int_or(json_map(service, "service"), "desiredCount", 1) == 0;
}

int64_t evidence_time(const json_t *value)
{
	double seconds = json_number_value(value);

	if (json_is_string(value))
		return aws_time_parse(json_string_value(value));
	/* what no clock says is no time */
	return json_is_number(value) && seconds > 0 && seconds < 1e11 ? (int64_t)(seconds * 1000) : -1;
}

const char *evidence_task_id(const json_t *task)
{
	const char *arn = json_str_or(task, "taskArn", "");
	const char *slash = strrchr(arn, '/');

	return slash ? slash + 1 : arn;
}

const json_t *evidence_service_of(const json_t *evidence, const char *task_id, const json_t **ret_task)
{
	json_t *service, *task;
	size_t i, k;

	json_array_foreach(json_list(evidence, "services"), i, service)
		json_array_foreach(json_list(service, "tasks"), k, task)
			if (*task_id && !strcmp(evidence_task_id(task), task_id)) {
				*ret_task = task;
				return service;
			}
	return NULL;
}

static bool is_stack_event(const json_t *event)
{
	return str_eq(json_str(event, "ResourceType"), "AWS::CloudFormation::Stack") &&
	       str_eq(json_str(event, "PhysicalResourceId"), json_str(event, "StackId"));
}

/* The event that began the operation: older ones are another story. A rollback belongs to what it undoes. */
static bool begins_operation(const json_t *event)
{
	static const char *const begins[] = { "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS",
					      "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS" };

	for (size_t i = 0; is_stack_event(event) && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (str_eq(json_str(event, "ResourceStatus"), begins[i]))
			return true;
	return false;
}

/* When the stack's operation began; -1: not known, or it was not rolled back. */
static int64_t rolled_back_since(const json_t *evidence, const char *name)
{
	json_t *stack, *event;
	size_t i, k;

	json_array_foreach(json_list(evidence, "stacks"), i, stack) {
		const json_t *described = json_map(stack, "stack");

		if (!str_eq(json_str(described, "StackName"), name) ||
		    !strstr(json_str_or(described, "StackStatus", ""), "ROLLBACK"))
			continue;
		json_array_foreach(json_list(stack, "events"), k, event)
			if (begins_operation(event))
				return evidence_time(json_object_get(event, "Timestamp"));
	}
	return -1;
}

/* Has the service been steady since? Events are newest first. */
static bool is_steady_since(const json_t *service, int64_t since)
{
	json_t *event;
	size_t i;

	json_array_foreach(json_path(service, "service.events"), i, event)
		if (evidence_time(json_object_get(event, "createdAt")) >= since &&
		    strstr(json_str_or(event, "message", ""), "has reached a steady state"))
			return true;
	return false;
}

/* A task that takes another one's place may die as soon as that one. */
static bool is_lasting(const json_t *evidence, const json_t *service, const json_t *task, int64_t since)
{
	int64_t started = evidence_time(json_object_get(task, "startedAt"));

	return started < 0 || is_steady_since(service, since) ||
	       evidence_time(json_object_get(evidence, "takenAt")) - started >= LASTING_MS;
}

/* All that the service should have run. */
static bool is_complete(const json_t *service)
{
	const json_t *described = json_map(service, "service");

	return json_int_or(described, "runningCount", 1) >= json_int_or(described, "desiredCount", 0);
}

bool evidence_is_past(const json_t *evidence, const json_t *service, const json_t *task)
{
	int64_t ended = evidence_time(json_object_get(task, "stoppedAt"));
	int64_t since = rolled_back_since(evidence, json_str(service, "stack"));
	json_t *other;
	size_t i;

	if (!str_eq(json_str(task, "lastStatus"), "STOPPED"))
		return false;
	if (since >= 0)
		return ended < since;
	json_array_foreach(json_list(service, "tasks"), i, other)
		if (str_eq(json_str(other, "lastStatus"), "RUNNING") && is_complete(service) &&
		    evidence_time(json_object_get(other, "createdAt")) >= ended &&
		    is_lasting(evidence, service, other, ended))
			return true;
	return false;
}

static void unexplained(struct symptoms *s, const char *source, int64_t at_ms, const char *text)
{
	OWN(str) char *time = at_ms >= 0 ? aws_time_iso(at_ms) : str_dup("");

	json_array_append_new(s->unexplained, json_pack("{s:s,s:s,s:s}", "source", source, "time", time,
							"text", text));
}

/* Fills step and faults by what the text says. false: nobody knows the text. */
static bool route(struct symptom *one, unsigned where)
{
	/* "was unable to place a task. Reason: " and then what the task says */
	bool quoted = where == WHERE_SERVICE && strstr(one->text, "Reason: ");
	enum launch_failure f = where == WHERE_TASK || quoted ? route_failure(one->text)
							      : LAUNCH_FAILURE_COUNT;
	const struct route *r;

	if (f != LAUNCH_FAILURE_COUNT) {
		one->step = launch_row(launch_failure_row(f)->step)->name;
		one->faults = route_failure_faults(f);
		return true;
	}
	r = quoted ? route_find(strstr(one->text, "Reason: "), WHERE_TASK) : NULL;
	if (!r)
		r = route_find(one->text, where);
	if (!r)
		return false;
	one->step = r->step;
	one->faults = r->faults;
	return true;
}

/* ---- tasks ------------------------------------------------------------------------------------------ */

/* A container's own reason tells more than "Essential container in task exited". */
static const char *container_reason(const json_t *task)
{
	json_t *container;
	size_t i;

	json_array_foreach(json_list(task, "containers"), i, container)
		if (json_str(container, "reason"))
			return json_str(container, "reason");
	return NULL;
}

static bool has_exit_code(const json_t *task)
{
	json_t *container;
	size_t i;

	json_array_foreach(json_list(task, "containers"), i, container)
		if (json_object_get(container, "exitCode"))
			return true;
	return false;
}

/* Whether the end of the task is no failure: the scheduler or a person wanted it. */
static bool was_wanted(const json_t *task)
{
	const char *code = json_str_or(task, "stopCode", "");
	const char *reason = json_str_or(task, "stoppedReason", "");

	if (strstr(reason, "health check"))
		return false;
	return !strcmp(code, "UserInitiated") || !strcmp(code, "ServiceSchedulerInitiated") ||
	       !strcmp(code, "SpotInterruption");
}

static bool has_container(const json_t *task, const char *status)
{
	json_t *container;
	size_t i;

	json_array_foreach(json_list(task, "containers"), i, container)
		if (str_eq(json_str(container, "lastStatus"), status))
			return true;
	return false;
}

/* One container runs and another waits for it: so every start looks for a while, and one that never ends. */
static void read_waiting(const json_t *service, const json_t *task, struct symptoms *ret)
{
	static const char text[] = "a container waits for another one, which runs";
	static const char *const faults[] = { "F31", NULL };

	if (str_eq(json_str(task, "lastStatus"), "PENDING") && has_container(task, "PENDING") &&
	    has_container(task, "RUNNING"))
		symptom_add(ret, &(struct symptom){ .source = "task",
						    .at_ms = evidence_time(json_object_get(task, "createdAt")),
						    .text = text,
						    .stack = json_str(service, "stack"),
						    .service = json_str(service, "logicalResourceId"),
						    .task = json_str(task, "taskArn"),
						    .step = "container",
						    .faults = faults,
						    .early = true });
}

static void read_task(const json_t *evidence, const json_t *service, const json_t *task, struct symptoms *ret)
{
	struct symptom one = { .source = "task",
			       .at_ms = evidence_time(json_object_get(task, "stoppedAt")),
			       .text = json_str(task, "stoppedReason"),
			       .stack = json_str(service, "stack"),
			       .service = json_str(service, "logicalResourceId"),
			       .task = json_str(task, "taskArn") };
	const char *reason = container_reason(task);
	bool known;

	read_waiting(service, task, ret);
	if (!one.text || was_wanted(task))
		return;
	/* it may fail so again, in another zone or at the next start: when the template says so */
	one.past = one.early = evidence_is_past(evidence, service, task);
	one.absent = !has_exit_code(task);
	if (one.at_ms < 0)
		one.at_ms = evidence_time(json_object_get(task, "stoppingAt"));
	known = route(&one, WHERE_TASK);
	if (reason && (!known || !one.faults[0])) {
		struct symptom inner = one;

		inner.text = reason;
		if (route(&inner, WHERE_TASK) && inner.faults[0]) {
			symptom_add(ret, &inner);
			return;
		}
	}
	if (known)
		symptom_add(ret, &one);
	else if (!one.past)
		unexplained(ret, "task", one.at_ms, one.text);
}

/* ---- services ------------------------------------------------------------------------------------------ */

/* The scheduler says again what a task said. */
static bool is_said(const struct symptoms *s, const struct symptom *again)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq(s->list[i].source, "task") && str_eq(s->list[i].service, again->service) &&
		    str_eq(s->list[i].step, again->step))
			return true;
	return false;
}

/* Newest first: what the newest steady state has ended is over. */
static void read_service(const json_t *evidence, const json_t *service, struct symptoms *ret)
{
	json_t *event, *task;
	size_t i;

	json_array_foreach(json_list(service, "tasks"), i, task)
		read_task(evidence, service, task, ret);
	json_array_foreach(json_path(service, "service.events"), i, event) {
		struct symptom one = { .source = "service",
				       .at_ms = evidence_time(json_object_get(event, "createdAt")),
				       .text = json_str_or(event, "message", ""),
				       .stack = json_str(service, "stack"),
				       .service = json_str(service, "logicalResourceId") };

		if (strstr(one.text, "has reached a steady state"))
			return;
		if (route(&one, WHERE_SERVICE) && !is_said(ret, &one))
			symptom_add(ret, &one);
	}
}

/* ---- events of stacks ------------------------------------------------------------------------------------ */

static void follows(struct symptoms *s, const char *resource, const char *text)
{
	json_array_append_new(s->follow, json_pack("{s:s,s:s}", "resource", resource, "text", text));
}

static void read_failure(const char *stack, const json_t *event, struct symptoms *ret)
{
	const char *resource = json_str_or(event, "LogicalResourceId", "");
	struct symptom one = { .source = "event",
			       .at_ms = evidence_time(json_object_get(event, "Timestamp")),
			       .text = json_str_or(event, "ResourceStatusReason", ""),
			       .stack = stack,
			       .resource = resource,
			       .step = "template",
			       .faults = no_faults };

	if (strstr(one.text, "cancelled")) {
		follows(ret, resource, "cancelled, because another resource failed");
		return;
	}
	if (str_eq(json_str(event, "ResourceType"), "AWS::ECS::Service"))
		one.service = resource;
	route(&one, WHERE_EVENT);
	symptom_add(ret, &one);
}

static void read_stack_event(const char *stack, const json_t *event, struct symptoms *ret)
{
	const char *status = json_str_or(event, "ResourceStatus", "");
	const char *reason = json_str_or(event, "ResourceStatusReason", "");

	/* no resource says it: an export in use, for instance */
	if (is_stack_event(event) && str_ends(status, "ROLLBACK_IN_PROGRESS") && *reason &&
	    !str_starts(reason, "The following resource(s) failed") && !strstr(reason, "User Initiated"))
		unexplained(ret, "event", evidence_time(json_object_get(event, "Timestamp")), reason);
	if (!is_stack_event(event)) {
		if (strstr(status, "FAILED"))
			read_failure(stack, event, ret);
	} else if (!strcmp(status, "ROLLBACK_IN_PROGRESS")) {
		follows(ret, stack, "the stack rolls back: what was created is deleted again");
	} else if (!strcmp(status, "UPDATE_ROLLBACK_IN_PROGRESS")) {
		follows(ret, stack, "the stack rolls back to what it was before the update");
	}
}

static void read_stack(const json_t *stack, struct symptoms *ret)
{
	const char *name = json_str_or(json_map(stack, "stack"), "StackName", "");
	const json_t *events = json_list(stack, "events");
	size_t first = 0;

	/* newest first: oldest of the last operation */
	while (first < json_array_size(events) && !begins_operation(json_array_get(events, first)))
		first++;
	for (size_t i = first; i-- > 0;)
		read_stack_event(name, json_array_get(events, i), ret);
}

void symptoms_read(const json_t *evidence, struct symptoms *ret)
{
	json_t *one;
	size_t i;

	*ret = (struct symptoms){ .follow = json_array(), .unexplained = json_array() };
	json_array_foreach(json_list(evidence, "services"), i, one)
		read_service(evidence, one, ret);
	symptoms_read_logs(evidence, ret);
	json_array_foreach(json_list(evidence, "stacks"), i, one)
		read_stack(one, ret);
}
