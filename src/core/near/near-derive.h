/* Keys derived from a signer contract's root keys: the tweak that is added, and the addresses that
 * other chains give to the result. The addition itself is core/threshold's threshold_derive().
 * Source: near-rpc.md section 7. Pure. */
#pragma once
#include <stdint.h>

#include "core/near/near.h"

/* What is added to the root key for this caller and path, as 32 bytes of hash: secp256k1 reads them
 * big-endian and refuses those not below the order, Ed25519 reads them little-endian and reduces.
 */
void near_derivation_tweak(const char *predecessor, const char *path, uint8_t ret[32]);

/* Addresses of a public key. Caller frees; NULL: the key is not of the chain's curve. */

/* secp256k1 */
char *near_address_evm(const struct near_public_key *key); /* mixed case by EIP-55 */
/* P2WPKH: human-readable part "bc", "tb" (test networks) or "bcrt" (regtest). Cosmos: the chain's
 * own, as "cosmos" or "osmo". NULL too when the part is not 1 to 20 of a-z and 0-9. */
char *near_address_bitcoin(const struct near_public_key *key, const char *part);
char *near_address_cosmos(const struct near_public_key *key, const char *part);
char *near_address_xrp(const struct near_public_key *key);
/* ed25519 */
char *near_address_solana(const struct near_public_key *key);
char *near_address_aptos(const struct near_public_key *key);
char *near_address_sui(const struct near_public_key *key);
/* Either curve on NEAR: near_implicit_account(). */
