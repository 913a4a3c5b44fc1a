#include "core/threshold/test-threshold-keys.h"

#include <string.h>

#include "base/test.h"

const uint32_t test_ids[8] = { 0, 3, 4, 9, 11, 250, 256, 70000 };

void test_threshold_init(void)
{
	static const uint8_t seed[32] = { 7 };
	static bool done;
	struct err err = { 0 };

	if (!done)
		CHECK_OK(threshold_init(seed, &err), err);
	done = true;
}

void test_generate(enum threshold_curve curve, const uint32_t *ids, size_t n, size_t t, uint64_t seed,
		   struct threshold_key **ret)
{
	OWN(world) struct world w;

	test_threshold_init();
	world_open(&w, seed, ids, n);
	for (size_t i = 0; i < n; i++) {
		struct threshold_setting setting = world_setting(&w, i);

		w.sessions[i] = threshold_generate(curve, t, &setting);
	}
	world_run(&w);
	world_done(&w);
	for (size_t i = 0; i < n; i++)
		ret[i] = threshold_take_key(w.sessions[i]);
}

void test_free_keys(struct threshold_key **keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		threshold_key_free(keys[i]);
}

void test_check_key(struct threshold_key *const *keys, size_t n)
{
	const struct group *g = group_of(keys[0]->curve);
	uint8_t secret[32] = { 0 }, lambda[32], point[THRESHOLD_POINT_MOST];

	for (size_t i = 0; i < keys[0]->t; i++) {
		CHECK_INT(group_lagrange(g, keys[0]->parties, keys[0]->t, i, NULL, lambda), 0);
		g->scalar_multiply(lambda, keys[i]->secret, lambda);
		g->scalar_add(secret, lambda, secret);
	}
	CHECK_INT(g->base_multiply(secret, point), 0);
	CHECK(!memcmp(point, keys[0]->public_key, g->point_bytes));
	for (size_t i = 0; i < n; i++) {
		CHECK_INT(keys[i]->count, n);
		CHECK(!memcmp(keys[i]->public_key, keys[0]->public_key, THRESHOLD_POINT_MOST));
		CHECK(!memcmp(keys[i]->public_shares, keys[0]->public_shares, sizeof(keys[0]->public_shares)));
		CHECK_INT(g->base_multiply(keys[i]->secret, point), 0);
		CHECK(!memcmp(point, keys[0]->public_shares[i], g->point_bytes));
	}
}
