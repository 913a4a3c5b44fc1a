/* A network that generates keys, signs, loses a node and signs on: processes on loopback. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "base/test.h"
#include "core/threshold/threshold.h"
#include "engine/node/node-internal.h"
#include "world.h"

#define RUNNING_MS 15000

/* ---- bringing up ------------------------------------------------------------------------------- */

struct scheme {
	int id;
	const char *protocol;
};

static json_t *domains_args(const struct scheme *schemes, size_t count, int threshold)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:i,s:s,s:i,s:s}", "id", schemes[i].id, "protocol",
						      schemes[i].protocol, "reconstruction_threshold", threshold,
						      "purpose", "Sign"));
	return json_pack("{s:o}", "domains", list);
}

static void vote_domains(struct world *w, const struct scheme *schemes, size_t count)
{
	for (size_t i = 0; i < w->count; i++)
		world_call_good(w, w->nodes[i].account, "vote_add_domains",
				domains_args(schemes, count, (int)w->threshold));
}

static void show_logs(struct world *w)
{
	for (size_t i = 0; i < w->count; i++) {
		process_says(&w->nodes[i].process, "\n\n", 50);
		fprintf(stderr, "---- node %zu\n%s\n", i, w->nodes[i].process.text ? w->nodes[i].process.text : "");
	}
}

