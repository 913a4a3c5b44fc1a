/* Execution outcomes as nearcore shows them. */
#include "engine/localnet/localnet-internal.h"

json_t *outcome_json(const struct ledger *l, const struct outcome *o)
{
	OWN(str) char *burnt = near_u128_format(o->free ? 0 : ledger_gas_price(o->gas));

	/* The profile says what was metered, which is nothing here. */
	return json_pack("{s:[],s:s,s:s,s:{s:o,s:o,s:I,s:s,s:s,s:o,s:{s:i,s:o}}}", "proof",
			 "block_hash", l->head.hash, "id", o->id, "outcome", "logs",
			 o->logs ? o->logs : json_array(), "receipt_ids",
			 o->receipts ? o->receipts : json_array(), "gas_burnt", (json_int_t)o->gas,
			 "tokens_burnt", burnt, "executor_id", o->executor, "status", o->status,
			 "metadata", "version", o->conversion ? 1 : 3, "gas_profile",
			 o->conversion ? json_null() : json_array());
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

/* ---- order --------------------------------------------------------------------------------- */

/* by_id loses what is added; what is not in it waits and has no outcome yet. */
static void add_tree(json_t *into, json_t *by_id, const char *id)
{
	OWN(json) json_t *one = json_incref(json_object_get(by_id, id));
	json_t *next;
	size_t i;

	if (!one)
		return;
	json_object_del(by_id, id);
	json_array_append(into, one);
	json_array_foreach(json_path(one, "outcome.receipt_ids"), i, next)
		add_tree(into, by_id, json_string_value(next));
}

json_t *outcome_order(const json_t *outcomes, const char *first)
{
	OWN(json) json_t *by_id = json_object();
	json_t *ordered = json_array(), *one;
	size_t i;

	json_array_foreach(outcomes, i, one)
		json_object_set(by_id, json_str_or(one, "id", ""), one);
	add_tree(ordered, by_id, first);
	return ordered;
}
