/* Rules that compare resources with CloudFormation's schemas: spelling, required members, shapes,
 * values, types and attributes. */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "core/check/check-g.h"
#include "core/schema/schema.h"

enum { DEPTH_MAX = 64 }; /* of properties; the schemas themselves may refer in circles */

enum look { LOOK_SPELLING, LOOK_REQUIRED, LOOK_TYPE, LOOK_VALUE };

struct walk {
	struct check *c;
	const struct deployment_resource *r;
	enum look look;
	struct buf path; /* below Properties */
	unsigned depth;
};

static void walk_value(struct walk *w, const struct schema_property *p, json_t *value);

static size_t enter(struct walk *w, const char *key)
{
	size_t mark = w->path.len;

	if (mark)
		buf_char(&w->path, '/');
	buf_str(&w->path, key);
	return mark;
}

static size_t enter_item(struct walk *w, size_t index)
{
	OWN(str) char *key = str_printf("%zu", index);

	return enter(w, key);
}

static void leave(struct walk *w, size_t mark)
{
	w->path.len = mark;
	if (w->path.data)
		w->path.data[mark] = '\0';
}

static void report(struct walk *w, const char *remedy, const char *message)
{
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = w->r,
				   .property = w->path.len ? w->path.data : NULL,
				   .remedy = remedy };

	check_add(w->c, &f, "%s", message);
}

/* ---- members --------------------------------------------------------------------------------- */

static void report_spelling(struct walk *w, const struct schema_object *object, const char *key)
{
	const char *near = schema_suggest_property(object, key);
	OWN(str)
	char *remedy = near ? str_printf("Write %s instead of %s.", near, key)
			    : str_printf("Remove %s.", key);
	OWN(str)
	char *message =
		near ? str_printf("%s has no property %s; %s is meant?", object->name, key, near)
		     : str_printf("%s has no property %s.", object->name, key);
	size_t mark = enter(w, key);

	report(w, remedy, message);
	leave(w, mark);
}

/* C16 tells what it means when a mount target has none. */
static bool is_groups_of_target(const struct walk *w, const struct schema_property *p)
{
	return !strcmp(w->r->type, "AWS::EFS::MountTarget") && !strcmp(p->name, "SecurityGroups");
}

static void look_required(struct walk *w, const struct schema_object *object, const json_t *value)
{
	for (size_t i = 0; i < object->count; i++) {
		const struct schema_property *p = schema_property_at(object, i);
		OWN(str) char *message = NULL, *remedy = NULL;

		if (!p->required || json_object_get(value, p->name) || is_groups_of_target(w, p))
			continue;
		message = str_printf("%s requires %s, which is not given.", object->name, p->name);
		remedy = str_printf("Add %s.", p->name);
		report(w, remedy, message);
	}
}

/* Functions that the evaluation leaves standing (a transform) hide what is there. */
static bool hidden(const json_t *value)
{
	const char *key;
	json_t *unused;

	json_object_foreach((json_t *)(uintptr_t)value, key, unused)
		if (str_starts(key, "Fn::") || *key == '$')
			return true;
	return false;
}

static void walk_object(struct walk *w, const struct schema_object *object, json_t *value)
{
	const char *key;
	json_t *member;

	if (hidden(value))
		return;
	if (w->look == LOOK_REQUIRED)
		look_required(w, object, value);
	json_object_foreach(value, key, member) {
		const struct schema_property *p = schema_property(object, key);
		size_t mark;

		if (!p && w->look == LOOK_SPELLING)
			report_spelling(w, object, key);
		if (!p)
			continue;
		mark = enter(w, key);
		walk_value(w, p, member);
		leave(w, mark);
	}
}

/* ---- values ---------------------------------------------------------------------------------- */

static const char *kind_words(const struct schema_property *p)
{
	switch (p->kind) {
	case SCHEMA_STRING:
		return "a text";
	case SCHEMA_INTEGER:
		return "a whole number";
	case SCHEMA_NUMBER:
		return "a number";
	case SCHEMA_BOOLEAN:
		return "true or false";
	case SCHEMA_OBJECT:
		return "an object";
	case SCHEMA_ANY:
		break;
	}
	return "any value";
}

static void report_type(struct walk *w, const char *name, const char *wanted)
{
	OWN(str) char *message = str_printf("%s must be %s.", name, wanted);
	OWN(str) char *remedy = str_printf("Give %s %s.", name, wanted);

	if (w->look == LOOK_TYPE)
		report(w, remedy, message);
}

/* Beyond 2^53 every double is whole. */
static bool is_whole(double value)
{
	return value > 9e15 || value < -9e15 || value == (double)(long long)value;
}

static bool number_text(const char *text, bool whole)
{
	char *end;
	double value;

	if (!*text || strspn(text, "+-0123456789.eE") != strlen(text))
		return false;
	value = strtod(text, &end);
	return !*end && (!whole || is_whole(value));
}

