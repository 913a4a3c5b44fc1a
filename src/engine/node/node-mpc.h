/* Inside of the node room: what the node does with its key shares. One struct mpc per node; files:
 *   node-session.c   threshold sessions over the mesh: messages in and out, time-outs, ends
 *   node-keyevent.c  generating and resharing keys when the contract says so
 *   node-domain.c    the shares that we hold, who can sign, what is wrong with the store
 *   node-pair.c      pairings with peers (CaitSith)
 *   node-presign.c   making a presignature
 *   node-pool.c      presignatures, made ahead: whose, with whom, how many
 *   node-request.c   the contract's signature requests and whose turn they are
 *   node-sign.c      one signature: leader's and follower's part
 *   node-mpc.c       events from outside, in their order
 *   node-report.c    metrics and /debug pages */
#pragma once
#include "engine/node/node-frame.h"
#include "engine/node/node-internal.h"
#include "engine/node/node-keystore.h"

#define MPC_COORDINATOR "mpc_node::coordinator"
#define MPC_TICK_MS 250

struct mpc;
struct mpc_session;

/* ---- sessions --------------------------------------------------------------------------------------- */

/* What a session is about; all is copied. */
struct session_setup {
	enum frame_task task;
	uint8_t id[FRAME_SESSION_BYTES];
	uint64_t epoch;
	uint32_t domain, leader;
	const uint32_t *parties; /* ascending, we among them */
	size_t count;
	unsigned timeout_ms;
};
struct session_end {
	struct threshold_session *protocol; /* done when failure is NULL: take the result */
	const char *failure;
	bool broken; /* the protocol ended it, here or elsewhere: no lost link, time-out or refusal */
};
typedef void (*session_done)(void *ctx, const struct session_setup *setup, const struct session_end *end);
/* Fills `ret` for the threshold_* call that makes the protocol; its seed is new each time. */
void session_setting(const struct mpc *m, const struct session_setup *setup, struct threshold_setting *ret);
/* Takes the protocol; done is called once, maybe before this returns. */
void session_run(struct mpc *m, const struct session_setup *setup, struct threshold_session *protocol,
		 session_done done, void *ctx);
/* Setup for a session that we lead, with the next id. parties: kept as a pointer. */
struct session_setup session_lead(struct mpc *m, enum frame_task task, uint64_t epoch, uint32_t domain,
				  const uint32_t *parties, size_t count, unsigned timeout_ms);
/* Longer where the machine has other work. free_ms: on one that has not. */
unsigned session_timeout_ms(const struct mpc *m, unsigned free_ms, unsigned most_ms);
/* Tells the others to begin the session that we lead. presignature, request: NULL, or of TASK_SIGN. */
void session_invite(struct mpc *m, const struct session_setup *setup, enum threshold_scheme scheme,
		    const uint8_t *presignature, const uint8_t *request);
/* To all parties of a session but us. */
void session_tell(struct mpc *m, const struct session_setup *setup, enum frame_kind kind, const void *data,
		  size_t len);
void session_tell_one(struct mpc *m, const struct session_setup *setup, uint32_t to, enum frame_kind kind,
		      const void *data, size_t len);
void session_refuse(struct mpc *m, const struct session_setup *setup, uint32_t to, const char *why);
void sessions_message(struct mpc *m, uint32_t from, const uint8_t *data, size_t len);
void sessions_links_changed(struct mpc *m); /* ends those that lost a party */
void sessions_tick(struct mpc *m);
/* Ends those of other epochs; SESSION_ALL: all. Their done is called. */
#define SESSION_ALL UINT64_MAX
void sessions_end(struct mpc *m, uint64_t but_epoch, const char *why);
size_t sessions_led_by(const struct mpc *m, uint32_t leader);
/* Ends this one here and for the others; its done is called. */
void session_stop(struct mpc *m, const uint8_t id[FRAME_SESSION_BYTES], const char *why);

/* ---- key events ------------------------------------------------------------------------------------- */

/* The attempt that we take part in. */
struct key_event {
	bool here, running, reshare;
	struct keystore_id id;
	struct threshold_key *share; /* stored; to be voted for */
	int64_t voted_ms;	     /* 0: not yet */
	bool aborted;
	int64_t asked_ms;      /* leader: when it asked for the attempt below */
	uint64_t asked_attempt;
	uint32_t asked_domain;
	uint64_t asked_epoch;
};
void key_event_update(struct mpc *m);
void key_event_clear(struct mpc *m);

/* ---- domains ---------------------------------------------------------------------------------------- */

struct presignature {
	struct presignature *next;
	uint8_t id[FRAME_SESSION_BYTES]; /* of the session that made it */
	uint32_t owner;			 /* who led it: only it may use it */
	uint32_t *parties;
	size_t count;
	struct threshold_presignature *value;
};
#define SIGNATURES_KEPT 32
struct signature_record {
	uint8_t id[32];
	uint32_t leader;
	unsigned duration_ms; /* from request to signature at the leader, of the session at a follower */
	int64_t at_ms;
	char result[160];
};
struct domain {
	struct mpc *mpc;
	struct contract_domain info;
	struct threshold_key *key;
	size_t signers;
	struct presignature *presignatures;
	size_t making;		/* sessions of ours that make one */
	size_t turn;		/* whom to ask next */
	int64_t pause_until_ms; /* after a failure */
	bool told_missing;
	uint64_t made, evicted;
	struct signature_record records[SIGNATURES_KEPT];
	size_t record_count;
};
/* Loads the shares that the contract has keys for. 0; 1: this node cannot sign (said in the log, in
 * m->halted); -1: the store contradicts the contract, the node must end. */
