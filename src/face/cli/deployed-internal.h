/* What the files about deployed stacks share. */
#pragma once
#include "face/cli/plan.h"
#include "face/cli/target.h"

/* Makes the rules of the security groups in the plan's templates those that there are, and the texts of the
 * templates with it; rules that no template has get a logical id in `physical`, and those that are declared and
 * not there stand in `gone`. */
int deployed_rules(struct target *t, struct plan *p, json_t *physical, json_t *gone, struct err *err);
