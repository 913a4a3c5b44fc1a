/* One transaction: its fee and nonce, its receipts, what nearcore answers. */
#include <string.h>

#include "engine/localnet/localnet-internal.h"

/* A transaction in work. */
struct run {
	struct ledger *ledger;
	const struct near_transaction *t;
	const char *id;
	json_t *outcomes; /* of receipts */
	json_t *receipts; /* as JSON-RPC shows them */
	json_t *yields;	  /* with the receipts that will end them */
	json_t *resumed;  /* what its calls ended: done when it is recorded */
	bool inner;	  /* of delegated actions: their value is not the transaction's */
};

/* What makes receipts: their ids count in this order. */
struct parent {
	const char *id;
	json_t *made; /* ids */
};

void receipt_result_clear(struct receipt_result *x)
{
	json_decref(x->logs);
	json_decref(x->transfers);
	json_decref(x->yields);
	json_decref(x->resumed);
	json_decref(x->contracts);
	free(x->value);
	*x = (struct receipt_result){ 0 };
}

static struct receipt_result result_new(void)
{
	return (struct receipt_result){ .logs = json_array(),
					.transfers = json_array(),
					.yields = json_array(),
					.resumed = json_array(),
					.contracts = json_object() };
}

void ledger_news(json_t *news, const char *id, json_t *item)
{
	json_t *list = json_object_get(news, id);

	if (!list) {
		list = json_array();
		json_object_set_new(news, id, list);
	}
	json_array_append_new(list, item);
}

void receipt_transfer(struct receipt_result *x, const char *to, near_u128 amount, bool paid)
{
	OWN(str) char *text = near_u128_format(amount);

	json_array_append_new(x->transfers,
			      json_pack("{s:s,s:s,s:b}", "to", to, "amount", text, "paid", paid));
}

static char *next_id(const struct run *run, const struct parent *p)
{
	char *id = receipt_id(p->id, run->ledger->head.height, json_array_size(p->made));

	json_add_str(p->made, id);
	return id;
}

/* ---- money that goes back or on ------------------------------------------------------------ */

#define NO_KEY "ed25519:11111111111111111111111111111111"

struct payment {
	const char *to, *from;
	const char *signer, *signer_key;
	near_u128 amount;
	bool allowance; /* goes back to the signer's key too */
};

static void restore_allowance(json_t *account, const char *key, near_u128 amount)
{
	json_t *call = json_map(json_object_get(json_object_get(json_map(account, "keys"), key),
						"permission"),
				"FunctionCall");

	if (json_str(call, "allowance"))
		ledger_amount_set(call, "allowance", ledger_amount(call, "allowance") + amount);
}

/* Gives the receipt's status; whom nobody is pays nobody: the money is burnt, as there. */
static json_t *credit(struct ledger *l, const struct payment *p)
{
	json_t *account = ledger_account_edit(l, p->to);

	if (!account)
		return outcome_failure(0, json_pack("{s:{s:s}}", "AccountDoesNotExist",
						    "account_id", p->to));
	ledger_amount_set(account, "amount", ledger_amount(account, "amount") + p->amount);
	if (p->allowance)
		restore_allowance(account, p->signer_key, p->amount);
	return outcome_status(NULL);
}

/* A receipt that only transfers, done at once. */
static void pay(struct run *run, const struct parent *by, const struct payment *p)
{
	bool is_free = !strcmp(p->from, LOCALNET_SYSTEM);
	OWN(str) char *id = next_id(run, by);
	OWN(str) char *amount = near_u128_format(p->amount);
	struct receipt_form form = { id,	p->from,       p->to,
				     p->signer, p->signer_key, NULL,
				     is_free,	NULL };
	struct outcome o = {
		.id = id, .executor = p->to, .gas = ledger_payment_gas(), .free = is_free
	};

	ledger_change_begin(run->ledger);
	o.status = credit(run->ledger, p);
	ledger_change_keep(run->ledger, LEDGER_BY_RECEIPT, id);
	form.actions = json_pack("[{s:{s:s}}]", "Transfer", "deposit", amount);
	json_array_append_new(run->receipts, receipt_json(&form));
	json_array_append_new(run->outcomes, outcome_json(run->ledger, &o));
}

