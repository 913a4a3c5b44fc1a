/* A contract for tests, with participants n0.near, n1.near, ... and a network of one that knows the root
 * keys of tests/vectors/near-derivation.json ("local-test"). Every call checks that a panic changes
 * nothing, that the state stays valid and that it survives being written as text and read again. */
#pragma once
#include "base/json.h"
#include "base/str.h"
#include "base/test.h"
#include "core/signer/signer.h"

#define WORLD_SECP256K1                                                                                    \
	"secp256k1:2arLGgfqv9gqHGkTD9HbciC3JEuyPi9HTYJE1mHT4jxbyxRWfUDxGr2Kprad6h3WZW3wU4m11pTt2WHvr4JnaFgU"
#define WORLD_ED25519 "ed25519:4YYLXref6itvEupdmKotTdDFJFyXWGUP71UzUyYBqn4a"
#define WORLD_OTHER_ED25519 "ed25519:G9hwngxWNKdmqMCmU1Yt6LPhFpayJeKFxyAV1HqMNLtF"
#define WORLD_NODES_MOST 8
#define WORLD_ZERO_TO_31 "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"

struct world {
	json_t *state;
	struct signer_outcome out; /* of the last call */
	uint64_t height;
	near_u128 deposit; /* of the next calls */
	uint64_t gas;
	const char *predecessor; /* NULL: the signer itself */
};

void world_new(struct world *w);
void world_close(struct world *w);
static inline void own_drop_world(struct world *w)
{
	world_close(w);
}
/* Runs a call; its arguments are JSON. */
enum signer_result world_call(struct world *w, const char *account, const char *method, const char *args);
/* The same with a format. */
enum signer_result world_callf(struct world *w, const char *account, const char *method, const char *fmt,
			       ...) ERR_FMT(4, 5);
/* The call panics with text that contains `words`. */
void world_panics(struct world *w, const char *account, const char *method, const char *args,
		  const char *words);
/* The call is done. */
void world_passes(struct world *w, const char *account, const char *method, const char *args);
/* A view's value (new), NULL with a failed check when it panics. */
json_t *world_view(struct world *w, const char *method, const char *args);
void world_view_panics(struct world *w, const char *method, const char *args, const char *words);
json_t *world_state(struct world *w); /* of the `state` view, new */

/* [[account, id, info], ...] of n<first>.near to n<past-1>.near, ids alike; the caller's. */
char *world_participants(unsigned first, unsigned past, const char *key_name);
char *world_parameters(unsigned count, unsigned threshold); /* of n0.near ..., as init takes them */
/* `threshold` of `count` after init; without domains. */
void world_init(struct world *w, unsigned count, unsigned threshold);
/* All participants vote for the domains, then generate their keys: the roots above by the curve. */
void world_vote_domains(struct world *w, unsigned count, const char *domains);
void world_generate(struct world *w, unsigned count);
/* 3 nodes, threshold 2, Running with 0: Secp256k1 CaitSith, 1: Ed25519 Frost. */
void world_running(struct world *w);

/* A response in near's JSON to a pending request (an element of signer_pending()); new. */
json_t *world_answer(const json_t *pending);
/* n0.near responds to it. */
enum signer_result world_respond(struct world *w, const char *account, const json_t *pending,
				 const json_t *response);
char *world_sign_args(const char *path, unsigned domain, const char *payload); /* payload_v2 as JSON */
