/* JSON-RPC against the shapes of real clients (tests/vectors/near-rpc_shapes.json). */
#include <string.h>

#include "engine/localnet/test-world.h"

/* ---- JSON-RPC shapes ----------------------------------------------------------------------- */

static json_t *shapes(void)
{
	OWN(str) char *text = NULL;
	struct err err = { 0 };
	json_t *j = NULL;
	size_t len;

	text = test_read_file("tests/vectors/near-rpc_shapes.json", &len);
	if (text)
		CHECK_OK(json_parse_text("shapes", text, len, &j, &err), err);
	return j;
}

/* Every field that strict typed clients insist on. */
static void check_required(const json_t *all, const char *name, const json_t *answer)
{
	json_t *field;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(all, "strict_required"), name), i, field)
		if (!json_path(json_object_get(answer, "result"), json_string_value(field)))
			test_fail(__FILE__, __LINE__, "%s lacks %s", name,
				  json_string_value(field));
	CHECK(i > 0);
}

TEST(localnet_rpc, results_have_every_field_that_strict_clients_need)
{
	struct chain c = { 0 };
	OWN(json) json_t *all = shapes();
	struct near_transaction *t;
	struct near_action *a;
	struct {
		const char *name;
		json_t *answer;
	} rows[12] = { { "status", NULL } };

	chain_open(&c, NULL);
	t = transaction(&c, CONTRACT, CONTRACT);
	a = add(t, NEAR_DEPLOY_CONTRACT);
	a->data = mem_new(8, 1);
	a->data_len = 8;
	rows[0].answer = ask(&c, "status", json_array());
	rows[1].name = "send_tx";
	rows[1].answer = submit(&c, t, NULL);
	rows[2].name = "block";
	rows[2].answer = ask(&c, "block", json_pack("{s:s}", "finality", "final"));
	rows[3].name = "chunk";
	rows[3].answer = ask(&c, "chunk", json_pack("[[i,i]]", 1, 0));
	rows[4].name = "gas_price";
	rows[4].answer = ask(&c, "gas_price", json_pack("[n]"));
	rows[5].name = "query:view_account";
	rows[5].answer = query(&c, "view_account", "test.near", "");
	rows[6].name = "query:view_access_key_list";
	rows[6].answer = query(&c, "view_access_key_list", "test.near", "");
	rows[7].name = "query:call_function";
	rows[7].answer = query(&c, "call_function", CONTRACT, "version");
	rows[8].name = "validators";
	rows[8].answer = ask(&c, "validators", json_pack("[n]"));
	rows[9].name = "query:view_state";
	rows[9].answer = ask(&c, "query",
			     json_pack("{s:s,s:s,s:s,s:s}", "request_type", "view_state",
				       "account_id", CONTRACT, "prefix_base64", "", "finality",
				       "final"));
	rows[10].name = "query:view_code";
	rows[10].answer = query(&c, "view_code", CONTRACT, "");
	rows[11].name = "query:view_access_key";
	rows[11].answer = ask(&c, "query",
			      json_pack("{s:s,s:s,s:s,s:s}", "request_type", "view_access_key",
					"account_id", "test.near", "public_key", c.public_key,
					"finality", "final"));
	for (size_t i = 0; i < 12; i++) {
		check_required(all, rows[i].name, rows[i].answer);
		json_decref(rows[i].answer);
	}
	chain_close(&c);
}

TEST(localnet_rpc, every_method_of_the_list_is_answered)
{
	struct chain c = { 0 };
	OWN(json) json_t *names = rpc_methods();
	json_t *name;
	size_t i;

	chain_open(&c, NULL);
	json_array_foreach(names, i, name) {
		OWN(json) json_t *answer = ask(&c, json_string_value(name), json_array());
		const char *cause = json_string_value(json_path(answer, "error.cause.name"));

		CHECK(answer && !str_eq(cause, "METHOD_NOT_FOUND"));
	}
	CHECK_INT(i, 23);
	chain_close(&c);
}

