#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void *mem_new(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

void *mem_grow(void *p, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		abort();
	p = realloc(p, bytes ? bytes : 1);
	if (!p)
		abort();
	return p;
}

char *str_dup(const char *s)
{
	return s ? str_dup_n(s, strlen(s)) : NULL;
}

char *str_dup_n(const char *s, size_t len)
{
	char *copy = mem_new(len + 1, 1);

	if (len)
		memcpy(copy, s, len);
	return copy;
}

char *str_printf(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return text;
}

bool str_starts(const char *s, const char *prefix)
{
	return s && !strncmp(s, prefix, strlen(prefix));
}

bool str_ends(const char *s, const char *suffix)
{
	size_t len = s ? strlen(s) : 0, tail = strlen(suffix);

	return s && len >= tail && !strcmp(s + len - tail, suffix);
}

bool str_eq(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static char fold_char(char c, bool fold)
{
	return fold && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_glob(const char *pattern, const char *text, bool fold)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern &&
			   (*pattern == '?' || fold_char(*pattern, fold) == fold_char(*text, fold))) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

unsigned str_distance(const char *a, const char *b, unsigned most)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned *row, result;

	if ((la > lb ? la - lb : lb - la) > most)
		return most + 1;
	row = mem_new(lb + 1, sizeof(*row));
	for (size_t j = 0; j <= lb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	result = row[lb];
	free(row);
	return result > most ? most + 1 : result;
}

static void buf_reserve(struct buf *b, size_t more)
{
	size_t need;

	if (__builtin_add_overflow(b->len, more, &need) || __builtin_add_overflow(need, 1, &need))
		abort();
	if (need <= b->cap)
		return;
	b->cap = need > b->cap * 2 ? need : b->cap * 2;
	b->data = mem_grow(b->data, b->cap, 1);
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	buf_reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf_vprintf(b, fmt, args);
	va_end(args);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list args)
{
	va_list again;
	int len;

	buf_reserve(b, 64); /* most texts are short: written at once where they belong */
	va_copy(again, args);
	len = vsnprintf(b->data + b->len, b->cap - b->len, fmt, again);
	va_end(again);
	if (len < 0)
		abort();
	if ((size_t)len < b->cap - b->len) {
		b->len += (size_t)len;
		return;
	}
	buf_reserve(b, (size_t)len);
	(void)vsnprintf(b->data + b->len, (size_t)len + 1, fmt, args);
	b->len += (size_t)len;
}

char *buf_take(struct buf *b)
{
	char *text = b->data ? b->data : mem_new(1, 1);

	*b = (struct buf){ 0 };
	return text;
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void buf_consume(struct buf *b, size_t len)
{
	if (len >= b->len) {
		b->len = 0;
		if (b->data)
			b->data[0] = '\0';
		return;
	}
	memmove(b->data, b->data + len, b->len - len + 1);
	b->len -= len;
}

char *hex_encode(const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;
	char *hex = mem_new(len * 2 + 1, 1);

	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	return hex;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_decode(const char *hex, size_t hex_len, uint8_t *ret, size_t len)
{
	if (hex_len != len * 2)
		return -1;
	for (size_t i = 0; i < hex_len; i++)
		if (hex_digit(hex[i]) < 0)
			return -1;
	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	return 0;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *data, size_t len)
{
	const uint8_t *in = data;
	char *out = mem_new((len + 2) / 3 * 4 + 1, 1);
	size_t o = 0;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t word = (uint32_t)in[i] << 16;

		if (i + 1 < len)
			word |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < len)
			word |= in[i + 2];
		out[o++] = base64_digits[word >> 18];
		out[o++] = base64_digits[word >> 12 & 63];
		out[o++] = i + 1 < len ? base64_digits[word >> 6 & 63] : '=';
		out[o++] = i + 2 < len ? base64_digits[word & 63] : '=';
	}
	return out;
}

int base64_decode(const char *text, size_t text_len, uint8_t **ret_data, size_t *ret_len)
{
	OWN(str) char *out = NULL;
	size_t len = 0, pad = 0;
	uint32_t word = 0;

	if (text_len % 4)
		return -1;
	while (pad < 2 && pad < text_len && text[text_len - 1 - pad] == '=')
		pad++;
	out = mem_new(text_len / 4 * 3 + 1, 1);
	for (size_t i = 0; i < text_len; i++) {
		const char *at = NULL;

		if (i < text_len - pad) {
			at = text[i] ? strchr(base64_digits, text[i]) : NULL;
			if (!at)
				return -1;
		}
		word = word << 6 | (at ? (uint32_t)(at - base64_digits) : 0);
		if (i % 4 == 3) {
			out[len++] = (char)(word >> 16);
			out[len++] = (char)(word >> 8);
			out[len++] = (char)word;
			word = 0;
		}
	}
	len -= pad;
	out[len] = '\0';
	*ret_len = len;
	*ret_data = (uint8_t *)GIVE(out);
	return 0;
}

int num_parse_u64(const char *s, uint64_t least, uint64_t most, uint64_t *ret)
{
	uint64_t value = 0;

	if (!s || !*s)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return -1;
	}
	if (value < least || value > most)
		return -1;
	*ret = value;
	return 0;
}

int num_parse_i64(const char *s, int64_t least, int64_t most, int64_t *ret)
{
	bool negative = s && *s == '-';
	uint64_t magnitude;
	int64_t value;

	if (num_parse_u64(negative ? s + 1 : s, 0, (uint64_t)INT64_MAX, &magnitude) < 0)
		return -1;
	value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	if (value < least || value > most)
		return -1;
	*ret = value;
	return 0;
}

static int ip_parse_n(const char *s, size_t len, uint32_t *ret)
{
	uint32_t ip = 0;
	unsigned parts = 0, digits = 0, part = 0;

	for (size_t i = 0; i <= len; i++) {
		char c = i < len ? s[i] : '.';

		if (c == '.') {
			if (!digits || part > 255 || ++parts > 4)
				return -1;
			ip = ip << 8 | part;
			digits = part = 0;
		} else if (c >= '0' && c <= '9' && digits < 3 && !(digits && !part)) {
			part = part * 10 + (unsigned)(c - '0');
			digits++;
		} else {
			return -1;
		}
	}
	if (parts != 4)
		return -1;
	*ret = ip;
	return 0;
}

int ip_parse(const char *s, uint32_t *ret)
{
	return s ? ip_parse_n(s, strlen(s), ret) : -1;
}

int ip_parse_cidr(const char *s, uint32_t *ret_base, unsigned *ret_bits)
{
	const char *slash = s ? strchr(s, '/') : NULL;
	uint32_t base;
	uint64_t bits;

	if (!slash || ip_parse_n(s, (size_t)(slash - s), &base) < 0 ||
	    num_parse_u64(slash + 1, 0, 32, &bits) < 0 || (bits < 32 && (base << bits)))
		return -1;
	*ret_base = base;
	*ret_bits = (unsigned)bits;
	return 0;
}

char *ip_format(uint32_t ip)
{
	return str_printf("%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}
