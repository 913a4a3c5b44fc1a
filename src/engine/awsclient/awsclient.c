#include "engine/awsclient/awsclient-internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "engine/awsclient/credentials.h"
#include "engine/awsclient/profile.h"

enum { TIMEOUT_MS = 30000, ATTEMPTS = 5, BACKOFF_FIRST_MS = 100, BACKOFF_MOST_MS = 10000, SKEW_S = 240 };

/* ---- life -------------------------------------------------------------------------------------
 */

const char *environment_text(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* Of the options; for the local cloud those of the environment or any. */
static void fixed_keys(struct awsclient *c, const struct awsclient_options *o)
{
	const char *access = o->access_key, *secret = o->secret_key, *token = o->session_token;

	if (!access && c->local && environment_text("AWS_ACCESS_KEY_ID") && environment_text("AWS_SECRET_ACCESS_KEY")) {
		access = environment_text("AWS_ACCESS_KEY_ID");
		secret = environment_text("AWS_SECRET_ACCESS_KEY");
		token = environment_text("AWS_SESSION_TOKEN");
	}
	if (!access && c->local)
		access = secret = "mpcup";
	if (!access || !secret)
		return;
	c->keys = (struct credentials){ .access_key = str_dup(access),
					.secret_key = str_dup(secret),
					.session_token = token ? str_dup(token) : NULL };
	c->fixed = true;
}

enum { EXPIRY_MARGIN_S = 300 };

/* Keys that hold for the next minutes. again: those we have were refused. */
static int keys_ready(struct awsclient *c, bool again, struct err *err)
{
	int64_t now = (int64_t)time(NULL) + c->clock_offset;
	struct credentials found = { 0 };
	bool due = again || !c->keys.access_key || (c->keys.expires && c->keys.expires < now + EXPIRY_MARGIN_S);
	int rc;

	if (c->fixed || !due)
		return 0;
	rc = credentials_find(c, c->profile, &found, err);
	if (rc > 0)
		return err_set(err, ERR_INPUT,
			       "no AWS credentials: neither in the environment (AWS_ACCESS_KEY_ID), nor in "
			       "~/.aws (profile %s), nor of a container or an instance; aws configure or aws "
			       "sso login make some",
			       c->profile ? c->profile : "default");
	if (rc < 0)
		return -1;
	credentials_free(&c->keys);
	c->keys = found;
	return 0;
}

int awsclient_credentials(struct awsclient *c, struct err *err)
{
	return keys_ready(c, false, err);
}

const char *awsclient_region(const struct awsclient *c)
{
	return c->region;
}

bool awsclient_region_chosen(const struct awsclient *c)
{
	return c->region_chosen;
}

void awsclient_own_buckets(struct awsclient *c, const char *account)
{
	free(c->bucket_owner);
	c->bucket_owner = str_dup(account);
}

static int take_region(struct awsclient *c, const struct awsclient_options *o, struct err *err)
{
	const char *region = o->region ? o->region : environment_text("AWS_REGION");
	const char *profile = o->profile ? o->profile : environment_text("AWS_PROFILE");
	OWN(json) json_t *files = NULL;

	if (!region)
		region = environment_text("AWS_DEFAULT_REGION");
	if (!region && !c->local && !c->fixed) {
		if (profile_load(&files, err) < 0)
			return -1;
		region = json_str(json_map(json_map(files, "profiles"), profile ? profile : "default"),
				  "region");
	}
	c->region_chosen = region && *region;
	c->region = str_dup(c->region_chosen ? region : "us-east-1");
	json_wipe(files);
	return 0;
}

/* The region becomes part of a host name. */
static bool region_plain(const char *region)
{
	for (const char *s = region; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '-'))
			return false;
	return strlen(region) <= 64;
}

