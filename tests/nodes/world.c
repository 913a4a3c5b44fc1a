#include "world.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/near/near-transaction.h"
#include "engine/localnet/localnet.h"
#include "engine/node/node.h"


struct near_key world_key(uint8_t number)
{
	uint8_t seed[32] = { number, 77 };
	struct near_key key;

	near_key_from_seed(seed, &key);
	return key;
}

/* "--name value" pairs of ports; freed by argv_free. */
static char **argv_of(const char *const *names, const unsigned *values, size_t count)
{
	char **argv = mem_new(count * 2 + 1, sizeof(char *));

	for (size_t i = 0; i < count; i++) {
		argv[i * 2] = str_dup(names[i]);
		argv[i * 2 + 1] = str_printf("%u", values[i]);
	}
	return argv;
}

static void argv_free(char **argv)
{
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
}

void world_chain_start(struct world *w)
{
	static const char *const names[] = { "--rpc-port", "--p2p-port", "--block-ms" };
	unsigned values[] = { w->rpc, w->p2p, w->block_ms ? w->block_ms : 50 };
	OWN(str) char *secret = near_key_format_secret(&w->key);
	OWN(str) char *key = str_printf("NEAR_NODE_KEY=%s", secret);
	OWN(str)
	char *chain_id = str_printf("MPC_CHAIN_ID=%s", w->chain_id ? w->chain_id : "mpc-localnet");
	const char *environment[] = { key, chain_id, "MPC_CONTRACT_ID=" CONTRACT, NULL };
	char **argv = argv_of(names, values, 3);
	char **with_data = mem_new(9, sizeof(char *));
	char data[] = "--data";

	memcpy(with_data, argv, 6 * sizeof(char *));
	with_data[6] = data;
	with_data[7] = w->home;
	process_start(&w->chain, localnet_main, with_data, environment);
	CHECK(process_says(&w->chain, "built-in chain", PATIENCE_MS));
	free(with_data);
	argv_free(argv);
}

void world_node_start(struct world *w, size_t i)
{
	static const char *const names[] = { "--web-port", "--rpc-port", "--near-port" };
	struct world_node *n = &w->nodes[i];
	unsigned values[] = { n->web, n->rpc, n->near };
	OWN(str)
	char *boot_key = near_public_format(w->boot_key ? w->boot_key : near_key_public(&w->key));
	OWN(str) char *p2p = near_key_format_secret(&n->p2p);
	OWN(str) char *signer = near_key_format_secret(&n->signer);
	OWN(str) char *boot = str_printf("NEAR_BOOT_NODES=%s@localhost:%u", boot_key, w->p2p);
	OWN(str) char *account = str_printf("MPC_ACCOUNT_ID=%s", n->account);
	OWN(str) char *home = str_printf("MPC_HOME_DIR=%s", n->home);
	OWN(str)
	char *store_key = str_printf("MPC_SECRET_STORE_KEY=%s",
				     n->store_key ? n->store_key : "00112233445566778899aabbccddeeff");
	OWN(str) char *p2p_key = str_printf("MPC_P2P_PRIVATE_KEY=%s", p2p);
	OWN(str) char *signer_key = str_printf("MPC_ACCOUNT_SK=%s", signer);
	const char *environment[] = { "MPC_ENV=mpc-localnet",
				      "MPC_CONTRACT_ID=" CONTRACT,
				      store_key,
				      boot,
				      account,
				      home,
				      p2p_key,
				      signer_key,
				      n->extra ? n->extra : "X=",
				      NULL };
	char **argv = argv_of(names, values, 3);

	process_start(&n->process, node_main, argv, environment);
	argv_free(argv);
}

void world_new(struct world *w)
{
	if (!w->count)
		w->count = 3;
	if (!w->threshold)
		w->threshold = 2;
	w->home = test_directory();
	w->key = world_key(200);
	w->rpc = test_free_port();
	w->p2p = test_free_port();
	for (size_t i = 0; i < w->count; i++) {
		struct world_node *n = &w->nodes[i];

		n->home = test_directory();
		n->account = str_printf("mpc-node-%zu.test.near", i);
		n->p2p = world_key((uint8_t)(10 + i));
		n->signer = world_key((uint8_t)(20 + i));
		n->web = test_free_port();
		n->rpc = test_free_port();
		n->near = test_free_port();
		n->peer = test_free_port();
		n->process.output = -1;
	}
}

void world_free(struct world *w)
{
	for (size_t i = 0; i < w->count; i++) {
		process_free(&w->nodes[i].process);
		test_remove_directory(w->nodes[i].home);
		free(w->nodes[i].home);
		free(w->nodes[i].account);
	}
	process_free(&w->chain);
	test_remove_directory(w->home);
	free(w->home);
}

/* ---- the operator's part ------------------------------------------------------------------- */

