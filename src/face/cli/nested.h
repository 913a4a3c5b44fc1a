/* The templates of nested stacks on their way to S3, where CloudFormation reads them. */
#pragma once
#include "face/cli/plan.h"
#include "face/cli/target.h"

/* Puts the plan's nested templates into the bucket mpcup-<account>-<region> of the target. *ret_url: the
 * folder that has them, without a slash at its end, the caller's; NULL: there are none. */
int nested_upload(struct target *t, const struct plan *p, char **ret_url, struct err *err);
/* A parameter NestedTemplates that nobody gave has that folder. */
void nested_parameter(const struct plan_stack *s, const char *url);
/* Refuses to turn a network that was deployed as one template into nested stacks, or back: its nodes
 * would be made anew, with other storage keys. */
int nested_check_kept(struct target *t, const struct plan *p, const struct plan_stack *s,
		      struct err *err);
