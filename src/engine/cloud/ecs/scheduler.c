/* The scheduler of services. A pass looks at one service and its tasks and makes the moves that the
 * deployment's percentages allow; every change of a task asks for another pass. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

enum { BACK_OFF_FIRST_MS = 100, BACK_OFF_MOST_MS = 5000, LONG_RUN_MS = 10000 };

struct schedule {
	struct ecs *ecs;
	struct schedule *next;
	char *key;
	struct hub_timer *timer; /* the next pass */
	char *deployment;	 /* back-off belongs to it */
	unsigned crashes;	 /* in a row */
	int64_t not_before_ms;	 /* no new task before this time */
};

static struct schedule *schedule_of(struct ecs *ecs, const char *key)
{
	struct schedule *s = ecs->schedules;

	while (s && strcmp(s->key, key) != 0)
		s = s->next;
	if (s)
		return s;
	s = NEW(struct schedule);
	s->ecs = ecs;
	s->key = str_dup(key);
	s->next = ecs->schedules;
	ecs->schedules = s;
	return s;
}

void ecs_schedules_free(struct ecs *ecs)
{
	while (ecs->schedules) {
		struct schedule *s = ecs->schedules;

		ecs->schedules = s->next;
		hub_cancel(ecs->hub, s->timer);
		free(s->key);
		free(s->deployment);
		free(s);
	}
}

/* ---- counting
 * ------------------------------------------------------------------------------------------ */

struct census {
	size_t live;	/* not STOPPED */
	size_t primary; /* of the primary deployment, wanted */
	size_t primary_established;
	size_t old;		 /* of older deployments, wanted */
	size_t established;	 /* of all deployments, wanted */
	size_t running, pending; /* wanted, for the service's own counts */
	size_t stopping;
};

static bool is_wanted(const json_t *task)
{
	return str_eq(json_str(task, "desiredStatus"), "RUNNING");
}

static bool is_running(const json_t *task)
{
	return str_eq(json_str(task, "lastStatus"), "RUNNING");
}

static bool is_established(const json_t *task)
{
	return json_bool_or(task, "mpcup:established", false);
}

static bool is_of(const json_t *task, const json_t *deployment)
{
	return str_eq(json_str(task, "mpcup:deployment"), json_str(deployment, "id"));
}

static bool is_ours(const struct launch *l, const char *key)
{
	return l->phase != PHASE_ENDED && str_eq(json_str(l->task, "mpcup:service"), key);
}

static struct census count(const struct schedule *s, const json_t *primary)
{
	struct census n = { 0 };

	for (const struct launch *l = s->ecs->launches; l; l = l->next) {
		bool mine = is_of(l->task, primary);

		if (!is_ours(l, s->key))
			continue;
		n.live++;
		if (!is_wanted(l->task)) {
			n.stopping++;
			continue;
		}
		n.primary += mine;
		n.old += !mine;
		n.established += is_established(l->task);
		n.primary_established += mine && is_established(l->task);
		n.running += is_running(l->task);
		n.pending += !is_running(l->task);
	}
	return n;
}

/* Counts of one deployment; true when it has live tasks. */
static bool count_deployment(const struct schedule *s, json_t *deployment)
{
	size_t running = 0, pending = 0;
	bool live = false;

	for (const struct launch *l = s->ecs->launches; l; l = l->next) {
		if (!is_ours(l, s->key) || !is_of(l->task, deployment))
			continue;
		live = true;
		running += is_wanted(l->task) && is_running(l->task);
		pending += is_wanted(l->task) && !is_running(l->task);
	}
	(void)ecs_set_count(deployment, "runningCount", running);
	(void)ecs_set_count(deployment, "pendingCount", pending);
	return live;
}

/* ---- moves
 * ------------------------------------------------------------------------------------------------
 */

static void stop_for_scaling(struct schedule *s, json_t *service, struct launch *l)
{
	OWN(str)
	char *reason = str_printf("Scaling activity initiated by (deployment %s)",
				  json_str_or(ecs_primary(service), "id", ""));
	bool running = is_running(l->task);

	ecs_task_stop(s->ecs, l->task, "ServiceSchedulerInitiated", reason);
	if (running)
		ecs_service_event(s->ecs->hub, service,
				  "(service %s) has stopped 1 running tasks: (task %s).",
				  json_str(service, "serviceName"), l->id);
	else
		ecs_service_event(s->ecs->hub, service, "(service %s) stopped 1 pending tasks.",
				  json_str(service, "serviceName"));
}

/* Stops up to `most` tasks of the primary (or of older) deployments. Those that are not established
 * go first, newest first (launches are listed newest first). established_most: how many of the
 * established may go. Returns how many were stopped. */
