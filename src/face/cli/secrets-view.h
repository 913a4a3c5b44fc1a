/* The keys of the key files against those in Secrets Manager, by their public halves. */
#pragma once
#include "face/cli/cli.h"
#include "face/cli/target.h"

/* One array entry per secret variable of each node of a stack:
 *   {"name","variable","serviceArn","secretId","jsonKey"?,"state","reason"?,"fault"?,"publicKey"?,
 *    "deployedPublicKey"?,"restart":bool}
 * state: "SAME"; "VALID" (a value of the right form that no key file is about); "DIFFERS" (another valid
 * key); "WRONG" (a placeholder, or not of the form the node takes: fault, reason); "MISSING" (no secret,
 * no value, no such JSON key); "UNKNOWN" (nobody tells: reason).
 * restart: the value is newer than the task that runs, or none runs: what runs does not have it (B15).
 * directory: of <name>.json, NULL: no key files. 0: *ret is the caller's. */
int secrets_view(struct target *t, const char *stack, const char *directory, json_t **ret,
		 struct err *err);
/* True when the key files say what the value has to be and it is not. */
bool secrets_view_pushable(const json_t *entry);
/* Puts the key of the key file into the entry's secret, which is made when it has to be. The entry's state
 * is "SAME" then, and it is "pushed". */
int secrets_put(struct target *t, const char *directory, json_t *entry, struct err *err);
