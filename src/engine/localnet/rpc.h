/* Inside of the localnet room: JSON-RPC over a ledger, without sockets. */
#pragma once
#include "engine/localnet/localnet-internal.h"

#define RPC_HOLD_S 170 /* a transaction that waits is answered at last so late */

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

/* ---- between the files of rpc-*.c */
/* A method: *ret (new) is its result or its error object; held: reply() will be called later. */
enum rpc_outcome { RPC_RESULT, RPC_ERROR, RPC_HELD };
typedef enum rpc_outcome (*rpc_method)(struct rpc *r, const json_t *params,
				       const struct rpc_request *q, json_t **ret);
enum rpc_outcome rpc_query(struct rpc *r, const json_t *params, const struct rpc_request *q,
			   json_t **ret);
enum rpc_outcome rpc_block(struct rpc *r, const json_t *params, const struct rpc_request *q,
			   json_t **ret);
enum rpc_outcome rpc_chunk(struct rpc *r, const json_t *params, const struct rpc_request *q,
			   json_t **ret);
enum rpc_outcome rpc_send(struct rpc *r, const json_t *params, const struct rpc_request *q,
			  json_t **ret);
enum rpc_outcome rpc_send_commit(struct rpc *r, const json_t *params, const struct rpc_request *q,
				 json_t **ret);
enum rpc_outcome rpc_send_async(struct rpc *r, const json_t *params, const struct rpc_request *q,
				json_t **ret);
enum rpc_outcome rpc_transaction(struct rpc *r, const json_t *params, const struct rpc_request *q,
				 json_t **ret);
enum rpc_outcome rpc_gas_price(struct rpc *r, const json_t *params, const struct rpc_request *q,
			       json_t **ret);
enum rpc_outcome rpc_network_info(struct rpc *r, const json_t *params, const struct rpc_request *q,
				  json_t **ret);
enum rpc_outcome rpc_validators(struct rpc *r, const json_t *params, const struct rpc_request *q,
				json_t **ret);
enum rpc_outcome rpc_protocol_config(struct rpc *r, const json_t *params,
				     const struct rpc_request *q, json_t **ret);
enum rpc_outcome rpc_genesis_config(struct rpc *r, const json_t *params,
				    const struct rpc_request *q, json_t **ret);

void rpc_reply(struct rpc *r, void *token, json_t *id, int http_status, bool failed,
	       json_t *result); /* result is stolen */
/* JSON-RPC error members (near-rpc.md 3); info, data: stolen; info NULL: {}. */
json_t *rpc_error_handler(const char *cause, json_t *info, json_t *data);
json_t *rpc_error_parse(const char *message);
json_t *rpc_error_missing(const char *field);
/* The block that block_id or finality names: 0 and *ret, or -1 and the error (new). */
int rpc_find_block(struct rpc *r, const json_t *params, struct ledger_block *ret,
		   json_t **ret_error);
char *rpc_time_text(int64_t time_ns);
