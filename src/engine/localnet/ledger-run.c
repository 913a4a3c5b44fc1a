/* One transaction: is it admitted, what does it change, what does nearcore answer. */
#include <inttypes.h>
#include <string.h>

#include "engine/localnet/localnet-internal.h"

#define OUTCOMES_KEPT 10000
#define GAS_BURNT 223182562500ull
#define FEE ((near_u128)2 * GAS_BURNT * LOCALNET_GAS_PRICE)

/* ---- money --------------------------------------------------------------------------------- */

static near_u128 amount_of(const json_t *account)
{
	near_u128 amount = 0;

	near_u128_parse(json_str(account, "amount"), &amount);
	return amount;
}

static void set_amount(json_t *account, near_u128 amount)
{
	OWN(str) char *text = near_u128_format(amount);

	json_set_str(account, "amount", text);
}

/* Deposits and the fee; the sum of up to 100 deposits of 128 bits may run over. -1: it does. */
static int cost_of(const struct near_transaction *t, near_u128 *ret)
{
	near_u128 cost = FEE;

	for (size_t i = 0; i < t->action_count; i++) {
		if (cost + t->actions[i].amount < cost)
			return -1;
		cost += t->actions[i].amount;
	}
	*ret = cost;
	return 0;
}

/* ---- admission ----------------------------------------------------------------------------- */

static json_t *access_key_error(json_t *kind)
{
	return json_pack("{s:o}", "InvalidAccessKeyError", kind);
}

static json_t *unsupported(const char *what)
{
	OWN(str) char *text = str_printf("%s (not in the chain that is built into mpcup)", what);

	return json_pack("{s:{s:{s:s,s:i}}}", "ActionsValidation", "UnsupportedProtocolFeature",
			 "protocol_feature", text, "version", LOCALNET_PROTOCOL_VERSION);
}

static bool names_method(const json_t *names, const char *method)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name) if (str_eq(json_string_value(name), method)) return true;
	return json_array_size(names) == 0;
}

/* What a function-call key forbids; NULL: nothing. */
static json_t *check_permission(const json_t *permission, const struct near_transaction *t)
{
	const json_t *call = json_map(permission, "FunctionCall");
	const struct near_action *a = t->actions;
	const char *receiver = json_str(call, "receiver_id");

	if (!call)
		return NULL;
	if (t->action_count != 1 || a->kind != NEAR_FUNCTION_CALL)
		return access_key_error(json_string("RequiresFullAccess"));
	if (a->amount > 0)
		return access_key_error(json_string("DepositWithFunctionCall"));
	if (!str_eq(receiver, t->receiver_id))
		return access_key_error(json_pack("{s:{s:s,s:s}}", "ReceiverMismatch",
						  "tx_receiver", t->receiver_id, "ak_receiver",
						  receiver));
	if (!names_method(json_list(call, "method_names"), a->name))
		return access_key_error(
			json_pack("{s:{s:s}}", "MethodNameMismatch", "method_name", a->name));
	return NULL;
}

static json_t *check_nonce(const struct ledger *l, const json_t *key,
			   const struct near_transaction *t)
{
	uint64_t known = (uint64_t)json_int_or(key, "nonce", 0);
	uint64_t above = (l->head.height + 1) * 1000000;

	if (t->nonce <= known)
		return json_pack("{s:{s:I,s:I}}", "InvalidNonce", "tx_nonce", (json_int_t)t->nonce,
				 "ak_nonce", (json_int_t)known);
	if (t->nonce >= above)
		return json_pack("{s:{s:I,s:I}}", "NonceTooLarge", "tx_nonce", (json_int_t)t->nonce,
				 "upper_bound", (json_int_t)above);
	return NULL;
}

static json_t *check_actions(const struct near_transaction *t)
{
	for (size_t i = 0; i < t->action_count; i++) {
		if (t->actions[i].kind == NEAR_DEPLOY_CONTRACT)
			return unsupported("DeployContract: the signer contract is native, call "
					   "init on its account without deploying");
		if (t->actions[i].kind == NEAR_STAKE)
			return unsupported("Stake");
		if (t->actions[i].kind == NEAR_DELETE_ACCOUNT)
			return unsupported("DeleteAccount");
		if (t->actions[i].kind == NEAR_DELEGATE)
			return unsupported("Delegate");
		if (t->actions[i].kind == NEAR_DEPLOY_GLOBAL_CONTRACT ||
		    t->actions[i].kind == NEAR_USE_GLOBAL_CONTRACT)
			return unsupported("global contracts");
	}
	return NULL;
}

static json_t *check_block(const struct ledger *l, const struct near_transaction *t)
{
	OWN(str) char *hash = near_base58_encode(t->block_hash, sizeof(t->block_hash));
	const struct ledger_block *b = ledger_block_by_hash(l, hash);

	if (!b || b->height + LOCALNET_BLOCKS_VALID < l->head.height)
		return json_string("Expired");
	return NULL;
}

