/* Receipts of transactions: ids, order, refunds, and what JSON-RPC says of them. */
#include <sqlite3.h>
#include <string.h>

#include "engine/localnet/test-world.h"

#define NEAR ((near_u128)1000000u * 1000000000000000000u)

static const char *text_at(const json_t *j, const char *path)
{
	return json_string_value(json_path(j, path));
}

/* The outcome of a transaction with its receipts; new. */
static json_t *with_receipts(struct chain *c, const json_t *answer)
{
	OWN(json)
	json_t *found = ask(c, "EXPERIMENTAL_tx_status",
			    json_pack("{s:s,s:s,s:s}", "tx_hash",
				      text_at(answer, "result.transaction.hash"),
				      "sender_account_id", "test.near", "wait_until", "NONE"));

	return json_incref(json_object_get(found, "result"));
}

static const json_t *receipt_of(const json_t *outcome, const char *id)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_list(outcome, "receipts"), i, one)
		if (str_eq(json_str(one, "receipt_id"), id))
			return one;
	return NULL;
}

/* The vector is sha256(parent | height, little endian | index, little endian) by another program.
 */
TEST(receipt_id, is_nearcores)
{
	OWN(str) char *id = receipt_id("9FtHUFBQsZ2MG77K3x3MJ9wjX3UT8zE1TczCrhZEcG8U", 258, 1);

	CHECK_STR(id, "Bc9NLQWZ76ovfHp33BCfUF61bxzQz1DkBNdzBVFxW7hL");
}

TEST(ledger_receipt, transfer_has_one_and_its_id_follows_from_the_transaction)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *outcome = NULL;
	OWN(json) json_t *found = NULL;
	OWN(str) char *id = NULL;

	chain_open(&c, NULL);
	t = transaction(&c, "test.near", "near");
	add(t, NEAR_TRANSFER)->amount = 7;
	answer = submit(&c, t, NULL);
	CHECK(!json_path(answer, "result.receipts"));
	outcome = with_receipts(&c, answer);
	id = receipt_id(text_at(answer, "result.transaction.hash"), c.ledger->head.height, 0);
	CHECK_STR(text_at(outcome, "transaction_outcome.outcome.receipt_ids.0"), id);
	CHECK_STR(text_at(outcome, "receipts_outcome.0.id"), id);
	CHECK_INT(json_array_size(json_list(outcome, "receipts")), 1);
	CHECK_STR(text_at(outcome, "receipts.0.predecessor_id"), "test.near");
	CHECK_STR(text_at(outcome, "receipts.0.receipt.Action.actions.0.Transfer.deposit"), "7");
	CHECK_STR(text_at(outcome, "receipts.0.receipt.Action.gas_price"), "100000000");
	found = ask(&c, "EXPERIMENTAL_receipt", json_pack("{s:s}", "receipt_id", id));
	CHECK(json_equal(json_object_get(found, "result"), receipt_of(outcome, id)));
	chain_close(&c);
}

TEST(ledger_receipt, one_to_oneself_is_not_listed_and_can_be_found)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *outcome = NULL;
	OWN(json) json_t *found = NULL;

	chain_open(&c, NULL);
	t = transaction(&c, "test.near", "test.near");
	add(t, NEAR_TRANSFER)->amount = 7;
	answer = submit(&c, t, NULL);
	outcome = with_receipts(&c, answer);
	CHECK_INT(json_array_size(json_list(outcome, "receipts")), 0);
	CHECK_INT(json_array_size(json_list(outcome, "receipts_outcome")), 1);
	found = ask(&c, "EXPERIMENTAL_receipt",
		    json_pack("[s]", text_at(outcome, "receipts_outcome.0.id")));
	CHECK_STR(text_at(found, "result.receiver_id"), "test.near");
	chain_close(&c);
}

TEST(ledger_receipt, unknown_one_is_named)
{
	struct chain c = { 0 };
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	answer = ask(&c, "EXPERIMENTAL_receipt", json_pack("{s:s}", "receipt_id", "abc"));
	CHECK_STR(text_at(answer, "error.cause.name"), "UNKNOWN_RECEIPT");
	CHECK_STR(text_at(answer, "error.cause.info.receipt_id"), "abc");
	chain_close(&c);
}

