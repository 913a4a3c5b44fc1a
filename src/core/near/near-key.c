#include <sodium.h>
#include <string.h>

#include "core/near/near-internal.h"

static const char ed25519[] = "ed25519:";

void near_key_from_seed(const uint8_t seed[NEAR_SEED_BYTES], struct near_key *ret)
{
	uint8_t public_key[NEAR_PUBLIC_BYTES];

	crypto_sign_seed_keypair(public_key, ret->secret, seed);
}

/* The place of the first character that base58 has not, or -1. */
static long foreign_at(const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at == '0' || *at == 'O' || *at == 'I' || *at == 'l' ||
		    !((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') ||
		      (*at >= 'a' && *at <= 'z')))
			return at - text;
	return -1;
}

int near_key_decode(const char *text, const char *prefix, const char *kind, uint8_t *ret,
		    size_t want, struct err *err)
{
	uint8_t bytes[NEAR_SECRET_BYTES * 2];
	size_t len;
	int result = 0;

	if (!text || !str_starts(text, prefix))
		return err_set(err, ERR_INPUT, "Key must start with '%s' prefix", prefix);
	text += strlen(prefix);
	if (foreign_at(text) >= 0)
		return err_set(err, ERR_INPUT,
			       "provided string contained invalid character at byte %ld",
			       foreign_at(text));
	if (near_base58_decode(text, strlen(text), bytes, sizeof(bytes), &len) < 0 || len != want)
		result = err_set(err, ERR_INPUT, "%s bytes must be %zu bytes.", kind, want);
	else
		memcpy(ret, bytes, want);
	sodium_memzero(bytes, sizeof(bytes));
	return result;
}

int near_key_parse(const char *text, struct near_key *ret, struct err *err)
{
	struct near_key given, derived;
	int result = 0;

	if (near_key_decode(text, ed25519, "Key pair", given.secret, NEAR_SECRET_BYTES, err) < 0)
		return -1;
	near_key_from_seed(given.secret, &derived);
	if (sodium_memcmp(given.secret, derived.secret, NEAR_SECRET_BYTES) != 0)
		result = err_set(err, ERR_INPUT,
				 "Mismatched Keypair detected: the public half is not the one of "
				 "the seed");
	else
		*ret = given;
	near_key_wipe(&given);
	near_key_wipe(&derived);
	return result;
}

char *near_key_encode(const char *prefix, const uint8_t *bytes, size_t len)
{
	char *base58 = near_base58_encode(bytes, len);
	size_t prefix_len = strlen(prefix);
	size_t size = prefix_len + strlen(base58) + 1;
	char *text = mem_new(size, 1);

	memcpy(text, prefix, prefix_len);
	memcpy(text + prefix_len, base58, size - prefix_len);
	sodium_memzero(base58, strlen(base58));
	free(base58);
	return text;
}

char *near_key_format_secret(const struct near_key *key)
{
	return near_key_encode(ed25519, key->secret, NEAR_SECRET_BYTES);
}

char *near_key_format_public(const struct near_key *key)
{
	return near_key_encode(ed25519, near_key_public(key), NEAR_PUBLIC_BYTES);
}

const uint8_t *near_key_public(const struct near_key *key)
{
	return key->secret + NEAR_SEED_BYTES;
}

void near_key_wipe(struct near_key *key)
{
	sodium_memzero(key, sizeof(*key));
}

void near_sign(const struct near_key *key, const void *data, size_t len, uint8_t ret[64])
{
	crypto_sign_detached(ret, NULL, data, len, key->secret);
}

int near_verify(const uint8_t public_key[32], const void *data, size_t len, const uint8_t sig[64])
{
	return crypto_sign_verify_detached(sig, data, len, public_key) == 0 ? 0 : -1;
}

void near_sha256(const void *data, size_t len, uint8_t ret[32])
{
	crypto_hash_sha256(ret, data, len);
}

int near_public_parse(const char *text, uint8_t ret[NEAR_PUBLIC_BYTES], struct err *err)
{
	return near_key_decode(text, ed25519, "Public key", ret, NEAR_PUBLIC_BYTES, err);
}

char *near_public_format(const uint8_t public_key[NEAR_PUBLIC_BYTES])
{
	return near_key_encode(ed25519, public_key, NEAR_PUBLIC_BYTES);
}
