/* Inside of the localnet room. One `struct ledger` is the chain: it knows neither sockets nor HTTP.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "core/near/near-transaction.h"

#define LOCALNET_PROTOCOL_VERSION 81
#define LOCALNET_GAS_PRICE 100000000u
#define LOCALNET_BLOCKS_KEPT 2048
#define LOCALNET_BLOCKS_VALID 100 /* a transaction may name a block so far back */

struct ledger_block {
	uint64_t height;
	int64_t time_ns;
	char hash[48], prev_hash[48];
};

struct ledger {
	char *chain_id, *genesis_hash;
	char *path;	  /* of the state file; NULL: not kept */
	json_t *accounts; /* id -> {amount, keys: {public key: {nonce, permission}}, contract?} */
	json_t *outcomes; /* transaction id -> FinalExecutionOutcome, oldest first */
	struct ledger_block blocks[LOCALNET_BLOCKS_KEPT]; /* by height modulo */
	struct ledger_block head, first;
};

/* Opens the state file in `directory` or starts a chain: `root` gets node_key as its full-access
 * key, contract_id the signer contract, not initialised. now_ns: time of the first block. */
struct ledger_start {
	const char *directory, *chain_id, *contract_id, *root_account, *root_key;
	int64_t now_ns;
};
int ledger_open(const struct ledger_start *start, struct ledger **ret, struct err *err);
void ledger_free(struct ledger *l);
OWN_DEFINE(ledger, struct ledger *, ledger_free)
/* The next block. -1: the state could not be written now; the chain goes on in memory. Heights
 * never come twice, also after a crash. ledger_save() after each transaction makes it durable. */
int ledger_advance(struct ledger *l, int64_t now_ns, struct err *err);
int ledger_save(struct ledger *l, struct err *err);
/* Borrowed until the block leaves the window; NULL: unknown. */
const struct ledger_block *ledger_block_at(const struct ledger *l, uint64_t height);
const struct ledger_block *ledger_block_by_hash(const struct ledger *l, const char *hash);
json_t *ledger_account(const struct ledger *l, const char *id); /* borrowed or NULL */

/* Runs a decoded transaction at the head. 0: *ret_outcome (new) is what nearcore answers, also when
 * an action failed. 1: refused, *ret_outcome (new) is InvalidTxError. */
int ledger_run(struct ledger *l, const struct near_transaction *t, json_t **ret_outcome);

/* The native signer contract. `contract` is the account's member of that name.
 * call: 0, or -1 with the panic message in err (ERR_INPUT), CONTRACT_NO_METHOD: no such method. */
enum { CONTRACT_NO_METHOD = 1 };
int contract_call(json_t *contract, const char *method, const char *args, size_t args_len,
		  struct err *err);
/* view: 0 and *ret (new), -1 with the panic message, CONTRACT_NO_METHOD. */
int contract_view(const json_t *contract, const char *method, json_t **ret, struct err *err);
json_t *contract_new(void);

/* What is asked of the chain from outside. `network`: active peers, borrowed. */
struct rpc {
	struct ledger *ledger;
	const char *node_key; /* public, as text */
	uint16_t port;
	int64_t started_ns;
	json_t *(*active_peers)(void *ctx); /* new array */
	void *ctx;
	void (*changed)(void *ctx); /* a transaction was run */
};
/* One JSON-RPC request text to its answer text (caller frees). Never NULL. */
char *rpc_answer(struct rpc *r, const char *body, size_t len, int64_t now_ns);
json_t *rpc_status(const struct rpc *r, int64_t now_ns);

/* 0: *ret_result; 1: *ret_result is a JSON-RPC error object. */
int rpc_query(struct rpc *r, const json_t *params, json_t **ret_result);
/* Result of a view call: JSON value (new) in *ret, or its nearcore error text in *ret_error (new).
 */
int rpc_view(const struct ledger *l, const char *account, const char *method, json_t **ret,
	     char **ret_error);
int rpc_send(struct rpc *r, const char *method, const json_t *params, json_t **ret_result);
int rpc_transaction(struct rpc *r, const json_t *params, json_t **ret_result);

/* JSON-RPC error members (near-rpc.md 3); `info` is stolen, NULL: {}. data: stolen. */
json_t *rpc_error_handler(const char *cause, json_t *info, json_t *data);
json_t *rpc_error_parse(const char *message);
json_t *rpc_error_method(const char *method);
char *rpc_time_text(int64_t time_ns);
