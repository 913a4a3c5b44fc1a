/* Conditions and Rules: truth values that may be unknown. */
#include <string.h>

#include "core/template/template-internal.h"

int condition_lookup(const struct template_eval *e, const char *name)
{
	const json_t *value = json_object_get(e->conditions, name);

	return value ? (int)json_integer_value(value) : TEMPLATE_COND_UNKNOWN;
}

/* While a condition is worked out it counts as unknown, which also ends any cycle; template_parse()
 * refuses cycles. */
int run_condition(struct run *run, const char *name, int *ret)
{
	const struct template_eval *e = run->e;
	json_t *node = json_object_get(e->t->conditions, name);
	int value = TEMPLATE_COND_UNKNOWN;

	if (json_object_get(e->conditions, name)) {
		*ret = condition_lookup(e, name);
		return 0;
	}
	if (!node)
		return err_set(run->err, ERR_INPUT,
			       "Template error: unresolved condition dependency %s", name);
	json_set_int(e->conditions, name, TEMPLATE_COND_UNKNOWN);
	if (run_test(run, node, &value) < 0)
		return -1;
	json_set_int(e->conditions, name, value);
	*ret = value;
	return 0;
}

int run_test(struct run *run, json_t *node, int *ret)
{
	json_t *argument;
	const struct function *function = function_of(node, &argument);
	int result;

	if (json_is_boolean(node)) {
		*ret = json_is_true(node);
		return 0;
	}
	if (str_eq(json_string_value(node), "true") || str_eq(json_string_value(node), "false")) {
		*ret = !strcmp(json_string_value(node), "true");
		return 0;
	}
	if (!function || !function->test)
		return err_set(
			run->err, ERR_INPUT,
			"Template error: Conditions can only be boolean operations on parameters "
			"and other conditions");
	if (++run->depth > LIMIT_EVAL_DEPTH)
		return err_set(run->err, ERR_LIMIT,
			       "Template error: conditions are nested too deeply");
	result = function->test(run, argument, ret);
	run->depth--;
	return result;
}

/* The first member with the truth value `deciding` decides; else unknown, when any is. */
static int test_members(struct run *run, json_t *argument, int deciding, int *ret)
{
	int seen = !deciding;
	json_t *member;
	size_t i;

	json_array_foreach(argument, i, member)
	{
		int value;

		if (run_test(run, member, &value) < 0)
			return -1;
		if (value == deciding) {
			*ret = deciding;
			return 0;
		}
		if (value == TEMPLATE_COND_UNKNOWN)
			seen = TEMPLATE_COND_UNKNOWN;
	}
	*ret = seen;
	return 0;
}

int test_and(struct run *run, json_t *argument, int *ret)
{
	return test_members(run, argument, 0, ret);
}

int test_or(struct run *run, json_t *argument, int *ret)
{
	return test_members(run, argument, 1, ret);
}

int test_not(struct run *run, json_t *argument, int *ret)
{
	int value;

	if (run_test(run, json_array_get(argument, 0), &value) < 0)
		return -1;
	*ret = value == TEMPLATE_COND_UNKNOWN ? value : !value;
	return 0;
}

int test_named(struct run *run, json_t *argument, int *ret)
{
	return run_condition(run, json_string_value(argument), ret);
}

/* Numbers and truth values compare as their text; a symbol is equal to itself only. */
static int equal(json_t *a, json_t *b)
{
	OWN(str) char *text_a = scalar_text(a);
	OWN(str) char *text_b = scalar_text(b);
	OWN(buf) struct buf canonical_a = { 0 };
	OWN(buf) struct buf canonical_b = { 0 };

	if (text_a && text_b)
		return !strcmp(text_a, text_b);
	value_canonical(&canonical_a, a);
	value_canonical(&canonical_b, b);
	if (!strcmp(canonical_a.data, canonical_b.data))
		return 1;
	return value_known(a) && value_known(b) ? 0 : TEMPLATE_COND_UNKNOWN;
}

static int pair_values(struct run *run, json_t *argument, json_t **ret_a, json_t **ret_b)
{
	if (run_value(run, json_array_get(argument, 0), ret_a) < 0 ||
	    run_value(run, json_array_get(argument, 1), ret_b) < 0)
		return -1;
	return 0;
}

int test_equals(struct run *run, json_t *argument, int *ret)
{
	OWN(json) json_t *a = NULL;
	OWN(json) json_t *b = NULL;

	if (pair_values(run, argument, &a, &b) < 0)
		return -1;
	*ret = equal(a, b);
	return 0;
}

/* ---- rule functions -------------------------------------------------------------------------- */

static int contains(json_t *list, json_t *value)
{
	int found = 0;
	json_t *member;
	size_t i;

	if (!json_is_array(list))
		return template_is_symbol(list) ? TEMPLATE_COND_UNKNOWN : equal(list, value);
	json_array_foreach(list, i, member)
	{
		int same = equal(member, value);

		if (same == 1)
			return 1;
		if (same == TEMPLATE_COND_UNKNOWN)
			found = same;
	}
	return found;
}

int test_contains(struct run *run, json_t *argument, int *ret)
{
	OWN(json) json_t *list = NULL;
	OWN(json) json_t *value = NULL;

	if (pair_values(run, argument, &list, &value) < 0)
		return -1;
	*ret = contains(list, value);
	return 0;
}

