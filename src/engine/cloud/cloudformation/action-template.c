/* Templates as clients ask for them. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

/* Settings of a stack or a change set. */
static int parse_settings(struct hub *hub, struct call *c, const json_t *owner,
			  const json_t *settings, struct template **ret_t)
{
	struct stack_world world;
	struct template_inputs inputs = { .given = json_map(settings, "Parameters"),
					  .world = &world.world };
	const char *text = stack_template_text(hub, settings);

	stack_world_init(&world, hub, json_str(owner, "StackName"), json_str(owner, "StackId"));
	return stack_parse(c, text ? text : "", &inputs, ret_t);
}

/* Its text as it was sent, or with what its transform made of it. */
static int set_template(struct hub *hub, struct call *c, const json_t *owner,
			const json_t *settings)
{
	const char *stage = json_str_or(c->in, "TemplateStage", "Original");
	const char *text = stack_template_text(hub, settings);
	OWN(template) struct template *t = NULL;
	OWN(json) json_t *body = NULL;
	OWN(str) char *processed = NULL;
	json_t *stages;

	if (strcmp(stage, "Original") != 0 && strcmp(stage, "Processed") != 0)
		return call_fail(c, 400, "ValidationError",
				 "1 validation error detected: Value '%s' at 'templateStage' failed "
				 "to satisfy constraint: Member must satisfy enum value set: "
				 "[Original, Processed]",
				 stage);
	if (!strcmp(stage, "Processed") && text) {
		if (parse_settings(hub, c, owner, settings, &t) < 0)
			return -1;
		body = template_processed(t);
		processed = template_extended(t) ? json_text(body) : NULL;
	}
	stages = json_array();
	json_set_str(c->out, "TemplateBody", processed ? processed : text ? text : "");
	json_add_str(stages, "Original");
	json_add_str(stages, "Processed");
	json_object_set_new(c->out, "StagesAvailable", stages);
	return 0;
}

int action_get_template(struct hub *hub, struct call *c)
{
	const char *change_set = json_str(c->in, "ChangeSetName"), *name;
	const json_t *stack;

	if (change_set && *change_set) {
		const json_t *found = change_set_find(hub, c);

		return found ? set_template(hub, c, found, json_map(found, "Settings")) : -1;
	}
	if (!*json_str_or(c->in, "StackName", ""))
		return call_fail(c, 400, "ValidationError",
				 "StackName is required if ChangeSetName is not specified.");
	name = stack_request_name(c);
	if (!name)
		return -1;
	stack = stack_find(hub, name);
	if (!stack)
		return stack_no_such(c, "Stack with id %s does not exist", name);
	return set_template(hub, c, stack, stack_settings(stack));
}

/* The request's template, or that of a deployed stack. -1 after call_fail(). */
static int load(struct hub *hub, struct call *c, struct template **ret_t)
{
	static const struct template_inputs inputs = { .declarations = true };
	bool given = json_str(c->in, "TemplateBody") || json_str(c->in, "TemplateURL");
	const char *name = json_str(c->in, "StackName");
	OWN(str) char *body = NULL;
	const json_t *stack;

	if (given || !name) {
		body = stack_request_template(hub, c, NULL);
		return body ? stack_parse(c, body, &inputs, ret_t) : -1;
	}
	name = stack_request_name(c);
	if (!name)
		return -1;
	stack = stack_find(hub, name);
	if (!stack)
		return stack_no_such(c, "Stack with id %s does not exist", name);
	if (stack_is(stack, "REVIEW_IN_PROGRESS"))
		return call_fail(c, 400, "ValidationError",
				 "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS "
				 "stacks.");
	return parse_settings(hub, c, stack, stack_settings(stack), ret_t);
}

static void add_transform(json_t *list, const json_t *transform)
{
	const char *name = json_is_object(transform) ? json_str(transform, "Name")
						     : json_string_value(transform);

	if (name)
		json_add_str(list, name);
}

static void set_common(struct call *c, const struct template *t)
{
	const json_t *body = template_body(t);
	OWN(json) json_t *capabilities = template_capabilities(t);
	OWN(str) char *reason = stack_capabilities_reason(t);
	json_t *transform = json_object_get(body, "Transform"), *transforms = json_array(), *one;
	size_t i;

	json_set_str(c->out, "Description", json_str(body, "Description"));
	if (json_array_size(capabilities)) {
		json_object_set(c->out, "Capabilities", capabilities);
		json_set_str(c->out, "CapabilitiesReason", reason);
	}
	add_transform(transforms, transform);
	json_array_foreach(transform, i, one)
		add_transform(transforms, one);
	json_object_set_new(c->out, "DeclaredTransforms", transforms);
}

static void set_types(struct call *c, const struct template *t)
{
	json_t *resources = (json_t *)(uintptr_t)template_resources(t), *resource;
	OWN(json) json_t *seen = json_object();
	json_t *types = json_array(), *unused;
	const char *logical, *type;

	json_object_foreach(resources, logical, resource) if (json_str(resource, "Type"))
		json_object_set_new(seen, json_str(resource, "Type"), json_true());
	json_object_foreach(seen, type, unused) json_add_str(types, type);
	json_object_set_new(c->out, "ResourceTypes", types);
}

int action_template_summary(struct hub *hub, struct call *c)
{
	OWN(template) struct template *t = NULL;
	const json_t *version, *metadata;

	if (load(hub, c, &t) < 0)
		return -1;
	json_object_set_new(c->out, "Parameters", template_parameter_summary(t));
	set_common(c, t);
	set_types(c, t);
	version = json_object_get(template_body(t), "AWSTemplateFormatVersion");
	json_set_str(c->out, "Version", json_string_value(version));
	metadata = json_object_get(template_body(t), "Metadata");
	if (metadata) {
		OWN(str) char *text = json_text(metadata);

		json_set_str(c->out, "Metadata", text);
	}
	return 0;
}

int action_validate_template(struct hub *hub, struct call *c)
{
	static const struct template_inputs inputs = { .declarations = true };
	OWN(str) char *body = stack_request_template(hub, c, NULL);
	OWN(template) struct template *t = NULL;
	OWN(json) json_t *summary = NULL;
	static const char *const members[] = { "ParameterKey", "DefaultValue", "NoEcho",
					       "Description" };
	json_t *list;

	if (!body || stack_parse(c, body, &inputs, &t) < 0)
		return -1;
	summary = template_parameter_summary(t);
	list = json_array();
	for (size_t i = 0; i < json_array_size(summary); i++) {
		json_t *out = json_object();

		for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++)
			if (json_object_get(json_array_get(summary, i), members[m]))
				json_object_set(
					out, members[m],
					json_object_get(json_array_get(summary, i), members[m]));
		json_array_append_new(list, out);
	}
	json_object_set_new(c->out, "Parameters", list);
	set_common(c, t);
	return 0;
}
