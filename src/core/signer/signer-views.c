/* Views. A view may also be called by a transaction; then somebody is the predecessor. */
#include <string.h>

#include "core/near/near-derive.h"
#include "core/signer/signer-internal.h"

/* ---- the state as it is shown ------------------------------------------------------------------- */

static void show_threshold(json_t *domain, const json_t *parameters, const json_t *updates)
{
	if (domain)
		json_set_int(domain, "reconstruction_threshold",
			     domain_threshold(domain, parameters, updates));
}

static void show_domains(json_t *body, const json_t *parameters)
{
	json_t *domain;
	size_t i;

	json_array_foreach(json_list(json_map(body, "domains"), "domains"), i, domain)
		show_threshold(domain, parameters, NULL);
}

/* A proposal in both shapes: the older one is the parameters themselves. */
static void show_running(json_t *running)
{
	json_t *votes = json_map(json_map(running, "parameters_votes"), "proposal_by_account"), *vote;
	const char *account;

	show_domains(running, json_map(running, "parameters"));
	json_object_foreach(votes, account, vote)
		json_object_update(vote, json_map(vote, "parameters"));
}

/* The domain of a resharing has the threshold that it will have. */
static void show_event(json_t *event, const json_t *updates, uint64_t height)
{
	show_threshold(json_map(event, "domain"), json_map(event, "parameters"), updates);
	if (event && !event_attempt(event, height))
		json_object_set_new(event, "instance", json_null());
}

json_t *signer_state(const json_t *state, uint64_t height)
{
	json_t *shown = json_deep_copy(json_map(state, "protocol"));
	json_t *initializing = json_map(shown, "Initializing");
	json_t *resharing = json_map(shown, "Resharing");
	json_t *event = json_map(initializing, "generating_key");

	if (!shown)
		return json_string("NotInitialized");
	show_running(json_map(shown, "Running"));
	show_running(json_map(resharing, "previous_running_state"));
	show_domains(initializing, json_map(event, "parameters"));
	show_event(event, NULL, height);
	show_event(json_map(resharing, "resharing_key"), json_map(resharing, "per_domain_thresholds"),
		   height);
	return shown;
}

static int view_state(const struct look *look, json_t **ret, struct err *err)
{
	(void)err;
	*ret = signer_state(look->state, look->height);
	return 0;
}

static int view_config(const struct look *look, json_t **ret, struct err *err)
{
	(void)err;
	*ret = json_deep_copy(json_map(look->state, "config"));
	return 0;
}

/* The release whose JSON init was in, so that tools choose the right spelling. */
static int view_version(const struct look *look, json_t **ret, struct err *err)
{
	(void)err;
	*ret = json_string(str_eq(json_str(look->state, "dialect"), "tls_public_key") ? "3.10.0" : "3.1.0");
	return 0;
}

/* ---- keys ------------------------------------------------------------------------------------------ */

static int view_public_key(const struct look *look, json_t **ret, struct err *err)
{
	json_int_t domain = 0;
	json_t *key = NULL;

	if (arg_uint_optional(look->args, "domain_id", &domain, err) < 0 ||
	    key_find(look->state, domain, &key, err) < 0)
		return -1;
	*ret = json_string(key_text(key));
	return 0;
}

static int view_predecessor(const struct look *look, const char **ret, struct err *err)
{
	const json_t *given = json_object_get(look->args, "predecessor");

	*ret = look->predecessor;
	if (given && !json_is_null(given)) {
		*ret = json_string_value(given);
		if (!*ret || !near_account_valid(*ret))
			return arg_invalid(err, "predecessor: the Account ID is invalid");
	}
	if (!*ret)
		return err_set(err, ERR_INPUT,
			       "predecessor: a view has no caller, so the account must be named");
	return 0;
}

static int view_derived_public_key(const struct look *look, json_t **ret, struct err *err)
{
	OWN(str) char *text = NULL;
	const char *path = NULL, *predecessor = NULL;
	uint8_t tweak[32], point[THRESHOLD_POINT_MOST];
	enum threshold_curve curve;
	json_int_t domain = 0;
	json_t *key = NULL;

	if (arg_str(look->args, "path", &path, err) < 0 || view_predecessor(look, &predecessor, err) < 0 ||
	    arg_uint_optional(look->args, "domain_id", &domain, err) < 0 ||
	    key_find(look->state, domain, &key, err) < 0)
		return -1;
	near_derivation_tweak(predecessor, path, tweak);
	if (key_derive(key, tweak, &curve, point, err) < 0)
		return -1;
	text = point_text(curve, point);
	*ret = json_string(text);
	return 0;
}

