#include "engine/cloud/verify.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "engine/cloud/cloud.h"
#include "engine/cloud/sts/sts.h"

enum {
	SKEW_MS = 5 * 60 * 1000,
	S3_SKEW_MS = 15 * 60 * 1000,
	EXPIRES_MOST_S = 7 * 24 * 3600,
};

/* ---- refusals ---------------------------------------------------------------------------------
 */

enum problem {
	MISSING,      /* no signature at all */
	INCOMPLETE,   /* parts of it are missing or malformed */
	MECHANISM,    /* another kind of signature, or two at once */
	UNKNOWN_KEY,
	BAD_TOKEN,    /* the session token is not the one that came with the key */
	TOKEN_EXPIRED,
	SKEWED,	      /* signed too long ago or in the future */
	URL_EXPIRED,
	UNSIGNED_PART,/* something that counts is not signed */
	NO_HASH,      /* S3 wants x-amz-content-sha256 */
	BODY_CHANGED,
	MISMATCH,
};

struct answer {
	int status;
	const char *code;
};
/* What AWS answers: query services, EC2, JSON services, S3. */
static const struct answer answers[][4] = {
	[MISSING] = { { 403, "MissingAuthenticationToken" },
		      { 401, "AuthFailure" },
		      { 400, "MissingAuthenticationTokenException" },
		      { 403, "AccessDenied" } },
	[INCOMPLETE] = { { 400, "IncompleteSignature" },
			 { 400, "IncompleteSignature" },
			 { 400, "IncompleteSignatureException" },
			 { 400, "AuthorizationHeaderMalformed" } },
	[MECHANISM] = { { 400, "IncompleteSignature" },
			{ 400, "IncompleteSignature" },
			{ 400, "IncompleteSignatureException" },
			{ 400, "InvalidRequest" } },
	[UNKNOWN_KEY] = { { 403, "InvalidClientTokenId" },
			  { 401, "AuthFailure" },
			  { 400, "UnrecognizedClientException" },
			  { 403, "InvalidAccessKeyId" } },
	[BAD_TOKEN] = { { 403, "InvalidClientTokenId" },
			{ 401, "AuthFailure" },
			{ 400, "UnrecognizedClientException" },
			{ 400, "InvalidToken" } },
	[TOKEN_EXPIRED] = { { 403, "ExpiredToken" },
			    { 400, "RequestExpired" },
			    { 400, "ExpiredTokenException" },
			    { 400, "ExpiredToken" } },
	[SKEWED] = { { 400, "RequestExpired" },
		     { 400, "RequestExpired" },
		     { 400, "InvalidSignatureException" },
		     { 403, "RequestTimeTooSkewed" } },
	[URL_EXPIRED] = { { 400, "RequestExpired" },
			  { 400, "RequestExpired" },
			  { 400, "InvalidSignatureException" },
			  { 403, "AccessDenied" } },
	[UNSIGNED_PART] = { { 403, "SignatureDoesNotMatch" },
			    { 401, "AuthFailure" },
			    { 400, "InvalidSignatureException" },
			    { 403, "AccessDenied" } },
	[NO_HASH] = { { 0, NULL }, { 0, NULL }, { 0, NULL }, { 400, "InvalidRequest" } },
	[BODY_CHANGED] = { { 403, "SignatureDoesNotMatch" },
			   { 401, "AuthFailure" },
			   { 400, "InvalidSignatureException" },
			   { 400, "XAmzContentSHA256Mismatch" } },
	[MISMATCH] = { { 403, "SignatureDoesNotMatch" },
		       { 401, "AuthFailure" },
		       { 400, "InvalidSignatureException" },
		       { 403, "SignatureDoesNotMatch" } },
};

/* One request under examination. */
struct check {
	struct hub *hub;
	const struct http_request *r;
	const struct aws_service *aws;
	struct refusal *why;
	bool s3, url; /* url: presigned */
	json_t *parsed;
	char *date; /* "20261124T174533Z" */
	const char *token; /* of the session, as sent; NULL: none */
	json_t *key;	   /* {"SecretAccessKey"} of the account */
	const json_t *session; /* or of a role */
};

static const char *header(const struct check *c, const char *name)
{
	return json_str(c->r->headers, name);
}

static unsigned column(enum aws_protocol protocol)
{
	switch (protocol) {
	case AWS_QUERY:
		return 0;
	case AWS_EC2:
		return 1;
	case AWS_JSON10:
	case AWS_JSON11:
	case AWS_REST_JSON:
		return 2;
	case AWS_REST_XML:
		return 3;
	}
	return 0;
}

static int refuse(struct check *c, enum problem problem, const char *fmt, ...) ERR_FMT(3, 4);

