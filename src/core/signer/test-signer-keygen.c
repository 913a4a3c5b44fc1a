/* Domains and the generation of their keys. */
#include <string.h>

#include "core/signer/test-signer-world.h"

#define BOTH "[{\"id\":0,\"scheme\":\"Secp256k1\"},{\"id\":1,\"scheme\":\"Ed25519\"}]"
#define EVENT(epoch, domain, attempt)                                                                          \
	"\"key_event_id\":{\"epoch_id\":" #epoch ",\"domain_id\":" #domain ",\"attempt_id\":" #attempt "}"
#define START(domain, attempt) "{" EVENT(0, domain, attempt) "}"
#define VOTE(domain, attempt, key) "{" EVENT(0, domain, attempt) ",\"public_key\":\"" key "\"}"

TEST(signer_domains, all_participants_must_want_the_same)
{
	OWN(world) struct world w;
	OWN(json) json_t *state = NULL;
	OWN(json) json_t *after = NULL;

	world_init(&w, 3, 2);
	world_passes(&w, "n0.near", "vote_add_domains", "{\"domains\":" BOTH "}");
	world_passes(&w, "n1.near", "vote_add_domains", "{\"domains\":[{\"id\":0,\"scheme\":\"Ed25519\"}]}");
	world_passes(&w, "n2.near", "vote_add_domains", "{\"domains\":" BOTH "}");
	state = world_state(&w);
	CHECK_INT(json_object_size(json_path(state, "Running.add_domains_votes.proposal_by_account")), 3);
	world_passes(&w, "n1.near", "vote_add_domains", "{\"domains\":" BOTH "}");
	CHECK_STR(json_string_value(json_array_get(w.out.logs, 0)), "removed old vote for signer");
	after = world_state(&w);
	CHECK_INT(json_array_size(json_path(after, "Initializing.domains.domains")), 2);
	CHECK_INT(json_int_or(json_path(after, "Initializing.domains"), "next_domain_id", -1), 2);
	CHECK_INT(json_int_or(json_path(after, "Initializing.generating_key.domain"), "id", -1), 0);
	CHECK(json_is_null(json_path(after, "Initializing.generating_key.instance")));
	CHECK_INT(json_int_or(json_path(after, "Initializing.generating_key"), "next_attempt_id", -1), 0);
	world_panics(&w, "n0.near", "vote_add_domains", "{\"domains\":" BOTH "}", "The protocol is not Running.");
}

