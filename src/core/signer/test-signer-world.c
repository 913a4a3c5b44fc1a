#include <secp256k1.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/signer/test-signer-world.h"
#include "core/threshold/threshold.h"

#define CONTRACT "mpc-contract.test.near"

static const uint8_t ed25519_root[32] = {
	0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
	0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x00,
};

/* As the process does at its start. */
static void init_once(void)
{
	static const uint8_t seed[32] = { 1 };
	static bool done;
	struct err err = { 0 };

	if (!done)
		CHECK_OK(threshold_init(seed, &err), err);
	done = true;
}

void world_new(struct world *w)
{
	init_once();
	*w = (struct world){ .state = signer_new(), .height = 100, .gas = 300000000000000 };
}

void world_close(struct world *w)
{
	json_decref(w->state);
	signer_outcome_clear(&w->out);
}

/* As the ledger keeps it. */
static void round_trip(struct world *w)
{
	OWN(str) char *text = json_text(w->state);
	struct err err = { 0 };
	json_t *again = NULL;

	CHECK_OK(signer_validate(w->state, &err), err);
	CHECK_OK(json_parse_text("state", text, strlen(text), &again, &err), err);
	CHECK(json_equal(again, w->state));
	json_decref(w->state);
	w->state = again;
}

enum signer_result world_call(struct world *w, const char *account, const char *method, const char *args)
{
	OWN(json) json_t *before = json_deep_copy(w->state);
	struct signer_call call = {
		.contract = CONTRACT,
		.signer = account,
		.predecessor = w->predecessor ? w->predecessor : account,
		.signer_key = WORLD_ED25519,
		.method = method,
		.args = args,
		.args_len = strlen(args),
		.deposit = w->deposit,
		.gas = w->gas,
		.height = w->height,
		.random = { (uint8_t)w->height, 7 },
	};

	signer_outcome_clear(&w->out);
	signer_run(w->state, &call, &w->out);
	if (w->out.result == SIGNER_PANIC || w->out.result == SIGNER_NO_METHOD) {
		CHECK(json_equal(before, w->state));
		CHECK(!w->out.changed && !w->out.value && !w->out.resumed_count && !w->out.request);
		CHECK(w->out.refund == w->deposit);
	}
	if (!w->out.changed)
		CHECK(json_equal(before, w->state));
	round_trip(w);
	return w->out.result;
}

enum signer_result world_callf(struct world *w, const char *account, const char *method, const char *fmt,
			       ...)
{
	OWN(buf) struct buf args = { 0 };
	va_list list;

	va_start(list, fmt);
	buf_vprintf(&args, fmt, list);
	va_end(list);
	return world_call(w, account, method, args.data);
}

void world_panics(struct world *w, const char *account, const char *method, const char *args,
		  const char *words)
{
	enum signer_result result = world_call(w, account, method, args);

	if (result != SIGNER_PANIC)
		test_fail(__FILE__, __LINE__, "%s(%s): result %d, expected a panic: %s", method, args,
			  (int)result, words);
	else if (!strstr(w->out.panic, words))
		test_fail(__FILE__, __LINE__, "%s(%s): \"%s\", expected: %s", method, args, w->out.panic,
			  words);
}

void world_passes(struct world *w, const char *account, const char *method, const char *args)
{
	enum signer_result result = world_call(w, account, method, args);

	if (result != SIGNER_VALUE && result != SIGNER_YIELD)
		test_fail(__FILE__, __LINE__, "%s(%s) of %s: %s", method, args, account,
			  w->out.panic ? w->out.panic : "no such method");
}

json_t *world_view(struct world *w, const char *method, const char *args)
{
	struct err err = { 0 };
	json_t *value = NULL;

	CHECK_OK(signer_view(w->state, method, args, strlen(args), w->height, &value, &err), err);
	return value;
}

