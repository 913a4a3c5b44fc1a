/* Templates as clients ask for them. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

static int set_template(struct call *c, const char *text)
{
	json_t *stages = json_array();

	json_set_str(c->out, "TemplateBody", text);
	json_add_str(stages, "Original");
	json_add_str(stages, "Processed");
	json_object_set_new(c->out, "StagesAvailable", stages);
	return 0;
}

int action_get_template(struct hub *hub, struct call *c)
{
	const char *change_set = json_str(c->in, "ChangeSetName"), *name, *text;
	const json_t *stack, *settings;

	if (change_set && *change_set) {
		const json_t *found = change_set_find(hub, c);

		if (!found)
			return -1;
		settings = json_map(found, "Settings");
	} else {
		if (!*json_str_or(c->in, "StackName", ""))
			return call_fail(
				c, 400, "ValidationError",
				"StackName is required if ChangeSetName is not specified.");
		name = stack_request_name(c);
		if (!name)
			return -1;
		stack = stack_find(hub, name);
		if (!stack)
			return stack_no_such(c, "Stack with id %s does not exist", name);
		settings = stack_settings(stack);
	}
	text = stack_template_text(hub, settings);
	return set_template(c, text ? text : "");
}

/* The request's template, or that of a deployed stack. -1 after call_fail(). */
static int load(struct hub *hub, struct call *c, struct template **ret_t)
{
	bool given = json_str(c->in, "TemplateBody") || json_str(c->in, "TemplateURL");
	const char *name = json_str(c->in, "StackName"), *text;
	OWN(str) char *body = NULL;
	const json_t *stack;

	if (given || !name) {
		body = stack_request_template(hub, c, NULL);
		return body ? stack_parse(c, body, ret_t) : -1;
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
	text = stack_template_text(hub, stack_settings(stack));
	return stack_parse(c, text ? text : "", ret_t);
}

static void set_common(struct call *c, const struct template *t)
{
	const json_t *body = template_body(t);
	OWN(json) json_t *capabilities = template_capabilities(t);
	OWN(str) char *reason = stack_capabilities_reason(t);
	json_t *transform = json_object_get(body, "Transform"), *transforms = json_array();

	json_set_str(c->out, "Description", json_str(body, "Description"));
	if (json_array_size(capabilities)) {
		json_object_set(c->out, "Capabilities", capabilities);
		json_set_str(c->out, "CapabilitiesReason", reason);
	}
	if (json_is_string(transform))
		json_array_append(transforms, transform);
	else if (json_is_array(transform))
		json_array_extend(transforms, transform);
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
	OWN(str) char *body = stack_request_template(hub, c, NULL);
	OWN(template) struct template *t = NULL;
	OWN(json) json_t *summary = NULL;
	static const char *const members[] = { "ParameterKey", "DefaultValue", "NoEcho",
					       "Description" };
	json_t *list;

	if (!body || stack_parse(c, body, &t) < 0)
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
