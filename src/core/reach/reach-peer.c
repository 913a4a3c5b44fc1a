/* Addresses on the other side, as spans. */
#include "core/reach/reach-internal.h"

#include <stdarg.h>
#include <stdio.h>

struct reach_span reach_cidr(uint32_t base, unsigned bits)
{
	uint32_t mask = bits == 0 ? 0 : bits >= 32 ? UINT32_MAX : UINT32_MAX << (32 - bits);

	return (struct reach_span){ base & mask, base | ~mask };
}

/* A VPC may have further blocks beside its first; then a subnet may be anywhere. */
static bool has_more_blocks(const struct deployment *d)
{
	const struct deployment_resource *r;
	size_t count = 0;

	if (!d)
		return false;
	r = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++)
		if (str_eq(r[i].type, "AWS::EC2::VPCCidrBlock"))
			return true;
	return false;
}

void reach_peer_subnet(const struct deployment *d, const struct reach_end *end,
		       const struct deployment_subnet *s, struct reach_peer *ret)
{
	*ret = (struct reach_peer){ .end = end, .subnet = s, .span_count = 1 };
	ret->spans[0] = reach_cidr(0, 0);
	if (s->known_cidr) {
		ret->spans[0] = reach_cidr(s->base, s->bits);
		ret->everywhere = true;
	} else if (s->vpc && s->vpc->known_cidr && !has_more_blocks(d)) {
		ret->spans[0] = reach_cidr(s->vpc->base, s->vpc->bits);
	}
}

/* Unicast addresses that are not private (RFC 1918). */
void reach_peer_internet(bool s3, struct reach_peer *ret)
{
	static const struct reach_span public[] = { { 0x01000000, 0x09ffffff },
						    { 0x0b000000, 0xac0fffff },
						    { 0xac200000, 0xc0a7ffff },
						    { 0xc0a90000, 0xdfffffff } };

	*ret = (struct reach_peer){ .s3 = s3, .span_count = 4 };
	for (size_t i = 0; i < 4; i++)
		ret->spans[i] = public[i];
}

/* Does the union of the list hold the whole span? */
static bool covers(const struct reach_span *list, size_t count, struct reach_span span)
{
	uint32_t next = span.low;

	for (;;) {
		uint32_t reached = 0;
		bool found = false;

		for (size_t i = 0; i < count; i++)
			if (list[i].low <= next && list[i].high >= next) {
				found = true;
				reached = list[i].high > reached ? list[i].high : reached;
			}
		if (!found)
			return false;
		if (reached >= span.high)
			return true;
		next = reached + 1;
	}
}

enum reach_cover reach_cover(const struct reach_peer *peer, const struct reach_span *list,
			     size_t count)
{
	bool all = true, some = false;

	for (size_t i = 0; i < peer->span_count; i++) {
		struct reach_span s = peer->spans[i];

		all = all && covers(list, count, s);
		for (size_t k = 0; k < count && !some; k++)
			some = list[k].low <= s.high && list[k].high >= s.low;
	}
	return all ? REACH_COVER_ALL : some ? REACH_COVER_PART : REACH_COVER_NONE;
}

/* ---- evidence -------------------------------------------------------------------------------- */

unsigned reach_rank(enum verdict v)
{
	return v == VERDICT_FAIL ? 2 : v == VERDICT_UNKNOWN ? 1 : 0;
}

void reach_worse(struct reach_evidence *kept, const struct reach_evidence *next)
{
	if (reach_rank(next->verdict) > reach_rank(kept->verdict))
		*kept = *next;
}

void reach_sum(struct reach_edge *e)
{
	const struct reach_evidence *halves[] = { &e->out, &e->in, &e->acl_there, &e->acl_back };

	e->verdict = VERDICT_PASS;
	for (size_t i = 0; i < 4; i++)
		if (reach_rank(halves[i]->verdict) > reach_rank(e->verdict))
			e->verdict = halves[i]->verdict;
}

void reach_merge(struct reach_edge *kept, const struct reach_edge *next)
{
	reach_worse(&kept->out, &next->out);
	reach_worse(&kept->in, &next->in);
	reach_worse(&kept->acl_there, &next->acl_there);
	reach_worse(&kept->acl_back, &next->acl_back);
	reach_sum(kept);
}

void reach_unknown(struct reach_evidence *e, const char *fmt, ...)
{
	va_list args;

	e->verdict = VERDICT_UNKNOWN;
	va_start(args, fmt);
	(void)vsnprintf(e->unknown, sizeof(e->unknown), fmt, args);
	va_end(args);
}

const char *reach_name(const struct deployment_resource *r, const json_t *identity,
		       const char *otherwise)
{
	if (r)
		return r->logical;
	if (json_is_string(identity))
		return json_string_value(identity);
	return json_str_or(identity, "$symbol", otherwise);
}

size_t reach_subnet_count(const struct reach_end *end)
{
	return end->subnet_count ? end->subnet_count : 1;
}

const struct deployment_subnet *reach_subnet(const struct reach_end *end, size_t i)
{
	static const struct deployment_subnet nothing_known = { .public_on_launch =
									VERDICT_UNKNOWN };

	return i < end->subnet_count && end->subnets[i] ? end->subnets[i] : &nothing_known;
}
