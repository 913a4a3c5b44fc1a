/* mpcup stop-task, restart: what an operator does to a network to see that it stands it. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"
#include "face/cli/network-view.h"
#include "face/cli/node-choice.h"
#include "face/cli/rollout.h"
#include "face/cli/target.h"

static const char stop_reason[] = "Stopped by mpcup stop-task";

/* The target, the services that were named, and the time there is. */
struct drill {
	struct cli *cli;
	struct target target;
	char *stack;
	json_t *services;
	uint64_t seconds;
};
static void own_drop_drill(struct drill *d)
{
	target_close(&d->target);
	free(d->stack);
	json_decref(d->services);
}
#define DRILL __attribute__((cleanup(own_drop_drill))) struct drill

static int take_timeout(struct drill *d, struct err *err)
{
	const char *text = cli_option(d->cli, "timeout");

	d->seconds = str_eq(cli_option(d->cli, "target"), "aws") ? 900 : 60;
	if (text && num_parse_u64(text, 1, 86400, &d->seconds) < 0)
		return err_set(err, ERR_INPUT, "--timeout %s: seconds, 1 to 86400", text);
	return 0;
}

static void on_interrupt(int signal_number)
{
	static const char text[] = "\nmpcup: interrupted; what ECS was asked for goes on, and nodes whose turn had not come are "
				   "as they were: mpcup status shows them\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(128 + signal_number);
}

static int open_drill(struct drill *d, struct err *err)
{
	struct node_choice choice = { .names = d->cli->args,
				      .count = d->cli->arg_count,
				      .all = cli_flag(d->cli, "all") };
	OWN(json) json_t *services = NULL;

	if (target_check(d->cli, err) < 0 || take_timeout(d, err) < 0 ||
	    target_open(d->cli, false, &d->target, err) < 0 ||
	    network_view_stack(d->cli, &d->target, &d->stack, err) < 0 ||
	    ecs_view_services(&d->target, d->stack, &services, err) < 0)
		return -1;
	choice.stack = d->stack;
	if (node_choice(services, &choice, &d->services, err) < 0)
		return -1;
	target_say(d->cli, &d->target);
	(void)signal(SIGINT, on_interrupt);
	return 0;
}

static int64_t deadline_of(const struct drill *d)
{
	return deploy_now_ms() + (int64_t)d->seconds * 1000;
}

/* ---- stop-task ---------------------------------------------------------------------------------------- */

static bool keeps(const struct drill *d)
{
	return cli_flag(d->cli, "keep-stopped");
}

/* Nobody would know later how many tasks a service had. */
static int check_single(const struct drill *d, struct err *err)
{
	json_t *service;
	size_t i;

	json_array_foreach(d->services, i, service) {
		json_int_t desired = json_int_or(json_map(service, "service"), "desiredCount", 1);

		if (keeps(d) && desired > 1)
			return err_set(err, ERR_INPUT,
				       "%s has a desired count of %lld; --keep-stopped is for services of one task, "
				       "because mpcup restart brings one back",
				       json_str_or(service, "name", "?"), (long long)desired);
	}
	return 0;
}

static int stop_one(struct drill *d, const json_t *service, const json_t *task, struct err *err)
{
	OWN(json)
	json_t *in = json_pack("{s:s,s:s,s:s}", "cluster", json_str_or(service, "cluster", ""), "task",
			       json_str_or(task, "taskArn", ""), "reason", stop_reason);

	return awsclient_call(d->target.aws, "ecs", "StopTask", in, NULL, NULL, err);
}

static void add_entry(json_t *entries, const json_t *service, const json_t *task, bool kept)
{
	json_array_append_new(entries,
			      json_pack("{s:s,s:s,s:s,s:s,s:s,s:b}", "name", json_str_or(service, "name", "?"),
					"serviceArn", json_str_or(service, "serviceArn", ""), "clusterArn",
					json_str_or(task, "clusterArn", ""), "taskArn",
					json_str_or(task, "taskArn", ""), "lastStatus",
					json_str_or(task, "lastStatus", "UNKNOWN"), "replaced", !kept));
}

