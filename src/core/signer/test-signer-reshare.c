/* New participants and thresholds. */
#include <string.h>

#include "core/signer/test-signer-world.h"

#define HASH "f5deb23a5b22acfcd60e56169e498b2f0246b397ec86fd74282031aa3e7b40a2"
#define EVENT(epoch, domain, attempt)                                                                          \
	"{\"key_event_id\":{\"epoch_id\":" #epoch ",\"domain_id\":" #domain ",\"attempt_id\":" #attempt "}}"

/* {"threshold", "participants"} of n<first>..n<past-1>; the caller's. */
static char *parameters(unsigned first, unsigned past, unsigned next_id, unsigned threshold)
{
	OWN(str) char *list = world_participants(first, past, "tls_public_key");

	return str_printf("{\"threshold\":%u,\"participants\":{\"next_id\":%u,\"participants\":%s}}", threshold, next_id,
			  list);
}

static char *proposal(unsigned first, unsigned past, unsigned next_id, unsigned threshold, unsigned epoch)
{
	OWN(str) char *p = parameters(first, past, next_id, threshold);

	return str_printf("{\"prospective_epoch_id\":%u,\"proposal\":%s}", epoch, p);
}

static void vote_all(struct world *w, unsigned first, unsigned past, const char *method, const char *args)
{
	for (unsigned i = first; i < past; i++) {
		OWN(str) char *account = str_printf("n%u.near", i);

		world_passes(w, account, method, args);
	}
}

static void reshare_one(struct world *w, const char *leader, unsigned first, unsigned past, const char *event)
{
	world_passes(w, leader, "start_reshare_instance", event);
	vote_all(w, first, past, "vote_reshared", event);
}

TEST(signer_reshare, newcomer_joins_and_the_public_keys_stay)
{
	OWN(world) struct world w;
	OWN(str) char *vote = proposal(0, 4, 4, 3, 1);
	OWN(json) json_t *during = NULL;
	OWN(json) json_t *after = NULL;

	world_running(&w);
	world_panics(&w, "n3.near", "vote_new_parameters", vote, "Candidates can only cast a vote after");
	vote_all(&w, 0, 4, "vote_new_parameters", vote);
	during = world_state(&w);
	CHECK_INT(json_int_or(json_path(during, "Resharing.resharing_key"), "epoch_id", -1), 1);
	CHECK_INT(json_int_or(json_path(during, "Resharing.resharing_key.parameters"), "threshold", -1), 3);
	/* a domain that named no threshold follows the network's */
	CHECK_INT(json_int_or(json_path(during, "Resharing.resharing_key.domain"), "reconstruction_threshold", -1), 3);
	CHECK_INT(json_int_or(json_path(during, "Resharing.previous_running_state.domains.domains.0"),
			      "reconstruction_threshold", -1),
		  2);
	world_panics(&w, "n1.near", "start_reshare_instance", EVENT(1, 0, 0), "Voting account is not the leader");
	world_panics(&w, "n0.near", "start_keygen_instance", EVENT(1, 0, 0), "Protocol state is not initializing.");
	world_panics(&w, "n0.near", "vote_reshared", EVENT(1, 0, 0), "Expected ongoing reshare");
	reshare_one(&w, "n0.near", 0, 4, EVENT(1, 0, 0));
	reshare_one(&w, "n0.near", 0, 4, EVENT(1, 1, 0));
	after = world_state(&w);
	CHECK_INT(json_int_or(json_path(after, "Running.keyset"), "epoch_id", -1), 1);
	CHECK_INT(json_array_size(json_path(after, "Running.parameters.participants.participants")), 4);
	CHECK_INT(json_int_or(json_path(after, "Running.domains.domains.1"), "reconstruction_threshold", -1), 3);
	CHECK_STR(json_str(json_path(after, "Running.keyset.domains.0.key.Secp256k1"), "near_public_key"), WORLD_SECP256K1);
	CHECK_STR(json_str(json_path(after, "Running.keyset.domains.1.key.Ed25519"), "near_public_key_compressed"),
		  WORLD_ED25519);
	CHECK_INT(json_object_size(json_path(after, "Running.parameters_votes.proposal_by_account")), 0);
}

