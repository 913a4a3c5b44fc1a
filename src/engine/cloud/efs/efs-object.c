/* File systems, mount targets, access points as objects, with the rules of the API. */
#include "engine/cloud/efs/efs-internal.h"

#include <string.h>

#include "core/iam/iam.h"
#include "engine/fabric/fabric.h"

/* "arn:...:file-system/fs-x" or "fs-x" -> "fs-x" */
static const char *bare_id(const char *id)
{
	const char *slash = id && str_starts(id, "arn:") ? strrchr(id, '/') : NULL;

	return slash ? slash + 1 : id;
}

json_t *efs_system(struct hub *hub, struct call *c, const char *id)
{
	json_t *found = hub_get(hub, EFS_SYSTEM, bare_id(id));

	if (!found)
		(void)call_fail(c, 404, "FileSystemNotFound", "File system '%s' does not exist.",
				id ? id : "");
	return found;
}

static char *arn_of(struct hub *hub, const char *what, const char *id)
{
	OWN(str) char *resource = str_printf("%s/%s", what, id);

	return hub_arn(hub, "elasticfilesystem", resource);
}

static const char *tag_name(const json_t *tags)
{
	json_t *tag;
	size_t i;

	json_array_foreach(tags, i, tag) if (str_eq(json_str(tag, "Key"), "Name")) return json_str(
		tag, "Value");
	return NULL;
}

static void copy_members(json_t *to, const json_t *from, const char *const *members)
{
	for (size_t i = 0; members[i]; i++)
		if (json_object_get(from, members[i]))
			json_object_set(to, members[i], json_object_get(from, members[i]));
}

/* ---- file systems ------------------------------------------------------------------------------
 */

/* One Zone storage: a zone of the region, and no Max I/O. */
static int check_zone(struct hub *hub, struct call *c, const char *zone, const char *mode)
{
	const char *const *known = hub_zones(hub);

	while (zone && *known && strcmp(*known, zone))
		known++;
	if (zone && !*known)
		return call_fail(c, 400, "UnsupportedAvailabilityZone",
				 "The Availability Zone '%s' is not one of %s.", zone,
				 hub_region(hub));
	if (zone && !strcmp(mode, "maxIO"))
		return call_fail(c, 400, "BadRequest",
				 "One Zone file systems have the PerformanceMode generalPurpose "
				 "only.");
	return 0;
}

static int check_system(struct hub *hub, struct call *c, const json_t *in)
{
	const char *mode = json_str_or(in, "PerformanceMode", "generalPurpose");
	const char *through = json_str_or(in, "ThroughputMode", "bursting");
	const char *token = json_str(in, "CreationToken"), *id;
	json_t *other;

	if (strcmp(mode, "generalPurpose") && strcmp(mode, "maxIO"))
		return call_fail(c, 400, "BadRequest", "Invalid PerformanceMode: %s", mode);
	if (strcmp(through, "bursting") && strcmp(through, "provisioned") &&
	    strcmp(through, "elastic"))
		return call_fail(c, 400, "BadRequest", "Invalid ThroughputMode: %s", through);
	if (check_zone(hub, c, json_str(in, "AvailabilityZoneName"), mode) < 0 ||
	    efs_settings_check(c, in) < 0)
		return -1;
	json_object_foreach(
		hub_all(hub, EFS_SYSTEM), id,
		other) if (token &&
			   str_eq(json_str(other, "CreationToken"),
				  token)) return call_fail(c, 409, "FileSystemAlreadyExists",
							   "File system '%s' already exists with "
							   "creation token '%s'",
							   id, token);
	return 0;
}

static void add_zone_id(struct hub *hub, json_t *o)
{
	OWN(json) json_t *in = NULL, *out = NULL;

	if (!json_str(o, "AvailabilityZoneName"))
		return;
	in = json_pack("{s:[O]}", "ZoneName", json_object_get(o, "AvailabilityZoneName"));
	if (hub_call(hub, NULL, "ec2", "DescribeAvailabilityZones", in, &out, NULL, NULL) == 0)
		json_set_str(o, "AvailabilityZoneId",
			     json_str(json_array_get(json_list(out, "availabilityZoneInfo"), 0),
				      "zoneId"));
}

