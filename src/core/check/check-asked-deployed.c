/* The deployed template beside the one that is checked. */
#include "core/check/check-asked.h"

#include <string.h>

/* ---- both templates evaluated ------------------------------------------------------------ */

static json_t *declared_of(const struct template *t, const json_t *values)
{
	json_t *mine = json_object(), *declaration;
	const char *name;

	json_object_foreach(json_map(template_body(t), "Parameters"), name, declaration)
		if (json_object_get(values, name))
			json_object_set(mine, name, json_object_get(values, name));
	return mine;
}

static void add_resources(const struct template *t, const struct template_eval *e, json_t *to)
{
	const char *logical;
	json_t *one;

	json_object_foreach((json_t *)(uintptr_t)template_resources(t), logical, one) {
		OWN(json) json_t *properties = NULL;

		if (!template_present(e, logical) ||
		    template_properties(e, logical, &properties, NULL) < 0)
			continue;
		json_object_set_new(to, logical,
				    json_pack("{s:s,s:O}", "Type", json_str_or(one, "Type", ""),
					      "Properties", properties));
	}
}

static void add_exports(const struct template_eval *e, json_t *to)
{
	OWN(json) json_t *outputs = NULL;
	json_t *one;
	size_t i;

	if (template_outputs(e, &outputs, NULL) < 0)
		return;
	json_array_foreach(outputs, i, one)
		if (json_str(one, "ExportName"))
			json_object_set(to, json_str(one, "ExportName"),
					json_object_get(one, "OutputValue"));
}

static int evaluate(const struct template *t, const json_t *values, const char *stack_name,
		    json_t *resources, json_t *exports)
{
	struct template_world world = { .stack_name = stack_name };
	OWN(json) json_t *given = declared_of(t, values), *parameters = NULL;
	OWN(template_eval) struct template_eval *e = NULL;
	struct err err = { 0 };

	if (template_parameters(t, given, NULL, 0, &world, &parameters, &err) < 0 ||
	    template_eval_new(t, parameters, &world, &e, &err) < 0)
		return -1;
	add_resources(t, e, resources);
	add_exports(e, exports);
	return 0;
}

json_t *deployed_compare(const struct template *before, const json_t *then,
			 const struct template *after, const json_t *now, const char *stack_name)
{
	OWN(json) json_t *old = json_object(), *new = json_object();
	OWN(json) json_t *old_exports = json_object(), *new_exports = json_object();

	if (evaluate(before, then, stack_name, old, old_exports) < 0 ||
	    evaluate(after, now, stack_name, new, new_exports) < 0)
		return NULL;
	return json_pack("{s:O,s:O,s:O,s:O}", "before", old, "after", new, "exports_before",
			 old_exports, "exports_after", new_exports);
}

/* ---- values of the parameters -------------------------------------------------------------------
 */

/* A parameter's value in this run as the API would carry it, NULL: not known. Caller frees. */
static char *value_now(const struct deployment_template *t, const char *name)
{
	OWN(json) json_t *reference = json_pack("{s:s}", "Ref", name), *value = NULL;
	OWN(buf) struct buf text = { 0 };
	json_t *one;
	size_t i;

	if (template_value(t->eval, reference, &value, NULL) < 0 || !value)
		return NULL;
	if (json_is_string(value))
		return str_dup(json_string_value(value));
	if (json_is_integer(value))
		return json_text(value);
	if (!json_is_array(value))
		return NULL;
	json_array_foreach(value, i, one) {
		if (!json_is_string(one))
			return NULL;
		buf_str(&text, i ? "," : "");
		buf_str(&text, json_string_value(one));
	}
	return buf_take(&text);
}

static const json_t *stack_parameter(const json_t *stack, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(stack, "Parameters"), i, one)
		if (str_eq(json_str(one, "ParameterKey"), name))
			return one;
	return NULL;
}

/* "****" stands for a value that is not shown. */
static const char *shown(const json_t *parameter)
{
	const char *value = json_str(parameter, "ParameterValue");

	return value && (!*value || strspn(value, "*") != strlen(value)) ? value : NULL;
}

static json_t *values_before(const json_t *stack)
{
	json_t *values = json_object(), *one;
	size_t i;

	json_array_foreach(json_list(stack, "Parameters"), i, one)
		if (json_str(one, "ParameterKey"))
			json_set_str(values, json_str(one, "ParameterKey"), shown(one));
	return values;
}

/* A parameter that is not given keeps the value it has: a default alone changes nothing. One whose
 * value is not shown cannot be compared, so it has none on either side. */
static json_t *values_after(const struct deployment_template *t, const json_t *stack)
{
	json_t *values = json_object(), *declaration;
	const char *name;

	json_object_foreach(json_map(template_body(t->t), "Parameters"), name, declaration) {
		const json_t *then = stack_parameter(stack, name);
		OWN(str) char *now = NULL;

		if (str_starts(json_str_or(declaration, "Type", ""), "AWS::SSM::") ||
		    (then && !shown(then)))
			continue;
		now = value_now(t, name);
		if (then && (!now || str_eq(now, json_str(declaration, "Default"))))
			json_set_str(values, name, shown(then));
		else
			json_set_str(values, name, now);
		if (now)
			explicit_bzero(now, strlen(now));
	}
	return values;
}

/* ---- the stack ----------------------------------------------------------------------------------
 */

static struct asked ask_stack(struct check *c, size_t template)
{
	return ask(c, "cloudformation", "DescribeStacks",
		   json_pack("{s:s}", "StackName", check_stack_name(c, template)));
}

