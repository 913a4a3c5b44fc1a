/* Why a connection works, is blocked or is not proven: the finding that says so, else the solver's
 * evidence, with its place. */
#include <string.h>

#include "core/graph/graph-internal.h"

static const char *const verdicts[] = { "PASS", "FAIL", "UNKNOWN" };
static const char *const kinds[] = { "nfs", "chain", "api", "peer" };

/* Faults that are told by the lines of a kind. */
static const char *const faults[GRAPH_KIND_COUNT][16] = {
	[GRAPH_NFS] = { "C01", "C02", "C11", "C19", "C16", "C22", "D03", "D04", "D06" },
	[GRAPH_CHAIN] = { "C12", "C26", "C20", "C11", "C22" },
	[GRAPH_API] = { "C03", "C04", "C05", "C06", "C07", "C08", "C09", "C10", "C11", "C24", "C25",
			"D08" },
	[GRAPH_PEER] = { "A09", "C18", "C11", "C22" },
};

const char *graph_verdict(enum verdict v)
{
	return verdicts[v];
}

const char *graph_kind(enum graph_kind kind)
{
	return kinds[kind];
}

static int rank(const char *verdict)
{
	return !verdict || !strcmp(verdict, "NONE") ? 0
	       : !strcmp(verdict, "PASS")	    ? 1
	       : !strcmp(verdict, "UNKNOWN")	    ? 2
						    : 3;
}

const char *graph_worse(const char *a, const char *b)
{
	if (rank(a) < rank(b))
		a = b;
	return a ? a : "NONE";
}

void graph_worsen(json_t *object, const char *verdict)
{
	json_set_str(object, "verdict", graph_worse(json_str(object, "verdict"), verdict));
}

static bool is_fault_of(const char *fault, enum graph_kind kind)
{
	for (size_t i = 0; i < 16 && faults[kind][i]; i++)
		if (!strcmp(faults[kind][i], fault))
			return true;
	return false;
}

bool graph_is_network(const json_t *finding, enum graph_kind kind)
{
	const char *fault = json_str_or(finding, "fault", "");

	if (kind != GRAPH_KIND_COUNT)
		return is_fault_of(fault, kind);
	for (unsigned k = 0; k < GRAPH_KIND_COUNT; k++)
		if (is_fault_of(fault, (enum graph_kind)k))
			return true;
	return false;
}

/* ---- findings -------------------------------------------------------------------------------- */

/* The word stands in the text, and not as a part of a longer one. */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; len && (at = strstr(at, word)); at += len)
		if (!(at[len] >= '0' && at[len] <= '9'))
			return true;
	return false;
}

static bool is_named(const json_t *finding, const struct graph_question *q)
{
	const char *resource = json_str_or(finding, "resource", "");
	const char *second = json_str_or(json_map(finding, "second"), "resource", "");

	for (size_t i = 0; i < q->mention_count; i++)
		if (!strcmp(resource, q->mention[i]) || !strcmp(second, q->mention[i]) ||
		    has_word(json_str_or(finding, "message", ""), q->mention[i]))
			return true;
	return q->mention_count == 0;
}

/* A finding that tells of TCP at other ports is about another connection. */
static bool is_at_port(const json_t *finding, unsigned port)
{
	const char *message = json_str_or(finding, "message", "");
	OWN(str) char *number = str_printf("%u", port);

	return !strstr(message, "TCP ") || has_word(message, number);
}

static bool is_from(const json_t *finding, const struct graph_question *q)
{
	const char *service = json_str(finding, "service");

	for (size_t i = 0; service && i < q->from_count; i++)
		if (!strcmp(service, q->from[i]))
			return true;
	return !service;
}

/* The first finding of that verdict that answers the question; verdict NULL: FAIL or UNKNOWN. */
static const json_t *answer(const struct graph *g, const struct graph_question *q,
			    const char *verdict)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_list(g->in->result, "findings"), i, one) {
		const char *this = json_str_or(one, "verdict", "");

		if ((verdict ? !strcmp(this, verdict) : strcmp(this, "WARN") != 0) &&
		    graph_is_network(one, q->kind) && is_from(one, q) && is_named(one, q) &&
		    (q->kind != GRAPH_CHAIN || is_at_port(one, q->port)))
			return one;
	}
	return NULL;
}

