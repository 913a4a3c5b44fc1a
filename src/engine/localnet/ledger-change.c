/* Changes that are kept or forgotten as one, and what each block changed, as nearcore lists it. The
 * ledger has the newest state only: of contract data and code the list says that they changed, and
 * whoever reads it adds what they are now. */
#include "engine/localnet/localnet-internal.h"

void ledger_change_begin(struct ledger *l)
{
	l->change = json_object();
	l->touched = json_object();
}

void ledger_change_drop(struct ledger *l)
{
	json_decref(l->change);
	json_decref(l->touched);
	l->change = l->touched = NULL;
}

void ledger_touch(struct ledger *l, const char *contract)
{
	if (l->touched)
		json_object_set_new(l->touched, contract, json_true());
}

/* ---- what differs -------------------------------------------------------------------------- */

/* The list in work. */
struct list {
	json_t *changes, *cause;
	const char *account;
};

/* `change` is stolen. */
static void add(const struct list *list, const char *type, json_t *change)
{
	json_set_str(change, "account_id", list->account);
	json_array_append_new(list->changes, json_pack("{s:O,s:s,s:o}", "cause", list->cause,
						       "type", type, "change", change));
}

static void add_keys(const struct list *list, const json_t *before, const json_t *after)
{
	json_t *keys = json_map(after, "keys"), *old = json_map(before, "keys"), *key;
	const char *name;

	json_object_foreach(keys, name, key)
		if (!json_equal(key, json_object_get(old, name)))
			add(list, "access_key_update",
			    json_pack("{s:s,s:o}", "public_key", name, "access_key",
				      json_deep_copy(key)));
	json_object_foreach(old, name, key)
		if (!json_object_get(keys, name))
			add(list, "access_key_deletion", json_pack("{s:s}", "public_key", name));
}

static void add_code(const struct list *list, const json_t *before, const json_t *after)
{
	const char *hash = json_str(after, "code_hash");

	if (hash && !str_eq(hash, json_str(before, "code_hash")))
		add(list, "contract_code_update", json_pack("{s:s}", "code_hash", hash));
	else if (!hash && json_str(before, "code_hash"))
		add(list, "contract_code_deletion", json_object());
}

/* NULL: not there. */
static void add_account(const struct list *list, const json_t *before, const json_t *after)
{
	OWN(json) json_t *now = after ? ledger_account_json(after) : NULL;
	OWN(json) json_t *was = before ? ledger_account_json(before) : NULL;

	if (now && !json_equal(now, was))
		add(list, "account_update", json_incref(now));
	else if (!now && was)
		add(list, "account_deletion", json_object());
	add_keys(list, before, after);
	add_code(list, before, after);
}

static json_t *cause_json(enum ledger_cause cause, const char *id)
{
	return cause == LEDGER_BY_TRANSACTION
		       ? json_pack("{s:s,s:s}", "type", "transaction_processing", "tx_hash", id)
		       : json_pack("{s:s,s:s}", "type", "receipt_processing", "receipt_hash", id);
}

static void write_down(struct ledger *l, enum ledger_cause cause, const char *id)
{
	OWN(json) json_t *changes = json_array();
	OWN(json) json_t *cause_of_all = cause_json(cause, id);
	struct list list = { changes, cause_of_all, NULL };
	json_t *account;

	json_object_foreach(l->change, list.account, account)
		add_account(&list, json_object_get(l->accounts, list.account),
			    json_is_null(account) ? NULL : account);
	json_object_foreach(l->touched, list.account, account)
		add(&list, "data_update", json_object());
	if (json_array_size(changes) > 0)
		ledger_store_changes(l->store, l->head.height, changes);
}

void ledger_change_keep(struct ledger *l, enum ledger_cause cause, const char *id)
{
	const char *name;
	json_t *account;

	write_down(l, cause, id);
	json_object_foreach(l->change, name, account) {
		if (json_is_null(account))
			json_object_del(l->accounts, name);
		else
			json_object_set(l->accounts, name, account);
		json_object_set_new(l->dirty_accounts, name, json_true());
	}
	ledger_change_drop(l);
}
