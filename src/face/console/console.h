/* The web console of the local cloud: one page, its stream of changes, its actions. Knows the services by
 * their API calls and by the hub's watchers, and the network by this program's own commands
 * (decision 10). Nothing runs while nobody looks. */
#pragma once
#include "engine/cloud/cloud.h"

extern const struct cloud_page console_page;
