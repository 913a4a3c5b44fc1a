/* Calls and views of the signer contract, which is native, and what waits for them. */
#include <string.h>

#include "engine/localnet/localnet-internal.h"

static json_t *call_error(json_t *kind)
{
	return json_pack("{s:o}", "FunctionCallError", kind);
}

static json_t *execution_error(const char *text)
{
	return call_error(json_pack("{s:s}", "ExecutionError", text));
}

static json_t *panic_error(const char *panic)
{
	OWN(str) char *text = str_printf("Smart contract panicked: %s", panic);

	return execution_error(text);
}

static json_t *not_native(const struct receipt *r, const json_t *account, const char *method)
{
	OWN(str) char *text = NULL;

	if (!json_str(account, "code_hash"))
		return call_error(json_pack("{s:{s:{s:s}}}", "CompilationError", "CodeDoesNotExist",
					    "account_id", r->receiver));
	text = str_printf(
		"This chain is built into mpcup and runs no wasm: the code of %s is kept, "
		"but %s cannot be called. An account becomes the signer contract, which "
		"runs natively, by a call of init with its parameters",
		r->receiver, method);
	return execution_error(text);
}

/* ---- states -------------------------------------------------------------------------------- */

void ledger_contract_put(struct ledger *l, const char *id, json_t *state)
{
	if (state)
		json_object_set_new(l->contracts, id, state);
	else
		json_object_del(l->contracts, id);
	ledger_touch(l, id);
	json_object_set_new(l->dirty_contracts, id, json_true());
	l->dirty = true;
}

/* Whether these are the arguments by which a signer contract begins. */
static bool signer_parameters(const struct near_action *a)
{
	OWN(json) json_t *args = NULL;

	if (strcmp(a->name, "init") != 0 ||
	    json_parse_text("args", (const char *)a->data, a->data_len, &args, NULL) < 0)
		return false;
	return json_map(json_map(args, "parameters"), "participants") != NULL;
}

/* The contract's state, made when the call is one that makes an account the signer contract. */
static json_t *native(struct ledger *l, const struct receipt *r, const struct near_action *a,
		      struct receipt_result *x)
{
	const json_t *account = ledger_account(l, r->receiver);
	json_t *state = json_object_get(l->contracts, r->receiver);

	if (state)
		return state;
	if (!json_str(account, "code_hash") && strcmp(r->predecessor, LOCALNET_ROOT) != 0)
		return NULL;
	if (!signer_parameters(a))
		return NULL;
	ledger_contract_put(l, r->receiver, signer_new());
	json_object_set_new(x->contracts, r->receiver, json_null());
	json_add_str(x->logs, "mpcup: from now on this account is the signer contract, which is "
			      "native here");
	return json_object_get(l->contracts, r->receiver);
}

/* ---- a call -------------------------------------------------------------------------------- */

static char *value_base64(const json_t *value)
{
	OWN(str) char *text = value ? json_text(value) : str_dup("");

	return base64_encode(text, strlen(text));
}

json_t *ledger_resumed_list(const char *contract, const struct signer_outcome *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->resumed_count; i++) {
		const struct signer_resumed *s = &o->resumed[i];
		json_t *one = json_pack("{s:s,s:s}", "contract", contract, "request", s->request);

		if (s->panic)
			json_object_set_new(one, "panic", json_bytes(s->panic, strlen(s->panic)));
		else
			json_object_set_new(one, "value",
					    s->value ? json_incref(s->value) : json_null());
		json_array_append_new(list, one);
	}
	return list;
}

/* What a call that went well leaves behind. */
static void take_outcome(struct ledger *l, const struct receipt *r, struct signer_outcome *o,
			 bool last, struct receipt_result *x)
{
	OWN(json) json_t *resumed = ledger_resumed_list(r->receiver, o);
	json_t *account = ledger_account_edit(l, r->receiver);
	near_u128 amount = ledger_amount(account, "amount");

	json_array_extend(x->resumed, resumed);
	if (o->refund > 0 && o->refund <= amount) {
		ledger_amount_set(account, "amount", amount - o->refund);
		receipt_transfer(x, r->predecessor, o->refund, true);
	}
	free(GIVE(x->value));
	if (o->result == SIGNER_YIELD)
		json_array_append_new(x->yields, json_pack("{s:s,s:s,s:b}", "contract", r->receiver,
							   "request", o->request, "last", last));
	else if (last)
		x->value = value_base64(o->value);
	if (o->changed) {
		ledger_touch(l, r->receiver);
		json_object_set_new(l->dirty_contracts, r->receiver, json_true());
		l->dirty = true;
	}
}

json_t *ledger_call(struct ledger *l, const struct receipt *r, const struct near_action *a,
		    bool last, struct receipt_result *x)
{
	json_t *state = native(l, r, a, x), *why = NULL;
	struct signer_call call = { r->receiver, r->predecessor,	r->signer,   r->signer_key,
				    a->name,	 (const char *)a->data, a->data_len, a->amount,
				    a->gas,	 l->head.height,	{ 0 } };
	struct signer_outcome o = { 0 };

	if (!state)
		return not_native(r, ledger_account(l, r->receiver), a->name);
	x->calls++;
	if (a->gas < LOCALNET_CALL_GAS)
		return execution_error("Exceeded the prepaid gas.");
	/* A later action may fail, and then this one never was. */
	if (!last && !json_object_get(x->contracts, r->receiver))
		json_object_set_new(x->contracts, r->receiver, json_deep_copy(state));
	memcpy(call.random, l->head.random, sizeof(call.random));
	signer_run(state, &call, &o);
	json_array_extend(x->logs, o.logs);
	if (o.result == SIGNER_NO_METHOD)
		why = call_error(json_pack("{s:s}", "MethodResolveError", "MethodNotFound"));
	else if (o.result == SIGNER_PANIC)
		why = panic_error(o.panic);
	else
		take_outcome(l, r, &o, last, x);
	signer_outcome_clear(&o);
	return why;
}

