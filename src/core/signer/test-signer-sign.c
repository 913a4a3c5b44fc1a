/* Signature requests: what is taken, who may answer, what ends them. */
#include <string.h>

#include "core/signer/test-signer-world.h"

#define USER "alice.localnet"
#define HASH "f5deb23a5b22acfcd60e56169e498b2f0246b397ec86fd74282031aa3e7b40a2"
#define ECDSA "{\"Ecdsa\":\"" HASH "\"}"
#define ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"

static void sign(struct world *w, const char *path, unsigned domain, const char *payload)
{
	OWN(str) char *args = world_sign_args(path, domain, payload);

	w->deposit = 1;
	CHECK_INT(world_call(w, USER, "sign", args), SIGNER_YIELD);
	w->deposit = 0;
}

static json_t *first_pending(const struct world *w)
{
	OWN(json) json_t *all = signer_pending(w->state);

	return json_incref(json_array_get(all, 0));
}

TEST(signer_sign, request_waits_with_all_that_the_nodes_need)
{
	OWN(world) struct world w;
	OWN(json) json_t *pending = NULL;

	world_running(&w);
	sign(&w, "ethereum-1", 0, ECDSA);
	CHECK_INT(strlen(w.out.request), 64);
	CHECK(w.out.refund == 0);
	CHECK_STR(json_string_value(json_array_get(w.out.logs, 0)),
		  "sign: predecessor=alice.localnet, path=ethereum-1, domain_id=0, payload={\"Ecdsa\":\"" HASH "\"}");
	pending = first_pending(&w);
	CHECK_STR(json_str(pending, "request"), w.out.request);
	CHECK_STR(json_str(pending, "tweak"), "79bb4760e831976de1fbef20578369d1d53e3bca09a04c6f2f099244a7206ead");
	CHECK_STR(json_str(json_map(pending, "payload"), "Ecdsa"), HASH);
	CHECK_STR(json_str(pending, "predecessor"), USER);
	CHECK_STR(json_str(pending, "path"), "ethereum-1");
	CHECK_STR(json_str(pending, "entropy"), "6407000000000000000000000000000000000000000000000000000000000000");
	CHECK_INT(json_int_or(pending, "height", -1), 100);
	CHECK_INT(json_int_or(pending, "domain_id", -1), 0);
}

TEST(signer_sign, older_payload_and_key_version_mean_the_same)
{
	static const char *const same[] = {
		"{\"path\":\"p\",\"payload\":[" WORLD_ZERO_TO_31 "],\"key_version\":0}",
		"{\"path\":\"p\",\"payload\":[" WORLD_ZERO_TO_31 "],\"domain_id\":0,\"payload_v2\":null,\"key_version\":null}",
		("{\"path\":\"p\",\"key_version\":0,\"payload_v2\":{\"Ecdsa\":"
		 "\"000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f\"}}"),
	};
	OWN(world) struct world w;
	OWN(json) json_t *all = NULL;

	world_running(&w);
	w.deposit = 1;
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(world_callf(&w, USER, "sign", "{\"request\":%s}", same[i]), SIGNER_YIELD);
	all = signer_pending(w.state);
	for (size_t i = 1; i < 3; i++) {
		CHECK(json_equal(json_object_get(json_array_get(all, 0), "payload"),
				 json_object_get(json_array_get(all, i), "payload")));
		CHECK(!str_eq(json_str(json_array_get(all, 0), "request"), json_str(json_array_get(all, i), "request")));
	}
}

