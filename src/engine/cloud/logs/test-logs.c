#include "engine/cloud/logs/logs-internal.h"

#include <event2/event.h>
#include <string.h>

#include "base/test.h"

static const struct service *const services[] = { &service_logs, NULL };

struct world {
	struct event_base *base;
	struct hub *hub;
	int64_t now;
};

static struct world open_world(void)
{
	struct world w = { .base = event_base_new() };
	struct hub_options o = { .services = services, .events = w.base };
	struct err err = { 0 };

	CHECK_OK(hub_new(&o, &w.hub, &err), err);
	CHECK_OK(hub_start(w.hub, &err), err);
	w.now = hub_now_ms(w.hub);
	return w;
}

static void close_world(struct world *w)
{
	hub_free(w->hub);
	event_base_free(w->base);
}

static json_t *call(struct hub *hub, const char *action, json_t *in, struct err *err)
{
	OWN(json) json_t *owned = in;
	json_t *out = NULL;

	(void)hub_call(hub, NULL, "logs", action, owned, &out, NULL, err);
	return out;
}

static void accepted(struct hub *hub, const char *action, json_t *in)
{
	struct err err = { 0 };
	OWN(json) json_t *out = call(hub, action, in, &err);

	if (!out)
		test_fail(__FILE__, __LINE__, "%s: %s", action, err.text);
}

static void refused(struct hub *hub, const char *action, json_t *in, const char *text)
{
	struct err err = { 0 };
	OWN(json) json_t *out = call(hub, action, in, &err);

	CHECK(!out);
	CHECK_STR(err.text, text);
}

static void put(struct world *w, const char *stream, int64_t time, const char *message)
{
	accepted(w->hub, "PutLogEvents",
		 json_pack("{s:s,s:s,s:[{s:I,s:s}]}", "logGroupName", "g", "logStreamName", stream,
			   "logEvents", "timestamp", (json_int_t)time, "message", message));
}

static void make_streams(struct world *w)
{
	accepted(w->hub, "CreateLogGroup", json_pack("{s:s}", "logGroupName", "g"));
	accepted(w->hub, "CreateLogStream",
		 json_pack("{s:s,s:s}", "logGroupName", "g", "logStreamName", "node-0/mpc/1"));
	accepted(w->hub, "CreateLogStream",
		 json_pack("{s:s,s:s}", "logGroupName", "g", "logStreamName", "node-1/mpc/2"));
}

/* Messages of a reply joined by commas; caller's. */
static char *messages(const json_t *out)
{
	const json_t *events = json_list(out, "events");
	struct buf text = { 0 };

	for (size_t i = 0; i < json_array_size(events); i++)
		buf_printf(&text, "%s%s", i ? "," : "",
			   json_str(json_array_get(events, i), "message"));
	return buf_take(&text);
}

TEST(logs, groups_and_streams_are_made_once_and_found)
{
	struct world w = open_world();
	struct err err = { 0 };
	OWN(json) json_t *groups = NULL, *streams = NULL;

	make_streams(&w);
	refused(w.hub, "CreateLogGroup", json_pack("{s:s}", "logGroupName", "g"),
		"ResourceAlreadyExistsException: The specified log group already exists");
	refused(w.hub, "CreateLogStream",
		json_pack("{s:s,s:s}", "logGroupName", "nope", "logStreamName", "s"),
		"ResourceNotFoundException: The specified log group does not exist.");
	refused(w.hub, "GetLogEvents",
		json_pack("{s:s,s:s}", "logGroupName", "g", "logStreamName", "nope"),
		"ResourceNotFoundException: The specified log stream does not exist.");
	accepted(w.hub, "CreateLogGroup", json_pack("{s:s}", "logGroupName", "a"));
	groups = call(w.hub, "DescribeLogGroups", json_pack("{s:i}", "limit", 1), &err);
	CHECK_STR(json_str(json_path(groups, "logGroups.0"), "arn"),
		  "arn:aws:logs:us-east-1:000000000000:log-group:a:*");
	CHECK_STR(json_str(groups, "nextToken"), "a");
	streams = call(w.hub, "DescribeLogStreams",
		       json_pack("{s:s,s:s}", "logGroupName", "g", "logStreamNamePrefix", "node-1"),
		       &err);
	CHECK_INT(json_array_size(json_list(streams, "logStreams")), 1);
	accepted(w.hub, "DeleteLogGroup", json_pack("{s:s}", "logGroupName", "g"));
	CHECK_INT(json_object_size(hub_all(w.hub, "logs:stream")), 0);
	close_world(&w);
}

