/* Ways out, rules and names as the packet filter and the resolver see them. */
#include "engine/cloud/ec2/test-ec2-world.h"

#include <string.h>

struct net {
	struct world w;
	char *vpc, *public, *private;
	char *igw, *public_table, *private_table, *nat;
};

static char *take(json_t *out, const char *path, const char *key)
{
	char *found = str_dup(json_str(path ? json_path(out, path) : out, key));

	json_decref(out);
	CHECK(found != NULL);
	return found;
}

static char *new_table(struct net *n, const char *subnet)
{
	char *table = take(world_do(&n->w, "CreateRouteTable", json_pack("{s:s}", "VpcId", n->vpc)),
			   "routeTable", "routeTableId");

	json_decref(world_do(&n->w, "AssociateRouteTable",
			     json_pack("{s:s, s:s}", "RouteTableId", table, "SubnetId", subnet)));
	return table;
}

/* A VPC with an internet gateway that is not attached yet, and a table for each of two subnets. */
static struct net net_new(void)
{
	struct net n = { .w = world_new(NULL) };

	n.vpc = world_vpc(&n.w, "10.0.0.0/16");
	n.public = world_subnet(&n.w, n.vpc, "10.0.0.0/24", "us-east-1a");
	n.private = world_subnet(&n.w, n.vpc, "10.0.1.0/24", "us-east-1b");
	n.igw = take(world_do(&n.w, "CreateInternetGateway", json_object()), "internetGateway",
		     "internetGatewayId");
	n.public_table = new_table(&n, n.public);
	n.private_table = new_table(&n, n.private);
	return n;
}

static void net_free(struct net *n)
{
	free(n->vpc);
	free(n->public);
	free(n->private);
	free(n->igw);
	free(n->public_table);
	free(n->private_table);
	free(n->nat);
	world_free(&n->w);
}

static void attach(struct net *n)
{
	json_decref(
		world_do(&n->w, "AttachInternetGateway",
			 json_pack("{s:s, s:s}", "VpcId", n->vpc, "InternetGatewayId", n->igw)));
}

static void route(struct net *n, const char *table, const char *key, const char *target)
{
	json_decref(world_do(&n->w, "CreateRoute",
			     json_pack("{s:s, s:s, s:s}", "RouteTableId", table,
				       "DestinationCidrBlock", "0.0.0.0/0", key, target)));
}

static void make_nat(struct net *n)
{
	OWN(str)
	char *allocation =
		take(world_do(&n->w, "AllocateAddress", json_object()), NULL, "allocationId");

	n->nat = take(world_do(&n->w, "CreateNatGateway",
			       json_pack("{s:s, s:s}", "SubnetId", n->public, "AllocationId",
					 allocation)),
		      "natGateway", "natGatewayId");
}

static enum topology_way way(struct net *n, const char *subnet)
{
	struct topology_vpc *vpc = ec2_topology(n->w.hub, n->vpc);
	enum topology_way found = topology_subnet(vpc, subnet)->way;

	topology_vpc_free(vpc);
	return found;
}

TEST(ec2_topology, a_subnet_leaves_by_its_route_to_an_attached_gateway_or_by_nat)
{
	struct net n = net_new();

	CHECK_INT(way(&n, n.public), TOPOLOGY_WAY_NONE);
	attach(&n);
	CHECK_INT(way(&n, n.public), TOPOLOGY_WAY_NONE);
	route(&n, n.public_table, "GatewayId", n.igw);
	CHECK_INT(way(&n, n.public), TOPOLOGY_WAY_INTERNET_GATEWAY);
	CHECK_INT(way(&n, n.private), TOPOLOGY_WAY_NONE);
	make_nat(&n);
	route(&n, n.private_table, "NatGatewayId", n.nat);
	CHECK_INT(way(&n, n.private), TOPOLOGY_WAY_NAT);
	net_free(&n);
}

