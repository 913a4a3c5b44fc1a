#include <string.h>

#include "base/test.h"
#include "core/near/near-transaction.h"

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

/* The vectors have what only we show beside it: the nonce there is text. */
static void check_json(const struct near_transaction *t, const json_t *want)
{
	OWN(json) json_t *got = near_transaction_json(t);
	OWN(str) char *nonce = str_printf("%llu", (unsigned long long)t->nonce);
	OWN(str) char *got_actions = json_canonical(json_object_get(got, "actions"));
	OWN(str) char *want_actions = json_canonical(json_object_get(want, "actions"));

	CHECK_STR(nonce, json_str(want, "nonce"));
	CHECK_STR(json_str(got, "signer_id"), json_str(want, "signer_id"));
	CHECK_STR(json_str(got, "receiver_id"), json_str(want, "receiver_id"));
	CHECK_STR(json_str(got, "public_key"), json_str(want, "public_key"));
	CHECK_STR(got_actions, want_actions);
}

static void check_signing(struct near_transaction *t, const char *secret, const char *want)
{
	OWN(buf) struct buf again = { 0 };
	OWN(str) char *base64 = NULL;
	struct near_key key;
	struct err err = { 0 };

	CHECK_OK(near_key_parse(secret, &key, &err), err);
	near_transaction_sign(t, &key, &again);
	base64 = base64_encode(again.data, again.len);
	CHECK_STR(base64, want);
}

/* 1 when the transaction has an action or a key that this room refuses by name. */
static int check_one(const json_t *v)
{
	OWN(near_transaction) struct near_transaction *t = NULL;
	OWN(str) char *hash = NULL;
	uint8_t *bytes = NULL;
	struct err err = { 0 };
	size_t len;

	CHECK_INT(base64_decode(json_str(v, "signed_borsh_base64"),
				strlen(json_str(v, "signed_borsh_base64")), &bytes, &len),
		  0);
	if (near_transaction_decode(bytes, len, &t, &err) < 0) {
		free(bytes);
		CHECK(strstr(err.text, "not supported by this chain"));
		return 1;
	}
	free(bytes);
	hash = near_base58_encode(t->hash, 32);
	CHECK_STR(hash, json_str(v, "hash"));
	CHECK_INT(near_transaction_verify(t), 0);
	check_json(t, json_object_get(v, "transaction"));
	check_signing(t, json_str(v, "secret_key"), json_str(v, "signed_borsh_base64"));
	return 0;
}

TEST(near_transaction, agrees_with_the_public_vectors_byte_for_byte)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-transactions.json");
	int refused = 0;
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "transactions"), i, v) refused += check_one(v);
	CHECK_INT(i, 36);
	/* 4 global contracts, 1 delegate, 1 secp256k1 signature */
	CHECK_INT(refused, 6);
}

TEST(near_transaction, malformed_and_tampered_ones_are_told_apart)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-transactions.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "malformed"), i, v)
	{
		OWN(near_transaction) struct near_transaction *t = NULL;
		bool parses = str_eq(json_str(v, "expect"), "InvalidSignature");
		const char *base64 = json_str(v, "base64");
		uint8_t *bytes = NULL;
		struct err err = { 0 };
		size_t len;

		CHECK_INT(base64_decode(base64, strlen(base64), &bytes, &len), 0);
		CHECK_INT(near_transaction_decode(bytes, len, &t, &err), parses ? 0 : -1);
		if (t)
			CHECK_INT(near_transaction_verify(t), -1);
		free(bytes);
	}
	CHECK_INT(i, 9);
}

TEST(near_transaction, version_1_is_refused_by_name)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-transactions_v1.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "transactions"), i, v)
	{
		OWN(near_transaction) struct near_transaction *t = NULL;
		const char *base64 = json_str(v, "signed_borsh_base64");
		uint8_t *bytes = NULL;
		struct err err = { 0 };
		size_t len;

		CHECK_INT(base64_decode(base64, strlen(base64), &bytes, &len), 0);
		CHECK_INT(near_transaction_decode(bytes, len, &t, &err), -1);
		CHECK(strstr(err.text, "version 1 is not supported"));
		free(bytes);
	}
	CHECK_INT(i, 2);
}

TEST(near_transaction, every_truncation_of_a_call_is_an_error)
{
	static const uint8_t seed[32] = { 7 };
	static const char args[] = "{\"a\":1}";
	struct near_call call = { .signer_id = "test.near",
				  .receiver_id = "mpc-contract.test.near",
				  .method = "init",
				  .args = args,
				  .args_len = sizeof(args) - 1,
				  .nonce = 5,
				  .gas = 300000000000000,
				  .deposit = 1 };
	OWN(near_transaction) struct near_transaction *t = NULL;
	OWN(buf) struct buf b = { 0 };
	struct near_key key;
	struct err err = { 0 };
	uint8_t hash[32];

	near_key_from_seed(seed, &key);
	near_call_sign(&call, &key, &b, hash);
	for (size_t len = 0; len < b.len; len++) {
		OWN(near_transaction) struct near_transaction *cut = NULL;

		CHECK_INT(near_transaction_decode((const uint8_t *)b.data, len, &cut, &err), -1);
	}
	CHECK_OK(near_transaction_decode((const uint8_t *)b.data, b.len, &t, &err), err);
	CHECK(!memcmp(t->hash, hash, 32));
	CHECK_INT(near_transaction_verify(t), 0);
	CHECK_STR((const char *)t->actions[0].data, args);
}

TEST(near_u128, text_form_is_strict_and_whole)
{
	OWN(str) char *most = NULL;
	near_u128 value;

	CHECK_INT(near_u128_parse("340282366920938463463374607431768211455", &value), 0);
	most = near_u128_format(value);
	CHECK_STR(most, "340282366920938463463374607431768211455");
	CHECK_INT(near_u128_parse("340282366920938463463374607431768211456", &value), -1);
	CHECK_INT(near_u128_parse("", &value), -1);
	CHECK_INT(near_u128_parse("-1", &value), -1);
	CHECK_INT(near_u128_parse("1 ", &value), -1);
}
