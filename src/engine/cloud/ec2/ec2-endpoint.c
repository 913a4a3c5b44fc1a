/* VPC endpoints: the S3 gateway and interface endpoints with their private names. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

static const struct ec2_filter endpoint_filters[] = {
	{ "vpc-endpoint-id", "vpcEndpointId" }, { "vpc-id", "vpcId" },
	{ "service-name", "serviceName" },	{ "vpc-endpoint-type", "vpcEndpointType" },
	{ "vpc-endpoint-state", "state" },	{ 0 },
};
const struct ec2_thing ec2_endpoint = {
	.kind = "ec2:vpc-endpoint",
	.prefix = "vpce-",
	.id_key = "vpcEndpointId",
	.in_key = "VpcEndpointId",
	.set = "vpcEndpointSet",
	.tag_type = "vpc-endpoint",
	.missing_code = "InvalidVpcEndpointId.NotFound",
	.missing_head = "The Vpc Endpoint Id '",
	.missing_tail = "' does not exist",
	.filters = endpoint_filters,
};

/* Services of the local cloud's endpoints, as the last part of com.amazonaws.<region>.<service>. */
static const char *const services[] = {
	"cloudformation",
	"dynamodb",
	"ec2",
	"ecr.api",
	"ecr.dkr",
	"ecs",
	"ecs-agent",
	"ecs-telemetry",
	"elasticfilesystem",
	"kms",
	"logs",
	"monitoring",
	"s3",
	"secretsmanager",
	"servicediscovery",
	"ssm",
	"ssmmessages",
	"ec2messages",
	"sts",
	NULL,
};

static const char *service_of(struct hub *hub, const char *name)
{
	OWN(str) char *head = str_printf("com.amazonaws.%s.", hub_region(hub));

	if (!str_starts(name, head))
		return NULL;
	for (size_t i = 0; services[i]; i++)
		if (!strcmp(services[i], name + strlen(head)))
			return services[i];
	return NULL;
}

/* "ecr.api" answers to api.ecr.<region>.amazonaws.com, most services to their own name. */
static char *private_name(struct hub *hub, const char *service)
{
	static const struct {
		const char *service, *label;
	} odd[] = { { "ecr.api", "api.ecr" },
		    { "ecr.dkr", "dkr.ecr" },
		    { "ecs-agent", "ecs-a" },
		    { "ecs-telemetry", "ecs-t" } };
	const char *label = service;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		if (!strcmp(odd[i].service, service))
			label = odd[i].label;
	return str_printf("%s.%s.amazonaws.com", label, hub_region(hub));
}

/* ---- serving
 * ------------------------------------------------------------------------------------------ */

/* What a client needs to see of an endpoint is that it answers; requests are decided by the hub. */
static void close_accepted(void *ctx, int fd)
{
	(void)ctx;
	close(fd);
}

int ec2_endpoint_serve(struct hub *hub, const json_t *endpoint, struct err *err)
{
	size_t i;
	json_t *id;

	json_array_foreach(json_list(endpoint, "networkInterfaceIdSet"), i, id)
		if (hub_fabric(hub) &&
		    fabric_interface_listen(hub_fabric(hub), json_string_value(id), 443,
					    close_accepted, NULL, err) < 0)
			return err_in(err, "endpoint %s", ec2_id(&ec2_endpoint, endpoint));
	return 0;
}

/* ---- creation
 * ----------------------------------------------------------------------------------------- */

static int call_interface(struct hub *hub, struct call *c, ec2_run *run, const json_t *in,
			  json_t *out)
{
	struct call inner = { .service = c->service, .in = in, .out = out };

	if (run(hub, &inner) == 0)
		return 0;
	return call_fail(c, inner.status, inner.code, "%s", inner.message);
}

static int add_interface(struct hub *hub, struct call *c, json_t *endpoint, const char *subnet)
{
	OWN(str)
	char *about = str_printf("VPC Endpoint Interface %s", ec2_id(&ec2_endpoint, endpoint));
	OWN(json)
	json_t *in = json_pack("{s:s, s:s, s:s}", "SubnetId", subnet, "Description", about,
			       "mpcup:kind", "endpoint");
	OWN(json) json_t *out = json_object(), *groups = json_array();
	size_t i;
	json_t *group;

	json_array_foreach(json_list(endpoint, "groupSet"), i, group)
		json_add_str(groups, json_str(group, "groupId"));
	json_object_set(in, "SecurityGroupId", groups);
	if (call_interface(hub, c, ec2_create_network_interface, in, out) < 0)
		return -1;
	json_add_str(json_list(endpoint, "networkInterfaceIdSet"),
		     json_str(json_map(out, "networkInterface"), "networkInterfaceId"));
	json_add_str(json_list(endpoint, "subnetIdSet"), subnet);
	return 0;
}

