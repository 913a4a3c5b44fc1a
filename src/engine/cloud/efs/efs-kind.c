/* AWS::EFS::FileSystem, MountTarget, AccessPoint */
#include "engine/cloud/efs/efs-internal.h"

#include <stdio.h>
#include <string.h>

static int failed(struct resource *r, const struct call *c, struct err *err)
{
	const char *code = "InvalidRequest";

	if (strstr(c->code, "NotFound"))
		code = "NotFound";
	else if (c->status == 409)
		code = "ResourceConflict";
	(void)snprintf(r->error_code, sizeof(r->error_code), "%s", code);
	return err_set(err, ERR_REMOTE, "%s (Service: Efs, Status Code: %d, Error Code: %s)",
		       c->message, c->status, c->code);
}

static int gone(struct resource *r, const struct call *c, struct err *err)
{
	return strstr(c->code, "NotFound") ? RESOURCE_DONE : failed(r, c, err);
}

static int system_create(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_deep_copy(r->properties);
	const json_t *policy = json_object_get(r->properties, "FileSystemPolicy");
	struct call c = { 0 };

	if (json_object_get(in, "FileSystemTags"))
		json_object_set(in, "Tags", json_object_get(in, "FileSystemTags"));
	if (efs_system_create(hub, &c, in, &r->physical) < 0)
		return failed(r, &c, err);
	json_set_str(r->attributes, "FileSystemId", r->physical);
	json_set_str(r->attributes, "Arn",
		     json_str(hub_get(hub, EFS_SYSTEM, r->physical), "FileSystemArn"));
	if (policy && efs_policy_put(hub, &c, r->physical, policy) < 0)
		return failed(r, &c, err);
	return RESOURCE_DONE;
}

static int system_update(struct hub *hub, struct resource *r, struct err *err)
{
	static const char *const members[] = { "ThroughputMode", "ProvisionedThroughputInMibps",
					       "BackupPolicy", "LifecyclePolicies" };
	json_t *o = hub_get(hub, EFS_SYSTEM, r->physical);
	struct call c = { 0 };

	if (efs_settings_check(&c, r->properties) < 0 ||
	    efs_policy_put(hub, &c, r->physical,
			   json_object_get(r->properties, "FileSystemPolicy")) < 0)
		return failed(r, &c, err);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_object_get(r->properties, members[i]))
			json_object_set(o, members[i], json_object_get(r->properties, members[i]));
		else if (i >= 2) /* a policy that left the template goes */
			json_object_del(o, members[i]);
	efs_settings_keep(o, r->properties);
	if (json_list(r->properties, "FileSystemTags"))
		json_object_set(o, "Tags", json_list(r->properties, "FileSystemTags"));
	hub_put(hub, EFS_SYSTEM, r->physical, o);
	return RESOURCE_DONE;
}

static int system_remove(struct hub *hub, struct resource *r, struct err *err)
{
	struct call c = { 0 };

	return efs_system_delete(hub, &c, r->physical) < 0 ? gone(r, &c, err) : RESOURCE_DONE;
}

static int target_create(struct hub *hub, struct resource *r, struct err *err)
{
	struct call c = { 0 };
	const json_t *o;

	if (efs_target_create(hub, &c, r->properties, &r->physical) < 0)
		return failed(r, &c, err);
	o = hub_get(hub, EFS_TARGET, r->physical);
	json_set_str(r->attributes, "Id", r->physical);
	json_set_str(r->attributes, "IpAddress", json_str(o, "IpAddress"));
	return RESOURCE_DONE;
}

static int target_update(struct hub *hub, struct resource *r, struct err *err)
{
	struct call c = { 0 };

	return efs_target_groups(hub, &c, r->physical, json_list(r->properties, "SecurityGroups")) <
			       0
		       ? failed(r, &c, err)
		       : RESOURCE_DONE;
}

static int target_remove(struct hub *hub, struct resource *r, struct err *err)
{
	struct call c = { 0 };

	return efs_target_delete(hub, &c, r->physical) < 0 ? gone(r, &c, err) : RESOURCE_DONE;
}

static int point_create(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_deep_copy(r->properties);
	struct call c = { 0 };

	if (json_object_get(in, "AccessPointTags"))
		json_object_set(in, "Tags", json_object_get(in, "AccessPointTags"));
	if (efs_point_create(hub, &c, in, &r->physical) < 0)
		return failed(r, &c, err);
	json_set_str(r->attributes, "AccessPointId", r->physical);
	json_set_str(r->attributes, "Arn",
		     json_str(hub_get(hub, EFS_POINT, r->physical), "AccessPointArn"));
	return RESOURCE_DONE;
}

static int point_remove(struct hub *hub, struct resource *r, struct err *err)
{
	struct call c = { 0 };

	return efs_point_delete(hub, &c, r->physical) < 0 ? gone(r, &c, err) : RESOURCE_DONE;
}

static const char *const system_replace[] = { "AvailabilityZoneName", "Encrypted", "KmsKeyId",
					      "PerformanceMode", NULL };
static const char *const system_allowed[] = { "AvailabilityZoneName",
					      "BackupPolicy",
					      "BypassPolicyLockoutSafetyCheck",
					      "Encrypted",
					      "FileSystemPolicy",
					      "FileSystemProtection",
					      "FileSystemTags",
					      "KmsKeyId",
					      "LifecyclePolicies",
					      "PerformanceMode",
					      "ProvisionedThroughputInMibps",
					      "ThroughputMode",
					      NULL };
const struct resource_kind efs_system_kind = {
	.type = "AWS::EFS::FileSystem",
	.replace_on = system_replace,
	.create = system_create,
	.update = system_update,
	.remove = system_remove,
	.allowed = system_allowed,
};

static const char *const target_replace[] = { "FileSystemId", "IpAddress", "SubnetId", NULL };
static const char *const target_allowed[] = { "FileSystemId", "IpAddress", "SecurityGroups",
					      "SubnetId", NULL };
static const char *const target_required[] = { "FileSystemId", "SecurityGroups", "SubnetId", NULL };
const struct resource_kind efs_target_kind = {
	.type = "AWS::EFS::MountTarget",
	.replace_on = target_replace,
	.create = target_create,
	.update = target_update,
	.remove = target_remove,
	.allowed = target_allowed,
	.required = target_required,
};

static const char *const point_replace[] = { "ClientToken", "FileSystemId", "PosixUser",
					     "RootDirectory", NULL };
static const char *const point_allowed[] = { "AccessPointTags", "ClientToken",	 "FileSystemId",
					     "PosixUser",	"RootDirectory", NULL };
static const char *const point_required[] = { "FileSystemId", NULL };
const struct resource_kind efs_point_kind = {
	.type = "AWS::EFS::AccessPoint",
	.replace_on = point_replace,
	.create = point_create,
	.remove = point_remove,
	.allowed = point_allowed,
	.required = point_required,
};
