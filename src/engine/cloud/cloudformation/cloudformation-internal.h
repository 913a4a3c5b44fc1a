/* What the files of the stack engine share. Never leaves the room.
 *
 * A stack is an object whose StackStatus says what is being done to it; the engine does it. The
 * API's actions only check, change objects and return; the engine is told by the hub's watchers. So
 * there is one way to begin work, whether a client asked a moment ago or before a restart. */
#pragma once
#include "core/template/template.h"
#include "engine/cloud/hub/hub.h"

#define STACK_KIND "cloudformation:stack"
#define STACK_TEMPLATE_KIND "cloudformation:template"
#define STACK_CHANGESET_KIND "cloudformation:changeset"
#define STACK_EXPORT_KIND "cloudformation:export"
#define STACK_PAGE 100 /* entries in a page of a list, as AWS */

/* ---- stack.c: stacks, their resource records and events as objects
 * ------------------------------- */

/* A stack by name (live ones only) or by ARN (deleted ones too); NULL: none. Borrowed. */
json_t *stack_find(struct hub *hub, const char *name_or_arn);
/* An ARN for a new stack; caller's. */
char *stack_new_id(struct hub *hub, const char *name);
/* A new stack in the hub, without status. Borrowed. */
json_t *stack_new(struct hub *hub, const char *name, const char *arn);
void stack_save(struct hub *hub, json_t *stack);
const char *stack_id(const json_t *stack);
const char *stack_name(const json_t *stack);
const char *stack_status(const json_t *stack);
bool stack_is(const json_t *stack, const char *status);
/* Status, reason (NULL: none) and the event of it; saves. */
void stack_set_status(struct hub *hub, json_t *stack, const char *status, const char *reason);
/* A new operation: its client token, its number. The caller sets the status next. */
void stack_begin(struct hub *hub, json_t *stack, const char *token);
int64_t stack_serial(const json_t *stack);
/* A time stamp of this stack: now, but later than every stamp it had. */
int64_t stack_stamp(struct hub *hub, json_t *stack);
/* What holds at the moment: "Target" while an update is under way or failed, else "Settings". */
json_t *stack_settings(const json_t *stack);
/* Puts settings (caller's reference goes over) under "Settings" or "Target"; NULL removes them.
 * The template text of what was there is dropped. */
void stack_put_settings(struct hub *hub, json_t *stack, const char *member, json_t *settings);
/* Text of the settings' template; NULL when there is none. Borrowed. */
const char *stack_template_text(struct hub *hub, const json_t *settings);
/* Keeps a template's text; the id is the caller's. */
char *stack_keep_template(struct hub *hub, const char *text);
void stack_drop_template(struct hub *hub, const json_t *settings);
/* Forgets all but the latest deleted stacks. */
void stack_prune(struct hub *hub);

json_t *stack_records(struct hub *hub, const json_t *stack); /* logical -> record; borrowed */
json_t *stack_record(struct hub *hub, const json_t *stack, const char *logical);
void stack_save_record(struct hub *hub, const json_t *stack, json_t *record);
void stack_remove_record(struct hub *hub, const json_t *stack, const char *logical);
/* Deleted or left behind: the stack has it no more, only its history. */
bool stack_record_gone(const json_t *record);

/* The physical resource of `state` (a record, or the last good state of one) is to be deleted, or
 * kept if policy says so, unless `keeper` has it too. */
void stack_shelve(json_t *record, const json_t *state, const json_t *keeper, const char *policy);

/* How ids of resource events are made (aws-wire.md 7.1). */
enum stack_event_style { STACK_EVENT_PLAIN, STACK_EVENT_CLEANUP };
/* An event without any change of the record; physical may differ from the record's. */
void stack_event(struct hub *hub, json_t *stack, const json_t *record, const char *physical,
		 const char *status, const char *reason, enum stack_event_style style);
/* Status of a record, its event; saves the record. */
void stack_set_record(struct hub *hub, json_t *stack, json_t *record, const char *status,
		      const char *reason);
json_t *stack_events(struct hub *hub,
		     const json_t *stack); /* id -> event, oldest first; borrowed */
/* Sets text that may be cut or hold any bytes. */
void stack_set_text(json_t *object, const char *key, const char *text);

/* ---- export.c
 * ------------------------------------------------------------------------------------- */

/* Names of live stacks that import an export, other than `but` (may be NULL), as "A, B"; NULL:
 * none. Caller's. */
char *stack_importers(struct hub *hub, const char *export_name, const json_t *but);
/* Can `stack` export what `outputs` say? -1: err has AWS's sentence. */
int stack_check_exports(struct hub *hub, const json_t *stack, const json_t *outputs,
			struct err *err);
/* Same before there are any values: are the names free? */
struct stack_plan;
int stack_check_export_names(struct hub *hub, const json_t *stack, struct stack_plan *plan,
			     struct err *err);
/* Makes the exports of a stack those of `outputs` (NULL: none). */
void stack_put_exports(struct hub *hub, const json_t *stack, const json_t *outputs);
/* An export of the stack that others import: its name (caller's), or NULL. */
char *stack_export_in_use(struct hub *hub, const json_t *stack);
int action_list_exports(struct hub *hub, struct call *c);
int action_list_imports(struct hub *hub, struct call *c);

