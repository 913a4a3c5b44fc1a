/* Rules of group B that are in check-b-name.c, check-b-identity.c and check-b-exposed.c. Never leaves the room. */
#pragma once
#include "core/check/check-internal.h"

/* Each ValueFrom of each container of each service; property: where it stands in the task definition. */
typedef void check_b_see(struct check *c, const struct deployment_service *s, const char *property,
			 const char *name, const json_t *value);
void check_b_references(struct check *c, check_b_see *see);

void check_b_names(struct check *c);
void check_b_swapped(struct check *c);
void check_b_shared(struct check *c);
void check_b_store_key(struct check *c);
void check_b_literal(struct check *c);
void check_b_plain(struct check *c);
