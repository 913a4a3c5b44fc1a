/* Inside of the localnet room: the ledger. One `struct ledger` is the chain; it knows neither
 * sockets nor HTTP. It lives in memory, and what changed is written by ledger_commit(): answers go
 * out after it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "core/near/near-transaction.h"
#include "core/signer/signer.h"

#define LOCALNET_PROTOCOL_VERSION 81
#define LOCALNET_GAS_PRICE 100000000u
#define LOCALNET_GAS_LIMIT 1000000000000000
#define LOCALNET_ROOT "test.near"
#define LOCALNET_STAKE "50000000000000000000000000000" /* of the one validator */
#define LOCALNET_REGISTRAR "registrar"
#define LOCALNET_NO_HASH "11111111111111111111111111111111"
#define LOCALNET_GENESIS_TIME "2025-10-28T00:00:00Z"
#define LOCALNET_GENESIS_NS 1761609600000000000ll
#define LOCALNET_BYTE_PRICE ((near_u128)10000000000000000000u)
#define LOCALNET_EPOCH_BLOCKS 500
#define LOCALNET_BLOCKS_VALID 100   /* a transaction may name a block so far back */
#define LOCALNET_BLOCKS_KEPT 100000 /* older ones go, with their transactions */
#define LOCALNET_NONCES_PER_BLOCK 1000000u
#define LOCALNET_TRANSACTION_MOST 1572864
/* Burnt by each call and each callback beside its fees: a fixed estimate, nothing is metered. */
#define LOCALNET_CALL_GAS 2000000000000
#define LOCALNET_SYSTEM "system" /* who pays back; such receipts are free */

struct ledger_block {
	uint64_t height;
	int64_t time_ns;
	char hash[48], prev_hash[48];
	uint8_t random[32]; /* its random_value */
};

/* An account: {"amount", "locked", "code_hash"?, "code_size"?, "changed_at": height, "keys":
 * {public key: {nonce, permission}}}, amounts as decimal text. */
struct ledger {
	char *chain_id, *genesis_hash;
	struct ledger_store *store;
	json_t *accounts;  /* id -> account */
	json_t *contracts; /* id -> the signer contract's state; such an account is native */
	json_t *change; /* accounts as the receipt in work leaves them; null: deleted. NULL: none */
	json_t *touched; /* contracts whose state it changed, as members; lives with change */
	json_t *waiting;  /* transaction id -> record of one that waits for its yields */
	json_t *requests; /* "contract request" -> transaction id */
	json_t *dirty_accounts, *dirty_contracts; /* ids as members: not written yet */
	json_t *done;	 /* transaction id -> outcome: ended since ledger_news_clear() */
	json_t *yielded; /* contract -> array of request ids, since then */
	json_t *resumed; /* contract -> array of {"request", "answered"}, since then */
	struct ledger_block head, first;
	unsigned place;	       /* of the next transaction in the head block */
	uint64_t transactions; /* since the start */
	bool dirty;	       /* something is not committed */
};

/* Opens chain.db in `directory` (NULL: in memory) or starts a chain: genesis accounts with root_key
 * as their full-access key, contract_id with the signer contract, not initialised. */
struct ledger_start {
	const char *directory, *chain_id, *contract_id, *root_key;
	int64_t now_ns; /* time and random value of the first block */
	uint8_t random[32];
};
int ledger_open(const struct ledger_start *start, struct ledger **ret, struct err *err);
void ledger_free(struct ledger *l);
OWN_DEFINE(ledger, struct ledger *, ledger_free)
/* The next block; requests whose time is over end. */
void ledger_advance(struct ledger *l, int64_t now_ns, const uint8_t random[32]);
/* Writes all that changed. -1: memory is ahead of the disk and the chain must not go on. */
int ledger_commit(struct ledger *l, struct err *err);
void ledger_news_clear(struct ledger *l);
/* 0 and *ret, or -1: unknown. */
int ledger_block_at(const struct ledger *l, uint64_t height, struct ledger_block *ret);
int ledger_block_by_hash(const struct ledger *l, const char *hash, struct ledger_block *ret);
/* Covers the transactions of a block in their order; the hash of the next block covers it. New. */
char *ledger_block_root(const struct ledger *l, uint64_t height);
/* The epoch of a height. Its id is, as on nearcore, the hash of the last block of the epoch before
 * the one before it; no hash where there is none. */
struct ledger_epoch {
	uint64_t number, start;
	char id[48], next_id[48];
};
void ledger_epoch_at(const struct ledger *l, uint64_t height, struct ledger_epoch *ret);

/* Runs a decoded transaction at the head, or finds the one that is known by its hash. */
enum ledger_result {
	LEDGER_DONE,	/* *ret: FinalExecutionOutcome (new), also when an action failed */
	LEDGER_PENDING, /* it waits for a signature; l->done will have it; *ret is NULL */
	LEDGER_REFUSED, /* *ret: InvalidTxError (new) */
	LEDGER_UNKNOWN, /* of ledger_find() */
};
enum ledger_result ledger_run(struct ledger *l, const struct near_transaction *t, json_t **ret);
enum ledger_result ledger_find(const struct ledger *l, const char *id, json_t **ret);
/* Outcomes of the block's transactions in their order; new array. A waiting one has what is there.
 */
