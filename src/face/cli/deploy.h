/* One stack to its end state over the CloudFormation API, with live progress. */
#pragma once
#include <stdint.h>

#include "face/cli/cli.h"
#include "face/cli/target.h"

struct deployment {
	const char *stack;
	const char *template_text;
	size_t template_len;
	const json_t *parameters; /* array of {"ParameterKey","ParameterValue"} or NULL */
	const json_t *tags;	  /* array of {"Key","Value"} or NULL */
	bool no_rollback;	  /* keep what was created when something fails */
	const json_t *findings;	  /* of the check beforehand: a failure is diagnosed; NULL: it is not */
};

/* Creates or updates the stack, whatever state an earlier run left it in, and follows it.
 * 0: it is in *_COMPLETE and *ret_stack (may be NULL) is DescribeStacks' object, the caller's.
 * 1: the deployment failed; what failed and why is printed, with the diagnosis (and in *ret_stack as
 * "diagnosis", for --json).
 * -1: err. */
int deploy_stack(struct cli *cli, struct target *t, const struct deployment *d, json_t **ret_stack,
		 struct err *err);
/* Deletes the stack and waits. 0 gone (also when it never was), 1 it failed (printed), -1 err. */
int deploy_delete(struct cli *cli, struct target *t, const char *stack, struct err *err);
/* DescribeStacks of one stack: 0 with *ret (caller's), 1 when there is none, -1 err. */
int deploy_describe(struct target *t, const char *stack, json_t **ret, struct err *err);
/* Value of a tag of a stack as DescribeStacks has it; NULL: it has none such. Borrowed. */
const char *deploy_tag(const json_t *stack, const char *key);
/* All events of a stack, newest first, over all pages: array, the caller's. */
int deploy_events(struct target *t, const char *stack, json_t **ret, struct err *err);

int64_t deploy_now_ms(void); /* monotonic */
void deploy_pause_ms(unsigned ms);
