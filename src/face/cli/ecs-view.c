#include "face/cli/ecs-view.h"

#include <string.h>

#include "face/cli/cli-internal.h"

bool ecs_view_split_service(const char *arn, char **ret_cluster, char **ret_name)
{
	const char *part = strstr(arn, ":service/");
	const char *slash;

	if (!part)
		return false;
	part += strlen(":service/");
	slash = strchr(part, '/');
	if (!slash)
		return false;
	*ret_cluster = str_dup_n(part, (size_t)(slash - part));
	*ret_name = str_dup(slash + 1);
	return true;
}

/* Tasks of a service by desired status; service NULL: all of the cluster. Array, the caller's; NULL:
 * nobody tells. */
static json_t *tasks_of(struct target *t, const char *cluster, const char *service,
			const char *desired, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s,s:s}", "cluster", cluster, "desiredStatus", desired);
	OWN(json) json_t *list = NULL, *describe = NULL, *out = NULL;
	json_t *arns, *tasks;

	json_set_str(in, "serviceName", service);
	if (awsclient_call(t->aws, "ecs", "ListTasks", in, &list, NULL, err) < 0)
		return NULL;
	arns = json_list(list, "taskArns");
	if (!json_array_size(arns))
		return json_array();
	while (json_array_size(arns) > 100)
		json_array_remove(arns, json_array_size(arns) - 1);
	describe = json_pack("{s:s,s:O}", "cluster", cluster, "tasks", arns);
	if (awsclient_call(t->aws, "ecs", "DescribeTasks", describe, &out, NULL, err) < 0)
		return NULL;
	tasks = json_list(out, "tasks");
	return tasks ? json_incref(tasks) : json_array();
}

static json_t *describe_definition(struct target *t, const char *arn, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "taskDefinition", arn), *out = NULL;

	if (awsclient_call(t->aws, "ecs", "DescribeTaskDefinition", in, &out, NULL, err) < 0)
		return NULL;
	return json_incref(json_object_get(out, "taskDefinition"));
}

/* Last lines of a container's log stream; array of strings, the caller's. */
static json_t *last_lines(struct target *t, const json_t *container, const char *task_id)
{
	const json_t *options = json_path(container, "logConfiguration.options");
	const char *group = json_str(options, "awslogs-group");
	const char *prefix = json_str(options, "awslogs-stream-prefix");
	OWN(str) char *stream = str_printf("%s/%s/%s", prefix ? prefix : "",
					   json_str_or(container, "name", ""), task_id);
	OWN(json) json_t *in = NULL, *out = NULL;
	json_t *lines = json_array(), *event;
	size_t i;

	if (!group || !prefix)
		return lines;
	in = json_pack("{s:s,s:s,s:i,s:b}", "logGroupName", group, "logStreamName", stream, "limit", 8,
		       "startFromHead", 0);
	if (awsclient_call(t->aws, "logs", "GetLogEvents", in, &out, NULL, NULL) < 0)
		return lines;
	json_array_foreach(json_list(out, "events"), i, event)
		json_add_str(lines, json_str_or(event, "message", ""));
	return lines;
}

const char *ecs_view_task_id(const json_t *task)
{
	const char *arn = json_str_or(task, "taskArn", "");
	const char *slash = strrchr(arn, '/');

	return slash ? slash + 1 : arn;
}

json_t *ecs_view_tasks(struct target *t, const char *service_arn, struct err *err)
{
	OWN(str) char *cluster = NULL, *name = NULL;

	if (ecs_view_split_service(service_arn, &cluster, &name))
		return tasks_of(t, cluster, name, "RUNNING", err);
	(void)err_set(err, ERR_REMOTE, "%s is not the ARN of a service", service_arn);
	return NULL;
}

