/* Rules of group F. */
#include "core/check/check.h"

const struct check_rule check_rules_f[] = {
	{ .id = NULL },
};
