/* Network interfaces. What serves the address (a task, a mount target, ...) is kept in `_kind`. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static const struct ec2_filter interface_filters[] = {
	{ "network-interface-id", "networkInterfaceId" },
	{ "vpc-id", "vpcId" },
	{ "subnet-id", "subnetId" },
	{ "group-id", "groupSet.groupId" },
	{ "group-name", "groupSet.groupName" },
	{ "availability-zone", "availabilityZone" },
	{ "private-ip-address", "privateIpAddress" },
	{ "addresses.private-ip-address", "privateIpAddress" },
	{ "association.public-ip", "association.publicIp" },
	{ "description", "description" },
	{ "status", "status" },
	{ "interface-type", "interfaceType" },
	{ "requester-managed", "requesterManaged" },
	{ "owner-id", "ownerId" },
	{ "mac-address", "macAddress" },
	{ 0 },
};
const struct ec2_thing ec2_interface = {
	.kind = "ec2:network-interface",
	.prefix = "eni-",
	.id_key = "networkInterfaceId",
	.in_key = "NetworkInterfaceId",
	.set = "networkInterfaceSet",
	.tag_type = "network-interface",
	.missing_code = "InvalidNetworkInterfaceID.NotFound",
	.missing_head = "The networkInterface ID '",
	.missing_tail = "' does not exist",
	.filters = interface_filters,
};

static const char *const kinds[] = { "task",	 "mount-target", "endpoint", "instance",
				     "nat",	 NULL };

static bool served_by_daemon(const json_t *interface)
{
	const char *kind = json_str_or(interface, "_kind", "task");

	return !strcmp(kind, "mount-target") || !strcmp(kind, "endpoint");
}

int ec2_interface_attach(struct hub *hub, const json_t *interface, struct err *err)
{
	uint32_t address;

	if (!hub_fabric(hub) || !served_by_daemon(interface) ||
	    ip_parse(json_str(interface, "privateIpAddress"), &address) < 0)
		return 0;
	return fabric_interface_add(hub_fabric(hub), json_str(interface, "vpcId"),
				    ec2_id(&ec2_interface, interface), address, err);
}

/* 0a:xx:.. derived from the address: unique within a VPC and stable. */
static char *mac_of(uint32_t address)
{
	return str_printf("0a:58:%02x:%02x:%02x:%02x", address >> 24, address >> 16 & 255,
			  address >> 8 & 255, address & 255);
}

static json_t *build(struct hub *hub, struct call *c, const json_t *subnet, const json_t *groups,
		     uint32_t address, const char *kind)
{
	OWN(str) char *ip = ip_format(address);
	OWN(str) char *mac = mac_of(address);
	OWN(str) char *dns = str_printf("ip-%u-%u-%u-%u.ec2.internal", address >> 24,
					address >> 16 & 255, address >> 8 & 255, address & 255);
	bool used = json_object_get(c->in, "mpcup:kind") != NULL;
	json_t *o = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:o, s:[{s:s, s:b, s:s}], "
		"s:s}",
		"subnetId", ec2_id(&ec2_subnet, subnet), "vpcId", json_str(subnet, "vpcId"),
		"availabilityZone", json_str(subnet, "availabilityZone"), "description",
		json_str_or(c->in, "Description", ""), "status", used ? "in-use" : "available",
		"macAddress", mac, "privateIpAddress", ip, "privateDnsName", dns,
		"sourceDestCheck", strcmp(kind, "nat") != 0, "requesterManaged", used,
		"interfaceType",
		!strcmp(kind, "nat")	    ? "nat_gateway"
		: !strcmp(kind, "endpoint") ? "vpc_endpoint"
					    : "interface",
		"groupSet", ec2_group_set(hub, groups), "privateIpAddressesSet",
		"privateIpAddress", ip, "primary", 1, "privateDnsName", dns, "_kind", kind);

	if (json_bool_or(c->in, "mpcup:public", false)) {
		OWN(str) char *public = ec2_public_address(hub);

		json_object_set_new(o, "association",
				    json_pack("{s:s, s:s}", "publicIp", public, "ipOwnerId",
					      "amazon"));
	}
	return o;
}