json_t *ecs_view_stopped(struct target *t, const char *service_arn, const json_t *known)
{
	OWN(str) char *cluster = NULL, *name = NULL;
	OWN(json) json_t *tasks = NULL;
	json_t *stopped = json_array(), *task;
	size_t i;

	if (!ecs_view_split_service(service_arn, &cluster, &name))
		return stopped;
	tasks = tasks_of(t, cluster, name, "STOPPED", NULL);
	json_array_foreach(tasks, i, task) {
		OWN(json) json_t *definition = NULL;

		if (json_object_get(known, json_str_or(task, "taskArn", "")) ||
		    strcmp(json_str_or(task, "lastStatus", ""), "STOPPED"))
			continue;
		definition = describe_definition(t, json_str_or(task, "taskDefinitionArn", ""), NULL);
		json_object_set_new(task, "log",
				    last_lines(t, json_path(definition, "containerDefinitions.0"),
					       ecs_view_task_id(task)));
		json_array_append(stopped, task);
	}
	return stopped;
}

void ecs_view_print_stopped(struct cli *cli, const char *service, const json_t *task)
{
	const char *red = cli_paint(cli, "red"), *off = cli_paint(cli, "off");
	json_t *container, *line;
	size_t i;

	(void)printf("  %sSTOPPED%s          task %.8s of %s: %s: %s\n", red, off, ecs_view_task_id(task), service,
		     json_str_or(task, "stopCode", "no stop code"),
		     json_str_or(task, "stoppedReason", "no reason"));
	json_array_foreach(json_list(task, "containers"), i, container)
		if (json_object_get(container, "exitCode") || json_str(container, "reason"))
			(void)printf("      container %s exited with %lld%s%s\n",
				     json_str_or(container, "name", "?"),
				     (long long)json_int_or(container, "exitCode", -1),
				     json_str(container, "reason") ? ": " : "",
				     json_str_or(container, "reason", ""));
	json_array_foreach(json_list(task, "log"), i, line)
		(void)printf("      %s| %s%s\n", cli_paint(cli, "dim"), json_string_value(line), off);
	(void)fflush(stdout);
}

int ecs_view_own_resources(struct target *t, const char *stack, json_t **ret, struct err *err)
{
	OWN(json) json_t *all = json_array(), *token = NULL;

	do {
		OWN(json) json_t *in = json_pack("{s:s}", "StackName", stack), *out = NULL;

		if (token)
			json_object_set(in, "NextToken", token);
		if (awsclient_call(t->aws, "cloudformation", "ListStackResources", in, &out, NULL, err) <
		    0)
			return -1;
		if (json_list(out, "StackResourceSummaries"))
			json_array_extend(all, json_list(out, "StackResourceSummaries"));
		json_decref(token);
		token = json_incref(json_object_get(out, "NextToken"));
	} while (json_is_string(token) && *json_string_value(token));
	*ret = GIVE(all);
	return 0;
}

static bool is_nested(const json_t *resource)
{
	return str_eq(json_str(resource, "ResourceType"), "AWS::CloudFormation::Stack") &&
	       json_str(resource, "PhysicalResourceId") &&
	       !str_eq(json_str(resource, "ResourceStatus"), "DELETE_COMPLETE");
}

json_t *ecs_view_nested(const json_t *resources)
{
	json_t *ids = json_array(), *one;
	size_t i;

	json_array_foreach(resources, i, one)
		if (is_nested(one))
			json_add_str(ids, json_str(one, "PhysicalResourceId"));
	return ids;
}

/* The list grows while it is walked: a nested stack may have nested stacks. */
int ecs_view_resources(struct target *t, const char *stack, json_t **ret, struct err *err)
{
	OWN(json) json_t *all = NULL;

	if (ecs_view_own_resources(t, stack, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);
		OWN(json) json_t *inner = NULL;

		if (!is_nested(one))
			continue;
		if (ecs_view_own_resources(t, json_str(one, "PhysicalResourceId"), &inner, err) < 0)
			return -1;
		json_array_extend(all, inner);
	}
	*ret = GIVE(all);
	return 0;
}

