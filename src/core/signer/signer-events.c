/* Key events: attempts to generate or reshare the key of one domain, and what follows a good one. */
#include "core/signer/signer-internal.h"

static int parse_event_id(const json_t *args, const json_t *event, json_int_t *ret_attempt,
			  bool *ret_same, struct err *err)
{
	const json_t *id = json_map(args, "key_event_id");
	json_int_t epoch = 0, domain = 0;

	if (!id)
		return arg_missing(err, "key_event_id");
	if (arg_uint(id, "epoch_id", &epoch, err) < 0 || arg_uint(id, "domain_id", &domain, err) < 0 ||
	    arg_uint(id, "attempt_id", ret_attempt, err) < 0)
		return -1;
	*ret_same = epoch == json_int_or(event, "epoch_id", -1) &&
		    domain == domain_id(json_map(event, "domain"));
	return 0;
}

static int mismatch(struct err *err)
{
	return err_set(err, ERR_INPUT, "Key event Id mismatch");
}

/* The leader is the participant with the lowest id. */
static bool is_leader(const json_t *event, const char *account)
{
	const json_t *parameters = json_map(event, "parameters"), *lowest = NULL;
	json_t *p;
	size_t i;

	json_array_foreach(parameters_list(parameters), i, p)
		if (!lowest || participant_id(p) < participant_id(lowest))
			lowest = p;
	return str_eq(json_string_value(json_array_get(lowest, 0)), account);
}

static int start(struct run *run, json_t *event, struct err *err)
{
	const json_t *config = json_map(run->state, "config");
	json_int_t next = json_int_or(event, "next_attempt_id", 0), attempt = 0;
	uint64_t expires = run->call->height + 1 +
			   (uint64_t)json_int_or(config, "key_event_timeout_blocks", 0);
	bool same = false;

	if (parse_event_id(run->args, event, &attempt, &same, err) < 0)
		return -1;
	if (event_attempt(event, run->call->height))
		return err_set(err, ERR_INPUT,
			       "Can not start a new reshare or keygen instance while the current "
			       "instance is still active.");
	if (!same || attempt != next)
		return mismatch(err);
	if (!is_leader(event, run->call->signer))
		return err_set(err, ERR_INPUT,
			       "Voting account is not the leader of the current reshare or keygen "
			       "instance.");
	json_object_set_new(event, "instance",
			    json_pack("{s:I,s:I,s:I,s:[],s:n}", "attempt_id", attempt, "started_in",
				      (json_int_t)run->call->height, "expires_on", (json_int_t)expires,
				      "completed", "public_key"));
	json_set_int(event, "next_attempt_id", next + 1);
	run_log(run, "%s: signer=%s", run->call->method, run->call->signer);
	return 0;
}

int method_start_keygen_instance(struct run *run, struct err *err)
{
	json_t *initializing = protocol_phase(run->state, "Initializing");

	if (!initializing)
		return err_set(err, ERR_INPUT, "Protocol state is not initializing.");
	return start(run, protocol_key_event(run->state), err);
}

int method_start_reshare_instance(struct run *run, struct err *err)
{
	if (!protocol_phase(run->state, "Resharing"))
		return err_set(err, ERR_INPUT, "Protocol state is not resharing.");
	return start(run, protocol_key_event(run->state), err);
}

/* The attempt that the caller means, which is the one that runs; NULL: err says why not. */
static json_t *voted_attempt(struct run *run, const json_t *event, struct err *err)
{
	json_t *attempt = event_attempt(event, run->call->height);
	json_int_t number = 0;
	bool same = false;

	if (parse_event_id(run->args, event, &number, &same, err) < 0)
		return NULL;
	if (!attempt)
		err_set(err, ERR_INPUT, "Expected ongoing reshare");
	else if (!same || number != json_int_or(attempt, "attempt_id", -1))
		mismatch(err);
	else
		return attempt;
	return NULL;
}

static bool has_completed(const json_t *attempt, json_int_t id)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(attempt, "completed"), i, one)
		if (json_integer_value(one) == id)
			return true;
	return false;
}

static void complete(json_t *attempt, json_int_t id)
{
	json_t *list = json_list(attempt, "completed");
	size_t at = 0;

	while (at < json_array_size(list) && json_integer_value(json_array_get(list, at)) < id)
		at++;
	json_array_insert_new(list, at, json_integer(id));
}

/* A vote for `key`. 1: all have voted for it; 0: not yet, or they disagree and the attempt is gone. */
static int vote_success(struct run *run, json_t *event, json_t *key, struct err *err)
{
	json_t *attempt = voted_attempt(run, event, err);
	const json_t *parameters = json_map(event, "parameters");
	json_int_t id = participant_id(participant_find(parameters, run->call->signer));
	const json_t *voted = json_map(attempt, "public_key");

	if (!attempt)
		return -1;
	if (voted && !json_equal(voted, key)) {
		run_log(run, "Public key disagreement; aborting key event instance.");
		json_object_set_new(event, "instance", json_null());
		return 0;
	}
	if (has_completed(attempt, id))
		return err_set(err, ERR_INPUT, "Vote already casted.");
	json_object_set(attempt, "public_key", key);
	complete(attempt, id);
	return json_array_size(json_list(attempt, "completed")) == parameters_count(parameters);
}

