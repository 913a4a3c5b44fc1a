/* File systems, their policies and tags. */
#include "engine/cloud/efs/efs-internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/iam/iam.h"

/* ---- shared
 * ------------------------------------------------------------------------------------------ */

const char *efs_need(struct call *c, const char *key)
{
	const char *value = json_str(c->in, key);

	if (value && *value)
		return value;
	(void)call_fail(c, 400, "BadRequest", "%s is required", key);
	return NULL;
}

/* Ids may come as ARNs. */
static const char *bare_id(const char *id)
{
	const char *slash = strrchr(id, '/');

	return str_starts(id, "arn:") && slash ? slash + 1 : id;
}

static json_t *find(struct hub *hub, struct call *c, const char *kind, const char *key,
		    const char *code, const char *what)
{
	const char *id = efs_need(c, key);
	json_t *o = id ? hub_get(hub, kind, bare_id(id)) : NULL;

	if (id && !o)
		(void)call_fail(c, 404, code, "%s '%s' does not exist.", what, id);
	return o;
}

json_t *efs_file_system(struct hub *hub, struct call *c, const char *key)
{
	return find(hub, c, EFS_FILE_SYSTEM, key, "FileSystemNotFound", "File system");
}

json_t *efs_access_point(struct hub *hub, struct call *c, const char *key)
{
	return find(hub, c, EFS_ACCESS_POINT, key, "AccessPointNotFound", "Access point");
}

json_t *efs_mount_target(struct hub *hub, struct call *c, const char *key)
{
	return find(hub, c, EFS_MOUNT_TARGET, key, "MountTargetNotFound", "Mount target");
}

json_t *efs_show(const json_t *o)
{
	json_t *shown = json_deep_copy(o), *value;
	const char *key;
	void *next;

	json_object_foreach_safe(shown, next, key, value) if (*key == '_')
		json_object_del(shown, key);
	return shown;
}

double efs_now(struct hub *hub)
{
	return (double)hub_now_ms(hub) / 1000.0;
}

int efs_page(struct call *c, json_t *list, const char *most, const char *from, const char *next)
{
	json_int_t limit = json_int_or(c->in, most, 0), start = json_int_or(c->in, from, 0);

	if (json_str(c->in, from) && (start <= 0 || (size_t)start > json_array_size(list)))
		return call_fail(c, 400, "BadRequest", "%s is not valid", from);
	for (json_int_t i = 0; i < start; i++)
		json_array_remove(list, 0);
	if (limit <= 0 || json_array_size(list) <= (size_t)limit)
		return 0;
	while (json_array_size(list) > (size_t)limit)
		json_array_remove(list, json_array_size(list) - 1);
	json_object_set_new(c->out, next, json_sprintf("%lld", (long long)(start + limit)));
	return 0;
}

void efs_set_name(json_t *o)
{
	size_t i;
	json_t *tag;

	json_object_del(o, "Name");
	json_array_foreach(json_list(o, "Tags"), i, tag) if (str_eq(json_str(tag, "Key"), "Name"))
		json_set_str(o, "Name", json_str(tag, "Value"));
}

char *efs_arn(struct hub *hub, const char *type, const char *id)
{
	OWN(str) char *path = str_printf("%s/%s", type, id);

	return hub_arn(hub, "elasticfilesystem", path);
}

char *efs_resource(struct hub *hub, const struct call *c)
{
	const char *point = json_str(c->in, "AccessPointId");
	const char *file_system = json_str(c->in, "FileSystemId");

	if (point)
		return efs_arn(hub, "access-point", bare_id(point));
	return file_system ? efs_arn(hub, "file-system", bare_id(file_system)) : str_dup("*");
}

/* ---- creation
 * ------------------------------------------------------------------------------------- */

static int one_of(struct call *c, const char *key, const char *otherwise, const char *const *known,
		  const char **ret)
{
	*ret = json_str_or(c->in, key, otherwise);
	for (size_t i = 0; known[i]; i++)
		if (!strcmp(known[i], *ret))
			return 0;
	return call_fail(c, 400, "BadRequest", "'%s' is not a value of %s", *ret, key);
}

static int check_zone(struct hub *hub, struct call *c)
{
	const char *zone = json_str(c->in, "AvailabilityZoneName");

	for (size_t i = 0; zone && hub_zones(hub)[i]; i++)
		if (!strcmp(hub_zones(hub)[i], zone))
			return 0;
	return zone ? call_fail(c, 400, "UnsupportedAvailabilityZone",
				"One Zone file systems are not supported in '%s'.", zone)
		    : 0;
}

