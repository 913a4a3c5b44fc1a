/* A chain and nodes on loopback, as processes, and the operator's part: accounts, keys, votes. */
#pragma once
#include "core/near/near.h"
#include "process.h"

#define CONTRACT "v1.signer.node0"
#define WORLD_NODES_MOST 5

struct world_node {
	char *home, *account;
	const char *extra; /* one more variable of its environment */
	const char *store_key;
	struct near_key p2p, signer;
	uint16_t web, rpc, near, peer;
	struct process process;
};
struct world {
	size_t count, threshold; /* 0: 3 nodes, threshold 2 */
	size_t registered;	 /* by world_register(), the first ones; 0: all */
	unsigned block_ms;	 /* 0: 50 */
	char *home;
	struct near_key key; /* the chain's: the operator */
	const char *chain_id;
	uint16_t rpc, p2p;
	struct process chain;
	struct world_node nodes[WORLD_NODES_MOST];
	const uint8_t *boot_key; /* what the nodes expect; NULL: the right one */
};
struct near_key world_key(uint8_t number);
void world_new(struct world *w);
void world_free(struct world *w); /* kills what runs, removes all files */
void world_chain_start(struct world *w);
void world_node_start(struct world *w, size_t i);
void world_start(struct world *w); /* chain, contract, nodes */

/* The operator. */
json_t *world_rpc(struct world *w, const char *method, json_t *params);
void world_register(struct world *w); /* `init` of the contract with all nodes */
/* Votes for the participants with a bit in `members` (1: node 0) as epoch's, by all of them. */
void world_reshare(struct world *w, unsigned members, size_t threshold, int epoch);
void world_accounts(struct world *w); /* of the nodes and of alice.test.near, with the operator's key */
/* Calls the contract as `account`, with the operator's key; waits for the end. New; args is taken. */
json_t *world_call(struct world *w, const char *account, const char *method, json_t *args,
		   const char *deposit);
/* The same without waiting: the transaction's hash, the caller's. */
char *world_call_later(struct world *w, const char *account, const char *method, json_t *args,
		       const char *deposit);
bool world_ends_well(struct world *w, const char *hash, const char *account, int timeout_ms);
bool world_call_good(struct world *w, const char *account, const char *method, json_t *args);
json_t *world_view(struct world *w, const char *method, json_t *args); /* new; args is taken */
/* Waits until the state has this member at its top ("Running"). */
bool world_wait_state(struct world *w, const char *kind, int timeout_ms);

/* What is seen. */
size_t node_live_connections(const struct world_node *n);
bool world_meshed(struct world *w, size_t links);
void world_wait_for_mesh(struct world *w);
void node_says(struct world_node *n, const char *words);
json_t *node_domains(const struct world_node *n); /* /debug/domains; new */
