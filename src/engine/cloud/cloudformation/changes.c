/* The changes that settings would make to a stack, as change sets list them (aws-wire.md 7.4). */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

#define KNOWN_LATER "{{changeSet:KNOWN_AFTER_APPLY}}"

struct changes {
	struct hub *hub;
	const json_t *stack, *settings; /* settings: the new ones */
	struct stack_plan *plan;
	struct template *old; /* NULL: nothing is deployed */
	json_t *unknown;      /* resources that get new values */
	json_t *touched;      /* logical -> true: resources that change */
	json_t *list;
	bool tags_changed;
	bool hide_all; /* parameters hold references to secrets */
};

/* ---- values that may be shown
 * ---------------------------------------------------------------------- */

static bool has_symbol(const json_t *value)
{
	json_t *open = (json_t *)(uintptr_t)value, *item;
	const char *key;
	size_t i;

	if (template_is_symbol(value))
		return true;
	json_object_foreach(open, key, item) if (has_symbol(item)) return true;
	json_array_foreach(open, i, item) if (has_symbol(item)) return true;
	return false;
}

static json_t *without_symbols(const json_t *value)
{
	json_t *open = (json_t *)(uintptr_t)value, *item, *copy;
	const char *key;
	size_t i;

	if (template_is_symbol(value))
		return json_string(KNOWN_LATER);
	if (json_is_object(value)) {
		copy = json_object();
		json_object_foreach(open, key, item)
			json_object_set_new(copy, key, without_symbols(item));
		return copy;
	}
	if (!json_is_array(value))
		return json_incref(open);
	copy = json_array();
	json_array_foreach(open, i, item) json_array_append_new(copy, without_symbols(item));
	return copy;
}

/* As text: plain for strings, JSON for others; masked. */
static char *show(const struct changes *x, const json_t *value)
{
	OWN(json) json_t *plain = without_symbols(value);
	OWN(json) json_t *once = stack_mask(x->settings, plain);
	OWN(json) json_t *masked = stack_mask(json_map(x->stack, "Settings"), once);

	return json_is_string(masked) ? str_dup(json_string_value(masked)) : json_text(masked);
}

static const json_t *raw_property(const struct template *t, const char *logical, const char *name)
{
	return t ? json_object_get(json_map(template_resource(t, logical), "Properties"), name)
		 : NULL;
}

static bool has_reference(const json_t *node)
{
	OWN(str) char *text = node ? json_text(node) : NULL;

	return text && strstr(text, "{{resolve:s");
}

/* Evaluated, a dynamic reference shows the secret. */
static bool hidden(const struct changes *x, const char *logical, const char *name)
{
	return x->hide_all || has_reference(raw_property(x->old, logical, name)) ||
	       has_reference(raw_property(x->plan->template, logical, name));
}

static char *show_property(const struct changes *x, const char *logical, const char *name,
			   const json_t *value)
{
	return hidden(x, logical, name) ? str_dup("****") : show(x, value);
}

static void set_context(const struct changes *x, json_t *change, const char *member,
			const json_t *properties)
{
	const char *logical = json_str(change, "LogicalResourceId"), *key;
	json_t *open = (json_t *)(uintptr_t)properties, *value, *shown;
	OWN(json) json_t *context = json_object();
	OWN(str) char *text = NULL;

	if (!properties)
		return;
	shown = json_object();
	json_object_set_new(context, "Properties", shown);
	json_object_foreach(open, key, value)
	{
		if (hidden(x, logical, key))
			json_set_str(shown, key, "****");
		else
			json_object_set(shown, key, value);
	}
	text = show(x, context);
	json_set_str(change, member, text);
}

/* ---- causes
 * ------------------------------------------------------------------------------------------- */

static bool parameter_changed(const struct changes *x, const char *name)
{
	const json_t *old = json_map(json_map(x->stack, "Settings"), "Parameters");
	const json_t *before = json_object_get(old, name);
	const json_t *after = json_object_get(json_map(x->settings, "Parameters"), name);

	return after && (!before || !json_equal(before, after));
}

