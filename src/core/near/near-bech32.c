#include <string.h>

#include "core/near/near-internal.h"

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* The checksum of BIP 173: a remainder of polynomials over GF(32). */
static uint32_t step(uint32_t sum, unsigned value)
{
	static const uint32_t generator[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
					      0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (int i = 0; i < 5; i++)
		if (top >> i & 1)
			sum ^= generator[i];
	return sum;
}

static void put_value(struct buf *b, unsigned value, uint32_t *sum)
{
	buf_char(b, alphabet[value]);
	*sum = step(*sum, value);
}

static void put_part(struct buf *b, const char *part, uint32_t *sum)
{
	for (const char *at = part; *at; at++)
		*sum = step(*sum, (unsigned char)*at >> 5);
	*sum = step(*sum, 0);
	for (const char *at = part; *at; at++)
		*sum = step(*sum, (unsigned char)*at & 31);
	buf_str(b, part);
	buf_char(b, '1');
}

char *near_bech32_encode(const char *part, int version, const uint8_t *data, size_t len)
{
	struct buf b = { 0 };
	uint32_t sum = 1, bits = 0;
	unsigned count = 0;

	put_part(&b, part, &sum);
	if (version >= 0)
		put_value(&b, (unsigned)version, &sum);
	for (size_t i = 0; i < len; i++) {
		bits = (bits << 8 | data[i]) & 0xfff;
		for (count += 8; count >= 5; count -= 5)
			put_value(&b, bits >> (count - 5) & 31, &sum);
	}
	if (count)
		put_value(&b, bits << (5 - count) & 31, &sum);
	for (int i = 0; i < 6; i++)
		sum = step(sum, 0);
	sum ^= 1;
	for (int i = 0; i < 6; i++)
		buf_char(&b, alphabet[sum >> (5 * (5 - i)) & 31]);
	return buf_take(&b);
}
