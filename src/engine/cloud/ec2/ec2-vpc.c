/* VPCs and subnets. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

/* ---- VPC ---------------------------------------------------------------------------------------- */

static const struct ec2_filter vpc_filters[] = {
	{ "vpc-id", "vpcId" },
	{ "cidr", "cidrBlock" },
	{ "cidr-block", "cidrBlock" },
	{ "cidr-block-association.cidr-block", "cidrBlockAssociationSet.cidrBlock" },
	{ "is-default", "isDefault" },
	{ "isDefault", "isDefault" },
	{ "owner-id", "ownerId" },
	{ "state", "state" },
	{ 0 },
};
const struct ec2_thing ec2_vpc = {
	.kind = "ec2:vpc",
	.prefix = "vpc-",
	.id_key = "vpcId",
	.in_key = "VpcId",
	.set = "vpcSet",
	.tag_type = "vpc",
	.missing_code = "InvalidVpcID.NotFound",
	.missing_head = "The vpc ID '",
	.missing_tail = "' does not exist",
	.filters = vpc_filters,
};

static int parse_block(struct call *c, const char *text, const char *code, uint32_t *ret_base,
		       unsigned *ret_bits)
{
	if (ip_parse_cidr(text, ret_base, ret_bits) < 0)
		return ec2_invalid(c, text, "cidrBlock", "This is not a valid CIDR block.");
	if (*ret_bits < 16 || *ret_bits > 28)
		return call_fail(c, 400, code, "The CIDR '%s' is invalid.", text);
	return 0;
}

/* The packet filter's side of a new VPC; without it nothing in the VPC could ever run. */
static int add_to_fabric(struct hub *hub, struct call *c, const char *id, uint32_t base,
			 unsigned bits)
{
	struct err err = { 0 };

	if (!hub_fabric(hub) || fabric_vpc_add(hub_fabric(hub), id, base, bits, &err) == 0)
		return 0;
	return call_fail(c, 500, "InternalError", "An internal error has occurred: %s", err.text);
}

int ec2_create_vpc(struct hub *hub, struct call *c)
{
	const char *block = ec2_need(c, "CidrBlock");
	const char *tenancy = json_str_or(c->in, "InstanceTenancy", "default");
	OWN(str) char *association = hub_id(hub, "vpc-cidr-assoc-", 17);
	OWN(str) char *dhcp = hub_id(hub, "dopt-", 17);
	uint32_t base;
	unsigned bits;
	json_t *vpc;

	if (!block || parse_block(c, block, "InvalidVpc.Range", &base, &bits) < 0)
		return -1;
	if (strcmp(tenancy, "default") != 0 && strcmp(tenancy, "dedicated") != 0)
		return ec2_invalid(c, tenancy, "instanceTenancy", "Unknown tenancy.");
	vpc = ec2_new(hub, c, &ec2_vpc,
		      json_pack("{s:s, s:s, s:s, s:s, s:b, s:[{s:s, s:s, s:{s:s}}], s:b, s:b}",
				"state", "available", "cidrBlock", block, "dhcpOptionsId", dhcp,
				"instanceTenancy", tenancy, "isDefault", 0,
				"cidrBlockAssociationSet", "associationId", association,
				"cidrBlock", block, "cidrBlockState", "state", "associated",
				"_dnsSupport", 1, "_dnsHostnames", 0));
	if (add_to_fabric(hub, c, ec2_id(&ec2_vpc, vpc), base, bits) < 0) {
		ec2_remove(hub, &ec2_vpc, ec2_id(&ec2_vpc, vpc));
		return -1;
	}
	ec2_main_table_new(hub, vpc);
	ec2_default_group_new(hub, vpc);
	ec2_default_acl_new(hub, vpc);
	ec2_reply(hub, c, &ec2_vpc, "vpc", vpc);
	return 0;
}

static bool attached_here(const json_t *gateway, const char *vpc)
{
	return str_eq(json_str(json_path(gateway, "attachmentSet.0"), "vpcId"), vpc);
}

