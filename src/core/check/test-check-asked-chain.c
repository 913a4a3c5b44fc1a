/* The rules about the chain, its accounts and the contract: each fault, its nearest harmless twin,
 * and what is said when the look-up is refused. */
#include "core/check/test-check-asked.h"

#include <string.h>

#include "base/test.h"
#include "core/near/near.h"

#define BOOT_KEY "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF"
#define SYNC                                                                                       \
	"\"sync_info\":{\"syncing\":false,\"latest_block_height\":500,\"earliest_block_height\":"  \
	"1}"
#define TIMEOUT "{\"error\":\"Timeout\",\"message\":\"no answer\"}"
#define NO_ACCOUNT                                                                                 \
	"{\"error\":\"UNKNOWN_ACCOUNT\",\"message\":\"account x does not exist while viewing\"}"

/* The verdict on a fault in the document when one question is answered so. */
static const char *with(json_t *document, const char *action, const char *input, const char *answer,
			const char *fault)
{
	const struct canned rows[] = { { "near", action, input, answer }, { 0 } };

	return asked_of(document, NULL, rows, fault);
}

/* The same in the healthy document. */
static const char *when(const char *action, const char *input, const char *answer,
			const char *fault)
{
	OWN(json) json_t *document = asked_document();

	return with(document, action, input, answer, fault);
}

static const char *when_state(const char *json, const char *fault)
{
	OWN(str) char *answer = asked_state(json);

	return when("query", "call_function", answer, fault);
}

static const char *when_status(const char *members, const char *fault)
{
	OWN(str) char *answer = str_printf("{\"answer\":{%s}}", members);

	return when("status", NULL, answer, fault);
}

static const char *when_parameters(const char *participants, int threshold, const char *fault)
{
	OWN(str)
	char *state = str_printf("{'Initializing':{'generating_key':{'parameters':"
				 "{'threshold':%d,'participants':{'next_id':9,"
				 "'participants':[%s]}}}}}",
				 threshold, participants);

	return when_state(state, fault);
}

/* ---- refusals
 * ------------------------------------------------------------------------------------- */

TEST(check_asked_chain, a_chain_that_does_not_answer_leaves_every_rule_of_it_unknown)
{
	static const char *const faults[] = { "C13", "C14", "H01", "H02", "H03", "H04",
					      "H05", "H07", "H08", "H09", "H10", "H11",
					      "H12", "H13", "H15", "A11", "A13", "B17" };

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		CHECK_STR(when("status", NULL, TIMEOUT, faults[i]), "UNKNOWN");
}

TEST(check_asked_chain, a_refused_question_about_the_contract_or_an_account_is_unknown)
{
	CHECK_STR(when("query", "call_function", TIMEOUT, "H08"), "UNKNOWN");
	CHECK_STR(when("query", "call_function", TIMEOUT, "A13"), "UNKNOWN");
	CHECK_STR(when("query", "view_access_key_list", TIMEOUT, "B17"), "UNKNOWN");
	CHECK_STR(when("query", "view_account", TIMEOUT, "H13"), "UNKNOWN");
	CHECK_STR(when("network_info", NULL, TIMEOUT, "H03"), "UNKNOWN");
}

/* ---- J01, C13
 * --------------------------------------------------------------------------------------- */

TEST(check_asked_chain, a_private_address_is_never_asked)
{
	static const char *const urls[] = {
		"http://10.0.2.100:3030", "http://172.31.0.9:3030", "http://chain.mpc.local:3030",
		"http://127.0.0.1:3030",  "http://chain:3030",	    "http://[fd00::1]:3030"
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		OWN(json) json_t *document = asked_document(), *findings = NULL;
		struct asked_world w = { .document = document };

		asked_set(document, -1, "NEAR_RPC_URL", urls[i]);
		findings = asked_run(&w);
		CHECK_STR(asked_verdict(findings, "J01"), "UNKNOWN");
		CHECK_STR(asked_verdict(findings, "C13"), "");
		CHECK_INT(json_array_size(w.questions), 0);
		json_decref(w.questions);
	}
}

TEST(check_asked_chain, a_public_address_is_asked_and_j01_is_silent)
{
	OWN(json) json_t *document = asked_document();

	asked_set(document, -1, "NEAR_RPC_URL", "http://172.32.0.9:3030");
	CHECK_STR(asked_of(document, NULL, NULL, "J01"), "");
	CHECK_STR(with(document, "status", "172.32.0.9", TIMEOUT, "C13"), "UNKNOWN");
}