static int pick_groups(struct hub *hub, struct call *c, const json_t *subnet, json_t **ret)
{
	OWN(json) json_t *groups = ec2_texts(c->in, "SecurityGroupId");
	const char *vpc = json_str(subnet, "vpcId");

	if (!json_array_size(groups) && !str_eq(json_str(c->in, "mpcup:kind"), "nat"))
		json_add_str(groups, ec2_id(&ec2_group, ec2_default_group(hub, vpc)));
	if (ec2_groups_check(hub, c, groups, vpc) < 0)
		return -1;
	*ret = GIVE(groups);
	return 0;
}

int ec2_create_network_interface(struct hub *hub, struct call *c)
{
	const char *kind = json_str_or(c->in, "mpcup:kind", "task");
	json_t *subnet = ec2_named(hub, c, &ec2_subnet), *o;
	OWN(json) json_t *groups = NULL;
	struct err err = { 0 };
	uint32_t address;
	size_t known = 0;

	while (kinds[known] && strcmp(kinds[known], kind) != 0)
		known++;
	if (!kinds[known])
		return ec2_invalid(c, kind, "mpcup:kind", "Unknown kind of interface.");
	if (!subnet || pick_groups(hub, c, subnet, &groups) < 0 ||
	    ec2_address_take(hub, c, subnet, json_str(c->in, "PrivateIpAddress"), &address) < 0)
		return -1;
	o = ec2_new(hub, c, &ec2_interface, build(hub, c, subnet, groups, address, kind));
	if (ec2_interface_attach(hub, o, &err) < 0) {
		ec2_remove(hub, &ec2_interface, ec2_id(&ec2_interface, o));
		ec2_address_release(hub, ec2_id(&ec2_subnet, subnet), address);
		return call_fail(c, 500, "InternalError", "An internal error has occurred: %s",
				 err.text);
	}
	ec2_reply(hub, c, &ec2_interface, "networkInterface", o);
	return 0;
}

/* Over the wire only free interfaces can go. The services that own the others call in-process: such
 * calls have no headers. */
static bool in_use(const struct call *c, const json_t *o)
{
	return c->headers && str_eq(json_str(o, "status"), "in-use");
}

int ec2_delete_network_interface(struct hub *hub, struct call *c)
{
	json_t *o = ec2_named(hub, c, &ec2_interface), *address;
	uint32_t at;

	if (!o)
		return -1;
	address = hub_get(hub, ec2_address.kind,
			  json_str(json_map(o, "association"), "allocationId"));
	if (address || str_eq(json_str(o, "_kind"), "nat") || in_use(c, o))
		return call_fail(c, 400, "InvalidParameterValue",
				 "Network interface '%s' is currently in use.",
				 ec2_id(&ec2_interface, o));
	if (hub_fabric(hub) && served_by_daemon(o))
		fabric_interface_remove(hub_fabric(hub), ec2_id(&ec2_interface, o));
	if (ip_parse(json_str(o, "privateIpAddress"), &at) == 0)
		ec2_address_release(hub, json_str(o, "subnetId"), at);
	ec2_remove(hub, &ec2_interface, ec2_id(&ec2_interface, o));
	ec2_ok(c);
	return 0;
}

int ec2_describe_network_interfaces(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_interface);
}

int ec2_modify_network_interface_attribute(struct hub *hub, struct call *c)
{
	json_t *o = ec2_named(hub, c, &ec2_interface);
	OWN(json) json_t *groups = ec2_texts(c->in, "SecurityGroupId");

	if (!o)
		return -1;
	if (!json_array_size(groups))
		return call_fail(c, 400, "InvalidParameterCombination",
				 "Of the interface attributes only the security groups can be "
				 "modified here.");
	if (ec2_groups_check(hub, c, groups, json_str(o, "vpcId")) < 0)
		return -1;
	json_object_set_new(o, "groupSet", ec2_group_set(hub, groups));
	ec2_put(hub, &ec2_interface, o);
	ec2_ok(c);
	return 0;
}