static json_t *check_balance(const json_t *signer, const struct near_transaction *t)
{
	OWN(str) char *have = near_u128_format(amount_of(signer));
	OWN(str) char *need = NULL;
	near_u128 cost;

	if (cost_of(t, &cost) < 0)
		return json_string("CostOverflow");
	if (cost <= amount_of(signer))
		return NULL;
	need = near_u128_format(cost);
	return json_pack("{s:{s:s,s:s,s:s}}", "NotEnoughBalance", "signer_id", t->signer_id,
			 "balance", have, "cost", need);
}

/* The reason for refusal as InvalidTxError (new), or NULL. */
static json_t *refusal(const struct ledger *l, const struct near_transaction *t)
{
	json_t *signer = ledger_account(l, t->signer_id), *key, *why;

	if (near_transaction_verify(t) < 0)
		return json_string("InvalidSignature");
	why = check_actions(t);
	if (why)
		return why;
	if (!signer)
		return json_pack("{s:{s:s}}", "SignerDoesNotExist", "signer_id", t->signer_id);
	key = json_object_get(json_map(signer, "keys"), t->public_key);
	if (!key)
		return access_key_error(json_pack("{s:{s:s,s:s}}", "AccessKeyNotFound",
						  "account_id", t->signer_id, "public_key",
						  t->public_key));
	why = check_nonce(l, key, t);
	if (!why)
		why = check_block(l, t);
	if (!why)
		why = check_permission(json_object_get(key, "permission"), t);
	return why ? why : check_balance(signer, t);
}

/* ---- actions ------------------------------------------------------------------------------- */

/* Each gives the ActionErrorKind (new) or NULL when done. */

static json_t *create_account(struct ledger *l, const struct near_transaction *t)
{
	const char *id = t->receiver_id;

	if (ledger_account(l, id))
		return json_pack("{s:{s:s}}", "AccountAlreadyExists", "account_id", id);
	if (!strchr(id, '.'))
		return json_pack("{s:{s:s,s:s,s:s}}", "CreateAccountOnlyByRegistrar", "account_id",
				 id, "registrar_account_id", "registrar", "predecessor_id",
				 t->signer_id);
	if (!near_account_is_child(id, t->signer_id))
		return json_pack("{s:{s:s,s:s}}", "CreateAccountNotAllowed", "account_id", id,
				 "predecessor_id", t->signer_id);
	json_object_set_new(l->accounts, id, json_pack("{s:s,s:{}}", "amount", "0", "keys"));
	return NULL;
}

static json_t *key_error(const char *kind, const struct near_transaction *t, const char *key)
{
	return json_pack("{s:{s:s,s:s}}", kind, "account_id", t->receiver_id, "public_key", key);
}

static json_t *change_key(struct ledger *l, const struct near_transaction *t,
			  const struct near_action *a)
{
	json_t *keys = json_map(ledger_account(l, t->receiver_id), "keys");
	bool there = json_object_get(keys, a->public_key) != NULL;

	if (a->kind == NEAR_ADD_KEY) {
		if (there)
			return key_error("AddKeyAlreadyExists", t, a->public_key);
		json_object_set_new(keys, a->public_key,
				    json_pack("{s:I,s:o}", "nonce", (json_int_t)a->key_nonce,
					      "permission", near_permission_json(&a->permission)));
		return NULL;
	}
	if (!there)
		return key_error("DeleteKeyDoesNotExist", t, a->public_key);
	json_object_del(keys, a->public_key);
	return NULL;
}

static json_t *call_error(json_t *kind)
{
	return json_pack("{s:o}", "FunctionCallError", kind);
}

static json_t *call_contract(struct ledger *l, const struct near_transaction *t,
			     const struct near_action *a)
{
	json_t *account = ledger_account(l, t->receiver_id);
	json_t *contract = json_map(account, "contract");
	OWN(str) char *panic = NULL;
	struct err why = { 0 };
	int result;

	/* init makes any account the signer contract: there is no code to deploy. */
	if (!contract && !strcmp(a->name, "init")) {
		contract = contract_new();
		json_object_set_new(account, "contract", contract);
	}
	if (!contract)
		return call_error(json_pack("{s:{s:{s:s}}}", "CompilationError", "CodeDoesNotExist",
					    "account_id", t->receiver_id));
	result = contract_call(contract, a->name, (const char *)a->data, a->data_len, &why);
	if (result == CONTRACT_NO_METHOD)
		return call_error(json_pack("{s:s}", "MethodResolveError", "MethodNotFound"));
	if (result == 0)
		return NULL;
	panic = str_printf("Smart contract panicked: %s", why.text);
	return call_error(json_pack("{s:s}", "ExecutionError", panic));
}

