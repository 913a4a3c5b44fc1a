/* A chain without sockets for the tests of this room, and what its clients do. */
#pragma once
#include "base/test.h"
#include "engine/localnet/rpc.h"

#define NOW 1767225600000000000ll
#define CONTRACT "mpc-contract.test.near"

struct chain {
	struct ledger *ledger;
	struct rpc rpc;
	struct near_key key;
	char *public_key;
	json_t *answers; /* that nobody took yet */
	int status;	 /* HTTP status of the one that came last */
	uint64_t blocks;
	unsigned requests;
};
void chain_open(struct chain *c, const char *directory);
void chain_close(struct chain *c);
void chain_block(struct chain *c);
/* Commits and answers those who waited. */
void chain_commit(struct chain *c);
/* The answer to a request, params stolen; NULL when it is held. */
json_t *ask(struct chain *c, const char *method, json_t *params);
/* The answer of a held request that came meanwhile; NULL: none. */
json_t *take_answer(struct chain *c);
json_t *query(struct chain *c, const char *type, const char *account, const char *method);
/* The value that a view call gave; NULL when it failed. */
json_t *view(struct chain *c, const char *account, const char *method, const char *args);
near_u128 balance(struct chain *c, const char *account);

/* A transaction of `signer`, which has the chain's key unless submit() gets another, at the head.
 */
struct near_transaction *transaction(struct chain *c, const char *signer, const char *receiver);
struct near_action *add(struct near_transaction *t, enum near_action_kind kind); /* at most 4 */
struct near_action *add_call(struct near_transaction *t, const char *method, const char *args);
/* Frees t. The answer, or NULL when it is held. */
json_t *submit(struct chain *c, struct near_transaction *t, const struct near_key *key);
/* One call. */
json_t *call(struct chain *c, const char *signer, const char *receiver, const char *method,
	     const char *args);
void create(struct chain *c, const char *parent, const char *id, near_u128 amount);

/* Members of answers. */
const char *panic_of(const json_t *answer);	  /* ExecutionError, "" */
const json_t *action_error(const json_t *answer); /* the ActionErrorKind */
const json_t *invalid(const json_t *answer);	  /* InvalidTxError */
char *value_of(const json_t *outcome);		  /* of SuccessValue; caller's, NULL: none */

/* A network of two participants with one Ed25519 domain, whose key the test itself has. */
struct signers {
	uint8_t scalar[32], public_key[32];
};
void signers_begin(struct chain *c, struct signers *s);
/* sign by `signer` of a one-byte-different message; held. */
json_t *sign_request(struct chain *c, const char *signer, unsigned number);
/* respond for the oldest request that waits; its answer. */
json_t *respond(struct chain *c, const struct signers *s);
/* The same without commit. / Only the arguments of the call; caller frees. */
void respond_silently(struct chain *c, const struct signers *s);
char *respond_args(struct chain *c, const struct signers *s);

char *make_directory(void);
void remove_directory(const char *path);
