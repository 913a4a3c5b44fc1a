/* Once per process: libraries made ready, and what they must be able to do tried out. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/frost-internal.h"

/* Versions of libsodium with CVE-2025-69277 take the sum of a good point and the point of order 2. */
static bool mixed_order_refused(void)
{
	uint8_t order_2[32], base[32], mixed[32];
	const uint8_t one[32] = { 1 };

	memset(order_2, 0xff, 32); /* y = -1 */
	order_2[0] = 0xec;
	order_2[31] = 0x7f;
	return crypto_scalarmult_ed25519_base_noclamp(base, one) == 0 && group_ed25519.point_check(base) == 0 &&
	       crypto_core_ed25519_add(mixed, base, order_2) == 0 && group_ed25519.point_check(mixed) < 0;
}

static bool inverts(const struct group *g)
{
	uint8_t seven[32], inverse[32], product[32], one[32], zero[32] = { 0 };

	g->scalar_small(1, one);
	g->scalar_small(7, seven);
	if (g->scalar_invert(seven, inverse) < 0 || g->scalar_invert(zero, product) == 0)
		return false;
	g->scalar_multiply(seven, inverse, product);
	return !memcmp(product, one, 32);
}

/* Two ways to the same point. */
static bool multiplies(const struct group *g)
{
	uint8_t seven[32], six[32], base[THRESHOLD_POINT_MOST], sum[THRESHOLD_POINT_MOST], want[THRESHOLD_POINT_MOST];
	uint8_t points[2][THRESHOLD_POINT_MOST], one[32];

	g->scalar_small(1, one);
	g->scalar_small(6, six);
	g->scalar_small(7, seven);
	if (g->base_multiply(one, base) < 0 || g->base_multiply(seven, want) < 0 ||
	    g->point_multiply(six, base, points[0]) < 0)
		return false;
	memcpy(points[1], base, g->point_bytes);
	return g->point_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])points, 2, sum) == 0 &&
	       !memcmp(sum, want, g->point_bytes);
}

/* RFC 9591, E.1: the share of participant 1, who signs "test" with participant 3. */
static bool known_answer(void)
{
	static const char *const given[] = {
		"15d21ccd7ee42959562fc8aa63224c8851fb3ec85a3faf66040d380fb9738673", /* public key */
		"b5aa8ab305882a6fc69cbee9327e5a45e54c08af61ae77cb8207be3d2ce13de3", /* commitments of 1 */
		"67e98ab55aa310c3120418e5050c9cf76cf387cb20ac9e4b6fdb6f82a469f932",
		"cfbdb165bd8aad6eb79deb8d287bcc0ab6658ae57fdcc98ed12c0669e90aec91", /* and of 3 */
		"7487bc41a6e712eea2f2af24681b58b1cf1da278ea11fe4e8b78398965f13552",
		"929dcc590407aae7d388761cddb0c0db6f5627aea8e217f4a033f2ec83d93509", /* secret share of 1 */
		"812d6104142944d5a55924de6d49940956206909f2acaeedecda2b726e630407", /* nonces of 1 */
		"b1110165fc2334149750b28dd813a39244f315cff14d4e89e6142f262ed83301",
		"001719ab5a53ee1a12095cd088fd149702c0720ce5fd2f29dbecf24b7281b603", /* signature share of 1 */
	};
	struct frost_package p = { .suite = &frost_ed25519, .parties = { 0, 2 }, .count = 2,
				   .message = (const uint8_t *)"test", .message_len = 4 };
	uint8_t secrets[4][32], lambda[32], share[32];
	uint8_t *const places[] = { p.public_key, p.hiding[0], p.binding[0], p.hiding[1], p.binding[1],
				    secrets[0],	  secrets[1],  secrets[2],   secrets[3] };

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		hex_decode(given[i], 64, places[i], 32);
	if (frost_prepare(&p) < 0 || group_lagrange(p.suite->group, p.parties, 2, 0, NULL, lambda) < 0)
		return false;
	frost_share(&p, 0, lambda, secrets[0], secrets[1], secrets[2], share);
	return !memcmp(share, secrets[3], 32);
}

int threshold_init(const uint8_t seed[32], struct err *err)
{
	if (sodium_init() < 0)
		return err_set(err, ERR_SYS, "libsodium cannot be used");
	if (group_secp256k1_init(seed) < 0)
		return err_set(err, ERR_SYS, "libsecp256k1 cannot be used");
	if (!mixed_order_refused())
		return err_set(err, ERR_SYS,
			       "this libsodium takes Ed25519 points of mixed order (CVE-2025-69277): install a fixed "
			       "one (Debian 12: 1.0.18-1+deb12u1)");
	if (!inverts(&group_ed25519) || !inverts(&group_secp256k1) || !multiplies(&group_ed25519) ||
	    !multiplies(&group_secp256k1) || !known_answer())
		return err_set(err, ERR_BUG, "the self-test of threshold signatures failed");
	return 0;
}
