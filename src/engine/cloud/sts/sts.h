/* STS of the local cloud: who is asking, and temporary credentials for a role. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_sts;