static void take_finding(json_t *flow, const json_t *finding)
{
	static const char *const members[] = { "message", "fault", "rule", "remedy", "lookup" };
	const json_t *at = json_map(finding, "location");

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_set_str(flow, members[i], json_str(finding, members[i]));
	if (at)
		json_object_set_new(flow, "location",
				    json_pack("{s:s,s:I}", "file", json_str_or(at, "file", ""),
					      "line", json_int_or(at, "line", 0)));
}

/* ---- the solver's evidence ------------------------------------------------------------------- */

json_t *graph_locate(const struct graph *g, const struct deployment_resource *r, const char *pointer)
{
	OWN(str) char *whole = r && !pointer ? str_printf("/Resources/%s", r->logical) : NULL;
	struct template_location at;
	struct template *t;

	if (!r || r->template >= g->in->template_count)
		return NULL;
	t = g->in->templates[r->template].t;
	at = template_locate(t, pointer ? pointer : whole);
	return json_pack("{s:s,s:i}", "file", template_name(t), "line", (int)at.line);
}

char *graph_place(const json_t *has_location)
{
	const json_t *at = json_map(has_location, "location");

	if (!at)
		return str_dup("");
	return str_printf("%s:%lld", json_str_or(at, "file", ""), (long long)json_int_or(at, "line", 0));
}

static const struct deployment_resource *place_of(const struct reach_evidence *e)
{
	return e->rule	     ? e->rule->resource
	       : e->resource ? e->resource
	       : e->group    ? e->group->resource
			     : NULL;
}

/* "by MpcEfsSg..., t.json:12" of what lets a half through. */
static void say_pass(const struct graph *g, struct buf *b, const char *intro,
		     const struct reach_evidence *e, const char *by_default)
{
	const struct deployment_resource *r = place_of(e);
	OWN(json) json_t *holder = json_object();
	json_t *at = graph_locate(g, r, e->rule ? e->rule->pointer : NULL);
	OWN(str) char *label = r ? graph_resource_label(r) : NULL;
	OWN(str) char *place = NULL;

	if (at)
		json_object_set_new(holder, "location", at);
	place = graph_place(holder);
	if (!r)
		return;
	buf_printf(b, "%s%s %s%s%s%s%s", b->len ? "; " : "", intro, e->rule ? "rule " : by_default,
		   label, *place ? " (" : "", place, *place ? ")" : "");
}

static void prove_pass(const struct graph *g, json_t *flow, const struct reach_edge *e)
{
	const struct reach_evidence *in = &e->in;
	OWN(buf) struct buf text = { 0 };
	const struct deployment_resource *r = place_of(in);
	json_t *at;

	say_pass(g, &text, "let in by", in, "");
	say_pass(g, &text, "let out by", &e->out, "the default egress of ");
	json_set_str(flow, "message",
		     text.len ? text.data : "nothing is in the way: routes, groups and ACLs pass");
	if (!r) {
		in = &e->out;
		r = place_of(in);
	}
	if ((at = graph_locate(g, r, in->rule ? in->rule->pointer : NULL)))
		json_object_set_new(flow, "location", at);
}

/* What the half that decides lacks. Caller frees. */
static char *evidence_text(size_t half, const struct reach_evidence *e, unsigned port)
{
	const struct deployment_resource *r = e->group ? e->group->resource : e->resource;
	OWN(str) char *name = r ? graph_resource_label(r) : NULL;

	if (e->verdict == VERDICT_UNKNOWN && e->unknown[0])
		return str_dup("the templates alone do not tell");
	if (half == 0 && e->group)
		return str_printf("security group %s admits no TCP %u from the sender",
				  name ? name : "outside", port);
	if (half == 0)
		return str_printf("no way leads there%s%s", name ? ": see " : "", name ? name : "");
	if (half == 1)
		return str_printf("no egress rule of %s covers TCP %u", name ? name : "the sender's groups",
				  port);
	return str_printf("network ACL %s stops %s TCP %u", name ? name : "of the subnet",
			  half == 2 ? "" : "the answers of", port);
}

/* "message", "location", "lookup" from the first half that has the verdict of the whole. */
static void prove_from_evidence(const struct graph *g, json_t *flow, unsigned port,
				const struct reach_edge *e)
{
	const struct reach_evidence *all[] = { &e->in, &e->out, &e->acl_there, &e->acl_back };
	json_t *at;

	for (size_t i = 0; i < 4; i++) {
		OWN(str) char *text = NULL;

		if (all[i]->verdict != e->verdict)
			continue;
		text = evidence_text(i, all[i], port);
		json_set_str(flow, "message", text);
		json_set_str(flow, "lookup", all[i]->unknown[0] ? all[i]->unknown : NULL);
		if ((at = graph_locate(g, place_of(all[i]), NULL)))
			json_object_set_new(flow, "location", at);
		return;
	}
}

