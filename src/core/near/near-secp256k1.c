#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <sodium.h>
#include <string.h>

#include "core/near/near-internal.h"

static const char prefix[] = "secp256k1:";
#define PAIR_BYTES (32 + 64)

/* For one use of a secret: blinded by the secret itself, as there is no randomness in this room. */
static secp256k1_context *context_for(const uint8_t secret[32])
{
	secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	uint8_t seed[32];

	near_sha256(secret, 32, seed);
	if (!context || !secp256k1_context_randomize(context, seed))
		abort(); /* out of memory, or not the library that this was built with */
	sodium_memzero(seed, sizeof(seed));
	return context;
}

int near_secp256k1_from_secret(const uint8_t secret[32], struct near_secp256k1_key *ret)
{
	secp256k1_context *context = context_for(secret);
	secp256k1_pubkey point;
	uint8_t bytes[65];
	size_t len = sizeof(bytes);
	int good = secp256k1_ec_pubkey_create(context, &point, secret);

	if (good) {
		secp256k1_ec_pubkey_serialize(context, bytes, &len, &point,
					      SECP256K1_EC_UNCOMPRESSED);
		memcpy(ret->secret, secret, 32);
		ret->public_key.curve = NEAR_SECP256K1;
		memcpy(ret->public_key.bytes, bytes + 1, 64);
	}
	secp256k1_context_destroy(context);
	return good ? 0 : -1;
}

int near_secp256k1_parse(const char *text, struct near_secp256k1_key *ret, struct err *err)
{
	struct near_secp256k1_key key = { 0 };
	uint8_t pair[PAIR_BYTES];
	int result = 0;

	if (near_key_decode(text, prefix, "Key pair", pair, sizeof(pair), err) < 0)
		return -1;
	if (near_secp256k1_from_secret(pair, &key) < 0)
		result = err_set(err, ERR_INPUT, "the secret is zero or not below the order");
	else if (sodium_memcmp(key.public_key.bytes, pair + 32, 64) != 0)
		result = err_set(err, ERR_INPUT, "the public half is not the one of the secret");
	else
		*ret = key;
	sodium_memzero(pair, sizeof(pair));
	near_secp256k1_wipe(&key);
	return result;
}

char *near_secp256k1_format_secret(const struct near_secp256k1_key *key)
{
	uint8_t pair[PAIR_BYTES];
	char *text;

	memcpy(pair, key->secret, 32);
	memcpy(pair + 32, key->public_key.bytes, 64);
	text = near_key_encode(prefix, pair, sizeof(pair));
	sodium_memzero(pair, sizeof(pair));
	return text;
}

void near_secp256k1_wipe(struct near_secp256k1_key *key)
{
	sodium_memzero(key, sizeof(*key));
}

void near_secp256k1_sign(const struct near_secp256k1_key *key, const uint8_t hash[32],
			 struct near_signature *ret)
{
	secp256k1_context *context = context_for(key->secret);
	secp256k1_ecdsa_recoverable_signature signature;
	int recovery_id = 0;

	/* Fails for secrets only that near_secp256k1_from_secret() refuses. */
	if (!secp256k1_ecdsa_sign_recoverable(context, &signature, hash, key->secret, NULL, NULL))
		abort();
	secp256k1_ecdsa_recoverable_signature_serialize_compact(context, ret->bytes, &recovery_id,
								&signature);
	ret->curve = NEAR_SECP256K1;
	ret->bytes[64] = (uint8_t)recovery_id;
	secp256k1_context_destroy(context);
}

static int verify_secp256k1(const uint8_t xy[64], const uint8_t hash[32], const uint8_t sig[65])
{
	const secp256k1_context *context = secp256k1_context_static;
	secp256k1_ecdsa_signature signature;
	secp256k1_pubkey point;
	uint8_t bytes[65] = { 4 };

	memcpy(bytes + 1, xy, 64);
	if (sig[64] > 3 || !secp256k1_ec_pubkey_parse(context, &point, bytes, sizeof(bytes)) ||
	    !secp256k1_ecdsa_signature_parse_compact(context, &signature, sig))
		return -1;
	return secp256k1_ecdsa_verify(context, &signature, hash, &point) ? 0 : -1;
}

int near_signature_verify(const struct near_public_key *key, const uint8_t hash[32],
			  const struct near_signature *signature)
{
	if (key->curve != signature->curve)
		return -1;
	if (key->curve == NEAR_SECP256K1)
		return verify_secp256k1(key->bytes, hash, signature->bytes);
	return near_verify(key->bytes, hash, 32, signature->bytes);
}
