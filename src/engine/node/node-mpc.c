/* The threshold part of a node: what happens outside, and in which order it is taken in. */
#include <event2/event.h>
#include <sodium.h>
#include <string.h>

#include "base/secret.h"
#include "engine/node/node-mpc.h"

/* ---- who is who ------------------------------------------------------------------------------------------ */

uint32_t mpc_self(const struct mpc *m)
{
	return m->node->self ? m->node->self->id : UINT32_MAX;
}

bool mpc_all_up(const struct mpc *m, const uint32_t *parties, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (parties[i] != mpc_self(m) && !mesh_up(m->node->mesh, parties[i]))
			return false;
	return true;
}

const char *mpc_account(const struct mpc *m, uint32_t id)
{
	const struct contract_participant *p = contract_member(m->node->contract, id);

	return p ? p->account : "?";
}

/* ---- serving --------------------------------------------------------------------------------------------- */

static void stop_serving(struct mpc *m, const char *why)
{
	m->serving = false;
	sessions_end(m, SESSION_ALL, why);
	signs_clear(m);
	presigns_clear(m);
	pairs_clear(m);
	domains_clear(m);
}

static void go_on(struct mpc *m)
{
	domains_links_changed(m);
	pairs_update(m);
	requests_drive(m);
	pools_fill(m);
}

/* All the keys that the contract has and this node knows. */
static bool has_all_keys(const struct mpc *m)
{
	const struct contract_state *c = m->node->contract;

	if (!m->serving || m->epoch != c->keyset_epoch)
		return false;
	for (size_t i = 0; i < c->key_count; i++) {
		const struct contract_domain *d = contract_domain(c, c->keys[i].domain);

		if (d && d->known && !domain_by_id(m, d->id))
			return false;
	}
	return true;
}

static int serve(struct mpc *m, struct err *err)
{
	if (has_all_keys(m))
		return 0;
	stop_serving(m, "the contract has other keys now");
	switch (domains_load(m, err)) {
	case 0:
		m->serving = true;
		pairs_begin(m);
		for (size_t i = 0; i < m->domain_count; i++)
			node_log("INFO", MPC_COORDINATOR, "[Running] domain %u (%s): share loaded, %zu of %zu sign",
				 m->domains[i].info.id, m->domains[i].info.protocol, m->domains[i].signers,
				 m->domains[i].key->count);
		return 0;
	case 1:
		return 0;
	default:
		return -1;
	}
}

/* A resharing has gone on without us: our shares fit nothing any more. */
static int forget_left(struct mpc *m, struct err *err)
{
	const struct contract_state *c = m->node->contract;
	uint64_t newest = 0;

	if (c->kind != CONTRACT_RUNNING || m->node->self || !keystore_newest(m->store, &newest) ||
	    newest >= c->keyset_epoch)
		return 0;
	node_log("INFO", MPC_COORDINATOR, "this node has left the network: its key shares are deleted");
	return keystore_keep_epoch(m->store, KEYSTORE_NO_EPOCH, err);
}

/* A key that we have for good is only about to be made: the chain was wiped, the nodes were not. */
static int check_event(const struct mpc *m, struct err *err)
{
	const struct contract_event *e = &m->node->contract->event;

	if (!e->present || !keystore_has(m->store, e->epoch, e->domain.id))
		return 0;
	return err_set(err, ERR_INPUT,
		       "the contract is about to make the key of domain %u, of which the key store in %s has a "
		       "share already: the chain is older than the node. Chain and nodes must be wiped together",
		       e->domain.id, m->node->environment.home);
}

int mpc_state_changed(struct mpc *m, struct err *err)
{
	const struct contract_state *c = m->node->contract;
	bool holds = (c->kind == CONTRACT_RUNNING || c->kind == CONTRACT_RESHARING) && m->node->self &&
		     m->node->self->holds;

	if (check_event(m, err) < 0 || forget_left(m, err) < 0)
		return -1;
	if (!holds && m->serving)
		stop_serving(m, "the contract is not Running with this node");
	if (holds && serve(m, err) < 0)
		return -1;
	key_event_update(m);
	if (m->serving)
		go_on(m);
	return 0;
}

/* ---- peers ------------------------------------------------------------------------------------------------ */

