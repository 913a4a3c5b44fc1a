/* Network ACLs: entries and the subnets they hold for. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static const struct ec2_filter acl_filters[] = {
	{ "network-acl-id", "networkAclId" },
	{ "vpc-id", "vpcId" },
	{ "default", "default" },
	{ "association.subnet-id", "associationSet.subnetId" },
	{ "association.association-id", "associationSet.networkAclAssociationId" },
	{ "owner-id", "ownerId" },
	{ 0 },
};
const struct ec2_thing ec2_acl = {
	.kind = "ec2:network-acl",
	.prefix = "acl-",
	.id_key = "networkAclId",
	.in_key = "NetworkAclId",
	.set = "networkAclSet",
	.tag_type = "network-acl",
	.missing_code = "InvalidNetworkAclID.NotFound",
	.missing_head = "The networkAcl ID '",
	.missing_tail = "' does not exist",
	.filters = acl_filters,
};

enum { LAST_RULE = 32767 };

static json_t *plain_entry(int number, const char *action, bool egress)
{
	return json_pack("{s:i, s:s, s:s, s:b, s:s}", "ruleNumber", number, "protocol", "-1",
			 "ruleAction", action, "egress", egress, "cidrBlock", "0.0.0.0/0");
}

static json_t *new_acl(struct hub *hub, const struct call *c, const char *vpc, bool is_default)
{
	json_t *entries = json_array();

	for (int egress = 1; egress >= 0; egress--) {
		if (is_default)
			json_array_append_new(entries, plain_entry(100, "allow", egress));
		json_array_append_new(entries, plain_entry(LAST_RULE, "deny", egress));
	}
	return ec2_new(hub, c, &ec2_acl,
		       json_pack("{s:s, s:b, s:o, s:[]}", "vpcId", vpc, "default", is_default,
				 "entrySet", entries, "associationSet"));
}

void ec2_default_acl_new(struct hub *hub, const json_t *vpc)
{
	OWN(json) json_t *nothing = json_object();
	struct call none = { .in = nothing };

	(void)new_acl(hub, &none, ec2_id(&ec2_vpc, vpc), true);
}

int ec2_create_network_acl(struct hub *hub, struct call *c)
{
	json_t *vpc = ec2_named(hub, c, &ec2_vpc);

	if (!vpc)
		return -1;
	ec2_reply(hub, c, &ec2_acl, "networkAcl", new_acl(hub, c, ec2_id(&ec2_vpc, vpc), false));
	return 0;
}

int ec2_delete_network_acl(struct hub *hub, struct call *c)
{
	json_t *acl = ec2_named(hub, c, &ec2_acl);

	if (!acl)
		return -1;
	if (json_bool_or(acl, "default", false))
		return call_fail(c, 400, "InvalidParameterValue",
				 "cannot delete default network ACL %s", ec2_id(&ec2_acl, acl));
	if (json_array_size(json_list(acl, "associationSet")))
		return call_fail(c, 400, "DependencyViolation",
				 "The networkAcl '%s' has dependencies and cannot be deleted.",
				 ec2_id(&ec2_acl, acl));
	ec2_remove(hub, &ec2_acl, ec2_id(&ec2_acl, acl));
	ec2_ok(c);
	return 0;
}

int ec2_describe_network_acls(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_acl);
}

/* ---- entries
 * --------------------------------------------------------------------------------------- */

static json_t *find_entry(json_t *acl, json_int_t number, bool egress, size_t *ret_index)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_list(acl, "entrySet"), i, entry)
		if (json_int_or(entry, "ruleNumber", -1) == number &&
		    json_bool_or(entry, "egress", false) == egress) {
			*ret_index = i;
			return entry;
		}
	return NULL;
}

static int check_number(struct call *c, json_int_t *ret)
{
	*ret = json_int_or(c->in, "RuleNumber", -1);
	if (*ret >= 1 && *ret < LAST_RULE)
		return 0;
	return call_fail(c, 400, "InvalidParameterValue",
			 "Invalid value for ruleNumber. Must be from 1 to 32766.");
}

