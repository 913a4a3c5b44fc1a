/* The run: rules in order, findings with their places, and the launch sequence of every task. */
#include "core/check/check-internal.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "core/launch/launch.h"

enum { FINDINGS_MAX = 10000, RULES_MAX = 512 };

struct check {
	const struct deployment *deployment;
	const struct deployment_template *templates;
	size_t template_count;
	const char *profile;
	const struct check_rule *rule; /* that runs now */
	json_t *findings;
	json_t *seen; /* canonical text of a finding -> true */
	struct check_memos *memos;
	const struct check_options *options;
	json_t *questions; /* key -> question without an answer */
};

static const char *const verdict_words[] = { "FAIL", "WARN", "UNKNOWN" };

/* ---- the registry
 * -------------------------------------------------------------------------------- */

static const struct check_rule *const *tables(size_t i)
{
	static const struct check_rule *const all[] = {
		check_rules_a, check_rules_b, check_rules_c, check_rules_d, check_rules_e,
		check_rules_f, check_rules_g, check_rules_h, check_rules_i, check_rules_j,
		check_rules_t, check_rules_asked,
	};

	return i < sizeof(all) / sizeof(all[0]) ? &all[i] : NULL;
}

/* The list is the same whoever builds it, and whenever. */
const struct check_rule *const *check_rules(size_t *ret_count)
{
	static const struct check_rule *list[RULES_MAX];
	static size_t count;
	size_t n = 0;

	if (!count)
		for (size_t t = 0; tables(t); t++)
			for (const struct check_rule *r = *tables(t); r->id && n < RULES_MAX; r++)
				list[n++] = r;
	if (n)
		count = n;
	*ret_count = count;
	return list;
}

bool check_is_static(const char *id)
{
	for (size_t t = 0; tables(t); t++)
		for (const struct check_rule *r = *tables(t); r->id; r++)
			if (!strcmp(r->id, id))
				return *tables(t) != check_rules_asked;
	return false;
}

const struct check_rule *check_rule(const char *id_or_name)
{
	size_t count;
	const struct check_rule *const *all = check_rules(&count);

	for (size_t i = 0; i < count; i++)
		if (!strcasecmp(all[i]->id, id_or_name) || !strcasecmp(all[i]->name, id_or_name))
			return all[i];
	return NULL;
}

/* ---- findings
 * -------------------------------------------------------------------------------------- */

const struct deployment *check_deployment(const struct check *c)
{
	return c->deployment;
}

const char *check_profile(const struct check *c)
{
	return c->profile;
}

const struct check_rule *check_running(const struct check *c)
{
	return c->rule;
}

struct check_memos *check_memos(const struct check *c)
{
	return c->memos;
}

const struct deployment_template *check_templates(const struct check *c, size_t *ret_count)
{
	*ret_count = c->template_count;
	return c->templates;
}

const char *check_stack_name(const struct check *c, size_t template)
{
	return c->options->stack_names && template < c->template_count
		       ? c->options->stack_names[template]
		       : NULL;
}

bool check_looks_up(const struct check *c)
{
	return c->options->facts != NULL;
}

const char *check_region(const struct check *c)
{
	return c->options->region;
}

enum check_answer check_ask(struct check *c, const char *service, const char *action, json_t *input,
			    const json_t **ret)
{
	OWN(json) json_t *taken = input;
	OWN(str) char *key = check_question_key(service, action, taken);
	OWN(str) char *command = NULL;
	const json_t *fact = json_map(c->options->facts, key), *answer = json_map(fact, "answer");

	if (ret)
		*ret = answer ? answer : fact;
	if (answer)
		return CHECK_ANSWERED;
	if (json_str(fact, "error"))
		return CHECK_REFUSED;
	command = check_question_command(service, action, taken);
	json_object_set_new(c->questions, key,
			    json_pack("{s:s,s:s,s:O,s:s}", "service", service, "action", action,
				      "input", taken, "command", command));
	return CHECK_NOT_ASKED;
}