static size_t stop_some(struct schedule *s, json_t *service, bool of_primary, size_t most,
			size_t established_most)
{
	const json_t *primary = ecs_primary(service);
	size_t stopped = 0;

	for (int established = 0; established < 2; established++) {
		for (struct launch *l = s->ecs->launches; l && stopped < most; l = l->next) {
			if (!is_ours(l, s->key) || !is_wanted(l->task) ||
			    is_of(l->task, primary) != of_primary ||
			    is_established(l->task) != (established == 1))
				continue;
			if (established && !established_most)
				return stopped;
			established_most -= established ? 1 : 0;
			stop_for_scaling(s, service, l);
			stopped++;
		}
	}
	return stopped;
}

static void start_some(struct schedule *s, json_t *service, size_t wanted)
{
	struct hub *hub = s->ecs->hub;
	const json_t *primary = ecs_primary(service);
	const json_t *definition = ecs_definition(hub, json_str(primary, "taskDefinition"));
	OWN(str) char *group = str_printf("service:%s", json_str(service, "serviceName"));
	OWN(buf) struct buf list = { 0 };
	struct ecs_wish wish = { .cluster = ecs_last(json_str(service, "clusterArn")),
				 .definition = definition,
				 .group = group,
				 .started_by = json_str(primary, "id"),
				 .network = json_map(primary, "networkConfiguration"),
				 .service = service,
				 .deployment = primary,
				 .execute_command =
					 json_bool_or(service, "enableExecuteCommand", false) };

	if (!definition)
		return;
	for (size_t i = 0; i < wanted; i++) {
		wish.place = (size_t)json_int_or(service, "mpcup:placed", 0);
		json_set_int(service, "mpcup:placed", (json_int_t)wish.place + 1);
		buf_printf(&list, "%s(task %s)", i ? " " : "",
			   ecs_task_id(ecs_task_start(s->ecs, &wish)));
	}
	ecs_service_event(hub, service, "(service %s) has started %zu tasks: %s.%s",
			  json_str(service, "serviceName"), wanted, list.data,
			  json_bool_or(service, "mpcup:replacing", false)
				  ? " Amazon ECS replaced 1 tasks due to an unhealthy status."
				  : "");
	json_set_bool(service, "mpcup:replacing", false);
}

static void replace_unhealthy(struct schedule *s, json_t *service)
{
	for (struct launch *l = s->ecs->launches; l; l = l->next) {
		if (!is_ours(l, s->key) || !is_wanted(l->task) ||
		    !str_eq(json_str(l->task, "healthStatus"), "UNHEALTHY"))
			continue;
		ecs_service_event(s->ecs->hub, service,
				  "(service %s) (task %s) failed container health checks.",
				  json_str(service, "serviceName"), l->id);
		json_set_bool(service, "mpcup:replacing", true);
		ecs_task_stop(s->ecs, l->task, "ServiceSchedulerInitiated",
			      launch_failure_row(LAUNCH_FAIL_HEALTH)->format);
	}
}

static void pass(struct hub *hub, void *ctx);

static void arm(struct schedule *s, unsigned ms)
{
	hub_cancel(s->ecs->hub, s->timer);
	s->timer = hub_timer(s->ecs->hub, ms, pass, s);
}

/* A deployment that can neither start nor stop a task says so once. */
static void note_stuck(struct schedule *s, json_t *service)
{
	json_t *primary = ecs_primary(service);

	if (json_bool_or(primary, "mpcup:stuck", false))
		return;
	json_set_bool(primary, "mpcup:stuck", true);
	ecs_service_event(
		s->ecs->hub, service,
		"(service %s) was unable to stop or start tasks during a deployment because "
		"of the service deployment configuration. Update the minimumHealthyPercent or "
		"maximumPercent value and try again.",
		json_str(service, "serviceName"));
}

static void roll(struct schedule *s, json_t *service)
{
	const json_t *d = json_map(service, "deploymentConfiguration");
	json_t *primary = ecs_primary(service);
	struct census n = count(s, primary);
	size_t desired = (size_t)json_int_or(service, "desiredCount", 0);
	size_t least = (desired * (size_t)json_int_or(d, "minimumHealthyPercent", 100) + 99) / 100;
	size_t most = desired * (size_t)json_int_or(d, "maximumPercent", 200) / 100;
	size_t need = n.primary < desired ? desired - n.primary : 0;
	size_t room = most > n.live ? most - n.live : 0;
	size_t spare = n.established > least ? n.established - least : 0, surplus, stopped = 0;
	int64_t now = hub_now_ms(s->ecs->hub);

	if (n.primary > desired)
		stopped += stop_some(s, service, true, n.primary - desired, n.primary);
	if (str_eq(json_str(primary, "rolloutState"), "FAILED"))
		return;
	/* Old tasks go when new ones took their place, or to make room for them. */
	surplus = n.old + n.primary_established > desired ? n.old + n.primary_established - desired
							  : 0;
	if (need > room + n.stopping && need - room - n.stopping > surplus)
		surplus = need - room - n.stopping;
	stopped += stop_some(s, service, false, surplus, spare);
	if (!need || (!room && (n.stopping || stopped)))
		return;
	if (!room) {
		note_stuck(s, service);
		return;
	}
	if (now < s->not_before_ms)
		arm(s, (unsigned)(s->not_before_ms - now));
	else
		start_some(s, service, need < room ? need : room);
}

