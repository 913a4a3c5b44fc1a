/* The kinds, driven by the EC2 parts of the corpus: what a template means becomes what the filter
 * sees. */
#include "engine/cloud/ec2/test-ec2-world.h"

#include <stdio.h>
#include <string.h>

/* ---- a stack in miniature: references among EC2 resources, in the order in which they resolve
 * ----------- */

enum { RESOURCES_MOST = 256 };

struct stack {
	struct world w;
	json_t *template, *made; /* logical -> {"physical", "attributes", "type", "properties"} */
	const char *order[RESOURCES_MOST];
	size_t count;
};

static json_t *resolve(struct stack *s, const json_t *value);

static json_t *resolve_list(struct stack *s, const json_t *list)
{
	json_t *out = json_array(), *item;
	size_t i;

	json_array_foreach(list, i, item) {
		json_t *one = resolve(s, item);

		if (!one) {
			json_decref(out);
			return NULL;
		}
		json_array_append_new(out, one);
	}
	return out;
}

static json_t *resolve_ref(struct stack *s, const char *name)
{
	const json_t *made = json_object_get(s->made, name);

	if (!strcmp(name, "AWS::Region"))
		return json_string(hub_region(s->w.hub));
	return made ? json_string(json_str(made, "physical")) : NULL;
}

static json_t *resolve_function(struct stack *s, const char *name, json_t *argument)
{
	OWN(json) json_t *given = NULL;
	json_t *out, *item;
	size_t i;

	if (!strcmp(name, "Ref"))
		return resolve_ref(s, json_string_value(argument));
	if (!strcmp(name, "Fn::GetAtt"))
		return json_incref(json_object_get(
			json_map(json_object_get(s->made,
						 json_string_value(json_array_get(argument, 0))),
				 "attributes"),
			json_string_value(json_array_get(argument, 1))));
	if (!strcmp(name, "Fn::GetAZs")) {
		out = json_array();
		for (i = 0; hub_zones(s->w.hub)[i]; i++)
			json_add_str(out, hub_zones(s->w.hub)[i]);
		return out;
	}
	given = resolve_list(s, argument);
	if (!given)
		return NULL;
	if (!strcmp(name, "Fn::Select"))
		return json_incref(
			json_array_get(json_array_get(given, 1),
				       (size_t)json_integer_value(json_array_get(given, 0))));
	if (!strcmp(name, "Fn::Join")) {
		OWN(buf) struct buf text = { 0 };

		json_array_foreach(json_array_get(given, 1), i, item)
			buf_printf(&text, "%s%s",
				   i ? json_string_value(json_array_get(given, 0)) : "",
				   json_string_value(item));
		return json_string(text.data);
	}
	return NULL;
}

static json_t *resolve(struct stack *s, const json_t *value)
{
	OWN(json) json_t *copy = json_is_object(value) ? json_deep_copy(value) : NULL;
	json_t *out, *item;
	const char *key = json_object_iter_key(json_object_iter(copy));

	if (json_is_array(value))
		return resolve_list(s, value);
	if (!copy)
		return json_deep_copy(value);
	if (key && (!strcmp(key, "Ref") || str_starts(key, "Fn::")))
		return resolve_function(s, key, json_object_get(copy, key));
	out = json_object();
	json_object_foreach(copy, key, item) {
		json_t *one = resolve(s, item);

		if (!one) {
			json_decref(out);
			return NULL;
		}
		json_object_set_new(out, key, one);
	}
	return out;
}

static struct resource resource_of(struct stack *s, const char *logical, const char *type,
				   const json_t *properties)
{
	(void)s;
	return (struct resource){ .stack_name = "test",
				  .stack_id = "arn:aws:cloudformation:us-east-1:0:stack/test/1",
				  .logical = logical,
				  .type = type,
				  .properties = properties };
}

