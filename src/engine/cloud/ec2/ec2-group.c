/* Security groups and their rules. Each rule is an object of its own (sgr-...). */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

enum { RULES_MOST = 60, GROUPS_PER_INTERFACE = 5 };

/* ---- protocols ---------------------------------------------------------------------------------
 */

int ec2_protocol(const char *text)
{
	static const struct {
		const char *name;
		int number;
	} names[] = { { "-1", -1 },  { "all", -1 }, { "tcp", 6 },
		      { "udp", 17 }, { "icmp", 1 }, { "icmpv6", 58 } };
	uint64_t number;

	for (size_t i = 0; text && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcasecmp(names[i].name, text))
			return names[i].number;
	if (text && num_parse_u64(text, 0, 255, &number) == 0)
		return (int)number;
	return -2;
}

/* As Describe shows it: words for the four that have ports or types, numbers for the rest. */
static char *protocol_text(int number)
{
	switch (number) {
	case 6:
		return str_dup("tcp");
	case 17:
		return str_dup("udp");
	case 1:
		return str_dup("icmp");
	case 58:
		return str_dup("icmpv6");
	default:
		return str_printf("%d", number);
	}
}

/* ---- rules
 * ---------------------------------------------------------------------------------------- */

static const struct ec2_filter rule_filters[] = {
	{ "group-id", "groupId" },
	{ "security-group-rule-id", "securityGroupRuleId" },
	{ 0 },
};
const struct ec2_thing ec2_rule = {
	.kind = "ec2:security-group-rule",
	.prefix = "sgr-",
	.id_key = "securityGroupRuleId",
	.in_key = "SecurityGroupRuleId",
	.set = "securityGroupRuleSet",
	.tag_type = "security-group-rule",
	.missing_code = "InvalidSecurityGroupRuleId.NotFound",
	.missing_head = "The security group rule ID '",
	.missing_tail = "' does not exist",
	.filters = rule_filters,
};

static bool same_rule(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "groupId", "ipProtocol", "cidrIpv4", "cidrIpv6",
					    "prefixListId" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!str_eq(json_str(a, keys[i]), json_str(b, keys[i])))
			return false;
	return json_bool_or(a, "isEgress", false) == json_bool_or(b, "isEgress", false) &&
	       json_int_or(a, "fromPort", -1) == json_int_or(b, "fromPort", -1) &&
	       json_int_or(a, "toPort", -1) == json_int_or(b, "toPort", -1) &&
	       str_eq(json_str(json_map(a, "referencedGroupInfo"), "groupId"),
		      json_str(json_map(b, "referencedGroupInfo"), "groupId"));
}

static json_t *find_rule(struct hub *hub, const json_t *like)
{
	const char *id;
	json_t *rule;

	json_object_foreach(hub_all(hub, ec2_rule.kind), id, rule)
		if (same_rule(rule, like))
			return rule;
	return NULL;
}

static size_t count_rules(struct hub *hub, const char *group, bool egress)
{
	const char *id;
	json_t *rule;
	size_t count = 0;

	json_object_foreach(hub_all(hub, ec2_rule.kind), id, rule)
		if (str_eq(json_str(rule, "groupId"), group) &&
		    json_bool_or(rule, "isEgress", false) == egress)
			count++;
	return count;
}

static int bad_port(struct call *c, const char *text)
{
	return call_fail(
		c, 400, "InvalidParameterValue",
		"Invalid value '%s' for portRange. Must specify both from and to ports with "
		"TCP/UDP, from 0 to 65535.",
		text ? text : "");
}

/* Protocol and ports of a permission into a rule. */
static int set_ports(struct call *c, const json_t *permission, json_t *rule)
{
	const char *text = json_str(permission, "IpProtocol");
	int protocol = ec2_protocol(text);
	OWN(str) char *shown = protocol_text(protocol);
	json_int_t from = json_int_or(permission, "FromPort", -2);
	json_int_t to = json_int_or(permission, "ToPort", -2);

	if (protocol == -2)
		return call_fail(c, 400, "InvalidParameterValue",
				 "Invalid value '%s' for IP protocol. Unknown protocol.",
				 text ? text : "");
	if (protocol == 6 || protocol == 17) {
		if (from < 0 || to > 65535 || from > to)
			return bad_port(c, json_str(permission, from < 0 ? "FromPort" : "ToPort"));
	} else if (protocol == 1 || protocol == 58) {
		if (from < -1 || from > 255 || to < -1 || to > 255)
			from = to = -1;
	} else {
		from = to = -1;
	}
	json_set_str(rule, "ipProtocol", shown);
	json_set_int(rule, "fromPort", from);
	json_set_int(rule, "toPort", to);
	return 0;
}

