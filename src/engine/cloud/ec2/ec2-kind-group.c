/* Kinds: SecurityGroup with inline rules, SecurityGroupIngress, SecurityGroupEgress. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static const char *const rule_keys[] = {
	"GroupId",
	"IpProtocol",
	"FromPort",
	"ToPort",
	"CidrIp",
	"CidrIpv6",
	"Description",
	"SourceSecurityGroupId",
	"SourceSecurityGroupOwnerId",
	"SourcePrefixListId",
	"DestinationSecurityGroupId",
	"DestinationPrefixListId",
	NULL,
};

static void add_peer(json_t *permission, const char *list, const char *key, const char *value,
		     const char *description)
{
	json_object_set_new(permission, list,
			    json_pack("[{s:s, s:s*}]", key, value, "Description", description));
}

/* A rule as CloudFormation writes it, as the API's permission. NULL: it names no peer;
 * CloudFormation accepts such a rule and makes nothing of it. */
static json_t *permission_of(const json_t *properties, bool egress)
{
	OWN(json) json_t *rule = ec2_as_text(properties);
	const char *group =
		json_str(rule, egress ? "DestinationSecurityGroupId" : "SourceSecurityGroupId");
	const char *prefix =
		json_str(rule, egress ? "DestinationPrefixListId" : "SourcePrefixListId");
	const char *about = json_str(rule, "Description");
	json_t *permission = json_pack(
		"{s:O*, s:O*, s:O*}", "IpProtocol", json_object_get(rule, "IpProtocol"), "FromPort",
		json_object_get(rule, "FromPort"), "ToPort", json_object_get(rule, "ToPort"));

	if (group)
		add_peer(permission, "Groups", "GroupId", group, about);
	else if (prefix)
		add_peer(permission, "PrefixListIds", "PrefixListId", prefix, about);
	else if (json_str(rule, "CidrIp"))
		add_peer(permission, "IpRanges", "CidrIp", json_str(rule, "CidrIp"), about);
	else if (json_str(rule, "CidrIpv6"))
		add_peer(permission, "Ipv6Ranges", "CidrIpv6", json_str(rule, "CidrIpv6"), about);
	else {
		json_decref(permission);
		return NULL;
	}
	return permission;
}

static int call_rule(struct hub *hub, struct resource *r, const char *group, bool egress, bool add,
		     json_t *permission, json_t **ret_out, struct err *err)
{
	OWN(json)
	json_t *in = json_pack("{s:s, s:[O]}", "GroupId", group, "IpPermissions", permission);

	if (add)
		return ec2_api(hub, r,
			       egress ? "AuthorizeSecurityGroupEgress"
				      : "AuthorizeSecurityGroupIngress",
			       in, ret_out, err);
	return ec2_api(hub, r, egress ? "RevokeSecurityGroupEgress" : "RevokeSecurityGroupIngress",
		       in, ret_out, err);
}

/* The allow-all egress rule that every group is born with, while nobody has declared another. */
static void drop_implicit_egress(struct hub *hub, const char *group)
{
	const char *id;
	json_t *rule;
	OWN(str) char *found = NULL;

	json_object_foreach(hub_all(hub, ec2_rule.kind), id, rule)
		if (str_eq(json_str(rule, "groupId"), group) &&
		    json_bool_or(rule, "_implicit", false)) {
			free(found);
			found = str_dup(id);
		}
	if (found)
		ec2_remove(hub, &ec2_rule, found);
}

/* ---- inline rules
 * ---------------------------------------------------------------------------------- */

static bool contains(const json_t *list, const json_t *rule)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (json_equal(item, rule))
			return true;
	return false;
}

static int change_rules(struct hub *hub, struct resource *r, const char *property, bool add,
			struct err *err)
{
	bool egress = !strcmp(property, "SecurityGroupEgress");
	const json_t *from = json_list(add ? r->properties : r->previous, property);
	const json_t *other = json_list(add ? r->previous : r->properties, property);
	size_t i;
	json_t *rule;

	json_array_foreach(from, i, rule) {
		OWN(json) json_t *permission = permission_of(rule, egress);

		if (ec2_only(rule, rule_keys, err) < 0)
			return err_in(err, "%s", property);
		if (!permission || contains(other, rule))
			continue;
		if (call_rule(hub, r, r->physical, egress, add, permission, NULL, err) < 0 &&
		    (add || strcmp(r->error_code, "NotFound")))
			return -1;
	}
	return 0;
}

static int set_rules(struct hub *hub, struct resource *r, struct err *err)
{
	/* an empty list counts as none: the group keeps its allow-all rule */
	if (json_array_size(json_list(r->properties, "SecurityGroupEgress")))
		drop_implicit_egress(hub, r->physical);
	if (change_rules(hub, r, "SecurityGroupIngress", false, err) < 0 ||
	    change_rules(hub, r, "SecurityGroupEgress", false, err) < 0 ||
	    change_rules(hub, r, "SecurityGroupIngress", true, err) < 0)
		return -1;
	return change_rules(hub, r, "SecurityGroupEgress", true, err);
}

/* ---- AWS::EC2::SecurityGroup
 * -------------------------------------------------------------------------- */

