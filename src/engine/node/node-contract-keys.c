/* Domains, keys and the key event of the contract's state (node-contract.md 5.1, 5.4), in all its dialects. */
#include <stdio.h>
#include <string.h>

#include "engine/node/node-internal.h"

#define DOMAINS_MOST 256
#define SECP256K1 "secp256k1:"

/* ---- domains --------------------------------------------------------------------------------------- */

/* A protocol's name (from 3.10), a curve (3.9) or a scheme (before): the latter two mean what near/mpc did
 * with them then. */
static const char *protocol_name(const json_t *j)
{
	const char *name = json_str(j, "protocol");

	if (name)
		return name;
	name = json_str(j, "curve");
	if (!name)
		name = json_str_or(j, "scheme", "");
	if (!strcmp(name, "Secp256k1"))
		return "CaitSith";
	if (!strcmp(name, "Ed25519") || !strcmp(name, "Edwards25519"))
		return "Frost";
	return name;
}

static int parse_domain(const json_t *j, uint64_t threshold, struct contract_domain *ret, struct err *err)
{
	const char *name = protocol_name(j);
	json_int_t id = json_int_or(j, "id", -1);

	if (id < 0 || id > UINT32_MAX)
		return err_set(err, ERR_REMOTE, "contract state with a domain without a proper id");
	ret->id = (uint32_t)id;
	snprintf(ret->protocol, sizeof(ret->protocol), "%s", name);
	ret->known = threshold_scheme_parse(name, &ret->scheme) == 0;
	ret->threshold = (size_t)json_int_or(j, "reconstruction_threshold", (json_int_t)threshold);
	return 0;
}

static int parse_domains(const json_t *list, struct contract_state *s, struct err *err)
{
	json_t *item;
	size_t i;

	if (json_array_size(list) > DOMAINS_MOST)
		return err_set(err, ERR_REMOTE, "contract state with more than %d domains", DOMAINS_MOST);
	s->domains = mem_new(json_array_size(list) + 1, sizeof(*s->domains));
	json_array_foreach(list, i, item)
	{
		if (parse_domain(item, s->threshold, &s->domains[i], err) < 0)
			return -1;
		s->domain_count++;
	}
	return 0;
}

const struct contract_domain *contract_domain(const struct contract_state *s, uint32_t id)
{
	for (size_t i = 0; s && i < s->domain_count; i++)
		if (s->domains[i].id == id)
			return &s->domains[i];
	return NULL;
}

/* ---- keys ------------------------------------------------------------------------------------------ */

char *contract_key_text(enum threshold_curve curve, const uint8_t *public_key)
{
	OWN(str) char *text = NULL;
	uint8_t xy[64];

	if (curve == THRESHOLD_ED25519)
		return near_public_format(public_key);
	if (threshold_point_expand(public_key, xy) < 0)
		return str_dup("");
	text = near_base58_encode(xy, sizeof(xy));
	return str_printf(SECP256K1 "%s", text);
}

int contract_key_parse(const char *text, enum threshold_curve *ret_curve,
		       uint8_t ret[THRESHOLD_POINT_MOST], struct err *err)
{
	size_t prefix = strlen(SECP256K1), len = 0;
	uint8_t xy[64];

	if (!str_starts(text, SECP256K1)) {
		*ret_curve = THRESHOLD_ED25519;
		ret[32] = 0;
		return near_public_parse(text, ret, err);
	}
	*ret_curve = THRESHOLD_SECP256K1;
	if (near_base58_decode(text + prefix, strlen(text) - prefix, xy, sizeof(xy), &len) < 0 ||
	    len != sizeof(xy) || threshold_point_compress(xy, ret) < 0)
		return err_set(err, ERR_REMOTE, "not a secp256k1 public key: %.200s", text);
	return 0;
}

/* {"Secp256k1": {"near_public_key"}}, {"Ed25519": {"near_public_key_compressed"}}, or the bare text. */
static const char *key_text(const json_t *j)
{
	const char *text = json_string_value(j);

	if (!text)
		text = json_string_value(json_path(j, "Secp256k1.near_public_key"));
	if (!text)
		text = json_string_value(json_path(j, "Ed25519.near_public_key_compressed"));
	return text;
}

/* Keys of kinds that this node does not know (BLS) are left out. */
static int parse_keys(const json_t *list, struct contract_state *s, struct err *err)
{
	json_t *item;
	size_t i;

	s->keys = mem_new(json_array_size(list) + 1, sizeof(*s->keys));
	json_array_foreach(list, i, item)
	{
		struct contract_key *key = &s->keys[s->key_count];
		const char *text = key_text(json_object_get(item, "key"));

		if (!text)
			continue;
		key->domain = (uint32_t)json_int_or(item, "domain_id", 0);
		key->attempt = (uint64_t)json_int_or(item, "attempt", 0);
		if (contract_key_parse(text, &key->curve, key->public_key, err) < 0)
			return err_in(err, "key of domain %u", key->domain);
		s->key_count++;
	}
	return 0;
}

const struct contract_key *contract_key(const struct contract_state *s, uint32_t domain)
{
	for (size_t i = 0; s && i < s->key_count; i++)
		if (s->keys[i].domain == domain)
			return &s->keys[i];
	return NULL;
}

/* ---- the key event ----------------------------------------------------------------------------------- */

static void parse_instance(const json_t *j, struct contract_event *e)
{
	const json_t *list = json_list(j, "completed");
	json_t *item;
	size_t i;

	if (!json_is_object(j))
		return;
	e->started = true;
	e->attempt = (uint64_t)json_int_or(j, "attempt_id", 0);
	e->expires_on = (uint64_t)json_int_or(j, "expires_on", 0);
	e->completed = mem_new(json_array_size(list) + 1, sizeof(*e->completed));
	json_array_foreach(list, i, item) e->completed[e->completed_count++] =
		(uint32_t)json_integer_value(item);
}

static int parse_event(const json_t *j, bool reshare, uint64_t threshold, struct contract_event *e,
		       struct err *err)
{
	if (!json_map(j, "domain"))
		return 0;
	e->present = true;
	e->reshare = reshare;
	e->epoch = (uint64_t)json_int_or(j, "epoch_id", 0);
	e->next_attempt = (uint64_t)json_int_or(j, "next_attempt_id", 0);
	parse_instance(json_object_get(j, "instance"), e);
	return parse_domain(json_map(j, "domain"), threshold, &e->domain, err);
}

int contract_keys_parse(const json_t *inner, struct contract_state *s, struct err *err)
{
	const json_t *previous = json_map(inner, "previous_running_state");
	const json_t *holder = s->kind == CONTRACT_RESHARING ? previous : inner;

	if (s->kind == CONTRACT_RESHARING)
		s->keyset_epoch = (uint64_t)json_integer_value(json_path(previous, "keyset.epoch_id"));
	if (parse_domains(json_path(holder, "domains.domains"), s, err) < 0)
		return -1;
	if (parse_keys(s->kind == CONTRACT_INITIALIZING ? json_list(inner, "generated_keys")
							: json_path(holder, "keyset.domains"),
		       s, err) < 0)
		return -1;
	if (s->kind == CONTRACT_INITIALIZING)
		return parse_event(json_map(inner, "generating_key"), false, s->threshold, &s->event, err);
	if (s->kind == CONTRACT_RESHARING)
		return parse_event(json_map(inner, "resharing_key"), true, s->next_threshold, &s->event, err);
	return 0;
}