TEST(logs, retention_takes_awss_values_only_and_hides_what_is_older)
{
	struct world w = open_world();
	struct err err = { 0 };
	OWN(json) json_t *before = NULL, *after = NULL;
	OWN(str) char *text = NULL, *kept = NULL;

	make_streams(&w);
	put(&w, "node-0/mpc/1", w.now - 2 * 86400000LL, "old");
	put(&w, "node-0/mpc/1", w.now, "new");
	before = call(w.hub, "FilterLogEvents", json_pack("{s:s}", "logGroupName", "g"), &err);
	text = messages(before);
	CHECK_STR(text, "old,new");
	refused(w.hub, "PutRetentionPolicy",
		json_pack("{s:s,s:i}", "logGroupName", "g", "retentionInDays", 2),
		"InvalidParameterException: 1 validation error detected: Value '2' at "
		"'retentionInDays' failed to satisfy constraint: Member must satisfy enum value "
		"set: "
		"[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, "
		"2557, 2922, 3288, 3653]");
	accepted(w.hub, "PutRetentionPolicy",
		 json_pack("{s:s,s:i}", "logGroupName", "g", "retentionInDays", 1));
	after = call(w.hub, "FilterLogEvents", json_pack("{s:s}", "logGroupName", "g"), &err);
	kept = messages(after);
	CHECK_STR(kept, "new");
	close_world(&w);
}

TEST(logs, tokens_go_forward_and_back_without_loss)
{
	struct world w = open_world();
	struct err err = { 0 };
	json_t *in = NULL;
	OWN(json) json_t *first = NULL, *second = NULL, *third = NULL, *last = NULL, *back = NULL;
	OWN(str) char *a = NULL, *b = NULL, *c = NULL, *d = NULL, *e = NULL;

	make_streams(&w);
	put(&w, "node-0/mpc/1", w.now, "2");
	put(&w, "node-0/mpc/1", w.now - 5, "1"); /* came later, belongs in front */
	put(&w, "node-0/mpc/1", w.now, "3");
	put(&w, "node-1/mpc/2", w.now, "other");
	in = json_pack("{s:s,s:s,s:i,s:b}", "logGroupName", "g", "logStreamName", "node-0/mpc/1",
		       "limit", 2, "startFromHead", 1);
	first = call(w.hub, "GetLogEvents", json_incref(in), &err);
	a = messages(first);
	CHECK_STR(a, "1,2");
	json_set_str(in, "nextToken", json_str(first, "nextForwardToken"));
	second = call(w.hub, "GetLogEvents", json_deep_copy(in), &err);
	b = messages(second);
	CHECK_STR(b, "3");
	json_set_str(in, "nextToken", json_str(second, "nextForwardToken"));
	third = call(w.hub, "GetLogEvents", json_deep_copy(in), &err);
	CHECK_INT(json_array_size(json_list(third, "events")), 0);
	CHECK_STR(json_str(third, "nextForwardToken"), json_str(second, "nextForwardToken"));
	put(&w, "node-0/mpc/1", w.now, "4");
	last = call(w.hub, "GetLogEvents", json_deep_copy(in), &err);
	d = messages(last);
	CHECK_STR(d, "4");
	json_set_str(in, "nextToken", json_str(last, "nextBackwardToken"));
	back = call(w.hub, "GetLogEvents", json_deep_copy(in), &err);
	e = messages(back);
	CHECK_STR(e, "2,3");
	json_decref(in);
	in = json_pack("{s:s,s:s,s:i}", "logGroupName", "g", "logStreamName", "node-0/mpc/1",
		       "limit", 2);
	json_decref(first);
	first = call(w.hub, "GetLogEvents", in, &err);
	c = messages(first);
	CHECK_STR(c, "3,4");
	refused(w.hub, "GetLogEvents",
		json_pack("{s:s,s:s,s:s}", "logGroupName", "g", "logStreamName", "node-0/mpc/1",
			  "nextToken", "x"),
		"InvalidParameterException: The specified nextToken is invalid.");
	close_world(&w);
}