static int create_group(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object(), *out = NULL;
	OWN(str) char *name = hub_physical_name(hub, r, 255, false);

	json_set_str(in, "GroupName", name);
	ec2_take(r, in, "GroupName", "GroupName");
	ec2_take(r, in, "GroupDescription", "GroupDescription");
	ec2_take(r, in, "VpcId", "VpcId");
	if (ec2_api(hub, r, "CreateSecurityGroup", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(out, "groupId"));
	ec2_attribute(r, "GroupId", r->physical);
	ec2_attribute(r, "Id", r->physical);
	ec2_attribute(r, "VpcId", json_str(in, "VpcId"));
	ec2_tag(hub, r, r->physical);
	return set_rules(hub, r, err);
}

static int update_group(struct hub *hub, struct resource *r, struct err *err)
{
	ec2_tag(hub, r, r->physical);
	return set_rules(hub, r, err);
}

static int remove_group(struct hub *hub, struct resource *r, struct err *err)
{
	return ec2_drop(hub, r, &ec2_group, "DeleteSecurityGroup", err);
}

static const char *const group_replace[] = { "GroupDescription", "GroupName", "VpcId", NULL };
static const char *const group_required[] = { "GroupDescription", NULL };
static const char *const group_allowed[] = {
	"GroupDescription",    "GroupName", "VpcId", "SecurityGroupIngress",
	"SecurityGroupEgress", "Tags",	    NULL
};
const struct resource_kind ec2_kind_security_group = {
	.type = "AWS::EC2::SecurityGroup",
	.create = create_group,
	.update = update_group,
	.remove = remove_group,
	.settle = remove_group,
	.replace_on = group_replace,
	.allowed = group_allowed,
	.required = group_required,
};

/* ---- AWS::EC2::SecurityGroupIngress, ...Egress
 * ----------------------------------------------------------- */

/* Was the group made by this very stack? Rules for groups of others only add. */
static bool own_group(struct hub *hub, const struct resource *r, const char *group)
{
	size_t i;
	json_t *tag;

	json_array_foreach(json_list(hub_get(hub, ec2_group.kind, group), "tagSet"), i, tag)
		if (str_eq(json_str(tag, "key"), "aws:cloudformation:stack-id"))
			return str_eq(json_str(tag, "value"), r->stack_id ? r->stack_id : "");
	return false;
}

static int create_rule(struct hub *hub, struct resource *r, bool egress, struct err *err)
{
	const char *group = json_str_or(r->properties, "GroupId", "");
	OWN(json) json_t *permission = permission_of(r->properties, egress), *out = NULL;

	if (egress && own_group(hub, r, group))
		drop_implicit_egress(hub, group);
	if (!permission) {
		r->physical = hub_id(hub, "sgr-", 17);
		ec2_attribute(r, "Id", r->physical);
		return RESOURCE_DONE;
	}
	if (call_rule(hub, r, group, egress, true, permission, &out, err) < 0)
		return -1;
	r->physical =
		str_dup(json_str(json_path(out, "securityGroupRuleSet.0"), "securityGroupRuleId"));
	ec2_attribute(r, "Id", r->physical);
	return RESOURCE_DONE;
}

static int create_ingress(struct hub *hub, struct resource *r, struct err *err)
{
	return create_rule(hub, r, false, err);
}

static int create_egress(struct hub *hub, struct resource *r, struct err *err)
{
	return create_rule(hub, r, true, err);
}

/* Only the description can change in place. */
static int update_rule(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *rule = hub_get(hub, ec2_rule.kind, r->physical);

	(void)err;
	if (!rule)
		return RESOURCE_DONE;
	json_object_del(rule, "description");
	json_set_str(rule, "description", json_str(r->properties, "Description"));
	hub_put(hub, ec2_rule.kind, r->physical, rule);
	return RESOURCE_DONE;
}

static int remove_rule(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *rule = r->physical ? hub_get(hub, ec2_rule.kind, r->physical) : NULL;
	OWN(json) json_t *in = NULL;

	if (!rule)
		return RESOURCE_DONE;
	in = json_pack("{s:s, s:[s]}", "GroupId", json_str(rule, "groupId"), "SecurityGroupRuleId",
		       r->physical);
	return ec2_api(hub, r,
		       json_bool_or(rule, "isEgress", false) ? "RevokeSecurityGroupEgress"
							     : "RevokeSecurityGroupIngress",
		       in, NULL, err);
}

static const char *const ingress_allowed[] = { "GroupId",
					       "IpProtocol",
					       "FromPort",
					       "ToPort",
					       "CidrIp",
					       "CidrIpv6",
					       "SourceSecurityGroupId",
					       "SourceSecurityGroupOwnerId",
					       "SourcePrefixListId",
					       "Description",
					       NULL };
static const char *const ingress_replace[] = { "GroupId",
					       "IpProtocol",
					       "FromPort",
					       "ToPort",
					       "CidrIp",
					       "CidrIpv6",
					       "SourceSecurityGroupId",
					       "SourceSecurityGroupOwnerId",
					       "SourcePrefixListId",
					       NULL };
static const char *const rule_required[] = { "GroupId", "IpProtocol", NULL };
const struct resource_kind ec2_kind_ingress = {
	.type = "AWS::EC2::SecurityGroupIngress",
	.create = create_ingress,
	.update = update_rule,
	.remove = remove_rule,
	.replace_on = ingress_replace,
	.allowed = ingress_allowed,
	.required = rule_required,
};

static const char *const egress_allowed[] = { "GroupId",
					      "IpProtocol",
					      "FromPort",
					      "ToPort",
					      "CidrIp",
					      "CidrIpv6",
					      "DestinationSecurityGroupId",
					      "DestinationPrefixListId",
					      "Description",
					      NULL };
static const char *const egress_replace[] = { "GroupId",
					      "IpProtocol",
					      "FromPort",
					      "ToPort",
					      "CidrIp",
					      "CidrIpv6",
					      "DestinationSecurityGroupId",
					      "DestinationPrefixListId",
					      NULL };
const struct resource_kind ec2_kind_egress = {
	.type = "AWS::EC2::SecurityGroupEgress",
	.create = create_egress,
	.update = update_rule,
	.remove = remove_rule,
	.replace_on = egress_replace,
	.allowed = egress_allowed,
	.required = rule_required,
};
