/* What the files of the room share. Never leaves it.
 * Objects have the members of their API descriptions; a file system also "Policy" (document) and
 * "BackupPolicy" and "LifecyclePolicies"; a directory, id "<file system>:<path>", {"Uid","Gid","Permissions"}: the POSIX
 * owner and mode that a rootless machine cannot give to real files. */
#pragma once
#include "engine/cloud/efs/efs.h"

#define EFS_SYSTEM "efs:file-system"
#define EFS_TARGET "efs:mount-target"
#define EFS_POINT "efs:access-point"
#define EFS_DIRECTORY "efs:directory"

/* The doing of the actions, for API and kinds: 0 with *ret_id (caller's), or -1 after call_fail().
 */
int efs_system_create(struct hub *hub, struct call *c, const json_t *in, char **ret_id);
int efs_system_delete(struct hub *hub, struct call *c, const char *id);
int efs_policy_put(struct hub *hub, struct call *c, const char *id, const json_t *policy);
int efs_target_create(struct hub *hub, struct call *c, const json_t *in, char **ret_id);
int efs_target_delete(struct hub *hub, struct call *c, const char *id);
int efs_target_groups(struct hub *hub, struct call *c, const char *id, const json_t *groups);
int efs_point_create(struct hub *hub, struct call *c, const json_t *in, char **ret_id);
int efs_point_delete(struct hub *hub, struct call *c, const char *id);

/* backup and life-cycle policies, protection: kept, shown, and nothing else */
int efs_settings_check(struct call *c, const json_t *settings);
void efs_settings_keep(json_t *system, const json_t *settings);
int efs_run_put_backup(struct hub *hub, struct call *c);
int efs_run_get_backup(struct hub *hub, struct call *c);
int efs_run_put_life_cycle(struct hub *hub, struct call *c);
int efs_run_get_life_cycle(struct hub *hub, struct call *c);
int efs_run_put_protection(struct hub *hub, struct call *c);

json_t *efs_system(struct hub *hub, struct call *c, const char *id); /* by id or ARN; borrowed */
json_t *efs_view_system(struct hub *hub, const json_t *o);	     /* caller's */

/* Host directory of a file system; caller frees. */
char *efs_directory(struct hub *hub, const char *id);
void efs_remove_files(struct hub *hub, const char *id);
json_int_t efs_used_bytes(struct hub *hub, const char *id);
/* Answers NFS at the mount target's interface. */
int efs_serve(struct hub *hub, const json_t *target, struct err *err);

int efs_run_mount(struct hub *hub, struct call *c);
int efs_resolve(struct hub *hub, const char *vpc, uint32_t asker, const char *name, json_t **ret,
		unsigned *ret_ttl);

extern const struct resource_kind efs_system_kind, efs_target_kind, efs_point_kind;