TEST(signer_reshare, participant_leaves_and_its_id_is_not_given_again)
{
	OWN(world) struct world w;
	OWN(str) char *leave = proposal(0, 2, 3, 2, 1);
	OWN(str) char *reuse = proposal(0, 3, 3, 2, 2);
	OWN(json) json_t *after = NULL;

	world_running(&w);
	vote_all(&w, 0, 2, "vote_new_parameters", leave);
	world_panics(&w, "n2.near", "vote_reshared", EVENT(1, 0, 0), "Caller must be an attested participant");
	reshare_one(&w, "n0.near", 0, 2, EVENT(1, 0, 0));
	reshare_one(&w, "n0.near", 0, 2, EVENT(1, 1, 0));
	after = world_state(&w);
	CHECK_INT(json_array_size(json_path(after, "Running.parameters.participants.participants")), 2);
	world_panics(&w, "n0.near", "vote_new_parameters", reuse, "unique and contiguous");
}

TEST(signer_reshare, only_the_threshold_changes)
{
	OWN(world) struct world w;
	OWN(str) char *vote = proposal(0, 3, 3, 3, 1);
	OWN(json) json_t *after = NULL;

	world_running(&w);
	vote_all(&w, 0, 3, "vote_new_parameters", vote);
	reshare_one(&w, "n0.near", 0, 3, EVENT(1, 0, 0));
	reshare_one(&w, "n0.near", 0, 3, EVENT(1, 1, 0));
	after = world_state(&w);
	CHECK_INT(json_int_or(json_path(after, "Running.parameters"), "threshold", -1), 3);
}

TEST(signer_reshare, thresholds_of_single_domains_change_with_the_new_shape)
{
	OWN(world) struct world w;
	OWN(str) char *p = parameters(0, 3, 3, 3);
	OWN(str) char *vote =
		str_printf("{\"prospective_epoch_id\":1,\"proposal\":{\"parameters\":%s,\"per_domain_thresholds\":{\"0\":2}}}", p);
	OWN(json) json_t *votes = NULL;
	OWN(json) json_t *during = NULL;
	OWN(json) json_t *after = NULL;

	world_running(&w);
	world_passes(&w, "n0.near", "vote_new_parameters", vote);
	votes = world_state(&w);
	CHECK_INT(json_int_or(json_object_get(json_path(votes, "Running.parameters_votes.proposal_by_account"), "n0.near"),
			      "threshold", -1),
		  3);
	vote_all(&w, 1, 3, "vote_new_parameters", vote);
	during = world_state(&w);
	CHECK_INT(json_int_or(json_path(during, "Resharing.per_domain_thresholds"), "0", -1), 2);
	CHECK_INT(json_int_or(json_path(during, "Resharing.resharing_key.domain"), "reconstruction_threshold", -1), 2);
	reshare_one(&w, "n0.near", 0, 3, EVENT(1, 0, 0));
	reshare_one(&w, "n0.near", 0, 3, EVENT(1, 1, 0));
	after = world_state(&w);
	CHECK_INT(json_int_or(json_path(after, "Running.domains.domains.0"), "reconstruction_threshold", -1), 2);
	CHECK_INT(json_int_or(json_path(after, "Running.domains.domains.1"), "reconstruction_threshold", -1), 3);
}

TEST(signer_reshare, old_keys_sign_on_while_it_lasts)
{
	OWN(world) struct world w;
	OWN(str) char *vote = proposal(0, 2, 3, 2, 1);
	OWN(str) char *args = world_sign_args("", 0, "{\"Ecdsa\":\"" HASH "\"}");
	OWN(json) json_t *pending = NULL;
	OWN(json) json_t *answer = NULL;
	OWN(json) json_t *key = NULL;

	world_running(&w);
	vote_all(&w, 0, 2, "vote_new_parameters", vote);
	w.deposit = 1;
	CHECK_INT(world_call(&w, "a.near", "sign", args), SIGNER_YIELD);
	w.deposit = 0;
	key = world_view(&w, "public_key", "{}");
	CHECK_STR(json_string_value(key), WORLD_SECP256K1);
	pending = signer_pending(w.state);
	answer = world_answer(json_array_get(pending, 0));
	/* n2 leaves, but still holds a share */
	CHECK_INT(world_respond(&w, "n2.near", json_array_get(pending, 0), answer), SIGNER_VALUE);
	CHECK_INT(w.out.resumed_count, 1);
}

