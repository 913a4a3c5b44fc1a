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
	int64_t deadline_ms;	  /* of deploy_now_ms(): how long to follow it; 0: to its end */
	const json_t *findings;	  /* of the check beforehand: a failure is diagnosed; NULL: it is not */
};

/* Creates or updates the stack, whatever state an earlier run left it in, and follows it.
 * 0: it is in *_COMPLETE and *ret_stack (may be NULL) is DescribeStacks' object, the caller's.
 * 1: the deployment failed; what failed and why is printed, with the diagnosis (and in *ret_stack as
 * "diagnosis", for --json), or the time is up (said, *ret_stack is untouched).
 * -1: err. A request whose answer is lost is not made twice; answers may fail to come for minutes. */
int deploy_stack(struct cli *cli, struct target *t, const struct deployment *d, json_t **ret_stack,
		 struct err *err);
/* Deletes the stack and waits. 0 gone (also when it never was), 1 it failed (printed), -1 err. */
int deploy_delete(struct cli *cli, struct target *t, const char *stack, struct err *err);
/* DescribeStacks of one stack: 0 with *ret (caller's), 1 when there is none, -1 err. */
int deploy_describe(struct target *t, const char *stack, json_t **ret, struct err *err);
/* All stacks that are not deleted, over all pages: array of DescribeStacks' objects, the caller's. */
int deploy_list(struct target *t, json_t **ret, struct err *err);
/* Value of a tag of a stack as DescribeStacks has it; NULL: it has none such. Borrowed. */
const char *deploy_tag(const json_t *stack, const char *key);
/* All events of a stack, newest first, over all pages: array, the caller's. */
int deploy_events(struct target *t, const char *stack, json_t **ret, struct err *err);

/* The bucket for templates of this account and region, made by the first upload (said, on AWS, with the
 * size that makes it necessary). Caller frees. NULL: err. */
char *deploy_bucket(struct target *t, size_t len, struct err *err);
/* Puts the template into a request: as it is up to 51,200 bytes, above through S3, up to 1 MB. A bucket
 * that has to be made is named before (stderr). */
int deploy_template(struct target *t, const struct deployment *d, json_t *in, struct err *err);
/* An idempotency token (ClientRequestToken): 38 characters; the caller's. */
char *deploy_token(void);

int64_t deploy_now_ms(void); /* monotonic */
void deploy_pause_ms(unsigned ms);
