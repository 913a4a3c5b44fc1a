#include <sodium.h>
#include <string.h>

#include "base/test.h"
#include "core/threshold/test-crew.h"
#include "core/threshold/test-ecdsa.h"

static const uint32_t three[] = { 0, 1, 2 };

/* ---- signatures ------------------------------------------------------------------------------------- */

static void sign_once(const struct ecdsa_keys *k, const uint32_t *ids, size_t count, uint64_t seed)
{
	OWN(ecdsa_presignatures) struct ecdsa_presignatures p;
	OWN(world) struct world w;
	struct threshold_signature signature;
	struct threshold_request request;
	uint8_t hash[32];
	size_t coordinator = seed % count;

	ecdsa_presign(&p, k, ids, count, seed);
	world_open(&w, seed + 1, ids, count);
	request = ecdsa_request(seed, seed % 2, ids[coordinator], hash);
	ecdsa_sign_start(&w, k, &p, &request);
	world_run(&w);
	CHECK(world_done(&w));
	for (size_t i = 0; i < count; i++)
		CHECK_INT(threshold_take_signature(w.sessions[i], &signature), i == coordinator ? 0 : -1);
	CHECK_INT(threshold_take_signature(w.sessions[coordinator], &signature), 0);
	ecdsa_check_signature(k, &request, &signature);
}

TEST(ecdsa_sign, signatures_verify)
{
	OWN(ecdsa_keys) struct ecdsa_keys two = { 0 }, of_five = { 0 }, of_seven = { 0 };
	static const uint32_t five[] = { 0, 1, 2, 3, 4 }, seven[] = { 0, 1, 2, 7, 8, 9, 70000 };

	ecdsa_keys_make(&two, five, 5, 2, 1); /* sets of 3 of the 5 */
	ecdsa_keys_make(&of_five, five, 5, 3, 2);
	ecdsa_keys_make(&of_seven, seven, 7, 4, 3);
	for (uint64_t seed = 100; seed < 112; seed++) {
		sign_once(&two, three, 3, seed);
		sign_once(&two, (const uint32_t[]){ 0, 3, 4 }, 3, seed);
		sign_once(&of_five, five, 5, seed);
		sign_once(&of_seven, seven, 7, seed);
	}
}

/* Any t of the n: here the first and the last two of five. */
static void cait_sith_sign(const struct crew *c, uint64_t seed, bool spoil)
{
	OWN(ecdsa_presignatures) struct ecdsa_presignatures p = { 0 };
	OWN(world) struct world presigning, w;
	const size_t signers[] = { 0, 3, 4 };
	const uint32_t ids[] = { c->ids[0], c->ids[3], c->ids[4] };
	struct ecdsa_keys keys = { .count = 0 };
	struct threshold_signature signature;
	struct threshold_request request;
	uint8_t hash[32];

	world_open(&presigning, seed, ids, 3);
	for (size_t i = 0; i < 3; i++) {
		struct threshold_setting setting = world_setting(&presigning, i);

		presigning.sessions[i] = crew_presign(c, signers, 3, i, &setting);
	}
	world_run(&presigning);
	CHECK(world_done(&presigning));
	for (size_t i = 0; i < 3; i++)
		p.of[i] = threshold_take_presignature(presigning.sessions[i]);
	request = ecdsa_request(seed, true, ids[1], hash);
	world_open(&w, seed + 1, ids, 3);
	for (size_t i = 0; i < 3; i++) {
		struct threshold_setting setting = world_setting(&w, i);

		if (spoil && i == 2)
			p.of[i]->cait_sith.v[31] ^= 1;
		w.sessions[i] = threshold_sign(&c->keys[signers[i]], GIVE(p.of[i]), &request, &setting);
	}
	world_run(&w);
	CHECK_INT(threshold_take_signature(w.sessions[1], &signature), spoil ? -1 : 0);
	keys.keys[0] = (struct threshold_key *)(uintptr_t)&c->keys[0];
	if (!spoil)
		ecdsa_check_signature(&keys, &request, &signature);
}

TEST(ecdsa_sign, signatures_with_presignatures_of_cait_sith_verify)
{
	OWN(crew) struct crew c;

	crew_open(&c, 77, 5, 3);
	cait_sith_sign(&c, 41, false);
	cait_sith_sign(&c, 51, false);
	cait_sith_sign(&c, 61, true);
}