/* With --keep-stopped ECS ends the tasks itself: one that was stopped before would be replaced first. */
static int stop_service(struct drill *d, const json_t *service, json_t *entries, struct err *err)
{
	const char *arn = json_str_or(service, "serviceArn", "");
	OWN(json) json_t *tasks = ecs_view_tasks(&d->target, arn, err);
	json_t *task;
	size_t i;

	if (!tasks || (keeps(d) && rollout_update(&d->target, arn, json_pack("{s:i}", "desiredCount", 0), NULL, err) < 0))
		return -1;
	json_array_foreach(tasks, i, task) {
		if (!keeps(d) && stop_one(d, service, task, err) < 0)
			return -1;
		add_entry(entries, service, task, keeps(d));
		if (d->cli->progress)
			(void)printf("  stopping task %s of %s\n", ecs_view_task_id(task), json_str_or(service, "name", "?"));
	}
	(void)fflush(stdout);
	return 0;
}

/* A task that ECS does not know any more ended long ago. */
static int refresh(struct drill *d, json_t *entry, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s,s:[s]}", "cluster", json_str_or(entry, "clusterArn", ""), "tasks",
					 json_str_or(entry, "taskArn", ""));
	OWN(json) json_t *out = NULL;
	const json_t *task;

	if (awsclient_call(d->target.aws, "ecs", "DescribeTasks", in, &out, NULL, err) < 0)
		return -1;
	task = json_array_get(json_list(out, "tasks"), 0);
	json_set_str(entry, "lastStatus", json_str_or(task, "lastStatus", "STOPPED"));
	json_set_str(entry, "stoppedReason", json_str(task, "stoppedReason"));
	return 0;
}

static bool is_stopped(const json_t *entry)
{
	return str_eq(json_str(entry, "lastStatus"), "STOPPED");
}

/* 0: all have stopped; 1: the time is up (said). */
static int wait_stopped(struct drill *d, json_t *entries, struct err *err)
{
	int64_t deadline = deadline_of(d);
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry) {
		while (refresh(d, entry, err) == 0 && !is_stopped(entry) && deploy_now_ms() < deadline)
			target_pause(&d->target);
		if (err->text[0])
			return -1;
		if (!is_stopped(entry)) {
			(void)fprintf(stderr, "mpcup: the task of %s is still %s; the time of --timeout is up\n",
				      json_str_or(entry, "name", ""), json_str_or(entry, "lastStatus", ""));
			return 1;
		}
	}
	return 0;
}

static bool has_entry(const json_t *entries, const char *name)
{
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
		if (str_eq(json_str(entry, "name"), name))
			return true;
	return false;
}

static void print_end(const struct drill *d, const char *words)
{
	json_t *service;
	size_t i;

	if (!keeps(d)) {
		(void)printf("ECS starts %s (mpcup status%s shows it).\n",
			     json_array_size(d->services) > 1 ? "others in their place" : "another one in its place", words);
		return;
	}
	(void)printf("No other task starts. To bring back: mpcup restart");
	json_array_foreach(d->services, i, service)
		(void)printf(" %s", json_str_or(service, "name", ""));
	(void)printf("%s\n", words);
}

static void print_stopped(const struct drill *d, const json_t *entries)
{
	OWN(str) char *words = target_words(d->cli);
	json_t *one;
	size_t i;

	if (d->cli->json) {
		OWN(json) json_t *result = json_pack("{s:s,s:O}", "stackName", d->stack, "tasks", entries);

		cli_print_json(result);
		return;
	}
	json_array_foreach(entries, i, one)
		(void)printf("%-14s task %s %s%s%s\n", json_str_or(one, "name", ""), ecs_view_task_id(one),
			     json_str_or(one, "lastStatus", ""), json_str(one, "stoppedReason") ? ": " : "",
			     json_str_or(one, "stoppedReason", ""));
	json_array_foreach(d->services, i, one)
		if (!has_entry(entries, json_str_or(one, "name", "")))
			(void)printf("%-14s no task runs\n", json_str_or(one, "name", ""));
	print_end(d, words);
}

static int run_stop_task(struct cli *cli, struct err *err)
{
	DRILL d = { .cli = cli };
	OWN(json) json_t *entries = json_array();
	json_t *service;
	size_t i;
	int rc = 0;

	if (open_drill(&d, err) < 0 || check_single(&d, err) < 0)
		return -1;
	json_array_foreach(d.services, i, service)
		if (stop_service(&d, service, entries, err) < 0)
			return err_in(err, "%s", json_str_or(service, "name", "?"));
	if (!json_array_size(entries) && !keeps(&d))
		return err_set(err, ERR_SYS, "no task runs there, so there is nothing to stop; mpcup status says why");
	if (!cli_flag(cli, "no-wait"))
		rc = wait_stopped(&d, entries, err);
	if (rc < 0)
		return -1;
	print_stopped(&d, entries);
	return rc ? CLI_FAILED : CLI_OK;
}

