/* The intrinsic functions that give values, and the table of all functions. */
#include <stdio.h>
#include <string.h>

#include "core/template/template-internal.h"

const char function_list[] =
	"[Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, "
	"Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, "
	"Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, "
	"Fn::Cidr]";

static const char join_shape[] = "Template error: every Fn::Join object requires two parameters, "
				 "(1) a string delimiter and (2) a "
				 "list of strings to be joined or a function that returns a list "
				 "of strings (such as Fn::GetAZs) "
				 "to be joined.";
static const char split_shape[] =
	"Template error: every Fn::Split object requires two parameters, (1) a string delimiter "
	"and (2) a "
	"string to be split or a function that returns a string to be split.";
static const char select_shape[] = "Template error: Fn::Select requires a list argument with two "
				   "elements: an integer index and a "
				   "list";
static const char sub_shape[] =
	"Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. "
	"Specify a string as first argument, and an optional second argument to specify a mapping "
	"of "
	"values to replace in the string";
static const char sub_value_shape[] = "Template error: every value of the context object of every "
				      "Fn::Sub object must be a string or a "
				      "function that returns a string";
static const char map_shape[] = "Template error: every Fn::FindInMap object requires three "
				"parameters, the map name, map key and "
				"the attribute for return value";
static const char att_shape[] = "Template error: every Fn::GetAtt object requires two non-empty "
				"parameters, the resource name and "
				"the resource attribute";
static const char base64_shape[] =
	"Template error: every Fn::Base64 object must have a String-typed value.";
static const char import_shape[] =
	"Template error: every Fn::ImportValue object must have a String-typed value.";

static int refuse(struct run *run, const char *sentence)
{
	return err_set(run->err, ERR_INPUT, "%s", sentence);
}

/* ---- taking arguments apart ------------------------------------------------------------------ */

int attribute_split(json_t *argument, struct attribute_reference *ret)
{
	const char *text = json_string_value(argument), *dot;

	*ret = (struct attribute_reference){ 0 };
	if (text) {
		dot = strchr(text, '.');
		if (!dot)
			return -1;
		ret->logical = text;
		ret->logical_len = (size_t)(dot - text);
		ret->attribute = dot + 1;
	} else {
		ret->logical = json_string_value(json_array_get(argument, 0));
		ret->node = json_array_get(argument, 1);
		ret->attribute = json_string_value(ret->node);
		if (json_array_size(argument) != 2 || !ret->logical ||
		    (!ret->attribute && !json_is_object(ret->node)))
			return -1;
		ret->logical_len = strlen(ret->logical);
	}
	return ret->logical_len && (!ret->attribute || *ret->attribute) ? 0 : -1;
}

int sub_split(json_t *argument, const char **ret_text, json_t **ret_map)
{
	json_t *text = json_is_array(argument) ? json_array_get(argument, 0) : argument;

	*ret_map = json_is_array(argument) ? json_array_get(argument, 1) : NULL;
	*ret_text = json_string_value(text);
	if (!*ret_text || (json_is_array(argument) &&
			   (json_array_size(argument) != 2 || !json_is_object(*ret_map))))
		return -1;
	return 0;
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == ':';
}

/* At "${": 1 and a variable, -1 when it is malformed, 0 when nothing closes it. */
static int sub_variable(const char *at, struct sub_part *ret)
{
	const char *close = strchr(at, '}');

	if (!close)
		return 0;
	*ret = (struct sub_part){ at + 2, (size_t)(close - at - 2), true };
	for (size_t i = 0; i < ret->len; i++)
		if (!name_char(ret->text[i]))
			return -1;
	return ret->len ? 1 : -1;
}

int sub_next(const char **cursor, struct sub_part *ret)
{
	const char *at = *cursor, *open;
	int variable = 0;

	if (!*at)
		return 0;
	if (at[0] != '$' || at[1] != '{') {
		open = strstr(at, "${");
		*ret = (struct sub_part){ at, open ? (size_t)(open - at) : strlen(at), false };
		*cursor = at + ret->len;
		return 1;
	}
	if (at[2] == '!') {
		*ret = (struct sub_part){ at, 2, false };
		*cursor = at + 3;
		return 1;
	}
	variable = sub_variable(at, ret);
	if (!variable)
		*ret = (struct sub_part){ at, strlen(at), false };
	*cursor = ret->text + ret->len + (variable > 0);
	return variable < 0 ? -1 : 1;
}

