/* Any network.yaml that synthesises gives a template that check reads, and in which it finds nothing wrong. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/network/network.h"
#include "core/synth/synth.h"
#include "drive-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int has_fail(const json_t *findings, const char *text)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
		if (!strcmp(json_str_or(one, "verdict", ""), "FAIL")) {
			(void)fprintf(stderr, "%s: %s\n%s\n", json_str_or(one, "fault", ""),
				      json_str_or(one, "message", ""), text);
			return 1;
		}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	OWN(network) struct network *n = NULL;
	OWN(str) char *text = NULL;
	struct err err = { 0 };
	json_t *result;
	size_t size;

	if (len > 65536 || network_parse("fuzz", (const char *)data, len, &n, &err) < 0 || n->node_count > 8 ||
	    synth_network(n, len & 1 ? SYNTH_YAML : SYNTH_JSON, &text, &err) < 0)
		return 0;
	size = strlen(text);
	result = drive_check((const char *const[]){ text }, &size, 1, &err);
	if (!result) {
		(void)fprintf(stderr, "%s\n%s\n", err.text, text);
		abort();
	}
	if (has_fail(json_object_get(result, "findings"), text))
		abort();
	json_decref(result);
	return 0;
}
