#include "face/cli/check-plan.h"

#include <string.h>

#include "base/str.h"
#include "core/check/check.h"
#include "core/deployment/deployment.h"
#include "core/network/network.h"
#include "core/synth/synth.h"
#include "core/template/template.h"
#include "face/cli/check-lookup.h"

/* One run: templates evaluated under one assignment. */
struct run {
	struct deployment_template *list;
	json_t **parameters;
	struct template_eval **evals;
	struct template_world *worlds; /* evaluations borrow them */
	const char **names; /* of the stacks, NULL: not known */
	char **asked_names; /* what the imports of the others call them, NULL: nothing */
	json_t **passed;    /* what a parent gives to a nested stack, NULL: nothing */
	struct deployment *deployment;
	size_t count, all; /* all: with the account behind the templates */
};

static void run_free(struct run *r)
{
	deployment_free(r->deployment);
	for (size_t i = 0; i < r->count; i++) {
		template_eval_free(r->evals[i]);
		json_decref(r->parameters[i]);
		json_decref(r->passed[i]);
		free(r->asked_names[i]);
	}
	free(r->passed);
	free(r->asked_names);
	free(r->names);
	free(r->worlds);
	free(r->list);
	free(r->evals);
	free(r->parameters);
}
static inline void own_drop_run(struct run *r)
{
	run_free(r);
}

/* What the user gave for this stack, and what the assignment says of it. */
static json_t *given_to(const struct plan_stack *s, const struct template *t,
			const json_t *assignment, json_t *passed)
{
	const json_t *declared = json_map(template_body(t), "Parameters");
	json_t *given = json_object(), *one, *value;
	const char *name;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)assignment, name, value)
		if (json_object_get(declared, name))
			json_object_set(given, name, value);
	json_array_foreach(s->parameters, i, one)
		json_object_set(given, json_str_or(one, "ParameterKey", ""),
				json_object_get(one, "ParameterValue"));
	if (passed)
		json_object_update(given, passed);
	return given;
}

static bool declares(const struct template *t, const char *parameter)
{
	return json_object_get(json_map(template_body(t), "Parameters"), parameter) != NULL;
}

/* The literal texts that a template passes to its nested stacks, noted for those; one that the child does not
 * declare is a finding. */
static void pass_down(struct template *const *templates, size_t count, size_t parent,
		      const struct template_eval *eval, json_t **passed)
{
	const struct template *const *list = (const struct template *const *)templates;
	json_t *resources = (json_t *)(uintptr_t)template_resources(list[parent]), *body, *value;
	bool *taken = mem_new(count + 1, sizeof(bool));
	const char *logical, *name;

	for (size_t i = 0; i < count; i++)
		taken[i] = passed[i] != NULL;
	json_object_foreach(resources, logical, body) {
		size_t child = deployment_nested_template(list, count, parent, body, taken);
		OWN(json) json_t *properties = NULL;

		if (child == count || !template_present(eval, logical))
			continue;
		taken[child] = true;
		passed[child] = json_object();
		if (template_properties(eval, logical, &properties, NULL) < 0)
			continue;
		json_object_foreach(json_map(properties, "Parameters"), name, value)
			if (json_is_string(value) && declares(list[child], name))
				json_object_set(passed[child], name, value);
	}
	free(taken);
}

/* The stacks of a network.yaml have the names that it gives, --stack gives one; other names are the
 * user's choice. */
static const char *name_of(const struct plan *p, size_t i)
{
	if (p->stacks[i].nested)
		return NULL; /* CloudFormation makes it up */
	return p->key_directory || p->deployed || (p->stack_given && i + 1 == p->count) ? p->stacks[i].name : NULL;
}

static void run_new(struct run *r, size_t count)
{
	r->list = mem_new(count + 1, sizeof(*r->list));
	r->names = mem_new(count + 1, sizeof(char *));
	r->asked_names = mem_new(count + 1, sizeof(char *));
	r->parameters = mem_new(count, sizeof(*r->parameters));
	r->evals = mem_new(count, sizeof(struct template_eval *));
	r->worlds = mem_new(count, sizeof(*r->worlds));
	r->passed = mem_new(count + 1, sizeof(json_t *));
	r->count = count;
}

static int evaluate_one(const struct plan *p, struct template *t, const json_t *assignment,
			struct run *r, size_t i, struct err *err)
{
	OWN(json) json_t *given = given_to(&p->stacks[i], t, assignment, r->passed[i]);

	json_decref(r->parameters[i]);
	template_eval_free(r->evals[i]);
	r->parameters[i] = NULL;
	r->evals[i] = NULL;
	if (template_parameters(t, given, NULL, 0, &r->worlds[i], &r->parameters[i], err) < 0 ||
	    template_eval_new(t, r->parameters[i], &r->worlds[i], &r->evals[i], err) < 0)
		return err_in(err, "%s", template_name(t));
	r->list[i] = (struct deployment_template){ .t = t, .eval = r->evals[i] };
	return 0;
}

