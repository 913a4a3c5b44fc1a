/* SSM Parameter Store of the local cloud. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_ssm;
