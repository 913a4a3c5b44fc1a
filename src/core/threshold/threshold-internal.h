/* Inside of the threshold room: the machinery of sessions, and the two groups. */
#pragma once
#include "base/secret.h"
#include "core/threshold/threshold.h"

/* ---- sessions (threshold-session.c) ---------------------------------------------------------------- */

/* Messages carry their round in the first byte; payloads below are without it. Parties are meant by
 * their index in session->parties. */
enum session_result {
	SESSION_NOTHING,
	SESSION_KEY,	      /* struct threshold_key *, NULL: none */
	SESSION_PAIRING,      /* struct threshold_pairing * */
	SESSION_PRESIGNATURE, /* struct threshold_presignature * */
	SESSION_SIGNATURE     /* struct threshold_signature; all zero at those who are not the coordinator */
};
struct session_kind {
	const char *name;
	unsigned rounds;	/* 1..rounds */
	size_t state_bytes; /* secret memory, zeroed: session->state */
	/* Whether we get a message of this round from party `from` (never asked for ourselves). */
	bool (*expects)(const struct threshold_session *s, unsigned round, size_t from);
	size_t (*most)(const struct threshold_session *s, unsigned round); /* bytes of a payload */
	/* Sends round 1. -1: session_abort() was called. */
	int (*begin)(struct threshold_session *s);
	/* All messages of `round` are there (also when none is expected): checks them, sends those of the
	 * next round. After the last round: the result is in the state. -1: session_abort() was called. */
	int (*step)(struct threshold_session *s, unsigned round);
	void (*clear)(struct threshold_session *s); /* what the state owns; NULL: nothing */
	/* What the state begins with once DONE. Pointers are the session's until taken (then NULL): clear
	 * frees what is left. */
	enum session_result result;
};

struct session_input {
	uint8_t *data; /* NULL: not there */
	size_t len;
};

struct threshold_session {
	const struct session_kind *kind;
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	size_t count, self; /* self: our index */
	uint8_t context[32];
	void *state;
	unsigned round; /* whose messages we wait for */
	struct session_input *in; /* [rounds][count] */
	struct threshold_message *out;
	size_t out_count, out_at;
	enum threshold_status status;
	char reason[256];
	bool has_culprit;
	uint32_t culprit;
	uint8_t *random; /* secret: key of the stream */
	uint64_t random_at;
};

/* Checks the setting; a bad one gives an aborted session. Fill the state in, then session_start(). */
struct threshold_session *session_new(const struct session_kind *kind,
				      const struct threshold_setting *setting);
struct threshold_session *session_start(struct threshold_session *s); /* returns s */
/* from: index of the culprit, or SESSION_NOBODY. Always -1. */
#define SESSION_NOBODY SIZE_MAX
int session_abort(struct threshold_session *s, size_t from, const char *fmt, ...) ERR_FMT(3, 4);
/* `to`: index, or SESSION_EVERYBODY. Copies; the payload is wiped with the message. */
#define SESSION_EVERYBODY SIZE_MAX
void session_send(struct threshold_session *s, size_t to, unsigned round, const void *data, size_t len);
const struct session_input *session_in(const struct threshold_session *s, unsigned round, size_t from);
void session_random(struct threshold_session *s, void *ret, size_t len);
/* The pointer that a DONE session of that result holds, then the caller's; NULL: there is none. */
void *session_take(struct threshold_session *s, enum session_result result);
/* Index of a party's id, or SIZE_MAX. */
size_t session_index(const struct threshold_session *s, uint32_t id);

/* A message in which every other party said what it got: 32 bytes (a digest) for each party in turn. */
struct session_echo {
	unsigned round;
	size_t offset; /* where in the payload, whose length was checked */
	const uint8_t (*mine)[32];
	size_t most_corrupt; /* that the scheme is made for */
};
/* 0: all say the same. -1: aborted; the liar is named where logic allows it, otherwise the reason says who
 * is under suspicion. */
int session_check_echo(struct threshold_session *s, const struct session_echo *e);

/* SHA-256 over a label, the session's context and parts, each with its length in front. */
struct session_part {
	const void *data;
	size_t len;
};
void session_hash(const struct threshold_session *s, const char *label, const struct session_part *parts,
		  size_t count, uint8_t ret[32]);

/* ---- groups (threshold-group.c, group-ed25519.c, group-secp256k1.c) ------------------------------ */

/* Scalars are 32 bytes in the group's own order (Ed25519 little-endian, secp256k1 big-endian), always
 * reduced; points are encoded (32 or 33 bytes). Operations on secrets are constant-time; those whose
 * name ends with _public may not be, and take public values only. */
