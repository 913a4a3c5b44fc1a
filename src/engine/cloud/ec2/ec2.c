/* The tables of the EC2 service. */
#include "engine/cloud/ec2/ec2-internal.h"

/* Mutating actions answer DryRun requests instead of doing anything. */
static int refuse_dry_run(struct call *c)
{
	if (!json_bool_or(c->in, "DryRun", false))
		return 0;
	return call_fail(c, 412, "DryRunOperation",
			 "Request would have succeeded, but DryRun flag is set.");
}

/* clang-format off */
#define GUARD(fn)                                                                                  \
	static int guarded_##fn(struct hub *hub, struct call *c)                                   \
	{ return refuse_dry_run(c) < 0 ? -1 : ec2_##fn(hub, c); }
GUARD(create_vpc) GUARD(delete_vpc) GUARD(modify_vpc_attribute)
GUARD(create_subnet) GUARD(delete_subnet) GUARD(modify_subnet_attribute)
GUARD(create_route_table) GUARD(delete_route_table) GUARD(associate_route_table)
GUARD(disassociate_route_table) GUARD(replace_route_table_association)
GUARD(create_route) GUARD(replace_route) GUARD(delete_route)
GUARD(create_internet_gateway) GUARD(delete_internet_gateway)
GUARD(attach_internet_gateway) GUARD(detach_internet_gateway)
GUARD(create_nat_gateway) GUARD(delete_nat_gateway)
GUARD(allocate_address) GUARD(release_address) GUARD(associate_address) GUARD(disassociate_address)
GUARD(create_security_group) GUARD(delete_security_group)
GUARD(authorize_ingress) GUARD(authorize_egress) GUARD(revoke_ingress) GUARD(revoke_egress)
GUARD(create_network_interface) GUARD(delete_network_interface)
GUARD(modify_network_interface_attribute)
GUARD(create_network_acl) GUARD(delete_network_acl) GUARD(create_network_acl_entry)
GUARD(replace_network_acl_entry) GUARD(delete_network_acl_entry)
GUARD(replace_network_acl_association)
GUARD(create_vpc_endpoint) GUARD(delete_vpc_endpoints) GUARD(modify_vpc_endpoint)
GUARD(create_flow_logs) GUARD(delete_flow_logs)
GUARD(create_managed_prefix_list) GUARD(modify_managed_prefix_list)
GUARD(delete_managed_prefix_list)
GUARD(run_instances) GUARD(terminate_instances)
GUARD(create_tags) GUARD(delete_tags)

static const struct action actions[] = {
	{ .name = "CreateVpc", .run = guarded_create_vpc },
	{ .name = "DeleteVpc", .run = guarded_delete_vpc },
	{ .name = "DescribeVpcs", .run = ec2_describe_vpcs },
	{ .name = "DescribeVpcAttribute", .run = ec2_describe_vpc_attribute },
	{ .name = "ModifyVpcAttribute", .run = guarded_modify_vpc_attribute },
	{ .name = "CreateSubnet", .run = guarded_create_subnet },
	{ .name = "DeleteSubnet", .run = guarded_delete_subnet },
	{ .name = "DescribeSubnets", .run = ec2_describe_subnets },
	{ .name = "ModifySubnetAttribute", .run = guarded_modify_subnet_attribute },
	{ .name = "CreateRouteTable", .run = guarded_create_route_table },
	{ .name = "DeleteRouteTable", .run = guarded_delete_route_table },
	{ .name = "DescribeRouteTables", .run = ec2_describe_route_tables },
	{ .name = "AssociateRouteTable", .run = guarded_associate_route_table },
	{ .name = "DisassociateRouteTable", .run = guarded_disassociate_route_table },
	{ .name = "ReplaceRouteTableAssociation", .run = guarded_replace_route_table_association },
	{ .name = "CreateRoute", .run = guarded_create_route },
	{ .name = "ReplaceRoute", .run = guarded_replace_route },
	{ .name = "DeleteRoute", .run = guarded_delete_route },
	{ .name = "CreateInternetGateway", .run = guarded_create_internet_gateway },
	{ .name = "DeleteInternetGateway", .run = guarded_delete_internet_gateway },
	{ .name = "DescribeInternetGateways", .run = ec2_describe_internet_gateways },
	{ .name = "AttachInternetGateway", .run = guarded_attach_internet_gateway },
	{ .name = "DetachInternetGateway", .run = guarded_detach_internet_gateway },
	{ .name = "CreateNatGateway", .run = guarded_create_nat_gateway },
	{ .name = "DeleteNatGateway", .run = guarded_delete_nat_gateway },
	{ .name = "DescribeNatGateways", .run = ec2_describe_nat_gateways },
	{ .name = "AllocateAddress", .run = guarded_allocate_address },
	{ .name = "ReleaseAddress", .run = guarded_release_address },
	{ .name = "DescribeAddresses", .run = ec2_describe_addresses },
	{ .name = "AssociateAddress", .run = guarded_associate_address },
	{ .name = "DisassociateAddress", .run = guarded_disassociate_address },
	{ .name = "CreateSecurityGroup", .run = guarded_create_security_group },
	{ .name = "DeleteSecurityGroup", .run = guarded_delete_security_group },
	{ .name = "DescribeSecurityGroups", .run = ec2_describe_security_groups },
	{ .name = "DescribeSecurityGroupRules", .run = ec2_describe_security_group_rules },
	{ .name = "AuthorizeSecurityGroupIngress", .run = guarded_authorize_ingress },
	{ .name = "AuthorizeSecurityGroupEgress", .run = guarded_authorize_egress },
	{ .name = "RevokeSecurityGroupIngress", .run = guarded_revoke_ingress },
	{ .name = "RevokeSecurityGroupEgress", .run = guarded_revoke_egress },
	{ .name = "CreateNetworkInterface", .run = guarded_create_network_interface },
	{ .name = "DeleteNetworkInterface", .run = guarded_delete_network_interface },
	{ .name = "DescribeNetworkInterfaces", .run = ec2_describe_network_interfaces },
	{ .name = "ModifyNetworkInterfaceAttribute",
	  .run = guarded_modify_network_interface_attribute },
	{ .name = "CreateNetworkAcl", .run = guarded_create_network_acl },
	{ .name = "DeleteNetworkAcl", .run = guarded_delete_network_acl },
	{ .name = "DescribeNetworkAcls", .run = ec2_describe_network_acls },
	{ .name = "CreateNetworkAclEntry", .run = guarded_create_network_acl_entry },
	{ .name = "ReplaceNetworkAclEntry", .run = guarded_replace_network_acl_entry },
	{ .name = "DeleteNetworkAclEntry", .run = guarded_delete_network_acl_entry },
	{ .name = "ReplaceNetworkAclAssociation", .run = guarded_replace_network_acl_association },
	{ .name = "CreateVpcEndpoint", .run = guarded_create_vpc_endpoint },
	{ .name = "DeleteVpcEndpoints", .run = guarded_delete_vpc_endpoints },
	{ .name = "DescribeVpcEndpoints", .run = ec2_describe_vpc_endpoints },
	{ .name = "ModifyVpcEndpoint", .run = guarded_modify_vpc_endpoint },
	{ .name = "DescribeVpcEndpointServices", .run = ec2_describe_vpc_endpoint_services },
	{ .name = "DescribePrefixLists", .run = ec2_describe_prefix_lists },
	{ .name = "DescribeManagedPrefixLists", .run = ec2_describe_managed_prefix_lists },
	{ .name = "GetManagedPrefixListEntries", .run = ec2_get_managed_prefix_list_entries },
	{ .name = "CreateManagedPrefixList", .run = guarded_create_managed_prefix_list },
	{ .name = "ModifyManagedPrefixList", .run = guarded_modify_managed_prefix_list },
	{ .name = "DeleteManagedPrefixList", .run = guarded_delete_managed_prefix_list },
	{ .name = "CreateFlowLogs", .run = guarded_create_flow_logs },
	{ .name = "DescribeFlowLogs", .run = ec2_describe_flow_logs },
	{ .name = "DeleteFlowLogs", .run = guarded_delete_flow_logs },
	{ .name = "RunInstances", .run = guarded_run_instances },
	{ .name = "TerminateInstances", .run = guarded_terminate_instances },
	{ .name = "DescribeInstances", .run = ec2_describe_instances },
	{ .name = "CreateTags", .run = guarded_create_tags },
	{ .name = "DeleteTags", .run = guarded_delete_tags },
	{ .name = "DescribeTags", .run = ec2_describe_tags },
	{ .name = "DescribeAvailabilityZones", .run = ec2_describe_availability_zones },
	{ .name = "DescribeRegions", .run = ec2_describe_regions },
	{ .name = "mpcup:SyncRules", .run = ec2_sync_rules },
	{ 0 },
};
/* clang-format on */

static const struct resource_kind *const kinds[] = {
	&ec2_kind_vpc,
	&ec2_kind_subnet,
	&ec2_kind_route_table,
	&ec2_kind_route,
	&ec2_kind_route_table_association,
	&ec2_kind_internet_gateway,
	&ec2_kind_gateway_attachment,
	&ec2_kind_nat_gateway,
	&ec2_kind_eip,
	&ec2_kind_security_group,
	&ec2_kind_ingress,
	&ec2_kind_egress,
	&ec2_kind_acl,
	&ec2_kind_acl_entry,
	&ec2_kind_acl_association,
	&ec2_kind_endpoint,
	&ec2_kind_instance,
	&ec2_kind_prefix_list,
	&ec2_kind_flow_log,
	&ec2_kind_restrict_default_group,
	&ec2_kind_restricting_function,
	NULL,
};

static int start(struct hub *hub, struct err *err)
{
	hub_add_resolver(hub, ec2_resolve);
	if (ec2_fabric_restore(hub, err) < 0)
		return -1;
	if (hub_fabric(hub))
		ec2_machines_start(hub);
	return 0;
}

static void stop(struct hub *hub)
{
	ec2_machines_stop(hub);
	ec2_state_free(hub);
}

const struct service service_ec2 = {
	.name = "ec2",
	.actions = actions,
	.kinds = kinds,
	.start = start,
	.stop = stop,
	.covers = "VPCs with subnets, route tables, internet and NAT gateways, elastic addresses, "
		  "security groups, network ACLs, endpoints and interfaces, IPv4 only; no default "
		  "VPC; "
		  "instances only of the built-in localnet image; of AWS's prefix lists S3 has "
		  "addresses behind it, DynamoDB and CloudFront match nothing; flow "
		  "logs are kept and shown, no records are written; the custom resource by "
		  "which CDK's ec2.Vpc empties the default group is done here, its function is a "
		  "name and nothing runs",
};
