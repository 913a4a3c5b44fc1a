/* Concrete and symbolic values, conditions, rules, order, outputs. */
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/template/template.h"

static int world_ref(void *ctx, const char *logical, json_t **ret, struct err *err)
{
	OWN(str) char *text = str_printf("%s-id", logical);

	(void)ctx;
	(void)err;
	*ret = json_string(text);
	return 0;
}

static int world_att(void *ctx, const char *logical, const char *attribute, json_t **ret,
		     struct err *err)
{
	OWN(str) char *text = str_printf("%s-%s", logical, attribute);

	(void)ctx;
	if (!strcmp(attribute, "Nope"))
		return err_set(err, ERR_INPUT, "Resource type T does not support attribute {Nope}");
	*ret = !strcmp(attribute, "List") ? json_pack("[s,s]", "l1", "l2") : json_string(text);
	return 0;
}

static int world_import(void *ctx, const char *name, json_t **ret, struct err *err)
{
	(void)ctx;
	if (!strcmp(name, "missing"))
		return err_set(err, ERR_INPUT, "No export named missing found.");
	*ret = json_string(name);
	return 0;
}

static int world_dynamic(void *ctx, const char *service, const char *rest, json_t **ret,
			 struct err *err)
{
	OWN(str) char *text = str_printf("<%s|%s>", service, rest);

	(void)ctx;
	(void)err;
	*ret = json_string(text);
	return 0;
}

static int world_value_of(void *ctx, const char *id, const char *attribute, json_t **ret,
			  struct err *err)
{
	(void)ctx;
	(void)attribute;
	(void)err;
	*ret = json_string(str_starts(id, "vpc-a") ? "one" : "two");
	return 0;
}

static const char *const zones[] = { "eu-central-1a", "eu-central-1b", NULL };
static const struct template_world concrete = {
	.account = "123456789012",
	.region = "eu-central-1",
	.partition = "aws",
	.url_suffix = "amazonaws.com",
	.stack_name = "stack",
	.stack_id = "arn:stack",
	.zones = zones,
	.ref = world_ref,
	.att = world_att,
	.import = world_import,
	.dynamic = world_dynamic,
	.value_of = world_value_of,
};
static const struct template_world unknown;

struct fixture {
	struct template *t;
	json_t *parameters;
	struct template_eval *e;
};
static void own_drop_fixture(struct fixture *f)
{
	template_eval_free(f->e);
	json_decref(f->parameters);
	template_free(f->t);
}

/* 0, or -1 with err: the template, its parameters or its conditions are at fault. */
static int start(struct fixture *f, const char *text, const char *given,
		 const struct template_world *world, struct err *err)
{
	OWN(json) json_t *values = given ? json_loads(given, 0, NULL) : NULL;

	if (template_parse("t", text, strlen(text), &f->t, err) < 0 ||
	    template_parameters(f->t, values, NULL, world == &concrete, world, &f->parameters,
				err) < 0)
		return -1;
	return template_eval_new(f->t, f->parameters, world, &f->e, err);
}

/* What stands before and beside the value under test. */
#define AROUND                                                                                     \
	"Parameters:\n"                                                                            \
	"  Text: {Type: String, Default: hello}\n"                                                 \
	"  Number: {Type: Number, Default: 7}\n"                                                   \
	"  List: {Type: CommaDelimitedList, Default: 'a, b ,c'}\n"                                 \
	"  Open: {Type: String, Default: x}\n"                                                     \
	"Mappings: {Map: {eu-central-1: {Size: big, Zones: [p, q]}, hello: {n: 5}}}\n"             \
	"Conditions:\n"                                                                            \
	"  Same: !Equals [!Ref Text, hello]\n"                                                     \
	"  Other: !Not [{Condition: Same}]\n"                                                      \
	"  Near: !Equals [!Ref AWS::Region, eu-central-1]\n"                                       \
	"Resources:\n"                                                                             \
	"  R: {Type: AWS::SNS::Topic}\n"                                                           \
	"  Sg: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, VpcId: !Ref "     \
	"Vpc}}\n"                                                                                  \
	"  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n"                     \
	"  Net: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: !Select [1, "    \
	"!Cidr "                                                                                   \
	"[!GetAtt Vpc.CidrBlock, 2, 8]]}}\n"                                                       \
	"  Gone: {Type: AWS::SNS::Topic, Condition: Other}\n"                                      \
	"  T: {Type: AWS::SNS::Topic, Properties: {V: "

