#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/fabric/test-world.h"

/* ---- chance ------------------------------------------------------------------------------------
 */

/* splitmix64: any seed is a good one */
static uint64_t next(struct model *m)
{
	uint64_t z = m->state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

static unsigned below(struct model *m, unsigned bound)
{
	return (unsigned)(next(m) % bound);
}

static bool chance(struct model *m, unsigned percent)
{
	return below(m, 100) < percent;
}

static const char *some_cidr(struct model *m)
{
	static const char *const cidrs[] = {
		"0.0.0.0/0",   "0.0.0.0/0",	"0.0.0.0/0",	  "10.0.0.0/8",
		"10.0.0.0/22", "10.0.0.0/16",	"10.0.0.0/22",	  "0.0.0.0/1",
		"10.0.0.0/23", "10.0.2.0/23",	"10.0.0.0/24",	  "10.0.1.0/24",
		"10.0.2.0/24", "10.0.3.0/24",	"10.0.0.0/25",	  "10.0.0.128/25",
		"10.0.1.0/25", "10.0.1.128/25", "10.0.2.0/25",	  "10.0.2.128/25",
		"10.0.3.0/25", "10.0.3.128/25", "192.168.0.0/16", "172.16.0.0/12",
	};

	return cidrs[below(m, sizeof(cidrs) / sizeof(cidrs[0]))];
}

static const char *half_cidr(struct model *m)
{
	static const char *const cidrs[] = { "10.0.0.0/25",   "10.0.0.128/25", "10.0.1.0/25",
					     "10.0.1.128/25", "10.0.2.0/25",   "10.0.2.128/25",
					     "10.0.3.0/25",   "10.0.3.128/25" };

	return cidrs[below(m, 8)];
}

static int some_protocol(struct model *m)
{
	static const int protocols[] = { -1, -1, 6, 6, 6, 6, 6, 17, 1, 50 };

	return protocols[below(m, 10)];
}

/* ---- making ------------------------------------------------------------------------------------
 */

static size_t make_subnet(struct model *m, unsigned slot, unsigned low, unsigned bits)
{
	struct model_subnet *s = &m->subnets[m->subnet_count];

	(void)snprintf(s->cidr, sizeof(s->cidr), "10.0.%u.%u/%u", slot, low, bits);
	s->acl = chance(m, m->acl_percent) ? (int)below(m, MODEL_ACLS) : -1;
	s->service = (int)below(m, MODEL_SERVICES);
	return m->subnet_count++;
}

static void make_subnets(struct model *m)
{
	for (unsigned slot = 0; slot < 4; slot++) {
		unsigned way = below(m, 4);
		unsigned places = 2, first = slot * 2;
		size_t subnet;

		if (way == 0 && slot % 2 == 0) {
			subnet = make_subnet(m, slot, 0, 23);
			places = 4;
			slot++;
		} else if (way == 1) {
			m->subnet_of[first] = make_subnet(m, slot, 0, 25);
			m->subnet_of[first + 1] = make_subnet(m, slot, 128, 25);
			continue;
		} else {
			subnet = make_subnet(m, slot, 0, 24);
		}
		for (unsigned i = 0; i < places; i++)
			m->subnet_of[first + i] = subnet;
	}
	for (size_t i = 0; i < MODEL_PLACES; i++)
		m->subnets[m->subnet_of[i]].places++;
}

static struct model_rule make_rule(struct model *m)
{
	static const unsigned ranges[][2] = { { 80, 80 },   { 443, 443 },   { 0, 65535 },
					      { 0, 65535 }, { 1, 1023 },    { 1, 100 },
					      { 81, 443 },  { 400, 500 },   { 80, 443 },
					      { 100, 442 }, { 443, 65535 }, { 79, 81 } };
	unsigned range = below(m, sizeof(ranges) / sizeof(ranges[0]));
	struct model_rule r = { .protocol = some_protocol(m),
				.from = ranges[range][0],
				.to = ranges[range][1],
				.group = -1 };

	if (chance(m, 35))
		r.group = (int)below(m, MODEL_GROUPS);
	else
		r.cidr = some_cidr(m);
	return r;
}

/* What is allowed to a CIDR may also be allowed to two halves of it. */
static size_t split(struct model_rule *rules, size_t count)
{
	static const char *const halves[][3] = {
		{ "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1" },
		{ "10.0.0.0/23", "10.0.0.0/24", "10.0.1.0/24" },
		{ "10.0.2.0/24", "10.0.2.0/25", "10.0.2.128/25" },
		{ "10.0.0.0/22", "10.0.0.0/23", "10.0.2.0/23" },
	};

	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++)
		if (str_eq(rules[count - 1].cidr, halves[i][0])) {
			rules[count] = rules[count - 1];
			rules[count - 1].cidr = halves[i][1];
			rules[count].cidr = halves[i][2];
			return count + 1;
		}
	return count;
}