/* All members of an argument list; those not given stay NULL. */
struct arguments {
	json_t *value[4];
	size_t count;
	bool known;
};
static void own_drop_arguments(struct arguments *a)
{
	for (size_t i = 0; i < 4; i++)
		json_decref(a->value[i]);
}

static int arguments_run(struct run *run, json_t *list, struct arguments *ret)
{
	ret->count = json_array_size(list) < 4 ? json_array_size(list) : 4;
	ret->known = true;
	for (size_t i = 0; i < ret->count; i++) {
		if (run_value(run, json_array_get(list, i), &ret->value[i]) < 0)
			return -1;
		ret->known = ret->known && (!ret->value[i] || value_known(ret->value[i]));
	}
	return 0;
}

/* What a value adds to a text. A symbol's identity becomes part of the text's identity. */
static int spend_value(struct run *run, const json_t *value)
{
	const char *text =
		json_is_string(value) ? json_string_value(value) : json_str(value, "$symbol");

	return run_spend(run, text ? strlen(text) : 1);
}

/* ---- references ------------------------------------------------------------------------------ */

static int value_ref(struct run *run, json_t *argument, json_t **ret)
{
	const char *name = json_string_value(argument);

	if (!name)
		return refuse(run,
			      "Template format error: every Ref object must have a single String "
			      "value.");
	return run_ref(run, name, ret);
}

static int value_get_att(struct run *run, json_t *argument, json_t **ret)
{
	OWN(json) json_t *attribute = NULL;
	OWN(str) char *logical = NULL;
	OWN(buf) struct buf identity = { 0 };
	struct attribute_reference ref;

	if (attribute_split(argument, &ref) < 0)
		return refuse(run, att_shape);
	logical = str_dup_n(ref.logical, ref.logical_len);
	if (ref.attribute)
		return run_att(run, logical, ref.attribute, ret);
	if (run_value(run, ref.node, &attribute) < 0)
		return -1;
	if (json_is_string(attribute) && json_string_length(attribute))
		return run_att(run, logical, json_string_value(attribute), ret);
	if (!template_is_symbol(attribute))
		return refuse(run, att_shape);
	buf_printf(&identity, "%s.", logical);
	value_canonical(&identity, attribute);
	*ret = symbol_new(identity.data);
	return 0;
}

static int sub_reference(struct run *run, const char *name, json_t **ret)
{
	const char *dot = strchr(name, '.');
	OWN(str) char *logical = NULL;

	if (!dot)
		return run_ref(run, name, ret);
	logical = str_dup_n(name, (size_t)(dot - name));
	return run_att(run, logical, dot + 1, ret);
}

static int sub_part_add(struct run *run, const struct sub_part *part, json_t *map,
			struct concat *text)
{
	OWN(str) char *name = NULL;
	OWN(json) json_t *value = NULL;
	json_t *node;

	if (!part->variable) {
		concat_text(text, part->text, part->len);
		return run_spend(run, part->len);
	}
	name = str_dup_n(part->text, part->len);
	node = json_object_get(map, name);
	if ((node ? run_value(run, node, &value) : sub_reference(run, name, &value)) < 0)
		return -1;
	if (!value || concat_value(text, value) < 0)
		return refuse(run, sub_value_shape);
	return spend_value(run, value);
}

static int value_sub(struct run *run, json_t *argument, json_t **ret)
{
	OWN(concat) struct concat text = { 0 };
	struct sub_part part;
	const char *cursor;
	json_t *map;
	int more;

	if (sub_split(argument, &cursor, &map) < 0)
		return refuse(run, sub_shape);
	while ((more = sub_next(&cursor, &part)) > 0)
		if (sub_part_add(run, &part, map, &text) < 0)
			return -1;
	if (more < 0)
		return refuse(run,
			      "Template error: variable names in Fn::Sub syntax must contain only "
			      "alphanumeric characters, underscores, periods, and colons");
	*ret = concat_take(&text);
	return 0;
}

