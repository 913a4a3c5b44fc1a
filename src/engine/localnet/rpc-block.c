/* Blocks and their chunk: one per block, its hash the block's. */
#include <inttypes.h>

#include "engine/localnet/rpc.h"

#define LOCALNET_NO_SIGNATURE                                                                      \
	"ed25519:1111111111111111111111111111111111111111111111111111111111111111"

/* ---- which block --------------------------------------------------------------------------- */

static json_t *unknown_block(const json_t *id)
{
	OWN(str)
	char *data = json_is_integer(id)
			     ? str_printf("DB Not Found Error: BLOCK HEIGHT: %" JSON_INTEGER_FORMAT
					  " \n Cause: Unknown",
					  json_integer_value(id))
			     : str_printf("DB Not Found Error: BLOCK: %s", json_string_value(id));

	return rpc_error_handler("UNKNOWN_BLOCK", NULL, json_string(data));
}

static int find_by_id(const struct rpc *r, const json_t *id, struct ledger_block *ret,
		      json_t **ret_error)
{
	int result;

	if (json_is_integer(id) && json_integer_value(id) >= 0) {
		result = ledger_block_at(r->ledger, (uint64_t)json_integer_value(id), ret);
	} else if (json_is_string(id)) {
		result = ledger_block_by_hash(r->ledger, json_string_value(id), ret);
	} else {
		*ret_error = rpc_error_parse("Failed parsing args: block_id must be a height or a "
					     "hash");
		return -1;
	}
	if (result < 0)
		*ret_error = unknown_block(id);
	return result;
}

/* One of these words: 0, and the block of that name. */
static int find_by_word(const struct rpc *r, const json_t *params, struct ledger_block *ret)
{
	static const char *const finalities[] = { "optimistic", "near-final", "final" };
	const char *word = json_str(params, "finality");

	*ret = r->ledger->head;
	for (size_t i = 0; word && i < sizeof(finalities) / sizeof(finalities[0]); i++)
		if (str_eq(word, finalities[i]))
			return 0;
	word = json_str(params, "sync_checkpoint");
	if (str_eq(word, "genesis"))
		return ledger_block_at(r->ledger, 0, ret);
	*ret = r->ledger->first;
	return str_eq(word, "earliest_available") ? 0 : -1;
}

int rpc_find_block(const struct rpc *r, const json_t *params, struct ledger_block *ret,
		   json_t **ret_error)
{
	const json_t *id = rpc_parameter(params, "block_id", 0);

	if (id)
		return find_by_id(r, id, ret, ret_error);
	if (find_by_word(r, params, ret) == 0)
		return 0;
	*ret_error = rpc_error_parse("Failed parsing args: name the block by block_id, by finality "
				     "(optimistic, near-final, final) or by sync_checkpoint "
				     "(genesis, earliest_available)");
	return -1;
}

int rpc_find_block_or_head(const struct rpc *r, const json_t *params, struct ledger_block *ret,
			   json_t **ret_error)
{
	const json_t *id = rpc_parameter(params, "block_id", 0);

	if (id && !json_is_null(id))
		return find_by_id(r, id, ret, ret_error);
	*ret = r->ledger->head;
	return 0;
}

/* ---- how it looks -------------------------------------------------------------------------- */

static json_t *chunk_header(const struct ledger *l, const struct ledger_block *b,
			    json_int_t gas_used)
{
	OWN(str) char *root = ledger_block_root(l, b->height);

	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:I,s:I,s:i,s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:[],s:"
			 "n,s:n,s:s}",
			 "chunk_hash", b->hash, "prev_block_hash", b->prev_hash, "outcome_root",
			 LOCALNET_NO_HASH, "prev_state_root", LOCALNET_NO_HASH,
			 "encoded_merkle_root", LOCALNET_NO_HASH, "encoded_length", 8,
			 "height_created", (json_int_t)b->height, "height_included",
			 (json_int_t)b->height, "shard_id", 0, "gas_used", gas_used, "gas_limit",
			 (json_int_t)LOCALNET_GAS_LIMIT, "rent_paid", "0", "validator_reward", "0",
			 "balance_burnt", "0", "outgoing_receipts_root", LOCALNET_NO_HASH,
			 "tx_root", root, "validator_proposals", "congestion_info",
			 "bandwidth_requests", "signature", LOCALNET_NO_SIGNATURE);
}

/* outcome_root covers the transactions of the block before, as the hash does. */
static void set_roots(json_t *header, const struct ledger *l, const struct ledger_block *b)
{
	static const char *const roots[] = { "prev_state_root",	   "block_body_hash",
					     "chunk_receipts_root", "chunk_headers_root",
					     "chunk_tx_root",	   "challenges_root",
					     "next_bp_hash",	   "block_merkle_root" };
	OWN(str) char *random = near_base58_encode(b->random, sizeof(b->random));
	OWN(str) char *before = b->height ? ledger_block_root(l, b->height - 1) : NULL;
	struct ledger_epoch epoch;

	ledger_epoch_at(l, b->height, &epoch);
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		json_set_str(header, roots[i], LOCALNET_NO_HASH);
	json_set_str(header, "outcome_root", before ? before : LOCALNET_NO_HASH);
	json_set_str(header, "epoch_id", epoch.id);
	json_set_str(header, "next_epoch_id", epoch.next_id);
	json_set_str(header, "random_value", random);
	json_set_str(header, "last_final_block", b->prev_hash);
	json_set_str(header, "last_ds_final_block", b->prev_hash);
}