TEST(ec2_topology, a_nat_gateway_in_a_subnet_without_a_way_out_leads_nowhere)
{
	struct net n = net_new();

	attach(&n);
	make_nat(&n);
	route(&n, n.private_table, "NatGatewayId", n.nat);
	CHECK_INT(way(&n, n.private), TOPOLOGY_WAY_NONE);
	route(&n, n.public_table, "GatewayId", n.igw);
	CHECK_INT(way(&n, n.private), TOPOLOGY_WAY_NAT);
	json_decref(world_do(&n.w, "DeleteNatGateway", json_pack("{s:s}", "NatGatewayId", n.nat)));
	CHECK_INT(way(&n, n.private), TOPOLOGY_WAY_NONE);
	{
		OWN(json)
		json_t *out = world_do(&n.w, "DescribeRouteTables",
				       json_pack("{s:[s]}", "RouteTableId", n.private_table));

		CHECK_STR(json_str(json_path(out, "routeTableSet.0.routeSet.1"), "state"),
			  "blackhole");
	}
	net_free(&n);
}

TEST(ec2_topology, a_subnet_without_association_follows_the_main_table)
{
	struct net n = net_new();
	OWN(str) char *loose = world_subnet(&n.w, n.vpc, "10.0.2.0/24", "us-east-1c");
	const json_t *table;

	attach(&n);
	route(&n, n.public_table, "GatewayId", n.igw);
	CHECK_INT(way(&n, loose), TOPOLOGY_WAY_NONE);
	table = ec2_table_of_subnet(n.w.hub, hub_get(n.w.hub, ec2_subnet.kind, loose));
	route(&n, ec2_id(&ec2_route_table, table), "GatewayId", n.igw);
	CHECK_INT(way(&n, loose), TOPOLOGY_WAY_INTERNET_GATEWAY);
	net_free(&n);
}

TEST(ec2_topology, an_s3_gateway_endpoint_counts_for_the_subnets_of_its_tables)
{
	struct net n = net_new();
	OWN(str)
	char *endpoint = take(
		world_do(&n.w, "CreateVpcEndpoint",
			 json_pack("{s:s, s:s, s:[s]}", "VpcId", n.vpc, "ServiceName",
				   "com.amazonaws.us-east-1.s3", "RouteTableId", n.private_table)),
		"vpcEndpoint", "vpcEndpointId");
	struct topology_vpc *vpc = ec2_topology(n.w.hub, n.vpc);

	CHECK(topology_subnet(vpc, n.private)->s3_gateway);
	CHECK(!topology_subnet(vpc, n.public)->s3_gateway);
	topology_vpc_free(vpc);
	json_decref(world_do(&n.w, "DeleteVpcEndpoints",
			     json_pack("{s:[s]}", "VpcEndpointId", endpoint)));
	vpc = ec2_topology(n.w.hub, n.vpc);
	CHECK(!topology_subnet(vpc, n.private)->s3_gateway);
	topology_vpc_free(vpc);
	net_free(&n);
}

/* ---- rules and interfaces
 * ----------------------------------------------------------------------------- */

static void allow(struct net *n, const char *action, const char *group, json_t *peers,
		  const char *list)
{
	json_decref(world_do(&n->w, action,
			     json_pack("{s:s, s:[{s:s, s:s, s:s, s:o}]}", "GroupId", group,
				       "IpPermissions", "IpProtocol", "tcp", "FromPort", "2049",
				       "ToPort", "2050", list, peers)));
}

