/* HTTP/1.1 messages out of a stream of bytes. No sockets here, so it can be fuzzed. */
#pragma once
#include "engine/http/http.h"

enum {
	HTTP_HEAD_MOST = 65536, /* request line and headers */
	HTTP_HEADERS_MOST = 128,
	HTTP_LINE_MOST = 4096, /* a chunk's size line; all trailers together */
	HTTP_BODY_MOST = 16 << 20,
};

enum http_state {
	HTTP_IN_HEAD,
	HTTP_IN_BODY, /* `left` bytes to come */
	HTTP_IN_CHUNK_SIZE,
	HTTP_IN_CHUNK_DATA,
	HTTP_IN_CHUNK_END,
	HTTP_IN_TRAILER,
	HTTP_IN_REST, /* a reply without length: until the connection ends */
	HTTP_WHOLE,
};

struct http_message {
	bool reply;    /* set before the first byte: a reply is expected, not a request */
	bool bodiless; /* a reply to HEAD */
	size_t body_most;
	enum http_state state;
	/* request */
	char *method, *target, *path, *query;
	/* reply */
	int status;
	json_t *headers; /* lower-case name -> value */
	bool http10, keep_alive;
	bool expects; /* Expect: 100-continue came */
	struct buf body;
	uint64_t left;
	struct buf line;    /* a chunk's size line or a trailer, as far as it came */
	size_t trailer_len; /* bytes of all trailers */
};

void http_message_init(struct http_message *m, bool reply, size_t body_most);
void http_message_free(struct http_message *m);
static inline void own_drop_http_message(struct http_message *m)
{
	http_message_free(m);
}
/* Takes what it can use of `data` and says how much in *ret_used (always, at failure too). Call
 * again with what follows; `state` says where it stands. 0, or the HTTP status that answers what is
 * wrong (400, 413, 417, 431, 501, 505). */
int http_message_feed(struct http_message *m, const char *data, size_t len, size_t *ret_used,
		      struct err *err);
/* The connection ended: 0 when the message is whole now. */
int http_message_end(struct http_message *m, struct err *err);
const char *http_reason(int status);
