/* The resource kinds AWS::ECS::Cluster, TaskDefinition and Service: translations to the API. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { GIVE_UP_MS = 60000 };

/* Tags of the resource, of the stack, and those that CloudFormation adds. */
static json_t *tags_of(const struct resource *r)
{
	const struct {
		const char *key, *value;
	} own[] = { { "aws:cloudformation:stack-name", r->stack_name },
		    { "aws:cloudformation:logical-id", r->logical },
		    { "aws:cloudformation:stack-id", r->stack_id } };
	const json_t *sources[] = { r->stack_tags, json_list(r->properties, "Tags") };
	json_t *tags = json_array(), *tag;
	size_t i;

	for (size_t s = 0; s < 2; s++)
		json_array_foreach(sources[s], i, tag) json_array_append_new(
			tags, json_pack("{s:s, s:s}", "key", json_str_or(tag, "Key", ""), "value",
					json_str_or(tag, "Value", "")));
	for (size_t s = 0; s < 3; s++)
		if (own[s].value)
			json_array_append_new(tags, json_pack("{s:s, s:s}", "key", own[s].key,
							      "value", own[s].value));
	return tags;
}

static json_t *input_of(const struct resource *r)
{
	json_t *in = ecs_from_properties(r->properties);

	json_object_set_new(in, "tags", tags_of(r));
	json_set_str(in, "mpcup:stack", r->stack_name);
	return in;
}

/* Calls our own API; the handler's message is AWS's for a call that was refused. */
static int call_api(struct hub *hub, struct resource *r, const char *action, const char *where,
		    const json_t *in, json_t **ret_out, struct err *err)
{
	char code[96] = "";
	struct err inner = { 0 };

	if (hub_call(hub, NULL, "ecs", action, in, ret_out, code, &inner) == 0)
		return 0;
	(void)snprintf(r->error_code, sizeof(r->error_code), "%s",
		       strstr(code, "NotFound") ? "NotFound" : "InvalidRequest");
	return err_set(err, ERR_REMOTE, "Invalid request provided: %s: %s", where,
		       ecs_message(inner.text));
}

/* ---- cluster
 * -------------------------------------------------------------------------------------------------
 */

/* CloudFormation's word for the API's "settings". */
static void take_settings(json_t *in)
{
	json_t *settings = json_list(in, "clusterSettings");

	json_object_set_new(in, "settings", settings ? json_incref(settings) : json_array());
	json_object_del(in, "clusterSettings");
}

static int cluster_create(struct hub *hub, struct resource *r, struct err *err)
{
	const char *given = json_str(r->properties, "ClusterName");
	OWN(json) json_t *in = input_of(r), *out = NULL;

	r->physical = given ? str_dup(given) : hub_physical_name(hub, r, 255, false);
	json_set_str(in, "clusterName", r->physical);
	take_settings(in);
	if (call_api(hub, r, "CreateCluster", "CreateCluster", in, &out, err) < 0)
		return -1;
	json_set_str(r->attributes, "Arn", json_str(json_map(out, "cluster"), "clusterArn"));
	return RESOURCE_DONE;
}

static int cluster_update(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *cluster = hub_get(hub, ECS_CLUSTER, r->physical);
	OWN(json) json_t *in = input_of(r);
	struct call c = { 0 };

	if (!cluster)
		return err_set(err, ERR_REMOTE, "Cluster not found.");
	/* what an association resource keeps is not the cluster resource's */
	if ((json_object_get(in, "capacityProviders") ||
	     json_object_get(r->previous, "CapacityProviders")) &&
	    ecs_capacity_set(&c, cluster, in) < 0)
		return err_set(err, ERR_REMOTE, "Invalid request provided: %s", c.message);
	take_settings(in);
	ecs_copy(cluster, in,
		 (const char *const[]){ "settings", "configuration", "tags", NULL });
	hub_put(hub, ECS_CLUSTER, r->physical, cluster);
	json_set_str(r->attributes, "Arn", json_str(cluster, "clusterArn"));
	return RESOURCE_DONE;
}

static int cluster_remove(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *cluster = r->physical ? hub_get(hub, ECS_CLUSTER, r->physical) : NULL;
	OWN(json) json_t *in = json_object();
	struct err inner = { 0 };
	char code[96] = "";

	if (!cluster || !str_eq(json_str(cluster, "status"), "ACTIVE"))
		return RESOURCE_DONE;
	json_set_str(in, "cluster", r->physical);
	if (hub_call(hub, NULL, "ecs", "DeleteCluster", in, NULL, code, &inner) == 0)
		return RESOURCE_DONE;
	(void)snprintf(r->error_code, sizeof(r->error_code), "GeneralServiceException");
	return err_set(err, ERR_REMOTE, "%s", ecs_message(inner.text));
}

