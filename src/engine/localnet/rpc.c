/* JSON-RPC as nearcore answers it: always HTTP 200, errors with name, cause, code, message, data.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "engine/localnet/localnet-internal.h"

#define CODE_SERVER (-32000)
#define CODE_PARSE (-32700)
#define CODE_METHOD (-32601)
#define NO_HASH "11111111111111111111111111111111"
#define NO_SIGNATURE "ed25519:1111111111111111111111111111111111111111111111111111111111111111"

json_t *rpc_error_handler(const char *cause, json_t *info, json_t *data)
{
	return json_pack("{s:s,s:{s:s,s:o},s:i,s:s,s:o}", "name", "HANDLER_ERROR", "cause", "name",
			 cause, "info", info ? info : json_object(), "code", CODE_SERVER, "message",
			 "Server error", "data", data);
}

json_t *rpc_error_parse(const char *message)
{
	return json_pack("{s:s,s:{s:s,s:{s:s}},s:i,s:s,s:s}", "name", "REQUEST_VALIDATION_ERROR",
			 "cause", "name", "PARSE_ERROR", "info", "error_message", message, "code",
			 CODE_PARSE, "message", "Parse error", "data", message);
}

json_t *rpc_error_method(const char *method)
{
	return json_pack("{s:s,s:{s:s,s:{s:s}},s:i,s:s,s:s}", "name", "REQUEST_VALIDATION_ERROR",
			 "cause", "name", "METHOD_NOT_FOUND", "info", "method_name", method, "code",
			 CODE_METHOD, "message", "Method not found", "data", method);
}

char *rpc_time_text(int64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return str_printf("%s.%09" PRId64 "Z", text, time_ns % 1000000000);
}

static void set_time(json_t *j, const char *key, int64_t time_ns)
{
	OWN(str) char *text = rpc_time_text(time_ns);

	json_set_str(j, key, text);
}

/* node_key is the deprecated name of the validator key, and the public AWS scripts build boot nodes
 * from it: so it has to be the P2P key, like node_public_key. */
json_t *rpc_status(const struct rpc *r, int64_t now_ns)
{
	const struct ledger *l = r->ledger;
	OWN(str) char *address = str_printf("0.0.0.0:%u", r->port);
	json_t *j = json_pack(
		"{s:{s:s,s:s,s:s,s:s},s:s,s:i,s:i,s:s,s:[{s:s}],s:s,s:s,s:s,s:s,s:I,s:s,s:n}",
		"version", "version", MPCUP_VERSION, "build", "mpcup built-in chain", "commit",
		"none", "rustc_version", "none", "chain_id", l->chain_id, "protocol_version",
		LOCALNET_PROTOCOL_VERSION, "latest_protocol_version", LOCALNET_PROTOCOL_VERSION,
		"rpc_addr", address, "validators", "account_id", "test.near",
		"validator_account_id", "test.near", "validator_public_key", r->node_key,
		"node_public_key", r->node_key, "node_key", r->node_key, "uptime_sec",
		(json_int_t)((now_ns - r->started_ns) / 1000000000), "genesis_hash",
		l->genesis_hash, "detailed_debug_status");
	json_t *sync =
		json_pack("{s:s,s:I,s:s,s:b,s:s,s:I,s:s,s:I}", "latest_block_hash", l->head.hash,
			  "latest_block_height", (json_int_t)l->head.height, "latest_state_root",
			  NO_HASH, "syncing", 0, "earliest_block_hash", l->first.hash,
			  "earliest_block_height", (json_int_t)l->first.height, "epoch_id", NO_HASH,
			  "epoch_start_height", (json_int_t)l->first.height);

	set_time(sync, "latest_block_time", l->head.time_ns);
	set_time(sync, "earliest_block_time", l->first.time_ns);
	json_object_set_new(j, "sync_info", sync);
	return j;
}

/* ---- blocks -------------------------------------------------------------------------------- */

static json_t *unknown_block(void)
{
	return rpc_error_handler("UNKNOWN_BLOCK", NULL, json_string("DB Not Found Error: BLOCK"));
}