void world_view_panics(struct world *w, const char *method, const char *args, const char *words)
{
	struct err err = { 0 };
	json_t *value = NULL;

	CHECK_INT(signer_view(w->state, method, args, strlen(args), w->height, &value, &err), -1);
	CHECK(!value);
	if (!strstr(err.text, words))
		test_fail(__FILE__, __LINE__, "%s(%s): \"%s\", expected: %s", method, args, err.text, words);
}

json_t *world_state(struct world *w)
{
	return world_view(w, "state", "");
}

char *world_participants(unsigned first, unsigned past, const char *key_name)
{
	struct buf b = { 0 };

	buf_str(&b, "[");
	for (unsigned i = first; i < past; i++) {
		uint8_t public_key[32] = { (uint8_t)(i + 1) };
		OWN(str) char *key = near_public_format(public_key);

		buf_printf(&b, "%s[\"n%u.near\",%u,{\"url\":\"http://n%u:80\",\"%s\":\"%s\"}]",
			   i > first ? "," : "", i, i, i, key_name, key);
	}
	buf_str(&b, "]");
	return buf_take(&b);
}

char *world_parameters(unsigned count, unsigned threshold)
{
	OWN(str) char *list = world_participants(0, count, "sign_pk");

	return str_printf("{\"threshold\":%u,\"participants\":{\"next_id\":%u,\"participants\":%s}}", threshold,
			  count, list);
}

void world_init(struct world *w, unsigned count, unsigned threshold)
{
	OWN(str) char *parameters = world_parameters(count, threshold);
	OWN(str) char *args = str_printf("{\"parameters\":%s}", parameters);

	world_new(w);
	world_passes(w, "test.near", "init", args);
}

void world_vote_domains(struct world *w, unsigned count, const char *domains)
{
	OWN(str) char *args = str_printf("{\"domains\":%s}", domains);

	for (unsigned i = 0; i < count; i++) {
		char account[32];

		snprintf(account, sizeof(account), "n%u.near", i);
		world_passes(w, account, "vote_add_domains", args);
	}
}

/* The domain whose turn it is: started by the leader, voted for by all. */
static void generate_one(struct world *w, unsigned count, const json_t *event)
{
	OWN(str) char *id = str_printf("{\"epoch_id\":%lld,\"domain_id\":%lld,\"attempt_id\":%lld}",
				       (long long)json_int_or(event, "epoch_id", -1),
				       (long long)json_int_or(json_map(event, "domain"), "id", -1),
				       (long long)json_int_or(event, "next_attempt_id", -1));
	const char *protocol = json_str(json_map(event, "domain"), "protocol");
	const char *key = str_eq(protocol, "Frost") ? WORLD_ED25519 : WORLD_SECP256K1;
	OWN(str) char *start = str_printf("{\"key_event_id\":%s}", id);
	OWN(str) char *vote = str_printf("{\"key_event_id\":%s,\"public_key\":\"%s\"}", id, key);

	world_passes(w, "n0.near", "start_keygen_instance", start);
	for (unsigned i = 0; i < count; i++) {
		char account[32];

		snprintf(account, sizeof(account), "n%u.near", i);
		world_passes(w, account, "vote_pk", vote);
	}
}

void world_generate(struct world *w, unsigned count)
{
	for (unsigned i = 0; i < 16; i++) {
		OWN(json) json_t *state = world_state(w);
		const json_t *event = json_path(state, "Initializing.generating_key");

		if (!event)
			return;
		generate_one(w, count, event);
	}
	test_fail(__FILE__, __LINE__, "key generation does not end");
}

void world_running(struct world *w)
{
	world_init(w, 3, 2);
	world_vote_domains(w, 3, "[{\"id\":0,\"scheme\":\"Secp256k1\"},{\"id\":1,\"scheme\":\"Ed25519\"}]");
	world_generate(w, 3);
}

/* ---- the network -------------------------------------------------------------------------------------- */

