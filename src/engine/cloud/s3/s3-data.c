#include "engine/cloud/s3/s3-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* <state>/s3, or NULL without a state directory. Caller's. */
static char *data_dir(struct hub *hub)
{
	const char *state = hub_state_dir(hub);

	return state ? str_printf("%s/s3", state) : NULL;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Written beside and renamed: a name that exists holds everything. */
static int file_write(const char *path, const void *data, size_t len, struct err *err)
{
	OWN(str) char *temporary = str_printf("%s.new", path);
	OWN(fd) int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, "%s", temporary);
	if (write_all(fd, data, len) < 0 || rename(temporary, path) < 0) {
		(void)err_sys(err, "%s", path);
		(void)unlink(temporary);
		return -1;
	}
	return 0;
}

static int file_read(const char *path, char **ret, size_t *ret_len, struct err *err)
{
	OWN(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	OWN(buf) struct buf b = { 0 };
	char piece[65536];
	ssize_t n;

	if (fd < 0)
		return err_sys(err, "%s", path);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno != EINTR)
			return err_sys(err, "%s", path);
		if (n > 0)
			buf_add(&b, piece, (size_t)n);
	}
	*ret_len = b.len;
	*ret = buf_take(&b);
	return 0;
}

int s3_data_write(struct hub *hub, json_t *object, const void *data, size_t len, struct err *err)
{
	OWN(str) char *dir = data_dir(hub);
	OWN(str) char *name = NULL;
	OWN(str) char *path = NULL;

	if (!dir) {
		OWN(str) char *text = base64_encode(data, len);

		json_set_str(object, "Data", text);
		return 0;
	}
	/* never the key: keys are any text of any length */
	name = hub_id(hub, "object-", 32);
	path = str_printf("%s/%s", dir, name);
	if (file_write(path, data, len, err) < 0)
		return -1;
	json_set_str(object, "File", name);
	return 0;
}

int s3_data_read(struct hub *hub, const json_t *object, char **ret, size_t *ret_len,
		 struct err *err)
{
	const char *data = json_str(object, "Data"), *name = json_str(object, "File");
	OWN(str) char *dir = data_dir(hub);
	OWN(str) char *path = NULL;
	uint8_t *bytes = NULL;

	if (data) {
		if (base64_decode(data, strlen(data), &bytes, ret_len) < 0)
			return err_set(err, ERR_BUG, "an object's data is damaged");
		*ret = (char *)bytes;
		return 0;
	}
	if (!dir || !name)
		return err_set(err, ERR_BUG, "an object has no data");
	path = str_printf("%s/%s", dir, name);
	return file_read(path, ret, ret_len, err);
}

void s3_data_remove(struct hub *hub, const json_t *object)
{
	const char *name = json_str(object, "File");
	OWN(str) char *dir = data_dir(hub);
	OWN(str) char *path = NULL;

	if (!dir || !name)
		return;
	path = str_printf("%s/%s", dir, name);
	(void)unlink(path);
}

static void note_files(json_t *objects, json_t *known)
{
	json_t *object;
	const char *id;

	json_object_foreach(objects, id, object) if (json_str(object, "File"))
		json_set_bool(known, json_str(object, "File"), true);
}

int s3_data_start(struct hub *hub, struct err *err)
{
	OWN(str) char *dir = data_dir(hub);
	OWN(json) json_t *known = json_object();
	json_t *object;
	const char *id;
	struct dirent *entry;
	DIR *listing;

	if (!dir)
		return 0;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", dir);
	note_files(hub_all(hub, S3_OBJECTS), known);
	note_files(hub_all(hub, S3_VERSIONS), known);
	json_object_foreach(hub_all(hub, S3_UPLOADS), id, object)
		note_files(json_map(object, "Parts"), known);
	listing = opendir(dir);
	if (!listing)
		return err_sys(err, "%s", dir);
	while ((entry = readdir(listing)))
		if (str_starts(entry->d_name, "object-") && !json_object_get(known, entry->d_name))
			(void)unlinkat(dirfd(listing), entry->d_name, 0);
	(void)closedir(listing);
	return 0;
}
