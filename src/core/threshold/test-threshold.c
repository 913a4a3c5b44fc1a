#include "core/threshold/threshold.h"

#include <sodium.h>
#include <string.h>

#include "base/test.h"
#include "core/threshold/test-threshold-keys.h"

TEST(threshold, schemes_have_nears_names)
{
	enum threshold_scheme scheme;

	for (int i = 0; i < 3; i++) {
		CHECK_INT(threshold_scheme_parse(threshold_scheme_name((enum threshold_scheme)i), &scheme), 0);
		CHECK_INT(scheme, i);
	}
	CHECK_STR(threshold_scheme_name(THRESHOLD_DAMGARD_ET_AL), "DamgardEtAl");
	CHECK_INT(threshold_scheme_parse("frost", &scheme), -1);
	CHECK_INT(threshold_scheme_curve(THRESHOLD_FROST), THRESHOLD_ED25519);
	CHECK_INT(threshold_scheme_curve(THRESHOLD_CAIT_SITH), THRESHOLD_SECP256K1);
}

static void check_scheme(enum threshold_scheme scheme, size_t n, size_t t, const char *reason)
{
	struct err err = { 0 };

	CHECK_INT(threshold_scheme_check(scheme, n, t, &err), reason ? -1 : 0);
	if (reason && !strstr(err.text, reason))
		test_fail(__FILE__, __LINE__, "\"%s\" is not in \"%s\"", reason, err.text);
}

TEST(threshold, impossible_schemes_are_refused_with_the_reason)
{
	check_scheme(THRESHOLD_FROST, 2, 2, NULL);
	check_scheme(THRESHOLD_FROST, 128, 128, NULL);
	check_scheme(THRESHOLD_FROST, 129, 2, "at most 128");
	check_scheme(THRESHOLD_CAIT_SITH, 3, 1, "threshold 1 of 3");
	check_scheme(THRESHOLD_CAIT_SITH, 3, 4, "threshold 4 of 3");
	check_scheme(THRESHOLD_DAMGARD_ET_AL, 3, 2, NULL);
	check_scheme(THRESHOLD_DAMGARD_ET_AL, 2, 2, "needs 3 parties");
	check_scheme(THRESHOLD_DAMGARD_ET_AL, 4, 3, "use CaitSith");
}

/* ---- edwards25519: what libsodium lets through ------------------------------------------------------------ */

static void from_hex(const char *hex, uint8_t *ret, size_t len)
{
	CHECK_INT(hex_decode(hex, strlen(hex), ret, len), 0);
}

