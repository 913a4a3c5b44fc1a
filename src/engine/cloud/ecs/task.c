/* Tasks: their objects and their API. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

enum { STOPPED_MOST = 100, STOPPED_AGE_MS = 3600 * 1000, TASKS_PER_CALL = 10 };

const char *ecs_task_id(const json_t *task)
{
	return ecs_last(json_str(task, "taskArn"));
}

bool ecs_task_stopped(const json_t *task)
{
	return str_eq(json_str(task, "lastStatus"), "STOPPED");
}

static json_t *make_attachment(const struct ecs_wish *w, const char *id)
{
	json_t *subnets = json_list(json_map(w->network, "awsvpcConfiguration"), "subnets");
	const char *subnet = json_string_value(
		json_array_get(subnets, w->place % (json_array_size(subnets) ?: 1)));

	return json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}]}", "id", id, "type",
			 "ElasticNetworkInterface", "status", "PRECREATED", "details", "name",
			 "subnetId", "value", subnet ? subnet : "");
}

static void merge_overrides(json_t *shown, const json_t *definition, const json_t *overrides)
{
	json_t *list = json_list(overrides, "containerOverrides");
	const char *name = json_str(definition, "name");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);

		if (str_eq(json_str(o, "name"), name))
			ecs_copy(shown, o, (const char *const[]){ "cpu", "memory", NULL });
	}
}

static json_t *make_container(struct hub *hub, const char *cluster, const char *task_id,
			      const char *task_arn, const json_t *definition,
			      const json_t *overrides)
{
	OWN(str) char *uuid = hub_uuid(hub), *digits = hub_random(hub, "0123456789", 10);
	OWN(str) char *resource = str_printf("container/%s/%s/%s", cluster, task_id, uuid);
	OWN(str) char *arn = hub_arn(hub, "ecs", resource);
	OWN(str) char *runtime = str_printf("%s-%s", task_id, digits);
	OWN(str) char *cpu = str_printf("%lld", (long long)json_int_or(definition, "cpu", 0));
	json_t *shown = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:[], s:[], s:s, s:s}", "containerArn", arn,
		"taskArn", task_arn, "name", json_str_or(definition, "name", ""), "image",
		json_str_or(definition, "image", ""), "runtimeId", runtime, "lastStatus", "PENDING",
		"networkBindings", "networkInterfaces", "healthStatus", "UNKNOWN", "cpu", cpu);

	if (json_int_or(definition, "memory", 0)) {
		OWN(str)
		char *memory = str_printf("%lld", (long long)json_int_or(definition, "memory", 0));

		json_set_str(shown, "memory", memory);
	}
	merge_overrides(shown, definition, overrides);
	return shown;
}

static json_t *make_overrides(const struct ecs_wish *w)
{
	json_t *overrides = w->overrides ? json_deep_copy(w->overrides) : json_object(), *container;
	json_t *list = json_list(overrides, "containerOverrides");
	size_t i;

	if (!list) {
		list = json_array();
		json_object_set_new(overrides, "containerOverrides", list);
		json_array_foreach(json_list(w->definition, "containerDefinitions"), i, container)
			json_array_append_new(list, json_pack("{s:s}", "name",
							      json_str_or(container, "name", "")));
	}
	json_object_set_new(overrides, "inferenceAcceleratorOverrides", json_array());
	return overrides;
}

static json_t *make_task(struct hub *hub, const struct ecs_wish *w, const char *id)
{
	OWN(str) char *resource = str_printf("task/%s/%s", w->cluster, id);
	OWN(str) char *arn = hub_arn(hub, "ecs", resource), *uuid = hub_uuid(hub);
	OWN(str) char *cluster_resource = str_printf("cluster/%s", w->cluster);
	OWN(str) char *cluster = hub_arn(hub, "ecs", cluster_resource);
	const json_t *platform = json_map(w->definition, "runtimePlatform");
	bool arm = str_eq(json_str(platform, "cpuArchitecture"), "ARM64");
	json_t *task = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:[o], s:[{s:s, s:s}], s:[], s:s, s:s, s:s, s:s, "
		"s:s, s:b, s:i, s:{s:i}, s:[]}",
		"taskArn", arn, "clusterArn", cluster, "taskDefinitionArn",
		json_str_or(w->definition, "taskDefinitionArn", ""), "lastStatus", "PROVISIONING",
		"desiredStatus", "RUNNING", "group", w->group, "attachments",
		make_attachment(w, uuid), "attributes", "name", "ecs.cpu-architecture", "value",
		arm ? "arm64" : "x86_64", "containers", "healthStatus", "UNKNOWN", "launchType",
		"FARGATE", "platformVersion", "1.4.0", "platformFamily", "Linux", "cpu",
		json_str_or(w->definition, "cpu", "256"), "enableExecuteCommand",
		w->execute_command ? 1 : 0, "version", 1, "ephemeralStorage", "sizeInGiB",
		(int)json_int_or(json_map(w->definition, "ephemeralStorage"), "sizeInGiB", 20),
		"tags");
	json_t *container;
	size_t i;

	json_set_str(task, "memory", json_str_or(w->definition, "memory", "512"));
	json_set_str(task, "startedBy", w->started_by);
	json_object_set_new(task, "createdAt", ecs_time(hub));
	json_object_set_new(task, "overrides", make_overrides(w));
	json_array_foreach(json_list(w->definition, "containerDefinitions"), i, container)
		json_array_append_new(
			json_list(task, "containers"),
			make_container(hub, w->cluster, id, arn, container, w->overrides));
	return task;
}

static void add_tags(json_t *task, const struct ecs_wish *w)
{
	const char *from = json_str_or(w->service, "propagateTags", "NONE");
	const json_t *tags = !strcmp(from, "SERVICE")		? json_list(w->service, "tags")
			     : !strcmp(from, "TASK_DEFINITION") ? json_list(w->definition, "tags")
								: w->tags;

	if (tags)
		json_object_set_new(task, "tags", json_deep_copy(tags));
}

json_t *ecs_task_start(struct ecs *ecs, const struct ecs_wish *w)
{
	OWN(str) char *id = hub_id(ecs->hub, "", 32);
	OWN(json) json_t *task = make_task(ecs->hub, w, id);
	const char *stack = json_str(w->service, "mpcup:stack");

	add_tags(task, w);
	json_object_set_new(task, "mpcup:network", json_deep_copy(w->network));
	if (w->service)
		json_set_str(task, "mpcup:service", json_str(w->service, "mpcup:key"));
	if (w->deployment)
		json_set_str(task, "mpcup:deployment", json_str(w->deployment, "id"));
	json_set_str(task, "mpcup:stack", stack ? stack : json_str(w->definition, "mpcup:stack"));
	hub_put(ecs->hub, ECS_TASK, id, task);
	ecs_launch_new(ecs, task, w->definition);
	return task; /* the hub keeps it */
}

