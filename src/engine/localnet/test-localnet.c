#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "base/test.h"
#include "engine/localnet/localnet-internal.h"
#include "engine/localnet/localnet.h"

#define NOW 1767225600000000000ll
#define CONTRACT "v1.signer.node0"

/* ---- a chain in memory --------------------------------------------------------------------- */

struct chain {
	struct ledger *ledger;
	struct rpc rpc;
	struct near_key key;
	char *public_key;
	uint64_t nonce;
};

static void chain_open(struct chain *c, const char *directory)
{
	uint8_t seed[32] = { 3 };
	struct ledger_start start = { directory,   "mpc-localnet", "mpc-contract.test.near",
				      "test.near", NULL,	   NOW };
	struct err err = { 0 };

	near_key_from_seed(seed, &c->key);
	c->public_key = near_key_format_public(&c->key);
	start.root_key = c->public_key;
	CHECK_OK(ledger_open(&start, &c->ledger, &err), err);
	c->rpc = (struct rpc){ .ledger = c->ledger, .node_key = c->public_key, .port = 3030 };
}

static void chain_close(struct chain *c)
{
	ledger_free(c->ledger);
	free(c->public_key);
}

static json_t *ask(struct chain *c, const char *method, json_t *params)
{
	OWN(json)
	json_t *request = json_pack("{s:s,s:s,s:s,s:o}", "jsonrpc", "2.0", "id", "dontcare",
				    "method", method, "params", params);
	OWN(str) char *text = json_text(request);
	OWN(str) char *answer = rpc_answer(&c->rpc, text, strlen(text), NOW);
	struct err err = { 0 };
	json_t *j = NULL;

	CHECK_OK(json_parse_text("answer", answer, strlen(answer), &j, &err), err);
	CHECK_STR(json_str(j, "id"), "dontcare");
	return j;
}

static json_t *query(struct chain *c, const char *type, const char *account, const char *method)
{
	return ask(c, "query",
		   json_pack("{s:s,s:s,s:s,s:s,s:s}", "request_type", type, "account_id", account,
			     "method_name", method, "args_base64", "e30=", "finality",
			     "optimistic"));
}

/* The value that a view call gave, decoded; NULL when it failed. */
static json_t *view(struct chain *c, const char *account, const char *method)
{
	OWN(json) json_t *answer = query(c, "call_function", account, method);
	OWN(buf) struct buf b = { 0 };
	json_t *byte, *value = NULL;
	size_t i;

	json_array_foreach(json_path(answer, "result.result"), i, byte)
		buf_char(&b, (char)json_integer_value(byte));
	return b.len ? json_loads(b.data, JSON_DECODE_ANY, NULL) : value;
}

static struct near_transaction *transaction(struct chain *c, const char *receiver)
{
	struct near_transaction *t = NEW(struct near_transaction);
	size_t len;

	t->signer_id = str_dup("test.near");
	t->receiver_id = str_dup(receiver);
	t->nonce = ++c->nonce;
	near_base58_decode(c->ledger->head.hash, strlen(c->ledger->head.hash), t->block_hash, 32,
			   &len);
	t->actions = mem_new(4, sizeof(*t->actions));
	return t;
}

static struct near_action *add(struct near_transaction *t, enum near_action_kind kind)
{
	struct near_action *a = &t->actions[t->action_count++];

	a->kind = kind;
	return a;
}

static json_t *submit(struct chain *c, struct near_transaction *t, const struct near_key *key)
{
	OWN(buf) struct buf b = { 0 };
	OWN(str) char *base64 = NULL;

	near_transaction_sign(t, key, &b);
	near_transaction_free(t);
	base64 = base64_encode(b.data, b.len);
	return ask(c, "send_tx",
		   json_pack("{s:s,s:s}", "signed_tx_base64", base64, "wait_until",
			     "EXECUTED_OPTIMISTIC"));
}

