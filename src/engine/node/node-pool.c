/* Presignatures made ahead: in memory only, so that none can be used twice after a crash. Its owner is who
 * led the session that made it; only the owner uses it, once; the others burn their halves with it. */
#include <sodium.h>
#include <string.h>

#include "engine/node/node-mpc.h"

#define TARGET "mpc_node::presign"
#define PRESIGN_TIMEOUT_MS 15000
#define AT_ONCE 4	      /* of ours, per domain */
#define BORROWED_MOST 96      /* of one owner, per domain */
#define SESSIONS_OF_PEER_MOST 64
#define PAUSE_MS 250

void presignature_free(struct presignature *p)
{
	if (!p)
		return;
	threshold_presignature_free(p->value);
	free(p->parties);
	free(p);
}

void pool_clear(struct domain *d)
{
	while (d->presignatures) {
		struct presignature *p = d->presignatures;

		d->presignatures = p->next;
		presignature_free(p);
	}
}

static void store(struct domain *d, const struct session_setup *setup, struct threshold_presignature *value)
{
	struct presignature *p = NEW(struct presignature), **at = &d->presignatures;

	memcpy(p->id, setup->id, sizeof(p->id));
	p->owner = setup->leader;
	p->count = setup->count;
	p->parties = mem_new(p->count, sizeof(*p->parties));
	memcpy(p->parties, setup->parties, p->count * sizeof(*p->parties));
	p->value = value;
	while (*at) /* oldest first */
		at = &(*at)->next;
	*at = p;
}

/* ---- taking ------------------------------------------------------------------------------------------- */

static struct presignature *unlink_at(struct presignature **at)
{
	struct presignature *p = *at;

	*at = p->next;
	p->next = NULL;
	return p;
}

struct presignature *pool_take(struct domain *d)
{
	struct mpc *m = d->mpc;

	for (struct presignature **at = &d->presignatures; *at; at = &(*at)->next)
		if ((*at)->owner == mpc_self(m) && mpc_all_up(m, (*at)->parties, (*at)->count))
			return unlink_at(at);
	return NULL;
}

struct presignature *pool_take_id(struct domain *d, uint32_t owner, const uint8_t id[FRAME_SESSION_BYTES])
{
	for (struct presignature **at = &d->presignatures; *at; at = &(*at)->next)
		if ((*at)->owner == owner && !memcmp((*at)->id, id, FRAME_SESSION_BYTES))
			return unlink_at(at);
	return NULL;
}

size_t pool_count(const struct domain *d, bool online)
{
	const struct mpc *m = d->mpc;
	size_t count = 0;

	for (const struct presignature *p = d->presignatures; p; p = p->next)
		if (p->owner == mpc_self(m) && (!online || mpc_all_up(m, p->parties, p->count)))
			count++;
	return count;
}

/* Halves whose owner lost its own and could not say so: the oldest go. */
static void bound_borrowed(struct domain *d, uint32_t owner)
{
	struct presignature **oldest = NULL;
	size_t count = 0;

	for (struct presignature **at = &d->presignatures; *at; at = &(*at)->next)
		if ((*at)->owner == owner) {
			oldest = oldest ? oldest : at;
			count++;
		}
	if (count >= BORROWED_MOST)
		presignature_free(unlink_at(oldest));
}

void pool_drop(struct mpc *m, uint32_t owner, const uint8_t id[FRAME_SESSION_BYTES])
{
	for (size_t i = 0; i < m->domain_count; i++)
		presignature_free(pool_take_id(&m->domains[i], owner, id));
}

static bool has_party(const struct presignature *p, uint32_t id)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->parties[i] == id)
			return true;
	return false;
}

/* Tells the others that ours is given up. */
static void give_up(struct mpc *m, const struct domain *d, struct presignature *p)
{
	struct session_setup setup = { .epoch = m->epoch, .domain = d->info.id, .leader = mpc_self(m),
				       .parties = p->parties, .count = p->count };

	memcpy(setup.id, p->id, sizeof(setup.id));
	if (p->owner == mpc_self(m))
		session_tell(m, &setup, FRAME_ABORT, "", 0);
	presignature_free(p);
}