/* CloudFormation turns numbers and truth values into text and back. */
static bool scalar_fits(const struct schema_property *p, const json_t *value)
{
	const char *text = json_string_value(value);

	switch (p->kind) {
	case SCHEMA_INTEGER:
	case SCHEMA_NUMBER:
		if (text)
			return number_text(text, p->kind == SCHEMA_INTEGER);
		return json_is_number(value) &&
		       (p->kind == SCHEMA_NUMBER || is_whole(json_number_value(value)));
	case SCHEMA_BOOLEAN:
		return json_is_boolean(value) ||
		       (text && (!strcasecmp(text, "true") || !strcasecmp(text, "false")));
	case SCHEMA_OBJECT:
		return false;
	case SCHEMA_STRING:
	case SCHEMA_ANY:
		break;
	}
	return true;
}

static void look_value(struct walk *w, const struct schema_property *p, const json_t *value)
{
	OWN(str)
	char *given = json_is_string(value) ? str_dup(json_string_value(value)) : json_text(value);
	OWN(str) char *message = NULL, *remedy = NULL, *near = NULL;
	const char *at;
	size_t len = 0;

	if (!given || schema_allows(p, given))
		return;
	at = schema_suggest_value(p, given, &len);
	near = at ? str_dup_n(at, len) : NULL;
	message = str_printf("%s cannot be \"%.60s\"%s%s%s", p->name, given, near ? "; \"" : "",
			     near ? near : "", near ? "\" is meant?" : ".");
	remedy = near ? str_printf("%s: %s", p->name, near)
		      : str_printf("Give %s one of its values: %.300s", p->name, p->allowed);
	for (char *c = remedy; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
	report(w, remedy, message);
}

static bool undecided(const json_t *value)
{
	const char *text = json_string_value(value);

	return template_is_symbol(value) || json_is_null(value) ||
	       (text && strstr(text, "{{resolve:"));
}

static void walk_one(struct walk *w, const struct schema_property *p, json_t *value)
{
	if (undecided(value) || p->kind == SCHEMA_ANY)
		return;
	if (p->kind == SCHEMA_OBJECT && json_is_object(value)) {
		walk_object(w, schema_nested(p), value);
		return;
	}
	if (json_is_object(value) && hidden(value))
		return;
	if (json_is_object(value) || json_is_array(value) || !scalar_fits(p, value))
		report_type(w, p->name, kind_words(p));
	else if (w->look == LOOK_VALUE && p->allowed)
		look_value(w, p, value);
}

static void walk_list(struct walk *w, const struct schema_property *p, json_t *value)
{
	json_t *item;
	size_t i;

	json_array_foreach(value, i, item) {
		size_t mark = enter_item(w, i);

		walk_one(w, p, item);
		leave(w, mark);
	}
}

static void walk_map(struct walk *w, const struct schema_property *p, json_t *value)
{
	const char *key;
	json_t *member;

	json_object_foreach(value, key, member) {
		size_t mark = enter(w, key);

		walk_one(w, p, member);
		leave(w, mark);
	}
}

static void walk_value(struct walk *w, const struct schema_property *p, json_t *value)
{
	if (undecided(value) || w->depth >= DEPTH_MAX)
		return;
	w->depth++;
	if (p->shape == SCHEMA_PLAIN)
		walk_one(w, p, value);
	else if (p->shape == SCHEMA_LIST && json_is_array(value))
		walk_list(w, p, value);
	else if (p->shape == SCHEMA_MAP && json_is_object(value) && !hidden(value))
		walk_map(w, p, value);
	else if (!json_is_object(value) || !hidden(value))
		report_type(w, p->name, p->shape == SCHEMA_LIST ? "a list" : "an object");
	w->depth--;
}

static void walk_all(struct check *c, enum look look)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		const struct schema_type *type = schema_type(r[i].type);
		struct walk w = { .c = c, .r = &r[i], .look = look };

		if (type && json_is_object(r[i].properties))
			walk_object(&w, schema_type_object(type),
				    (json_t *)(uintptr_t)r[i].properties);
		buf_free(&w.path);
	}
}

void check_schema_spelling(struct check *c)
{
	walk_all(c, LOOK_SPELLING);
}

void check_schema_required(struct check *c)
{
	walk_all(c, LOOK_REQUIRED);
}

void check_schema_type(struct check *c)
{
	walk_all(c, LOOK_TYPE);
}

void check_schema_value(struct check *c)
{
	walk_all(c, LOOK_VALUE);
}

/* ---- types of resources ---------------------------------------------------------------------- */

void check_schema_resource(struct check *c)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		const char *near;
		OWN(str) char *remedy = NULL, *lookup = NULL;

		if (schema_type_exists(r[i].type) != SCHEMA_TYPE_ABSENT)
			continue;
		near = schema_suggest_type(r[i].type);
		if (near)
			remedy = str_printf("Type: %s", near);
		else
			lookup = str_printf("aws cloudformation describe-type --type RESOURCE "
					    "--type-name %s",
					    r[i].type);
		check_add(c,
			  &(struct check_finding){ .severity = near ? CHECK_FAIL : CHECK_UNKNOWN,
						   .resource = &r[i],
						   .remedy = remedy,
						   .lookup = lookup },
			  near ? "There is no resource type %s; %s is meant?"
			       : "The resource type %s is not known here%s.",
			  r[i].type, near ? near : "");
	}
}