static size_t open_rules(struct model_rule *rules)
{
	rules[0] = (struct model_rule){
		.protocol = -1, .to = 65535, .group = -1, .cidr = "0.0.0.0/0"
	};
	return 1;
}

/* All slots one by one: a /23 is let through by two of them. */
static size_t quarters(struct model_rule *rules)
{
	static const char *const cidrs[] = { "10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24",
					     "10.0.3.0/24" };

	for (size_t i = 0; i < 4; i++) {
		(void)open_rules(&rules[i]);
		rules[i].cidr = cidrs[i];
	}
	return 4;
}

static size_t make_rules(struct model *m, struct model_rule *rules)
{
	size_t count = 0, want = 1 + below(m, MODEL_RULES - 1);

	if (chance(m, 40)) { /* often enough parts are all there is */
		count = chance(m, 50) ? quarters(rules) : split(rules, open_rules(rules));
		want = below(m, 100) < 70 ? 0 : want;
	}
	while (count < want && count < MODEL_RULES) {
		rules[count++] = make_rule(m);
		if (count < MODEL_RULES && chance(m, 50))
			count = split(rules, count);
	}
	return count;
}

static void make_groups(struct model *m, bool open_in, bool open_out)
{
	for (size_t i = 0; i < MODEL_GROUPS; i++) {
		struct model_group *g = &m->groups[i];

		g->ingress_count = open_in ? open_rules(g->ingress) : make_rules(m, g->ingress);
		g->egress_declared = !open_out && chance(m, 70);
		if (g->egress_declared)
			g->egress_count = make_rules(m, g->egress);
	}
	for (size_t s = 0; s < MODEL_SERVICES; s++) {
		m->member[s][below(m, MODEL_GROUPS)] = true;
		for (size_t g = 0; g < MODEL_GROUPS; g++)
			m->member[s][g] = m->member[s][g] || chance(m, 25);
	}
}

static void add_entry(struct model *m, size_t acl, struct model_entry e)
{
	if (m->entry_count[acl] < MODEL_ENTRIES)
		m->entries[acl][m->entry_count[acl]++] = e;
}

static void make_entries(struct model *m, size_t acl, bool egress)
{
	static const unsigned ranges[][2] = { { 80, 80 },   { 443, 443 },    { 0, 65535 },
					      { 0, 1023 },  { 1024, 65535 }, { 1024, 65535 },
					      { 400, 500 }, { 1, 442 } };
	size_t count = below(m, 4);

	for (size_t i = 0; i < count; i++) {
		unsigned range = below(m, sizeof(ranges) / sizeof(ranges[0]));
		struct model_entry e = { .egress = egress,
					 .allow = chance(m, 60),
					 .protocol = chance(m, 70)   ? 6
						     : chance(m, 50) ? -1
								     : 17,
					 .from = ranges[range][0],
					 .to = ranges[range][1],
					 .cidr = chance(m, 50) ? some_cidr(m) : half_cidr(m) };

		if (e.from == 1024 && chance(m, 50)) { /* the same in two parts */
			e.to = 40000;
			add_entry(m, acl, e);
			e.from = 40001;
			e.to = 65535;
		}
		add_entry(m, acl, e);
	}
	if (chance(m, 85))
		add_entry(m, acl,
			  (struct model_entry){ .egress = egress,
						.allow = true,
						.protocol = -1,
						.to = 65535,
						.cidr = "0.0.0.0/0" });
}

/* One or two of ingress, egress and ACLs are left open: with all three at chance hardly anything
 * passes, and what is wrong with one is hidden by another. */
