/* The pieces of the solver: who stands on the other side of a half, and what ACLs and routes say.
 */
#pragma once
#include "base/str.h"
#include "core/reach/reach.h"

enum { REACH_TCP = 6, REACH_BACK_FROM = 1024, REACH_BACK_TO = 65535 }; /* of NAT gateways */

struct reach_span {
	uint32_t low, high; /* both inclusive */
};
/* The addresses on the other side. everywhere: each of them has to be reached (a subnet we know);
 * else the partner is at one of them, we don't know which (a subnet without a known CIDR, the
 * internet): part of them let through is then neither PASS nor FAIL. */
struct reach_peer {
	const struct reach_end *end;		/* NULL: outside of every VPC */
	const struct deployment_subnet *subnet; /* of end */
	struct reach_span spans[4];
	size_t span_count;
	bool everywhere, s3;
};

void reach_peer_subnet(const struct deployment *d, const struct reach_end *end,
		       const struct deployment_subnet *s, struct reach_peer *ret);
void reach_peer_internet(bool s3, struct reach_peer *ret);

enum reach_cover { REACH_COVER_NONE, REACH_COVER_PART, REACH_COVER_ALL };
enum reach_cover reach_cover(const struct reach_peer *peer, const struct reach_span *list,
			     size_t count);
struct reach_span reach_cidr(uint32_t base, unsigned bits);

/* One half of the groups: the rules of all groups of `self` (on `subnet`) add up. */
void reach_half(const struct deployment *d, const struct reach_end *self,
		const struct deployment_subnet *subnet, const struct reach_peer *peer, bool ingress,
		unsigned port, struct reach_evidence *ret);
/* True when some egress rule might let TCP at the port go anywhere at all. */
bool reach_any_egress(const struct reach_end *self, unsigned port);

/* What the subnet's ACL says to packets of one direction at all ports from..to. */
void reach_acl(const struct deployment_subnet *s, const struct reach_peer *peer, bool egress,
	       unsigned from, unsigned to, struct reach_evidence *ret);
/* What it says to answers to one who uses ports as Linux hands them out. */
void reach_acl_back(const struct deployment_subnet *s, const struct reach_peer *peer, bool egress,
		    struct reach_evidence *ret);

/* The way of the subnet's default route. *ret_nat: the subnet of the NAT gateway when one is used.
 */
void reach_way(const struct deployment *d, const struct deployment_subnet *s,
	       enum verdict public_address, struct reach_evidence *ret,
	       const struct deployment_subnet **ret_nat);
/* One subnet to the internet; s3: only to the addresses of S3. */
void reach_out(const struct deployment *d, const struct reach_end *from,
	       const struct deployment_subnet *s, unsigned port, bool s3, struct reach_edge *ret);

/* Keeps the worse: FAIL, then UNKNOWN, then PASS; equal ones stay. */
void reach_worse(struct reach_evidence *kept, const struct reach_evidence *next);
void reach_merge(struct reach_edge *kept, const struct reach_edge *next);
void reach_sum(struct reach_edge *e); /* verdict of all halves */
unsigned reach_rank(enum verdict v);
void reach_unknown(struct reach_evidence *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* "Logical" of what is in the templates, else the id or symbol, else `otherwise`. */
const char *reach_name(const struct deployment_resource *r, const json_t *identity,
		       const char *otherwise);
/* The subnets of an end; one of which nothing is known when it has none. */
size_t reach_subnet_count(const struct reach_end *end);
const struct deployment_subnet *reach_subnet(const struct reach_end *end, size_t i);
