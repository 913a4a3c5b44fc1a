/* From argv to one row of the table of commands: options are described in tables, parsed and counted
 * here once, and every command gets them ready. */
#include "face/cli/cli-internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const struct cli_option cli_common_options[] = {
	{ .name = "json", .help = "print JSON, in AWS's own words" },
	{ .name = "quiet", .help = "print results only, no progress" },
	{ .name = "help", .help = "say what the command does, with examples" },
	{ 0 },
};

static const struct cli_option *find_option(const struct command *c, const char *name, size_t len)
{
	const struct cli_option *tables[] = { c->options, cli_common_of(c) };

	for (size_t t = 0; t < 2; t++)
		for (const struct cli_option *o = tables[t]; o && o->name; o++)
			if (strlen(o->name) == len && !strncmp(o->name, name, len))
				return o;
	return NULL;
}

const char *cli_option(const struct cli *cli, const char *name)
{
	return json_str(cli->options, name);
}

bool cli_flag(const struct cli *cli, const char *name)
{
	return json_is_true(json_object_get(cli->options, name));
}

const json_t *cli_options(const struct cli *cli, const char *name)
{
	return json_list(cli->options, name);
}

static int keep_option(struct cli *cli, const struct cli_option *o, const char *value,
		       struct err *err)
{
	json_t *list = json_list(cli->options, o->name);

	if (!o->value) {
		json_set_bool(cli->options, o->name, true);
		return 0;
	}
	if (!o->many) {
		if (json_object_get(cli->options, o->name))
			return err_set(err, ERR_INPUT, "--%s is given twice", o->name);
		json_set_str(cli->options, o->name, value);
		return 0;
	}
	if (!list) {
		list = json_array();
		json_object_set_new(cli->options, o->name, list);
	}
	json_add_str(list, value);
	return 0;
}

static int unknown_option(const struct cli *cli, const char *arg, size_t len, struct err *err)
{
	OWN(str) char *name = str_dup_n(arg, len);
	const struct cli_option *tables[] = { cli->command->options, cli_common_of(cli->command) };

	for (size_t t = 0; t < 2; t++)
		for (const struct cli_option *o = tables[t]; o && o->name; o++)
			if (str_distance(o->name, name, 2) <= 2)
				return err_set(err, ERR_INPUT,
					       "mpcup %s has no option --%s; did you mean --%s?",
					       cli->command->name, name, o->name);
	return err_set(err, ERR_INPUT, "mpcup %s has no option --%s; see mpcup %s --help",
		       cli->command->name, name, cli->command->name);
}

/* One "--name", "--name=value" or "--name value". *i moves over what was taken. */
static int take_option(struct cli *cli, char **argv, int argc, int *i, struct err *err)
{
	const char *name = argv[*i] + 2;
	const char *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct cli_option *o = find_option(cli->command, name, len);

	if (!o)
		return unknown_option(cli, name, len, err);
	if (!o->value && equals)
		return err_set(err, ERR_INPUT, "--%s takes no value", o->name);
	if (!o->value || equals)
		return keep_option(cli, o, equals ? equals + 1 : NULL, err);
	if (*i + 1 >= argc)
		return err_set(err, ERR_INPUT, "--%s needs a value: --%s %s", o->name, o->name,
			       o->value);
	return keep_option(cli, o, argv[++*i], err);
}

static int parse(struct cli *cli, char **argv, int argc, struct err *err)
{
	bool options = true;

	cli->args = mem_new((size_t)argc + 1, sizeof(*cli->args));
	for (int i = 0; i < argc; i++) {
		if (options && !strcmp(argv[i], "--")) {
			options = false;
		} else if (options && !strcmp(argv[i], "-h")) {
			json_set_bool(cli->options, "help", true);
		} else if (options && str_starts(argv[i], "--")) {
			if (take_option(cli, argv, argc, &i, err) < 0)
				return -1;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			return err_set(err, ERR_INPUT, "%s: options are written --name", argv[i]);
		} else {
			cli->args[cli->arg_count++] = argv[i];
		}
	}
	if (cli_flag(cli, "help"))
		return 0;
	if (cli->arg_count > cli->command->most)
		return err_set(err, ERR_INPUT, "mpcup %s does not take '%s'; see mpcup %s --help", cli->command->name,
			       cli->args[cli->command->most], cli->command->name);
	if (cli->arg_count < cli->command->least)
		return err_set(err, ERR_INPUT, "usage: mpcup %s %s", cli->command->name,
			       cli->command->usage ? cli->command->usage : "");
	return 0;
}

