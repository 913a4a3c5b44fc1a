/* The three phases of the contract: where things are, and how one is left for the next. */
#include "core/signer/signer-internal.h"

json_t *protocol_phase(const json_t *state, const char *phase)
{
	return json_map(json_map(state, "protocol"), phase);
}

json_t *protocol_serving(const json_t *state)
{
	json_t *running = protocol_phase(state, "Running");

	return running ? running
		       : json_map(protocol_phase(state, "Resharing"), "previous_running_state");
}

json_t *protocol_key_event(const json_t *state)
{
	json_t *event = json_map(protocol_phase(state, "Initializing"), "generating_key");

	return event ? event : json_map(protocol_phase(state, "Resharing"), "resharing_key");
}

json_t *protocol_parameters(const json_t *state)
{
	json_t *event = protocol_key_event(state);

	return json_map(event ? event : protocol_phase(state, "Running"), "parameters");
}

json_t *event_attempt(const json_t *event, uint64_t height)
{
	json_t *attempt = json_map(event, "instance");

	if (!attempt || (uint64_t)json_int_or(attempt, "expires_on", 0) <= height)
		return NULL;
	return attempt;
}

json_t *key_event_new(json_int_t epoch, const json_t *domain, const json_t *parameters)
{
	return json_pack("{s:I,s:o,s:o,s:n,s:i}", "epoch_id", epoch, "domain", json_deep_copy(domain),
			 "parameters", json_deep_copy(parameters), "instance", "next_attempt_id", 0);
}

static json_t *remaining_votes(const json_t *votes, const json_t *parameters)
{
	json_t *remaining = json_object(), *proposal;
	const char *id;

	json_object_foreach(json_map(votes, "proposal_by_account"), id, proposal)
	{
		uint64_t number;

		if (num_parse_u64(id, 0, UINT32_MAX, &number) == 0 &&
		    participant_has_id(parameters, (json_int_t)number))
			json_object_set_new(remaining, id, json_deep_copy(proposal));
	}
	return remaining;
}

json_t *running_new(const json_t *domains, json_int_t epoch, const json_t *keys,
		    const json_t *parameters, const json_t *votes)
{
	return json_pack("{s:o,s:{s:I,s:o},s:o,s:{s:{}},s:{s:o},s:n}", "domains",
			 json_deep_copy(domains), "keyset", "epoch_id", epoch, "domains",
			 json_deep_copy(keys), "parameters", json_deep_copy(parameters),
			 "parameters_votes", "proposal_by_account", "add_domains_votes",
			 "proposal_by_account", remaining_votes(votes, parameters),
			 "previously_cancelled_resharing_epoch_id");
}

void protocol_set(struct run *run, const char *phase, json_t *body)
{
	json_object_set_new(run->state, "protocol", json_pack("{s:o}", phase, body));
}
