#include "engine/node/node-frame.h"

#include <sodium.h>
#include <string.h>

#define HELLO_BYTES (1 + 32 + 8 + 4 + 4 + FRAME_PROCESS_BYTES)
#define HEADER_BYTES (1 + 32 + 1 + 8 + 4 + 4 + 4)
#define START_BYTES (1 + 1 + FRAME_PROCESS_BYTES + 8 + 32 + 32 + 2)

/* ---- numbers ----------------------------------------------------------------------------------------- */

static void put(struct buf *b, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buf_char(b, (char)(value >> (8 * i)));
}

static uint64_t take(const uint8_t **at, int bytes)
{
	uint64_t value = 0;

	for (int i = bytes - 1; i >= 0; i--)
		value = value << 8 | (*at)[i];
	*at += bytes;
	return value;
}

static void take_bytes(const uint8_t **at, void *ret, size_t len)
{
	memcpy(ret, *at, len);
	*at += len;
}

/* ---- hello -------------------------------------------------------------------------------------------- */

void frame_hello_encode(const struct frame_hello *h, struct buf *ret)
{
	put(ret, FRAME_HELLO, 1);
	buf_add(ret, h->set, sizeof(h->set));
	put(ret, h->epoch, 8);
	put(ret, h->from, 4);
	put(ret, h->to, 4);
	buf_add(ret, h->process, sizeof(h->process));
}

int frame_hello_decode(const uint8_t *data, size_t len, struct frame_hello *ret)
{
	const uint8_t *at = data + 1;

	if (len != HELLO_BYTES || data[0] != FRAME_HELLO)
		return -1;
	take_bytes(&at, ret->set, sizeof(ret->set));
	ret->epoch = take(&at, 8);
	ret->from = (uint32_t)take(&at, 4);
	ret->to = (uint32_t)take(&at, 4);
	take_bytes(&at, ret->process, sizeof(ret->process));
	return 0;
}

/* ---- messages ----------------------------------------------------------------------------------------- */

void frame_encode(const struct frame *f, struct buf *ret)
{
	put(ret, FRAME_MPC, 1);
	buf_add(ret, f->session, sizeof(f->session));
	put(ret, f->kind, 1);
	put(ret, f->epoch, 8);
	put(ret, f->domain, 4);
	put(ret, f->from, 4);
	put(ret, f->to, 4);
	buf_add(ret, f->data, f->len);
}

int frame_decode(const uint8_t *data, size_t len, struct frame *ret)
{
	const uint8_t *at = data + 1;
	unsigned kind;

	if (len < HEADER_BYTES || len - HEADER_BYTES > FRAME_DATA_MOST || data[0] != FRAME_MPC)
		return -1;
	take_bytes(&at, ret->session, sizeof(ret->session));
	kind = (unsigned)take(&at, 1);
	if (kind > FRAME_SUCCESS)
		return -1;
	ret->kind = (enum frame_kind)kind;
	ret->epoch = take(&at, 8);
	ret->domain = (uint32_t)take(&at, 4);
	ret->from = (uint32_t)take(&at, 4);
	ret->to = (uint32_t)take(&at, 4);
	ret->data = at;
	ret->len = len - HEADER_BYTES;
	return 0;
}

void frame_start_encode(const struct frame_start *s, struct buf *ret)
{
	put(ret, s->task, 1);
	put(ret, s->scheme, 1);
	buf_add(ret, s->process, sizeof(s->process));
	put(ret, s->counter, 8);
	buf_add(ret, s->presignature, sizeof(s->presignature));
	buf_add(ret, s->request, sizeof(s->request));
	put(ret, s->count, 2);
	for (size_t i = 0; i < s->count; i++)
		put(ret, s->parties[i], 4);
}

int frame_start_decode(const uint8_t *data, size_t len, struct frame_start *ret)
{
	const uint8_t *at = data;
	unsigned task, scheme;

	if (len < START_BYTES)
		return -1;
	task = (unsigned)take(&at, 1);
	scheme = (unsigned)take(&at, 1);
	take_bytes(&at, ret->process, sizeof(ret->process));
	ret->counter = take(&at, 8);
	take_bytes(&at, ret->presignature, sizeof(ret->presignature));
	take_bytes(&at, ret->request, sizeof(ret->request));
	ret->count = (size_t)take(&at, 2);
	if (task < TASK_PAIR || task > TASK_SIGN || scheme > THRESHOLD_CAIT_SITH || ret->count < 2 ||
	    ret->count > THRESHOLD_PARTIES_MOST || len != START_BYTES + 4 * ret->count)
		return -1;
	ret->task = (enum frame_task)task;
	ret->scheme = (enum threshold_scheme)scheme;
	for (size_t i = 0; i < ret->count; i++) {
		ret->parties[i] = (uint32_t)take(&at, 4);
		if (i && ret->parties[i] <= ret->parties[i - 1])
			return -1;
	}
	return 0;
}

void frame_session_id(const uint8_t network[32], uint32_t leader, const uint8_t process[FRAME_PROCESS_BYTES],
		      uint64_t counter, uint8_t ret[FRAME_SESSION_BYTES])
{
	OWN(buf) struct buf b = { 0 };

	buf_str(&b, "mpcup session");
	buf_add(&b, network, 32);
	put(&b, leader, 4);
	buf_add(&b, process, FRAME_PROCESS_BYTES);
	put(&b, counter, 8);
	crypto_hash_sha256(ret, (const uint8_t *)b.data, b.len);
}

/* ---- tasks -------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t most;
} tasks[] = {
	[TASK_GENERATE] = { "key generation", 1u << 18 },
	[TASK_RESHARE] = { "resharing", 1u << 18 },
	[TASK_PAIR] = { "pairing", 1u << 17 },
	[TASK_PRESIGN] = { "presignature", 1u << 19 },
	[TASK_SIGN] = { "signature", 1u << 10 },
};

size_t frame_task_most(enum frame_task task)
{
	return tasks[task].most;
}

const char *frame_task_name(enum frame_task task)
{
	return tasks[task].name;
}
