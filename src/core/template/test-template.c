#include "core/template/template.h"

#include <string.h>

#include "base/str.h"
#include "base/test.h"

#define RESOURCES "Resources: {A: {Type: AWS::SNS::Topic}}\n"

static struct template *parse(const char *text)
{
	struct template *t = NULL;
	struct err err = { 0 };

	CHECK_OK(template_parse("t", text, strlen(text), &t, &err), err);
	return t;
}

static void check_body(const char *text, const char *path, const char *want)
{
	OWN(template) struct template *t = parse(text);
	OWN(str) char *got = t ? json_text(json_path(template_body(t), path)) : NULL;

	CHECK_STR(got, want);
}

static void check_error(const char *text, const char *want)
{
	OWN(template) struct template *t = NULL;
	struct err err = { 0 };

	CHECK_INT(template_parse("t", text, strlen(text), &t, &err), -1);
	CHECK_STR(err.text, want);
}

TEST(template_yaml, short_forms_become_long_forms)
{
	check_body(
		RESOURCES "Metadata:\n"
			  "  - !Ref A\n"
			  "  - !GetAtt A.b.c\n"
			  "  - !GetAtt [A, b]\n"
			  "  - !Sub '${A}'\n"
			  "  - !Sub\n    - '${x}'\n    - x: !Ref A\n"
			  "  - !Select [1, !GetAZs '']\n"
			  "  - !If [c, 1, !Ref AWS::NoValue]\n"
			  "  - !Condition c\n"
			  "  - !FindInMap [a, b, c]\n"
			  "  - Fn::Base64: !Join [',', [a, !ImportValue b]]\n",
		"Metadata",
		"[{\"Ref\":\"A\"},{\"Fn::GetAtt\":[\"A\",\"b.c\"]},{\"Fn::GetAtt\":[\"A\",\"b\"]},"
		"{\"Fn::Sub\":\"${A}\"},{\"Fn::Sub\":[\"${x}\",{\"x\":{\"Ref\":\"A\"}}]},"
		"{\"Fn::Select\":[1,{\"Fn::GetAZs\":\"\"}]},"
		"{\"Fn::If\":[\"c\",1,{\"Ref\":\"AWS::NoValue\"}]},{\"Condition\":\"c\"},"
		"{\"Fn::FindInMap\":[\"a\",\"b\",\"c\"]},"
		"{\"Fn::Base64\":{\"Fn::Join\":[\",\",[\"a\",{\"Fn::ImportValue\":\"b\"}]]}}]");
}

TEST(template_yaml, plain_scalars_follow_yaml_1_1)
{
	check_body(RESOURCES
		   "Metadata: [true, Yes, OFF, on, 'no', 12, -3, +4, 0x1F, 010, 0b101, 1_000, "
		   "1:30, 80:80, 1.5, .5, 1e3, 6.02E+2, 0644]\n",
		   "Metadata",
		   "[true,true,false,true,\"no\",12,-3,4,31,8,5,1000,90,\"80:80\",1.5,0.5,1000.0,"
		   "602.0,420]");
}

TEST(template_yaml, what_is_no_number_stays_text)
{
	check_body(RESOURCES
		   "Metadata: [2010-09-09, 2001-12-14t21:59:43.10-05:00, 012345678901, "
		   "99999999999999999999, 1.2.3, .inf, .nan, 10.0.0.0/16, 1e999, tRUE, y, n, -, "
		   "!!str 12, \"true\", 0x, 12e, 22:60]\n",
		   "Metadata",
		   "[\"2010-09-09\",\"2001-12-14t21:59:43.10-05:00\",\"012345678901\","
		   "\"99999999999999999999\",\"1.2.3\",\".inf\",\".nan\",\"10.0.0.0/16\",\"1e999\","
		   "\"tRUE\",\"y\",\"n\",\"-\",\"12\",\"true\",\"0x\",\"12e\",\"22:60\"]");
}

