/* Threshold key generation and signing: no party ever has a whole private key. Every protocol is a
 * session: a state machine that takes messages and gives messages; transport, time and randomness are
 * the caller's. Pure.
 *
 * All schemes have the same shape: generate (or reshare) a key; presign with a set of signers, as often
 * as wanted and before there is a message; sign in one round with a presignature, which is gone then.
 *
 *   scheme      curve      signers  presign                                           source
 *   FROST       Ed25519    any t    1 round (nonce commitments)                       RFC 9591
 *   DAMGARD_ET_AL secp256k1 2t-1    3 rounds, honest majority; the same set presigns  eprint 2020/501, near/mpc
 *   CAIT_SITH   secp256k1  any t    3 rounds by oblivious transfer, needs pairings    eprint 2023/765 (DKLs23)
 *
 * The names are near/mpc's protocol names; CAIT_SITH has its semantics (any t sign), not its wire format.
 * `t` is near's reconstruction threshold: shares that reconstruct; polynomials have degree t-1. A party
 * is named by its NEAR participant id; its x coordinate is id+1. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define THRESHOLD_POINT_MOST 33 /* SEC1 compressed secp256k1; Ed25519 uses 32 of them */
#define THRESHOLD_PARTIES_MOST 128
#define THRESHOLD_ALL UINT32_MAX /* receiver of a message: every other party of the session */

enum threshold_curve { THRESHOLD_SECP256K1, THRESHOLD_ED25519 };
enum threshold_scheme { THRESHOLD_FROST, THRESHOLD_DAMGARD_ET_AL, THRESHOLD_CAIT_SITH };

/* Once per process, before anything else here; `seed` blinds libsecp256k1's secret multiplications.
 * Self-tests: the point of CVE-2025-69277 is refused, inverses invert, RFC 9591 known answer. -1: err. */
int threshold_init(const uint8_t seed[32], struct err *err);

/* near's name ("Frost", "DamgardEtAl", "CaitSith"); parse: 0 or -1. */
const char *threshold_scheme_name(enum threshold_scheme scheme);
int threshold_scheme_parse(const char *name, enum threshold_scheme *ret);
enum threshold_curve threshold_scheme_curve(enum threshold_scheme scheme);
/* How many parties sign. */
size_t threshold_scheme_signers(enum threshold_scheme scheme, size_t t);
/* 0, or -1 with why n parties with threshold t cannot have this scheme: 2 <= t <= n <=
 * THRESHOLD_PARTIES_MOST; DamgardEtAl also 2t-1 <= n. */
int threshold_scheme_check(enum threshold_scheme scheme, size_t n, size_t t, struct err *err);

/* ---- sessions ------------------------------------------------------------------------------------- */

struct threshold_session;

/* What every session is given; all is copied. */
struct threshold_setting {
	uint32_t self;
	const uint32_t *parties; /* of this session: ascending, distinct, self among them */
	size_t count;
	/* Hash over network id, epoch, domain, protocol and session id: covered by every hash and proof,
	 * so that no message is of use elsewhere. Equal at all parties. */
	uint8_t context[32];
	uint8_t seed[32]; /* fresh for each session; all its randomness comes from here */
};

/* Bytes for `to` (one party, or THRESHOLD_ALL). data is a block of `struct buf`, the caller's. */
struct threshold_message {
	uint32_t to;
	struct buf data;
};

enum threshold_status { THRESHOLD_RUNNING, THRESHOLD_DONE, THRESHOLD_ABORTED };

/* The next message to send; false: none for now. */
bool threshold_next(struct threshold_session *s, struct threshold_message *ret);
/* A message that the transport authenticated as `from`'s. Messages may arrive ahead of their round and
 * in any order between senders. Anything wrong (unknown sender, malformed, too long, twice, not of a
 * round that is open) ends the session with that sender as culprit; a session that ended takes nothing.
 * Returns threshold_status(). */
enum threshold_status threshold_receive(struct threshold_session *s, uint32_t from, const uint8_t *data,
					size_t len);