static void add_cause(const struct changes *x, json_t *causes, const char *name,
		      const char *attribute)
{
	OWN(json) json_t *cause = json_object();
	OWN(str) char *entity = NULL;

	if (parameter_changed(x, name)) {
		json_set_str(cause, "ChangeSource", "ParameterReference");
		json_set_str(cause, "Evaluation", "Static");
		entity = str_dup(name);
	} else if (json_object_get(x->touched, name)) {
		json_set_str(cause, "ChangeSource",
			     attribute ? "ResourceAttribute" : "ResourceReference");
		json_set_str(cause, "Evaluation", "Dynamic");
		entity = attribute ? str_printf("%s.%s", name, attribute) : str_dup(name);
	} else {
		return;
	}
	json_set_str(cause, "CausingEntity", entity);
	json_object_set(causes, entity, cause);
}

/* Name up to the first dot, attribute behind it. */
static void add_dotted(const struct changes *x, json_t *causes, const char *text, size_t len)
{
	OWN(str) char *name = str_dup_n(text, len);
	char *dot = strchr(name, '.');

	if (dot)
		*dot++ = '\0';
	add_cause(x, causes, name, dot);
}

static void find_in_sub(const struct changes *x, const json_t *argument, json_t *causes)
{
	const char *text =
		json_string_value(json_is_array(argument) ? json_array_get(argument, 0) : argument);

	for (const char *at = text; at && (at = strstr(at, "${"));) {
		const char *end = strchr(at, '}');

		if (!end)
			return;
		at += 2;
		if (*at != '!')
			add_dotted(x, causes, at, (size_t)(end - at));
		at = end;
	}
}

static void find_causes(const struct changes *x, const json_t *node, json_t *causes)
{
	json_t *open = (json_t *)(uintptr_t)node, *item;
	const char *key;
	size_t i;

	json_array_foreach(open, i, item) find_causes(x, item, causes);
	json_object_foreach(open, key, item)
	{
		if (!strcmp(key, "Ref") && json_is_string(item))
			add_cause(x, causes, json_string_value(item), NULL);
		else if (!strcmp(key, "Fn::GetAtt") && json_is_string(json_array_get(item, 0)))
			add_cause(x, causes, json_string_value(json_array_get(item, 0)),
				  json_string_value(json_array_get(item, 1)));
		else if (!strcmp(key, "Fn::GetAtt") && json_is_string(item))
			add_dotted(x, causes, json_string_value(item), json_string_length(item));
		else if (!strcmp(key, "Fn::Sub"))
			find_in_sub(x, item, causes);
		if (strcmp(key, "Ref") != 0 && strcmp(key, "Fn::GetAtt") != 0)
			find_causes(x, item, causes);
	}
}

/* ---- details
 * ---------------------------------------------------------------------------------------------- */

struct detail {
	const char *attribute, *name, *recreation;
	const json_t *before, *after;
};

static json_t *new_target(const struct changes *x, const char *logical, const struct detail *d)
{
	json_t *target = json_object();
	OWN(str) char *path = NULL;

	json_set_str(target, "Attribute", d->attribute);
	json_set_str(target, "RequiresRecreation", d->recreation);
	if (!d->name)
		return target;
	json_set_str(target, "Name", d->name);
	path = str_printf("/Properties/%s", d->name);
	json_set_str(target, "Path", path);
	if (d->before) {
		OWN(str) char *text = show_property(x, logical, d->name, d->before);

		json_set_str(target, "BeforeValue", text);
	}
	if (d->after) {
		OWN(str) char *text = show_property(x, logical, d->name, d->after);

		json_set_str(target, "AfterValue", text);
	}
	json_set_str(target, "AttributeChangeType",
		     !d->before	 ? "Add"
		     : !d->after ? "Remove"
				 : "Modify");
	return target;
}

static void add_detail(json_t *details, json_t *target, const char *source, const char *evaluation,
		       const char *entity)
{
	OWN(json) json_t *detail = json_object();

	json_object_set(detail, "Target", target);
	json_set_str(detail, "Evaluation", evaluation);
	json_set_str(detail, "ChangeSource", source);
	json_set_str(detail, "CausingEntity", entity);
	json_array_append(details, detail);
}