TEST(ec2_topology, rules_carry_ports_and_one_kind_of_peer)
{
	struct net n = net_new();
	OWN(str) char *group = world_group(&n.w, n.vpc, "a");
	OWN(str) char *other = world_group(&n.w, n.vpc, "b");
	struct topology_vpc *vpc;
	const struct topology_group *g;

	allow(&n, "AuthorizeSecurityGroupIngress", group, json_pack("[{s:s}]", "GroupId", other),
	      "Groups");
	allow(&n, "AuthorizeSecurityGroupIngress", group,
	      json_pack("[{s:s}]", "CidrIp", "10.0.0.0/8"), "IpRanges");
	allow(&n, "AuthorizeSecurityGroupIngress", group, json_pack("[{s:s}]", "CidrIpv6", "::/0"),
	      "Ipv6Ranges");
	allow(&n, "AuthorizeSecurityGroupEgress", group,
	      json_pack("[{s:s}]", "PrefixListId", "pl-63a5400a"), "PrefixListIds");
	vpc = ec2_topology(n.w.hub, n.vpc);
	g = topology_group(vpc, group);
	CHECK_INT(g->ingress_count, 2);
	CHECK_INT(g->ingress[0].peer, TOPOLOGY_PEER_GROUP);
	CHECK_STR(g->ingress[0].group, other);
	CHECK_INT(g->ingress[0].from, 2049);
	CHECK_INT(g->ingress[0].to, 2050);
	CHECK_INT(g->ingress[1].peer, TOPOLOGY_PEER_CIDR);
	CHECK_INT(g->ingress[1].base, 10 << 24);
	CHECK_INT(g->ingress[1].bits, 8);
	CHECK_INT(g->egress_count, 2);
	CHECK_INT(g->egress[0].protocol, -1);
	CHECK_INT(g->egress[0].to, 65535);
	CHECK_INT(g->egress[1].peer, TOPOLOGY_PEER_S3);
	topology_vpc_free(vpc);
	net_free(&n);
}

TEST(ec2_topology, interfaces_have_their_kind_groups_and_public_address_and_nat_is_none)
{
	struct net n = net_new();
	OWN(str) char *group = world_group(&n.w, n.vpc, "a");
	OWN(str)
	char *target =
		take(world_do(&n.w, "CreateNetworkInterface",
			      json_pack("{s:s, s:[s], s:s}", "SubnetId", n.private,
					"SecurityGroupId", group, "mpcup:kind", "mount-target")),
		     "networkInterface", "networkInterfaceId");
	OWN(str)
	char *task =
		take(world_do(&n.w, "CreateNetworkInterface",
			      json_pack("{s:s, s:b}", "SubnetId", n.public, "mpcup:public", 1)),
		     "networkInterface", "networkInterfaceId");
	struct topology_vpc *vpc;
	const struct topology_interface *i;

	attach(&n);
	make_nat(&n);
	vpc = ec2_topology(n.w.hub, n.vpc);
	CHECK_INT(vpc->interface_count, 2);
	i = topology_interface(vpc, target);
	CHECK_INT(i->kind, TOPOLOGY_INTERFACE_MOUNT_TARGET);
	CHECK_STR(i->groups[0], group);
	CHECK_STR(i->subnet, n.private);
	CHECK(!i->public_address);
	i = topology_interface(vpc, task);
	CHECK_INT(i->kind, TOPOLOGY_INTERFACE_TASK);
	CHECK(i->public_address);
	CHECK(!topology_outside(vpc, i));
	topology_vpc_free(vpc);
	route(&n, n.public_table, "GatewayId", n.igw);
	vpc = ec2_topology(n.w.hub, n.vpc);
	CHECK(topology_outside(vpc, topology_interface(vpc, task)));
	topology_vpc_free(vpc);
	net_free(&n);
}

static void entry(struct net *n, const char *acl, const char *number, const char *action)
{
	json_decref(world_do(&n->w, "CreateNetworkAclEntry",
			     json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}}",
				       "NetworkAclId", acl, "RuleNumber", number, "Protocol", "6",
				       "RuleAction", action, "Egress", "false", "CidrBlock",
				       "10.0.0.0/16", "PortRange", "From", "2049", "To", "2049")));
}

