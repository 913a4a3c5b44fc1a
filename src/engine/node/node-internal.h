/* Inside of the node room. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "core/near/near.h"
#include "core/threshold/threshold.h"
#include "engine/peer/peer.h"

struct event_base;

enum node_profile { NODE_PROFILE_31, NODE_PROFILE_CURRENT };

/* The container's exit codes (node-contract.md 1). */
enum {
	NODE_EXIT_OK = 0,
	NODE_EXIT_ERROR = 1, /* the node refuses what it was given */
	NODE_EXIT_USAGE = 2,
	NODE_EXIT_PANIC = 101,	    /* where the real one panics */
	NODE_EXIT_NO_COMMAND = 127, /* the shell did not find gcloud */
};

/* ---- log ----------------------------------------------------------------------------------- */
/* One line as the real node's tracing prints it. level: "INFO", "WARN", "ERROR". */
void node_log(const char *level, const char *target, const char *fmt, ...) ERR_FMT(3, 4);
void node_log_as_json(bool on);
/* As a program that ends with an anyhow error prints it. */
void node_log_error(const char *what, const struct err *cause);
/* A message that repeats for ever: true when it is new or 30 s old. */
struct node_repeat {
	char text[256];
	int64_t at_ms;
};
bool node_repeat_due(struct node_repeat *r, const char *text);
int64_t node_now_ms(void); /* monotonic */

/* ---- files --------------------------------------------------------------------------------- */
/* 0 and *ret NULL when there is no such file. Caller frees. */
int node_file_read(const char *path, char **ret, struct err *err);
/* Frees text after overwriting it. */
void node_wipe(char *text);

/* ---- environment --------------------------------------------------------------------------- */
/* Borrowed from the environment; NULL or empty where the script does not tell them apart. */
struct node_environment {
	enum node_profile profile;
	const char *home, *env, *boot_nodes, *account, *contract, *responder;
	const char *p2p_key, *account_key, *store_key, *backup_key;
	bool gcp_keys, gcp_project, gcp_keyshare;
};
void node_environment_read(enum node_profile profile, struct node_environment *ret);
/* Overwrites and removes the secret variables; e's pointers to them become NULL. */
void node_environment_forget(struct node_environment *e);
char *node_path(const struct node_environment *e, const char *name); /* in home; caller frees */

/* What start.sh does: 0 when the node is to be started, otherwise the exit code. */
int node_start_script(const struct node_environment *e);

/* ---- configuration ------------------------------------------------------------------------- */
struct node_config {
	char *account, *contract;
	uint16_t web_port;
	uint16_t port_override; /* 0: none */
	unsigned responder_keys;
	/* Of the threshold protocols; all but presignatures_ahead at least 1 (second). */
	unsigned pairings_at_once, presignatures_at_once, presignatures_ahead;
	unsigned pair_timeout_ms, presign_timeout_ms, sign_timeout_ms, generate_timeout_ms;
};
char *node_config_template(enum node_profile profile, bool localnet);
/* The three account ids in an existing text, as sed does it; caller frees. */
char *node_config_apply(const char *text, const char *account, const char *responder,
			const char *contract);
/* Reads config.yaml's text strictly. -1: err is the cause in serde's words. */
int node_config_parse(const char *text, enum node_profile profile, struct node_config *ret,
		      struct err *err);
void node_config_clear(struct node_config *c);

/* config.json, genesis.json and node_key.json of the embedded chain client. */
struct node_near {
	struct near_boot_node *boot_nodes;
	size_t boot_node_count;
	uint16_t rpc_port, p2p_port;
	char *chain_id, *genesis_hash;
	struct near_key key;
};
int node_near_load(const struct node_environment *e, struct node_near *ret, struct err *err);
void node_near_clear(struct node_near *n);

/* secrets.json; in locked memory. */
struct node_secrets {
	struct near_key p2p, signer;
	size_t responder_count;
	uint8_t (*responder_public)[NEAR_PUBLIC_BYTES];
};
/* Loads, or makes random ones and says so. */
int node_secrets_load(const struct node_environment *e, unsigned responder_keys,
		      struct node_secrets **ret, struct err *err);
