/* RFC 9591: hashes of the ciphersuites, binding factors, signature shares. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/ed25519-internal.h"
#include "core/threshold/frost-internal.h"

/* ---- FROST(Ed25519, SHA-512) -------------------------------------------------------------------------- */

static void sha512_of(const struct frost_suite *suite, const char *tag, const struct session_part *parts,
		      size_t count, uint8_t ret[64])
{
	crypto_hash_sha512_state h;

	crypto_hash_sha512_init(&h);
	if (strcmp(tag, "chal") != 0) { /* H2 is plain, so that any Ed25519 verifier accepts */
		crypto_hash_sha512_update(&h, (const uint8_t *)suite->context, strlen(suite->context));
		crypto_hash_sha512_update(&h, (const uint8_t *)tag, strlen(tag));
	}
	for (size_t i = 0; i < count; i++)
		crypto_hash_sha512_update(&h, parts[i].data, parts[i].len);
	crypto_hash_sha512_final(&h, ret);
	sodium_memzero(&h, sizeof(h));
}

static void sha512_scalar(const struct frost_suite *suite, const char *tag, const struct session_part *parts,
			  size_t count, uint8_t ret[32])
{
	uint8_t wide[64];

	sha512_of(suite, tag, parts, count, wide);
	suite->group->scalar_wide(wide, ret);
	sodium_memzero(wide, sizeof(wide));
}

const struct frost_suite frost_ed25519 = {
	.group = &group_ed25519,
	.context = "FROST-ED25519-SHA512-v1",
	.hash_bytes = 64,
	.hash_scalar = sha512_scalar,
	.hash_bytes_of = sha512_of,
};

/* ---- FROST(secp256k1, SHA-256) ------------------------------------------------------------------------ */

static void add_text(crypto_hash_sha256_state *h, const char *text)
{
	crypto_hash_sha256_update(h, (const uint8_t *)text, strlen(text));
}

static void sha256_of(const struct frost_suite *suite, const char *tag, const struct session_part *parts,
		      size_t count, uint8_t ret[64])
{
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	add_text(&h, suite->context);
	add_text(&h, tag);
	for (size_t i = 0; i < count; i++)
		crypto_hash_sha256_update(&h, parts[i].data, parts[i].len);
	crypto_hash_sha256_final(&h, ret);
}

/* The end of every block of expand_message_xmd: its number and the domain separation tag. */
static void end_block(crypto_hash_sha256_state *h, const struct frost_suite *suite, const char *tag,
		      uint8_t number, uint8_t ret[32])
{
	uint8_t tag_len = (uint8_t)(strlen(suite->context) + strlen(tag));

	crypto_hash_sha256_update(h, &number, 1);
	add_text(h, suite->context);
	add_text(h, tag);
	crypto_hash_sha256_update(h, &tag_len, 1);
	crypto_hash_sha256_final(h, ret);
	sodium_memzero(h, sizeof(*h));
}

/* hash_to_field of RFC 9380 with expand_message_xmd: 48 bytes, which are two blocks. */
static void sha256_scalar(const struct frost_suite *suite, const char *tag, const struct session_part *parts,
			  size_t count, uint8_t ret[32])
{
	static const uint8_t pad[64], wanted[2] = { 0, 48 };
	uint8_t zeroth[32], wide[64] = { 0 }, blocks[64];
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, pad, sizeof(pad));
	for (size_t i = 0; i < count; i++)
		crypto_hash_sha256_update(&h, parts[i].data, parts[i].len);
	crypto_hash_sha256_update(&h, wanted, sizeof(wanted));
	end_block(&h, suite, tag, 0, zeroth);
	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, zeroth, 32);
	end_block(&h, suite, tag, 1, blocks);
	for (int i = 0; i < 32; i++)
		zeroth[i] ^= blocks[i];
	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, zeroth, 32);
	end_block(&h, suite, tag, 2, blocks + 32);
	memcpy(wide + 16, blocks, 48);
	suite->group->scalar_wide(wide, ret);
	sodium_memzero(blocks, sizeof(blocks));
	sodium_memzero(wide, sizeof(wide));
}

const struct frost_suite frost_secp256k1 = {
	.group = &group_secp256k1,
	.context = "FROST-secp256k1-SHA256-v1",
	.hash_bytes = 32,
	.hash_scalar = sha256_scalar,
	.hash_bytes_of = sha256_of,
};

/* ---- signing ------------------------------------------------------------------------------------------- */

void frost_nonce(const struct frost_suite *suite, const uint8_t random[32], const uint8_t secret[32],
		 uint8_t ret[32])
{
	const struct session_part parts[] = { { random, 32 }, { secret, 32 } };

	suite->hash_scalar(suite, "nonce", parts, 2, ret);
}