TEST(template_yaml, aliases_repeat_their_anchor)
{
	check_body(RESOURCES "Metadata: [&a {x: &b [1, 2]}, *a, *b]\n", "Metadata",
		   "[{\"x\":[1,2]},{\"x\":[1,2]},[1,2]]");
	check_error(RESOURCES "Metadata: &a [*a]\n", "t:2:15: Template format error: YAML not "
						     "well-formed. (line 2, column 15): an alias "
						     "without an anchor");
}

TEST(template_yaml, aliases_cannot_explode)
{
	OWN(buf) struct buf text = { 0 };

	buf_str(&text, RESOURCES "Metadata:\n  - &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 12; i++) {
		buf_printf(&text, "  - &a%d [", i);
		for (int j = 0; j < 10; j++)
			buf_printf(&text, "%s*a%d", j ? ", " : "", i - 1);
		buf_str(&text, "]\n");
	}
	{
		OWN(template) struct template *t = NULL;
		struct err err = { 0 };

		CHECK_INT(template_parse("t", text.data, text.len, &t, &err), -1);
		CHECK(strstr(err.text, "aliases stand for too many nodes"));
	}
}

TEST(template_yaml, tag_directives_cannot_take_long)
{
	OWN(buf) struct buf text = { 0 };
	OWN(template) struct template *t = NULL;
	struct err err = { 0 };

	for (int i = 0; i < 40000; i++)
		buf_printf(&text, "%%TAG !a%d! tag:x%d\n", i, i);
	buf_str(&text, "--- a");
	CHECK_INT(template_parse("t", text.data, text.len, &t, &err), -1);
	CHECK_STR(err.text,
		  "t:1:1: Template format error: YAML not well-formed. (line 1, column 1): too "
		  "many %TAG directives");
}

TEST(template_parse, depth_is_bounded_in_both_languages)
{
	OWN(buf) struct buf yaml = { 0 };
	OWN(buf) struct buf json = { 0 };
	OWN(template) struct template *t = NULL;
	struct err err = { 0 };

	buf_str(&yaml, "Metadata: ");
	buf_str(&json, "{\"Metadata\": ");
	for (int i = 0; i < 1500; i++) {
		buf_char(&yaml, '[');
		buf_char(&json, '[');
	}
	for (int i = 0; i < 1500; i++) {
		buf_char(&yaml, ']');
		buf_char(&json, ']');
	}
	buf_char(&json, '}');
	CHECK_INT(template_parse("t", yaml.data, yaml.len, &t, &err), -1);
	CHECK(strstr(err.text, "nested too deeply"));
	CHECK_INT(template_parse("t", json.data, json.len, &t, &err), -1);
	CHECK_STR(err.text, "t:1:1: Template format error: the template is nested too deeply.");
}

