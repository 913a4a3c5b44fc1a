#include "engine/sys/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/str.h"

/* True when the file exists and its number is `value`. */
static bool control_is(const char *path, long value)
{
	OWN(str) char *text = NULL;

	return sys_read_file(path, 64, &text, NULL, NULL) == 0 && atol(text) == value;
}

void sys_isolate_explain(const char *step, int problem, struct err *err)
{
	const char *hint = "a container's seccomp profile or a security module forbids user "
			   "namespaces: run outside of the container or relax its profile";

	if (control_is("/proc/sys/kernel/unprivileged_userns_clone", 0) && geteuid() != 0)
		hint = "run: sysctl -w kernel.unprivileged_userns_clone=1";
	else if (problem == ENOSPC || control_is("/proc/sys/user/max_user_namespaces", 0))
		hint = "the limit is reached: raise it with sysctl -w "
		       "user.max_user_namespaces=10000 "
		       "(and user.max_net_namespaces)";
	else if (control_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1))
		hint = "AppArmor restricts them: sysctl -w "
		       "kernel.apparmor_restrict_unprivileged_userns=0, or install an AppArmor "
		       "profile "
		       "that allows userns for this program";
	else if (problem == EINVAL || problem == ENOSYS)
		hint = "the kernel is built without them (CONFIG_USER_NS, CONFIG_NET_NS, "
		       "CONFIG_PID_NS)";
	else if (problem == EUSERS)
		hint = "user namespaces are nested too deeply";
	(void)err_set(err, ERR_SYS, "cannot make the namespaces of the local network (%s: %s); %s",
		      step, strerror(problem), hint);
}

static int explain(const char *step, struct err *err)
{
	sys_isolate_explain(step, errno, err);
	return -1;
}

int sys_isolate(struct err *err)
{
	char uid[64], gid[64];

	(void)snprintf(uid, sizeof(uid), "0 %u 1\n", geteuid());
	(void)snprintf(gid, sizeof(gid), "0 %u 1\n", getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) < 0)
		return explain("unshare", err);
	if (sys_write_control("/proc/self/setgroups", "deny", NULL) < 0 && errno != ENOENT)
		return explain("setgroups", err);
	if (sys_write_control("/proc/self/uid_map", uid, NULL) < 0)
		return explain("uid_map", err);
	if (sys_write_control("/proc/self/gid_map", gid, NULL) < 0)
		return explain("gid_map", err);
	return 0;
}

int sys_user(uint32_t uid, uint32_t gid, struct err *err)
{
	char uid_map[64], gid_map[64];
	int rc;

	(void)snprintf(uid_map, sizeof(uid_map), "%u 0 1\n", uid);
	(void)snprintf(gid_map, sizeof(gid_map), "%u 0 1\n", gid);
	if (unshare(CLONE_NEWUSER) < 0)
		return err_sys(err, "cannot make a user namespace for the user %u", uid);
	/* The maps of a process that hides its memory belong to the machine's root. Nobody can look in
	 * meanwhile: it has capabilities that no workload has. */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	rc = sys_write_control("/proc/self/setgroups", "deny", err);
	rc = rc < 0 ? rc : sys_write_control("/proc/self/uid_map", uid_map, err);
	rc = rc < 0 ? rc : sys_write_control("/proc/self/gid_map", gid_map, err);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return rc < 0 ? err_in(err, "cannot become the user %u", uid) : 0;
}

int sys_isolate_mounts(struct err *err)
{
	/* Mounts made here stay here; what the host mounts later is still seen. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return explain("mount --make-rslave /", err);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return explain("mount /proc", err);
	return 0;
}

int sys_net_current(struct err *err)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(err, "cannot open the network namespace") : fd;
}

int sys_net_new(struct err *err)
{
	if (unshare(CLONE_NEWNET) < 0)
		return err_sys(err, "cannot make a network namespace (limit: "
				    "/proc/sys/user/max_net_namespaces)");
	return 0;
}

int sys_net_enter(int net_fd, struct err *err)
{
	if (setns(net_fd, CLONE_NEWNET) < 0)
		return err_sys(err, "cannot enter a network namespace");
	return 0;
}

int sys_join(int pidfd, struct err *err)
{
	if (setns(pidfd, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return err_sys(err, "cannot enter the container");
	return 0;
}

int sys_hostname(const char *name, struct err *err)
{
	if (sethostname(name, strlen(name)) < 0)
		return err_sys(err, "cannot set the host name %s", name);
	return 0;
}

int sys_net_sysctl(const char *name, const char *value, struct err *err)
{
	OWN(str) char *path = str_printf("/proc/sys/net/%s", name);

	return sys_write_control(path, value, err);
}