void model_make(struct model *m, uint64_t seed)
{
	unsigned closed;

	*m = (struct model){ .seed = seed, .state = seed };
	closed = 1 + below(m, 6); /* of the bits ingress 1, egress 2, ACL 4: not all */
	m->acl_percent = closed & 4 ? 70 : 0;
	make_subnets(m);
	make_groups(m, !(closed & 1), !(closed & 2));
	for (size_t i = 0; i < MODEL_ACLS; i++)
		for (int egress = 0; egress < 2; egress++)
			make_entries(m, i, egress);
	m->attached = chance(m, 80);
	m->nat_public = chance(m, 80);
	for (size_t i = 0; i < MODEL_SERVICES; i++)
		m->public_address[i] = chance(m, 60);
	for (size_t i = 0; i < m->subnet_count; i++) {
		m->subnets[i].route = below(m, 3);
		m->subnets[i].associated = chance(m, 85);
		m->subnets[i].s3 = chance(m, 40);
	}
}

const char *model_address(size_t place)
{
	static const char *const addresses[] = { "10.0.0.20",  "10.0.0.220", "10.0.1.20",
						 "10.0.1.220", "10.0.2.20",  "10.0.2.220",
						 "10.0.3.20",  "10.0.3.220" };

	return addresses[place];
}

/* ---- for the packet filter
 * ----------------------------------------------------------------------- */

static void group_rules(struct topology_vpc *v, const char *id, bool ingress,
			const struct model_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char peer[32];

		(void)snprintf(peer, sizeof(peer), "sg-%d", rules[i].group);
		allow(v, id, ingress, rules[i].protocol, (int)rules[i].from, (int)rules[i].to,
		      rules[i].group < 0 ? rules[i].cidr : peer);
	}
}

static void topology_groups(const struct model *m, struct topology_vpc *v)
{
	for (size_t i = 0; i < MODEL_GROUPS; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "sg-%zu", i);
		(void)add_group(v, id);
		group_rules(v, id, true, m->groups[i].ingress, m->groups[i].ingress_count);
		group_rules(v, id, false, m->groups[i].egress, m->groups[i].egress_count);
		if (!m->groups[i].egress_declared)
			allow(v, id, false, -1, 0, 65535, "0.0.0.0/0");
	}
}

static enum topology_way way_of(const struct model *m, const struct model_subnet *s)
{
	if (!s->associated || !m->attached || s->route == MODEL_NO_ROUTE)
		return TOPOLOGY_WAY_NONE;
	if (s->route == MODEL_GATEWAY)
		return TOPOLOGY_WAY_INTERNET_GATEWAY;
	return m->nat_public ? TOPOLOGY_WAY_NAT : TOPOLOGY_WAY_NONE;
}

static void topology_subnets(const struct model *m, struct topology_vpc *v)
{
	for (size_t i = 0; i < m->subnet_count; i++) {
		struct topology_subnet *s;
		char id[32];

		(void)snprintf(id, sizeof(id), "subnet-%zu", i);
		s = add_subnet(v, id, m->subnets[i].cidr);
		s->way = way_of(m, &m->subnets[i]);
		s->s3_gateway = m->subnets[i].s3 && m->subnets[i].associated;
		(void)snprintf(id, sizeof(id), "acl-%d", m->subnets[i].acl);
		if (m->subnets[i].acl >= 0)
			s->acl = str_dup(id);
	}
}

static void topology_acls(const struct model *m, struct topology_vpc *v)
{
	v->acls = mem_new(MODEL_ACLS, sizeof(*v->acls));
	for (size_t i = 0; i < MODEL_ACLS; i++) {
		char *id = str_printf("acl-%zu", i);

		v->acls[v->acl_count++] = (struct topology_acl){ .id = id };
		for (size_t k = 0; k < m->entry_count[i]; k++) {
			const struct model_entry *e = &m->entries[i][k];

			add_acl_entry(v, id, e->egress, e->allow, e->protocol, (int)e->from,
				      (int)e->to, e->cidr);
		}
	}
}

struct topology_vpc *model_topology(const struct model *m)
{
	struct topology_vpc *v = topology_new("vpc-a", "10.0.0.0/16");

