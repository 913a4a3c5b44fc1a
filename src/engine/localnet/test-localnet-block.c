/* Blocks, chunks, epochs: which one a request means and what it shows. */
#include <string.h>

#include "engine/localnet/test-world.h"

static const char *text_at(const json_t *j, const char *path)
{
	return json_string_value(json_path(j, path));
}

static json_t *block(struct chain *c, const char *name, json_t *value)
{
	return ask(c, "block", json_pack("{s:o}", name, value));
}

static json_t *transfer(struct chain *c)
{
	struct near_transaction *t = transaction(c, "test.near", "near");

	add(t, NEAR_TRANSFER)->amount = 7;
	return submit(c, t, NULL);
}

/* ---- what covers what ---------------------------------------------------------------------- */

TEST(localnet_block, next_hash_covers_the_transactions_of_a_block)
{
	struct chain with = { 0 }, without = { 0 };
	OWN(json) json_t *shown = NULL;
	OWN(json) json_t *chunk = NULL;
	OWN(str) char *hash = NULL;

	chain_open(&with, NULL);
	chain_open(&without, NULL);
	CHECK_STR(with.ledger->head.hash, without.ledger->head.hash);
	hash = str_dup(with.ledger->head.hash);
	json_decref(transfer(&with));
	chain_block(&with);
	chain_block(&without);
	CHECK(strcmp(with.ledger->head.hash, without.ledger->head.hash) != 0);
	shown = block(&with, "finality", json_string("final"));
	chunk = ask(&with, "chunk", json_pack("[s]", hash));
	CHECK_STR(text_at(shown, "result.header.prev_hash"), hash);
	CHECK_STR(text_at(shown, "result.header.outcome_root"),
		  text_at(chunk, "result.header.tx_root"));
	CHECK(strcmp(text_at(chunk, "result.header.tx_root"), LOCALNET_NO_HASH) != 0);
	chain_close(&with);
	chain_close(&without);
}

TEST(localnet_block, chunk_has_the_receipts_that_accounts_send_others)
{
	struct chain c = { 0 };
	OWN(json) json_t *sent = NULL;
	OWN(json) json_t *chunk = NULL;

	chain_open(&c, NULL);
	sent = transfer(&c);
	json_decref(call(&c, CONTRACT, CONTRACT, "vote_pk", "{}")); /* gas comes back from system */
	chunk = ask(&c, "chunk", json_pack("{s:i,s:i}", "block_id", 1, "shard_id", 0));
	CHECK_INT(json_array_size(json_path(chunk, "result.transactions")), 2);
	CHECK_INT(json_array_size(json_path(chunk, "result.receipts")), 2);
	CHECK_STR(text_at(chunk, "result.receipts.0.receipt_id"),
		  text_at(sent, "result.receipts_outcome.0.id"));
	CHECK_STR(text_at(chunk, "result.receipts.1.predecessor_id"), "system");
	chain_close(&c);
}

/* ---- which block --------------------------------------------------------------------------- */

TEST(localnet_block, every_way_to_name_one_is_known_and_no_other)
{
	struct chain c = { 0 };
	OWN(json) json_t *names = NULL;
	const char *name;
	json_t *row, *want;

	chain_open(&c, NULL);
	chain_block(&c);
	chain_block(&c);
	names = json_pack("[[s,s,i],[s,s,i],[s,s,i],[s,s,i],[s,s,i],[s,i,i],[s,i,i],[s,s,i],[s,s,i]]",
			  "finality", "optimistic", 3, "finality", "near-final", 3, "finality",
			  "final", 3, "sync_checkpoint", "genesis", 0, "sync_checkpoint",
			  "earliest_available", 1, "block_id", 2, 2, "block_id", 0, 0, "block_id",
			  c.ledger->genesis_hash, 0, "block_id", c.ledger->head.hash, 3);
	for (size_t i = 0; i < json_array_size(names); i++) {
		OWN(json) json_t *answer = NULL;

		row = json_array_get(names, i);
		name = json_string_value(json_array_get(row, 0));
		want = json_array_get(row, 2);
		answer = block(&c, name, json_incref(json_array_get(row, 1)));
		CHECK_INT(json_integer_value(json_path(answer, "result.header.height")),
			  json_integer_value(want));
	}
	chain_close(&c);
}

TEST(localnet_block, block_that_is_not_named_is_refused)
{
	static const char *const methods[] = { "block", "query", "EXPERIMENTAL_protocol_config",
					       "EXPERIMENTAL_changes_in_block" };
	struct chain c = { 0 };

	chain_open(&c, NULL);
	for (size_t i = 0; i < 4; i++) {
		OWN(json)
		json_t *none = ask(&c, methods[i],
				   json_pack("{s:s,s:s}", "request_type", "view_account",
					     "account_id", "near"));
		OWN(json)
		json_t *bad = ask(&c, methods[i],
				  json_pack("{s:s,s:s,s:s}", "request_type", "view_account",
					    "account_id", "near", "finality", "soon"));

		CHECK_STR(text_at(none, "error.cause.name"), "PARSE_ERROR");
		CHECK_STR(text_at(bad, "error.cause.name"), "PARSE_ERROR");
	}
	chain_close(&c);
}

static void check_cause(struct chain *c, const char *method, json_t *params, const char *cause)
{
	OWN(json) json_t *answer = ask(c, method, params);

	CHECK_STR(text_at(answer, "error.cause.name"), cause);
}

