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
