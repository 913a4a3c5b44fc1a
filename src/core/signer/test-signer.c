/* Before and at init, arguments, refused methods, what nodes say about themselves. */
#include <string.h>

#include "core/signer/test-signer-world.h"

#define NOBODY "nobody.near"

TEST(signer_init, before_it_every_call_says_not_initialized)
{
	static const char *const names[] = { "state", "sign", "vote_add_domains", "config", "public_key", "respond",
					     "propose_update", "request_app_private_key", "verify_tee" };
	OWN(world) struct world w;
	OWN(json) json_t *version = NULL;

	world_new(&w);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		world_panics(&w, NOBODY, names[i], "not json", "Calling default not allowed.");
		CHECK(strstr(w.out.panic, "not initialized"));
		world_view_panics(&w, names[i], "", "Calling default not allowed.");
	}
	CHECK_INT(world_call(&w, NOBODY, "no_such_method", ""), SIGNER_NO_METHOD);
	version = world_view(&w, "version", "");
	CHECK_STR(json_string_value(version), "3.1.0");
}

TEST(signer_init, contract_is_running_at_once_without_domains)
{
	OWN(world) struct world w;
	OWN(json) json_t *state = NULL;

	world_init(&w, 3, 2);
	state = world_state(&w);
	CHECK_INT(json_int_or(json_path(state, "Running.keyset"), "epoch_id", -1), 0);
	CHECK_INT(json_array_size(json_path(state, "Running.domains.domains")), 0);
	CHECK_INT(json_int_or(json_path(state, "Running.domains"), "next_domain_id", -1), 0);
	CHECK_INT(json_int_or(json_path(state, "Running.parameters"), "threshold", -1), 2);
	CHECK(json_is_null(json_path(state, "Running.previously_cancelled_resharing_epoch_id")));
	CHECK(json_is_object(json_path(state, "Running.parameters_votes.proposal_by_account")));
	CHECK(json_is_object(json_path(state, "Running.add_domains_votes.proposal_by_account")));
}

TEST(signer_init, second_one_says_already_been_initialized)
{
	OWN(world) struct world w;

	world_init(&w, 3, 2);
	world_panics(&w, "test.near", "init", "{}", "already been initialized");
}

TEST(signer_init, threshold_is_at_least_sixty_percent_and_two)
{
	for (unsigned count = 1; count <= 10; count++)
		for (unsigned threshold = 0; threshold <= count + 1; threshold++) {
			OWN(str) char *parameters = world_parameters(count, threshold);
			OWN(str) char *args = str_printf("{\"parameters\":%s}", parameters);
			bool good = threshold >= 2 && threshold <= count && threshold * 10 >= count * 6;
			OWN(world) struct world w;

			world_new(&w);
			CHECK_INT(world_call(&w, NOBODY, "init", args), good ? SIGNER_VALUE : SIGNER_PANIC);
		}
}

