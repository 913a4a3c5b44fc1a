/* One half of an edge: do the rules of all groups of an interface let TCP at a port in or out? */
#include "core/reach/reach-internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- groups ------------------------------------------------------------------------------------
 */

static bool is_default_of(const struct deployment_group *g, const struct deployment_vpc *vpc)
{
	const char *symbol = json_str(g->identity, "$symbol");
	size_t len;

	if (!symbol || !vpc || !vpc->resource)
		return false;
	len = strlen(vpc->resource->logical);
	return !strncmp(symbol, vpc->resource->logical, len) &&
	       !strcmp(symbol + len, ".DefaultSecurityGroup");
}

/* Is the group the default one of a VPC in the templates? Its rules are then those it is born with.
 */
static bool is_default(const struct deployment_group *g)
{
	const char *symbol = json_str(g->identity, "$symbol");

	return symbol && str_ends(symbol, ".DefaultSecurityGroup") && !strchr(symbol, ':');
}

static enum verdict same_group(const struct deployment_group *a, const struct deployment_group *b)
{
	if (a == b)
		return VERDICT_PASS;
	if (!a || !b)
		return VERDICT_UNKNOWN;
	if (!a->resource && !b->resource && json_equal(a->identity, b->identity))
		return VERDICT_PASS;
	if (a->resource && b->resource)
		return VERDICT_FAIL;
	/* a parameter may hold the id of any group; two ids are two groups */
	for (size_t i = 0; i < 2; i++) {
		const struct deployment_group *g = i ? a : b;

		if (!g->resource && !json_is_string(g->identity) && !is_default(g))
			return VERDICT_UNKNOWN;
	}
	return VERDICT_FAIL;
}

static bool is_declared(const struct deployment_resource *r)
{
	return r && !r->physical_id;
}

/* Without groups an interface is in its VPC's default group. */
static enum verdict in_default(const struct deployment_group *g, const struct deployment_vpc *vpc)
{
	if (is_default_of(g, vpc))
		return VERDICT_PASS;
	/* the default group of a VPC of the account has an id like all others there */
	return is_declared(vpc ? vpc->resource : NULL) || is_declared(g->resource) ? VERDICT_FAIL
										   : VERDICT_UNKNOWN;
}

/* Is an interface of the end in the group? */
static enum verdict member(const struct reach_peer *peer, const struct deployment_group *g)
{
	enum verdict best = VERDICT_FAIL;

	if (!peer->end || !g)
		return peer->end ? VERDICT_UNKNOWN : VERDICT_FAIL;
	if (!peer->end->group_count)
		return in_default(g, peer->subnet ? peer->subnet->vpc : NULL);
	for (size_t i = 0; i < peer->end->group_count; i++) {
		enum verdict v = same_group(peer->end->groups[i], g);

		if (reach_rank(v) < reach_rank(best))
			best = v;
	}
	return best;
}

/* ---- rules -------------------------------------------------------------------------------------
 */

static enum verdict at_port(const struct deployment_rule *r, unsigned port)
{
	if (r->protocol == -1)
		return VERDICT_PASS;
	if (r->protocol != REACH_TCP && r->protocol != -2)
		return VERDICT_FAIL;
	if (r->known_ports && (port < r->from || port > r->to))
		return r->protocol == -2 ? VERDICT_UNKNOWN : VERDICT_FAIL;
	return r->protocol == -2 || !r->known_ports ? VERDICT_UNKNOWN : VERDICT_PASS;
}

static bool same_condition(const struct deployment_resource *a, const struct deployment_resource *b)
{
	const char *condition = json_str(a->body, "Condition");

	return b && condition && a->template == b->template &&
	       str_eq(condition, json_str(b->body, "Condition"));
}

/* May the rule be missing although its group is there? */
static bool may_be_missing(const struct deployment_rule *r, const struct deployment_group *g,
			   const struct reach_peer *peer)
{
	if (!r->resource || r->resource->present == 1 || r->resource == g->resource ||
	    same_condition(r->resource, g->resource))
		return false;
	for (size_t i = 0; peer->end && i < peer->end->group_count; i++)
		if (same_condition(r->resource, peer->end->groups[i]->resource))
			return false;
	return true;
}