/* Text and the error it gives; every sentence with the place where the fault stands. */
static const struct {
	const char *text, *error;
} faulty[] = {
	{ "",
	  "t:1:1: Template format error: YAML not well-formed. (line 1, column 1): one document is "
	  "wanted" },
	{ "a: [",
	  "t:2:1: Template format error: YAML not well-formed. (line 2, column 1): did not find "
	  "expected node content" },
	{ "a: 1\na: 2",
	  "t:2:1: Template format error: YAML not well-formed. (line 2, column 1): duplicate key" },
	{ "a: {<<: {b: 1}}",
	  "t:1:5: Template format error: YAML not well-formed. (line 1, column 5): "
	  "merge keys (<<) are not supported" },
	{ "? [a]\n: 1",
	  "t:1:3: Template format error: YAML not well-formed. (line 1, column 3): a key is "
	  "not a text" },
	{ "--- a\n--- b", "t:2:1: Template format error: YAML not well-formed. (line 2, column 1): "
			  "one document is wanted" },
	{ "{\"a\": }",
	  "t:1:7: Template format error: JSON not well-formed. (line 1, column 7): unexpected "
	  "token near '}'" },
	{ "{\"a\": 1,\n \"a\": 2}",
	  "t:2:4: Template format error: JSON not well-formed. (line 2, column 4): duplicate key" },
	{ "just text", "t:1:1: Template format error: unsupported structure." },
	{ "- a", "t:1:1: Template format error: unsupported structure." },
	{ "Description: x",
	  "t:1:1: Template format error: At least one Resources member must be defined." },
	{ "Resources: {}",
	  "t:1:1: Template format error: At least one Resources member must be defined." },
	{ RESOURCES "Foo: 1\nBar: 2", "t:2:1: Invalid template property or properties [Foo, Bar]" },
	{ RESOURCES "AWSTemplateFormatVersion: '2011-01-01'",
	  "t:2:1: Template format error: unsupported value for AWSTemplateFormatVersion." },
	{ RESOURCES "Description: [x]",
	  "t:2:1: Template format error: Description must be a string." },
	{ RESOURCES "Parameters:",
	  "t:2:1: [/Parameters] 'null' values are not allowed in templates" },
	{ RESOURCES "Outputs: []", "t:2:1: Template format error: Outputs must be an object." },
	{ RESOURCES "Transform: AWS::Serverless-2016-10-31",
	  "t:2:1: Transform AWS::Serverless-2016-10-31 failed with: only AWS::LanguageExtensions "
	  "is "
	  "supported here; expand the template first" },
	{ RESOURCES "Transform: [Mine]", "t:2:1: No transform named Mine found." },
	{ "Resources:\n  A: x",
	  "t:2:3: Template format error: Any Resources member must be an object." },
	{ "Resources:\n  A: {Properties: {}}",
	  "t:2:3: Template format error: [/Resources/A] Every Resources object must contain a Type "
	  "member." },
	{ "Resources:\n  A-b: {Type: AWS::SNS::Topic}",
	  "t:2:3: Template format error: Resource name A-b is non alphanumeric." },
	{ "Resources:\n  A: {Type: Topic}",
	  "t:2:3: Template format error: Unrecognized resource types: [Topic]" },
	{ "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Foo: 1",
	  "t:4:5: Invalid template resource property 'Foo'" },
	{ "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Version: 1",
	  "t:4:5: Invalid template resource property 'Version'" },
	{ "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties: [1]",
	  "t:4:5: Template format error: [/Resources/A/Properties] Every Properties member must be "
	  "an "
	  "object." },
	{ "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:",
	  "t:4:5: [/Resources/A/Properties] 'null' values are not allowed in templates" },
	{ "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n      x: [1, ~]",
	  "t:5:14: [/Resources/A/Properties/x/1] 'null' values are not allowed in templates" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, DependsOn: B}",
	  "t:2:30: Template format error: Unresolved resource dependencies [B] in the Resources "
	  "block of "
	  "the template" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Condition: B}",
	  "t:2:30: Template format error: Unresolved condition dependency B in the Resources block "
	  "of the "
	  "template" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, DeletionPolicy: Keep}",
	  "t:2:30: Template error: Invalid DeletionPolicy value 'Keep'. Valid values are [Delete, "
	  "Retain, "
	  "RetainExceptOnCreate, Snapshot]" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, UpdateReplacePolicy: Snapshot}",
	  "t:2:30: Template error: resource type AWS::SNS::Topic does not support update replace "
	  "policy "
	  "Snapshot" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !Ref B, y: [!Ref C, !Sub "
	  "'${D}']}}",
	  "t:2:46: Template format error: Unresolved resource dependencies [B, C, D] in the "
	  "Resources "
	  "block of the template" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !GetAtt B.c}}",
	  "t:2:46: Template error: instance of Fn::GetAtt references undefined resource B" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !GetAtt B}}",
	  "t:2:46: Template error: every Fn::GetAtt object requires two non-empty parameters, the "
	  "resource "
	  "name and the resource attribute" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !Sub '${B.c}'}}",
	  "t:2:46: Template error: instance of Fn::Sub references invalid resource attribute B.c" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !Sub '${ A }'}}",
	  "t:2:46: Template error: variable names in Fn::Sub syntax must contain only alphanumeric "
	  "characters, underscores, periods, and colons" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !Ref [A]}}",
	  "t:2:46: Template format error: every Ref object must have a single String value." },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !Foo A}}",
	  "t:2:46: Template Error: Encountered unsupported function: Fn::Foo Supported functions "
	  "are: "
	  "[Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, "
	  "Fn::FindInMap, "
	  "Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, "
	  "Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, "
	  "Fn::Sub, "
	  "Fn::Cidr]" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: {Fn::Sub: a, b: c}}}",
	  "t:2:47: Template error: a function must be the only member of its object, Fn::Sub is "
	  "not" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !Select [1]}}",
	  "t:2:46: Template error: Fn::Select requires a list argument with two elements: an "
	  "integer index "
	  "and a list" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !If [C, 1, 2]}}",
	  "t:2:46: Template error: unresolved condition dependency C in Fn::If" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !Equals [a, b]}}",
	  "t:2:46: Template error: Fn::Equals cannot be partially collapsed" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !FindInMap [M, a, b]}}",
	  "t:2:46: Template error: Mapping named 'M' is not present in the 'Mappings' section of "
	  "template." },
	{ "Mappings: {M: {a: {c: 1}}}\nResources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: "
	  "!FindInMap "
	  "[M, a, b]}}",
	  "t:3:46: Template error: Unable to get mapping for M::a::b" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !ImportValue {Ref: A}}}",
	  "t:2:46: Template error: the attribute in Fn::ImportValue must not depend on any "
	  "resources, "
	  "imported values, or Fn::GetAZs" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !Length [1]}}",
	  "t:2:46: Template Error: Encountered unsupported function: Fn::Length Supported "
	  "functions are: "
	  "[Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, "
	  "Fn::FindInMap, "
	  "Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, "
	  "Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, "
	  "Fn::Sub, "
	  "Fn::Cidr]" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !Transform {Name: m}}}",
	  "t:2:46: Fn::Transform is not supported here: macros and AWS::Include are not run; "
	  "expand the "
	  "template first" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !Ref B}}\n  B: {Type: "
	  "AWS::SNS::Topic, "
	  "DependsOn: [A]}\n  C: {Type: AWS::SNS::Topic, DependsOn: A}\n  D: {Type: "
	  "AWS::SNS::Topic}",
	  "t:2:3: Circular dependency between resources: [A, B]" },
	{ "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {x: !GetAtt A.Arn}}",
	  "t:2:3: Circular dependency between resources: [A]" },
	{ RESOURCES "Conditions: {A: !Not [Condition: B], B: !Not [Condition: A]}",
	  "t:2:14: Template error: Found circular condition dependency between: [A, B]" },
	{ RESOURCES "Conditions: {X: !Equals [!Ref A, b]}",
	  "t:2:26: Template format error: Unresolved dependencies [A]. Cannot reference resources "
	  "in the "
	  "Conditions block of the template" },
	{ RESOURCES "Conditions: {X: !Equals [a]}",
	  "t:2:17: Template error: every Fn::Equals object requires a list of 2 string "
	  "parameters." },
	{ RESOURCES "Conditions: {X: !And [Condition: X]}",
	  "t:2:17: Template error: every Fn::And object requires a list of at least 2 and at most "
	  "10 "
	  "boolean parameters." },
	{ RESOURCES "Conditions: {X: !Ref AWS::Region}",
	  "t:2:14: Template format error: Conditions can only be boolean operations on parameters "
	  "and "
	  "other conditions" },
	{ RESOURCES "Conditions: {X: !Equals [!GetAtt A.b, b]}",
	  "t:2:26: Template error: Cannot use Fn::GetAtt in Conditions." },
	{ RESOURCES "Parameters: {P: {Default: x}}",
	  "t:2:14: Template format error: Every Parameters object must contain a Type member." },
	{ RESOURCES "Parameters: {P-q: {Type: String}}",
	  "t:2:14: Template format error: Parameter name P-q is non alphanumeric." },
	{ RESOURCES "Parameters: {P: {Type: Text}}",
	  "t:2:14: Template format error: Unrecognized parameter type: Text" },
	{ RESOURCES "Parameters: {P: {Type: String, Defualt: x}}",
	  "t:2:32: Invalid template parameter property 'Defualt'" },
	{ RESOURCES "Parameters: {A: {Type: String}}",
	  "t:1:13: Template format error: A is the name of a parameter and of a resource" },
	{ RESOURCES "Mappings: {M: x}",
	  "t:2:12: Template format error: Every Mappings member M must be a "
	  "map" },
	{ RESOURCES "Mappings: {M: {a: x}}",
	  "t:2:16: Template format error: Every Mappings member a must be a map" },
	{ RESOURCES "Mappings: {M: {a: {b: {c: d}}}}",
	  "t:2:20: Template format error: Every Mappings attribute must be a String or a List." },
	{ RESOURCES "Outputs: {O: {Description: x}}",
	  "t:2:11: Template format error: Every Outputs member must contain a Value object" },
	{ RESOURCES "Outputs: {O: {Value: }}",
	  "t:2:15: [/Outputs/O/Value] 'null' values are not allowed in templates" },
	{ RESOURCES "Outputs: {O: {Value: !Ref X}}",
	  "t:2:22: Unresolved resource dependencies [X] in the Outputs block of the template" },
	{ RESOURCES "Outputs: {O: {Value: x, Export: {Name: a.b}}}",
	  "t:2:25: Template format error: Output O is malformed. The Name field of every Export "
	  "member "
	  "must be specified and consist only of alphanumeric characters, colons, or hyphens." },
	{ RESOURCES "Outputs: {O: {Value: x, Export: {Name: !Sub '${A}-x'}}}",
	  "t:2:25: Template format error: Output O is malformed.  The Name field of Export must "
	  "not depend "
	  "on any resources, imported values, or Fn::GetAZs." },
	{ RESOURCES "Rules: {R: {Assertions: []}}",
	  "t:2:9: Template format error: Every Rules object must contain Assertions." },
	{ RESOURCES "Rules: {R: {Assertions: [{Assert: !Contains [[a], !Ref A]}]}}",
	  "t:2:51: Template format error: Unresolved dependencies [A]. Cannot reference resources "
	  "in the "
	  "Rules block of the template" },
};

