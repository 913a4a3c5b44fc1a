/* The own arithmetic of public points against libsodium's. */
#include <sodium.h>
#include <string.h>

#include "base/test.h"
#include "core/threshold/ed25519-internal.h"

OWN_DEFINE(table, struct ed25519_table *, free)

static void bytes_of(unsigned seed, uint8_t ret[64])
{
	crypto_hash_sha512(ret, (const uint8_t *)&seed, sizeof(seed));
}

/* Any point of the curve, mostly of mixed order; false: this seed gives none. */
static bool any_point(unsigned seed, uint8_t *ret)
{
	uint8_t bytes[64], unused[32];

	bytes_of(seed, bytes);
	memcpy(ret, bytes, 32);
	memset(bytes, 0, 32);
	bytes[0] = 1; /* the identity: adding it says whether ret is on the curve */
	return crypto_core_ed25519_add(unused, ret, bytes) == 0;
}

TEST(ed25519_public, the_same_encodings_are_points_as_for_libsodium)
{
	size_t good = 0;

	for (unsigned seed = 0; seed < 4000; seed++) {
		uint8_t points[1][THRESHOLD_POINT_MOST], sum[32];
		bool on_curve = any_point(seed, points[0]);
		int got = ed25519_public_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, 1, sum);

		CHECK_INT(got, on_curve ? 0 : -1);
		CHECK(got < 0 || !memcmp(sum, points[0], 32));
		good += on_curve;
	}
	CHECK(good > 1800 && good < 2200);
}

TEST(ed25519_public, encodings_that_are_not_canonical_are_refused)
{
	uint8_t points[1][THRESHOLD_POINT_MOST], sum[32];
	unsigned taken = 0;

	/* y from p to 2^255 - 1, and those below p with the same bits, with both signs. */
	for (unsigned k = 0; k < 64; k++) {
		memset(points[0], 0xff, 32);
		points[0][0] = (uint8_t)(0xe0 + k / 2);
		points[0][31] = k % 2 ? 0xff : 0x7f;
		if (ed25519_public_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, 1, sum) == 0) {
			CHECK(points[0][0] < 0xed);
			CHECK(!memcmp(sum, points[0], 32));
			taken++;
		}
	}
	CHECK(taken > 0);
	/* x = 0 has no sign: the identity and the point of order 2. */
	memset(points[0], 0, 32);
	points[0][0] = 1;
	points[0][31] = 0x80;
	CHECK_INT(ed25519_public_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, 1, sum), -1);
	memset(points[0], 0xff, 32);
	points[0][0] = 0xec;
	CHECK_INT(ed25519_public_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, 1, sum), -1);
	points[0][31] = 0x7f;
	CHECK_INT(ed25519_public_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, 1, sum), 0);
}

TEST(ed25519_public, sums_are_libsodiums)
{
	uint8_t points[2][THRESHOLD_POINT_MOST], got[32], want[32];
	unsigned checked = 0;

	for (unsigned seed = 0; seed < 4000; seed += 2) {
		if (!any_point(seed, points[0]) || !any_point(seed + 1, points[1]))
			continue;
		if (seed % 64 == 0)
			memcpy(points[1], points[0], 32);
		CHECK_INT(crypto_core_ed25519_add(want, points[0], points[1]), 0);
		CHECK_INT(ed25519_public_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, 2, got), 0);
		CHECK(!memcmp(got, want, 32));
		checked++;
	}
	CHECK(checked > 300);
}

/* Scalars with long runs of equal bits carry the furthest. */
static void scalar(unsigned seed, uint8_t ret[32])
{
	uint8_t bytes[64];

	bytes_of(seed, bytes);
	for (int i = 0; seed % 3 == 0 && i < 64; i++)
		if (bytes[i] % 4 < 3)
			bytes[i] = bytes[i] % 4 == 1 ? 0xff : 0;
	if (seed % 3 == 0) {
		memcpy(ret, bytes, 32);
		ret[31] &= 0x0f;
	} else {
		crypto_core_ed25519_scalar_reduce(ret, bytes);
	}
	if (seed % 7 == 0)
		memset(ret + 2, 0, 30);
	ret[0] |= seed % 2; /* all the small ones are odd or even, none is 0 */
	ret[1] |= 2;
}

TEST(ed25519_public, multiples_are_libsodiums)
{
	for (unsigned seed = 1; seed < 2000; seed++) {
		uint8_t scalars[1][32], points[1][THRESHOLD_POINT_MOST], wide[64], got[32], want[32];

		bytes_of(seed + 5000, wide);
		crypto_core_ed25519_scalar_reduce(wide, wide);
		CHECK_INT(crypto_scalarmult_ed25519_base_noclamp(points[0], wide), 0);
		scalar(seed, scalars[0]);
		CHECK_INT(crypto_scalarmult_ed25519_noclamp(want, scalars[0], points[0]), 0);
		CHECK_INT(ed25519_public_multiply_sum((const uint8_t(*)[32])scalars,
						      (const uint8_t(*)[THRESHOLD_POINT_MOST])points, 1, got),
			  0);
		CHECK(!memcmp(got, want, 32));
	}
}

TEST(ed25519_public, nothing_is_the_identity)
{
	uint8_t scalars[2][32] = { { 0 }, { 0 } }, points[2][THRESHOLD_POINT_MOST], ret[32];
	const uint8_t nine[32] = { 9 };

	CHECK_INT(crypto_scalarmult_ed25519_base_noclamp(points[0], nine), 0);
	memcpy(points[1], points[0], 32);
	CHECK_INT(ed25519_public_multiply_sum((const uint8_t(*)[32])scalars, (const uint8_t(*)[THRESHOLD_POINT_MOST])points,
					      2, ret),
		  -1);
	points[1][31] ^= 0x80;
	scalars[0][0] = scalars[1][0] = 77;
	CHECK_INT(ed25519_public_multiply_sum((const uint8_t(*)[32])scalars, (const uint8_t(*)[THRESHOLD_POINT_MOST])points,
					      2, ret),
		  -1);
	CHECK_INT(ed25519_public_multiply_sum(NULL, NULL, 0, ret), -1);
}

TEST(ed25519_public, tables_give_the_same_sums)
{
	for (unsigned seed = 1; seed < 400; seed++) {
		OWN(table) struct ed25519_table *tables = ed25519_public_tables(3);
		uint8_t scalars[4][32] = { { 0 } }, points[4][THRESHOLD_POINT_MOST], wide[64], got[32], want[32];

		for (unsigned i = 0; i < 4; i++) {
			bytes_of(10 * seed + i, wide);
			crypto_core_ed25519_scalar_reduce(wide, wide);
			CHECK_INT(crypto_scalarmult_ed25519_base_noclamp(points[i], wide), 0);
			scalar(seed + 1000 * i, scalars[i]);
			if (i < 3)
				CHECK_INT(ed25519_public_table(points[i], tables, i), 0);
		}
		memset(scalars[3], 0, 32);
		scalars[3][0] = 1;
		if (seed % 5 == 0) /* the last doubling may have nothing to add */
			scalars[0][0] = scalars[1][0] = scalars[2][0] = 0;
		if (seed == 200)
			memset(scalars, 0, 3 * sizeof(scalars[0]));
		CHECK_INT(ed25519_public_multiply_sum((const uint8_t(*)[32])scalars,
						      (const uint8_t(*)[THRESHOLD_POINT_MOST])points, 4, want),
			  0);
		CHECK_INT(ed25519_public_table_sum((const uint8_t(*)[32])scalars, tables, 3, points[3], got), 0);
		CHECK(!memcmp(got, want, 32));
	}
}
