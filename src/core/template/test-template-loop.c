#include "core/template/template.h"

#include <string.h>

#include "base/str.h"
#include "base/test.h"

#define EXTENDED "Transform: AWS::LanguageExtensions\n"
#define TOPIC "{Type: AWS::SNS::Topic}"
#define LISTED EXTENDED "Parameters: {Names: {Type: CommaDelimitedList}}\n"
#define FAILED "Transform AWS::LanguageExtensions failed with: "

static int parse_with(const char *text, const char *given, struct template **ret, struct err *err)
{
	static const struct template_world world = { .region = "eu-west-1" };
	OWN(json) json_t *values = given ? json_loads(given, 0, NULL) : NULL;
	struct template_inputs inputs = { .given = values, .world = &world };

	return template_parse_with("t", text, strlen(text), &inputs, ret, err);
}

static void check_given(const char *text, const char *given, const char *path, const char *want)
{
	OWN(template) struct template *t = NULL;
	OWN(str) char *got = NULL;
	struct err err = { 0 };

	CHECK_OK(parse_with(text, given, &t, &err), err);
	if (!t)
		return;
	got = json_text(json_path(template_body(t), path));
	CHECK_STR(got, want);
}

static void check_body(const char *text, const char *path, const char *want)
{
	check_given(text, NULL, path, want);
}

static void check_error(const char *text, const char *want)
{
	OWN(template) struct template *t = NULL;
	struct err err = { 0 };

	CHECK_INT(parse_with(text, NULL, &t, &err), -1);
	CHECK_STR(err.text, want);
}

/* ---- what loops make ------------------------------------------------------------------------- */

TEST(template_loop, resources_are_made_where_the_loop_stands)
{
	check_body(EXTENDED "Resources:\n"
			    "  A: " TOPIC "\n"
			    "  Fn::ForEach::Topics:\n"
			    "    - Name\n"
			    "    - [One, Two]\n"
			    "    - Topic${Name}:\n"
			    "        Type: AWS::SNS::Topic\n"
			    "        DependsOn: Queue${Name}\n"
			    "        Properties:\n"
			    "          TopicName: !Ref Name\n"
			    "          DisplayName: !Sub '${Name} ${AWS::Region} ${Queue${Name}} ${!Name}'\n"
			    "          ${Name}s: ['x-&{Name}', 7, $Name, '$', '${', '&{A}']\n"
			    "      Queue${Name}: {Type: AWS::SQS::Queue}\n"
			    "  Z: {Type: AWS::SNS::Topic, Properties: {x: !GetAtt TopicOne.Arn}}\n",
		   "Resources",
		   "{\"A\":{\"Type\":\"AWS::SNS::Topic\"},"
		   "\"TopicOne\":{\"Type\":\"AWS::SNS::Topic\",\"DependsOn\":\"QueueOne\",\"Properties\":{"
		   "\"TopicName\":\"One\",\"DisplayName\":{\"Fn::Sub\":\"One ${AWS::Region} ${QueueOne} "
		   "${!Name}\"},\"Ones\":[\"x-One\",7,\"$Name\",\"$\",\"${\",\"&{A}\"]}},"
		   "\"QueueOne\":{\"Type\":\"AWS::SQS::Queue\"},"
		   "\"TopicTwo\":{\"Type\":\"AWS::SNS::Topic\",\"DependsOn\":\"QueueTwo\",\"Properties\":{"
		   "\"TopicName\":\"Two\",\"DisplayName\":{\"Fn::Sub\":\"Two ${AWS::Region} ${QueueTwo} "
		   "${!Name}\"},\"Twos\":[\"x-Two\",7,\"$Name\",\"$\",\"${\",\"&{A}\"]}},"
		   "\"QueueTwo\":{\"Type\":\"AWS::SQS::Queue\"},"
		   "\"Z\":{\"Type\":\"AWS::SNS::Topic\",\"Properties\":{\"x\":{\"Fn::GetAtt\":[\"TopicOne\","
		   "\"Arn\"]}}}}");
}