static int value_import(struct run *run, json_t *argument, json_t **ret)
{
	const struct template_world *world = run->e->world;
	OWN(json) json_t *name = NULL;
	OWN(str) char *identity = NULL;
	OWN(str) char *symbol = NULL;
	int known = TEMPLATE_UNKNOWN;

	if (run_value(run, argument, &name) < 0)
		return -1;
	if (template_is_symbol(name))
		identity = concat_identity(name);
	else if (json_is_string(name))
		identity = str_dup(json_string_value(name));
	else
		return refuse(run, import_shape);
	if (json_is_string(name) && world && world->import)
		known = world->import(world->ctx, identity, ret, run->err);
	if (known != TEMPLATE_UNKNOWN)
		return known;
	symbol = str_printf("import:%s", identity);
	*ret = symbol_new(symbol);
	return 0;
}

/* ---- texts and lists ------------------------------------------------------------------------- */

static int join_list(struct run *run, json_t *delimiter, json_t *list, json_t **ret)
{
	OWN(concat) struct concat text = { 0 };
	json_t *member;
	size_t i;

	json_array_foreach(list, i, member) {
		if (i && concat_value(&text, delimiter) < 0)
			return refuse(run, join_shape);
		if (concat_value(&text, member) < 0)
			return refuse(run, join_shape);
		if (spend_value(run, delimiter) < 0 || spend_value(run, member) < 0)
			return -1;
	}
	*ret = concat_take(&text);
	return 0;
}

static int value_join(struct run *run, json_t *argument, json_t **ret)
{
	OWN(arguments) struct arguments a = { 0 };

	if (arguments_run(run, argument, &a) < 0)
		return -1;
	if (!json_is_string(a.value[0]))
		return refuse(run, join_shape);
	if (json_is_array(a.value[1]))
		return join_list(run, a.value[0], a.value[1], ret);
	if (!template_is_symbol(a.value[1]))
		return refuse(run, join_shape);
	*ret = symbol_call("Fn::Join", a.value, 2);
	return 0;
}

static json_t *split_text(const char *text, const char *delimiter)
{
	json_t *list = json_array();
	const char *end;

	while ((end = strstr(text, delimiter))) {
		json_array_append_new(list, json_stringn(text, (size_t)(end - text)));
		text = end + strlen(delimiter);
	}
	json_add_str(list, text);
	return list;
}

/* Ids and attributes of resources have no commas and the like in them; ARNs have colons. */
static bool split_keeps(const json_t *symbol, const char *delimiter)
{
	const char *identity = json_str(symbol, "$symbol");

	return identity && !strpbrk(identity, ":(") && !json_object_get(symbol, "$if") &&
	       (!strcmp(delimiter, ",") || !strcmp(delimiter, ", ") || !strcmp(delimiter, ";") ||
		!strcmp(delimiter, "|") || !strcmp(delimiter, "||"));
}

/* "${A},${B}": the list of both, when no delimiter can be in what is not known. */
static json_t *split_parts(const json_t *parts, const char *delimiter)
{
	OWN(json) json_t *list = json_array();
	OWN(concat) struct concat text = { 0 };
	json_t *part, *piece;
	size_t i, k;

	json_array_foreach(parts, i, part) {
		OWN(json)
		json_t *pieces =
			json_is_string(part) ? split_text(json_string_value(part), delimiter)
					     : json_pack("[O]", part);

		if (!json_is_string(part) && !split_keeps(part, delimiter))
			return NULL;
		json_array_foreach(pieces, k, piece) {
			if (k) {
				json_array_append_new(list, concat_take(&text));
				own_drop_concat(&text);
				text = (struct concat){ 0 };
			}
			if (concat_value(&text, piece) < 0)
				return NULL;
		}
	}
	json_array_append_new(list, concat_take(&text));
	return GIVE(list);
}

static int value_split(struct run *run, json_t *argument, json_t **ret)
{
	OWN(arguments) struct arguments a = { 0 };
	OWN(str) char *text = NULL;
	json_t *parts;

	if (arguments_run(run, argument, &a) < 0)
		return -1;
	if (!json_is_string(a.value[0]) || !json_string_length(a.value[0]))
		return refuse(run, split_shape);
	if (template_is_symbol(a.value[1])) {
		parts = json_object_get(a.value[1], "$parts");
		*ret = parts ? split_parts(parts, json_string_value(a.value[0])) : NULL;
		if (!*ret)
			*ret = symbol_call("Fn::Split", a.value, 2);
		return 0;
	}
	text = scalar_text(a.value[1]);
	if (!text)
		return refuse(run, split_shape);
	if (run_spend(run, strlen(text) * 8) < 0)
		return -1;
	*ret = split_text(text, json_string_value(a.value[0]));
	return 0;
}

