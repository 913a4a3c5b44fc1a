/* Services: the API. What they do is in scheduler.c. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <stdio.h>
#include <string.h>

enum { EVENTS_MOST = 100 };

static int invalid(struct call *c, const char *text)
{
	return call_fail(c, 400, "InvalidParameterException", "%s", text);
}

char *ecs_service_key(const char *cluster, const char *name)
{
	return str_printf("%s/%s", cluster, name);
}

json_t *ecs_service_find(struct hub *hub, const char *cluster, const char *name)
{
	const char *in_arn = name ? strstr(name, ":service/") : NULL;
	OWN(str) char *key = NULL;

	if (!name)
		return NULL;
	if (in_arn && strchr(in_arn + strlen(":service/"), '/'))
		key = str_dup(in_arn + strlen(":service/"));
	else
		key = ecs_service_key(ecs_last(cluster ? cluster : "default"), ecs_last(name));
	return hub_get(hub, ECS_SERVICE, key);
}

void ecs_service_put(struct hub *hub, json_t *service)
{
	hub_put(hub, ECS_SERVICE, json_str(service, "mpcup:key"), service);
}

void ecs_service_event(struct hub *hub, json_t *service, const char *fmt, ...)
{
	json_t *events = json_list(service, "events"), *event = json_object();
	OWN(buf) struct buf text = { 0 };
	OWN(str) char *id = hub_uuid(hub);
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	json_set_str(event, "id", id);
	json_object_set_new(event, "createdAt", ecs_time(hub));
	json_set_str(event, "message", text.data);
	json_array_insert_new(events, 0, event);
	while (json_array_size(events) > EVENTS_MOST)
		json_array_remove(events, EVENTS_MOST);
}

json_t *ecs_primary(const json_t *service)
{
	json_t *deployment;
	size_t i;

	json_array_foreach(json_list(service, "deployments"), i,
			   deployment) if (str_eq(json_str(deployment, "status"),
						  "PRIMARY")) return deployment;
	return NULL;
}

json_t *ecs_deployment_new(struct hub *hub, json_t *service)
{
	OWN(str) char *digits = hub_random(hub, "123456789", 19);
	OWN(str) char *id = str_printf("ecs-svc/%s", digits);
	OWN(str) char *reason = str_printf("ECS deployment %s in progress.", id);
	json_t *deployments = json_list(service, "deployments"), *old, *d = json_object();
	size_t i;

	json_array_foreach(deployments, i, old) json_set_str(old, "status", "ACTIVE");
	json_set_str(d, "id", id);
	json_set_str(d, "status", "PRIMARY");
	ecs_copy(d, service,
		 (const char *const[]){ "taskDefinition", "desiredCount", "launchType",
					"capacityProviderStrategy", "networkConfiguration", NULL });
	ecs_set_count(d, "pendingCount", 0);
	ecs_set_count(d, "runningCount", 0);
	ecs_set_count(d, "failedTasks", 0);
	json_object_set_new(d, "createdAt", ecs_time(hub));
	json_object_set_new(d, "updatedAt", ecs_time(hub));
	json_set_str(d, "platformVersion", "1.4.0");
	json_set_str(d, "platformFamily", "Linux");
	json_set_str(d, "rolloutState", "IN_PROGRESS");
	json_set_str(d, "rolloutStateReason", reason);
	json_array_insert_new(deployments, 0, d);
	json_set_bool(service, "mpcup:steady", false);
	return d;
}

/* ---- validation
 * --------------------------------------------------------------------------------------- */

static json_t *list_call(const char *member, const json_t *ids)
{
	json_t *in = json_object();

	json_object_set_new(in, member, json_deep_copy(ids));
	return in;
}

/* All subnets exist in one VPC (*ret_vpc, borrowed from *ret_out). */
static int check_subnets(struct hub *hub, struct call *c, const json_t *subnets, json_t **ret_out,
			 const char **ret_vpc)
{
	OWN(json) json_t *in = list_call("SubnetId", subnets);
	struct err err = { 0 };
	char code[96] = "";
	json_t *subnet;
	size_t i;

	if (hub_call(hub, NULL, "ec2", "DescribeSubnets", in, ret_out, code, &err) < 0)
		return call_fail(c, 400, "InvalidParameterException",
				 "Error retrieving subnet information: %s (ErrorCode: %s)",
				 ecs_message(err.text), code);
	*ret_vpc = NULL;
	json_array_foreach(json_list(*ret_out, "subnetSet"), i, subnet)
	{
		const char *vpc = json_str(subnet, "vpcId");

		if (*ret_vpc && !str_eq(vpc, *ret_vpc))
			return invalid(c, "The specified subnets are not all in the same VPC.");
		*ret_vpc = vpc;
	}
	return 0;
}

