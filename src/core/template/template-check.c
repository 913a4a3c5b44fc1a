/* Checks of the sections, in CloudFormation's words (aws-wire.md 7.7). */
#include <string.h>

#include "core/template/template-internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool name_in(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool alphanumeric(const char *name)
{
	size_t len = 0;

	for (; name[len]; len++) {
		char c = name[len];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z'))
			return false;
	}
	return len > 0;
}

/* "Parameter name X is non alphanumeric." */
static int check_logical_name(struct check *c, const char *what, const char *name)
{
	if (!alphanumeric(name))
		return check_fail(c, "Template format error: %s name %s is non alphanumeric.", what,
				  name);
	if (strlen(name) > LIMIT_NAME)
		return check_fail(c,
				  "Template format error: %s name %s is longer than %d characters.",
				  what, name, LIMIT_NAME);
	return 0;
}

static int check_count(struct check *c, const char *what, const json_t *section, size_t most)
{
	if (json_object_size(section) <= most)
		return 0;
	return check_fail(
		c, "Template format error: Number of %s, %zu, is greater than maximum allowed, %zu",
		what, json_object_size(section), most);
}

static int check_attributes(struct check *c, const json_t *object, const char *const *names,
			    size_t count, const char *what)
{
	void *at = json_object_iter((json_t *)(uintptr_t)object);

	for (; at; at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
		const char *key = json_object_iter_key(at);

		if (name_in(key, names, count))
			continue;
		check_enter(c, key);
		return check_fail(c, "Invalid template %s property '%s'", what, key);
	}
	return 0;
}

/* ---- the head -------------------------------------------------------------------------------- */

static int check_sections(struct check *c)
{
	static const char *const names[] = { "AWSTemplateFormatVersion",
					     "Conditions",
					     "Description",
					     "Mappings",
					     "Metadata",
					     "Outputs",
					     "Parameters",
					     "Resources",
					     "Rules",
					     "Transform" };
	OWN(buf) struct buf unknown = { 0 };
	OWN(buf) struct buf first = { 0 };
	const char *key;
	json_t *section;

	json_object_foreach(c->t->body, key, section)
	{
		if (name_in(key, names, COUNT(names)))
			continue;
		if (!unknown.len)
			buf_str(&first, key);
		if (unknown.len < 500)
			buf_printf(&unknown, "%s%s", unknown.len ? ", " : "", key);
	}
	if (!unknown.len && !first.data)
		return 0;
	check_enter(c, first.data ? first.data : "");
	return check_fail(c, "Invalid template property or properties [%s]",
			  unknown.data ? unknown.data : "");
}

static int check_version(struct check *c)
{
	const json_t *version = json_object_get(c->t->body, "AWSTemplateFormatVersion");

	if (!version || str_eq(json_string_value(version), "2010-09-09"))
		return 0;
	check_enter(c, "AWSTemplateFormatVersion");
	return check_fail(c,
			  "Template format error: unsupported value for AWSTemplateFormatVersion.");
}

static int check_description(struct check *c)
{
	const json_t *description = json_object_get(c->t->body, "Description");

	if (!description ||
	    (json_is_string(description) && json_string_length(description) <= LIMIT_DESCRIPTION))
		return 0;
	check_enter(c, "Description");
	if (!json_is_string(description))
		return check_fail(c, "Template format error: Description must be a string.");
	return check_fail(c, "Template format error: 'Description' length is greater than %d.",
			  LIMIT_DESCRIPTION);
}

static int check_transform(struct check *c, const json_t *transform)
{
	const char *name = json_string_value(transform);

	if (json_is_object(transform))
		name = json_str(transform, "Name");
	if (!name)
		return check_fail(c,
				  "Template format error: Transform must be a string or a list of "
				  "strings.");
	if (!strcmp(name, "AWS::LanguageExtensions")) {
		c->t->extensions = true;
		return 0;
	}
	if (!str_starts(name, "AWS::"))
		return check_fail(c, "No transform named %s found.", name);
	return check_fail(
		c,
		"Transform %s failed with: only AWS::LanguageExtensions is supported here; expand "
		"the template first",
		name);
}

