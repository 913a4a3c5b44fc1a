/* Regions and availability zones. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static const struct ec2_filter zone_filters[] = {
	{ "zone-name", "zoneName" },   { "zone-id", "zoneId" },
	{ "region-name", "regionName" }, { "state", "zoneState" },
	{ "zone-type", "zoneType" },   { "opt-in-status", "optInStatus" },
	{ "group-name", "groupName" }, { 0 },
};

static json_t *zone_row(struct hub *hub, const char *zone, size_t index)
{
	const char *region = hub_region(hub), *dash = strchr(region, '-'),
		   *last = strrchr(region, '-');
	OWN(str) char *id = dash && last > dash
				    ? str_printf("%.*s%c%c-az%zu", (int)(dash - region), region,
						 dash[1], last[1], index + 1)
				    : str_printf("%s-az%zu", region, index + 1);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[]}", "zoneName", zone,
			 "zoneId", id, "zoneState", "available", "regionName", region, "zoneType",
			 "availability-zone", "optInStatus", "opt-in-not-required", "groupName",
			 region, "networkBorderGroup", region, "messageSet");
}

int ec2_describe_availability_zones(struct hub *hub, struct call *c)
{
	OWN(json) json_t *wanted = ec2_texts(c->in, "ZoneName");
	json_t *list = json_array(), *name;
	size_t i;

	json_object_set_new(c->out, "availabilityZoneInfo", list);
	for (i = 0; hub_zones(hub)[i]; i++) {
		OWN(json) json_t *row = zone_row(hub, hub_zones(hub)[i], i);

		if ((json_array_size(wanted) && !ec2_has(wanted, hub_zones(hub)[i])) ||
		    !ec2_matches(zone_filters, row, json_list(c->in, "Filter")))
			continue;
		json_array_append(list, row);
	}
	json_array_foreach(wanted, i, name) {
		bool known = false;

		for (size_t z = 0; hub_zones(hub)[z]; z++)
			known = known || str_eq(json_string_value(name), hub_zones(hub)[z]);
		if (!known)
			return call_fail(c, 400, "InvalidParameterValue",
					 "Invalid availability zone: [%s]", json_string_value(name));
	}
	return 0;
}

static const struct ec2_filter region_filters[] = {
	{ "region-name", "regionName" },
	{ "endpoint", "regionEndpoint" },
	{ "opt-in-status", "optInStatus" },
	{ 0 },
};

int ec2_describe_regions(struct hub *hub, struct call *c)
{
	OWN(json) json_t *wanted = ec2_texts(c->in, "RegionName");
	OWN(str) char *endpoint = str_printf("ec2.%s.amazonaws.com", hub_region(hub));
	OWN(json) json_t *row = json_pack("{s:s, s:s, s:s}", "regionName", hub_region(hub),
					  "regionEndpoint", endpoint, "optInStatus",
					  "opt-in-not-required");
	json_t *list = json_array();

	json_object_set_new(c->out, "regionInfo", list);
	if ((!json_array_size(wanted) || ec2_has(wanted, hub_region(hub))) &&
	    ec2_matches(region_filters, row, json_list(c->in, "Filter")))
		json_array_append(list, row);
	return 0;
}
