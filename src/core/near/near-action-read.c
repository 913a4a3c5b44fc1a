#include "core/near/near-internal.h"

#define ACTIONS_MOST 1000 /* of memory; how many a chain takes, it says itself */
#define METHODS_MOST 1000
#define CODE_MOST (4u << 20)

static int take_methods(struct reader *r, struct near_permission *p)
{
	near_u128 count;

	if (near_take_uint(r, 4, &count) < 0)
		return -1;
	if (count > METHODS_MOST || count > r->left / 4)
		return err_set(r->err, ERR_LIMIT, "too many method names");
	p->method_names = mem_new((size_t)count + 1, sizeof(char *));
	while (p->method_count < count) {
		int result = near_take_text(r, 2000, &p->method_names[p->method_count]);

		p->method_count++; /* also a half-read one is freed with the rest */
		if (result < 0)
			return -1;
	}
	return 0;
}

static int take_permission(struct reader *r, struct near_permission *p)
{
	uint8_t tag, some;

	if (near_take_tag(r, &tag) < 0)
		return -1;
	if (tag > 1)
		return err_set(r->err, ERR_INPUT, "access key permission %u is not supported", tag);
	p->full_access = tag == 1;
	if (p->full_access)
		return 0;
	if (near_take_choice(r, 2, "option", &some) < 0)
		return -1;
	p->has_allowance = some;
	if (some && near_take_uint(r, 16, &p->allowance) < 0)
		return -1;
	if (near_take_text(r, 64, &p->receiver_id) < 0)
		return -1;
	return take_methods(r, p);
}

static int take_call(struct reader *r, struct near_action *a)
{
	if (near_take_text(r, 256, &a->name) < 0 ||
	    near_take_bytes(r, CODE_MOST, &a->data, &a->data_len) < 0)
		return -1;
	if (near_take_u64(r, &a->gas) < 0)
		return -1;
	return near_take_uint(r, 16, &a->amount);
}

static int take_add_key(struct reader *r, struct near_action *a)
{
	if (near_take_key(r, &a->public_key) < 0 || near_take_u64(r, &a->key_nonce) < 0)
		return -1;
	return take_permission(r, &a->permission);
}

static int take_deploy_global(struct reader *r, struct near_action *a)
{
	uint8_t mode;

	if (near_take_bytes(r, CODE_MOST, &a->data, &a->data_len) < 0 ||
	    near_take_choice(r, 2, "global contract deploy mode", &mode) < 0)
		return -1;
	a->by_account = mode == 1;
	return 0;
}

static int take_use_global(struct reader *r, struct near_action *a)
{
	uint8_t kind;

	if (near_take_choice(r, 2, "global contract identifier", &kind) < 0)
		return -1;
	a->by_account = kind == 1;
	if (a->by_account)
		return near_take_account(r, &a->name);
	return near_take(r, a->code_hash, sizeof(a->code_hash));
}

static int take_members(struct reader *r, struct near_action *a)
{
	switch (a->kind) {
	case NEAR_DEPLOY_CONTRACT:
		return near_take_bytes(r, CODE_MOST, &a->data, &a->data_len);
	case NEAR_FUNCTION_CALL:
		return take_call(r, a);
	case NEAR_TRANSFER:
		return near_take_uint(r, 16, &a->amount);
	case NEAR_STAKE:
		if (near_take_uint(r, 16, &a->amount) < 0)
			return -1;
		return near_take_key(r, &a->public_key);
	case NEAR_ADD_KEY:
		return take_add_key(r, a);
	case NEAR_DELETE_KEY:
		return near_take_key(r, &a->public_key);
	case NEAR_DELETE_ACCOUNT:
		return near_take_account(r, &a->name);
	case NEAR_DELEGATE:
		return near_take_delegate(r, &a->delegate);
	case NEAR_DEPLOY_GLOBAL_CONTRACT:
		return take_deploy_global(r, a);
	case NEAR_USE_GLOBAL_CONTRACT:
		return take_use_global(r, a);
	case NEAR_CREATE_ACCOUNT:
	case NEAR_ACTION_KINDS:
		break;
	}
	return 0;
}

/* Protocol versions after this room's; the fields of these are not settled among the clients. */
static int refuse(struct reader *r, uint8_t tag)
{
	static const char *const later[] = { "DeterministicStateInit", "TransferToGasKey",
					     "WithdrawFromGasKey", "DelegateV2" };
	size_t at = (size_t)tag - NEAR_ACTION_KINDS;

	if (at >= sizeof(later) / sizeof(later[0]))
		return err_set(r->err, ERR_INPUT, "invalid action tag %u", tag);
	return err_set(r->err, ERR_INPUT, "action %s (tag %u) is not supported by this chain",
		       later[at], tag);
}

static int take_action(struct reader *r, bool delegates, struct near_action *a)
{
	uint8_t tag;

	if (near_take_tag(r, &tag) < 0)
		return -1;
	if (tag >= NEAR_ACTION_KINDS)
		return refuse(r, tag);
	if (tag == NEAR_DELEGATE && !delegates)
		return err_set(r->err, ERR_INPUT, "a delegate action within a delegate action");
	a->kind = (enum near_action_kind)tag;
	return take_members(r, a);
}

int near_take_actions(struct reader *r, bool delegates, struct near_action **ret, size_t *ret_count)
{
	near_u128 count;

	if (near_take_uint(r, 4, &count) < 0)
		return -1;
	if (count > ACTIONS_MOST)
		return err_set(r->err, ERR_LIMIT, "more than %d actions", ACTIONS_MOST);
	*ret = mem_new((size_t)count + 1, sizeof(**ret));
	while (*ret_count < count)
		if (take_action(r, delegates, &(*ret)[(*ret_count)++]) < 0)
			return -1;
	return 0;
}

void near_actions_free(struct near_action *actions, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		struct near_action *a = &actions[n];

		free(a->name);
		free(a->data);
		free(a->public_key);
		free(a->permission.receiver_id);
		for (size_t i = 0; i < a->permission.method_count; i++)
			free(a->permission.method_names[i]);
		free(a->permission.method_names);
		near_delegate_free(a->delegate);
	}
	free(actions);
}