/* ---- what is refused ---------------------------------------------------------------------------------- */

static void refuse(const struct ecdsa_keys *k, const struct threshold_request *request, const char *reason)
{
	OWN(ecdsa_presignatures) struct ecdsa_presignatures p;
	OWN(world) struct world w;

	ecdsa_presign(&p, k, three, 3, 7);
	world_open(&w, 8, three, 3);
	ecdsa_sign_start(&w, k, &p, request);
	world_run(&w);
	for (size_t i = 0; i < 3; i++) {
		CHECK_INT(threshold_status(w.sessions[i]), THRESHOLD_ABORTED);
		if (!strstr(threshold_reason(w.sessions[i]), reason))
			test_fail(__FILE__, __LINE__, "\"%s\" is not \"%s\"", threshold_reason(w.sessions[i]), reason);
	}
}

static void order(uint8_t ret[32])
{
	static const char hex[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

	CHECK_INT(hex_decode(hex, 64, ret, 32), 0);
}

TEST(ecdsa_sign, requests_that_cannot_be_signed)
{
	OWN(ecdsa_keys) struct ecdsa_keys k;
	struct threshold_request request;
	uint8_t hash[32];

	ecdsa_keys_make(&k, three, 3, 2, 1);
	request = ecdsa_request(1, false, 0, hash);
	memset(hash, 0, 32);
	refuse(&k, &request, "hash");
	order(hash);
	refuse(&k, &request, "hash");
	memset(hash, 0xff, 32);
	refuse(&k, &request, "hash");
	request = ecdsa_request(1, false, 0, hash);
	request.message_len = 31;
	refuse(&k, &request, "hash");
	request = ecdsa_request(1, true, 0, hash);
	order(request.tweak);
	refuse(&k, &request, "tweak");
	request = ecdsa_request(1, false, 0, hash);
	CHECK_INT(group_secp256k1.scalar_is_zero(request.tweak), true);
	group_secp256k1.scalar_subtract(request.tweak, (const uint8_t[32]){ [31] = 1 }, request.tweak);
	order(hash);
	hash[31]--; /* the largest of both: no error, so no reason */
	{
		OWN(ecdsa_presignatures) struct ecdsa_presignatures p;
		OWN(world) struct world w;
		struct threshold_signature signature;

		ecdsa_presign(&p, &k, three, 3, 7);
		world_open(&w, 8, three, 3);
		ecdsa_sign_start(&w, &k, &p, &request);
		world_run(&w);
		CHECK(world_done(&w));
		CHECK_INT(threshold_take_signature(w.sessions[0], &signature), 0);
		ecdsa_check_signature(&k, &request, &signature);
	}
}

TEST(ecdsa_sign, the_derived_key_is_not_the_identity)
{
	OWN(ecdsa_keys) struct ecdsa_keys k;
	OWN(ecdsa_presignatures) struct ecdsa_presignatures p;
	OWN(world) struct world w;
	struct threshold_request request;
	uint8_t hash[32], weight[32], term[32], secret[32] = { 0 };

	ecdsa_keys_make(&k, three, 3, 2, 1);
	for (size_t i = 0; i < 2; i++) {
		CHECK_INT(group_lagrange(&group_secp256k1, three, 2, i, NULL, weight), 0);
		group_secp256k1.scalar_multiply(weight, k.keys[i]->secret, term);
		group_secp256k1.scalar_add(secret, term, secret);
	}
	request = ecdsa_request(1, false, 0, hash);
	group_secp256k1.scalar_subtract(request.tweak, secret, request.tweak);
	ecdsa_presign(&p, &k, three, 3, 7);
	world_open(&w, 8, three, 3);
	ecdsa_sign_start(&w, &k, &p, &request);
	CHECK_INT(threshold_status(w.sessions[0]), THRESHOLD_ABORTED);
	CHECK(strstr(threshold_reason(w.sessions[0]), "identity"));
}

/* ---- hostile parties -------------------------------------------------------------------------------------- */

struct hostile {
	struct ecdsa_keys keys;
	uint32_t coordinator;
	const uint32_t *ids;
	size_t count;
	struct ecdsa_presignatures presignatures;
	uint8_t hash[32];
	struct threshold_request request;
};

static struct threshold_session *make(void *data, size_t i, const struct threshold_setting *setting)
{
	struct hostile *h = data;
	uint64_t seed = setting->context[0]; /* another session has another presignature and request */

	if (!i) {
		ecdsa_presignatures_free(&h->presignatures);
		ecdsa_presign(&h->presignatures, &h->keys, h->ids, h->count, seed);
		h->request = ecdsa_request(seed, true, h->coordinator, h->hash);
	}
	return threshold_sign(h->keys.keys[i], GIVE(h->presignatures.of[i]), &h->request, setting);
}

static void check(void *data, struct world *w, const struct world_attack *attack)
{
	struct hostile *h = data;
	struct threshold_signature signature;

	(void)attack;
	for (size_t i = 0; i < w->count; i++)
		if (threshold_take_signature(w->sessions[i], &signature) == 0)
			ecdsa_check_signature(&h->keys, &h->request, &signature);
}

/* A share that is only wrong looks like any other. */
static bool nameable(const struct world_attack *attack)
{
	return attack->mutation == WORLD_FOREIGN;
}

TEST(ecdsa_sign, hostile_parties_get_no_wrong_signature)
{
	struct hostile h = { .coordinator = 1, .ids = three, .count = 3 };
	struct world_protocol protocol = { .name = "ECDSA signing", .ids = three, .count = 3, .data = &h, .make = make,
					   .check = check, .nameable = nameable, .flips = 40 };

	ecdsa_keys_make(&h.keys, three, 3, 2, 1);
	CHECK(world_hostile(&protocol, 0, 31) > 40);
	CHECK(world_hostile(&protocol, 2, 32) > 40);
	ecdsa_presignatures_free(&h.presignatures);
	ecdsa_keys_free(&h.keys);
}

/* ---- presignatures ---------------------------------------------------------------------------------------- */

TEST(ecdsa_sign, one_who_signs_something_else_is_named)
{
	OWN(ecdsa_keys) struct ecdsa_keys k;
	OWN(ecdsa_presignatures) struct ecdsa_presignatures p;
	OWN(world) struct world w;
	struct threshold_request request;
	uint8_t hash[32], other[32];
	uint32_t culprit = 0;

	ecdsa_keys_make(&k, three, 3, 2, 1);
	ecdsa_presign(&p, &k, three, 3, 7);
	world_open(&w, 8, three, 3);
	request = ecdsa_request(1, true, 0, hash);
	for (size_t i = 0; i < 3; i++) {
		struct threshold_request wanted = i == 2 ? ecdsa_request(2, true, 0, other) : request;
		struct threshold_setting setting = world_setting(&w, i);

		w.sessions[i] = threshold_sign(k.keys[i], GIVE(p.of[i]), &wanted, &setting);
	}
	world_run(&w);
	CHECK_INT(threshold_status(w.sessions[0]), THRESHOLD_ABORTED);
	CHECK(threshold_culprit(w.sessions[0], &culprit));
	CHECK_INT(culprit, 2);
}

/* The session owns it, and it is wiped before the share leaves: nothing is left to sign again with. (The arena
 * keeps freed blocks mapped, so what stood there can be looked at.) */
TEST(ecdsa_sign, a_presignature_is_gone_once_its_session_began)
{
	OWN(ecdsa_keys) struct ecdsa_keys k;
	OWN(ecdsa_presignatures) struct ecdsa_presignatures p;
	OWN(threshold_session) struct threshold_session *s = NULL;
	struct threshold_setting setting = { .self = 1, .parties = three, .count = 3 };
	struct threshold_request request;
	const uint8_t *was;
	uint8_t hash[32];

	ecdsa_keys_make(&k, three, 3, 2, 1);
	ecdsa_presign(&p, &k, three, 3, 7);
	request = ecdsa_request(1, true, 0, hash);
	was = (const uint8_t *)p.of[1];
	CHECK(!sodium_is_zero(was, sizeof(*p.of[1])));
	s = threshold_sign(k.keys[1], GIVE(p.of[1]), &request, &setting);
	CHECK_INT(threshold_status(s), THRESHOLD_DONE);
	if (secret_locked())
		CHECK(sodium_is_zero(was, sizeof(*p.of[1])));
}