static int check_creation(struct hub *hub, struct call *c, const char **ret_performance,
			  const char **ret_throughput)
{
	static const char *const performance[] = { "generalPurpose", "maxIO", NULL };
	static const char *const throughput[] = { "bursting", "provisioned", "elastic", NULL };
	const char *token = json_str(c->in, "CreationToken"), *id;
	json_t *other;

	if (one_of(c, "PerformanceMode", "generalPurpose", performance, ret_performance) < 0 ||
	    one_of(c, "ThroughputMode", "bursting", throughput, ret_throughput) < 0 ||
	    check_zone(hub, c) < 0)
		return -1;
	if (json_str(c->in, "KmsKeyId") && !json_bool_or(c->in, "Encrypted", false))
		return call_fail(c, 400, "BadRequest",
				 "Encrypted must be true when KmsKeyId is given.");
	json_object_foreach(
		hub_all(hub, EFS_FILE_SYSTEM), id,
		other) if (token &&
			   str_eq(json_str(other, "CreationToken"),
				  token)) return call_fail(c, 409, "FileSystemAlreadyExists",
							   "File system '%s' already exists with "
							   "creation token '%s'",
							   id, token);
	return 0;
}

static int make_directory(struct hub *hub, struct call *c, const char *id)
{
	OWN(str) char *parent = NULL, *path = NULL;

	if (!hub_state_dir(hub))
		return 0;
	parent = str_printf("%s/efs", hub_state_dir(hub));
	path = efs_directory(hub, id, "/");
	if ((mkdir(parent, 0700) < 0 && errno != EEXIST) || mkdir(path, 0755) < 0)
		return call_fail(c, 500, "InternalServerError", "directory %s: %s", path,
				 strerror(errno));
	return 0;
}

static json_t *describe(struct hub *hub, const json_t *o)
{
	json_t *shown = efs_show(o), *target;
	const char *id = json_str(o, "FileSystemId"), *unused;
	OWN(str) char *path = hub_state_dir(hub) ? efs_directory(hub, id, "/") : NULL;
	int64_t size = path ? efs_tree_size(path) : 0, count = 0;

	json_object_foreach(hub_all(hub, EFS_MOUNT_TARGET), unused,
			    target) if (str_eq(json_str(target, "FileSystemId"), id)) count++;
	json_set_int(shown, "NumberOfMountTargets", count);
	json_object_set_new(shown, "SizeInBytes",
			    json_pack("{s:I, s:f, s:I, s:i}", "Value", (json_int_t)size,
				      "Timestamp", efs_now(hub), "ValueInStandard",
				      (json_int_t)size, "ValueInIA", 0));
	return shown;
}

int efs_create_file_system(struct hub *hub, struct call *c)
{
	const char *performance, *throughput;
	OWN(str) char *id = hub_id(hub, "fs-", 17);
	OWN(str) char *arn = efs_arn(hub, "file-system", id);
	OWN(str) char *token = hub_uuid(hub);
	OWN(json) json_t *o = NULL, *shown = NULL;
	json_t *tags = json_list(c->in, "Tags");

	if (check_creation(hub, c, &performance, &throughput) < 0 || make_directory(hub, c, id) < 0)
		return -1;
	o = json_pack("{s:s, s:s, s:s, s:s, s:f, s:s, s:s, s:s, s:b, s:o}", "OwnerId",
		      hub_account(hub), "CreationToken", json_str_or(c->in, "CreationToken", token),
		      "FileSystemId", id, "FileSystemArn", arn, "CreationTime", efs_now(hub),
		      "LifeCycleState", "available", "PerformanceMode", performance,
		      "ThroughputMode", throughput, "Encrypted",
		      json_bool_or(c->in, "Encrypted", false), "Tags",
		      tags ? json_deep_copy(tags) : json_array());
	json_set_str(o, "KmsKeyId", json_str(c->in, "KmsKeyId"));
	json_set_str(o, "AvailabilityZoneName", json_str(c->in, "AvailabilityZoneName"));
	efs_set_name(o);
	hub_put(hub, EFS_FILE_SYSTEM, id, o);
	shown = describe(hub, o);
	json_object_update(c->out, shown);
	return 0;
}

int efs_describe_file_systems(struct hub *hub, struct call *c)
{
	const char *wanted = json_str(c->in, "FileSystemId");
	const char *token = json_str(c->in, "CreationToken"), *id;
	json_t *list = json_array(), *o;

	json_object_set_new(c->out, "FileSystems", list);
	if (wanted && *wanted && !efs_file_system(hub, c, "FileSystemId"))
		return -1;
	json_object_foreach(hub_all(hub, EFS_FILE_SYSTEM), id,
			    o) if ((!wanted || !*wanted || !strcmp(id, bare_id(wanted))) &&
				   (!token || str_eq(json_str(o, "CreationToken"), token)))
		json_array_append_new(list, describe(hub, o));
	return efs_page(c, list, "MaxItems", "Marker", "NextMarker");
}

