/* Looking things up in the generated table. */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "core/schema/schema-internal.h"

const char *schema_version(void)
{
	return schema_data_version;
}

static int by_type_name(const void *key, const void *row)
{
	return strcmp(key, ((const struct schema_type *)row)->name);
}

const struct schema_type *schema_type(const char *name)
{
	return bsearch(name, schema_types, schema_type_count, sizeof(schema_types[0]),
		       by_type_name);
}

const struct schema_object *schema_type_object(const struct schema_type *type)
{
	return &schema_objects[type->object];
}

const struct schema_object *schema_nested(const struct schema_property *property)
{
	return property->object < 0 ? NULL : &schema_objects[property->object];
}

const struct schema_property *schema_property_at(const struct schema_object *object, size_t index)
{
	return &schema_properties[object->first + index];
}

static int by_property_name(const void *key, const void *row)
{
	return strcmp(key, ((const struct schema_property *)row)->name);
}

const struct schema_property *schema_property(const struct schema_object *object, const char *name)
{
	return bsearch(name, schema_properties + object->first, object->count,
		       sizeof(schema_properties[0]), by_property_name);
}

const struct schema_property *schema_property_path(const struct schema_type *type, const char *path)
{
	const struct schema_object *object = schema_type_object(type);
	const struct schema_property *property = NULL;

	while (*path) {
		size_t len = strcspn(path, "/");
		OWN(str) char *step = str_dup_n(path, len);

		path += len + (path[len] == '/');
		if (property && property->shape != SCHEMA_PLAIN &&
		    strspn(step, "0123456789") == len)
			continue;
		property = object ? schema_property(object, step) : NULL;
		if (!property)
			return NULL;
		object = schema_nested(property);
	}
	return property;
}

/* Whether one of the lines is `text`. */
static bool has_line(const char *lines, const char *text)
{
	size_t len = strlen(text);

	while (lines && *lines) {
		size_t line = strcspn(lines, "\n");

		if (line == len && !memcmp(lines, text, len))
			return true;
		lines += line + (lines[line] == '\n');
	}
	return false;
}

bool schema_attribute(const struct schema_type *type, const char *attribute)
{
	OWN(str) char *first = str_dup_n(attribute, strcspn(attribute, "."));

	if (!strcmp(type->name, "AWS::CloudFormation::Stack") && str_starts(attribute, "Outputs."))
		return true;
	return has_line(type->attributes, attribute) ||
	       (strchr(attribute, '.') && has_line(type->attributes, first));
}

bool schema_allows(const struct schema_property *property, const char *value)
{
	return !property->allowed || has_line(property->allowed, value);
}

/* ---- suggestions ----------------------------------------------------------------------------- */

/* A third of a name may differ, three letters at most. */
static unsigned patience(const char *name)
{
	size_t len = strlen(name) / 3;

	return len > 3 ? 3 : len < 1 ? 1 : (unsigned)len;
}

struct nearest {
	const char *wanted;
	unsigned distance; /* of the best so far; above patience at first */
};

/* Case alone is no distance: "fileSystemId" for "FilesystemId". */
static bool nearer(struct nearest *n, const char *candidate)
{
	unsigned distance = strcasecmp(n->wanted, candidate)
				    ? str_distance(n->wanted, candidate, n->distance)
				    : 0;

	if (distance >= n->distance)
		return false;
	n->distance = distance;
	return true;
}

static const char *nearest_line(const char *lines, const char *wanted, size_t *ret_len)
{
	struct nearest n = { wanted, patience(wanted) + 1 };
	const char *best = NULL;

	while (lines && *lines) {
		size_t len = strcspn(lines, "\n");
		OWN(str) char *line = str_dup_n(lines, len);

		if (nearer(&n, line)) {
			best = lines;
			*ret_len = len;
		}
		lines += len + (lines[len] == '\n');
	}
	return best;
}

const char *schema_suggest_property(const struct schema_object *object, const char *name)
{
	struct nearest n = { name, patience(name) + 1 };
	const char *best = NULL;

	for (size_t i = 0; i < object->count; i++)
		if (nearer(&n, schema_property_at(object, i)->name))
			best = schema_property_at(object, i)->name;
	return best;
}

const char *schema_suggest_attribute(const struct schema_type *type, const char *name,
				     size_t *ret_len)
{
	return nearest_line(type->attributes, name, ret_len);
}

const char *schema_suggest_value(const struct schema_property *property, const char *value,
				 size_t *ret_len)
{
	return nearest_line(property->allowed, value, ret_len);
}

/* ---- names of types -------------------------------------------------------------------------- */

static int by_text(const void *key, const void *row)
{
	return strcmp(key, *(const char *const *)row);
}

/* "AWS::EC2::" of "AWS::EC2::Vpc" */
static bool service_listed(const char *name)
{
	const char *end = str_starts(name, "AWS::") ? strstr(name + 5, "::") : NULL;
	OWN(str) char *service = end ? str_dup_n(name, (size_t)(end + 2 - name)) : NULL;

	for (size_t i = 0; service && i < schema_name_count; i++)
		if (str_starts(schema_names[i], service))
			return true;
	return false;
}

int schema_type_exists(const char *name)
{
	if (bsearch(name, schema_names, schema_name_count, sizeof(schema_names[0]), by_text))
		return SCHEMA_TYPE_EXISTS;
	return service_listed(name) ? SCHEMA_TYPE_ABSENT : SCHEMA_NOT_LISTED;
}

const char *schema_suggest_type(const char *name)
{
	struct nearest n = { name, patience(name) + 1 };
	const char *best = NULL;

	for (size_t i = 0; i < schema_name_count; i++)
		if (nearer(&n, schema_names[i]))
			best = schema_names[i];
	return best;
}
