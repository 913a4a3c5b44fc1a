/* Rules of group I. */
#include "core/check/check.h"

const struct check_rule check_rules_i[] = {
	{ .id = NULL },
};
