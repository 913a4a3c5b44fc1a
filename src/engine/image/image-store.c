/* What is imported: names, records, removal. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/str.h"
#include "engine/image/image-internal.h"
#include "engine/sys/sys.h"

#define NAMES "names.json"

static char *directory_path(const char *state_dir)
{
	return str_printf("%s/images", state_dir);
}

/* Ids are digests; files are called without the colon's part. */
static const char *id_directory(const char *id)
{
	return image_is_digest(id) ? id + strlen("sha256:") : NULL;
}

char *image_root(const char *state_dir, const json_t *record)
{
	const char *name = id_directory(json_str(record, "id"));

	return name ? str_printf("%s/images/%s/root", state_dir, name) : NULL;
}

/* ---- reading
 * --------------------------------------------------------------------------------------------- */

static int read_json(int directory, const char *path, json_t **ret, struct err *err)
{
	OWN(str) char *link = str_printf("/proc/self/fd/%d/%s", directory, path);
	OWN(str) char *text = NULL;
	size_t len;

	if (sys_read_file(link, IMAGE_MOST_JSON, &text, &len, err) < 0)
		return -1;
	return json_parse_text(path, text, len, ret, err);
}

/* The names; an empty object when there are none yet. */
static int read_names(int directory, json_t **ret, struct err *err)
{
	if (faccessat(directory, NAMES, F_OK, 0) < 0) {
		*ret = json_object();
		return 0;
	}
	return read_json(directory, NAMES, ret, err);
}

static int read_record(int directory, const char *id, json_t **ret, struct err *err)
{
	OWN(str) char *path = str_printf("%s/image.json", id_directory(id) ? id_directory(id) : "");

	return read_json(directory, path, ret, err);
}