TEST(template_parse, faults_have_a_place_and_cloudformations_sentence)
{
	for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++)
		check_error(faulty[i].text, faulty[i].error);
}

TEST(template_parse, without_a_name_only_the_sentence_is_said)
{
	OWN(template) struct template *t = NULL;
	const char *text = "Resources: {A: {Type: AWS::SNS::Topic, Foo: 1}}";
	struct err err = { 0 };

	CHECK_INT(template_parse(NULL, text, strlen(text), &t, &err), -1);
	CHECK_STR(err.text, "Invalid template resource property 'Foo'");
	CHECK_INT(template_parse(NULL, "{\"a\": }", 7, &t, &err), -1);
	CHECK_STR(err.text, "Template format error: JSON not well-formed. (line 1, column 7)");
	CHECK_INT(template_parse(NULL, "a: [", 4, &t, NULL), -1);
}

static char *many(const char *section, unsigned count, const char *member)
{
	struct buf text = { 0 };

	if (strcmp(section, "Resources") != 0)
		buf_str(&text, RESOURCES);
	buf_printf(&text, "%s:\n", section);
	for (unsigned i = 0; i < count; i++)
		buf_printf(&text, "  N%u: %s\n", i, member);
	return buf_take(&text);
}

TEST(template_parse, quotas_are_cloudformations)
{
	static const struct {
		const char *section, *member;
		unsigned most;
		const char *error;
	} quotas[] = {
		{ "Resources", "{Type: AWS::SNS::Topic}", 500,
		  "t:1:1: Template format error: Number of resources, 501, is greater than maximum "
		  "allowed, "
		  "500" },
		{ "Parameters", "{Type: String}", 200,
		  "t:1:1: Template format error: Number of parameters, 201, is greater than "
		  "maximum allowed, "
		  "200" },
		{ "Outputs", "{Value: x}", 200,
		  "t:1:1: Template format error: Number of outputs, 201, is greater than maximum "
		  "allowed, "
		  "200" },
		{ "Mappings", "{a: {b: c}}", 200,
		  "t:1:1: Template format error: Number of mappings, 201, is greater than maximum "
		  "allowed, "
		  "200" },
	};

	for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++) {
		OWN(str) char *full = many(quotas[i].section, quotas[i].most, quotas[i].member);
		OWN(str) char *over = many(quotas[i].section, quotas[i].most + 1, quotas[i].member);
		OWN(template) struct template *t = parse(full);

		CHECK(t);
		check_error(over, quotas[i].error);
	}
}

