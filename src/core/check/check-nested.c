/* T04, T05: what the templates name and nobody gave. */
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
