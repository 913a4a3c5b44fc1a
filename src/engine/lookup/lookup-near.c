/* NEAR's JSON-RPC, as far as it reads. */
#include <string.h>

#include "engine/lookup/lookup-internal.h"

static bool reads(const char *method)
{
	static const char *const methods[] = { "status",
					       "network_info",
					       "query",
					       "block",
					       "chunk",
					       "gas_price",
					       "validators",
					       "genesis_config",
					       "EXPERIMENTAL_genesis_config",
					       "EXPERIMENTAL_protocol_config" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(methods[i], method))
			return true;
	return false;
}

/* The parameters are the input without the URL; methods that have none take an empty list. */
static char *request(const char *method, const json_t *input)
{
	OWN(json) json_t *params = json_copy((json_t *)(uintptr_t)input), *whole = NULL;

	json_object_del(params, "url");
	if (!json_object_size(params) && !strstr(method, "config")) {
		json_decref(params);
		params = json_array();
	}
	whole = json_pack("{s:s,s:s,s:s,s:O}", "jsonrpc", "2.0", "id", "mpcup", "method", method,
			  "params", params);
	return json_text(whole);
}

/* {"error":{"name","cause":{"name"},"message"}} of today, {"result":{"error": text}} of queries. */
static json_t *judge(const char *url, const struct reply *r)
{
	OWN(json) json_t *reply = NULL;
	const json_t *error, *result;
	const char *cause;

	if (!r->status)
		return refusal("Unreachable", "%s: %s", url, r->why);
	if (json_parse_text("reply", r->body.data, r->body.len, &reply, NULL) < 0)
		return refusal(r->status == 429 ? "TooManyRequests" : "Unreachable",
			       "%s answered with HTTP %ld and no JSON", url, r->status);
	error = json_map(reply, "error");
	result = json_map(reply, "result");
	cause = json_str(json_map(error, "cause"), "name");
	if (error)
		return refusal(cause ? cause : json_str_or(error, "name", "SERVER_ERROR"), "%s",
			       json_str(error, "data") ? json_str(error, "data")
						       : json_str_or(error, "message", ""));
	if (json_str(result, "error"))
		return refusal("CONTRACT_EXECUTION_ERROR", "%s", json_str(result, "error"));
	if (!json_object_get(reply, "result"))
		return refusal("Unreachable", "%s answered with HTTP %ld and no result", url, r->status);
	if (!result) /* a list: an answer is an object */
		return json_pack("{s:{s:O}}", "answer", "result", json_object_get(reply, "result"));
	return json_pack("{s:O}", "answer", result);
}

json_t *ask_near(struct lookup *l, const char *action, const json_t *input, struct err *err)
{
	const char *url = json_str_or(input, "url", "");
	OWN(str) char *body = NULL;
	OWN_REPLY struct reply r = { 0 };

	if (!reads(action)) {
		(void)err_set(err, ERR_BUG, "near %s is no look-up", action);
		return NULL;
	}
	if (!str_starts(url, "http://") && !str_starts(url, "https://"))
		return refusal("Unreachable", "'%.200s' is not an http or https URL", url);
	body = request(action, input);
	lookup_http(l, url, NULL, NULL, body, &r);
	return judge(url, &r);
}
