/* network.yaml: any bytes give a network or an error, and the network synthesises or is refused. */
#include <stdint.h>

#include "core/network/network.h"
#include "core/synth/synth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	OWN(network) struct network *n = NULL;
	struct err err = { 0 };

	(void)network_recognise((const char *)data, len);
	if (len < 65536 && network_parse("fuzz", (const char *)data, len, &n, &err) == 0 &&
	    n->node_count < 60) {
		OWN(str) char *text = NULL;

		(void)synth_network(n, SYNTH_YAML, &text, &err);
	}
	return 0;
}
