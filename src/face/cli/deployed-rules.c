/* The rules of security groups as they are, whatever the templates say: somebody may have changed them. */
#include <string.h>

#include "face/cli/deployed-internal.h"

#define GROUP "AWS::EC2::SecurityGroup"
enum { GROUPS_AT_ONCE = 200 }; /* values of a filter */

struct rewriting {
	struct plan *plan;
	json_t *physical;
	json_t *bodies; /* of the templates, to change */
	json_t *groups; /* sg id -> {"stack","logical"} */
	json_t *live;	/* sgr id -> rule */
	json_t *gone;	/* as deployed_plan() gives it */
};

/* ---- what there is ---------------------------------------------------------------------------------- */

static int ask_page(struct target *t, const json_t *ids, const char *token, json_t **ret, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:[{s:s,s:O}]}", "Filter", "Name", "group-id", "Value", ids);

	json_set_str(in, "NextToken", token);
	return awsclient_call(t->aws, "ec2", "DescribeSecurityGroupRules", in, ret, NULL, err);
}

static int ask_rules(struct target *t, const json_t *ids, json_t *live, struct err *err)
{
	OWN(str) char *token = NULL;
	json_t *rule;
	size_t i;

	do {
		OWN(json) json_t *out = NULL;

		if (ask_page(t, ids, token, &out, err) < 0)
			return -1;
		json_array_foreach(json_list(out, "securityGroupRuleSet"), i, rule)
			json_object_set(live, json_str_or(rule, "securityGroupRuleId", ""), rule);
		free(token);
		token = json_str(out, "nextToken") ? str_dup(json_str(out, "nextToken")) : NULL;
	} while (token && *token);
	return 0;
}

static int find_live(struct target *t, struct rewriting *r, struct err *err)
{
	OWN(json) json_t *ids = json_array();
	const char *id;
	json_t *group;

	json_object_foreach(r->groups, id, group) {
		json_add_str(ids, id);
		if (json_array_size(ids) < GROUPS_AT_ONCE)
			continue;
		if (ask_rules(t, ids, r->live, err) < 0)
			return -1;
		json_array_clear(ids);
	}
	return json_array_size(ids) ? ask_rules(t, ids, r->live, err) : 0;
}

/* ---- what the templates have -------------------------------------------------------------------------- */

static void find_groups(struct rewriting *r)
{
	const char *logical;
	json_t *body;

	for (size_t i = 0; i < r->plan->count; i++) {
		json_t *copy = json_deep_copy((json_t *)(uintptr_t)template_body(r->plan->stacks[i].parsed));
		const json_t *ids = json_array_get(r->physical, i);

		json_array_append_new(r->bodies, copy);
		json_object_foreach(json_map(copy, "Resources"), logical, body)
			if (str_eq(json_str(body, "Type"), GROUP) && json_str(ids, logical))
				json_object_set_new(r->groups, json_str(ids, logical),
						    json_pack("{s:I,s:s}", "stack", (json_int_t)i, "logical", logical));
	}
}

static void forget_dependency(json_t *resources, const char *gone)
{
	const char *logical;
	json_t *body, *one;
	size_t i;

	json_object_foreach(resources, logical, body) {
		json_t *list = json_list(body, "DependsOn");

		if (str_eq(json_str(body, "DependsOn"), gone))
			json_object_del(body, "DependsOn");
		json_array_foreach(list, i, one)
			if (str_eq(json_string_value(one), gone)) {
				json_array_remove(list, i);
				break;
			}
	}
}

/* A group's own lists go; one egress rule that matches nothing says that there is no default one. */
static void empty_group(json_t *body)
{
	json_t *properties = json_map(body, "Properties");

	json_object_del(properties, "SecurityGroupIngress");
	json_object_set_new(properties, "SecurityGroupEgress",
			    json_pack("[{s:s,s:s}]", "IpProtocol", "-1", "CidrIp", "255.255.255.255/32"));
}

/* Ports that are functions of something stay away: they are no numbers to compare. */
static void note_gone(struct rewriting *r, const char *logical, const char *id, const json_t *body)
{
	const json_t *properties = json_map(body, "Properties");
	bool ingress = str_ends(json_str_or(body, "Type", ""), "Ingress");
	json_t *one = json_pack("{s:s,s:s,s:s}", "resource", logical, "ruleId", id, "direction",
				ingress ? "ingress" : "egress");

	if (json_object_get(properties, "FromPort"))
		json_object_set(one, "from", json_object_get(properties, "FromPort"));
	if (json_object_get(properties, "ToPort"))
		json_object_set(one, "to", json_object_get(properties, "ToPort"));
	json_array_append_new(r->gone, one);
}

