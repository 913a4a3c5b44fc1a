/* May a task use a file system, and why not: the question of a mount, asked again without what may refuse it. */
#include <string.h>

#include "base/str.h"
#include "core/check/check-rights.h"

static json_t *mount_context(const struct deployment *d, const struct deployment_volume *v)
{
	const json_t *efs = json_object_get(v->definition, "EFSVolumeConfiguration");
	const json_t *authorization = json_object_get(efs, "AuthorizationConfig");
	const json_t *point = json_object_get(authorization, "AccessPointId");
	json_t *context = json_object();
	OWN(str) char *text = NULL;
	OWN(str) char *arn = NULL;

	json_set_str(context, "elasticfilesystem:accessedviamounttarget", "true");
	json_set_str(context, "aws:securetransport",
		     str_eq(json_str(efs, "TransitEncryption"), "ENABLED") ? "true" : "false");
	if (v->access_point)
		arn = check_rights_arn(d, v->access_point);
	else if (point)
		text = check_rights_text(d, point);
	if (text)
		arn = str_printf("arn:aws:elasticfilesystem:\x03"
				 "AAWS..Region\x03:\x03"
				 "AAWS..AccountId\x03:access-point/%s",
				 text);
	if (arn)
		json_set_str(context, "elasticfilesystem:accesspointarn", arn);
	else
		json_object_set_new(context, "elasticfilesystem:accesspointarn", json_null());
	return context;
}

/* Which of the four ways to be refused it is: the question is asked again without what may be it.
 */
static enum check_mount refused(const struct check_rights *r, const struct deployment_task *task,
				struct check_rights_question *q, const struct iam_answer *a)
{
	struct iam_answer other;

	if (a->decision == IAM_EXPLICIT_DENY || str_eq(a->policy, "boundary"))
		return CHECK_MOUNT_DENIED;
	q->without_conditions = true;
	q->resource_policy = NULL;
	check_rights_ask(r, q, &other);
	if (q->role && other.decision == IAM_ALLOWED && a->condition[0])
		return CHECK_MOUNT_CONDITION;
	q->without_conditions = false;
	q->role = task->execution_role;
	if (!q->role || q->role == task->task_role)
		return CHECK_MOUNT_MISSING;
	check_rights_ask(r, q, &other);
	return other.decision == IAM_ALLOWED ? CHECK_MOUNT_EXECUTION_ROLE : CHECK_MOUNT_MISSING;
}

static enum check_mount mount(const struct check_rights *r, const struct deployment_task *task,
			      const struct deployment_volume *volume, const char *action,
			      bool any_place, struct iam_answer *ret_answer)
{
	const struct deployment *d = check_rights_deployment(r);
	const struct deployment_file_system *fs = volume->system;
	const json_t *efs = json_object_get(volume->definition, "EFSVolumeConfiguration");
	const char *iam = json_str_or(
		json_object_get(efs, "AuthorizationConfig"), "IAM",
		json_object_get(json_object_get(efs, "AuthorizationConfig"), "IAM") ? "?"
										    : "DISABLED");
	OWN(json) json_t *context = NULL;
	OWN(str) char *arn = NULL;
	struct check_rights_question q = { .action = action,
					   .resource_policy_grants = 1,
					   .any_place = any_place };

	*ret_answer = (struct iam_answer){ .decision = IAM_UNKNOWN, .statement = -1 };
	if (!fs || !fs->resource || !strcmp(iam, "?"))
		return CHECK_MOUNT_UNKNOWN;
	arn = check_rights_arn(d, fs->resource);
	context = mount_context(d, volume);
	q.resource = arn;
	q.context = context;
	q.resource_policy = fs->policy;
	q.role = strcmp(iam, "ENABLED") != 0 ? NULL : task->task_role;
	/* Without a policy AWS lets every client in, but a Deny of the role still counts. */
	if (!fs->policy && !q.role) {
		ret_answer->decision = IAM_ALLOWED;
		return CHECK_MOUNT_ALLOWED;
	}
	check_rights_ask(r, &q, ret_answer);
	if (!fs->policy && ret_answer->decision != IAM_EXPLICIT_DENY &&
	    ret_answer->decision != IAM_UNKNOWN)
		ret_answer->decision = IAM_ALLOWED;
	if (ret_answer->decision == IAM_ALLOWED)
		return CHECK_MOUNT_ALLOWED;
	if (ret_answer->decision == IAM_UNKNOWN)
		return !fs->policy ? CHECK_MOUNT_ALLOWED : CHECK_MOUNT_UNKNOWN;
	return refused(r, task, &q, ret_answer);
}

enum check_mount check_rights_mount(const struct check_rights *r,
				    const struct deployment_task *task,
				    const struct deployment_volume *volume, const char *action,
				    struct iam_answer *ret_answer)
{
	return mount(r, task, volume, action, false, ret_answer);
}

bool check_rights_mount_elsewhere(const struct check_rights *r, const struct deployment_task *task,
				  const struct deployment_volume *volume, const char *action)
{
	struct iam_answer a;

	return mount(r, task, volume, action, false, &a) != CHECK_MOUNT_ALLOWED &&
	       mount(r, task, volume, action, true, &a) == CHECK_MOUNT_ALLOWED;
}
