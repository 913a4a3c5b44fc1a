/* Rules of group G. */
#include "core/check/check.h"

const struct check_rule check_rules_g[] = {
	{ .id = NULL },
};
