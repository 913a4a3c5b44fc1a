/* A stored state is looked at once before it is used: everything that the methods take for granted. */
#include <string.h>

#include "core/signer/signer-internal.h"

#define CANCELLED "previously_cancelled_resharing_epoch_id"

static int malformed(struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "state of the signer contract: %s is missing or malformed", what);
}

/* Far below where one more would not fit. */
static bool is_uint(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) && json_integer_value(value) >= 0 &&
	       json_integer_value(value) < INT64_C(1) << 53;
}

static bool is_hex(const json_t *object, const char *key, size_t bytes)
{
	const char *hex = json_str(object, key);
	uint8_t raw[32];

	return hex && hex_decode(hex, strlen(hex), raw, bytes) == 0;
}

/* Ours reads back as itself. */
static int check_parameters(const json_t *parameters, struct err *err)
{
	OWN(json) json_t *again = NULL;

	if (parameters_parse(parameters, &again, NULL, err) < 0)
		return err_in(err, "state of the signer contract: parameters");
	return json_equal(again, parameters) ? 0 : malformed(err, "parameters");
}

static int check_domain(const json_t *domain, const json_t *parameters, struct err *err)
{
	OWN(json) json_t *again = NULL;

	if (domain_parse(domain, &again, err) < 0 ||
	    domain_check_threshold(again, parameters, NULL, err) < 0)
		return err_in(err, "state of the signer contract: a domain");
	return json_equal(again, domain) ? 0 : malformed(err, "a domain");
}

static int check_domains(const json_t *domains, const json_t *parameters, struct err *err)
{
	json_int_t least = 0;
	json_t *domain;
	size_t i;

	if (!json_list(domains, "domains") || !is_uint(domains, "next_domain_id"))
		return malformed(err, "domains");
	json_array_foreach(json_list(domains, "domains"), i, domain)
	{
		if (check_domain(domain, parameters, err) < 0)
			return -1;
		if (domain_id(domain) < least)
			return malformed(err, "order of domains");
		least = domain_id(domain) + 1;
	}
	return least <= json_int_or(domains, "next_domain_id", 0) ? 0 : malformed(err, "next_domain_id");
}

/* Keys of the first domains, in their order; `all`: of every domain. */
static int check_keys(const json_t *keys, const json_t *domains, bool all, struct err *err)
{
	const json_t *list = json_list(domains, "domains");
	json_t *entry;
	size_t i;

	if (!json_is_array(keys) || json_array_size(keys) > json_array_size(list) ||
	    (all && json_array_size(keys) != json_array_size(list)))
		return malformed(err, "keys of domains");
	json_array_foreach(keys, i, entry)
	{
		const json_t *domain = json_array_get(list, i);
		uint8_t point[THRESHOLD_POINT_MOST];
		enum threshold_curve curve;

		if (json_int_or(entry, "domain_id", -1) != domain_id(domain) || !is_uint(entry, "attempt") ||
		    key_point(json_map(entry, "key"), &curve, point) < 0 ||
		    curve != threshold_scheme_curve(domain_scheme(domain)))
			return malformed(err, "the key of a domain");
	}
	return 0;
}

static int check_running(const json_t *running, struct err *err)
{
	const json_t *parameters = json_map(running, "parameters"), *keyset = json_map(running, "keyset");
	const json_t *domains = json_map(running, "domains");
	const json_t *cancelled = json_object_get(running, CANCELLED);

	if (!json_map(json_map(running, "parameters_votes"), "proposal_by_account") ||
	    !json_map(json_map(running, "add_domains_votes"), "proposal_by_account"))
		return malformed(err, "votes");
	if (!is_uint(keyset, "epoch_id") || !(json_is_null(cancelled) || is_uint(running, CANCELLED)))
		return malformed(err, "an epoch");
	if (check_parameters(parameters, err) < 0 || check_domains(domains, parameters, err) < 0)
		return -1;
	return check_keys(json_list(keyset, "domains"), domains, true, err);
}

static int check_attempt(const json_t *attempt, struct err *err)
{
	const json_t *key = json_object_get(attempt, "public_key");
	uint8_t point[THRESHOLD_POINT_MOST];
	enum threshold_curve curve;

	if (json_is_null(attempt))
		return 0;
	if (!key || (!json_is_null(key) && key_point(key, &curve, point) < 0))
		return malformed(err, "the key of an attempt");
	if (!is_uint(attempt, "attempt_id") || !is_uint(attempt, "started_in") ||
	    !is_uint(attempt, "expires_on") || !json_list(attempt, "completed"))
		return malformed(err, "an attempt");
	return 0;
}

