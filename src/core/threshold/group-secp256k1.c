/* secp256k1: scalars are our own arithmetic modulo the order n, since libsecp256k1 gives none of it (no
 * inverse, no wide reduction, no zero); points are libsecp256k1's. No branch, index or loop count here
 * depends on a scalar, but in what is called _public. */
#include <endian.h>
#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <sodium.h>
#include <string.h>

#include "core/threshold/group-secp256k1.h"

/* ---- modulo n -------------------------------------------------------------------------------------- */

__extension__ typedef unsigned __int128 wide;

#define LIMBS 4

/* Least significant first. */
static const uint64_t order[LIMBS] = { 0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe,
				       0xffffffffffffffff };
/* 2^256 - n: what 2^256 is modulo n. */
static const uint64_t fold_by[LIMBS] = { 0x402da1732fc9bebf, 0x4551231950b75fc4, 1, 0 };

static void limbs_of(const uint8_t in[32], uint64_t ret[LIMBS])
{
	uint64_t big_endian;

	for (int i = 0; i < LIMBS; i++) {
		memcpy(&big_endian, in + 8 * (LIMBS - 1 - i), 8);
		ret[i] = be64toh(big_endian);
	}
}

static void bytes_of(const uint64_t in[LIMBS], uint8_t ret[32])
{
	uint64_t big_endian;

	for (int i = 0; i < LIMBS; i++) {
		big_endian = htobe64(in[i]);
		memcpy(ret + 8 * (LIMBS - 1 - i), &big_endian, 8);
	}
}

/* ret = a - b; returns the borrow, 0 or 1. */
static uint64_t subtract_limbs(const uint64_t a[LIMBS], const uint64_t b[LIMBS], uint64_t ret[LIMBS])
{
	uint64_t borrow = 0;

	for (int i = 0; i < LIMBS; i++) {
		wide difference = (wide)a[i] - b[i] - borrow;

		ret[i] = (uint64_t)difference;
		borrow = (uint64_t)(difference >> 64) & 1;
	}
	return borrow;
}

/* a + 2^256 * carry, known to be below 2n, becomes reduced. */
static void reduce_once(uint64_t a[LIMBS], uint64_t carry)
{
	uint64_t less[LIMBS];
	uint64_t keep = 0 - (subtract_limbs(a, order, less) & (carry ^ 1)); /* all ones: a was below n */

	for (int i = 0; i < LIMBS; i++)
		a[i] = (a[i] & keep) | (less[i] & ~keep);
}

static void add_limbs(const uint64_t a[LIMBS], const uint64_t b[LIMBS], uint64_t ret[LIMBS])
{
	wide sum = 0;

	for (int i = 0; i < LIMBS; i++) {
		sum += (wide)a[i] + b[i];
		ret[i] = (uint64_t)sum;
		sum >>= 64;
	}
	reduce_once(ret, (uint64_t)sum);
}

static void subtract_modulo(const uint64_t a[LIMBS], const uint64_t b[LIMBS], uint64_t ret[LIMBS])
{
	uint64_t negative[LIMBS];

	subtract_limbs(order, b, negative); /* n itself for 0: adding it reduces too */
	add_limbs(a, negative, ret);
}

/* x += a * b, where x[4] was 0. Written out: it is what everything here spends its time with. */
static inline void add_row(uint64_t x[LIMBS + 1], uint64_t a, const uint64_t b[LIMBS])
{
	wide sum = (wide)a * b[0] + x[0];

	x[0] = (uint64_t)sum;
	sum = (wide)a * b[1] + x[1] + (uint64_t)(sum >> 64);
	x[1] = (uint64_t)sum;
	sum = (wide)a * b[2] + x[2] + (uint64_t)(sum >> 64);
	x[2] = (uint64_t)sum;
	sum = (wide)a * b[3] + x[3] + (uint64_t)(sum >> 64);
	x[3] = (uint64_t)sum;
	x[4] = (uint64_t)(sum >> 64);
}