TEST(localnet_rpc, chunk_lists_the_transactions_of_its_block)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *sent = NULL;
	OWN(json) json_t *chunk = NULL;
	OWN(json) json_t *empty = NULL;

	chain_open(&c, NULL);
	chain_block(&c);
	t = transaction(&c, "test.near", "near");
	add(t, NEAR_TRANSFER)->amount = 1;
	sent = submit(&c, t, NULL);
	chain_block(&c);
	chunk = ask(&c, "chunk",
		    json_pack("[O]", json_path(sent, "result.transaction_outcome.block_hash")));
	CHECK_INT(json_array_size(json_path(chunk, "result.transactions")), 1);
	CHECK(json_equal(json_path(chunk, "result.transactions.0"),
			 json_path(sent, "result.transaction")));
	CHECK_INT(json_integer_value(json_path(chunk, "result.header.gas_used")), 2 * 223182562500);
	empty = ask(&c, "chunk", json_pack("[[i,i]]", 3, 0));
	CHECK_INT(json_array_size(json_path(empty, "result.transactions")), 0);
	chain_close(&c);
}

/* Fields that the clients read of the configurations. */
TEST(localnet_rpc, configurations_have_what_clients_read)
{
	struct chain c = { 0 };
	OWN(json) json_t *protocol = NULL;
	OWN(json) json_t *genesis = NULL;

	chain_open(&c, NULL);
	protocol = ask(&c, "EXPERIMENTAL_protocol_config", json_pack("{s:s}", "finality", "final"));
	CHECK_STR(json_string_value(
			  json_path(protocol, "result.runtime_config.storage_amount_per_byte")),
		  "10000000000000000000");
	CHECK_INT(json_array_size(json_path(protocol, "result.minimum_stake_ratio")), 2);
	genesis = ask(&c, "EXPERIMENTAL_genesis_config", json_object());
	CHECK_STR(json_string_value(json_path(genesis, "result.chain_id")), "mpc-localnet");
	CHECK_INT(json_integer_value(json_path(genesis, "result.num_block_producer_seats")), 1);
	CHECK_INT(json_array_size(json_path(genesis, "result.protocol_reward_rate")), 2);
	chain_close(&c);
}

static void check_same_error(const json_t *want, const json_t *answer)
{
	const json_t *got = json_object_get(answer, "error");

	CHECK_STR(json_str(got, "name"), json_str(want, "name"));
	CHECK_STR(json_string_value(json_path(got, "cause.name")),
		  json_string_value(json_path(want, "cause.name")));
	CHECK_INT(json_int_or(got, "code", 0), json_int_or(want, "code", 1));
	CHECK_STR(json_str(got, "message"), json_str(want, "message"));
	CHECK_INT(json_object_size(got), json_object_size(want));
}

TEST(localnet_rpc, errors_are_shaped_as_the_vectors)
{
	struct chain c = { 0 };
	OWN(json) json_t *all = shapes();
	const json_t *errors = json_object_get(all, "error_objects");
	const json_t *views = json_object_get(all, "view_failures");
	OWN(json) json_t *method = NULL;
	OWN(json) json_t *parse = NULL;
	OWN(json) json_t *account = NULL;
	OWN(json) json_t *bad_account = NULL;
	OWN(json) json_t *block = NULL;
	OWN(json) json_t *tx = NULL;
	OWN(json) json_t *code = NULL;

	chain_open(&c, NULL);
	method = ask(&c, "EXPERIMENTAL_light_client_proof", json_array());
	check_same_error(json_object_get(errors, "MethodNotFoundRpc"), method);
	CHECK_STR(json_str(json_map(method, "error"), "data"), "EXPERIMENTAL_light_client_proof");
	parse = ask(&c, "send_tx", json_pack("{s:s}", "signed_tx_base64", "AAAA"));
	check_same_error(json_object_get(errors, "Parse"), parse);
	account = query(&c, "view_account", "alice.near", "");
	check_same_error(json_path(views, "acct:UNKNOWN_ACCOUNT.error"), account);
	CHECK_STR(json_str(json_map(account, "error"), "data"),
		  "account alice.near does not exist while viewing");
	bad_account = query(&c, "view_account", "Alice", "");
	check_same_error(json_path(views, "acct:INVALID_ACCOUNT.error"), bad_account);
	block = ask(&c, "block", json_pack("{s:i}", "block_id", 5000));
	check_same_error(json_path(views, "block:UNKNOWN_BLOCK.error"), block);
	tx = ask(&c, "tx", json_pack("[s,s]", "abc", "test.near"));
	check_same_error(json_path(views, "tx:UNKNOWN_TRANSACTION.error"), tx);
	code = query(&c, "call_function", "near", "state");
	CHECK_STR(json_str(json_map(code, "result"), "error"),
		  "wasm execution failed with error: CompilationError(CodeDoesNotExist { "
		  "account_id: \"near\" })");
	chain_close(&c);
}

