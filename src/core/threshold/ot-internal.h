/* Oblivious transfer between two parties and multiplication on top of it: three layers, for secp256k1.
 *
 *   ot-base.c    128 base transfers: the endemic OT of Masny and Rindal (eprint 2019/706), one message each; and 128 in the
 *                other direction, by extending them
 *   ot-extend.c  416 transfers out of them: IKNP with the consistency check of SoftSpokenOT (eprint 2022/192)
 *   rvole.c      shares of two products with one random factor: DKLs23 (eprint 2023/765), protocol 5.2
 *
 * Who chooses in a transfer is its receiver. In an extension roles are turned around: who received the
 * base transfers sends. No branch and no index depends on a choice bit or a scalar.
 * Functions that can find a peer out return NULL, or what he did wrong (a sentence's end). */
#pragma once
#include "core/threshold/threshold-internal.h"

#define OT_BASE 128		   /* base transfers; bits of a row */
#define OT_COUNT 416		   /* transfers of an extension: bits of the order + 2 * 80 */
#define OT_ROWS (OT_COUNT + 128)   /* the last 128 hide the choices from the consistency check */
#define OT_COLUMN (OT_ROWS / 8)	   /* bytes: one bit of each row */
#define OT_EXTEND_BYTES (OT_BASE * OT_COLUMN + 16 + OT_BASE * 16)
#define OT_BASE_BYTES (33 + OT_BASE * 2 * 33)

/* A row of an extension. Bit i of it is bit i%8 of byte i/8. */
typedef uint64_t ot_bits __attribute__((vector_size(16)));

/* In secret memory. */
struct threshold_pairing {
	uint32_t self, peer;
	bool retired;
	uint64_t extensions; /* how many we asked for: each has its own stream of the seeds */
	uint8_t id[32];	     /* the same at both: hash of all that was sent */
	uint8_t shared[32];  /* key of the shares of zero; the same at both */
	/* Of the base transfers in which we received: our choices (Delta) and the seeds chosen. */
	uint8_t choices[OT_BASE / 8];
	uint8_t chosen[OT_BASE][32];
	/* Of those in which we sent: all seeds. */
	uint8_t both[OT_BASE][2][32];
	uint8_t (*gadget)[32]; /* [OT_COUNT], public and the same everywhere */
};

static inline uint8_t ot_bit(const uint8_t *bits, size_t i)
{
	return bits[i / 8] >> i % 8 & 1;
}
void ot_u32(uint32_t value, uint8_t ret[4]); /* little-endian */

/* ---- ot-base.c --------------------------------------------------------------------------------------- */

/* Until the pairing is made; secret. */
struct ot_base {
	uint8_t secret[32];
	uint8_t secrets[OT_BASE][32];	/* as receiver: of the chosen points */
	uint8_t message[OT_BASE_BYTES]; /* point; as receiver also [OT_BASE][2] points */
	uint8_t binding[32];		/* hash of both messages */
};
bool ot_base_receives(const struct threshold_pairing *p); /* we, in the base transfers */
size_t ot_base_bytes(bool receiver);			  /* of the message */
/* Fills b and p->choices. 0, or -1 (a chance of 2^-128). */
int ot_base_begin(struct threshold_session *s, struct threshold_pairing *p, struct ot_base *b);
/* Fills the half of p that they are for. */
const char *ot_base_finish(struct threshold_session *s, struct threshold_pairing *p, struct ot_base *b,
			   const uint8_t *message);
/* Then the other half, and p->id: who sent asks, who received answers. */
void ot_turn_ask(struct threshold_session *s, struct threshold_pairing *p, const struct ot_base *b,
		 uint8_t message[OT_EXTEND_BYTES]);
const char *ot_turn_answer(const struct threshold_session *s, struct threshold_pairing *p, const struct ot_base *b,
			   const uint8_t message[OT_EXTEND_BYTES]);

/* ---- ot-extend.c ------------------------------------------------------------------------------------- */

#define OT_STREAM_TURNED UINT64_MAX /* of ot_turn_ask(); multiplications count from 0 */
/* Both are given the same `stream` (never twice for a pairing and receiver) and `binding`, a hash of all
 * that must be the same at both. Receiver: choices are OT_ROWS random bits, of which OT_COUNT count. */
void ot_extend(const struct threshold_pairing *p, uint64_t stream, const uint8_t binding[32],
	       const uint8_t choices[OT_COLUMN], ot_bits rows[OT_COUNT], uint8_t message[OT_EXTEND_BYTES]);
/* Sender. Row i is the receiver's, or with his choice 1 it differs from that by p->choices.
 * -1: the message is not consistent. That tells the receiver something about p->choices: the pairing must
 * be retired. */
int ot_extend_check(const struct threshold_pairing *p, uint64_t stream, const uint8_t binding[32],
		    const uint8_t message[OT_EXTEND_BYTES], ot_bits rows[OT_COUNT]);

/* ---- rvole.c ------------------------------------------------------------------------------------------- */

#define RVOLE_INPUTS 2
#define RVOLE_CHECKS 2
#define RVOLE_WIDTH (RVOLE_INPUTS + RVOLE_CHECKS)
#define RVOLE_ASK_BYTES (32 + 8 + OT_EXTEND_BYTES)			  /* pairing, stream, extension */
#define RVOLE_ADJUST_BYTES (OT_COUNT * RVOLE_WIDTH * 32)
#define RVOLE_ANSWER_BYTES (32 + RVOLE_ADJUST_BYTES + RVOLE_CHECKS * 32 + 32) /* salt, a~, eta, mu */

/* The receiver's (DKLs23: Bob's) between ask and answer; secret. */
struct rvole {
	ot_bits rows[OT_COUNT];
	uint8_t choices[OT_COLUMN];
	uint8_t binding[32];
	uint8_t chi[32]; /* his factor, random */
};
void rvole_ask(struct threshold_session *s, struct threshold_pairing *p, struct rvole *r,
	       uint8_t ask[RVOLE_ASK_BYTES]);
/* The sender (Alice): shares[i] + the receiver's = inputs[i] * chi. Secret scalars. */
const char *rvole_answer(struct threshold_session *s, const struct threshold_pairing *p,
			 const uint8_t ask[RVOLE_ASK_BYTES], const uint8_t inputs[RVOLE_INPUTS][32],
			 uint8_t shares[RVOLE_INPUTS][32], uint8_t answer[RVOLE_ANSWER_BYTES]);
const char *rvole_finish(const struct threshold_session *s, const struct threshold_pairing *p,
			 const struct rvole *r, const uint8_t answer[RVOLE_ANSWER_BYTES],
			 uint8_t shares[RVOLE_INPUTS][32]);
/* Scalar `number` of those that a key gives. */
void ot_hash_to_scalar(const uint8_t key[32], uint16_t number, uint8_t ret[32]);
/* OT_COUNT scalars that are the same for all. */
void rvole_gadget(uint8_t (*ret)[32]);