static void set_stopped(struct hub *hub, json_t *task)
{
	json_t *container;
	size_t i;

	json_set_str(task, "lastStatus", "STOPPED");
	json_set_str(task, "desiredStatus", "STOPPED");
	json_object_set_new(task, "stoppedAt", ecs_time(hub));
	json_set_int(task, "version", json_int_or(task, "version", 1) + 1);
	json_array_foreach(json_list(task, "containers"), i, container)
		json_set_str(container, "lastStatus", "STOPPED");
}

void ecs_task_stop(struct ecs *ecs, json_t *task, const char *stop_code, const char *reason)
{
	struct launch *launch = ecs_launch(ecs, ecs_task_id(task));

	if (str_eq(json_str(task, "desiredStatus"), "STOPPED"))
		return;
	json_set_str(task, "desiredStatus", "STOPPED");
	json_set_str(task, "stopCode", stop_code);
	json_set_str(task, "stoppedReason", reason);
	json_object_set_new(task, "stoppingAt", ecs_time(ecs->hub));
	if (launch) {
		ecs_launch_stop(launch);
	} else {
		set_stopped(ecs->hub, task);
		hub_put(ecs->hub, ECS_TASK, ecs_task_id(task), task);
	}
}

void ecs_tasks_prune(struct hub *hub, const char *group)
{
	json_t *tasks = hub_all(hub, ECS_TASK), *task;
	double old = (double)(hub_now_ms(hub) - STOPPED_AGE_MS) / 1000.0;
	OWN(json) json_t *doomed = json_array();
	size_t stopped = 0, i;
	const char *id;

	json_object_foreach(tasks, id, task) stopped +=
		ecs_task_stopped(task) && str_eq(json_str(task, "group"), group);
	/* in order of creation: the oldest first */
	json_object_foreach(tasks, id, task)
	{
		if (!ecs_task_stopped(task) || !str_eq(json_str(task, "group"), group))
			continue;
		if (stopped > STOPPED_MOST ||
		    json_number_value(json_object_get(task, "stoppedAt")) < old) {
			json_add_str(doomed, id);
			stopped--;
		}
	}
	json_array_foreach(doomed, i, task) hub_remove(hub, ECS_TASK, json_string_value(task));
}

