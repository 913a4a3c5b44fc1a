/* Any bytes as a config file of AWS's tools. */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "engine/awsclient/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWN(json) json_t *sections = NULL;
	struct err err = { 0 };

	if (profile_parse("config", (const char *)data, size, &sections, &err) == 0)
		json_wipe(sections);
	return 0;
}
