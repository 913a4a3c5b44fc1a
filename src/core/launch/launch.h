/* The launch sequence of a Fargate task as one ordered table (design.md idea 3; faults.md section
 * K). check proves the rows, the local ECS performs the rows, diagnose looks evidence up in the
 * rows, the documentation prints the rows. Pure. */
#pragma once
#include <stddef.h>

#include "base/err.h"

enum launch_step {
	LAUNCH_PLACEMENT,
	LAUNCH_INTERFACE,
	LAUNCH_ROLES,
	LAUNCH_REGISTRY,
	LAUNCH_SECRETS,
	LAUNCH_LOG_STREAM,
	LAUNCH_EFS_RESOLVE,
	LAUNCH_EFS_CONNECT,
	LAUNCH_EFS_TLS,
	LAUNCH_EFS_AUTHORIZE,
	LAUNCH_EFS_ROOT,
	LAUNCH_IMAGE,
	LAUNCH_CONTAINER,
	LAUNCH_ENTRY,
	LAUNCH_HEALTH,
	LAUNCH_NAME,
	LAUNCH_STEADY,
	LAUNCH_CHAIN,
	LAUNCH_PARTICIPANT,
	LAUNCH_QUORUM,
	LAUNCH_SIGNATURE,
	LAUNCH_STEP_COUNT
};

enum launch_identity {
	LAUNCH_BY_ECS,
	LAUNCH_BY_EXECUTION_ROLE,
	LAUNCH_BY_TASK_ROLE,
	LAUNCH_BY_NODE
};

struct launch_row {
	enum launch_step step;
	const char *name;	   /* "efs-connect" */
	const char *title;	   /* sentence for people */
	const char *state;	   /* lastStatus while it runs: "PROVISIONING", "PENDING", ... */
	enum launch_identity by;   /* whose rights and network it uses */
	const char *needs;	   /* what must be there, for people */
	const char *stop_code;	   /* "TaskFailedToStart", "EssentialContainerExited", ... */
	const char *const *faults; /* fault ids, NULL-terminated */
};
const struct launch_row *launch_rows(void); /* LAUNCH_STEP_COUNT rows in order */
const struct launch_row *launch_row(enum launch_step step);

/* AWS's stoppedReason texts (faults.md K, aws-wire.md 10.2). One row per way a step fails; the
 * format takes the arguments named in its comment, all strings. */
enum launch_failure {
	LAUNCH_FAIL_PLACEMENT,	       /* reason */
	LAUNCH_FAIL_INTERFACE_TIMEOUT, /* - */
	LAUNCH_FAIL_ASSUME_ROLE,       /* role arn */
	LAUNCH_FAIL_REGISTRY_TIMEOUT,  /* api host, address */
	LAUNCH_FAIL_REGISTRY_DENIED,   /* role arn, action, resource */
	LAUNCH_FAIL_SECRET_TIMEOUT,    /* secret arn, host */
	LAUNCH_FAIL_SECRET_DENIED,     /* role arn, action, secret arn, reason */
	LAUNCH_FAIL_SECRET_MISSING,    /* secret arn, staging label */
	LAUNCH_FAIL_SECRET_JSON,       /* first offending character */
	LAUNCH_FAIL_SECRET_JSON_KEY,   /* secret arn, json key */
	LAUNCH_FAIL_SECRET_SELECTOR,   /* value of VersionId */
	LAUNCH_FAIL_KMS_DENIED,	       /* role arn, key arn */
	LAUNCH_FAIL_LOG_GROUP_MISSING, /* - */
	LAUNCH_FAIL_LOG_DENIED,	       /* role arn, action, resource */
	LAUNCH_FAIL_LOG_TIMEOUT,       /* - */
	LAUNCH_FAIL_EFS_RESOLVE,       /* file system name */
	LAUNCH_FAIL_EFS_TIMEOUT,       /* - : mount.nfs4 connection timed out */
	LAUNCH_FAIL_EFS_RESET,	       /* - */
	LAUNCH_FAIL_EFS_TLS,	       /* "accesspoint" or "iam" */
	LAUNCH_FAIL_EFS_DENIED,	       /* file system name */
	LAUNCH_FAIL_EFS_NO_DIRECTORY,  /* file system name */
	LAUNCH_FAIL_IMAGE_NOT_FOUND,   /* image */
	LAUNCH_FAIL_IMAGE_TIMEOUT,     /* image, registry host, address */
	LAUNCH_FAIL_IMAGE_DENIED,      /* image, role arn, action */
	LAUNCH_FAIL_IMAGE_PLATFORM,    /* image, platform */
	LAUNCH_FAIL_CONTAINER_START,   /* error text */
	LAUNCH_FAIL_ESSENTIAL_EXITED,  /* - */
	LAUNCH_FAIL_HEALTH,	       /* - */
	LAUNCH_FAIL_REGISTRY_RESOLVE,  /* api host */
	LAUNCH_FAIL_SECRET_ABSENT,     /* secret arn: no such secret at all */
	LAUNCH_FAIL_SECRET_OTHER,      /* secret arn, "Code: message" of Secrets Manager */
	LAUNCH_FAIL_PARAMETER_TIMEOUT, /* - */
	LAUNCH_FAIL_PARAMETER_DENIED,  /* role arn, action, parameter, reason */
	LAUNCH_FAIL_PARAMETER_MISSING, /* parameter */
	LAUNCH_FAIL_LOG_OPTIONS,       /* option */
	LAUNCH_FAIL_LOG_OTHER,	       /* "Code: message" of CloudWatch Logs */
	LAUNCH_FAIL_EFS_OTHER,	       /* text of the mount helper */
	LAUNCH_FAIL_IMAGE_RESOLVE,     /* image, registry host */
	LAUNCH_FAIL_DEPENDENCY,	       /* - */
	LAUNCH_FAILURE_COUNT
};
struct launch_failure_row {
	enum launch_failure failure;
	enum launch_step step;
	const char *format; /* printf format, %s only */
};
const struct launch_failure_row *launch_failure_row(enum launch_failure f);
/* The finished sentence; missing arguments are "". Caller frees. */
char *launch_failure_text(enum launch_failure f, const char *const *args, size_t count);
