/* The signer contract's part that registers participants (node-contract.md 5.1, 5.4). Keys and
 * signatures come with the threshold protocols: until then there is no domain, and says so. */
#include <string.h>

#include "engine/localnet/localnet-internal.h"

#define PARTICIPANTS_MOST 1000
#define NOT_INITIALIZED "Calling default not allowed. The contract is not initialized"

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

json_t *contract_new(void)
{
	return json_object();
}

static int missing(struct err *err, const char *field)
{
	return err_set(err, ERR_INPUT,
		       "Failed to deserialize input from JSON.: Error(\"missing field `%s`\")",
		       field);
}

/* Both spellings of the P2P key: sign_pk up to contract 3.9, tls_public_key from 3.10. */
static const char *participant_key(const json_t *info, const char **ret_dialect)
{
	const char *key = json_str(info, "sign_pk");

	*ret_dialect = key ? "sign_pk" : "tls_public_key";
	return key ? key : json_str(info, "tls_public_key");
}

/* One [account, id, {url, key}]; `before` are those already accepted. */
static int check_participant(const json_t *p, const json_t *before, json_int_t next_id,
			     struct err *err)
{
	const char *account = json_string_value(json_array_get(p, 0));
	const json_t *id = json_array_get(p, 1), *info = json_array_get(p, 2);
	const char *dialect, *key = participant_key(info, &dialect);
	uint8_t public_key[NEAR_PUBLIC_BYTES];
	struct err why = { 0 };
	json_t *other;
	size_t i;

	if (!account || !near_account_valid(account))
		return err_set(err, ERR_INPUT, "the Account ID is invalid");
	if (!json_is_integer(id) || json_integer_value(id) < 0)
		return err_set(err, ERR_INPUT, "participant %s: invalid participant id", account);
	if (!json_str(info, "url"))
		return missing(err, "url");
	if (!key)
		return missing(err, "sign_pk");
	if (near_public_parse(key, public_key, &why) < 0)
		return err_set(err, ERR_INPUT, "participant %s: %s: %s", account, dialect,
			       why.text);
	if (json_integer_value(id) >= next_id)
		return err_set(err, ERR_INPUT, "Participant id %lld is not below next_id %lld",
			       (long long)json_integer_value(id), (long long)next_id);
	json_array_foreach(before, i, other)
	{
		const char *other_dialect;

		if (str_eq(json_string_value(json_array_get(other, 0)), account))
			return err_set(err, ERR_INPUT, "Participant already in set: %s", account);
		if (json_integer_value(json_array_get(other, 1)) == json_integer_value(id))
			return err_set(err, ERR_INPUT, "Participant id already used: %lld",
				       (long long)json_integer_value(id));
		if (str_eq(participant_key(json_array_get(other, 2), &other_dialect), key))
			return err_set(err, ERR_INPUT, "participants with the same %s: %s", dialect,
				       account);
	}
	return 0;
}

static int check_threshold(json_int_t threshold, size_t count, struct err *err)
{
	json_int_t least = (json_int_t)(count * 6 + 9) / 10; /* 60 percent, upwards */

	if (threshold < 2)
		return err_set(err, ERR_INPUT,
			       "Threshold does not meet the minimum absolute requirement");
	if (threshold > (json_int_t)count)
		return err_set(err, ERR_INPUT, "Threshold must not exceed number of shareholders");
	if (threshold < least)
		return err_set(err, ERR_INPUT,
			       "Threshold does not meet the minimum relative requirement");
	return 0;
}

static int check_participants(const json_t *set, json_t *ret, const char **ret_dialect,
			      struct err *err)
{
	json_t *list = json_list(set, "participants"), *p;
	const json_t *next = json_object_get(set, "next_id");
	size_t i;