static json_t *describe_service(struct target *t, const char *cluster, const char *name, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s,s:[s]}", "cluster", cluster, "services", name);
	OWN(json) json_t *out = NULL;

	if (awsclient_call(t->aws, "ecs", "DescribeServices", in, &out, NULL, err) < 0)
		return NULL;
	return json_incref(json_array_get(json_list(out, "services"), 0));
}

json_t *ecs_view_service(struct target *t, const char *service_arn, struct err *err)
{
	OWN(str) char *cluster = NULL, *name = NULL;
	json_t *service;

	if (!ecs_view_split_service(service_arn, &cluster, &name)) {
		(void)err_set(err, ERR_REMOTE, "%s is not the ARN of a service", service_arn);
		return NULL;
	}
	service = describe_service(t, cluster, name, err);
	if (!service && err && !err->text[0])
		(void)err_set(err, ERR_REMOTE, "service %s is gone", name);
	return service;
}

static json_t *environment_of(const json_t *container)
{
	json_t *environment = json_object(), *pair;
	size_t i;

	json_array_foreach(json_list(container, "environment"), i, pair)
		json_set_str(environment, json_str_or(pair, "name", ""), json_str(pair, "value"));
	return environment;
}

static bool has_port(const json_t *container, json_int_t port)
{
	json_t *mapping;
	size_t i;

	json_array_foreach(json_list(container, "portMappings"), i, mapping)
		if (json_int_or(mapping, "containerPort", 0) == port)
			return true;
	return false;
}

/* The container that makes the task what it is: the one with an MPC account, else the chain's. */
static void pick_container(json_t *node, const json_t *definition)
{
	json_t *container;
	size_t i;

	json_set_str(node, "kind", "other");
	json_array_foreach(json_list(definition, "containerDefinitions"), i, container) {
		OWN(json) json_t *environment = environment_of(container);
		bool mpc = json_object_get(environment, "MPC_ACCOUNT_ID") != NULL;

		if (i > 0 && !mpc)
			continue;
		json_object_set(node, "container", container);
		json_object_set(node, "environment", environment);
		json_set_str(node, "kind", mpc ? "node" : has_port(container, 24567) ? "chain" : "other");
		if (mpc)
			return;
	}
}

/* Where the container listens inside the VPC: container port -> "10.0.1.5:port". */
static void add_inside(json_t *node)
{
	const char *address = json_str(node, "address");
	json_t *inside = json_object(), *mapping;
	size_t i;

	json_array_foreach(json_list(json_object_get(node, "container"), "portMappings"), i, mapping) {
		OWN(str) char *port =
			str_printf("%lld", (long long)json_int_or(mapping, "containerPort", 0));
		OWN(str) char *at = address ? str_printf("%s:%s", address, port) : NULL;

		json_set_str(inside, port, at);
	}
	json_object_set_new(node, "inside", inside);
}

static void add_forwards(const struct target *t, json_t *node, const json_t *task)
{
	json_t *forwards = json_object(), *container, *binding;
	size_t i, k;

	json_array_foreach(json_list(task, "containers"), i, container) {
		const char *address = json_str(json_path(container, "networkInterfaces.0"),
					       "privateIpv4Address");

		json_set_str(node, "address", address);
		/* only the local cloud's bindings lead somewhere from here */
		json_array_foreach(t->local ? json_list(container, "networkBindings") : NULL, k, binding) {
			OWN(str) char *port = str_printf("%lld", (long long)json_int_or(
									 binding, "containerPort", 0));
			OWN(str) char *at =
				str_printf("%s:%lld", json_str_or(binding, "bindIP", "127.0.0.1"),
					   (long long)json_int_or(binding, "hostPort", 0));

			json_set_str(forwards, port, at);
		}
	}
	json_object_set_new(node, "forwards", forwards);
	if (!t->local)
		add_inside(node);
}