void node_secrets_free(struct node_secrets *s);
/* The store key's and the backup key's form (node-contract.md 1.2). */
int node_store_key_check(const char *text, struct err *err);
int node_backup_key_keep(const struct node_environment *e, struct err *err);

/* ---- contract state ------------------------------------------------------------------------ */
enum contract_kind {
	CONTRACT_UNKNOWN,
	CONTRACT_NOT_INITIALIZED,
	CONTRACT_INITIALIZING,
	CONTRACT_RUNNING,
	CONTRACT_RESHARING
};
struct contract_participant {
	char *account, *url, *host;
	uint16_t port;
	uint32_t id;
	uint8_t key[NEAR_PUBLIC_BYTES];
	bool holds; /* has shares of the present keys, or is about to generate them */
	bool next;  /* will have them once the resharing is done */
};
struct contract_domain {
	uint32_t id;
	char protocol[32]; /* the contract's word for it */
	bool known;	   /* a scheme of this node */
	enum threshold_scheme scheme;
	size_t threshold;
};
struct contract_key {
	uint32_t domain;
	uint64_t attempt;
	enum threshold_curve curve;
	uint8_t public_key[THRESHOLD_POINT_MOST];
};
/* The key that is being generated or reshared. */
struct contract_event {
	bool present, reshare;
	struct contract_domain domain;
	uint64_t epoch, next_attempt;
	bool started; /* an attempt runs; the rest is about it */
	uint64_t attempt, expires_on;
	uint32_t *completed; /* who has voted */
	size_t completed_count;
};
struct contract_state {
	enum contract_kind kind;
	uint64_t epoch;		       /* Resharing: the one to come */
	uint64_t keyset_epoch;	       /* of the keys below */
	uint64_t threshold;	       /* of the participants that hold */
	uint64_t next_threshold;       /* Resharing: of those to come */
	struct contract_participant *participants; /* old and new together, by id */
	size_t participant_count;
	struct contract_domain *domains;
	size_t domain_count;
	struct contract_key *keys;
	size_t key_count;
	struct contract_event event;
};
/* From the `state` view's JSON. profile: what becomes of a URL that does not parse. */
int contract_state_parse(const json_t *j, enum node_profile profile, uint16_t port_override,
			 struct contract_state **ret, struct err *err);
void contract_state_free(struct contract_state *s);
OWN_DEFINE(contract_state, struct contract_state *, contract_state_free)
const char *contract_kind_name(enum contract_kind kind);
char *contract_state_text(const struct contract_state *s); /* /debug/contract */
/* Who has both this account and this key; NULL: nobody. */
const struct contract_participant *contract_find(const struct contract_state *s,
						 const char *account,
						 const uint8_t key[NEAR_PUBLIC_BYTES]);
const struct contract_participant *contract_member(const struct contract_state *s, uint32_t id);
const struct contract_domain *contract_domain(const struct contract_state *s, uint32_t id);
const struct contract_key *contract_key(const struct contract_state *s, uint32_t domain);
/* Those that hold shares (next: that will), ascending; ret has room for THRESHOLD_PARTIES_MOST. */
size_t contract_parties(const struct contract_state *s, bool next, uint32_t *ret);
/* Domains, keys and the key event of a state (node-contract-keys.c). */
int contract_keys_parse(const json_t *inner, struct contract_state *s, struct err *err);
/* "ed25519:..." or "secp256k1:..." of a group key; caller frees. */
char *contract_key_text(enum threshold_curve curve, const uint8_t *public_key);
int contract_key_parse(const char *text, enum threshold_curve *ret_curve,
		       uint8_t ret[THRESHOLD_POINT_MOST], struct err *err);

/* ---- following the chain ------------------------------------------------------------------- */
struct chain_events {
	void (*height)(void *ctx, uint64_t height);
	/* state: the contract's `state` value; NULL: error says why there is none. */
	void (*state)(void *ctx, const json_t *state, const char *error);
	/* A signature request that waits in the contract (localnet-p2p.h); and the end of one. */
	void (*request)(void *ctx, const json_t *request);
	void (*done)(void *ctx, const char *request, bool answered);
	void *ctx;
};
struct chain;
struct chain *chain_new(struct event_base *base, struct peer_host *host,
			const struct node_near *near, const char *contract,
			const struct chain_events *events);
