/* Edges between plain structs, as deployment_read() makes them. */
#include "core/reach/reach.h"

#include <string.h>

#include "base/str.h"
#include "base/test.h"

/* A VPC 10.0.0.0/16 with the subnets a 10.0.0.0/24, b 10.0.1.0/24, c 10.0.2.0/24, and two groups.
 */
struct net {
	struct deployment_resource vpc_resource, resources[3], client_resource, server_resource,
		acl_resource, rule_resource;
	struct deployment_vpc vpc;
	struct deployment_subnet a, b, c;
	struct deployment_rule in[8], out[8];
	struct deployment_group client, server;
	struct deployment_acl acl;
	struct deployment_acl_entry entries[8];
	const struct deployment_subnet *from_subnets[2], *to_subnets[2];
	const struct deployment_group *from_groups[2], *to_groups[2];
	struct reach_end from, to;
	struct reach_edge edge;
};

static void subnet(struct net *n, struct deployment_subnet *s, size_t i, const char *cidr)
{
	n->resources[i] = (struct deployment_resource){ .logical = "Subnet", .present = 1 };
	*s = (struct deployment_subnet){ .resource = &n->resources[i],
					 .vpc = &n->vpc,
					 .known_cidr = true };
	CHECK_INT(ip_parse_cidr(cidr, &s->base, &s->bits), 0);
}

static void groups(struct net *n)
{
	n->client_resource = (struct deployment_resource){ .logical = "ClientGroup", .present = 1 };
	n->server_resource = (struct deployment_resource){ .logical = "ServerGroup", .present = 1 };
	n->rule_resource = (struct deployment_resource){ .logical = "Rule", .present = 1 };
	n->client = (struct deployment_group){ .resource = &n->client_resource,
					       .vpc = &n->vpc,
					       .egress = n->out };
	n->server = (struct deployment_group){ .resource = &n->server_resource,
					       .vpc = &n->vpc,
					       .ingress = n->in };
}

static void setup(struct net *n)
{
	memset(n, 0, sizeof(*n));
	n->vpc_resource = (struct deployment_resource){ .logical = "Vpc", .present = 1 };
	n->vpc = (struct deployment_vpc){
		.resource = &n->vpc_resource, .known_cidr = true, .base = 0x0a000000, .bits = 16
	};
	subnet(n, &n->a, 0, "10.0.0.0/24");
	subnet(n, &n->b, 1, "10.0.1.0/24");
	subnet(n, &n->c, 2, "10.0.2.0/24");
	groups(n);
	n->acl_resource = (struct deployment_resource){ .logical = "Acl", .present = 1 };
	n->acl = (struct deployment_acl){ .resource = &n->acl_resource, .entries = n->entries };
	n->from_subnets[0] = &n->a;
	n->to_subnets[0] = &n->b;
	n->from_groups[0] = &n->client;
	n->to_groups[0] = &n->server;
	n->from = (struct reach_end){ n->from_subnets, 1, n->from_groups, 1, VERDICT_FAIL };
	n->to = (struct reach_end){ n->to_subnets, 1, n->to_groups, 1, VERDICT_FAIL };
}

/* peer: CIDR, NULL: the group `group`; no group either: a rule without a peer */
static struct deployment_rule tcp(unsigned from, unsigned to, const char *cidr,
				  const struct deployment_group *group)
{
	struct deployment_rule r = {
		.protocol = 6, .from = from, .to = to, .known_ports = true, .group = group
	};

	r.peer = cidr ? DEPLOYMENT_PEER_CIDR : group ? DEPLOYMENT_PEER_GROUP : DEPLOYMENT_PEER_NONE;
	if (cidr)
		CHECK_INT(ip_parse_cidr(cidr, &r.base, &r.bits), 0);
	return r;
}

static void allow_in(struct net *n, struct deployment_rule r)
{
	if (!r.resource)
		r.resource = &n->server_resource;
	n->in[n->server.ingress_count++] = r;
}

static void allow_out(struct net *n, struct deployment_rule r)
{
	r.resource = &n->client_resource;
	n->client.egress_declared = true;
	n->out[n->client.egress_count++] = r;
}

static void entry(struct net *n, bool egress, bool allow, unsigned from, unsigned to,
		  const char *cidr)
{
	struct deployment_acl_entry e = { .egress = egress,
					  .allow = allow,
					  .known = true,
					  .protocol = 6,
					  .from = from,
					  .to = to };

	CHECK_INT(ip_parse_cidr(cidr, &e.base, &e.bits), 0);
	n->entries[n->acl.count++] = e;
}

