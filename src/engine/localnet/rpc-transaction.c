#include <string.h>

#include "engine/localnet/localnet-internal.h"

#define TRANSACTION_MOST 1572864

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

static int decode(const json_t *params, struct near_transaction **ret, json_t **ret_error)
{
	const char *base64 = transaction_text(params);
	uint8_t *bytes = NULL;
	struct err why = { 0 };
	size_t len;
	int result;

	if (!base64) {
		*ret_error = rpc_error_parse("Failed parsing args: missing field "
					     "`signed_tx_base64`");
		return -1;
	}
	if (base64_decode(base64, strlen(base64), &bytes, &len) < 0) {
		*ret_error = undecodable("not base64");
		return -1;
	}
	if (len > TRANSACTION_MOST)
		result = err_set(&why, ERR_LIMIT, "larger than %d bytes", TRANSACTION_MOST);
	else
		result = near_transaction_decode(bytes, len, ret, &why);
	free(bytes);
	if (result < 0)
		*ret_error = undecodable(why.text);
	return result;
}

/* The outcome under the name of the wait that the client asked for. */
static json_t *outcome_for(json_t *outcome, const char *wait_until)
{
	json_t *copy = json_copy(outcome);

	if (wait_until)
		json_set_str(copy, "final_execution_status", wait_until);
	return copy;
}

int rpc_send(struct rpc *r, const char *method, const json_t *params, json_t **ret_result)
{
	OWN(near_transaction) struct near_transaction *t = NULL;
	const char *wait_until = json_str(params, "wait_until");
	OWN(json) json_t *outcome = NULL;
	OWN(str) char *id = NULL;

	if (decode(params, &t, ret_result) < 0)
		return 1;
	if (ledger_run(r->ledger, t, &outcome) != 0) {
		*ret_result = rpc_error_handler(
			"INVALID_TRANSACTION", NULL,
			json_pack("{s:{s:O}}", "TxExecutionError", "InvalidTxError", outcome));
		return 1;
	}
	if (r->changed)
		r->changed(r->ctx);
	id = near_base58_encode(t->hash, sizeof(t->hash));
	if (!strcmp(method, "broadcast_tx_async"))
		*ret_result = json_string(id);
	else if (str_eq(wait_until, "NONE"))
		*ret_result = json_pack("{s:s}", "final_execution_status", "NONE");
	else
		*ret_result = outcome_for(outcome, wait_until);
	return 0;
}

/* [hash, account] or {tx_hash, sender_account_id, wait_until} */
int rpc_transaction(struct rpc *r, const json_t *params, json_t **ret_result)
{
	const char *hash = json_is_array(params) ? json_string_value(json_array_get(params, 0))
						 : json_str(params, "tx_hash");
	OWN(str) char *text = NULL;
	json_t *outcome;

	if (!hash && transaction_text(params))
		return rpc_send(r, "tx", params, ret_result);
	if (!hash) {
		*ret_result = rpc_error_parse("Failed parsing args: missing field `tx_hash`");
		return 1;
	}
	outcome = json_object_get(r->ledger->outcomes, hash);
	if (outcome) {
		*ret_result = outcome_for(outcome, json_str(params, "wait_until"));
		return 0;
	}
	text = str_printf("Transaction %s doesn't exist", hash);
	*ret_result = rpc_error_handler("UNKNOWN_TRANSACTION",
					json_pack("{s:s}", "requested_transaction_hash", hash),
					json_string(text));
	return 1;
}
