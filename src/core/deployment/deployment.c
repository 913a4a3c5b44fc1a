/* Reading: every resource that is or may be present is evaluated once, then the typed objects. */
#include <string.h>

#include "core/deployment/deployment-internal.h"

void *list_grow(void *p, size_t count, size_t size)
{
	if (!(count & (count - 1)))
		p = mem_grow(p, count ? count * 2 : 1, size);
	memset((char *)p + count * size, 0, size);
	return p;
}

/* ---- resources ------------------------------------------------------------------------------- */

static int properties_read(struct deployment *d, size_t template, const char *logical,
			   const json_t *body, json_t **ret, struct err *err)
{
	const struct template_eval *eval = d->templates[template].eval;
	const json_t *source = json_object_get(body, "Properties");
	OWN(json) json_t *replaced = NULL;
	json_t *value = NULL;
	int result;

	if (d->template_count > 1)
		replaced = imports_replace(d, template, source);
	result = replaced ? template_value(eval, replaced, &value, err)
			  : template_properties(eval, logical, &value, err);
	if (result < 0)
		return err_in(err, "%s", logical);
	*ret = value ? value : json_object();
	return 0;
}

static void type_note(struct deployment *d, const char *type, size_t index)
{
	json_t *indexes = json_object_get(d->types, type);

	if (!indexes) {
		indexes = json_array();
		json_object_set_new(d->types, type, indexes);
	}
	json_array_append_new(indexes, json_integer((json_int_t)index));
}

/* Resources of the same name in nested stacks of one file are told apart by the stack's. */
static const char *label_of(struct deployment *d, size_t template, const char *logical)
{
	const struct nested_link *link = &d->nested[template];
	const char *file = template_name(d->templates[template].t);

	for (size_t i = 0; link->values && i < d->template_count; i++)
		if (i != template && d->nested[i].values &&
		    str_eq(template_name(d->templates[i].t), file))
			return text_keep(d, str_printf("%s/%s", link->logical, logical));
	return logical;
}

/* What a left out resource cannot be is nobody's loss: an error is no finding. */
static void absent_read(struct deployment *d, size_t template, const char *logical, const json_t *body)
{
	OWN(str) char *key = str_printf("%zu/%s", template, logical);
	struct err ignored = { 0 };
	json_t *properties = NULL;

	if (properties_read(d, template, logical, body, &properties, &ignored) < 0)
		return;
	value_mark(d, template, properties);
	json_object_set_new(d->absent, key, properties);
}

static int resource_read(struct deployment *d, size_t template, const char *logical,
			 const json_t *body, struct err *err)
{
	size_t index = d->resource_count;
	struct deployment_resource *r = &d->resources[index];
	const char *type = json_str_or(body, "Type", "");
	int present = template_present(d->templates[template].eval, logical);

	if (!present) {
		absent_read(d, template, logical, body);
		return 0;
	}
	if (properties_read(d, template, logical, body, &d->properties[index], err) < 0)
		return -1;
	value_mark(d, template, d->properties[index]);
	*r = (struct deployment_resource){ .template = template,
					   .logical = logical,
					   .label = label_of(d, template, logical),
					   .type = type,
					   .properties = d->properties[index],
					   .body = body,
					   .present = present };
	d->resource_count++;
	json_object_set_new(d->names[template], logical, json_integer((json_int_t)index));
	type_note(d, type, index);
	physical_index(d, r);
	arn_index(d, r);
	return 0;
}

static int template_read(struct deployment *d, size_t template, struct err *err)
{
	const struct template *t = d->templates[template].t;
	const char *logical;
	json_t *body;
	/* Only read, but jansson's iterators take it without const. */
	json_t *resources = (json_t *)(uintptr_t)template_resources(t);

	json_object_foreach(resources, logical, body) {
		if (resource_read(d, template, logical, body, err) < 0)
			return err_in(err, "%s", template_name(t) ? template_name(t) : "template");
	}
	return 0;
}

static int resources_read(struct deployment *d, struct err *err)
{
	size_t most = 0;

	for (size_t i = 0; i < d->template_count; i++)
		most += json_object_size(template_resources(d->templates[i].t));
	d->resources = mem_new(most + 1, sizeof(*d->resources));
	d->properties = mem_new(most + 1, sizeof(*d->properties));
	d->views = mem_new(most + 1, sizeof(*d->views));
	for (size_t i = 0; i < d->template_count; i++)
		if (template_read(d, i, err) < 0)
			return -1;
	return 0;
}

/* ---- a deployment ---------------------------------------------------------------------------- */

static struct deployment *deployment_new(const struct deployment_template *list, size_t count)
{
	struct deployment *d = NEW(struct deployment);

