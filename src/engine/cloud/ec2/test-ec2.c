#include "engine/cloud/ec2/test-ec2-world.h"

#include <stdio.h>
#include <string.h>

/* ---- VPCs and subnets
 * ----------------------------------------------------------------------------- */

TEST(ec2, a_new_vpc_has_a_main_table_a_default_group_and_a_default_acl)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(json) json_t *tables = world_do(&w, "DescribeRouteTables", json_object());
	OWN(json) json_t *groups = world_do(&w, "DescribeSecurityGroups", json_object());
	OWN(json) json_t *acls = world_do(&w, "DescribeNetworkAcls", json_object());
	const json_t *group = json_path(groups, "securityGroupInfo.0");

	CHECK(json_bool_or(json_path(tables, "routeTableSet.0.associationSet.0"), "main", false));
	CHECK_STR(json_str(json_path(tables, "routeTableSet.0.routeSet.0"), "gatewayId"), "local");
	CHECK_STR(json_str(group, "groupName"), "default");
	CHECK_STR(json_str(json_path(group, "ipPermissions.0.groups.0"), "groupId"),
		  json_str(group, "groupId"));
	CHECK_STR(json_str(json_path(group, "ipPermissionsEgress.0.ipRanges.0"), "cidrIp"),
		  "0.0.0.0/0");
	CHECK(json_bool_or(json_path(acls, "networkAclSet.0"), "default", false));
	CHECK(json_object_get(json_path(tables, "routeTableSet.0"), "_main") == NULL);
	json_decref(world_do(&w, "DeleteVpc", json_pack("{s:s}", "VpcId", vpc)));
	CHECK_INT(json_object_size(hub_all(w.hub, ec2_group.kind)), 0);
	CHECK_INT(json_object_size(hub_all(w.hub, ec2_rule.kind)), 0);
	CHECK_INT(json_object_size(hub_all(w.hub, ec2_acl.kind)), 0);
	CHECK_INT(json_object_size(hub_all(w.hub, ec2_route_table.kind)), 0);
	world_free(&w);
}

TEST(ec2, dns_support_is_on_and_hostnames_are_off_in_a_new_vpc)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(json)
	json_t *support =
		world_do(&w, "DescribeVpcAttribute",
			 json_pack("{s:s, s:s}", "VpcId", vpc, "Attribute", "enableDnsSupport"));
	OWN(json) json_t *hostnames = NULL;

	CHECK(json_bool_or(json_map(support, "enableDnsSupport"), "value", false));
	json_decref(world_do(
		&w, "ModifyVpcAttribute",
		json_pack("{s:s, s:{s:s}}", "VpcId", vpc, "EnableDnsHostnames", "Value", "true")));
	hostnames =
		world_do(&w, "DescribeVpcAttribute",
			 json_pack("{s:s, s:s}", "VpcId", vpc, "Attribute", "enableDnsHostnames"));
	CHECK(json_bool_or(json_map(hostnames, "enableDnsHostnames"), "value", false));
	world_free(&w);
}

TEST(ec2, blocks_must_be_valid_inside_the_vpc_and_apart)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.1.0/24", "us-east-1b");

	CHECK(subnet != NULL);
	world_refuses(&w, "CreateVpc", json_pack("{s:s}", "CidrBlock", "10.0.0.0/8"),
		      "InvalidVpc.Range");
	world_refuses(&w, "CreateVpc", json_pack("{s:s}", "CidrBlock", "ten"),
		      "InvalidParameterValue");
	world_refuses(&w, "CreateVpc", json_object(), "MissingParameter");
	world_refuses(&w, "CreateSubnet",
		      json_pack("{s:s, s:s}", "VpcId", vpc, "CidrBlock", "10.1.0.0/24"),
		      "InvalidSubnet.Range");
	world_refuses(&w, "CreateSubnet",
		      json_pack("{s:s, s:s}", "VpcId", vpc, "CidrBlock", "10.0.1.128/25"),
		      "InvalidSubnet.Conflict");
	world_refuses(&w, "CreateSubnet",
		      json_pack("{s:s, s:s}", "VpcId", vpc, "CidrBlock", "10.0.0.0/22"),
		      "InvalidSubnet.Conflict");
	world_refuses(&w, "CreateSubnet",
		      json_pack("{s:s, s:s}", "VpcId", "vpc-0", "CidrBlock", "10.0.0.0/24"),
		      "InvalidVpcID.NotFound");
	world_refuses(&w, "CreateSubnet",
		      json_pack("{s:s, s:s, s:s}", "VpcId", vpc, "CidrBlock", "10.0.3.0/24",
				"AvailabilityZone", "us-east-1z"),
		      "InvalidParameterValue");
	world_free(&w);
}