/* ---- ends of deployments
 * ----------------------------------------------------------------------------------- */

static void retire(struct schedule *s, json_t *service)
{
	json_t *deployments = json_list(service, "deployments");

	for (size_t i = json_array_size(deployments); i-- > 0;) {
		json_t *deployment = json_array_get(deployments, i);

		if (!count_deployment(s, deployment) &&
		    !str_eq(json_str(deployment, "status"), "PRIMARY"))
			json_array_remove(deployments, i);
	}
}

static void complete(struct schedule *s, json_t *service)
{
	struct hub *hub = s->ecs->hub;
	json_t *primary = ecs_primary(service), *done;
	struct census n = count(s, primary);
	size_t desired = (size_t)json_int_or(service, "desiredCount", 0);
	const char *name = json_str(service, "serviceName"), *id = json_str(primary, "id");
	OWN(str) char *reason = str_printf("ECS deployment %s completed.", id);

	if (str_eq(json_str(primary, "rolloutState"), "FAILED") || n.live != desired ||
	    n.primary_established != desired) {
		json_set_bool(service, "mpcup:steady", false);
		return;
	}
	if (json_bool_or(service, "mpcup:steady", false))
		return;
	json_set_bool(service, "mpcup:steady", true);
	if (str_eq(json_str(primary, "rolloutState"), "IN_PROGRESS")) {
		json_set_str(primary, "rolloutState", "COMPLETED");
		json_set_str(primary, "rolloutStateReason", reason);
		json_object_set_new(primary, "updatedAt", ecs_time(hub));
		ecs_service_event(hub, service,
				  "(service %s) (deployment %s) deployment completed.", name, id);
		done = json_object();
		ecs_copy(done, primary,
			 (const char *const[]){ "id", "taskDefinition", "networkConfiguration",
						NULL });
		json_object_set_new(service, "mpcup:completed", done);
	}
	ecs_service_event(hub, service, "(service %s) has reached a steady state.", name);
}

static void drain(struct schedule *s, json_t *service)
{
	OWN(str) char *chain = NULL;
	struct census n;

	(void)stop_some(s, service, true, SIZE_MAX, SIZE_MAX);
	(void)stop_some(s, service, false, SIZE_MAX, SIZE_MAX);
	n = count(s, ecs_primary(service));
	if (n.live)
		return;
	chain = ecs_chain_directory(s->ecs->hub, json_str(service, "mpcup:stack"),
				    json_str(service, "serviceName"));
	ecs_directory_drop(chain);
	json_set_str(service, "status", "INACTIVE");
	json_array_clear(json_list(service, "deployments"));
}

static void pass(struct hub *hub, void *ctx)
{
	struct schedule *s = ctx;
	json_t *service = hub_get(hub, ECS_SERVICE, s->key), *primary;
	OWN(json) json_t *before = NULL;
	struct census n;

	s->timer = NULL;
	if (!service || str_eq(json_str(service, "status"), "INACTIVE"))
		return;
	before = json_deep_copy(service);
	primary = ecs_primary(service);
	if (!str_eq(s->deployment, json_str(primary, "id"))) {
		free(s->deployment);
		s->deployment = str_dup(json_str(primary, "id"));
		s->crashes = 0;
		s->not_before_ms = 0;
	}
	if (str_eq(json_str(service, "status"), "DRAINING")) {
		drain(s, service);
	} else {
		replace_unhealthy(s, service);
		roll(s, service);
		retire(s, service);
		complete(s, service);
	}
	n = count(s, primary);
	(void)ecs_set_count(service, "runningCount", n.running);
	(void)ecs_set_count(service, "pendingCount", n.pending);
	if (!json_equal(before, service))
		ecs_service_put(hub, service);
}

void ecs_schedule(struct ecs *ecs, const char *key)
{
	if (key)
		arm(schedule_of(ecs, key), 0);
}

/* ---- failures
 * ------------------------------------------------------------------------------------------------
 */

static void back_off(struct schedule *s, const json_t *task)
{
	int64_t now = hub_now_ms(s->ecs->hub), delay = BACK_OFF_FIRST_MS;
	double started = json_number_value(json_object_get(task, "startedAt"));

	if (started > 0 && (double)now - started * 1000.0 > LONG_RUN_MS)
		s->crashes = 0;
	for (unsigned i = 0; i < s->crashes && delay < BACK_OFF_MOST_MS; i++)
		delay *= 2;
	if (delay > BACK_OFF_MOST_MS)
		delay = BACK_OFF_MOST_MS;
	s->crashes++;
	s->not_before_ms = now + delay;
}