static int check_groups(struct hub *hub, struct call *c, const json_t *groups, const char *vpc)
{
	OWN(json) json_t *in = list_call("GroupId", groups), *out = NULL;
	struct err err = { 0 };
	char code[96] = "";
	json_t *group;
	size_t i;

	if (!json_array_size(groups))
		return 0;
	if (hub_call(hub, NULL, "ec2", "DescribeSecurityGroups", in, &out, code, &err) < 0)
		return call_fail(c, 400, "InvalidParameterException",
				 "Error retrieving security group information: %s (ErrorCode: %s)",
				 ecs_message(err.text), code);
	json_array_foreach(
		json_list(out, "securityGroupInfo"), i,
		group) if (!str_eq(json_str(group, "vpcId"),
				   vpc)) return call_fail(c, 400, "InvalidParameterException",
							  "Security group %s does not appear to "
							  "belong to the same VPC as "
							  "the input subnets.",
							  json_str_or(group, "groupId", ""));
	return 0;
}

int ecs_network_check(struct hub *hub, struct call *c, const json_t *configuration)
{
	const json_t *awsvpc = json_map(configuration, "awsvpcConfiguration");
	json_t *subnets = json_list(awsvpc, "subnets"),
	       *groups = json_list(awsvpc, "securityGroups");
	const char *public_ip = json_str_or(awsvpc, "assignPublicIp", "DISABLED"), *vpc;
	OWN(json) json_t *out = NULL;

	if (!awsvpc)
		return invalid(
			c, "Network Configuration must be provided when networkMode 'awsvpc' is "
			   "specified.");
	if (!json_array_size(subnets))
		return invalid(c, "subnets can not be empty.");
	if (json_array_size(subnets) > 16)
		return invalid(c, "subnets can have at most 16 items.");
	if (json_array_size(groups) > 5)
		return invalid(c, "securityGroups can have at most 5 items.");
	if (strcmp(public_ip, "ENABLED") != 0 && strcmp(public_ip, "DISABLED") != 0)
		return invalid(c, "assignPublicIp must be ENABLED or DISABLED.");
	if (check_subnets(hub, c, subnets, &out, &vpc) < 0)
		return -1;
	return check_groups(hub, c, groups, vpc);
}

static int check_registry(struct hub *hub, struct call *c, const json_t *registry)
{
	const char *arn = json_str_or(registry, "registryArn", "");
	OWN(json) json_t *in = json_pack("{s:s}", "Id", ecs_last(arn)), *out = NULL;
	struct err err = { 0 };
	json_t *record;
	size_t i;

	if (!str_starts(arn, "arn:") || !strstr(arn, ":servicediscovery:") ||
	    !strstr(arn, ":service/"))
		return call_fail(c, 400, "InvalidParameterException",
				 "Invalid service registry ARN: %s is not a Cloud Map service.",
				 arn);
	if (hub_call(hub, NULL, "servicediscovery", "GetService", in, &out, NULL, &err) < 0)
		return call_fail(c, 400, "InvalidParameterException",
				 "Unable to find the service registry %s: %s", arn,
				 ecs_message(err.text));
	json_array_foreach(json_path(out, "Service.DnsConfig.DnsRecords"), i, record)
	{
		const char *type = json_str_or(record, "Type", "");

		if (!strcmp(type, "SRV") && !json_int_or(registry, "port", 0) &&
		    !json_int_or(registry, "containerPort", 0))
			return invalid(c, "When the service registry uses SRV records, a port or a "
					  "containerName and containerPort must be specified.");
		if (strcmp(type, "SRV") != 0 && strcmp(type, "A") != 0 && strcmp(type, "AAAA") != 0)
			return call_fail(
				c, 400, "InvalidParameterException",
				"Service registries with %s records are not supported with "
				"network mode awsvpc.",
				type);
	}
	return 0;
}

