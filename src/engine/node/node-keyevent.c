/* Generating and resharing keys: the contract says for which domain; the leader starts an attempt once all
 * are connected; all run the protocol, store their share, and only then vote. */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "engine/node/node-mpc.h"

#define TARGET "mpc_node::key_events"
#define ACTIVATION_MS 20000 /* of the start transaction, as in the real node */
#define VOTE_AGAIN_MS 2000
#define NOBODY UINT32_MAX

static const char *what(const struct mpc *m)
{
	return m->event.reshare ? "Key resharing" : "Key generation";
}

static json_t *event_arguments(const struct keystore_id *id)
{
	return json_pack("{s:{s:I,s:I,s:I}}", "key_event_id", "epoch_id", (json_int_t)id->epoch, "domain_id",
			 (json_int_t)id->domain, "attempt_id", (json_int_t)id->attempt);
}

static size_t event_parties(const struct mpc *m, uint32_t *ret)
{
	const struct contract_state *c = m->node->contract;

	return contract_parties(c, c->event.reshare, ret);
}

static bool takes_part(const struct mpc *m)
{
	const struct contract_participant *self = m->node->self;
	const struct contract_state *c = m->node->contract;

	return c && c->event.present && self && (c->event.reshare ? self->next : self->holds);
}

/* ---- votes ------------------------------------------------------------------------------------------- */

static void on_vote(void *ctx, const char *error)
{
	struct mpc *m = ctx;

	(void)m;
	if (error)
		node_log("WARN", TARGET, "a vote was not accepted: %s", error);
}

static void vote_abort(struct mpc *m)
{
	if (m->event.aborted)
		return;
	m->event.aborted = true;
	sender_call(m->node->sender, "vote_abort_key_event_instance", event_arguments(&m->event.id), on_vote, m);
}

static void say_vote(const struct mpc *m, const char *method)
{
	const struct keystore_id *id = &m->event.id;

	node_log("INFO", TARGET,
		 "%s attempt (epoch %" PRIu64 ", domain %u, attempt %" PRIu64 "): sending %s", what(m),
		 id->epoch, id->domain, id->attempt, method);
}

/* The share is on disk. */
static void vote(struct mpc *m)
{
	const struct threshold_key *key = m->event.share;
	const char *method = m->event.reshare ? "vote_reshared" : "vote_pk";
	json_t *arguments = event_arguments(&m->event.id);
	OWN(str) char *text = NULL;

	if (!m->event.reshare) {
		text = contract_key_text(key->curve, key->public_key);
		json_set_str(arguments, "public_key", text);
	}
	m->event.voted_ms = node_now_ms();
	say_vote(m, method);
	sender_call(m->node->sender, method, arguments, on_vote, m);
}

/* Equal at all: nobody leads, the contract does. */
static void attempt_session(const struct mpc *m, uint8_t ret[FRAME_SESSION_BYTES])
{
	const struct keystore_id *id = &m->event.id;
	OWN(str)
	char *text = str_printf("mpcup key event %d %" PRIu64 " %u %" PRIu64 " ", m->event.reshare, id->epoch,
				id->domain, id->attempt);
	OWN(buf) struct buf b = { 0 };

	buf_str(&b, text);
	buf_add(&b, m->network, sizeof(m->network));
	crypto_hash_sha256(ret, (const uint8_t *)b.data, b.len);
}

/* ---- the protocol ------------------------------------------------------------------------------------- */

static bool changes_key(const struct mpc *m, const struct threshold_key *key)
{
	const struct contract_key *old = contract_key(m->node->contract, m->event.id.domain);

	return m->event.reshare && (!old || old->curve != key->curve ||
				    memcmp(old->public_key, key->public_key, threshold_point_bytes(key->curve)));
}

static void keep_share(struct mpc *m, struct threshold_key *key)
{
	const struct keystore_id *id = &m->event.id;
	struct err err = { 0 };

	node_log("INFO", TARGET,
		 "%s attempt (epoch %" PRIu64 ", domain %u, attempt %" PRIu64 "): committing the share",
		 what(m), id->epoch, id->domain, id->attempt);
	if (!key || changes_key(m, key)) {
		node_log("ERROR", TARGET, "the result is not a share of the key that was to be reshared");
		threshold_key_free(key);
		vote_abort(m);
		return;
	}
	m->event.share = key;
	if (keystore_put(m->store, id, key, &err) < 0) {
		node_log("ERROR", TARGET, "the share cannot be stored: %s", err.text);
		threshold_key_free(GIVE(m->event.share));
		vote_abort(m);
		return;
	}
	vote(m);
}

