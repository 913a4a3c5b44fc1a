/* Dealing a secret to parties, all at once: what key generation and resharing have in common. */
#pragma once
#include "core/threshold/threshold-internal.h"

/* The state of a session. All is decided when it is made, but what says otherwise. */
struct deal {
	struct threshold_key *key; /* the result */
	const struct group *group;
	size_t t; /* of the new key */
	bool deals[THRESHOLD_PARTIES_MOST], receives[THRESHOLD_PARTIES_MOST];
	size_t most_corrupt;
	/* Coefficients, secret, constant first; NULL: we do not deal. The constant is filled in, the others
	 * are drawn at the begin. */
	uint8_t (*polynomial)[32];
	/* Resharing: the public key that must come out, and, when we know them, the constants in the exponent
	 * that each dealer must have (else NULL). Public. */
	bool reshares;
	uint8_t public_key[THRESHOLD_POINT_MOST];
	uint8_t (*constants)[THRESHOLD_POINT_MOST];
	/* Made on the way. */
	struct buf reveal;	 /* ours */
	uint8_t (*digests)[32];	 /* of every dealer's reveal */
	uint8_t transcript[32]; /* hash of the digests */
};

/* For both: not started. The caller fills in the state. */
struct threshold_session *deal_new(bool reshares, const struct threshold_setting *setting);
