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

/* The vectors have as text what the RPC shows as numbers. */
static void number_member(json_t *j, const char *key)
{
	uint64_t value = 0;

	CHECK_INT(num_parse_u64(json_str(j, key), 0, INT64_MAX, &value), 0);
	json_set_int(j, key, (json_int_t)value);
}

static json_t *with_numbers(const json_t *actions)
{
	json_t *copy = json_deep_copy(actions);
	size_t i;
	json_t *action;

	json_array_foreach(copy, i, action) {
		json_t *inner =
			json_object_get(json_object_get(action, "Delegate"), "delegate_action");

		if (!inner)
			continue;
		number_member(inner, "nonce");
		number_member(inner, "max_block_height");
	}
	return copy;
}

static void check_json(const struct near_transaction *t, const json_t *want)
{
	OWN(json) json_t *got = near_transaction_json(t);
	OWN(json) json_t *want_list = with_numbers(json_object_get(want, "actions"));
	OWN(str) char *nonce = str_printf("%llu", (unsigned long long)t->nonce);
	OWN(str) char *got_actions = json_canonical(json_object_get(got, "actions"));
	OWN(str) char *want_actions = json_canonical(want_list);

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
	struct near_secp256k1_key secp256k1;
	struct near_key ed25519;
	struct err err = { 0 };

	if (str_starts(secret, "secp256k1:")) {
		CHECK_OK(near_secp256k1_parse(secret, &secp256k1, &err), err);
		near_transaction_sign_secp256k1(t, &secp256k1, &again);
	} else {
		CHECK_OK(near_key_parse(secret, &ed25519, &err), err);
		near_transaction_sign(t, &ed25519, &again);
	}
	base64 = base64_encode(again.data, again.len);
	CHECK_STR(base64, want);
}

static struct near_transaction *decode(const char *base64, struct err *err)
{
	struct near_transaction *t = NULL;
	uint8_t *bytes = NULL;
	size_t len;
	int result;

	CHECK_INT(base64_decode(base64, strlen(base64), &bytes, &len), 0);
	result = near_transaction_decode(bytes, len, &t, err);
	CHECK_INT(result, t ? 0 : -1);
	free(bytes);
	return t;
}

static void check_one(const json_t *v)
{
	const char *base64 = json_str(v, "signed_borsh_base64");
	struct err err = { 0 };
	OWN(near_transaction) struct near_transaction *t = decode(base64, &err);
	OWN(str) char *hash = NULL;
	OWN(str) char *signature = NULL;

	if (!t) {
		test_fail(__FILE__, __LINE__, "%s: %s", json_str(v, "name"), err.text);
		return;
	}
	hash = near_base58_encode(t->hash, 32);
	signature = near_signature_format(&t->signature);
	CHECK_STR(hash, json_str(v, "hash"));
	CHECK_STR(signature, json_str(v, "signature"));
	CHECK_INT(near_transaction_verify(t), 0);
	check_json(t, json_object_get(v, "transaction"));
	check_signing(t, json_str(v, "secret_key"), base64);
}

TEST(near_transaction, agrees_with_the_public_vectors_byte_for_byte)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-transactions.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "transactions"), i, v)
		check_one(v);
	CHECK_INT(i, 36);
}

static const json_t *vector_named(const json_t *all, const char *name)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "transactions"), i, v)
		if (str_eq(json_str(v, "name"), name))
			return v;
	test_fail(__FILE__, __LINE__, "no vector %s", name);
	return NULL;
}

TEST(near_transaction, delegate_is_signed_apart_from_its_transaction)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-transactions.json");
	const json_t *v = vector_named(all, "relayed_delegate");
	struct err err = { 0 };
	OWN(near_transaction)
	struct near_transaction *t = decode(json_str(v, "signed_borsh_base64"), &err);
	OWN(str) char *hex = NULL;
	uint8_t hash[32];

	if (!t)
		return;
	near_delegate_hash(t->actions[0].delegate, hash);
	hex = hex_encode(hash, 32);
	CHECK_STR(hex, json_str(v, "delegate_hash_hex"));
	CHECK_INT(near_delegate_verify(t->actions[0].delegate), 0);
	t->actions[0].delegate->max_block_height++;
	CHECK_INT(near_delegate_verify(t->actions[0].delegate), -1);
}

TEST(near_transaction, delegate_within_a_delegate_is_refused)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-transactions.json");
	const json_t *v = vector_named(all, "relayed_delegate");
	struct err err = { 0 };
	OWN(near_transaction)
	struct near_transaction *t = decode(json_str(v, "signed_borsh_base64"), &err);
	OWN(near_transaction)
	struct near_transaction *inner = decode(json_str(v, "signed_borsh_base64"), &err);
	OWN(near_transaction) struct near_transaction *again = NULL;
	OWN(buf) struct buf b = { 0 };
	struct near_action transfer;
	struct near_key key;

	if (!t || !inner)
		return;
	transfer = t->actions[0].delegate->actions[0];
	t->actions[0].delegate->actions[0] = inner->actions[0];
	CHECK_OK(near_key_parse(json_str(v, "secret_key"), &key, &err), err);
	near_transaction_sign(t, &key, &b);
	t->actions[0].delegate->actions[0] = transfer;
	CHECK_INT(near_transaction_decode((const uint8_t *)b.data, b.len, &again, &err), -1);
	CHECK_STR(err.text, "a delegate action within a delegate action");
}

/* A transfer's last action, its tag replaced by one that is not known here. */
TEST(near_transaction, later_actions_are_refused_by_name)
{
	static const char *const names[] = { "DeterministicStateInit", "TransferToGasKey",
					     "WithdrawFromGasKey", "DelegateV2" };
	OWN(json) json_t *all = vectors("tests/vectors/near-transactions.json");
	const json_t *v = vector_named(all, "transfer_1_yocto");
	const char *base64 = json_str(v, "signed_borsh_base64");
	uint8_t *bytes = NULL;
	size_t len, tag_at;

	CHECK_INT(base64_decode(base64, strlen(base64), &bytes, &len), 0);
	tag_at = len - 65 - 16 - 1;
	CHECK_INT(bytes[tag_at], NEAR_TRANSFER);
	for (uint8_t tag = 11; tag < 16; tag++) {
		struct near_transaction *t = NULL;
		struct err err = { 0 };

		bytes[tag_at] = tag;
		CHECK_INT(near_transaction_decode(bytes, len, &t, &err), -1);
		if (!strstr(err.text, tag < 15 ? names[tag - 11] : "invalid action tag 15"))
			test_fail(__FILE__, __LINE__, "tag %u: %s", tag, err.text);
	}
	free(bytes);
}

TEST(near_transaction, malformed_and_tampered_ones_are_told_apart)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-transactions.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "malformed"), i, v) {
		struct err err = { 0 };
		OWN(near_transaction)
		struct near_transaction *t = decode(json_str(v, "base64"), &err);

		CHECK_INT(t != NULL, str_eq(json_str(v, "expect"), "InvalidSignature"));
		if (t)
			CHECK_INT(near_transaction_verify(t), -1);
	}
	CHECK_INT(i, 9);
}

TEST(near_transaction, version_1_is_refused_by_name)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-transactions_v1.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "transactions"), i, v) {
		struct err err = { 0 };
		OWN(near_transaction)
		struct near_transaction *t = decode(json_str(v, "signed_borsh_base64"), &err);

		CHECK(!t);
		CHECK(strstr(err.text, "version 1 is not supported"));
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