/* Sends a request of localnet-p2p.h (taken; its id is set here). fn is called once, from the loop or, when
 * there is no chain peer, at once: answer NULL: the connection was lost before one came. */
typedef void (*chain_answer)(void *ctx, const json_t *answer);
void chain_ask(struct chain *c, json_t *request, chain_answer fn, void *ctx);
void chain_free(struct chain *c);
uint64_t chain_height(const struct chain *c);
const char *
chain_hash(const struct chain *c); /* of the head; genesis hash before the first block */
const char *chain_time(const struct chain *c);
size_t chain_peers(const struct chain *c); /* boot nodes that we follow right now */
bool chain_synced(const struct chain *c);

/* ---- transactions -------------------------------------------------------------------------- */
/* Function calls of the contract, signed with near_signer_key. */
struct sender;
struct sender *sender_new(struct event_base *base, struct chain *chain, const struct near_key *key,
			  const char *account, const char *contract);
void sender_free(struct sender *s);
/* error NULL: the call succeeded; otherwise why not: the contract's words, or what kept it from the
 * chain. InvalidNonce, Expired, a missing key and a lost connection are tried again before that. */
typedef void (*sender_done)(void *ctx, const char *error);
void sender_call(struct sender *s, const char *method, json_t *args, sender_done fn, void *ctx);
uint64_t sender_nonce(const struct sender *s); /* the last one used */
struct sender_counts {
	uint64_t succeeded, failed, unknown; /* calls */
};
struct sender_counts sender_counts(const struct sender *s, bool respond); /* of `respond`, of others */
char *sender_recent(const struct sender *s); /* newest first, a line each; caller frees */

/* ---- mesh of participants ------------------------------------------------------------------ */
/* A link is up once both sides have said hello on both connections: same network, epoch and participants. */
struct mesh_events {
	void (*changed)(void *ctx); /* a link came up or went down; never from inside mesh_set() */
	/* A message of the threshold protocols of a participant whose link is up. */
	void (*message)(void *ctx, uint32_t from, const uint8_t *data, size_t len);
	void *ctx;
};
struct mesh;
struct mesh *mesh_new(struct event_base *base, struct peer_host *host, enum node_profile profile,
		      const uint8_t network[32], const struct mesh_events *events);
void mesh_free(struct mesh *m);
/* Connects to all participants but `self`, listens on self's port; NULL state: leaves the mesh. */
void mesh_set(struct mesh *m, const struct contract_state *state,
	      const struct contract_participant *self);
void mesh_height(struct mesh *m, uint64_t height);
struct mesh_link {
	uint32_t id;
	const char *account;
	bool outgoing, incoming;
	uint64_t height;
	const uint8_t *process; /* FRAME_PROCESS_BYTES, new when the other side was started anew */
};
size_t mesh_links(const struct mesh *m, struct mesh_link *ret, size_t most);
/* 0 and the link of a participant, 1: none. */
int mesh_find(const struct mesh *m, uint32_t id, struct mesh_link *ret);
bool mesh_up(const struct mesh *m, uint32_t id);
/* Nothing is sent while the link is not up. */
void mesh_send(struct mesh *m, uint32_t to, const void *data, size_t len);
const uint8_t *mesh_process(const struct mesh *m); /* ours */

/* ---- the running node ---------------------------------------------------------------------- */
struct node {
	struct event_base *base;
	struct node_environment environment;
	struct node_config config;
	struct node_near near;
	struct node_secrets *secrets;
	struct peer_host *near_host, *p2p_host;
	struct chain *chain;
	struct mesh *mesh;
	struct sender *sender;
	struct mpc *mpc; /* node-mpc.h */
	struct contract_state *contract;
	char *contract_text; /* canonical JSON of the last state, to see changes */
	const struct contract_participant *self;
	struct node_repeat repeat;
	int64_t started_ms;
	int exit_code;
};
struct node_ports {
	uint16_t web, rpc, near; /* 0: from the files */
};
int node_run(struct node *n, const struct node_ports *ports);

struct node_web;
/* The web UI (8080) and the chain client's JSON-RPC (3030). */
int node_web_new(struct node *n, uint16_t port, struct node_web **ret, struct err *err);
int node_rpc_new(struct node *n, uint16_t port, struct node_web **ret, struct err *err);
void node_web_free(struct node_web *w);