/* The block that block_id or finality names; NULL: none known. */
static const struct ledger_block *find_block(const struct ledger *l, const json_t *params)
{
	const json_t *id = json_object_get(params, "block_id");

	if (json_is_integer(id))
		return ledger_block_at(l, (uint64_t)json_integer_value(id));
	if (json_is_string(id))
		return ledger_block_by_hash(l, json_string_value(id));
	return &l->head;
}

static json_t *chunk_header(const struct ledger_block *b)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:I,s:I,s:i,s:i,s:I,s:s,s:s,s:s,s:s,s:s,s:[],s:"
			 "n,s:n,s:s}",
			 "chunk_hash", b->hash, "prev_block_hash", b->prev_hash, "outcome_root",
			 NO_HASH, "prev_state_root", NO_HASH, "encoded_merkle_root", NO_HASH,
			 "encoded_length", 8, "height_created", (json_int_t)b->height,
			 "height_included", (json_int_t)b->height, "shard_id", 0, "gas_used", 0,
			 "gas_limit", (json_int_t)1000000000000000, "rent_paid", "0",
			 "validator_reward", "0", "balance_burnt", "0", "outgoing_receipts_root",
			 NO_HASH, "tx_root", NO_HASH, "validator_proposals", "congestion_info",
			 "bandwidth_requests", "signature", NO_SIGNATURE);
}

static void set_roots(json_t *header, const struct ledger_block *b)
{
	static const char *const roots[] = {
		"prev_state_root",    "block_body_hash", "chunk_receipts_root",
		"chunk_headers_root", "chunk_tx_root",	 "outcome_root",
		"challenges_root",    "random_value",	 "next_bp_hash",
		"block_merkle_root",  "epoch_id",	 "next_epoch_id"
	};

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		json_set_str(header, roots[i], NO_HASH);
	json_set_str(header, "last_final_block", b->prev_hash);
	json_set_str(header, "last_ds_final_block", b->prev_hash);
}

static json_t *block_header(const struct ledger_block *b)
{
	OWN(str) char *nanoseconds = str_printf("%" PRId64, b->time_ns);
	OWN(str) char *gas_price = str_printf("%u", LOCALNET_GAS_PRICE);
	json_t *j = json_pack(
		"{s:I,s:I,s:s,s:s,s:I,s:s,s:i,s:[],s:[b],s:s,s:I,s:s,s:s,s:s,s:[],s:[],s:s,s:i,s:n,"
		"s:n}",
		"height", (json_int_t)b->height, "prev_height", (json_int_t)b->height - 1, "hash",
		b->hash, "prev_hash", b->prev_hash, "timestamp", (json_int_t)b->time_ns,
		"timestamp_nanosec", nanoseconds, "chunks_included", 1, "validator_proposals",
		"chunk_mask", 1, "gas_price", gas_price, "block_ordinal", (json_int_t)b->height,
		"rent_paid", "0", "validator_reward", "0", "total_supply",
		"2000000000000000000000000000000000", "challenges_result", "approvals", "signature",
		NO_SIGNATURE, "latest_protocol_version", LOCALNET_PROTOCOL_VERSION,
		"chunk_endorsements", "epoch_sync_data_hash");

	set_roots(j, b);
	return j;
}

static int block(struct rpc *r, const json_t *params, json_t **ret)
{
	const struct ledger_block *b = find_block(r->ledger, params);

	if (!b) {
		*ret = unknown_block();
		return 1;
	}
	*ret = json_pack("{s:s,s:o,s:[o]}", "author", "test.near", "header", block_header(b),
			 "chunks", chunk_header(b));
	return 0;
}

/* [[height, shard]], [hash], {chunk_id} or {block_id, shard_id}: one chunk per block, its hash the
 * block's. */
