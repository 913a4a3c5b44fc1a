/* Follows the chain over its P2P port, as the real node's embedded chain client does: no JSON-RPC,
 * NEAR_RPC_URL is not read. Frames: engine/localnet/localnet-p2p.h. */
#include <event2/event.h>
#include <inttypes.h>
#include <string.h>

#include "engine/node/node-internal.h"

#define NETWORK "network"
#define STATS "stats"
#define INDEXER "mpc_node::indexer"
#define FRAME_MOST (8u << 20)
#define EARLY_DIALS 40 /* at first more often: the chain may be starting too */
#define EARLY_MS 250
#define LATE_MS 1000
#define SILENCE_S 30
#define STATS_S 10

struct boot {
	struct chain *chain;
	const struct near_boot_node *node;
	char *name; /* key@host:port, for messages */
	struct peer *peer;
	struct event *retry;
	struct node_repeat repeat;
	unsigned dials;
	bool same_chain;
};

struct chain {
	struct event_base *base;
	struct peer_host *host;
	const struct node_near *near;
	const char *contract;
	struct chain_events events;
	struct boot *boots;
	size_t boot_count;
	struct event *poll, *stats;
	uint64_t height;
	char hash[64], time[48];
	json_int_t next_request;
	unsigned polls, stats_count;
	bool synced;
};

static void dial(struct boot *b);

static void after_ms(struct event *event, unsigned ms)
{
	struct timeval later = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(event, &later);
}

/* ---- frames -------------------------------------------------------------------------------- */

static void wrong_chain(struct boot *b, const char *chain_id, const char *hash)
{
	const struct node_near *near = b->chain->near;
	OWN(str)
	char *text = str_printf(
		"Attempting to connect to a node (%s) with a different genesis block. Our genesis: "
		"GenesisId { chain_id: \"%s\", hash: %s }, their genesis: GenesisId { chain_id: "
		"\"%s\", hash: %s }",
		b->name, near->chain_id, near->genesis_hash, chain_id, hash);

	if (node_repeat_due(&b->repeat, text))
		node_log("WARN", NETWORK, "%s", text);
	peer_close(b->peer, "different genesis");
}

static void on_block(struct boot *b, const json_t *j)
{
	struct chain *c = b->chain;
	const char *chain_id = json_str_or(j, "chain_id", "");
	const char *genesis = json_str_or(j, "genesis_hash", "");
	uint64_t height = (uint64_t)json_int_or(j, "height", 0);

	if (!str_eq(chain_id, c->near->chain_id) || !str_eq(genesis, c->near->genesis_hash)) {
		wrong_chain(b, chain_id, genesis);
		return;
	}
	if (!b->same_chain) {
		b->same_chain = true;
		b->dials = 0;
		node_log("INFO", NETWORK, "connected to boot node %s", b->name);
	}
	c->height = height;
	snprintf(c->hash, sizeof(c->hash), "%s", json_str_or(j, "hash", ""));
	snprintf(c->time, sizeof(c->time), "%s", json_str_or(j, "time", ""));
	if (!c->synced) {
		c->synced = true;
		node_log("INFO", INDEXER, "synced, streaming blocks from height %" PRIu64, height);
		after_ms(c->poll, 0);
	}
	c->events.height(c->events.ctx, height);
}

static void on_frame(void *ctx, struct peer *peer, const uint8_t *data, size_t len)
{
	OWN(json) json_t *j = NULL;
	struct boot *b = ctx;

	if (len > FRAME_MOST || json_parse_text("frame", (const char *)data, len, &j, NULL) < 0) {
		peer_close(peer, "sent something that is not a frame");
		return;
	}
	if (json_object_get(j, "genesis_hash"))
		on_block(b, j);
	else if (json_object_get(j, "id") && b->same_chain)
		b->chain->events.state(b->chain->events.ctx, json_object_get(j, "result"),
				       json_str_or(j, "error", "no result"));
}

/* ---- connections --------------------------------------------------------------------------- */

static void on_open(void *ctx, struct peer *peer)
{
	const struct boot *b = ctx;

	(void)b;
	peer_read_timeout(peer, SILENCE_S); /* blocks come all the time */
}