/* "http://host:port": the signature covers the path, so the endpoint brings none. */
static int take_endpoint(struct awsclient *c, const char *url, struct err *err)
{
	const char *host = url ? strstr(url, "://") : NULL;
	size_t len = url ? strlen(url) : 0;

	if (!url)
		return 0;
	if (!host || (!str_starts(url, "http://") && !str_starts(url, "https://")))
		return err_set(err, ERR_INPUT, "endpoint %s is not an http or https URL", url);
	while (len && url[len - 1] == '/')
		len--;
	c->endpoint_url = str_dup_n(url, len);
	if (strpbrk(c->endpoint_url + (host + 3 - url), "/?#@ "))
		return err_set(err, ERR_INPUT, "endpoint %s has more than host and port", url);
	return 0;
}

int awsclient_new(const struct awsclient_options *o, struct awsclient **ret, struct err *err)
{
	OWN(awsclient) struct awsclient *c = NULL;

	if (libcurl_load(err) < 0)
		return -1;
	c = NEW(struct awsclient);
	if (libcurl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_SYS, "libcurl cannot start");
	c->curl = libcurl.easy_init();
	if (!c->curl)
		return err_set(err, ERR_SYS, "libcurl cannot start");
	if (take_endpoint(c, o->endpoint_url, err) < 0)
		return -1;
	c->local = o->local;
	c->profile = o->profile ? str_dup(o->profile) : NULL;
	c->timeout_ms = o->timeout_ms ? o->timeout_ms : TIMEOUT_MS;
	fixed_keys(c, o);
	if (take_region(c, o, err) < 0)
		return -1;
	if (!region_plain(c->region))
		return err_set(err, ERR_INPUT, "region %s is not one", c->region);
	c->retry_ms = o->retry_ms;
	*ret = GIVE(c);
	return 0;
}

void awsclient_free(struct awsclient *c)
{
	if (!c)
		return;
	if (c->curl)
		libcurl.easy_cleanup(c->curl);
	free(c->endpoint_url);
	free(c->region);
	free(c->profile);
	free(c->bucket_owner);
	credentials_free(&c->keys);
	free(c);
	libcurl.global_cleanup();
}

/* ---- retries ----------------------------------------------------------------------------------
 */

/* Random up to a bound that doubles, so that clients refused together do not return together. */
static void back_off(unsigned attempt)
{
	unsigned most = BACKOFF_FIRST_MS << attempt, random = 0, ms;
	struct timespec pause;

	if (most > BACKOFF_MOST_MS)
		most = BACKOFF_MOST_MS;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = most / 2;
	ms = random % most + 1;
	pause = (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	(void)nanosleep(&pause, NULL);
}

static bool throttled(const char *code)
{
	static const char *const codes[] = { "Throttling",
					     "ThrottlingException",
					     "ThrottledException",
					     "RequestThrottled",
					     "RequestThrottledException",
					     "RequestLimitExceeded",
					     "TooManyRequestsException",
					     "BandwidthLimitExceeded",
					     "SlowDown",
					     "PriorRequestNotComplete",
					     "LimitExceededException:Throttled" };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(codes[i], code))
			return true;
	return false;
}

/* May a request that got no answer be sent again? Not when it may have arrived and changed
 * something. A local endpoint that refuses is not running: no use in waiting. */
static bool retry_after(const struct awsclient *c, const struct outgoing *o, CURLcode code)
{
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return !c->endpoint_url;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return o->repeatable;
	default:
		return false;
	}
}

/* ---- calls ------------------------------------------------------------------------------------
 */

static int fail(const struct aws_service *s, const struct incoming *in, char *ret_code,
		struct err *err)
{
	OWN(str) char *code = NULL;
	OWN(str) char *message = NULL;

	if (aws_error_decode(s, in->body.data ? in->body.data : "", in->body.len, in->error_type,
			     &code, &message) < 0) {
		(void)snprintf(ret_code, 96, "%ld", in->status);
		return err_set(err, ERR_REMOTE, "HTTP status %ld without an error document",
			       in->status);
	}
	(void)snprintf(ret_code, 96, "%s", code);
	return err_set(err, ERR_REMOTE, "%s", *message ? message : code);
}

