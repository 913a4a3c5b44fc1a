#include "face/cli/sign-request.h"

#include <string.h>

#include "base/keccak.h"
#include "core/near/near-derive.h"

/* ---- what is signed ------------------------------------------------------------------------------------- */

static int take_bytes(const char *hex, const char *message, struct buf *ret, struct err *err)
{
	size_t len;
	uint8_t *bytes;
	int rc;

	if (!hex == !message)
		return err_set(err, ERR_INPUT, "give either PAYLOAD (0x and hex) or --message TEXT");
	if (message) {
		buf_str(ret, message);
		return 0;
	}
	if (!str_starts(hex, "0x"))
		return err_set(err, ERR_INPUT, "payload %.80s: write the bytes as 0x and hex, or a text as --message",
			       hex);
	len = strlen(hex + 2);
	if (len % 2)
		return err_set(err, ERR_INPUT, "payload: %zu hex digits are no whole bytes", len);
	bytes = mem_new(len / 2 + 1, 1);
	rc = hex_decode(hex + 2, len, bytes, len / 2);
	buf_add(ret, bytes, len / 2);
	free(bytes);
	return rc < 0 ? err_set(err, ERR_INPUT, "payload: not all of it is hex") : 0;
}

static void replace_by_hash(enum sign_hash hash, struct buf *b)
{
	uint8_t digest[32];

	if (hash == SIGN_KECCAK)
		keccak_256(b->data, b->len, digest);
	else
		near_sha256(b->data, b->len, digest);
	buf_consume(b, b->len);
	buf_add(b, digest, sizeof(digest));
}

int sign_payload(enum threshold_curve curve, const char *hex, const char *message,
		 enum sign_hash hash, struct buf *ret, struct err *err)
{
	if (take_bytes(hex, message, ret, err) < 0)
		return -1;
	if (curve == THRESHOLD_ED25519 && hash != SIGN_AS_IT_IS)
		return err_set(err, ERR_INPUT, "Ed25519 signs the message itself: without --keccak and --sha256");
	if (hash != SIGN_AS_IT_IS)
		replace_by_hash(hash, ret);
	if (curve == THRESHOLD_SECP256K1 && ret->len != 32)
		return err_set(err, ERR_INPUT,
			       "ECDSA signs 32 bytes, these are %zu: let --keccak (Ethereum) or --sha256 make a hash "
			       "of them",
			       ret->len);
	if (curve == THRESHOLD_ED25519 && ret->len > SIGN_MESSAGE_MOST)
		return err_set(err, ERR_INPUT, "the contract takes at most %d bytes for Ed25519, these are %zu",
			       SIGN_MESSAGE_MOST, ret->len);
	return 0;
}

json_t *sign_arguments(json_int_t domain, enum threshold_curve curve, const struct buf *payload,
		       const char *path)
{
	OWN(str) char *hex = hex_encode(payload->data, payload->len);

	return json_pack("{s:{s:s,s:I,s:{s:s}}}", "request", "path", path, "domain_id", domain,
			 "payload_v2", curve == THRESHOLD_SECP256K1 ? "Ecdsa" : "Eddsa", hex);
}

/* ---- what comes back ------------------------------------------------------------------------------------ */

/* {"affine_point": text} or the text itself */
static const char *inner_text(const json_t *j, const char *member, const char *inner)
{
	const json_t *value = json_object_get(j, member);

	return json_is_string(value) ? json_string_value(value) : json_str(value, inner);
}

static int parse_ecdsa(const json_t *j, struct sign_result *ret)
{
	const char *r = inner_text(j, "big_r", "affine_point"), *s = inner_text(j, "s", "scalar");

	if (!r || !s || strlen(r) != 66 || !json_is_integer(json_object_get(j, "recovery_id")))
		return -1;
	ret->recovery_id = (unsigned)json_int_or(j, "recovery_id", 4);
	return hex_decode(r + 2, 64, ret->bytes, 32) < 0 || hex_decode(s, strlen(s), ret->bytes + 32, 32) < 0
		       ? -1
		       : 0;
}

