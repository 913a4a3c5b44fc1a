/* Between the two halves of the gathering. */
#pragma once
#include "face/cli/evidence.h"

struct gather {
	struct target *target;
	bool secret_values;
	json_t *evidence;
	json_t *groups;	     /* log group -> its entry in "logs", borrowed */
	json_t *definitions; /* ARN -> DescribeTaskDefinition's object */
	json_t *secrets;     /* "ARN variable service" -> true: is in "secrets" */
};
/* One call; what it is refused goes to "unread". in is taken. ret_code: 96 bytes or NULL. */
json_t *gather_ask(struct gather *g, const char *service, const char *action, json_t *in, char *ret_code);
/* The services of a stack with tasks, task definitions, logs and secrets. resources: of the stack. */
void gather_services(struct gather *g, const char *stack, const json_t *resources);
/* A copy without what is secret and stands in clear; stacks whose template had such get "masked": true. */
json_t *evidence_masked(const json_t *evidence);
