/* Any bytes as an Authorization header and as the query of a presigned URL. What is read of either can
 * be checked against a request without harm; and a query that was signed here, whatever stood in it
 * before, is read and found right, but not with another method. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/aws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct aws_header headers[] = { { "host", "127.0.0.1:4566" } };

static void sign_and_check(const char *query)
{
	static const struct aws_credentials keys = { "AKIDEXAMPLE", "secret", "token/+=" };
	static const char date[] = "20150830T123600Z";
	struct aws_request r = { "GET", "/a//b", query, headers, 1, "", 0, false };
	OWN(str) char *url = aws_sigv4_presign(&r, &keys, date, 60, "us-east-1", "s3", "host");
	OWN(json) json_t *parsed = NULL;

	r.query = url;
	if (aws_sigv4_parse_query(url, &parsed, NULL) < 0) {
		if (!strstr(query, "X-Amz-"))
			abort(); /* only members that were there before can stand in the way */
		return;
	}
	if (strstr(query, "X-Amz-"))
		return;
	if (!aws_sigv4_verify(&r, parsed, date, keys.secret_key))
		abort();
	r.method = "PUT";
	if (aws_sigv4_verify(&r, parsed, date, keys.secret_key))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWN(str) char *text = str_dup_n((const char *)data, size);
	OWN(json) json_t *header = NULL;
	OWN(json) json_t *query = NULL;
	struct aws_request r = { "GET", "/", text, headers, 1, text, strlen(text), false };

	if (aws_sigv4_parse(text, &header, NULL) == 0 &&
	    aws_sigv4_verify(&r, header, "20150830T123600Z", "secret"))
		abort(); /* nobody guesses a signature */
	if (aws_sigv4_parse_query(text, &query, NULL) == 0) {
		if (!aws_sigv4_presigned(text))
			abort();
		(void)aws_sigv4_time(json_str(query, "Time"));
		if (aws_sigv4_verify(&r, query, json_str(query, "Time"), "secret"))
			abort();
	}
	sign_and_check(text);
	return 0;
}
