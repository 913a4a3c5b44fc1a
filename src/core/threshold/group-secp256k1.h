/* secp256k1 beside what both groups have: for public values, and for speed. */
#pragma once
#include <secp256k1.h>

#include "core/threshold/threshold-internal.h"

/* scalar_invert() of what is no secret, more than twice as fast. */
int group_secp256k1_invert_public(const uint8_t a[32], uint8_t ret[32]);
/* point_check() that keeps the point as libsecp256k1 has it: decoding costs more than a small multiple. */
int group_secp256k1_parse(const uint8_t *point, secp256k1_pubkey *ret);
/* multiply_sum_public() of such points. */
int group_secp256k1_sum(const uint8_t (*scalars)[32], const secp256k1_pubkey *points, size_t count, uint8_t *ret);
