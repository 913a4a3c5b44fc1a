/* Which services of a stack a command is about. Values in, values out. */
#pragma once
#include "base/err.h"
#include "base/json.h"

/* How many names; all: every MPC node of the stack in their place. */
struct node_choice {
	const char *stack;
	char *const *names;
	size_t count;
	bool all;
};

/* services: from ecs_view_services(). A name is a node's name, its account or its logical id. 0: *ret is
 * an array of services without repetition, the caller's. -1: err names what there is, or what was meant. */
int node_choice(const json_t *services, const struct node_choice *c, json_t **ret, struct err *err);
