/* What blocks changed. */
#include <string.h>

#include "engine/localnet/test-world.h"

#define NEAR ((near_u128)1000000u * 1000000000000000000u)

static const char *text_at(const json_t *j, const char *path)
{
	return json_string_value(json_path(j, path));
}

/* The answer to EXPERIMENTAL_changes about one account at the head. */
static json_t *changes(struct chain *c, const char *type, const char *account)
{
	return ask(c, "EXPERIMENTAL_changes",
		   json_pack("{s:s,s:[s],s:s,s:s}", "changes_type", type, "account_ids", account,
			     "key_prefix_base64", "", "finality", "final"));
}

static json_t *touched(struct chain *c)
{
	OWN(json)
	json_t *answer = ask(c, "EXPERIMENTAL_changes_in_block",
			     json_pack("{s:s}", "finality", "final"));

	CHECK_STR(text_at(answer, "result.block_hash"), c->ledger->head.hash);
	return json_incref(json_path(answer, "result.changes"));
}

static bool has(const json_t *list, const char *type, const char *account)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (str_eq(json_str(one, "type"), type) &&
		    str_eq(json_str(one, "account_id"), account))
			return true;
	return false;
}

TEST(localnet_changes, transfer_changes_two_accounts_and_a_key_for_its_causes)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *sent = NULL;
	OWN(json) json_t *list = NULL;
	OWN(json) json_t *payer = NULL;
	OWN(json) json_t *payee = NULL;
	OWN(json) json_t *keys = NULL;

	chain_open(&c, NULL);
	chain_block(&c);
	t = transaction(&c, "test.near", "near");
	add(t, NEAR_TRANSFER)->amount = 7;
	sent = submit(&c, t, NULL);
	list = touched(&c);
	CHECK_INT(json_array_size(list), 3);
	CHECK(has(list, "account_touched", "test.near") && has(list, "account_touched", "near"));
	CHECK(has(list, "access_key_touched", "test.near"));
	payer = changes(&c, "account_changes", "test.near");
	CHECK_INT(json_array_size(json_path(payer, "result.changes")), 1);
	CHECK_STR(text_at(payer, "result.changes.0.type"), "account_update");
	CHECK_STR(text_at(payer, "result.changes.0.cause.tx_hash"),
		  text_at(sent, "result.transaction.hash"));
	CHECK_STR(text_at(payer, "result.changes.0.change.amount"),
		  json_str(ledger_account(c.ledger, "test.near"), "amount"));
	payee = changes(&c, "account_changes", "near");
	CHECK_STR(text_at(payee, "result.changes.0.cause.receipt_hash"),
		  text_at(sent, "result.receipts_outcome.0.id"));
	keys = changes(&c, "all_access_key_changes", "test.near");
	CHECK_INT(json_integer_value(
			  json_path(keys, "result.changes.0.change.access_key.nonce")),
		  json_integer_value(json_path(sent, "result.transaction.nonce")));
	chain_close(&c);
}

/* Adds a key; caller frees its text. */
static char *add_key(struct chain *c)
{
	struct near_transaction *t = transaction(c, "test.near", "test.near");
	struct near_action *a = add(t, NEAR_ADD_KEY);
	uint8_t seed[32] = { 60 };
	struct near_key key;
	char *text;

	near_key_from_seed(seed, &key);
	text = near_key_format_public(&key);
	a->public_key = str_dup(text);
	a->permission.full_access = true;
	json_decref(submit(c, t, NULL));
	return text;
}

static void delete_key(struct chain *c, const char *key)
{
	struct near_transaction *t = transaction(c, "test.near", "test.near");

	add(t, NEAR_DELETE_KEY)->public_key = str_dup(key);
	json_decref(submit(c, t, NULL));
}

