/* A chain that the nodes expect at an address, and that is not there. */
#include <string.h>

#include "face/cli/ecs-view.h"
#include "face/cli/operator.h"

void operator_gap_free(struct operator_gap *g)
{
	free(g->vpc);
	free(g->vpc_cidr);
	free(g->subnet);
	free(g->subnet_cidr);
	free(g->address);
	*g = (struct operator_gap){ 0 };
}

static json_t *describe_by(struct target *t, const char *action, const char *set, const char *filter,
			   const char *value)
{
	OWN(json) json_t *in =
		json_pack("{s:[{s:s,s:[s]}]}", "Filter", "Name", filter, "Value", value);
	OWN(json) json_t *out = NULL;
	json_t *list;

	if (awsclient_call(t->aws, "ec2", action, in, &out, NULL, NULL) < 0)
		return json_array();
	list = json_list(out, set);
	return list ? json_incref(list) : json_array();
}

static bool blocks_overlap(uint32_t a, unsigned a_bits, uint32_t b, unsigned b_bits)
{
	return ip_in_cidr(a, b, b_bits) || ip_in_cidr(b, a, a_bits);
}

/* The smallest block that no subnet uses and in which the address is not one of AWS's five. */
static char *free_block(const json_t *subnets, uint32_t ip)
{
	for (unsigned bits = 28; bits >= 20; bits--) {
		uint32_t size = 1u << (32 - bits), base = ip & ~(size - 1), other;
		unsigned other_bits;
		bool clear = ip - base >= 4 && ip - base < size - 1;
		json_t *subnet;
		size_t i;

		json_array_foreach(subnets, i, subnet)
			if (ip_parse_cidr(json_str(subnet, "cidrBlock"), &other, &other_bits) == 0 &&
			    blocks_overlap(base, bits, other, other_bits))
				clear = false;
		if (clear) {
			OWN(str) char *text = ip_format(base);

			return str_printf("%s/%u", text, bits);
		}
	}
	return NULL;
}

/* Where in the VPC the address lies. 1: not in it, or no room for a subnet of its own. */
static int fill_gap(struct target *t, const char *vpc, uint32_t ip, struct operator_gap *ret)
{
	OWN(json) json_t *subnets = describe_by(t, "DescribeSubnets", "subnetSet", "vpc-id", vpc);
	OWN(json) json_t *vpcs = describe_by(t, "DescribeVpcs", "vpcSet", "vpc-id", vpc);
	const char *cidr = json_str(json_array_get(vpcs, 0), "cidrBlock");
	json_t *subnet;
	uint32_t base;
	unsigned bits;
	size_t i;

	if (ip_parse_cidr(cidr, &base, &bits) < 0 || !ip_in_cidr(ip, base, bits))
		return 1;
	json_array_foreach(subnets, i, subnet)
		if (ip_parse_cidr(json_str(subnet, "cidrBlock"), &base, &bits) == 0 &&
		    ip_in_cidr(ip, base, bits))
			ret->subnet = str_dup(json_str(subnet, "subnetId"));
	if (!ret->subnet && !(ret->subnet_cidr = free_block(subnets, ip)))
		return 1;
	ret->vpc = str_dup(vpc);
	ret->vpc_cidr = str_dup(cidr);
	ret->address = ip_format(ip);
	return 0;
}

int operator_chain_gap(struct target *t, const json_t *nodes, struct operator_gap *ret,
		       struct err *err)
{
	const json_t *environment = json_map(json_array_get(nodes, 0), "environment");
	OWN(json) json_t *holders = NULL;
	OWN(str) char *vpc = ecs_view_vpc(t, nodes);
	struct near_boot_node *boot = NULL;
	size_t count = 0;
	uint32_t ip = 0;
	bool usable;

	(void)err;
	if (near_boot_parse(json_str_or(environment, "NEAR_BOOT_NODES", ""), &boot, &count, NULL) < 0)
		return 1;
	usable = count && ip_parse(boot[0].host, &ip) == 0;
	if (usable)
		memcpy(ret->public_key, boot[0].public_key, NEAR_PUBLIC_BYTES);
	near_boot_free(boot, count);
	if (!usable || !vpc)
		return 1;
	{
		OWN(str) char *address = ip_format(ip);

		holders = describe_by(t, "DescribeNetworkInterfaces", "networkInterfaceSet",
				      "addresses.private-ip-address", address);
	}
	for (size_t i = 0; i < json_array_size(holders); i++)
		if (str_eq(json_str(json_array_get(holders, i), "vpcId"), vpc))
			return 1;
	return fill_gap(t, vpc, ip, ret);
}
