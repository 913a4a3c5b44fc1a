/* What the tests of the stack engine share: a hub with a service of made-up resource types. */
#pragma once
#include <event2/event.h>

#include "base/test.h"
#include "engine/cloud/cloudformation/cloudformation.h"

/* Types (all in the service "fake", objects fake:thing by physical id):
 * AWS::Test::Thing  properties Size, Tags, Text, Mode; Fixed needs replacement. Attributes: Arn,
 * Size. Mode: "wait" (until the gate of its logical id opens), "fail", "half" (fails with a
 * physical id), "stuck-update", "fail-update", "fail-delete", "wait-delete". AWS::Test::Named  Name
 * is the physical id; Kind needs replacement. Gates are objects fake:gate by logical id: "open" or
 * "fail". */
struct world {
	struct event_base *events;
	struct hub *hub;
	char *dir; /* NULL: in memory */
};
void world_open(struct world *w, const char *dir);
void world_close(struct world *w);
void world_restart(struct world *w);
void gate(struct world *w, const char *logical, const char *what);
/* An object of the bucket "objects". */
void object(struct world *w, const char *key, const char *text);
/* Number of physical things that exist. */
size_t things(struct world *w);

/* One call; the error's "Code: message" or NULL, caller's. in: stolen; ret_out may be NULL. */
char *call(struct world *w, const char *action, json_t *in, json_t **ret_out);
/* CreateStack/UpdateStack with a template; fails the test when the call does. */
void create(struct world *w, const char *stack, const char *template);
void update(struct world *w, const char *stack, const char *template);
void delete (struct world *w, const char *stack);
/* Runs the loop until the stack has that status; fails the test when it never has. */
void until(struct world *w, const char *stack, const char *status);
/* Runs the loop for a moment. */
void turn(struct world *w);
/* Status of the stack; "none" when there is no such stack. Caller's. */
char *status(struct world *w, const char *stack);
/* Events oldest first from the `from`th on, a line each: "Logical STATUS physical reason".
 * Caller's. */
char *history(struct world *w, const char *stack, size_t from);
/* Same without the request tokens in the messages of handlers. */
char *plain_history(struct world *w, const char *stack, size_t from);
size_t event_count(struct world *w, const char *stack);
/* "A=CREATE_COMPLETE B=..." */
char *resources(struct world *w, const char *stack);
char *arn_of(struct world *w, const char *stack);