/* What an operator made inside the VPC; the main table, the default group and ACL do not count. */
static bool has_dependents(struct hub *hub, const char *vpc)
{
	const struct ec2_thing *const inside[] = { &ec2_subnet, &ec2_interface, &ec2_nat_gateway,
						   &ec2_endpoint };
	const char *id;
	json_t *o;

	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (ec2_first(hub, inside[i], "vpcId", vpc))
			return true;
	json_object_foreach(hub_all(hub, ec2_group.kind), id, o)
		if (str_eq(json_str(o, "vpcId"), vpc) && !json_bool_or(o, "_default", false))
			return true;
	json_object_foreach(hub_all(hub, ec2_acl.kind), id, o)
		if (str_eq(json_str(o, "vpcId"), vpc) && !json_bool_or(o, "default", false))
			return true;
	json_object_foreach(hub_all(hub, ec2_route_table.kind), id, o)
		if (str_eq(json_str(o, "vpcId"), vpc) && !json_bool_or(o, "_main", false))
			return true;
	json_object_foreach(hub_all(hub, ec2_internet_gateway.kind), id, o)
		if (attached_here(o, vpc))
			return true;
	return false;
}

int ec2_delete_vpc(struct hub *hub, struct call *c)
{
	json_t *vpc = ec2_named(hub, c, &ec2_vpc), *inside;
	OWN(str) char *id = NULL;

	if (!vpc)
		return -1;
	id = str_dup(ec2_id(&ec2_vpc, vpc));
	if (has_dependents(hub, id))
		return call_fail(c, 400, "DependencyViolation",
				 "The vpc '%s' has dependencies and cannot be deleted.", id);
	while ((inside = ec2_first(hub, &ec2_route_table, "vpcId", id)))
		ec2_remove(hub, &ec2_route_table, ec2_id(&ec2_route_table, inside));
	while ((inside = ec2_first(hub, &ec2_acl, "vpcId", id)))
		ec2_remove(hub, &ec2_acl, ec2_id(&ec2_acl, inside));
	while ((inside = ec2_first(hub, &ec2_group, "vpcId", id)))
		ec2_group_drop(hub, ec2_id(&ec2_group, inside));
	ec2_remove(hub, &ec2_vpc, id);
	if (hub_fabric(hub))
		fabric_vpc_remove(hub_fabric(hub), id);
	ec2_ok(c);
	return 0;
}

int ec2_describe_vpcs(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_vpc);
}

int ec2_describe_vpc_attribute(struct hub *hub, struct call *c)
{
	json_t *vpc = ec2_named(hub, c, &ec2_vpc);
	const char *attribute = vpc ? ec2_need(c, "Attribute") : NULL;
	const char *member;

	if (!attribute)
		return -1;
	if (!strcmp(attribute, "enableDnsSupport"))
		member = "_dnsSupport";
	else if (!strcmp(attribute, "enableDnsHostnames"))
		member = "_dnsHostnames";
	else
		return ec2_invalid(c, attribute, "attribute",
				   "Known here: enableDnsSupport, enableDnsHostnames.");
	json_set_str(c->out, "vpcId", ec2_id(&ec2_vpc, vpc));
	json_object_set_new(c->out, attribute,
			    json_pack("{s:b}", "value", json_bool_or(vpc, member, false)));
	return 0;
}

int ec2_modify_vpc_attribute(struct hub *hub, struct call *c)
{
	json_t *vpc = ec2_named(hub, c, &ec2_vpc);
	const json_t *support = json_map(c->in, "EnableDnsSupport");
	const json_t *hostnames = json_map(c->in, "EnableDnsHostnames");

	if (!vpc)
		return -1;
	if (support && hostnames)
		return call_fail(c, 400, "InvalidParameterCombination",
				 "Only one attribute can be modified at a time");
	if (!support && !hostnames)
		return call_fail(c, 400, "InvalidParameterCombination",
				 "No attributes specified.");
	if (support)
		json_set_bool(vpc, "_dnsSupport", json_bool_or(support, "Value", true));
	if (hostnames)
		json_set_bool(vpc, "_dnsHostnames", json_bool_or(hostnames, "Value", false));
	ec2_put(hub, &ec2_vpc, vpc);
	ec2_ok(c);
	return 0;
}

