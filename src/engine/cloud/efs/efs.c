/* The API of EFS (rest-json). */
#include "engine/cloud/efs/efs-internal.h"

#include <string.h>

/* ---- pages
 * ---------------------------------------------------------------------------------------------- */

/* Leaves the page that the marker names in c->out[member]; `next` is the answer's word for the next. */
static int cut_page(struct call *c, const char *member, const char *marker, const char *next,
		    const char *size)
{
	json_t *all = json_list(c->out, member), *page = json_array();
	uint64_t from = 0, most = 100;

	if ((marker && num_parse_u64(marker, 0, json_array_size(all), &from) < 0) ||
	    (size && num_parse_u64(size, 1, INT32_MAX, &most) < 0)) {
		json_decref(page);
		return call_fail(c, 400, "BadRequest", "Invalid marker or page size.");
	}
	for (size_t i = from; i < json_array_size(all) && i < from + most; i++)
		json_array_append(page, json_array_get(all, i));
	if (from + most < json_array_size(all)) {
		OWN(str) char *text = str_printf("%llu", (unsigned long long)(from + most));

		json_set_str(c->out, next, text);
	}
	json_object_set_new(c->out, member, page);
	return 0;
}

static int marker_page(struct call *c, const char *member)
{
	json_set_str(c->out, "Marker", json_str(c->in, "Marker"));
	return cut_page(c, member, json_str(c->in, "Marker"), "NextMarker",
			json_str(c->in, "MaxItems"));
}

static int token_page(struct call *c, const char *member)
{
	return cut_page(c, member, json_str(c->in, "NextToken"), "NextToken",
			json_str(c->in, "MaxResults"));
}

static int run_create_system(struct hub *hub, struct call *c)
{
	OWN(str) char *id = NULL;

	if (efs_system_create(hub, c, c->in, &id) < 0)
		return -1;
	json_object_update_new(c->out, efs_view_system(hub, hub_get(hub, EFS_SYSTEM, id)));
	return 0;
}

static int run_delete_system(struct hub *hub, struct call *c)
{
	return efs_system_delete(hub, c, json_str(c->in, "FileSystemId"));
}

static int run_describe_systems(struct hub *hub, struct call *c)
{
	const char *wanted = json_str(c->in, "FileSystemId"),
		   *token = json_str(c->in, "CreationToken"), *id;
	json_t *list = json_array(), *o;
	const json_t *one = wanted ? efs_system(hub, c, wanted) : NULL;

	json_object_set_new(c->out, "FileSystems", list);
	if (wanted && !one)
		return -1;
	json_object_foreach(hub_all(hub, EFS_SYSTEM), id,
			    o) if ((!one || o == one) &&
				   (!token || str_eq(json_str(o, "CreationToken"), token)))
		json_array_append_new(list, efs_view_system(hub, o));
	return marker_page(c, "FileSystems");
}

static int run_put_policy(struct hub *hub, struct call *c)
{
	const char *text = json_str_or(c->in, "Policy", "");
	OWN(json) json_t *policy = NULL;
	struct err err = { 0 };

	if (json_parse_text("Policy", text, strlen(text), &policy, &err) < 0)
		return call_fail(c, 400, "InvalidPolicyException", "%s", err.text);
	if (efs_policy_put(hub, c, json_str(c->in, "FileSystemId"), policy) < 0)
		return -1;
	json_set_str(c->out, "FileSystemId", json_str(c->in, "FileSystemId"));
	json_set_str(c->out, "Policy", text);
	return 0;
}

static int run_get_policy(struct hub *hub, struct call *c)
{
	const json_t *o = efs_system(hub, c, json_str(c->in, "FileSystemId"));
	OWN(str) char *text = NULL;

	if (!o)
		return -1;
	if (!json_map(o, "Policy"))
		return call_fail(c, 404, "PolicyNotFound", "File system '%s' has no policy.",
				 json_str(o, "FileSystemId"));
	text = json_text(json_map(o, "Policy"));
	json_set_str(c->out, "FileSystemId", json_str(o, "FileSystemId"));
	json_set_str(c->out, "Policy", text);
	return 0;
}

