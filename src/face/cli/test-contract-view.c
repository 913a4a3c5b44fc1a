#include "face/cli/contract-view.h"

#include "base/test.h"
#include "base/str.h"
#include <string.h>

static json_t *view_of(const char *state)
{
	OWN(json) json_t *j = NULL;
	json_t *view = NULL;
	struct err err = { 0 };

	CHECK_INT(json_parse_text("state", state, strlen(state), &j, &err), 0);
	CHECK_INT(contract_view("c.test.near", j, &view, &err), 0);
	return view;
}

#define PARAMETERS(key)                                                                             \
	"{\"participants\":{\"next_id\":3,\"participants\":["                                       \
	"[\"a.test.near\",0,{\"url\":\"http://a\",\"" key "\":\"ed25519:A\"}],"                      \
	"[\"b.test.near\",2,{\"url\":\"http://b\",\"" key "\":\"ed25519:B\"}]]},\"threshold\":2}"

#define RUNNING(key)                                                                                \
	"{\"domains\":{\"domains\":[{\"id\":0,\"scheme\":\"Secp256k1\"},{\"id\":1,\"protocol\":\"Frost\"," \
	"\"reconstruction_threshold\":3}],\"next_domain_id\":2},\"keyset\":{\"epoch_id\":4,\"domains\":["  \
	"{\"domain_id\":0,\"key\":{\"Secp256k1\":{\"near_public_key\":\"secp256k1:K\"}},\"attempt\":0},"   \
	"{\"domain_id\":1,\"key\":{\"Ed25519\":{\"near_public_key_compressed\":\"ed25519:E\"}},"           \
	"\"attempt\":1}]},\"parameters\":" PARAMETERS(key) "}"

TEST(contract_view, running_is_the_same_in_both_dialects)
{
	OWN(json) json_t *old = view_of("{\"Running\":" RUNNING("sign_pk") "}"),
			 *new = view_of("{\"Running\":" RUNNING("tls_public_key") "}");

	CHECK(json_equal(old, new));
	CHECK(contract_view_complete(old));
	CHECK_INT(json_int_or(old, "epochId", 0), 4);
	CHECK_STR(json_str(contract_view_participant(old, "b.test.near"), "publicKey"), "ed25519:B");
	CHECK_STR(contract_view_account(old, 2), "b.test.near");
	CHECK(contract_view_account(old, 1) == NULL);
}

TEST(contract_view, domains_have_protocol_curve_threshold_and_key)
{
	OWN(json) json_t *view = view_of("{\"Running\":" RUNNING("sign_pk") "}");
	const json_t *first = contract_view_domain(view, "secp256k1"), *second = contract_view_domain(view, "1");

	CHECK_STR(json_str(first, "protocol"), "CaitSith");
	CHECK_STR(json_str(first, "publicKey"), "secp256k1:K");
	CHECK_INT(json_int_or(first, "threshold", 0), 2);
	CHECK(second == contract_view_domain(view, "ed25519"));
	CHECK_INT(json_int_or(second, "threshold", 0), 3);
	CHECK(contract_view_domain(view, "2") == NULL);
	CHECK(contract_view_domain(view, "bls") == NULL);
}

TEST(contract_view, key_generation_says_where_it_is)
{
	OWN(json) json_t *view = view_of(
		"{\"Initializing\":{\"domains\":{\"domains\":[{\"id\":0,\"protocol\":\"CaitSith\"}],"
		"\"next_domain_id\":1},\"epoch_id\":0,\"generated_keys\":[],\"generating_key\":{\"epoch_id\":0,"
		"\"domain\":{\"id\":0},\"parameters\":" PARAMETERS("sign_pk") ",\"instance\":{\"attempt_id\":3,"
		"\"completed\":[2]},\"next_attempt_id\":4}}}");
	OWN(str) char *sentence = contract_view_sentence(view);

	CHECK_STR(sentence, "Initializing, epoch 0, domain 0 (CaitSith), attempt 3: done by b.test.near");
	CHECK(!contract_view_complete(view));
	CHECK(json_is_null(json_object_get(contract_view_domain(view, "0"), "publicKey")));
}

TEST(contract_view, resharing_has_the_keys_of_before_and_what_is_proposed)
{
	OWN(json) json_t *view = view_of("{\"Resharing\":{\"previous_running_state\":" RUNNING("sign_pk") ","
					 "\"reshared_keys\":[],\"resharing_key\":{\"epoch_id\":5,\"domain\":{\"id\":1},"
					 "\"parameters\":{\"participants\":{\"next_id\":4,\"participants\":[[\"c.test.near\",3,"
					 "{\"url\":\"u\",\"sign_pk\":\"ed25519:C\"}]]},\"threshold\":1},\"instance\":null,"
					 "\"next_attempt_id\":0}}}");
	OWN(str) char *sentence = contract_view_sentence(view);

	CHECK_STR(sentence, "Resharing, epoch 4, domain 1 (Frost), attempt 0: not started");
	CHECK_STR(json_str(contract_view_domain(view, "0"), "publicKey"), "secp256k1:K");
	CHECK_STR(contract_view_account(view, 3), "c.test.near");
	CHECK_INT(json_int_or(json_object_get(view, "proposed"), "threshold", 0), 1);
}

TEST(contract_view, nothing_and_nonsense)
{
	OWN(json) json_t *view = NULL, *odd = json_pack("{s:i}", "Sleeping", 1);
	json_t *none = NULL;
	struct err err = { 0 };

	CHECK_INT(contract_view("c", NULL, &view, &err), 0);
	CHECK(contract_view_is(view, "NotInitialized") && !contract_view_complete(view));
	CHECK_INT(contract_view("c", odd, &none, &err), -1);
}
