/* The stack engine of the local AWS: CloudFormation's API, and stacks that create, update and
 * delete resources through the kinds that the other services registered in the hub. */
#pragma once
#include "engine/cloud/hub/hub.h"

/* Objects it keeps: cloudformation:stack, :template, :changeset, :export, :resource:<stack id>,
 * :event:<stack id>. All a stack does follows from these, so that a restarted daemon goes on. */
extern const struct service service_cloudformation;