int efs_update_file_system(struct hub *hub, struct call *c)
{
	static const char *const throughput[] = { "bursting", "provisioned", "elastic", NULL };
	json_t *o = efs_file_system(hub, c, "FileSystemId");
	OWN(json) json_t *shown = NULL;
	const char *mode;

	if (!o || one_of(c, "ThroughputMode", json_str(o, "ThroughputMode"), throughput, &mode) < 0)
		return -1;
	json_set_str(o, "ThroughputMode", mode);
	hub_put(hub, EFS_FILE_SYSTEM, json_str(o, "FileSystemId"), o);
	shown = describe(hub, o);
	json_object_update(c->out, shown);
	return 0;
}

void efs_forget_directories(struct hub *hub, const char *file_system)
{
	OWN(str) char *prefix = str_printf("%s:", file_system);
	json_t *all = hub_all(hub, EFS_DIRECTORY), *o;
	const char *id;
	void *next;

	json_object_foreach_safe(all, next, id, o) if (str_starts(id, prefix))
		hub_remove(hub, EFS_DIRECTORY, id);
}

static void drop_access_points(struct hub *hub, const char *file_system)
{
	json_t *all = hub_all(hub, EFS_ACCESS_POINT), *o;
	const char *id;
	void *next;

	json_object_foreach_safe(all, next, id,
				 o) if (str_eq(json_str(o, "FileSystemId"), file_system))
		hub_remove(hub, EFS_ACCESS_POINT, id);
}

int efs_delete_file_system(struct hub *hub, struct call *c)
{
	json_t *o = efs_file_system(hub, c, "FileSystemId"), *target;
	OWN(str) char *id = NULL, *path = NULL;
	const char *unused;

	if (!o)
		return -1;
	id = str_dup(json_str(o, "FileSystemId"));
	json_object_foreach(hub_all(hub, EFS_MOUNT_TARGET), unused, target) if (
		str_eq(json_str(target, "FileSystemId"),
		       id)) return call_fail(c, 409, "FileSystemInUse",
					     "The file system '%s' has mount targets and cannot be "
					     "deleted.",
					     id);
	drop_access_points(hub, id);
	efs_forget_directories(hub, id);
	hub_remove(hub, EFS_FILE_SYSTEM, id);
	if (hub_state_dir(hub)) {
		path = efs_directory(hub, id, "/");
		efs_tree_remove(path);
	}
	return 0;
}

/* ---- policies
 * --------------------------------------------------------------------------------------- */

int efs_put_policy(struct hub *hub, struct call *c)
{
	json_t *o = efs_file_system(hub, c, "FileSystemId");
	const char *text = o ? efs_need(c, "Policy") : NULL;
	OWN(json) json_t *policy = NULL;
	struct err err = { 0 };

	if (!text)
		return -1;
	if (strlen(text) > 20000)
		return call_fail(c, 400, "InvalidPolicyException",
				 "The policy is longer than 20,000 characters.");
	if (json_parse_text("policy", text, strlen(text), &policy, &err) < 0 ||
	    iam_policy_check(policy, 1, &err) < 0)
		return call_fail(c, 400, "InvalidPolicyException", "Policy is malformed: %s",
				 err.text);
	json_object_set(o, "_policy", policy);
	hub_put(hub, EFS_FILE_SYSTEM, json_str(o, "FileSystemId"), o);
	json_set_str(c->out, "FileSystemId", json_str(o, "FileSystemId"));
	json_set_str(c->out, "Policy", text);
	return 0;
}

int efs_describe_policy(struct hub *hub, struct call *c)
{
	json_t *o = efs_file_system(hub, c, "FileSystemId");
	OWN(str) char *text = NULL;

	if (!o)
		return -1;
	if (!json_map(o, "_policy"))
		return call_fail(c, 404, "PolicyNotFound", "File system '%s' has no policy.",
				 json_str(o, "FileSystemId"));
	text = json_text(json_map(o, "_policy"));
	json_set_str(c->out, "FileSystemId", json_str(o, "FileSystemId"));
	json_set_str(c->out, "Policy", text);
	return 0;
}

int efs_delete_policy(struct hub *hub, struct call *c)
{
	json_t *o = efs_file_system(hub, c, "FileSystemId");

	if (!o)
		return -1;
	json_object_del(o, "_policy");
	hub_put(hub, EFS_FILE_SYSTEM, json_str(o, "FileSystemId"), o);
	return 0;
}

