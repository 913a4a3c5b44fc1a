/* The API of Cloud Map. What AWS does in the background is done at once here: operations are
 * SUCCESS when they can first be asked for. */
#include "engine/cloud/servicediscovery/servicediscovery-internal.h"

#include <string.h>
#include <strings.h>

static json_t *view_namespace(struct hub *hub, const json_t *o)
{
	json_t *shown = json_copy((json_t *)(uintptr_t)o), *service;
	const char *id;
	json_int_t services = 0;

	json_object_foreach(hub_all(hub, SD_SERVICE), id, service) services +=
		str_eq(json_str(service, "NamespaceId"), json_str(o, "Id"));
	json_object_del(shown, "Vpc");
	json_object_del(shown, "Tags");
	json_object_set_new(shown, "Properties",
			    json_pack("{s:{s:s,s:{s:i}},s:{s:s}}", "DnsProperties", "HostedZoneId",
				      json_str_or(o, "HostedZoneId", ""), "SOA", "TTL", 15,
				      "HttpProperties", "HttpName", json_str_or(o, "Name", "")));
	json_object_del(shown, "HostedZoneId");
	json_set_int(shown, "ServiceCount", services);
	return shown;
}

static json_t *view_service(struct hub *hub, const json_t *o)
{
	json_t *shown = json_copy((json_t *)(uintptr_t)o);
	OWN(json) json_t *instances = sd_instances(hub, json_str(o, "Id"));

	json_object_del(shown, "Tags");
	json_set_int(shown, "InstanceCount", (json_int_t)json_array_size(instances));
	json_set_str(shown, "Type", json_map(o, "DnsConfig") ? "DNS_HTTP" : "HTTP");
	return shown;
}

/* Remembers a finished operation and answers with its id. */
static int finished(struct hub *hub, struct call *c, const char *type, const char *target,
		    const char *target_id)
{
	OWN(str) char *id = hub_uuid(hub);
	double now = (double)hub_now_ms(hub) / 1000;
	OWN(json)
	json_t *o = json_pack("{s:s,s:s,s:s,s:f,s:f,s:{s:s}}", "Id", id, "Type", type, "Status",
			      "SUCCESS", "CreateDate", now, "UpdateDate", now, "Targets", target,
			      target_id ? target_id : "");

	while (json_object_size(hub_all(hub, SD_OPERATION)) >= 100)
		hub_remove(hub, SD_OPERATION,
			   json_object_iter_key(json_object_iter(hub_all(hub, SD_OPERATION))));
	hub_put(hub, SD_OPERATION, id, o);
	json_set_str(c->out, "OperationId", id);
	return 0;
}

static int run_create_namespace(struct hub *hub, struct call *c)
{
	OWN(str) char *id = NULL;

	if (sd_namespace_create(hub, c, c->in, &id) < 0)
		return -1;
	return finished(hub, c, "CREATE_NAMESPACE", "NAMESPACE", id);
}

static int run_delete_namespace(struct hub *hub, struct call *c)
{
	const char *id = json_str(c->in, "Id");

	return sd_namespace_delete(hub, c, id) < 0
		       ? -1
		       : finished(hub, c, "DELETE_NAMESPACE", "NAMESPACE", id);
}

static int run_get_namespace(struct hub *hub, struct call *c)
{
	const json_t *o = sd_namespace(hub, c, json_str(c->in, "Id"));

	if (!o)
		return -1;
	json_object_set_new(c->out, "Namespace", view_namespace(hub, o));
	return 0;
}

/* Filters: [{"Name","Values":[..],"Condition":"EQ"}]; an object passes when its member is among the
 * values of every filter. */
static bool passes(const json_t *o, const json_t *in, const char *const (*members)[2])
{
	json_t *filter, *value;
	size_t i, k;

	json_array_foreach(json_list(in, "Filters"), i, filter)
	{
		const char *member = NULL;
		bool match = false;

		for (size_t m = 0; members[m][0]; m++)
			if (str_eq(json_str(filter, "Name"), members[m][0]))
				member = members[m][1];
		json_array_foreach(json_list(filter, "Values"), k, value) match =
			match || (member && str_eq(json_str(o, member), json_string_value(value)));
		if (!match)
			return false;
	}
	return true;
}

static const char *const namespace_filters[][2] = { { "TYPE", "Type" },
						    { "NAME", "Name" },
						    { NULL, NULL } };
static const char *const service_filters[][2] = { { "NAMESPACE_ID", "NamespaceId" },
						  { NULL, NULL } };

static int run_list_namespaces(struct hub *hub, struct call *c)
{
	json_t *list = json_array(), *one;
	const char *id;

	json_object_foreach(hub_all(hub, SD_NAMESPACE), id,
			    one) if (passes(one, c->in, namespace_filters))
		json_array_append_new(list, view_namespace(hub, one));
	json_object_set_new(c->out, "Namespaces", list);
	return 0;
}

