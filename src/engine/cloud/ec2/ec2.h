/* EC2 of the local AWS: VPCs and what is in them, as API actions and as resource kinds. Every change
 * of these objects becomes packet filter rules (engine/fabric) before the turn of the loop ends. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_ec2;

/* In-process extras of the API (the wire never carries a colon in a member name):
 *  CreateNetworkInterface {"mpcup:kind": "task" (default) | "mount-target" | "endpoint" | "instance",
 *      "mpcup:public": bool}: what serves the address, and whether it gets a public one.
 *  mpcup:SyncRules {"VpcId"}: pushes pending rules now. */