static int check_deployment(struct call *c, const json_t *in)
{
	const json_t *configuration = json_map(in, "deploymentConfiguration");
	json_int_t least = json_int_or(configuration, "minimumHealthyPercent", 100);
	json_int_t most = json_int_or(configuration, "maximumPercent", 200);
	const char *strategy = json_str_or(configuration, "strategy", "ROLLING");

	if (least < 0 || least > 100 || most < 1 || most > 200000)
		return invalid(c, "minimumHealthyPercent must be between 0 and 100, maximumPercent "
				  "above 0.");
	if (least > most)
		return invalid(c, "minimumHealthyPercent must not be above maximumPercent.");
	if (strcmp(strategy, "ROLLING") != 0)
		return invalid(c,
			       "The local cloud does not emulate deployment strategies other than "
			       "ROLLING.");
	if (str_eq(json_str(in, "availabilityZoneRebalancing"), "ENABLED") && most <= 100)
		return invalid(c,
			       "availabilityZoneRebalancing requires a maximumPercent above 100.");
	return 0;
}

static const struct ecs_member service_members[] = {
#define NOT_EMULATED(what) "The local cloud does not emulate " what "."
	{ "cluster", NULL },
	{ "service", NULL },
	{ "serviceName", NULL },
	{ "taskDefinition", NULL },
	{ "loadBalancers", NOT_EMULATED("load balancers") },
	{ "serviceRegistries", NULL },
	{ "desiredCount", NULL },
	{ "clientToken", NULL },
	{ "launchType", NULL },
	{ "capacityProviderStrategy", NULL },
	{ "platformVersion", NULL },
	{ "role", NULL },
	{ "deploymentConfiguration", NULL },
	{ "placementConstraints",
	  "Placement constraints are not supported with FARGATE launch type." },
	{ "placementStrategy", "Placement strategies are not supported with FARGATE launch type." },
	{ "networkConfiguration", NULL },
	{ "healthCheckGracePeriodSeconds", NULL },
	{ "schedulingStrategy", NULL },
	{ "deploymentController", NULL },
	{ "tags", NULL },
	{ "enableECSManagedTags", NULL },
	{ "propagateTags", NULL },
	{ "enableExecuteCommand", NULL },
	{ "availabilityZoneRebalancing", NULL },
	{ "forceNewDeployment", NULL },
	{ "serviceConnectConfiguration", NOT_EMULATED("Service Connect") },
	{ "volumeConfigurations", NOT_EMULATED("volumes that are configured at launch") },
	{ "vpcLatticeConfigurations", NOT_EMULATED("VPC Lattice") },
	{ NULL, NULL },
};

/* The definition of `in.taskDefinition`, fit for Fargate. NULL after call_fail(). */
static json_t *check_definition(struct hub *hub, struct call *c, const json_t *in)
{
	json_t *definition = ecs_definition(hub, json_str(in, "taskDefinition")), *value;
	size_t i;

	if (!definition) {
		(void)call_fail(c, 400, "ClientException", "TaskDefinition not found.");
		return NULL;
	}
	if (!str_eq(json_str(definition, "status"), "ACTIVE")) {
		(void)call_fail(c, 400, "ClientException", "TaskDefinition is inactive");
		return NULL;
	}
	json_array_foreach(
		json_list(definition, "requiresCompatibilities"), i,
		value) if (str_eq(json_string_value(value), "FARGATE")) return definition;
	(void)invalid(c, "Task definition does not support launch_type FARGATE.");
	return NULL;
}

static int check_service(struct hub *hub, struct call *c, const json_t *in)
{
	const char *launch = json_str_or(in, "launchType", "FARGATE");
	const char *platform = json_str_or(in, "platformVersion", "LATEST");
	json_t *registry;
	size_t i;

	if (ecs_check_members(c, "", in, service_members) < 0)
		return -1;
	if (strcmp(launch, "FARGATE") != 0)
		return invalid(c, "The local cloud runs tasks on FARGATE only.");
	if (strcmp(platform, "LATEST") != 0 && strcmp(platform, "1.4.0") != 0)
		return call_fail(c, 400, "PlatformUnknownException",
				 "The specified platform version does not exist: %s.", platform);
	if (!str_eq(json_str_or(in, "schedulingStrategy", "REPLICA"), "REPLICA"))
		return invalid(c, "The Fargate launch type does not support the DAEMON scheduling "
				  "strategy.");
	if (!str_eq(json_str_or(json_map(in, "deploymentController"), "type", "ECS"), "ECS"))
		return invalid(c,
			       "The local cloud does not emulate deployment controllers other than "
			       "ECS.");
	json_array_foreach(json_list(in, "serviceRegistries"), i,
			   registry) if (check_registry(hub, c, registry) < 0) return -1;
	return check_deployment(c, in);
}

