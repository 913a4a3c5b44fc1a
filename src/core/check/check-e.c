/* Rules of group E: what the roles of a task may do, and who may assume them. */
#include "core/check/check-e.h"

#include <string.h>

#include "base/str.h"
#include "core/check/check-topology.h"
#include "core/reach/reach.h"

#define SIMULATE                                                                                   \
	"aws iam simulate-principal-policy for the execution role with this action and resource"

static const char *role_name(const struct deployment_role *role)
{
	return role && role->resource ? role->resource->logical : "outside of the templates";
}

static bool same_kind(const char *kind, const char *const *kinds)
{
	for (; *kinds; kinds++)
		if (!strcmp(kind, *kinds))
			return true;
	return false;
}

/* ---- needs of a kind, one finding per service
 * ---------------------------------------------------- */

struct refusal {
	const struct check_need *first;
	struct iam_answer answer;
	struct buf things;
	unsigned count;
};

static void add_refusal(struct refusal *r, const struct check_need *n, const struct iam_answer *a)
{
	OWN(str) char *shown = check_rights_show(n->resource);

	if (!r->first) {
		r->first = n;
		r->answer = *a;
	}
	if (r->count++ < 3)
		buf_printf(&r->things, "%s%s on %s", r->count > 1 ? ", " : "", n->action, shown);
}

static bool other_role_may(const struct deployment *d, const struct check_rights *rights,
			   const struct check_need *n)
{
	struct check_need other = *n;
	struct iam_answer a;

	other.role = n->service->task->task_role;
	if (!other.role || other.role == n->role)
		return false;
	check_need_ask(d, rights, &other, false, &a);
	return a.decision == IAM_ALLOWED;
}

static void report(struct check *c, const struct check_rights *rights, const struct refusal *r,
		   enum check_severity severity)
{
	const struct check_need *n = r->first;
	struct check_finding f = { .severity = severity, .service = n->service };
	bool task_role = severity == CHECK_FAIL && other_role_may(check_deployment(c), rights, n);
	OWN(str) char *more = r->count > 3 ? str_printf(" and %u more", r->count - 3) : str_dup("");
	const char *things = r->things.data ? r->things.data : "";

	f.resource = n->role->resource ? n->role->resource : n->service->task->resource;
	f.second = n->service->task->resource;
	f.second_property = n->property;
	f.lookup = severity == CHECK_UNKNOWN ? SIMULATE : NULL;
	if (severity == CHECK_UNKNOWN)
		check_add(c, &f,
			  "Whether execution role %s may do %s%s cannot be decided from the "
			  "template (%s).",
			  role_name(n->role), things, more,
			  r->answer.condition[0] ? r->answer.condition : r->answer.policy);
	else
		check_add(c, &f, "Execution role %s may not do %s%s%s%s.", role_name(n->role),
			  things, more,
			  task_role ? "; the task role may, but the start of a task uses the "
				      "execution role"
				    : "",
			  r->answer.condition[0] ? " (a condition does not hold)" : "");
}

/* Denials are E10's and E20's, so that one cause gives one finding. */
static bool denied(const struct iam_answer *a)
{
	return a->decision == IAM_EXPLICIT_DENY || !strcmp(a->policy, "boundary");
}

static void missing(struct check *c, const char *const *kinds)
{
	const struct deployment *d = check_deployment(c);
	const struct check_rights *rights = check_rights_of(c);
	const struct check_needs *needs = check_needs_of(c);

	for (size_t i = 0; i < needs->count;) {
		const struct deployment_service *service = needs->list[i].service;
		struct refusal fail = { 0 }, unknown = { 0 };

		for (; i < needs->count && needs->list[i].service == service; i++) {
			struct iam_answer a;

			if (!needs->list[i].role || !same_kind(needs->list[i].kind, kinds))
				continue;
			check_need_ask(d, rights, &needs->list[i], false, &a);
			if (a.decision == IAM_UNKNOWN)
				add_refusal(&unknown, &needs->list[i], &a);
			else if (a.decision != IAM_ALLOWED && !denied(&a))
				add_refusal(&fail, &needs->list[i], &a);
		}
		if (fail.first)
			report(c, rights, &fail, CHECK_FAIL);
		if (unknown.first)
			report(c, rights, &unknown, CHECK_UNKNOWN);
		buf_free(&fail.things);
		buf_free(&unknown.things);
	}
}

