/* The signer contract on the chain: how an account becomes it, and calls that wait. */
#include <string.h>

#include "engine/localnet/test-world.h"

#define INIT                                                                                       \
	"{\"parameters\":{\"threshold\":2,\"participants\":{\"next_id\":2,\"participants\":["      \
	"[\"a.near\",0,{\"url\":\"http://a\",\"sign_pk\":"                                         \
	"\"ed25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9\"}],"                              \
	"[\"b.near\",1,{\"url\":\"http://b\",\"sign_pk\":"                                         \
	"\"ed25519:4zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoCtajS\"}]]}}}"

static json_t *deploy(struct chain *c, const char *account)
{
	struct near_transaction *t = transaction(c, account, account);
	struct near_action *a = add(t, NEAR_DEPLOY_CONTRACT);

	a->data = (uint8_t *)str_dup("any bytes");
	a->data_len = 9;
	return submit(c, t, NULL);
}

/* As the cross-chain-simulator does it. */
TEST(ledger_signer, any_code_and_init_make_an_account_the_signer_contract)
{
	struct chain c = { 0 };
	json_t *answers[7];

	chain_open(&c, NULL);
	create(&c, "localnet", "signer.localnet", (near_u128)100 << 80);
	answers[0] = deploy(&c, "signer.localnet");
	CHECK(strstr(json_string_value(
			     json_path(answers[0], "result.receipts_outcome.0.outcome.logs.0")),
		     "kept and not run"));
	answers[1] = query(&c, "view_code", "signer.localnet", "");
	CHECK_STR(json_string_value(json_path(answers[1], "result.code_base64")), "YW55IGJ5dGVz");
	answers[2] = query(&c, "call_function", "signer.localnet", "state");
	CHECK(strstr(json_str_or(json_map(answers[2], "result"), "error", ""), "not initialized"));
	answers[3] = call(&c, "localnet", "signer.localnet", "get_greeting", "{}");
	CHECK(strstr(panic_of(answers[3]), "runs no wasm"));
	answers[4] = query(&c, "call_function", "signer.localnet", "get_greeting");
	CHECK(strstr(json_str_or(json_map(answers[4], "result"), "error", ""), "runs no wasm"));
	answers[5] = call(&c, "localnet", "signer.localnet", "init", INIT);
	CHECK(json_path(answers[5], "result.status.SuccessValue"));
	answers[6] = view(&c, "signer.localnet", "state", "{}");
	CHECK_INT(json_integer_value(json_path(answers[6], "Running.parameters.threshold")), 2);
	for (size_t i = 0; i < 7; i++)
		json_decref(answers[i]);
	chain_close(&c);
}

TEST(ledger_signer, account_without_code_cannot_be_called)
{
	struct chain c = { 0 };
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *viewed = NULL;

	chain_open(&c, NULL);
	answer = call(&c, "near", "localnet", "init", INIT);
	CHECK_STR(json_string_value(json_path(action_error(answer),
					      "FunctionCallError.CompilationError."
					      "CodeDoesNotExist.account_id")),
		  "localnet");
	viewed = query(&c, "call_function", "near", "state");
	CHECK_STR(json_str(json_map(viewed, "result"), "error"),
		  "wasm execution failed with error: CompilationError(CodeDoesNotExist { "
		  "account_id: \"near\" })");
	chain_close(&c);
}

/* The operator names a contract that the chain was not told of. */
TEST(ledger_signer, roots_init_brings_the_account)
{
	struct chain c = { 0 };
	OWN(json) json_t *bad = NULL;
	OWN(json) json_t *good = NULL;

	chain_open(&c, NULL);
	bad = call(&c, "test.near", "v1.signer.node0", "init", "{\"parameters\":{}}");
	CHECK(action_error(bad) != NULL);
	CHECK(!ledger_account(c.ledger, "v1.signer.node0"));
	good = call(&c, "test.near", "v1.signer.node0", "init", INIT);
	CHECK(json_path(good, "result.status.SuccessValue"));
	CHECK(json_object_get(c.ledger->contracts, "v1.signer.node0"));
	chain_close(&c);
}

