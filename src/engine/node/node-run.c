/* The node once its files are loaded: one loop until SIGTERM. */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "engine/node/node-mpc.h"

#define COORDINATOR "mpc_node::coordinator"
#define INDEXER "mpc_node::indexer"

/* ---- what the chain tells ------------------------------------------------------------------ */

static void on_height(void *ctx, uint64_t height)
{
	const struct node *n = ctx;

	mesh_height(n->mesh, height);
	mpc_height(n->mpc);
}

static void say_role(struct node *n)
{
	const struct contract_state *s = n->contract;

	if (s->kind >= CONTRACT_INITIALIZING && !n->self)
		node_log("INFO", COORDINATOR,
			 "We are not a participant in the current epoch; doing nothing until "
			 "contract state change");
}

/* The loop ends, and with it the node: going on would be worse. */
static void give_up(struct node *n, const struct err *err)
{
	fprintf(stderr, "Error: %s\n", err->text);
	node_log("ERROR", COORDINATOR, "%s", err->text);
	n->exit_code = NODE_EXIT_ERROR;
	event_base_loopbreak(n->base);
}

static void state_changed(struct node *n, const json_t *state)
{
	struct contract_state *parsed = NULL, *old = n->contract;
	struct err err = { 0 };

	if (contract_state_parse(state, n->environment.profile, n->config.port_override, &parsed,
				 &err) < 0) {
		if (node_repeat_due(&n->repeat, err.text))
			node_log("ERROR", INDEXER, "error reading config from chain: %s", err.text);
		return;
	}
	node_log("INFO", COORDINATOR, "Contract state changed: %s with %zu participants",
		 contract_kind_name(parsed->kind), parsed->participant_count);
	n->contract = parsed;
	n->self = contract_find(parsed, n->config.account, near_key_public(&n->secrets->p2p));
	mesh_set(n->mesh, parsed, n->self);
	say_role(n);
	contract_state_free(old);
	if (mpc_state_changed(n->mpc, &err) < 0)
		give_up(n, &err);
	else
		mpc_links_changed(n->mpc);
}

static void on_state(void *ctx, const json_t *state, const char *error)
{
	struct node *n = ctx;
	OWN(str) char *text = state ? json_canonical(state) : NULL;

	if (!state) {
		if (node_repeat_due(&n->repeat, error))
			node_log("WARN", INDEXER, "error reading config from chain: %s", error);
		return;
	}
	if (str_eq(text, n->contract_text))
		return;
	free(n->contract_text);
	n->contract_text = GIVE(text);
	state_changed(n, state);
}

static void on_request(void *ctx, const json_t *request)
{
	const struct node *n = ctx;

	mpc_request(n->mpc, request);
}

static void on_request_done(void *ctx, const char *request, bool answered)
{
	const struct node *n = ctx;

	mpc_request_done(n->mpc, request, answered);
}

/* ---- what participants tell ---------------------------------------------------------------- */

static void on_links(void *ctx)
{
	const struct node *n = ctx;

	mpc_links_changed(n->mpc);
}

static void on_message(void *ctx, uint32_t from, const uint8_t *data, size_t len)
{
	const struct node *n = ctx;

	mpc_message(n->mpc, from, data, len);
}

/* ---- the chain client's own P2P port ------------------------------------------------------- */

static bool refuse(void *ctx, struct peer *p, const uint8_t key[NEAR_PUBLIC_BYTES])
{
	OWN(str) char *text = near_public_format(key);
	struct node *n = ctx;

	if (node_repeat_due(&n->repeat, text))
		node_log("INFO", "network",
			 "refused %s from %s: the built-in node follows its boot nodes and serves "
			 "no chain peers",
			 text, peer_address(p));
	return false;
}

/* ---- life ---------------------------------------------------------------------------------- */

static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
	(void)what;
	node_log("INFO", "mpc_node", "received signal %d, shutting down", (int)fd);
	event_base_loopbreak(ctx);
}

static int open_ports(struct node *n, const struct node_ports *ports, struct node_web **web,
		      struct node_web **rpc, struct err *err)
{
	struct peer_events events = { .verify = refuse, .ctx = n };

	if (node_web_new(n, ports->web ? ports->web : n->config.web_port, web, err) < 0)
		return err_in(err, "Failed to create web server.");
	if (node_rpc_new(n, ports->rpc ? ports->rpc : n->near.rpc_port, rpc, err) < 0)
		return err_in(err, "JSON-RPC");
	return peer_listen(n->near_host, ports->near ? ports->near : n->near.p2p_port, &events,
			   err);
}

static int start(struct node *n, const struct node_ports *ports, struct node_web **web,
		 struct node_web **rpc, struct err *err)
{
	struct chain_events events = { on_height, on_state, on_request, on_request_done, n };
	struct mesh_events links = { on_links, on_message, n };

	if (peer_host_new(n->base, &n->near.key, &n->near_host, err) < 0 ||
	    peer_host_new(n->base, &n->secrets->p2p, &n->p2p_host, err) < 0)
		return -1;
	if (open_ports(n, ports, web, rpc, err) < 0)
		return -1;
	n->mesh = mesh_new(n->base, n->p2p_host, n->environment.profile, n->mpc->network, &links);
	n->chain = chain_new(n->base, n->near_host, &n->near, n->config.contract, &events);
	n->sender = sender_new(n->base, n->chain, &n->secrets->signer, n->config.account, n->config.contract);
	return mpc_start(n->mpc, err);
}

/* node_main() has them blocked, so that none is lost before there is a loop. */
static void loop(struct node *n)
{
	struct event *term = evsignal_new(n->base, SIGTERM, on_signal, n->base);
	struct event *interrupt = evsignal_new(n->base, SIGINT, on_signal, n->base);
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	event_add(term, NULL);
	event_add(interrupt, NULL);
	sigprocmask(SIG_UNBLOCK, &both, NULL);
	event_base_dispatch(n->base);
	event_free(term);
	event_free(interrupt);
}

int node_run(struct node *n, const struct node_ports *ports)
{
	struct node_web *web = NULL, *rpc = NULL;
	struct err err = { 0 };

	n->exit_code = NODE_EXIT_OK;
	n->base = event_base_new();
	n->started_ms = node_now_ms();
	if (start(n, ports, &web, &rpc, &err) == 0) {
		loop(n);
	} else {
		fprintf(stderr, "Error: %s\n", err.text);
		n->exit_code = NODE_EXIT_ERROR;
	}
	node_web_free(web);
	node_web_free(rpc);
	mpc_free(n->mpc);
	sender_free(n->sender);
	peer_host_free(n->near_host);
	peer_host_free(n->p2p_host);
	mesh_free(n->mesh);
	chain_free(n->chain);
	contract_state_free(n->contract);
	free(n->contract_text);
	event_base_free(n->base);
	return n->exit_code;
}
