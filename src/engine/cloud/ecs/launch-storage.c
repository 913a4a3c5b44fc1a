/* Steps: EFS volumes, as the task role, over the task's own interface; volumes that live as long as
 * the task. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { NFS_TIMEOUT_MS = 1500, DEPTH_MOST = 64 };

/* ---- directories
 * ----------------------------------------------------------------------------------------- */

int ecs_directory_make(const char *path, struct err *err)
{
	OWN(str) char *part = str_dup(path);

	for (char *slash = part + 1; *slash; slash++) {
		if (*slash != '/')
			continue;
		*slash = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return err_sys(err, "directory %s", part);
		*slash = '/';
	}
	if (mkdir(part, 0755) < 0 && errno != EEXIST)
		return err_sys(err, "directory %s", part);
	return 0;
}

/* Removes what is in a directory; fd is taken over. Links are removed, not followed. */
static void empty_directory(int fd, unsigned depth)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		int sub;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) == 0 || depth >= DEPTH_MOST)
			continue;
		sub = openat(dirfd(dir), entry->d_name,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			empty_directory(sub, depth + 1);
		(void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
}

void ecs_directory_drop(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		empty_directory(fd, 0);
	(void)rmdir(path);
}

void ecs_scratch_drop(struct launch *l)
{
	if (!l->scratch)
		return;
	ecs_directory_drop(l->scratch);
	free(GIVE(l->scratch));
}

/* A volume without a file system: a directory of the task's own. */
static int make_scratch(struct launch *l, const char *name, struct err *err)
{
	const char *state = hub_state_dir(l->ecs->hub);
	OWN(str) char *path = NULL;
	json_t *volume;

	if (!l->scratch)
		l->scratch = str_printf("%s/ecs/tasks/%s", state ? state : "/tmp/mpcup", l->id);
	path = str_printf("%s/%s", l->scratch, name);
	if (ecs_directory_make(path, err) < 0)
		return -1;
	volume = json_pack("{s:s, s:b}", "Source", path, "ReadOnly", 0);
	json_object_set_new(l->volumes, name, volume);
	return 0;
}

/* ---- EFS
 * ----------------------------------------------------------------------------------------------------
 */

typedef enum ecs_step (*volume_step)(struct launch *l, const char *name, const json_t *efs);

static enum ecs_step each_volume(struct launch *l, volume_step fn)
{
	json_t *volume;
	size_t i;

	json_array_foreach(json_list(l->definition, "volumes"), i, volume)
	{
		const json_t *efs = json_map(volume, "efsVolumeConfiguration");
		enum ecs_step rc = efs ? fn(l, json_str_or(volume, "name", ""), efs) : STEP_NEXT;

		if (rc != STEP_NEXT)
			return rc;
	}
	return STEP_NEXT;
}

static char *host_of(const struct launch *l, const json_t *efs)
{
	return str_printf("%s.efs.%s.amazonaws.com", json_str_or(efs, "fileSystemId", ""),
			  hub_region(l->ecs->hub));
}

/* Address of the mount target in the task's zone; NULL: not known (yet). */
static const char *address_of(struct launch *l, const char *host, bool *ret_answered)
{
	OWN(str) char *key = str_printf("resolve %s", host);
	const json_t *answer = ecs_launch_ask(
		l, key,
		json_pack("{s:s, s:s, s:i}", "op", "resolve", "name", host, "timeout_ms", 1500));

	*ret_answered = answer != NULL;
	return json_string_value(json_array_get(json_list(answer, "addresses"), 0));
}

static enum ecs_step resolve_one(struct launch *l, const char *name, const json_t *efs)
{
	OWN(str) char *host = host_of(l, efs);
	bool answered;

	(void)name;
	if (address_of(l, host, &answered))
		return STEP_NEXT;
	return answered ? FAIL(l, NULL, LAUNCH_FAIL_EFS_RESOLVE, host) : STEP_WAIT;
}

enum ecs_step ecs_step_efs_resolve(struct launch *l)
{
	json_t *volume;
	struct err err = { 0 };
	size_t i;

	json_array_foreach(json_list(l->definition, "volumes"), i,
			   volume) if (!json_map(volume, "efsVolumeConfiguration") &&
				       make_scratch(l, json_str_or(volume, "name", ""), &err) <
					       0) return FAIL(l, NULL, LAUNCH_FAIL_CONTAINER_START,
							      err.text);
	return each_volume(l, resolve_one);
}

static enum ecs_step connect_one(struct launch *l, const char *name, const json_t *efs)
{
	OWN(str) char *host = host_of(l, efs), *key = NULL;
	bool answered;
	const char *address = address_of(l, host, &answered), *result;
	const json_t *answer;

	(void)name;
	key = str_printf("nfs %s", address ? address : "");
	answer = ecs_launch_ask(l, key,
				json_pack("{s:s, s:s, s:i}", "op", "nfs", "address",
					  address ? address : "", "timeout_ms", NFS_TIMEOUT_MS));
	if (!answer)
		return STEP_WAIT;
	result = json_str_or(answer, "result", "timeout");
	if (!strcmp(result, "ok"))
		return STEP_NEXT;
	if (!strcmp(result, "refused") || !strcmp(result, "reset"))
		return FAIL(l, NULL, LAUNCH_FAIL_EFS_RESET, NULL);
	return FAIL(l, NULL, LAUNCH_FAIL_EFS_TIMEOUT, NULL);
}

enum ecs_step ecs_step_efs_connect(struct launch *l)
{
	return each_volume(l, connect_one);
}

static enum ecs_step tunnel_one(struct launch *l, const char *name, const json_t *efs)
{
	const json_t *auth = json_map(efs, "authorizationConfig");

	(void)name;
	if (str_eq(json_str(efs, "transitEncryption"), "ENABLED"))
		return STEP_NEXT;
	if (*json_str_or(auth, "accessPointId", ""))
		return FAIL(l, NULL, LAUNCH_FAIL_EFS_TLS, "accesspoint");
	if (str_eq(json_str(auth, "iam"), "ENABLED"))
		return FAIL(l, NULL, LAUNCH_FAIL_EFS_TLS, "iam");
	return STEP_NEXT;
}

enum ecs_step ecs_step_efs_tls(struct launch *l)
{
	return each_volume(l, tunnel_one);
}

static json_t *mount_request(const struct launch *l, const json_t *efs)
{
	const json_t *auth = json_map(efs, "authorizationConfig");
	json_t *in = json_object();
	const char *point = json_str(auth, "accessPointId"), *root = json_str(efs, "rootDirectory");

	json_set_str(in, "FileSystemId", json_str(efs, "fileSystemId"));
	if (point && *point)
		json_set_str(in, "AccessPointId", point);
	if (root && *root)
		json_set_str(in, "RootDirectory", root);
	json_set_bool(in, "IAM", str_eq(json_str(auth, "iam"), "ENABLED"));
	json_set_bool(in, "TransitEncryption",
		      str_eq(json_str(efs, "transitEncryption"), "ENABLED"));
	json_set_str(in, "TaskRoleArn", l->task_role);
	return in;
}

static enum ecs_step mount_one(struct launch *l, const char *name, const json_t *efs)
{
	OWN(json) json_t *in = mount_request(l, efs), *out = NULL;
	OWN(str) char *host = host_of(l, efs), *place = NULL;
	struct err err = { 0 };
	char code[96] = "";

	if (hub_call(l->ecs->hub, NULL, "efs", "mpcup:Mount", in, &out, code, &err) == 0) {
		json_object_set(l->volumes, name, out);
		return STEP_NEXT;
	}
	place = str_printf("%s:%s", host, json_str_or(efs, "rootDirectory", "/"));
	if (strstr(code, "NoSuchDirectory"))
		return FAIL(l, NULL, LAUNCH_FAIL_EFS_NO_DIRECTORY, place);
	if (strstr(code, "AccessDenied") || strstr(code, "AccessPoint"))
		return FAIL(l, NULL, LAUNCH_FAIL_EFS_DENIED, place);
	return FAIL(l, NULL, LAUNCH_FAIL_EFS_OTHER, err.text);
}

enum ecs_step ecs_step_efs_mount(struct launch *l)
{
	return each_volume(l, mount_one);
}