/* ---- subnets -------------------------------------------------------------------------------------- */

static json_t *show_subnet(struct hub *hub, const json_t *o)
{
	json_t *shown = json_deep_copy(o);

	json_set_int(shown, "availableIpAddressCount", ec2_address_free_count(hub, o));
	return shown;
}

static const struct ec2_filter subnet_filters[] = {
	{ "subnet-id", "subnetId" },
	{ "vpc-id", "vpcId" },
	{ "availability-zone", "availabilityZone" },
	{ "availabilityZone", "availabilityZone" },
	{ "availability-zone-id", "availabilityZoneId" },
	{ "cidr", "cidrBlock" },
	{ "cidrBlock", "cidrBlock" },
	{ "cidr-block", "cidrBlock" },
	{ "default-for-az", "defaultForAz" },
	{ "map-public-ip-on-launch", "mapPublicIpOnLaunch" },
	{ "owner-id", "ownerId" },
	{ "state", "state" },
	{ 0 },
};
const struct ec2_thing ec2_subnet = {
	.kind = "ec2:subnet",
	.prefix = "subnet-",
	.id_key = "subnetId",
	.in_key = "SubnetId",
	.set = "subnetSet",
	.tag_type = "subnet",
	.missing_code = "InvalidSubnetID.NotFound",
	.missing_head = "The subnet ID '",
	.missing_tail = "' does not exist",
	.filters = subnet_filters,
	.render = show_subnet,
};

static int pick_zone(struct hub *hub, struct call *c, const char **ret)
{
	const char *const *zones = hub_zones(hub);
	const char *want = json_str(c->in, "AvailabilityZone");
	OWN(buf) struct buf known = { 0 };

	if (!want)
		want = zones[0];
	for (size_t i = 0; zones[i]; i++) {
		if (!strcmp(zones[i], want)) {
			*ret = zones[i];
			return 0;
		}
		buf_printf(&known, "%s%s", i ? ", " : "", zones[i]);
	}
	return call_fail(c, 400, "InvalidParameterValue",
			 "Value (%s) for parameter availabilityZone is invalid. Subnets can "
			 "currently only be created in the following availability zones: %s.",
			 want, known.data);
}

static int check_overlap(struct hub *hub, struct call *c, const char *vpc, uint32_t base,
			 unsigned bits)
{
	const char *id;
	json_t *o;

	json_object_foreach(hub_all(hub, ec2_subnet.kind), id, o) {
		uint32_t other;
		unsigned other_bits;

		if (!str_eq(json_str(o, "vpcId"), vpc) ||
		    ip_parse_cidr(json_str(o, "cidrBlock"), &other, &other_bits) < 0)
			continue;
		if (ip_in_cidr(base, other, other_bits) || ip_in_cidr(other, base, bits))
			return call_fail(c, 400, "InvalidSubnet.Conflict",
					 "The CIDR '%s' conflicts with another subnet",
					 json_str(c->in, "CidrBlock"));
	}
	return 0;
}

static int check_block(struct hub *hub, struct call *c, const json_t *vpc)
{
	const char *block = ec2_need(c, "CidrBlock");
	uint32_t base, vpc_base;
	unsigned bits, vpc_bits;

	if (!block || parse_block(c, block, "InvalidSubnet.Range", &base, &bits) < 0)
		return -1;
	if (ip_parse_cidr(json_str(vpc, "cidrBlock"), &vpc_base, &vpc_bits) < 0 ||
	    bits < vpc_bits || !ip_in_cidr(base, vpc_base, vpc_bits))
		return call_fail(c, 400, "InvalidSubnet.Range", "The CIDR '%s' is invalid.",
				 block);
	return check_overlap(hub, c, ec2_id(&ec2_vpc, vpc), base, bits);
}

