/* The vectors of RFC 9591 and of Zcash's implementation, both curves. */
#include <sodium.h>
#include <string.h>

#include "base/json.h"
#include "base/test.h"
#include "core/threshold/frost-internal.h"

/* Only a seeded context multiplies by secp256k1's base point. */
__attribute__((constructor)) static void seed_contexts(void)
{
	static const uint8_t seed[32] = { 1 };

	if (sodium_init() < 0 || group_secp256k1_init(seed) < 0)
		abort();
}

static json_t *load(const char *name)
{
	OWN(str) char *path = str_printf("tests/vectors/%s.json", name);
	size_t len = 0;
	OWN(str) char *text = test_read_file(path, &len);
	struct err err = { 0 };
	json_t *j = NULL;

	CHECK_OK(json_parse_text(path, text, len, &j, &err), err);
	return j;
}

static void bytes(const json_t *j, const char *key, uint8_t *ret, size_t len)
{
	const char *hex = json_str(j, key);

	if (!hex || hex_decode(hex, strlen(hex), ret, len) < 0)
		test_fail(__FILE__, __LINE__, "%s: not %zu bytes", key, len);
}

static void same(const json_t *j, const char *key, const uint8_t *got, size_t len)
{
	OWN(str) char *hex = hex_encode(got, len);

	CHECK_STR(hex, json_str(j, key));
}

/* ---- signing ---------------------------------------------------------------------------------------- */

struct signer {
	uint8_t secret[32], hiding[32], binding[32], public_share[THRESHOLD_POINT_MOST];
};

struct run {
	struct frost_package package;
	uint8_t polynomial[THRESHOLD_PARTIES_MOST][32];
	size_t degree_1; /* coefficients */
	uint8_t message[64];
	struct signer signers[8];
};

static uint32_t identifier(const json_t *j)
{
	return (uint32_t)json_int_or(j, "identifier", 0);
}

static void read_inputs(struct run *r, const json_t *inputs)
{
	const struct group *g = r->package.suite->group;
	const char *key = json_str(inputs, "group_public_key") ? "group_public_key" : "verifying_key_key";
	const char *coefficient;
	json_t *item;
	size_t i;

	bytes(inputs, key, r->package.public_key, g->point_bytes);
	r->package.message_len = strlen(json_str(inputs, "message")) / 2;
	bytes(inputs, "message", r->message, r->package.message_len);
	r->package.message = r->message;
	bytes(inputs, "group_secret_key", r->polynomial[r->degree_1++], 32);
	json_array_foreach(json_list(inputs, "share_polynomial_coefficients"), i, item) {
		coefficient = json_string_value(item);
		CHECK_INT(hex_decode(coefficient, strlen(coefficient), r->polynomial[r->degree_1++], 32), 0);
	}
	json_array_foreach(json_list(inputs, "participant_list"), i, item)
		r->package.parties[r->package.count++] = (uint32_t)json_integer_value(item) - 1;
}

static void check_shares(struct run *r, const json_t *inputs)
{
	const struct group *g = r->package.suite->group;
	uint8_t x[32], share[32];
	json_t *item;
	size_t i, found = 0;

	json_array_foreach(json_list(inputs, "participant_shares"), i, item) {
		group_x(g, identifier(item) - 1, x);
		group_polynomial(g, (const uint8_t(*)[32])r->polynomial, r->degree_1, x, share);
		same(item, "participant_share", share, 32);
		for (size_t k = 0; k < r->package.count; k++)
			if (r->package.parties[k] == identifier(item) - 1) {
				memcpy(r->signers[k].secret, share, 32);
				CHECK_INT(g->base_multiply(share, r->signers[k].public_share), 0);
				found++;
			}
	}
	CHECK_INT(found, r->package.count);
}

