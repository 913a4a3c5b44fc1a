/* Security groups, their rules and what the packet filter counted. */
#include <string.h>

#include "engine/fabric/fabric.h"
#include "face/console/console-internal.h"

json_t *console_groups(struct console *c, const struct listener *l)
{
	OWN(json) json_t *out = console_ask(c, "ec2", "DescribeSecurityGroups", json_object());
	json_t *ret = json_object(), *group;
	size_t i;

	(void)l;
	json_array_foreach(json_list(out, "securityGroupInfo"), i, group)
		json_object_set_new(ret, json_str_or(group, "groupId", ""),
				    json_pack("{s:s,s:s,s:s}", "name", json_str_or(group, "groupName", ""),
					      "description", json_str_or(group, "groupDescription", ""), "vpc",
					      json_str_or(group, "vpcId", "")));
	return ret;
}

static json_t *rule_view(const json_t *rule)
{
	static const char *const members[][2] = {
		{ "group", "groupId" },	 { "egress", "isEgress" }, { "protocol", "ipProtocol" },
		{ "from", "fromPort" },	 { "to", "toPort" },	   { "cidr", "cidrIpv4" },
		{ "cidr6", "cidrIpv6" }, { "list", "prefixListId" }, { "description", "description" },
	};
	json_t *one = json_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_object_get(rule, members[i][1]))
			json_object_set(one, members[i][0], json_object_get(rule, members[i][1]));
	json_set_str(one, "source", json_str(json_map(rule, "referencedGroupInfo"), "groupId"));
	return one;
}

json_t *console_rules(struct console *c, const struct listener *l)
{
	OWN(json) json_t *out = console_ask(c, "ec2", "DescribeSecurityGroupRules", json_object());
	json_t *ret = json_object(), *rule;
	size_t i;

	(void)l;
	json_array_foreach(json_list(out, "securityGroupRuleSet"), i, rule)
		json_object_set_new(ret, json_str_or(rule, "securityGroupRuleId", ""), rule_view(rule));
	return ret;
}

/* Rule id -> packets that it let through to open a connection; group id -> packets that were dropped for
 * want of a rule, per direction. */
json_t *console_counters(struct console *c, const struct listener *l)
{
	json_t *ret = json_object(), *vpc;
	const char *id;

	(void)l;
	if (!hub_fabric(c->hub))
		return ret;
	json_object_foreach(hub_all(c->hub, "ec2:vpc"), id, vpc) {
		OWN(json) json_t *passed = fabric_vpc_passed(hub_fabric(c->hub), id);
		OWN(json) json_t *dropped = fabric_vpc_counters(hub_fabric(c->hub), id);

		json_object_update(ret, passed);
		json_object_update(ret, dropped);
	}
	return ret;
}