/* Rules that are resources stay while they are there: they keep their names. */
static void keep_rules(struct rewriting *r, size_t stack)
{
	json_t *resources = json_map(json_array_get(r->bodies, stack), "Resources"), *body;
	const json_t *ids = json_array_get(r->physical, stack);
	const char *logical;
	void *next;

	json_object_foreach_safe(resources, next, logical, body) {
		const char *type = json_str_or(body, "Type", ""), *id = json_str(ids, logical);

		if (!strcmp(type, GROUP) && id)
			empty_group(body);
		else if (id && (!strcmp(type, GROUP "Ingress") || !strcmp(type, GROUP "Egress"))) {
			if (!json_object_get(r->live, id)) {
				note_gone(r, logical, id, body);
				forget_dependency(resources, logical);
				json_object_del(resources, logical);
			} else {
				json_object_del(r->live, id);
			}
		}
	}
}

/* ---- the others become resources ------------------------------------------------------------------------ */

static json_t *reference(const struct rewriting *r, const char *group, json_int_t stack)
{
	const json_t *known = json_map(r->groups, group);

	if (!known || json_int_or(known, "stack", -1) != stack)
		return json_string(group);
	return json_pack("{s:[s,s]}", "Fn::GetAtt", json_str(known, "logical"), "GroupId");
}

static json_t *properties_of(const struct rewriting *r, const json_t *rule, json_int_t stack)
{
	bool egress = json_bool_or(rule, "isEgress", false);
	const char *other = json_str(json_map(rule, "referencedGroupInfo"), "groupId");
	json_t *p = json_pack("{s:o,s:s}", "GroupId", reference(r, json_str_or(rule, "groupId", ""), stack),
			      "IpProtocol", json_str_or(rule, "ipProtocol", "-1"));

	if (json_int_or(rule, "fromPort", -1) >= 0) {
		json_set_int(p, "FromPort", json_int_or(rule, "fromPort", 0));
		json_set_int(p, "ToPort", json_int_or(rule, "toPort", 0));
	}
	json_set_str(p, "CidrIp", json_str(rule, "cidrIpv4"));
	json_set_str(p, "CidrIpv6", json_str(rule, "cidrIpv6"));
	json_set_str(p, egress ? "DestinationPrefixListId" : "SourcePrefixListId", json_str(rule, "prefixListId"));
	if (other)
		json_object_set_new(p, egress ? "DestinationSecurityGroupId" : "SourceSecurityGroupId",
				    reference(r, other, stack));
	return p;
}

static void add_rule(struct rewriting *r, const char *id, const json_t *rule)
{
	const json_t *group = json_map(r->groups, json_str_or(rule, "groupId", ""));
	json_int_t stack = json_int_or(group, "stack", 0);
	OWN(str) char *logical = str_printf("Rule%s", str_starts(id, "sgr-") ? id + 4 : id);

	if (!group)
		return;
	json_object_set_new(json_map(json_array_get(r->bodies, (size_t)stack), "Resources"), logical,
			    json_pack("{s:s,s:o}", "Type",
				      json_bool_or(rule, "isEgress", false) ? GROUP "Egress" : GROUP "Ingress",
				      "Properties", properties_of(r, rule, stack)));
	json_set_str(json_array_get(r->physical, (size_t)stack), logical, id);
}

static int parse_again(struct rewriting *r, struct err *err)
{
	for (size_t i = 0; i < r->plan->count; i++) {
		struct plan_stack *s = &r->plan->stacks[i];

		template_free(GIVE(s->parsed));
		s->text = json_text(json_array_get(r->bodies, i));
		s->len = strlen(s->text);
		if (template_parse(s->source ? s->source : s->name, s->text, s->len, &s->parsed, err) < 0)
			return -1;
	}
	return 0;
}

int deployed_rules(struct target *t, struct plan *p, json_t *physical, json_t *gone, struct err *err)
{
	OWN(json) json_t *bodies = json_array(), *groups = json_object(), *live = json_object();
	struct rewriting r = { p, physical, bodies, groups, live, gone };
	const char *id;
	json_t *rule;

	find_groups(&r);
	if (find_live(t, &r, err) < 0)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		keep_rules(&r, i);
	json_object_foreach(live, id, rule)
		add_rule(&r, id, rule);
	return parse_again(&r, err);
}
