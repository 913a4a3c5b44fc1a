/* Votes on new participants and thresholds, and on giving a resharing up. */
#include "core/signer/signer-internal.h"

/* {"<domain id>": threshold} of domains that exist. Absent: nothing changes. */
static int parse_updates(const json_t *given, const json_t *domains, json_t **ret, struct err *err)
{
	OWN(json) json_t *updates = json_object();
	const char *id;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)given, id, value)
	{
		uint64_t number;

		if (!json_is_integer(value) || num_parse_u64(id, 0, INT64_MAX, &number) < 0)
			return arg_invalid(err, "per_domain_thresholds: expected {\"<domain id>\": "
						"threshold}");
		if (!signer_domain_find(domains, (json_int_t)number))
			return err_set(err, ERR_INPUT,
				       "Resharing proposal references domain ID %s, which is not in the "
				       "current registry.",
				       id);
		json_object_set(updates, id, value);
	}
	*ret = GIVE(updates);
	return 0;
}

/* Both shapes: the parameters themselves, or {"parameters", "per_domain_thresholds"}. */
static int parse_proposal(const json_t *given, const json_t *running, json_t **ret, struct err *err)
{
	OWN(json) json_t *parameters = NULL;
	OWN(json) json_t *updates = NULL;
	const json_t *wrapped = json_map(given, "parameters");
	const json_t *domains = json_map(running, "domains");
	const json_t *per_domain = json_object_get(given, "per_domain_thresholds");
	json_t *domain;
	size_t i;

	if (!json_is_object(given))
		return arg_missing(err, "proposal");
	if (!per_domain)
		per_domain = json_object_get(given, "per_domain_reconstruction_thresholds");
	if (per_domain && !json_is_object(per_domain))
		return arg_invalid(err, "per_domain_thresholds: expected an object");
	if (parameters_parse(wrapped ? wrapped : given, &parameters, NULL, err) < 0 ||
	    parameters_check_change(json_map(running, "parameters"), parameters, err) < 0 ||
	    parse_updates(per_domain, domains, &updates, err) < 0)
		return -1;
	json_array_foreach(json_list(domains, "domains"), i, domain)
		if (domain_check_threshold(domain, parameters, updates, err) < 0)
			return -1;
	*ret = json_pack("{s:O,s:O}", "parameters", parameters, "per_domain_thresholds", updates);
	return 0;
}

/* How many voted the same; `among`: only its participants count, NULL: everybody does. */
static size_t count_votes(json_t *votes, const json_t *proposal, const json_t *among)
{
	size_t count = 0;
	const char *account;
	json_t *vote;

	json_object_foreach(votes, account, vote)
		if (json_equal(vote, proposal) && (!among || participant_find(among, account)))
			count++;
	return count;
}

static int check_voter(struct run *run, const json_t *running, const json_t *proposal, struct err *err)
{
	const json_t *old = json_map(running, "parameters");
	json_t *votes = json_map(json_map(running, "parameters_votes"), "proposal_by_account");

	if (!participant_find(json_map(proposal, "parameters"), run->call->signer))
		return not_participant(err, run->call->signer);
	if (!participant_find(old, run->call->signer) &&
	    (json_int_t)count_votes(votes, proposal, old) < parameters_threshold(old))
		return err_set(err, ERR_INPUT,
			       "Candidates can only cast a vote after `threshold` participants casted "
			       "one to admit them");
	return 0;
}

/* The epoch after the one that is, or that was tried last: none is used twice. */
static json_int_t prospective_epoch(const json_t *state, const json_t *running)
{
	const json_t *resharing = protocol_phase(state, "Resharing");

	if (resharing)
		return json_int_or(json_map(resharing, "resharing_key"), "epoch_id", 0) + 1;
	return json_int_or(running, "previously_cancelled_resharing_epoch_id",
			   json_int_or(json_map(running, "keyset"), "epoch_id", 0)) +
	       1;
}

static void begin_resharing(struct run *run, const json_t *running, const json_t *proposal,
			    json_int_t epoch)
{
	const json_t *domains = json_map(running, "domains"), *keyset = json_map(running, "keyset");
	const json_t *first = json_array_get(json_list(domains, "domains"), 0);
	const json_t *parameters = json_map(proposal, "parameters");
	const json_t *votes = json_map(running, "add_domains_votes");

	if (!first) { /* nothing to reshare */
		protocol_set(run, "Running",
			     running_new(domains, epoch, json_list(keyset, "domains"), parameters, votes));
		return;
	}
	protocol_set(run, "Resharing",
		     json_pack("{s:o,s:[],s:o,s:[],s:o}", "previous_running_state",
			       running_new(domains, json_int_or(keyset, "epoch_id", 0),
					   json_list(keyset, "domains"), json_map(running, "parameters"),
					   votes),
			       "reshared_keys", "resharing_key", key_event_new(epoch, first, parameters),
			       "cancellation_requests", "per_domain_thresholds",
			       json_deep_copy(json_map(proposal, "per_domain_thresholds"))));
}

int method_vote_new_parameters(struct run *run, struct err *err)
{
	OWN(json) json_t *proposal = NULL;
	json_t *running = protocol_serving(run->state), *votes;
	json_int_t epoch = prospective_epoch(run->state, running), given = 0;

	if (!running)
		return err_set(err, ERR_INPUT, "Protocol state is not running, nor resharing.");
	if (arg_uint(run->args, "prospective_epoch_id", &given, err) < 0)
		return -1;
	if (given != epoch)
		return err_set(err, ERR_INPUT,
			       "Provided Epoch Id, %lld, does not match expected, %lld.",
			       (long long)given, (long long)epoch);
	if (parse_proposal(json_object_get(run->args, "proposal"), running, &proposal, err) < 0 ||
	    check_voter(run, running, proposal, err) < 0)
		return -1;
	votes = json_map(json_map(running, "parameters_votes"), "proposal_by_account");
	json_object_set(votes, run->call->signer, proposal);
	run_log(run, "vote_new_parameters: signer=%s, total votes for proposal: %zu", run->call->signer,
		count_votes(votes, proposal, NULL));
	if (count_votes(votes, proposal, NULL) == parameters_count(json_map(proposal, "parameters")))
		begin_resharing(run, running, proposal, epoch);
	return 0;
}

int method_vote_cancel_resharing(struct run *run, struct err *err)
{
	json_t *resharing = protocol_phase(run->state, "Resharing"), *votes, *running;
	const json_t *old = json_map(protocol_serving(run->state), "parameters");

	if (!resharing)
		return err_set(err, ERR_INPUT, "Protocol state is not resharing.");
	if (!participant_find(old, run->call->signer))
		return not_participant(err, run->call->signer);
	votes = json_list(resharing, "cancellation_requests");
	run_log(run, "vote_cancel_resharing: signer=%s", run->call->signer);
	if (!json_has_text(votes, run->call->signer))
		json_add_str(votes, run->call->signer);
	if ((json_int_t)json_array_size(votes) < parameters_threshold(old))
		return 0;
	running = json_deep_copy(protocol_serving(run->state));
	json_set_int(running, "previously_cancelled_resharing_epoch_id",
		     json_int_or(json_map(resharing, "resharing_key"), "epoch_id", 0));
	protocol_set(run, "Running", running);
	return 0;
}
