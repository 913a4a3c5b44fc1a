/* A network that is too large for one template: its shared part as the parent, and some nodes each in
 * nested stacks. The template of the whole network is made as always; then every resource of a node
 * moves to the child of that node, and what it names outside becomes a parameter that the parent
 * passes down. */
#include "core/synth/synth-internal.h"

#include <string.h>

#include "base/str.h"

/* The keys of one child are one parameter, whose value CloudFormation limits to 4,096 bytes; a key is
 * at most 96 of them, and a node has two. Its role, which names every secret and every access point,
 * stays below the 10,240 characters of a role's own policies with that too. Always as many, so that
 * a node that is added moves no other. */
#define NODES_PER_CHILD 20
/* Where such roles end: the name of a secret as an ARN, in a policy, and what is around them. */
#define POLICY_MOST 10240
#define POLICY_FRAME 200
#define POLICY_ENTRY 102
#define TEXT_MOST 1000000

struct split {
	struct synth *whole, *parent;
	size_t first, count; /* nodes of the child that is made */
	char *child_name;    /* logical id of its nested stack */
	struct synth child;
	json_t *passed; /* Parameters of the nested stack */
	json_t *waits;	/* DependsOn of it: name -> true */
};

/* ---- whose it is
 * ---------------------------------------------------------------------------------------- */

static bool of_node(const struct split *x, const char *logical, size_t *ret_index)
{
	const char *part;

	return json_object_get(x->whole->resources, logical) &&
	       synth_node_of(logical, ret_index, &part) && *ret_index < x->whole->n->node_count;
}

/* The roles are the nodes' alone; each child has its own. */
static bool is_role(const char *logical)
{
	return !strcmp(logical, "ExecutionRole") || !strcmp(logical, "TaskRole");
}

static bool in_child(const struct split *x, const char *logical)
{
	size_t i;

	if (!of_node(x, logical, &i))
		return is_role(logical);
	return i >= x->first && i < x->first + x->count;
}

/* The logical id that a Ref or GetAtt names; NULL: it is none. */
static const char *target_of(const json_t *node)
{
	const json_t *ref = json_object_get(node, "Ref");

	if (json_object_size(node) != 1)
		return NULL;
	return ref ? json_string_value(ref)
		   : json_string_value(json_array_get(json_list(node, "Fn::GetAtt"), 0));
}

/* ---- one value of the child
 * ------------------------------------------------------------------------------ */

static json_t *rewritten(struct split *x, const json_t *node);

/* A parameter of the child for a value of the parent (given away). */
static json_t *pass(struct split *x, const char *name, json_t *value)
{
	const json_t *declared = json_map(x->whole->parameters, name);

	if (!json_object_get(x->passed, name)) {
		synth_parameter(&x->child, name, "{'Type':'String'}");
		if (json_bool_or(declared, "NoEcho", false))
			json_set_bool(json_map(x->child.parameters, name), "NoEcho", true);
		json_object_set(x->passed, name, value);
	}
	json_decref(value);
	return json_pack("{s:s}", "Ref", name);
}

static json_t *key_of(struct split *x, size_t node, const char *part)
{
	size_t index = 2 * (node - x->first) + (strcmp(part, "AccountKey") ? 1 : 0);

	return synth_value(&x->child, "{'Fn::Select':[%zu,{'Ref':'Keys'}]}", index);
}

static json_t *rewritten_ref(struct split *x, const char *name)
{
	const char *part;
	size_t node;

	if (str_starts(name, "AWS::") || in_child(x, name))
		return json_pack("{s:s}", "Ref", name);
	if (synth_node_of(name, &node, &part) && json_object_get(x->whole->parameters, name))
		return key_of(x, node, part);
	return pass(x, name, json_pack("{s:s}", "Ref", name));
}

static json_t *rewritten_attribute(struct split *x, const json_t *node)
{
	const json_t *arguments = json_list(node, "Fn::GetAtt");
	const char *attribute = json_string_value(json_array_get(arguments, 1));
	OWN(str) char *name = str_printf("%s%s", target_of(node), attribute);

	return in_child(x, target_of(node)) ? json_deep_copy(node)
					    : pass(x, name, json_deep_copy(node));
}

/* The text stays: the parameter has the name that stands in it. */
static json_t *rewritten_text(struct split *x, const json_t *node)
{
	const char *at = json_str_or(node, "Fn::Sub", "");

	while ((at = strstr(at, "${"))) {
		size_t len = strcspn(at += 2, "}");
		OWN(str) char *name = str_dup_n(at, len);

		if (strchr(name, '.')) {
			x->child.failed = true;
			(void)err_set(x->whole->err, ERR_BUG, "%s cannot go to a nested stack", name);
		} else {
			json_decref(rewritten_ref(x, name));
		}
	}
	return json_deep_copy(node);
}

