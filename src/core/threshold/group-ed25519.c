/* The prime-order group of edwards25519: libsodium, and ed25519-public.c where all is public. Neither asks
 * for the order of points it adds, and libsodium reduces scalars in silence, so whatever comes from outside
 * goes through scalar_decode and point_check first. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/ed25519-internal.h"

/* ---- scalars --------------------------------------------------------------------------------------- */

static int scalar_decode(const uint8_t in[32])
{
	uint8_t wide[64] = { 0 }, reduced[32];
	int same;

	memcpy(wide, in, 32);
	crypto_core_ed25519_scalar_reduce(reduced, wide);
	same = sodium_memcmp(reduced, in, 32);
	sodium_memzero(wide, sizeof(wide));
	sodium_memzero(reduced, sizeof(reduced));
	return same;
}

static bool scalar_is_zero(const uint8_t a[32])
{
	return sodium_is_zero(a, 32);
}

static void scalar_wide(const uint8_t in[64], uint8_t ret[32])
{
	crypto_core_ed25519_scalar_reduce(ret, in);
}

static void scalar_random(struct threshold_session *s, uint8_t ret[32])
{
	uint8_t wide[64];

	do {
		session_random(s, wide, sizeof(wide));
		scalar_wide(wide, ret);
	} while (scalar_is_zero(ret));
	sodium_memzero(wide, sizeof(wide));
}

static void scalar_small(uint32_t value, uint8_t ret[32])
{
	memset(ret, 0, 32);
	for (int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(value >> (8 * i));
}

static void scalar_add(const uint8_t a[32], const uint8_t b[32], uint8_t ret[32])
{
	crypto_core_ed25519_scalar_add(ret, a, b);
}

static void scalar_subtract(const uint8_t a[32], const uint8_t b[32], uint8_t ret[32])
{
	crypto_core_ed25519_scalar_sub(ret, a, b);
}

static void scalar_multiply(const uint8_t a[32], const uint8_t b[32], uint8_t ret[32])
{
	crypto_core_ed25519_scalar_mul(ret, a, b);
}

static int scalar_invert(const uint8_t a[32], uint8_t ret[32])
{
	uint8_t inverse[32];

	if (crypto_core_ed25519_scalar_invert(inverse, a) < 0)
		return -1;
	memcpy(ret, inverse, 32);
	sodium_memzero(inverse, sizeof(inverse));
	return 0;
}

/* ---- points ---------------------------------------------------------------------------------------- */

static int point_check(const uint8_t *point)
{
	return crypto_core_ed25519_is_valid_point(point) == 1 ? 0 : -1;
}

static int base_multiply(const uint8_t scalar[32], uint8_t *ret)
{
	uint8_t product[32];

	/* For 0 it fails, but writes the identity all the same. */
	if (crypto_scalarmult_ed25519_base_noclamp(product, scalar) < 0)
		return -1;
	memcpy(ret, product, 32);
	return 0;
}

static int point_multiply(const uint8_t scalar[32], const uint8_t *point, uint8_t *ret)
{
	uint8_t product[32];

	if (point_check(point) < 0 || crypto_scalarmult_ed25519_noclamp(product, scalar, point) < 0)
		return -1;
	memcpy(ret, product, 32);
	return 0;
}

static void point_negate(const uint8_t *point, uint8_t *ret)
{
	memmove(ret, point, 32);
	ret[31] ^= 0x80; /* the sign of x, which is 0 for no point of prime order */
}

static int point_multiply_public(const uint8_t scalar[32], const uint8_t *point, uint8_t *ret)
{
	uint8_t scalars[1][32], points[1][THRESHOLD_POINT_MOST];

	memcpy(scalars[0], scalar, 32);
	memcpy(points[0], point, 32);
	return ed25519_public_multiply_sum((const uint8_t(*)[32])scalars, (const uint8_t(*)[THRESHOLD_POINT_MOST])points,
					   1, ret);
}

const struct group group_ed25519 = {
	.curve = THRESHOLD_ED25519,
	.point_bytes = 32,
	.scalar_decode = scalar_decode,
	.scalar_random = scalar_random,
	.scalar_wide = scalar_wide,
	.scalar_small = scalar_small,
	.scalar_add = scalar_add,
	.scalar_subtract = scalar_subtract,
	.scalar_multiply = scalar_multiply,
	.scalar_invert = scalar_invert,
	.scalar_is_zero = scalar_is_zero,
	.point_check = point_check,
	.base_multiply = base_multiply,
	.point_multiply = point_multiply,
	.point_multiply_public = point_multiply_public,
	.point_sum = ed25519_public_sum,
	.point_negate = point_negate,
	.multiply_sum_public = ed25519_public_multiply_sum,
};
