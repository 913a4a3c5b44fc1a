/* The launch of one task: walks the rows of core/launch, asks the agent, and undoes everything at
 * the end.
 *
 * A step may be called several times: it asks for what it needs, returns STEP_WAIT, and finds the
 * answer when it is called again. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

enum { GRACE_MS = 300, GONE_MS = 10000 };

struct ask {
	struct launch *launch;
	struct ask *next;
	char *key;
};

static enum ecs_step step_nothing(struct launch *l)
{
	(void)l;
	return STEP_NEXT;
}

/* What ECS itself does of the rows; what follows LAUNCH_NAME is the scheduler's and the node's. */
static enum ecs_step (*const steps[])(struct launch *) = {
	[LAUNCH_PLACEMENT] = ecs_step_placement,
	[LAUNCH_INTERFACE] = ecs_step_interface,
	[LAUNCH_ROLES] = ecs_step_roles,
	[LAUNCH_REGISTRY] = ecs_step_registry,
	[LAUNCH_SECRETS] = ecs_step_secrets,
	[LAUNCH_LOG_STREAM] = ecs_step_log_stream,
	[LAUNCH_EFS_RESOLVE] = ecs_step_efs_resolve,
	[LAUNCH_EFS_CONNECT] = ecs_step_efs_connect,
	[LAUNCH_EFS_TLS] = ecs_step_efs_tls,
	[LAUNCH_EFS_AUTHORIZE] = ecs_step_efs_mount,
	[LAUNCH_EFS_ROOT] = step_nothing, /* the mount call answers for both */
	[LAUNCH_IMAGE] = ecs_step_image,
	[LAUNCH_CONTAINER] = ecs_step_container,
	[LAUNCH_ENTRY] = step_nothing,	/* the container's own */
	[LAUNCH_HEALTH] = step_nothing, /* checks run since the container started */
	[LAUNCH_NAME] = ecs_step_name,
};

struct launch *ecs_launch(struct ecs *ecs, const char *id)
{
	struct launch *l = ecs->launches;

	while (l && strcmp(l->id, id) != 0)
		l = l->next;
	return l;
}

struct container *ecs_container(struct launch *l, const char *name)
{
	for (size_t i = 0; name && i < l->container_count; i++)
		if (!strcmp(l->containers[i].name, name))
			return &l->containers[i];
	return NULL;
}

/* ---- life
 * -------------------------------------------------------------------------------------------------
 */

static void advance_later(struct hub *hub, void *ctx)
{
	struct launch *l = ctx;

	(void)hub;
	l->timer = NULL;
	ecs_launch_advance(l);
}

static const char *role_of(const struct launch *l, const char *member)
{
	const char *given = json_str(json_map(l->task, "overrides"), member);

	given = given ? given : json_str(l->definition, member);
	return given && *given ? given : NULL;
}

void ecs_launch_new(struct ecs *ecs, json_t *task, const json_t *definition)
{
	struct launch *l = NEW(struct launch);
	json_t *list, *container;
	size_t i;

	l->ecs = ecs;
	l->id = str_dup(ecs_task_id(task));
	l->task = json_incref(task);
	l->definition = json_deep_copy(definition);
	l->execution_role = role_of(l, "executionRoleArn");
	l->task_role = role_of(l, "taskRoleArn");
	l->answers = json_object();
	l->secrets = json_object();
	l->volumes = json_object();
	l->forwards = json_array();
	list = json_list(l->definition, "containerDefinitions");
	l->container_count = json_array_size(list);
	l->containers = mem_new(l->container_count, sizeof(*l->containers));
	json_array_foreach(list, i, container)
	{
		l->containers[i].launch = l;
		l->containers[i].hold = -1;
		l->containers[i].definition = container;
		l->containers[i].name = json_str(container, "name");
		l->containers[i].shown = json_array_get(json_list(task, "containers"), i);
		l->containers[i].lines = json_array();
	}
	l->next = ecs->launches;
	l->link = &ecs->launches;
	if (l->next)
		l->next->link = &l->next;
	ecs->launches = l;
	l->timer = hub_timer(ecs->hub, 0, advance_later, l);
}