static void drop_interface(struct hub *hub, const char *id)
{
	OWN(json) json_t *in = json_pack("{s:s}", "NetworkInterfaceId", id);
	OWN(json) json_t *out = json_object();
	struct call c = { .in = in, .out = out };

	(void)ec2_delete_network_interface(hub, &c);
}

static void drop_interfaces(struct hub *hub, const json_t *endpoint)
{
	size_t i;
	json_t *id;

	json_array_foreach(json_list(endpoint, "networkInterfaceIdSet"), i, id)
		drop_interface(hub, json_string_value(id));
}

static int check_subnets(struct hub *hub, struct call *c, const json_t *subnets, const char *vpc)
{
	OWN(json) json_t *zones = json_array();
	size_t i;
	json_t *id;

	json_array_foreach(subnets, i, id) {
		json_t *subnet = ec2_find(hub, c, &ec2_subnet, json_string_value(id));
		const char *zone = json_str(subnet, "availabilityZone");

		if (!subnet)
			return -1;
		if (!str_eq(json_str(subnet, "vpcId"), vpc))
			return call_fail(c, 400, "InvalidParameter",
					 "The subnet ID '%s' does not belong to %s",
					 json_string_value(id), vpc);
		if (ec2_has(zones, zone))
			return call_fail(
				c, 400, "DuplicateSubnetsInSameZone",
				"Found another VPC endpoint subnet in the availability "
				"zone of %s. VPC endpoint subnets should be in different "
				"availability zones supported by the VPC endpoint service.",
				json_string_value(id));
		json_add_str(zones, zone);
	}
	return 0;
}

static int check_private_dns(struct hub *hub, struct call *c, const json_t *vpc,
			     const char *service, const char *self)
{
	OWN(str) char *name = private_name(hub, service);
	const char *vpc_id = ec2_id(&ec2_vpc, vpc), *id;
	json_t *other;

	if (!json_bool_or(vpc, "_dnsSupport", false) || !json_bool_or(vpc, "_dnsHostnames", false))
		return call_fail(c, 400, "InvalidParameter",
				 "Enabling private DNS requires both enableDnsSupport and "
				 "enableDnsHostnames VPC attributes set to true for %s",
				 vpc_id);
	json_object_foreach(hub_all(hub, ec2_endpoint.kind), id, other)
		if (!str_eq(id, self) && str_eq(json_str(other, "vpcId"), vpc_id) &&
		    str_eq(json_str(other, "_service"), service) &&
		    json_bool_or(other, "privateDnsEnabled", false))
			return call_fail(c, 400, "InvalidParameter",
					 "private-dns-enabled cannot be "
					 "set because there is already "
					 "a conflicting DNS domain for %s "
					 "in the VPC %s",
					 name, vpc_id);
	return 0;
}

static void set_dns_entries(struct hub *hub, json_t *endpoint, const char *service)
{
	OWN(str)
	char *own = str_printf("%s-%.8s.%s.%s.vpce.amazonaws.com", ec2_id(&ec2_endpoint, endpoint),
			       ec2_id(&ec2_endpoint, endpoint) + 5, service, hub_region(hub));
	OWN(str) char *name = private_name(hub, service);
	json_t *set = json_pack("[{s:s, s:s}]", "dnsName", own, "hostedZoneId", "Z7HUB22UULQXV");

	if (json_bool_or(endpoint, "privateDnsEnabled", false))
		json_array_append_new(set, json_pack("{s:s, s:s}", "dnsName", name, "hostedZoneId",
						     "Z0000000000000LOCAL"));
	json_object_set_new(endpoint, "dnsEntrySet", set);
}

static json_t *fresh(struct hub *hub, struct call *c, const char *type, const char *service)
{
	OWN(str) char *now = aws_time_iso(hub_now_ms(hub));

	return ec2_new(hub, c, &ec2_endpoint,
		       json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:[], s:[], s:[], s:[], "
				 "s:[], s:s*}",
				 "vpcId", json_str(c->in, "VpcId"), "vpcEndpointType", type,
				 "serviceName", json_str(c->in, "ServiceName"), "state",
				 "available", "creationTimestamp", now, "_service", service,
				 "privateDnsEnabled", 0, "ipAddressType", "ipv4", "routeTableIdSet",
				 "subnetIdSet", "groupSet", "networkInterfaceIdSet", "dnsEntrySet",
				 "policyDocument", json_str(c->in, "PolicyDocument")));
}