TEST(ed25519, points_that_are_not_of_the_group_are_refused)
{
	static const char *const bad[] = {
		"0100000000000000000000000000000000000000000000000000000000000000", /* identity */
		"0100000000000000000000000000000000000000000000000000000000000080", /* its x negative */
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* order 2 */
		"0000000000000000000000000000000000000000000000000000000000000000", /* order 4 */
		"0000000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", /* order 8 */
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* identity, y = p + 1 */
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y = p */
		"0200000000000000000000000000000000000000000000000000000000000000", /* not on the curve */
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	uint8_t point[32], base[32], one[32] = { 1 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		from_hex(bad[i], point, 32);
		if (group_ed25519.point_check(point) == 0)
			test_fail(__FILE__, __LINE__, "%s is taken", bad[i]);
	}
	/* The base point plus each point of small order. */
	CHECK_INT(group_ed25519.base_multiply(one, base), 0);
	CHECK_INT(group_ed25519.point_check(base), 0);
	for (size_t i = 2; i < 6; i++) {
		from_hex(bad[i], point, 32);
		CHECK_INT(crypto_core_ed25519_add(point, point, base), 0);
		CHECK(group_ed25519.point_check(point) < 0);
	}
}

TEST(ed25519, scalars_are_below_the_order)
{
	uint8_t order[32], a[32] = { 0 };

	from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", order, 32);
	CHECK_INT(group_ed25519.scalar_decode(a), 0);
	CHECK_INT(group_ed25519.scalar_decode(order), -1);
	memcpy(a, order, 32);
	a[0]--;
	CHECK_INT(group_ed25519.scalar_decode(a), 0);
	a[0] += 2;
	CHECK_INT(group_ed25519.scalar_decode(a), -1);
	memset(a, 0xff, 32);
	CHECK_INT(group_ed25519.scalar_decode(a), -1);
}

static void number(unsigned seed, uint8_t ret[32])
{
	uint8_t wide[64];

	crypto_hash_sha512(wide, (const uint8_t *)&seed, sizeof(seed));
	group_ed25519.scalar_wide(wide, ret);
}

TEST(groups, sums_of_multiples_agree_with_sums_of_scalars)
{
	static const struct group *const groups[] = { &group_ed25519, &group_secp256k1 };
	uint8_t scalars[20][32], points[20][THRESHOLD_POINT_MOST], logs[20][32], sum[32], part[32], zero[32] = { 0 };
	uint8_t got[THRESHOLD_POINT_MOST], want[THRESHOLD_POINT_MOST];

	test_threshold_init();
	for (unsigned run = 0; run < 40; run++) {
		const struct group *g = groups[run % 2];
		size_t count = 1 + run / 2;

		memset(sum, 0, 32);
		for (unsigned i = 0; i < count; i++) {
			number(1000 * run + i, logs[i]);
			number(1000 * run + 500 + i, scalars[i]);
			if (i % 4 == 1)
				g->scalar_small(i % 8 == 1 ? 0 : i, scalars[i]);
			logs[i][0] = 0; /* below both orders, in either order of bytes */
			scalars[i][0] = g == &group_secp256k1 ? 0 : scalars[i][0];
			CHECK_INT(g->base_multiply(logs[i], points[i]), 0);
			g->scalar_multiply(scalars[i], logs[i], part);
			g->scalar_add(sum, part, sum);
		}
		CHECK_INT(g->multiply_sum_public((const uint8_t(*)[32])scalars, (const uint8_t(*)[THRESHOLD_POINT_MOST])points,
						 count, got),
			  0);
		CHECK_INT(g->base_multiply(sum, want), 0);
		CHECK(!memcmp(got, want, g->point_bytes));
		/* The opposite of it added gives nothing. */
		g->point_negate(want, points[1]);
		memcpy(points[0], got, THRESHOLD_POINT_MOST);
		CHECK_INT(g->point_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, 2, got), -1);
		g->scalar_small(3, scalars[0]);
		g->scalar_small(3, scalars[1]);
		CHECK_INT(g->multiply_sum_public((const uint8_t(*)[32])scalars, (const uint8_t(*)[THRESHOLD_POINT_MOST])points, 2,
						 got),
			  -1);
		CHECK_INT(g->base_multiply(zero, got), -1);
		CHECK_INT(g->point_multiply(zero, want, got), -1);
	}
}

TEST(groups, lagrange_coefficients_interpolate_anywhere)
{
	static const struct group *const groups[] = { &group_ed25519, &group_secp256k1 };
	static const uint32_t twice[] = { 4, 4 };
	uint8_t coefficients[3][32] = { { 0, 1, 2 }, { 0, 3, 4 }, { 0, 5, 6 } };
	uint8_t at[32], lambda[32], value[32], sum[32], want[32];

	for (size_t k = 0; k < 2; k++) {
		const struct group *g = groups[k];

		g->scalar_small(77, at);
		memset(sum, 0, 32);
		for (size_t i = 0; i < 3; i++) {
			CHECK_INT(group_lagrange(g, test_ids + 3, 3, i, at, lambda), 0);
			group_x(g, test_ids[3 + i], value);
			group_polynomial(g, (const uint8_t(*)[32])coefficients, 3, value, value);
			g->scalar_multiply(lambda, value, value);
			g->scalar_add(sum, value, sum);
		}
		group_polynomial(g, (const uint8_t(*)[32])coefficients, 3, at, want);
		CHECK(!memcmp(sum, want, 32));
		CHECK_INT(group_lagrange(g, twice, 2, 0, NULL, lambda), -1);
	}
}