static int view_latest_key_version(const struct look *look, json_t **ret, struct err *err)
{
	const json_t *serving = protocol_serving(look->state), *given, *list;
	const char *scheme = "Secp256k1";

	if (!serving)
		return err_set(err, ERR_INPUT, "Protocol state is not running, nor resharing.");
	given = json_object_get(look->args, "signature_scheme");
	if (given && !json_is_null(given))
		scheme = json_string_value(given);
	if (!scheme || !domain_name_known(scheme))
		return arg_invalid(err, "signature_scheme: unknown variant");
	list = json_list(json_map(serving, "domains"), "domains");
	for (size_t i = json_array_size(list); i-- > 0;)
		if (domain_is(json_array_get(list, i), scheme)) {
			*ret = json_integer(domain_id(json_array_get(list, i)));
			return 0;
		}
	return err_set(err, ERR_INPUT, "No such domain.");
}

static int view_pending_request(const struct look *look, json_t **ret, struct err *err)
{
	OWN(request_name) struct request_name name = { 0 };
	json_t *pending;
	uint8_t id[32];
	size_t i;

	if (request_name_parse(json_object_get(look->args, "request"), &name, err) < 0)
		return -1;
	*ret = NULL;
	json_array_foreach(json_list(look->state, "pending"), i, pending)
		if (!*ret && request_matches(pending, &name) &&
		    hex_decode(json_str_or(pending, "request", ""), 64, id, sizeof(id)) == 0)
			*ret = json_pack("{s:o}", "data_id", bytes_json(id, sizeof(id)));
	if (!*ret)
		*ret = json_null();
	return 0;
}

/* ---- attestations ---------------------------------------------------------------------------------- */

static int view_tee_accounts(const struct look *look, json_t **ret, struct err *err)
{
	(void)err;
	*ret = json_deep_copy(json_list(look->state, "attestations"));
	return 0;
}

static int view_attestation(const struct look *look, json_t **ret, struct err *err)
{
	const char *key = NULL;
	json_t *entry;
	size_t i;

	if (arg_str(look->args, "tls_public_key", &key, err) < 0)
		return -1;
	json_array_foreach(json_list(look->state, "attestations"), i, entry)
		if (str_eq(json_str(entry, "tls_public_key"), key)) {
			*ret = json_pack("{s:s}", "Mock", "Valid");
			return 0;
		}
	*ret = json_null();
	return 0;
}

/* Nobody can vote one in: nothing is measured here. */
static int view_no_hashes(const struct look *look, json_t **ret, struct err *err)
{
	(void)look;
	(void)err;
	*ret = json_array();
	return 0;
}

static const struct {
	const char *name;
	int (*view)(const struct look *look, json_t **ret, struct err *err);
	bool before_init;
} views[] = {
	{ "state", view_state, false },
	{ "config", view_config, false },
	{ "version", view_version, true },
	{ "public_key", view_public_key, false },
	{ "derived_public_key", view_derived_public_key, false },
	{ "latest_key_version", view_latest_key_version, false },
	{ "get_pending_request", view_pending_request, false },
	{ "get_tee_accounts", view_tee_accounts, false },
	{ "get_attestation", view_attestation, false },
	{ "allowed_docker_image_hashes", view_no_hashes, false },
	{ "allowed_launcher_compose_hashes", view_no_hashes, false },
};
#define VIEWS (sizeof(views) / sizeof(views[0]))

bool view_exists(const char *name)
{
	for (size_t i = 0; i < VIEWS; i++)
		if (!strcmp(views[i].name, name))
			return true;
	return false;
}

int view_run(const char *name, const struct look *look, json_t **ret, struct err *err)
{
	for (size_t i = 0; i < VIEWS; i++) {
		if (strcmp(views[i].name, name) != 0)
			continue;
		if (!json_object_size(look->state) && !views[i].before_init)
			return err_set(err, ERR_INPUT, SIGNER_NOT_INITIALIZED);
		return views[i].view(look, ret, err);
	}
	return 1;
}