/* ---- create
 * -------------------------------------------------------------------------------------------- */

static void set_deployment_configuration(json_t *service, const json_t *in)
{
	const json_t *given = json_map(in, "deploymentConfiguration");
	const json_t *breaker = json_map(given, "deploymentCircuitBreaker");
	json_t *d = json_map(service, "deploymentConfiguration"), *b;

	if (!d) {
		d = json_pack("{s:{s:b, s:b}, s:i, s:i, s:s}", "deploymentCircuitBreaker", "enable",
			      0, "rollback", 0, "maximumPercent", 200, "minimumHealthyPercent", 100,
			      "strategy", "ROLLING");
		json_object_set_new(service, "deploymentConfiguration", d);
	}
	b = json_map(d, "deploymentCircuitBreaker");
	json_set_int(d, "maximumPercent",
		     json_int_or(given, "maximumPercent", json_int_or(d, "maximumPercent", 200)));
	json_set_int(d, "minimumHealthyPercent",
		     json_int_or(given, "minimumHealthyPercent",
				 json_int_or(d, "minimumHealthyPercent", 100)));
	if (breaker) {
		json_set_bool(b, "enable", json_bool_or(breaker, "enable", false));
		json_set_bool(b, "rollback", json_bool_or(breaker, "rollback", false));
	}
}

static json_t *make_service(struct hub *hub, const json_t *in, const json_t *cluster,
			    const json_t *definition, const char *key)
{
	OWN(str) char *resource = str_printf("service/%s", key);
	OWN(str) char *arn = hub_arn(hub, "ecs", resource);
	OWN(str)
	char *role = hub_arn(hub, "iam",
			     "role/aws-service-role/ecs.amazonaws.com/"
			     "AWSServiceRoleForECS");
	const json_t *strategy = ecs_capacity_strategy(cluster, in);
	json_t *s =
		json_pack("{s:s, s:s, s:[], s:s, s:i, s:i, s:s, s:s, s:[], s:[], s:[], s:[], s:s, "
			  "s:{s:s}, s:b, s:s, s:b, s:[], s:[]}",
			  "serviceArn", arn, "status", "ACTIVE", "loadBalancers", "platformVersion",
			  "LATEST", "runningCount", 0, "pendingCount", 0, "platformFamily", "Linux",
			  "roleArn", role, "placementConstraints", "placementStrategy", "events",
			  "deployments", "schedulingStrategy", "REPLICA", "deploymentController",
			  "type", "ECS", "enableECSManagedTags", 0, "propagateTags", "NONE",
			  "enableExecuteCommand", 0, "tags", "serviceRegistries");

	ecs_copy(s, in,
		 (const char *const[]){ "serviceName", "networkConfiguration", "serviceRegistries",
					"tags", "enableECSManagedTags",
					"propagateTags", "enableExecuteCommand",
					"healthCheckGracePeriodSeconds", "mpcup:stack", NULL });
	json_set_str(s, "clusterArn", json_str(cluster, "clusterArn"));
	json_set_str(s, "taskDefinition", json_str(definition, "taskDefinitionArn"));
	json_set_int(s, "desiredCount", json_int_or(in, "desiredCount", 1));
	if (strategy)
		json_object_set_new(s, "capacityProviderStrategy", json_deep_copy(strategy));
	else
		json_set_str(s, "launchType", "FARGATE");
	set_deployment_configuration(s, in);
	/* Not given: enabled where it is possible (API text of CreateService). */
	json_set_str(s, "availabilityZoneRebalancing",
		     json_str_or(in, "availabilityZoneRebalancing",
				 json_int_or(json_map(s, "deploymentConfiguration"),
					     "maximumPercent", 200) > 100
					 ? "ENABLED"
					 : "DISABLED"));
	json_object_set_new(s, "createdAt", ecs_time(hub));
	json_set_str(s, "mpcup:key", key);
	json_object_set_new(s, "mpcup:ports", json_object());
	ecs_set_count(s, "mpcup:placed", json_object_size(hub_all(hub, ECS_SERVICE)));
	return s;
}

