#include <string.h>

#include "core/near/near-transaction.h"

#define ACTIONS_MOST 100
#define METHODS_MOST 1000
#define CODE_MOST (4u << 20)
#define SECP256K1_BYTES 64

char *near_u128_format(near_u128 value)
{
	char text[40];
	char *at = text + sizeof(text);

	*--at = 0;
	do {
		*--at = (char)('0' + (int)(value % 10));
		value /= 10;
	} while (value);
	return str_dup(at);
}

int near_u128_parse(const char *text, near_u128 *ret)
{
	const near_u128 most = ~(near_u128)0;
	near_u128 value = 0;

	if (!text || !*text)
		return -1;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || value > (most - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

struct reader {
	const uint8_t *at;
	size_t left;
	struct err *err;
};

static int take(struct reader *r, void *ret, size_t len)
{
	if (r->left < len)
		return err_set(r->err, ERR_INPUT, "Unexpected length of input");
	memcpy(ret, r->at, len);
	r->at += len;
	r->left -= len;
	return 0;
}

static int take_uint(struct reader *r, size_t bytes, near_u128 *ret)
{
	uint8_t raw[16];
	near_u128 value = 0;

	if (take(r, raw, bytes) < 0)
		return -1;
	for (size_t i = bytes; i-- > 0;)
		value = value << 8 | raw[i];
	*ret = value;
	return 0;
}

static int take_u64(struct reader *r, uint64_t *ret)
{
	near_u128 value;

	if (take_uint(r, 8, &value) < 0)
		return -1;
	*ret = (uint64_t)value;
	return 0;
}

static int take_tag(struct reader *r, uint8_t *ret)
{
	*ret = 0;
	return take(r, ret, 1);
}

static int take_bytes(struct reader *r, size_t most, uint8_t **ret, size_t *ret_len)
{
	near_u128 len;

	if (take_uint(r, 4, &len) < 0)
		return -1;
	if (len > r->left)
		return err_set(r->err, ERR_INPUT, "Unexpected length of input");
	if (len > most)
		return err_set(r->err, ERR_LIMIT, "field of more than %zu bytes", most);
	*ret = mem_new((size_t)len + 1, 1);
	*ret_len = (size_t)len;
	return take(r, *ret, (size_t)len);
}

static int take_text(struct reader *r, size_t most, char **ret)
{
	uint8_t *bytes = NULL;
	size_t len;
	int result = take_bytes(r, most, &bytes, &len);

	*ret = (char *)bytes;
	if (result == 0 && strlen(*ret) != len)
		return err_set(r->err, ERR_INPUT, "text with a NUL byte");
	if (result == 0) {
		OWN(json) json_t *text = json_stringn(*ret, len);

		if (!text)
			return err_set(r->err, ERR_INPUT, "text that is not UTF-8");
	}
	return result;
}

static int take_account(struct reader *r, char **ret)
{
	if (take_text(r, 64, ret) < 0)
		return -1;
	if (!near_account_valid(*ret))
		return err_set(r->err, ERR_INPUT, "invalid account id");
	return 0;
}

static int take_key(struct reader *r, char **ret)
{
	uint8_t bytes[SECP256K1_BYTES];
	OWN(str) char *base58 = NULL;
	uint8_t type;

	if (take_tag(r, &type) < 0)
		return -1;
	if (type > 1)
		return err_set(r->err, ERR_INPUT, "invalid key type");
	if (take(r, bytes, type ? SECP256K1_BYTES : NEAR_PUBLIC_BYTES) < 0)
		return -1;
	base58 = near_base58_encode(bytes, type ? SECP256K1_BYTES : NEAR_PUBLIC_BYTES);
	*ret = str_printf("%s:%s", type ? "secp256k1" : "ed25519", base58);
	return 0;
}

static int take_methods(struct reader *r, struct near_permission *p)
{
	near_u128 count;

	if (take_uint(r, 4, &count) < 0)
		return -1;
	if (count > METHODS_MOST || count > r->left / 4)
		return err_set(r->err, ERR_LIMIT, "too many method names");
	p->method_names = mem_new((size_t)count + 1, sizeof(char *));
	while (p->method_count < count) {
		int result = take_text(r, 2000, &p->method_names[p->method_count]);

		p->method_count++; /* also a half-read one is freed with the rest */
		if (result < 0)
			return -1;
	}
	return 0;
}

static int take_permission(struct reader *r, struct near_permission *p)
{
	uint8_t tag, some;

	if (take_tag(r, &tag) < 0)
		return -1;
	if (tag > 1)
		return err_set(r->err, ERR_INPUT, "access key permission %u is not supported", tag);
	p->full_access = tag == 1;
	if (p->full_access)
		return 0;
	if (take_tag(r, &some) < 0)
		return -1;
	if (some > 1)
		return err_set(r->err, ERR_INPUT, "invalid option");
	p->has_allowance = some;
	if (some && take_uint(r, 16, &p->allowance) < 0)
		return -1;
	if (take_text(r, 64, &p->receiver_id) < 0)
		return -1;
	return take_methods(r, p);
}

static int take_call(struct reader *r, struct near_action *a)
{
	if (take_text(r, 256, &a->name) < 0 || take_bytes(r, CODE_MOST, &a->data, &a->data_len) < 0)
		return -1;
	if (take_u64(r, &a->gas) < 0)
		return -1;
	return take_uint(r, 16, &a->amount);
}

static int take_add_key(struct reader *r, struct near_action *a)
{
	if (take_key(r, &a->public_key) < 0 || take_u64(r, &a->key_nonce) < 0)
		return -1;
	return take_permission(r, &a->permission);
}

static int take_action(struct reader *r, struct near_action *a)
{
	static const char *const later[] = { "Delegate", "DeployGlobalContract",
					     "UseGlobalContract" };
	uint8_t tag;

	if (take_tag(r, &tag) < 0)
		return -1;
	if (tag >= NEAR_ACTION_KINDS && tag < NEAR_ACTION_KINDS + 3)
		return err_set(r->err, ERR_INPUT, "action %s is not supported by this chain",
			       later[tag - NEAR_ACTION_KINDS]);
	if (tag >= NEAR_ACTION_KINDS)
		return err_set(r->err, ERR_INPUT, "invalid action tag %u", tag);
	a->kind = (enum near_action_kind)tag;
	switch (a->kind) {
	case NEAR_DEPLOY_CONTRACT:
		return take_bytes(r, CODE_MOST, &a->data, &a->data_len);
	case NEAR_FUNCTION_CALL:
		return take_call(r, a);
	case NEAR_TRANSFER:
		return take_uint(r, 16, &a->amount);
	case NEAR_STAKE:
		return take_uint(r, 16, &a->amount) < 0 ? -1 : take_key(r, &a->public_key);
	case NEAR_ADD_KEY:
		return take_add_key(r, a);
	case NEAR_DELETE_KEY:
		return take_key(r, &a->public_key);
	case NEAR_DELETE_ACCOUNT:
		return take_account(r, &a->name);
	case NEAR_CREATE_ACCOUNT:
	case NEAR_ACTION_KINDS:
		break;
	}
	return 0;
}

static int take_actions(struct reader *r, struct near_transaction *t)
{
	near_u128 count;

	if (take_uint(r, 4, &count) < 0)
		return -1;
	if (count > ACTIONS_MOST)
		return err_set(r->err, ERR_LIMIT, "more than %d actions", ACTIONS_MOST);
	t->actions = mem_new((size_t)count + 1, sizeof(*t->actions));
	while (t->action_count < count)
		if (take_action(r, &t->actions[t->action_count++]) < 0)
			return -1;
	return 0;
}

static int take_transaction(struct reader *r, struct near_transaction *t)
{
	/* Version 0 has no tag: its second byte is of the signer's length and so 0. */
	if (r->left > 1 && r->at[0] == 1 && r->at[1] != 0)
		return err_set(r->err, ERR_INPUT, "transaction version 1 is not supported");
	if (take_account(r, &t->signer_id) < 0 || take_key(r, &t->public_key) < 0)
		return -1;
	if (take_u64(r, &t->nonce) < 0 || take_account(r, &t->receiver_id) < 0)
		return -1;
	if (take(r, t->block_hash, sizeof(t->block_hash)) < 0)
		return -1;
	return take_actions(r, t);
}

static int take_signature(struct reader *r, struct near_transaction *t)
{
	uint8_t type;

	if (take_tag(r, &type) < 0)
		return -1;
	if (type == 1)
		return err_set(r->err, ERR_INPUT,
			       "secp256k1 signatures are not supported by this chain");
	if (type != 0)
		return err_set(r->err, ERR_INPUT, "invalid signature type");
	if (take(r, t->signature, sizeof(t->signature)) < 0)
		return -1;
	if (r->left)
		return err_set(r->err, ERR_INPUT, "Not all bytes read");
	return 0;
}

int near_transaction_decode(const uint8_t *data, size_t len, struct near_transaction **ret,
			    struct err *err)
{
	OWN(near_transaction) struct near_transaction *t = NEW(struct near_transaction);
	struct reader r = { .at = data, .left = len, .err = err };

	if (take_transaction(&r, t) < 0)
		return -1;
	near_sha256(data, len - r.left, t->hash);
	if (take_signature(&r, t) < 0)
		return -1;
	*ret = GIVE(t);
	return 0;
}

int near_transaction_verify(const struct near_transaction *t)
{
	uint8_t key[NEAR_PUBLIC_BYTES];

	if (near_public_parse(t->public_key, key, NULL) < 0)
		return -1;
	return near_verify(key, t->hash, sizeof(t->hash), t->signature);
}

static void action_clear(struct near_action *a)
{
	free(a->name);
	free(a->data);
	free(a->public_key);
	free(a->permission.receiver_id);
	for (size_t i = 0; i < a->permission.method_count; i++)
		free(a->permission.method_names[i]);
	free(a->permission.method_names);
}

void near_transaction_free(struct near_transaction *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->action_count; i++)
		action_clear(&t->actions[i]);
	free(t->actions);
	free(t->signer_id);
	free(t->receiver_id);
	free(t->public_key);
	free(t);
}
