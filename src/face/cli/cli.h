/* The command line: one table of commands prints the help, the man page and the completions.
 * Only this room and main.c print. Exit codes: 0 ok; 1 findings or a failed deployment; 2 wrong
 * usage; 3 the machine or the target refused; 4 a bug. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_REFUSED = 3, CLI_BUG = 4 };

/* An option of a command: "--stack NAME". value NULL: a flag. many: may be repeated. */
struct cli_option {
	const char *name;  /* "stack" */
	const char *value; /* "NAME" or NULL */
	bool many;
	const char *help;
};

struct cli {
	const struct command *command;
	char **args; /* positional */
	size_t arg_count;
	json_t *options; /* name -> string, true, or array of strings (many) */
	bool json, quiet, color, progress; /* color/progress: stdout/stderr is a terminal */
};

struct command {
	const char *name;  /* "up", "cloud start" */
	const char *usage; /* "[TEMPLATE...]" */
	unsigned least, most; /* positional arguments */
	const char *help;     /* one line */
	const char *details;  /* paragraphs for --help and the man page, or NULL */
	const char *examples; /* lines for --help, or NULL */
	const struct cli_option *options; /* ends with a row whose name is NULL; NULL: none */
	int (*run)(struct cli *cli, struct err *err); /* exit code; CLI_* with err set prints err */
	bool hidden;
	bool text_only; /* what it prints has no JSON form: no --json */
};
extern const struct command *const cli_commands[]; /* NULL-terminated */

int cli_main(int argc, char **argv);

/* Option access. */
const char *cli_option(const struct cli *cli, const char *name); /* NULL when not given */
bool cli_flag(const struct cli *cli, const char *name);
const json_t *cli_options(const struct cli *cli, const char *name); /* array or NULL */
/* A question before something that cannot be taken back: 1 yes (--yes, or typed), 0 no, or nobody was
 * there to ask: that is said. */
int cli_confirm(const struct cli *cli, const char *question);
/* Reads a whole file ("-": stdin). -1: err names the file. */
int cli_read(const char *path, char **ret_text, size_t *ret_len, struct err *err);
/* Writes atomically: temporary file beside it, fsync, rename. mode as for open(). */
int cli_write(const char *path, const void *data, size_t len, unsigned mode, struct err *err);
/* Same, but never over a file that is there: 1 then. */
int cli_create(const char *path, const void *data, size_t len, unsigned mode, struct err *err);
/* Prints JSON to stdout, indented, with a newline. */
void cli_print_json(const json_t *j);