static struct asked ask_template(struct check *c, size_t template)
{
	return ask(c, "cloudformation", "GetTemplate",
		   json_pack("{s:s,s:s}", "StackName", check_stack_name(c, template),
			     "TemplateStage", "Processed"));
}

/* With what a transform made of it; some clients show JSON templates as an object. */
static struct template *parse(const struct asked *a)
{
	const json_t *body = json_object_get(a->answer, "TemplateBody");
	OWN(str) char *text = json_is_object(body) ? json_text(body) : NULL;
	const char *whole = text ? text : json_string_value(body);
	struct template *t = NULL;
	struct err err = { 0 };

	if (!whole || template_parse("deployed", whole, strlen(whole), &t, &err) < 0)
		return NULL;
	return t;
}

static json_t *compare(struct check *c, size_t template, const json_t *stack,
		       const struct asked *body)
{
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);
	OWN(template) struct template *before = parse(body);
	OWN(json) json_t *then = values_before(stack);
	OWN(json) json_t *now = values_after(&list[template], stack);

	return before ? deployed_compare(before, then, list[template].t, now,
					 check_stack_name(c, template))
		      : NULL;
}

static void drop_compared(void *value)
{
	json_decref(value);
}

/* Every rule about updates needs the comparison, and it costs two evaluations: it is made once. */
static const json_t *compared(struct check *c, size_t template, const json_t *stack,
			      const struct asked *body)
{
	static const char owner;
	size_t count;
	void **slot = check_memo(c, &owner, &check_templates(c, &count)[template], drop_compared);

	if (!*slot) {
		json_t *made = compare(c, template, stack, body);

		*slot = made ? made : json_null();
	}
	return json_is_object((const json_t *)*slot) ? *slot : NULL;
}

/* A stack that only has a change set, or is gone, has no resources. */
static bool is_empty_stack(const json_t *stack)
{
	const char *status = json_str_or(stack, "StackStatus", "");

	return !strcmp(status, "REVIEW_IN_PROGRESS") || !strcmp(status, "DELETE_COMPLETE");
}

static void say_unreadable(struct check *c, const struct check_finding *where,
			   const struct asked *body, const char *what)
{
	OWN(str) char *lookup = check_question_command(body->service, body->action, body->input);
	struct check_finding f = *where;

	f.severity = CHECK_UNKNOWN;
	f.lookup = lookup;
	check_add(c, &f, "%s is not known: the deployed template cannot be evaluated", what);
}

/* where NULL: refusals are not said. */
static struct deployed read_deployed(struct check *c, size_t template,
				     const struct check_finding *where, const char *what)
{
	struct deployed d = { .state = DEPLOYED_NOT_KNOWN };
	ASKED stack = { 0 };
	ASKED body = { 0 };

	if (!check_stack_name(c, template))
		return d;
	stack = ask_stack(c, template);
	d.stack = json_array_get(asked_list(&stack, "Stacks", NULL), 0);
	if (asked_absent(&stack) || (stack.state == CHECK_ANSWERED && is_empty_stack(d.stack)))
		d.state = DEPLOYED_NONE;
	else if (where && !asked_or_unknown(c, where, &stack, what))
		return d;
	if (d.state == DEPLOYED_NONE || !d.stack)
		return d;
	d.state = DEPLOYED_THERE;
	body = ask_template(c, template);
	if (body.state == CHECK_ANSWERED)
		d.compare = compared(c, template, d.stack, &body);
	if (where && asked_or_unknown(c, where, &body, what) && !d.compare)
		say_unreadable(c, where, &body, what);
	return d;
}

struct deployed deployed_of(struct check *c, size_t template)
{
	return read_deployed(c, template, NULL, NULL);
}

bool deployed_or_unknown(struct check *c, size_t template, const char *what, struct deployed *ret)
{
	struct check_finding where = { .pointer = "/Resources", .template = template };

	*ret = read_deployed(c, template, &where, what);
	return ret->compare != NULL;
}

/* ---- resources of both
 * --------------------------------------------------------------------------- */

const json_t *deployed_properties(const struct deployed *d, const char *side,
				  const struct deployment_resource *r)
{
	const json_t *one = json_map(json_map(d->compare, side), r->logical);

	return str_eq(json_str(one, "Type"), r->type) ? json_map(one, "Properties") : NULL;
}

bool deployed_changed(const struct deployed *d, const struct deployment_resource *r,
		      const char *property)
{
	const json_t *before = deployed_properties(d, "before", r);
	const json_t *after = deployed_properties(d, "after", r);

	if (!before || !after)
		return false;
	if (!property)
		return !json_equal(before, after);
	before = json_object_get(before, property);
	after = json_object_get(after, property);
	return before != after && (!before || !after || !json_equal(before, after));
}

bool deployed_has(const struct deployed *d, const struct deployment_resource *r)
{
	return deployed_properties(d, "before", r) != NULL;
}

bool deployed_listing(struct check *c, size_t template, struct asked *ret)
{
	if (deployed_of(c, template).state != DEPLOYED_THERE)
		return false;
	*ret = ask(c, "cloudformation", "ListStackResources",
		   json_pack("{s:s}", "StackName", check_stack_name(c, template)));
	return true;
}

const char *deployed_physical(struct check *c, size_t template, const char *logical)
{
	ASKED a = { 0 };
	json_t *one;
	size_t i;

	if (!deployed_listing(c, template, &a) || a.state != CHECK_ANSWERED)
		return NULL;
	json_array_foreach(asked_list(&a, "StackResourceSummaries", NULL), i, one)
		if (str_eq(json_str(one, "LogicalResourceId"), logical))
			return json_str(one, "PhysicalResourceId");
	return NULL;
}
