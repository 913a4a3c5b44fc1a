#include "base/test.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/keccak.h"
#include "base/secret.h"
#include "base/str.h"

TEST(err, context_goes_in_front)
{
	struct err err = { 0 };

	errno = ENOENT;
	CHECK_INT(err_sys(&err, "open %s", "x"), -1);
	CHECK_INT(err_in(&err, "stack %s", "s"), -1);
	CHECK_STR(err.text, "stack s: open x: No such file or directory");
	CHECK_INT(err_set(NULL, ERR_BUG, "x"), -1);
}

TEST(str, glob_matches_as_iam_does)
{
	CHECK(str_glob("*mpc-node*", "1.dkr.ecr/mpc-node:x", false));
	CHECK(str_glob("s3:Get?bject", "S3:getObject", true));
	CHECK(!str_glob("s3:Get?bject", "S3:getObject", false));
	CHECK(str_glob("*", "", false));
	CHECK(!str_glob("a*b", "a*bc", false));
}

TEST(str, base64_and_hex_round_trip_and_refuse)
{
	OWN(str) char *text = base64_encode("ab\0d", 4);
	uint8_t *data = NULL, raw[2];
	size_t len = 0;

	CHECK_STR(text, "YWIAZA==");
	CHECK_INT(base64_decode(text, strlen(text), &data, &len), 0);
	CHECK_INT(len, 4);
	CHECK(data && !memcmp(data, "ab\0d", 4));
	free(data);
	CHECK_INT(base64_decode("YW=A", 4, &data, &len), -1);
	CHECK_INT(hex_decode("0aFf", 4, raw, 2), 0);
	CHECK_INT(raw[1], 255);
	CHECK_INT(hex_decode("0aFg", 4, raw, 2), -1);
}

TEST(str, numbers_are_strict)
{
	uint64_t u;
	int64_t i;
	uint32_t base;
	unsigned bits;

	CHECK_INT(num_parse_u64("18446744073709551616", 0, UINT64_MAX, &u), -1);
	CHECK_INT(num_parse_u64(" 1", 0, 9, &u), -1);
	CHECK_INT(num_parse_i64("-5", -9, 9, &i), 0);
	CHECK_INT(i, -5);
	CHECK_INT(ip_parse_cidr("10.0.0.0/16", &base, &bits), 0);
	CHECK_INT(base, 0x0a000000);
	CHECK_INT(ip_parse_cidr("10.0.0.1/16", &base, &bits), -1);
	CHECK_INT(ip_parse("10.0.0.256", &base), -1);
	CHECK_INT(ip_parse("10.0.0", &base), -1);
	CHECK_INT(ip_parse("010.0.0.1", &base), -1);
}

TEST(str, distance_finds_near_misses)
{
	CHECK_INT(str_distance("Cpu", "CPU", 3), 2);
	CHECK_INT(str_distance("kitten", "sitting", 5), 3);
	CHECK_INT(str_distance("a", "abcdefgh", 3), 4);
}

TEST(json, path_and_text_numbers)
{
	OWN(json) json_t *j = NULL;
	struct err err = { 0 };
	const char *text = "{\"a\":[{\"b\":\"7\"}]}";

	CHECK_OK(json_parse_text("x", text, strlen(text), &j, &err), err);
	CHECK_INT(json_int_or(json_path(j, "a.0"), "b", 0), 7);
	CHECK(!json_path(j, "a.1.b"));
	CHECK_INT(json_parse_text("x", "{\n \"a\": }", 9, &j, &err), -1);
	CHECK(str_starts(err.text, "x:2:"));
}

TEST(json, bytes_that_are_no_text_become_replacement_characters)
{
	OWN(json) json_t *j = json_object();

	json_set_str(j, "k", "a\xf9" "b");
	CHECK_STR(json_str(j, "k"), "a\xef\xbf\xbd" "b");
}

TEST(secret, blocks_are_zero_and_taken_again)
{
	unsigned char *a = secret_new(100), *b = secret_new(1), *big;
	bool zero = true;

	memset(a, 7, 100);
	secret_free(a);
	a = secret_new(100);
	for (int i = 0; i < 100; i++)
		zero = zero && a[i] == 0;
	CHECK(zero);
	CHECK(a != b);
	big = secret_new((size_t)4 << 20);
	CHECK(!secret_locked()); /* larger than the arena: told */
	big[(4 << 20) - 1] = 1;
	secret_free(big);
	secret_free(a);
	secret_free(b);
	secret_free(NULL);
}

static void check_hash(void (*hash)(const void *, size_t, uint8_t *), size_t len, const char *want)
{
	uint8_t data[300], got[32];
	OWN(str) char *hex = NULL;

	memset(data, 0xa3, sizeof(data));
	hash(data, len, got);
	hex = hex_encode(got, sizeof(got));
	CHECK_STR(hex, want);
}

/* FIPS 202 example values (0 and 200 bytes of a3), and what every Ethereum tool says of "". */
TEST(keccak, known_answers)
{
	check_hash(sha3_256, 0, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
	check_hash(sha3_256, 200, "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787");
	check_hash(keccak_256, 0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
}

TEST(keccak, hkdf_is_openssl_s)
{
	uint8_t got[32];
	OWN(str) char *hex = NULL;

	hkdf_sha3_256("salt", 4, "key", 3, "info", 4, got);
	hex = hex_encode(got, sizeof(got));
	CHECK_STR(hex, "7c0ef77d81593534a377e29e61bed4e29ffad92bfced4a2521022782597b4554");
}

TEST(json, a_list_has_a_text_or_not)
{
	OWN(json) json_t *list = json_pack("[s,i,s]", "a", 7, "b");

	CHECK(json_has_text(list, "a"));
	CHECK(json_has_text(list, "b"));
	CHECK(!json_has_text(list, "c"));
	CHECK(!json_has_text(list, "7"));
	CHECK(!json_has_text(NULL, "a"));
}

TEST(json, the_object_with_a_text_is_found_in_a_list)
{
	OWN(json) json_t *list = json_loads("[7,{\"k\":1},{\"k\":\"a\",\"v\":1},{\"k\":\"a\",\"v\":2}]", 0, NULL);

	CHECK(json_find(list, "k", "a") == json_array_get(list, 2));
	CHECK(!json_find(list, "k", "b"));
	CHECK(!json_find(list, "v", "a"));
	CHECK(!json_find(NULL, "k", "a"));
}
