/* Help: everything that lists commands is printed from the one table. */
#include "face/cli/cli-internal.h"

#include <string.h>

const struct command *cli_find(char **argv, int argc, int *ret_words)
{
	const struct command *best = NULL;

	for (size_t i = 0; cli_commands[i]; i++) {
		OWN(str) char *name = str_dup(cli_commands[i]->name);
		char *save = NULL;
		int words = 0;
		bool fits = true;

		for (char *word = strtok_r(name, " ", &save); word && fits;
		     word = strtok_r(NULL, " ", &save), words++)
			fits = words < argc && !strcmp(argv[words], word);
		if (fits && (!best || words > *ret_words)) {
			best = cli_commands[i];
			*ret_words = words;
		}
	}
	return best;
}

static bool in_family(const struct command *c, const char *first)
{
	size_t len = strlen(first);

	return !c->hidden && !strncmp(c->name, first, len) && c->name[len] == ' ';
}

bool cli_help_family(FILE *to, const char *first)
{
	bool any = false;

	for (size_t i = 0; cli_commands[i]; i++) {
		if (!in_family(cli_commands[i], first))
			continue;
		if (!any)
			(void)fprintf(to, "mpcup %s is several commands:\n\n", first);
		(void)fprintf(to, "  %-18s %s\n", cli_commands[i]->name, cli_commands[i]->help);
		any = true;
	}
	return any;
}

/* The command whose name, up to as many words, is nearest to what was typed, or NULL. */
static const char *nearest(const char *typed, bool two_words)
{
	const char *best = NULL;
	unsigned distance = 3;

	for (size_t i = 0; cli_commands[i]; i++) {
		OWN(str) char *name = str_dup(cli_commands[i]->name);
		unsigned d;

		if (!two_words)
			name[strcspn(name, " ")] = '\0';
		d = str_distance(name, typed, 2);
		if (!cli_commands[i]->hidden && d < distance) {
			best = cli_commands[i]->name;
			distance = d;
		}
	}
	return best;
}

int cli_no_command(char **words, int count, struct err *err)
{
	bool second = count > 1 && words[1][0] != '-';
	OWN(str) char *both = second ? str_printf("%s %s", words[0], words[1]) : NULL;
	const char *near = both ? nearest(both, true) : NULL;
	bool family = false;

	for (size_t i = 0; cli_commands[i]; i++)
		family |= in_family(cli_commands[i], words[0]);
	if (words[0][0] == '-')
		return err_set(err, ERR_INPUT, "%s: options come behind the command; mpcup help lists the commands",
			       words[0]);
	if (!near && !family)
		near = nearest(words[0], false);
	return err_set(err, ERR_INPUT, "there is no command '%s'%s%s%s; mpcup help%s%s lists them",
		       both && (near || family) && (family || strchr(near, ' ')) ? both : words[0],
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", family ? " " : "",
		       family ? words[0] : "");
}

void cli_help(FILE *to, bool color)
{
	(void)fprintf(to, "%smpcup%s: a network of NEAR MPC nodes, up on this machine or on AWS, from one "
			  "template\n\nusage: mpcup COMMAND [ARGUMENTS] [--json] [--quiet] [--help]\n\n",
		      color ? "\033[1m" : "", color ? "\033[0m" : "");
	for (size_t i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden)
			(void)fprintf(to, "  %-18s %s\n", cli_commands[i]->name,
				      cli_commands[i]->help);
	(void)fprintf(to, "\nmpcup COMMAND --help shows the options and examples of a command.\n"
			  "Exit codes: 0 ok; 1 findings or a failed deployment; 2 wrong usage;\n"
			  "3 the machine or the target refused; 4 a bug.\n");
}

static void print_options(FILE *to, const struct cli_option *o)
{
	for (; o && o->name; o++) {
		OWN(str) char *left = str_printf("--%s%s%s", o->name, o->value ? " " : "",
						 o->value ? o->value : "");

		(void)fprintf(to, "  %-26s %s%s\n", left, o->help, o->many ? " (may be repeated)" : "");
	}
}

void cli_help_command(FILE *to, const struct command *c, bool color)
{
	const char *bold = color ? "\033[1m" : "", *off = color ? "\033[0m" : "";

	(void)fprintf(to, "%smpcup %s%s %s\n\n%s.\n", bold, c->name, off, c->usage ? c->usage : "",
		      c->help);
	if (c->details)
		(void)fprintf(to, "\n%s\n", c->details);
	(void)fprintf(to, "\n%sOptions%s\n", bold, off);
	print_options(to, c->options);
	print_options(to, cli_common_of(c));
	if (c->examples)
		(void)fprintf(to, "\n%sExamples%s\n%s\n", bold, off, c->examples);
}
