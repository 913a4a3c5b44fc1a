/* What becomes of a resource under new properties. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

static bool same(const json_t *a, const json_t *b)
{
	return a == b || (a && b && json_equal(a, b));
}

/* replace_on names a property, or with dots a part of one. */
bool stack_replaces(const struct resource_kind *kind, const char *property, const json_t *old,
		    const json_t *new)
{
	size_t len = strlen(property);

	for (const char *const *name = kind ? kind->replace_on : NULL; name && *name; name++) {
		if (strncmp(*name, property, len) != 0)
			continue;
		if (!(*name)[len])
			return true;
		if ((*name)[len] == '.' && !same(json_path(old, *name), json_path(new, *name)))
			return true;
	}
	return false;
}

static enum stack_verdict compare_properties(const struct resource_kind *kind, const json_t *old,
					     const json_t *new)
{
	enum stack_verdict verdict = STACK_SAME;
	const char *key;
	json_t *value;

	if (same(old, new))
		return STACK_SAME;
	json_object_foreach((json_t *)(uintptr_t) new, key, value)
	{
		if (same(json_object_get(old, key), value))
			continue;
		if (stack_replaces(kind, key, old, new))
			return STACK_REPLACE;
		verdict = STACK_MODIFY;
	}
	json_object_foreach((json_t *)(uintptr_t)old, key, value)
	{
		if (json_object_get(new, key))
			continue;
		if (stack_replaces(kind, key, old, new))
			return STACK_REPLACE;
		verdict = STACK_MODIFY;
	}
	return verdict;
}

static bool takes_tags(const struct resource_kind *kind)
{
	for (const char *const *name = kind ? kind->allowed : NULL; name && *name; name++)
		if (!strcmp(*name, "Tags"))
			return true;
	return false;
}

enum stack_verdict stack_compare(const struct resource_kind *kind, const json_t *record,
				 const json_t *properties, const struct template *t,
				 bool tags_changed)
{
	const char *logical = json_str(record, "LogicalResourceId");
	const char *status = json_str_or(record, "ResourceStatus", "");
	const json_t *metadata;
	enum stack_verdict verdict;

	if (!record || stack_record_gone(record) || !strcmp(status, "CREATE_FAILED"))
		return STACK_CREATE;
	verdict = compare_properties(kind, json_map(record, "Properties"), properties);
	if (verdict != STACK_SAME)
		return verdict;
	/* the template behind the URL of a nested stack may be another one now */
	if (str_eq(json_str(record, "ResourceType"), STACK_TYPE))
		return STACK_MODIFY;
	if ((tags_changed && takes_tags(kind)) || !strcmp(status, "UPDATE_FAILED"))
		return STACK_MODIFY;
	metadata = json_object_get(template_resource(t, logical), "Metadata");
	if (!same(json_object_get(record, "Metadata"), metadata) ||
	    !str_eq(json_str(record, "DeletionPolicy"), template_deletion_policy(t, logical)) ||
	    !str_eq(json_str(record, "UpdateReplacePolicy"), template_replace_policy(t, logical)))
		return STACK_TOUCH;
	return STACK_SAME;
}

bool stack_tags_differ(const json_t *a, const json_t *b)
{
	size_t count = json_array_size(a);

	return count != json_array_size(b) || (count && !json_equal(a, b));
}
