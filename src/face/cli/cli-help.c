/* Help, man page and completions: everything that lists commands is printed from the one table. */
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

const char *cli_nearest(const char *typed)
{
	const char *best = NULL;
	unsigned distance = 3;

	for (size_t i = 0; cli_commands[i]; i++) {
		OWN(str) char *first = str_dup(cli_commands[i]->name);
		unsigned d;

		first[strcspn(first, " ")] = '\0';
		d = !strcmp(first, typed) ? 0 : str_distance(first, typed, 2);
		if (!cli_commands[i]->hidden && d < distance) {
			best = cli_commands[i]->name;
			distance = d;
		}
	}
	return best;
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
	print_options(to, cli_common_options);
	if (c->examples)
		(void)fprintf(to, "\n%sExamples%s\n%s\n", bold, off, c->examples);
}

/* roff: a leading dot or quote and every backslash and minus have a meaning of their own. */
static void roff(FILE *to, const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			(void)fputs("\\&", to);
		if (*text == '\\')
			(void)fputs("\\e", to);
		else if (*text == '-')
			(void)fputs("\\-", to);
		else
			(void)fputc(*text, to);
		start = *text == '\n';
	}
}

static void man_options(FILE *to, const struct cli_option *o)
{
	for (; o && o->name; o++) {
		(void)fputs(".TP\n\\fB\\-\\-", to);
		roff(to, o->name);
		(void)fputs("\\fR", to);
		if (o->value)
			(void)fprintf(to, " \\fI%s\\fR", o->value);
		(void)fputc('\n', to);
		roff(to, o->help);
		(void)fputc('\n', to);
	}
}

static void man_command(FILE *to, const struct command *c)
{
	(void)fputs(".SS mpcup ", to);
	roff(to, c->name);
	(void)fputc(' ', to);
	roff(to, c->usage ? c->usage : "");
	(void)fputc('\n', to);
	roff(to, c->help);
	(void)fputs(".\n", to);
	if (c->details) {
		(void)fputs(".PP\n", to);
		roff(to, c->details);
		(void)fputc('\n', to);
	}
	man_options(to, c->options);
	if (c->examples) {
		(void)fputs(".PP\n.nf\n", to);
		roff(to, c->examples);
		(void)fputs("\n.fi\n", to);
	}
}

void cli_man(FILE *to)
{
	(void)fprintf(to, ".TH MPCUP 1 \"\" \"mpcup %s\" \"User commands\"\n.SH NAME\nmpcup \\- networks of "
			  "NEAR MPC nodes, on this machine or on AWS\n.SH SYNOPSIS\n.B mpcup\n"
			  "\\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n.SH COMMANDS\n",
		      MPCUP_VERSION);
	for (size_t i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden)
			man_command(to, cli_commands[i]);
	(void)fputs(".SH OPTIONS OF ALL COMMANDS\n", to);
	man_options(to, cli_common_options);
	(void)fputs(".SH EXIT STATUS\n0 ok; 1 findings or a failed deployment; 2 wrong usage; 3 the "
		    "machine or the target refused; 4 a bug.\n",
		    to);
}

static void bash_options(FILE *to, const struct cli_option *o)
{
	for (; o && o->name; o++)
		(void)fprintf(to, " --%s", o->name);
}

static void bash(FILE *to)
{
	(void)fputs("# bash completion of mpcup, made by: mpcup completion bash\n_mpcup() {\n"
		    "\tlocal current=${COMP_WORDS[COMP_CWORD]} words=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\" "
		    "options= commands=\n\tcase \"$words\" in\n",
		    to);
	for (size_t i = 0; cli_commands[i]; i++) {
		if (cli_commands[i]->hidden)
			continue;
		(void)fprintf(to, "\t'%s'|'%s '*) options='", cli_commands[i]->name,
			      cli_commands[i]->name);
		bash_options(to, cli_commands[i]->options);
		bash_options(to, cli_common_options);
		(void)fputs("';;\n", to);
	}
	(void)fputs("\tesac\n\tcommands='", to);
	for (size_t i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden)
			(void)fprintf(to, "%s%s", i ? "\n" : "", cli_commands[i]->name);
	(void)fputs("'\n"
		    "\tif [[ -n $options && $current == -* ]]; then COMPREPLY=($(compgen -W \"$options\" -- "
		    "\"$current\")); return; fi\n"
		    "\tif [[ -n $options ]]; then COMPREPLY=($(compgen -f -- \"$current\")); return; fi\n"
		    "\tlocal line; COMPREPLY=()\n"
		    "\twhile read -r line; do\n"
		    "\t\tif [[ -z $words ]]; then COMPREPLY+=($(compgen -W \"${line%% *}\" -- \"$current\"))\n"
		    "\t\telif [[ $line == \"$words \"* ]]; then COMPREPLY+=($(compgen -W \"${line#\"$words \"}\" "
		    "-- \"$current\")); fi\n"
		    "\tdone <<<\"$commands\"\n}\ncomplete -o filenames -F _mpcup mpcup\n",
		    to);
}

static void zsh(FILE *to)
{
	(void)fputs("#compdef mpcup\n# made by: mpcup completion zsh\nlocal -a commands\ncommands=(\n", to);
	for (size_t i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden)
			(void)fprintf(to, "\t'%s:%s'\n", cli_commands[i]->name, cli_commands[i]->help);
	(void)fputs(")\nif (( CURRENT == 2 )); then _describe command commands; return; fi\n"
		    "case \"$words[2] $words[3]\" in\n",
		    to);
	for (size_t i = 0; cli_commands[i]; i++) {
		if (cli_commands[i]->hidden)
			continue;
		(void)fprintf(to, "'%s'*) compadd -- ", cli_commands[i]->name);
		bash_options(to, cli_commands[i]->options);
		bash_options(to, cli_common_options);
		(void)fputs("; _files;;\n", to);
	}
	(void)fputs("esac\n", to);
}

int cli_completion(FILE *to, const char *shell)
{
	if (!strcmp(shell, "bash"))
		bash(to);
	else if (!strcmp(shell, "zsh"))
		zsh(to);
	else
		return -1;
	return 0;
}
