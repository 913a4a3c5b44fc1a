/* What is to be signed, and what comes back: pure values of one `sign` call. */
#pragma once
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "core/near/near.h"
#include "core/threshold/threshold.h"

#define SIGN_MESSAGE_MOST 1232 /* Ed25519: as the contract takes it; least 32 */

enum sign_hash { SIGN_AS_IT_IS, SIGN_KECCAK, SIGN_SHA256 };

/* The bytes of a payload: `hex` ("0x...") or `message` (text), one of them. ECDSA signs 32 bytes, which a
 * hash makes of what is longer; Ed25519 signs the bytes themselves. 0 or -1 with what to type. */
int sign_payload(enum threshold_curve curve, const char *hex, const char *message,
		 enum sign_hash hash, struct buf *ret, struct err *err);
/* Arguments of the contract's `sign`; the caller's. */
json_t *sign_arguments(json_int_t domain, enum threshold_curve curve, const struct buf *payload,
		       const char *path);

struct sign_result {
	enum threshold_curve curve;
	uint8_t bytes[64]; /* r || s, or the 64 bytes of Ed25519 */
	unsigned recovery_id;
};
/* The contract's answer (SuccessValue, base64 of JSON). -1: not of the known forms. */
int sign_result_parse(const char *base64, enum threshold_curve curve, struct sign_result *ret,
		      struct err *err);

/* The key of a caller and a path: root is the domain's public key as the contract writes it. 0 or -1. */
int sign_derive(const char *root, const char *predecessor, const char *path,
		struct near_public_key *ret, struct err *err);
/* SEC1 compressed or 32 bytes, as hex; the caller's. */
char *sign_key_hex(const struct near_public_key *key);
/* Name of the chain -> address, in an order to show; the caller's. */
json_t *sign_addresses(const struct near_public_key *key);
