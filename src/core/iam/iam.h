/* IAM policy documents and the decision, with the evidence. Pure.
 * Source: AWS IAM user guide "Policy evaluation logic"; faults.md 0.4 ALLOW. */
#pragma once
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"

/* 0 when `policy` is a well-formed policy document (Version, Statement list or object, Effect,
 * Action/NotAction, Resource/NotResource unless `resource_policy`, known condition operators),
 * else -1 and err says what a MalformedPolicyDocument says. */
int iam_policy_check(const json_t *policy, int resource_policy, struct err *err);

enum { IAM_KEY_POLICY = 2 };
struct iam_question {
	/* Who asks: ARN of a role or user, NULL for anonymous, or a service ("ecs-tasks.amazonaws.com"
	 * for trust policies, as `service`). */
	const char *principal, *service;
	const char *account; /* of the principal, to match "AWS": "<account>" and root ARNs */
	const char *action;  /* "secretsmanager:GetSecretValue" */
	const char *resource; /* ARN or "*" */
	const json_t *context; /* condition key (lower case) -> string or array of strings; may be NULL */
	/* Policies attached to the principal: array of {"Name": ..., "Document": {...}}; may be NULL */
	const json_t *identity_policies;
	const json_t *boundary;	       /* permissions boundary document or NULL */
	const json_t *resource_policy; /* document or NULL */
	/* 1: the resource policy alone can allow within the account (EFS, Secrets Manager); for a
	 * trust policy ask with identity_policies NULL. IAM_KEY_POLICY: identity policies count only
	 * where the resource policy admits the account (KMS). 0: only its denials count. */
	int resource_policy_grants;
	/* 1: a condition key that is not in the context is absent for certain (the services' view, AWS's
	 * rules for missing keys apply); 0: it is not known (IAM_UNKNOWN). A JSON null as a key's value
	 * always means absent for certain. */
	int context_complete;
};

enum iam_decision { IAM_ALLOWED, IAM_IMPLICIT_DENY, IAM_EXPLICIT_DENY, IAM_UNKNOWN };
struct iam_answer {
	enum iam_decision decision;
	/* Evidence: policy name (or "resource policy", "boundary") and index of the statement that
	 * decided; -1 when none did. condition: the condition that could not be decided or failed. */
	char policy[256];
	int statement;
	char condition[256];
};
void iam_decide(const struct iam_question *q, struct iam_answer *ret);

/* "allowed", "implicitDeny", "explicitDeny", "unknown" */
const char *iam_decision_name(enum iam_decision d);

/* Document of an AWS-managed policy that matters here (AmazonECSTaskExecutionRolePolicy, ...), by
 * ARN of any partition; NULL when the built-in table does not have it. Borrowed, static. */
const json_t *iam_managed_policy(const char *arn);
