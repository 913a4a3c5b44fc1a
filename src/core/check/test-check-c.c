/* Group C: each rule with its fault in a good template, and with what looks like it but is right.
 */
#include <string.h>

#include "core/check/test-check-cdi.h"

#define GOOD "good/standalone.plain.json"
#define SG "AWS::EC2::SecurityGroup"
#define INGRESS "AWS::EC2::SecurityGroupIngress"
#define AWSVPC(t, part)                                                                            \
	json_path(cdi_props(t, "AWS::ECS::Service", part),                                         \
		  "NetworkConfiguration.AwsvpcConfiguration")

static void drop_nfs(json_t *t)
{
	cdi_drop(t, INGRESS, "2049");
}

TEST(check_c, no_nfs_rule_is_c01_and_names_group_and_rule_to_add)
{
	OWN(json) json_t *t = cdi_load(GOOD), *findings = NULL;
	const json_t *f;

	drop_nfs(t);
	findings = cdi_findings(t, NULL);
	f = cdi_finding(findings, "C01", "FAIL");
	CHECK(f != NULL);
	CHECK_STR(json_str(f, "resource"), "MpcEfsSgEC191DCB");
	CHECK_STR(json_str(json_path(f, "second"), "resource"),
		  "MpcFileSystemEfsMountTargetprivateSubnet1EA817754");
	CHECK_STR(
		json_str(f, "remedy"),
		"{\"Type\":\"AWS::EC2::SecurityGroupIngress\",\"Properties\":{\"GroupId\":{\"Fn::"
		"GetAtt\":"
		"[\"MpcEfsSgEC191DCB\",\"GroupId\"]},\"IpProtocol\":\"tcp\",\"FromPort\":2049,"
		"\"ToPort\":2049,\"SourceSecurityGroupId\":{\"Fn::GetAtt\":[\"MpcNodeSg14575A23\","
		"\"GroupId\"]}}}");
}

TEST(check_c, an_nfs_rule_by_the_cidr_of_the_vpc_is_as_good)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	drop_nfs(t);
	cdi_set(cdi_props(t, SG, "EfsSg"), "SecurityGroupIngress",
		"[{\"IpProtocol\":6,\"FromPort\":\"2000\",\"ToPort\":2100,\"CidrIp\":\"10.0.0.0/"
		"16\"}]");
	cdi_expect(t, "C01", "FAIL", false);
	cdi_expect(t, "C19", "FAIL", false);
}

TEST(check_c, a_cidr_that_misses_a_subnet_is_c19_and_not_c01)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	drop_nfs(t);
	cdi_set(cdi_props(t, SG, "EfsSg"), "SecurityGroupIngress",
		"[{\"IpProtocol\":\"tcp\",\"FromPort\":2049,\"ToPort\":2049,\"CidrIp\":\"10.0.2.0/"
		"24\"}]");
	cdi_expect(t, "C19", "FAIL", true);
	cdi_expect(t, "C01", "FAIL", false);
}

TEST(check_c, egress_without_nfs_is_c02_and_with_it_is_not)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_set(cdi_props(t, SG, "NodeSg"), "SecurityGroupEgress",
		"[{\"IpProtocol\":\"tcp\",\"FromPort\":443,\"ToPort\":443,\"CidrIp\":\"0.0.0.0/"
		"0\"}]");
	cdi_expect(t, "C02", "FAIL", true);
	cdi_expect(t, "C03", "FAIL", false);
	cdi_expect(t, "C26", "FAIL", true);
	json_array_append_new(json_object_get(cdi_props(t, SG, "NodeSg"), "SecurityGroupEgress"),
			      json_pack("{s:s,s:i,s:i,s:s}", "IpProtocol", "tcp", "FromPort", 2000,
					"ToPort", 30000, "CidrIp", "10.0.0.0/16"));
	cdi_expect(t, "C02", "FAIL", false);
	cdi_expect(t, "C26", "FAIL", false);
}

TEST(check_c, egress_without_https_is_c03)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_set(cdi_props(t, SG, "NodeSg"), "SecurityGroupEgress",
		"[{\"IpProtocol\":\"tcp\",\"FromPort\":1024,\"ToPort\":65535,\"CidrIp\":\"0.0.0.0/"
		"0\"}]");
	cdi_expect(t, "C03", "FAIL", true);
	cdi_expect(t, "C02", "FAIL", false);
}