TEST(check_asked_chain, without_a_url_the_boot_node_is_asked_at_its_rpc_port)
{
	OWN(json) json_t *document = asked_document();

	asked_set(document, -1, "NEAR_RPC_URL", "");
	CHECK_STR(with(document, "status", "http://chain.example.org:3030", TIMEOUT, "C13"),
		  "UNKNOWN");
}

TEST(check_asked_chain, a_chain_node_that_syncs_is_c13)
{
	CHECK_STR(when_status("\"chain_id\":\"mpc-localnet\",\"sync_info\":{\"syncing\":true,"
			      "\"latest_block_height\":7}",
			      "C13"),
		  "WARN");
}

/* ---- H01, H02, H05, H15
 * -------------------------------------------------------------------------------- */

TEST(check_asked_chain, another_chain_id_is_h02)
{
	OWN(json) json_t *document = asked_document();

	CHECK_STR(when_status("\"chain_id\":\"test-chain-abc\"," SYNC, "H02"), "FAIL");
	asked_set(document, -1, "MPC_ENV", "testnet");
	CHECK_STR(with(document, "status", NULL, "{\"answer\":{\"chain_id\":\"testnet\"}}", "H02"),
		  "");
	CHECK_STR(with(document, "status", NULL, "{\"answer\":{\"chain_id\":\"mainnet\"}}", "H02"),
		  "FAIL");
}

TEST(check_asked_chain, another_genesis_under_the_same_name_is_h01)
{
	static const char status[] = "{\"answer\":{\"chain_id\":\"mpc-localnet\",\"genesis_hash\":"
				     "\"11111111111111111111111111111111\"}}";
	static const char built_in[] =
		"{\"answer\":{\"chain_id\":\"mpc-localnet\",\"genesis_hash\":\"1111\","
		"\"version\":{\"build\":\"mpcup built-in chain\"}}}";
	OWN(json) json_t *document = asked_document();
	struct canned rows[] = {
		{ "near", "status", NULL, status },
		{ "near", "EXPERIMENTAL_genesis_config", NULL,
		  "{\"answer\":{\"epoch_length\":60}}" },
		{ 0 },
	};

	CHECK_STR(asked_of(document, NULL, rows, "H01"), "FAIL");
	rows[1].answer = "{\"answer\":{\"epoch_length\":500}}";
	CHECK_STR(asked_of(document, NULL, rows, "H01"), "");
	rows[1].answer = TIMEOUT;
	CHECK_STR(asked_of(document, NULL, rows, "H01"), "UNKNOWN");
	rows[0].answer = built_in;
	CHECK_STR(asked_of(document, NULL, rows, "H01"), "FAIL");
}

TEST(check_asked_chain, a_chain_newer_than_the_image_is_h05)
{
	OWN(json) json_t *document = asked_document();
	static const char status[] = "{\"answer\":{\"protocol_version\":84}}";

	CHECK_STR(with(document, "status", NULL, status, "H05"), "WARN");
	CHECK_STR(when_status("\"protocol_version\":82", "H05"), "");
	json_set_str(json_path(asked_resource(document, "AWS::ECS::TaskDefinition", 0),
			       "Properties.ContainerDefinitions.0"),
		     "Image", "docker.io/nearone/mpc-node:3.14.0");
	CHECK_STR(with(document, "status", NULL, status, "H05"), "");
}

TEST(check_asked_chain, a_chain_that_forgot_its_first_blocks_is_h15)
{
	CHECK_STR(when_status("\"sync_info\":{\"latest_block_height\":9000,"
			      "\"earliest_block_height\":6500}",
			      "H15"),
		  "WARN");
	CHECK_STR(when_status("\"sync_info\":{\"latest_block_height\":9000,"
			      "\"earliest_block_height\":0}",
			      "H15"),
		  "");
	CHECK_STR(when_status("\"sync_info\":{\"latest_block_height\":9000}", "H15"), "WARN");
	CHECK_STR(when_status("\"sync_info\":{\"latest_block_height\":2400}", "H15"), "");
}

/* ---- H03, H04, C14
 * ------------------------------------------------------------------------------------------ */

TEST(check_asked_chain, another_key_of_the_boot_node_is_h03)
{
	OWN(str) char *other = asked_public(7, true);
	OWN(str)
	char *differs = str_printf("\"node_public_key\":\"%s\",\"validator_public_key\":\"%s\"",
				   other, BOOT_KEY);
	OWN(str)
	char *same = str_printf("\"node_public_key\":\"%s\",\"node_key\":\"%s\"", BOOT_KEY, other);

	CHECK_STR(when_status(differs, "H03"), "FAIL");
	CHECK_STR(when_status(same, "H03"), "");
}

