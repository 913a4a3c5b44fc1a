/* Parameters and the patterns that they are checked against. */
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/template/template-internal.h"

static int world_ssm(void *ctx, const char *name, json_t **ret, struct err *err)
{
	(void)ctx;
	(void)err;
	if (!strcmp(name, "/missing"))
		return TEMPLATE_UNKNOWN;
	*ret = json_string(!strcmp(name, "/list") ? "x, y" : "looked up");
	return 0;
}

static const struct template_world world = { .ssm = world_ssm };

/* The result as text, or the error's. */
static char *take(const char *declarations, const char *given, const char *previous, int strict)
{
	OWN(str)
	char *text = str_printf("Resources: {R: {Type: AWS::SNS::Topic}}\nParameters:\n%s",
				declarations);
	OWN(template) struct template *t = NULL;
	OWN(json) json_t *values = given ? json_loads(given, 0, NULL) : NULL;
	OWN(json) json_t *before = previous ? json_loads(previous, 0, NULL) : NULL;
	OWN(json) json_t *result = NULL;
	struct err err = { 0 };

	if (template_parse("t", text, strlen(text), &t, &err) < 0 ||
	    template_parameters(t, values, before, strict, &world, &result, &err) < 0)
		return str_dup(err.text);
	return json_text(result);
}

static void check(const char *declaration, const char *given, const char *want)
{
	OWN(str) char *text = str_printf("  P: {%s}\n", declaration);
	OWN(str) char *values = NULL;
	OWN(str) char *got = NULL;
	OWN(json) json_t *object = json_object();

	json_set_str(object, "P", given);
	values = json_text(object);
	got = take(text, values, NULL, 1);
	CHECK_STR(got, want);
}

TEST(template_parameters, types_give_texts_and_lists)
{
	check("Type: String", "a b", "{\"P\":{\"Value\":\"a b\",\"NoEcho\":false}}");
	check("Type: String, NoEcho: true", "s", "{\"P\":{\"Value\":\"s\",\"NoEcho\":true}}");
	check("Type: Number", "-1.5e2", "{\"P\":{\"Value\":\"-1.5e2\",\"NoEcho\":false}}");
	check("Type: Number", "x", "Parameter 'P' must be a number.");
	check("Type: Number", "0x10", "Parameter 'P' must be a number.");
	check("Type: Number", "", "Parameter 'P' must be a number.");
	check("Type: Number", "nan", "Parameter 'P' must be a number.");
	check("Type: List<Number>", "1, 2", "{\"P\":{\"Value\":[\"1\",\"2\"],\"NoEcho\":false}}");
	check("Type: List<Number>", "1,x", "Parameter 'P' must be a number.");
	check("Type: CommaDelimitedList", " a , b,,c ",
	      "{\"P\":{\"Value\":[\"a\",\"b\",\"\",\"c\"],\"NoEcho\":false}}");
	check("Type: CommaDelimitedList", "", "{\"P\":{\"Value\":[],\"NoEcho\":false}}");
	check("Type: AWS::EC2::VPC::Id", "vpc-1", "{\"P\":{\"Value\":\"vpc-1\",\"NoEcho\":false}}");
	check("Type: 'List<AWS::EC2::Subnet::Id>'", "subnet-1,subnet-2",
	      "{\"P\":{\"Value\":[\"subnet-1\",\"subnet-2\"],\"NoEcho\":false}}");
	check("Type: AWS::EC2::VPC::Id", "",
	      "Parameter validation failed: parameter value for parameter name P must not be "
	      "empty");
	check("Type: AWS::SSM::Parameter::Name", "/a",
	      "{\"P\":{\"Value\":\"/a\",\"NoEcho\":false}}");
}

TEST(template_parameters, the_parameter_store_is_asked_for_values)
{
	check("Type: 'AWS::SSM::Parameter::Value<String>'", "/a",
	      "{\"P\":{\"Value\":\"/a\",\"NoEcho\":false,\"ResolvedValue\":\"looked up\"}}");
	check("Type: 'AWS::SSM::Parameter::Value<List<String>>'", "/list",
	      "{\"P\":{\"Value\":\"/list\",\"NoEcho\":false,\"ResolvedValue\":\"x, y\"}}");
	check("Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>'", "/missing",
	      "Unable to fetch parameters [/missing] from parameter store for this account.");
	check("Type: 'AWS::SSM::Parameter::Value<Strange>'", "/a",
	      "t:3:3: Template format error: Unrecognized parameter type: "
	      "AWS::SSM::Parameter::Value<Strange>");
}

