/* Rules of group A. */
#include "core/check/check.h"

const struct check_rule check_rules_a[] = {
	{ .id = NULL },
};