static int value_select(struct run *run, json_t *argument, json_t **ret)
{
	OWN(arguments) struct arguments a = { 0 };
	OWN(str) char *index = NULL;
	json_t *member;
	uint64_t at;

	if (arguments_run(run, argument, &a) < 0)
		return -1;
	index = template_is_symbol(a.value[0]) ? NULL : scalar_text(a.value[0]);
	if (template_is_symbol(a.value[0]) || template_is_symbol(a.value[1])) {
		/* "0" and 0 select the same */
		if (index && num_parse_u64(index, 0, UINT32_MAX, &at) == 0) {
			json_decref(a.value[0]);
			a.value[0] = json_integer((json_int_t)at);
		}
		*ret = symbol_call("Fn::Select", a.value, 2);
		return 0;
	}
	if (!json_is_array(a.value[1]) || num_parse_u64(index, 0, UINT32_MAX, &at) < 0)
		return refuse(run, select_shape);
	member = json_array_get(a.value[1], (size_t)at);
	if (!member)
		return err_set(
			run->err, ERR_INPUT,
			"Template error: Fn::Select cannot select nonexistent value at index %llu",
			(unsigned long long)at);
	*ret = json_incref(member);
	return 0;
}

static int value_base64(struct run *run, json_t *argument, json_t **ret)
{
	OWN(json) json_t *value = NULL;
	OWN(str) char *text = NULL;
	OWN(str) char *encoded = NULL;

	if (run_value(run, argument, &value) < 0)
		return -1;
	if (template_is_symbol(value)) {
		*ret = symbol_call("Fn::Base64", &value, 1);
		return 0;
	}
	text = scalar_text(value);
	if (!text)
		return refuse(run, base64_shape);
	if (run_spend(run, strlen(text)) < 0)
		return -1;
	encoded = base64_encode(text, strlen(text));
	*ret = json_string(encoded);
	return 0;
}

static json_t *zone_list(const char *const *zones)
{
	json_t *list = json_array();

	for (; *zones; zones++)
		json_add_str(list, *zones);
	return list;
}

static int value_get_azs(struct run *run, json_t *argument, json_t **ret)
{
	const struct template_world *world = run->e->world;
	OWN(json) json_t *region = NULL;
	OWN(json) json_t *own = NULL;
	bool ours;

	if (run_value(run, argument, &region) < 0 || run_ref(run, "AWS::Region", &own) < 0)
		return -1;
	if (!json_is_string(region) && !template_is_symbol(region))
		return refuse(run,
			      "Template error: every Fn::GetAZs object must have a String-typed "
			      "value.");
	ours = (json_is_string(region) && !json_string_length(region)) || json_equal(region, own);
	if (!ours && world && world->zones && json_is_string(region))
		return err_set(
			run->err, ERR_INPUT,
			"Template error: the availability zones of %s are not known to Fn::GetAZs",
			json_string_value(region));
	if (ours && world && world->zones)
		*ret = zone_list(world->zones);
	else
		*ret = symbol_call("Fn::GetAZs", ours ? &own : &region, 1);
	return 0;
}

/* ---- maps ------------------------------------------------------------------------------------ */

static int map_default(struct run *run, json_t *argument, json_t **ret)
{
	json_t *otherwise = json_object_get(json_array_get(argument, 3), "DefaultValue");

	return otherwise ? run_value(run, otherwise, ret) : 1;
}

static int value_find_in_map(struct run *run, json_t *argument, json_t **ret)
{
	char *key[3] = { NULL, NULL, NULL };
	OWN(arguments) struct arguments a = { 0 };
	const json_t *map;
	json_t *found;
	int result;

	for (size_t i = 0; i < 3; i++)
		if (run_value(run, json_array_get(argument, i), &a.value[i]) < 0)
			return -1;
	for (size_t i = 0; i < 3; i++) {
		if (template_is_symbol(a.value[i])) {
			*ret = symbol_call("Fn::FindInMap", a.value, 3);
			return 0;
		}
	}
	for (size_t i = 0; i < 3; i++)
		key[i] = scalar_text(a.value[i]);
	map = key[0] && key[1] && key[2] ? json_object_get(run->e->t->mappings, key[0]) : NULL;
	found = map ? json_object_get(json_object_get(map, key[1]), key[2]) : NULL;
	result = found ? run_value(run, found, ret) : map_default(run, argument, ret);
	if (result == 1 && (!key[0] || !key[1] || !key[2]))
		result = refuse(run, map_shape);
	else if (result == 1)
		result = err_set(run->err, ERR_INPUT,
				 "Template error: Unable to get mapping for %s::%s::%s", key[0],
				 key[1], key[2]);
	for (size_t i = 0; i < 3; i++)
		free(key[i]);
	return result;
}

