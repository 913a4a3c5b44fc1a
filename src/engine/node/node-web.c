/* The web UI and the chain client's JSON-RPC. What only a signing node can answer gets the answer
 * of a real node that is not signing. */
#include <inttypes.h>
#include <string.h>

#include "engine/http/http.h"
#include "engine/node/node-mpc.h"

#define LINKS_MOST 4096
#define NOT_RUNNING "Error: node not in the Running state"

struct node_web {
	struct node *node;
	struct http_server *http;
	uint16_t port;
};

static void reply(struct http_exchange *x, int status, const char *type, const char *body)
{
	OWN(json) json_t *headers = json_pack("{s:s}", "Content-Type", type);

	http_reply(x, status, headers, body, strlen(body));
}

static void reply_text(struct http_exchange *x, int status, const char *body)
{
	reply(x, status, "text/plain; charset=utf-8", body);
}

static void reply_json(struct http_exchange *x, const json_t *j)
{
	OWN(str) char *text = json_text(j);

	reply(x, 200, "application/json", text);
}

/* ---- web UI -------------------------------------------------------------------------------- */

static void health(struct node *n, struct http_exchange *x)
{
	(void)n;
	reply_text(x, 200, "OK");
}

static json_t *public_text(const uint8_t key[NEAR_PUBLIC_BYTES])
{
	OWN(str) char *text = near_public_format(key);

	return json_string(text);
}

static void public_data(struct node *n, struct http_exchange *x)
{
	const struct node_secrets *s = n->secrets;
	json_t *responders = json_array();
	OWN(json) json_t *j = NULL;

	for (size_t i = 0; i < s->responder_count; i++)
		json_array_append_new(responders, public_text(s->responder_public[i]));
	j = json_pack("{s:o,s:o,s:o,s:n}", "near_signer_public_key",
		      public_text(near_key_public(&s->signer)), "near_p2p_public_key",
		      public_text(near_key_public(&s->p2p)), "near_responder_public_keys",
		      responders, "tee_participant_info");
	reply_json(x, j);
}

static void gauge(struct buf *b, const char *name, const char *labels, uint64_t value)
{
	buf_printf(b, "%s%s %" PRIu64 "\n", name, labels, value);
}