/* The outcome of a request that was answered: its layout is what the simulator scans. */
static void check_signed(struct chain *c, const json_t *answer)
{
	json_t *receipts = json_path(answer, "result.receipts_outcome");
	OWN(str) char *value = value_of(json_object_get(answer, "result"));

	CHECK(value && strstr(value, "\"signature\":["));
	CHECK(json_array_size(json_path(json_array_get(receipts, 0), "outcome.logs")) > 0);
	CHECK(json_path(json_array_get(receipts, 1), "outcome.status.SuccessValue"));
	CHECK_STR(json_string_value(json_path(json_array_get(receipts, 0),
					      "outcome.status.SuccessReceiptId")),
		  json_str(json_array_get(receipts, 1), "id"));
	CHECK_INT(json_object_size(c->ledger->waiting), 0);
	CHECK_INT(json_object_size(c->ledger->requests), 0);
}

TEST(ledger_signer, signature_comes_with_the_transaction_that_asked)
{
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *given = NULL;
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	CHECK(!sign_request(&c, "test.near", 1));
	CHECK(json_array_size(json_object_get(c.ledger->yielded, CONTRACT)) == 0); /* told */
	CHECK(!take_answer(&c));
	given = respond(&c, &s);
	CHECK(json_path(given, "result.status.SuccessValue"));
	answer = take_answer(&c);
	check_signed(&c, answer);
	CHECK_INT(c.status, 200);
	chain_close(&c);
}

TEST(ledger_signer, same_transaction_sent_again_joins_the_one_that_waits)
{
	struct chain c = { 0 };
	struct signers s;
	OWN(buf) struct buf b = { 0 };
	OWN(str) char *base64 = NULL;
	OWN(str) char *id = NULL;
	OWN(json) json_t *none = NULL;
	struct near_transaction *t;
	struct near_action *a;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	t = transaction(&c, "test.near", CONTRACT);
	a = add_call(t, "sign",
		     "{\"request\":{\"path\":\"\",\"domain_id\":0,\"payload_v2\":{\"Eddsa\":"
		     "\"0102030405060708010203040506070801020304050607080102030405060708\"}}}");
	a->amount = 1;
	near_transaction_sign(t, &c.key, &b);
	id = near_base58_encode(t->hash, 32);
	near_transaction_free(t);
	base64 = base64_encode(b.data, b.len);
	CHECK(!ask(&c, "send_tx", json_pack("{s:s}", "signed_tx_base64", base64)));
	CHECK(!ask(&c, "broadcast_tx_commit", json_pack("[s]", base64)));
	CHECK(!ask(&c, "tx", json_pack("[s,s]", id, "test.near")));
	none = ask(&c, "tx",
		   json_pack("{s:s,s:s,s:s}", "tx_hash", id, "sender_account_id", "test.near",
			     "wait_until", "INCLUDED"));
	CHECK_STR(json_string_value(json_path(none, "result.final_execution_status")),
		  "INCLUDED_FINAL");
	CHECK_STR(json_string_value(json_path(none, "result.status")), "Started");
	CHECK_INT(c.rpc.wait_count, 3);
	json_decref(respond(&c, &s));
	for (int i = 0; i < 3; i++) {
		OWN(json) json_t *answer = take_answer(&c);

		check_signed(&c, answer);
	}
	CHECK_INT(c.rpc.wait_count, 0);
	chain_close(&c);
}

TEST(ledger_signer, request_that_nobody_answers_fails_after_200_blocks)
{
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	CHECK(!sign_request(&c, "test.near", 1));
	for (int i = 0; i < SIGNER_TIMEOUT_BLOCKS - 1; i++)
		chain_block(&c);
	CHECK_INT(json_object_size(c.ledger->waiting), 1);
	for (int i = 0; i < 3; i++)
		chain_block(&c);
	CHECK_INT(json_object_size(c.ledger->waiting), 0);
	answer = take_answer(&c);
	CHECK(strstr(panic_of(answer), "timed out"));
	chain_close(&c);
}

TEST(ledger_signer, client_that_waits_too_long_is_told_by_the_status_of_its_method)
{
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	CHECK(!sign_request(&c, "test.near", 1));
	rpc_expire(&c.rpc, NOW + (RPC_HOLD_S - 1) * 1000000000ll);
	CHECK(!take_answer(&c));
	rpc_expire(&c.rpc, NOW + RPC_HOLD_S * 1000000000ll);
	answer = take_answer(&c);
	CHECK_INT(c.status, 408);
	CHECK_STR(json_string_value(json_path(answer, "error.cause.name")), "TIMEOUT_ERROR");
	CHECK_STR(json_string_value(json_path(answer, "error.data")), "Timeout");
	CHECK_INT(json_object_size(c.ledger->waiting), 1); /* the transaction goes on */
	chain_close(&c);
}

