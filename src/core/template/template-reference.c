/* What a part of the template refers to. */
#include <string.h>

#include "core/template/template-internal.h"

static const char *const pseudo_parameters[] = {
	"AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition",
	"AWS::Region",	  "AWS::StackId", "AWS::StackName",	   "AWS::URLSuffix",
};

bool pseudo_parameter(const char *name)
{
	if (!str_starts(name, "AWS::"))
		return false;
	for (size_t i = 0; i < sizeof(pseudo_parameters) / sizeof(pseudo_parameters[0]); i++)
		if (!strcmp(pseudo_parameters[i], name))
			return true;
	return false;
}

struct walk {
	const struct template_eval *e;
	reference_visit *visit;
	void *ctx;
	struct err *err;
};

static int walk_node(struct walk *w, json_t *node);

static int walk_children(struct walk *w, json_t *node)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach(node, key, member) if (walk_node(w, member) < 0) return -1;
	json_array_foreach(node, i, member) if (walk_node(w, member) < 0) return -1;
	return 0;
}

static int visit_name(struct walk *w, enum reference_kind kind, const char *name, size_t len)
{
	OWN(str) char *copy = str_dup_n(name, len);
	struct reference reference = { .kind = kind, .name = copy };

	return w->visit(w->ctx, &reference, w->err);
}

static int walk_get_att(struct walk *w, json_t *argument)
{
	struct attribute_reference ref;

	if (attribute_split(argument, &ref) < 0)
		return 0;
	if (visit_name(w, REFERENCE_ATT, ref.logical, ref.logical_len) < 0)
		return -1;
	return ref.attribute ? 0 : walk_node(w, ref.node);
}

static int walk_sub(struct walk *w, json_t *argument)
{
	const char *cursor;
	struct sub_part part;
	json_t *map;

	if (sub_split(argument, &cursor, &map) < 0)
		return 0;
	while (sub_next(&cursor, &part) > 0) {
		const char *dot;
		OWN(str) char *name = NULL;
		int result;

		if (!part.variable)
			continue;
		name = str_dup_n(part.text, part.len);
		if (json_object_get(map, name))
			continue;
		dot = memchr(part.text, '.', part.len);
		result = visit_name(w, dot ? REFERENCE_ATT : REFERENCE_REF, part.text,
				    dot ? (size_t)(dot - part.text) : part.len);
		if (result < 0)
			return -1;
	}
	return walk_children(w, map);
}

static int walk_if(struct walk *w, json_t *argument)
{
	const char *name = json_string_value(json_array_get(argument, 0));
	int condition = w->e && name ? condition_lookup(w->e, name) : TEMPLATE_COND_UNKNOWN;

	if (condition != 0 && walk_node(w, json_array_get(argument, 1)) < 0)
		return -1;
	return condition != 1 ? walk_node(w, json_array_get(argument, 2)) : 0;
}

static int walk_node(struct walk *w, json_t *node)
{
	json_t *argument = NULL;
	const struct function *function = function_of(node, &argument);
	struct reference import = { .kind = REFERENCE_IMPORT, .argument = argument };

	if (!function)
		return walk_children(w, node);
	if (!strcmp(function->name, "Ref"))
		return json_is_string(argument)
			       ? visit_name(w, REFERENCE_REF, json_string_value(argument),
					    json_string_length(argument))
			       : 0;
	if (!strcmp(function->name, "Fn::GetAtt"))
		return walk_get_att(w, argument);
	if (!strcmp(function->name, "Fn::Sub"))
		return walk_sub(w, argument);
	if (!strcmp(function->name, "Fn::If"))
		return walk_if(w, argument);
	if (!strcmp(function->name, "Fn::ImportValue")) {
		if (w->visit(w->ctx, &import, w->err) < 0)
			return -1;
		return walk_node(w, argument);
	}
	return walk_children(w, argument);
}

int reference_walk(const struct template_eval *e, json_t *node, reference_visit *visit, void *ctx,
		   struct err *err)
{
	struct walk w = { e, visit, ctx, err };

	return walk_node(&w, node);
}

int reference_walk_resource(const struct template_eval *e, json_t *resource, reference_visit *visit,
			    void *ctx, struct err *err)
{
	const char *key;
	json_t *member;

	json_object_foreach(resource, key, member)
	{
		if (!strcmp(key, "Type") || !strcmp(key, "DependsOn") || !strcmp(key, "Condition"))
			continue;
		if (reference_walk(e, member, visit, ctx, err) < 0)
			return -1;
	}
	return 0;
}