struct half {
	const struct reach_peer *peer;
	unsigned port;
	const struct deployment_rule *pass, *maybe, *part;
	struct reach_span *spans; /* of CIDR rules that hold for sure */
	size_t count;
};

static void add_cidr(struct half *h, const struct deployment_rule *r, bool sure)
{
	struct reach_span s = reach_cidr(r->base, r->bits);
	enum reach_cover cover = reach_cover(h->peer, &s, 1);

	if (cover == REACH_COVER_NONE)
		return;
	if (!sure) {
		h->maybe = h->maybe ? h->maybe : r;
		return;
	}
	if (cover == REACH_COVER_ALL)
		h->pass = r;
	h->part = h->part ? h->part : r;
	h->spans = mem_grow(h->spans, h->count + 1, sizeof(*h->spans));
	h->spans[h->count++] = s;
}

static enum verdict of_peer(const struct half *h, const struct deployment_rule *r)
{
	switch (r->peer) {
	case DEPLOYMENT_PEER_GROUP:
		return member(h->peer, r->group);
	case DEPLOYMENT_PEER_PREFIX_LIST:
		return h->peer->s3 ? VERDICT_PASS : VERDICT_UNKNOWN;
	case DEPLOYMENT_PEER_UNKNOWN:
		return VERDICT_UNKNOWN;
	case DEPLOYMENT_PEER_NONE:
	case DEPLOYMENT_PEER_CIDR:
		break;
	}
	return VERDICT_FAIL;
}

static void add_rule(struct half *h, const struct deployment_group *g,
		     const struct deployment_rule *r)
{
	enum verdict service = at_port(r, h->port), peer;
	bool sure = service == VERDICT_PASS && !may_be_missing(r, g, h->peer);

	if (service == VERDICT_FAIL || h->pass)
		return;
	if (r->peer == DEPLOYMENT_PEER_CIDR) {
		add_cidr(h, r, sure);
		return;
	}
	peer = of_peer(h, r);
	if (peer == VERDICT_PASS && sure)
		h->pass = r;
	else if (peer != VERDICT_FAIL && !h->maybe)
		h->maybe = r;
}

/* ---- what is there without a rule
 * ----------------------------------------------------------------- */

/* The rules a default group is born with: everything out, its own members in. */
static enum verdict born_with(const struct half *h, const struct deployment_group *g, bool ingress)
{
	if (!is_default(g))
		return VERDICT_FAIL;
	return ingress ? member(h->peer, g) : VERDICT_PASS;
}

static const struct deployment_group *find_default(const struct deployment *d,
						   const struct deployment_vpc *vpc)
{
	const struct deployment_group *const *list;
	size_t count = 0;

	if (!d || !vpc || !vpc->resource)
		return NULL;
	list = deployment_groups(d, &count);
	for (size_t i = 0; i < count; i++)
		if (is_default_of(list[i], vpc))
			return list[i];
	return NULL;
}

/* An interface without groups. True: *ret is the answer. */
static bool default_half(const struct reach_peer *peer, const struct deployment_vpc *vpc,
			 bool ingress, struct reach_evidence *ret)
{
	/* in the account somebody may have changed them */
	if (!vpc || !is_declared(vpc->resource)) {
		reach_unknown(ret, "the rules of the default security group of the VPC "
				   "(describe-security-groups)");
		return true;
	}
	ret->resource = vpc->resource;
	/* both in the default group of one VPC */
	if (ingress &&
	    !(peer->end && !peer->end->group_count && peer->subnet && peer->subnet->vpc == vpc))
		return false;
	ret->verdict = VERDICT_PASS;
	return true;
}

static bool add_group(struct half *h, const struct deployment_group *g, bool ingress,
		      struct reach_evidence *ret)
{
	const struct deployment_rule *rules = ingress ? g->ingress : g->egress;
	size_t count = ingress ? g->ingress_count : g->egress_count;

	if ((!ingress && g->resource && !g->egress_declared) ||
	    born_with(h, g, ingress) == VERDICT_PASS) {
		*ret = (struct reach_evidence){ .verdict = VERDICT_PASS,
						.group = g,
						.resource = g->resource };
		return true;
	}
	for (size_t i = 0; i < count; i++)
		add_rule(h, g, &rules[i]);
	return false;
}