/* -1: there are no images at all. */
static int open_directory(const char *state_dir)
{
	OWN(str) char *path = directory_path(state_dir);

	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* ---- finding
 * --------------------------------------------------------------------------------------------- */

static bool has_digest(const json_t *record, const char *digest)
{
	return json_has_text(json_list(record, "digests"), digest);
}

/* "a/b:tag" and "a/b@digest" name the same repository. */
static bool same_repository(const char *a, const char *b)
{
	const char *left = strrchr(a, '/'), *right = strrchr(b, '/');
	size_t len = left ? (size_t)(left - a) + strcspn(left, ":@") : 0;

	return len && right && (size_t)(right - b) + strcspn(right, ":@") == len &&
	       !strncmp(a, b, len);
}

/* The record that the full name means, or NULL. The caller's. */
static json_t *record_of(int directory, json_t *names, const char *name)
{
	const char *digest = strchr(name, '@'), *known;
	const char *id = json_str(names, name);
	json_t *record = NULL, *value;

	if (id)
		return read_record(directory, id, &record, NULL) == 0 ? record : NULL;
	json_object_foreach(names, known, value)
	{
		if (!digest || !same_repository(known, name) ||
		    read_record(directory, json_string_value(value), &record, NULL) < 0)
			continue;
		if (has_digest(record, digest + 1))
			return record;
		json_decref(record);
		record = NULL;
	}
	return NULL;
}

int image_find(const char *state_dir, const char *reference, json_t **ret_record, int *ret_hold,
	       struct err *err)
{
	OWN(str) char *name = image_name(reference, err);
	OWN(fd) int directory = open_directory(state_dir);
	OWN(fd) int hold = -1;
	OWN(json) json_t *names = NULL, *record = NULL;

	if (!name)
		return -1;
	if (directory < 0)
		return IMAGE_ABSENT;
	if (read_names(directory, &names, err) < 0)
		return -1;
	record = record_of(directory, names, name);
	if (!record)
		return IMAGE_ABSENT;
	hold = openat(directory, id_directory(json_str_or(record, "id", "")),
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* locked for writing: it is being removed */
	if (hold < 0 || flock(hold, LOCK_SH | LOCK_NB) < 0)
		return IMAGE_ABSENT;
	*ret_record = GIVE(record);
	*ret_hold = GIVE_FD(hold);
	return 0;
}

static bool is_named(json_t *names, const char *id)
{
	const char *name;
	json_t *value;

	json_object_foreach(names, name, value) if (str_eq(json_string_value(value), id)) return true;
	return false;
}

static void add_listed(int directory, json_t *list, const char *name, const char *id)
{
	json_t *record = NULL;

	if (read_record(directory, id, &record, NULL) == 0)
		json_array_append_new(list,
				      json_pack("{s:s, s:o}", "name", name, "image", record));
}

static int by_text(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

static void list_names(int directory, json_t *names, json_t *list)
{
	size_t count = 0;
	const char **sorted = mem_new(json_object_size(names) + 1, sizeof(*sorted)), *name;
	json_t *id;

	json_object_foreach(names, name, id) sorted[count++] = name;
	qsort(sorted, count, sizeof(*sorted), by_text);
	for (size_t i = 0; i < count; i++)
		add_listed(directory, list, sorted[i], json_str_or(names, sorted[i], ""));
	free(sorted);
}

int image_list(const char *state_dir, json_t **ret, struct err *err)
{
	OWN(fd) int directory = open_directory(state_dir);
	OWN(json) json_t *names = NULL, *list = json_array();
	DIR *all;

	if (directory >= 0) {
		if (read_names(directory, &names, err) < 0)
			return -1;
		list_names(directory, names, list);
		all = fdopendir(directory);
		if (!all)
			return err_sys(err, "cannot read the images");
		for (struct dirent *e = readdir(all); e; e = readdir(all)) {
			OWN(str) char *id = str_printf("sha256:%s", e->d_name);

			if (image_is_digest(id) && !is_named(names, id))
				add_listed(dirfd(all), list, id, id);
		}
		directory = -1; /* the stream's */
		(void)closedir(all);
	}
	*ret = GIVE(list);
	return 0;
}

/* ---- changing
 * -------------------------------------------------------------------------------------------- */

static void drop_left_overs(int directory)
{
	OWN(fd) int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *all = copy < 0 ? NULL : fdopendir(copy);

	if (!all)
		return;
	copy = -1; /* the stream's */
	for (struct dirent *e = readdir(all); e; e = readdir(all))
		if (str_starts(e->d_name, ".import-"))
			(void)image_tree_remove(directory, e->d_name, NULL);
	(void)closedir(all);
}

int image_store_lock(const char *state_dir, int *ret_directory, struct err *err)
{
	OWN(str) char *path = directory_path(state_dir);
	OWN(fd) int directory = -1;

	if (sys_mkdir_all(path, 0700, err) < 0)
		return -1;
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0 || (flock(directory, LOCK_EX) < 0))
		return err_sys(err, "cannot lock %s", path);
	drop_left_overs(directory);
	*ret_directory = GIVE_FD(directory);
	return 0;
}

static int write_names(int directory, const json_t *names, struct err *err)
{
	OWN(str) char *path = str_printf("/proc/self/fd/%d/" NAMES, directory);
	OWN(str) char *text = json_canonical(names);

	return sys_write_atomic(path, text, strlen(text), 0600, err);
}

enum { IN_USE = 1 };

/* IN_USE: a task runs it. The record goes with a rename, so that half an image is never found. */
static int remove_image(int directory, const char *id, struct err *err)
{
	const char *name = id_directory(id);
	OWN(str) char *gone = str_printf(".import-gone-%s", name);
	OWN(fd) int hold = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (hold < 0)
		return 0;
	if (flock(hold, LOCK_EX | LOCK_NB) < 0)
		return IN_USE;
	if (renameat(directory, name, directory, gone) < 0)
		return err_sys(err, "cannot remove the image");
	return image_tree_remove(directory, gone, err);
}

int image_store_name(int directory, const char *name, const char *id, struct err *err)
{
	OWN(json) json_t *names = NULL;
	OWN(str) char *before = NULL;

	if (read_names(directory, &names, err) < 0)
		return -1;
	before = str_dup(json_str(names, name));
	json_set_str(names, name, id);
	if (write_names(directory, names, err) < 0)
		return -1;
	if (before && id_directory(before) && !is_named(names, before))
		return remove_image(directory, before, err) < 0 ? -1 : 0;
	return 0;
}

static int in_use(const char *reference, struct err *err)
{
	return err_set(err, ERR_INPUT, "%s: a task runs this image; stop the task first", reference);
}

static int remove_id(int directory, json_t *names, const char *id, struct err *err)
{
	const char *name;
	json_t *value;
	void *next;
	int rc;

	if (faccessat(directory, id_directory(id), F_OK, 0) < 0)
		return err_set(err, ERR_INPUT, "there is no image %s; mpcup image list shows them", id);
	rc = remove_image(directory, id, err);
	if (rc != 0)
		return rc < 0 ? -1 : in_use(id, err);
	json_object_foreach_safe(names, next, name, value) if (str_eq(json_string_value(value), id))
		json_object_del(names, name);
	return write_names(directory, names, err);
}

static int remove_name(int directory, json_t *names, const char *name, struct err *err)
{
	OWN(str) char *id = str_dup(json_str(names, name));
	int rc;

	if (!id)
		return err_set(err, ERR_INPUT, "there is no image %s; mpcup image list shows them",
			       name);
	json_object_del(names, name);
	if (id_directory(id) && !is_named(names, id)) {
		rc = remove_image(directory, id, err);
		if (rc != 0)
			return rc < 0 ? -1 : in_use(name, err);
	}
	return write_names(directory, names, err);
}

int image_remove(const char *state_dir, const char *reference, struct err *err)
{
	bool is_id = image_is_digest(reference);
	OWN(str) char *name = is_id ? NULL : image_name(reference, err);
	OWN(fd) int directory = -1;
	OWN(json) json_t *names = NULL;

	if (!is_id && !name)
		return -1;
	if (image_store_lock(state_dir, &directory, err) < 0 ||
	    read_names(directory, &names, err) < 0)
		return -1;
	return is_id ? remove_id(directory, names, reference, err)
		     : remove_name(directory, names, name, err);
}
