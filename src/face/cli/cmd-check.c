/* mpcup check, explain */
#include <stdio.h>
#include <string.h>

#include "core/check/check.h"
#include "core/launch/launch.h"
#include "face/cli/check-lookup.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"

static const char *paint_of(const struct cli *cli, const char *verdict)
{
	return cli_paint(cli, !strcmp(verdict, "FAIL")	 ? "red"
			      : !strcmp(verdict, "PASS") ? "green"
							 : "yellow");
}

static size_t count_of(const json_t *findings, const char *verdict)
{
	size_t i, n = 0;
	json_t *one;

	json_array_foreach(findings, i, one)
		n += str_eq(json_str(one, "verdict"), verdict);
	return n;
}

/* ---- text ---------------------------------------------------------------------------------------
 */

static void print_faults(const json_t *faults)
{
	json_t *one;
	size_t i;

	json_array_foreach(faults, i, one)
		(void)printf("%s%s", i ? ", " : "  ", json_string_value(one));
}

static void print_task(const struct cli *cli, const json_t *task)
{
	json_t *one;
	size_t i;

	(void)printf("%s%s%s\n", cli_paint(cli, "bold"), json_str_or(task, "service", ""),
		     cli_paint(cli, "off"));
	json_array_foreach(json_list(task, "steps"), i, one) {
		const char *verdict = json_str_or(one, "verdict", "");

		(void)printf("  %s%-7s%s  %-13s", paint_of(cli, verdict), verdict,
			     cli_paint(cli, "off"), json_str_or(one, "step", ""));
		print_faults(json_list(one, "faults"));
		(void)putchar('\n');
	}
	(void)putchar('\n');
}

static void print_place(const json_t *place, const char *intro)
{
	const json_t *at = json_map(place, "location");

	/* the account has no lines */
	if (!json_int_or(at, "line", 0) && *json_str_or(place, "path", "/") != '/') {
		(void)printf("  %s%s  %s\n", intro, json_str_or(at, "file", ""),
			     json_str_or(place, "path", ""));
		return;
	}
	(void)printf("  %s%s:%lld:%lld  %s\n", intro, json_str_or(at, "file", ""),
		     (long long)json_int_or(at, "line", 0), (long long)json_int_or(at, "column", 0),
		     json_str_or(place, "path", ""));
}

/* A text of several lines, indented, behind its label. */
static void print_text(const char *label, const char *text)
{
	if (!text)
		return;
	(void)printf("  %s", label);
	for (const char *c = text; *c; c++)
		(void)printf(*c == '\n' ? "\n          " : "%c", *c);
	(void)putchar('\n');
}

static void print_finding(const struct cli *cli, const json_t *f)
{
	const char *verdict = json_str_or(f, "verdict", "");

	(void)printf("%s%s%s %s %s", paint_of(cli, verdict), verdict, cli_paint(cli, "off"),
		     json_str_or(f, "fault", ""), json_str_or(f, "rule", ""));
	if (json_str(f, "service"))
		(void)printf("  (task of %s)", json_str(f, "service"));
	(void)putchar('\n');
	print_place(f, "");
	print_text("cdk:    ", json_str(f, "cdkPath"));
	print_text("", json_str(f, "message"));
	if (json_map(f, "second"))
		print_place(json_map(f, "second"), "see     ");
	print_text("when    ", json_str(f, "assignment"));
	print_text("on AWS: ", json_str(f, "distance"));
	print_text("remedy: ", json_str(f, "remedy"));
	print_text("ask:    ", json_str(f, "lookup"));
	print_text("refused: ", json_str(f, "refused"));
	(void)putchar('\n');
}

static void print_lookups(const json_t *result)
{
	const json_t *made = json_list(result, "lookups");
	size_t open = json_array_size(json_list(result, "questions")), answered = 0, i;
	json_t *one;

	json_array_foreach(made, i, one)
		answered += str_eq(json_str(one, "outcome"), "answered");
	if (made)
		(void)printf("%zu look-up%s: %zu answered, %zu refused\n", json_array_size(made),
			     json_array_size(made) == 1 ? "" : "s", answered,
			     json_array_size(made) - answered);
	else if (open)
		(void)printf("%zu look-up%s would settle more: mpcup check --lookup\n", open,
			     open == 1 ? "" : "s");
}

static void print_result(const struct cli *cli, const json_t *result)
{
	const json_t *findings = json_list(result, "findings"), *tasks = json_list(result, "tasks");
	json_t *one;
	size_t i;

	if (!cli->quiet)
		json_array_foreach(tasks, i, one)
			print_task(cli, one);
	json_array_foreach(findings, i, one)
		if (!cli->quiet || str_eq(json_str(one, "verdict"), "FAIL"))
			print_finding(cli, one);
	if (!cli->quiet)
		(void)printf("%zu tasks: %zu FAIL, %zu WARN, %zu UNKNOWN\n", json_array_size(tasks),
			     count_of(findings, "FAIL"), count_of(findings, "WARN"),
			     count_of(findings, "UNKNOWN"));
	if (!cli->quiet)
		print_lookups(result);
}

/* ---- commands
 * -------------------------------------------------------------------------------------- */

static const char *const profiles[] = { "built-in", "3.1", "current", NULL };

static int take_profile(const struct cli *cli, const char **ret, struct err *err)
{
	const char *profile = cli_option(cli, "profile");

	*ret = profile ? profile : profiles[0];
	for (size_t i = 0; profiles[i]; i++)
		if (!strcmp(profiles[i], *ret))
			return 0;
	return err_set(err, ERR_INPUT, "--profile %s: the profiles are built-in, 3.1 and current",
		       profile);
}

