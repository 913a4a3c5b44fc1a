/* Shared by the files of group E only. */
#pragma once
#include "core/check/check-rights.h"

/* What a task's launch needs rights for, one entry each. */
struct check_need {
	const struct deployment_service *service;
	const struct deployment_role *role; /* NULL: none given */
	const char *kind;		    /* "secret", "parameter", "credentials", "log-stream",
					     * "log-group", "registry", "image",
					     * "environment-file" */
	const char *action;
	char *resource; /* text of check-rights */
	char *property; /* of the task definition: where the need comes from */
	const struct deployment_resource *thing; /* secret, log group; NULL outside */
};
struct check_needs {
	struct check_need *list;
	size_t count;
};
/* Those of the run; borrowed. */
const struct check_needs *check_needs_of(const struct check *c);
/* A FAIL about what is needed, with the place of the task definition that needs it. */
struct check_finding check_need_finding(const struct check_need *n);
/* The policy document of a secret's AWS::SecretsManager::ResourcePolicy, NULL: none. */
const json_t *check_secret_policy(const struct deployment *d,
				  const struct deployment_resource *secret);
/* Asks about a need with the secret's own policy; any_place: see check-rights.h. */
void check_need_ask(const struct deployment *d, const struct check_rights *r,
		    const struct check_need *n, bool any_place, struct iam_answer *ret);

/* The rules that need more than one question; see the table in check-e.c. */
void check_e_endpoint_policy(struct check *c);
void check_e_policy_race(struct check *c);
void check_e_key(struct check *c);
void check_e_literals(struct check *c);
void check_e_log_key(struct check *c);
void check_e_credentials_form(struct check *c);
