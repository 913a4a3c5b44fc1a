/* Create, update or take over a stack, and follow its events. The order of things is that of the CDK:
 * a stack in ROLLBACK_COMPLETE is deleted first, one in progress is followed, one that is there is
 * updated, and "no updates" is success. */
#include "face/cli/deploy.h"

#include <string.h>
#include <time.h>

#include "core/aws/aws.h"
#include "face/cli/cli-internal.h"
#include "face/cli/diagnosis.h"
#include "face/cli/ecs-view.h"
#include "face/cli/evidence.h"

#define FOLLOW_MS 60u /* between two looks at the local cloud */
#define STALL_MS 20000 /* without an event: time to say what it waits for */

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

int deploy_describe(struct target *t, const char *stack, json_t **ret, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "StackName", stack), *out = NULL;
	struct err why = { 0 };
	char code[96];
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
	json_t *services;	 /* service ARN -> logical id */
	json_t *told;		 /* task ARN -> true: its end was printed */
	json_t *stopped;	 /* those tasks, as DescribeTasks has them, with their last log lines */
	const json_t *findings;	 /* borrowed; NULL: no diagnosis */
	json_t *explained;	 /* service ARN -> true: its first stopped task was diagnosed */
	json_t *evidence;	 /* of then: a rollback takes it away */
	json_t *causes_told;	 /* fault -> true */
	int64_t start_ms, next_tasks_ms, news_ms;
	size_t resources;
};

