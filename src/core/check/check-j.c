/* Rules of group J. */
#include "core/check/check.h"

const struct check_rule check_rules_j[] = {
	{ .id = NULL },
};
