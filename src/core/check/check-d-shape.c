/* The shape of access points and volumes: D04, D05, D23. */
#include <string.h>
#include <strings.h>

#include "core/check/check-rights.h"
#include "core/check/check-topology.h"

struct place {
	char text[160];
};

/* ---- access points: D04, D05 ----------------------------------------------------------------- */

static size_t levels(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/' && path[1] && path[1] != '/';
	return n;
}

void check_d04(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *all;
	size_t count;

	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++) {
		const json_t *p = all[i].properties;
		const json_t *info = json_path(p, "RootDirectory.CreationInfo");
		const json_t *id = json_object_get(p, "FileSystemId");
		const char *path = check_text(d, json_path(p, "RootDirectory.Path"));
		const struct deployment_resource *fs = id ? deployment_target(d, id, NULL) : NULL;
		struct check_finding f = { .severity = fs ? CHECK_FAIL : CHECK_UNKNOWN,
					   .resource = &all[i],
					   .property = "RootDirectory",
					   .second = fs };

		if (!check_is_type(&all[i], "AWS::EFS::AccessPoint") || !*path ||
		    !strcmp(path, "/"))
			continue;
		f.lookup = fs ? NULL
			      : "whether the directory exists on the file system: mount it once";
		f.remedy = "\"CreationInfo\": {\"OwnerUid\":\"1000\",\"OwnerGid\":\"1000\","
			   "\"Permissions\":\"755\"}";
		if (!info || !json_object_get(info, "OwnerUid") ||
		    !json_object_get(info, "OwnerGid") || !json_object_get(info, "Permissions"))
			check_add(c, &f,
				  "access point %s leads to %s, which is not there on a new file "
				  "system, "
				  "and %s",
				  check_name(&all[i]), path,
				  info ? "its CreationInfo is not complete"
				       : "has no CreationInfo to make it");
		f.severity = CHECK_FAIL;
		f.lookup = NULL;
		f.remedy = "a path of at most 100 characters and 4 directories";
		if (strlen(path) > 100 || levels(path) > 4 || *path != '/')
			check_add(c, &f,
				  "the path of access point %s is not one AWS takes: absolute, at "
				  "most "
				  "100 characters, at most 4 directories",
				  check_name(&all[i]));
	}
}

/* The identity that arrives at the directory: that of the access point, else that of the container,
 * which is root's unless it says otherwise (the node image names no user). */
struct identity {
	long uid, gid;
	bool known;
};

static struct identity container_identity(const struct deployment *d,
					  const struct deployment_service *s)
{
	const json_t *user = json_object_get(check_node(s), "User");
	const char *text = user ? deployment_text(d, user) : "0";
	OWN(str) char *uid = text ? str_dup_n(text, strcspn(text, ":")) : NULL;
	struct identity id = { .gid = -1 };
	int64_t number;

	if (!text || !check_node(s))
		return id;
	id.known = num_parse_i64(uid, 0, INT32_MAX, &number) == 0 || !strcmp(uid, "root");
	if (id.known)
		id.uid = strcmp(uid, "root") ? (long)number : 0;
	if (text[strlen(uid)] && num_parse_i64(text + strlen(uid) + 1, 0, INT32_MAX, &number) == 0)
		id.gid = (long)number;
	return id;
}

static struct identity identity_of(const struct deployment *d, const struct deployment_service *s,
				   const struct deployment_volume *v)
{
	const json_t *user =
		v->access_point ? json_map(v->access_point->properties, "PosixUser") : NULL;
	struct identity id = { .known = false };

	if (!user)
		return container_identity(d, s);
	id.known = check_number(d, json_object_get(user, "Uid"), &id.uid) &&
		   check_number(d, json_object_get(user, "Gid"), &id.gid);
	return id;
}

static bool in_secondary(const struct deployment *d, const struct deployment_volume *v, long gid)
{
	const json_t *one, *list = v->access_point ? json_path(v->access_point->properties,
							       "PosixUser.SecondaryGids")
						   : NULL;
	long number;
	size_t i;

	json_array_foreach(list, i, one)
		if (check_number(d, one, &number) && number == gid)
			return true;
	return false;
}

