/* VPCs with their subnets, routes, ACLs, gateways and endpoints, out of EC2's descriptions. */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "core/lookup/lookup-internal.h"

/* What is asked per VPC: the answer of one description, or NULL with *refused set. */
static const json_t *of_vpc(const struct picture *p, const char *action, const char *vpc,
			    const char *list)
{
	const char *member = strcmp(action, "DescribeNatGateways") != 0 ? "Filters" : "Filter";
	const char *name = strcmp(action, "DescribeInternetGateways") != 0 ? "vpc-id"
									    : "attachment.vpc-id";

	return json_list(answer_to(p->facts, "ec2", action, filter_input(member, name, vpc)), list);
}

static bool answered(const struct picture *p, const char *action, const char *vpc)
{
	const char *member = strcmp(action, "DescribeNatGateways") != 0 ? "Filters" : "Filter";
	const char *name = strcmp(action, "DescribeInternetGateways") != 0 ? "vpc-id"
									    : "attachment.vpc-id";

	return answer_to(p->facts, "ec2", action, filter_input(member, name, vpc)) != NULL;
}

/* ---- which subnets matter -------------------------------------------------------------------- */

static void note_texts(json_t *to, const json_t *list)
{
	json_t *whole = (json_t *)(uintptr_t)list, *one;
	size_t i;

	json_array_foreach(whole, i, one)
		if (json_is_string(one))
			json_set_bool(to, json_string_value(one), true);
}

static void note_members(json_t *to, const json_t *list, const char *key)
{
	json_t *whole = (json_t *)(uintptr_t)list, *one;
	size_t i;

	json_array_foreach(whole, i, one) {
		if (json_str(one, key))
			json_set_bool(to, json_str(one, key), true);
		note_texts(to, json_list(one, key));
	}
}

/* Those that were asked for, of mount targets, endpoints and NAT gateways. */
static json_t *needed_subnets(const struct picture *p, const char *vpc)
{
	json_t *needed = json_object();
	OWN_FACT struct fact f = { 0 };
	OWN_FACT struct fact m = { 0 };

	while (fact_next(p->facts, "ec2", "DescribeSubnets", &f))
		note_texts(needed, json_list(f.input, "SubnetIds"));
	while (fact_next(p->facts, "efs", "DescribeMountTargets", &m))
		note_members(needed, json_list(m.answer, "MountTargets"), "SubnetId");
	note_members(needed, of_vpc(p, "DescribeNatGateways", vpc, "NatGateways"), "SubnetId");
	note_members(needed, of_vpc(p, "DescribeVpcEndpoints", vpc, "VpcEndpoints"), "SubnetIds");
	return needed;
}

static void add_subnet(struct picture *p, const json_t *s)
{
	json_t *properties = json_object();

	put(properties, "VpcId", json_object_get(s, "VpcId"));
	put(properties, "CidrBlock", json_object_get(s, "CidrBlock"));
	put(properties, "AvailabilityZone", json_object_get(s, "AvailabilityZone"));
	json_set_bool(properties, "MapPublicIpOnLaunch", json_bool_or(s, "MapPublicIpOnLaunch", false));
	(void)picture_add(p, "AWS::EC2::Subnet", json_str(s, "SubnetId"), json_str(s, "SubnetArn"),
			  properties);
}

static void add_subnets(struct picture *p, const char *vpc, const json_t *needed)
{
	const json_t *list = of_vpc(p, "DescribeSubnets", vpc, "Subnets"), *one;
	OWN_FACT struct fact f = { 0 };
	size_t i;

	json_array_foreach(list, i, one)
		if (json_str(one, "SubnetId") && json_object_get(needed, json_str(one, "SubnetId")))
			add_subnet(p, one);
	/* where the VPC's list was refused, the subnets themselves are known still */
	while (fact_next(p->facts, "ec2", "DescribeSubnets", &f))
		json_array_foreach(json_list(f.answer, "Subnets"), i, one)
			if (json_list(f.input, "SubnetIds") && str_eq(json_str(one, "VpcId"), vpc))
				add_subnet(p, one);
}

/* ---- routes ---------------------------------------------------------------------------------- */

