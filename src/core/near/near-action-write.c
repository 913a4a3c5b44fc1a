#include "core/near/near-internal.h"

static void put_permission(struct buf *b, const struct near_permission *p)
{
	near_put_uint(b, p->full_access, 1);
	if (p->full_access)
		return;
	near_put_uint(b, p->has_allowance, 1);
	if (p->has_allowance)
		near_put_uint(b, p->allowance, 16);
	near_put_text(b, p->receiver_id);
	near_put_uint(b, p->method_count, 4);
	for (size_t i = 0; i < p->method_count; i++)
		near_put_text(b, p->method_names[i]);
}

static void put_call(struct buf *b, const struct near_action *a)
{
	near_put_text(b, a->name);
	near_put_bytes(b, a->data, a->data_len);
	near_put_uint(b, a->gas, 8);
	near_put_uint(b, a->amount, 16);
}

static void put_use_global(struct buf *b, const struct near_action *a)
{
	near_put_uint(b, a->by_account, 1);
	if (a->by_account)
		near_put_text(b, a->name);
	else
		buf_add(b, a->code_hash, sizeof(a->code_hash));
}

static void put_action(struct buf *b, const struct near_action *a)
{
	near_put_uint(b, a->kind, 1);
	switch (a->kind) {
	case NEAR_DEPLOY_CONTRACT:
		near_put_bytes(b, a->data, a->data_len);
		break;
	case NEAR_FUNCTION_CALL:
		put_call(b, a);
		break;
	case NEAR_TRANSFER:
		near_put_uint(b, a->amount, 16);
		break;
	case NEAR_STAKE:
		near_put_uint(b, a->amount, 16);
		near_put_key(b, a->public_key);
		break;
	case NEAR_ADD_KEY:
		near_put_key(b, a->public_key);
		near_put_uint(b, a->key_nonce, 8);
		put_permission(b, &a->permission);
		break;
	case NEAR_DELETE_KEY:
		near_put_key(b, a->public_key);
		break;
	case NEAR_DELETE_ACCOUNT:
		near_put_text(b, a->name);
		break;
	case NEAR_DELEGATE:
		near_put_delegate(b, a->delegate);
		near_put_signature(b, &a->delegate->signature);
		break;
	case NEAR_DEPLOY_GLOBAL_CONTRACT:
		near_put_bytes(b, a->data, a->data_len);
		near_put_uint(b, a->by_account, 1);
		break;
	case NEAR_USE_GLOBAL_CONTRACT:
		put_use_global(b, a);
		break;
	case NEAR_CREATE_ACCOUNT:
	case NEAR_ACTION_KINDS:
		break;
	}
}

void near_put_actions(struct buf *b, const struct near_action *actions, size_t count)
{
	near_put_uint(b, count, 4);
	for (size_t i = 0; i < count; i++)
		put_action(b, &actions[i]);
}
