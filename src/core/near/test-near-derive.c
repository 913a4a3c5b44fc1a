#include <string.h>

#include "base/json.h"
#include "base/test.h"
#include "core/near/near-derive.h"

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

static void check_tweak(const char *predecessor, const char *path, const char *want)
{
	OWN(str) char *hex = NULL;
	uint8_t tweak[32];

	near_derivation_tweak(predecessor, path, tweak);
	hex = hex_encode(tweak, sizeof(tweak));
	CHECK_STR(hex, want);
}

TEST(near_derive, tweaks_are_those_of_the_signer_contract)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-epsilon.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "epsilon_vectors"), i, v)
		check_tweak(json_str(v, "account_id"), json_str(v, "path"),
			    json_str(v, "epsilon_hex"));
	CHECK_INT(i, 16);
}

static void check_address(char *got, const json_t *addresses, const char *name)
{
	CHECK_STR(got, json_str(addresses, name));
	free(got);
}

static struct near_public_key key_of(const json_t *v, const char *member)
{
	struct near_public_key key = { 0 };
	struct err err = { 0 };
	OWN(str) char *again = NULL;

	CHECK_OK(near_public_key_parse(json_str(v, member), &key, &err), err);
	again = near_public_key_format(&key);
	CHECK_STR(again, json_str(v, member));
	return key;
}

static void check_addresses(const json_t *v)
{
	struct near_public_key secp256k1 = key_of(v, "secp256k1_near");
	struct near_public_key ed25519 = key_of(v, "ed25519_near");
	const json_t *a = json_object_get(v, "addresses");
	/* a member that is new in the vectors must not go unchecked */
	CHECK_INT(json_object_size(a), 10);
	check_address(near_address_evm(&secp256k1), a, "evm");
	check_address(near_address_bitcoin(&secp256k1, "bc"), a, "bitcoin_p2wpkh_mainnet");
	check_address(near_address_bitcoin(&secp256k1, "tb"), a, "bitcoin_p2wpkh_testnet");
	check_address(near_address_bitcoin(&secp256k1, "bcrt"), a, "bitcoin_p2wpkh_regtest");
	check_address(near_address_cosmos(&secp256k1, "cosmos"), a, "cosmos_cosmoshub-4");
	check_address(near_address_cosmos(&secp256k1, "osmo"), a, "cosmos_osmosis-1");
	check_address(near_address_xrp(&secp256k1), a, "xrp");
	check_address(near_address_solana(&ed25519), a, "solana");
	check_address(near_address_aptos(&ed25519), a, "aptos");
	check_address(near_address_sui(&ed25519), a, "sui");
}

TEST(near_derive, addresses_of_the_other_chains_agree_with_the_vectors)
{
	OWN(json) json_t *all = vectors("tests/vectors/near-derivation.json");
	size_t i;
	json_t *v;

	json_array_foreach(json_list(all, "derivations"), i, v) {
		check_tweak(json_str(v, "predecessor"), json_str(v, "path"),
			    json_str(v, "tweak_hex"));
		check_addresses(v);
	}
	CHECK_INT(i, 144);
}

TEST(near_derive, a_key_has_no_address_on_a_chain_of_the_other_curve)
{
	struct near_public_key ed25519 = { .curve = NEAR_ED25519 };
	struct near_public_key secp256k1 = { .curve = NEAR_SECP256K1 };

	CHECK(!near_address_evm(&ed25519));
	CHECK(!near_address_bitcoin(&ed25519, "bc"));
	CHECK(!near_address_cosmos(&ed25519, "cosmos"));
	CHECK(!near_address_xrp(&ed25519));
	CHECK(!near_address_solana(&secp256k1));
	CHECK(!near_address_aptos(&secp256k1));
	CHECK(!near_address_sui(&secp256k1));
}

TEST(near_derive, prefix_that_bech32_could_not_carry_has_no_address)
{
	struct near_public_key key = { .curve = NEAR_SECP256K1 };

	CHECK(!near_address_cosmos(&key, ""));
	CHECK(!near_address_cosmos(&key, "Cosmos"));
	CHECK(!near_address_cosmos(&key, "co smos"));
	CHECK(!near_address_bitcoin(&key, "abcdefghijklmnopqrstu"));
}
