/* Kinds: FileSystem, MountTarget, AccessPoint. They call the API as CloudFormation's handlers do.
 */
#include "engine/cloud/efs/efs-internal.h"

#include <stdio.h>
#include <string.h>

/* ---- shared
 * ---------------------------------------------------------------------------------------- */

static const struct {
	const char *part, *handler;
	int status;
} codes[] = {
	{ "NotFound", "NotFound", 404 },
	{ "AlreadyExists", "AlreadyExists", 409 },
	{ "Conflict", "AlreadyExists", 409 },
	{ "InUse", "ResourceConflict", 409 },
	{ "LimitExceeded", "ServiceLimitExceeded", 400 },
	{ "NoFreeAddresses", "ServiceLimitExceeded", 409 },
	{ "InternalServerError", "ServiceInternalError", 500 },
};

static int api(struct hub *hub, struct resource *r, const char *action, const json_t *in,
	       json_t **ret_out, struct err *err)
{
	OWN(str) char *request = hub_uuid(hub);
	const char *handler = "InvalidRequest", *text;
	struct err why = { 0 };
	char code[96] = "";
	int status = 400;

	if (hub_call(hub, NULL, "efs", action, in, ret_out, code, &why) == 0)
		return 0;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strstr(code, codes[i].part)) {
			handler = codes[i].handler;
			status = codes[i].status;
			break;
		}
	(void)snprintf(r->error_code, sizeof(r->error_code), "%s", handler);
	text = strstr(why.text, ": ");
	return err_set(err, ERR_REMOTE, "%s (Service: Efs, Status Code: %d, Request ID: %s)",
		       text ? text + 2 : why.text, status, request);
}

/* Deletes; what is gone already is done. */
static int drop(struct hub *hub, struct resource *r, const char *action, const char *key,
		struct err *err)
{
	OWN(json) json_t *in = NULL;

	if (!r->physical)
		return RESOURCE_DONE;
	in = json_pack("{s:s}", key, r->physical);
	if (api(hub, r, action, in, NULL, err) < 0 && strcmp(r->error_code, "NotFound") != 0)
		return -1;
	r->error_code[0] = 0;
	return RESOURCE_DONE;
}

static void set_attribute(struct resource *r, const char *name, const char *value)
{
	if (!r->attributes)
		r->attributes = json_object();
	json_set_str(r->attributes, name, value);
}

static bool changed(const struct resource *r, const char *property)
{
	json_t *now = json_object_get(r->properties, property);
	json_t *before = json_object_get(r->previous, property);

	return now != before && !(now && before && json_equal(now, before));
}

static void take(const struct resource *r, json_t *in, const char *property, const char *as)
{
	json_t *value = json_object_get(r->properties, property);

	if (value)
		json_object_set(in, as, value);
}

static void add_tags(json_t *to, const json_t *tags)
{
	size_t i;
	json_t *tag;

	json_array_foreach(tags, i, tag)
	{
		const json_t *value = json_object_get(tag, "Value");
		OWN(str)
		char *number = json_is_integer(value)
				       ? str_printf("%lld", (long long)json_integer_value(value))
				       : NULL;

		if (json_str(tag, "Key"))
			json_array_append_new(
				to, json_pack("{s:s, s:s}", "Key", json_str(tag, "Key"), "Value",
					      number ? number : json_str_or(tag, "Value", "")));
	}
}

/* Tags of the resource, the stack and CloudFormation itself; caller's. */
static json_t *tags_of(const struct resource *r, const char *property)
{
	json_t *tags = json_array();
	OWN(json)
	json_t *own =
		json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "Key",
			  "aws:cloudformation:stack-name", "Value",
			  r->stack_name ? r->stack_name : "", "Key", "aws:cloudformation:stack-id",
			  "Value", r->stack_id ? r->stack_id : "", "Key",
			  "aws:cloudformation:logical-id", "Value", r->logical ? r->logical : "");

	add_tags(tags, json_list(r->properties, property));
	add_tags(tags, r->stack_tags);
	add_tags(tags, own);
	return tags;
}