TEST(ledger_signer, deposit_and_gas_of_a_signature_are_accounted_for)
{
	struct chain c = { 0 };
	struct signers s;
	OWN(json) json_t *answer = NULL;
	near_u128 before, burnt = 0, contract;
	json_t *receipt;
	size_t i;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	before = balance(&c, "near");
	contract = balance(&c, CONTRACT);
	CHECK(!sign_request(&c, "near", 1));
	json_decref(respond(&c, &s));
	answer = take_answer(&c);
	near_u128_parse(json_string_value(json_path(
				answer, "result.transaction_outcome.outcome.tokens_burnt")),
			&burnt);
	json_array_foreach(json_path(answer, "result.receipts_outcome"), i, receipt) {
		near_u128 one = 0;

		near_u128_parse(json_string_value(json_path(receipt, "outcome.tokens_burnt")),
				&one);
		burnt += one;
	}
	CHECK(before - balance(&c, "near") == burnt + 1);
	CHECK(balance(&c, CONTRACT) - contract == 1);
	chain_close(&c);
}

/* Ed25519 signs one request twice alike: so a transaction can answer its own call. */
TEST(ledger_signer, transaction_that_answers_itself_ends_at_once)
{
	static const char sign[] =
		"{\"request\":{\"path\":\"a\",\"domain_id\":0,\"payload_v2\":{\"Eddsa\":"
		"\"0102030405060708010203040506070801020304050607080102030405060708\"}}}";
	struct chain c = { 0 };
	struct signers s;
	struct near_transaction *t;
	OWN(str) char *args = NULL;
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	for (int i = 0; i < 2; i++) {
		t = transaction(&c, "n0.test.near", CONTRACT);
		add_call(t, "sign", sign)->amount = 1;
		t->actions[0].gas = 100000000000000;
		if (i == 1)
			add_call(t, "respond", args)->gas = 100000000000000;
		answer = submit(&c, t, NULL);
		if (i == 0) {
			CHECK(!answer);
			args = respond_args(&c, &s);
			json_decref(respond(&c, &s));
			json_decref(take_answer(&c));
		}
	}
	CHECK(json_path(answer, "result.status.SuccessValue"));
	CHECK_INT(json_object_size(c.ledger->waiting), 0);
	CHECK_INT(json_object_size(c.ledger->requests), 0);
	chain_close(&c);
}

TEST(ledger_signer, call_that_waits_is_undone_with_its_receipt)
{
	struct chain c = { 0 };
	struct signers s;
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *pending = NULL;

	chain_open(&c, NULL);
	signers_begin(&c, &s);
	t = transaction(&c, "test.near", CONTRACT);
	add_call(t, "sign",
		 "{\"request\":{\"path\":\"a\",\"domain_id\":0,\"payload_v2\":{\"Eddsa\":"
		 "\"0102030405060708010203040506070801020304050607080102030405060708\"}}}")
		->amount = 1;
	add(t, NEAR_DELETE_KEY)->public_key = str_dup(c.public_key);
	answer = submit(&c, t, NULL);
	CHECK(json_path(action_error(answer), "ActorNoPermission"));
	pending = signer_pending(json_object_get(c.ledger->contracts, CONTRACT));
	CHECK_INT(json_array_size(pending), 0);
	CHECK_INT(json_object_size(c.ledger->waiting), 0);
	chain_close(&c);
}

/* ---- restart ------------------------------------------------------------------------------- */

TEST(ledger_signer, waiting_request_survives_a_restart)
{
	OWN(str) char *directory = make_directory();
	struct chain c = { 0 };
	struct signers s;
	OWN(str) char *id = NULL;
	OWN(json) json_t *answer = NULL;
	uint64_t height;

	chain_open(&c, directory);
	signers_begin(&c, &s);
	for (int i = 0; i < 5; i++)
		chain_block(&c);
	CHECK(!sign_request(&c, "test.near", 1));
	id = str_dup(json_object_iter_key(json_object_iter(c.ledger->waiting)));
	height = c.ledger->head.height;
	chain_close(&c);
	chain_open(&c, directory);
	CHECK_INT(c.ledger->head.height, height);
	CHECK_INT(json_object_size(c.ledger->requests), 1);
	CHECK(!ask(&c, "tx", json_pack("[s,s]", id, "test.near")));
	json_decref(respond(&c, &s));
	answer = take_answer(&c);
	check_signed(&c, answer);
	chain_close(&c);
	remove_directory(directory);
}
