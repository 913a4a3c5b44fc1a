/* What transactions cost: nearcore's fee table (near-rpc.md 5). */
#include <string.h>

#include "engine/localnet/localnet-internal.h"

/* Gas to send to oneself, to send to others, and to execute. */
struct fee {
	uint64_t send, send_far, execute;
};
#define SAME(gas) { gas, gas, gas }

static const struct fee receipt_fee = SAME(108059500000);
static const struct fee fees[NEAR_ACTION_KINDS] = {
	[NEAR_CREATE_ACCOUNT] = SAME(3850000000000),
	[NEAR_DEPLOY_CONTRACT] = SAME(184765750000),
	[NEAR_FUNCTION_CALL] = { 200000000000, 200000000000, 780000000000 },
	[NEAR_TRANSFER] = SAME(115123062500),
	[NEAR_STAKE] = { 141715687500, 141715687500, 102217625000 },
	[NEAR_ADD_KEY] = SAME(101765125000),
	[NEAR_DELETE_KEY] = SAME(94946625000),
	[NEAR_DELETE_ACCOUNT] = SAME(147489000000),
	[NEAR_DELEGATE] = SAME(200000000000),
};
#define BYTE_FAR 47683715 /* to send a byte of anything to another account */
static const struct fee deploy_byte = { 6812999, BYTE_FAR, 64572944 };
static const struct fee call_byte = { 2235934, BYTE_FAR, 2235934 };
static const struct fee call_key = SAME(102217625000);
static const struct fee call_key_byte = { 1925331, BYTE_FAR, 1925331 };
static const struct fee data_receipt = SAME(36486732312);
static const struct fee data_byte = { 17212011, BYTE_FAR, 17212011 };

/* A cost in the making. */
struct sum {
	struct ledger_cost cost;
	bool far; /* from one account to another */
};

static void add(struct sum *s, struct fee fee, uint64_t times)
{
	s->cost.burnt += (s->far ? fee.send_far : fee.send) * times;
	s->cost.execution += fee.execute * times;
}

static uint64_t method_bytes(const struct near_permission *p)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < p->method_count; i++)
		bytes += strlen(p->method_names[i]) + 1;
	return bytes;
}

static void add_action(struct sum *s, const struct near_action *a, const char *receiver)
{
	if (a->kind == NEAR_ADD_KEY && !a->permission.full_access) {
		add(s, call_key, 1);
		add(s, call_key_byte, method_bytes(&a->permission));
		return;
	}
	add(s, fees[a->kind], 1);
	if (a->kind == NEAR_DEPLOY_CONTRACT)
		add(s, deploy_byte, a->data_len);
	if (a->kind == NEAR_FUNCTION_CALL)
		add(s, call_byte, a->data_len + strlen(a->name));
	if (a->kind == NEAR_TRANSFER && near_account_is_implicit(receiver)) {
		add(s, fees[NEAR_CREATE_ACCOUNT], 1);
		add(s, fees[NEAR_ADD_KEY], 1);
	}
}

static struct ledger_list delegated(const struct near_delegate *d)
{
	return (struct ledger_list){ d->sender_id, d->receiver_id, d->actions, d->action_count };
}

/* Everything of one list of actions; also of those that a delegation carries. */
static int add_actions(struct sum *s, const struct ledger_list *list, bool whole)
{
	struct ledger_cost *c = &s->cost;

	s->far = strcmp(list->sender, list->receiver) != 0;
	add(s, receipt_fee, 1);
	for (size_t i = 0; i < list->count; i++) {
		const struct near_action *a = &list->actions[i];
		near_u128 amount = a->kind == NEAR_STAKE ? 0 : a->amount;
		struct ledger_list inner;

		add_action(s, a, list->receiver);
		if (c->deposit + amount < amount || c->prepaid + a->gas < a->gas)
			return -1;
		c->deposit += amount;
		c->prepaid += a->kind == NEAR_FUNCTION_CALL ? a->gas : 0;
		if (!whole || a->kind != NEAR_DELEGATE)
			continue;
		inner = delegated(a->delegate);
		if (add_actions(s, &inner, whole) < 0)
			return -1;
		s->far = strcmp(list->sender, list->receiver) != 0;
	}
	return 0;
}

near_u128 ledger_gas_price(uint64_t gas)
{
	return (near_u128)gas * LOCALNET_GAS_PRICE;
}

uint64_t ledger_payment_gas(void)
{
	return receipt_fee.execute + fees[NEAR_TRANSFER].execute;
}

int ledger_cost(const struct ledger_list *list, bool whole, struct ledger_cost *ret)
{
	struct sum s = { 0 };
	struct ledger_cost *c = &s.cost;
	near_u128 gas;

	if (add_actions(&s, list, whole) < 0)
		return -1;
	gas = ledger_gas_price(c->burnt) + ledger_gas_price(c->execution) +
	      ledger_gas_price(c->prepaid);
	if (c->deposit + gas < gas)
		return -1;
	c->total = c->deposit + gas;
	*ret = *c;
	return 0;
}

/* ---- the table for others ------------------------------------------------------------------ */

static void set_fee(json_t *j, const char *name, struct fee fee)
{
	json_object_set_new(j, name,
			    json_pack("{s:I,s:I,s:I}", "send_sir", (json_int_t)fee.send,
				      "send_not_sir", (json_int_t)fee.send_far, "execution",
				      (json_int_t)fee.execute));
}

static json_t *action_costs(void)
{
	json_t *j = json_object(), *key = json_object();

	set_fee(j, "create_account_cost", fees[NEAR_CREATE_ACCOUNT]);
	set_fee(j, "deploy_contract_cost", fees[NEAR_DEPLOY_CONTRACT]);
	set_fee(j, "deploy_contract_cost_per_byte", deploy_byte);
	set_fee(j, "function_call_cost", fees[NEAR_FUNCTION_CALL]);
	set_fee(j, "function_call_cost_per_byte", call_byte);
	set_fee(j, "transfer_cost", fees[NEAR_TRANSFER]);
	set_fee(j, "stake_cost", fees[NEAR_STAKE]);
	set_fee(key, "full_access_cost", fees[NEAR_ADD_KEY]);
	set_fee(key, "function_call_cost", call_key);
	set_fee(key, "function_call_cost_per_byte", call_key_byte);
	json_object_set_new(j, "add_key_cost", key);
	set_fee(j, "delete_key_cost", fees[NEAR_DELETE_KEY]);
	set_fee(j, "delete_account_cost", fees[NEAR_DELETE_ACCOUNT]);
	set_fee(j, "delegate_cost", fees[NEAR_DELEGATE]);
	return j;
}

/* Contracts get no reward and gas prices do not rise on this chain. */
json_t *ledger_transaction_costs(void)
{
	json_t *j = json_object(), *data = json_object();

	set_fee(j, "action_receipt_creation_config", receipt_fee);
	set_fee(data, "base_cost", data_receipt);
	set_fee(data, "cost_per_byte", data_byte);
	json_object_set_new(j, "data_receipt_creation_config", data);
	json_object_set_new(j, "action_creation_config", action_costs());
	json_object_set_new(j, "storage_usage_config",
			    json_pack("{s:i,s:i}", "num_bytes_account", 100,
				      "num_extra_bytes_record", 40));
	json_object_set_new(j, "burnt_gas_reward", json_pack("[i,i]", 0, 1));
	json_object_set_new(j, "pessimistic_gas_price_inflation_ratio", json_pack("[i,i]", 1, 1));
	return j;
}