static json_t *peer_rule(const json_t *base, const json_t *peer)
{
	json_t *rule = json_deep_copy(base);

	json_set_str(rule, "description", json_str(peer, "Description"));
	return rule;
}

static int check_cidr(struct call *c, const char *text)
{
	uint32_t base;
	unsigned bits;

	if (text && ip_parse_cidr(text, &base, &bits) == 0)
		return 0;
	return call_fail(c, 400, "InvalidParameterValue", "CIDR block %s is malformed",
			 text ? text : "");
}

static int add_ranges(struct call *c, const json_t *permission, const json_t *base, json_t *rules)
{
	size_t i;
	json_t *peer;

	json_array_foreach(json_list(permission, "IpRanges"), i, peer) {
		OWN(json) json_t *rule = peer_rule(base, peer);

		if (check_cidr(c, json_str(peer, "CidrIp")) < 0)
			return -1;
		json_set_str(rule, "cidrIpv4", json_str(peer, "CidrIp"));
		json_array_append(rules, rule);
	}
	json_array_foreach(json_list(permission, "Ipv6Ranges"), i, peer) {
		OWN(json) json_t *rule = peer_rule(base, peer);
		const char *block = json_str_or(peer, "CidrIpv6", "");

		if (!strchr(block, ':') || !strchr(block, '/'))
			return call_fail(c, 400, "InvalidParameterValue",
					 "CIDR block %s is malformed", block);
		json_set_str(rule, "cidrIpv6", block);
		json_array_append(rules, rule);
	}
	return 0;
}

static int add_groups(struct hub *hub, struct call *c, const json_t *group,
		      const json_t *permission, const json_t *base, json_t *rules)
{
	size_t i;
	json_t *peer;

	json_array_foreach(json_list(permission, "Groups"), i, peer) {
		OWN(json) json_t *rule = peer_rule(base, peer);
		json_t *other = ec2_find(hub, c, &ec2_group, json_str(peer, "GroupId"));

		if (!other)
			return -1;
		if (!str_eq(json_str(other, "vpcId"), json_str(group, "vpcId")))
			return call_fail(
				c, 400, "InvalidGroup.NotFound",
				"You have specified two resources that belong to different "
				"networks.");
		json_object_set_new(rule, "referencedGroupInfo",
				    json_pack("{s:s, s:s}", "groupId", ec2_id(&ec2_group, other),
					      "userId", hub_account(hub)));
		json_array_append(rules, rule);
	}
	json_array_foreach(json_list(permission, "PrefixListIds"), i, peer) {
		OWN(json) json_t *rule = peer_rule(base, peer);
		const char *list = json_str_or(peer, "PrefixListId", "");

		if (!ec2_prefix_list_known(hub, list))
			return call_fail(c, 400, "InvalidPrefixListId.NotFound",
					 "The prefix list ID '%s' does not exist", list);
		json_set_str(rule, "prefixListId", list);
		json_array_append(rules, rule);
	}
	return 0;
}

/* The permissions of a request; the short form (protocol, ports, one CIDR at the top) is one of
 * them. */
static json_t *permissions_of(const struct call *c)
{
	json_t *list = json_array(), *one;

	if (json_list(c->in, "IpPermissions")) {
		json_array_extend(list, json_list(c->in, "IpPermissions"));
		return list;
	}
	if (!json_str(c->in, "IpProtocol"))
		return list;
	one = json_pack("{s:O, s:O*, s:O*}", "IpProtocol", json_object_get(c->in, "IpProtocol"),
			"FromPort", json_object_get(c->in, "FromPort"), "ToPort",
			json_object_get(c->in, "ToPort"));
	if (json_str(c->in, "CidrIp"))
		json_object_set_new(one, "IpRanges",
				    json_pack("[{s:s}]", "CidrIp", json_str(c->in, "CidrIp")));
	json_array_append_new(list, one);
	return list;
}

