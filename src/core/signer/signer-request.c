/* sign: what is checked before a request waits for the network's signature. */
#include <string.h>

#include "core/near/near-derive.h"
#include "core/signer/signer-internal.h"

#define EDDSA_PAYLOAD_MOST 1232
/* A path goes to the log, and the chain ends calls that log more than 16 KiB. */
#define PATH_MOST 12288

/* Hex of least..most bytes in either case to lower case; the caller's, or NULL. */
static char *hex_lower(const char *hex, size_t least, size_t most)
{
	size_t len = strlen(hex) / 2;
	uint8_t raw[EDDSA_PAYLOAD_MOST];

	if (strlen(hex) % 2 || len < least || len > most || hex_decode(hex, 2 * len, raw, len) < 0)
		return NULL;
	return hex_encode(raw, len);
}

int payload_parse(const json_t *given, json_t **ret, struct err *err)
{
	const char *ecdsa = json_str(given, "Ecdsa"), *eddsa = json_str(given, "Eddsa");
	OWN(str) char *hex = NULL;

	if (json_object_size(given) != 1 || (!ecdsa && !eddsa))
		return arg_invalid(err, "payload: expected {\"Ecdsa\": hex} or {\"Eddsa\": hex}");
	hex = ecdsa ? hex_lower(ecdsa, 32, 32) : hex_lower(eddsa, 0, EDDSA_PAYLOAD_MOST);
	if (!hex)
		return arg_invalid(err, ecdsa ? "payload: Ecdsa: expected 64 hex digits"
					      : "payload: Eddsa: expected hex of at most 1232 bytes");
	*ret = json_pack("{s:s}", ecdsa ? "Ecdsa" : "Eddsa", hex);
	return 0;
}

/* payload_v2, or the older `payload`: 32 numbers, always ECDSA. */
static int parse_either_payload(const json_t *request, json_t **ret, struct err *err)
{
	const json_t *tagged = json_object_get(request, "payload_v2");
	const json_t *legacy = json_object_get(request, "payload");
	OWN(str) char *hex = NULL;
	uint8_t raw[32];

	if (json_is_null(tagged))
		tagged = NULL;
	if (json_is_null(legacy))
		legacy = NULL;
	if (!tagged == !legacy)
		return err_set(err, ERR_INPUT,
			       "Malformed payload: expected exactly one of payload_v2 or payload");
	if (tagged)
		return payload_parse(tagged, ret, err);
	if (bytes_parse(legacy, raw, sizeof(raw)) < 0)
		return arg_invalid(err, "payload: expected an array of 32 bytes");
	hex = hex_encode(raw, sizeof(raw));
	*ret = json_pack("{s:s}", "Ecdsa", hex);
	return 0;
}

static int parse_either_domain(const json_t *request, json_int_t *ret, struct err *err)
{
	json_int_t domain = -1, version = -1;

	if (arg_uint_optional(request, "domain_id", &domain, err) < 0 ||
	    arg_uint_optional(request, "key_version", &version, err) < 0)
		return -1;
	if ((domain < 0) == (version < 0))
		return err_set(err, ERR_INPUT,
			       "Invalid domain ID. Expected exactly one of domain_id or key_version");
	*ret = domain < 0 ? version : domain;
	return 0;
}

/* Whether the network's protocols can sign this with that domain: the nodes would refuse the same. A
 * hash of 0 is refused for both ECDSA protocols, as core/threshold does. */
static int check_payload(const json_t *domain, const json_t *payload, struct err *err)
{
	const char *ecdsa = json_str(payload, "Ecdsa");
	static const uint8_t zero[32];
	uint8_t hash[32];

	if (threshold_scheme_curve(domain_scheme(domain)) == THRESHOLD_ED25519)
		return ecdsa ? err_set(err, ERR_INPUT, "Payload is not EdDSA") : 0;
	if (!ecdsa)
		return err_set(err, ERR_INPUT, "Payload is not Ecdsa");
	hex_decode(ecdsa, 64, hash, sizeof(hash));
	if (memcmp(hash, secp256k1_order, sizeof(hash)) >= 0)
		return err_set(err, ERR_INPUT, "Ecdsa payload cannot be converted to Scalar");
	if (!memcmp(hash, zero, sizeof(hash)))
		return err_set(err, ERR_INPUT, "Malformed payload: a hash of zero cannot be signed");
	return 0;
}

static int find_domain(const struct run *run, json_int_t id, json_t **ret, struct err *err)
{
	const json_t *serving = protocol_serving(run->state);

	if (!serving)
		return err_set(err, ERR_INPUT, "Protocol state is not running, nor resharing.");
	*ret = signer_domain_find(json_map(serving, "domains"), id);
	if (!*ret)
		return err_set(err, ERR_INPUT, "The provided domain ID, %lld, was not found.",
			       (long long)id);
	return 0;
}

static int check_gas(const struct run *run, struct err *err)
{
	near_u128 required = (near_u128)json_int_or(json_map(run->state, "config"),
						    "sign_call_gas_attachment_requirement_tera_gas", 15) *
			     SIGNER_TERA_GAS;
	OWN(str) char *text = near_u128_format(required);

	if (run->call->gas >= required)
		return 0;
	return err_set(err, ERR_INPUT,
		       "Provided gas is lower than required. Provided: %llu, required: %s",
		       (unsigned long long)run->call->gas, text);
}