static json_t *block_header(const struct ledger *l, const struct ledger_block *b)
{
	OWN(str) char *nanoseconds = str_printf("%" PRId64, b->time_ns);
	OWN(str) char *gas_price = str_printf("%u", LOCALNET_GAS_PRICE);
	json_t *j = json_pack(
		"{s:I,s:I,s:s,s:s,s:I,s:s,s:i,s:[],s:[b],s:s,s:I,s:s,s:s,s:s,s:[],s:[],s:s,s:i,s:n,"
		"s:n}",
		"height", (json_int_t)b->height, "prev_height",
		b->height ? (json_int_t)b->height - 1 : 0, "hash",
		b->hash, "prev_hash", b->prev_hash, "timestamp", (json_int_t)b->time_ns,
		"timestamp_nanosec", nanoseconds, "chunks_included", 1, "validator_proposals",
		"chunk_mask", 1, "gas_price", gas_price, "block_ordinal", (json_int_t)b->height,
		"rent_paid", "0", "validator_reward", "0", "total_supply",
		"2000000000000000000000000000000000", "challenges_result", "approvals", "signature",
		LOCALNET_NO_SIGNATURE, "latest_protocol_version", LOCALNET_PROTOCOL_VERSION,
		"chunk_endorsements", "epoch_sync_data_hash");

	set_roots(j, l, b);
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

RPC_METHOD(rpc_block)
{
	OWN(json) json_t *outcomes = NULL;
	struct ledger_block b;

	(void)q;
	if (rpc_find_block(r, params, &b, ret) < 0)
		return RPC_ERROR;
	outcomes = ledger_block_outcomes(r->ledger, b.height);
	*ret = json_pack("{s:s,s:o,s:[o]}", "author", LOCALNET_ROOT, "header",
			 block_header(r->ledger, &b), "chunks",
			 chunk_header(r->ledger, &b, gas_used(outcomes)));
	return RPC_RESULT;
}

/* ---- chunks -------------------------------------------------------------------------------- */

static json_t *transactions(const json_t *outcomes)
{
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(outcomes, i, one)
		json_array_append(list, json_object_get(one, "transaction"));
	return list;
}

static int check_shard(const json_t *shard, json_t **ret_error)
{
	OWN(str) char *text = NULL;

	if (!json_is_integer(shard)) {
		*ret_error = rpc_error_missing("shard_id");
		return -1;
	}
	if (json_integer_value(shard) == 0)
		return 0;
	text = str_printf("Shard id %" JSON_INTEGER_FORMAT " does not exist",
			  json_integer_value(shard));
	*ret_error = rpc_error_handler("INVALID_SHARD_ID",
				       json_pack("{s:O}", "shard_id", (json_t *)(uintptr_t)shard),
				       json_string(text));
	return -1;
}

static int find_by_hash(const struct rpc *r, const char *hash, struct ledger_block *ret,
			json_t **ret_error)
{
	OWN(str) char *text = NULL;

	if (ledger_block_by_hash(r->ledger, hash, ret) == 0)
		return 0;
	text = str_printf("Chunk Missing (unavailable on the node): ChunkHash(`%s`)", hash);
	*ret_error = rpc_error_handler("UNKNOWN_CHUNK", json_pack("{s:s}", "chunk_hash", hash),
				       json_string(text));
	return -1;
}

/* [[block id, shard]], [hash], {chunk_id} or {block_id, shard_id} */
static int find_chunk(const struct rpc *r, const json_t *params, struct ledger_block *ret,
		      json_t **ret_error)
{
	const json_t *inner = json_array_get(params, 0);
	const json_t *at = json_is_array(inner) ? inner : params;
	const char *hash = json_string_value(rpc_parameter(params, "chunk_id", 0));
	const json_t *id = json_is_array(params) && !json_is_array(inner)
				   ? NULL
				   : rpc_parameter(at, "block_id", 0);

	if (hash)
		return find_by_hash(r, hash, ret, ret_error);
	if (!id) {
		*ret_error = rpc_error_missing("chunk_id");
		return -1;
	}
	if (find_by_id(r, id, ret, ret_error) < 0)
		return -1;
	return check_shard(rpc_parameter(at, "shard_id", 1), ret_error);
}

RPC_METHOD(rpc_chunk)
{
	OWN(json) json_t *outcomes = NULL;
	struct ledger_block b;

	(void)q;
	if (find_chunk(r, params, &b, ret) < 0)
		return RPC_ERROR;
	outcomes = ledger_block_outcomes(r->ledger, b.height);
	*ret = json_pack("{s:s,s:o,s:o,s:o}", "author", LOCALNET_ROOT, "header",
			 chunk_header(r->ledger, &b, gas_used(outcomes)), "transactions",
			 transactions(outcomes), "receipts",
			 ledger_block_receipts(r->ledger, b.height));
	return RPC_RESULT;
}

/* Nothing is ever delayed here. */
RPC_METHOD(rpc_congestion)
{
	struct ledger_block b;

	(void)q;
	if (find_chunk(r, params, &b, ret) < 0)
		return RPC_ERROR;
	*ret = json_pack("{s:f}", "congestion_level", 0.0);
	return RPC_RESULT;
}
