#include "core/threshold/test-ecdsa.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "base/test.h"

#define G (&group_secp256k1)

static void number(const char *what, uint64_t seed, size_t i, uint8_t ret[32])
{
	OWN(str) char *text = str_printf("%s %zu of %llu", what, i, (unsigned long long)seed);

	crypto_hash_sha256(ret, (const uint8_t *)text, strlen(text));
	ret[0] &= 0x7f; /* below the order */
}

/* ---- keys -------------------------------------------------------------------------------------------- */

static struct threshold_key *make_key(const uint8_t (*coefficients)[32], const uint32_t *ids, size_t count,
				      size_t t, size_t self)
{
	struct threshold_key *key = SECRET_NEW(struct threshold_key);
	uint8_t x[32], share[32];

	*key = (struct threshold_key){ .curve = THRESHOLD_SECP256K1, .self = ids[self], .t = t, .count = count };
	CHECK_INT(G->base_multiply(coefficients[0], key->public_key), 0);
	for (size_t i = 0; i < count; i++) {
		key->parties[i] = ids[i];
		group_x(G, ids[i], x);
		group_polynomial(G, coefficients, t, x, share);
		CHECK_INT(G->base_multiply(share, key->public_shares[i]), 0);
		if (i == self)
			memcpy(key->secret, share, 32);
	}
	return key;
}

void ecdsa_keys_make(struct ecdsa_keys *k, const uint32_t *ids, size_t count, size_t t, uint64_t seed)
{
	uint8_t coefficients[ECDSA_PARTIES_MOST][32];

	CHECK_INT(group_secp256k1_init((const uint8_t[32]){ 7 }), 0);
	for (size_t i = 0; i < t; i++)
		number("coefficient", seed, i, coefficients[i]);
	*k = (struct ecdsa_keys){ .count = count };
	for (size_t i = 0; i < count; i++)
		k->keys[i] = make_key((const void *)coefficients, ids, count, t, i);
}

void ecdsa_keys_free(struct ecdsa_keys *k)
{
	for (size_t i = 0; i < k->count; i++)
		threshold_key_free(k->keys[i]);
	k->count = 0;
}

const struct threshold_key *ecdsa_key_of(const struct ecdsa_keys *k, uint32_t id)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->keys[i]->self == id)
			return k->keys[i];
	return NULL;
}

/* ---- protocols ---------------------------------------------------------------------------------------- */

void ecdsa_presign(struct ecdsa_presignatures *p, const struct ecdsa_keys *k, const uint32_t *ids, size_t count,
		   uint64_t seed)
{
	OWN(world) struct world w;

	*p = (struct ecdsa_presignatures){ 0 };
	world_open(&w, seed, ids, count);
	for (size_t i = 0; i < count; i++) {
		struct threshold_setting setting = world_setting(&w, i);

		w.sessions[i] = threshold_presign(THRESHOLD_DAMGARD_ET_AL, ecdsa_key_of(k, ids[i]), NULL, &setting);
	}
	world_run(&w);
	CHECK(world_done(&w));
	for (size_t i = 0; i < count; i++) {
		p->of[i] = threshold_take_presignature(w.sessions[i]);
		CHECK(p->of[i]);
		CHECK(!threshold_take_presignature(w.sessions[i]));
	}
}

void ecdsa_presignatures_free(struct ecdsa_presignatures *p)
{
	for (size_t i = 0; i < ECDSA_PARTIES_MOST; i++)
		threshold_presignature_free(GIVE(p->of[i]));
}

struct threshold_request ecdsa_request(uint64_t seed, bool tweaked, uint32_t coordinator, uint8_t hash[32])
{
	struct threshold_request r = { .message = hash, .message_len = 32, .coordinator = coordinator };

	number("hash", seed, 0, hash);
	number("entropy", seed, 0, r.entropy);
	if (tweaked)
		number("tweak", seed, 0, r.tweak);
	return r;
}

void ecdsa_sign_start(struct world *w, const struct ecdsa_keys *k, struct ecdsa_presignatures *p,
		      const struct threshold_request *request)
{
	for (size_t i = 0; i < w->count; i++) {
		struct threshold_setting setting = world_setting(w, i);

		w->sessions[i] = threshold_sign(ecdsa_key_of(k, w->ids[i]), GIVE(p->of[i]), request, &setting);
	}
}

/* ---- verification ------------------------------------------------------------------------------------- */

static EVP_PKEY *openssl_key(const uint8_t public_key[33])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	uint8_t bytes[33];
	char name[] = "secp256k1";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
				OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes, 33), OSSL_PARAM_construct_end() };
	EVP_PKEY *key = NULL;

	memcpy(bytes, public_key, 33);
	CHECK(EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static bool openssl_verifies(const uint8_t public_key[33], const uint8_t hash[32], const uint8_t bytes[64])
{
	EVP_PKEY *key = openssl_key(public_key);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	ECDSA_SIG *signature = ECDSA_SIG_new();
	uint8_t *der = NULL;
	int len;
	bool good;

	ECDSA_SIG_set0(signature, BN_bin2bn(bytes, 32, NULL), BN_bin2bn(bytes + 32, 32, NULL));
	len = i2d_ECDSA_SIG(signature, &der);
	good = len > 0 && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_verify(ctx, der, (size_t)len, hash, 32) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(signature);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}

void ecdsa_check_signature(const struct ecdsa_keys *k, const struct threshold_request *request,
			   const struct threshold_signature *signature)
{
	uint8_t derived[THRESHOLD_POINT_MOST];

	CHECK_INT(threshold_derive(THRESHOLD_SECP256K1, k->keys[0]->public_key, request->tweak, derived), 0);
	CHECK(!memcmp(signature->public_key, derived, 33));
	CHECK_INT(threshold_verify(THRESHOLD_SECP256K1, derived, request->message, 32, signature->bytes), 0);
	CHECK(openssl_verifies(derived, request->message, signature->bytes));
	CHECK(!memcmp(signature->big_r + 1, signature->bytes, 32));
	CHECK(signature->recovery_id < 2);
}
