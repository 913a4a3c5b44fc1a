/* mpcup diagnose: why a stack does not do what it should, and what can be done with it now. */
#include <string.h>
#include <unistd.h>

#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/deploy.h"
#include "face/cli/diagnosis.h"
#include "face/cli/evidence.h"
#include "face/cli/network-view.h"
#include "face/cli/target.h"

/* ---- what is looked at ------------------------------------------------------------------------------------ */

static int gather(struct cli *cli, struct target *t, json_t **ret, struct err *err)
{
	OWN(str) char *stack = cli->arg_count ? str_dup(cli->args[0]) : NULL;
	int rc;

	if (target_open(cli, false, t, err) < 0 ||
	    (!stack && network_view_stack(cli, t, &stack, err) < 0))
		return -1;
	rc = evidence_gather(t, stack, true, ret, err);
	if (rc == 0)
		evidence_live(t, *ret);
	return rc > 0 ? err_set(err, ERR_SYS, "Stack with id %s does not exist", stack) : rc;
}

/* ---- --fix -------------------------------------------------------------------------------------------------- */

static bool can_be_done(const json_t *advice)
{
	static const char *const actions[] = { "delete", "cancel-update", "continue-rollback" };

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (json_bool_or(advice, "safe", false) && str_eq(json_str(advice, "action"), actions[i]))
			return true;
	return false;
}

static const json_t *first_fix(const json_t *diagnosis)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(diagnosis, "advice"), i, one)
		if (can_be_done(one))
			return one;
	return NULL;
}

static bool is_agreed(const json_t *fix)
{
	char answer[16] = "";

	(void)printf("\n%s\n  %s\nDo it now? [y/N] ", json_str_or(fix, "text", ""), json_str_or(fix, "command", ""));
	(void)fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return answer[0] == 'y' || answer[0] == 'Y';
}

static int do_fix(struct cli *cli, struct target *t, const char *stack, const json_t *fix, struct err *err)
{
	const char *action = json_str_or(fix, "action", "");
	OWN(json) json_t *in = json_pack("{s:s}", "StackName", stack);
	bool cancel = !strcmp(action, "cancel-update");

	if (!strcmp(action, "delete"))
		return deploy_delete(cli, t, stack, err);
	if (awsclient_call(t->aws, "cloudformation", cancel ? "CancelUpdateStack" : "ContinueUpdateRollback", in,
			   NULL, NULL, err) < 0)
		return -1;
	if (!cli->quiet)
		(void)fprintf(stderr, "mpcup: asked for; mpcup events --stack %s shows how it goes\n", stack);
	return 0;
}

/* 0: done, or there is nothing to do; -1: err */
static int fix_stack(struct cli *cli, struct target *t, const json_t *diagnosis, struct err *err)
{
	const json_t *fix = first_fix(diagnosis);
	int rc;

	if (!fix) {
		(void)fprintf(stderr, "mpcup: --fix: nothing that is safe can be done for you in this state\n");
		return 0;
	}
	if (!cli_flag(cli, "yes")) {
		if (!isatty(STDIN_FILENO))
			return err_set(err, ERR_INPUT, "--fix asks first, and there is no terminal to ask: add --yes");
		if (!is_agreed(fix))
			return 0;
	}
	rc = do_fix(cli, t, json_str_or(diagnosis, "stack", ""), fix, err);
	return rc > 0 ? err_set(err, ERR_REMOTE, "--fix: it did not work, see above") : rc;
}

/* ---- the command ----------------------------------------------------------------------------------------------- */

static int check_options(struct cli *cli, struct err *err)
{
	if (cli_option(cli, "from") && cli_flag(cli, "fix"))
		return err_set(err, ERR_INPUT, "--fix works on a stack, --from reads what one was: take one of them");
	if (cli_option(cli, "from") && cli->arg_count)
		return err_set(err, ERR_INPUT, "%s: the stack is in the file of --from", cli->args[0]);
	return 0;
}

static int run_diagnose(struct cli *cli, struct err *err)
{
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	OWN(json) json_t *evidence = NULL, *findings = NULL, *diagnosis = NULL;
	const char *from = cli_option(cli, "from");
	bool ill;

	if (check_options(cli, err) < 0 ||
	    (from ? evidence_load(from, &evidence, err) : gather(cli, &t, &evidence, err)) < 0 ||
	    diagnosis_findings(evidence, cli_options(cli, "template"), &findings, err) < 0 ||
	    diagnosis_make(evidence, findings, &diagnosis, err) < 0)
		return -1;
	if (cli->json) {
		json_object_set(diagnosis, "unread", json_list(evidence, "unread"));
		cli_print_json(diagnosis);
	} else {
		diagnosis_print(cli, stdout, diagnosis, evidence);
	}
	if (cli_flag(cli, "fix") && fix_stack(cli, &t, diagnosis, err) < 0)
		return -1;
	ill = json_array_size(json_list(diagnosis, "causes")) || json_array_size(json_list(diagnosis, "unexplained"));
	return ill ? CLI_FAILED : CLI_OK;
}

static const struct cli_option diagnose_options[] = {
	{ .name = "stack", .value = "NAME", .help = "the stack (default: network.yaml's, or the only one)" },
	{ .name = "from", .value = "FILE", .help = "evidence that mpcup events --save wrote, instead of a stack" },
	{ .name = "template", .value = "FILE", .many = true,
	  .help = "a local template that is deployed: places are then its lines" },
	{ .name = "fix", .help = "do what is safe and helps (delete, cancel, continue), after asking" },
	{ .name = "yes", .help = "with --fix: do not ask" },
	TARGET_OPTIONS,
	{ 0 },
};
const struct command command_diagnose = {
	.name = "diagnose",
	.usage = "[STACK]",
	.most = 1,
	.help = "name the cause of a deployment that fails or of a network that does not form",
	.details =
		"Reads events, services, stopped tasks, log lines, secrets and the deployed template, and names the\n"
		"root cause first: the evidence, the place, the change, what only follows from it, and what can be\n"
		"done with the stack in its state. Works while a stack is still being created, from the first task\n"
		"that stopped. Values of secrets are judged and never shown or kept.\n"
		"Exit code 0 when nothing is wrong, 1 when a cause was found.",
	.examples = "  mpcup diagnose\n  mpcup diagnose Mpc --template template.json\n"
		    "  mpcup events --save evidence.json && mpcup diagnose --from evidence.json --json",
	.options = diagnose_options,
	.run = run_diagnose,
};
