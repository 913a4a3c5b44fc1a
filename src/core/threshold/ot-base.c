/* Base oblivious transfers: two keys each, of which the receiver learns the one that he chose.
 *
 * Sender: A = a*G. Receiver, for choice c: a random point r[1-c] and r[c] = b*G - H(c, r[1-c]). Both then
 * have m[k] = r[k] + H(k, r[1-k]), and m[c] = b*G; of m[1-c] nobody knows the logarithm, since each r goes
 * into the other one's hash. Key k is a hash of a*m[k]; the receiver has key c from b*A. Neither message
 * depends on the other. The party with the lower id receives.
 *
 * The transfers of the other direction cost no points: they are an extension of these, in which roles are turned
 * around. Decoding a point takes as long as an eighth of a multiplication: what is needed again stays decoded. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/group-secp256k1.h"
#include "core/threshold/ot-internal.h"

static const struct group *const g = &group_secp256k1;

void ot_u32(uint32_t value, uint8_t ret[4])
{
	for (int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(value >> (8 * i));
}

/* Which transfer: the receiver's id, its number, and one of its two slots. */
struct slot {
	uint8_t bytes[6];
};

static struct slot slot_of(uint32_t receiver, size_t i, uint8_t slot)
{
	struct slot ret;

	ot_u32(receiver, ret.bytes);
	ret.bytes[4] = (uint8_t)i;
	ret.bytes[5] = slot;
	return ret;
}

/* A point whose logarithm nobody knows: the first of hashes of the seed that is an x coordinate. */
static int point_of(const uint8_t seed[32], secp256k1_pubkey *ret)
{
	uint8_t in[33], out[33], point[33];

	memcpy(in, seed, 32);
	for (int attempt = 0; attempt < 256; attempt++) {
		in[32] = (uint8_t)attempt;
		crypto_generichash(out, sizeof(out), in, sizeof(in), NULL, 0);
		point[0] = 2 | (out[32] & 1);
		memcpy(point + 1, out, 32);
		if (group_secp256k1_parse(point, ret) == 0)
			return 0;
	}
	return -1; /* once in 2^256 */
}

static int hash_to_point(const struct threshold_session *s, struct slot slot, const uint8_t other[33],
			 secp256k1_pubkey *ret)
{
	const struct session_part parts[] = { { slot.bytes, sizeof(slot.bytes) }, { other, 33 } };
	uint8_t seed[32];

	session_hash(s, "base transfer: point", parts, 2, seed);
	return point_of(seed, ret);
}

/* Key of a slot. `points`: r[0] || r[1]. */
static void key_of(const struct threshold_session *s, struct slot slot, const uint8_t sender[33],
		   const uint8_t points[66], const uint8_t product[33], uint8_t ret[32])
{
	const struct session_part parts[] = {
		{ slot.bytes, sizeof(slot.bytes) }, { sender, 33 }, { points, 66 }, { product, 33 }
	};

	session_hash(s, "base transfer: key", parts, 4, ret);
}

bool ot_base_receives(const struct threshold_pairing *p)
{
	return p->self < p->peer;
}

/* ---- receiving --------------------------------------------------------------------------------------- */

/* a and b change places when swap is 1. */
static void swap_points(uint8_t a[33], uint8_t b[33], uint8_t swap)
{
	uint8_t mask = (uint8_t)-swap;

	for (int i = 0; i < 33; i++) {
		uint8_t differs = (a[i] ^ b[i]) & mask;

		a[i] ^= differs;
		b[i] ^= differs;
	}
}

/* Hashing to a point takes as many attempts as its input wants. The sender, who gets both points, could
 * tell from the time which one went into the hash; so the other one's hash is computed too. */
static int choose_points(struct threshold_session *s, uint32_t self, size_t i, uint8_t choice,
			 uint8_t secret[32], uint8_t points[66])
{
	uint8_t seed[32], *chosen = points, *other = points + 33;
	secp256k1_pubkey random, sum[2];

	g->scalar_random(s, secret);
	session_random(s, seed, sizeof(seed));
	if (group_secp256k1_base(secret, &sum[0]) < 0 || point_of(seed, &random) < 0)
		return -1;
	group_secp256k1_encode(&random, other);
	if (hash_to_point(s, slot_of(self, i, choice), other, &sum[1]) < 0)
		return -1;
	group_secp256k1_negate(&sum[1]);
	if (group_secp256k1_add(&sum[0], &sum[1], &sum[0]) < 0)
		return -1;
	group_secp256k1_encode(&sum[0], chosen);
	if (hash_to_point(s, slot_of(self, i, choice ^ 1), chosen, &sum[1]) < 0)
		return -1;
	swap_points(chosen, other, choice);
	return 0;
}

int ot_base_begin(struct threshold_session *s, struct threshold_pairing *p, struct ot_base *b)
{
	secp256k1_pubkey point;

	g->scalar_random(s, b->secret);
	if (group_secp256k1_base(b->secret, &point) < 0)
		return -1;
	group_secp256k1_encode(&point, b->message);
	session_random(s, p->choices, sizeof(p->choices));
	for (size_t i = 0; ot_base_receives(p) && i < OT_BASE; i++)
		if (choose_points(s, p->self, i, ot_bit(p->choices, i), b->secrets[i], b->message + 33 + i * 66) < 0)
			return -1;
	return 0;
}