static int decode(const struct aws_service *s, const char *action, const struct incoming *in,
		  json_t **ret_out, struct err *err)
{
	const char *body = in->body.data ? in->body.data : "";
	OWN(json) json_t *out = NULL;

	if (s->protocol == AWS_REST_XML && !strcmp(action, "GetObject")) {
		json_t *text = json_stringn(body, in->body.len);

		if (!text)
			return err_set(err, ERR_INPUT, "the object is not UTF-8 text");
		out = json_object();
		json_object_set_new(out, "Body", text);
	} else if (!in->body.len) {
		out = json_object();
	} else if (s->protocol == AWS_JSON10 || s->protocol == AWS_JSON11 ||
		   s->protocol == AWS_REST_JSON) {
		if (json_parse_text("answer", body, in->body.len, &out, err) < 0)
			return -1;
	} else if (aws_xml_decode(body, in->body.len, &out, err) < 0) {
		return err_in(err, "answer");
	}
	if (ret_out)
		*ret_out = GIVE(out);
	return 0;
}

static bool is_one_of(const char *code, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, code))
			return true;
	return false;
}

/* A refusal that goes away by itself or by something that we can do. *tried: what was done already. */
struct cure {
	bool keys, clock;
};
static bool cured(struct awsclient *c, const struct incoming *in, const char *code,
		  struct cure *tried)
{
	static const char *const expired[] = { "ExpiredToken", "ExpiredTokenException",
					       "InvalidClientTokenId", "UnrecognizedClientException", NULL };
	static const char *const skewed[] = { "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
					      "InvalidSignatureException", "SignatureDoesNotMatch",
					      "AuthFailure", NULL };
	int64_t offset = in->date ? in->date - (int64_t)time(NULL) : 0;
	int64_t change = offset - c->clock_offset;

	if (is_one_of(code, expired) && !c->fixed && !tried->keys) {
		tried->keys = true;
		return keys_ready(c, true, NULL) == 0;
	}
	if (!is_one_of(code, skewed) || tried->clock || !in->date || (change > -SKEW_S && change < SKEW_S))
		return false;
	tried->clock = true;
	c->clock_offset = offset;
	return true;
}

int64_t monotonic_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sends until there is an answer that counts. 0: *in holds a good one. -1: err, and ret_code as
 * awsclient_call() says. */
static int exchange(struct awsclient *c, const struct aws_service *s, const char *action,
		    const struct outgoing *o, struct incoming *in, char *ret_code, struct err *err)
{
	struct cure tried = { 0 };
	int64_t began = monotonic_ms();

	*ret_code = '\0';
	for (unsigned attempt = 0;; attempt++) {
		bool last = attempt + 1 == ATTEMPTS ||
			    (c->retry_ms && monotonic_ms() - began >= (int64_t)c->retry_ms);
		CURLcode code;

		if (keys_ready(c, false, err) < 0)
			return -1;
		code = send_signed(c, s, action, o, in, err);
		*ret_code = '\0';
		if (code != CURLE_OK) {
			if (last || !retry_after(c, o, code))
				return -1;
		} else if (in->status >= 200 && in->status < 300) {
			return 0;
		} else {
			(void)fail(s, in, ret_code, err);
			if (!last && cured(c, in, ret_code, &tried))
				continue;
			if (last || !(throttled(ret_code) || in->status == 429 ||
				      (in->status >= 500 && in->status != 501)))
				return -1;
		}
		back_off(attempt);
	}
}

int awsclient_call(struct awsclient *c, const char *service, const char *action, const json_t *in,
		   json_t **ret_out, char *ret_code, struct err *err)
{
	const struct aws_service *s = aws_service_by_name(service);
	OWN(outgoing) struct outgoing o = { 0 };
	OWN(incoming) struct incoming answer = { 0 };
	char code[96] = "";
	int status;

	if (ret_code)
		*ret_code = '\0';
	if (!s)
		return err_set(err, ERR_BUG, "unknown AWS service %s", service);
	if (outgoing_build(s, action, in, &o, err) < 0)
		return -1;
	status = exchange(c, s, action, &o, &answer, code, err);
	if (ret_code)
		memcpy(ret_code, code, sizeof(code));
	if (status < 0)
		return -1;
	if (decode(s, action, &answer, ret_out, err) < 0)
		return err_in(err, "%s %s", service, action);
	return 0;
}

