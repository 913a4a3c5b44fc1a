/* Who can reach whom, with the evidence: the rule that lets through, or the one that is missing.
 * Pure. Source: shared faults.md 0.4 (EDGE, INTERNET, AWSAPI), L.4. */
#pragma once
#include "core/deployment/deployment.h"

/* One side of a connection. public_address: for ways through an internet gateway. */
struct reach_end {
	const struct deployment_subnet *const *subnets;
	size_t subnet_count;
	const struct deployment_group *const *groups;
	size_t group_count;
	enum verdict public_address;
};

/* Why a half passes or fails. rule: the rule that lets it through (PASS), else NULL. group: the
 * group that would need one (FAIL). resource/pointer: the place to look at (ACL entry, route,
 * gateway). unknown: the look-up that would settle it (UNKNOWN), a sentence. partial: a rule at
 * that port whose CIDR holds only a part of the other side's addresses (FAIL), else NULL. missed:
 * the other side's subnet that is not let through (FAIL), else NULL. A default allow-all rule that
 * lets through is group (whose it is) without rule. */
struct reach_evidence {
	enum verdict verdict;
	const struct deployment_rule *rule;
	const struct deployment_group *group;
	const struct deployment_resource *resource;
	const struct deployment_rule *partial;
	const struct deployment_subnet *missed;
	char unknown[256];
};
/* The halves. out: the egress rules of `from`. in: the ingress rules of `to`; for the internet,
 * where nobody's rules are in the way, its way: routes, gateways, the public address; for an API
 * the one or the other, or what keeps names from resolving (the VPC, the endpoint). acl_there also:
 * VPCs that have no way to each other. */
struct reach_edge {
	enum verdict verdict; /* of all */
	struct reach_evidence out, in, acl_there, acl_back;
};
/* TCP from any address of `from` to every address of `to` at `port` (both directions of the ACLs).
 * Every subnet pair counts: FAIL when some pair fails for sure; each half shows its worst pair.
 * An end without groups is in the default group of its VPC, one without subnets is somewhere.
 * d may be NULL: whether VPCs are joined is then unknown, default groups have no further rules. */
void reach_tcp(const struct deployment *d, const struct reach_end *from, const struct reach_end *to,
	       unsigned port, struct reach_edge *ret);
/* From the subnet to the internet at `port` (egress rules included). */
void reach_internet(const struct deployment *d, const struct reach_end *from, unsigned port,
		    struct reach_edge *ret);
/* To an AWS API ("secretsmanager", "ecr.api", "ecr.dkr", "logs", "s3", "ssm", "kms"): by a VPC
 * endpoint or the internet. *ret_endpoint (may be NULL): the endpoint that carries or spoils it. */
void reach_api(const struct deployment *d, const struct reach_end *from, const char *service,
	       struct reach_edge *ret, const struct deployment_endpoint **ret_endpoint);
