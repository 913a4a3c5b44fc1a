/* Oblivious transfer extension: from 128 pairs of seeds to OT_COUNT rows of 128 bits. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/ot-internal.h"

/* What the consistency check multiplies with: OT_BASE sums over the rows, each over a random half of them. */
#define CHECK_BYTES (OT_COUNT / 8)

struct columns {
	uint8_t of[OT_BASE][OT_COLUMN];
	uint8_t other[OT_COLUMN];
	ot_bits rows[OT_ROWS];
	ot_bits sums[OT_BASE];
	ot_bits table[256];
};

/* The stream's number alone makes it unique; the binding holds even against a number that came back, as
 * it does when a virtual machine is restored from a snapshot. */
static void expand(const uint8_t seed[32], uint64_t stream, const uint8_t binding[32], uint8_t ret[OT_COLUMN])
{
	uint8_t nonce[crypto_stream_xchacha20_NONCEBYTES];

	for (int i = 0; i < 8; i++)
		nonce[i] = (uint8_t)(stream >> (8 * i));
	memcpy(nonce + 8, binding, sizeof(nonce) - 8);
	crypto_stream_xchacha20(ret, OT_COLUMN, nonce, seed);
}

/* An 8 x 8 matrix of bits, a byte per row. */
static uint64_t transpose_8(uint64_t x)
{
	uint64_t t = (x ^ (x >> 7)) & 0x00aa00aa00aa00aa;

	x ^= t ^ (t << 7);
	t = (x ^ (x >> 14)) & 0x0000cccc0000cccc;
	x ^= t ^ (t << 14);
	t = (x ^ (x >> 28)) & 0x00000000f0f0f0f0;
	return x ^ t ^ (t << 28);
}

static void transpose(const uint8_t columns[OT_BASE][OT_COLUMN], ot_bits rows[OT_ROWS])
{
	uint8_t *bytes = (uint8_t *)rows;

	for (size_t at = 0; at < OT_COLUMN; at++)
		for (size_t group = 0; group < OT_BASE / 8; group++) {
			uint64_t x = 0;

			for (size_t i = 0; i < 8; i++)
				x |= (uint64_t)columns[8 * group + i][at] << (8 * i);
			x = transpose_8(x);
			for (size_t i = 0; i < 8; i++)
				bytes[(8 * at + i) * sizeof(ot_bits) + group] = (uint8_t)(x >> (8 * i));
		}
}

/* ---- the consistency check ---------------------------------------------------------------------------- */

/* The random halves, from a hash of what they are to check (Fiat and Shamir). */
static void challenge(const uint8_t binding[32], const uint8_t *sent, uint8_t ret[OT_BASE][CHECK_BYTES])
{
	static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
	uint8_t key[32];

	crypto_generichash(key, sizeof(key), sent, OT_BASE * OT_COLUMN, binding, 32);
	crypto_stream_chacha20(&ret[0][0], OT_BASE * CHECK_BYTES, nonce, key);
}

/* Sum k: the rows that half k names, and row k of the last 128, which are in no other sum. Eight rows at a
 * time, by a table of all their sums; what is looked up is public. */
static void sum_rows(const uint8_t halves[OT_BASE][CHECK_BYTES], struct columns *c)
{
	memcpy(c->sums, c->rows + OT_COUNT, sizeof(c->sums));
	for (size_t group = 0; group < CHECK_BYTES; group++) {
		c->table[0] = (ot_bits){ 0 };
		for (size_t i = 0; i < 8; i++)
			for (size_t k = 0; k < (size_t)1 << i; k++)
				c->table[((size_t)1 << i) + k] = c->table[k] ^ c->rows[8 * group + i];
		for (size_t k = 0; k < OT_BASE; k++)
			c->sums[k] ^= c->table[halves[k][group]];
	}
}

/* The same sums of the choices, a bit each. */
static void sum_choices(const uint8_t halves[OT_BASE][CHECK_BYTES], const uint8_t choices[OT_COLUMN],
			uint8_t ret[OT_BASE / 8])
{
	memset(ret, 0, OT_BASE / 8);
	for (size_t k = 0; k < OT_BASE; k++) {
		uint8_t x = 0;

		for (size_t i = 0; i < CHECK_BYTES; i++)
			x ^= halves[k][i] & choices[i];
		x ^= x >> 4;
		x ^= x >> 2;
		x ^= x >> 1;
		x = (x & 1) ^ ot_bit(choices + CHECK_BYTES, k);
		ret[k / 8] |= (uint8_t)(x << k % 8);
	}
}

/* ---- the two parties ----------------------------------------------------------------------------------- */

void ot_extend(const struct threshold_pairing *p, uint64_t stream, const uint8_t binding[32],
	       const uint8_t choices[OT_COLUMN], ot_bits rows[OT_COUNT], uint8_t message[OT_EXTEND_BYTES])
{
	OWN(secret) void *memory = secret_new(sizeof(struct columns));
	struct columns *c = memory;
	uint8_t halves[OT_BASE][CHECK_BYTES], *at = message;

	for (size_t i = 0; i < OT_BASE; i++) {
		expand(p->both[i][0], stream, binding, c->of[i]);
		expand(p->both[i][1], stream, binding, c->other);
		for (size_t k = 0; k < OT_COLUMN; k++)
			*at++ = c->of[i][k] ^ c->other[k] ^ choices[k];
	}
	transpose(c->of, c->rows);
	challenge(binding, message, halves);
	sum_choices(halves, choices, at);
	sum_rows(halves, c);
	memcpy(at + OT_BASE / 8, c->sums, sizeof(c->sums));
	memcpy(rows, c->rows, OT_COUNT * sizeof(*rows));
}

int ot_extend_check(const struct threshold_pairing *p, uint64_t stream, const uint8_t binding[32],
		    const uint8_t message[OT_EXTEND_BYTES], ot_bits rows[OT_COUNT])
{
	OWN(secret) void *memory = secret_new(sizeof(struct columns));
	struct columns *c = memory;
	uint8_t halves[OT_BASE][CHECK_BYTES];
	const uint8_t *choices = message + OT_BASE * OT_COLUMN, *sums = choices + OT_BASE / 8;
	ot_bits delta, sum, wrong = { 0 };

	for (size_t i = 0; i < OT_BASE; i++) {
		uint8_t mask = (uint8_t)-ot_bit(p->choices, i);

		expand(p->chosen[i], stream, binding, c->of[i]);
		for (size_t k = 0; k < OT_COLUMN; k++)
			c->of[i][k] ^= message[i * OT_COLUMN + k] & mask;
	}
	transpose(c->of, c->rows);
	challenge(binding, message, halves);
	sum_rows(halves, c);
	memcpy(&delta, p->choices, sizeof(delta));
	for (size_t k = 0; k < OT_BASE; k++) {
		memcpy(&sum, sums + k * sizeof(sum), sizeof(sum));
		wrong |= c->sums[k] ^ sum ^ (ot_bit(choices, k) ? delta : (ot_bits){ 0 });
	}
	sodium_memzero(&delta, sizeof(delta));
	memcpy(rows, c->rows, OT_COUNT * sizeof(*rows));
	return sodium_is_zero((const uint8_t *)&wrong, sizeof(wrong)) ? 0 : -1;
}
