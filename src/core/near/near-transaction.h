/* NEAR transactions as values: borsh to struct and back (near-rpc.md section 4). Version 0 with the
 * actions 0 to 10; what nearcore has beyond that is refused by name. Keys are carried as text.
 * Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "core/near/near.h"

__extension__ typedef unsigned __int128 near_u128;

/* Decimal text; caller frees. / Strict decimal: 0, or -1 (no digits, foreign character, too big).
 */
char *near_u128_format(near_u128 value);
int near_u128_parse(const char *text, near_u128 *ret);

enum near_action_kind {
	NEAR_CREATE_ACCOUNT,
	NEAR_DEPLOY_CONTRACT,
	NEAR_FUNCTION_CALL,
	NEAR_TRANSFER,
	NEAR_STAKE,
	NEAR_ADD_KEY,
	NEAR_DELETE_KEY,
	NEAR_DELETE_ACCOUNT,
	NEAR_DELEGATE,
	NEAR_DEPLOY_GLOBAL_CONTRACT,
	NEAR_USE_GLOBAL_CONTRACT,
	NEAR_ACTION_KINDS
};

/* What an access key may do. */
struct near_permission {
	bool full_access;
	bool has_allowance; /* the rest: of function-call keys only */
	near_u128 allowance;
	char *receiver_id;
	char **method_names; /* none: all methods */
	size_t method_count;
};

struct near_action {
	enum near_action_kind kind;
	/* method, beneficiary of DeleteAccount, or the account of a global contract */
	char *name;
	uint8_t *data; /* arguments, or contract code */
	size_t data_len;
	uint64_t gas;
	near_u128 amount; /* deposit or stake */
	char *public_key; /* "ed25519:..." or "secp256k1:..." */
	uint64_t key_nonce;
	struct near_permission permission;
	struct near_delegate *delegate;
	/* Global contracts: deployed or used under an account's name instead of the code's hash. */
	bool by_account;
	uint8_t code_hash[32]; /* UseGlobalContract, when not by_account */
};

/* Actions that `sender_id` signed and another account relays (NEP-366). */
struct near_delegate {
	char *sender_id, *receiver_id;
	struct near_action *actions; /* none is NEAR_DELEGATE */
	size_t action_count;
	uint64_t nonce, max_block_height;
	char *public_key;
	struct near_signature signature;
};

struct near_transaction {
	char *signer_id, *receiver_id;
	char *public_key;
	uint64_t nonce;
	uint8_t block_hash[32];
	struct near_action *actions;
	size_t action_count;
	struct near_signature signature;
	uint8_t hash[32]; /* of the unsigned bytes; its base58 is the id */
};

/* Reads a signed transaction (borsh). 0: *ret is the caller's. -1: err says what, in words that fit
 * behind "Failed to decode transaction: ". */
int near_transaction_decode(const uint8_t *data, size_t len, struct near_transaction **ret,
			    struct err *err);
/* 0 when public_key signed the hash, -1 when not. Says nothing about delegates in it. */
int near_transaction_verify(const struct near_transaction *t);
/* The hash that is signed (not the hash of any transaction), and whether public_key signed it. */
void near_delegate_hash(const struct near_delegate *d, uint8_t ret[32]);
int near_delegate_verify(const struct near_delegate *d);
void near_transaction_free(struct near_transaction *t);
OWN_DEFINE(near_transaction, struct near_transaction *, near_transaction_free)

/* Appends the unsigned / signed borsh form. Signing sets public_key, hash and signature first. */
void near_transaction_encode(const struct near_transaction *t, struct buf *ret);
void near_transaction_sign(struct near_transaction *t, const struct near_key *key, struct buf *ret);
void near_transaction_sign_secp256k1(struct near_transaction *t,
				     const struct near_secp256k1_key *key, struct buf *ret);
/* A signed transaction with one function call, appended to `ret`; its hash in ret_hash. */
struct near_call {
	const char *signer_id, *receiver_id, *method;
	const void *args;
	size_t args_len;
	uint64_t nonce, gas;
	near_u128 deposit;
	uint8_t block_hash[32];
};
void near_call_sign(const struct near_call *call, const struct near_key *key, struct buf *ret,
		    uint8_t ret_hash[32]);

/* As nearcore's JSON-RPC shows them. */
json_t *near_permission_json(const struct near_permission *p);
json_t *near_actions_json(const struct near_action *actions, size_t count);
json_t *near_transaction_json(const struct near_transaction *t);