/* ---- a receipt ----------------------------------------------------------------------------- */

/* All actions; on failure the reason and its place. */
static json_t *act_all(struct ledger *l, const struct receipt *r, struct receipt_result *x,
		       size_t *ret_index)
{
	bool created = false;

	for (size_t i = 0; i < r->action_count; i++) {
		const struct near_action *a = &r->actions[i];
		json_t *kind = ledger_act(l, r, a, created, i + 1 == r->action_count, x);

		*ret_index = i;
		if (kind)
			return kind;
		created |= a->kind == NEAR_CREATE_ACCOUNT;
	}
	return NULL;
}

static json_t *check_storage(const struct ledger *l, const struct receipt *r)
{
	const json_t *account = ledger_account(l, r->receiver);
	near_u128 lack = account ? ledger_storage_lack(account, 0) : 0;
	OWN(str) char *text = near_u128_format(lack);

	return lack ? json_pack("{s:{s:s,s:s}}", "LackBalanceForState", "account_id", r->receiver,
				"amount", text)
		    : NULL;
}

/* Everything as it was before the receipt; its deposits go back. */
static void undo(struct run *run, const struct receipt *r, struct receipt_result *x,
		 near_u128 deposit)
{
	struct receipt_result fresh = result_new();
	const char *id;
	json_t *state;

	ledger_change_drop(run->ledger);
	json_object_foreach(x->contracts, id, state)
		ledger_contract_put(run->ledger, id,
				    json_is_null(state) ? NULL : json_incref(state));
	json_array_extend(fresh.logs, x->logs);
	fresh.calls = x->calls;
	receipt_result_clear(x);
	*x = fresh;
	if (deposit)
		receipt_transfer(x, r->predecessor, deposit, false);
}

static void keep(struct run *run, const char *id, const struct receipt *r,
		 const struct receipt_result *x)
{
	struct ledger *l = run->ledger;

	ledger_change_keep(l, LEDGER_BY_RECEIPT, id);
	if (x->code)
		ledger_store_code(l->store, r->receiver, x->code->data, x->code->data_len);
	if (ledger_account(l, r->receiver))
		return;
	if (json_object_get(l->contracts, r->receiver))
		ledger_contract_put(l, r->receiver, NULL);
	ledger_store_code(l->store, r->receiver, NULL, 0);
}

#define CALLBACK "return_signature_and_clean_state_on_success"

/* The contract's call of itself that will end what waits. */
static void add_callback(struct run *run, const struct receipt *r, const char *id, const json_t *yield)
{
	OWN(str) char *data_id = receipt_id(id, run->ledger->head.height, UINT64_MAX);
	OWN(str) char *args = str_printf("{\"request\":\"%s\"}", json_str(yield, "request"));
	OWN(str) char *base64 = base64_encode(args, strlen(args));
	const char *contract = json_str(yield, "contract");
	struct receipt_form form = { id, contract, contract, r->signer, r->signer_key, NULL, false,
				     data_id };

	form.actions = json_pack("[{s:{s:s,s:s,s:I,s:s}}]", "FunctionCall", "method_name", CALLBACK,
				 "args", base64, "gas", (json_int_t)LOCALNET_CALL_GAS, "deposit",
				 "0");
	json_array_append_new(run->receipts, receipt_json(&form));
}