static void drop_leftovers(struct hub *hub, void *ctx)
{
	struct ecs *ecs = ecs_of(hub);
	OWN(json) json_t *lost = GIVE(ecs->lost);
	json_t *entry;
	size_t i;

	(void)ctx;
	json_array_foreach(lost, i, entry)
	{
		OWN(json)
		json_t *eni =
			json_pack("{s:s}", "NetworkInterfaceId", json_str_or(entry, "eni", ""));
		json_t *registry;
		size_t r;

		if (json_str(entry, "eni"))
			(void)hub_call(hub, NULL, "ec2", "DeleteNetworkInterface", eni, NULL, NULL,
				       NULL);
		json_array_foreach(json_list(entry, "registries"), r, registry)
		{
			OWN(json)
			json_t *in =
				json_pack("{s:s, s:s}", "ServiceId", json_string_value(registry),
					  "InstanceId", json_str_or(entry, "id", ""));

			(void)hub_call(hub, NULL, "servicediscovery", "DeregisterInstance", in,
				       NULL, NULL, NULL);
		}
	}
}

void ecs_tasks_lost(struct ecs *ecs)
{
	json_t *task, *lost = json_array();
	const char *id;

	json_object_foreach(hub_all(ecs->hub, ECS_TASK), id, task)
	{
		json_t *entry;

		if (ecs_task_stopped(task))
			continue;
		if (!json_str(task, "stopCode")) {
			json_set_str(task, "stopCode", "ServiceSchedulerInitiated");
			json_set_str(
				task, "stoppedReason",
				"ECS is performing maintenance on the underlying infrastructure "
				"hosting the task");
		}
		set_stopped(ecs->hub, task);
		entry = json_pack("{s:s}", "id", id);
		json_set_str(entry, "eni", json_str(task, "mpcup:eni"));
		if (json_list(task, "mpcup:registries"))
			json_object_set(entry, "registries", json_list(task, "mpcup:registries"));
		json_array_append_new(lost, entry);
		hub_put(ecs->hub, ECS_TASK, id, task);
	}
	/* EC2 and Cloud Map may not have started yet */
	ecs->lost = lost;
	(void)hub_timer(ecs->hub, 0, drop_leftovers, NULL);
}

/* ---- API
 * -----------------------------------------------------------------------------------------------
 */

/* The Fargate definition that RunTask names. NULL after call_fail(). */
static const json_t *find_definition(struct hub *hub, struct call *c, const json_t *in)
{
	const json_t *definition = ecs_definition(hub, json_str(in, "taskDefinition"));
	json_t *value;
	size_t i;

	if (!definition || !str_eq(json_str(definition, "status"), "ACTIVE")) {
		(void)call_fail(c, 400, "ClientException",
				definition ? "TaskDefinition is inactive"
					   : "TaskDefinition not found.");
		return NULL;
	}
	json_array_foreach(
		json_list(definition, "requiresCompatibilities"), i,
		value) if (str_eq(json_string_value(value), "FARGATE")) return definition;
	(void)call_fail(c, 400, "InvalidParameterException",
			"Task definition does not support launch_type FARGATE.");
	return NULL;
}

int ecs_run_task(struct hub *hub, struct call *c)
{
	OWN(json) json_t *in = ecs_normal(c->in);
	const json_t *cluster = ecs_cluster(hub, c), *definition;
	json_int_t count = json_int_or(in, "count", 1);
	OWN(str) char *group = NULL;
	struct ecs_wish wish = { 0 };
	json_t *tasks;

	if (!cluster)
		return -1;
	definition = find_definition(hub, c, in);
	if (!definition)
		return -1;
	if (strcmp(json_str_or(in, "launchType", "FARGATE"), "FARGATE") != 0)
		return call_fail(c, 400, "InvalidParameterException",
				 "No Container Instances were found in your cluster.");
	if (ecs_capacity_check(c, cluster, in) < 0)
		return -1;
	if (count < 1 || count > TASKS_PER_CALL)
		return call_fail(c, 400, "InvalidParameterException",
				 "count must be between 1 and %d.", TASKS_PER_CALL);
	if (ecs_network_check(hub, c, json_map(in, "networkConfiguration")) < 0)
		return -1;
	group = str_printf("family:%s", json_str(definition, "family"));
	wish = (struct ecs_wish){ .cluster = json_str(cluster, "clusterName"),
				  .definition = definition,
				  .group = json_str_or(in, "group", group),
				  .started_by = json_str(in, "startedBy"),
				  .network = json_map(in, "networkConfiguration"),
				  .overrides = json_map(in, "overrides"),
				  .tags = json_list(in, "tags"),
				  .execute_command =
					  json_bool_or(in, "enableExecuteCommand", false) };
	tasks = json_array();
	json_object_set_new(c->out, "tasks", tasks);
	json_object_set_new(c->out, "failures", json_array());
	for (json_int_t i = 0; i < count; i++) {
		wish.place = (size_t)i;
		json_array_append_new(tasks, ecs_shown(ecs_task_start(ecs_of(hub), &wish)));
	}
	return 0;
}