/* Every member of list a is equal to b, or (in_list) occurs in list b. */
static int test_each(struct run *run, json_t *argument, bool in_list, int *ret)
{
	OWN(json) json_t *a = NULL;
	OWN(json) json_t *b = NULL;
	json_t *member;
	size_t i;

	if (pair_values(run, argument, &a, &b) < 0)
		return -1;
	*ret = json_is_array(a) ? 1 : TEMPLATE_COND_UNKNOWN;
	json_array_foreach(a, i, member)
	{
		int one = in_list ? contains(b, member) : equal(member, b);

		if (one != 1)
			*ret = one;
		if (one == 0)
			return 0;
	}
	return 0;
}

int test_each_equals(struct run *run, json_t *argument, int *ret)
{
	return test_each(run, argument, false, ret);
}

int test_each_in(struct run *run, json_t *argument, int *ret)
{
	return test_each(run, argument, true, ret);
}

/* The values of all parameters of a type, lists opened; `attribute`: of what they name. */
static int of_type(struct run *run, const char *type, const char *attribute, json_t **ret);

static int attribute_of(struct run *run, const char *parameter, const char *id,
			const char *attribute, json_t **ret)
{
	const struct template_world *world = run->e->world;
	OWN(json) json_t *value = NULL;
	OWN(str) char *identity = NULL;
	int known = TEMPLATE_UNKNOWN;

	if (id && world && world->value_of)
		known = world->value_of(world->ctx, id, attribute, &value, run->err);
	if (known < 0)
		return -1;
	identity = str_printf("Fn::ValueOf(%s,%s)", parameter, attribute);
	*ret = known == 0 ? GIVE(value) : symbol_new(identity);
	return 0;
}

static int append_member(struct run *run, const char *parameter, json_t *member,
			 const char *attribute, json_t *list)
{
	json_t *value = NULL;

	if (!attribute)
		value = json_incref(member);
	else if (attribute_of(run, parameter, json_string_value(member), attribute, &value) < 0)
		return -1;
	if (json_array_append_new(list, value) < 0)
		abort();
	return 0;
}

static int append_parameter(struct run *run, const char *name, const char *attribute, json_t *list)
{
	OWN(json) json_t *value = NULL;
	json_t *member;
	size_t i;

	if (run_ref(run, name, &value) < 0)
		return -1;
	if (!json_is_array(value))
		return append_member(run, name, value, attribute, list);
	json_array_foreach(value, i, member) if (append_member(run, name, member, attribute, list) <
						 0) return -1;
	return 0;
}

static int of_type(struct run *run, const char *type, const char *attribute, json_t **ret)
{
	OWN(json) json_t *list = json_array();
	const char *name;
	json_t *declaration;

	json_object_foreach(run->e->t->parameters, name, declaration)
	{
		const char *own = json_str(declaration, "Type");
		size_t len = strlen(type);
		bool list_of = str_starts(own, "List<") && !strncmp(own + 5, type, len) &&
			       !strcmp(own + 5 + len, ">");

		if ((str_eq(own, type) || list_of) &&
		    append_parameter(run, name, attribute, list) < 0)
			return -1;
	}
	*ret = GIVE(list);
	return 0;
}

int value_ref_all(struct run *run, json_t *argument, json_t **ret)
{
	const char *type = json_string_value(argument);

	return of_type(run, type ? type : "", NULL, ret);
}

int value_of_all(struct run *run, json_t *argument, json_t **ret)
{
	const char *type = json_string_value(json_array_get(argument, 0));
	const char *attribute = json_string_value(json_array_get(argument, 1));

	return of_type(run, type ? type : "", attribute ? attribute : "", ret);
}

int value_of(struct run *run, json_t *argument, json_t **ret)
{
	const char *name = json_string_value(json_array_get(argument, 0));
	const char *attribute = json_string_value(json_array_get(argument, 1));
	OWN(json) json_t *list = json_array();

	if (append_parameter(run, name ? name : "", attribute ? attribute : "", list) < 0)
		return -1;
	*ret = json_array_size(list) == 1 ? json_incref(json_array_get(list, 0)) : GIVE(list);
	return 0;
}

/* ---- sections -------------------------------------------------------------------------------- */

int run_conditions(struct template_eval *e, struct err *err)
{
	const char *name;
	json_t *node;

	json_object_foreach(e->t->conditions, name, node)
	{
		struct run run = {
			.e = e, .block = BLOCK_CONDITIONS, .steps = LIMIT_EVAL_STEPS, .err = err
		};
		int value;

		if (run_condition(&run, name, &value) < 0)
			return -1;
	}
	return 0;
}

static int run_assertions(struct run *run, const char *rule, json_t *assertions)
{
	json_t *assertion;
	size_t i;

	json_array_foreach(assertions, i, assertion)
	{
		const char *text =
			json_str_or(assertion, "AssertDescription", "an assertion is false");
		int value;

		if (run_test(run, json_object_get(assertion, "Assert"), &value) < 0)
			return -1;
		if (value == 0)
			return err_set(run->err, ERR_INPUT, "Rule %s failed: %s", rule, text);
	}
	return 0;
}

/* A rule that depends on what is not known does not stop anything. */
int run_rules(struct template_eval *e, struct err *err)
{
	const char *name;
	json_t *rule;

	json_object_foreach(e->t->rules, name, rule)
	{
		struct run run = {
			.e = e, .block = BLOCK_RULES, .steps = LIMIT_EVAL_STEPS, .err = err
		};
		json_t *when = json_object_get(rule, "RuleCondition");
		int value = 1;

		if (when && run_test(&run, when, &value) < 0)
			return -1;
		if (value == 1 &&
		    run_assertions(&run, name, json_object_get(rule, "Assertions")) < 0)
			return -1;
	}
	return 0;
}