/* Receipts that end what waits; the one of the last action is the receipt's own value. */
static char *take_yields(struct run *run, const struct parent *by, const struct receipt *r,
			 const struct receipt_result *x)
{
	char *value = NULL;
	json_t *yield;
	size_t i;

	json_array_foreach(x->yields, i, yield) {
		OWN(str) char *id = next_id(run, by);
		OWN(str)
		char *key = str_printf("%s %s", json_str(yield, "contract"),
				       json_str(yield, "request"));

		add_callback(run, r, id, yield);
		json_set_str(yield, "receipt", id);
		json_object_set_new(run->ledger->requests, key, json_string(run->id));
		ledger_news(run->ledger->yielded, json_str(yield, "contract"),
			    json_string(json_str(yield, "request")));
		if (json_bool_or(yield, "last", false)) {
			free(value);
			value = str_dup(id);
		}
		if (run->inner)
			json_set_bool(yield, "last", false);
		json_array_append(run->yields, yield);
	}
	return value;
}

/* Payments of the contract, then deposits that come back. */
static void take_transfers(struct run *run, const struct parent *by, const struct receipt *r,
			   const struct receipt_result *x, bool paid)
{
	json_t *one;
	size_t i;

	json_array_foreach(x->transfers, i, one) {
		struct payment p = { .to = json_str(one, "to"),
				     .from = paid ? r->receiver : LOCALNET_SYSTEM,
				     .signer = paid ? r->signer : LOCALNET_SYSTEM,
				     .signer_key = paid ? r->signer_key : NO_KEY,
				     .amount = ledger_amount(one, "amount") };

		if (json_bool_or(one, "paid", false) == paid)
			pay(run, by, &p);
	}
}

static json_t *receipt_status(json_t *kind, size_t index, const char *waits,
			      const struct receipt_result *x)
{
	if (kind)
		return outcome_failure(index, kind);
	return waits ? outcome_next(waits) : outcome_status(x->value);
}

/* ---- gas ----------------------------------------------------------------------------------- */

static struct ledger_list actions_of(const struct receipt *r, size_t count)
{
	return (struct ledger_list){ r->predecessor, r->receiver, r->actions, count };
}

static uint64_t at_most(uint64_t gas, uint64_t left)
{
	return gas < left ? gas : left;
}

static size_t payments(const struct receipt_result *x)
{
	size_t count = 0, i;
	json_t *one;

	json_array_foreach(x->transfers, i, one)
		count += json_bool_or(one, "paid", false);
	return count;
}

/* Gas that the receipt burns: of all actions, when one failed of those up to it. *ret_back: what
 * goes back, which is the rest but for what its callbacks and payments will burn. */
static uint64_t burn(const struct receipt *r, const struct receipt_result *x, bool failed, size_t index,
		     uint64_t *ret_back)
{
	struct ledger_list done = actions_of(r, failed ? index + 1 : r->action_count);
	struct ledger_list all = actions_of(r, r->action_count);
	struct ledger_cost own = { 0 }, paid = { 0 };
	uint64_t called, later;

	ledger_cost(&done, false, &own);
	ledger_cost(&all, failed, &paid); /* what was delegated goes on or back */
	called = at_most(x->calls * LOCALNET_CALL_GAS, own.prepaid);
	later = at_most(json_array_size(x->yields) * LOCALNET_CALL_GAS +
				payments(x) * ledger_payment_gas(),
			own.prepaid - called);
	*ret_back = paid.prepaid + paid.execution - own.execution - called - later;
	return own.execution + called;
}

static void give_back(struct run *run, const struct parent *by, const struct receipt *r, uint64_t gas)
{
	struct payment p = { r->signer,	    LOCALNET_SYSTEM,	   r->signer,
			     r->signer_key, ledger_gas_price(gas), true };

	if (gas > 0)
		pay(run, by, &p);
}

/* ---- running it ---------------------------------------------------------------------------- */

static json_t *execute(struct run *run, const char *id, const struct receipt *r);

/* The receipt of delegated actions, after the one that carries it. */
static void run_delegate(struct run *run, const char *id, const struct near_delegate *d)
{
	struct receipt inner = { d->sender_id,	     d->receiver_id, run->t->signer_id,
				 run->t->public_key, d->actions,     d->action_count };
	struct receipt_form form = { id,
				     d->sender_id,
				     d->receiver_id,
				     run->t->signer_id,
				     run->t->public_key,
				     near_actions_json(d->actions, d->action_count),
				     false,
				     NULL };

	json_array_append_new(run->receipts, receipt_json(&form));
	run->inner = true;
	json_decref(execute(run, id, &inner));
}

