#include "engine/sys/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"

int sys_mkdir_all(const char *path, mode_t mode, struct err *err)
{
	OWN(str) char *copy = str_dup(path);

	for (char *p = copy + (*copy == '/');; p++) {
		char end = *p;

		if (end != '/' && end != '\0')
			continue;
		*p = '\0';
		if (*copy && mkdir(copy, mode) < 0 && errno != EEXIST)
			return err_sys(err, "cannot make directory %s", copy);
		*p = end;
		if (!end)
			return 0;
	}
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		data += done;
		len -= (size_t)done;
	}
	return 0;
}

/* A rename is on disk only when its directory is. */
static void sync_parent(const char *path)
{
	OWN(str) char *parent = str_dup(path);
	char *slash = strrchr(parent, '/');
	OWN(fd) int fd = -1;

	if (slash)
		slash[slash == parent] = '\0';
	fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)fsync(fd);
}

int sys_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
	OWN(str) char *temporary = str_printf("%s.XXXXXX", path);
	OWN(fd) int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "cannot write %s", path);
	if (write_all(fd, data, len) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0 ||
	    rename(temporary, path) < 0) {
		int problem = errno;

		(void)unlink(temporary);
		errno = problem;
		return err_sys(err, "cannot write %s", path);
	}
	sync_parent(path);
	return 0;
}

int sys_read_file(const char *path, size_t most, char **ret, size_t *ret_len, struct err *err)
{
	OWN(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	OWN(buf) struct buf data = { 0 };

	if (fd < 0)
		return err_sys(err, "cannot open %s", path);
	for (;;) {
		char part[16384];
		ssize_t got = read(fd, part, sizeof(part));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "cannot read %s", path);
		if (got == 0)
			break;
		if (data.len + (size_t)got > most)
			return err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path, most);
		buf_add(&data, part, (size_t)got);
	}
	if (ret_len)
		*ret_len = data.len;
	*ret = buf_take(&data);
	return 0;
}

int sys_write_control(const char *path, const char *text, struct err *err)
{
	OWN(fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return err_sys(err, "cannot write %s", path);
	return 0;
}

int sys_state_dir(char **ret, struct err *err)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	OWN(str) char *path = NULL;

	if (state && state[0] == '/')
		path = str_printf("%s/mpcup", state);
	else if (home && home[0] == '/')
		path = str_printf("%s/.local/state/mpcup", home);
	else
		return err_set(
			err, ERR_INPUT,
			"no place for the state: set HOME or XDG_STATE_HOME to an absolute path");
	if (sys_mkdir_all(path, 0700, err) < 0)
		return err_in(err, "state directory");
	if (chmod(path, 0700) < 0)
		return err_sys(err, "cannot make %s private", path);
	*ret = GIVE(path);
	return 0;
}

static int open_resolved(int root, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
				.resolve = resolve | RESOLVE_NO_MAGICLINKS };
	int fd;

	/* somebody renames something on this machine while ".." is resolved */
	do {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	} while (fd < 0 && errno == EAGAIN);
	return fd;
}

int sys_open_beneath(int root, const char *path, int flags)
{
	return open_resolved(root, path, flags, RESOLVE_BENEATH);
}

int sys_open_in_root(int root, const char *path, int flags)
{
	return open_resolved(root, path, flags, RESOLVE_IN_ROOT);
}
