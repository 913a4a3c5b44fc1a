/* A chain and nodes on loopback: following, registering, meshing, and what must be refused. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/near/near-transaction.h"
#include "engine/localnet/localnet.h"
#include "engine/node/node.h"
#include "process.h"

#define CONTRACT "v1.signer.node0"
#define NODES 3
#define PATIENCE_MS 8000

struct node {
	char *home, *account, *extra;
	struct near_key p2p, signer;
	uint16_t web, rpc, near, peer;
	struct process process;
};

struct world {
	char *home;
	struct near_key key; /* the chain's */
	const char *chain_id;
	uint16_t rpc, p2p;
	struct process chain;
	struct node nodes[NODES];
	const uint8_t *boot_key; /* what the nodes expect; NULL: the right one */
};

static struct near_key key_of(uint8_t number)
{
	uint8_t seed[32] = { number, 77 };
	struct near_key key;

	near_key_from_seed(seed, &key);
	return key;
}

/* "--name value" pairs of ports; freed by argv_free. */
static char **argv_of(const char *const *names, const unsigned *values, size_t count)
{
	char **argv = mem_new(count * 2 + 1, sizeof(char *));

	for (size_t i = 0; i < count; i++) {
		argv[i * 2] = str_dup(names[i]);
		argv[i * 2 + 1] = str_printf("%u", values[i]);
	}
	return argv;
}

static void argv_free(char **argv)
{
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
}

static void chain_start(struct world *w)
{
	static const char *const names[] = { "--rpc-port", "--p2p-port", "--block-ms" };
	unsigned values[] = { w->rpc, w->p2p, 50 };
	OWN(str) char *secret = near_key_format_secret(&w->key);
	OWN(str) char *key = str_printf("NEAR_NODE_KEY=%s", secret);
	OWN(str)
	char *chain_id = str_printf("MPC_CHAIN_ID=%s", w->chain_id ? w->chain_id : "mpc-localnet");
	const char *environment[] = { key, chain_id, "MPC_CONTRACT_ID=" CONTRACT, NULL };
	char **argv = argv_of(names, values, 3);
	char **with_data = mem_new(9, sizeof(char *));
	char data[] = "--data";

	memcpy(with_data, argv, 6 * sizeof(char *));
	with_data[6] = data;
	with_data[7] = w->home;
	process_start(&w->chain, localnet_main, with_data, environment);
	CHECK(process_says(&w->chain, "built-in chain", 3000));
	free(with_data);
	argv_free(argv);
}

static void node_start(struct world *w, size_t i)
{
	static const char *const names[] = { "--web-port", "--rpc-port", "--near-port" };
	struct node *n = &w->nodes[i];
	unsigned values[] = { n->web, n->rpc, n->near };
	OWN(str)
	char *boot_key = near_public_format(w->boot_key ? w->boot_key : near_key_public(&w->key));
	OWN(str) char *p2p = near_key_format_secret(&n->p2p);
	OWN(str) char *signer = near_key_format_secret(&n->signer);
	OWN(str) char *boot = str_printf("NEAR_BOOT_NODES=%s@localhost:%u", boot_key, w->p2p);
	OWN(str) char *account = str_printf("MPC_ACCOUNT_ID=%s", n->account);
	OWN(str) char *home = str_printf("MPC_HOME_DIR=%s", n->home);
	OWN(str) char *p2p_key = str_printf("MPC_P2P_PRIVATE_KEY=%s", p2p);
	OWN(str) char *signer_key = str_printf("MPC_ACCOUNT_SK=%s", signer);
	const char *environment[] = { "MPC_ENV=mpc-localnet",
				      "MPC_CONTRACT_ID=" CONTRACT,
				      "MPC_SECRET_STORE_KEY=00112233445566778899aabbccddeeff",
				      boot,
				      account,
				      home,
				      p2p_key,
				      signer_key,
				      n->extra ? n->extra : "X=",
				      NULL };
	char **argv = argv_of(names, values, 3);

	process_start(&n->process, node_main, argv, environment);
	argv_free(argv);
}

