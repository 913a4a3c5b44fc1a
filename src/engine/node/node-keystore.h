/* Key shares at rest, below the home directory:
 *   permanent_keys/epoch_E_domain_D_attempt_A  one share each
 *   permanent_keys/index     which there are, which of them the contract has accepted, a generation number
 *   key_generation           the same number: proof that the directory is not an old one
 * All are AES-128-GCM under MPC_SECRET_STORE_KEY; a file's header (node, contract, network, epoch, domain,
 * attempt, public key, generation, purpose) is authenticated with it and compared with what is expected.
 * Every change is durable when the call returns, and whole or not there at any moment before. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/threshold/threshold.h"

#define KEYSTORE_KEY_BYTES 16

struct keystore;
struct keystore_setting {
	const char *home, *account, *contract, *network;
	const uint8_t *key; /* KEYSTORE_KEY_BYTES */
	/* Called between the steps of a change, with the step's name; true: go no further, as if the process
	 * had been killed. NULL outside of tests. */
	bool (*interrupt)(void *ctx, const char *step);
	void *ctx;
};
/* Reads the index and checks every file that it names. -1: not ours, tampered with, or rolled back. */
int keystore_open(const struct keystore_setting *setting, struct keystore **ret, struct err *err);
void keystore_free(struct keystore *k); /* NULL is fine */
OWN_DEFINE(keystore, struct keystore *, keystore_free)

struct keystore_id {
	uint64_t epoch;
	uint32_t domain;
	uint64_t attempt;
};
/* A new share, before it is voted for. */
int keystore_put(struct keystore *k, const struct keystore_id *id, const struct threshold_key *key,
		 struct err *err);
/* 0 and the share (the caller's); 1: there is none; -1. */
enum { KEYSTORE_NONE = 1 };
int keystore_get(struct keystore *k, const struct keystore_id *id, struct threshold_key **ret,
		 struct err *err);
/* The contract has accepted the keys: the shares (each is there) stay, those of other attempts go. */
int keystore_promote(struct keystore *k, const struct keystore_id *ids, size_t count, struct err *err);
/* Deletes what is of another epoch than this one; KEYSTORE_NO_EPOCH: all. */
#define KEYSTORE_NO_EPOCH UINT64_MAX
int keystore_keep_epoch(struct keystore *k, uint64_t epoch, struct err *err);
/* Marks that this process takes part in the attempt. KEYSTORE_BEGUN: an earlier one did already. */
enum { KEYSTORE_BEGUN = 1 };
int keystore_begin(struct keystore *k, const struct keystore_id *id, struct err *err);

/* Whether there is a share of this key whose attempt the contract has accepted. */
bool keystore_has(const struct keystore *k, uint64_t epoch, uint32_t domain);
size_t keystore_count(const struct keystore *k);
/* The newest epoch of any share; false: there is none. */
bool keystore_newest(const struct keystore *k, uint64_t *ret_epoch);
uint64_t keystore_generation(const struct keystore *k);
