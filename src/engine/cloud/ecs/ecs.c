/* The tables of the service, and its life. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

static int fabric_start(struct hub *hub, const char *vpc, const char *eni, uint32_t address,
			unsigned bits, const struct fabric_task_events *events,
			struct fabric_task **ret, struct err *err)
{
	return fabric_task_start(hub_fabric(hub), vpc, eni, address, bits, events, ret, err);
}

static int forward_add(struct hub *hub, const char *vpc, uint32_t address, uint16_t port,
		       uint16_t want, uint16_t *ret_port, struct err *err)
{
	return fabric_forward_add(hub_fabric(hub), vpc, address, port, want, ret_port, err);
}

static void forward_remove(struct hub *hub, uint16_t port)
{
	fabric_forward_remove(hub_fabric(hub), port);
}

static const struct ecs_world fabric_world = {
	.start = fabric_start,
	.request = fabric_task_request,
	.kill = fabric_task_kill,
	.forward_add = forward_add,
	.forward_remove = forward_remove,
};

/* The hub gives services no place for what they keep in memory, so it is found by the hub here. */
static struct ecs *all;

struct ecs *ecs_of(struct hub *hub)
{
	struct ecs *ecs = all;

	while (ecs && ecs->hub != hub)
		ecs = ecs->next;
	return ecs;
}

void ecs_set_world(struct hub *hub, const struct ecs_world *world)
{
	ecs_of(hub)->world = world;
}

static void schedule_all(struct hub *hub, void *ctx)
{
	struct ecs *ecs = ecs_of(hub);
	json_t *service;
	const char *key;

	(void)ctx;
	json_object_foreach(hub_all(hub, ECS_SERVICE), key,
			    service) if (!str_eq(json_str(service, "status"), "INACTIVE"))
		ecs_schedule(ecs, key);
}

static bool is_newest(struct hub *hub, const json_t *definition)
{
	json_t *other;
	const char *id;

	json_object_foreach(
		hub_all(hub, ECS_DEFINITION), id,
		other) if (str_eq(json_str(other, "family"), json_str(definition, "family")) &&
			   json_int_or(other, "revision", 0) >
				   json_int_or(definition, "revision", 0)) return false;
	return true;
}

static bool is_outdated(struct hub *hub, const char *kind, const json_t *object)
{
	double hour_ago = (double)hub_now_ms(hub) / 1000.0 - 3600;

	if (!strcmp(kind, ECS_TASK))
		return ecs_task_stopped(object) &&
		       json_number_value(json_object_get(object, "stoppedAt")) < hour_ago;
	if (!str_eq(json_str(object, "status"), "INACTIVE"))
		return false;
	/* the newest one of a family carries its numbering on */
	return strcmp(kind, ECS_DEFINITION) != 0 || !is_newest(hub, object);
}

/* AWS shows what was deleted for a while; here until the next start of the daemon. */
static void forget_outdated(struct hub *hub)
{
	static const char *const kinds_of_objects[] = { ECS_CLUSTER, ECS_DEFINITION, ECS_SERVICE,
							ECS_TASK };
	const char *id;
	json_t *object;
	void *next;

	for (size_t i = 0; i < sizeof(kinds_of_objects) / sizeof(kinds_of_objects[0]); i++) {
		json_t *objects = hub_all(hub, kinds_of_objects[i]);

		json_object_foreach_safe(objects, next, id,
					 object) if (is_outdated(hub, kinds_of_objects[i], object))
			hub_remove(hub, kinds_of_objects[i], id);
	}
}

static int start(struct hub *hub, struct err *err)
{
	struct ecs *ecs = NEW(struct ecs);

	(void)err;
	ecs->hub = hub;
	ecs->world = hub_fabric(hub) ? &fabric_world : NULL;
	ecs->next = all;
	all = ecs;
	forget_outdated(hub);
	ecs_tasks_lost(ecs);
	/* the other services have to be there first */
	(void)hub_timer(hub, 0, schedule_all, NULL);
	return 0;
}

static void stop(struct hub *hub)
{
	struct ecs **link = &all, *ecs;

	while (*link && (*link)->hub != hub)
		link = &(*link)->next;
	ecs = *link;
	if (!ecs)
		return;
	ecs_launches_free(ecs);
	ecs_schedules_free(ecs);
	hub_cancel(hub, ecs->sync);
	json_decref(ecs->lost);
	*link = ecs->next;
	free(ecs);
}