/* x = low + 2^256 * high becomes low + (2^256 - n) * high; `high_limbs` of high may be other than 0. */
static inline void fold(uint64_t x[2 * LIMBS], int high_limbs)
{
	uint64_t high[LIMBS];

	memcpy(high, x + LIMBS, sizeof(high));
	memset(x + LIMBS, 0, sizeof(high));
#pragma GCC unroll 4
	for (int i = 0; i < high_limbs; i++)
		add_row(x + i, high[i], fold_by);
}

/* Each fold takes 127 bits off what is above 2^256: 2^512, 2^386, 2^260, 2^256 + 2^133, 2^256. */
static void reduce_wide(uint64_t x[2 * LIMBS], uint64_t ret[LIMBS])
{
	fold(x, 4);
	fold(x, 3);
	fold(x, 1);
	fold(x, 1);
	memcpy(ret, x, LIMBS * sizeof(*ret));
	reduce_once(ret, 0);
}

static void multiply_limbs(const uint64_t a[LIMBS], const uint64_t b[LIMBS], uint64_t ret[LIMBS])
{
	uint64_t x[2 * LIMBS] = { 0 };

#pragma GCC unroll 4
	for (int i = 0; i < LIMBS; i++)
		add_row(x + i, a[i], b);
	reduce_wide(x, ret);
}

/* ---- scalars as bytes --------------------------------------------------------------------------------- */

static bool scalar_is_zero(const uint8_t a[32])
{
	return sodium_is_zero(a, 32);
}

static int scalar_decode(const uint8_t in[32])
{
	uint64_t a[LIMBS], unused[LIMBS];

	limbs_of(in, a);
	return subtract_limbs(a, order, unused) ? 0 : -1;
}

static void scalar_wide(const uint8_t in[64], uint8_t ret[32])
{
	uint64_t x[2 * LIMBS], reduced[LIMBS];

	limbs_of(in, x + LIMBS);
	limbs_of(in + 32, x);
	reduce_wide(x, reduced);
	bytes_of(reduced, ret);
	sodium_memzero(x, sizeof(x));
}

void group_secp256k1_reduce(const uint8_t in[32], uint8_t ret[32])
{
	uint64_t x[LIMBS];

	limbs_of(in, x);
	reduce_once(x, 0);
	bytes_of(x, ret);
	sodium_memzero(x, sizeof(x));
}

static void scalar_random(struct threshold_session *s, uint8_t ret[32])
{
	uint8_t bytes[64];

	do {
		session_random(s, bytes, sizeof(bytes));
		scalar_wide(bytes, ret);
	} while (scalar_is_zero(ret));
	sodium_memzero(bytes, sizeof(bytes));
}

static void scalar_small(uint32_t value, uint8_t ret[32])
{
	bytes_of((uint64_t[LIMBS]){ value }, ret);
}

static void scalar_add(const uint8_t a[32], const uint8_t b[32], uint8_t ret[32])
{
	uint64_t x[LIMBS], y[LIMBS], sum[LIMBS];

	limbs_of(a, x);
	limbs_of(b, y);
	add_limbs(x, y, sum);
	bytes_of(sum, ret);
}

static void scalar_subtract(const uint8_t a[32], const uint8_t b[32], uint8_t ret[32])
{
	uint64_t x[LIMBS], y[LIMBS], difference[LIMBS];

	limbs_of(a, x);
	limbs_of(b, y);
	subtract_modulo(x, y, difference);
	bytes_of(difference, ret);
}

static void scalar_multiply(const uint8_t a[32], const uint8_t b[32], uint8_t ret[32])
{
	uint64_t x[LIMBS], y[LIMBS], product[LIMBS];

	limbs_of(a, x);
	limbs_of(b, y);
	multiply_limbs(x, y, product);
	bytes_of(product, ret);
}

/* a^(n-2), four bits of the exponent (which is no secret) at a time. */
static int scalar_invert(const uint8_t a[32], uint8_t ret[32])
{
	uint64_t powers[16][LIMBS] = { { 1 } }, power[LIMBS] = { 1 };

	if (scalar_is_zero(a))
		return -1;
	limbs_of(a, powers[1]);
	for (int i = 2; i < 16; i++)
		multiply_limbs(powers[i - 1], powers[1], powers[i]);
	for (int bit = 252; bit >= 0; bit -= 4) {
		uint64_t limb = bit < 64 ? order[0] - 2 : order[bit / 64];

		for (int i = 0; i < 4; i++)
			multiply_limbs(power, power, power);
		multiply_limbs(power, powers[limb >> bit % 64 & 15], power);
	}
	bytes_of(power, ret);
	sodium_memzero(powers, sizeof(powers));
	return 0;
}

