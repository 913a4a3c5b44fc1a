#include "core/topology/topology.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"

static struct topology_vpc *sample(void)
{
	struct topology_vpc *vpc = NEW(struct topology_vpc);
	static const enum topology_way ways[] = { TOPOLOGY_WAY_NONE, TOPOLOGY_WAY_INTERNET_GATEWAY,
						  TOPOLOGY_WAY_NAT };

	vpc->id = str_dup("vpc-1");
	vpc->subnets = mem_new(3, sizeof(*vpc->subnets));
	vpc->subnet_count = 3;
	for (size_t i = 0; i < 3; i++) {
		vpc->subnets[i].id = str_printf("subnet-%zu", i);
		vpc->subnets[i].way = ways[i];
	}
	vpc->groups = mem_new(1, sizeof(*vpc->groups));
	vpc->group_count = 1;
	vpc->groups[0].id = str_dup("sg-1");
	vpc->groups[0].ingress = mem_new(1, sizeof(struct topology_rule));
	vpc->groups[0].ingress_count = 1;
	vpc->groups[0].ingress[0].peer = TOPOLOGY_PEER_GROUP;
	vpc->groups[0].ingress[0].group = str_dup("sg-1");
	vpc->interfaces = mem_new(1, sizeof(*vpc->interfaces));
	vpc->interface_count = 1;
	vpc->interfaces[0].id = str_dup("eni-1");
	vpc->interfaces[0].subnet = str_dup("subnet-0");
	vpc->interfaces[0].groups = mem_new(1, sizeof(char *));
	vpc->interfaces[0].groups[0] = str_dup("sg-1");
	vpc->interfaces[0].group_count = 1;
	return vpc;
}

static bool outside(const char *subnet, bool public_address)
{
	struct topology_vpc *vpc = sample();
	bool answer;

	free(vpc->interfaces[0].subnet);
	vpc->interfaces[0].subnet = str_dup(subnet);
	vpc->interfaces[0].public_address = public_address;
	answer = topology_outside(vpc, &vpc->interfaces[0]);
	topology_vpc_free(vpc);
	return answer;
}

TEST(topology, finds_objects_by_id_and_nothing_else)
{
	struct topology_vpc *vpc = sample();

	CHECK(topology_subnet(vpc, "subnet-2") == &vpc->subnets[2]);
	CHECK(topology_subnet(vpc, "subnet-9") == NULL);
	CHECK(topology_subnet(vpc, NULL) == NULL);
	CHECK(topology_group(vpc, "sg-1") == &vpc->groups[0]);
	CHECK(topology_group(vpc, "sg-") == NULL);
	CHECK(topology_interface(vpc, "eni-1") == &vpc->interfaces[0]);
	CHECK(topology_interface(vpc, "sg-1") == NULL);
	topology_vpc_free(vpc);
	topology_vpc_free(NULL);
}

TEST(topology, outside_needs_nat_or_a_gateway_with_a_public_address)
{
	CHECK(!outside("subnet-0", false));
	CHECK(!outside("subnet-0", true));
	CHECK(!outside("subnet-1", false));
	CHECK(outside("subnet-1", true));
	CHECK(outside("subnet-2", false));
	CHECK(outside("subnet-2", true));
	CHECK(!outside("subnet-9", true));
}