static json_t *call(struct chain *c, const char *receiver, const char *method, const char *args)
{
	struct near_transaction *t = transaction(c, receiver);
	struct near_action *a = add(t, NEAR_FUNCTION_CALL);

	a->name = str_dup(method);
	a->data = (uint8_t *)str_dup(args);
	a->data_len = strlen(args);
	a->gas = 300000000000000;
	return submit(c, t, &c->key);
}

#define KEY_A "ed25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
#define KEY_B "ed25519:4zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoCtajS"
#define KEY_C "ed25519:8z5oiZDBaCrP7ZCP1vQZbxkUt2eevdpPnyvpQAvAYuiL"
#define ONE(account, id, spelling, key)                                                            \
	"[\"" account "\"," id ",{\"url\":\"http://" account ":80\",\"" spelling "\":\"" key "\"}" \
	"]"
#define INIT(threshold, next, list)                                                                \
	"{\"parameters\":{\"threshold\":" threshold ",\"participants\":{\"next_id\":" next         \
	",\"participants\":[" list "]}}}"
#define THREE(spelling)                                                                            \
	ONE("node-0.near", "0", spelling, KEY_A)                                                   \
	"," ONE("node-1.near", "1", spelling, KEY_B) "," ONE("node-2.near", "2", spelling, KEY_C)

static const char *failure(const json_t *answer)
{
	return json_string_value(
		json_path(answer, "result.status.Failure.ActionError.kind.FunctionCallError."
				  "ExecutionError"));
}

/* ---- the contract -------------------------------------------------------------------------- */

TEST(localnet_contract, state_before_init_fails_and_afterwards_is_running)
{
	struct chain c = { 0 };
	OWN(json) json_t *before = NULL;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *state = NULL;
	OWN(json) json_t *version = NULL;
	OWN(json) json_t *key = NULL;

	chain_open(&c, NULL);
	before = query(&c, "call_function", "mpc-contract.test.near", "state");
	CHECK(strstr(json_str_or(json_map(before, "result"), "error", ""), "not initialized"));
	answer = call(&c, "mpc-contract.test.near", "init", INIT("2", "3", THREE("sign_pk")));
	CHECK(json_path(answer, "result.status.SuccessValue"));
	state = view(&c, "mpc-contract.test.near", "state");
	CHECK_INT(json_integer_value(json_path(state, "Running.parameters.threshold")), 2);
	CHECK_STR(json_string_value(json_path(
			  state, "Running.parameters.participants.participants.1.2.sign_pk")),
		  KEY_B);
	version = view(&c, "mpc-contract.test.near", "version");
	CHECK_STR(json_string_value(version), "3.1.0");
	key = query(&c, "call_function", "mpc-contract.test.near", "public_key");
	CHECK(strstr(json_str_or(json_map(key, "result"), "error", ""), "No such domain"));
	chain_close(&c);
}

TEST(localnet_contract, newer_spelling_comes_back_as_it_was_given)
{
	struct chain c = { 0 };
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *state = NULL;
	OWN(json) json_t *version = NULL;

	chain_open(&c, NULL);
	answer = call(&c, CONTRACT, "init", INIT("2", "3", THREE("tls_public_key")));
	CHECK(json_path(answer, "result.status.SuccessValue"));
	state = view(&c, CONTRACT, "state");
	CHECK_STR(
		json_string_value(json_path(
			state, "Running.parameters.participants.participants.0.2.tls_public_key")),
		KEY_A);
	version = view(&c, CONTRACT, "version");
	CHECK_STR(json_string_value(version), "3.10.0");
	chain_close(&c);
}

TEST(localnet_contract, second_init_says_already_been_initialized)
{
	struct chain c = { 0 };
	OWN(json) json_t *first = NULL;
	OWN(json) json_t *second = NULL;

	chain_open(&c, NULL);
	first = call(&c, CONTRACT, "init", INIT("2", "3", THREE("sign_pk")));
	CHECK(!failure(first));
	second = call(&c, CONTRACT, "init", INIT("2", "3", THREE("sign_pk")));
	CHECK(strstr(failure(second) ? failure(second) : "",
		     "Smart contract panicked: The contract has already been initialized"));
	chain_close(&c);
}