TEST(template_parse, a_body_above_one_mebibyte_is_refused)
{
	OWN(buf) struct buf text = { 0 };
	OWN(template) struct template *t = NULL;
	struct err err = { 0 };

	buf_str(&text, RESOURCES "Metadata: ");
	while (text.len <= 1048576)
		buf_str(&text, "xxxxxxxxxxxxxxxx");
	CHECK_INT(template_parse("big", text.data, text.len, &t, &err), -1);
	CHECK_STR(err.text, "big: Template may not exceed 1048576 bytes in size.");
	CHECK_OK(template_parse("big", text.data, 1048576, &t, &err), err);
}

TEST(template_locate, json_places_are_those_of_keys_and_members)
{
	const char *text = "{\n  \"Resources\": {\n    \"A\": {\"Type\": \"AWS::SNS::Topic\",\n"
			   "      \"Properties\": {\"l\\u00e4\": [1,\n {\"a/b~\": 2}]}}\n  }\n}\n";
	OWN(template) struct template *t = parse(text);
	static const struct {
		const char *pointer;
		unsigned line, column;
	} places[] = {
		{ "", 1, 1 },
		{ "/Resources", 2, 3 },
		{ "/Resources/A", 3, 5 },
		{ "/Resources/A/Type", 3, 11 },
		{ "/Resources/A/Type/x/y", 3, 11 },
		{ "/Resources/A/Properties/l\xc3\xa4/0", 4, 34 },
		{ "/Resources/A/Properties/l\xc3\xa4/1/a~1b~0", 5, 3 },
		{ "/Resources/A/Nope", 3, 5 },
		{ "/Nope", 1, 1 },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct template_location at = template_locate(t, places[i].pointer);

		CHECK_INT(at.line * 1000 + at.column, places[i].line * 1000 + places[i].column);
	}
}