static int run_delete_policy(struct hub *hub, struct call *c)
{
	return efs_policy_put(hub, c, json_str(c->in, "FileSystemId"), NULL);
}

static json_t *view_target(const json_t *o)
{
	json_t *shown = json_copy((json_t *)(uintptr_t)o);

	json_object_del(shown, "SecurityGroups");
	return shown;
}

static int run_create_target(struct hub *hub, struct call *c)
{
	OWN(str) char *id = NULL;

	if (efs_target_create(hub, c, c->in, &id) < 0)
		return -1;
	json_object_update_new(c->out, view_target(hub_get(hub, EFS_TARGET, id)));
	return 0;
}

static int run_delete_target(struct hub *hub, struct call *c)
{
	return efs_target_delete(hub, c, json_str(c->in, "MountTargetId"));
}

static int run_describe_targets(struct hub *hub, struct call *c)
{
	const char *system = json_str(c->in, "FileSystemId"),
		   *target = json_str(c->in, "MountTargetId");
	const char *point = json_str(c->in, "AccessPointId"), *id;
	json_t *list = json_array(), *o;

	json_object_set_new(c->out, "MountTargets", list);
	if (point)
		system = json_str(hub_get(hub, EFS_POINT, point), "FileSystemId");
	if (!system && !target)
		return call_fail(c, 400, "BadRequest",
				 "You must specify either a file system, a mount target or an "
				 "access point.");
	if (system && !efs_system(hub, c, system))
		return -1;
	if (target && !hub_get(hub, EFS_TARGET, target))
		return call_fail(c, 404, "MountTargetNotFound", "Mount target '%s' does not exist.",
				 target);
	json_object_foreach(hub_all(hub, EFS_TARGET), id,
			    o) if ((!target || str_eq(id, target)) &&
				   (!system || str_eq(json_str(o, "FileSystemId"), system)))
		json_array_append_new(list, view_target(o));
	return marker_page(c, "MountTargets");
}

static int run_target_groups(struct hub *hub, struct call *c)
{
	const char *id = json_str(c->in, "MountTargetId");
	const json_t *o = hub_get(hub, EFS_TARGET, id);
	json_t *groups = json_list(o, "SecurityGroups");

	if (!o)
		return call_fail(c, 404, "MountTargetNotFound", "Mount target '%s' does not exist.",
				 id ? id : "");
	json_object_set_new(c->out, "SecurityGroups", groups ? json_incref(groups) : json_array());
	return 0;
}

static int run_set_target_groups(struct hub *hub, struct call *c)
{
	return efs_target_groups(hub, c, json_str(c->in, "MountTargetId"),
				 json_list(c->in, "SecurityGroups"));
}

static int run_create_point(struct hub *hub, struct call *c)
{
	OWN(str) char *id = NULL;

	if (efs_point_create(hub, c, c->in, &id) < 0)
		return -1;
	json_object_update(c->out, hub_get(hub, EFS_POINT, id));
	return 0;
}

static int run_delete_point(struct hub *hub, struct call *c)
{
	return efs_point_delete(hub, c, json_str(c->in, "AccessPointId"));
}

static int run_describe_points(struct hub *hub, struct call *c)
{
	const char *system = json_str(c->in, "FileSystemId"),
		   *point = json_str(c->in, "AccessPointId"), *id;
	json_t *list = json_array(), *o;

	json_object_set_new(c->out, "AccessPoints", list);
	if (point && !hub_get(hub, EFS_POINT, point))
		return call_fail(c, 404, "AccessPointNotFound", "Access point '%s' does not exist.",
				 point);
	json_object_foreach(hub_all(hub, EFS_POINT), id,
			    o) if ((!point || str_eq(id, point)) &&
				   (!system || str_eq(json_str(o, "FileSystemId"), system)))
		json_array_append(list, o);
	return token_page(c, "AccessPoints");
}