TEST(check_asked_chain, a_boot_node_beside_the_rpc_is_found_among_its_peers)
{
	OWN(json) json_t *document = asked_document();
	OWN(str) char *other = asked_public(7, true);
	OWN(str)
	char *wrong = str_printf(
		"{\"answer\":{\"active_peers\":[{\"id\":\"%s\",\"addr\":\"203.0.113.9:24567\"}]}}",
		other);
	static const char right[] = "{\"answer\":{\"active_peers\":[{\"id\":\"" BOOT_KEY
				    "\",\"addr\":\"203.0.113.9:24567\"}]}}";
	struct canned rows[] = {
		{ "near", "status", NULL, "{\"answer\":{\"node_public_key\":\"ed25519:x\"}}" },
		{ "near", "network_info", NULL, wrong },
		{ 0 },
	};

	asked_set(document, -1, "NEAR_BOOT_NODES", BOOT_KEY "@203.0.113.9:24567");
	CHECK_STR(asked_of(document, NULL, rows, "H03"), "FAIL");
	rows[1].answer = right;
	CHECK_STR(asked_of(document, NULL, rows, "H03"), "");
	CHECK_STR(asked_of(document, NULL, rows, "H04"), "");
}

TEST(check_asked_chain, a_boot_node_that_moved_is_h04)
{
	OWN(json) json_t *document = asked_document();
	static const char moved[] = "{\"answer\":{\"active_peers\":[{\"id\":\"" BOOT_KEY
				    "\",\"addr\":\"203.0.113.77:24567\"}]}}";
	static const char within[] = "{\"answer\":{\"active_peers\":[{\"id\":\"" BOOT_KEY
				     "\",\"addr\":\"10.0.0.7:24567\"}]}}";

	asked_set(document, -1, "NEAR_BOOT_NODES", BOOT_KEY "@203.0.113.9:24567");
	CHECK_STR(with(document, "network_info", NULL, moved, "H04"), "WARN");
	CHECK_STR(with(document, "network_info", NULL, within, "H04"), "");
	CHECK_STR(with(document, "network_info", NULL, TIMEOUT, "H04"), "UNKNOWN");
}

TEST(check_asked_chain, a_boot_node_on_its_loopback_address_is_c14)
{
	static const char loopback[] = "{\"answer\":{\"active_peers\":[{\"id\":\"" BOOT_KEY
				       "\",\"addr\":\"127.0.0.1:24567\"}]}}";
	static const char outside[] = "{\"answer\":{\"active_peers\":[{\"id\":\"" BOOT_KEY
				      "\",\"addr\":\"10.0.0.7:24567\"}]}}";

	CHECK_STR(when("network_info", NULL, loopback, "C14"), "WARN");
	CHECK_STR(when("network_info", NULL, outside, "C14"), "");
}

/* ---- A11, A13, B17, H07
 * ---------------------------------------------------------------------------------------- */

TEST(check_asked_chain, an_account_that_is_no_participant_is_a11)
{
	OWN(json) json_t *document = asked_document();

	asked_set(document, 1, "MPC_ACCOUNT_ID", "mpc-node-9.node0");
	CHECK_STR(asked_of(document, NULL, NULL, "A11"), "FAIL");
	CHECK_STR(with(document, "query", "mpc-node-9.node0", NO_ACCOUNT, "A11"), "FAIL");
	CHECK_STR(with(document, "query", "mpc-node-9.node0", TIMEOUT, "A11"), "UNKNOWN");
}

TEST(check_asked_chain, before_the_contract_is_set_up_a_missing_account_is_no_failure)
{
	OWN(json) json_t *document = asked_document();
	struct canned rows[] = {
		{ "near", "query", "call_function",
		  "{\"answer\":{\"error\":\"panicked: The contract is not initialized\"}}" },
		{ "near", "query", "mpc-node-1.node0", NO_ACCOUNT },
		{ 0 },
	};

	CHECK_STR(asked_of(document, NULL, rows, "A11"), "WARN");
	rows[1] = (struct canned){ 0 };
	CHECK_STR(asked_of(document, NULL, rows, "A11"), "");
}