/* ---- the answer
 * -------------------------------------------------------------------------------------- */

static const struct deployment_group *outside_group(const struct reach_end *self)
{
	for (size_t i = 0; i < self->group_count; i++)
		if (!self->groups[i]->resource && !is_default(self->groups[i]))
			return self->groups[i];
	return NULL;
}

static void maybe_half(const struct deployment_rule *r, struct reach_evidence *ret)
{
	const char *name = reach_name(r->resource, NULL, "(by id)");

	ret->resource = r->resource;
	if (r->protocol == -2 || !r->known_ports)
		reach_unknown(ret, "protocol and ports of the rule in %s", name);
	else if (r->peer == DEPLOYMENT_PEER_PREFIX_LIST)
		reach_unknown(ret,
			      "the addresses of the prefix list in %s "
			      "(get-managed-prefix-list-entries)",
			      name);
	else if (r->peer == DEPLOYMENT_PEER_CIDR && r->resource && r->resource->present == 1)
		reach_unknown(ret, "the addresses of the other side for the rule in %s", name);
	else if (r->peer == DEPLOYMENT_PEER_GROUP && r->resource && r->resource->present == 1)
		reach_unknown(ret, "whether the group that %s names is one of the other side's",
			      name);
	else if (r->resource && r->resource->present != 1)
		reach_unknown(ret, "whether %s exists (its condition)", name);
	else
		reach_unknown(ret, "whom the rule in %s lets through", name);
}

static void conclude(struct half *h, const struct reach_end *self, struct reach_evidence *ret)
{
	enum reach_cover cover = reach_cover(h->peer, h->spans, h->count);
	const struct deployment_group *outside = outside_group(self);
	const struct deployment_group *first = self->group_count ? self->groups[0] : ret->group;

	ret->group = first;
	if (h->pass || cover == REACH_COVER_ALL) {
		ret->verdict = VERDICT_PASS;
		ret->rule = h->pass ? h->pass : h->part;
		ret->resource = ret->rule->resource;
	} else if (h->maybe) {
		maybe_half(h->maybe, ret);
	} else if (outside) {
		ret->group = outside;
		reach_unknown(ret, "the rules of the security group %s (describe-security-groups)",
			      reach_name(NULL, outside->identity, "(unknown)"));
	} else if (cover == REACH_COVER_PART && !h->peer->everywhere) {
		ret->resource = h->part->resource;
		reach_unknown(
			ret,
			"whether the address on the other side is in the CIDR of the rule in %s",
			reach_name(h->part->resource, NULL, "(by id)"));
	} else {
		ret->verdict = VERDICT_FAIL;
		ret->partial = cover == REACH_COVER_PART ? h->part : NULL;
		ret->missed = h->peer->subnet;
		if (ret->partial)
			ret->resource = ret->partial->resource;
		else if (first && first->resource)
			ret->resource = first->resource;
	}
}

void reach_half(const struct deployment *d, const struct reach_end *self,
		const struct deployment_subnet *subnet, const struct reach_peer *peer, bool ingress,
		unsigned port, struct reach_evidence *ret)
{
	struct half h = { .peer = peer, .port = port };
	bool done = false;

	*ret = (struct reach_evidence){ .verdict = VERDICT_FAIL };
	if (!self->group_count) {
		ret->group = find_default(d, subnet->vpc);
		if (default_half(peer, subnet->vpc, ingress, ret))
			return;
		if (ret->group)
			(void)add_group(&h, ret->group, ingress, ret);
	}
	for (size_t i = 0; i < self->group_count && !done; i++)
		done = add_group(&h, self->groups[i], ingress, ret);
	if (!done)
		conclude(&h, self, ret);
	free(h.spans);
}

bool reach_any_egress(const struct reach_end *self, unsigned port)
{
	for (size_t i = 0; i < self->group_count; i++) {
		const struct deployment_group *g = self->groups[i];

		if (!g->resource || !g->egress_declared)
			return true;
		for (size_t k = 0; k < g->egress_count; k++)
			if (g->egress[k].peer != DEPLOYMENT_PEER_NONE &&
			    at_port(&g->egress[k], port) != VERDICT_FAIL)
				return true;
	}
	return !self->group_count;
}
