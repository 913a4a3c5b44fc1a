/* Check of a plan: templates parsed, evaluated once per assignment, judged, merged. */
#pragma once
#include "face/cli/plan.h"

struct check_world;
/* profile: of the node image, NULL: the built-in node. w: what is known of the account, and what is
 * asked. 0: *ret is check_merge()'s object, the caller's. -1: a template cannot be read or evaluated. */
int check_plan(const struct plan *p, const char *profile, struct check_world *w, json_t **ret,
	       struct err *err);