TEST(signer_sign, what_cannot_be_signed_is_refused)
{
#define V2(payload) "{\"path\":\"\",\"domain_id\":0,\"payload_v2\":" payload "}"
	static const struct { const char *request, *words; } rows[] = {
		{ "null", "missing field `request`" },
		{ "{}", "missing field `path`" },
		{ "{\"path\":1}", "path: expected a string" },
		{ "{\"path\":\"\",\"domain_id\":0}", "exactly one of payload_v2 or payload" },
		{ "{\"path\":\"\",\"domain_id\":0,\"payload_v2\":" ECDSA ",\"payload\":[1]}",
		  "exactly one of payload_v2 or payload" },
		{ "{\"path\":\"\",\"payload_v2\":" ECDSA "}", "exactly one of domain_id or key_version" },
		{ "{\"path\":\"\",\"domain_id\":0,\"key_version\":0,\"payload_v2\":" ECDSA "}",
		  "exactly one of domain_id or key_version" },
		{ "{\"path\":\"\",\"domain_id\":0,\"payload\":[1,2]}", "expected an array of 32 bytes" },
		{ "{\"path\":\"\",\"domain_id\":-1,\"payload_v2\":" ECDSA "}", "domain_id: expected a whole number" },
		{ "{\"path\":\"\",\"domain_id\":9,\"payload_v2\":" ECDSA "}", "The provided domain ID, 9, was not found." },
		{ V2("{\"Ecdsa\":\"00\"}"), "Ecdsa: expected 64 hex digits" },
		{ V2("{\"Ecdsa\":\"xx\"}"), "Ecdsa: expected 64 hex digits" },
		{ V2("{\"Other\":\"00\"}"), "payload: expected" },
		{ V2("{\"Ecdsa\":\"" HASH "\",\"Eddsa\":\"00\"}"), "payload: expected" },
		{ V2("[]"), "payload: expected" },
		{ V2("{\"Eddsa\":\"00\"}"), "Payload is not Ecdsa" },
		{ V2("{\"Ecdsa\":\"" ORDER "\"}"), "Ecdsa payload cannot be converted to Scalar" },
		{ V2("{\"Ecdsa\":\"0000000000000000000000000000000000000000000000000000000000000000\"}"), "hash of zero" },
		{ "{\"path\":\"\",\"domain_id\":1,\"payload_v2\":" ECDSA "}", "Payload is not EdDSA" },
		{ "{\"path\":\"\",\"domain_id\":1,\"payload_v2\":{\"Eddsa\":\"000\"}}", "hex of at most 1232 bytes" },
	};
	OWN(world) struct world w;

	world_running(&w);
	w.deposit = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		OWN(str) char *args = str_printf("{\"request\":%s}", rows[i].request);

		world_panics(&w, USER, "sign", args, rows[i].words);
	}
}

TEST(signer_sign, eddsa_payloads_have_up_to_1232_bytes_and_paths_a_limit)
{
	OWN(world) struct world w;
	OWN(buf) struct buf b = { 0 };
	OWN(buf) struct buf path = { 0 };
	OWN(str) char *most = NULL;
	OWN(str) char *more = NULL;
	OWN(str) char *empty = world_sign_args("", 1, "{\"Eddsa\":\"\"}");
	OWN(str) char *long_path = NULL;

	for (size_t i = 0; i < 1232; i++)
		buf_str(&b, "ab");
	most = str_printf("{\"request\":{\"path\":\"\",\"domain_id\":1,\"payload_v2\":{\"Eddsa\":\"%s\"}}}", b.data);
	more = str_printf("{\"request\":{\"path\":\"\",\"domain_id\":1,\"payload_v2\":{\"Eddsa\":\"%s00\"}}}", b.data);
	for (size_t i = 0; i < 12289; i++)
		buf_char(&path, 'p');
	long_path = world_sign_args(path.data, 1, "{\"Eddsa\":\"\"}");
	world_running(&w);
	w.deposit = 1;
	world_passes(&w, USER, "sign", most);
	world_passes(&w, USER, "sign", empty);
	world_panics(&w, USER, "sign", more, "at most 1232 bytes");
	world_panics(&w, USER, "sign", long_path, "path: longer than");
}

TEST(signer_sign, gas_and_deposit_are_looked_at_and_surplus_goes_back)
{
	OWN(str) char *args = world_sign_args("", 0, ECDSA);
	OWN(world) struct world w;

	world_running(&w);
	world_panics(&w, USER, "sign", args, "Attached deposit is lower than required. Attached: 0, required: 1");
	w.deposit = (near_u128)1000000000000 * 1000000000000; /* 1 NEAR */
	w.gas = 14999999999999;
	world_panics(&w, USER, "sign", args,
		     "Provided gas is lower than required. Provided: 14999999999999, required: 15000000000000");
	w.gas = 15000000000000;
	CHECK_INT(world_call(&w, USER, "sign", args), SIGNER_YIELD);
	CHECK(w.out.refund == w.deposit - 1);
	CHECK_STR(json_string_value(json_array_get(w.out.logs, 0)),
		  "refund 999999999999999999999999 yoctoNEAR to alice.localnet");
}

