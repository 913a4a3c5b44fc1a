/* EFS of the local AWS: file systems as directories below <state>/efs, mount targets that answer on
 * TCP 2049 in their VPC, access points, file system policies. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_efs;

/* In-process action mpcup:Mount, asked by who starts a task:
 * in  {"FileSystemId", "AccessPointId"?, "RootDirectory"?, "IAM": bool, "TransitEncryption": bool
 *      (true when absent), "TaskRoleArn"?}
 * out {"Source": "<directory of the host>", "ReadOnly": bool}
 * codes: FileSystemNotFound, AccessPointNotFound, AccessDenied, NoSuchDirectory, BadRequest. */
