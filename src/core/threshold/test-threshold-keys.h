/* Keys for tests: made by a real key generation in a world. */
#pragma once
#include "core/threshold/test-threshold-world.h"

/* Ids of parties that are not consecutive: 0, 3, 4, 9, 11, ... */
extern const uint32_t test_ids[8];
/* threshold_init(), once. */
void test_threshold_init(void);
/* One key per party, the caller's. */
void test_generate(enum threshold_curve curve, const uint32_t *ids, size_t n, size_t t, uint64_t seed,
		   struct threshold_key **ret);
void test_free_keys(struct threshold_key **keys, size_t n);
/* The group's private key from the first t shares; checks that it is that of the public key. */
void test_check_key(struct threshold_key *const *keys, size_t n);