static void forget(struct launch *l)
{
	*l->link = l->next;
	if (l->next)
		l->next->link = l->link;
	hub_cancel(l->ecs->hub, l->timer);
	ecs_health_stop(l);
	for (size_t i = 0; i < l->container_count; i++) {
		hub_cancel(l->ecs->hub, l->containers[i].flush);
		json_decref(l->containers[i].lines);
		json_decref(l->containers[i].record);
		if (l->containers[i].hold >= 0)
			close(l->containers[i].hold);
		free(l->containers[i].group);
		free(l->containers[i].stream);
	}
	while (l->asks) {
		struct ask *ask = l->asks;

		l->asks = ask->next;
		free(ask->key);
		free(ask);
	}
	json_decref(l->task);
	json_decref(l->definition);
	json_decref(l->answers);
	ecs_secrets_wipe(l);
	json_decref(l->secrets);
	json_decref(l->volumes);
	json_decref(l->forwards);
	free(l->containers);
	free(l->scratch);
	free(l->vpc);
	free(l->eni);
	free(l->id);
	free(l);
}

void ecs_launches_free(struct ecs *ecs)
{
	while (ecs->launches) {
		struct launch *l = ecs->launches;

		if (l->handle)
			ecs->world->kill(l->handle);
		ecs_scratch_drop(l);
		forget(l);
	}
}

/* ---- the task's object
 * --------------------------------------------------------------------------------------- */

void ecs_launch_save(struct launch *l)
{
	hub_put(l->ecs->hub, ECS_TASK, l->id, l->task);
}

void ecs_launch_status(struct launch *l, const char *status)
{
	if (str_eq(json_str(l->task, "lastStatus"), status))
		return;
	json_set_str(l->task, "lastStatus", status);
	json_set_int(l->task, "version", json_int_or(l->task, "version", 1) + 1);
	ecs_launch_save(l);
	if (!strcmp(status, "RUNNING") || !strcmp(status, "STOPPING"))
		ecs_schedule(l->ecs, json_str(l->task, "mpcup:service"));
}

/* ---- asking the agent
 * ------------------------------------------------------------------------------------------ */

static void answered(void *ctx, const json_t *body)
{
	struct ask *ask = ctx, **link = &ask->launch->asks;
	struct launch *l = ask->launch;

	while (*link != ask)
		link = &(*link)->next;
	*link = ask->next;
	json_object_set_new(l->answers, ask->key, body ? json_deep_copy(body) : json_object());
	free(ask->key);
	free(ask);
	ecs_launch_advance(l);
}

const json_t *ecs_launch_ask(struct launch *l, const char *key, json_t *request)
{
	const json_t *answer = json_object_get(l->answers, key);
	struct ask *ask = l->asks;

	while (ask && strcmp(ask->key, key) != 0)
		ask = ask->next;
	if (!answer && !ask && l->handle) {
		ask = NEW(struct ask);
		ask->launch = l;
		ask->key = str_dup(key);
		ask->next = l->asks;
		l->asks = ask;
		l->ecs->world->request(l->handle, request, answered, ask);
		answer = json_object_get(l->answers, key);
	}
	json_decref(request);
	return answer;
}

const json_t *ecs_launch_reach(struct launch *l, const char *host)
{
	OWN(str) char *key = str_printf("reach %s", host), *resolve_key = NULL, *connect_key = NULL;
	const json_t *known = json_object_get(l->answers, key), *answer;
	const char *address;
	json_t *result;

	if (known)
		return known;
	resolve_key = str_printf("resolve %s", host);
	answer = ecs_launch_ask(
		l, resolve_key,
		json_pack("{s:s, s:s, s:i}", "op", "resolve", "name", host, "timeout_ms", 1500));
	if (!answer)
		return NULL;
	address = json_string_value(json_array_get(json_list(answer, "addresses"), 0));
	result = json_object();
	if (address) {
		connect_key = str_printf("connect %s", address);
		answer =
			ecs_launch_ask(l, connect_key,
				       json_pack("{s:s, s:s, s:i, s:i}", "op", "connect", "address",
						 address, "port", 443, "timeout_ms", 1500));
		if (!answer) {
			json_decref(result);
			return NULL;
		}
		json_set_str(result, "address", address);
		json_set_str(result, "result", json_str_or(answer, "result", "timeout"));
	} else {
		json_set_str(result, "result", "unresolved");
	}
	json_object_set_new(l->answers, key, result);
	return result;
}

