/* What is deployed, as a plan that can be checked and drawn: the templates that CloudFormation keeps, with
 * the rules of their security groups as they are now. */
#pragma once
#include "face/cli/plan.h"
#include "face/cli/target.h"

/* The stack, those nested in it and those it imports from. *ret_names: {"ids": [for each stack of the plan
 * an object logical id -> physical id (rules too)], "gone": [rules that a template declares and that are no
 * more: {"resource","ruleId","direction","from"?,"to"?}]}; the caller's. 1: there is no such stack. -1: err. */
int deployed_plan(struct target *t, const char *stack, struct plan *ret, json_t **ret_names, struct err *err);
/* Parameters of DescribeStacks without those that are masked (NoEcho): a mask is no value. The caller's. */
json_t *deployed_parameters(const json_t *parameters);
/* Replaces the places in templates of a drawing's model by ids: objects get "physicalId", "let" of a flow
 * becomes [{"direction","ruleId"}], "missing" gets "groupId"; "gone" is added. */
void deployed_name(json_t *model, const json_t *names);
/* A copy in which flows with one proof stand together: member "flows" is replaced by "proofs", the flows
 * without id, from and to, with "pairs" [[id, from, to],...]. The caller's. */
json_t *deployed_compact(const json_t *model);
