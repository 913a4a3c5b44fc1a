/* Any bytes as HTTP: the first byte says how (request or reply, size of the pieces). However the
 * bytes are cut, the outcome is the same. Includes the parser's internal header: tests/ is outside
 * of the layers. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/http/http-internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns status, state and what was read as one text. */
static char *outcome(const char *data, size_t len, bool reply, size_t step)
{
	OWN(http_message) struct http_message m;
	struct err err = { 0 };
	size_t at = 0, used;
	int status = 0;
	OWN(str) char *body = NULL;

	http_message_init(&m, reply, 100000);
	while (at < len && !status && m.state != HTTP_WHOLE) {
		size_t piece = len - at < step ? len - at : step;

		status = http_message_feed(&m, data + at, piece, &used, &err);
		if (used > piece || (!used && !status))
			abort();
		at += used;
	}
	if (status) {
		if (!err.text[0])
			abort();
		return str_printf("%d", status);
	}
	if (m.state == HTTP_WHOLE && !reply && (!m.method || !m.path || !m.query || !m.headers))
		abort();
	if (m.body.len > 100000 && m.state != HTTP_IN_HEAD)
		abort();
	body = hex_encode(m.body.data ? m.body.data : "", m.body.len);
	return str_printf("%d %zu %s %s %s", (int)m.state, at, m.method ? m.method : "",
			  m.target ? m.target : "", body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWN(str) char *whole = NULL;
	OWN(str) char *cut = NULL;
	const char *text = (const char *)data + 1;
	bool reply;
	size_t step;

	if (!size)
		return 0;
	reply = data[0] & 1;
	step = (data[0] >> 1) + 1u;
	whole = outcome(text, size - 1, reply, SIZE_MAX);
	cut = outcome(text, size - 1, reply, step);
	if (strcmp(whole, cut) != 0)
		abort();
	return 0;
}