static int entry_ports(struct call *c, int protocol, json_t *entry)
{
	const json_t *range = json_map(c->in, "PortRange"), *icmp = json_map(c->in, "Icmp");
	json_int_t from = json_int_or(range, "From", -1), to = json_int_or(range, "To", -1);

	if (protocol == 6 || protocol == 17) {
		if (from < 0 || to > 65535 || from > to)
			return call_fail(c, 400, "InvalidParameterValue",
					 "Invalid value for portRange. Must specify both from and "
					 "to ports with TCP/UDP.");
		json_object_set_new(entry, "portRange",
				    json_pack("{s:I, s:I}", "from", from, "to", to));
	}
	if (protocol == 1)
		json_object_set_new(entry, "icmpTypeCode",
				    json_pack("{s:I, s:I}", "type", json_int_or(icmp, "Type", -1),
					      "code", json_int_or(icmp, "Code", -1)));
	return 0;
}

static int parse_entry(struct call *c, json_t **ret)
{
	const char *protocol_text = ec2_need(c, "Protocol");
	const char *action = protocol_text ? ec2_need(c, "RuleAction") : NULL;
	const char *six = json_str(c->in, "Ipv6CidrBlock");
	const char *block = six ? six : action ? ec2_need(c, "CidrBlock") : NULL;
	int protocol = protocol_text ? ec2_protocol(protocol_text) : -2;
	OWN(json) json_t *entry = NULL;
	OWN(str) char *shown = str_printf("%d", protocol);
	json_int_t number;
	uint32_t base;
	unsigned bits;

	if (!action || !block || check_number(c, &number) < 0)
		return -1;
	if (protocol == -2)
		return ec2_invalid(c, protocol_text, "protocol", "Unknown protocol.");
	if (strcmp(action, "allow") != 0 && strcmp(action, "deny") != 0)
		return ec2_invalid(c, action, "ruleAction", "Known: allow, deny.");
	if (six ? !strchr(six, ':') || !strchr(six, '/') : ip_parse_cidr(block, &base, &bits) < 0)
		return ec2_invalid(c, block, six ? "ipv6CidrBlock" : "cidrBlock",
				   "This is not a valid CIDR block.");
	entry = json_pack("{s:I, s:s, s:s, s:b, s:s}", "ruleNumber", number, "protocol", shown,
			  "ruleAction", action, "egress", json_bool_or(c->in, "Egress", false),
			  six ? "ipv6CidrBlock" : "cidrBlock", block);
	if (entry_ports(c, protocol, entry) < 0)
		return -1;
	*ret = GIVE(entry);
	return 0;
}

/* Keeps entries as Describe shows them: egress first, by rule number. */
static void insert_entry(json_t *acl, json_t *entry)
{
	json_t *set = json_list(acl, "entrySet"), *other;
	bool egress = json_bool_or(entry, "egress", false);
	json_int_t number = json_int_or(entry, "ruleNumber", 0);
	size_t i;

	json_array_foreach(set, i, other) {
		bool other_egress = json_bool_or(other, "egress", false);

		if ((egress && !other_egress) ||
		    (egress == other_egress && number < json_int_or(other, "ruleNumber", 0)))
			break;
	}
	json_array_insert(set, i, entry);
}

int ec2_create_network_acl_entry(struct hub *hub, struct call *c)
{
	json_t *acl = ec2_named(hub, c, &ec2_acl);
	OWN(json) json_t *entry = NULL;
	json_int_t number;
	size_t index;

	if (!acl || parse_entry(c, &entry) < 0)
		return -1;
	number = json_int_or(entry, "ruleNumber", 0);
	if (find_entry(acl, number, json_bool_or(entry, "egress", false), &index))
		return call_fail(c, 400, "NetworkAclEntryAlreadyExists",
				 "The network acl entry identified by %d already exists.",
				 (int)number);
	insert_entry(acl, entry);
	ec2_put(hub, &ec2_acl, acl);
	ec2_ok(c);
	return 0;
}

