/* For tests of the ECDSA schemes: keys of one dealer, signatures by a set, verification by OpenSSL. */
#pragma once
#include "core/threshold/test-threshold-world.h"

#define ECDSA_PARTIES_MOST 7

/* Everybody's share of one secret. */
struct ecdsa_keys {
	struct threshold_key *keys[ECDSA_PARTIES_MOST];
	size_t count;
};
void ecdsa_keys_make(struct ecdsa_keys *k, const uint32_t *ids, size_t count, size_t t, uint64_t seed);
void ecdsa_keys_free(struct ecdsa_keys *k);
static inline void own_drop_ecdsa_keys(struct ecdsa_keys *k)
{
	ecdsa_keys_free(k);
}

/* One presignature each for the set `ids` of w, by DamgardEtAl. */
struct ecdsa_presignatures {
	struct threshold_presignature *of[ECDSA_PARTIES_MOST];
};
void ecdsa_presign(struct ecdsa_presignatures *p, const struct ecdsa_keys *k, const uint32_t *ids, size_t count,
		   uint64_t seed);
void ecdsa_presignatures_free(struct ecdsa_presignatures *p);
static inline void own_drop_ecdsa_presignatures(struct ecdsa_presignatures *p)
{
	ecdsa_presignatures_free(p);
}
const struct threshold_key *ecdsa_key_of(const struct ecdsa_keys *k, uint32_t id);
/* Hash, tweak and entropy that follow from `seed`. `hash` is borrowed by the request. */
struct threshold_request ecdsa_request(uint64_t seed, bool tweaked, uint32_t coordinator, uint8_t hash[32]);
/* Starts w's signing sessions, taking the presignatures. */
void ecdsa_sign_start(struct world *w, const struct ecdsa_keys *k, struct ecdsa_presignatures *p,
		      const struct threshold_request *request);
/* Both libraries accept it for the key derived from k's, and its parts belong together. */
void ecdsa_check_signature(const struct ecdsa_keys *k, const struct threshold_request *request,
			   const struct threshold_signature *signature);
