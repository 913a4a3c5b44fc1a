/* Completion scripts of the shells, from the table of commands. */
#include "face/cli/cli-internal.h"

#include <string.h>

/* A text between single quotes as the shell wants an apostrophe in it. */
static void quoted(FILE *to, const char *text, const char *apostrophe)
{
	(void)fputc('\'', to);
	for (; *text; text++)
		if (*text == '\'')
			(void)fputs(apostrophe, to);
		else
			(void)fputc(*text, to);
	(void)fputc('\'', to);
}

/* ---- bash ------------------------------------------------------------------------------------------- */

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
		bash_options(to, cli_common_of(cli_commands[i]));
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

/* ---- commands of two words -------------------------------------------------------------------------- */

/* Length of the first word; whether a command before this one has the same. */
static size_t first_word(const char *name)
{
	return strcspn(name, " ");
}

static bool first_of_family(size_t index)
{
	const char *name = cli_commands[index]->name;
	size_t len = first_word(name);

	for (size_t i = 0; i < index; i++)
		if (!cli_commands[i]->hidden && first_word(cli_commands[i]->name) == len &&
		    !strncmp(cli_commands[i]->name, name, len))
			return false;
	return true;
}

static const char *second_word(const char *name)
{
	const char *space = strchr(name, ' ');

	return space ? space + 1 : NULL;
}

/* ---- zsh -------------------------------------------------------------------------------------------- */

/* In what _describe shows, a colon ends the word and a backslash keeps it from that. */
static void zsh_row(FILE *to, const char *word, size_t len, const char *help)
{
	OWN(str) char *row = str_printf("%.*s:%s", (int)len, word, help);

	(void)fputc('\t', to);
	quoted(to, row, "'\\''");
	(void)fputc('\n', to);
}

static void zsh_words(FILE *to, size_t family)
{
	const char *name = cli_commands[family]->name;
	size_t len = first_word(name);

	(void)fprintf(to, "%.*s) words_of=(\n", (int)len, name);
	for (size_t i = family; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden && first_word(cli_commands[i]->name) == len &&
		    !strncmp(cli_commands[i]->name, name, len))
			zsh_row(to, second_word(cli_commands[i]->name), strlen(second_word(cli_commands[i]->name)),
				cli_commands[i]->help);
	(void)fputs(") ;;\n", to);
}

static void zsh(FILE *to)
{
	(void)fputs("#compdef mpcup\n# made by: mpcup completion zsh\nlocal -a commands words_of options\n"
		    "commands=(\n",
		    to);
	for (size_t i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden && first_of_family(i))
			zsh_row(to, cli_commands[i]->name, first_word(cli_commands[i]->name),
				second_word(cli_commands[i]->name) ? "several commands" : cli_commands[i]->help);
	(void)fputs(")\nif (( CURRENT == 2 )); then _describe command commands; return; fi\ncase $words[2] in\n", to);
	for (size_t i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden && first_of_family(i) && second_word(cli_commands[i]->name))
			zsh_words(to, i);
	(void)fputs("esac\n"
		    "if (( CURRENT == 3 && $#words_of )); then _describe command words_of; return; fi\n"
		    "case \"$words[2]${words_of:+ $words[3]}\" in\n",
		    to);
	for (size_t i = 0; cli_commands[i]; i++) {
		if (cli_commands[i]->hidden)
			continue;
		(void)fprintf(to, "'%s') options=(", cli_commands[i]->name);
		bash_options(to, cli_commands[i]->options);
		bash_options(to, cli_common_of(cli_commands[i]));
		(void)fputs(" ) ;;\n", to);
	}
	(void)fputs("esac\nif [[ $PREFIX == -* ]]; then compadd -- $options; else _files; fi\n", to);
}

/* ---- fish ------------------------------------------------------------------------------------------- */

static void fish_options(FILE *to, const char *condition, const struct cli_option *o)
{
	for (; o && o->name; o++) {
		(void)fprintf(to, "complete -c mpcup -n '%s' -l %s%s -d ", condition, o->name,
			      o->value ? " -r" : "");
		quoted(to, o->help, "\\'");
		(void)fputc('\n', to);
	}
}

static void fish_command(FILE *to, size_t i)
{
	const struct command *c = cli_commands[i];
	const char *second = second_word(c->name);
	int len = (int)first_word(c->name);
	OWN(str)
	char *seen = second ? str_printf("__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %s", len,
					 c->name, second)
			    : str_printf("__fish_seen_subcommand_from %s", c->name);

	if (first_of_family(i)) {
		(void)fprintf(to, "complete -c mpcup -f -n __fish_use_subcommand -a %.*s -d ", len, c->name);
		quoted(to, second ? "several commands" : c->help, "\\'");
		(void)fputc('\n', to);
	}
	if (second) {
		(void)fprintf(to,
			      "complete -c mpcup -f -n 'test (count (commandline -opc)) -eq 2; and "
			      "__fish_seen_subcommand_from %.*s' -a %s -d ",
			      len, c->name, second);
		quoted(to, c->help, "\\'");
		(void)fputc('\n', to);
	}
	fish_options(to, seen, c->options);
}

static void fish(FILE *to)
{
	(void)fputs("# fish completion of mpcup, made by: mpcup completion fish\n", to);
	for (size_t i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden)
			fish_command(to, i);
	for (const struct cli_option *o = cli_common_options; o->name; o++) {
		(void)fprintf(to, "complete -c mpcup -l %s -d ", o->name);
		quoted(to, o->help, "\\'");
		(void)fputc('\n', to);
	}
}

static const struct {
	const char *shell;
	void (*print)(FILE *to);
} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

int cli_completion(FILE *to, const char *shell)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (!strcmp(shells[i].shell, shell)) {
			shells[i].print(to);
			return 0;
		}
	}
	return -1;
}