TEST(check_asked_chain, the_account_key_registered_as_p2p_key_is_a13)
{
	OWN(str) char *account_key = asked_public(0, false);
	OWN(str) char *peer_key = asked_public(0, true);
	OWN(str)
	char *wrong = str_printf(
		"['mpc-node-0.node0',0,{'url':'http://node-0.mpc.local','sign_pk':'%s'}]",
		account_key);
	OWN(str)
	char *right = str_printf(
		"['mpc-node-0.node0',0,{'url':'http://node-0.mpc.local','tls_public_key':'%s'}]",
		peer_key);

	CHECK_STR(when_parameters(wrong, 1, "A13"), "FAIL");
	CHECK_STR(when_parameters(right, 1, "A13"), "");
}

TEST(check_asked_chain, an_account_without_the_nodes_key_is_b17)
{
	OWN(str) char *other = asked_public(5, false);
	OWN(str)
	char *foreign = str_printf("{\"answer\":{\"keys\":[{\"public_key\":\"%s\"}]}}", other);

	CHECK_STR(when("query", "view_access_key_list --finality final --account_id mpc-node-1",
		       foreign, "B17"),
		  "FAIL");
	CHECK_STR(when("query", "view_access_key_list --finality final --account_id mpc-node-9",
		       foreign, "B17"),
		  "");
	CHECK_STR(when("query", "view_access_key_list", NO_ACCOUNT, "B17"), "");
}

TEST(check_asked_chain, no_finding_has_a_secret_in_it)
{
	OWN(json) json_t *document = asked_document(), *findings = NULL;
	OWN(str) char *text = NULL;
	const struct canned rows[] = {
		{ "near", "query", "view_access_key_list", "{\"answer\":{\"keys\":[]}}" }, { 0 }
	};
	struct asked_world w = { .document = document, .rows = rows };

	for (int n = 0; n < 3; n++) {
		uint8_t seed[NEAR_SEED_BYTES] = { (uint8_t)(n + 1) };
		OWN(str) char *secret = NULL;
		struct near_key key;

		near_key_from_seed(seed, &key);
		secret = near_key_format_secret(&key);
		if (!findings)
			findings = asked_run(&w);
		free(text);
		text = json_text(findings);
		CHECK_STR(asked_verdict(findings, "B17"), "FAIL");
		CHECK(!strstr(text, secret + 20));
	}
	json_decref(w.questions);
}

TEST(check_asked_chain, a_missing_parent_of_a_missing_account_is_h07)
{
	OWN(json) json_t *document = asked_document();
	struct canned rows[] = {
		{ "near", "query", "view_access_key_list", "{\"answer\":{\"keys\":[]}}" },
		{ "near", "query", "mpc-node-1.node0", NO_ACCOUNT },
		{ 0 },
	};

	CHECK_STR(asked_of(document, NULL, rows, "H07"), "FAIL");
	rows[0].answer = NO_ACCOUNT;
	CHECK_STR(asked_of(document, NULL, rows, "H07"), "FAIL");
	rows[0].answer = "{\"answer\":{\"keys\":[{\"public_key\":\"k\"}]}}";
	CHECK_STR(asked_of(document, NULL, rows, "H07"), "");
	rows[0].answer = TIMEOUT;
	CHECK_STR(asked_of(document, NULL, rows, "H07"), "UNKNOWN");
}

/* ---- H08 to H13
 * ---------------------------------------------------------------------------------------------------
 */

TEST(check_asked_chain, a_contract_that_is_not_there_is_h08)
{
	static const char no_code[] = "{\"answer\":{\"error\":\"CompilationError(CodeDoesNotExist "
				      "{ .. })\",\"logs\":[]}}";
	OWN(json) json_t *document = asked_document();

	CHECK_STR(when("query", "call_function", no_code, "H08"), "WARN");
	CHECK_STR(when("query", "call_function", NO_ACCOUNT, "H08"), "WARN");
	CHECK_STR(when_state("'NotInitialized'", "H08"), "WARN");
	asked_set(document, -1, "MPC_ENV", "testnet");
	CHECK_STR(with(document, "query", "call_function", NO_ACCOUNT, "H08"), "FAIL");
}

TEST(check_asked_chain, a_running_contract_without_a_key_is_h09)
{
	OWN(str) char *participants = asked_participants();
	OWN(str)
	char *state = str_printf("{'Running':{'keyset':{'domains':[]},'parameters':{"
				 "'threshold':2,'participants':{'participants':[%s]}}}}",
				 participants);

	CHECK_STR(when_state(state, "H09"), "WARN");
	CHECK_STR(when_parameters(participants, 2, "H09"), ""); /* it is being made */
}

