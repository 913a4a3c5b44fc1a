/* Making a presignature: all signers are told the set and begin once each is paired with all of the others (CaitSith).
 * So a pairing is made where one is wanted, by both ends, and nobody has to know who is paired with whom. */
#include <sodium.h>
#include <string.h>

#include "engine/node/node-mpc.h"

#define TARGET "mpc_node::presign"
#define SESSIONS_OF_PEER_MOST 64
#define PAUSE_MS 250
#define TIMEOUT_MS 15000
#define TIMEOUT_PAIR_MS 20 /* more, for each pair of signers */

/* One that waits for pairings. */
struct waiting_presign {
	struct waiting_presign *next;
	struct session_setup setup;
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	int64_t since_ms;
};

static bool is_ours(const struct mpc *m, const struct session_setup *setup)
{
	return setup->leader == mpc_self(m);
}

static void failed(struct mpc *m, struct domain *d, const struct session_setup *setup, const char *why)
{
	if (!is_ours(m, setup))
		return;
	d->turn++; /* others, maybe, can */
	d->pause_until_ms = node_now_ms() + PAUSE_MS;
	if (node_repeat_due(&m->repeat, why))
		node_log("WARN", TARGET, "presignature of domain %u failed: %s", d->info.id, why);
}

/* ---- sessions ------------------------------------------------------------------------------------------- */

static void made(struct mpc *m, struct domain *d, const struct session_setup *setup,
		 struct threshold_presignature *value)
{
	pool_store(d, setup, value);
	if (is_ours(m, setup)) {
		d->made++;
		m->counts.presignatures++;
	} else {
		session_tell_one(m, setup, setup->leader, FRAME_SUCCESS, NULL, 0);
	}
}

static void on_done(void *ctx, const struct session_setup *setup, const struct session_end *end)
{
	struct mpc *m = ctx;
	struct domain *d = setup->epoch == m->epoch ? domain_by_id(m, setup->domain) : NULL;

	if (!d)
		return;
	if (d->info.scheme == THRESHOLD_CAIT_SITH)
		pairs_release(m, setup->parties, setup->count, end->broken);
	if (end->failure)
		failed(m, d, setup, end->failure);
	else
		made(m, d, setup, threshold_take_presignature(end->protocol));
	if (!is_ours(m, setup))
		return;
	d->making--;
	requests_drive(m);
	pools_fill(m);
}

static void run(struct mpc *m, struct domain *d, const struct session_setup *setup)
{
	struct threshold_pairing *pairings[THRESHOLD_PARTIES_MOST] = { 0 };
	bool paired = d->info.scheme == THRESHOLD_CAIT_SITH;
	struct threshold_setting setting;
	struct threshold_session *protocol;

	session_setting(m, setup, &setting);
	if (paired)
		pairs_take(m, setup->parties, setup->count, pairings);
	protocol = threshold_presign(d->info.scheme, d->key, paired ? pairings : NULL, &setting);
	sodium_memzero(&setting, sizeof(setting));
	session_run(m, setup, protocol, on_done, m);
}

/* ---- waiting for pairings --------------------------------------------------------------------------------- */

static bool ready(const struct mpc *m, const struct domain *d, const struct session_setup *setup)
{
	return d->info.scheme != THRESHOLD_CAIT_SITH || pairs_ready(m, setup->parties, setup->count);
}

static void begin(struct mpc *m, struct domain *d, const struct session_setup *setup)
{
	struct waiting_presign *w;

	if (ready(m, d, setup)) {
		run(m, d, setup);
		return;
	}
	w = NEW(struct waiting_presign);
	w->setup = *setup;
	memcpy(w->parties, setup->parties, setup->count * sizeof(*setup->parties));
	w->setup.parties = w->parties;
	w->since_ms = node_now_ms();
	w->next = m->presigns;
	m->presigns = w;
	pairs_update(m);
}

static bool has_party(const struct waiting_presign *w, uint32_t id)
{
	for (size_t i = 0; i < w->setup.count; i++)
		if (w->parties[i] == id)
			return true;
	return false;
}

int64_t presigns_wait_since(const struct mpc *m, uint32_t peer)
{
	int64_t least = 0;

	for (const struct waiting_presign *w = m->presigns; w; w = w->next)
		if (has_party(w, peer) && (!least || w->since_ms < least))
			least = w->since_ms;
	return least;
}

