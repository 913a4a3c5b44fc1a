/* Frames between the chain and its nodes: see localnet-p2p.h. Answers and events are queued and
 * sent when what they tell is committed; blocks are told after their commit anyway. */
#include "engine/localnet/localnet-p2p.h"

#include <stdio.h>
#include <string.h>

#include "engine/localnet/rpc.h"
#include "engine/peer/peer.h"

#define PEERS_MOST 4096
#define FOLLOWS_MOST 16
#define REQUEST_MOST (4u << 20) /* a transaction in base64 and what is around it */

/* What a peer follows, or waits for. */
struct member {
	char *follows[FOLLOWS_MOST];
	size_t follow_count;
	struct wait {
		char *transaction;
		json_int_t id;
	} * waits;
	size_t wait_count;
	char **queue; /* frames that wait for the commit */
	size_t queue_count;
};

struct p2p {
	struct peer_host *host;
	struct ledger *ledger;
	struct peer *peers[PEERS_MOST];
	size_t count;
	json_t *states; /* contract that somebody follows -> text of its last state event */
	void (*changed)(void *ctx);
	void *ctx;
};

static void send_json(struct peer *peer, const json_t *j)
{
	OWN(str) char *text = json_text(j);

	peer_send(peer, text, strlen(text));
}

/* Stolen; sent at the next flush. */
static void queue_json(struct p2p *p, struct peer *peer, json_t *j)
{
	struct member *m = peer_data(peer);

	m->queue = mem_grow(m->queue, m->queue_count + 1, sizeof(*m->queue));
	m->queue[m->queue_count++] = json_text(j);
	json_decref(j);
	p->changed(p->ctx);
}

static json_t *block_frame(const struct ledger *l)
{
	OWN(str) char *time = rpc_time_text(l->head.time_ns);

	return json_pack("{s:s,s:s,s:I,s:s,s:s}", "chain_id", l->chain_id, "genesis_hash",
			 l->genesis_hash, "height", (json_int_t)l->head.height, "hash",
			 l->head.hash, "time", time);
}

/* ---- following ----------------------------------------------------------------------------- */

static json_t *event(const struct ledger *l, const char *kind, const char *contract)
{
	return json_pack("{s:s,s:s,s:I}", "event", kind, "contract", contract, "height",
			 (json_int_t)l->head.height);
}

/* The `state` view's value, or null and why it fails. */
static json_t *state_of(const struct ledger *l, const char *contract)
{
	json_t *state = NULL, *j = json_object();
	OWN(str) char *error = NULL;

	if (!ledger_account(l, contract))
		error = str_printf("Account %s does not exist while viewing", contract);
	else if (ledger_view(l, contract, "state", "{}", 2, &state, &error) == 0)
		return json_object_set_new(j, "state", state), j;
	json_object_set_new(j, "state", json_null());
	json_object_set_new(j, "error", json_bytes(error, strlen(error)));
	return j;
}

static json_t *state_event(const struct ledger *l, const char *contract, json_t *state)
{
	json_t *j = event(l, "state", contract);

	json_object_update(j, state);
	return j;
}

static json_t *request_event(const struct ledger *l, const char *contract, json_t *request)
{
	json_t *j = event(l, "request", contract);

	json_object_set(j, "request", request);
	return j;
}

static bool follows(const struct peer *peer, const char *contract)
{
	const struct member *m = peer_data(peer);

	for (size_t i = 0; m && i < m->follow_count; i++)
		if (!strcmp(m->follows[i], contract))
			return true;
	return false;
}

static void tell(struct p2p *p, const char *contract, json_t *j)
{
	OWN(json) json_t *own = j;
	OWN(str) char *text = json_text(own);

	for (size_t i = 0; i < p->count; i++)
		if (follows(p->peers[i], contract))
			peer_send(p->peers[i], text, strlen(text));
}