/* ---- walking
 * ----------------------------------------------------------------------------------------------------
 */

static bool all_started(const struct launch *l)
{
	for (size_t i = 0; i < l->container_count; i++)
		if (!l->containers[i].started && !l->containers[i].exited)
			return false;
	return true;
}

/* "mpcup:steps" of the task: {"step","at": ms since it was created,"ms"?: when it is over,"failed"?}. */
static json_t *step_entry(struct launch *l, enum launch_step step)
{
	const char *name = launch_row(step)->name;
	json_t *walked = json_list(l->task, "mpcup:steps"), *last;
	double created = json_number_value(json_object_get(l->task, "createdAt"));

	if (!walked) {
		walked = json_array();
		json_object_set_new(l->task, "mpcup:steps", walked);
	}
	last = json_array_get(walked, json_array_size(walked) - 1);
	if (json_array_size(walked) && str_eq(json_str(last, "step"), name))
		return last;
	last = json_pack("{s:s,s:I}", "step", name, "at",
			 (json_int_t)(hub_now_ms(l->ecs->hub) - (int64_t)(created * 1000 + 0.5)));
	json_array_append_new(walked, last);
	return last;
}

static void step_over(struct launch *l, json_t *entry, bool failed)
{
	double created = json_number_value(json_object_get(l->task, "createdAt"));
	int64_t since = hub_now_ms(l->ecs->hub) - (int64_t)(created * 1000 + 0.5);

	json_set_int(entry, "ms", (json_int_t)since - json_int_or(entry, "at", 0));
	if (failed)
		json_set_bool(entry, "failed", true);
}

static void established(struct launch *l)
{
	if (json_bool_or(l->task, "mpcup:established", false))
		return;
	step_over(l, step_entry(l, LAUNCH_STEADY), false);
	json_set_bool(l->task, "mpcup:established", true);
	ecs_launch_save(l);
	ecs_schedule_established(l->ecs, l->task);
}

static void grace_over(struct hub *hub, void *ctx)
{
	struct launch *l = ctx;

	(void)hub;
	l->timer = NULL;
	if (l->phase == PHASE_RUNNING && !ecs_has_checks(l))
		established(l);
}

static void set_running(struct launch *l)
{
	if (!all_started(l))
		return;
	l->phase = PHASE_RUNNING;
	ecs_secrets_wipe(l);
	json_object_set_new(l->task, "startedAt", ecs_time(l->ecs->hub));
	(void)step_entry(l, LAUNCH_STEADY);
	for (size_t i = 0; i < l->container_count; i++)
		if (l->containers[i].started && !l->containers[i].exited)
			json_set_str(l->containers[i].shown, "lastStatus", "RUNNING");
	ecs_launch_status(l, "RUNNING");
	if (ecs_has_checks(l) && ecs_healthy(l))
		established(l);
	else if (!ecs_has_checks(l))
		l->timer = hub_timer(l->ecs->hub, GRACE_MS, grace_over, l);
}

void ecs_launch_advance(struct launch *l)
{
	enum ecs_step outcome;
	json_t *entry;

	if (l->phase == PHASE_RUNNING && ecs_has_checks(l) && ecs_healthy(l))
		established(l);
	if (l->advancing || l->phase != PHASE_STARTING)
		return;
	l->advancing = true;
	while (l->phase == PHASE_STARTING && l->step <= LAUNCH_NAME) {
		ecs_launch_status(l, launch_row(l->step)->state);
		entry = json_incref(step_entry(l, l->step));
		outcome = steps[l->step](l);
		if (outcome != STEP_WAIT)
			step_over(l, entry, outcome == STEP_FAILED);
		else
			hub_touch(l->ecs->hub, ECS_TASK, l->id);
		json_decref(entry);
		if (outcome != STEP_NEXT)
			break;
		l->step++;
	}
	if (l->phase == PHASE_STARTING && l->step > LAUNCH_NAME)
		set_running(l);
	l->advancing = false;
}