int efs_system_create(struct hub *hub, struct call *c, const json_t *in, char **ret_id)
{
	static const char *const members[] = { "PerformanceMode",
					       "ThroughputMode",
					       "KmsKeyId",
					       "Tags",
					       "ProvisionedThroughputInMibps",
					       "AvailabilityZoneName",
					       NULL };
	OWN(str) char *id = hub_id(hub, "fs-", 17), *arn = arn_of(hub, "file-system", id);
	OWN(str) char *token = hub_uuid(hub);
	OWN(json) json_t *o = NULL;

	if (check_system(hub, c, in) < 0)
		return -1;
	o = json_pack("{s:s,s:s,s:s,s:s,s:f,s:s,s:b,s:s,s:s}", "FileSystemId", id, "FileSystemArn",
		      arn, "OwnerId", hub_account(hub), "CreationToken",
		      json_str_or(in, "CreationToken", token), "CreationTime",
		      (double)hub_now_ms(hub) / 1000, "LifeCycleState", "available", "Encrypted",
		      json_bool_or(in, "Encrypted", false), "PerformanceMode", "generalPurpose",
		      "ThroughputMode", "bursting");
	copy_members(o, in, members);
	add_zone_id(hub, o);
	efs_settings_keep(o, in);
	if (!json_list(o, "Tags"))
		json_object_set_new(o, "Tags", json_array());
	json_set_str(o, "Name", tag_name(json_list(o, "Tags")));
	hub_put(hub, EFS_SYSTEM, id, o);
	*ret_id = GIVE(id);
	return 0;
}

json_t *efs_view_system(struct hub *hub, const json_t *o)
{
	json_t *shown = json_copy((json_t *)(uintptr_t)o), *target;
	const char *id = json_str_or(o, "FileSystemId", ""), *key;
	json_int_t targets = 0;

	json_object_foreach(hub_all(hub, EFS_TARGET), key, target) targets +=
		str_eq(json_str(target, "FileSystemId"), id);
	json_object_del(shown, "Policy");
	json_object_del(shown, "BackupPolicy");
	json_object_del(shown, "LifecyclePolicies");
	json_set_int(shown, "NumberOfMountTargets", targets);
	json_object_set_new(shown, "SizeInBytes",
			    json_pack("{s:I}", "Value", efs_used_bytes(hub, id)));
	return shown;
}

/* Removes the objects of a kind that belong to a file system. */
static void drop_of(struct hub *hub, const char *kind, const char *system, bool by_prefix)
{
	OWN(str) char *prefix = str_printf("%s:", system);
	const char *id;
	json_t *o;
	void *next;

	json_object_foreach_safe(hub_all(hub, kind), next, id,
				 o) if (by_prefix ? str_starts(id, prefix)
						  : str_eq(json_str(o, "FileSystemId"), system))
		hub_remove(hub, kind, id);
}

int efs_system_delete(struct hub *hub, struct call *c, const char *id)
{
	json_t *o = efs_system(hub, c, id), *target;
	OWN(str) char *own = str_dup(json_str(o, "FileSystemId"));
	const char *key;

	if (!o)
		return -1;
	json_object_foreach(
		hub_all(hub, EFS_TARGET), key,
		target) if (str_eq(json_str(target, "FileSystemId"),
				   own)) return call_fail(c, 409, "FileSystemInUse",
							  "File system '%s' has mount targets "
							  "created in it and can't be deleted.",
							  own);
	drop_of(hub, EFS_POINT, own, false);
	drop_of(hub, EFS_DIRECTORY, own, true);
	efs_remove_files(hub, own);
	hub_remove(hub, EFS_SYSTEM, own);
	return 0;
}

