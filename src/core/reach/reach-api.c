/* AWS APIs: by an endpoint in the VPC, or by the internet. */
#include "core/reach/reach-internal.h"

enum { HTTPS = 443 };

/* ---- endpoints
 * ----------------------------------------------------------------------------------- */

struct choice {
	const struct deployment_endpoint *gateway, *interface, *unnamed;
};

static bool in_table(const struct deployment_endpoint *e, const struct deployment_subnet *s)
{
	for (size_t i = 0; s->routes && i < e->table_count; i++)
		if (e->tables[i] == s->routes)
			return true;
	return false;
}

/* An interface endpoint that names resolve to goes before one that nobody is led to. */
static bool better(const struct deployment_endpoint *e, const struct deployment_endpoint *than)
{
	return !than || reach_rank(e->private_dns) < reach_rank(than->private_dns);
}

static struct choice choose(const struct deployment *d, const struct deployment_subnet *s,
			    const char *service)
{
	struct choice c = { 0 };
	size_t count = 0;
	const struct deployment_endpoint *const *list = deployment_endpoints(d, &count);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_endpoint *e = list[i];

		if (!s->vpc || e->vpc != s->vpc)
			continue;
		if (!e->service)
			c.unnamed = e;
		else if (!str_eq(e->service, service))
			continue;
		else if (e->gateway && (!c.gateway || in_table(e, s)))
			c.gateway = e;
		else if (!e->gateway && better(e, c.interface))
			c.interface = e;
	}
	return c;
}

static enum verdict worst_of(enum verdict a, enum verdict b)
{
	return reach_rank(a) < reach_rank(b) ? b : a;
}

/* Do names of the API resolve to the endpoint? */
static enum verdict resolves(const struct deployment_endpoint *e)
{
	enum verdict v =
		worst_of(e->private_dns, worst_of(e->vpc->dns_support, e->vpc->dns_hostnames));

	if (v == VERDICT_PASS && e->resource && e->resource->present != 1)
		return VERDICT_UNKNOWN;
	return v;
}

static const struct deployment_resource *dns_place(const struct deployment_endpoint *e)
{
	return e->private_dns == VERDICT_PASS ? e->vpc->resource : e->resource;
}

/* ---- one subnet
 * --------------------------------------------------------------------------------------- */

static void by_interface(const struct deployment *d, const struct reach_end *one,
			 const struct deployment_endpoint *e, struct reach_edge *ret)
{
	const struct reach_end to = {
		.subnets = (const struct deployment_subnet *const *)e->subnets,
		.subnet_count = e->subnet_count,
		.groups = (const struct deployment_group *const *)e->groups,
		.group_count = e->group_count,
		.public_address = VERDICT_FAIL,
	};

	reach_tcp(d, one, &to, HTTPS, ret);
}

/* The gateway is a route: the groups and the ACL still see the public addresses of S3. */
static void by_s3_gateway(const struct deployment *d, const struct reach_end *one,
			  const struct deployment_endpoint *e, struct reach_edge *ret)
{
	const struct deployment_subnet *s = reach_subnet(one, 0);
	struct reach_peer world;

	reach_peer_internet(true, &world);
	reach_half(d, one, s, &world, false, HTTPS, &ret->out);
	ret->in = (struct reach_evidence){ .verdict = VERDICT_PASS, .resource = e->resource };
	if (e->resource && e->resource->present != 1)
		reach_unknown(&ret->in, "whether the endpoint %s exists (its condition)",
			      e->resource->logical);
	reach_acl(s, &world, true, HTTPS, HTTPS, &ret->acl_there);
	reach_acl_back(s, &world, false, &ret->acl_back);
	reach_sum(ret);
}

/* Whether names lead to the endpoint is not known: both ways have to work, or none does. */
static void either(const struct deployment_endpoint *e, const struct reach_edge *endpoint,
		   struct reach_edge *ret)
{
	if (endpoint->verdict == ret->verdict && ret->verdict != VERDICT_UNKNOWN)
		return;
	reach_unknown(&ret->in,
		      "whether names of the API resolve to the endpoint %s: its condition, "
		      "PrivateDnsEnabled, the DNS attributes of the VPC",
		      reach_name(e->resource, NULL, "(by id)"));
	ret->in.resource = e->resource;
	if (ret->verdict == VERDICT_FAIL)
		ret->out.verdict = ret->acl_there.verdict = ret->acl_back.verdict = VERDICT_PASS;
	reach_sum(ret);
}

