/* From evidence to the root cause: events, stopped tasks, service events and log lines of a stack are
 * held against the launch table and the rules; consequences stand under their cause. Pure.
 * Source: shared faults.md K, K.1. */
#pragma once
#include "base/err.h"
#include "base/json.h"

/* Evidence: one JSON object, as `mpcup events --save` writes it; texts and times as AWS gave them.
 * {"version":1, "takenAt": ISO time, "region", "endpoint",
 *  "stacks":[{"stack": DescribeStacks' object, "template": text, "parameters": [{"ParameterKey",
 *             "ParameterValue"}] (NoEcho ones "****"), "events":[DescribeStackEvents', newest first],
 *             "resources":[ListStackResources'], "children"?: names of nested stacks}],
 *  "services":[{"logicalResourceId", "stack", "service": DescribeServices', "tasks":[DescribeTasks',
 *               stopped ones too]}],
 *  "taskDefinitions":[DescribeTaskDefinition's],
 *  "logs":[{"group", "missing"?: true, "streams":[{"stream", "events":[{"timestamp","message"}],
 *           "truncated"?: true}]}],
 *  "secrets":[{"arn","name","lastChanged"?,"hasValue","verdict"?: fault id of the value or ""}],
 *  "unread":[{"what","why"}]}  (what could not be read; it is evidence of nothing)
 * Secret values are never in it. */

/* {"status": stack status, "inProgress": bool,
 *  "causes":[{"fault","rule","confidence":"certain"|"likely"|"possible","resource","path","location"?,
 *             "service"?,"step", "message", "remedy",
 *             "evidence":[{"source":"task"|"event"|"service"|"log"|"template"|"absence","time"?,"text"}],
 *             "consequences":[{"resource","text"}]}],   the root cause first
 *  "unexplained":[{"source","time","text"}],
 *  "advice":[{"action":"wait"|"cancel-update"|"delete"|"continue-rollback"|"update"|"none","command",
 *             "text","safe":bool}]}
 * findings: check_run()'s "findings" over the deployed templates with the deployed parameters, NULL
 * when the template was not kept; they say which line to change, evidence says which of them hit.
 * "No log at all" is evidence: a step before the container. now: ISO time for "since". -1: the
 * evidence is no such object (err has the member). */
int diagnose(const json_t *evidence, const json_t *findings, const char *now, json_t **ret,
	     struct err *err);
/* What can be done with a stack in this status; array as "advice" above. Caller's. */
json_t *diagnose_advice(const char *stack_name, const char *stack_status, const json_t *evidence);
