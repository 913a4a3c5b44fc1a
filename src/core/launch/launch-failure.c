/* AWS's sentences for a task that did not start. */
#include "core/launch/launch.h"

#include <string.h>

#include "base/str.h"

#define AUTH "ResourceInitializationError: unable to pull secrets or registry auth: "
#define ASM AUTH "execution resource retrieval failed: unable to retrieve secret from asm: "
#define SSM AUTH "execution resource retrieval failed: unable to retrieve secrets from ssm: "
#define ONCE "service call has been retried 1 time(s): "
#define LOGGER "ResourceInitializationError: failed to validate logger args: "
#define STREAM                                                                                     \
	LOGGER "create stream has been retried 1 times: failed to create Cloudwatch log stream: "
#define EFS                                                                                        \
	"ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: " \
	"stderr: "
#define EFS_END(code) " : unsuccessful EFS utils command execution; code: " code
#define PULL "CannotPullContainerError: pull image manifest has been retried 1 time(s): "

/* clang-format off */
static const struct launch_failure_row failures[] = {
	{ LAUNCH_FAIL_PLACEMENT, LAUNCH_PLACEMENT, "%s" },
	{ LAUNCH_FAIL_INTERFACE_TIMEOUT, LAUNCH_INTERFACE,
	  "Timeout waiting for network interface provisioning to complete." },
	{ LAUNCH_FAIL_ASSUME_ROLE, LAUNCH_ROLES,
	  "ECS was unable to assume the role '%s' that was provided for this task. Please verify that "
	  "the role being passed has the proper trust relationship and permissions and that your IAM "
	  "user has permissions to pass this role." },
	{ LAUNCH_FAIL_REGISTRY_TIMEOUT, LAUNCH_REGISTRY,
	  AUTH "The task cannot pull registry auth from Amazon ECR: There is a connection issue between "
	  "the task and Amazon ECR. Check your task network configuration. RequestError: send request "
	  "failed caused by: Post \"https://%s/\": dial tcp %s:443: i/o timeout" },
	{ LAUNCH_FAIL_REGISTRY_DENIED, LAUNCH_REGISTRY,
	  AUTH "execution resource retrieval failed: unable to retrieve ecr registry auth: " ONCE
	  "AccessDeniedException: User: %s is not authorized to perform: %s on resource: %s because no "
	  "identity-based policy allows the action" },
	{ LAUNCH_FAIL_SECRET_TIMEOUT, LAUNCH_SECRETS,
	  AUTH "unable to retrieve secret from asm: There is a connection issue between the task and AWS "
	  "Secrets Manager. Check your task network configuration. failed to fetch secret %s from "
	  "secrets manager: RequestCanceled: request context canceled caused by: context deadline "
	  "exceeded: Post \"https://%s/\"" },
	{ LAUNCH_FAIL_SECRET_DENIED, LAUNCH_SECRETS,
	  ASM ONCE "AccessDeniedException: User: %s is not authorized to perform: %s on resource: %s "
	  "because %s" },
	{ LAUNCH_FAIL_SECRET_MISSING, LAUNCH_SECRETS,
	  ASM ONCE "failed to fetch secret %s from secrets manager: ResourceNotFoundException: Secrets "
	  "Manager can't find the specified secret value for staging label: %s" },
	{ LAUNCH_FAIL_SECRET_JSON, LAUNCH_SECRETS,
	  ASM ONCE "invalid character '%s' looking for beginning of value" },
	{ LAUNCH_FAIL_SECRET_JSON_KEY, LAUNCH_SECRETS,
	  ASM ONCE "failed to fetch secret %s from secrets manager: retrieved secret from Secrets Manager "
	  "did not contain json key %s" },
	{ LAUNCH_FAIL_SECRET_SELECTOR, LAUNCH_SECRETS,
	  ASM ONCE "InvalidParameter: 1 validation error(s) found. - minimum field size of 32, "
	  "GetSecretValueInput.VersionId." },
	{ LAUNCH_FAIL_KMS_DENIED, LAUNCH_SECRETS,
	  ASM ONCE "AccessDeniedException: Access to KMS is not allowed" },
	{ LAUNCH_FAIL_LOG_GROUP_MISSING, LAUNCH_LOG_STREAM,
	  STREAM "ResourceNotFoundException: The specified log group does not exist. : exit status 1" },
	{ LAUNCH_FAIL_LOG_DENIED, LAUNCH_LOG_STREAM,
	  STREAM "AccessDeniedException: User: %s is not authorized to perform: %s on resource: %s : "
	  "exit status 1" },
	{ LAUNCH_FAIL_LOG_TIMEOUT, LAUNCH_LOG_STREAM,
	  LOGGER "The task cannot find the Amazon CloudWatch log group defined in the task definition. "
	  "There is a connection issue between the task and Amazon CloudWatch. Check your network "
	  "configuration. : signal: killed" },
	{ LAUNCH_FAIL_EFS_RESOLVE, LAUNCH_EFS_RESOLVE,
	  EFS "Failed to resolve \"%s\" - check that your file system ID is correct, and ensure that the "
	  "VPC has an EFS mount target for this file system ID. See "
	  "https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail." EFS_END("1") },
	{ LAUNCH_FAIL_EFS_TIMEOUT, LAUNCH_EFS_CONNECT,
	  EFS "b'mount.nfs4: Connection timed out'" EFS_END("32") },
	{ LAUNCH_FAIL_EFS_RESET, LAUNCH_EFS_CONNECT,
	  EFS "b'mount.nfs4: Connection reset by peer'" EFS_END("32") },
	{ LAUNCH_FAIL_EFS_TLS, LAUNCH_EFS_TLS,
	  EFS "The \"tls\" option is required when mounting via \"%s\"" EFS_END("1") },
	{ LAUNCH_FAIL_EFS_DENIED, LAUNCH_EFS_AUTHORIZE,
	  EFS "b'mount.nfs4: access denied by server while mounting %s'" EFS_END("32") },
	{ LAUNCH_FAIL_EFS_NO_DIRECTORY, LAUNCH_EFS_ROOT,
	  EFS "b'mount.nfs4: mounting %s failed, reason given by server: No such file or directory'"
	  EFS_END("32") },
	{ LAUNCH_FAIL_IMAGE_NOT_FOUND, LAUNCH_IMAGE, PULL "failed to resolve ref %s: not found" },
	{ LAUNCH_FAIL_IMAGE_TIMEOUT, LAUNCH_IMAGE,
	  PULL "failed to resolve ref %s: failed to do request: Head \"https://%s/v2/\": dial tcp "
	  "%s:443: i/o timeout" },
	{ LAUNCH_FAIL_IMAGE_DENIED, LAUNCH_IMAGE,
	  PULL "failed to resolve ref %s: unexpected status from HEAD request: 403 Forbidden: User: %s is "
	  "not authorized to perform: %s" },
	{ LAUNCH_FAIL_IMAGE_PLATFORM, LAUNCH_IMAGE,
	  "CannotPullContainerError: pull image manifest of %s has been retried 7 time(s): image Manifest "
	  "does not contain descriptor matching platform '%s'" },
	{ LAUNCH_FAIL_CONTAINER_START, LAUNCH_CONTAINER, "CannotStartContainerError: %s" },
	{ LAUNCH_FAIL_ESSENTIAL_EXITED, LAUNCH_ENTRY, "Essential container in task exited" },
	{ LAUNCH_FAIL_HEALTH, LAUNCH_HEALTH, "Task failed container health checks" },
	{ LAUNCH_FAIL_REGISTRY_RESOLVE, LAUNCH_REGISTRY,
	  AUTH "The task cannot pull registry auth from Amazon ECR: There is a connection issue between "
	  "the task and Amazon ECR. Check your task network configuration. RequestError: send request "
	  "failed caused by: Post \"https://%s/\": dial tcp: lookup failed: i/o timeout" },
	{ LAUNCH_FAIL_SECRET_ABSENT, LAUNCH_SECRETS,
	  ASM ONCE "failed to fetch secret %s from secrets manager: ResourceNotFoundException: Secrets "
	  "Manager can't find the specified secret." },
	{ LAUNCH_FAIL_SECRET_OTHER, LAUNCH_SECRETS,
	  ASM ONCE "failed to fetch secret %s from secrets manager: %s" },
	{ LAUNCH_FAIL_PARAMETER_TIMEOUT, LAUNCH_SECRETS,
	  AUTH "unable to retrieve secrets from ssm: There is a connection issue between the task and AWS "
	  "Systems Manager Parameter Store. Check your task network configuration. RequestCanceled: "
	  "request context canceled caused by: context deadline exceeded" },
	{ LAUNCH_FAIL_PARAMETER_DENIED, LAUNCH_SECRETS,
	  SSM ONCE "AccessDeniedException: User: %s is not authorized to perform: %s on resource: %s "
	  "because %s" },
	{ LAUNCH_FAIL_PARAMETER_MISSING, LAUNCH_SECRETS, SSM ONCE "invalid ssm parameters: %s" },
	{ LAUNCH_FAIL_LOG_OPTIONS, LAUNCH_LOG_STREAM,
	  LOGGER "unable to get awslogs driver arguments: %s is required : exit status 1" },
	{ LAUNCH_FAIL_LOG_OTHER, LAUNCH_LOG_STREAM, STREAM "%s : exit status 1" },
	{ LAUNCH_FAIL_EFS_OTHER, LAUNCH_EFS_AUTHORIZE, EFS "%s" EFS_END("32") },
	{ LAUNCH_FAIL_IMAGE_RESOLVE, LAUNCH_IMAGE,
	  PULL "failed to resolve ref %s: failed to do request: Head \"https://%s/v2/\": dial tcp: lookup "
	  "failed: i/o timeout" },
	{ LAUNCH_FAIL_DEPENDENCY, LAUNCH_CONTAINER, "Task failed to start" },
};
/* clang-format on */

const struct launch_failure_row *launch_failure_row(enum launch_failure f)
{
	_Static_assert(sizeof(failures) / sizeof(failures[0]) == LAUNCH_FAILURE_COUNT,
		       "one row per failure");
	return (unsigned)f < LAUNCH_FAILURE_COUNT ? &failures[f] : NULL;
}

/* The formats know %s only, so no printf is needed (and none could be checked). */
char *launch_failure_text(enum launch_failure f, const char *const *args, size_t count)
{
	const struct launch_failure_row *row = launch_failure_row(f);
	struct buf text = { 0 };
	size_t used = 0;

	for (const char *at = row ? row->format : ""; *at;) {
		const char *next = strstr(at, "%s");

		buf_add(&text, at, next ? (size_t)(next - at) : strlen(at));
		if (!next)
			break;
		if (used < count && args[used])
			buf_str(&text, args[used]);
		used++;
		at = next + 2;
	}
	return buf_take(&text);
}
