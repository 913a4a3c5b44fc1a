/* Accounts, money, keys and refusals. */
#include <string.h>

#include "engine/localnet/test-world.h"

#define NEAR ((near_u128)1000000u * 1000000000000000000u)
#define TRANSFER_GAS 223182562500u
#define IMPLICIT "0101010101010101010101010101010101010101010101010101010101010101"

static near_u128 fee(uint64_t gas)
{
	return (near_u128)gas * LOCALNET_GAS_PRICE;
}

static const char *text_at(const json_t *j, const char *path)
{
	return json_string_value(json_path(j, path));
}

/* ---- accounts ------------------------------------------------------------------------------ */

TEST(ledger_account, sub_account_with_key_is_made_and_may_sign)
{
	struct chain c = { 0 };
	OWN(json) json_t *account = NULL;
	OWN(json) json_t *again = NULL;
	struct near_transaction *t;

	chain_open(&c, NULL);
	create(&c, "test.near", "a.test.near", NEAR);
	account = query(&c, "view_account", "a.test.near", "");
	CHECK_STR(text_at(account, "result.amount"), "1000000000000000000000000");
	CHECK_INT(json_integer_value(json_path(account, "result.storage_usage")), 182);
	CHECK_STR(text_at(account, "result.code_hash"), "11111111111111111111111111111111");
	create(&c, "a.test.near", "b.a.test.near", 1000);
	t = transaction(&c, "test.near", "a.test.near");
	add(t, NEAR_CREATE_ACCOUNT);
	again = submit(&c, t, NULL);
	CHECK_STR(text_at(action_error(again), "AccountAlreadyExists.account_id"), "a.test.near");
	chain_close(&c);
}

TEST(ledger_account, only_the_parent_creates_and_the_registrar_names_without_dots)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *stranger = NULL;
	OWN(json) json_t *top = NULL;

	chain_open(&c, NULL);
	t = transaction(&c, "near", "x.test.near");
	add(t, NEAR_CREATE_ACCOUNT);
	stranger = submit(&c, t, NULL);
	CHECK_STR(text_at(action_error(stranger), "CreateAccountNotAllowed.predecessor_id"),
		  "near");
	t = transaction(&c, "test.near", "short");
	add(t, NEAR_CREATE_ACCOUNT);
	top = submit(&c, t, NULL);
	CHECK_STR(text_at(action_error(top), "CreateAccountOnlyByRegistrar.registrar_account_id"),
		  "registrar");
	create(&c, "registrar", "short", NEAR);
	CHECK(balance(&c, "short") == NEAR);
	chain_close(&c);
}

TEST(ledger_account, transfer_brings_the_implicit_account_of_a_key)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *missing = NULL;
	OWN(json) json_t *keys = NULL;

	chain_open(&c, NULL);
	chain_block(&c);
	t = transaction(&c, "test.near", IMPLICIT);
	add(t, NEAR_TRANSFER)->amount = 5;
	answer = submit(&c, t, NULL);
	CHECK(json_path(answer, "result.status.SuccessValue"));
	keys = query(&c, "view_access_key_list", IMPLICIT, "");
	CHECK_STR(text_at(keys, "result.keys.0.public_key"),
		  "ed25519:4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi");
	CHECK_INT(json_integer_value(json_path(keys, "result.keys.0.access_key.nonce")), 2000000);
	t = transaction(&c, "test.near", "nobody.near");
	add(t, NEAR_TRANSFER)->amount = 5;
	missing = submit(&c, t, NULL);
	CHECK_STR(text_at(action_error(missing), "AccountDoesNotExist.account_id"), "nobody.near");
	chain_close(&c);
}

TEST(ledger_account, deleting_pays_the_beneficiary)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;
	near_u128 before, left;

	chain_open(&c, NULL);
	create(&c, "test.near", "a.test.near", NEAR);
	before = balance(&c, "near");
	t = transaction(&c, "a.test.near", "a.test.near");
	add(t, NEAR_DELETE_ACCOUNT)->name = str_dup("near");
	answer = submit(&c, t, NULL);
	CHECK(json_path(answer, "result.status.SuccessValue"));
	CHECK(!ledger_account(c.ledger, "a.test.near"));
	left = NEAR - fee(2ull * (108059500000 + 147489000000));
	CHECK(balance(&c, "near") - before == left);
	CHECK_STR(text_at(answer, "result.receipts_outcome.1.outcome.executor_id"), "near");
	chain_close(&c);
}