/* ---- Fn::If ---------------------------------------------------------------------------------- */

/* Over an unknown condition: both branches in "$if", a removed one as null; one value when both
 * are equal. */
static int if_unknown(struct run *run, json_t *argument, json_t **ret)
{
	OWN(arguments) struct arguments a = { 0 };
	json_t *both;

	a.value[0] = symbol_new(json_string_value(json_array_get(argument, 0)));
	for (size_t i = 1; i < 3; i++)
		if (run_value(run, json_array_get(argument, i), &a.value[i]) < 0)
			return -1;
	if (a.value[1] == a.value[2] ||
	    (a.value[1] && a.value[2] && json_equal(a.value[1], a.value[2]))) {
		*ret = json_incref(a.value[1]);
		return 0;
	}
	*ret = symbol_call("Fn::If", a.value, 3);
	both = json_array();
	json_array_append(both, json_array_get(argument, 0));
	for (size_t i = 1; i < 3; i++)
		json_array_append_new(both, a.value[i] ? json_incref(a.value[i]) : json_null());
	json_object_set_new(*ret, "$if", both);
	return 0;
}

static int value_if(struct run *run, json_t *argument, json_t **ret)
{
	const char *name = json_string_value(json_array_get(argument, 0));
	int condition;

	if (!name)
		return refuse(run,
			      "Template error: Fn::If requires a condition's name as its first "
			      "element");
	if (run_condition(run, name, &condition) < 0)
		return -1;
	if (condition == TEMPLATE_COND_UNKNOWN)
		return if_unknown(run, argument, ret);
	return run_value(run, json_array_get(argument, condition ? 1 : 2), ret);
}

/* ---- AWS::LanguageExtensions ----------------------------------------------------------------- */

static int value_length(struct run *run, json_t *argument, json_t **ret)
{
	OWN(json) json_t *value = NULL;

	if (run_value(run, argument, &value) < 0)
		return -1;
	if (!json_is_array(value) && !template_is_symbol(value))
		return refuse(
			run, "Transform AWS::LanguageExtensions failed with: Fn::Length requires a "
			     "list or a function that returns a list");
	*ret = json_is_array(value) ? json_integer((json_int_t)json_array_size(value))
				    : symbol_call("Fn::Length", &value, 1);
	return 0;
}

static int value_to_json(struct run *run, json_t *argument, json_t **ret)
{
	OWN(json) json_t *value = NULL;
	OWN(str) char *text = NULL;

	if (run_value(run, argument, &value) < 0)
		return -1;
	if (!json_is_array(value) && !json_is_object(value))
		return refuse(run,
			      "Transform AWS::LanguageExtensions failed with: Fn::ToJsonString "
			      "requires an object or an array");
	if (!value_known(value)) {
		*ret = symbol_call("Fn::ToJsonString", &value, 1);
		return 0;
	}
	text = json_text(value);
	*ret = json_string(text);
	return run_spend(run, strlen(text));
}

/* ---- the table ------------------------------------------------------------------------------- */

#define BOOLEAN_LIST(name)                                                                         \
	"Template error: every " name                                                              \
	" object requires a list of at least 2 and at most 10 boolean parameters."
#define RULE_PAIR(name) "Template error: every " name " object requires a list of 2 parameters."

