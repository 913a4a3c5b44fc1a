#include "core/aws/aws.h"

#include <string.h>

#include "core/aws/aws-internal.h"

static bool unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.' || c == '~';
}

void aws_uri_append(struct buf *b, const char *s, size_t len, bool keep_slash)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (unreserved(s[i]) || (keep_slash && c == '/')) {
			buf_char(b, s[i]);
			continue;
		}
		buf_char(b, '%');
		buf_char(b, digits[c >> 4]);
		buf_char(b, digits[c & 15]);
	}
}

char *aws_uri_encode(const char *s, int keep_slash)
{
	struct buf b = { 0 };

	aws_uri_append(&b, s, strlen(s), keep_slash);
	return buf_take(&b);
}

int aws_uri_decode(const char *s, size_t len, char **ret, size_t *ret_len)
{
	OWN(str) char *out = mem_new(len + 1, 1);
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte;

		if (s[i] != '%') {
			out[used++] = s[i];
			continue;
		}
		if (len - i < 3 || hex_decode(s + i + 1, 2, &byte, 1) < 0)
			return -1;
		out[used++] = (char)byte;
		i += 2;
	}
	*ret = GIVE(out);
	*ret_len = used;
	return 0;
}