TEST(logs, filtering_pages_over_streams_and_gives_ids)
{
	struct world w = open_world();
	struct err err = { 0 };
	OWN(json) json_t *first = NULL, *second = NULL, *named = NULL;
	OWN(str) char *a = NULL, *b = NULL, *c = NULL;

	make_streams(&w);
	put(&w, "node-0/mpc/1", w.now, "ERROR one");
	put(&w, "node-1/mpc/2", w.now, "INFO two");
	put(&w, "node-1/mpc/2", w.now + 1, "ERROR three");
	first = call(w.hub, "FilterLogEvents",
		     json_pack("{s:s,s:s,s:i}", "logGroupName", "g", "filterPattern", "ERROR",
			       "limit", 1),
		     &err);
	a = messages(first);
	CHECK_STR(a, "ERROR one");
	CHECK_INT(strlen(json_str(json_path(first, "events.0"), "eventId")), 56);
	CHECK_STR(json_str(json_path(first, "events.0"), "logStreamName"), "node-0/mpc/1");
	second = call(w.hub, "FilterLogEvents",
		      json_pack("{s:s,s:s,s:s}", "logGroupName", "g", "filterPattern", "ERROR",
				"nextToken", json_str(first, "nextToken")),
		      &err);
	b = messages(second);
	CHECK_STR(b, "ERROR three");
	CHECK(!json_object_get(second, "nextToken"));
	named = call(w.hub, "FilterLogEvents",
		     json_pack("{s:s,s:[s],s:I}", "logGroupName", "g", "logStreamNames",
			       "node-1/mpc/2", "startTime", (json_int_t)w.now + 1),
		     &err);
	c = messages(named);
	CHECK_STR(c, "ERROR three");
	close_world(&w);
}

static bool passes(const char *pattern, const char *message)
{
	OWN(logs_filter) struct logs_filter *f = NULL;
	struct err err = { 0 };

	CHECK_OK(logs_filter_new(pattern, &f, &err), err);
	return f && logs_filter_matches(f, message);
}

TEST(logs, patterns_are_terms_phrases_alternatives_and_exclusions)
{
	OWN(logs_filter) struct logs_filter *f = NULL;
	struct err err = { 0 };

	CHECK(passes("", "anything"));
	CHECK(passes("ERROR code", "code of ERROR"));
	CHECK(!passes("ERROR code", "ERROR"));
	CHECK(!passes("error", "ERROR"));
	CHECK(passes("\"not a \\\"participant\\\"\"", "we are not a \"participant\" now"));
	CHECK(passes("?ERROR ?WARN", "WARN x"));
	CHECK(!passes("?ERROR ?WARN", "INFO x"));
	CHECK(passes("-DEBUG", "INFO x"));
	CHECK(!passes("ERROR -\"exit code\"", "ERROR exit code 1"));
	CHECK_INT(logs_filter_new("{ $.level = \"x\" }", &f, &err), -1);
	CHECK_INT(logs_filter_new("exit-code", &f, &err), -1);
	CHECK_STR(err.text, "Invalid character(s) in term 'exit-code'");
	CHECK_INT(logs_filter_new("\"open", &f, &err), -1);
}

