/* EXPERIMENTAL_changes and EXPERIMENTAL_changes_in_block: what a block changed. */
#include "engine/localnet/rpc.h"

#include <inttypes.h>
#include <string.h>

/* ---- which accounts ------------------------------------------------------------------------ */

static const struct kind {
	const char *touched;	/* of changes_in_block */
	const char *types[2];	/* of changes */
	const char *asked[2];	/* changes_type of changes */
} kinds[] = {
	{ "account_touched", { "account_update", "account_deletion" }, { "account_changes", NULL } },
	{ "access_key_touched",
	  { "access_key_update", "access_key_deletion" },
	  { "all_access_key_changes", "single_access_key_changes" } },
	{ "data_touched", { "data_update", "data_deletion" }, { "data_changes", NULL } },
	{ "contract_code_touched",
	  { "contract_code_update", "contract_code_deletion" },
	  { "contract_code_changes", NULL } },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool is_one(const char *text, const char *const both[2])
{
	return str_eq(text, both[0]) || str_eq(text, both[1]);
}

RPC_METHOD(rpc_changes_in_block)
{
	OWN(json) json_t *seen = json_object();
	OWN(json) json_t *changes = NULL;
	struct ledger_block b;
	json_t *list, *one;
	size_t i, k = 0;

	(void)q;
	if (rpc_find_block(r, params, &b, ret) < 0)
		return RPC_ERROR;
	changes = ledger_store_find_changes(r->ledger->store, b.height);
	list = json_array();
	json_array_foreach(changes, i, one) {
		const char *account = json_str_or(json_map(one, "change"), "account_id", "");
		OWN(str) char *key = NULL;

		for (k = 0; k + 1 < KINDS && !is_one(json_str(one, "type"), kinds[k].types); k++)
			;
		key = str_printf("%s %s", kinds[k].touched, account);
		if (json_object_get(seen, key))
			continue;
		json_object_set_new(seen, key, json_true());
		json_array_append_new(list, json_pack("{s:s,s:s}", "type", kinds[k].touched,
						      "account_id", account));
	}
	*ret = json_pack("{s:s,s:o}", "block_hash", b.hash, "changes", list);
	return RPC_RESULT;
}

/* ---- which values -------------------------------------------------------------------------- */

/* One question. */
struct look {
	struct rpc *rpc;
	const json_t *params;
	struct ledger_block block;
	const struct kind *kind;
};

static bool wanted_key(const struct look *k, const json_t *change)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_list(k->params, "keys"), i, one)
		if (str_eq(json_str(one, "account_id"), json_str(change, "account_id")) &&
		    str_eq(json_str(one, "public_key"), json_str(change, "public_key")))
			return true;
	return false;
}

/* The one record's key begins with what is asked for. */
static bool wanted_data(const struct look *k)
{
	const char *text = json_str_or(k->params, "key_prefix_base64", "");
	uint8_t *prefix = NULL;
	size_t len = 0;
	bool same = base64_decode(text, strlen(text), &prefix, &len) == 0 &&
		    len <= strlen(RPC_STATE_KEY) && !memcmp(prefix, RPC_STATE_KEY, len);

	free(prefix);
	return same;
}

static bool wanted(const struct look *k, const json_t *one)
{
	const json_t *change = json_map(one, "change");

	if (!is_one(json_str(one, "type"), k->kind->types) ||
	    (is_one("data_update", k->kind->types) && !wanted_data(k)))
		return false;
	if (str_eq(json_str(k->params, "changes_type"), "single_access_key_changes"))
		return wanted_key(k, change);
	return json_has_text(json_list(k->params, "account_ids"),
			     json_str_or(change, "account_id", ""));
}

/* The one record of a native contract. 0, or -1: it is another one by now. */
static int add_data(const struct look *k, json_t *change)
{
	const struct ledger *l = k->rpc->ledger;
	const char *id = json_str(change, "account_id");
	const json_t *state = json_object_get(l->contracts, id);
	OWN(str) char *text = state ? json_text(state) : NULL;
	OWN(str) char *value = text ? base64_encode(text, strlen(text)) : NULL;
	OWN(str) char *key = base64_encode(RPC_STATE_KEY, strlen(RPC_STATE_KEY));

	if (!value || ledger_changed_at(l, id) > k->block.height)
		return -1;
	json_set_str(change, "key_base64", key);
	json_set_str(change, "value_base64", value);
	return 0;
}

static int add_code(const struct look *k, json_t *change)
{
	const struct ledger *l = k->rpc->ledger;
	const char *id = json_str(change, "account_id");
	OWN(str) char *base64 = NULL;
	uint8_t *code = NULL;
	size_t len;

	if (!str_eq(json_str(ledger_account(l, id), "code_hash"), json_str(change, "code_hash")) ||
	    ledger_store_find_code(l->store, id, &code, &len) < 0)
		return -1;
	base64 = base64_encode(code, len);
	free(code);
	json_object_del(change, "code_hash");
	json_set_str(change, "code_base64", base64);
	return 0;
}

/* Values that the list of changes does not have. 0 or -1. */
static int complete(const struct look *k, const json_t *one)
{
	const char *type = json_str(one, "type");

	if (str_eq(type, "data_update"))
		return add_data(k, json_map(one, "change"));
	return str_eq(type, "contract_code_update") ? add_code(k, json_map(one, "change")) : 0;
}

static json_t *gone(const struct look *k, const json_t *one)
{
	OWN(str)
	char *text = str_printf("The %s of %s at block %" PRIu64 " is not kept: this chain has the "
				"newest one only",
				str_eq(json_str(one, "type"), "data_update") ? "state" : "code",
				json_str_or(json_map(one, "change"), "account_id", ""),
				k->block.height);

	return rpc_error_internal(text);
}

static enum rpc_outcome list_changes(const struct look *k, json_t **ret)
{
	OWN(json)
	json_t *all = ledger_store_find_changes(k->rpc->ledger->store, k->block.height);
	OWN(json) json_t *list = json_array();
	json_t *one;
	size_t i;

	json_array_foreach(all, i, one) {
		if (!wanted(k, one))
			continue;
		if (complete(k, one) < 0) {
			*ret = gone(k, one);
			return RPC_ERROR;
		}
		json_array_append(list, one);
	}
	*ret = json_pack("{s:s,s:O}", "block_hash", k->block.hash, "changes", list);
	return RPC_RESULT;
}

static json_t *bad_parameters(const struct look *k)
{
	const char *type = json_str(k->params, "changes_type");
	bool keys = str_eq(type, "single_access_key_changes");

	if (!type)
		return rpc_error_missing("changes_type");
	if (!k->kind)
		return rpc_error_parse("Failed parsing args: this chain knows the changes_type "
				       "account_changes, single_access_key_changes, "
				       "all_access_key_changes, contract_code_changes, "
				       "data_changes");
	if (!json_list(k->params, keys ? "keys" : "account_ids"))
		return rpc_error_missing(keys ? "keys" : "account_ids");
	if (str_eq(type, "data_changes") && !json_str(k->params, "key_prefix_base64"))
		return rpc_error_missing("key_prefix_base64");
	return NULL;
}

RPC_METHOD(rpc_changes)
{
	struct look k = { .rpc = r, .params = params };
	const char *type = json_str(params, "changes_type");

	(void)q;
	for (size_t i = 0; type && i < KINDS; i++)
		if (is_one(type, kinds[i].asked))
			k.kind = &kinds[i];
	*ret = bad_parameters(&k);
	if (*ret || rpc_find_block(r, params, &k.block, ret) < 0)
		return RPC_ERROR;
	return list_changes(&k, ret);
}