static int refuse(struct check *c, enum problem problem, const char *fmt, ...)
{
	const struct answer *a = &answers[problem][column(c->aws->protocol)];
	va_list args;

	c->why->status = a->status;
	c->why->code = a->code;
	if (c->aws->protocol == AWS_REST_JSON && a->status == 400 && problem != INCOMPLETE)
		c->why->status = 403;
	if (c->s3 && c->url && problem == INCOMPLETE)
		c->why->code = "AuthorizationQueryParametersError";
	va_start(args, fmt);
	(void)vsnprintf(c->why->text, sizeof(c->why->text), fmt, args);
	va_end(args);
	return -1;
}

/* ---- what was signed --------------------------------------------------------------------------
 */

static int find_signature(struct check *c)
{
	const char *authorization = header(c, "authorization");
	struct err err = { 0 };
	int rc;

	c->url = aws_sigv4_presigned(c->r->query);
	if (authorization && c->url)
		return refuse(c, MECHANISM,
			      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the "
			      "Authorization header should be specified");
	if ((authorization && !str_starts(authorization, "AWS4-HMAC-SHA256")) ||
	    strstr(c->r->query, "AWSAccessKeyId="))
		return refuse(c, MECHANISM,
			      "The authorization mechanism you have provided is not supported. Please use "
			      "AWS4-HMAC-SHA256.");
	if (!authorization && !c->url)
		return refuse(c, MISSING, c->s3 ? "Access Denied" : "Request is missing Authentication Token");
	rc = c->url ? aws_sigv4_parse_query(c->r->query, &c->parsed, &err)
		    : aws_sigv4_parse(authorization, &c->parsed, &err);
	return rc < 0 ? refuse(c, INCOMPLETE, "%s.", err.text) : 0;
}

/* Of "Tue, 24 Nov 2026 17:45:33 GMT"; NULL: it is none. */
static char *date_of_http(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S", &tm);

	return end && !strcmp(end, " GMT")
		       ? str_printf("%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
				    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec)
		       : NULL;
}

static int find_date(struct check *c)
{
	const char *given = c->url ? json_str(c->parsed, "Time") : header(c, "x-amz-date");

	if (given)
		c->date = str_dup(given);
	else if (header(c, "date"))
		c->date = date_of_http(header(c, "date"));
	if (aws_sigv4_time(c->date) < 0)
		return refuse(c, INCOMPLETE,
			      c->url ? "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
				     : "Date must be in ISO-8601 'basic format', in X-Amz-Date or Date.");
	return 0;
}

static int check_scope(struct check *c)
{
	const char *day = json_str(c->parsed, "Date");

	if (!str_eq(json_str(c->parsed, "Service"), c->aws->signing_name))
		return refuse(c, MISMATCH, "Credential should be scoped to correct service: '%s'.",
			      c->aws->signing_name);
	if (strlen(day) != 8 || !str_starts(c->date, day))
		return refuse(c, MISMATCH,
			      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
			      "from HTTP");
	return 0;
}

/* Of Amazon's own headers all must be signed: one names the operation. These carry what the
 * signature covers by other means, or nothing that is looked at. */
static bool may_be_unsigned(const char *name)
{
	static const char *const fine[] = { "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
					    "x-amz-user-agent" };

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		if (!strcmp(name, fine[i]))
			return true;
	return !str_starts(name, "x-amz-");
}

static int check_signed_headers(struct check *c)
{
	const char *list = json_str(c->parsed, "SignedHeaders"), *name;
	json_t *value;

	if (!aws_sigv4_signs(list, "host"))
		return refuse(c, UNSIGNED_PART, "'Host' must be a 'SignedHeader' in the AWS Authorization.");
	json_object_foreach((json_t *)(uintptr_t)c->r->headers, name, value)
		if (!may_be_unsigned(name) && !aws_sigv4_signs(list, name))
			return refuse(c, UNSIGNED_PART,
				      "There were headers present in the request which were not signed: %.64s",
				      name);
	return 0;
}

/* ---- whose key --------------------------------------------------------------------------------
 */

/* Of the account's credentials; read anew, so that new ones count at once. NULL: not there. */
static json_t *account_key(struct check *c, const char *access_key)
{
	OWN(json) json_t *all = NULL;
	json_t *one, *found = NULL;
	size_t i;

	if (!hub_state_dir(c->hub) || cloud_credentials_load(hub_state_dir(c->hub), &all, NULL) < 0)
		return NULL;
	json_array_foreach(all, i, one)
		if (!found && str_eq(json_str(one, "AccessKeyId"), access_key))
			found = json_deep_copy(one);
	json_wipe(all);
	return found;
}

static int unknown_key(struct check *c)
{
	if (c->s3)
		return refuse(c, UNKNOWN_KEY,
			      "The AWS Access Key Id you provided does not exist in our records.");
	return refuse(c, UNKNOWN_KEY, "The security token included in the request is invalid.");
}

static int check_token(struct check *c)
{
	const char *want = json_str(c->session, "SessionToken");

	if (c->key ? !c->token : c->token && want && aws_same_secret(c->token, want))
		return 0;
	return refuse(c, BAD_TOKEN, c->s3 ? "The provided token is malformed or otherwise invalid."
					  : "The security token included in the request is invalid.");
}

