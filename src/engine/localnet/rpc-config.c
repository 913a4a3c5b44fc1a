/* Configurations, of genesis and of the protocol. */
#include "engine/localnet/rpc.h"

#define TOTAL_SUPPLY "5000100000000000000000000000000000"

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
		(json_int_t)LOCALNET_GAS_LIMIT, "min_gas_price", gas_price, "max_gas_price",
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
	json_object_set_new(j, "genesis_time", json_string(LOCALNET_GENESIS_TIME));
	return j;
}

static json_t *shard_layout(void)
{
	return json_pack("{s:{s:[],s:[i],s:{s:i},s:{s:i},s:n,s:n,s:i}}", "V2", "boundary_accounts",
			 "shard_ids", 0, "id_to_index_map", "0", 0, "index_to_id_map", "0", 0,
			 "shards_split_map", "shards_parent_map", "version", 0);
}

/* Without costs and features of a virtual machine, which this chain has not. */
static json_t *wasm_config(void)
{
	return json_pack("{s:{s:i,s:i,s:i,s:i,s:i,s:I,s:i,s:i}}", "limit_config",
			 "max_actions_per_receipt", 100, "max_length_method_name", 256,
			 "max_number_bytes_method_names", 2000, "max_contract_size", 4194304,
			 "max_transaction_size", LOCALNET_TRANSACTION_MOST, "max_total_prepaid_gas",
			 (json_int_t)LOCALNET_GAS_LIMIT, "yield_timeout_length_in_blocks",
			 SIGNER_TIMEOUT_BLOCKS, "max_yield_payload_size", 1024);
}

RPC_METHOD(rpc_protocol_config)
{
	OWN(str) char *byte = near_u128_format(LOCALNET_BYTE_PRICE);
	struct ledger_block b;
	json_t *j;

	(void)q;
	if (rpc_find_block(r, params, &b, ret) < 0)
		return RPC_ERROR;
	j = config(r);
	json_object_set_new(j, "shard_layout", shard_layout());
	json_object_set_new(j, "runtime_config",
			    json_pack("{s:s,s:o,s:{s:i,s:s},s:o}", "storage_amount_per_byte", byte,
				      "transaction_costs", ledger_transaction_costs(),
				      "account_creation_config",
				      "min_allowed_top_level_account_length", 65,
				      "registrar_account_id", LOCALNET_REGISTRAR, "wasm_config",
				      wasm_config()));
	*ret = j;
	return RPC_RESULT;
}

RPC_METHOD(rpc_genesis_config)
{
	json_t *j = config(r);

	(void)params;
	(void)q;
	json_object_set_new(j, "shard_layout", shard_layout());
	json_set_str(j, "total_supply", TOTAL_SUPPLY);
	json_object_set_new(j, "validators",
			    json_pack("[{s:s,s:s,s:s}]", "account_id", LOCALNET_ROOT, "public_key",
				      r->node_key, "amount", LOCALNET_STAKE));
	json_set_bool(j, "use_production_config", false);
	json_set_int(j, "num_chunk_producer_seats", 1);
	json_set_int(j, "num_chunk_validator_seats", 1);
	json_set_int(j, "num_chunk_only_producer_seats", 0);
	json_set_int(j, "minimum_validators_per_shard", 1);
	json_object_set_new(j, "chunk_producer_assignment_changes_limit", json_integer(5));
	*ret = j;
	return RPC_RESULT;
}
