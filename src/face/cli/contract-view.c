#include "face/cli/contract-view.h"

#include <strings.h>
#include <string.h>

#include "base/str.h"

/* ---- both dialects ----------------------------------------------------------------------------------- */

static const char *protocol_of(const json_t *domain)
{
	const char *protocol = json_str(domain, "protocol"), *scheme = json_str_or(domain, "scheme", "");

	if (protocol)
		return protocol;
	return !strcmp(scheme, "Secp256k1") ? "CaitSith" : !strcmp(scheme, "Ed25519") ? "Frost" : scheme;
}

static const char *curve_of(const char *protocol)
{
	static const struct {
		const char *protocol, *curve;
	} table[] = { { "CaitSith", "secp256k1" }, { "DamgardEtAl", "secp256k1" }, { "Frost", "ed25519" } };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].protocol, protocol))
			return table[i].curve;
	return "other";
}

/* KEY of node-contract.md 5.4, or the text alone. */
static const char *key_text(const json_t *key)
{
	const char *text = json_str(json_map(key, "Secp256k1"), "near_public_key");

	if (!text)
		text = json_str(json_map(key, "Ed25519"), "near_public_key_compressed");
	if (!text)
		text = json_str(json_map(key, "Bls12381"), "public_key");
	return text ? text : json_string_value(key);
}

static json_t *participants_of(const json_t *parameters)
{
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(json_list(json_map(parameters, "participants"), "participants"), i, one) {
		const json_t *info = json_array_get(one, 2);
		const char *key = json_str(info, "sign_pk");
		json_t *entry = json_object();

		json_set_str(entry, "accountId", json_string_value(json_array_get(one, 0)));
		json_set_int(entry, "id", json_integer_value(json_array_get(one, 1)));
		json_set_str(entry, "url", json_str(info, "url"));
		json_set_str(entry, "publicKey", key ? key : json_str(info, "tls_public_key"));
		json_array_append_new(list, entry);
	}
	return list;
}

/* Key of a domain among [{"domain_id","key"}] lists. */
static const char *key_of(const json_t *keys, json_int_t domain)
{
	json_t *one;
	size_t i;

	json_array_foreach(keys, i, one)
		if (json_int_or(one, "domain_id", -1) == domain)
			return key_text(json_object_get(one, "key"));
	return NULL;
}

static json_t *domains_of(const json_t *registry, const json_t *keys, json_int_t threshold)
{
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(json_list(registry, "domains"), i, one) {
		json_int_t id = json_int_or(one, "id", -1);
		const char *protocol = protocol_of(one), *key = key_of(keys, id);

		json_array_append_new(list, json_pack("{s:I,s:s,s:s,s:I,s:s?}", "id", id, "protocol", protocol,
						      "curve", curve_of(protocol), "threshold",
						      json_int_or(one, "reconstruction_threshold", threshold),
						      "publicKey", key));
	}
	return list;
}

static json_t *event_of(const json_t *generating)
{
	const json_t *instance = json_map(generating, "instance");
	json_t *completed = json_list(instance, "completed");

	return json_pack("{s:I,s:I,s:b,s:o}", "domainId",
			 json_int_or(json_object_get(generating, "domain"), "id", 0), "attempt",
			 instance ? json_int_or(instance, "attempt_id", 0)
				  : json_int_or(generating, "next_attempt_id", 0),
			 "started", instance != NULL, "completed",
			 completed ? json_incref(completed) : json_array());
}

/* ---- the states --------------------------------------------------------------------------------------- */

static json_t *base(const char *account, const char *state, json_int_t epoch, const json_t *parameters,
		    const json_t *registry, const json_t *keys)
{
	json_int_t threshold = json_int_or(parameters, "threshold", 0);

	return json_pack("{s:s,s:s,s:I,s:I,s:o,s:o,s:I,s:I}", "accountId", account, "state", state,
			 "epochId", epoch, "threshold", threshold, "participants",
			 participants_of(parameters), "domains", domains_of(registry, keys, threshold),
			 "nextParticipantId",
			 json_int_or(json_map(parameters, "participants"), "next_id", 0), "nextDomainId",
			 json_int_or(registry, "next_domain_id", 0));
}

static json_t *running(const char *account, const char *name, const json_t *state)
{
	const json_t *keyset = json_map(state, "keyset");
	json_t *view = base(account, name, json_int_or(keyset, "epoch_id", 0), json_map(state, "parameters"),
			    json_map(state, "domains"), json_list(keyset, "domains"));

	if (json_is_integer(json_object_get(state, "previously_cancelled_resharing_epoch_id")))
		json_object_set(view, "cancelledEpochId",
				json_object_get(state, "previously_cancelled_resharing_epoch_id"));
	return view;
}

