#include <ctype.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "base/keccak.h"
#include "core/near/near-derive.h"
#include "core/near/near-internal.h"

#define HASH160_BYTES 20

void near_derivation_tweak(const char *predecessor, const char *path, uint8_t ret[32])
{
	OWN(str)
	char *text =
		str_printf("near-mpc-recovery v0.1.0 epsilon derivation:%s,%s", predecessor, path);

	sha3_256(text, strlen(text), ret);
}

/* RIPEMD-160 of SHA-256 of the compressed key: what Bitcoin, Cosmos and XRP call the key's id. */
static void hash160(const struct near_public_key *key, uint8_t ret[HASH160_BYTES])
{
	uint8_t compressed[33], hash[32];
	unsigned len = HASH160_BYTES;
	EVP_MD *ripemd = EVP_MD_fetch(NULL, "RIPEMD160", NULL);

	compressed[0] = 2 | (key->bytes[63] & 1);
	memcpy(compressed + 1, key->bytes, 32);
	near_sha256(compressed, sizeof(compressed), hash);
	/* OpenSSL's default provider has it since 3.0.7. */
	if (!ripemd || !EVP_Digest(hash, sizeof(hash), ret, &len, ripemd, NULL))
		abort();
	EVP_MD_free(ripemd);
}

char *near_address_evm(const struct near_public_key *key)
{
	char *address;
	uint8_t hash[32];

	if (key->curve != NEAR_SECP256K1)
		return NULL;
	address = near_implicit_account(key);
	/* A letter is upper case where the hash of the lower case text has a digit from 8. */
	keccak_256(address + 2, 40, hash);
	for (int i = 0; i < 40; i++)
		if (hash[i / 2] >> (i % 2 ? 0 : 4) & 8)
			address[2 + i] = (char)toupper((unsigned char)address[2 + i]);
	return address;
}

static bool part_valid(const char *part)
{
	size_t len = strlen(part);

	return len > 0 && len <= 20 && strspn(part, "abcdefghijklmnopqrstuvwxyz0123456789") == len;
}

char *near_address_bitcoin(const struct near_public_key *key, const char *part)
{
	uint8_t id[HASH160_BYTES];

	if (key->curve != NEAR_SECP256K1 || !part_valid(part))
		return NULL;
	hash160(key, id);
	return near_bech32_encode(part, 0, id, sizeof(id));
}

char *near_address_cosmos(const struct near_public_key *key, const char *part)
{
	uint8_t id[HASH160_BYTES];

	if (key->curve != NEAR_SECP256K1 || !part_valid(part))
		return NULL;
	hash160(key, id);
	return near_bech32_encode(part, -1, id, sizeof(id));
}

/* Base58 with a checksum, in an alphabet of its own. */
char *near_address_xrp(const struct near_public_key *key)
{
	static const char ours[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	static const char theirs[] = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
	uint8_t bytes[1 + HASH160_BYTES + 4] = { 0 }, hash[32];
	char *text;

	if (key->curve != NEAR_SECP256K1)
		return NULL;
	hash160(key, bytes + 1);
	near_sha256(bytes, 1 + HASH160_BYTES, hash);
	near_sha256(hash, sizeof(hash), hash);
	memcpy(bytes + 1 + HASH160_BYTES, hash, 4);
	text = near_base58_encode(bytes, sizeof(bytes));
	for (char *at = text; *at; at++)
		*at = theirs[strchr(ours, *at) - ours];
	return text;
}

char *near_address_solana(const struct near_public_key *key)
{
	return key->curve == NEAR_ED25519 ? near_base58_encode(key->bytes, NEAR_PUBLIC_BYTES)
					  : NULL;
}

static char *hex_address(const uint8_t hash[32])
{
	OWN(str) char *hex = hex_encode(hash, 32);

	return str_printf("0x%s", hex);
}

/* Both mark the signature scheme by a zero byte: Aptos behind the key, Sui in front of it. */
char *near_address_aptos(const struct near_public_key *key)
{
	uint8_t bytes[NEAR_PUBLIC_BYTES + 1] = { 0 }, hash[32];

	if (key->curve != NEAR_ED25519)
		return NULL;
	memcpy(bytes, key->bytes, NEAR_PUBLIC_BYTES);
	sha3_256(bytes, sizeof(bytes), hash);
	return hex_address(hash);
}

char *near_address_sui(const struct near_public_key *key)
{
	uint8_t bytes[1 + NEAR_PUBLIC_BYTES] = { 0 }, hash[32];

	if (key->curve != NEAR_ED25519)
		return NULL;
	memcpy(bytes + 1, key->bytes, NEAR_PUBLIC_BYTES);
	crypto_generichash(hash, sizeof(hash), bytes, sizeof(bytes), NULL, 0);
	return hex_address(hash);
}
