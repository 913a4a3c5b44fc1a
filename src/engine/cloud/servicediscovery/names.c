/* The private hosted zones: what a VPC's resolver answers for the names of its namespaces. */
#include "engine/cloud/servicediscovery/servicediscovery-internal.h"

#include <string.h>
#include <strings.h>

#define MULTIVALUE_MOST 8 /* records in one MULTIVALUE answer */

/* Length of the part in front of ".<zone>", 0 for the zone itself, -1 when the name is not in it.
 */
static int inside(const char *name, const char *zone)
{
	size_t name_len = strlen(name), zone_len = strlen(zone);

	if (name_len && name[name_len - 1] == '.')
		name_len--;
	if (name_len == zone_len && !strncasecmp(name, zone, zone_len))
		return 0;
	if (name_len <= zone_len + 1 || name[name_len - zone_len - 1] != '.' ||
	    strncasecmp(name + name_len - zone_len, zone, zone_len))
		return -1;
	return (int)(name_len - zone_len - 1);
}

static const json_t *service_named(struct hub *hub, const char *namespace_id, const char *name,
				   size_t len)
{
	const char *id;
	json_t *one;

	json_object_foreach(hub_all(hub, SD_SERVICE), id, one)
	{
		const char *own = json_str_or(one, "Name", "");

		if (str_eq(json_str(one, "NamespaceId"), namespace_id) && strlen(own) == len &&
		    !strncasecmp(own, name, len))
			return one;
	}
	return NULL;
}

static const json_t *a_record(const json_t *service)
{
	json_t *record;
	size_t i;

	json_array_foreach(json_path(service, "DnsConfig.DnsRecords"), i,
			   record) if (str_eq(json_str(record, "Type"), "A")) return record;
	return NULL;
}

static json_t *healthy_addresses(struct hub *hub, const json_t *service)
{
	OWN(json) json_t *instances = sd_instances(hub, json_str(service, "Id"));
	json_t *addresses = json_array(), *one;
	size_t i;

	json_array_foreach(instances, i, one)
	{
		const char *address = json_str(json_map(one, "Attributes"), "AWS_INSTANCE_IPV4");

		if (address && strcmp(json_str_or(one, "HealthStatus", ""), "UNHEALTHY") &&
		    json_array_size(addresses) < MULTIVALUE_MOST)
			json_add_str(addresses, address);
	}
	return addresses;
}

static int answer(struct hub *hub, const json_t *space, const char *name, size_t len, json_t **ret,
		  unsigned *ret_ttl)
{
	const json_t *service = service_named(hub, json_str(space, "Id"), name, len);
	const json_t *record = service ? a_record(service) : NULL;
	OWN(json) json_t *addresses = service ? healthy_addresses(hub, service) : NULL;

	/* without a registered instance there is no record set, so the name does not exist */
	if (!json_array_size(addresses))
		return HUB_NAME_ABSENT;
	if (!record)
		return HUB_NAME_EMPTY;
	*ret_ttl = (unsigned)json_int_or(record, "TTL", 60);
	*ret = GIVE(addresses);
	return HUB_NAME_FOUND;
}

int sd_resolve(struct hub *hub, const char *vpc, uint32_t asker, const char *name, json_t **ret,
	       unsigned *ret_ttl)
{
	const json_t *best = NULL;
	const char *id;
	json_t *space;
	int len = 0;

	(void)asker;
	json_object_foreach(hub_all(hub, SD_NAMESPACE), id, space)
	{
		int front = inside(name, json_str_or(space, "Name", ""));

		/* the most specific zone of the VPC answers, as in Route 53 */
		if (front < 0 || !str_eq(json_str(space, "Vpc"), vpc) || (best && front >= len))
			continue;
		best = space;
		len = front;
	}
	if (!best)
		return HUB_NAME_UNKNOWN;
	if (len == 0)
		return HUB_NAME_EMPTY;
	return answer(hub, best, name, (size_t)len, ret, ret_ttl);
}
