/* EC2's protocol names things otherwise than its API does: lists are in the singular in a request and
 * end with "Set" in a reply, whose names begin with a small letter. */
#include <string.h>

#include "engine/lookup/lookup-internal.h"

json_t *ec2_input(const json_t *input)
{
	json_t *whole = (json_t *)(uintptr_t)input, *wire, *one; /* only read */
	const char *key;
	size_t i;

	if (json_is_array(input)) {
		wire = json_array();
		json_array_foreach(whole, i, one)
			json_array_append_new(wire, ec2_input(one));
		return wire;
	}
	if (!json_is_object(input))
		return json_incref(whole);
	wire = json_object();
	json_object_foreach(whole, key, one) {
		size_t len = strlen(key);
		OWN(str) char *name = str_dup_n(key, len - (json_is_array(one) && str_ends(key, "s")));

		json_object_set_new(wire, name, ec2_input(one));
	}
	return wire;
}

/* What the rule below does not give. */
static const char *const names[][2] = {
	{ "securityGroupInfo", "SecurityGroups" },
	{ "entrySet", "Entries" },
	{ "natGatewayAddressSet", "NatGatewayAddresses" },
	{ "cidrBlockAssociationSet", "CidrBlockAssociationSet" },
	{ "ipv6CidrBlockAssociationSet", "Ipv6CidrBlockAssociationSet" },
	{ "availabilityZoneInfo", "AvailabilityZones" },
	{ "ipRanges", "IpRanges" },
	{ "imagesSet", "Images" },
	{ "addressesSet", "Addresses" },
};

/* "routeTableSet" -> "RouteTables", "vpcId" -> "VpcId". */
static char *api_name(const char *wire, const char *parent)
{
	size_t len = strlen(wire);
	char *name;

	if (!strcmp(wire, "groups") && (str_eq(parent, "ipPermissions") ||
					str_eq(parent, "ipPermissionsEgress")))
		return str_dup("UserIdGroupPairs");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i][0], wire))
			return str_dup(names[i][1]);
	if (len > 3 && str_ends(wire, "Set"))
		name = str_printf("%.*ss", (int)(len - 3), wire);
	else
		name = str_dup(wire);
	if (*name >= 'a' && *name <= 'z')
		*name = (char)(*name - 'a' + 'A');
	return name;
}

static json_t *answer(const json_t *wire, const char *parent)
{
	json_t *whole = (json_t *)(uintptr_t)wire, *result, *one; /* only read */
	const char *key;
	size_t i;

	if (json_is_array(wire)) {
		result = json_array();
		json_array_foreach(whole, i, one)
			json_array_append_new(result, answer(one, parent));
		return result;
	}
	if (!json_is_object(wire))
		return json_incref(whole);
	result = json_object();
	json_object_foreach(whole, key, one) {
		OWN(str) char *name = api_name(key, parent);
		bool list = str_ends(key, "Set") || str_ends(key, "Info");

		/* an empty element may be an empty list */
		json_object_set_new(result, name,
				    list && json_is_string(one) && !json_string_length(one)
					    ? json_array()
					    : answer(one, key));
	}
	return result;
}

json_t *ec2_answer(const json_t *wire)
{
	return answer(wire, NULL);
}
