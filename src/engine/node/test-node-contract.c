#include <string.h>

#include "base/test.h"
#include "engine/node/node-internal.h"

#define KEY "ed25519:AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
#define OTHER_KEY "ed25519:4zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoCtajS"

static json_t *parameters(const char *url, const char *spelling)
{
	return json_pack("{s:i,s:{s:i,s:[[s,i,{s:s,s:s}],[s,i,{s:s,s:s}]]}}", "threshold", 2,
			 "participants", "next_id", 2, "participants", "a.near", 0, "url", url,
			 spelling, KEY, "b.near", 1, "url", "https://b.mpc.local", spelling,
			 OTHER_KEY);
}

static json_t *running(const char *url, const char *spelling)
{
	return json_pack("{s:{s:{s:[{s:i}]},s:{s:i},s:o}}", "Running", "domains", "domains", "id", 0, "keyset",
			 "epoch_id", 5, "parameters", parameters(url, spelling));
}

static void check_running(const char *spelling)
{
	OWN(json) json_t *j = running("http://node-0.mpc.local:3000/path", spelling);
	struct contract_state *s = NULL;
	struct err err = { 0 };

	CHECK_OK(contract_state_parse(j, NODE_PROFILE_31, 0, &s, &err), err);
	CHECK_INT(s->kind, CONTRACT_RUNNING);
	CHECK_INT(s->epoch, 5);
	CHECK_INT(s->threshold, 2);
	CHECK_INT(s->domain_count, 1);
	CHECK_INT(s->participant_count, 2);
	CHECK_STR(s->participants[0].host, "node-0.mpc.local");
	CHECK_INT(s->participants[0].port, 3000);
	CHECK_INT(s->participants[1].port, 443);
	contract_state_free(s);
}

TEST(node_contract, running_state_is_read_in_both_spellings)
{
	check_running("sign_pk");
	check_running("tls_public_key");
}

TEST(node_contract, port_override_is_the_port_of_all)
{
	OWN(json) json_t *j = running("http://node-0.mpc.local:3000", "sign_pk");
	struct contract_state *s = NULL;
	struct err err = { 0 };

	CHECK_OK(contract_state_parse(j, NODE_PROFILE_31, 80, &s, &err), err);
	CHECK_INT(s->participants[0].port, 80);
	CHECK_INT(s->participants[1].port, 80);
	contract_state_free(s);
}

TEST(node_contract, bad_url_stalls_all_in_3_1_and_one_peer_in_the_current_profile)
{
	static const char *const urls[] = { "node-0.mpc.local:80", "http://", "http://a:0",
					    "http://a:99999",	   "ftp://a", "http://u@a",
					    "http://:80" };

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		OWN(json) json_t *j = running(urls[i], "sign_pk");
		struct contract_state *s = NULL;
		struct err err = { 0 };

		CHECK_INT(contract_state_parse(j, NODE_PROFILE_31, 0, &s, &err), -1);
		CHECK(strstr(err.text, urls[i]));
		CHECK_OK(contract_state_parse(j, NODE_PROFILE_CURRENT, 0, &s, &err), err);
		CHECK_STR(s->participants[0].host, "192.0.2.1");
		CHECK_STR(s->participants[1].host, "b.mpc.local");
		contract_state_free(s);
	}
}

TEST(node_contract, we_are_who_has_both_our_account_and_our_key)
{
	OWN(json) json_t *j = running("http://a", "sign_pk");
	struct contract_state *s = NULL;
	struct err err = { 0 };
	uint8_t key[32], other[32];

	CHECK_OK(contract_state_parse(j, NODE_PROFILE_31, 0, &s, &err), err);
	CHECK_OK(near_public_parse(KEY, key, &err), err);
	CHECK_OK(near_public_parse(OTHER_KEY, other, &err), err);
	CHECK(contract_find(s, "a.near", key) == &s->participants[0]);
	CHECK(!contract_find(s, "a.near", other));
	CHECK(!contract_find(s, "c.near", key));
	CHECK(!contract_find(NULL, "a.near", key));
	contract_state_free(s);
}

TEST(node_contract, other_states_are_told_apart)
{
	OWN(json) json_t *none = json_string("NotInitialized");
	OWN(json)
	json_t *generating = json_pack("{s:{s:{s:[]},s:i,s:{s:o}}}", "Initializing", "domains",
				       "domains", "epoch_id", 0, "generating_key", "parameters",
				       parameters("http://a", "sign_pk"));
	OWN(json)
	json_t *resharing = json_pack("{s:{s:{s:o}}}", "Resharing", "previous_running_state",
				      "parameters", parameters("http://a", "sign_pk"));
	struct contract_state *s = NULL;
	OWN(str) char *text = NULL;
	struct err err = { 0 };

	CHECK_OK(contract_state_parse(none, NODE_PROFILE_31, 0, &s, &err), err);
	CHECK_INT(s->kind, CONTRACT_NOT_INITIALIZED);
	contract_state_free(s);
	CHECK_OK(contract_state_parse(generating, NODE_PROFILE_31, 0, &s, &err), err);
	CHECK_INT(s->kind, CONTRACT_INITIALIZING);
	CHECK_INT(s->participant_count, 2);
	text = contract_state_text(s);
	CHECK(str_starts(text, "Contract is in Initializing state (key generation)\n"));
	contract_state_free(s);
	CHECK_OK(contract_state_parse(resharing, NODE_PROFILE_31, 0, &s, &err), err);
	CHECK_INT(s->kind, CONTRACT_RESHARING);
	CHECK_INT(s->participant_count, 2);
	contract_state_free(s);
}

TEST(node_contract, what_is_no_state_is_an_error_or_unknown_never_a_crash)
{
	static const char *const texts[] = {
		"null",
		"7",
		"[]",
		"{}",
		"{\"Running\":{}}",
		"{\"Running\":{\"parameters\":{\"participants\":{\"participants\":[[]]}}}}",
		"{\"Running\":{\"parameters\":{\"participants\":{\"participants\":[[1,2,3]]}}}}",
		"{\"Running\":{\"parameters\":{\"participants\":{\"participants\":{}}}}}",
		"{\"Initializing\":{\"generating_key\":7}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		OWN(json) json_t *j = json_loads(texts[i], JSON_DECODE_ANY, NULL);
		struct contract_state *s = NULL;
		struct err err = { 0 };

		if (contract_state_parse(j, NODE_PROFILE_31, 0, &s, &err) == 0)
			CHECK_INT(s->kind, CONTRACT_UNKNOWN);
		contract_state_free(s);
	}
}
