#include <string.h>

#include "core/near/near.h"

/* What identifies a chain: both ends of a connection compare the hash of this text. It names its
 * maker because it is not nearcore's genesis and must never be taken for one. */
char *near_genesis_text(const char *chain_id)
{
	return str_printf("{\n"
			  "  \"about\": \"genesis of the chain that is built into mpcup\",\n"
			  "  \"protocol_version\": 81,\n"
			  "  \"genesis_time\": \"2025-10-28T00:00:00.000000000Z\",\n"
			  "  \"chain_id\": \"%s\",\n"
			  "  \"genesis_height\": 0,\n"
			  "  \"epoch_length\": 500,\n"
			  "  \"min_gas_price\": \"100000000\",\n"
			  "  \"transaction_validity_period\": 100\n"
			  "}\n",
			  chain_id);
}

char *near_genesis_hash(const char *text)
{
	uint8_t hash[32];

	near_sha256(text, strlen(text), hash);
	return near_base58_encode(hash, sizeof(hash));
}
