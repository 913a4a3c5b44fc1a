/* What the files of this room share: reading and writing borsh, and lists of actions. */
#pragma once
#include "core/near/near-transaction.h"

/* ---- near-borsh.c: each take_ moves on and returns 0, or -1 with err ---- */

struct reader {
	const uint8_t *at;
	size_t left;
	struct err *err;
};
int near_take(struct reader *r, void *ret, size_t len);
int near_take_uint(struct reader *r, size_t bytes, near_u128 *ret);
int near_take_u64(struct reader *r, uint64_t *ret);
int near_take_tag(struct reader *r, uint8_t *ret);
/* A tag below `count`; `what` is for the message. */
int near_take_choice(struct reader *r, uint8_t count, const char *what, uint8_t *ret);
/* Length, then so many bytes; a NUL stands behind them. */
int near_take_bytes(struct reader *r, size_t most, uint8_t **ret, size_t *ret_len);
int near_take_text(struct reader *r, size_t most, char **ret); /* UTF-8 without NUL */
int near_take_account(struct reader *r, char **ret);
int near_take_key(struct reader *r, char **ret);
int near_take_signature(struct reader *r, struct near_signature *ret);

void near_put_uint(struct buf *b, near_u128 value, size_t bytes);
void near_put_bytes(struct buf *b, const void *data, size_t len);
void near_put_text(struct buf *b, const char *text);
void near_put_key(struct buf *b, const char *text);
void near_put_signature(struct buf *b, const struct near_signature *signature);

/* ---- lists of actions: near-action-read.c, -write.c, -json.c ---- */

/* delegates: whether Delegate may be among them. What was read before a failure is in *ret too. */
int near_take_actions(struct reader *r, bool delegates, struct near_action **ret,
		      size_t *ret_count);
void near_put_actions(struct buf *b, const struct near_action *actions, size_t count);
void near_actions_free(struct near_action *actions, size_t count);

/* ---- near-delegate.c ---- */

int near_take_delegate(struct reader *r, struct near_delegate **ret);
void near_put_delegate(struct buf *b, const struct near_delegate *d);
json_t *near_delegate_json(const struct near_delegate *d);
void near_delegate_free(struct near_delegate *d);
void near_set_u64(json_t *j, const char *key, uint64_t value);

/* Base58 behind "<curve>:", exactly `want` bytes (near-key.c). `kind` is nearcore's word for them.
 * Only the place of a bad character is told, never the character: the text may be a secret. */
int near_key_decode(const char *text, const char *prefix, const char *kind, uint8_t *ret,
		    size_t want, struct err *err);
/* The other way; what held the text is wiped. */
char *near_key_encode(const char *prefix, const uint8_t *bytes, size_t len);

/* Bech32 (BIP 173); version: of a witness program, or -1 for none. near-bech32.c */
char *near_bech32_encode(const char *part, int version, const uint8_t *data, size_t len);
