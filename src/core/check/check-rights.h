/* Rights over what a deployment's roles hold: core/iam's decision with symbols made comparable.
 *
 * A value becomes a text in which what is not known stands as an atom between two \x03 characters,
 * and a single unknown character as \x04. Equal things give equal texts; a pattern that may or may
 * not match such a text makes the answer IAM_UNKNOWN. Pure. */
#pragma once
#include "core/check/check.h"
#include "core/iam/iam.h"

/* Policies of all roles, read once per run, and the answers that were given. */
struct check_rights;
struct check_rights *check_rights_new(const struct deployment *d);
void check_rights_free(struct check_rights *r);
OWN_DEFINE(check_rights, struct check_rights *, check_rights_free)
/* The deployment they are of; borrowed. */
const struct deployment *check_rights_deployment(const struct check_rights *r);
/* Those of the run; borrowed. */
const struct check_rights *check_rights_of(const struct check *c);

struct check_rights_question {
	const struct deployment_role *role; /* NULL: anonymous */
	const char *action;
	const char *resource;	       /* text of one of the functions below, or "*" */
	const json_t *context;	       /* lower-case key -> text; JSON null: absent; may be NULL */
	const json_t *resource_policy; /* evaluated document or NULL */
	int resource_policy_grants;    /* as in struct iam_question */
	bool without_conditions; /* what would it be if the role's Allows had no conditions? */
	bool without_denials;	 /* what would it be if nothing were denied or bounded? */
	bool every_right; /* what would it be if the role's own policies allowed everything? */
	bool any_place;	  /* what would it be if no ARN in a policy named a region or account? */
};
/* A role outside of the templates, or one with a policy that nobody knows, is IAM_UNKNOWN where
 * that could matter. */
void check_rights_ask(const struct check_rights *r, const struct check_rights_question *q,
		      struct iam_answer *ret);
/* The context of a call by `principal` (NULL: anonymous) on `resource`, with `given` in front. Caller
 * owns. */
json_t *check_rights_context(const char *principal, const char *resource, const json_t *given);
/* May a service ("logs.<region>.amazonaws.com" as such a text) do it, by the question's resource
 * policy alone? */
void check_rights_service(const struct deployment *d, const struct check_rights_question *q,
			  const char *service, struct iam_answer *ret);
/* May `service` assume the role? */
void check_rights_trust(const struct check_rights *r, const struct deployment_role *role,
			const char *service, bool any_place, struct iam_answer *ret);

/* Any evaluated value as such a text; caller frees, never NULL. */
char *check_rights_text(const struct deployment *d, const json_t *value);
/* ARN of a resource of the deployment; caller frees. */
char *check_rights_arn(const struct deployment *d, const struct deployment_resource *r);
/* Name of a resource (LogGroupName, RepositoryName, ...) or the atom that stands for it. */
char *check_rights_name(const struct deployment *d, const struct deployment_resource *r);
/* Does the pattern (with * and ? when `wild`) match the text, whatever the unknown parts are? */
enum verdict check_rights_match(const char *pattern, const char *text, bool wild);
/* An ARN or pattern whose literal region and account became those of the deployment; NULL: it has
 * neither. Caller frees. */
char *check_rights_anywhere(const char *arn);
bool check_rights_is_region(const char *s, size_t len);
/* Region and account that a template fixes: by a subnet's zone, or by naming no other place and none
 * by a pseudo parameter. NULL: left to the deployment. Borrowed. */
const char *check_place_region(const struct check *c, size_t template);
const char *check_place_account(const struct check *c, size_t template);
/* Texts for messages: atoms become <AWS::Region>, <Logical>. Caller frees. */
char *check_rights_show(const char *text);

/* Why a task may not use a file system, so that each case has one rule that speaks. */
enum check_mount {
	CHECK_MOUNT_ALLOWED,
	CHECK_MOUNT_MISSING,	    /* D09: nothing grants it */
	CHECK_MOUNT_EXECUTION_ROLE, /* E01: the execution role has what the task role lacks */
	CHECK_MOUNT_DENIED,	    /* E10: a Deny or a boundary */
	CHECK_MOUNT_CONDITION,	    /* E12: the grant's condition names something else */
	CHECK_MOUNT_UNKNOWN
};
/* Is `action` ("elasticfilesystem:ClientMount", "...ClientWrite", "...ClientRootAccess") allowed to
 * the task on its volume? Without a policy on the file system everybody may. */
enum check_mount check_rights_mount(const struct check_rights *r,
				    const struct deployment_task *task,
				    const struct deployment_volume *volume, const char *action,
				    struct iam_answer *ret_answer);
/* Is it allowed but for a region or account that a policy spells out? */
bool check_rights_mount_elsewhere(const struct check_rights *r, const struct deployment_task *task,
				  const struct deployment_volume *volume, const char *action);

/* Names of what is created before a resource, in its template; edges: an object of the caller
 * that keeps what was found. */
json_t *check_created_before(const struct deployment *d, const struct deployment_resource *from,
			     json_t *edges);