static void kind(struct buf *b, const char *name, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void link_metrics(const struct node *n, struct buf *b)
{
	struct mesh_link *links = mem_new(LINKS_MOST, sizeof(*links));
	size_t count = mesh_links(n->mesh, links, LINKS_MOST);
	uint32_t me = n->self ? n->self->id : 0;

	kind(b, "mpc_network_live_connections", "1 when both directions are up");
	for (size_t i = 0; i < count; i++) {
		OWN(str)
		char *labels = str_printf("{my_participant_id=\"%u\",peer_participant_id=\"%u\"}",
					  me, links[i].id);

		gauge(b, "mpc_network_live_connections", labels,
		      links[i].outgoing && links[i].incoming);
	}
	kind(b, "mpc_peers_indexer_block_heights", "heights that peers told us");
	for (size_t i = 0; i < count; i++) {
		OWN(str) char *labels = str_printf("{participant=\"%u\"}", links[i].id);

		gauge(b, "mpc_peers_indexer_block_heights", labels, links[i].height);
	}
	free(links);
}

static void chain_metrics(const struct node *n, struct buf *b)
{
	kind(b, "mpc_indexer_latest_block_height", "height of the last block seen");
	gauge(b, "mpc_indexer_latest_block_height", "", chain_height(n->chain));
	kind(b, "near_block_height_head", "height of the head");
	gauge(b, "near_block_height_head", "", chain_height(n->chain));
	kind(b, "near_sync_status", "0: synced, 1: waiting for peers");
	gauge(b, "near_sync_status", "", chain_synced(n->chain) ? 0 : 1);
	kind(b, "near_peer_connections_total", "boot nodes that we follow");
	gauge(b, "near_peer_connections_total", "", chain_peers(n->chain));
}

static void metrics(struct node *n, struct http_exchange *x)
{
	OWN(buf) struct buf b = { 0 };
	OWN(str) char *state = NULL;

	kind(&b, "mpc_node_build_info", "what runs here");
	gauge(&b, "mpc_node_build_info",
	      "{release=\"mpcup-" MPCUP_VERSION
	      "\",build_time=\"\",commit=\"built-in node of mpcup\",rustc_version=\"\"}",
	      1);
	/* As in the real one: there is a sample once a job was started, and none before. */
	if (n->contract && n->contract->kind >= CONTRACT_INITIALIZING) {
		state = str_printf("{state=\"%s\"}", contract_kind_name(n->contract->kind));
		kind(&b, "mpc_current_job_state", "1 for the job that runs");
		gauge(&b, "mpc_current_job_state", state, 1);
	}
	chain_metrics(n, &b);
	link_metrics(n, &b);
	mpc_metrics(n->mpc, &b);
	reply(x, 200, "text/plain; version=0.0.4", b.data);
}

static void tasks(struct node *n, struct http_exchange *x)
{
	struct mesh_link *links = mem_new(LINKS_MOST, sizeof(*links));
	size_t count = mesh_links(n->mesh, links, LINKS_MOST);
	OWN(buf) struct buf b = { 0 };

	buf_printf(&b, "root: built-in node of mpcup, up %" PRId64 " s\n",
		   (node_now_ms() - n->started_ms) / 1000);
	buf_printf(&b, "  indexer: %s at height %" PRIu64 ", %zu chain peers\n",
		   chain_synced(n->chain) ? "streaming" : "waiting for sync",
		   chain_height(n->chain), chain_peers(n->chain));
	for (size_t i = 0; i < count; i++)
		buf_printf(&b, "  peer %u (%s): outgoing %s, incoming %s, height %" PRIu64 "\n",
			   links[i].id, links[i].account, links[i].outgoing ? "up" : "down",
			   links[i].incoming ? "up" : "down", links[i].height);
	free(links);
	reply_text(x, 200, b.data);
}

static void signatures(struct node *n, struct http_exchange *x)
{
	OWN(str) char *text = mpc_signatures_text(n->mpc);

	reply_text(x, text ? 200 : 500, text ? text : NOT_RUNNING);
}

static void blocks(struct node *n, struct http_exchange *x)
{
	OWN(str)
	char *text = str_printf("Recent blocks:\n  %" PRIu64 " %s\n", chain_height(n->chain), chain_hash(n->chain));

	reply_text(x, n->mpc->serving ? 200 : 500, n->mpc->serving ? text : NOT_RUNNING);
}

/* Key derivation for private keys needs BLS12-381, which this node does not have. */
static void ckds(struct node *n, struct http_exchange *x)
{
	reply_text(x, n->mpc->serving ? 200 : 500, n->mpc->serving ? "Recent ckds:\n" : NOT_RUNNING);
}

static void domains(struct node *n, struct http_exchange *x)
{
	OWN(json) json_t *j = mpc_domains_json(n->mpc);

	reply_json(x, j);
}

static void contract(struct node *n, struct http_exchange *x)
{
	OWN(str) char *text = contract_state_text(n->contract);

	reply_text(x, 200, text);
}

static void migrations(struct node *n, struct http_exchange *x)
{
	OWN(json) json_t *j = json_pack("[I,{}]", (json_int_t)chain_height(n->chain));

	reply_json(x, j);
}

static void licenses(struct node *n, struct http_exchange *x)
{
	(void)n;
	reply(x, 200, "text/html; charset=utf-8",
	      "<!DOCTYPE html><title>Licenses</title><p>This is the node that is built into mpcup "
	      "(Apache-2.0), not near/mpc.</p>\n");
}

static void transactions(struct node *n, struct http_exchange *x)
{
	OWN(str) char *recent = sender_recent(n->sender);
	OWN(str)
	char *text = str_printf("Recently submitted transactions (newest first, up to 2000 retained):\n%s", recent);

	reply_text(x, 200, text);
}

static const struct route {
	const char *path;
	void (*run)(struct node *n, struct http_exchange *x);
	enum node_profile since;
} routes[] = {
	{ "/health", health, NODE_PROFILE_31 },
	{ "/metrics", metrics, NODE_PROFILE_31 },
	{ "/public_data", public_data, NODE_PROFILE_31 },
	{ "/debug/tasks", tasks, NODE_PROFILE_31 },
	{ "/debug/blocks", blocks, NODE_PROFILE_31 },
	{ "/debug/signatures", signatures, NODE_PROFILE_31 },
	{ "/debug/ckds", ckds, NODE_PROFILE_31 },
	{ "/debug/domains", domains, NODE_PROFILE_31 }, /* of this node only: for mpcup itself */
	{ "/debug/contract", contract, NODE_PROFILE_31 },
	{ "/debug/migrations", migrations, NODE_PROFILE_31 },
	{ "/licenses", licenses, NODE_PROFILE_31 },
	{ "/debug/recent_transactions", transactions, NODE_PROFILE_CURRENT },
};

static bool is_get(const struct http_request *r)
{
	return !strcmp(r->method, "GET") || !strcmp(r->method, "HEAD");
}

static void on_web(void *ctx, struct http_exchange *x, const struct http_request *r)
{
	struct node_web *w = ctx;

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(routes[i].path, r->path) != 0 ||
		    routes[i].since > w->node->environment.profile)
			continue;
		if (is_get(r))
			routes[i].run(w->node, x);
		else
			reply_text(x, 405, "");
		return;
	}
	reply_text(x, 404, "");
}