/* ---- attributes ------------------------------------------------------------------------------ */

/* Where a reference stands. */
struct reference {
	struct check *c;
	size_t template;
	const json_t *resources;
	const struct deployment_resource *resource; /* NULL: outside Resources */
	struct buf pointer;			    /* below the resource or the template */
	unsigned depth;
};

static void reference_report(struct reference *at, const char *type, const char *logical,
			     const char *attribute)
{
	const struct schema_type *schema = schema_type(type);
	bool property = schema_property(schema_type_object(schema), attribute);
	size_t len = 0;
	const char *near = schema_suggest_attribute(schema, attribute, &len);
	OWN(str) char *text = near ? str_dup_n(near, len) : NULL;
	OWN(str) char *remedy = text ? str_printf("Fn::GetAtt: [%s, %s]", logical, text) : NULL;
	OWN(str)
	char *lookup =
		str_printf("aws cloudformation describe-type --type RESOURCE --type-name %s", type);
	struct check_finding f = { .severity = property ? CHECK_UNKNOWN : CHECK_FAIL,
				   .resource = at->resource,
				   .template = at->template,
				   .remedy = remedy,
				   .lookup = property ? lookup : NULL };
	const char *below = at->pointer.data ? at->pointer.data : "";

	if (!at->resource)
		f.pointer = below;
	else if (str_starts(below, "/Properties/"))
		f.property = below + strlen("/Properties/");
	check_add(at->c, &f, "%s (%s) has no attribute %s%s%s.", logical, type, attribute,
		  text ? "; did you mean " : "", text ? text : "");
}

static void look_attribute(struct reference *at, const char *logical, const char *attribute)
{
	const json_t *target = json_object_get(at->resources, logical);
	const char *type = json_str(target, "Type");
	const struct schema_type *schema = type ? schema_type(type) : NULL;

	if (schema && *attribute && !schema_attribute(schema, attribute))
		reference_report(at, type, logical, attribute);
}

/* ["Logical", "Attribute"] or "Logical.Attribute" */
static void look_get_att(struct reference *at, const json_t *argument)
{
	const char *logical = json_string_value(json_array_get(argument, 0));
	const char *attribute = json_string_value(json_array_get(argument, 1));
	const char *text = json_string_value(argument);
	const char *dot = text ? strchr(text, '.') : NULL;
	OWN(str) char *front = dot ? str_dup_n(text, (size_t)(dot - text)) : NULL;

	if (front)
		look_attribute(at, front, dot + 1);
	else if (logical && attribute)
		look_attribute(at, logical, attribute);
}

static void look_sub(struct reference *at, const json_t *argument)
{
	const json_t *first = json_is_array(argument) ? json_array_get(argument, 0) : argument;
	const json_t *map = json_array_get(argument, 1);
	const char *text = json_string_value(first);

	while (text && (text = strstr(text, "${"))) {
		size_t len = strcspn(text += 2, "}");
		OWN(str) char *name = str_dup_n(text, len);
		char *dot = strchr(name, '.');

		if (!dot || *name == '!' || json_object_get(map, name))
			continue;
		*dot = '\0';
		look_attribute(at, name, dot + 1);
	}
}

static void look_references(struct reference *at, const json_t *node)
{
	size_t mark = at->pointer.len, i;
	const char *key;
	json_t *member, *whole = (json_t *)(uintptr_t)node;

	if (at->depth > 2 * DEPTH_MAX)
		return;
	at->depth++;
	json_object_foreach(whole, key, member) {
		if (!strcmp(key, "Fn::GetAtt"))
			look_get_att(at, member);
		else if (!strcmp(key, "Fn::Sub"))
			look_sub(at, member);
		buf_char(&at->pointer, '/');
		buf_str(&at->pointer, key);
		look_references(at, member);
		at->pointer.len = mark;
		at->pointer.data[mark] = '\0';
	}
	json_array_foreach(whole, i, member) {
		buf_printf(&at->pointer, "/%zu", i);
		look_references(at, member);
		at->pointer.len = mark;
		at->pointer.data[mark] = '\0';
	}
	at->depth--;
}

static void look_template(struct check *c, size_t template, struct template *t)
{
	struct reference at = { .c = c, .template = template, .resources = template_resources(t) };
	const char *logical;
	json_t *body;

	json_object_foreach((json_t *)(uintptr_t)at.resources, logical, body) {
		at.resource = deployment_find(check_deployment(c), template, logical);
		if (at.resource)
			look_references(&at, body);
	}
	at.resource = NULL;
	buf_str(&at.pointer, "/Outputs");
	look_references(&at, json_map(template_body(t), "Outputs"));
	buf_free(&at.pointer);
}

void check_schema_attribute(struct check *c)
{
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);

	for (size_t i = 0; i < count; i++)
		look_template(c, i, list[i].t);
}