/* All rules that the request describes, none of them stored yet; caller's. */
static int parse_rules(struct hub *hub, struct call *c, const json_t *group, bool egress,
		       json_t **ret)
{
	OWN(json) json_t *permissions = permissions_of(c);
	OWN(json) json_t *rules = json_array();
	size_t i;
	json_t *permission;

	if (!json_array_size(permissions))
		return call_fail(c, 400, "MissingParameter",
				 "The request must contain the parameter ipPermissions");
	json_array_foreach(permissions, i, permission) {
		OWN(json)
		json_t *base =
			json_pack("{s:s, s:s, s:b, s:s}", "groupId", ec2_id(&ec2_group, group),
				  "groupOwnerId", hub_account(hub), "isEgress", egress, "_vpcId",
				  json_str(group, "vpcId"));
		size_t before = json_array_size(rules);

		if (set_ports(c, permission, base) < 0 ||
		    add_ranges(c, permission, base, rules) < 0 ||
		    add_groups(hub, c, group, permission, base, rules) < 0)
			return -1;
		if (json_array_size(rules) == before)
			return call_fail(
				c, 400, "MissingParameter",
				"Source or destination of the rule must be given: IpRanges, "
				"Ipv6Ranges, Groups or PrefixListIds");
	}
	*ret = GIVE(rules);
	return 0;
}

static char *peer_text(const json_t *rule)
{
	const char *peer = json_str(rule, "cidrIpv4");

	if (!peer)
		peer = json_str(rule, "cidrIpv6");
	if (!peer)
		peer = json_str(rule, "prefixListId");
	if (!peer)
		peer = json_str_or(json_map(rule, "referencedGroupInfo"), "groupId", "");
	return str_dup(peer);
}

static int duplicate(struct call *c, const json_t *rule)
{
	OWN(str) char *peer = peer_text(rule);
	OWN(str) char *protocol = str_dup(json_str_or(rule, "ipProtocol", ""));

	for (char *p = protocol; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	if (json_int_or(rule, "fromPort", -1) < 0)
		return call_fail(c, 400, "InvalidPermission.Duplicate",
				 "the specified rule \"peer: %s, %s, ALLOW\" already exists", peer,
				 strcmp(protocol, "-1") ? protocol : "ALL");
	return call_fail(c, 400, "InvalidPermission.Duplicate",
			 "the specified rule \"peer: %s, %s, from port: %d, to port: %d, ALLOW\" "
			 "already exists",
			 peer, protocol, (int)json_int_or(rule, "fromPort", 0),
			 (int)json_int_or(rule, "toPort", 0));
}

static int authorize(struct hub *hub, struct call *c, bool egress)
{
	OWN(json) json_t *rules = NULL;
	json_t *group = NULL, *rule, *stored, *list;
	const char *id = ec2_need(c, "GroupId");
	size_t i;

	if (!id || !(group = ec2_find(hub, c, &ec2_group, id)) ||
	    parse_rules(hub, c, group, egress, &rules) < 0)
		return -1;
	if (count_rules(hub, id, egress) + json_array_size(rules) > RULES_MOST)
		return call_fail(
			c, 400, "RulesPerSecurityGroupLimitExceeded",
			"The maximum number of rules per security group has been reached.");
	json_array_foreach(rules, i, rule)
		if (find_rule(hub, rule))
			return duplicate(c, rule);
	list = json_array();
	ec2_ok(c);
	json_object_set_new(c->out, "securityGroupRuleSet", list);
	json_array_foreach(rules, i, rule) {
		stored = ec2_new(hub, c, &ec2_rule, json_incref(rule));
		json_object_del(stored, "ownerId");
		json_array_append_new(list, ec2_show(hub, &ec2_rule, stored));
	}
	return 0;
}

static int revoke_ids(struct hub *hub, struct call *c, const json_t *group, const json_t *ids,
		      bool egress)
{
	size_t i;
	json_t *id, *rule;

	json_array_foreach(ids, i, id) {
		rule = ec2_find(hub, c, &ec2_rule, json_string_value(id));
		if (!rule)
			return -1;
		if (!str_eq(json_str(rule, "groupId"), ec2_id(&ec2_group, group)) ||
		    json_bool_or(rule, "isEgress", false) != egress)
			return call_fail(
				c, 400, "InvalidPermission.NotFound",
				"The specified rule does not exist in this security group.");
	}
	json_array_foreach(ids, i, id)
		ec2_remove(hub, &ec2_rule, json_string_value(id));
	return 0;
}

static int revoke_like(struct hub *hub, struct call *c, const json_t *group, bool egress)
{
	OWN(json) json_t *rules = NULL;
	size_t i;
	json_t *rule;

	if (parse_rules(hub, c, group, egress, &rules) < 0)
		return -1;
	json_array_foreach(rules, i, rule)
		if (!find_rule(hub, rule))
			return call_fail(
				c, 400, "InvalidPermission.NotFound",
				"The specified rule does not exist in this security group.");
	json_array_foreach(rules, i, rule) {
		json_t *stored = find_rule(hub, rule);

		if (stored)
			ec2_remove(hub, &ec2_rule, ec2_id(&ec2_rule, stored));
	}
	return 0;
}

static int take_back(struct hub *hub, struct call *c, bool egress)
{
	OWN(json) json_t *ids = ec2_texts(c->in, "SecurityGroupRuleId");
	const char *id = ec2_need(c, "GroupId");
	json_t *group = id ? ec2_find(hub, c, &ec2_group, id) : NULL;

	if (!group || (json_array_size(ids) ? revoke_ids(hub, c, group, ids, egress)
					    : revoke_like(hub, c, group, egress)) < 0)
		return -1;
	ec2_ok(c);
	return 0;
}

int ec2_authorize_ingress(struct hub *hub, struct call *c)
{
	return authorize(hub, c, false);
}

int ec2_authorize_egress(struct hub *hub, struct call *c)
{
	return authorize(hub, c, true);
}

int ec2_revoke_ingress(struct hub *hub, struct call *c)
{
	return take_back(hub, c, false);
}

int ec2_revoke_egress(struct hub *hub, struct call *c)
{
	return take_back(hub, c, true);
}

int ec2_describe_security_group_rules(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_rule);
}