TEST(ledger_account, nobody_acts_for_another)
{
	static const enum near_action_kind kinds[] = { NEAR_ADD_KEY, NEAR_DELETE_KEY, NEAR_STAKE,
						       NEAR_DEPLOY_CONTRACT, NEAR_DELETE_ACCOUNT };
	struct chain c = { 0 };

	chain_open(&c, NULL);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct near_transaction *t = transaction(&c, "test.near", "near");
		struct near_action *a = add(t, kinds[i]);
		OWN(json) json_t *answer = NULL;

		a->public_key = str_dup(c.public_key);
		a->name = str_dup("test.near");
		a->permission.full_access = true;
		answer = submit(&c, t, NULL);
		CHECK_STR(text_at(action_error(answer), "ActorNoPermission.actor_id"), "test.near");
	}
	chain_close(&c);
}

TEST(ledger_account, stake_locks_and_unlocks)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	near_u128 stakes[] = { 5 * NEAR, 0, 0 };

	chain_open(&c, NULL);
	create(&c, "test.near", "a.test.near", 10 * NEAR);
	for (int i = 0; i < 3; i++) {
		OWN(json) json_t *answer = NULL;
		struct near_action *a;

		t = transaction(&c, "a.test.near", "a.test.near");
		a = add(t, NEAR_STAKE);
		a->amount = stakes[i];
		a->public_key = str_dup(c.public_key);
		answer = submit(&c, t, NULL);
		CHECK(i == 2 ? json_path(action_error(answer), "TriesToUnstake") != NULL
			     : json_path(answer, "result.status.SuccessValue") != NULL);
		CHECK(ledger_amount(ledger_account(c.ledger, "a.test.near"), "locked") ==
		      stakes[i]);
	}
	chain_close(&c);
}

/* ---- money --------------------------------------------------------------------------------- */

TEST(ledger_money, transfer_costs_what_nearcore_takes)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;
	near_u128 before, there;

	chain_open(&c, NULL);
	before = balance(&c, "test.near");
	there = balance(&c, "near");
	t = transaction(&c, "test.near", "near");
	add(t, NEAR_TRANSFER)->amount = 7;
	answer = submit(&c, t, NULL);
	CHECK_INT(json_integer_value(
			  json_path(answer, "result.transaction_outcome.outcome.gas_burnt")),
		  TRANSFER_GAS);
	CHECK_STR(text_at(answer, "result.transaction_outcome.outcome.tokens_burnt"),
		  "22318256250000000000");
	CHECK(before - balance(&c, "test.near") == 7 + fee(2ull * TRANSFER_GAS));
	CHECK(balance(&c, "near") - there == 7);
	CHECK_INT(json_array_size(json_path(answer, "result.receipts_outcome")), 1);
	chain_close(&c);
}

/* Nothing is lost or made: what the signer has less is what the others have more and what burnt. */
TEST(ledger_money, failed_receipt_gives_deposit_and_gas_back)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;
	near_u128 before, burnt = 0, there;
	json_t *receipt;
	size_t i;

	chain_open(&c, NULL);
	before = balance(&c, "test.near");
	there = balance(&c, CONTRACT);
	t = transaction(&c, "test.near", CONTRACT);
	add_call(t, "sign", "{}")->amount = NEAR;
	answer = submit(&c, t, NULL);
	CHECK(strstr(panic_of(answer), "Smart contract panicked: "));
	CHECK(balance(&c, CONTRACT) == there);
	near_u128_parse(text_at(answer, "result.transaction_outcome.outcome.tokens_burnt"), &burnt);
	json_array_foreach(json_path(answer, "result.receipts_outcome"), i, receipt) {
		near_u128 one = 0;

		near_u128_parse(text_at(receipt, "outcome.tokens_burnt"), &one);
		burnt += one;
	}
	CHECK_INT(i, 3); /* the call, the deposit back, the gas back */
	CHECK(before - balance(&c, "test.near") == burnt);
	chain_close(&c);
}