TEST(template_locate, yaml_places_follow_the_long_forms)
{
	OWN(template)
	struct template *t = parse("Resources:\n  A:\n    Type: AWS::SNS::Topic\n"
				   "    Properties:\n      x: !Sub\n        - a\n"
				   "        - b: c\n      y: [d, !GetAtt A2.b]\n"
				   "  A2: {Type: AWS::SNS::Topic}\n");
	struct template_location at;

	at = template_locate(t, "/Resources/A/Properties/x");
	CHECK_INT(at.line * 1000 + at.column, 5007);
	at = template_locate(t, "/Resources/A/Properties/x/Fn::Sub");
	CHECK_INT(at.line * 1000 + at.column, 5010);
	at = template_locate(t, "/Resources/A/Properties/x/Fn::Sub/1/b");
	CHECK_INT(at.line * 1000 + at.column, 7011);
	at = template_locate(t, "/Resources/A/Properties/y/1/Fn::GetAtt/0");
	CHECK_INT(at.line * 1000 + at.column, 8014);
}

TEST(template_parse, policies_have_their_defaults)
{
	OWN(template)
	struct template *t =
		parse("Resources:\n  A: {Type: AWS::SNS::Topic}\n"
		      "  B: {Type: AWS::EC2::Volume, DeletionPolicy: Snapshot, "
		      "UpdateReplacePolicy: Retain}\n"
		      "  C: {Type: AWS::RDS::DBCluster}\n"
		      "  D: {Type: AWS::SNS::Topic, DeletionPolicy: RetainExceptOnCreate}\n");

	CHECK_STR(template_deletion_policy(t, "A"), "Delete");
	CHECK_STR(template_deletion_policy(t, "B"), "Snapshot");
	CHECK_STR(template_replace_policy(t, "B"), "Retain");
	CHECK_STR(template_deletion_policy(t, "C"), "Snapshot");
	CHECK_STR(template_replace_policy(t, "C"), "Delete");
	CHECK_STR(template_deletion_policy(t, "D"), "RetainExceptOnCreate");
}

