/* query: accounts, keys, code and views at the head. */
#include "engine/localnet/rpc.h"

#include <inttypes.h>
#include <string.h>

/* One question about an account, at a block. */
struct look {
	const struct ledger *ledger;
	struct ledger_block block;
	const json_t *params, *account;
	const char *id;
};

static json_t *with_block(const struct look *k, json_t *j)
{
	json_set_int(j, "block_height", (json_int_t)k->block.height);
	json_set_str(j, "block_hash", k->block.hash);
	return j;
}

/* The legacy clients recognise a missing account by this text alone. */
static json_t *unknown_account(const struct look *k)
{
	OWN(str) char *data = str_printf("account %s does not exist while viewing", k->id);
	json_t *info = with_block(k, json_pack("{s:s}", "requested_account_id", k->id));

	return rpc_error_handler("UNKNOWN_ACCOUNT", info, json_string(data));
}

static json_t *invalid_account(const struct look *k)
{
	OWN(str) char *data = str_printf("Account ID %s is invalid", k->id);
	json_t *info = with_block(k, json_pack("{s:s}", "requested_account_id", k->id));

	return rpc_error_handler("INVALID_ACCOUNT", info, json_string(data));
}

/* nearcore gives these failures as a result with an `error` member. */
static json_t *result_error(const struct look *k, const char *text)
{
	return with_block(k, json_pack("{s:s,s:[]}", "error", text, "logs"));
}

static json_t *view_key(const struct look *k, const char *public_key)
{
	json_t *key = json_object_get(json_map(k->account, "keys"), public_key);
	OWN(str) char *text = NULL;

	if (key)
		return with_block(k, json_copy(key));
	text = str_printf("access key %s does not exist while viewing", public_key);
	return result_error(k, text);
}

static json_t *view_keys(const struct look *k)
{
	json_t *list = json_array(), *key;
	const char *name;

	json_object_foreach(json_map(k->account, "keys"), name, key)
		json_array_append_new(
			list, json_pack("{s:s,s:O}", "public_key", name, "access_key", key));
	return with_block(k, json_pack("{s:o}", "keys", list));
}

static json_t *call_function(const struct look *k, const char *method, const char *args,
			     size_t args_len)
{
	OWN(json) json_t *value = NULL;
	OWN(str) char *error = NULL;
	OWN(str) char *text = NULL;
	json_t *bytes;

	if (ledger_view(k->ledger, k->id, method, args, args_len, &value, &error) < 0)
		return result_error(k, error);
	text = json_text(value);
	bytes = json_array();
	for (const char *at = text; *at; at++)
		json_array_append_new(bytes, json_integer((unsigned char)*at));
	return with_block(k, json_pack("{s:o,s:[]}", "result", bytes, "logs"));
}

/* The native contract has one record: its whole state. */
static json_t *view_state(const struct look *k, const char *prefix, size_t prefix_len)
{
	static const char key[] = RPC_STATE_KEY;
	const json_t *state = json_object_get(k->ledger->contracts, k->id);
	OWN(str) char *key64 = base64_encode(key, strlen(key));
	OWN(str) char *text = state ? json_text(state) : NULL;
	OWN(str) char *value64 = text ? base64_encode(text, strlen(text)) : NULL;
	json_t *values = json_array();

	if (text && prefix_len <= strlen(key) && !memcmp(prefix, key, prefix_len))
		json_array_append_new(values,
				      json_pack("{s:s,s:s}", "key", key64, "value", value64));
	return with_block(k, json_pack("{s:o,s:[]}", "values", values, "proof"));
}

static enum rpc_outcome view_code(const struct look *k, json_t **ret)
{
	uint8_t *code = NULL;
	size_t len;
	OWN(str) char *base64 = NULL;
	OWN(str) char *data = NULL;

