/* What the files of the command line share. Never leaves the room. */
#pragma once
#include "face/cli/cli.h"

/* Options every command takes; those of one command: --json is the first. */
extern const struct cli_option cli_common_options[];
static inline const struct cli_option *cli_common_of(const struct command *c)
{
	return c->text_only ? cli_common_options + 1 : cli_common_options;
}

/* Help texts, all from the table of commands. */
void cli_help(FILE *to, bool color);
void cli_help_command(FILE *to, const struct command *c, bool color);
/* The completion script of a shell; -1: not of that one. */
int cli_completion(FILE *to, const char *shell);

/* The row of a command by its words; *ret_words is how many of argv it took. NULL: none. */
const struct command *cli_find(char **argv, int argc, int *ret_words);
/* The commands that begin with this word; false: none does. */
bool cli_help_family(FILE *to, const char *first);
/* Says that there is no such command, and which was meant. -1. */
int cli_no_command(char **words, int count, struct err *err);

/* Terminal colours; "" when they are off. */
const char *cli_paint(const struct cli *cli, const char *name);
