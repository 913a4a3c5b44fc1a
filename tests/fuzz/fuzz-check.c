/* Any bytes through the whole of `mpcup check`. Templates that belong together are parted by a line "--- %%". */
#include <stdint.h>
#include <stdlib.h>

#include "drive-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char mark[] = "\n--- %%\n";
	const char *texts[DRIVE_MOST], *at = (const char *)data, *end = at + size, *next;
	size_t lens[DRIVE_MOST], count = 0;
	struct err err = { 0 };
	json_t *result;
	char *printed;

	for (; at && count < DRIVE_MOST; at = next ? next + strlen(mark) : NULL, count++) {
		next = memmem(at, (size_t)(end - at), mark, strlen(mark));
		texts[count] = at;
		lens[count] = (size_t)((next ? next : end) - at);
	}
	result = drive_check(texts, lens, count, &err);
	if (!result && !*err.text)
		abort(); /* refused without a word */
	printed = json_dumps(result, JSON_INDENT(1));
	if (result && !printed)
		abort();
	free(printed);
	json_decref(result);
	return 0;
}