TEST(signer_init, what_is_wrong_with_participants_is_said)
{
#define KEY0 "ed25519:4YYLXref6itvEupdmKotTdDFJFyXWGUP71UzUyYBqn4a"
#define KEY1 "ed25519:G9hwngxWNKdmqMCmU1Yt6LPhFpayJeKFxyAV1HqMNLtF"
#define ONE(account, id, key) "[\"" account "\"," #id ",{\"url\":\"http://a\",\"sign_pk\":\"" key "\"}]"
	static const struct { const char *list, *words; } rows[] = {
		{ ONE("a.near", 0, KEY0) "," ONE("a.near", 1, KEY1), "Participant already in set" },
		{ ONE("a.near", 0, KEY0) "," ONE("b.near", 0, KEY1), "Participant id already used" },
		{ ONE("a.near", 0, KEY0) "," ONE("b.near", 1, KEY0), "participants with the same sign_pk" },
		{ ONE("a.near", 0, KEY0) "," ONE("b.near", 2, KEY1), "is not below next_id 2" },
		{ ONE("a.near", 0, KEY0) "," ONE("b.near", -1, KEY1), "invalid participant id" },
		{ ONE("A.near", 0, KEY0), "the Account ID is invalid" },
		{ "7", "the Account ID is invalid" },
		{ ONE("a.near", 0, "ed25519:abc"), "participant a.near: sign_pk: " },
		{ "[\"a.near\",0,{\"url\":\"http://a\"}]", "missing field `sign_pk`" },
		{ "[\"a.near\",0,{\"sign_pk\":\"" KEY0 "\"}]", "missing field `url`" },
		{ "[\"a.near\",0,{\"url\":\"http://a\",\"sign_pk\":\"" KEY0 "\",\"tls_public_key\":\"" KEY1 "\"}]",
		  "sign_pk and tls_public_key differ" },
		{ ONE("a.near", 0, KEY0), "Threshold must not exceed number of shareholders" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		OWN(str) char *args = str_printf("{\"parameters\":{\"threshold\":2,\"participants\":{\"next_id\":2,"
						 "\"participants\":[%s]}}}",
						 rows[i].list);
		OWN(world) struct world w;

		world_new(&w);
		world_panics(&w, NOBODY, "init", args, rows[i].words);
	}
}

TEST(signer_init, missing_arguments_are_named_as_near_sdk_does)
{
	static const struct { const char *args, *words; } rows[] = {
		{ "", "missing field `parameters`" },
		{ "{}", "missing field `parameters`" },
		{ "{\"parameters\":{}}", "missing field `participants`" },
		{ "{\"parameters\":{\"participants\":{\"next_id\":0,\"participants\":[]}}}", "missing field `threshold`" },
		{ "{\"parameters\":{\"threshold\":2,\"participants\":{\"participants\":[]}}}", "missing field `next_id`" },
		{ "{\"parameters\":{\"threshold\":-2,\"participants\":{}}}", "threshold: expected a whole number" },
		{ "[", "Failed to deserialize input from JSON.: Error(" },
		{ "{\"a\":1,\"a\":2}", "Failed to deserialize input from JSON.: Error(" },
	};
	OWN(world) struct world w;

	world_new(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		world_panics(&w, NOBODY, "init", rows[i].args, rows[i].words);
}

TEST(signer_init, config_has_defaults_and_takes_what_is_given)
{
	OWN(str) char *parameters = world_parameters(3, 2);
	OWN(str) char *args = str_printf(
		"{\"parameters\":%s,\"init_config\":{\"key_event_timeout_blocks\":240,\"unknown\":1}}", parameters);
	OWN(str) char *bad = str_printf("{\"parameters\":%s,\"init_config\":{\"fail_on_timeout_tera_gas\":-1}}",
					parameters);
	OWN(str) char *worse = str_printf("{\"parameters\":%s,\"init_config\":[]}", parameters);
	OWN(world) struct world w;
	OWN(json) json_t *config = NULL;

	world_new(&w);
	world_panics(&w, NOBODY, "init", bad, "fail_on_timeout_tera_gas");
	world_panics(&w, NOBODY, "init", worse, "init_config");
	world_passes(&w, NOBODY, "init", args);
	config = world_view(&w, "config", "{}");
	CHECK_INT(json_int_or(config, "key_event_timeout_blocks", -1), 240);
	CHECK_INT(json_int_or(config, "sign_call_gas_attachment_requirement_tera_gas", -1), 15);
	CHECK(!json_object_get(config, "unknown"));
}

TEST(signer_init, both_spellings_of_the_key_are_taken_and_shown)
{
	static const char *const names[] = { "sign_pk", "tls_public_key" };
	static const char *const versions[] = { "3.1.0", "3.10.0" };

	for (size_t i = 0; i < 2; i++) {
		OWN(str) char *list = world_participants(0, 2, names[i]);
		OWN(str) char *args = str_printf("{\"parameters\":{\"%s\":2,\"participants\":{\"next_id\":2,"
						 "\"participants\":%s}}}",
						 i ? "governance_threshold" : "threshold", list);
		OWN(world) struct world w;
		OWN(json) json_t *state = NULL;
		OWN(json) json_t *version = NULL;
		const json_t *info;

		world_new(&w);
		world_passes(&w, NOBODY, "init", args);
		state = world_state(&w);
		info = json_path(state, "Running.parameters.participants.participants.1.2");
		CHECK(json_str(info, "sign_pk") != NULL);
		CHECK_STR(json_str(info, "sign_pk"), json_str(info, "tls_public_key"));
		version = world_view(&w, "version", "");
		CHECK_STR(json_string_value(version), versions[i]);
	}
}

/* ---- calls in general ------------------------------------------------------------------------------- */

TEST(signer_call, deposit_is_refused_where_nothing_is_paid)
{
	OWN(world) struct world w;

	world_init(&w, 3, 2);
	w.deposit = 1;
	world_panics(&w, "n0.near", "vote_cancel_keygen", "{}", "Method vote_cancel_keygen doesn't accept deposit");
	world_panics(&w, "n0.near", "state", "{}", "Method state doesn't accept deposit");
}

TEST(signer_call, votes_come_from_the_account_itself)
{
	static const char *const names[] = { "vote_add_domains", "vote_new_parameters", "vote_cancel_keygen",
					     "vote_cancel_resharing", "start_keygen_instance", "start_reshare_instance",
					     "vote_pk", "vote_reshared", "vote_abort_key_event_instance", "respond",
					     "submit_participant_info", "verify_tee", "update_participant_url" };
	OWN(world) struct world w;

	world_init(&w, 3, 2);
	w.predecessor = "wallet.near";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		world_panics(&w, "n0.near", names[i], "{}",
			     "Caller must be the signer account (signer: n0.near, predecessor: wallet.near)");
}

TEST(signer_call, strangers_do_not_vote)
{
	static const struct { const char *method, *args, *words; } rows[] = {
		{ "start_keygen_instance", "{}", "Caller must be an attested participant" },
		{ "start_reshare_instance", "{}", "Caller must be an attested participant" },
		{ "vote_pk", "{}", "Caller must be an attested participant" },
		{ "vote_reshared", "{}", "Caller must be an attested participant" },
		{ "vote_abort_key_event_instance", "{}", "Caller must be an attested participant" },
		{ "respond", "{}", "Caller must be an attested participant" },
		{ "vote_add_domains", "{\"domains\":[{\"id\":0,\"scheme\":\"Secp256k1\"}]}",
		  "Not a participant: nobody.near" },
		{ "verify_tee", "{}", "not a voter, Not a participant: nobody.near" },
	};
	OWN(world) struct world w;

	world_init(&w, 3, 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		world_panics(&w, NOBODY, rows[i].method, rows[i].args, rows[i].words);
}

TEST(signer_call, what_is_not_built_in_is_refused_by_name)
{
	static const struct { const char *method, *words; } rows[] = {
		{ "request_app_private_key", "request_app_private_key: key derivation on BLS12-381 is not implemented" },
		{ "propose_update", "propose_update: updating the contract's code is not implemented" },
		{ "register_backup_service", "register_backup_service: moving a node between machines" },
		{ "verify_foreign_transaction", "verify_foreign_transaction: checking transactions of other chains" },
		{ "vote_code_hash", "vote_code_hash: measuring enclaves" },
		{ "fail_on_timeout", "Method fail_on_timeout is private" },
	};
	OWN(world) struct world w;

	world_init(&w, 3, 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		world_panics(&w, NOBODY, rows[i].method, "{}", rows[i].words);
	CHECK_INT(world_call(&w, NOBODY, "vote_for_something_else", "{}"), SIGNER_NO_METHOD);
}

TEST(signer_call, views_may_be_called_by_transactions_and_methods_not_be_viewed)
{
	OWN(world) struct world w;
	struct err err = { 0 };
	json_t *value = NULL;

	world_running(&w);
	world_passes(&w, NOBODY, "public_key", "{}");
	CHECK_STR(json_string_value(w.out.value), WORLD_SECP256K1);
	world_passes(&w, "alice.localnet", "derived_public_key", "{\"path\":\"ethereum-1\"}");
	CHECK_STR(json_string_value(w.out.value),
		  "secp256k1:3piDbJn4aR3ezTS9zKzPXjSM7BirzENKBWK4VETqyLwf79ANNuKBx8Wf52UeJzWg3YFTQHAxPNt95hHWBcFj3DBF");
	world_view_panics(&w, "sign", "{}", "a view cannot call it");
	CHECK_INT(signer_view(w.state, "nothing", "", 0, 1, &value, &err), 1);
}

/* ---- nodes ---------------------------------------------------------------------------------------------- */

TEST(signer_nodes, mock_attestations_are_taken_and_quotes_are_not)
{
#define INFO(attestation) "{\"proposed_participant_attestation\":" attestation ",\"tls_public_key\":\"" KEY1 "\"}"
	OWN(world) struct world w;
	OWN(json) json_t *accounts = NULL;
	OWN(json) json_t *attestation = NULL;
	OWN(json) json_t *none = NULL;

	world_init(&w, 2, 2);
	w.deposit = 20;
	world_panics(&w, NOBODY, "submit_participant_info", INFO("{\"Mock\":\"Invalid\"}"), "failed verification");
	world_panics(&w, NOBODY, "submit_participant_info", INFO("{\"Dstack\":{}}"), "quotes of enclaves are not");
	world_panics(&w, NOBODY, "submit_participant_info", "{}", "proposed_participant_attestation");
	world_passes(&w, NOBODY, "submit_participant_info", INFO("{\"Mock\":\"Valid\"}"));
	CHECK(w.out.refund == 20);
	CHECK(strstr(json_string_value(json_array_get(w.out.logs, 1)), "says nothing about hardware"));
	world_passes(&w, NOBODY, "submit_participant_info", INFO("{\"Mock\":\"Valid\"}"));
	world_panics(&w, "n0.near", "submit_participant_info", INFO("{\"Mock\":\"Valid\"}"), "another account");
	accounts = world_view(&w, "get_tee_accounts", "{}");
	CHECK_INT(json_array_size(accounts), 3);
	CHECK_STR(json_str(json_array_get(accounts, 2), "account_id"), NOBODY);
	CHECK_STR(json_str(json_array_get(accounts, 2), "account_public_key"), WORLD_ED25519);
	attestation = world_view(&w, "get_attestation", "{\"tls_public_key\":\"" KEY1 "\"}");
	CHECK_STR(json_str(attestation, "Mock"), "Valid");
	none = world_view(&w, "get_attestation", "{\"tls_public_key\":\"" KEY0 "\"}");
	CHECK(json_is_null(none));
}

TEST(signer_nodes, verify_tee_says_true_and_no_image_is_listed)
{
	OWN(world) struct world w;
	OWN(json) json_t *images = NULL;

	world_init(&w, 2, 2);
	world_passes(&w, "n1.near", "verify_tee", "");
	CHECK(json_is_true(w.out.value));
	images = world_view(&w, "allowed_docker_image_hashes", "{}");
	CHECK(json_is_array(images) && json_array_size(images) == 0);
}

TEST(signer_nodes, url_changes_with_a_deposit)
{
	OWN(world) struct world w;
	OWN(json) json_t *state = NULL;

	world_init(&w, 2, 2);
	world_panics(&w, "n1.near", "update_participant_url", "{\"url\":\"http://x\"}",
		     "Attached deposit is lower than required. Attached: 0, required: 1");
	w.deposit = 5;
	world_panics(&w, NOBODY, "update_participant_url", "{\"url\":\"http://x\"}", "Not a participant");
	world_panics(&w, "n1.near", "update_participant_url", "{}", "missing field `url`");
	world_passes(&w, "n1.near", "update_participant_url", "{\"url\":\"http://x\"}");
	CHECK(w.out.refund == 4);
	state = world_state(&w);
	CHECK_STR(json_str(json_path(state, "Running.parameters.participants.participants.1.2"), "url"), "http://x");
}

TEST(signer_validate, a_state_of_another_form_is_refused)
{
	static const char *const texts[] = {
		"[]", "{\"a\":1}", "{\"parameters\":{},\"dialect\":\"sign_pk\",\"config\":{}}",
		"{\"next_request\":0,\"dialect\":\"x\",\"config\":{},\"attestations\":[],\"pending\":[]}"
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		OWN(json) json_t *state = json_loads(texts[i], 0, NULL);
		struct err err = { 0 };

		CHECK_INT(signer_validate(state, &err), -1);
		CHECK(strstr(err.text, "state of the signer contract"));
	}
}

/* Every member that is taken away is missed, wherever it is. */
static void remove_each(json_t *root, json_t *at, const char *path)
{
	OWN(json) json_t *members = json_copy(at); /* removing and adding changes their order */
	const char *key;
	json_t *value;

	json_object_foreach(members, key, value)
	{
		OWN(str) char *here = str_printf("%s.%s", path, key);
		struct err err = { 0 };

		if (strstr(path, "proposal_by_account") || str_eq(key, "reconstruction_threshold") ||
		    str_eq(key, "account_public_key"))
			continue;
		json_object_del(at, key);
		if (signer_validate(root, &err) == 0)
			test_fail(__FILE__, __LINE__, "valid without %s", here);
		json_object_set(at, key, value);
		if (json_is_object(value))
			remove_each(root, value, here);
		else if (json_is_array(value))
			remove_each(root, json_array_get(value, 0), here);
	}
}

TEST(signer_validate, every_member_is_missed)
{
	OWN(world) struct world w;

	world_running(&w);
	w.deposit = 1;
	world_passes(&w, NOBODY, "sign",
		     "{\"request\":{\"path\":\"\",\"domain_id\":1,\"payload_v2\":{\"Eddsa\":\"00\"}}}");
	remove_each(w.state, w.state, "");
}