static char *pointer_of(const struct deployment_resource *r, const char *property)
{
	if (!r)
		return str_dup("");
	if (r->physical_id)
		return str_dup(r->physical_id);
	if (!property)
		return str_printf("/Resources/%s", r->logical);
	if (!*property)
		return str_printf("/Resources/%s/Properties", r->logical);
	return str_printf("/Resources/%s/Properties/%s", r->logical, property);
}

/* "resource", "path", "location" of a place. */
static void put_pointer(const struct check *c, json_t *to, size_t index, const char *logical,
			const char *pointer)
{
	struct template_location at = { 0, 0 };

	json_set_str(to, "resource", logical);
	json_set_str(to, "path", pointer);
	if (index >= c->template_count)
		return;
	if (!*pointer || *pointer == '/') /* else an id in the account: no text to point at */
		at = template_locate(c->templates[index].t, pointer);
	json_object_set_new(to, "location",
			    json_pack("{s:s,s:i,s:i}", "file",
				      template_name(c->templates[index].t), "line", (int)at.line,
				      "column", (int)at.column));
}

/* The same of any place; the resource is that in which it lies, if it lies in one. */
static void put_pointed(const struct check *c, json_t *to, size_t index, const char *pointer)
{
	const char *rest = str_starts(pointer, "/Resources/") ? pointer + strlen("/Resources/") : "";
	OWN(str) char *logical = str_dup_n(rest, strcspn(rest, "/"));

	put_pointer(c, to, index, logical, pointer);
}

/* The same with "cdkPath", of a resource. */
static void put_place(const struct check *c, json_t *to, const struct deployment_resource *r,
		      const char *property)
{
	OWN(str) char *pointer = pointer_of(r, property);
	const json_t *metadata = r ? json_map(r->body, "Metadata") : NULL;

	put_pointer(c, to, r ? r->template : 0, r ? r->logical : "", pointer);
	json_set_str(to, "cdkPath", json_str(metadata, "aws:cdk:path"));
}

static bool in_account(const struct deployment_resource *r)
{
	return r && r->physical_id;
}

/* What stands in the account is not what is being judged: it matters as far as a task of the
 * templates does not start because of it. */
static bool is_about_account(const struct check *c, const struct check_finding *f)
{
	const json_t *body = f->template < c->template_count
				     ? template_body(c->templates[f->template].t)
				     : NULL;

	if (in_account(f->resource) || in_account(f->second))
		return f->severity == CHECK_WARN || !f->service;
	return !f->resource && f->pointer &&
	       json_bool_or(json_path(body, "Metadata.mpcup"), "account", false);
}

void check_add(struct check *c, const struct check_finding *f, const char *fmt, ...)
{
	OWN(json) json_t *one = json_object();
	OWN(buf) struct buf text = { 0 };
	OWN(str) char *key = NULL;
	va_list args;

	if (is_about_account(c, f))
		return;
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	json_set_str(one, "verdict", verdict_words[f->severity]);
	json_set_str(one, "fault", c->rule->id);
	json_set_str(one, "rule", c->rule->name);
	if (f->resource || !f->pointer)
		put_place(c, one, f->resource, f->property);
	else
		put_pointed(c, one, f->template, f->pointer);
	if (f->second) {
		json_t *second = json_object();

		put_place(c, second, f->second, f->second_property);
		json_object_set_new(one, "second", second);
	}
	if (f->service && f->service->resource)
		json_set_str(one, "service", f->service->resource->logical);
	json_set_str(one, "message", text.data ? text.data : "");
	json_set_str(one, "remedy", f->remedy ? f->remedy : c->rule->remedy);
	json_set_str(one, "lookup", f->lookup);
	json_set_str(one, "step", c->rule->step);
	json_set_str(one, "distance", c->rule->distance);
	key = json_canonical(one);
	if (json_object_get(c->seen, key) || json_array_size(c->findings) >= FINDINGS_MAX)
		return;
	json_set_bool(c->seen, key, true);
	json_array_append_new(c->findings, GIVE(one));
}

