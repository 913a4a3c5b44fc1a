#include "base/test.h"

#include <string.h>

#include "core/aws/aws.h"

static char *decoded(const char *form)
{
	OWN(json) json_t *j = NULL;
	struct err err = { 0 };

	if (aws_form_decode(form, strlen(form), &j, &err) < 0)
		return str_printf("error: %s", err.text);
	return json_text(j);
}

#define DECODES(form, want)                                                                        \
	do {                                                                                       \
		OWN(str) char *got_ = decoded(form);                                               \
		CHECK_STR(got_, want);                                                             \
	} while (0)

TEST(aws_form, member_lists_and_numbered_lists_become_arrays)
{
	DECODES("Action=X&Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.2.Key=c",
		"{\"Action\":\"X\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"b\"},{\"Key\":\"c\"}]}");
	DECODES("Filter.1.Name=vpc-id&Filter.1.Value.1=v&Filter.1.Value.2=w",
		"{\"Filter\":[{\"Name\":\"vpc-id\",\"Value\":[\"v\",\"w\"]}]}");
}

TEST(aws_form, the_order_of_indexes_counts_not_their_value)
{
	DECODES("A.10=c&A.2=b&A.1=a", "{\"A\":[\"a\",\"b\",\"c\"]}");
	DECODES("A.member.7=x&A.member.3=y", "{\"A\":[\"y\",\"x\"]}");
}

TEST(aws_form, structures_nest_and_empty_values_stay_text)
{
	DECODES("DeploymentConfig.Mode=STANDARD&Parameters=&E",
		"{\"DeploymentConfig\":{\"Mode\":\"STANDARD\"},\"Parameters\":\"\",\"E\":\"\"}");
	DECODES("", "{}");
	DECODES("&&a=1&", "{\"a\":\"1\"}");
	DECODES("1=a&2=b", "{\"1\":\"a\",\"2\":\"b\"}");
}

TEST(aws_form, escapes_are_decoded)
{
	DECODES("a=x%2By+z%26&b%20c=%C3%A4", "{\"a\":\"x+y z&\",\"b c\":\"\u00e4\"}");
}

TEST(aws_form, malformed_input_is_refused)
{
	DECODES("a=%4", "error: the value of a has a malformed escape");
	DECODES("a=%zz", "error: the value of a has a malformed escape");
	DECODES("%=1", "error: a parameter name has a malformed escape");
	DECODES("a=%00", "error: the value of a has a malformed escape");
	DECODES("a=%ff", "error: the value of a is not UTF-8");
	DECODES("A=1&A.B=2", "error: parameter part A is both a value and a structure");
	DECODES("A.B=1&A=2", "error: parameter part A is given twice");
	DECODES("A..B=1", "error: a parameter name has an empty part");
	DECODES("=1", "error: a parameter name has an empty part");
}

TEST(aws_form, sizes_are_bounded)
{
	OWN(buf) struct buf many = { 0 };
	OWN(buf) struct buf deep = { 0 };
	OWN(str) char *result = NULL;
	OWN(str) char *fine = NULL;
	OWN(str) char *too_deep = NULL;

	for (unsigned i = 0; i < 10000; i++)
		buf_printf(&many, "k%u=v&", i);
	fine = decoded(many.data);
	CHECK(fine[0] == '{');
	buf_str(&many, "last=1");
	result = decoded(many.data);
	CHECK_STR(result, "error: more than 10000 parameters");
	for (unsigned i = 0; i < 32; i++)
		buf_str(&deep, "a.");
	buf_str(&deep, "a=1");
	too_deep = decoded(deep.data);
	CHECK_STR(too_deep, "error: a parameter name has more than 32 parts");
}

TEST(aws_form, encoding_writes_each_style_and_leaves_nulls_out)
{
	OWN(json)
	json_t *in = json_pack("{s:[{s:s},{s:b}],s:i,s:n,s:{s:f},s:[]}", "L", "K", "a b", "T", 1,
			       "N", 5, "Z", "S", "F", 1.5, "Empty");
	OWN(str) char *query = aws_form_encode(AWS_QUERY, in);
	OWN(str) char *ec2 = aws_form_encode(AWS_EC2, in);

	CHECK_STR(query, "L.member.1.K=a%20b&L.member.2.T=true&N=5&S.F=1.5&Empty=");
	CHECK_STR(ec2, "L.1.K=a%20b&L.2.T=true&N=5&S.F=1.5");
}

TEST(aws_form, what_is_encoded_is_decoded_again)
{
	OWN(json)
	json_t *in = json_pack("{s:[s,s],s:{s:[{s:s}]}}", "Names", "x=1&2", "\xc3\xa9%", "A", "B",
			       "C", "+");
	OWN(json) json_t *back = NULL;
	OWN(str) char *query = aws_form_encode(AWS_QUERY, in);
	struct err err = { 0 };

	CHECK_OK(aws_form_decode(query, strlen(query), &back, &err), err);
	CHECK(json_equal(in, back));
}
