/* Shared by the files of this room only.
 * Objects: "logs:group" by name: logGroupName, creationTime, retentionInDays, kmsKeyId, tags;
 * "logs:stream" by "<group>:<stream>" (neither name can hold a colon): logGroupName, logStreamName,
 * creationTime, firstEventTimestamp, lastEventTimestamp, lastIngestionTime, storedBytes, sequence.
 */
#pragma once
#include "engine/cloud/logs/logs.h"

#define GROUP "logs:group"
#define STREAM "logs:stream"
#define LOGS_EVENT_OVERHEAD 26 /* bytes that AWS counts for each event */
#define LOGS_DAY_MS 86400000

/* The group that logGroupName or logGroupIdentifier names; NULL after call_fail(). */
json_t *logs_group(struct hub *hub, struct call *c);
json_t *logs_stream(struct hub *hub, struct call *c, const json_t *group);
/* ARN without the ":*". Caller's. */
char *logs_group_arn(struct hub *hub, const char *name);
/* Name in a group's ARN with or without ":*", or the text itself. Caller's. */
char *logs_group_name(const char *name_or_arn);
bool logs_retention_valid(json_int_t days);
/* Earliest time whose events still exist. */
int64_t logs_retained_from(struct hub *hub, const json_t *group);

/* A compiled filter pattern: terms. 0, or -1: err says what AWS's InvalidParameterException says.
 */
struct logs_filter;
int logs_filter_new(const char *pattern, struct logs_filter **ret, struct err *err);
bool logs_filter_matches(const struct logs_filter *f, const char *message);
void logs_filter_free(struct logs_filter *f);
OWN_DEFINE(logs_filter, struct logs_filter *, logs_filter_free)

int logs_run_create_group(struct hub *hub, struct call *c);
int logs_run_delete_group(struct hub *hub, struct call *c);
int logs_run_describe_groups(struct hub *hub, struct call *c);
int logs_run_put_retention(struct hub *hub, struct call *c);
int logs_run_delete_retention(struct hub *hub, struct call *c);
int logs_run_list_tags(struct hub *hub, struct call *c);
int logs_run_tag(struct hub *hub, struct call *c);
int logs_run_untag(struct hub *hub, struct call *c);
int logs_run_create_stream(struct hub *hub, struct call *c);
int logs_run_delete_stream(struct hub *hub, struct call *c);
int logs_run_describe_streams(struct hub *hub, struct call *c);
int logs_run_put(struct hub *hub, struct call *c);
int logs_run_get(struct hub *hub, struct call *c);
int logs_run_filter(struct hub *hub, struct call *c);

extern const struct resource_kind logs_kind_group, logs_kind_stream;
