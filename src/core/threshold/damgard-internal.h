/* Inside of DamgardEtAl's presigning. `t` is near's reconstruction threshold: k, a and the key have degree
 * t-1, products of two of them 2t-2, and exactly 2t-1 parties take part. */
#pragma once
#include "core/threshold/group-secp256k1.h"

struct damgard_weights {
	uint8_t (*all)[32];   /* 2t-1: the value at 0 from all shares; owns what follows too */
	uint8_t (*few)[32];   /* t: the value at 0 from the first t shares */
	uint8_t (*check)[32]; /* for each of the `checks` runs of t+1 neighbours: their weights, sum 0 */
	size_t checks;
};
/* Free `all`. */
void damgard_weights_new(const uint32_t *parties, size_t t, struct damgard_weights *ret);

/* A session that was not started, its polynomials drawn from its randomness. For known answers they can be
 * set: coefficients, constant first, of k and a (t each), b, d and e (2t-1 each, their constants stay 0). */
struct threshold_session *damgard_new(const struct threshold_key *key, const struct threshold_setting *setting);
uint8_t (*damgard_polynomials(struct threshold_session *s))[32];
