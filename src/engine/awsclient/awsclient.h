/* Calls to AWS APIs, real or local: the same code. Blocking, over libcurl, signed with SigV4. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"

struct awsclient;
struct awsclient_options {
	/* "http://127.0.0.1:4566"; NULL: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, then AWS's own */
	const char *endpoint_url;
	const char *region; /* NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's, "us-east-1" */
	const char *profile; /* of the shared config files; NULL: AWS_PROFILE, "default" */
	/* NULL: looked for where AWS's tools look (credentials.h), at the first call, and again before
	 * they expire */
	const char *access_key, *secret_key, *session_token;
	/* the local cloud: keys of the environment or any, no files are read and nobody is asked */
	bool local;
	unsigned timeout_ms;				     /* per request; 0: 30000 */
	unsigned retry_ms; /* a call that has taken so long is not tried again; 0: five tries */
};
int awsclient_new(const struct awsclient_options *o, struct awsclient **ret, struct err *err);
void awsclient_free(struct awsclient *c);
OWN_DEFINE(awsclient, struct awsclient *, awsclient_free)

/* The region that is called. Borrowed. */
const char *awsclient_region(const struct awsclient *c);
/* False: nobody named one, it is the default. */
bool awsclient_region_chosen(const struct awsclient *c);
/* Calls to S3 hold for buckets of this account alone (x-amz-expected-bucket-owner): a bucket of the
 * name that we would choose may be somebody else's. */
void awsclient_own_buckets(struct awsclient *c, const char *account);
/* Finds credentials now instead of at the first call. 0, or -1 with what was looked at. */
int awsclient_credentials(struct awsclient *c, struct err *err);

/* One call. in: members under AWS names, borrowed (EC2: wire names). 0: *ret_out (may be NULL) is
 * the caller's JSON. -1: err->text is AWS's message, *ret_code (96 bytes or NULL) AWS's error code,
 * or "" when no answer came (then err->code is ERR_REMOTE and the text says what failed).
 * Throttling and 5xx are retried; expired credentials are looked for again once; a clock that is
 * wrong by more than AWS takes is corrected by AWS's own and the call is repeated. */
int awsclient_call(struct awsclient *c, const char *service, const char *action, const json_t *in,
		   json_t **ret_out, char *ret_code, struct err *err);
/* S3: PUT of an object (creates the bucket when it is not there). *ret_url: path-style URL. */
int awsclient_s3_put(struct awsclient *c, const char *bucket, const char *key, const void *data,
		     size_t len, char **ret_url, struct err *err);
/* Plain HTTP GET/POST of a URL (a node's endpoint, a chain's RPC), no signature. 0 with the status.
 */
int awsclient_http(struct awsclient *c, const char *method, const char *url,
		   const char *content_type, const void *body, size_t len, unsigned timeout_ms,
		   int *ret_status, char **ret_body, size_t *ret_len, struct err *err);
