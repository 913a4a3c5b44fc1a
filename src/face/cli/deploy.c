/* Create, update or take over a stack, and follow its events. The order of things is that of the CDK:
 * a stack in ROLLBACK_COMPLETE is deleted first, one in progress is followed, one that is there is
 * updated, and "no updates" is success. */
#include "face/cli/deploy.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/aws/aws.h"
#include "face/cli/cli-internal.h"
#include "face/cli/diagnosis.h"
#include "face/cli/ecs-view.h"
#include "face/cli/evidence.h"

/* Answers that fail to come: how long AWS may be silent, and how often a change is asked for. */
enum { SILENCE_MOST_MS = 300000, LOST_MOST = 5 };
enum { WORD_MS = 30000 };			   /* something is said at least this often */
/* Between two looks at stopped tasks; here a rollback takes their cluster away in no time. */
enum { TASKS_LOCAL_MS = 50, TASKS_AWS_MS = 15000 };
enum { STALL_MS = 20000 }; /* without an event: time to say what it waits for */

int64_t deploy_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void deploy_pause_ms(unsigned ms)
{
	struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&pause, NULL);
}

/* code: AWS's, "" when no answer came. */
static int describe(struct target *t, const char *stack, json_t **ret, char code[96], struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "StackName", stack), *out = NULL;
	struct err why = { 0 };
	json_t *one;

	if (awsclient_call(t->aws, "cloudformation", "DescribeStacks", in, &out, code, &why) < 0) {
		if (!strcmp(code, "ValidationError") && strstr(why.text, "does not exist"))
			return 1;
		return err_set(err, why.code, "%s", why.text);
	}
	one = json_array_get(json_list(out, "Stacks"), 0);
	if (!one)
		return 1;
	*ret = json_incref(one);
	return 0;
}

int deploy_describe(struct target *t, const char *stack, json_t **ret, struct err *err)
{
	char code[96];

	return describe(t, stack, ret, code, err);
}

int deploy_list(struct target *t, json_t **ret, struct err *err)
{
	OWN(json) json_t *all = json_array(), *token = NULL;

	do {
		OWN(json) json_t *in = json_object(), *out = NULL;

		if (token)
			json_object_set(in, "NextToken", token);
		if (awsclient_call(t->aws, "cloudformation", "DescribeStacks", in, &out, NULL, err) < 0)
			return -1;
		if (json_list(out, "Stacks"))
			json_array_extend(all, json_list(out, "Stacks"));
		json_decref(token);
		token = json_incref(json_object_get(out, "NextToken"));
	} while (json_is_string(token) && *json_string_value(token));
	*ret = GIVE(all);
	return 0;
}

const char *deploy_tag(const json_t *stack, const char *key)
{
	json_t *tag;
	size_t i;

	json_array_foreach(json_list(stack, "Tags"), i, tag)
		if (str_eq(json_str(tag, "Key"), key))
			return json_str(tag, "Value");
	return NULL;
}

/* What one run of deploy_stack() or deploy_delete() knows. */
struct follow {
	struct cli *cli;
	struct target *target;
	const char *stack;	 /* name, for people */
	char *id;		 /* ARN: stays describable after deletion */
	json_t *seen;		 /* EventId -> true */
	json_t *begun;		 /* logical id -> time stamp of its first event, ms */
	json_t *failures;	 /* array of "Logical: reason" in order */
	json_t *nested;		 /* ARN of a nested stack -> true */
	json_t *services;	 /* service ARN -> logical id */
	json_t *told;		 /* task ARN -> true: its end was printed */
	json_t *stopped;	 /* those tasks, as DescribeTasks has them, with their last log lines */
	int64_t start_ms, next_tasks_ms, next_word_ms, deadline_ms;
	int64_t silent_since;	 /* no answer comes; 0: they come */
	char *token;		 /* of the request, so that it counts once however often it is sent */
	const json_t *findings;	 /* borrowed; NULL: no diagnosis */
	json_t *explained;	 /* service ARN -> true: its first stopped task was diagnosed */
	json_t *evidence;	 /* of then: a rollback takes it away */
	json_t *causes_told;	 /* fault -> true */
	int64_t news_ms;
	size_t resources;
};