static void add_task(struct target *t, json_t *node, const char *cluster, const char *name)
{
	struct err why = { 0 };
	OWN(json) json_t *tasks = tasks_of(t, cluster, name, "RUNNING", &why);
	json_t *task, *best = NULL;
	size_t i;

	if (!tasks)
		json_set_str(node, "taskUnknown", why.text);
	json_array_foreach(tasks, i, task)
		if (!best || !strcmp(json_str_or(task, "lastStatus", ""), "RUNNING"))
			best = task;
	if (!best)
		return;
	json_object_set(node, "task", best);
	add_forwards(t, node, best);
}

static void add_log(json_t *node)
{
	const json_t *container = json_object_get(node, "container");
	const json_t *options = json_path(container, "logConfiguration.options");
	const char *prefix = json_str(options, "awslogs-stream-prefix");

	json_set_str(node, "logGroup", json_str(options, "awslogs-group"));
	if (prefix && json_object_get(node, "task")) {
		OWN(str) char *stream =
			str_printf("%s/%s/%s", prefix, json_str_or(container, "name", ""),
				   ecs_view_task_id(json_object_get(node, "task")));

		json_set_str(node, "logStream", stream);
	}
}

/* How people call a node: the first label of its private name, else its service's name. */
static void add_name(json_t *node, const char *logical)
{
	const char *local = json_str(json_map(node, "environment"), "MPC_LOCAL_ADDRESS");
	const char *family = json_str(json_map(node, "taskDefinition"), "family");
	OWN(str) char *label = NULL;

	if (local && *local)
		label = str_dup_n(local, strcspn(local, ".:"));
	else if (!strcmp(json_str_or(node, "kind", ""), "chain"))
		label = str_dup("chain");
	json_set_str(node, "name", label ? label : family ? family : logical);
}

/* A service that is gone meanwhile is left out; one that may not be looked at is an error. */
static int add_service(struct target *t, json_t *nodes, const json_t *resource, struct err *err)
{
	struct err why = { 0 };
	const char *arn = json_str_or(resource, "PhysicalResourceId", "");
	OWN(str) char *cluster = NULL, *name = NULL;
	OWN(json) json_t *node = NULL, *service = NULL, *definition = NULL;

	if (strcmp(json_str_or(resource, "ResourceType", ""), "AWS::ECS::Service") ||
	    !ecs_view_split_service(arn, &cluster, &name))
		return 0;
	service = describe_service(t, cluster, name, &why);
	if (service)
		definition = describe_definition(t, json_str_or(service, "taskDefinition", ""), &why);
	if (!definition)
		return t->local || !why.text[0] ? 0 : err_set(err, why.code, "service %s: %s", name, why.text);
	node = json_pack("{s:s,s:s,s:s,s:O,s:O}", "logicalResourceId",
			 json_str_or(resource, "LogicalResourceId", ""), "serviceArn", arn, "cluster",
			 cluster, "service", service, "taskDefinition", definition);
	pick_container(node, definition);
	add_name(node, name);
	add_task(t, node, cluster, name);
	add_log(node);
	json_array_append(nodes, node);
	return 0;
}

int ecs_view_services(struct target *t, const char *stack, json_t **ret, struct err *err)
{
	OWN(json) json_t *resources = NULL, *nodes = json_array();
	json_t *resource;
	size_t i;

	if (ecs_view_resources(t, stack, &resources, err) < 0)
		return -1;
	json_array_foreach(resources, i, resource)
		if (add_service(t, nodes, resource, err) < 0)
			return -1;
	*ret = GIVE(nodes);
	return 0;
}

/* ---- places ---------------------------------------------------------------------------------------- */

static const char *subnet_of_task(const json_t *task)
{
	json_t *detail;
	size_t i;

	json_array_foreach(json_path(task, "attachments.0.details"), i, detail)
		if (str_eq(json_str(detail, "name"), "subnetId"))
			return json_str(detail, "value");
	return NULL;
}

static char *vpc_of_subnet(struct target *t, const char *subnet)
{
	OWN(json) json_t *in = json_pack("{s:[s]}", "SubnetId", subnet), *out = NULL;

	if (awsclient_call(t->aws, "ec2", "DescribeSubnets", in, &out, NULL, NULL) < 0)
		return NULL;
	return str_dup(json_str(json_array_get(json_list(out, "subnetSet"), 0), "vpcId"));
}

