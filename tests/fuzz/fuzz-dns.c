/* The VPC resolver's questions and the agent's answers: UDP from a container. */
#include <stdint.h>
#include <string.h>

#include "engine/fabric/dns-internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint32_t addresses[] = { 0x0a000005, 0x0a000006, 0x0a000007 };
	struct dns_query q;
	struct dns_answer a = { .ttl = 60, .addresses = addresses, .count = 3 };
	uint8_t out[4096];

	if (len > 4096)
		return 0;
	if (fabric_dns_parse(data, len, &q) >= 0) {
		size_t limit = len & 1 ? 512 : 1232;

		if (fabric_dns_answer(data, &q, &a, limit, out) > limit)
			__builtin_trap();
	}
	return 0;
}
