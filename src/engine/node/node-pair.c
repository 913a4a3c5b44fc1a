/* Pairings: base oblivious transfers between two parties, for CaitSith. Those that a session waits for are made at once;
 * the others one after the other while nothing is to be signed, so slowly that a whole network on one machine leaves most
 * of it free. Everybody begins with the lowest ids: whoever leads finds the same signers ready (node-pool.c). */
#include <sodium.h>
#include <string.h>

#include "engine/node/node-mpc.h"

#define TARGET "mpc_node::pairings"
#define PAUSE_MS 1000
#define TIMEOUT_MS 15000
#define OTHERS_TURN_MS 3000
#define PACE_MS 80 /* of all parties together: twice what two take for one, on one processor */

static bool needed(const struct mpc *m)
{
	for (size_t i = 0; i < m->domain_count; i++)
		if (m->domains[i].info.scheme == THRESHOLD_CAIT_SITH)
			return m->serving;
	return false;
}

static struct pair *find(const struct mpc *m, uint32_t peer)
{
	for (struct pair *p = m->pairs; p; p = p->next)
		if (p->peer == peer)
			return p;
	return NULL;
}

static struct pair *find_or_new(struct mpc *m, uint32_t peer)
{
	struct pair *p = find(m, peer);

	if (p)
		return p;
	p = NEW(struct pair);
	p->peer = peer;
	p->next = m->pairs;
	m->pairs = p;
	return p;
}

static void forget(struct pair *p)
{
	if (p->pairing)
		p->lost_ms = node_now_ms();
	threshold_pairing_free(p->pairing);
	p->pairing = NULL;
	p->spoilt = false;
}

/* ---- making ------------------------------------------------------------------------------------------- */

static void on_done(void *ctx, const struct session_setup *setup, const struct session_end *end)
{
	struct mpc *m = ctx;
	uint32_t peer = setup->parties[setup->parties[0] == mpc_self(m)];
	struct pair *p = find(m, peer);
	OWN(str) char *why = NULL;

	if (!p || setup->epoch != m->epoch || memcmp(p->making_id, setup->id, sizeof(setup->id)) != 0)
		return;
	p->making = false;
	if (!end->failure) {
		p->pairing = threshold_take_pairing(end->protocol);
		presigns_paired(m);
		pairs_update(m);
		pools_fill(m);
		return;
	}
	p->pause_until_ms = node_now_ms() + PAUSE_MS;
	why = str_printf("pairing with %u %s failed: %s", peer, mpc_account(m, peer), end->failure);
	node_log("WARN", TARGET, "%s", why);
	presigns_unpaired(m, peer, why);
}

static void run(struct mpc *m, struct pair *p, const struct session_setup *setup)
{
	struct threshold_setting setting;
	struct threshold_session *protocol;

	forget(p);
	p->making = true;
	p->ours = setup->leader == mpc_self(m);
	memcpy(p->making_id, setup->id, sizeof(p->making_id));
	session_setting(m, setup, &setting);
	protocol = threshold_pair(&setting);
	sodium_memzero(&setting, sizeof(setting));
	session_run(m, setup, protocol, on_done, m);
}

static unsigned timeout_ms(const struct mpc *m)
{
	return session_timeout_ms(m, TIMEOUT_MS, m->node->config.pair_timeout_ms);
}

static void make(struct mpc *m, struct pair *p)
{
	uint32_t self = mpc_self(m);
	uint32_t parties[2] = { p->peer < self ? p->peer : self, p->peer < self ? self : p->peer };
	struct session_setup setup = session_lead(m, TASK_PAIR, m->epoch, 0, parties, 2, timeout_ms(m));

	session_invite(m, &setup, THRESHOLD_CAIT_SITH, NULL, NULL);
	run(m, p, &setup);
}

/* Both began at the same time: the higher id's counts, and nobody has failed. */
static void yield(struct mpc *m, struct pair *p)
{
	uint8_t id[FRAME_SESSION_BYTES];

	memcpy(id, p->making_id, sizeof(id));
	memset(p->making_id, 0, sizeof(p->making_id));
	p->making = false;
	session_stop(m, id, "both began");
}

void pair_started(struct mpc *m, uint32_t from, const struct session_setup *setup)
{
	struct session_setup own = *setup;
	struct pair *p = find_or_new(m, from);

	own.timeout_ms = timeout_ms(m);
	if (p->making && p->ours && from > mpc_self(m))
		yield(m, p);
	if (setup->count != 2 || !needed(m) || p->making || p->users)
		session_refuse(m, setup, from, "no pairing is due");
	else
		run(m, p, &own);
}