static void follow_free(struct follow *f)
{
	free(f->id);
	json_decref(f->seen);
	json_decref(f->begun);
	json_decref(f->failures);
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

static void follow_init(struct follow *f, struct cli *cli, struct target *t, const char *stack)
{
	*f = (struct follow){ .cli = cli, .target = t, .stack = stack };
	f->seen = json_object();
	f->begun = json_object();
	f->failures = json_array();
	f->services = json_object();
	f->told = json_object();
	f->stopped = json_array();
	f->explained = json_object();
	f->causes_told = json_object();
	f->start_ms = f->news_ms = deploy_now_ms();
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

static void take_event(struct follow *f, const json_t *event)
{
	const char *logical = json_str_or(event, "LogicalResourceId", "");
	const char *type = json_str_or(event, "ResourceType", "");
	const char *status = json_str_or(event, "ResourceStatus", "");
	const char *physical = json_str(event, "PhysicalResourceId");
	int64_t now = aws_time_parse(json_str_or(event, "Timestamp", ""));

	if (!strcmp(type, "AWS::CloudFormation::Stack"))
		return;
	if (!strcmp(type, "AWS::ECS::Service") && physical && strstr(physical, ":service/"))
		json_set_str(f->services, physical, logical);
	if (!is_final(status)) {
		if (!json_object_get(f->begun, logical))
			json_set_int(f->begun, logical, now);
		return;
	}
	if (is_failure(status))
		note_failure(f, event);
	f->resources++;
	if (f->cli->progress)
		print_event(f, event, now - json_int_or(f->begun, logical, now));
	json_object_del(f->begun, logical);
}

/* Appends the events of a stack, newest first, page by page until one that is in `seen` (may be NULL). */
static int read_events(struct target *t, const char *stack, const json_t *seen, json_t *all,
		       struct err *err)
{
	OWN(json) json_t *token = NULL;
	bool known = false;

	do {
		OWN(json) json_t *in = json_pack("{s:s}", "StackName", stack), *out = NULL;
		json_t *event;
		size_t i;

		if (token)
			json_object_set(in, "NextToken", token);
		if (awsclient_call(t->aws, "cloudformation", "DescribeStackEvents", in, &out, NULL, err) < 0)
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

	if (read_events(t, stack, NULL, all, err) < 0)
		return -1;
	*ret = GIVE(all);
	return 0;
}

/* Takes the events that are new, oldest first. silent: they belong to earlier operations. */
static int take_events(struct follow *f, bool silent, struct err *err)
{
	OWN(json) json_t *fresh = json_array();

	if (read_events(f->target, f->id, f->seen, fresh, err) < 0)
		return -1;
	if (json_array_size(fresh))
		f->news_ms = deploy_now_ms();
	for (size_t i = json_array_size(fresh); i-- > 0;) {
		const json_t *event = json_array_get(fresh, i);

		json_set_bool(f->seen, json_str_or(event, "EventId", ""), true);
		if (!silent)
			take_event(f, event);
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

/* Follows until the stack is in an end state. 0: *ret is the last description, the caller's. */
static int follow(struct follow *f, json_t **ret, struct err *err)
{
	for (;;) {
		OWN(json) json_t *stack = NULL;
		int rc;

		/* the description first: events that come after it are seen in the next round */
		rc = deploy_describe(f->target, f->id, &stack, err);
		if (rc < 0 || (rc == 0 && take_events(f, false, err) < 0))
			return -1;
		if (deploy_now_ms() >= f->next_tasks_ms) {
			tell_stopped(f);
			f->next_tasks_ms = deploy_now_ms() + 200;
		}
		if (deploy_now_ms() - f->news_ms > STALL_MS) {
			tell_causes(f);
			f->news_ms = deploy_now_ms();
		}
		if (rc > 0 || is_final(json_str_or(stack, "StackStatus", ""))) {
			*ret = rc > 0 ? NULL : GIVE(stack);
			return 0;
		}
		deploy_pause_ms(FOLLOW_MS);
	}
}

static int delete_now(struct follow *f, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "StackName", f->id), *last = NULL;
	const char *status;

	if (awsclient_call(f->target->aws, "cloudformation", "DeleteStack", in, NULL, NULL, err) < 0 ||
	    follow(f, &last, err) < 0)
		return -1;
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
	int rc = deploy_describe(t, stack, &before, err);

	follow_init(&f, cli, t, stack);
	if (rc)
		return rc < 0 ? -1 : 0;
	f.id = str_dup(json_str_or(before, "StackId", stack));
	if (take_events(&f, true, err) < 0)
		return -1;
	return delete_now(&f, err);
}

/* Templates above 51,200 bytes only travel through S3. The key is the content's hash. */
static int put_template(struct target *t, const struct deployment *d, json_t *in, struct err *err)
{
	OWN(str) char *hex = NULL, *key = NULL, *url = NULL;

	if (d->template_len <= 51200) {
		json_object_set_new(in, "TemplateBody",
				    json_stringn(d->template_text, d->template_len));
		if (!json_object_get(in, "TemplateBody"))
			return err_set(err, ERR_INPUT, "the template is not UTF-8 text");
		return 0;
	}
	hex = aws_sha256_hex(d->template_text, d->template_len);
	key = str_printf("%s.template", hex);
	if (awsclient_s3_put(t->aws, "mpcup-templates-000000000000-us-east-1", key, d->template_text,
			     d->template_len, &url, err) < 0)
		return err_in(err, "upload of the template");
	json_set_str(in, "TemplateURL", url);
	return 0;
}

/* Outcomes of request() beside 0: the stack is as asked for; somebody else works on it. */
enum { REQUEST_NOTHING = 1, REQUEST_BUSY = 2 };

static int request(struct follow *f, const struct deployment *d, const char *action,
		   struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s,s:[s,s]}", "StackName", d->stack, "Capabilities",
					 "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM");
	OWN(json) json_t *out = NULL;
	char code[96];

	if (d->parameters && json_array_size(d->parameters))
		json_object_set(in, "Parameters", (json_t *)(uintptr_t)d->parameters);
	if (d->tags && json_array_size(d->tags))
		json_object_set(in, "Tags", (json_t *)(uintptr_t)d->tags);
	if (d->no_rollback)
		json_set_str(in, "DisableRollback", "true");
	if (put_template(f->target, d, in, err) < 0)
		return -1;
	if (awsclient_call(f->target->aws, "cloudformation", action, in, &out, code, err) < 0) {
		int rc = -1;

		if (strstr(err->text, "No updates are to be performed"))
			rc = REQUEST_NOTHING;
		else if (!strcmp(code, "AlreadyExistsException") || strstr(err->text, "_IN_PROGRESS state"))
			rc = REQUEST_BUSY;
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

/* Brings a stack that an earlier run left behind into a state that can be worked on. *ret_exists:
 * it is there and can be updated. */
static int settle_earlier(struct follow *f, bool *ret_exists, struct err *err)
{
	OWN(json) json_t *stack = NULL;
	int rc = deploy_describe(f->target, f->stack, &stack, err);
	const char *status;

	*ret_exists = false;
	if (rc)
		return rc < 0 ? -1 : 0;
	free(f->id);
	f->id = str_dup(json_str_or(stack, "StackId", f->stack));
	if (take_events(f, true, err) < 0)
		return -1;
	status = json_str_or(stack, "StackStatus", "");
	if (!is_final(status) && strcmp(status, "REVIEW_IN_PROGRESS")) {
		OWN(json) json_t *last = NULL;

		if (f->cli->progress)
			(void)printf("Stack %s is in %s from an earlier run; following it.\n", f->stack,
				     status);
		if (follow(f, &last, err) < 0)
			return -1;
		return settle_earlier(f, ret_exists, err);
	}
	if (must_go_first(status)) {
		if (f->cli->progress)
			(void)printf("Stack %s is in %s from an earlier run; deleting it first.\n",
				     f->stack, status);
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

int deploy_stack(struct cli *cli, struct target *t, const struct deployment *d, json_t **ret_stack,
		 struct err *err)
{
	struct follow f __attribute__((cleanup(own_drop_follow)));
	OWN(json) json_t *stack = NULL, *diagnosis = NULL;
	bool exists;
	const char *status;
	int rc;

	follow_init(&f, cli, t, d->stack);
	f.findings = d->findings;
	do {
		if (settle_earlier(&f, &exists, err) < 0)
			return -1;
		if (cli->progress)
			(void)printf("%sStack %s%s: %s\n", cli_paint(cli, "bold"), d->stack,
				     cli_paint(cli, "off"), exists ? "update" : "create");
		rc = request(&f, d, exists ? "UpdateStack" : "CreateStack", err);
	} while (rc == REQUEST_BUSY);
	if (rc < 0 || follow(&f, &stack, err) < 0)
		return -1;
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
