/* The public numbers that DamgardEtAl multiplies shares with. They depend on who takes part only; all of
 * them together cost one inversion. */
#include <stdlib.h>
#include <string.h>

#include "core/threshold/damgard-internal.h"

#define G (&group_secp256k1)

/* Each value becomes its inverse; none is 0. One inversion for all: the product's, taken apart again. */
static void invert_all(uint8_t (*values)[32], size_t count)
{
	uint8_t(*before)[32] = mem_new(count, sizeof(*before)); /* products of those in front */
	uint8_t product[32], inverse[32];

	G->scalar_small(1, product);
	for (size_t i = 0; i < count; i++) {
		memcpy(before[i], product, 32);
		G->scalar_multiply(product, values[i], product);
	}
	group_secp256k1_invert_public(product, inverse);
	for (size_t i = count; i-- > 0;) {
		G->scalar_multiply(inverse, before[i], product);
		G->scalar_multiply(inverse, values[i], inverse);
		memcpy(values[i], product, 32);
	}
	free(before);
}

static void difference(uint32_t a, uint32_t b, uint8_t ret[32])
{
	uint8_t x[32], y[32];

	group_x(G, a, x);
	group_x(G, b, y);
	G->scalar_subtract(x, y, ret);
}

/* Product of x[j] - x[i] over all j but i. */
static void differences(const uint32_t *parties, size_t count, size_t i, uint8_t ret[32])
{
	uint8_t factor[32];

	G->scalar_small(1, ret);
	for (size_t j = 0; j < count; j++) {
		if (j == i)
			continue;
		difference(parties[j], parties[i], factor);
		G->scalar_multiply(ret, factor, ret);
	}
}

/* ret[i], which is 1 / differences(), becomes the weight of party i for the value at 0. */
static void at_zero(const uint32_t *parties, size_t count, uint8_t (*ret)[32])
{
	uint8_t x[32];

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++) {
			if (j == i)
				continue;
			group_x(G, parties[j], x);
			G->scalar_multiply(ret[i], x, ret[i]);
		}
}

/* The divided difference of `degree + 2` neighbours is 0 when their values are of that degree. Scaled so that
 * the first weight is 1: for parties without gaps the others are small numbers then, which are fast in the
 * exponent. */
static void scale_check(const uint32_t *parties, size_t count, uint8_t (*ret)[32])
{
	uint8_t first[32];

	differences(parties, count, 0, first);
	for (size_t i = 0; i < count; i++)
		G->scalar_multiply(ret[i], first, ret[i]);
}

void damgard_weights_new(const uint32_t *parties, size_t t, struct damgard_weights *ret)
{
	size_t count = 2 * t - 1, neighbours = t + 1, at = 0;

	ret->checks = count - t;
	ret->all = mem_new(count + t + ret->checks * neighbours, sizeof(*ret->all));
	ret->few = ret->all + count;
	ret->check = ret->few + t;
	for (size_t i = 0; i < count; i++)
		differences(parties, count, i, ret->all[at++]);
	for (size_t i = 0; i < t; i++)
		differences(parties, t, i, ret->all[at++]);
	for (size_t k = 0; k < ret->checks; k++)
		for (size_t i = 0; i < neighbours; i++)
			differences(parties + k, neighbours, i, ret->all[at++]);
	invert_all(ret->all, at);
	at_zero(parties, count, ret->all);
	at_zero(parties, t, ret->few);
	for (size_t k = 0; k < ret->checks; k++)
		scale_check(parties + k, neighbours, ret->check + k * neighbours);
}
