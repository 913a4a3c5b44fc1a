/* Routes: does the subnet's default route lead to the internet? */
#include "core/reach/reach-internal.h"

#include <string.h>

/* ---- internet gateways -------------------------------------------------------------------------
 */

/* Is the VPC this value names the one of the subnet? */
static enum verdict same_vpc(const struct deployment *d, const json_t *value,
			     const struct deployment_subnet *s)
{
	const struct deployment_resource *named = deployment_target(d, value, NULL);
	const json_t *own = s->resource ? json_object_get(s->resource->properties, "VpcId") : NULL;

	if (s->vpc && s->vpc->resource && named)
		return named == s->vpc->resource ? VERDICT_PASS : VERDICT_FAIL;
	if (own && json_equal(own, value))
		return VERDICT_PASS;
	if (json_is_string(own) && json_is_string(value))
		return VERDICT_FAIL;
	return VERDICT_UNKNOWN;
}

/* Attached to the subnet's VPC? The attachment that decides in *ret_attachment. */
static enum verdict attached(const struct deployment *d, const struct deployment_resource *gateway,
			     const struct deployment_subnet *s,
			     const struct deployment_resource **ret_attachment)
{
	enum verdict best = VERDICT_FAIL;
	size_t count = 0;
	const struct deployment_resource *r = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		const json_t *id;
		enum verdict v;

		if (!str_eq(r[i].type, "AWS::EC2::VPCGatewayAttachment"))
			continue;
		id = json_object_get(r[i].properties, "InternetGatewayId");
		if (!id || deployment_target(d, id, NULL) != gateway)
			continue;
		v = same_vpc(d, json_object_get(r[i].properties, "VpcId"), s);
		if (v == VERDICT_PASS && r[i].present != 1 && gateway->present == 1)
			v = VERDICT_UNKNOWN;
		if (!*ret_attachment || reach_rank(v) < reach_rank(best))
			*ret_attachment = &r[i];
		if (reach_rank(v) < reach_rank(best))
			best = v;
	}
	return best;
}

static void by_gateway(const struct deployment *d, const struct deployment_route *route,
		       const struct deployment_subnet *s, enum verdict public_address,
		       struct reach_evidence *ret)
{
	const struct deployment_resource *attachment = NULL;

	ret->resource = route->resource;
	if (!route->target) {
		reach_unknown(ret,
			      "whether the internet gateway of %s is attached to the VPC "
			      "(describe-internet-gateways)",
			      reach_name(route->resource, NULL, "the route"));
		return;
	}
	ret->verdict = attached(d, route->target, s, &attachment);
	if (ret->verdict != VERDICT_PASS) {
		ret->resource = attachment ? attachment : route->target;
		if (ret->verdict == VERDICT_UNKNOWN)
			reach_unknown(ret,
				      "whether %s attaches the internet gateway to the VPC of "
				      "the subnet",
				      reach_name(attachment, NULL, "an attachment"));
		return;
	}
	ret->verdict = public_address;
	if (public_address == VERDICT_UNKNOWN)
		reach_unknown(ret, "whether the interface gets a public address (AssignPublicIp)");
}

/* ---- route tables
 * -------------------------------------------------------------------------------- */

static bool wide(const char *destination)
{
	uint32_t base;
	unsigned bits;

	return ip_parse_cidr(destination, &base, &bits) == 0 && bits > 0 && bits < 8;
}

/* The default route, or NULL; *ret_unsure: one whose destination may be all or half of the world.
 */
static const struct deployment_route *default_route(const struct deployment_route_table *t,
						    const struct deployment_route **ret_unsure)
{
	*ret_unsure = NULL;
	for (size_t i = 0; i < t->count; i++) {
		const struct deployment_route *r = &t->routes[i];

		if (str_eq(r->destination, "0.0.0.0/0"))
			return r;
		if (!r->destination || wide(r->destination))
			*ret_unsure = r;
	}
	return NULL;
}

static void main_table(const struct deployment_subnet *s, struct reach_evidence *ret)
{
	ret->resource = s->resource;
	if (!s->resource)
		reach_unknown(ret, "the route table of the subnet %s (describe-route-tables)",
			      reach_name(NULL, s->identity, "(unknown)"));
	else if (!s->vpc || !s->vpc->resource)
		reach_unknown(ret, "the main route table of the VPC of %s (describe-route-tables)",
			      s->resource->logical);
	else
		ret->verdict = VERDICT_FAIL;
}

/* True: *ret_route is the default route. False: *ret says why there is none. */
static bool route_of(const struct deployment_subnet *s, const struct deployment_route **ret_route,
		     struct reach_evidence *ret)
{
	const struct deployment_route_table *t = s->routes;
	const struct deployment_route *unsure = NULL;

	if (!t) {
		main_table(s, ret);
		return false;
	}
	*ret_route = default_route(t, &unsure);
	if (*ret_route)
		return true;
	ret->resource = unsure ? unsure->resource : t->resource;
	if (unsure)
		reach_unknown(ret, "whether %s is a way to the internet",
			      reach_name(unsure->resource, NULL, "a route"));
	else if (!t->resource)
		reach_unknown(ret, "the routes of the table of %s (describe-route-tables)",
			      reach_name(s->resource, s->identity, "(unknown)"));
	else
		ret->verdict = VERDICT_FAIL;
	return false;
}

