/* The node's transactions: one function call of the contract each, executed at once at the chain's head. The
 * nonce is not read from chain (node-contract.md 2.3): max(height * 1000000, last + 1). */
#include <event2/event.h>
#include <inttypes.h>
#include <string.h>

#include "core/near/near-transaction.h"
#include "engine/node/node-internal.h"

#define TARGET "mpc_node::indexer::tx_sender"
#define GAS 300000000000000u
#define NONCES_PER_BLOCK 1000000u
#define AGAIN_MS 500
#define TRIES_MOST 20
#define RECENT_MOST 64

struct call {
	struct sender *sender;
	struct call *next;
	char *method, *args;
	sender_done fn;
	void *ctx;
	struct event *again;
	unsigned tries;
};

struct sender {
	struct event_base *base;
	struct chain *chain;
	const struct near_key *key;
	const char *account, *contract;
	struct call *calls;
	uint64_t nonce;
	struct sender_counts counts[2];
	char *recent[RECENT_MOST];
	size_t recent_at;
	struct node_repeat repeat;
};

static void submit(struct call *c);

/* ---- ends ------------------------------------------------------------------------------------------- */

static void call_free(struct call *c)
{
	event_free(c->again);
	free(c->method);
	free(c->args);
	free(c);
}

static void remember(struct sender *s, const struct call *c, const char *error)
{
	char **at = &s->recent[s->recent_at++ % RECENT_MOST];

	free(*at);
	*at = str_printf("%s at height %" PRIu64 ": %s", c->method, chain_height(s->chain),
			 error ? error : "succeeded");
}

static void finish(struct call *c, const char *error)
{
	struct sender *s = c->sender;
	struct sender_counts *counts = &s->counts[!strcmp(c->method, "respond")];

	for (struct call **at = &s->calls; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			break;
		}
	if (error)
		counts->failed++;
	else
		counts->succeeded++;
	remember(s, c, error);
	c->fn(c->ctx, error);
	call_free(c);
}

static void again(struct call *c, const char *why)
{
	struct timeval later = { .tv_usec = AGAIN_MS * 1000 };

	if (++c->tries > TRIES_MOST) {
		c->sender->counts[!strcmp(c->method, "respond")].unknown++;
		finish(c, why);
		return;
	}
	if (node_repeat_due(&c->sender->repeat, why))
		node_log("WARN", TARGET, "%s: %s; trying again", c->method, why);
	event_add(c->again, &later);
}

static void on_again(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	submit(ctx);
}

/* ---- answers ---------------------------------------------------------------------------------------- */

/* What the chain would not even begin. */
static void refused(struct call *c, const json_t *answer, const json_t *invalid)
{
	struct sender *s = c->sender;
	const json_t *nonce = json_object_get(invalid, "InvalidNonce");
	const json_t *large = json_object_get(invalid, "NonceTooLarge");
	const char *error = json_str_or(answer, "error", "refused");

	if (nonce)
		s->nonce = (uint64_t)json_int_or(nonce, "ak_nonce", (json_int_t)s->nonce);
	if (large)
		s->nonce = (uint64_t)json_int_or(large, "upper_bound", 2) - 2;
	if ((nonce || large) && ++c->tries < TRIES_MOST)
		submit(c);
	else
		again(c, error);
}

/* The text inside of {"ActionError": {"kind": {"FunctionCallError": {"ExecutionError": text}}}}, or all. */
static char *failure_text(const json_t *failure)
{
	const char *text = json_string_value(
		json_path(failure, "ActionError.kind.FunctionCallError.ExecutionError"));

	return text ? str_dup(text) : json_text(failure);
}

static void on_answer(void *ctx, const json_t *answer)
{
	const json_t *invalid = json_object_get(answer, "invalid"), *failure;
	OWN(str) char *text = NULL;
	struct call *c = ctx;

	if (!answer) {
		again(c, "no answer from the chain");
		return;
	}
	if (invalid || json_object_get(answer, "error")) {
		refused(c, answer, invalid);
		return;
	}
	failure = json_path(answer, "outcome.status.Failure");
	if (failure)
		text = failure_text(failure);
	finish(c, text);
}

/* ---- sending ---------------------------------------------------------------------------------------- */

static uint64_t next_nonce(struct sender *s)
{
	uint64_t least = chain_height(s->chain) * NONCES_PER_BLOCK;

	s->nonce = s->nonce + 1 > least ? s->nonce + 1 : least;
	return s->nonce;
}

static void submit(struct call *c)
{
	struct sender *s = c->sender;
	struct near_call call = { s->account,	 s->contract, c->method, c->args, strlen(c->args),
				  next_nonce(s), GAS,	      0,	 { 0 } };
	OWN(str) char *key = near_key_format_public(s->key);
	OWN(buf) struct buf bytes = { 0 };
	OWN(str) char *base64 = NULL;
	const char *hash = chain_hash(s->chain);
	uint8_t id[32];
	size_t len;

	if (!chain_synced(s->chain) ||
	    near_base58_decode(hash, strlen(hash), call.block_hash, sizeof(call.block_hash), &len) < 0) {
		again(c, "the chain is not followed");
		return;
	}
	node_log("INFO", TARGET, "sending tx %s with ak=%s nonce=%" PRIu64, c->method, key, call.nonce);
	near_call_sign(&call, s->key, &bytes, id);
	base64 = base64_encode(bytes.data, bytes.len);
	chain_ask(s->chain, json_pack("{s:s}", "transaction", base64), on_answer, c);
}

void sender_call(struct sender *s, const char *method, json_t *args, sender_done fn, void *ctx)
{
	struct call *c = NEW(struct call);

	c->sender = s;
	c->method = str_dup(method);
	c->args = json_text(args);
	json_decref(args);
	c->fn = fn;
	c->ctx = ctx;
	c->again = event_new(s->base, -1, 0, on_again, c);
	c->next = s->calls;
	s->calls = c;
	submit(c);
}

/* ---- life ------------------------------------------------------------------------------------------- */

struct sender *sender_new(struct event_base *base, struct chain *chain, const struct near_key *key,
			  const char *account, const char *contract)
{
	struct sender *s = NEW(struct sender);

	s->base = base;
	s->chain = chain;
	s->key = key;
	s->account = account;
	s->contract = contract;
	return s;
}

void sender_free(struct sender *s)
{
	if (!s)
		return;
	while (s->calls) {
		struct call *c = s->calls;

		s->calls = c->next;
		call_free(c);
	}
	for (size_t i = 0; i < RECENT_MOST; i++)
		free(s->recent[i]);
	free(s);
}

uint64_t sender_nonce(const struct sender *s)
{
	return s->nonce;
}

struct sender_counts sender_counts(const struct sender *s, bool respond)
{
	return s->counts[respond];
}

char *sender_recent(const struct sender *s)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < RECENT_MOST && i < s->recent_at; i++)
		buf_printf(&b, "%s\n", s->recent[(s->recent_at - 1 - i) % RECENT_MOST]);
	return buf_take(&b);
}
