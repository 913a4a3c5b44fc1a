/* What participants say to each other behind TLS (node-mesh.c carries it): the hello, and the messages of
 * the threshold protocols. Bytes in, values out; pure.
 *
 * Frames start with their kind. Numbers are little-endian.
 *   hello     3 | network and set of participants, hashed 32 | epoch u64 | from u32 | to u32 | process 16
 *   message   1 | session 32 | kind u8 | epoch u64 | domain u32 | from u32 | to u32 | data
 * data of a start: task u8 | scheme u8 | process 16 | counter u64 | presignature 32 | request 32 |
 *   count u16 | participants u32 each, ascending */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "core/threshold/threshold.h"

enum { FRAME_PING, FRAME_MPC, FRAME_HEIGHT, FRAME_HELLO };

#define FRAME_SESSION_BYTES 32
#define FRAME_PROCESS_BYTES 16
#define FRAME_DATA_MOST (1u << 20)     /* of a message */
#define FRAME_MOST (FRAME_DATA_MOST + 256) /* of anything that a participant sends */

struct frame_hello {
	uint8_t set[32];
	uint64_t epoch;
	uint32_t from, to;
	uint8_t process[FRAME_PROCESS_BYTES]; /* new at every start of a node */
};
void frame_hello_encode(const struct frame_hello *h, struct buf *ret);
int frame_hello_decode(const uint8_t *data, size_t len, struct frame_hello *ret); /* 0 or -1 */

enum frame_kind { FRAME_START, FRAME_COMPUTATION, FRAME_ABORT, FRAME_SUCCESS };
struct frame {
	uint8_t session[FRAME_SESSION_BYTES];
	enum frame_kind kind;
	uint64_t epoch;
	uint32_t domain, from, to;
	const uint8_t *data; /* borrowed */
	size_t len;
};
void frame_encode(const struct frame *f, struct buf *ret);
int frame_decode(const uint8_t *data, size_t len, struct frame *ret); /* 0 or -1 */

enum frame_task { TASK_GENERATE, TASK_RESHARE, TASK_PAIR, TASK_PRESIGN, TASK_SIGN };
struct frame_start {
	enum frame_task task; /* the last three: the others begin with the contract's key event */
	enum threshold_scheme scheme;
	uint8_t process[FRAME_PROCESS_BYTES]; /* of the leader, with counter: the session's id */
	uint64_t counter;
	uint8_t presignature[FRAME_SESSION_BYTES]; /* TASK_SIGN: the session that made it */
	uint8_t request[32];			   /* TASK_SIGN */
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	size_t count;
};
void frame_start_encode(const struct frame_start *s, struct buf *ret);
int frame_start_decode(const uint8_t *data, size_t len, struct frame_start *ret); /* 0 or -1 */
/* The id that a leader's session has: nobody can give his the id of another's. */
void frame_session_id(const uint8_t network[32], uint32_t leader, const uint8_t process[FRAME_PROCESS_BYTES],
		      uint64_t counter, uint8_t ret[FRAME_SESSION_BYTES]);
/* The most bytes that a message of this task can have. */
size_t frame_task_most(enum frame_task task);
const char *frame_task_name(enum frame_task task);