TEST(ledger_money, actions_are_all_done_or_none)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	t = transaction(&c, "test.near", "x.test.near");
	add(t, NEAR_CREATE_ACCOUNT);
	add(t, NEAR_TRANSFER)->amount = NEAR;
	add_call(t, "init",
		 "{\"parameters\":{\"threshold\":2,\"participants\":{\"next_id\":2,"
		 "\"participants\":[[\"a.near\",0,{\"url\":\"http://a\",\"sign_pk\":"
		 "\"ed25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9\"}],[\"b.near\",1,"
		 "{\"url\":\"http://b\",\"sign_pk\":"
		 "\"ed25519:4zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoCtajS\"}]]}}}");
	add(t, NEAR_DELETE_KEY)->public_key = str_dup(c.public_key);
	answer = submit(&c, t, NULL);
	CHECK_INT(json_integer_value(json_path(answer, "result.status.Failure.ActionError.index")),
		  3);
	CHECK(json_path(action_error(answer), "DeleteKeyDoesNotExist"));
	CHECK(!ledger_account(c.ledger, "x.test.near"));
	CHECK(!json_object_get(c.ledger->contracts, "x.test.near"));
	chain_close(&c);
}

TEST(ledger_money, code_needs_a_balance_for_its_storage)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	struct near_action *a;
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	create(&c, "test.near", "a.test.near", NEAR);
	t = transaction(&c, "a.test.near", "a.test.near");
	a = add(t, NEAR_DEPLOY_CONTRACT);
	a->data = mem_new(200000, 1);
	a->data_len = 200000;
	answer = submit(&c, t, NULL);
	CHECK(json_path(action_error(answer), "LackBalanceForState.amount"));
	CHECK(!json_str(ledger_account(c.ledger, "a.test.near"), "code_hash"));
	chain_close(&c);
}

/* ---- refusals ------------------------------------------------------------------------------ */

TEST(ledger_refusal, has_nearcores_shapes)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	struct near_key stranger;
	uint8_t seed[32] = { 99 };
	json_t *answers[8];

	chain_open(&c, NULL);
	near_key_from_seed(seed, &stranger);
	t = transaction(&c, "test.near", "near");
	t->nonce = 0;
	answers[0] = submit(&c, t, NULL);
	CHECK_INT(json_integer_value(json_path(invalid(answers[0]), "InvalidNonce.ak_nonce")), 0);
	CHECK_INT(json_object_size(json_path(invalid(answers[0]), "InvalidNonce")), 2);
	answers[1] = submit(&c, transaction(&c, "test.near", "near"), &stranger);
	CHECK_STR(
		text_at(invalid(answers[1]), "InvalidAccessKeyError.AccessKeyNotFound.account_id"),
		"test.near");
	answers[2] = submit(&c, transaction(&c, "nobody.near", "near"), NULL);
	CHECK_STR(text_at(invalid(answers[2]), "SignerDoesNotExist.signer_id"), "nobody.near");
	t = transaction(&c, "test.near", "near");
	t->block_hash[0] ^= 1;
	answers[3] = submit(&c, t, NULL);
	CHECK_STR(json_string_value(invalid(answers[3])), "Expired");
	t = transaction(&c, "test.near", "near");
	near_u128_parse("340282366920938463463374607431768211455", &add(t, NEAR_TRANSFER)->amount);
	answers[4] = submit(&c, t, NULL);
	CHECK_STR(json_string_value(invalid(answers[4])), "CostOverflow");
	t = transaction(&c, "test.near", "near");
	add(t, NEAR_TRANSFER)->amount = 2000000000 * NEAR;
	answers[5] = submit(&c, t, NULL);
	CHECK_STR(text_at(invalid(answers[5]), "NotEnoughBalance.signer_id"), "test.near");
	CHECK(json_path(invalid(answers[5]), "NotEnoughBalance.cost"));
	t = transaction(&c, "test.near", "near");
	t->nonce = (c.ledger->head.height + 1) * 1000000;
	answers[6] = submit(&c, t, NULL);
	CHECK_INT(json_integer_value(json_path(invalid(answers[6]), "NonceTooLarge.upper_bound")),
		  2000000);
	t = transaction(&c, "test.near", "near");
	add_call(t, "x", "{}")->gas = 1000000000000001;
	answers[7] = submit(&c, t, NULL);
	CHECK(json_path(invalid(answers[7]), "ActionsValidation.TotalPrepaidGasExceeded.limit"));
	for (size_t i = 0; i < 8; i++)
		json_decref(answers[i]);
	CHECK(c.ledger->transactions == 0);
	chain_close(&c);
}