TEST(localnet_contract, parameters_that_the_contract_refuses_are_refused)
{
	static const struct {
		const char *args, *words;
	} rows[] = {
		{ INIT("1", "3", THREE("sign_pk")), "minimum absolute requirement" },
		{ INIT("4", "3", THREE("sign_pk")), "must not exceed" },
		{ INIT("2", "2", THREE("sign_pk")), "not below next_id" },
		{ INIT("2", "3",
		       ONE("a.near", "0", "sign_pk", KEY_A) "," ONE("a.near", "1", "sign_pk",
								    KEY_B)),
		  "already in set" },
		{ INIT("2", "3",
		       ONE("a.near", "0", "sign_pk", KEY_A) "," ONE("b.near", "0", "sign_pk",
								    KEY_B)),
		  "already used" },
		{ INIT("2", "3",
		       ONE("a.near", "0", "sign_pk", KEY_A) "," ONE("b.near", "1", "sign_pk",
								    KEY_A)),
		  "same sign_pk" },
		{ INIT("2", "3", ONE("A.near", "0", "sign_pk", KEY_A)), "Account ID is invalid" },
		{ INIT("2", "3", ONE("a.near", "0", "sign_pk", "ed25519:abc")), "32 bytes" },
		{ "{}", "missing field `parameters`" },
		{ "{\"parameters\":{\"threshold\":2}}", "missing field `participants`" },
		{ "not json", "Failed to deserialize input from JSON" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct chain c = { 0 };
		OWN(json) json_t *answer = NULL;

		chain_open(&c, NULL);
		answer = call(&c, CONTRACT, "init", rows[i].args);
		if (!failure(answer) || !strstr(failure(answer), rows[i].words))
			test_fail(__FILE__, __LINE__, "row %zu: %s", i,
				  failure(answer) ? failure(answer) : "accepted");
		CHECK(!ledger_account(c.ledger, CONTRACT)); /* all or nothing */
		chain_close(&c);
	}
}

TEST(localnet_contract, threshold_below_sixty_percent_is_refused_at_every_size)
{
	for (unsigned count = 2; count <= 10; count++) {
		for (unsigned threshold = 2; threshold <= count; threshold++) {
			OWN(buf) struct buf b = { 0 };
			json_t *contract = contract_new();
			struct err err = { 0 };

			buf_printf(&b,
				   "{\"parameters\":{\"threshold\":%u,\"participants\":{"
				   "\"next_id\":%u,\"participants\":[",
				   threshold, count);
			for (unsigned i = 0; i < count; i++) {
				uint8_t public_key[32] = { (uint8_t)(i + 1) };
				OWN(str) char *key = near_public_format(public_key);

				buf_printf(&b,
					   "%s[\"n%u.near\",%u,{\"url\":\"http://n\",\"sign_pk\":"
					   "\"%s\"}]",
					   i ? "," : "", i, i, key);
			}
			buf_str(&b, "]}}}");
			CHECK_INT(contract_call(contract, "init", b.data, b.len, &err),
				  threshold * 10 >= count * 6 ? 0 : -1);
			json_decref(contract);
		}
	}
}

/* ---- transactions -------------------------------------------------------------------------- */

static const json_t *invalid(const json_t *answer)
{
	return json_path(answer, "error.data.TxExecutionError.InvalidTxError");
}

TEST(localnet_transaction, sub_account_with_key_is_made_and_may_sign)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *account = NULL;
	OWN(json) json_t *again = NULL;
	struct near_action *a;

	chain_open(&c, NULL);
	t = transaction(&c, "mpc-node-0.test.near");
	add(t, NEAR_CREATE_ACCOUNT);
	add(t, NEAR_TRANSFER)->amount = 1000000;
	a = add(t, NEAR_ADD_KEY);
	a->public_key = str_dup(KEY_A);
	a->permission.full_access = true;
	answer = submit(&c, t, &c.key);
	CHECK(json_path(answer, "result.status.SuccessValue"));
	CHECK_STR(json_str(json_map(answer, "result"), "final_execution_status"),
		  "EXECUTED_OPTIMISTIC");
	account = query(&c, "view_account", "mpc-node-0.test.near", "");
	CHECK_STR(json_str(json_map(account, "result"), "amount"), "1000000");
	CHECK_INT(json_int_or(json_map(account, "result"), "storage_usage", 0), 182);
	t = transaction(&c, "mpc-node-0.test.near");
	add(t, NEAR_CREATE_ACCOUNT);
	again = submit(&c, t, &c.key);
	CHECK(json_path(again, "result.status.Failure.ActionError.kind.AccountAlreadyExists"));
	chain_close(&c);
}

