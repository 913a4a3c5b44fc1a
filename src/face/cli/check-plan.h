/* Check of a plan: templates parsed, evaluated once per assignment, judged, merged. */
#pragma once
#include "face/cli/plan.h"

/* profile: of the node image, NULL: the built-in node. 0: *ret is check_merge()'s object, the caller's.
 * -1: a template cannot be read or evaluated. */
int check_plan(const struct plan *p, const char *profile, json_t **ret, struct err *err);
/* The option --profile. -1: there is no such profile. */
int check_take_profile(const struct cli *cli, const char **ret, struct err *err);
/* Tasks, findings and the sum, for people. --quiet: FAIL alone. */
void check_print(const struct cli *cli, const json_t *result);