static const struct deployment_subnet *subnet_of(const struct deployment *d,
						 const struct deployment_resource *r)
{
	size_t count = 0;
	const struct deployment_subnet *const *list = deployment_subnets(d, &count);

	for (size_t i = 0; r && i < count; i++)
		if (list[i]->resource == r)
			return list[i];
	return NULL;
}

static void by_nat(const struct deployment *d, const struct deployment_route *route,
		   struct reach_evidence *ret, const struct deployment_subnet **ret_nat)
{
	const struct deployment_resource *nat = route->target;
	const struct deployment_route *own = NULL;
	const struct deployment_subnet *s;
	const json_t *p = nat ? nat->properties : NULL;

	ret->resource = nat ? nat : route->resource;
	if (!nat) {
		reach_unknown(ret, "the NAT gateway of %s (describe-nat-gateways)",
			      reach_name(route->resource, NULL, "the route"));
		return;
	}
	if (str_eq(json_str(p, "ConnectivityType"), "private") ||
	    !json_object_get(p, "AllocationId")) {
		ret->verdict = VERDICT_FAIL;
		return;
	}
	s = subnet_of(d, deployment_target(d, json_object_get(p, "SubnetId"), NULL));
	if (!s) {
		reach_unknown(ret,
			      "the routes of the subnet of the NAT gateway %s "
			      "(describe-route-tables)",
			      nat->logical);
		return;
	}
	*ret_nat = s;
	if (!route_of(s, &own, ret)) {
		ret->resource = nat;
		return;
	}
	if (own->kind == DEPLOYMENT_TO_INTERNET_GATEWAY)
		by_gateway(d, own, s, VERDICT_PASS, ret);
	else if (own->kind == DEPLOYMENT_TO_NAT)
		ret->verdict = VERDICT_FAIL;
	else
		reach_unknown(ret, "where the default route of the NAT gateway %s leads",
			      nat->logical);
}

static bool may_be_absent(const struct deployment_resource *r, const struct deployment_subnet *s)
{
	return r && r->present != 1 && (!s->resource || s->resource->present == 1);
}

void reach_way(const struct deployment *d, const struct deployment_subnet *s,
	       enum verdict public_address, struct reach_evidence *ret,
	       const struct deployment_subnet **ret_nat)
{
	const struct deployment_route *route = NULL;

	*ret = (struct reach_evidence){ .verdict = VERDICT_FAIL };
	*ret_nat = NULL;
	if (!route_of(s, &route, ret))
		return;
	if (route->kind == DEPLOYMENT_TO_INTERNET_GATEWAY)
		by_gateway(d, route, s, public_address, ret);
	else if (route->kind == DEPLOYMENT_TO_NAT)
		by_nat(d, route, ret, ret_nat);
	else
		reach_unknown(ret, "where the default route %s leads",
			      reach_name(route->resource, NULL, "of the subnet"));
	if (!ret->resource)
		ret->resource = route->resource;
	if (ret->verdict == VERDICT_PASS &&
	    (may_be_absent(s->route_association, s) || may_be_absent(route->resource, s)))
		reach_unknown(ret, "whether %s and %s exist (their conditions)",
			      reach_name(s->route_association, NULL, "the association"),
			      reach_name(route->resource, NULL, "the route"));
}

/* ---- to the internet
 * ------------------------------------------------------------------------------- */

/* The packets pass the subnet of the NAT gateway in between, and its ACL in both directions. */
static void through_nat(const struct deployment *d, const struct deployment_subnet *s,
			const struct deployment_subnet *nat, const struct reach_peer *world,
			unsigned port, struct reach_edge *e)
{
	struct reach_peer inner;
	struct reach_evidence next;

	reach_acl(nat, world, true, port, port, &next);
	reach_worse(&e->acl_there, &next);
	reach_acl(nat, world, false, REACH_BACK_FROM, REACH_BACK_TO, &next);
	reach_worse(&e->acl_back, &next);
	if (nat == s)
		return;
	reach_peer_subnet(d, NULL, s, &inner);
	reach_acl(nat, &inner, false, port, port, &next);
	reach_worse(&e->acl_there, &next);
	reach_acl_back(nat, &inner, true, &next);
	reach_worse(&e->acl_back, &next);
}

void reach_out(const struct deployment *d, const struct reach_end *from,
	       const struct deployment_subnet *s, unsigned port, bool s3, struct reach_edge *ret)
{
	const struct deployment_subnet *nat = NULL;
	struct reach_peer world;

	reach_peer_internet(s3, &world);
	reach_half(d, from, s, &world, false, port, &ret->out);
	reach_way(d, s, from->public_address, &ret->in, &nat);
	reach_acl(s, &world, true, port, port, &ret->acl_there);
	reach_acl_back(s, &world, false, &ret->acl_back);
	if (nat)
		through_nat(d, s, nat, &world, port, ret);
	reach_sum(ret);
}

void reach_internet(const struct deployment *d, const struct reach_end *from, unsigned port,
		    struct reach_edge *ret)
{
	reach_out(d, from, reach_subnet(from, 0), port, false, ret);
	for (size_t i = 1; i < reach_subnet_count(from); i++) {
		struct reach_edge next;

		reach_out(d, from, reach_subnet(from, i), port, false, &next);
		reach_merge(ret, &next);
	}
}
