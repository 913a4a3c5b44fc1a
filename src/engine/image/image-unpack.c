/* A tar into a directory that nothing in it can leave. Set-id bits, owners, extended attributes and
 * devices do not come along; whoever unpacks owns everything and may always read and change it. */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "engine/image/image-internal.h"
#include "engine/sys/sys.h"

#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"
#define AUFS ".wh..wh." /* other notes of that file system */

/* ---- paths
 * --------------------------------------------------------------------------------------------- */

static int refuse(const char *path, const char *why, struct err *err)
{
	return err_set(err, ERR_INPUT, "holds '%.300s', which %s", path, why);
}

/* The path without leading, double and trailing slashes and dots. "" is the root itself. */
static int clean(const char *path, char **ret, struct err *err)
{
	OWN(buf) struct buf out = { 0 };
	OWN(str) char *copy = str_dup(path);
	unsigned depth = 0;
	char *save = NULL;

	if (strlen(path) >= PATH_MAX)
		return refuse(path, "is too long a path", err);
	for (char *part = strtok_r(copy, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		if (str_eq(part, "."))
			continue;
		if (str_eq(part, ".."))
			return refuse(path, "leads out of the image", err);
		if (strlen(part) > NAME_MAX || ++depth > IMAGE_MOST_DEPTH)
			return refuse(path, "is too long or too deep a path", err);
		buf_printf(&out, "%s%s", out.len ? "/" : "", part);
	}
	*ret = buf_take(&out);
	return 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Notes the path and the directories above it as part of this layer. */
static void note(struct image_unpack *u, const char *path)
{
	OWN(str) char *copy = str_dup(path);

	while (u->here && *copy && !json_object_get(u->here, copy)) {
		char *slash = strrchr(copy, '/');

		(void)json_object_set_new_nocheck(u->here, copy, json_true());
		*(slash ? slash : copy) = '\0';
	}
}

/* Makes the directories of "a/b/", one after the other. */
static void make_parents(const struct image_unpack *u, char *parent)
{
	for (char *p = strchr(parent, '/'); p; *p = '/', p = strchr(p + 1, '/')) {
		OWN(str) char *above = NULL;
		OWN(fd) int at = -1;

		*p = '\0';
		above = str_dup_n(parent, (size_t)(last_part(parent) - parent));
		at = sys_open_beneath(u->root, *above ? above : ".", O_PATH | O_DIRECTORY);
		if (at >= 0) /* what goes wrong shows when the whole is opened */
			(void)mkdirat(at, last_part(parent), 0755);
	}
}

/* The directory of path, opened; what is missing is made. Links on the way are followed as long as
 * they stay inside. */
static int parent_of(const struct image_unpack *u, const char *path, struct err *err)
{
	OWN(str) char *parent = str_dup_n(path, (size_t)(last_part(path) - path));
	const char *open = *parent ? parent : ".";
	int fd = sys_open_beneath(u->root, open, O_PATH | O_DIRECTORY);

	if (fd < 0 && errno == ENOENT) {
		make_parents(u, parent);
		fd = sys_open_beneath(u->root, open, O_PATH | O_DIRECTORY);
	}
	if (fd >= 0)
		return fd;
	if (errno == EXDEV || errno == ELOOP)
		return refuse(path, "goes through a link that leads out of the image", err);
	if (errno == ENOTDIR || errno == ENOENT)
		return refuse(path, "goes through something that is no directory", err);
	return err_sys(err, "cannot unpack %.300s", path);
}

/* ---- whiteouts
 * ------------------------------------------------------------------------------------------- */

/* Removes what lower layers have below the directory `path` (open as fd, which is taken over). */
static int empty_lower(struct image_unpack *u, int fd, const char *path, struct err *err)
{
	DIR *list = fdopendir(fd);
	int rc = 0;

	if (!list) {
		close(fd);
		return err_sys(err, "cannot read %.300s", path);
	}
	for (struct dirent *e = readdir(list); e && rc == 0; e = readdir(list)) {
		OWN(str) char *child = str_printf("%s%s%s", path, *path ? "/" : "", e->d_name);
		int below;

		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		if (!json_object_get(u->here, child)) {
			rc = image_tree_remove(dirfd(list), e->d_name, err);
			continue;
		}
		below = openat(dirfd(list), e->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			rc = empty_lower(u, below, child, err);
	}
	(void)closedir(list);
	return rc;
}

/* 1: the entry was a whiteout and is dealt with. */
static int whiteout(struct image_unpack *u, const char *path, int parent, struct err *err)
{
	const char *name = last_part(path), *hidden = name + strlen(WHITEOUT);
	size_t above = (size_t)(name - path);
	OWN(str) char *directory = str_dup_n(path, above ? above - 1 : 0);
	OWN(str) char *victim = NULL;

	if (u->plain || !str_starts(name, WHITEOUT))
		return 0;
	if (str_eq(name, OPAQUE)) {
		int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_sys(err, "cannot open %.300s", directory);
		return empty_lower(u, fd, directory, err) < 0 ? -1 : 1;
	}
	if (str_starts(name, AUFS))
		return 1;
	if (!*hidden || str_eq(hidden, ".") || str_eq(hidden, ".."))
		return refuse(path, "removes no file of a lower layer", err);
	victim = str_printf("%s%s%s", directory, *directory ? "/" : "", hidden);
	if (json_object_get(u->here, victim))
		return 1;
	return image_tree_remove(parent, hidden, err) < 0 ? -1 : 1;
}

/* ---- entries
 * -------------------------------------------------------------------------------------------- */

static int too_much(struct err *err)
{
	return err_set(err, ERR_LIMIT,
		       "makes the image larger than %llu GiB, which is what the storage of a Fargate task "
		       "holds",
		       IMAGE_MOST_BYTES >> 30);
}

static int write_at(int fd, const char *data, size_t len, la_int64_t offset)
{
	while (len) {
		ssize_t done = pwrite(fd, data, len, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		data += done;
		offset += done;
		len -= (size_t)done;
	}
	return 0;
}

static const char *reason(struct archive *tar)
{
	const char *text = libarchive.error_string(tar);

	return text ? text : "damaged data";
}

/* The claimed size is checked first: a hole would cost nothing to send. */
static int make_file(struct image_unpack *u, struct archive *tar, struct archive_entry *e, int parent,
		     const char *path, struct err *err)
{
	int64_t size = libarchive.entry_size(e), offset;
	mode_t mode = (libarchive.entry_perm(e) & 0777) | 0600;
	OWN(fd) int fd = -1;
	const void *data;
	size_t len;
	int rc;

	if (size < 0 || (uint64_t)size > IMAGE_MOST_BYTES - u->bytes)
		return too_much(err);
	u->bytes += (uint64_t)size;
	fd = openat(parent, last_part(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return err_sys(err, "cannot make %.300s", path);
	while ((rc = libarchive.read_data_block(tar, &data, &len, &offset)) == ARCHIVE_OK) {
		if (offset < 0 || offset > size || (uint64_t)len > (uint64_t)(size - offset))
			return refuse(path, "has more data than its header says", err);
		if (write_at(fd, data, len, offset) < 0)
			return err_sys(err, "cannot write %.300s", path);
	}
	if (rc != ARCHIVE_EOF)
		return err_set(err, ERR_INPUT, "is damaged at '%.300s': %s", path, reason(tar));
	if (ftruncate(fd, size) < 0 || fchmod(fd, mode) < 0)
		return err_sys(err, "cannot write %.300s", path);
	return 0;
}

static int make_link(const struct image_unpack *u, const char *target, int parent, const char *path,
		     struct err *err)
{
	OWN(str) char *from = NULL;
	OWN(fd) int directory = -1;

	if (clean(target, &from, err) < 0)
		return -1;
	directory = *from ? parent_of(u, from, err) : -1;
	if (directory < 0)
		return *from ? -1 : refuse(path, "is a link to nothing", err);
	if (linkat(directory, last_part(from), parent, last_part(path), 0) < 0)
		return errno == ENOENT || errno == EPERM
			       ? refuse(path, "is a hard link to no file of the image", err)
			       : err_sys(err, "cannot link %.300s", path);
	return 0;
}

static int make_directory(struct archive_entry *e, int parent, const char *path, struct err *err)
{
	const char *name = *path ? last_part(path) : ".";
	mode_t mode = (libarchive.entry_perm(e) & 01777) | 0700;

	if (*path && mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "cannot make %.300s", path);
	return fchmodat(parent, name, mode, 0) < 0 ? err_sys(err, "cannot make %.300s", path) : 0;
}

/* Names are in UTF-8 or whatever bytes the archive has; this program's locale is C. */
static const char *hard_link(struct archive_entry *e)
{
	const char *utf8 = libarchive.entry_hardlink_utf8(e);

	return utf8 ? utf8 : libarchive.entry_hardlink(e);
}

/* What stands in the way goes; a directory stays for a directory. */
static int make_room(struct archive_entry *e, int parent, const char *path, struct err *err)
{
	const char *target = hard_link(e);
	bool directory = libarchive.entry_filetype(e) == AE_IFDIR && !target;
	struct stat there;

	if (!*path)
		return directory ? 0 : refuse(path, "is no directory and would be the root", err);
	if (fstatat(parent, last_part(path), &there, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(there.st_mode) && directory)
		return 0;
	/* a hard link to itself would lose its file */
	if (target) {
		OWN(str) char *from = NULL;

		if (clean(target, &from, err) < 0)
			return -1;
		if (str_eq(from, path))
			return refuse(path, "is a hard link to itself", err);
	}
	return image_tree_remove(parent, last_part(path), err);
}

static void count_owner(struct image_unpack *u, struct archive_entry *e)
{
	int64_t uid = libarchive.entry_uid(e), gid = libarchive.entry_gid(e);
	OWN(str) char *key = str_printf("%lld:%lld", (long long)uid, (long long)gid);

	if (u->owners && (uid || gid) &&
	    (json_object_get(u->owners, key) || json_object_size(u->owners) < 1000))
		json_set_int(u->owners, key, json_int_or(u->owners, key, 0) + 1);
}

static int make(struct image_unpack *u, struct archive *tar, struct archive_entry *e, int parent,
		const char *path, struct err *err)
{
	const char *target = hard_link(e);

	count_owner(u, e);
	if (target)
		return make_link(u, target, parent, path, err);
	switch (libarchive.entry_filetype(e)) {
	case AE_IFREG:
		return make_file(u, tar, e, parent, path, err);
	case AE_IFDIR:
		return make_directory(e, parent, path, err);
	case AE_IFLNK:
		target = libarchive.entry_symlink_utf8(e);
		target = target ? target : libarchive.entry_symlink(e);
		if (!target || !*target)
			return refuse(path, "is a link to nothing", err);
		return symlinkat(target, parent, last_part(path)) < 0
			       ? err_sys(err, "cannot link %.300s", path)
			       : 0;
	case AE_IFIFO:
		return mkfifoat(parent, last_part(path), (libarchive.entry_perm(e) & 0777) | 0600) < 0
			       ? err_sys(err, "cannot make %.300s", path)
			       : 0;
	default: /* devices and sockets: a container gets its own */
		u->skipped++;
		return 0;
	}
}

static int unpack_entry(struct image_unpack *u, struct archive *tar, struct archive_entry *e,
			struct err *err)
{
	const char *utf8 = libarchive.entry_pathname_utf8(e);
	const char *name = utf8 ? utf8 : libarchive.entry_pathname(e);
	OWN(str) char *path = NULL;
	OWN(fd) int parent = -1;
	int rc;

	if (!name)
		return err_set(err, ERR_INPUT, "holds a file without a name");
	if (++u->entries > IMAGE_MOST_ENTRIES)
		return err_set(err, ERR_LIMIT, "brings more than %d files into the image",
			       IMAGE_MOST_ENTRIES);
	if (clean(name, &path, err) < 0)
		return -1;
	parent = parent_of(u, path, err);
	if (parent < 0)
		return -1;
	rc = whiteout(u, path, parent, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (make_room(e, parent, path, err) < 0 || make(u, tar, e, parent, path, err) < 0)
		return -1;
	note(u, path);
	return 0;
}

int image_unpack(struct image_unpack *u, struct archive *tar, struct err *err)
{
	struct archive_entry *e;
	int got, rc = 0;

	if (!u->plain)
		u->here = json_object();
	while (rc == 0 && ((got = libarchive.read_next_header(tar, &e)) == ARCHIVE_OK ||
			   got == ARCHIVE_WARN))
		rc = unpack_entry(u, tar, e, err);
	json_decref(u->here);
	u->here = NULL;
	if (rc == 0 && got != ARCHIVE_EOF)
		return err_set(err, ERR_INPUT, "is damaged: %s", reason(tar));
	return rc;
}
