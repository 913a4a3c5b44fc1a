#include "core/near/near-internal.h"

static void set_u128(json_t *j, const char *key, near_u128 value)
{
	OWN(str) char *text = near_u128_format(value);

	json_set_str(j, key, text);
}

static void set_base64(json_t *j, const char *key, const void *data, size_t len)
{
	OWN(str) char *text = base64_encode(data, len);

	json_set_str(j, key, text);
}

static void set_base58(json_t *j, const char *key, const uint8_t *data, size_t len)
{
	OWN(str) char *text = near_base58_encode(data, len);

	json_set_str(j, key, text);
}

/* nearcore writes numbers. Jansson's integers end at 2^63-1; what is above, no chain reaches. */
void near_set_u64(json_t *j, const char *key, uint64_t value)
{
	json_object_set_new(j, key,
			    value <= INT64_MAX ? json_integer((json_int_t)value)
					       : json_real((double)value));
}

json_t *near_permission_json(const struct near_permission *p)
{
	json_t *call, *names, *outer;

	if (p->full_access)
		return json_string("FullAccess");
	call = json_object();
	names = json_array();
	outer = json_object();
	if (p->has_allowance)
		set_u128(call, "allowance", p->allowance);
	else
		json_object_set_new(call, "allowance", json_null());
	json_set_str(call, "receiver_id", p->receiver_id);
	for (size_t i = 0; i < p->method_count; i++)
		json_add_str(names, p->method_names[i]);
	json_object_set_new(call, "method_names", names);
	json_object_set_new(outer, "FunctionCall", call);
	return outer;
}

static void set_call(json_t *j, const struct near_action *a)
{
	json_set_str(j, "method_name", a->name);
	set_base64(j, "args", a->data, a->data_len);
	near_set_u64(j, "gas", a->gas);
	set_u128(j, "deposit", a->amount);
}

static void set_add_key(json_t *j, const struct near_action *a)
{
	json_t *access_key = json_object();

	json_set_str(j, "public_key", a->public_key);
	near_set_u64(access_key, "nonce", a->key_nonce);
	json_object_set_new(access_key, "permission", near_permission_json(&a->permission));
	json_object_set_new(j, "access_key", access_key);
}

static void set_use_global(json_t *j, const struct near_action *a)
{
	if (a->by_account)
		json_set_str(j, "account_id", a->name);
	else
		set_base58(j, "code_hash", a->code_hash, sizeof(a->code_hash));
}

static void set_members(json_t *j, const struct near_action *a)
{
	switch (a->kind) {
	case NEAR_DEPLOY_CONTRACT:
	case NEAR_DEPLOY_GLOBAL_CONTRACT:
		set_base64(j, "code", a->data, a->data_len);
		break;
	case NEAR_FUNCTION_CALL:
		set_call(j, a);
		break;
	case NEAR_TRANSFER:
		set_u128(j, "deposit", a->amount);
		break;
	case NEAR_STAKE:
		set_u128(j, "stake", a->amount);
		json_set_str(j, "public_key", a->public_key);
		break;
	case NEAR_ADD_KEY:
		set_add_key(j, a);
		break;
	case NEAR_DELETE_KEY:
		json_set_str(j, "public_key", a->public_key);
		break;
	case NEAR_DELETE_ACCOUNT:
		json_set_str(j, "beneficiary_id", a->name);
		break;
	case NEAR_USE_GLOBAL_CONTRACT:
		set_use_global(j, a);
		break;
	case NEAR_DELEGATE:
	case NEAR_CREATE_ACCOUNT:
	case NEAR_ACTION_KINDS:
		break;
	}
}

/* The view has a name of its own for each way to name a global contract. */
static const char *action_name(const struct near_action *a)
{
	static const char *const names[NEAR_ACTION_KINDS] = { "CreateAccount",
							      "DeployContract",
							      "FunctionCall",
							      "Transfer",
							      "Stake",
							      "AddKey",
							      "DeleteKey",
							      "DeleteAccount",
							      "Delegate",
							      "DeployGlobalContract",
							      "UseGlobalContract" };

	if (a->by_account && a->kind == NEAR_DEPLOY_GLOBAL_CONTRACT)
		return "DeployGlobalContractByAccountId";
	if (a->by_account && a->kind == NEAR_USE_GLOBAL_CONTRACT)
		return "UseGlobalContractByAccountId";
	return names[a->kind];
}

static json_t *action_json(const struct near_action *a)
{
	json_t *outer, *members;

	if (a->kind == NEAR_CREATE_ACCOUNT)
		return json_string(action_name(a));
	outer = json_object();
	members = a->kind == NEAR_DELEGATE ? near_delegate_json(a->delegate) : json_object();
	set_members(members, a);
	json_object_set_new(outer, action_name(a), members);
	return outer;
}

json_t *near_actions_json(const struct near_action *actions, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, action_json(&actions[i]));
	return list;
}
