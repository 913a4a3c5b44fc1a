/* For tests of CAIT_SITH: parties with a key from a dealer and a pairing for each two of them. */
#pragma once
#include "core/threshold/ot-internal.h"
#include "core/threshold/test-threshold-world.h"

#define CREW_MOST 5

struct crew {
	uint32_t ids[CREW_MOST];
	size_t count, t;
	uint8_t private_key[32]; /* the dealer's; no party has it */
	struct threshold_key keys[CREW_MOST];
	struct threshold_pairing *pairings[CREW_MOST][CREW_MOST]; /* [mine][with] */
	struct threshold_pairing *saved[CREW_MOST][CREW_MOST];
};

/* n parties of which t sign; everything follows from the seed. */
void crew_open(struct crew *c, uint64_t seed, size_t n, size_t t);
void crew_close(struct crew *c);
static inline void own_drop_crew(struct crew *c)
{
	crew_close(c);
}
/* Both ends of a pairing between two ids, and the sessions that made it (context and randomness). */
void crew_pair(struct world *w, uint64_t seed, const uint32_t ids[2], struct threshold_pairing *ret[2]);
/* The pairings as they were when the crew was opened. */
void crew_restore(struct crew *c);
/* The presign session of the signer with index `i` among `signers` (indexes into the crew). */
struct threshold_session *crew_presign(const struct crew *c, const size_t *signers, size_t count, size_t i,
				       const struct threshold_setting *setting);
/* Signs a random hash for a random tweak and delta as ecdsa_sign() does, and verifies the signature: 0 when
 * libsecp256k1 and OpenSSL accept it, 1 when neither does; anything else fails the test. */
int crew_sign(const struct crew *c, const struct threshold_presignature *const *p, uint64_t seed);