/* Without the members that name a node of another child. */
static json_t *rewritten_list(struct split *x, const json_t *list)
{
	json_t *copy = json_array();
	const json_t *member;
	size_t i, node;

	json_array_foreach(list, i, member)
	{
		const char *target = target_of(member);

		if (!target || !of_node(x, target, &node) || in_child(x, target))
			json_array_append_new(copy, rewritten(x, member));
	}
	return copy;
}

static json_t *rewritten(struct split *x, const json_t *node)
{
	json_t *copy, *member;
	const char *key;

	if (json_is_array(node))
		return rewritten_list(x, node);
	if (!json_is_object(node))
		return json_deep_copy(node);
	if (target_of(node))
		return json_object_get(node, "Ref") ? rewritten_ref(x, target_of(node))
						    : rewritten_attribute(x, node);
	if (json_str(node, "Fn::Sub"))
		return rewritten_text(x, node);
	copy = json_object();
	json_object_foreach((json_t *)(uintptr_t)node, key, member)
		json_object_set_new(copy, key, rewritten(x, member));
	return copy;
}

/* The nested stack waits for what its resources would. */
static json_t *rewritten_waits(struct split *x, const json_t *names)
{
	json_t *own = json_array(), *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (in_child(x, json_string_value(name)))
			json_array_append(own, name);
		else
			json_set_bool(x->waits, json_string_value(name), true);
	}
	return own;
}

static void move_resource(struct split *x, const char *logical, const json_t *resource)
{
	json_t *copy = json_object(), *member;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)resource, key, member)
	{
		bool waits = !strcmp(key, "DependsOn");
		json_t *value = waits ? rewritten_waits(x, member) : rewritten(x, member);

		if (waits && !json_array_size(value))
			json_decref(value);
		else
			json_object_set_new(copy, key, value);
	}
	json_object_set_new(x->child.resources, logical, copy);
}

/* ---- parent and child
 * ------------------------------------------------------------------------------------- */

/* An output about a node: the child has it, the parent passes it on. */
static void move_outputs(struct split *x)
{
	const char *name, *target;
	json_t *output;
	size_t node;

	json_object_foreach(x->whole->outputs, name, output)
	{
		target = target_of(json_object_get(output, "Value"));
		if (!target || !of_node(x, target, &node) || !in_child(x, target))
			continue;
		json_object_set_new(x->child.outputs, name,
				    json_pack("{s:O}", "Value", json_object_get(output, "Value")));
		json_object_set_new(json_map(x->parent->outputs, name), "Value",
				    synth_value(x->parent, "{'Fn::GetAtt':['%s','Outputs.%s']}",
						x->child_name, name));
	}
}

static void add_keys(struct split *x)
{
	OWN(str) char *name = str_printf("%sKeys", x->child_name);

	synth_parameter(&x->child, "Keys",
			"{'Type':'CommaDelimitedList','NoEcho':true,'AllowedPattern':'" SYNTH_KEY_PATTERN
			"','Description':'Account key and P2P key of every node'}");
	synth_parameter(
		x->parent, name,
		"{'Type':'CommaDelimitedList','NoEcho':true,'AllowedPattern':'" SYNTH_KEY_PATTERN
		"','ConstraintDescription':'must be ed25519: and 64 bytes in base58, each',"
		"'Description':'NEAR account key and P2P key of nodes %zu to %zu, one after the "
		"other'}",
		x->first, x->first + x->count - 1);
	json_object_set_new(x->passed, "Keys",
			    synth_value(x->parent, "{'Fn::Join':[',',{'Ref':'%s'}]}", name));
}

static void add_nested_stack(struct split *x, const char *file)
{
	OWN(json) json_t *waits = json_array();
	const char *name;
	json_t *unused;

	json_object_foreach(x->waits, name, unused)
		json_add_str(waits, name);
	synth_resource(x->parent, x->child_name,
		       "{'Type':'AWS::CloudFormation::Stack','Properties':{'TemplateURL':{'Fn::Sub':"
		       "'${NestedTemplates}/%s'}}}",
		       file);
	synth_set(x->parent, x->child_name, "Parameters", json_incref(x->passed));
	synth_depend(x->parent, x->child_name, waits);
}

static int make_child(struct split *x, const char *file, enum synth_format format, char **ret_text)
{
	OWN(str) char *description = str_printf("Nodes %zu to %zu of an MPC network, written by mpcup",
						x->first, x->first + x->count - 1);
	const char *logical;
	json_t *resource;

	json_object_foreach(x->whole->resources, logical, resource)
		if (in_child(x, logical))
			move_resource(x, logical, resource);
	add_keys(x);
	move_outputs(x);
	x->child.metadata = json_incref(x->whole->metadata);
	add_nested_stack(x, file);
	return synth_finish(&x->child, description, format, ret_text);
}

