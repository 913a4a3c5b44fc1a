/* Log streams and what is put into them. */
#include "engine/cloud/logs/logs-internal.h"

#include <string.h>

#include "engine/store/store.h"

static char *stream_id(const json_t *group, const char *stream)
{
	return str_printf("%s:%s", json_str(group, "logGroupName"), stream);
}

json_t *logs_stream(struct hub *hub, struct call *c, const json_t *group)
{
	const char *name = json_str_or(c->in, "logStreamName", "");
	OWN(str) char *id = stream_id(group, name);
	json_t *stream = hub_get(hub, STREAM, id);

	if (!stream)
		(void)call_fail(c, 400, "ResourceNotFoundException",
				"The specified log stream does not exist.");
	return stream;
}

int logs_run_create_stream(struct hub *hub, struct call *c)
{
	const json_t *group = logs_group(hub, c);
	const char *name = json_str_or(c->in, "logStreamName", "");
	OWN(json) json_t *stream = json_object();
	OWN(str) char *id = NULL;

	if (!group)
		return -1;
	if (!*name || strlen(name) > 512 || strpbrk(name, ":*"))
		return call_fail(
			c, 400, "InvalidParameterException",
			"1 validation error detected: Value '%s' at 'logStreamName' failed to "
			"satisfy constraint: Member must satisfy regular expression pattern: "
			"[^:*]*",
			name);
	id = stream_id(group, name);
	if (hub_get(hub, STREAM, id))
		return call_fail(c, 400, "ResourceAlreadyExistsException",
				 "The specified log stream already exists");
	json_set_str(stream, "logGroupName", json_str(group, "logGroupName"));
	json_set_str(stream, "logStreamName", name);
	json_set_int(stream, "creationTime", hub_now_ms(hub));
	json_set_int(stream, "storedBytes", 0);
	hub_put(hub, STREAM, id, stream);
	return 0;
}

int logs_run_delete_stream(struct hub *hub, struct call *c)
{
	const json_t *group = logs_group(hub, c),
		     *stream = group ? logs_stream(hub, c, group) : NULL;
	OWN(str) char *id = NULL;
	struct err err = { 0 };

	if (!stream)
		return -1;
	if (store_log_drop(hub_store(hub), json_str(group, "logGroupName"),
			   json_str(stream, "logStreamName"), &err) < 0)
		return call_fail(c, 500, "ServiceUnavailableException", "%s", err.text);
	id = stream_id(group, json_str(stream, "logStreamName"));
	hub_remove(hub, STREAM, id);
	return 0;
}

/* ---- DescribeLogStreams
 * -------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(json_str(*(json_t *const *)a, "logStreamName"),
		      json_str(*(json_t *const *)b, "logStreamName"));
}

static int by_time(const void *a, const void *b)
{
	json_int_t first = json_int_or(*(json_t *const *)a, "lastEventTimestamp", 0),
		   second = json_int_or(*(json_t *const *)b, "lastEventTimestamp", 0);

	return first != second ? (first > second) - (first < second) : by_name(a, b);
}

static json_t *view(struct hub *hub, const json_t *group, const json_t *stream)
{
	json_t *out = json_copy((json_t *)(uintptr_t)stream);
	OWN(str) char *group_arn = logs_group_arn(hub, json_str(group, "logGroupName"));
	OWN(str)
	char *arn = str_printf("%s:log-stream:%s", group_arn, json_str(stream, "logStreamName"));

	json_object_del(out, "logGroupName");
	json_object_del(out, "sequence");
	json_set_str(out, "arn", arn);
	return out;
}

static json_t **wanted_streams(struct hub *hub, const json_t *group, const char *prefix,
			       size_t *ret_count)
{
	json_t **list = mem_new(json_object_size(hub_all(hub, STREAM)) + 1, sizeof(json_t *)),
	       *stream;
	const char *id;

	*ret_count = 0;
	json_object_foreach(hub_all(hub, STREAM), id,
			    stream) if (str_eq(json_str(stream, "logGroupName"),
					       json_str(group, "logGroupName")) &&
					str_starts(json_str(stream, "logStreamName"), prefix))
		list[(*ret_count)++] = stream;
	return list;
}

static void add_page(struct hub *hub, struct call *c, const json_t *group, json_t **streams,
		     size_t count, size_t from, size_t most)
{
	bool descending = json_bool_or(c->in, "descending", false);
	json_t *list = json_array();
	size_t i;

	for (i = from; i < count && i - from < most; i++)
		json_array_append_new(list,
				      view(hub, group, streams[descending ? count - 1 - i : i]));
	json_object_set_new(c->out, "logStreams", list);
	if (i < count) {
		OWN(str) char *token = str_printf("%zu", i);

		json_set_str(c->out, "nextToken", token);
	}
}

int logs_run_describe_streams(struct hub *hub, struct call *c)
{
	const json_t *group = logs_group(hub, c);
	const char *order = json_str_or(c->in, "orderBy", "LogStreamName");
	const char *token = json_str(c->in, "nextToken");
	json_int_t most = json_int_or(c->in, "limit", 50);
	bool timed = !strcmp(order, "LastEventTime");
	uint64_t from = 0;
	json_t **streams;
	size_t count;

	if (!group)
		return -1;
	if (timed && json_object_get(c->in, "logStreamNamePrefix"))
		return call_fail(c, 400, "InvalidParameterException",
				 "Cannot order by LastEventTime with a logStreamNamePrefix.");
	if ((!timed && strcmp(order, "LogStreamName") != 0) || most < 1 || most > 50)
		return call_fail(
			c, 400, "InvalidParameterException",
			"orderBy must be LogStreamName or LastEventTime and limit between 1 "
			"and 50");
	if (token && num_parse_u64(token, 0, UINT32_MAX, &from) < 0)
		return call_fail(c, 400, "InvalidParameterException",
				 "The specified nextToken is invalid.");
	streams = wanted_streams(hub, group, json_str_or(c->in, "logStreamNamePrefix", ""), &count);
	qsort(streams, count, sizeof(*streams), timed ? by_time : by_name);
	add_page(hub, c, group, streams, count, (size_t)from, (size_t)most);
	free(streams);
	return 0;
}

/* ---- PutLogEvents
 * -------------------------------------------------------------------------------- */

