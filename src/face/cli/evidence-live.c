/* What runs, held against what AWS says of its surroundings now: whatever was changed after the deployment is
 * in no template. */
#include <string.h>

#include "core/diagnose/diagnose.h"
#include "engine/lookup/lookup.h"
#include "face/cli/check-lookup.h"
#include "face/cli/evidence-internal.h"
#include "face/cli/plan.h"

/* Values of secrets stay where they are, evidence is written to files; registries, chains and quotas say nothing
 * about what was changed here. */
static bool is_about_state(const json_t *question)
{
	static const char *const elsewhere[] = { "registry", "near", "service-quotas" };
	static const char *const values[] = { "GetSecretValue", "BatchGetSecretValue", "GetParameter",
					      "GetParameters" };

	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (str_eq(json_str(question, "service"), elsewhere[i]))
			return false;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (str_eq(json_str(question, "action"), values[i]))
			return false;
	return true;
}

/* false: nothing runs, or nothing that is settled. */
static bool plan_live(const json_t *evidence, struct plan *p)
{
	OWN(str) char *text = diagnose_live(evidence);

	if (!text)
		return false;
	p->stacks = mem_new(1, sizeof(*p->stacks));
	p->stacks[0] = (struct plan_stack){ .name = str_dup("what runs"), .role = "network", .text = str_dup(text),
					    .len = strlen(text) };
	p->count = 1;
	p->preview = true;
	return true;
}

void evidence_live(struct target *t, json_t *evidence)
{
	struct plan p __attribute__((cleanup(own_drop_plan))) = { 0 };
	OWN(lookup) struct lookup *l = NULL;
	OWN(json) json_t *facts = json_object(), *result = NULL;
	struct err why = { 0 };

	if (!plan_live(evidence, &p))
		return;
	if (lookup_over(t->aws, &l, &why) == 0 &&
	    check_rounds(&(struct check_asker){ .lookup = l, .wanted = is_about_state }, &p, NULL, facts, &result,
			 &why) == 0)
		json_object_set(evidence, "facts", facts);
	else
		json_array_append_new(json_list(evidence, "unread"),
				      json_pack("{s:s,s:s}", "what", "what runs, as AWS describes it", "why",
						why.text));
}

/* ---- findings --------------------------------------------------------------------------------------------- */

/* The resource of a stack that this id or ARN is of: ARNs end in the name, groups of logs have ":*" behind it. */
static const char *logical_of(const json_t *evidence, const char *id)
{
	const char *best = NULL, *physical;
	json_t *stack, *resource;
	size_t i, k, most = 0;

	json_array_foreach(json_list(evidence, "stacks"), i, stack)
		json_array_foreach(json_list(stack, "resources"), k, resource) {
			physical = json_str_or(resource, "PhysicalResourceId", "");
			if (strlen(physical) > most && strstr(id, physical)) {
				most = strlen(physical);
				best = json_str(resource, "LogicalResourceId");
			}
		}
	return best;
}

/* A place in what runs, as the one in the template that it was deployed from. */
static void name_place(const json_t *evidence, json_t *place)
{
	const char *logical = logical_of(evidence, json_str_or(place, "resource", ""));
	const char *rest = strstr(json_str_or(place, "path", ""), "/Properties");
	OWN(str) char *path = logical ? str_printf("/Resources/%s%s", logical, rest ? rest : "") : NULL;

	json_object_del(place, "location");
	json_object_del(place, "cdkPath");
	if (!logical)
		return;
	json_set_str(place, "path", path);
	json_set_str(place, "resource", logical);
}

/* The templates have it, or what stops the same service at the same step: the same under another name. */
static bool is_known(const json_t *findings, const json_t *live)
{
	const char *service = json_str(live, "service");
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)findings, i, one)
		if (str_eq(json_str(one, "verdict"), "FAIL") &&
		    (str_eq(json_str(one, "fault"), json_str(live, "fault")) ||
		     (service && str_eq(json_str(one, "step"), json_str(live, "step")))) &&
		    (!service || !json_str(one, "service") || str_eq(json_str(one, "service"), service)))
			return true;
	return false;
}

void evidence_live_findings(const json_t *evidence, json_t *findings)
{
	struct plan p __attribute__((cleanup(own_drop_plan))) = { 0 };
	const json_t *facts = json_map(evidence, "facts");
	OWN(json) json_t *result = NULL, *known = json_copy(findings);
	bool masked;
	json_t *one;
	size_t i;

	if (!facts || !plan_live(evidence, &p) ||
	    check_known(&p, NULL, facts, json_str(evidence, "region"), &result, NULL) < 0)
		return;
	/* evidence from a file: a value that was masked is neither good nor bad */
	masked = strstr(p.stacks[0].text, "****") != NULL;
	json_array_foreach(json_list(result, "findings"), i, one) {
		if (!str_eq(json_str(one, "verdict"), "FAIL") || is_known(known, one) ||
		    (masked && evidence_is_of_value(json_str(one, "fault"))))
			continue;
		name_place(evidence, one);
		if (json_map(one, "second"))
			name_place(evidence, json_map(one, "second"));
		json_set_bool(one, "live", true);
		json_array_append(findings, one);
	}
}