TEST(signer_reshare, cancelled_resharing_goes_back_and_its_epoch_is_spent)
{
	OWN(world) struct world w;
	OWN(str) char *first = proposal(0, 4, 4, 3, 1);
	OWN(str) char *second = proposal(0, 4, 4, 3, 2);
	OWN(json) json_t *back = NULL;
	OWN(json) json_t *again = NULL;

	world_running(&w);
	world_panics(&w, "n0.near", "vote_cancel_resharing", "", "Protocol state is not resharing.");
	vote_all(&w, 0, 4, "vote_new_parameters", first);
	world_panics(&w, "n3.near", "vote_cancel_resharing", "", "Not a participant: n3.near");
	world_passes(&w, "n1.near", "vote_cancel_resharing", "");
	world_passes(&w, "n1.near", "vote_cancel_resharing", "{}");
	world_passes(&w, "n2.near", "vote_cancel_resharing", "{}");
	back = world_state(&w);
	CHECK_INT(json_int_or(json_path(back, "Running.keyset"), "epoch_id", -1), 0);
	CHECK_INT(json_int_or(json_path(back, "Running"), "previously_cancelled_resharing_epoch_id", -1), 1);
	world_panics(&w, "n0.near", "vote_new_parameters", first, "Provided Epoch Id, 1, does not match expected, 2.");
	vote_all(&w, 0, 4, "vote_new_parameters", second);
	again = world_state(&w);
	CHECK_INT(json_int_or(json_path(again, "Resharing.resharing_key"), "epoch_id", -1), 2);
}

TEST(signer_reshare, other_parameters_may_be_voted_while_it_lasts)
{
	OWN(world) struct world w;
	OWN(str) char *first = proposal(0, 4, 4, 3, 1);
	OWN(str) char *second = proposal(0, 3, 3, 3, 2);
	OWN(json) json_t *state = NULL;

	world_running(&w);
	vote_all(&w, 0, 4, "vote_new_parameters", first);
	world_passes(&w, "n0.near", "start_reshare_instance", EVENT(1, 0, 0));
	world_panics(&w, "n0.near", "vote_new_parameters", first, "Provided Epoch Id, 1, does not match expected, 2.");
	vote_all(&w, 0, 3, "vote_new_parameters", second);
	state = world_state(&w);
	CHECK_INT(json_int_or(json_path(state, "Resharing.resharing_key"), "epoch_id", -1), 2);
	CHECK(json_is_null(json_path(state, "Resharing.resharing_key.instance")));
	CHECK_INT(json_array_size(json_path(state, "Resharing.resharing_key.parameters.participants.participants")), 3);
}

TEST(signer_reshare, attempts_expire_and_are_aborted)
{
	OWN(world) struct world w;
	OWN(str) char *vote = proposal(0, 4, 4, 3, 1);
	OWN(json) json_t *state = NULL;

	world_running(&w);
	vote_all(&w, 0, 4, "vote_new_parameters", vote);
	world_passes(&w, "n0.near", "start_reshare_instance", EVENT(1, 0, 0));
	world_passes(&w, "n3.near", "vote_abort_key_event_instance", EVENT(1, 0, 0));
	world_passes(&w, "n0.near", "start_reshare_instance", EVENT(1, 0, 1));
	w.height += 31;
	world_panics(&w, "n0.near", "vote_reshared", EVENT(1, 0, 1), "Expected ongoing reshare");
	reshare_one(&w, "n0.near", 0, 4, EVENT(1, 0, 2));
	reshare_one(&w, "n0.near", 0, 4, EVENT(1, 1, 0));
	state = world_state(&w);
	CHECK_INT(json_int_or(json_path(state, "Running.keyset.domains.0"), "attempt", -1), 2);
	world_panics(&w, "n0.near", "vote_abort_key_event_instance", EVENT(1, 0, 2), "not running, nor resharing");
}

TEST(signer_reshare, without_domains_the_parameters_change_at_once)
{
	OWN(world) struct world w;
	OWN(str) char *vote = proposal(0, 4, 4, 3, 1);
	OWN(json) json_t *state = NULL;

	world_init(&w, 3, 2);
	vote_all(&w, 0, 4, "vote_new_parameters", vote);
	state = world_state(&w);
	CHECK_INT(json_int_or(json_path(state, "Running.keyset"), "epoch_id", -1), 1);
	CHECK_INT(json_array_size(json_path(state, "Running.parameters.participants.participants")), 4);
}

TEST(signer_reshare, domain_votes_of_those_who_stay_are_kept)
{
	OWN(world) struct world w;
	OWN(str) char *vote = proposal(0, 2, 3, 2, 1);
	OWN(json) json_t *state = NULL;
	const json_t *votes;

	world_running(&w);
	world_passes(&w, "n0.near", "vote_add_domains", "{\"domains\":[{\"id\":2,\"scheme\":\"Ed25519\"}]}");
	world_passes(&w, "n2.near", "vote_add_domains", "{\"domains\":[{\"id\":2,\"scheme\":\"Ed25519\"}]}");
	vote_all(&w, 0, 2, "vote_new_parameters", vote);
	reshare_one(&w, "n0.near", 0, 2, EVENT(1, 0, 0));
	reshare_one(&w, "n0.near", 0, 2, EVENT(1, 1, 0));
	state = world_state(&w);
	votes = json_path(state, "Running.add_domains_votes.proposal_by_account");
	CHECK_INT(json_object_size(votes), 1);
	CHECK(json_object_get(votes, "0") != NULL);
}