TEST(template_loop, loops_stand_in_each_other_and_in_properties)
{
	check_body(EXTENDED "Mappings: {M: {a: {l: [x, y]}, b: {l: [z]}}}\n"
			    "Resources:\n"
			    "  Fn::ForEach::Outer:\n"
			    "    - O\n"
			    "    - [a, b]\n"
			    "    - N${O}: {Type: AWS::SNS::Topic, Properties: {Fn::ForEach::In: [P, [p, "
			    "'q-1'], {'&{P}${O}': '${P}', '${P}': {'&{P}': 1}}], k: 1}}\n"
			    "      Fn::ForEach::Inner:\n"
			    "        - I\n"
			    "        - !FindInMap [M, !Ref O, l]\n"
			    "        - T${O}${I}: " TOPIC "\n",
		   "Resources",
		   "{\"Na\":{\"Type\":\"AWS::SNS::Topic\",\"Properties\":{\"pa\":\"p\",\"p\":{\"p\":1},"
		   "\"q1a\":\"q-1\",\"q-1\":{\"q1\":1},\"k\":1}},"
		   "\"Tax\":{\"Type\":\"AWS::SNS::Topic\"},\"Tay\":{\"Type\":\"AWS::SNS::Topic\"},"
		   "\"Nb\":{\"Type\":\"AWS::SNS::Topic\",\"Properties\":{\"pb\":\"p\",\"p\":{\"p\":1},"
		   "\"q1b\":\"q-1\",\"q-1\":{\"q1\":1},\"k\":1}},"
		   "\"Tbz\":{\"Type\":\"AWS::SNS::Topic\"}}");
}

TEST(template_loop, conditions_and_outputs_have_loops_too)
{
	static const char text[] = EXTENDED
		"Parameters: {Pa: {Type: String, Default: 'true'}, Pb: {Type: String, Default: 'no'}}\n"
		"Conditions: {Fn::ForEach::C: [N, [a, b], {'Is${N}': !Equals [!Ref {Fn::Sub: 'P${N}'}, 'true']}]}\n"
		"Resources: {Fn::ForEach::R: [N, [a, b], {'R${N}': {Type: AWS::SNS::Topic, Condition: 'Is${N}'}}]}\n"
		"Outputs: {Fn::ForEach::O: [N, [a, b], {'O${N}': {Condition: 'Is${N}', Value: !GetAtt [!Sub 'R${N}', "
		"Arn]}}]}\n";

	check_body(text, "Conditions",
		   "{\"Isa\":{\"Fn::Equals\":[{\"Ref\":\"Pa\"},\"true\"]},"
		   "\"Isb\":{\"Fn::Equals\":[{\"Ref\":\"Pb\"},\"true\"]}}");
	check_body(text, "Outputs.Oa", "{\"Condition\":\"Isa\",\"Value\":{\"Fn::GetAtt\":[\"Ra\",\"Arn\"]}}");
}

TEST(template_loop, parameters_and_functions_give_lists)
{
	static const char body[] = LISTED "Resources: {A: " TOPIC
					  ", Fn::ForEach::L: [N, !Ref Names, {'B&{N}': " TOPIC "}]}";

	check_given(body, "{\"Names\": \"x, y.z\", \"Other\": \"of another template\"}", "Resources",
		    "{\"A\":{\"Type\":\"AWS::SNS::Topic\"},\"Bx\":{\"Type\":\"AWS::SNS::Topic\"},"
		    "\"Byz\":{\"Type\":\"AWS::SNS::Topic\"}}");
	check_body(EXTENDED "Mappings: {M: {eu-west-1: {l: 'p,q'}}}\nResources: {Fn::ForEach::L: [N, !Split [',', "
			    "!FindInMap [M, !Ref AWS::Region, l]], {'B${N}': " TOPIC "}]}",
		   "Resources", "{\"Bp\":{\"Type\":\"AWS::SNS::Topic\"},\"Bq\":{\"Type\":\"AWS::SNS::Topic\"}}");
	check_body(EXTENDED "Parameters: {P: {Type: String, Default: k}}\nResources: {A: " TOPIC
			    ", Fn::ForEach::L: [N, [!Ref P, 1], {'B${N}': " TOPIC
			    "}], Fn::ForEach::Nothing: [N, [], {'C${N}': " TOPIC "}]}",
		   "Resources",
		   "{\"A\":{\"Type\":\"AWS::SNS::Topic\"},\"Bk\":{\"Type\":\"AWS::SNS::Topic\"},"
		   "\"B1\":{\"Type\":\"AWS::SNS::Topic\"}}");
}