TEST(localnet_transaction, refusals_have_nearcores_shapes)
{
	struct chain c = { 0 };
	struct near_transaction *t;
	struct near_key stranger;
	uint8_t seed[32] = { 99 };
	OWN(json) json_t *nonce = NULL;
	OWN(json) json_t *key = NULL;
	OWN(json) json_t *signer = NULL;
	OWN(json) json_t *expired = NULL;
	OWN(json) json_t *deploy = NULL;
	OWN(json) json_t *balance = NULL;

	chain_open(&c, NULL);
	near_key_from_seed(seed, &stranger);
	c.nonce = UINT64_MAX;
	t = transaction(&c, "test.near"); /* nonce 0 */
	nonce = submit(&c, t, &c.key);
	CHECK_INT(json_integer_value(json_path(invalid(nonce), "InvalidNonce.ak_nonce")), 0);
	CHECK_STR(json_str(json_map(nonce, "error"), "name"), "HANDLER_ERROR");
	CHECK_STR(json_string_value(json_path(nonce, "error.cause.name")), "INVALID_TRANSACTION");
	key = submit(&c, transaction(&c, "test.near"), &stranger);
	CHECK_STR(json_string_value(json_path(
			  invalid(key), "InvalidAccessKeyError.AccessKeyNotFound.account_id")),
		  "test.near");
	t = transaction(&c, "test.near");
	free(t->signer_id);
	t->signer_id = str_dup("nobody.near");
	signer = submit(&c, t, &c.key);
	CHECK_STR(json_string_value(json_path(invalid(signer), "SignerDoesNotExist.signer_id")),
		  "nobody.near");
	t = transaction(&c, "test.near");
	t->block_hash[0] ^= 1;
	expired = submit(&c, t, &c.key);
	CHECK_STR(json_string_value(invalid(expired)), "Expired");
	t = transaction(&c, "test.near");
	add(t, NEAR_DEPLOY_CONTRACT);
	deploy = submit(&c, t, &c.key);
	CHECK(strstr(json_string_value(json_path(invalid(deploy),
						 "ActionsValidation.UnsupportedProtocolFeature."
						 "protocol_feature")),
		     "signer contract is native"));
	t = transaction(&c, "near");
	near_u128_parse("340282366920938463463374607431768211455", &add(t, NEAR_TRANSFER)->amount);
	balance = submit(&c, t, &c.key);
	CHECK_STR(json_string_value(invalid(balance)), "CostOverflow");
	chain_close(&c);
}

TEST(localnet_transaction, sent_again_it_gets_the_same_answer)
{
	struct chain c = { 0 };
	OWN(buf) struct buf b = { 0 };
	OWN(str) char *base64 = NULL;
	OWN(json) json_t *first = NULL;
	OWN(json) json_t *second = NULL;
	OWN(json) json_t *status = NULL;
	struct near_transaction *t;

	chain_open(&c, NULL);
	t = transaction(&c, "near");
	add(t, NEAR_TRANSFER)->amount = 5;
	near_transaction_sign(t, &c.key, &b);
	near_transaction_free(t);
	base64 = base64_encode(b.data, b.len);
	first = ask(&c, "broadcast_tx_commit", json_pack("[s]", base64));
	second = ask(&c, "broadcast_tx_commit", json_pack("[s]", base64));
	CHECK(json_equal(first, second));
	status = ask(&c, "tx",
		     json_pack("[s,s]",
			       json_string_value(json_path(first, "result.transaction.hash")),
			       "test.near"));
	CHECK(json_equal(json_object_get(first, "result"), json_object_get(status, "result")));
	chain_close(&c);
}

