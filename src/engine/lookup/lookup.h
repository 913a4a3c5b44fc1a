/* Answers questions of core/check and core/lookup read-only: AWS APIs, image registries, NEAR RPC. */
#pragma once
#include "base/err.h"
#include "base/json.h"
#include "engine/awsclient/awsclient.h"

/* Asks each of `questions` that `facts` (object, grows) does not answer yet. What an API refuses, or
 * cannot be reached, becomes {"error","message"}: that is an answer too. Only actions that read are
 * sent: Describe*, Get*, List*, Simulate*, ... anything else is ERR_BUG. -1: nothing can be asked at
 * all (no credentials, no endpoint). progress: told "service action" before each, or NULL. */
struct lookup;
int lookup_new(const struct awsclient_options *o, struct lookup **ret, struct err *err);
/* The same over a client that is there already, which must outlive it. */
int lookup_over(struct awsclient *aws, struct lookup **ret, struct err *err);
void lookup_free(struct lookup *l);
OWN_DEFINE(lookup, struct lookup *, lookup_free)
/* The region that is asked. Borrowed. */
const char *lookup_region(const struct lookup *l);
int lookup_answer(struct lookup *l, const json_t *questions, json_t *facts,
		  void (*progress)(void *context, const char *what), void *context, struct err *err);
