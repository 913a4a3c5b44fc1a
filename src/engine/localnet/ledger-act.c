/* One action of a receipt. Each gives the ActionErrorKind (new) or NULL when done. */
#include <string.h>

#include "engine/localnet/localnet-internal.h"

#define TOP_LEVEL_LEAST 65 /* shorter top-level names are the registrar's */
#define LARGE_STATE 10000
#define IMPLICIT_HEX 64

static json_t *no_permission(const struct receipt *r)
{
	return json_pack("{s:{s:s,s:s}}", "ActorNoPermission", "account_id", r->receiver,
			 "actor_id", r->predecessor);
}

static json_t *about_account(const char *kind, const char *id)
{
	return json_pack("{s:{s:s}}", kind, "account_id", id);
}

/* The first nonce of a key: no transaction of its account under an earlier such key fits. */
static uint64_t first_nonce(const struct ledger *l)
{
	return l->head.height * LOCALNET_NONCES_PER_BLOCK;
}

/* ---- accounts ------------------------------------------------------------------------------ */

static json_t *create_account(struct ledger *l, const struct receipt *r)
{
	const char *id = r->receiver;

	if (ledger_account(l, id))
		return about_account("AccountAlreadyExists", id);
	if (near_account_is_implicit(id))
		return about_account("OnlyImplicitAccountCreationAllowed", id);
	if (!strchr(id, '.') && strlen(id) < TOP_LEVEL_LEAST &&
	    strcmp(r->predecessor, LOCALNET_REGISTRAR) != 0)
		return json_pack("{s:{s:s,s:s,s:s}}", "CreateAccountOnlyByRegistrar", "account_id",
				 id, "registrar_account_id", LOCALNET_REGISTRAR, "predecessor_id",
				 r->predecessor);
	if (strchr(id, '.') && !near_account_is_child(id, r->predecessor))
		return json_pack("{s:{s:s,s:s}}", "CreateAccountNotAllowed", "account_id", id,
				 "predecessor_id", r->predecessor);
	ledger_account_add(l, id);
	return NULL;
}

static json_t *delete_account(struct ledger *l, const struct receipt *r,
			      const struct near_action *a, struct receipt_result *x)
{
	const json_t *account = ledger_account(l, r->receiver);
	uint64_t code = (uint64_t)json_int_or(account, "code_size", 0);

	if (ledger_amount(account, "locked") > 0)
		return about_account("DeleteAccountStaking", r->receiver);
	if (ledger_storage(account) - code > LARGE_STATE)
		return about_account("DeleteAccountWithLargeState", r->receiver);
	receipt_transfer(x, a->name, ledger_amount(account, "amount"), false);
	ledger_account_remove(l, r->receiver);
	return NULL;
}

/* A transfer brings the account that belongs to a key. */
static json_t *create_implicit(struct ledger *l, const char *id)
{
	json_t *account = ledger_account_add(l, id);
	uint8_t key[NEAR_PUBLIC_BYTES];
	OWN(str) char *text = NULL;

	if (strlen(id) == IMPLICIT_HEX && hex_decode(id, IMPLICIT_HEX, key, sizeof(key)) == 0) {
		text = near_public_format(key);
		ledger_key_add(account, text, first_nonce(l), json_string("FullAccess"));
	}
	return account;
}

/* ---- keys, stake, code --------------------------------------------------------------------- */

static json_t *change_key(struct ledger *l, const struct receipt *r, const struct near_action *a)
{
	json_t *account = ledger_account_edit(l, r->receiver);
	json_t *keys = json_map(account, "keys");
	bool there = json_object_get(keys, a->public_key) != NULL;

	if (there == (a->kind == NEAR_ADD_KEY))
		return json_pack("{s:{s:s,s:s}}",
				 there ? "AddKeyAlreadyExists" : "DeleteKeyDoesNotExist",
				 "account_id", r->receiver, "public_key", a->public_key);
	if (a->kind == NEAR_ADD_KEY)
		ledger_key_add(account, a->public_key, first_nonce(l),
			       near_permission_json(&a->permission));
	else
		json_object_del(keys, a->public_key);
	return NULL;
}

/* Locks what is staked; the validator stays the same one. */
static json_t *stake(struct ledger *l, const struct receipt *r, const struct near_action *a)
{
	json_t *account = ledger_account_edit(l, r->receiver);
	near_u128 locked = ledger_amount(account, "locked");
	near_u128 amount = ledger_amount(account, "amount");
	OWN(str) char *want = near_u128_format(a->amount);

	if (a->amount == 0 && locked == 0)
		return about_account("TriesToUnstake", r->receiver);
	if (a->amount > locked && a->amount - locked > amount)
		return json_pack("{s:{s:s,s:s,s:s,s:s}}", "TriesToStake", "account_id", r->receiver,
				 "stake", want, "locked", json_str_or(account, "locked", "0"),
				 "balance", json_str(account, "amount"));
	ledger_amount_set(account, "amount", amount + locked - a->amount);
	ledger_amount_set(account, "locked", a->amount);
	return NULL;
}

static json_t *deploy(struct ledger *l, const struct receipt *r, const struct near_action *a,
		      struct receipt_result *x)
{
	json_t *account = ledger_account_edit(l, r->receiver);
	uint8_t hash[32];
	OWN(str) char *text = NULL;

