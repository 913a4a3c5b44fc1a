/* Group I: each rule with its fault in a good template, and with what looks like it but is right.
 */
#include <string.h>

#include "core/check/test-check-cdi.h"

#define GOOD "good/standalone.plain.json"
#define CLOUD_MAP "AWS::ServiceDiscovery::Service"
#define NAMESPACE "AWS::ServiceDiscovery::PrivateDnsNamespace"

static json_t *first_record(json_t *t)
{
	return json_path(cdi_props(t, CLOUD_MAP, "Node0"), "DnsConfig.DnsRecords.0");
}

static void advertise(json_t *t, const char *json)
{
	json_t *list = json_path(cdi_props(t, "AWS::ECS::TaskDefinition", "Node0Task"),
				 "ContainerDefinitions.0.Environment"),
	       *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (!strcmp(json_str(one, "Name"), "MPC_LOCAL_ADDRESS"))
			cdi_set(one, "Value", json);
}

TEST(check_i, a_name_of_another_namespace_is_i01_and_names_it)
{
	OWN(json) json_t *t = cdi_load(GOOD), *findings = NULL;
	const json_t *f;

	cdi_set(cdi_props(t, NAMESPACE, ""), "Name", "\"other.local\"");
	findings = cdi_findings(t, NULL);
	f = cdi_finding(findings, "I01", "FAIL");
	CHECK(f != NULL);
	CHECK_STR(json_str(f, "remedy"), "\"MPC_LOCAL_ADDRESS\": \"node-0.other.local\"");
	CHECK_STR(json_str(json_path(f, "second"), "resource"), "MpcNamespaceDCC92D18");
}

TEST(check_i, case_port_and_scheme_make_no_difference_to_i01)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	advertise(t, "\"http://Node-0.MPC.local:80\"");
	cdi_expect(t, "I01", "FAIL", false);
	advertise(t, "\"node0.example.com\"");
	cdi_expect(t, "I01", "FAIL", false);
	advertise(t, "\"node-1.mpc.local\"");
	cdi_expect(t, "I01", "FAIL", true);
}

TEST(check_i, a_namespace_by_parameter_is_unknown_unless_the_name_uses_it_too)
{
	OWN(json) json_t *t = cdi_load(GOOD);
	json_t *parameters = json_object_get(t, "Parameters");

	json_object_set_new(parameters, "Domain", json_pack("{s:s}", "Type", "String"));
	cdi_set(cdi_props(t, NAMESPACE, ""), "Name", "{\"Ref\":\"Domain\"}");
	cdi_expect(t, "I01", "FAIL", false);
	cdi_expect(t, "I01", "UNKNOWN", true);
}

TEST(check_i, a_node_without_registry_is_i02)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "I02", "FAIL", false);
	json_object_del(cdi_props(t, "AWS::ECS::Service", "Node0Service"), "ServiceRegistries");
	cdi_expect(t, "I02", "FAIL", true);
	cdi_expect(t, "I01", "FAIL", false);
	advertise(t, "\"10.0.2.7\"");
	cdi_expect(t, "I02", "FAIL", true); /* its entry is there and unused */
	cdi_drop(t, CLOUD_MAP, "Node0");
	cdi_expect(t, "I02", "FAIL", false);
}

TEST(check_i, two_nodes_of_one_registry_are_i02)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_set(cdi_props(t, "AWS::ECS::Service", "Node1Service"), "ServiceRegistries",
		"[{\"RegistryArn\":{\"Fn::GetAtt\":[\"MpcNode0ServiceCloudmapService6E85EB5D\","
		"\"Arn\"]}}]");
	cdi_expect(t, "I02", "FAIL", true);
}

TEST(check_i, the_arn_of_the_namespace_is_i03)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "I03", "FAIL", false);
	cdi_set(cdi_props(t, "AWS::ECS::Service", "Node0Service"), "ServiceRegistries",
		"[{\"RegistryArn\":{\"Fn::GetAtt\":[\"MpcNamespaceDCC92D18\",\"Arn\"]}}]");
	cdi_expect(t, "I03", "FAIL", true);
}

TEST(check_i, srv_without_port_is_i04)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_set(first_record(t), "Type", "\"SRV\"");
	cdi_expect(t, "I04", "FAIL", true);
	cdi_set(json_path(cdi_props(t, "AWS::ECS::Service", "Node0Service"), "ServiceRegistries.0"),
		"Port", "80");
	cdi_expect(t, "I04", "FAIL", true); /* no A record */
	json_array_append_new(json_path(cdi_props(t, CLOUD_MAP, "Node0"), "DnsConfig.DnsRecords"),
			      json_pack("{s:s,s:i}", "Type", "A", "TTL", 60));
	cdi_expect(t, "I04", "FAIL", false);
}

TEST(check_i, a_name_that_only_the_api_knows_is_i04)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	json_object_del(cdi_props(t, CLOUD_MAP, "Node0"), "DnsConfig");
	cdi_expect(t, "I04", "FAIL", true);
}