void pools_drop_peer(struct mpc *m, uint32_t peer)
{
	for (size_t i = 0; i < m->domain_count; i++) {
		struct presignature **at = &m->domains[i].presignatures;

		while (*at)
			if (has_party(*at, peer))
				give_up(m, &m->domains[i], unlink_at(at));
			else
				at = &(*at)->next;
	}
}

/* Those of a signer that is away make room only when they fill the pool. */
static void evict(struct mpc *m, struct domain *d)
{
	struct presignature **at = &d->presignatures;

	while (*at && pool_count(d, false) >= POOL_MOST)
		if ((*at)->owner == mpc_self(m) && !mpc_all_up(m, (*at)->parties, (*at)->count)) {
			give_up(m, d, unlink_at(at));
			d->evicted++;
		} else {
			at = &(*at)->next;
		}
}

/* ---- sessions ------------------------------------------------------------------------------------------- */

static void on_made(struct mpc *m, struct domain *d, const struct session_setup *setup,
		    const struct session_end *end)
{
	if (end->failure) {
		if (setup->leader == mpc_self(m)) {
			d->pause_until_ms = node_now_ms() + PAUSE_MS;
			if (node_repeat_due(&m->repeat, end->failure))
				node_log("WARN", TARGET, "presignature of domain %u failed: %s", d->info.id,
					 end->failure);
		}
		return;
	}
	store(d, setup, threshold_take_presignature(end->protocol));
	if (setup->leader != mpc_self(m)) {
		session_tell_one(m, setup, setup->leader, FRAME_SUCCESS, NULL, 0);
		return;
	}
	d->made++;
	m->counts.presignatures++;
}

static void on_done(void *ctx, const struct session_setup *setup, const struct session_end *end)
{
	struct mpc *m = ctx;
	struct domain *d = setup->epoch == m->epoch ? domain_by_id(m, setup->domain) : NULL;

	if (!d)
		return;
	if (d->info.scheme == THRESHOLD_CAIT_SITH)
		pairs_release(m, setup->parties, setup->count, end->broken);
	if (setup->leader == mpc_self(m))
		d->making--;
	on_made(m, d, setup, end);
	if (setup->leader != mpc_self(m))
		return;
	requests_drive(m);
	pools_fill(m);
}

/* paired() said yes. */
static void run(struct mpc *m, struct domain *d, const struct session_setup *setup)
{
	struct threshold_pairing *pairings[THRESHOLD_PARTIES_MOST] = { 0 };
	struct threshold_setting setting;
	struct threshold_session *protocol;

	session_setting(m, setup, &setting);
	if (d->info.scheme == THRESHOLD_CAIT_SITH)
		pairs_take(m, setup->parties, setup->count, pairings);
	protocol = threshold_presign(d->info.scheme, d->key,
				     d->info.scheme == THRESHOLD_CAIT_SITH ? pairings : NULL, &setting);
	sodium_memzero(&setting, sizeof(setting));
	session_run(m, setup, protocol, on_done, m);
}

static bool paired(struct mpc *m, const struct domain *d, const uint32_t *parties, size_t count)
{
	struct threshold_pairing *pairings[THRESHOLD_PARTIES_MOST];

	if (d->info.scheme != THRESHOLD_CAIT_SITH)
		return true;
	if (pairs_take(m, parties, count, pairings) < 0)
		return false;
	pairs_release(m, parties, count, false);
	return true;
}

/* ---- filling --------------------------------------------------------------------------------------------- */

static void sort(uint32_t *ids, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k && ids[k] < ids[k - 1]; k--) {
			uint32_t swapped = ids[k];

			ids[k] = ids[k - 1];
			ids[k - 1] = swapped;
		}
}

/* Us and the next ones in turn that are connected; 0: not enough are. */
static size_t choose(struct mpc *m, struct domain *d, uint32_t *ret)
{
	const struct threshold_key *key = d->key;
	size_t count = 0;

	ret[count++] = mpc_self(m);
	for (size_t i = 0; i < key->count && count < d->signers; i++) {
		uint32_t id = key->parties[(d->turn + i) % key->count];

		if (id != mpc_self(m) && mesh_up(m->node->mesh, id))
			ret[count++] = id;
	}
	d->turn++;
	if (count < d->signers)
		return 0;
	sort(ret, count);
	return count;
}

