/* Text: allocation that cannot fail, growable buffers, hex, base64, glob, strict numbers.
 * Out of memory ends the process (abort): there is nothing useful to do with it here.
 * Results of str_* that return char * are the caller's (free()). */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/own.h"

void *mem_new(size_t count, size_t size);		/* zeroed */
void *mem_grow(void *p, size_t count, size_t size);	/* realloc */
#define NEW(type) ((type *)mem_new(1, sizeof(type)))

char *str_dup(const char *s);			       /* NULL gives NULL */
char *str_dup_n(const char *s, size_t len);	       /* adds the NUL */
char *str_printf(const char *fmt, ...) ERR_FMT(1, 2);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_eq(const char *a, const char *b); /* NULL equals NULL only */

/* `*` any run, `?` one byte; the whole text must match. No classes, no escapes (as IAM and the
 * image patterns use it). `fold`: ASCII case does not matter. */
bool str_glob(const char *pattern, const char *text, bool fold);

/* Levenshtein distance, for "did you mean"; stops counting above `most`. */
unsigned str_distance(const char *a, const char *b, unsigned most);

/* Growable bytes; always NUL-terminated behind len once something was added. Zero-initialise. */
struct buf {
	char *data;
	size_t len, cap;
};
void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) ERR_FMT(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list args) ERR_FMT(2, 0);
char *buf_take(struct buf *b); /* the text is the caller's, b is empty again; never NULL */
void buf_free(struct buf *b);
void buf_consume(struct buf *b, size_t len); /* drops `len` bytes at the front */
static inline void own_drop_buf(struct buf *b)
{
	buf_free(b);
}

char *hex_encode(const void *data, size_t len); /* lower case */
/* 0, or -1 when `hex` is not exactly 2*len hex digits. */
int hex_decode(const char *hex, size_t hex_len, uint8_t *ret, size_t len);
char *base64_encode(const void *data, size_t len); /* standard alphabet, padded */
/* 0: *ret_data (caller's, NUL behind it) and *ret_len. -1: not base64. */
int base64_decode(const char *text, size_t text_len, uint8_t **ret_data, size_t *ret_len);

/* Strict decimal: whole text, no blanks, no sign for unsigned, range checked. 0 or -1. */
int num_parse_u64(const char *s, uint64_t least, uint64_t most, uint64_t *ret);
int num_parse_i64(const char *s, int64_t least, int64_t most, int64_t *ret);

/* IPv4 in host byte order. cidr: "10.0.0.0/16"; host bits set below the mask are an error. */
int ip_parse(const char *s, uint32_t *ret);
int ip_parse_cidr(const char *s, uint32_t *ret_base, unsigned *ret_bits);
char *ip_format(uint32_t ip);
static inline bool ip_in_cidr(uint32_t ip, uint32_t base, unsigned bits)
{
	return bits == 0 || (ip >> (32 - bits)) == (base >> (32 - bits));
}