char *ecs_view_vpc(struct target *t, const json_t *nodes)
{
	json_t *node;
	size_t i;

	/* The service says it also while all its tasks are being replaced. */
	json_array_foreach(nodes, i, node) {
		const char *subnet = json_string_value(json_path(
			json_map(node, "service"), "networkConfiguration.awsvpcConfiguration.subnets.0"));

		if (subnet)
			return vpc_of_subnet(t, subnet);
	}
	return NULL;
}

static bool in_vpc(struct target *t, const json_t *task, const char *vpc)
{
	const char *subnet = subnet_of_task(task);
	OWN(str) char *own = subnet ? vpc_of_subnet(t, subnet) : NULL;

	return str_eq(own, vpc);
}

/* Ids of Cloud Map instances that ECS registers are task ids. */
static bool is_task_id(const char *instance)
{
	return instance && strlen(instance) == 32 && strspn(instance, "0123456789abcdef") == 32;
}

/* A task of any cluster with this address; wanted: NULL, or the one that it has to be. */
static char *forward_of_task(struct target *t, const char *vpc, const char *address,
			     const char *port, const char *wanted)
{
	OWN(json) json_t *clusters = NULL;
	json_t *cluster, *task;
	size_t i, k;

	if (awsclient_call(t->aws, "ecs", "ListClusters", NULL, &clusters, NULL, NULL) < 0)
		return NULL;
	json_array_foreach(json_list(clusters, "clusterArns"), i, cluster) {
		OWN(json) json_t *tasks = tasks_of(t, json_string_value(cluster), NULL, "RUNNING", NULL);

		json_array_foreach(tasks, k, task) {
			OWN(json) json_t *node = json_object();
			const char *at;

			if (wanted && strcmp(ecs_view_task_id(task), wanted) != 0)
				continue;
			add_forwards(t, node, task);
			at = json_str(json_map(node, "forwards"), port);
			if (at && str_eq(json_str(node, "address"), address) && in_vpc(t, task, vpc))
				return str_dup(at);
		}
	}
	return NULL;
}

static char *forward_of_instance(struct target *t, const char *vpc, const char *address,
				 const char *port)
{
	OWN(json) json_t *in = json_pack("{s:[{s:s,s:[s]},{s:s,s:[s]}]}", "Filter", "Name",
					 "private-ip-address", "Value", address, "Name", "vpc-id", "Value",
					 vpc);
	OWN(json) json_t *out = NULL;
	OWN(str) char *key = str_printf("mpcup:forward:%s", port);
	json_t *tag;
	size_t i;

	if (awsclient_call(t->aws, "ec2", "DescribeInstances", in, &out, NULL, NULL) < 0)
		return NULL;
	json_array_foreach(json_list(json_path(out, "reservationSet.0.instancesSet.0"), "tagSet"), i,
			   tag)
		if (str_eq(json_str(tag, "key"), key))
			return str_dup(json_str(tag, "value"));
	return NULL;
}

char *ecs_view_forward(struct target *t, const char *vpc, const char *address, unsigned port,
		       const char *instance)
{
	OWN(str) char *text = str_printf("%u", port);
	const char *wanted = is_task_id(instance) ? instance : NULL;
	char *found = forward_of_task(t, vpc, address, text, wanted);

	return found || wanted ? found : forward_of_instance(t, vpc, address, text);
}

int ecs_view_nodes(struct target *t, const char *stack, json_t **ret, struct err *err)
{
	OWN(json) json_t *services = NULL;
	json_t *one;
	size_t i;

	if (ecs_view_services(t, stack, &services, err) < 0)
		return -1;
	*ret = json_array();
	json_array_foreach(services, i, one)
		if (!strcmp(json_str_or(one, "kind", ""), "node"))
			json_array_append(*ret, one);
	return 0;
}