static int find_key(struct check *c)
{
	const char *access_key = json_str(c->parsed, "AccessKey");

	c->token = c->url ? json_str(c->parsed, "Token") : header(c, "x-amz-security-token");
	c->key = account_key(c, access_key);
	c->session = c->key ? NULL : sts_session(c->hub, access_key);
	if (!c->key && !c->session)
		return unknown_key(c);
	if (c->session && json_int_or(c->session, "ExpiresMs", 0) <= hub_now_ms(c->hub))
		return refuse(c, TOKEN_EXPIRED, c->s3 ? "The provided token has expired."
						      : "The security token included in the request is expired");
	return check_token(c);
}

/* ---- when -------------------------------------------------------------------------------------
 */

static int skewed(struct check *c, bool late)
{
	OWN(str) char *now = aws_time_iso(hub_now_ms(c->hub));

	if (c->s3)
		return refuse(c, c->url ? URL_EXPIRED : SKEWED,
			      c->url && late ? "Request has expired"
			      : c->url	     ? "Request is not yet valid"
					     : "The difference between the request time and the current time is "
					       "too large.");
	return refuse(c, c->url && late ? URL_EXPIRED : SKEWED,
		      late ? "Signature expired: %s is too long before %s." : "Signature not yet current: %s "
									      "is still later than %s.",
		      c->date, now);
}

static int check_time(struct check *c)
{
	const char *expires = json_str(c->parsed, "Expires");
	int64_t window = c->s3 ? S3_SKEW_MS : SKEW_MS, late = window;
	int64_t age = hub_now_ms(c->hub) - aws_sigv4_time(c->date);
	uint64_t seconds;

	if (c->url && (expires || c->s3)) {
		if (!expires || num_parse_u64(expires, 1, EXPIRES_MOST_S, &seconds) < 0)
			return refuse(c, INCOMPLETE, "X-Amz-Expires must be a number of seconds from 1 to %d",
				      EXPIRES_MOST_S);
		late = (int64_t)seconds * 1000;
	}
	if (age > late)
		return skewed(c, true);
	return age < -window ? skewed(c, false) : 0;
}

/* ---- what -------------------------------------------------------------------------------------
 */

static bool is_hash(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64;
}

/* The hash is signed; here the body is held against it. Only S3 takes bodies that are not hashed as
 * a whole. */
static int check_payload(struct check *c)
{
	const char *given = header(c, "x-amz-content-sha256");
	OWN(str) char *have = NULL;

	if (!given)
		return c->s3 && !c->url
			       ? refuse(c, NO_HASH,
					"Missing required header for this request: x-amz-content-sha256")
			       : 0;
	if (c->s3 && (!strcmp(given, "UNSIGNED-PAYLOAD") || str_starts(given, "STREAMING-")))
		return 0;
	have = aws_sha256_hex(c->r->body, c->r->body_len);
	if (is_hash(given) && !strcasecmp(given, have))
		return 0;
	return refuse(c, BODY_CHANGED,
		      "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

static int check_signature(struct check *c)
{
	const char *secret = json_str(c->key ? c->key : c->session, "SecretAccessKey"), *name;
	struct aws_request r = { .method = c->r->method,
				 .path = c->r->path,
				 .query = c->r->query,
				 .body = c->r->body,
				 .body_len = c->r->body_len };
	struct aws_header *headers = mem_new(json_object_size(c->r->headers) + 1, sizeof(*headers));
	json_t *value;
	bool good;

	json_object_foreach((json_t *)(uintptr_t)c->r->headers, name, value)
		headers[r.header_count++] = (struct aws_header){ name, json_string_value(value) };
	r.headers = headers;
	good = secret && aws_sigv4_verify(&r, c->parsed, c->date, secret);
	free(headers);
	return good ? 0
		    : refuse(c, MISMATCH,
			     "The request signature we calculated does not match the signature you provided. "
			     "Check your AWS Secret Access Key and signing method.");
}

static int check_all(struct check *c)
{
	if (find_signature(c) < 0 || find_date(c) < 0 || check_scope(c) < 0 || check_signed_headers(c) < 0)
		return -1;
	if (find_key(c) < 0 || check_time(c) < 0 || check_payload(c) < 0)
		return -1;
	return check_signature(c);
}

int verify_request(struct hub *hub, const struct http_request *r, const struct aws_service *aws,
		   char **ret_principal, struct refusal *why)
{
	struct check c = { .hub = hub, .r = r, .aws = aws, .why = why, .s3 = aws->protocol == AWS_REST_XML };
	int rc = check_all(&c);

	if (rc == 0)
		*ret_principal = c.session ? str_dup(json_str(c.session, "Arn"))
					   : hub_arn(hub, "iam", "root");
	if (c.key)
		json_wipe(c.key);
	json_decref(c.key);
	json_decref(c.parsed);
	free(c.date);
	return rc;
}