static void round_one(struct run *r, const json_t *outputs)
{
	struct frost_package *p = &r->package;
	const struct group *g = p->suite->group;
	uint8_t random[32];
	json_t *item;
	size_t i;

	CHECK_INT(json_array_size(outputs), p->count);
	json_array_foreach(outputs, i, item) {
		struct signer *s = &r->signers[i];

		CHECK_INT(identifier(item), p->parties[i] + 1);
		bytes(item, "hiding_nonce_randomness", random, 32);
		frost_nonce(p->suite, random, s->secret, s->hiding);
		same(item, "hiding_nonce", s->hiding, 32);
		bytes(item, "binding_nonce_randomness", random, 32);
		frost_nonce(p->suite, random, s->secret, s->binding);
		same(item, "binding_nonce", s->binding, 32);
		CHECK_INT(g->base_multiply(s->hiding, p->hiding[i]), 0);
		same(item, "hiding_nonce_commitment", p->hiding[i], g->point_bytes);
		CHECK_INT(g->base_multiply(s->binding, p->binding[i]), 0);
		same(item, "binding_nonce_commitment", p->binding[i], g->point_bytes);
	}
	CHECK_INT(frost_prepare(p), 0);
	json_array_foreach(outputs, i, item)
		same(item, "binding_factor", p->factors[i], 32);
}

static void round_two(struct run *r, const json_t *outputs, uint8_t sum[32])
{
	const struct frost_package *p = &r->package;
	const struct group *g = p->suite->group;
	uint8_t lambda[32], share[32];
	json_t *item;
	size_t i;

	memset(sum, 0, 32);
	json_array_foreach(outputs, i, item) {
		struct signer *s = &r->signers[i];

		CHECK_INT(group_lagrange(g, p->parties, p->count, i, NULL, lambda), 0);
		frost_share(p, i, lambda, s->secret, s->hiding, s->binding, share);
		same(item, "sig_share", share, 32);
		CHECK_INT(frost_share_check(p, i, s->public_share, share), 0);
		CHECK(frost_share_check(p, i, r->signers[!i].public_share, share) < 0);
		share[8] ^= 1;
		CHECK(frost_share_check(p, i, s->public_share, share) < 0);
		share[8] ^= 1;
		g->scalar_add(sum, share, sum);
	}
}

/* z * B == R + c * Y */
static void verify(const struct frost_package *p, const uint8_t z[32])
{
	const struct group *g = p->suite->group;
	uint8_t points[2][THRESHOLD_POINT_MOST], left[THRESHOLD_POINT_MOST], right[THRESHOLD_POINT_MOST];

	CHECK_INT(g->base_multiply(z, left), 0);
	memcpy(points[0], p->big_r, g->point_bytes);
	CHECK_INT(g->point_multiply_public(p->challenge, p->public_key, points[1]), 0);
	CHECK_INT(g->point_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, 2, right), 0);
	CHECK(!memcmp(left, right, g->point_bytes));
}

static void sign_as(const char *file, const struct frost_suite *suite)
{
	OWN(json) json_t *j = load(file);
	struct run r = { .package.suite = suite };
	size_t point_bytes = suite->group->point_bytes;
	uint8_t signature[THRESHOLD_POINT_MOST + 32];

	read_inputs(&r, json_map(j, "inputs"));
	check_shares(&r, json_map(j, "inputs"));
	round_one(&r, json_path(j, "round_one_outputs.outputs"));
	round_two(&r, json_path(j, "round_two_outputs.outputs"), signature + point_bytes);
	memcpy(signature, r.package.big_r, point_bytes);
	same(json_map(j, "final_output"), "sig", signature, point_bytes + 32);
	verify(&r.package, signature + point_bytes);
	if (suite == &frost_ed25519)
		CHECK_INT(crypto_sign_verify_detached(signature, r.message, r.package.message_len,
						      r.package.public_key),
			  0);
}

TEST(frost_vectors, rfc_9591)
{
	sign_as("rfc9591-frost-ed25519-sha512", &frost_ed25519);
	sign_as("rfc9591-frost-secp256k1-sha256", &frost_secp256k1);
}

TEST(frost_vectors, zcash)
{
	sign_as("zcash-frost-ed25519-vectors", &frost_ed25519);
	sign_as("zcash-frost-secp256k1-vectors", &frost_secp256k1);
}

TEST(frost_vectors, zcash_with_big_identifiers)
{
	sign_as("zcash-frost-ed25519-big-identifier", &frost_ed25519);
	sign_as("zcash-frost-secp256k1-big-identifier", &frost_secp256k1);
}

/* ---- key generation --------------------------------------------------------------------------------- */

