/* The account behind a deployment: what to ask about resources that stand outside of the templates,
 * and the answers as one more template, so that the topology, the solver and the rules see literal
 * ids, imports and existing resources as they see their own. Pure. */
#pragma once
#include "base/err.h"
#include "base/json.h"
#include "core/deployment/deployment.h"

/* Questions (array of {"service","action","input"}, as check.h has them) about what the templates name
 * and do not hold: literal ids (sg-, subnet-, vpc-, fs-, fsap-, rtb-, ...), ARNs of roles, secrets and
 * parameters, Fn::ImportValue without an exporter, SSM parameters and dynamic references, hosted
 * namespaces. facts: answers so far (check_options.facts), from which follow-up questions come (a
 * subnet's VPC and route table, a file system's mount targets and their groups). What is answered or
 * refused is not asked again. NULL facts: none. Caller's. */
json_t *lookup_wanted(const struct deployment *d, const struct deployment_template *list,
		      size_t count, const json_t *facts);

/* The answers as a template (JSON text): resources with Metadata {"mpcup": {"physicalId", "arn"}},
 * outputs with the account's exports. NULL when there is nothing. deployment_read() takes it as one
 * more template; a text that is the physical id or ARN of such a resource stands for it. May hold
 * secret values: wipe it. Caller's. */
char *lookup_picture(const json_t *facts);

/* What an evaluation may know of the account: its number, partition and region, parameters of the store
 * (AWS::SSM::Parameter::Value<>, {{resolve:ssm:...}}). Secrets never become part of an evaluation. */
struct lookup_world {
	const json_t *facts; /* NULL: none */
	json_t *asked;	     /* array that questions without an answer are added to; one may repeat */
};
/* Sets what it knows in *ret, which borrows w and the facts. region: NULL when not known. */
void lookup_world_set(struct lookup_world *w, const char *region, struct template_world *ret);
/* The account's number out of {"sts","GetCallerIdentity",{}}, borrowed; NULL: not known. */
const char *lookup_account(const json_t *facts);
