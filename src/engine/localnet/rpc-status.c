/* What a client asks about the chain itself: status, validators, configurations. */
#include "engine/localnet/rpc.h"

#define TOTAL_SUPPLY "5000100000000000000000000000000000"
#define STAKE "50000000000000000000000000000"
#define GAS_LIMIT 1000000000000000

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
		"rpc_addr", address, "validators", "account_id", LOCALNET_ROOT,
		"validator_account_id", LOCALNET_ROOT, "validator_public_key", r->node_key,
		"node_public_key", r->node_key, "node_key", r->node_key, "uptime_sec",
		(json_int_t)((now_ns - r->started_ns) / 1000000000), "genesis_hash",
		l->genesis_hash, "detailed_debug_status");
	json_t *sync =
		json_pack("{s:s,s:I,s:s,s:b,s:s,s:I,s:s,s:I}", "latest_block_hash", l->head.hash,
			  "latest_block_height", (json_int_t)l->head.height, "latest_state_root",
			  LOCALNET_NO_HASH, "syncing", 0, "earliest_block_hash", l->first.hash,
			  "earliest_block_height", (json_int_t)l->first.height, "epoch_id",
			  LOCALNET_NO_HASH, "epoch_start_height", (json_int_t)l->first.height);

	set_time(sync, "latest_block_time", l->head.time_ns);
	set_time(sync, "earliest_block_time", l->first.time_ns);
	json_object_set_new(j, "sync_info", sync);
	return j;
}

enum rpc_outcome rpc_gas_price(struct rpc *r, const json_t *params, const struct rpc_request *q,
			       json_t **ret)
{
	OWN(str) char *price = str_printf("%u", LOCALNET_GAS_PRICE);

	(void)r;
	(void)params;
	(void)q;
	*ret = json_pack("{s:s}", "gas_price", price);
	return RPC_RESULT;
}

enum rpc_outcome rpc_network_info(struct rpc *r, const json_t *params, const struct rpc_request *q,
				  json_t **ret)
{
	json_t *peers = r->active_peers ? r->active_peers(r->ctx) : json_array();

	(void)params;
	(void)q;
	*ret = json_pack("{s:I,s:o,s:i,s:i,s:i,s:[{s:s,s:n,s:s}]}", "num_active_peers",
			 (json_int_t)json_array_size(peers), "active_peers", peers,
			 "peer_max_count", 1000, "sent_bytes_per_sec", 0, "received_bytes_per_sec",
			 0, "known_producers", "account_id", LOCALNET_ROOT, "addr", "peer_id",
			 r->node_key);
	return RPC_RESULT;
}

/* One validator made all blocks, and will. */
enum rpc_outcome rpc_validators(struct rpc *r, const json_t *params, const struct rpc_request *q,
				json_t **ret)
{
	const struct ledger *l = r->ledger;
	uint64_t epoch = l->head.height / LOCALNET_EPOCH_BLOCKS;
	uint64_t start = epoch * LOCALNET_EPOCH_BLOCKS + (epoch == 0);
	json_int_t made = (json_int_t)(l->head.height - start + 1);

	(void)params;
	(void)q;
	*ret = json_pack(
		"{s:[{s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:[i],s:[i],s:s}],s:[{s:s,s:s,s:[i],s:s}]"
		","
		"s:[],s:[],s:[],s:[],s:I,s:I}",
		"current_validators", "account_id", LOCALNET_ROOT, "is_slashed", 0,
		"num_expected_blocks", made, "num_produced_blocks", made, "num_expected_chunks",
		made, "num_produced_chunks", made, "num_expected_endorsements", made,
		"num_produced_endorsements", made, "public_key", r->node_key, "shards", 0,
		"shards_produced", 0, "stake", STAKE, "next_validators", "account_id",
		LOCALNET_ROOT, "public_key", r->node_key, "shards", 0, "stake", STAKE,
		"current_fishermen", "next_fishermen", "current_proposals", "prev_epoch_kickout",
		"epoch_start_height", (json_int_t)start, "epoch_height", (json_int_t)epoch);
	return RPC_RESULT;
}

/* ---- configurations ------------------------------------------------------------------------ */