TEST(template_loop, attributes_of_resources_may_be_functions)
{
	check_body(EXTENDED
		   "Parameters: {Stage: {Type: String, Default: prod}}\n"
		   "Mappings: {M: {c: {b: Prod}}}\n"
		   "Conditions: {Prod: !Equals [!Ref Stage, prod]}\n"
		   "Resources:\n"
		   "  Fn::ForEach::L:\n"
		   "    - N\n"
		   "    - [a, b]\n"
		   "    - B${N}:\n"
		   "        Type: AWS::SNS::Topic\n"
		   "        Condition: !FindInMap [M, c, !Ref N, {DefaultValue: !Ref AWS::NoValue}]\n"
		   "        DeletionPolicy: !If [Prod, Retain, Delete]\n",
		   "Resources",
		   "{\"Ba\":{\"Type\":\"AWS::SNS::Topic\",\"DeletionPolicy\":\"Retain\"},"
		   "\"Bb\":{\"Type\":\"AWS::SNS::Topic\",\"Condition\":\"Prod\",\"DeletionPolicy\":\"Retain\"}}");
}

TEST(template_loop, parameters_in_the_template_are_told)
{
	static const char text[] = EXTENDED
		"Parameters: {P: {Type: CommaDelimitedList, Default: a}, Q: {Type: String, Default: q}, "
		"R: {Type: String, Default: r}}\n"
		"Conditions: {C: !Equals [!Ref Q, q], D: !Equals [!Ref R, r]}\n"
		"Resources: {Fn::ForEach::L: [N, !Ref P, {'A${N}': {Type: AWS::SNS::Topic, Condition: D, "
		"DeletionPolicy: !If [C, Retain, Delete]}}]}\n";
	OWN(template) struct template *t = NULL;
	struct err err = { 0 };

	CHECK_OK(parse_with(text, NULL, &t, &err), err);
	CHECK(t && template_fixes(t, "P") && template_fixes(t, "Q") && !template_fixes(t, "R"));
}

/* ---- places ---------------------------------------------------------------------------------- */

static void check_place(struct template *t, const char *pointer, unsigned line, unsigned column)
{
	struct template_location at = template_locate(t, pointer);

	CHECK_INT(at.line, line);
	CHECK_INT(at.column, column);
}

TEST(template_loop, places_are_in_the_body_of_the_loop)
{
	OWN(template) struct template *t = NULL;
	struct err err = { 0 };

	CHECK_OK(parse_with(EXTENDED "Resources:\n"
				     "  Fn::ForEach::Outer:\n"
				     "    - O\n"
				     "    - [a, b]\n"
				     "    - N${O}:\n"
				     "        Type: AWS::SNS::Topic\n"
				     "        Properties:\n"
				     "          Fn::ForEach::In:\n"
				     "            - P\n"
				     "            - [p, q]\n"
				     "            - ${P}/${O}:\n"
				     "                deep: [1, {'${O}': 2}]\n"
				     "  Last: " TOPIC "\n",
			    NULL, &t, &err),
		 err);
	if (!t)
		return;
	check_place(t, "/Resources/Na", 6, 7);
	check_place(t, "/Resources/Nb/Type", 7, 9);
	check_place(t, "/Resources/Nb/Properties/q~1b", 12, 15);
	check_place(t, "/Resources/Nb/Properties/q~1b/deep", 13, 17);
	check_place(t, "/Resources/Nb/Properties/q~1b/deep/1/b", 13, 28);
	check_place(t, "/Resources/Nb/Properties/none", 8, 9);
	check_place(t, "/Resources/Last", 14, 3);
	CHECK(template_extended(t));
}

/* ---- refusals -------------------------------------------------------------------------------- */

