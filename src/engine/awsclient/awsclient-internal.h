/* What the files of engine/awsclient share. Never leaves the room. */
#pragma once
#include <stdbool.h>

#include "base/str.h"
#include "core/aws/aws.h"
#include "engine/awsclient/awsclient.h"
#include "engine/libcurl/libcurl.h"


enum { AWSCLIENT_BODY_MOST = 64 << 20 };

struct credentials {
	char *access_key, *secret_key, *session_token;
	int64_t expires; /* seconds since the epoch; 0: never */
};

struct awsclient {
	CURL *curl;
	char *endpoint_url; /* without trailing slash; NULL: AWS's own */
	char *region;
	struct credentials keys;
	bool local, fixed; /* fixed: the keys were given, none are looked for */
	bool region_chosen;
	char *bucket_owner; /* account, or NULL: anybody's */
	char *profile;	   /* named by option, or NULL */
	int64_t clock_offset; /* seconds that AWS's clock is ahead of ours */
	unsigned timeout_ms, retry_ms;
};

/* An environment variable that is set and not empty, or NULL. */
const char *environment_text(const char *name);
int64_t monotonic_ms(void);

/* A request as it goes out, before it is signed. */
struct outgoing {
	const char *method;	  /* static */
	char *path, *query;	  /* percent-encoded */
	char *target;		  /* X-Amz-Target or NULL */
	const char *content_type; /* static, or NULL */
	char *body;
	size_t body_len;
	bool repeatable; /* may be sent again when nobody knows whether it arrived */
};
/* 0, or -1 when the client does not know how to say it. */
int outgoing_build(const struct aws_service *s, const char *action, const json_t *in,
		   struct outgoing *ret, struct err *err);
void outgoing_free(struct outgoing *o);
static inline void own_drop_outgoing(struct outgoing *o)
{
	outgoing_free(o);
}

struct incoming {
	long status;
	struct buf body;
	char *error_type; /* x-amzn-ErrorType or NULL */
	int64_t date;	  /* Date header in seconds since the epoch, 0: none */
	bool too_large;
};
void incoming_free(struct incoming *in);
static inline void own_drop_incoming(struct incoming *in)
{
	incoming_free(in);
}

/* Host and URL without path, of AWS or of the configured endpoint. Callers free both. */
void send_place(const struct awsclient *c, const struct aws_service *s, const char *action,
		char **ret_base_url, char **ret_host);
/* Signs and sends once. CURLE_OK: *ret is filled. Otherwise err says what failed. */
CURLcode send_signed(struct awsclient *c, const struct aws_service *s, const char *action,
		     const struct outgoing *o, struct incoming *ret, struct err *err);
/* Sends without signature. headers: borrowed. */
CURLcode send_plain(struct awsclient *c, const char *method, const char *url,
		    struct curl_slist *headers, const void *body, size_t len, unsigned timeout_ms,
		    struct incoming *ret, struct err *err);