TEST(check_c, public_subnets_need_a_public_address)
{
	OWN(json) json_t *t = cdi_load("benign/public-subnets.json");

	cdi_expect(t, "C04", "FAIL", false);
	cdi_set(AWSVPC(t, "Node0Service"), "AssignPublicIp", "\"DISABLED\"");
	cdi_expect(t, "C04", "FAIL", true);
}

TEST(check_c, a_subnet_without_default_route_is_c05_even_if_the_other_has_one)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_drop(t, "AWS::EC2::Route", "privateSubnet2");
	cdi_expect(t, "C05", "FAIL", true);
	cdi_expect(t, "C24", "FAIL", false);
}

TEST(check_c, a_nat_gateway_in_a_private_subnet_is_c06)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_set(cdi_props(t, "AWS::EC2::NatGateway", "publicSubnet1"), "SubnetId",
		"{\"Ref\":\"VpcprivateSubnet1SubnetCEAD3716\"}");
	json_object_del(cdi_find(t, "AWS::EC2::NatGateway", "publicSubnet1"), "DependsOn");
	cdi_expect(t, "C06", "FAIL", true);
}

TEST(check_c, a_public_address_beside_a_nat_gateway_is_harmless)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_set(AWSVPC(t, "Node0Service"), "AssignPublicIp", "\"ENABLED\"");
	cdi_expect(t, "C06", "FAIL", false);
}

TEST(check_c, an_endpoint_set_without_s3_is_c07)
{
	OWN(json) json_t *t = cdi_load("faulty/endpoint-sg-closed.json");

	cdi_expect(t, "C07", "FAIL", false);
	cdi_set(cdi_props(t, SG, "EndpointSg"), "SecurityGroupIngress",
		"[{\"IpProtocol\":\"tcp\",\"FromPort\":443,\"ToPort\":443,\"CidrIp\":\"10.0.0.0/"
		"16\"}]");
	cdi_expect(t, "C08", "FAIL", false);
	cdi_expect(t, "C07", "FAIL", false);
	cdi_drop(t, "AWS::EC2::VPCEndpoint", "S3");
	cdi_expect(t, "C07", "FAIL", true);
}

TEST(check_c, an_image_from_elsewhere_in_a_sealed_vpc_is_c10)
{
	OWN(json) json_t *t = cdi_load("faulty/endpoint-sg-closed.json");
	json_t *task = cdi_props(t, "AWS::ECS::TaskDefinition", "Node0Task");

	cdi_expect(t, "C10", "FAIL", false);
	cdi_set(json_path(task, "ContainerDefinitions.0"), "Image", "\"nearone/mpc-node:3\"");
	cdi_expect(t, "C10", "FAIL", true);
}

TEST(check_c, endpoints_whose_vpc_has_no_host_names_are_c09)
{
	OWN(json) json_t *t = cdi_load("faulty/endpoint-sg-closed.json");

	cdi_expect(t, "C09", "FAIL", false);
	cdi_set(cdi_props(t, "AWS::EC2::VPC", ""), "EnableDnsHostnames", "false");
	cdi_expect(t, "C09", "FAIL", true);
}

TEST(check_c, s3_by_gateway_endpoint_needs_egress_to_public_addresses)
{
	OWN(json) json_t *t = cdi_load("faulty/endpoint-sg-closed.json");

	cdi_set(cdi_props(t, SG, "NodeSg"), "SecurityGroupEgress",
		"[{\"IpProtocol\":\"-1\",\"CidrIp\":\"10.0.0.0/16\"}]");
	cdi_expect(t, "C25", "FAIL", true);
	cdi_set(cdi_props(t, SG, "NodeSg"), "SecurityGroupEgress",
		"[{\"IpProtocol\":\"-1\",\"CidrIp\":\"10.0.0.0/"
		"16\"},{\"IpProtocol\":\"tcp\",\"FromPort\":443,"
		"\"ToPort\":443,\"DestinationPrefixListId\":\"pl-1\"}]");
	cdi_expect(t, "C25", "FAIL", false);
}

