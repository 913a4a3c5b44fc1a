/* The table of commands: help, man page and completions are printed from it. */
#include "face/cli/commands.h"

#include "engine/localnet/localnet.h"
#include "engine/node/node.h"
#include "face/cli/cli-internal.h"

const struct command *const cli_commands[] = {
	&command_init,	       &command_keys_generate, &command_keys_show,   &command_keys_verify,
	&command_synth,	       &command_check,	       &command_explain,	       &command_graph,
	&command_up,	       &command_sign,	       &command_status,	       &command_events,
	&command_diagnose,
	&command_logs,	       &command_endpoints,     &command_secrets_status,
	&command_secrets_push, &command_stop_task,     &command_restart,     &command_down,
	&command_cloud_start,
	&command_cloud_stop,   &command_cloud_status, &command_cloud_credentials, &command_cloud_reset, &command_cloud_coverage,
	&command_cloud_run,
	&command_image_import, &command_image_list, &command_image_remove,
	&command_node,	       &command_localnet,      &command_completion,  &command_man, &command_schema,
	&command_help,	       NULL,
};

/* The container entry points take argv as it is: main.c sends them there before any parsing, so these
 * rows only document them. */
static int run_entry(struct cli *cli, struct err *err)
{
	return err_set(err, ERR_BUG, "mpcup %s is not started from the table", cli->command->name);
}

const struct command command_node = {
	.name = "node",
	.text_only = true,
	.help = "the built-in MPC node (a container entry point; reads its environment)",
	.details = "Keeps the start contract of the real image: MPC_HOME_DIR, MPC_ENV, NEAR_BOOT_NODES,\n"
		   "MPC_ACCOUNT_ID, MPC_CONTRACT_ID, MPC_P2P_PRIVATE_KEY, MPC_ACCOUNT_SK,\n"
		   "MPC_SECRET_STORE_KEY. It is not near/mpc's node and does not speak its wire protocol.",
	.run = run_entry,
};
const struct command command_localnet = {
	.name = "localnet",
	.text_only = true,
	.help = "the built-in NEAR base of the local world (a container entry point)",
	.run = run_entry,
};

static int run_completion(struct cli *cli, struct err *err)
{
	return cli_completion(stdout, cli->args[0]) < 0
		       ? err_set(err, ERR_INPUT, "%s: bash, zsh or fish", cli->args[0])
		       : CLI_OK;
}
const struct command command_completion = {
	.name = "completion",
	.text_only = true,
	.usage = "bash|zsh|fish",
	.least = 1,
	.most = 1,
	.help = "print the completion script of a shell",
	.examples = "  mpcup completion bash > ~/.local/share/bash-completion/completions/mpcup",
	.run = run_completion,
};

static int run_help(struct cli *cli, struct err *err)
{
	int words = 0;
	const struct command *c;

	if (!cli->arg_count) {
		cli_help(stdout, cli->color);
		return CLI_OK;
	}
	c = cli_find(cli->args, (int)cli->arg_count, &words);
	if (!c && cli->arg_count == 1 && cli_help_family(stdout, cli->args[0]))
		return CLI_OK;
	if (!c)
		return cli_no_command(cli->args, (int)cli->arg_count, err);
	cli_help_command(stdout, c, cli->color);
	return CLI_OK;
}
const struct command command_help = {
	.name = "help",
	.text_only = true,
	.usage = "[COMMAND]",
	.most = 3,
	.help = "list the commands, or explain one",
	.examples = "  mpcup help\n  mpcup help cloud start",
	.run = run_help,
};
