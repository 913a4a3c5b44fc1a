/* Sending transactions, asking for them, and waiting for those that wait for a signature. */
#include "engine/localnet/rpc.h"

#include <stdio.h>
#include <string.h>

/* Who is answered when a transaction ends. */
struct rpc_wait {
	char *transaction;
	json_t *id;	  /* of the request */
	bool receipts;	  /* are wanted too */
	bool commit;	  /* broadcast_tx_commit: its time-out is an HTTP 200 */
	void *token;
	int64_t until_ns;
};

/* [base64] (broadcast_*) or {signed_tx_base64, wait_until} (send_tx, which takes both). */
static const char *transaction_text(const json_t *params)
{
	return json_is_array(params) ? json_string_value(json_array_get(params, 0))
				     : json_str(params, "signed_tx_base64");
}

static json_t *undecodable(const char *why)
{
	OWN(str) char *text = str_printf("Failed to decode transaction: %s", why);

	return rpc_error_parse(text);
}

static json_t *invalid_transaction(json_t *why)
{
	return rpc_error_handler("INVALID_TRANSACTION", NULL,
				 json_pack("{s:{s:o}}", "TxExecutionError", "InvalidTxError", why));
}

static int decode(const json_t *params, struct near_transaction **ret, json_t **ret_error)
{
	const char *base64 = transaction_text(params);
	uint8_t *bytes = NULL;
	struct err why = { 0 };
	size_t len;
	int result;

	if (!base64) {
		*ret_error = rpc_error_missing("signed_tx_base64");
		return -1;
	}
	if (base64_decode(base64, strlen(base64), &bytes, &len) < 0) {
		*ret_error = undecodable("not base64");
		return -1;
	}
	result = near_transaction_decode(bytes, len, ret, &why);
	free(bytes);
	if (len > LOCALNET_TRANSACTION_MOST)
		*ret_error = invalid_transaction(
			json_pack("{s:{s:I,s:i}}", "TransactionSizeExceeded", "size",
				  (json_int_t)len, "limit", LOCALNET_TRANSACTION_MOST));
	else if (result < 0)
		*ret_error = undecodable(why.text);
	return *ret_error ? -1 : 0;
}

/* ---- waiting ------------------------------------------------------------------------------- */

/* How a transaction is asked for. */
struct wanted {
	const char *wait_until;
	bool receipts, commit;
};

static const char *const levels[] = { "NONE",		"INCLUDED", "EXECUTED_OPTIMISTIC",
				      "INCLUDED_FINAL", "EXECUTED", "FINAL" };
#define LEVELS (sizeof(levels) / sizeof(levels[0]))

/* 0, or -1 and the error (new). */
static int read_level(const json_t *params, struct wanted *ret, json_t **ret_error)
{
	const json_t *given =
		json_is_object(params) ? json_object_get(params, "wait_until") : NULL;

	ret->wait_until = given ? json_string_value(given) : "EXECUTED_OPTIMISTIC";
	for (size_t i = 0; i < LEVELS; i++)
		if (str_eq(levels[i], ret->wait_until))
			return 0;
	*ret_error = rpc_error_parse("Failed parsing args: wait_until must be NONE, INCLUDED, "
				     "EXECUTED_OPTIMISTIC, INCLUDED_FINAL, EXECUTED or FINAL");
	return -1;
}

/* A transaction is in its block at once, and that block is final. */
static bool at_once(const char *wait_until)
{
	return str_eq(wait_until, "NONE") || str_eq(wait_until, "INCLUDED") ||
	       str_eq(wait_until, "INCLUDED_FINAL");
}

/* nearcore keeps no receipt that an account sends itself. */
static json_t *with_receipts(const struct rpc *r, json_t *outcome)
{
	OWN(json)
	json_t *all = ledger_receipts(r->ledger, json_str(json_map(outcome, "transaction"), "hash"));
	const json_t *t = json_map(outcome, "transaction");

	if (str_eq(json_str(t, "signer_id"), json_str(t, "receiver_id")))
		json_array_remove(all, 0);
	json_object_set(outcome, "receipts", all);
	return outcome;
}

static json_t *outcome_for(const struct rpc *r, const json_t *outcome, const char *reached,
			   bool receipts)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)outcome);

	json_set_str(copy, "final_execution_status", reached);
	return receipts ? with_receipts(r, copy) : copy;
}

static void hold(struct rpc *r, const char *transaction, const struct wanted *w,
		 const struct rpc_request *q)
{
	r->waits = mem_grow(r->waits, r->wait_count + 1, sizeof(*r->waits));
	r->waits[r->wait_count++] = (struct rpc_wait){ str_dup(transaction),
						       json_incref(q->id),
						       w->receipts,
						       w->commit,
						       q->token,
						       q->now_ns + RPC_HOLD_S * 1000000000ll };
}

static void wait_clear(struct rpc_wait *w)
{
	free(w->transaction);
	json_decref(w->id);
}

static void drop(struct rpc *r, size_t at)
{
	wait_clear(&r->waits[at]);
	memmove(&r->waits[at], &r->waits[at + 1], (--r->wait_count - at) * sizeof(*r->waits));
}

