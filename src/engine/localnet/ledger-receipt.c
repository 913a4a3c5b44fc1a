/* Receipts: their ids, how JSON-RPC shows them, and finding them again. */
#include <string.h>

#include "engine/localnet/localnet-internal.h"

#define HASH_BYTES 32

static void put_u64(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

char *receipt_id(const char *parent, uint64_t height, uint64_t index)
{
	uint8_t bytes[HASH_BYTES + 16] = { 0 }, hash[HASH_BYTES];
	size_t len;

	(void)near_base58_decode(parent, strlen(parent), bytes, HASH_BYTES, &len);
	put_u64(bytes + HASH_BYTES, height);
	put_u64(bytes + HASH_BYTES + 8, index);
	near_sha256(bytes, sizeof(bytes), hash);
	return near_base58_encode(hash, sizeof(hash));
}

json_t *receipt_json(const struct receipt_form *f)
{
	OWN(str) char *price = near_u128_format(f->free ? 0 : ledger_gas_price(1));
	json_t *waits = f->data_id ? json_pack("[s]", f->data_id) : json_array();

	return json_pack("{s:s,s:s,s:s,s:i,s:{s:{s:s,s:s,s:s,s:[],s:o,s:o,s:b}}}", "predecessor_id",
			 f->predecessor, "receiver_id", f->receiver, "receipt_id", f->id, "priority",
			 0, "receipt", "Action", "signer_id", f->signer, "signer_public_key",
			 f->signer_key, "gas_price", price, "output_data_receivers",
			 "input_data_ids", waits, "actions", f->actions ? f->actions : json_null(),
			 "is_promise_yield", f->data_id != NULL);
}

/* ---- finding ------------------------------------------------------------------------------- */

/* The record's receipts; actions that it has in its transaction come from there. */
static json_t *receipts_of(const json_t *record)
{
	json_t *list = json_deep_copy(json_list(record, "receipts"));
	json_t *first = json_path(json_array_get(list, 0), "receipt.Action");

	if (first && json_is_null(json_object_get(first, "actions")))
		json_object_set(first, "actions", json_path(record, "outcome.transaction.actions"));
	return list ? list : json_array();
}

json_t *ledger_receipts(const struct ledger *l, const char *transaction)
{
	OWN(json) json_t *record = ledger_store_find_transaction(l->store, transaction);

	return receipts_of(record);
}

json_t *ledger_find_receipt(const struct ledger *l, const char *id)
{
	OWN(str) char *transaction = ledger_store_receipt_transaction(l->store, id);
	OWN(json) json_t *list = transaction ? ledger_receipts(l, transaction) : NULL;
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (str_eq(json_str(one, "receipt_id"), id))
			return json_incref(one);
	return NULL;
}

json_t *ledger_block_receipts(const struct ledger *l, uint64_t height)
{
	OWN(json) json_t *records = ledger_store_block_transactions(l->store, height);
	json_t *all = json_array(), *record, *one;
	size_t i, j;

	json_array_foreach(records, i, record) {
		OWN(json) json_t *list = receipts_of(record);

		json_array_foreach(list, j, one)
			if (!str_eq(json_str(one, "predecessor_id"), json_str(one, "receiver_id")))
				json_array_append(all, one);
	}
	return all;
}
