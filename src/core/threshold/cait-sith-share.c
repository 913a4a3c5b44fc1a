/* Signing with a presignature of CAIT_SITH, rerandomised and for a derived key.
 *
 * All sums are over the signers: u = r * phi, v = x * phi, with R = r*G and X = x*G. For the key that is
 * tweak (eps) apart and with the nonce point R' = delta * R, hash h, r' the x coordinate of R':
 *
 *   v + eps * phi	       = (x + eps) * phi, share by share
 *   w = h * phi + r' * (v + eps * phi) = phi * (h + r' * (x + eps))
 *   s = w / (delta * u)       = (h + r' * (x + eps)) / (delta * r)	which is ECDSA with nonce delta * r
 *
 * phi hides r in u and the key in w. A second w under the same u and R would give the key away. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/threshold-internal.h"

static const struct group *const g = &group_secp256k1;

size_t cait_sith_share(const struct threshold_presignature *p, const uint8_t hash[32], const uint8_t tweak[32],
		       const uint8_t delta[32], const uint8_t r[32], uint8_t ret[64])
{
	uint8_t part[32];

	(void)delta; /* it divides the sum of u: the one who combines does that */
	g->scalar_multiply(tweak, p->cait_sith.phi, part);
	g->scalar_add(part, p->cait_sith.v, part);
	g->scalar_multiply(r, part, part);
	g->scalar_multiply(hash, p->cait_sith.phi, ret);
	g->scalar_add(ret, part, ret);
	memcpy(ret + 32, p->cait_sith.u, 32);
	sodium_memzero(part, sizeof(part));
	return 64;
}

int cait_sith_combine(const uint8_t (*shares)[64], size_t count, const uint8_t delta[32], uint8_t ret_s[32])
{
	uint8_t w[32] = { 0 }, u[32] = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (g->scalar_decode(shares[i]) < 0 || g->scalar_decode(shares[i] + 32) < 0)
			return -1;
		g->scalar_add(w, shares[i], w);
		g->scalar_add(u, shares[i] + 32, u);
	}
	g->scalar_multiply(u, delta, u);
	if (g->scalar_invert(u, u) < 0)
		return -1;
	g->scalar_multiply(w, u, ret_s);
	return 0;
}
