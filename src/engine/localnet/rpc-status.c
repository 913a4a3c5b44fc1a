/* What a client asks about the chain itself: status, network, validators. */
#include "engine/localnet/rpc.h"

#include <string.h>

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
	struct ledger_epoch epoch;
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
		json_pack("{s:s,s:I,s:s,s:b,s:s,s:I}", "latest_block_hash", l->head.hash,
			  "latest_block_height", (json_int_t)l->head.height, "latest_state_root",
			  LOCALNET_NO_HASH, "syncing", 0, "earliest_block_hash", l->first.hash,
			  "earliest_block_height", (json_int_t)l->first.height);

	ledger_epoch_at(l, l->head.height, &epoch);
	json_set_str(sync, "epoch_id", epoch.id);
	json_set_int(sync, "epoch_start_height", (json_int_t)epoch.start);
	set_time(sync, "latest_block_time", l->head.time_ns);
	set_time(sync, "earliest_block_time", l->first.time_ns);
	json_object_set_new(j, "sync_info", sync);
	return j;
}

/* The same at each block. */
RPC_METHOD(rpc_gas_price)
{
	OWN(str) char *price = str_printf("%u", LOCALNET_GAS_PRICE);
	struct ledger_block b;

	(void)q;
	if (rpc_find_block_or_head(r, params, &b, ret) < 0)
		return RPC_ERROR;
	*ret = json_pack("{s:s}", "gas_price", price);
	return RPC_RESULT;
}

RPC_METHOD(rpc_network_info)
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

/* ---- validators ---------------------------------------------------------------------------- */

static json_t *unknown_epoch(void)
{
	return rpc_error_handler("UNKNOWN_EPOCH", NULL,
				 json_string("the chain knows no epoch of that id"));
}

static int find_epoch(const struct ledger *l, const char *id, struct ledger_epoch *ret,
		      uint64_t *ret_end)
{
	uint64_t height = l->head.height;

	for (;;) {
		ledger_epoch_at(l, height, ret);
		*ret_end = height;
		if (!strcmp(ret->id, id))
			return 0;
		if (ret->start <= l->first.height)
			return -1;
		height = ret->start - 1;
	}
}

/* "latest", [null], [block id], {block_id} or {epoch_id}: the epoch, and its last block so far. As on
 * nearcore, a block names its epoch only when it ends it. 0, or -1 and the error. */
static int asked_epoch(const struct rpc *r, const json_t *params, struct ledger_epoch *ret,
		       uint64_t *ret_end, json_t **ret_error)
{
	const json_t *id = rpc_parameter(params, "block_id", 0);
	const char *epoch_id = json_str(params, "epoch_id");
	struct ledger_block b;

	if (epoch_id) {
		if (find_epoch(r->ledger, epoch_id, ret, ret_end) == 0)
			return 0;
		*ret_error = unknown_epoch();
		return -1;
	}
	if (rpc_find_block_or_head(r, params, &b, ret_error) < 0)
		return -1;
	*ret_end = b.height;
	ledger_epoch_at(r->ledger, b.height, ret);
	if (!id || json_is_null(id) || str_eq(json_string_value(id), r->ledger->head.hash) ||
	    b.height + 1 == ret->start + LOCALNET_EPOCH_BLOCKS)
		return 0;
	*ret_error = rpc_error_handler("VALIDATOR_INFO_UNAVAILABLE", NULL,
				       json_string("a block tells of its epoch when it is the "
						   "last one of it"));
	return -1;
}

/* One validator made all blocks, and will. */
RPC_METHOD(rpc_validators)
{
	struct ledger_epoch epoch;
	uint64_t end = 0;
	json_int_t made;

	(void)q;
	if (asked_epoch(r, params, &epoch, &end, ret) < 0)
		return RPC_ERROR;
	made = (json_int_t)(end - epoch.start + (epoch.start > 0)); /* nobody made block 0 */
	*ret = json_pack(
		"{s:[{s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:[i],s:[i],s:s}],s:[{s:s,s:s,s:[i],s:s}]"
		","
		"s:[],s:[],s:[],s:[],s:I,s:I}",
		"current_validators", "account_id", LOCALNET_ROOT, "is_slashed", 0,
		"num_expected_blocks", made, "num_produced_blocks", made, "num_expected_chunks",
		made, "num_produced_chunks", made, "num_expected_endorsements", made,
		"num_produced_endorsements", made, "public_key", r->node_key, "shards", 0,
		"shards_produced", 0, "stake", LOCALNET_STAKE, "next_validators", "account_id",
		LOCALNET_ROOT, "public_key", r->node_key, "shards", 0, "stake", LOCALNET_STAKE,
		"current_fishermen", "next_fishermen", "current_proposals", "prev_epoch_kickout",
		"epoch_start_height", (json_int_t)epoch.start, "epoch_height",
		(json_int_t)epoch.number);
	return RPC_RESULT;
}

RPC_METHOD(rpc_validators_ordered)
{
	struct ledger_block b;

	(void)q;
	if (rpc_find_block_or_head(r, params, &b, ret) < 0)
		return RPC_ERROR;
	*ret = json_pack("[{s:s,s:s,s:s,s:s}]", "validator_stake_struct_version", "V1",
			 "account_id", LOCALNET_ROOT, "public_key", r->node_key, "stake",
			 LOCALNET_STAKE);
	return RPC_RESULT;
}
