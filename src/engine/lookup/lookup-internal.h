/* What the files of this room share. */
#pragma once
#include "engine/libcurl/libcurl.h"

#include "base/str.h"
#include "engine/lookup/lookup.h"

enum { LOOKUP_TIMEOUT_MS = 10000, LOOKUP_BODY_MAX = 16 << 20 };

struct lookup {
	struct awsclient *aws;
	bool borrowed; /* aws is somebody else's */
	CURL *curl;
	char *down; /* why AWS cannot be reached: nothing more is sent to it then */
	int64_t deadline; /* of the question that is asked now, in lookup_now()'s milliseconds */
};
int64_t lookup_now(void);

/* A refusal as it stands in the facts; new reference. */
json_t *refusal(const char *code, const char *fmt, ...) ERR_FMT(2, 3);

/* ---- HTTP ------------------------------------------------------------------------------------ */

struct reply {
	long status; /* 0: no answer came, `why` says why */
	struct buf body;
	char *challenge; /* WWW-Authenticate, or NULL */
	char why[CURL_ERROR_SIZE];
};
void reply_free(struct reply *r);
static inline void own_drop_reply(struct reply *r)
{
	reply_free(r);
}
#define OWN_REPLY __attribute__((cleanup(own_drop_reply)))
/* GET, or POST of JSON text when there is a body. authorization, accept: header values or NULL. */
void lookup_http(struct lookup *l, const char *url, const char *authorization, const char *accept,
		 const char *body, struct reply *ret);

/* ---- AWS ------------------------------------------------------------------------------------- */

/* EC2 alone has other names on the wire than in its API. New references. */
json_t *ec2_input(const json_t *input);
json_t *ec2_answer(const json_t *wire);
/* Asks; the fact, new reference. NULL: err (ERR_BUG). */
json_t *ask_aws(struct lookup *l, const char *service, const char *action, const json_t *input,
		struct err *err);

/* ---- registries, NEAR ------------------------------------------------------------------------ */

struct image {
	char *host, *path, *reference; /* "registry-1.docker.io", "library/alpine", "3.19" or a digest */
	bool plain;		       /* HTTP: on the own loopback */
};
int image_parse(const char *text, struct image *ret, struct err *err);
void image_free(struct image *i);
static inline void own_drop_image(struct image *i)
{
	image_free(i);
}
#define OWN_IMAGE __attribute__((cleanup(own_drop_image)))
/* Region of an ECR registry's host, NULL: another registry; caller frees. */
char *image_ecr_region(const char *host);
/* `key="value"` of a challenge, NULL when absent; caller frees. */
char *challenge_value(const char *challenge, const char *key);

json_t *ask_registry(struct lookup *l, const char *action, const json_t *input, struct err *err);
json_t *ask_near(struct lookup *l, const char *action, const json_t *input, struct err *err);
