/* The init of a container (initProcessEnabled): passes signals on, reaps, ends with its child. */
#include "engine/fabric/agent-internal.h"
#include "engine/fabric/fabric.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/sys/sys.h"

static pid_t init_child; /* for the signal handler */

static void init_forward(int number)
{
	(void)kill(init_child, number);
}

static void forward_signals(pid_t child)
{
	static const int passed[] = {
		SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH
	};
	const struct sigaction forward = { .sa_handler = init_forward };

	init_child = child;
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		(void)sigaction(passed[i], &forward, NULL);
	fabric_hold_signals(SIG_UNBLOCK);
}

/* Passes signals on and reaps until the child ends: its exit code. */
static int watch(pid_t child)
{
	if (child < 0)
		return 255;
	forward_signals(child);
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		if (pid == child)
			return sys_exit_code(status);
		if (pid < 0 && errno != EINTR)
			return 255;
	}
}

/* ---- an init that starts outside of its root
 * -------------------------------------------------------- */

static int read_description(const char *number, struct agent_container **ret, struct err *err)
{
	static const struct agent_settings none = { 0 };
	OWN(str) char *path = str_printf("/proc/self/fd/%s", number);
	OWN(str) char *text = NULL;
	OWN(json) json_t *description = NULL;
	size_t len;

	if (sys_read_file(path, 16 << 20, &text, &len, err) < 0 ||
	    json_parse_text("container", text, len, &description, err) < 0)
		return -1;
	return fabric_agent_container_parse(description, &none, ret, err);
}

static int enter(const char *description, int errors, struct agent_container **ret_c, struct err *err)
{
	struct agent_container *c;
	OWN(str) char *program = NULL;

	if (read_description(description, &c, err) < 0)
		return -1;
	*ret_c = c;
	if (sys_root_enter(c->root, c->read_only_root, err) < 0 ||
	    fabric_confine(c, errors, err) < 0)
		return -1;
	program = fabric_program_find(c, c->argv[0], err);
	return program ? 0 : -1;
}

static int init_outside(const char *description, const char *error_number)
{
	struct agent_container *c = NULL;
	struct err err = { 0 };
	uint64_t errors;
	pid_t child;

	if (num_parse_u64(error_number, 3, 1 << 20, &errors) < 0)
		return 255;
	if (enter(description, (int)errors, &c, &err) < 0) {
		(void)!write((int)errors, err.text, strlen(err.text));
		return 255;
	}
	close((int)errors);
	child = fork();
	if (child == 0) {
		(void)fabric_run(c, c->argv, -1, &err);
		_exit(FABRIC_EXEC_FAILED);
	}
	return watch(child);
}

int fabric_container_init(char **argv)
{
	const char *program = argv[0] && !strcmp(argv[0], "mpcup") ? "/proc/self/exe" : argv[0];
	pid_t child;

	if (program && !strcmp(program, FABRIC_INIT_ENTER) && argv[1] && argv[2])
		return init_outside(argv[1], argv[2]);
	child = program ? fork() : -1;
	if (child == 0) {
		fabric_hold_signals(SIG_UNBLOCK);
		(void)execvp(program, argv);
		perror(program);
		_exit(127);
	}
	return watch(child);
}