int domains_load(struct mpc *m, struct err *err);
void domains_clear(struct mpc *m);
struct domain *domain_by_id(const struct mpc *m, uint32_t id);
/* Participants of the domain's key that are not connected: how many, and "2 b.near, 3 c.near". */
size_t domain_missing(const struct domain *d, struct buf *ret_names);
bool domain_can_sign(const struct domain *d);
/* "domain 0 (DamgardEtAl) needs 3 of 3 signers; not connected: ..."; caller frees. */
char *domain_missing_text(const struct domain *d);
void domains_links_changed(struct mpc *m); /* says when one can no longer sign, or can again */
void domain_record(struct domain *d, const uint8_t id[32], uint32_t leader, int64_t duration_ms,
		   const char *result);

/* ---- pairings --------------------------------------------------------------------------------------- */

struct pair {
	struct pair *next;
	uint32_t peer;
	struct threshold_pairing *pairing;
	size_t users; /* sessions that have it */
	bool making, ours, spoilt;		/* ours: we began it */
	uint8_t making_id[FRAME_SESSION_BYTES]; /* of the session that makes it */
	int64_t pause_until_ms, lost_ms;	/* lost: when the last one was forgotten */
};
void pairs_begin(struct mpc *m); /* once there are shares: not all nodes at the same moment */
/* Makes those that a presignature waits for; or, when nothing is to be signed, one more now and then. Of each two
 * parties the one with the higher id begins, the other only when that did not help for a while (the first may not
 * know that ours is spoilt). */
void pairs_update(struct mpc *m);
/* With all connected parties of the key. */
bool pairs_complete(const struct mpc *m, const struct threshold_key *key);
bool pairs_ready(const struct mpc *m, const uint32_t *parties, size_t count); /* those of a session of these */
/* What pairs_ready() said yes to, in the parties' order without us; kept until pairs_release(). spoilt: the
 * session failed, maybe at a check: they are made anew. */
void pairs_take(struct mpc *m, const uint32_t *parties, size_t count, struct threshold_pairing **ret);
void pairs_release(struct mpc *m, const uint32_t *parties, size_t count, bool spoilt);
void pairs_drop_peer(struct mpc *m, uint32_t peer);
void pairs_clear(struct mpc *m);
void pair_started(struct mpc *m, uint32_t from, const struct session_setup *setup);

/* ---- presignatures ----------------------------------------------------------------------------------- */

/* Tells the signers, we among them; those begin who are paired with all. */
void presign_lead(struct mpc *m, struct domain *d, const uint32_t *parties, size_t count);
void presign_started(struct mpc *m, uint32_t from, const struct session_setup *setup,
		     const struct frame_start *start);
/* Since when one waits for the pairing with this peer; 0: none does. */
int64_t presigns_wait_since(const struct mpc *m, uint32_t peer);
void presigns_paired(struct mpc *m);					    /* there is one more pairing */
void presigns_unpaired(struct mpc *m, uint32_t peer, const char *why); /* there will be none for now */
/* A party's word that a session has ended; false: it is none of those that wait. */
bool presigns_aborted(struct mpc *m, uint32_t from, const uint8_t id[FRAME_SESSION_BYTES]);
void presigns_links_changed(struct mpc *m);
void presigns_tick(struct mpc *m);
void presigns_clear(struct mpc *m);

void pools_fill(struct mpc *m);
void pool_store(struct domain *d, const struct session_setup *setup, struct threshold_presignature *value);
/* Takes one of ours whose signers are all connected out of the pool; NULL: there is none. */
struct presignature *pool_take(struct domain *d);
/* Takes the one with this id, if it is `owner`'s; NULL. */
struct presignature *pool_take_id(struct domain *d, uint32_t owner, const uint8_t id[FRAME_SESSION_BYTES]);
size_t pool_count(const struct domain *d, bool online);
void pool_bound_borrowed(struct domain *d, uint32_t owner); /* before one more of its */
void pool_drop(struct mpc *m, uint32_t owner, const uint8_t id[FRAME_SESSION_BYTES]);
void pools_drop_peer(struct mpc *m, uint32_t peer); /* it was started anew: its halves are gone */
void pool_clear(struct domain *d);
void presignature_free(struct presignature *p);
OWN_DEFINE(presignature, struct presignature *, presignature_free)

/* ---- requests ---------------------------------------------------------------------------------------- */