/* The value's text, or the error's. */
static char *value_text(const char *yaml, const char *given, const struct template_world *world)
{
	OWN(str) char *text = str_printf("%s%s}}\n", AROUND, yaml);
	OWN(fixture) struct fixture f = { 0 };
	OWN(json) json_t *properties = NULL;
	struct err err = { 0 };
	json_t *value;

	if (start(&f, text, given, world, &err) < 0 ||
	    template_properties(f.e, "T", &properties, &err) < 0)
		return str_dup(err.text);
	value = json_object_get(properties, "V");
	return value ? json_text(value) : str_dup("nothing");
}

struct sample {
	const char *yaml, *want;
};

static void check_samples(const struct sample *samples, size_t count,
			  const struct template_world *world, const char *given)
{
	for (size_t i = 0; i < count; i++) {
		OWN(str) char *got = value_text(samples[i].yaml, given, world);

		if (!str_eq(got, samples[i].want))
			test_fail(__FILE__, __LINE__, "%s\ngot  %s\nwant %s",
				  samples[i].yaml, got, samples[i].want);
	}
}
#define CHECK_SAMPLES(samples, world, given)                                                       \
	check_samples(samples, sizeof(samples) / sizeof((samples)[0]), world, given)

TEST(template_value, every_function_gives_what_cloudformation_gives)
{
	static const struct sample samples[] = {
		{ "12", "12" },
		{ "1.5", "1.5" },
		{ "true", "true" },
		{ "!Ref Text", "\"hello\"" },
		{ "!Ref Number", "\"7\"" },
		{ "!Ref List", "[\"a\",\"b\",\"c\"]" },
		{ "!Ref R", "\"R-id\"" },
		{ "!Ref AWS::AccountId", "\"123456789012\"" },
		{ "!Ref AWS::StackId", "\"arn:stack\"" },
		{ "!Ref AWS::NotificationARNs", "[]" },
		{ "!Ref AWS::NoValue", "nothing" },
		{ "[a, !Ref AWS::NoValue, b]", "[\"a\",\"b\"]" },
		{ "{a: !Ref AWS::NoValue, b: 1}", "{\"b\":1}" },
		{ "!GetAtt R.Arn", "\"R-Arn\"" },
		{ "{Fn::GetAtt: R.Outputs.X}", "\"R-Outputs.X\"" },
		{ "!GetAtt [R, !Ref Text]", "\"R-hello\"" },
		{ "!GetAtt R.Nope", "Resource type T does not support attribute {Nope}" },
		{ "!Sub 'a ${Text} ${R} ${R.Arn} ${AWS::Region} $ ${!Text} ${'",
		  "\"a hello R-id R-Arn eu-central-1 $ ${Text} ${\"" },
		{ "!Sub ['${x}-${Text}-${y}', {x: !Ref Number, y: 1.5}]", "\"7-hello-1.5\"" },
		{ "!Sub ['${x}', {x: true}]", "\"true\"" },
		{ "!Sub '${List}'",
		  "Template error: every value of the context object of every Fn::Sub "
		  "object must be a string or a function that returns a string" },
		{ "!Join ['', []]", "\"\"" },
		{ "!Join ['-', [a, 1, true, !Ref Text]]", "\"a-1-true-hello\"" },
		{ "!Join [',', !Ref List]", "\"a,b,c\"" },
		{ "!Join [',', [a, !Ref AWS::NoValue, b]]", "\"a,b\"" },
		{ "!Join [',', [[a]]]", "Template error: every Fn::Join object requires two "
					"parameters, (1) a string delimiter and "
					"(2) a list of strings to be joined or a function that "
					"returns a list of strings (such as "
					"Fn::GetAZs) to be joined." },
		{ "!Split ['|', 'a||c|']", "[\"a\",\"\",\"c\",\"\"]" },
		{ "!Split ['--', 'abc']", "[\"abc\"]" },
		{ "!Select [1, [a, b]]", "\"b\"" },
		{ "!Select ['1', !Ref List]", "\"b\"" },
		{ "!Select [2, [a, b]]",
		  "Template error: Fn::Select cannot select nonexistent value at index 2" },
		{ "!Select [x, [a, b]]", "Template error: Fn::Select requires a list argument with "
					 "two elements: an integer index "
					 "and a list" },
		{ "!Select [0, !GetAZs '']", "\"eu-central-1a\"" },
		{ "!GetAZs {Ref: AWS::Region}", "[\"eu-central-1a\",\"eu-central-1b\"]" },
		{ "!Base64 'hi there'", "\"aGkgdGhlcmU=\"" },
		{ "!FindInMap [Map, !Ref AWS::Region, Size]", "\"big\"" },
		{ "!FindInMap [Map, eu-central-1, Zones]", "[\"p\",\"q\"]" },
		{ "!FindInMap [Map, !Ref Text, n]", "5" },
		{ "!FindInMap [Map, !Ref Number, n]",
		  "Template error: Unable to get mapping for Map::7::n" },
		{ "!If [Same, !Ref Text, !Ref Gone]", "\"hello\"" },
		{ "!If [Other, a, !Ref AWS::NoValue]", "nothing" },
		{ "[!If [Other, a, !Ref AWS::NoValue], b]", "[\"b\"]" },
		{ "{Fn::ImportValue: !Sub '${Text}-x'}", "\"hello-x\"" },
		{ "!ImportValue missing", "No export named missing found." },
		{ "!Cidr [10.0.0.0/24, 6, 5]", "[\"10.0.0.0/27\",\"10.0.0.32/27\",\"10.0.0.64/"
					       "27\",\"10.0.0.96/27\",\"10.0.0.128/27\","
					       "\"10.0.0.160/27\"]" },
		{ "!Cidr ['2001:db8::/56', '2', '64']",
		  "[\"2001:db8::/64\",\"2001:db8:0:1::/64\"]" },
		{ "!Cidr [10.0.0.7/30, 1, 2]", "[\"10.0.0.4/30\"]" },
		{ "!Cidr [10.0.0.0/24, 9, 5]",
		  "Template error: Fn::Cidr cannot cut 9 blocks of 5 bits out of "
		  "a /24; there is room for 8" },
		{ "!Cidr [10.0.0.0/24, 1, 9]",
		  "Template error: Fn::Cidr cannot cut blocks of 9 bits out of a /24" },
		{ "!Cidr [10.0.0.0, 1, 9]", "Template error: every Fn::Cidr object requires three "
					    "parameters, (1) an IP address block, "
					    "(2) the number of CIDRs, 1 to 256, and (3) the number "
					    "of subnet bits for each CIDR" },
		{ "!GetAZs us-east-1",
		  "Template error: the availability zones of us-east-1 are not known to "
		  "Fn::GetAZs" },
		{ "!Ref Gone",
		  "Template format error: Unresolved resource dependencies [Gone] in the "
		  "Resources block of the template" },
		{ "{Condition: {StringEquals: {a: b}}, Action: c}",
		  "{\"Condition\":{\"StringEquals\":{\"a\":\"b\"}},\"Action\":\"c\"}" },
		{ "{Condition: text}", "{\"Condition\":\"text\"}" },
	};

	CHECK_SAMPLES(samples, &concrete, NULL);
}

