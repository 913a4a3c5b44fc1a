/* Kinds: VPC, Subnet, RouteTable, Route, SubnetRouteTableAssociation, NetworkAcl and its parts. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

/* ---- AWS::EC2::VPC
 * ---------------------------------------------------------------------------------- */

static int set_dns(struct hub *hub, struct resource *r, const char *property, bool otherwise,
		   struct err *err)
{
	bool on = json_bool_or(r->properties, property, otherwise);
	OWN(json)
	json_t *in = json_pack("{s:s, s:{s:s}}", "VpcId", r->physical, property, "Value",
			       on ? "true" : "false");

	return ec2_api(hub, r, "ModifyVpcAttribute", in, NULL, err);
}

/* Hostnames need support; both are always written, so the order does not matter here. */
static int set_vpc_dns(struct hub *hub, struct resource *r, struct err *err)
{
	if (set_dns(hub, r, "EnableDnsSupport", true, err) < 0)
		return -1;
	return set_dns(hub, r, "EnableDnsHostnames", false, err);
}

static void vpc_attributes(struct hub *hub, struct resource *r)
{
	const json_t *vpc = hub_get(hub, ec2_vpc.kind, r->physical);
	const json_t *association = json_path(vpc, "cidrBlockAssociationSet.0");
	const json_t *acl = ec2_first(hub, &ec2_acl, "vpcId", r->physical);

	ec2_attribute(r, "VpcId", r->physical);
	ec2_attribute(r, "CidrBlock", json_str(vpc, "cidrBlock"));
	ec2_attribute(r, "DefaultSecurityGroup",
		      ec2_id(&ec2_group, ec2_default_group(hub, r->physical)));
	ec2_attribute(r, "DefaultNetworkAcl", ec2_id(&ec2_acl, acl));
	json_object_set_new(r->attributes, "CidrBlockAssociations",
			    json_pack("[s]", json_str_or(association, "associationId", "")));
	json_object_set_new(r->attributes, "Ipv6CidrBlocks", json_array());
}