TEST(localnet_transaction, function_call_key_may_do_only_its_part)
{
	struct chain c = { 0 };
	struct near_key limited;
	uint8_t seed[32] = { 50 };
	struct near_transaction *t;
	struct near_action *a;
	OWN(json) json_t *added = NULL;
	OWN(json) json_t *transfer = NULL;
	OWN(json) json_t *other = NULL;

	chain_open(&c, NULL);
	near_key_from_seed(seed, &limited);
	t = transaction(&c, "test.near");
	a = add(t, NEAR_ADD_KEY);
	a->public_key = near_key_format_public(&limited);
	a->permission.receiver_id = str_dup(CONTRACT);
	added = submit(&c, t, &c.key);
	CHECK(json_path(added, "result.status.SuccessValue"));
	t = transaction(&c, "near");
	add(t, NEAR_TRANSFER);
	transfer = submit(&c, t, &limited);
	CHECK_STR(json_string_value(json_path(invalid(transfer), "InvalidAccessKeyError")),
		  "RequiresFullAccess");
	t = transaction(&c, "near");
	add(t, NEAR_FUNCTION_CALL)->name = str_dup("init");
	other = submit(&c, t, &limited);
	CHECK_STR(json_string_value(json_path(
			  invalid(other), "InvalidAccessKeyError.ReceiverMismatch.ak_receiver")),
		  CONTRACT);
	chain_close(&c);
}

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

	json_array_foreach(
		json_object_get(json_object_get(all, "strict_required"), name), i,
		field) if (!json_path(json_object_get(answer, "result"), json_string_value(field)))
		test_fail(__FILE__, __LINE__, "%s lacks %s", name, json_string_value(field));
	CHECK(i > 0);
}

TEST(localnet_rpc, results_have_every_field_that_strict_clients_need)
{
	struct chain c = { 0 };
	OWN(json) json_t *all = shapes();
	struct {
		const char *name;
		json_t *answer;
	} rows[8] = { { "status", NULL } };

	chain_open(&c, NULL);
	rows[0].answer = ask(&c, "status", json_array());
	rows[1].name = "block";
	rows[1].answer = ask(&c, "block", json_pack("{s:s}", "finality", "final"));
	rows[2].name = "chunk";
	rows[2].answer = ask(&c, "chunk", json_pack("[[i,i]]", 1, 0));
	rows[3].name = "gas_price";
	rows[3].answer = ask(&c, "gas_price", json_pack("[n]"));
	rows[4].name = "query:view_account";
	rows[4].answer = query(&c, "view_account", "test.near", "");
	rows[5].name = "query:view_access_key_list";
	rows[5].answer = query(&c, "view_access_key_list", "test.near", "");
	rows[6].name = "query:call_function";
	rows[6].answer = query(&c, "call_function", "mpc-contract.test.near", "version");
	rows[7].name = "send_tx";
	rows[7].answer = call(&c, CONTRACT, "init", INIT("2", "3", THREE("sign_pk")));
	for (size_t i = 0; i < 8; i++) {
		check_required(all, rows[i].name, rows[i].answer);
		json_decref(rows[i].answer);
	}
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
	method = ask(&c, "EXPERIMENTAL_receipt", json_array());
	check_same_error(json_object_get(errors, "MethodNotFoundRpc"), method);
	CHECK_STR(json_str(json_map(method, "error"), "data"), "EXPERIMENTAL_receipt");
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
		"{\"method\":3}",
		"{\"method\":\"query\",\"params\":7}",
		"{\"method\":\"block\",\"params\":{\"block_id\":{}}}"
	};
	struct chain c = { 0 };

	chain_open(&c, NULL);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		OWN(str) char *answer = rpc_answer(&c.rpc, bodies[i], strlen(bodies[i]), NOW);

		CHECK(strstr(answer, i < 9 ? "\"error\"" : "\"result\""));
	}
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