/* A task of the cluster by id or ARN. */
static json_t *find_task(struct hub *hub, const json_t *cluster, const char *name)
{
	json_t *task = hub_get(hub, ECS_TASK, ecs_last(name));

	return task && str_eq(json_str(task, "clusterArn"), json_str(cluster, "clusterArn")) ? task
											     : NULL;
}

/* The task that a call names; NULL: it has failed. */
static json_t *asked_task(struct hub *hub, struct call *c)
{
	const json_t *cluster = ecs_cluster(hub, c);
	json_t *task = cluster ? find_task(hub, cluster, json_str(c->in, "task")) : NULL;

	if (cluster && !task)
		(void)call_fail(c, 400, "InvalidParameterException", "The referenced task was not found.");
	return task;
}

/* There is no agent in a task that could open a session: what AWS says when its own is not there. */
int ecs_execute_command(struct hub *hub, struct call *c)
{
	const json_t *task = asked_task(hub, c);

	if (!task)
		return -1;
	if (!json_bool_or(task, "enableExecuteCommand", false) || ecs_task_stopped(task))
		return call_fail(c, 400, "InvalidParameterException",
				 "The execute command failed because execute command was not enabled "
				 "when the task was run or the execute command agent isn't running. "
				 "Wait and try again or run a new task with execute command enabled "
				 "and try again.");
	return call_fail(c, 400, "TargetNotConnectedException",
			 "The execute command failed due to an internal error. The local cloud has no "
			 "execute command agent; mpcup logs shows what the task prints.");
}

int ecs_stop_task(struct hub *hub, struct call *c)
{
	json_t *task = asked_task(hub, c);

	if (!task)
		return -1;
	ecs_task_stop(ecs_of(hub), task, "UserInitiated",
		      json_str_or(c->in, "reason", "Task stopped by user"));
	json_object_set_new(c->out, "task", ecs_shown(task));
	return 0;
}

int ecs_describe_tasks(struct hub *hub, struct call *c)
{
	const json_t *cluster = ecs_cluster(hub, c);
	json_t *names = json_list(c->in, "tasks"), *value;
	json_t *found = json_array(), *failures = json_array();
	size_t i;

	json_object_set_new(c->out, "tasks", found);
	json_object_set_new(c->out, "failures", failures);
	if (!cluster)
		return -1;
	if (!json_array_size(names) || json_array_size(names) > 100)
		return call_fail(c, 400, "InvalidParameterException",
				 "Tasks cannot be empty and have at most 100 items.");
	json_array_foreach(names, i, value)
	{
		const char *name = json_string_value(value);
		const json_t *task = find_task(hub, cluster, name);

		if (task) {
			json_array_append_new(found, ecs_shown_tags(task, c));
		} else {
			OWN(str)
			char *resource = str_printf("task/%s/%s", json_str(cluster, "clusterName"),
						    name ? ecs_last(name) : "");
			OWN(str) char *arn = hub_arn(hub, "ecs", resource);

			ecs_add_failure(failures, arn);
		}
	}
	return 0;
}

static bool is_listed(const json_t *task, const json_t *in, const char *cluster_arn)
{
	const char *service = json_str(in, "serviceName"), *family = json_str(in, "family");
	const char *definition = ecs_last(json_str_or(task, "taskDefinitionArn", ""));

	if (!str_eq(json_str(task, "clusterArn"), cluster_arn) ||
	    !str_eq(json_str(task, "desiredStatus"), json_str_or(in, "desiredStatus", "RUNNING")))
		return false;
	if (service) {
		OWN(str) char *group = str_printf("service:%s", ecs_last(service));

		if (!str_eq(json_str(task, "group"), group))
			return false;
	}
	if (family && (!str_starts(definition, family) || definition[strlen(family)] != ':'))
		return false;
	if (json_str(in, "startedBy") &&
	    !str_eq(json_str(task, "startedBy"), json_str(in, "startedBy")))
		return false;
	return str_eq(json_str_or(in, "launchType", "FARGATE"), "FARGATE");
}

int ecs_list_tasks(struct hub *hub, struct call *c)
{
	const json_t *cluster = ecs_cluster(hub, c);
	const char *service = json_str(c->in, "serviceName"), *id;
	json_t *arns, *task;

	if (!cluster)
		return -1;
	if (service && !ecs_service_find(hub, json_str(c->in, "cluster"), service))
		return call_fail(c, 400, "ServiceNotFoundException", "Service not found.");
	arns = json_array();
	json_object_foreach(hub_all(hub, ECS_TASK), id,
			    task) if (is_listed(task, c->in, json_str(cluster, "clusterArn")))
		json_add_str(arns, json_str(task, "taskArn"));
	return ecs_page(c, "taskArns", arns, 100);
}
