/* One signature. The leader spends one of its presignatures and names request and presignature to its
 * signers; each takes the request from its own view of the chain and burns its half before it answers. */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "engine/node/node-mpc.h"

#define TARGET "mpc_node::signature"
#define TIMEOUT_MS 10000
#define START_WAITS_MS 5000
#define STARTS_MOST 256

struct signing {
	struct mpc *mpc;
	uint8_t request[32];
	int64_t started_ms, arrived_ms;
};

/* A start whose request the chain has not told us yet; its presignature is taken already. */
struct waiting_start {
	struct waiting_start *next;
	struct session_setup setup;
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	uint8_t request[32];
	struct presignature *presignature;
	int64_t at_ms;
};

/* ---- sessions ---------------------------------------------------------------------------------------------- */

static void led(struct mpc *m, struct domain *d, const struct signing *s, const struct session_end *end)
{
	struct request *r = request_find(m, s->request);
	int64_t now = node_now_ms();
	struct threshold_signature signature;

	if (!end->failure && threshold_take_signature(end->protocol, &signature) == 0) {
		domain_record(d, s->request, mpc_self(m), now - s->arrived_ms, "succeeded");
		m->counts.sign_seconds += (double)(now - s->started_ms) / 1000;
		m->counts.sign_count++;
		if (r)
			request_signed(m, r, &signature);
		return;
	}
	domain_record(d, s->request, mpc_self(m), now - s->arrived_ms,
		      end->failure ? end->failure : "no signature");
	if (r)
		request_failed(m, r, end->failure ? end->failure : "no signature");
}

static void followed(struct mpc *m, struct domain *d, const struct session_setup *setup,
		     const struct signing *s, const struct session_end *end)
{
	domain_record(d, s->request, setup->leader, node_now_ms() - s->started_ms,
		      end->failure ? end->failure : "share sent");
	if (!end->failure)
		return;
	m->counts.passive_failed++;
	node_log("WARN", TARGET, "signature led by %u %s failed: %s", setup->leader,
		 mpc_account(m, setup->leader), end->failure);
}

static void on_done(void *ctx, const struct session_setup *setup, const struct session_end *end)
{
	struct signing *s = ctx;
	struct mpc *m = s->mpc;
	struct domain *d = setup->epoch == m->epoch ? domain_by_id(m, setup->domain) : NULL;

	if (d && setup->leader == mpc_self(m))
		led(m, d, s, end);
	else if (d)
		followed(m, d, setup, s, end);
	free(s);
}

static void run(struct mpc *m, struct domain *d, const struct session_setup *setup, const struct request *r,
		struct presignature *p)
{
	struct threshold_request request = { .message = r->payload, .message_len = r->payload_len,
					     .coordinator = setup->leader };
	struct signing *s = NEW(struct signing);
	struct threshold_setting setting;
	struct threshold_session *protocol;

	memcpy(request.tweak, r->tweak, sizeof(request.tweak));
	memcpy(request.entropy, r->entropy, sizeof(request.entropy));
	s->mpc = m;
	memcpy(s->request, r->id, sizeof(s->request));
	s->started_ms = node_now_ms();
	s->arrived_ms = r->arrived_ms;
	session_setting(m, setup, &setting);
	protocol = threshold_sign(d->key, GIVE(p->value), &request, &setting);
	sodium_memzero(&setting, sizeof(setting));
	session_run(m, setup, protocol, on_done, s);
}

static unsigned timeout_ms(const struct mpc *m)
{
	return session_timeout_ms(m, TIMEOUT_MS, m->node->config.sign_timeout_ms);
}

void sign_lead(struct mpc *m, struct domain *d, struct request *r, struct presignature *presignature)
{
	OWN(presignature) struct presignature *p = presignature;
	struct session_setup setup =
		session_lead(m, TASK_SIGN, m->epoch, d->info.id, p->parties, p->count, timeout_ms(m));

	session_invite(m, &setup, d->info.scheme, p->id, r->id);
	run(m, d, &setup, r, p);
}

/* ---- asked by the leader -------------------------------------------------------------------------------------- */

static void waiting_free(struct waiting_start *w)
{
	presignature_free(w->presignature);
	free(w);
}

static void wait_for_request(struct mpc *m, const struct session_setup *setup, const uint8_t request[32],
			     struct presignature *p)
{
	struct waiting_start *w = NEW(struct waiting_start);
	size_t count = 0;

	for (const struct waiting_start *other = m->starts; other; other = other->next)
		count++;
	w->presignature = p;
	if (count == STARTS_MOST) {
		session_refuse(m, setup, setup->leader, "too many signatures of requests that this node does not see");
		waiting_free(w);
		return;
	}
	w->setup = *setup;
	memcpy(w->parties, setup->parties, setup->count * sizeof(*setup->parties));
	w->setup.parties = w->parties;
	memcpy(w->request, request, sizeof(w->request));
	w->at_ms = node_now_ms();
	w->next = m->starts;
	m->starts = w;
}

static void follow(struct mpc *m, const struct session_setup *setup, const struct request *r,
		   struct presignature *p)
{
	struct domain *d = domain_by_id(m, setup->domain);

	if (!d || r->domain != setup->domain) {
		session_refuse(m, setup, setup->leader, "the request is for another domain");
		return;
	}
	m->counts.passive_found++;
	run(m, d, setup, r, p);
}

static bool same_parties(const struct presignature *p, const struct session_setup *setup)
{
	return p->count == setup->count &&
	       !memcmp(p->parties, setup->parties, p->count * sizeof(*p->parties));
}

void sign_started(struct mpc *m, uint32_t from, const struct session_setup *setup,
		  const struct frame_start *start)
{
	struct domain *d = domain_by_id(m, setup->domain);
	OWN(presignature) struct presignature *p = d ? pool_take_id(d, from, start->presignature) : NULL;
	struct session_setup own = *setup;
	const struct request *r = request_find(m, start->request);

	own.timeout_ms = timeout_ms(m);
	m->counts.passive_received++;
	if (!p || !same_parties(p, setup))
		session_refuse(m, setup, from, "this node has no such presignature of that leader and set");
	else if (!r)
		wait_for_request(m, &own, start->request, GIVE(p));
	else
		follow(m, &own, r, p);
}

void signs_request_arrived(struct mpc *m)
{
	struct waiting_start **at = &m->starts;

	while (*at) {
		struct waiting_start *w = *at;
		const struct request *r = request_find(m, w->request);

		if (!r) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		follow(m, &w->setup, r, w->presignature);
		waiting_free(w);
		at = &m->starts;
	}
}

void signs_tick(struct mpc *m)
{
	struct waiting_start **at = &m->starts;

	while (*at) {
		struct waiting_start *w = *at;

		if (node_now_ms() - w->at_ms < START_WAITS_MS) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		session_refuse(m, &w->setup, w->setup.leader, "the chain does not tell this node of that request");
		waiting_free(w);
	}
}

void signs_clear(struct mpc *m)
{
	while (m->starts) {
		struct waiting_start *w = m->starts;

		m->starts = w->next;
		waiting_free(w);
	}
}