static int run_create_service(struct hub *hub, struct call *c)
{
	OWN(str) char *id = NULL;

	if (sd_service_create(hub, c, c->in, &id) < 0)
		return -1;
	json_object_set_new(c->out, "Service", view_service(hub, hub_get(hub, SD_SERVICE, id)));
	return 0;
}

static int run_update_service(struct hub *hub, struct call *c)
{
	const char *id = json_str(c->in, "Id");
	OWN(json) json_t *none = json_object();
	const json_t *change = json_map(c->in, "Service");

	if (sd_service_update(hub, c, id, change ? change : none) < 0)
		return -1;
	return finished(hub, c, "UPDATE_SERVICE", "SERVICE", id);
}

static int run_delete_service(struct hub *hub, struct call *c)
{
	return sd_service_delete(hub, c, json_str(c->in, "Id"));
}

static int run_get_service(struct hub *hub, struct call *c)
{
	const json_t *o = sd_service(hub, c, json_str(c->in, "Id"));

	if (!o)
		return -1;
	json_object_set_new(c->out, "Service", view_service(hub, o));
	return 0;
}

static int run_list_services(struct hub *hub, struct call *c)
{
	json_t *list = json_array(), *one;
	const char *id;

	json_object_foreach(hub_all(hub, SD_SERVICE), id,
			    one) if (passes(one, c->in, service_filters))
		json_array_append_new(list, view_service(hub, one));
	json_object_set_new(c->out, "Services", list);
	return 0;
}

static int run_register(struct hub *hub, struct call *c)
{
	if (sd_instance_register(hub, c, c->in) < 0)
		return -1;
	return finished(hub, c, "REGISTER_INSTANCE", "INSTANCE", json_str(c->in, "InstanceId"));
}

static int run_deregister(struct hub *hub, struct call *c)
{
	const char *id = json_str(c->in, "InstanceId");

	if (sd_instance_deregister(hub, c, json_str(c->in, "ServiceId"), id) < 0)
		return -1;
	return finished(hub, c, "DEREGISTER_INSTANCE", "INSTANCE", id);
}

static int run_list_instances(struct hub *hub, struct call *c)
{
	const json_t *service = sd_service(hub, c, json_str(c->in, "ServiceId"));
	OWN(json) json_t *instances = service ? sd_instances(hub, json_str(service, "Id")) : NULL;
	json_t *list = json_array(), *one;
	size_t i;

	json_object_set_new(c->out, "Instances", list);
	if (!service)
		return -1;
	json_array_foreach(instances, i, one) json_array_append_new(
		list, json_pack("{s:O,s:O}", "Id", json_object_get(one, "Id"), "Attributes",
				json_object_get(one, "Attributes")));
	return 0;
}

static int run_get_instance(struct hub *hub, struct call *c)
{
	const json_t *service = sd_service(hub, c, json_str(c->in, "ServiceId"));
	const char *id = json_str_or(c->in, "InstanceId", "");
	OWN(str) char *key = service ? str_printf("%s/%s", json_str(service, "Id"), id) : NULL;
	const json_t *o = hub_get(hub, SD_INSTANCE, key);

	if (!service)
		return -1;
	if (!o)
		return call_fail(c, 400, "InstanceNotFound", "Can't find instance with ID: %s.",
				 id);
	json_object_set_new(c->out, "Instance",
			    json_pack("{s:O,s:O}", "Id", json_object_get(o, "Id"), "Attributes",
				      json_object_get(o, "Attributes")));
	return 0;
}

static int run_health(struct hub *hub, struct call *c)
{
	const json_t *service = sd_service(hub, c, json_str(c->in, "ServiceId"));
	OWN(json) json_t *instances = service ? sd_instances(hub, json_str(service, "Id")) : NULL;
	json_t *status = json_object(), *one;
	size_t i;

	json_object_set_new(c->out, "Status", status);
	if (!service)
		return -1;
	json_array_foreach(instances, i, one)
		json_set_str(status, json_str_or(one, "Id", ""), json_str(one, "HealthStatus"));
	return 0;
}

static int run_set_health(struct hub *hub, struct call *c)
{
	const json_t *service = sd_service(hub, c, json_str(c->in, "ServiceId"));
	const char *status = json_str_or(c->in, "Status", ""),
		   *id = json_str_or(c->in, "InstanceId", "");
	OWN(str) char *key = service ? str_printf("%s/%s", json_str(service, "Id"), id) : NULL;
	json_t *o = hub_get(hub, SD_INSTANCE, key);

	if (!service)
		return -1;
	if (!json_map(service, "HealthCheckCustomConfig"))
		return call_fail(c, 400, "CustomHealthNotFound",
				 "The service has no HealthCheckCustomConfig.");
	if (!o)
		return call_fail(c, 400, "InstanceNotFound", "Can't find instance with ID: %s.",
				 id);
	if (strcmp(status, "HEALTHY") && strcmp(status, "UNHEALTHY"))
		return call_fail(c, 400, "InvalidInput", "Invalid Status: %s", status);
	json_set_str(o, "HealthStatus", status);
	hub_put(hub, SD_INSTANCE, key, o);
	return 0;
}

