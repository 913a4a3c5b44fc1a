/* Stock clients that begin work on a stack look at once and then again after 5 s (CDK) or 30 s (aws CLI). On AWS the call
 * itself takes longer than a small stack does here; so the answer is held back until the stack is done, for a moment at
 * most. */
#pragma once
#include "engine/http/http.h"

struct call;
struct hold;
struct hub;

struct hold *hold_new(struct hub *hub);
/* Answers what is still held. NULL is fine. */
void hold_free(struct hold *h);
/* Name or ARN of the stack that a good call began work on, when its client is one of those that sleep (mpcup's own names
 * no User-Agent and follows the events); else NULL. Caller's. */
char *hold_stack(struct hub *hub, const struct call *c);
/* Everything but h is taken over. */
void hold_reply(struct hold *h, char *stack, struct http_exchange *x, int status, json_t *headers,
		char *body);