static size_t threshold(size_t desired)
{
	size_t half = (desired + 1) / 2;

	return half < 3 ? 3 : half > 200 ? 200 : half;
}

static void roll_back(struct hub *hub, json_t *service)
{
	OWN(json) json_t *good = json_deep_copy(json_map(service, "mpcup:completed"));
	const char *id = json_str(good, "id");
	OWN(str)
	char *reason =
		str_printf("ECS deployment circuit breaker: rolling back to deploymentId %s.", id);

	ecs_copy(service, good,
		 (const char *const[]){ "taskDefinition", "networkConfiguration", NULL });
	json_set_str(ecs_deployment_new(hub, service), "rolloutStateReason", reason);
	ecs_service_event(hub, service, "(service %s) rolling back to deployment %s.",
			  json_str(service, "serviceName"), id);
}

static void trip(struct hub *hub, json_t *service, json_t *deployment)
{
	const json_t *breaker =
		json_path(service, "deploymentConfiguration.deploymentCircuitBreaker");
	const char *id = json_str(deployment, "id");

	json_set_str(deployment, "rolloutState", "FAILED");
	json_set_str(deployment, "rolloutStateReason",
		     "ECS deployment circuit breaker: tasks failed to start.");
	json_object_set_new(deployment, "updatedAt", ecs_time(hub));
	json_set_str(service, "mpcup:failed", id);
	ecs_service_event(hub, service,
			  "(service %s) (deployment %s) deployment failed: tasks failed to start.",
			  json_str(service, "serviceName"), id);
	if (json_bool_or(breaker, "rollback", false) && json_map(service, "mpcup:completed"))
		roll_back(hub, service);
}

/* The task ended before it was healthy, and nobody asked for that. */
static bool is_failure(const json_t *task)
{
	const char *code = json_str_or(task, "stopCode", "");

	return !is_established(task) &&
	       (!strcmp(code, "TaskFailedToStart") || !strcmp(code, "EssentialContainerExited") ||
		str_eq(json_str(task, "stoppedReason"),
		       launch_failure_row(LAUNCH_FAIL_HEALTH)->format));
}

static void count_failure(struct schedule *s, json_t *service, json_t *deployment,
			  const json_t *task)
{
	struct hub *hub = s->ecs->hub;
	const char *name = json_str(service, "serviceName");
	size_t failed = (size_t)json_int_or(deployment, "failedTasks", 0) + 1;
	size_t most = threshold((size_t)json_int_or(service, "desiredCount", 1));

	if (str_eq(json_str(task, "stopCode"), "TaskFailedToStart"))
		ecs_service_event(hub, service,
				  "(service %s) was unable to place a task. Reason: %s.", name,
				  json_str_or(task, "stoppedReason", ""));
	(void)ecs_set_count(deployment, "failedTasks", failed);
	if (failed == 3 || failed % 10 == 0)
		ecs_service_event(
			hub, service,
			"(service %s) is unable to consistently start tasks successfully. For "
			"more information, see the Troubleshooting section of the Amazon ECS "
			"Developer Guide.",
			name);
	if (failed >= most && str_eq(json_str(deployment, "rolloutState"), "IN_PROGRESS") &&
	    json_bool_or(json_path(service, "deploymentConfiguration.deploymentCircuitBreaker"),
			 "enable", false) &&
	    !count(s, deployment).primary_established)
		trip(hub, service, deployment);
	ecs_service_put(hub, service);
}

void ecs_schedule_stopped(struct ecs *ecs, const json_t *task)
{
	const char *key = json_str(task, "mpcup:service");
	json_t *service = hub_get(ecs->hub, ECS_SERVICE, key), *primary;
	const char *code = json_str_or(task, "stopCode", "");
	struct schedule *s;

	if (!service)
		return;
	s = schedule_of(ecs, key);
	primary = ecs_primary(service);
	if (primary && is_of(task, primary) && is_failure(task)) {
		back_off(s, task);
		count_failure(s, service, primary, task);
	} else if (!strcmp(code, "EssentialContainerExited")) {
		back_off(s, task);
	}
	ecs_tasks_prune(ecs->hub, json_str(task, "group"));
	ecs_schedule(ecs, key);
}

void ecs_schedule_established(struct ecs *ecs, const json_t *task)
{
	const char *key = json_str(task, "mpcup:service");
	json_t *service = hub_get(ecs->hub, ECS_SERVICE, key), *primary = ecs_primary(service);

	if (primary && is_of(task, primary) && ecs_set_count(primary, "failedTasks", 0))
		ecs_service_put(ecs->hub, service);
	ecs_schedule(ecs, key);
}
