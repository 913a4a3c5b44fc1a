/* ECS task definitions and services. */
#include <string.h>

#include "core/deployment/deployment-internal.h"

/* ---- containers ------------------------------------------------------------------------------ */

static const json_t *named_member(const json_t *list, const char *name, const char *value,
				  size_t *ret_index)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *member = json_array_get(list, i);

		if (!str_eq(json_str(member, "Name"), name))
			continue;
		if (ret_index)
			*ret_index = i;
		return json_object_get(member, value);
	}
	return NULL;
}

const json_t *deployment_environment(const json_t *container, const char *name, size_t *ret_index)
{
	return named_member(json_list(container, "Environment"), name, "Value", ret_index);
}

const json_t *deployment_secret(const json_t *container, const char *name, size_t *ret_index)
{
	return named_member(json_list(container, "Secrets"), name, "ValueFrom", ret_index);
}

/* How many of the variables that only a node has a container has; of two alike the one with a home
 * directory has more. */
static unsigned count_own(const json_t *container)
{
	static const char *const own[] = { "MPC_HOME_DIR",	   "MPC_ACCOUNT_ID",
					   "MPC_ACCOUNT_SK",	   "MPC_P2P_PRIVATE_KEY",
					   "MPC_SECRET_STORE_KEY", "MPC_ENV" };
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (deployment_environment(container, own[i], NULL) ||
		    deployment_secret(container, own[i], NULL))
			count += i ? 2 : 3;
	return count;
}

/* Containers around a node share a variable or two with it (the chain of a local world knows the
 * contract, a monitor the account): the one with most of a node's own is the node. */
static int mpc_container(const struct deployment *d, const json_t *containers)
{
	unsigned most = 3; /* one alone is none */
	int found = -1;

	for (size_t i = 0; i < json_array_size(containers); i++) {
		unsigned count = count_own(json_array_get(containers, i));

		if (count > most) {
			most = count;
			found = (int)i;
		}
	}
	if (found >= 0)
		return found;
	for (size_t i = 0; i < json_array_size(containers); i++) {
		const json_t *image = json_object_get(json_array_get(containers, i), "Image");
		OWN(str) char *text = text_flatten(d, image, '?');

		if (text && strstr(text, "mpc-node"))
			return (int)i;
	}
	return -1;
}

/* ---- task definitions ------------------------------------------------------------------------ */

static struct deployment_volume volume_read(struct deployment *d, const json_t *definition,
					    size_t index)
{
	const json_t *efs = json_object_get(definition, "EFSVolumeConfiguration");
	const json_t *authorization = json_object_get(efs, "AuthorizationConfig");
	const json_t *id = json_object_get(efs, "FilesystemId");
	struct deployment_volume volume = { .definition = definition, .index = index };

	if (efs && !id)
		id = json_object_get(efs, "FileSystemId");
	volume.name = deployment_text(d, json_object_get(definition, "Name"));
	volume.system = file_system_of(d, id);
	volume.access_point = target_of_type(d, json_object_get(authorization, "AccessPointId"),
					     "AWS::EFS::AccessPoint");
	return volume;
}

static void task_read(struct deployment *d, const struct deployment_resource *r)
{
	struct deployment_task *task = NEW(struct deployment_task);
	const json_t *volumes = property(r, "Volumes");

	task->resource = r;
	task->execution_role = role_of(d, property(r, "ExecutionRoleArn"));
	task->task_role = role_of(d, property(r, "TaskRoleArn"));
	task->containers = property(r, "ContainerDefinitions");
	for (size_t i = 0; i < member_count(volumes); i++)
		LIST_ADD(task->volumes, task->volume_count,
			 volume_read(d, member_at(volumes, i), i));
	view_set(d, r, task);
	LIST_ADD(d->tasks, d->task_count, task);
}

/* ---- services -------------------------------------------------------------------------------- */

static bool mentions(const json_t *list, const char *key, const char *prefix)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *member = json_array_get(list, i);
		const char *text = key ? json_str(member, key) : json_string_value(member);

		if (text && str_starts(text, prefix))
			return true;
	}
	return false;
}

