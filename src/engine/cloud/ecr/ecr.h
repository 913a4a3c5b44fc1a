/* Repositories of container images: their names and settings. Images are not kept here. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_ecr;
