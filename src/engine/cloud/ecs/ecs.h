/* ECS on Fargate: clusters, task definitions, services with deployments, tasks. The scheduler walks
 * core/launch for every task; what the task's network must show is asked from the agent inside it.
 *
 * Times that AWS counts in minutes are short here, in the same order and with the same words:
 * restarts back off from 100 ms, doubling up to 5 s (AWS: up to 15 minutes); a task without a
 * health check counts as healthy after 300 ms in RUNNING (AWS: 40 s); health check intervals,
 * time-outs and start periods run at a twentieth, not below 200 ms (time-outs: 1 s); CloudFormation
 * gives up on a service that keeps failing after 60 s (AWS: hours). StopTimeout is not shortened.
 */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_ecs;
