/* Admission: what nearcore refuses before a transaction costs anything. */
#include <string.h>

#include "engine/localnet/localnet-internal.h"

#define ACTIONS_MOST 100
#define PREPAID_GAS_MOST 1000000000000000ull
#define CODE_MOST 4194304
#define METHOD_MOST 256
#define KEY_METHODS_MOST 2000 /* bytes of all method names of a key */

static json_t *access_key_error(json_t *kind)
{
	return json_pack("{s:o}", "InvalidAccessKeyError", kind);
}

/* ---- the actions by themselves ------------------------------------------------------------- */

static json_t *exceeded(const char *kind, const char *what, uint64_t value, uint64_t limit)
{
	return json_pack("{s:{s:I,s:I}}", kind, what, (json_int_t)value, "limit",
			 (json_int_t)limit);
}

static json_t *unsupported(const char *feature)
{
	return json_pack("{s:{s:s,s:i}}", "UnsupportedProtocolFeature", "protocol_feature", feature,
			 "version", LOCALNET_PROTOCOL_VERSION);
}

static json_t *check_key_methods(const struct near_permission *p)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < p->method_count; i++)
		bytes += strlen(p->method_names[i]) + 1;
	if (bytes <= KEY_METHODS_MOST)
		return NULL;
	return exceeded("AddKeyMethodNamesNumberOfBytesExceeded", "total_number_of_bytes", bytes,
			KEY_METHODS_MOST);
}

static json_t *check_call(const struct near_action *a)
{
	size_t len = strlen(a->name);

	if (a->gas == 0)
		return json_string("FunctionCallZeroAttachedGas");
	if (len > METHOD_MOST)
		return exceeded("FunctionCallMethodNameLengthExceeded", "length", len, METHOD_MOST);
	return NULL;
}

static json_t *check_action(const struct near_action *a, bool delegated)
{
	switch (a->kind) {
	case NEAR_FUNCTION_CALL:
		return check_call(a);
	case NEAR_DEPLOY_CONTRACT:
		return a->data_len <= CODE_MOST
			       ? NULL
			       : exceeded("ContractSizeExceeded", "size", a->data_len, CODE_MOST);
	case NEAR_ADD_KEY:
		return check_key_methods(&a->permission);
	case NEAR_DELEGATE:
		return delegated ? json_string("DelegateActionMustBeOnlyOne")
				 : ledger_check_actions(a->delegate->actions,
							a->delegate->action_count, true);
	case NEAR_DEPLOY_GLOBAL_CONTRACT:
		return unsupported("GlobalContracts (DeployGlobalContract)");
	case NEAR_USE_GLOBAL_CONTRACT:
		return unsupported("GlobalContracts (UseGlobalContract)");
	case NEAR_CREATE_ACCOUNT:
	case NEAR_TRANSFER:
	case NEAR_STAKE:
	case NEAR_DELETE_KEY:
	case NEAR_DELETE_ACCOUNT:
	case NEAR_ACTION_KINDS:
		break;
	}
	return NULL;
}

json_t *ledger_check_actions(const struct near_action *actions, size_t count, bool delegated)
{
	size_t delegates = 0;
	uint64_t gas = 0;

	if (count > ACTIONS_MOST)
		return exceeded("TotalNumberOfActionsExceeded", "total_number_of_actions", count,
				ACTIONS_MOST);
	for (size_t i = 0; i < count; i++) {
		json_t *why = check_action(&actions[i], delegated);

		if (why)
			return why;
		if (actions[i].kind == NEAR_DELETE_ACCOUNT && i + 1 < count)
			return json_string("DeleteActionMustBeFinal");
		if (actions[i].kind == NEAR_DELEGATE && ++delegates > 1)
			return json_string("DelegateActionMustBeOnlyOne");
		if (__builtin_add_overflow(gas, actions[i].gas, &gas))
			return json_string("IntegerOverflow");
	}
	if (gas > PREPAID_GAS_MOST)
		return exceeded("TotalPrepaidGasExceeded", "total_prepaid_gas", gas,
				PREPAID_GAS_MOST);
	return NULL;
}

/* ---- the key ------------------------------------------------------------------------------- */

static bool names_method(const json_t *names, const char *method)
{
	return json_array_size(names) == 0 || json_has_text(names, method);
}

json_t *ledger_check_permission(const json_t *permission, const char *receiver,
				const struct near_action *actions, size_t count)
{
	const json_t *call = json_map(permission, "FunctionCall");
	const char *allowed = json_str(call, "receiver_id");

	if (!call)
		return NULL;
	if (count != 1 || actions->kind != NEAR_FUNCTION_CALL)
		return json_string("RequiresFullAccess");
	if (actions->amount > 0)
		return json_string("DepositWithFunctionCall");
	if (!str_eq(allowed, receiver))
		return json_pack("{s:{s:s,s:s}}", "ReceiverMismatch", "tx_receiver", receiver,
				 "ak_receiver", allowed);
	if (!names_method(json_list(call, "method_names"), actions->name))
		return json_pack("{s:{s:s}}", "MethodNameMismatch", "method_name", actions->name);
	return NULL;
}