/* 1 made, 0 not yet, -1 refused. */
static int make(struct stack *s, const char *logical, const json_t *definition, struct err *err)
{
	const char *type = json_str(definition, "Type");
	const struct resource_kind *kind = hub_kind(s->w.hub, type);
	OWN(json)
	json_t *properties =
		json_map(definition, "Properties") ? resolve(s, json_map(definition, "Properties"))
						   : json_object();
	struct resource r;
	size_t i;
	json_t *before;

	json_array_foreach(json_list(definition, "DependsOn"), i, before)
		if (hub_kind(s->w.hub,
			     json_str_or(json_object_get(json_map(s->template, "Resources"),
							 json_string_value(before)),
					 "Type", "")) &&
		    !json_object_get(s->made, json_string_value(before)))
			return 0;
	if (!properties)
		return 0;
	r = resource_of(s, logical, type, properties);
	if (kind->create(s->w.hub, &r, err) < 0) {
		free(r.physical);
		json_decref(r.attributes);
		return -1;
	}
	if (!r.attributes)
		r.attributes = json_object();
	json_object_set_new(s->made, logical,
			    json_pack("{s:s, s:o, s:s, s:O}", "physical", r.physical, "attributes",
				      r.attributes, "type", type, "properties", properties));
	free(r.physical);
	CHECK(s->count < RESOURCES_MOST);
	s->order[s->count++] = logical;
	return 1;
}

static int make_all(struct stack *s, struct err *err)
{
	size_t before = (size_t)-1;
	const char *logical;
	json_t *definition;

	while (before != s->count) {
		before = s->count;
		json_object_foreach(json_map(s->template, "Resources"), logical, definition)
			if (hub_kind(s->w.hub, json_str_or(definition, "Type", "")) &&
			    !json_object_get(s->made, logical) &&
			    make(s, logical, definition, err) < 0)
				return -1;
	}
	return 0;
}

static struct stack stack_of(const char *path, struct err *err)
{
	struct stack s = { .w = world_new(NULL), .made = json_object() };
	size_t len;
	OWN(str) char *text = test_read_file(path, &len);

	CHECK_OK(json_parse_text(path, text, len, &s.template, err), *err);
	return s;
}

static struct stack stack_new(const char *path)
{
	struct err err = { 0 };
	struct stack s = stack_of(path, &err);

	CHECK_OK(make_all(&s, &err), err);
	return s;
}

static void stack_free(struct stack *s)
{
	json_decref(s->template);
	json_decref(s->made);
	world_free(&s->w);
}

static int drop(struct stack *s, const char *logical, struct err *err)
{
	const json_t *made = json_object_get(s->made, logical);
	struct resource r =
		resource_of(s, logical, json_str(made, "type"), json_map(made, "properties"));
	int rc;

	r.physical = str_dup(json_str(made, "physical"));
	rc = hub_kind(s->w.hub, r.type)->remove(s->w.hub, &r, err);
	free(r.physical);
	json_decref(r.attributes);
	return rc;
}

static void drop_all(struct stack *s)
{
	struct err err = { 0 };

	while (s->count > 0) {
		const char *logical = s->order[--s->count];

		CHECK_OK(drop(s, logical, &err), err);
	}
}

/* First subnet whose Name tag ends so; NULL: none. */
static const struct topology_subnet *subnet_named(struct stack *s, const struct topology_vpc *vpc,
						  const char *end)
{
	for (size_t i = 0; i < vpc->subnet_count; i++) {
		json_t *tags = json_list(hub_get(s->w.hub, ec2_subnet.kind, vpc->subnets[i].id),
					 "tagSet"),
		       *tag;
		size_t k;

		json_array_foreach(tags, k, tag)
			if (!strcmp(json_str(tag, "key"), "Name") &&
			    str_ends(json_str(tag, "value"), end))
				return &vpc->subnets[i];
	}
	return NULL;
}

static struct topology_vpc *only_vpc(struct stack *s)
{
	const char *id;
	json_t *o;

	json_object_foreach(hub_all(s->w.hub, ec2_vpc.kind), id, o)
		return ec2_topology(s->w.hub, id);
	return NULL;
}

/* ---- the corpus
 * ------------------------------------------------------------------------------------------- */