TEST(logs, batches_are_checked_as_a_whole_and_events_by_their_age)
{
	struct world w = open_world();
	struct err err = { 0 };
	OWN(json) json_t *out = NULL, *streams = NULL;

	make_streams(&w);
	refused(w.hub, "PutLogEvents",
		json_pack("{s:s,s:s,s:[{s:I,s:s},{s:I,s:s}]}", "logGroupName", "g", "logStreamName",
			  "node-0/mpc/1", "logEvents", "timestamp", (json_int_t)w.now, "message",
			  "b", "timestamp", (json_int_t)w.now - 1, "message", "a"),
		"InvalidParameterException: Log events in a single PutLogEvents request must be in "
		"chronological order.");
	out = call(w.hub, "PutLogEvents",
		   json_pack("{s:s,s:s,s:[{s:I,s:s}]}", "logGroupName", "g", "logStreamName",
			     "node-0/mpc/1", "logEvents", "timestamp",
			     (json_int_t)w.now - 20 * 86400000LL, "message", "ancient"),
		   &err);
	CHECK_INT(json_int_or(json_map(out, "rejectedLogEventsInfo"), "tooOldLogEventEndIndex", 0),
		  1);
	put(&w, "node-0/mpc/1", w.now, "12345");
	streams = call(w.hub, "DescribeLogStreams",
		       json_pack("{s:s,s:s,s:b}", "logGroupName", "g", "orderBy", "LastEventTime",
				 "descending", 1),
		       &err);
	CHECK_STR(json_str(json_path(streams, "logStreams.0"), "logStreamName"), "node-0/mpc/1");
	CHECK_INT(json_int_or(json_path(streams, "logStreams.0"), "storedBytes", 0), 31);
	CHECK_INT(json_int_or(json_path(streams, "logStreams.0"), "lastEventTimestamp", 0), w.now);
	close_world(&w);
}

TEST(logs, a_group_of_a_stack_is_named_updated_and_removed)
{
	struct world w = open_world();
	struct err err = { 0 };
	OWN(json) json_t *properties = json_pack("{s:i}", "RetentionInDays", 7);
	OWN(json) json_t *wrong = json_pack("{s:s}", "RetentionInDays", "8");
	OWN(json) json_t *none = json_object();
	const struct resource_kind *kind = hub_kind(w.hub, "AWS::Logs::LogGroup");
	struct resource r = { .stack_name = "net",
			      .logical = "Log",
			      .properties = properties,
			      .attributes = json_object() };

	CHECK_OK(kind->create(w.hub, &r, &err), err);
	CHECK(str_starts(r.physical, "net-Log-"));
	CHECK(str_ends(json_str(r.attributes, "Arn"), ":*"));
	CHECK_INT(json_int_or(hub_get(w.hub, "logs:group", r.physical), "retentionInDays", 0), 7);
	r.properties = wrong;
	CHECK_INT(kind->update(w.hub, &r, &err), -1);
	CHECK_STR(r.error_code, "InvalidRequest");
	r.properties = none;
	CHECK_OK(kind->update(w.hub, &r, &err), err);
	CHECK_INT(json_int_or(hub_get(w.hub, "logs:group", r.physical), "retentionInDays", 0), 0);
	CHECK_OK(kind->remove(w.hub, &r, &err), err);
	CHECK_OK(kind->remove(w.hub, &r, &err), err);
	json_set_bool(none, "DeletionProtectionEnabled", false);
	CHECK_INT(kind->check(none, &err), 0);
	json_set_bool(none, "DeletionProtectionEnabled", true);
	CHECK_INT(kind->check(none, &err), -1);
	CHECK_INT(json_object_size(hub_all(w.hub, "logs:group")), 0);
	json_decref(r.attributes);
	free(r.physical);
	close_world(&w);
}
