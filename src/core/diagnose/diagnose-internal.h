/* What the files of the room share. Never leaves the room. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "core/launch/launch.h"

/* ---- routes: a text that AWS or a node wrote, to the step that failed and the faults behind it ---- */

enum diagnose_where { WHERE_TASK = 1, WHERE_EVENT = 2, WHERE_SERVICE = 4, WHERE_LOG = 8 };

struct route {
	unsigned where;
	const char *words[3]; /* lower case; all must occur */
	const char *step;     /* launch_row.name, or "template" */
	const char *const *faults; /* the likeliest first; empty: it says that, not why, something failed */
	/* logs: a later line with one of these takes the line back (lower case) */
	const char *const *cleared;
	bool early; /* a good start says so too, for some seconds */
};
/* The first route whose words are all in the text; NULL: none. */
const struct route *route_find(const char *text, unsigned where);
/* The failure of the launch table whose sentence this is (the one with the most literal text);
 * LAUNCH_FAILURE_COUNT: none. */
enum launch_failure route_failure(const char *text);
const char *const *route_failure_faults(enum launch_failure f);
/* Lower case copy, the caller's. */
char *route_fold(const char *text);

/* ---- symptoms ---------------------------------------------------------------------------------- */

struct symptom {
	const char *source; /* "task", "event", "service", "log" */
	int64_t at_ms;	    /* -1: not known */
	const char *text;   /* borrowed from the evidence */
	const char *stack, *service, *resource; /* logical ids, borrowed; NULL: not about one */
	const char *task;   /* ARN, or NULL */
	const char *step;
	const char *const *faults;
	bool absent; /* no container ever ran: its log stream does not exist */
	bool past;   /* over: a newer task runs */
	bool early;  /* said in the first seconds of a task, when it means nothing yet */
};
struct symptoms {
	struct symptom *list;
	size_t count;
	/* {"resource","text"} of events that only follow from others; "unexplained" as in the result */
	json_t *follow, *unexplained;
};
void symptoms_free(struct symptoms *s);
static inline void own_drop_symptoms(struct symptoms *s)
{
	symptoms_free(s);
}
void symptom_add(struct symptoms *s, const struct symptom *one);
/* All of the evidence. It must have been looked over by diagnose_validate(). */
void symptoms_read(const json_t *evidence, struct symptoms *ret);
/* What the log streams say, for tasks whose end or silence they explain. */
void symptoms_read_logs(const json_t *evidence, struct symptoms *ret);
/* The service of the evidence that a task id belongs to and that task; NULL: none. Borrowed. */
const json_t *evidence_service_of(const json_t *evidence, const char *task_id, const json_t **ret_task);
const char *evidence_task_id(const json_t *task);
/* True when what this task died of is over: a newer one of the service runs. After a rollback that is the
 * old task again, and what ended since the operation began is what it failed of. */
bool evidence_is_past(const json_t *evidence, const json_t *service, const json_t *task);
/* True for a service of the evidence with a desired count of 0: somebody wants it stopped. */
bool evidence_is_stopped(const json_t *service);
/* Seconds since the epoch (a number) or an ISO text as milliseconds; -1: neither. */
int64_t evidence_time(const json_t *value);

/* ---- causes ------------------------------------------------------------------------------------ */

/* FAIL and WARN findings, and those that the verdicts on secrets amount to. Caller's. */
json_t *causes_findings(const json_t *evidence, const json_t *findings);
/* Whether the check over the templates (findings as diagnose() has them) rules this fault out. */
bool causes_rule_out(const json_t *findings, const char *fault);
/* Array of causes, the root cause first; checked: diagnose()'s findings, all of them. Moves what only follows under them. Caller's. */
json_t *causes_make(const struct symptoms *s, const json_t *findings, const json_t *checked,
		    const json_t *evidence);
/* Place of a step in the launch sequence; "template" is -1, what is none is LAUNCH_STEP_COUNT. */
int causes_step_order(const char *step);
