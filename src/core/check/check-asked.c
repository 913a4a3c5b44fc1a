/* Rules that only a look-up settles: the account, a registry, a chain. */
#include "core/check/check-internal.h"

const struct check_rule check_rules_asked[] = { { 0 } };
