/* The P2P port as a node sees it: a chain and a peer on one loop. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/localnet/localnet-p2p.h"
#include "engine/localnet/test-world.h"
#include "engine/peer/peer.h"

struct world {
	struct chain chain;
	struct event_base *base;
	struct p2p *p2p;
	struct peer_host *host;
	struct peer *peer;
	json_t *frames; /* that came and were not taken */
	bool open, closed, changed;
	json_int_t next_id;
};

static void opened(void *ctx, struct peer *peer)
{
	struct world *w = ctx;

	(void)peer;
	w->open = true;
}

static void frame(void *ctx, struct peer *peer, const uint8_t *data, size_t len)
{
	struct world *w = ctx;

	(void)peer;
	json_array_append_new(w->frames, json_loadb((const char *)data, len, 0, NULL));
}

static void closed(void *ctx, struct peer *peer, const char *why)
{
	struct world *w = ctx;

	(void)peer;
	(void)why;
	w->closed = true;
}

static void changed(void *ctx)
{
	struct world *w = ctx;

	w->changed = true;
}

/* One turn of the loop, at most 2 s long, and what the chain does after it. */
static void turn(struct world *w)
{
	const struct timeval most = { 2, 0 };

	event_base_loopexit(w->base, &most);
	event_base_loop(w->base, EVLOOP_ONCE);
	if (w->changed) {
		struct err err = { 0 };

		w->changed = false;
		CHECK_OK(ledger_commit(w->chain.ledger, &err), err);
		p2p_flush(w->p2p);
		ledger_news_clear(w->chain.ledger);
	}
}

/* The next frame whose member is that; NULL value: any. */
static json_t *expect(struct world *w, const char *key, const json_t *value)
{
	for (int turns = 0; turns < 50 && !w->closed; turns++) {
		json_t *one;
		size_t i;

		json_array_foreach(w->frames, i, one) {
			json_t *member = json_object_get(one, key);

			if (!member || (value && !json_equal(member, value)))
				continue;
			json_incref(one);
			json_array_remove(w->frames, i);
			return one;
		}
		turn(w);
	}
	test_fail(__FILE__, __LINE__, "no frame with %s came", key);
	return NULL;
}

static json_t *expect_event(struct world *w, const char *kind)
{
	OWN(json) json_t *value = json_string(kind);

	return expect(w, "event", value);
}

static json_int_t send_request(struct world *w, json_t *request)
{
	OWN(json) json_t *own = request;
	OWN(str) char *text = NULL;

	json_set_int(own, "id", ++w->next_id);
	text = json_text(own);
	peer_send(w->peer, text, strlen(text));
	return w->next_id;
}

static json_t *answer_to(struct world *w, json_int_t id)
{
	OWN(json) json_t *value = json_integer(id);

	return expect(w, "id", value);
}

static void world_open(struct world *w)
{
	struct peer_events events = { NULL, opened, frame, closed, w };
	uint8_t seed[32] = { 8 };
	struct near_key key;
	struct err err = { 0 };
	uint16_t port = test_free_port();

	chain_open(&w->chain, NULL);
	w->base = event_base_new();
	w->frames = json_array();
	CHECK_OK(p2p_new(w->base, &w->chain.key, w->chain.ledger, port, changed, w, &w->p2p, &err),
		 err);
	near_key_from_seed(seed, &key);
	CHECK_OK(peer_host_new(w->base, &key, &w->host, &err), err);
	w->peer = peer_dial(w->host, "127.0.0.1", port, near_key_public(&w->chain.key), &events);
	json_decref(expect(w, "genesis_hash", NULL));
}

static void world_close(struct world *w)
{
	peer_host_free(w->host);
	p2p_free(w->p2p);
	event_base_free(w->base);
	json_decref(w->frames);
	chain_close(&w->chain);
}

static char *signed_call(struct world *w, const char *method, const char *args, near_u128 deposit)
{
	struct near_transaction *t = transaction(&w->chain, LOCALNET_ROOT, CONTRACT);
	OWN(buf) struct buf b = { 0 };

	add_call(t, method, args)->amount = deposit;
	near_transaction_sign(t, &w->chain.key, &b);
	near_transaction_free(t);
	return base64_encode(b.data, b.len);
}

TEST(localnet_p2p, views_keys_and_transactions_are_answered)
{
	struct world w = { 0 };
	OWN(str) char *base64 = NULL;
	json_t *answers[5];

	world_open(&w);
	answers[0] = answer_to(&w, send_request(&w, json_pack("{s:s,s:s}", "account_id", CONTRACT,
							      "view", "state")));
	CHECK(strstr(json_str_or(answers[0], "error", ""), "not initialized"));
	answers[1] =
		answer_to(&w, send_request(&w, json_pack("{s:s,s:s}", "account_id", "test.near",
							 "access_key", w.chain.public_key)));
	CHECK_STR(json_string_value(json_path(answers[1], "result.permission")), "FullAccess");
	answers[2] = answer_to(&w, send_request(&w, json_pack("{s:s,s:s}", "account_id", "x.near",
							      "access_key", w.chain.public_key)));
	CHECK_STR(json_str(answers[2], "error"), "Account x.near does not exist while viewing");
	base64 = signed_call(&w, "vote_pk", "{}", 0);
	answers[3] = answer_to(&w, send_request(&w, json_pack("{s:s}", "transaction", base64)));
	CHECK(json_path(answers[3], "outcome.status.Failure"));
	answers[4] = answer_to(&w, send_request(&w, json_pack("{s:s}", "transaction", "AAAA")));
	CHECK(json_str(answers[4], "error") && !json_object_get(answers[4], "invalid"));
	for (size_t i = 0; i < 5; i++)
		json_decref(answers[i]);
	world_close(&w);
}