static json_t *tagged(struct hub *hub, const char *id)
{
	const char *slash = id ? strrchr(id, '/') : NULL;
	const char *bare = slash ? slash + 1 : id;
	json_t *o = hub_get(hub, EFS_SYSTEM, bare);

	return o ? o : hub_get(hub, EFS_POINT, bare);
}

/* What a request about tags names; NULL after call_fail(). */
static json_t *find_tagged(struct hub *hub, struct call *c)
{
	const char *id = json_str_or(c->in, "ResourceId", "");
	json_t *o = tagged(hub, id);

	if (!o && strstr(id, "fsap-"))
		(void)call_fail(c, 404, "AccessPointNotFound", "Access point '%s' does not exist.", id);
	else if (!o)
		(void)call_fail(c, 404, "FileSystemNotFound", "File system '%s' does not exist.", id);
	return o;
}

static int run_list_tags(struct hub *hub, struct call *c)
{
	const json_t *o = find_tagged(hub, c);
	json_t *tags = json_list(o, "Tags");

	if (!o)
		return -1;
	json_object_set_new(c->out, "Tags", tags ? json_incref(tags) : json_array());
	return token_page(c, "Tags");
}

static void drop_tag(json_t *tags, const char *key)
{
	for (size_t i = json_array_size(tags); i-- > 0;)
		if (str_eq(json_str(json_array_get(tags, i), "Key"), key))
			json_array_remove(tags, i);
}

/* The object's tags are these now: its name is one of them. */
static void keep_tags(struct hub *hub, json_t *o, json_t *tags)
{
	bool point = json_str(o, "AccessPointId") != NULL;
	json_t *tag;
	size_t i;

	json_object_set(o, "Tags", tags);
	json_object_del(o, "Name");
	json_array_foreach(tags, i, tag) if (str_eq(json_str(tag, "Key"), "Name"))
		json_set_str(o, "Name", json_str(tag, "Value"));
	hub_put(hub, point ? EFS_POINT : EFS_SYSTEM,
		json_str(o, point ? "AccessPointId" : "FileSystemId"), o);
}

static int run_tag(struct hub *hub, struct call *c)
{
	json_t *o = find_tagged(hub, c), *tag;
	OWN(json) json_t *tags = json_deep_copy(json_list(o, "Tags"));
	size_t i;

	if (!o)
		return -1;
	if (!tags)
		tags = json_array();
	json_array_foreach(json_list(c->in, "Tags"), i, tag)
	{
		if (!json_str(tag, "Key"))
			return call_fail(c, 400, "ValidationException", "A tag needs a Key.");
		drop_tag(tags, json_str(tag, "Key"));
		json_array_append(tags, tag);
	}
	keep_tags(hub, o, tags);
	return 0;
}

static int run_untag(struct hub *hub, struct call *c)
{
	json_t *o = find_tagged(hub, c), *keys = json_object_get(c->in, "tagKeys"), *key;
	OWN(json) json_t *tags = json_deep_copy(json_list(o, "Tags"));
	size_t i;

	if (!o)
		return -1;
	if (json_is_string(keys))
		drop_tag(tags, json_string_value(keys));
	json_array_foreach(keys, i, key) drop_tag(tags, json_string_value(key));
	keep_tags(hub, o, tags);
	return 0;
}