/* ---- secret.c: values of NoEcho parameters
 * -------------------------------------------------------- */

/* `text` with every value of a NoEcho parameter of the settings (may be NULL) replaced; caller's.
 */
char *stack_mask_text(const json_t *settings, const char *text);
/* A copy of a JSON value, masked. */
json_t *stack_mask(const json_t *settings, const json_t *value);

/* ---- world.c: what an evaluation may ask
 * ------------------------------------------------------------ */

struct stack_world {
	struct template_world world;
	struct hub *hub;
	const json_t *stack;   /* whose resources answer; NULL: none has any value yet */
	const json_t *unknown; /* logical -> anything: resources whose values are not known yet */
	bool imports_may_lack; /* an export that is not there is unknown instead of an error */
};
/* The world points into itself and borrows everything: do not copy it. */
void stack_world_init(struct stack_world *w, struct hub *hub, const char *stack_name,
		      const char *stack_id);

/* ---- prepare.c: from a request to checked settings
 * --------------------------------------------------- */

struct stack_plan {
	struct template *template;
	struct template_eval *eval;
	struct stack_world world;
	json_t *parameters;
};
void stack_plan_free(struct stack_plan *p); /* what it holds; not itself */
static inline void own_drop_stack_plan(struct stack_plan *p)
{
	stack_plan_free(p);
}
/* Parses the template of settings and evaluates its conditions. The plan must stay where it is. */
int stack_plan_load(struct hub *hub, const json_t *stack, const json_t *settings,
		    struct stack_plan *p, struct err *err);
/* Reads and checks what a create or update asks for. stack NULL: it does not exist yet. `name` and
 * `id` are what the template sees. 0: *ret_settings is the caller's (its template is kept), *plan
 * is ready. -1 after call_fail(). */
int stack_prepare(struct hub *hub, struct call *c, const json_t *stack, const char *name,
		  const char *id, struct stack_plan *plan, json_t **ret_settings);
/* Text of the template that a request names (body, URL; previous: of stack). Caller's; NULL after
 * call_fail(). */
char *stack_request_template(struct hub *hub, struct call *c, const json_t *stack);
/* Parses the request's template. -1 after call_fail(). */
int stack_parse(struct call *c, const char *text, const struct template_inputs *inputs,
		struct template **ret_t);
/* "StackName" of a request if it is well formed; NULL after call_fail(). */
const char *stack_request_name(struct call *c);
/* Do the exports exist that the settings import? -1: err has AWS's sentence. */
int stack_check_imports(struct hub *hub, const json_t *settings, struct err *err);
/* Types of the template that need capabilities, as CapabilitiesReason; NULL: none. Caller's. */
char *stack_capabilities_reason(const struct template *t);

/* ---- compare.c: old and new
 * --------------------------------------------------------------------------- */

enum stack_verdict {
	STACK_SAME,
	STACK_TOUCH,   /* only policies or metadata differ */
	STACK_MODIFY,  /* in place */
	STACK_REPLACE, /* a new physical resource */
	STACK_CREATE,
};
/* What becomes of a record (NULL: none) under new properties. */
enum stack_verdict stack_compare(const struct resource_kind *kind, const json_t *record,
				 const json_t *properties, const struct template *t,
				 bool tags_changed);
/* Does the change of this property need a new resource? old, new: all properties. */
bool stack_replaces(const struct resource_kind *kind, const char *property, const json_t *old,
		    const json_t *new);
bool stack_tags_differ(const json_t *a, const json_t *b);
/* Changes that settings would make to the stack, as DescribeChangeSet lists them (array of
 * {"Type","ResourceChange"}), caller's. *ret_any: there is something to do, be it only outputs or
 * tags. */
int stack_changes(struct hub *hub, const json_t *stack, const json_t *settings,
		  struct stack_plan *plan, json_t **ret, bool *ret_any, struct err *err);

/* ---- engine.c, run.c, step.c, phase.c
 * ------------------------------------------------------------------ */

enum stack_verb {
	STACK_APPLY,   /* create, update or leave as the template says */
	STACK_REVERT,  /* back to the last good state */
	STACK_DELETE,  /* the record's resource */
	STACK_DISCARD, /* a physical resource that was replaced */
};
enum stack_step_state { STEP_BLOCKED, STEP_READY, STEP_WAITING, STEP_OVER };

struct stack_step {
	char *logical;
	char *physical; /* STACK_DISCARD: which one */
	enum stack_verb verb;
	enum stack_step_state state;
	bool failed;
	unsigned blockers;
	size_t *unblocks, unblock_count;
};

/* Work on one stack while its status does not change. */
struct stack_run {
	struct hub *hub;
	struct stack_run *next;
	json_t *stack;		/* shared with the hub */
	char *phase;		/* StackStatus that the steps were made for */
	struct stack_plan plan; /* only when something is applied */
	bool planned;
	struct stack_step *steps;
	size_t step_count, over_count, waiting_count;
	size_t *ready, ready_head, ready_tail; /* a ring is not needed: each step is ready once */
	bool failed, tags_changed;
	bool held; /* no steps: nested_held() when they were made */
};