json_t *world_rpc(struct world *w, const char *method, json_t *params)
{
	OWN(json)
	json_t *body = json_pack("{s:s,s:i,s:s,s:o}", "jsonrpc", "2.0", "id", 1, "method", method,
				 "params", params);

	for (size_t i = 0; i < w->count; i++)
		process_drain(&w->nodes[i].process);
	process_drain(&w->chain);
	return test_post_json(w->rpc, body);
}

static json_t *parameters(struct world *w, unsigned members, size_t threshold)
{
	json_t *list = json_array();
	int next_id = 0;

	for (size_t i = 0; i < w->count; i++) {
		OWN(str) char *url = str_printf("http://127.0.0.1:%u", w->nodes[i].peer);
		OWN(str) char *key = near_key_format_public(&w->nodes[i].p2p);

		if (members >> i & 1)
			next_id = (int)i + 1;
		if (members >> i & 1)
			json_array_append_new(list, json_pack("[s,i,{s:s,s:s}]", w->nodes[i].account, (int)i,
							      "url", url, "sign_pk", key));
	}
	return json_pack("{s:i,s:{s:i,s:o}}", "threshold", (int)threshold, "participants", "next_id",
			 next_id, "participants", list);
}

void world_register(struct world *w)
{
	unsigned members = (1u << (w->registered ? w->registered : w->count)) - 1;

	world_call_good(w, "test.near", "init",
			json_pack("{s:o}", "parameters", parameters(w, members, w->threshold)));
}

/* Those who are in already first: they admit the others. */
void world_reshare(struct world *w, unsigned members, size_t threshold, int epoch)
{
	unsigned old = (1u << (w->registered ? w->registered : w->count)) - 1;

	for (int newcomers = 0; newcomers < 2; newcomers++)
		for (size_t i = 0; i < w->count; i++)
			if ((members >> i & 1) && (old >> i & 1) != (unsigned)newcomers)
				world_call_good(w, w->nodes[i].account, "vote_new_parameters",
						json_pack("{s:i,s:o}", "prospective_epoch_id", epoch, "proposal",
							  parameters(w, members, threshold)));
}

/* ---- what is seen -------------------------------------------------------------------------- */

size_t node_live_connections(const struct world_node *n)
{
	OWN(str) char *text = test_get(n->web, "/metrics", NULL);
	const char *at = text;
	size_t count = 0;

	while (at && (at = strstr(at, "mpc_network_live_connections{"))) {
		at = strchr(at, '}');
		count += at && str_starts(at, "} 1\n");
	}
	return count;
}

bool world_meshed(struct world *w, size_t links)
{
	for (size_t i = 0; i < w->count; i++)
		if (node_live_connections(&w->nodes[i]) != links)
			return false;
	return true;
}

void world_wait_for_mesh(struct world *w)
{
	SOON(world_meshed(w, w->count - 1));
}

void node_says(struct world_node *n, const char *words)
{
	if (!process_says(&n->process, words, PATIENCE_MS))
		test_fail(__FILE__, __LINE__, "no '%s' in:\n%s", words,
			  n->process.text ? n->process.text : "");
}

void world_start(struct world *w)
{
	world_chain_start(w);
	world_register(w);
	for (size_t i = 0; i < w->count; i++)
		world_node_start(w, i);
}

json_t *node_domains(const struct world_node *n)
{
	OWN(str) char *text = test_get(n->web, "/debug/domains", NULL);

	return json_loads(text ? text : "", 0, NULL);
}

/* ---- the operator's transactions ------------------------------------------------------------- */

static uint64_t nonce_of(struct world *w, const char *account)
{
	OWN(str) char *key = near_key_format_public(&w->key);
	OWN(json)
	json_t *answer = world_rpc(w, "query",
				   json_pack("{s:s,s:s,s:s,s:s}", "request_type", "view_access_key", "finality",
					     "optimistic", "account_id", account, "public_key", key));

	return (uint64_t)json_integer_value(json_path(answer, "result.nonce"));
}

static json_t *send(struct world *w, const char *method, const char *account, const char *receiver,
		    struct near_action *actions, size_t count)
{
	OWN(json) json_t *block = world_rpc(w, "block", json_pack("{s:s}", "finality", "final"));
	const char *hash = json_string_value(json_path(block, "result.header.hash"));
	OWN(near_transaction) struct near_transaction *t = NEW(struct near_transaction);
	OWN(buf) struct buf bytes = { 0 };
	OWN(str) char *base64 = NULL;
	size_t len;

	t->signer_id = str_dup(account);
	t->receiver_id = str_dup(receiver);
	t->nonce = nonce_of(w, account) + 1;
	t->actions = actions;
	t->action_count = count;
	CHECK(hash && near_base58_decode(hash, strlen(hash), t->block_hash, 32, &len) == 0);
	near_transaction_sign(t, &w->key, &bytes);
	base64 = base64_encode(bytes.data, bytes.len);
	return world_rpc(w, method, json_pack("[s]", base64));
}

