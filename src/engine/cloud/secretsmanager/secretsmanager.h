/* The Secrets Manager service of the local cloud. Values are in the hub's objects (and so in the
 * state database below a directory of mode 0700); they are never in logs or error texts. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_secretsmanager;