static int check_unused(struct call *c, const json_t *present)
{
	const char *status = json_str_or(present, "status", "INACTIVE");

	if (!strcmp(status, "ACTIVE"))
		return invalid(c, "Creation of service was not idempotent.");
	if (!strcmp(status, "DRAINING"))
		return invalid(c, "Unable to Start a service that is still Draining.");
	return 0;
}

int ecs_create_service(struct hub *hub, struct call *c)
{
	OWN(json) json_t *in = ecs_normal(c->in), *service = NULL;
	json_t *cluster = ecs_cluster(hub, c);
	const char *name = json_str_or(in, "serviceName", "");
	const json_t *definition;
	OWN(str) char *key = NULL;

	if (!cluster)
		return -1;
	if (!*name || strlen(name) > 255 ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") !=
		    strlen(name))
		return invalid(c, "Service name must have 1 to 255 letters, numbers, hyphens and "
				  "underscores.");
	if (json_int_or(in, "desiredCount", 1) < 0 || json_int_or(in, "desiredCount", 1) > 5000)
		return invalid(c, "desiredCount must be between 0 and 5000.");
	key = ecs_service_key(json_str(cluster, "clusterName"), name);
	if (check_service(hub, c, in) < 0 || ecs_capacity_check(c, cluster, in) < 0 ||
	    check_unused(c, hub_get(hub, ECS_SERVICE, key)) < 0)
		return -1;
	definition = check_definition(hub, c, in);
	if (!definition || ecs_network_check(hub, c, json_map(in, "networkConfiguration")) < 0)
		return -1;
	hub_remove(hub, ECS_SERVICE, key); /* an INACTIVE one */
	service = make_service(hub, in, cluster, definition, key);
	(void)ecs_deployment_new(hub, service);
	json_set_str(service, "mpcup:awaited", json_str(ecs_primary(service), "id"));
	ecs_service_put(hub, service);
	json_object_set_new(c->out, "service", ecs_shown(service));
	ecs_schedule(ecs_of(hub), key);
	return 0;
}

/* ---- update, delete
 * ---------------------------------------------------------------------------------------- */

static json_t *find_active(struct hub *hub, struct call *c)
{
	json_t *service;

	if (!strstr(json_str_or(c->in, "service", ""), ":service/") && !ecs_cluster(hub, c))
		return NULL;
	service = ecs_service_find(hub, json_str(c->in, "cluster"), json_str(c->in, "service"));
	if (!service)
		(void)call_fail(c, 400, "ServiceNotFoundException", "Service not found.");
	else if (!str_eq(json_str(service, "status"), "ACTIVE"))
		(void)call_fail(c, 400, "ServiceNotActiveException", "Service was not ACTIVE.");
	else
		return service;
	return NULL;
}

/* True when the input asks for something that new tasks have to be started for. */
static bool needs_deployment(const json_t *service, const json_t *in, const json_t *definition)
{
	static const char *const parts[] = { "networkConfiguration", "serviceRegistries",
					     "capacityProviderStrategy", NULL };

	if (json_bool_or(in, "forceNewDeployment", false) ||
	    (definition && !str_eq(json_str(definition, "taskDefinitionArn"),
				   json_str(service, "taskDefinition"))))
		return true;
	for (size_t i = 0; parts[i]; i++) {
		const json_t *value = json_object_get(in, parts[i]);

		if (value && !json_is_null(value) &&
		    !json_equal(value, json_object_get(service, parts[i])))
			return true;
	}
	return false;
}