/* ---- not for secrets: the time depends on the number ---------------------------------------------------- */

static bool is_one(const uint64_t a[LIMBS])
{
	return a[0] == 1 && !(a[1] | a[2] | a[3]);
}

/* a = (a + 2^256 * top) / 2 */
static void shift(uint64_t a[LIMBS], uint64_t top)
{
	for (int i = 0; i < LIMBS; i++)
		a[i] = a[i] >> 1 | (i + 1 < LIMBS ? a[i + 1] : top) << 63;
}

/* x / 2 modulo n */
static void halve(uint64_t x[LIMBS])
{
	wide sum = 0;

	if (x[0] & 1)
		for (int i = 0; i < LIMBS; i++) {
			sum += (wide)x[i] + order[i];
			x[i] = (uint64_t)sum;
			sum >>= 64;
		}
	shift(x, (uint64_t)sum);
}

/* Takes the factors 2 out of u, and as many out of x. */
static void make_odd(uint64_t u[LIMBS], uint64_t x[LIMBS])
{
	for (; !(u[0] & 1); shift(u, 0))
		halve(x);
}

/* The binary algorithm of Euclid: u = a * x and v = a * y modulo n throughout, both odd. */
int group_secp256k1_invert_public(const uint8_t a[32], uint8_t ret[32])
{
	uint64_t u[LIMBS], v[LIMBS], x[LIMBS] = { 1 }, y[LIMBS] = { 0 }, difference[LIMBS];

	if (scalar_is_zero(a))
		return -1;
	limbs_of(a, u);
	memcpy(v, order, sizeof(v));
	make_odd(u, x);
	while (!is_one(u)) {
		if (subtract_limbs(u, v, difference)) {
			subtract_limbs(v, u, v);
			subtract_modulo(y, x, y);
			make_odd(v, y);
		} else {
			memcpy(u, difference, sizeof(u));
			subtract_modulo(x, y, x);
			make_odd(u, x);
		}
	}
	bytes_of(x, ret);
	return 0;
}

/* ---- points ------------------------------------------------------------------------------------------- */

/* Blinds multiplications of the base point by secrets. What needs no secret uses the library's own. */
static secp256k1_context *blinded;

int group_secp256k1_init(const uint8_t seed[32])
{
	if (!blinded)
		blinded = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	return blinded && secp256k1_context_randomize(blinded, seed) ? 0 : -1;
}

int group_secp256k1_parse(const uint8_t *point, secp256k1_pubkey *ret)
{
	return secp256k1_ec_pubkey_parse(secp256k1_context_static, ret, point, 33) ? 0 : -1;
}

void group_secp256k1_encode(const secp256k1_pubkey *point, uint8_t ret[33])
{
	size_t len = 33;

	secp256k1_ec_pubkey_serialize(secp256k1_context_static, ret, &len, point, SECP256K1_EC_COMPRESSED);
}

static int point_check(const uint8_t *point)
{
	secp256k1_pubkey parsed;

	return group_secp256k1_parse(point, &parsed);
}

int group_secp256k1_base(const uint8_t scalar[32], secp256k1_pubkey *ret)
{
	return blinded && secp256k1_ec_pubkey_create(blinded, ret, scalar) ? 0 : -1;
}

static int base_multiply(const uint8_t scalar[32], uint8_t *ret)
{
	secp256k1_pubkey point;

	if (group_secp256k1_base(scalar, &point) < 0)
		return -1;
	group_secp256k1_encode(&point, ret);
	return 0;
}

int group_secp256k1_add(const secp256k1_pubkey *a, const secp256k1_pubkey *b, secp256k1_pubkey *ret)
{
	const secp256k1_pubkey *both[] = { a, b };
	secp256k1_pubkey sum;

	if (!secp256k1_ec_pubkey_combine(secp256k1_context_static, &sum, both, 2))
		return -1;
	*ret = sum;
	return 0;
}

