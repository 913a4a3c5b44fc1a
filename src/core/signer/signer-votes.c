/* Votes on domains, and on giving up their key generation. */
#include <stdio.h>

#include "core/signer/signer-internal.h"

/* The proposed domains as we keep them (new); their ids continue where the contract's end. */
static int parse_domains(const json_t *given, const json_t *running, json_t **ret, struct err *err)
{
	OWN(json) json_t *list = json_array();
	json_int_t next = json_int_or(json_map(running, "domains"), "next_domain_id", 0);
	const json_t *parameters = json_map(running, "parameters");
	json_t *domain;
	size_t i;

	json_array_foreach(given, i, domain)
	{
		json_t *ours = NULL;

		if (domain_parse(domain, &ours, err) < 0)
			return -1;
		json_array_append_new(list, ours);
		if (domain_check_threshold(ours, parameters, NULL, err) < 0)
			return -1;
		if (domain_id(ours) != next + (json_int_t)i)
			return err_set(err, ERR_INPUT,
				       "Newly proposed domain IDs are not contiguous. Expected id: %lld",
				       (long long)(next + (json_int_t)i));
	}
	*ret = GIVE(list);
	return 0;
}

static size_t count_equal(const json_t *votes, const json_t *proposal)
{
	size_t count = 0;
	const char *voter;
	json_t *vote;

	json_object_foreach((json_t *)(uintptr_t)votes, voter, vote)
		count += json_equal(vote, proposal) != 0;
	return count;
}

static void begin_keygen(struct run *run, const json_t *running, const json_t *added)
{
	json_t *all = json_deep_copy(json_map(running, "domains"));
	const json_t *keyset = json_map(running, "keyset");
	json_int_t epoch = json_int_or(keyset, "epoch_id", 0);

	json_array_extend(json_list(all, "domains"), (json_t *)(uintptr_t)added);
	json_set_int(all, "next_domain_id",
		     domain_id(json_array_get(added, json_array_size(added) - 1)) + 1);
	protocol_set(run, "Initializing",
		     json_pack("{s:o,s:I,s:o,s:o,s:[]}", "domains", all, "epoch_id", epoch,
			       "generated_keys", json_deep_copy(json_list(keyset, "domains")),
			       "generating_key",
			       key_event_new(epoch, json_array_get(added, 0), json_map(running, "parameters")),
			       "cancel_votes"));
}

int method_vote_add_domains(struct run *run, struct err *err)
{
	OWN(json) json_t *proposal = NULL;
	json_t *running = protocol_phase(run->state, "Running"), *votes;
	const json_t *parameters = json_map(running, "parameters");
	const json_t *given = json_list(run->args, "domains");
	const json_t *voter = participant_find(parameters, run->call->signer);
	char id[32];

	if (!running)
		return err_set(err, ERR_INPUT, "The protocol is not Running.");
	if (!given)
		return arg_missing(err, "domains");
	if (!json_array_size(given))
		return err_set(err, ERR_INPUT, "vote_add_domains must add at least one domain");
	if (parse_domains(given, running, &proposal, err) < 0)
		return -1;
	if (!voter)
		return not_participant(err, run->call->signer);
	snprintf(id, sizeof(id), "%lld", (long long)participant_id(voter));
	votes = json_map(json_map(running, "add_domains_votes"), "proposal_by_account");
	if (json_object_get(votes, id))
		run_log(run, "removed old vote for signer");
	json_object_set(votes, id, proposal);
	run_log(run, "vote_add_domains: signer=%s, total votes for proposal: %zu", run->call->signer,
		count_equal(votes, proposal));
	if (count_equal(votes, proposal) == parameters_count(parameters))
		begin_keygen(run, running, proposal);
	return 0;
}

/* Domains without a key go; their ids are never given again. */
static void cancel_keygen(struct run *run, const json_t *initializing)
{
	OWN(json) json_t *domains = json_deep_copy(json_map(initializing, "domains"));
	const json_t *keys = json_list(initializing, "generated_keys");
	json_t *list = json_list(domains, "domains");

	while (json_array_size(list) > json_array_size(keys))
		json_array_remove(list, json_array_size(list) - 1);
	protocol_set(run, "Running",
		     running_new(domains, json_int_or(initializing, "epoch_id", 0), keys,
				 json_map(json_map(initializing, "generating_key"), "parameters"),
				 NULL));
}

int method_vote_cancel_keygen(struct run *run, struct err *err)
{
	json_t *initializing = protocol_phase(run->state, "Initializing"), *votes, *vote;
	const json_t *parameters = protocol_parameters(run->state);
	const json_t *voter = participant_find(parameters, run->call->signer);
	json_int_t next = 0;
	size_t i;

	if (arg_uint(run->args, "next_domain_id", &next, err) < 0)
		return -1;
	if (!initializing)
		return err_set(err, ERR_INPUT, "Protocol state is not initializing.");
	if (next != json_int_or(json_map(initializing, "domains"), "next_domain_id", 0))
		return err_set(err, ERR_INPUT, "Next domain ID mismatch");
	if (!voter)
		return not_participant(err, run->call->signer);
	votes = json_list(initializing, "cancel_votes");
	run_log(run, "vote_cancel_keygen: signer=%s", run->call->signer);
	json_array_foreach(votes, i, vote)
		if (json_integer_value(vote) == participant_id(voter))
			return 0; /* counted already */
	json_array_append_new(votes, json_integer(participant_id(voter)));
	if ((json_int_t)json_array_size(votes) >= parameters_threshold(parameters))
		cancel_keygen(run, initializing);
	return 0;
}