/* ---- which --------------------------------------------------------------------------------------------- */

static size_t making(const struct mpc *m)
{
	size_t count = 0;

	for (const struct pair *p = m->pairs; p; p = p->next)
		count += p->making && p->ours;
	return count;
}

/* The lower id begins only when the higher one, who may not know that a pairing is missing, has not for a while. */
static bool is_ours_to_begin(const struct mpc *m, uint32_t peer, int64_t since_ms)
{
	return peer < mpc_self(m) || node_now_ms() - since_ms >= OTHERS_TURN_MS;
}

static bool is_due(const struct mpc *m, const struct pair *p)
{
	int64_t since_ms = presigns_wait_since(m, p->peer);

	if (p->pairing || p->making || node_now_ms() < p->pause_until_ms || !mesh_up(m->node->mesh, p->peer))
		return false;
	if (since_ms)
		return making(m) < m->node->config.pairings_at_once && is_ours_to_begin(m, p->peer, since_ms);
	return node_now_ms() >= m->pairs_pause_until_ms && !making(m) && !m->request_count &&
	       is_ours_to_begin(m, p->peer, p->lost_ms ? p->lost_ms : INT64_MAX);
}

/* So that `parties` that do the same leave most of a machine that they share, and more of it where it is busy. */
static int64_t pause_ms(const struct mpc *m, size_t parties)
{
	return (int64_t)((double)(parties * PACE_MS) * m->slowness);
}

static void update_key(struct mpc *m, const struct threshold_key *key)
{
	for (size_t i = 0; i < key->count; i++) {
		struct pair *p = key->parties[i] == mpc_self(m) ? NULL : find_or_new(m, key->parties[i]);

		if (!p || !is_due(m, p))
			continue;
		m->pairs_pause_until_ms = node_now_ms() + pause_ms(m, key->count);
		make(m, p);
	}
}

void pairs_begin(struct mpc *m)
{
	m->pairs_pause_until_ms = node_now_ms() + pause_ms(m, mpc_self(m) % THRESHOLD_PARTIES_MOST);
}

void pairs_update(struct mpc *m)
{
	for (size_t i = 0; m->serving && i < m->domain_count; i++)
		if (m->domains[i].info.scheme == THRESHOLD_CAIT_SITH)
			update_key(m, m->domains[i].key);
}

bool pairs_complete(const struct mpc *m, const struct threshold_key *key)
{
	for (size_t i = 0; i < key->count; i++) {
		const struct pair *p = find(m, key->parties[i]);

		if (key->parties[i] != mpc_self(m) && mesh_up(m->node->mesh, key->parties[i]) && (!p || !p->pairing))
			return false;
	}
	return true;
}

/* ---- using --------------------------------------------------------------------------------------------- */

bool pairs_ready(const struct mpc *m, const uint32_t *parties, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct pair *p = find(m, parties[i]);

		if (parties[i] != mpc_self(m) && (!p || !p->pairing || p->spoilt))
			return false;
	}
	return true;
}

void pairs_take(struct mpc *m, const uint32_t *parties, size_t count, struct threshold_pairing **ret)
{
	for (size_t i = 0; i < count; i++) {
		struct pair *p = parties[i] == mpc_self(m) ? NULL : find(m, parties[i]);

		if (!p)
			continue;
		p->users++;
		*ret++ = p->pairing;
	}
}

void pairs_release(struct mpc *m, const uint32_t *parties, size_t count, bool spoilt)
{
	for (size_t i = 0; i < count; i++) {
		struct pair *p = find(m, parties[i]);

		if (!p || parties[i] == mpc_self(m))
			continue;
		p->users--;
		p->spoilt |= spoilt;
		if (p->users == 0 && p->spoilt)
			forget(p);
	}
}

void pairs_drop_peer(struct mpc *m, uint32_t peer)
{
	struct pair *p = find(m, peer);

	if (!p || !p->pairing)
		return;
	p->spoilt = true;
	if (p->users == 0)
		forget(p);
}

void pairs_clear(struct mpc *m)
{
	while (m->pairs) {
		struct pair *p = m->pairs;

		m->pairs = p->next;
		forget(p);
		free(p);
	}
}
