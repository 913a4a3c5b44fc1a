/* A small HTTP/1.1 server and client over libevent, for the cloud's endpoint, the nodes, the chain.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

struct event_base;
struct http_server;
struct http_exchange; /* one request and its answer */

struct http_request {
	const char *method;
	const char *target;    /* as sent: path?query */
	const char *path;      /* as sent, still percent-encoded */
	const char *query;     /* raw, "" when none */
	const json_t *headers; /* lower-case name -> value (joined with ",") */
	const char *body;
	size_t body_len;
	const char *remote; /* "127.0.0.1" */
};
/* Called for each whole request (Expect: 100-continue and chunked bodies are handled). Must answer
 * once, now or later, with http_reply(). Members are borrowed until then. */
typedef void (*http_handler)(void *ctx, struct http_exchange *x, const struct http_request *r);

struct http_limits {
	size_t body_most; /* 413 above it; 0: 16 MiB */
	unsigned idle_s;  /* connection without request; 0: 60 */
};
int http_server_new(struct event_base *base, const struct http_limits *limits, http_handler fn,
		    void *ctx, struct http_server **ret, struct err *err);
/* Takes a listening socket (the server's from now on) / one accepted connection. */
int http_server_listen(struct http_server *s, int listen_fd, struct err *err);
void http_server_accept(struct http_server *s, int fd);
/* Opens and takes 0.0.0.0 or 127.0.0.1:port. */
int http_server_bind(struct http_server *s, const char *address, uint16_t port, struct err *err);
/* Ends all connections; exchanges still open may be answered later, into nothing. Not from within a
 * handler. NULL is fine. */
void http_server_free(struct http_server *s);
/* headers: object name -> value or NULL. Content-Length is added; HEAD sends no body. */
void http_reply(struct http_exchange *x, int status, const json_t *headers, const void *body,
		size_t len);

/* An answer that grows, in place of http_reply(): status 200 and headers now, the rest as it comes.
 * gone: once, when the client has left or the server is freed; x is invalid after it. */
void http_stream_begin(struct http_exchange *x, const json_t *headers, void (*gone)(void *ctx), void *ctx);
/* False: the client does not read and is dropped; `gone` follows. */
bool http_stream_write(struct http_exchange *x, const void *data, size_t len);
/* Ends it in order, without `gone`. */
void http_stream_end(struct http_exchange *x);

/* One request on the event loop; fn gets status 0 and err text when none came. */
void http_get(struct event_base *base, const char *host, uint16_t port, const char *path,
	      unsigned timeout_ms,
	      void (*fn)(void *ctx, int status, const char *body, size_t len, const char *error),
	      void *ctx);
void http_post(struct event_base *base, const char *host, uint16_t port, const char *path,
	       const char *content_type, const void *body, size_t body_len, unsigned timeout_ms,
	       void (*fn)(void *ctx, int status, const char *body, size_t len, const char *error),
	       void *ctx);