json_t *ledger_block_outcomes(const struct ledger *l, uint64_t height);

/* ---- accounts (ledger-account.c) ------------------------------------------------------------ */
json_t *ledger_account(const struct ledger *l, const char *id); /* borrowed or NULL */
json_t *ledger_account_edit(struct ledger *l, const char *id);	/* same, to be changed */
json_t *ledger_account_add(struct ledger *l, const char *id);	/* empty; borrowed */
void ledger_account_remove(struct ledger *l, const char *id);
/* The block that changed it or its contract last. */
uint64_t ledger_changed_at(const struct ledger *l, const char *id);
json_t *ledger_account_json(const json_t *account); /* AccountView without the block; new */
near_u128 ledger_amount(const json_t *account, const char *key); /* "amount", "locked" */
void ledger_amount_set(json_t *account, const char *key, near_u128 amount);
void ledger_key_add(json_t *account, const char *public_key, uint64_t nonce, json_t *permission);
uint64_t ledger_storage(const json_t *account);
/* Yocto that the account lacks for its storage once it has `less`; 0: none. */
near_u128 ledger_storage_lack(const json_t *account, near_u128 less);

/* ---- changes (ledger-change.c) -------------------------------------------------------------- */
/* What is changed between begin and keep/drop is kept or forgotten as one. Kept changes are written
 * down as those of the head block, with the transaction or receipt that made them. */
enum ledger_cause { LEDGER_BY_TRANSACTION, LEDGER_BY_RECEIPT };
void ledger_change_begin(struct ledger *l);
void ledger_touch(struct ledger *l, const char *contract); /* the state of a contract */
void ledger_change_keep(struct ledger *l, enum ledger_cause cause, const char *id);
void ledger_change_drop(struct ledger *l);

/* ---- money (ledger-fees.c) ------------------------------------------------------------------ */
struct ledger_cost {
	near_u128 deposit;	     /* of all actions */
	near_u128 total;	     /* deposit and gas: taken from the signer before */
	uint64_t burnt;		     /* gas of the conversion into a receipt */
	uint64_t execution, prepaid; /* gas of the receipt: fees, attached to calls */
};
struct ledger_list {
	const char *sender, *receiver;
	const struct near_action *actions;
	size_t count;
};
/* whole: with what delegated actions cost. -1: runs over. */
int ledger_cost(const struct ledger_list *list, bool whole, struct ledger_cost *ret);
near_u128 ledger_gas_price(uint64_t gas);
uint64_t ledger_payment_gas(void);    /* burnt by a receipt that only transfers */
json_t *ledger_transaction_costs(void); /* RuntimeFeesConfigView; new */

/* ---- admission (ledger-check.c) ------------------------------------------------------------- */
/* The reason for refusal as InvalidTxError (new), or NULL. */
json_t *ledger_refusal(const struct ledger *l, const struct near_transaction *t,
		       const struct ledger_cost *cost);
/* Bounds of actions as ActionsValidationError (new), or NULL. */
json_t *ledger_check_actions(const struct near_action *actions, size_t count, bool delegated);
/* What a function-call key forbids as InvalidAccessKeyError (new), or NULL. */
json_t *ledger_check_permission(const json_t *permission, const char *receiver,
				const struct near_action *actions, size_t count);

/* ---- one receipt (ledger-act.c, ledger-call.c) ---------------------------------------------- */
struct receipt {
	const char *predecessor, *receiver, *signer, *signer_key;
	const struct near_action *actions;
	size_t action_count;
};
/* What its actions lead to, in effect only when all went well. */
struct receipt_result {
	json_t *logs;
	char *value;	   /* base64 of the last action's value, or NULL */
	unsigned calls;	   /* that ran: each burns gas */
	json_t *transfers; /* array of {"to", "amount", "paid"}: what goes back or on */
	json_t *yields;	   /* array of {"contract", "request", "last": bool} */
	json_t *resumed;   /* array of {"contract", "request", "value"|"panic"} */
	json_t *contracts; /* states before, id -> state or null: put back on failure */
	const struct near_action *code;	      /* deployed by the last DeployContract */
	const struct near_delegate *delegate; /* to be done next */
};
void receipt_result_clear(struct receipt_result *x);
/* paid: the contract sends it and gas is burnt for it; otherwise it comes from `system`. */
void receipt_transfer(struct receipt_result *x, const char *to, near_u128 amount, bool paid);
/* One action; the ActionErrorKind (new) or NULL. `last`: none follows. */
json_t *ledger_act(struct ledger *l, const struct receipt *r, const struct near_action *a,
		   bool created, bool last, struct receipt_result *x);
json_t *ledger_call(struct ledger *l, const struct receipt *r, const struct near_action *a,
		    bool last, struct receipt_result *x);
