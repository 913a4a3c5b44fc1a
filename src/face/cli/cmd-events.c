/* mpcup events: what CloudFormation and ECS said, in one order of time. */
#include <string.h>

#include "core/aws/aws.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"
#include "face/cli/evidence.h"
#include "face/cli/network-view.h"
#include "face/cli/target.h"

static int add_stack_events(struct target *t, const char *stack, json_t *all, struct err *err)
{
	OWN(json) json_t *events = NULL;
	json_t *event;
	size_t i;

	if (deploy_events(t, stack, &events, err) < 0)
		return -1;
	json_array_foreach(events, i, event)
		json_set_int(event, "timestampMs", aws_time_parse(json_str_or(event, "Timestamp", "")));
	json_array_extend(all, events);
	return 0;
}

/* Those of the stacks nested in it too, as far as they are there. */
static int add_all_events(struct target *t, const char *stack, json_t *all, struct err *err)
{
	OWN(json) json_t *resources = NULL, *nested = NULL;
	json_t *id;
	size_t i;

	if (add_stack_events(t, stack, all, err) < 0)
		return -1;
	if (ecs_view_resources(t, stack, &resources, NULL) < 0)
		return 0;
	nested = ecs_view_nested(resources);
	json_array_foreach(nested, i, id)
		if (add_stack_events(t, json_string_value(id), all, err) < 0)
			return -1;
	return 0;
}

/* Service events and stopped tasks beside the stack's own. */
static void add_ecs(struct target *t, const char *stack, json_t *all)
{
	OWN(json) json_t *services = NULL;
	json_t *service, *event, *task;
	size_t i, k;

	if (ecs_view_services(t, stack, &services, NULL) < 0)
		return;
	json_array_foreach(services, i, service) {
		OWN(json) json_t *stopped =
			ecs_view_stopped(t, json_str_or(service, "serviceArn", ""), NULL);

		json_array_foreach(json_path(service, "service.events"), k, event) {
			json_set_int(event, "timestampMs",
				     (json_int_t)(json_number_value(json_object_get(event, "createdAt")) * 1000));
			json_set_str(event, "serviceName", json_str(service, "name"));
			json_array_append(all, event);
		}
		json_array_foreach(stopped, k, task) {
			json_set_int(task, "timestampMs",
				     (json_int_t)(json_number_value(json_object_get(task, "stoppedAt")) * 1000));
			json_set_str(task, "serviceName", json_str(service, "name"));
			json_array_append(all, task);
		}
	}
}

static json_t *sorted(const json_t *all)
{
	json_t *out = json_array(), *one;
	size_t i;

	/* the lists come nearly in order: insertion from the back is cheap */
	json_array_foreach(all, i, one) {
		json_int_t at = json_int_or(one, "timestampMs", 0);
		size_t place = json_array_size(out);

		while (place > 0 &&
		       json_int_or(json_array_get(out, place - 1), "timestampMs", 0) > at)
			place--;
		json_array_insert(out, place, one);
	}
	return out;
}

static json_t *reversed(const json_t *all)
{
	json_t *out = json_array();

	for (size_t i = json_array_size(all); i-- > 0;)
		json_array_append(out, json_array_get(all, i));
	return out;
}

static void print_one(struct cli *cli, const json_t *e)
{
	OWN(str) char *time = aws_time_iso(json_int_or(e, "timestampMs", 0));
	const char *status = json_str(e, "ResourceStatus");
	const char *reason = json_str_or(e, "ResourceStatusReason", "");

	(void)printf("%s  ", time);
	if (status) {
		bool bad = strstr(status, "FAILED") || strstr(status, "ROLLBACK");

		(void)printf("%s%-20s%s %-34s %s%s%s\n", cli_paint(cli, bad ? "red" : "green"), status,
			     cli_paint(cli, "off"), json_str_or(e, "ResourceType", ""),
			     json_str_or(e, "LogicalResourceId", ""), *reason ? "\n    " : "", reason);
	} else if (json_str(e, "message")) {
		(void)printf("%s\n", json_str(e, "message"));
	} else {
		(void)printf("%sSTOPPED%s %s %s: %s: %s\n", cli_paint(cli, "red"), cli_paint(cli, "off"),
			     json_str_or(e, "serviceName", ""), json_str_or(e, "taskArn", ""),
			     json_str_or(e, "stopCode", ""), json_str_or(e, "stoppedReason", ""));
	}
}

static int save(struct cli *cli, struct target *t, const char *stack, struct err *err)
{
	const char *path = cli_option(cli, "save");
	OWN(json) json_t *evidence = NULL;
	int rc = evidence_gather(t, stack, true, &evidence, err);

	if (rc > 0)
		return err_set(err, ERR_SYS, "Stack with id %s does not exist", stack);
	if (rc == 0)
		evidence_live(t, evidence);
	if (rc < 0 || evidence_save(path, evidence, err) < 0)
		return -1;
	if (cli->json) {
		OWN(json) json_t *saved = json_pack("{s:s}", "file", path);

		cli_print_json(saved);
	} else if (!cli->quiet)
		(void)fprintf(stderr, "Saved in %s; mpcup diagnose --from %s reads it.\n", path, path);
	return CLI_OK;
}

static int run_events(struct cli *cli, struct err *err)
{
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	OWN(str) char *stack = NULL;
	OWN(json) json_t *all = json_array(), *oldest_first = NULL, *in_order = NULL;
	json_t *one;
	size_t i;

	if (target_open(cli, false, &t, err) < 0 || network_view_stack(cli, &t, &stack, err) < 0)
		return -1;
	if (cli_option(cli, "save"))
		return save(cli, &t, stack, err);
	if (add_all_events(&t, stack, all, err) < 0)
		return -1;
	add_ecs(&t, stack, all);
	oldest_first = reversed(all);
	in_order = sorted(oldest_first);
	if (cli->json)
		cli_print_json(in_order);
	else
		json_array_foreach(in_order, i, one)
			print_one(cli, one);
	return CLI_OK;
}

static const struct cli_option events_options[] = {
	{ .name = "stack", .value = "NAME", .help = "the stack (default: network.yaml's, or the only one)" },
	{ .name = "save", .value = "FILE",
	  .help = "write all there is to know for mpcup diagnose --from, without secret values" },
	TARGET_OPTIONS,
	{ 0 },
};
const struct command command_events = {
	.name = "events",
	.help = "show the events of the stack, its services and its stopped tasks in order of time",
	.examples = "  mpcup events\n  mpcup events --stack mpc --json\n  mpcup events --save evidence.json",
	.options = events_options,
	.run = run_events,
};
