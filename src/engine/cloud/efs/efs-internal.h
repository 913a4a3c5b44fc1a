/* What the files of the EFS room share. Objects are stored as the API shows them; members that
 * start with `_` are ours and never shown. */
#pragma once
#include "engine/cloud/efs/efs.h"
#include "engine/fabric/fabric.h"

#define EFS_FILE_SYSTEM "efs:file-system"
#define EFS_MOUNT_TARGET "efs:mount-target"
#define EFS_ACCESS_POINT "efs:access-point"
/* Owner and mode of a directory as EFS would have them: "<file system>:<path>" -> {"Uid", "Gid",
 * "Mode"}. The real directory belongs to whoever runs the daemon. */
#define EFS_DIRECTORY "efs:directory"

/* Borrowed, or NULL after call_fail(). `key`: the member of the request that holds the id. */
json_t *efs_file_system(struct hub *hub, struct call *c, const char *key);
json_t *efs_access_point(struct hub *hub, struct call *c, const char *key);
json_t *efs_mount_target(struct hub *hub, struct call *c, const char *key);
const char *efs_need(struct call *c, const char *key);
/* The object without our members; new reference. */
json_t *efs_show(const json_t *o);
double efs_now(struct hub *hub); /* seconds since the epoch */
/* Page of a list: `most` and `from` are member names of the request, `next` of the reply. */
int efs_page(struct call *c, json_t *list, const char *most, const char *from, const char *next);
/* Value of the tag Name as the member Name. */
void efs_set_name(json_t *o);
char *efs_arn(struct hub *hub, const char *type, const char *id); /* caller frees */
char *efs_resource(struct hub *hub, const struct call *c);	  /* for IAM */

/* ---- directories --------------------------------------------------------------------------------
 */

/* "/a/b": absolute, no ".", "..", no empty names. */
bool efs_path_valid(const char *path, size_t length_most, unsigned levels_most);
char *efs_directory(struct hub *hub, const char *file_system, const char *path); /* caller frees */
/* 1 exists, 0 does not, -1 err. No symbolic link on the way is followed. make: create what is
 * missing */
int efs_tree_have(const char *root, const char *path, bool make, struct err *err);
void efs_tree_remove(const char *path);
int64_t efs_tree_size(const char *path);

/* ---- actions ------------------------------------------------------------------------------------
 */

typedef int efs_run(struct hub *hub, struct call *c);
efs_run efs_create_file_system, efs_describe_file_systems, efs_update_file_system,
	efs_delete_file_system, efs_describe_policy, efs_put_policy, efs_delete_policy,
	efs_describe_backup_policy, efs_put_backup_policy, efs_describe_lifecycle,
	efs_put_lifecycle, efs_list_tags, efs_tag_resource, efs_untag_resource;
efs_run efs_create_mount_target, efs_describe_mount_targets, efs_delete_mount_target,
	efs_describe_mount_target_groups, efs_modify_mount_target_groups;
efs_run efs_create_access_point, efs_describe_access_points, efs_delete_access_point;
efs_run efs_mount;

int efs_resolve(struct hub *hub, const char *vpc, uint32_t asker, const char *name, json_t **ret,
		unsigned *ret_ttl);
/* The mount target answers on TCP 2049. */
int efs_serve(struct hub *hub, const json_t *target, struct err *err);
void efs_forget_directories(struct hub *hub, const char *file_system);

extern const struct resource_kind efs_kind_file_system, efs_kind_mount_target,
	efs_kind_access_point;