TEST(ec2_topology, entries_of_an_acl_come_in_the_order_of_their_numbers)
{
	struct net n = net_new();
	OWN(str)
	char *acl = take(world_do(&n.w, "CreateNetworkAcl", json_pack("{s:s}", "VpcId", n.vpc)),
			 "networkAcl", "networkAclId");
	OWN(json)
	json_t *before = world_do(
		&n.w, "DescribeNetworkAcls",
		json_pack("{s:[{s:s, s:[s]}]}", "Filter", "Name", "default", "Value", "true"));
	struct topology_vpc *vpc = ec2_topology(n.w.hub, n.vpc);
	size_t in = 0;
	unsigned seen[2] = { 0, 0 };

	CHECK(topology_subnet(vpc, n.private)->acl == NULL); /* the default one passes all */
	topology_vpc_free(vpc);
	entry(&n, acl, "200", "deny");
	entry(&n, acl, "100", "allow");
	json_decref(
		world_do(&n.w, "ReplaceNetworkAclAssociation",
			 json_pack("{s:s, s:s}", "NetworkAclId", acl, "AssociationId",
				   json_str(json_path(before, "networkAclSet.0.associationSet.1"),
					    "networkAclAssociationId"))));
	vpc = ec2_topology(n.w.hub, n.vpc);
	CHECK_STR(topology_subnet(vpc, n.private)->acl, acl);
	for (size_t i = 0; i < vpc->acl_count; i++)
		for (size_t k = 0; !strcmp(vpc->acls[i].id, acl) && k < vpc->acls[i].count; k++)
			if (!vpc->acls[i].entries[k].egress && in < 2)
				seen[in++] = vpc->acls[i].entries[k].allow ? 1 : 2;
	CHECK_INT(seen[0], 1);
	CHECK_INT(seen[1], 2);
	topology_vpc_free(vpc);
	net_free(&n);
}

TEST(ec2_topology, rules_are_due_after_a_change_until_they_are_pushed)
{
	struct net n = net_new();

	CHECK(json_object_get(ec2_state(n.w.hub)->dirty, n.vpc) != NULL);
	json_decref(world_do(&n.w, "mpcup:SyncRules", json_pack("{s:s}", "VpcId", n.vpc)));
	CHECK(json_object_get(ec2_state(n.w.hub)->dirty, n.vpc) == NULL);
	{
		OWN(str) char *group = world_group(&n.w, n.vpc, "late");

		CHECK(group != NULL);
		CHECK(json_object_get(ec2_state(n.w.hub)->dirty, n.vpc) != NULL);
	}
	net_free(&n);
}

/* ---- names
 * --------------------------------------------------------------------------------------------- */

static void resolves(struct net *n, const char *name, int want, const char *address)
{
	OWN(json) json_t *found = NULL;
	unsigned ttl = 0;

	CHECK_INT(ec2_resolve(n->w.hub, n->vpc, 0x0a000104, name, &found, &ttl), want);
	if (address)
		CHECK_STR(json_string_value(json_array_get(found, 0)), address);
}

static void attribute(struct net *n, const char *name, const char *value)
{
	json_decref(world_do(&n->w, "ModifyVpcAttribute",
			     json_pack("{s:s, s:{s:s}}", "VpcId", n->vpc, name, "Value", value)));
}

static json_t *endpoint_input(struct net *n, const char *service)
{
	OWN(str) char *name = str_printf("com.amazonaws.us-east-1.%s", service);

	return json_pack("{s:s, s:s, s:s, s:[s], s:s}", "VpcId", n->vpc, "ServiceName", name,
			 "VpcEndpointType", "Interface", "SubnetId", n->private,
			 "PrivateDnsEnabled", "true");
}

TEST(ec2_topology, private_names_of_endpoints_win_over_the_outside)
{
	struct net n = net_new();
	OWN(str) char *outside = ip_format(fabric_outside_api());
	OWN(str) char *endpoint = NULL;

	resolves(&n, "secretsmanager.us-east-1.amazonaws.com", HUB_NAME_FOUND, outside);
	world_refuses(&n.w, "CreateVpcEndpoint", endpoint_input(&n, "secretsmanager"),
		      "InvalidParameter");
	attribute(&n, "EnableDnsHostnames", "true");
	endpoint = take(world_do(&n.w, "CreateVpcEndpoint", endpoint_input(&n, "secretsmanager")),
			"vpcEndpoint", "vpcEndpointId");
	world_refuses(&n.w, "CreateVpcEndpoint", endpoint_input(&n, "secretsmanager"),
		      "InvalidParameter");
	resolves(&n, "SecretsManager.us-east-1.amazonaws.com.", HUB_NAME_FOUND, "10.0.1.4");
	resolves(&n, "logs.us-east-1.amazonaws.com", HUB_NAME_FOUND, outside);
	json_decref(world_do(&n.w, "CreateVpcEndpoint", endpoint_input(&n, "ecr.dkr")));
	resolves(&n, "000000000000.dkr.ecr.us-east-1.amazonaws.com", HUB_NAME_FOUND, "10.0.1.5");
	json_decref(world_do(&n.w, "DeleteVpcEndpoints",
			     json_pack("{s:[s]}", "VpcEndpointId", endpoint)));
	resolves(&n, "secretsmanager.us-east-1.amazonaws.com", HUB_NAME_FOUND, outside);
	net_free(&n);
}