TEST(ec2_kind, the_standalone_template_becomes_public_and_private_subnets_and_goes_again)
{
	struct stack s = stack_new("tests/templates/good/standalone.json");
	struct topology_vpc *vpc = only_vpc(&s);
	static const char *const kinds[] = { "ec2:vpc",
					     "ec2:subnet",
					     "ec2:route-table",
					     "ec2:internet-gateway",
					     "ec2:nat-gateway",
					     "ec2:address",
					     "ec2:security-group",
					     "ec2:security-group-rule",
					     "ec2:network-acl",
					     "ec2:network-interface" };

	CHECK(vpc != NULL && vpc->dns_support && vpc->dns_hostnames);
	CHECK_INT(subnet_named(&s, vpc, "publicSubnet1")->way, TOPOLOGY_WAY_INTERNET_GATEWAY);
	CHECK_INT(subnet_named(&s, vpc, "publicSubnet2")->way, TOPOLOGY_WAY_INTERNET_GATEWAY);
	CHECK_INT(subnet_named(&s, vpc, "privateSubnet1")->way, TOPOLOGY_WAY_NAT);
	CHECK_INT(subnet_named(&s, vpc, "privateSubnet2")->way, TOPOLOGY_WAY_NAT);
	CHECK_STR(subnet_named(&s, vpc, "privateSubnet1")->zone, "us-east-1a");
	CHECK_STR(subnet_named(&s, vpc, "privateSubnet2")->zone, "us-east-1b");
	topology_vpc_free(vpc);
	drop_all(&s);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		CHECK_INT(json_object_size(hub_all(s.w.hub, kinds[i])), 0);
	stack_free(&s);
}

TEST(ec2_kind, a_private_subnet_without_its_association_has_no_way_out)
{
	struct stack s = stack_new("tests/templates/faulty/route-table-not-associated.json");
	struct topology_vpc *vpc = only_vpc(&s);
	unsigned none = 0;

	for (size_t i = 0; i < vpc->subnet_count; i++)
		none += vpc->subnets[i].way == TOPOLOGY_WAY_NONE;
	CHECK(none > 0 && none < vpc->subnet_count);
	topology_vpc_free(vpc);
	stack_free(&s);
}

static bool ingress_on(const struct topology_vpc *vpc, uint16_t port)
{
	for (size_t i = 0; i < vpc->group_count; i++)
		for (size_t k = 0; k < vpc->groups[i].ingress_count; k++)
			if (vpc->groups[i].ingress[k].protocol == 6 &&
			    vpc->groups[i].ingress[k].from <= port &&
			    vpc->groups[i].ingress[k].to >= port)
				return true;
	return false;
}

TEST(ec2_kind, the_nfs_rule_is_there_or_missing_as_the_template_says)
{
	struct stack good = stack_new("tests/templates/good/standalone.json");
	struct stack faulty = stack_new("tests/templates/faulty/efs-no-nfs-rule.json");
	struct topology_vpc *with = only_vpc(&good), *without = only_vpc(&faulty);

	CHECK(ingress_on(with, 2049));
	CHECK(!ingress_on(without, 2049));
	topology_vpc_free(with);
	topology_vpc_free(without);
	stack_free(&good);
	stack_free(&faulty);
}

TEST(ec2_kind, the_groups_of_the_corpus_that_let_nothing_out_have_only_the_marker)
{
	struct stack s = stack_new("tests/templates/good/standalone.json");
	struct topology_vpc *vpc = only_vpc(&s);
	bool marker = false;

	for (size_t i = 0; i < vpc->group_count; i++) {
		const struct topology_group *g = &vpc->groups[i];

		for (size_t k = 0; k < g->egress_count; k++)
			if (g->egress[k].base == 0xffffffff && g->egress[k].bits == 32) {
				marker = true;
				CHECK_INT(g->egress_count, 1);
			}
	}
	CHECK(marker);
	topology_vpc_free(vpc);
	stack_free(&s);
}

TEST(ec2_kind, an_acl_of_the_corpus_holds_for_its_subnets_only)
{
	struct stack s = stack_new("tests/templates/faulty/nacl-blocks-nfs.json");
	struct topology_vpc *vpc = only_vpc(&s);
	unsigned held = 0;

	for (size_t i = 0; i < vpc->subnet_count; i++)
		held += vpc->subnets[i].acl != NULL;
	CHECK(held > 0 && held < vpc->subnet_count);
	topology_vpc_free(vpc);
	drop_all(&s);
	CHECK_INT(json_object_size(hub_all(s.w.hub, ec2_acl.kind)), 0);
	stack_free(&s);
}