/* ---- restart ------------------------------------------------------------------------------------------ */

/* One node after the other, so that the rest goes on signing. */
static int restart_all(struct drill *d, struct rollouts *r, struct err *err)
{
	bool wait = !cli_flag(d->cli, "no-wait"), together = cli_flag(d->cli, "at-once");
	size_t i, count = json_array_size(d->services);
	int rc = 0;

	for (i = 0; i < count && !rc; i++) {
		if (rollouts_start(r, json_array_get(d->services, i), err) < 0)
			return -1;
		if (wait && (!together || i + 1 == count))
			rc = rollouts_wait(r, deadline_of(d), err);
	}
	if (rc > 0 && i < count)
		(void)fprintf(stderr, "mpcup: the %zu after it were not restarted\n", count - i);
	return rc;
}

static void print_restarted(const struct drill *d, const struct rollouts *r)
{
	OWN(json) json_t *result = NULL;
	json_t *entry;
	size_t i;

	if (d->cli->json) {
		result = json_pack("{s:s,s:O}", "stackName", d->stack, "services", r->entries);
		cli_print_json(result);
		return;
	}
	json_array_foreach(r->entries, i, entry)
		if (cli_flag(d->cli, "no-wait"))
			(void)printf("%-14s restarts: deployment %s\n", json_str_or(entry, "name", ""),
				     json_str_or(entry, "deploymentId", ""));
}

static int run_restart(struct cli *cli, struct err *err)
{
	DRILL d = { .cli = cli };
	struct rollouts r __attribute__((cleanup(rollouts_free))) = { 0 };
	int rc;

	if (open_drill(&d, err) < 0)
		return -1;
	rollouts_init(&r, cli, &d.target);
	rc = restart_all(&d, &r, err);
	if (rc < 0)
		return -1;
	print_restarted(&d, &r);
	return rc ? CLI_FAILED : CLI_OK;
}

/* ---- rows ----------------------------------------------------------------------------------------------- */

#define DRILL_OPTIONS(wait)                                                                                      \
	{ .name = "all", .help = "every MPC node of the stack" },                                                \
	{ .name = "no-wait", .help = wait },                                                                     \
	{ .name = "timeout", .value = "SECONDS", .help = "how long to wait for each (60; aws: 900)" },           \
	{ .name = "stack", .value = "NAME", .help = "the stack (default: network.yaml's, or the only one)" }

static const struct cli_option stop_options[] = {
	{ .name = "keep-stopped", .help = "set the desired count to 0, so that no other task starts" },
	DRILL_OPTIONS("do not wait until the tasks have stopped"),
	TARGET_OPTIONS,
	{ 0 },
};
static const struct cli_option restart_options[] = {
	{ .name = "at-once", .help = "all at the same time; the network does not sign meanwhile" },
	DRILL_OPTIONS("ask for all of them at once and do not wait"),
	TARGET_OPTIONS,
	{ 0 },
};

const struct command command_stop_task = {
	.name = "stop-task",
	.usage = "NODE... | --all",
	.most = 512,
	.help = "stop the running tasks of nodes, for drills",
	.details = "Says which tasks stopped. ECS starts others in their place, as after a crash. With --keep-stopped\n"
		   "the nodes stay down until mpcup restart: a network with a threshold of 2 in 3 signs without one\n"
		   "of them, and not without two. A node is called by its name, its account or its logical id; a\n"
		   "chain of the stack by the name that mpcup status shows. Exit code 1 when a task has not stopped\n"
		   "in time.",
	.examples = "  mpcup stop-task node-1\n  mpcup stop-task node-1 --keep-stopped\n"
		    "  mpcup stop-task --all --target aws --profile prod --region eu-central-1",
	.options = stop_options,
	.run = run_stop_task,
};
const struct command command_restart = {
	.name = "restart",
	.usage = "NODE... | --all",
	.most = 512,
	.help = "start new tasks for nodes, one node after the other, and wait until they are steady",
	.details = "A new deployment of the service (forceNewDeployment): new tasks read secrets and images again.\n"
		   "Several nodes are restarted one after the other, so that the rest goes on signing; the first that\n"
		   "does not become steady ends the command with exit code 1. Brings back nodes that were stopped\n"
		   "with --keep-stopped, and names tasks that end meanwhile, with their reason and last log lines.",
	.examples = "  mpcup restart node-1\n  mpcup restart --all\n"
		    "  mpcup restart node-0 node-2 --no-wait --target aws --region eu-central-1",
	.options = restart_options,
	.run = run_restart,
};