int efs_policy_put(struct hub *hub, struct call *c, const char *id, const json_t *policy)
{
	json_t *o = efs_system(hub, c, id);
	struct err why = { 0 };

	if (!o)
		return -1;
	if (!policy || json_is_null(policy)) {
		json_object_del(o, "Policy");
	} else {
		/* resource policies of EFS need no Resource: the file system is meant */
		if (iam_policy_check(policy, 1, &why) < 0)
			return call_fail(c, 400, "InvalidPolicyException", "%s", why.text);
		json_object_set(o, "Policy", (json_t *)(uintptr_t)policy);
	}
	hub_put(hub, EFS_SYSTEM, json_str(o, "FileSystemId"), o);
	return 0;
}

/* ---- mount targets
 * -------------------------------------------------------------------------------- */

static int check_target(struct hub *hub, struct call *c, const json_t *subnet, const json_t *o)
{
	const char *zone = json_str_or(subnet, "availabilityZone", "");
	const char *vpc = json_str_or(subnet, "vpcId", ""), *id;
	const char *system = json_str(o, "FileSystemId");
	json_t *other;

	if (strcmp(json_str_or(o, "AvailabilityZoneName", zone), zone))
		return call_fail(c, 400, "AvailabilityZonesMismatch",
				 "The file system '%s' is One Zone storage of %s: a mount target "
				 "cannot be in %s.",
				 system, json_str(o, "AvailabilityZoneName"), zone);

	json_object_foreach(hub_all(hub, EFS_TARGET), id, other)
	{
		if (!str_eq(json_str(other, "FileSystemId"), system))
			continue;
		if (str_eq(json_str(other, "AvailabilityZoneName"), zone))
			return call_fail(c, 409, "MountTargetConflict",
					 "mount target already exists in this AZ");
		if (!str_eq(json_str(other, "VpcId"), vpc))
			return call_fail(c, 409, "MountTargetConflict",
					 "requested subnet for new mount target is not in the same "
					 "VPC as existing "
					 "mount targets");
	}
	return 0;
}

/* The interface of a mount target. -1 with EC2's refusal in EFS's words. */
static json_t *make_interface(struct hub *hub, struct call *c, const json_t *in, const char *target,
			      struct err *err)
{
	OWN(str)
	char *description = str_printf("EFS mount target for %s (%s)",
				       json_str_or(in, "FileSystemId", ""), target);
	OWN(json)
	json_t *ask = json_pack("{s:s,s:s,s:s}", "SubnetId", json_str_or(in, "SubnetId", ""),
				"Description", description, "mpcup:kind", "mount-target");
	OWN(json) json_t *out = NULL;
	char code[96] = "";

	json_set_str(ask, "PrivateIpAddress", json_str(in, "IpAddress"));
	if (json_list(in, "SecurityGroups"))
		json_object_set(ask, "SecurityGroupId", json_list(in, "SecurityGroups"));
	if (hub_call(hub, NULL, "ec2", "CreateNetworkInterface", ask, &out, code, err) == 0)
		return json_incref(json_map(out, "networkInterface"));
	if (strstr(code, "InvalidGroup"))
		(void)call_fail(c, 400, "SecurityGroupNotFound", "%s", err->text);
	else if (strstr(code, "InUse"))
		(void)call_fail(c, 409, "IpAddressInUse", "%s", err->text);
	else if (strstr(code, "Insufficient"))
		(void)call_fail(c, 409, "NoFreeAddressesInSubnet", "%s", err->text);
	else
		(void)call_fail(c, 400, "BadRequest", "%s", err->text);
	return NULL;
}

static json_t *subnet_of(struct hub *hub, struct call *c, const char *id, json_t **ret_owner)
{
	OWN(json) json_t *in = json_pack("{s:[s]}", "SubnetId", id ? id : "");
	json_t *subnet;

	if (hub_call(hub, NULL, "ec2", "DescribeSubnets", in, ret_owner, NULL, NULL) < 0 ||
	    !(subnet = json_array_get(json_list(*ret_owner, "subnetSet"), 0))) {
		(void)call_fail(c, 400, "SubnetNotFound", "The subnet ID '%s' does not exist",
				id ? id : "");
		return NULL;
	}
	return subnet;
}