static const struct {
	const char *text, *error;
} faulty[] = {
	{ "Resources:\n  Fn::ForEach::L: [N, [a], {'A${N}': " TOPIC "}]",
	  "t:2:3: Template format error: Fn::ForEach needs a transform; add the line \"Transform: "
	  "AWS::LanguageExtensions\" at the top level of the template" },
	{ EXTENDED "Resources: {A: " TOPIC "}\nMappings: {M: {Fn::ForEach::L: [N, [a], {'${N}': x}]}}",
	  "t:3:16: Template format error: Every Mappings member Fn::ForEach::L must be a map" },
	{ EXTENDED "Resources: {A: " TOPIC "}\nParameters: {Fn::ForEach::L: [N, [a], {'${N}': x}]}",
	  "t:3:14: " FAILED "Fn::ForEach can stand in Conditions, Resources and Outputs only, as "
	  "Fn::ForEach::Name" },
	{ EXTENDED "Resources: {Fn::ForEach: [N, [a], {'A${N}': " TOPIC "}]}",
	  "t:2:13: " FAILED "Fn::ForEach can stand in Conditions, Resources and Outputs only, as "
	  "Fn::ForEach::Name" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, [a]]}",
	  "t:2:13: " FAILED "Fn::ForEach::L must be a list of an identifier, a list of values and an object" },
	{ EXTENDED "Resources: {Fn::ForEach::L-1: [N, [a], {'A${N}': " TOPIC "}]}",
	  "t:2:13: " FAILED "the name of a loop must be letters and digits: Fn::ForEach::L-1" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N.a, [a], {'A${N.a}': " TOPIC "}]}",
	  "t:2:13: " FAILED "the identifier of Fn::ForEach::L must be a text of letters and digits" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, [a], {A: " TOPIC "}]}",
	  "t:2:39: " FAILED "the key A in Fn::ForEach::L must have ${N} or &{N} in it" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, [a, b, a], {'A${N}': " TOPIC "}]}",
	  "t:2:45: " FAILED "Aa is there twice when the loops are written out" },
	{ EXTENDED "Resources: {Aa: " TOPIC ", Fn::ForEach::L: [N, [a], {'A${N}': " TOPIC "}]}",
	  "t:2:68: " FAILED "Aa is there twice when the loops are written out" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, [a-b], {'A${N}': " TOPIC "}]}",
	  "t:2:41: Template format error: Resource name Aa-b is non alphanumeric." },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, {a: b}, {'A${N}': " TOPIC "}]}",
	  "t:2:33: " FAILED "what Fn::ForEach::L goes over must be a list, or a function that gives one" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, [[a]], {'A${N}': " TOPIC "}]}",
	  "t:2:33: " FAILED "what Fn::ForEach::L goes over must be a list of texts" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, [], {'A${N}': " TOPIC "}]}",
	  "t:1:1: Template format error: At least one Resources member must be defined." },
	{ LISTED "Resources: {Fn::ForEach::L: [N, !Ref Names, {'A${N}': " TOPIC "}]}",
	  "t:3:33: " FAILED "the list of Fn::ForEach::L must be known first, and the parameter Names has no "
	  "value; give it with --param Names=VALUE" },
	{ EXTENDED "Parameters: {P: {Type: AWS::SSM::Parameter::Value<List<String>>, Default: x}}\n"
		   "Resources: {Fn::ForEach::L: [N, !Ref P, {'A${N}': " TOPIC "}]}",
	  "t:3:33: " FAILED "the list of Fn::ForEach::L must be known first, and the parameter P is read from "
	  "the parameter store; make it a CommaDelimitedList" },
	{ EXTENDED "Parameters: {P: {Type: CommaDelimitedList, Default: x, NoEcho: true}}\n"
		   "Resources: {Fn::ForEach::L: [N, !Ref P, {'A${N}': " TOPIC "}]}",
	  "t:3:33: " FAILED "the parameter P is NoEcho; its value cannot become part of the template" },
	{ EXTENDED "Resources: {B: " TOPIC ", Fn::ForEach::L: [N, [!Ref B], {'A${N}': " TOPIC "}]}",
	  "t:2:61: " FAILED "the list of Fn::ForEach::L must be known before anything is created, and B is "
	  "not" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, [!Ref AWS::AccountId], {'A${N}': " TOPIC "}]}",
	  "t:2:33: " FAILED "the list of Fn::ForEach::L must be known before anything is created, and "
	  "AWS::AccountId is not" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, !Ref X, {'A${N}': " TOPIC "}]}",
	  "t:2:33: Template format error: Unresolved resource dependencies [X] in the Resources block of the "
	  "template" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, [a], {'A${N}': {Type: AWS::SNS::Topic, Properties: "
		   "{Fn::ForEach::K: [N, [a], {'${N}': 1}]}}}]}",
	  "t:2:85: " FAILED "the identifier N is that of the loop around Fn::ForEach::K already" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, [a], {'A${N}': " TOPIC
		   "}]}\nOutputs: {Fn::ForEach::L: [N, [a], {'A${N}': {Value: x}}]}",
	  "t:3:11: " FAILED "the name of a loop must be unique: Fn::ForEach::L" },
	{ EXTENDED "Resources: {L: " TOPIC ", Fn::ForEach::L: [N, [a], {'A${N}': " TOPIC "}]}",
	  "t:2:41: " FAILED "L, the name of a loop, is the name of a resource as well" },
	{ EXTENDED "Parameters: {N: {Type: String}}\nResources: {Fn::ForEach::L: [N, [a], {'A${N}': " TOPIC "}]}",
	  "t:3:13: " FAILED "N, the identifier of a loop, is the name of a parameter as well" },
	{ EXTENDED "Resources: {Fn::ForEach::L: [N, [a], {'A${N}': {Type: AWS::SNS::Topic, Properties: {x: !Ref "
		   "'B${N}'}}}]}",
	  "t:2:88: Template format error: Unresolved resource dependencies [Ba] in the Resources block of the "
	  "template" },
	{ EXTENDED "Resources: {A: {Type: AWS::SNS::Topic, Properties: {x: !Ref {Fn::Sub: '${A}'}}}}",
	  "t:2:53: " FAILED "the argument of Ref must be known before anything is created, and A is not" },
};

TEST(template_loop, refusals_say_where_and_why)
{
	for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++)
		check_error(faulty[i].text, faulty[i].error);
}

