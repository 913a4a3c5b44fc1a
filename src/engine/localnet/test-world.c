#include "engine/localnet/test-world.h"

#include <dirent.h>
#include <sodium.h>
#include <string.h>

static void reply(void *ctx, void *token, int http_status, char *text)
{
	struct chain *c = ctx;
	OWN(str) char *own = text;
	struct err err = { 0 };
	json_t *j = NULL;

	CHECK(token == c);
	CHECK_OK(json_parse_text("answer", own, strlen(own), &j, &err), err);
	json_array_append_new(c->answers, j);
	c->status = http_status;
}

void chain_open(struct chain *c, const char *directory)
{
	uint8_t seed[32] = { 3 };
	struct ledger_start start = { directory, "mpc-localnet", CONTRACT, NULL, NOW, { 1 } };
	struct err err = { 0 };

	c->answers = json_array();
	near_key_from_seed(seed, &c->key);
	c->public_key = near_key_format_public(&c->key);
	start.root_key = c->public_key;
	CHECK_OK(ledger_open(&start, &c->ledger, &err), err);
	c->rpc = (struct rpc){ .ledger = c->ledger,
			       .node_key = c->public_key,
			       .port = 3030,
			       .reply = reply,
			       .ctx = c };
}

void chain_close(struct chain *c)
{
	rpc_clear(&c->rpc);
	ledger_free(c->ledger);
	free(c->public_key);
	json_decref(c->answers);
	*c = (struct chain){ 0 };
}

void chain_commit(struct chain *c)
{
	struct err err = { 0 };

	CHECK_OK(ledger_commit(c->ledger, &err), err);
	rpc_settle(&c->rpc);
	ledger_news_clear(c->ledger);
}

void chain_block(struct chain *c)
{
	uint8_t random[32] = { 7 };

	c->blocks++;
	ledger_advance(c->ledger, NOW + (int64_t)c->blocks * 600000000, random);
	chain_commit(c);
}

/* The answer with that id; NULL: any. */
static json_t *take(struct chain *c, const char *id)
{
	json_t *answer;
	size_t i;

	json_array_foreach(c->answers, i, answer) {
		if (id && !str_eq(json_str(answer, "id"), id))
			continue;
		json_incref(answer);
		json_array_remove(c->answers, i);
		return answer;
	}
	return NULL;
}

json_t *take_answer(struct chain *c)
{
	return take(c, NULL);
}

json_t *ask(struct chain *c, const char *method, json_t *params)
{
	OWN(str) char *id = str_printf("request %u", ++c->requests);
	OWN(json)
	json_t *request = json_pack("{s:s,s:s,s:s,s:o}", "jsonrpc", "2.0", "id", id, "method",
				    method, "params", params);
	OWN(str) char *text = json_text(request);

	rpc_request(&c->rpc, text, strlen(text), NOW, c);
	chain_commit(c);
	return take(c, id);
}

static json_t *query_with(struct chain *c, const char *type, const char *account,
			  const char *method, const char *args)
{
	OWN(str) char *base64 = base64_encode(args, strlen(args));

	return ask(c, "query",
		   json_pack("{s:s,s:s,s:s,s:s,s:s}", "request_type", type, "account_id", account,
			     "method_name", method, "args_base64", base64, "finality",
			     "optimistic"));
}

json_t *query(struct chain *c, const char *type, const char *account, const char *method)
{
	return query_with(c, type, account, method, "{}");
}

json_t *view(struct chain *c, const char *account, const char *method, const char *args)
{
	OWN(json) json_t *answer = query_with(c, "call_function", account, method, args);
	OWN(buf) struct buf b = { 0 };
	json_t *byte;
	size_t i;

	json_array_foreach(json_path(answer, "result.result"), i, byte)
		buf_char(&b, (char)json_integer_value(byte));
	return b.len ? json_loads(b.data, JSON_DECODE_ANY, NULL) : NULL;
}

near_u128 balance(struct chain *c, const char *account)
{
	return ledger_amount(ledger_account(c->ledger, account), "amount");
}

/* ---- transactions -------------------------------------------------------------------------- */

struct near_transaction *transaction(struct chain *c, const char *signer, const char *receiver)
{
	struct near_transaction *t = NEW(struct near_transaction);
	const json_t *account = ledger_account(c->ledger, signer);
	const json_t *key = json_object_get(json_map(account, "keys"), c->public_key);
	size_t len;

	t->signer_id = str_dup(signer);
	t->receiver_id = str_dup(receiver);
	t->nonce = (uint64_t)json_int_or(key, "nonce", 0) + 1;
	near_base58_decode(c->ledger->head.hash, strlen(c->ledger->head.hash), t->block_hash, 32,
			   &len);
	t->actions = mem_new(4, sizeof(*t->actions));
	return t;
}

