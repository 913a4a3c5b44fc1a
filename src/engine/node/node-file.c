#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/node/node-internal.h"

#define FILE_MOST (16u << 20)

/* Not sys_read_file(): that one grows its buffer and so leaves copies of a secret behind. */
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

void node_wipe(char *text)
{
	if (!text)
		return;
	sodium_memzero(text, strlen(text));
	free(text);
}
