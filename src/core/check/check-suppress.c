/* Findings that somebody decided to live with: in the template itself, with a reason. */
#include "core/check/check-internal.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "core/near/near.h"

/* Found outside of a run. */
static void run_nothing(struct check *c)
{
	(void)c;
}

/* clang-format off */
const struct check_rule check_rules_t[] = {
	{ "T01", "suppression-without-reason", "template",
	  "A suppression does not suppress.",
	  "The entry names no fault, or does not say why the fault may stay.",
	  "Write {\"fault\": \"<id>\", \"reason\": \"<why this may stay>\"}.",
	  "nothing: the entry is for mpcup check", run_nothing },
	{ "T02", "suppression-unused", "template",
	  "A suppression suppresses nothing.",
	  "Its place has no such finding: it was mended, moved, or the fault's id is wrong.",
	  "Take the entry away, or put it at the resource that the finding names.",
	  "nothing: the entry is for mpcup check", run_nothing },
	{ "T03", "baseline-stale", "template",
	  "An entry of the baseline is of no finding.",
	  "The finding was mended, moved, or is worded differently by this version.",
	  "Write the baseline anew with --baseline and --write-baseline.",
	  "nothing: the baseline is for mpcup check", run_nothing },
	{ "T04", "nested-template-not-given", "template",
	  "What a nested stack deploys was not checked.",
	  "The template behind TemplateURL is not among those of the call. A template counts as given when "
	  "its file has the name that the URL, or the CDK's asset path, ends in.",
	  "Name the nested template in the same call: mpcup check parent.json child.json.",
	  "whatever is wrong in the nested template is seen when the stack is deployed", check_t04 },
	{ "T05", "task-definition-not-given", "template",
	  "What a service runs was not checked.",
	  "TaskDefinition is an ARN, or a family that no template of the call makes.",
	  "Put the task definition into the template and refer to it: \"TaskDefinition\": {\"Ref\": \"Task\"}.",
	  "whatever is wrong in the task definition is seen when the service starts its tasks", check_t05 },
	{ 0 },
};
/* clang-format on */

json_t *check_outside(const char *fault, const char *verdict, const char *resource,
		      const char *path, const char *file, struct template_location at,
		      const char *message)
{
	const struct check_rule *rule = check_rule(fault);
	json_t *finding = json_pack("{s:s,s:s,s:s,s:s,s:s}", "verdict", verdict, "fault", rule->id,
				    "rule", rule->name, "resource", resource, "path", path);

	json_object_set_new(finding, "location",
			    json_pack("{s:s,s:i,s:i}", "file", file, "line", (int)at.line, "column",
				      (int)at.column));
	json_set_str(finding, "message", message);
	json_set_str(finding, "remedy", rule->remedy);
	json_set_str(finding, "step", "template");
	json_set_str(finding, "distance", rule->distance);
	return finding;
}

/* ---- counting ------------------------------------------------------------------------------------ */

size_t check_count(const json_t *result, const char *verdict)
{
	size_t i, n = 0;
	json_t *one;

	json_array_foreach(json_list(result, "findings"), i, one)
		if (json_map(one, "suppressed"))
			n += !verdict;
		else
			n += verdict && str_eq(json_str(one, "verdict"), verdict);
	return n;
}

/* A step that no rule of the run looked at stays so. */
static bool looked_at(const json_t *step)
{
	return !str_eq(json_str(step, "verdict"), "UNKNOWN") ||
	       json_array_size(json_list(step, "faults"));
}

void check_rejudge(json_t *result)
{
	const json_t *findings = json_list(result, "findings");
	json_t *task, *step;
	size_t i, k;

	json_array_foreach(json_list(result, "tasks"), i, task) {
		OWN(json) json_t *own = check_findings_of(findings, json_str_or(task, "service", ""));

		json_array_foreach(json_list(task, "steps"), k, step)
			json_array_set_new(json_list(task, "steps"), k,
					   check_judge(own, json_str_or(step, "step", ""),
						       looked_at(step)));
	}
}

/* ---- fingerprints ---------------------------------------------------------------------------------- */

/* Two checkouts, or a call from elsewhere, name the same file by other directories. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *fingerprint(const json_t *f)
{
	const char *file = json_str_or(json_map(f, "location"), "file", "");
	const json_t *second = json_map(f, "second");
	OWN(json)
	json_t *parts = json_pack("[s,s,s,s,s,s,s]", json_str_or(f, "fault", ""), base_name(file),
				  json_str_or(f, "resource", ""), json_str_or(f, "path", ""),
				  json_str_or(f, "service", ""), json_str_or(second, "path", ""),
				  json_str_or(f, "message", ""));
	OWN(str) char *text = json_canonical(parts);
	uint8_t hash[32];

	near_sha256(text, strlen(text), hash);
	return hex_encode(hash, 16);
}

void check_fingerprints(json_t *result)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(result, "findings"), i, one) {
		OWN(str) char *text = fingerprint(one);

		json_set_str(one, "fingerprint", text);
	}
}

/* ---- suppressions in templates ------------------------------------------------------------------- */

