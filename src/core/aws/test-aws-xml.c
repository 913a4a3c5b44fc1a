#include "base/test.h"

#include <string.h>

#include "core/aws/aws.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

TEST(aws_xml, query_reply_has_result_and_metadata)
{
	OWN(json)
	json_t *out = json_pack("{s:[{s:s,s:b}],s:[],s:i,s:f,s:n}", "Stacks", "Name", "<a&b>\r\n",
				"On", 0, "Tags", "Count", 3, "Part", 0.5, "No");
	OWN(str)
	char *xml =
		aws_xml_reply(aws_service_by_name("cloudformation"), "DescribeStacks", out, "id-1");

	CHECK_STR(xml, HEAD
		  "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/"
		  "2010-05-15/\"><DescribeStacksResult><Stacks><member><Name>&lt;a&amp;b&gt;&#xD;"
		  "\n</Name><On>false</On></member></Stacks><Tags></Tags><Count>3</Count>"
		  "<Part>0.5</Part></DescribeStacksResult><ResponseMetadata><RequestId>id-1"
		  "</RequestId></ResponseMetadata></DescribeStacksResponse>");
}

TEST(aws_xml, ec2_reply_has_items_and_no_result)
{
	OWN(json)
	json_t *out = json_pack("{s:[{s:s}],s:b}", "vpcSet", "vpcId", "vpc-1", "return", 1);
	OWN(str) char *xml = aws_xml_reply(aws_service_by_name("ec2"), "DescribeVpcs", out, "id");

	CHECK_STR(xml,
		  HEAD "<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"
		       "<requestId>id</requestId><vpcSet><item><vpcId>vpc-1</vpcId></item>"
		       "</vpcSet><return>true</return></DescribeVpcsResponse>");
}

TEST(aws_xml, text_that_xml_cannot_carry_is_replaced)
{
	OWN(json) json_t *out = json_object();
	OWN(json) json_t *back = NULL;
	OWN(str) char *xml = NULL;
	struct err err = { 0 };

	json_set_str(out, "a key", "x\x01\xef\xbf\xbfy");
	xml = aws_xml_reply(aws_service_by_name("iam"), "A", out, "id");
	CHECK_OK(aws_xml_decode(xml, strlen(xml), &back, &err), err);
	CHECK_STR(json_str(back, "a_key"), "x\xef\xbf\xbd\xef\xbf\xbdy");
}

static char *decoded(const char *xml)
{
	OWN(json) json_t *j = NULL;
	struct err err = { 0 };

	if (aws_xml_decode(xml, strlen(xml), &j, &err) < 0)
		return str_printf("error: %s", err.text);
	return json_text(j);
}

#define DECODES(xml, want)                                                                         \
	do {                                                                                       \
		OWN(str) char *got_ = decoded(xml);                                                \
		CHECK_STR(got_, want);                                                             \
	} while (0)

TEST(aws_xml, replies_are_read_without_their_wrapping)
{
	DECODES("<XResponse xmlns=\"u\"><XResult><A> <member>1</member>\n<member>2</member></A>"
		"<B/><C>t&amp;<!-- c -->u</C></XResult><ResponseMetadata><RequestId>i</RequestId>"
		"</ResponseMetadata></XResponse>",
		"{\"A\":[\"1\",\"2\"],\"B\":\"\",\"C\":\"t&u\"}");
	DECODES("<XResponse><XResult/><ResponseMetadata/></XResponse>", "{}");
	DECODES("<YResponse><requestId>i</requestId><s><item><a>1</a></item></s></YResponse>",
		"{\"requestId\":\"i\",\"s\":[{\"a\":\"1\"}]}");
}

TEST(aws_xml, repeated_elements_become_an_array)
{
	DECODES("<R><C><K>1</K></C><C><K>2</K></C><C><K>3</K></C><D>x</D></R>",
		"{\"C\":[{\"K\":\"1\"},{\"K\":\"2\"},{\"K\":\"3\"}],\"D\":\"x\"}");
}

TEST(aws_xml, bad_documents_are_refused)
{
	OWN(buf) struct buf deep = { 0 };
	OWN(str) char *result = NULL;

	DECODES("", "error: XML line 1: no element found");
	DECODES("<a><b></a>", "error: XML line 1: mismatched tag");
	DECODES("<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>",
		"error: XML line 1: a document type is not accepted");
	for (unsigned i = 0; i < 100; i++)
		buf_str(&deep, "<a>");
	result = decoded(deep.data);
	CHECK_STR(result, "error: XML line 1: too deep");
}

static void check_error(const char *service, const char *body, const char *header,
			const char *want_code, const char *want_message)
{
	OWN(str) char *code = NULL;
	OWN(str) char *message = NULL;
	int status = aws_error_decode(aws_service_by_name(service), body, strlen(body), header,
				      &code, &message);

	CHECK_INT(status, want_code ? 0 : -1);
	CHECK_STR(code, want_code);
	CHECK_STR(message, want_message);
}

TEST(aws_xml, errors_of_all_protocols_are_read)
{
	static const char *const services[] = { "sts", "ec2", "s3" };

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		OWN(str)
		char *xml = aws_xml_error(aws_service_by_name(services[i]), "Code1", "m <1>", "id");

		check_error(services[i], xml, NULL, "Code1", "m <1>");
	}
	check_error("ecs", "{\"__type\":\"com.x#Name\",\"message\":\"m\"}", NULL, "Name", "m");
	check_error("ecs", "{\"__type\":\"Name\",\"Message\":\"M\"}", NULL, "Name", "M");
	check_error("efs", "{\"ErrorCode\":\"E\",\"Message\":\"M\"}", "Bad:http://x", "Bad", "M");
	check_error("efs", "", "Bad", "Bad", "");
	check_error("efs", "<html>", NULL, NULL, NULL);
	check_error("sts", "<html></html>", NULL, NULL, NULL);
	check_error("sts", "plain", NULL, NULL, NULL);
}
