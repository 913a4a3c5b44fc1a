/* S3 of the local cloud: what template uploads and the CDK's assets need. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_s3;
