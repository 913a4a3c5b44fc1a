/* Steps: placement, interface, roles; the name in Cloud Map; forwards of the loopback. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

static const char *detail(const struct launch *l, const char *name)
{
	json_t *details = json_path(l->task, "attachments.0.details"), *entry;
	size_t i;

	json_array_foreach(details, i, entry) if (str_eq(json_str(entry, "name"),
							 name)) return json_str(entry, "value");
	return NULL;
}

static void add_detail(struct launch *l, const char *name, const char *value)
{
	json_array_append_new(json_path(l->task, "attachments.0.details"),
			      json_pack("{s:s, s:s}", "name", name, "value", value ? value : ""));
}

enum ecs_step ecs_step_placement(struct launch *l)
{
	OWN(json) json_t *in = json_pack("{s:[s]}", "SubnetId", detail(l, "subnetId"));
	OWN(json) json_t *out = NULL;
	const json_t *subnet;
	struct err err = { 0 };
	uint32_t base;

	if (!l->ecs->world)
		return FAIL(
			l, NULL, LAUNCH_FAIL_PLACEMENT,
			"Capacity is unavailable at this time: the local cloud runs without its "
			"network");
	if (hub_call(l->ecs->hub, NULL, "ec2", "DescribeSubnets", in, &out, NULL, &err) < 0)
		return FAIL(l, NULL, LAUNCH_FAIL_PLACEMENT, ecs_message(err.text));
	subnet = json_array_get(json_list(out, "subnetSet"), 0);
	if (ip_parse_cidr(json_str(subnet, "cidrBlock"), &base, &l->bits) < 0)
		return FAIL(l, NULL, LAUNCH_FAIL_PLACEMENT, "the subnet does not exist");
	json_set_str(l->task, "availabilityZone", json_str(subnet, "availabilityZone"));
	return STEP_NEXT;
}

/* Packet filters of all interfaces that were made in this turn, once for each VPC. */
static void sync_rules(struct hub *hub, void *ctx)
{
	struct ecs *ecs = ctx;
	OWN(json) json_t *done = json_object();
	struct launch *next;

	ecs->sync = NULL;
	for (struct launch *l = ecs->launches; l; l = l->next) {
		OWN(json) json_t *in = NULL;
		struct err err = { 0 };

		if (!l->waits_for_rules || json_object_get(done, l->vpc))
			continue;
		in = json_pack("{s:s}", "VpcId", l->vpc);
		json_object_set_new(done, l->vpc, json_true());
		if (hub_call(hub, NULL, "ec2", "mpcup:SyncRules", in, NULL, NULL, &err) < 0)
			hub_log(hub, "packet filters of %s: %s", l->vpc, err.text);
	}
	for (struct launch *l = ecs->launches; l; l = next) {
		next = l->next;
		if (!l->waits_for_rules)
			continue;
		l->waits_for_rules = false;
		l->has_rules = true;
		ecs_launch_advance(l);
	}
}

char *ecs_host_name(const struct launch *l)
{
	const char *region = hub_region(l->ecs->hub);
	OWN(str) char *address = ip_format(l->address);

	for (char *dot = address; *dot; dot++)
		if (*dot == '.')
			*dot = '-';
	if (!strcmp(region, "us-east-1"))
		return str_printf("ip-%s.ec2.internal", address);
	return str_printf("ip-%s.%s.compute.internal", address, region);
}

static void note_interface(struct launch *l, const json_t *eni)
{
	const char *address = json_str_or(eni, "privateIpAddress", "");
	OWN(str) char *name = ecs_host_name(l);
	json_t *attachment = json_path(l->task, "attachments.0");

	add_detail(l, "networkInterfaceId", l->eni);
	add_detail(l, "macAddress", json_str(eni, "macAddress"));
	add_detail(l, "privateDnsName", name);
	add_detail(l, "privateIPv4Address", address);
	json_set_str(attachment, "status", "ATTACHED");
	json_set_str(l->task, "mpcup:eni", l->eni);
	for (size_t i = 0; i < l->container_count; i++)
		json_array_append_new(json_list(l->containers[i].shown, "networkInterfaces"),
				      json_pack("{s:s, s:s}", "attachmentId",
						json_str_or(attachment, "id", ""),
						"privateIpv4Address", address));
	ecs_launch_save(l);
}

static int create_interface(struct launch *l, struct err *err)
{
	const json_t *network = json_map(json_map(l->task, "mpcup:network"), "awsvpcConfiguration");
	json_t *groups = json_list(network, "securityGroups");
	OWN(json) json_t *in = json_object(), *out = NULL;
	OWN(str)
	char *resource = str_printf("attachment/%s",
				    json_string_value(json_path(l->task, "attachments.0.id")));
	OWN(str) char *description = hub_arn(l->ecs->hub, "ecs", resource);
	const json_t *eni;

	json_set_str(in, "SubnetId", detail(l, "subnetId"));
	json_set_str(in, "Description", description);
	if (json_array_size(groups))
		json_object_set(in, "SecurityGroupId", groups);
	json_set_str(in, "mpcup:kind", "task");
	json_set_bool(in, "mpcup:public", str_eq(json_str(network, "assignPublicIp"), "ENABLED"));
	if (hub_call(l->ecs->hub, NULL, "ec2", "CreateNetworkInterface", in, &out, NULL, err) < 0)
		return -1;
	eni = json_map(out, "networkInterface");
	if (ip_parse(json_str(eni, "privateIpAddress"), &l->address) < 0)
		return err_set(err, ERR_REMOTE, "the interface has no address");
	l->eni = str_dup(json_str(eni, "networkInterfaceId"));
	l->vpc = str_dup(json_str_or(eni, "vpcId", ""));
	note_interface(l, eni);
	return 0;
}

