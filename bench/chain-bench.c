/* How many transactions the built-in chain takes, JSON-RPC text to committed answer, without
 * sockets: ninja -C build bench/chain-bench && build/bench/chain-bench */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/localnet/test-world.h"

#define TRANSACTIONS 2000

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static char *signed_transaction(struct chain *c, struct near_transaction *t, uint64_t nonce)
{
	OWN(buf) struct buf b = { 0 };

	t->nonce = nonce;
	near_transaction_sign(t, &c->key, &b);
	near_transaction_free(t);
	return base64_encode(b.data, b.len);
}

/* Sends one; the clock runs only in the chain. */
static double send(struct chain *c, const char *base64, bool commit)
{
	OWN(str)
	char *text = str_printf("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"send_tx\",\"params\":{"
				"\"signed_tx_base64\":\"%s\",\"wait_until\":\"FINAL\"}}",
				base64);
	double began = now_s();

	rpc_request(&c->rpc, text, strlen(text), NOW, c);
	if (commit)
		chain_commit(c);
	return now_s() - began;
}

static uint64_t nonce_of(struct chain *c, const char *account)
{
	return (uint64_t)json_int_or(
		json_object_get(json_map(ledger_account(c->ledger, account), "keys"),
				c->public_key),
		"nonce", 0);
}

/* Transfers, `batch` of them in one turn of the loop. */
static void transfers(unsigned batch)
{
	OWN(str) char *directory = make_directory();
	struct chain c = { 0 };
	double spent = 0;

	chain_open(&c, directory);
	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		struct near_transaction *t = transaction(&c, LOCALNET_ROOT, "near");
		OWN(str) char *base64 = NULL;

		add(t, NEAR_TRANSFER)->amount = 1;
		base64 = signed_transaction(&c, t, nonce_of(&c, LOCALNET_ROOT) + 1);
		spent += send(&c, base64, (i + 1) % batch == 0);
	}
	printf("# transfers, %2u in a commit: %6.0f/s\n", batch, TRANSACTIONS / spent);
	CHECK_INT(json_array_size(c.answers), TRANSACTIONS);
	chain_close(&c);
	remove_directory(directory);
}

/* sign and respond, `batch` signatures at once: each is two transactions and two answers. */
static void signatures(unsigned batch)
{
	OWN(str) char *directory = make_directory();
	struct chain c = { 0 };
	struct signers s;
	double spent = 0;

	chain_open(&c, directory);
	signers_begin(&c, &s);
	for (unsigned done = 0; done < TRANSACTIONS / 4; done += batch) {
		for (unsigned i = 0; i < batch; i++) {
			OWN(str)
			char *args = str_printf("{\"request\":{\"path\":\"solana,1\",\"domain_id\":"
						"0,\"payload_v2\":{\"Eddsa\":\"%064x\"}}}",
						done + i);
			struct near_transaction *t = transaction(&c, LOCALNET_ROOT, CONTRACT);
			OWN(str) char *base64 = NULL;

			add_call(t, "sign", args)->amount = 1;
			base64 = signed_transaction(&c, t, nonce_of(&c, LOCALNET_ROOT) + 1);
			spent += send(&c, base64, i + 1 == batch);
		}
		for (unsigned i = 0; i < batch; i++) {
			OWN(str) char *args = respond_args(&c, &s);
			struct near_transaction *t = transaction(&c, "n0.test.near", CONTRACT);
			OWN(str) char *base64 = NULL;

			add_call(t, "respond", args);
			base64 = signed_transaction(&c, t, nonce_of(&c, "n0.test.near") + 1);
			spent += send(&c, base64, i + 1 == batch);
		}
	}
	printf("# signatures, %2u at once: %6.0f/s (%.0f transactions/s)\n", batch,
	       TRANSACTIONS / 4 / spent, TRANSACTIONS / 2 / spent);
	CHECK_INT(json_object_size(c.ledger->waiting), 0);
	CHECK_INT(json_array_size(c.answers), TRANSACTIONS / 2);
	chain_close(&c);
	remove_directory(directory);
}

TEST(bench_chain, transfers)
{
	transfers(1);
	transfers(16);
}

TEST(bench_chain, signatures)
{
	signatures(1);
	signatures(10);
	signatures(50);
}
