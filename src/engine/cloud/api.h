/* The endpoint of the local AWS: one HTTP handler for all services. Finds service and action as
 * AWS's own front does (X-Amz-Target, form action, credential scope and path), decodes the input,
 * runs the action, writes the answer in the service's protocol. Unless hub_verifies(), any key works
 * and every client is the account's root; else see verify.h, and IAM decides about sessions. */
#pragma once
#include "base/err.h"
#include "engine/http/http.h"

struct api;
struct event_base;
struct hub;

/* hub must outlive it. 0: *ret is the caller's. */
int api_new(struct hub *hub, struct event_base *base, struct api **ret, struct err *err);
/* Adds a member to the answer of GET /_mpcup/health (the reference is taken over). */
void api_health_add(struct api *api, const char *name, json_t *value);
/* Who answers below /_mpcup/ what the endpoint itself does not. */
void api_page(struct api *api, http_handler fn, void *ctx);
void api_free(struct api *api); /* NULL is fine */
/* An http_handler; ctx is the struct api. */
void api_handle(void *ctx, struct http_exchange *x, const struct http_request *r);
/* POST /_mpcup/stop calls fn shortly after its answer was written. */
void api_on_stop(struct api *api, void (*fn)(void *ctx), void *ctx);