static json_t *answer_ecdsa(const uint8_t tweak[32], const char *payload)
{
	uint8_t secret[32], hash[32], big_r[33] = { 2 };
	struct near_secp256k1_key key;
	struct near_signature signature;
	OWN(str) char *r = NULL;
	OWN(str) char *s = NULL;

	memset(secret, 0x11, sizeof(secret));
	CHECK_INT(secp256k1_ec_seckey_tweak_add(secp256k1_context_static, secret, tweak), 1);
	CHECK_INT(near_secp256k1_from_secret(secret, &key), 0);
	CHECK_INT(hex_decode(payload, 64, hash, sizeof(hash)), 0);
	near_secp256k1_sign(&key, hash, &signature);
	memcpy(big_r + 1, signature.bytes, 32);
	r = hex_encode(big_r, sizeof(big_r));
	s = hex_encode(signature.bytes + 32, 32);
	return json_pack("{s:s,s:{s:s},s:{s:s},s:i}", "scheme", "Secp256k1", "big_r", "affine_point", r, "s",
			 "scalar", s, "recovery_id", signature.bytes[64]);
}

static void hash_wide(const uint8_t *a, const uint8_t *b, const uint8_t *message, size_t len, uint8_t ret[32])
{
	crypto_hash_sha512_state sha;
	uint8_t wide[64];

	crypto_hash_sha512_init(&sha);
	crypto_hash_sha512_update(&sha, a, 32);
	crypto_hash_sha512_update(&sha, b, 32);
	crypto_hash_sha512_update(&sha, message, len);
	crypto_hash_sha512_final(&sha, wide);
	crypto_core_ed25519_scalar_reduce(ret, wide);
}

static json_t *answer_eddsa(const uint8_t tweak[32], const char *payload)
{
	uint8_t message[1232], wide[64] = { 0 }, secret[32], point[32], nonce[32], k[32], signature[64];
	size_t len = strlen(payload) / 2;
	json_t *array = json_array();

	memcpy(wide, tweak, 32);
	crypto_core_ed25519_scalar_reduce(secret, wide);
	crypto_core_ed25519_scalar_add(secret, secret, ed25519_root);
	crypto_scalarmult_ed25519_base_noclamp(point, secret);
	CHECK_INT(hex_decode(payload, 2 * len, message, len), 0);
	hash_wide(secret, point, message, len, nonce);
	crypto_scalarmult_ed25519_base_noclamp(signature, nonce);
	hash_wide(signature, point, message, len, k);
	crypto_core_ed25519_scalar_mul(k, k, secret);
	crypto_core_ed25519_scalar_add(signature + 32, nonce, k);
	for (size_t i = 0; i < sizeof(signature); i++)
		json_array_append_new(array, json_integer(signature[i]));
	return json_pack("{s:s,s:o}", "scheme", "Ed25519", "signature", array);
}

json_t *world_answer(const json_t *pending)
{
	const char *ecdsa = json_str(json_map(pending, "payload"), "Ecdsa");
	uint8_t tweak[32];

	CHECK_INT(hex_decode(json_str_or(pending, "tweak", ""), 64, tweak, sizeof(tweak)), 0);
	return ecdsa ? answer_ecdsa(tweak, ecdsa)
		     : answer_eddsa(tweak, json_str_or(json_map(pending, "payload"), "Eddsa", ""));
}

enum signer_result world_respond(struct world *w, const char *account, const json_t *pending,
				 const json_t *response)
{
	OWN(json) json_t *args = NULL;
	OWN(str) char *text = NULL;
	json_t *tweak = json_array();
	uint8_t raw[32] = { 0 };

	hex_decode(json_str_or(pending, "tweak", ""), 64, raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		json_array_append_new(tweak, json_integer(raw[i]));
	args = json_pack("{s:{s:o,s:O,s:O},s:O}", "request", "tweak", tweak, "payload",
			 json_object_get(pending, "payload"), "domain_id", json_object_get(pending, "domain_id"),
			 "response", response);
	text = json_text(args);
	return world_call(w, account, "respond", text);
}

char *world_sign_args(const char *path, unsigned domain, const char *payload)
{
	return str_printf("{\"request\":{\"path\":\"%s\",\"domain_id\":%u,\"payload_v2\":%s}}", path, domain,
			  payload);
}