/* Does the actions and keeps or undoes them. NULL or the reason (new) and its place. */
static json_t *do_receipt(struct run *run, const char *id, const struct receipt *r,
			  struct receipt_result *x, size_t *ret_index)
{
	struct ledger_list all = actions_of(r, r->action_count);
	struct ledger_cost whole = { 0 };
	json_t *kind;

	ledger_cost(&all, true, &whole);
	ledger_change_begin(run->ledger);
	kind = act_all(run->ledger, r, x, ret_index);
	if (!kind)
		kind = check_storage(run->ledger, r);
	if (kind)
		undo(run, r, x, whole.deposit);
	else
		keep(run, id, r, x);
	return kind;
}

/* Runs it and appends its outcome and those that follow from it. Gives its status (new). */
static json_t *execute(struct run *run, const char *id, const struct receipt *r)
{
	struct receipt_result x = result_new();
	struct outcome o = { .id = id, .executor = r->receiver, .receipts = json_array() };
	struct parent self = { id, o.receipts };
	OWN(str) char *waits = NULL;
	OWN(str) char *inner = NULL;
	json_t *kind, *status;
	uint64_t back;
	size_t index = 0;

	kind = do_receipt(run, id, r, &x, &index);
	o.gas = burn(r, &x, kind != NULL, index, &back);
	waits = take_yields(run, &self, r, &x);
	take_transfers(run, &self, r, &x, true);
	inner = x.delegate ? next_id(run, &self) : NULL;
	if (x.delegate)
		run_delegate(run, inner, x.delegate);
	take_transfers(run, &self, r, &x, false);
	give_back(run, &self, r, back);
	status = receipt_status(kind, index, waits, &x);
	o.status = json_incref(status);
	o.logs = json_incref(x.logs);
	json_array_append_new(run->outcomes, outcome_json(run->ledger, &o));
	json_array_extend(run->resumed, x.resumed);
	receipt_result_clear(&x);
	return status;
}

/* ---- the transaction ----------------------------------------------------------------------- */

static void charge(struct ledger *l, const struct near_transaction *t, const char *id,
		   const struct ledger_cost *cost)
{
	json_t *signer, *key, *call;

	ledger_change_begin(l);
	signer = ledger_account_edit(l, t->signer_id);
	key = json_object_get(json_map(signer, "keys"), t->public_key);
	call = json_map(json_object_get(key, "permission"), "FunctionCall");
	json_set_int(key, "nonce", (json_int_t)t->nonce);
	ledger_amount_set(signer, "amount", ledger_amount(signer, "amount") - cost->total);
	if (json_str(call, "allowance"))
		ledger_amount_set(call, "allowance",
				  ledger_amount(call, "allowance") - (cost->total - cost->deposit));
	ledger_change_keep(l, LEDGER_BY_TRANSACTION, id);
}

static json_t *final_outcome(const struct run *run, const char *first, uint64_t gas, json_t *status)
{
	struct outcome o = { .id = run->id,
			     .executor = run->t->signer_id,
			     .receipts = json_pack("[s]", first),
			     .status = outcome_next(first),
			     .gas = gas,
			     .conversion = true };

	return json_pack("{s:s,s:o,s:o,s:o,s:o}", "final_execution_status", "FINAL", "status",
			 status, "transaction", near_transaction_json(run->t),
			 "transaction_outcome", outcome_json(run->ledger, &o), "receipts_outcome",
			 outcome_order(run->outcomes, first));
}

