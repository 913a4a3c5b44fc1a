/* SHA3-256 (FIPS 202) and Keccak-256 as Ethereum uses it: one permutation, two paddings. OpenSSL 3.0 has only
 * the former. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void sha3_256(const void *data, size_t len, uint8_t ret[32]);
void keccak_256(const void *data, size_t len, uint8_t ret[32]);
/* HMAC and HKDF (RFC 2104, 5869) over SHA3-256; the first 32 bytes. */
void hmac_sha3_256(const void *key, size_t key_len, const void *data, size_t len, uint8_t ret[32]);
void hkdf_sha3_256(const void *salt, size_t salt_len, const void *key, size_t key_len, const void *info,
		   size_t info_len, uint8_t ret[32]);
