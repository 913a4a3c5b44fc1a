#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/test.h"
#include "core/threshold/group-secp256k1.h"

#define G (&group_secp256k1)
#define CASES 20000

static const char order_hex[] = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141";

/* What the numbers are compared with: OpenSSL's. */
struct reference {
	BN_CTX *ctx;
	BIGNUM *n, *a, *b, *ret;
};

static void reference_open(struct reference *r)
{
	*r = (struct reference){ BN_CTX_new(), NULL, BN_new(), BN_new(), BN_new() };
	BN_hex2bn(&r->n, order_hex);
}

static void reference_close(struct reference *r)
{
	BN_free(r->n);
	BN_free(r->a);
	BN_free(r->b);
	BN_free(r->ret);
	BN_CTX_free(r->ctx);
}

static bool same(const struct reference *r, const uint8_t got[32])
{
	uint8_t want[32];

	return BN_bn2binpad(r->ret, want, 32) == 32 && !memcmp(got, want, 32);
}

/* The numbers where carries are lost: every third case has limbs of all zeros and ones. */
static void number(unsigned seed, uint8_t ret[64])
{
	uint8_t input[5] = { 'x', (uint8_t)seed, (uint8_t)(seed >> 8), (uint8_t)(seed >> 16), 0 };

	for (int half = 0; half < 2; half++) {
		input[4] = (uint8_t)half;
		SHA256(input, sizeof(input), ret + 32 * half);
	}
	for (int limb = 0; seed % 3 == 0 && limb < 8; limb++)
		if (ret[8 * limb] % 4 < 2)
			memset(ret + 8 * limb, ret[8 * limb] % 4 ? 0xff : 0, 8);
}

static void reduced(unsigned seed, uint8_t ret[32])
{
	static const uint8_t n[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t bytes[64];

	number(seed, bytes);
	memcpy(ret, bytes, 32);
	if (!memcmp(ret, n, 8))
		ret[7] = 0xfe;
}

static void check_case(struct reference *r, unsigned seed)
{
	uint8_t a[32], b[32], got[32], both[64];

	reduced(2 * seed, a);
	reduced(2 * seed + 1, b);
	number(seed + (1u << 22), both);
	BN_bin2bn(a, 32, r->a);
	BN_bin2bn(b, 32, r->b);
	G->scalar_add(a, b, got);
	CHECK(BN_mod_add(r->ret, r->a, r->b, r->n, r->ctx) && same(r, got));
	G->scalar_subtract(a, b, got);
	CHECK(BN_mod_sub(r->ret, r->a, r->b, r->n, r->ctx) && same(r, got));
	G->scalar_multiply(a, b, got);
	CHECK(BN_mod_mul(r->ret, r->a, r->b, r->n, r->ctx) && same(r, got));
	G->scalar_wide(both, got);
	BN_bin2bn(both, 64, r->a);
	CHECK(BN_mod(r->ret, r->a, r->n, r->ctx) && same(r, got));
	if (seed % 4 || G->scalar_is_zero(b))
		return;
	CHECK(BN_mod_inverse(r->ret, r->b, r->n, r->ctx));
	CHECK_INT(G->scalar_invert(b, got), 0);
	CHECK(same(r, got));
	CHECK_INT(group_secp256k1_invert_public(b, got), 0);
	CHECK(same(r, got));
}

TEST(group_secp256k1, scalars_are_those_of_openssl)
{
	struct reference r;

	reference_open(&r);
	for (unsigned i = 0; i < CASES; i++)
		check_case(&r, i);
	reference_close(&r);
}

/* n + difference, or n - (-difference). */
static void near_order(int difference, uint8_t ret[32])
{
	BIGNUM *n = NULL;

	BN_hex2bn(&n, order_hex);
	if (difference < 0)
		BN_sub_word(n, (BN_ULONG)-difference);
	else
		BN_add_word(n, (BN_ULONG)difference);
	BN_bn2binpad(n, ret, 32);
	BN_free(n);
}

TEST(group_secp256k1, the_ends_of_the_range)
{
	uint8_t zero[32] = { 0 }, one[32], last[32], got[32], wide[64];

	G->scalar_small(1, one);
	near_order(-1, last);
	G->scalar_add(last, one, got);
	CHECK(G->scalar_is_zero(got));
	G->scalar_subtract(zero, one, got);
	CHECK(!memcmp(got, last, 32));
	G->scalar_subtract(zero, zero, got);
	CHECK(G->scalar_is_zero(got));
	G->scalar_multiply(last, last, got);
	CHECK(!memcmp(got, one, 32));
	CHECK_INT(G->scalar_invert(zero, got), -1);
	CHECK_INT(G->scalar_invert(last, got), 0);
	CHECK(!memcmp(got, last, 32));
	CHECK_INT(group_secp256k1_invert_public(zero, got), -1);
	CHECK_INT(group_secp256k1_invert_public(last, got), 0);
	CHECK(!memcmp(got, last, 32));
	CHECK_INT(group_secp256k1_invert_public(one, got), 0);
	CHECK(!memcmp(got, one, 32));
	CHECK_INT(G->scalar_decode(zero), 0);
	CHECK_INT(G->scalar_decode(last), 0);
	near_order(0, got);
	CHECK_INT(G->scalar_decode(got), -1);
	near_order(1, got);
	CHECK_INT(G->scalar_decode(got), -1);
	memset(got, 0xff, 32);
	CHECK_INT(G->scalar_decode(got), -1);
	memset(wide, 0, 32);
	near_order(0, wide + 32);
	G->scalar_wide(wide, got);
	CHECK(G->scalar_is_zero(got));
	G->scalar_small(UINT32_MAX, got);
	CHECK(got[27] == 0 && got[28] == 0xff && got[31] == 0xff);
}

/* scalar * point by OpenSSL; point NULL: the base point. */
static void openssl_multiply(const uint8_t scalar[32], const uint8_t *point, uint8_t ret[33])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_secp256k1);
	EC_POINT *p = EC_POINT_new(group), *product = EC_POINT_new(group);
	BIGNUM *number = BN_bin2bn(scalar, 32, NULL);

	if (point)
		CHECK(EC_POINT_oct2point(group, p, point, 33, NULL));
	CHECK(EC_POINT_mul(group, product, point ? NULL : number, point ? p : NULL, point ? number : NULL, NULL));
	CHECK_INT(EC_POINT_point2oct(group, product, POINT_CONVERSION_COMPRESSED, ret, 33, NULL), 33);
	BN_free(number);
	EC_POINT_free(p);
	EC_POINT_free(product);
	EC_GROUP_free(group);
}