static bool service_fargate(const struct deployment_service *service)
{
	const json_t *properties = service->resource->properties;
	const char *launch = json_str(properties, "LaunchType");
	const json_t *strategy = json_list(properties, "CapacityProviderStrategy");

	if (launch)
		return !strcmp(launch, "FARGATE");
	if (strategy)
		return mentions(strategy, "CapacityProvider", "FARGATE");
	/* The cluster's default strategy decides; what the task is made for tells it best. */
	return service->task &&
	       mentions(json_list(service->task->resource->properties, "RequiresCompatibilities"),
			NULL, "FARGATE");
}

/* A member of what may itself be unknown: then the unknown stands for the member. */
static const json_t *member_or_symbol(const json_t *value, const char *key)
{
	return template_is_symbol(value) ? value : json_object_get(value, key);
}

static enum verdict public_address(const struct deployment *d, const json_t *vpc)
{
	const json_t *value = member_or_symbol(vpc, "AssignPublicIp");
	const char *text = deployment_text(d, value);

	if (!value)
		return VERDICT_FAIL;
	if (!text)
		return VERDICT_UNKNOWN;
	return strcmp(text, "ENABLED") != 0 ? VERDICT_FAIL : VERDICT_PASS;
}

static void service_network(struct deployment *d, struct deployment_service *service)
{
	const json_t *network = property(service->resource, "NetworkConfiguration");
	const json_t *vpc = member_or_symbol(network, "AwsvpcConfiguration");

	if (!vpc)
		vpc = member_or_symbol(network, "AwsVpcConfiguration");
	service->public_address = public_address(d, vpc);
	service->subnet_count = subnets_of(d, member_or_symbol(vpc, "Subnets"), &service->subnets);
	service->group_count =
		groups_of(d, member_or_symbol(vpc, "SecurityGroups"), &service->groups);
	service->groups_default = !service->group_count;
}

static void service_registries(struct deployment *d, struct deployment_service *service)
{
	const json_t *list = property(service->resource, "ServiceRegistries");

	for (size_t i = 0; i < member_count(list); i++) {
		const struct deployment_resource *r =
			target_of_type(d, json_object_get(member_at(list, i), "RegistryArn"),
				       "AWS::ServiceDiscovery::Service");

		if (r)
			LIST_ADD(service->registries, service->registry_count, r);
	}
}

/* A service may name the family instead of the definition: it gets the newest one of it. */
static struct deployment_task *task_of_family(struct deployment *d, const json_t *name)
{
	for (size_t i = 0; name && i < d->task_count; i++)
		if (json_equal(property(d->tasks[i]->resource, "Family"), name))
			return d->tasks[i];
	return NULL;
}

static void service_read(struct deployment *d, const struct deployment_resource *r)
{
	struct deployment_service *service = NEW(struct deployment_service);

	service->resource = r;
	service->task = view_of(d, property(r, "TaskDefinition"), "AWS::ECS::TaskDefinition");
	if (!service->task)
		service->task = task_of_family(d, property(r, "TaskDefinition"));
	service_network(d, service);
	service_registries(d, service);
	service->fargate = service_fargate(service);
	service->mpc_container = service->task ? mpc_container(d, service->task->containers) : -1;
	view_set(d, r, service);
	LIST_ADD(d->services, d->service_count, service);
}

void services_read(struct deployment *d)
{
	const json_t *all = resources_of(d, "AWS::ECS::TaskDefinition");

	for (size_t i = 0; i < json_array_size(all); i++)
		task_read(d, resource_at(d, all, i));
	all = resources_of(d, "AWS::ECS::Service");
	for (size_t i = 0; i < json_array_size(all); i++)
		service_read(d, resource_at(d, all, i));
}

void services_free(struct deployment *d)
{
	for (size_t i = 0; i < d->service_count; i++) {
		free(d->services[i]->subnets);
		free(d->services[i]->groups);
		free(d->services[i]->registries);
		free(d->services[i]);
	}
	for (size_t i = 0; i < d->task_count; i++) {
		free(d->tasks[i]->volumes);
		free(d->tasks[i]);
	}
	free(d->services);
	free(d->tasks);
}