struct peer_state *mpc_peer_state(struct mpc *m, uint32_t id)
{
	for (size_t i = 0; i < m->peer_count; i++)
		if (m->peers[i].id == id)
			return &m->peers[i];
	if (m->peer_count == THRESHOLD_PARTIES_MOST)
		return NULL;
	m->peers[m->peer_count] = (struct peer_state){ .id = id };
	return &m->peers[m->peer_count++];
}

/* Who was started anew has lost what it held in memory, and its session ids begin again. */
static void look_at_peer(struct mpc *m, const struct mesh_link *link)
{
	struct peer_state *p = mpc_peer_state(m, link->id);

	if (!p || !link->incoming || !memcmp(p->process, link->process, sizeof(p->process)))
		return;
	memcpy(p->process, link->process, sizeof(p->process));
	p->counter = 0;
	pairs_drop_peer(m, p->id);
	pools_drop_peer(m, p->id);
}

void mpc_links_changed(struct mpc *m)
{
	struct mesh_link links[THRESHOLD_PARTIES_MOST];
	size_t count = mesh_links(m->node->mesh, links, THRESHOLD_PARTIES_MOST);

	for (size_t i = 0; i < count; i++)
		look_at_peer(m, &links[i]);
	sessions_links_changed(m);
	presigns_links_changed(m);
	key_event_update(m);
	if (m->serving)
		go_on(m);
}

void mpc_message(struct mpc *m, uint32_t from, const uint8_t *data, size_t len)
{
	sessions_message(m, from, data, len);
}

void mpc_height(struct mpc *m)
{
	key_event_update(m);
}

void mpc_request(struct mpc *m, const json_t *request)
{
	request_add(m, request);
}

void mpc_request_done(struct mpc *m, const char *request, bool answered)
{
	request_remove(m, request, answered);
}

/* ---- life -------------------------------------------------------------------------------------------------- */

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct mpc *m = ctx;

	(void)fd;
	(void)what;
	sessions_tick(m);
	presigns_tick(m);
	signs_tick(m);
	key_event_update(m);
	requests_tick(m);
	pairs_update(m);
	pools_fill(m);
}

static int open_store(struct mpc *m, const char *store_key, struct err *err)
{
	const struct node *n = m->node;
	OWN(str) char *network = str_printf("%s %s", n->near.chain_id, n->near.genesis_hash);
	OWN(secret) void *key = secret_new(KEYSTORE_KEY_BYTES);
	struct keystore_setting setting = { .home = n->environment.home, .account = n->config.account,
					    .contract = n->config.contract, .network = network, .key = key };

	if (hex_decode(store_key, strlen(store_key), key, KEYSTORE_KEY_BYTES) < 0)
		return err_set(err, ERR_INPUT, "Encryption key must be 32 hex characters");
	return keystore_open(&setting, &m->store, err);
}

static void hash_network(struct mpc *m)
{
	const struct node *n = m->node;
	OWN(str)
	char *text = str_printf("mpcup network %s %s %s", n->near.chain_id, n->near.genesis_hash,
				n->config.contract);

	crypto_hash_sha256(m->network, (const uint8_t *)text, strlen(text));
}

int mpc_new(struct node *n, const char *store_key, struct mpc **ret, struct err *err)
{
	struct mpc *m = NEW(struct mpc);
	uint8_t seed[32];
	int result;

	m->node = n;
	m->slowness = 1;
	hash_network(m);
	randombytes_buf(seed, sizeof(seed));
	result = threshold_init(seed, err);
	sodium_memzero(seed, sizeof(seed));
	if (result < 0 || open_store(m, store_key, err) < 0) {
		mpc_free(m);
		return -1;
	}
	*ret = m;
	return 0;
}

int mpc_start(struct mpc *m, struct err *err)
{
	struct timeval every = { .tv_usec = MPC_TICK_MS * 1000 };

	m->tick = event_new(m->node->base, -1, EV_PERSIST, on_tick, m);
	if (!m->tick || event_add(m->tick, &every) < 0)
		return err_set(err, ERR_SYS, "no timer for the coordinator");
	return 0;
}

void mpc_free(struct mpc *m)
{
	if (!m)
		return;
	key_event_clear(m);
	stop_serving(m, "the node ends");
	requests_clear(m);
	if (m->tick)
		event_free(m->tick);
	keystore_free(m->store);
	free(m->halted);
	free(m);
}
