/* init: the network's first parameters. The contract is Running at once, without domains. */
#include "core/signer/signer-internal.h"

#define CONFIG_MOST 1000000000000 /* far beyond use, and sums of them stay in range */

static const struct {
	const char *name;
	json_int_t value;
} config_defaults[] = {
	{ "key_event_timeout_blocks", 30 },
	{ "tee_upgrade_deadline_duration_seconds", 604800 },
	{ "contract_upgrade_deposit_tera_gas", 50 },
	{ "sign_call_gas_attachment_requirement_tera_gas", 15 },
	{ "ckd_call_gas_attachment_requirement_tera_gas", 15 },
	{ "return_signature_and_clean_state_on_success_call_tera_gas", 7 },
	{ "return_ck_and_clean_state_on_success_call_tera_gas", 7 },
	{ "fail_on_timeout_tera_gas", 2 },
	{ "clean_tee_status_tera_gas", 10 },
	{ "cleanup_orphaned_node_migrations_tera_gas", 3 },
};

int config_parse(const json_t *given, json_t **ret, struct err *err)
{
	OWN(json) json_t *config = json_object();

	for (size_t i = 0; i < sizeof(config_defaults) / sizeof(config_defaults[0]); i++) {
		const char *name = config_defaults[i].name;
		json_int_t value = config_defaults[i].value;

		if (arg_uint_optional(given, name, &value, err) < 0)
			return -1;
		if (value > CONFIG_MOST)
			return arg_invalid(err, "%s: more than %lld", name, (long long)CONFIG_MOST);
		json_set_int(config, name, value);
	}
	*ret = GIVE(config);
	return 0;
}

/* Every participant counts as attested from the start, as in the real contract. */
static json_t *mock_attestations(const json_t *parameters)
{
	json_t *list = json_array(), *p;
	size_t i;

	json_array_foreach(parameters_list(parameters), i, p)
		json_array_append_new(
			list, json_pack("{s:O,s:s,s:n}", "account_id", json_array_get(p, 0),
					"tls_public_key",
					json_str(json_array_get(p, 2), "tls_public_key"),
					"account_public_key"));
	return list;
}

int method_init(struct run *run, struct err *err)
{
	OWN(json) json_t *parameters = NULL;
	OWN(json) json_t *config = NULL;
	OWN(json) json_t *domains = json_pack("{s:[],s:i}", "domains", "next_domain_id", 0);
	OWN(json) json_t *keys = json_array();
	const json_t *given = json_map(run->args, "parameters");
	const json_t *init_config = json_object_get(run->args, "init_config");
	const char *dialect = NULL;

	if (json_object_size(run->state))
		return err_set(err, ERR_INPUT, "The contract has already been initialized");
	if (!given)
		return arg_missing(err, "parameters");
	if (init_config && !json_is_null(init_config) && !json_is_object(init_config))
		return arg_invalid(err, "init_config: expected an object");
	if (parameters_parse(given, &parameters, &dialect, err) < 0 ||
	    config_parse(init_config, &config, err) < 0)
		return -1;
	json_object_set_new(run->state, "next_request", json_integer(0));
	json_set_str(run->state, "dialect", dialect);
	json_object_set(run->state, "config", config);
	json_object_set_new(run->state, "attestations", mock_attestations(parameters));
	json_object_set_new(run->state, "pending", json_array());
	protocol_set(run, "Running", running_new(domains, 0, keys, parameters, NULL));
	run_log(run, "init: %zu participants, threshold %lld", parameters_count(parameters),
		(long long)parameters_threshold(parameters));
	return 0;
}