/* Each way to name a domain, and what the state shows of it. */
TEST(signer_domains, every_dialect_gives_both_spellings)
{
	static const struct { const char *given, *scheme, *protocol; int threshold; } rows[] = {
		{ "{\"id\":0,\"scheme\":\"Secp256k1\"}", "Secp256k1", "CaitSith", 2 },
		{ "{\"id\":0,\"scheme\":\"Ed25519\",\"purpose\":\"Sign\"}", "Ed25519", "Frost", 2 },
		{ "{\"id\":0,\"scheme\":\"V2Secp256k1\"}", "V2Secp256k1", "DamgardEtAl", 2 },
		{ "{\"id\":0,\"curve\":\"Edwards25519\",\"purpose\":\"Sign\"}", "Ed25519", "Frost", 2 },
		{ "{\"id\":0,\"protocol\":\"CaitSith\",\"reconstruction_threshold\":2,\"purpose\":\"Sign\"}", "Secp256k1",
		  "CaitSith", 2 },
		{ "{\"id\":0,\"protocol\":\"DamgardEtAl\",\"reconstruction_threshold\":2,\"purpose\":\"Sign\"}",
		  "V2Secp256k1", "DamgardEtAl", 2 },
		{ "{\"id\":0,\"protocol\":\"Frost\",\"scheme\":\"Ed25519\",\"reconstruction_threshold\":null}", "Ed25519",
		  "Frost", 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		OWN(str) char *domains = str_printf("[%s]", rows[i].given);
		OWN(world) struct world w;
		OWN(json) json_t *state = NULL;
		const json_t *domain;

		world_init(&w, 3, 2);
		world_vote_domains(&w, 3, domains);
		state = world_state(&w);
		domain = json_path(state, "Initializing.generating_key.domain");
		CHECK(json_equal(domain, json_path(state, "Initializing.domains.domains.0")));
		CHECK_STR(json_str(domain, "scheme"), rows[i].scheme);
		CHECK_STR(json_str(domain, "protocol"), rows[i].protocol);
		CHECK_STR(json_str(domain, "purpose"), "Sign");
		CHECK_INT(json_int_or(domain, "reconstruction_threshold", -1), rows[i].threshold);
	}
}

TEST(signer_domains, bad_proposals_are_refused)
{
#define T(protocol, t) "[{\"id\":0,\"protocol\":\"" protocol "\",\"reconstruction_threshold\":" #t "}]"
	static const struct { unsigned count, threshold; const char *domains, *words; } rows[] = {
		{ 3, 2, "null", "missing field `domains`" },
		{ 3, 2, "[]", "must add at least one domain" },
		{ 3, 2, "[7]", "a domain is not an object" },
		{ 3, 2, "[{\"scheme\":\"Secp256k1\"}]", "missing field `id`" },
		{ 3, 2, "[{\"id\":0}]", "missing field `protocol`" },
		{ 3, 2, "[{\"id\":1,\"scheme\":\"Secp256k1\"}]", "not contiguous. Expected id: 0" },
		{ 3, 2, "[{\"id\":0,\"scheme\":\"Ed25519\"},{\"id\":2,\"scheme\":\"Ed25519\"}]", "Expected id: 1" },
		{ 3, 2, "[{\"id\":0,\"scheme\":\"Nonsense\"}]", "unknown variant `Nonsense` of scheme" },
		{ 3, 2, "[{\"id\":0,\"scheme\":\"Ed25519\",\"protocol\":\"CaitSith\"}]", "contradicts protocol CaitSith" },
		{ 3, 2, "[{\"id\":0,\"scheme\":\"Bls12381\"}]", "key derivation on BLS12-381 is not implemented" },
		{ 3, 2, "[{\"id\":0,\"protocol\":\"ConfidentialKeyDerivation\"}]", "is not implemented" },
		{ 3, 2, "[{\"id\":0,\"scheme\":\"Ed25519\",\"purpose\":\"CKD\"}]", "Invalid protocol-purpose combination" },
		{ 3, 2, "[{\"id\":0,\"protocol\":\"CaitSith\",\"purpose\":\"ForeignTx\"}]", "other chains are not checked" },
		{ 3, 2, "[{\"id\":0,\"scheme\":\"Ed25519\",\"purpose\":\"Fun\"}]", "unknown variant `Fun` of purpose" },
		{ 3, 2, T("Frost", 1), "Reconstruction threshold must be at least 2." },
		{ 3, 2, T("Frost", 4), "Reconstruction threshold 4 exceeds participant count 3." },
		{ 3, 2, T("Frost", 3), "Reconstruction threshold 3 of domain 0 exceeds the network's threshold 2." },
		{ 4, 3, T("DamgardEtAl", 3), "DamgardEtAl requires at least 5 participants, found 4." },
		/* one that names no threshold has the network's */
		{ 2, 2, "[{\"id\":0,\"scheme\":\"V2Secp256k1\"}]", "DamgardEtAl requires at least 3 participants, found 2." },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		OWN(str) char *args = str_printf("{\"domains\":%s}", rows[i].domains);
		OWN(world) struct world w;

		world_init(&w, rows[i].count, rows[i].threshold);
		world_panics(&w, "n0.near", "vote_add_domains", args, rows[i].words);
	}
}

TEST(signer_keygen, keys_of_all_domains_one_after_the_other)
{
	OWN(world) struct world w;
	OWN(json) json_t *state = NULL;
	const json_t *keys, *point;

	world_running(&w);
	state = world_state(&w);
	keys = json_path(state, "Running.keyset.domains");
	CHECK_INT(json_array_size(keys), 2);
	CHECK_STR(json_str(json_path(state, "Running.keyset.domains.0.key.Secp256k1"), "near_public_key"), WORLD_SECP256K1);
	CHECK_STR(json_str(json_path(state, "Running.keyset.domains.1.key.Ed25519"), "near_public_key_compressed"),
		  WORLD_ED25519);
	point = json_path(state, "Running.keyset.domains.1.key.Ed25519.edwards_point");
	CHECK_INT(json_array_size(point), 32);
	CHECK_INT(json_integer_value(json_array_get(point, 0)), 0x34);
	CHECK_INT(json_int_or(json_array_get(keys, 1), "attempt", -1), 0);
	CHECK_INT(json_int_or(json_array_get(keys, 1), "domain_id", -1), 1);
}

TEST(signer_keygen, attempt_is_started_by_the_leader_with_the_right_id)
{
	OWN(world) struct world w;
	OWN(json) json_t *state = NULL;
	const json_t *attempt;

	world_init(&w, 3, 2);
	world_panics(&w, "n0.near", "start_keygen_instance", START(0, 0), "Protocol state is not initializing.");
	world_vote_domains(&w, 3, BOTH);
	world_panics(&w, "n0.near", "vote_pk", VOTE(0, 0, WORLD_SECP256K1), "Expected ongoing reshare");
	world_panics(&w, "n1.near", "start_keygen_instance", START(0, 0), "Voting account is not the leader");
	world_panics(&w, "n0.near", "start_keygen_instance", START(0, 1), "Key event Id mismatch");
	world_panics(&w, "n0.near", "start_keygen_instance", START(1, 0), "Key event Id mismatch");
	world_panics(&w, "n0.near", "start_keygen_instance", "{" EVENT(1, 0, 0) "}", "Key event Id mismatch");
	world_panics(&w, "n0.near", "start_keygen_instance", "{}", "missing field `key_event_id`");
	world_panics(&w, "n0.near", "start_keygen_instance", "{\"key_event_id\":{\"epoch_id\":0,\"domain_id\":0}}",
		     "missing field `attempt_id`");
	world_panics(&w, "n0.near", "start_reshare_instance", START(0, 0), "Protocol state is not resharing.");
	world_passes(&w, "n0.near", "start_keygen_instance", START(0, 0));
	state = world_state(&w);
	attempt = json_path(state, "Initializing.generating_key.instance");
	CHECK_INT(json_int_or(attempt, "attempt_id", -1), 0);
	CHECK_INT(json_int_or(attempt, "started_in", -1), 100);
	CHECK_INT(json_int_or(attempt, "expires_on", -1), 131);
	CHECK(json_is_null(json_object_get(attempt, "public_key")));
	CHECK_INT(json_int_or(json_path(state, "Initializing.generating_key"), "next_attempt_id", -1), 1);
	world_panics(&w, "n0.near", "start_keygen_instance", START(0, 1), "while the current instance is still active");
}

TEST(signer_keygen, votes_are_of_the_attempt_once_and_for_a_key_of_the_curve)
{
	OWN(world) struct world w;
	OWN(json) json_t *state = NULL;

	world_init(&w, 3, 2);
	world_vote_domains(&w, 3, BOTH);
	world_passes(&w, "n0.near", "start_keygen_instance", START(0, 0));
	world_panics(&w, "n0.near", "vote_pk", START(0, 0), "missing field `public_key`");
	world_panics(&w, "n0.near", "vote_pk", VOTE(0, 0, WORLD_ED25519), "is not a secp256k1 public key");
	world_panics(&w, "n0.near", "vote_pk", VOTE(0, 0, "secp256k1:abc"), "is not a secp256k1 public key");
	world_panics(&w, "n0.near", "vote_pk", VOTE(0, 1, WORLD_SECP256K1), "Key event Id mismatch");
	world_panics(&w, "n0.near", "vote_pk", VOTE(1, 0, WORLD_SECP256K1), "Key event Id mismatch");
	world_passes(&w, "n2.near", "vote_pk", VOTE(0, 0, WORLD_SECP256K1));
	world_passes(&w, "n0.near", "vote_pk", VOTE(0, 0, WORLD_SECP256K1));
	world_panics(&w, "n0.near", "vote_pk", VOTE(0, 0, WORLD_SECP256K1), "Vote already casted.");
	world_panics(&w, "n0.near", "vote_abort_key_event_instance", START(0, 0), "Vote already casted.");
	state = world_state(&w);
	CHECK_INT(json_integer_value(json_path(state, "Initializing.generating_key.instance.completed.0")), 0);
	CHECK_INT(json_integer_value(json_path(state, "Initializing.generating_key.instance.completed.1")), 2);
	CHECK_STR(json_str(json_path(state, "Initializing.generating_key.instance.public_key.Secp256k1"), "near_public_key"),
		  WORLD_SECP256K1);
	world_passes(&w, "n1.near", "vote_pk", VOTE(0, 0, WORLD_SECP256K1));
	world_panics(&w, "n1.near", "vote_pk", VOTE(1, 0, WORLD_ED25519), "Expected ongoing reshare");
}

/* A point of small order, and bytes that are no point at all. */
TEST(signer_keygen, keys_that_are_no_points_are_refused)
{
	uint8_t bytes[32] = { 1 };
	OWN(str) char *identity = near_public_format(bytes);
	OWN(str) char *nothing = NULL;
	OWN(world) struct world w;
	const char *const *key;
	const char *keys[3] = { identity, NULL, NULL };

	memset(bytes, 0x22, sizeof(bytes));
	bytes[0] = 2;
	bytes[31] = 0xff;
	nothing = near_public_format(bytes);
	keys[1] = nothing;
	world_init(&w, 3, 2);
	world_vote_domains(&w, 3, "[{\"id\":0,\"scheme\":\"Ed25519\"}]");
	world_passes(&w, "n0.near", "start_keygen_instance", START(0, 0));
	for (key = keys; *key; key++) {
		OWN(str) char *args = str_printf("{" EVENT(0, 0, 0) ",\"public_key\":\"%s\"}", *key);

		world_panics(&w, "n0.near", "vote_pk", args, "is not a ed25519 public key");
	}
}

TEST(signer_keygen, expired_attempt_is_gone_and_the_next_one_starts)
{
	OWN(world) struct world w;
	OWN(json) json_t *state = NULL;
	struct signer_outcome expired;

	world_init(&w, 3, 2);
	world_vote_domains(&w, 3, BOTH);
	world_passes(&w, "n0.near", "start_keygen_instance", START(0, 0));
	w.height = 130;
	world_passes(&w, "n0.near", "vote_pk", VOTE(0, 0, WORLD_SECP256K1));
	signer_expire(w.state, 130, &expired);
	CHECK(!expired.changed);
	signer_outcome_clear(&expired);
	w.height = 131;
	world_panics(&w, "n1.near", "vote_pk", VOTE(0, 0, WORLD_SECP256K1), "Expected ongoing reshare");
	world_panics(&w, "n1.near", "vote_abort_key_event_instance", START(0, 0), "Expected ongoing reshare");
	state = world_state(&w);
	CHECK(json_is_null(json_path(state, "Initializing.generating_key.instance")));
	signer_expire(w.state, 131, &expired);
	CHECK(expired.changed);
	CHECK_INT(expired.resumed_count, 0);
	signer_outcome_clear(&expired);
	world_panics(&w, "n0.near", "start_keygen_instance", START(0, 0), "Key event Id mismatch");
	world_passes(&w, "n0.near", "start_keygen_instance", START(0, 1));
}

TEST(signer_keygen, abort_and_disagreement_end_the_attempt)
{
	OWN(world) struct world w;
	OWN(json) json_t *state = NULL;

	world_init(&w, 3, 2);
	world_vote_domains(&w, 3, "[{\"id\":0,\"scheme\":\"Ed25519\"}]");
	world_passes(&w, "n0.near", "start_keygen_instance", START(0, 0));
	world_passes(&w, "n1.near", "vote_abort_key_event_instance", START(0, 0));
	world_panics(&w, "n0.near", "vote_pk", VOTE(0, 0, WORLD_ED25519), "Expected ongoing reshare");
	world_passes(&w, "n0.near", "start_keygen_instance", START(0, 1));
	world_passes(&w, "n0.near", "vote_pk", VOTE(0, 1, WORLD_ED25519));
	world_passes(&w, "n1.near", "vote_pk", VOTE(0, 1, WORLD_OTHER_ED25519));
	CHECK(strstr(json_string_value(json_array_get(w.out.logs, 0)), "Public key disagreement"));
	world_panics(&w, "n2.near", "vote_pk", VOTE(0, 1, WORLD_ED25519), "Expected ongoing reshare");
	world_generate(&w, 3);
	state = world_state(&w);
	CHECK_INT(json_int_or(json_path(state, "Running.keyset.domains.0"), "attempt", -1), 2);
}

TEST(signer_keygen, cancelled_with_what_is_there_and_ids_are_not_given_again)
{
	OWN(world) struct world w;
	OWN(json) json_t *state = NULL;

	world_init(&w, 3, 2);
	world_panics(&w, "n0.near", "vote_cancel_keygen", "{\"next_domain_id\":0}", "Protocol state is not initializing.");
	world_vote_domains(&w, 3, BOTH);
	world_passes(&w, "n0.near", "start_keygen_instance", START(0, 0));
	world_passes(&w, "n0.near", "vote_pk", VOTE(0, 0, WORLD_SECP256K1));
	world_passes(&w, "n1.near", "vote_pk", VOTE(0, 0, WORLD_SECP256K1));
	world_passes(&w, "n2.near", "vote_pk", VOTE(0, 0, WORLD_SECP256K1));
	world_panics(&w, "n0.near", "vote_cancel_keygen", "{\"next_domain_id\":1}", "Next domain ID mismatch");
	world_panics(&w, "n0.near", "vote_cancel_keygen", "{}", "missing field `next_domain_id`");
	world_panics(&w, "a.near", "vote_cancel_keygen", "{\"next_domain_id\":2}", "Not a participant: a.near");
	world_passes(&w, "n0.near", "vote_cancel_keygen", "{\"next_domain_id\":2}");
	world_passes(&w, "n0.near", "vote_cancel_keygen", "{\"next_domain_id\":2}"); /* counts once */
	world_panics(&w, "n0.near", "vote_add_domains", "{\"domains\":" BOTH "}", "The protocol is not Running.");
	world_passes(&w, "n2.near", "vote_cancel_keygen", "{\"next_domain_id\":2}");
	state = world_state(&w);
	CHECK_INT(json_array_size(json_path(state, "Running.domains.domains")), 1);
	CHECK_INT(json_array_size(json_path(state, "Running.keyset.domains")), 1);
	CHECK_INT(json_int_or(json_path(state, "Running.domains"), "next_domain_id", -1), 2);
	world_panics(&w, "n0.near", "vote_add_domains", "{\"domains\":[{\"id\":1,\"scheme\":\"Ed25519\"}]}", "Expected id: 2");
	world_vote_domains(&w, 3, "[{\"id\":2,\"scheme\":\"Ed25519\"}]");
	world_generate(&w, 3);
}

TEST(signer_keygen, latest_key_version_is_the_last_domain_of_the_curve)
{
	static const struct { const char *args; int want; } rows[] = {
		{ "{}", 3 },
		{ "{\"signature_scheme\":\"Secp256k1\"}", 3 },
		{ "{\"signature_scheme\":\"Ed25519\"}", 2 },
		{ "{\"signature_scheme\":\"Edwards25519\"}", 2 },
		{ "{\"signature_scheme\":\"V2Secp256k1\"}", 3 },
		{ "{\"signature_scheme\":null}", 3 },
	};
	OWN(world) struct world w;

	world_init(&w, 3, 2);
	world_view_panics(&w, "latest_key_version", "{}", "No such domain.");
	world_vote_domains(&w, 3,
			   "[{\"id\":0,\"scheme\":\"Secp256k1\"},{\"id\":1,\"scheme\":\"Ed25519\"},{\"id\":2,\"scheme\":"
			   "\"Ed25519\"},{\"id\":3,\"protocol\":\"DamgardEtAl\",\"reconstruction_threshold\":2}]");
	world_view_panics(&w, "latest_key_version", "{}", "not running, nor resharing");
	world_generate(&w, 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		OWN(json) json_t *version = world_view(&w, "latest_key_version", rows[i].args);

		CHECK_INT(json_integer_value(version), rows[i].want);
	}
	world_view_panics(&w, "latest_key_version", "{\"signature_scheme\":\"x\"}", "unknown variant");
}