/* ---- JSON-RPC of the chain client ---------------------------------------------------------- */

static json_t *status(const struct node_web *w)
{
	const struct node *n = w->node;
	OWN(str) char *address = str_printf("0.0.0.0:%u", w->port);
	OWN(str) char *key = near_key_format_public(&n->near.key);

	return json_pack(
		"{s:{s:s,s:s,s:s},s:s,s:s,s:i,s:i,s:s,s:[],s:{s:s,s:I,s:s,s:s,s:b},s:n,"
		"s:n,s:s,s:n,s:I}",
		"version", "version", MPCUP_VERSION, "build", "built-in node of mpcup", "commit",
		"none", "chain_id", n->near.chain_id, "genesis_hash", n->near.genesis_hash,
		"protocol_version", 81, "latest_protocol_version", 81, "rpc_addr", address,
		"validators", "sync_info", "latest_block_hash", chain_hash(n->chain),
		"latest_block_height", (json_int_t)chain_height(n->chain), "latest_state_root",
		"11111111111111111111111111111111", "latest_block_time", chain_time(n->chain),
		"syncing", !chain_synced(n->chain), "validator_account_id", "validator_public_key",
		"node_public_key", key, "node_key", "uptime_sec",
		(json_int_t)((node_now_ms() - n->started_ms) / 1000));
}

static json_t *block(const struct node_web *w)
{
	const struct node *n = w->node;

	return json_pack("{s:s,s:{s:I,s:s},s:[]}", "author", "test.near", "header", "height",
			 (json_int_t)chain_height(n->chain), "hash", chain_hash(n->chain),
			 "chunks");
}

static json_t *method_not_found(const char *method)
{
	return json_pack("{s:s,s:{s:s,s:{s:s}},s:i,s:s,s:s}", "name", "REQUEST_VALIDATION_ERROR",
			 "cause", "name", "METHOD_NOT_FOUND", "info", "method_name", method, "code",
			 -32601, "message", "Method not found", "data", method);
}

static void on_call(struct node_web *w, struct http_exchange *x, const struct http_request *r)
{
	OWN(json) json_t *request = json_loadb(r->body, r->body_len, 0, NULL);
	OWN(json) json_t *answer = json_pack("{s:s}", "jsonrpc", "2.0");
	const char *method = json_str_or(request, "method", "");
	json_t *id = json_object_get(request, "id");

	if (!strcmp(method, "status"))
		json_object_set_new(answer, "result", status(w));
	else if (!strcmp(method, "block"))
		json_object_set_new(answer, "result", block(w));
	else
		json_object_set_new(answer, "error", method_not_found(method));
	json_object_set_new(answer, "id", id ? json_incref(id) : json_null());
	reply_json(x, answer);
}

static void on_rpc(void *ctx, struct http_exchange *x, const struct http_request *r)
{
	struct node_web *w = ctx;
	OWN(json) json_t *j = NULL;

	if (!strcmp(r->method, "POST")) {
		on_call(w, x, r);
	} else if (!strcmp(r->path, "/status")) {
		j = status(w);
		reply_json(x, j);
	} else if (!strcmp(r->path, "/health")) {
		reply_text(x, 200, "");
	} else if (!strcmp(r->path, "/metrics")) {
		metrics(w->node, x);
	} else {
		reply_text(x, 404, "");
	}
}

/* ---- life ---------------------------------------------------------------------------------- */

static int web_new(struct node *n, uint16_t port, http_handler fn, struct node_web **ret,
		   struct err *err)
{
	struct node_web *w = NEW(struct node_web);

	w->node = n;
	w->port = port;
	if (http_server_new(n->base, NULL, fn, w, &w->http, err) < 0 ||
	    http_server_bind(w->http, "0.0.0.0", port, err) < 0) {
		node_web_free(w);
		return -1;
	}
	*ret = w;
	return 0;
}

int node_web_new(struct node *n, uint16_t port, struct node_web **ret, struct err *err)
{
	return web_new(n, port, on_web, ret, err);
}

int node_rpc_new(struct node *n, uint16_t port, struct node_web **ret, struct err *err)
{
	return web_new(n, port, on_rpc, ret, err);
}

void node_web_free(struct node_web *w)
{
	if (!w)
		return;
	http_server_free(w->http);
	free(w);
}
