/* Who needs whom among the resources: dependencies, order, cycles, imports. */
#include <string.h>

#include "core/template/template-internal.h"

struct needs {
	const struct template *t;
	const struct template_eval *e; /* NULL: whatever the conditions */
	const char *logical;
	json_t *found; /* logical ids as keys */
};

static int need(struct needs *n, const char *name)
{
	if (json_object_get(n->t->resources, name) &&
	    json_object_set_new(n->found, name, json_true()) < 0)
		abort();
	return 0;
}

/* A reference to what the conditions took away cannot be resolved. */
static int visit_need(void *ctx, const struct reference *reference, struct err *err)
{
	struct needs *n = ctx;

	if (reference->kind == REFERENCE_IMPORT)
		return 0;
	if (n->e && json_object_get(n->t->resources, reference->name) &&
	    template_present(n->e, reference->name) == 0)
		return err_set(
			err, ERR_INPUT,
			"Template format error: Unresolved resource dependencies [%s] in the "
			"Resources block of the template",
			reference->name);
	return need(n, reference->name);
}

static void need_depends_on(struct needs *n, const json_t *name)
{
	const char *text = json_string_value(name);

	if (text && (!n->e || template_present(n->e, text) != 0))
		need(n, text);
}

static int needs_of(struct needs *n, struct err *err)
{
	json_t *resource = json_object_get(n->t->resources, n->logical);
	json_t *depends_on = json_object_get(resource, "DependsOn"), *name;
	size_t i;

	if (!json_is_array(depends_on))
		need_depends_on(n, depends_on);
	json_array_foreach(depends_on, i, name) need_depends_on(n, name);
	return reference_walk_resource(n->e, resource, visit_need, n, err);
}

int template_dependencies(const struct template_eval *e, const char *logical, json_t **ret,
			  struct err *err)
{
	OWN(json) json_t *found = json_object();
	struct needs n = { e->t, e, logical, found };
	const char *name;
	json_t *unused, *list;

	if (!json_object_get(e->t->resources, logical))
		return err_set(err, ERR_INPUT, "Resource %s does not exist in the template",
			       logical);
	if (needs_of(&n, err) < 0)
		return -1;
	list = json_array();
	json_object_foreach(found, name, unused) json_add_str(list, name);
	*ret = list;
	return 0;
}

static size_t ordinal(const struct template *t, const char *logical)
{
	return (size_t)json_integer_value(json_object_get(t->ordinals, logical));
}

static int graph_fill(struct graph *g, const struct template *t, const struct template_eval *e,
		      struct err *err)
{
	const char *logical, *needed;
	json_t *resource, *unused;

	json_object_foreach(t->resources, logical, resource)
	{
		OWN(json) json_t *found = json_object();
		struct needs n = { t, e, logical, found };

		if (e && template_present(e, logical) == 0)
			continue;
		if (needs_of(&n, err) < 0)
			return -1;
		json_object_foreach(found, needed, unused)
			graph_need(g, ordinal(t, logical), ordinal(t, needed));
	}
	return 0;
}

static void names_fill(json_t *section, const char **names)
{
	const char *name;
	json_t *unused;
	size_t i = 0;

	json_object_foreach(section, name, unused) names[i++] = name;
}

int template_order(const struct template_eval *e, json_t **ret, struct err *err)
{
	size_t count = json_object_size(e->t->resources);
	OWN(graph) struct graph *g = graph_new(count);
	const char **names;
	size_t *order;
	int result = graph_fill(g, e->t, e, err);

	if (result < 0)
		return -1;
	names = mem_new(count, sizeof(*names));
	order = mem_new(count, sizeof(*order));
	names_fill(e->t->resources, names);
	if (graph_order(g, order) < 0) {
		result = err_set(err, ERR_INPUT, "Circular dependency between resources");
	} else {
		*ret = json_array();
		for (size_t i = 0; i < count; i++)
			if (template_present(e, names[order[i]]) != 0)
				json_add_str(*ret, names[order[i]]);
	}
	free(names);
	free(order);
	return result;
}

/* ---- cycles ---------------------------------------------------------------------------------- */