static void world_new(struct world *w)
{
	w->home = test_directory();
	w->key = key_of(200);
	w->rpc = test_free_port();
	w->p2p = test_free_port();
	for (size_t i = 0; i < NODES; i++) {
		struct node *n = &w->nodes[i];

		n->home = test_directory();
		n->account = str_printf("mpc-node-%zu.node0", i);
		n->p2p = key_of((uint8_t)(10 + i));
		n->signer = key_of((uint8_t)(20 + i));
		n->web = test_free_port();
		n->rpc = test_free_port();
		n->near = test_free_port();
		n->peer = test_free_port();
		n->process.output = -1;
	}
}

static void world_free(struct world *w)
{
	for (size_t i = 0; i < NODES; i++) {
		process_free(&w->nodes[i].process);
		test_remove_directory(w->nodes[i].home);
		free(w->nodes[i].home);
		free(w->nodes[i].account);
	}
	process_free(&w->chain);
	test_remove_directory(w->home);
	free(w->home);
}

/* ---- the operator's part ------------------------------------------------------------------- */

static json_t *rpc(const struct world *w, const char *method, json_t *params)
{
	OWN(json)
	json_t *body = json_pack("{s:s,s:i,s:s,s:o}", "jsonrpc", "2.0", "id", 1, "method", method,
				 "params", params);

	return test_post_json(w->rpc, body);
}

static char *init_args(const struct world *w)
{
	OWN(json) json_t *list = json_array();
	OWN(json) json_t *j = NULL;

	for (size_t i = 0; i < NODES; i++) {
		OWN(str) char *url = str_printf("http://127.0.0.1:%u", w->nodes[i].peer);
		OWN(str) char *key = near_key_format_public(&w->nodes[i].p2p);

		json_array_append_new(list, json_pack("[s,i,{s:s,s:s}]", w->nodes[i].account,
						      (int)i, "url", url, "sign_pk", key));
	}
	j = json_pack("{s:{s:i,s:{s:i,s:O}}}", "parameters", "threshold", 2, "participants",
		      "next_id", NODES, "participants", list);
	return json_text(j);
}

/* Signed with the chain's node key, as `up` does it. */
static void register_participants(struct world *w)
{
	OWN(json) json_t *block = rpc(w, "block", json_pack("{s:s}", "finality", "final"));
	OWN(str) char *args = init_args(w);
	const char *hash = json_string_value(json_path(block, "result.header.hash"));
	struct near_call call = { "test.near", CONTRACT,	"init", args, strlen(args),
				  1,	       300000000000000, 0,	{ 0 } };
	OWN(buf) struct buf signed_bytes = { 0 };
	OWN(str) char *base64 = NULL;
	OWN(json) json_t *answer = NULL;
	uint8_t id[32];
	size_t len;

	CHECK(hash && near_base58_decode(hash, strlen(hash), call.block_hash, 32, &len) == 0);
	near_call_sign(&call, &w->key, &signed_bytes, id);
	base64 = base64_encode(signed_bytes.data, signed_bytes.len);
	answer = rpc(w, "broadcast_tx_commit", json_pack("[s]", base64));
	CHECK(json_path(answer, "result.status.SuccessValue"));
}

/* ---- what is seen -------------------------------------------------------------------------- */

static size_t live_connections(const struct node *n)
{
	OWN(str) char *text = test_get(n->web, "/metrics", NULL);
	const char *at = text;
	size_t count = 0;

	while (at && (at = strstr(at, "mpc_network_live_connections{"))) {
		at = strchr(at, '}');
		count += at && str_starts(at, "} 1\n");
	}
	return count;
}

static bool all_meshed(const struct world *w, size_t links)
{
	for (size_t i = 0; i < NODES; i++)
		if (live_connections(&w->nodes[i]) != links)
			return false;
	return true;
}

static void wait_for_mesh(const struct world *w)
{
	for (int waited = 0; waited < PATIENCE_MS && !all_meshed(w, NODES - 1); waited += 50)
		test_pause(50);
	CHECK(all_meshed(w, NODES - 1));
}

static void node_says(struct node *n, const char *words)
{
	if (!process_says(&n->process, words, PATIENCE_MS))
		test_fail(__FILE__, __LINE__, "no '%s' in:\n%s", words,
			  n->process.text ? n->process.text : "");
}