static void secrets(struct check *c)
{
	missing(c, (const char *const[]){ "secret", "parameter", NULL });
}

static void log_group(struct check *c)
{
	missing(c, (const char *const[]){ "log-group", NULL });
}

static void log_stream(struct check *c)
{
	missing(c, (const char *const[]){ "log-stream", NULL });
}

static void registry(struct check *c)
{
	missing(c, (const char *const[]){ "registry", "image", NULL });
}

static void credentials(struct check *c)
{
	missing(c, (const char *const[]){ "credentials", NULL });
	check_e_credentials_form(c);
}

static void execution_role(struct check *c)
{
	const struct check_needs *needs = check_needs_of(c);
	const struct deployment_service *said = NULL;

	for (size_t i = 0; i < needs->count; i++) {
		const struct check_need *n = &needs->list[i];
		struct check_finding f = { .severity = CHECK_FAIL,
					   .resource = n->service->task->resource,
					   .property = "",
					   .service = n->service };

		if (n->role || n->service == said)
			continue;
		said = n->service;
		check_add(c, &f,
			  "The task definition has no ExecutionRoleArn, but its start needs %s.",
			  n->action);
	}
}

/* ---- trust
 * --------------------------------------------------------------------------------------- */

static void trust_of(struct check *c, const struct check_rights *rights,
		     const struct deployment_service *s, const struct deployment_role *role,
		     const char *property)
{
	struct check_finding f = { .service = s,
				   .second = s->task->resource,
				   .second_property = property };
	struct iam_answer a;

	if (!role || !role->resource)
		return; /* an outside role is asked about where its rights are */
	check_rights_trust(rights, role, "ecs-tasks.amazonaws.com", false, &a);
	if (a.decision == IAM_ALLOWED)
		return;
	f.resource = role->resource;
	f.property = "AssumeRolePolicyDocument";
	f.severity = a.decision == IAM_UNKNOWN ? CHECK_UNKNOWN : CHECK_FAIL;
	if (f.severity == CHECK_UNKNOWN) {
		f.lookup = "aws iam get-role, and compare the trust policy's conditions with the "
			   "cluster and account of the task";
		check_add(c, &f, "Whether ecs-tasks.amazonaws.com may assume %s depends on %s.",
			  role->resource->logical,
			  a.condition[0] ? a.condition : "its trust policy");
		return;
	}
	check_add(c, &f, "%s (%s) cannot be assumed by ecs-tasks.amazonaws.com%s.",
		  role->resource->logical,
		  !strcmp(property, "TaskRoleArn") ? "task role" : "execution role",
		  a.decision == IAM_EXPLICIT_DENY ? ": its trust policy denies it"
		  : a.condition[0] ? ": a condition of its trust policy does not hold"
				   : ": its trust policy names somebody else");
}

static void trust(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct check_rights *rights = check_rights_of(c);
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_task *t = services[i]->task;

		if (!t || !t->resource)
			continue;
		trust_of(c, rights, services[i], t->execution_role, "ExecutionRoleArn");
		if (t->task_role != t->execution_role)
			trust_of(c, rights, services[i], t->task_role, "TaskRoleArn");
	}
}

/* ---- file systems
 * -------------------------------------------------------------------------------- */

static bool written(const struct deployment_task *t, const char *volume)
{
	for (size_t i = 0; i < json_array_size(t->containers); i++) {
		const json_t *points = json_list(json_array_get(t->containers, i), "MountPoints");

		for (size_t k = 0; k < json_array_size(points); k++)
			if (str_eq(json_str(json_array_get(points, k), "SourceVolume"), volume) &&
			    !json_bool_or(json_array_get(points, k), "ReadOnly", false))
				return true;
	}
	return false;
}

