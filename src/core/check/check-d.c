/* Rules of group D. */
#include "core/check/check.h"

const struct check_rule check_rules_d[] = {
	{ .id = NULL },
};
