/* Blocks and their chunk: one per block, its hash the block's. */
#include <inttypes.h>

#include "engine/localnet/rpc.h"

#define LOCALNET_NO_SIGNATURE                                                                      \
	"ed25519:1111111111111111111111111111111111111111111111111111111111111111"
#define GAS_LIMIT 1000000000000000

int rpc_find_block(struct rpc *r, const json_t *params, struct ledger_block *ret,
		   json_t **ret_error)
{
	const json_t *id = json_object_get(params, "block_id");
	OWN(str) char *data = NULL;
	int result = 0;

	if (json_is_array(params)) /* [block id], the old form */
		id = json_array_get(params, 0);
	if (json_is_integer(id))
		result = ledger_block_at(r->ledger, (uint64_t)json_integer_value(id), ret);
	else if (json_is_string(id))
		result = ledger_block_by_hash(r->ledger, json_string_value(id), ret);
	else
		*ret = r->ledger->head;
	if (result == 0)
		return 0;
	data = json_is_integer(id)
		       ? str_printf("DB Not Found Error: BLOCK HEIGHT: %" JSON_INTEGER_FORMAT
				    " \n Cause: Unknown",
				    json_integer_value(id))
		       : str_printf("DB Not Found Error: BLOCK: %s", json_string_value(id));
	*ret_error = rpc_error_handler("UNKNOWN_BLOCK", NULL, json_string(data));
	return -1;
}

static json_t *chunk_header(const struct ledger_block *b, json_int_t gas_used)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:I,s:I,s:i,s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:[],s:"
			 "n,s:n,s:s}",
			 "chunk_hash", b->hash, "prev_block_hash", b->prev_hash, "outcome_root",
			 LOCALNET_NO_HASH, "prev_state_root", LOCALNET_NO_HASH,
			 "encoded_merkle_root", LOCALNET_NO_HASH, "encoded_length", 8,
			 "height_created", (json_int_t)b->height, "height_included",
			 (json_int_t)b->height, "shard_id", 0, "gas_used", gas_used, "gas_limit",
			 (json_int_t)GAS_LIMIT, "rent_paid", "0", "validator_reward", "0",
			 "balance_burnt", "0", "outgoing_receipts_root", LOCALNET_NO_HASH,
			 "tx_root", LOCALNET_NO_HASH, "validator_proposals", "congestion_info",
			 "bandwidth_requests", "signature", LOCALNET_NO_SIGNATURE);
}

static void set_roots(json_t *header, const struct ledger_block *b)
{
	static const char *const roots[] = {
		"prev_state_root",   "block_body_hash", "chunk_receipts_root", "chunk_headers_root",
		"chunk_tx_root",     "outcome_root",	"challenges_root",     "next_bp_hash",
		"block_merkle_root", "epoch_id",	"next_epoch_id"
	};

	OWN(str) char *random = near_base58_encode(b->random, sizeof(b->random));

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		json_set_str(header, roots[i], LOCALNET_NO_HASH);
	json_set_str(header, "random_value", random);
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
		LOCALNET_NO_SIGNATURE, "latest_protocol_version", LOCALNET_PROTOCOL_VERSION,
		"chunk_endorsements", "epoch_sync_data_hash");

	set_roots(j, b);
	return j;
}

/* What the transactions of the block burnt. */
static json_int_t gas_used(const json_t *outcomes)
{
	json_int_t gas = 0;
	json_t *one, *receipt;
	size_t i, j;

	json_array_foreach(outcomes, i, one) {
		gas += json_int_or(json_path(one, "transaction_outcome.outcome"), "gas_burnt", 0);
		json_array_foreach(json_list(one, "receipts_outcome"), j, receipt)
			gas += json_int_or(json_map(receipt, "outcome"), "gas_burnt", 0);
	}
	return gas;
}

enum rpc_outcome rpc_block(struct rpc *r, const json_t *params, const struct rpc_request *q,
			   json_t **ret)
{
	OWN(json) json_t *outcomes = NULL;
	struct ledger_block b;

	(void)q;
	if (rpc_find_block(r, params, &b, ret) < 0)
		return RPC_ERROR;
	outcomes = ledger_block_outcomes(r->ledger, b.height);
	*ret = json_pack("{s:s,s:o,s:[o]}", "author", LOCALNET_ROOT, "header", block_header(&b),
			 "chunks", chunk_header(&b, gas_used(outcomes)));
	return RPC_RESULT;
}

static json_t *transactions(const json_t *outcomes)
{
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(outcomes, i, one)
		json_array_append(list, json_object_get(one, "transaction"));
	return list;
}

/* [[height, shard]], [hash], {chunk_id} or {block_id, shard_id} */
enum rpc_outcome rpc_chunk(struct rpc *r, const json_t *params, const struct rpc_request *q,
			   json_t **ret)
{
	const json_t *first = json_array_get(params, 0);
	OWN(json) json_t *outcomes = NULL;
	struct ledger_block b;
	int result = -1;

	(void)q;
	if (json_is_object(params))
		first = json_object_get(params, json_object_get(params, "chunk_id") ? "chunk_id"
										    : "block_id");
	if (json_is_array(first))
		first = json_array_get(first, 0);
	if (json_is_string(first))
		result = ledger_block_by_hash(r->ledger, json_string_value(first), &b);
	else if (json_is_integer(first))
		result = ledger_block_at(r->ledger, (uint64_t)json_integer_value(first), &b);
	if (result < 0) {
		*ret = rpc_error_handler("UNKNOWN_CHUNK", NULL, json_string("Chunk Missing"));
		return RPC_ERROR;
	}
	outcomes = ledger_block_outcomes(r->ledger, b.height);
	*ret = json_pack("{s:s,s:o,s:o,s:[]}", "author", LOCALNET_ROOT, "header",
			 chunk_header(&b, gas_used(outcomes)), "transactions",
			 transactions(outcomes), "receipts");
	return RPC_RESULT;
}
