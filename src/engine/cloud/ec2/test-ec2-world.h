/* What the tests of EC2 share: a hub with the service alone and without a network. */
#pragma once
#include "base/test.h"
#include "engine/cloud/ec2/ec2-internal.h"

struct world {
	struct event_base *base;
	struct hub *hub;
};
struct world world_new(const char *state_dir);
void world_free(struct world *w);

/* The action's reply, the caller's; the test fails when the action does. `in` is taken. */
json_t *world_do(struct world *w, const char *action, json_t *in);
/* The action must fail with this code; `in` is taken. */
void world_refuses(struct world *w, const char *action, json_t *in, const char *code);
/* Ids of new objects; the caller's. */
char *world_vpc(struct world *w, const char *block);
char *world_subnet(struct world *w, const char *vpc, const char *block, const char *zone);
char *world_group(struct world *w, const char *vpc, const char *name);