/* ---- money that goes back ------------------------------------------------------------------ */

static void check_refund(const json_t *outcome, size_t at, const char *signer, const char *amount)
{
	const json_t *one = json_array_get(json_list(outcome, "receipts_outcome"), at);
	const json_t *receipt = receipt_of(outcome, json_str_or(one, "id", ""));

	CHECK_STR(text_at(one, "outcome.tokens_burnt"), "0");
	CHECK_INT(json_integer_value(json_path(one, "outcome.gas_burnt")), 223182562500);
	CHECK_STR(text_at(receipt, "predecessor_id"), "system");
	CHECK_STR(text_at(receipt, "receiver_id"), "test.near");
	CHECK_STR(text_at(receipt, "receipt.Action.signer_id"), signer);
	CHECK_STR(text_at(receipt, "receipt.Action.gas_price"), "0");
	if (amount)
		CHECK_STR(text_at(receipt, "receipt.Action.actions.0.Transfer.deposit"), amount);
	CHECK_STR(text_at(outcome, at == 1 ? "receipts_outcome.0.outcome.receipt_ids.0"
					   : "receipts_outcome.0.outcome.receipt_ids.1"),
		  json_str(one, "id"));
}

TEST(ledger_receipt, deposit_and_gas_come_back_from_system_and_cost_nothing)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *outcome = NULL;

	chain_open(&c, NULL);
	t = transaction(&c, "test.near", CONTRACT);
	add_call(t, "sign", "{}")->amount = NEAR;
	answer = submit(&c, t, NULL);
	outcome = with_receipts(&c, answer);
	CHECK_INT(json_array_size(json_list(outcome, "receipts_outcome")), 3);
	check_refund(outcome, 1, "system", "1000000000000000000000000");
	check_refund(outcome, 2, "test.near", NULL);
	CHECK_STR(text_at(receipt_of(outcome, text_at(outcome, "receipts_outcome.2.id")),
			  "receipt.Action.signer_public_key"),
		  c.public_key);
	chain_close(&c);
}

/* Bytes cost more to send to another account. */
TEST(ledger_receipt, call_burns_the_fees_of_its_bytes_and_the_estimate)
{
	struct chain c = { 0 };
	OWN(json) json_t *far = NULL;
	OWN(json) json_t *near = NULL;
	json_int_t receipt = 108059500000, byte = 9; /* "vote_pk" and "{}" */

	chain_open(&c, NULL);
	far = call(&c, "test.near", CONTRACT, "vote_pk", "{}");
	near = call(&c, CONTRACT, CONTRACT, "vote_pk", "{}");
	CHECK_INT(
		json_integer_value(json_path(far, "result.transaction_outcome.outcome.gas_burnt")),
		receipt + 200000000000 + byte * 47683715);
	CHECK_INT(
		json_integer_value(json_path(near, "result.transaction_outcome.outcome.gas_burnt")),
		receipt + 200000000000 + byte * 2235934);
	CHECK_INT(json_integer_value(json_path(far, "result.receipts_outcome.0.outcome.gas_burnt")),
		  receipt + 780000000000 + byte * 2235934 + LOCALNET_CALL_GAS);
	chain_close(&c);
}

TEST(ledger_receipt, actions_behind_the_one_that_failed_burn_nothing)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	t = transaction(&c, "test.near", "near");
	add(t, NEAR_CREATE_ACCOUNT);
	add(t, NEAR_TRANSFER)->amount = 1;
	answer = submit(&c, t, NULL);
	CHECK(json_path(action_error(answer), "AccountAlreadyExists"));
	CHECK_INT(json_integer_value(
			  json_path(answer, "result.receipts_outcome.0.outcome.gas_burnt")),
		  108059500000 + 3850000000000);
	chain_close(&c);
}

