/* What the file system lets a task do: D09 (mount) and D10 (write). Refusals that have a name of
 * their own (E01 rights on the execution role, E10 denials, E12 conditions) are left to it. */
#include <string.h>

#include "core/check/check-rights.h"
#include "core/check/check-topology.h"

struct request {
	const struct deployment_service *service;
	const struct deployment_volume *volume;
	const char *action;
	bool anonymous;
};

static void unknown(struct check *c, const struct request *r, struct check_finding *f)
{
	f->severity = CHECK_UNKNOWN;
	f->lookup = "aws iam simulate-principal-policy with the task role, the action and the file "
		    "system";
	check_add(c, f, "whether %s is allowed for service %s on file system %s is not in the "
		  "templates", r->action, check_name(r->service->resource),
		  check_name(r->volume->system->resource));
}

static void missing(struct check *c, const struct request *r, struct check_finding *f)
{
	const char *system = check_name(r->volume->system->resource);
	const char *role = check_name(f->second);
	char place[64];
	OWN(str) char *remedy = NULL;

	if (r->anonymous) {
		(void)snprintf(place, sizeof(place), "Volumes/%zu/EFSVolumeConfiguration",
			       r->volume->index);
		f->second = r->service->task->resource;
		f->second_property = place;
		f->remedy = "\"AuthorizationConfig\": {\"IAM\": \"ENABLED\"} in the volume, so "
			    "that the task role's rights count";
		check_add(c, f,
			  "the policy of file system %s does not give %s to everybody, and service "
			  "%s comes without IAM authorization",
			  system, r->action, check_name(r->service->resource));
		return;
	}
	remedy = str_printf("{\"Effect\":\"Allow\",\"Action\":\"%s\",\"Resource\":{\"Fn::GetAtt\":"
			    "[\"%s\",\"Arn\"]}} in a policy of %s",
			    r->action, system, role);
	f->remedy = remedy;
	check_add(c, f,
		  "neither the policy of file system %s nor task role %s gives %s to service %s",
		  system, role, r->action, check_name(r->service->resource));
}

static void report(struct check *c, const struct request *r, enum check_mount answer)
{
	const struct deployment_role *role = r->anonymous ? NULL : r->service->task->task_role;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = r->volume->system->resource,
				   .property = "FileSystemPolicy",
				   .second = role ? role->resource : NULL,
				   .service = r->service };

	if (answer == CHECK_MOUNT_UNKNOWN)
		unknown(c, r, &f);
	else if (answer == CHECK_MOUNT_MISSING)
		missing(c, r, &f);
}

/* A file system without a policy lets everybody in who reaches it. */
static void volume_rights(struct check *c, const struct check_rights *rights,
			  const struct deployment_service *s, const struct deployment_volume *v,
			  bool write)
{
	struct request r = { .service = s, .volume = v, .action = "elasticfilesystem:ClientMount" };
	struct iam_answer answer;
	enum check_mount mount;

	if (!v->system || !v->system->resource || !v->system->policy)
		return;
	r.anonymous = strcmp(check_text(check_deployment(c),
					json_path(check_efs(v), "AuthorizationConfig.IAM")),
			     "ENABLED") != 0;
	if (!r.anonymous && !s->task->task_role)
		return; /* D11 */
	mount = check_rights_mount(rights, s->task, v, r.action, &answer);
	if (write) {
		if (mount != CHECK_MOUNT_ALLOWED || !check_volume_writable(s, v))
			return;
		r.action = "elasticfilesystem:ClientWrite";
		mount = check_rights_mount(rights, s->task, v, r.action, &answer);
	}
	report(c, &r, mount);
}

static void each_volume(struct check *c, bool write)
{
	const struct deployment *d = check_deployment(c);
	OWN(check_rights) struct check_rights *rights = check_rights_new(d);
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++)
		for (size_t v = 0; services[i]->task && v < services[i]->task->volume_count; v++)
			volume_rights(c, rights, services[i], &services[i]->task->volumes[v],
				      write);
}

void check_d09(struct check *c)
{
	each_volume(c, false);
}

void check_d10(struct check *c)
{
	each_volume(c, true);
}