TEST(template_value, dynamic_references_are_resolved_last)
{
	static const struct sample samples[] = {
		{ "'{{resolve:ssm:/a/b:3}}'", "\"<ssm|/a/b:3>\"" },
		{ "'x {{resolve:ssm-secure:a}} y {{resolve:ssm:b}}'",
		  "\"x <ssm-secure|a> y <ssm|b>\"" },
		{ "!Join ['', ['{{resolve:secretsmanager:', !Ref R, ':SecretString:key}}']]",
		  "\"<secretsmanager|R-id:SecretString:key>\"" },
		{ "{a: ['{{resolve:ssm:b}}']}", "{\"a\":[\"<ssm|b>\"]}" },
		{ "'{{resolve:ssm:}}'",
		  "Incorrect format is used in the following SSM reference: [{{resolve:ssm:}}]" },
		{ "'{{resolve:other:a}} {{resolve:ssm:'",
		  "\"{{resolve:other:a}} {{resolve:ssm:\"" },
	};
	static const struct sample symbols[] = {
		{ "'{{resolve:ssm:/a}}'", "{\"$symbol\":\"{{resolve:ssm:/a}}\"}" },
		{ "'x{{resolve:ssm:/a}}'", "{\"$symbol\":\"Fn::Sub(x${{{resolve:ssm:/"
					   "a}}})\",\"$parts\":[\"x\",{\"$symbol\":\"{{"
					   "resolve:ssm:/a}}\"}]}" },
	};

	CHECK_SAMPLES(samples, &concrete, NULL);
	CHECK_SAMPLES(symbols, &unknown, NULL);
}

