/* The processes of instances. */
#pragma once
#include "engine/cloud/hub/hub.h"

#define EC2_LOCALNET_IMAGE "ami-0000000000localnet"

/* Runs the instance's process and keeps it running. Without a fabric the instance is only recorded.
 */
void ec2_machine_start(struct hub *hub, const char *instance);
/* Kills it, with its forwards, log group and data. */
void ec2_machine_end(struct hub *hub, const char *instance);
