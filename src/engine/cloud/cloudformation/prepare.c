/* From a request to checked settings: everything that can be known before the first resource. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

#include "core/schema/schema.h"

void stack_plan_free(struct stack_plan *p)
{
	template_eval_free(p->eval);
	template_free(p->template);
	json_decref(p->parameters);
	*p = (struct stack_plan){ 0 };
}

int stack_plan_load(struct hub *hub, const json_t *stack, const json_t *settings,
		    struct stack_plan *p, struct err *err)
{
	const char *text = stack_template_text(hub, settings);
	struct template_inputs inputs = { .given = json_map(settings, "Parameters"),
					  .world = &p->world.world };

	if (!text)
		return err_set(err, ERR_BUG, "the template of %s is not there", stack_name(stack));
	stack_world_init(&p->world, hub, stack_name(stack), stack_id(stack));
	if (template_parse_with(NULL, text, strlen(text), &inputs, &p->template, err) < 0)
		return -1;
	p->world.stack = stack;
	p->parameters = json_incref(json_map(settings, "Parameters"));
	return template_eval_new(p->template, p->parameters, &p->world.world, &p->eval, err);
}

/* ---- parameters -------------------------------------------------------------------------------
 */

static char *text_of_value(const json_t *value)
{
	OWN(buf) struct buf text = { 0 };
	const json_t *item;
	size_t i;

	if (!json_is_array(value))
		return str_dup(json_string_value(value));
	buf_str(&text, "");
	json_array_foreach(value, i, item)
	{
		if (i)
			buf_char(&text, ',');
		buf_str(&text, json_is_string(item) ? json_string_value(item) : "");
	}
	return buf_take(&text);
}

static int previous_value(struct call *c, const json_t *stack, const char *key, json_t *given)
{
	const json_t *parameters = json_map(json_map(stack, "Settings"), "Parameters");
	OWN(str)
	char *text = text_of_value(json_object_get(json_object_get(parameters, key), "Value"));

	if (!text)
		return call_fail(c, 400, "ValidationError",
				 "Invalid input for parameter key %s. Cannot specify "
				 "usePreviousValue as true for a parameter key not in the previous "
				 "template",
				 key);
	json_set_str(given, key, text);
	return 0;
}

/* Parameters: [{ParameterKey, ParameterValue | UsePreviousValue}] -> name -> text */
static int read_given(struct call *c, const json_t *stack, json_t *given)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(json_list(c->in, "Parameters"), i, entry)
	{
		const char *key = json_str(entry, "ParameterKey");

		if (!key)
			return call_fail(c, 400, "ValidationError",
					 "1 validation error detected: Value null at "
					 "'parameters.%zu.member.parameterKey' failed to satisfy "
					 "constraint: Member must not be null",
					 i + 1);
		if (json_bool_or(entry, "UsePreviousValue", false)) {
			if (previous_value(c, stack, key, given) < 0)
				return -1;
		} else {
			json_set_str(given, key, json_str_or(entry, "ParameterValue", ""));
		}
	}
	return 0;
}

/* The template after them: its loops may go over their values. */
static int read_template(struct call *c, const char *text, const json_t *given,
			 struct stack_plan *plan)
{
	struct template_inputs inputs = { .given = given, .world = &plan->world.world };
	struct err err = { 0 };

	if (stack_parse(c, text, &inputs, &plan->template) < 0)
		return -1;
	if (template_parameters(plan->template, given, NULL, 1, &plan->world.world,
				&plan->parameters, &err) < 0)
		return call_fail(c, 400, "ValidationError", "%s", err.text);
	if (template_eval_new(plan->template, plan->parameters, &plan->world.world, &plan->eval,
			      &err) < 0)
		return call_fail(c, 400, "ValidationError", "%s", err.text);
	return 0;
}

/* ---- resource types and their properties
 * ---------------------------------------------------------- */