TEST(template_symbol, what_is_not_known_keeps_its_identity)
{
	static const struct sample samples[] = {
		{ "!Ref Text", "\"hello\"" },
		{ "!Ref R", "{\"$symbol\":\"R\"}" },
		{ "!GetAtt R.Arn", "{\"$symbol\":\"R.Arn\"}" },
		{ "!Ref Sg", "{\"$symbol\":\"Sg\"}" },
		{ "!GetAtt Sg.GroupId", "{\"$symbol\":\"Sg\"}" },
		{ "!GetAtt Sg.Id", "{\"$symbol\":\"Sg\"}" },
		{ "!Sub '${Sg}'", "{\"$symbol\":\"Sg\"}" },
		{ "!Join ['', [!GetAtt Sg.GroupId]]", "{\"$symbol\":\"Sg\"}" },
		{ "!GetAtt Sg.VpcId", "{\"$symbol\":\"Vpc\"}" },
		{ "!GetAtt Net.CidrBlock", "\"10.0.1.0/24\"" },
		{ "!Ref AWS::Region", "{\"$symbol\":\"AWS::Region\"}" },
		{ "!Ref AWS::NotificationARNs", "{\"$symbol\":\"AWS::NotificationARNs\"}" },
		{ "!Sub 'a-${R.Arn}-${Text}${!x}'", "{\"$symbol\":\"Fn::Sub(a-${R.Arn}-hello${!x})"
						    "\",\"$parts\":[\"a-\",{\"$symbol\":\"R.Arn\"},"
						    "\"-hello${x}\"]}" },
		{ "!Join ['-', [a, !GetAtt R.Arn, 'hello${x}']]",
		  "{\"$symbol\":\"Fn::Sub(a-${R.Arn}-hello${!x})\",\"$parts\":[\"a-\",{\"$symbol\":"
		  "\"R.Arn\"},"
		  "\"-hello${x}\"]}" },
		{ "!Sub ['${x}/', {x: !Sub '/${R}'}]",
		  "{\"$symbol\":\"Fn::Sub(/${R}/)\",\"$parts\":[\"/\",{\"$symbol\":\"R\"},\"/"
		  "\"]}" },
		{ "!Select [0, [!Ref R, b]]", "{\"$symbol\":\"R\"}" },
		{ "!Select [0, !GetAZs '']",
		  "{\"$symbol\":\"Fn::Select(0,Fn::GetAZs(AWS::Region))\"}" },
		{ "!Select [0, !GetAZs {Ref: AWS::Region}]",
		  "{\"$symbol\":\"Fn::Select(0,Fn::GetAZs(AWS::Region))\"}" },
		{ "!Split [',', !Sub 'a,${R},${R.Arn}-b']",
		  "[\"a\",{\"$symbol\":\"R\"},{\"$symbol\":\"Fn::Sub(${R.Arn}-b)\",\"$parts\":[{\"$symbol\":"
		  "\"R.Arn\"},\"-b\"]}]" },
		{ "!Split [':', !GetAtt R.Arn]", "{\"$symbol\":\"Fn::Split(\\\":\\\",R.Arn)\"}" },
		{ "!Base64 {Ref: R}", "{\"$symbol\":\"Fn::Base64(R)\"}" },
		{ "!Cidr [!Ref R, 2, 8]", "{\"$symbol\":\"Fn::Cidr(R,2,8)\"}" },
		{ "!FindInMap [Map, !Ref AWS::Region, Size]",
		  "{\"$symbol\":\"Fn::FindInMap(\\\"Map\\\",AWS::Region,\\\"Size\\\")\"}" },
		{ "!ImportValue a", "{\"$symbol\":\"import:a\"}" },
		{ "{Fn::ImportValue: !Sub '${AWS::StackName}-x'}",
		  "{\"$symbol\":\"import:${AWS::StackName}-x\"}" },
		{ "!If [Near, a, !Ref AWS::NoValue]", "{\"$symbol\":\"Fn::If(Near,\\\"a\\\",AWS::"
						      "NoValue)\",\"$if\":[\"Near\",\"a\",null]}" },
		{ "!If [Near, a, a]", "\"a\"" },
		{ "!If [Same, a, !Ref R]", "\"a\"" },
	};

	CHECK_SAMPLES(samples, &unknown, NULL);
}