static json_t *initializing(const char *account, const json_t *state)
{
	const json_t *generating = json_map(state, "generating_key");
	json_t *view = base(account, "Initializing", json_int_or(state, "epoch_id", 0),
			    json_map(generating, "parameters"), json_map(state, "domains"),
			    json_list(state, "generated_keys"));

	json_object_set_new(view, "keyEvent", event_of(generating));
	return view;
}

static json_t *resharing(const char *account, const json_t *state)
{
	const json_t *key = json_map(state, "resharing_key"), *parameters = json_map(key, "parameters");
	json_t *view = running(account, "Resharing", json_map(state, "previous_running_state"));

	json_object_set_new(view, "keyEvent", event_of(key));
	json_object_set_new(view, "proposed",
			    json_pack("{s:I,s:o}", "threshold", json_int_or(parameters, "threshold", 0),
				      "participants", participants_of(parameters)));
	return view;
}

int contract_view(const char *account, const json_t *state, json_t **ret, struct err *err)
{
	if (!state || json_is_null(state) || str_eq(json_string_value(state), "NotInitialized"))
		*ret = base(account, "NotInitialized", 0, NULL, NULL, NULL);
	else if (json_map(state, "Running"))
		*ret = running(account, "Running", json_map(state, "Running"));
	else if (json_map(state, "Initializing"))
		*ret = initializing(account, json_map(state, "Initializing"));
	else if (json_map(state, "Resharing"))
		*ret = resharing(account, json_map(state, "Resharing"));
	else
		return err_set(err, ERR_REMOTE, "%s: its state is none that a signer contract has", account);
	return 0;
}

/* ---- looking things up ----------------------------------------------------------------------------------- */

bool contract_view_is(const json_t *view, const char *state)
{
	return str_eq(json_str(view, "state"), state);
}

bool contract_view_complete(const json_t *view)
{
	const json_t *domains = json_list(view, "domains");
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)domains, i, one)
		if (!json_str(one, "publicKey"))
			return false;
	return contract_view_is(view, "Running") && json_array_size(domains) > 0;
}

const json_t *contract_view_domain(const json_t *view, const char *id_or_curve)
{
	uint64_t id = 0;
	bool number = num_parse_u64(id_or_curve, 0, UINT32_MAX, &id) == 0;
	json_t *one;
	size_t i;

	json_array_foreach(json_list(view, "domains"), i, one)
		if (number ? json_int_or(one, "id", -1) == (json_int_t)id
			   : !strcasecmp(json_str_or(one, "curve", ""), id_or_curve))
			return one;
	return NULL;
}

const json_t *contract_view_participant(const json_t *view, const char *account)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(view, "participants"), i, one)
		if (str_eq(json_str(one, "accountId"), account))
			return one;
	return NULL;
}

const char *contract_view_account(const json_t *view, json_int_t id)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(json_map(view, "proposed"), "participants"), i, one)
		if (json_int_or(one, "id", -1) == id)
			return json_str(one, "accountId");
	json_array_foreach(json_list(view, "participants"), i, one)
		if (json_int_or(one, "id", -1) == id)
			return json_str(one, "accountId");
	return NULL;
}

char *contract_view_sentence(const json_t *view)
{
	const json_t *event = json_map(view, "keyEvent");
	OWN(buf) struct buf text = { 0 };
	json_t *one;
	size_t i;

	buf_printf(&text, "%s, epoch %lld", json_str_or(view, "state", "?"),
		   (long long)json_int_or(view, "epochId", 0));
	if (!event)
		return buf_take(&text);
	{
		OWN(str) char *id = str_printf("%lld", (long long)json_int_or(event, "domainId", 0));

		buf_printf(&text, ", domain %s (%s), attempt %lld: ", id,
			   json_str_or(contract_view_domain(view, id), "protocol", "?"),
			   (long long)json_int_or(event, "attempt", 0));
	}
	if (!json_bool_or(event, "started", false))
		buf_str(&text, "not started");
	else if (!json_array_size(json_list(event, "completed")))
		buf_str(&text, "started");
	else
		buf_str(&text, "done by ");
	json_array_foreach(json_list(event, "completed"), i, one) {
		const char *account = contract_view_account(view, json_integer_value(one));

		buf_printf(&text, "%s%s", i ? ", " : "", account ? account : "?");
	}
	return buf_take(&text);
}