static json_t *find_named(struct hub *hub, const char *kind, const char *name, const char *space)
{
	const char *id;
	json_t *one;

	json_object_foreach(
		hub_all(hub, kind), id,
		one) if (name && !strcasecmp(json_str_or(one, "Name", ""), name) &&
			 (!space || str_eq(json_str(one, "NamespaceId"), space))) return one;
	return NULL;
}

static bool health_wanted(const json_t *instance, const char *wanted)
{
	return !strcmp(wanted, "ALL") || !strcmp(wanted, "HEALTHY_OR_ELSE_ALL") ||
	       str_eq(json_str(instance, "HealthStatus"), wanted);
}

static int run_discover(struct hub *hub, struct call *c)
{
	const char *name = json_str(c->in, "ServiceName"),
		   *space_name = json_str(c->in, "NamespaceName");
	const json_t *space = find_named(hub, SD_NAMESPACE, space_name, NULL);
	const json_t *service =
		space ? find_named(hub, SD_SERVICE, name, json_str(space, "Id")) : NULL;
	const char *wanted = json_str_or(c->in, "HealthStatus", "HEALTHY");
	OWN(json) json_t *instances = NULL;
	json_t *list = json_array(), *one;
	size_t i;

	json_object_set_new(c->out, "Instances", list);
	if (!space)
		return call_fail(c, 400, "NamespaceNotFound", "Can't find namespace: %s",
				 space_name ? space_name : "");
	if (!service)
		return call_fail(c, 400, "ServiceNotFound", "Can't find service: %s",
				 name ? name : "");
	instances = sd_instances(hub, json_str(service, "Id"));
	json_array_foreach(instances, i, one) if (health_wanted(one, wanted)) json_array_append_new(
		list, json_pack("{s:O,s:s,s:s,s:O,s:O}", "InstanceId", json_object_get(one, "Id"),
				"NamespaceName", json_str_or(space, "Name", ""), "ServiceName",
				json_str_or(service, "Name", ""), "HealthStatus",
				json_object_get(one, "HealthStatus"), "Attributes",
				json_object_get(one, "Attributes")));
	json_set_int(c->out, "InstancesRevision", 1);
	return 0;
}

static int run_get_operation(struct hub *hub, struct call *c)
{
	json_t *o = hub_get(hub, SD_OPERATION, json_str(c->in, "OperationId"));

	if (!o)
		return call_fail(c, 400, "OperationNotFound", "Can't find operation with ID: %s.",
				 json_str_or(c->in, "OperationId", ""));
	json_object_set(c->out, "Operation", o);
	return 0;
}

static const struct action actions[] = {
	{ .name = "CreatePrivateDnsNamespace", .run = run_create_namespace },
	{ .name = "DeleteNamespace", .run = run_delete_namespace },
	{ .name = "GetNamespace", .run = run_get_namespace },
	{ .name = "ListNamespaces", .run = run_list_namespaces },
	{ .name = "CreateService", .run = run_create_service },
	{ .name = "UpdateService", .run = run_update_service },
	{ .name = "DeleteService", .run = run_delete_service },
	{ .name = "GetService", .run = run_get_service },
	{ .name = "ListServices", .run = run_list_services },
	{ .name = "RegisterInstance", .run = run_register },
	{ .name = "DeregisterInstance", .run = run_deregister },
	{ .name = "ListInstances", .run = run_list_instances },
	{ .name = "GetInstance", .run = run_get_instance },
	{ .name = "GetInstancesHealthStatus", .run = run_health },
	{ .name = "UpdateInstanceCustomHealthStatus", .run = run_set_health },
	{ .name = "DiscoverInstances", .run = run_discover },
	{ .name = "GetOperation", .run = run_get_operation },
	{ 0 },
};

static const struct resource_kind *const kinds[] = { &sd_namespace_kind, &sd_service_kind,
						     &sd_instance_kind, NULL };

static int start(struct hub *hub, struct err *err)
{
	(void)err;
	hub_add_resolver(hub, sd_resolve);
	return 0;
}

const struct service service_servicediscovery = {
	.name = "servicediscovery",
	.actions = actions,
	.kinds = kinds,
	.start = start,
	.covers = "Private DNS namespaces: A records of healthy instances are answered by the "
		  "VPC's resolver "
		  "(MULTIVALUE, at most eight); SRV records are kept and not answered. Public DNS "
		  "and HTTP "
		  "namespaces are not covered. Operations are finished at once.",
};
