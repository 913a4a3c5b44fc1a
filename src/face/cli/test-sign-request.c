#include "face/cli/sign-request.h"

#include <string.h>

#include "base/test.h"

static void refused(enum threshold_curve curve, const char *hex, const char *message,
		    enum sign_hash hash, const char *text)
{
	OWN(buf) struct buf payload = { 0 };
	struct err err = { 0 };

	CHECK_INT(sign_payload(curve, hex, message, hash, &payload, &err), -1);
	CHECK(strstr(err.text, text) != NULL);
}

static char *made(enum threshold_curve curve, const char *hex, const char *message, enum sign_hash hash)
{
	OWN(buf) struct buf payload = { 0 };
	struct err err = { 0 };

	CHECK_INT(sign_payload(curve, hex, message, hash, &payload, &err), 0);
	return hex_encode(payload.data, payload.len);
}

TEST(sign_payload, hashes_are_those_of_ethereum_and_fips)
{
	OWN(str) char *keccak = made(THRESHOLD_SECP256K1, NULL, "hello", SIGN_KECCAK),
		      *sha = made(THRESHOLD_SECP256K1, "0x68656c6c6f", NULL, SIGN_SHA256);

	CHECK_STR(keccak, "1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8");
	CHECK_STR(sha, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
}

TEST(sign_payload, bytes_are_taken_as_they_are)
{
	const char *hex = "0x00000000000000000000000000000000000000000000000000000000000000Ff";
	OWN(str) char *bytes = made(THRESHOLD_SECP256K1, hex, NULL, SIGN_AS_IT_IS);

	CHECK_STR(bytes, "00000000000000000000000000000000000000000000000000000000000000ff");
}

TEST(sign_payload, what_cannot_be_signed_is_refused_with_what_to_type)
{
	refused(THRESHOLD_SECP256K1, NULL, NULL, SIGN_AS_IT_IS, "either PAYLOAD");
	refused(THRESHOLD_SECP256K1, "0x00", "text", SIGN_AS_IT_IS, "either PAYLOAD");
	refused(THRESHOLD_SECP256K1, "00ff", NULL, SIGN_AS_IT_IS, "0x and hex");
	refused(THRESHOLD_SECP256K1, "0x0", NULL, SIGN_AS_IT_IS, "no whole bytes");
	refused(THRESHOLD_SECP256K1, "0xzz", NULL, SIGN_AS_IT_IS, "not all of it is hex");
	refused(THRESHOLD_SECP256K1, NULL, "hello", SIGN_AS_IT_IS, "--keccak (Ethereum) or --sha256");
	refused(THRESHOLD_ED25519, NULL, "hello", SIGN_SHA256, "the message itself");
}

TEST(sign_result, both_forms_of_ecdsa_and_the_bytes_of_ed25519)
{
	static const char flat[] =
		"{\"scheme\":\"Secp256k1\",\"big_r\":\"03d2fcf5741bf179a17f4e83dc5ad00aa424fa0ff30de5b2cf27edfdeee2492c07\","
		"\"s\":\"3b6a72433f0514eac01bbdca25a19d7de73496d0a016f93687e33e537161abbc\",\"recovery_id\":1}";
	OWN(str) char *text = base64_encode(flat, sizeof(flat) - 1);
	struct sign_result result;
	struct err err = { 0 };

	CHECK_INT(sign_result_parse(text, THRESHOLD_SECP256K1, &result, &err), 0);
	CHECK_INT(result.recovery_id, 1);
	CHECK_INT(result.bytes[0], 0xd2);
	CHECK_INT(result.bytes[63], 0xbc);
	CHECK_INT(sign_result_parse(text, THRESHOLD_ED25519, &result, &err), -1);
	CHECK_INT(sign_result_parse("%", THRESHOLD_ED25519, &result, &err), -1);
}

/* near-derivation.json: root local-test, alice.localnet, no path. */
TEST(sign_derive, keys_and_addresses_are_those_of_chainsig_js)
{
	struct near_public_key key;
	OWN(str) char *hex = NULL;
	OWN(json) json_t *addresses = NULL;
	uint8_t seed[32] = { 1 };
	struct err err = { 0 };

	CHECK_INT(threshold_init(seed, &err), 0);
	CHECK_INT(sign_derive("secp256k1:2arLGgfqv9gqHGkTD9HbciC3JEuyPi9HTYJE1mHT4jxbyxRWfUDxGr2Kprad6h3WZW3wU4m11pTt2WHvr4JnaFgU",
			      "alice.localnet", "", &key, &err), 0);
	hex = sign_key_hex(&key);
	addresses = sign_addresses(&key);
	CHECK_STR(json_str(addresses, "ethereum"), "0x16882f38eBce8eDC0D0558149103caFb7144140a");
	CHECK(json_str(addresses, "solana") == NULL);
	CHECK_INT(strlen(hex), 66);
	CHECK_INT(sign_derive("ed25519:4YYLXref6itvEupdmKotTdDFJFyXWGUP71UzUyYBqn4a", "alice.localnet", "", &key,
			      &err), 0);
	CHECK_INT(sign_derive("ed25519:xx", "alice.localnet", "", &key, &err), -1);
}