TEST(ec2_kind, every_ec2_part_of_the_corpus_is_made_and_removed)
{
	static const char *const paths[] = {
		"good/composed.json",
		"good/composed.plain.json",
		"good/standalone.plain.json",
		"benign/public-subnets.json",
		"benign/sg-inline.json",
		"benign/sg-all-traffic.json",
		"benign/nacl-allows-nfs.json",
		"faulty/endpoint-private-dns-off.json",
		"faulty/endpoint-sg-closed.json",
		"faulty/dns-support-off.json",
		"faulty/public-subnet-no-ip.json",
		"faulty/efs-no-egress.json",
		"scale/standalone-100.json",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		OWN(str) char *path = str_printf("tests/templates/%s", paths[i]);
		struct stack s = stack_new(path);

		CHECK(s.count > 10);
		drop_all(&s);
		CHECK_INT(json_object_size(hub_all(s.w.hub, ec2_vpc.kind)), 0);
		CHECK_INT(json_object_size(hub_all(s.w.hub, ec2_rule.kind)), 0);
		stack_free(&s);
	}
}

/* ---- single kinds
 * ------------------------------------------------------------------------------------------- */

static int create(struct world *w, const char *type, const json_t *properties, struct resource *r,
		  struct err *err)
{
	*r = (struct resource){ .stack_name = "one",
				.stack_id = "arn:one",
				.logical = "Thing",
				.type = type,
				.properties = properties };
	return hub_kind(w->hub, type)->create(w->hub, r, err);
}

static void resource_end(struct resource *r)
{
	free(r->physical);
	json_decref(r->attributes);
}

/* Rules of a group that are stored now. */
static size_t rules_of(struct world *w, const char *group, bool egress)
{
	const char *id;
	json_t *o;
	size_t count = 0;

	json_object_foreach(hub_all(w->hub, ec2_rule.kind), id, o)
		if (str_eq(json_str(o, "groupId"), group) &&
		    json_bool_or(o, "isEgress", false) == egress)
			count++;
	return count;
}

TEST(ec2_kind, a_rule_without_a_source_is_accepted_and_makes_nothing)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *group = world_group(&w, vpc, "g");
	OWN(json)
	json_t *properties = json_pack("{s:s, s:s, s:i, s:i}", "GroupId", group, "IpProtocol",
				       "tcp", "FromPort", 80, "ToPort", 80);
	struct resource r;
	struct err err = { 0 };

	CHECK_OK(create(&w, "AWS::EC2::SecurityGroupIngress", properties, &r, &err), err);
	CHECK(str_starts(r.physical, "sgr-"));
	CHECK_INT(rules_of(&w, group, false), 0);
	CHECK_OK(hub_kind(w.hub, r.type)->remove(w.hub, &r, &err), err);
	resource_end(&r);
	world_free(&w);
}

static void egress_group(struct world *w, json_t *properties, size_t want)
{
	struct resource r;
	struct err err = { 0 };

	CHECK_OK(create(w, "AWS::EC2::SecurityGroup", properties, &r, &err), err);
	CHECK_INT(rules_of(w, r.physical, true), want);
	resource_end(&r);
	json_decref(properties);
}

TEST(ec2_kind, allow_all_egress_stands_while_no_egress_is_declared)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");

	egress_group(&w, json_pack("{s:s, s:s}", "GroupDescription", "none", "VpcId", vpc), 1);
	egress_group(&w,
		     json_pack("{s:s, s:s, s:[]}", "GroupDescription", "empty", "VpcId", vpc,
			       "SecurityGroupEgress"),
		     1);
	egress_group(&w,
		     json_pack("{s:s, s:s, s:[{s:i, s:s}, {s:s, s:s, s:i, s:i}]}",
			       "GroupDescription", "two", "VpcId", vpc, "SecurityGroupEgress",
			       "IpProtocol", 6 + 44, "CidrIp", "10.0.0.0/8", "IpProtocol", "udp",
			       "CidrIp", "10.0.0.0/8", "FromPort", 53, "ToPort", 53),
		     2);
	world_free(&w);
}