TEST(ec2_topology, registries_are_outside_and_other_names_are_not_ours)
{
	struct net n = net_new();

	resolves(&n, "registry-1.docker.io", HUB_NAME_FOUND, NULL);
	resolves(&n, "docker.io", HUB_NAME_FOUND, NULL);
	resolves(&n, "public.ecr.aws", HUB_NAME_FOUND, NULL);
	resolves(&n, "notdocker.io", HUB_NAME_UNKNOWN, NULL);
	resolves(&n, "node-0.mpc.local", HUB_NAME_UNKNOWN, NULL);
	resolves(&n, "fs-0123.efs.us-east-1.amazonaws.com", HUB_NAME_UNKNOWN, NULL);
	resolves(&n, "ip-10-0-1-9.ec2.internal", HUB_NAME_ABSENT, NULL);
	attribute(&n, "EnableDnsHostnames", "true");
	resolves(&n, "ip-10-0-1-9.ec2.internal", HUB_NAME_FOUND, "10.0.1.9");
	attribute(&n, "EnableDnsSupport", "false");
	resolves(&n, "registry-1.docker.io", HUB_NAME_ABSENT, NULL);
	net_free(&n);
}

static void allow_list(struct net *n, const char *group, const char *list)
{
	allow(n, "AuthorizeSecurityGroupIngress", group, json_pack("[{s:s}]", "PrefixListId", list),
	      "PrefixListIds");
}

static size_t count_ingress(struct net *n, const char *group)
{
	struct topology_vpc *vpc = ec2_topology(n->w.hub, n->vpc);
	size_t count = topology_group(vpc, group)->ingress_count;

	topology_vpc_free(vpc);
	return count;
}

TEST(ec2_topology, a_rule_for_a_customers_prefix_list_is_one_for_each_of_its_blocks)
{
	struct net n = net_new();
	OWN(str) char *group = world_group(&n.w, n.vpc, "a");
	OWN(str)
	char *list =
		take(world_do(&n.w, "CreateManagedPrefixList",
			      json_pack("{s:s, s:s, s:s, s:[{s:s}, {s:s}]}", "PrefixListName", "peers",
					"AddressFamily", "IPv4", "MaxEntries", "3", "Entry", "Cidr",
					"198.51.100.0/24", "Cidr", "203.0.113.7/32")),
		     "prefixList", "prefixListId");
	struct topology_vpc *vpc;
	const struct topology_rule *rules;

	allow_list(&n, group, list);
	allow_list(&n, group, "pl-02cd2c6b"); /* DynamoDB: nothing is behind it */
	vpc = ec2_topology(n.w.hub, n.vpc);
	rules = topology_group(vpc, group)->ingress;
	CHECK_INT(topology_group(vpc, group)->ingress_count, 2);
	CHECK_INT(rules[0].base, (198u << 24) + (51 << 16) + (100 << 8));
	CHECK_INT(rules[0].bits, 24);
	CHECK_INT(rules[1].bits, 32);
	CHECK_INT(rules[1].from, 2049);
	topology_vpc_free(vpc);
	world_refuses(&n.w, "DeleteManagedPrefixList", json_pack("{s:s}", "PrefixListId", list),
		      "DependencyViolation");
	world_refuses(&n.w, "ModifyManagedPrefixList",
		      json_pack("{s:s, s:[{s:s}, {s:s}]}", "PrefixListId", list, "AddEntry", "Cidr",
				"10.1.0.0/16", "Cidr", "10.2.0.0/16"),
		      "PrefixListMaxEntriesExceeded");
	json_decref(world_do(&n.w, "ModifyManagedPrefixList",
			     json_pack("{s:s, s:s, s:[{s:s}]}", "PrefixListId", list,
				       "CurrentVersion", "1", "RemoveEntry", "Cidr",
				       "203.0.113.7/32")));
	CHECK_INT(count_ingress(&n, group), 1);
	net_free(&n);
}

