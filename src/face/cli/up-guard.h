/* Before anything is deployed: a stack that is there already may be somebody else's. */
#pragma once
#include "face/cli/plan.h"
#include "face/cli/target.h"

/* Refuses to put other keys into a network, or another chain key into the base, that stand under the names
 * of this plan: directories with the same names in network.yaml would take each other's identity away.
 * 0, or -1 with what to do. Says nothing of templates that mpcup did not make. */
int up_guard(struct target *t, const struct plan *p, struct err *err);
