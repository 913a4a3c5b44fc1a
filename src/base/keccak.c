#include "base/keccak.h"

#include <endian.h>
#include <string.h>

#include "base/str.h"

#define RATE 136 /* bytes per block at 256 bits */

static const uint64_t round_constants[24] = {
	0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
	0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
	0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
	0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
	0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008
};

static uint64_t rotate(uint64_t v, unsigned by)
{
	return by ? v << by | v >> (64 - by) : v;
}

/* The loops are unrolled so that the lanes' places are known when it is compiled. */
static inline void theta(uint64_t a[25])
{
	uint64_t c[5], d;

#pragma GCC unroll 5
	for (int x = 0; x < 5; x++)
		c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma GCC unroll 5
	for (int x = 0; x < 5; x++) {
		d = c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
#pragma GCC unroll 5
		for (int y = 0; y < 25; y += 5)
			a[x + y] ^= d;
	}
}

/* The walk of FIPS 202, 3.2.2, from lane 1: each lane moves to the next place and turns by a triangular number. */
static inline void rho_pi(uint64_t a[25])
{
	static const uint8_t places[24] = { 10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
					    15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1 };
	uint64_t moving = a[1], there;

#pragma GCC unroll 24
	for (unsigned t = 1; t <= 24; t++) {
		there = a[places[t - 1]];
		a[places[t - 1]] = rotate(moving, t * (t + 1) / 2 % 64);
		moving = there;
	}
}

static inline void chi(uint64_t a[25])
{
#pragma GCC unroll 5
	for (int y = 0; y < 25; y += 5) {
		uint64_t row[5] = { a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4] };

#pragma GCC unroll 5
		for (int x = 0; x < 5; x++)
			a[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
	}
}

static void permute(uint64_t a[25])
{
	for (int round = 0; round < 24; round++) {
		theta(a);
		rho_pi(a);
		chi(a);
		a[0] ^= round_constants[round];
	}
}

struct sponge {
	uint64_t lanes[25];
	size_t at;
};

static void absorb_byte(struct sponge *s, uint8_t byte)
{
	s->lanes[s->at / 8] ^= (uint64_t)byte << (8 * (s->at % 8));
	if (++s->at == RATE) {
		permute(s->lanes);
		s->at = 0;
	}
}

static void absorb(struct sponge *s, const void *data, size_t len)
{
	const uint8_t *in = data;

	/* Whole blocks by lanes, which have the first byte lowest. */
	for (; s->at == 0 && len >= RATE; in += RATE, len -= RATE) {
		for (size_t i = 0; i < RATE / 8; i++) {
			uint64_t lane;

			memcpy(&lane, in + 8 * i, 8);
			s->lanes[i] ^= le64toh(lane);
		}
		permute(s->lanes);
	}
	for (size_t i = 0; i < len; i++)
		absorb_byte(s, in[i]);
}

static void finish(struct sponge *s, uint8_t suffix, uint8_t ret[32])
{
	s->lanes[s->at / 8] ^= (uint64_t)suffix << (8 * (s->at % 8));
	s->lanes[(RATE - 1) / 8] ^= (uint64_t)0x80 << 56;
	permute(s->lanes);
	for (int i = 0; i < 32; i++)
		ret[i] = (uint8_t)(s->lanes[i / 8] >> (8 * (i % 8)));
	explicit_bzero(s, sizeof(*s));
}

void sha3_256(const void *data, size_t len, uint8_t ret[32])
{
	struct sponge s = { 0 };

	absorb(&s, data, len);
	finish(&s, 0x06, ret);
}

void keccak_256(const void *data, size_t len, uint8_t ret[32])
{
	struct sponge s = { 0 };

	absorb(&s, data, len);
	finish(&s, 0x01, ret);
}

void hmac_sha3_256(const void *key, size_t key_len, const void *data, size_t len, uint8_t ret[32])
{
	struct sponge inner = { 0 }, outer = { 0 };
	uint8_t block[RATE] = { 0 };

	if (key_len > RATE)
		sha3_256(key, key_len, block);
	else if (key_len)
		memcpy(block, key, key_len);
	for (int i = 0; i < RATE; i++)
		block[i] ^= 0x36;
	absorb(&inner, block, RATE);
	absorb(&inner, data, len);
	finish(&inner, 0x06, ret);
	for (int i = 0; i < RATE; i++)
		block[i] ^= 0x36 ^ 0x5c;
	absorb(&outer, block, RATE);
	absorb(&outer, ret, 32);
	finish(&outer, 0x06, ret);
	explicit_bzero(block, sizeof(block));
}

void hkdf_sha3_256(const void *salt, size_t salt_len, const void *key, size_t key_len, const void *info,
		   size_t info_len, uint8_t ret[32])
{
	OWN(buf) struct buf text = { 0 };
	uint8_t extracted[32];

	hmac_sha3_256(salt, salt_len, key, key_len, extracted);
	buf_add(&text, info, info_len);
	buf_char(&text, 1);
	hmac_sha3_256(extracted, sizeof(extracted), text.data, text.len, ret);
	explicit_bzero(extracted, sizeof(extracted));
}