/* The first action of the mount that is refused for the reason `want`; NULL: none. */
static const char *mount_action(const struct check_rights *rights, const struct deployment_task *t,
				const struct deployment_volume *v, enum check_mount want,
				struct iam_answer *a)
{
	static const char *const actions[] = { "elasticfilesystem:ClientMount",
					       "elasticfilesystem:ClientWrite" };

	for (size_t i = 0; i < 2; i++)
		if ((i == 0 || written(t, v->name)) &&
		    check_rights_mount(rights, t, v, actions[i], a) == want)
			return actions[i];
	return NULL;
}

static void mounts(struct check *c, enum check_mount want,
		   void (*say)(struct check *c, const struct deployment_service *s,
			       const struct deployment_volume *v, const char *action,
			       const struct iam_answer *a))
{
	const struct deployment *d = check_deployment(c);
	const struct check_rights *rights = check_rights_of(c);
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_task *t = services[i]->task;

		for (size_t v = 0; t && t->resource && v < t->volume_count; v++) {
			struct iam_answer a;
			const char *action = NULL;

			if (t->volumes[v].system)
				action = mount_action(rights, t, &t->volumes[v], want, &a);
			if (action)
				say(c, services[i], &t->volumes[v], action, &a);
		}
	}
}

static struct check_finding mount_finding(const struct deployment_service *s)
{
	const struct deployment_role *role = s->task->task_role;

	return (struct check_finding){ .severity = CHECK_FAIL,
				       .resource = role && role->resource ? role->resource
									  : s->task->resource,
				       .second = s->task->resource,
				       .second_property = "Volumes",
				       .service = s };
}

static void say_execution_role(struct check *c, const struct deployment_service *s,
			       const struct deployment_volume *v, const char *action,
			       const struct iam_answer *a)
{
	struct check_finding f = mount_finding(s);

	(void)a;
	if (s->task->execution_role)
		f.second = s->task->execution_role->resource, f.second_property = NULL;
	check_add(c, &f,
		  "%s on the file system of volume %s is granted to execution role %s, but the "
		  "mount uses the task role.",
		  action, v->name, role_name(s->task->execution_role));
}

static void on_execution_role(struct check *c)
{
	mounts(c, CHECK_MOUNT_EXECUTION_ROLE, say_execution_role);
}

static void say_condition(struct check *c, const struct deployment_service *s,
			  const struct deployment_volume *v, const char *action,
			  const struct iam_answer *a)
{
	struct check_finding f = mount_finding(s);

	f.second_property = "Volumes";
	check_add(c, &f,
		  "Task role %s has %s only under a condition (%s) that volume %s does not meet.",
		  role_name(s->task->task_role), action, a->condition, v->name);
}

static void condition(struct check *c)
{
	mounts(c, CHECK_MOUNT_CONDITION, say_condition);
}

static void say_denied(struct check *c, const struct deployment_service *s,
		       const struct deployment_volume *v, const char *action,
		       const struct iam_answer *a)
{
	struct check_finding f = mount_finding(s);

	check_add(c, &f, "%s on the file system of volume %s is refused by %s%s.", action, v->name,
		  a->decision == IAM_EXPLICIT_DENY ? "a Deny in " : "the permissions ", a->policy);
}

static void deny(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct check_rights *rights = check_rights_of(c);
	const struct check_needs *needs = check_needs_of(c);

	mounts(c, CHECK_MOUNT_DENIED, say_denied);
	for (size_t i = 0; i < needs->count; i++) {
		const struct check_need *n = &needs->list[i];
		struct check_finding f = { .severity = CHECK_FAIL,
					   .second = n->service->task->resource,
					   .second_property = n->property,
					   .service = n->service };
		OWN(str) char *shown = NULL;
		struct iam_answer a;

		if (!n->role)
			continue;
		check_need_ask(d, rights, n, false, &a);
		if (!denied(&a) || a.decision == IAM_UNKNOWN ||
		    !strcmp(a.policy, "resource policy"))
			continue;
		f.resource = n->role->resource;
		shown = check_rights_show(n->resource);
		check_add(c, &f, "%s on %s is refused to execution role %s by %s%s.", n->action,
			  shown, role_name(n->role),
			  a.decision == IAM_EXPLICIT_DENY ? "a Deny in " : "the permissions ",
			  a.policy);
	}
}