static json_t *act(struct ledger *l, const struct near_transaction *t, const struct near_action *a,
		   bool created)
{
	json_t *receiver = ledger_account(l, t->receiver_id);

	if (a->kind == NEAR_CREATE_ACCOUNT)
		return create_account(l, t);
	/* The operator may address any contract id: the first init brings its account. */
	if (!receiver && a->kind == NEAR_FUNCTION_CALL && !strcmp(a->name, "init")) {
		receiver = json_pack("{s:s,s:{}}", "amount", "0", "keys");
		json_object_set_new(l->accounts, t->receiver_id, receiver);
	}
	if (!receiver)
		return json_pack("{s:{s:s}}", "AccountDoesNotExist", "account_id", t->receiver_id);
	if ((a->kind == NEAR_ADD_KEY || a->kind == NEAR_DELETE_KEY) && !created &&
	    strcmp(t->signer_id, t->receiver_id) != 0)
		return json_pack("{s:{s:s,s:s}}", "ActorNoPermission", "account_id", t->receiver_id,
				 "actor_id", t->signer_id);
	if (a->kind == NEAR_ADD_KEY || a->kind == NEAR_DELETE_KEY)
		return change_key(l, t, a);
	set_amount(receiver, amount_of(receiver) + a->amount);
	return a->kind == NEAR_FUNCTION_CALL ? call_contract(l, t, a) : NULL;
}

/* All actions or none. NULL, or {"ActionError": ...} (new). */
static json_t *act_all(struct ledger *l, const struct near_transaction *t)
{
	json_t *before = json_deep_copy(l->accounts);
	bool created = false;

	for (size_t i = 0; i < t->action_count; i++) {
		json_t *kind = act(l, t, &t->actions[i], created);

		if (kind) {
			json_decref(l->accounts);
			l->accounts = before;
			return json_pack("{s:{s:I,s:o}}", "ActionError", "index", (json_int_t)i,
					 "kind", kind);
		}
		created |= t->actions[i].kind == NEAR_CREATE_ACCOUNT;
	}
	json_decref(before);
	return NULL;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static json_t *outcome_json(const struct ledger *l, const char *id, const char *executor,
			    const char *next_receipt, json_t *status)
{
	OWN(str) char *burnt = near_u128_format((near_u128)GAS_BURNT * LOCALNET_GAS_PRICE);
	json_t *receipts = json_array();

	if (next_receipt)
		json_add_str(receipts, next_receipt);
	return json_pack("{s:[],s:s,s:s,s:{s:[],s:o,s:I,s:s,s:s,s:o,s:{s:i,s:n}}}", "proof",
			 "block_hash", l->head.hash, "id", id, "outcome", "logs", "receipt_ids",
			 receipts, "gas_burnt", (json_int_t)GAS_BURNT, "tokens_burnt", burnt,
			 "executor_id", executor, "status", status, "metadata", "version", 1,
			 "gas_profile");
}

static char *receipt_id(const char *transaction_id)
{
	OWN(str) char *text = str_printf("receipt %s", transaction_id);

	return near_genesis_hash(text);
}

static json_t *final_outcome(const struct ledger *l, const struct near_transaction *t,
			     const char *id, json_t *failure)
{
	OWN(str) char *receipt = receipt_id(id);
	OWN(json)
	json_t *status = failure ? json_pack("{s:O}", "Failure", failure)
				 : json_pack("{s:s}", "SuccessValue", "");

	return json_pack("{s:s,s:O,s:o,s:o,s:[o]}", "final_execution_status", "FINAL", "status",
			 status, "transaction", near_transaction_json(t), "transaction_outcome",
			 outcome_json(l, id, t->signer_id, receipt,
				      json_pack("{s:s}", "SuccessReceiptId", receipt)),
			 "receipts_outcome",
			 outcome_json(l, receipt, t->receiver_id, NULL, json_incref(status)));
}

static void remember(struct ledger *l, const char *id, json_t *outcome)
{
	if (json_object_size(l->outcomes) >= OUTCOMES_KEPT)
		json_object_del(l->outcomes, json_object_iter_key(json_object_iter(l->outcomes)));
	json_object_set(l->outcomes, id, outcome);
}

/* Nonce and fee are the signer's in any case; the deposits only when all went well. */
static json_t *run(struct ledger *l, const struct near_transaction *t)
{
	json_t *signer = ledger_account(l, t->signer_id);
	json_t *key = json_object_get(json_map(signer, "keys"), t->public_key);
	near_u128 cost = 0;
	json_t *failure;

	json_set_int(key, "nonce", (json_int_t)t->nonce);
	set_amount(signer, amount_of(signer) - FEE);
	cost_of(t, &cost);
	failure = act_all(l, t);
	if (!failure) {
		signer = ledger_account(l, t->signer_id);
		set_amount(signer, amount_of(signer) - (cost - FEE));
	}
	return failure;
}

int ledger_run(struct ledger *l, const struct near_transaction *t, json_t **ret_outcome)
{
	OWN(str) char *id = near_base58_encode(t->hash, sizeof(t->hash));
	json_t *known = json_object_get(l->outcomes, id);
	OWN(json) json_t *failure = NULL;

	if (known) { /* sent again: the same answer */
		*ret_outcome = json_incref(known);
		return 0;
	}
	*ret_outcome = refusal(l, t);
	if (*ret_outcome)
		return 1;
	failure = run(l, t);
	*ret_outcome = final_outcome(l, t, id, failure);
	remember(l, id, *ret_outcome);
	return 0;
}
