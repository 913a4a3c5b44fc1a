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

struct pending {
	json_int_t id;
	const struct boot *boot;
	chain_answer fn;
	void *ctx;
};

struct chain {
	struct event_base *base;
	struct peer_host *host;
	const struct node_near *near;
	const char *contract;
	struct chain_events events;
	struct boot *boots;
	size_t boot_count;
	struct boot *followed; /* tells us about the contract */
	struct pending *pending;
	size_t pending_count;
	struct event *stats;
	uint64_t height;
	char hash[64], time[48];
	json_int_t last_request;
	unsigned stats_count;
	bool synced;
};

static void dial(struct boot *b);

static void after_ms(struct event *event, unsigned ms)
{
	struct timeval later = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(event, &later);
}

/* ---- questions ----------------------------------------------------------------------------- */

static struct boot *any_boot(struct chain *c)
{
	if (c->followed)
		return c->followed;
	for (size_t i = 0; i < c->boot_count; i++)
		if (c->boots[i].same_chain)
			return &c->boots[i];
	return NULL;
}

void chain_ask(struct chain *c, json_t *request, chain_answer fn, void *ctx)
{
	struct boot *boot = any_boot(c);
	OWN(str) char *text = NULL;

	if (!boot) {
		json_decref(request);
		fn(ctx, NULL);
		return;
	}
	json_set_int(request, "id", ++c->last_request);
	c->pending = mem_grow(c->pending, c->pending_count + 1, sizeof(*c->pending));
	c->pending[c->pending_count++] = (struct pending){ c->last_request, boot, fn, ctx };
	text = json_text(request);
	json_decref(request);
	peer_send(boot->peer, text, strlen(text));
}

static void answered(struct boot *b, json_int_t id, const json_t *answer)
{
	struct chain *c = b->chain;

	for (size_t i = 0; i < c->pending_count; i++) {
		struct pending p = c->pending[i];

		if (p.id != id || p.boot != b)
			continue;
		memmove(c->pending + i, c->pending + i + 1, (--c->pending_count - i) * sizeof(p));
		p.fn(p.ctx, answer);
		return;
	}
}

/* What was asked over a connection that is gone. */
static void unanswered(struct boot *b)
{
	struct chain *c = b->chain;

	for (size_t i = 0; i < c->pending_count;) {
		if (c->pending[i].boot != b) {
			i++;
			continue;
		}
		answered(b, c->pending[i].id, NULL);
		i = 0; /* whoever was told may have asked something new */
	}
}

static void followed(void *ctx, const json_t *answer)
{
	const struct chain *c = ctx;

	if (json_object_get(answer, "error"))
		c->events.state(c->events.ctx, NULL, json_str_or(answer, "error", ""));
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

/* One tells us what happens in the contract: the first that has our genesis. */
static void follow(struct chain *c)
{
	for (size_t i = 0; i < c->boot_count && !c->followed; i++)
		if (c->boots[i].same_chain)
			c->followed = &c->boots[i];
	if (c->followed)
		chain_ask(c, json_pack("{s:s}", "follow", c->contract), followed, c);
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
	}
	if (!c->followed)
		follow(c);
	c->events.height(c->events.ctx, height);
}

static void on_event(const struct boot *b, const char *event, const json_t *j)
{
	const struct chain_events *e = &b->chain->events;

	if (b != b->chain->followed || !str_eq(json_str(j, "contract"), b->chain->contract))
		return;
	if (!strcmp(event, "state")) {
		const json_t *state = json_object_get(j, "state");

		e->state(e->ctx, json_is_null(state) ? NULL : state, json_str_or(j, "error", "no state"));
	} else if (!strcmp(event, "request")) {
		e->request(e->ctx, json_object_get(j, "request"));
	} else if (!strcmp(event, "done")) {
		e->done(e->ctx, json_str_or(j, "request", ""), json_bool_or(j, "answered", false));
	}
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
	else if (json_str(j, "event") && b->same_chain)
		on_event(b, json_str(j, "event"), j);
	else if (json_object_get(j, "id") && b->same_chain)
		answered(b, json_int_or(j, "id", 0), j);
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
	if (c->followed == b) {
		c->followed = NULL;
		follow(c);
	}
	unanswered(b);
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

/* ---- what is logged now and then ----------------------------------------------------------- */

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
	free(c->pending);
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
