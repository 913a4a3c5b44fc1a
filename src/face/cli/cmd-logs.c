/* mpcup logs [NODE] [--follow]: the log groups of the stack's tasks. */
#include <signal.h>
#include <string.h>

#include "core/aws/aws.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"
#include "face/cli/network-view.h"
#include "face/cli/node-choice.h"
#include "face/cli/target.h"

/* One log group that is read: its node's name, and what was printed already. */
struct reading {
	const char *name, *group;
	int64_t newest_ms;
	json_t *printed; /* eventId of the newest millisecond's lines -> true */
};

static void print_line(struct cli *cli, const struct reading *r, const json_t *event)
{
	OWN(str) char *time = aws_time_iso(json_int_or(event, "timestamp", 0));

	if (cli->json) {
		OWN(json) json_t *line = json_deep_copy(event);
		OWN(str) char *text = NULL;

		json_set_str(line, "name", r->name);
		json_set_str(line, "logGroupName", r->group);
		text = json_text(line);
		(void)puts(text);
		return;
	}
	(void)printf("%s%s %-8s%s %s\n", cli_paint(cli, "dim"), time, r->name, cli_paint(cli, "off"),
		     json_str_or(event, "message", ""));
}

/* Prints what is new in a group. 0, or -1. */
static int read_group(struct cli *cli, struct target *t, struct reading *r, struct err *err)
{
	OWN(json) json_t *token = NULL;

	do {
		OWN(json) json_t *in =
			json_pack("{s:s,s:I}", "logGroupName", r->group, "startTime", (json_int_t)r->newest_ms);
		OWN(json) json_t *out = NULL;
		json_t *event;
		size_t i;

		if (token)
			json_object_set(in, "nextToken", token);
		if (awsclient_call(t->aws, "logs", "FilterLogEvents", in, &out, NULL, err) < 0)
			return -1;
		json_array_foreach(json_list(out, "events"), i, event) {
			const char *id = json_str_or(event, "eventId", "");
			int64_t at = json_int_or(event, "timestamp", 0);

			if (json_object_get(r->printed, id))
				continue;
			if (at > r->newest_ms) {
				json_object_clear(r->printed);
				r->newest_ms = at;
			}
			json_set_bool(r->printed, id, true);
			print_line(cli, r, event);
		}
		json_decref(token);
		token = json_incref(json_object_get(out, "nextToken"));
	} while (json_is_string(token));
	(void)fflush(stdout);
	return 0;
}

static int read_all(struct cli *cli, struct target *t, struct reading *readings, size_t count,
		    struct err *err)
{
	do {
		for (size_t i = 0; i < count; i++)
			if (read_group(cli, t, &readings[i], err) < 0)
				return -1;
		if (cli_flag(cli, "follow"))
			target_pause(t);
	} while (cli_flag(cli, "follow") && !ferror(stdout));
	return CLI_OK;
}

static void add_reading(struct reading **readings, size_t *count, const json_t *service)
{
	const char *group = json_str(service, "logGroup");

	for (size_t i = 0; i < *count; i++)
		if (str_eq((*readings)[i].group, group))
			return;
	*readings = mem_grow(*readings, *count + 1, sizeof(**readings));
	(*readings)[(*count)++] = (struct reading){ .name = json_str_or(service, "name", ""),
						    .group = group,
						    .printed = json_object() };
}

static int run_logs(struct cli *cli, struct err *err)
{
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	OWN(str) char *stack = NULL;
	OWN(json) json_t *services = NULL, *chosen = NULL;
	struct node_choice choice = { .names = cli->args, .count = cli->arg_count };
	struct reading *readings = NULL;
	json_t *service;
	size_t i, count = 0;
	int rc;

	if (target_open(cli, false, &t, err) < 0 || network_view_stack(cli, &t, &stack, err) < 0 ||
	    ecs_view_services(&t, stack, &services, err) < 0)
		return -1;
	choice.stack = stack;
	if (choice.count && node_choice(services, &choice, &chosen, err) < 0)
		return -1;
	json_array_foreach(chosen ? chosen : services, i, service)
		if (json_str(service, "logGroup"))
			add_reading(&readings, &count, service);
	if (!count)
		rc = err_set(err, ERR_INPUT, "stack %s has no %s%s with a log group; mpcup status lists them",
			     stack, cli->arg_count ? "node " : "task", cli->arg_count ? cli->args[0] : "");
	else
		rc = read_all(cli, &t, readings, count, err);
	for (i = 0; i < count; i++)
		json_decref(readings[i].printed);
	free(readings);
	return rc;
}

static const struct cli_option logs_options[] = {
	{ .name = "follow", .help = "go on printing new lines until interrupted" },
	{ .name = "stack", .value = "NAME", .help = "the stack (default: network.yaml's, or the only one)" },
	TARGET_OPTIONS,
	{ 0 },
};
const struct command command_logs = {
	.name = "logs",
	.usage = "[NODE]",
	.most = 1,
	.help = "print the log lines of one node or of all",
	.details = "With --json: one object a line, with CloudWatch's members.",
	.examples = "  mpcup logs\n  mpcup logs node-0 --follow",
	.options = logs_options,
	.run = run_logs,
};