/* Keeps the key of the attempt that all agree on; goes on to the next domain of `domains`, if any: then
 * true. */
static bool next_domain(json_t *body, const char *event_name, const char *keys_name, const json_t *domains)
{
	json_t *event = json_map(body, event_name), *keys = json_list(body, keys_name);
	const json_t *attempt = json_map(event, "instance"), *next;

	json_array_append_new(
		keys, json_pack("{s:I,s:o,s:I}", "domain_id", domain_id(json_map(event, "domain")), "key",
				json_deep_copy(json_map(attempt, "public_key")), "attempt",
				json_int_or(attempt, "attempt_id", 0)));
	next = json_array_get(json_list(domains, "domains"), json_array_size(keys));
	if (!next)
		return false;
	json_object_set_new(body, event_name,
			    key_event_new(json_int_or(event, "epoch_id", 0), next,
				      json_map(event, "parameters")));
	return true;
}

int method_vote_pk(struct run *run, struct err *err)
{
	OWN(json) json_t *key = NULL;
	json_t *body = protocol_phase(run->state, "Initializing");
	json_t *event = json_map(body, "generating_key");
	const char *text = NULL;
	int all;

	if (!body)
		return err_set(err, ERR_INPUT, "Protocol state is not initializing.");
	if (arg_str(run->args, "public_key", &text, err) < 0 ||
	    key_parse(text, threshold_scheme_curve(domain_scheme(json_map(event, "domain"))), &key,
		      err) < 0)
		return -1;
	all = vote_success(run, event, key, err);
	if (all < 0)
		return -1;
	run_log(run, "vote_pk: signer=%s, public_key=%s", run->call->signer, text);
	if (all && !next_domain(body, "generating_key", "generated_keys", json_map(body, "domains")))
		protocol_set(run, "Running",
			     running_new(json_map(body, "domains"), json_int_or(body, "epoch_id", 0),
					 json_list(body, "generated_keys"),
					 json_map(event, "parameters"), NULL));
	return 0;
}

/* The domains with the thresholds that the proposal changed (new). */
static json_t *updated_domains(const json_t *domains, const json_t *updates)
{
	json_t *copy = json_deep_copy(domains), *value;
	const char *id;

	json_object_foreach((json_t *)(uintptr_t)updates, id, value)
	{
		uint64_t number = 0;

		if (num_parse_u64(id, 0, INT64_MAX, &number) == 0)
			json_object_set(signer_domain_find(copy, (json_int_t)number),
					"reconstruction_threshold", value);
	}
	return copy;
}

static void finish_resharing(struct run *run, const json_t *body)
{
	const json_t *old = json_map(body, "previous_running_state"),
		     *event = json_map(body, "resharing_key");
	OWN(json) json_t *domains = updated_domains(json_map(old, "domains"),
						    json_map(body, "per_domain_thresholds"));

	protocol_set(run, "Running",
		     running_new(domains, json_int_or(event, "epoch_id", 0),
				 json_list(body, "reshared_keys"), json_map(event, "parameters"),
				 json_map(old, "add_domains_votes")));
}

int method_vote_reshared(struct run *run, struct err *err)
{
	json_t *body = protocol_phase(run->state, "Resharing");
	json_t *event = json_map(body, "resharing_key"), *old = protocol_serving(run->state), *key;
	size_t done = json_array_size(json_list(body, "reshared_keys"));
	int all;

	if (!body)
		return err_set(err, ERR_INPUT, "Protocol state is not resharing.");
	key = json_map(json_array_get(json_list(json_map(old, "keyset"), "domains"), done), "key");
	all = vote_success(run, event, key, err);
	if (all < 0)
		return -1;
	run_log(run, "vote_reshared: signer=%s", run->call->signer);
	if (all && !next_domain(body, "resharing_key", "reshared_keys", json_map(old, "domains")))
		finish_resharing(run, body);
	return 0;
}

int method_vote_abort(struct run *run, struct err *err)
{
	json_t *event = protocol_key_event(run->state), *attempt;
	const json_t *voter;

	if (!event)
		return err_set(err, ERR_INPUT, "Protocol state is not running, nor resharing.");
	attempt = voted_attempt(run, event, err);
	if (!attempt)
		return -1;
	voter = participant_find(json_map(event, "parameters"), run->call->signer);
	if (has_completed(attempt, participant_id(voter)))
		return err_set(err, ERR_INPUT, "Vote already casted.");
	json_object_set_new(event, "instance", json_null());
	run_log(run, "vote_abort_key_event_instance: signer=%s", run->call->signer);
	return 0;
}
