/* Signatures of requests against the local account: what AWS's clients send is taken, what was
 * changed, is late or comes from elsewhere gets AWS's codes. */
#include "base/test.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cloud/cloud.h"
#include "engine/cloud/sts/sts.h"
#include "engine/cloud/verify.h"

static const struct service *const services[] = { &service_sts, NULL };

struct bench {
	char dir[64];
	struct event_base *base;
	struct hub *hub;
	json_t *keys;
};

static void bench_open(struct bench *b)
{
	struct hub_options o = { .services = services };
	struct err err = { 0 };

	*b = (struct bench){ .dir = "/tmp/mpcup-verify-XXXXXX", .base = event_base_new() };
	CHECK(mkdtemp(b->dir));
	o.state_dir = b->dir;
	o.events = b->base;
	CHECK_OK(hub_new(&o, &b->hub, &err), err);
	CHECK_OK(hub_start(b->hub, &err), err);
	CHECK_OK(cloud_credentials_ensure(b->dir, &b->keys, &err), err);
}

static void bench_close(struct bench *b)
{
	static const char *const files[] = { "state.db", "state.db-wal", "state.db-shm", "credentials.json",
					     "credentials.lock" };

	hub_free(b->hub);
	event_base_free(b->base);
	json_decref(b->keys);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		OWN(str) char *path = str_printf("%s/%s", b->dir, files[i]);

		(void)unlink(path);
	}
	(void)rmdir(b->dir);
}

/* ---- requests ---------------------------------------------------------------------------------
 */

/* What is signed, and how it is spoilt before it arrives. Members left out have these meanings. */
struct sent {
	const char *service;	    /* ecs */
	const char *scope;	    /* as the service's signing name */
	const char *access, *secret, *token; /* the account's first */
	const char *hash;	    /* x-amz-content-sha256: none; "own": the body's */
	int age_s;
	unsigned url_s;		    /* presigned for so long; 0: in headers */
	const char *target;	    /* x-amz-target */
	bool target_unsigned, no_host, http_date;
	const char *body, *body_after, *path_after, *authorization_after; /* as signed */
};

static char *basic_time(struct bench *b, int age_s)
{
	OWN(str) char *iso = aws_time_iso(hub_now_ms(b->hub) - age_s * 1000LL);
	struct buf out = { 0 };

	for (const char *c = iso; *c && *c != '.'; c++)
		if (*c != '-' && *c != ':')
			buf_char(&out, *c);
	buf_char(&out, 'Z');
	return buf_take(&out);
}

static void add(json_t *headers, struct aws_header *list, size_t *count, struct buf *names,
		const char *name, const char *value)
{
	if (!value)
		return;
	json_set_str(headers, name, value);
	list[(*count)++] = (struct aws_header){ name, json_str(headers, name) };
	if (names->len)
		buf_char(names, ';');
	buf_str(names, name);
}

