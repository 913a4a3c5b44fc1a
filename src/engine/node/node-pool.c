/* Presignatures made ahead: in memory only, so that none can be used twice after a crash. Its owner is who
 * led the session that made it; only the owner uses it, once; the others burn their halves with it. */
#include <sodium.h>
#include <string.h>

#include "engine/node/node-mpc.h"

#define AHEAD_MOST 16	 /* of ours with all signers online, per domain */
#define COST_MOST 64	 /* of those made ahead */
#define COST_MS 4	 /* of the clock for each, in the background: half of one processor */
#define SLOWNESS_MOST 4	 /* of a machine on which expensive ones are made ahead */
#define POOL_MOST 48	 /* of ours in all */
#define AT_ONCE 4	 /* of ours, per domain */
#define BORROWED_MOST 96 /* of one owner, per domain */
#define LATE_TURNS 2	 /* after which another one is made for the same request */

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

void pool_store(struct domain *d, const struct session_setup *setup, struct threshold_presignature *value)
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
void pool_bound_borrowed(struct domain *d, uint32_t owner)
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
static size_t choose(const struct mpc *m, const struct domain *d, size_t turn, uint32_t *ret)
{
	const struct threshold_key *key = d->key;
	size_t count = 0;

	ret[count++] = mpc_self(m);
	for (size_t i = 0; i < key->count && count < d->signers; i++) {
		uint32_t id = key->parties[(turn + i) % key->count];

		if (id != mpc_self(m) && mesh_up(m->node->mesh, id))
			ret[count++] = id;
	}
	if (count < d->signers)
		return 0;
	sort(ret, count);
	return count;
}

/* All in turn; but as long as pairings are missing everybody wants the same ones, so that few are missing: the first
 * ones, with whom pairings are made first. */
static bool is_complete(const struct mpc *m, const struct domain *d)
{
	return d->info.scheme != THRESHOLD_CAIT_SITH || pairs_complete(m, d->key);
}

static bool is_paired(const struct mpc *m, const struct domain *d, const uint32_t *parties, size_t count)
{
	return d->info.scheme != THRESHOLD_CAIT_SITH || pairs_ready(m, parties, count);
}

/* It is our turn, and there was no presignature. */
static bool awaits(const struct domain *d, const struct request *r)
{
	return r->domain == d->info.id && r->due_ms && !r->signing && !r->response && !r->unsignable;
}

/* Somebody who should have signed long ago has not: one of the usual signers may hang. */
static bool is_late(const struct mpc *m, const struct domain *d)
{
	int64_t turn_ms = request_turn_ms(m, d);

	for (const struct request *r = m->requests; r; r = r->next)
		if (awaits(d, r) && node_now_ms() - r->arrived_ms >= turn_ms)
			return true;
	return false;
}

/* The first set from `turn` on with all of whom we are paired; none: the one of `turn`. */
static size_t choose_paired(const struct mpc *m, const struct domain *d, size_t turn, uint32_t *ret)
{
	for (size_t i = 0; i < d->key->count; i++) {
		size_t count = choose(m, d, turn + i, ret);

		if (!count || is_paired(m, d, ret, count))
			return count;
	}
	return choose(m, d, turn, ret);
}

/* One more; false: not now. What nobody waits for waits for no pairings. */
static bool begin(struct mpc *m, struct domain *d, bool awaited)
{
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	size_t count = is_late(m, d) ? choose(m, d, randombytes_uniform((uint32_t)d->key->count), parties) :
				       choose_paired(m, d, d->turn + d->making, parties);

	if (!count || (!awaited && !is_paired(m, d, parties, count)))
		return false;
	d->turn += is_complete(m, d);
	presign_lead(m, d, parties, count);
	return true;
}

/* Requests whose turn is here and that wait for a presignature. */
static size_t waiting(const struct mpc *m, const struct domain *d)
{
	int64_t late_ms = LATE_TURNS * request_turn_ms(m, d);
	size_t count = 0;

	for (const struct request *r = m->requests; r; r = r->next)
		if (awaits(d, r))
			count += node_now_ms() - r->due_ms < late_ms ? 1 : 2;
	return count;
}

/* Of all signers together; about 2 ms of processor time. */
static size_t cost(const struct domain *d)
{
	size_t pairs = d->signers * d->signers;

	return d->info.scheme == THRESHOLD_CAIT_SITH ? pairs : pairs / 8 + 1;
}

/* What is made before anybody asks: the more signers, the fewer. */
static size_t ahead(const struct mpc *m, const struct domain *d)
{
	size_t most = m->node->config.presignatures_ahead, count = COST_MOST / cost(d);

	if (count < 1)
		count = 1;
	if (count > AHEAD_MOST)
		count = AHEAD_MOST;
	return count < most ? count : most;
}

/* A pool that runs dry under load is filled for the requests that wait, too. */
static size_t wanted(const struct mpc *m, const struct domain *d)
{
	size_t count = waiting(m, d);

	return ahead(m, d) + (count < AHEAD_MOST ? count : AHEAD_MOST);
}

/* While somebody waits, nothing is made that nobody waits for. */
static bool is_urgent(const struct mpc *m)
{
	for (size_t i = 0; i < m->domain_count; i++)
		if (waiting(m, &m->domains[i]) && pool_count(&m->domains[i], true) == 0)
			return true;
	return false;
}

/* Expensive ones are made ahead by one node after the other and when nothing is to be signed: all nodes may be on one
 * machine. */
static bool is_our_time(const struct mpc *m, const struct domain *d)
{
	int64_t each_ms = (int64_t)cost(d) * COST_MS;
	size_t at = 0;

	if (cost(d) <= COST_MOST)
		return true;
	while (at < d->key->count && d->key->parties[at] != mpc_self(m))
		at++;
	if (each_ms < 2 * MPC_TICK_MS)
		each_ms = 2 * MPC_TICK_MS;
	return !m->request_count && m->slowness < SLOWNESS_MOST && (size_t)(node_now_ms() / each_ms) % d->key->count == at;
}

/* In the background one after the other: signing needs the processor more. */
static size_t at_once(const struct mpc *m, bool awaited)
{
	size_t most = m->node->config.presignatures_at_once;

	return !awaited ? 1 : most < AT_ONCE ? most : AT_ONCE;
}

static void fill(struct mpc *m, struct domain *d)
{
	bool awaited = waiting(m, d) > 0;

	evict(m, d);
	while (d->making < at_once(m, awaited) && node_now_ms() >= d->pause_until_ms &&
	       (awaited || is_our_time(m, d)) && pool_count(d, true) + d->making < wanted(m, d) &&
	       pool_count(d, false) + d->making < POOL_MOST)
		if (!begin(m, d, awaited))
			break;
}

void pools_fill(struct mpc *m)
{
	bool urgent = is_urgent(m);

	for (size_t i = 0; m->serving && i < m->domain_count; i++)
		if (!urgent || waiting(m, &m->domains[i]))
			fill(m, &m->domains[i]);
}