/* ---- others
 * -------------------------------------------------------------------------------------- */

/* The agent in the task calls ssmmessages from the task's own network. */
static void exec_way(struct check *c, const struct deployment_service *s, struct check_finding *f)
{
	struct reach_end from = check_service_end(s);
	struct reach_edge edge;

	if (!s->subnet_count)
		return;
	reach_api(check_deployment(c), &from, "ssmmessages", &edge, NULL);
	f->second = s->task->resource;
	if (edge.verdict == VERDICT_FAIL)
		check_add(c, f,
			  "ECS Exec is on, but there is no way from service %s to ssmmessages.",
			  s->resource->logical);
}

static void exec_rights(struct check *c)
{
	static const char *const actions[] = { "ssmmessages:CreateControlChannel",
					       "ssmmessages:CreateDataChannel",
					       "ssmmessages:OpenControlChannel",
					       "ssmmessages:OpenDataChannel" };
	const struct deployment *d = check_deployment(c);
	const struct check_rights *rights = check_rights_of(c);
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_service *s = services[i];
		struct check_finding f = { .severity = CHECK_WARN,
					   .resource = s->resource,
					   .property = "EnableExecuteCommand",
					   .service = s };
		struct check_rights_question q = { .resource = "*" };

		if (!s->task ||
		    !json_bool_or(s->resource->properties, "EnableExecuteCommand", false))
			continue;
		q.role = s->task->task_role;
		for (size_t k = 0; k < 4; k++) {
			struct iam_answer a;

			q.action = actions[k];
			check_rights_ask(rights, &q, &a);
			if (a.decision == IAM_ALLOWED || a.decision == IAM_UNKNOWN)
				continue;
			f.second = q.role ? q.role->resource : s->task->resource;
			check_add(c, &f, "ECS Exec is on, but %s has no %s.",
				  q.role ? role_name(q.role) : "the missing task role", actions[k]);
			break;
		}
		exec_way(c, s, &f);
	}
}

/* E17: a grant on the namespace is no grant on the service in it. */
static bool names_namespace_only(const struct deployment *d, const json_t *statement)
{
	const json_t *resource = json_object_get(statement, "Resource");
	const json_t *action = json_object_get(statement, "Action");
	size_t size = json_is_array(resource) ? json_array_size(resource) : 1;
	bool registers = false;

	for (size_t i = 0; i < (json_is_array(action) ? json_array_size(action) : 1); i++) {
		const json_t *one = json_is_array(action) ? json_array_get(action, i) : action;

		registers = registers || (json_is_string(one) &&
					  str_glob(json_string_value(one),
						   "servicediscovery:RegisterInstance", true));
	}
	if (!registers || !resource || !str_eq(json_str(statement, "Effect"), "Allow"))
		return false;
	for (size_t i = 0; i < size; i++) {
		OWN(str)
		char *text = check_rights_text(
			d, json_is_array(resource) ? json_array_get(resource, i) : resource);

		if (!str_glob("arn:*:servicediscovery:*:namespace/*", text, false))
			return false;
	}
	return size > 0;
}

static void discovery(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	size_t count;
	const struct deployment_role *const *roles = deployment_roles(d, &count);

	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; p < roles[i]->policy_count; p++) {
			const struct deployment_policy *policy = &roles[i]->policies[p];
			const json_t *list = json_object_get(policy->document, "Statement");
			struct check_finding f = { .severity = CHECK_WARN,
						   .resource = policy->resource };

			for (size_t k = 0; k < (json_is_array(list) ? json_array_size(list) : 1);
			     k++)
				if (list && names_namespace_only(
						    d, json_is_array(list) ? json_array_get(list, k)
									   : list))
					check_add(
						c, &f,
						"servicediscovery:RegisterInstance is granted on a "
						"namespace; it needs the Cloud Map service's ARN.");
		}
}

