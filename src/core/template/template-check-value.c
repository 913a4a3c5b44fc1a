/* Checks below a resource, output, condition or rule: functions have their shape and stand where
 * they may, references lead somewhere, nothing is null. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/template/template-internal.h"

int check_fail(struct check *c, const char *fmt, ...)
{
	char sentence[sizeof(c->err->text)];
	struct template_location at = { 0, 0 };
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	if (c->t->name)
		at = template_locate(c->t, c->pointer.len ? c->pointer.data : "");
	return location_error(c->t->name, at, c->err, "%s", sentence);
}

size_t pointer_enter(struct buf *pointer, const char *key)
{
	size_t mark = pointer->len;

	buf_char(pointer, '/');
	if (!strpbrk(key, "~/")) {
		buf_str(pointer, key);
		return mark;
	}
	for (; *key; key++) {
		if (*key == '~' || *key == '/')
			buf_str(pointer, *key == '~' ? "~0" : "~1");
		else
			buf_char(pointer, *key);
	}
	return mark;
}

size_t check_enter(struct check *c, const char *key)
{
	return pointer_enter(&c->pointer, key);
}

size_t check_enter_index(struct check *c, size_t index)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%zu", index);
	return check_enter(c, text);
}

void check_leave(struct check *c, size_t mark)
{
	c->pointer.len = mark;
	c->pointer.data[mark] = '\0';
}

static const char *pointer_text(const struct check *c)
{
	return c->pointer.len ? c->pointer.data : "/";
}

/* ---- references ------------------------------------------------------------------------------ */

void check_note_unresolved(struct check *c, const char *name)
{
	if (!c->unresolved)
		c->unresolved = json_object();
	if (!c->unresolved_pointer)
		c->unresolved_pointer = str_dup(pointer_text(c));
	if (json_object_set_new(c->unresolved, name, json_true()) < 0)
		abort();
}

int check_unresolved(struct check *c)
{
	OWN(buf) struct buf names = { 0 };
	const char *name;
	json_t *unused;

	if (!json_object_size(c->unresolved))
		return 0;
	json_object_foreach(c->unresolved, name, unused)
	{
		if (names.len > 600) {
			buf_str(&names, ", ...");
			break;
		}
		buf_printf(&names, "%s%s", names.len ? ", " : "", name);
	}
	c->pointer.len = 0;
	buf_str(&c->pointer, c->unresolved_pointer);
	if (c->block == BLOCK_CONDITIONS || c->block == BLOCK_RULES)
		return check_fail(
			c,
			"Template format error: Unresolved dependencies [%s]. Cannot reference "
			"resources in the %s block of the template",
			names.data, block_name(c->block));
	return check_fail(c,
			  "%sUnresolved resource dependencies [%s] in the %s block of the template",
			  c->block == BLOCK_OUTPUTS ? "" : "Template format error: ", names.data,
			  block_name(c->block));
}

static bool resource_block(const struct check *c)
{
	return c->block == BLOCK_RESOURCES || c->block == BLOCK_OUTPUTS;
}

static void check_name(struct check *c, const char *name)
{
	if (pseudo_parameter(name) || json_object_get(c->t->parameters, name))
		return;
	if (resource_block(c) && json_object_get(c->t->resources, name))
		return;
	check_note_unresolved(c, name);
}

static int check_ref(struct check *c, json_t *argument)
{
	if (!json_is_string(argument) || !json_string_length(argument))
		return check_fail(
			c, "Template format error: every Ref object must have a single String "
			   "value.");
	check_name(c, json_string_value(argument));
	return 0;
}

static int check_get_att(struct check *c, const struct function *function, json_t *argument)
{
	struct attribute_reference ref;
	OWN(str) char *logical = NULL;

	if (attribute_split(argument, &ref) < 0)
		return check_fail(c, "%s", function->shape);
	logical = str_dup_n(ref.logical, ref.logical_len);
	if (!json_object_get(c->t->resources, logical))
		return check_fail(
			c,
			"Template error: instance of Fn::GetAtt references undefined resource %s",
			logical);
	return ref.attribute ? 0 : check_value(c, ref.node);
}

