/* Containers of imported images: found by their reference, run as their configuration and the task
 * definition say together. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

#include "engine/image/image.h"

/* A container's own word for the architecture. */
static const char *task_architecture(const struct launch *l)
{
	return str_eq(json_str(json_map(l->definition, "runtimePlatform"), "cpuArchitecture"), "ARM64")
		       ? "arm64"
		       : "amd64";
}

bool ecs_imported_find(struct launch *l, struct container *c, const char *image)
{
	const char *state_dir = hub_state_dir(l->ecs->hub);
	struct err err = { 0 };
	int rc = c->record    ? 0
		 : !state_dir ? IMAGE_ABSENT
			      : image_find(state_dir, image, &c->record, &c->hold, &err);

	if (rc < 0)
		hub_log(l->ecs->hub, "task %s: image %s: %s", l->id, image, err.text);
	return rc == 0;
}

enum ecs_step ecs_imported_pull(struct launch *l, struct container *c, const char *image)
{
	if (!ecs_imported_find(l, c, image))
		return STEP_NEXT;
	if (!str_eq(json_str(c->record, "architecture"), task_architecture(l))) {
		OWN(str) char *platform = str_printf("linux/%s", task_architecture(l));

		hub_log(l->ecs->hub,
			"task %s: image %s was imported for %s/%s and the task definition wants %s", l->id,
			image, json_str(c->record, "os"), json_str(c->record, "architecture"), platform);
		return FAIL(l, c, LAUNCH_FAIL_IMAGE_PLATFORM, image, platform);
	}
	c->image = IMAGE_IMPORTED;
	json_set_str(c->shown, "imageDigest", json_str(c->record, "id"));
	return STEP_NEXT;
}

char *ecs_container_root(const struct launch *l, const struct container *c)
{
	return c->image == IMAGE_IMPORTED ? image_root(hub_state_dir(l->ecs->hub), c->record)
					  : str_dup("minimal");
}

/* "NAME=value" of the image, under what the task gives. */
void ecs_imported_environment(const struct container *c, json_t *environment)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(c->record, "environment"), i, one)
	{
		const char *text = json_string_value(one), *equals = strchr(text, '=');
		OWN(str) char *name = equals ? str_dup_n(text, (size_t)(equals - text)) : NULL;

		if (name && *name)
			json_set_str(environment, name, equals + 1);
	}
}

/* An entry point of the task definition makes the image's command meaningless. */
json_t *ecs_imported_arguments(const struct launch *l, const struct container *c)
{
	json_t *entry = json_list(c->definition, "entryPoint");
	json_t *command = json_list(ecs_override(l, c->name), "command");
	json_t *argv = json_array();

	if (!command)
		command = json_list(c->definition, "command");
	if (!json_array_size(command))
		command = json_array_size(entry) ? NULL : json_list(c->record, "command");
	json_array_extend(argv, json_array_size(entry) ? entry : json_list(c->record, "entryPoint"));
	if (command)
		json_array_extend(argv, command);
	return argv;
}

const char *ecs_container_directory(const struct container *c)
{
	const char *own = json_str_or(c->definition, "workingDirectory", "");
	const char *of_image = json_str_or(c->record, "workingDirectory", "");

	if (c->image == IMAGE_NODE || c->image == IMAGE_LOCALNET)
		return "/app";
	return *own ? own : *of_image ? of_image : "/";
}

/* uid, gid and HOME by the task definition's user, else the image's. */
int ecs_container_user(const struct launch *l, const struct container *c, json_t *request,
		       json_t *environment, struct err *err)
{
	OWN(str) char *root = c->image == IMAGE_IMPORTED ? ecs_container_root(l, c) : NULL;
	const char *user = json_str_or(c->definition, "user", "");
	struct image_user found;

	if (image_user(root, *user ? user : json_str_or(c->record, "user", ""), &found, err) < 0)
		return -1;
	json_set_int(request, "uid", found.uid);
	json_set_int(request, "gid", found.gid);
	if (!json_object_get(environment, "HOME"))
		json_set_str(environment, "HOME", found.home);
	free(found.home);
	return 0;
}

int ecs_container_stop_signal(const struct container *c)
{
	return (int)json_int_or(c->record, "stopSignal", 15);
}
