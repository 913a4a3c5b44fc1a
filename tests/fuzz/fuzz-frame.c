/* What a participant sends to another behind TLS, and what lies on a volume that somebody else had. */
#include <stdint.h>
#include <string.h>

#include "base/secret.h"
#include "engine/node/node-frame.h"
#include "engine/node/node-sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void same(const struct buf *b, const uint8_t *data, size_t len)
{
	if (b->len != len || memcmp(b->data, data, len) != 0)
		__builtin_trap();
}

static void hello(const uint8_t *data, size_t len)
{
	OWN(buf) struct buf b = { 0 };
	struct frame_hello h;

	if (frame_hello_decode(data, len, &h) < 0)
		return;
	frame_hello_encode(&h, &b);
	same(&b, data, len);
}

static void start(const uint8_t *data, size_t len)
{
	OWN(buf) struct buf b = { 0 };
	struct frame_start s;

	if (frame_start_decode(data, len, &s) < 0)
		return;
	frame_start_encode(&s, &b);
	same(&b, data, len);
}

static void message(const uint8_t *data, size_t len)
{
	OWN(buf) struct buf b = { 0 };
	struct frame f;

	if (frame_decode(data, len, &f) < 0)
		return;
	frame_encode(&f, &b);
	same(&b, data, len);
	start(f.data, f.len);
}

static void sealed(const uint8_t *data, size_t len)
{
	static const uint8_t key[16] = { 1 };
	json_t *header = NULL;
	uint8_t *content = NULL;
	size_t content_len = 0;

	if (sealed_read(key, data, len, &header, &content, &content_len, NULL) < 0)
		return;
	json_decref(header);
	secret_free(content);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0 || len > 65536)
		return 0;
	hello(data, len);
	message(data, len);
	start(data, len);
	sealed(data, len);
	return 0;
}
