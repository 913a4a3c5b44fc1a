/* What nodes and operators say about themselves. No enclave is looked at here: mock attestations are
 * taken, as the real contract does, and real quotes refused. */
#include "core/signer/signer-internal.h"

#define ATTESTATIONS_MOST 1000

static int check_attestation(const json_t *given, struct err *err)
{
	const json_t *mock = json_object_get(given, "Mock");

	if (!json_is_object(given))
		return arg_missing(err, "proposed_participant_attestation");
	if (json_object_get(given, "Dstack"))
		return err_set(err, ERR_INPUT,
			       "Invalid TEE Remote Attestation: quotes of enclaves are not checked here, "
			       "only {\"Mock\":\"Valid\"} is taken");
	if (!str_eq(json_string_value(mock), "Valid"))
		return err_set(err, ERR_INPUT,
			       "Invalid TEE Remote Attestation: failed verification of a mock "
			       "attestation other than \"Valid\"");
	return 0;
}

int method_submit_participant_info(struct run *run, struct err *err)
{
	json_t *list = json_list(run->state, "attestations"), *entry, *same = NULL;
	const char *key = NULL;
	uint8_t raw[NEAR_PUBLIC_BYTES];
	size_t i;

	if (check_attestation(json_object_get(run->args, "proposed_participant_attestation"), err) < 0 ||
	    arg_str(run->args, "tls_public_key", &key, err) < 0)
		return -1;
	if (near_public_parse(key, raw, NULL) < 0)
		return arg_invalid(err, "tls_public_key: expected an ed25519 key");
	json_array_foreach(list, i, entry)
		if (str_eq(json_str(entry, "tls_public_key"), key))
			same = entry;
	if (same && !str_eq(json_str(same, "account_id"), run->call->signer))
		return err_set(err, ERR_INPUT,
			       "the TLS key belongs to another account's attestation");
	if (!same && json_array_size(list) >= ATTESTATIONS_MOST)
		return err_set(err, ERR_LIMIT, "more than %d attestations", ATTESTATIONS_MOST);
	if (run_take_deposit(run, 0, err) < 0)
		return -1;
	if (!same) {
		same = json_pack("{s:s,s:s}", "account_id", run->call->signer, "tls_public_key", key);
		json_array_append_new(list, same);
	}
	json_set_str(same, "account_public_key", run->call->signer_key);
	run_log(run, "submit_participant_info: mock attestation of %s taken: it says nothing about hardware",
		run->call->signer);
	return 0;
}

int method_verify_tee(struct run *run, struct err *err)
{
	if (!participant_find(protocol_parameters(run->state), run->call->signer))
		return err_set(err, ERR_INPUT, "not a voter, Not a participant: %s", run->call->signer);
	run_log(run, "verify_tee: signer=%s; all attestations are mock ones and stay valid",
		run->call->signer);
	run->out->value = json_true();
	return 0;
}

int method_update_participant_url(struct run *run, struct err *err)
{
	json_t *running = protocol_phase(run->state, "Running");
	json_t *entry = participant_find(json_map(running, "parameters"), run->call->signer);
	const char *url = NULL;

	if (arg_str(run->args, "url", &url, err) < 0)
		return -1;
	if (!running)
		return err_set(err, ERR_INPUT, "The protocol is not Running.");
	if (!entry)
		return not_participant(err, run->call->signer);
	if (run_take_deposit(run, 1, err) < 0)
		return -1;
	json_set_str(json_array_get(entry, 2), "url", url);
	run_log(run, "update_participant_url: signer=%s, url=%s", run->call->signer, url);
	return 0;
}
