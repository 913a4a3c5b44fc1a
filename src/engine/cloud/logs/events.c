/* GetLogEvents and FilterLogEvents. A position is (time, sequence), the order of the store; tokens
 * and event ids are written from it. */
#include "engine/cloud/logs/logs-internal.h"

#include <stdio.h>
#include <string.h>

#include "engine/store/store.h"

#define PAGE_BYTES 1048576
#define SCAN_MOST 50000 /* rows that one FilterLogEvents call looks at */

struct position {
	int64_t time, sequence;
};

static char *digits_of(struct position p)
{
	return str_printf("%020lld%036lld", (long long)p.time, (long long)p.sequence);
}

/* 56 digits -> position. */
static int parse_digits(const char *text, struct position *ret)
{
	char time[21], sequence[37];

	if (strspn(text, "0123456789") != 56)
		return -1;
	(void)snprintf(time, sizeof(time), "%.20s", text);
	(void)snprintf(sequence, sizeof(sequence), "%.36s", text + 20);
	if (num_parse_i64(time, 0, INT64_MAX, &ret->time) < 0 ||
	    num_parse_i64(sequence, 0, INT64_MAX, &ret->sequence) < 0)
		return -1;
	return 0;
}

static struct position position_of(const json_t *row)
{
	return (struct position){ json_int_or(row, "timestamp", 0),
				  json_int_or(row, "sequence", 0) };
}

struct window {
	const char *group, *stream; /* stream NULL: all */
	int64_t from, to;	    /* to: exclusive */
};

static int read_rows(struct hub *hub, struct call *c, const struct window *w, int64_t from,
		     int64_t to, int64_t after, size_t most, bool newest, json_t *rows)
{
	OWN(json) json_t *more = NULL;
	struct err err = { 0 };

	if (from < w->from)
		from = w->from;
	if (to > w->to)
		to = w->to;
	if (from >= to || !most)
		return 0;
	if (store_log_read(hub_store(hub), w->group, w->stream, from, to, after, most, newest,
			   &more, &err) < 0)
		return call_fail(c, 500, "ServiceUnavailableException", "%s", err.text);
	json_array_extend(rows, more);
	return 0;
}

/* Rows behind `p`, oldest first. */
static int read_after(struct hub *hub, struct call *c, const struct window *w, struct position p,
		      size_t most, json_t *rows)
{
	if (read_rows(hub, c, w, p.time, p.time + 1, p.sequence, most, false, rows) < 0)
		return -1;
	return read_rows(hub, c, w, p.time + 1, INT64_MAX, -1, most - json_array_size(rows), false,
			 rows);
}

/* The last rows in front of `p`, oldest first. */
static int read_before(struct hub *hub, struct call *c, const struct window *w, struct position p,
		       size_t most, json_t *rows)
{
	OWN(json) json_t *same = json_array();
	OWN(json) json_t *kept = json_array();

	if (read_rows(hub, c, w, p.time, p.time + 1, -1, SIZE_MAX, false, same) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(same); i++)
		if (position_of(json_array_get(same, i)).sequence < p.sequence)
			json_array_append(kept, json_array_get(same, i));
	while (json_array_size(kept) > most)
		json_array_remove(kept, 0);
	if (read_rows(hub, c, w, 0, p.time, -1, most - json_array_size(kept), true, rows) < 0)
		return -1;
	json_array_extend(rows, kept);
	return 0;
}

static json_t *event_view(const json_t *row, bool with_stream)
{
	json_t *out = json_object();

	if (with_stream) {
		OWN(str) char *id = digits_of(position_of(row));

		json_set_str(out, "eventId", id);
		json_set_str(out, "logStreamName", json_str(row, "logStreamName"));
	}
	json_object_set(out, "timestamp", json_object_get(row, "timestamp"));
	json_object_set(out, "message", json_object_get(row, "message"));
	json_object_set(out, "ingestionTime", json_object_get(row, "ingestionTime"));
	return out;
}