/* One more; false: not now. */
static bool begin(struct mpc *m, struct domain *d)
{
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	size_t count = choose(m, d, parties);
	struct session_setup setup;

	for (size_t tries = 1; count && !paired(m, d, parties, count); tries++) {
		if (tries == d->key->count)
			return false;
		count = choose(m, d, parties);
	}
	if (!count)
		return false;
	setup = session_lead(m, TASK_PRESIGN, m->epoch, d->info.id, parties, count, PRESIGN_TIMEOUT_MS);
	d->making++;
	session_invite(m, &setup, d->info.scheme, NULL, NULL);
	run(m, d, &setup);
	return true;
}

/* Requests that wait for a presignature. */
static size_t waiting(const struct mpc *m, const struct domain *d)
{
	size_t count = 0;

	for (const struct request *r = m->requests; r; r = r->next)
		count += r->domain == d->info.id && !r->signing && !r->response && !r->unsignable;
	return count;
}

/* What is made before anybody asks. A CaitSith presignature costs 2 ms of processor time for each two signers
 * (and its pairings 40 ms): large networks make one when it is wanted. */
static size_t ahead(const struct domain *d)
{
	size_t cost = d->info.scheme == THRESHOLD_CAIT_SITH ? d->signers * d->signers : d->signers;
	size_t count = POOL_COST_MOST / cost;

	return count < POOL_AHEAD ? count : POOL_AHEAD;
}

/* A pool that runs dry under load is filled for the requests that wait, too. */
size_t pool_wanted(const struct mpc *m, const struct domain *d)
{
	size_t count = waiting(m, d);

	return ahead(d) + (count < POOL_AHEAD ? count : POOL_AHEAD);
}

/* While somebody waits, nothing is made that nobody waits for. */
static bool is_urgent(const struct mpc *m)
{
	for (size_t i = 0; i < m->domain_count; i++)
		if (waiting(m, &m->domains[i]) && pool_count(&m->domains[i], true) == 0)
			return true;
	return false;
}

/* In the background one after the other: signing needs the processor more. */
static size_t at_once(const struct mpc *m, const struct domain *d)
{
	return waiting(m, d) ? AT_ONCE : 1;
}

void pools_fill(struct mpc *m)
{
	bool urgent = is_urgent(m);

	for (size_t i = 0; m->serving && i < m->domain_count; i++) {
		struct domain *d = &m->domains[i];

		if (urgent && !waiting(m, d))
			continue;
		evict(m, d);
		while (d->making < at_once(m, d) && node_now_ms() >= d->pause_until_ms &&
		       pool_count(d, true) + d->making < pool_wanted(m, d) &&
		       pool_count(d, false) + d->making < POOL_MOST)
			if (!begin(m, d))
				break;
	}
}

/* ---- asked by others --------------------------------------------------------------------------------------- */

static const char *refuse(struct mpc *m, uint32_t from, const struct domain *d,
			  const struct session_setup *setup, const struct frame_start *start)
{
	if (!d || start->scheme != d->info.scheme)
		return "no such domain";
	if (setup->count != d->signers)
		return "not as many signers as the domain has";
	for (size_t i = 0; i < setup->count; i++)
		if (!contract_member(m->node->contract, setup->parties[i]))
			return "a signer that is no participant";
	if (sessions_led_by(m, from) >= SESSIONS_OF_PEER_MOST)
		return "too many sessions";
	if (!mpc_all_up(m, setup->parties, setup->count))
		return "not all signers are connected";
	if (!paired(m, d, setup->parties, setup->count))
		return "not paired with all signers yet";
	return NULL;
}

void presign_started(struct mpc *m, uint32_t from, const struct session_setup *setup,
		     const struct frame_start *start)
{
	struct domain *d = domain_by_id(m, setup->domain);
	const char *why = refuse(m, from, d, setup, start);
	struct session_setup own = *setup;

	if (why) {
		session_refuse(m, setup, from, why);
		return;
	}
	own.timeout_ms = PRESIGN_TIMEOUT_MS;
	bound_borrowed(d, from);
	run(m, d, &own);
}
