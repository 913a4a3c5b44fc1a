/* Removing what was unpacked. Links are never followed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/image-internal.h"

static int remove_below(int directory, struct err *err)
{
	DIR *list = fdopendir(directory);
	int rc = 0;

	if (!list) {
		close(directory);
		return err_sys(err, "cannot read a directory");
	}
	for (struct dirent *e = readdir(list); e && rc == 0; e = readdir(list))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = image_tree_remove(dirfd(list), e->d_name, err);
	(void)closedir(list);
	return rc;
}

int image_tree_remove(int directory, const char *name, struct err *err)
{
	int fd;

	if (unlinkat(directory, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(err, "cannot remove %s", name);
	fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "cannot remove %s", name);
	if (remove_below(fd, err) < 0)
		return -1;
	return unlinkat(directory, name, AT_REMOVEDIR) < 0 ? err_sys(err, "cannot remove %s", name)
							    : 0;
}
