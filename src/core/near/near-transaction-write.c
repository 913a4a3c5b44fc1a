#include <string.h>

#include "core/near/near-transaction.h"

static void put_uint(struct buf *b, near_u128 value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buf_char(b, (char)(uint8_t)(value >> (8 * i)));
}

static void put_bytes(struct buf *b, const void *data, size_t len)
{
	put_uint(b, len, 4);
	if (len)
		buf_add(b, data, len);
}

static void put_text(struct buf *b, const char *text)
{
	put_bytes(b, text, strlen(text));
}

static void put_key(struct buf *b, const char *text)
{
	bool secp = str_starts(text, "secp256k1:");
	const char *base58 = strchr(text, ':');
	uint8_t bytes[64] = { 0 };
	size_t len = 0;

	if (base58)
		near_base58_decode(base58 + 1, strlen(base58 + 1), bytes, sizeof(bytes), &len);
	put_uint(b, secp, 1);
	buf_add(b, bytes, secp ? 64 : 32);
}

static void put_permission(struct buf *b, const struct near_permission *p)
{
	put_uint(b, p->full_access, 1);
	if (p->full_access)
		return;
	put_uint(b, p->has_allowance, 1);
	if (p->has_allowance)
		put_uint(b, p->allowance, 16);
	put_text(b, p->receiver_id);
	put_uint(b, p->method_count, 4);
	for (size_t i = 0; i < p->method_count; i++)
		put_text(b, p->method_names[i]);
}

static void put_action(struct buf *b, const struct near_action *a)
{
	put_uint(b, a->kind, 1);
	switch (a->kind) {
	case NEAR_DEPLOY_CONTRACT:
		put_bytes(b, a->data, a->data_len);
		break;
	case NEAR_FUNCTION_CALL:
		put_text(b, a->name);
		put_bytes(b, a->data, a->data_len);
		put_uint(b, a->gas, 8);
		put_uint(b, a->amount, 16);
		break;
	case NEAR_TRANSFER:
		put_uint(b, a->amount, 16);
		break;
	case NEAR_STAKE:
		put_uint(b, a->amount, 16);
		put_key(b, a->public_key);
		break;
	case NEAR_ADD_KEY:
		put_key(b, a->public_key);
		put_uint(b, a->key_nonce, 8);
		put_permission(b, &a->permission);
		break;
	case NEAR_DELETE_KEY:
		put_key(b, a->public_key);
		break;
	case NEAR_DELETE_ACCOUNT:
		put_text(b, a->name);
		break;
	case NEAR_CREATE_ACCOUNT:
	case NEAR_ACTION_KINDS:
		break;
	}
}

void near_transaction_encode(const struct near_transaction *t, struct buf *ret)
{
	put_text(ret, t->signer_id);
	put_key(ret, t->public_key);
	put_uint(ret, t->nonce, 8);
	put_text(ret, t->receiver_id);
	buf_add(ret, t->block_hash, sizeof(t->block_hash));
	put_uint(ret, t->action_count, 4);
	for (size_t i = 0; i < t->action_count; i++)
		put_action(ret, &t->actions[i]);
}

void near_transaction_sign(struct near_transaction *t, const struct near_key *key, struct buf *ret)
{
	OWN(buf) struct buf unsigned_bytes = { 0 };

	free(t->public_key);
	t->public_key = near_key_format_public(key);
	near_transaction_encode(t, &unsigned_bytes);
	near_sha256(unsigned_bytes.data, unsigned_bytes.len, t->hash);
	near_sign(key, t->hash, sizeof(t->hash), t->signature);
	buf_add(ret, unsigned_bytes.data, unsigned_bytes.len);
	put_uint(ret, 0, 1);
	buf_add(ret, t->signature, sizeof(t->signature));
}

