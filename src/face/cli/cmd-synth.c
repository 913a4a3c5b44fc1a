/* mpcup init, synth */
#include <string.h>

#include "core/network/network.h"
#include "core/synth/synth.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"

static int run_init(struct cli *cli, struct err *err)
{
	const char *path = cli->arg_count ? cli->args[0] : "network.yaml";
	const char *name = cli_option(cli, "name");
	OWN(str) char *text = NULL;
	uint64_t nodes = 3;
	int rc;

	if (cli_option(cli, "nodes") && num_parse_u64(cli_option(cli, "nodes"), 2, 100, &nodes) < 0)
		return err_set(err, ERR_INPUT, "--nodes %s: a network has 2 to 100 nodes",
			       cli_option(cli, "nodes"));
	text = network_example(name ? name : "mpc-network", (unsigned)nodes);
	rc = cli_create(path, text, strlen(text), 0644, err);
	if (rc > 0)
		return err_set(err, ERR_INPUT, "%s is there already; it is not overwritten", path);
	if (rc < 0)
		return -1;
	if (!cli->quiet && !cli->json)
		(void)printf("Wrote %s: %llu nodes on a local chain. Next: mpcup up\n", path,
			     (unsigned long long)nodes);
	return CLI_OK;
}

static int set_pattern(struct network *n, const char *name, struct err *err)
{
	static const char *const names[] = { "standalone", "integrated", "composed" };

	for (size_t i = 0; name && i < 3; i++)
		if (!strcmp(names[i], name)) {
			n->pattern = (enum network_pattern)i;
			return 0;
		}
	return name ? err_set(err, ERR_INPUT,
			      "--pattern %s: standalone, integrated (imports from a NEAR base) or composed "
			      "(with the NEAR base in it)",
			      name)
		    : 0;
}

static int run_synth(struct cli *cli, struct err *err)
{
	const char *path = cli->arg_count ? cli->args[0] : "network.yaml";
	enum synth_format format = cli_flag(cli, "yaml") ? SYNTH_YAML : SYNTH_JSON;
	OWN(network) struct network *n = NULL;
	OWN(str) char *text = NULL, *template_text = NULL;
	size_t len;
	int rc;

	if (cli_read(path, &text, &len, err) < 0 || network_parse(path, text, len, &n, err) < 0 ||
	    set_pattern(n, cli_option(cli, "pattern"), err) < 0)
		return -1;
	rc = cli_flag(cli, "base") ? synth_base(n, format, &template_text, err)
				   : synth_network(n, format, &template_text, err);
	if (rc < 0)
		return err_in(err, "%s", path);
	if (cli_option(cli, "output"))
		return cli_write(cli_option(cli, "output"), template_text, strlen(template_text), 0644, err);
	(void)fputs(template_text, stdout);
	return CLI_OK;
}

static const struct cli_option init_options[] = {
	{ .name = "nodes", .value = "N", .help = "how many nodes (3)" },
	{ .name = "name", .value = "NAME", .help = "name of the network and its stack (mpc-network)" },
	{ 0 },
};
const struct command command_init = {
	.name = "init",
	.usage = "[FILE]",
	.most = 1,
	.help = "write network.yaml, a local network with comments",
	.examples = "  mpcup init\n  mpcup init --nodes 5",
	.options = init_options,
	.run = run_init,
};
static const struct cli_option synth_options[] = {
	{ .name = "pattern", .value = "PATTERN", .help = "standalone, integrated or composed (default: the file's)" },
	{ .name = "base", .help = "the template of the NEAR base of the local chain instead" },
	{ .name = "yaml", .help = "YAML instead of JSON" },
	{ .name = "output", .value = "FILE", .help = "write to a file instead of standard output" },
	{ 0 },
};
const struct command command_synth = {
	.name = "synth",
	.usage = "[network.yaml]",
	.most = 1,
	.help = "print the CloudFormation template of a network",
	.details = "The same input gives the same output, byte for byte. Private keys are NoEcho parameters and\n"
		   "never part of the template.",
	.examples = "  mpcup synth > template.json\n  mpcup synth --pattern standalone --yaml",
	.options = synth_options,
	.run = run_synth,
};