static int set_tables(struct hub *hub, struct call *c, json_t *endpoint, const json_t *tables)
{
	size_t i;
	json_t *id;

	json_array_foreach(tables, i, id) {
		json_t *table = ec2_find(hub, c, &ec2_route_table, json_string_value(id));

		if (!table)
			return -1;
		if (!str_eq(json_str(table, "vpcId"), json_str(endpoint, "vpcId")))
			return call_fail(c, 400, "InvalidParameter",
					 "Route table %s does not belong to VPC %s",
					 json_string_value(id), json_str(endpoint, "vpcId"));
	}
	json_object_set_new(endpoint, "routeTableIdSet", json_deep_copy(tables));
	ec2_put(hub, &ec2_endpoint, endpoint);
	ec2_gateway_routes(hub, endpoint);
	return 0;
}

static int create_gateway(struct hub *hub, struct call *c, const char *service)
{
	OWN(json) json_t *tables = ec2_texts(c->in, "RouteTableId");
	json_t *endpoint;

	if (!ec2_service_prefix_list(service))
		return call_fail(c, 400, "InvalidParameter",
				 "Endpoint type (Gateway) does not match available service types "
				 "([Interface]).");
	endpoint = fresh(hub, c, "Gateway", service);
	if (set_tables(hub, c, endpoint, tables) < 0) {
		ec2_remove(hub, &ec2_endpoint, ec2_id(&ec2_endpoint, endpoint));
		return -1;
	}
	ec2_reply(hub, c, &ec2_endpoint, "vpcEndpoint", endpoint);
	return 0;
}

static int fill_interface_endpoint(struct hub *hub, struct call *c, json_t *endpoint,
				   const json_t *subnets)
{
	struct err err = { 0 };
	size_t i;
	json_t *subnet;

	json_array_foreach(subnets, i, subnet)
		if (add_interface(hub, c, endpoint, json_string_value(subnet)) < 0)
			return -1;
	set_dns_entries(hub, endpoint, json_str(endpoint, "_service"));
	ec2_put(hub, &ec2_endpoint, endpoint);
	if (ec2_endpoint_serve(hub, endpoint, &err) < 0)
		return call_fail(c, 500, "InternalError", "An internal error has occurred: %s",
				 err.text);
	return 0;
}

static int create_interface_endpoint(struct hub *hub, struct call *c, const json_t *vpc,
				     const char *service)
{
	OWN(json) json_t *groups = ec2_texts(c->in, "SecurityGroupId");
	OWN(json) json_t *subnets = ec2_texts(c->in, "SubnetId");
	const char *vpc_id = ec2_id(&ec2_vpc, vpc);
	bool private = json_bool_or(c->in, "PrivateDnsEnabled", true);
	json_t *endpoint;

	if (!json_array_size(groups))
		json_add_str(groups, ec2_id(&ec2_group, ec2_default_group(hub, vpc_id)));
	if (check_subnets(hub, c, subnets, vpc_id) < 0 ||
	    ec2_groups_check(hub, c, groups, vpc_id) < 0 ||
	    (private && check_private_dns(hub, c, vpc, service, NULL) < 0))
		return -1;
	endpoint = fresh(hub, c, "Interface", service);
	json_set_bool(endpoint, "privateDnsEnabled", private);
	json_object_set_new(endpoint, "groupSet", ec2_group_set(hub, groups));
	if (fill_interface_endpoint(hub, c, endpoint, subnets) < 0) {
		drop_interfaces(hub, endpoint);
		ec2_remove(hub, &ec2_endpoint, ec2_id(&ec2_endpoint, endpoint));
		return -1;
	}
	ec2_reply(hub, c, &ec2_endpoint, "vpcEndpoint", endpoint);
	return 0;
}

/* One service of this region, or one of another region that the local cloud cannot be. */
static int refuse_service(struct hub *hub, struct call *c, const char *name)
{
	OWN(str) char *own = str_printf("com.amazonaws.%s.", hub_region(hub));
	bool elsewhere = str_starts(name, "com.amazonaws.") && strchr(name, '-') &&
			 !str_starts(name, own) && !str_starts(name, "com.amazonaws.vpce.");

	return call_fail(c, 400, "InvalidServiceName",
			 "The Vpc Endpoint Service '%s' does not exist%s%s%s", name,
			 elsewhere ? "; the local cloud is " : "", elsewhere ? hub_region(hub) : "",
			 elsewhere ? " (com.amazonaws.${AWS::Region}.SERVICE fits any region)" : "");
}