/* Who comes as root without the right to be root is nobody, whatever the access point says. */
static bool is_squashed(const struct check *c, const struct deployment_service *s,
			const struct deployment_volume *v)
{
	const struct check_rights *rights = check_rights_of(c);
	struct iam_answer answer;
	enum check_mount root;

	if (!v->system || !v->system->policy)
		return false;
	if (check_rights_mount(rights, s->task, v, "elasticfilesystem:ClientMount", &answer) !=
	    CHECK_MOUNT_ALLOWED)
		return false;
	root = check_rights_mount(rights, s->task, v, "elasticfilesystem:ClientRootAccess",
				  &answer);
	return root != CHECK_MOUNT_ALLOWED && root != CHECK_MOUNT_UNKNOWN;
}

/* The directory that the volume mounts, as it is on its first use. */
struct directory {
	long owner, group;
	unsigned mode;
	char name[160];
};

/* A new file system's own root is root's; another directory is made as CreationInfo says. */
static bool directory_of(const struct deployment *d, const struct deployment_volume *v,
			 struct directory *ret)
{
	const json_t *p = v->access_point ? v->access_point->properties : NULL;
	const json_t *path = p ? json_path(p, "RootDirectory.Path")
			       : json_object_get(check_efs(v), "RootDirectory");
	const json_t *info = json_path(p, "RootDirectory.CreationInfo");
	const char *text = check_text(d, json_object_get(info, "Permissions"));
	const char *at = path ? check_text(d, path) : "/";

	*ret = (struct directory){ .mode = 0755 };
	(void)snprintf(ret->name, sizeof(ret->name), "%s %s",
		       v->access_point ? "the directory of access point"
				       : "the root of file system",
		       check_name(v->access_point ? v->access_point : v->system->resource));
	if (!strcmp(at, "/"))
		return v->system && v->system->resource && !v->system->resource->physical_id;
	if (!*text || strlen(text) > 4 || strspn(text, "01234567") != strlen(text) ||
	    !check_number(d, json_object_get(info, "OwnerUid"), &ret->owner) ||
	    !check_number(d, json_object_get(info, "OwnerGid"), &ret->group))
		return false;
	ret->mode = 0;
	for (; *text; text++)
		ret->mode = ret->mode * 8 + (unsigned)(*text - '0');
	return true;
}

static void report_squashed(struct check *c, const struct directory *at, struct check_finding *f)
{
	f->remedy = "elasticfilesystem:ClientRootAccess for the task role, or a PosixUser other "
		    "than 0 that owns the directory";
	check_add(c, f,
		  "tasks come to %s as root, but nothing gives them "
		  "elasticfilesystem:ClientRootAccess: they are nobody there and cannot write",
		  at->name);
}

static bool may_write(const struct deployment *d, const struct deployment_volume *v,
		      const struct directory *at, struct identity id)
{
	unsigned bits = id.uid == at->owner				       ? 0300
			: id.gid == at->group || in_secondary(d, v, at->group) ? 0030
									       : 0003;

	return (at->mode & bits) == bits;
}

void check_volume_d05(struct check *c, const struct deployment_service *s,
		      const struct deployment_volume *v)
{
	const struct deployment *d = check_deployment(c);
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource =
					   v->access_point ? v->access_point : s->task->resource,
				   .property = v->access_point ? "RootDirectory" : "Volumes",
				   .second = s->task->resource,
				   .service = s };
	struct identity id;
	struct directory at;

	if ((check_access_point(v) && !v->access_point) || !v->system ||
	    !check_volume_writable(s, v) || !directory_of(d, v, &at) || (at.mode & 0333) == 0333)
		return;
	id = identity_of(d, s, v);
	if (!id.known) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "the user of the image (docker image inspect: Config.User)";
		check_add(c, &f, "whether %s is one that the container may write to is not known",
			  at.name);
		return;
	}
	if (id.uid == 0) {
		if (is_squashed(c, s, v))
			report_squashed(c, &at, &f);
		return;
	}
	if (may_write(d, v, &at, id))
		return;
	f.remedy = "an access point whose RootDirectory has a Path of its own and CreationInfo "
		   "with OwnerUid and OwnerGid equal to PosixUser's Uid and Gid, Permissions 755";
	check_add(c, &f, "user %ld:%ld cannot write to %s: it belongs to %ld:%ld with mode %04o",
		  id.uid, id.gid, at.name, at.owner, at.group, at.mode);
}