TEST(ledger_refusal, more_than_100_actions_are_counted)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	t = transaction(&c, "test.near", "near");
	t->actions = mem_grow(t->actions, 101, sizeof(*t->actions));
	memset(t->actions, 0, 101 * sizeof(*t->actions));
	for (int i = 0; i < 101; i++)
		add(t, NEAR_TRANSFER)->amount = 1;
	answer = submit(&c, t, NULL);
	CHECK_INT(json_integer_value(
			  json_path(invalid(answer), "ActionsValidation.TotalNumberOfActionsExceeded."
						     "total_number_of_actions")),
		  101);
	chain_close(&c);
}

TEST(ledger_refusal, actions_of_later_protocols_are_named)
{
	static const struct {
		enum near_action_kind kind;
		const char *words;
	} rows[] = { { NEAR_DEPLOY_GLOBAL_CONTRACT, "DeployGlobalContract" },
		     { NEAR_USE_GLOBAL_CONTRACT, "UseGlobalContract" } };
	struct chain c = { 0 };

	chain_open(&c, NULL);
	for (size_t i = 0; i < 2; i++) {
		struct near_transaction *t = transaction(&c, "test.near", "test.near");
		OWN(json) json_t *answer = NULL;
		const char *feature;

		add(t, rows[i].kind)->name = NULL;
		answer = submit(&c, t, NULL);
		feature = text_at(invalid(answer), "ActionsValidation.UnsupportedProtocolFeature."
						   "protocol_feature");
		CHECK(feature && strstr(feature, rows[i].words));
	}
	chain_close(&c);
}

TEST(ledger_refusal, block_of_long_ago_is_expired)
{
	struct chain c = { 0 };
	struct near_transaction *early, *late;
	OWN(json) json_t *good = NULL;
	OWN(json) json_t *bad = NULL;

	chain_open(&c, NULL);
	early = transaction(&c, "test.near", "near");
	late = transaction(&c, "near", "test.near");
	for (int i = 0; i < LOCALNET_BLOCKS_VALID; i++)
		chain_block(&c);
	good = submit(&c, early, NULL);
	CHECK(json_path(good, "result.status.SuccessValue"));
	chain_block(&c);
	bad = submit(&c, late, NULL);
	CHECK_STR(json_string_value(invalid(bad)), "Expired");
	chain_close(&c);
}

TEST(ledger_refusal, call_key_may_do_its_part_while_its_allowance_lasts)
{
	struct chain c = { 0 };
	struct near_key limited;
	uint8_t seed[32] = { 50 };
	struct near_transaction *t;
	struct near_action *a;
	json_t *answers[6];

	chain_open(&c, NULL);
	chain_block(&c);
	near_key_from_seed(seed, &limited);
	t = transaction(&c, "test.near", "test.near");
	a = add(t, NEAR_ADD_KEY);
	a->public_key = near_key_format_public(&limited);
	a->permission.receiver_id = str_dup(CONTRACT);
	a->permission.has_allowance = true;
	a->permission.allowance = NEAR / 25;
	a->permission.method_names = mem_new(1, sizeof(char *));
	a->permission.method_names[a->permission.method_count++] = str_dup("vote_pk");
	answers[0] = submit(&c, t, NULL);
	CHECK(json_path(answers[0], "result.status.SuccessValue"));
	for (int i = 1; i < 6; i++) {
		OWN(str) char *public_key = near_key_format_public(&limited);
		const json_t *key = json_object_get(
			json_map(ledger_account(c.ledger, "test.near"), "keys"), public_key);

		t = transaction(&c, "test.near", i == 2 ? "near" : CONTRACT);
		t->nonce = (uint64_t)json_int_or(key, "nonce", 0) + 1;
		if (i == 1)
			add(t, NEAR_TRANSFER);
		else
			add_call(t, i == 3 ? "sign" : "vote_pk", "{}");
		if (i == 5) /* more than the rest of its allowance */
			t->actions[0].gas = 900000000000000;
		answers[i] = submit(&c, t, &limited);
	}
	CHECK_STR(text_at(invalid(answers[1]), "InvalidAccessKeyError"), "RequiresFullAccess");
	CHECK_STR(
		text_at(invalid(answers[2]), "InvalidAccessKeyError.ReceiverMismatch.ak_receiver"),
		CONTRACT);
	CHECK_STR(text_at(invalid(answers[3]),
			  "InvalidAccessKeyError.MethodNameMismatch.method_name"),
		  "sign");
	CHECK(strstr(panic_of(answers[4]), "Smart contract panicked"));
	CHECK(json_path(invalid(answers[5]), "InvalidAccessKeyError.NotEnoughAllowance.cost"));
	for (size_t i = 0; i < 6; i++)
		json_decref(answers[i]);
	chain_close(&c);
}

