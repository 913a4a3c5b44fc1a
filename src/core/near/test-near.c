#include <string.h>

#include "base/json.h"
#include "base/test.h"
#include "core/near/near.h"

static json_t *vectors(const char *path)
{
	OWN(str) char *text = NULL;
	struct err err = { 0 };
	json_t *j = NULL;
	size_t len;

	text = test_read_file(path, &len);
	if (text)
		CHECK_OK(json_parse_text(path, text, len, &j, &err), err);
	return j;
}

static void check_key(const json_t *v)
{
	OWN(str) char *secret = NULL;
	OWN(str) char *public_text = NULL;
	OWN(str) char *signature = NULL;
	uint8_t seed[32], message[32], sig[64], public_key[32];
	struct near_key key, parsed;
	struct err err = { 0 };

	CHECK_INT(hex_decode(json_str(v, "seed_hex"), 64, seed, 32), 0);
	CHECK_INT(hex_decode(json_str(v, "message_hex"), 64, message, 32), 0);
	near_key_from_seed(seed, &key);
	secret = near_key_format_secret(&key);
	public_text = near_key_format_public(&key);
	CHECK_STR(secret, json_str(v, "secret_key"));
	CHECK_STR(public_text, json_str(v, "public_key"));
	CHECK_OK(near_key_parse(secret, &parsed, &err), err);
	CHECK(!memcmp(&parsed, &key, sizeof(key)));
	CHECK_OK(near_public_parse(public_text, public_key, &err), err);
	CHECK(!memcmp(public_key, near_key_public(&key), 32));
	near_sign(&key, message, 32, sig);
	signature = hex_encode(sig, 64);
	CHECK_STR(signature, json_str(v, "signature_hex"));
	CHECK_INT(near_verify(public_key, message, 32, sig), 0);
	sig[3] ^= 1;
	CHECK_INT(near_verify(public_key, message, 32, sig), -1);
}

TEST(near_key, agrees_with_the_public_vectors)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-keys.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "ed25519"), i, v) check_key(v);
	CHECK_INT(i, 10);
}

static void check_refused(const char *text, const char *words)
{
	struct near_key key;
	struct err err = { 0 };

	CHECK_INT(near_key_parse(text, &key, &err), -1);
	if (!strstr(err.text, words))
		test_fail(__FILE__, __LINE__, "'%s' lacks '%s'", err.text, words);
}

TEST(near_key, is_refused_in_the_words_of_the_real_loader)
{
	check_refused("", "Key must start with 'ed25519:' prefix");
	check_refused("REPLACE_WITH_REAL_KEY", "Key must start with 'ed25519:' prefix");
	check_refused("secp256k1:abc", "Key must start with 'ed25519:' prefix");
	check_refused("ed25519:", "Key pair bytes must be 64 bytes.");
	check_refused("ed25519:4zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoCtajS",
		      "Key pair bytes must be 64 bytes.");
	check_refused("ed25519:abc0", "invalid character at byte 3");
	check_refused(
		"ed25519:"
		"111111111111111111111111111111114zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoCtajT",
		"Mismatched Keypair detected");
	check_refused(
		"ed25519:"
		"111111111111111111111111111111114zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoCtajS\n",
		"invalid character at byte");
}

TEST(near_key, text_of_any_length_is_refused_not_crashed_on)
{
	OWN(buf) struct buf b = { 0 };

	buf_str(&b, "ed25519:");
	for (int i = 0; i < 100000; i++)
		buf_char(&b, 'z');
	check_refused(b.data, "Key pair bytes must be 64 bytes.");
}

TEST(near_account, grammar_agrees_with_the_vectors)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-account_ids.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "account_ids"), i, v)
		CHECK_INT(near_account_valid(json_str(v, "account_id")),
			  json_is_true(json_object_get(v, "valid")));
	CHECK_INT(i, 44);
}

TEST(near_account, only_a_direct_sub_account_is_a_child)
{
	CHECK(near_account_is_child("a.test.near", "test.near"));
	CHECK(!near_account_is_child("b.a.test.near", "test.near"));
	CHECK(!near_account_is_child("atest.near", "test.near"));
	CHECK(!near_account_is_child("test.near", "test.near"));
	CHECK(!near_account_is_child(".test.near", "xtest.near"));
}

#define BOOT_KEY "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF"
#define OTHER_KEY "ed25519:4zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoCtajS"

static void check_boot_refused(const char *text, const char *words)
{
	struct near_boot_node *nodes = NULL;
	size_t count = 0;
	struct err err = { 0 };

	CHECK_INT(near_boot_parse(text, &nodes, &count, &err), -1);
	if (!strstr(err.text, words))
		test_fail(__FILE__, __LINE__, "'%s' lacks '%s'", err.text, words);
}

TEST(near_boot, list_is_read_as_nearcore_reads_it)
{
	struct near_boot_node *nodes = NULL;
	size_t count = 9;
	struct err err = { 0 };

	CHECK_OK(near_boot_parse("", &nodes, &count, &err), err);
	CHECK_INT(count, 0);
	CHECK_OK(near_boot_parse(BOOT_KEY "@10.0.2.100:24567," OTHER_KEY "@near.mpc.local:24566",
				 &nodes, &count, &err),
		 err);
	CHECK_INT(count, 2);
	CHECK_STR(nodes[0].host, "10.0.2.100");
	CHECK_INT(nodes[0].port, 24567);
	CHECK_STR(nodes[1].host, "near.mpc.local");
	near_boot_free(nodes, count);
}

TEST(near_boot, entry_without_port_is_a_peer_without_address)
{
	struct near_boot_node *nodes = NULL;
	size_t count = 0;
	struct err err = { 0 };

	CHECK_OK(near_boot_parse(BOOT_KEY "@10.0.2.100", &nodes, &count, &err), err);
	CHECK_INT(count, 1);
	CHECK_STR(nodes[0].host, "");
	CHECK_INT(nodes[0].port, 0);
	near_boot_free(nodes, count);
}

TEST(near_boot, wrong_entries_are_named)
{
	check_boot_refused("10.0.2.100:24567", "boot node 1 ('10.0.2.100:24567')");
	check_boot_refused("http://10.0.2.100:3030", "prefix");
	check_boot_refused(BOOT_KEY "@10.0.2.100:0", "invalid port '0'");
	check_boot_refused(BOOT_KEY "@10.0.2.100:70000", "invalid port");
	check_boot_refused(BOOT_KEY "@:24567", "invalid host");
	check_boot_refused(BOOT_KEY "@a:1, " OTHER_KEY "@b:1", "boot node 2 (' ed25519:");
	check_boot_refused(BOOT_KEY "@a:1," BOOT_KEY "@b:1", "duplicate peer id");
	check_boot_refused(BOOT_KEY "@a:1," OTHER_KEY "@a:1", "duplicate address a:1");
	check_boot_refused(BOOT_KEY "@a:1,", "boot node 2 ('')");
	check_boot_refused("ed25519:4zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoCta@a:1",
			   "Public key bytes must be 32 bytes.");
}
