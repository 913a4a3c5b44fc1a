/* An error is a value: a code for the program, a sentence for the reader.
 * What can fail takes `struct err *` last and returns 0 or -1; callers add where it was with
 * err_in(). A positive return is a documented outcome that the caller handles and never passes on.
 * `err` may be NULL: the text is then lost. Nobody prints below face/. */
#pragma once

enum err_code { ERR_NONE, ERR_SYS, ERR_INPUT, ERR_REMOTE, ERR_LIMIT, ERR_BUG };

struct err {
	enum err_code code;
	char text[1024];
};

#define ERR_FMT(f, a) __attribute__((format(printf, f, a)))

/* Sets code and text. Always -1, so `return err_set(...)` ends a function. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) ERR_FMT(3, 4);

/* ERR_SYS with the text of errno behind it. Always -1. */
int err_sys(struct err *e, const char *fmt, ...) ERR_FMT(2, 3);

/* Puts "where: " in front of a text that is set already. Always -1. */
int err_in(struct err *e, const char *fmt, ...) ERR_FMT(2, 3);
