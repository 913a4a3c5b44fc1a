/* The second opinion on signatures: OpenSSL alone, which shares no code with the libraries that made
 * them (libsecp256k1, libsodium, core/threshold). */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* secp256k1: xy is the public key's 64 bytes, rs the signature's r and s. 0: it is right, and so is
 * recovery_id (the parity of R, and whether its x was reduced). -1: err says what is wrong. */
int verify_ecdsa(const uint8_t xy[64], const uint8_t hash[32], const uint8_t rs[64],
		 unsigned recovery_id, struct err *err);
/* Ed25519 (RFC 8032). 0, or -1 with err. */
int verify_ed25519(const uint8_t public_key[32], const void *message, size_t len,
		   const uint8_t signature[64], struct err *err);
/* "OpenSSL 3.0.17" */
const char *verify_name(void);
