/* Rules of group E. */
#include "core/check/check.h"

const struct check_rule check_rules_e[] = {
	{ .id = NULL },
};
