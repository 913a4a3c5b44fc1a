/* Presignatures: who may take which, once. */
#include <event2/event.h>
#include <string.h>

#include "base/test.h"
#include "engine/node/node-mpc.h"

static void nothing(void *ctx)
{
	(void)ctx;
}

/* Node 0 of three, nobody connected. */
struct world {
	struct event_base *base;
	struct node node;
	struct mpc mpc;
	struct contract_participant self;
	struct threshold_key key;
	struct domain domain;
};

static void world_new(struct world *w)
{
	static const uint8_t network[32] = { 1 };
	struct mesh_events events = { .changed = nothing };

	w->base = event_base_new();
	w->node.base = w->base;
	w->node.mesh = mesh_new(w->base, NULL, NODE_PROFILE_31, network, &events);
	w->node.self = &w->self;
	w->node.mpc = &w->mpc;
	w->mpc.node = &w->node;
	w->mpc.serving = true;
	w->mpc.slowness = 1;
	w->mpc.domains = &w->domain;
	w->mpc.domain_count = 1;
	w->key = (struct threshold_key){ .t = 2, .count = 3, .parties = { 0, 1, 2 } };
	w->domain = (struct domain){ .mpc = &w->mpc, .info = { .id = 4, .protocol = "Frost" }, .key = &w->key,
				     .signers = 2 };
}

static void world_free(struct world *w)
{
	pool_clear(&w->domain);
	mesh_free(w->node.mesh);
	event_base_free(w->base);
}

static void add(struct world *w, uint8_t id, uint32_t owner, uint32_t other)
{
	struct presignature *p = NEW(struct presignature);

	p->id[0] = id;
	p->owner = owner;
	p->count = other == owner ? 1 : 2;
	p->parties = mem_new(2, sizeof(*p->parties));
	p->parties[0] = owner;
	p->parties[1] = other;
	p->next = w->domain.presignatures;
	w->domain.presignatures = p;
}

TEST(pool, presignature_is_given_once_and_to_its_owner_only)
{
	uint8_t id[32] = { 7 }, unknown[32] = { 8 };
	struct world w = { 0 };
	struct presignature *p;

	world_new(&w);
	add(&w, 7, 1, 0);
	CHECK(!pool_take_id(&w.domain, 2, id));
	CHECK(!pool_take_id(&w.domain, 0, id));
	CHECK(!pool_take_id(&w.domain, 1, unknown));
	p = pool_take_id(&w.domain, 1, id);
	CHECK(p != NULL);
	CHECK(!pool_take_id(&w.domain, 1, id));
	presignature_free(p);
	world_free(&w);
}

TEST(pool, only_ours_with_all_signers_connected_is_taken_to_sign)
{
	struct world w = { 0 };
	struct presignature *p;

	world_new(&w);
	add(&w, 1, 0, 2); /* ours, 2 is away */
	add(&w, 2, 1, 0); /* 1's */
	CHECK_INT(pool_count(&w.domain, false), 1);
	CHECK_INT(pool_count(&w.domain, true), 0);
	CHECK(!pool_take(&w.domain));
	add(&w, 3, 0, 0); /* of nobody but us, so that nobody can be away */
	CHECK_INT(pool_count(&w.domain, true), 1);
	p = pool_take(&w.domain);
	CHECK(p && p->id[0] == 3);
	CHECK(!pool_take(&w.domain));
	presignature_free(p);
	world_free(&w);
}

TEST(pool, what_its_owner_gives_up_is_dropped_by_the_owner_only)
{
	uint8_t id[32] = { 7 };
	struct world w = { 0 };

	world_new(&w);
	add(&w, 7, 1, 0);
	pool_drop(&w.mpc, 2, id);
	CHECK(w.domain.presignatures);
	pool_drop(&w.mpc, 1, id);
	CHECK(!w.domain.presignatures);
	world_free(&w);
}

TEST(pool, peer_that_was_started_anew_takes_all_with_it)
{
	struct world w = { 0 };

	world_new(&w);
	add(&w, 1, 0, 1);
	add(&w, 2, 0, 2);
	add(&w, 3, 1, 0);
	add(&w, 4, 2, 1);
	pools_drop_peer(&w.mpc, 1);
	CHECK(w.domain.presignatures && w.domain.presignatures->id[0] == 2 && !w.domain.presignatures->next);
	world_free(&w);
}

/* ---- presignatures whose signers are not paired yet ---------------------------------------------------- */

static const uint32_t signers[2] = { 0, 2 };