static bool same_request(const json_t *a, const json_t *b)
{
	return json_int_or(a, "domain_id", -1) == json_int_or(b, "domain_id", -2) &&
	       str_eq(json_str(a, "tweak"), json_str(b, "tweak")) &&
	       json_equal(json_object_get(a, "payload"), json_object_get(b, "payload"));
}

static int check_room(const json_t *pending, const json_t *request, struct err *err)
{
	size_t same = 0, i;
	json_t *other;

	json_array_foreach(pending, i, other)
		same += same_request(other, request);
	if (same >= SIGNER_SAME_REQUESTS_MOST)
		return err_set(err, ERR_LIMIT,
			       "Pending-request queue is full for this request key (limit: %d). Try "
			       "again once an in-flight response or timeout has cleared room.",
			       SIGNER_SAME_REQUESTS_MOST);
	if (json_array_size(pending) >= SIGNER_REQUESTS_MOST)
		return err_set(err, ERR_LIMIT,
			       "Too many pending requests (limit: %d). Please try again later.",
			       SIGNER_REQUESTS_MOST);
	return 0;
}

/* The id is that of the yield: a counter makes it unique, the block's randomness unpredictable. */
static char *new_id(struct run *run)
{
	json_int_t number = json_int_or(run->state, "next_request", 0);
	OWN(str) char *random = hex_encode(run->call->random, sizeof(run->call->random));
	OWN(str) char *text = str_printf("request %lld of %s, %s", (long long)number,
					 run->call->contract, random);
	uint8_t hash[32];

	near_sha256(text, strlen(text), hash);
	json_set_int(run->state, "next_request", number + 1);
	return hex_encode(hash, sizeof(hash));
}

static json_t *request_json(const struct run *run, json_int_t domain, const char *path, json_t *payload)
{
	uint8_t tweak[32];
	OWN(str) char *tweak_hex = NULL;
	OWN(str) char *entropy = hex_encode(run->call->random, sizeof(run->call->random));

	near_derivation_tweak(run->call->predecessor, path, tweak);
	tweak_hex = hex_encode(tweak, sizeof(tweak));
	return json_pack("{s:s,s:I,s:s,s:s,s:s,s:O,s:s,s:I}", "request", "", "domain_id", domain,
			 "predecessor", run->call->predecessor, "path", path, "tweak", tweak_hex,
			 "payload", payload, "entropy", entropy, "height",
			 (json_int_t)run->call->height);
}

/* In Resharing the old keys go on signing, as near's nodes do; see node-contract.md. */
int method_sign(struct run *run, struct err *err)
{
	OWN(json) json_t *payload = NULL;
	OWN(json) json_t *request = NULL;
	OWN(str) char *shown = NULL;
	const json_t *given = json_map(run->args, "request");
	json_t *pending = json_list(run->state, "pending"), *domain = NULL;
	const char *path = NULL;
	json_int_t id = 0;

	if (!given)
		return arg_missing(err, "request");
	if (arg_str(given, "path", &path, err) < 0 || parse_either_payload(given, &payload, err) < 0 ||
	    parse_either_domain(given, &id, err) < 0 || find_domain(run, id, &domain, err) < 0 ||
	    check_gas(run, err) < 0 || check_payload(domain, payload, err) < 0)
		return -1;
	if (strlen(path) > PATH_MOST)
		return err_set(err, ERR_LIMIT, "path: longer than %d bytes", PATH_MOST);
	request = request_json(run, id, path, payload);
	if (check_room(pending, request, err) < 0 || run_take_deposit(run, 1, err) < 0)
		return -1;
	run->out->request = new_id(run);
	run->out->result = SIGNER_YIELD;
	json_set_str(request, "request", run->out->request);
	json_array_append(pending, request);
	shown = json_text(payload);
	run_log(run, "sign: predecessor=%s, path=%s, domain_id=%lld, payload=%s", run->call->predecessor,
		path, (long long)id, shown);
	return 0;
}

/* ---- requests that wait ------------------------------------------------------------------------ */

int request_name_parse(const json_t *given, struct request_name *ret, struct err *err)
{
	OWN(str) char *hex = NULL;

	if (!json_is_object(given))
		return arg_missing(err, "request");
	if (bytes_parse(json_object_get(given, "tweak"), ret->tweak_bytes, 32) < 0)
		return arg_invalid(err, "tweak: expected an array of 32 bytes");
	if (arg_uint(given, "domain_id", &ret->domain_id, err) < 0 ||
	    payload_parse(json_object_get(given, "payload"), &ret->payload, err) < 0)
		return -1;
	hex = hex_encode(ret->tweak_bytes, 32);
	memcpy(ret->tweak, hex, sizeof(ret->tweak));
	return 0;
}

bool request_matches(const json_t *pending, const struct request_name *name)
{
	return json_int_or(pending, "domain_id", -1) == name->domain_id &&
	       str_eq(json_str(pending, "tweak"), name->tweak) &&
	       json_equal(json_object_get(pending, "payload"), name->payload);
}

void outcome_resume(struct signer_outcome *o, const json_t *pending, json_t *value, const char *panic)
{
	o->resumed = mem_grow(o->resumed, o->resumed_count + 1, sizeof(*o->resumed));
	o->resumed[o->resumed_count++] = (struct signer_resumed){
		.request = str_dup(json_str(pending, "request")),
		.value = json_incref(value),
		.panic = str_dup(panic),
	};
}