static const char *const directions[] = { "ingress", "egress" };

/* The rules of groups that let both halves through. */
static void put_rules(json_t *flow, const struct reach_edge *e)
{
	const struct reach_evidence *halves[] = { &e->in, &e->out };
	json_t *let = json_array();

	for (size_t i = 0; i < 2; i++)
		if (halves[i]->rule && halves[i]->rule->resource)
			json_array_append_new(let, json_pack("{s:s,s:I,s:s}", "direction", directions[i],
							     "template",
							     (json_int_t)halves[i]->rule->resource->template,
							     "resource", halves[i]->rule->resource->logical));
	json_object_set_new(flow, "let", let);
}

/* The group that would need a rule. */
static void put_missing(json_t *flow, const struct reach_edge *e)
{
	const struct reach_evidence *halves[] = { &e->in, &e->out };

	for (size_t i = 0; i < 2; i++)
		if (halves[i]->verdict == VERDICT_FAIL && halves[i]->group && halves[i]->group->resource) {
			const struct deployment_resource *r = halves[i]->group->resource;

			json_object_set_new(flow, "missing",
					    json_pack("{s:s,s:I,s:s}", "direction", directions[i], "template",
						      (json_int_t)r->template, "group", r->logical));
			return;
		}
}

void graph_prove(const struct graph *g, json_t *flow, const struct graph_question *q,
		 const struct reach_edge *e)
{
	const json_t *finding;

	json_set_str(flow, "verdict", graph_verdict(e->verdict));
	if (e->verdict == VERDICT_PASS) {
		prove_pass(g, flow, e);
		put_rules(flow, e);
		return;
	}
	if (e->verdict == VERDICT_FAIL)
		put_missing(flow, e);
	finding = answer(g, q, graph_verdict(e->verdict));
	if (!finding && e->verdict == VERDICT_FAIL)
		finding = answer(g, q, "WARN"); /* blocked, though a node gets along without it */
	if (finding)
		take_finding(flow, finding);
	/* a finding about peers tells of one pair for all that are alike */
	if (!finding || (q->kind == GRAPH_PEER && e->verdict == VERDICT_FAIL))
		prove_from_evidence(g, flow, q->port, e);
}

void graph_prove_by_findings(const struct graph *g, json_t *flow, const struct graph_question *q,
			     enum verdict otherwise, const char *message)
{
	const json_t *finding = answer(g, q, NULL);

	json_set_str(flow, "verdict",
		     finding ? json_str(finding, "verdict") : graph_verdict(otherwise));
	if (finding)
		take_finding(flow, finding);
	else
		json_set_str(flow, "message", message);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void add_line(struct buf *b, const char *label, const char *text)
{
	if (text && *text)
		buf_printf(b, "\n%s%s", label, text);
}

char *graph_finding_text(const json_t *finding)
{
	OWN(str) char *place = graph_place(finding);
	struct buf b = { 0 };

	buf_printf(&b, "%s %s %s", json_str_or(finding, "verdict", ""),
		   json_str_or(finding, "fault", ""), json_str_or(finding, "rule", ""));
	add_line(&b, "at ", place);
	add_line(&b, "", json_str(finding, "message"));
	add_line(&b, "Remedy: ", json_str(finding, "remedy"));
	add_line(&b, "Look-up: ", json_str(finding, "lookup"));
	return buf_take(&b);
}

char *graph_flow_text(const json_t *flow, const char *from, const char *to)
{
	const char *verdict = json_str_or(flow, "verdict", ""), *fault = json_str(flow, "fault");
	OWN(str) char *place = graph_place(flow);
	struct buf b = { 0 };

	buf_printf(&b, "%s \xE2\x86\x92 %s, TCP %lld: %s", from, to,
		   (long long)json_int_or(flow, "port", 0),
		   !strcmp(verdict, "PASS")   ? "works"
		   : !strcmp(verdict, "FAIL") ? "blocked"
					      : "unproven");
	if (fault)
		buf_printf(&b, "\n%s %s", fault, json_str_or(flow, "rule", ""));
	if (strcmp(verdict, "PASS") != 0)
		add_line(&b, "at ", place);
	add_line(&b, "", json_str(flow, "message"));
	add_line(&b, "Remedy: ", json_str(flow, "remedy"));
	add_line(&b, "Look-up: ", json_str(flow, "lookup"));
	return buf_take(&b);
}