	if (!list)
		return missing(err, "participants");
	if (!json_is_integer(next))
		return missing(err, "next_id");
	if (json_array_size(list) > PARTICIPANTS_MOST)
		return err_set(err, ERR_LIMIT, "more than %d participants", PARTICIPANTS_MOST);
	*ret_dialect = "sign_pk";
	json_array_foreach(list, i, p)
	{
		const char *key;
		json_t *info;

		if (check_participant(p, ret, json_integer_value(next), err) < 0)
			return -1;
		key = participant_key(json_array_get(p, 2), ret_dialect);
		info = json_object();
		json_set_str(info, "url", json_str(json_array_get(p, 2), "url"));
		json_set_str(info, *ret_dialect, key);
		json_array_append_new(ret, json_pack("[O,O,o]", json_array_get(p, 0),
						     json_array_get(p, 1), info));
	}
	return 0;
}

static json_t *config_of(const json_t *given)
{
	json_t *config = json_object();

	for (size_t i = 0; i < sizeof(config_defaults) / sizeof(config_defaults[0]); i++) {
		const json_t *own = json_object_get(given, config_defaults[i].name);

		json_set_int(config, config_defaults[i].name,
			     json_is_integer(own) ? json_integer_value(own)
						  : config_defaults[i].value);
	}
	return config;
}

static int init(json_t *contract, const json_t *args, struct err *err)
{
	OWN(json) json_t *participants = json_array();
	const json_t *parameters = json_map(args, "parameters");
	const json_t *set = json_map(parameters, "participants");
	const json_t *threshold = json_object_get(parameters, "threshold");
	const char *dialect = NULL;

	if (json_object_get(contract, "parameters"))
		return err_set(err, ERR_INPUT, "The contract has already been initialized");
	if (!parameters)
		return missing(err, "parameters");
	if (!set)
		return missing(err, "participants");
	if (!json_is_integer(threshold))
		return missing(err, "threshold");
	if (check_participants(set, participants, &dialect, err) < 0)
		return -1;
	if (check_threshold(json_integer_value(threshold), json_array_size(participants), err) < 0)
		return -1;
	json_object_set_new(contract, "parameters",
			    json_pack("{s:{s:O,s:O},s:O}", "participants", "next_id",
				      json_object_get(set, "next_id"), "participants", participants,
				      "threshold", threshold));
	json_set_str(contract, "dialect", dialect);
	json_object_set_new(contract, "config", config_of(json_map(args, "init_config")));
	return 0;
}

int contract_call(json_t *contract, const char *method, const char *args, size_t args_len,
		  struct err *err)
{
	OWN(json) json_t *parsed = NULL;
	struct err why = { 0 };

	if (strcmp(method, "init") != 0)
		return CONTRACT_NO_METHOD;
	if (json_parse_text("args", args, args_len, &parsed, &why) < 0)
		return err_set(err, ERR_INPUT, "Failed to deserialize input from JSON.: %s",
			       why.text);
	return init(contract, parsed, err);
}

static json_t *running(const json_t *contract)
{
	return json_pack("{s:{s:{s:[],s:i},s:{s:i,s:[]},s:O,s:{s:{}},s:{s:{}},s:n}}", "Running",
			 "domains", "domains", "next_domain_id", 0, "keyset", "epoch_id", 0,
			 "domains", "parameters", json_object_get(contract, "parameters"),
			 "parameters_votes", "proposal_by_account", "add_domains_votes",
			 "proposal_by_account", "previously_cancelled_resharing_epoch_id");
}

int contract_view(const json_t *contract, const char *method, json_t **ret, struct err *err)
{
	static const char *const known[] = { "state", "config", "version", "public_key",
					     "derived_public_key" };
	bool found = false;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		found |= !strcmp(known[i], method);
	if (!found)
		return CONTRACT_NO_METHOD;
	if (!strcmp(method, "version")) {
		/* The release whose JSON it speaks, so that tools choose the right spelling. */
		*ret = json_string(str_eq(json_str(contract, "dialect"), "tls_public_key")
					   ? "3.10.0"
					   : "3.1.0");
		return 0;
	}
	if (!json_object_get(contract, "parameters"))
		return err_set(err, ERR_INPUT, NOT_INITIALIZED);
	if (strstr(method, "public_key"))
		return err_set(err, ERR_INPUT, "No such domain");
	*ret = !strcmp(method, "state") ? running(contract)
					: json_incref(json_object_get(contract, "config"));
	return 0;
}
