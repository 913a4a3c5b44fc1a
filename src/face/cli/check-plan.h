/* Check of a plan: templates parsed, evaluated once per assignment, judged, merged. */
#pragma once
#include "core/deployment/deployment.h"
#include "face/cli/plan.h"

struct check_world;
/* profile: of the node image, NULL: the built-in node. w: what is known of the account and what is
 * asked, NULL: nothing and nobody. 0: *ret is check_merge()'s object, the caller's.
 * -1: a template cannot be read or evaluated. */
int check_plan(const struct plan *p, const char *profile, struct check_world *w, json_t **ret,
	       struct err *err);
/* The option --node-profile. -1: there is no such profile. */
int check_take_profile(const struct cli *cli, const char **ret, struct err *err);
/* Tasks, findings and the sum, for people. --quiet: FAIL alone. */
void check_print(const struct cli *cli, const json_t *result);

/* What one assignment of the parameters that conditions read gave. Borrowed during the visit. */
struct check_plan_run {
	const struct deployment *deployment; /* NULL: refused, what it refers to is removed */
	const struct deployment_template *templates;
	size_t count;
	const json_t *assignment; /* name -> text; empty when there is nothing to choose */
	const json_t *result;	  /* check_run()'s */
};
typedef void check_plan_visit(void *ctx, const struct check_plan_run *run);
/* Visits each run, at most CHECK_ASSIGNMENTS_MAX. -1: a template is refused, *ret_name is the last
 * that was looked at. */
int check_plan_runs(const struct plan *p, const char *profile, struct check_world *w,
		    check_plan_visit *visit, void *ctx, const char **ret_name, struct err *err);
