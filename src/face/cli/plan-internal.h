/* What the files that make a plan share. */
#pragma once
#include "core/synth/synth.h"
#include "face/cli/plan.h"

struct plan_stack *plan_add_stack(struct plan *p, const char *name, const char *role);
void plan_add_parameter(json_t *parameters, const char *key, const char *value);

/* The nested templates of a network, in front of their parent. Takes their texts. */
void plan_add_nested(struct plan *p, const char *path, const char *stack, struct synth_parts *parts);
/* Finds among templates of files those that are nested stacks of others; they go to the front. */
void plan_link_nested(struct plan *p);
/* The keys of the nodes as the parameters that the template has for them. */
int plan_node_keys(const struct network *n, const char *directory, bool preview,
		   const struct synth_parts *parts, json_t *parameters, struct err *err);