TEST(template_symbol, a_parameter_without_value_is_one)
{
	OWN(fixture) struct fixture f = { 0 };
	OWN(json) json_t *value = NULL;
	struct err err = { 0 };

	CHECK_OK(start(&f,
		       "Parameters: {P: {Type: String}, L: {Type: List<Number>}}\nConditions: {C: "
		       "!Equals "
		       "[!Ref P, a], D: !Equals [!Ref P, !Ref P], E: !And [Condition: C, !Equals "
		       "[a, b]]}\n"
		       "Resources: {A: {Type: AWS::SNS::Topic, Condition: C, Properties: {x: !Ref "
		       "P}}}",
		       NULL, &unknown, &err),
		 err);
	CHECK_INT(template_condition(f.e, "C"), TEMPLATE_COND_UNKNOWN);
	CHECK_INT(template_condition(f.e, "D"), 1);
	CHECK_INT(template_condition(f.e, "E"), 0);
	CHECK_INT(template_condition(f.e, "Nope"), TEMPLATE_COND_UNKNOWN);
	CHECK_INT(template_present(f.e, "A"), TEMPLATE_COND_UNKNOWN);
	CHECK_INT(template_present(f.e, "B"), 0);
	CHECK_OK(template_properties(f.e, "A", &value, &err), err);
	CHECK_STR(json_str(json_object_get(value, "x"), "$symbol"), "param:P");
	CHECK_INT(template_is_symbol(json_object_get(value, "x")), 1);
	CHECK_INT(template_is_symbol(value), 0);
}

TEST(template_condition, numbers_and_truth_values_compare_as_text)
{
	OWN(fixture) struct fixture f = { 0 };
	struct err err = { 0 };

	CHECK_OK(start(&f,
		       "Conditions:\n  A: !Equals [1, '1']\n  B: !Equals [true, 'true']\n"
		       "  C: !Or [!Equals [a, b], !Equals [a, a]]\n  D: !Equals [!Join ['', [a, "
		       "b]], ab]\n"
		       "  E: !And [Condition: A, Condition: F]\n  F: !Not [!Equals [1, 2]]\n"
		       "Resources: {R: {Type: AWS::SNS::Topic}}",
		       NULL, &concrete, &err),
		 err);
	for (const char *name = "ABCDEF"; *name; name++)
		CHECK_INT(template_condition(f.e, (char[]){ *name, 0 }), 1);
}

