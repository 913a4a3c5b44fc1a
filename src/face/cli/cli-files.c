/* Files in and out of the command line: whole, or not at all. */
#include "face/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_MOST (64u << 20)

/* A file that was named and is not there is a mistake of whoever named it. */
static int cannot_open(const char *path, struct err *err)
{
	bool named_wrong = errno == ENOENT || errno == ENOTDIR || errno == EISDIR;

	if (errno == ENOENT && !strcmp(path, "network.yaml"))
		return err_set(err, ERR_INPUT, "there is no network.yaml here; mpcup init writes one");
	(void)err_sys(err, "%s", path);
	if (err && named_wrong)
		err->code = ERR_INPUT;
	return -1;
}

int cli_read(const char *path, char **ret_text, size_t *ret_len, struct err *err)
{
	OWN(fd) int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	OWN(buf) struct buf text = { 0 };
	char chunk[65536];
	ssize_t got;

	if (fd < 0)
		return cannot_open(path, err);
	while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cannot_open(path, err);
		buf_add(&text, chunk, (size_t)got);
		if (text.len > READ_MOST)
			return err_set(err, ERR_LIMIT, "%s: more than 64 MiB", path);
	}
	*ret_len = text.len;
	*ret_text = buf_take(&text);
	return 0;
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
	return fsync(fd);
}

static int put_file(const char *path, const void *data, size_t len, unsigned mode, bool replace,
		    struct err *err)
{
	OWN(str) char *temporary = str_printf("%s.XXXXXX", path);
	OWN(fd) int fd = mkostemp(temporary, O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_sys(err, "%s", path);
	rc = fchmod(fd, mode) < 0 || write_all(fd, data, len) < 0 ? -1 : 0;
	if (rc == 0)
		rc = replace ? rename(temporary, path) : link(temporary, path);
	if (rc < 0 && (replace || errno != EEXIST))
		(void)err_sys(err, "%s", path);
	else if (rc < 0)
		rc = 1;
	if (rc || !replace)
		(void)unlink(temporary);
	return rc;
}

int cli_write(const char *path, const void *data, size_t len, unsigned mode, struct err *err)
{
	return put_file(path, data, len, mode, true, err);
}

int cli_create(const char *path, const void *data, size_t len, unsigned mode, struct err *err)
{
	return put_file(path, data, len, mode, false, err);
}

void cli_print_json(const json_t *j)
{
	(void)json_dumpf(j, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	(void)putchar('\n');
}