static void on_done(void *ctx, const struct session_setup *setup, const struct session_end *end)
{
	struct mpc *m = ctx;
	const struct keystore_id *id = &m->event.id;
	uint8_t current[FRAME_SESSION_BYTES];

	/* A result of an earlier attempt taken for this one's would be a share of another polynomial: in a
	 * resharing even the public key does not tell. */
	attempt_session(m, current);
	if (!m->event.running || memcmp(current, setup->id, sizeof(current)) != 0)
		return;
	m->event.running = false;
	if (!end->failure) {
		keep_share(m, threshold_take_key(end->protocol));
		return;
	}
	node_log("WARN", TARGET,
		 "%s attempt (epoch %" PRIu64 ", domain %u, attempt %" PRIu64 ") failed: %s", what(m),
		 id->epoch, id->domain, id->attempt, end->failure);
	vote_abort(m);
}

static struct threshold_session *reshare_protocol(struct mpc *m, const struct threshold_setting *setting,
						  struct threshold_key **ret_old)
{
	const struct contract_state *c = m->node->contract;
	const struct contract_key *key = contract_key(c, m->event.id.domain);
	const struct contract_domain *old = contract_domain(c, m->event.id.domain);
	uint32_t dealers[THRESHOLD_PARTIES_MOST];
	struct threshold_reshare r = { .curve = threshold_scheme_curve(c->event.domain.scheme),
				       .old_parties = dealers,
				       .new_parties = setting->parties,
				       .new_count = setting->count,
				       .new_t = c->event.domain.threshold,
				       .old_t = old ? old->threshold : 0,
				       .public_key = key ? key->public_key : NULL };
	struct keystore_id id = { c->keyset_epoch, m->event.id.domain, key ? key->attempt : 0 };
	struct err err = { 0 };

	if (!key || !old)
		return NULL;
	for (size_t i = 0; i < c->participant_count; i++)
		if (c->participants[i].holds && c->participants[i].next)
			dealers[r.old_count++] = c->participants[i].id;
	if (keystore_get(m->store, &id, ret_old, &err) < 0)
		node_log("ERROR", TARGET, "%s", err.text);
	r.old_key = *ret_old;
	if (m->node->self->holds && !r.old_key) {
		node_log("ERROR", TARGET, "this node has no share of domain %u to reshare", id.domain);
		return NULL;
	}
	return threshold_reshare(&r, setting);
}

static void run_attempt(struct mpc *m)
{
	const struct contract_event *e = &m->node->contract->event;
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	struct session_setup setup = { .task = e->reshare ? TASK_RESHARE : TASK_GENERATE, .epoch = e->epoch,
				       .domain = e->domain.id, .leader = NOBODY, .parties = parties,
				       .timeout_ms = m->node->config.generate_timeout_ms };
	OWN(threshold_key) struct threshold_key *old = NULL;
	struct threshold_session *protocol;
	struct threshold_setting setting;

	setup.count = event_parties(m, parties);
	attempt_session(m, setup.id);
	session_setting(m, &setup, &setting);
	if (e->reshare)
		protocol = reshare_protocol(m, &setting, &old);
	else
		protocol = threshold_generate(threshold_scheme_curve(e->domain.scheme), e->domain.threshold,
					      &setting);
	sodium_memzero(&setting, sizeof(setting));
	if (!protocol) {
		vote_abort(m);
		return;
	}
	m->event.running = true;
	session_run(m, &setup, protocol, on_done, m);
}

static void begin(struct mpc *m)
{
	const struct keystore_id *id = &m->event.id;
	struct err err = { 0 };
	int result = keystore_begin(m->store, id, &err);

	if (result == 0) {
		node_log("INFO", TARGET,
			 "%s attempt (epoch %" PRIu64 ", domain %u, attempt %" PRIu64 "): starting", what(m),
			 id->epoch, id->domain, id->attempt);
		run_attempt(m);
		return;
	}
	node_log("WARN", TARGET, "%s attempt %" PRIu64 " of domain %u is given up: %s", what(m), id->attempt,
		 id->domain,
		 result < 0 ? err.text : "an earlier process of this node took part in it and has no share");
	vote_abort(m);
}

/* ---- what the contract wants ---------------------------------------------------------------------------- */

void key_event_clear(struct mpc *m)
{
	uint8_t session[FRAME_SESSION_BYTES];

	if (m->event.running) {
		m->event.running = false;
		attempt_session(m, session);
		session_stop(m, session, "the attempt is over");
	}
	threshold_key_free(GIVE(m->event.share));
	m->event.here = m->event.aborted = false;
	m->event.voted_ms = 0;
}

static void on_started(void *ctx, const char *error)
{
	struct mpc *m = ctx;

	if (!error)
		return;
	node_log("WARN", TARGET, "the key event was not started: %s", error);
	m->event.asked_ms = node_now_ms() - ACTIVATION_MS + VOTE_AGAIN_MS; /* soon again */
}