void group_secp256k1_negate(secp256k1_pubkey *point)
{
	(void)!secp256k1_ec_pubkey_negate(secp256k1_context_static, point); /* of a point it does not fail */
}

/* secp256k1_ecdh() is the library's constant-time multiplication of any point. */
static int keep_point(unsigned char *output, const unsigned char *x, const unsigned char *y, void *unused)
{
	(void)unused;
	output[0] = 2 | (y[31] & 1);
	memcpy(output + 1, x, 32);
	return 1;
}

int group_secp256k1_multiply(const uint8_t scalar[32], const secp256k1_pubkey *point, uint8_t ret[33])
{
	return secp256k1_ecdh(secp256k1_context_static, ret, point, scalar, keep_point, NULL) ? 0 : -1;
}

static int point_multiply(const uint8_t scalar[32], const uint8_t *point, uint8_t *ret)
{
	secp256k1_pubkey parsed;
	uint8_t product[33];

	if (group_secp256k1_parse(point, &parsed) < 0 || group_secp256k1_multiply(scalar, &parsed, product) < 0)
		return -1;
	memcpy(ret, product, 33);
	return 0;
}

static int multiply_public(const uint8_t scalar[32], secp256k1_pubkey *point)
{
	static const uint8_t one[32] = { [31] = 1 };

	if (!memcmp(scalar, one, 32))
		return 0;
	return secp256k1_ec_pubkey_tweak_mul(secp256k1_context_static, point, scalar) ? 0 : -1;
}

static int point_multiply_public(const uint8_t scalar[32], const uint8_t *point, uint8_t *ret)
{
	secp256k1_pubkey product;

	if (group_secp256k1_parse(point, &product) < 0 || multiply_public(scalar, &product) < 0)
		return -1;
	group_secp256k1_encode(&product, ret);
	return 0;
}

static int combine(const secp256k1_pubkey *points, size_t count, uint8_t *ret)
{
	const secp256k1_pubkey *list[THRESHOLD_PARTIES_MOST];
	secp256k1_pubkey sum;

	for (size_t i = 0; i < count; i++)
		list[i] = &points[i];
	if (!count || !secp256k1_ec_pubkey_combine(secp256k1_context_static, &sum, list, count))
		return -1;
	group_secp256k1_encode(&sum, ret);
	return 0;
}

static int point_sum(const uint8_t (*points)[THRESHOLD_POINT_MOST], size_t count, uint8_t *ret)
{
	secp256k1_pubkey parsed[THRESHOLD_PARTIES_MOST];

	if (count > THRESHOLD_PARTIES_MOST)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (group_secp256k1_parse(points[i], &parsed[i]) < 0)
			return -1;
	return combine(parsed, count, ret);
}

static void point_negate(const uint8_t *point, uint8_t *ret)
{
	memmove(ret, point, 33);
	ret[0] ^= 1; /* 2 and 3: y is even, odd */
}

int group_secp256k1_sum(const uint8_t (*scalars)[32], const secp256k1_pubkey *points, size_t count, uint8_t *ret)
{
	secp256k1_pubkey products[THRESHOLD_PARTIES_MOST];
	size_t used = 0;

	if (count > THRESHOLD_PARTIES_MOST)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (scalar_is_zero(scalars[i]))
			continue;
		products[used] = points[i];
		if (multiply_public(scalars[i], &products[used++]) < 0)
			return -1;
	}
	return combine(products, used, ret);
}

static int multiply_sum_public(const uint8_t (*scalars)[32], const uint8_t (*points)[THRESHOLD_POINT_MOST],
			       size_t count, uint8_t *ret)
{
	secp256k1_pubkey parsed[THRESHOLD_PARTIES_MOST];

	if (count > THRESHOLD_PARTIES_MOST)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (group_secp256k1_parse(points[i], &parsed[i]) < 0)
			return -1;
	return group_secp256k1_sum(scalars, parsed, count, ret);
}

const struct group group_secp256k1 = {
	.curve = THRESHOLD_SECP256K1,
	.point_bytes = 33,
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
	.point_sum = point_sum,
	.point_negate = point_negate,
	.multiply_sum_public = multiply_sum_public,
};