static void add_route(struct picture *p, const char *table, size_t index, const json_t *route)
{
	static const char *const targets[] = { "GatewayId",	   "NatGatewayId",
					       "TransitGatewayId", "VpcPeeringConnectionId",
					       "NetworkInterfaceId", "InstanceId" };
	OWN(str) char *id = str_printf("%s/%zu", table, index);
	json_t *properties;

	/* what leads nowhere is as if it were not there */
	if (str_eq(json_str(route, "GatewayId"), "local") ||
	    str_eq(json_str(route, "State"), "blackhole"))
		return;
	properties = text_input("RouteTableId", table);
	put(properties, "DestinationCidrBlock", json_object_get(route, "DestinationCidrBlock"));
	put(properties, "DestinationIpv6CidrBlock",
	    json_object_get(route, "DestinationIpv6CidrBlock"));
	put(properties, "DestinationPrefixListId", json_object_get(route, "DestinationPrefixListId"));
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		put(properties, targets[i], json_object_get(route, targets[i]));
	(void)picture_add(p, "AWS::EC2::Route", id, NULL, properties);
}

static void add_table(struct picture *p, const char *vpc, const json_t *table)
{
	const char *id = json_str(table, "RouteTableId");
	json_t *route;
	size_t i;

	if (!picture_add(p, "AWS::EC2::RouteTable", id, NULL, text_input("VpcId", vpc)))
		return;
	json_array_foreach(json_list(table, "Routes"), i, route)
		add_route(p, id, i, route);
}

static void associate(struct picture *p, const char *type, const char *member, const char *id,
		      const char *subnet)
{
	OWN(str) char *name = str_printf("%s/%s", id ? id : "?", subnet);
	json_t *properties = text_input("SubnetId", subnet);

	if (id)
		json_set_str(properties, member, id);
	else
		json_object_set_new(properties, member, unknown());
	(void)picture_add(p, type, name, NULL, properties);
}

static void add_tables(struct picture *p, const char *vpc, const json_t *needed, json_t *metadata)
{
	json_t *table, *one;
	size_t i, k;

	json_array_foreach(of_vpc(p, "DescribeRouteTables", vpc, "RouteTables"), i, table) {
		const char *id = json_str(table, "RouteTableId");
		bool used = false;

		json_array_foreach(json_list(table, "Associations"), k, one) {
			const char *subnet = json_str(one, "SubnetId");

			if (json_bool_or(one, "Main", false))
				json_set_str(metadata, "mainRouteTable", id);
			used = used || json_bool_or(one, "Main", false);
			if (!id || !subnet || !json_object_get(needed, subnet))
				continue;
			used = true;
			associate(p, "AWS::EC2::SubnetRouteTableAssociation", "RouteTableId", id,
				  subnet);
		}
		if (used)
			add_table(p, vpc, table);
	}
}

/* ---- ACLs ------------------------------------------------------------------------------------ */

static void add_entry(struct picture *p, const char *acl, size_t index, const json_t *entry)
{
	OWN(str) char *id = str_printf("%s/%zu", acl, index);
	json_t *properties = text_input("NetworkAclId", acl);

	put(properties, "RuleNumber", json_object_get(entry, "RuleNumber"));
	put(properties, "Protocol", json_object_get(entry, "Protocol"));
	put(properties, "RuleAction", json_object_get(entry, "RuleAction"));
	put(properties, "CidrBlock", json_object_get(entry, "CidrBlock"));
	put(properties, "Ipv6CidrBlock", json_object_get(entry, "Ipv6CidrBlock"));
	put(properties, "PortRange", json_map(entry, "PortRange"));
	json_set_bool(properties, "Egress", json_bool_or(entry, "Egress", false));
	(void)picture_add(p, "AWS::EC2::NetworkAclEntry", id, NULL, properties);
}

static void add_acl(struct picture *p, const char *vpc, const json_t *acl)
{
	const char *id = json_str(acl, "NetworkAclId");
	json_t *entry;
	size_t i;

	if (!picture_add(p, "AWS::EC2::NetworkAcl", id, NULL, text_input("VpcId", vpc)))
		return;
	json_array_foreach(json_list(acl, "Entries"), i, entry)
		add_entry(p, id, i, entry);
}

static void add_acls(struct picture *p, const char *vpc, const json_t *needed, json_t *metadata)
{
	json_t *acl, *one;
	size_t i, k;

	json_array_foreach(of_vpc(p, "DescribeNetworkAcls", vpc, "NetworkAcls"), i, acl) {
		const char *id = json_str(acl, "NetworkAclId");
		bool used = json_bool_or(acl, "IsDefault", false);

		if (used)
			json_set_str(metadata, "defaultAcl", id);
		json_array_foreach(json_list(acl, "Associations"), k, one) {
			const char *subnet = json_str(one, "SubnetId");

			if (!id || !subnet || !json_object_get(needed, subnet))
				continue;
			used = true;
			associate(p, "AWS::EC2::SubnetNetworkAclAssociation", "NetworkAclId", id,
				  subnet);
		}
		if (used)
			add_acl(p, vpc, acl);
	}
}

