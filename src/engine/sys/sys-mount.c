#include "engine/sys/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"

/* glibc 2.36 has the calls but <linux/mount.h> and <sys/mount.h> exclude each other on some
 * systems. */
static int tree_clone(int dir, const char *path, unsigned flags)
{
	return open_tree(dir, path, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

static int open_inside(int root, const char *path, uint64_t flags)
{
	return sys_open_in_root(root, path, (int)flags);
}

int sys_mount_tmpfs(const char *at, uint64_t size_bytes, const char *mode, struct err *err)
{
	char options[96];

	(void)snprintf(options, sizeof(options), "size=%llu,mode=%s",
		       (unsigned long long)size_bytes, mode);
	if (mount("tmpfs", at, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return err_sys(err, "cannot mount a tmpfs at %s", at);
	return 0;
}

/* The new interface takes the paths as values of their own: a comma or colon in one is harmless
 * except that lowerdir itself splits at colons, so those are escaped. */
static char *escape_lower(const char *path)
{
	OWN(buf) struct buf out = { 0 };

	for (; *path; path++) {
		if (*path == ':' || *path == '\\')
			buf_char(&out, '\\');
		buf_char(&out, *path);
	}
	return buf_take(&out);
}

int sys_mount_overlay(const char *image, const char *scratch, const char *at, struct err *err)
{
	OWN(str) char *lower = escape_lower(image);
	OWN(str) char *upper = str_printf("%s/upper", scratch);
	OWN(str) char *work = str_printf("%s/work", scratch);
	OWN(fd) int fs = -1;
	OWN(fd) int tree = -1;

	if (mkdir(upper, 0755) < 0 || mkdir(work, 0755) < 0)
		return err_sys(err, "cannot prepare the writable layer");
	fs = fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir", lower, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "upperdir", upper, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "workdir", work, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_sys(err, "cannot lay a writable layer over %s", image);
	tree = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (tree < 0 || move_mount(tree, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, "cannot mount the image %s", image);
	return 0;
}

int sys_root_mkdir(int root, const char *path, mode_t mode, struct err *err)
{
	OWN(str) char *copy = str_dup(path);
	char *save = NULL;
	OWN(fd) int at = open_inside(root, ".", O_PATH | O_DIRECTORY);
	OWN(buf) struct buf so_far = { 0 };

	/* Each step is resolved again from the root: a link in the image cannot lead out of it. */
	for (char *part = strtok_r(copy, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		int next;

		if (at < 0 || str_eq(part, ".."))
			return err_set(err, ERR_INPUT, "%s is not a usable path", path);
		buf_printf(&so_far, "/%s", part);
		next = open_inside(root, so_far.data, O_PATH | O_DIRECTORY);
		if (next < 0 && errno == ENOENT) {
			if (mkdirat(at, part, 0755) < 0 || fchmodat(at, part, mode, 0) < 0)
				return err_sys(err, "cannot make %s in the container", path);
			next = open_inside(root, so_far.data, O_PATH | O_DIRECTORY);
		}
		if (next < 0)
			return err_sys(err, "cannot make %s in the container", path);
		close(at);
		at = next;
	}
	return 0;
}

/* The directory part of path, made and opened; *ret_name is its last part. */
static int open_parent(int root, const char *path, const char **ret_name, struct err *err)
{
	const char *slash = strrchr(path, '/');
	OWN(str) char *parent = slash ? str_dup_n(path, (size_t)(slash - path)) : str_dup("");
	int fd;

	*ret_name = slash ? slash + 1 : path;
	if (**ret_name == '\0' || str_eq(*ret_name, "..") || str_eq(*ret_name, "."))
		return err_set(err, ERR_INPUT, "%s is not a usable path", path);
	if (*parent && sys_root_mkdir(root, parent, 0755, err) < 0)
		return -1;
	fd = open_inside(root, *parent ? parent : ".", O_PATH | O_DIRECTORY);
	return fd < 0 ? err_sys(err, "cannot open %s in the container", parent) : fd;
}

static int create(int root, const char *path, mode_t mode, struct err *err)
{
	const char *name;
	OWN(fd) int parent = open_parent(root, path, &name, err);
	OWN(fd) int fd = -1;

	if (parent < 0)
		return -1;
	(void)unlinkat(parent, name, 0); /* a link of the image would lead elsewhere */
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 || fchmod(fd, mode) < 0)
		return err_sys(err, "cannot make %s in the container", path);
	return GIVE_FD(fd);
}

int sys_root_file(int root, const char *path, const void *data, size_t len, mode_t mode,
		  struct err *err)
{
	OWN(fd) int fd = create(root, path, mode, err);

	if (fd < 0)
		return -1;
	if (len && write(fd, data, len) != (ssize_t)len)
		return err_sys(err, "cannot write %s in the container", path);
	return 0;
}

int sys_root_copy(int root, const char *path, const char *source, mode_t mode, struct err *err)
{
	OWN(fd) int from = open(source, O_RDONLY | O_CLOEXEC);
	OWN(fd) int to = -1;
	ssize_t done;

	if (from < 0)
		return err_sys(err, "cannot open %s", source);
	to = create(root, path, mode, err);
	if (to < 0)
		return -1;
	do {
		done = sendfile(to, from, NULL, 1 << 24);
	} while (done > 0);
	return done < 0 ? err_sys(err, "cannot copy %s to %s", source, path) : 0;
}

/* What lies below a directory of ours may hold links that a container put there. */
static int open_source(const struct sys_mount_source *s, struct err *err)
{
	size_t len = s->below ? strlen(s->below) : 0;
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	OWN(fd) int base = -1;
	const char *rest;
	int fd;

	if (!len || strncmp(s->path, s->below, len) != 0 || s->path[len] != '/')
		fd = open(s->path, O_PATH | O_CLOEXEC);
	else {
		for (rest = s->path + len; *rest == '/'; rest++)
			;
		base = open(s->below, O_PATH | O_DIRECTORY | O_CLOEXEC);
		fd = base < 0 ? -1
			      : (int)syscall(SYS_openat2, base, *rest ? rest : ".", &how,
					     sizeof(how));
	}
	return fd < 0 ? err_sys(err, "cannot open the mount source %s", s->path) : fd;
}

static int bind_point(int root, const char *path, bool directory, struct err *err)
{
	struct stat there;
	OWN(fd) int have = open_inside(root, path, O_PATH);

	if (have >= 0 && fstat(have, &there) == 0 && S_ISDIR(there.st_mode) == directory)
		return GIVE_FD(have);
	if (directory ? sys_root_mkdir(root, path, 0755, err)
		      : sys_root_file(root, path, "", 0, 0644, err))
		return -1;
	have = open_inside(root, path, O_PATH);
	return have < 0 ? err_sys(err, "cannot open %s in the container", path) : GIVE_FD(have);
}

int sys_root_bind(int root, const char *path, const struct sys_mount_source *source, bool device,
		  struct err *err)
{
	OWN(fd) int from = open_source(source, err);
	OWN(fd) int tree = -1;
	OWN(fd) int at = -1;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID };
	struct stat what;

	if (from < 0)
		return -1;
	tree = tree_clone(from, "", AT_EMPTY_PATH | AT_RECURSIVE);
	if (tree < 0 || fstat(from, &what) < 0)
		return err_sys(err, "cannot clone the mount of %s", source->path);
	attr.attr_set |=
		(device ? 0 : MOUNT_ATTR_NODEV) | (source->read_only ? MOUNT_ATTR_RDONLY : 0);
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return err_sys(err, "cannot restrict the mount of %s", source->path);
	at = bind_point(root, path, S_ISDIR(what.st_mode), err);
	if (at < 0)
		return -1;
	if (move_mount(tree, "", at, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(err, "cannot mount %s at %s", source->path, path);
	return 0;
}

/* A file system of its own at path of root; option may be NULL. */
static int mount_new(int root, const char *path, const char *type, const char *const options[][2],
		     unsigned attributes, struct err *err)
{
	OWN(fd) int fs = fsopen(type, FSOPEN_CLOEXEC);
	OWN(fd) int tree = -1;
	OWN(fd) int at = -1;

	for (; fs >= 0 && options && (*options)[0]; options++)
		if (fsconfig(fs, FSCONFIG_SET_STRING, (*options)[0], (*options)[1], 0) < 0)
			return err_sys(err, "cannot set %s of %s", (*options)[0], path);
	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_sys(err, "cannot make a %s for %s", type, path);
	tree = fsmount(fs, FSMOUNT_CLOEXEC, attributes);
	at = bind_point(root, path, true, err);
	if (at < 0)
		return -1;
	if (tree < 0 ||
	    move_mount(tree, "", at, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(err, "cannot mount %s in the container", path);
	return 0;
}

/* Without capabilities uid 0 could still write files of /proc that the owner may write: with a real
 * root behind it those are switches of the host. */
static int restrict_proc(int root, struct err *err)
{
	static const char *const frozen[] = { "proc/sys", "proc/bus", "proc/fs", "proc/irq",
					      "proc/sysrq-trigger" };
	static const char *const hidden[] = { "proc/kcore", "proc/keys", "proc/timer_list",
					      "proc/latency_stats", "proc/sched_debug" };
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					       MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };

	for (size_t i = 0; i < sizeof(frozen) / sizeof(frozen[0]); i++) {
		OWN(fd) int at = open_inside(root, frozen[i], O_PATH);
		OWN(fd) int tree = at < 0 ? -1 : tree_clone(at, "", AT_EMPTY_PATH);

		if (at < 0)
			continue;
		if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ||
		    move_mount(tree, "", at, "",
			       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
			return err_sys(err, "cannot make /%s read-only", frozen[i]);
	}
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		OWN(fd) int at = open_inside(root, hidden[i], O_PATH);
		OWN(fd) int tree = at < 0 ? -1 : tree_clone(AT_FDCWD, "/dev/null", 0);

		if (at < 0)
			continue;
		if (tree < 0 || move_mount(tree, "", at, "",
					   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
			return err_sys(err, "cannot hide /%s", hidden[i]);
	}
	return 0;
}

static int make_dev(int root, struct err *err)
{
	static const char *const devices[] = { "null", "zero", "full", "random", "urandom" };
	static const char *const links[][2] = { { "/proc/self/fd", "fd" },
						{ "/proc/self/fd/0", "stdin" },
						{ "/proc/self/fd/1", "stdout" },
						{ "/proc/self/fd/2", "stderr" } };
	static const char *const small[][2] = { { "size", "65536" },
						{ "mode", "755" },
						{ NULL, NULL } };
	static const char *const shared[][2] = { { "size", "67108864" },
						 { "mode", "1777" },
						 { NULL, NULL } };
	OWN(fd) int dev = -1;

	if (mount_new(root, "/dev", "tmpfs", small, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err) < 0)
		return -1;
	dev = open_inside(root, "/dev", O_PATH | O_DIRECTORY);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		OWN(str) char *path = str_printf("/dev/%s", devices[i]);
		struct sys_mount_source source = { .path = path };

		if (sys_root_bind(root, path, &source, true, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlinkat(links[i][0], dev, links[i][1]) < 0)
			return err_sys(err, "cannot make /dev/%s", links[i][1]);
	return mount_new(root, "/dev/shm", "tmpfs", shared,
			 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
}

int sys_root_kernel(int root, struct err *err)
{
	if (mount_new(root, "/proc", "proc", NULL,
		      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err) < 0)
		return -1;
	if (restrict_proc(root, err) < 0)
		return -1;
	return make_dev(root, err);
}

int sys_root_enter(const char *at, bool read_only, struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (read_only && mount_setattr(AT_FDCWD, at, 0, &attr, sizeof(attr)) < 0)
		return err_sys(err, "cannot make the container's root read-only");
	if (chdir(at) < 0)
		return err_sys(err, "cannot enter the container's root");
	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		if (umount2(".", MNT_DETACH) < 0)
			return err_sys(err, "cannot leave the old root");
	} else if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0) {
		/* pivot_root refuses an initramfs (small virtual machines) */
		return err_sys(err, "cannot change to the container's root");
	}
	return chdir("/") < 0 ? err_sys(err, "cannot enter the container's root") : 0;
}

int sys_proc_open(struct err *err)
{
	OWN(fd) int fs = fsopen("proc", FSOPEN_CLOEXEC);
	int tree;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_sys(err, "cannot make a /proc");
	tree = fsmount(fs, FSMOUNT_CLOEXEC,
		       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return tree < 0 ? err_sys(err, "cannot open a /proc") : tree;
}
