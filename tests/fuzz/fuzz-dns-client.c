/* Answers that a node gets to its own questions, and the files it reads before it asks. */
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "engine/peer/peer-internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	OWN(str) char *text = str_dup_n((const char *)data, len);
	struct dns_config config;
	uint8_t question[512];
	uint32_t address;
	int asked = dns_question(1, "node-0.mpc.local", question);

	if (len > 8192 || asked < 0)
		return 0;
	(void)peer_dns_answer(data, len, question, (size_t)asked, &address);
	dns_config_parse(text, &config);
	(void)dns_hosts_find(text, "node-0", &address);
	return 0;
}
