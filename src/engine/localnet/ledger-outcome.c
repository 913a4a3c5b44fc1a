/* Execution outcomes as nearcore shows them. */
#include "engine/localnet/localnet-internal.h"

json_t *outcome_json(const struct ledger *l, const struct outcome *o)
{
	OWN(str) char *burnt = near_u128_format(ledger_gas_price(o->gas));

	return json_pack("{s:[],s:s,s:s,s:{s:o,s:o,s:I,s:s,s:s,s:o,s:{s:i,s:n}}}", "proof",
			 "block_hash", l->head.hash, "id", o->id, "outcome", "logs",
			 o->logs ? o->logs : json_array(), "receipt_ids",
			 o->receipts ? o->receipts : json_array(), "gas_burnt", (json_int_t)o->gas,
			 "tokens_burnt", burnt, "executor_id", o->executor, "status", o->status,
			 "metadata", "version", 1, "gas_profile");
}

json_t *outcome_status(const char *base64)
{
	return json_pack("{s:s}", "SuccessValue", base64 ? base64 : "");
}

json_t *outcome_next(const char *receipt_id)
{
	return json_pack("{s:s}", "SuccessReceiptId", receipt_id);
}

json_t *outcome_failure(size_t index, json_t *kind)
{
	return json_pack("{s:{s:{s:I,s:o}}}", "Failure", "ActionError", "index", (json_int_t)index,
			 "kind", kind);
}

char *outcome_receipt_id(const char *transaction_id, size_t number)
{
	OWN(str) char *text = str_printf("receipt %zu of %s", number, transaction_id);

	return near_genesis_hash(text);
}