TEST(template_parameters, constraints_are_checked_without_showing_the_value)
{
	check("Type: String, AllowedValues: [a, 1, true]", "true",
	      "{\"P\":{\"Value\":\"true\",\"NoEcho\":false}}");
	check("Type: String, AllowedValues: [a]", "secret",
	      "Parameter 'P' must be one of AllowedValues");
	check("Type: String, MinLength: 3", "ab",
	      "Parameter 'P' must contain at least 3 characters");
	check("Type: String, MaxLength: '3'", "\xc3\xa4\xc3\xa4\xc3\xa4",
	      "{\"P\":{\"Value\":\"\xc3\xa4\xc3\xa4\xc3\xa4\",\"NoEcho\":false}}");
	check("Type: String, MaxLength: '3'", "abcd",
	      "Parameter 'P' must contain at most 3 characters");
	check("Type: Number, MinValue: 3", "2", "Parameter 'P' must be a number not less than 3");
	check("Type: Number, MaxValue: 3", "3.5",
	      "Parameter 'P' must be a number not greater than 3");
	check("Type: String, AllowedPattern: '[a-z]+'", "abc1",
	      "Parameter 'P' must match pattern [a-z]+");
	check("Type: CommaDelimitedList, AllowedPattern: '[a-z]+'", "abc,d1",
	      "Parameter 'P' must match pattern [a-z]+");
	check("Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: letters only", "1",
	      "Parameter P failed to satisfy constraint: letters only");
	check("Type: String, AllowedPattern: '(a'", "a",
	      "Parameter 'P': the AllowedPattern cannot be used: a group is not closed");
}

TEST(template_parameters, a_value_is_at_most_4096_bytes)
{
	char value[4098];

	memset(value, 'x', sizeof(value));
	value[4097] = '\0';
	check("Type: String", value,
	      "1 validation error detected: Value at 'parameters.P.member.parameterValue' failed "
	      "to satisfy "
	      "constraint: Member must have length less than or equal to 4096");
}

TEST(template_parameters, given_goes_before_previous_and_default)
{
	OWN(str)
	char *got =
		take("  A: {Type: String, Default: d}\n  B: {Type: String, Default: d}\n"
		     "  C: {Type: Number, Default: 5}\n  D: {Type: CommaDelimitedList}\n",
		     "{\"A\": \"given\"}",
		     "{\"A\": \"before\", \"B\": \"before\", \"D\": {\"Value\": [\"x\", \"y\"]}, "
		     "\"Z\": \"other\"}",
		     1);

	CHECK_STR(got, "{\"A\":{\"Value\":\"given\",\"NoEcho\":false},\"B\":{\"Value\":\"before\","
		       "\"NoEcho\":false},\"C\":{\"Value\":\"5\",\"NoEcho\":false},\"D\":{"
		       "\"Value\":[\"x\","
		       "\"y\"],\"NoEcho\":false}}");
}

TEST(template_parameters, missing_and_unknown_ones_are_named)
{
	const char *declarations =
		"  A: {Type: String}\n  B: {Type: String}\n  C: {Type: String}\n";
	OWN(str) char *missing = take(declarations, "{\"B\": \"x\"}", NULL, 1);
	OWN(str) char *open = take(declarations, "{\"B\": \"x\", \"C\": \"y\"}", NULL, 0);
	OWN(str) char *extra = take(declarations, "{\"X\": \"x\", \"Y\": \"y\"}", NULL, 0);

	CHECK_STR(missing, "Parameters: [A, C] must have values");
	CHECK_STR(open, "{\"A\":{\"Value\":{\"$symbol\":\"param:A\"},\"NoEcho\":false},\"B\":{"
			"\"Value\":\"x\","
			"\"NoEcho\":false},\"C\":{\"Value\":\"y\",\"NoEcho\":false}}");
	CHECK_STR(extra, "Parameters: [X, Y] do not exist in the template");
}

/* ---- patterns -------------------------------------------------------------------------------- */

