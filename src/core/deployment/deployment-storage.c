/* EFS file systems and their mount targets. */
#include <string.h>

#include "core/deployment/deployment-internal.h"

static struct deployment_file_system *system_new(struct deployment *d,
						 const struct deployment_resource *r)
{
	struct deployment_file_system *system = NEW(struct deployment_file_system);

	system->resource = r;
	LIST_ADD(d->systems, d->system_count, system);
	if (!r)
		return system;
	view_set(d, r, system);
	system->identity = identity_new(d, r);
	system->policy = property(r, "FileSystemPolicy");
	return system;
}

struct deployment_file_system *file_system_of(struct deployment *d, const json_t *value)
{
	struct deployment_file_system *system = view_of(d, value, "AWS::EFS::FileSystem");
	size_t index;

	if (system || !value)
		return system;
	index = outside_index(d, "file-system", value, d->system_count);
	if (index < d->system_count)
		return d->systems[index];
	system = system_new(d, NULL);
	system->identity = value;
	return system;
}

static void mount_target_read(struct deployment *d, const struct deployment_resource *r)
{
	struct deployment_file_system *system = file_system_of(d, property(r, "FileSystemId"));
	struct deployment_mount_target target = { .resource = r };

	if (!system)
		return;
	target.subnet = subnet_of(d, property(r, "SubnetId"));
	target.group_count = groups_of(d, property(r, "SecurityGroups"), &target.groups);
	LIST_ADD(system->targets, system->target_count, target);
}

void storage_read(struct deployment *d)
{
	const json_t *all = resources_of(d, "AWS::EFS::FileSystem");

	for (size_t i = 0; i < json_array_size(all); i++)
		(void)system_new(d, resource_at(d, all, i));
	all = resources_of(d, "AWS::EFS::MountTarget");
	for (size_t i = 0; i < json_array_size(all); i++)
		mount_target_read(d, resource_at(d, all, i));
}

void storage_free(struct deployment *d)
{
	for (size_t i = 0; i < d->system_count; i++) {
		struct deployment_file_system *system = d->systems[i];

		for (size_t k = 0; k < system->target_count; k++)
			free(system->targets[k].groups);
		free(system->targets);
		free(system);
	}
	free(d->systems);
}
