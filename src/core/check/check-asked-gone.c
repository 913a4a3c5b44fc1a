/* What a task names by its id and the account does not have, or no longer: access points, roles, secrets. */
#include <string.h>

#include "core/check/check-asked.h"

static void each_task(struct check *c, void (*see)(struct check *c, const struct deployment_service *s))
{
	size_t count;
	const struct deployment_service *const *services = deployment_services(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		if (services[i]->task)
			see(c, services[i]);
}

/* ---- D12: access points ------------------------------------------------------------------------------------ */

static void see_volumes(struct check *c, const struct deployment_service *s)
{
	for (size_t i = 0; i < s->task->volume_count; i++) {
		const struct deployment_volume *v = &s->task->volumes[i];
		const char *id = deployment_text(
			check_deployment(c), json_path(v->definition, "EFSVolumeConfiguration.AuthorizationConfig."
								      "AccessPointId"));
		OWN(str) char *property = str_printf("Volumes/%zu/EFSVolumeConfiguration", v->index);
		struct check_finding f = { .severity = CHECK_FAIL, .resource = s->task->resource,
					   .property = property, .service = s };
		ASKED a = { 0 };

		if (!id || !str_starts(id, "fsap-"))
			continue;
		a = ask(c, "efs", "DescribeAccessPoints", json_pack("{s:s}", "AccessPointId", id));
		if (asked_absent(&a))
			check_add(c, &f, "there is no access point %s, which volume %s is mounted through", id,
				  v->name ? v->name : "");
	}
}

void asked_d12(struct check *c)
{
	each_task(c, see_volumes);
}

/* ---- E06: roles -------------------------------------------------------------------------------------------- */

static void see_role(struct check *c, const struct deployment_service *s, const char *member)
{
	const char *arn = deployment_text(check_deployment(c),
					  json_object_get(s->task->resource->properties, member));
	const char *name = arn && strstr(arn, ":role/") ? strrchr(arn, '/') + 1 : NULL;
	struct check_finding f = { .severity = CHECK_FAIL, .resource = s->task->resource, .property = member,
				   .service = s, .remedy = "Make the role again, with its trust and its policies" };
	ASKED a = { 0 };

	if (!name)
		return;
	a = ask(c, "iam", "GetRole", json_pack("{s:s}", "RoleName", name));
	if (asked_absent(&a))
		check_add(c, &f, "there is no role %s, which %s names", name, member);
}

static void see_roles(struct check *c, const struct deployment_service *s)
{
	see_role(c, s, "ExecutionRoleArn");
	see_role(c, s, "TaskRoleArn");
}

void asked_e06(struct check *c)
{
	each_task(c, see_roles);
}

/* ---- B11, G11: secrets ------------------------------------------------------------------------------------- */

/* "arn:aws:secretsmanager:R:A:secret:NAME" in front of the selectors; caller frees; NULL: it is none. */
static char *secret_of(const char *from)
{
	const char *at = from;

	if (!from || !strstr(from, ":secretsmanager:"))
		return NULL;
	for (int colons = 0; at && colons < 6; colons++) {
		at = strchr(at, ':');
		at = at ? at + 1 : NULL;
	}
	return at ? str_dup_n(from, (size_t)(at - from) + strcspn(at, ":")) : NULL;
}

static void see_secret(struct check *c, const struct deployment_service *s, const char *property,
		       const json_t *entry)
{
	const struct deployment *d = check_deployment(c);
	OWN(str) char *arn = secret_of(deployment_text(d, json_object_get(entry, "ValueFrom")));
	const char *variable = deployment_text(d, json_object_get(entry, "Name"));
	struct check_finding f = { .severity = CHECK_FAIL, .resource = s->task->resource, .property = property,
				   .service = s };
	bool waits = !strcmp(check_running(c)->id, "G11");
	ASKED a = { 0 };

	if (!arn)
		return;
	a = ask(c, "secretsmanager", "DescribeSecret", json_pack("{s:s}", "SecretId", arn));
	if (waits && a.state == CHECK_ANSWERED && json_object_get(a.answer, "DeletedDate")) {
		f.remedy = "aws secretsmanager restore-secret, while its recovery window lasts";
		check_add(c, &f, "secret %s, read as %s, is marked for deletion and cannot be read", arn,
			  variable ? variable : "?");
	} else if (!waits && asked_absent(&a)) {
		f.remedy = "Make the secret again, with its value, and name its new ARN";
		check_add(c, &f, "there is no secret %s, which is read as %s", arn, variable ? variable : "?");
	}
}

static void see_secrets(struct check *c, const struct deployment_service *s)
{
	json_t *container, *entry;
	size_t i, k;

	json_array_foreach((json_t *)(uintptr_t)s->task->containers, i, container)
		json_array_foreach(json_list(container, "Secrets"), k, entry) {
			OWN(str) char *property = str_printf("ContainerDefinitions/%zu/Secrets/%zu", i, k);

			see_secret(c, s, property, entry);
		}
}

void asked_gone_secret(struct check *c)
{
	each_task(c, see_secrets);
}