bool check_blank(const char *text)
{
	return !text || !text[strspn(text, " \t\r\n")];
}

struct place {
	json_t *result;
	struct template *template;
	const char *logical; /* "": the template's own */
	json_t *used; /* origin -> true when one of the entries of that origin suppressed something */
	json_t *late; /* findings T02 of entries with an origin */
};

static bool matches(const struct place *p, const json_t *finding, const struct check_rule *rule)
{
	return str_eq(json_str(finding, "fault"), rule->id) &&
	       str_eq(json_str(finding, "resource"), p->logical) &&
	       str_eq(json_str(json_map(finding, "location"), "file"), template_name(p->template));
}

void check_put_suppressed(json_t *finding, const char *kind, const char *reason)
{
	if (!json_map(finding, "suppressed"))
		json_object_set_new(finding, "suppressed",
				    json_pack("{s:s,s:s}", "kind", kind, "reason", reason));
}

static size_t apply(const struct place *p, const struct check_rule *rule, const char *reason)
{
	size_t i, n = 0;
	json_t *one;

	json_array_foreach(json_list(p->result, "findings"), i, one) {
		if (!matches(p, one, rule))
			continue;
		check_put_suppressed(one, "inline", reason);
		n++;
	}
	return n;
}

static json_t *complaint(const struct place *p, const char *pointer, const char *fault,
			 const char *message)
{
	return check_outside(fault, !strcmp(fault, "T01") ? "FAIL" : "WARN", p->logical, pointer,
			     template_name(p->template), template_locate(p->template, pointer),
			     message);
}

/* What keeps an entry from being one; NULL: nothing. */
static const char *malformed(const json_t *entry)
{
	if (!json_str(entry, "fault"))
		return "this suppression names no fault: it suppresses nothing";
	return check_blank(json_str(entry, "reason"))
		       ? "this suppression has no reason: it suppresses nothing"
		       : NULL;
}

static void take_entry(const struct place *p, const json_t *entry, const char *pointer)
{
	const char *id = json_str_or(entry, "fault", ""), *problem = malformed(entry);
	const char *origin = json_str(entry, "origin");
	const struct check_rule *rule = check_rule(id);
	OWN(str) char *message = NULL;
	json_t *list = json_list(p->result, "findings");

	if (problem) {
		json_array_append_new(list, complaint(p, pointer, "T01", problem));
		return;
	}
	if (rule && rule->id[0] != 'T' && apply(p, rule, json_str(entry, "reason"))) {
		if (origin)
			json_set_bool(p->used, origin, true);
		return;
	}
	message = !rule ? str_printf("there is no fault %.64s: this suppression does nothing", id)
			: str_printf(rule->id[0] == 'T'
					     ? "%s is about the input: it cannot be suppressed"
					     : "%s is not found here: this suppression does nothing",
				     rule->id);
	if (origin)
		json_object_set_new(p->late, origin, complaint(p, pointer, "T02", message));
	else
		json_array_append_new(list, complaint(p, pointer, "T02", message));
}

/* holder: the template or a resource; pointer: to its Metadata. */
static void take_metadata(const struct place *p, const json_t *holder, const char *pointer)
{
	const json_t *list =
		json_object_get(json_map(json_map(holder, "Metadata"), "mpcup"), "suppress");
	OWN(str) char *whole = str_printf("%s/mpcup/suppress", pointer);
	json_t *entry;
	size_t i;

	if (list && !json_is_array(list))
		json_array_append_new(json_list(p->result, "findings"),
				      complaint(p, whole, "T01",
						"suppress must be a list of {fault, reason}"));
	json_array_foreach(list, i, entry) {
		OWN(str) char *one = str_printf("%s/%zu", whole, i);

		take_entry(p, entry, one);
	}
}

static void take_template(struct place *p)
{
	const char *logical;
	json_t *resource;

	p->logical = "";
	take_metadata(p, template_body(p->template), "/Metadata");
	json_object_foreach((json_t *)(uintptr_t)template_resources(p->template), logical, resource) {
		OWN(str) char *pointer = str_printf("/Resources/%s/Metadata", logical);

		p->logical = logical;
		take_metadata(p, resource, pointer);
	}
}

static bool any_suppressed(const json_t *findings)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
		if (json_map(one, "suppressed"))
			return true;
	return false;
}

void check_suppress(json_t *result, struct template *const *templates, size_t count)
{
	OWN(json) json_t *used = json_object(), *late = json_object();
	struct place p = { .result = result, .used = used, .late = late };
	json_t *findings = json_list(result, "findings"), *sorted, *finding;
	size_t before = json_array_size(findings);
	const char *origin;

	for (size_t i = 0; i < count; i++) {
		p.template = templates[i];
		take_template(&p);
	}
	json_object_foreach(late, origin, finding)
		if (!json_object_get(used, origin))
			json_array_append(findings, finding);
	check_fingerprints(result);
	if (json_array_size(findings) == before && !any_suppressed(findings))
		return; /* nothing is suppressed, and nothing was to be */
	sorted = json_incref(findings);
	check_sort(&sorted);
	json_object_set_new(result, "findings", sorted);
	check_rejudge(result);
}