TEST(localnet_block, what_is_not_there_is_named)
{
	struct chain c = { 0 };

	chain_open(&c, NULL);
	check_cause(&c, "gas_price", json_pack("[i]", 99), "UNKNOWN_BLOCK");
	check_cause(&c, "gas_price", json_pack("[s]", "abc"), "UNKNOWN_BLOCK");
	check_cause(&c, "gas_price", json_pack("[b]", 1), "PARSE_ERROR");
	check_cause(&c, "chunk", json_pack("[s]", "abc"), "UNKNOWN_CHUNK");
	check_cause(&c, "chunk", json_pack("[[i,i]]", 99, 0), "UNKNOWN_BLOCK");
	check_cause(&c, "chunk", json_pack("[[i,i]]", 1, 7), "INVALID_SHARD_ID");
	check_cause(&c, "chunk", json_pack("{s:i}", "block_id", 1), "PARSE_ERROR");
	check_cause(&c, "validators", json_pack("[i]", 99), "UNKNOWN_BLOCK");
	check_cause(&c, "validators", json_pack("{s:s}", "epoch_id", "abc"), "UNKNOWN_EPOCH");
	check_cause(&c, "EXPERIMENTAL_changes",
		    json_pack("{s:s,s:[s],s:i}", "changes_type", "account_changes", "account_ids",
			      "near", "block_id", 99),
		    "UNKNOWN_BLOCK");
	chain_close(&c);
}

TEST(localnet_block, gas_price_and_congestion_are_those_of_any_block)
{
	struct chain c = { 0 };
	OWN(json) json_t *price = NULL;
	OWN(json) json_t *level = NULL;

	chain_open(&c, NULL);
	price = ask(&c, "gas_price", json_pack("[i]", 1));
	CHECK_STR(text_at(price, "result.gas_price"), "100000000");
	level = ask(&c, "EXPERIMENTAL_congestion_level", json_pack("{s:s}", "chunk_id",
								  c.ledger->head.hash));
	CHECK(json_is_real(json_path(level, "result.congestion_level")));
	chain_close(&c);
}

/* ---- epochs -------------------------------------------------------------------------------- */

static void grow_to(struct chain *c, uint64_t height)
{
	while (c->ledger->head.height < height)
		chain_block(c);
}

static json_t *header(struct chain *c, int height)
{
	OWN(json) json_t *answer = block(c, "block_id", json_integer(height));

	return json_incref(json_path(answer, "result.header"));
}

TEST(localnet_epoch, id_is_the_last_hash_of_the_epoch_before_the_one_before)
{
	struct chain c = { 0 };
	OWN(json) json_t *zero = NULL;
	OWN(json) json_t *one = NULL;
	OWN(json) json_t *two = NULL;
	OWN(json) json_t *last = NULL;
	OWN(json) json_t *status = NULL;

	chain_open(&c, NULL);
	grow_to(&c, 2 * LOCALNET_EPOCH_BLOCKS);
	zero = header(&c, 10);
	one = header(&c, LOCALNET_EPOCH_BLOCKS);
	two = header(&c, 2 * LOCALNET_EPOCH_BLOCKS);
	last = header(&c, LOCALNET_EPOCH_BLOCKS - 1);
	CHECK_STR(json_str(zero, "epoch_id"), LOCALNET_NO_HASH);
	CHECK_STR(json_str(one, "epoch_id"), c.ledger->genesis_hash);
	CHECK_STR(json_str(zero, "next_epoch_id"), c.ledger->genesis_hash);
	CHECK_STR(json_str(one, "next_epoch_id"), json_str(last, "hash"));
	CHECK_STR(json_str(two, "epoch_id"), json_str(last, "hash"));
	status = ask(&c, "status", json_array());
	CHECK_STR(text_at(status, "result.sync_info.epoch_id"), json_str(two, "epoch_id"));
	CHECK_INT(json_integer_value(json_path(status, "result.sync_info.epoch_start_height")),
		  2 * LOCALNET_EPOCH_BLOCKS);
	chain_close(&c);
}

static json_int_t blocks_made(struct chain *c, json_t *params)
{
	OWN(json) json_t *answer = ask(c, "validators", params);

	return json_integer_value(json_path(answer, "result.current_validators.0.num_produced_blocks"));
}

TEST(localnet_epoch, validators_are_told_of_each)
{
	struct chain c = { 0 };
	OWN(json) json_t *ordered = NULL;

	chain_open(&c, NULL);
	grow_to(&c, LOCALNET_EPOCH_BLOCKS + 20);
	CHECK_INT(blocks_made(&c, json_pack("[n]")), 21);
	CHECK_INT(blocks_made(&c, json_string("latest")), 21);
	CHECK_INT(blocks_made(&c, json_pack("{s:s}", "epoch_id", LOCALNET_NO_HASH)),
		  LOCALNET_EPOCH_BLOCKS - 1);
	CHECK_INT(blocks_made(&c, json_pack("{s:s}", "epoch_id", c.ledger->genesis_hash)), 21);
	CHECK_INT(blocks_made(&c, json_pack("[i]", LOCALNET_EPOCH_BLOCKS - 1)),
		  LOCALNET_EPOCH_BLOCKS - 1);
	check_cause(&c, "validators", json_pack("[i]", 5), "VALIDATOR_INFO_UNAVAILABLE");
	ordered = ask(&c, "EXPERIMENTAL_validators_ordered", json_pack("[n]"));
	CHECK_STR(text_at(ordered, "result.0.account_id"), LOCALNET_ROOT);
	chain_close(&c);
}
