/* The tables of the EFS service. */
#include "engine/cloud/efs/efs-internal.h"

#define ROOT "/2015-02-01/"

/* clang-format off */
static const struct action actions[] = {
	{ "CreateFileSystem", efs_create_file_system, efs_resource, "POST 201 " ROOT "file-systems", NULL },
	{ "DescribeFileSystems", efs_describe_file_systems, efs_resource, "GET 200 " ROOT "file-systems", NULL },
	{ "UpdateFileSystem", efs_update_file_system, efs_resource, "PUT 202 " ROOT "file-systems/{FileSystemId}", NULL },
	{ "DeleteFileSystem", efs_delete_file_system, efs_resource, "DELETE 204 " ROOT "file-systems/{FileSystemId}", NULL },
	{ "DescribeFileSystemPolicy", efs_describe_policy, efs_resource, "GET 200 " ROOT "file-systems/{FileSystemId}/policy", NULL },
	{ "PutFileSystemPolicy", efs_put_policy, efs_resource, "PUT 200 " ROOT "file-systems/{FileSystemId}/policy", NULL },
	{ "DeleteFileSystemPolicy", efs_delete_policy, efs_resource, "DELETE 200 " ROOT "file-systems/{FileSystemId}/policy", NULL },
	{ "DescribeBackupPolicy", efs_describe_backup_policy, efs_resource, "GET 200 " ROOT "file-systems/{FileSystemId}/backup-policy", NULL },
	{ "PutBackupPolicy", efs_put_backup_policy, efs_resource, "PUT 200 " ROOT "file-systems/{FileSystemId}/backup-policy", NULL },
	{ "DescribeLifecycleConfiguration", efs_describe_lifecycle, efs_resource, "GET 200 " ROOT "file-systems/{FileSystemId}/lifecycle-configuration", NULL },
	{ "PutLifecycleConfiguration", efs_put_lifecycle, efs_resource, "PUT 200 " ROOT "file-systems/{FileSystemId}/lifecycle-configuration", NULL },
	{ "CreateMountTarget", efs_create_mount_target, efs_resource, "POST 200 " ROOT "mount-targets", NULL },
	{ "DescribeMountTargets", efs_describe_mount_targets, efs_resource, "GET 200 " ROOT "mount-targets", NULL },
	{ "DeleteMountTarget", efs_delete_mount_target, efs_resource, "DELETE 204 " ROOT "mount-targets/{MountTargetId}", NULL },
	{ "DescribeMountTargetSecurityGroups", efs_describe_mount_target_groups, efs_resource, "GET 200 " ROOT "mount-targets/{MountTargetId}/security-groups", NULL },
	{ "ModifyMountTargetSecurityGroups", efs_modify_mount_target_groups, efs_resource, "PUT 204 " ROOT "mount-targets/{MountTargetId}/security-groups", NULL },
	{ "CreateAccessPoint", efs_create_access_point, efs_resource, "POST 200 " ROOT "access-points", NULL },
	{ "DescribeAccessPoints", efs_describe_access_points, efs_resource, "GET 200 " ROOT "access-points", NULL },
	{ "DeleteAccessPoint", efs_delete_access_point, efs_resource, "DELETE 204 " ROOT "access-points/{AccessPointId}", NULL },
	{ "ListTagsForResource", efs_list_tags, NULL, "GET 200 " ROOT "resource-tags/{ResourceId}", NULL },
	{ "TagResource", efs_tag_resource, NULL, "POST 200 " ROOT "resource-tags/{ResourceId}", NULL },
	{ "UntagResource", efs_untag_resource, NULL, "DELETE 200 " ROOT "resource-tags/{ResourceId}", NULL },
	{ "mpcup:Mount", efs_mount, NULL, NULL, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */

static const struct resource_kind *const kinds[] = {
	&efs_kind_file_system,
	&efs_kind_mount_target,
	&efs_kind_access_point,
	NULL,
};

static int start(struct hub *hub, struct err *err)
{
	const char *id;
	json_t *target;

	hub_add_resolver(hub, efs_resolve);
	json_object_foreach(hub_all(hub, EFS_MOUNT_TARGET), id,
			    target) if (efs_serve(hub, target, err) <
					0) return err_in(err, "mount target %s", id);
	return 0;
}

const struct service service_efs = {
	.name = "efs",
	.actions = actions,
	.kinds = kinds,
	.start = start,
	.covers = "file systems, mount targets, access points and file system policies, with IAM, "
		  "creation info and POSIX identity deciding about mounts; no replication, no "
		  "throughput limits",
};