TEST(check_c, an_acl_without_answers_is_c11)
{
	OWN(json) json_t *t = cdi_load("benign/nacl-allows-nfs.json");

	cdi_expect(t, "C11", "FAIL", false);
	json_t *all = json_object_get(t, "Resources"), *r;
	const char *key;
	json_object_foreach(all, key, r)
		if (json_int_or(json_path(r, "Properties.PortRange"), "From", 0) == 1024)
			cdi_set(json_object_get(r, "Properties"), "RuleAction", "\"deny\"");
	cdi_expect(t, "C11", "FAIL", true);
}

TEST(check_c, the_chain_that_admits_nobody_is_c12)
{
	OWN(json) json_t *t = cdi_load("good/composed.plain.json");

	cdi_expect(t, "C12", "FAIL", false);
	cdi_drop(t, INGRESS, "NearSg");
	cdi_expect(t, "C12", "FAIL", true);
	cdi_set(cdi_props(t, SG, "NearSg"), "SecurityGroupIngress",
		"[{\"IpProtocol\":\"-1\",\"SourceSecurityGroupId\":{\"Ref\":\"MpcNodeSg14575A23\"}}"
		"]");
	cdi_expect(t, "C12", "FAIL", false);
}

TEST(check_c, the_chain_elsewhere_is_unknown_with_a_lookup)
{
	OWN(json) json_t *t = cdi_load(GOOD), *findings = cdi_findings(t, NULL);
	const json_t *f = cdi_finding(findings, "C12", "UNKNOWN");

	CHECK(f && json_str(f, "lookup"));
}

TEST(check_c, a_rule_without_source_is_c15)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "C15", "FAIL", false);
	json_object_del(cdi_props(t, INGRESS, "2049"), "SourceSecurityGroupId");
	cdi_expect(t, "C15", "FAIL", true);
	cdi_expect(t, "C01", "FAIL", true);
}

TEST(check_c, a_group_that_rules_name_but_nothing_has_is_c16)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_add(t, "{\"Other\":{\"Type\":\"AWS::EC2::SecurityGroup\",\"Properties\":{"
		   "\"GroupDescription\":"
		   "\"x\",\"VpcId\":{\"Ref\":\"Vpc8378EB38\"}}}}");
	cdi_expect(t, "C16", "WARN", false);
	for (int i = 0; i < 3; i++)
		cdi_set(AWSVPC(t, i == 0   ? "Node0Service"
				  : i == 1 ? "Node1Service"
					   : "Node2Service"),
			"SecurityGroups", "[{\"Ref\":\"Other\"}]");
	cdi_expect(t, "C16", "WARN", true);
	cdi_expect(t, "C16", "FAIL", true);
	cdi_expect(t, "C01", "FAIL", false);
}

TEST(check_c, a_mount_target_without_groups_is_c16)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	json_object_del(cdi_props(t, "AWS::EFS::MountTarget", "Subnet1"), "SecurityGroups");
	cdi_expect(t, "C16", "FAIL", true);
	cdi_expect(t, "C01", "FAIL", false);
}

TEST(check_c, a_group_of_another_vpc_is_c17)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_add(t, "{\"Vpc2\":{\"Type\":\"AWS::EC2::VPC\",\"Properties\":{\"CidrBlock\":\"10.1.0.0/"
		   "16\"}}}");
	cdi_expect(t, "C17", "FAIL", false);
	cdi_set(cdi_props(t, SG, "NodeSg"), "VpcId", "{\"Ref\":\"Vpc2\"}");
	cdi_expect(t, "C17", "FAIL", true);
}

TEST(check_c, members_of_a_group_need_a_rule_for_themselves)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "C18", "FAIL", false);
	cdi_drop(t, INGRESS, "MpcNodeSgfrom");
	cdi_expect(t, "C18", "FAIL", true);
	cdi_set(cdi_props(t, SG, "NodeSg"), "SecurityGroupIngress",
		"[{\"IpProtocol\":\"tcp\",\"FromPort\":0,\"ToPort\":65535,\"CidrIp\":\"10.0.0.0/"
		"16\"}]");
	cdi_expect(t, "C18", "FAIL", false);
}

