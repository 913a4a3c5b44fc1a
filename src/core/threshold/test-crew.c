#include "core/threshold/test-crew.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>
#include <string.h>

#include "base/test.h"

static const struct group *const g = &group_secp256k1;

/* ---- making ---------------------------------------------------------------------------------------- */

static void scalar_of(uint64_t seed, const char *what, size_t i, uint8_t ret[32])
{
	OWN(str) char *text = str_printf("%s %zu of crew %llu", what, i, (unsigned long long)seed);
	uint8_t hash[64];

	crypto_hash_sha512(hash, (const uint8_t *)text, strlen(text));
	g->scalar_wide(hash, ret);
}

static void deal(struct crew *c, uint64_t seed)
{
	uint8_t coefficients[CREW_MOST][32], x[32];

	for (size_t i = 0; i < c->t; i++)
		scalar_of(seed, "coefficient", i, coefficients[i]);
	memcpy(c->private_key, coefficients[0], 32);
	for (size_t i = 0; i < c->count; i++) {
		struct threshold_key *key = &c->keys[i];

		key->curve = THRESHOLD_SECP256K1;
		key->self = c->ids[i];
		key->t = c->t;
		key->count = c->count;
		memcpy(key->parties, c->ids, c->count * sizeof(*c->ids));
		group_x(g, c->ids[i], x);
		group_polynomial(g, (const uint8_t(*)[32])coefficients, c->t, x, key->secret);
		CHECK_INT(g->base_multiply(c->private_key, key->public_key), 0);
	}
	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < c->count; k++)
			g->base_multiply(c->keys[k].secret, c->keys[i].public_shares[k]);
}

void crew_pair(struct world *w, uint64_t seed, const uint32_t ids[2], struct threshold_pairing *ret[2])
{
	world_open(w, seed, ids, 2);
	for (size_t i = 0; i < 2; i++) {
		struct threshold_setting setting = world_setting(w, i);

		w->sessions[i] = threshold_pair(&setting);
	}
	world_run(w);
	world_done(w);
	for (size_t i = 0; i < 2; i++)
		ret[i] = threshold_take_pairing(w->sessions[i]);
}

static struct threshold_pairing *copy(const struct threshold_pairing *p)
{
	struct threshold_pairing *ret = SECRET_NEW(struct threshold_pairing);

	*ret = *p;
	ret->gadget = mem_new(OT_COUNT, sizeof(*ret->gadget));
	memcpy(ret->gadget, p->gadget, OT_COUNT * sizeof(*ret->gadget));
	return ret;
}

void crew_open(struct crew *c, uint64_t seed, size_t n, size_t t)
{
	static const uint32_t ids[CREW_MOST] = { 0, 1, 4, 7, 300 };
	const uint8_t blind[32] = { 7 };

	*c = (struct crew){ .count = n, .t = t };
	CHECK_INT(group_secp256k1_init(blind), 0);
	memcpy(c->ids, ids, sizeof(ids));
	deal(c, seed);
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++) {
			OWN(world) struct world w;
			struct threshold_pairing *both[2];

			crew_pair(&w, seed + i * CREW_MOST + k, (uint32_t[]){ ids[i], ids[k] }, both);
			c->pairings[i][k] = both[0];
			c->pairings[k][i] = both[1];
			c->saved[i][k] = copy(both[0]);
			c->saved[k][i] = copy(both[1]);
		}
}

void crew_restore(struct crew *c)
{
	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < c->count; k++)
			if (i != k) {
				threshold_pairing_free(c->pairings[i][k]);
				c->pairings[i][k] = copy(c->saved[i][k]);
			}
}

void crew_close(struct crew *c)
{
	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < c->count; k++) {
			threshold_pairing_free(c->pairings[i][k]);
			threshold_pairing_free(c->saved[i][k]);
		}
}

struct threshold_session *crew_presign(const struct crew *c, const size_t *signers, size_t count, size_t i,
				       const struct threshold_setting *setting)
{
	struct threshold_pairing *pairings[CREW_MOST];
	size_t used = 0;

	for (size_t k = 0; k < count; k++)
		if (k != i)
			pairings[used++] = c->pairings[signers[i]][signers[k]];
	return threshold_presign(THRESHOLD_CAIT_SITH, &c->keys[signers[i]], pairings, setting);
}

/* ---- verifying --------------------------------------------------------------------------------------- */

static bool openssl_accepts(const uint8_t public_key[33], const uint8_t hash[32], const uint8_t signature[64])
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL), *verify;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;
	uint8_t *der = NULL;
	bool accepted;
	int len;

	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "secp256k1", 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, public_key, 33);
	params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_fromdata_init(make);
	CHECK_INT(EVP_PKEY_fromdata(make, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	ECDSA_SIG_set0(sig, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
	len = i2d_ECDSA_SIG(sig, &der);
	verify = EVP_PKEY_CTX_new(key, NULL);
	EVP_PKEY_verify_init(verify);
	accepted = EVP_PKEY_verify(verify, der, (size_t)len, hash, 32) == 1;
	EVP_PKEY_CTX_free(verify);
	EVP_PKEY_CTX_free(make);
	EVP_PKEY_free(key);
	ECDSA_SIG_free(sig);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	OPENSSL_free(der);
	return accepted;
}

static void make_low(uint8_t s[32])
{
	static const uint8_t zero[32], half[32] = {
		0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
	};

	if (memcmp(s, half, 32) > 0)
		g->scalar_subtract(zero, s, s);
}

int crew_sign(const struct crew *c, const struct threshold_presignature *const *p, uint64_t seed)
{
	uint8_t hash[32], tweak[32], delta[32], big_r[33], wide[64] = { 0 }, shares[CREW_MOST][64], key[33];
	uint8_t signature[64];
	bool accepted;

	scalar_of(seed, "hash", 0, hash);
	scalar_of(seed, "tweak", 0, tweak);
	scalar_of(seed, "delta", 0, delta);
	CHECK_INT(g->point_multiply_public(delta, p[0]->cait_sith.big_r, big_r), 0);
	memcpy(wide + 32, big_r + 1, 32);
	g->scalar_wide(wide, signature);
	for (size_t i = 0; i < p[0]->count; i++)
		CHECK_INT(cait_sith_share(p[i], hash, tweak, delta, signature, shares[i]), 64);
	if (cait_sith_combine((const uint8_t(*)[64])shares, p[0]->count, delta, signature + 32) < 0)
		return 1;
	make_low(signature + 32);
	CHECK_INT(threshold_derive(THRESHOLD_SECP256K1, c->keys[0].public_key, tweak, key), 0);
	accepted = threshold_verify(THRESHOLD_SECP256K1, key, hash, 32, signature) == 0;
	CHECK_INT(openssl_accepts(key, hash, signature), accepted);
	return accepted ? 0 : 1;
}