static void check_capabilities(const char *text, const char *want)
{
	OWN(template) struct template *t = parse(text);
	OWN(json) json_t *list = template_capabilities(t);
	OWN(str) char *got = json_text(list);

	CHECK_STR(got, want);
}

TEST(template_capabilities, iam_resources_and_transforms_need_them)
{
	check_capabilities(RESOURCES, "[]");
	check_capabilities("Resources: {R: {Type: AWS::IAM::Role}}", "[\"CAPABILITY_IAM\"]");
	check_capabilities(
		"Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: x}}, P: {Type: "
		"AWS::IAM::Policy}}",
		"[\"CAPABILITY_NAMED_IAM\"]");
	check_capabilities("Resources: {P: {Type: AWS::IAM::Policy, Properties: {PolicyName: x}}}",
			   "[\"CAPABILITY_IAM\"]");
	check_capabilities("Transform: AWS::LanguageExtensions\n" RESOURCES,
			   "[\"CAPABILITY_AUTO_EXPAND\"]");
}

TEST(template_summary, parameters_are_described)
{
	OWN(template)
	struct template *t = parse(
		RESOURCES "Parameters:\n  P: {Type: Number, Default: 5, AllowedValues: [5, 6], "
			  "Description: d}\n  S: {Type: String, NoEcho: 'true'}\n");
	OWN(json) json_t *list = template_parameter_summary(t);
	OWN(str) char *got = json_text(list);

	CHECK_STR(got,
		  "[{\"ParameterKey\":\"P\",\"ParameterType\":\"Number\",\"DefaultValue\":\"5\","
		  "\"NoEcho\":false,\"Description\":\"d\",\"ParameterConstraints\":{"
		  "\"AllowedValues\":["
		  "\"5\",\"6\"]}},{\"ParameterKey\":\"S\",\"ParameterType\":\"String\",\"NoEcho\":"
		  "true,"
		  "\"ParameterConstraints\":{}}]");
}

TEST(template_types, ref_stands_for_an_attribute_of_some_types)
{
	CHECK_STR(template_ref_attribute("AWS::EC2::SecurityGroup"), "GroupId");
	CHECK_STR(template_ref_attribute("AWS::EFS::FileSystem"), "FileSystemId");
	CHECK_STR(template_ref_attribute("AWS::ServiceDiscovery::Service"), "Id");
	CHECK_STR(template_ref_attribute("AWS::ECS::Cluster"), NULL);
	CHECK_STR(template_ref_attribute("AWS::Nope::Nope"), NULL);
	CHECK_STR(template_ref_attribute(NULL), NULL);
}