/* One changed property: a detail for each cause, and one for the template itself. */
static void add_property(const struct changes *x, const char *logical, const struct detail *d,
			 json_t *details)
{
	const json_t *old = raw_property(x->old, logical, d->name);
	const json_t *new = raw_property(x->plan->template, logical, d->name);
	bool edited = !old || !new || !json_equal(old, new);
	OWN(json) json_t *target = new_target(x, logical, d);
	OWN(json) json_t *causes = json_object();
	const char *entity;
	json_t *cause;
	bool parameter = false;

	find_causes(x, new, causes);
	json_object_foreach(causes, entity, cause)
	{
		const char *source = json_str(cause, "ChangeSource");

		parameter = parameter || !strcmp(source, "ParameterReference");
		add_detail(details, target, source, json_str(cause, "Evaluation"), entity);
	}
	if (edited || parameter || !json_object_size(causes))
		add_detail(details, target, "DirectModification", edited ? "Static" : "Dynamic",
			   NULL);
}

/* Details of all properties that differ. *ret_sure, *ret_maybe: a change of a known, of an unknown
 * value needs a new resource. */
static json_t *property_details(const struct changes *x, const struct resource_kind *kind,
				const char *logical, const json_t *old, const json_t *new,
				bool *ret_sure, bool *ret_maybe)
{
	OWN(json) json_t *all = json_object();
	json_t *details = json_array(), *unused;
	const char *key;

	json_object_update(all, (json_t *)(uintptr_t)old);
	json_object_update(all, (json_t *)(uintptr_t) new);
	json_object_foreach(all, key, unused)
	{
		struct detail d = { .attribute = "Properties",
				    .name = key,
				    .recreation = "Never",
				    .before = json_object_get(old, key),
				    .after = json_object_get(new, key) };

		if (d.before && d.after && json_equal(d.before, d.after))
			continue;
		if (stack_replaces(kind, key, old, new)) {
			bool later = has_symbol(d.after);

			d.recreation = later ? "Conditionally" : "Always";
			*ret_maybe = *ret_maybe || later;
			*ret_sure = *ret_sure || !later;
		}
		add_property(x, logical, &d, details);
	}
	return details;
}

/* ---- one resource
 * ------------------------------------------------------------------------------------------- */

static json_t *new_change(const struct changes *x, const char *action, const char *logical,
			  const char *type, const char *physical)
{
	OWN(json) json_t *entry = json_object();
	json_t *change = json_object();

	json_set_str(change, "Action", action);
	json_set_str(change, "LogicalResourceId", logical);
	if (physical && *physical)
		json_set_str(change, "PhysicalResourceId", physical);
	json_set_str(change, "ResourceType", type);
	json_object_set_new(change, "Scope", json_array());
	json_object_set_new(change, "Details", json_array());
	json_set_str(entry, "Type", "Resource");
	json_object_set_new(entry, "ResourceChange", change);
	json_array_append(x->list, entry);
	return change;
}

static void describe_modify(struct changes *x, const struct resource_kind *kind,
			    const json_t *record, const json_t *properties,
			    enum stack_verdict verdict, json_t *change)
{
	const char *logical = json_str(record, "LogicalResourceId");
	const json_t *old = json_map(record, "Properties");
	bool sure = false, maybe = false;
	json_t *details = property_details(x, kind, logical, old, properties, &sure, &maybe);
	json_t *scope = json_object_get(change, "Scope");

	if (json_array_size(details))
		json_add_str(scope, "Properties");
	if (!json_array_size(details) && str_eq(json_str(record, "ResourceType"), STACK_TYPE)) {
		struct detail d = { .attribute = "Properties", .recreation = "Never" };
		OWN(json) json_t *target = new_target(x, logical, &d);

		json_add_str(scope, "Properties");
		add_detail(details, target, "Automatic", "Dynamic", NULL);
	} else if (verdict == STACK_TOUCH ||
		   (verdict == STACK_MODIFY && !json_array_size(details))) {
		const char *attribute = verdict == STACK_TOUCH ? "Metadata" : "Tags";
		struct detail d = { .attribute = attribute, .recreation = "Never" };
		OWN(json) json_t *target = new_target(x, logical, &d);

		json_add_str(scope, attribute);
		add_detail(details, target, "DirectModification", "Static", NULL);
	}
	json_set_str(change, "Replacement", sure ? "True" : maybe ? "Conditional" : "False");
	if (sure || maybe) {
		const char *policy = template_replace_policy(x->plan->template, logical);

		json_set_str(change, "PolicyAction",
			     str_starts(policy, "Retain") ? "ReplaceAndRetain"
							  : "ReplaceAndDelete");
		json_object_set_new(x->unknown, logical, json_true());
	}
	json_object_set_new(change, "Details", details);
	set_context(x, change, "BeforeContext", old);
}