TEST(ec2, a_subnet_knows_its_zone_and_its_free_addresses)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.1.0/28", "us-east-1b");
	OWN(json)
	json_t *out = world_do(&w, "DescribeSubnets", json_pack("{s:[s]}", "SubnetId", subnet));
	const json_t *shown = json_path(out, "subnetSet.0");

	CHECK_STR(json_str(shown, "availabilityZone"), "us-east-1b");
	CHECK_STR(json_str(shown, "availabilityZoneId"), "use1-az2");
	CHECK_INT(json_int_or(shown, "availableIpAddressCount", -1), 11);
	world_free(&w);
}

TEST(ec2, what_is_used_cannot_be_deleted)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.1.0/24", "us-east-1a");
	OWN(str) char *group = world_group(&w, vpc, "web");
	OWN(str) char *other = world_group(&w, vpc, "db");
	OWN(json)
	json_t *out =
		world_do(&w, "CreateNetworkInterface",
			 json_pack("{s:s, s:[s]}", "SubnetId", subnet, "SecurityGroupId", group));

	json_decref(world_do(&w, "AuthorizeSecurityGroupIngress",
			     json_pack("{s:s, s:[{s:s, s:s, s:s, s:[{s:s}]}]}", "GroupId", group,
				       "IpPermissions", "IpProtocol", "tcp", "FromPort", "80",
				       "ToPort", "80", "Groups", "GroupId", other)));
	world_refuses(&w, "DeleteVpc", json_pack("{s:s}", "VpcId", vpc), "DependencyViolation");
	world_refuses(&w, "DeleteSubnet", json_pack("{s:s}", "SubnetId", subnet),
		      "DependencyViolation");
	world_refuses(&w, "DeleteSecurityGroup", json_pack("{s:s}", "GroupId", group),
		      "DependencyViolation");
	world_refuses(&w, "DeleteSecurityGroup", json_pack("{s:s}", "GroupId", other),
		      "DependencyViolation");
	json_decref(world_do(
		&w, "DeleteNetworkInterface",
		json_pack("{s:s}", "NetworkInterfaceId",
			  json_str(json_map(out, "networkInterface"), "networkInterfaceId"))));
	json_decref(world_do(&w, "DeleteSubnet", json_pack("{s:s}", "SubnetId", subnet)));
	json_decref(world_do(&w, "DeleteSecurityGroup", json_pack("{s:s}", "GroupId", group)));
	json_decref(world_do(&w, "DeleteSecurityGroup", json_pack("{s:s}", "GroupId", other)));
	json_decref(world_do(&w, "DeleteVpc", json_pack("{s:s}", "VpcId", vpc)));
	world_free(&w);
}

/* ---- addresses
 * -------------------------------------------------------------------------------------- */

/* Address of a new interface; caller's. */
static char *address_in(struct world *w, const char *subnet, char **ret_id)
{
	OWN(json)
	json_t *out = world_do(w, "CreateNetworkInterface", json_pack("{s:s}", "SubnetId", subnet));
	const json_t *interface = json_map(out, "networkInterface");

	if (ret_id)
		*ret_id = str_dup(json_str(interface, "networkInterfaceId"));
	return str_dup(json_str(interface, "privateIpAddress"));
}