static void on_closed(void *ctx, struct peer *peer, const char *why)
{
	struct boot *b = ctx;
	struct chain *c = b->chain;
	OWN(str) char *text = str_printf("boot node %s: %s, retrying", b->name, why);

	(void)peer;
	b->peer = NULL;
	b->same_chain = false;
	if (!str_eq(why, "different genesis") && node_repeat_due(&b->repeat, text))
		node_log("WARN", NETWORK, "%s", text);
	if (chain_peers(c) == 0)
		c->synced = false;
	b->dials++;
	after_ms(b->retry, b->dials < EARLY_DIALS ? EARLY_MS : LATE_MS);
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	dial(ctx);
}

static void dial(struct boot *b)
{
	struct peer_events events = { NULL, on_open, on_frame, on_closed, b };

	b->peer = peer_dial(b->chain->host, b->node->host, b->node->port, b->node->public_key,
			    &events);
}

/* ---- the contract's state ------------------------------------------------------------------ */

static void on_poll(evutil_socket_t fd, short what, void *ctx)
{
	struct chain *c = ctx;
	OWN(json) json_t *request = NULL;
	OWN(str) char *text = NULL;

	(void)fd;
	(void)what;
	request = json_pack("{s:I,s:s,s:s}", "id", ++c->next_request, "account_id", c->contract,
			    "view", "state");
	text = json_text(request);
	for (size_t i = 0; i < c->boot_count; i++)
		if (c->boots[i].same_chain) {
			peer_send(c->boots[i].peer, text, strlen(text));
			break; /* one answer is enough */
		}
	after_ms(c->poll, c->polls++ < EARLY_DIALS ? EARLY_MS : LATE_MS);
}

static void on_stats(evutil_socket_t fd, short what, void *ctx)
{
	struct chain *c = ctx;
	bool first = c->stats_count++ == 0;

	(void)fd;
	(void)what;
	node_log("INFO", STATS, "#%9" PRIu64 " %s %zu peer%s", c->height,
		 c->synced ? c->hash : "Waiting for peers", chain_peers(c),
		 chain_peers(c) == 1 ? "" : "s");
	if (c->synced)
		return;
	node_log("INFO", INDEXER,
		 "Indexer waiting for node to finish syncing before streaming blocks.");
	/* Not in the first second of a good start: who looks for a cause would take it for one. */
	if (c->height == 0 && (!first || c->boot_count == 0))
		node_log("WARN", INDEXER,
			 "error reading config from chain: Account %s does not exist while viewing "
			 "at block #0",
			 c->contract);
}

/* ---- life ---------------------------------------------------------------------------------- */

static void add_boot(struct chain *c, const struct near_boot_node *node)
{
	struct boot *b = &c->boots[c->boot_count++];
	OWN(str) char *key = near_public_format(node->public_key);

	b->chain = c;
	b->node = node;
	b->name = str_printf("%s@%s:%u", key, node->host, node->port);
	b->retry = event_new(c->base, -1, 0, on_retry, b);
	dial(b);
}

struct chain *chain_new(struct event_base *base, struct peer_host *host,
			const struct node_near *near, const char *contract,
			const struct chain_events *events)
{
	struct timeval every = { .tv_sec = STATS_S };
	struct chain *c = NEW(struct chain);

	c->base = base;
	c->host = host;
	c->near = near;
	c->contract = contract;
	c->events = *events;
	snprintf(c->hash, sizeof(c->hash), "%s", near->genesis_hash);
	c->poll = event_new(base, -1, 0, on_poll, c);
	c->stats = event_new(base, -1, EV_PERSIST, on_stats, c);
	event_add(c->stats, &every);
	c->boots = mem_new(near->boot_node_count + 1, sizeof(*c->boots));
	for (size_t i = 0; i < near->boot_node_count; i++) {
		if (near->boot_nodes[i].port)
			add_boot(c, &near->boot_nodes[i]);
		else
			node_log("WARN", NETWORK, "boot node %zu has no address (no host:port)",
				 i + 1);
	}
	on_stats(-1, 0, c);
	return c;
}

void chain_free(struct chain *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->boot_count; i++) {
		event_free(c->boots[i].retry);
		free(c->boots[i].name);
	}
	free(c->boots);
	event_free(c->poll);
	event_free(c->stats);
	free(c);
}

uint64_t chain_height(const struct chain *c)
{
	return c->height;
}

const char *chain_hash(const struct chain *c)
{
	return c->hash;
}

const char *chain_time(const struct chain *c)
{
	return c->time;
}

size_t chain_peers(const struct chain *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->boot_count; i++)
		count += c->boots[i].same_chain;
	return count;
}

bool chain_synced(const struct chain *c)
{
	return c->synced;
}
