/* EFS: file systems, mount targets, access points, and who may mount what.
 * Files are directories below <state>/efs; what NFS checks (rights by IAM and file system policy,
 * the access point's root directory and POSIX identity) is decided in mpcup:Mount, which ECS asks.
 * Sources: EFS API reference; EFS user guide "Using IAM to control file system data access"; shared
 * aws-wire.md 3.6, 8; faults.md D and L.5. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_efs;

/* In-process action: mpcup:Mount {"FileSystemId","AccessPointId"?,"RootDirectory"?,"IAM": bool,
 * "TransitEncryption": bool,"TaskRoleArn"?} -> {"Source": host directory, "ReadOnly": bool}; fails
 * with FileSystemNotFound, AccessPointNotFound, AccessPointMismatch, AccessDenied, NoSuchDirectory.
 */