static int check_sub_name(struct check *c, const char *name)
{
	const char *dot = strchr(name, '.');
	OWN(str) char *logical = NULL;

	if (!dot) {
		check_name(c, name);
		return 0;
	}
	logical = str_dup_n(name, (size_t)(dot - name));
	if (resource_block(c) && dot[1] && json_object_get(c->t->resources, logical))
		return 0;
	return check_fail(
		c, "Template error: instance of Fn::Sub references invalid resource attribute %s",
		name);
}

static int check_members(struct check *c, json_t *node);

static int check_sub(struct check *c, const struct function *function, json_t *argument)
{
	struct sub_part part;
	const char *cursor;
	json_t *map;
	int more;

	if (sub_split(argument, &cursor, &map) < 0)
		return check_fail(c, "%s", function->shape);
	while ((more = sub_next(&cursor, &part)) > 0) {
		OWN(str) char *name = part.variable ? str_dup_n(part.text, part.len) : NULL;

		if (name && !json_object_get(map, name) && check_sub_name(c, name) < 0)
			return -1;
	}
	if (more < 0)
		return check_fail(
			c, "Template error: variable names in Fn::Sub syntax must contain only "
			   "alphanumeric characters, underscores, periods, and colons");
	return map ? check_members(c, map) : 0;
}

/* ---- maps, conditions ------------------------------------------------------------------------ */

static int check_map_names(struct check *c, json_t *argument)
{
	const char *map = json_string_value(json_array_get(argument, 0));
	const char *top = json_string_value(json_array_get(argument, 1));
	const char *second = json_string_value(json_array_get(argument, 2));
	const json_t *names = map ? json_object_get(c->t->mappings, map) : NULL, *keys = NULL;
	bool otherwise = json_array_size(argument) == 4;

	if (map && !names && !otherwise)
		return check_fail(
			c,
			"Template error: Mapping named '%s' is not present in the 'Mappings' "
			"section of template.",
			map);
	keys = names && top ? json_object_get(names, top) : NULL;
	if (!names || otherwise || !top)
		return 0;
	if (!keys || (second && !json_object_get(keys, second)))
		return check_fail(c, "Template error: Unable to get mapping for %s::%s::%s", map,
				  top, second ? second : "");
	return 0;
}

static int check_map(struct check *c, const struct function *function, json_t *argument)
{
	json_t *otherwise = json_array_get(argument, 3);

	if (otherwise && !c->t->extensions)
		return check_fail(c, "%s", function->shape);
	if (otherwise &&
	    (json_object_size(otherwise) != 1 || !json_object_get(otherwise, "DefaultValue")))
		return check_fail(
			c, "Template error: the fourth parameter of Fn::FindInMap must be an "
			   "object with DefaultValue");
	if (check_map_names(c, argument) < 0)
		return -1;
	return check_members(c, argument);
}

static int check_condition_name(struct check *c, json_t *name, const char *where)
{
	const char *text = json_string_value(name);

	if (!text)
		return check_fail(c, "Template error: %s requires the name of a condition", where);
	if (!json_object_get(c->t->conditions, text))
		return check_fail(c, "Template error: unresolved condition dependency %s in %s",
				  text, where);
	return 0;
}

static int check_if(struct check *c, json_t *argument)
{
	for (size_t i = 1; i < 3; i++) {
		size_t mark = check_enter_index(c, i);
		int result = check_value(c, json_array_get(argument, i));

		check_leave(c, mark);
		if (result < 0)
			return -1;
	}
	return check_condition_name(c, json_array_get(argument, 0), "Fn::If");
}

/* ---- functions ------------------------------------------------------------------------------- */

/* Names of exports and imports must be known before anything is created. */
static int visit_resource_name(void *ctx, const struct reference *reference, struct err *err)
{
	const struct check *c = ctx;

	(void)err;
	if (reference->kind != REFERENCE_REF || json_object_get(c->t->resources, reference->name))
		return -1;
	return 0;
}

