#include "engine/verify/verify.h"

#include "base/str.h"
#include "base/test.h"

/* Key, hash and signature that chainsig.js and viem agree on; RFC 8032, 7.1, test 2. */
static const char xy_hex[] = "48a7192326ba348c072ca1c278a6b82cf4736b4ef5083ea1be616f7790bc3507"
			     "6ff537d8cac77ce7f7e38737e28bb9391eb2a1e1342acb690e00ee5c6a375644";
static const char hash_hex[] = "f5deb23a5b22acfcd60e56169e498b2f0246b397ec86fd74282031aa3e7b40a2";
static const char rs_hex[] = "d2fcf5741bf179a17f4e83dc5ad00aa424fa0ff30de5b2cf27edfdeee2492c07"
			     "3b6a72433f0514eac01bbdca25a19d7de73496d0a016f93687e33e537161abbc";

struct ecdsa {
	uint8_t xy[64], hash[32], rs[64];
};

static struct ecdsa vector(void)
{
	struct ecdsa e;

	CHECK_INT(hex_decode(xy_hex, 128, e.xy, 64), 0);
	CHECK_INT(hex_decode(hash_hex, 64, e.hash, 32), 0);
	CHECK_INT(hex_decode(rs_hex, 128, e.rs, 64), 0);
	return e;
}

TEST(verify, a_signature_of_others_over_secp256k1_is_right)
{
	struct ecdsa e = vector();
	struct err err = { 0 };

	CHECK_INT(verify_ecdsa(e.xy, e.hash, e.rs, 1, &err), 0);
}

TEST(verify, every_flipped_bit_makes_it_wrong)
{
	for (size_t i = 0; i < 64 * 8; i += 5) {
		struct ecdsa e = vector();
		struct err err = { 0 };

		e.rs[i / 8] ^= (uint8_t)(1u << i % 8);
		CHECK_INT(verify_ecdsa(e.xy, e.hash, e.rs, 1, &err), -1);
		CHECK(err.text[0] != 0);
	}
	for (size_t i = 0; i < 32 * 8; i += 5) {
		struct ecdsa e = vector();
		struct err err = { 0 };

		e.hash[i / 8] ^= (uint8_t)(1u << i % 8);
		CHECK_INT(verify_ecdsa(e.xy, e.hash, e.rs, 1, &err), -1);
	}
}

TEST(verify, the_recovery_id_is_part_of_it)
{
	struct ecdsa e = vector();

	for (unsigned id = 0; id < 5; id++) {
		struct err err = { 0 };

		CHECK_INT(verify_ecdsa(e.xy, e.hash, e.rs, id, &err), id == 1 ? 0 : -1);
	}
}

TEST(verify, what_is_no_point_is_refused)
{
	struct ecdsa e = vector();
	struct err err = { 0 };

	e.xy[63] ^= 1;
	CHECK_INT(verify_ecdsa(e.xy, e.hash, e.rs, 1, &err), -1);
	CHECK(str_ends(err.text, "does not take the public key"));
}

TEST(verify, ed25519_by_the_rfc)
{
	uint8_t key[32], signature[64], message[1] = { 0x72 };
	struct err err = { 0 };

	CHECK_INT(hex_decode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", 64, key, 32), 0);
	CHECK_INT(hex_decode("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
			     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00", 128, signature, 64), 0);
	CHECK_INT(verify_ed25519(key, message, 1, signature, &err), 0);
	message[0]++;
	CHECK_INT(verify_ed25519(key, message, 1, signature, &err), -1);
}