static json_t *run(struct world *w, const char *account, const char *receiver,
		   struct near_action *actions, size_t count)
{
	return send(w, "broadcast_tx_commit", account, receiver, actions, count);
}

static struct near_action *add_key(struct near_action *at, const struct near_key *key)
{
	*at = (struct near_action){ .kind = NEAR_ADD_KEY, .public_key = near_key_format_public(key),
				    .permission = { .full_access = true } };
	return at + 1;
}

static void make_account(struct world *w, const char *account, const struct near_key *key)
{
	struct near_action *actions = mem_new(4, sizeof(*actions)), *at = actions;
	OWN(json) json_t *answer = NULL;

	(at++)->kind = NEAR_CREATE_ACCOUNT;
	*at++ = (struct near_action){ .kind = NEAR_TRANSFER,
				      .amount = (near_u128)100 * 1000000000000 * 1000000000000 };
	at = add_key(at, &w->key);
	if (key)
		at = add_key(at, key);
	answer = run(w, "test.near", account, actions, (size_t)(at - actions));
	CHECK(json_path(answer, "result.status.SuccessValue"));
}

void world_accounts(struct world *w)
{
	for (size_t i = 0; i < w->count; i++)
		make_account(w, w->nodes[i].account, &w->nodes[i].signer);
	make_account(w, "alice.test.near", NULL);
}

static struct near_action *call_action(const char *method, json_t *args, const char *deposit)
{
	struct near_action *call = NEW(struct near_action);

	*call = (struct near_action){ .kind = NEAR_FUNCTION_CALL, .name = str_dup(method),
				      .gas = 300000000000000 };
	call->data = (uint8_t *)json_text(args);
	json_decref(args);
	call->data_len = strlen((char *)call->data);
	CHECK_INT(near_u128_parse(deposit, &call->amount), 0);
	return call;
}

json_t *world_call(struct world *w, const char *account, const char *method, json_t *args,
		   const char *deposit)
{
	return run(w, account, CONTRACT, call_action(method, args, deposit), 1);
}

char *world_call_later(struct world *w, const char *account, const char *method, json_t *args,
		       const char *deposit)
{
	OWN(json)
	json_t *answer = send(w, "broadcast_tx_async", account, CONTRACT, call_action(method, args, deposit), 1);

	return str_dup(json_str_or(answer, "result", ""));
}

bool world_ends_well(struct world *w, const char *hash, const char *account, int timeout_ms)
{
	OWN(str) char *text = NULL;

	for (int waited = 0; waited < timeout_ms; waited += 20) {
		OWN(json)
		json_t *answer = world_rpc(w, "tx", json_pack("{s:s,s:s,s:s}", "tx_hash", hash, "sender_account_id",
							      account, "wait_until", "NONE"));

		if (json_path(answer, "result.status.SuccessValue"))
			return true;
		free(text);
		text = json_text(answer);
		test_pause(20);
	}
	printf("# %.300s\n", text ? text : "");
	return false;
}

bool world_call_good(struct world *w, const char *account, const char *method, json_t *args)
{
	OWN(json) json_t *answer = world_call(w, account, method, args, "0");
	OWN(str) char *text = json_text(answer);

	if (json_path(answer, "result.status.SuccessValue"))
		return true;
	test_fail(__FILE__, __LINE__, "%s by %s: %.700s", method, account, text ? text : "no answer");
	return false;
}

json_t *world_view(struct world *w, const char *method, json_t *args)
{
	OWN(str) char *text = json_text(args);
	OWN(str) char *base64 = base64_encode(text, strlen(text));
	OWN(json)
	json_t *answer = world_rpc(w, "query",
				   json_pack("{s:s,s:s,s:s,s:s,s:s}", "request_type", "call_function", "finality",
					     "optimistic", "account_id", CONTRACT, "method_name", method,
					     "args_base64", base64));
	const json_t *bytes = json_path(answer, "result.result");
	OWN(buf) struct buf b = { 0 };
	json_t *byte;
	size_t i;

	json_decref(args);
	json_array_foreach((json_t *)(uintptr_t)bytes, i, byte) buf_char(&b, (char)json_integer_value(byte));
	return b.data ? json_loads(b.data, JSON_DECODE_ANY, NULL) : NULL;
}

bool world_wait_state(struct world *w, const char *kind, int timeout_ms)
{
	for (int waited = 0; waited <= timeout_ms; waited += 10) {
		OWN(json) json_t *state = world_view(w, "state", json_object());

		if (json_object_get(state, kind))
			return true;
		test_pause(10);
	}
	return false;
}
