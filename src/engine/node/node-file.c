#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/node/node-internal.h"

#define FILE_MOST (16u << 20)

int node_file_read(const char *path, char **ret, struct err *err)
{
	OWN(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t len = 0;
	char *text;

	*ret = NULL;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "failed to read %s", path);
	if (st.st_size > FILE_MOST)
		return err_set(err, ERR_LIMIT, "%s is larger than %u bytes", path, FILE_MOST);
	text = mem_new((size_t)st.st_size + 1, 1);
	while (len < (size_t)st.st_size) {
		ssize_t got = read(fd, text + len, (size_t)st.st_size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	*ret = text;
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		data += done;
		len -= (size_t)done;
	}
	return fsync(fd);
}

int node_file_write(const char *path, const char *text, mode_t mode, struct err *err)
{
	OWN(str) char *beside = str_printf("%s.new", path);
	OWN(fd) int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || fchmod(fd, mode) < 0)
		return err_sys(err, "cannot create '%s'", path);
	if (write_all(fd, text, strlen(text)) < 0 || rename(beside, path) < 0) {
		err_sys(err, "cannot write '%s'", path);
		unlink(beside);
		return -1;
	}
	return 0;
}

void node_wipe(char *text)
{
	if (!text)
		return;
	sodium_memzero(text, strlen(text));
	free(text);
}
