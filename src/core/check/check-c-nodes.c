/* From the nodes to each other: C18, C19. */
#include "core/check/check-topology.h"

enum { PEER_PORT = 80 };

/* ---- C18 ------------------------------------------------------------------------------------- */

static const struct deployment_group *shared_group(const struct deployment_service *a,
						   const struct deployment_service *b)
{
	for (size_t i = 0; i < a->group_count; i++)
		for (size_t k = 0; k < b->group_count; k++)
			if (a->groups[i] == b->groups[k])
				return a->groups[i];
	return NULL;
}

static bool open_at(const struct deployment *d, const struct deployment_service *a,
		    const struct deployment_service *b, unsigned port)
{
	struct reach_end from = check_service_end(a), to = check_service_end(b);
	struct reach_edge e;

	reach_tcp(d, &from, &to, port, &e);
	return e.in.verdict != VERDICT_FAIL;
}

/* At the port that nodes use unless told otherwise, or at any one their container declares. */
static bool some_port_open(const struct deployment *d, const struct deployment_service *a,
			   const struct deployment_service *b)
{
	const json_t *mapping;
	size_t i;

	if (open_at(d, a, b, PEER_PORT))
		return true;
	json_array_foreach(json_list(check_node(b), "PortMappings"), i, mapping) {
		long port;
		if (check_number(d, json_object_get(mapping, "ContainerPort"), &port) && port > 0 &&
		    port < 65536 && open_at(d, a, b, (unsigned)port))
			return true;
	}
	return false;
}

/* A rule of b by CIDR that holds some subnet of a. */
static const struct deployment_rule *partial_cidr(const struct deployment_service *a,
						  const struct deployment_service *b)
{
	for (size_t i = 0; i < b->group_count; i++)
		for (size_t k = 0; k < b->groups[i]->ingress_count; k++) {
			const struct deployment_rule *r = &b->groups[i]->ingress[k];
			if (r->peer != DEPLOYMENT_PEER_CIDR || !check_rule_covers(r, PEER_PORT))
				continue;
			for (size_t n = 0; n < a->subnet_count; n++)
				if (a->subnets[n]->known_cidr && a->subnets[n]->bits >= r->bits &&
				    ip_in_cidr(a->subnets[n]->base, r->base, r->bits))
					return r;
		}
	return NULL;
}

static void partial_peer(struct check *c, const struct deployment_service *a,
			 const struct deployment_service *b)
{
	struct reach_end from = check_service_end(a), to = check_service_end(b);
	const struct deployment_rule *rule = partial_cidr(a, b);
	struct reach_edge e;
	struct check_finding f = { .severity = CHECK_FAIL, .service = b };
	OWN(str) char *remedy = NULL;

	if (!rule)
		return;
	reach_tcp(check_deployment(c), &from, &to, PEER_PORT, &e);
	if (e.in.verdict != VERDICT_FAIL)
		return;
	f.resource = rule->resource;
	f.second = e.in.missed ? e.in.missed->resource : NULL;
	f.second_property = f.second ? "CidrBlock" : NULL;
	remedy = check_rule_remedy(check_deployment(c), true, b->groups[0],
				   a->group_count ? a->groups[0] : NULL, PEER_PORT);
	f.remedy = remedy;
	check_add(c, &f,
		  "the CIDR of the rule covers some subnets of node %s but not %s, from where it "
		  "cannot reach node %s at TCP %d",
		  check_name(a->resource), check_name(f.second), check_name(b->resource),
		  PEER_PORT);
}

/* Nodes are alike: each is looked at together with its neighbour in the template. */
void check_c19_peers(struct check *c)
{
	const struct deployment_service *const *services, *last = NULL;
	size_t count;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++) {
		if (!check_node(services[i]))
			continue;
		if (last) {
			partial_peer(c, last, services[i]);
			partial_peer(c, services[i], last);
		}
		last = services[i];
	}
}

void check_c18(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_service *const *services, *last = NULL;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_service *s = services[i];
		const struct deployment_group *g;
		struct check_finding f = { .severity = CHECK_FAIL, .service = s };
		OWN(str) char *remedy = NULL;

		if (!check_node(s))
			continue;
		g = last ? shared_group(last, s) : NULL;
		if (g && g->resource && !some_port_open(d, last, s)) {
			remedy = check_rule_remedy(d, true, g, g, PEER_PORT);
			f.resource = g->resource;
			f.second = s->resource;
			f.remedy = remedy;
			check_add(c, &f,
				  "nodes %s and %s share security group %s, which has no ingress "
				  "rule "
				  "for its own members: being in one group lets nobody in",
				  check_name(last->resource), check_name(s->resource),
				  check_name(g->resource));
		}
		last = s;
	}
}
