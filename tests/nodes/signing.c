#include "signing.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "base/test.h"
#include "core/threshold/threshold.h"
#include "engine/node/node-internal.h"

const struct scheme all_three[3] = { { 0, "CaitSith" }, { 1, "Frost" }, { 2, "DamgardEtAl" } };

/* ---- bringing up ------------------------------------------------------------------------------- */

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
	for (size_t i = 0; i < (w->registered ? w->registered : w->count); i++)
		world_call_good(w, w->nodes[i].account, "vote_add_domains",
				domains_args(schemes, count, (int)w->threshold));
}

void signing_show_logs(struct world *w)
{
	for (size_t i = 0; i < w->count; i++) {
		process_says(&w->nodes[i].process, "\n\n", 50);
		fprintf(stderr, "---- node %zu\n%s\n", i, w->nodes[i].process.text ? w->nodes[i].process.text : "");
	}
}

void signing_begin(struct world *w, const struct scheme *schemes, size_t count)
{
	uint8_t seed[32] = { 1 };
	struct err err = { 0 };

	CHECK_OK(threshold_init(seed, &err), err);
	world_new(w);
	world_chain_start(w);
	world_accounts(w);
	world_register(w);
	for (size_t i = 0; i < w->count; i++)
		world_node_start(w, i);
	vote_domains(w, schemes, count);
}

void signing_bring_up(struct world *w, const struct scheme *schemes, size_t count)
{
	signing_begin(w, schemes, count);
	if (!world_wait_state(w, "Running", PATIENCE_MS)) {
		test_fail(__FILE__, __LINE__, "the contract did not come to Running");
		signing_show_logs(w);
	}
}

int64_t signing_now_ms(void)
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
bool signing_signs(struct world *w, int domain, bool ecdsa, const char *path)
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

static bool can_sign(struct world *w, size_t node, size_t domain)
{
	OWN(json) json_t *j = node_domains(&w->nodes[node]);

	return json_bool_or(json_array_get(json_list(j, "domains"), domain), "can_sign", false);
}

bool signing_wait(struct world *w, size_t node, size_t domain, bool can, int timeout_ms)
{
	for (int waited = 0; waited < timeout_ms; waited += 10) {
		if (can_sign(w, node, domain) == can)
			return true;
		test_pause(10);
	}
	return false;
}
