/* Inside of the localnet room: JSON-RPC over a ledger, without sockets. */
#pragma once
#include "engine/localnet/localnet-internal.h"

#define RPC_HOLD_S 170 /* a transaction that waits is answered at last so late */
#define RPC_STATE_KEY "STATE" /* of the one record that a native contract has */

/* What is asked of the chain from outside. */
struct rpc {
	struct ledger *ledger;
	const char *node_key; /* public, as text */
	uint16_t port;
	int64_t started_ns;
	json_t *(*active_peers)(void *ctx); /* new array; NULL: none */
	/* The answer to the request of this token: to be sent after ledger_commit(). text is given.
	 */
	void (*reply)(void *ctx, void *token, int http_status, char *text);
	void *ctx;
	struct rpc_wait *waits;
	size_t wait_count;
};

/* One request in work. */
struct rpc_request {
	void *token;
	json_t *id; /* borrowed */
	int64_t now_ns;
};
/* Answers a JSON-RPC request text through reply(), at once or when its transaction ends. */
void rpc_request(struct rpc *r, const char *body, size_t len, int64_t now_ns, void *token);
/* After ledger_commit(): answers those whose transaction has ended. */
void rpc_settle(struct rpc *r);
/* Answers those who have waited long enough. */
void rpc_expire(struct rpc *r, int64_t now_ns);
void rpc_clear(struct rpc *r); /* forgets those who wait */
json_t *rpc_status(const struct rpc *r, int64_t now_ns);
json_t *rpc_methods(void); /* their names; new array */

/* ---- between the files of rpc-*.c */
/* A method: *ret (new) is its result or its error object; held: reply() will be called later. */
enum rpc_outcome { RPC_RESULT, RPC_ERROR, RPC_HELD };
typedef enum rpc_outcome (*rpc_method)(struct rpc *r, const json_t *params,
				       const struct rpc_request *q, json_t **ret);
#define RPC_METHOD(name)                                                                           \
	enum rpc_outcome name(struct rpc *r, const json_t *params, const struct rpc_request *q,    \
			      json_t **ret)
RPC_METHOD(rpc_query);
RPC_METHOD(rpc_block);
RPC_METHOD(rpc_chunk);
RPC_METHOD(rpc_congestion);
RPC_METHOD(rpc_send);
RPC_METHOD(rpc_send_commit);
RPC_METHOD(rpc_send_async);
RPC_METHOD(rpc_transaction);
RPC_METHOD(rpc_transaction_receipts);
RPC_METHOD(rpc_receipt);
RPC_METHOD(rpc_changes);
RPC_METHOD(rpc_changes_in_block);
RPC_METHOD(rpc_gas_price);
RPC_METHOD(rpc_network_info);
RPC_METHOD(rpc_validators);
RPC_METHOD(rpc_validators_ordered);
RPC_METHOD(rpc_protocol_config);
RPC_METHOD(rpc_genesis_config);

void rpc_reply(struct rpc *r, void *token, json_t *id, int http_status, bool failed,
	       json_t *result); /* result is stolen */
/* JSON-RPC error members (near-rpc.md 3); info, data: stolen; info NULL: {}. */
json_t *rpc_error_handler(const char *cause, json_t *info, json_t *data);
json_t *rpc_error_parse(const char *message);
json_t *rpc_error_missing(const char *field);
json_t *rpc_error_internal(const char *message); /* what this chain cannot answer */
/* The block that {block_id}, {finality} or {sync_checkpoint} names: 0 and *ret, or -1 and the error
 * (new). Every block is final as soon as it is there. */
int rpc_find_block(const struct rpc *r, const json_t *params, struct ledger_block *ret,
		   json_t **ret_error);
/* The same for [block id or null], where null is the newest; an object is as above. */
int rpc_find_block_or_head(const struct rpc *r, const json_t *params, struct ledger_block *ret,
			   json_t **ret_error);
/* A member of an object, or the element of an array at that place; borrowed or NULL. */
const json_t *rpc_parameter(const json_t *params, const char *name, size_t place);
char *rpc_time_text(int64_t time_ns);
