/* What the templates name and nobody gave. T04: what is behind a TemplateURL. T05: a task definition of elsewhere.
 * And nested stacks. G23: parameters that only one side knows. G15: outputs that are not there. */
#include "core/check/check-g.h"
#include "core/check/check-internal.h"

#include <string.h>

#include "base/str.h"

/* How to get it, as far as the template tells. */
static char *lookup_of(const struct check *c, const struct deployment_resource *r)
{
	const json_t *url = json_object_get(r->properties, "TemplateURL");
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);
	const char *parent = template_name(list[r->template].t);
	OWN(str) char *file = deployment_nested_file(r->body);

	return str_printf("the template behind %s (aws s3 cp): mpcup check %s %s",
			  json_is_string(url) ? json_string_value(url) : "its TemplateURL",
			  parent ? parent : "TEMPLATE", file ? file : "NESTED");
}

void check_t04(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	size_t count;
	const struct deployment_resource *r = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		OWN(str) char *lookup = NULL;

		if (strcmp(r[i].type, "AWS::CloudFormation::Stack") != 0 ||
		    deployment_nested_given(d, &r[i]))
			continue;
		lookup = lookup_of(c, &r[i]);
		check_add(c,
			  &(struct check_finding){ .severity = CHECK_UNKNOWN,
						   .resource = &r[i],
						   .property = "TemplateURL",
						   .lookup = lookup },
			  "The template of the nested stack %s was not given: nothing is known of "
			  "what it deploys.",
			  r[i].logical);
	}
}

void check_t05(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	size_t count;
	const struct deployment_service *const *list = deployment_services(d, &count);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_resource *r = list[i]->resource;
		const char *name = r ? deployment_text(d, json_object_get(r->properties, "TaskDefinition"))
				     : NULL;
		OWN(str) char *lookup = NULL;

		if (!r || (list[i]->task && list[i]->task->resource) ||
		    !json_object_get(r->properties, "TaskDefinition"))
			continue;
		lookup = str_printf("aws ecs describe-task-definition --task-definition %s",
				    name && *name ? name : "NAME");
		check_add(c,
			  &(struct check_finding){ .severity = CHECK_UNKNOWN,
						   .resource = r,
						   .property = "TaskDefinition",
						   .service = list[i],
						   .lookup = lookup },
			  "The task definition of service %s is in no template of the call: nothing is "
			  "known of what it runs.",
			  r->logical);
	}
}

/* ---- G23 ------------------------------------------------------------------------------------- */

#define STACK_TYPE "AWS::CloudFormation::Stack"

static void see_passed(struct check *c, const struct deployment_resource *r, const json_t *declared,
		       const json_t *passed)
{
	const char *name;
	json_t *one;

	json_object_foreach((json_t *)(uintptr_t)passed, name, one) {
		OWN(str) char *place = str_printf("Parameters/%s", name);

		if (!json_object_get(declared, name))
			check_add(c,
				  &(struct check_finding){ .severity = CHECK_FAIL,
							   .resource = r,
							   .property = place },
				  "%s passes the parameter %s, which its template does not declare",
				  r->logical, name);
	}
	json_object_foreach((json_t *)(uintptr_t)declared, name, one) {
		OWN(str) char *remedy = str_printf("\"%s\": <its value> in Parameters of %s", name,
						   r->logical);

		if (!json_object_get(one, "Default") && !json_object_get(passed, name))
			check_add(c,
				  &(struct check_finding){ .severity = CHECK_FAIL,
							   .resource = r,
							   .property = "Parameters",
							   .remedy = remedy },
				  "%s does not pass the parameter %s, which has no default in its "
				  "template",
				  r->logical, name);
	}
}

void check_nested_parameters(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	size_t count;
	const struct deployment_resource *r = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		const json_t *passed = json_object_get(r[i].properties, "Parameters");
		const struct template *child = strcmp(r[i].type, STACK_TYPE)
						       ? NULL
						       : deployment_nested_of(d, &r[i]);

		if (child && !(passed && template_is_symbol(passed)))
			see_passed(c, &r[i], json_map(template_body(child), "Parameters"), passed);
	}
}

/* ---- G15 ------------------------------------------------------------------------------------- */

struct reading {
	struct check *c;
	size_t template;
	const struct deployment_resource *resource; /* whose text is read; NULL: the outputs */
	char *pointer;				    /* of the output */
};

/* "Stack.Outputs.Name" of `len` bytes. */
static void see_output(struct reading *at, const char *text, size_t len)
{
	const struct deployment *d = check_deployment(at->c);
	OWN(str) char *name = str_dup_n(text, len);
	char *output = strstr(name, ".Outputs.");
	const struct deployment_resource *stack;
	const struct template *child;

	if (!output)
		return;
	*output = '\0';
	output += strlen(".Outputs.");
	stack = deployment_find(d, at->template, name);
	child = stack ? deployment_nested_of(d, stack) : NULL;
	if (child && !json_object_get(json_map(template_body(child), "Outputs"), output))
		check_add(at->c,
			  &(struct check_finding){ .severity = CHECK_FAIL,
						   .resource = at->resource,
						   .pointer = at->pointer,
						   .template = at->template,
						   .second = stack },
			  "The template of the nested stack %s has no output %s.", name, output);
}

static void see_outputs(struct reading *at, json_t *node, unsigned depth)
{
	const json_t *att = json_list(node, "Fn::GetAtt"), *sub = json_object_get(node, "Fn::Sub");
	const char *text = json_str(node, "Fn::GetAtt"), *key;
	OWN(str) char *joined = NULL;
	json_t *member;
	size_t i;

	if (depth > 64)
		return;
	if (json_array_size(att) == 2 && json_is_string(json_array_get(att, 0)) &&
	    json_is_string(json_array_get(att, 1)))
		text = joined = str_printf("%s.%s", json_string_value(json_array_get(att, 0)),
					   json_string_value(json_array_get(att, 1)));
	if (text)
		see_output(at, text, strlen(text));
	text = json_string_value(json_is_array(sub) ? json_array_get(sub, 0) : sub);
	for (const char *p = text; p && (p = strstr(p, "${")); p += 2)
		see_output(at, p + 2, strcspn(p + 2, "}"));
	json_object_foreach(node, key, member)
		see_outputs(at, member, depth + 1);
	json_array_foreach(node, i, member)
		see_outputs(at, member, depth + 1);
}

static bool has_nested(const struct deployment *d)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(r[i].type, STACK_TYPE) && deployment_nested_given(d, &r[i]))
			return true;
	return false;
}

void check_nested_outputs(struct check *c)
{
	size_t count, templates;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);
	const struct deployment_template *list = check_templates(c, &templates);

	if (!has_nested(check_deployment(c)))
		return;
	for (size_t i = 0; i < count; i++)
		see_outputs(&(struct reading){ .c = c, .template = r[i].template, .resource = &r[i] },
			    (json_t *)(uintptr_t)r[i].body, 0);
	for (size_t i = 0; i < templates; i++) {
		json_t *outputs = json_map(template_body(list[i].t), "Outputs"), *one;
		const char *key;

		json_object_foreach(outputs, key, one) {
			OWN(str) char *pointer = str_printf("/Outputs/%s/Value", key);

			see_outputs(&(struct reading){ .c = c, .template = i, .pointer = pointer },
				    one, 0);
		}
	}
}
