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

/* The identity that arrives at the directory. */
struct identity {
	long uid, gid;
	bool known;
};

static struct identity identity_of(const struct deployment *d, const struct deployment_service *s,
				   const struct deployment_volume *v)
{
	const json_t *user = json_map(v->access_point->properties, "PosixUser");
	struct identity id = { .known = false };

	if (user) {
		id.known = check_number(d, json_object_get(user, "Uid"), &id.uid) &&
			   check_number(d, json_object_get(user, "Gid"), &id.gid);
	} else if (s->task && check_node(s)) {
		const char *text = check_text(d, json_object_get(check_node(s), "User"));
		OWN(str) char *uid = str_dup_n(text, strcspn(text, ":"));
		int64_t number;
		id.gid = -1;
		id.known = *text && num_parse_i64(uid, 0, INT32_MAX, &number) == 0;
		if (id.known)
			id.uid = (long)number;
		if (id.known && text[strlen(uid)] &&
		    num_parse_i64(text + strlen(uid) + 1, 0, INT32_MAX, &number) == 0)
			id.gid = (long)number;
	}
	return id;
}

static bool in_secondary(const struct deployment *d, const struct deployment_volume *v, long gid)
{
	const json_t *list = json_path(v->access_point->properties, "PosixUser.SecondaryGids"),
		     *one;
	long number;
	size_t i;

	json_array_foreach(list, i, one)
		if (check_number(d, one, &number) && number == gid)
			return true;
	return false;
}

/* Who comes as root without the right to be root is nobody, whatever the access point says. */
static bool is_squashed(const struct deployment *d, const struct deployment_service *s,
			const struct deployment_volume *v)
{
	OWN(check_rights) struct check_rights *rights = NULL;
	struct iam_answer answer;
	enum check_mount root;

	if (!v->system || !v->system->policy)
		return false;
	rights = check_rights_new(d);
	if (check_rights_mount(rights, s->task, v, "elasticfilesystem:ClientMount", &answer) !=
	    CHECK_MOUNT_ALLOWED)
		return false;
	root = check_rights_mount(rights, s->task, v, "elasticfilesystem:ClientRootAccess",
				  &answer);
	return root != CHECK_MOUNT_ALLOWED && root != CHECK_MOUNT_UNKNOWN;
}

static void report_squashed(struct check *c, const struct deployment_volume *v,
			    struct check_finding *f)
{
	f->remedy = "elasticfilesystem:ClientRootAccess for the task role, or a PosixUser other "
		    "than 0 that owns the directory";
	check_add(c, f,
		  "tasks come to access point %s as root, but nothing gives them "
		  "elasticfilesystem:ClientRootAccess: they are nobody there and cannot write",
		  check_name(v->access_point));
}

void check_volume_d05(struct check *c, const struct deployment_service *s,
		      const struct deployment_volume *v)
{
	const struct deployment *d = check_deployment(c);
	const json_t *info = v->access_point ? json_path(v->access_point->properties,
							 "RootDirectory.CreationInfo")
					     : NULL;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = v->access_point,
				   .property = "RootDirectory/CreationInfo",
				   .second = s->task->resource,
				   .service = s };
	struct identity id;
	long owner, group, mode;
	const char *text;
	uint64_t octal = 0;
	unsigned bits;

	if (!info || !check_volume_writable(s, v))
		return;
	text = check_text(d, json_object_get(info, "Permissions"));
	if (!*text || strlen(text) > 4 || strspn(text, "01234567") != strlen(text) ||
	    !check_number(d, json_object_get(info, "OwnerUid"), &owner) ||
	    !check_number(d, json_object_get(info, "OwnerGid"), &group))
		return;
	for (const char *p = text; *p; p++)
		octal = octal * 8 + (uint64_t)(*p - '0');
	mode = (long)octal;
	if ((mode & 3) == 3)
		return;
	id = identity_of(d, s, v);
	if (!id.known) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "the user of the image (docker image inspect: Config.User)";
		check_add(c, &f,
			  "access point %s has no PosixUser that says who writes to its directory",
			  check_name(v->access_point));
		return;
	}
	if (id.uid == 0) {
		if (is_squashed(d, s, v))
			report_squashed(c, v, &f);
		return;
	}
	bits = id.uid == owner ? 0300 : id.gid == group || in_secondary(d, v, group) ? 0030 : 0003;
	if (((unsigned)mode & bits) == bits)
		return;
	f.remedy = "OwnerUid and OwnerGid equal to PosixUser's Uid and Gid, Permissions 755";
	check_add(c, &f,
		  "user %ld:%ld cannot write to the directory of access point %s: it belongs to "
		  "%ld:%ld with mode %s",
		  id.uid, id.gid, check_name(v->access_point), owner, group, text);
}