/* Sorted by name. Fn::Transform and Fn::ForEach are refused by name where they are met. */
/* clang-format off */
static const struct function functions[] = {
	{ "Condition", FUNCTION_TEST, 0, 0, NULL, NULL, test_named },
	{ "Fn::And", FUNCTION_TEST, 2, 10, BOOLEAN_LIST("Fn::And"), NULL, test_and },
	{ "Fn::Base64", FUNCTION_VALUE, 0, 0, base64_shape, value_base64, NULL },
	{ "Fn::Cidr", FUNCTION_VALUE, 3, 3, "Template error: every Fn::Cidr object requires three "
	  "parameters, (1) an IP address block, (2) the number of CIDRs, 1 to 256, and (3) the number of "
	  "subnet bits for each CIDR", value_cidr, NULL },
	{ "Fn::Contains", FUNCTION_TEST | FUNCTION_RULE, 2, 2, RULE_PAIR("Fn::Contains"), NULL,
	  test_contains },
	{ "Fn::EachMemberEquals", FUNCTION_TEST | FUNCTION_RULE, 2, 2, RULE_PAIR("Fn::EachMemberEquals"),
	  NULL, test_each_equals },
	{ "Fn::EachMemberIn", FUNCTION_TEST | FUNCTION_RULE, 2, 2, RULE_PAIR("Fn::EachMemberIn"), NULL,
	  test_each_in },
	{ "Fn::Equals", FUNCTION_TEST, 2, 2,
	  "Template error: every Fn::Equals object requires a list of 2 string parameters.", NULL,
	  test_equals },
	{ "Fn::FindInMap", FUNCTION_VALUE, 3, 4, map_shape, value_find_in_map, NULL },
	{ "Fn::GetAZs", FUNCTION_VALUE | FUNCTION_WORLD, 0, 0, NULL, value_get_azs, NULL },
	{ "Fn::GetAtt", FUNCTION_VALUE | FUNCTION_WORLD, 0, 0, att_shape, value_get_att, NULL },
	{ "Fn::If", FUNCTION_VALUE, 3, 3, "Template error: Fn::If requires a list argument with three "
	  "elements", value_if, NULL },
	{ "Fn::ImportValue", FUNCTION_VALUE | FUNCTION_WORLD, 0, 0, import_shape, value_import, NULL },
	{ "Fn::Join", FUNCTION_VALUE, 2, 2, join_shape, value_join, NULL },
	{ "Fn::Length", FUNCTION_VALUE | FUNCTION_EXTENSION, 0, 0, NULL, value_length, NULL },
	{ "Fn::Not", FUNCTION_TEST, 1, 1,
	  "Template error: every Fn::Not object requires one boolean parameter.", NULL, test_not },
	{ "Fn::Or", FUNCTION_TEST, 2, 10, BOOLEAN_LIST("Fn::Or"), NULL, test_or },
	{ "Fn::RefAll", FUNCTION_VALUE | FUNCTION_RULE, 0, 0, NULL, value_ref_all, NULL },
	{ "Fn::Select", FUNCTION_VALUE, 2, 2, select_shape, value_select, NULL },
	{ "Fn::Split", FUNCTION_VALUE, 2, 2, split_shape, value_split, NULL },
	{ "Fn::Sub", FUNCTION_VALUE, 0, 0, sub_shape, value_sub, NULL },
	{ "Fn::ToJsonString", FUNCTION_VALUE | FUNCTION_EXTENSION, 0, 0, NULL, value_to_json, NULL },
	{ "Fn::ValueOf", FUNCTION_VALUE | FUNCTION_RULE, 2, 2, RULE_PAIR("Fn::ValueOf"), value_of, NULL },
	{ "Fn::ValueOfAll", FUNCTION_VALUE | FUNCTION_RULE, 2, 2, RULE_PAIR("Fn::ValueOfAll"),
	  value_of_all, NULL },
	{ "Ref", FUNCTION_VALUE, 0, 0, NULL, value_ref, NULL },
};
/* clang-format on */

static int function_compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct function *)row)->name);
}

const struct function *function_find(const char *name)
{
	if (name[0] != 'F' && name[0] != 'R' && name[0] != 'C')
		return NULL;
	return bsearch(name, functions, sizeof(functions) / sizeof(functions[0]),
		       sizeof(functions[0]), function_compare);
}

const struct function *function_of(json_t *node, json_t **ret_argument)
{
	const struct function *function;
	void *member;

	if (json_object_size(node) != 1)
		return NULL;
	member = json_object_iter(node);
	function = function_find(json_object_iter_key(member));
	*ret_argument = json_object_iter_value(member);
	/* {"Condition": {...}} is part of a policy document, not a function. */
	if (function && function->test == test_named && !json_is_string(*ret_argument))
		return NULL;
	return function;
}