/* Same members and types all the way down; texts and numbers are the case's own. */
static bool same_shape(const json_t *want, const json_t *got)
{
	const char *key;
	json_t *member;

	if (json_typeof(want) != json_typeof(got))
		return false;
	if (!json_is_object(want))
		return true;
	if (json_object_size(want) != json_object_size(got))
		return false;
	json_object_foreach((json_t *)(uintptr_t)want, key, member)
		if (!json_object_get(got, key) || !same_shape(member, json_object_get(got, key)))
			return false;
	return true;
}

static void check_shape(const json_t *all, const char *group, const char *name, const json_t *got)
{
	const json_t *want = json_object_get(json_object_get(all, group), name);

	CHECK(want != NULL);
	if (!want || !got || !same_shape(want, got)) {
		OWN(str) char *text = got ? json_text(got) : str_dup("nothing");

		test_fail(__FILE__, __LINE__, "%s: %s", name, text);
	}
}

#define NEAR ((near_u128)1000000u * 1000000000000000000u)

/* A key that may only call CONTRACT, for as much as `allowance`; 0: without end. */
static void add_limited_key(struct chain *c, uint8_t seed, near_u128 allowance,
			    struct near_key *ret)
{
	struct near_transaction *t = transaction(c, "test.near", "test.near");
	struct near_action *a = add(t, NEAR_ADD_KEY);
	uint8_t bytes[32] = { seed };

	near_key_from_seed(bytes, ret);
	a->public_key = near_key_format_public(ret);
	a->permission.receiver_id = str_dup(CONTRACT);
	a->permission.has_allowance = allowance > 0;
	a->permission.allowance = allowance;
	json_decref(submit(c, t, NULL));
}

struct keys {
	struct near_key limited, poor, stranger;
};

/* The named refusal, provoked. */
static json_t *provoke(struct chain *c, const char *name, const struct keys *keys)
{
	bool nobody = !strcmp(name, "SignerDoesNotExist"),
	     poor = !strcmp(name, "NotEnoughAllowance");
	struct near_transaction *t =
		transaction(c, nobody ? "nobody.near" : "test.near", poor ? CONTRACT : "near");
	const struct near_key *key = poor ? &keys->poor : NULL;

	t->nonce = 1500000;
	if (!strcmp(name, "RequiresFullAccess") || !strcmp(name, "ReceiverMismatch"))
		key = &keys->limited;
	if (!strcmp(name, "AccessKeyNotFound"))
		key = &keys->stranger;
	if (!strcmp(name, "InvalidNonce"))
		t->nonce = 0;
	if (!strcmp(name, "Expired"))
		t->block_hash[0] ^= 1;
	if (!strcmp(name, "NotEnoughBalance"))
		add(t, NEAR_TRANSFER)->amount = 2000000000 * NEAR;
	if (!strcmp(name, "ReceiverMismatch") || poor)
		add_call(t, "vote_pk", "{}");
	if (!strcmp(name, "ActionsValidation"))
		add_call(t, "x", "{}")->gas = 1000000000000001;
	return submit(c, t, key);
}

TEST(localnet_rpc, refusals_are_shaped_as_the_vectors)
{
	static const char *const names[] = { "InvalidNonce",	   "Expired",
					     "NotEnoughBalance",   "SignerDoesNotExist",
					     "AccessKeyNotFound",  "RequiresFullAccess",
					     "NotEnoughAllowance", "ReceiverMismatch",
					     "ActionsValidation" };
	struct chain c = { 0 };
	struct keys keys;
	uint8_t seed[32] = { 60 };
	OWN(json) json_t *all = shapes();

	chain_open(&c, NULL);
	near_key_from_seed(seed, &keys.stranger);
	add_limited_key(&c, 50, 0, &keys.limited);
	add_limited_key(&c, 51, 1, &keys.poor);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		OWN(json) json_t *answer = provoke(&c, names[i], &keys);

		check_shape(all, "error_objects", names[i], json_object_get(answer, "error"));
	}
	chain_close(&c);
}

