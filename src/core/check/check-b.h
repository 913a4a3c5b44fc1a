/* Rules of group B that are in check-b-identity.c and check-b-exposed.c. Never leaves the room. */
#pragma once
#include "core/check/check-internal.h"

void check_b_swapped(struct check *c);
void check_b_shared(struct check *c);
void check_b_store_key(struct check *c);
void check_b_literal(struct check *c);
void check_b_plain(struct check *c);
