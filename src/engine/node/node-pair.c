/* Pairings: base oblivious transfers between two parties, for CaitSith. */
#include <sodium.h>
#include <string.h>

#include "engine/node/node-mpc.h"

#define TARGET "mpc_node::pairings"
#define PAIR_TIMEOUT_MS 15000
#define PAUSE_MS 1000
#define OTHERS_TURN_MS 3000

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
	if (peer < mpc_self(m))
		p->pause_until_ms = node_now_ms() + OTHERS_TURN_MS;
	p->next = m->pairs;
	m->pairs = p;
	return p;
}

static void forget(struct mpc *m, struct pair *p)
{
	threshold_pairing_free(p->pairing);
	p->pairing = NULL;
	p->spoilt = false;
	if (p->peer < mpc_self(m))
		p->pause_until_ms = node_now_ms() + OTHERS_TURN_MS;
}

/* ---- making ------------------------------------------------------------------------------------------- */

static void on_done(void *ctx, const struct session_setup *setup, const struct session_end *end)
{
	struct mpc *m = ctx;
	uint32_t peer = setup->parties[setup->parties[0] == mpc_self(m)];
	struct pair *p = find(m, peer);

	if (!p || setup->epoch != m->epoch)
		return;
	p->making = false;
	if (!end->failure) {
		p->pairing = threshold_take_pairing(end->protocol);
		pools_fill(m);
		return;
	}
	p->pause_until_ms = node_now_ms() + PAUSE_MS;
	node_log("WARN", TARGET, "pairing with %u %s failed: %s", peer, mpc_account(m, peer), end->failure);
}

static void run(struct mpc *m, struct pair *p, const struct session_setup *setup)
{
	struct threshold_setting setting;
	struct threshold_session *protocol;

	forget(m, p);
	p->making = true;
	session_setting(m, setup, &setting);
	protocol = threshold_pair(&setting);
	sodium_memzero(&setting, sizeof(setting));
	session_run(m, setup, protocol, on_done, m);
}

static void make(struct mpc *m, struct pair *p)
{
	uint32_t self = mpc_self(m);
	uint32_t parties[2] = { p->peer < self ? p->peer : self, p->peer < self ? self : p->peer };
	struct session_setup setup = session_lead(m, TASK_PAIR, m->epoch, 0, parties, 2, PAIR_TIMEOUT_MS);

	session_invite(m, &setup, THRESHOLD_CAIT_SITH, NULL, NULL);
	run(m, p, &setup);
}

void pair_started(struct mpc *m, uint32_t from, const struct session_setup *setup)
{
	struct session_setup own = *setup;
	struct pair *p = find_or_new(m, from);

	own.timeout_ms = PAIR_TIMEOUT_MS;
	if (setup->count != 2 || !needed(m) || p->making || p->users)
		session_refuse(m, setup, from, "no pairing is due");
	else
		run(m, p, &own);
}

static void update_key(struct mpc *m, const struct threshold_key *key)
{
	for (size_t i = 0; i < key->count; i++) {
		struct pair *p;

		if (key->parties[i] == mpc_self(m) || !mesh_up(m->node->mesh, key->parties[i]))
			continue;
		p = find_or_new(m, key->parties[i]);
		if (!p->pairing && !p->making && node_now_ms() >= p->pause_until_ms)
			make(m, p);
	}
}

void pairs_update(struct mpc *m)
{
	if (!needed(m))
		return;
	for (size_t i = 0; i < m->domain_count; i++)
		if (m->domains[i].info.scheme == THRESHOLD_CAIT_SITH && pool_wanted(m, &m->domains[i]))
			update_key(m, m->domains[i].key);
}

/* ---- using --------------------------------------------------------------------------------------------- */

int pairs_take(struct mpc *m, const uint32_t *parties, size_t count, struct threshold_pairing **ret)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++) {
		const struct pair *p = find(m, parties[i]);

		if (parties[i] != mpc_self(m) && (!p || !p->pairing || p->spoilt))
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		struct pair *p = find(m, parties[i]);

		if (parties[i] == mpc_self(m))
			continue;
		p->users++;
		ret[taken++] = p->pairing;
	}
	return 0;
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
			forget(m, p);
	}
}

void pairs_drop_peer(struct mpc *m, uint32_t peer)
{
	struct pair *p = find(m, peer);

	if (!p || !p->pairing)
		return;
	p->spoilt = true;
	if (p->users == 0)
		forget(m, p);
}

void pairs_clear(struct mpc *m)
{
	while (m->pairs) {
		struct pair *p = m->pairs;

		m->pairs = p->next;
		forget(m, p);
		free(p);
	}
}