/* ---- order
 * ------------------------------------------------------------------------------------------ */

/* "template" comes before the first step, "runtime" behind the last, "latent" at the end. */
static int step_rank(const char *step)
{
	const struct launch_row *rows = launch_rows();

	if (!strcmp(step, "template"))
		return -1;
	for (int i = 0; i < LAUNCH_STEP_COUNT; i++)
		if (!strcmp(rows[i].name, step))
			return i;
	return !strcmp(step, "latent") ? LAUNCH_STEP_COUNT + 1 : LAUNCH_STEP_COUNT;
}

/* A fault of the catalogue that fails the same resource. NULL: none. */
static const json_t *named_fault(const json_t *findings, const json_t *of)
{
	const char *resource = json_str(of, "resource");
	const json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
		if (*json_str_or(one, "fault", "S") != 'S' &&
		    !strcmp(json_str_or(one, "verdict", ""), "FAIL") &&
		    str_eq(json_str(one, "resource"), resource))
			return one;
	return NULL;
}

/* Which of two findings about one thing is told first: a misspelt property before what is missing
 * because of it (0), what the schema alone says behind what the fault catalogue has a name for, and
 * pulls of tasks that restart without end behind the endlessness (2). */
static int rank_within_step(const char *fault)
{
	return !strcmp(fault, "D23") ? 0 : *fault == 'S' || !strcmp(fault, "F03") ? 2 : 1;
}

static int finding_rank(const json_t *findings, const json_t *f)
{
	const char *verdict = json_str_or(f, "verdict", ""), *fault = json_str_or(f, "fault", "");
	const json_t *named = *fault == 'S' ? named_fault(findings, f) : NULL;
	int kind = !strcmp(verdict, "FAIL") ? 0 : !strcmp(verdict, "WARN") ? 1 : 2;

	return kind * 1000 + (step_rank(json_str_or(named ? named : f, "step", "")) + 1) * 3 +
	       rank_within_step(fault);
}

/* Stable: within a step the order of the rules, and theirs of the template, stays. */
static json_t *in_order(const json_t *findings)
{
	json_t *sorted = json_array(), *one;
	size_t i, size = json_array_size(findings);
	OWN(str) char *room = mem_new(size + 1, sizeof(int));
	int *ranks = (int *)(void *)room, last = -1;

	json_array_foreach(findings, i, one)
		ranks[i] = finding_rank(findings, one);
	for (;;) {
		int next = 4000;

		for (i = 0; i < size; i++)
			if (ranks[i] > last && ranks[i] < next)
				next = ranks[i];
		if (next == 4000)
			return sorted;
		for (i = 0; i < size; i++)
			if (ranks[i] == next)
				json_array_append(sorted, json_array_get(findings, i));
		last = next;
	}
}

void check_sort(json_t **findings)
{
	json_t *sorted = in_order(*findings);

	json_decref(*findings);
	*findings = sorted;
}

/* ---- tasks
 * ------------------------------------------------------------------------------------------- */

/* All that can go wrong at the step is told by rules that show it elsewhere: a task definition that
 * ECS would not take never gets there. */
static bool explained_by_rules(const char *step)
{
	const struct launch_row *rows = launch_rows();

	for (int i = 0; i < LAUNCH_STEP_COUNT; i++) {
		const char *const *fault = rows[i].faults;

		if (strcmp(rows[i].name, step) != 0)
			continue;
		while (*fault && check_rule(*fault))
			fault++;
		return rows[i].faults[0] && !*fault;
	}
	return false;
}

/* A step that no rule looks at is not decided by a template; nor is one that only rules look at
 * which were given no answers. */