static struct waiting_presign *unlink_at(struct waiting_presign **at)
{
	struct waiting_presign *w = *at;

	*at = w->next;
	return w;
}

/* Takes it: it is out of the list. The others are told; a follower tells its leader, who tells all. */
static void give_up(struct mpc *m, struct waiting_presign *w, const char *why)
{
	struct domain *d = domain_by_id(m, w->setup.domain);

	if (is_ours(m, &w->setup))
		session_tell(m, &w->setup, FRAME_ABORT, "", 0);
	else
		session_refuse(m, &w->setup, w->setup.leader, why);
	if (d)
		failed(m, d, &w->setup, why);
	if (d && is_ours(m, &w->setup))
		d->making--;
	free(w);
}

/* Whoever runs or ends one may be asked for others meanwhile: the list is looked at anew each time. */
void presigns_paired(struct mpc *m)
{
	struct waiting_presign **at = &m->presigns;

	while (*at) {
		struct domain *d = domain_by_id(m, (*at)->setup.domain);

		if (!d || !ready(m, d, &(*at)->setup)) {
			at = &(*at)->next;
			continue;
		}
		struct waiting_presign *w = unlink_at(at);

		run(m, d, &w->setup);
		free(w);
		at = &m->presigns;
	}
}

void presigns_unpaired(struct mpc *m, uint32_t peer, const char *why)
{
	struct waiting_presign **at = &m->presigns;

	while (*at)
		if (has_party(*at, peer))
			give_up(m, unlink_at(at), why);
		else
			at = &(*at)->next;
}

bool presigns_aborted(struct mpc *m, uint32_t from, const uint8_t id[FRAME_SESSION_BYTES])
{
	for (struct waiting_presign **at = &m->presigns; *at; at = &(*at)->next)
		if (!memcmp((*at)->setup.id, id, FRAME_SESSION_BYTES)) {
			OWN(str) char *why = str_printf("participant %u %s ended it", from, mpc_account(m, from));

			if (has_party(*at, from))
				give_up(m, unlink_at(at), why);
			return true;
		}
	return false;
}

void presigns_links_changed(struct mpc *m)
{
	struct waiting_presign **at = &m->presigns;

	while (*at)
		if (mpc_all_up(m, (*at)->parties, (*at)->setup.count))
			at = &(*at)->next;
		else
			give_up(m, unlink_at(at), "lost a connection to one of its signers");
}

void presigns_tick(struct mpc *m)
{
	struct waiting_presign **at = &m->presigns;

	while (*at)
		if (node_now_ms() - (*at)->since_ms < (int64_t)(*at)->setup.timeout_ms)
			at = &(*at)->next;
		else
			give_up(m, unlink_at(at), "its signers were not paired in time");
}

void presigns_clear(struct mpc *m)
{
	while (m->presigns)
		free(unlink_at(&m->presigns));
}

/* For the pairings, and for the presignature. */
static unsigned timeout_ms(const struct mpc *m, const struct domain *d)
{
	unsigned pairs = (unsigned)(d->signers * d->signers);

	return session_timeout_ms(m, TIMEOUT_MS + pairs * TIMEOUT_PAIR_MS, m->node->config.presign_timeout_ms);
}

/* ---- ours ------------------------------------------------------------------------------------------------- */

void presign_lead(struct mpc *m, struct domain *d, const uint32_t *parties, size_t count)
{
	struct session_setup setup =
		session_lead(m, TASK_PRESIGN, m->epoch, d->info.id, parties, count, timeout_ms(m, d));

	d->making++;
	session_invite(m, &setup, d->info.scheme, NULL, NULL);
	begin(m, d, &setup);
}

/* ---- asked by others --------------------------------------------------------------------------------------- */

static size_t led_by(const struct mpc *m, uint32_t leader)
{
	size_t count = sessions_led_by(m, leader);

	for (const struct waiting_presign *w = m->presigns; w; w = w->next)
		count += w->setup.leader == leader;
	return count;
}

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
	if (led_by(m, from) >= SESSIONS_OF_PEER_MOST)
		return "too many sessions";
	if (!mpc_all_up(m, setup->parties, setup->count))
		return "not all signers are connected";
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
	own.timeout_ms = timeout_ms(m, d);
	pool_bound_borrowed(d, from);
	begin(m, d, &own);
}
