#include <string.h>

#include "engine/localnet/localnet-internal.h"

static json_t *with_block(const struct ledger *l, json_t *j)
{
	json_set_int(j, "block_height", (json_int_t)l->head.height);
	json_set_str(j, "block_hash", l->head.hash);
	return j;
}

/* The legacy clients recognise a missing account by this text alone. */
static json_t *unknown_account(const struct ledger *l, const char *id)
{
	OWN(str) char *data = str_printf("account %s does not exist while viewing", id);
	json_t *info = with_block(l, json_pack("{s:s}", "requested_account_id", id));

	return rpc_error_handler("UNKNOWN_ACCOUNT", info, json_string(data));
}

static json_t *invalid_account(const struct ledger *l, const char *id)
{
	OWN(str) char *data = str_printf("Account ID %s is invalid", id);
	json_t *info = with_block(l, json_pack("{s:s}", "requested_account_id", id));

	return rpc_error_handler("INVALID_ACCOUNT", info, json_string(data));
}

/* nearcore gives these failures as a result with an `error` member. */
static json_t *result_error(const struct ledger *l, const char *text)
{
	return with_block(l, json_pack("{s:s,s:[]}", "error", text, "logs"));
}

static json_t *view_account(const struct ledger *l, const json_t *account)
{
	const json_int_t base = 100, per_key = 82;
	size_t keys = json_object_size(json_map(account, "keys"));

	return with_block(l, json_pack("{s:s,s:s,s:s,s:I,s:i}", "amount",
				       json_str(account, "amount"), "locked", "0", "code_hash",
				       "11111111111111111111111111111111", "storage_usage",
				       base + per_key * (json_int_t)keys, "storage_paid_at", 0));
}

static json_t *view_key(const struct ledger *l, const json_t *account, const char *public_key)
{
	json_t *key = json_object_get(json_map(account, "keys"), public_key);
	OWN(str) char *text = NULL;

	if (key)
		return with_block(l, json_copy(key));
	text = str_printf("access key %s does not exist while viewing", public_key);
	return result_error(l, text);
}

static json_t *view_keys(const struct ledger *l, const json_t *account)
{
	json_t *list = json_array(), *key;
	const char *name;

	json_object_foreach(json_map(account, "keys"), name, key) json_array_append_new(
		list, json_pack("{s:s,s:O}", "public_key", name, "access_key", key));
	return with_block(l, json_pack("{s:o}", "keys", list));
}

int rpc_view(const struct ledger *l, const char *account, const char *method, json_t **ret,
	     char **ret_error)
{
	const json_t *contract = json_map(ledger_account(l, account), "contract");
	struct err panic = { 0 };
	int result;

	if (!contract) {
		*ret_error = str_printf("wasm execution failed with error: "
					"CompilationError(CodeDoesNotExist { account_id: \"%s\" })",
					account);
		return -1;
	}
	result = contract_view(contract, method, ret, &panic);
	if (result == CONTRACT_NO_METHOD)
		*ret_error = str_dup("wasm execution failed with error: "
				     "MethodResolveError(MethodNotFound)");
	else if (result < 0)
		*ret_error = str_printf("wasm execution failed with error: "
					"HostError(GuestPanic { panic_msg: \"%s\" })",
					panic.text);
	return result == 0 ? 0 : -1;
}

static json_t *call_function(const struct ledger *l, const char *id, const char *method)
{
	OWN(json) json_t *value = NULL;
	OWN(str) char *error = NULL;
	OWN(str) char *text = NULL;
	json_t *bytes;

	if (rpc_view(l, id, method, &value, &error) < 0)
		return result_error(l, error);
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	bytes = json_array();
	for (const char *at = text; *at; at++)
		json_array_append_new(bytes, json_integer((unsigned char)*at));
	return with_block(l, json_pack("{s:o,s:[]}", "result", bytes, "logs"));
}

static json_t *missing_field(const char *field)
{
	OWN(str) char *text = str_printf("Failed parsing args: missing field `%s`", field);

	return rpc_error_parse(text);
}

int rpc_query(struct rpc *r, const json_t *params, json_t **ret_result)
{
	const struct ledger *l = r->ledger;
	const char *type = json_str(params, "request_type");
	const char *id = json_str(params, "account_id");
	const char *key = json_str(params, "public_key"), *method = json_str(params, "method_name");
	json_t *account = id ? ledger_account(l, id) : NULL;

	if (!type || !id)
		*ret_result = missing_field(type ? "account_id" : "request_type");
	else if (!near_account_valid(id))
		*ret_result = invalid_account(l, id);
	else if (!account)
		*ret_result = unknown_account(l, id);
	else if (!strcmp(type, "view_access_key") && !key)
		*ret_result = missing_field("public_key");
	else if (!strcmp(type, "call_function") && !method)
		*ret_result = missing_field("method_name");
	else if (!strcmp(type, "view_account"))
		return (*ret_result = view_account(l, account), 0);
	else if (!strcmp(type, "view_access_key"))
		return (*ret_result = view_key(l, account, key), 0);
	else if (!strcmp(type, "view_access_key_list"))
		return (*ret_result = view_keys(l, account), 0);
	else if (!strcmp(type, "call_function"))
		return (*ret_result = call_function(l, id, method), 0);
	else
		*ret_result = rpc_error_parse("Failed parsing args: unknown request_type (this "
					      "chain knows view_account, view_access_key, "
					      "view_access_key_list, call_function)");
	return 1;
}