static bool wants_color(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && !getenv("NO_COLOR") && term && strcmp(term, "dumb");
}

const char *cli_paint(const struct cli *cli, const char *name)
{
	static const struct {
		const char *name, *code;
	} paints[] = {
		{ "red", "\033[31m" },	{ "green", "\033[32m" }, { "yellow", "\033[33m" },
		{ "bold", "\033[1m" },	{ "dim", "\033[2m" },	 { "off", "\033[0m" },
	};

	for (size_t i = 0; cli->color && i < sizeof(paints) / sizeof(paints[0]); i++)
		if (!strcmp(paints[i].name, name))
			return paints[i].code;
	return "";
}

int cli_confirm(const struct cli *cli, const char *question)
{
	char line[16] = "";

	if (cli_flag(cli, "yes"))
		return 1;
	(void)fflush(stdout);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		(void)fprintf(stderr, "mpcup: %s Nobody is here to ask: --yes says so.\n", question);
		return 0;
	}
	(void)fprintf(stderr, "%s [y/N] ", question);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	return line[0] == 'y' || line[0] == 'Y';
}

/* Exit code for an error whose command did not choose one. */
static int code_of(const struct err *err)
{
	switch (err->code) {
	case ERR_INPUT:
		return CLI_USAGE;
	case ERR_BUG:
		return CLI_BUG;
	case ERR_NONE:
	case ERR_SYS:
	case ERR_REMOTE:
	case ERR_LIMIT:
	default:
		return CLI_REFUSED;
	}
}

static void print_error(const struct err *err)
{
	bool color = wants_color(STDERR_FILENO);

	(void)fflush(stdout);
	(void)fprintf(stderr, "%smpcup:%s %s\n", color ? "\033[31m" : "", color ? "\033[0m" : "",
		      err->text[0] ? err->text : "failed without a reason (a bug)");
}

/* What was printed may not have arrived: a full disk. A reader that has left is no failure. */
static int check_output(void)
{
	bool lost = fflush(stdout) != 0 || ferror(stdout);

	if (!lost || errno == EPIPE)
		return CLI_OK;
	(void)fprintf(stderr, "mpcup: the output could not be written to its end: %s\n", strerror(errno));
	return CLI_REFUSED;
}

static int run_command(const struct command *c, char **argv, int argc)
{
	struct cli cli = { .command = c, .options = json_object() };
	struct err err = { 0 };
	int rc;

	if (parse(&cli, argv, argc, &err) < 0) {
		print_error(&err);
		rc = CLI_USAGE;
	} else if (cli_flag(&cli, "help")) {
		cli_help_command(stdout, c, wants_color(STDOUT_FILENO));
		rc = CLI_OK;
	} else {
		cli.json = cli_flag(&cli, "json");
		cli.quiet = cli_flag(&cli, "quiet");
		cli.color = wants_color(STDOUT_FILENO) && !cli.json;
		cli.progress = !cli.quiet && !cli.json;
		rc = c->run(&cli, &err);
		if (rc < 0)
			rc = code_of(&err);
		if (err.text[0])
			print_error(&err);
	}
	json_decref(cli.options);
	free(cli.args);
	return rc == CLI_OK ? check_output() : rc;
}

/* "cloud" alone, or with --help, is answered with its commands. */
static int no_command(char **words, int count)
{
	bool asked = count > 1 && (!strcmp(words[1], "--help") || !strcmp(words[1], "-h"));
	struct err err = { 0 };

	if ((count == 1 || asked) && cli_help_family(asked ? stdout : stderr, words[0]))
		return asked ? CLI_OK : CLI_USAGE;
	(void)cli_no_command(words, count, &err);
	print_error(&err);
	return CLI_USAGE;
}

int cli_main(int argc, char **argv)
{
	const struct command *c;
	int words = 0;

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		cli_help(argc < 2 ? stderr : stdout, wants_color(STDOUT_FILENO));
		return argc < 2 ? CLI_USAGE : CLI_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
		(void)printf("mpcup %s\n", MPCUP_VERSION);
		return CLI_OK;
	}
	c = cli_find(argv + 1, argc - 1, &words);
	if (!c)
		return no_command(argv + 1, argc - 1);
	return run_command(c, argv + 1 + words, argc - 1 - words);
}