int ecs_update_service(struct hub *hub, struct call *c)
{
	OWN(json) json_t *in = ecs_normal(c->in);
	json_t *service = find_active(hub, c), *definition = NULL;
	json_int_t desired;
	bool deploy;

	if (!service || check_service(hub, c, in) < 0 ||
	    ecs_capacity_check(
		    c, hub_get(hub, ECS_CLUSTER, ecs_last(json_str(service, "clusterArn"))), in) < 0)
		return -1;
	desired = json_int_or(in, "desiredCount", json_int_or(service, "desiredCount", 1));
	if (desired < 0 || desired > 5000)
		return invalid(c, "desiredCount must be between 0 and 5000.");
	if (json_str(in, "taskDefinition")) {
		definition = check_definition(hub, c, in);
		if (!definition)
			return -1;
	}
	if (json_map(in, "networkConfiguration") &&
	    ecs_network_check(hub, c, json_map(in, "networkConfiguration")) < 0)
		return -1;
	deploy = needs_deployment(service, in, definition);
	ecs_copy(service, in,
		 (const char *const[]){
			 "networkConfiguration", "serviceRegistries", "capacityProviderStrategy",
			 "enableECSManagedTags", "propagateTags", "enableExecuteCommand",
			 "healthCheckGracePeriodSeconds", "availabilityZoneRebalancing", NULL });
	if (definition)
		json_set_str(service, "taskDefinition", json_str(definition, "taskDefinitionArn"));
	json_set_int(service, "desiredCount", desired);
	set_deployment_configuration(service, in);
	if (deploy) {
		(void)ecs_deployment_new(hub, service);
		json_set_str(service, "mpcup:awaited", json_str(ecs_primary(service), "id"));
	}
	json_set_int(ecs_primary(service), "desiredCount", desired);
	json_object_set_new(ecs_primary(service), "updatedAt", ecs_time(hub));
	ecs_service_put(hub, service);
	json_object_set_new(c->out, "service", ecs_shown(service));
	ecs_schedule(ecs_of(hub), json_str(service, "mpcup:key"));
	return 0;
}

int ecs_delete_service(struct hub *hub, struct call *c)
{
	json_t *service = find_active(hub, c), *deployment;
	size_t i;

	if (!service)
		return -1;
	if (!json_bool_or(c->in, "force", false) && json_int_or(service, "desiredCount", 0) > 0)
		return invalid(c, "The service cannot be stopped while it is scaled above 0.");
	json_set_str(service, "status", "DRAINING");
	json_set_int(service, "desiredCount", 0);
	json_array_foreach(json_list(service, "deployments"), i, deployment)
		json_set_int(deployment, "desiredCount", 0);
	ecs_service_put(hub, service);
	json_object_set_new(c->out, "service", ecs_shown(service));
	ecs_schedule(ecs_of(hub), json_str(service, "mpcup:key"));
	return 0;
}

/* ---- look-ups
 * -------------------------------------------------------------------------------------------- */

int ecs_describe_services(struct hub *hub, struct call *c)
{
	json_t *names = json_list(c->in, "services"), *value;
	json_t *found = json_array(), *failures = json_array();
	const json_t *cluster = ecs_cluster(hub, c);
	size_t i;

	json_object_set_new(c->out, "services", found);
	json_object_set_new(c->out, "failures", failures);
	if (!cluster)
		return -1;
	if (!json_array_size(names) || json_array_size(names) > 10)
		return invalid(c, "services must have 1 to 10 items.");
	json_array_foreach(names, i, value)
	{
		const char *name = json_string_value(value);
		const json_t *service = ecs_service_find(hub, json_str(c->in, "cluster"), name);

		if (service) {
			json_array_append_new(found, ecs_shown_tags(service, c));
		} else {
			OWN(str)
			char *resource =
				str_printf("service/%s/%s", json_str(cluster, "clusterName"),
					   name ? ecs_last(name) : "");
			OWN(str) char *arn = hub_arn(hub, "ecs", resource);

			ecs_add_failure(failures, arn);
		}
	}
	return 0;
}

int ecs_list_services(struct hub *hub, struct call *c)
{
	const json_t *cluster = ecs_cluster(hub, c);
	const char *launch = json_str_or(c->in, "launchType", "FARGATE"), *key;
	json_t *arns, *service;

	if (!cluster)
		return -1;
	arns = json_array();
	json_object_foreach(hub_all(hub, ECS_SERVICE), key,
			    service) if (str_eq(json_str(service, "clusterArn"),
						json_str(cluster, "clusterArn")) &&
					 !str_eq(json_str(service, "status"), "INACTIVE") &&
					 !strcmp(launch, "FARGATE"))
		json_add_str(arns, json_str(service, "serviceArn"));
	return ecs_page(c, "serviceArns", arns, 100);
}