static enum verdict ask(struct net *n, unsigned port)
{
	reach_tcp(NULL, &n->from, &n->to, port, &n->edge);
	return n->edge.verdict;
}

/* ---- groups
 * -------------------------------------------------------------------------------------- */

TEST(reach_tcp, a_reference_to_the_group_lets_through_and_is_the_evidence)
{
	struct net n;

	setup(&n);
	allow_in(&n, tcp(2049, 2049, NULL, &n.client));
	CHECK_INT(ask(&n, 2049), VERDICT_PASS);
	CHECK(n.edge.in.rule == &n.in[0]);
	CHECK(n.edge.out.rule == NULL); /* the default allow-all */
	CHECK(n.edge.out.group == &n.client);
	CHECK_INT(ask(&n, 2048), VERDICT_FAIL);
	CHECK_INT(ask(&n, 2050), VERDICT_FAIL);
	CHECK(n.edge.in.rule == NULL);
	CHECK(n.edge.in.group == &n.server);
	CHECK(n.edge.in.resource == &n.server_resource);
	CHECK_INT(n.edge.out.verdict, VERDICT_PASS);
}

TEST(reach_tcp, declared_egress_replaces_the_default_rule)
{
	struct net n;

	setup(&n);
	allow_in(&n, tcp(0, 65535, "0.0.0.0/0", NULL));
	allow_out(&n, tcp(443, 443, "0.0.0.0/0", NULL));
	CHECK_INT(ask(&n, 2049), VERDICT_FAIL);
	CHECK_INT(n.edge.out.verdict, VERDICT_FAIL);
	CHECK(n.edge.out.group == &n.client);
	allow_out(&n, tcp(2049, 2049, NULL, &n.server));
	CHECK_INT(ask(&n, 2049), VERDICT_PASS);
	CHECK(n.edge.out.rule == &n.out[1]);
}

TEST(reach_tcp, the_rules_of_all_groups_of_an_interface_add_up)
{
	struct net n;
	struct deployment_group second = { 0 };

	setup(&n);
	second.resource = &n.rule_resource;
	n.to_groups[0] = &second;
	n.to_groups[1] = &n.server;
	n.to.group_count = 2;
	allow_in(&n, tcp(80, 80, NULL, &n.client));
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
	/* a member of a second group is let in for the first */
	n.from_groups[0] = &second;
	n.from_groups[1] = &n.client;
	n.from.group_count = 2;
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
}

TEST(reach_tcp, being_in_the_same_group_is_no_permission)
{
	struct net n;

	setup(&n);
	n.from_groups[0] = &n.server;
	CHECK_INT(ask(&n, 80), VERDICT_FAIL);
	allow_in(&n, tcp(80, 80, NULL, &n.server));
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
}

TEST(reach_tcp, a_rule_without_peer_and_other_protocols_let_nothing_through)
{
	struct net n;

	setup(&n);
	allow_in(&n, tcp(0, 65535, NULL, NULL));
	allow_in(&n, tcp(0, 65535, "0.0.0.0/0", NULL));
	n.in[1].protocol = 17;
	allow_in(&n, tcp(0, 65535, "0.0.0.0/0", NULL));
	n.in[2].protocol = 50;
	CHECK_INT(ask(&n, 80), VERDICT_FAIL);
	n.in[2].protocol = -1;
	n.in[2].from = n.in[2].to = 0;
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
}

TEST(reach_tcp, what_a_rule_does_not_tell_is_unknown_and_says_how_to_find_out)
{
	struct net n;

	setup(&n);
	allow_in(&n, tcp(80, 80, "0.0.0.0/0", NULL));
	n.in[0].known_ports = false;
	CHECK_INT(ask(&n, 443), VERDICT_UNKNOWN);
	CHECK_STR(n.edge.in.unknown, "protocol and ports of the rule in ServerGroup");
	n.in[0].known_ports = true;
	n.in[0].protocol = -2;
	CHECK_INT(ask(&n, 80), VERDICT_UNKNOWN);
	n.in[0].protocol = 6;
	n.in[0].peer = DEPLOYMENT_PEER_UNKNOWN;
	CHECK_INT(ask(&n, 80), VERDICT_UNKNOWN);
	CHECK_INT(ask(&n, 443), VERDICT_FAIL); /* whoever it is: not at this port */
	n.in[0].peer = DEPLOYMENT_PEER_PREFIX_LIST;
	CHECK_INT(ask(&n, 80), VERDICT_UNKNOWN);
	CHECK(strstr(n.edge.in.unknown, "get-managed-prefix-list-entries") != NULL);
	allow_in(&n, tcp(80, 80, NULL, &n.client));
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
	CHECK(n.edge.in.rule == &n.in[1]);
}

