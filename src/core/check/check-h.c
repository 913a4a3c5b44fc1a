/* Rules of group H. */
#include "core/check/check.h"

const struct check_rule check_rules_h[] = {
	{ .id = NULL },
};