struct near_action *add(struct near_transaction *t, enum near_action_kind kind)
{
	struct near_action *a = &t->actions[t->action_count++];

	a->kind = kind;
	return a;
}

struct near_action *add_call(struct near_transaction *t, const char *method, const char *args)
{
	struct near_action *a = add(t, NEAR_FUNCTION_CALL);

	a->name = str_dup(method);
	a->data = (uint8_t *)str_dup(args);
	a->data_len = strlen(args);
	a->gas = 300000000000000;
	return a;
}

json_t *submit(struct chain *c, struct near_transaction *t, const struct near_key *key)
{
	OWN(buf) struct buf b = { 0 };
	OWN(str) char *base64 = NULL;

	near_transaction_sign(t, key ? key : &c->key, &b);
	near_transaction_free(t);
	base64 = base64_encode(b.data, b.len);
	return ask(c, "send_tx",
		   json_pack("{s:s,s:s}", "signed_tx_base64", base64, "wait_until",
			     "EXECUTED_OPTIMISTIC"));
}

json_t *call(struct chain *c, const char *signer, const char *receiver, const char *method,
	     const char *args)
{
	struct near_transaction *t = transaction(c, signer, receiver);

	add_call(t, method, args);
	return submit(c, t, NULL);
}

void create(struct chain *c, const char *parent, const char *id, near_u128 amount)
{
	struct near_transaction *t = transaction(c, parent, id);
	struct near_action *a;
	OWN(json) json_t *answer = NULL;

	add(t, NEAR_CREATE_ACCOUNT);
	add(t, NEAR_TRANSFER)->amount = amount;
	a = add(t, NEAR_ADD_KEY);
	a->public_key = str_dup(c->public_key);
	a->permission.full_access = true;
	answer = submit(c, t, NULL);
	CHECK(json_path(answer, "result.status.SuccessValue"));
}

const json_t *action_error(const json_t *answer)
{
	return json_path(answer, "result.status.Failure.ActionError.kind");
}

const char *panic_of(const json_t *answer)
{
	const char *text = json_string_value(
		json_path(action_error(answer), "FunctionCallError.ExecutionError"));

	return text ? text : "";
}

const json_t *invalid(const json_t *answer)
{
	return json_path(answer, "error.data.TxExecutionError.InvalidTxError");
}

char *value_of(const json_t *outcome)
{
	const char *base64 = json_string_value(json_path(outcome, "status.SuccessValue"));
	uint8_t *bytes = NULL;
	size_t len;

	if (!base64 || base64_decode(base64, strlen(base64), &bytes, &len) < 0)
		return NULL;
	return (char *)bytes;
}

/* ---- a network ----------------------------------------------------------------------------- */

static void expect_success(json_t *answer, const char *what)
{
	if (!json_path(answer, "result.status.SuccessValue")) {
		OWN(str) char *text = json_text(answer);

		test_fail(__FILE__, __LINE__, "%s: %s", what, text);
	}
	json_decref(answer);
}

static const char *const nodes[] = { "n0.test.near", "n1.test.near" };

static void init(struct chain *c)
{
	OWN(buf) struct buf b = { 0 };

	buf_str(&b, "{\"parameters\":{\"threshold\":2,\"participants\":{\"next_id\":2,"
		    "\"participants\":[");
	for (unsigned i = 0; i < 2; i++) {
		uint8_t key[32] = { (uint8_t)(i + 1) };
		OWN(str) char *text = near_public_format(key);

		buf_printf(&b, "%s[\"%s\",%u,{\"url\":\"http://n\",\"sign_pk\":\"%s\"}]",
			   i ? "," : "", nodes[i], i, text);
	}
	buf_str(&b, "]}}}");
	expect_success(call(c, LOCALNET_ROOT, CONTRACT, "init", b.data), "init");
}

void signers_begin(struct chain *c, struct signers *s)
{
	static const char event[] =
		"{\"key_event_id\":{\"epoch_id\":0,\"domain_id\":0,\"attempt_id\":0}";
	OWN(str) char *start = str_printf("%s}", event);
	OWN(str) char *text = NULL;
	OWN(str) char *vote = NULL;

	memset(s->scalar, 0, sizeof(s->scalar));
	s->scalar[0] = 77;
	crypto_scalarmult_ed25519_base_noclamp(s->public_key, s->scalar);
	text = near_public_format(s->public_key);
	vote = str_printf("%s,\"public_key\":\"%s\"}", event, text);
	for (int i = 0; i < 2; i++)
		create(c, LOCALNET_ROOT, nodes[i], (near_u128)1000000 * 1000000000000000000u);
	init(c);
	for (int i = 0; i < 2; i++)
		expect_success(call(c, nodes[i], CONTRACT, "vote_add_domains",
				    "{\"domains\":[{\"id\":0,\"scheme\":\"Ed25519\"}]}"),
			       "vote_add_domains");
	expect_success(call(c, nodes[0], CONTRACT, "start_keygen_instance", start), "start");
	for (int i = 0; i < 2; i++)
		expect_success(call(c, nodes[i], CONTRACT, "vote_pk", vote), "vote_pk");
}