TEST(ec2_kind, a_separate_egress_rule_ends_allow_all_of_the_stacks_own_group)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *foreign = world_group(&w, vpc, "foreign");
	OWN(json)
	json_t *group_properties = json_pack("{s:s, s:s}", "GroupDescription", "g", "VpcId", vpc);
	OWN(json) json_t *rule_properties = NULL;
	struct resource group, rule;
	struct err err = { 0 };

	CHECK_OK(create(&w, "AWS::EC2::SecurityGroup", group_properties, &group, &err), err);
	rule_properties =
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "GroupId", group.physical, "IpProtocol",
			  "tcp", "FromPort", "443", "ToPort", "443", "CidrIp", "0.0.0.0/0");
	CHECK_OK(create(&w, "AWS::EC2::SecurityGroupEgress", rule_properties, &rule, &err), err);
	CHECK_INT(rules_of(&w, group.physical, true), 1);
	resource_end(&rule);
	json_set_str(rule_properties, "GroupId", foreign);
	CHECK_OK(create(&w, "AWS::EC2::SecurityGroupEgress", rule_properties, &rule, &err), err);
	CHECK_INT(rules_of(&w, foreign, true), 2);
	resource_end(&rule);
	resource_end(&group);
	world_free(&w);
}

TEST(ec2_kind, an_update_changes_the_inline_rules_that_differ)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(json)
	json_t *before = json_pack("{s:s, s:s, s:[{s:s, s:s, s:i, s:i}, {s:s, s:s, s:i, s:i}]}",
				   "GroupDescription", "g", "VpcId", vpc, "SecurityGroupIngress",
				   "IpProtocol", "tcp", "CidrIp", "10.0.0.0/8", "FromPort", 80,
				   "ToPort", 80, "IpProtocol", "tcp", "CidrIp", "10.0.0.0/8",
				   "FromPort", 81, "ToPort", 81);
	OWN(json) json_t *after = json_deep_copy(before);
	OWN(json) json_t *shown = NULL;
	struct resource r;
	struct err err = { 0 };

	CHECK_OK(create(&w, "AWS::EC2::SecurityGroup", before, &r, &err), err);
	json_set_int(json_path(after, "SecurityGroupIngress.1"), "ToPort", 90);
	r.previous = before;
	r.properties = after;
	CHECK_OK(hub_kind(w.hub, r.type)->update(w.hub, &r, &err), err);
	shown = world_do(&w, "DescribeSecurityGroups", json_pack("{s:[s]}", "GroupId", r.physical));
	CHECK_INT(rules_of(&w, r.physical, false), 2);
	CHECK_INT(json_int_or(json_path(shown, "securityGroupInfo.0.ipPermissions.1"), "toPort", 0),
		  90);
	resource_end(&r);
	world_free(&w);
}

TEST(ec2_kind, refusals_carry_the_services_sentence_and_a_handler_code)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.0.0/24", "us-east-1a");
	OWN(json)
	json_t *properties = json_pack("{s:s, s:s}", "VpcId", vpc, "CidrBlock", "10.0.0.0/24");
	struct resource r;
	struct err err = { 0 };

	CHECK(subnet != NULL);
	CHECK_INT(create(&w, "AWS::EC2::Subnet", properties, &r, &err), -1);
	CHECK(str_starts(err.text, "The CIDR '10.0.0.0/24' conflicts with another subnet "
				   "(Service: Ec2, Status Code: 400, Request ID: "));
	CHECK_STR(r.error_code, "AlreadyExists");
	resource_end(&r);
	world_free(&w);
}

TEST(ec2_kind, a_group_in_use_waits_for_its_last_interface)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	OWN(str) char *subnet = world_subnet(&w, vpc, "10.0.0.0/24", "us-east-1a");
	OWN(json)
	json_t *properties = json_pack("{s:s, s:s}", "GroupDescription", "g", "VpcId", vpc);
	OWN(json) json_t *interface = NULL;
	struct resource r;
	struct err err = { 0 };
	const struct resource_kind *kind;

	CHECK_OK(create(&w, "AWS::EC2::SecurityGroup", properties, &r, &err), err);
	kind = hub_kind(w.hub, r.type);
	interface = world_do(
		&w, "CreateNetworkInterface",
		json_pack("{s:s, s:[s]}", "SubnetId", subnet, "SecurityGroupId", r.physical));
	CHECK_INT(kind->remove(w.hub, &r, &err), RESOURCE_WAIT);
	CHECK_INT(kind->settle(w.hub, &r, &err), RESOURCE_WAIT);
	json_decref(world_do(&w, "DeleteNetworkInterface",
			     json_pack("{s:s}", "NetworkInterfaceId",
				       json_str(json_map(interface, "networkInterface"),
						"networkInterfaceId"))));
	CHECK_OK(kind->settle(w.hub, &r, &err), err);
	CHECK_OK(kind->settle(w.hub, &r, &err), err);
	resource_end(&r);
	world_free(&w);
}

