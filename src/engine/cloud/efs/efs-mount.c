/* What happens when a task mounts: rights, the root directory, the POSIX identity; and the names
 * under which file systems are found. */
#include "engine/cloud/efs/efs-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files -------------------------------------------------------------------------------------
 */

char *efs_directory(struct hub *hub, const char *id)
{
	const char *state = hub_state_dir(hub);

	return state ? str_printf("%s/efs/%s", state, id) : str_printf("/nonexistent/efs/%s", id);
}

static void walk(struct hub *hub, const char *id, json_int_t *ret_bytes)
{
	OWN(str) char *path = efs_directory(hub, id);
	char *paths[] = { path, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	FTSENT *entry;

	while (tree && (entry = fts_read(tree))) {
		if (ret_bytes && entry->fts_info == FTS_F)
			*ret_bytes += entry->fts_statp->st_size;
		else if (!ret_bytes && entry->fts_info != FTS_D)
			(void)remove(entry->fts_accpath);
	}
	if (tree)
		(void)fts_close(tree);
}

void efs_remove_files(struct hub *hub, const char *id)
{
	walk(hub, id, NULL);
}

json_int_t efs_used_bytes(struct hub *hub, const char *id)
{
	json_int_t bytes = 0;

	walk(hub, id, &bytes);
	return bytes;
}

static int make_path(const char *base, const char *path, bool create, struct err *err)
{
	OWN(fd) int at = open(base, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (at < 0)
		return err_sys(err, "%s", base);
	for (const char *part = path + 1; *part;) {
		size_t len = strcspn(part, "/");
		OWN(str) char *name = str_dup_n(part, len);
		int next;

		if (create && mkdirat(at, name, 0755) < 0 && errno != EEXIST)
			return err_sys(err, "%s%s", base, path);
		/* a symbolic link that a container left there leads nowhere */
		next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
				       ? 1
				       : err_sys(err, "%s%s", base, path);
		close(at);
		at = next;
		part += len + (part[len] == '/');
	}
	return 0;
}

/* The file system's own directory, made with its first use. */
static int make_base(struct hub *hub, const char *id, char **ret, struct err *err)
{
	OWN(str) char *parent = str_printf("%s/efs", hub_state_dir(hub) ? hub_state_dir(hub) : "");
	OWN(str) char *base = efs_directory(hub, id);

	if ((mkdir(parent, 0700) < 0 && errno != EEXIST) ||
	    (mkdir(base, 0755) < 0 && errno != EEXIST))
		return err_sys(err, "%s", base);
	*ret = GIVE(base);
	return 0;
}

/* ---- rights
 * --------------------------------------------------------------------------------------- */

struct mount {
	const json_t *system, *point; /* point may be NULL */
	const char *path;	      /* root directory inside the file system */
	const char *role;	      /* NULL: anonymous */
	bool encrypted;
};

/* Without a file system policy everybody who reaches a mount target has full access (L.5). */
static json_t *default_policy(void)
{
	return json_pack("{s:s,s:[{s:s,s:{s:s},s:s}]}", "Version", "2012-10-17", "Statement",
			 "Effect", "Allow", "Principal", "AWS", "*", "Action",
			 "elasticfilesystem:Client*");
}

static bool may(struct hub *hub, const struct mount *m, const char *action)
{
	json_t *policy = json_map(m->system, "Policy");
	OWN(json) json_t *rule = policy ? json_incref(policy) : default_policy();
	OWN(json)
	json_t *context = json_pack("{s:s,s:s}", "elasticfilesystem:accessedviamounttarget", "true",
				    "aws:securetransport", m->encrypted ? "true" : "false");
	struct hub_question q = { .principal = m->role,
				  .action = action,
				  .resource = json_str(m->system, "FileSystemArn"),
				  .resource_policy = rule,
				  .context = context };

	if (m->point)
		json_set_str(context, "elasticfilesystem:accesspointarn",
			     json_str(m->point, "AccessPointArn"));
	return hub_authorized(hub, &q, NULL);
}

/* Who the files see: the access point's identity, else the container's root. */
static bool in_group(const json_t *user, json_int_t group)
{
	json_t *one;
	size_t i;

	if (json_int_or(user, "Gid", 0) == group)
		return true;
	json_array_foreach(json_list(user, "SecondaryGids"), i, one)
	{
		OWN(json) json_t *boxed = json_pack("{s:O}", "g", one);

		if (json_int_or(boxed, "g", -1) == group)
			return true;
	}
	return false;
}

/* By the owner and mode recorded for the directory; unknown ones (made by a container) deny
 * nothing. */
static bool identity_may_write(struct hub *hub, const struct mount *m)
{
	OWN(str) char *id = str_printf("%s:%s", json_str(m->system, "FileSystemId"), m->path);
	const json_t *directory = hub_get(hub, EFS_DIRECTORY, id);
	const json_t *user = json_map(m->point, "PosixUser");
	const char *mode = json_str_or(directory, "Permissions", "777");
	size_t digits = strlen(mode);
	bool root = json_int_or(user, "Uid", 0) == 0;
	char digit;

	if (root && may(hub, m, "elasticfilesystem:ClientRootAccess"))
		return true;
	if (!directory && strcmp(m->path, "/"))
		return true;
	if (!directory)
		mode = "755", digits = 3; /* the root of a new file system belongs to root */
	if (!root && json_int_or(user, "Uid", 0) == json_int_or(directory, "Uid", 0))
		digit = mode[digits - 3];
	else if (!root && in_group(user, json_int_or(directory, "Gid", 0)))
		digit = mode[digits - 2];
	else
		digit = mode[digits - 1]; /* root without ClientRootAccess is squashed to nobody */
	return ((digit - '0') & 2) != 0;
}

/* ---- the mount
 * -------------------------------------------------------------------------------------- */

static int find_point(struct hub *hub, struct call *c, struct mount *m)
{
	const char *id = json_str(c->in, "AccessPointId"),
		   *root = json_str_or(c->in, "RootDirectory", "/");

	m->path = root[0] == '/' ? root : "/";
	if (!id || !*id)
		return 0;
	m->point = hub_get(hub, EFS_POINT, id);
	if (!m->point)
		return call_fail(c, 404, "AccessPointNotFound", "Access point '%s' does not exist.",
				 id);
	if (!str_eq(json_str(m->point, "FileSystemId"), json_str(m->system, "FileSystemId")))
		return call_fail(c, 403, "AccessPointMismatch",
				 "Access point '%s' does not belong to file system '%s'.", id,
				 json_str(m->system, "FileSystemId"));
	m->path = json_str_or(json_map(m->point, "RootDirectory"), "Path", "/");
	return 0;
}

/* Records owner and mode of a directory that an access point makes. */
static void record_creation(struct hub *hub, const struct mount *m, const json_t *creation)
{
	OWN(str) char *id = str_printf("%s:%s", json_str(m->system, "FileSystemId"), m->path);
	OWN(json)
	json_t *o = json_pack("{s:I,s:I,s:s}", "Uid", json_int_or(creation, "OwnerUid", 0), "Gid",
			      json_int_or(creation, "OwnerGid", 0), "Permissions",
			      json_str_or(creation, "Permissions", "755"));

	hub_put(hub, EFS_DIRECTORY, id, o);
}

static bool path_safe(const char *path)
{
	return strlen(path) < 1024 && !strstr(path, "/../") && !str_ends(path, "/..") &&
	       !strstr(path, "//");
}

static int open_root(struct hub *hub, struct call *c, const struct mount *m, const char *base)
{
	const json_t *creation = json_map(json_map(m->point, "RootDirectory"), "CreationInfo");
	struct err err = { 0 };
	int rc = path_safe(m->path) ? make_path(base, m->path, false, &err) : 1;

	if (rc > 0 && creation) {
		rc = make_path(base, m->path, true, &err);
		if (rc == 0)
			record_creation(hub, m, creation);
	}
	if (rc > 0)
		return call_fail(c, 404, "NoSuchDirectory", "%s does not exist in file system '%s'",
				 m->path, json_str(m->system, "FileSystemId"));
	return rc < 0 ? call_fail(c, 500, "InternalServerError", "%s", err.text) : 0;
}

int efs_run_mount(struct hub *hub, struct call *c)
{
	struct mount m = { .system = efs_system(hub, c, json_str(c->in, "FileSystemId")),
			   .encrypted = json_bool_or(c->in, "TransitEncryption", false) };
	OWN(str) char *base = NULL, *source = NULL;
	struct err err = { 0 };

	if (!m.system || find_point(hub, c, &m) < 0)
		return -1;
	if (json_bool_or(c->in, "IAM", false))
		m.role = json_str(c->in, "TaskRoleArn");
	if (!may(hub, &m, "elasticfilesystem:ClientMount"))
		return call_fail(c, 403, "AccessDenied", "access denied by server");
	if (make_base(hub, json_str(m.system, "FileSystemId"), &base, &err) < 0)
		return call_fail(c, 500, "InternalServerError", "%s", err.text);
	if (open_root(hub, c, &m, base) < 0)
		return -1;
	source = str_printf("%s%s", base, strcmp(m.path, "/") ? m.path : "");
	json_set_str(c->out, "Source", source);
	json_set_bool(c->out, "ReadOnly",
		      !may(hub, &m, "elasticfilesystem:ClientWrite") ||
			      !identity_may_write(hub, &m));
	return 0;
}

/* ---- names
 * -------------------------------------------------------------------------------------------- */

/* "fs-<id>.efs.<region>.amazonaws.com" -> "fs-<id>", the caller's; NULL when it is none. */
static char *system_in_name(struct hub *hub, const char *name)
{
	OWN(str) char *suffix = str_printf(".efs.%s.amazonaws.com", hub_region(hub));
	size_t len = strlen(name), tail = strlen(suffix);

	if (len && name[len - 1] == '.')
		len--;
	if (!str_starts(name, "fs-") || len <= tail || strncmp(name + len - tail, suffix, tail))
		return NULL;
	return str_dup_n(name, len - tail);
}

static bool hostnames_on(struct hub *hub, const char *vpc)
{
	OWN(json)
	json_t *in = json_pack("{s:s,s:s}", "VpcId", vpc, "Attribute", "enableDnsHostnames");
	OWN(json) json_t *out = NULL;

	return hub_call(hub, NULL, "ec2", "DescribeVpcAttribute", in, &out, NULL, NULL) == 0 &&
	       json_bool_or(json_map(out, "enableDnsHostnames"), "value", false);
}

/* Availability zone of the interface that has this address; NULL: nobody has it. Caller frees. */
static char *zone_of(struct hub *hub, const char *vpc, uint32_t address)
{
	OWN(str) char *text = ip_format(address);
	OWN(json)
	json_t *in = json_pack("{s:[{s:s,s:[s]},{s:s,s:[s]}]}", "Filter", "Name", "vpc-id", "Value",
			       vpc, "Name", "addresses.private-ip-address", "Value", text);
	OWN(json) json_t *out = NULL;

	if (hub_call(hub, NULL, "ec2", "DescribeNetworkInterfaces", in, &out, NULL, NULL) < 0)
		return NULL;
	return str_dup(json_str(json_array_get(json_list(out, "networkInterfaceSet"), 0),
				"availabilityZone"));
}

int efs_resolve(struct hub *hub, const char *vpc, uint32_t asker, const char *name, json_t **ret,
		unsigned *ret_ttl)
{
	OWN(str) char *system = system_in_name(hub, name);
	OWN(str) char *zone = system && hostnames_on(hub, vpc) ? zone_of(hub, vpc, asker) : NULL;
	const char *id;
	json_t *target;

	if (!system)
		return HUB_NAME_UNKNOWN;
	json_object_foreach(hub_all(hub, EFS_TARGET), id, target)
	{
		if (!str_eq(json_str(target, "FileSystemId"), system) ||
		    !str_eq(json_str(target, "VpcId"), vpc) ||
		    !str_eq(json_str(target, "AvailabilityZoneName"), zone))
			continue;
		*ret = json_pack("[s]", json_str_or(target, "IpAddress", ""));
		*ret_ttl = 60;
		return HUB_NAME_FOUND;
	}
	return HUB_NAME_ABSENT;
}
