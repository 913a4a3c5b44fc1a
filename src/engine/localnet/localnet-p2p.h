/* The chain's P2P port: proves the node key, tells every new block, answers view calls, takes
 * transactions and tells those who follow the signer contract what happens in it at once.
 *
 * Frames are JSON, at most P2P_FRAME_MOST bytes. To the node, at once and with each block:
 *   {"chain_id", "genesis_hash", "height", "hash", "time"}
 * Requests of the node carry an id, which the answer has too; answers say "error" (text) on
 * failure:
 *   {"id": n, "account_id", "view": method, "args"?: {...}}     -> {"id", "height", "result":
 * value}
 *   {"id": n, "access_key": public key, "account_id"}           -> {"id", "height", "result":
 * {"nonce", "permission"}}
 *   {"id": n, "transaction": base64 of the signed bytes}        -> {"id", "height", "outcome":
 * FinalExecutionOutcome}, also when an action failed; {"id", "height", "error": text, "invalid":
 * InvalidTxError} when refused
 *   {"id": n, "follow": account of a signer contract}           -> {"id", "height", "result":
 * true}, and from then on, first for what is there already and then as it happens:
 *   {"event": "state", "contract", "height", "state": the contract's `state` view; null when it is
 * not initialised or not there, with "error": nearcore's text of the failing view}
 *   {"event": "request", "contract", "height", "request": an element of signer_pending()}
 *   {"event": "done", "contract", "height", "request": id, "answered": true | false (timed out)}
 * A node embeds a whole chain client, which is why the state travels here and not over JSON-RPC. */
#pragma once
#include "core/near/near.h"
#include "engine/localnet/localnet-internal.h"

struct event_base;
struct p2p;
/* changed: called when there is something to commit or to send. */
int p2p_new(struct event_base *base, const struct near_key *key, struct ledger *ledger,
	    uint16_t port, void (*changed)(void *ctx), void *ctx, struct p2p **ret,
	    struct err *err);
void p2p_free(struct p2p *p);
OWN_DEFINE(p2p, struct p2p *, p2p_free)
/* After ledger_commit(), before ledger_news_clear(): sends the answers and tells those who follow.
 */
void p2p_flush(struct p2p *p);
void p2p_push_block(struct p2p *p);
json_t *p2p_active_peers(const struct p2p *p); /* as network_info shows them; new */
size_t p2p_count(const struct p2p *p);
