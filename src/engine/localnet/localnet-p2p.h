/* The chain's P2P port: proves the node key, tells every new block, answers view calls.
 *
 * Frames are JSON. To the node, at once and with each block:
 *   {"chain_id", "genesis_hash", "height", "hash", "time"}
 * From the node: {"id": n, "account_id", "view": method}; the answer:
 *   {"id": n, "height", "result": value} or {"id": n, "height", "error": nearcore's text}
 * A node embeds a whole chain client, which is why the state travels here and not over JSON-RPC. */
#pragma once
#include "core/near/near.h"
#include "engine/localnet/localnet-internal.h"

struct event_base;
struct p2p;
int p2p_new(struct event_base *base, const struct near_key *key, struct ledger *ledger,
	    uint16_t port, struct p2p **ret, struct err *err);
void p2p_free(struct p2p *p);
OWN_DEFINE(p2p, struct p2p *, p2p_free)
void p2p_push_block(struct p2p *p);
json_t *p2p_active_peers(const struct p2p *p); /* as network_info shows them; new */
size_t p2p_count(const struct p2p *p);