static void hash_commitments(const struct frost_package *p, uint8_t ret[64])
{
	const struct group *g = p->suite->group;
	struct session_part parts[3 * THRESHOLD_PARTIES_MOST];
	uint8_t xs[THRESHOLD_PARTIES_MOST][32];

	for (size_t i = 0; i < p->count; i++) {
		group_x(g, p->parties[i], xs[i]);
		parts[3 * i] = (struct session_part){ xs[i], 32 };
		parts[3 * i + 1] = (struct session_part){ p->hiding[i], g->point_bytes };
		parts[3 * i + 2] = (struct session_part){ p->binding[i], g->point_bytes };
	}
	p->suite->hash_bytes_of(p->suite, "com", parts, 3 * p->count, ret);
}

static void make_factors(struct frost_package *p)
{
	const struct frost_suite *suite = p->suite;
	uint8_t message[64], commitments[64], x[32];
	const struct session_part whole = { p->message, p->message_len };
	const struct session_part parts[] = { { p->public_key, suite->group->point_bytes },
					      { message, suite->hash_bytes },
					      { commitments, suite->hash_bytes },
					      { x, 32 } };

	suite->hash_bytes_of(suite, "msg", &whole, 1, message);
	hash_commitments(p, commitments);
	for (size_t i = 0; i < p->count; i++) {
		group_x(suite->group, p->parties[i], x);
		suite->hash_scalar(suite, "rho", parts, 4, p->factors[i]);
	}
}

/* Sum of hiding + factor * binding over all. */
static int make_big_r(struct frost_package *p)
{
	const struct group *g = p->suite->group;
	uint8_t scalars[2 * THRESHOLD_PARTIES_MOST][32];
	uint8_t points[2 * THRESHOLD_PARTIES_MOST][THRESHOLD_POINT_MOST];

	if (p->tables)
		return ed25519_public_table_sum((const uint8_t(*)[32])p->factors, p->tables, p->count, p->hiding_sum,
						p->big_r);
	for (size_t i = 0; i < p->count; i++) {
		g->scalar_small(1, scalars[2 * i]);
		memcpy(points[2 * i], p->hiding[i], THRESHOLD_POINT_MOST);
		memcpy(scalars[2 * i + 1], p->factors[i], 32);
		memcpy(points[2 * i + 1], p->binding[i], THRESHOLD_POINT_MOST);
	}
	return g->multiply_sum_public((const uint8_t(*)[32])scalars,
				      (const uint8_t(*)[THRESHOLD_POINT_MOST])points, 2 * p->count, p->big_r);
}

int frost_prepare(struct frost_package *p)
{
	size_t point_bytes = p->suite->group->point_bytes;
	const struct session_part parts[] = { { p->big_r, point_bytes },
					      { p->public_key, point_bytes },
					      { p->message, p->message_len } };

	make_factors(p);
	if (make_big_r(p) < 0)
		return -1;
	p->suite->hash_scalar(p->suite, "chal", parts, 3, p->challenge);
	return 0;
}

void frost_share(const struct frost_package *p, size_t i, const uint8_t lambda[32], const uint8_t secret[32],
		 const uint8_t hiding[32], const uint8_t binding[32], uint8_t ret[32])
{
	const struct group *g = p->suite->group;
	uint8_t part[32];

	g->scalar_multiply(binding, p->factors[i], part);
	g->scalar_add(hiding, part, ret);
	g->scalar_multiply(lambda, p->challenge, part);
	g->scalar_multiply(part, secret, part);
	g->scalar_add(ret, part, ret);
	sodium_memzero(part, sizeof(part));
}

/* share * B == hiding + factor * binding + lambda * challenge * public share */
int frost_share_check(const struct frost_package *p, size_t i, const uint8_t *public_share,
		      const uint8_t share[32])
{
	const struct group *g = p->suite->group;
	uint8_t scalars[3][32], points[3][THRESHOLD_POINT_MOST] = { 0 };
	uint8_t left[THRESHOLD_POINT_MOST], right[THRESHOLD_POINT_MOST], lambda[32];

	if (g->scalar_decode(share) < 0 || g->base_multiply(share, left) < 0 ||
	    group_lagrange(g, p->parties, p->count, i, NULL, lambda) < 0)
		return -1;
	g->scalar_small(1, scalars[0]);
	memcpy(scalars[1], p->factors[i], 32);
	g->scalar_multiply(lambda, p->challenge, scalars[2]);
	memcpy(points[0], p->hiding[i], g->point_bytes);
	memcpy(points[1], p->binding[i], g->point_bytes);
	memcpy(points[2], public_share, g->point_bytes);
	if (g->multiply_sum_public((const uint8_t(*)[32])scalars, (const uint8_t(*)[THRESHOLD_POINT_MOST])points,
				   3, right) < 0)
		return -1;
	return memcmp(left, right, g->point_bytes) ? -1 : 0;
}