TEST(reach_tcp, a_rule_under_an_unknown_condition_is_unknown_unless_a_side_shares_it)
{
	struct net n;
	json_t *body = json_pack("{s:s}", "Condition", "Production");

	setup(&n);
	n.rule_resource.present = 2;
	n.rule_resource.body = body;
	allow_in(&n, tcp(80, 80, NULL, &n.client));
	n.in[0].resource = &n.rule_resource;
	CHECK_INT(ask(&n, 80), VERDICT_UNKNOWN);
	CHECK(strstr(n.edge.in.unknown, "Rule") != NULL);
	n.client_resource.present = 2;
	n.client_resource.body = body;
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
	json_decref(body);
}

TEST(reach_tcp, a_group_outside_of_the_templates_is_unknown_but_separate_rules_of_ours_count)
{
	struct net n;
	json_t *id = json_string("sg-0123"), *parameter = json_pack("{s:s}", "$symbol", "param:Sg");

	setup(&n);
	n.server.resource = NULL;
	n.server.identity = id;
	CHECK_INT(ask(&n, 80), VERDICT_UNKNOWN);
	CHECK_STR(n.edge.in.unknown,
		  "the rules of the security group sg-0123 (describe-security-groups)");
	n.rule_resource.present = 1;
	allow_in(&n, tcp(80, 80, NULL, &n.client));
	n.in[0].resource = &n.rule_resource;
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
	/* another id is another group, a parameter may be the one */
	setup(&n);
	allow_in(&n, tcp(80, 80, NULL, &n.client));
	n.from_groups[0] =
		&(struct deployment_group){ .identity = id, .egress = n.out, .egress_count = 0 };
	CHECK_INT(ask(&n, 80), VERDICT_FAIL);
	CHECK_INT(n.edge.out.verdict, VERDICT_UNKNOWN);
	n.from_groups[0] = &(struct deployment_group){ .identity = parameter };
	CHECK_INT(ask(&n, 80), VERDICT_UNKNOWN);
	json_decref(id);
	json_decref(parameter);
}

TEST(reach_tcp, ends_without_groups_are_in_the_default_group_of_their_vpc)
{
	struct net n;

	setup(&n);
	n.to.group_count = 0;
	CHECK_INT(ask(&n, 80), VERDICT_FAIL);
	CHECK(n.edge.in.resource == &n.vpc_resource);
	n.from.group_count = 0;
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
	n.vpc.resource = NULL;
	CHECK_INT(ask(&n, 80), VERDICT_UNKNOWN);
}

/* ---- CIDRs
 * ------------------------------------------------------------------------------------------ */

TEST(reach_tcp, a_cidr_must_hold_every_address_of_every_subnet_of_the_other_side)
{
	struct net n;

	setup(&n);
	n.from_subnets[1] = &n.c;
	n.from.subnet_count = 2;
	allow_in(&n, tcp(80, 80, "10.0.0.0/24", NULL));
	CHECK_INT(ask(&n, 80), VERDICT_FAIL);
	CHECK(n.edge.in.missed == &n.c);
	CHECK(n.edge.in.partial == NULL);
	allow_in(&n, tcp(80, 80, "10.0.2.0/25", NULL));
	CHECK_INT(ask(&n, 80), VERDICT_FAIL);
	CHECK(n.edge.in.partial == &n.in[1]);
	CHECK(n.edge.in.rule == NULL);
	allow_in(&n, tcp(80, 80, "10.0.2.128/25", NULL)); /* two halves are a whole */
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
	CHECK_INT(ask(&n, 81), VERDICT_FAIL);
}

TEST(reach_tcp, the_whole_world_as_two_halves_holds_everything)
{
	struct net n;

	setup(&n);
	allow_in(&n, tcp(80, 80, "128.0.0.0/1", NULL));
	CHECK_INT(ask(&n, 80), VERDICT_FAIL);
	n.b.known_cidr = n.a.known_cidr = false;
	n.vpc.known_cidr = false;
	CHECK_INT(ask(&n, 80), VERDICT_UNKNOWN);
	allow_in(&n, tcp(80, 80, "0.0.0.0/1", NULL));
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
}

TEST(reach_tcp, a_subnet_of_unknown_cidr_is_somewhere_in_its_vpc)
{
	struct net n;

	setup(&n);
	n.a.known_cidr = false;
	allow_in(&n, tcp(80, 80, "10.0.0.0/24", NULL));
	CHECK_INT(ask(&n, 80), VERDICT_UNKNOWN);
	n.in[0] = tcp(80, 80, "192.168.0.0/16", NULL);
	CHECK_INT(ask(&n, 80), VERDICT_FAIL);
	n.in[0] = tcp(80, 80, "10.0.0.0/16", NULL);
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
}