TEST(ec2, addresses_are_the_lowest_free_ones_and_rest_before_they_come_again)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.1.0/28", "us-east-1a");
	OWN(str) char *first_id = NULL;
	OWN(str) char *first = address_in(&w, subnet, &first_id);
	OWN(str) char *second = address_in(&w, subnet, NULL);
	OWN(str) char *third = NULL;
	OWN(str) char *last = NULL;

	CHECK_STR(first, "10.0.1.4");
	CHECK_STR(second, "10.0.1.5");
	json_decref(world_do(&w, "DeleteNetworkInterface",
			     json_pack("{s:s}", "NetworkInterfaceId", first_id)));
	third = address_in(&w, subnet, NULL);
	CHECK_STR(third, "10.0.1.6");
	for (int i = 7; i < 15; i++) {
		OWN(str) char *one = address_in(&w, subnet, NULL);

		CHECK(one != NULL);
	}
	last = address_in(&w, subnet, NULL);
	CHECK_STR(last, "10.0.1.4"); /* nothing but the resting one was left */
	world_refuses(&w, "CreateNetworkInterface", json_pack("{s:s}", "SubnetId", subnet),
		      "InsufficientFreeAddressesInSubnet");
	world_free(&w);
}

TEST(ec2, a_wanted_address_must_be_free_and_not_reserved)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.1.0/24", "us-east-1a");

	json_decref(world_do(
		&w, "CreateNetworkInterface",
		json_pack("{s:s, s:s}", "SubnetId", subnet, "PrivateIpAddress", "10.0.1.100")));
	world_refuses(&w, "CreateNetworkInterface",
		      json_pack("{s:s, s:s}", "SubnetId", subnet, "PrivateIpAddress", "10.0.1.100"),
		      "InvalidIPAddress.InUse");
	world_refuses(&w, "CreateNetworkInterface",
		      json_pack("{s:s, s:s}", "SubnetId", subnet, "PrivateIpAddress", "10.0.1.2"),
		      "InvalidParameterValue");
	world_refuses(&w, "CreateNetworkInterface",
		      json_pack("{s:s, s:s}", "SubnetId", subnet, "PrivateIpAddress", "10.0.2.9"),
		      "InvalidParameterValue");
	world_free(&w);
}

TEST(ec2, addresses_stay_taken_after_a_restart)
{
	char dir[] = "/tmp/mpcup-ec2-XXXXXX";
	OWN(str) char *vpc = NULL, *subnet = NULL, *before = NULL, *after = NULL, *clean = NULL;
	struct world w;

	CHECK(mkdtemp(dir) != NULL);
	clean = str_printf("rm -rf '%s'", dir);
	w = world_new(dir);
	vpc = world_vpc(&w, "10.0.0.0/16");
	subnet = world_subnet(&w, vpc, "10.0.1.0/24", "us-east-1a");
	before = address_in(&w, subnet, NULL);
	world_free(&w);
	w = world_new(dir);
	after = address_in(&w, subnet, NULL);
	CHECK_STR(before, "10.0.1.4");
	CHECK_STR(after, "10.0.1.5");
	world_free(&w);
	CHECK_INT(system(clean), 0);
}

/* ---- interfaces
 * ---------------------------------------------------------------------------------------- */

TEST(ec2, groups_and_subnet_of_an_interface_are_in_one_vpc)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *other = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.1.0/24", "us-east-1a");
	OWN(str) char *foreign = world_group(&w, other, "foreign");
	OWN(json) json_t *many = json_array();

	world_refuses(&w, "CreateNetworkInterface",
		      json_pack("{s:s, s:[s]}", "SubnetId", subnet, "SecurityGroupId", foreign),
		      "InvalidGroup.NotFound");
	for (int i = 0; i < 6; i++)
		json_add_str(many, foreign);
	world_refuses(&w, "CreateNetworkInterface",
		      json_pack("{s:s, s:O}", "SubnetId", subnet, "SecurityGroupId", many),
		      "SecurityGroupsPerInterfaceLimitExceeded");
	world_refuses(&w, "CreateNetworkInterface",
		      json_pack("{s:s, s:s}", "SubnetId", subnet, "mpcup:kind", "toaster"),
		      "InvalidParameterValue");
	world_free(&w);
}

