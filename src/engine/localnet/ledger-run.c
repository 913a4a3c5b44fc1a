/* One transaction: its fee and nonce, its receipts, what nearcore answers. */
#include <string.h>

#include "engine/localnet/localnet-internal.h"

/* A transaction in work. */
struct run {
	struct ledger *ledger;
	const struct near_transaction *t;
	char *id;
	json_t *receipts; /* outcomes */
	json_t *yields;	  /* with the receipts that will end them */
	json_t *resumed;  /* what its calls ended: done when it is recorded */
	size_t receipt_count;
	bool inner;	  /* of delegated actions: their value is not the transaction's */
	near_u128 refund; /* of gas, to the signer, when all is over */
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

void receipt_transfer(struct receipt_result *x, const char *to, near_u128 amount)
{
	OWN(str) char *text = near_u128_format(amount);

	json_array_append_new(x->transfers, json_pack("[s,s]", to, text));
}

static char *next_id(struct run *run)
{
	return outcome_receipt_id(run->id, run->receipt_count++);
}

/* ---- money that goes back ------------------------------------------------------------------ */

static void credit(struct ledger *l, const char *to, near_u128 amount)
{
	json_t *account = ledger_account_edit(l, to);

	if (account) /* else it is burnt, as there */
		ledger_amount_set(account, "amount", ledger_amount(account, "amount") + amount);
}

static void restore_allowance(struct ledger *l, const char *id, const char *key, near_u128 amount)
{
	json_t *keys = json_map(ledger_account(l, id), "keys");
	json_t *call =
		json_map(json_object_get(json_object_get(keys, key), "permission"), "FunctionCall");

	if (json_str(call, "allowance"))
		ledger_amount_set(call, "allowance", ledger_amount(call, "allowance") + amount);
}

static json_t *transfer_outcome(const struct ledger *l, const char *id, const char *to)
{
	struct outcome o = { .id = id, .executor = to, .status = outcome_status(NULL) };

	return outcome_json(l, &o);
}

void ledger_refund(struct ledger *l, const char *transaction, const char *to, const char *key,
		   near_u128 amount, json_t *outcomes)
{
	OWN(str) char *id = outcome_receipt_id(transaction, 1000 + json_array_size(outcomes));

	if (amount == 0)
		return;
	credit(l, to, amount);
	restore_allowance(l, to, key, amount);
	json_array_append_new(outcomes, transfer_outcome(l, id, to));
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
		receipt_transfer(x, r->predecessor, deposit);
}

static void keep(struct run *run, const struct receipt *r, const struct receipt_result *x)
{
	struct ledger *l = run->ledger;

	ledger_change_keep(l);
	if (x->code)
		ledger_store_code(l->store, r->receiver, x->code->data, x->code->data_len);
	if (ledger_account(l, r->receiver))
		return;
	if (json_object_get(l->contracts, r->receiver))
		ledger_contract_put(l, r->receiver, NULL);
	ledger_store_code(l->store, r->receiver, NULL, 0);
}

/* Receipts that end what waits; the one of the last action is the receipt's own value. */
static char *take_yields(struct run *run, const struct receipt_result *x)
{
	char *value = NULL;
	json_t *yield;
	size_t i;

	json_array_foreach(x->yields, i, yield) {
		OWN(str) char *id = next_id(run);
		OWN(str)
		char *key = str_printf("%s %s", json_str(yield, "contract"),
				       json_str(yield, "request"));

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

/* Transfers on or back, as receipts that are done at once. */
static json_t *take_transfers(struct run *run, const struct receipt_result *x, json_t *ids)
{
	json_t *outcomes = json_array(), *one;
	size_t i;

	json_array_foreach(x->transfers, i, one) {
		OWN(str) char *id = next_id(run);
		const char *to = json_string_value(json_array_get(one, 0));
		near_u128 amount = 0;

		near_u128_parse(json_string_value(json_array_get(one, 1)), &amount);
		credit(run->ledger, to, amount);
		json_add_str(ids, id);
		json_array_append_new(outcomes, transfer_outcome(run->ledger, id, to));
	}
	return outcomes;
}

static json_t *receipt_status(json_t *kind, size_t index, const char *waits,
			      const struct receipt_result *x)
{
	if (kind)
		return outcome_failure(index, kind);
	return waits ? outcome_next(waits) : outcome_status(x->value);
}

static uint64_t call_gas(uint64_t calls, uint64_t left)
{
	return calls * LOCALNET_CALL_GAS < left ? calls * LOCALNET_CALL_GAS : left;
}

/* Gas that the receipt burns. The rest goes back, but for what its callbacks will burn; when it
 * failed, so does what delegated actions would have cost. */
static uint64_t burn(struct run *run, const struct ledger_cost *own, const struct ledger_cost *paid,
		     const struct receipt_result *x)
{
	uint64_t called = call_gas(x->calls, own->prepaid);
	uint64_t later = call_gas(json_array_size(x->yields), own->prepaid - called);

	run->refund +=
		ledger_gas_price(paid->prepaid + paid->execution - own->execution - called - later);
	return own->execution + called;
}

static json_t *execute(struct run *run, const char *id, const struct receipt *r);

/* The receipt of delegated actions, after the one that carries it. */
static void run_delegate(struct run *run, const char *id, const struct near_delegate *d)
{
	struct receipt inner = { d->sender_id,	     d->receiver_id, run->t->signer_id,
				 run->t->public_key, d->actions,     d->action_count };

	run->inner = true;
	json_decref(execute(run, id, &inner));
}

/* Does the actions and keeps or undoes them. NULL or the reason (new) and its place. */
static json_t *do_receipt(struct run *run, const struct receipt *r, struct receipt_result *x,
			  near_u128 deposit, size_t *ret_index)
{
	json_t *kind;

	ledger_change_begin(run->ledger);
	kind = act_all(run->ledger, r, x, ret_index);
	if (!kind)
		kind = check_storage(run->ledger, r);
	if (kind)
		undo(run, r, x, deposit);
	else
		keep(run, r, x);
	return kind;
}

/* Runs it and appends its outcome and those that follow from it. Gives its status (new). */
static json_t *execute(struct run *run, const char *id, const struct receipt *r)
{
	struct receipt_result x = result_new();
	struct ledger_cost own = { 0 }, whole = { 0 };
	struct outcome o = { .id = id, .executor = r->receiver, .receipts = json_array() };
	OWN(json) json_t *transfers = NULL;
	OWN(str) char *waits = NULL;
	OWN(str) char *inner = NULL;
	json_t *kind, *status;
	size_t index = 0;

	ledger_cost(r->actions, r->action_count, r->receiver, false, &own);
	ledger_cost(r->actions, r->action_count, r->receiver, true, &whole);
	kind = do_receipt(run, r, &x, whole.deposit, &index);
	o.gas = burn(run, &own, kind ? &whole : &own, &x);
	waits = take_yields(run, &x);
	if (waits)
		json_add_str(o.receipts, waits);
	transfers = take_transfers(run, &x, o.receipts);
	inner = x.delegate ? next_id(run) : NULL;
	if (inner)
		json_add_str(o.receipts, inner);
	status = receipt_status(kind, index, waits, &x);
	o.status = json_incref(status);
	o.logs = json_incref(x.logs);
	json_array_append_new(run->receipts, outcome_json(run->ledger, &o));
	json_array_extend(run->receipts, transfers);
	json_array_extend(run->resumed, x.resumed);
	if (x.delegate)
		run_delegate(run, inner, x.delegate);
	receipt_result_clear(&x);
	return status;
}

/* ---- the transaction ----------------------------------------------------------------------- */

static void charge(struct ledger *l, const struct near_transaction *t,
		   const struct ledger_cost *cost)
{
	json_t *signer = ledger_account_edit(l, t->signer_id);
	json_t *key = json_object_get(json_map(signer, "keys"), t->public_key);
	json_t *call = json_map(json_object_get(key, "permission"), "FunctionCall");

	json_set_int(key, "nonce", (json_int_t)t->nonce);
	ledger_amount_set(signer, "amount", ledger_amount(signer, "amount") - cost->total);
	if (json_str(call, "allowance"))
		ledger_amount_set(call, "allowance",
				  ledger_amount(call, "allowance") - (cost->total - cost->deposit));
}

static json_t *final_outcome(struct run *run, const char *first, uint64_t gas, json_t *status)
{
	struct outcome o = { .id = run->id,
			     .executor = run->t->signer_id,
			     .receipts = json_pack("[s]", first),
			     .status = outcome_next(first),
			     .gas = gas };

	return json_pack("{s:s,s:o,s:o,s:o,s:O}", "final_execution_status", "FINAL", "status",
			 status, "transaction", near_transaction_json(run->t),
			 "transaction_outcome", outcome_json(run->ledger, &o), "receipts_outcome",
			 run->receipts);
}

/* Writes it; what waits is kept in memory too. */
static enum ledger_result record(struct run *run, json_t *outcome, json_t **ret)
{
	struct ledger *l = run->ledger;
	unsigned place = l->place++;
	OWN(str) char *refund = near_u128_format(run->refund);
	json_t *waiting;

	if (json_array_size(run->yields) == 0) {
		ledger_refund(l, run->id, run->t->signer_id, run->t->public_key, run->refund,
			      run->receipts);
		ledger_store_transaction(l->store, run->id, l->head.height, place, false, outcome);
		*ret = outcome;
		return LEDGER_DONE;
	}
	waiting = json_pack("{s:o,s:O,s:s,s:s,s:s,s:I,s:I}", "outcome", outcome, "yields",
			    run->yields, "payer", run->t->signer_id, "payer_key",
			    run->t->public_key, "refund", refund, "height",
			    (json_int_t)l->head.height, "place", (json_int_t)place);
	json_object_set_new(l->waiting, run->id, waiting);
	ledger_store_transaction(l->store, run->id, l->head.height, place, true, waiting);
	*ret = NULL;
	return LEDGER_PENDING;
}

static enum ledger_result run_all(struct ledger *l, const struct near_transaction *t,
				  const char *id, const struct ledger_cost *cost, json_t **ret)
{
	OWN(json) json_t *receipts = json_array();
	OWN(json) json_t *yields = json_array();
	OWN(json) json_t *resumed = json_array();
	struct run run = {
		.ledger = l, .t = t, .receipts = receipts, .yields = yields, .resumed = resumed
	};
	struct receipt r = { t->signer_id,  t->receiver_id, t->signer_id,
			     t->public_key, t->actions,	    t->action_count };
	OWN(str) char *own_id = str_dup(id);
	OWN(str) char *first = NULL;
	enum ledger_result result;
	json_t *status;

	run.id = own_id;
	first = next_id(&run);
	charge(l, t, cost);
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
	struct ledger_cost cost = { 0 };

	if (known != LEDGER_UNKNOWN) /* sent again: the same one */
		return known;
	if (ledger_cost(t->actions, t->action_count, t->receiver_id, true, &cost) < 0)
		*ret = json_string("CostOverflow");
	else
		*ret = ledger_refusal(l, t, &cost);
	return *ret ? LEDGER_REFUSED : run_all(l, t, id, &cost, ret);
}

enum ledger_result ledger_find(const struct ledger *l, const char *id, json_t **ret)
{
	*ret = NULL;
	if (json_object_get(l->waiting, id))
		return LEDGER_PENDING;
	*ret = ledger_store_find_transaction(l->store, id);
	return *ret ? LEDGER_DONE : LEDGER_UNKNOWN;
}

json_t *ledger_block_outcomes(const struct ledger *l, uint64_t height)
{
	OWN(json) json_t *records = ledger_store_block_transactions(l->store, height);
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(records, i, one)
		json_array_append(list, json_map(one, "outcome") ? json_map(one, "outcome") : one);
	return list;
}
