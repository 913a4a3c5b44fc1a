/* Credentials of the local account: <state dir>/credentials.json, readable by its owner only. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/cloud/cloud.h"
#include "engine/sys/sys.h"

enum { FILE_MOST = 1 << 20, NAME_MOST = 64, CREDENTIALS_MOST = 1000 };

static char *file_name(const char *state_dir)
{
	return str_printf("%s/credentials.json", state_dir);
}

static int damaged(const char *path, struct err *err)
{
	return err_set(err, ERR_SYS,
		       "%s is not a list of credentials; delete it, and mpcup cloud credentials makes new ones",
		       path);
}

int cloud_credentials_load(const char *state_dir, json_t **ret, struct err *err)
{
	OWN(str) char *path = file_name(state_dir);
	OWN(json) json_t *all = NULL;
	char *text = NULL;
	json_t *one;
	size_t len, i;
	int rc;

	if (access(path, F_OK) < 0 && errno == ENOENT) {
		*ret = json_array();
		return 0;
	}
	if (sys_read_file(path, FILE_MOST, &text, &len, err) < 0)
		return -1;
	rc = json_parse_text(path, text, len, &all, NULL);
	explicit_bzero(text, len);
	free(text);
	if (rc < 0 || !json_is_array(all))
		return damaged(path, err);
	json_array_foreach(all, i, one)
		if (!json_str(one, "Name") || !json_str(one, "AccessKeyId") || !json_str(one, "SecretAccessKey"))
			return damaged(path, err);
	*ret = GIVE(all);
	return 0;
}

/* `len` characters of an alphabet of 32 or 64, behind `prefix`. */
static char *random_text(const char *prefix, const char *alphabet, size_t len)
{
	uint8_t bytes[64];
	struct buf b = { 0 };
	size_t letters = strlen(alphabet);

	buf_str(&b, prefix);
	if (getrandom(bytes, len, 0) != (ssize_t)len)
		abort(); /* short requests do not fail once the kernel is up */
	for (size_t i = 0; i < len; i++)
		buf_char(&b, alphabet[bytes[i] % letters]);
	explicit_bzero(bytes, sizeof(bytes));
	return buf_take(&b);
}

static json_t *make(const char *name)
{
	OWN(str) char *access_key = random_text("AKIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
	char *secret = random_text("", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 40);
	json_t *one = json_pack("{s:s,s:s,s:s}", "Name", name, "AccessKeyId", access_key, "SecretAccessKey",
				secret);

	explicit_bzero(secret, strlen(secret));
	free(secret);
	return one;
}

static int save(const char *state_dir, const json_t *all, struct err *err)
{
	OWN(str) char *path = file_name(state_dir);
	char *text = json_text(all);
	int rc = sys_write_atomic(path, text, strlen(text), 0600, err);

	explicit_bzero(text, strlen(text));
	free(text);
	return rc;
}

static bool name_fits(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= NAME_MOST &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == len;
}

/* only_first: nothing is to be done when there are some. */
static int append(const char *state_dir, const char *name, bool only_first, json_t *all, struct err *err)
{
	json_t *one;
	size_t i;

	if (only_first && json_array_size(all))
		return 0;
	json_array_foreach(all, i, one)
		if (str_eq(json_str(one, "Name"), name))
			return err_set(err, ERR_INPUT, "credentials named '%s' exist already", name);
	if (json_array_size(all) >= CREDENTIALS_MOST)
		return err_set(err, ERR_LIMIT, "more than %d credentials", CREDENTIALS_MOST);
	json_array_append_new(all, make(name));
	return save(state_dir, all, err);
}

/* While nobody else changes the file. */
static int add_locked(const char *state_dir, const char *name, bool only_first, json_t **ret,
		      struct err *err)
{
	OWN(json) json_t *all = NULL;

	if (cloud_credentials_load(state_dir, &all, err) < 0)
		return -1;
	if (append(state_dir, name, only_first, all, err) < 0) {
		json_wipe(all);
		return -1;
	}
	*ret = GIVE(all);
	return 0;
}

static int add(const char *state_dir, const char *name, bool only_first, json_t **ret, struct err *err)
{
	OWN(str) char *path = str_printf("%s/credentials.lock", state_dir);
	OWN(fd) int fd = -1;

	if (!name_fits(name))
		return err_set(err, ERR_INPUT,
			       "a name of credentials is 1 to %d letters, digits, '.', '_' or '-'", NAME_MOST);
	if (sys_mkdir_all(state_dir, 0700, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return err_sys(err, "%s", path);
	return add_locked(state_dir, name, only_first, ret, err);
}

int cloud_credentials_add(const char *state_dir, const char *name, json_t **ret, struct err *err)
{
	return add(state_dir, name, false, ret, err);
}

int cloud_credentials_ensure(const char *state_dir, json_t **ret, struct err *err)
{
	return add(state_dir, "default", true, ret, err);
}
