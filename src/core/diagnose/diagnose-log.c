/* Log streams. A stream is one container of one task: prefix/container/task id. */
#include <string.h>

#include "base/str.h"
#include "core/diagnose/diagnose-internal.h"

#define SILENT_MS 2000 /* a node has said something by then */


struct line {
	const struct route *route;
	const char *text;
	int64_t at_ms;
	bool early;
};
enum { LINES_MOST = 16 };
/* What a stream says, each route once, in the order of its first occurrence. */
struct said {
	struct line lines[LINES_MOST];
	size_t count;
	bool near_initialized, started;
};

static void take_back(struct said *said, const char *folded)
{
	size_t kept = 0;

	for (size_t i = 0; i < said->count; i++) {
		const char *const *cleared = said->lines[i].route->cleared;
		bool over = false;

		for (; cleared && *cleared && !over; cleared++)
			over = strstr(folded, *cleared) != NULL;
		if (!over)
			said->lines[kept++] = said->lines[i];
	}
	said->count = kept;
}

static bool is_of_stopped(const char *text, const json_t *stopped)
{
	json_t *account;
	size_t i;

	json_array_foreach(stopped, i, account)
		if (strstr(text, json_string_value(account)))
			return true;
	return false;
}

static void hear(struct said *said, const json_t *event, const json_t *stopped)
{
	const char *text = json_str_or(event, "message", "");
	OWN(str) char *folded = route_fold(text);
	struct line line = { .route = route_find(text, WHERE_LOG),
			     .text = text,
			     .at_ms = json_int_or(event, "timestamp", -1) };

	said->near_initialized |= strstr(folded, "near node initialized") ||
				  strstr(folded, "near node is already initialized");
	said->started |= strstr(folded, "starting mpc node") != NULL;
	take_back(said, folded);
	if (!line.route || said->count == LINES_MOST || is_of_stopped(text, stopped))
		return;
	for (size_t i = 0; i < said->count; i++)
		if (said->lines[i].route == line.route)
			return;
	said->lines[said->count++] = line;
}

static void add(struct symptoms *ret, const json_t *service, const json_t *task, const struct line *l,
		const char *step, const char *const *faults)
{
	symptom_add(ret, &(struct symptom){ .source = "log",
					    .at_ms = l->at_ms,
					    .text = l->text,
					    .stack = json_str(service, "stack"),
					    .service = json_str(service, "logicalResourceId"),
					    .task = json_str(task, "taskArn"),
					    .step = step,
					    .faults = faults,
					    .early = l->early });
}

/* The script ends a node whose genesis it could not get much later and with other words: the milestone that
 * is missing says more than the last line. */
static void add_missing_milestone(struct symptoms *ret, const json_t *service, const json_t *task,
				  const struct said *said, int64_t at_ms)
{
	static const char text[] = "the log has 'Starting mpc node...', but no 'Near node initialized'";
	static const char *const faults[] = { "A01", "A02", "D05", "A05", "A22", "D19", "D10", NULL };
	bool home = false;

	for (size_t i = 0; i < said->count; i++)
		home |= strcmp(said->lines[i].route->faults[0], "A01") != 0;
	if (said->started && !said->near_initialized && !home)
		add(ret, service, task, &(struct line){ .text = text, .at_ms = at_ms }, "entry", faults);
}

/* A container that may not write its lines runs all the same. One that has nothing to say is silent, too: this
 * is evidence only of what the template has. */
static void add_silence(struct symptoms *ret, const json_t *service, const json_t *task, int64_t taken_ms)
{
	static const char text[] = "its log stream is there and has not one line, though the container runs";
	static const char *const faults[] = { "E05", "E04", "E07", NULL };
	int64_t started = evidence_time(json_object_get(task, "startedAt"));
	struct line line = { .text = text, .at_ms = started, .early = true };

	if (started >= 0 && taken_ms - started >= SILENT_MS)
		add(ret, service, task, &line, "log-stream", faults);
}

/* Seconds in which a node looks for its chain, its peers and its contract without anything being wrong. */
#define EARLY_MS 10000

static bool is_early(const struct line *l, const json_t *events, int64_t taken_ms)
{
	int64_t began = json_int_or(json_array_get(events, 0), "timestamp", 0);

	return l->route->early && taken_ms - began < EARLY_MS;
}

/* Of a task that ended only what is about its start or its own death counts: that nobody answered before is
 * no reason to end. */
static bool matters(const struct line *l, bool running)
{
	int order = causes_step_order(l->route->step);

	return running || order <= LAUNCH_ENTRY || !strcmp(l->route->faults[0], "A04") ||
	       !strcmp(l->route->faults[0], "A10");
}

static void read_stream(const json_t *evidence, const json_t *stream, const json_t *stopped, struct symptoms *ret)
{
	const char *name = json_str_or(stream, "stream", ""), *slash = strrchr(name, '/');
	const json_t *task = NULL, *service = evidence_service_of(evidence, slash ? slash + 1 : name, &task);
	const json_t *events = json_list(stream, "events");
	struct said said = { .count = 0 };
	json_t *event;
	bool running;
	size_t i;

	if (!service || evidence_is_past(evidence, service, task))
		return;
	running = str_eq(json_str(task, "lastStatus"), "RUNNING");
	if (running && !json_array_size(events))
		add_silence(ret, service, task, evidence_time(json_object_get(evidence, "takenAt")));
	json_array_foreach(events, i, event)
		hear(&said, event, stopped);
	if (!running && !json_bool_or(stream, "truncated", false)) {
		const json_t *last = json_array_get(events, json_array_size(events) - 1);

		add_missing_milestone(ret, service, task, &said, json_int_or(last, "timestamp", -1));
	}
	for (i = 0; i < said.count; i++) {
		said.lines[i].early =
			is_early(&said.lines[i], events, evidence_time(json_object_get(evidence, "takenAt")));
		if (matters(&said.lines[i], running))
			add(ret, service, task, &said.lines[i], said.lines[i].route->step,
			    said.lines[i].route->faults);
	}
}

static const char *account_of(const json_t *evidence, const char *definition)
{
	json_t *one, *container, *variable;
	size_t i, k, v;

	json_array_foreach(json_list(evidence, "taskDefinitions"), i, one)
		if (str_eq(json_str(one, "taskDefinitionArn"), definition))
			json_array_foreach(json_list(one, "containerDefinitions"), k, container)
				json_array_foreach(json_list(container, "environment"), v, variable)
					if (str_eq(json_str(variable, "name"), "MPC_ACCOUNT_ID"))
						return json_str(variable, "value");
	return NULL;
}

/* Accounts of nodes that are stopped: what the others say of them is no fault. Caller's. */
static json_t *stopped_accounts(const json_t *evidence)
{
	json_t *accounts = json_array(), *one;
	size_t i;

	json_array_foreach(json_list(evidence, "services"), i, one) {
		const char *account = evidence_is_stopped(one)
					      ? account_of(evidence, json_str(json_map(one, "service"), "taskDefinition"))
					      : NULL;

		if (account && *account)
			json_add_str(accounts, account);
	}
	return accounts;
}

void symptoms_read_logs(const json_t *evidence, struct symptoms *ret)
{
	OWN(json) json_t *stopped = stopped_accounts(evidence);
	json_t *group, *stream;
	size_t i, k;

	json_array_foreach(json_list(evidence, "logs"), i, group)
		json_array_foreach(json_list(group, "streams"), k, stream)
			read_stream(evidence, stream, stopped, ret);
}
