/* Expected values follow from AWS's published example key and date (AKIDEXAMPLE, 2015-08-30). */
#include "base/test.h"

#include <string.h>

#include "core/aws/aws.h"

#define DATE "20150830T123600Z"

static const struct aws_credentials example = { "AKIDEXAMPLE",
						"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL };

static char *signed_by(const char *method, const char *path, const char *query, const char *body,
		       const struct aws_header *extra, const char *names)
{
	struct aws_header headers[8] = { { "Host", "example.amazonaws.com" },
					 { "X-Amz-Date", DATE } };
	struct aws_request r = { method, path, query, headers, 2, body, strlen(body), false };
	OWN(str) char *authorization = NULL;
	OWN(json) json_t *parsed = NULL;
	struct err err = { 0 };

	for (; extra && extra->name; extra++)
		headers[r.header_count++] = *extra;
	authorization = aws_sigv4_authorization(&r, &example, DATE, "us-east-1", "service", names);
	CHECK_OK(aws_sigv4_parse(authorization, &parsed, &err), err);
	CHECK_STR(json_str(parsed, "AccessKey"), "AKIDEXAMPLE");
	CHECK_STR(json_str(parsed, "Region"), "us-east-1");
	CHECK_STR(json_str(parsed, "Service"), "service");
	CHECK_STR(json_str(parsed, "Date"), "20150830");
	CHECK_STR(json_str(parsed, "SignedHeaders"), names);
	return str_dup(json_str(parsed, "Signature"));
}

#define SIGNS(method, path, query, body, want)                                                     \
	do {                                                                                       \
		OWN(str)                                                                           \
		char *got_ = signed_by(method, path, query, body, NULL, "host;x-amz-date");        \
		CHECK_STR(got_, want);                                                             \
	} while (0)

#define GET_VANILLA "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"

TEST(aws_sigv4, known_signatures)
{
	SIGNS("GET", "/", "", "", GET_VANILLA);
	SIGNS("POST", "/", "", "",
	      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
	SIGNS("GET", "/", "Param2=value2&Param1=value1", "",
	      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(aws_sigv4, paths_are_normalised_outside_s3)
{
	SIGNS("GET", "//", "", "", GET_VANILLA);
	SIGNS("GET", "/./", "", "", GET_VANILLA);
	SIGNS("GET", "/example/..", "", "", GET_VANILLA);
	SIGNS("GET", "/example1/example2/../..", "", "", GET_VANILLA);
	SIGNS("GET", "", "", "", GET_VANILLA);
}

static char *canonical(const char *service, const char *path, const char *query)
{
	static const struct aws_header headers[] = { { "HOST", "h" },
						     { "A", "  x   y\t z " },
						     { "a", "2" } };
	struct aws_request r = { "GET", path, query, headers, 3, NULL, 0, false };

	return aws_sigv4_canonical(&r, service, "a;host");
}

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

TEST(aws_sigv4, headers_are_folded_and_joined)
{
	OWN(str) char *text = canonical("ecs", "/a", "");

	CHECK_STR(text, "GET\n/a\n\na:x y z,2\nhost:h\n\na;host\n" EMPTY_HASH);
}

TEST(aws_sigv4, paths_are_encoded_once_more_but_not_for_s3)
{
	OWN(str) char *efs = canonical("elasticfilesystem", "/x/arn%3Aaws:1//b/./c/", "");
	OWN(str) char *s3 = canonical("s3", "/b//k%20:./", "");

	CHECK(str_starts(efs, "GET\n/x/arn%253Aaws%3A1/b/c/\n\n"));
	CHECK(str_starts(s3, "GET\n/b//k%20:./\n\n"));
}

TEST(aws_sigv4, queries_are_sorted_by_name_then_value)
{
	OWN(str) char *text = canonical("s3", "/", "Param-3=1&Param=&b=2&b=1&a%2fb&c=x+y&d=%7e");

	CHECK(str_starts(text, "GET\n/\nParam=&Param-3=1&a%2Fb=&b=1&b=2&c=x%2By&d=~\n"));
}

TEST(aws_sigv4, the_given_payload_hash_counts)
{
	struct aws_header headers[] = { { "x-amz-content-sha256", "UNSIGNED-PAYLOAD" } };
	struct aws_request r = { "PUT", "/", "", headers, 1, "data", 4, false };
	OWN(str) char *text = aws_sigv4_canonical(&r, "s3", "x-amz-content-sha256");

	CHECK(str_ends(text, "\nUNSIGNED-PAYLOAD"));
}

TEST(aws_sigv4, authorization_headers_are_read_strictly)
{
	OWN(json) json_t *j = NULL;
	OWN(json) json_t *tight = NULL;
	struct err err = { 0 };

	CHECK_INT(aws_sigv4_parse("Basic abc", &j, &err), -1);
	CHECK_INT(aws_sigv4_parse("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=h, Signature=s",
				  &j, &err),
		  -1);
	CHECK_INT(aws_sigv4_parse("AWS4-HMAC-SHA256 Credential=a/d/r/s/aws4_request, Signature=s",
				  &j, &err),
		  -1);
	CHECK_INT(aws_sigv4_parse("AWS4-HMAC-SHA256 Credential=/d/r/s/aws4_request,"
				  "SignedHeaders=h,Signature=s",
				  &j, &err),
		  -1);
	CHECK_INT(aws_sigv4_parse("\xff", &j, &err), -1);
	CHECK_INT(aws_sigv4_parse(NULL, &j, &err), -1);
	CHECK_OK(aws_sigv4_parse("AWS4-HMAC-SHA256 Credential=a/b/d/r/s/aws4_request,"
				 "SignedHeaders=h,Signature=s",
				 &tight, &err),
		 err);
	CHECK_STR(json_str(tight, "AccessKey"), "a/b");
}
