#include "engine/sys/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/str.h"

enum { CGROUP2_MAGIC = 0x63677270 };

static int write_at(int dir, const char *file, const char *text)
{
	OWN(fd) int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);

	return fd >= 0 && write(fd, text, len) == (ssize_t)len ? 0 : -1;
}

static int read_at(int dir, const char *file, char *text, size_t size)
{
	OWN(fd) int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	text[got < 0 ? 0 : got] = '\0';
	return got < 0 ? -1 : 0;
}

/* Directory of the caller's cgroup in the unified tree, or -1. The root is nobody's to give. */
static int own_cgroup(void)
{
	OWN(str) char *text = NULL;
	OWN(str) char *path = NULL;
	struct statfs fs;
	char *line, *end;

	if (sys_read_file("/proc/self/cgroup", 65536, &text, NULL, NULL) < 0)
		return -1;
	line = str_starts(text, "0::") ? text : strstr(text, "\n0::");
	if (!line)
		return -1;
	line += *line == '\n' ? 4 : 3;
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	if (str_eq(line, "/"))
		return -1;
	path = str_printf("/sys/fs/cgroup%s", line);
	if (statfs(path, &fs) < 0 || fs.f_type != CGROUP2_MAGIC)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool has_controllers(int dir)
{
	char text[512];

	return read_at(dir, "cgroup.controllers", text, sizeof(text)) == 0 &&
	       strstr(text, "memory") && strstr(text, "cpu");
}

/* Controllers go on only where no process sits: all others there would have to move too. */
static bool only_us(int dir)
{
	char text[64], own[32];

	(void)snprintf(own, sizeof(own), "%d\n", getpid());
	return read_at(dir, "cgroup.procs", text, sizeof(text)) == 0 && str_eq(text, own);
}

int sys_cgroup_delegated(void)
{
	OWN(fd) int dir = own_cgroup();
	char own[32];

	if (dir < 0 || !has_controllers(dir) || faccessat(dir, "cgroup.procs", W_OK, 0) < 0 ||
	    !only_us(dir))
		return -1;
	(void)snprintf(own, sizeof(own), "%d", getpid());
	if (mkdirat(dir, "mpcup-daemon", 0755) < 0 && errno != EEXIST)
		return -1;
	if (write_at(dir, "mpcup-daemon/cgroup.procs", own) < 0)
		return -1;
	if (write_at(dir, "cgroup.subtree_control", "+memory +cpu") < 0) {
		(void)write_at(dir, "cgroup.procs", own);
		return -1;
	}
	(void)write_at(dir, "cgroup.subtree_control", "+pids");
	return GIVE_FD(dir);
}

int sys_cgroup_make(int delegated, const char *name, uint64_t memory_bytes, uint64_t cpu_units,
		    struct err *err)
{
	OWN(fd) int dir = -1;
	char text[64];

	if (mkdirat(delegated, name, 0755) < 0 && errno != EEXIST)
		return err_sys(err, "cannot make cgroup %s", name);
	dir = openat(delegated, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, "cannot open cgroup %s", name);
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)memory_bytes);
	if (memory_bytes && write_at(dir, "memory.max", text) < 0)
		return err_sys(err, "cannot limit memory of %s", name);
	if (memory_bytes)
		(void)write_at(dir, "memory.swap.max", "0");
	(void)snprintf(text, sizeof(text), "%llu 100000",
		       (unsigned long long)cpu_units * 100000 / 1024);
	if (cpu_units && write_at(dir, "cpu.max", text) < 0)
		return err_sys(err, "cannot limit cpu of %s", name);
	return GIVE_FD(dir);
}

bool sys_cgroup_was_oom(int cgroup)
{
	char text[512];
	const char *kills;

	if (read_at(cgroup, "memory.events", text, sizeof(text)) < 0)
		return false;
	kills = strstr(text, "oom_kill ");
	return kills && atol(kills + strlen("oom_kill ")) > 0;
}

void sys_cgroup_remove(int delegated, const char *name)
{
	(void)unlinkat(delegated, name, AT_REMOVEDIR);
}