static json_t *named_entry(struct call *c, json_t *acl, size_t *ret_index)
{
	json_int_t number;
	bool egress = json_bool_or(c->in, "Egress", false);
	json_t *entry;

	if (check_number(c, &number) < 0)
		return NULL;
	entry = find_entry(acl, number, egress, ret_index);
	if (!entry)
		(void)call_fail(c, 400, "InvalidNetworkAclEntry.NotFound",
				"The %s network acl entry identified by %d does not exist.",
				egress ? "egress" : "ingress", (int)number);
	return entry;
}

int ec2_replace_network_acl_entry(struct hub *hub, struct call *c)
{
	json_t *acl = ec2_named(hub, c, &ec2_acl);
	OWN(json) json_t *entry = NULL;
	size_t index;

	if (!acl || parse_entry(c, &entry) < 0 || !named_entry(c, acl, &index))
		return -1;
	json_array_set(json_list(acl, "entrySet"), index, entry);
	ec2_put(hub, &ec2_acl, acl);
	ec2_ok(c);
	return 0;
}

int ec2_delete_network_acl_entry(struct hub *hub, struct call *c)
{
	json_t *acl = ec2_named(hub, c, &ec2_acl);
	size_t index;

	if (!acl || !named_entry(c, acl, &index))
		return -1;
	json_array_remove(json_list(acl, "entrySet"), index);
	ec2_put(hub, &ec2_acl, acl);
	ec2_ok(c);
	return 0;
}

/* ---- associations
 * -------------------------------------------------------------------------------------- */

static const char *associate(struct hub *hub, json_t *acl, const char *subnet)
{
	OWN(str) char *id = hub_id(hub, "aclassoc-", 17);
	json_t *row = json_pack("{s:s, s:s, s:s}", "networkAclAssociationId", id, "networkAclId",
				ec2_id(&ec2_acl, acl), "subnetId", subnet);

	json_array_append_new(json_list(acl, "associationSet"), row);
	ec2_put(hub, &ec2_acl, acl);
	return json_str(row, "networkAclAssociationId");
}

static json_t *default_acl(struct hub *hub, const char *vpc)
{
	const char *id;
	json_t *acl;

	json_object_foreach(hub_all(hub, ec2_acl.kind), id, acl)
		if (str_eq(json_str(acl, "vpcId"), vpc) && json_bool_or(acl, "default", false))
			return acl;
	return NULL;
}

void ec2_acl_adopt_subnet(struct hub *hub, const json_t *subnet)
{
	json_t *acl = default_acl(hub, json_str(subnet, "vpcId"));

	if (acl)
		(void)associate(hub, acl, ec2_id(&ec2_subnet, subnet));
}

void ec2_acl_forget_subnet(struct hub *hub, const char *subnet)
{
	const char *id;
	json_t *acl;

	json_object_foreach(hub_all(hub, ec2_acl.kind), id, acl) {
		json_t *set = json_list(acl, "associationSet");

		for (size_t i = json_array_size(set); i-- > 0;)
			if (str_eq(json_str(json_array_get(set, i), "subnetId"), subnet)) {
				json_array_remove(set, i);
				ec2_put(hub, &ec2_acl, acl);
			}
	}
}

int ec2_replace_network_acl_association(struct hub *hub, struct call *c)
{
	const char *wanted = ec2_need(c, "AssociationId"), *id;
	json_t *acl = wanted ? ec2_named(hub, c, &ec2_acl) : NULL, *other, *row;
	OWN(str) char *subnet = NULL;
	size_t i;

	if (!acl)
		return -1;
	json_object_foreach(hub_all(hub, ec2_acl.kind), id, other)
		json_array_foreach(json_list(other, "associationSet"), i, row)
			if (str_eq(json_str(row, "networkAclAssociationId"), wanted) &&
			    str_eq(json_str(other, "vpcId"), json_str(acl, "vpcId")))
				subnet = subnet ? subnet : str_dup(json_str(row, "subnetId"));
	if (!subnet)
		return call_fail(c, 400, "InvalidAssociationID.NotFound",
				 "The association ID '%s' does not exist", wanted);
	ec2_acl_forget_subnet(hub, subnet);
	json_set_str(c->out, "newAssociationId", associate(hub, acl, subnet));
	return 0;
}
