/* AWS Cloud Map: private DNS namespaces of VPCs, services, instances, and the names they give.
 * Sources: AWS Cloud Map API reference; shared aws-wire.md 3.8, 8; faults.md group I, L.9. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_servicediscovery;
