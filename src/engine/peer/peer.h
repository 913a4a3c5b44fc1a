/* TLS 1.3 between parties that know each other's ed25519 keys: both sides present a certificate made
 * from their key; what counts is that key, compared with the one expected (node-contract.md 4).
 * Used between nodes and between a node and the chain's P2P port. On libevent. */
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

int peer_host_new(struct event_base *base, const struct near_key *key, struct peer_host **ret,
		  struct err *err);
void peer_host_free(struct peer_host *h);
/* Listens on 0.0.0.0:port. Accepted peers use `events`. */
int peer_listen(struct peer_host *h, uint16_t port, const struct peer_events *events,
		struct err *err);
/* Dials once; name resolved at each call. expected: the key that must answer. */
struct peer *peer_dial(struct peer_host *h, const char *host, uint16_t port,
		       const uint8_t expected[NEAR_PUBLIC_BYTES], const struct peer_events *events);
void peer_send(struct peer *p, const void *data, size_t len);
void peer_close(struct peer *p, const char *why);