	d->templates = mem_new(count + 1, sizeof(*d->templates));
	d->names = mem_new(count + 1, sizeof(json_t *));
	d->nested = mem_new(count + 1, sizeof(*d->nested));
	d->template_count = count;
	for (size_t i = 0; i < count; i++) {
		d->templates[i] = list[i];
		d->names[i] = json_object();
	}
	d->types = json_object();
	d->absent = json_object();
	d->arns = json_object();
	d->physical = json_object();
	d->exports = json_object();
	d->scalars = json_object();
	d->outside = json_object();
	d->identities = json_array();
	return d;
}

/* Names first: the outputs of a template are marked by the resources it has. */
static void names_note(struct deployment *d)
{
	for (size_t i = 0; i < d->template_count; i++) {
		json_t *resources = (json_t *)(uintptr_t)template_resources(d->templates[i].t);
		const char *logical;
		json_t *body;

		json_object_foreach(resources, logical, body) {
			if (template_present(d->templates[i].eval, logical))
				json_object_set_new(d->names[i], logical, json_integer(-1));
		}
	}
}

/* All templates are evaluated for one account and region. */
static json_t *pseudo_parameter(const struct deployment *d, const char *name)
{
	OWN(json) json_t *node = json_pack("{s:s}", "Ref", name);
	json_t *value = NULL;
	struct err ignored = { 0 };

	if (!d->template_count ||
	    template_value(d->templates[0].eval, node, &value, &ignored) < 0)
		return NULL;
	return value;
}

const char *deployment_account(const struct deployment *d)
{
	return json_string_value(d->account);
}

const char *deployment_region(const struct deployment *d)
{
	return json_string_value(d->region);
}

int deployment_read(const struct deployment_template *list, size_t count, struct deployment **ret,
		    struct err *err)
{
	OWN(deployment) struct deployment *d = deployment_new(list, count);

	names_note(d);
	d->account = pseudo_parameter(d, "AWS::AccountId");
	d->region = pseudo_parameter(d, "AWS::Region");
	if (count > 1) {
		nested_link(d);
		nested_read(d);
		exports_read(d);
		nested_read(d); /* with what is imported */
	}
	if (resources_read(d, err) < 0)
		return -1;
	deployment_network_read(d);
	groups_read(d);
	endpoints_read(d);
	storage_read(d);
	roles_read(d);
	services_read(d);
	*ret = GIVE(d);
	return 0;
}

void deployment_free(struct deployment *d)
{
	if (!d)
		return;
	services_free(d);
	roles_free(d);
	storage_free(d);
	groups_free(d);
	deployment_network_free(d);
	for (size_t i = 0; d->properties && i < d->resource_count; i++)
		json_decref(d->properties[i]);
	for (size_t i = 0; i < d->template_count; i++)
		json_decref(d->names[i]);
	for (size_t i = 0; i < d->text_count; i++)
		free(d->texts[i]);
	json_decref(d->types);
	json_decref(d->account);
	json_decref(d->region);
	json_decref(d->absent);
	json_decref(d->arns);
	json_decref(d->physical);
	json_decref(d->exports);
	json_decref(d->scalars);
	json_decref(d->outside);
	json_decref(d->identities);
	nested_free(d);
	free(d->texts);
	free(d->names);
	free(d->views);
	free(d->properties);
	free(d->resources);
	free(d->templates);
	free(d);
}

/* ---- reading it out -------------------------------------------------------------------------- */

const struct deployment_resource *deployment_resources(const struct deployment *d,
						       size_t *ret_count)
{
	*ret_count = d->resource_count;
	return d->resources;
}

const struct deployment_resource *deployment_find(const struct deployment *d, size_t template,
						  const char *logical)
{
	const json_t *index = template <d->template_count &&logical
						? json_object_get(d->names[template], logical)
						: NULL;

	return json_integer_value(index) < 0 || !index ? NULL
						       : &d->resources[json_integer_value(index)];
}

const json_t *deployment_absent(const struct deployment *d, size_t template, const char *logical)
{
	OWN(str) char *key = str_printf("%zu/%s", template, logical);

	return json_object_get(d->absent, key);
}

char *deployment_pointer(const struct deployment_resource *r, const char *rest)
{
	if (!rest || !*rest)
		return str_printf("/Resources/%s", r->logical);
	return str_printf("/Resources/%s/Properties/%s", r->logical,
			  rest[0] == '/' ? rest + 1 : rest);
}

/* clang-format off */
#define ALL_OF(kind, list, member, count)                                                          \
	const struct deployment_##kind *const *deployment_##list(const struct deployment *d,       \
								 size_t *ret_count)                \
	{                                                                                          \
		*ret_count = d->count;                                                             \
		return (const struct deployment_##kind *const *)d->member;                         \
	}
ALL_OF(vpc, vpcs, vpcs, vpc_count)
ALL_OF(subnet, subnets, subnets, subnet_count)
ALL_OF(group, groups, groups, group_count)
ALL_OF(endpoint, endpoints, endpoints, endpoint_count)
ALL_OF(file_system, file_systems, systems, system_count)
ALL_OF(role, roles, roles, role_count)
ALL_OF(service, services, services, service_count)
/* clang-format on */
