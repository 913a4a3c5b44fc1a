/* respond: a signature is looked at by the contract itself before anybody gets it. */
#include <string.h>

#include "core/signer/signer-internal.h"

static int bad_signature(struct err *err)
{
	return err_set(err, ERR_INPUT, "The provided signature is invalid.");
}

/* x modulo the order: one subtraction at most. */
static void reduce_x(const uint8_t x[32], uint8_t ret[32])
{
	int borrow = 0;

	memcpy(ret, x, 32);
	if (memcmp(x, secp256k1_order, 32) < 0)
		return;
	for (size_t i = 32; i-- > 0;) {
		int digit = x[i] - secp256k1_order[i] - borrow;

		borrow = digit < 0;
		ret[i] = (uint8_t)(digit & 0xff);
	}
}

static int parse_ecdsa(const json_t *response, uint8_t ret_r[33], uint8_t ret_signature[64],
		       uint8_t *ret_recovery, struct err *err)
{
	const char *big_r = json_str(json_map(response, "big_r"), "affine_point");
	const char *s = json_str(json_map(response, "s"), "scalar");
	json_int_t recovery = 0;
	uint8_t xy[64];

	if (arg_uint(response, "recovery_id", &recovery, err) < 0)
		return -1;
	if (!big_r || hex_decode(big_r, strlen(big_r), ret_r, 33) < 0 || threshold_point_expand(ret_r, xy) < 0)
		return arg_invalid(err, "big_r: affine_point: expected a compressed point in hex");
	if (!s || hex_decode(s, strlen(s), ret_signature + 32, 32) < 0)
		return arg_invalid(err, "s: scalar: expected 64 hex digits");
	if (recovery > 3)
		return bad_signature(err);
	reduce_x(ret_r + 1, ret_signature);
	*ret_recovery = (uint8_t)recovery;
	return 0;
}

/* Low s only, and the recovery id must lead to the derived key. */
static int check_ecdsa(const json_t *response, const char *payload, const uint8_t *public_key,
		       json_t **ret, struct err *err)
{
	uint8_t big_r[33], signature[64], recovery = 0, hash[32], recovered[33];
	OWN(str) char *r_hex = NULL;
	OWN(str) char *s_hex = NULL;

	if (parse_ecdsa(response, big_r, signature, &recovery, err) < 0)
		return -1;
	if (!payload || hex_decode(payload, strlen(payload), hash, sizeof(hash)) < 0)
		return err_set(err, ERR_INPUT, "Payload is not ECDSA");
	if (threshold_verify(THRESHOLD_SECP256K1, public_key, hash, sizeof(hash), signature) < 0 ||
	    threshold_recover(hash, signature, recovery, recovered) < 0 ||
	    memcmp(recovered, public_key, sizeof(recovered)) != 0)
		return bad_signature(err);
	r_hex = hex_encode(big_r, sizeof(big_r));
	s_hex = hex_encode(signature + 32, 32);
	*ret = json_pack("{s:s,s:{s:s},s:{s:s},s:i}", "scheme", "Secp256k1", "big_r", "affine_point",
			 r_hex, "s", "scalar", s_hex, "recovery_id", recovery);
	return 0;
}

static int check_eddsa(const json_t *response, const char *payload, const uint8_t *public_key,
		       json_t **ret, struct err *err)
{
	uint8_t signature[64], message[2048];
	size_t len = payload ? strlen(payload) / 2 : 0;

	if (bytes_parse(json_object_get(response, "signature"), signature, sizeof(signature)) < 0)
		return arg_invalid(err, "signature: expected an array of 64 bytes");
	if (!payload || len > sizeof(message) || hex_decode(payload, 2 * len, message, len) < 0)
		return err_set(err, ERR_INPUT, "Payload is not EdDSA");
	if (threshold_verify(THRESHOLD_ED25519, public_key, message, len, signature) < 0)
		return bad_signature(err);
	*ret = json_pack("{s:s,s:o}", "scheme", "Ed25519", "signature",
			 bytes_json(signature, sizeof(signature)));
	return 0;
}

int response_check(const json_t *response, const struct request_name *name, const json_t *key,
		   json_t **ret, struct err *err)
{
	uint8_t public_key[THRESHOLD_POINT_MOST];
	const char *scheme = json_str(response, "scheme");
	enum threshold_curve curve;

	if (!str_eq(scheme, "Secp256k1") && !str_eq(scheme, "Ed25519"))
		return arg_invalid(err, "response: scheme: expected Secp256k1 or Ed25519");
	if (key_derive(key, name->tweak_bytes, &curve, public_key, err) < 0)
		return -1;
	if (str_eq(scheme, "Secp256k1") != (curve == THRESHOLD_SECP256K1))
		return err_set(err, ERR_INPUT,
			       "The provided signature scheme does not match. MPC response: %s, user "
			       "request: %s",
			       scheme, curve == THRESHOLD_SECP256K1 ? "Secp256k1" : "Ed25519");
	return curve == THRESHOLD_SECP256K1
		       ? check_ecdsa(response, json_str(name->payload, "Ecdsa"), public_key, ret, err)
		       : check_eddsa(response, json_str(name->payload, "Eddsa"), public_key, ret, err);
}

/* Those who sign may answer: in Resharing the old participants hold the keys, some of the new may lead. */
static int check_responder(const struct run *run, struct err *err)
{
	const char *account = run->call->signer;

	if (participant_find(protocol_parameters(run->state), account) ||
	    participant_find(json_map(protocol_serving(run->state), "parameters"), account))
		return 0;
	return err_set(err, ERR_INPUT, "Caller must be an attested participant");
}

/* All that asked for the same get it. */
static size_t resume_all(struct run *run, const struct request_name *name, json_t *value)
{
	json_t *pending = json_list(run->state, "pending");
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(pending);) {
		if (!request_matches(json_array_get(pending, i), name)) {
			i++;
			continue;
		}
		outcome_resume(run->out, json_array_get(pending, i), value, NULL);
		json_array_remove(pending, i);
		count++;
	}
	return count;
}

int method_respond(struct run *run, struct err *err)
{
	OWN(request_name) struct request_name name = { 0 };
	OWN(json) json_t *value = NULL;
	json_t *key = NULL;
	size_t count;

	if (check_responder(run, err) < 0)
		return -1;
	if (!protocol_serving(run->state))
		return err_set(err, ERR_INPUT, "The protocol is not Running.");
	if (request_name_parse(json_object_get(run->args, "request"), &name, err) < 0 ||
	    key_find(run->state, name.domain_id, &key, err) < 0 ||
	    response_check(json_object_get(run->args, "response"), &name, key, &value, err) < 0)
		return -1;
	count = resume_all(run, &name, value);
	if (!count)
		return err_set(err, ERR_INPUT,
			       "This sign request has timed out, was completed, or never existed.");
	run_log(run, "respond: signer=%s, domain_id=%lld, tweak=%s: %zu answered", run->call->signer,
		(long long)name.domain_id, name.tweak, count);
	return 0;
}