static int run_check(struct cli *cli, struct err *err)
{
	struct plan p __attribute__((cleanup(own_drop_plan))) = { 0 };
	OWN(json) json_t *result = NULL;
	const char *profile;

	if (take_profile(cli, &profile, err) < 0 || plan_preview(cli, &p, err) < 0 ||
	    check_asking(cli, &p, profile, &result, err) < 0) {
		/* what cannot be read is the input's fault here, whatever the reason: exit 2 */
		if (err->code == ERR_SYS || err->code == ERR_LIMIT)
			err->code = ERR_INPUT;
		return -1;
	}
	*err = (struct err){ 0 }; /* of a template that became a finding */
	if (cli->json)
		cli_print_json(result);
	else
		print_result(cli, result);
	return count_of(json_list(result, "findings"), "FAIL") ? CLI_FAILED : CLI_OK;
}

static void explain_row(const struct cli *cli, const struct check_rule *r)
{
	const struct launch_row *rows = launch_rows();
	const char *title = NULL;

	for (int i = 0; i < LAUNCH_STEP_COUNT; i++)
		if (!strcmp(rows[i].name, r->step))
			title = rows[i].title;
	(void)printf("%s%s %s%s\n\n", cli_paint(cli, "bold"), r->id, r->name,
		     cli_paint(cli, "off"));
	print_text("seen:   ", r->symptom);
	print_text("cause:  ", r->cause);
	(void)printf("  step:   %s%s%s%s\n", r->step, title ? " (" : "", title ? title : "",
		     title ? ")" : "");
	print_text("on AWS: ", r->distance);
	print_text("remedy: ", r->remedy);
}

static json_t *rule_json(const struct check_rule *r)
{
	json_t *j = json_object();

	json_set_str(j, "id", r->id);
	json_set_str(j, "name", r->name);
	json_set_str(j, "step", r->step);
	json_set_str(j, "symptom", r->symptom);
	json_set_str(j, "cause", r->cause);
	json_set_str(j, "distance", r->distance);
	json_set_str(j, "remedy", r->remedy);
	return j;
}

static int explain_all(const struct cli *cli)
{
	size_t count;
	const struct check_rule *const *all = check_rules(&count);
	OWN(json) json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (cli->json)
			json_array_append_new(list, rule_json(all[i]));
		else
			(void)printf("%-4s %-40s %s\n", all[i]->id, all[i]->name, all[i]->step);
	if (cli->json)
		cli_print_json(list);
	return CLI_OK;
}

static int run_explain(struct cli *cli, struct err *err)
{
	const struct check_rule *r;
	OWN(json) json_t *j = NULL;

	if (!cli->arg_count)
		return explain_all(cli);
	r = check_rule(cli->args[0]);
	if (!r)
		return err_set(err, ERR_INPUT, "there is no rule '%s'; mpcup explain lists them",
			       cli->args[0]);
	if (cli->json) {
		j = rule_json(r);
		cli_print_json(j);
	} else {
		explain_row(cli, r);
	}
	return CLI_OK;
}

static const struct cli_option check_options[] = {
	{ .name = "params",
	  .value = "FILE",
	  .many = true,
	  .help = "parameter values in the aws CLI's form" },
	{ .name = "param", .value = "K=V", .many = true, .help = "one parameter value" },
	{ .name = "profile",
	  .value = "NAME",
	  .help = "the node image's contract: built-in (default), 3.1 or current" },
	{ .name = "stack", .value = "NAME", .help = "name that the stack has or will have" },
	{ .name = "lookup", .help = "ask AWS, registries and the chain what the templates do not tell" },
	{ .name = "target", .value = "NAME", .help = "where look-ups go: aws (default) or local" },
	{ .name = "region", .value = "NAME", .help = "region of the look-ups (default: $AWS_REGION)" },
	{ .name = "endpoint-url", .value = "URL", .help = "ask this endpoint in place of AWS's own" },
	{ 0 },
};
const struct command command_check = {
	.name = "check",
	.usage = "[network.yaml | TEMPLATE...]",
	.most = 64,
	.help = "prove from the templates that every task will start and the network will "
		"form",
	.details = "Prints the launch sequence of every task with PASS, FAIL or UNKNOWN per step, "
		   "then each finding\n"
		   "with its place, what it would look like on AWS, and the smallest change that "
		   "mends it.\n"
		   "Several templates in one call are one deployment and import from each other. "
		   "Nothing is\n"
		   "deployed or made. UNKNOWN: the templates alone do not tell; the look-up that "
		   "would is named,\n"
		   "and --lookup makes it, with AWS's read-only actions alone. Secrets it reads are "
		   "judged, never\n"
		   "shown or kept. Exit code 1 with any FAIL, 2 when the input cannot be read.",
	.examples = "  mpcup check\n"
		    "  mpcup check template.json --params keys.json\n"
		    "  mpcup check import.json near-runner.json --json\n"
		    "  mpcup check import.json --lookup --region eu-central-1",
	.options = check_options,
	.run = run_check,
};
const struct command command_explain = {
	.name = "explain",
	.usage = "[ID]",
	.most = 1,
	.help = "tell what a fault is, how it shows, and what mends it",
	.examples = "  mpcup explain\n  mpcup explain B03",
	.run = run_explain,
};