TEST(ec2, an_interface_without_groups_gets_the_default_group_and_filters_find_it)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.1.0/24", "us-east-1a");
	OWN(str) char *address = address_in(&w, subnet, NULL);
	OWN(json)
	json_t *found = world_do(&w, "DescribeNetworkInterfaces",
				 json_pack("{s:[{s:s, s:[s]}, {s:s, s:[s, s]}, {s:s, s:[s]}]}",
					   "Filter", "Name", "private-ip-address", "Value",
					   "10.0.1.*", "Name", "vpc-id", "Value", "vpc-1", vpc,
					   "Name", "group-name", "Value", "default"));
	OWN(json)
	json_t *none =
		world_do(&w, "DescribeNetworkInterfaces",
			 json_pack("{s:[{s:s, s:[s]}]}", "Filter", "Name", "vpc-id", "Value", "x"));

	CHECK_INT(json_array_size(json_list(found, "networkInterfaceSet")), 1);
	CHECK_STR(json_str(json_path(found, "networkInterfaceSet.0"), "privateIpAddress"), address);
	CHECK_INT(json_array_size(json_list(none, "networkInterfaceSet")), 0);
	world_refuses(&w, "DescribeNetworkInterfaces",
		      json_pack("{s:[{s:s, s:[s]}]}", "Filter", "Name", "colour", "Value", "x"),
		      "InvalidParameterValue");
	world_free(&w);
}

/* ---- security group rules
 * --------------------------------------------------------------------------------- */

static json_t *permission(const char *group, const char *protocol, const char *from, const char *to,
			  const char *block)
{
	return json_pack("{s:s, s:[{s:s, s:s*, s:s*, s:[{s:s}]}]}", "GroupId", group,
			 "IpPermissions", "IpProtocol", protocol, "FromPort", from, "ToPort", to,
			 "IpRanges", "CidrIp", block);
}

TEST(ec2, protocols_are_words_or_numbers_and_meet_in_one_form)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *group = world_group(&w, vpc, "web");
	OWN(json)
	json_t *tcp = world_do(&w, "AuthorizeSecurityGroupIngress",
			       permission(group, "6", "80", "81", "10.0.0.0/8"));
	OWN(json)
	json_t *all = world_do(&w, "AuthorizeSecurityGroupIngress",
			       permission(group, "-1", "5", "6", "10.0.0.0/8"));
	OWN(json)
	json_t *esp = world_do(&w, "AuthorizeSecurityGroupIngress",
			       permission(group, "50", NULL, NULL, "10.0.0.0/8"));

	CHECK_STR(json_str(json_path(tcp, "securityGroupRuleSet.0"), "ipProtocol"), "tcp");
	CHECK_INT(json_int_or(json_path(tcp, "securityGroupRuleSet.0"), "toPort", 0), 81);
	CHECK_STR(json_str(json_path(all, "securityGroupRuleSet.0"), "ipProtocol"), "-1");
	CHECK_INT(json_int_or(json_path(all, "securityGroupRuleSet.0"), "fromPort", 0), -1);
	CHECK_STR(json_str(json_path(esp, "securityGroupRuleSet.0"), "ipProtocol"), "50");
	world_refuses(&w, "AuthorizeSecurityGroupIngress",
		      permission(group, "tcp", "80", "81", "10.0.0.0/8"),
		      "InvalidPermission.Duplicate");
	world_refuses(&w, "AuthorizeSecurityGroupIngress",
		      permission(group, "tcp", NULL, NULL, "10.0.0.0/8"), "InvalidParameterValue");
	world_refuses(&w, "AuthorizeSecurityGroupIngress",
		      permission(group, "tcp", "80", "79", "10.0.0.0/8"), "InvalidParameterValue");
	world_refuses(&w, "AuthorizeSecurityGroupIngress",
		      permission(group, "warp", "80", "81", "10.0.0.0/8"), "InvalidParameterValue");
	world_refuses(&w, "AuthorizeSecurityGroupIngress",
		      permission(group, "tcp", "80", "81", "10.0.0.1/8"), "InvalidParameterValue");
	world_free(&w);
}

