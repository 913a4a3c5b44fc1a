/* Access points. */
#include "engine/cloud/efs/efs-internal.h"

#include <string.h>

/* ---- access points
 * -------------------------------------------------------------------------------------- */

#define ID_MOST INT64_C(4294967295)

static int check_id(struct call *c, const json_t *map, const char *what, const char *key,
		    json_int_t *ret)
{
	*ret = json_int_or(map, key, -1);
	if (*ret >= 0 && *ret <= ID_MOST)
		return 0;
	return call_fail(c, 400, "BadRequest", "%s.%s must be a number from 0 to 4294967295", what,
			 key);
}

static int read_posix_user(struct call *c, json_t **ret)
{
	const json_t *user = json_map(c->in, "PosixUser");
	OWN(json) json_t *groups = json_array();
	json_int_t uid, gid;
	size_t i;
	json_t *group;

	if (!user)
		return 0;
	if (check_id(c, user, "PosixUser", "Uid", &uid) < 0 ||
	    check_id(c, user, "PosixUser", "Gid", &gid) < 0)
		return -1;
	json_array_foreach(json_list(user, "SecondaryGids"), i, group)
	{
		OWN(json) json_t *holder = json_pack("{s:O}", "Gid", group);
		json_int_t id;

		if (check_id(c, holder, "PosixUser.SecondaryGids", "Gid", &id) < 0)
			return -1;
		json_array_append_new(groups, json_integer(id));
	}
	if (json_array_size(groups) > 16)
		return call_fail(c, 400, "BadRequest", "At most 16 SecondaryGids");
	*ret = json_pack("{s:I, s:I}", "Uid", uid, "Gid", gid);
	if (json_array_size(groups))
		json_object_set(*ret, "SecondaryGids", groups);
	return 0;
}

static bool octal(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return (len == 3 || len == 4) && strspn(text, "01234567") == len;
}

static int read_root(struct call *c, json_t **ret)
{
	const json_t *root = json_map(c->in, "RootDirectory"),
		     *info = json_map(root, "CreationInfo");
	const char *path = json_str_or(root, "Path", "/"), *mode = json_str(info, "Permissions");
	json_int_t uid, gid;

	if (!efs_path_valid(path, 100, 4))
		return call_fail(
			c, 400, "BadRequest",
			"RootDirectory.Path '%s' must be absolute, of at most 100 characters "
			"and 4 levels",
			path);
	*ret = json_pack("{s:s}", "Path", path);
	if (!info)
		return 0;
	if (check_id(c, info, "CreationInfo", "OwnerUid", &uid) < 0 ||
	    check_id(c, info, "CreationInfo", "OwnerGid", &gid) < 0)
		return -1;
	if (!octal(mode))
		return call_fail(c, 400, "BadRequest",
				 "CreationInfo.Permissions must be 3 or 4 octal digits");
	json_object_set_new(*ret, "CreationInfo",
			    json_pack("{s:I, s:I, s:s}", "OwnerUid", uid, "OwnerGid", gid,
				      "Permissions", mode));
	return 0;
}

static int check_token(struct hub *hub, struct call *c)
{
	const char *token = json_str(c->in, "ClientToken"), *id;
	json_t *other;

	json_object_foreach(
		hub_all(hub, EFS_ACCESS_POINT), id,
		other) if (token && str_eq(json_str(other, "ClientToken"),
					   token)) return call_fail(c, 409,
								    "AccessPointAlreadyExists",
								    "Access point '%s' already "
								    "exists with client token '%s'",
								    id, token);
	return 0;
}

int efs_create_access_point(struct hub *hub, struct call *c)
{
	json_t *file_system = efs_file_system(hub, c, "FileSystemId");
	OWN(str) char *id = hub_id(hub, "fsap-", 17);
	OWN(str) char *arn = efs_arn(hub, "access-point", id);
	OWN(str) char *token = hub_uuid(hub);
	OWN(json) json_t *user = NULL, *root = NULL, *o = NULL;
	json_t *tags = json_list(c->in, "Tags");

	if (!file_system || check_token(hub, c) < 0 || read_posix_user(c, &user) < 0 ||
	    read_root(c, &root) < 0)
		return -1;
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:o}", "ClientToken",
		      json_str_or(c->in, "ClientToken", token), "AccessPointId", id,
		      "AccessPointArn", arn, "FileSystemId", json_str(file_system, "FileSystemId"),
		      "OwnerId", hub_account(hub), "LifeCycleState", "available", "RootDirectory",
		      root, "Tags", tags ? json_deep_copy(tags) : json_array());
	if (user)
		json_object_set(o, "PosixUser", user);
	efs_set_name(o);
	hub_put(hub, EFS_ACCESS_POINT, id, o);
	json_object_update(c->out, o);
	return 0;
}

int efs_describe_access_points(struct hub *hub, struct call *c)
{
	const char *point = json_str(c->in, "AccessPointId"), *id;
	const json_t *file_system = NULL;
	json_t *list = json_array(), *o;

	json_object_set_new(c->out, "AccessPoints", list);
	if (point && !(o = efs_access_point(hub, c, "AccessPointId")))
		return -1;
	if (point)
		point = json_str(o, "AccessPointId");
	if (json_str(c->in, "FileSystemId") &&
	    !(file_system = efs_file_system(hub, c, "FileSystemId")))
		return -1;
	json_object_foreach(hub_all(hub, EFS_ACCESS_POINT), id,
			    o) if ((!point || !strcmp(point, id)) &&
				   (!file_system || str_eq(json_str(o, "FileSystemId"),
							   json_str(file_system, "FileSystemId"))))
		json_array_append_new(list, efs_show(o));
	return efs_page(c, list, "MaxResults", "NextToken", "NextToken");
}

int efs_delete_access_point(struct hub *hub, struct call *c)
{
	json_t *o = efs_access_point(hub, c, "AccessPointId");

	if (!o)
		return -1;
	hub_remove(hub, EFS_ACCESS_POINT, json_str(o, "AccessPointId"));
	return 0;
}
