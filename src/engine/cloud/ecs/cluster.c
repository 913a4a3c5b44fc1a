/* Clusters, tags, and the few answers about the account. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

json_t *ecs_cluster(struct hub *hub, struct call *c)
{
	const char *name = ecs_last(json_str_or(c->in, "cluster", "default"));
	json_t *cluster = hub_get(hub, ECS_CLUSTER, name);

	if (cluster && str_eq(json_str(cluster, "status"), "ACTIVE"))
		return cluster;
	(void)call_fail(c, 400, "ClusterNotFoundException", "Cluster not found.");
	return NULL;
}

static bool is_name(const char *name, size_t most)
{
	size_t len = strlen(name);

	return len >= 1 && len <= most &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
		       len;
}

int ecs_create_cluster(struct hub *hub, struct call *c)
{
	const char *name = json_str_or(c->in, "clusterName", "default");
	json_t *present = hub_get(hub, ECS_CLUSTER, name);
	OWN(json) json_t *cluster = NULL;
	OWN(str) char *resource = str_printf("cluster/%s", name);
	OWN(str) char *arn = hub_arn(hub, "ecs", resource);

	if (!is_name(name, 255))
		return call_fail(c, 400, "InvalidParameterException",
				 "Identifier contains invalid characters or is longer than 255.");
	/* as on AWS, creating a cluster that is there gives that cluster */
	if (!present || !str_eq(json_str(present, "status"), "ACTIVE")) {
		cluster = json_pack(
			"{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:[], s:[], s:[], s:[], s:[]}",
			"clusterName", name, "clusterArn", arn, "status", "ACTIVE",
			"registeredContainerInstancesCount", 0, "runningTasksCount", 0,
			"pendingTasksCount", 0, "activeServicesCount", 0, "statistics", "tags",
			"settings", "capacityProviders", "defaultCapacityProviderStrategy");
		ecs_copy(cluster, c->in,
			 (const char *const[]){ "tags", "settings", "configuration",
						"serviceConnectDefaults", "mpcup:stack", NULL });
		if (ecs_capacity_set(c, cluster, c->in) < 0)
			return -1;
		hub_put(hub, ECS_CLUSTER, name, cluster);
		present = cluster;
	}
	json_object_set_new(c->out, "cluster", ecs_shown(present));
	return 0;
}

static size_t count_services(struct hub *hub, const char *cluster_arn)
{
	json_t *service;
	const char *key;
	size_t count = 0;

	json_object_foreach(hub_all(hub, ECS_SERVICE), key, service) count +=
		str_eq(json_str(service, "clusterArn"), cluster_arn) &&
		!str_eq(json_str(service, "status"), "INACTIVE");
	return count;
}

static void count_tasks(struct hub *hub, const char *cluster_arn, size_t *ret_running,
			size_t *ret_pending)
{
	json_t *task;
	const char *id;

	*ret_running = *ret_pending = 0;
	json_object_foreach(hub_all(hub, ECS_TASK), id, task)
	{
		if (!str_eq(json_str(task, "clusterArn"), cluster_arn) || ecs_task_stopped(task))
			continue;
		if (str_eq(json_str(task, "lastStatus"), "RUNNING"))
			(*ret_running)++;
		else
			(*ret_pending)++;
	}
}

int ecs_delete_cluster(struct hub *hub, struct call *c)
{
	json_t *cluster = ecs_cluster(hub, c);
	size_t running, pending;

	if (!cluster)
		return -1;
	if (count_services(hub, json_str(cluster, "clusterArn")))
		return call_fail(c, 400, "ClusterContainsServicesException",
				 "The Cluster cannot be deleted while Services are active.");
	count_tasks(hub, json_str(cluster, "clusterArn"), &running, &pending);
	if (running + pending)
		return call_fail(c, 400, "ClusterContainsTasksException",
				 "The Cluster cannot be deleted while Tasks are active.");
	json_set_str(cluster, "status", "INACTIVE");
	json_object_set_new(c->out, "cluster", ecs_shown(cluster));
	hub_put(hub, ECS_CLUSTER, json_str(cluster, "clusterName"), cluster);
	return 0;
}

