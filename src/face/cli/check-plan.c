#include "face/cli/check-plan.h"

#include "base/str.h"
#include "core/check/check.h"
#include "core/deployment/deployment.h"
#include "core/template/template.h"
#include "face/cli/check-lookup.h"

/* One run: templates evaluated under one assignment. */
struct run {
	struct deployment_template *list;
	json_t **parameters;
	struct template_eval **evals;
	struct template_world *worlds; /* evaluations borrow them */
	const char **names; /* of the stacks, NULL: not known */
	struct deployment *deployment;
	size_t count, all; /* all: with the account behind the templates */
};

static void run_free(struct run *r)
{
	deployment_free(r->deployment);
	for (size_t i = 0; i < r->count; i++) {
		template_eval_free(r->evals[i]);
		json_decref(r->parameters[i]);
	}
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
			const json_t *assignment)
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
	return given;
}

/* The stacks of a network.yaml have the names that it gives, --stack gives one; other names are the
 * user's choice. */
static const char *name_of(const struct plan *p, size_t i)
{
	return p->key_directory || (p->stack_given && i + 1 == p->count) ? p->stacks[i].name : NULL;
}

static int evaluate(const struct plan *p, struct template *const *templates,
		    const json_t *assignment, struct check_world *w, struct run *r, struct err *err)
{
	r->list = mem_new(p->count + 1, sizeof(*r->list));
	r->names = mem_new(p->count + 1, sizeof(char *));
	r->parameters = mem_new(p->count, sizeof(*r->parameters));
	r->evals = mem_new(p->count, sizeof(struct template_eval *));
	r->worlds = mem_new(p->count, sizeof(*r->worlds));
	r->count = p->count;
	for (size_t i = 0; i < p->count; i++) {
		OWN(json) json_t *given = given_to(&p->stacks[i], templates[i], assignment);

		lookup_world_set(&w->lookup, w->region, &r->worlds[i]);
		r->names[i] = r->worlds[i].stack_name = name_of(p, i);
		if (template_parameters(templates[i], given, NULL, 0, &r->worlds[i],
					&r->parameters[i], err) < 0 ||
		    template_eval_new(templates[i], r->parameters[i], &r->worlds[i], &r->evals[i],
				      err) < 0)
			return err_in(err, "%s", template_name(templates[i]));
		r->list[i] = (struct deployment_template){ .t = templates[i], .eval = r->evals[i] };
	}
	r->all = check_world_add(w, r->list, r->count);
	return deployment_read(r->list, r->all, &r->deployment, err);
}

static int check_one(const struct plan *p, struct template *const *templates,
		     const json_t *assignment, const char *profile, struct check_world *w,
		     json_t **ret, struct err *err)
{
	struct run r __attribute__((cleanup(own_drop_run))) = { 0 };
	struct check_options options = { .profile = profile, .facts = w->facts, .region = w->region };

	if (evaluate(p, templates, assignment, w, &r, err) < 0)
		return -1;
	options.stack_names = r.names;
	*ret = check_run(r.deployment, r.list, r.all, &options);
	check_world_ask(w, r.deployment, r.list, r.count, *ret);
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

/* An assignment that a rule of the template refuses is none: it counts only when all are refused.
 */
static int check_all(const struct plan *p, struct template *const *templates, const char *profile,
		     struct check_world *w, json_t **ret, struct err *err)
{
	OWN(json) json_t *given = all_given(p);
	OWN(json) json_t *assignments = check_assignments(templates, p->count, given);
	const json_t *results[CHECK_ASSIGNMENTS_MAX];
	char *names[CHECK_ASSIGNMENTS_MAX];
	size_t count = 0, i;
	json_t *one;

	json_array_foreach(assignments, i, one) {
		json_t *result = NULL;

		if (check_one(p, templates, one, profile, w, &result, err) < 0)
			continue;
		results[count] = result;
		names[count++] = json_object_size(one) ? json_text(one) : str_dup("");
	}
	if (count)
		*ret = check_merge(results, (const char *const *)names, count);
	for (i = 0; i < count; i++) {
		json_decref((json_t *)(uintptr_t)results[i]);
		free(names[i]);
	}
	if (count)
		*err = (struct err){ 0 }; /* that of an assignment that is none */
	return count ? 0 : -1;
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

int check_plan(const struct plan *p, const char *profile, struct check_world *w, json_t **ret,
	       struct err *err)
{
	struct template **templates = mem_new(p->count, sizeof(struct template *));
	struct err why = { 0 };
	const char *name = NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		struct plan_stack *s = &p->stacks[i];

		name = s->source ? s->source : s->name;
		if (!s->parsed)
			rc = template_parse(name, s->text, s->len, &s->parsed, &why);
		templates[i] = s->parsed;
	}
	if (rc == 0)
		rc = check_all(p, templates, profile, w, ret, &why);
	if (rc < 0) {
		rc = refused(name, ret, &why);
		if (rc < 0)
			*err = why;
	}
	free(templates);
	return rc;
}