static int check_batch(struct call *c, const json_t *events)
{
	int64_t last = 0, first = 0;
	size_t bytes = 0;

	if (!json_array_size(events) || json_array_size(events) > 10000)
		return call_fail(
			c, 400, "InvalidParameterException",
			"1 validation error detected: Value at 'logEvents' failed to satisfy "
			"constraint: Member must have length between 1 and 10000");
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *event = json_array_get(events, i), *message;
		int64_t time = json_int_or(event, "timestamp", -1);

		message = json_object_get(event, "message");
		if (!json_string_length(message) || time < 0)
			return call_fail(
				c, 400, "InvalidParameterException",
				"1 validation error detected: Value at 'logEvents.%zu.member' "
				"failed to satisfy constraint: timestamp and message are "
				"required",
				i + 1);
		if (time < last)
			return call_fail(c, 400, "InvalidParameterException",
					 "Log events in a single PutLogEvents request must be in "
					 "chronological order.");
		last = time;
		first = i ? first : time;
		bytes += json_string_length(message) + LOGS_EVENT_OVERHEAD;
	}
	if (last - first > LOGS_DAY_MS)
		return call_fail(
			c, 400, "InvalidParameterException",
			"The batch of log events in a single PutLogEvents request cannot span "
			"more than 24 hours.");
	if (bytes > 1048576)
		return call_fail(c, 400, "InvalidParameterException",
				 "Upload too large: %zu bytes exceeds limit of 1048576", bytes);
	return 0;
}

/* AWS refuses single events by their time: older than the retention or 14 days, or more than two
 * hours ahead. Returns whether the event is taken. */
static bool judge(int64_t time, size_t i, int64_t now, int64_t retained, json_t *rejected)
{
	if (time < retained) {
		json_set_int(rejected, "expiredLogEventEndIndex", (json_int_t)i + 1);
		return false;
	}
	if (time < now - 14LL * LOGS_DAY_MS) {
		json_set_int(rejected, "tooOldLogEventEndIndex", (json_int_t)i + 1);
		return false;
	}
	if (time <= now + 2LL * 3600000)
		return true;
	if (!json_object_get(rejected, "tooNewLogEventStartIndex"))
		json_set_int(rejected, "tooNewLogEventStartIndex", (json_int_t)i);
	return false;
}

static void note_event(json_t *stream, int64_t time, int64_t now, size_t bytes)
{
	json_int_t first = json_int_or(stream, "firstEventTimestamp", INT64_MAX),
		   last = json_int_or(stream, "lastEventTimestamp", 0);

	json_set_int(stream, "firstEventTimestamp", time < first ? time : first);
	json_set_int(stream, "lastEventTimestamp", time > last ? time : last);
	json_set_int(stream, "lastIngestionTime", now);
	json_set_int(stream, "storedBytes",
		     json_int_or(stream, "storedBytes", 0) + (json_int_t)bytes +
			     LOGS_EVENT_OVERHEAD);
}

static int add_events(struct hub *hub, struct call *c, const json_t *group, json_t *stream,
		      json_t *rejected)
{
	const json_t *events = json_list(c->in, "logEvents");
	int64_t now = hub_now_ms(hub), retained = logs_retained_from(hub, group);
	struct err err = { 0 };

	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *event = json_array_get(events, i);
		const json_t *message = json_object_get(event, "message");
		int64_t time = json_int_or(event, "timestamp", 0);

		if (!judge(time, i, now, retained, rejected))
			continue;
		if (store_log_add(hub_store(hub), json_str(group, "logGroupName"),
				  json_str(stream, "logStreamName"), time, now,
				  json_string_value(message), json_string_length(message),
				  &err) < 0)
			return call_fail(c, 500, "ServiceUnavailableException", "%s", err.text);
		note_event(stream, time, now, json_string_length(message));
	}
	return 0;
}

int logs_run_put(struct hub *hub, struct call *c)
{
	const json_t *group = logs_group(hub, c);
	json_t *stream = group ? logs_stream(hub, c, group) : NULL;
	OWN(json) json_t *rejected = json_object();
	OWN(str) char *id = NULL, *token = NULL;
	json_int_t sequence;

	if (!stream || check_batch(c, json_list(c->in, "logEvents")) < 0 ||
	    add_events(hub, c, group, stream, rejected) < 0)
		return -1;
	sequence = json_int_or(stream, "sequence", 0) + 1;
	json_set_int(stream, "sequence", sequence);
	id = stream_id(group, json_str(stream, "logStreamName"));
	hub_put(hub, STREAM, id, stream);
	token = str_printf("%056lld", (long long)sequence);
	json_set_str(c->out, "nextSequenceToken", token);
	if (json_object_size(rejected))
		json_object_set(c->out, "rejectedLogEventsInfo", rejected);
	return 0;
}