/* E18: what a container is told to fetch from S3 must be readable by its task role. */
static void s3_read(struct check *c, const struct check_rights *rights,
		    const struct deployment_service *s, const json_t *variable)
{
	OWN(str)
	char *value = check_rights_text(check_deployment(c), json_object_get(variable, "Value"));
	OWN(str) char *arn = NULL;
	struct check_rights_question q = { .role = s->task->task_role, .action = "s3:GetObject" };
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = s->task->resource,
				   .property = "TaskRoleArn",
				   .service = s };
	struct iam_answer a;

	if (!str_starts(value, "s3://") || !q.role)
		return;
	arn = str_printf("arn:aws:s3:::%s%s", value + 5, strchr(value + 5, '/') ? "" : "/x");
	q.resource = arn;
	check_rights_ask(rights, &q, &a);
	if (a.decision != IAM_IMPLICIT_DENY && a.decision != IAM_EXPLICIT_DENY)
		return;
	f.second = q.role->resource;
	check_add(c, &f, "%s points to S3, but task role %s may not read it (s3:GetObject).",
		  json_str_or(variable, "Name", "A variable"), role_name(q.role));
}

static void s3(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct check_rights *rights = check_rights_of(c);
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0;
		     services[i]->task && k < json_array_size(services[i]->task->containers); k++) {
			const json_t *list = json_list(
				json_array_get(services[i]->task->containers, k), "Environment");

			for (size_t e = 0; e < json_array_size(list); e++)
				s3_read(c, rights, services[i], json_array_get(list, e));
		}
	missing(c, (const char *const[]){ "environment-file", NULL });
}

#define MINUTES "the task stops one to two minutes after its start, again and again"