/* ---- groups
 * ----------------------------------------------------------------------------------------- */

static json_t *permission_for(json_t *list, const json_t *rule)
{
	size_t i;
	json_t *permission;

	json_array_foreach(list, i, permission)
		if (str_eq(json_str(permission, "ipProtocol"), json_str(rule, "ipProtocol")) &&
		    json_int_or(permission, "fromPort", -1) == json_int_or(rule, "fromPort", -1) &&
		    json_int_or(permission, "toPort", -1) == json_int_or(rule, "toPort", -1))
			return permission;
	permission = json_pack("{s:s}", "ipProtocol", json_str(rule, "ipProtocol"));
	if (strcmp(json_str(rule, "ipProtocol"), "-1") != 0) {
		json_set_int(permission, "fromPort", json_int_or(rule, "fromPort", -1));
		json_set_int(permission, "toPort", json_int_or(rule, "toPort", -1));
	}
	json_object_set_new(permission, "groups", json_array());
	json_object_set_new(permission, "ipRanges", json_array());
	json_object_set_new(permission, "ipv6Ranges", json_array());
	json_object_set_new(permission, "prefixListIds", json_array());
	json_array_append_new(list, permission);
	return permission;
}

static void add_peer(json_t *permission, const json_t *rule)
{
	static const struct {
		const char *member, *list, *shown;
	} peers[] = { { "cidrIpv4", "ipRanges", "cidrIp" },
		      { "cidrIpv6", "ipv6Ranges", "cidrIpv6" },
		      { "prefixListId", "prefixListIds", "prefixListId" } };
	const json_t *group = json_map(rule, "referencedGroupInfo");
	json_t *peer = json_object();

	if (group) {
		json_set_str(peer, "userId", json_str(group, "userId"));
		json_set_str(peer, "groupId", json_str(group, "groupId"));
		json_array_append(json_list(permission, "groups"), peer);
	}
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		if (json_str(rule, peers[i].member)) {
			json_set_str(peer, peers[i].shown, json_str(rule, peers[i].member));
			json_array_append(json_list(permission, peers[i].list), peer);
		}
	json_set_str(peer, "description", json_str(rule, "description"));
	json_decref(peer);
}

static json_t *show_group(struct hub *hub, const json_t *o)
{
	json_t *shown = json_deep_copy(o), *ingress = json_array(), *egress = json_array(), *rule;
	const char *id;

	json_object_foreach(hub_all(hub, ec2_rule.kind), id, rule)
		if (str_eq(json_str(rule, "groupId"), ec2_id(&ec2_group, o)))
			add_peer(permission_for(json_bool_or(rule, "isEgress", false) ? egress
										      : ingress,
						rule),
				 rule);
	json_object_set_new(shown, "ipPermissions", ingress);
	json_object_set_new(shown, "ipPermissionsEgress", egress);
	return shown;
}