static int check_transforms(struct check *c)
{
	json_t *transform = json_object_get(c->t->body, "Transform"), *one;
	size_t i, mark = check_enter(c, "Transform");

	if (transform && !json_is_array(transform) && check_transform(c, transform) < 0)
		return -1;
	json_array_foreach(transform, i, one) if (check_transform(c, one) < 0) return -1;
	check_leave(c, mark);
	return 0;
}

/* A section is an object, or absent. */
static int take_section(struct check *c, const char *name, json_t **ret)
{
	json_t *section = json_object_get(c->t->body, name);
	size_t mark = check_enter(c, name);

	if (json_is_null(section))
		return check_fail(c, "[/%s] 'null' values are not allowed in templates", name);
	if (section && !json_is_object(section))
		return check_fail(c, "Template format error: %s must be an object.", name);
	check_leave(c, mark);
	*ret = section;
	return 0;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static bool aws_parameter_type(const char *type, size_t len)
{
	static const char *const names[] = {
		"AWS::EC2::AvailabilityZone::Name",
		"AWS::EC2::Image::Id",
		"AWS::EC2::Instance::Id",
		"AWS::EC2::KeyPair::KeyName",
		"AWS::EC2::SecurityGroup::GroupName",
		"AWS::EC2::SecurityGroup::Id",
		"AWS::EC2::Subnet::Id",
		"AWS::EC2::VPC::Id",
		"AWS::EC2::Volume::Id",
		"AWS::Route53::HostedZone::Id",
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (strlen(names[i]) == len && !strncmp(names[i], type, len))
			return true;
	return false;
}

/* String, CommaDelimitedList, List<String>, an AWS type or a list of it. */
static bool ssm_value_type(const char *type, size_t len)
{
	static const char *const names[] = { "String", "CommaDelimitedList", "List<String>" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strlen(names[i]) == len && !strncmp(names[i], type, len))
			return true;
	if (len > 6 && !strncmp(type, "List<", 5) && type[len - 1] == '>')
		return aws_parameter_type(type + 5, len - 6);
	return aws_parameter_type(type, len);
}

static bool parameter_type_known(const char *type)
{
	static const char *const names[] = { "String",
					     "Number",
					     "List<Number>",
					     "List<String>",
					     "CommaDelimitedList",
					     "AWS::SSM::Parameter::Name" };
	static const char ssm[] = "AWS::SSM::Parameter::Value<";
	size_t len = strlen(type);

	if (name_in(type, names, COUNT(names)))
		return true;
	if (str_starts(type, ssm) && str_ends(type, ">"))
		return ssm_value_type(type + sizeof(ssm) - 1, len - sizeof(ssm));
	return ssm_value_type(type, len);
}

static int check_scalar(struct check *c, const json_t *object, const char *key, const char *what)
{
	json_t *value = json_object_get(object, key);
	OWN(str) char *text = scalar_text(value);

	if (!value || text)
		return 0;
	check_enter(c, key);
	return check_fail(c, "Template format error: Every %s member must be a string.", what);
}

static int check_parameter(struct check *c, const char *name, json_t *parameter)
{
	static const char *const names[] = {
		"AllowedPattern", "AllowedValues", "ConstraintDescription",
		"Default",	  "Description",   "MaxLength",
		"MaxValue",	  "MinLength",	   "MinValue",
		"NoEcho",	  "Type"
	};
	static const char *const scalars[] = { "AllowedPattern", "ConstraintDescription",
					       "Default",	 "Description",
					       "MaxLength",	 "MaxValue",
					       "MinLength",	 "MinValue",
					       "NoEcho" };
	const char *type = json_str(parameter, "Type");
	const json_t *allowed = json_object_get(parameter, "AllowedValues");

	if (check_logical_name(c, "Parameter", name) < 0)
		return -1;
	if (!json_is_object(parameter))
		return check_fail(
			c, "Template format error: Any Parameters member must be an object.");
	if (check_attributes(c, parameter, names, COUNT(names), "parameter") < 0)
		return -1;
	if (!type)
		return check_fail(
			c, "Template format error: Every Parameters object must contain a Type "
			   "member.");
	if (!parameter_type_known(type))
		return check_fail(c, "Template format error: Unrecognized parameter type: %s",
				  type);
	for (size_t i = 0; i < COUNT(scalars); i++)
		if (check_scalar(c, parameter, scalars[i], scalars[i]) < 0)
			return -1;
	if (allowed && !json_is_array(allowed))
		return check_fail(
			c, "Template format error: Every AllowedValues member must be a list.");
	for (size_t i = 0; i < json_array_size(allowed); i++) {
		OWN(str) char *text = scalar_text(json_array_get(allowed, i));

		if (!text)
			return check_fail(
				c, "Template format error: Every AllowedValues value must be a "
				   "string.");
	}
	return 0;
}

/* ---- mappings -------------------------------------------------------------------------------- */

static int check_map_value(struct check *c, const json_t *value)
{
	OWN(str) char *text = scalar_text(value);

	if (text)
		return 0;
	for (size_t i = 0; i < json_array_size(value); i++) {
		OWN(str) char *member = scalar_text(json_array_get(value, i));

		if (!member)
			return check_fail(
				c, "Template format error: Every Mappings attribute must be a "
				   "String or a List.");
	}
	return json_is_array(value)
		       ? 0
		       : check_fail(c, "Template format error: Every Mappings attribute must "
				       "be a String or a List.");
}

static int check_map_keys(struct check *c, const char *name, json_t *keys)
{
	const char *key;
	json_t *value;

	if (!json_is_object(keys))
		return check_fail(
			c, "Template format error: Every Mappings member %s must be a map", name);
	json_object_foreach(keys, key, value)
	{
		size_t mark = check_enter(c, key);

		if (str_starts(key, "Fn::"))
			return check_unsupported(c, key);
		if (check_map_value(c, value) < 0)
			return -1;
		check_leave(c, mark);
	}
	return 0;
}

static int check_mapping(struct check *c, const char *name, json_t *mapping)
{
	const char *key;
	json_t *keys;

	if (check_logical_name(c, "Mappings", name) < 0)
		return -1;
	if (!json_is_object(mapping))
		return check_fail(
			c, "Template format error: Every Mappings member %s must be a map", name);
	json_object_foreach(mapping, key, keys)
	{
		size_t mark = check_enter(c, key);

		if (check_map_keys(c, key, keys) < 0)
			return -1;
		check_leave(c, mark);
	}
	return 0;
}

/* ---- conditions and rules -------------------------------------------------------------------- */

static int check_condition(struct check *c, const char *name, json_t *condition)
{
	if (check_logical_name(c, "Conditions", name) < 0)
		return -1;
	if (!json_is_object(condition))
		return check_fail(
			c, "Template format error: Conditions can only be boolean operations on "
			   "parameters and other conditions");
	return check_test(c, condition);
}

static int check_assertion(struct check *c, json_t *assertion)
{
	static const char *const names[] = { "Assert", "AssertDescription" };
	json_t *test = json_object_get(assertion, "Assert");
	size_t mark;

	if (!json_is_object(assertion) || !test)
		return check_fail(
			c, "Template format error: Every Assertions member must contain an Assert "
			   "member.");
	if (check_attributes(c, assertion, names, COUNT(names), "assertion") < 0)
		return -1;
	mark = check_enter(c, "Assert");
	if (check_test(c, test) < 0)
		return -1;
	check_leave(c, mark);
	return 0;
}

static int check_rule(struct check *c, const char *name, json_t *rule)
{
	static const char *const names[] = { "Assertions", "RuleCondition" };
	json_t *assertions = json_object_get(rule, "Assertions"), *assertion;
	json_t *when = json_object_get(rule, "RuleCondition");
	size_t i, mark;

	if (check_logical_name(c, "Rules", name) < 0)
		return -1;
	if (!json_is_array(assertions) || !json_array_size(assertions))
		return check_fail(
			c, "Template format error: Every Rules object must contain Assertions.");
	if (check_attributes(c, rule, names, COUNT(names), "rule") < 0)
		return -1;
	if (when && check_test(c, when) < 0)
		return -1;
	mark = check_enter(c, "Assertions");
	json_array_foreach(assertions, i, assertion)
	{
		size_t inner = check_enter_index(c, i);

		if (check_assertion(c, assertion) < 0)
			return -1;
		check_leave(c, inner);
	}
	check_leave(c, mark);
	return 0;
}

/* ---- resources ------------------------------------------------------------------------------- */

static bool type_part(const char **at)
{
	size_t len = strspn(*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

	*at += len;
	return len > 0;
}

/* A::B::C, A::B::C::MODULE or Custom::Name */
static bool type_wellformed(const char *type)
{
	const char *at = type;

	if (str_starts(type, "Custom::"))
		return type[8] && strlen(type) <= 60 &&
		       !type[8 + strspn(type + 8,
					"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					"0123456789_@-")];
	for (unsigned part = 0; part < 3; part++) {
		if (part && strncmp(at, "::", 2) != 0)
			return false;
		at += part ? 2 : 0;
		if (!type_part(&at))
			return false;
	}
	return !*at || !strcmp(at, "::MODULE");
}

static int check_policy(struct check *c, const char *type, json_t *resource, const char *key)
{
	const json_t *policy = json_object_get(resource, key);
	const char *text = json_string_value(policy);
	bool deletion = !strcmp(key, "DeletionPolicy");
	size_t mark;

	if (!policy)
		return 0;
	mark = check_enter(c, key);
	if (!text)
		return check_fail(c, "Template format error: Every %s member must be a string.",
				  key);
	if (!strcmp(text, "Snapshot") && !type_has_snapshot(type))
		return check_fail(
			c, "Template error: resource type %s does not support %s policy Snapshot",
			type, deletion ? "deletion" : "update replace");
	if (strcmp(text, "Delete") != 0 && strcmp(text, "Retain") != 0 &&
	    strcmp(text, "Snapshot") != 0 && !(deletion && !strcmp(text, "RetainExceptOnCreate")))
		return check_fail(
			c,
			"Template error: Invalid %s value '%s'. Valid values are [Delete, "
			"Retain, %sSnapshot]",
			key, text, deletion ? "RetainExceptOnCreate, " : "");
	check_leave(c, mark);
	return 0;
}

static int check_depends_on_name(struct check *c, const json_t *name)
{
	const char *text = json_string_value(name);

	if (!text)
		return check_fail(
			c, "Template format error: [%s] Every DependsOn value must be a string.",
			c->pointer.data);
	if (json_object_get(c->t->resources, text))
		return 0;
	check_note_unresolved(c, text);
	return 0;
}

static int check_depends_on(struct check *c, json_t *resource)
{
	json_t *needs = json_object_get(resource, "DependsOn"), *name;
	size_t i, mark = check_enter(c, "DependsOn");

	if (needs && !json_is_array(needs) && check_depends_on_name(c, needs) < 0)
		return -1;
	json_array_foreach(needs, i, name) if (check_depends_on_name(c, name) < 0) return -1;
	check_leave(c, mark);
	return 0;
}

static int check_condition_of(struct check *c, const json_t *object)
{
	const json_t *condition = json_object_get(object, "Condition");
	const char *name = json_string_value(condition);

	if (!condition || (name && json_object_get(c->t->conditions, name)))
		return 0;
	check_enter(c, "Condition");
	if (!name)
		return check_fail(
			c, "Template format error: Every Condition member must be a string.");
	return check_fail(
		c,
		"Template format error: Unresolved condition dependency %s in the %s block of the "
		"template",
		name, block_name(c->block));
}

static int check_resource_head(struct check *c, const char *name, json_t *resource)
{
	static const char *const names[] = { "Condition", "CreationPolicy", "DeletionPolicy",
					     "DependsOn", "Metadata",	    "Properties",
					     "Type",	  "UpdatePolicy",   "UpdateReplacePolicy",
					     "Version" };
	const char *type = json_str(resource, "Type");
	bool custom = type && (str_starts(type, "Custom::") ||
			       !strcmp(type, "AWS::CloudFormation::CustomResource"));

	if (!json_is_object(resource))
		return check_fail(c,
				  "Template format error: Any Resources member must be an object.");
	if (check_logical_name(c, "Resource", name) < 0)
		return -1;
	if (!type)
		return check_fail(
			c,
			"Template format error: [%s] Every Resources object must contain a Type "
			"member.",
			c->pointer.data);
	if (!type_wellformed(type))
		return check_fail(c, "Template format error: Unrecognized resource types: [%s]",
				  type);
	/* Version stands last; only custom resources have it. */
	return check_attributes(c, resource, names, COUNT(names) - !custom, "resource");
}

static int check_resource_values(struct check *c, json_t *resource)
{
	const char *key;
	json_t *member;

	json_object_foreach(resource, key, member)
	{
		size_t mark = check_enter(c, key);

		if (!strcmp(key, "Properties") && !json_is_object(member) && !json_is_null(member))
			return check_fail(
				c,
				"Template format error: [%s] Every Properties member must be an "
				"object.",
				c->pointer.data);
		if (check_value(c, member) < 0)
			return -1;
		check_leave(c, mark);
	}
	return 0;
}

static int check_resource(struct check *c, const char *name, json_t *resource)
{
	if (check_resource_head(c, name, resource) < 0 || check_condition_of(c, resource) < 0 ||
	    check_policy(c, json_str(resource, "Type"), resource, "DeletionPolicy") < 0 ||
	    check_policy(c, json_str(resource, "Type"), resource, "UpdateReplacePolicy") < 0 ||
	    check_depends_on(c, resource) < 0)
		return -1;
	if (json_object_get(c->t->parameters, name))
		return check_fail(
			c, "Template format error: %s is the name of a parameter and of a resource",
			name);
	return check_resource_values(c, resource);
}

/* ---- outputs --------------------------------------------------------------------------------- */

static int visit_export_name(void *ctx, const struct reference *reference, struct err *err)
{
	const struct check *c = ctx;

	(void)err;
	return reference->kind != REFERENCE_REF || json_object_get(c->t->resources, reference->name)
		       ? -1
		       : 0;
}

bool export_name_wellformed(const char *name)
{
	return *name && !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					   "0123456789:-")];
}

static int check_export(struct check *c, const char *output, json_t *export)
{
	json_t *name = json_object_get(export, "Name");
	size_t mark = check_enter(c, "Export");

	if (!name || json_object_size(export) != 1 ||
	    (!json_is_string(name) && !json_is_object(name)) ||
	    (json_is_string(name) && !export_name_wellformed(json_string_value(name))))
		return check_fail(
			c,
			"Template format error: Output %s is malformed. The Name field of every "
			"Export member must be specified and consist only of alphanumeric "
			"characters, colons, or hyphens.",
			output);
	if (reference_walk(NULL, name, visit_export_name, c, NULL) < 0)
		return check_fail(
			c,
			"Template format error: Output %s is malformed.  The Name field of Export "
			"must not depend on any resources, imported values, or Fn::GetAZs.",
			output);
	if (check_value(c, name) < 0)
		return -1;
	check_leave(c, mark);
	return 0;
}

static int check_output_value(struct check *c, json_t *value)
{
	size_t mark = check_enter(c, "Value");

	if (check_value(c, value) < 0)
		return -1;
	if (json_is_array(value))
		return check_fail(
			c, "Template format error: The Value field of every Outputs member must "
			   "evaluate to a String.");
	check_leave(c, mark);
	return 0;
}

static int check_output(struct check *c, const char *name, json_t *output)
{
	static const char *const names[] = { "Condition", "Description", "Export", "Value" };
	json_t *value = json_object_get(output, "Value");
	json_t *export = json_object_get(output, "Export");

	if (check_logical_name(c, "Output", name) < 0)
		return -1;
	if (!json_is_object(output) || !value)
		return check_fail(
			c, "Template format error: Every Outputs member must contain a Value "
			   "object");
	if (check_attributes(c, output, names, COUNT(names), "output") < 0 ||
	    check_scalar(c, output, "Description", "Description") < 0 ||
	    check_condition_of(c, output) < 0)
		return -1;
	if (export && check_export(c, name, export) < 0)
		return -1;
	return check_output_value(c, value);
}

/* ---- all of it ------------------------------------------------------------------------------- */

typedef int member_check(struct check *c, const char *name, json_t *member);

static int check_section(struct check *c, const char *name, json_t *section, enum block block,
			 member_check *check)
{
	size_t mark = check_enter(c, name);
	const char *key;
	json_t *member;

	c->block = block;
	json_object_foreach(section, key, member)
	{
		size_t inner = check_enter(c, key);

		if (str_starts(key, "Fn::"))
			return check_unsupported(c, key);
		if (json_is_null(member))
			return check_fail(c, "[%s] 'null' values are not allowed in templates",
					  c->pointer.data);
		if (check(c, key, member) < 0)
			return -1;
		check_leave(c, inner);
	}
	check_leave(c, mark);
	return check_unresolved(c);
}

static int take_sections(struct check *c)
{
	struct template *t = c->t;

	if (take_section(c, "Parameters", &t->parameters) < 0 ||
	    take_section(c, "Mappings", &t->mappings) < 0 ||
	    take_section(c, "Conditions", &t->conditions) < 0 ||
	    take_section(c, "Rules", &t->rules) < 0 ||
	    take_section(c, "Resources", &t->resources) < 0 ||
	    take_section(c, "Outputs", &t->outputs) < 0)
		return -1;
	return 0;
}

static int check_counts(struct check *c)
{
	const struct template *t = c->t;
	size_t mark;

	if (!json_object_size(t->resources))
		return check_fail(c, "Template format error: At least one Resources member must be "
				     "defined.");
	mark = check_enter(c, "Resources");
	if (check_count(c, "resources", t->resources, LIMIT_RESOURCES) < 0)
		return -1;
	check_leave(c, mark);
	if (check_count(c, "parameters", t->parameters, LIMIT_PARAMETERS) < 0 ||
	    check_count(c, "outputs", t->outputs, LIMIT_OUTPUTS) < 0 ||
	    check_count(c, "mappings", t->mappings, LIMIT_MAPPINGS) < 0)
		return -1;
	return 0;
}

/* What has loops is counted when they are written out, for which parameters must be in order. */
static int check_front(struct check *c, const struct template_inputs *inputs)
{
	struct template *t = c->t;
	int result;

	if (check_sections(c) < 0 || check_version(c) < 0 || check_description(c) < 0 ||
	    check_transforms(c) < 0 || take_sections(c) < 0)
		return -1;
	if (!t->extensions && check_counts(c) < 0)
		return -1;
	if (check_section(c, "Parameters", t->parameters, BLOCK_RULES, check_parameter) < 0 ||
	    check_section(c, "Mappings", t->mappings, BLOCK_RULES, check_mapping) < 0)
		return -1;
	result = t->extensions ? loops_expand(c, inputs) : 0;
	return result || !t->extensions ? result : check_counts(c);
}

int template_check(struct template *t, const struct template_inputs *inputs, struct err *err)
{
	OWN(check) struct check c = { .t = t, .err = err };
	int result = check_front(&c, inputs);

	if (result)
		return result < 0 ? -1 : 0;
	if (check_section(&c, "Conditions", t->conditions, BLOCK_CONDITIONS, check_condition) < 0 ||
	    check_section(&c, "Rules", t->rules, BLOCK_RULES, check_rule) < 0 ||
	    check_section(&c, "Resources", t->resources, BLOCK_RESOURCES, check_resource) < 0 ||
	    check_section(&c, "Outputs", t->outputs, BLOCK_OUTPUTS, check_output) < 0)
		return -1;
	return check_cycles(&c);
}