static int check_import(struct check *c, const struct function *function, json_t *argument)
{
	if (!json_is_string(argument) && !json_is_object(argument))
		return check_fail(c, "%s", function->shape);
	if (reference_walk(NULL, argument, visit_resource_name, c, NULL) < 0)
		return check_fail(
			c, "Template error: the attribute in Fn::ImportValue must not depend on "
			   "any resources, imported values, or Fn::GetAZs");
	return check_value(c, argument);
}

static int check_length_argument(struct check *c, json_t *argument)
{
	if (!json_is_array(argument) && !json_is_object(argument))
		return check_fail(
			c, "Transform AWS::LanguageExtensions failed with: Fn::Length requires a "
			   "list or a function that returns a list");
	return check_value(c, argument);
}

/* A literal first member: what CloudFormation wants of delimiters. */
static int check_delimiter(struct check *c, const struct function *function, json_t *argument)
{
	if (!json_is_string(json_array_get(argument, 0)) ||
	    (!strcmp(function->name, "Fn::Split") &&
	     !json_string_length(json_array_get(argument, 0))))
		return check_fail(c, "%s", function->shape);
	return check_members(c, argument);
}

static int check_value_of(struct check *c, const struct function *function, json_t *argument)
{
	const char *name = json_string_value(json_array_get(argument, 0));

	if (!name || !json_is_string(json_array_get(argument, 1)))
		return check_fail(c, "%s", function->shape);
	if (!strcmp(function->name, "Fn::ValueOf") && !json_object_get(c->t->parameters, name))
		check_note_unresolved(c, name);
	return 0;
}

static int check_argument(struct check *c, const struct function *function, json_t *argument)
{
	const char *name = function->name;

	if (!strcmp(name, "Ref"))
		return check_ref(c, argument);
	if (!strcmp(name, "Fn::GetAtt"))
		return check_get_att(c, function, argument);
	if (!strcmp(name, "Fn::Sub"))
		return check_sub(c, function, argument);
	if (!strcmp(name, "Fn::If"))
		return check_if(c, argument);
	if (!strcmp(name, "Fn::FindInMap"))
		return check_map(c, function, argument);
	if (!strcmp(name, "Fn::ImportValue"))
		return check_import(c, function, argument);
	if (!strcmp(name, "Fn::Join") || !strcmp(name, "Fn::Split"))
		return check_delimiter(c, function, argument);
	if (!strcmp(name, "Fn::Base64") && (json_is_array(argument)))
		return check_fail(c, "%s", function->shape);
	if (!strcmp(name, "Fn::Length"))
		return check_length_argument(c, argument);
	if (!strcmp(name, "Fn::ValueOf") || !strcmp(name, "Fn::ValueOfAll"))
		return check_value_of(c, function, argument);
	return check_value(c, argument);
}

int check_unsupported(struct check *c, const char *name)
{
	if (str_starts(name, "Fn::ForEach") && !c->t->extensions)
		return check_fail(
			c, "Template format error: Fn::ForEach needs a transform; add the line "
			   "\"Transform: AWS::LanguageExtensions\" at the top level of the template");
	if (str_starts(name, "Fn::ForEach"))
		return check_fail(
			c, "Transform AWS::LanguageExtensions failed with: Fn::ForEach can stand in "
			   "Conditions, Resources and Outputs only, as Fn::ForEach::Name");
	if (!strcmp(name, "Fn::Transform"))
		return check_fail(
			c, "Fn::Transform is not supported here: macros and AWS::Include are not "
			   "run; expand the template first");
	return check_fail(
		c,
		"Template Error: Encountered unsupported function: %s Supported functions are: "
		"%s",
		name, function_list);
}