	topology_subnets(m, v);
	topology_groups(m, v);
	topology_acls(m, v);
	for (size_t i = 0; i < MODEL_PLACES; i++) {
		OWN(buf) struct buf groups = { 0 };
		char id[32], subnet[32];

		for (size_t g = 0; g < MODEL_GROUPS; g++)
			if (m->member[m->subnets[m->subnet_of[i]].service][g])
				buf_printf(&groups, "%ssg-%zu", groups.len ? "," : "", g);
		(void)snprintf(id, sizeof(id), "eni-%zu", i);
		(void)snprintf(subnet, sizeof(subnet), "subnet-%zu", m->subnet_of[i]);
		add_interface(v, id, subnet, model_address(i), groups.data)->public_address =
			m->public_address[m->subnets[m->subnet_of[i]].service];
	}
	return v;
}

/* ---- for the solver
 * -------------------------------------------------------------------------------- */

static void resource(struct model_deployment *d, struct deployment_resource *r, const char *what,
		     size_t index)
{
	char *name = d->names[d->name_count++];

	(void)snprintf(name, sizeof(d->names[0]), "%s%zu", what, index);
	*r = (struct deployment_resource){ .logical = name, .present = 1 };
}

static void rule(struct model_deployment *d, size_t group, const struct model_rule *from,
		 struct deployment_rule *r)
{
	*r = (struct deployment_rule){ .resource = &d->group_resources[group],
				       .protocol = from->protocol,
				       .from = from->from,
				       .to = from->to,
				       .known_ports = true };
	r->peer = from->group < 0 ? DEPLOYMENT_PEER_CIDR : DEPLOYMENT_PEER_GROUP;
	if (from->group >= 0)
		r->group = &d->groups[from->group];
	else if (ip_parse_cidr(from->cidr, &r->base, &r->bits) < 0)
		abort();
}

static void deployment_group(const struct model *m, struct model_deployment *d, size_t i)
{
	const struct model_group *g = &m->groups[i];

	resource(d, &d->group_resources[i], "Group", i);
	d->groups[i] = (struct deployment_group){ .resource = &d->group_resources[i],
						  .vpc = &d->vpc,
						  .ingress = d->rules[i][0],
						  .egress = d->rules[i][1],
						  .ingress_count = g->ingress_count,
						  .egress_count = g->egress_count,
						  .egress_declared = g->egress_declared };
	for (size_t k = 0; k < g->ingress_count; k++)
		rule(d, i, &g->ingress[k], &d->rules[i][0][k]);
	for (size_t k = 0; k < g->egress_count; k++)
		rule(d, i, &g->egress[k], &d->rules[i][1][k]);
}

static void deployment_acl(const struct model *m, struct model_deployment *d, size_t i)
{
	resource(d, &d->acl_resources[i], "Acl", i);
	d->acls[i] =
		(struct deployment_acl){ &d->acl_resources[i], d->entries[i], m->entry_count[i] };
	for (size_t k = 0; k < m->entry_count[i]; k++) {
		const struct model_entry *e = &m->entries[i][k];
		struct deployment_acl_entry *to = &d->entries[i][k];

		*to = (struct deployment_acl_entry){ .egress = e->egress,
						     .allow = e->allow,
						     .known = true,
						     .protocol = e->protocol,
						     .number = (unsigned)k + 1,
						     .from = e->from,
						     .to = e->to };
		if (ip_parse_cidr(e->cidr, &to->base, &to->bits) < 0)
			abort();
	}
}

static void deployment_subnet(const struct model *m, struct model_deployment *d, size_t i)
{
	struct deployment_subnet *s = &d->subnets[i];

	resource(d, &d->subnet_resources[i], "Subnet", i);
	*s = (struct deployment_subnet){ .resource = &d->subnet_resources[i],
					 .vpc = &d->vpc,
					 .known_cidr = true };
	if (ip_parse_cidr(m->subnets[i].cidr, &s->base, &s->bits) < 0)
		abort();
	if (m->subnets[i].acl >= 0)
		s->acl = &d->acls[m->subnets[i].acl];
}

void model_deployment(const struct model *m, struct model_deployment *d)
{
	memset(d, 0, sizeof(*d));
	resource(d, &d->vpc_resource, "Vpc", 0);
	d->vpc = (struct deployment_vpc){
		.resource = &d->vpc_resource, .known_cidr = true, .base = 0x0a000000, .bits = 16
	};
	for (size_t i = 0; i < MODEL_ACLS; i++)
		deployment_acl(m, d, i);
	for (size_t i = 0; i < MODEL_GROUPS; i++)
		deployment_group(m, d, i);
	for (size_t i = 0; i < m->subnet_count; i++)
		deployment_subnet(m, d, i);
}