static int chunk(struct rpc *r, const json_t *params, json_t **ret)
{
	const json_t *first = json_array_get(params, 0);
	const struct ledger_block *b = NULL;

	if (json_is_object(params))
		first = json_object_get(params, json_object_get(params, "chunk_id") ? "chunk_id"
										    : "block_id");
	if (json_is_array(first))
		first = json_array_get(first, 0);
	if (json_is_string(first))
		b = ledger_block_by_hash(r->ledger, json_string_value(first));
	else if (json_is_integer(first))
		b = ledger_block_at(r->ledger, (uint64_t)json_integer_value(first));
	if (!b) {
		*ret = rpc_error_handler("UNKNOWN_CHUNK", NULL, json_string("Chunk Missing"));
		return 1;
	}
	*ret = json_pack("{s:s,s:o,s:[],s:[]}", "author", "test.near", "header", chunk_header(b),
			 "transactions", "receipts");
	return 0;
}

static int gas_price(struct rpc *r, const json_t *params, json_t **ret)
{
	OWN(str) char *price = str_printf("%u", LOCALNET_GAS_PRICE);

	(void)r;
	(void)params;
	*ret = json_pack("{s:s}", "gas_price", price);
	return 0;
}

static int network_info(struct rpc *r, const json_t *params, json_t **ret)
{
	json_t *peers = r->active_peers ? r->active_peers(r->ctx) : json_array();

	(void)params;
	*ret = json_pack("{s:I,s:o,s:i,s:i,s:i,s:[{s:s,s:n,s:s}]}", "num_active_peers",
			 (json_int_t)json_array_size(peers), "active_peers", peers,
			 "peer_max_count", 1000, "sent_bytes_per_sec", 0, "received_bytes_per_sec",
			 0, "known_producers", "account_id", "test.near", "addr", "peer_id",
			 r->node_key);
	return 0;
}

/* ---- dispatch ------------------------------------------------------------------------------ */

static int send_tx(struct rpc *r, const json_t *params, json_t **ret)
{
	return rpc_send(r, "send_tx", params, ret);
}

static int send_commit(struct rpc *r, const json_t *params, json_t **ret)
{
	return rpc_send(r, "broadcast_tx_commit", params, ret);
}

static int send_async(struct rpc *r, const json_t *params, json_t **ret)
{
	return rpc_send(r, "broadcast_tx_async", params, ret);
}

static const struct {
	const char *name;
	int (*run)(struct rpc *r, const json_t *params, json_t **ret);
} methods[] = {
	{ "block", block },
	{ "chunk", chunk },
	{ "gas_price", gas_price },
	{ "network_info", network_info },
	{ "query", rpc_query },
	{ "send_tx", send_tx },
	{ "broadcast_tx_commit", send_commit },
	{ "broadcast_tx_async", send_async },
	{ "tx", rpc_transaction },
	{ "EXPERIMENTAL_tx_status", rpc_transaction },
};

static int dispatch(struct rpc *r, const char *method, const json_t *params, int64_t now_ns,
		    json_t **ret)
{
	if (!method) {
		*ret = rpc_error_parse("Failed parsing args: missing field `method`");
		return 1;
	}
	if (!strcmp(method, "status") || !strcmp(method, "health")) {
		*ret = !strcmp(method, "status") ? rpc_status(r, now_ns) : json_null();
		return 0;
	}
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(methods[i].name, method))
			return methods[i].run(r, params, ret);
	*ret = rpc_error_method(method);
	return 1;
}

char *rpc_answer(struct rpc *r, const char *body, size_t len, int64_t now_ns)
{
	OWN(json) json_t *request = NULL;
	OWN(json) json_t *answer = json_pack("{s:s}", "jsonrpc", "2.0");
	struct err why = { 0 };
	json_t *result = NULL, *id;
	int failed;

	if (json_parse_text("request", body, len, &request, &why) < 0) {
		failed = 1;
		result = rpc_error_parse(why.text);
	} else {
		failed = dispatch(r, json_str(request, "method"),
				  json_object_get(request, "params"), now_ns, &result);
	}
	id = json_object_get(request, "id");
	json_object_set_new(answer, failed ? "error" : "result", result);
	json_object_set_new(answer, "id", id ? json_incref(id) : json_null());
	return json_text(answer);
}