int efs_serve(struct hub *hub, const json_t *target, struct err *err)
{
	if (!hub_fabric(hub))
		return 0;
	return fabric_interface_serve_nfs(hub_fabric(hub), json_str(target, "NetworkInterfaceId"),
					  err);
}

int efs_target_create(struct hub *hub, struct call *c, const json_t *in, char **ret_id)
{
	const json_t *system = efs_system(hub, c, json_str(in, "FileSystemId"));
	OWN(json) json_t *owner = NULL, *interface = NULL, *o = NULL;
	OWN(str) char *id = hub_id(hub, "fsmt-", 17);
	const json_t *subnet;
	struct err err = { 0 };

	if (!system || !(subnet = subnet_of(hub, c, json_str(in, "SubnetId"), &owner)) ||
	    check_target(hub, c, subnet, system) < 0)
		return -1;
	if (json_array_size(json_list(in, "SecurityGroups")) > 5)
		return call_fail(c, 400, "SecurityGroupLimitExceeded", "at most 5 security groups");
	interface = make_interface(hub, c, in, id, &err);
	if (!interface)
		return -1;
	o = json_pack("{s:s,s:O,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "MountTargetId", id, "FileSystemId",
		      json_object_get(system, "FileSystemId"), "SubnetId",
		      json_str_or(in, "SubnetId", ""), "VpcId", json_str_or(subnet, "vpcId", ""),
		      "LifeCycleState", "available", "IpAddress",
		      json_str_or(interface, "privateIpAddress", ""), "NetworkInterfaceId",
		      json_str_or(interface, "networkInterfaceId", ""), "AvailabilityZoneName",
		      json_str_or(subnet, "availabilityZone", ""), "OwnerId", hub_account(hub));
	if (json_list(in, "SecurityGroups"))
		json_object_set(o, "SecurityGroups", json_list(in, "SecurityGroups"));
	hub_put(hub, EFS_TARGET, id, o);
	*ret_id = GIVE(id);
	if (efs_serve(hub, o, &err) < 0)
		return call_fail(c, 500, "InternalServerError", "%s", err.text);
	return 0;
}

static json_t *target_named(struct hub *hub, struct call *c, const char *id)
{
	json_t *o = hub_get(hub, EFS_TARGET, id);

	if (!o)
		(void)call_fail(c, 404, "MountTargetNotFound", "Mount target '%s' does not exist.",
				id ? id : "");
	return o;
}

int efs_target_delete(struct hub *hub, struct call *c, const char *id)
{
	json_t *o = target_named(hub, c, id);
	OWN(json) json_t *in = NULL;
	struct err err = { 0 };
	char code[96] = "";

	if (!o)
		return -1;
	in = json_pack("{s:O}", "NetworkInterfaceId", json_object_get(o, "NetworkInterfaceId"));
	if (hub_call(hub, NULL, "ec2", "DeleteNetworkInterface", in, NULL, code, &err) < 0 &&
	    !strstr(code, "NotFound"))
		return call_fail(c, 409, "DependencyTimeout", "%s", err.text);
	hub_remove(hub, EFS_TARGET, id);
	return 0;
}

int efs_target_groups(struct hub *hub, struct call *c, const char *id, const json_t *groups)
{
	json_t *o = target_named(hub, c, id);
	OWN(json) json_t *in = NULL;
	struct err err = { 0 };

	if (!o)
		return -1;
	if (!json_array_size(groups) || json_array_size(groups) > 5)
		return call_fail(c, 400, "BadRequest",
				 "a mount target has one to five security groups");
	in = json_pack("{s:O,s:O}", "NetworkInterfaceId", json_object_get(o, "NetworkInterfaceId"),
		       "SecurityGroupId", groups);
	if (hub_call(hub, NULL, "ec2", "ModifyNetworkInterfaceAttribute", in, NULL, NULL, &err) < 0)
		return call_fail(c, 400, "SecurityGroupNotFound", "%s", err.text);
	json_object_set(o, "SecurityGroups", (json_t *)(uintptr_t)groups);
	hub_put(hub, EFS_TARGET, id, o);
	return 0;
}