struct group {
	enum threshold_curve curve;
	size_t point_bytes;
	int (*scalar_decode)(const uint8_t in[32]); /* 0: canonical (0 included), -1 */
	void (*scalar_random)(struct threshold_session *s, uint8_t ret[32]); /* not 0 */
	void (*scalar_wide)(const uint8_t in[64], uint8_t ret[32]);	     /* reduced; in the group's order */
	void (*scalar_small)(uint32_t value, uint8_t ret[32]);
	void (*scalar_add)(const uint8_t a[32], const uint8_t b[32], uint8_t ret[32]);
	void (*scalar_subtract)(const uint8_t a[32], const uint8_t b[32], uint8_t ret[32]);
	void (*scalar_multiply)(const uint8_t a[32], const uint8_t b[32], uint8_t ret[32]);
	int (*scalar_invert)(const uint8_t a[32], uint8_t ret[32]); /* -1: a is 0 */
	bool (*scalar_is_zero)(const uint8_t a[32]);
	/* 0: on the curve, in the prime-order group, canonical, not the identity; -1. */
	int (*point_check)(const uint8_t *point);
	/* scalar * base point. -1: scalar is 0. */
	int (*base_multiply)(const uint8_t scalar[32], uint8_t *ret);
	/* secret scalar * point. -1: the scalar is 0 or the point is bad. */
	int (*point_multiply)(const uint8_t scalar[32], const uint8_t *point, uint8_t *ret);
	/* The point is checked before. -1: the scalar is 0, or it is no point. */
	int (*point_multiply_public)(const uint8_t scalar[32], const uint8_t *point, uint8_t *ret);
	/* Sum of checked points. -1: it is the identity. */
	int (*point_sum)(const uint8_t (*points)[THRESHOLD_POINT_MOST], size_t count, uint8_t *ret);
	void (*point_negate)(const uint8_t *point, uint8_t *ret);
	/* Sum of scalars[i] * points[i], all public, the points checked before. -1: it is the identity, or
	 * one is no point. */
	int (*multiply_sum_public)(const uint8_t (*scalars)[32], const uint8_t (*points)[THRESHOLD_POINT_MOST],
				   size_t count, uint8_t *ret);
};
const struct group *group_of(enum threshold_curve curve);
extern const struct group group_ed25519, group_secp256k1;
/* threshold_init()'s part: until it was called secp256k1's base_multiply() refuses. 0 or -1. */
int group_secp256k1_init(const uint8_t seed[32]);

/* threshold_request.tweak as a scalar. -1: out of range (secp256k1). */
int group_tweak(const struct group *g, const uint8_t tweak[32], uint8_t ret[32]);
/* point + scalar * base point, the scalar public and possibly 0. -1: the identity. */
int group_add_tweak(const struct group *g, const uint8_t *point, const uint8_t scalar[32], uint8_t *ret);
/* x coordinate of a party. */
void group_x(const struct group *g, uint32_t party, uint8_t ret[32]);
/* Lagrange coefficient at `at` (NULL: 0) of xs[i] among xs[0..count). -1: two are equal. */
int group_lagrange(const struct group *g, const uint32_t *parties, size_t count, size_t i,
		   const uint8_t at[32], uint8_t ret[32]);
/* Value at x of the polynomial with these coefficients, constant first (Horner). Secret. */
void group_polynomial(const struct group *g, const uint8_t (*coefficients)[32], size_t count,
		      const uint8_t x[32], uint8_t ret[32]);
/* Value at x in the exponent: sum of x^k * commitments[k]; public. -1: the identity. */
int group_polynomial_public(const struct group *g, const uint8_t (*commitments)[THRESHOLD_POINT_MOST],
			    size_t count, const uint8_t x[32], uint8_t *ret);

/* ---- presignatures and the schemes ------------------------------------------------------------------ */

struct threshold_presignature {
	enum threshold_scheme scheme;
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	size_t count, self; /* self: index */
	union {
		struct {
			uint8_t hiding[32], binding[32]; /* nonces */
			uint8_t lambda[32];
			/* Public and owned: what each committed to (hiding, then binding), tables of the binding
			 * ones; and the sum of the hiding ones. */
			uint8_t (*commitments)[64];
			struct ed25519_table *tables;
			uint8_t hiding_sum[32];
		} frost;
		struct {
			uint8_t big_r[33];
			uint8_t alpha[32], beta[32], c[32], e[32]; /* damgard.c */
			uint8_t weight[32]; /* Lagrange coefficient of our share in the set's sum; public */
		} damgard;
		struct {
			uint8_t big_r[33];
			uint8_t phi[32], u[32], v[32]; /* additive shares of phi, r*phi, x*phi */
		} cait_sith;
	};
};

/* One file group per scheme; threshold-sign.c checks the arguments and dispatches. */
struct threshold_session *frost_presign(const struct threshold_key *key,
					const struct threshold_setting *setting);
struct threshold_session *damgard_presign(const struct threshold_key *key,
					  const struct threshold_setting *setting);
struct threshold_session *cait_sith_presign(const struct threshold_key *key,
					    struct threshold_pairing *const *pairings,
					    const struct threshold_setting *setting);
struct threshold_session *frost_sign(const struct threshold_key *key, struct threshold_presignature *presignature,
				     const struct threshold_request *request,
				     const struct threshold_setting *setting);
/* Both ECDSA schemes: rerandomise, send the share, combine. */
struct threshold_session *ecdsa_sign(const struct threshold_key *key, struct threshold_presignature *presignature,
				     const struct threshold_request *request,
				     const struct threshold_setting *setting);
/* The number that binds R to the request, by near's formula; 0, or -1 when no counter gives one (never seen).
 * request->message is the hash. */
int ecdsa_delta(const struct threshold_key *key, const struct threshold_request *request,
		const uint8_t big_r[33], const uint32_t *parties, size_t count, uint8_t ret[32]);
/* What a party sends online, and how the coordinator makes s of all (before low-s; -1: it cannot). r is R's
 * x modulo the order, of the rerandomised R. DAMGARD_ET_AL: delta times near's s_i, 32 bytes; CAIT_SITH:
 * w || u, 64 bytes. */
void damgard_share(const struct threshold_presignature *p, const uint8_t hash[32], const uint8_t tweak[32],
		   const uint8_t delta[32], const uint8_t r[32], uint8_t ret[32]);
size_t cait_sith_share(const struct threshold_presignature *p, const uint8_t hash[32], const uint8_t tweak[32],
		       const uint8_t delta[32], const uint8_t r[32], uint8_t ret[64]);
int cait_sith_combine(const uint8_t (*shares)[64], size_t count, const uint8_t delta[32], uint8_t ret_s[32]);
