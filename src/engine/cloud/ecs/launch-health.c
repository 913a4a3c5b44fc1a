/* Health checks of containers, run inside them at a twentieth of their times. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

enum { SCALE = 20, INTERVAL_LEAST_MS = 200, TIMEOUT_LEAST_MS = 1000 };

static unsigned scaled(const struct container *c, const char *member, json_int_t standard,
		       unsigned least)
{
	json_int_t seconds = json_int_or(json_map(c->definition, "healthCheck"), member, standard);
	unsigned ms = (unsigned)(seconds * 1000 / SCALE);

	return ms > least ? ms : least;
}

static bool has_check(const struct container *c)
{
	return json_map(c->definition, "healthCheck") != NULL;
}

bool ecs_has_checks(const struct launch *l)
{
	for (size_t i = 0; i < l->container_count; i++)
		if (has_check(&l->containers[i]) &&
		    json_bool_or(l->containers[i].definition, "essential", true))
			return true;
	return false;
}

bool ecs_healthy(const struct launch *l)
{
	for (size_t i = 0; i < l->container_count; i++)
		if (has_check(&l->containers[i]) && !l->containers[i].healthy &&
		    json_bool_or(l->containers[i].definition, "essential", true))
			return false;
	return true;
}

static void set_health(struct container *c)
{
	struct launch *l = c->launch;
	const char *status = "HEALTHY";

	json_set_str(c->shown, "healthStatus", c->unhealthy ? "UNHEALTHY" : "HEALTHY");
	for (size_t i = 0; i < l->container_count; i++)
		if (json_bool_or(l->containers[i].definition, "essential", true) &&
		    l->containers[i].unhealthy)
			status = "UNHEALTHY";
	if (!strcmp(status, "HEALTHY") && !ecs_healthy(l))
		status = "UNKNOWN";
	json_set_str(l->task, "healthStatus", status);
	ecs_launch_save(l);
	ecs_schedule(l->ecs, json_str(l->task, "mpcup:service"));
	ecs_launch_advance(l);
}

static void check(struct hub *hub, void *ctx);

/* The container lives until the agent is gone, and with it every request. */
static void checked(void *ctx, const json_t *body)
{
	struct container *c = ctx;
	const json_t *health = json_map(c->definition, "healthCheck");
	bool good =
		json_is_integer(json_object_get(body, "exit")) && json_int_or(body, "exit", 1) == 0;
	int64_t age = hub_now_ms(c->launch->ecs->hub) - c->started_ms;

	if (c->exited || c->launch->phase > PHASE_RUNNING)
		return;
	c->health = hub_timer(c->launch->ecs->hub, scaled(c, "interval", 30, INTERVAL_LEAST_MS),
			      check, c);
	if (good) {
		c->failures = 0;
		if (!c->healthy) {
			c->healthy = true;
			c->unhealthy = false;
			set_health(c);
		}
		return;
	}
	if (!c->healthy && age < (int64_t)scaled(c, "startPeriod", 0, 0))
		return;
	if (++c->failures >= (unsigned)json_int_or(health, "retries", 3) && !c->unhealthy) {
		OWN(str) char *answer = json_text(body);

		hub_log(c->launch->ecs->hub, "task %s: health check of container %s failed %u times: %.300s",
			c->launch->id, c->name, c->failures, answer);
		c->unhealthy = true;
		c->healthy = false;
		set_health(c);
	}
}

static void check(struct hub *hub, void *ctx)
{
	struct container *c = ctx;
	struct launch *l = c->launch;
	json_t *command = json_list(json_map(c->definition, "healthCheck"), "command");
	OWN(json) json_t *request = json_object();
	json_t *argv = json_array();

	(void)hub;
	c->health = NULL;
	if (c->exited || !l->handle || l->phase > PHASE_RUNNING) {
		json_decref(argv);
		return;
	}
	if (str_eq(json_string_value(json_array_get(command, 0)), "CMD-SHELL")) {
		json_add_str(argv, "/bin/sh");
		json_add_str(argv, "-c");
	}
	for (size_t i = 1; i < json_array_size(command); i++)
		json_array_append(argv, json_array_get(command, i));
	json_set_str(request, "op", "exec");
	json_set_str(request, "container", c->name);
	json_object_set_new(request, "argv", argv);
	json_set_int(request, "timeout_ms", scaled(c, "timeout", 5, TIMEOUT_LEAST_MS));
	l->ecs->world->request(l->handle, request, checked, c);
}

void ecs_health_start(struct container *c)
{
	if (has_check(c) && !c->exited && !c->health)
		c->health = hub_timer(c->launch->ecs->hub, INTERVAL_LEAST_MS / 2, check, c);
}

void ecs_health_stop(struct launch *l)
{
	for (size_t i = 0; i < l->container_count; i++) {
		hub_cancel(l->ecs->hub, l->containers[i].health);
		l->containers[i].health = NULL;
	}
}