TEST(ledger_receipt, call_without_gas_enough_burns_all_of_it)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	t = transaction(&c, "test.near", CONTRACT);
	add_call(t, "vote_pk", "{}")->gas = 1000;
	answer = submit(&c, t, NULL);
	CHECK_INT(json_array_size(json_path(answer, "result.receipts_outcome")), 1);
	CHECK_INT(json_integer_value(
			  json_path(answer, "result.receipts_outcome.0.outcome.gas_burnt")),
		  108059500000 + 780000000000 + 9 * 2235934 + 1000);
	chain_close(&c);
}

/* ---- a signature --------------------------------------------------------------------------- */

static near_u128 burnt(const json_t *outcome)
{
	near_u128 sum = 0, one = 0;
	const json_t *receipt;
	size_t i;

	near_u128_parse(text_at(outcome, "transaction_outcome.outcome.tokens_burnt"), &sum);
	json_array_foreach(json_list(outcome, "receipts_outcome"), i, receipt) {
		near_u128_parse(text_at(receipt, "outcome.tokens_burnt"), &one);
		sum += one;
	}
	return sum;
}

/* nearcore's order: each receipt, then all that follow from it; ids count what it makes. */
static void check_order(const json_t *outcome)
{
	const json_t *list = json_list(outcome, "receipts_outcome"), *one;
	const char *first = text_at(outcome, "receipts_outcome.0.id");
	size_t i;

	json_array_foreach(list, i, one) {
		OWN(str)
		char *path = str_printf("receipts_outcome.0.outcome.receipt_ids.%zu", i - 1);

		if (i > 0)
			CHECK_STR(text_at(outcome, path), json_str(one, "id"));
		CHECK(receipt_of(outcome, json_str(one, "id")));
	}
	CHECK_INT(i, 3); /* the call, its callback, the gas */
	CHECK_INT(json_array_size(json_list(outcome, "receipts")), 3);
	CHECK_STR(text_at(outcome, "receipts_outcome.0.outcome.status.SuccessReceiptId"),
		  text_at(outcome, "receipts_outcome.1.id"));
	CHECK_STR(text_at(outcome, "receipts.0.receipt_id"), first);
}

TEST(ledger_receipt, callback_stands_before_the_refund_and_nothing_is_lost)
{
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *outcome = NULL;
	const json_t *callback;
	near_u128 before, there;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	before = balance(&c, "test.near");
	there = balance(&c, CONTRACT);
	CHECK(!sign_request(&c, "test.near", 1));
	json_decref(respond(&c, &s));
	answer = take_answer(&c);
	outcome = with_receipts(&c, answer);
	check_order(outcome);
	callback = receipt_of(outcome, text_at(outcome, "receipts_outcome.1.id"));
	CHECK_STR(text_at(callback, "predecessor_id"), CONTRACT);
	CHECK(json_is_true(json_path(callback, "receipt.Action.is_promise_yield")));
	CHECK_INT(json_array_size(json_path(callback, "receipt.Action.input_data_ids")), 1);
	CHECK(before - balance(&c, "test.near") == burnt(outcome) + balance(&c, CONTRACT) - there);
	chain_close(&c);
}

/* sign takes one yocto and pays back what is more. */
TEST(ledger_receipt, contract_pays_back_by_a_receipt_of_its_own)
{
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *outcome = NULL;
	struct near_transaction *t;
	const json_t *payment;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	t = transaction(&c, "test.near", CONTRACT);
	add_call(t, "sign",
		 "{\"request\":{\"path\":\"\",\"domain_id\":0,\"payload_v2\":{\"Eddsa\":"
		 "\"0102030405060708010203040506070801020304050607080102030405060708\"}}}")
		->amount = NEAR;
	CHECK(!submit(&c, t, NULL));
	json_decref(respond(&c, &s));
	answer = take_answer(&c);
	outcome = with_receipts(&c, answer);
	CHECK_INT(json_array_size(json_list(outcome, "receipts_outcome")), 4);
	payment = receipt_of(outcome, text_at(outcome, "receipts_outcome.2.id"));
	CHECK_STR(text_at(payment, "predecessor_id"), CONTRACT);
	CHECK_STR(text_at(payment, "receipt.Action.signer_id"), "test.near");
	CHECK_STR(text_at(payment, "receipt.Action.actions.0.Transfer.deposit"),
		  "999999999999999999999999");
	CHECK_STR(text_at(outcome, "receipts_outcome.2.outcome.tokens_burnt"),
		  "22318256250000000000");
	chain_close(&c);
}

