/* May a task mount, what does it see, and may it write? */
#include "engine/cloud/efs/efs-internal.h"

#include <string.h>

struct mount {
	const json_t *file_system, *point; /* point: access point or NULL */
	const char *path;		   /* directory of the file system that becomes the root */
	const char *principal;		   /* NULL: anonymous */
	json_t *context;
	bool write, root;
};

/* ---- rights
 * -------------------------------------------------------------------------------------------------
 */

static void set_context(struct mount *m, struct call *c)
{
	m->context =
		json_pack("{s:s, s:s, s:s*}", "elasticfilesystem:accessedviamounttarget", "true",
			  "aws:securetransport",
			  json_bool_or(c->in, "TransitEncryption", true) ? "true" : "false",
			  "elasticfilesystem:accesspointarn", json_str(m->point, "AccessPointArn"));
}

static bool allowed(struct hub *hub, const struct mount *m, const char *action, struct err *why)
{
	struct hub_question q = { .principal = m->principal,
				  .action = action,
				  .resource = json_str(m->file_system, "FileSystemArn"),
				  .resource_policy = json_map(m->file_system, "_policy"),
				  .context = m->context };

	return hub_authorized(hub, &q, why);
}

/* Without a file system policy whoever reaches a mount target has full access. With one, each right
 * must come from the policy or from the task role. */
static int decide(struct hub *hub, struct call *c, struct mount *m)
{
	struct err why = { 0 };

	m->write = m->root = true;
	if (!json_map(m->file_system, "_policy"))
		return 0;
	if (!allowed(hub, m, "elasticfilesystem:ClientMount", &why))
		return call_fail(c, 403, "AccessDenied", "%s", why.text);
	m->write = allowed(hub, m, "elasticfilesystem:ClientWrite", NULL);
	m->root = allowed(hub, m, "elasticfilesystem:ClientRootAccess", NULL);
	return 0;
}

/* ---- directory
 * -------------------------------------------------------------------------------------------- */

static char *directory_key(const struct mount *m, const char *path, size_t len)
{
	return str_printf("%s:%.*s", json_str(m->file_system, "FileSystemId"), (int)len, path);
}

/* What is created on the way belongs to whom the creation info says, like its last level. */
static void note_created(struct hub *hub, const struct mount *m, const char *root,
			 const json_t *info)
{
	for (const char *end = m->path + 1; *end; end += *end == '/') {
		OWN(str) char *part = NULL, *key = NULL;
		OWN(json) json_t *owner = NULL;

		end += strcspn(end, "/");
		part = str_dup_n(m->path, (size_t)(end - m->path));
		key = directory_key(m, m->path, (size_t)(end - m->path));
		if (efs_tree_have(root, part, false, NULL) == 1)
			continue;
		owner = json_pack("{s:O, s:O, s:O}", "Uid", json_object_get(info, "OwnerUid"),
				  "Gid", json_object_get(info, "OwnerGid"), "Mode",
				  json_object_get(info, "Permissions"));
		hub_put(hub, EFS_DIRECTORY, key, owner);
	}
}

static int no_directory(struct call *c, const struct mount *m)
{
	return call_fail(c, 404, "NoSuchDirectory", "No such file or directory: %s:%s",
			 json_str(m->file_system, "FileSystemId"), m->path);
}

static int have_directory(struct hub *hub, struct call *c, const struct mount *m)
{
	OWN(str) char *root = efs_directory(hub, json_str(m->file_system, "FileSystemId"), "/");
	const json_t *info = json_map(json_map(m->point, "RootDirectory"), "CreationInfo");
	struct err err = { 0 };
	int have = efs_tree_have(root, m->path, false, &err);

	if (have < 0)
		return call_fail(c, 500, "InternalServerError", "%s", err.text);
	if (have)
		return 0;
	if (!info)
		return no_directory(c, m);
	note_created(hub, m, root, info);
	have = efs_tree_have(root, m->path, true, &err);
	if (have < 0)
		return call_fail(c, 500, "InternalServerError", "%s", err.text);
	return have ? 0 : no_directory(c, m);
}