enum threshold_status threshold_status(const struct threshold_session *s);
/* Why it was aborted, for a log; "" while it was not. */
const char *threshold_reason(const struct threshold_session *s);
/* Who is to blame: true and the id; false: nobody can be named. */
bool threshold_culprit(const struct threshold_session *s, uint32_t *ret);
/* Those whose message of the current round has not come: writes at most `most` ids, returns how many. */
size_t threshold_waiting_for(const struct threshold_session *s, uint32_t *ret, size_t most);
void threshold_session_free(struct threshold_session *s); /* wipes; NULL is fine */
OWN_DEFINE(threshold_session, struct threshold_session *, threshold_session_free)

/* ---- keys ------------------------------------------------------------------------------------------ */

/* One party's share. Lives in secret memory (base/secret.h). */
struct threshold_key {
	enum threshold_curve curve;
	uint32_t self;
	size_t t, count;
	uint32_t parties[THRESHOLD_PARTIES_MOST];			   /* ascending */
	uint8_t public_key[THRESHOLD_POINT_MOST];			   /* of the group */
	uint8_t public_shares[THRESHOLD_PARTIES_MOST][THRESHOLD_POINT_MOST]; /* share * base point */
	uint8_t secret[32]; /* secp256k1: big-endian; Ed25519: little-endian */
};
void threshold_key_free(struct threshold_key *key); /* wipes */
OWN_DEFINE(threshold_key, struct threshold_key *, threshold_key_free)
size_t threshold_point_bytes(enum threshold_curve curve); /* 33 or 32 */
/* Self-describing bytes, secret included: wipe them. Decode checks everything, also that the secret fits
 * its public share and the public shares fit the public key. */
void threshold_key_encode(const struct threshold_key *key, struct buf *ret);
int threshold_key_decode(const uint8_t *data, size_t len, struct threshold_key **ret, struct err *err);

/* Key generation by all parties of the setting: commit, reveal with proof of knowledge, echo of
 * everybody's reveal (equivocation ends it, naming who is under suspicion), shares, confirmation that all
 * have the same public key. A party may be DONE while another waits for a confirmation that never comes:
 * a key is of use only once all parties have said elsewhere (the contract's votes) that they hold it.
 * Never NULL; what is wrong with the arguments is a session that aborted. */
struct threshold_session *threshold_generate(enum threshold_curve curve, size_t t,
					     const struct threshold_setting *setting);

/* From old to new parties and threshold, the public key stays. setting->parties: old and new together.
 * `old_key`: ours, NULL for a party that had none. Old parties that deal: those in old_parties that are
 * in the setting; at least old_t of them. The result's parties are new_parties; a party that leaves is
 * DONE without a key. Who has an old key checks every dealing against its public shares and names the
 * culprit; a newcomer checks that all dealings together make the public key. */
struct threshold_reshare {
	enum threshold_curve curve;
	const struct threshold_key *old_key;
	const uint8_t *public_key;	  /* threshold_point_bytes() */
	const uint32_t *old_parties;	  /* that deal, ascending */
	size_t old_count, old_t;
	const uint32_t *new_parties; /* ascending */
	size_t new_count, new_t;
};
struct threshold_session *threshold_reshare(const struct threshold_reshare *r,
					    const struct threshold_setting *setting);

/* The result of either, once DONE; the caller's. NULL: none (aborted, or not among the new parties). */
struct threshold_key *threshold_take_key(struct threshold_session *s);

/* ---- pairings (CAIT_SITH only) ------------------------------------------------------------------- */

/* Base oblivious transfers between two parties, in both directions; in memory, for one epoch and domain
 * or more. An aborted session retires the pairing with the culprit, or all that it used when nobody can be
 * named; it must be freed and made anew: a check that fails leaks a bit about the correlation. */
