/* Tables of the CloudWatch Logs service. */
#include "engine/cloud/logs/logs-internal.h"

/* As AWS names it in its refusals: the stream where the call has one, else its place left empty. */
static char *log_arn(struct hub *hub, const struct call *c)
{
	const char *given = json_str(c->in, "logGroupName");
	OWN(str) char *name = NULL;
	OWN(str) char *arn = NULL;

	if (!given)
		given = json_str(c->in, "logGroupIdentifier");
	if (!given)
		given = json_str_or(c->in, "resourceArn", "");
	name = logs_group_name(given);
	arn = logs_group_arn(hub, name);
	return str_printf("%s:log-stream:%s", arn, json_str_or(c->in, "logStreamName", ""));
}

/* clang-format off */
static const struct action actions[] = {
	{ "CreateLogGroup", logs_run_create_group, log_arn, NULL, NULL },
	{ "DeleteLogGroup", logs_run_delete_group, log_arn, NULL, NULL },
	{ "DescribeLogGroups", logs_run_describe_groups, log_arn, NULL, NULL },
	{ "PutRetentionPolicy", logs_run_put_retention, log_arn, NULL, NULL },
	{ "DeleteRetentionPolicy", logs_run_delete_retention, log_arn, NULL, NULL },
	{ "CreateLogStream", logs_run_create_stream, log_arn, NULL, NULL },
	{ "DeleteLogStream", logs_run_delete_stream, log_arn, NULL, NULL },
	{ "DescribeLogStreams", logs_run_describe_streams, log_arn, NULL, NULL },
	{ "PutLogEvents", logs_run_put, log_arn, NULL, NULL },
	{ "GetLogEvents", logs_run_get, log_arn, NULL, NULL },
	{ "FilterLogEvents", logs_run_filter, log_arn, NULL, NULL },
	{ "ListTagsForResource", logs_run_list_tags, log_arn, NULL, NULL },
	{ "TagResource", logs_run_tag, log_arn, NULL, NULL },
	{ "UntagResource", logs_run_untag, log_arn, NULL, NULL },
	{ 0 },
};
/* clang-format on */

static const struct resource_kind *const kinds[] = { &logs_kind_group, &logs_kind_stream, NULL };

const struct service service_logs = {
	.name = "logs",
	.actions = actions,
	.kinds = kinds,
	.covers = "Log groups with retention, streams, putting, getting and filtering of events by "
		  "terms. "
		  "No queries, live tail, metric filters or subscriptions.",
};