TEST(signer_sign, nobody_signs_before_there_are_keys)
{
	OWN(str) char *args = world_sign_args("", 0, ECDSA);
	OWN(world) struct world w;

	world_init(&w, 3, 2);
	w.deposit = 1;
	world_panics(&w, USER, "sign", args, "The provided domain ID, 0, was not found.");
	w.deposit = 0;
	world_vote_domains(&w, 3, "[{\"id\":0,\"scheme\":\"Secp256k1\"}]");
	w.deposit = 1;
	world_panics(&w, USER, "sign", args, "Protocol state is not running, nor resharing.");
	world_view_panics(&w, "public_key", "{}", "not running, nor resharing");
}

TEST(signer_respond, good_answers_end_the_requests)
{
	static const char *const payloads[] = { ECDSA, "{\"Eddsa\":\"00ff\"}", "{\"Eddsa\":\"\"}" };

	for (unsigned i = 0; i < 3; i++) {
		OWN(world) struct world w;
		OWN(json) json_t *pending = NULL;
		OWN(json) json_t *answer = NULL;
		OWN(json) json_t *left = NULL;

		world_running(&w);
		sign(&w, "ethereum-1", i != 0, payloads[i]);
		pending = first_pending(&w);
		answer = world_answer(pending);
		CHECK_INT(world_respond(&w, "n2.near", pending, answer), SIGNER_VALUE);
		CHECK_INT(w.out.resumed_count, 1);
		if (!w.out.resumed_count)
			continue;
		CHECK_STR(w.out.resumed[0].request, json_str(pending, "request"));
		CHECK(json_equal(w.out.resumed[0].value, answer));
		CHECK(!w.out.resumed[0].panic && !w.out.value);
		left = signer_pending(w.state);
		CHECK_INT(json_array_size(left), 0);
		CHECK_INT(world_respond(&w, "n2.near", pending, answer), SIGNER_PANIC);
		CHECK_STR(w.out.panic, "This sign request has timed out, was completed, or never existed.");
	}
}

TEST(signer_respond, identical_requests_are_answered_together_and_others_not)
{
	OWN(world) struct world w;
	OWN(json) json_t *pending = NULL;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *left = NULL;
	OWN(str) char *args = world_sign_args("p", 0, ECDSA);

	world_running(&w);
	for (unsigned i = 0; i < SIGNER_SAME_REQUESTS_MOST; i++)
		sign(&w, "p", 0, ECDSA);
	w.deposit = 1;
	world_panics(&w, USER, "sign", args, "Pending-request queue is full for this request key (limit: 128)");
	sign(&w, "q", 0, ECDSA);
	pending = first_pending(&w);
	answer = world_answer(pending);
	CHECK_INT(world_respond(&w, "n0.near", pending, answer), SIGNER_VALUE);
	CHECK_INT(w.out.resumed_count, SIGNER_SAME_REQUESTS_MOST);
	for (size_t i = 1; i < w.out.resumed_count; i++)
		CHECK(!str_eq(w.out.resumed[i - 1].request, w.out.resumed[i].request));
	left = signer_pending(w.state);
	CHECK_INT(json_array_size(left), 1);
	CHECK_STR(json_str(json_array_get(left, 0), "path"), "q");
}

TEST(signer_respond, number_of_pending_requests_has_a_limit)
{
	OWN(world) struct world w;
	OWN(str) char *args = world_sign_args("x", 0, ECDSA);
	struct signer_call call = { .contract = "c.near", .predecessor = USER, .signer = USER, .signer_key = "",
				    .method = "sign", .deposit = 1, .gas = 300000000000000, .height = 100 };

	world_running(&w);
	for (unsigned i = 0; i < SIGNER_REQUESTS_MOST; i++) {
		OWN(str) char *path = str_printf("%u", i);
		OWN(str) char *one = world_sign_args(path, 0, ECDSA);

		call.args = one;
		call.args_len = strlen(one);
		signer_outcome_clear(&w.out);
		signer_run(w.state, &call, &w.out);
		CHECK_INT(w.out.result, SIGNER_YIELD);
	}
	w.deposit = 1;
	world_panics(&w, USER, "sign", args, "Too many pending requests (limit: 1024).");
}