static int create_vpc(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object(), *out = NULL;

	ec2_take(r, in, "CidrBlock", "CidrBlock");
	ec2_take(r, in, "InstanceTenancy", "InstanceTenancy");
	if (ec2_api(hub, r, "CreateVpc", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(json_map(out, "vpc"), "vpcId"));
	ec2_tag(hub, r, r->physical);
	vpc_attributes(hub, r);
	return set_vpc_dns(hub, r, err);
}

static int update_vpc(struct hub *hub, struct resource *r, struct err *err)
{
	ec2_tag(hub, r, r->physical);
	vpc_attributes(hub, r);
	return set_vpc_dns(hub, r, err);
}

static int remove_vpc(struct hub *hub, struct resource *r, struct err *err)
{
	return ec2_drop(hub, r, &ec2_vpc, "DeleteVpc", err);
}

static const char *const vpc_replace[] = { "CidrBlock", "InstanceTenancy", NULL };
static const char *const vpc_allowed[] = {
	"CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags", NULL
};
const struct resource_kind ec2_kind_vpc = {
	.type = "AWS::EC2::VPC",
	.create = create_vpc,
	.update = update_vpc,
	.remove = remove_vpc,
	.settle = remove_vpc,
	.replace_on = vpc_replace,
	.allowed = vpc_allowed,
};

/* ---- AWS::EC2::Subnet
 * ------------------------------------------------------------------------------- */

static void subnet_attributes(struct hub *hub, struct resource *r)
{
	const json_t *subnet = hub_get(hub, ec2_subnet.kind, r->physical);
	const char *id;
	json_t *acl, *row;
	size_t i;

	ec2_attribute(r, "SubnetId", r->physical);
	ec2_attribute(r, "VpcId", json_str(subnet, "vpcId"));
	ec2_attribute(r, "AvailabilityZone", json_str(subnet, "availabilityZone"));
	ec2_attribute(r, "AvailabilityZoneId", json_str(subnet, "availabilityZoneId"));
	ec2_attribute(r, "CidrBlock", json_str(subnet, "cidrBlock"));
	json_object_set_new(r->attributes, "Ipv6CidrBlocks", json_array());
	json_object_foreach(hub_all(hub, ec2_acl.kind), id, acl)
		json_array_foreach(json_list(acl, "associationSet"), i, row)
			if (str_eq(json_str(row, "subnetId"), r->physical))
				ec2_attribute(r, "NetworkAclAssociationId",
					      json_str(row, "networkAclAssociationId"));
}

static int set_public(struct hub *hub, struct resource *r, struct err *err)
{
	bool on = json_bool_or(r->properties, "MapPublicIpOnLaunch", false);
	OWN(json)
	json_t *in = json_pack("{s:s, s:{s:s}}", "SubnetId", r->physical, "MapPublicIpOnLaunch",
			       "Value", on ? "true" : "false");

	return ec2_api(hub, r, "ModifySubnetAttribute", in, NULL, err);
}

static int create_subnet(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object(), *out = NULL;

	ec2_take(r, in, "VpcId", "VpcId");
	ec2_take(r, in, "CidrBlock", "CidrBlock");
	ec2_take(r, in, "AvailabilityZone", "AvailabilityZone");
	if (ec2_api(hub, r, "CreateSubnet", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(json_map(out, "subnet"), "subnetId"));
	ec2_tag(hub, r, r->physical);
	subnet_attributes(hub, r);
	return set_public(hub, r, err);
}

static int update_subnet(struct hub *hub, struct resource *r, struct err *err)
{
	ec2_tag(hub, r, r->physical);
	subnet_attributes(hub, r);
	return set_public(hub, r, err);
}

static int remove_subnet(struct hub *hub, struct resource *r, struct err *err)
{
	return ec2_drop(hub, r, &ec2_subnet, "DeleteSubnet", err);
}

static const char *const subnet_replace[] = { "VpcId", "AvailabilityZone", "CidrBlock", NULL };
static const char *const subnet_required[] = { "VpcId", NULL };
static const char *const subnet_allowed[] = { "VpcId",	   "AvailabilityZone",
					      "CidrBlock", "MapPublicIpOnLaunch",
					      "Tags",	   NULL };
const struct resource_kind ec2_kind_subnet = {
	.type = "AWS::EC2::Subnet",
	.create = create_subnet,
	.update = update_subnet,
	.remove = remove_subnet,
	.settle = remove_subnet,
	.replace_on = subnet_replace,
	.allowed = subnet_allowed,
	.required = subnet_required,
};

/* ---- AWS::EC2::RouteTable
 * ---------------------------------------------------------------------------- */

static int create_table(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object(), *out = NULL;

	ec2_take(r, in, "VpcId", "VpcId");
	if (ec2_api(hub, r, "CreateRouteTable", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(json_map(out, "routeTable"), "routeTableId"));
	ec2_attribute(r, "RouteTableId", r->physical);
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int update_tags(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int remove_table(struct hub *hub, struct resource *r, struct err *err)
{
	return ec2_drop(hub, r, &ec2_route_table, "DeleteRouteTable", err);
}

static const char *const only_vpc[] = { "VpcId", NULL };
static const char *const vpc_and_tags[] = { "VpcId", "Tags", NULL };
const struct resource_kind ec2_kind_route_table = {
	.type = "AWS::EC2::RouteTable",
	.create = create_table,
	.update = update_tags,
	.remove = remove_table,
	.settle = remove_table,
	.replace_on = only_vpc,
	.allowed = vpc_and_tags,
	.required = only_vpc,
};

/* ---- AWS::EC2::Route
 * ------------------------------------------------------------------------------------ */

static json_t *route_input(const struct resource *r)
{
	json_t *in = json_object();

	ec2_take(r, in, "RouteTableId", "RouteTableId");
	ec2_take(r, in, "DestinationCidrBlock", "DestinationCidrBlock");
	ec2_take(r, in, "GatewayId", "GatewayId");
	ec2_take(r, in, "NatGatewayId", "NatGatewayId");
	return in;
}

static int create_route(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = route_input(r);

	if (ec2_api(hub, r, "CreateRoute", in, NULL, err) < 0)
		return -1;
	r->physical = str_printf("%s|%s", json_str(in, "RouteTableId"),
				 json_str(in, "DestinationCidrBlock"));
	ec2_attribute(r, "CidrBlock", json_str(in, "DestinationCidrBlock"));
	return RESOURCE_DONE;
}

static int update_route(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = route_input(r);

	return ec2_api(hub, r, "ReplaceRoute", in, NULL, err);
}

/* "a|b" in two; ret_b points into *ret_a's memory. */
static char *split(const char *physical, const char **ret_b)
{
	char *copy = str_dup(physical), *bar = strchr(copy, '|');

	*ret_b = bar ? bar + 1 : "";
	if (bar)
		*bar = 0;
	return copy;
}

static int remove_route(struct hub *hub, struct resource *r, struct err *err)
{
	const char *block;
	OWN(str) char *table = NULL;
	OWN(json) json_t *in = NULL;

	if (!r->physical)
		return RESOURCE_DONE;
	table = split(r->physical, &block);
	in = json_pack("{s:s, s:s}", "RouteTableId", table, "DestinationCidrBlock", block);
	if (ec2_api(hub, r, "DeleteRoute", in, NULL, err) < 0 && strcmp(r->error_code, "NotFound"))
		return -1;
	r->error_code[0] = 0;
	return RESOURCE_DONE;
}

static const char *const route_replace[] = { "RouteTableId", "DestinationCidrBlock", NULL };
static const char *const route_required[] = { "RouteTableId", NULL };
static const char *const route_allowed[] = { "RouteTableId", "DestinationCidrBlock", "GatewayId",
					     "NatGatewayId", NULL };
const struct resource_kind ec2_kind_route = {
	.type = "AWS::EC2::Route",
	.create = create_route,
	.update = update_route,
	.remove = remove_route,
	.replace_on = route_replace,
	.allowed = route_allowed,
	.required = route_required,
};

/* ---- AWS::EC2::SubnetRouteTableAssociation
 * ------------------------------------------------------------- */

static int create_association(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object(), *out = NULL;

	ec2_take(r, in, "RouteTableId", "RouteTableId");
	ec2_take(r, in, "SubnetId", "SubnetId");
	if (ec2_api(hub, r, "AssociateRouteTable", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(out, "associationId"));
	ec2_attribute(r, "Id", r->physical);
	return RESOURCE_DONE;
}

static int remove_association(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = NULL;

	if (!r->physical)
		return RESOURCE_DONE;
	in = json_pack("{s:s}", "AssociationId", r->physical);
	if (ec2_api(hub, r, "DisassociateRouteTable", in, NULL, err) < 0 &&
	    strcmp(r->error_code, "NotFound"))
		return -1;
	r->error_code[0] = 0;
	return RESOURCE_DONE;
}

static const char *const table_and_subnet[] = { "RouteTableId", "SubnetId", NULL };
const struct resource_kind ec2_kind_route_table_association = {
	.type = "AWS::EC2::SubnetRouteTableAssociation",
	.create = create_association,
	.remove = remove_association,
	.replace_on = table_and_subnet,
	.allowed = table_and_subnet,
	.required = table_and_subnet,
};

/* ---- AWS::EC2::NetworkAcl
 * --------------------------------------------------------------------------------- */

static int create_acl(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object(), *out = NULL;

	ec2_take(r, in, "VpcId", "VpcId");
	if (ec2_api(hub, r, "CreateNetworkAcl", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(json_map(out, "networkAcl"), "networkAclId"));
	ec2_attribute(r, "Id", r->physical);
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int remove_acl(struct hub *hub, struct resource *r, struct err *err)
{
	return ec2_drop(hub, r, &ec2_acl, "DeleteNetworkAcl", err);
}

const struct resource_kind ec2_kind_acl = {
	.type = "AWS::EC2::NetworkAcl",
	.create = create_acl,
	.update = update_tags,
	.remove = remove_acl,
	.settle = remove_acl,
	.replace_on = only_vpc,
	.allowed = vpc_and_tags,
	.required = only_vpc,
};

/* ---- AWS::EC2::NetworkAclEntry
 * ------------------------------------------------------------------------------ */

static const char *const entry_allowed[] = { "NetworkAclId", "RuleNumber", "Protocol",
					     "RuleAction",   "CidrBlock",  "Egress",
					     "PortRange",    "Icmp",	   "Ipv6CidrBlock",
					     NULL };

static json_t *entry_input(const struct resource *r)
{
	json_t *in = json_object();

	for (size_t i = 0; entry_allowed[i]; i++)
		ec2_take(r, in, entry_allowed[i], entry_allowed[i]);
	return in;
}

static int create_entry(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = entry_input(r);

	if (ec2_api(hub, r, "CreateNetworkAclEntry", in, NULL, err) < 0)
		return -1;
	r->physical = hub_physical_name(hub, r, 255, false);
	ec2_attribute(r, "Id", r->physical);
	return RESOURCE_DONE;
}

static int update_entry(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = entry_input(r);

	return ec2_api(hub, r, "ReplaceNetworkAclEntry", in, NULL, err);
}

static int remove_entry(struct hub *hub, struct resource *r, struct err *err)
{
	struct resource last = *r;
	OWN(json) json_t *in = NULL;

	if (!r->physical)
		return RESOURCE_DONE;
	if (!last.properties)
		last.properties = last.previous;
	in = entry_input(&last);
	if (ec2_api(hub, r, "DeleteNetworkAclEntry", in, NULL, err) < 0 &&
	    strcmp(r->error_code, "NotFound"))
		return -1;
	r->error_code[0] = 0;
	return RESOURCE_DONE;
}

static const char *const entry_replace[] = { "NetworkAclId", "RuleNumber", "Egress", NULL };
static const char *const entry_required[] = { "NetworkAclId", "RuleNumber", "Protocol",
					      "RuleAction", NULL };
const struct resource_kind ec2_kind_acl_entry = {
	.type = "AWS::EC2::NetworkAclEntry",
	.create = create_entry,
	.update = update_entry,
	.remove = remove_entry,
	.replace_on = entry_replace,
	.allowed = entry_allowed,
	.required = entry_required,
};

/* ---- AWS::EC2::SubnetNetworkAclAssociation
 * -------------------------------------------------------------------- */

/* The subnet's association, whichever ACL it has now. */
static const char *acl_association(struct hub *hub, const char *key, const char *value,
				   const char **ret_acl)
{
	const char *id;
	json_t *acl, *row;
	size_t i;

	json_object_foreach(hub_all(hub, ec2_acl.kind), id, acl)
		json_array_foreach(json_list(acl, "associationSet"), i, row)
			if (value && str_eq(json_str(row, key), value)) {
				*ret_acl = id;
				return json_str(row, "networkAclAssociationId");
			}
	return NULL;
}

static int create_acl_association(struct hub *hub, struct resource *r, struct err *err)
{
	const char *subnet = json_str(r->properties, "SubnetId"), *acl;
	const char *now = acl_association(hub, "subnetId", subnet, &acl);
	OWN(json) json_t *in = json_object(), *out = NULL;

	if (!now) {
		(void)strcpy(r->error_code, "NotFound");
		return err_set(err, ERR_REMOTE, "The subnet ID '%s' does not exist",
			       subnet ? subnet : "");
	}
	json_set_str(in, "AssociationId", now);
	ec2_take(r, in, "NetworkAclId", "NetworkAclId");
	if (ec2_api(hub, r, "ReplaceNetworkAclAssociation", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(out, "newAssociationId"));
	ec2_attribute(r, "AssociationId", r->physical);
	return RESOURCE_DONE;
}

static const char *default_acl(struct hub *hub, const char *vpc)
{
	const char *id;
	json_t *acl;

	json_object_foreach(hub_all(hub, ec2_acl.kind), id, acl)
		if (str_eq(json_str(acl, "vpcId"), vpc) && json_bool_or(acl, "default", false))
			return id;
	return NULL;
}

/* The subnet goes back to the default ACL, as it has to have one. */
static int remove_acl_association(struct hub *hub, struct resource *r, struct err *err)
{
	const char *acl;
	OWN(json) json_t *in = NULL;

	if (!acl_association(hub, "networkAclAssociationId", r->physical, &acl))
		return RESOURCE_DONE;
	in = json_pack("{s:s, s:s*}", "AssociationId", r->physical, "NetworkAclId",
		       default_acl(hub, json_str(hub_get(hub, ec2_acl.kind, acl), "vpcId")));
	return ec2_api(hub, r, "ReplaceNetworkAclAssociation", in, NULL, err);
}

static const char *const acl_and_subnet[] = { "NetworkAclId", "SubnetId", NULL };
const struct resource_kind ec2_kind_acl_association = {
	.type = "AWS::EC2::SubnetNetworkAclAssociation",
	.create = create_acl_association,
	.remove = remove_acl_association,
	.replace_on = acl_and_subnet,
	.allowed = acl_and_subnet,
	.required = acl_and_subnet,
};
