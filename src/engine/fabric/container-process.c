/* The first process of a container and commands in it, after its root is there. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/fabric/agent-internal.h"
#include "engine/sys/sys.h"

/* Where the engines' runtime is when it finds that a program cannot be started. */
#define RUNTIME "OCI runtime create failed: runc create failed: unable to start container process: exec: "

static void limit_files(const struct agent_container *c)
{
	struct rlimit limit;

	if (!c->nofile_soft && !c->nofile_hard)
		return;
	/* nobody may raise the hard limit here: the machine's is the most there is */
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (c->nofile_hard && c->nofile_hard < limit.rlim_max)
		limit.rlim_max = c->nofile_hard;
	limit.rlim_cur =
		c->nofile_soft && c->nofile_soft < limit.rlim_max ? c->nofile_soft : limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

void fabric_default_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void fabric_hold_signals(int how)
{
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	(void)sigprocmask(how, &both, NULL);
}

int fabric_standard_files(int output)
{
	OWN(fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(output < 0 ? null : output, 1) < 0 ||
	    dup2(output < 0 ? null : output, 2) < 0)
		return -1;
	return 0;
}

int fabric_confine(const struct agent_container *c, int keep, struct err *err)
{
	sys_close_others(&keep, 1);
	(void)umask(022);
	if (chdir(c->directory) < 0)
		return err_sys(err, "cannot enter the directory %s", c->directory);
	limit_files(c);
	if ((c->uid || c->gid) && sys_user(c->uid, c->gid, err) < 0)
		return -1;
	return sys_confine(err);
}

/* ---- programs
 * ---------------------------------------------------------------------------------------- */

/* The value of a variable in the container's environment, or NULL. */
static const char *variable(char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (; environment && *environment; environment++)
		if (!strncmp(*environment, name, len) && (*environment)[len] == '=')
			return *environment + len + 1;
	return NULL;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static char *by_path(const char *program, struct err *err)
{
	struct stat st;

	if (is_program(program))
		return str_dup(program);
	if (stat(program, &st) < 0)
		(void)err_set(err, ERR_SYS, RUNTIME "\"%s\": stat %s: %s: unknown", program, program,
			      errno == ENOENT ? "no such file or directory" : "not a directory");
	else
		(void)err_set(err, ERR_SYS, RUNTIME "\"%s\": %s: unknown", program,
			      S_ISDIR(st.st_mode) ? "is a directory" : "permission denied");
	return NULL;
}

char *fabric_program_find(const struct agent_container *c, const char *program, struct err *err)
{
	const char *path = variable(c->environment, "PATH");

	if (str_eq(program, "mpcup") && str_eq(c->root, "minimal"))
		return str_dup("/app/mpcup");
	if (strchr(program, '/'))
		return by_path(program, err);
	for (path = path ? path : "/bin:/usr/bin"; *program && *path; path += strcspn(path, ":")) {
		OWN(str) char *full = NULL;

		path += *path == ':';
		full = str_printf("%.*s/%s", (int)strcspn(path, ":"), path, program);
		if (is_program(full))
			return GIVE(full);
	}
	(void)err_set(err, ERR_SYS, RUNTIME "\"%s\": executable file not found in $PATH: unknown",
		      program);
	return NULL;
}

/* The kernel's refusal of a program that is there (for another machine, without its interpreter) is a
 * line of the container's own output, as with the engines. */
static void __attribute__((noreturn)) report(const char *program)
{
	const char *why = errno == ENOEXEC  ? "exec format error"
			  : errno == ENOENT ? "no such file or directory"
			  : errno == EACCES ? "permission denied"
					    : strerror(errno);

	(void)dprintf(STDERR_FILENO, "exec %s: %s\n", program, why);
	_exit(FABRIC_EXEC_FAILED);
}

int fabric_run(const struct agent_container *c, char *const *argv, int errors, struct err *err)
{
	OWN(str) char *program = fabric_program_find(c, argv[0], err);

	if (!program)
		return -1;
	fabric_default_signals();
	if (str_eq(argv[0], "mpcup") && str_eq(c->root, "minimal"))
		fabric_hold_signals(SIG_BLOCK);
	(void)fcntl(errors, F_SETFD, FD_CLOEXEC);
	(void)execve(program, argv, c->environment);
	report(program);
}