const struct resource_kind ecs_cluster_kind = {
	.type = "AWS::ECS::Cluster",
	.replace_on = (const char *const[]){ "ClusterName", NULL },
	.create = cluster_create,
	.update = cluster_update,
	.remove = cluster_remove,
	.allowed = (const char *const[]){ "ClusterName", "ClusterSettings", "Configuration",
					  "CapacityProviders", "DefaultCapacityProviderStrategy",
					  "ServiceConnectDefaults", "Tags", NULL },
};

/* ---- task definition
 * ------------------------------------------------------------------------------------------- */

static void default_family(json_t *in, const struct resource *r)
{
	OWN(buf) struct buf family = { 0 };
	const char *parts[] = { r->stack_name, r->logical };

	if (json_str(in, "family"))
		return;
	for (size_t i = 0; i < 2; i++)
		for (const char *c = parts[i]; *c; c++)
			if (isalnum((unsigned char)*c))
				buf_char(&family, *c);
	json_set_str(in, "family", family.data);
}

static int definition_create(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = input_of(r), *out = NULL;
	const char *arn;

	default_family(in, r);
	if (call_api(hub, r, "RegisterTaskDefinition", "Create TaskDefinition", in, &out, err) < 0)
		return -1;
	arn = json_str(json_map(out, "taskDefinition"), "taskDefinitionArn");
	r->physical = str_dup(arn);
	json_set_str(r->attributes, "TaskDefinitionArn", arn);
	return RESOURCE_DONE;
}

static int definition_update(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *definition = ecs_definition(hub, r->physical);

	if (!definition)
		return err_set(err, ERR_REMOTE, "Unable to describe task definition.");
	json_object_set_new(definition, "tags", tags_of(r));
	hub_put(hub, ECS_DEFINITION, ecs_last(r->physical), definition);
	json_set_str(r->attributes, "TaskDefinitionArn", r->physical);
	return RESOURCE_DONE;
}

static int definition_remove(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = NULL;

	(void)err;
	if (!r->physical || !ecs_definition(hub, r->physical))
		return RESOURCE_DONE;
	in = json_pack("{s:s}", "taskDefinition", r->physical);
	(void)hub_call(hub, NULL, "ecs", "DeregisterTaskDefinition", in, NULL, NULL, NULL);
	return RESOURCE_DONE;
}

#define DEFINITION_PROPERTIES                                                                      \
	"Family", "ContainerDefinitions", "Cpu", "Memory", "NetworkMode",                          \
		"RequiresCompatibilities", "ExecutionRoleArn", "TaskRoleArn", "Volumes",           \
		"RuntimePlatform", "EphemeralStorage", "PlacementConstraints", "PidMode",          \
		"IpcMode", "ProxyConfiguration", "InferenceAccelerators", "EnableFaultInjection"

const struct resource_kind ecs_definition_kind = {
	.type = "AWS::ECS::TaskDefinition",
	.replace_on = (const char *const[]){ DEFINITION_PROPERTIES, NULL },
	.create = definition_create,
	.update = definition_update,
	.remove = definition_remove,
	.allowed = (const char *const[]){ DEFINITION_PROPERTIES, "Tags", NULL },
};

/* ---- service
 * ------------------------------------------------------------------------------------------------------
 */

static void set_attributes(struct resource *r, const json_t *service)
{
	json_set_str(r->attributes, "ServiceArn", json_str(service, "serviceArn"));
	json_set_str(r->attributes, "Name", json_str(service, "serviceName"));
}

static int service_create(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = input_of(r), *out = NULL;
	OWN(str) char *name = hub_physical_name(hub, r, 255, false);
	const json_t *service;

	if (!json_str(in, "serviceName"))
		json_set_str(in, "serviceName", name);
	if (call_api(hub, r, "CreateService", "CreateService error", in, &out, err) < 0)
		return -1;
	service = json_map(out, "service");
	r->physical = str_dup(json_str(service, "serviceArn"));
	set_attributes(r, service);
	return RESOURCE_WAIT;
}

static int service_update(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = input_of(r);
	json_t *service = ecs_service_find(hub, NULL, r->physical);

	if (!service)
		return err_set(err, ERR_REMOTE, "Service not found.");
	json_object_del(in, "serviceName");
	json_set_str(in, "service", r->physical);
	if (call_api(hub, r, "UpdateService", "UpdateService error", in, NULL, err) < 0)
		return -1;
	ecs_copy(service, in, (const char *const[]){ "tags", NULL });
	ecs_service_put(hub, service);
	set_attributes(r, service);
	return RESOURCE_WAIT;
}