struct threshold_pairing;
/* setting: exactly two parties. */
struct threshold_session *threshold_pair(const struct threshold_setting *setting);
struct threshold_pairing *threshold_take_pairing(struct threshold_session *s);
uint32_t threshold_pairing_peer(const struct threshold_pairing *p);
/* A session with that peer was aborted: no further one starts with this pairing. */
bool threshold_pairing_retired(const struct threshold_pairing *p);
void threshold_pairing_free(struct threshold_pairing *p);
OWN_DEFINE(threshold_pairing, struct threshold_pairing *, threshold_pairing_free)

/* ---- presigning and signing --------------------------------------------------------------------- */

/* Good for one signature by exactly this set. Lives in secret memory. */
struct threshold_presignature;

/* setting: the signers (threshold_scheme_signers() many, among the key's parties). pairings: CAIT_SITH:
 * one for each other signer, in the order of the setting; they are used and changed while the session
 * lives and must outlive it; NULL for the other schemes. */
struct threshold_session *threshold_presign(enum threshold_scheme scheme, const struct threshold_key *key,
					    struct threshold_pairing *const *pairings,
					    const struct threshold_setting *setting);
struct threshold_presignature *threshold_take_presignature(struct threshold_session *s);
void threshold_presignature_free(struct threshold_presignature *p);
OWN_DEFINE(threshold_presignature, struct threshold_presignature *, threshold_presignature_free)

struct threshold_request {
	const uint8_t *message; /* FROST: any bytes. ECDSA: the 32-byte hash, below the order, not 0 */
	size_t message_len;
	/* near's epsilon, as the 32 bytes of the hash (crypto.md 4): secp256k1 big-endian, refused when
	 * >= n; Ed25519 little-endian, reduced. All zero: the group key itself. */
	uint8_t tweak[32];
	uint8_t entropy[32];  /* ECDSA: unpredictable before, public after; binds R (crypto.md 1.5) */
	uint32_t coordinator; /* who gets the shares and combines; one of the setting */
};
/* Takes the presignature: it is burnt, whatever happens. setting->parties: the set that presigned, in the
 * same order. Others than the coordinator are DONE once their share is sent. The coordinator checks the
 * signature (and where the scheme allows each share: then a culprit is named) before it is DONE. */
struct threshold_session *threshold_sign(const struct threshold_key *key,
					 struct threshold_presignature *presignature,
					 const struct threshold_request *request,
					 const struct threshold_setting *setting);

struct threshold_signature {
	enum threshold_curve curve;
	uint8_t big_r[33];   /* ECDSA: compressed R as computed; Ed25519: unused */
	uint8_t bytes[64];   /* ECDSA: r || s, low s; Ed25519: R || s */
	uint8_t recovery_id; /* ECDSA: 0..3, by (r, s) as given */
	uint8_t public_key[THRESHOLD_POINT_MOST]; /* the derived key that verifies it */
};
/* At the coordinator, once DONE: 0; otherwise -1. */
int threshold_take_signature(const struct threshold_session *s, struct threshold_signature *ret);

/* ---- keys derived from public ones ----------------------------------------------------------------- */

/* public_key + tweak * base point (threshold_request.tweak). 0, or -1: not a point, tweak out of range,
 * or the result is the identity. */
int threshold_derive(enum threshold_curve curve, const uint8_t *public_key, const uint8_t tweak[32],
		     uint8_t ret[THRESHOLD_POINT_MOST]);
/* Standard verification (libsecp256k1 on a hash, low s only / libsodium on a message). 0 good, -1 bad. */
int threshold_verify(enum threshold_curve curve, const uint8_t *public_key, const uint8_t *message,
		     size_t message_len, const uint8_t signature[64]);
/* The secp256k1 key that (r, s) of this hash leads to with a recovery id of 0..3. 0, or -1: none. High s
 * is no reason to refuse: verify as well. */
int threshold_recover(const uint8_t hash[32], const uint8_t signature[64], uint8_t recovery_id, uint8_t ret[33]);
/* secp256k1: 64 bytes x || y of a compressed point, and back. 0 or -1. */
int threshold_point_expand(const uint8_t compressed[33], uint8_t ret[64]);
int threshold_point_compress(const uint8_t xy[64], uint8_t ret[33]);