/* ---- delegated ----------------------------------------------------------------------------- */

/* a.test.near wants to give 5 to near; the relayer test.near pays. `nonce` 0: the next one. */
static json_t *relay(struct chain *c, uint64_t nonce, bool tamper)
{
	struct near_transaction *t = transaction(c, "test.near", "a.test.near");
	struct near_delegate *d = NEW(struct near_delegate);
	const json_t *key = json_object_get(
		json_map(ledger_account(c->ledger, "a.test.near"), "keys"), c->public_key);
	uint8_t hash[32];

	add(t, NEAR_DELEGATE)->delegate = d;
	d->sender_id = str_dup("a.test.near");
	d->receiver_id = str_dup("near");
	d->public_key = str_dup(c->public_key);
	d->nonce = nonce ? nonce : (uint64_t)json_int_or(key, "nonce", 0) + 1;
	d->max_block_height = c->ledger->head.height + 10;
	d->actions = mem_new(1, sizeof(*d->actions));
	d->action_count = 1;
	d->actions[0].kind = NEAR_TRANSFER;
	d->actions[0].amount = 5;
	near_delegate_hash(d, hash);
	near_sign(&c->key, hash, sizeof(hash), d->signature.bytes);
	d->signature.bytes[3] ^= tamper;
	return submit(c, t, NULL);
}

TEST(ledger_delegate, relayer_pays_and_the_sender_acts)
{
	struct chain c = { 0 };
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *again = NULL;
	OWN(json) json_t *forged = NULL;
	near_u128 sender, there;
	uint64_t nonce;

	chain_open(&c, NULL);
	create(&c, "test.near", "a.test.near", NEAR);
	sender = balance(&c, "a.test.near");
	there = balance(&c, "near");
	answer = relay(&c, 0, false);
	CHECK(json_path(answer, "result.status.SuccessValue"));
	CHECK_STR(text_at(answer, "result.receipts_outcome.1.outcome.executor_id"), "near");
	CHECK(balance(&c, "near") - there == 5);
	CHECK(balance(&c, "a.test.near") == sender);
	nonce = (uint64_t)json_integer_value(
		json_path(answer, "result.transaction.actions.0.Delegate.delegate_action.nonce"));
	again = relay(&c, nonce, false);
	CHECK_INT(json_integer_value(
			  json_path(action_error(again), "DelegateActionInvalidNonce.ak_nonce")),
		  (long long)nonce);
	forged = relay(&c, 0, true);
	CHECK_STR(json_string_value(action_error(forged)), "DelegateActionInvalidSignature");
	CHECK(balance(&c, "near") - there == 5);
	chain_close(&c);
}

TEST(ledger_transaction, sent_again_it_gets_the_same_answer)
{
	struct chain c = { 0 };
	OWN(buf) struct buf b = { 0 };
	OWN(str) char *base64 = NULL;
	OWN(json) json_t *first = NULL;
	OWN(json) json_t *second = NULL;
	OWN(json) json_t *status = NULL;
	struct near_transaction *t;

	chain_open(&c, NULL);
	t = transaction(&c, "test.near", "near");
	add(t, NEAR_TRANSFER)->amount = 5;
	near_transaction_sign(t, &c.key, &b);
	near_transaction_free(t);
	base64 = base64_encode(b.data, b.len);
	first = ask(&c, "broadcast_tx_commit", json_pack("[s]", base64));
	second = ask(&c, "broadcast_tx_commit", json_pack("[s]", base64));
	CHECK(json_equal(json_object_get(first, "result"), json_object_get(second, "result")));
	status = ask(&c, "tx",
		     json_pack("[s,s]", text_at(first, "result.transaction.hash"), "test.near"));
	CHECK(json_equal(json_object_get(first, "result"), json_object_get(status, "result")));
	CHECK_INT(c.ledger->transactions, 1);
	chain_close(&c);
}
