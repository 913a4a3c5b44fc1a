#include <string.h>

#include "base/keccak.h"
#include "core/near/near-internal.h"

/* clang-format off */
static const struct {
	const char *prefix;
	size_t public_bytes, signature_bytes;
} curves[] = {
	[NEAR_ED25519] = { "ed25519:", 32, 64 },
	[NEAR_SECP256K1] = { "secp256k1:", 64, 65 },
};
/* clang-format on */

size_t near_public_key_bytes(enum near_curve curve)
{
	return curves[curve].public_bytes;
}

size_t near_signature_bytes(enum near_curve curve)
{
	return curves[curve].signature_bytes;
}

int near_public_key_parse(const char *text, struct near_public_key *ret, struct err *err)
{
	struct near_public_key key = { 0 };

	key.curve = text && str_starts(text, "secp256k1:") ? NEAR_SECP256K1 : NEAR_ED25519;
	if (near_key_decode(text, curves[key.curve].prefix, "Public key", key.bytes,
			    curves[key.curve].public_bytes, err) < 0)
		return -1;
	*ret = key;
	return 0;
}

char *near_public_key_format(const struct near_public_key *key)
{
	return near_key_encode(curves[key->curve].prefix, key->bytes,
			       curves[key->curve].public_bytes);
}

char *near_signature_format(const struct near_signature *signature)
{
	return near_key_encode(curves[signature->curve].prefix, signature->bytes,
			       curves[signature->curve].signature_bytes);
}

char *near_implicit_account(const struct near_public_key *key)
{
	OWN(str) char *hex = NULL;
	uint8_t hash[32];

	if (key->curve == NEAR_ED25519)
		return hex_encode(key->bytes, NEAR_PUBLIC_BYTES);
	keccak_256(key->bytes, sizeof(key->bytes), hash);
	hex = hex_encode(hash + 12, 20);
	return str_printf("0x%s", hex);
}

bool near_account_is_implicit(const char *id)
{
	size_t len = strlen(id);
	size_t skip = len == 42 && str_starts(id, "0x") ? 2 : 0;

	return (len == 64 || skip) && strspn(id + skip, "0123456789abcdef") == len - skip;
}
