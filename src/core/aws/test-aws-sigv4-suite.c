/* AWS's published test suite of SigV4 (tests/vectors/sigv4.json, see the README there): canonical
 * request, string to sign and signature of every case, in headers and in the query. */
#include "base/test.h"

#include <string.h>

#include "core/aws/aws.h"

#define DATE "20150830T123600Z"

enum { HEADERS_MOST = 16 };

/* A case's request taken apart; texts point into `text`. */
struct parts {
	char *text;
	struct aws_header headers[HEADERS_MOST];
	struct aws_request r;
	struct aws_credentials credentials;
	const char *region, *service;
	unsigned expires;
	char *hash;
};

static void add_header(struct parts *p, const char *name, const char *value)
{
	p->headers[p->r.header_count++] = (struct aws_header){ name, value };
}

/* A line that begins with a blank is one more value of the header before it. */
static void take_header(struct parts *p, char *line)
{
	char *colon = strchr(line, ':');

	if (*line == ' ') {
		add_header(p, p->headers[p->r.header_count - 1].name, line);
		return;
	}
	*colon = '\0';
	add_header(p, line, colon + 1);
}

static void take_request(struct parts *p)
{
	char *rest = p->text, *line = strsep(&rest, "\n"), *target = strchr(line, ' ');

	*target++ = '\0';
	*strstr(target, " HTTP/1.1") = '\0';
	p->r.method = line;
	p->r.path = target;
	p->r.query = "";
	if (strchr(target, '?')) {
		p->r.query = strchr(target, '?') + 1;
		*strchr(target, '?') = '\0';
	}
	while ((line = strsep(&rest, "\n")) && *line)
		take_header(p, line);
	p->r.body = rest ? rest : "";
	p->r.body_len = strlen(p->r.body);
}

static void parts_open(struct parts *p, const json_t *c)
{
	const json_t *context = json_map(c, "context"), *keys = json_map(context, "credentials");

	*p = (struct parts){ .text = str_dup(json_str(c, "request")) };
	p->r.headers = p->headers;
	p->r.path_as_is = json_is_false(json_object_get(context, "normalize"));
	p->credentials = (struct aws_credentials){ json_str(keys, "access_key_id"),
						   json_str(keys, "secret_access_key"),
						   json_str(keys, "token") };
	p->region = json_str(context, "region");
	p->service = json_str(context, "service");
	p->expires = (unsigned)json_int_or(context, "expiration_in_seconds", 0);
	CHECK_STR(json_str(context, "timestamp"), "2015-08-30T12:36:00Z");
	take_request(p);
	if (json_is_true(json_object_get(context, "sign_body"))) {
		p->hash = aws_sha256_hex(p->r.body, p->r.body_len);
		add_header(p, "x-amz-content-sha256", p->hash);
	}
}

static void parts_close(struct parts *p)
{
	free(p->text);
	free(p->hash);
}

/* The last line but one of a canonical request. */
static char *signed_headers_of(const json_t *want)
{
	const char *text = json_str(want, "canonical"), *end = strrchr(text, '\n'), *start = end;

	while (start[-1] != '\n')
		start--;
	return str_dup_n(start, (size_t)(end - start));
}

static void check_texts(const char *name, const struct parts *p, const json_t *want,
			const char *signed_headers)
{
	OWN(str) char *canonical = aws_sigv4_canonical(&p->r, p->service, signed_headers);
	OWN(str) char *to_sign = aws_sigv4_to_sign(canonical, DATE, p->region, p->service);
	OWN(str)
	char *hex = aws_sigv4_signature(p->credentials.secret_key, to_sign, DATE, p->region, p->service);

	if (!str_eq(canonical, json_str(want, "canonical")))
		test_fail(name, 0, "canonical request is\n%s", canonical);
	CHECK_STR(to_sign, json_str(want, "stringToSign"));
	if (json_str(want, "signature") && !str_eq(hex, json_str(want, "signature")))
		test_fail(name, 0, "signature is %s", hex);
}

static void check_header(const char *name, const json_t *c, const json_t *want)
{
	OWN(str) char *signed_headers = signed_headers_of(want);
	OWN(str) char *authorization = NULL;
	OWN(json) json_t *parsed = NULL;
	struct err err = { 0 };
	struct parts p;

	parts_open(&p, c);
	add_header(&p, "X-Amz-Date", DATE);
	if (p.credentials.session_token)
		add_header(&p, "X-Amz-Security-Token", p.credentials.session_token);
	check_texts(name, &p, want, signed_headers);
	authorization = aws_sigv4_authorization(&p.r, &p.credentials, DATE, p.region, p.service,
						signed_headers);
	CHECK_OK(aws_sigv4_parse(authorization, &parsed, &err), err);
	CHECK_STR(json_str(parsed, "Signature"), json_str(want, "signature"));
	CHECK(aws_sigv4_verify(&p.r, parsed, DATE, p.credentials.secret_key));
	CHECK(!aws_sigv4_verify(&p.r, parsed, DATE, "another secret"));
	parts_close(&p);
}

static void check_query(const char *name, const json_t *c, const json_t *want)
{
	OWN(str) char *signed_headers = signed_headers_of(want);
	OWN(str) char *query = NULL;
	OWN(json) json_t *parsed = NULL;
	struct err err = { 0 };
	struct parts p;

	parts_open(&p, c);
	query = aws_sigv4_presign(&p.r, &p.credentials, DATE, p.expires, p.region, p.service,
				  signed_headers);
	p.r.query = query;
	check_texts(name, &p, want, signed_headers);
	CHECK_OK(aws_sigv4_parse_query(query, &parsed, &err), err);
	if (json_str(want, "signature"))
		CHECK_STR(json_str(parsed, "Signature"), json_str(want, "signature"));
	CHECK_STR(json_str(parsed, "Token"), p.credentials.session_token);
	CHECK(aws_sigv4_verify(&p.r, parsed, DATE, p.credentials.secret_key));
	p.r.method = "PATCH";
	CHECK(!aws_sigv4_verify(&p.r, parsed, DATE, p.credentials.secret_key));
	parts_close(&p);
}

TEST(aws_sigv4_suite, every_text_of_every_case_is_the_published_one)
{
	OWN(json) json_t *all = NULL;
	OWN(str) char *text = NULL;
	unsigned headers = 0, queries = 0;
	struct err err = { 0 };
	const char *name;
	json_t *one;
	size_t len;

	text = test_read_file("tests/vectors/sigv4.json", &len);
	CHECK_OK(json_parse_text("sigv4.json", text, len, &all, &err), err);
	json_object_foreach(all, name, one) {
		const json_t *header = json_map(one, "header"), *query = json_map(one, "query");

		if (header) {
			check_header(name, one, header);
			headers++;
		}
		if (query) {
			check_query(name, one, query);
			queries++;
		}
	}
	CHECK_INT(json_object_size(all), 38);
	CHECK_INT(headers, 36);
	CHECK_INT(queries, 36);
}
