#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "core/threshold/threshold.h"

int threshold_recover(const uint8_t hash[32], const uint8_t signature[64], uint8_t recovery_id, uint8_t ret[33])
{
	const secp256k1_context *context = secp256k1_context_static;
	secp256k1_ecdsa_recoverable_signature parsed;
	secp256k1_pubkey key;
	size_t len = 33;

	if (recovery_id > 3 ||
	    !secp256k1_ecdsa_recoverable_signature_parse_compact(context, &parsed, signature, recovery_id) ||
	    !secp256k1_ecdsa_recover(context, &key, &parsed, hash))
		return -1;
	secp256k1_ec_pubkey_serialize(context, ret, &len, &key, SECP256K1_EC_COMPRESSED);
	return 0;
}
