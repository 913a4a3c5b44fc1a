/* Directories of file systems on the host. Containers write there, so nothing in it is trusted: no
 * symbolic link is ever followed. */
#include "engine/cloud/efs/efs-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MOST = 128 };

static bool name_valid(const char *name, size_t len)
{
	if (len == 0 || (len == 1 && name[0] == '.') || (len == 2 && !strncmp(name, "..", 2)))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return true;
}

bool efs_path_valid(const char *path, size_t length_most, unsigned levels_most)
{
	unsigned levels = 0;

	if (path[0] != '/' || strlen(path) > length_most)
		return false;
	while (path[0] == '/' && path[1]) {
		size_t len = strcspn(path + 1, "/");

		if (!name_valid(path + 1, len) || ++levels > levels_most)
			return false;
		path += 1 + len;
	}
	return true;
}

char *efs_directory(struct hub *hub, const char *file_system, const char *path)
{
	return str_printf("%s/efs/%s%s", hub_state_dir(hub), file_system,
			  strcmp(path, "/") ? path : "");
}

/* Opens the next level; with make it is created first. */
static int step(int at, const char *name, bool make)
{
	if (make && mkdirat(at, name, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int efs_tree_have(const char *root, const char *path, bool make, struct err *err)
{
	OWN(fd) int at = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (at < 0)
		return err_sys(err, "open %s", root);
	while (*path == '/' && path[1]) {
		size_t len = strcspn(path + 1, "/");
		OWN(str) char *name = str_dup_n(path + 1, len);
		int next = step(at, name, make);

		if (next < 0) {
			if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
				return 0;
			return err_sys(err, "directory %s in %s", path, root);
		}
		close(at);
		at = next;
		path += 1 + len;
	}
	return 1;
}

static void remove_inside(int fd, unsigned depth)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		int sub;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    unlinkat(dirfd(dir), entry->d_name, 0) == 0 || depth >= DEPTH_MOST)
			continue;
		sub = openat(dirfd(dir), entry->d_name,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			remove_inside(sub, depth + 1);
		(void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
}

void efs_tree_remove(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		remove_inside(fd, 0);
	(void)rmdir(path);
}

static int64_t size_inside(int fd, unsigned depth, unsigned *left)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	int64_t sum = 0;

	if (!dir) {
		close(fd);
		return 0;
	}
	while (*left && (entry = readdir(dir))) {
		struct stat st;
		int sub = -1;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		(*left)--;
		sum += (int64_t)st.st_blocks * 512;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MOST)
			sub = openat(dirfd(dir), entry->d_name,
				     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			sum += size_inside(sub, depth + 1, left);
	}
	closedir(dir);
	return sum;
}

/* Metered size: stops counting after 100,000 entries rather than block the loop. */
int64_t efs_tree_size(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	unsigned left = 100000;

	return fd < 0 ? 0 : size_inside(fd, 0, &left);
}