	if (!json_str(k->account, "code_hash") ||
	    ledger_store_find_code(k->ledger->store, k->id, &code, &len) < 0) {
		data = str_printf("Contract code for contract ID %s has never been observed on the "
				  "node",
				  k->id);
		*ret = rpc_error_handler(
			"NO_CONTRACT_CODE",
			with_block(k, json_pack("{s:s}", "contract_account_id", k->id)),
			json_string(data));
		return RPC_ERROR;
	}
	base64 = base64_encode(code, len);
	free(code);
	*ret = with_block(k, json_pack("{s:s,s:s}", "code_base64", base64, "hash",
				       json_str(k->account, "code_hash")));
	return RPC_RESULT;
}

/* ---- choosing ------------------------------------------------------------------------------ */

static enum rpc_outcome with_bytes(const struct look *k, json_t **ret)
{
	const char *method = json_str(k->params, "method_name");
	const char *text = json_str_or(k->params, method ? "args_base64" : "prefix_base64", "");
	OWN(str) char *bytes = NULL;
	uint8_t *data = NULL;
	size_t len = 0;

	if (base64_decode(text, strlen(text), &data, &len) < 0) {
		*ret = rpc_error_parse("Failed parsing args: invalid base64");
		return RPC_ERROR;
	}
	bytes = (char *)data;
	*ret = method ? call_function(k, method, bytes, len) : view_state(k, bytes, len);
	return RPC_RESULT;
}

static enum rpc_outcome run_query(const struct look *k, const char *type, json_t **ret)
{
	const char *key = json_str(k->params, "public_key");
	struct near_public_key parsed;
	struct err why = { 0 };

	if (!strcmp(type, "view_access_key") && key && near_public_key_parse(key, &parsed, &why) < 0) {
		*ret = rpc_error_parse(why.text);
		return RPC_ERROR;
	}
	if (!strcmp(type, "view_account"))
		*ret = with_block(k, ledger_account_json(k->account));
	else if (!strcmp(type, "view_access_key") && key)
		*ret = view_key(k, key);
	else if (!strcmp(type, "view_access_key_list"))
		*ret = view_keys(k);
	else if (!strcmp(type, "view_code"))
		return view_code(k, ret);
	else if (!strcmp(type, "view_state") ||
		 (!strcmp(type, "call_function") && json_str(k->params, "method_name")))
		return with_bytes(k, ret);
	else
		return RPC_ERROR;
	return RPC_RESULT;
}

static json_t *unknown_type(const char *type)
{
	static const char *const fields[][2] = { { "view_access_key", "public_key" },
						 { "call_function", "method_name" } };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!strcmp(type, fields[i][0]))
			return rpc_error_missing(fields[i][1]);
	return rpc_error_parse("Failed parsing args: unknown request_type (this chain knows "
			       "view_account, view_access_key, view_access_key_list, view_code, "
			       "view_state, call_function)");
}

/* Only the newest state is kept: it is that of an earlier block too when nothing changed since. */
static json_t *state_gone(const struct look *k)
{
	OWN(str)
	char *data = str_printf("The state of %s at block %" PRIu64
				" is not kept: this chain has the newest one only",
				k->id, k->block.height);

	return rpc_error_handler("GARBAGE_COLLECTED_BLOCK", with_block(k, json_object()),
				 json_string(data));
}

enum rpc_outcome rpc_query(struct rpc *r, const json_t *params, const struct rpc_request *q,
			   json_t **ret)
{
	struct look k = { .ledger = r->ledger,
			  .params = params,
			  .id = json_str(params, "account_id") };
	const char *type = json_str(params, "request_type");
	enum rpc_outcome result;

	(void)q;
	if (rpc_find_block(r, params, &k.block, ret) < 0)
		return RPC_ERROR;
	k.account = k.id ? ledger_account(r->ledger, k.id) : NULL;
	if (!type || !k.id)
		*ret = rpc_error_missing(type ? "account_id" : "request_type");
	else if (!near_account_valid(k.id))
		*ret = invalid_account(&k);
	else if (!k.account)
		*ret = unknown_account(&k);
	else if (ledger_changed_at(k.ledger, k.id) > k.block.height)
		*ret = state_gone(&k);
	if (*ret)
		return RPC_ERROR;
	result = run_query(&k, type, ret);
	if (result == RPC_ERROR && !*ret)
		*ret = unknown_type(type);
	return result;
}