static int update_tags(struct hub *hub, struct resource *r, const char *property, struct err *err)
{
	OWN(json) json_t *gone = json_pack("{s:s, s:[]}", "ResourceId", r->physical, "tagKeys");
	OWN(json)
	json_t *set =
		json_pack("{s:s, s:o}", "ResourceId", r->physical, "Tags", tags_of(r, property));
	size_t i;
	json_t *tag;

	json_array_foreach(json_list(r->previous, property), i, tag)
		json_add_str(json_list(gone, "tagKeys"), json_str_or(tag, "Key", ""));
	if (api(hub, r, "UntagResource", gone, NULL, err) < 0)
		return -1;
	return api(hub, r, "TagResource", set, NULL, err);
}

/* ---- AWS::EFS::FileSystem
 * --------------------------------------------------------------------------- */

static int set_policy(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *policy = json_object_get(r->properties, "FileSystemPolicy");
	OWN(str)
	char *text = json_is_string(policy) ? str_dup(json_string_value(policy))
		     : policy		    ? json_text(policy)
					    : NULL;
	OWN(json)
	json_t *in = json_pack("{s:s, s:s*}", "FileSystemId", r->physical, "Policy", text);

	if (!changed(r, "FileSystemPolicy"))
		return 0;
	return api(hub, r, text ? "PutFileSystemPolicy" : "DeleteFileSystemPolicy", in, NULL, err);
}

static int set_backup(struct hub *hub, struct resource *r, struct err *err)
{
	const char *status =
		json_str_or(json_map(r->properties, "BackupPolicy"), "Status", "DISABLED");
	OWN(json)
	json_t *in = json_pack("{s:s, s:{s:s}}", "FileSystemId", r->physical, "BackupPolicy",
			       "Status", status);

	return changed(r, "BackupPolicy") ? api(hub, r, "PutBackupPolicy", in, NULL, err) : 0;
}

static int set_lifecycle(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *policies = json_list(r->properties, "LifecyclePolicies");
	OWN(json)
	json_t *in = json_pack("{s:s, s:o}", "FileSystemId", r->physical, "LifecyclePolicies",
			       policies ? json_incref(policies) : json_array());

	return changed(r, "LifecyclePolicies")
		       ? api(hub, r, "PutLifecycleConfiguration", in, NULL, err)
		       : 0;
}

static int set_rest(struct hub *hub, struct resource *r, struct err *err)
{
	if (set_policy(hub, r, err) < 0 || set_backup(hub, r, err) < 0)
		return -1;
	return set_lifecycle(hub, r, err);
}

static int create_file_system(struct hub *hub, struct resource *r, struct err *err)
{
	static const char *const taken[] = { "AvailabilityZoneName", "Encrypted", "KmsKeyId",
					     "PerformanceMode", "ThroughputMode" };
	OWN(json) json_t *in = json_object(), *out = NULL;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		take(r, in, taken[i], taken[i]);
	json_object_set_new(in, "Tags", tags_of(r, "FileSystemTags"));
	if (api(hub, r, "CreateFileSystem", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(out, "FileSystemId"));
	set_attribute(r, "FileSystemId", r->physical);
	set_attribute(r, "Arn", json_str(out, "FileSystemArn"));
	return set_rest(hub, r, err);
}

static int update_file_system(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "FileSystemId", r->physical);

	take(r, in, "ThroughputMode", "ThroughputMode");
	if ((changed(r, "ThroughputMode") && api(hub, r, "UpdateFileSystem", in, NULL, err) < 0) ||
	    update_tags(hub, r, "FileSystemTags", err) < 0)
		return -1;
	return set_rest(hub, r, err);
}

static int remove_file_system(struct hub *hub, struct resource *r, struct err *err)
{
	return drop(hub, r, "DeleteFileSystem", "FileSystemId", err);
}

static const char *const file_system_replace[] = { "AvailabilityZoneName", "Encrypted", "KmsKeyId",
						   "PerformanceMode", NULL };
