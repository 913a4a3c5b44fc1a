/* Network ACLs: stateless, entries in the order of their numbers, the first that matches decides.
 */
#include "core/reach/reach-internal.h"

#include <stdlib.h>

enum { MOST_ENTRIES = 80 }; /* AWS allows 40 per direction; the work grows with the cube */

struct question {
	const struct deployment_acl *acl;
	const struct reach_peer *peer;
	bool egress;
	unsigned from, to;
};

static bool matches(const struct deployment_acl_entry *e, uint32_t address, unsigned port)
{
	struct reach_span s = reach_cidr(e->base, e->bits);

	if (e->protocol != -1 && e->protocol != REACH_TCP)
		return false;
	if (address < s.low || address > s.high)
		return false;
	return e->protocol == -1 || (e->from <= port && port <= e->to);
}

/* *ret_entry: that decides, or that is not known; NULL: the last one, which denies all. */
static enum verdict at(const struct question *q, uint32_t address, unsigned port,
		       const struct deployment_acl_entry **ret_entry)
{
	const struct deployment_acl_entry *unsure = NULL, *e = NULL;
	bool may_allow = false, may_deny = false, allow = false;

	*ret_entry = NULL;
	for (size_t i = 0; i < q->acl->count && !*ret_entry; i++) {
		e = &q->acl->entries[i];
		if (e->egress != q->egress || (e->known && !matches(e, address, port)))
			continue;
		if (e->known && (!e->resource || e->resource->present == 1)) {
			*ret_entry = e;
			allow = e->allow;
			break;
		}
		unsure = unsure ? unsure : e;
		may_allow = may_allow || !e->known || e->allow;
		may_deny = may_deny || !e->known || !e->allow;
	}
	if (allow ? !may_deny : !may_allow)
		return allow ? VERDICT_PASS : VERDICT_FAIL;
	*ret_entry = unsure;
	return VERDICT_UNKNOWN;
}

static void ask(const struct question *q, uint32_t address, unsigned port,
		struct reach_evidence *ret)
{
	const struct deployment_acl_entry *e = NULL;
	enum verdict v = at(q, address, port, &e);

	*ret = (struct reach_evidence){ .verdict = v };
	ret->resource = e && e->resource ? e->resource : q->acl->resource;
	if (v == VERDICT_UNKNOWN)
		reach_unknown(ret,
			      "what entry %s of the network ACL %s says (describe-network-acls)",
			      reach_name(e ? e->resource : NULL, NULL, "(by id)"),
			      reach_name(q->acl->resource, NULL, "(by id)"));
}

/* All ports at one address. */
static void at_address(const struct question *q, uint32_t address, struct reach_evidence *ret)
{
	struct reach_evidence next;

	ask(q, address, q->from, ret);
	for (size_t i = 0; i < q->acl->count && ret->verdict != VERDICT_FAIL; i++) {
		unsigned edges[2] = { q->acl->entries[i].from, q->acl->entries[i].to + 1 };

		for (size_t k = 0; k < 2; k++) {
			if (edges[k] <= q->from || edges[k] > q->to)
				continue;
			ask(q, address, edges[k], &next);
			reach_worse(ret, &next);
		}
	}
}

struct tally {
	struct reach_evidence worst;
	bool pass, fail, unknown;
};

static void probe(const struct question *q, uint32_t address, struct tally *t)
{
	struct reach_evidence next;

	at_address(q, address, &next);
	if (!t->pass && !t->fail && !t->unknown)
		t->worst = next;
	reach_worse(&t->worst, &next);
	t->pass = t->pass || next.verdict == VERDICT_PASS;
	t->fail = t->fail || next.verdict == VERDICT_FAIL;
	t->unknown = t->unknown || next.verdict == VERDICT_UNKNOWN;
}

/* Between two edges of CIDRs all addresses are treated alike: one of each stretch is enough. */
static void probe_span(const struct question *q, struct reach_span s, struct tally *t)
{
	probe(q, s.low, t);
	for (size_t i = 0; i < q->acl->count; i++) {
		const struct deployment_acl_entry *e = &q->acl->entries[i];
		struct reach_span c = reach_cidr(e->base, e->bits);

		if (e->egress != q->egress || !e->known)
			continue;
		if (c.low > s.low && c.low <= s.high)
			probe(q, c.low, t);
		if (c.high >= s.low && c.high < s.high)
			probe(q, c.high + 1, t);
	}
}

void reach_acl(const struct deployment_subnet *s, const struct reach_peer *peer, bool egress,
	       unsigned from, unsigned to, struct reach_evidence *ret)
{
	struct question q = { s->acl, peer, egress, from, to };
	struct tally t = { 0 };

	*ret = (struct reach_evidence){ .verdict = VERDICT_PASS };
	if (!s->acl) {
		if (!s->resource)
			reach_unknown(ret,
				      "which network ACL the subnet %s has (describe-network-acls)",
				      reach_name(NULL, s->identity, "(unknown)"));
		return;
	}
	ret->resource = s->acl->resource;
	if (!s->acl->resource || s->acl->count > MOST_ENTRIES) {
		reach_unknown(ret, "the entries of the network ACL of %s (describe-network-acls)",
			      reach_name(s->resource, s->identity, "(unknown)"));
		return;
	}
	for (size_t i = 0; i < peer->span_count; i++)
		probe_span(&q, peer->spans[i], &t);
	*ret = t.worst;
	if (t.fail && t.pass && !peer->everywhere) {
		reach_unknown(ret,
			      "which addresses the other side has: the network ACL %s lets only a "
			      "part of them through",
			      reach_name(s->acl->resource, NULL, "(by id)"));
	} else if (t.fail && t.unknown && !peer->everywhere) {
		reach_unknown(ret, "what all entries of the network ACL %s say",
			      reach_name(s->acl->resource, NULL, "(by id)"));
	}
}

/* Tasks run on Linux, whose ports are these unless its settings are changed. */
void reach_acl_back(const struct deployment_subnet *s, const struct reach_peer *peer, bool egress,
		    struct reach_evidence *ret)
{
	struct reach_evidence usual;

	reach_acl(s, peer, egress, REACH_BACK_FROM, REACH_BACK_TO, ret);
	if (ret->verdict != VERDICT_FAIL)
		return;
	reach_acl(s, peer, egress, 32768, 60999, &usual);
	if (usual.verdict == VERDICT_PASS)
		reach_unknown(ret,
			      "whether connections use ports outside of 32768 to 60999, which the "
			      "network ACL %s drops",
			      reach_name(s->acl->resource, NULL, "(by id)"));
}