static bool names_have(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static void complain(struct buf *b, const char *fmt, const char *key)
{
	const char *hole = strstr(fmt, "%s");

	buf_printf(b, "%s#: %.*s%s%s", b->len ? "\n" : "", (int)(hole - fmt), fmt, key, hole + 2);
}

/* AWS has the property, we do not: then the template is right and says so. */
static bool known_to_aws(const char *type, const char *property)
{
	const struct schema_type *known = schema_type(type);

	return known && schema_property(schema_type_object(known), property);
}

static void refuse_property(struct buf *wrong, struct buf *missing, const char *type,
			    const char *property)
{
	if (known_to_aws(type, property))
		buf_printf(missing, "%s%s", missing->len ? ", " : "", property);
	else
		complain(wrong, "extraneous key [%s] is not permitted", property);
}

static int check_properties(struct call *c, const struct template *t, const char *logical,
			    const struct resource_kind *kind)
{
	json_t *properties = json_map(template_resource(t, logical), "Properties"), *value;
	OWN(buf) struct buf wrong = { 0 }, missing = { 0 };
	struct err err = { 0 };
	const char *key;

	json_object_foreach(properties, key, value) if (kind->allowed &&
							!names_have(kind->allowed, key) &&
							!str_starts(key, "Fn::"))
		refuse_property(&wrong, &missing, kind->type, key);
	for (const char *const *name = kind->required; name && *name; name++)
		if (!json_object_get(properties, *name))
			complain(&wrong, "required key [%s] not found", *name);
	if (!wrong.len && kind->check && kind->check(properties, &err) < 0)
		return call_fail(c, 400, "ValidationError", "Resource %s: %s", logical, err.text);
	if (!wrong.len && missing.len)
		return call_fail(c, 400, "ValidationError",
				 "Resource %s: the local cloud does not emulate %s of %s. Leave it out "
				 "for a local deployment; AWS takes it. What is there: mpcup cloud "
				 "coverage",
				 logical, missing.data, kind->type);
	if (!wrong.len)
		return 0;
	return call_fail(c, 400, "ValidationError",
			 "Properties validation failed for resource %s with message: %s", logical,
			 wrong.data);
}

static char *join(const json_t *list, const char *between)
{
	OWN(buf) struct buf text = { 0 };
	const json_t *item;
	size_t i;

	buf_str(&text, "");
	json_array_foreach(list, i, item)
		buf_printf(&text, "%s%s", i ? between : "", json_string_value(item));
	return buf_take(&text);
}

static int refuse_types(struct hub *hub, struct call *c, const json_t *unknown)
{
	OWN(json) json_t *known = hub_kinds(hub);
	OWN(str) char *names = join(unknown, ", ");
	OWN(str) char *supported = join(known, ", ");

	return call_fail(c, 400, "ValidationError",
			 "Template format error: Unrecognized resource types: [%s]. The local "
			 "cloud supports: %s. Others belong into a stack of their own, for AWS alone",
			 names, supported);
}

static void add_once(json_t *list, const char *text)
{
	if (!json_has_text(list, text))
		json_add_str(list, text);
}

static int check_resources(struct hub *hub, struct call *c, const struct stack_plan *plan)
{
	json_t *resources = (json_t *)(uintptr_t)template_resources(plan->template), *resource;
	OWN(json) json_t *unknown = json_array();
	const char *logical;

	json_object_foreach(resources, logical, resource)
	{
		const char *type = json_str_or(resource, "Type", "");
		const struct resource_kind *kind = hub_kind(hub, type);

		if (template_present(plan->eval, logical) == 0)
			continue;
		if (!kind)
			add_once(unknown, type);
		else if (check_properties(c, plan->template, logical, kind) < 0)
			return -1;
	}
	return json_array_size(unknown) ? refuse_types(hub, c, unknown) : 0;
}

/* A resource keeps its type for life. */
static int check_types_kept(struct hub *hub, struct call *c, const json_t *stack,
			    const struct template *t)
{
	OWN(json) json_t *changed = json_array();
	OWN(str) char *names = NULL;
	const char *logical;
	json_t *record;

	json_object_foreach(stack_records(hub, stack), logical, record)
	{
		const char *type = json_str(template_resource(t, logical), "Type");

		if (!stack_record_gone(record) && type &&
		    !str_eq(type, json_str(record, "ResourceType")))
			json_add_str(changed, logical);
	}
	if (!json_array_size(changed))
		return 0;
	names = join(changed, ", ");
	return call_fail(c, 400, "ValidationError",
			 "Update of resource type is not permitted. The new template modifies "
			 "resource type of the following resources: [%s]",
			 names);
}

/* ---- capabilities
 * ----------------------------------------------------------------------------------- */

static bool given_capability(const struct call *c, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(c->in, "Capabilities"), i, item)
	{
		const char *given = json_string_value(item);

		if (str_eq(given, name) ||
		    (!strcmp(name, "CAPABILITY_IAM") && str_eq(given, "CAPABILITY_NAMED_IAM")))
			return true;
	}
	return false;
}

/* A change set is there to look at what a transform makes before it counts. */
static bool may_lack(const struct call *c, const char *capability)
{
	return given_capability(c, capability) || (str_eq(c->action, "CreateChangeSet") &&
						   !strcmp(capability, "CAPABILITY_AUTO_EXPAND"));
}

