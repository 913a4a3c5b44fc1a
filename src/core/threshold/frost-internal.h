/* FROST of RFC 9591: what its sessions and its vectors share. */
#pragma once
#include "core/threshold/threshold-internal.h"

/* A ciphersuite of RFC 9591. FROST(secp256k1, SHA-256) makes Schnorr signatures, which no scheme of
 * threshold.h wants: it is here for its vectors, which test what both curves share. */
struct frost_suite {
	const struct group *group;
	const char *context;
	size_t hash_bytes;
	/* H1 "rho", H2 "chal", H3 "nonce". */
	void (*hash_scalar)(const struct frost_suite *suite, const char *tag, const struct session_part *parts,
			    size_t count, uint8_t ret[32]);
	/* H4 "msg", H5 "com". */
	void (*hash_bytes_of)(const struct frost_suite *suite, const char *tag,
			      const struct session_part *parts, size_t count, uint8_t ret[64]);
};
extern const struct frost_suite frost_ed25519, frost_secp256k1;

/* All that is public about one signature. */
struct frost_package {
	const struct frost_suite *suite;
	uint8_t public_key[THRESHOLD_POINT_MOST]; /* the derived one */
	const uint8_t *message;
	size_t message_len;
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	size_t count;
	uint8_t hiding[THRESHOLD_PARTIES_MOST][THRESHOLD_POINT_MOST]; /* commitments */
	uint8_t binding[THRESHOLD_PARTIES_MOST][THRESHOLD_POINT_MOST];
	/* Ed25519: made of the commitments in advance; NULL: they were not. */
	const struct ed25519_table *tables;
	const uint8_t *hiding_sum;
	/* What frost_prepare() makes of the above. */
	uint8_t factors[THRESHOLD_PARTIES_MOST][32];
	uint8_t big_r[THRESHOLD_POINT_MOST];
	uint8_t challenge[32];
};

/* H3(random || secret). */
void frost_nonce(const struct frost_suite *suite, const uint8_t random[32], const uint8_t secret[32],
		 uint8_t ret[32]);
/* -1: the commitments add up to the identity. */
int frost_prepare(struct frost_package *p);
/* Share of party i: hiding + binding * factor + lambda * secret * challenge. `secret` includes the tweak. */
void frost_share(const struct frost_package *p, size_t i, const uint8_t lambda[32], const uint8_t secret[32],
		 const uint8_t hiding[32], const uint8_t binding[32], uint8_t ret[32]);
/* 0: the share fits its commitments and the party's public share (with the tweak); -1. */
int frost_share_check(const struct frost_package *p, size_t i, const uint8_t *public_share,
		      const uint8_t share[32]);