TEST(localnet_p2p, refused_transaction_says_why_in_nearcores_form)
{
	struct world w = { 0 };
	OWN(str) char *base64 = NULL;
	OWN(json) json_t *answer = NULL;

	world_open(&w);
	base64 = signed_call(&w, "vote_pk", "{}", 0);
	json_decref(call(&w.chain, LOCALNET_ROOT, CONTRACT, "vote_pk", "{\"x\":1}"));
	answer = answer_to(&w, send_request(&w, json_pack("{s:s}", "transaction", base64)));
	CHECK_INT(json_integer_value(json_path(answer, "invalid.InvalidNonce.ak_nonce")), 1);
	CHECK(json_str(answer, "error") != NULL);
	world_close(&w);
}

/* A follower is told of the state, of requests and of their ends; the asker gets the signature. */
TEST(localnet_p2p, who_follows_the_contract_is_told_at_once)
{
	static const char args[] =
		"{\"request\":{\"path\":\"a\",\"domain_id\":0,\"payload_v2\":{\"Eddsa\":"
		"\"0102030405060708010203040506070801020304050607080102030405060708\"}}}";
	struct world w = { 0 };
	struct signers s;
	OWN(str) char *base64 = NULL;
	json_int_t asked;
	json_t *frames[7];

	world_open(&w);
	frames[0] = answer_to(&w, send_request(&w, json_pack("{s:s}", "follow", CONTRACT)));
	CHECK(json_is_true(json_object_get(frames[0], "result")));
	frames[1] = expect_event(&w, "state");
	CHECK(json_is_null(json_object_get(frames[1], "state")));
	CHECK(strstr(json_str_or(frames[1], "error", ""), "not initialized"));
	signers_begin(&w.chain, &s);
	json_object_set_new(w.chain.ledger->dirty_contracts, CONTRACT, json_true());
	w.changed = true;
	base64 = signed_call(&w, "sign", args, 1);
	asked = send_request(&w, json_pack("{s:s}", "transaction", base64));
	frames[2] = expect_event(&w, "state");
	CHECK(json_path(frames[2], "state.Running"));
	frames[3] = expect_event(&w, "request");
	CHECK_STR(json_string_value(json_path(frames[3], "request.predecessor")), "test.near");
	{
		OWN(json)
		json_t *pending =
			signer_pending(json_object_get(w.chain.ledger->contracts, CONTRACT));

		CHECK(json_equal(json_object_get(frames[3], "request"),
				 json_array_get(pending, 0)));
	}
	respond_silently(&w.chain, &s);
	w.changed = true;
	frames[4] = expect_event(&w, "done");
	CHECK(json_is_true(json_object_get(frames[4], "answered")));
	CHECK_STR(json_str(frames[4], "request"),
		  json_string_value(json_path(frames[3], "request.request")));
	frames[5] = answer_to(&w, asked);
	CHECK(json_path(frames[5], "outcome.status.SuccessValue"));
	frames[6] = answer_to(&w, send_request(&w, json_pack("{s:s}", "follow", "none.near")));
	for (size_t i = 0; i < 7; i++)
		json_decref(frames[i]);
	world_close(&w);
}

TEST(localnet_p2p, who_follows_late_is_told_of_what_waits)
{
	struct world w = { 0 };
	struct signers s;
	json_t *frames[3];

	world_open(&w);
	signers_begin(&w.chain, &s);
	CHECK(!sign_request(&w.chain, "test.near", 1));
	CHECK(!sign_request(&w.chain, "near", 2));
	send_request(&w, json_pack("{s:s}", "follow", CONTRACT));
	frames[0] = expect_event(&w, "state");
	CHECK(json_path(frames[0], "state.Running"));
	frames[1] = expect_event(&w, "request");
	frames[2] = expect_event(&w, "request");
	CHECK_STR(json_string_value(json_path(frames[1], "request.predecessor")), "test.near");
	CHECK_STR(json_string_value(json_path(frames[2], "request.predecessor")), "near");
	for (size_t i = 0; i < 3; i++)
		json_decref(frames[i]);
	world_close(&w);
}

TEST(localnet_p2p, what_is_no_request_ends_the_connection)
{
	static const char *const rows[] = { "", "[]", "{", "7", "\"x\"", "{\"id\":1}{" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w = { 0 };

		world_open(&w);
		peer_send(w.peer, rows[i], strlen(rows[i]));
		for (int turns = 0; turns < 50 && !w.closed; turns++)
			turn(&w);
		CHECK(w.closed);
		CHECK_INT(p2p_count(w.p2p), 0);
		world_close(&w);
	}
}