/* ---- ACLs
 * -------------------------------------------------------------------------------------------- */

static void acl_net(struct net *n)
{
	setup(n);
	allow_in(n, tcp(0, 65535, "0.0.0.0/0", NULL));
	n->b.acl = &n->acl;
	entry(n, false, true, 443, 443, "10.0.0.0/16");
	entry(n, true, true, 1024, 65535, "10.0.0.0/16");
}

TEST(reach_tcp, an_acl_is_stateless_and_needs_the_ports_of_the_way_back)
{
	struct net n;

	acl_net(&n);
	CHECK_INT(ask(&n, 443), VERDICT_PASS);
	CHECK_INT(ask(&n, 80), VERDICT_FAIL);
	CHECK_INT(n.edge.acl_there.verdict, VERDICT_FAIL);
	CHECK(n.edge.acl_there.resource == &n.acl_resource);
	n.entries[1].from = 32768; /* what Linux uses */
	CHECK_INT(ask(&n, 443), VERDICT_UNKNOWN);
	n.entries[1].from = 49152;
	CHECK_INT(ask(&n, 443), VERDICT_FAIL);
	CHECK_INT(n.edge.acl_there.verdict, VERDICT_PASS);
	CHECK_INT(n.edge.acl_back.verdict, VERDICT_FAIL);
	entry(&n, true, true, 1024, 49151, "10.0.0.0/24"); /* the rest in a second entry */
	CHECK_INT(ask(&n, 443), VERDICT_PASS);
}

TEST(reach_tcp, the_first_entry_that_matches_decides_and_is_the_evidence)
{
	struct net n;

	acl_net(&n);
	n.acl.count = 0;
	entry(&n, false, false, 400, 500, "10.0.0.128/25");
	n.entries[0].resource = &n.rule_resource;
	entry(&n, false, true, 443, 443, "0.0.0.0/0");
	entry(&n, true, true, 0, 65535, "0.0.0.0/0");
	CHECK_INT(ask(&n, 443), VERDICT_FAIL);
	CHECK(n.edge.acl_there.resource == &n.rule_resource);
	n.a.bits = 25; /* the denied half is not of the subnet any more */
	CHECK_INT(ask(&n, 443), VERDICT_PASS);
}

TEST(reach_tcp, inside_of_a_subnet_no_acl_is_asked)
{
	struct net n;

	acl_net(&n);
	n.acl.count = 0;
	CHECK_INT(ask(&n, 443), VERDICT_FAIL);
	n.from_subnets[0] = &n.b;
	CHECK_INT(ask(&n, 443), VERDICT_PASS);
}

TEST(reach_tcp, an_unknown_entry_matters_only_when_it_could_change_the_answer)
{
	struct net n;

	acl_net(&n);
	n.entries[0].known = false;
	CHECK_INT(ask(&n, 443), VERDICT_UNKNOWN);
	CHECK_INT(ask(&n, 443) == VERDICT_UNKNOWN && n.edge.acl_back.verdict == VERDICT_PASS, 1);
	acl_net(&n);
	n.rule_resource.present = 2; /* may be there or not, and allows what the next one allows */
	n.entries[0].resource = &n.rule_resource;
	entry(&n, false, true, 0, 65535, "0.0.0.0/0");
	CHECK_INT(ask(&n, 443), VERDICT_PASS);
	n.entries[0].allow = false;
	CHECK_INT(ask(&n, 443), VERDICT_UNKNOWN);
}

TEST(reach_tcp, the_acl_of_a_subnet_outside_is_unknown)
{
	struct net n;
	json_t *id = json_string("subnet-1");
	const struct deployment_subnet outside = { .identity = id }, same = { .identity = id };

	acl_net(&n);
	n.from_subnets[0] = &outside;
	CHECK_INT(ask(&n, 80), VERDICT_FAIL); /* whatever it is */
	n.b.acl = NULL;
	CHECK_INT(ask(&n, 80), VERDICT_UNKNOWN);
	CHECK(strstr(n.edge.acl_there.unknown, "subnet-1") != NULL);
	n.to_subnets[0] = &same;
	CHECK_INT(ask(&n, 80), VERDICT_PASS);
	json_decref(id);
}

TEST(reach_tcp, more_entries_than_aws_allows_are_not_simulated)
{
	struct net n;
	static struct deployment_acl_entry many[100];

	acl_net(&n);
	n.acl.entries = many;
	n.acl.count = 100;
	CHECK_INT(ask(&n, 443), VERDICT_UNKNOWN);
}