TEST(localnet_changes, keys_come_and_go)
{
	struct chain c = { 0 };
	OWN(str) char *key = NULL;
	OWN(json) json_t *list = NULL;

	chain_open(&c, NULL);
	key = add_key(&c);
	delete_key(&c, key);
	list = ask(&c, "EXPERIMENTAL_changes",
		   json_pack("{s:s,s:[{s:s,s:s}],s:i}", "changes_type", "single_access_key_changes",
			     "keys", "account_id", "test.near", "public_key", key, "block_id", 1));
	CHECK_INT(json_array_size(json_path(list, "result.changes")), 2);
	CHECK_STR(text_at(list, "result.changes.0.type"), "access_key_update");
	CHECK_STR(text_at(list, "result.changes.0.change.access_key.permission"), "FullAccess");
	CHECK_STR(text_at(list, "result.changes.1.type"), "access_key_deletion");
	chain_close(&c);
}

TEST(localnet_changes, deleted_account_goes_with_its_keys)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *account = NULL;
	OWN(json) json_t *keys = NULL;

	chain_open(&c, NULL);
	create(&c, "test.near", "a.test.near", NEAR);
	chain_block(&c);
	t = transaction(&c, "a.test.near", "a.test.near");
	add(t, NEAR_DELETE_ACCOUNT)->name = str_dup("test.near");
	json_decref(submit(&c, t, NULL));
	account = changes(&c, "account_changes", "a.test.near");
	CHECK_STR(text_at(account, "result.changes.1.type"), "account_deletion");
	keys = changes(&c, "all_access_key_changes", "a.test.near");
	CHECK_STR(text_at(keys, "result.changes.1.type"), "access_key_deletion");
	CHECK_STR(text_at(keys, "result.changes.1.change.public_key"), c.public_key);
	chain_close(&c);
}

TEST(localnet_changes, failed_receipt_changes_nothing_but_what_goes_back)
{
	struct chain c = { 0 };
	OWN(json) json_t *list = NULL;

	chain_open(&c, NULL);
	json_decref(call(&c, "test.near", CONTRACT, "sign", "{}"));
	list = touched(&c);
	CHECK_INT(json_array_size(list), 2);
	CHECK(has(list, "account_touched", "test.near"));
	CHECK(has(list, "access_key_touched", "test.near"));
	chain_close(&c);
}

/* ---- data and code ------------------------------------------------------------------------- */

TEST(localnet_changes, data_is_given_while_it_is_the_newest)
{
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *list = NULL;
	OWN(json) json_t *now = NULL;
	OWN(json) json_t *later = NULL;
	OWN(json) json_t *state = NULL;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	list = touched(&c);
	CHECK(has(list, "data_touched", CONTRACT));
	now = changes(&c, "data_changes", CONTRACT);
	state = ask(&c, "query",
		    json_pack("{s:s,s:s,s:s,s:s}", "request_type", "view_state", "account_id",
			      CONTRACT, "prefix_base64", "", "finality", "final"));
	CHECK_STR(text_at(now, "result.changes.0.change.value_base64"),
		  text_at(state, "result.values.0.value"));
	CHECK_STR(text_at(now, "result.changes.0.change.key_base64"),
		  text_at(state, "result.values.0.key"));
	chain_block(&c);
	CHECK(!sign_request(&c, "test.near", 1));
	later = ask(&c, "EXPERIMENTAL_changes",
		    json_pack("{s:s,s:[s],s:s,s:i}", "changes_type", "data_changes", "account_ids",
			      CONTRACT, "key_prefix_base64", "", "block_id", 1));
	CHECK_STR(text_at(later, "error.cause.name"), "INTERNAL_ERROR");
	CHECK(strstr(text_at(later, "error.cause.info.error_message"), "not kept"));
	chain_close(&c);
}

TEST(localnet_changes, data_that_is_not_written_yet_is_newer_already)
{
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *earlier = NULL;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	CHECK(!sign_request(&c, "test.near", 1));
	chain_block(&c);
	respond_silently(&c, &s);
	earlier = ask(&c, "EXPERIMENTAL_changes",
		      json_pack("{s:s,s:[s],s:s,s:i}", "changes_type", "data_changes", "account_ids",
				CONTRACT, "key_prefix_base64", "", "block_id", 1));
	CHECK_STR(text_at(earlier, "error.cause.name"), "INTERNAL_ERROR");
	chain_close(&c);
}