static void bring_up(struct world *w, const struct scheme *schemes, size_t count)
{
	world_new(w);
	world_chain_start(w);
	world_accounts(w);
	world_register(w);
	for (size_t i = 0; i < w->count; i++)
		world_node_start(w, i);
	world_wait_for_mesh(w);
	vote_domains(w, schemes, count);
	if (!world_wait_state(w, "Running", RUNNING_MS)) {
		test_fail(__FILE__, __LINE__, "the contract did not come to Running");
		show_logs(w);
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- signatures ---------------------------------------------------------------------------------- */

static const uint8_t message[32] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static json_t *sign_args(int domain, bool ecdsa, const char *path)
{
	OWN(str) char *hex = hex_encode(message, sizeof(message));

	return json_pack("{s:{s:s,s:i,s:{s:s}}}", "request", "path", path, "domain_id", domain, "payload_v2",
			 ecdsa ? "Ecdsa" : "Eddsa", hex);
}

/* The value that a transaction ended with; new. */
static json_t *value_of(const json_t *answer)
{
	const char *base64 = json_string_value(json_path(answer, "result.status.SuccessValue"));
	uint8_t *data = NULL;
	size_t len;
	json_t *j = NULL;

	if (base64 && base64_decode(base64, strlen(base64), &data, &len) == 0)
		j = json_loadb((char *)data, len, JSON_DECODE_ANY, NULL);
	free(data);
	return j;
}

static bool read_signature(const json_t *j, bool ecdsa, uint8_t ret[64])
{
	const char *big_r = json_string_value(json_path(j, "big_r.affine_point"));
	const char *s = json_string_value(json_path(j, "s.scalar"));
	json_t *list = json_list(j, "signature"), *byte;
	size_t i;

	if (ecdsa)
		return big_r && s && strlen(big_r) == 66 && hex_decode(big_r + 2, 64, ret, 32) == 0 &&
		       hex_decode(s, strlen(s), ret + 32, 32) == 0;
	if (json_array_size(list) != 64)
		return false;
	json_array_foreach(list, i, byte) ret[i] = (uint8_t)json_integer_value(byte);
	return true;
}

/* Asks the contract for the signature and checks it with the key that the contract derives. */
static bool signs(struct world *w, int domain, bool ecdsa, const char *path)
{
	OWN(json) json_t *answer = world_call(w, "alice.test.near", "sign", sign_args(domain, ecdsa, path), "1");
	OWN(json) json_t *value = value_of(answer);
	OWN(json)
	json_t *key = world_view(w, "derived_public_key", json_pack("{s:s,s:s,s:i}", "path", path, "predecessor",
								    "alice.test.near", "domain_id", domain));
	OWN(str) char *text = json_text(answer);
	uint8_t signature[64], public_key[THRESHOLD_POINT_MOST];
	enum threshold_curve curve;
	struct err err = { 0 };

	if (read_signature(value, ecdsa, signature) && json_string_value(key) &&
	    contract_key_parse(json_string_value(key), &curve, public_key, &err) == 0 &&
	    threshold_verify(curve, public_key, message, sizeof(message), signature) == 0)
		return true;
	printf("# no good signature in %.150s\n", text ? text : "(no answer)");
	return false;
}

static bool can_sign(const struct world *w, size_t node, size_t domain)
{
	OWN(json) json_t *j = node_domains(&w->nodes[node]);

	return json_bool_or(json_array_get(json_list(j, "domains"), domain), "can_sign", false);
}

static bool wait_can_sign(const struct world *w, size_t node, size_t domain, bool wanted, int timeout_ms)
{
	for (int waited = 0; waited < timeout_ms; waited += 10) {
		if (can_sign(w, node, domain) == wanted)
			return true;
		test_pause(10);
	}
	return false;
}

/* ---- tests ---------------------------------------------------------------------------------------- */

static const struct scheme all_three[] = { { 0, "CaitSith" }, { 1, "Frost" }, { 2, "DamgardEtAl" } };

TEST(sign, three_nodes_generate_keys_of_all_schemes_and_sign_with_them)
{
	struct world w = { 0 };
	uint8_t seed[32] = { 1 };
	struct err err = { 0 };
	int64_t begun;

	CHECK_OK(threshold_init(seed, &err), err);
	bring_up(&w, all_three, 3);
	begun = now_ms();
	CHECK(signs(&w, 1, false, "ethereum,1"));
	CHECK(signs(&w, 2, true, "ethereum,1"));
	CHECK(signs(&w, 0, true, "ethereum,1"));
	printf("# first signatures of three schemes: %lld ms\n", (long long)(now_ms() - begun));
	begun = now_ms();
	for (int i = 0; i < 30; i++) {
		OWN(str) char *path = str_printf("path,%d", i);

		CHECK(signs(&w, i % 3, i % 3 != 1, path));
	}
	printf("# 30 more: %lld ms\n", (long long)(now_ms() - begun));
	for (size_t i = 0; i < w.count; i++) {
		OWN(str) char *text = test_get(w.nodes[i].web, "/debug/domains", NULL);
		fprintf(stderr, "DOMAINS %s\n", text);
	}
	if (getenv("SHOW"))
		show_logs(&w);
	world_free(&w);
}

#define MISSING_2 "domain 2 (DamgardEtAl) needs 3 of 3 signers; not connected: 2 mpc-node-2.test.near"

TEST(sign, network_that_loses_a_node_signs_on_and_names_what_it_cannot)
{
	struct world w = { 0 };
	OWN(str) char *signatures = NULL;
	OWN(str) char *metrics = NULL;

	bring_up(&w, all_three, 3);
	CHECK(signs(&w, 2, true, "before"));
	CHECK_INT(process_stop(&w.nodes[2].process, SIGKILL), 128 + SIGKILL);
	CHECK(wait_can_sign(&w, 0, 2, false, 3000));
	CHECK(wait_can_sign(&w, 1, 2, false, 3000));
	node_says(&w.nodes[0], "cannot sign: " MISSING_2);
	signatures = test_get(w.nodes[0].web, "/debug/signatures", NULL);
	CHECK(signatures && strstr(signatures, "Cannot sign: " MISSING_2));
	metrics = test_get(w.nodes[1].web, "/metrics", NULL);
	CHECK(metrics && strstr(metrics, "mpcup_domain_missing_signers{domain=\"2\",protocol=\"DamgardEtAl\"} 1\n"));
	CHECK(metrics && strstr(metrics, "mpcup_domain_missing_signers{domain=\"0\",protocol=\"CaitSith\"} 0\n"));
	for (int i = 0; i < 6; i++) {
		OWN(str) char *path = str_printf("without 2, %d", i);

		CHECK(signs(&w, i % 2, i % 2 == 0, path));
	}
	process_free(&w.nodes[2].process);
	world_node_start(&w, 2);
	CHECK(wait_can_sign(&w, 0, 2, true, 5000));
	CHECK(wait_can_sign(&w, 1, 2, true, 5000));
	CHECK(wait_can_sign(&w, 2, 2, true, 5000));
	for (int i = 0; i < 6; i++) {
		OWN(str) char *path = str_printf("again, %d", i);

		CHECK(signs(&w, i % 3, i % 3 != 1, path));
	}
	for (size_t i = 0; i < w.count; i++)
		CHECK_INT(process_stop(&w.nodes[i].process, SIGTERM), 0);
	if (getenv("SHOW"))
		show_logs(&w);
	world_free(&w);
}