#define REQUESTS_MOST 1024
#define REQUEST_BLOCKS 200
struct request {
	struct mpc *mpc;
	struct request *next;
	uint8_t id[32];
	uint32_t domain;
	uint64_t height;
	int64_t arrived_ms, not_before_ms;
	int64_t due_ms; /* since when it is ours and waits for a presignature; 0: it is not */
	unsigned attempts;
	bool signing, responding, answered, unsignable;
	uint8_t tweak[32], entropy[32];
	uint8_t *payload;
	size_t payload_len;
	json_t *response; /* arguments of `respond`, once signed */
};
/* Checks what the chain tells against our own derivation; adds it. */
void request_add(struct mpc *m, const json_t *j);
void request_remove(struct mpc *m, const char *hex, bool answered);
struct request *request_find(const struct mpc *m, const uint8_t id[32]);
void requests_drive(struct mpc *m); /* begins those whose turn is here */
void requests_tick(struct mpc *m);
void requests_clear(struct mpc *m);
/* Whose turn it is: the lowest first. First 8 bytes, little-endian, of SHA-256(participant id as u32 little-endian ||
 * request id). */
uint64_t request_rank(const uint8_t id[32], uint32_t participant);
int64_t request_turn_ms(const struct mpc *m, const struct domain *d); /* how long each turn is */

/* ---- signing ----------------------------------------------------------------------------------------- */

/* Takes p. The result arrives at request_signed() / request_failed(). */
void sign_lead(struct mpc *m, struct domain *d, struct request *r, struct presignature *p);
void sign_started(struct mpc *m, uint32_t from, const struct session_setup *setup,
		  const struct frame_start *start);
void signs_request_arrived(struct mpc *m); /* starts that came before the request */
void signs_tick(struct mpc *m);
void signs_clear(struct mpc *m);
void request_signed(struct mpc *m, struct request *r, const struct threshold_signature *signature);
void request_failed(struct mpc *m, struct request *r, const char *why);
/* Arguments of the contract's `respond` (node-contract.md 5.2, 5.5); new. */
json_t *respond_arguments(const struct request *r, const struct threshold_signature *signature);

/* ---- all of it --------------------------------------------------------------------------------------- */

struct mpc_counts {
	uint64_t requests_indexed, responses_indexed, led_total, led_succeeded, led_failed, led_timed_out;
	uint64_t passive_received, passive_found, passive_failed, presignatures, attempts;
	double presign_seconds, sign_seconds, latency_seconds, latency_blocks;
	uint64_t sign_count, latency_count;
};
/* A frame of a session that we do not have (yet). */
struct early {
	struct early *next;
	uint32_t from;
	int64_t at_ms;
	size_t len;
	uint8_t data[];
};
struct waiting_start;	/* node-sign.c */
struct waiting_presign; /* node-presign.c */
struct peer_state {
	uint32_t id;
	uint8_t process[FRAME_PROCESS_BYTES];
	uint64_t counter; /* of the last session that it started */
	bool seen;
};
#define ENDED_KEPT 256
struct mpc {
	struct node *node;
	struct keystore *store;
	struct event *tick;
	uint8_t network[32];
	uint64_t counter; /* of the last session that we started */
	struct mpc_session *sessions;
	struct early *early;
	uint8_t ended[ENDED_KEPT][FRAME_SESSION_BYTES];
	size_t ended_at;
	struct peer_state peers[THRESHOLD_PARTIES_MOST];
	size_t peer_count;
	struct key_event event;
	bool serving;
	char *halted; /* why not; NULL */
	struct domain *domains;
	size_t domain_count;
	uint64_t epoch; /* of the domains */
	struct pair *pairs;
	int64_t pairs_pause_until_ms; /* of those that nobody waits for */
	struct waiting_presign *presigns;
	struct request *requests;
	size_t request_count;
	struct waiting_start *starts;
	struct mpc_counts counts;
	struct node_repeat repeat;
	bool driving;
	double slowness; /* wall clock by processor time, of late; 1: the machine is ours */
};
/* Opens the key store. -1: it is not to be used, the node must not start. store_key: 32 hex digits. */
int mpc_new(struct node *n, const char *store_key, struct mpc **ret, struct err *err);
int mpc_start(struct mpc *m, struct err *err); /* when mesh and chain are there */
void mpc_free(struct mpc *m);
/* 0, or -1: the store contradicts the contract. */
int mpc_state_changed(struct mpc *m, struct err *err);
void mpc_links_changed(struct mpc *m);
void mpc_height(struct mpc *m);
void mpc_message(struct mpc *m, uint32_t from, const uint8_t *data, size_t len);
void mpc_request(struct mpc *m, const json_t *request);
void mpc_request_done(struct mpc *m, const char *request, bool answered);

uint32_t mpc_self(const struct mpc *m); /* our participant id */
struct peer_state *mpc_peer_state(struct mpc *m, uint32_t id); /* what is known of one; NULL: no room */
/* All of these but us are connected. */
bool mpc_all_up(const struct mpc *m, const uint32_t *parties, size_t count);
const char *mpc_account(const struct mpc *m, uint32_t id); /* "?" when unknown */

void mpc_metrics(const struct mpc *m, struct buf *b);
json_t *mpc_domains_json(const struct mpc *m);
char *mpc_signatures_text(const struct mpc *m); /* NULL: not in the Running state */