TEST(template_loop, loops_are_six_deep_at_most)
{
	OWN(buf) struct buf text = { 0 };

	buf_str(&text, EXTENDED "Resources: {A: {Type: AWS::SNS::Topic, Properties: {");
	for (int i = 0; i < 7; i++)
		buf_printf(&text, "Fn::ForEach::L%d: [N%d, [a], {", i, i);
	buf_str(&text, "'${N6}': 1");
	for (int i = 0; i < 7; i++)
		buf_str(&text, "}]");
	buf_str(&text, "}}}");
	check_error(text.data, "t:2:221: " FAILED "more than 6 loops inside of each other");
}

TEST(template_loop, few_words_cannot_become_many)
{
	OWN(buf) struct buf list = { 0 }, text = { 0 };

	for (int i = 0; i < 400; i++)
		buf_printf(&list, "%s%d", i ? "," : "", i);
	buf_str(&text, EXTENDED "Resources: {A: {Type: AWS::SNS::Topic, Properties: {");
	for (int i = 0; i < 6; i++)
		buf_printf(&text, "Fn::ForEach::L%d: [N%d, [%s], {", i, i, list.data);
	buf_str(&text, "'${N0}a${N1}a${N2}a${N3}a${N4}a${N5}': 1");
	for (int i = 0; i < 6; i++)
		buf_str(&text, "}]");
	buf_str(&text, "}}}");
	OWN(template) struct template *t = NULL;
	struct err err = { 0 };

	CHECK_INT(template_parse(NULL, text.data, text.len, &t, &err), -1);
	CHECK_STR(err.text, FAILED
		  "the template may not exceed 1048576 bytes in size when its loops are written out");
}

TEST(template_loop, resources_are_counted_when_they_are_written_out)
{
	OWN(buf) struct buf text = { 0 };

	buf_str(&text, EXTENDED "Resources: {Fn::ForEach::L: [N, [");
	for (int i = 0; i <= 500; i++)
		buf_printf(&text, "%s%d", i ? "," : "", i);
	buf_str(&text, "], {'A${N}': " TOPIC "}]}");
	check_error(text.data, "t:2:1: Template format error: Number of resources, 501, is greater than maximum "
			       "allowed, 500");
}

/* ---- without values -------------------------------------------------------------------------- */

TEST(template_loop, declarations_need_no_values)
{
	static const char text[] = LISTED "Resources: {Fn::ForEach::L: [N, !Ref Names, {'A${N}': " TOPIC "}]}";
	struct template_inputs inputs = { .declarations = true };
	OWN(template) struct template *t = NULL;
	OWN(json) json_t *parameters = NULL, *capabilities = NULL;
	struct err err = { 0 };

	CHECK_OK(template_parse_with(NULL, text, strlen(text), &inputs, &t, &err), err);
	if (!t)
		return;
	parameters = template_parameter_summary(t);
	capabilities = template_capabilities(t);
	CHECK_INT(json_array_size(parameters), 1);
	CHECK(json_has_text(capabilities, "CAPABILITY_AUTO_EXPAND"));
	CHECK(!template_resources(t));
	inputs.declarations = false;
	CHECK_INT(template_parse_with(NULL, text, strlen(text), &inputs, &t, &err), -1);
	CHECK_STR(err.text, "Parameters: [Names] must have values");
}

TEST(template_loop, what_is_processed_names_no_transform)
{
	OWN(template) struct template *t = NULL;
	OWN(json) json_t *processed = NULL;
	OWN(str) char *got = NULL;
	struct err err = { 0 };

	CHECK_OK(parse_with(EXTENDED "Resources: {Fn::ForEach::L: [N, [a], {'A${N}': " TOPIC "}]}", NULL, &t, &err),
		 err);
	if (!t)
		return;
	processed = template_processed(t);
	got = json_text(processed);
	CHECK_STR(got, "{\"Resources\":{\"Aa\":{\"Type\":\"AWS::SNS::Topic\"}}}");
	CHECK(json_object_get(template_body(t), "Transform"));
}
