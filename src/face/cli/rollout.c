#include "face/cli/rollout.h"

#include <string.h>

#include "face/cli/cli-internal.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"

int rollout_update(struct target *t, const char *service_arn, json_t *parts, json_t **ret_service,
		   struct err *err)
{
	OWN(str) char *cluster = NULL, *name = NULL;
	OWN(json) json_t *in = parts, *out = NULL;

	if (!ecs_view_split_service(service_arn, &cluster, &name))
		return err_set(err, ERR_REMOTE, "%s is not the ARN of a service", service_arn);
	json_set_str(in, "cluster", cluster);
	json_set_str(in, "service", name);
	if (awsclient_call(t->aws, "ecs", "UpdateService", in, &out, NULL, err) < 0)
		return err_in(err, "service %s", name);
	if (ret_service)
		*ret_service = json_incref(json_map(out, "service"));
	return 0;
}

void rollouts_init(struct rollouts *r, struct cli *cli, struct target *t)
{
	*r = (struct rollouts){ .cli = cli,
				.target = t,
				.entries = json_array(),
				.known = json_object(),
				.began = json_object() };
}

void rollouts_free(struct rollouts *r)
{
	json_decref(r->entries);
	json_decref(r->known);
	json_decref(r->began);
}

/* ---- start ------------------------------------------------------------------------------------------ */

static json_t *primary_of(const json_t *service)
{
	json_t *deployment;
	size_t i;

	json_array_foreach(json_list(service, "deployments"), i, deployment)
		if (str_eq(json_str(deployment, "status"), "PRIMARY"))
			return deployment;
	return NULL;
}

/* The end of a task that is there already was asked for: it is not told. */
static int note_known(struct rollouts *r, const char *arn, struct err *err)
{
	OWN(json) json_t *tasks = ecs_view_tasks(r->target, arn, err), *stopped = NULL;
	json_t *task;
	size_t i;

	if (!tasks)
		return -1;
	stopped = ecs_view_stopped(r->target, arn, NULL);
	json_array_extend(tasks, stopped);
	json_array_foreach(tasks, i, task)
		json_set_bool(r->known, json_str_or(task, "taskArn", ""), true);
	return 0;
}

int rollouts_start(struct rollouts *r, const json_t *service, struct err *err)
{
	const char *name = json_str_or(service, "name", "?"), *arn = json_str_or(service, "serviceArn", "");
	OWN(json) json_t *parts = json_pack("{s:b}", "forceNewDeployment", 1), *now = NULL;
	json_t *entry;

	if (json_int_or(json_map(service, "service"), "desiredCount", 1) == 0)
		json_set_int(parts, "desiredCount", 1);
	json_set_int(r->began, arn, deploy_now_ms());
	if (note_known(r, arn, err) < 0 || rollout_update(r->target, arn, GIVE(parts), &now, err) < 0)
		return err_in(err, "restart of %s", name);
	entry = json_pack("{s:s,s:s,s:I}", "name", name, "serviceArn", arn, "desiredCount",
			  json_int_or(now, "desiredCount", 0));
	json_set_str(entry, "deploymentId", json_str(primary_of(now), "id"));
	json_set_str(entry, "rolloutState", json_str_or(primary_of(now), "rolloutState", "IN_PROGRESS"));
	json_array_append_new(r->entries, entry);
	return 0;
}

/* ---- wait ------------------------------------------------------------------------------------------- */

static bool is_steady(const json_t *service, const json_t *deployment)
{
	return str_eq(json_str(deployment, "rolloutState"), "COMPLETED") &&
	       json_array_size(json_list(service, "deployments")) == 1 &&
	       json_int_or(service, "runningCount", -1) == json_int_or(service, "desiredCount", 0);
}

static void tell_stopped(struct rollouts *r, const json_t *entry)
{
	OWN(json)
	json_t *stopped = ecs_view_stopped(r->target, json_str_or(entry, "serviceArn", ""), r->known);
	json_t *task;
	size_t i;

	json_array_foreach(stopped, i, task) {
		json_set_bool(r->known, json_str_or(task, "taskArn", ""), true);
		if (r->cli->progress)
			ecs_view_print_stopped(r->cli, json_str_or(entry, "name", ""), task);
	}
}

static int finish(struct rollouts *r, json_t *entry, struct err *err)
{
	const char *arn = json_str_or(entry, "serviceArn", ""), *name = json_str_or(entry, "name", "");
	OWN(json) json_t *tasks = ecs_view_tasks(r->target, arn, err), *arns = json_array();
	double seconds = (double)(deploy_now_ms() - json_int_or(r->began, arn, 0)) / 1000;
	json_t *task;
	size_t i;

	if (!tasks)
		return -1;
	json_array_foreach(tasks, i, task)
		json_add_str(arns, json_str(task, "taskArn"));
	json_object_set(entry, "taskArns", arns);
	json_object_set_new(entry, "seconds", json_real(seconds));
	if (r->cli->json)
		return 0;
	(void)printf("%-14s %ssteady%s after %.2f s, task", name, cli_paint(r->cli, "green"),
		     cli_paint(r->cli, "off"), seconds);
	json_array_foreach(tasks, i, task)
		(void)printf(" %s", ecs_view_task_id(task));
	(void)putchar('\n');
	(void)fflush(stdout);
	return 0;
}

static int failed(const json_t *entry, const char *why)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "mpcup: %s: %s; mpcup diagnose names the cause, mpcup logs %s has its last lines\n",
		      json_str_or(entry, "name", ""), why, json_str_or(entry, "name", ""));
	return 1;
}

static const json_t *deployment_of(const json_t *service, const char *id)
{
	json_t *deployment;
	size_t i;

	json_array_foreach(json_list(service, "deployments"), i, deployment)
		if (str_eq(json_str(deployment, "id"), id))
			return deployment;
	return NULL;
}

/* One look at one that is not steady yet. 0, 1: it will not become steady (said), -1 err. */
static int look(struct rollouts *r, json_t *entry, struct err *err)
{
	OWN(json) json_t *service = ecs_view_service(r->target, json_str_or(entry, "serviceArn", ""), err);
	const json_t *own = deployment_of(service, json_str(entry, "deploymentId"));
	const char *state = json_str_or(own, "rolloutState", "FAILED");

	if (!service)
		return err_in(err, "%s", json_str_or(entry, "name", ""));
	tell_stopped(r, entry);
	json_set_str(entry, "rolloutState", state);
	if (!strcmp(state, "FAILED"))
		return failed(entry, json_str_or(own, "rolloutStateReason", "another deployment took the place of this one"));
	return is_steady(service, own) ? finish(r, entry, err) : 0;
}

static int look_at_all(struct rollouts *r, const json_t **ret_waiting, struct err *err)
{
	json_t *entry;
	size_t i;

	*ret_waiting = NULL;
	json_array_foreach(r->entries, i, entry) {
		int rc = json_list(entry, "taskArns") ? 0 : look(r, entry, err);

		if (rc)
			return rc;
		if (!json_list(entry, "taskArns"))
			*ret_waiting = entry;
	}
	return 0;
}

int rollouts_wait(struct rollouts *r, int64_t deadline_ms, struct err *err)
{
	for (;;) {
		const json_t *waiting;
		int rc = look_at_all(r, &waiting, err);

		if (rc || !waiting)
			return rc;
		if (deploy_now_ms() > deadline_ms)
			return failed(waiting, "not steady within the time of --timeout; ECS goes on trying");
		target_pause(r->target);
	}
}