static void seeded(void)
{
	CHECK_INT(group_secp256k1_init((const uint8_t[32]){ 7 }), 0);
}

TEST(group_secp256k1, points_are_those_of_openssl)
{
	uint8_t a[32], b[32], point[33], got[33], want[33];

	seeded();
	for (unsigned i = 0; i < 50; i++) {
		reduced(2 * i + 1, a);
		reduced(2 * i + 2, b);
		if (G->scalar_is_zero(a) || G->scalar_is_zero(b))
			continue;
		CHECK_INT(G->base_multiply(a, point), 0);
		openssl_multiply(a, NULL, want);
		CHECK(!memcmp(point, want, 33));
		openssl_multiply(b, point, want);
		CHECK_INT(G->point_multiply(b, point, got), 0);
		CHECK(!memcmp(got, want, 33));
		CHECK_INT(G->point_multiply_public(b, point, got), 0);
		CHECK(!memcmp(got, want, 33));
	}
}

TEST(group_secp256k1, sums_are_those_of_the_scalars)
{
	uint8_t scalars[3][32], sum[32] = { 0 }, product[32], got[33], want[33];
	uint8_t points[3][THRESHOLD_POINT_MOST];

	seeded();
	for (unsigned i = 0; i < 3; i++) {
		reduced(3 * i + 1, scalars[i]);
		CHECK_INT(G->base_multiply(scalars[i], points[i]), 0);
		G->scalar_add(sum, scalars[i], sum);
	}
	CHECK_INT(G->point_sum((const void *)points, 3, got), 0);
	CHECK_INT(G->base_multiply(sum, want), 0);
	CHECK(!memcmp(got, want, 33));
	memset(sum, 0, 32);
	for (unsigned i = 0; i < 3; i++) {
		G->scalar_multiply(scalars[i], scalars[i], product);
		G->scalar_add(sum, product, sum);
	}
	CHECK_INT(G->multiply_sum_public((const void *)scalars, (const void *)points, 3, got), 0);
	CHECK_INT(G->base_multiply(sum, want), 0);
	CHECK(!memcmp(got, want, 33));
	G->scalar_small(0, scalars[0]);
	G->scalar_small(1, scalars[1]);
	G->scalar_small(0, scalars[2]);
	CHECK_INT(G->multiply_sum_public((const void *)scalars, (const void *)points, 3, got), 0);
	CHECK(!memcmp(got, points[1], 33));
}

TEST(group_secp256k1, the_identity_and_what_is_no_point_are_refused)
{
	uint8_t zero[32] = { 0 }, one[32], order_bytes[32], points[2][THRESHOLD_POINT_MOST], got[33];
	uint8_t zeros[2][32] = { { 0 } };

	seeded();
	G->scalar_small(1, one);
	near_order(0, order_bytes);
	CHECK_INT(G->base_multiply(one, points[0]), 0);
	G->point_negate(points[0], points[1]);
	CHECK_INT(G->point_check(points[1]), 0);
	CHECK_INT(G->point_sum((const void *)points, 2, got), -1);
	CHECK_INT(G->multiply_sum_public((const void *)zeros, (const void *)points, 2, got), -1);
	CHECK_INT(G->base_multiply(zero, got), -1);
	CHECK_INT(G->base_multiply(order_bytes, got), -1);
	CHECK_INT(G->point_multiply(zero, points[0], got), -1);
	CHECK_INT(G->point_multiply_public(zero, points[0], got), -1);
	points[0][0] = 4;
	CHECK_INT(G->point_check(points[0]), -1);
	CHECK_INT(G->point_multiply(one, points[0], got), -1);
	memset(points[0], 0, 33);
	CHECK_INT(G->point_check(points[0]), -1);
	points[0][0] = 2; /* x = 5 is on the twist */
	points[0][32] = 5;
	CHECK_INT(G->point_check(points[0]), -1);
	memset(points[0] + 1, 0xff, 32); /* x >= p */
	CHECK_INT(G->point_check(points[0]), -1);
}