/* Signature requests that came since the last flush. */
static void tell_requests(struct p2p *p, const char *contract)
{
	const struct ledger *l = p->ledger;
	const json_t *yielded = json_object_get(l->yielded, contract);
	OWN(json) json_t *fresh = json_object();
	OWN(json) json_t *pending = NULL;
	json_t *one;
	size_t i;

	if (json_array_size(yielded) == 0)
		return;
	json_array_foreach(yielded, i, one)
		json_object_set_new(fresh, json_string_value(one), json_true());
	pending = signer_pending(json_object_get(l->contracts, contract));
	json_array_foreach(pending, i, one)
		if (json_object_get(fresh, json_str_or(one, "request", "")))
			tell(p, contract, request_event(l, contract, one));
}

/* Events since the last flush, of one contract. */
static void tell_news(struct p2p *p, const char *contract, const char *last_state)
{
	const struct ledger *l = p->ledger;
	OWN(json) json_t *state = state_of(l, contract);
	OWN(str) char *text = json_canonical(state);
	json_t *one;
	size_t i;

	if (!str_eq(text, last_state)) {
		json_object_set_new(p->states, contract, json_string(text));
		tell(p, contract, state_event(l, contract, state));
	}
	tell_requests(p, contract);
	json_array_foreach(json_object_get(l->resumed, contract), i, one) {
		json_t *done = event(l, "done", contract);

		json_object_update(done, one);
		tell(p, contract, done);
	}
}

static void follow(struct p2p *p, struct peer *peer, const char *contract, json_t *answer)
{
	struct ledger *l = p->ledger;
	struct member *m = peer_data(peer);
	const json_t *state = json_object_get(l->contracts, contract);
	OWN(json) json_t *pending = state ? signer_pending(state) : json_array();
	OWN(json) json_t *view = state_of(l, contract);
	OWN(str) char *text = json_canonical(view);
	json_t *one;
	size_t i;

	if (m->follow_count == FOLLOWS_MOST) {
		json_set_str(answer, "error", "too many contracts are followed");
		queue_json(p, peer, answer);
		return;
	}
	if (!follows(peer, contract))
		m->follows[m->follow_count++] = str_dup(contract);
	if (!json_object_get(p->states, contract))
		json_object_set_new(p->states, contract, json_string(text));
	json_set_bool(answer, "result", true);
	queue_json(p, peer, answer);
	queue_json(p, peer, state_event(l, contract, view));
	json_array_foreach(pending, i, one)
		queue_json(p, peer, request_event(l, contract, one));
}

/* ---- requests ------------------------------------------------------------------------------ */

static void answer_view(struct p2p *p, const char *account, const json_t *request, json_t *answer)
{
	const json_t *given = json_object_get(request, "args");
	OWN(str) char *args = given ? json_text(given) : str_dup("{}");
	OWN(str) char *error = NULL;
	json_t *value = NULL;

	if (ledger_view(p->ledger, account, json_str_or(request, "view", ""), args, strlen(args),
			&value, &error) < 0)
		json_object_set_new(answer, "error", json_bytes(error, strlen(error)));
	else
		json_object_set_new(answer, "result", value);
}

static void answer_key(struct p2p *p, const char *account, const char *public_key, json_t *answer)
{
	json_t *keys = json_map(ledger_account(p->ledger, account), "keys");
	json_t *key = json_object_get(keys, public_key);
	OWN(str) char *error = NULL;

	if (key) {
		json_object_set_new(answer, "result", json_deep_copy(key));
		return;
	}
	error = str_printf("access key %s does not exist while viewing", public_key);
	json_set_str(answer, "error", error);
}

static void refuse(json_t *answer, json_t *invalid, const char *text)
{
	OWN(str) char *shown = invalid ? json_text(invalid) : str_dup(text);

	json_object_set_new(answer, "error", json_bytes(shown, strlen(shown)));
	if (invalid)
		json_object_set_new(answer, "invalid", invalid);
}

