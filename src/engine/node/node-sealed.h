/* One sealed file: a JSON header that anyone can read, content that only the key opens; both
 * authenticated together.
 *   "MPCUPKS1" | u32 length of the header | header | 12 bytes nonce | content | 16 bytes tag
 * Pure but for the nonce, which is random. */
#pragma once
#include "base/json.h"
#include "base/str.h"

int sealed_write(const uint8_t key[16], const json_t *header, const void *content, size_t len,
		 struct buf *ret, struct err *err);
/* 0: *ret_content is in secret memory (secret_free), *ret_header is the caller's. */
int sealed_read(const uint8_t key[16], const void *data, size_t len, json_t **ret_header,
		uint8_t **ret_content, size_t *ret_len, struct err *err);