static bool has_rule(const char *step, bool with_asked)
{
	/* what the contract on the chain knows, no template tells */
	if (!with_asked && (!strcmp(step, "participant") || !strcmp(step, "signature")))
		return false;
	for (size_t t = 0; tables(t); t++)
		for (const struct check_rule *r = *tables(t); r->id; r++)
			if (!strcmp(r->step, step) && (with_asked || *tables(t) != check_rules_asked))
				return true;
	return explained_by_rules(step);
}

static void add_once(json_t *list, const char *text)
{
	if (!json_has_text(list, text))
		json_add_str(list, text);
}

json_t *check_findings_of(const json_t *findings, const char *service)
{
	json_t *own = json_array(), *one;
	size_t i;

	json_array_foreach(findings, i, one) {
		const char *of = json_str(one, "service");

		if (!of || !strcmp(of, service))
			json_array_append(own, one);
	}
	return own;
}

json_t *check_judge(const json_t *findings, const char *step, bool with_asked)
{
	const char *verdict = has_rule(step, with_asked) ? "PASS" : "UNKNOWN";
	OWN(json) json_t *faults = json_array(), *suppressed = json_array(), *result = NULL;
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one) {
		const char *this = json_str(one, "verdict"), *id = json_str(one, "fault");

		if (!str_eq(json_str(one, "step"), step) || !strcmp(this, "WARN"))
			continue;
		add_once(json_map(one, "suppressed") ? suppressed : faults, id);
		if (!json_map(one, "suppressed") &&
		    (!strcmp(this, "FAIL") || !strcmp(verdict, "PASS")))
			verdict = this;
	}
	result = json_pack("{s:s,s:s,s:O}", "step", step, "verdict", verdict, "faults", faults);
	if (json_array_size(suppressed))
		json_object_set(result, "suppressed", suppressed);
	return GIVE(result);
}

static json_t *judge_tasks(const struct check *c, const json_t *findings)
{
	json_t *tasks = json_array();
	bool with_asked = check_looks_up(c) && !json_object_size(c->questions);
	size_t count;
	const struct deployment_service *const *services =
		deployment_services(c->deployment, &count);

	for (size_t i = 0; i < count; i++) {
		OWN(json) json_t *own = NULL;
		json_t *steps;

		if (!services[i]->resource)
			continue;
		own = check_findings_of(findings, services[i]->resource->logical);
		steps = json_array();
		for (int s = 0; s < LAUNCH_STEP_COUNT; s++)
			json_array_append_new(steps,
					      check_judge(own, launch_rows()[s].name, with_asked));
		json_array_append_new(tasks,
				      json_pack("{s:s,s:o}", "service",
						services[i]->resource->logical, "steps", steps));
	}
	return tasks;
}

static json_t *values_of(json_t *object)
{
	json_t *list = json_array(), *one;
	const char *key;

	json_object_foreach(object, key, one)
		json_array_append(list, one);
	return list;
}

json_t *check_run(const struct deployment *d, const struct deployment_template *templates,
		  size_t template_count, const struct check_options *o)
{
	static const struct check_options none = { 0 };
	OWN(json) json_t *findings = json_array(), *seen = json_object(), *sorted = NULL;
	OWN(json) json_t *questions = json_object();
	struct check c = { .deployment = d,
			   .templates = templates,
			   .template_count = template_count,
			   .profile = o && o->profile ? o->profile : "built-in",
			   .findings = findings,
			   .seen = seen,
			   .memos = check_memos_new(),
			   .options = o ? o : &none,
			   .questions = questions };
	size_t count;
	const struct check_rule *const *all = check_rules(&count);

	for (size_t i = 0; i < count; i++) {
		c.rule = all[i];
		all[i]->run(&c);
	}
	for (const struct check_more *m = check_more_asked; m->id; m++) {
		c.rule = check_rule(m->id);
		m->run(&c);
	}
	check_memos_free(c.memos);
	sorted = in_order(findings);
	return json_pack("{s:O,s:o,s:o}", "findings", sorted, "tasks", judge_tasks(&c, sorted),
			 "questions", values_of(questions));
}