static void follow_free(struct follow *f)
{
	free(f->id);
	free(f->token);
	json_decref(f->seen);
	json_decref(f->begun);
	json_decref(f->failures);
	json_decref(f->nested);
	json_decref(f->services);
	json_decref(f->told);
	json_decref(f->stopped);
	json_decref(f->explained);
	json_decref(f->evidence);
	json_decref(f->causes_told);
}

static void own_drop_follow(struct follow *f)
{
	follow_free(f);
}

char *deploy_token(void)
{
	uint8_t bytes[16];
	OWN(str) char *hex = NULL;

	while (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		continue;
	hex = hex_encode(bytes, sizeof(bytes));
	return str_printf("mpcup-%s", hex);
}

static void follow_init(struct follow *f, struct cli *cli, struct target *t, const char *stack)
{
	*f = (struct follow){ .cli = cli, .target = t, .stack = stack };
	f->seen = json_object();
	f->begun = json_object();
	f->failures = json_array();
	f->nested = json_object();
	f->services = json_object();
	f->told = json_object();
	f->stopped = json_array();
	f->start_ms = deploy_now_ms();
	f->next_word_ms = f->start_ms + WORD_MS;
	f->token = deploy_token();
	f->explained = json_object();
	f->causes_told = json_object();
	f->news_ms = f->start_ms;
}

static bool is_final(const char *status)
{
	return !str_ends(status, "_IN_PROGRESS");
}

static bool is_failure(const char *status)
{
	return strstr(status, "FAILED") != NULL;
}

static void print_event(struct follow *f, const json_t *event, int64_t took_ms)
{
	const char *status = json_str_or(event, "ResourceStatus", "");
	const char *reason = json_str(event, "ResourceStatusReason");
	const char *paint = is_failure(status) ? "red" : "green";

	(void)printf("  %s%-16s%s %6.2f s  %-38s %s\n", cli_paint(f->cli, paint), status,
		     cli_paint(f->cli, "off"), (double)took_ms / 1000,
		     json_str_or(event, "ResourceType", ""),
		     json_str_or(event, "LogicalResourceId", ""));
	if (is_failure(status) && reason && *reason)
		(void)printf("      %s%s%s\n", cli_paint(f->cli, "red"), reason,
			     cli_paint(f->cli, "off"));
	(void)fflush(stdout);
}

static void note_failure(struct follow *f, const json_t *event)
{
	const char *reason = json_str_or(event, "ResourceStatusReason", "");
	OWN(str) char *line = NULL;

	if (strstr(reason, "cancelled"))
		return;
	line = str_printf("%s (%s): %s", json_str_or(event, "LogicalResourceId", "?"),
			  json_str_or(event, "ResourceType", "?"), reason);
	json_add_str(f->failures, line);
}

static void note_nested(struct follow *f, const json_t *event)
{
	const char *physical = json_str_or(event, "PhysicalResourceId", "");

	if (*physical && str_eq(json_str(event, "ResourceType"), "AWS::CloudFormation::Stack") &&
	    !str_eq(physical, json_str(event, "StackId")))
		json_set_bool(f->nested, physical, true);
}

/* Why the stack as a whole goes back, when no resource says it: an export in use, for instance. */
static void note_rollback(struct follow *f, const json_t *event)
{
	const char *reason = json_str_or(event, "ResourceStatusReason", "");

	if (str_ends(json_str_or(event, "ResourceStatus", ""), "ROLLBACK_IN_PROGRESS") && *reason &&
	    !str_starts(reason, "The following resource(s) failed") && strcmp(reason, "User Initiated") != 0 &&
	    str_eq(json_str(event, "PhysicalResourceId"), f->id))
		json_add_str(f->failures, reason);
}

/* Its logical id, which another stack of the tree may have too. */
static char *key_of(const struct follow *f, const json_t *event)
{
	const char *logical = json_str_or(event, "LogicalResourceId", "");

	return str_eq(json_str(event, "StackId"), f->id)
		       ? str_dup(logical)
		       : str_printf("%s/%s", json_str_or(event, "StackName", ""), logical);
}

static void take_event(struct follow *f, const json_t *event)
{
	const char *logical = json_str_or(event, "LogicalResourceId", "");
	OWN(str) char *key = key_of(f, event);
	const char *type = json_str_or(event, "ResourceType", "");
	const char *status = json_str_or(event, "ResourceStatus", "");
	const char *physical = json_str(event, "PhysicalResourceId");
	int64_t now = aws_time_parse(json_str_or(event, "Timestamp", ""));

	note_nested(f, event);
	if (!strcmp(type, "AWS::CloudFormation::Stack")) {
		note_rollback(f, event);
		return;
	}
	if (!strcmp(type, "AWS::ECS::Service") && physical && strstr(physical, ":service/"))
		json_set_str(f->services, physical, logical);
	if (!is_final(status)) {
		if (!json_object_get(f->begun, key))
			json_set_int(f->begun, key, now);
		return;
	}
	if (is_failure(status))
		note_failure(f, event);
	f->resources++;
	f->next_word_ms = deploy_now_ms() + WORD_MS;
	if (f->cli->progress)
		print_event(f, event, now - json_int_or(f->begun, key, now));
	json_object_del(f->begun, key);
}

/* Appends the events of a stack, newest first, page by page until one that is in `seen` (may be NULL). */
static int read_events(struct target *t, const char *stack, const json_t *seen, json_t *all,
		       char code[96], struct err *err)
{
	OWN(json) json_t *token = NULL;
	bool known = false;

	do {
		OWN(json) json_t *in = json_pack("{s:s}", "StackName", stack), *out = NULL;
		json_t *event;
		size_t i;

		if (token)
			json_object_set(in, "NextToken", token);
		if (awsclient_call(t->aws, "cloudformation", "DescribeStackEvents", in, &out, code, err) < 0)
			return -1;
		json_array_foreach(json_list(out, "StackEvents"), i, event) {
			known = json_object_get(seen, json_str_or(event, "EventId", "")) != NULL;
			if (known)
				break;
			json_array_append(all, event);
		}
		json_decref(token);
		token = json_incref(json_object_get(out, "NextToken"));
	} while (json_is_string(token) && *json_string_value(token) && !known);
	return 0;
}

int deploy_events(struct target *t, const char *stack, json_t **ret, struct err *err)
{
	OWN(json) json_t *all = json_array();
	char code[96];

	if (read_events(t, stack, NULL, all, code, err) < 0)
		return -1;
	*ret = GIVE(all);
	return 0;
}

/* Takes the events that are new, oldest first. silent: they belong to earlier operations. */
static int take_events_of(struct follow *f, const char *stack, bool silent, char code[96],
			  struct err *err)
{
	OWN(json) json_t *fresh = json_array();

	if (read_events(f->target, stack, f->seen, fresh, code, err) < 0)
		return -1;
	if (json_array_size(fresh))
		f->news_ms = deploy_now_ms();
	for (size_t i = json_array_size(fresh); i-- > 0;) {
		const json_t *event = json_array_get(fresh, i);

		json_set_bool(f->seen, json_str_or(event, "EventId", ""), true);
		if (silent)
			note_nested(f, event);
		else
			take_event(f, event);
	}
	return 0;
}

/* A nested stack that is found on the way has its turn in the same call. */
static int take_events(struct follow *f, bool silent, char code[96], struct err *err)
{
	OWN(json) json_t *done = json_object();
	const char *id;
	json_t *unused;

	if (take_events_of(f, f->id, silent, code, err) < 0)
		return -1;
	for (bool more = true; more;) {
		OWN(json) json_t *now = json_copy(f->nested);

		more = false;
		json_object_foreach(now, id, unused) {
			if (json_object_get(done, id))
				continue;
			more = true;
			json_set_bool(done, id, true);
			if (take_events_of(f, id, silent, code, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* The diagnosis as of now; NULL: none was asked for, or it cannot be made. The caller's. */
static json_t *diagnose_now(struct follow *f)
{
	OWN(json) json_t *evidence = NULL;
	json_t *diagnosis = NULL;

	if (!f->findings || evidence_gather(f->target, f->id, true, &evidence, NULL) != 0)
		return NULL;
	evidence_complete(evidence, f->evidence);
	json_decref(f->evidence);
	f->evidence = GIVE(evidence);
	return diagnosis_make(f->evidence, f->findings, &diagnosis, NULL) == 0 ? diagnosis : NULL;
}

static void tell_causes(struct follow *f)
{
	OWN(json) json_t *diagnosis = diagnose_now(f);

	if (f->cli->progress)
		diagnosis_tell(f->cli, diagnosis, f->causes_told);
}

/* Says what tasks died of while the stack still waits: the evidence that a rollback erases. */
static void tell_stopped(struct follow *f)
{
	const char *service;
	json_t *logical;
	bool first = false;

	json_object_foreach(f->services, service, logical) {
		OWN(json) json_t *stopped = ecs_view_stopped(f->target, service, f->told);
		json_t *task;
		size_t i;

		json_array_foreach(stopped, i, task) {
			json_set_bool(f->told, json_str_or(task, "taskArn", ""), true);
			json_array_append(f->stopped, task);
			if (f->cli->progress)
				ecs_view_print_stopped(f->cli, json_string_value(logical), task);
		}
		if (json_array_size(stopped) && !json_object_get(f->explained, service)) {
			json_set_bool(f->explained, service, true);
			first = true;
		}
	}
	if (first)
		tell_causes(f);
}

/* Many services here: most of the time is left to them. */
static void look_at_tasks(struct follow *f)
{
	int64_t began = deploy_now_ms(), pause;

	tell_stopped(f);
	pause = 3 * (deploy_now_ms() - began);
	if (!f->target->local)
		pause = TASKS_AWS_MS;
	else if (pause < TASKS_LOCAL_MS)
		pause = TASKS_LOCAL_MS;
	f->next_tasks_ms = deploy_now_ms() + pause;
}

/* Whether to go on without an answer: a network that is away for a while does not end what goes on in
 * AWS. A refusal (code) is an answer. */
static bool patient(struct follow *f, const char *code, struct err *err)
{
	int64_t now = deploy_now_ms();

	if (f->target->local || *code || err->code != ERR_REMOTE)
		return false;
	if (!f->silent_since) {
		f->silent_since = now;
		(void)fprintf(stderr, "mpcup: no answer (%s); what goes on there goes on, asking again\n", err->text);
	}
	if (now - f->silent_since > SILENCE_MOST_MS)
		return false;
	*err = (struct err){ 0 };
	return true;
}

/* One look. 0: *ret is the description; 1: the stack is gone; 2: no answer came; -1: err. */
enum { LOOK_GONE = 1, LOOK_SILENT = 2 };
static int look(struct follow *f, json_t **ret, struct err *err)
{
	OWN(json) json_t *stack = NULL;
	char code[96] = "";
	/* the description first: events that come after it are seen in the next round */
	int rc = describe(f->target, f->id, &stack, code, err);

	if (rc < 0 || (rc == 0 && take_events(f, false, code, err) < 0))
		return patient(f, code, err) ? LOOK_SILENT : -1;
	f->silent_since = 0;
	*ret = GIVE(stack);
	return rc > 0 ? LOOK_GONE : 0;
}

/* What is awaited, when nothing has been said for long. */
static void tell_waiting(struct follow *f)
{
	OWN(buf) struct buf names = { 0 };
	int64_t now = deploy_now_ms();
	size_t count = 0;
	const char *name;
	json_t *unused;

	if (!f->cli->progress || now < f->next_word_ms)
		return;
	f->next_word_ms = now + WORD_MS;
	json_object_foreach(f->begun, name, unused)
		if (count++ < 4)
			buf_printf(&names, "%s%s", names.len ? ", " : "", name);
	if (count > 4)
		buf_printf(&names, " and %zu more", count - 4);
	(void)printf("  %.0f s: %zu resources done, in progress: %s\n", (double)(now - f->start_ms) / 1000,
		     f->resources, names.len ? names.data : "the stack itself");
	(void)fflush(stdout);
}

static bool time_is_up(struct follow *f, const char *status)
{
	if (!f->deadline_ms || deploy_now_ms() < f->deadline_ms)
		return false;
	(void)fflush(stdout);
	(void)fprintf(stderr,
		      "mpcup: stack %s is still in %s; the time of --timeout is up. It goes on: mpcup up "
		      "follows it again, mpcup events shows it\n",
		      f->stack, status);
	return true;
}

/* Follows until the stack is in an end state. 0: *ret is the last description, the caller's; 1: the
 * time is up (said). */
static int follow(struct follow *f, json_t **ret, struct err *err)
{
	for (;;) {
		OWN(json) json_t *stack = NULL;
		int rc = look(f, &stack, err);

		if (rc < 0)
			return -1;
		if (deploy_now_ms() >= f->next_tasks_ms && rc != LOOK_SILENT)
			look_at_tasks(f);
		if (deploy_now_ms() - f->news_ms > STALL_MS && rc != LOOK_SILENT) {
			tell_causes(f);
			f->news_ms = deploy_now_ms();
		}
		if (rc == LOOK_GONE || (rc == 0 && is_final(json_str_or(stack, "StackStatus", "")))) {
			*ret = GIVE(stack);
			return 0;
		}
		if (time_is_up(f, json_str_or(stack, "StackStatus", "progress")))
			return 1;
		tell_waiting(f);
		target_pause(f->target);
	}
}

static int delete_now(struct follow *f, struct err *err)
{
	OWN(str) char *token = deploy_token();
	OWN(json) json_t *in = json_pack("{s:s,s:s}", "StackName", f->id, "ClientRequestToken", token);
	OWN(json) json_t *last = NULL;
	const char *status;
	char code[96];
	int rc;

	for (unsigned sent = 1;; sent++) {
		if (awsclient_call(f->target->aws, "cloudformation", "DeleteStack", in, NULL, code, err) == 0)
			break;
		/* deleting what is being deleted changes nothing */
		if (sent > LOST_MOST || !patient(f, code, err))
			return -1;
		target_pause(f->target);
	}
	rc = follow(f, &last, err);
	if (rc)
		return rc;
	status = json_str_or(last, "StackStatus", "DELETE_COMPLETE");
	if (!strcmp(status, "DELETE_COMPLETE"))
		return 0;
	(void)fprintf(stderr, "mpcup: stack %s is in %s: %s\n", f->stack, status,
		      json_str_or(last, "StackStatusReason", "see mpcup events"));
	return 1;
}

int deploy_delete(struct cli *cli, struct target *t, const char *stack, struct err *err)
{
	struct follow f __attribute__((cleanup(own_drop_follow)));
	OWN(json) json_t *before = NULL;
	char code[96];
	int rc = deploy_describe(t, stack, &before, err);

	follow_init(&f, cli, t, stack);
	if (rc)
		return rc < 0 ? -1 : 0;
	f.id = str_dup(json_str_or(before, "StackId", stack));
	if (take_events(&f, true, code, err) < 0)
		return -1;
	return delete_now(&f, err);
}

/* Outcomes of request() beside 0: the stack is as asked for; somebody else works on it; nobody knows
 * whether it arrived. */
enum { REQUEST_NOTHING = 1, REQUEST_BUSY = 2, REQUEST_LOST = 3, REQUEST_LATE = 4 };

static int request(struct follow *f, const struct deployment *d, const char *action,
		   struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s,s:[s,s,s]}", "StackName", d->stack, "Capabilities",
					 "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND");
	OWN(json) json_t *out = NULL;
	char code[96];

	json_set_str(in, "ClientRequestToken", f->token);
	if (d->parameters && json_array_size(d->parameters))
		json_object_set(in, "Parameters", (json_t *)(uintptr_t)d->parameters);
	if (d->tags && json_array_size(d->tags))
		json_object_set(in, "Tags", (json_t *)(uintptr_t)d->tags);
	if (d->no_rollback)
		json_set_str(in, "DisableRollback", "true");
	if (deploy_template(f->target, d, in, err) < 0)
		return -1;
	if (awsclient_call(f->target->aws, "cloudformation", action, in, &out, code, err) < 0) {
		int rc = -1;

		if (strstr(err->text, "No updates are to be performed"))
			rc = REQUEST_NOTHING;
		else if (!strcmp(code, "AlreadyExistsException") || strstr(err->text, "_IN_PROGRESS state"))
			rc = REQUEST_BUSY;
		else if (patient(f, code, err))
			rc = REQUEST_LOST;
		if (rc > 0)
			*err = (struct err){ 0 };
		return rc;
	}
	free(f->id);
	f->id = str_dup(json_str_or(out, "StackId", d->stack));
	return 0;
}

static bool must_go_first(const char *status)
{
	static const char *const dead[] = { "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED",
					    "DELETE_FAILED", "REVIEW_IN_PROGRESS" };

	for (size_t i = 0; i < sizeof(dead) / sizeof(dead[0]); i++)
		if (!strcmp(status, dead[i]))
			return true;
	return false;
}

/* On AWS it is said whatever the options: a deletion follows perhaps. */
static void say_earlier(const struct follow *f, const char *status, const char *what)
{
	if (!f->cli->progress && f->target->local)
		return;
	(void)fprintf(f->cli->progress ? stdout : stderr, "Stack %s is in %s from an earlier run; %s.\n",
		      f->stack, status, what);
	(void)fflush(stdout);
}

/* Brings a stack that an earlier run left behind into a state that can be worked on. *ret_exists:
 * it is there and can be updated. */
static int settle_earlier(struct follow *f, bool *ret_exists, struct err *err)
{
	OWN(json) json_t *stack = NULL;
	char code[96];
	int rc = deploy_describe(f->target, f->stack, &stack, err);
	const char *status;

	*ret_exists = false;
	if (rc)
		return rc < 0 ? -1 : 0;
	free(f->id);
	f->id = str_dup(json_str_or(stack, "StackId", f->stack));
	if (take_events(f, true, code, err) < 0)
		return -1;
	status = json_str_or(stack, "StackStatus", "");
	if (!is_final(status) && strcmp(status, "REVIEW_IN_PROGRESS")) {
		OWN(json) json_t *last = NULL;

		say_earlier(f, status, "following it");
		rc = follow(f, &last, err);
		if (rc)
			return rc < 0 ? -1 : REQUEST_LATE;
		return settle_earlier(f, ret_exists, err);
	}
	if (!strcmp(status, "UPDATE_ROLLBACK_FAILED"))
		return err_set(err, ERR_REMOTE,
			       "stack %s is in UPDATE_ROLLBACK_FAILED: the way back to the earlier state is "
			       "blocked, and nothing can be deployed before. Mend what the failed resources "
			       "name (mpcup events), then: aws cloudformation continue-update-rollback "
			       "--stack-name %s; or give it up with mpcup down",
			       f->stack, f->stack);
	if (must_go_first(status)) {
		say_earlier(f, status, "deleting it first");
		rc = delete_now(f, err);
		return rc > 0 ? err_set(err, ERR_REMOTE, "stack %s cannot be deleted", f->stack) : rc;
	}
	*ret_exists = true;
	return 0;
}

static void print_failure(struct follow *f, const json_t *stack, const json_t *diagnosis)
{
	json_t *line;
	size_t i;

	(void)fflush(stdout);
	(void)fprintf(stderr, "mpcup: stack %s failed: %s\n", f->stack,
		      json_str_or(stack, "StackStatus", "gone"));
	json_array_foreach(f->failures, i, line)
		(void)fprintf(stderr, "  %s\n", json_string_value(line));
	if (!diagnosis || f->cli->json)
		return;
	(void)fputc('\n', stderr);
	diagnosis_print(f->cli, stderr, diagnosis, f->evidence);
}

/* After a request without an answer. 0: it arrived, f->id is the stack; 1: it did not, or not visibly. */
static int find_lost(struct follow *f, bool existed, struct err *err)
{
	for (;;) {
		OWN(json) json_t *stack = NULL;
		char code[96];
		int rc = describe(f->target, f->stack, &stack, code, err);

		if (rc < 0 && !patient(f, code, err))
			return -1;
		if (rc >= 0) {
			f->silent_since = 0;
			if (rc > 0 || (existed && is_final(json_str_or(stack, "StackStatus", ""))))
				return 1;
			free(f->id);
			f->id = str_dup(json_str_or(stack, "StackId", f->stack));
			return 0;
		}
		target_pause(f->target);
	}
}

/* Asks for the stack once, however often it takes. 0, REQUEST_NOTHING, REQUEST_LATE (said), -1. */
static int ask_for(struct follow *f, const struct deployment *d, struct err *err)
{
	for (unsigned lost = 0;;) {
		bool exists;
		int rc = settle_earlier(f, &exists, err);

		if (rc)
			return rc;
		if (f->cli->progress)
			(void)printf("%sStack %s%s: %s\n", cli_paint(f->cli, "bold"), f->stack,
				     cli_paint(f->cli, "off"), exists ? "update" : "create");
		rc = request(f, d, exists ? "UpdateStack" : "CreateStack", err);
		if (rc == REQUEST_LOST) {
			rc = find_lost(f, exists, err);
			if (rc > 0 && ++lost > LOST_MOST)
				return err_set(err, ERR_REMOTE, "stack %s: %u requests, and none was answered",
					       f->stack, lost);
			if (rc > 0)
				continue; /* with the same token */
		}
		if (rc != REQUEST_BUSY)
			return rc;
		free(f->token);
		f->token = deploy_token();
	}
}

int deploy_stack(struct cli *cli, struct target *t, const struct deployment *d, json_t **ret_stack,
		 struct err *err)
{
	struct follow f __attribute__((cleanup(own_drop_follow)));
	OWN(json) json_t *stack = NULL, *diagnosis = NULL;
	const char *status;
	int rc, followed;

	follow_init(&f, cli, t, d->stack);
	f.findings = d->findings;
	f.deadline_ms = d->deadline_ms;
	rc = ask_for(&f, d, err);
	if (rc < 0 || rc == REQUEST_LATE)
		return rc < 0 ? -1 : 1;
	followed = follow(&f, &stack, err);
	if (followed)
		return followed;
	status = json_str_or(stack, "StackStatus", "DELETE_COMPLETE");
	if (!strcmp(status, "CREATE_COMPLETE") || !strcmp(status, "UPDATE_COMPLETE") ||
	    rc == REQUEST_NOTHING) {
		if (cli->progress)
			(void)printf("%s%s%s in %.2f s%s\n", cli_paint(cli, "green"), status,
				     cli_paint(cli, "off"),
				     (double)(deploy_now_ms() - f.start_ms) / 1000,
				     rc == REQUEST_NOTHING ? " (nothing to change)" : "");
		if (ret_stack)
			*ret_stack = GIVE(stack);
		return 0;
	}
	tell_stopped(&f);
	diagnosis = diagnose_now(&f);
	print_failure(&f, stack, diagnosis);
	if (ret_stack && stack) {
		if (diagnosis)
			json_object_set(stack, "diagnosis", diagnosis);
		json_object_set(stack, "failures", f.failures);
		json_object_set(stack, "stoppedTasks", f.stopped);
		*ret_stack = GIVE(stack);
	}
	return 1;
}
