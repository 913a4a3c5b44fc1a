#include <string.h>

#include "base/test.h"
#include "engine/node/node-internal.h"

static char *filled(enum node_profile profile, bool localnet)
{
	OWN(str) char *text = node_config_template(profile, localnet);

	return node_config_apply(text, "a.near", "r.near", "c.near");
}

TEST(node_config, template_of_each_profile_loads_in_that_profile)
{
	for (int profile = NODE_PROFILE_31; profile <= NODE_PROFILE_CURRENT; profile++) {
		OWN(str) char *local = filled(profile, true);
		OWN(str) char *public_chain = filled(profile, false);
		struct node_config c = { 0 };
		struct err err = { 0 };

		CHECK_OK(node_config_parse(local, profile, &c, &err), err);
		CHECK_STR(c.account, "a.near");
		CHECK_STR(c.contract, "c.near");
		CHECK_INT(c.web_port, 8080);
		CHECK_INT(c.port_override, 0);
		CHECK_INT(c.responder_keys, 50);
		node_config_clear(&c);
		CHECK_OK(node_config_parse(public_chain, profile, &c, &err), err);
		CHECK_INT(c.port_override, 80);
		node_config_clear(&c);
	}
}

TEST(node_config, current_profile_reads_the_older_web_ui_too)
{
	OWN(str) char *text = filled(NODE_PROFILE_31, true);
	struct node_config c = { 0 };
	struct err err = { 0 };

	CHECK_OK(node_config_parse(text, NODE_PROFILE_CURRENT, &c, &err), err);
	node_config_clear(&c);
}

TEST(node_config, ids_are_replaced_and_all_else_stays)
{
	OWN(str) char *once = filled(NODE_PROFILE_31, true);
	OWN(str) char *twice = node_config_apply(once, "b.near", "r.near", "c.near");
	OWN(str) char *back = node_config_apply(twice, "a.near", "r.near", "c.near");

	CHECK(strstr(twice, "my_near_account_id: b.near\n"));
	CHECK(!strstr(twice, "a.near"));
	CHECK_STR(back, once);
}

TEST(node_config, numbers_of_the_protocols_are_those_of_the_file)
{
	OWN(str) char *text = filled(NODE_PROFILE_CURRENT, true);
	OWN(str) char *other = str_printf("%skeygen:\n  timeout_sec: 7\n", text);
	struct node_config c = { 0 };
	struct err err = { 0 };
	char *count = strstr(other, "concurrency: 2"), *buffer = strstr(other, "8192"), *most = strstr(other, "120");

	CHECK_OK(node_config_parse(text, NODE_PROFILE_CURRENT, &c, &err), err);
	CHECK_INT(c.pairings_at_once, 2);
	CHECK_INT(c.presignatures_at_once, 16);
	CHECK_INT(c.presignatures_ahead, 8192);
	CHECK_INT(c.pair_timeout_ms, 120000);
	CHECK_INT(c.presign_timeout_ms, 60000);
	CHECK_INT(c.sign_timeout_ms, 60000);
	CHECK_INT(c.generate_timeout_ms, 60000);
	node_config_clear(&c);
	count[strlen("concurrency: ")] = '0'; /* would be none at all */
	memcpy(buffer, "0   ", 4);
	memcpy(most, "0  ", 3);
	CHECK_OK(node_config_parse(other, NODE_PROFILE_CURRENT, &c, &err), err);
	CHECK_INT(c.pairings_at_once, 1);
	CHECK_INT(c.presignatures_ahead, 0);
	CHECK_INT(c.pair_timeout_ms, 1000);
	CHECK_INT(c.generate_timeout_ms, 7000);
	node_config_clear(&c);
}

/* Each line of the template is needed, but for the two optional keys. */
TEST(node_config, a_field_that_is_missing_is_named)
{
	static const char *const fields[] = {
		"my_near_account_id", "number_of_responder_keys", "concurrency", "sync_mode",
		"finality",	      "mpc_contract_id",	  "ckd"
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		OWN(str) char *text = filled(NODE_PROFILE_31, true);
		struct node_config c = { 0 };
		struct err err = { 0 };
		char *at = strstr(text, fields[i]);

		CHECK(at != NULL);
		if (!at)
			continue;
		*at = 'X';
		CHECK_INT(node_config_parse(text, NODE_PROFILE_31, &c, &err), -1);
		CHECK(strstr(err.text, "missing field `"));
	}
}

TEST(node_config, hostile_yaml_is_an_error_and_not_a_hang)
{
	static const char *const texts[] = {
		"",
		"[",
		"a: &x\n  b: *x\n",
		"a: &a [*a]\n",
		"? [1]\n: 2\n",
		"{{{{{{{{{{{{{{{{{{",
		"a: b: c",
		"\xff\xfe",
		"%YAML 9.9\n---\n",
		"just text",
	};
	OWN(buf) struct buf deep = { 0 };
	struct node_config c = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_INT(node_config_parse(texts[i], NODE_PROFILE_31, &c, &err), -1);
	for (int i = 0; i < 200; i++)
		buf_printf(&deep, "%*sa:\n", i, "");
	CHECK_INT(node_config_parse(deep.data, NODE_PROFILE_31, &c, &err), -1);
	CHECK(strstr(err.text, "nested too deeply"));
}

TEST(node_store_key, only_32_hex_digits_of_either_case_pass)
{
	struct err err = { 0 };

	CHECK_OK(node_store_key_check("00112233445566778899aabbccddeeff", &err), err);
	CHECK_OK(node_store_key_check("00112233445566778899AABBCCDDEEFF", &err), err);
	CHECK_INT(node_store_key_check(NULL, &err), -1);
	CHECK_STR(err.text, "Encryption key must be 16 bytes (32 hex characters)");
	CHECK_INT(node_store_key_check("0011", &err), -1);
	CHECK_STR(err.text, "Encryption key must be 16 bytes (32 hex characters)");
	CHECK_INT(node_store_key_check("00112233445566778899aabbccddeef", &err), -1);
	CHECK_STR(err.text, "Encryption key must be 32 hex characters");
	CHECK_INT(node_store_key_check("zz112233445566778899aabbccddeeff", &err), -1);
	CHECK_STR(err.text, "Encryption key must be 32 hex characters");
}