/* ---- POSIX
 * -------------------------------------------------------------------------------------------------
 */

static bool in_groups(const json_t *user, json_int_t gid, json_int_t wanted)
{
	size_t i;
	json_t *group;

	json_array_foreach(json_list(user, "SecondaryGids"), i,
			   group) if (json_integer_value(group) == wanted) return true;
	return gid == wanted;
}

/* Can the user make files in the directory? A directory that a container made itself is not
 * recorded; whoever mounts it may write. The root of a new file system belongs to root, mode 755.
 */
static bool can_write(struct hub *hub, const struct mount *m)
{
	OWN(str) char *key = directory_key(m, m->path, strlen(m->path));
	const json_t *owner = hub_get(hub, EFS_DIRECTORY, key);
	const json_t *user = json_map(m->point, "PosixUser");
	json_int_t nobody = 65534, uid = json_int_or(user, "Uid", 0),
		   gid = json_int_or(user, "Gid", 0);
	long mode = owner ? strtol(json_str_or(owner, "Mode", "755"), NULL, 8) : 0755;

	if (!owner && strcmp(m->path, "/") != 0)
		return true;
	if (uid == 0 && !m->root) /* root without ClientRootAccess is nobody */
		uid = gid = nobody;
	if (uid == 0)
		return true;
	if (uid == json_int_or(owner, "Uid", 0))
		return (mode & 0300) == 0300;
	if (in_groups(user, gid, json_int_or(owner, "Gid", 0)))
		return (mode & 0030) == 0030;
	return (mode & 0003) == 0003;
}

/* ---- the action
 * -------------------------------------------------------------------------------------------------
 */

static int find_point(struct hub *hub, struct call *c, struct mount *m)
{
	const char *root = json_str_or(c->in, "RootDirectory", "/");

	m->path = *root ? root : "/";
	if (!json_str(c->in, "AccessPointId"))
		return efs_path_valid(m->path, 4096, 64)
			       ? 0
			       : call_fail(c, 400, "BadRequest", "RootDirectory '%s' is not valid",
					   m->path);
	m->point = efs_access_point(hub, c, "AccessPointId");
	if (!m->point)
		return -1;
	if (!str_eq(json_str(m->point, "FileSystemId"), json_str(m->file_system, "FileSystemId")))
		return call_fail(c, 403, "AccessDenied",
				 "access point %s belongs to another file system than %s",
				 json_str(m->point, "AccessPointId"),
				 json_str(m->file_system, "FileSystemId"));
	if (strcmp(m->path, "/") != 0)
		return call_fail(c, 400, "BadRequest",
				 "RootDirectory must be omitted or / with an access point");
	m->path = json_str_or(json_map(m->point, "RootDirectory"), "Path", "/");
	return 0;
}

static int run(struct hub *hub, struct call *c, struct mount *m)
{
	OWN(str) char *source = NULL;

	if (!hub_state_dir(hub))
		return call_fail(c, 500, "InternalServerError", "no directory for file systems");
	set_context(m, c);
	if (decide(hub, c, m) < 0 || have_directory(hub, c, m) < 0)
		return -1;
	source = efs_directory(hub, json_str(m->file_system, "FileSystemId"), m->path);
	json_set_str(c->out, "Source", source);
	json_set_bool(c->out, "ReadOnly", !m->write || !can_write(hub, m));
	return 0;
}

int efs_mount(struct hub *hub, struct call *c)
{
	struct mount m = { .file_system = efs_file_system(hub, c, "FileSystemId") };
	int rc;

	if (!m.file_system || find_point(hub, c, &m) < 0)
		return -1;
	if (json_bool_or(c->in, "IAM", false))
		m.principal = json_str(c->in, "TaskRoleArn");
	rc = run(hub, c, &m);
	json_decref(m.context);
	return rc;
}
