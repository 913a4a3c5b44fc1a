#include "core/topology/topology.h"

#include <stdlib.h>
#include <string.h>

static void rules_free(struct topology_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(rules[i].group);
		free(rules[i].id);
	}
	free(rules);
}

static void groups_free(struct topology_group *groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rules_free(groups[i].ingress, groups[i].ingress_count);
		rules_free(groups[i].egress, groups[i].egress_count);
		free(groups[i].id);
	}
	free(groups);
}

static void interfaces_free(struct topology_interface *interfaces, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < interfaces[i].group_count; k++)
			free(interfaces[i].groups[k]);
		free(interfaces[i].groups);
		free(interfaces[i].id);
		free(interfaces[i].subnet);
	}
	free(interfaces);
}

void topology_vpc_free(struct topology_vpc *vpc)
{
	if (!vpc)
		return;
	for (size_t i = 0; i < vpc->subnet_count; i++) {
		free(vpc->subnets[i].id);
		free(vpc->subnets[i].zone);
		free(vpc->subnets[i].acl);
	}
	free(vpc->subnets);
	groups_free(vpc->groups, vpc->group_count);
	for (size_t i = 0; i < vpc->acl_count; i++) {
		free(vpc->acls[i].id);
		free(vpc->acls[i].entries);
	}
	free(vpc->acls);
	interfaces_free(vpc->interfaces, vpc->interface_count);
	free(vpc->id);
	free(vpc);
}

const struct topology_subnet *topology_subnet(const struct topology_vpc *vpc, const char *id)
{
	for (size_t i = 0; id && i < vpc->subnet_count; i++)
		if (!strcmp(vpc->subnets[i].id, id))
			return &vpc->subnets[i];
	return NULL;
}

const struct topology_group *topology_group(const struct topology_vpc *vpc, const char *id)
{
	for (size_t i = 0; id && i < vpc->group_count; i++)
		if (!strcmp(vpc->groups[i].id, id))
			return &vpc->groups[i];
	return NULL;
}

const struct topology_interface *topology_interface(const struct topology_vpc *vpc, const char *id)
{
	for (size_t i = 0; id && i < vpc->interface_count; i++)
		if (!strcmp(vpc->interfaces[i].id, id))
			return &vpc->interfaces[i];
	return NULL;
}

bool topology_outside(const struct topology_vpc *vpc, const struct topology_interface *i)
{
	const struct topology_subnet *subnet = topology_subnet(vpc, i->subnet);

	if (!subnet)
		return false;
	return subnet->way == TOPOLOGY_WAY_NAT ||
	       (subnet->way == TOPOLOGY_WAY_INTERNET_GATEWAY && i->public_address);
}