/* ---- what a call is about, for IAM
 * --------------------------------------------------------------- */

static char *about_cluster(struct hub *hub, const struct call *c)
{
	OWN(str)
	char *resource = str_printf(
		"cluster/%s", ecs_last(json_str_or(c->in, "cluster",
						   json_str_or(c->in, "clusterName", "default"))));

	return hub_arn(hub, "ecs", resource);
}

static char *about_service(struct hub *hub, const struct call *c)
{
	OWN(str)
	char *resource = str_printf(
		"service/%s/%s", ecs_last(json_str_or(c->in, "cluster", "default")),
		ecs_last(json_str_or(c->in, "service", json_str_or(c->in, "serviceName", "*"))));

	return hub_arn(hub, "ecs", resource);
}

static char *about_task(struct hub *hub, const struct call *c)
{
	OWN(str)
	char *resource =
		str_printf("task/%s/%s", ecs_last(json_str_or(c->in, "cluster", "default")),
			   ecs_last(json_str_or(c->in, "task", "*")));

	return hub_arn(hub, "ecs", resource);
}

/* clang-format off */
static const struct action actions[] = {
	{ .name = "CreateCluster", .run = ecs_create_cluster },
	{ .name = "DeleteCluster", .run = ecs_delete_cluster, .resource = about_cluster },
	{ .name = "DescribeClusters", .run = ecs_describe_clusters },
	{ .name = "ListClusters", .run = ecs_list_clusters },
	{ .name = "DescribeCapacityProviders", .run = ecs_describe_capacity_providers },
	{ .name = "PutClusterCapacityProviders", .run = ecs_put_capacity_providers, .resource = about_cluster },
	{ .name = "UpdateCluster", .run = ecs_update_cluster, .resource = about_cluster },
	{ .name = "UpdateClusterSettings", .run = ecs_update_cluster, .resource = about_cluster },
	{ .name = "ListAccountSettings", .run = ecs_list_account_settings },
	{ .name = "TagResource", .run = ecs_tag_resource },
	{ .name = "UntagResource", .run = ecs_untag_resource },
	{ .name = "ListTagsForResource", .run = ecs_list_tags },
	{ .name = "RegisterTaskDefinition", .run = ecs_register_definition },
	{ .name = "DeregisterTaskDefinition", .run = ecs_deregister_definition },
	{ .name = "DescribeTaskDefinition", .run = ecs_describe_definition },
	{ .name = "ListTaskDefinitions", .run = ecs_list_definitions },
	{ .name = "ListTaskDefinitionFamilies", .run = ecs_list_families },
	{ .name = "CreateService", .run = ecs_create_service, .resource = about_service },
	{ .name = "UpdateService", .run = ecs_update_service, .resource = about_service },
	{ .name = "DeleteService", .run = ecs_delete_service, .resource = about_service },
	{ .name = "DescribeServices", .run = ecs_describe_services },
	{ .name = "ListServices", .run = ecs_list_services },
	{ .name = "RunTask", .run = ecs_run_task },
	{ .name = "ExecuteCommand", .run = ecs_execute_command, .resource = about_task },
	{ .name = "StopTask", .run = ecs_stop_task, .resource = about_task },
	{ .name = "DescribeTasks", .run = ecs_describe_tasks },
	{ .name = "ListTasks", .run = ecs_list_tasks },
	{ 0 },
};
/* clang-format on */

static const struct resource_kind *const kinds[] = { &ecs_cluster_kind, &ecs_capacity_kind,
						     &ecs_definition_kind, &ecs_service_kind, NULL };

const struct service service_ecs = {
	.name = "ecs",
	.actions = actions,
	.kinds = kinds,
	.start = start,
	.stop = stop,
	.covers =
		"ECS on Fargate: clusters, task definitions, services with rolling deployments and "
		"circuit breaker, tasks; images that were imported with mpcup image import, with "
		"one user per container; FARGATE and FARGATE_SPOT are both this machine, and which a cluster "
		"has is enforced; not: EC2 and external instances, load balancers, Service "
		"Connect, task sets, ECS Exec (refused as AWS does without its agent), "
		"FireLens, scheduled scaling",
};
