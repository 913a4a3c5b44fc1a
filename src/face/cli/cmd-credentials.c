/* mpcup cloud credentials */
#include <string.h>

#include "engine/cloud/cloud.h"
#include "face/cli/commands.h"
#include "face/cli/target.h"

static const json_t *find(const json_t *all, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)all, i, one)
		if (!name || str_eq(json_str(one, "Name"), name))
			return one;
	return NULL;
}

/* As aws configure export-credentials does. */
static void print_env(const json_t *one)
{
	(void)printf("export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n",
		     json_str(one, "AccessKeyId"), json_str(one, "SecretAccessKey"));
}

static int run_credentials(struct cli *cli, struct err *err)
{
	OWN(str) char *state_dir = target_state_dir();
	OWN(json) json_t *all = NULL;
	const char *fresh = cli_option(cli, "new"), *name = cli->arg_count ? cli->args[0] : fresh;
	const json_t *one;
	int rc = CLI_OK;

	if (fresh && cli->arg_count)
		return err_set(err, ERR_INPUT, "--new names the credentials itself; leave %s out", cli->args[0]);
	if (cli->json && cli_flag(cli, "env"))
		return err_set(err, ERR_INPUT, "--json or --env, not both");
	if ((fresh ? cloud_credentials_add(state_dir, fresh, &all, err)
		   : cloud_credentials_ensure(state_dir, &all, err)) < 0)
		return -1;
	one = find(all, name);
	if (!one)
		rc = err_set(err, ERR_INPUT, "no credentials are named '%s'; --new %s makes them", name, name);
	else if (cli->json)
		cli_print_json(all);
	else
		print_env(one);
	json_wipe(all);
	return rc;
}

static const struct cli_option options[] = {
	{ .name = "new", .value = "NAME", .help = "make one more pair of keys under this name" },
	{ .name = "env", .help = "print the keys as lines for a shell (the default)" },
	{ 0 },
};
const struct command command_cloud_credentials = {
	.name = "cloud credentials",
	.usage = "[NAME]",
	.most = 1,
	.help = "print credentials of the local account, for a local AWS that verifies signatures",
	.details = "Prints the access key and the secret of NAME, or the first ones (made when there are none).\n"
		   "With --json all of them. They are kept in credentials.json in the state directory, readable\n"
		   "by you only, and all belong to the root of the local account. Without --verify-signatures\n"
		   "(see mpcup cloud start) any credentials do.",
	.examples = "  eval \"$(mpcup cloud credentials)\"\n  mpcup cloud credentials --new ci",
	.options = options,
	.run = run_credentials,
};
