/* A random network, described twice: for the solver and for the packet filter.
 *
 * Four /24 slots hold two places each (.20 and .220). A slot is one subnet, two /25, or half of a
 * /23; a service owns subnets, all places in them, and groups. CIDRs of rules are never finer than
 * /25: a part of a subnet without a place in it does not occur, so that what the solver says of all
 * addresses shows at the places. Ports of connections are below 1024 and no range of an ACL begins
 * or ends inside of 1024-65535 alone, so that one port for the way back stands for all. */
#pragma once
#include <stdint.h>

#include "core/deployment/deployment.h"
#include "core/topology/topology.h"

enum {
	MODEL_PLACES = 8,
	MODEL_GROUPS = 4,
	MODEL_ACLS = 2,
	MODEL_SERVICES = 3,
	MODEL_RULES = 4,
	MODEL_ENTRIES = 16
};

struct model_entry {
	bool egress, allow;
	int protocol;
	unsigned from, to;
	const char *cidr;
};
struct model_rule {
	int protocol;
	unsigned from, to;
	int group; /* -1: cidr */
	const char *cidr;
};
struct model_group {
	struct model_rule ingress[MODEL_RULES], egress[MODEL_RULES];
	size_t ingress_count, egress_count;
	bool egress_declared;
};
struct model_subnet {
	char cidr[32];
	int acl; /* -1: none */
	int service;
	size_t places;
};
struct model {
	uint64_t seed, state;
	struct model_subnet subnets[MODEL_PLACES];
	size_t subnet_count;
	size_t subnet_of[MODEL_PLACES];
	struct model_group groups[MODEL_GROUPS];
	bool member[MODEL_SERVICES][MODEL_GROUPS];
	struct model_entry entries[MODEL_ACLS][MODEL_ENTRIES];
	size_t entry_count[MODEL_ACLS];
};
void model_make(struct model *m, uint64_t seed);
/* "10.0.2.220" */
const char *model_address(size_t place);
/* For the packet filter; caller's. */
struct topology_vpc *model_topology(const struct model *m);

/* For the solver: the same as deployment_read() would give it, without a template. */
struct model_deployment {
	struct deployment_resource vpc_resource, subnet_resources[MODEL_PLACES],
		group_resources[MODEL_GROUPS], acl_resources[MODEL_ACLS];
	char names[32][16];
	size_t name_count;
	struct deployment_vpc vpc;
	struct deployment_subnet subnets[MODEL_PLACES];
	struct deployment_group groups[MODEL_GROUPS];
	struct deployment_rule rules[MODEL_GROUPS][2][MODEL_RULES];
	struct deployment_acl acls[MODEL_ACLS];
	struct deployment_acl_entry entries[MODEL_ACLS][MODEL_ENTRIES];
};
void model_deployment(const struct model *m, struct model_deployment *d);