void ledger_contract_put(struct ledger *l, const char *id, json_t *state); /* stolen; NULL: none */
/* A view: 0 and *ret (new), or -1 and nearcore's error text in *ret_error (new). */
int ledger_view(const struct ledger *l, const char *account, const char *method, const char *args,
		size_t args_len, json_t **ret, char **ret_error);
/* Ends what waited for the requests (array as receipt_result.resumed). */
void ledger_resume(struct ledger *l, const json_t *resumed);
/* Adds to one of the ledger's news: id -> array. `item` is stolen. */
void ledger_news(json_t *news, const char *id, json_t *item);
/* signer_outcome.resumed as such an array (new). */
json_t *ledger_resumed_list(const char *contract, const struct signer_outcome *o);

/* ---- what nearcore answers (ledger-outcome.c) ------------------------------------------------ */
struct outcome {
	const char *id, *executor;
	json_t *receipts, *logs, *status; /* stolen; the first two may be NULL: none */
	uint64_t gas;
	bool conversion; /* of a transaction into its receipt */
	bool free;	 /* the gas is shown and nobody paid it */
};
json_t *outcome_json(const struct ledger *l, const struct outcome *o); /* ExecutionOutcomeWithId */
json_t *outcome_status(const char *base64);			       /* SuccessValue; NULL: "" */
json_t *outcome_next(const char *receipt_id);			       /* SuccessReceiptId */
json_t *outcome_failure(size_t index, json_t *kind);		       /* kind is stolen */
/* The same outcomes as nearcore lists them: each with all that follow from it behind it. New. */
json_t *outcome_order(const json_t *outcomes, const char *first);

/* ---- receipts (ledger-receipt.c) ------------------------------------------------------------- */
/* Of the index-th receipt that a transaction or receipt (parent) makes in a block: nearcore's rule. */
char *receipt_id(const char *parent, uint64_t height, uint64_t index);
/* A receipt as JSON-RPC shows it (new). */
struct receipt_form {
	const char *id, *predecessor, *receiver, *signer, *signer_key;
	json_t *actions;    /* stolen; NULL: those of the transaction, see ledger_receipts() */
	bool free;	    /* its gas price is 0 */
	const char *data_id; /* of what it waits for; NULL: nothing */
};
json_t *receipt_json(const struct receipt_form *f);
/* All receipts of a known transaction, in the order in which they were made; new array. */
json_t *ledger_receipts(const struct ledger *l, const char *transaction);
json_t *ledger_find_receipt(const struct ledger *l, const char *id); /* new or NULL */
/* Receipts of the block's transactions but for those that accounts sent themselves; new array. */
json_t *ledger_block_receipts(const struct ledger *l, uint64_t height);

/* ---- SQLite (ledger-store.c) ----------------------------------------------------------------- */
/* Writes cannot fail one by one: the first failure comes out of ledger_store_commit(). */
struct ledger_store;
int ledger_store_open(const char *path, struct ledger_store **ret, struct err *err);
void ledger_store_close(struct ledger_store *s);
/* Accounts, contracts and waiting transactions into l; head and first. false: a new database. */
int ledger_store_load(struct ledger_store *s, struct ledger *l, bool *ret_found, struct err *err);
void ledger_store_name(struct ledger_store *s, const char *chain_id, const char *genesis_hash);
void ledger_store_account(struct ledger_store *s, const char *id, const json_t *account);
void ledger_store_contract(struct ledger_store *s, const char *id, const json_t *state);
void ledger_store_code(struct ledger_store *s, const char *id, const void *code, size_t len);
void ledger_store_block(struct ledger_store *s, const struct ledger_block *b);
void ledger_store_transaction(struct ledger_store *s, const char *id, uint64_t height,
			      unsigned place, bool waiting, const json_t *record);
void ledger_store_prune(struct ledger_store *s, uint64_t below);
int ledger_store_commit(struct ledger_store *s, struct err *err);
/* The code of an account: 0 and a copy, or -1. */
int ledger_store_find_code(struct ledger_store *s, const char *id, uint8_t **ret, size_t *ret_len);
/* hash NULL: by height. 0 or -1. */
int ledger_store_find_block(struct ledger_store *s, const char *hash, uint64_t height,
			    struct ledger_block *ret);
/* Records of transactions: {"outcome", "receipts"}, and of those that wait {"yields", "height",
 * "place"} too. New, or NULL; of a block: new array. */
json_t *ledger_store_find_transaction(struct ledger_store *s, const char *id);
json_t *ledger_store_block_transactions(struct ledger_store *s, uint64_t height);
json_t *ledger_store_block_ids(struct ledger_store *s, uint64_t height); /* texts; new array */
void ledger_store_receipt(struct ledger_store *s, const char *id, const char *transaction,
			  uint64_t height);
char *ledger_store_receipt_transaction(struct ledger_store *s, const char *id); /* new or NULL */
/* StateChangeWithCauseView of a block as they were made, see ledger-change.c. */
void ledger_store_changes(struct ledger_store *s, uint64_t height, const json_t *changes);
json_t *ledger_store_find_changes(struct ledger_store *s, uint64_t height); /* new array */