/* Networks are IPv4 only, and endpoints are of this region. */
static int check_address_type(struct call *c)
{
	const char *type = json_str_or(c->in, "IpAddressType", "ipv4");
	const char *names = json_str_or(json_map(c->in, "DnsOptions"), "DnsRecordIpType", "ipv4");

	if (strcmp(type, "ipv4"))
		return ec2_invalid(c, type, "IpAddressType", "The local cloud is IPv4 only: ipv4.");
	if (strcmp(names, "ipv4") && strcmp(names, "service-defined"))
		return ec2_invalid(c, names, "DnsRecordIpType",
				   "The local cloud is IPv4 only: ipv4 or service-defined.");
	return 0;
}

int ec2_create_vpc_endpoint(struct hub *hub, struct call *c)
{
	json_t *vpc = ec2_named(hub, c, &ec2_vpc);
	const char *name = vpc ? ec2_need(c, "ServiceName") : NULL;
	const char *type = json_str_or(c->in, "VpcEndpointType", "Gateway");
	const char *service = name ? service_of(hub, name) : NULL;

	if (!name)
		return -1;
	if (!service)
		return refuse_service(hub, c, name);
	if (check_address_type(c) < 0)
		return -1;
	if (!strcmp(type, "Gateway"))
		return create_gateway(hub, c, service);
	if (!strcmp(type, "Interface"))
		return create_interface_endpoint(hub, c, vpc, service);
	return ec2_invalid(
		c, type, "vpcEndpointType",
		"Of the endpoint types Interface and Gateway are part of the local cloud.");
}

int ec2_delete_vpc_endpoints(struct hub *hub, struct call *c)
{
	OWN(json) json_t *ids = ec2_texts(c->in, "VpcEndpointId");
	json_t *failed = json_array(), *id;
	size_t i;

	json_object_set_new(c->out, "unsuccessful", failed);
	json_array_foreach(ids, i, id) {
		json_t *endpoint = hub_get(hub, ec2_endpoint.kind, json_string_value(id));

		if (!endpoint) {
			json_array_append_new(failed,
					      json_pack("{s:s, s:{s:s, s:s+}}", "resourceId",
							json_string_value(id), "error", "code",
							ec2_endpoint.missing_code, "message",
							"The Vpc Endpoint Id does not exist: ",
							json_string_value(id)));
			continue;
		}
		drop_interfaces(hub, endpoint);
		json_array_clear(json_list(endpoint, "routeTableIdSet"));
		ec2_gateway_routes(hub, endpoint);
		ec2_remove(hub, &ec2_endpoint, json_string_value(id));
	}
	return 0;
}

int ec2_describe_vpc_endpoints(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_endpoint);
}

/* ---- changes
 * ----------------------------------------------------------------------------------------- */

/* The list after Add.../Remove... of the request; caller's. */
static json_t *adjusted(const struct call *c, json_t *now, const char *what)
{
	OWN(str) char *add_key = str_printf("Add%s", what);
	OWN(str) char *remove_key = str_printf("Remove%s", what);
	OWN(json) json_t *add = ec2_texts(c->in, add_key);
	OWN(json) json_t *drop = ec2_texts(c->in, remove_key);
	json_t *list = json_array(), *item;
	size_t i;

	json_array_foreach(now, i, item)
		if (!ec2_has(drop, json_string_value(item)))
			json_array_append(list, item);
	json_array_foreach(add, i, item)
		if (!ec2_has(list, json_string_value(item)))
			json_array_append(list, item);
	json_decref(now);
	return list;
}

static int change_groups(struct hub *hub, struct call *c, json_t *endpoint)
{
	json_t *now = json_array(), *row, *id;
	OWN(json) json_t *wanted = NULL;
	size_t i;

	json_array_foreach(json_list(endpoint, "groupSet"), i, row)
		json_add_str(now, json_str(row, "groupId"));
	wanted = adjusted(c, now, "SecurityGroupId");
	if (ec2_groups_check(hub, c, wanted, json_str(endpoint, "vpcId")) < 0)
		return -1;
	json_object_set_new(endpoint, "groupSet", ec2_group_set(hub, wanted));
	json_array_foreach(json_list(endpoint, "networkInterfaceIdSet"), i, id) {
		json_t *interface = hub_get(hub, ec2_interface.kind, json_string_value(id));

		if (!interface)
			continue;
		json_object_set_new(interface, "groupSet", ec2_group_set(hub, wanted));
		ec2_put(hub, &ec2_interface, interface);
	}
	return 0;
}