TEST(ec2_topology, entries_of_ipv6_blocks_are_kept_and_match_nothing)
{
	struct net n = net_new();
	OWN(str)
	char *acl = take(world_do(&n.w, "CreateNetworkAcl", json_pack("{s:s}", "VpcId", n.vpc)),
			 "networkAcl", "networkAclId");
	struct topology_vpc *vpc;
	size_t i = 0;

	json_decref(world_do(&n.w, "CreateNetworkAclEntry",
			     json_pack("{s:s, s:s, s:s, s:s, s:s}", "NetworkAclId", acl,
				       "RuleNumber", "101", "Protocol", "-1", "RuleAction", "allow",
				       "Ipv6CidrBlock", "::/0")));
	world_refuses(&n.w, "CreateNetworkAclEntry",
		      json_pack("{s:s, s:s, s:s, s:s, s:s}", "NetworkAclId", acl, "RuleNumber",
				"102", "Protocol", "-1", "RuleAction", "allow", "Ipv6CidrBlock",
				"10.0.0.0/8"),
		      "InvalidParameterValue");
	vpc = ec2_topology(n.w.hub, n.vpc);
	while (strcmp(vpc->acls[i].id, acl))
		i++;
	for (size_t k = 0; k < vpc->acls[i].count; k++)
		CHECK(!vpc->acls[i].entries[k].allow);
	topology_vpc_free(vpc);
	net_free(&n);
}

TEST(ec2_topology, a_gateway_to_another_service_is_no_way_to_s3)
{
	struct net n = net_new();
	OWN(json)
	json_t *tables = world_do(&n.w, "DescribeRouteTables", json_object()), *lists = NULL;
	json_t *ids = json_array(), *table;
	struct topology_vpc *vpc;
	size_t i;

	json_array_foreach(json_list(tables, "routeTableSet"), i, table)
		json_add_str(ids, json_str(table, "routeTableId"));
	json_decref(world_do(&n.w, "CreateVpcEndpoint",
			     json_pack("{s:s, s:s, s:o}", "VpcId", n.vpc, "ServiceName",
				       "com.amazonaws.us-east-1.dynamodb", "RouteTableId", ids)));
	vpc = ec2_topology(n.w.hub, n.vpc);
	for (i = 0; i < vpc->subnet_count; i++)
		CHECK(!vpc->subnets[i].s3_gateway);
	topology_vpc_free(vpc);
	lists = world_do(&n.w, "DescribeManagedPrefixLists",
			 json_pack("{s:[s]}", "PrefixListId", "pl-02cd2c6b"));
	CHECK_STR(json_str(json_path(lists, "prefixListSet.0"), "prefixListName"),
		  "com.amazonaws.us-east-1.dynamodb");
	world_refuses(&n.w, "CreateVpcEndpoint",
		      json_pack("{s:s, s:s, s:s}", "VpcId", n.vpc, "ServiceName",
				"com.amazonaws.eu-west-1.logs", "VpcEndpointType", "Interface"),
		      "InvalidServiceName");
	world_refuses(&n.w, "CreateVpcEndpoint",
		      json_pack("{s:s, s:s, s:s, s:s}", "VpcId", n.vpc, "ServiceName",
				"com.amazonaws.us-east-1.logs", "VpcEndpointType", "Interface",
				"IpAddressType", "dualstack"),
		      "InvalidParameterValue");
	net_free(&n);
}
