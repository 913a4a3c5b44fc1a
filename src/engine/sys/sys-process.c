#include "engine/sys/sys.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t clone_flags(unsigned flags)
{
	static const struct {
		unsigned ours;
		uint64_t kernels;
	} map[] = {
		{ SYS_NEW_NET, CLONE_NEWNET },	{ SYS_NEW_PID, CLONE_NEWPID },
		{ SYS_NEW_MOUNT, CLONE_NEWNS }, { SYS_NEW_IPC, CLONE_NEWIPC },
		{ SYS_NEW_UTS, CLONE_NEWUTS },	{ SYS_SIBLING, CLONE_PARENT },
	};
	uint64_t answer = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (flags & map[i].ours)
			answer |= map[i].kernels;
	return answer;
}

pid_t sys_clone(unsigned flags, int cgroup_fd, int *ret_pidfd)
{
	int pidfd = -1;
	struct clone_args args = { .flags = clone_flags(flags) | CLONE_PIDFD,
				   .pidfd = (uint64_t)(uintptr_t)&pidfd };
	pid_t pid;

	/* A sibling inherits the exit signal of its maker; naming one is an error. */
	if (!(flags & SYS_SIBLING))
		args.exit_signal = SIGCHLD;
	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}

int sys_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int sys_pidfd_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int sys_exit_code(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

int sys_pidfd_wait(int pidfd)
{
	siginfo_t info = { 0 };

	while (waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED) < 0)
		if (errno != EINTR)
			return 255;
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

void sys_die_with_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void sys_adopt_orphans(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void sys_hide_memory(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0);
}
