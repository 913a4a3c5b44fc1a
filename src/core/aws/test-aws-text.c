#include "base/test.h"

#include <string.h>

#include "core/aws/aws.h"

TEST(aws_service, is_found_by_each_of_its_names)
{
	const struct aws_service *s;
	size_t count = 0;

	CHECK_STR(aws_service_by_target("AmazonSSM.GetParameter")->name, "ssm");
	CHECK_STR(aws_service_by_target(
			  "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents")
			  ->name,
		  "cloudtrail");
	CHECK(!aws_service_by_target("AmazonSSMX.GetParameter"));
	CHECK(!aws_service_by_target(NULL));
	CHECK_STR(aws_service_by_version("2010-05-15")->name, "cloudformation");
	CHECK_STR(aws_service_by_signing_name("elasticfilesystem")->name, "efs");
	CHECK(!aws_service_by_name("lambda"));
	CHECK(!aws_service_by_version(NULL));
	(void)aws_services(&count);
	for (size_t i = 0; i < count; i++) {
		s = aws_services(&count)[i];
		CHECK(aws_service_by_name(s->name) == s);
		CHECK(aws_service_by_signing_name(s->signing_name) == s);
	}
}

TEST(aws_arn, leaves_absent_parts_empty)
{
	OWN(str) char *role = aws_arn("aws", "iam", NULL, "000000000000", "role/x");
	OWN(str) char *key = aws_arn("aws", "kms", "us-east-1", "000000000000", "key/1");

	CHECK_STR(role, "arn:aws:iam::000000000000:role/x");
	CHECK_STR(key, "arn:aws:kms:us-east-1:000000000000:key/1");
}

#define ISO(ms, want)                                                                              \
	do {                                                                                       \
		OWN(str) char *got_ = aws_time_iso(ms);                                            \
		CHECK_STR(got_, want);                                                             \
		CHECK_INT(aws_time_parse(want), ms);                                               \
	} while (0)

TEST(aws_time, is_written_and_read)
{
	ISO(0, "1970-01-01T00:00:00.000Z");
	ISO(1440938160000, "2015-08-30T12:36:00.000Z");
	ISO(951782400123, "2000-02-29T00:00:00.123Z");
	ISO(1795468479574, "2026-11-23T21:14:39.574Z");
	ISO(253402300799999, "9999-12-31T23:59:59.999Z");
}

TEST(aws_time, other_spellings_are_read)
{
	CHECK_INT(aws_time_parse("2015-08-30T14:36:00+02:00"), 1440938160000);
	CHECK_INT(aws_time_parse("2015-08-30T12:36:00.1239Z"), 1440938160123);
	CHECK_INT(aws_time_parse("2015-02-29T00:00:00Z"), -1);
	CHECK_INT(aws_time_parse("2015-08-30T24:00:00Z"), -1);
	CHECK_INT(aws_time_parse("2015-08-30T12:36:00"), -1);
	CHECK_INT(aws_time_parse("2015-08-30T12:36:00.Z"), -1);
	CHECK_INT(aws_time_parse("2015-08-30T12:36:00Zx"), -1);
	CHECK_INT(aws_time_parse("2015"), -1);
	CHECK_INT(aws_time_parse(NULL), -1);
}

TEST(aws_uri, is_encoded_and_decoded_as_rfc_3986)
{
	OWN(str) char *path = aws_uri_encode("/a b/:\xc3\xa4~", 1);
	OWN(str) char *part = aws_uri_encode("a/b+c", 0);
	OWN(str) char *back = NULL;
	size_t len = 0;

	CHECK_STR(path, "/a%20b/%3A%C3%A4~");
	CHECK_STR(part, "a%2Fb%2Bc");
	CHECK_INT(aws_uri_decode("a%2fb+c%00", 10, &back, &len), 0);
	CHECK_INT(len, 6);
	CHECK(back && !memcmp(back, "a/b+c\0", 6));
	free(back);
	back = NULL;
	CHECK_INT(aws_uri_decode("a%2", 3, &back, &len), -1);
	CHECK_INT(aws_uri_decode("%g0", 3, &back, &len), -1);
}