static void check_rules(const char *rules, const char *given, const char *want)
{
	OWN(str)
	char *text =
		str_printf("Parameters: {P: {Type: String, Default: dev}, V: {Type: "
			   "AWS::EC2::VPC::Id, Default: vpc-a}, W: {Type: "
			   "'List<AWS::EC2::VPC::Id>', Default: 'vpc-a,vpc-b'}}\nResources: {R: "
			   "{Type: AWS::SNS::Topic}}\nRules:\n  Rule: %s\n",
			   rules);
	OWN(fixture) struct fixture f = { 0 };
	struct err err = { 0 };

	start(&f, text, given, &concrete, &err);
	CHECK_STR(err.text, want);
}

TEST(template_rules, a_false_assertion_stops_everything)
{
	check_rules("{Assertions: [{Assert: !Contains [[dev, prod], !Ref P]}]}", NULL, "");
	check_rules("{Assertions: [{Assert: !Contains [[dev, prod], !Ref P], AssertDescription: "
		    "only dev "
		    "and prod}]}",
		    "{\"P\": \"test\"}", "Rule Rule failed: only dev and prod");
	check_rules(
		"{RuleCondition: !Equals [!Ref P, prod], Assertions: [{Assert: !Equals [a, b]}]}",
		NULL, "");
	check_rules(
		"{RuleCondition: !Equals [!Ref P, prod], Assertions: [{Assert: !Equals [a, b]}]}",
		"{\"P\": \"prod\"}", "Rule Rule failed: an assertion is false");
	check_rules("{Assertions: [{Assert: !EachMemberIn [!RefAll AWS::EC2::VPC::Id, [vpc-a, "
		    "vpc-b]]}]}",
		    NULL, "");
	check_rules(
		"{Assertions: [{Assert: !EachMemberEquals [!RefAll AWS::EC2::VPC::Id, vpc-a]}]}",
		NULL, "Rule Rule failed: an assertion is false");
	check_rules("{Assertions: [{Assert: !Equals [!ValueOf [V, Tags.x], one]}]}", NULL, "");
	check_rules("{Assertions: [{Assert: !EachMemberEquals [!ValueOfAll [AWS::EC2::VPC::Id, "
		    "Tags.x], "
		    "one]}]}",
		    NULL, "Rule Rule failed: an assertion is false");
}

TEST(template_extensions, length_json_and_map_defaults_need_the_transform)
{
	OWN(fixture) struct fixture f = { 0 };
	OWN(json) json_t *value = NULL;
	OWN(str) char *got = NULL;
	struct err err = { 0 };

	CHECK_OK(start(&f,
		       "Transform: AWS::LanguageExtensions\n"
		       "Mappings: {M: {a: {b: c}}}\nResources: {R: {Type: AWS::SNS::Topic}, A: "
		       "{Type: "
		       "AWS::SNS::Topic, Properties: {l: !Length [1, 2], j: !ToJsonString {a: !Ref "
		       "R}, m: "
		       "!FindInMap [M, x, y, {DefaultValue: z}]}}}",
		       NULL, &concrete, &err),
		 err);
	CHECK_OK(template_properties(f.e, "A", &value, &err), err);
	got = json_text(value);
	CHECK_STR(got, "{\"l\":2,\"j\":\"{\\\"a\\\":\\\"R-id\\\"}\",\"m\":\"z\"}");
}

#define ORDERED                                                                                    \
	"Parameters: {P: {Type: String, Default: 'no'}}\n"                                         \
	"Conditions: {C: !Equals [!Ref P, 'yes']}\n"                                               \
	"Resources:\n"                                                                             \
	"  A: {Type: AWS::SNS::Topic, DependsOn: [D, X], Properties: {x: !If [C, !Ref B, !GetAtt " \
	"E.Arn]}}\n"                                                                               \
	"  B: {Type: AWS::SNS::Topic}\n"                                                           \
	"  X: {Type: AWS::SNS::Topic, Condition: C}\n"                                             \
	"  D: {Type: AWS::SNS::Topic, Properties: {x: !Sub ['${E.Arn}${q}', {q: !Ref F}]}}\n"      \
	"  E: {Type: AWS::SNS::Topic}\n"                                                           \
	"  F: {Type: AWS::SNS::Topic}\n"