int ecs_describe_clusters(struct hub *hub, struct call *c)
{
	OWN(json) json_t *standard = json_pack("[s]", "default");
	json_t *names = json_list(c->in, "clusters"), *value;
	json_t *found = json_array(), *failures = json_array();
	size_t i;

	json_object_set_new(c->out, "clusters", found);
	json_object_set_new(c->out, "failures", failures);
	json_array_foreach(names && json_array_size(names) ? names : standard, i, value)
	{
		const char *name = ecs_last(json_string_value(value));
		json_t *cluster = hub_get(hub, ECS_CLUSTER, name), *copy;
		size_t running, pending;

		if (!cluster) {
			OWN(str) char *resource = str_printf("cluster/%s", name ? name : "");
			OWN(str) char *arn = hub_arn(hub, "ecs", resource);

			ecs_add_failure(failures, arn);
			continue;
		}
		copy = ecs_shown_tags(cluster, c);
		count_tasks(hub, json_str(cluster, "clusterArn"), &running, &pending);
		ecs_set_count(copy, "runningTasksCount", running);
		ecs_set_count(copy, "pendingTasksCount", pending);
		ecs_set_count(copy, "activeServicesCount",
			      count_services(hub, json_str(cluster, "clusterArn")));
		json_array_append_new(found, copy);
	}
	return 0;
}

int ecs_list_clusters(struct hub *hub, struct call *c)
{
	json_t *arns = json_array(), *cluster;
	const char *name;

	json_object_foreach(hub_all(hub, ECS_CLUSTER), name,
			    cluster) if (str_eq(json_str(cluster, "status"), "ACTIVE"))
		json_add_str(arns, json_str(cluster, "clusterArn"));
	return ecs_page(c, "clusterArns", arns, 100);
}

int ecs_describe_capacity_providers(struct hub *hub, struct call *c)
{
	static const char *const names[] = { "FARGATE", "FARGATE_SPOT" };
	json_t *wanted = json_list(c->in, "capacityProviders"), *value;
	json_t *found = json_array(), *failures = json_array();
	size_t at;

	json_object_set_new(c->out, "capacityProviders", found);
	json_object_set_new(c->out, "failures", failures);
	for (size_t i = 0; i < 2; i++) {
		OWN(str) char *resource = str_printf("capacity-provider/%s", names[i]);
		OWN(str) char *arn = hub_arn(hub, "ecs", resource);
		bool listed = !wanted || !json_array_size(wanted);

		json_array_foreach(wanted, at, value) listed =
			listed || str_eq(ecs_last(json_string_value(value)), names[i]);
		if (listed)
			json_array_append_new(found,
					      json_pack("{s:s, s:s, s:s, s:[]}",
							"capacityProviderArn", arn, "name",
							names[i], "status", "ACTIVE", "tags"));
	}
	json_array_foreach(wanted, at, value)
	{
		const char *name = ecs_last(json_string_value(value));

		if (!str_eq(name, names[0]) && !str_eq(name, names[1]))
			ecs_add_failure(failures, name);
	}
	return 0;
}

int ecs_list_account_settings(struct hub *hub, struct call *c)
{
	static const char *const settings[][2] = {
		{ "awsvpcTrunking", "disabled" },
		{ "containerInsights", "disabled" },
		{ "containerInstanceLongArnFormat", "enabled" },
		{ "serviceLongArnFormat", "enabled" },
		{ "tagResourceAuthorization", "off" },
		{ "taskLongArnFormat", "enabled" },
	};
	OWN(str) char *root = str_printf("arn:aws:iam::%s:root", hub_account(hub));
	json_t *found = json_array();

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const char *name = json_str(c->in, "name");

		if (!name || !strcmp(name, settings[i][0]))
			json_array_append_new(
				found, json_pack("{s:s, s:s, s:s}", "name", settings[i][0], "value",
						 settings[i][1], "principalArn", root));
	}
	json_object_set_new(c->out, "settings", found);
	return 0;
}