TEST(check_i, a_second_namespace_of_one_name_is_i05)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "I05", "UNKNOWN", false);
	cdi_add(t, "{\"Again\":{\"Type\":\"AWS::ServiceDiscovery::PrivateDnsNamespace\","
		   "\"Properties\":{"
		   "\"Name\":\"mpc.local\",\"Vpc\":{\"Ref\":\"Vpc8378EB38\"}}}}");
	cdi_expect(t, "I05", "FAIL", true);
	cdi_set(cdi_props(t, NAMESPACE, "Again"), "Name", "\"mpc2.local\"");
	cdi_expect(t, "I05", "FAIL", false);
	cdi_set(cdi_props(t, NAMESPACE, "Again"), "Vpc", "\"vpc-0123456789abcdef0\"");
	cdi_expect(t, "I05", "UNKNOWN", true);
}

TEST(check_i, names_that_differ_by_case_or_are_too_long_are_i08)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "I08", "FAIL", false);
	cdi_set(cdi_props(t, CLOUD_MAP, "Node1"), "Name", "\"Node-0\"");
	cdi_expect(t, "I08", "FAIL", true);
	cdi_set(cdi_props(t, CLOUD_MAP, "Node1"), "Name",
		"\"n123456789012345678901234567890123456789012345678901234567890123\"");
	cdi_expect(t, "I08", "FAIL", true);
	cdi_set(cdi_props(t, CLOUD_MAP, "Node1"), "Name",
		"\"n12345678901234567890123456789012345678901234567890123456789012\"");
	cdi_expect(t, "I08", "FAIL", false);
	cdi_set(cdi_props(t, CLOUD_MAP, "Node1"), "Name", "\"node 1\"");
	cdi_expect(t, "I08", "FAIL", true);
}

TEST(check_i, a_long_ttl_is_i10_and_an_ipv6_record_i11)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "I10", "WARN", false);
	cdi_expect(t, "I11", "WARN", false);
	cdi_set(first_record(t), "TTL", "\"3600\"");
	cdi_set(first_record(t), "Type", "\"AAAA\"");
	cdi_expect(t, "I10", "WARN", true);
	cdi_expect(t, "I11", "FAIL", true);
}

TEST(check_i, an_instance_without_address_is_i12)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_add(t, "{\"Manual\":{\"Type\":\"AWS::ServiceDiscovery::Instance\",\"Properties\":{"
		   "\"ServiceId\":{\"Fn::GetAtt\":[\"MpcNode0ServiceCloudmapService6E85EB5D\","
		   "\"Id\"]},"
		   "\"InstanceAttributes\":{\"A\":\"10.0.2.7\"}}}}");
	cdi_expect(t, "I12", "FAIL", true);
	cdi_set(cdi_props(t, "AWS::ServiceDiscovery::Instance", ""), "InstanceAttributes",
		"{\"AWS_INSTANCE_IPV4\":\"10.0.2.7\"}");
	cdi_expect(t, "I12", "FAIL", false);
}

TEST(check_i, a_public_health_check_of_a_private_name_is_i13)
{
	OWN(json) json_t *t = cdi_load(GOOD);
	json_t *p = cdi_props(t, CLOUD_MAP, "Node0");

	cdi_expect(t, "I13", "FAIL", false);
	json_object_del(p, "HealthCheckCustomConfig");
	cdi_set(p, "HealthCheckConfig", "{\"Type\":\"TCP\"}");
	cdi_expect(t, "I13", "FAIL", true);
}

TEST(check_i, a_namespace_of_another_vpc_is_i14)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_add(t, "{\"Vpc2\":{\"Type\":\"AWS::EC2::VPC\",\"Properties\":{\"CidrBlock\":\"10.1.0.0/"
		   "16\"}}}");
	cdi_expect(t, "I14", "FAIL", false);
	cdi_set(cdi_props(t, NAMESPACE, ""), "Vpc", "{\"Ref\":\"Vpc2\"}");
	cdi_expect(t, "I14", "FAIL", true);
	cdi_set(cdi_props(t, NAMESPACE, ""), "Vpc", "\"vpc-0123456789abcdef0\"");
	cdi_expect(t, "I14", "FAIL", true);
}

/* The VPC that a template makes has no id before: what comes from outside is another one. */
TEST(check_i, a_namespace_and_tasks_in_networks_from_outside_are_not_known)
{
	OWN(json) json_t *t = cdi_load("good/import.json");

	cdi_expect(t, "I14", "FAIL", false);
	cdi_expect(t, "I14", "UNKNOWN", true);
}

TEST(check_i, name_servers_of_ones_own_are_i15)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_add(t, "{\"Options\":{\"Type\":\"AWS::EC2::DHCPOptions\",\"Properties\":{"
		   "\"DomainNameServers\":["
		   "\"AmazonProvidedDNS\"]}},\"Use\":{\"Type\":\"AWS::EC2::"
		   "VPCDHCPOptionsAssociation\","
		   "\"Properties\":{\"VpcId\":{\"Ref\":\"Vpc8378EB38\"},\"DhcpOptionsId\":{\"Ref\":"
		   "\"Options\"}}}}");
	cdi_expect(t, "I15", "WARN", false);
	cdi_set(cdi_props(t, "AWS::EC2::DHCPOptions", ""), "DomainNameServers", "[\"1.1.1.1\"]");
	cdi_expect(t, "I15", "WARN", true);
}