#define SWITCHED                                                                                   \
	"Conditions: {C: !Equals [!Ref AWS::Region, x]}\n"                                         \
	"Resources:\n"                                                                             \
	"  A: {Type: AWS::SNS::Topic, DependsOn: X, Properties: {x: !If [C, !Ref B, !Ref E]}}\n"   \
	"  B: {Type: AWS::SNS::Topic}\n"                                                           \
	"  X: {Type: AWS::SNS::Topic, Condition: C}\n"                                             \
	"  E: {Type: AWS::SNS::Topic}\n"

static void check_list(json_t *list, const char *want)
{
	OWN(str) char *got = json_text(list);

	CHECK_STR(got, want);
	json_decref(list);
}

TEST(template_order, what_is_needed_comes_first_and_the_document_decides_the_rest)
{
	OWN(fixture) struct fixture f = { 0 };
	OWN(fixture) struct fixture g = { 0 };
	OWN(fixture) struct fixture h = { 0 };
	struct err err = { 0 };
	json_t *list = NULL;

	CHECK_OK(start(&f, ORDERED, NULL, &concrete, &err), err);
	CHECK_OK(template_order(f.e, &list, &err), err);
	check_list(list, "[\"B\",\"E\",\"F\",\"D\",\"A\"]");
	CHECK_OK(template_dependencies(f.e, "A", &list, &err), err);
	check_list(list, "[\"D\",\"E\"]");
	CHECK_OK(template_dependencies(f.e, "D", &list, &err), err);
	check_list(list, "[\"E\",\"F\"]");
	CHECK_OK(start(&g, ORDERED, "{\"P\": \"yes\"}", &concrete, &err), err);
	CHECK_OK(template_dependencies(g.e, "A", &list, &err), err);
	check_list(list, "[\"D\",\"X\",\"B\"]");
	/* Nothing is known of C: both branches, and X, count. */
	CHECK_OK(start(&h, SWITCHED, NULL, &unknown, &err), err);
	CHECK_OK(template_dependencies(h.e, "A", &list, &err), err);
	check_list(list, "[\"X\",\"B\",\"E\"]");
	CHECK_OK(template_order(h.e, &list, &err), err);
	check_list(list, "[\"B\",\"X\",\"E\",\"A\"]");
}

TEST(template_order, a_reference_to_what_the_conditions_removed_is_an_error)
{
	OWN(fixture) struct fixture f = { 0 };
	struct err err = { 0 };
	json_t *list = NULL;

	CHECK_OK(start(&f,
		       "Conditions: {C: !Equals [a, b]}\nResources: {A: {Type: AWS::SNS::Topic, "
		       "Condition: C}, "
		       "B: {Type: AWS::SNS::Topic, Properties: {x: !GetAtt A.Arn}}}",
		       NULL, &concrete, &err),
		 err);
	CHECK_INT(template_order(f.e, &list, &err), -1);
	CHECK_STR(err.text,
		  "Template format error: Unresolved resource dependencies [A] in the Resources "
		  "block of the template");
}

TEST(template_outputs, give_texts_and_export_names)
{
	OWN(fixture) struct fixture f = { 0 };
	struct err err = { 0 };
	json_t *list = NULL;

	CHECK_OK(start(&f,
		       "Conditions: {C: !Equals [a, b]}\nResources: {R: {Type: "
		       "AWS::SNS::Topic}}\nOutputs:\n"
		       "  A: {Value: !GetAtt R.Arn, Description: d, Export: {Name: !Sub "
		       "'${AWS::StackName}-a'}}"
		       "\n  B: {Value: 5}\n  C: {Value: x, Condition: C}\n",
		       NULL, &concrete, &err),
		 err);
	CHECK_OK(template_outputs(f.e, &list, &err), err);
	check_list(list,
		   "[{\"OutputKey\":\"A\",\"OutputValue\":\"R-Arn\",\"Description\":\"d\","
		   "\"ExportName\":\"stack-a\"},{\"OutputKey\":\"B\",\"OutputValue\":\"5\"}]");
}