static int receive_key(const struct threshold_session *s, struct threshold_pairing *p, const struct ot_base *b,
		       const uint8_t sender[33], const secp256k1_pubkey *point, size_t i)
{
	uint8_t product[33];

	if (group_secp256k1_multiply(b->secrets[i], point, product) < 0)
		return -1;
	key_of(s, slot_of(p->self, i, ot_bit(p->choices, i)), sender, b->message + 33 + i * 66, product,
	       p->chosen[i]);
	sodium_memzero(product, sizeof(product));
	return 0;
}

/* ---- sending ----------------------------------------------------------------------------------------- */

static int send_key(const struct threshold_session *s, struct threshold_pairing *p, const struct ot_base *b,
		    const uint8_t points[66], size_t i, uint8_t k)
{
	struct slot slot = slot_of(p->peer, i, k);
	secp256k1_pubkey point, hash;
	uint8_t product[33];

	if (group_secp256k1_parse(points + 33 * k, &point) < 0 ||
	    hash_to_point(s, slot, points + 33 * (1 - k), &hash) < 0 ||
	    group_secp256k1_add(&point, &hash, &point) < 0 ||
	    group_secp256k1_multiply(b->secret, &point, product) < 0)
		return -1;
	key_of(s, slot, b->message, points, product, p->both[i][k]);
	sodium_memzero(product, sizeof(product));
	return 0;
}

/* ---- both --------------------------------------------------------------------------------------------- */

static int share_key(const struct threshold_session *s, struct threshold_pairing *p, const struct ot_base *b,
		     const secp256k1_pubkey *point)
{
	uint8_t product[33];
	const struct session_part part = { product, sizeof(product) };

	if (group_secp256k1_multiply(b->secret, point, product) < 0)
		return -1;
	session_hash(s, "pairing: shared key", &part, 1, p->shared);
	sodium_memzero(product, sizeof(product));
	return 0;
}

size_t ot_base_bytes(bool receiver)
{
	return receiver ? OT_BASE_BYTES : 33;
}

const char *ot_base_finish(struct threshold_session *s, struct threshold_pairing *p, struct ot_base *b,
			   const uint8_t *message)
{
	const struct session_part mine = { b->message, ot_base_bytes(ot_base_receives(p)) };
	const struct session_part theirs = { message, ot_base_bytes(!ot_base_receives(p)) };
	secp256k1_pubkey point;

	if (group_secp256k1_parse(message, &point) < 0 || share_key(s, p, b, &point) < 0)
		return "its key is not a point";
	for (size_t i = 0; i < OT_BASE; i++) {
		const uint8_t *points = message + 33 + i * 66;

		if (ot_base_receives(p) ? receive_key(s, p, b, message, &point, i) < 0 :
					  send_key(s, p, b, points, i, 0) < 0 || send_key(s, p, b, points, i, 1) < 0)
			return "what it chose from is no pair of points";
	}
	session_hash(s, "pairing: base transfers",
		     (const struct session_part[]){ ot_base_receives(p) ? mine : theirs,
						    ot_base_receives(p) ? theirs : mine },
		     2, b->binding);
	return NULL;
}

/* ---- the other direction ------------------------------------------------------------------------------ */

static void turned_key(const struct threshold_session *s, const struct ot_base *b, size_t i, ot_bits row,
		       uint8_t ret[32])
{
	uint8_t number = (uint8_t)i;
	const struct session_part parts[] = { { b->binding, 32 }, { &number, 1 }, { &row, sizeof(row) } };

	session_hash(s, "turned transfer: key", parts, 3, ret);
}

static void identify(const struct threshold_session *s, struct threshold_pairing *p, const struct ot_base *b,
		     const uint8_t message[OT_EXTEND_BYTES])
{
	const struct session_part parts[] = { { b->binding, 32 }, { message, OT_EXTEND_BYTES } };

	session_hash(s, "pairing: id", parts, 2, p->id);
}

void ot_turn_ask(struct threshold_session *s, struct threshold_pairing *p, const struct ot_base *b,
		 uint8_t message[OT_EXTEND_BYTES])
{
	OWN(secret) void *memory = secret_new(sizeof(ot_bits[OT_COUNT]) + OT_COLUMN);
	ot_bits *rows = memory;
	uint8_t *choices = (uint8_t *)(rows + OT_COUNT);

	session_random(s, choices, OT_COLUMN);
	memcpy(p->choices, choices, sizeof(p->choices));
	ot_extend(p, OT_STREAM_TURNED, b->binding, choices, rows, message);
	for (size_t i = 0; i < OT_BASE; i++)
		turned_key(s, b, i, rows[i], p->chosen[i]);
	identify(s, p, b, message);
}

const char *ot_turn_answer(const struct threshold_session *s, struct threshold_pairing *p, const struct ot_base *b,
			   const uint8_t message[OT_EXTEND_BYTES])
{
	OWN(secret) void *memory = secret_new(sizeof(ot_bits[OT_COUNT + 1]));
	ot_bits *rows = memory, *delta = rows + OT_COUNT;

	if (ot_extend_check(p, OT_STREAM_TURNED, b->binding, message, rows) < 0)
		return "its transfers are not consistent";
	memcpy(delta, p->choices, sizeof(*delta));
	for (size_t i = 0; i < OT_BASE; i++) {
		turned_key(s, b, i, rows[i], p->both[i][0]);
		turned_key(s, b, i, rows[i] ^ *delta, p->both[i][1]);
	}
	identify(s, p, b, message);
	return NULL;
}
