/* DHCP options of VPCs: kept and shown. The resolver is always the VPC's own, so options that lead to another one
 * are refused. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static const struct ec2_filter dhcp_filters[] = {
	{ "dhcp-options-id", "dhcpOptionsId" },
	{ "key", "dhcpConfigurationSet.key" },
	{ "owner-id", "ownerId" },
	{ 0 },
};
const struct ec2_thing ec2_dhcp_options = {
	.kind = "ec2:dhcp-options",
	.prefix = "dopt-",
	.id_key = "dhcpOptionsId",
	.in_key = "DhcpOptionsId",
	.set = "dhcpOptionsSet",
	.tag_type = "dhcp-options",
	.missing_code = "InvalidDhcpOptionID.NotFound",
	.missing_head = "The dhcpOption ID '",
	.missing_tail = "' does not exist",
	.filters = dhcp_filters,
};

/* ---- the API ---------------------------------------------------------------------------------- */

static int check_servers(struct call *c, const json_t *servers)
{
	json_t *server;
	size_t i;

	json_array_foreach(servers, i, server)
		if (!str_eq(json_string_value(server), "AmazonProvidedDNS"))
			return ec2_invalid(c, json_string_value(server), "domain-name-servers",
					   "The local cloud has the VPC's own resolver alone: "
					   "AmazonProvidedDNS.");
	return 0;
}

/* One {"Key", "Value": [..]} as Describe shows it, into `set`. */
static int add_option(struct call *c, const json_t *option, json_t *set)
{
	static const char *const known[] = { "domain-name",	     "domain-name-servers",
					     "ntp-servers",	     "netbios-name-servers",
					     "netbios-node-type", NULL };
	const char *key = json_str_or(option, "Key", "");
	OWN(json) json_t *values = ec2_texts(option, "Value");
	json_t *list = json_array(), *value;
	size_t i = 0;

	json_array_append_new(set, json_pack("{s:s, s:o}", "key", key, "valueSet", list));
	while (known[i] && strcmp(known[i], key))
		i++;
	if (!known[i])
		return ec2_invalid(c, key, "dhcpConfiguration", "Unknown option.");
	json_array_foreach(values, i, value)
		json_array_append_new(list, json_pack("{s:O}", "value", value));
	return strcmp(key, "domain-name-servers") ? 0 : check_servers(c, values);
}

int ec2_create_dhcp_options(struct hub *hub, struct call *c)
{
	const json_t *options = json_list(c->in, "DhcpConfiguration");
	OWN(json) json_t *set = json_array();
	json_t *option;
	size_t i;

	if (!json_array_size(options))
		return call_fail(c, 400, "MissingParameter",
				 "The request must contain the parameter dhcpConfiguration");
	json_array_foreach(options, i, option)
		if (add_option(c, option, set) < 0)
			return -1;
	ec2_reply(hub, c, &ec2_dhcp_options, "dhcpOptions",
		  ec2_new(hub, c, &ec2_dhcp_options,
			  json_pack("{s:O}", "dhcpConfigurationSet", set)));
	return 0;
}

int ec2_describe_dhcp_options(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_dhcp_options);
}

int ec2_delete_dhcp_options(struct hub *hub, struct call *c)
{
	json_t *options = ec2_named(hub, c, &ec2_dhcp_options);
	const char *id = ec2_id(&ec2_dhcp_options, options);

	if (!options)
		return -1;
	if (ec2_first(hub, &ec2_vpc, "dhcpOptionsId", id))
		return call_fail(c, 400, "DependencyViolation",
				 "The dhcpOptions '%s' has dependencies and cannot be deleted.", id);
	ec2_remove(hub, &ec2_dhcp_options, id);
	ec2_ok(c);
	return 0;
}

int ec2_associate_dhcp_options(struct hub *hub, struct call *c)
{
	const char *id = ec2_need(c, "DhcpOptionsId");
	json_t *vpc = id ? ec2_named(hub, c, &ec2_vpc) : NULL;

	if (!vpc || (strcmp(id, "default") && !ec2_find(hub, c, &ec2_dhcp_options, id)))
		return -1;
	json_set_str(vpc, "dhcpOptionsId", id);
	ec2_put(hub, &ec2_vpc, vpc);
	ec2_ok(c);
	return 0;
}

/* ---- AWS::EC2::DHCPOptions ---------------------------------------------------------------------- */

static const char *const members[][2] = {
	{ "DomainName", "domain-name" },
	{ "DomainNameServers", "domain-name-servers" },
	{ "NtpServers", "ntp-servers" },
	{ "NetbiosNameServers", "netbios-name-servers" },
	{ "NetbiosNodeType", "netbios-node-type" },
};

static int create_options(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *list = json_array();
	OWN(json) json_t *in = json_pack("{s:o}", "DhcpConfiguration", list), *out = NULL;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *value = ec2_as_text(json_object_get(r->properties, members[i][0]));

		if (value)
			json_array_append_new(list, json_pack("{s:s, s:o}", "Key", members[i][1],
							      "Value", value));
	}
	if (ec2_api(hub, r, "CreateDhcpOptions", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(json_map(out, "dhcpOptions"), "dhcpOptionsId"));
	ec2_attribute(r, "DhcpOptionsId", r->physical);
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int update_options(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int remove_options(struct hub *hub, struct resource *r, struct err *err)
{
	return ec2_drop(hub, r, &ec2_dhcp_options, "DeleteDhcpOptions", err);
}

const struct resource_kind ec2_kind_dhcp_options = {
	.type = "AWS::EC2::DHCPOptions",
	.create = create_options,
	.update = update_options,
	.remove = remove_options,
	.settle = remove_options,
	.replace_on = (const char *const[]){ "DomainName", "DomainNameServers", "NtpServers",
					     "NetbiosNameServers", "NetbiosNodeType", NULL },
	.allowed = (const char *const[]){ "DomainName", "DomainNameServers", "NtpServers",
					  "NetbiosNameServers", "NetbiosNodeType", "Tags", NULL },
};

/* ---- AWS::EC2::VPCDHCPOptionsAssociation --------------------------------------------------------- */

static int associate(struct hub *hub, struct resource *r, const char *options, struct err *err)
{
	OWN(json)
	json_t *in = json_pack("{s:s, s:s}", "DhcpOptionsId", options, "VpcId",
			       json_str_or(r->properties, "VpcId", ""));

	return ec2_api(hub, r, "AssociateDhcpOptions", in, NULL, err);
}

static int put_association(struct hub *hub, struct resource *r, struct err *err)
{
	if (associate(hub, r, json_str_or(r->properties, "DhcpOptionsId", ""), err) < 0)
		return -1;
	if (!r->physical)
		r->physical = str_printf("%s|%s", json_str(r->properties, "DhcpOptionsId"),
					 json_str(r->properties, "VpcId"));
	return RESOURCE_DONE;
}

static int remove_association(struct hub *hub, struct resource *r, struct err *err)
{
	if (!r->physical || !hub_get(hub, ec2_vpc.kind, json_str(r->properties, "VpcId")))
		return RESOURCE_DONE;
	return associate(hub, r, "default", err);
}

const struct resource_kind ec2_kind_dhcp_association = {
	.type = "AWS::EC2::VPCDHCPOptionsAssociation",
	.create = put_association,
	.update = put_association,
	.remove = remove_association,
	.replace_on = (const char *const[]){ "VpcId", NULL },
	.allowed = (const char *const[]){ "DhcpOptionsId", "VpcId", NULL },
	.required = (const char *const[]){ "DhcpOptionsId", "VpcId", NULL },
};