static int limit_of(struct call *c, size_t *ret)
{
	json_int_t most = json_int_or(c->in, "limit", 10000);

	if (most < 1 || most > 10000)
		return call_fail(
			c, 400, "InvalidParameterException",
			"1 validation error detected: Value '%lld' at 'limit' failed to satisfy "
			"constraint: Member must have value between 1 and 10000",
			(long long)most);
	*ret = (size_t)most;
	return 0;
}

static struct window window_of(struct hub *hub, const struct call *c, const json_t *group)
{
	struct window w = { .group = json_str(group, "logGroupName"),
			    .from = json_int_or(c->in, "startTime", 0),
			    .to = json_int_or(c->in, "endTime", INT64_MAX) };
	int64_t retained = logs_retained_from(hub, group);

	if (w.from < retained)
		w.from = retained;
	return w;
}

/* ---- GetLogEvents
 * -------------------------------------------------------------------------------- */

/* "f/<56 digits>/s" or "b/..." */
static int parse_token(struct call *c, const char *token, bool *ret_forward, struct position *ret)
{
	*ret_forward = *token == 'f';
	if (strlen(token) != 60 || (*token != 'f' && *token != 'b') || token[1] != '/' ||
	    !str_ends(token, "/s") || parse_digits(token + 2, ret) < 0)
		return call_fail(c, 400, "InvalidParameterException",
				 "The specified nextToken is invalid.");
	return 0;
}

static void set_token(json_t *out, const char *member, char direction, struct position p)
{
	OWN(str) char *digits = digits_of(p);
	OWN(str) char *token = str_printf("%c/%s/s", direction, digits);

	json_set_str(out, member, token);
}

/* At most 1 MiB on a page: what is over falls off at the far end. */
static void cut_bytes(json_t *rows, bool at_front)
{
	size_t bytes = 0, count = json_array_size(rows), keep = 0;

	for (size_t i = 0; i < count; i++) {
		const json_t *row = json_array_get(rows, at_front ? count - 1 - i : i);

		bytes += json_string_length(json_object_get(row, "message")) + LOGS_EVENT_OVERHEAD;
		if (bytes > PAGE_BYTES && i)
			break;
		keep++;
	}
	while (json_array_size(rows) > keep)
		json_array_remove(rows, at_front ? 0 : json_array_size(rows) - 1);
}

int logs_run_get(struct hub *hub, struct call *c)
{
	const json_t *group = logs_group(hub, c),
		     *stream = group ? logs_stream(hub, c, group) : NULL;
	const char *token = json_str(c->in, "nextToken");
	bool forward = json_bool_or(c->in, "startFromHead", false);
	OWN(json) json_t *rows = json_array();
	struct window w;
	struct position p;
	json_t *events;
	size_t most = 0, count;

	if (!stream || limit_of(c, &most) < 0)
		return -1;
	w = window_of(hub, c, group);
	w.stream = json_str(stream, "logStreamName");
	p = forward ? (struct position){ w.from > 0 ? w.from : 0, 0 }
		    : (struct position){ w.to < INT64_MAX ? w.to : INT64_MAX - 1, 0 };
	if (token && parse_token(c, token, &forward, &p) < 0)
		return -1;
	if ((forward ? read_after(hub, c, &w, p, most, rows)
		     : read_before(hub, c, &w, p, most, rows)) < 0)
		return -1;
	cut_bytes(rows, !forward);
	events = json_array();
	count = json_array_size(rows);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(events, event_view(json_array_get(rows, i), false));
	json_object_set_new(c->out, "events", events);
	/* with nothing found the position stays; a fresh look at the tail of nothing starts at 0 */
	if (!count && !token && !forward)
		p = (struct position){ w.from > 0 ? w.from : 0, 0 };
	set_token(c->out, "nextForwardToken", 'f',
		  count ? position_of(json_array_get(rows, count - 1)) : p);
	set_token(c->out, "nextBackwardToken", 'b',
		  count ? position_of(json_array_get(rows, 0)) : p);
	return 0;
}

/* ---- FilterLogEvents
 * ----------------------------------------------------------------------------- */

