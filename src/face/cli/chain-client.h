/* A NEAR chain over its JSON-RPC, as an operator or a client sees it: views, access keys, transactions. */
#pragma once
#include "core/near/near-transaction.h"
#include "core/near/near.h"
#include "face/cli/target.h"

struct chain_client {
	struct target *target; /* whose HTTP client is used */
	char *url;
};
void chain_client_close(struct chain_client *c);
static inline void own_drop_chain_client(struct chain_client *c)
{
	chain_client_close(c);
}

/* The chain that NEAR_RPC_URL of these nodes (from ecs_view_services) names, through its loopback forward.
 * Waits until it answers. 0; 1: none did, *ret_why (the caller's) says where; -1 err. */
int chain_client_find(struct target *t, const json_t *nodes, unsigned timeout_ms,
		      struct chain_client *ret, char **ret_why, struct err *err);

/* A view call; args NULL: none. 0: *ret is its JSON value, the caller's; 1: the chain refused, err has
 * its words; -1: no answer, err. */
int chain_call_view(const struct chain_client *c, const char *account, const char *method,
	       const json_t *args, json_t **ret, struct err *err);
/* 0: *ret_amount (may be NULL) has its balance; 1: there is no such account; -1 err. */
int chain_account(const struct chain_client *c, const char *account, near_u128 *ret_amount,
		  struct err *err);
/* Nonce of an access key, and a recent block. 0; 1: the account has no such key; -1 err. */
int chain_access_key(const struct chain_client *c, const char *account, const char *public_key,
		     uint64_t *ret_nonce, uint8_t ret_block_hash[32], struct err *err);

struct chain_signer {
	const char *account;
	const struct near_key *key;
};

/* A signed transaction in base64, which can be sent as often as wanted and counts once. The actions are
 * borrowed. 0: the caller's; 1: the account does not know the key; -1 err. */
int chain_prepare(const struct chain_client *c, const struct chain_signer *signer,
		  const char *receiver, struct near_action *actions, size_t count, char **ret,
		  struct err *err);
/* Sends it and waits for its outcome. 0: *ret is FinalExecutionOutcome, also when it failed; 1: still
 * running after timeout_ms, send it again; 2: its nonce was taken meanwhile, prepare it again; -1 err. */
enum { CHAIN_RUNNING = 1, CHAIN_NONCE_TAKEN = 2 };
int chain_send(const struct chain_client *c, const char *transaction, unsigned timeout_ms,
	       json_t **ret, struct err *err);
/* What FinalExecutionOutcome says: NULL when it succeeded, else the reason in the contract's or the
 * chain's words; the caller's. */
char *chain_failure(const json_t *outcome);

/* Both at once, with another nonce where somebody else was faster; failed outcomes are errors. 0, -1. */
int chain_run(const struct chain_client *c, const struct chain_signer *signer, const char *receiver,
	      struct near_action *actions, size_t count, json_t **ret_outcome, struct err *err);
/* chain_run() of one function call with 300 Tgas. */
int chain_call(const struct chain_client *c, const struct chain_signer *signer,
	       const char *contract, const char *method, const json_t *args, struct err *err);
/* The action alone; its members are the caller's (chain_action_clear). */
struct near_action chain_function_call(const char *method, const json_t *args, near_u128 deposit);
void chain_action_clear(struct near_action *a);
