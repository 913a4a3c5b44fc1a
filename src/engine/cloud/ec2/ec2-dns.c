/* Names that a VPC's resolver answers because of EC2 objects, and the AWS and registry names
 * outside. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>
#include <strings.h>

enum { TTL_SECONDS = 60 };

/* Same name, or below it: "secretsmanager.us-east-1.amazonaws.com", "123.dkr.ecr....". */
static bool at_or_below(const char *name, const char *zone)
{
	size_t name_len = strlen(name), zone_len = strlen(zone);

	if (name_len < zone_len || strcasecmp(name + name_len - zone_len, zone) != 0)
		return false;
	return name_len == zone_len || name[name_len - zone_len - 1] == '.';
}

static json_t *endpoint_addresses(struct hub *hub, const json_t *endpoint)
{
	json_t *list = json_array(), *id;
	size_t i;

	json_array_foreach(json_list(endpoint, "networkInterfaceIdSet"), i, id) {
		const json_t *interface = hub_get(hub, ec2_interface.kind, json_string_value(id));

		if (json_str(interface, "privateIpAddress"))
			json_add_str(list, json_str(interface, "privateIpAddress"));
	}
	return list;
}

/* The endpoint of this VPC that answers for `name`; its own long name works everywhere. */
static const json_t *endpoint_for(struct hub *hub, const char *vpc, const char *name)
{
	const char *id;
	json_t *endpoint, *entry;
	size_t i;

	json_object_foreach(hub_all(hub, ec2_endpoint.kind), id, endpoint) {
		if (!str_eq(json_str(endpoint, "vpcId"), vpc))
			continue;
		json_array_foreach(json_list(endpoint, "dnsEntrySet"), i, entry)
			if (at_or_below(name, json_str_or(entry, "dnsName", "?")))
				return endpoint;
	}
	return NULL;
}

/* Names of the world outside that the outside namespace answers for. */
static bool is_outside(const char *name)
{
	static const char *const zones[] = { "amazonaws.com", "docker.io",	 "docker.com",
					     "ecr.aws",	      "ghcr.io",	 "quay.io",
					     "gcr.io",	      "registry.k8s.io", "pkg.dev" };

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (at_or_below(name, zones[i]))
			return true;
	return false;
}

/* S3 has an address of its own out there: a gateway endpoint leads to it and to nothing else. */
static bool is_s3(struct hub *hub, const char *name)
{
	OWN(str) char *regional = str_printf("s3.%s.amazonaws.com", hub_region(hub));

	return at_or_below(name, regional) || at_or_below(name, "s3.amazonaws.com");
}

/* ip-10-0-0-5.ec2.internal: the address is in the name, when it is one of the VPC's. */
static int instance_name(struct hub *hub, const json_t *vpc, const char *name, json_t **ret)
{
	unsigned a, b, c, d, bits;
	int used = 0;
	uint32_t base, address;
	OWN(str) char *text = NULL;

	(void)hub;
	if (sscanf(name, "ip-%3u-%3u-%3u-%3u.%n", &a, &b, &c, &d, &used) != 4 || !used)
		return HUB_NAME_UNKNOWN;
	if (strcasecmp(name + used, "ec2.internal") != 0 &&
	    !at_or_below(name + used, "compute.internal"))
		return HUB_NAME_UNKNOWN;
	address = a << 24 | b << 16 | c << 8 | d;
	if ((a | b | c | d) > 255 || ip_parse_cidr(json_str(vpc, "cidrBlock"), &base, &bits) < 0 ||
	    !ip_in_cidr(address, base, bits) || !json_bool_or(vpc, "_dnsHostnames", false))
		return HUB_NAME_ABSENT;
	text = ip_format(address);
	*ret = json_pack("[s]", text);
	return HUB_NAME_FOUND;
}

static int look_up(struct hub *hub, const json_t *vpc, const char *name, json_t **ret)
{
	OWN(str) char *efs = str_printf("efs.%s.amazonaws.com", hub_region(hub));
	const json_t *endpoint;
	OWN(str) char *api = NULL;

	if (at_or_below(name, efs))
		return HUB_NAME_UNKNOWN; /* file systems answer for themselves */
	endpoint = endpoint_for(hub, ec2_id(&ec2_vpc, vpc), name);
	if (endpoint) {
		*ret = endpoint_addresses(hub, endpoint);
		if (json_array_size(*ret))
			return HUB_NAME_FOUND;
		json_decref(*ret);
		*ret = NULL;
	}
	if (!is_outside(name))
		return instance_name(hub, vpc, name, ret);
	api = ip_format(is_s3(hub, name) ? fabric_outside_s3() : fabric_outside_api());
	*ret = json_pack("[s]", api);
	return HUB_NAME_FOUND;
}

int ec2_resolve(struct hub *hub, const char *vpc, uint32_t asker, const char *name, json_t **ret,
		unsigned *ret_ttl)
{
	const json_t *o = hub_get(hub, ec2_vpc.kind, vpc);
	size_t len = strlen(name);
	OWN(str) char *plain = str_dup_n(name, len && name[len - 1] == '.' ? len - 1 : len);
	int rc;

	(void)asker;
	if (!o)
		return HUB_NAME_UNKNOWN;
	if (!json_bool_or(o, "_dnsSupport", true))
		return HUB_NAME_ABSENT; /* this VPC has no resolver at all */
	rc = look_up(hub, o, plain, ret);
	if (rc == HUB_NAME_FOUND)
		*ret_ttl = TTL_SECONDS;
	return rc;
}