TEST(ec2_kind, resources_carry_their_tags_and_those_of_cloudformation)
{
	struct world w = world_new(NULL);
	OWN(json)
	json_t *properties = json_pack("{s:s, s:[{s:s, s:s}]}", "CidrBlock", "10.0.0.0/16", "Tags",
				       "Key", "Name", "Value", "mine");
	OWN(json) json_t *found = NULL;
	struct resource r;
	struct err err = { 0 };

	CHECK_OK(create(&w, "AWS::EC2::VPC", properties, &r, &err), err);
	found = world_do(&w, "DescribeVpcs",
			 json_pack("{s:[{s:s, s:[s]}, {s:s, s:[s]}]}", "Filter", "Name",
				   "tag:aws:cloudformation:stack-name", "Value", "one", "Name",
				   "tag:Name", "Value", "mine"));
	CHECK_STR(json_str(json_path(found, "vpcSet.0"), "vpcId"), r.physical);
	CHECK(json_str(r.attributes, "DefaultSecurityGroup") != NULL);
	CHECK(json_str(r.attributes, "DefaultNetworkAcl") != NULL);
	resource_end(&r);
	world_free(&w);
}

/* ---- what the CDK's ec2.Vpc brings along ------------------------------------------------------- */

static size_t count_rules(struct hub *hub, const char *group)
{
	const char *id;
	json_t *rule;
	size_t count = 0;

	json_object_foreach(hub_all(hub, ec2_rule.kind), id, rule)
		count += str_eq(json_str(rule, "groupId"), group);
	return count;
}

TEST(ec2_kind, the_default_group_is_emptied_as_the_function_of_the_cdk_does_and_filled_again)
{
	struct world w = world_new(NULL);
	OWN(str) char *vpc = world_vpc(&w, "10.0.0.0/16");
	const char *group = ec2_id(&ec2_group, ec2_default_group(w.hub, vpc));
	OWN(json) json_t *properties = json_pack("{s:s}", "DefaultSecurityGroupId", group);
	struct resource r = { .logical = "R", .properties = properties };
	const struct resource_kind *kind = &ec2_kind_restrict_default_group;
	struct err err = { 0 };

	CHECK_INT(count_rules(w.hub, group), 2);
	CHECK_INT(kind->create(w.hub, &r, &err), RESOURCE_DONE);
	CHECK_INT(count_rules(w.hub, group), 0);
	CHECK_INT(kind->create(w.hub, &r, &err), RESOURCE_DONE); /* already so */
	CHECK_INT(kind->remove(w.hub, &r, &err), RESOURCE_DONE);
	CHECK_INT(count_rules(w.hub, group), 2);
	json_object_set_new(properties, "DefaultSecurityGroupId", json_string("sg-none"));
	CHECK_INT(kind->create(w.hub, &r, &err), -1);
	CHECK_INT(kind->remove(w.hub, &r, &err), RESOURCE_DONE);
	free(r.physical);
	world_free(&w);
}

TEST(ec2_kind, any_other_function_is_refused_before_anything_is_made)
{
	OWN(json)
	json_t *known = json_pack("{s:s}", "Description",
				  "Lambda function for removing all inbound/outbound rules from the "
				  "VPC default security group"),
	       *other = json_pack("{s:s}", "Description", "mine"), *none = json_object();
	struct err err = { 0 };

	CHECK_INT(ec2_kind_restricting_function.check(known, &err), 0);
	CHECK_INT(ec2_kind_restricting_function.check(none, &err), -1);
	CHECK_INT(ec2_kind_restricting_function.check(other, &err), -1);
	CHECK(strstr(err.text, "runs no Lambda functions") != NULL);
}