/* ---- access points
 * ------------------------------------------------------------------------------------ */

/* Absolute, at most 100 characters and 4 levels, no empty, "." or ".." part (L.5). */
static bool path_valid(const char *path)
{
	unsigned levels = 0;

	if (path[0] != '/' || strlen(path) > 100)
		return false;
	if (!path[1])
		return true;
	for (const char *part = path + 1;; levels++) {
		size_t len = strcspn(part, "/");

		if (!len || (part[0] == '.' && (len == 1 || (len == 2 && part[1] == '.'))))
			return false;
		if (!part[len])
			return levels < 4;
		part += len + 1;
	}
}

static bool number_valid(const json_t *of, const char *member)
{
	json_int_t value = json_int_or(of, member, -1);

	return value >= 0 && value <= 4294967295;
}

static int check_point(struct call *c, const json_t *in)
{
	const json_t *user = json_map(in, "PosixUser"), *root = json_map(in, "RootDirectory");
	const json_t *creation = json_map(root, "CreationInfo");
	const char *mode = json_str_or(creation, "Permissions", "");

	if (user && (!number_valid(user, "Uid") || !number_valid(user, "Gid")))
		return call_fail(c, 400, "BadRequest",
				 "PosixUser needs Uid and Gid from 0 to 4294967295.");
	if (!path_valid(json_str_or(root, "Path", "/")))
		return call_fail(
			c, 400, "BadRequest",
			"Invalid RootDirectory path: absolute, at most 100 characters and four "
			"subdirectories.");
	if (creation &&
	    (!number_valid(creation, "OwnerUid") || !number_valid(creation, "OwnerGid") ||
	     strlen(mode) < 3 || strlen(mode) > 4 || strspn(mode, "01234567") != strlen(mode)))
		return call_fail(c, 400, "BadRequest",
				 "CreationInfo needs OwnerUid, OwnerGid and Permissions of three "
				 "or four octal "
				 "digits.");
	return 0;
}

static json_t *root_directory(const json_t *in)
{
	json_t *root = json_map(in, "RootDirectory") ? json_deep_copy(json_map(in, "RootDirectory"))
						     : json_object();

	if (!json_str(root, "Path"))
		json_set_str(root, "Path", "/");
	return root;
}

int efs_point_create(struct hub *hub, struct call *c, const json_t *in, char **ret_id)
{
	const json_t *system = efs_system(hub, c, json_str(in, "FileSystemId"));
	OWN(str) char *id = hub_id(hub, "fsap-", 17), *arn = arn_of(hub, "access-point", id);
	OWN(str) char *token = hub_uuid(hub);
	OWN(json) json_t *o = NULL;
	json_t *tags = json_list(in, "Tags");

	if (!system || check_point(c, in) < 0)
		return -1;
	o = json_pack("{s:s,s:s,s:O,s:s,s:s,s:s,s:o}", "AccessPointId", id, "AccessPointArn", arn,
		      "FileSystemId", json_object_get(system, "FileSystemId"), "ClientToken",
		      json_str_or(in, "ClientToken", token), "LifeCycleState", "available",
		      "OwnerId", hub_account(hub), "RootDirectory", root_directory(in));
	if (json_map(in, "PosixUser"))
		json_object_set(o, "PosixUser", json_map(in, "PosixUser"));
	json_object_set_new(o, "Tags", tags ? json_incref(tags) : json_array());
	json_set_str(o, "Name", tag_name(tags));
	hub_put(hub, EFS_POINT, id, o);
	*ret_id = GIVE(id);
	return 0;
}

int efs_point_delete(struct hub *hub, struct call *c, const char *id)
{
	if (!hub_get(hub, EFS_POINT, bare_id(id)))
		return call_fail(c, 404, "AccessPointNotFound", "Access point '%s' does not exist.",
				 id ? id : "");
	hub_remove(hub, EFS_POINT, bare_id(id));
	return 0;
}
