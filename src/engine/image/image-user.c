/* Users of an image, by the files that it brings. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "engine/image/image-internal.h"
#include "engine/sys/sys.h"

enum { USERS_MOST = 1 << 20 };

/* A file of the image, as a process in it would open it; "" when there is none. */
static char *read_inside(const char *root, const char *path)
{
	OWN(fd) int top = root ? open(root, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	OWN(fd) int fd = top < 0 ? -1 : sys_open_in_root(top, path, O_RDONLY | O_NONBLOCK);
	OWN(buf) struct buf text = { 0 };
	char part[4096];
	struct stat st;
	ssize_t got = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		while (text.len < USERS_MOST && (got = read(fd, part, sizeof(part))) > 0)
			buf_add(&text, part, (size_t)got);
	return text.len ? buf_take(&text) : str_dup("");
}

/* The line of a colon-separated file whose field `field` is `value`, split into `most` fields. */
static bool find_line(char *text, size_t field, const char *value, char **ret, size_t most)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t count = 0;

		for (char *at = line; at && count < most; count++) {
			ret[count] = strsep(&at, ":");
			if (!at) {
				count++;
				break;
			}
		}
		if (count == most && str_eq(ret[field], value))
			return true;
	}
	return false;
}

static int number(const char *text, uint32_t *ret)
{
	uint64_t value;

	if (num_parse_u64(text, 0, 0x7fffffff, &value) < 0)
		return -1;
	*ret = (uint32_t)value;
	return 0;
}

/* Its line in passwd, by name or number; a number needs none. */
static int find_user(const char *root, const char *user, struct image_user *ret, struct err *err)
{
	OWN(str) char *passwd = read_inside(root, "/etc/passwd");
	bool numeric = number(user, &ret->uid) == 0;
	char *fields[6]; /* name, password, uid, gid, comment, home */

	if (find_line(passwd, numeric ? 2 : 0, user, fields, 6)) {
		if (number(fields[2], &ret->uid) < 0 || number(fields[3], &ret->gid) < 0)
			return err_set(err, ERR_INPUT, "unable to find user %s: invalid passwd file",
				       user);
		ret->home = str_dup(*fields[5] ? fields[5] : "/");
		return 0;
	}
	if (numeric || str_eq(user, "root")) {
		ret->uid = numeric ? ret->uid : 0;
		ret->gid = 0;
		ret->home = str_dup(ret->uid ? "/" : "/root");
		return 0;
	}
	return err_set(err, ERR_INPUT, "unable to find user %s: no matching entries in passwd file",
		       user);
}

int image_user(const char *root, const char *user, struct image_user *ret, struct err *err)
{
	size_t len = strcspn(user, ":");
	OWN(str) char *name = len ? str_dup_n(user, len) : str_dup("0");
	const char *group = user[len] ? user + len + 1 : "";
	struct image_user found = { 0 };
	OWN(str) char *home = NULL;
	char *fields[3]; /* name, password, gid */

	if (find_user(root, name, &found, err) < 0)
		return -1;
	home = found.home;
	if (*group && number(group, &found.gid) < 0) {
		OWN(str) char *text = read_inside(root, "/etc/group");

		if (find_line(text, 0, group, fields, 3) && number(fields[2], &found.gid) == 0)
			;
		else if (str_eq(group, "root"))
			found.gid = 0;
		else
			return err_set(err, ERR_INPUT,
				       "unable to find group %s: no matching entries in group file",
				       group);
	}
	*ret = (struct image_user){ found.uid, found.gid, GIVE(home) };
	return 0;
}