static int put_object(struct awsclient *c, const char *bucket, const char *key, const void *data,
		      size_t len, char *ret_code, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s,s:s}", "Bucket", bucket, "Key", key);
	OWN(outgoing) struct outgoing o = { 0 };
	OWN(incoming) struct incoming answer = { 0 };
	const struct aws_service *s3 = aws_service_by_name("s3");

	if (!in)
		return err_set(err, ERR_INPUT, "bucket or key is not UTF-8");
	if (outgoing_build(s3, "PutObject", in, &o, err) < 0)
		return -1;
	free(o.body);
	o.body = str_dup_n(data, len);
	o.body_len = len;
	return exchange(c, s3, "PutObject", &o, &answer, ret_code, err);
}

static int make_bucket(struct awsclient *c, const char *bucket, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "Bucket", bucket);
	OWN(str)
	char *where = str_printf("<CreateBucketConfiguration xmlns=\"http://s3.amazonaws."
				 "com/doc/2006-03-01/\"><LocationConstraint>%s"
				 "</LocationConstraint></CreateBucketConfiguration>",
				 c->region);
	char code[96];

	/* us-east-1 must not be named */
	if (strcmp(c->region, "us-east-1") != 0)
		json_set_str(in, "Body", where);
	if (awsclient_call(c, "s3", "CreateBucket", in, NULL, code, err) == 0 ||
	    !strcmp(code, "BucketAlreadyOwnedByYou"))
		return 0;
	return err_in(err, "bucket %s", bucket);
}

int awsclient_s3_put(struct awsclient *c, const char *bucket, const char *key, const void *data,
		     size_t len, char **ret_url, struct err *err)
{
	OWN(str) char *base = NULL;
	OWN(str) char *host = NULL;
	OWN(str) char *path = aws_uri_encode(key, 1);
	char code[96] = "";

	if (put_object(c, bucket, key, data, len, code, err) < 0) {
		if (strcmp(code, "NoSuchBucket") != 0)
			return err_in(err, "s3://%s/%s", bucket, key);
		if (make_bucket(c, bucket, err) < 0)
			return -1;
		if (put_object(c, bucket, key, data, len, code, err) < 0)
			return err_in(err, "s3://%s/%s", bucket, key);
	}
	if (err)
		*err = (struct err){ 0 }; /* the first try may have left its refusal there */
	send_place(c, aws_service_by_name("s3"), "PutObject", &base, &host);
	*ret_url = str_printf("%s/%s/%s", base, bucket, path);
	return 0;
}

int awsclient_http(struct awsclient *c, const char *method, const char *url,
		   const char *content_type, const void *body, size_t len, unsigned timeout_ms,
		   int *ret_status, char **ret_body, size_t *ret_len, struct err *err)
{
	OWN(str) char *type = content_type ? str_printf("Content-Type: %s", content_type) : NULL;
	OWN(incoming) struct incoming answer = { 0 };
	struct curl_slist *list = libcurl.slist_append(NULL, "Expect:");
	CURLcode code;

	if (type)
		list = libcurl.slist_append(list, type);
	code = send_plain(c, method, url, list, body, len, timeout_ms ? timeout_ms : c->timeout_ms,
			  &answer, err);
	libcurl.slist_free_all(list);
	if (code != CURLE_OK)
		return -1;
	if (ret_status)
		*ret_status = (int)answer.status;
	if (ret_len)
		*ret_len = answer.body.len;
	if (ret_body)
		*ret_body = buf_take(&answer.body);
	return 0;
}