/* Without a resolver in the VPC no name has an address, unless it brings its own. */
static bool no_resolver(const struct deployment *d, const struct deployment_vpc *vpc)
{
	size_t count = 0;
	const struct deployment_resource *r = deployment_resources(d, &count);

	if (!vpc || vpc->dns_support != VERDICT_FAIL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (str_eq(r[i].type, "AWS::EC2::VPCDHCPOptionsAssociation"))
			return false;
	return true;
}

/* An imported VPC may have an endpoint that we don't see, if anything may leave at all. */
static void unseen(const struct reach_end *one, const struct deployment_subnet *s,
		   const struct choice *c, const char *service, struct reach_edge *ret)
{
	const struct deployment_endpoint *e = c->unnamed;
	bool imported = !s->vpc || !s->vpc->resource;

	if (ret->verdict != VERDICT_FAIL || (!e && !imported) || !reach_any_egress(one, HTTPS))
		return;
	*ret = (struct reach_edge){ .verdict = VERDICT_UNKNOWN };
	ret->in.resource = e ? e->resource : s->resource;
	if (e)
		reach_unknown(&ret->in, "the service of the endpoint %s",
			      reach_name(e->resource, NULL, "(by id)"));
	else
		reach_unknown(&ret->in,
			      "whether the VPC has an endpoint for %s "
			      "(describe-vpc-endpoints)",
			      service);
}

static void by_name(const struct deployment *d, const struct reach_end *one, const struct choice *c,
		    struct reach_edge *ret)
{
	const struct deployment_endpoint *e = c->interface;
	enum verdict named = e ? resolves(e) : VERDICT_FAIL;
	bool s3 = c->gateway != NULL;
	struct reach_edge edge;

	if (named == VERDICT_PASS) {
		by_interface(d, one, e, ret);
		return;
	}
	reach_out(d, one, reach_subnet(one, 0), HTTPS, s3, ret);
	if (named == VERDICT_UNKNOWN) {
		by_interface(d, one, e, &edge);
		either(e, &edge, ret);
	} else if (e && ret->in.verdict == VERDICT_FAIL) {
		ret->in.resource = dns_place(e);
	} else if (c->gateway && ret->in.verdict == VERDICT_FAIL) {
		ret->in.resource = c->gateway->resource;
	}
}

static void from_subnet(const struct deployment *d, const struct reach_end *one,
			const char *service, struct reach_edge *ret,
			const struct deployment_endpoint **ret_endpoint)
{
	const struct deployment_subnet *s = reach_subnet(one, 0);
	struct choice c = choose(d, s, service);

	*ret_endpoint = c.interface ? c.interface : c.gateway;
	if (no_resolver(d, s->vpc)) {
		reach_out(d, one, s, HTTPS, str_eq(service, "s3"), ret);
		ret->in = (struct reach_evidence){ .verdict = VERDICT_FAIL,
						   .resource = s->vpc->resource };
		reach_sum(ret);
	} else if (c.gateway && in_table(c.gateway, s)) {
		*ret_endpoint = c.gateway;
		by_s3_gateway(d, one, c.gateway, ret);
	} else {
		by_name(d, one, &c, ret);
		unseen(one, s, &c, service, ret);
	}
}

void reach_api(const struct deployment *d, const struct reach_end *from, const char *service,
	       struct reach_edge *ret, const struct deployment_endpoint **ret_endpoint)
{
	const struct deployment_endpoint *endpoint = NULL;

	for (size_t i = 0; i < reach_subnet_count(from); i++) {
		const struct deployment_subnet *s = reach_subnet(from, i);
		const struct deployment_endpoint *found = NULL;
		struct reach_end one = *from;
		struct reach_edge next;

		one.subnets = &s;
		one.subnet_count = 1;
		from_subnet(d, &one, service, &next, &found);
		if (i > 0 && reach_rank(next.verdict) <= reach_rank(ret->verdict))
			continue;
		*ret = next;
		endpoint = found;
	}
	if (ret_endpoint)
		*ret_endpoint = endpoint;
}