static bool asked_already(struct mpc *m, const struct contract_event *e)
{
	const struct key_event *k = &m->event;

	if (!k->asked_ms || k->asked_attempt != e->next_attempt || k->asked_domain != e->domain.id ||
	    k->asked_epoch != e->epoch)
		return false;
	if (node_now_ms() - k->asked_ms < ACTIVATION_MS)
		return true;
	node_log("WARN", TARGET,
		 "Key event (epoch %" PRIu64 ", domain %u, attempt %" PRIu64
		 ") did not activate in time; retrying.",
		 e->epoch, e->domain.id, e->next_attempt);
	return false;
}

/* The leader's part: the lowest participant id. */
static void start_attempt(struct mpc *m, const uint32_t *parties, size_t count)
{
	const struct contract_event *e = &m->node->contract->event;
	struct keystore_id id = { e->epoch, e->domain.id, e->next_attempt };

	if (count == 0 || parties[0] != mpc_self(m) || asked_already(m, e))
		return;
	m->event.asked_ms = node_now_ms();
	m->event.asked_attempt = e->next_attempt;
	m->event.asked_domain = e->domain.id;
	m->event.asked_epoch = e->epoch;
	sender_call(m->node->sender, e->reshare ? "start_reshare_instance" : "start_keygen_instance",
		    event_arguments(&id), on_started, m);
}

static void say_waiting(struct mpc *m, const uint32_t *parties, size_t count)
{
	OWN(buf) struct buf names = { 0 };

	for (size_t i = 0; i < count; i++)
		if (parties[i] != mpc_self(m) && !mesh_up(m->node->mesh, parties[i]))
			buf_printf(&names, "%s%u %s", names.len ? ", " : "", parties[i],
				   mpc_account(m, parties[i]));
	if (names.data && node_repeat_due(&m->repeat, names.data))
		node_log("INFO", TARGET, "Waiting for %zu participants to be ready. Not connected: %s", count,
			 names.data);
}

/* A share of an attempt that we took part in, maybe in an earlier process. */
static void adopt(struct mpc *m, const struct contract_event *e)
{
	struct keystore_id id = { e->epoch, e->domain.id, e->attempt };
	struct err err = { 0 };

	key_event_clear(m);
	m->event.here = true;
	m->event.reshare = e->reshare;
	m->event.id = id;
	if (keystore_get(m->store, &id, &m->event.share, &err) < 0)
		node_log("ERROR", TARGET, "%s", err.text);
}

static bool has_voted(const struct mpc *m, const struct contract_event *e)
{
	for (size_t i = 0; i < e->completed_count; i++)
		if (e->completed[i] == mpc_self(m))
			return true;
	return false;
}

static bool is_current(const struct mpc *m, const struct contract_event *e)
{
	const struct keystore_id *id = &m->event.id;

	return m->event.here && m->event.reshare == e->reshare && id->epoch == e->epoch &&
	       id->domain == e->domain.id && id->attempt == e->attempt;
}

static void take_part(struct mpc *m, const uint32_t *parties, size_t count)
{
	const struct contract_event *e = &m->node->contract->event;

	if (!is_current(m, e))
		adopt(m, e);
	if (m->event.running || m->event.aborted || has_voted(m, e))
		return;
	if (!m->event.share && mpc_all_up(m, parties, count))
		begin(m);
	else if (m->event.share && (!m->event.voted_ms || node_now_ms() - m->event.voted_ms > VOTE_AGAIN_MS))
		vote(m);
}

static bool possible(struct mpc *m, size_t count)
{
	const struct contract_domain *d = &m->node->contract->event.domain;
	struct err err = { 0 };

	if (!d->known)
		err_set(&err, ERR_INPUT, "its protocol '%s' is not part of the node that is built into mpcup",
			d->protocol);
	else if (threshold_scheme_check(d->scheme, count, d->threshold, &err) == 0)
		return true;
	if (node_repeat_due(&m->repeat, err.text))
		node_log("ERROR", TARGET, "domain %u can have no key: %s", d->id, err.text);
	return false;
}

void key_event_update(struct mpc *m)
{
	uint32_t parties[THRESHOLD_PARTIES_MOST];
	const struct contract_event *e;
	size_t count;

	if (!takes_part(m)) {
		key_event_clear(m);
		return;
	}
	e = &m->node->contract->event;
	count = event_parties(m, parties);
	if (!possible(m, count))
		return;
	if (!mpc_all_up(m, parties, count))
		say_waiting(m, parties, count);
	if (e->started && chain_height(m->node->chain) <= e->expires_on) {
		take_part(m, parties, count);
		return;
	}
	if (e->started && m->event.running) {
		node_log("WARN", TARGET, "Key event expired before computation completed.");
		key_event_clear(m);
	}
	if (mpc_all_up(m, parties, count))
		start_attempt(m, parties, count);
}
