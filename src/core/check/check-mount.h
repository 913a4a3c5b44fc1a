/* One task side and one mount target, with the connection between them. Internal. */
#pragma once
#include "core/check/check-topology.h"

struct check_mount {
	const struct deployment_service *service;
	const struct deployment_volume *volume;
	const struct deployment_mount_target *target;
	struct reach_end from; /* the service's subnets in the zone of the target */
	struct reach_edge edge;
};
typedef void check_mount_visit(struct check *c, const struct check_mount *m);
/* Every service with every mount target its tasks may use. */
void check_mounts(struct check *c, check_mount_visit *visit);
/* The mount target has no list of groups: it gets the VPC's default one. */
bool check_mount_default_group(const struct deployment_mount_target *m);
/* The group that nothing has although its rules, or those about it, would let the service in;
 * NULL: none. */
const struct deployment_group *check_mount_forgotten(const struct deployment *d,
						     const struct check_mount *m);

void check_c01(struct check *c);
void check_c02(struct check *c);
void check_c11(struct check *c);
void check_c19(struct check *c);
