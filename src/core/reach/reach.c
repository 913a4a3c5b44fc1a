/* Edges between interfaces: both halves of the groups, the ACLs there and back. */
#include "core/reach/reach-internal.h"

static bool same_subnet(const struct deployment_subnet *a, const struct deployment_subnet *b)
{
	return a == b || (!a->resource && !b->resource && a->identity &&
			  json_equal(a->identity, b->identity));
}

/* Something that may join two VPCs. */
static bool has_joints(const struct deployment *d)
{
	size_t count = 0;
	const struct deployment_resource *r = d ? deployment_resources(d, &count) : NULL;

	for (size_t i = 0; i < count; i++)
		if (str_eq(r[i].type, "AWS::EC2::VPCPeeringConnection") ||
		    str_starts(r[i].type, "AWS::EC2::TransitGateway"))
			return true;
	return !d;
}

/* Two VPCs have no way to each other unless they were joined. */
static void between_vpcs(const struct deployment *d, const struct deployment_subnet *a,
			 const struct deployment_subnet *b, struct reach_edge *e)
{
	const struct deployment_vpc *x = a->vpc, *y = b->vpc;
	struct reach_evidence next = { .verdict = VERDICT_FAIL };

	if (!x || !y || x == y || !x->resource || !y->resource)
		return;
	next.resource = y->resource;
	if (has_joints(d))
		reach_unknown(&next, "whether there are routes between the VPCs %s and %s",
			      x->resource->logical, y->resource->logical);
	reach_worse(&e->acl_there, &next);
}

static void acls(const struct deployment_subnet *a, const struct reach_peer *peer_a,
		 const struct deployment_subnet *b, const struct reach_peer *peer_b, unsigned port,
		 struct reach_edge *e)
{
	struct reach_evidence next;

	reach_acl(a, peer_b, true, port, port, &e->acl_there);
	reach_acl(b, peer_a, false, port, port, &next);
	reach_worse(&e->acl_there, &next);
	reach_acl_back(b, peer_a, true, &e->acl_back);
	reach_acl_back(a, peer_b, false, &next);
	reach_worse(&e->acl_back, &next);
}

static void pair(const struct deployment *d, const struct reach_end *from,
		 const struct deployment_subnet *a, const struct reach_end *to,
		 const struct deployment_subnet *b, unsigned port, struct reach_edge *ret)
{
	struct reach_peer peer_a, peer_b;

	*ret = (struct reach_edge){ .verdict = VERDICT_PASS };
	reach_peer_subnet(d, from, a, &peer_a);
	reach_peer_subnet(d, to, b, &peer_b);
	reach_half(d, from, a, &peer_b, false, port, &ret->out);
	reach_half(d, to, b, &peer_a, true, port, &ret->in);
	if (!same_subnet(a, b)) {
		acls(a, &peer_a, b, &peer_b, port, ret);
		between_vpcs(d, a, b, ret);
	}
	reach_sum(ret);
}

void reach_tcp(const struct deployment *d, const struct reach_end *from, const struct reach_end *to,
	       unsigned port, struct reach_edge *ret)
{
	bool first = true;

	for (size_t i = 0; i < reach_subnet_count(from); i++)
		for (size_t k = 0; k < reach_subnet_count(to); k++) {
			struct reach_edge next;

			pair(d, from, reach_subnet(from, i), to, reach_subnet(to, k), port,
			     first ? ret : &next);
			if (!first)
				reach_merge(ret, &next);
			first = false;
		}
}