/* Sentence with the members of the section that stand in cycles. */
static int refuse_cycles(struct check *c, const struct graph *g, const char *section,
			 json_t *members, const char *sentence)
{
	size_t count = json_object_size(members), at = 0;
	bool *marks = mem_new(count, sizeof(*marks));
	OWN(buf) struct buf names = { 0 };
	size_t cycles = graph_cycles(g, marks);
	const char *name;
	json_t *unused;

	json_object_foreach(members, name, unused)
	{
		if (!marks[at++] || names.len > 600)
			continue;
		if (!names.len) {
			c->pointer.len = 0;
			check_enter(c, section);
			check_enter(c, name);
		}
		buf_printf(&names, "%s%s", names.len ? ", " : "", name);
	}
	free(marks);
	return cycles ? check_fail(c, "%s: [%s]", sentence, names.data) : 0;
}

/* What a condition needs is named by {"Condition": name} and Fn::If, anywhere below it. */
static void condition_needs(struct graph *g, const json_t *ordinals, size_t from, json_t *node)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach(node, key, member)
	{
		const json_t *name = !strcmp(key, "Fn::If") ? json_array_get(member, 0) : member;
		const json_t *to = json_is_string(name)
					   ? json_object_get(ordinals, json_string_value(name))
					   : NULL;

		if (to && (!strcmp(key, "Condition") || !strcmp(key, "Fn::If")))
			graph_need(g, from, (size_t)json_integer_value(to));
		condition_needs(g, ordinals, from, member);
	}
	json_array_foreach(node, i, member) condition_needs(g, ordinals, from, member);
}

static int check_condition_cycles(struct check *c)
{
	json_t *conditions = c->t->conditions;
	OWN(graph) struct graph *g = graph_new(json_object_size(conditions));
	OWN(json) json_t *ordinals = json_object();
	const char *name;
	json_t *node;

	json_object_foreach(conditions, name, node)
		json_set_int(ordinals, name, (json_int_t)json_object_size(ordinals));
	json_object_foreach(conditions, name, node) condition_needs(
		g, ordinals, (size_t)json_integer_value(json_object_get(ordinals, name)), node);
	return refuse_cycles(c, g, "Conditions", conditions,
			     "Template error: Found circular condition dependency between");
}

int check_cycles(struct check *c)
{
	OWN(graph) struct graph *g = graph_new(json_object_size(c->t->resources));
	const char *name;
	json_t *unused;

	json_object_foreach(c->t->resources, name, unused)
		json_set_int(c->t->ordinals, name, (json_int_t)json_object_size(c->t->ordinals));
	if (graph_fill(g, c->t, NULL, c->err) < 0 || check_condition_cycles(c) < 0)
		return -1;
	return refuse_cycles(c, g, "Resources", c->t->resources,
			     "Circular dependency between resources");
}

/* ---- imports --------------------------------------------------------------------------------- */

struct imports {
	const struct template_eval *e;
	json_t *found;
};

static int visit_import(void *ctx, const struct reference *reference, struct err *err)
{
	struct imports *imports = ctx;
	OWN(json) json_t *name = NULL;
	OWN(str) char *text = NULL;

	if (reference->kind != REFERENCE_IMPORT)
		return 0;
	if (template_value(imports->e, reference->argument, &name, err) < 0)
		return -1;
	text = template_is_symbol(name) ? concat_identity(name) : scalar_text(name);
	if (text && json_object_set_new(imports->found, text, json_true()) < 0)
		abort();
	return 0;
}

int template_imports(const struct template_eval *e, json_t **ret, struct err *err)
{
	OWN(json) json_t *found = json_object();
	struct imports imports = { e, found };
	const char *name;
	json_t *member, *list;

	json_object_foreach(e->t->resources, name,
			    member) if (template_present(e, name) != 0 &&
					reference_walk_resource(e, member, visit_import, &imports,
								err) < 0) return -1;
	json_object_foreach(e->t->outputs, name, member)
	{
		const char *condition = json_str(member, "Condition");

		if ((!condition || condition_lookup(e, condition) != 0) &&
		    reference_walk(e, json_object_get(member, "Value"), visit_import, &imports,
				   err) < 0)
			return -1;
	}
	list = json_array();
	json_object_foreach(found, name, member) json_add_str(list, name);
	*ret = list;
	return 0;
}