TEST(ledger_receipt, receipts_are_there_after_a_restart)
{
	OWN(str) char *path = make_directory();
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *outcome = NULL;
	OWN(str) char *hash = NULL;

	chain_open(&c, path);
	signers_begin(&c, &s);
	CHECK(!sign_request(&c, "test.near", 1));
	hash = str_dup(json_object_iter_key(json_object_iter(c.ledger->waiting)));
	chain_close(&c);
	chain_open(&c, path);
	json_decref(respond(&c, &s));
	answer = ask(&c, "tx", json_pack("[s,s]", hash, "test.near"));
	outcome = with_receipts(&c, answer);
	check_order(outcome);
	chain_close(&c);
	remove_directory(path);
}

TEST(ledger_receipt, chain_of_another_form_is_refused_and_left_as_it_is)
{
	OWN(str) char *directory = make_directory();
	OWN(str) char *path = str_printf("%s/chain.db", directory);
	struct ledger_store *store = NULL;
	struct err err = { 0 };
	sqlite3 *db = NULL;

	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(
		sqlite3_exec(db, "CREATE TABLE old (x); PRAGMA user_version = 1", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	CHECK_INT(ledger_store_open(path, &store, &err), -1);
	CHECK(strstr(
		err.text,
		"another version of mpcup made this chain (form 1, not 2): mpcup down --purge"));
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK(sqlite3_exec(db, "SELECT * FROM account", NULL, NULL, NULL) != SQLITE_OK);
	sqlite3_close(db);
	remove_directory(directory);
}

/* ---- how long one waits -------------------------------------------------------------------- */

static json_t *status_until(struct chain *c, const char *hash, const char *wait_until)
{
	return ask(c, "EXPERIMENTAL_tx_status",
		   json_pack("{s:s,s:s,s:s}", "tx_hash", hash, "sender_account_id", "test.near",
			     "wait_until", wait_until));
}

TEST(ledger_receipt, what_has_begun_is_told_to_those_who_do_not_wait)
{
	static const char *const early[] = { "NONE", "INCLUDED", "INCLUDED_FINAL" };
	static const char *const late[] = { "EXECUTED_OPTIMISTIC", "EXECUTED", "FINAL" };
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *bad = NULL;
	const char *hash;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	CHECK(!sign_request(&c, "test.near", 1));
	hash = json_object_iter_key(json_object_iter(c.ledger->waiting));
	for (size_t i = 0; i < 3; i++) {
		OWN(json) json_t *answer = status_until(&c, hash, early[i]);

		CHECK_STR(text_at(answer, "result.final_execution_status"), "INCLUDED_FINAL");
		CHECK_STR(text_at(answer, "result.status"), "Started");
		CHECK_INT(json_array_size(json_path(answer, "result.receipts_outcome")), 2);
		CHECK_INT(json_array_size(json_path(answer, "result.receipts")), 3);
	}
	for (size_t i = 0; i < 3; i++)
		CHECK(!status_until(&c, hash, late[i]));
	bad = status_until(&c, hash, "SOON");
	CHECK_STR(text_at(bad, "error.cause.name"), "PARSE_ERROR");
	json_decref(respond(&c, &s));
	json_decref(take_answer(&c)); /* of who sent it */
	for (size_t i = 0; i < 3; i++) {
		OWN(json) json_t *answer = take_answer(&c);

		CHECK_STR(text_at(answer, "result.final_execution_status"), "FINAL");
		CHECK_INT(json_array_size(json_path(answer, "result.receipts")), 3);
	}
	chain_close(&c);
}