static void start_all(struct world *w)
{
	chain_start(w);
	register_participants(w);
	for (size_t i = 0; i < NODES; i++)
		node_start(w, i);
}

TEST(mesh, three_nodes_follow_the_chain_and_connect_in_both_directions)
{
	struct world w = { 0 };
	OWN(str) char *metrics = NULL;
	OWN(str) char *contract = NULL;
	OWN(json) json_t *info = NULL;

	world_new(&w);
	start_all(&w);
	wait_for_mesh(&w);
	node_says(&w.nodes[0], "We have no keyshares. Waiting for Initialization.");
	metrics = test_get(w.nodes[0].web, "/metrics", NULL);
	CHECK(metrics && strstr(metrics, "near_sync_status 0\n"));
	CHECK(metrics && strstr(metrics, "mpc_current_job_state{state=\"Running\"} 1\n"));
	CHECK(metrics && strstr(metrics, "mpc_network_live_connections{my_participant_id=\"0\","
					 "peer_participant_id=\"2\"} 1\n"));
	contract = test_get(w.nodes[1].web, "/debug/contract", NULL);
	CHECK(contract && strstr(contract, "Contract is in Running state"));
	info = rpc(&w, "network_info", json_array());
	CHECK_INT(json_array_size(json_path(info, "result.active_peers")), NODES);
	for (size_t i = 0; i < NODES; i++)
		CHECK_INT(process_stop(&w.nodes[i].process, SIGTERM), 0);
	CHECK_INT(process_stop(&w.chain, SIGTERM), 0);
	world_free(&w);
}

TEST(mesh, heights_rise_and_peers_tell_theirs)
{
	struct world w = { 0 };
	OWN(str) char *metrics = NULL;
	const char *at;
	uint64_t height = 0;

	world_new(&w);
	start_all(&w);
	wait_for_mesh(&w);
	test_pause(300);
	metrics = test_get(w.nodes[2].web, "/metrics", NULL);
	at = metrics ? strstr(metrics, "\nmpc_indexer_latest_block_height ") : NULL;
	CHECK(at && sscanf(at, "\nmpc_indexer_latest_block_height %" SCNu64, &height) == 1);
	CHECK(height > 3);
	at = metrics ? strstr(metrics, "mpc_peers_indexer_block_heights{participant=\"0\"} ")
		     : NULL;
	CHECK(at && atoi(strchr(at, '}') + 2) > 3);
	world_free(&w);
}

TEST(mesh, nodes_that_start_before_the_contract_join_when_it_is_initialised)
{
	struct world w = { 0 };

	world_new(&w);
	chain_start(&w);
	for (size_t i = 0; i < NODES; i++)
		node_start(&w, i);
	node_says(&w.nodes[0], "The contract is not initialized");
	register_participants(&w);
	wait_for_mesh(&w);
	world_free(&w);
}

TEST(mesh, killed_node_comes_back_into_the_mesh)
{
	struct world w = { 0 };

	world_new(&w);
	start_all(&w);
	wait_for_mesh(&w);
	CHECK_INT(process_stop(&w.nodes[1].process, SIGKILL), 128 + SIGKILL);
	for (int i = 0; i < 100 && live_connections(&w.nodes[0]) != 1; i++)
		test_pause(20);
	CHECK_INT(live_connections(&w.nodes[0]), 1);
	process_free(&w.nodes[1].process);
	node_start(&w, 1);
	wait_for_mesh(&w);
	world_free(&w);
}

TEST(mesh, restarted_chain_is_followed_again)
{
	struct world w = { 0 };
	OWN(str) char *metrics = NULL;

	world_new(&w);
	start_all(&w);
	wait_for_mesh(&w);
	CHECK_INT(process_stop(&w.chain, SIGKILL), 128 + SIGKILL);
	process_free(&w.chain);
	node_says(&w.nodes[0], "Connection refused (os error 111), retrying");
	CHECK(all_meshed(&w, NODES - 1)); /* the mesh does not need the chain */
	chain_start(&w);
	for (int i = 0; i < 100; i++) {
		free(metrics);
		metrics = test_get(w.nodes[0].web, "/metrics", NULL);
		if (metrics && strstr(metrics, "near_sync_status 0\n"))
			break;
		test_pause(50);
	}
	CHECK(metrics && strstr(metrics, "near_sync_status 0\n"));
	world_free(&w);
}