/* "ok", or "status code". */
static char *verdict(struct bench *b, const struct sent *s)
{
	const struct aws_service *aws = aws_service_by_name(s->service ? s->service : "ecs");
	const json_t *first = json_array_get(b->keys, 0);
	const char *scope = s->scope ? s->scope : aws->signing_name, *body = s->body ? s->body : "{}";
	struct aws_credentials c = { s->access ? s->access : json_str(first, "AccessKeyId"),
				     s->secret ? s->secret : json_str(first, "SecretAccessKey"), s->token };
	OWN(json) json_t *headers = json_object();
	OWN(str) char *date = basic_time(b, s->age_s);
	OWN(str) char *hash = aws_sha256_hex(body, strlen(body));
	OWN(str) char *text = NULL;
	OWN(str) char *principal = NULL;
	OWN(buf) struct buf names = { 0 };
	struct aws_header list[8];
	struct aws_request r = { .method = "POST", .path = "/a", .query = "", .headers = list,
				 .body = body, .body_len = strlen(body) };
	struct http_request got = { .method = "POST", .path = s->path_after ? s->path_after : "/a",
				    .query = "", .headers = headers };
	struct refusal why;

	if (!s->no_host)
		add(headers, list, &r.header_count, &names, "host", "127.0.0.1:4566");
	add(headers, list, &r.header_count, &names, "x-amz-content-sha256",
	    str_eq(s->hash, "own") ? hash : s->hash);
	if (!s->url_s) {
		add(headers, list, &r.header_count, &names, "x-amz-date", date);
		add(headers, list, &r.header_count, &names, "x-amz-security-token", s->token);
	}
	if (!s->target_unsigned)
		add(headers, list, &r.header_count, &names, "x-amz-target", s->target);
	else
		json_set_str(headers, "x-amz-target", s->target);
	if (s->url_s) {
		text = aws_sigv4_presign(&r, &c, date, s->url_s, "us-east-1", scope, names.data);
		got.query = text;
	} else {
		text = aws_sigv4_authorization(&r, &c, date, "us-east-1", scope, names.data);
		json_set_str(headers, "authorization", s->authorization_after ? s->authorization_after : text);
	}
	got.body = s->body_after ? s->body_after : body;
	got.body_len = strlen(got.body);
	if (verify_request(b->hub, &got, aws, &principal, &why) == 0)
		return str_printf("ok %s", principal);
	CHECK(*why.text);
	return str_printf("%d %s", why.status, why.code);
}

static void expect(struct bench *b, int line, const struct sent *s, const char *want)
{
	OWN(str) char *got = verdict(b, s);

	if (!str_eq(got, want))
		test_fail(__FILE__, line, "got %s, want %s", got, want);
}
#define EXPECT(b, want, ...) expect(b, __LINE__, &(struct sent){ __VA_ARGS__ }, want)
#define ROOT "ok arn:aws:iam::000000000000:root"