/* ---- durability and the process ------------------------------------------------------------ */

static char *make_directory(void)
{
	char *path = str_dup("/tmp/mpcup-test-localnet-XXXXXX");

	CHECK(mkdtemp(path) != NULL);
	return path;
}

static void remove_directory(const char *path)
{
	static const char *const names[] = { "chain.json", "node_key" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		OWN(str) char *file = str_printf("%s/%s", path, names[i]);

		unlink(file);
	}
	CHECK_INT(rmdir(path), 0);
}

TEST(localnet_ledger, height_and_contract_survive_a_restart)
{
	OWN(str) char *directory = make_directory();
	struct chain c = { 0 };
	OWN(json) json_t *init = NULL;
	OWN(json) json_t *state = NULL;
	struct err err = { 0 };
	uint64_t height;

	chain_open(&c, directory);
	init = call(&c, CONTRACT, "init", INIT("2", "3", THREE("sign_pk")));
	CHECK_OK(ledger_save(c.ledger, &err), err); /* as after each transaction */
	for (int i = 0; i < 5; i++)
		CHECK_OK(ledger_advance(c.ledger, NOW + i, &err), err);
	height = c.ledger->head.height;
	chain_close(&c);
	chain_open(&c, directory);
	CHECK(c.ledger->head.height > height && c.ledger->head.height <= height + 16);
	state = view(&c, CONTRACT, "state");
	CHECK(json_path(state, "Running"));
	chain_close(&c);
	remove_directory(directory);
}

static uint16_t free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	socklen_t len = sizeof(at);
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK_INT(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	getsockname(fd, (struct sockaddr *)&at, &len);
	return ntohs(at.sin_port);
}

static char *fetch(uint16_t port, const char *request)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	struct timeval patience = { .tv_sec = 2 };
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM, 0);
	OWN(buf) struct buf b = { 0 };
	char chunk[4096];
	ssize_t got;

	at.sin_port = htons(port);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return NULL;
	if (write(fd, request, strlen(request)) < 0)
		return NULL;
	while ((got = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&b, chunk, (size_t)got);
	return buf_take(&b);
}

static void pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static pid_t run_localnet(const char *directory, uint16_t rpc, uint16_t p2p)
{
	OWN(str) char *rpc_text = str_printf("%u", rpc);
	OWN(str) char *p2p_text = str_printf("%u", p2p);
	OWN(str) char *path = str_dup(directory);
	char data[] = "--data", port[] = "--rpc-port", peers[] = "--p2p-port",
	     interval[] = "--block-ms", fast[] = "50";
	char *argv[] = { data, path, port, rpc_text, peers, p2p_text, interval, fast, NULL };
	pid_t pid = fork();

	if (pid == 0) {
		fclose(stdout);
		_exit(localnet_main(8, argv));
	}
	return pid;
}

TEST(localnet, process_serves_status_advances_and_stops_on_sigterm)
{
	OWN(str) char *directory = make_directory();
	uint16_t rpc = free_port(), p2p = free_port();
	pid_t pid = run_localnet(directory, rpc, p2p);
	OWN(str) char *status = NULL;
	OWN(str) char *metrics = NULL;
	int code = 0;

	for (int i = 0; i < 100 && !status; i++) {
		pause_ms(20);
		status = fetch(rpc, "GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	}
	CHECK(status && strstr(status, "200 OK") &&
	      strstr(status, "\"node_public_key\":\"ed25519:"));
	pause_ms(200);
	metrics = fetch(rpc, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	CHECK(metrics && strstr(metrics, "near_sync_status 0"));
	CHECK(metrics && !strstr(metrics, "near_block_height_head 1\n"));
	kill(pid, SIGTERM);
	CHECK_INT(waitpid(pid, &code, 0), pid);
	CHECK(WIFEXITED(code) && WEXITSTATUS(code) == 0);
	remove_directory(directory);
}