enum ecs_step ecs_step_interface(struct launch *l)
{
	struct hub *hub = l->ecs->hub;
	struct err err = { 0 };

	if (!l->eni) {
		if (create_interface(l, &err) < 0) {
			hub_log(hub, "task %s: %s", l->id, err.text);
			return FAIL(l, NULL, LAUNCH_FAIL_INTERFACE_TIMEOUT, NULL);
		}
		l->waits_for_rules = true;
		if (!l->ecs->sync)
			l->ecs->sync = hub_timer(hub, 0, sync_rules, l->ecs);
	}
	if (!l->has_rules)
		return STEP_WAIT;
	if (!l->handle && ecs_launch_enter(l, &err) < 0) {
		hub_log(hub, "task %s: %s", l->id, err.text);
		return FAIL(l, NULL, LAUNCH_FAIL_CONTAINER_START, err.text);
	}
	return l->ready ? STEP_NEXT : STEP_WAIT;
}

void ecs_interface_drop(struct launch *l)
{
	OWN(json) json_t *in = NULL;
	json_t *attachment = json_path(l->task, "attachments.0");
	struct err err = { 0 };

	if (!l->eni)
		return;
	in = json_pack("{s:s}", "NetworkInterfaceId", l->eni);
	if (hub_call(l->ecs->hub, NULL, "ec2", "DeleteNetworkInterface", in, NULL, NULL, &err) < 0)
		hub_log(l->ecs->hub, "interface %s: %s", l->eni, err.text);
	json_set_str(attachment, "status", "DELETED");
}

enum ecs_step ecs_step_roles(struct launch *l)
{
	const char *const roles[] = { l->execution_role, l->task_role };

	json_object_set_new(l->task, "pullStartedAt", ecs_time(l->ecs->hub));
	for (size_t i = 0; i < 2; i++)
		if (roles[i] && !hub_trusted(l->ecs->hub, roles[i], "ecs-tasks.amazonaws.com"))
			return FAIL(l, NULL, LAUNCH_FAIL_ASSUME_ROLE, roles[i]);
	return STEP_NEXT;
}

/* ---- Cloud Map
 * ---------------------------------------------------------------------------------------------- */

static void register_name(struct launch *l, const json_t *registry, json_t *registries)
{
	const char *arn = json_str_or(registry, "registryArn", "");
	OWN(str) char *address = ip_format(l->address);
	OWN(json)
	json_t *in = json_pack(
		"{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}", "ServiceId", ecs_last(arn), "InstanceId",
		l->id, "Attributes", "AWS_INSTANCE_IPV4", address, "AVAILABILITY_ZONE",
		json_str_or(l->task, "availabilityZone", ""), "ECS_CLUSTER_NAME",
		ecs_last(json_str(l->task, "clusterArn")), "ECS_TASK_DEFINITION_FAMILY",
		json_str_or(l->definition, "family", ""), "REGION", hub_region(l->ecs->hub));
	json_int_t port = json_int_or(registry, "port", json_int_or(registry, "containerPort", 0));
	struct err err = { 0 };
	json_t *service;

	if (port) {
		OWN(str) char *text = str_printf("%lld", (long long)port);

		json_set_str(json_map(in, "Attributes"), "AWS_INSTANCE_PORT", text);
	}
	if (hub_call(l->ecs->hub, NULL, "servicediscovery", "RegisterInstance", in, NULL, NULL,
		     &err) == 0) {
		json_add_str(registries, ecs_last(arn));
		return;
	}
	hub_log(l->ecs->hub, "task %s: %s: %s", l->id, arn, err.text);
	service = hub_get(l->ecs->hub, ECS_SERVICE, json_str(l->task, "mpcup:service"));
	if (service)
		ecs_service_event(
			l->ecs->hub, service,
			"(service %s) failed to register (task %s) in service registry %s: "
			"%s",
			json_str(service, "serviceName"), l->id, arn, ecs_message(err.text));
}

enum ecs_step ecs_step_name(struct launch *l)
{
	const json_t *service =
		hub_get(l->ecs->hub, ECS_SERVICE, json_str(l->task, "mpcup:service"));
	json_t *registries, *registry;
	size_t i;

	if (!json_array_size(json_list(service, "serviceRegistries")))
		return STEP_NEXT;
	registries = json_array();
	json_object_set_new(l->task, "mpcup:registries", registries);
	l->has_name = true;
	json_array_foreach(json_list(service, "serviceRegistries"), i, registry)
		register_name(l, registry, registries);
	return STEP_NEXT;
}

void ecs_name_drop(struct launch *l)
{
	json_t *registry;
	size_t i;

	l->has_name = false;
	json_array_foreach(json_list(l->task, "mpcup:registries"), i, registry)
	{
		OWN(json)
		json_t *in = json_pack("{s:s, s:s}", "ServiceId", json_string_value(registry),
				       "InstanceId", l->id);
		struct err err = { 0 };

		if (hub_call(l->ecs->hub, NULL, "servicediscovery", "DeregisterInstance", in, NULL,
			     NULL, &err) < 0)
			hub_log(l->ecs->hub, "task %s: %s", l->id, err.text);
	}
	json_object_del(l->task, "mpcup:registries");
}

void ecs_forwards_drop(struct launch *l)
{
	json_t *port;
	size_t i;

	json_array_foreach(l->forwards, i, port)
		l->ecs->world->forward_remove(l->ecs->hub, (uint16_t)json_integer_value(port));
	json_array_clear(l->forwards);
}
