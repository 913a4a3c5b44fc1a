/* New tasks for services: asked from ECS, and waited for until they are steady. */
#pragma once
#include <stdint.h>

#include "face/cli/cli.h"
#include "face/cli/target.h"

/* UpdateService with these parts (owned from here on); cluster and service are added. 0: *ret_service
 * (may be NULL) is the service as ECS has it now, the caller's. */
int rollout_update(struct target *t, const char *service_arn, json_t *parts, json_t **ret_service,
		   struct err *err);

/* The services on their way. entries: {"name","serviceArn","desiredCount","deploymentId",
 * "rolloutState","taskArns"?,"seconds"?}; the last two once they are steady. */
struct rollouts {
	struct cli *cli;
	struct target *target;
	json_t *entries;
	json_t *known; /* task ARN -> true: was there before, or its end was told */
	json_t *began; /* service ARN -> ms */
};
void rollouts_init(struct rollouts *r, struct cli *cli, struct target *t);
void rollouts_free(struct rollouts *r);

/* A new deployment of a service from ecs_view_services(). One that is stopped (desired count 0) gets one
 * task. */
int rollouts_start(struct rollouts *r, const json_t *service, struct err *err);
/* Waits for all that were started; tells who is steady, and which tasks end instead. 0: all are; 1: one
 * failed or was overtaken, or the time is up (said); -1: err. deadline of deploy_now_ms(). */
int rollouts_wait(struct rollouts *r, int64_t deadline_ms, struct err *err);
