/* Accounts: their money, keys and size. */
#include <string.h>

#include "engine/localnet/localnet-internal.h"

#define BASE_BYTES 100
#define RECORD_BYTES 40
#define FREE_BYTES 770 /* accounts up to this size need no balance (NEP-448) */

json_t *ledger_account(const struct ledger *l, const char *id)
{
	json_t *changed = l->change ? json_object_get(l->change, id) : NULL;

	if (changed)
		return json_is_null(changed) ? NULL : changed;
	return json_object_get(l->accounts, id);
}

json_t *ledger_account_edit(struct ledger *l, const char *id)
{
	json_t *account = ledger_account(l, id);

	if (!account)
		return NULL;
	if (!l->change) {
		json_object_set_new(l->dirty_accounts, id, json_true());
		return account;
	}
	if (!json_object_get(l->change, id))
		json_object_set_new(l->change, id, json_deep_copy(account));
	return json_object_get(l->change, id);
}

json_t *ledger_account_add(struct ledger *l, const char *id)
{
	json_t *account = json_pack("{s:s,s:s,s:{}}", "amount", "0", "locked", "0", "keys");

	if (!l->change)
		json_object_set_new(l->dirty_accounts, id, json_true());
	json_object_set_new(l->change ? l->change : l->accounts, id, account);
	return account;
}

void ledger_account_remove(struct ledger *l, const char *id)
{
	json_object_set_new(l->change, id, json_null());
}

near_u128 ledger_amount(const json_t *account, const char *key)
{
	near_u128 amount = 0;

	near_u128_parse(json_str_or(account, key, "0"), &amount);
	return amount;
}

void ledger_amount_set(json_t *account, const char *key, near_u128 amount)
{
	OWN(str) char *text = near_u128_format(amount);

	json_set_str(account, key, text);
}

void ledger_key_add(json_t *account, const char *public_key, uint64_t nonce, json_t *permission)
{
	json_object_set_new(
		json_map(account, "keys"), public_key,
		json_pack("{s:I,s:o}", "nonce", (json_int_t)nonce, "permission", permission));
}

/* The borsh sizes of a key and what it may do, and what nearcore adds for a record. */
static uint64_t key_bytes(const char *public_key, const json_t *key)
{
	const json_t *call = json_map(json_object_get(key, "permission"), "FunctionCall");
	uint64_t bytes = RECORD_BYTES + (str_starts(public_key, "ed25519:") ? 33 : 65) + 8 + 1;
	const json_t *name;
	size_t i;

	if (!call)
		return bytes;
	bytes += json_str(call, "allowance") ? 17 : 1;
	bytes += 4 + strlen(json_str_or(call, "receiver_id", "")) + 4;
	json_array_foreach(json_list(call, "method_names"), i, name)
		bytes += 4 + json_string_length(name);
	return bytes;
}

uint64_t ledger_storage(const json_t *account)
{
	uint64_t bytes = BASE_BYTES + (uint64_t)json_int_or(account, "code_size", 0);
	const char *public_key;
	json_t *key;

	json_object_foreach(json_map(account, "keys"), public_key, key)
		bytes += key_bytes(public_key, key);
	return bytes;
}

near_u128 ledger_storage_lack(const json_t *account, near_u128 less)
{
	uint64_t bytes = ledger_storage(account);
	near_u128 need = bytes * LOCALNET_BYTE_PRICE;
	near_u128 have = ledger_amount(account, "amount") + ledger_amount(account, "locked") - less;

	return bytes <= FREE_BYTES || have >= need ? 0 : need - have;
}

json_t *ledger_account_json(const json_t *account)
{
	return json_pack("{s:s,s:s,s:s,s:I,s:i}", "amount", json_str_or(account, "amount", "0"),
			 "locked", json_str_or(account, "locked", "0"), "code_hash",
			 json_str_or(account, "code_hash", LOCALNET_NO_HASH), "storage_usage",
			 (json_int_t)ledger_storage(account), "storage_paid_at", 0);
}

uint64_t ledger_changed_at(const struct ledger *l, const char *id)
{
	if (json_object_get(l->dirty_accounts, id) || json_object_get(l->dirty_contracts, id))
		return l->head.height; /* the account says so from the next commit on */
	return (uint64_t)json_int_or(ledger_account(l, id), "changed_at", 0);
}
