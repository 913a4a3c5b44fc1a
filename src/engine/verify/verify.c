#include "engine/verify/verify.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "base/own.h"

OWN_DEFINE(bignum, BIGNUM *, BN_free)
OWN_DEFINE(bignum_context, BN_CTX *, BN_CTX_free)
OWN_DEFINE(group, EC_GROUP *, EC_GROUP_free)
OWN_DEFINE(point, EC_POINT *, EC_POINT_free)
OWN_DEFINE(pkey, EVP_PKEY *, EVP_PKEY_free)
OWN_DEFINE(pkey_context, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
OWN_DEFINE(digest_context, EVP_MD_CTX *, EVP_MD_CTX_free)
OWN_DEFINE(signature, ECDSA_SIG *, ECDSA_SIG_free)

const char *verify_name(void)
{
	static char name[64];

	(void)snprintf(name, sizeof(name), "OpenSSL %s", OpenSSL_version(OPENSSL_VERSION_STRING));
	return name;
}

/* ---- secp256k1 ------------------------------------------------------------------------------------- */

static EVP_PKEY *secp256k1_key(const uint8_t xy[64])
{
	OWN(pkey_context) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	char group[] = "secp256k1";
	uint8_t point[65] = { 4 };
	EVP_PKEY *key = NULL;
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_end(),
	};

	memcpy(point + 1, xy, 64);
	if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		return NULL;
	return key;
}

/* The signature as DER, for EVP; OPENSSL_free. -1: it cannot be. */
static int to_der(const uint8_t rs[64], unsigned char **ret)
{
	OWN(signature) ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(rs, 32, NULL), *s = BN_bin2bn(rs + 32, 32, NULL);

	if (!signature || !r || !s || ECDSA_SIG_set0(signature, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return -1;
	}
	return i2d_ECDSA_SIG(signature, ret);
}

static int check_ecdsa(EVP_PKEY *key, const uint8_t hash[32], const uint8_t rs[64])
{
	OWN(pkey_context) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	unsigned char *der = NULL;
	int len = to_der(rs, &der), rc = 0;

	if (len > 0 && context && EVP_PKEY_verify_init(context) == 1)
		rc = EVP_PKEY_verify(context, der, (size_t)len, hash, 32);
	OPENSSL_free(der);
	return rc == 1 ? 0 : -1;
}

/* R = (hash/s) G + (r/s) Q, as verification computes it: x and the parity of y. */
static int compute_r(const EC_GROUP *group, const uint8_t xy[64], const uint8_t hash[32],
		     const uint8_t rs[64], uint8_t ret_x[32], unsigned *ret_odd)
{
	OWN(bignum_context) BN_CTX *context = BN_CTX_new();
	OWN(point) EC_POINT *q = EC_POINT_new(group), *point = EC_POINT_new(group);
	OWN(bignum) BIGNUM *r = BN_bin2bn(rs, 32, NULL), *s = BN_bin2bn(rs + 32, 32, NULL),
			   *u1 = BN_bin2bn(hash, 32, NULL), *u2 = BN_new();
	const BIGNUM *order = EC_GROUP_get0_order(group);
	uint8_t bytes[65] = { 4 };

	memcpy(bytes + 1, xy, 64);
	if (!context || !q || !point || !r || !s || !u1 || !u2 ||
	    !EC_POINT_oct2point(group, q, bytes, sizeof(bytes), context) ||
	    !BN_mod_inverse(s, s, order, context) || !BN_mod_mul(u1, u1, s, order, context) ||
	    !BN_mod_mul(u2, r, s, order, context) || !EC_POINT_mul(group, point, u1, q, u2, context) ||
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, sizeof(bytes),
			       context) != sizeof(bytes))
		return -1;
	memcpy(ret_x, bytes + 1, 32);
	*ret_odd = bytes[64] & 1;
	return 0;
}

int verify_ecdsa(const uint8_t xy[64], const uint8_t hash[32], const uint8_t rs[64],
		 unsigned recovery_id, struct err *err)
{
	OWN(pkey) EVP_PKEY *key = secp256k1_key(xy);
	OWN(group) EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_secp256k1);
	uint8_t x[32];
	unsigned odd;

	if (!key || !group)
		return err_set(err, ERR_INPUT, "%s does not take the public key", verify_name());
	if (check_ecdsa(key, hash, rs) < 0 || compute_r(group, xy, hash, rs, x, &odd) < 0)
		return err_set(err, ERR_INPUT, "%s: the signature is wrong", verify_name());
	if (recovery_id > 3 || (recovery_id & 1) != odd ||
	    (memcmp(x, rs, 32) != 0) != (recovery_id >> 1 == 1))
		return err_set(err, ERR_INPUT, "%s: the recovery id %u is wrong", verify_name(), recovery_id);
	return 0;
}

/* ---- Ed25519 ---------------------------------------------------------------------------------------- */

int verify_ed25519(const uint8_t public_key[32], const void *message, size_t len,
		   const uint8_t signature[64], struct err *err)
{
	OWN(pkey) EVP_PKEY *key =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
	OWN(digest_context) EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!key)
		return err_set(err, ERR_INPUT, "%s does not take the public key", verify_name());
	if (!context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestVerify(context, signature, 64, message, len) != 1)
		return err_set(err, ERR_INPUT, "%s: the signature is wrong", verify_name());
	return 0;
}