void rpc_settle(struct rpc *r)
{
	for (size_t i = 0; i < r->wait_count && json_object_size(r->ledger->done) > 0;) {
		const struct rpc_wait *w = &r->waits[i];
		json_t *outcome = json_object_get(r->ledger->done, w->transaction);

		if (!outcome) {
			i++;
			continue;
		}
		rpc_reply(r, w->token, w->id, 200, false, outcome_for(r, outcome, "FINAL", w->receipts));
		drop(r, i);
	}
}

void rpc_expire(struct rpc *r, int64_t now_ns)
{
	for (size_t i = 0; i < r->wait_count;) {
		const struct rpc_wait *w = &r->waits[i];

		if (now_ns < w->until_ns) {
			i++;
			continue;
		}
		rpc_reply(r, w->token, w->id, w->commit ? 200 : 408, true,
			  rpc_error_handler("TIMEOUT_ERROR", NULL, json_string("Timeout")));
		drop(r, i);
	}
}

void rpc_clear(struct rpc *r)
{
	while (r->wait_count)
		drop(r, r->wait_count - 1);
	free(GIVE(r->waits));
}

/* ---- methods ------------------------------------------------------------------------------- */

/* What is said of a transaction that is there. `outcome` is taken; NULL: it waits. */
static enum rpc_outcome answer(struct rpc *r, const char *id, json_t *outcome, const struct wanted *w,
			       const struct rpc_request *q, json_t **ret)
{
	OWN(json) json_t *own = outcome;
	const json_t *begun = json_map(json_object_get(r->ledger->waiting, id), "outcome");

	if (outcome) {
		*ret = outcome_for(r, own, "FINAL", w->receipts);
		return RPC_RESULT;
	}
	if (at_once(w->wait_until)) {
		*ret = outcome_for(r, begun, "INCLUDED_FINAL", w->receipts);
		return RPC_RESULT;
	}
	hold(r, id, w, q);
	return RPC_HELD;
}

/* 0 and its id (new) and outcome (new; NULL: waits), or -1 and the error. blind: who asked does not
 * wait and is told nothing of a refusal, as there; the log is. */
static int run(struct rpc *r, const json_t *params, bool blind, char **ret_id, json_t **ret)
{
	OWN(near_transaction) struct near_transaction *t = NULL;
	OWN(json) json_t *outcome = NULL;
	OWN(str) char *id = NULL;

	if (decode(params, &t, ret) < 0)
		return -1;
	id = near_base58_encode(t->hash, sizeof(t->hash));
	if (ledger_run(r->ledger, t, &outcome) == LEDGER_REFUSED) {
		OWN(str) char *why = json_text(outcome);

		if (!blind) {
			*ret = invalid_transaction(GIVE(outcome));
			return -1;
		}
		printf("transaction %s was refused: %s\n", id, why);
	}
	*ret_id = GIVE(id);
	*ret = blind ? NULL : GIVE(outcome);
	return 0;
}

static enum rpc_outcome send(struct rpc *r, const json_t *params, const struct wanted *w,
			     const struct rpc_request *q, json_t **ret)
{
	bool blind = str_eq(w->wait_until, "NONE");
	OWN(str) char *id = NULL;

	if (run(r, params, blind, &id, ret) < 0)
		return RPC_ERROR;
	if (!blind)
		return answer(r, id, *ret, w, q, ret);
	*ret = json_pack("{s:s}", "final_execution_status", "NONE");
	return RPC_RESULT;
}

RPC_METHOD(rpc_send)
{
	struct wanted w = { 0 };

	return read_level(params, &w, ret) < 0 ? RPC_ERROR : send(r, params, &w, q, ret);
}

RPC_METHOD(rpc_send_commit)
{
	const struct wanted w = { "EXECUTED_OPTIMISTIC", false, true };

	return send(r, params, &w, q, ret);
}

RPC_METHOD(rpc_send_async)
{
	OWN(str) char *id = NULL;

	(void)q;
	if (run(r, params, true, &id, ret) < 0)
		return RPC_ERROR;
	*ret = json_string(id);
	return RPC_RESULT;
}

/* [hash, account] or {tx_hash, sender_account_id, wait_until}; also a transaction instead. */
static enum rpc_outcome look_up(struct rpc *r, const json_t *params, bool receipts,
				const struct rpc_request *q, json_t **ret)
{
	const char *hash = json_string_value(rpc_parameter(params, "tx_hash", 0));
	struct wanted w = { .receipts = receipts };
	OWN(str) char *text = NULL;
	json_t *outcome = NULL;

	if (read_level(params, &w, ret) < 0)
		return RPC_ERROR;
	if (!hash && transaction_text(params))
		return send(r, params, &w, q, ret);
	if (!hash || !json_is_string(rpc_parameter(params, "sender_account_id", 1))) {
		*ret = rpc_error_missing(hash ? "sender_account_id" : "tx_hash");
		return RPC_ERROR;
	}
	if (ledger_find(r->ledger, hash, &outcome) != LEDGER_UNKNOWN)
		return answer(r, hash, outcome, &w, q, ret);
	text = str_printf("Transaction %s doesn't exist", hash);
	*ret = rpc_error_handler("UNKNOWN_TRANSACTION",
				 json_pack("{s:s}", "requested_transaction_hash", hash),
				 json_string(text));
	return RPC_ERROR;
}

RPC_METHOD(rpc_transaction)
{
	return look_up(r, params, false, q, ret);
}

RPC_METHOD(rpc_transaction_receipts)
{
	return look_up(r, params, true, q, ret);
}