/* As nearcore: who does not wait hears nothing of a refusal and finds no such transaction. */
TEST(localnet_rpc, refusal_is_not_told_to_those_who_do_not_wait)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(buf) struct buf b = { 0 };
	OWN(str) char *base64 = NULL;
	OWN(json) json_t *none = NULL;
	OWN(json) json_t *hash = NULL;
	OWN(json) json_t *found = NULL;

	chain_open(&c, NULL);
	t = transaction(&c, "nobody.near", "near");
	near_transaction_sign(t, &c.key, &b);
	near_transaction_free(t);
	base64 = base64_encode(b.data, b.len);
	none = ask(&c, "send_tx",
		   json_pack("{s:s,s:s}", "signed_tx_base64", base64, "wait_until", "NONE"));
	CHECK_STR(json_string_value(json_path(none, "result.final_execution_status")), "NONE");
	hash = ask(&c, "broadcast_tx_async", json_pack("[s]", base64));
	CHECK(json_is_string(json_object_get(hash, "result")));
	found = ask(&c, "tx", json_pack("[O,s]", json_object_get(hash, "result"), "nobody.near"));
	CHECK_STR(json_string_value(json_path(found, "error.cause.name")), "UNKNOWN_TRANSACTION");
	chain_close(&c);
}

/* A transaction that is taken and fails in the named way. */
static json_t *fail_with(struct chain *c, const char *name)
{
	static const struct {
		const char *name, *receiver;
		enum near_action_kind kind;
	} rows[] = {
		{ "panic", CONTRACT, NEAR_FUNCTION_CALL },
		{ "methodNotFound", CONTRACT, NEAR_FUNCTION_CALL },
		{ "gasExceeded", CONTRACT, NEAR_FUNCTION_CALL },
		{ "codeDoesNotExist", "near", NEAR_FUNCTION_CALL },
		{ "AccountDoesNotExist", "bob.localnet", NEAR_TRANSFER },
		{ "AccountAlreadyExists", "near", NEAR_CREATE_ACCOUNT },
		{ "CreateAccountNotAllowed", "x.bob.localnet", NEAR_CREATE_ACCOUNT },
		{ "LackBalanceForState", "test.near", NEAR_DEPLOY_CONTRACT },
		{ "AddKeyAlreadyExists", "test.near", NEAR_ADD_KEY },
	};
	size_t row = 0;
	struct near_transaction *t;
	struct near_action *a;

	while (strcmp(rows[row].name, name) != 0)
		row++;
	t = transaction(c, "test.near", rows[row].receiver);
	a = add(t, rows[row].kind);
	a->gas = !strcmp(name, "gasExceeded") ? 1 : 100000000000000;
	if (a->kind == NEAR_FUNCTION_CALL)
		a->name = str_dup(!strcmp(name, "methodNotFound") ? "get_greeting" : "sign");
	else
		a->gas = 0;
	a->permission.full_access = true;
	if (a->kind == NEAR_ADD_KEY)
		a->public_key = str_dup(c->public_key);
	if (a->kind == NEAR_DEPLOY_CONTRACT) {
		a->data = mem_new(4000000, 1);
		a->data_len = 1000000;
	}
	return submit(c, t, NULL);
}

TEST(localnet_rpc, failures_are_shaped_as_the_vectors)
{
	static const char *const names[] = { "panic",
					     "methodNotFound",
					     "gasExceeded",
					     "codeDoesNotExist",
					     "AccountDoesNotExist",
					     "AccountAlreadyExists",
					     "LackBalanceForState",
					     "CreateAccountNotAllowed",
					     "AddKeyAlreadyExists" };
	OWN(json) json_t *all = shapes();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct chain c = { 0 };
		OWN(json) json_t *answer = NULL;

		chain_open(&c, NULL);
		if (!strcmp(names[i], "LackBalanceForState"))
			ledger_amount_set(ledger_account(c.ledger, "test.near"), "amount", NEAR);
		answer = fail_with(&c, names[i]);
		check_shape(all, "execution_failures", names[i],
			    json_path(answer, "result.status.Failure"));
		chain_close(&c);
	}
}

