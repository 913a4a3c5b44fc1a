/* Multiplication out of oblivious transfers: random vector oblivious linear evaluation, DKLs23, protocol 5.2.
 *
 * Transfer j gives the sender two random vectors alpha0, alpha1 of four scalars and the receiver the one that
 * his bit beta chooses. The sender tells a~ = alpha0 - alpha1 + (inputs || two random scalars); adding it
 * when beta is 1, the receiver has d = alpha0 + beta * inputs. With the public gadget g: chi = sum g[j] beta[j],
 * and the sums of g[j] d[j] and of -g[j] alpha0[j] add up to inputs * chi.
 * That the inputs were the same in each transfer is checked with theta, a hash of a~: the sender tells
 * eta = the combination of its inputs and random scalars by theta (these hide the inputs), and a hash (mu) of that of
 * alpha0, which the receiver computes as that of d - beta * eta.
 * A sender that cheats in transfer j passes when it guesses beta[j]; a failed check tells it one bit of chi.
 * chi has 160 bits more than a scalar and is used once, so that a few bits are not worth anything. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/group-secp256k1.h"
#include "core/threshold/ot-internal.h"

static const struct group *const g = &group_secp256k1;

/* One vector for each transfer. */
typedef uint8_t vectors[OT_COUNT][RVOLE_WIDTH][32];

struct thetas {
	uint8_t of[RVOLE_INPUTS][RVOLE_CHECKS][32];
};

/* sum += a * b */
static void add_product(uint8_t sum[32], const uint8_t a[32], const uint8_t b[32])
{
	uint8_t product[32];

	g->scalar_multiply(a, b, product);
	g->scalar_add(sum, product, sum);
	sodium_memzero(product, sizeof(product));
}

/* ret = bit ? scalar : 0 */
static void masked(uint8_t bit, const uint8_t scalar[32], uint8_t ret[32])
{
	uint8_t mask = (uint8_t)-bit;

	for (int i = 0; i < 32; i++)
		ret[i] = scalar[i] & mask;
}

/* ---- hashes --------------------------------------------------------------------------------------------- */

/* The vector of transfer j. The key is of this multiplication alone: the same row elsewhere gives another. */
static void vector_of(const uint8_t key[32], size_t j, ot_bits row, uint8_t ret[RVOLE_WIDTH][32])
{
	uint8_t in[3 + sizeof(row)], out[64];
	crypto_generichash_state h;

	in[0] = (uint8_t)j;
	in[1] = (uint8_t)(j >> 8);
	memcpy(in + 3, &row, sizeof(row));
	for (size_t half = 0; half < RVOLE_WIDTH / 2; half++) {
		in[2] = (uint8_t)half;
		crypto_generichash_init(&h, NULL, 0, sizeof(out));
		crypto_generichash_update(&h, key, 32);
		crypto_generichash_update(&h, in, sizeof(in));
		crypto_generichash_final(&h, out, sizeof(out));
		group_secp256k1_reduce(out, ret[2 * half]);
		group_secp256k1_reduce(out + 32, ret[2 * half + 1]);
	}
	sodium_memzero(&h, sizeof(h));
	sodium_memzero(in, sizeof(in));
	sodium_memzero(out, sizeof(out));
}

void ot_hash_to_scalar(const uint8_t key[32], uint16_t number, uint8_t ret[32])
{
	const uint8_t in[2] = { (uint8_t)number, (uint8_t)(number >> 8) };
	uint8_t out[64];

	crypto_generichash(out, sizeof(out), in, sizeof(in), key, 32);
	g->scalar_wide(out, ret);
	sodium_memzero(out, sizeof(out));
}

static void thetas_of(const uint8_t key[32], const uint8_t *adjust, struct thetas *ret)
{
	uint8_t seed[32];

	crypto_generichash(seed, sizeof(seed), adjust, RVOLE_ADJUST_BYTES, key, 32);
	for (size_t i = 0; i < RVOLE_INPUTS; i++)
		for (size_t k = 0; k < RVOLE_CHECKS; k++)
			ot_hash_to_scalar(seed, (uint16_t)(i * RVOLE_CHECKS + k), ret->of[i][k]);
}

void rvole_gadget(uint8_t (*ret)[32])
{
	static const char label[] = "mpcup rvole gadget secp256k1 416";
	uint8_t seed[32];

	crypto_generichash(seed, sizeof(seed), (const uint8_t *)label, sizeof(label) - 1, NULL, 0);
	for (size_t j = 0; j < OT_COUNT; j++)
		ot_hash_to_scalar(seed, (uint16_t)j, ret[j]);
}