static void lead(struct world *w, struct contract_state *state)
{
	w->node.contract = state;
	w->domain.info.scheme = THRESHOLD_CAIT_SITH;
	presign_lead(&w->mpc, &w->domain, signers, 2);
}

TEST(presign, waits_for_the_pairing_with_each_of_its_signers)
{
	struct contract_state state = { 0 };
	struct world w = { 0 };

	world_new(&w);
	CHECK_INT(presigns_wait_since(&w.mpc, 2), 0);
	lead(&w, &state);
	CHECK(presigns_wait_since(&w.mpc, 2) > 0);
	CHECK_INT(presigns_wait_since(&w.mpc, 1), 0);
	CHECK_INT(w.domain.making, 1);
	CHECK(!w.mpc.sessions);
	presigns_unpaired(&w.mpc, 1, "not one of its signers");
	CHECK(w.mpc.presigns != NULL);
	presigns_paired(&w.mpc); /* somebody else */
	CHECK(w.mpc.presigns != NULL);
	presigns_unpaired(&w.mpc, 2, "cannot pair");
	CHECK(!w.mpc.presigns);
	CHECK_INT(w.domain.making, 0);
	CHECK_INT(w.domain.turn, 1); /* another set is next */
	pairs_clear(&w.mpc);
	world_free(&w);
}

TEST(presign, ends_when_a_signer_says_so_and_not_when_another_does)
{
	struct contract_state state = { 0 };
	struct world w = { 0 };
	uint8_t id[FRAME_SESSION_BYTES];

	world_new(&w);
	lead(&w, &state);
	frame_session_id(w.mpc.network, 0, mesh_process(w.node.mesh), w.mpc.counter, id);
	CHECK(presigns_aborted(&w.mpc, 1, id));
	CHECK(w.mpc.presigns != NULL);
	CHECK(presigns_aborted(&w.mpc, 2, id));
	CHECK(!w.mpc.presigns);
	CHECK(!presigns_aborted(&w.mpc, 2, id));
	CHECK_INT(w.domain.making, 0);
	pairs_clear(&w.mpc);
	world_free(&w);
}

TEST(presign, ends_when_a_signer_is_away_or_the_time_is_over)
{
	struct contract_state state = { 0 };
	struct world w = { 0 };

	world_new(&w);
	lead(&w, &state);
	presigns_links_changed(&w.mpc); /* nobody is connected */
	CHECK(!w.mpc.presigns);
	w.node.config.presign_timeout_ms = 60000;
	lead(&w, &state);
	presigns_tick(&w.mpc);
	CHECK(w.mpc.presigns != NULL);
	presigns_clear(&w.mpc);
	CHECK(!w.mpc.presigns);
	w.node.config.presign_timeout_ms = 0;
	lead(&w, &state);
	presigns_tick(&w.mpc);
	CHECK(!w.mpc.presigns);
	pairs_clear(&w.mpc);
	world_free(&w);
}

TEST(session, has_more_time_where_the_machine_is_slow_and_not_more_than_configured)
{
	struct mpc m = { .slowness = 1 };

	CHECK_INT(session_timeout_ms(&m, 15000, 60000), 15000);
	m.slowness = 2.5;
	CHECK_INT(session_timeout_ms(&m, 15000, 60000), 37500);
	m.slowness = 32;
	CHECK_INT(session_timeout_ms(&m, 15000, 60000), 60000);
	CHECK_INT(session_timeout_ms(&m, 15000, 1000), 1000);
}

/* ---- who signs ------------------------------------------------------------------------------------------ */

TEST(pool, who_is_missing_is_named)
{
	struct world w = { 0 };
	struct contract_participant people[3] = { { .account = (char[]){ "a" }, .id = 0 },
						  { .account = (char[]){ "b" }, .id = 1 },
						  { .account = (char[]){ "c" }, .id = 2 } };
	struct contract_state state = { .participants = people, .participant_count = 3 };
	OWN(str) char *text = NULL;
	OWN(json) json_t *j = NULL;

	world_new(&w);
	w.node.contract = &state;
	CHECK(!domain_can_sign(&w.domain));
	text = domain_missing_text(&w.domain);
	CHECK_STR(text, "domain 4 (Frost) needs 2 of 3 signers; not connected: 1 b, 2 c");
	j = mpc_domains_json(&w.mpc);
	CHECK_STR(json_string_value(json_path(j, "domains.0.missing.1")), "2 c");
	CHECK_STR(json_string_value(json_path(j, "domains.0.reason")), text);
	CHECK(json_is_false(json_path(j, "domains.0.can_sign")));
	world_free(&w);
}