static const struct ec2_filter group_filters[] = {
	{ "group-id", "groupId" },
	{ "group-name", "groupName" },
	{ "vpc-id", "vpcId" },
	{ "description", "groupDescription" },
	{ "owner-id", "ownerId" },
	{ "ip-permission.protocol", "ipPermissions.ipProtocol" },
	{ "ip-permission.from-port", "ipPermissions.fromPort" },
	{ "ip-permission.to-port", "ipPermissions.toPort" },
	{ "ip-permission.cidr", "ipPermissions.ipRanges.cidrIp" },
	{ "ip-permission.group-id", "ipPermissions.groups.groupId" },
	{ "egress.ip-permission.protocol", "ipPermissionsEgress.ipProtocol" },
	{ "egress.ip-permission.cidr", "ipPermissionsEgress.ipRanges.cidrIp" },
	{ 0 },
};
const struct ec2_thing ec2_group = {
	.kind = "ec2:security-group",
	.prefix = "sg-",
	.id_key = "groupId",
	.in_key = "GroupId",
	.set = "securityGroupInfo",
	.tag_type = "security-group",
	.missing_code = "InvalidGroup.NotFound",
	.missing_head = "The security group '",
	.missing_tail = "' does not exist",
	.filters = group_filters,
	.render = show_group,
};

/* Every new group lets everything out; `_implicit` marks the rule that nobody asked for. */
static void add_rule(struct hub *hub, const json_t *group, bool egress)
{
	OWN(json) json_t *nothing = json_object();
	struct call none = { .in = nothing };
	json_t *rule =
		json_pack("{s:s, s:s, s:s, s:b, s:s, s:i, s:i}", "_vpcId", json_str(group, "vpcId"),
			  "groupId", ec2_id(&ec2_group, group), "groupOwnerId", hub_account(hub),
			  "isEgress", egress, "ipProtocol", "-1", "fromPort", -1, "toPort", -1);

	if (egress) {
		json_set_str(rule, "cidrIpv4", "0.0.0.0/0");
		json_set_bool(rule, "_implicit", true);
	} else {
		json_object_set_new(rule, "referencedGroupInfo",
				    json_pack("{s:s, s:s}", "groupId", ec2_id(&ec2_group, group),
					      "userId", hub_account(hub)));
	}
	(void)ec2_new(hub, &none, &ec2_rule, rule);
}

static json_t *new_group(struct hub *hub, const struct call *c, const char *vpc, const char *name,
			 const char *description, bool is_default)
{
	json_t *group =
		ec2_new(hub, c, &ec2_group,
			json_pack("{s:s, s:s, s:s, s:b}", "groupName", name, "groupDescription",
				  description, "vpcId", vpc, "_default", is_default));
	OWN(str) char *path = str_printf("security-group/%s", ec2_id(&ec2_group, group));
	OWN(str) char *arn = hub_arn(hub, "ec2", path);

	json_set_str(group, "securityGroupArn", arn);
	add_rule(hub, group, true);
	return group;
}

void ec2_default_group_new(struct hub *hub, const json_t *vpc)
{
	OWN(json) json_t *nothing = json_object();
	struct call none = { .in = nothing };

	add_rule(hub,
		 new_group(hub, &none, ec2_id(&ec2_vpc, vpc), "default",
			   "default VPC security group", true),
		 false);
}

json_t *ec2_default_group(struct hub *hub, const char *vpc)
{
	const char *id;
	json_t *group;

	json_object_foreach(hub_all(hub, ec2_group.kind), id, group)
		if (str_eq(json_str(group, "vpcId"), vpc) && json_bool_or(group, "_default", false))
			return group;
	return NULL;
}

int ec2_groups_check(struct hub *hub, struct call *c, const json_t *ids, const char *vpc)
{
	size_t i;
	json_t *id;

	if (json_array_size(ids) > GROUPS_PER_INTERFACE)
		return call_fail(c, 400, "SecurityGroupsPerInterfaceLimitExceeded",
				 "The maximum number of security groups per interface has been "
				 "reached.");
	json_array_foreach(ids, i, id) {
		json_t *group = ec2_find(hub, c, &ec2_group, json_string_value(id));

		if (!group)
			return -1;
		if (!str_eq(json_str(group, "vpcId"), vpc))
			return call_fail(
				c, 400, "InvalidGroup.NotFound",
				"You have specified two resources that belong to different "
				"networks: security group %s is not in %s.",
				json_string_value(id), vpc);
	}
	return 0;
}