TEST(ec2, a_rule_is_revoked_by_what_it_says_or_by_its_id)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *group = world_group(&w, vpc, "web");
	OWN(json)
	json_t *made = world_do(&w, "AuthorizeSecurityGroupIngress",
				permission(group, "udp", "53", "53", "10.0.0.0/8"));
	OWN(json) json_t *shown = NULL;

	json_decref(world_do(&w, "AuthorizeSecurityGroupIngress",
			     permission(group, "tcp", "53", "53", "10.0.0.0/8")));
	json_decref(world_do(&w, "RevokeSecurityGroupIngress",
			     permission(group, "tcp", "53", "53", "10.0.0.0/8")));
	world_refuses(&w, "RevokeSecurityGroupIngress",
		      permission(group, "tcp", "53", "53", "10.0.0.0/8"),
		      "InvalidPermission.NotFound");
	json_decref(world_do(&w, "RevokeSecurityGroupIngress",
			     json_pack("{s:s, s:[s]}", "GroupId", group, "SecurityGroupRuleId",
				       json_str(json_path(made, "securityGroupRuleSet.0"),
						"securityGroupRuleId"))));
	shown = world_do(&w, "DescribeSecurityGroups", json_pack("{s:[s]}", "GroupId", group));
	CHECK_INT(json_array_size(
			  json_list(json_path(shown, "securityGroupInfo.0"), "ipPermissions")),
		  0);
	world_free(&w);
}

TEST(ec2, the_short_form_of_authorize_is_understood)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *group = world_group(&w, vpc, "web");
	OWN(json)
	json_t *out =
		world_do(&w, "AuthorizeSecurityGroupIngress",
			 json_pack("{s:s, s:s, s:s, s:s, s:s}", "GroupId", group, "IpProtocol",
				   "tcp", "FromPort", "22", "ToPort", "22", "CidrIp", "0.0.0.0/0"));

	CHECK_STR(json_str(json_path(out, "securityGroupRuleSet.0"), "cidrIpv4"), "0.0.0.0/0");
	world_free(&w);
}

/* ---- gateways
 * ------------------------------------------------------------------------------------------------
 */

TEST(ec2, a_nat_gateway_needs_an_attached_internet_gateway_and_a_free_address)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.1.0/24", "us-east-1a");
	OWN(json) json_t *address = world_do(&w, "AllocateAddress", json_object());
	OWN(json) json_t *gateway = world_do(&w, "CreateInternetGateway", json_object());
	OWN(json) json_t *nat = NULL;
	const char *allocation = json_str(address, "allocationId");
	const char *igw = json_str(json_map(gateway, "internetGateway"), "internetGatewayId");
	json_t *in = json_pack("{s:s, s:s}", "SubnetId", subnet, "AllocationId", allocation);

	world_refuses(&w, "CreateNatGateway", json_incref(in), "Gateway.NotAttached");
	json_decref(world_do(&w, "AttachInternetGateway",
			     json_pack("{s:s, s:s}", "VpcId", vpc, "InternetGatewayId", igw)));
	nat = world_do(&w, "CreateNatGateway", json_incref(in));
	world_refuses(&w, "CreateNatGateway", in, "Resource.AlreadyAssociated");
	world_refuses(&w, "ReleaseAddress", json_pack("{s:s}", "AllocationId", allocation),
		      "InvalidIPAddress.InUse");
	world_refuses(&w, "DetachInternetGateway",
		      json_pack("{s:s, s:s}", "VpcId", vpc, "InternetGatewayId", igw),
		      "DependencyViolation");
	json_decref(world_do(&w, "DeleteNatGateway",
			     json_pack("{s:s}", "NatGatewayId",
				       json_str(json_map(nat, "natGateway"), "natGatewayId"))));
	json_decref(world_do(&w, "DetachInternetGateway",
			     json_pack("{s:s, s:s}", "VpcId", vpc, "InternetGatewayId", igw)));
	json_decref(world_do(&w, "ReleaseAddress", json_pack("{s:s}", "AllocationId", allocation)));
	json_decref(world_do(&w, "DeleteSubnet", json_pack("{s:s}", "SubnetId", subnet)));
	world_free(&w);
}