/* Writes it; what waits is kept in memory too. */
static enum ledger_result record(const struct run *run, json_t *outcome, json_t **ret)
{
	struct ledger *l = run->ledger;
	unsigned place = l->place++;
	bool waits = json_array_size(run->yields) > 0;
	OWN(json)
	json_t *kept = json_pack("{s:O,s:O}", "outcome", outcome, "receipts", run->receipts);
	json_t *receipt;
	size_t i;

	json_array_foreach(run->receipts, i, receipt)
		ledger_store_receipt(l->store, json_str(receipt, "receipt_id"), run->id,
				     l->head.height);
	if (waits) {
		json_object_set(kept, "yields", run->yields);
		json_set_int(kept, "height", (json_int_t)l->head.height);
		json_set_int(kept, "place", (json_int_t)place);
		json_object_set(l->waiting, run->id, kept);
		json_decref(GIVE(outcome));
	}
	ledger_store_transaction(l->store, run->id, l->head.height, place, waits, kept);
	*ret = outcome;
	return waits ? LEDGER_PENDING : LEDGER_DONE;
}

/* Its receipt has the transaction's actions: they are written once. */
static char *first_receipt(struct run *run)
{
	const struct near_transaction *t = run->t;
	char *id = receipt_id(run->id, run->ledger->head.height, 0);
	struct receipt_form form = {
		id, t->signer_id, t->receiver_id, t->signer_id, t->public_key, NULL, false, NULL
	};

	json_array_append_new(run->receipts, receipt_json(&form));
	return id;
}

static enum ledger_result run_all(struct ledger *l, const struct near_transaction *t,
				  const char *id, const struct ledger_cost *cost, json_t **ret)
{
	OWN(json) json_t *outcomes = json_array();
	OWN(json) json_t *receipts = json_array();
	OWN(json) json_t *yields = json_array();
	OWN(json) json_t *resumed = json_array();
	struct run run = { l, t, id, outcomes, receipts, yields, resumed, false };
	struct receipt r = { t->signer_id,  t->receiver_id, t->signer_id,
			     t->public_key, t->actions,	    t->action_count };
	OWN(str) char *first = first_receipt(&run);
	enum ledger_result result;
	json_t *status;

	charge(l, t, id, cost);
	l->dirty = true;
	l->transactions++;
	status = execute(&run, first, &r);
	if (json_str(status, "SuccessReceiptId")) {
		json_decref(status);
		status = json_string("Started");
	}
	result = record(&run, final_outcome(&run, first, cost->burnt, status), ret);
	ledger_resume(l, resumed);
	return result == LEDGER_PENDING ? ledger_find(l, id, ret) : result;
}

enum ledger_result ledger_run(struct ledger *l, const struct near_transaction *t, json_t **ret)
{
	OWN(str) char *id = near_base58_encode(t->hash, sizeof(t->hash));
	enum ledger_result known = ledger_find(l, id, ret);
	struct ledger_list all = { t->signer_id, t->receiver_id, t->actions, t->action_count };
	struct ledger_cost cost = { 0 };

	if (known != LEDGER_UNKNOWN) /* sent again: the same one */
		return known;
	if (ledger_cost(&all, true, &cost) < 0)
		*ret = json_string("CostOverflow");
	else
		*ret = ledger_refusal(l, t, &cost);
	return *ret ? LEDGER_REFUSED : run_all(l, t, id, &cost, ret);
}

enum ledger_result ledger_find(const struct ledger *l, const char *id, json_t **ret)
{
	OWN(json) json_t *record = NULL;

	*ret = NULL;
	if (json_object_get(l->waiting, id))
		return LEDGER_PENDING;
	record = ledger_store_find_transaction(l->store, id);
	*ret = json_incref(json_map(record, "outcome"));
	return *ret ? LEDGER_DONE : LEDGER_UNKNOWN;
}

json_t *ledger_block_outcomes(const struct ledger *l, uint64_t height)
{
	OWN(json) json_t *records = ledger_store_block_transactions(l->store, height);
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(records, i, one)
		json_array_append(list, json_map(one, "outcome"));
	return list;
}