static void spoil(struct world *w, const json_t *pending, const char *path, const char *member, json_t *value,
		  const char *words)
{
	OWN(json) json_t *answer = world_answer(pending);

	json_object_set_new(*path ? json_path(answer, path) : answer, member, value);
	CHECK_INT(world_respond(w, "n0.near", pending, answer), SIGNER_PANIC);
	if (!w->out.panic || !strstr(w->out.panic, words))
		test_fail(__FILE__, __LINE__, "%s: \"%s\", expected: %s", member, w->out.panic ? w->out.panic : "",
			  words);
}

/* n - s in hex, as a high s. */
static char *high_s(const char *s)
{
	uint8_t order[32], value[32], ret[32];
	int borrow = 0;

	CHECK_INT(hex_decode(ORDER, 64, order, 32), 0);
	CHECK_INT(hex_decode(s, 64, value, 32), 0);
	for (size_t i = 32; i-- > 0;) {
		int digit = order[i] - value[i] - borrow;

		borrow = digit < 0;
		ret[i] = (uint8_t)digit;
	}
	return hex_encode(ret, 32);
}

TEST(signer_respond, bad_ecdsa_answers_are_refused)
{
	OWN(world) struct world w;
	OWN(json) json_t *pending = NULL;
	OWN(json) json_t *answer = NULL;
	OWN(str) char *high = NULL;
	int recovery;

	world_running(&w);
	sign(&w, "", 0, ECDSA);
	pending = first_pending(&w);
	answer = world_answer(pending);
	high = high_s(json_str(json_map(answer, "s"), "scalar"));
	recovery = (int)json_int_or(answer, "recovery_id", 0);
	spoil(&w, pending, "", "recovery_id", json_integer(recovery ^ 1), "The provided signature is invalid.");
	spoil(&w, pending, "", "recovery_id", json_integer(recovery | 2), "The provided signature is invalid.");
	spoil(&w, pending, "", "recovery_id", json_integer(4), "The provided signature is invalid.");
	spoil(&w, pending, "", "recovery_id", json_null(), "missing field `recovery_id`");
	spoil(&w, pending, "s", "scalar", json_string(high), "The provided signature is invalid.");
	spoil(&w, pending, "s", "scalar", json_string(ORDER), "The provided signature is invalid.");
	spoil(&w, pending, "s", "scalar", json_string(HASH), "The provided signature is invalid.");
	spoil(&w, pending, "s", "scalar", json_string("12"), "scalar: expected 64 hex digits");
	spoil(&w, pending, "big_r", "affine_point",
	      json_string("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
	      "The provided signature is invalid.");
	spoil(&w, pending, "big_r", "affine_point",
	      json_string("02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
	      "expected a compressed point");
	spoil(&w, pending, "", "big_r", json_null(), "expected a compressed point");
	spoil(&w, pending, "", "scheme", json_string("Bls12381"), "scheme: expected Secp256k1 or Ed25519");
	spoil(&w, pending, "", "scheme", json_string("Ed25519"), "signature scheme does not match");
	/* R's parity may be the other one: near keeps R as computed when s was negated */
	json_object_set_new(json_map(answer, "big_r"), "affine_point",
			    json_sprintf("03%s", json_str(json_map(answer, "big_r"), "affine_point") + 2));
	CHECK_INT(world_respond(&w, "n0.near", pending, answer), SIGNER_VALUE);
}

TEST(signer_respond, bad_eddsa_answers_are_refused)
{
	OWN(world) struct world w;
	OWN(json) json_t *pending = NULL;
	OWN(json) json_t *answer = NULL;
	json_t *bytes;

	world_running(&w);
	sign(&w, "", 1, "{\"Eddsa\":\"0102\"}");
	pending = first_pending(&w);
	spoil(&w, pending, "", "signature", json_array(), "expected an array of 64 bytes");
	for (size_t i = 0; i < 64; i += 9) {
		json_decref(answer);
		answer = world_answer(pending);
		bytes = json_list(answer, "signature");
		json_array_set_new(bytes, i, json_integer(json_integer_value(json_array_get(bytes, i)) ^ 1));
		CHECK_INT(world_respond(&w, "n0.near", pending, answer), SIGNER_PANIC);
		CHECK_STR(w.out.panic, "The provided signature is invalid.");
	}
}

TEST(signer_respond, request_must_be_named_in_full)
{
#define PART(tweak, payload, domain) "{\"request\":{\"tweak\":" tweak ",\"payload\":" payload ",\"domain_id\":" domain "}}"
	static const struct { const char *args, *words; } rows[] = {
		{ "{}", "missing field `request`" },
		{ PART("[1]", ECDSA, "0"), "tweak: expected an array of 32 bytes" },
		{ PART("[" WORLD_ZERO_TO_31 "]", "7", "0"), "payload: expected" },
		{ PART("[" WORLD_ZERO_TO_31 "]", ECDSA, "null"), "missing field `domain_id`" },
		{ PART("[" WORLD_ZERO_TO_31 "]", ECDSA, "7"), "No such domain." },
		{ PART("[" WORLD_ZERO_TO_31 "]", ECDSA, "0"), "response: scheme" },
	};
	OWN(world) struct world w;

	world_running(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		world_panics(&w, "n0.near", "respond", rows[i].args, rows[i].words);
}

TEST(signer_request, is_over_after_200_blocks)
{
	OWN(world) struct world w;
	struct signer_outcome late;
	OWN(json) json_t *pending = NULL;
	OWN(json) json_t *answer = NULL;

	world_running(&w);
	sign(&w, "", 0, ECDSA);
	pending = first_pending(&w);
	w.height = 150;
	sign(&w, "", 0, ECDSA);
	signer_expire(w.state, 299, &late);
	CHECK(!late.changed);
	CHECK_INT(late.resumed_count, 0);
	signer_outcome_clear(&late);
	signer_expire(w.state, 300, &late);
	CHECK(late.changed);
	CHECK_INT(late.resumed_count, 1);
	if (late.resumed_count) {
		CHECK_STR(late.resumed[0].request, json_str(pending, "request"));
		CHECK_STR(late.resumed[0].panic, "Request has timed out.");
		CHECK(!late.resumed[0].value);
	}
	signer_outcome_clear(&late);
	signer_expire(w.state, 400, &late);
	CHECK_INT(late.resumed_count, 1);
	signer_outcome_clear(&late);
	answer = world_answer(pending);
	CHECK_INT(world_respond(&w, "n0.near", pending, answer), SIGNER_PANIC);
	CHECK_STR(w.out.panic, "This sign request has timed out, was completed, or never existed.");
}

TEST(signer_request, get_pending_request_shows_the_first_of_the_same)
{
	OWN(world) struct world w;
	OWN(json) json_t *pending = NULL;
	OWN(json) json_t *none = NULL;
	OWN(json) json_t *found = NULL;
	OWN(json) json_t *args = NULL;
	OWN(str) char *text = NULL;
	json_t *tweak = json_array(), *id;
	uint8_t raw[32], data_id[32];

	world_running(&w);
	sign(&w, "", 0, ECDSA);
	pending = first_pending(&w);
	hex_decode(json_str(pending, "tweak"), 64, raw, 32);
	for (size_t i = 0; i < 32; i++)
		json_array_append_new(tweak, json_integer(raw[i]));
	args = json_pack("{s:{s:o,s:O,s:i}}", "request", "tweak", tweak, "payload",
			 json_object_get(pending, "payload"), "domain_id", 0);
	text = json_text(args);
	found = world_view(&w, "get_pending_request", text);
	hex_decode(json_str(pending, "request"), 64, data_id, 32);
	id = json_list(found, "data_id");
	CHECK_INT(json_array_size(id), 32);
	for (size_t i = 0; i < 32; i++)
		CHECK_INT(json_integer_value(json_array_get(id, i)), data_id[i]);
	json_set_int(json_map(args, "request"), "domain_id", 1);
	free(text);
	text = json_text(args);
	none = world_view(&w, "get_pending_request", text);
	CHECK(json_is_null(none));
}

/* ---- vectors of other implementations ---------------------------------------------------------------- */

static json_t *vectors(const char *path)
{
	struct err err = { 0 };
	json_t *j = NULL;
	size_t len;
	OWN(str) char *text = test_read_file(path, &len);

	if (text)
		CHECK_OK(json_parse_text(path, text, len, &j, &err), err);
	return j;
}

TEST(signer_vectors, responses_that_chainsig_reads_are_taken)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-signatures.json");
	json_t *v;
	size_t i;

	json_array_foreach(json_list(all, "signatures"), i, v)
	{
		OWN(json) json_t *args = json_pack("{s:O}", "request", json_object_get(v, "request"));
		OWN(str) char *text = json_text(args);
		OWN(json) json_t *pending = NULL;
		OWN(world) struct world w;

		world_running(&w);
		w.deposit = 1;
		CHECK_INT(world_call(&w, json_str(v, "predecessor"), "sign", text), SIGNER_YIELD);
		w.deposit = 0;
		pending = first_pending(&w);
		CHECK_INT(world_respond(&w, "n1.near", pending, json_object_get(v, "response")), SIGNER_VALUE);
		CHECK_INT(w.out.resumed_count, 1);
		if (w.out.resumed_count) {
			OWN(str) char *value = json_text(w.out.resumed[0].value);
			OWN(str) char *base64 = base64_encode(value, strlen(value));

			CHECK_STR(base64, json_str(v, "success_value_base64"));
		}
	}
	CHECK_INT(i, 12);
}

TEST(signer_vectors, derived_public_keys_are_those_of_chainsig)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-derivation.json");
	OWN(world) struct world w;
	size_t i, count = 0;
	json_t *v;

	world_running(&w);
	json_array_foreach(json_list(all, "derivations"), i, v)
	{
		if (!str_eq(json_str(v, "root"), "local-test"))
			continue;
		for (int domain = 0; domain < 2; domain++) {
			OWN(json) json_t *args = json_pack("{s:O,s:O,s:i}", "path", json_object_get(v, "path"), "predecessor",
							   json_object_get(v, "predecessor"), "domain_id", domain);
			OWN(str) char *text = json_text(args);
			OWN(json) json_t *key = world_view(&w, "derived_public_key", text);

			CHECK_STR(json_string_value(key), json_str(v, domain ? "ed25519_near" : "secp256k1_near"));
		}
		count++;
	}
	CHECK_INT(count, 48);
	world_view_panics(&w, "derived_public_key", "{\"path\":\"\"}", "a view has no caller");
	world_view_panics(&w, "derived_public_key", "{\"predecessor\":\"a.near\"}", "missing field `path`");
	world_view_panics(&w, "derived_public_key", "{\"path\":\"\",\"predecessor\":\"A\"}", "the Account ID is invalid");
	world_view_panics(&w, "public_key", "{\"domain_id\":2}", "No such domain.");
}

/* What the cross-chain simulator sends, in its order (near-rpc.md 8). */
TEST(signer_simulator, calls_in_its_dialect_pass)
{
	OWN(str) char *list = world_participants(0, 3, "sign_pk");
	OWN(str) char *init = str_printf("{\"parameters\":{\"threshold\":2,\"participants\":{\"next_id\":3,"
					 "\"participants\":%s}}}",
					 list);
	OWN(world) struct world w;
	OWN(json) json_t *pending = NULL;
	OWN(json) json_t *answer = NULL;

	world_new(&w);
	world_view_panics(&w, "state", "{}", "not initialized");
	world_passes(&w, "localnet", "init", init);
	world_panics(&w, "localnet", "init", init, "already been initialized");
	world_vote_domains(&w, 3, "[{\"id\":0,\"scheme\":\"Secp256k1\"}]");
	world_panics(&w, "n0.near", "vote_add_domains", "{\"domains\":[{\"id\":0,\"scheme\":\"Secp256k1\"}]}",
		     "The protocol is not Running");
	world_generate(&w, 3);
	w.deposit = (near_u128)1000000000000 * 1000000000000; /* 1 NEAR */
	world_passes(&w, "localnet", "sign",
		     "{\"request\":{\"payload\":[" WORLD_ZERO_TO_31 "],\"path\":\"bitcoin-1\",\"domain_id\":0}}");
	CHECK_INT(w.out.result, SIGNER_YIELD);
	w.deposit = 0;
	pending = first_pending(&w);
	answer = world_answer(pending);
	CHECK_INT(world_respond(&w, "n1.near", pending, answer), SIGNER_VALUE);
	CHECK_INT(w.out.resumed_count, 1);
}