TEST(ec2, a_route_to_a_gateway_of_another_vpc_is_refused)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(json)
	json_t *table = world_do(&w, "CreateRouteTable", json_pack("{s:s}", "VpcId", vpc));
	OWN(json) json_t *gateway = world_do(&w, "CreateInternetGateway", json_object());
	json_t *in = json_pack("{s:s, s:s, s:s}", "RouteTableId",
			       json_str(json_map(table, "routeTable"), "routeTableId"),
			       "DestinationCidrBlock", "0.0.0.0/0", "GatewayId",
			       json_str(json_map(gateway, "internetGateway"), "internetGatewayId"));

	world_refuses(&w, "CreateRoute", in, "InvalidParameterValue");
	world_free(&w);
}

/* ---- the rest
 * ---------------------------------------------------------------------------------------------------
 */

TEST(ec2, tags_are_set_found_and_removed_but_not_those_of_aws)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(json) json_t *found = NULL, *gone = NULL, *tags = NULL;

	json_decref(world_do(&w, "CreateTags",
			     json_pack("{s:[s], s:[{s:s, s:s}]}", "ResourceId", vpc, "Tag", "Key",
				       "Name", "Value", "mine")));
	found = world_do(
		&w, "DescribeVpcs",
		json_pack("{s:[{s:s, s:[s]}]}", "Filter", "Name", "tag:Name", "Value", "mi*"));
	tags = world_do(&w, "DescribeTags", json_object());
	CHECK_STR(json_str(json_path(found, "vpcSet.0"), "vpcId"), vpc);
	CHECK_STR(json_str(json_path(tags, "tagSet.0"), "resourceType"), "vpc");
	world_refuses(&w, "CreateTags",
		      json_pack("{s:[s], s:[{s:s, s:s}]}", "ResourceId", vpc, "Tag", "Key", "aws:x",
				"Value", "y"),
		      "InvalidParameterValue");
	json_decref(
		world_do(&w, "DeleteTags",
			 json_pack("{s:[s], s:[{s:s}]}", "ResourceId", vpc, "Tag", "Key", "Name")));
	gone = world_do(
		&w, "DescribeVpcs",
		json_pack("{s:[{s:s, s:[s]}]}", "Filter", "Name", "tag-key", "Value", "Name"));
	CHECK_INT(json_array_size(json_list(gone, "vpcSet")), 0);
	world_free(&w);
}

TEST(ec2, a_dry_run_changes_nothing)
{
	struct world w = world_new(NULL);

	world_refuses(&w, "CreateVpc",
		      json_pack("{s:s, s:s}", "CidrBlock", "10.0.0.0/16", "DryRun", "true"),
		      "DryRunOperation");
	CHECK_INT(json_object_size(hub_all(w.hub, ec2_vpc.kind)), 0);
	world_free(&w);
}

TEST(ec2, long_lists_come_in_pages)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(json) json_t *first = NULL, *second = NULL;

	for (int i = 0; i < 7; i++) {
		OWN(str) char *block = str_printf("10.0.%d.0/24", i);
		OWN(str) char *subnet = world_subnet(&w, vpc, block, "us-east-1a");

		CHECK(subnet != NULL);
	}
	first = world_do(&w, "DescribeSubnets", json_pack("{s:s}", "MaxResults", "5"));
	CHECK_INT(json_array_size(json_list(first, "subnetSet")), 5);
	second = world_do(&w, "DescribeSubnets",
			  json_pack("{s:s, s:s}", "MaxResults", "5", "NextToken",
				    json_str(first, "nextToken")));
	CHECK_INT(json_array_size(json_list(second, "subnetSet")), 2);
	CHECK(!json_str(second, "nextToken"));
	world_refuses(&w, "DescribeSubnets", json_pack("{s:s}", "NextToken", "soon"),
		      "InvalidNextToken");
	world_free(&w);
}

