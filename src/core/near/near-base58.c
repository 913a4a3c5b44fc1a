#include <sodium.h>
#include <string.h>

#include "core/near/near.h"

/* Longer inputs are refused: the algorithm is quadratic, and no key or hash of NEAR needs more. */
#define BASE58_MOST_BYTES 4096

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

char *near_base58_encode(const uint8_t *data, size_t len)
{
	size_t zeros = 0, used = 0;
	size_t room = len * 138 / 100 + 2;
	uint8_t *digits;
	char *text;

	if (len > BASE58_MOST_BYTES)
		return str_dup("");
	digits = mem_new(room, 1);
	while (zeros < len && data[zeros] == 0)
		zeros++;
	for (size_t i = zeros; i < len; i++) {
		unsigned carry = data[i];
		size_t j;

		for (j = 0; j < used || carry; j++) {
			carry += 256u * digits[j];
			digits[j] = (uint8_t)(carry % 58);
			carry /= 58;
		}
		used = j;
	}
	text = mem_new(zeros + used + 1, 1);
	memset(text, '1', zeros);
	for (size_t i = 0; i < used; i++)
		text[zeros + i] = alphabet[digits[used - 1 - i]];
	sodium_memzero(digits, room); /* it may have been a secret key */
	free(digits);
	return text;
}

static int digit_value(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/* bytes = bytes * 58 + digit, little end first. -1: more than `most` bytes. */
static int push_digit(uint8_t *bytes, size_t *used, size_t most, unsigned digit)
{
	unsigned carry = digit;
	size_t j;

	for (j = 0; j < *used || carry; j++) {
		if (j == most)
			return -1;
		carry += 58u * bytes[j];
		bytes[j] = (uint8_t)carry;
		carry >>= 8;
	}
	*used = j;
	return 0;
}

int near_base58_decode(const char *text, size_t text_len, uint8_t *ret, size_t most,
		       size_t *ret_len)
{
	size_t zeros = 0, used = 0;
	int result = -1;
	uint8_t *bytes;

	if (most > BASE58_MOST_BYTES || text_len > most * 2 + 2)
		return -1;
	while (zeros < text_len && text[zeros] == '1')
		zeros++;
	bytes = mem_new(most + 1, 1);
	for (size_t i = zeros; i < text_len; i++) {
		int digit = digit_value(text[i]);

		if (digit < 0 || push_digit(bytes, &used, most, (unsigned)digit) < 0)
			goto out;
	}
	if (zeros + used > most)
		goto out;
	memset(ret, 0, zeros);
	for (size_t i = 0; i < used; i++)
		ret[zeros + i] = bytes[used - 1 - i];
	*ret_len = zeros + used;
	result = 0;
out:
	sodium_memzero(bytes, most + 1);
	free(bytes);
	return result;
}