/* clang-format off */
const struct check_rule check_rules_e[] = {
	{ "E01", "efs-rights-on-execution-role", "efs-authorize",
	  "The mount is refused: access denied by server while mounting.",
	  "The rights to mount are on the execution role; ECS mounts volumes with the task role.",
	  "Move elasticfilesystem:ClientMount and ClientWrite to the task role.", MINUTES,
	  on_execution_role },
	{ "E02", "secrets-rights-on-task-role", "secrets",
	  "The task stops because it cannot retrieve a secret: AccessDeniedException for secretsmanager:GetSecretValue.",
	  "Secrets are injected with the execution role, and that role has no right to read them.",
	  "Allow secretsmanager:GetSecretValue on the secrets' ARNs to the execution role.", MINUTES,
	  secrets },
	{ "E03", "execution-role-missing", "registry",
	  "The task definition is refused, or the task stops because it cannot pull secrets or registry authorisation.",
	  "Private images, CloudWatch logs and secrets all need an execution role.",
	  "Set ExecutionRoleArn to a role with AmazonECSTaskExecutionRolePolicy and the secrets' rights.",
	  "seconds to minutes: when the task definition is registered, or at the first task", execution_role },
	{ "E04", "create-log-group-right", "log-stream",
	  "The task stops while the logger is prepared: AccessDeniedException for logs:CreateLogGroup.",
	  "awslogs-create-group is on, but the execution role may not create log groups; the managed policy does not include it.",
	  "Declare the log group in the template, or allow logs:CreateLogGroup to the execution role.", MINUTES,
	  log_group },
	{ "E05", "log-stream-rights-missing", "log-stream",
	  "The task stops because it cannot create its log stream: AccessDeniedException.",
	  "The execution role's rights do not reach the streams of the group.",
	  "Allow logs:CreateLogStream and logs:PutLogEvents on the log group's ARN with :* behind it.", MINUTES,
	  log_stream },
	{ "E06", "trust-policy-wrong", "roles",
	  "ECS says that it was unable to assume the role that was provided for the task.",
	  "The role's trust policy does not let ecs-tasks.amazonaws.com assume it.",
	  "Principal: { Service: ecs-tasks.amazonaws.com } in AssumeRolePolicyDocument.", MINUTES, trust },
	{ "E07", "kms-decrypt-missing", "secrets",
	  "Reading the secret fails: access to KMS is not allowed.",
	  "The secret is encrypted with a customer key that the execution role may not use.",
	  "Allow kms:Decrypt on the key to the execution role, and let the key policy name the role or the account.",
	  MINUTES, check_e_key },
	{ "E08", "ecr-auth-scoped", "registry",
	  "The registry refuses: not authorized to perform ecr:GetAuthorizationToken on resource: *.",
	  "The execution role has no right to pull, or GetAuthorizationToken is limited to a repository.",
	  "Allow ecr:GetAuthorizationToken on * and the three pull actions on the repository.", MINUTES,
	  registry },
	{ "E09", "hard-coded-region-account-partition", "secrets",
	  "Access is denied when the template is deployed to another region or account.",
	  "An ARN was copied from a working environment.",
	  "Use ${AWS::Region}, ${AWS::AccountId} and ${AWS::Partition}.",
	  "at the first task in the other region or account", check_e_literals },
	{ "E10", "explicit-deny-boundary-scp", "roles",
	  "Access is denied with an explicit deny, or no permissions boundary allows it.",
	  "A Deny statement or the role's permissions boundary takes away what a policy grants.",
	  "Exempt the role from the Deny, or extend the boundary.", MINUTES, deny },
	{ "E11", "policy-race", "latent",
	  "The first tasks are refused, later ones are not; or the service hangs when the stack is deleted.",
	  "The service waits for the role but not for the policy that is attached to it.",
	  "Put the policy into the service's DependsOn, or into the role's Policies.",
	  "now and then on the first deployment, or at deletion", check_e_policy_race },
	{ "E12", "efs-condition-mismatch", "efs-authorize",
	  "One node's mount is refused: access denied by server while mounting.",
	  "The grant is limited by a condition that this volume does not meet, such as another node's access point.",
	  "Build the condition from the same access point as the volume.", MINUTES, condition },
	{ "E16", "ecs-exec-rights", "latent",
	  "Execute command fails because its agent is not running.",
	  "ECS Exec needs four ssmmessages rights on the task role.",
	  "Allow ssmmessages:CreateControlChannel, CreateDataChannel, OpenControlChannel and OpenDataChannel to the task role.",
	  "only when somebody wants a shell in the task", exec_rights },
	{ "E17", "servicediscovery-policy-resource", "latent",
	  "Instances never show up in Cloud Map; the names do not resolve.",
	  "Registering is authorised on the Cloud Map service, the policy names the namespace.",
	  "Name the service's ARN, or let ECS register the tasks through ServiceRegistries.",
	  "after the start, when somebody resolves the name", discovery },
	{ "E18", "s3-policy-too-narrow", "latent",
	  "A download from S3 inside the container is refused.",
	  "The role's S3 rights do not reach the bucket that is read: the task role's for what the container fetches, the execution role's for EnvironmentFiles.",
	  "Allow s3:GetObject on the bucket's objects to that role.", "seconds after the container starts",
	  s3 },
	{ "E19", "repository-credentials-right", "registry",
	  "The task stops because it cannot pull secrets or registry authorisation.",
	  "The execution role may not read the secret with the registry's credentials, or the secret is no JSON object with username and password.",
	  "Allow secretsmanager:GetSecretValue on the credentials' ARN to the execution role; the secret holds {\"username\":...,\"password\":...}.", MINUTES,
	  credentials },
	{ "E20", "resource-policy-denies", "secrets",
	  "Access is denied although the role's own policies allow it.",
	  "The policy of the secret or of the VPC endpoint on the way does not let the call through.",
	  "Widen that policy for the execution role.", MINUTES, check_e_endpoint_policy },
	{ .id = NULL },
};
/* clang-format on */