static int service_remove(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *service = ecs_service_find(hub, NULL, r->physical);
	OWN(json) json_t *in = NULL;

	if (!service || str_eq(json_str(service, "status"), "INACTIVE"))
		return RESOURCE_DONE;
	json_set_bool(service, "mpcup:removing", true);
	if (str_eq(json_str(service, "status"), "DRAINING"))
		return RESOURCE_WAIT;
	in = json_pack("{s:s, s:b}", "service", r->physical, "force", 1);
	if (call_api(hub, r, "DeleteService", "DeleteService error", in, NULL, err) < 0)
		return -1;
	return RESOURCE_WAIT;
}

static const json_t *awaited(const json_t *service)
{
	json_t *deployment;
	size_t i;

	json_array_foreach(
		json_list(service, "deployments"), i,
		deployment) if (str_eq(json_str(deployment, "id"),
				       json_str(service, "mpcup:awaited"))) return deployment;
	return NULL;
}

/* AWS waits for hours while a service keeps failing; here the wait is a minute. */
static bool is_hopeless(struct hub *hub, const json_t *deployment)
{
	double created = json_number_value(json_object_get(deployment, "createdAt"));
	bool failing = json_int_or(deployment, "failedTasks", 0) > 0 ||
		       json_bool_or(deployment, "mpcup:stuck", false);

	return failing && (double)hub_now_ms(hub) - created * 1000.0 > GIVE_UP_MS;
}

static int service_settle(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *service = ecs_service_find(hub, NULL, r->physical), *deployment;
	const char *status = json_str_or(service, "status", "INACTIVE");

	if (json_bool_or(service, "mpcup:removing", false) || !service)
		return strcmp(status, "INACTIVE") != 0 ? RESOURCE_WAIT : RESOURCE_DONE;
	if (strcmp(status, "ACTIVE") != 0) {
		(void)snprintf(r->error_code, sizeof(r->error_code), "NotStabilized");
		return err_set(err, ERR_REMOTE, "Service was not ACTIVE.");
	}
	if (str_eq(json_str(service, "mpcup:failed"), json_str(service, "mpcup:awaited"))) {
		(void)snprintf(r->error_code, sizeof(r->error_code), "GeneralServiceException");
		return err_set(
			err, ERR_REMOTE,
			"Error occurred during operation 'ECS Deployment Circuit Breaker was "
			"triggered'.");
	}
	deployment = awaited(service);
	if (deployment && is_hopeless(hub, deployment)) {
		(void)snprintf(r->error_code, sizeof(r->error_code), "NotStabilized");
		return err_set(err, ERR_REMOTE, "Exceeded attempts to wait");
	}
	deployment = ecs_primary(service);
	return json_array_size(json_list(service, "deployments")) == 1 &&
			       str_eq(json_str(deployment, "rolloutState"), "COMPLETED") &&
			       json_bool_or(service, "mpcup:steady", false) &&
			       json_int_or(service, "runningCount", 0) ==
				       json_int_or(service, "desiredCount", 0)
		       ? RESOURCE_DONE
		       : RESOURCE_WAIT;
}

const struct resource_kind ecs_service_kind = {
	.type = "AWS::ECS::Service",
	.replace_on = (const char *const[]){ "ServiceName", "Cluster", "LaunchType", "Role",
					     "SchedulingStrategy", "DeploymentController", NULL },
	.create = service_create,
	.update = service_update,
	.remove = service_remove,
	.settle = service_settle,
	.allowed = (const char *const[]){ "ServiceName",
					  "Cluster",
					  "LaunchType",
					  "Role",
					  "SchedulingStrategy",
					  "DeploymentController",
					  "TaskDefinition",
					  "DesiredCount",
					  "DeploymentConfiguration",
					  "NetworkConfiguration",
					  "ServiceRegistries",
					  "AvailabilityZoneRebalancing",
					  "CapacityProviderStrategy",
					  "PlatformVersion",
					  "EnableECSManagedTags",
					  "EnableExecuteCommand",
					  "PropagateTags",
					  "HealthCheckGracePeriodSeconds",
					  "LoadBalancers",
					  "PlacementConstraints",
					  "PlacementStrategies",
					  "ServiceConnectConfiguration",
					  "ForceNewDeployment",
					  "Tags",
					  NULL },
};
