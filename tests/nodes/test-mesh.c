/* A chain and nodes on loopback: following, registering, meshing, and what must be refused. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "world.h"

TEST(mesh, three_nodes_follow_the_chain_and_connect_in_both_directions)
{
	struct world w = { 0 };
	OWN(str) char *metrics = NULL;
	OWN(str) char *contract = NULL;
	OWN(json) json_t *info = NULL;

	world_new(&w);
	world_start(&w);
	world_wait_for_mesh(&w);
	node_says(&w.nodes[0], "We have no keyshares. Waiting for Initialization.");
	metrics = test_get(w.nodes[0].web, "/metrics", NULL);
	CHECK(metrics && strstr(metrics, "near_sync_status 0\n"));
	CHECK(metrics && strstr(metrics, "mpc_current_job_state{state=\"Running\"} 1\n"));
	CHECK(metrics && strstr(metrics, "mpc_network_live_connections{my_participant_id=\"0\","
					 "peer_participant_id=\"2\"} 1\n"));
	contract = test_get(w.nodes[1].web, "/debug/contract", NULL);
	CHECK(contract && strstr(contract, "Contract is in Running state"));
	info = world_rpc(&w, "network_info", json_array());
	CHECK_INT(json_array_size(json_path(info, "result.active_peers")), 3);
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(process_stop(&w.nodes[i].process, SIGTERM), 0);
	CHECK_INT(process_stop(&w.chain, SIGTERM), 0);
	world_free(&w);
}

/* -1: not told */
static int64_t told_height(const struct world_node *n, const char *metric)
{
	OWN(str) char *metrics = test_get(n->web, "/metrics", NULL);
	const char *at = metrics ? strstr(metrics, metric) : NULL;

	return at ? atoll(at + strlen(metric)) : -1;
}

TEST(mesh, heights_rise_and_peers_tell_theirs)
{
	struct world w = { 0 };

	world_new(&w);
	world_start(&w);
	world_wait_for_mesh(&w);
	SOON(told_height(&w.nodes[2], "\nmpc_indexer_latest_block_height ") > 3);
	SOON(told_height(&w.nodes[2], "mpc_peers_indexer_block_heights{participant=\"0\"} ") > 3);
	world_free(&w);
}

TEST(mesh, nodes_that_start_before_the_contract_join_when_it_is_initialised)
{
	struct world w = { 0 };

	world_new(&w);
	world_chain_start(&w);
	for (size_t i = 0; i < 3; i++)
		world_node_start(&w, i);
	node_says(&w.nodes[0], "The contract is not initialized");
	world_register(&w);
	world_wait_for_mesh(&w);
	world_free(&w);
}

TEST(mesh, killed_node_comes_back_into_the_mesh)
{
	struct world w = { 0 };

	world_new(&w);
	world_start(&w);
	world_wait_for_mesh(&w);
	CHECK_INT(process_stop(&w.nodes[1].process, SIGKILL), 128 + SIGKILL);
	SOON(node_live_connections(&w.nodes[0]) == 1);
	process_free(&w.nodes[1].process);
	world_node_start(&w, 1);
	world_wait_for_mesh(&w);
	world_free(&w);
}

static bool follows_the_chain(const struct world_node *n)
{
	OWN(str) char *metrics = test_get(n->web, "/metrics", NULL);

	return metrics && strstr(metrics, "near_sync_status 0\n");
}

TEST(mesh, restarted_chain_is_followed_again)
{
	struct world w = { 0 };

	world_new(&w);
	world_start(&w);
	world_wait_for_mesh(&w);
	CHECK_INT(process_stop(&w.chain, SIGKILL), 128 + SIGKILL);
	process_free(&w.chain);
	node_says(&w.nodes[0], "Connection refused (os error 111), retrying");
	CHECK(world_meshed(&w, 2)); /* the mesh does not need the chain */
	world_chain_start(&w);
	SOON(follows_the_chain(&w.nodes[0]));
	world_free(&w);
}

TEST(mesh, chain_with_another_node_key_is_refused)
{
	struct world w = { 0 };
	struct near_key other = world_key(99);
	OWN(str) char *metrics = NULL;

	world_new(&w);
	w.boot_key = near_key_public(&other);
	world_chain_start(&w);
	world_node_start(&w, 0);
	node_says(&w.nodes[0], "incorrect peer identity, expected ed25519:");
	metrics = test_get(w.nodes[0].web, "/metrics", NULL);
	CHECK(metrics && strstr(metrics, "near_sync_status 1\n"));
	CHECK(metrics && strstr(metrics, "near_peer_connections_total 0\n"));
	world_free(&w);
}

