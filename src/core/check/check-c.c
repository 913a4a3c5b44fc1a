/* Rules of group C. */
#include "core/check/check.h"

const struct check_rule check_rules_c[] = {
	{ .id = NULL },
};