void near_call_sign(const struct near_call *call, const struct near_key *key, struct buf *ret,
		    uint8_t ret_hash[32])
{
	OWN(near_transaction) struct near_transaction *t = NEW(struct near_transaction);

	t->signer_id = str_dup(call->signer_id);
	t->receiver_id = str_dup(call->receiver_id);
	t->nonce = call->nonce;
	memcpy(t->block_hash, call->block_hash, sizeof(t->block_hash));
	t->actions = NEW(struct near_action);
	t->action_count = 1;
	t->actions->kind = NEAR_FUNCTION_CALL;
	t->actions->name = str_dup(call->method);
	t->actions->data = mem_new(call->args_len + 1, 1);
	if (call->args_len)
		memcpy(t->actions->data, call->args, call->args_len);
	t->actions->data_len = call->args_len;
	t->actions->gas = call->gas;
	t->actions->amount = call->deposit;
	near_transaction_sign(t, key, ret);
	memcpy(ret_hash, t->hash, 32);
}

/* ---- as JSON ------------------------------------------------------------------------------- */

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

static void set_base58(json_t *j, const char *key, const uint8_t *data, size_t len,
		       const char *prefix)
{
	OWN(str) char *base58 = near_base58_encode(data, len);
	OWN(str) char *text = str_printf("%s%s", prefix, base58);

	json_set_str(j, key, text);
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

/* The members of one action; the integer gas is a JSON number, as nearcore writes it. */
static json_t *action_members(const struct near_action *a)
{
	json_t *j = json_object(), *access_key;

	switch (a->kind) {
	case NEAR_DEPLOY_CONTRACT:
		set_base64(j, "code", a->data, a->data_len);
		break;
	case NEAR_FUNCTION_CALL:
		json_set_str(j, "method_name", a->name);
		set_base64(j, "args", a->data, a->data_len);
		json_set_int(j, "gas", (json_int_t)a->gas);
		set_u128(j, "deposit", a->amount);
		break;
	case NEAR_TRANSFER:
		set_u128(j, "deposit", a->amount);
		break;
	case NEAR_STAKE:
		set_u128(j, "stake", a->amount);
		json_set_str(j, "public_key", a->public_key);
		break;
	case NEAR_ADD_KEY:
		access_key = json_object();
		json_set_str(j, "public_key", a->public_key);
		json_set_int(access_key, "nonce", (json_int_t)a->key_nonce);
		json_object_set_new(access_key, "permission", near_permission_json(&a->permission));
		json_object_set_new(j, "access_key", access_key);
		break;
	case NEAR_DELETE_KEY:
		json_set_str(j, "public_key", a->public_key);
		break;
	case NEAR_DELETE_ACCOUNT:
		json_set_str(j, "beneficiary_id", a->name);
		break;
	case NEAR_CREATE_ACCOUNT:
	case NEAR_ACTION_KINDS:
		break;
	}
	return j;
}

static json_t *action_json(const struct near_action *a)
{
	static const char *const names[NEAR_ACTION_KINDS] = { "CreateAccount", "DeployContract",
							      "FunctionCall",  "Transfer",
							      "Stake",	       "AddKey",
							      "DeleteKey",     "DeleteAccount" };
	json_t *outer;

	if (a->kind == NEAR_CREATE_ACCOUNT)
		return json_string(names[a->kind]);
	outer = json_object();
	json_object_set_new(outer, names[a->kind], action_members(a));
	return outer;
}

json_t *near_transaction_json(const struct near_transaction *t)
{
	json_t *j = json_object(), *actions = json_array();

	json_set_str(j, "signer_id", t->signer_id);
	json_set_str(j, "public_key", t->public_key);
	json_set_int(j, "nonce", (json_int_t)t->nonce);
	json_set_str(j, "receiver_id", t->receiver_id);
	for (size_t i = 0; i < t->action_count; i++)
		json_array_append_new(actions, action_json(&t->actions[i]));
	json_object_set_new(j, "actions", actions);
	json_set_int(j, "priority_fee", 0);
	set_base58(j, "signature", t->signature, sizeof(t->signature), "ed25519:");
	set_base58(j, "hash", t->hash, sizeof(t->hash), "");
	return j;
}
