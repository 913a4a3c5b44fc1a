/* What both groups have in common: x coordinates, Lagrange coefficients, polynomials. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/threshold-internal.h"

const struct group *group_of(enum threshold_curve curve)
{
	return curve == THRESHOLD_ED25519 ? &group_ed25519 : &group_secp256k1;
}

void group_x(const struct group *g, uint32_t party, uint8_t ret[32])
{
	g->scalar_small(party + 1, ret);
}

int group_lagrange(const struct group *g, const uint32_t *parties, size_t count, size_t i,
		   const uint8_t at[32], uint8_t ret[32])
{
	static const uint8_t zero[32];
	uint8_t above[32], below[32], xi[32], xj[32], difference[32];

	g->scalar_small(1, above);
	g->scalar_small(1, below);
	group_x(g, parties[i], xi);
	for (size_t j = 0; j < count; j++) {
		if (j == i)
			continue;
		group_x(g, parties[j], xj);
		g->scalar_subtract(at ? at : zero, xj, difference);
		g->scalar_multiply(above, difference, above);
		g->scalar_subtract(xi, xj, difference);
		g->scalar_multiply(below, difference, below);
	}
	if (g->scalar_invert(below, below) < 0)
		return -1;
	g->scalar_multiply(above, below, ret);
	return 0;
}

void group_polynomial(const struct group *g, const uint8_t (*coefficients)[32], size_t count,
		      const uint8_t x[32], uint8_t ret[32])
{
	uint8_t sum[32] = { 0 };

	for (size_t k = count; k-- > 0;) {
		g->scalar_multiply(sum, x, sum);
		g->scalar_add(sum, coefficients[k], sum);
	}
	memcpy(ret, sum, 32);
	sodium_memzero(sum, sizeof(sum));
}

int group_polynomial_public(const struct group *g, const uint8_t (*commitments)[THRESHOLD_POINT_MOST],
			    size_t count, const uint8_t x[32], uint8_t *ret)
{
	uint8_t powers[THRESHOLD_PARTIES_MOST][32];

	if (!count || count > THRESHOLD_PARTIES_MOST)
		return -1;
	g->scalar_small(1, powers[0]);
	for (size_t k = 1; k < count; k++)
		g->scalar_multiply(powers[k - 1], x, powers[k]);
	return g->multiply_sum_public((const uint8_t(*)[32])powers, commitments, count, ret);
}
