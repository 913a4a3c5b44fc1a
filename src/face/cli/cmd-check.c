/* mpcup check */
#include <stdio.h>
#include <string.h>

#include "core/check/check.h"
#include "face/cli/check-plan.h"
#include "face/cli/check-lookup.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"

static bool blank(const char *text)
{
	return !text[strspn(text, " \t\r\n")];
}

static int take_options(const struct cli *cli, const char **ret_profile, struct err *err)
{
	const char *write = cli_option(cli, "write-baseline"), *reason = cli_option(cli, "reason");

	if (cli->json && cli_flag(cli, "sarif"))
		return err_set(err, ERR_INPUT, "--json and --sarif are two forms of the one output");
	if (write && (!reason || blank(reason)))
		return err_set(err, ERR_INPUT,
			       "--write-baseline %s needs --reason TEXT: why the findings may stay",
			       write);
	if (reason && !write)
		return err_set(err, ERR_INPUT, "--reason is for --write-baseline");
	return check_take_profile(cli, ret_profile, err);
}

static int apply_baseline(const char *path, json_t *result, struct err *err)
{
	OWN(str) char *text = NULL;
	OWN(json) json_t *baseline = NULL;
	size_t len;

	if (cli_read(path, &text, &len, err) < 0 ||
	    check_baseline_read(path, text, len, &baseline, err) < 0)
		return -1;
	check_baseline_apply(result, baseline, path);
	return 0;
}

/* What was written counts at once: the output is that of the next call with --baseline. */
static int write_baseline(const struct cli *cli, json_t *result, struct err *err)
{
	const char *path = cli_option(cli, "write-baseline");
	OWN(str) char *text = NULL;

	if (!path)
		return 0;
	text = check_baseline_make(result, cli_option(cli, "reason"));
	if (cli_write(path, text, strlen(text), 0644, err) < 0)
		return -1;
	if (cli->progress)
		(void)fprintf(stderr, "Wrote %s. Next: mpcup check --baseline %s\n", path, path);
	return apply_baseline(path, result, err);
}

static void print_result(const struct cli *cli, const struct plan *p, const json_t *result, int code)
{
	struct check_report report = { .version = MPCUP_VERSION,
				       .artifact = p->made_from_path,
				       .exit_code = code };
	OWN(json) json_t *sarif = NULL;

	if (cli_flag(cli, "sarif")) {
		sarif = check_sarif(result, &report);
		cli_print_json(sarif);
	} else if (cli->json) {
		cli_print_json(result);
	} else {
		check_print(cli, result);
	}
}

static int run_check(struct cli *cli, struct err *err)
{
	struct plan p __attribute__((cleanup(own_drop_plan))) = { 0 };
	OWN(json) json_t *result = NULL;
	const char *profile, *baseline = cli_option(cli, "baseline");
	int code;

	if (take_options(cli, &profile, err) < 0 || plan_preview(cli, &p, err) < 0 ||
	    check_asking(cli, &p, profile, cli_flag(cli, "lookup"), &result, err) < 0 ||
	    (baseline && apply_baseline(baseline, result, err) < 0)) {
		/* what cannot be read is the input's fault here, whatever the reason: exit 2 */
		if (err->code == ERR_SYS || err->code == ERR_LIMIT)
			err->code = ERR_INPUT;
		return -1;
	}
	*err = (struct err){ 0 }; /* of a template that became a finding */
	if (write_baseline(cli, result, err) < 0)
		return -1;
	code = check_count(result, "FAIL") ? CLI_FAILED : CLI_OK;
	print_result(cli, &p, result, code);
	return code;
}

static const struct cli_option check_options[] = {
	{ .name = "params",
	  .value = "FILE",
	  .many = true,
	  .help = "parameter values in the aws CLI's form" },
	{ .name = "param", .value = "K=V", .many = true, .help = "one parameter value" },
	{ .name = "node-profile",
	  .value = "NAME",
	  .help = "the node image's contract: built-in (default), 3.1 or current" },
	{ .name = "sarif", .help = "print SARIF 2.1.0, for code scanning" },
	{ .name = "baseline", .value = "FILE", .help = "do not count the findings that FILE has" },
	{ .name = "write-baseline",
	  .value = "FILE",
	  .help = "write the FAIL and WARN of now to FILE; needs --reason" },
	{ .name = "reason", .value = "TEXT", .help = "why they may stay" },
	{ .name = "stack", .value = "NAME", .help = "name that the stack has or will have" },
	{ .name = "lookup", .help = "ask AWS, registries and the chain what the templates do not tell" },
	{ .name = "target", .value = "NAME", .help = "where look-ups go: aws (default) or local" },
	{ .name = "profile", .value = "NAME", .help = "profile of the shared config files for the look-ups" },
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
		   "shown or kept. Exit code 1 with any FAIL, 2 when the input cannot be read.\n"
		   "A finding to live with is suppressed, with a reason: in the Metadata of its "
		   "resource (of the\n"
		   "template, when it has none) as {\"mpcup\": {\"suppress\": [{\"fault\": "
		   "\"D25\", \"reason\": \"...\"}]}}, by\n"
		   "suppress in network.yaml, or by --baseline. Suppressed findings do not count; "
		   "--json and\n"
		   "--sarif have them. A suppression without a reason is a FAIL, one that "
		   "suppresses nothing a WARN.",
	.examples = "  mpcup check\n"
		    "  mpcup check template.json --params keys.json\n"
		    "  mpcup check import.json near-runner.json --json\n"
		    "  mpcup check template.json --sarif > check.sarif\n"
		    "  mpcup check template.json --write-baseline known.json --reason "
		    "\"before the move to ECR\""
		    "\n  mpcup check import.json --lookup --region eu-central-1",
	.options = check_options,
	.run = run_check,
};