static const char *const file_system_allowed[] = { "AvailabilityZoneName",
						   "BackupPolicy",
						   "BypassPolicyLockoutSafetyCheck",
						   "Encrypted",
						   "FileSystemPolicy",
						   "FileSystemTags",
						   "KmsKeyId",
						   "LifecyclePolicies",
						   "PerformanceMode",
						   "ProvisionedThroughputInMibps",
						   "ThroughputMode",
						   NULL };
const struct resource_kind efs_kind_file_system = {
	.type = "AWS::EFS::FileSystem",
	.create = create_file_system,
	.update = update_file_system,
	.remove = remove_file_system,
	.replace_on = file_system_replace,
	.allowed = file_system_allowed,
};

/* ---- AWS::EFS::MountTarget
 * ----------------------------------------------------------------------------- */

static int create_target(struct hub *hub, struct resource *r, struct err *err)
{
	static const char *const taken[] = { "FileSystemId", "SubnetId", "SecurityGroups",
					     "IpAddress" };
	OWN(json) json_t *in = json_object(), *out = NULL;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		take(r, in, taken[i], taken[i]);
	if (api(hub, r, "CreateMountTarget", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(out, "MountTargetId"));
	set_attribute(r, "Id", r->physical);
	set_attribute(r, "IpAddress", json_str(out, "IpAddress"));
	return RESOURCE_DONE;
}

static int update_target(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "MountTargetId", r->physical);

	take(r, in, "SecurityGroups", "SecurityGroups");
	return changed(r, "SecurityGroups")
		       ? api(hub, r, "ModifyMountTargetSecurityGroups", in, NULL, err)
		       : RESOURCE_DONE;
}

static int remove_target(struct hub *hub, struct resource *r, struct err *err)
{
	return drop(hub, r, "DeleteMountTarget", "MountTargetId", err);
}

static const char *const target_replace[] = { "FileSystemId", "SubnetId", "IpAddress", NULL };
static const char *const target_allowed[] = { "FileSystemId", "SubnetId", "SecurityGroups",
					      "IpAddress", NULL };
static const char *const target_required[] = { "FileSystemId", "SubnetId", "SecurityGroups", NULL };
const struct resource_kind efs_kind_mount_target = {
	.type = "AWS::EFS::MountTarget",
	.create = create_target,
	.update = update_target,
	.remove = remove_target,
	.replace_on = target_replace,
	.allowed = target_allowed,
	.required = target_required,
};

/* ---- AWS::EFS::AccessPoint
 * ------------------------------------------------------------------------------ */

static int create_point(struct hub *hub, struct resource *r, struct err *err)
{
	static const char *const taken[] = { "FileSystemId", "PosixUser", "RootDirectory",
					     "ClientToken" };
	OWN(json) json_t *in = json_object(), *out = NULL;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		take(r, in, taken[i], taken[i]);
	json_object_set_new(in, "Tags", tags_of(r, "AccessPointTags"));
	if (api(hub, r, "CreateAccessPoint", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(out, "AccessPointId"));
	set_attribute(r, "AccessPointId", r->physical);
	set_attribute(r, "Arn", json_str(out, "AccessPointArn"));
	return RESOURCE_DONE;
}

static int update_point(struct hub *hub, struct resource *r, struct err *err)
{
	return update_tags(hub, r, "AccessPointTags", err);
}

static int remove_point(struct hub *hub, struct resource *r, struct err *err)
{
	return drop(hub, r, "DeleteAccessPoint", "AccessPointId", err);
}

static const char *const point_replace[] = { "FileSystemId", "PosixUser", "RootDirectory",
					     "ClientToken", NULL };
static const char *const point_allowed[] = { "FileSystemId", "PosixUser",	"RootDirectory",
					     "ClientToken",  "AccessPointTags", NULL };
static const char *const point_required[] = { "FileSystemId", NULL };
const struct resource_kind efs_kind_access_point = {
	.type = "AWS::EFS::AccessPoint",
	.create = create_point,
	.update = update_point,
	.remove = remove_point,
	.replace_on = point_replace,
	.allowed = point_allowed,
	.required = point_required,
};