TEST(template_pattern, java_expressions_match_the_whole_text)
{
	static const struct {
		const char *pattern, *text;
		int want;
	} samples[] = {
		{ "", "", 1 },
		{ "", "a", 0 },
		{ "abc", "abc", 1 },
		{ "abc", "abcd", 0 },
		{ "abc", "xabc", 0 },
		{ "a|bc|d", "bc", 1 },
		{ "a|bc|d", "bd", 0 },
		{ "(a|b)*c", "ababc", 1 },
		{ "(a*)*", "aaaa", 1 },
		{ "(a*)*b", "aaaa", 0 },
		{ "(a|)+", "aaa", 1 },
		{ "a{2,3}", "aa", 1 },
		{ "a{2,3}", "aaaa", 0 },
		{ "a{2,}", "aaaaa", 1 },
		{ "a{3}", "aa", 0 },
		{ "(ab){2}", "abab", 1 },
		{ "(a{2}b){2}", "aabaab", 1 },
		{ "a+?b??", "aaab", 1 },
		{ "a.c",
		  "a\xc3\xa4"
		  "c",
		  1 },
		{ "a.c", "a\nc", 0 },
		{ "^[a-z]+$", "abc", 1 },
		{ "[^a-z]", "1", 1 },
		{ "[^a-z]", "b", 0 },
		{ "[]a]+", "]a", 1 },
		{ "[a\\-z]+", "a-z", 1 },
		{ "[a\\-z]+", "b", 0 },
		{ "[\\d-]+", "1-2", 1 },
		{ "[a-\\d]+", "a-5", 1 },
		{ "[\\w.-]+@[\\w.-]+", "a.b@c-d.e", 1 },
		{ "\\d{3}-\\d{4}", "123-4567", 1 },
		{ "\\D\\W\\S", "a-b", 1 },
		{ "\\s+", " \t\n", 1 },
		{ "\\.", ".", 1 },
		{ "\\.", "a", 0 },
		{ "\\x41\\u0042", "AB", 1 },
		{ "\\bfoo\\b.*", "foo bar", 1 },
		{ "(?:a|b)+", "abba", 1 },
		{ "(?<name>a)", "a", 1 },
		{ "(?i)abc", "aBC", 1 },
		{ "a(?i:b)c", "aBc", 1 },
		{ "a(?i:b)c", "ABc", 0 },
		{ "(?=.*\\d)(?=.*[A-Z]).{4,}", "abC1", 1 },
		{ "(?=.*\\d)(?=.*[A-Z]).{4,}", "abc1", 0 },
		{ "(?!aws:).+", "aws:x", 0 },
		{ "(?!aws:).+", "awsx", 1 },
		{ "\\p{Alpha}+\\p{Digit}", "abc1", 1 },
		{ "\\P{Alpha}", "1", 1 },
		{ "[[a-c]x]+", "abx", 1 },
		{ "^ed25519:[1-9A-HJ-NP-Za-km-z]{85,88}$",
		  "ed25519:"
		  "4jxDVvXm42RURP5oSmgMqUjQewVH8oZiA98ens3sebk39Vp29Asw4nokDC8YwZnaDp2zJ5jWfCq622cJ"
		  "R3ot"
		  "Z7Td",
		  1 },
		{ "^ed25519:[1-9A-HJ-NP-Za-km-z]{85,88}$", "ed25519:4jxDVvXm42RURP5o", 0 },
		{ "((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}", "10.0.255.1", 1 },
		{ "((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}", "10.0.256.1", 0 },
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct err err = { 0 };
		int got = pattern_match(samples[i].pattern, samples[i].text, &err);

		if (got != samples[i].want)
			test_fail(__FILE__, __LINE__, "%s on %s: got %d, want %d %s",
				  samples[i].pattern, samples[i].text, got, samples[i].want,
				  err.text);
	}
}

static const char deep_groups[] =
	"((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((a";

TEST(template_pattern, what_cannot_be_used_is_an_error)
{
	static const char *const patterns[] = {
		"(a",
		"a)",
		"[a",
		"a{2",
		"a{3,2}",
		"*a",
		"a**",
		"(?<=a)b",
		"a\\1",
		"[z-a]",
		"a\\",
		"[a&&b]",
		"a++",
		"\\Qa\\E",
		"a{1001}",
		"\\k",
		"(?>a)",
		"a{,2}",
		"[\\x1g]",
		"\\p{Foo}",
		"[[^a]b]",
		deep_groups,
		"((((a{1000}){1000}){1000}){1000})",
	};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct err err = { 0 };

		if (pattern_match(patterns[i], "a", &err) != -1 ||
		    !str_starts(err.text, "the AllowedPattern cannot be used: "))
			test_fail(__FILE__, __LINE__, "%s: %s", patterns[i], err.text);
	}
}

TEST(template_pattern, no_expression_takes_long)
{
	char text[4097];
	struct err err = { 0 };

	memset(text, 'a', sizeof(text));
	text[4096] = '\0';
	CHECK_INT(pattern_match("(a+)+b", text, &err), 0);
	CHECK_INT(pattern_match("(a|aa)*(a|aa)*(a|aa)*b", text, &err), 0);
	CHECK_INT(pattern_match("((?=(a*a*a*)*b)a){100}", text, &err), 0);
	CHECK_INT(pattern_match("((?!(a{500})*b)a)*", text, &err), -1);
	CHECK_STR(err.text, "the AllowedPattern takes too long");
}
