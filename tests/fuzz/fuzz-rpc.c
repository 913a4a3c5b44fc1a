/* JSON-RPC bodies against the built-in chain's ledger, in memory. */
#include <stdint.h>
#include <stdlib.h>

#include "engine/localnet/rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned answers;

static void reply(void *ctx, void *token, int http_status, char *text)
{
	OWN(json) json_t *answer = json_loads(text, 0, NULL);

	(void)ctx;
	(void)token;
	/* An answer is always an object with an id and one of the two. */
	if (!answer || !json_object_get(answer, "id") || http_status != 200 ||
	    !json_object_get(answer, "result") == !json_object_get(answer, "error"))
		__builtin_trap();
	answers++;
	free(text);
}

static struct ledger *ledger(void)
{
	static struct ledger *l;
	struct ledger_start start = { NULL,
				      "mpc-localnet",
				      "mpc-contract.test.near",
				      "ed25519:4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi",
				      1,
				      { 1 } };

	if (!l && ledger_open(&start, &l, NULL) < 0)
		abort();
	return l;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rpc r = { .ledger = ledger(), .node_key = "ed25519:x", .reply = reply };
	struct err err = { 0 };

	answers = 0;
	rpc_request(&r, (const char *)data, len, 1, NULL);
	if (answers != 1 || r.wait_count) /* nobody signs here, so nothing waits */
		__builtin_trap();
	if (ledger_commit(r.ledger, &err) < 0)
		abort();
	ledger_news_clear(r.ledger);
	rpc_clear(&r);
	return 0;
}