#define V "/2015-02-01/"
static const struct action actions[] = {
	{ .name = "CreateFileSystem",
	  .run = run_create_system,
	  .http = "POST 201 " V "file-systems" },
	{ .name = "DeleteFileSystem",
	  .run = run_delete_system,
	  .http = "DELETE 204 " V "file-systems/{FileSystemId}" },
	{ .name = "DescribeFileSystems",
	  .run = run_describe_systems,
	  .http = "GET 200 " V "file-systems" },
	{ .name = "PutFileSystemPolicy",
	  .run = run_put_policy,
	  .http = "PUT 200 " V "file-systems/{FileSystemId}/policy" },
	{ .name = "DescribeFileSystemPolicy",
	  .run = run_get_policy,
	  .http = "GET 200 " V "file-systems/{FileSystemId}/policy" },
	{ .name = "DeleteFileSystemPolicy",
	  .run = run_delete_policy,
	  .http = "DELETE 200 " V "file-systems/{FileSystemId}/policy" },
	{ .name = "PutBackupPolicy",
	  .run = efs_run_put_backup,
	  .http = "PUT 200 " V "file-systems/{FileSystemId}/backup-policy" },
	{ .name = "DescribeBackupPolicy",
	  .run = efs_run_get_backup,
	  .http = "GET 200 " V "file-systems/{FileSystemId}/backup-policy" },
	{ .name = "PutLifecycleConfiguration",
	  .run = efs_run_put_life_cycle,
	  .http = "PUT 200 " V "file-systems/{FileSystemId}/lifecycle-configuration" },
	{ .name = "DescribeLifecycleConfiguration",
	  .run = efs_run_get_life_cycle,
	  .http = "GET 200 " V "file-systems/{FileSystemId}/lifecycle-configuration" },
	{ .name = "UpdateFileSystemProtection",
	  .run = efs_run_put_protection,
	  .http = "PUT 200 " V "file-systems/{FileSystemId}/protection" },
	{ .name = "CreateMountTarget",
	  .run = run_create_target,
	  .http = "POST 200 " V "mount-targets" },
	{ .name = "DeleteMountTarget",
	  .run = run_delete_target,
	  .http = "DELETE 204 " V "mount-targets/{MountTargetId}" },
	{ .name = "DescribeMountTargets",
	  .run = run_describe_targets,
	  .http = "GET 200 " V "mount-targets" },
	{ .name = "DescribeMountTargetSecurityGroups",
	  .run = run_target_groups,
	  .http = "GET 200 " V "mount-targets/{MountTargetId}/security-groups" },
	{ .name = "ModifyMountTargetSecurityGroups",
	  .run = run_set_target_groups,
	  .http = "PUT 204 " V "mount-targets/{MountTargetId}/security-groups" },
	{ .name = "CreateAccessPoint",
	  .run = run_create_point,
	  .http = "POST 200 " V "access-points" },
	{ .name = "DeleteAccessPoint",
	  .run = run_delete_point,
	  .http = "DELETE 204 " V "access-points/{AccessPointId}" },
	{ .name = "DescribeAccessPoints",
	  .run = run_describe_points,
	  .http = "GET 200 " V "access-points" },
	{ .name = "ListTagsForResource",
	  .run = run_list_tags,
	  .http = "GET 200 " V "resource-tags/{ResourceId}" },
	{ .name = "TagResource",
	  .run = run_tag,
	  .http = "POST 200 " V "resource-tags/{ResourceId}" },
	{ .name = "UntagResource",
	  .run = run_untag,
	  .http = "DELETE 200 " V "resource-tags/{ResourceId}" },
	{ .name = "mpcup:Mount", .run = efs_run_mount },
	{ 0 },
};

static const struct resource_kind *const kinds[] = { &efs_system_kind, &efs_target_kind,
						     &efs_point_kind, NULL };

/* Interfaces are back already (EC2 starts first); their sockets are not. */
static int start(struct hub *hub, struct err *err)
{
	const char *id;
	json_t *target;

	hub_add_resolver(hub, efs_resolve);
	json_object_foreach(hub_all(hub, EFS_TARGET), id,
			    target) if (efs_serve(hub, target, err) <
					0) return err_in(err, "mount target %s", id);
	return 0;
}

const struct service service_efs = {
	.name = "efs",
	.actions = actions,
	.kinds = kinds,
	.start = start,
	.covers = "Mount targets answer on TCP 2049 where security groups let a task reach them; "
		  "rights are decided by "
		  "IAM and the file system policy at the mount. Files are directories of this "
		  "machine that are bound "
		  "into the task: no NFS data path, no TLS tunnel. Owner and mode of access point "
		  "directories are "
		  "recorded and decide whether the mount is writable; the files themselves belong "
		  "to the user who runs "
		  "the local cloud. A One Zone file system takes a mount target in its own zone only. "
		  "Backup and life-cycle policies and protection are kept and shown: nothing is "
		  "backed up or moved. No replication.",
};
