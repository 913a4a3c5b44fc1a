#include "core/near/near-internal.h"

/* 2^30 + 366: no transaction begins so, and no other kind of message that NEAR keys sign. */
#define DELEGATE_PREFIX 1073742190u

int near_take_delegate(struct reader *r, struct near_delegate **ret)
{
	struct near_delegate *d = *ret = NEW(struct near_delegate);

	if (near_take_account(r, &d->sender_id) < 0 || near_take_account(r, &d->receiver_id) < 0)
		return -1;
	if (near_take_actions(r, false, &d->actions, &d->action_count) < 0)
		return -1;
	if (near_take_u64(r, &d->nonce) < 0 || near_take_u64(r, &d->max_block_height) < 0)
		return -1;
	if (near_take_key(r, &d->public_key) < 0)
		return -1;
	return near_take_signature(r, &d->signature);
}

void near_put_delegate(struct buf *b, const struct near_delegate *d)
{
	near_put_text(b, d->sender_id);
	near_put_text(b, d->receiver_id);
	near_put_actions(b, d->actions, d->action_count);
	near_put_uint(b, d->nonce, 8);
	near_put_uint(b, d->max_block_height, 8);
	near_put_key(b, d->public_key);
}

void near_delegate_hash(const struct near_delegate *d, uint8_t ret[32])
{
	OWN(buf) struct buf b = { 0 };

	near_put_uint(&b, DELEGATE_PREFIX, 4);
	near_put_delegate(&b, d);
	near_sha256(b.data, b.len, ret);
}

int near_delegate_verify(const struct near_delegate *d)
{
	struct near_public_key key;
	uint8_t hash[32];

	if (near_public_key_parse(d->public_key, &key, NULL) < 0)
		return -1;
	near_delegate_hash(d, hash);
	return near_signature_verify(&key, hash, &d->signature);
}

json_t *near_delegate_json(const struct near_delegate *d)
{
	OWN(str) char *signature = near_signature_format(&d->signature);
	json_t *j = json_object(), *action = json_object();

	json_set_str(action, "sender_id", d->sender_id);
	json_set_str(action, "receiver_id", d->receiver_id);
	json_object_set_new(action, "actions", near_actions_json(d->actions, d->action_count));
	near_set_u64(action, "nonce", d->nonce);
	near_set_u64(action, "max_block_height", d->max_block_height);
	json_set_str(action, "public_key", d->public_key);
	json_object_set_new(j, "delegate_action", action);
	json_set_str(j, "signature", signature);
	return j;
}

void near_delegate_free(struct near_delegate *d)
{
	if (!d)
		return;
	near_actions_free(d->actions, d->action_count);
	free(d->sender_id);
	free(d->receiver_id);
	free(d->public_key);
	free(d);
}