/* ---- gateways -------------------------------------------------------------------------------- */

static void add_internet_gateways(struct picture *p, const char *vpc)
{
	json_t *one;
	size_t i;

	json_array_foreach(of_vpc(p, "DescribeInternetGateways", vpc, "InternetGateways"), i, one) {
		const char *id = json_str(one, "InternetGatewayId");
		OWN(str) char *name = str_printf("%s/%s", id ? id : "", vpc);
		json_t *properties;

		if (!picture_add(p, "AWS::EC2::InternetGateway", id, NULL, json_object()))
			continue;
		properties = text_input("InternetGatewayId", id);
		json_set_str(properties, "VpcId", vpc);
		(void)picture_add(p, "AWS::EC2::VPCGatewayAttachment", name, NULL, properties);
	}
}

static void add_nat_gateways(struct picture *p, const char *vpc)
{
	json_t *one;
	size_t i;

	json_array_foreach(of_vpc(p, "DescribeNatGateways", vpc, "NatGateways"), i, one) {
		const char *state = json_str_or(one, "State", "available");
		json_t *properties;

		if (strcmp(state, "available") != 0 && strcmp(state, "pending") != 0)
			continue;
		properties = json_object();
		put(properties, "SubnetId", json_object_get(one, "SubnetId"));
		put(properties, "ConnectivityType", json_object_get(one, "ConnectivityType"));
		put(properties, "AllocationId",
		    json_path(one, "NatGatewayAddresses.0.AllocationId"));
		(void)picture_add(p, "AWS::EC2::NatGateway", json_str(one, "NatGatewayId"), NULL,
				  properties);
	}
}

/* ---- endpoints ------------------------------------------------------------------------------- */

static void add_endpoint(struct picture *p, const json_t *e)
{
	json_t *properties = json_object(), *groups = json_array(), *one;
	size_t i;

	put(properties, "VpcId", json_object_get(e, "VpcId"));
	put(properties, "ServiceName", json_object_get(e, "ServiceName"));
	put(properties, "VpcEndpointType", json_object_get(e, "VpcEndpointType"));
	put(properties, "SubnetIds", json_list(e, "SubnetIds"));
	put(properties, "RouteTableIds", json_list(e, "RouteTableIds"));
	json_set_bool(properties, "PrivateDnsEnabled", json_bool_or(e, "PrivateDnsEnabled", false));
	if (json_str(e, "PolicyDocument"))
		put_document(properties, "PolicyDocument", json_str(e, "PolicyDocument"));
	json_array_foreach(json_list(e, "Groups"), i, one)
		if (json_str(one, "GroupId"))
			json_add_str(groups, json_str(one, "GroupId"));
	json_object_set_new(properties, "SecurityGroupIds", groups);
	(void)picture_add(p, "AWS::EC2::VPCEndpoint", json_str(e, "VpcEndpointId"), NULL, properties);
}

static void add_endpoints(struct picture *p, const char *vpc)
{
	OWN(str) char *any = str_printf("%s/endpoints", vpc);
	json_t *one;
	size_t i;

	json_array_foreach(of_vpc(p, "DescribeVpcEndpoints", vpc, "VpcEndpoints"), i, one) {
		const char *state = json_str_or(one, "State", "available");

		if (!strcasecmp(state, "available") || !strcasecmp(state, "pending"))
			add_endpoint(p, one);
	}
	/* nobody knows what endpoints there are: one of nobody knows what service stands for them */
	if (!answered(p, "DescribeVpcEndpoints", vpc))
		(void)picture_add(p, "AWS::EC2::VPCEndpoint", any, NULL,
				  json_pack("{s:s,s:s,s:o}", "VpcId", vpc, "VpcEndpointType",
					    "Interface", "ServiceName", unknown()));
}

/* ---- VPCs ------------------------------------------------------------------------------------ */

static void put_attribute(const struct picture *p, json_t *properties, const char *vpc,
			  const char *key, const char *attribute, const char *member)
{
	json_t *input = text_input("Attribute", attribute);
	const json_t *value;

	json_set_str(input, "VpcId", vpc);
	value = json_map(answer_to(p->facts, "ec2", "DescribeVpcAttribute", input), member);
	if (json_object_get(value, "Value"))
		json_set_bool(properties, key, json_bool_or(value, "Value", false));
	else
		json_object_set_new(properties, key, unknown());
}

