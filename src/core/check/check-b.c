/* Rules of group B. */
#include "core/check/check.h"

const struct check_rule check_rules_b[] = {
	{ .id = NULL },
};