/* "us-east-1b" is "use1-az2", as zone ids are built. */
static char *zone_id(const char *zone)
{
	const char *dash = strchr(zone, '-'), *last = strrchr(zone, '-');

	if (!dash || last <= dash)
		return str_dup(zone);
	return str_printf("%.*s%c%c-az%d", (int)(dash - zone), zone, dash[1], last[1],
			  last[2] ? last[2] - 'a' + 1 : 1);
}

int ec2_create_subnet(struct hub *hub, struct call *c)
{
	json_t *vpc = ec2_named(hub, c, &ec2_vpc), *subnet;
	OWN(str) char *zone_short = NULL;
	const char *zone;

	if (!vpc || pick_zone(hub, c, &zone) < 0 || check_block(hub, c, vpc) < 0)
		return -1;
	zone_short = zone_id(zone);
	subnet = ec2_new(hub, c, &ec2_subnet,
			 json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b}", "vpcId",
				   ec2_id(&ec2_vpc, vpc), "state", "available", "cidrBlock",
				   json_str(c->in, "CidrBlock"), "availabilityZone", zone,
				   "availabilityZoneId", zone_short, "mapPublicIpOnLaunch", 0,
				   "defaultForAz", 0, "assignIpv6AddressOnCreation", 0));
	{
		OWN(str) char *path = str_printf("subnet/%s", ec2_id(&ec2_subnet, subnet));
		OWN(str) char *arn = hub_arn(hub, "ec2", path);

		json_set_str(subnet, "subnetArn", arn);
	}
	ec2_acl_adopt_subnet(hub, subnet);
	ec2_put(hub, &ec2_subnet, subnet);
	ec2_reply(hub, c, &ec2_subnet, "subnet", subnet);
	return 0;
}

/* A subnet that goes takes its associations with it, as in the real thing. */
static void forget_associations(struct hub *hub, const char *subnet)
{
	const char *id;
	json_t *table;

	json_object_foreach(hub_all(hub, ec2_route_table.kind), id, table) {
		json_t *set = json_list(table, "associationSet");

		for (size_t i = json_array_size(set); i-- > 0;)
			if (str_eq(json_str(json_array_get(set, i), "subnetId"), subnet)) {
				json_array_remove(set, i);
				ec2_put(hub, &ec2_route_table, table);
			}
	}
	ec2_acl_forget_subnet(hub, subnet);
}

int ec2_delete_subnet(struct hub *hub, struct call *c)
{
	json_t *subnet = ec2_named(hub, c, &ec2_subnet);
	OWN(str) char *id = NULL;

	if (!subnet)
		return -1;
	id = str_dup(ec2_id(&ec2_subnet, subnet));
	if (ec2_first(hub, &ec2_interface, "subnetId", id))
		return call_fail(c, 400, "DependencyViolation",
				 "The subnet '%s' has dependencies and cannot be deleted.", id);
	forget_associations(hub, id);
	ec2_remove(hub, &ec2_subnet, id);
	ec2_ok(c);
	return 0;
}

int ec2_describe_subnets(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_subnet);
}

int ec2_modify_subnet_attribute(struct hub *hub, struct call *c)
{
	json_t *subnet = ec2_named(hub, c, &ec2_subnet);
	const json_t *public = json_map(c->in, "MapPublicIpOnLaunch");

	if (!subnet)
		return -1;
	if (!public)
		return call_fail(c, 400, "InvalidParameterCombination",
				 "Of the subnet attributes only MapPublicIpOnLaunch can be "
				 "modified here.");
	json_set_bool(subnet, "mapPublicIpOnLaunch", json_bool_or(public, "Value", false));
	ec2_put(hub, &ec2_subnet, subnet);
	ec2_ok(c);
	return 0;
}