/* ---- what waited --------------------------------------------------------------------------- */

static json_t *end_status(const json_t *resumed)
{
	OWN(str) char *base64 = NULL;

	if (json_str(resumed, "panic"))
		return outcome_failure(0, panic_error(json_str(resumed, "panic")));
	base64 = value_base64(json_object_get(resumed, "value"));
	return outcome_status(base64);
}

/* The record's yield of the request; *ret_left: how many others are open. */
static json_t *find_yield(const json_t *record, const json_t *resumed, size_t *ret_left)
{
	json_t *yield, *found = NULL;
	size_t i;

	*ret_left = 0;
	json_array_foreach(json_list(record, "yields"), i, yield) {
		if (str_eq(json_str(yield, "request"), json_str(resumed, "request")) &&
		    str_eq(json_str(yield, "contract"), json_str(resumed, "contract")))
			found = yield;
		else if (!json_object_get(yield, "ended"))
			++*ret_left;
	}
	return found;
}

/* Writes what waits, or its outcome. */
static void store(struct ledger *l, const char *id, const json_t *record, bool waiting)
{
	ledger_store_transaction(l->store, id, (uint64_t)json_int_or(record, "height", 0),
				 (unsigned)json_int_or(record, "place", 0), waiting, record);
}

/* A request that nobody answered leaves the contract's state by its callback. */
static void note_expiry(struct ledger *l, const char *contract, const char *receipt)
{
	ledger_change_begin(l);
	ledger_touch(l, contract);
	ledger_change_keep(l, LEDGER_BY_RECEIPT, receipt);
}

/* The outcome of the receipt that waited, where nearcore has it among the others. */
static void add_outcome(json_t *outcome, json_t *one)
{
	json_t *list = json_list(outcome, "receipts_outcome");

	json_array_append_new(list, one);
	json_object_set_new(outcome, "receipts_outcome",
			    outcome_order(list, json_string_value(json_path(
							outcome, "transaction_outcome.outcome."
								 "receipt_ids.0"))));
}

static void resume(struct ledger *l, const char *id, const json_t *resumed)
{
	OWN(json) json_t *record = json_incref(json_object_get(l->waiting, id));
	json_t *outcome = json_map(record, "outcome");
	size_t left;
	json_t *yield = find_yield(record, resumed, &left);
	OWN(json) json_t *status = end_status(resumed);
	struct outcome o = { .id = json_str_or(yield, "receipt", ""),
			     .executor = json_str(resumed, "contract"),
			     .status = json_incref(status),
			     .gas = LOCALNET_CALL_GAS };

	json_object_set_new(yield, "ended", json_true());
	if (json_str(resumed, "panic"))
		note_expiry(l, o.executor, o.id);
	add_outcome(outcome, outcome_json(l, &o));
	if (json_bool_or(yield, "last", false))
		json_object_set(outcome, "status", status);
	store(l, id, record, left > 0);
	if (left > 0)
		return;
	json_object_set(l->done, id, outcome);
	json_object_del(l->waiting, id);
}

void ledger_resume(struct ledger *l, const json_t *resumed)
{
	json_t *one;
	size_t i;

	json_array_foreach(resumed, i, one) {
		const char *contract = json_str(one, "contract");
		OWN(str) char *key = str_printf("%s %s", contract, json_str(one, "request"));
		OWN(str) char *id = str_dup(json_string_value(json_object_get(l->requests, key)));

		ledger_news(l->resumed, contract,
			    json_pack("{s:s,s:b}", "request", json_str(one, "request"), "answered",
				      !json_str(one, "panic")));
		l->dirty = true;
		if (!id || !json_object_get(l->waiting, id))
			continue;
		json_object_del(l->requests, key);
		resume(l, id, one);
	}
}

/* ---- views --------------------------------------------------------------------------------- */

int ledger_view(const struct ledger *l, const char *account, const char *method, const char *args,
		size_t args_len, json_t **ret, char **ret_error)
{
	const json_t *state = json_object_get(l->contracts, account);
	bool code = json_str(ledger_account(l, account), "code_hash") != NULL;
	OWN(json) json_t *fresh = NULL;
	struct err panic = { 0 };
	int result;

	if (!state && !code) {
		*ret_error = str_printf("wasm execution failed with error: "
					"CompilationError(CodeDoesNotExist { account_id: \"%s\" })",
					account);
		return -1;
	}
	if (!state) /* code that may become the signer contract, which nobody initialised */
		state = fresh = signer_new();
	result = signer_view(state, method, args, args_len, l->head.height, ret, &panic);
	if (result > 0 && fresh)
		*ret_error =
			str_printf("wasm execution failed with error: this chain is built into "
				   "mpcup and runs no wasm: %s of %s cannot be called",
				   method, account);
	else if (result > 0)
		*ret_error = str_dup("wasm execution failed with error: "
				     "MethodResolveError(MethodNotFound)");
	else if (result < 0)
		*ret_error = str_printf("wasm execution failed with error: "
					"HostError(GuestPanic { panic_msg: \"%s\" })",
					panic.text);
	return result == 0 ? 0 : -1;
}
