/* secp256k1 beside what both groups have: for public values, and for speed. */
#pragma once
#include <secp256k1.h>

#include "core/threshold/threshold-internal.h"

/* 32 bytes are a scalar once reduced: the order is so near to 2^256 that 2^-127 is all that shows. */
void group_secp256k1_reduce(const uint8_t in[32], uint8_t ret[32]);
/* scalar_invert() of what is no secret, more than twice as fast. */
int group_secp256k1_invert_public(const uint8_t a[32], uint8_t ret[32]);
/* point_check() that keeps the point as libsecp256k1 has it: decoding costs more than a small multiple. */
int group_secp256k1_parse(const uint8_t *point, secp256k1_pubkey *ret);
void group_secp256k1_encode(const secp256k1_pubkey *point, uint8_t ret[33]);
/* base_multiply(), point_multiply(), a sum of two (-1: the identity; ret may be one of them), point_negate() of such points. */
int group_secp256k1_base(const uint8_t scalar[32], secp256k1_pubkey *ret);
int group_secp256k1_multiply(const uint8_t scalar[32], const secp256k1_pubkey *point, uint8_t ret[33]);
int group_secp256k1_add(const secp256k1_pubkey *a, const secp256k1_pubkey *b, secp256k1_pubkey *ret);
void group_secp256k1_negate(secp256k1_pubkey *point);
/* multiply_sum_public() of such points. */
int group_secp256k1_sum(const uint8_t (*scalars)[32], const secp256k1_pubkey *points, size_t count, uint8_t *ret);
