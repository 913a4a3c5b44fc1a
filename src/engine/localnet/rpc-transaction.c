/* Sending transactions, asking for them, and waiting for those that wait for a signature. */
#include "engine/localnet/rpc.h"

#include <string.h>

/* Who is answered when a transaction ends. */
struct rpc_wait {
	char *transaction;
	json_t *id;	  /* of the request */
	char *wait_until; /* as asked, or NULL */
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

/* The outcome under the name of the wait that the client asked for. */
static json_t *outcome_for(json_t *outcome, const char *wait_until)
{
	json_t *copy = json_copy(outcome);

	if (wait_until)
		json_set_str(copy, "final_execution_status", wait_until);
	return copy;
}

/* ---- waiting ------------------------------------------------------------------------------- */

static bool at_once(const char *wait_until)
{
	return str_eq(wait_until, "NONE") || str_eq(wait_until, "INCLUDED") ||
	       str_eq(wait_until, "INCLUDED_FINAL");
}

static void hold(struct rpc *r, const char *transaction, const char *wait_until, bool commit,
		 const struct rpc_request *q)
{
	r->waits = mem_grow(r->waits, r->wait_count + 1, sizeof(*r->waits));
	r->waits[r->wait_count++] = (struct rpc_wait){ str_dup(transaction),
						       json_incref(q->id),
						       str_dup(wait_until),
						       commit,
						       q->token,
						       q->now_ns + RPC_HOLD_S * 1000000000ll };
}

static void wait_clear(struct rpc_wait *w)
{
	free(w->transaction);
	free(w->wait_until);
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
		rpc_reply(r, w->token, w->id, 200, false, outcome_for(outcome, w->wait_until));
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
static enum rpc_outcome answer(struct rpc *r, const char *id, json_t *outcome,
			       const char *wait_until, bool commit, const struct rpc_request *q,
			       json_t **ret)
{
	OWN(json) json_t *own = outcome;

	if (outcome) {
		*ret = outcome_for(own, wait_until);
		return RPC_RESULT;
	}
	if (at_once(wait_until)) {
		*ret = json_pack("{s:s}", "final_execution_status", "INCLUDED");
		return RPC_RESULT;
	}
	hold(r, id, wait_until, commit, q);
	return RPC_HELD;
}

/* 0 and its id (new) and outcome (new; NULL: waits), or -1 and the error. */
static int run(struct rpc *r, const json_t *params, char **ret_id, json_t **ret)
{
	OWN(near_transaction) struct near_transaction *t = NULL;
	json_t *outcome = NULL;

	if (decode(params, &t, ret) < 0)
		return -1;
	if (ledger_run(r->ledger, t, &outcome) == LEDGER_REFUSED) {
		*ret = invalid_transaction(outcome);
		return -1;
	}
	*ret_id = near_base58_encode(t->hash, sizeof(t->hash));
	*ret = outcome;
	return 0;
}

enum rpc_outcome rpc_send(struct rpc *r, const json_t *params, const struct rpc_request *q,
			  json_t **ret)
{
	const char *wait_until = json_str_or(params, "wait_until", "EXECUTED_OPTIMISTIC");
	OWN(str) char *id = NULL;

	if (run(r, params, &id, ret) < 0)
		return RPC_ERROR;
	if (!str_eq(wait_until, "NONE"))
		return answer(r, id, *ret, wait_until, false, q, ret);
	json_decref(*ret);
	*ret = json_pack("{s:s}", "final_execution_status", "NONE");
	return RPC_RESULT;
}

enum rpc_outcome rpc_send_commit(struct rpc *r, const json_t *params, const struct rpc_request *q,
				 json_t **ret)
{
	OWN(str) char *id = NULL;

	if (run(r, params, &id, ret) < 0)
		return RPC_ERROR;
	return answer(r, id, *ret, NULL, true, q, ret);
}

enum rpc_outcome rpc_send_async(struct rpc *r, const json_t *params, const struct rpc_request *q,
				json_t **ret)
{
	OWN(str) char *id = NULL;

	(void)q;
	if (run(r, params, &id, ret) < 0)
		return RPC_ERROR;
	json_decref(*ret);
	*ret = json_string(id);
	return RPC_RESULT;
}

/* [hash, account] or {tx_hash, sender_account_id, wait_until}; also a transaction instead. */
enum rpc_outcome rpc_transaction(struct rpc *r, const json_t *params, const struct rpc_request *q,
				 json_t **ret)
{
	bool old = json_is_array(params);
	const char *hash =
		old ? json_string_value(json_array_get(params, 0)) : json_str(params, "tx_hash");
	const char *wait_until =
		old ? NULL : json_str_or(params, "wait_until", "EXECUTED_OPTIMISTIC");
	OWN(str) char *text = NULL;
	json_t *outcome = NULL;

	if (!hash && transaction_text(params))
		return rpc_send(r, params, q, ret);
	if (!hash) {
		*ret = rpc_error_missing("tx_hash");
		return RPC_ERROR;
	}
	if (ledger_find(r->ledger, hash, &outcome) != LEDGER_UNKNOWN)
		return answer(r, hash, outcome, wait_until, false, q, ret);
	text = str_printf("Transaction %s doesn't exist", hash);
	*ret = rpc_error_handler("UNKNOWN_TRANSACTION",
				 json_pack("{s:s}", "requested_transaction_hash", hash),
				 json_string(text));
	return RPC_ERROR;
}