/* What genesis and protocol configuration have in common. */
static json_t *config(const struct rpc *r)
{
	const struct ledger *l = r->ledger;
	OWN(str) char *gas_price = str_printf("%u", LOCALNET_GAS_PRICE);
	json_t *j = json_pack(
		"{s:i,s:s,s:i,s:i,s:[i],s:[i],s:b,s:i,s:I,s:s,s:s,s:[i,i],s:i,s:i,s:i,s:i,"
		"s:[i,i],s:[i,i],s:i,s:[i,i],s:i,s:s,s:i,s:[i,i],s:[i,i],s:s,s:i}",
		"protocol_version", LOCALNET_PROTOCOL_VERSION, "chain_id", l->chain_id,
		"genesis_height", 0, "num_block_producer_seats", 1,
		"num_block_producer_seats_per_shard", 1, "avg_hidden_validator_seats_per_shard", 0,
		"dynamic_resharding", 0, "epoch_length", LOCALNET_EPOCH_BLOCKS, "gas_limit",
		(json_int_t)GAS_LIMIT, "min_gas_price", gas_price, "max_gas_price",
		"10000000000000000000000", "gas_price_adjustment_rate", 1, 100,
		"block_producer_kickout_threshold", 90, "chunk_producer_kickout_threshold", 90,
		"chunk_validator_only_kickout_threshold", 80, "target_validator_mandates_per_shard",
		68, "online_min_threshold", 9, 10, "online_max_threshold", 99, 100,
		"num_blocks_per_year", 52560000, "protocol_reward_rate", 0, 1,
		"transaction_validity_period", LOCALNET_BLOCKS_VALID, "protocol_treasury_account",
		LOCALNET_ROOT, "minimum_stake_divisor", 10, "minimum_stake_ratio", 1, 6250,
		"protocol_upgrade_stake_threshold", 4, 5, "fishermen_threshold",
		"10000000000000000000", "max_kickout_stake_perc", 100);

	json_object_set_new(j, "max_inflation_rate", json_pack("[i,i]", 0, 1));
	json_object_set_new(j, "genesis_time", json_string("2025-10-28T00:00:00Z"));
	return j;
}

static json_t *shard_layout(void)
{
	return json_pack("{s:{s:[],s:[i],s:{s:i},s:{s:i},s:n,s:n,s:i}}", "V2", "boundary_accounts",
			 "shard_ids", 0, "id_to_index_map", "0", 0, "index_to_id_map", "0", 0,
			 "shards_split_map", "shards_parent_map", "version", 0);
}

enum rpc_outcome rpc_protocol_config(struct rpc *r, const json_t *params,
				     const struct rpc_request *q, json_t **ret)
{
	OWN(str) char *byte = near_u128_format(LOCALNET_BYTE_PRICE);
	json_t *j = config(r);

	(void)params;
	(void)q;
	json_object_set_new(j, "shard_layout", shard_layout());
	json_object_set_new(j, "runtime_config",
			    json_pack("{s:s,s:{s:i,s:s},s:{s:{s:i,s:i,s:i,s:I,s:i,s:i}}}",
				      "storage_amount_per_byte", byte, "account_creation_config",
				      "min_allowed_top_level_account_length", 65,
				      "registrar_account_id", LOCALNET_REGISTRAR, "wasm_config",
				      "limit_config", "max_actions_per_receipt", 100,
				      "max_contract_size", 4194304, "max_transaction_size",
				      LOCALNET_TRANSACTION_MOST, "max_total_prepaid_gas",
				      (json_int_t)GAS_LIMIT, "yield_timeout_length_in_blocks",
				      SIGNER_TIMEOUT_BLOCKS, "max_yield_payload_size", 1024));
	*ret = j;
	return RPC_RESULT;
}

enum rpc_outcome rpc_genesis_config(struct rpc *r, const json_t *params,
				    const struct rpc_request *q, json_t **ret)
{
	json_t *j = config(r);

	(void)params;
	(void)q;
	json_object_set_new(j, "shard_layout", shard_layout());
	json_set_str(j, "total_supply", TOTAL_SUPPLY);
	json_object_set_new(j, "validators",
			    json_pack("[{s:s,s:s,s:s}]", "account_id", LOCALNET_ROOT, "public_key",
				      r->node_key, "amount", STAKE));
	json_set_bool(j, "use_production_config", false);
	json_set_int(j, "num_chunk_producer_seats", 1);
	json_set_int(j, "num_chunk_validator_seats", 1);
	json_set_int(j, "num_chunk_only_producer_seats", 0);
	json_set_int(j, "minimum_validators_per_shard", 1);
	json_object_set_new(j, "chunk_producer_assignment_changes_limit", json_integer(5));
	*ret = j;
	return RPC_RESULT;
}
