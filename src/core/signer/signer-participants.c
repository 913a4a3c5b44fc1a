/* Participants and the network's threshold: what is accepted, and how a set may change. */
#include "core/signer/signer-internal.h"

/* Both spellings of the P2P key: sign_pk up to contract 3.9, tls_public_key from 3.10. */
static int participant_key(const json_t *info, const char *account, const char **ret_key,
			   const char **ret_dialect, struct err *err)
{
	const char *old = json_str(info, "sign_pk"), *new = json_str(info, "tls_public_key");
	uint8_t public_key[NEAR_PUBLIC_BYTES];
	struct err why = { 0 };

	if (!old && !new)
		return arg_missing(err, "sign_pk");
	if (old && new && !str_eq(old, new))
		return arg_invalid(err, "participant %s: sign_pk and tls_public_key differ", account);
	*ret_dialect = old ? "sign_pk" : "tls_public_key";
	*ret_key = old ? old : new;
	if (near_public_parse(*ret_key, public_key, &why) < 0)
		return err_set(err, ERR_INPUT, "participant %s: %s: %s", account, *ret_dialect,
			       why.text);
	return 0;
}

static int check_unique(const json_t *before, const char *account, json_int_t id, const char *key,
			const char *dialect, struct err *err)
{
	json_t *other;
	size_t i;

	json_array_foreach(before, i, other)
	{
		if (str_eq(json_string_value(json_array_get(other, 0)), account))
			return err_set(err, ERR_INPUT, "Participant already in set: %s", account);
		if (participant_id(other) == id)
			return err_set(err, ERR_INPUT, "Participant id already used: %lld",
				       (long long)id);
		if (str_eq(json_str(json_array_get(other, 2), "sign_pk"), key))
			return err_set(err, ERR_INPUT, "participants with the same %s: %s", dialect,
				       account);
	}
	return 0;
}

/* One [account, id, {url, key}]; `before` are those already accepted, to which it is added. */
static int parse_participant(const json_t *p, json_t *before, json_int_t next_id,
			     const char **ret_dialect, struct err *err)
{
	const char *account = json_string_value(json_array_get(p, 0));
	const json_t *id = json_array_get(p, 1), *info = json_array_get(p, 2);
	const char *key = NULL, *url = NULL;

	if (!account || !near_account_valid(account))
		return err_set(err, ERR_INPUT, "the Account ID is invalid");
	if (!json_is_integer(id) || json_integer_value(id) < 0)
		return err_set(err, ERR_INPUT, "participant %s: invalid participant id", account);
	if (arg_str(info, "url", &url, err) < 0 ||
	    participant_key(info, account, &key, ret_dialect, err) < 0)
		return -1;
	if (json_integer_value(id) >= next_id)
		return err_set(err, ERR_INPUT, "Participant id %lld is not below next_id %lld",
			       (long long)json_integer_value(id), (long long)next_id);
	if (check_unique(before, account, json_integer_value(id), key, *ret_dialect, err) < 0)
		return -1;
	json_array_append_new(before, json_pack("[s,I,{s:s,s:s,s:s}]", account,
						json_integer_value(id), "url", url, "sign_pk", key,
						"tls_public_key", key));
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
			       "Threshold does not meet the minimum relative requirement: require "
			       "at least %lld, found %lld",
			       (long long)least, (long long)threshold);
	return 0;
}

static int parse_participants(const json_t *set, json_t *ret, json_int_t *ret_next_id,
			      const char **ret_dialect, struct err *err)
{
	json_t *list = json_list(set, "participants"), *p;
	size_t i;

	if (!list)
		return arg_missing(err, "participants");
	if (arg_uint(set, "next_id", ret_next_id, err) < 0)
		return -1;
	if (*ret_next_id > (json_int_t)UINT32_MAX)
		return arg_invalid(err, "next_id: does not fit in 32 bits");
	if (json_array_size(list) > THRESHOLD_PARTIES_MOST)
		return err_set(err, ERR_LIMIT, "more than %d participants", THRESHOLD_PARTIES_MOST);
	json_array_foreach(list, i, p)
		if (parse_participant(p, ret, *ret_next_id, ret_dialect, err) < 0)
			return -1;
	return 0;
}

