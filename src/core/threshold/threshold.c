/* Names, the checks of schemes, keys derived from public ones, verification. */
#include "core/threshold/threshold.h"

#include <secp256k1.h>
#include <sodium.h>
#include <string.h>

#include "core/threshold/threshold-internal.h"

/* ---- schemes --------------------------------------------------------------------------------------- */

static const char *const scheme_names[] = {
	[THRESHOLD_FROST] = "Frost",
	[THRESHOLD_DAMGARD_ET_AL] = "DamgardEtAl",
	[THRESHOLD_CAIT_SITH] = "CaitSith",
};
#define SCHEMES (sizeof(scheme_names) / sizeof(scheme_names[0]))

const char *threshold_scheme_name(enum threshold_scheme scheme)
{
	return scheme_names[scheme];
}

int threshold_scheme_parse(const char *name, enum threshold_scheme *ret)
{
	for (size_t i = 0; i < SCHEMES; i++)
		if (!strcmp(scheme_names[i], name)) {
			*ret = (enum threshold_scheme)i;
			return 0;
		}
	return -1;
}

enum threshold_curve threshold_scheme_curve(enum threshold_scheme scheme)
{
	return scheme == THRESHOLD_FROST ? THRESHOLD_ED25519 : THRESHOLD_SECP256K1;
}

size_t threshold_scheme_signers(enum threshold_scheme scheme, size_t t)
{
	return scheme == THRESHOLD_DAMGARD_ET_AL ? 2 * t - 1 : t;
}

int threshold_scheme_check(enum threshold_scheme scheme, size_t n, size_t t, struct err *err)
{
	if (n > THRESHOLD_PARTIES_MOST)
		return err_set(err, ERR_LIMIT, "%zu parties: at most %d can share a key", n,
			       THRESHOLD_PARTIES_MOST);
	if (t < 2 || t > n)
		return err_set(err, ERR_INPUT,
			       "threshold %zu of %zu parties: it must be at least 2 and at most the number of "
			       "parties",
			       t, n);
	if (threshold_scheme_signers(scheme, t) > n)
		return err_set(err, ERR_INPUT,
			       "%s with threshold %zu needs %zu parties for a signature (an honest majority), and "
			       "there are %zu: add parties, lower the threshold, or use CaitSith",
			       threshold_scheme_name(scheme), t, threshold_scheme_signers(scheme, t), n);
	return 0;
}

/* ---- derived keys ---------------------------------------------------------------------------------- */

size_t threshold_point_bytes(enum threshold_curve curve)
{
	return group_of(curve)->point_bytes;
}

int group_tweak(const struct group *g, const uint8_t tweak[32], uint8_t ret[32])
{
	uint8_t wide[64] = { 0 };

	if (g->curve == THRESHOLD_SECP256K1) {
		if (g->scalar_decode(tweak) < 0)
			return -1;
		memcpy(ret, tweak, 32);
		return 0;
	}
	memcpy(wide, tweak, 32);
	g->scalar_wide(wide, ret);
	return 0;
}

int group_add_tweak(const struct group *g, const uint8_t *point, const uint8_t scalar[32], uint8_t *ret)
{
	uint8_t points[2][THRESHOLD_POINT_MOST];

	memcpy(points[0], point, g->point_bytes);
	if (!g->scalar_is_zero(scalar) && g->base_multiply(scalar, points[1]) < 0)
		return -1;
	return g->point_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, g->scalar_is_zero(scalar) ? 1 : 2, ret);
}

int threshold_derive(enum threshold_curve curve, const uint8_t *public_key, const uint8_t tweak[32],
		     uint8_t ret[THRESHOLD_POINT_MOST])
{
	const struct group *g = group_of(curve);
	uint8_t scalar[32];

	if (g->point_check(public_key) < 0 || group_tweak(g, tweak, scalar) < 0)
		return -1;
	return group_add_tweak(g, public_key, scalar, ret);
}

/* ---- verification ------------------------------------------------------------------------------------ */

static int verify_ecdsa(const uint8_t *public_key, const uint8_t hash[32], const uint8_t signature[64])
{
	const secp256k1_context *context = secp256k1_context_static;
	secp256k1_ecdsa_signature parsed;
	secp256k1_pubkey key;

	if (!secp256k1_ec_pubkey_parse(context, &key, public_key, 33) ||
	    !secp256k1_ecdsa_signature_parse_compact(context, &parsed, signature))
		return -1;
	return secp256k1_ecdsa_verify(context, &parsed, hash, &key) ? 0 : -1; /* refuses high s */
}

int threshold_verify(enum threshold_curve curve, const uint8_t *public_key, const uint8_t *message,
		     size_t message_len, const uint8_t signature[64])
{
	if (curve == THRESHOLD_SECP256K1)
		return message_len == 32 ? verify_ecdsa(public_key, message, signature) : -1;
	return crypto_sign_ed25519_verify_detached(signature, message, message_len, public_key);
}

int threshold_point_expand(const uint8_t compressed[33], uint8_t ret[64])
{
	secp256k1_pubkey point;
	uint8_t bytes[65];
	size_t len = sizeof(bytes);

	if (!secp256k1_ec_pubkey_parse(secp256k1_context_static, &point, compressed, 33))
		return -1;
	secp256k1_ec_pubkey_serialize(secp256k1_context_static, bytes, &len, &point, SECP256K1_EC_UNCOMPRESSED);
	memcpy(ret, bytes + 1, 64);
	return 0;
}

int threshold_point_compress(const uint8_t xy[64], uint8_t ret[33])
{
	uint8_t bytes[65] = { 4 };
	secp256k1_pubkey point;
	size_t len = 33;

	memcpy(bytes + 1, xy, 64);
	if (!secp256k1_ec_pubkey_parse(secp256k1_context_static, &point, bytes, sizeof(bytes)))
		return -1;
	secp256k1_ec_pubkey_serialize(secp256k1_context_static, ret, &len, &point, SECP256K1_EC_COMPRESSED);
	return 0;
}
