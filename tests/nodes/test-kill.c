/* SIGKILL at random moments of key generation, presigning, signing and resharing: no wrong signature, no
 * share lost, the network signs again. MPCUP_KILLS says how many (default 9), MPCUP_SEED which moments. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "signing.h"

static uint32_t seed;

static uint32_t next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(seed >> 8) * below) >> 24);
}

static unsigned kills(void)
{
	const char *text = getenv("MPCUP_KILLS");
	const char *seed_text = getenv("MPCUP_SEED");
	uint64_t count = 9, value = 1;

	if (text)
		CHECK_INT(num_parse_u64(text, 1, 100000, &count), 0);
	if (seed_text)
		CHECK_INT(num_parse_u64(seed_text, 0, UINT32_MAX, &value), 0);
	seed = (uint32_t)value;
	return (unsigned)count;
}

/* Kills one after at most `most_ms`, starts it again. */
static void kill_one(struct world *w, uint32_t most_ms)
{
	uint32_t i = next_random((uint32_t)w->count), after_ms = next_random(most_ms + 1);

	test_pause((int)after_ms);
	CHECK_INT(process_stop(&w->nodes[i].process, SIGKILL), 128 + SIGKILL);
	if (getenv("SHOW"))
		fprintf(stderr, "killed %u after %u ms\n", i, after_ms);
	process_free(&w->nodes[i].process);
	world_node_start(w, i);
}

static void all_sign(struct world *w, const char *when, unsigned round)
{
	for (size_t node = 0; node < w->count; node++)
		for (size_t domain = 0; domain < 3; domain++)
			CHECK(signing_wait(w, node, domain, true, PATIENCE_MS));
	for (int domain = 0; domain < 3; domain++) {
		OWN(str) char *path = str_printf("%s %u %d", when, round, domain);

		if (signing_signs(w, domain, domain != 1, path))
			continue;
		test_fail(__FILE__, __LINE__, "domain %d, %s, round %u", domain, when, round);
		signing_show_logs(w);
	}
}

static bool wait_running(struct world *w, int epoch)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += 10) {
		OWN(json) json_t *state = world_view(w, "state", json_object());
		const json_t *is = json_path(state, "Running.keyset.epoch_id");
		size_t keys = json_array_size(json_path(state, "Running.keyset.domains"));

		if (is && json_integer_value(is) == epoch && keys == 3)
			return true;
		test_pause(10);
	}
	test_fail(__FILE__, __LINE__, "the contract is not Running in epoch %d", epoch);
	signing_show_logs(w);
	return false;
}

TEST(kill, key_generation_begins_again_and_ends)
{
	unsigned rounds = (kills() + 2) / 3;

	for (unsigned round = 0; round < rounds; round++) {
		struct world w = { 0 };

		signing_begin(&w, all_three, 3);
		kill_one(&w, 120);
		if (wait_running(&w, 0))
			all_sign(&w, "generated", round);
		world_free(&w);
	}
}

static char *sign_later(struct world *w, int domain, unsigned round)
{
	static const char hex[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	OWN(str) char *path = str_printf("kill %u %d", round, domain);

	return world_call_later(w, "alice.test.near", "sign",
				json_pack("{s:{s:s,s:i,s:{s:s}}}", "request", "path", path, "domain_id", domain,
					  "payload_v2", domain == 1 ? "Eddsa" : "Ecdsa", hex),
				"1");
}

/* The contract checks each signature, so that a value is a good one. */
TEST(kill, requests_that_wait_are_signed_all_the_same)
{
	unsigned rounds = (kills() + 2) / 3;
	struct world w = { 0 };

	signing_bring_up(&w, all_three, 3);
	all_sign(&w, "before", 0);
	for (unsigned round = 0; round < rounds; round++) {
		char *hashes[3];

		for (int domain = 0; domain < 3; domain++)
			hashes[domain] = sign_later(&w, domain, round);
		kill_one(&w, round % 2 ? 10 : 300);
		for (int domain = 0; domain < 3; domain++) {
			if (!world_ends_well(&w, hashes[domain], "alice.test.near", PATIENCE_MS)) {
				test_fail(__FILE__, __LINE__, "round %u, domain %d", round, domain);
				signing_show_logs(&w);
			}
			free(hashes[domain]);
		}
		all_sign(&w, "killed", round);
	}
	world_free(&w);
}

TEST(kill, resharing_begins_again_and_ends)
{
	unsigned rounds = (kills() + 2) / 3;
	struct world w = { 0 };

	signing_bring_up(&w, all_three, 3);
	for (unsigned round = 0; round < rounds; round++) {
		world_reshare(&w, 0x7, 2, (int)round + 1);
		kill_one(&w, 150);
		if (wait_running(&w, (int)round + 1))
			all_sign(&w, "reshared", round);
	}
	world_free(&w);
}