/* ---- shares as bytes ---------------------------------------------------------------------------------- */

static int decode(const struct buf *b, size_t len)
{
	OWN(threshold_key) struct threshold_key *key = NULL;
	struct err err = { 0 };
	int result = threshold_key_decode((const uint8_t *)b->data, len, &key, &err);

	CHECK(result == 0 ? key != NULL : key == NULL && err.text[0]);
	return result;
}

static void check_encoding(enum threshold_curve curve, size_t n, size_t t)
{
	OWN(threshold_key) struct threshold_key *again = NULL;
	struct threshold_key *keys[8];
	OWN(buf) struct buf b = { 0 };
	struct err err = { 0 };

	test_generate(curve, test_ids, n, t, 90, keys);
	threshold_key_encode(keys[1], &b);
	CHECK_OK(threshold_key_decode((const uint8_t *)b.data, b.len, &again, &err), err);
	CHECK(!memcmp(again->public_shares, keys[1]->public_shares, sizeof(again->public_shares)));
	CHECK(!memcmp(again->secret, keys[1]->secret, 32));
	CHECK(!memcmp(again->parties, keys[1]->parties, sizeof(again->parties)));
	CHECK(again->t == t && again->count == n && again->self == test_ids[1] && again->curve == curve);
	for (size_t len = 0; len < b.len; len += 7)
		CHECK_INT(decode(&b, len), -1);
	for (size_t at = 0; at < b.len; at++) {
		b.data[at] ^= (char)(1 << at % 8);
		CHECK_INT(decode(&b, b.len), -1);
		b.data[at] ^= (char)(1 << at % 8);
	}
	buf_char(&b, 0);
	CHECK_INT(decode(&b, b.len), -1);
	test_free_keys(keys, n);
}

TEST(keys, every_change_of_the_bytes_is_found)
{
	check_encoding(THRESHOLD_ED25519, 3, 2);
	check_encoding(THRESHOLD_SECP256K1, 4, 3);
}

/* ---- derived keys --------------------------------------------------------------------------------------- */

TEST(threshold, points_are_expanded_and_compressed)
{
	uint8_t one[32] = { [31] = 1 }, point[33], xy[64], again[33];

	test_threshold_init();
	CHECK_INT(group_secp256k1.base_multiply(one, point), 0);
	CHECK_INT(threshold_point_expand(point, xy), 0);
	CHECK(!memcmp(xy, point + 1, 32) && (xy[63] & 1) == (point[0] & 1));
	CHECK_INT(threshold_point_compress(xy, again), 0);
	CHECK(!memcmp(point, again, 33));
	xy[5] ^= 1;
	CHECK_INT(threshold_point_compress(xy, again), -1);
	memset(point + 1, 0xff, 32);
	CHECK_INT(threshold_point_expand(point, xy), -1);
}

TEST(threshold, tweaks_out_of_range_are_refused_on_secp256k1_and_reduced_on_ed25519)
{
	uint8_t tweak[32], one[32] = { [31] = 1 }, little[32] = { 1 }, point[33], ret[33];

	test_threshold_init();
	memset(tweak, 0xff, 32);
	CHECK_INT(group_secp256k1.base_multiply(one, point), 0);
	CHECK_INT(threshold_derive(THRESHOLD_SECP256K1, point, tweak, ret), -1);
	CHECK_INT(threshold_derive(THRESHOLD_SECP256K1, point, one, ret), 0);
	CHECK_INT(group_ed25519.base_multiply(little, point), 0);
	CHECK_INT(threshold_derive(THRESHOLD_ED25519, point, tweak, ret), 0);
	memset(tweak, 0, 32);
	CHECK_INT(threshold_derive(THRESHOLD_ED25519, point, tweak, ret), 0);
	CHECK(!memcmp(point, ret, 32));
	/* The order minus one: nothing is left. */
	from_hex("ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", tweak, 32);
	CHECK_INT(threshold_derive(THRESHOLD_ED25519, point, tweak, ret), -1);
}