static int parse_ed25519(const json_t *j, struct sign_result *ret)
{
	json_t *list = json_list(j, "signature"), *byte;
	size_t i;

	if (json_array_size(list) != 64)
		return -1;
	json_array_foreach(list, i, byte) {
		if (!json_is_integer(byte) || json_integer_value(byte) < 0 || json_integer_value(byte) > 255)
			return -1;
		ret->bytes[i] = (uint8_t)json_integer_value(byte);
	}
	return 0;
}

int sign_result_parse(const char *base64, enum threshold_curve curve, struct sign_result *ret,
		      struct err *err)
{
	OWN(str) char *text = NULL;
	OWN(json) json_t *j = NULL;
	uint8_t *bytes;
	size_t len;

	if (base64_decode(base64, strlen(base64), &bytes, &len) < 0)
		return err_set(err, ERR_REMOTE, "the contract's answer is not base64");
	text = (char *)bytes;
	*ret = (struct sign_result){ .curve = curve };
	if (json_parse_text("signature", text, len, &j, err) < 0)
		return err_in(err, "the contract's answer");
	if ((curve == THRESHOLD_SECP256K1 ? parse_ecdsa(j, ret) : parse_ed25519(j, ret)) < 0)
		return err_set(err, ERR_REMOTE, "the contract's answer is no signature of a known form: %.200s",
			       text);
	return 0;
}

/* ---- whose key it is ------------------------------------------------------------------------------------- */

int sign_derive(const char *root, const char *predecessor, const char *path,
		struct near_public_key *ret, struct err *err)
{
	struct near_public_key key = { 0 };
	enum threshold_curve curve;
	uint8_t tweak[32], point[THRESHOLD_POINT_MOST], derived[THRESHOLD_POINT_MOST];

	if (near_public_key_parse(root, &key, err) < 0)
		return err_in(err, "the domain's public key");
	curve = key.curve == NEAR_SECP256K1 ? THRESHOLD_SECP256K1 : THRESHOLD_ED25519;
	near_derivation_tweak(predecessor, path, tweak);
	memcpy(point, key.bytes, 32);
	if ((curve == THRESHOLD_SECP256K1 && threshold_point_compress(key.bytes, point) < 0) ||
	    threshold_derive(curve, point, tweak, derived) < 0)
		return err_set(err, ERR_REMOTE, "no key can be derived from %s", root);
	*ret = (struct near_public_key){ .curve = key.curve };
	memcpy(ret->bytes, derived, 32);
	if (curve == THRESHOLD_SECP256K1 && threshold_point_expand(derived, ret->bytes) < 0)
		return err_set(err, ERR_BUG, "a derived key is no point");
	return 0;
}

char *sign_key_hex(const struct near_public_key *key)
{
	uint8_t point[THRESHOLD_POINT_MOST];

	if (key->curve == NEAR_ED25519)
		return hex_encode(key->bytes, 32);
	return threshold_point_compress(key->bytes, point) < 0 ? str_dup("") : hex_encode(point, 33);
}

static void add_address(json_t *all, const char *chain, char *address)
{
	json_set_str(all, chain, address);
	free(address);
}

json_t *sign_addresses(const struct near_public_key *key)
{
	json_t *all = json_object();

	if (key->curve == NEAR_SECP256K1) {
		add_address(all, "ethereum", near_address_evm(key));
		add_address(all, "bitcoin", near_address_bitcoin(key, "bc"));
		add_address(all, "bitcoinTestnet", near_address_bitcoin(key, "tb"));
		add_address(all, "cosmos", near_address_cosmos(key, "cosmos"));
		add_address(all, "xrp", near_address_xrp(key));
	} else {
		add_address(all, "solana", near_address_solana(key));
		add_address(all, "aptos", near_address_aptos(key));
		add_address(all, "sui", near_address_sui(key));
	}
	add_address(all, "near", near_implicit_account(key));
	return all;
}