static int add_child(struct synth *whole, struct synth *parent, size_t first, size_t count,
		     enum synth_format format, struct synth_parts *ret)
{
	size_t number = ret->nested_count;
	struct split x = { .whole = whole, .parent = parent, .first = first, .count = count };
	struct synth_nested *nested;
	int rc;

	ret->nested = mem_grow(ret->nested, number + 1, sizeof(*ret->nested));
	nested = &ret->nested[ret->nested_count++];
	*nested = (struct synth_nested){ .first = first, .count = count };
	nested->name = str_printf("nodes-%zu.%s", number, format == SYNTH_YAML ? "yaml" : "json");
	nested->keys = str_printf("Nodes%zuKeys", number);
	x.child_name = str_printf("Nodes%zu", number);
	x.passed = json_object();
	x.waits = json_object();
	synth_open(&x.child, whole->n, whole->err);
	rc = make_child(&x, nested->name, format, &nested->text);
	synth_close(&x.child);
	json_decref(x.passed);
	json_decref(x.waits);
	free(x.child_name);
	return rc;
}

static void open_parent(struct synth *whole, struct synth *parent)
{
	struct split x = { .whole = whole };
	const char *name, *part;
	json_t *value;
	size_t node;

	synth_open(parent, whole->n, whole->err);
	parent->metadata = json_incref(whole->metadata);
	synth_parameter(parent, "NestedTemplates",
			"{'Type':'String','AllowedPattern':'^https?://.*[^/]$',"
			"'ConstraintDescription':'must be a URL without a slash at its end',"
			"'Description':'Where in S3 the templates of the nested stacks are'}");
	json_object_foreach(whole->parameters, name, value)
		if (!synth_node_of(name, &node, &part))
			json_object_set(parent->parameters, name, value);
	json_object_foreach(whole->resources, name, value)
		if (!of_node(&x, name, &node) && !is_role(name))
			json_object_set(parent->resources, name, value);
	json_object_foreach(whole->outputs, name, value)
		json_object_set_new(parent->outputs, name, json_copy(value));
}

static int split(struct synth *whole, const char *description, enum synth_format format,
		 size_t per_child, struct synth_parts *ret)
{
	size_t nodes = whole->n->node_count;
	struct synth parent;
	int rc = 0;

	open_parent(whole, &parent);
	for (size_t first = 0; rc == 0 && first < nodes; first += per_child)
		rc = add_child(whole, &parent, first,
			       first + per_child < nodes ? per_child : nodes - first, format, ret);
	if (rc == 0)
		rc = synth_finish(&parent, description, format, &ret->text);
	synth_close(&parent);
	return rc;
}

/* ---- does it fit?
 * ------------------------------------------------------------------------------------------ */

static bool role_fits(const struct synth *whole)
{
	const json_t *secrets = json_path(whole->resources, "ExecutionRole.Properties.Policies.0."
							    "PolicyDocument.Statement.0.Resource");

	return json_array_size(secrets) * POLICY_ENTRY + POLICY_FRAME <= POLICY_MOST;
}

int synth_split(struct synth *whole, const char *description, enum synth_format format,
		size_t per_child, struct synth_parts *ret)
{
	OWN(str) char *text = NULL;
	size_t most = per_child ? per_child : NODES_PER_CHILD;
	struct err err = { 0 };
	int rc;

	if (most > NODES_PER_CHILD)
		return err_set(whole->err, ERR_INPUT,
			       "%zu nodes in a nested stack: the keys of more than %d fit no parameter",
			       most, NODES_PER_CHILD);
	if (per_child && per_child < whole->n->node_count)
		return split(whole, description, format, per_child, ret);
	if (role_fits(whole)) {
		struct err *outer = whole->err;

		whole->err = &err;
		rc = synth_finish(whole, description, format, &text);
		whole->err = outer;
		if (rc < 0 && err.code != ERR_LIMIT)
			return err_set(outer, err.code, "%s", err.text);
		if (rc == 0 && strlen(text) <= TEXT_MOST) {
			ret->text = GIVE(text);
			return 0;
		}
	}
	return split(whole, description, format, most, ret);
}

void synth_parts_free(struct synth_parts *p)
{
	for (size_t i = 0; i < p->nested_count; i++) {
		free(p->nested[i].name);
		free(p->nested[i].keys);
		free(p->nested[i].text);
	}
	free(p->nested);
	free(p->text);
	*p = (struct synth_parts){ 0 };
}