TEST(check_asked_chain, a_threshold_outside_of_its_bounds_is_h10)
{
	OWN(str) char *participants = asked_participants();

	CHECK_STR(when_parameters(participants, 1, "H10"), "FAIL");
	CHECK_STR(when_parameters(participants, 4, "H10"), "FAIL");
	CHECK_STR(when_parameters(participants, 2, "H10"), "");
	CHECK_STR(when_parameters(participants, 3, "H10"), "");
}

TEST(check_asked_chain, a_url_that_the_tasks_do_not_have_is_h11)
{
	static const char *const wrong[] = { "http://10.0.1.7:80", "http://node-1.mpc.local:80",
					     "https://node-0.mpc.local:8080" };
	static const char *const right[] = { "http://node-0.mpc.local",
					     "https://node-0.mpc.local:3000",
					     "https://node-0.elsewhere.example" };

	for (size_t i = 0; i < 3; i++) {
		OWN(str)
		char *bad =
			str_printf("['mpc-node-0.node0',0,{'url':'%s','sign_pk':'k'}]", wrong[i]);
		OWN(str)
		char *good =
			str_printf("['mpc-node-0.node0',0,{'url':'%s','sign_pk':'k'}]", right[i]);

		CHECK_STR(when_parameters(bad, 2, "H11"), "FAIL");
		CHECK_STR(when_parameters(good, 2, "H11"), "");
	}
}

TEST(check_asked_chain, participants_without_a_service_are_h12)
{
	OWN(str) char *participants = asked_participants();
	OWN(str)
	char *more =
		str_printf("%s,['mpc-node-3.node0',3,{'url':'u','sign_pk':'k'}]", participants);

	CHECK_STR(when_parameters(more, 3, "H12"), "WARN");
	CHECK_STR(when_parameters(more, 4, "H12"), "FAIL");
	CHECK_STR(when_parameters(participants, 3, "H12"), "");
}

TEST(check_asked_chain, a_service_without_tasks_takes_no_part)
{
	OWN(json) json_t *document = asked_document();

	json_set_int(
		json_object_get(asked_resource(document, "AWS::ECS::Service", 2), "Properties"),
		"DesiredCount", 0);
	CHECK_STR(asked_of(document, NULL, NULL, "H12"), "WARN");
}

TEST(check_asked_chain, too_little_money_for_the_code_is_h13)
{
	static const char poor[] =
		"{\"answer\":{\"amount\":\"5000000000000000000000000\",\"code_hash\":"
		"\"11111111111111111111111111111111\"}}";
	static const char rich[] = "{\"answer\":{\"amount\":\"50000000000000000000000000\","
				   "\"code_hash\":\"11111111111111111111111111111111\"}}";
	static const char done[] =
		"{\"answer\":{\"amount\":\"5000000000000000000000000\",\"code_hash\":"
		"\"8j2\"}}";

	CHECK_STR(when("query", "view_account --finality final --account_id v1", poor, "H13"),
		  "WARN");
	CHECK_STR(when("query", "view_account --finality final --account_id v1", rich, "H13"), "");
	CHECK_STR(when("query", "view_account --finality final --account_id v1", done, "H13"), "");
}

/* ---- D17
 * ------------------------------------------------------------------------------------------------------------
 */

TEST(check_asked_chain, a_volume_older_than_the_chain_is_d17)
{
	OWN(json) json_t *document = asked_document();
	struct canned rows[] = {
		{ "near", "status", NULL,
		  "{\"answer\":{\"sync_info\":{\"earliest_block_height\":1,\"earliest_block_time\":"
		  "\"2026-06-01T00:00:00.5Z\"}}}" },
		{ 0 },
	};

	CHECK_STR(asked_of(document, document, rows, "D17"), "WARN");
	CHECK_STR(asked_of(document, NULL, rows, "D17"), "");
	CHECK_STR(asked_of(document, document, NULL, "D17"), "");
	rows[0].answer = "{\"answer\":{\"sync_info\":{\"earliest_block_height\":900,"
			 "\"earliest_block_time\":\"2026-06-01T00:00:00.5Z\"}}}";
	CHECK_STR(asked_of(document, document, rows, "D17"), "");
	rows[0].answer = TIMEOUT;
	CHECK_STR(asked_of(document, document, rows, "D17"), "UNKNOWN");
}