/* What both must agree on before an extension, and the key of one multiplication. */
static void binding_of(const struct threshold_session *s, const struct threshold_pairing *p, uint32_t receiver,
		       const uint8_t stream[8], uint8_t ret[32])
{
	uint8_t id[4];
	const struct session_part parts[] = { { p->id, 32 }, { id, sizeof(id) }, { stream, 8 } };

	ot_u32(receiver, id);
	session_hash(s, "rvole: extension", parts, 3, ret);
}

static void key_of(const struct threshold_session *s, const uint8_t binding[32], const uint8_t salt[32],
		   uint8_t ret[32])
{
	const struct session_part parts[] = { { binding, 32 }, { salt, 32 } };

	session_hash(s, "rvole: multiplication", parts, 2, ret);
}

/* ---- the receiver's question ------------------------------------------------------------------------------ */

void rvole_ask(struct threshold_session *s, struct threshold_pairing *p, struct rvole *r,
	       uint8_t ask[RVOLE_ASK_BYTES])
{
	uint64_t stream = p->extensions++;
	uint8_t part[32];

	memcpy(ask, p->id, 32);
	for (int i = 0; i < 8; i++)
		ask[32 + i] = (uint8_t)(stream >> (8 * i));
	binding_of(s, p, p->self, ask + 32, r->binding);
	session_random(s, r->choices, sizeof(r->choices));
	ot_extend(p, stream, r->binding, r->choices, r->rows, ask + 40);
	memset(r->chi, 0, 32);
	for (size_t j = 0; j < OT_COUNT; j++) {
		masked(ot_bit(r->choices, j), p->gadget[j], part);
		g->scalar_add(r->chi, part, r->chi);
	}
	sodium_memzero(part, sizeof(part));
}

/* ---- the sender's answer ---------------------------------------------------------------------------------- */

struct sending {
	ot_bits rows[OT_COUNT];
	vectors alpha;			  /* alpha0 */
	uint8_t other[RVOLE_WIDTH][32];	  /* alpha1 of one transfer */
	uint8_t inputs[RVOLE_WIDTH][32]; /* and the random scalars */
};

static void make_adjustments(const struct threshold_pairing *p, const uint8_t key[32], struct sending *w,
			     uint8_t *adjust)
{
	ot_bits delta;

	memcpy(&delta, p->choices, sizeof(delta));
	for (size_t j = 0; j < OT_COUNT; j++) {
		vector_of(key, j, w->rows[j], w->alpha[j]);
		vector_of(key, j, w->rows[j] ^ delta, w->other);
		for (size_t i = 0; i < RVOLE_WIDTH; i++, adjust += 32) {
			g->scalar_subtract(w->alpha[j][i], w->other[i], adjust);
			g->scalar_add(adjust, w->inputs[i], adjust);
		}
	}
	sodium_memzero(&delta, sizeof(delta));
}

/* vector[INPUTS + k] + sum of theta[i][k] * vector[i] */
static void combine(const struct thetas *t, uint8_t vector[RVOLE_WIDTH][32], size_t k, uint8_t ret[32])
{
	memcpy(ret, vector[RVOLE_INPUTS + k], 32);
	for (size_t i = 0; i < RVOLE_INPUTS; i++)
		add_product(ret, t->of[i][k], vector[i]);
}

static void make_check(const uint8_t key[32], const uint8_t *adjust, struct sending *w, uint8_t *eta, uint8_t *mu)
{
	crypto_generichash_state h;
	struct thetas t;
	uint8_t value[32];

	thetas_of(key, adjust, &t);
	for (size_t k = 0; k < RVOLE_CHECKS; k++)
		combine(&t, w->inputs, k, eta + 32 * k);
	crypto_generichash_init(&h, key, 32, 32);
	for (size_t j = 0; j < OT_COUNT; j++)
		for (size_t k = 0; k < RVOLE_CHECKS; k++) {
			combine(&t, w->alpha[j], k, value);
			crypto_generichash_update(&h, value, 32);
		}
	crypto_generichash_final(&h, mu, 32);
	sodium_memzero(value, sizeof(value));
}

static void sum_shares(const struct threshold_pairing *p, vectors v, uint8_t shares[RVOLE_INPUTS][32])
{
	memset(shares, 0, RVOLE_INPUTS * 32);
	for (size_t j = 0; j < OT_COUNT; j++)
		for (size_t i = 0; i < RVOLE_INPUTS; i++)
			add_product(shares[i], p->gadget[j], v[j][i]);
}

