/* TLS 1.3 between parties that know each other's ed25519 keys: both sides present a certificate
 * made from their key; what counts is that key, compared with the one expected (node-contract.md
 * 4). Used between nodes and between a node and the chain's P2P port. On libevent. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/near/near.h"

struct event_base;
struct peer_host; /* our identity */
struct peer;	  /* one connection */

struct peer_events {
	/* TLS done, the other side's key is `key`. Return false to refuse it. */
	bool (*verify)(void *ctx, struct peer *p, const uint8_t key[NEAR_PUBLIC_BYTES]);
	void (*open)(void *ctx, struct peer *p);
	/* One whole frame (length-prefixed, at most PEER_FRAME_MOST bytes). */
	void (*frame)(void *ctx, struct peer *p, const uint8_t *data, size_t len);
	/* The connection ended or never came up; p is freed after the call. */
	void (*closed)(void *ctx, struct peer *p, const char *why);
	void *ctx;
};
#define PEER_FRAME_MOST (100u << 20)

/* The key is copied. Neither side trusts a certificate authority or looks at the clock. */
int peer_host_new(struct event_base *base, const struct near_key *key, struct peer_host **ret,
		  struct err *err);
/* Ends all its connections, without calls to closed(). NULL is fine. */
void peer_host_free(struct peer_host *h);
OWN_DEFINE(peer_host, struct peer_host *, peer_host_free)
/* Listens on 0.0.0.0:port. Accepted peers use `events`, which is copied; members may be NULL. */
int peer_listen(struct peer_host *h, uint16_t port, const struct peer_events *events,
		struct err *err);
/* Closes the listening sockets; what was accepted stays. */
void peer_unlisten(struct peer_host *h);
/* Dials once; name resolved at each call. expected: the key that must answer. Never NULL: what goes
 * wrong, even at once, arrives through closed() from the loop. Reconnecting is the caller's. */
struct peer *peer_dial(struct peer_host *h, const char *host, uint16_t port,
		       const uint8_t expected[NEAR_PUBLIC_BYTES], const struct peer_events *events);
/* Before open() and after the end nothing is sent. */
void peer_send(struct peer *p, const void *data, size_t len);
/* closed() follows from the loop, never from inside this call. */
void peer_close(struct peer *p, const char *why);

/* Ends the connection when nothing arrives for so long (0: never, the default). */
void peer_read_timeout(struct peer *p, unsigned timeout_s);
/* Ends the connection when a frame longer than `most` bytes is announced (default and limit:
 * PEER_FRAME_MOST). */
void peer_frame_most(struct peer *p, uint32_t most);
/* The other side's key; all zero before verify(). */
const uint8_t *peer_key(const struct peer *p);
/* "address:port" of the other side, for messages; borrowed. */
const char *peer_address(const struct peer *p);
/* A pointer of the caller's, NULL at first. */
void peer_set_data(struct peer *p, void *data);
void *peer_data(const struct peer *p);

/* A name to an IPv4 address (host byte order), by /etc/hosts and the servers of /etc/resolv.conf,
 * read anew each time and never cached. fn is called once from the loop: error NULL and the
 * address, or the error's text. Free the request to give up, also from within fn or after it. */
struct peer_resolve;
typedef void (*peer_resolve_fn)(void *ctx, uint32_t address, const char *error);
struct peer_resolve *peer_resolve_start(struct event_base *base, const char *name,
					peer_resolve_fn fn, void *ctx);
void peer_resolve_free(struct peer_resolve *r);