static int check_capabilities(struct call *c, const struct template *t)
{
	OWN(json) json_t *needed = template_capabilities(t);
	OWN(json) json_t *missing = json_array();
	OWN(str) char *names = NULL;
	const json_t *item;
	size_t i;

	json_array_foreach(needed, i, item) if (!may_lack(c, json_string_value(item)))
		json_array_append(missing, json_array_get(needed, i));
	if (!json_array_size(missing))
		return 0;
	names = join(missing, ", ");
	return call_fail(c, 400, "InsufficientCapabilitiesException",
			 "Requires capabilities : [%s]", names);
}

char *stack_capabilities_reason(const struct template *t)
{
	json_t *resources = (json_t *)(uintptr_t)template_resources(t), *resource;
	OWN(json) json_t *types = json_array();
	OWN(str) char *names = NULL;
	const char *logical;

	json_object_foreach(
		resources, logical,
		resource) if (str_starts(json_str_or(resource, "Type", ""), "AWS::IAM::"))
		add_once(types, json_str(resource, "Type"));
	if (!json_array_size(types))
		return NULL;
	names = join(types, ", ");
	return str_printf("The following resource(s) require capabilities: [%s]", names);
}

/* ---- imports and exports
 * ------------------------------------------------------------------------------ */

int stack_check_imports(struct hub *hub, const json_t *settings, struct err *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach(
		json_list(settings, "Imports"), i,
		item) if (!hub_get(hub, STACK_EXPORT_KIND,
				   json_string_value(
					   item))) return err_set(err, ERR_INPUT,
								  "No export named %s found",
								  json_string_value(item));
	return 0;
}

/* ---- all together
 * ---------------------------------------------------------------------------------------- */

/* Copies a list of the request; without it, what the stack has. */
static void keep_list(json_t *settings, const struct call *c, const json_t *stack, const char *key)
{
	json_t *list = json_list(c->in, key);

	if (!list && !json_object_get(c->in, key))
		list = json_list(json_map(stack, "Settings"), key);
	json_object_set_new(settings, key, list ? json_deep_copy(list) : json_array());
}

static json_t *make_settings(struct hub *hub, const struct call *c, const json_t *stack,
			     const struct stack_plan *plan, const char *text, json_t *imports)
{
	json_t *settings = json_object();
	OWN(str) char *template = stack_keep_template(hub, text);
	json_t *capabilities = json_list(c->in, "Capabilities");

	json_set_str(settings, "Template", template);
	json_set_str(settings, "Description",
		     json_str(template_body(plan->template), "Description"));
	json_object_set(settings, "Parameters", plan->parameters);
	json_object_set_new(settings, "Capabilities",
			    capabilities ? json_deep_copy(capabilities) : json_array());
	keep_list(settings, c, stack, "Tags");
	keep_list(settings, c, stack, "NotificationARNs");
	json_set_str(
		settings, "RoleARN",
		json_str_or(c->in, "RoleARN", json_str(json_map(stack, "Settings"), "RoleARN")));
	json_object_set(settings, "Imports", imports);
	return settings;
}

static int check_tags(struct call *c)
{
	const json_t *tag;
	size_t i;

	json_array_foreach(
		json_list(c->in, "Tags"), i,
		tag) if (!json_str(tag, "Key") ||
			 !json_str(tag, "Value")) return call_fail(c, 400, "ValidationError",
								   "1 validation error detected: "
								   "Value null at "
								   "'tags.%zu.member' failed to "
								   "satisfy constraint: Member "
								   "must not be null",
								   i + 1);
	return 0;
}

int stack_prepare(struct hub *hub, struct call *c, const json_t *stack, const char *name,
		  const char *id, struct stack_plan *plan, json_t **ret_settings)
{
	OWN(str) char *text = stack_request_template(hub, c, stack);
	OWN(json) json_t *imports = NULL, *given = json_object();
	struct err err = { 0 };

	stack_world_init(&plan->world, hub, name, id);
	plan->world.imports_may_lack = true;
	if (!text || read_given(c, stack, given) < 0 || read_template(c, text, given, plan) < 0 ||
	    check_tags(c) < 0 || check_resources(hub, c, plan) < 0)
		return -1;
	if (stack && check_types_kept(hub, c, stack, plan->template) < 0)
		return -1;
	if (check_capabilities(c, plan->template) < 0)
		return -1;
	if (template_imports(plan->eval, &imports, &err) < 0)
		return call_fail(c, 400, "ValidationError", "%s", err.text);
	*ret_settings = make_settings(hub, c, stack, plan, text, imports);
	return 0;
}