const char *rvole_answer(struct threshold_session *s, const struct threshold_pairing *p,
			 const uint8_t ask[RVOLE_ASK_BYTES], const uint8_t inputs[RVOLE_INPUTS][32],
			 uint8_t shares[RVOLE_INPUTS][32], uint8_t answer[RVOLE_ANSWER_BYTES])
{
	static const uint8_t zero[32];
	OWN(secret) void *memory = secret_new(sizeof(struct sending));
	struct sending *w = memory;
	uint8_t binding[32], key[32], *adjust = answer + 32, *eta = adjust + RVOLE_ADJUST_BYTES;
	uint64_t stream = 0;

	if (memcmp(ask, p->id, 32))
		return "it uses another pairing than we do";
	for (int i = 0; i < 8; i++)
		stream |= (uint64_t)ask[32 + i] << (8 * i);
	binding_of(s, p, p->peer, ask + 32, binding);
	if (ot_extend_check(p, stream, binding, ask + 40, w->rows) < 0)
		return "its transfers are not consistent";
	memcpy(w->inputs, inputs, RVOLE_INPUTS * 32);
	for (size_t i = RVOLE_INPUTS; i < RVOLE_WIDTH; i++)
		g->scalar_random(s, w->inputs[i]);
	session_random(s, answer, 32); /* salt: nothing repeats even if the receiver repeats all that is his */
	key_of(s, binding, answer, key);
	make_adjustments(p, key, w, adjust);
	make_check(key, adjust, w, eta, eta + RVOLE_CHECKS * 32);
	sum_shares(p, w->alpha, shares);
	for (size_t i = 0; i < RVOLE_INPUTS; i++)
		g->scalar_subtract(zero, shares[i], shares[i]);
	return NULL;
}

/* ---- the receiver's end ------------------------------------------------------------------------------------ */

static int adjust_vectors(const struct rvole *r, const uint8_t key[32], const uint8_t *adjust, vectors d)
{
	uint8_t part[32];

	for (size_t j = 0; j < OT_COUNT; j++) {
		vector_of(key, j, r->rows[j], d[j]);
		for (size_t i = 0; i < RVOLE_WIDTH; i++, adjust += 32) {
			if (g->scalar_decode(adjust) < 0)
				return -1;
			masked(ot_bit(r->choices, j), adjust, part);
			g->scalar_add(d[j][i], part, d[j][i]);
		}
	}
	sodium_memzero(part, sizeof(part));
	return 0;
}

static bool check_holds(const struct rvole *r, const uint8_t key[32], const uint8_t *adjust, const uint8_t *eta,
			vectors d)
{
	crypto_generichash_state h;
	struct thetas t;
	uint8_t value[32], part[32];

	thetas_of(key, adjust, &t);
	crypto_generichash_init(&h, key, 32, 32);
	for (size_t j = 0; j < OT_COUNT; j++)
		for (size_t k = 0; k < RVOLE_CHECKS; k++) {
			combine(&t, d[j], k, value);
			masked(ot_bit(r->choices, j), eta + 32 * k, part);
			g->scalar_subtract(value, part, value);
			crypto_generichash_update(&h, value, 32);
		}
	crypto_generichash_final(&h, value, 32);
	sodium_memzero(part, sizeof(part));
	return sodium_memcmp(value, eta + RVOLE_CHECKS * 32, 32) == 0;
}

const char *rvole_finish(const struct threshold_session *s, const struct threshold_pairing *p,
			 const struct rvole *r, const uint8_t answer[RVOLE_ANSWER_BYTES],
			 uint8_t shares[RVOLE_INPUTS][32])
{
	OWN(secret) void *memory = secret_new(sizeof(vectors));
	uint8_t(*d)[RVOLE_WIDTH][32] = memory;
	const uint8_t *adjust = answer + 32, *eta = adjust + RVOLE_ADJUST_BYTES;
	uint8_t key[32];

	key_of(s, r->binding, answer, key);
	for (size_t k = 0; k < RVOLE_CHECKS; k++)
		if (g->scalar_decode(eta + 32 * k) < 0)
			return "a number of its answer is out of range";
	if (adjust_vectors(r, key, adjust, d) < 0)
		return "a number of its answer is out of range";
	if (!check_holds(r, key, adjust, eta, d))
		return "it did not multiply with the same number throughout";
	sum_shares(p, d, shares);
	return NULL;
}
