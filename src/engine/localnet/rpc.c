/* JSON-RPC as nearcore answers it: HTTP 200 but for time-outs, errors with name, cause, code,
 * message, data. */
#include "engine/localnet/rpc.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define CODE_SERVER (-32000)
#define CODE_PARSE (-32700)
#define CODE_METHOD (-32601)

/* ---- errors -------------------------------------------------------------------------------- */

json_t *rpc_error_handler(const char *cause, json_t *info, json_t *data)
{
	return json_pack("{s:s,s:{s:s,s:o},s:i,s:s,s:o}", "name", "HANDLER_ERROR", "cause", "name",
			 cause, "info", info ? info : json_object(), "code", CODE_SERVER, "message",
			 "Server error", "data", data);
}

json_t *rpc_error_parse(const char *message)
{
	OWN(json) json_t *text = json_bytes(message, strlen(message));

	return json_pack("{s:s,s:{s:s,s:{s:O}},s:i,s:s,s:O}", "name", "REQUEST_VALIDATION_ERROR",
			 "cause", "name", "PARSE_ERROR", "info", "error_message", text, "code",
			 CODE_PARSE, "message", "Parse error", "data", text);
}

json_t *rpc_error_missing(const char *field)
{
	OWN(str) char *text = str_printf("Failed parsing args: missing field `%s`", field);

	return rpc_error_parse(text);
}

static json_t *error_method(const char *method)
{
	return json_pack("{s:s,s:{s:s,s:{s:s}},s:i,s:s,s:s}", "name", "REQUEST_VALIDATION_ERROR",
			 "cause", "name", "METHOD_NOT_FOUND", "info", "method_name", method, "code",
			 CODE_METHOD, "message", "Method not found", "data", method);
}

json_t *rpc_error_internal(const char *message)
{
	return json_pack("{s:s,s:{s:s,s:{s:s}},s:i,s:s,s:s}", "name", "INTERNAL_ERROR", "cause",
			 "name", "INTERNAL_ERROR", "info", "error_message", message, "code",
			 CODE_SERVER, "message", "Server error", "data", message);
}

const json_t *rpc_parameter(const json_t *params, const char *name, size_t place)
{
	return json_is_array(params) ? json_array_get(params, place)
				     : json_object_get(params, name);
}

char *rpc_time_text(int64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return str_printf("%s.%09" PRId64 "Z", text, time_ns % 1000000000);
}

/* ---- dispatch ------------------------------------------------------------------------------ */

static enum rpc_outcome status(struct rpc *r, const json_t *params, const struct rpc_request *q,
			       json_t **ret)
{
	(void)params;
	*ret = rpc_status(r, q->now_ns);
	return RPC_RESULT;
}

static enum rpc_outcome health(struct rpc *r, const json_t *params, const struct rpc_request *q,
			       json_t **ret)
{
	(void)r;
	(void)params;
	(void)q;
	*ret = json_null();
	return RPC_RESULT;
}

static const struct {
	const char *name;
	rpc_method run;
} methods[] = {
	{ "status", status },
	{ "health", health },
	{ "block", rpc_block },
	{ "chunk", rpc_chunk },
	{ "gas_price", rpc_gas_price },
	{ "validators", rpc_validators },
	{ "network_info", rpc_network_info },
	{ "query", rpc_query },
	{ "send_tx", rpc_send },
	{ "broadcast_tx_commit", rpc_send_commit },
	{ "broadcast_tx_async", rpc_send_async },
	{ "tx", rpc_transaction },
	{ "changes", rpc_changes },
	{ "block_effects", rpc_changes_in_block },
	{ "genesis_config", rpc_genesis_config },
	{ "EXPERIMENTAL_tx_status", rpc_transaction_receipts },
	{ "EXPERIMENTAL_receipt", rpc_receipt },
	{ "EXPERIMENTAL_changes", rpc_changes },
	{ "EXPERIMENTAL_changes_in_block", rpc_changes_in_block },
	{ "EXPERIMENTAL_validators_ordered", rpc_validators_ordered },
	{ "EXPERIMENTAL_congestion_level", rpc_congestion },
	{ "EXPERIMENTAL_protocol_config", rpc_protocol_config },
	{ "EXPERIMENTAL_genesis_config", rpc_genesis_config },
};

json_t *rpc_methods(void)
{
	json_t *names = json_array();

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		json_add_str(names, methods[i].name);
	return names;
}

static enum rpc_outcome dispatch(struct rpc *r, const char *method, const json_t *params,
				 const struct rpc_request *q, json_t **ret)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(methods[i].name, method))
			return methods[i].run(r, params, q, ret);
	*ret = error_method(method);
	return RPC_ERROR;
}

void rpc_reply(struct rpc *r, void *token, json_t *id, int http_status, bool failed, json_t *result)
{
	OWN(json)
	json_t *answer = json_pack("{s:s,s:o,s:o}", "jsonrpc", "2.0", failed ? "error" : "result",
				   result, "id", id ? json_incref(id) : json_null());

	r->reply(r->ctx, token, http_status, json_text(answer));
}

/* Why this is no request, or NULL. As nearcore: a notification (no id) is none, nor is a batch. */
static json_t *no_request(const json_t *request)
{
	static const char *const members[] = { "jsonrpc", "id", "method" };

	if (json_is_array(request))
		return rpc_error_parse("this is a batch: send one JSON-RPC request at a time");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!json_object_get(request, members[i]))
			return rpc_error_missing(members[i]);
	if (!str_eq(json_str(request, "jsonrpc"), "2.0"))
		return rpc_error_parse("jsonrpc must be \"2.0\"");
	return json_str(request, "method") ? NULL : rpc_error_parse("method must be a text");
}

void rpc_request(struct rpc *r, const char *body, size_t len, int64_t now_ns, void *token)
{
	OWN(json) json_t *request = NULL;
	struct rpc_request q = { .token = token, .now_ns = now_ns };
	enum rpc_outcome outcome = RPC_ERROR;
	struct err why = { 0 };
	json_t *result = NULL;

	if (json_parse_text("request", body, len, &request, &why) < 0)
		result = rpc_error_parse(why.text);
	else
		result = no_request(request);
	if (!result) {
		q.id = json_object_get(request, "id");
		outcome = dispatch(r, json_str(request, "method"),
				   json_object_get(request, "params"), &q, &result);
	}
	if (outcome != RPC_HELD)
		rpc_reply(r, token, q.id, 200, outcome == RPC_ERROR, result);
}
