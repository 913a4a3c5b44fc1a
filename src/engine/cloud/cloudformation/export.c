/* Exports and imports (aws-wire.md 7.5). */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

static bool imports(const json_t *stack, const char *export_name)
{
	return !stack_is(stack, "DELETE_COMPLETE") &&
	       (json_has_text(json_list(json_map(stack, "Settings"), "Imports"), export_name) ||
		json_has_text(json_list(json_map(stack, "Target"), "Imports"), export_name));
}

char *stack_importers(struct hub *hub, const char *export_name, const json_t *but)
{
	OWN(buf) struct buf names = { 0 };
	const char *id;
	json_t *stack;

	json_object_foreach(hub_all(hub, STACK_KIND), id,
			    stack) if (stack != but && imports(stack, export_name))
		buf_printf(&names, "%s%s", names.len ? ", " : "", stack_name(stack));
	return names.len ? buf_take(&names) : NULL;
}

static const json_t *output_exporting(const json_t *outputs, const char *name)
{
	const json_t *output;
	size_t i;

	json_array_foreach(outputs, i,
			   output) if (str_eq(json_str(output, "ExportName"), name)) return output;
	return NULL;
}

/* May the exports that the stack has now become what the outputs say? */
static int check_own(struct hub *hub, const json_t *stack, const json_t *outputs, struct err *err)
{
	const char *name;
	json_t *export;

	json_object_foreach(hub_all(hub, STACK_EXPORT_KIND), name, export)
	{
		const json_t *next = output_exporting(outputs, name);
		OWN(str) char *users = NULL;

		if (!str_eq(json_str(export, "ExportingStackId"), stack_id(stack)) ||
		    (next && str_eq(json_str(next, "OutputValue"), json_str(export, "Value"))))
			continue;
		users = stack_importers(hub, name, stack);
		if (users && next)
			return err_set(err, ERR_INPUT,
				       "Cannot update export %s as it is in use by %s", name,
				       users);
		if (users)
			return err_set(err, ERR_INPUT,
				       "Delete canceled. Cannot delete export %s as it is in use "
				       "by %s.",
				       name, users);
	}
	return 0;
}

static int check_free(struct hub *hub, const json_t *stack, const char *name, struct err *err)
{
	const json_t *other = hub_get(hub, STACK_EXPORT_KIND, name);
	const char *owner = json_str(other, "ExportingStackId");

	if (!other || str_eq(owner, stack_id(stack)))
		return 0;
	return err_set(err, ERR_INPUT, "Export with name %s is already exported by stack %s", name,
		       json_str_or(hub_get(hub, STACK_KIND, owner), "StackName", owner));
}

static int check_all_free(struct hub *hub, const json_t *stack, const json_t *outputs,
			  struct err *err)
{
	const json_t *output;
	size_t i;

	json_array_foreach(outputs, i, output)
	{
		const char *name = json_str(output, "ExportName");

		if (name && check_free(hub, stack, name, err) < 0)
			return -1;
	}
	return 0;
}

int stack_check_export_names(struct hub *hub, const json_t *stack, struct stack_plan *plan,
			     struct err *err)
{
	const json_t *values = plan->world.stack;
	OWN(json) json_t *outputs = NULL;
	int rc;

	plan->world.stack = NULL; /* names depend on no resource, and values are not there yet */
	rc = template_outputs(plan->eval, &outputs, err);
	plan->world.stack = values;
	if (rc < 0)
		return -1;
	return check_all_free(hub, stack, outputs, err);
}

int stack_check_exports(struct hub *hub, const json_t *stack, const json_t *outputs,
			struct err *err)
{
	if (check_all_free(hub, stack, outputs, err) < 0)
		return -1;
	return check_own(hub, stack, outputs, err);
}

void stack_put_exports(struct hub *hub, const json_t *stack, const json_t *outputs)
{
	const char *name;
	json_t *export;
	void *next;
	const json_t *output;
	size_t i;

	json_object_foreach_safe(
		hub_all(hub, STACK_EXPORT_KIND), next, name,
		export) if (str_eq(json_str(export, "ExportingStackId"), stack_id(stack)) &&
			    !output_exporting(outputs, name))
		hub_remove(hub, STACK_EXPORT_KIND, name);
	json_array_foreach(outputs, i, output)
	{
		const char *export_name = json_str(output, "ExportName");
		OWN(json) json_t *value = export_name ? json_object() : NULL;

		if (!value)
			continue;
		json_set_str(value, "ExportingStackId", stack_id(stack));
		json_set_str(value, "Name", export_name);
		json_set_str(value, "Value", json_str(output, "OutputValue"));
		hub_put(hub, STACK_EXPORT_KIND, export_name, value);
	}
}

char *stack_export_in_use(struct hub *hub, const json_t *stack)
{
	const char *name;
	json_t *export;

	json_object_foreach(hub_all(hub, STACK_EXPORT_KIND), name, export)
	{
		OWN(str) char *users = NULL;

		if (!str_eq(json_str(export, "ExportingStackId"), stack_id(stack)))
			continue;
		users = stack_importers(hub, name, stack);
		if (users)
			return str_dup(name);
	}
	return NULL;
}

int action_list_exports(struct hub *hub, struct call *c)
{
	json_t *list = json_array(), *export;
	const char *name;

	json_object_foreach(hub_all(hub, STACK_EXPORT_KIND), name, export)
		json_array_append(list, export);
	return stack_page(c, list, "Exports");
}

int action_list_imports(struct hub *hub, struct call *c)
{
	const char *name = json_str(c->in, "ExportName"), *id;
	json_t *list, *stack;

	if (!name || !*name)
		return call_fail(c, 400, "ValidationError",
				 "1 validation error detected: Value at 'exportName' failed to "
				 "satisfy constraint: Member must not be null");
	list = json_array();
	json_object_foreach(hub_all(hub, STACK_KIND), id, stack) if (imports(stack, name))
		json_add_str(list, stack_name(stack));
	if (!json_array_size(list)) {
		json_decref(list);
		return call_fail(c, 400, "ValidationError",
				 "Export '%s' is not imported by any stack.", name);
	}
	return stack_page(c, list, "Imports");
}