static void wait_for(struct peer *peer, const uint8_t hash[32], json_int_t id)
{
	struct member *m = peer_data(peer);

	m->waits = mem_grow(m->waits, m->wait_count + 1, sizeof(*m->waits));
	m->waits[m->wait_count++] = (struct wait){ near_base58_encode(hash, 32), id };
}

/* false: it is answered when it ends. */
static bool answer_transaction(struct p2p *p, struct peer *peer, const json_t *request,
			       json_t *answer)
{
	const char *base64 = json_str_or(request, "transaction", "");
	OWN(near_transaction) struct near_transaction *t = NULL;
	struct err why = { 0 };
	uint8_t *bytes = NULL;
	json_t *outcome = NULL;
	size_t len;
	int decoded;

	if (base64_decode(base64, strlen(base64), &bytes, &len) < 0)
		return refuse(answer, NULL, "the transaction is not base64"), true;
	decoded = near_transaction_decode(bytes, len, &t, &why);
	free(bytes);
	if (decoded < 0 || len > LOCALNET_TRANSACTION_MOST)
		return refuse(answer, NULL, decoded < 0 ? why.text : "too large"), true;
	switch (ledger_run(p->ledger, t, &outcome)) {
	case LEDGER_PENDING:
		wait_for(peer, t->hash, json_int_or(request, "id", 0));
		p->changed(p->ctx);
		return false;
	case LEDGER_DONE:
		json_object_set_new(answer, "outcome", outcome);
		break;
	case LEDGER_REFUSED:
	case LEDGER_UNKNOWN:
		refuse(answer, outcome, "");
		break;
	}
	return true;
}

static json_t *answer_new(const struct ledger *l, json_int_t id)
{
	return json_pack("{s:I,s:I}", "id", id, "height", (json_int_t)l->head.height);
}

static void request_account(struct p2p *p, struct peer *peer, const json_t *request, json_t *answer)
{
	const char *account = json_str_or(request, "account_id", "");
	const char *key = json_str(request, "access_key");
	OWN(str) char *error = NULL;

	if (!ledger_account(p->ledger, account)) {
		error = str_printf("Account %s does not exist while viewing", account);
		json_object_set_new(answer, "error", json_bytes(error, strlen(error)));
	} else if (key) {
		answer_key(p, account, key, answer);
	} else {
		answer_view(p, account, request, answer);
	}
	queue_json(p, peer, answer);
}

static void frame(void *ctx, struct peer *peer, const uint8_t *data, size_t len)
{
	struct p2p *p = ctx;
	OWN(json) json_t *request = NULL;
	json_t *answer;

	if (len > REQUEST_MOST ||
	    json_parse_text("frame", (const char *)data, len, &request, NULL) < 0 ||
	    !json_is_object(request)) {
		peer_close(peer, "sent something that is not a request");
		return;
	}
	answer = answer_new(p->ledger, json_int_or(request, "id", 0));
	if (json_str(request, "follow"))
		follow(p, peer, json_str(request, "follow"), answer);
	else if (!json_object_get(request, "transaction"))
		request_account(p, peer, request, answer);
	else if (answer_transaction(p, peer, request, answer))
		queue_json(p, peer, answer);
	else
		json_decref(answer);
}

/* ---- flushing ------------------------------------------------------------------------------ */

static void send_queue(struct peer *peer)
{
	struct member *m = peer_data(peer);

	for (size_t i = 0; m && i < m->queue_count; i++) {
		peer_send(peer, m->queue[i], strlen(m->queue[i]));
		free(m->queue[i]);
	}
	if (m)
		m->queue_count = 0;
}

