/* Evaluation: values of nodes, references, properties and outputs. */
#include <string.h>

#include "core/template/template-internal.h"

const char *block_name(enum block block)
{
	static const char *const names[] = { "Resources", "Outputs", "Conditions", "Rules" };

	return names[block];
}

int run_spend(struct run *run, size_t bytes)
{
	run->steps -= bytes < LIMIT_EVAL_STEPS ? (long)bytes + 1 : LIMIT_EVAL_STEPS;
	if (run->steps > 0)
		return 0;
	return err_set(run->err, ERR_LIMIT,
		       "Template error: the values of the template are too large");
}

/* ---- references ------------------------------------------------------------------------------ */

static json_t *text_or_symbol(const char *text, const char *name)
{
	return text ? json_string(text) : symbol_new(name);
}

static json_t *notification_arns(const struct template_world *world)
{
	json_t *list;

	if (!world->stack_id && !world->notification_arns)
		return symbol_new("AWS::NotificationARNs");
	list = json_array();
	for (size_t i = 0; world->notification_arns && world->notification_arns[i]; i++)
		json_add_str(list, world->notification_arns[i]);
	return list;
}

static json_t *pseudo_value(const struct template_world *world, const char *name)
{
	static const struct template_world nothing = { 0 };
	const struct template_world *w = world ? world : &nothing;
	const struct {
		const char *name, *value;
	} texts[] = {
		{ "AWS::AccountId", w->account },    { "AWS::Region", w->region },
		{ "AWS::Partition", w->partition },  { "AWS::URLSuffix", w->url_suffix },
		{ "AWS::StackName", w->stack_name }, { "AWS::StackId", w->stack_id },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(texts[i].name, name))
			return text_or_symbol(texts[i].value, name);
	return notification_arns(w);
}

static json_t *parameter_value(const struct template_eval *e, const char *name)
{
	json_t *value = json_object_get(e->values, name);
	OWN(str) char *identity = NULL;

	if (value)
		return json_is_string(value) ? json_incref(value) : json_deep_copy(value);
	identity = str_printf("param:%s", name);
	return symbol_new(identity);
}

/* CloudFormation's sentence for what is not in the template, or not under its conditions. */
static int unresolved(struct run *run, const char *name)
{
	return err_set(run->err, ERR_INPUT,
		       "%sUnresolved resource dependencies [%s] in the %s block of the template",
		       run->block == BLOCK_OUTPUTS ? "" : "Template format error: ", name,
		       block_name(run->block));
}

static int need_present(struct run *run, const char *logical)
{
	if (!json_object_get(run->e->t->resources, logical) ||
	    template_present(run->e, logical) == 0)
		return unresolved(run, logical);
	return 0;
}

/* Containers that the world gives may be its own; ours are changed when dynamic references are
 * resolved. */
static int take(int known, json_t **ret)
{
	json_t *copy;

	if (known == 0 && (json_is_array(*ret) || json_is_object(*ret))) {
		copy = json_deep_copy(*ret);
		json_decref(*ret);
		*ret = copy;
	}
	return known;
}

int run_ref(struct run *run, const char *name, json_t **ret)
{
	const struct template_world *world = run->e->world;
	int known = TEMPLATE_UNKNOWN;

	if (!strcmp(name, "AWS::NoValue")) {
		*ret = NULL;
		return 0;
	}
	if (pseudo_parameter(name)) {
		*ret = pseudo_value(world, name);
		return 0;
	}
	if (json_object_get(run->e->t->parameters, name)) {
		*ret = parameter_value(run->e, name);
		return 0;
	}
	if (need_present(run, name) < 0)
		return -1;
	if (world && world->ref)
		known = take(world->ref(world->ctx, name, ret, run->err), ret);
	if (known == TEMPLATE_UNKNOWN)
		*ret = symbol_new(name);
	return known < 0 ? -1 : 0;
}

/* An attribute that nobody knows, but that repeats a property: 1 when it is not such a one. */
static int repeated_property(struct run *run, const char *logical, const char *attribute,
			     json_t **ret)
{
	const json_t *resource = json_object_get(run->e->t->resources, logical);
	const char *property = type_attribute_property(json_str(resource, "Type"), attribute);
	json_t *node = property ? json_object_get(json_object_get(resource, "Properties"), property)
				: NULL;
	OWN(json) json_t *value = NULL;
	int result;

	if (!node || run->mirrors >= 8)
		return 1;
	run->mirrors++;
	result = run_value(run, node, &value);
	run->mirrors--;
	if (result < 0)
		return -1;
	if (!value)
		return 1;
	*ret = GIVE(value);
	return 0;
}

