/* Rules of group A that are in check-a-task.c, check-a-peers.c and check-b-identity.c. Never leaves the room. */
#pragma once
#include "core/check/check-internal.h"

void check_a_command(struct check *c);
void check_a_size(struct check *c);
void check_a_files(struct check *c);
void check_a_health(struct check *c);
void check_a_stop(struct check *c);
void check_a_peers(struct check *c);
void check_a_port(struct check *c);
void check_a_identity(struct check *c);
void check_a_suffix(struct check *c);
void check_a_keys(struct check *c); /* check-b-identity.c */