	near_sha256(a->data, a->data_len, hash);
	text = near_base58_encode(hash, sizeof(hash));
	json_set_str(account, "code_hash", text);
	json_set_int(account, "code_size", (json_int_t)a->data_len);
	x->code = a;
	json_add_str(x->logs, "mpcup: the code is kept and not run; this chain has the signer "
			      "contract in itself");
	return NULL;
}

/* ---- delegated actions --------------------------------------------------------------------- */

static json_t *check_delegate_nonce(const struct ledger *l, const json_t *key,
				    const struct near_delegate *d)
{
	uint64_t known = (uint64_t)json_int_or(key, "nonce", 0);
	uint64_t above = (l->head.height + 1) * LOCALNET_NONCES_PER_BLOCK;

	if (d->nonce <= known)
		return json_pack("{s:{s:I,s:I}}", "DelegateActionInvalidNonce", "delegate_nonce",
				 (json_int_t)d->nonce, "ak_nonce", (json_int_t)known);
	if (d->nonce >= above)
		return json_pack("{s:{s:I,s:I}}", "DelegateActionNonceTooLarge", "delegate_nonce",
				 (json_int_t)d->nonce, "upper_bound", (json_int_t)above);
	return NULL;
}

static json_t *delegate(struct ledger *l, const struct receipt *r, const struct near_delegate *d,
			struct receipt_result *x)
{
	json_t *key, *why;

	if (near_delegate_verify(d) < 0)
		return json_string("DelegateActionInvalidSignature");
	if (strcmp(d->sender_id, r->receiver) != 0)
		return json_pack("{s:{s:s,s:s}}", "DelegateActionSenderDoesNotMatchTxReceiver",
				 "sender_id", d->sender_id, "receiver_id", r->receiver);
	if (l->head.height > d->max_block_height)
		return json_string("DelegateActionExpired");
	key = json_object_get(json_map(ledger_account_edit(l, r->receiver), "keys"), d->public_key);
	if (!key)
		return json_pack("{s:{s:{s:s,s:s}}}", "DelegateActionAccessKeyError",
				 "AccessKeyNotFound", "account_id", d->sender_id, "public_key",
				 d->public_key);
	why = check_delegate_nonce(l, key, d);
	if (why)
		return why;
	why = ledger_check_permission(json_object_get(key, "permission"), d->receiver_id,
				      d->actions, d->action_count);
	if (why)
		return json_pack("{s:o}", "DelegateActionAccessKeyError", why);
	json_set_int(key, "nonce", (json_int_t)d->nonce);
	x->delegate = d;
	return NULL;
}

/* ---- choosing ------------------------------------------------------------------------------ */

/* The operator may address any contract id: the first init brings its account. */
static bool brings_contract(const struct receipt *r, const struct near_action *a)
{
	return a->kind == NEAR_FUNCTION_CALL && !strcmp(a->name, "init") &&
	       !strcmp(r->predecessor, LOCALNET_ROOT);
}

static json_t *check_actor(const struct receipt *r, const struct near_action *a, bool created)
{
	bool own = a->kind == NEAR_ADD_KEY || a->kind == NEAR_DELETE_KEY || a->kind == NEAR_STAKE ||
		   a->kind == NEAR_DEPLOY_CONTRACT || a->kind == NEAR_DELETE_ACCOUNT;

	return own && !created && strcmp(r->predecessor, r->receiver) != 0 ? no_permission(r)
									   : NULL;
}

static json_t *receive(struct ledger *l, const struct receipt *r, const struct near_action *a)
{
	json_t *account = ledger_account_edit(l, r->receiver);

	ledger_amount_set(account, "amount", ledger_amount(account, "amount") + a->amount);
	return NULL;
}

json_t *ledger_act(struct ledger *l, const struct receipt *r, const struct near_action *a,
		   bool created, bool last, struct receipt_result *x)
{
	json_t *why;

	if (a->kind == NEAR_CREATE_ACCOUNT)
		return create_account(l, r);
	if (!ledger_account(l, r->receiver)) {
		if (brings_contract(r, a))
			ledger_account_add(l, r->receiver);
		else if (a->kind == NEAR_TRANSFER && r->action_count == 1 &&
			 near_account_is_implicit(r->receiver))
			create_implicit(l, r->receiver);
		else
			return about_account("AccountDoesNotExist", r->receiver);
	}
	why = check_actor(r, a, created);
	if (why)
		return why;
	switch (a->kind) {
	case NEAR_DEPLOY_CONTRACT:
		return deploy(l, r, a, x);
	case NEAR_FUNCTION_CALL:
		receive(l, r, a);
		return ledger_call(l, r, a, last, x);
	case NEAR_TRANSFER:
		return receive(l, r, a);
	case NEAR_STAKE:
		return stake(l, r, a);
	case NEAR_ADD_KEY:
	case NEAR_DELETE_KEY:
		return change_key(l, r, a);
	case NEAR_DELETE_ACCOUNT:
		return delete_account(l, r, a, x);
	case NEAR_DELEGATE:
		return delegate(l, r, a->delegate, x);
	case NEAR_CREATE_ACCOUNT:
	case NEAR_DEPLOY_GLOBAL_CONTRACT: /* refused before */
	case NEAR_USE_GLOBAL_CONTRACT:
	case NEAR_ACTION_KINDS:
		break;
	}
	return NULL;
}