/* `at`: how many domains are done: the event is about the next one. */
static int check_event(const json_t *event, const json_t *domains, size_t at, struct err *err)
{
	const json_t *domain = json_array_get(json_list(domains, "domains"), at);

	if (!is_uint(event, "epoch_id") || !is_uint(event, "next_attempt_id"))
		return malformed(err, "a key event");
	if (!domain || !json_equal(json_map(event, "domain"), domain))
		return malformed(err, "the domain of a key event");
	if (check_parameters(json_map(event, "parameters"), err) < 0)
		return -1;
	return check_attempt(json_object_get(event, "instance"), err);
}

static int check_initializing(const json_t *body, struct err *err)
{
	const json_t *event = json_map(body, "generating_key"), *keys = json_list(body, "generated_keys");
	const json_t *domains = json_map(body, "domains");

	if (!json_list(body, "cancel_votes") || !is_uint(body, "epoch_id"))
		return malformed(err, "key generation");
	if (check_event(event, domains, json_array_size(keys), err) < 0 ||
	    check_domains(domains, json_map(event, "parameters"), err) < 0)
		return -1;
	return check_keys(keys, domains, false, err);
}

static int check_resharing(const json_t *body, struct err *err)
{
	const json_t *old = json_map(body, "previous_running_state");
	const json_t *keys = json_list(body, "reshared_keys"), *domains = json_map(old, "domains");
	const json_t *event = json_map(body, "resharing_key");
	const json_t *updates = json_map(body, "per_domain_thresholds");
	json_t *domain;
	size_t i;

	if (!json_list(body, "cancellation_requests") || !updates)
		return malformed(err, "resharing");
	if (check_running(old, err) < 0 || check_event(event, domains, json_array_size(keys), err) < 0)
		return -1;
	json_array_foreach(json_list(domains, "domains"), i, domain)
		if (domain_check_threshold(domain, json_map(event, "parameters"), updates, err) < 0)
			return err_in(err, "state of the signer contract");
	return check_keys(keys, domains, false, err);
}

static int check_protocol(const json_t *state, struct err *err)
{
	const json_t *protocol = json_map(state, "protocol");

	if (json_object_size(protocol) != 1)
		return malformed(err, "protocol");
	if (json_map(protocol, "Running"))
		return check_running(json_map(protocol, "Running"), err);
	if (json_map(protocol, "Initializing"))
		return check_initializing(json_map(protocol, "Initializing"), err);
	if (json_map(protocol, "Resharing"))
		return check_resharing(json_map(protocol, "Resharing"), err);
	return malformed(err, "protocol");
}

static int check_pending(const json_t *pending, struct err *err)
{
	json_t *one;
	size_t i;

	if (!pending || json_array_size(pending) > SIGNER_REQUESTS_MOST)
		return malformed(err, "pending");
	json_array_foreach(pending, i, one)
	{
		OWN(json) json_t *payload = NULL;

		if (!is_hex(one, "request", 32) || !is_hex(one, "tweak", 32) || !is_hex(one, "entropy", 32) ||
		    !is_uint(one, "domain_id") || !is_uint(one, "height") || !json_str(one, "predecessor") ||
		    !json_str(one, "path") ||
		    payload_parse(json_object_get(one, "payload"), &payload, NULL) < 0 ||
		    !json_equal(payload, json_object_get(one, "payload")))
			return malformed(err, "a pending request");
	}
	return 0;
}

static int check_rest(const json_t *state, struct err *err)
{
	OWN(json) json_t *config = NULL;
	json_t *entry;
	size_t i;

	if (config_parse(json_map(state, "config"), &config, err) < 0)
		return err_in(err, "state of the signer contract: config");
	if (!json_equal(config, json_map(state, "config")))
		return malformed(err, "config");
	if (!is_uint(state, "next_request") || !json_str(state, "dialect"))
		return malformed(err, "next_request or dialect");
	if (!json_list(state, "attestations"))
		return malformed(err, "attestations");
	json_array_foreach(json_list(state, "attestations"), i, entry)
		if (!json_str(entry, "account_id") || !json_str(entry, "tls_public_key"))
			return malformed(err, "an attestation");
	return 0;
}

int signer_validate(const json_t *state, struct err *err)
{
	if (!json_is_object(state))
		return malformed(err, "everything");
	if (!json_object_size(state))
		return 0;
	if (check_rest(state, err) < 0 || check_protocol(state, err) < 0)
		return -1;
	return check_pending(json_list(state, "pending"), err);
}