int efs_put_backup_policy(struct hub *hub, struct call *c)
{
	json_t *o = efs_file_system(hub, c, "FileSystemId");
	const char *status = json_str(json_map(c->in, "BackupPolicy"), "Status");

	if (!o)
		return -1;
	if (!status || (strcmp(status, "ENABLED") != 0 && strcmp(status, "DISABLED") != 0))
		return call_fail(c, 400, "ValidationException",
				 "BackupPolicy.Status is ENABLED or DISABLED");
	json_set_str(o, "_backup", status);
	hub_put(hub, EFS_FILE_SYSTEM, json_str(o, "FileSystemId"), o);
	json_object_set_new(c->out, "BackupPolicy", json_pack("{s:s}", "Status", status));
	return 0;
}

int efs_describe_backup_policy(struct hub *hub, struct call *c)
{
	json_t *o = efs_file_system(hub, c, "FileSystemId");

	if (!o)
		return -1;
	if (!json_str(o, "_backup"))
		return call_fail(c, 404, "PolicyNotFound", "File system '%s' has no backup policy.",
				 json_str(o, "FileSystemId"));
	json_object_set_new(c->out, "BackupPolicy",
			    json_pack("{s:s}", "Status", json_str(o, "_backup")));
	return 0;
}

int efs_put_lifecycle(struct hub *hub, struct call *c)
{
	json_t *o = efs_file_system(hub, c, "FileSystemId");
	json_t *policies = json_list(c->in, "LifecyclePolicies");

	if (!o)
		return -1;
	if (!policies)
		return call_fail(c, 400, "BadRequest", "LifecyclePolicies is required");
	json_object_set_new(o, "_lifecycle", json_deep_copy(policies));
	hub_put(hub, EFS_FILE_SYSTEM, json_str(o, "FileSystemId"), o);
	json_object_set_new(c->out, "LifecyclePolicies", json_deep_copy(policies));
	return 0;
}

int efs_describe_lifecycle(struct hub *hub, struct call *c)
{
	json_t *o = efs_file_system(hub, c, "FileSystemId");
	const json_t *policies = json_list(o, "_lifecycle");

	if (!o)
		return -1;
	json_object_set_new(c->out, "LifecyclePolicies",
			    policies ? json_deep_copy(policies) : json_array());
	return 0;
}

/* ---- tags
 * --------------------------------------------------------------------------------------------- */

static json_t *tagged(struct hub *hub, struct call *c, const char **ret_kind)
{
	const char *id = efs_need(c, "ResourceId");
	bool point = id && str_starts(bare_id(id), "fsap-");

	*ret_kind = point ? EFS_ACCESS_POINT : EFS_FILE_SYSTEM;
	if (!id)
		return NULL;
	return point ? efs_access_point(hub, c, "ResourceId")
		     : efs_file_system(hub, c, "ResourceId");
}

int efs_list_tags(struct hub *hub, struct call *c)
{
	const char *kind;
	const json_t *o = tagged(hub, c, &kind);
	json_t *list;

	if (!o)
		return -1;
	list = json_deep_copy(json_list(o, "Tags"));
	json_object_set_new(c->out, "Tags", list);
	return efs_page(c, list, "MaxResults", "NextToken", "NextToken");
}

static void drop_tag(json_t *tags, const char *key)
{
	for (size_t i = json_array_size(tags); i-- > 0;)
		if (str_eq(json_str(json_array_get(tags, i), "Key"), key))
			json_array_remove(tags, i);
}

static void save_tagged(struct hub *hub, const char *kind, json_t *o)
{
	efs_set_name(o);
	hub_put(hub, kind,
		json_str(o, strcmp(kind, EFS_ACCESS_POINT) ? "FileSystemId" : "AccessPointId"), o);
}

int efs_tag_resource(struct hub *hub, struct call *c)
{
	const char *kind;
	json_t *o = tagged(hub, c, &kind), *tag;
	size_t i;

	if (!o)
		return -1;
	json_array_foreach(json_list(c->in, "Tags"), i, tag)
	{
		if (!json_str(tag, "Key"))
			return call_fail(c, 400, "BadRequest", "A tag needs a Key");
		drop_tag(json_list(o, "Tags"), json_str(tag, "Key"));
		json_array_append_new(json_list(o, "Tags"), json_deep_copy(tag));
	}
	save_tagged(hub, kind, o);
	return 0;
}

int efs_untag_resource(struct hub *hub, struct call *c)
{
	const char *kind;
	json_t *o = tagged(hub, c, &kind), *keys, *key;
	size_t i;

	if (!o)
		return -1;
	keys = json_object_get(c->in, "tagKeys");
	if (json_is_string(keys))
		drop_tag(json_list(o, "Tags"), json_string_value(keys));
	json_array_foreach(keys, i, key) if (json_is_string(key))
		drop_tag(json_list(o, "Tags"), json_string_value(key));
	save_tagged(hub, kind, o);
	return 0;
}
