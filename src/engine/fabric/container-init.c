/* The init of a container (initProcessEnabled): passes signals on, reaps, ends with its child. */
#include "engine/fabric/fabric.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
}

int fabric_container_init(char **argv)
{
	const char *program = argv[0] && !strcmp(argv[0], "mpcup") ? "/proc/self/exe" : argv[0];
	pid_t child = program ? fork() : -1;

	if (child == 0) {
		(void)execvp(program, argv);
		perror(program);
		_exit(127);
	}
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