/* ---- stopping
 * --------------------------------------------------------------------------------------------------------
 */

static void ended(struct hub *hub, void *ctx)
{
	struct launch *l = ctx;
	struct ecs *ecs = l->ecs;
	json_t *task = json_incref(l->task);

	l->timer = NULL;
	for (size_t i = 0; i < l->container_count; i++) {
		ecs_log_flush(&l->containers[i]);
		json_set_str(l->containers[i].shown, "lastStatus", "STOPPED");
	}
	ecs_forwards_drop(l);
	ecs_interface_drop(l);
	ecs_scratch_drop(l);
	l->phase = PHASE_ENDED;
	json_object_set_new(task, "stoppedAt", ecs_time(hub));
	if (!json_object_get(task, "executionStoppedAt"))
		json_object_set_new(task, "executionStoppedAt", ecs_time(hub));
	ecs_launch_status(l, "STOPPED");
	forget(l);
	if (json_str(task, "mpcup:service"))
		ecs_schedule_stopped(ecs, task);
	else
		ecs_tasks_prune(hub, json_str(task, "group"));
	json_decref(task);
}

static void end_later(struct launch *l)
{
	hub_cancel(l->ecs->hub, l->timer);
	l->timer = hub_timer(l->ecs->hub, 0, ended, l);
}

static void never_gone(struct hub *hub, void *ctx)
{
	struct launch *l = ctx;

	l->timer = NULL;
	hub_log(hub, "task %s: its processes did not end after they were killed", l->id);
	/* Still waiting: the handle and this launch belong to the fabric until it says so. */
}

/* Kills what is left and waits for the agent to be gone. */
static void deprovision(struct launch *l)
{
	struct hub *hub = l->ecs->hub;

	if (l->phase >= PHASE_ENDING)
		return;
	l->phase = PHASE_ENDING;
	ecs_health_stop(l);
	ecs_name_drop(l);
	ecs_launch_status(l, "DEPROVISIONING");
	hub_cancel(hub, l->timer);
	l->timer = NULL;
	if (!l->handle) {
		end_later(l);
		return;
	}
	l->timer = hub_timer(hub, GONE_MS, never_gone, l);
	l->ecs->world->kill(l->handle);
}

static bool any_alive(const struct launch *l)
{
	for (size_t i = 0; i < l->container_count; i++)
		if (l->containers[i].started && !l->containers[i].exited)
			return true;
	return false;
}

static void stop_timeout(struct hub *hub, void *ctx)
{
	struct launch *l = ctx;

	(void)hub;
	l->timer = NULL;
	for (size_t i = 0; i < l->container_count; i++)
		if (l->containers[i].started && !l->containers[i].exited)
			ecs_container_exited(l, l->containers[i].name, 137, false);
	deprovision(l);
}

static void ignore_reply(void *ctx, const json_t *body)
{
	(void)ctx;
	(void)body;
}

/* SIGTERM, or what the image wants, to all containers; the longest stopTimeout decides when SIGKILL follows. */
static unsigned signal_all(struct launch *l)
{
	unsigned timeout_ms = 0;

	for (size_t i = 0; i < l->container_count; i++) {
		const struct container *c = &l->containers[i];
		unsigned own = (unsigned)json_int_or(c->definition, "stopTimeout", 30) * 1000;
		OWN(json)
		json_t *request = json_pack("{s:s, s:s, s:i}", "op", "signal", "container", c->name,
					    "signal", ecs_container_stop_signal(c));

		if (!c->started || c->exited)
			continue;
		timeout_ms = own > timeout_ms ? own : timeout_ms;
		l->ecs->world->request(l->handle, request, ignore_reply, NULL);
	}
	return timeout_ms;
}