int run_att(struct run *run, const char *logical, const char *attribute, json_t **ret)
{
	const struct template_world *world = run->e->world;
	const char *type = json_str(json_object_get(run->e->t->resources, logical), "Type");
	OWN(str) char *identity = NULL;
	int known = TEMPLATE_UNKNOWN;

	if (need_present(run, logical) < 0)
		return -1;
	if (world && world->att)
		known = take(world->att(world->ctx, logical, attribute, ret, run->err), ret);
	if (known != TEMPLATE_UNKNOWN)
		return known;
	if (type && type_attribute_is_ref(type, attribute))
		return run_ref(run, logical, ret);
	known = repeated_property(run, logical, attribute, ret);
	if (known != 1)
		return known;
	identity = str_printf("%s.%s", logical, attribute);
	*ret = symbol_new(identity);
	return 0;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static int value_object(struct run *run, json_t *node, json_t **ret)
{
	OWN(json) json_t *object = json_object();
	const char *key;
	json_t *member;

	json_object_foreach(node, key, member)
	{
		json_t *value = NULL;

		if (run_value(run, member, &value) < 0)
			return -1;
		if (value && json_object_set_new_nocheck(object, key, value) < 0)
			abort();
	}
	*ret = GIVE(object);
	return 0;
}

static int value_array(struct run *run, json_t *node, json_t **ret)
{
	OWN(json) json_t *array = json_array();
	json_t *member;
	size_t i;

	json_array_foreach(node, i, member)
	{
		json_t *value = NULL;

		if (run_value(run, member, &value) < 0)
			return -1;
		if (value && json_array_append_new(array, value) < 0)
			abort();
	}
	*ret = GIVE(array);
	return 0;
}

static int value_function(struct run *run, const struct function *function, json_t *argument,
			  json_t **ret)
{
	int test;

	/* template_parse() checks the shapes; a node of another origin gets the same answer here.
	 */
	if (function->least && (json_array_size(argument) < function->least ||
				json_array_size(argument) > function->most))
		return err_set(run->err, ERR_INPUT, "%s", function->shape);
	if (function->value)
		return function->value(run, argument, ret);
	if (function->test(run, argument, &test) < 0)
		return -1;
	*ret = test == TEMPLATE_COND_UNKNOWN ? symbol_call(function->name, &argument, 1)
					     : json_boolean(test);
	return 0;
}

int run_value(struct run *run, json_t *node, json_t **ret)
{
	json_t *argument;
	const struct function *function;
	int result;

	if (!json_is_object(node) && !json_is_array(node)) {
		*ret = json_incref(node);
		return run_spend(run, 0);
	}
	if (++run->depth > LIMIT_EVAL_DEPTH)
		return err_set(run->err, ERR_LIMIT, "Template error: values are nested too deeply");
	if (run_spend(run, 0) < 0)
		return -1;
	function = function_of(node, &argument);
	/* {"Condition": "x"} is a function only where a truth value is wanted. */
	if (function && function->test == test_named)
		function = NULL;
	if (function)
		result = value_function(run, function, argument, ret);
	else
		result = json_is_array(node) ? value_array(run, node, ret)
					     : value_object(run, node, ret);
	run->depth--;
	return result;
}

/* ---- an evaluation --------------------------------------------------------------------------- */

/* The value that Ref gives: SSM parameters their looked-up one, lists a list. */
static json_t *declared_value(const json_t *declaration, const json_t *given)
{
	const char *type = json_str_or(declaration, "Type", "String");
	json_t *value = json_object_get(given, "ResolvedValue");

	if (!value)
		value = json_object_get(given, "Value");
	if (str_starts(type, "AWS::SSM::Parameter::Value<") &&
	    !json_object_get(given, "ResolvedValue"))
		return NULL;
	if (json_is_string(value) && parameter_is_list(type))
		return comma_split(json_string_value(value));
	return json_incref(value);
}

static json_t *declared_values(const struct template *t, const json_t *parameters)
{
	json_t *values = json_object();
	const char *name;
	json_t *declaration;

	json_object_foreach(t->parameters, name, declaration)
	{
		json_t *value = declared_value(declaration, json_object_get(parameters, name));

		if (value && json_object_set_new(values, name, value) < 0)
			abort();
	}
	return values;
}

struct template_eval *eval_start(const struct template *t, const json_t *parameters,
				 const struct template_world *world)
{
	struct template_eval *e = NEW(struct template_eval);

	e->t = t;
	e->world = world;
	e->values = declared_values(t, parameters);
	e->conditions = json_object();
	return e;
}

int template_eval_new(const struct template *t, const json_t *parameters,
		      const struct template_world *world, struct template_eval **ret,
		      struct err *err)
{
	OWN(template_eval) struct template_eval *e = eval_start(t, parameters, world);

	if (run_conditions(e, err) < 0 || run_rules(e, err) < 0)
		return -1;
	*ret = GIVE(e);
	return 0;
}

void template_eval_free(struct template_eval *e)
{
	if (!e)
		return;
	json_decref(e->values);
	json_decref(e->conditions);
	free(e);
}

int template_condition(const struct template_eval *e, const char *name)
{
	return condition_lookup(e, name);
}

int template_present(const struct template_eval *e, const char *logical)
{
	const json_t *resource = json_object_get(e->t->resources, logical);
	const char *condition = json_str(resource, "Condition");

	if (!resource)
		return 0;
	return condition ? condition_lookup(e, condition) : 1;
}

static struct run run_start(const struct template_eval *e, enum block block, struct err *err)
{
	return (struct run){ .e = e, .block = block, .steps = LIMIT_EVAL_STEPS, .err = err };
}

static int value_resolved(const struct template_eval *e, enum block block, json_t *node,
			  json_t **ret, struct err *err)
{
	struct run run = run_start(e, block, err);
	OWN(json) json_t *value = NULL;

	if (run_value(&run, node, &value) < 0 || dynamic_resolve(&run, &value) < 0)
		return -1;
	*ret = GIVE(value);
	return 0;
}

int template_value(const struct template_eval *e, const json_t *node, json_t **ret, struct err *err)
{
	/* The node is only read, but jansson's iterators take it without const. */
	return value_resolved(e, BLOCK_RESOURCES, (json_t *)(uintptr_t)node, ret, err);
}

int template_properties(const struct template_eval *e, const char *logical, json_t **ret,
			struct err *err)
{
	const json_t *resource = json_object_get(e->t->resources, logical);
	json_t *properties = json_object_get(resource, "Properties");
	json_t *value = NULL;

	if (!resource)
		return err_set(err, ERR_INPUT, "Resource %s does not exist in the template",
			       logical);
	if (properties && value_resolved(e, BLOCK_RESOURCES, properties, &value, err) < 0)
		return -1;
	*ret = value ? value : json_object();
	return 0;
}

/* ---- outputs --------------------------------------------------------------------------------- */

static int output_text(const struct template_eval *e, json_t *node, const char *name, json_t **ret,
		       struct err *err)
{
	OWN(json) json_t *value = NULL;
	OWN(str) char *text = NULL;

	if (value_resolved(e, BLOCK_OUTPUTS, node, &value, err) < 0)
		return -1;
	if (template_is_symbol(value)) {
		*ret = GIVE(value);
		return 0;
	}
	text = scalar_text(value);
	if (!text)
		return err_set(
			err, ERR_INPUT,
			"Template format error: The Value field of every Outputs member must "
			"evaluate to a String. (%s)",
			name);
	*ret = json_string(text);
	return 0;
}

static int output_export(const struct template_eval *e, json_t *output, const char *name,
			 json_t *result, json_t *exports, json_t *twice, struct err *err)
{
	json_t *node = json_object_get(json_object_get(output, "Export"), "Name");
	json_t *export = NULL;
	const char *text;

	if (!node)
		return 0;
	if (output_text(e, node, name, &export, err) < 0)
		return -1;
	if (json_object_set_new(result, "ExportName", export) < 0)
		abort();
	text = json_string_value(export);
	if (text && !export_name_wellformed(text))
		return err_set(err, ERR_INPUT,
			       "Template format error: Output %s is malformed. The Name field of "
			       "every Export "
			       "member must be specified and consist only of alphanumeric "
			       "characters, colons, "
			       "or hyphens.",
			       name);
	if (text && json_object_get(exports, text))
		json_object_set_new(twice, text, json_true());
	else if (text)
		json_object_set_new(exports, text, json_true());
	return 0;
}

static int output_add(const struct template_eval *e, const char *name, json_t *output, json_t *list,
		      json_t *exports, json_t *twice, struct err *err)
{
	const char *condition = json_str(output, "Condition");
	int present = condition ? condition_lookup(e, condition) : 1;
	OWN(json) json_t *result = json_object();
	json_t *value = NULL;

	if (present == 0)
		return 0;
	json_set_str(result, "OutputKey", name);
	if (output_text(e, json_object_get(output, "Value"), name, &value, err) < 0)
		return -1;
	json_object_set_new(result, "OutputValue", value);
	json_set_str(result, "Description", json_str(output, "Description"));
	if (present == TEMPLATE_COND_UNKNOWN)
		json_set_str(result, "Condition", condition);
	if (output_export(e, output, name, result, exports, twice, err) < 0)
		return -1;
	json_array_append(list, result);
	return 0;
}

static int refuse_twice(json_t *twice, struct err *err)
{
	OWN(buf) struct buf names = { 0 };
	const char *name;
	json_t *unused;

	if (!json_object_size(twice))
		return 0;
	json_object_foreach(twice, name, unused)
		buf_printf(&names, "%s%s", names.len ? ", " : "", name);
	return err_set(
		err, ERR_INPUT,
		"Template format error: The Outputs section contains duplicate Export names: [%s]. "
		"Specify a unique name for each export.",
		names.data);
}

int template_outputs(const struct template_eval *e, json_t **ret, struct err *err)
{
	OWN(json) json_t *list = json_array();
	OWN(json) json_t *exports = json_object();
	OWN(json) json_t *twice = json_object();
	const char *name;
	json_t *output;

	json_object_foreach(e->t->outputs, name,
			    output) if (output_add(e, name, output, list, exports, twice, err) <
					0) return -1;
	if (refuse_twice(twice, err) < 0)
		return -1;
	*ret = GIVE(list);
	return 0;
}
