/* The CloudWatch Logs service of the local cloud, over the store's log events. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_logs;