TEST(mesh, chain_with_another_genesis_is_refused)
{
	struct world w = { .chain_id = "other-localnet" };
	OWN(str) char *metrics = NULL;

	world_new(&w);
	world_chain_start(&w);
	world_node_start(&w, 0);
	node_says(&w.nodes[0], "with a different genesis block. Our genesis: GenesisId { chain_id: "
			       "\"mpc-localnet\", hash: ");
	node_says(&w.nodes[0], "their genesis: GenesisId { chain_id: \"other-localnet\", hash: ");
	metrics = test_get(w.nodes[0].web, "/metrics", NULL);
	CHECK(metrics && strstr(metrics, "mpc_indexer_latest_block_height 0\n"));
	world_free(&w);
}

#define NOT_A_PARTICIPANT                                                                          \
	"We are not a participant in the current epoch; doing nothing until contract state change"

/* A13, B18: the account is listed, the key is another. The others refuse what it would dial with.
 */
TEST(mesh, node_with_swapped_keys_is_not_a_participant)
{
	struct world w = { 0 };
	struct near_key p2p;

	world_new(&w);
	world_chain_start(&w);
	world_register(&w);
	p2p = w.nodes[2].p2p;
	w.nodes[2].p2p = w.nodes[2].signer;
	w.nodes[2].signer = p2p;
	for (size_t i = 0; i < 3; i++)
		world_node_start(&w, i);
	node_says(&w.nodes[2], NOT_A_PARTICIPANT);
	SOON(node_live_connections(&w.nodes[0]) == 1);
	CHECK_INT(node_live_connections(&w.nodes[1]), 1);
	CHECK_INT(node_live_connections(&w.nodes[2]), 0);
	world_free(&w);
}

TEST(mesh, account_that_the_contract_does_not_list_is_not_a_participant)
{
	struct world w = { 0 };

	world_new(&w);
	world_chain_start(&w);
	world_register(&w);
	free(w.nodes[0].account);
	w.nodes[0].account = str_dup("mpc-node-0.mpc-localnet");
	world_node_start(&w, 0);
	node_says(&w.nodes[0], NOT_A_PARTICIPANT);
	CHECK_INT(node_live_connections(&w.nodes[0]), 0);
	world_free(&w);
}

/* Someone listens on a participant's port with a key of his own, and dials with it. */
TEST(mesh, impostor_is_refused_by_dialler_and_acceptor)
{
	struct world w = { 0 }, impostor = { 0 };

	world_new(&w);
	world_start(&w);
	world_wait_for_mesh(&w);
	CHECK_INT(process_stop(&w.nodes[2].process, SIGTERM), 0);
	world_new(&impostor);
	/* Its own chain says that it is participant 2, on the port of the real one. */
	for (size_t i = 0; i < 3; i++) {
		impostor.nodes[i].peer = w.nodes[i].peer;
		impostor.nodes[i].p2p = w.nodes[i].p2p;
	}
	impostor.nodes[2].p2p = world_key(66);
	world_chain_start(&impostor);
	world_register(&impostor);
	world_node_start(&impostor, 2);
	node_says(&w.nodes[0], "incorrect peer identity, expected ed25519:");
	node_says(&w.nodes[0], "Connection with unknown public key ed25519:");
	CHECK_INT(node_live_connections(&w.nodes[0]), 1);
	CHECK_INT(node_live_connections(&impostor.nodes[2]), 0);
	world_free(&impostor);
	world_free(&w);
}

TEST(mesh, releases_with_other_protocol_versions_do_not_talk)
{
	struct world w = { 0 };
	char current[] = "MPCUP_NODE_PROFILE=current";

	world_new(&w);
	world_chain_start(&w);
	world_register(&w);
	w.nodes[1].extra = current;
	world_node_start(&w, 0);
	world_node_start(&w, 1);
	node_says(&w.nodes[0], "Incompatible protocol version; we have 7, they have 8");
	CHECK_INT(node_live_connections(&w.nodes[0]), 0);
	world_free(&w);
}

/* A10: the participant's URL names the port of the web UI. */
TEST(mesh, peer_port_of_the_web_ui_is_told_as_in_use)
{
	struct world w = { 0 };

	world_new(&w);
	w.nodes[0].peer = w.nodes[0].web;
	world_chain_start(&w);
	world_register(&w);
	world_node_start(&w, 0);
	node_says(&w.nodes[0], "Address already in use (os error 98)");
	world_free(&w);
}