static int change_subnets(struct hub *hub, struct call *c, json_t *endpoint)
{
	OWN(json)
	json_t *wanted = adjusted(c, json_copy(json_list(endpoint, "subnetIdSet")), "SubnetId");
	json_t *now = json_list(endpoint, "subnetIdSet"), *id;
	json_t *interfaces = json_list(endpoint, "networkInterfaceIdSet");
	struct err err = { 0 };
	size_t i;

	if (check_subnets(hub, c, wanted, json_str(endpoint, "vpcId")) < 0)
		return -1;
	for (i = json_array_size(now); i-- > 0;)
		if (!ec2_has(wanted, json_string_value(json_array_get(now, i)))) {
			drop_interface(hub, json_string_value(json_array_get(interfaces, i)));
			json_array_remove(now, i);
			json_array_remove(interfaces, i);
		}
	json_array_foreach(wanted, i, id)
		if (!ec2_has(now, json_string_value(id))) {
			OWN(json) json_t *one = NULL;

			if (add_interface(hub, c, endpoint, json_string_value(id)) < 0)
				return -1;
			one = json_pack(
				"{s:s, s:[O]}", "vpcEndpointId", ec2_id(&ec2_endpoint, endpoint),
				"networkInterfaceIdSet",
				json_array_get(interfaces, json_array_size(interfaces) - 1));
			if (ec2_endpoint_serve(hub, one, &err) < 0)
				return call_fail(c, 500, "InternalError", "%s", err.text);
		}
	return 0;
}

static int change_private_dns(struct hub *hub, struct call *c, json_t *endpoint)
{
	bool private = json_bool_or(c->in, "PrivateDnsEnabled", false);
	json_t *vpc = hub_get(hub, ec2_vpc.kind, json_str(endpoint, "vpcId"));

	if (private && check_private_dns(hub, c, vpc, json_str(endpoint, "_service"),
					 ec2_id(&ec2_endpoint, endpoint)) < 0)
		return -1;
	json_set_bool(endpoint, "privateDnsEnabled", private);
	set_dns_entries(hub, endpoint, json_str(endpoint, "_service"));
	return 0;
}

int ec2_modify_vpc_endpoint(struct hub *hub, struct call *c)
{
	json_t *endpoint = ec2_named(hub, c, &ec2_endpoint);
	bool gateway = str_eq(json_str(endpoint, "vpcEndpointType"), "Gateway");

	if (!endpoint)
		return -1;
	if (gateway) {
		OWN(json)
		json_t *tables = adjusted(c, json_copy(json_list(endpoint, "routeTableIdSet")),
					  "RouteTableId");

		if (set_tables(hub, c, endpoint, tables) < 0)
			return -1;
	} else if (change_groups(hub, c, endpoint) < 0 || change_subnets(hub, c, endpoint) < 0 ||
		   (json_object_get(c->in, "PrivateDnsEnabled") &&
		    change_private_dns(hub, c, endpoint) < 0)) {
		return -1;
	}
	json_set_str(endpoint, "policyDocument", json_str(c->in, "PolicyDocument"));
	ec2_put(hub, &ec2_endpoint, endpoint);
	ec2_ok(c);
	return 0;
}

/* ---- services
 * ------------------------------------------------------------------------- */

static const struct ec2_filter service_filters[] = {
	{ "service-name", "serviceName" },
	{ "service-type", "serviceType.serviceType" },
	{ 0 },
};

int ec2_describe_vpc_endpoint_services(struct hub *hub, struct call *c)
{
	OWN(json) json_t *wanted = ec2_texts(c->in, "ServiceName");
	json_t *names = json_array(), *details = json_array();

	json_object_set_new(c->out, "serviceNameSet", names);
	json_object_set_new(c->out, "serviceDetailSet", details);
	for (size_t i = 0; services[i]; i++) {
		OWN(str)
		char *name = str_printf("com.amazonaws.%s.%s", hub_region(hub), services[i]);
		OWN(json)
		json_t *row = json_pack("{s:s, s:[{s:s}], s:s, s:[]}", "serviceName", name,
					"serviceType", "serviceType",
					ec2_service_prefix_list(services[i]) ? "Gateway" : "Interface",
					"owner", "amazon", "availabilityZoneSet");

		for (size_t z = 0; hub_zones(hub)[z]; z++)
			json_add_str(json_list(row, "availabilityZoneSet"), hub_zones(hub)[z]);
		if ((json_array_size(wanted) && !ec2_has(wanted, name)) ||
		    !ec2_matches(service_filters, row, json_list(c->in, "Filter")))
			continue;
		json_add_str(names, name);
		json_array_append(details, row);
	}
	return 0;
}
