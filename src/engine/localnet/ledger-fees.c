/* What transactions cost: nearcore's fee table (near-rpc.md 5). */
#include <string.h>

#include "engine/localnet/localnet-internal.h"

#define RECEIPT 108059500000u

static const struct fee {
	uint64_t send, execute;
} fees[NEAR_ACTION_KINDS] = {
	[NEAR_CREATE_ACCOUNT] = { 3850000000000, 3850000000000 },
	[NEAR_DEPLOY_CONTRACT] = { 184765750000, 184765750000 },
	[NEAR_FUNCTION_CALL] = { 200000000000, 780000000000 },
	[NEAR_TRANSFER] = { 115123062500, 115123062500 },
	[NEAR_STAKE] = { 141715687500, 102217625000 },
	[NEAR_ADD_KEY] = { 101765125000, 101765125000 },
	[NEAR_DELETE_KEY] = { 94946625000, 94946625000 },
	[NEAR_DELETE_ACCOUNT] = { 147489000000, 147489000000 },
	[NEAR_DELEGATE] = { 200000000000, 200000000000 },
};
static const struct fee deploy_byte = { 6812999, 64572944 };
static const struct fee call_byte = { 2235934, 2235934 };
static const struct fee call_key = { 102217625000, 102217625000 };
static const struct fee call_key_byte = { 1925331, 1925331 };

static void add(struct ledger_cost *c, struct fee fee, uint64_t times)
{
	c->burnt += fee.send * times;
	c->execution += fee.execute * times;
}

static uint64_t method_bytes(const struct near_permission *p)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < p->method_count; i++)
		bytes += strlen(p->method_names[i]) + 1;
	return bytes;
}

static void add_action(struct ledger_cost *c, const struct near_action *a, const char *receiver)
{
	if (a->kind == NEAR_ADD_KEY && !a->permission.full_access) {
		add(c, call_key, 1);
		add(c, call_key_byte, method_bytes(&a->permission));
		return;
	}
	add(c, fees[a->kind], 1);
	if (a->kind == NEAR_DEPLOY_CONTRACT)
		add(c, deploy_byte, a->data_len);
	if (a->kind == NEAR_FUNCTION_CALL)
		add(c, call_byte, a->data_len + strlen(a->name));
	if (a->kind == NEAR_TRANSFER && near_account_is_implicit(receiver)) {
		add(c, fees[NEAR_CREATE_ACCOUNT], 1);
		add(c, fees[NEAR_ADD_KEY], 1);
	}
}

/* Everything of one list of actions; also of those that a delegation carries. */
static int add_actions(struct ledger_cost *c, const struct near_action *actions, size_t count,
		       const char *receiver, bool whole)
{
	add(c, (struct fee){ RECEIPT, RECEIPT }, 1);
	for (size_t i = 0; i < count; i++) {
		const struct near_action *a = &actions[i];
		near_u128 amount = a->kind == NEAR_STAKE ? 0 : a->amount;

		add_action(c, a, receiver);
		if (c->deposit + amount < amount || c->prepaid + a->gas < a->gas)
			return -1;
		c->deposit += amount;
		c->prepaid += a->kind == NEAR_FUNCTION_CALL ? a->gas : 0;
		if (whole && a->kind == NEAR_DELEGATE &&
		    add_actions(c, a->delegate->actions, a->delegate->action_count,
				a->delegate->receiver_id, whole) < 0)
			return -1;
	}
	return 0;
}

near_u128 ledger_gas_price(uint64_t gas)
{
	return (near_u128)gas * LOCALNET_GAS_PRICE;
}

int ledger_cost(const struct near_action *actions, size_t count, const char *receiver, bool whole,
		struct ledger_cost *ret)
{
	struct ledger_cost c = { 0 };
	near_u128 gas;

	if (add_actions(&c, actions, count, receiver, whole) < 0)
		return -1;
	gas = ledger_gas_price(c.burnt) + ledger_gas_price(c.execution) +
	      ledger_gas_price(c.prepaid);
	if (c.deposit + gas < gas)
		return -1;
	c.total = c.deposit + gas;
	*ret = c;
	return 0;
}
