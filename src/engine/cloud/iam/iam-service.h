/* The IAM service of the local cloud: roles, policies, instance profiles, and the decision for all
 * services (it registers the hub's authorizer and trust). */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_iam;