static void check_outputs_error(const char *outputs, const char *want)
{
	OWN(str)
	char *text = str_printf("Parameters: {L: {Type: CommaDelimitedList, Default: 'a,b'}}\n"
				"Resources: {R: {Type: AWS::SNS::Topic}}\nOutputs:\n%s",
				outputs);
	OWN(fixture) struct fixture f = { 0 };
	struct err err = { 0 };
	json_t *list = NULL;

	CHECK_OK(start(&f, text, NULL, &concrete, &err), err);
	CHECK_INT(template_outputs(f.e, &list, &err), -1);
	CHECK_STR(err.text, want);
}

TEST(template_outputs, lists_secrets_and_equal_export_names_are_refused)
{
	check_outputs_error(
		"  A: {Value: !Ref L}\n",
		"Template format error: The Value field of every Outputs member must evaluate to a "
		"String. (A)");
	check_outputs_error(
		"  A: {Value: '{{resolve:secretsmanager:x}}'}\n",
		"Template error: the dynamic reference [{{resolve:secretsmanager:x}}] cannot be "
		"used in Outputs");
	check_outputs_error(
		"  A: {Value: a, Export: {Name: n}}\n  B: {Value: a, Export: {Name: !Sub n}}\n",
		"Template format error: The Outputs section contains duplicate Export names: [n]. "
		"Specify a unique name for each export.");
}

TEST(template_outputs, an_export_name_is_checked_when_it_is_known)
{
	check_outputs_error(
		"  A: {Value: a, Export: {Name: !Sub '${AWS::StackName}.x'}}\n",
		"Template format error: Output A is malformed. The Name field of every Export "
		"member must be specified and consist only of alphanumeric characters, colons, or "
		"hyphens.");
}

TEST(template_imports, are_listed_once_and_by_their_value)
{
	OWN(fixture) struct fixture f = { 0 };
	OWN(fixture) struct fixture g = { 0 };
	const char *text = "Conditions: {C: !Equals [a, b]}\nResources: {R: {Type: "
			   "AWS::SNS::Topic, Properties: {x: "
			   "!ImportValue one, y: {Fn::ImportValue: !Sub '${AWS::StackName}-two'}, "
			   "z: !If [C, !ImportValue "
			   "three, !ImportValue one]}}}\nOutputs: {O: {Value: !ImportValue four}}";
	struct err err = { 0 };
	json_t *list = NULL;

	CHECK_OK(start(&f, text, NULL, &concrete, &err), err);
	CHECK_OK(template_imports(f.e, &list, &err), err);
	check_list(list, "[\"one\",\"stack-two\",\"four\"]");
	CHECK_OK(start(&g, text, NULL, &unknown, &err), err);
	CHECK_OK(template_imports(g.e, &list, &err), err);
	check_list(list, "[\"one\",\"${AWS::StackName}-two\",\"four\"]");
}

TEST(template_value, hostile_texts_end_in_an_error)
{
	OWN(buf) struct buf text = { 0 };
	OWN(fixture) struct fixture f = { 0 };
	OWN(json) json_t *value = NULL;
	struct err err = { 0 };

	/* Each level repeats the one below twenty times. */
	buf_str(&text, "Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic, "
		       "Properties: {x: ");
	for (int i = 0; i < 12; i++)
		buf_str(&text, "!Sub ['${v}${v}${v}${v}${v}${v}${v}${v}${v}${v}', {v: ");
	buf_str(&text, "!Ref A");
	for (int i = 0; i < 12; i++)
		buf_str(&text, "}]");
	buf_str(&text, "}}}");
	CHECK_OK(start(&f, text.data, NULL, &unknown, &err), err);
	CHECK_INT(template_properties(f.e, "B", &value, &err), -1);
	CHECK_STR(err.text, "Template error: the values of the template are too large");
}
