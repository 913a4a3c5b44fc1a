/* What CloudFormation's public resource schemas say about the resource types of this domain: a
 * constant table, generated (tools/generate-schema). Pure; everything borrowed and valid for ever.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Version of the package that the table was made from. */
const char *schema_version(void);

enum schema_kind {
	SCHEMA_ANY, /* documents, unions: not described further */
	SCHEMA_STRING,
	SCHEMA_INTEGER,
	SCHEMA_NUMBER,
	SCHEMA_BOOLEAN,
	SCHEMA_OBJECT,
};
enum schema_shape { SCHEMA_PLAIN, SCHEMA_LIST, SCHEMA_MAP };

struct schema_property {
	const char *name;
	enum schema_kind kind; /* of one element when shape is no PLAIN */
	enum schema_shape shape;
	bool required, create_only; /* create_only: a change replaces the resource */
	int object;		    /* SCHEMA_OBJECT: for schema_nested(); else -1 */
	const char *allowed;	    /* values, one a line; NULL: not limited */
};
struct schema_object {
	const char *name;
	size_t first, count;
};
struct schema_type;

/* NULL: the table does not describe it. */
const struct schema_type *schema_type(const char *name);
/* The properties of a type. */
const struct schema_object *schema_type_object(const struct schema_type *type);
/* The properties of a member that is an object; NULL when it is none. */
const struct schema_object *schema_nested(const struct schema_property *property);
/* Property number `index` (below count). */
const struct schema_property *schema_property_at(const struct schema_object *object, size_t index);
/* By name, case counts; NULL: none. */
const struct schema_property *schema_property(const struct schema_object *object, const char *name);
/* "NetworkConfiguration/AwsvpcConfiguration/Subnets"; numbers (items of lists) are passed over.
 * NULL: no such property, or below one that is not described. */
const struct schema_property *schema_property_path(const struct schema_type *type,
						   const char *path);
/* Whether Fn::GetAtt of the type gives this ("Arn", "Outputs.Url" of a nested stack). */
bool schema_attribute(const struct schema_type *type, const char *attribute);
bool schema_allows(const struct schema_property *property, const char *value);

/* Nearest spelling; NULL when nothing is near. */
const char *schema_suggest_property(const struct schema_object *object, const char *name);
/* The attribute's text ends at a line feed or NUL: *ret_len. */
const char *schema_suggest_attribute(const struct schema_type *type, const char *name,
				     size_t *ret_len);
/* Same for a value of the property. */
const char *schema_suggest_value(const struct schema_property *property, const char *value,
				 size_t *ret_len);

/* Whether AWS has the resource type. Only the services of this domain are listed: SCHEMA_NOT_LISTED
 * for others. */
enum { SCHEMA_TYPE_ABSENT, SCHEMA_TYPE_EXISTS, SCHEMA_NOT_LISTED };
int schema_type_exists(const char *name);
const char *schema_suggest_type(const char *name);