/* A stack of any name: where its exports hang on it, it is the one that the others import from. */
static int take_asked_names(const struct plan *p, struct template *const *templates,
			    const json_t *assignment, struct run *r, struct err *err)
{
	for (size_t i = 0; i < p->count; i++) {
		if (r->names[i] || p->stacks[i].nested)
			continue;
		r->asked_names[i] = deployment_stack_name(r->list, r->count, i);
		if (!r->asked_names[i])
			continue;
		r->worlds[i].stack_name = r->asked_names[i];
		if (evaluate_one(p, templates[i], assignment, r, i, err) < 0)
			return -1;
	}
	return 0;
}

static int evaluate(const struct plan *p, struct template *const *templates,
		    const json_t *assignment, struct check_world *w, struct run *r, struct err *err)
{
	run_new(r, p->count);
	/* nested stacks stand before what passes values to them */
	for (size_t i = p->count; i-- > 0;) {
		lookup_world_set(&w->lookup, w->region, &r->worlds[i]);
		r->names[i] = r->worlds[i].stack_name = name_of(p, i);
		if (evaluate_one(p, templates[i], assignment, r, i, err) < 0)
			return -1;
		pass_down(templates, p->count, i, r->evals[i], r->passed);
	}
	if (take_asked_names(p, templates, assignment, r, err) < 0)
		return -1;
	r->all = check_world_add(w, r->list, r->count);
	return deployment_read(r->list, r->all, &r->deployment, err);
}

static int run_one(const struct plan *p, struct template *const *templates,
		   const json_t *assignment, const char *profile, struct check_world *w,
		   check_plan_visit *visit, void *ctx,
		   struct err *err)
{
	struct run r __attribute__((cleanup(own_drop_run))) = { 0 };
	struct check_options options = { .profile = profile, .facts = w->facts, .region = w->region };
	OWN(json) json_t *result = NULL;

	if (evaluate(p, templates, assignment, w, &r, err) < 0)
		return -1;
	options.stack_names = r.names;
	result = check_run(r.deployment, r.list, r.all, &options);
	check_world_ask(w, r.deployment, r.list, r.count, result);
	visit(ctx, &(struct check_plan_run){ .deployment = r.deployment,
					     .templates = r.list,
					     .count = r.count,
					     .assignment = assignment,
					     .result = result });
	return 0;
}

static json_t *all_given(const struct plan *p)
{
	json_t *given = json_object(), *one;
	size_t i;

	for (size_t s = 0; s < p->count; s++)
		json_array_foreach(p->stacks[s].parameters, i, one)
			json_set_bool(given, json_str_or(one, "ParameterKey", ""), true);
	return given;
}

/* The finding about a reference to what this assignment removes, with its place; NULL: refused for
 * another reason. */
static json_t *removed(const struct plan *p, struct template *const *templates,
		       const struct err *err)
{
	for (size_t i = 0; i < p->count; i++) {
		const char *name = template_name(templates[i]);
		OWN(json) json_t *finding = NULL;
		struct template_location at;

		if (!strstr(err->text, name))
			continue;
		finding = check_template_error(name, err);
		if (!str_eq(json_str(finding, "fault"), "G31"))
			continue;
		at = template_locate(templates[i], json_str_or(finding, "path", ""));
		json_object_set_new(finding, "location",
				    json_pack("{s:s,s:i,s:i}", "file", name, "line", (int)at.line,
					      "column", (int)at.column));
		return GIVE(finding);
	}
	return NULL;
}

static void visit_removed(const struct plan *p, struct template *const *templates,
			  const json_t *assignment, const struct err *err, check_plan_visit *visit,
			  void *ctx)
{
	json_t *finding = removed(p, templates, err);
	OWN(json)
	json_t *result = finding ? json_pack("{s:[o],s:[],s:[]}", "findings", finding, "tasks",
					     "questions")
				 : NULL;

	if (result)
		visit(ctx, &(struct check_plan_run){ .assignment = assignment, .result = result });
}

/* An assignment that a rule of the template refuses is none: it counts only when all are refused.
 * One that removes what is still referred to is, and CloudFormation refuses it. */
static int run_all(const struct plan *p, struct template *const *templates, const char *profile,
		   struct check_world *w, check_plan_visit *visit, void *ctx, struct err *err)
{
	OWN(json) json_t *given = all_given(p);
	OWN(json) json_t *assignments = check_assignments(templates, p->count, given);
	size_t count = 0, i;
	json_t *one;

	json_array_foreach(assignments, i, one) {
		if (run_one(p, templates, one, profile, w, visit, ctx, err) == 0)
			count++;
		else
			visit_removed(p, templates, one, err, visit, ctx);
	}
	if (count)
		*err = (struct err){ 0 }; /* that of an assignment that is none */
	return count ? 0 : -1;
}