TEST(check_c, a_private_boot_host_outside_of_the_vpc_is_c20)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "C20", "FAIL", false);
	cdi_set(cdi_props(t, "AWS::EC2::VPC", ""), "CidrBlock", "\"10.0.0.0/16\"");
	json_t *list = json_path(cdi_props(t, "AWS::ECS::TaskDefinition", "Node0Task"),
				 "ContainerDefinitions.0.Environment"),
	       *one;
	size_t i;
	json_array_foreach(list, i, one)
		if (json_str(one, "Value") && strstr(json_str(one, "Value"), "@10.0.2.100"))
			cdi_set(one, "Value",
				"\"ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@10.9.2.100:"
				"24567\"");
	cdi_expect(t, "C20", "FAIL", true);
}

TEST(check_c, a_small_subnet_for_many_tasks_is_c21)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	for (int i = 1; i <= 2; i++)
		cdi_set(cdi_props(t, "AWS::EC2::Subnet",
				  i == 1 ? "privateSubnet1" : "privateSubnet2"),
			"CidrBlock", i == 1 ? "\"10.0.2.0/28\"" : "\"10.0.3.0/28\"");
	cdi_expect(t, "C21", "FAIL", false);
	cdi_expect(t, "C21", "WARN", false);
	cdi_set(cdi_props(t, "AWS::ECS::Service", "Node0Service"), "DesiredCount", "24");
	cdi_expect(t, "C21", "FAIL", true);
}

TEST(check_c, no_list_of_groups_is_c22_and_too_many_are_c23)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "C22", "WARN", false);
	cdi_set(AWSVPC(t, "Node1Service"), "SecurityGroups",
		"[\"sg-1\",\"sg-2\",\"sg-3\",\"sg-4\",\"sg-5\"]");
	cdi_expect(t, "C23", "FAIL", false);
	cdi_set(AWSVPC(t, "Node1Service"), "SecurityGroups",
		"[\"sg-1\",\"sg-2\",\"sg-3\",\"sg-4\",\"sg-5\",\"sg-6\"]");
	cdi_expect(t, "C23", "FAIL", true);
	json_object_del(AWSVPC(t, "Node1Service"), "SecurityGroups");
	cdi_expect(t, "C22", "WARN", true);
}

TEST(check_c, a_group_outside_is_unknown_and_never_fails)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	for (int i = 1; i <= 2; i++)
		cdi_set(cdi_props(t, "AWS::EFS::MountTarget", i == 1 ? "Subnet1" : "Subnet2"),
			"SecurityGroups", "[\"sg-0123456789abcdef0\"]");
	cdi_expect(t, "C01", "FAIL", false);
	cdi_expect(t, "C01", "UNKNOWN", true);
}

TEST(check_c, a_table_that_no_subnet_has_is_c24)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "C24", "FAIL", false);
	cdi_drop(t, "AWS::EC2::SubnetRouteTableAssociation", "privateSubnet2");
	cdi_expect(t, "C24", "FAIL", true);
}

TEST(check_c, overlapping_and_outside_subnets_are_c27)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "C27", "FAIL", false);
	cdi_set(cdi_props(t, "AWS::EC2::Subnet", "privateSubnet2"), "CidrBlock",
		"\"10.0.2.128/25\"");
	cdi_expect(t, "C27", "FAIL", true);
	cdi_set(cdi_props(t, "AWS::EC2::Subnet", "privateSubnet2"), "CidrBlock", "\"10.1.2.0/24\"");
	cdi_expect(t, "C27", "FAIL", true);
	cdi_add(t, "{\"Block\":{\"Type\":\"AWS::EC2::VPCCidrBlock\",\"Properties\":{\"VpcId\":{"
		   "\"Ref\":"
		   "\"Vpc8378EB38\"},\"CidrBlock\":\"10.1.0.0/16\"}}}");
	cdi_expect(t, "C27", "FAIL", false);
}

TEST(check_c, two_private_endpoints_for_one_api_are_c28)
{
	OWN(json) json_t *t = cdi_load("faulty/endpoint-sg-closed.json");
	json_t *copy = json_deep_copy(cdi_find(t, "AWS::EC2::VPCEndpoint", "EcrApi"));

	cdi_expect(t, "C28", "FAIL", false);
	json_object_set_new(json_object_get(t, "Resources"), "Second", copy);
	cdi_expect(t, "C28", "FAIL", true);
	cdi_set(json_object_get(copy, "Properties"), "PrivateDnsEnabled", "false");
	cdi_expect(t, "C28", "FAIL", false);
}