TEST(localnet_rpc, state_of_an_earlier_block_is_given_while_it_is_the_same)
{
	struct chain c = { 0 };
	json_t *answers[3];

	chain_open(&c, NULL);
	for (int i = 0; i < 3; i++)
		chain_block(&c);
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			create(&c, "test.near", "a.test.near", 1);
		answers[i] =
			ask(&c, "query",
			    json_pack("{s:s,s:s,s:i}", "request_type", "view_account", "account_id",
				      i == 2 ? "near" : "test.near", "block_id", 2));
	}
	CHECK_INT(json_integer_value(json_path(answers[0], "result.block_height")), 2);
	CHECK_STR(json_string_value(json_path(answers[1], "error.cause.name")),
		  "GARBAGE_COLLECTED_BLOCK");
	CHECK_INT(json_integer_value(json_path(answers[2], "result.block_height")), 2);
	for (int i = 0; i < 3; i++)
		json_decref(answers[i]);
	chain_close(&c);
}

static void check_refused(struct chain *c, const char *body)
{
	OWN(json) json_t *answer = NULL;

	rpc_request(&c->rpc, body, strlen(body), NOW, c);
	answer = take_answer(c);
	CHECK(json_map(answer, "error") && json_object_get(answer, "id"));
	CHECK_INT(c->status, 200);
}

TEST(localnet_rpc, anything_instead_of_a_request_gets_an_error)
{
	static const char *const bodies[] = {
		"",
		"[]",
		"{",
		"null",
		"\"x\"",
		"{\"id\":1}",
		"[[[[",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":3}",
		"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"status\"}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"status\"}",
		"{\"id\":1,\"method\":\"status\"}",
	};
	static const char *const calls[] = {
		"\"query\",\"params\":7",
		"\"send_tx\",\"params\":[1,2]",
		"\"tx\",\"params\":{\"tx_hash\":{}}",
		"\"tx\",\"params\":[\"9FtHUFBQsZ2MG77K3x3MJ9wjX3UT8zE1TczCrhZEcG8U\"]",
		"\"chunk\",\"params\":[[]]",
		"\"chunk\",\"params\":{}",
		"\"broadcast_tx_async\",\"params\":[\"*\"]",
		"\"block\",\"params\":{\"block_id\":-1}",
		"\"EXPERIMENTAL_receipt\",\"params\":[]",
		"\"EXPERIMENTAL_changes\",\"params\":{\"changes_type\":7}",
		"\"validators\",\"params\":{\"epoch_id\":\"x\"}",
	};
	struct chain c = { 0 };

	chain_open(&c, NULL);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		check_refused(&c, bodies[i]);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		OWN(str)
		char *body = str_printf("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":%s}", calls[i]);

		check_refused(&c, body);
	}
	chain_close(&c);
}

/* nearcore takes no batches either: its clients send one request at a time. */
TEST(localnet_rpc, batch_is_refused_by_name)
{
	static const char batch[] = "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}]";
	struct chain c = { 0 };
	OWN(json) json_t *answer = NULL;

	chain_open(&c, NULL);
	rpc_request(&c.rpc, batch, strlen(batch), NOW, &c);
	answer = take_answer(&c);
	CHECK_STR(json_string_value(json_path(answer, "error.cause.name")), "PARSE_ERROR");
	CHECK(strstr(json_str_or(json_map(answer, "error"), "data", ""), "batch"));
	chain_close(&c);
}

TEST(localnet_rpc, node_key_and_node_public_key_are_both_the_p2p_key)
{
	struct chain c = { 0 };
	OWN(json) json_t *status = NULL;

	chain_open(&c, NULL);
	status = ask(&c, "status", json_array());
	CHECK_STR(json_string_value(json_path(status, "result.node_key")), c.public_key);
	CHECK_STR(json_string_value(json_path(status, "result.node_public_key")), c.public_key);
	CHECK_STR(json_string_value(json_path(status, "result.chain_id")), "mpc-localnet");
	chain_close(&c);
}