json_t *sign_request(struct chain *c, const char *signer, unsigned number)
{
	OWN(str)
	char *args = str_printf("{\"request\":{\"path\":\"solana,1\",\"domain_id\":0,"
				"\"payload_v2\":{\"Eddsa\":\"%064x\"}}}",
				number);
	struct near_transaction *t = transaction(c, signer, CONTRACT);

	add_call(t, "sign", args)->amount = 1;
	return submit(c, t, NULL);
}

/* R || S under the derived key public + tweak B. */
static void sign(const struct signers *s, const char *tweak_hex, const char *payload_hex,
		 uint8_t ret[64])
{
	uint8_t tweak[64] = { 0 }, scalar[32], key[32], r[32] = { 9 }, hash[64], message[2048];
	size_t len = strlen(payload_hex) / 2;
	uint8_t challenge[32], product[32];
	crypto_hash_sha512_state h;

	hex_decode(tweak_hex, 64, tweak, 32);
	hex_decode(payload_hex, 2 * len, message, len);
	crypto_core_ed25519_scalar_reduce(scalar, tweak);
	crypto_core_ed25519_scalar_add(scalar, scalar, s->scalar);
	crypto_scalarmult_ed25519_base_noclamp(key, scalar);
	crypto_scalarmult_ed25519_base_noclamp(ret, r);
	crypto_hash_sha512_init(&h);
	crypto_hash_sha512_update(&h, ret, 32);
	crypto_hash_sha512_update(&h, key, 32);
	crypto_hash_sha512_update(&h, message, len);
	crypto_hash_sha512_final(&h, hash);
	crypto_core_ed25519_scalar_reduce(challenge, hash);
	crypto_core_ed25519_scalar_mul(product, challenge, scalar);
	crypto_core_ed25519_scalar_add(ret + 32, r, product);
}

static json_t *bytes_json(const uint8_t *data, size_t len)
{
	json_t *list = json_array();

	for (size_t i = 0; i < len; i++)
		json_array_append_new(list, json_integer(data[i]));
	return list;
}

char *respond_args(struct chain *c, const struct signers *s)
{
	OWN(json) json_t *pending = signer_pending(json_object_get(c->ledger->contracts, CONTRACT));
	const json_t *first = json_array_get(pending, 0);
	const char *tweak = json_str_or(first, "tweak", "");
	uint8_t signature[64], raw[32] = { 0 };
	OWN(json) json_t *args = NULL;

	hex_decode(tweak, 64, raw, 32);
	sign(s, tweak, json_str_or(json_map(first, "payload"), "Eddsa", ""), signature);
	args = json_pack("{s:{s:o,s:O,s:i},s:{s:s,s:o}}", "request", "tweak", bytes_json(raw, 32),
			 "payload", json_map(first, "payload"), "domain_id", 0, "response",
			 "scheme", "Ed25519", "signature", bytes_json(signature, 64));
	return json_text(args);
}

json_t *respond(struct chain *c, const struct signers *s)
{
	OWN(str) char *args = respond_args(c, s);

	return call(c, nodes[0], CONTRACT, "respond", args);
}

void respond_silently(struct chain *c, const struct signers *s)
{
	OWN(str) char *args = respond_args(c, s);
	struct near_transaction *t = transaction(c, nodes[0], CONTRACT);
	OWN(buf) struct buf b = { 0 };
	OWN(json) json_t *outcome = NULL;

	add_call(t, "respond", args);
	near_transaction_sign(t, &c->key, &b);
	CHECK_INT(ledger_run(c->ledger, t, &outcome), LEDGER_DONE);
	CHECK(json_path(outcome, "status.SuccessValue"));
	near_transaction_free(t);
}

/* ---- files --------------------------------------------------------------------------------- */

char *make_directory(void)
{
	char *path = str_dup("/tmp/mpcup-test-localnet-XXXXXX");

	CHECK(mkdtemp(path) != NULL);
	return path;
}

void remove_directory(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		OWN(str) char *file = str_printf("%s/%s", path, e->d_name);

		if (e->d_name[0] != '.')
			unlink(file);
	}
	if (d)
		closedir(d);
	CHECK_INT(rmdir(path), 0);
}