/* ---- tags
 * ------------------------------------------------------------------------------------------ */

/* The object that an ARN names; its kind and id for hub_put(). */
static json_t *tagged(struct hub *hub, struct call *c, const char **ret_kind, char **ret_id)
{
	const char *arn = json_str_or(c->in, "resourceArn", "");
	const char *resource = strstr(arn, ":ecs:");
	json_t *object;

	for (unsigned colons = 0; resource && colons < 3; colons++)
		resource = strchr(resource + 1, ':');
	resource = resource ? resource + 1 : "";
	*ret_kind = str_starts(resource, "cluster/")	       ? ECS_CLUSTER
		    : str_starts(resource, "service/")	       ? ECS_SERVICE
		    : str_starts(resource, "task/")	       ? ECS_TASK
		    : str_starts(resource, "task-definition/") ? ECS_DEFINITION
							       : NULL;
	if (*ret_kind && !strcmp(*ret_kind, ECS_SERVICE))
		*ret_id = str_dup(resource + strlen("service/"));
	else
		*ret_id = str_dup(ecs_last(resource));
	object = *ret_kind ? hub_get(hub, *ret_kind, *ret_id) : NULL;
	if (!object)
		(void)call_fail(c, 400, "InvalidParameterException",
				"The specified resource is not found: %s", arn);
	return object;
}

static size_t find_tag(const json_t *tags, const char *key)
{
	size_t i = 0;

	while (i < json_array_size(tags) && !str_eq(json_str(json_array_get(tags, i), "key"), key))
		i++;
	return i;
}

int ecs_tag_resource(struct hub *hub, struct call *c)
{
	const char *kind;
	OWN(str) char *id = NULL;
	json_t *object = tagged(hub, c, &kind, &id), *tags, *tag;
	size_t i;

	if (!object)
		return -1;
	tags = json_list(object, "tags");
	if (!tags) {
		tags = json_array();
		json_object_set_new(object, "tags", tags);
	}
	json_array_foreach(json_list(c->in, "tags"), i, tag)
	{
		size_t at = find_tag(tags, json_str(tag, "key"));

		if (!json_str(tag, "key"))
			return call_fail(c, 400, "InvalidParameterException",
					 "Tag key must not be empty.");
		if (at < json_array_size(tags))
			json_array_set_new(tags, at, json_deep_copy(tag));
		else if (at < 50)
			json_array_append_new(tags, json_deep_copy(tag));
		else
			return call_fail(c, 400, "InvalidParameterException",
					 "Number of tags exceeds the limit of 50.");
	}
	hub_put(hub, kind, id, object);
	return 0;
}

int ecs_untag_resource(struct hub *hub, struct call *c)
{
	const char *kind;
	OWN(str) char *id = NULL;
	json_t *object = tagged(hub, c, &kind, &id), *tags, *key;
	size_t i;

	if (!object)
		return -1;
	tags = json_list(object, "tags");
	json_array_foreach(json_list(c->in, "tagKeys"), i, key)
	{
		size_t at = find_tag(tags, json_string_value(key));

		if (at < json_array_size(tags))
			json_array_remove(tags, at);
	}
	hub_put(hub, kind, id, object);
	return 0;
}

int ecs_list_tags(struct hub *hub, struct call *c)
{
	const char *kind;
	OWN(str) char *id = NULL;
	json_t *object = tagged(hub, c, &kind, &id), *tags;

	if (!object)
		return -1;
	tags = json_list(object, "tags");
	json_object_set_new(c->out, "tags", tags ? json_deep_copy(tags) : json_array());
	return 0;
}
