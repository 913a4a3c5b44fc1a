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

	json_array_foreach(json_list(all, "ed25519"), i, v)
		check_key(v);
	CHECK_INT(i, 10);
}

static void check_implicit(const struct near_public_key *key, const char *want)
{
	OWN(str) char *id = near_implicit_account(key);

	CHECK_STR(id, want);
	CHECK(near_account_valid(id));
	CHECK(near_account_is_implicit(id));
}

static void check_secp256k1(const json_t *v)
{
	OWN(str) char *secret_text = NULL;
	OWN(str) char *public_text = NULL;
	OWN(str) char *signature_text = NULL;
	uint8_t secret[32], message[32];
	struct near_secp256k1_key key, parsed;
	struct near_public_key public_key;
	struct near_signature signature;
	struct err err = { 0 };

	CHECK_INT(hex_decode(json_str(v, "seed_hex"), 64, secret, 32), 0);
	CHECK_INT(hex_decode(json_str(v, "message_hash_hex"), 64, message, 32), 0);
	CHECK_INT(near_secp256k1_from_secret(secret, &key), 0);
	secret_text = near_secp256k1_format_secret(&key);
	public_text = near_public_key_format(&key.public_key);
	CHECK_STR(secret_text, json_str(v, "secret_key"));
	CHECK_STR(public_text, json_str(v, "public_key"));
	CHECK_OK(near_secp256k1_parse(secret_text, &parsed, &err), err);
	CHECK(!memcmp(&parsed, &key, sizeof(key)));
	CHECK_OK(near_public_key_parse(public_text, &public_key, &err), err);
	CHECK(!memcmp(&public_key, &key.public_key, sizeof(public_key)));
	check_implicit(&public_key, json_str(v, "eth_implicit_account_id"));
	near_secp256k1_sign(&key, message, &signature);
	signature_text = near_signature_format(&signature);
	CHECK_STR(signature_text, json_str(v, "signature_near"));
	CHECK_INT(near_signature_verify(&public_key, message, &signature), 0);
	signature.bytes[3] ^= 1;
	CHECK_INT(near_signature_verify(&public_key, message, &signature), -1);
}

TEST(near_secp256k1, agrees_with_the_public_vectors)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-keys.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "secp256k1"), i, v)
		check_secp256k1(v);
	CHECK_INT(i, 8);
}

TEST(near_secp256k1, high_s_foreign_recovery_id_and_other_curve_are_bad_signatures)
{
	/* the order of the group */
	static const uint8_t order[32] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
					   0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b,
					   0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41 };
	static const uint8_t secret[32] = { 7 }, hash[32] = { 9 };
	struct near_secp256k1_key key;
	struct near_signature good, bad;
	int borrow = 0;

	CHECK_INT(near_secp256k1_from_secret(secret, &key), 0);
	near_secp256k1_sign(&key, hash, &good);
	CHECK_INT(near_signature_verify(&key.public_key, hash, &good), 0);
	bad = good;
	for (int i = 31; i >= 0; i--) { /* s = order - s */
		int digit = order[i] - good.bytes[32 + i] - borrow;

		borrow = digit < 0;
		bad.bytes[32 + i] = (uint8_t)digit;
	}
	bad.bytes[64] ^= 1;
	CHECK_INT(near_signature_verify(&key.public_key, hash, &bad), -1);
	bad = good;
	bad.bytes[64] = 4;
	CHECK_INT(near_signature_verify(&key.public_key, hash, &bad), -1);
	bad = good;
	bad.curve = NEAR_ED25519;
	CHECK_INT(near_signature_verify(&key.public_key, hash, &bad), -1);
	CHECK_INT(near_secp256k1_from_secret(order, &key), -1);
	CHECK_INT(near_secp256k1_from_secret((const uint8_t[32]){ 0 }, &key), -1);
}

TEST(near_secp256k1, pair_whose_halves_differ_is_refused)
{
	static const uint8_t one[32] = { 1 }, two[32] = { 2 };
	struct near_secp256k1_key key, other;
	struct err err = { 0 };

	CHECK_INT(near_secp256k1_from_secret(one, &key), 0);
	CHECK_INT(near_secp256k1_from_secret(two, &other), 0);
	key.public_key = other.public_key;
	{
		OWN(str) char *text = near_secp256k1_format_secret(&key);

		CHECK_INT(near_secp256k1_parse(text, &other, &err), -1);
	}
	CHECK_STR(err.text, "the public half is not the one of the secret");
	CHECK_INT(near_secp256k1_parse("ed25519:abc", &other, &err), -1);
	CHECK_STR(err.text, "Key must start with 'secp256k1:' prefix");
}

TEST(near_account, implicit_ids_are_known_by_their_form)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-keys.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "ed25519"), i, v) {
		struct near_public_key key;
		struct err err = { 0 };

		CHECK_OK(near_public_key_parse(json_str(v, "public_key"), &key, &err), err);
		check_implicit(&key, json_str(v, "implicit_account_id"));
	}
	CHECK(!near_account_is_implicit("test.near"));
	CHECK(!near_account_is_implicit("0xabababababababababababababababababababag"));
	CHECK(!near_account_is_implicit("0sabababababababababababababababababababab"));
	CHECK(!near_account_is_implicit("abababababababababababababababababababab"));
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