void ecs_launch_stop(struct launch *l)
{
	unsigned timeout_ms;

	if (l->phase >= PHASE_STOPPING)
		return;
	ecs_health_stop(l);
	if (!l->handle || !any_alive(l)) {
		deprovision(l);
		return;
	}
	if (l->has_name)
		ecs_launch_status(l, "DEACTIVATING");
	ecs_name_drop(l);
	l->phase = PHASE_STOPPING;
	ecs_launch_status(l, "STOPPING");
	hub_cancel(l->ecs->hub, l->timer);
	timeout_ms = signal_all(l);
	l->timer = hub_timer(l->ecs->hub, timeout_ms, stop_timeout, l);
}

enum ecs_step ecs_launch_fail(struct launch *l, const struct container *container,
			      enum launch_failure failure, const char *const *args, size_t count)
{
	OWN(str) char *text = launch_failure_text(failure, args, count);
	const struct launch_row *row = launch_row(launch_failure_row(failure)->step);

	if (container)
		json_set_str(container->shown, "reason", text);
	ecs_task_stop(l->ecs, l->task, row->stop_code, text);
	return STEP_FAILED;
}

void ecs_container_exited(struct launch *l, const char *name, int code, bool oom)
{
	struct container *c = ecs_container(l, name);

	if (!c || c->exited)
		return;
	c->exited = true;
	c->code = code;
	json_set_int(c->shown, "exitCode", code);
	json_set_str(c->shown, "lastStatus", "STOPPED");
	if (oom)
		json_set_str(c->shown, "reason",
			     "OutOfMemoryError: Container killed due to memory usage");
	hub_cancel(l->ecs->hub, c->health);
	c->health = NULL;
	ecs_log_flush(c);
	if (!any_alive(l) && l->phase != PHASE_STARTING)
		json_object_set_new(l->task, "executionStoppedAt", ecs_time(l->ecs->hub));
	ecs_launch_save(l);
	if (l->phase == PHASE_STOPPING && !any_alive(l))
		deprovision(l);
	else if (l->phase <= PHASE_RUNNING && json_bool_or(c->definition, "essential", true))
		(void)FAIL(l, NULL, LAUNCH_FAIL_ESSENTIAL_EXITED, NULL);
	else
		ecs_launch_advance(l);
}

/* ---- events of the agent
 * ------------------------------------------------------------------------------------------------
 */

static void on_ready(void *ctx)
{
	struct launch *l = ctx;

	l->ready = true;
	json_set_str(l->task, "connectivity", "CONNECTED");
	json_object_set_new(l->task, "connectivityAt", ecs_time(l->ecs->hub));
	ecs_launch_advance(l);
}

static void on_failed(void *ctx, const char *why)
{
	struct launch *l = ctx;

	hub_log(l->ecs->hub, "task %s: %s", l->id, why);
	(void)FAIL(l, NULL, LAUNCH_FAIL_CONTAINER_START, why);
}

static void on_line(void *ctx, const char *container, const char *text, size_t len)
{
	ecs_container_line(ctx, container, text, len);
}

static void on_exited(void *ctx, const char *container, int code, bool oom)
{
	ecs_container_exited(ctx, container, code, oom);
}

static void on_gone(void *ctx)
{
	struct launch *l = ctx;

	l->handle = NULL;
	for (size_t i = 0; i < l->container_count; i++)
		if (l->containers[i].started && !l->containers[i].exited)
			ecs_container_exited(l, l->containers[i].name, 137, false);
	if (l->phase < PHASE_STOPPING)
		(void)FAIL(l, NULL, LAUNCH_FAIL_CONTAINER_START, "the task's agent ended");
	if (l->phase == PHASE_STOPPING)
		deprovision(l);
	else if (l->phase == PHASE_ENDING)
		end_later(l);
}

int ecs_launch_enter(struct launch *l, struct err *err)
{
	struct fabric_task_events events = { .ready = on_ready,
					     .failed = on_failed,
					     .line = on_line,
					     .exited = on_exited,
					     .gone = on_gone,
					     .ctx = l };

	return l->ecs->world->start(l->ecs->hub, l->vpc, l->eni, l->address, l->bits, &events,
				    &l->handle, err);
}