static void send_done(struct p2p *p, struct peer *peer)
{
	struct member *m = peer_data(peer);

	for (size_t i = 0; m && i < m->wait_count;) {
		json_t *outcome = json_object_get(p->ledger->done, m->waits[i].transaction);
		OWN(json) json_t *answer = NULL;

		if (!outcome) {
			i++;
			continue;
		}
		answer = answer_new(p->ledger, m->waits[i].id);
		json_object_set(answer, "outcome", outcome);
		send_json(peer, answer);
		free(m->waits[i].transaction);
		m->waits[i] = m->waits[--m->wait_count];
	}
}

void p2p_flush(struct p2p *p)
{
	struct ledger *l = p->ledger;
	const char *contract;
	json_t *last;
	void *next;

	for (size_t i = 0; i < p->count; i++) {
		send_queue(p->peers[i]);
		if (json_object_size(l->done))
			send_done(p, p->peers[i]);
	}
	json_object_foreach_safe(p->states, next, contract, last) {
		OWN(str) char *text = str_dup(json_string_value(last));

		if (json_object_get(l->dirty_contracts, contract) ||
		    json_object_get(l->dirty_accounts, contract))
			tell_news(p, contract, text);
	}
}

void p2p_push_block(struct p2p *p)
{
	OWN(json) json_t *block = block_frame(p->ledger);

	for (size_t i = 0; i < p->count; i++)
		send_json(p->peers[i], block);
}

/* ---- connections --------------------------------------------------------------------------- */

static bool verify(void *ctx, struct peer *peer, const uint8_t key[NEAR_PUBLIC_BYTES])
{
	const struct p2p *p = ctx;

	(void)peer;
	(void)key;
	return p->count < PEERS_MOST; /* as a real chain: any key may follow it */
}

static void opened(void *ctx, struct peer *peer)
{
	OWN(str) char *key = near_public_format(peer_key(peer));
	struct p2p *p = ctx;
	OWN(json) json_t *block = block_frame(p->ledger);

	p->peers[p->count++] = peer;
	peer_set_data(peer, NEW(struct member));
	printf("peer %s connected from %s\n", key, peer_address(peer));
	send_json(peer, block);
}

static void member_free(struct member *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->follow_count; i++)
		free(m->follows[i]);
	for (size_t i = 0; i < m->wait_count; i++)
		free(m->waits[i].transaction);
	for (size_t i = 0; i < m->queue_count; i++)
		free(m->queue[i]);
	free(m->waits);
	free(m->queue);
	free(m);
}

static void closed(void *ctx, struct peer *peer, const char *why)
{
	struct p2p *p = ctx;

	for (size_t i = 0; i < p->count; i++)
		if (p->peers[i] == peer)
			p->peers[i--] = p->peers[--p->count];
	member_free(peer_data(peer));
	peer_set_data(peer, NULL);
	printf("peer %s left: %s\n", peer_address(peer), why);
}

int p2p_new(struct event_base *base, const struct near_key *key, struct ledger *ledger,
	    uint16_t port, void (*changed)(void *ctx), void *ctx, struct p2p **ret, struct err *err)
{
	OWN(p2p) struct p2p *p = NEW(struct p2p);
	struct peer_events events = { verify, opened, frame, closed, p };

	p->ledger = ledger;
	p->states = json_object();
	p->changed = changed;
	p->ctx = ctx;
	if (peer_host_new(base, key, &p->host, err) < 0 ||
	    peer_listen(p->host, port, &events, err) < 0)
		return -1;
	*ret = GIVE(p);
	return 0;
}

void p2p_free(struct p2p *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		member_free(peer_data(p->peers[i]));
	peer_host_free(p->host);
	json_decref(p->states);
	free(p);
}

json_t *p2p_active_peers(const struct p2p *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->count; i++) {
		OWN(str) char *key = near_public_format(peer_key(p->peers[i]));

		json_array_append_new(list, json_pack("{s:s,s:s,s:n}", "id", key, "addr",
						      peer_address(p->peers[i]), "account_id"));
	}
	return list;
}

size_t p2p_count(const struct p2p *p)
{
	return p->count;
}