TEST(signer_reshare, forbidden_changes_are_refused)
{
	static const struct { unsigned first, past, next_id, threshold; const char *words; } rows[] = {
		{ 2, 5, 5, 2, "must contain at least `threshold` old participants" },
		{ 0, 4, 4, 2, "Threshold does not meet the minimum relative requirement: require at least 3, found 2" },
		{ 0, 4, 5, 3, "not skip any unused participant ids" },
		{ 0, 4, 3, 3, "Participant id 3 is not below next_id 3" },
		{ 0, 2, 2, 2, "ids are not used twice" },
	};
	OWN(world) struct world w;
	OWN(str) char *p = parameters(0, 3, 3, 2);
	OWN(str) char *none = proposal(1, 3, 3, 2, 1);

	world_running(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		OWN(str) char *vote =
			proposal(rows[i].first, rows[i].past, rows[i].next_id, rows[i].threshold, 1);

		world_panics(&w, "n0.near", "vote_new_parameters", vote, rows[i].words);
	}
	world_panics(&w, "n0.near", "vote_new_parameters", none, "Not a participant: n0.near");
	CHECK_INT(world_callf(&w, "n0.near", "vote_new_parameters",
			      "{\"prospective_epoch_id\":1,\"proposal\":{\"parameters\":%s,\"per_domain_thresholds\":{\"7\":2}}}", p),
		  SIGNER_PANIC);
	CHECK_STR(w.out.panic, "Resharing proposal references domain ID 7, which is not in the current registry.");
	CHECK_INT(world_callf(&w, "n0.near", "vote_new_parameters",
			      "{\"prospective_epoch_id\":1,\"proposal\":{\"parameters\":%s,\"per_domain_thresholds\":{\"1\":3}}}", p),
		  SIGNER_PANIC);
	CHECK_STR(w.out.panic, "Reconstruction threshold 3 of domain 1 exceeds the network's threshold 2.");
	CHECK_INT(world_callf(&w, "n0.near", "vote_new_parameters",
			      "{\"prospective_epoch_id\":1,\"proposal\":{\"parameters\":%s,\"per_domain_thresholds\":[]}}", p),
		  SIGNER_PANIC);
	world_panics(&w, "n0.near", "vote_new_parameters", "{\"prospective_epoch_id\":1}", "missing field `proposal`");
	world_panics(&w, "n0.near", "vote_new_parameters", "{}", "missing field `prospective_epoch_id`");
}

/* The id or the info of somebody who stays is another one. */
TEST(signer_reshare, who_stays_keeps_id_and_info)
{
	OWN(world) struct world w;
	OWN(json) json_t *swapped = NULL;
	OWN(json) json_t *moved = NULL;
	OWN(str) char *p = parameters(0, 3, 3, 2);
	OWN(str) char *a = NULL;
	OWN(str) char *b = NULL;

	swapped = json_pack("{s:i,s:o}", "prospective_epoch_id", 1, "proposal", json_loads(p, 0, NULL));
	moved = json_deep_copy(swapped);
	json_array_set_new(json_path(swapped, "proposal.participants.participants.0"), 1, json_integer(1));
	json_array_set_new(json_path(swapped, "proposal.participants.participants.1"), 1, json_integer(0));
	json_set_str(json_path(moved, "proposal.participants.participants.1.2"), "url", "http://elsewhere");
	a = json_text(swapped);
	b = json_text(moved);
	world_running(&w);
	world_panics(&w, "n0.near", "vote_new_parameters", a, "Existing participant n0.near changed ID from 0 to 1.");
	world_panics(&w, "n0.near", "vote_new_parameters", b, "Existing participant n1.near changed info");
}

TEST(signer_reshare, damgard_needs_enough_participants_afterwards_too)
{
	OWN(world) struct world w;
	OWN(str) char *vote = proposal(0, 2, 3, 2, 1);
	OWN(str) char *grow = proposal(0, 4, 4, 3, 1);

	world_init(&w, 3, 2);
	world_vote_domains(&w, 3, "[{\"id\":0,\"protocol\":\"DamgardEtAl\",\"reconstruction_threshold\":2}]");
	world_generate(&w, 3);
	world_panics(&w, "n0.near", "vote_new_parameters", vote, "DamgardEtAl requires at least 3 participants, found 2.");
	/* it named its threshold, so 2 stays when the network's grows */
	world_passes(&w, "n0.near", "vote_new_parameters", grow);
}