TEST(verify, what_is_signed_with_the_accounts_key_is_the_root)
{
	struct bench b;

	bench_open(&b);
	EXPECT(&b, ROOT, .target = "X.Y");
	EXPECT(&b, ROOT, .hash = "own");
	EXPECT(&b, ROOT, .service = "sts", .body = "Action=X");
	EXPECT(&b, ROOT, .service = "efs");
	EXPECT(&b, ROOT, .service = "s3", .hash = "own");
	EXPECT(&b, ROOT, .service = "s3", .hash = "UNSIGNED-PAYLOAD", .body_after = "other");
	EXPECT(&b, ROOT, .service = "s3", .hash = "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
	EXPECT(&b, ROOT, .service = "s3", .url_s = 60, .body_after = "anything");
	EXPECT(&b, ROOT, .service = "sts", .url_s = 60);
	EXPECT(&b, ROOT, .age_s = 290);
	EXPECT(&b, ROOT, .age_s = -290);
	EXPECT(&b, ROOT, .service = "s3", .hash = "own", .age_s = 890);
	bench_close(&b);
}

TEST(verify, wrong_secrets_and_unknown_keys_have_each_services_code)
{
	struct bench b;

	bench_open(&b);
	EXPECT(&b, "400 InvalidSignatureException", .secret = "wrong");
	EXPECT(&b, "403 SignatureDoesNotMatch", .secret = "wrong", .service = "cloudformation");
	EXPECT(&b, "401 AuthFailure", .secret = "wrong", .service = "ec2");
	EXPECT(&b, "403 InvalidSignatureException", .secret = "wrong", .service = "efs");
	EXPECT(&b, "403 SignatureDoesNotMatch", .secret = "wrong", .service = "s3", .hash = "own");
	EXPECT(&b, "403 SignatureDoesNotMatch", .secret = "wrong", .service = "s3", .url_s = 9);
	EXPECT(&b, "400 UnrecognizedClientException", .access = "AKIANOBODY");
	EXPECT(&b, "403 InvalidClientTokenId", .access = "AKIANOBODY", .service = "sts");
	EXPECT(&b, "401 AuthFailure", .access = "AKIANOBODY", .service = "ec2");
	EXPECT(&b, "403 InvalidAccessKeyId", .access = "AKIANOBODY", .service = "s3", .hash = "own");
	EXPECT(&b, "403 InvalidClientTokenId", .token = "for a key without", .service = "sts");
	bench_close(&b);
}

TEST(verify, missing_foreign_and_malformed_signatures_are_told_apart)
{
	struct bench b;

	bench_open(&b);
	EXPECT(&b, "400 IncompleteSignatureException", .authorization_after = "Bearer x");
	EXPECT(&b, "400 IncompleteSignatureException", .authorization_after = "AWS4-HMAC-SHA256 Credential=x");
	EXPECT(&b, "400 InvalidRequest", .authorization_after = "AWS k:c2ln", .service = "s3");
	EXPECT(&b, "400 AuthorizationHeaderMalformed", .authorization_after = "AWS4-HMAC-SHA256 x", .service = "s3");
	EXPECT(&b, "400 InvalidSignatureException", .scope = "sts");
	EXPECT(&b, "400 InvalidSignatureException", .no_host = true);
	EXPECT(&b, "400 InvalidSignatureException", .target = "X.Delete", .target_unsigned = true);
	EXPECT(&b, "400 InvalidRequest", .service = "s3");
	EXPECT(&b, "400 AuthorizationQueryParametersError", .service = "s3", .url_s = 604801);
	bench_close(&b);
}

TEST(verify, a_changed_body_or_path_is_noticed)
{
	struct bench b;

	bench_open(&b);
	EXPECT(&b, "400 InvalidSignatureException", .body_after = "{\"more\":1}");
	EXPECT(&b, "400 InvalidSignatureException", .body_after = "{\"more\":1}", .hash = "own");
	EXPECT(&b, "400 InvalidSignatureException", .hash = "UNSIGNED-PAYLOAD");
	EXPECT(&b, "400 XAmzContentSHA256Mismatch", .body_after = "x", .hash = "own", .service = "s3");
	EXPECT(&b, "403 SignatureDoesNotMatch", .path_after = "/b", .hash = "own", .service = "s3");
	EXPECT(&b, "403 SignatureDoesNotMatch", .path_after = "/b", .url_s = 60, .service = "s3");
	bench_close(&b);
}

TEST(verify, late_and_early_requests_are_refused)
{
	struct bench b;

	bench_open(&b);
	EXPECT(&b, "400 InvalidSignatureException", .age_s = 310);
	EXPECT(&b, "400 InvalidSignatureException", .age_s = -310);
	EXPECT(&b, "400 RequestExpired", .age_s = 310, .service = "cloudformation");
	EXPECT(&b, "400 RequestExpired", .age_s = 310, .service = "ec2");
	EXPECT(&b, "403 RequestTimeTooSkewed", .age_s = 910, .service = "s3", .hash = "own");
	EXPECT(&b, ROOT, .age_s = 3500, .url_s = 3600, .service = "s3");
	EXPECT(&b, "403 AccessDenied", .age_s = 3700, .url_s = 3600, .service = "s3");
	EXPECT(&b, "400 RequestExpired", .age_s = 61, .url_s = 60, .service = "sts");
	bench_close(&b);
}

TEST(verify, sessions_are_who_they_are_until_they_expire)
{
	OWN(json)
	json_t *in = json_pack("{s:s,s:s}", "RoleArn", "arn:aws:iam::000000000000:role/r", "RoleSessionName",
			       "me");
	OWN(json) json_t *out = NULL;
	OWN(json) json_t *session = NULL;
	const char *access, *secret, *token;
	struct err err = { 0 };
	struct bench b;

	bench_open(&b);
	CHECK_OK(hub_call(b.hub, NULL, "sts", "AssumeRole", in, &out, NULL, &err), err);
	access = json_string_value(json_path(out, "Credentials.AccessKeyId"));
	secret = json_string_value(json_path(out, "Credentials.SecretAccessKey"));
	token = json_string_value(json_path(out, "Credentials.SessionToken"));
	EXPECT(&b, "ok arn:aws:sts::000000000000:assumed-role/r/me", .access = access, .secret = secret,
	       .token = token);
	EXPECT(&b, "ok arn:aws:sts::000000000000:assumed-role/r/me", .access = access, .secret = secret,
	       .token = token, .url_s = 60, .service = "s3");
	EXPECT(&b, "400 UnrecognizedClientException", .access = access, .secret = secret);
	EXPECT(&b, "400 InvalidToken", .access = access, .secret = secret, .token = "x", .service = "s3",
	       .hash = "own");
	EXPECT(&b, "400 InvalidSignatureException", .access = access, .secret = "x", .token = token);
	session = json_deep_copy(sts_session(b.hub, access));
	json_set_int(session, "ExpiresMs", hub_now_ms(b.hub) - 1000);
	hub_put(b.hub, "sts:session", access, session);
	EXPECT(&b, "400 ExpiredTokenException", .access = access, .secret = secret, .token = token);
	CHECK(!json_str(sts_session(b.hub, access), "SecretAccessKey"));
	json_set_int(session, "ExpiresMs", 1);
	hub_put(b.hub, "sts:session", access, session);
	EXPECT(&b, "400 UnrecognizedClientException", .access = access, .secret = secret, .token = token);
	bench_close(&b);
}

TEST(verify, assumed_roles_must_exist_while_signatures_are_verified)
{
	OWN(json)
	json_t *in = json_pack("{s:s,s:s}", "RoleArn", "arn:aws:iam::000000000000:role/r", "RoleSessionName",
			       "me");
	struct err err = { 0 };
	char code[96];
	struct bench b;

	bench_open(&b);
	hub_set_verifies(b.hub, true);
	CHECK(hub_verifies(b.hub));
	CHECK_INT(hub_call(b.hub, NULL, "sts", "AssumeRole", in, NULL, code, &err), -1);
	CHECK_STR(code, "AccessDenied");
	hub_set_verifies(b.hub, false);
	CHECK_OK(hub_call(b.hub, NULL, "sts", "AssumeRole", in, NULL, NULL, &err), err);
	bench_close(&b);
}

/* ---- credentials of the account ---------------------------------------------------------------
 */

TEST(verify, credentials_are_private_named_once_and_count_at_once)
{
	OWN(str) char *path = NULL;
	OWN(json) json_t *more = NULL;
	OWN(json) json_t *again = NULL;
	OWN(json) json_t *bad = NULL;
	struct err err = { 0 };
	const json_t *one;
	struct stat st;
	struct bench b;

	bench_open(&b);
	path = str_printf("%s/credentials.json", b.dir);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_INT(json_array_size(b.keys), 1);
	CHECK_OK(cloud_credentials_add(b.dir, "ci", &more, &err), err);
	CHECK_INT(json_array_size(more), 2);
	one = json_array_get(more, 1);
	CHECK_STR(json_str(one, "Name"), "ci");
	CHECK(str_starts(json_str(one, "AccessKeyId"), "AKIA") && strlen(json_str(one, "AccessKeyId")) == 20);
	CHECK_INT(strlen(json_str(one, "SecretAccessKey")), 40);
	EXPECT(&b, ROOT, .access = json_str(one, "AccessKeyId"), .secret = json_str(one, "SecretAccessKey"));
	CHECK_INT(cloud_credentials_add(b.dir, "ci", &again, &err), -1);
	CHECK_INT(cloud_credentials_add(b.dir, "a b", &again, &err), -1);
	CHECK_OK(cloud_credentials_ensure(b.dir, &again, &err), err);
	CHECK_INT(json_array_size(again), 2);
	CHECK_INT(truncate(path, 10), 0);
	CHECK_INT(cloud_credentials_load(b.dir, &bad, &err), -1);
	CHECK(strstr(err.text, "delete it"));
	EXPECT(&b, "400 UnrecognizedClientException", .service = "ecs");
	bench_close(&b);
}