TEST(localnet_changes, request_that_nobody_answered_is_one_of_its_block)
{
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *list = NULL;
	OWN(json) json_t *none = NULL;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	CHECK(!sign_request(&c, "test.near", 1));
	for (int i = 0; i < SIGNER_TIMEOUT_BLOCKS; i++)
		chain_block(&c);
	answer = take_answer(&c);
	list = changes(&c, "data_changes", CONTRACT);
	CHECK_INT(json_array_size(json_path(list, "result.changes")), 1);
	CHECK_STR(text_at(list, "result.changes.0.cause.receipt_hash"),
		  text_at(answer, "result.receipts_outcome.1.id"));
	none = ask(&c, "EXPERIMENTAL_changes",
		   json_pack("{s:s,s:[s],s:s,s:s}", "changes_type", "data_changes", "account_ids",
			     CONTRACT, "key_prefix_base64", "eHg=", "finality", "final"));
	CHECK_INT(json_array_size(json_path(none, "result.changes")), 0);
	chain_close(&c);
}

static void deploy(struct chain *c, const char *code)
{
	struct near_transaction *t = transaction(c, CONTRACT, CONTRACT);
	struct near_action *a = add(t, NEAR_DEPLOY_CONTRACT);

	a->data = (uint8_t *)str_dup(code);
	a->data_len = strlen(code);
	json_decref(submit(c, t, NULL));
}

TEST(localnet_changes, code_is_given_while_it_is_the_newest)
{
	struct chain c = { 0 };
	OWN(json) json_t *now = NULL;
	OWN(json) json_t *later = NULL;

	chain_open(&c, NULL);
	deploy(&c, "any bytes");
	now = changes(&c, "contract_code_changes", CONTRACT);
	CHECK_STR(text_at(now, "result.changes.0.type"), "contract_code_update");
	CHECK_STR(text_at(now, "result.changes.0.change.code_base64"), "YW55IGJ5dGVz");
	deploy(&c, "others");
	later = changes(&c, "contract_code_changes", CONTRACT);
	CHECK_STR(text_at(later, "error.cause.name"), "INTERNAL_ERROR");
	chain_close(&c);
}

TEST(localnet_changes, kinds_that_this_chain_has_not_are_refused)
{
	struct chain c = { 0 };
	OWN(json) json_t *gas_keys = NULL;
	OWN(json) json_t *nobody = NULL;

	chain_open(&c, NULL);
	gas_keys = changes(&c, "all_gas_key_changes", "near");
	CHECK_STR(text_at(gas_keys, "error.cause.name"), "PARSE_ERROR");
	nobody = ask(&c, "changes",
		     json_pack("{s:s,s:s}", "changes_type", "account_changes", "finality", "final"));
	CHECK(strstr(text_at(nobody, "error.data"), "account_ids"));
	chain_close(&c);
}

TEST(localnet_changes, they_are_there_after_a_restart_and_go_with_their_block)
{
	OWN(str) char *path = make_directory();
	struct chain c = { 0 };
	OWN(str) char *key = NULL;
	OWN(json) json_t *list = NULL;
	OWN(json) json_t *none = NULL;

	chain_open(&c, path);
	key = add_key(&c);
	chain_close(&c);
	chain_open(&c, path);
	list = changes(&c, "all_access_key_changes", "test.near");
	CHECK_INT(json_array_size(json_path(list, "result.changes")), 2);
	ledger_store_prune(c.ledger->store, c.ledger->head.height + 1);
	none = ledger_store_find_changes(c.ledger->store, c.ledger->head.height);
	CHECK_INT(json_array_size(none), 0);
	chain_close(&c);
	remove_directory(path);
}