int engine_start(struct hub *hub, struct err *err);
void engine_stop(struct hub *hub);

/* run.c: steps and their order */
struct stack_run *run_new(struct hub *hub, json_t *stack);
void run_free(struct stack_run *run);
/* Makes the steps for the stack's status. -1: they cannot be made; err says why. */
int run_plan(struct stack_run *run, struct err *err);
/* Starts what is ready, for a few milliseconds. */
void run_pump(struct stack_run *run);
/* Asks what waits. */
void run_settle(struct stack_run *run);
bool run_drained(const struct stack_run *run);
bool run_has_ready(const struct stack_run *run);
/* Ends what is in flight as cancelled; nothing new starts. */
void run_cancel(struct stack_run *run);
/* To be called when a step ended, well or not. */
void run_step_over(struct stack_run *run, struct stack_step *step, bool failed);
void run_step_waits(struct stack_run *run, struct stack_step *step);

/* step.c: what one step does */
void step_start(struct stack_run *run, struct stack_step *step);
void step_settle(struct stack_run *run, struct stack_step *step);
void step_cancel(struct stack_run *run, struct stack_step *step);

/* phase.c: what follows when all steps of a status are done. Changes the status. */
void phase_finish(struct stack_run *run);
/* The operation cannot even begin. */
void phase_fail(struct stack_run *run, const char *reason);
/* Before the steps of a status are made. */
void phase_begin(struct stack_run *run);
/* Is this a status that the engine works on? */
bool phase_is_work(const char *status);

/* ---- actions
 * ------------------------------------------------------------------------------------------ */

int stack_no_such(struct call *c, const char *fmt, const char *name); /* ValidationError */
/* Cuts the page that NextToken names out of a list (caller's) and sets `member`, NextToken. */
int stack_page(struct call *c, json_t *list, const char *member);
void stack_set_time(json_t *out, const char *key, int64_t ms);

int action_create_stack(struct hub *hub, struct call *c);
int action_update_stack(struct hub *hub, struct call *c);
int action_delete_stack(struct hub *hub, struct call *c);
int action_cancel_update(struct hub *hub, struct call *c);
int action_continue_rollback(struct hub *hub, struct call *c);
int action_rollback_stack(struct hub *hub, struct call *c);
int action_termination_protection(struct hub *hub, struct call *c);
/* Refuses an update in the stack's status. */
int stack_check_updatable(struct call *c, const json_t *stack);
/* Starts the first creation or an update of a stack with these settings (go over). */
void stack_start_create(struct hub *hub, struct call *c, json_t *stack, json_t *settings);
void stack_start_update(struct hub *hub, struct call *c, json_t *stack, json_t *settings);

int action_describe_stacks(struct hub *hub, struct call *c);
int action_list_stacks(struct hub *hub, struct call *c);
int action_describe_events(struct hub *hub, struct call *c);
int action_describe_resource(struct hub *hub, struct call *c);
int action_describe_resources(struct hub *hub, struct call *c);
int action_list_resources(struct hub *hub, struct call *c);
/* Parameters of settings as DescribeStacks shows them; caller's; NULL: none. */
json_t *stack_show_parameters(const json_t *settings);

int action_get_template(struct hub *hub, struct call *c);
int action_template_summary(struct hub *hub, struct call *c);
int action_validate_template(struct hub *hub, struct call *c);

int action_create_change_set(struct hub *hub, struct call *c);
int action_describe_change_set(struct hub *hub, struct call *c);
int action_execute_change_set(struct hub *hub, struct call *c);
int action_delete_change_set(struct hub *hub, struct call *c);
int action_list_change_sets(struct hub *hub, struct call *c);
/* The change set of a request; NULL after call_fail(). Borrowed. */
json_t *change_set_find(struct hub *hub, struct call *c);
void stack_drop_change_sets(struct hub *hub, const json_t *stack);

/* ---- nested.c: stacks that are resources of other stacks
 * -------------------------------------------------------------------- */
#define STACK_TYPE "AWS::CloudFormation::Stack"

/* A child that waits for its parent's cleanup with its own. */
bool nested_held(const json_t *stack);
/* The stack was updated, or rolled back, well: must its cleanup wait for its parent? */
bool nested_hold(struct hub *hub, json_t *stack);
void nested_release_children(struct hub *hub, const json_t *stack);
/* May the status not be left although all steps are done? */
bool nested_waits(struct hub *hub, const json_t *stack);
/* The outermost stack of a tree; a stack that is no child: itself. Borrowed. */
const json_t *nested_root(struct hub *hub, const json_t *stack);

/* ---- kinds of its own
 * ---------------------------------------------------------------------------------- */
extern const struct resource_kind kind_cdk_metadata, kind_wait_handle, kind_wait_condition,
	kind_nested_stack;
int action_signal(struct hub *hub, struct call *c); /* a signal to a wait condition handle */