static int check_place(struct check *c, const struct function *function)
{
	const char *name = function->name;

	if ((function->flags & FUNCTION_EXTENSION) && !c->t->extensions)
		return check_unsupported(c, name);
	if ((function->flags & FUNCTION_RULE) && c->block != BLOCK_RULES)
		return check_fail(c, "Template error: %s can only be used in the Rules section",
				  name);
	if ((function->flags & FUNCTION_TEST) && resource_block(c))
		return check_fail(c, "Template error: %s cannot be partially collapsed", name);
	if ((function->flags & FUNCTION_WORLD) && !resource_block(c))
		return check_fail(c, "Template error: Cannot use %s in %s.", name,
				  block_name(c->block));
	return 0;
}

static int check_function(struct check *c, const struct function *function, json_t *argument)
{
	size_t mark = check_enter(c, function->name);
	int result;

	if (function->least && (json_array_size(argument) < function->least ||
				json_array_size(argument) > function->most))
		return check_fail(c, "%s", function->shape);
	result = check_place(c, function);
	if (result == 0)
		result = check_argument(c, function, argument);
	check_leave(c, mark);
	return result;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static int check_member(struct check *c, const char *key, json_t *member, bool alone)
{
	size_t mark = check_enter(c, key);
	int result;

	if (str_starts(key, "Fn::")) {
		if (alone || str_starts(key, "Fn::ForEach") || !function_find(key))
			return check_unsupported(c, key);
		return check_fail(
			c,
			"Template error: a function must be the only member of its object, "
			"%s is not",
			key);
	}
	result = check_value(c, member);
	check_leave(c, mark);
	return result;
}

static int check_members(struct check *c, json_t *node)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach(node, key,
			    member) if (check_member(c, key, member, json_object_size(node) == 1) <
					0) return -1;
	json_array_foreach(node, i, member)
	{
		size_t mark;
		int result;

		/* Most members of lists are texts; they need no pointer. */
		if (!json_is_object(member) && !json_is_array(member) && !json_is_null(member))
			continue;
		mark = check_enter_index(c, i);
		result = check_value(c, member);
		check_leave(c, mark);
		if (result < 0)
			return -1;
	}
	return 0;
}

int check_value(struct check *c, json_t *node)
{
	const struct function *function;
	json_t *argument = NULL;

	if (json_is_null(node))
		return check_fail(c, "[%s] 'null' values are not allowed in templates",
				  pointer_text(c));
	if (!json_is_object(node) && !json_is_array(node))
		return 0;
	function = function_of(node, &argument);
	/* Only where a truth value is wanted is {"Condition": "x"} a function: check_test(). */
	if (function && function->test == test_named)
		function = NULL;
	return function ? check_function(c, function, argument) : check_members(c, node);
}

static int check_tests(struct check *c, json_t *list)
{
	json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		size_t mark = check_enter_index(c, i);
		int result = check_test(c, member);

		check_leave(c, mark);
		if (result < 0)
			return -1;
	}
	return 0;
}

int check_test(struct check *c, json_t *node)
{
	json_t *argument = NULL;
	const struct function *function = function_of(node, &argument);
	size_t mark;
	int result;

	if (json_is_boolean(node) || (c->block == BLOCK_RULES && json_is_string(node) &&
				      (!strcmp(json_string_value(node), "true") ||
				       !strcmp(json_string_value(node), "false"))))
		return 0;
	if (json_object_size(node) == 1 && !function &&
	    str_starts(json_object_iter_key(json_object_iter(node)), "Fn::"))
		return check_unsupported(c, json_object_iter_key(json_object_iter(node)));
	if (!function || !function->test)
		return check_fail(
			c, "Template format error: Conditions can only be boolean operations on "
			   "parameters and other conditions");
	if (function->test == test_named)
		return check_condition_name(c, argument, block_name(c->block));
	if (function->test != test_and && function->test != test_or && function->test != test_not)
		return check_value(c, node);
	mark = check_enter(c, function->name);
	if (json_array_size(argument) < function->least ||
	    json_array_size(argument) > function->most)
		return check_fail(c, "%s", function->shape);
	result = check_tests(c, argument);
	check_leave(c, mark);
	return result;
}