struct wanted {
	const json_t *names;
	const char *prefix;
	const struct logs_filter *filter;
};

static bool is_wanted(const struct wanted *want, const json_t *row)
{
	const char *stream = json_str_or(row, "logStreamName", "");
	bool named = !want->names;

	for (size_t i = 0; i < json_array_size(want->names) && !named; i++)
		named = str_eq(json_string_value(json_array_get(want->names, i)), stream);
	return named && (!want->prefix || str_starts(stream, want->prefix)) &&
	       logs_filter_matches(want->filter, json_str_or(row, "message", ""));
}

/* Goes on from *p until the page is full, the window ends (*ret_end) or enough was looked at. */
static int scan(struct hub *hub, struct call *c, const struct window *w, const struct wanted *want,
		size_t most, struct position *p, json_t *events, bool *ret_end)
{
	size_t seen = 0, bytes = 0;

	*ret_end = false;
	while (seen < SCAN_MOST) {
		OWN(json) json_t *rows = json_array();
		size_t page = 1000;

		if (read_after(hub, c, w, *p, page, rows) < 0)
			return -1;
		for (size_t i = 0; i < json_array_size(rows); i++) {
			const json_t *row = json_array_get(rows, i);

			if (json_array_size(events) == most || bytes > PAGE_BYTES)
				return 0;
			*p = position_of(row);
			if (!is_wanted(want, row))
				continue;
			bytes += json_string_length(json_object_get(row, "message"));
			json_array_append_new(events, event_view(row, true));
		}
		seen += json_array_size(rows);
		if (json_array_size(rows) < page) {
			*ret_end = true;
			return 0;
		}
	}
	return 0;
}

static int check_streams(struct hub *hub, struct call *c, const json_t *group,
			 const struct wanted *want)
{
	if (want->names && want->prefix)
		return call_fail(c, 400, "InvalidParameterException",
				 "logStreamNamePrefix and logStreamNames are mutually exclusive.");
	if (json_array_size(want->names) > 100)
		return call_fail(c, 400, "InvalidParameterException",
				 "logStreamNames can have at most 100 entries.");
	for (size_t i = 0; i < json_array_size(want->names); i++) {
		OWN(str)
		char *id = str_printf("%s:%s", json_str(group, "logGroupName"),
				      json_string_value(json_array_get(want->names, i)) ?: "");

		if (!hub_get(hub, STREAM, id))
			return call_fail(c, 400, "ResourceNotFoundException",
					 "The specified log stream does not exist.");
	}
	return 0;
}

int logs_run_filter(struct hub *hub, struct call *c)
{
	const json_t *group = logs_group(hub, c);
	const char *token = json_str(c->in, "nextToken");
	OWN(logs_filter) struct logs_filter *filter = NULL;
	struct wanted want = { json_list(c->in, "logStreamNames"),
			       json_str(c->in, "logStreamNamePrefix"), NULL };
	struct position p = { 0 };
	struct window w;
	struct err err = { 0 };
	json_t *events = json_array();
	size_t most = 0;
	bool end;

	json_object_set_new(c->out, "events", events);
	json_object_set_new(c->out, "searchedLogStreams", json_array());
	if (!group || limit_of(c, &most) < 0 || check_streams(hub, c, group, &want) < 0)
		return -1;
	if (logs_filter_new(json_str_or(c->in, "filterPattern", ""), &filter, &err) < 0)
		return call_fail(c, 400, "InvalidParameterException", "%s", err.text);
	if (token && (strlen(token) != 56 || parse_digits(token, &p) < 0))
		return call_fail(c, 400, "InvalidParameterException",
				 "The specified nextToken is invalid.");
	want.filter = filter;
	w = window_of(hub, c, group);
	if (!token && w.from > 0)
		p.time = w.from;
	if (scan(hub, c, &w, &want, most, &p, events, &end) < 0)
		return -1;
	if (!end) {
		OWN(str) char *next = digits_of(p);

		json_set_str(c->out, "nextToken", next);
	}
	return 0;
}
