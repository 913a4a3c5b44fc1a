#include <string.h>

#include "core/near/near-internal.h"

int near_take(struct reader *r, void *ret, size_t len)
{
	if (r->left < len)
		return err_set(r->err, ERR_INPUT, "Unexpected length of input");
	memcpy(ret, r->at, len);
	r->at += len;
	r->left -= len;
	return 0;
}

int near_take_uint(struct reader *r, size_t bytes, near_u128 *ret)
{
	uint8_t raw[16];
	near_u128 value = 0;

	if (near_take(r, raw, bytes) < 0)
		return -1;
	for (size_t i = bytes; i-- > 0;)
		value = value << 8 | raw[i];
	*ret = value;
	return 0;
}

int near_take_u64(struct reader *r, uint64_t *ret)
{
	near_u128 value;

	if (near_take_uint(r, 8, &value) < 0)
		return -1;
	*ret = (uint64_t)value;
	return 0;
}

int near_take_tag(struct reader *r, uint8_t *ret)
{
	*ret = 0;
	return near_take(r, ret, 1);
}

int near_take_choice(struct reader *r, uint8_t count, const char *what, uint8_t *ret)
{
	if (near_take_tag(r, ret) < 0)
		return -1;
	if (*ret >= count)
		return err_set(r->err, ERR_INPUT, "invalid %s", what);
	return 0;
}

int near_take_bytes(struct reader *r, size_t most, uint8_t **ret, size_t *ret_len)
{
	near_u128 len;

	if (near_take_uint(r, 4, &len) < 0)
		return -1;
	if (len > r->left)
		return err_set(r->err, ERR_INPUT, "Unexpected length of input");
	if (len > most)
		return err_set(r->err, ERR_LIMIT, "field of more than %zu bytes", most);
	*ret = mem_new((size_t)len + 1, 1);
	*ret_len = (size_t)len;
	return near_take(r, *ret, (size_t)len);
}

int near_take_text(struct reader *r, size_t most, char **ret)
{
	uint8_t *bytes = NULL;
	size_t len;
	int result = near_take_bytes(r, most, &bytes, &len);

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

int near_take_account(struct reader *r, char **ret)
{
	if (near_take_text(r, 64, ret) < 0)
		return -1;
	if (!near_account_valid(*ret))
		return err_set(r->err, ERR_INPUT, "invalid account id");
	return 0;
}

/* ed25519 or secp256k1; the third curve that nearcore has is told by its name. */
static int take_curve(struct reader *r, const char *what, enum near_curve *ret)
{
	uint8_t tag;

	if (near_take_tag(r, &tag) < 0)
		return -1;
	if (tag == 2)
		return err_set(r->err, ERR_INPUT, "ml-dsa-65 keys are not supported by this chain");
	if (tag > NEAR_SECP256K1)
		return err_set(r->err, ERR_INPUT, "invalid %s type", what);
	*ret = (enum near_curve)tag;
	return 0;
}

int near_take_key(struct reader *r, char **ret)
{
	struct near_public_key key = { 0 };

	if (take_curve(r, "key", &key.curve) < 0 ||
	    near_take(r, key.bytes, near_public_key_bytes(key.curve)) < 0)
		return -1;
	*ret = near_public_key_format(&key);
	return 0;
}

int near_take_signature(struct reader *r, struct near_signature *ret)
{
	if (take_curve(r, "signature", &ret->curve) < 0)
		return -1;
	return near_take(r, ret->bytes, near_signature_bytes(ret->curve));
}

void near_put_uint(struct buf *b, near_u128 value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buf_char(b, (char)(uint8_t)(value >> (8 * i)));
}

void near_put_bytes(struct buf *b, const void *data, size_t len)
{
	near_put_uint(b, len, 4);
	if (len)
		buf_add(b, data, len);
}

void near_put_text(struct buf *b, const char *text)
{
	near_put_bytes(b, text, strlen(text));
}

void near_put_key(struct buf *b, const char *text)
{
	struct near_public_key key = { 0 };

	(void)near_public_key_parse(text, &key, NULL);
	near_put_uint(b, key.curve, 1);
	buf_add(b, key.bytes, near_public_key_bytes(key.curve));
}

void near_put_signature(struct buf *b, const struct near_signature *signature)
{
	near_put_uint(b, signature->curve, 1);
	buf_add(b, signature->bytes, near_signature_bytes(signature->curve));
}
