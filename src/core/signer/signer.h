/* The signer contract (near/mpc's chain signatures contract) as values: its state is JSON, a call changes
 * it and says what follows. Pure: height, randomness and money come with the call. Sources:
 * node-contract.md 5, near-rpc.md 7.
 *
 * Both dialects of the contract's JSON are accepted everywhere, and views show both spellings side by
 * side: a participant has sign_pk and tls_public_key, a domain has scheme and protocol, purpose,
 * reconstruction_threshold. scheme Secp256k1 means CaitSith, Ed25519 means Frost; the threshold of a
 * domain that names none is the network's, also when that changes. In Resharing, resharing_key.domain has
 * the threshold that the domain will have, those in previous_running_state have the one they have.
 *
 * While a resharing lasts the old keys go on signing, and participants of either set may respond. Every
 * participant counts as attested: mock attestations only. Calls that look at keys need threshold_init(). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "core/near/near-transaction.h"

#define SIGNER_TIMEOUT_BLOCKS 200   /* of a signature request */
#define SIGNER_REQUESTS_MOST 1024   /* pending at once */
#define SIGNER_SAME_REQUESTS_MOST 128 /* identical ones that one respond answers */

struct signer_call {
	const char *contract;	   /* the contract's own account */
	const char *predecessor;   /* who calls: the `predecessor` of derivations */
	const char *signer, *signer_key; /* of the transaction */
	const char *method;
	const char *args; /* JSON text */
	size_t args_len;
	near_u128 deposit;
	uint64_t gas;
	uint64_t height;
	uint8_t random[32]; /* of the block: entropy of signature requests */
};

enum signer_result {
	SIGNER_VALUE,	  /* done; value */
	SIGNER_YIELD,	  /* the call's value comes later, by request */
	SIGNER_PANIC,	  /* panic: the contract's words, without "Smart contract panicked: " */
	SIGNER_NO_METHOD, /* MethodResolveError(MethodNotFound) */
};

/* What a yielded call ends with: value, or panic (of the time-out). */
struct signer_resumed {
	char *request; /* as signer_outcome.request */
	json_t *value;
	char *panic;
};

struct signer_outcome {
	enum signer_result result;
	json_t *value;	 /* NULL: nothing ("") */
	char *panic;
	char *request;	 /* SIGNER_YIELD: 64 hex digits, unique in the contract's life */
	near_u128 refund; /* of the deposit, to the predecessor */
	json_t *logs;	 /* array of strings */
	struct signer_resumed *resumed; /* calls that this one completed */
	size_t resumed_count;
	bool changed; /* the state is another one: write it */
};
void signer_outcome_clear(struct signer_outcome *o);

/* A contract that nobody initialised; new. */
json_t *signer_new(void);
/* Checks a stored state's form before it is used. */
int signer_validate(const json_t *state, struct err *err);
/* Runs a call. On PANIC and NO_METHOD the state is untouched and the deposit goes back. */
void signer_run(json_t *state, const struct signer_call *call, struct signer_outcome *ret);
/* A view: 0 and *ret (new); -1: err has the panic; 1: no such method. args may be "". */
int signer_view(const json_t *state, const char *method, const char *args, size_t args_len,
		uint64_t height, json_t **ret, struct err *err);
/* Requests whose time is over at this height leave the state and come back with their panic; attempts of
 * key events that expired are dropped too. */
void signer_expire(json_t *state, uint64_t height, struct signer_outcome *ret);

/* For those who follow the contract. The `state` view's value (new); "NotInitialized" before init. */
json_t *signer_state(const json_t *state, uint64_t height);
/* Signature requests that wait, oldest first; new array whose elements are the contract's own (only to be
 * read) of
 *   {"request": hex, "domain_id": n, "predecessor", "path", "tweak": hex, "payload": {"Ecdsa"|"Eddsa": hex},
 *    "entropy": hex, "height": n} */
json_t *signer_pending(const json_t *state);