TEST(mesh, chain_with_another_node_key_is_refused)
{
	struct world w = { 0 };
	struct near_key other = key_of(99);
	OWN(str) char *metrics = NULL;

	world_new(&w);
	w.boot_key = near_key_public(&other);
	chain_start(&w);
	node_start(&w, 0);
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
	chain_start(&w);
	node_start(&w, 0);
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
	chain_start(&w);
	register_participants(&w);
	p2p = w.nodes[2].p2p;
	w.nodes[2].p2p = w.nodes[2].signer;
	w.nodes[2].signer = p2p;
	for (size_t i = 0; i < NODES; i++)
		node_start(&w, i);
	node_says(&w.nodes[2], NOT_A_PARTICIPANT);
	for (int i = 0; i < 100 && live_connections(&w.nodes[0]) != 1; i++)
		test_pause(20);
	CHECK_INT(live_connections(&w.nodes[0]), 1);
	CHECK_INT(live_connections(&w.nodes[1]), 1);
	CHECK_INT(live_connections(&w.nodes[2]), 0);
	world_free(&w);
}

TEST(mesh, account_that_the_contract_does_not_list_is_not_a_participant)
{
	struct world w = { 0 };

	world_new(&w);
	chain_start(&w);
	register_participants(&w);
	free(w.nodes[0].account);
	w.nodes[0].account = str_dup("mpc-node-0.mpc-localnet");
	node_start(&w, 0);
	node_says(&w.nodes[0], NOT_A_PARTICIPANT);
	CHECK_INT(live_connections(&w.nodes[0]), 0);
	world_free(&w);
}

/* Someone listens on a participant's port with a key of his own, and dials with it. */
TEST(mesh, impostor_is_refused_by_dialler_and_acceptor)
{
	struct world w = { 0 }, impostor = { 0 };

	world_new(&w);
	start_all(&w);
	wait_for_mesh(&w);
	CHECK_INT(process_stop(&w.nodes[2].process, SIGTERM), 0);
	world_new(&impostor);
	/* Its own chain says that it is participant 2, on the port of the real one. */
	for (size_t i = 0; i < NODES; i++) {
		impostor.nodes[i].peer = w.nodes[i].peer;
		impostor.nodes[i].p2p = w.nodes[i].p2p;
	}
	impostor.nodes[2].p2p = key_of(66);
	chain_start(&impostor);
	register_participants(&impostor);
	node_start(&impostor, 2);
	node_says(&w.nodes[0], "incorrect peer identity, expected ed25519:");
	node_says(&w.nodes[0], "Connection with unknown public key ed25519:");
	CHECK_INT(live_connections(&w.nodes[0]), 1);
	CHECK_INT(live_connections(&impostor.nodes[2]), 0);
	world_free(&impostor);
	world_free(&w);
}

TEST(mesh, releases_with_other_protocol_versions_do_not_talk)
{
	struct world w = { 0 };
	char current[] = "MPCUP_NODE_PROFILE=current";

	world_new(&w);
	chain_start(&w);
	register_participants(&w);
	w.nodes[1].extra = current;
	node_start(&w, 0);
	node_start(&w, 1);
	node_says(&w.nodes[0], "Incompatible protocol version; we have 7, they have 8");
	CHECK_INT(live_connections(&w.nodes[0]), 0);
	world_free(&w);
}

/* A10: the participant's URL names the port of the web UI. */
TEST(mesh, peer_port_of_the_web_ui_is_told_as_in_use)
{
	struct world w = { 0 };

	world_new(&w);
	w.nodes[0].peer = w.nodes[0].web;
	chain_start(&w);
	register_participants(&w);
	node_start(&w, 0);
	node_says(&w.nodes[0], "Address already in use (os error 98)");
	world_free(&w);
}
