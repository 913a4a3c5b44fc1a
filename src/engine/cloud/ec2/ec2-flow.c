/* Flow logs: who asked for which, checked as AWS does. No records are written. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static const struct ec2_filter flow_filters[] = {
	{ "resource-id", "resourceId" },
	{ "traffic-type", "trafficType" },
	{ "log-destination-type", "logDestinationType" },
	{ "log-group-name", "logGroupName" },
	{ "flow-log-id", "flowLogId" },
	{ 0 },
};
const struct ec2_thing ec2_flow_log = {
	.kind = "ec2:flow-log",
	.prefix = "fl-",
	.id_key = "flowLogId",
	.in_key = "FlowLogId",
	.set = "flowLogSet",
	.tag_type = "vpc-flow-log",
	.missing_code = "InvalidFlowLogId.NotFound",
	.missing_head = "The flow log ID '",
	.missing_tail = "' does not exist",
	.filters = flow_filters,
};

static bool among(const char *value, const char *const *choices)
{
	for (; value && *choices; choices++)
		if (!strcmp(value, *choices))
			return true;
	return false;
}

static int check_destination(struct call *c)
{
	static const char *const kinds[] = { "cloud-watch-logs", "s3", NULL };
	const char *kind = json_str_or(c->in, "LogDestinationType", "cloud-watch-logs");

	if (!among(kind, kinds))
		return ec2_invalid(c, kind, "LogDestinationType", "Known: cloud-watch-logs, s3.");
	if (!strcmp(kind, "s3"))
		return ec2_need(c, "LogDestination") ? 0 : -1;
	if (!json_str(c->in, "LogGroupName") && !json_str(c->in, "LogDestination"))
		return call_fail(c, 400, "MissingParameter",
				 "The request must contain LogGroupName or LogDestination.");
	return ec2_need(c, "DeliverLogsPermissionArn") ? 0 : -1;
}

static int check_resource(struct hub *hub, struct call *c, const char *type, const char *id)
{
	const struct ec2_thing *thing = !strcmp(type, "VPC")		    ? &ec2_vpc
					: !strcmp(type, "Subnet")	    ? &ec2_subnet
					: !strcmp(type, "NetworkInterface") ? &ec2_interface
									    : NULL;

	if (!thing)
		return ec2_invalid(c, type, "ResourceType",
				   "Known: VPC, Subnet, NetworkInterface.");
	return ec2_find(hub, c, thing, id) ? 0 : -1;
}

static json_t *fresh(struct hub *hub, struct call *c, const char *resource)
{
	static const char *const copied[][2] = {
		{ "LogGroupName", "logGroupName" },
		{ "LogDestination", "logDestination" },
		{ "DeliverLogsPermissionArn", "deliverLogsPermissionArn" },
		{ "LogFormat", "logFormat" },
	};
	OWN(str) char *now = aws_time_iso(hub_now_ms(hub));
	json_t *fields = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s}", "resourceId", resource, "trafficType",
		json_str_or(c->in, "TrafficType", "ALL"), "logDestinationType",
		json_str_or(c->in, "LogDestinationType", "cloud-watch-logs"), "flowLogStatus",
		"ACTIVE", "creationTime", now, "maxAggregationInterval",
		json_str_or(c->in, "MaxAggregationInterval", "600"));

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		json_set_str(fields, copied[i][1], json_str(c->in, copied[i][0]));
	return ec2_new(hub, c, &ec2_flow_log, fields);
}

int ec2_create_flow_logs(struct hub *hub, struct call *c)
{
	static const char *const traffic[] = { "ACCEPT", "REJECT", "ALL", NULL };
	static const char *const intervals[] = { "60", "600", NULL };
	OWN(json) json_t *resources = ec2_texts(c->in, "ResourceId");
	const char *type = ec2_need(c, "ResourceType");
	json_t *ids = json_array(), *id;
	size_t i;

	json_object_set_new(c->out, "flowLogIdSet", ids);
	json_object_set_new(c->out, "unsuccessful", json_array());
	if (!type || check_destination(c) < 0)
		return -1;
	if (!among(json_str(c->in, "TrafficType"), traffic))
		return ec2_invalid(c, json_str(c->in, "TrafficType"), "TrafficType",
				   "Known: ACCEPT, REJECT, ALL.");
	if (!among(json_str_or(c->in, "MaxAggregationInterval", "600"), intervals))
		return ec2_invalid(c, json_str(c->in, "MaxAggregationInterval"),
				   "MaxAggregationInterval", "Known: 60, 600.");
	json_array_foreach(resources, i, id)
		if (check_resource(hub, c, type, json_string_value(id)) < 0)
			return -1;
	json_array_foreach(resources, i, id)
		json_add_str(ids, ec2_id(&ec2_flow_log, fresh(hub, c, json_string_value(id))));
	return 0;
}

int ec2_describe_flow_logs(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_flow_log);
}

int ec2_delete_flow_logs(struct hub *hub, struct call *c)
{
	OWN(json) json_t *ids = ec2_texts(c->in, "FlowLogId");
	json_t *id;
	size_t i;

	json_object_set_new(c->out, "unsuccessful", json_array());
	json_array_foreach(ids, i, id)
		if (!ec2_find(hub, c, &ec2_flow_log, json_string_value(id)))
			return -1;
	json_array_foreach(ids, i, id)
		ec2_remove(hub, &ec2_flow_log, json_string_value(id));
	return 0;
}

/* ---- AWS::EC2::FlowLog -------------------------------------------------------------------------- */

static const char *const taken[] = { "ResourceId",	   "ResourceType",	"TrafficType",
				     "LogDestinationType", "LogDestination",	"LogGroupName",
				     "LogFormat",	   "MaxAggregationInterval",
				     "DeliverLogsPermissionArn", NULL };

static int create_flow_log(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object(), *out = NULL;

	for (size_t i = 0; taken[i]; i++)
		ec2_take(r, in, taken[i], taken[i]);
	if (ec2_api(hub, r, "CreateFlowLogs", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_string_value(json_path(out, "flowLogIdSet.0")));
	ec2_attribute(r, "Id", r->physical);
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int update_flow_log(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int remove_flow_log(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = NULL;

	if (!r->physical || !hub_get(hub, ec2_flow_log.kind, r->physical))
		return RESOURCE_DONE;
	in = json_pack("{s:[s]}", "FlowLogId", r->physical);
	return ec2_api(hub, r, "DeleteFlowLogs", in, NULL, err);
}

const struct resource_kind ec2_kind_flow_log = {
	.type = "AWS::EC2::FlowLog",
	.create = create_flow_log,
	.update = update_flow_log,
	.remove = remove_flow_log,
	.replace_on = taken, /* all but the tags */
	.allowed = (const char *const[]){ "ResourceId", "ResourceType", "TrafficType",
					  "LogDestinationType", "LogDestination", "LogGroupName",
					  "LogFormat", "MaxAggregationInterval",
					  "DeliverLogsPermissionArn", "Tags", NULL },
	.required = (const char *const[]){ "ResourceId", "ResourceType", NULL },
};
