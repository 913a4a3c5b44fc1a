/* From evidence to the root cause: events, stopped tasks, service events and log lines of a stack are
 * held against the launch table and the rules; consequences stand under their cause. Pure. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"

/* Evidence: one JSON object, as `mpcup events --save` writes it; texts and times as AWS gave them.
 * {"version":1, "takenAt": ISO time, "region", "endpoint",
 *  "stacks":[{"stack": DescribeStacks' object, "template": text, "parameters": [{"ParameterKey",
 *             "ParameterValue"}] (NoEcho ones "****"), "events":[DescribeStackEvents', newest first],
 *             "resources":[ListStackResources'], "masked"?: true (values in clear were
 *             taken out of the template)}],   the stack that was asked for first, then those that
 *             it imports from, then those that import from it
 *  "services":[{"logicalResourceId", "stack", "service": DescribeServices', "tasks":[DescribeTasks',
 *               stopped ones too]}],
 *  "taskDefinitions":[DescribeTaskDefinition's],
 *  "logs":[{"group", "missing"?: true, "streams":[{"stream", "events":[{"timestamp","message"}],
 *           "truncated"?: true}]}],
 *  "secrets":[{"arn","name","lastChanged"?,"hasValue","variable"?,"service"?,"verdict"?: fault id of the
 *              value for that variable or "", "why"?: a clause about it}],
 *  "facts"?: check_options.facts about what runs (never a value of a secret),
 *  "unread":[{"what","why"}]}  (what could not be read; it is evidence of nothing)
 * Secret values are never in it. */

/* 0, or -1 when it is no such object; err has the member. */
int diagnose_validate(const json_t *evidence, struct err *err);

/* {"stack","status": stack status, "inProgress": bool,
 *  "stopped":[logical id] (services with a desired count of 0; that others miss them is no fault),
 *  "causes":[{"fault","rule","confidence":"certain"|"likely"|"possible","resource","path","location"?,
 *             "cdkPath"?,"second"?,"places"?:[{"resource","path","location"?}] (the same elsewhere),
 *             "service"?,"services":[..],"step","message","remedy","otherFaults"?:[fault ids],
 *             "since"?: ISO time,"sinceMs"?,"live"?: true (in AWS as it is now, not in the template),
 *             "evidence":[{"source":"task"|"event"|"service"|"log"|"template"|"state"|"absence","time"?,"text",
 *                          "service"?,"step"?,"times"?: how often}],
 *             "consequences":[{"resource","text"}]}],   the root cause first
 *  "unexplained":[{"source","time"?,"resource"?,"text"}],
 *  "advice":[..]}
 * certain: evidence, and the template has the fault; likely: evidence that only one fault explains, or
 * that only one finding fits; possible: one of several faults, or found in the template and not seen yet.
 * findings: check_run()'s "findings" over the deployed templates with the deployed parameters, NULL
 * when the template was not kept; they say which line to change, evidence says which of them hit.
 * A finding with "live": true is one over diagnose_live() with the facts: "state" is evidence of it.
 * "No log at all" is evidence: a step before the container. now: ISO time for "sinceMs", or NULL. -1: the
 * evidence is no such object (err has the member). */
int diagnose(const json_t *evidence, const json_t *findings, const char *now, json_t **ret,
	     struct err *err);

/* A template (JSON text) of the services that the evidence has in stacks that are settled and of their task
 * definitions, as ECS describes them: checked with "facts", it shows what was changed after the deployment.
 * NULL: there is none. Caller frees. */
char *diagnose_live(const json_t *evidence);

/* What can be done with a stack in this status: [{"action":"wait"|"cancel-update"|"delete"|
 * "continue-rollback"|"update"|"none","command","text","safe":bool}], the best first. safe: nothing is lost
 * that the stack did not lose before. Caller's. */
enum diagnose_state {
	DIAGNOSE_WELL,
	DIAGNOSE_ILL,
	DIAGNOSE_CHANGED, /* ill, and the template does not have it: an update does not mend it */
};
json_t *diagnose_advice(const char *stack_name, const char *stack_status, const json_t *evidence,
			enum diagnose_state state);

/* The texts behind which this fault is looked for, as people read them: array of {"source": "a stopped
 * task's reason", "text": the sentence, what varies in it as "..."}, the caller's. */
json_t *diagnose_signs(const char *fault);