/* Zcash proves with (R, z) under a challenge of its own: HDKG(id || C(0) || R). */
static void check_proof(const struct frost_suite *suite, uint32_t id, const json_t *dealer,
			const uint8_t *constant)
{
	const struct group *g = suite->group;
	struct frost_package p = { .suite = suite };
	uint8_t proof[THRESHOLD_POINT_MOST + 32], x[32];
	const struct session_part parts[] = { { x, 32 },
					      { constant, g->point_bytes },
					      { proof, g->point_bytes } };

	bytes(dealer, "proof_of_knowledge", proof, g->point_bytes + 32);
	group_x(g, id - 1, x);
	suite->hash_scalar(suite, "dkg", parts, 3, p.challenge);
	memcpy(p.public_key, constant, g->point_bytes);
	memcpy(p.big_r, proof, g->point_bytes);
	verify(&p, proof + g->point_bytes);
}

static const json_t *of_party(const json_t *inputs, size_t id)
{
	const char key[] = { (char)('0' + id), 0 };

	return json_map(inputs, key);
}

static void deal(const struct frost_suite *suite, const json_t *inputs, uint32_t dealer,
		 uint8_t commitments[2][THRESHOLD_POINT_MOST], uint8_t polynomial[2][32])
{
	const struct group *g = suite->group;
	const json_t *j = of_party(inputs, dealer);
	const json_t *wanted = json_list(j, "vss_commitments");

	bytes(j, "signing_key", polynomial[0], 32);
	bytes(j, "coefficient", polynomial[1], 32);
	for (size_t k = 0; k < 2; k++) {
		OWN(str) char *hex = NULL;

		CHECK_INT(g->base_multiply(polynomial[k], commitments[k]), 0);
		hex = hex_encode(commitments[k], g->point_bytes);
		CHECK_STR(hex, json_string_value(json_array_get(wanted, k)));
	}
	check_proof(suite, dealer, j, commitments[0]);
}

/* What `dealer` sends to the others, and that it fits the commitments. */
static void check_dealing(const struct frost_suite *suite, const json_t *inputs, uint32_t dealer,
			  uint8_t sums[3][32], uint8_t keys[3][THRESHOLD_POINT_MOST])
{
	const struct group *g = suite->group;
	uint8_t commitments[2][THRESHOLD_POINT_MOST], polynomial[2][32], x[32], share[32];
	uint8_t in_exponent[THRESHOLD_POINT_MOST], direct[THRESHOLD_POINT_MOST];

	deal(suite, inputs, dealer, commitments, polynomial);
	for (uint32_t to = 0; to < 3; to++) {
		const char key[] = { (char)('0' + dealer), 0 };

		group_x(g, to, x);
		group_polynomial(g, (const uint8_t(*)[32])polynomial, 2, x, share);
		if (to + 1 != dealer) /* the file lists what a party receives, by dealer */
			same(json_map(of_party(inputs, to + 1), "signing_shares"), key, share, 32);
		CHECK_INT(group_polynomial_public(g, (const uint8_t(*)[THRESHOLD_POINT_MOST])commitments, 2, x,
						  in_exponent),
			  0);
		CHECK_INT(g->base_multiply(share, direct), 0);
		CHECK(!memcmp(direct, in_exponent, g->point_bytes));
		g->scalar_add(sums[to], share, sums[to]);
	}
	memcpy(keys[dealer - 1], commitments[0], g->point_bytes);
}

static void generate_as(const char *file, const struct frost_suite *suite)
{
	OWN(json) json_t *j = load(file);
	const json_t *inputs = json_map(j, "inputs");
	const struct group *g = suite->group;
	uint8_t sums[3][32] = { 0 }, keys[3][THRESHOLD_POINT_MOST], point[THRESHOLD_POINT_MOST];

	for (uint32_t dealer = 1; dealer <= 3; dealer++)
		check_dealing(suite, inputs, dealer, sums, keys);
	for (size_t to = 0; to < 3; to++) {
		same(of_party(inputs, to + 1), "signing_share", sums[to], 32);
		CHECK_INT(g->base_multiply(sums[to], point), 0);
		same(of_party(inputs, to + 1), "verifying_share", point, g->point_bytes);
	}
	CHECK_INT(g->point_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])keys, 3, point), 0);
	same(inputs, "verifying_key", point, g->point_bytes);
}

TEST(frost_vectors, zcash_key_generation)
{
	generate_as("zcash-frost-ed25519-dkg", &frost_ed25519);
	generate_as("zcash-frost-secp256k1-dkg", &frost_secp256k1);
}
