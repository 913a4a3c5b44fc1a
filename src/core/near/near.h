/* NEAR in values: keys, base58, account ids, boot nodes, borsh transactions. Pure: randomness and
 * time are arguments. Sources: shared near-rpc.md sections 4, 5; node-contract.md 1.2, 1.3. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Base58, Bitcoin alphabet. Encode: caller frees. Decode: 0 and *ret_len bytes in ret (room
 * `most`), or -1 (foreign character, too long). */
char *near_base58_encode(const uint8_t *data, size_t len);
int near_base58_decode(const char *text, size_t text_len, uint8_t *ret, size_t most,
		       size_t *ret_len);

#define NEAR_SEED_BYTES 32
#define NEAR_PUBLIC_BYTES 32
#define NEAR_SECRET_BYTES 64 /* seed, then public half */

/* ed25519 pair in NEAR form. Wipe with near_key_wipe(). */
struct near_key {
	uint8_t secret[NEAR_SECRET_BYTES];
};
void near_key_from_seed(const uint8_t seed[NEAR_SEED_BYTES], struct near_key *ret);
/* "ed25519:<base58 of 64 bytes>". 0, or -1 with the words of the real loader: missing prefix, not
 * base58, not 64 bytes, public half does not match the seed. The text itself is never in err. */
int near_key_parse(const char *text, struct near_key *ret, struct err *err);
char *near_key_format_secret(const struct near_key *key); /* caller wipes and frees */
char *near_key_format_public(const struct near_key *key); /* "ed25519:<base58 of 32>" */
const uint8_t *near_key_public(const struct near_key *key);
void near_key_wipe(struct near_key *key);
/* Signature of 64 bytes / its check (0 good, -1 bad). */
void near_sign(const struct near_key *key, const void *data, size_t len, uint8_t ret[64]);
int near_verify(const uint8_t public_key[32], const void *data, size_t len, const uint8_t sig[64]);

/* ---- both curves ---- */

enum near_curve { NEAR_ED25519, NEAR_SECP256K1 }; /* the values are borsh's tags */
#define NEAR_PUBLIC_MOST 64
#define NEAR_SIGNATURE_MOST 65

/* ed25519: 32 bytes; secp256k1: x || y. Only form is known of it: it need not be a point. */
struct near_public_key {
	enum near_curve curve;
	uint8_t bytes[NEAR_PUBLIC_MOST];
};
/* ed25519: R || s; secp256k1: r || s || recovery id. */
struct near_signature {
	enum near_curve curve;
	uint8_t bytes[NEAR_SIGNATURE_MOST];
};
size_t near_public_key_bytes(enum near_curve curve); /* 32 or 64 */
size_t near_signature_bytes(enum near_curve curve);  /* 64 or 65 */
/* "ed25519:<base58>" or "secp256k1:<base58>"; format: caller frees. */
int near_public_key_parse(const char *text, struct near_public_key *ret, struct err *err);
char *near_public_key_format(const struct near_public_key *key);
char *near_signature_format(const struct near_signature *signature);
/* 0 good, -1 bad. secp256k1 signs the hash itself and has low s, as nearcore wants it; its recovery
 * id must be 0..3 and is not used. */
int near_signature_verify(const struct near_public_key *key, const uint8_t hash[32],
			  const struct near_signature *signature);

/* A secp256k1 pair. Wipe with near_secp256k1_wipe(). */
struct near_secp256k1_key {
	uint8_t secret[32];
	struct near_public_key public_key;
};
/* 0, or -1: the secret is zero or not below the order. */
int near_secp256k1_from_secret(const uint8_t secret[32], struct near_secp256k1_key *ret);
/* "secp256k1:<base58 of secret || x || y>"; the text itself is never in err. */
int near_secp256k1_parse(const char *text, struct near_secp256k1_key *ret, struct err *err);
char *
near_secp256k1_format_secret(const struct near_secp256k1_key *key); /* caller wipes and frees */
void near_secp256k1_wipe(struct near_secp256k1_key *key);
/* Nonce by RFC 6979, low s. */
void near_secp256k1_sign(const struct near_secp256k1_key *key, const uint8_t hash[32],
			 struct near_signature *ret);

/* The account that a key has without being created: 64 hex digits of ed25519, "0x" and 40 hex
 * digits (of Keccak-256) of secp256k1. Caller frees. */
char *near_implicit_account(const struct near_public_key *key);
bool near_account_is_implicit(const char *id);

/* "ed25519:<base58 of 32>" */
int near_public_parse(const char *text, uint8_t ret[NEAR_PUBLIC_BYTES], struct err *err);
char *near_public_format(const uint8_t public_key[NEAR_PUBLIC_BYTES]);

/* 2..64 characters by NEAR's grammar. */
bool near_account_valid(const char *id);
/* Whether `id` is one part and a dot in front of `parent`: only the parent may create it. */
bool near_account_is_child(const char *id, const char *parent);

void near_sha256(const void *data, size_t len, uint8_t ret[32]);

/* The genesis file of a built-in chain (fixed but for the chain id), and the base58 hash of such a
 * text, by which node and chain recognise each other. Callers free. chain_id: an account-like word.
 */
char *near_genesis_text(const char *chain_id);
char *near_genesis_hash(const char *text);

/* "ed25519:PK@host:port[,...]" as nearcore reads it. Empty text: zero nodes, 0. -1: err names the
 * entry; duplicate address or key is an error too (near/mpc #1793, #2149). Free with
 * near_boot_free(). "KEY" and "KEY@account" are accepted, as nearcore does: a peer without address,
 * host "" port 0. */
struct near_boot_node {
	uint8_t public_key[NEAR_PUBLIC_BYTES];
	char *host;
	uint16_t port;
};
int near_boot_parse(const char *text, struct near_boot_node **ret_nodes, size_t *ret_count,
		    struct err *err);
void near_boot_free(struct near_boot_node *nodes, size_t count);
