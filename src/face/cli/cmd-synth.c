/* mpcup init, synth */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/network/network.h"
#include "core/synth/synth.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/plan.h"

enum { NAME_MOST = 123 }; /* of a stack's 128 characters, with -base behind it */

static int run_init(struct cli *cli, struct err *err)
{
	const char *path = cli->arg_count ? cli->args[0] : "network.yaml";
	OWN(network) struct network *n = NULL;
	OWN(str) char *text = NULL;
	uint64_t nodes = 3;
	int rc;

	if (cli_option(cli, "nodes") && num_parse_u64(cli_option(cli, "nodes"), 2, 180, &nodes) < 0)
		return err_set(err, ERR_INPUT, "--nodes %s: a network has 2 to 180 nodes",
			       cli_option(cli, "nodes"));
	text = network_example(cli_option(cli, "name"), (unsigned)nodes);
	if (network_parse("--name", text, strlen(text), &n, NULL) < 0)
		return err_set(err, ERR_INPUT, "--name %s: a letter, then letters, digits and -, at most %d",
			       cli_option(cli, "name"), NAME_MOST);
	rc = cli_create(path, text, strlen(text), 0644, err);
	if (rc > 0)
		return err_set(err, ERR_INPUT, "%s is there already; it is not overwritten", path);
	if (rc < 0)
		return -1;
	if (cli->json) {
		OWN(json) json_t *made = json_pack("{s:s,s:s,s:I}", "file", path, "name", n->name, "nodes",
						   (json_int_t)nodes);

		cli_print_json(made);
	} else if (!cli->quiet) {
		(void)printf("Wrote %s: %llu nodes on a local chain. Next: mpcup up\n", path,
			     (unsigned long long)nodes);
	}
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

/* One template: to the file, or to standard output. */
static int put_template(const struct cli *cli, const char *text, struct err *err)
{
	if (cli_option(cli, "output"))
		return cli_write(cli_option(cli, "output"), text, strlen(text), 0644, err);
	(void)fputs(text, stdout);
	return CLI_OK;
}

static int put_file(const char *directory, const char *name, const char *text, struct err *err)
{
	OWN(str) char *path = str_printf("%s/%s", directory, name);

	return cli_write(path, text, strlen(text), 0644, err);
}

static void say_parts(const struct cli *cli, const char *directory, const char *parent,
		      const struct synth_parts *parts)
{
	if (!cli->progress)
		return;
	(void)fprintf(stderr,
		      "Wrote %s/%s and the templates of %zu nested stacks. Next: mpcup up, or put the "
		      "nested ones into a folder in S3 and deploy %s with its URL as NestedTemplates:\n"
		      "  aws s3 cp %s s3://BUCKET/FOLDER --recursive --exclude '*' --include 'nodes-*'\n",
		      directory, parent, parts->nested_count, parent, directory);
}

/* Parent and nested templates into a directory. */
static int put_parts(const struct cli *cli, enum synth_format format,
		     const struct synth_parts *parts, struct err *err)
{
	const char *directory = cli_option(cli, "output");
	const char *parent = format == SYNTH_YAML ? "network.yaml" : "network.json";

	if (!directory)
		return err_set(err, ERR_INPUT,
			       "the network fits no single template: it is a parent with %zu nested "
			       "stacks; --output DIRECTORY writes all of them",
			       parts->nested_count);
	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return err_set(err, ERR_SYS, "%s: %s", directory, strerror(errno));
	for (size_t i = 0; i < parts->nested_count; i++)
		if (put_file(directory, parts->nested[i].name, parts->nested[i].text, err) < 0)
			return -1;
	if (put_file(directory, parent, parts->text, err) < 0)
		return -1;
	say_parts(cli, directory, parent, parts);
	return CLI_OK;
}

static int synth_whole(const struct cli *cli, const char *path, const struct network *n,
		       enum synth_format format, struct err *err)
{
	struct synth_parts parts __attribute__((cleanup(own_drop_synth_parts))) = { 0 };
	size_t most;

	if (plan_split_nodes(&most, err) < 0)
		return -1;
	if (synth_parts(n, format, most, &parts, err) < 0)
		return err_in(err, "%s", path);
	return parts.nested_count ? put_parts(cli, format, &parts, err)
				  : put_template(cli, parts.text, err);
}

static int run_synth(struct cli *cli, struct err *err)
{
	const char *path = cli->arg_count ? cli->args[0] : "network.yaml";
	enum synth_format format = cli_flag(cli, "yaml") ? SYNTH_YAML : SYNTH_JSON;
	OWN(network) struct network *n = NULL;
	OWN(str) char *text = NULL, *template_text = NULL;
	size_t len;

	if (format == SYNTH_YAML && cli->json)
		return err_set(err, ERR_INPUT, "--yaml and --json: the template is one or the other");
	if (cli_read(path, &text, &len, err) < 0 || network_parse(path, text, len, &n, err) < 0 ||
	    set_pattern(n, cli_option(cli, "pattern"), err) < 0)
		return -1;
	if (!cli_flag(cli, "base"))
		return synth_whole(cli, path, n, format, err);
	if (synth_base(n, format, &template_text, err) < 0)
		return err_in(err, "%s", path);
	return put_template(cli, template_text, err);
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
	{ .name = "output", .value = "FILE", .help = "write to a file instead of standard output; with nested stacks, to a directory" },
	{ 0 },
};
const struct command command_synth = {
	.name = "synth",
	.usage = "[network.yaml]",
	.most = 1,
	.help = "print the CloudFormation template of a network",
	.details = "The same input gives the same output, byte for byte. Private keys are NoEcho parameters and\n"
		   "never part of the template.\n"
		   "A network that fits no single template (500 resources, 200 parameters, 1 MB, 10,240 characters\n"
		   "of policies in a role: from 33 nodes on, 25 on a public chain) becomes a parent and nested stacks of 20 nodes;\n"
		   "--output then names a directory. MPCUP_SPLIT_NODES=N in the environment makes nested stacks of\n"
		   "N nodes of smaller networks too.",
	.examples = "  mpcup synth > template.json\n  mpcup synth --pattern standalone --yaml",
	.options = synth_options,
	.run = run_synth,
};