json_t *ec2_group_set(struct hub *hub, const json_t *ids)
{
	json_t *set = json_array(), *id;
	size_t i;

	json_array_foreach(ids, i, id)
		json_array_append_new(
			set,
			json_pack("{s:s, s:s}", "groupId", json_string_value(id), "groupName",
				  json_str_or(hub_get(hub, ec2_group.kind, json_string_value(id)),
					      "groupName", "")));
	return set;
}

static int check_name(struct hub *hub, struct call *c, const char *vpc, const char *name)
{
	const char *id;
	json_t *group;

	if (strlen(name) > 255 || str_starts(name, "sg-"))
		return ec2_invalid(c, name, "groupName",
				   "At most 255 characters, and not beginning with sg-.");
	if (!strcmp(name, "default"))
		return call_fail(c, 400, "InvalidParameterValue",
				 "Cannot use reserved security group name: default");
	json_object_foreach(hub_all(hub, ec2_group.kind), id, group)
		if (str_eq(json_str(group, "vpcId"), vpc) &&
		    str_eq(json_str(group, "groupName"), name))
			return call_fail(c, 400, "InvalidGroup.Duplicate",
					 "The security group '%s' "
					 "already exists for VPC '%s'",
					 name, vpc);
	return 0;
}

int ec2_create_security_group(struct hub *hub, struct call *c)
{
	const char *name = ec2_need(c, "GroupName");
	const char *description = name ? ec2_need(c, "GroupDescription") : NULL;
	const char *vpc = json_str(c->in, "VpcId");
	json_t *group;

	if (!description)
		return -1;
	if (!vpc)
		return call_fail(c, 400, "VPCIdNotSpecified", "No default VPC for this user");
	if (!ec2_find(hub, c, &ec2_vpc, vpc) || check_name(hub, c, vpc, name) < 0)
		return -1;
	if (strlen(description) > 255)
		return ec2_invalid(c, description, "GroupDescription",
				   "Character sets beyond ASCII and more than 255 characters are "
				   "not supported.");
	group = new_group(hub, c, vpc, name, description, false);
	ec2_ok(c);
	json_set_str(c->out, "groupId", ec2_id(&ec2_group, group));
	json_set_str(c->out, "securityGroupArn", json_str(group, "securityGroupArn"));
	return 0;
}

void ec2_group_drop(struct hub *hub, const char *group)
{
	OWN(str) char *id = str_dup(group);
	json_t *rule;

	while ((rule = ec2_first(hub, &ec2_rule, "groupId", id)))
		ec2_remove(hub, &ec2_rule, ec2_id(&ec2_rule, rule));
	ec2_remove(hub, &ec2_group, id);
}

/* Used by an interface, or named in a rule of another group? */
static bool group_in_use(struct hub *hub, const char *group)
{
	const char *id;
	json_t *o, *member;
	size_t i;

	json_object_foreach(hub_all(hub, ec2_interface.kind), id, o)
		json_array_foreach(json_list(o, "groupSet"), i, member)
			if (str_eq(json_str(member, "groupId"), group))
				return true;
	json_object_foreach(hub_all(hub, ec2_rule.kind), id, o)
		if (str_eq(json_str(json_map(o, "referencedGroupInfo"), "groupId"), group) &&
		    !str_eq(json_str(o, "groupId"), group))
			return true;
	return false;
}

int ec2_delete_security_group(struct hub *hub, struct call *c)
{
	const char *id = ec2_need(c, "GroupId");
	json_t *group = id ? ec2_find(hub, c, &ec2_group, id) : NULL;

	if (!group)
		return -1;
	if (json_bool_or(group, "_default", false))
		return call_fail(
			c, 400, "CannotDelete",
			"the specified group: \"%s\" name: \"default\" cannot be deleted by "
			"a user",
			id);
	if (group_in_use(hub, id))
		return call_fail(c, 400, "DependencyViolation",
				 "resource %s has a dependent object", id);
	ec2_group_drop(hub, id);
	ec2_ok(c);
	return 0;
}

int ec2_describe_security_groups(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_group);
}