int parameters_parse(const json_t *given, json_t **ret, const char **ret_dialect, struct err *err)
{
	OWN(json) json_t *list = json_array();
	const json_t *set = json_map(given, "participants");
	const char *dialect = "sign_pk";
	const char *field = json_object_get(given, "governance_threshold") ? "governance_threshold"
									    : "threshold";
	json_int_t threshold = 0, next_id = 0;

	if (!set)
		return arg_missing(err, "participants");
	if (arg_uint(given, field, &threshold, err) < 0 ||
	    parse_participants(set, list, &next_id, &dialect, err) < 0 ||
	    check_threshold(threshold, json_array_size(list), err) < 0)
		return -1;
	*ret = json_pack("{s:{s:I,s:O},s:I}", "participants", "next_id", next_id, "participants",
			 list, "threshold", threshold);
	if (ret_dialect)
		*ret_dialect = dialect;
	return 0;
}

json_t *parameters_list(const json_t *parameters)
{
	return json_list(json_map(parameters, "participants"), "participants");
}

json_int_t parameters_threshold(const json_t *parameters)
{
	return json_int_or(parameters, "threshold", 0);
}

size_t parameters_count(const json_t *parameters)
{
	return json_array_size(parameters_list(parameters));
}

json_t *participant_find(const json_t *parameters, const char *account)
{
	json_t *p;
	size_t i;

	json_array_foreach(parameters_list(parameters), i, p)
		if (str_eq(json_string_value(json_array_get(p, 0)), account))
			return p;
	return NULL;
}

json_int_t participant_id(const json_t *participant)
{
	return json_integer_value(json_array_get(participant, 1));
}

bool participant_has_id(const json_t *parameters, json_int_t id)
{
	json_t *p;
	size_t i;

	json_array_foreach(parameters_list(parameters), i, p)
		if (participant_id(p) == id)
			return true;
	return false;
}

int not_participant(struct err *err, const char *account)
{
	return err_set(err, ERR_INPUT, "Not a participant: %s", account);
}

static json_int_t next_id_of(const json_t *parameters)
{
	return json_int_or(json_map(parameters, "participants"), "next_id", 0);
}

/* Somebody who stays: everything but the network around is the same. */
static int check_stayer(const json_t *old, const json_t *new, struct err *err)
{
	const char *account = json_string_value(json_array_get(new, 0));

	if (participant_id(old) != participant_id(new))
		return err_set(err, ERR_INPUT,
			       "Existing participant %s changed ID from %lld to %lld.", account,
			       (long long)participant_id(old), (long long)participant_id(new));
	if (!json_equal(json_array_get(old, 2), json_array_get(new, 2)))
		return err_set(err, ERR_INPUT,
			       "Existing participant %s changed info (url or tls_public_key).",
			       account);
	return 0;
}

/* Ids are never given twice, and none is left out: unique ones in [from's next_id, to's next_id), as
 * many as there are newcomers. */
static int check_newcomers(const json_t *from, const json_t *to, size_t newcomers, struct err *err)
{
	json_int_t first = next_id_of(from), past = next_id_of(to);

	if (newcomers && past - first != (json_int_t)newcomers)
		return err_set(err, ERR_INPUT,
			       "New Participant ids need to not skip any unused participant ids.");
	if (past < first)
		return err_set(err, ERR_INPUT,
			       "next_id %lld is below the current one, %lld: ids are not used twice",
			       (long long)past, (long long)first);
	return 0;
}

int parameters_check_change(const json_t *from, const json_t *to, struct err *err)
{
	size_t stayers = 0, i;
	json_t *p;

	json_array_foreach(parameters_list(to), i, p)
	{
		const json_t *old =
			participant_find(from, json_string_value(json_array_get(p, 0)));

		if (old && check_stayer(old, p, err) < 0)
			return -1;
		if (!old && participant_id(p) < next_id_of(from))
			return err_set(err, ERR_INPUT,
				       "New Participant ids need to be unique and contiguous.");
		stayers += old != NULL;
	}
	if ((json_int_t)stayers < parameters_threshold(from))
		return err_set(err, ERR_INPUT,
			       "Set of proposed participants must contain at least `threshold` old "
			       "participants.");
	return check_newcomers(from, to, parameters_count(to) - stayers, err);
}