TEST(ec2, only_the_localnet_image_runs_as_an_instance)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.1.0/24", "us-east-1a");
	OWN(str) char *data = base64_encode("{\"KeySecretArn\":\"arn:x\"}", 24);
	OWN(json) json_t *run = NULL, *shown = NULL;

	world_refuses(&w, "RunInstances",
		      json_pack("{s:s, s:s}", "ImageId", "ami-12345678", "SubnetId", subnet),
		      "InvalidAMIID.NotFound");
	world_refuses(&w, "RunInstances",
		      json_pack("{s:s, s:s, s:s}", "ImageId", "ami-0000000000localnet", "SubnetId",
				subnet, "UserData", "#!/bin/sh"),
		      "InvalidUserData.Malformed");
	run = world_do(&w, "RunInstances",
		       json_pack("{s:s, s:s, s:s, s:s}", "ImageId", "ami-0000000000localnet",
				 "SubnetId", subnet, "PrivateIpAddress", "10.0.1.77", "UserData",
				 data));
	shown = world_do(&w, "DescribeInstances",
			 json_pack("{s:[{s:s, s:[s]}]}", "Filter", "Name", "private-ip-address",
				   "Value", "10.0.1.77"));
	CHECK_STR(json_str(json_path(shown, "reservationSet.0.instancesSet.0"), "instanceId"),
		  json_str(json_path(run, "instancesSet.0"), "instanceId"));
	CHECK_STR(
		json_str(json_path(shown, "reservationSet.0.instancesSet.0.instanceState"), "name"),
		"running");
	json_decref(world_do(&w, "TerminateInstances",
			     json_pack("{s:[s]}", "InstanceId",
				       json_str(json_path(run, "instancesSet.0"), "instanceId"))));
	CHECK_INT(json_object_size(hub_all(w.hub, ec2_interface.kind)), 0);
	world_free(&w);
}

TEST(ec2, zones_and_regions_are_those_of_the_hub)
{
	struct world w = world_new(NULL);
	OWN(json) json_t *zones = world_do(&w, "DescribeAvailabilityZones", json_object());
	OWN(json) json_t *regions = world_do(&w, "DescribeRegions", json_object());

	CHECK_INT(json_array_size(json_list(zones, "availabilityZoneInfo")), 3);
	CHECK_STR(json_str(json_path(zones, "availabilityZoneInfo.1"), "zoneName"), "us-east-1b");
	CHECK_STR(json_str(json_path(zones, "availabilityZoneInfo.1"), "zoneId"), "use1-az2");
	CHECK_STR(json_str(json_path(regions, "regionInfo.0"), "regionName"), "us-east-1");
	world_free(&w);
}

TEST(ec2, flow_logs_name_what_is_there_and_where_they_go)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	json_t *in = json_pack("{s:[s], s:s, s:s, s:s, s:s}", "ResourceId", vpc, "ResourceType",
			       "VPC", "TrafficType", "REJECT", "LogGroupName", "flows",
			       "DeliverLogsPermissionArn", "arn:aws:iam::000000000000:role/flows");
	OWN(json) json_t *made = world_do(&w, "CreateFlowLogs", json_deep_copy(in)), *seen = NULL;
	const char *id = json_string_value(json_path(made, "flowLogIdSet.0"));

	CHECK(str_starts(id, "fl-"));
	seen = world_do(&w, "DescribeFlowLogs",
			json_pack("{s:[{s:s, s:[s]}]}", "Filter", "Name", "resource-id", "Value",
				  vpc));
	CHECK_STR(json_str(json_path(seen, "flowLogSet.0"), "trafficType"), "REJECT");
	json_object_del(in, "DeliverLogsPermissionArn");
	world_refuses(&w, "CreateFlowLogs", json_deep_copy(in), "MissingParameter");
	json_set_str(in, "LogDestinationType", "s3");
	world_refuses(&w, "CreateFlowLogs", json_deep_copy(in), "MissingParameter");
	json_set_str(in, "LogDestination", "arn:aws:s3:::flows");
	json_decref(world_do(&w, "CreateFlowLogs", json_deep_copy(in)));
	json_set_str(in, "TrafficType", "SOME");
	world_refuses(&w, "CreateFlowLogs", json_deep_copy(in), "InvalidParameterValue");
	json_object_set_new(in, "ResourceId", json_pack("[s]", "vpc-none"));
	json_set_str(in, "TrafficType", "ALL");
	world_refuses(&w, "CreateFlowLogs", in, "InvalidVpcID.NotFound");
	json_decref(world_do(&w, "DeleteFlowLogs", json_pack("{s:[s]}", "FlowLogId", id)));
	world_refuses(&w, "DeleteFlowLogs", json_pack("{s:[s]}", "FlowLogId", id),
		      "InvalidFlowLogId.NotFound");
	world_free(&w);
}