static int compare_one(struct changes *x, const char *logical, struct err *err)
{
	const char *type = json_str(template_resource(x->plan->template, logical), "Type");
	const struct resource_kind *kind = hub_kind(x->hub, type);
	const json_t *record = x->stack ? stack_record(x->hub, x->stack, logical) : NULL;
	OWN(json) json_t *properties = NULL;
	enum stack_verdict verdict;
	json_t *change;

	if (template_properties(x->plan->eval, logical, &properties, err) < 0)
		return -1;
	verdict = stack_compare(kind, record, properties, x->plan->template, x->tags_changed);
	if (verdict == STACK_SAME)
		return 0;
	json_object_set_new(x->touched, logical, json_true());
	change =
		new_change(x, verdict == STACK_CREATE ? "Add" : "Modify", logical, type,
			   verdict == STACK_CREATE ? NULL : json_str(record, "PhysicalResourceId"));
	if (verdict != STACK_CREATE)
		describe_modify(x, kind, record, properties, verdict, change);
	set_context(x, change, "AfterContext", properties);
	return 0;
}

static void add_removals(struct changes *x)
{
	const char *logical;
	json_t *record;

	if (!x->stack)
		return;
	json_object_foreach(stack_records(x->hub, x->stack), logical, record)
	{
		json_t *change;

		if (stack_record_gone(record) || (template_resource(x->plan->template, logical) &&
						  template_present(x->plan->eval, logical) == 1))
			continue;
		change = new_change(x, "Remove", logical, json_str(record, "ResourceType"),
				    json_str(record, "PhysicalResourceId"));
		json_set_str(change, "PolicyAction",
			     str_starts(json_str_or(record, "DeletionPolicy", ""), "Retain")
				     ? "Retain"
				     : "Delete");
		set_context(x, change, "BeforeContext", json_map(record, "Properties"));
	}
}

/* An array of outputs with the same content? */
static bool outputs_differ(const json_t *a, const json_t *b)
{
	return json_array_size(a) != json_array_size(b) ||
	       (json_array_size(a) && !json_equal(a, b));
}

static int find_all(struct changes *x, bool *ret_any, struct err *err)
{
	OWN(json) json_t *order = NULL;
	OWN(json) json_t *outputs = NULL;
	const json_t *logical;
	size_t i;

	if (template_order(x->plan->eval, &order, err) < 0)
		return -1;
	json_array_foreach(order, i, logical) if (compare_one(x, json_string_value(logical), err) <
						  0) return -1;
	add_removals(x);
	if (template_outputs(x->plan->eval, &outputs, err) < 0)
		return -1;
	*ret_any = json_array_size(x->list) || x->tags_changed ||
		   outputs_differ(outputs, json_list(x->stack, "Outputs"));
	return 0;
}

int stack_changes(struct hub *hub, const json_t *stack, const json_t *settings,
		  struct stack_plan *plan, json_t **ret, bool *ret_any, struct err *err)
{
	OWN(json) json_t *unknown = json_object();
	OWN(json) json_t *touched = json_object();
	OWN(json) json_t *list = json_array();
	OWN(template) struct template *old = NULL;
	const json_t *deployed = json_map(stack, "Settings");
	const char *text = stack_template_text(hub, deployed);
	struct template_inputs inputs = { .given = json_map(deployed, "Parameters"),
					  .world = &plan->world.world };
	struct changes x = { .hub = hub,
			     .stack = stack,
			     .settings = settings,
			     .plan = plan,
			     .unknown = unknown,
			     .touched = touched,
			     .list = list };
	int rc;

	if (text && template_parse_with(NULL, text, strlen(text), &inputs, &old, NULL) == 0)
		x.old = old;
	x.tags_changed = deployed && stack_tags_differ(json_list(deployed, "Tags"),
						       json_list(settings, "Tags"));
	x.hide_all = has_reference(json_map(settings, "Parameters")) ||
		     has_reference(json_map(deployed, "Parameters"));
	plan->world.stack = stack;
	plan->world.unknown = unknown;
	rc = find_all(&x, ret_any, err);
	plan->world.unknown = NULL;
	if (rc == 0)
		*ret = GIVE(list);
	return rc;
}
