#include "core/near/near-transaction.h"

char *near_u128_format(near_u128 value)
{
	char text[40];
	char *at = text + sizeof(text);

	*--at = 0;
	do {
		*--at = (char)('0' + (int)(value % 10));
		value /= 10;
	} while (value);
	return str_dup(at);
}

int near_u128_parse(const char *text, near_u128 *ret)
{
	const near_u128 most = ~(near_u128)0;
	near_u128 value = 0;

	if (!text || !*text)
		return -1;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || value > (most - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}
