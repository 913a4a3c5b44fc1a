#include <string.h>

#include "core/near/near-internal.h"

static int take_transaction(struct reader *r, struct near_transaction *t)
{
	/* Version 0 has no tag: its second byte is of the signer's length and so 0. */
	if (r->left > 1 && r->at[0] == 1 && r->at[1] != 0)
		return err_set(r->err, ERR_INPUT, "transaction version 1 is not supported");
	if (near_take_account(r, &t->signer_id) < 0 || near_take_key(r, &t->public_key) < 0)
		return -1;
	if (near_take_u64(r, &t->nonce) < 0 || near_take_account(r, &t->receiver_id) < 0)
		return -1;
	if (near_take(r, t->block_hash, sizeof(t->block_hash)) < 0)
		return -1;
	return near_take_actions(r, true, &t->actions, &t->action_count);
}

int near_transaction_decode(const uint8_t *data, size_t len, struct near_transaction **ret,
			    struct err *err)
{
	OWN(near_transaction) struct near_transaction *t = NEW(struct near_transaction);
	struct reader r = { .at = data, .left = len, .err = err };

	if (take_transaction(&r, t) < 0)
		return -1;
	near_sha256(data, len - r.left, t->hash);
	if (near_take_signature(&r, &t->signature) < 0)
		return -1;
	if (r.left)
		return err_set(err, ERR_INPUT, "Not all bytes read");
	*ret = GIVE(t);
	return 0;
}

int near_transaction_verify(const struct near_transaction *t)
{
	struct near_public_key key;

	if (near_public_key_parse(t->public_key, &key, NULL) < 0)
		return -1;
	return near_signature_verify(&key, t->hash, &t->signature);
}

void near_transaction_free(struct near_transaction *t)
{
	if (!t)
		return;
	near_actions_free(t->actions, t->action_count);
	free(t->signer_id);
	free(t->receiver_id);
	free(t->public_key);
	free(t);
}

void near_transaction_encode(const struct near_transaction *t, struct buf *ret)
{
	near_put_text(ret, t->signer_id);
	near_put_key(ret, t->public_key);
	near_put_uint(ret, t->nonce, 8);
	near_put_text(ret, t->receiver_id);
	buf_add(ret, t->block_hash, sizeof(t->block_hash));
	near_put_actions(ret, t->actions, t->action_count);
}

/* Appends the unsigned bytes under a public key, which t takes, and hashes them. */
static void encode_and_hash(struct near_transaction *t, char *public_key, struct buf *ret)
{
	size_t start = ret->len;

	free(t->public_key);
	t->public_key = public_key;
	near_transaction_encode(t, ret);
	near_sha256(ret->data + start, ret->len - start, t->hash);
}

void near_transaction_sign(struct near_transaction *t, const struct near_key *key, struct buf *ret)
{
	encode_and_hash(t, near_key_format_public(key), ret);
	t->signature.curve = NEAR_ED25519;
	near_sign(key, t->hash, sizeof(t->hash), t->signature.bytes);
	near_put_signature(ret, &t->signature);
}

void near_transaction_sign_secp256k1(struct near_transaction *t,
				     const struct near_secp256k1_key *key, struct buf *ret)
{
	encode_and_hash(t, near_public_key_format(&key->public_key), ret);
	near_secp256k1_sign(key, t->hash, &t->signature);
	near_put_signature(ret, &t->signature);
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

json_t *near_transaction_json(const struct near_transaction *t)
{
	OWN(str) char *signature = near_signature_format(&t->signature);
	OWN(str) char *hash = near_base58_encode(t->hash, sizeof(t->hash));
	json_t *j = json_object();

	json_set_str(j, "signer_id", t->signer_id);
	json_set_str(j, "public_key", t->public_key);
	near_set_u64(j, "nonce", t->nonce);
	json_set_str(j, "receiver_id", t->receiver_id);
	json_object_set_new(j, "actions", near_actions_json(t->actions, t->action_count));
	json_set_int(j, "priority_fee", 0);
	json_set_str(j, "signature", signature);
	json_set_str(j, "hash", hash);
	return j;
}