static void add_blocks(struct picture *p, const char *vpc, const json_t *from)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(from, "CidrBlockAssociationSet"), i, one) {
		const char *block = json_str(one, "CidrBlock");
		OWN(str) char *id = str_printf("%s/%s", vpc, block ? block : "");
		json_t *properties;

		if (!block || str_eq(block, json_str(from, "CidrBlock")) ||
		    !str_eq(json_str_or(json_map(one, "CidrBlockState"), "State", "associated"),
			    "associated"))
			continue;
		properties = text_input("VpcId", vpc);
		put_str(properties, "CidrBlock", block);
		(void)picture_add(p, "AWS::EC2::VPCCidrBlock", id, NULL, properties);
	}
}

static void add_vpc(struct picture *p, const json_t *from)
{
	const char *id = json_str(from, "VpcId");
	OWN(json) json_t *needed = NULL;
	json_t *properties, *metadata;

	if (!is_id(id, "vpc-"))
		return;
	properties = json_object();
	put(properties, "CidrBlock", json_object_get(from, "CidrBlock"));
	put_attribute(p, properties, id, "EnableDnsSupport", "enableDnsSupport", "EnableDnsSupport");
	put_attribute(p, properties, id, "EnableDnsHostnames", "enableDnsHostnames",
		      "EnableDnsHostnames");
	metadata = picture_add(p, "AWS::EC2::VPC", id, NULL, properties);
	if (!metadata)
		return;
	needed = needed_subnets(p, id);
	add_blocks(p, id, from);
	add_subnets(p, id, needed);
	add_tables(p, id, needed, metadata);
	add_acls(p, id, needed, metadata);
	if (answered(p, "DescribeInternetGateways", id))
		add_internet_gateways(p, id);
	add_nat_gateways(p, id);
	add_endpoints(p, id);
}

void picture_network(struct picture *p)
{
	OWN_FACT struct fact f = { 0 };
	json_t *one;
	size_t i;

	while (fact_next(p->facts, "ec2", "DescribeVpcs", &f))
		json_array_foreach(json_list(f.answer, "Vpcs"), i, one)
			add_vpc(p, one);
}

/* ---- groups ---------------------------------------------------------------------------------- */

static void add_rule(json_t *list, const json_t *permission, const char *key, const char *value)
{
	json_t *rule = json_object();

	put(rule, "IpProtocol", json_object_get(permission, "IpProtocol"));
	put(rule, "FromPort", json_object_get(permission, "FromPort"));
	put(rule, "ToPort", json_object_get(permission, "ToPort"));
	put_str(rule, key, value);
	json_array_append_new(list, rule);
}

static void add_peers(json_t *list, const json_t *permission, const char *from, const char *member,
		      const char *key)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(permission, from), i, one)
		if (json_str(one, member))
			add_rule(list, permission, key, json_str(one, member));
}

static json_t *rules_of(const json_t *permissions, bool egress)
{
	json_t *list = json_array(), *one, *whole = (json_t *)(uintptr_t)permissions;
	size_t i;

	json_array_foreach(whole, i, one) {
		add_peers(list, one, "IpRanges", "CidrIp", "CidrIp");
		add_peers(list, one, "Ipv6Ranges", "CidrIpv6", "CidrIpv6");
		add_peers(list, one, "PrefixListIds", "PrefixListId",
			  egress ? "DestinationPrefixListId" : "SourcePrefixListId");
		add_peers(list, one, "UserIdGroupPairs", "GroupId",
			  egress ? "DestinationSecurityGroupId" : "SourceSecurityGroupId");
	}
	return list;
}

static void add_group(struct picture *p, const json_t *group)
{
	json_t *properties = json_object();
	json_t *egress = rules_of(json_list(group, "IpPermissionsEgress"), true);

	/* a template without egress rules means all is let out, a group without them lets out nothing */
	if (!json_array_size(egress))
		json_array_append_new(egress, json_pack("{s:s,s:s,s:i,s:i}", "CidrIp",
							"255.255.255.255/32", "IpProtocol", "icmp",
							"FromPort", 252, "ToPort", 86));
	put(properties, "GroupName", json_object_get(group, "GroupName"));
	put(properties, "GroupDescription", json_object_get(group, "Description"));
	put(properties, "VpcId", json_object_get(group, "VpcId"));
	json_object_set_new(properties, "SecurityGroupIngress",
			    rules_of(json_list(group, "IpPermissions"), false));
	json_object_set_new(properties, "SecurityGroupEgress", egress);
	(void)picture_add(p, "AWS::EC2::SecurityGroup", json_str(group, "GroupId"), NULL, properties);
}

void picture_groups(struct picture *p)
{
	OWN_FACT struct fact f = { 0 };
	json_t *one;
	size_t i;

	while (fact_next(p->facts, "ec2", "DescribeSecurityGroups", &f))
		json_array_foreach(json_list(f.answer, "SecurityGroups"), i, one)
			add_group(p, one);
}