static json_t *check_nonce(const struct ledger *l, const json_t *key,
			   const struct near_transaction *t)
{
	uint64_t known = (uint64_t)json_int_or(key, "nonce", 0);
	uint64_t above = (l->head.height + 1) * LOCALNET_NONCES_PER_BLOCK;

	if (t->nonce <= known)
		return json_pack("{s:{s:I,s:I}}", "InvalidNonce", "tx_nonce", (json_int_t)t->nonce,
				 "ak_nonce", (json_int_t)known);
	if (t->nonce >= above)
		return json_pack("{s:{s:I,s:I}}", "NonceTooLarge", "tx_nonce", (json_int_t)t->nonce,
				 "upper_bound", (json_int_t)above);
	return NULL;
}

static json_t *check_block(const struct ledger *l, const struct near_transaction *t)
{
	OWN(str) char *hash = near_base58_encode(t->block_hash, sizeof(t->block_hash));
	struct ledger_block b;

	if (ledger_block_by_hash(l, hash, &b) < 0 ||
	    b.height + LOCALNET_BLOCKS_VALID < l->head.height)
		return json_string("Expired");
	return NULL;
}

/* ---- the money ----------------------------------------------------------------------------- */

static json_t *too_little(const char *id, near_u128 have, near_u128 cost)
{
	OWN(str) char *have_text = near_u128_format(have);
	OWN(str) char *cost_text = near_u128_format(cost);

	return json_pack("{s:{s:s,s:s,s:s}}", "NotEnoughBalance", "signer_id", id, "balance",
			 have_text, "cost", cost_text);
}

static json_t *check_allowance(const json_t *key, const struct near_transaction *t,
			       const struct ledger_cost *cost)
{
	const json_t *call = json_map(json_object_get(key, "permission"), "FunctionCall");
	OWN(str) char *need = near_u128_format(cost->total - cost->deposit);

	if (!json_str(call, "allowance") ||
	    cost->total - cost->deposit <= ledger_amount(call, "allowance"))
		return NULL;
	return access_key_error(json_pack("{s:{s:s,s:s,s:s,s:s}}", "NotEnoughAllowance",
					  "account_id", t->signer_id, "public_key", t->public_key,
					  "allowance", json_str(call, "allowance"), "cost", need));
}

static json_t *check_balance(const json_t *signer, const struct near_transaction *t,
			     const struct ledger_cost *cost)
{
	near_u128 have = ledger_amount(signer, "amount");
	near_u128 lack;
	OWN(str) char *text = NULL;

	if (cost->total > have)
		return too_little(t->signer_id, have, cost->total);
	lack = ledger_storage_lack(signer, cost->total);
	if (!lack)
		return NULL;
	text = near_u128_format(lack);
	return json_pack("{s:{s:s,s:s}}", "LackBalanceForState", "signer_id", t->signer_id,
			 "amount", text);
}

/* ---- all of it ----------------------------------------------------------------------------- */

static json_t *check_key(const struct ledger *l, const struct near_transaction *t,
			 const json_t *signer, const struct ledger_cost *cost)
{
	json_t *key = json_object_get(json_map(signer, "keys"), t->public_key);
	json_t *why;

	if (!key)
		return access_key_error(json_pack("{s:{s:s,s:s}}", "AccessKeyNotFound",
						  "account_id", t->signer_id, "public_key",
						  t->public_key));
	why = check_nonce(l, key, t);
	if (!why)
		why = check_balance(signer, t, cost);
	if (!why)
		why = check_allowance(key, t, cost);
	if (why)
		return why;
	why = ledger_check_permission(json_object_get(key, "permission"), t->receiver_id,
				      t->actions, t->action_count);
	return why ? access_key_error(why) : NULL;
}

json_t *ledger_refusal(const struct ledger *l, const struct near_transaction *t,
		       const struct ledger_cost *cost)
{
	const json_t *signer = ledger_account(l, t->signer_id);
	json_t *why;

	if (near_transaction_verify(t) < 0)
		return json_string("InvalidSignature");
	why = ledger_check_actions(t->actions, t->action_count, false);
	if (why)
		return json_pack("{s:o}", "ActionsValidation", why);
	why = check_block(l, t);
	if (why)
		return why;
	if (!signer)
		return json_pack("{s:{s:s}}", "SignerDoesNotExist", "signer_id", t->signer_id);
	return check_key(l, t, signer, cost);
}
