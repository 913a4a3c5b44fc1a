/* Public keys as the contract keeps and shows them (node-contract.md 5.4), and what is derived. */
#include <string.h>

#include "core/signer/signer-internal.h"

const uint8_t secp256k1_order[32] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
	0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
};

char *point_text(enum threshold_curve curve, const uint8_t *point)
{
	struct near_public_key key = { .curve = NEAR_SECP256K1 };

	if (curve == THRESHOLD_ED25519)
		return near_public_format(point);
	return threshold_point_expand(point, key.bytes) < 0 ? NULL : near_public_key_format(&key);
}

/* 0 and the compressed point, -1: not the text of such a key, or not a point of the group. */
static int text_point(const char *text, enum threshold_curve curve, uint8_t ret[THRESHOLD_POINT_MOST])
{
	static const uint8_t nothing[32];
	uint8_t same[THRESHOLD_POINT_MOST];
	struct near_public_key key;

	if (near_public_key_parse(text, &key, NULL) < 0 ||
	    (key.curve == NEAR_SECP256K1) != (curve == THRESHOLD_SECP256K1))
		return -1;
	if (curve == THRESHOLD_SECP256K1)
		return threshold_point_compress(key.bytes, ret);
	memcpy(ret, key.bytes, 32);
	return threshold_derive(curve, ret, nothing, same);
}

int key_parse(const char *text, enum threshold_curve curve, json_t **ret, struct err *err)
{
	uint8_t point[THRESHOLD_POINT_MOST];

	if (text_point(text, curve, point) < 0)
		return err_set(err, ERR_INPUT, "Malformed payload: %.140s is not a %s public key", text,
			       curve == THRESHOLD_SECP256K1 ? "secp256k1" : "ed25519");
	if (curve == THRESHOLD_SECP256K1)
		*ret = json_pack("{s:{s:s}}", "Secp256k1", "near_public_key", text);
	else
		*ret = json_pack("{s:{s:s,s:o}}", "Ed25519", "near_public_key_compressed", text,
				 "edwards_point", bytes_json(point, 32));
	return 0;
}

const char *key_text(const json_t *key)
{
	const char *text = json_str(json_map(key, "Secp256k1"), "near_public_key");

	return text ? text : json_str(json_map(key, "Ed25519"), "near_public_key_compressed");
}

int key_point(const json_t *key, enum threshold_curve *ret_curve, uint8_t ret[THRESHOLD_POINT_MOST])
{
	const char *text = key_text(key);

	*ret_curve = json_object_get(key, "Secp256k1") ? THRESHOLD_SECP256K1 : THRESHOLD_ED25519;
	return text ? text_point(text, *ret_curve, ret) : -1;
}

int key_find(const json_t *state, json_int_t domain, json_t **ret, struct err *err)
{
	const json_t *serving = protocol_serving(state);
	json_t *entry;
	size_t i;

	if (!serving)
		return err_set(err, ERR_INPUT, "Protocol state is not running, nor resharing.");
	json_array_foreach(json_list(json_map(serving, "keyset"), "domains"), i, entry)
		if (json_int_or(entry, "domain_id", -1) == domain) {
			*ret = json_map(entry, "key");
			return 0;
		}
	return err_set(err, ERR_INPUT, "No such domain.");
}

int key_derive(const json_t *key, const uint8_t tweak[32], enum threshold_curve *ret_curve,
	       uint8_t ret[THRESHOLD_POINT_MOST], struct err *err)
{
	uint8_t point[THRESHOLD_POINT_MOST];

	if (key_point(key, ret_curve, point) < 0)
		return err_set(err, ERR_BUG, "a stored public key is malformed");
	if (threshold_derive(*ret_curve, point, tweak, ret) < 0)
		return err_set(err, ERR_INPUT,
			       "The provided tweak is not on the curve of the public key.");
	return 0;
}