int check_plan_runs(const struct plan *p, const char *profile, struct check_world *w,
		    check_plan_visit *visit, void *ctx, const char **ret_name, struct err *err)
{
	struct template **templates = mem_new(p->count, sizeof(struct template *));
	struct check_world none __attribute__((cleanup(own_drop_check_world))) = { 0 };
	int rc = check_world_open(&none, NULL, NULL, err);

	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		struct plan_stack *s = &p->stacks[i];

		*ret_name = s->source ? s->source : s->name;
		if (!s->parsed)
			rc = plan_parse(s, *ret_name, NULL, &s->parsed, err);
		templates[i] = s->parsed;
	}
	if (rc == 0)
		rc = run_all(p, templates, profile, w ? w : &none, visit, ctx, err);
	free(templates);
	return rc;
}

struct results {
	const json_t *list[CHECK_ASSIGNMENTS_MAX];
	char *names[CHECK_ASSIGNMENTS_MAX];
	size_t count;
};

static void keep_result(void *ctx, const struct check_plan_run *run)
{
	struct results *all = ctx;

	all->list[all->count] = json_incref((json_t *)(uintptr_t)run->result);
	all->names[all->count++] = json_object_size(run->assignment) ? json_text(run->assignment)
								     : str_dup("");
}

/* A template that CloudFormation would refuse is a finding when there is a fault for it; text that
 * is no template at all, or a value that a parameter refuses, is not readable input. */
static int refused(const char *name, json_t **ret, const struct err *err)
{
	OWN(json) json_t *finding = check_template_error(name, err);

	if (err->code == ERR_BUG || str_eq(json_str(finding, "fault"), "T00"))
		return -1;
	*ret = json_pack("{s:[O],s:[],s:[]}", "findings", finding, "tasks", "questions");
	return 0;
}

/* ---- network.yaml ---------------------------------------------------------------------------------- */

/* The place of network.yaml that made what the finding is about, and the smallest change there. */
static void put_source(const struct plan *p, json_t *place)
{
	OWN(str) char *origin = synth_origin(p->made_from, json_str_or(place, "path", ""));
	unsigned line, column;

	if (!origin)
		return;
	network_locate(p->made_from, origin, &line, &column);
	json_object_set_new(place, "source",
			    json_pack("{s:s,s:s,s:i,s:i}", "file", p->made_from_path, "path", origin,
				      "line", (int)line, "column", (int)column));
}

/* Only for what is wrong: what cannot be told may be right. */
static void put_remedy(const struct plan *p, json_t *finding)
{
	const char *origin = json_str(json_map(finding, "source"), "path");
	OWN(str) char *remedy = NULL;

	if (!origin || str_eq(json_str(finding, "verdict"), "UNKNOWN"))
		return;
	remedy = synth_origin_remedy(p->made_from, origin);
	json_set_str(finding, "networkRemedy", remedy);
}

static void put_sources(const struct plan *p, const json_t *findings)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one) {
		put_source(p, one);
		put_remedy(p, one);
		if (json_map(one, "second"))
			put_source(p, json_map(one, "second"));
	}
}

static void finish(const struct plan *p, json_t *result)
{
	struct template **templates = mem_new(p->count, sizeof(struct template *));

	for (size_t i = 0; i < p->count; i++)
		templates[i] = p->stacks[i].parsed;
	check_suppress(result, templates, p->count);
	if (p->made_from)
		put_sources(p, json_list(result, "findings"));
	free(templates);
}

int check_plan(const struct plan *p, const char *profile, struct check_world *w, json_t **ret,
	       struct err *err)
{
	struct results all = { .count = 0 };
	struct err why = { 0 };
	const char *name = NULL;
	int rc = check_plan_runs(p, profile, w, keep_result, &all, &name, &why);

	if (rc == 0) {
		*ret = check_merge(all.list, (const char *const *)all.names, all.count);
		finish(p, *ret);
	} else if ((rc = refused(name, ret, &why)) < 0) {
		*err = why;
	} else {
		check_fingerprints(*ret);
	}
	for (size_t i = 0; i < all.count; i++) {
		json_decref((json_t *)(uintptr_t)all.list[i]);
		free(all.names[i]);
	}
	return rc;
}

int check_take_profile(const struct cli *cli, const char **ret, struct err *err)
{
	static const char *const profiles[] = { "built-in", "3.1", "current", NULL };
	const char *profile = cli_option(cli, "node-profile");

	*ret = profile ? profile : profiles[0];
	for (size_t i = 0; profiles[i]; i++)
		if (str_eq(profiles[i], *ret))
			return 0;
	return err_set(err, ERR_INPUT, "--node-profile %s: the profiles are built-in, 3.1 and current",
		       profile);
}
