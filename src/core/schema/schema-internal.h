/* The generated table as the reader sees it. Never leaves the room. */
#pragma once
#include "core/schema/schema.h"

struct schema_type {
	const char *name;
	size_t object;
	const char *attributes; /* one a line */
};

extern const char schema_data_version[];
extern const struct schema_property schema_properties[];
extern const struct schema_object schema_objects[];
extern const struct schema_type schema_types[]; /* by name */
extern const size_t schema_type_count;
extern const char *const schema_names[]; /* all types of the listed services, by name */
extern const size_t schema_name_count;
