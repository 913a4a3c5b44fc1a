#include "face/cli/chain-client.h"

#include <string.h>

#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"

enum { ANSWER_MS = 15000, NONCE_TRIES = 10, LOOK_AGAIN_MS = 10 };
#define CALL_GAS 300000000000000u

void chain_client_close(struct chain_client *c)
{
	free(c->url);
	c->url = NULL;
}

/* ---- one request ----------------------------------------------------------------------------------- */

/* The whole reply. NULL: no answer came, *ret_timeout (may be NULL) tells whether for lack of time. */
static json_t *rpc(const struct chain_client *c, const char *method, const json_t *params,
		   unsigned timeout_ms, int *ret_status)
{
	OWN(json) json_t *request = json_pack("{s:s,s:s,s:s,s:O}", "jsonrpc", "2.0", "id", "mpcup",
					      "method", method, "params", params);
	OWN(json) json_t *reply = NULL;
	OWN(str) char *text = json_text(request), *body = NULL;
	size_t len = 0;

	*ret_status = 0;
	if (awsclient_http(c->target->aws, "POST", c->url, "application/json", text, strlen(text),
			   timeout_ms, ret_status, &body, &len, NULL) < 0 ||
	    json_parse_text("rpc", body, len, &reply, NULL) < 0)
		return NULL;
	return GIVE(reply);
}

/* What the chain says in an error, in nearcore's places. */
static char *words(const json_t *error)
{
	const json_t *data = json_object_get(error, "data");

	if (json_is_string(data))
		return str_dup(json_string_value(data));
	return json_text(data ? data : error);
}

/* 0: *ret_reply has a result; 1: an error, err has its words; -1: no answer. */
static int ask(const struct chain_client *c, const char *method, const json_t *params,
	       json_t **ret_reply, struct err *err)
{
	int status;
	OWN(json) json_t *reply = rpc(c, method, params, ANSWER_MS, &status);
	const json_t *error = json_object_get(reply, "error");

	if (!reply)
		return err_set(err, ERR_REMOTE, "the chain at %s does not answer", c->url);
	if (error) {
		OWN(str) char *text = words(error);

		(void)err_set(err, ERR_REMOTE, "%.400s", text);
		return 1;
	}
	*ret_reply = GIVE(reply);
	return 0;
}

static int query(const struct chain_client *c, const json_t *params, json_t **ret_reply,
		 struct err *err)
{
	OWN(json) json_t *reply = NULL;
	int rc = ask(c, "query", params, &reply, err);
	const char *error;

	if (rc)
		return rc;
	/* failures of views are results with an error in them */
	error = json_str(json_map(reply, "result"), "error");
	if (error) {
		(void)err_set(err, ERR_REMOTE, "%.400s", error);
		return 1;
	}
	*ret_reply = GIVE(reply);
	return 0;
}

/* ---- where it is ------------------------------------------------------------------------------------- */

/* Addresses registered in a Cloud Map namespace of the name's domain under its first label. Several VPCs
 * may have a namespace of the same name. Array of {"address","instance"}, the caller's. */
static json_t *registered_addresses(struct target *t, const char *name)
{
	const char *dot = strchr(name, '.');
	OWN(str) char *label = str_dup_n(name, dot ? (size_t)(dot - name) : strlen(name));
	OWN(json) json_t *spaces = NULL;
	json_t *addresses = json_array(), *space, *service, *instance;
	size_t i, k, m;

	if (awsclient_call(t->aws, "servicediscovery", "ListNamespaces", NULL, &spaces, NULL, NULL) < 0)
		return addresses;
	json_array_foreach(json_list(spaces, "Namespaces"), i, space) {
		OWN(json) json_t *in = json_pack("{s:[{s:s,s:[s]}]}", "Filters", "Name", "NAMESPACE_ID",
						 "Values", json_str_or(space, "Id", ""));
		OWN(json) json_t *services = NULL;

		if (!dot || !str_eq(json_str(space, "Name"), dot + 1) ||
		    awsclient_call(t->aws, "servicediscovery", "ListServices", in, &services, NULL, NULL) < 0)
			continue;
		json_array_foreach(json_list(services, "Services"), k, service) {
			OWN(json) json_t *about = json_pack("{s:s}", "ServiceId", json_str_or(service, "Id", ""));
			OWN(json) json_t *out = NULL;

			if (!str_eq(json_str(service, "Name"), label) ||
			    awsclient_call(t->aws, "servicediscovery", "ListInstances", about, &out, NULL,
					   NULL) < 0)
				continue;
			json_array_foreach(json_list(out, "Instances"), m, instance)
				json_array_append_new(addresses,
						      json_pack("{s:s,s:s}", "address",
								json_str_or(json_map(instance, "Attributes"),
									    "AWS_INSTANCE_IPV4", ""),
								"instance", json_str_or(instance, "Id", "")));
		}
	}
	return addresses;
}

/* Host and port of a URL; the host is the caller's. */
static char *split_url(const char *url, unsigned *ret_port)
{
	const char *host = strstr(url, "://");
	uint64_t port = 80;
	char *name;

	host = host ? host + 3 : url;
	name = str_dup_n(host, strcspn(host, ":/"));
	host += strlen(name);
	if (*host == ':') {
		OWN(str) char *digits = str_dup_n(host + 1, strcspn(host + 1, "/"));

		if (num_parse_u64(digits, 1, 65535, &port) < 0)
			port = 80;
	}
	*ret_port = (unsigned)port;
	return name;
}

/* host:port of NEAR_RPC_URL -> URL of the loopback forward of whatever has that name or address in the
 * nodes' VPC; NULL: nothing has (yet). */
static char *rpc_forward(struct target *t, const char *vpc, const char *rpc_url)
{
	unsigned port;
	OWN(str) char *name = split_url(rpc_url, &port);
	OWN(json) json_t *addresses = NULL;
	json_t *address;
	uint32_t ip;
	size_t i;

	addresses = ip_parse(name, &ip) == 0 ? json_pack("[{s:s}]", "address", name) : registered_addresses(t, name);
	json_array_foreach(addresses, i, address) {
		OWN(str) char *forward = ecs_view_forward(t, vpc, json_str_or(address, "address", ""), port,
						       json_str(address, "instance"));

		if (forward)
			return str_printf("http://%s", forward);
	}
	return NULL;
}

static bool answers(const struct chain_client *c)
{
	OWN(json) json_t *none = json_array(), *reply = NULL;

	return ask(c, "status", none, &reply, NULL) == 0 && json_map(reply, "result");
}

int chain_client_find(struct target *t, const json_t *nodes, unsigned timeout_ms,
		      struct chain_client *ret, char **ret_why, struct err *err)
{
	const json_t *environment = json_map(json_array_get(nodes, 0), "environment");
	const char *rpc_url = json_str_or(environment, "NEAR_RPC_URL", "");
	OWN(str) char *vpc = ecs_view_vpc(t, nodes);
	int64_t deadline = deploy_now_ms() + timeout_ms;

	(void)err;
	*ret = (struct chain_client){ .target = t };
	for (;;) {
		free(ret->url);
		ret->url = vpc && *rpc_url ? rpc_forward(t, vpc, rpc_url) : NULL;
		if (ret->url && answers(ret))
			return 0;
		if (deploy_now_ms() > deadline) {
			chain_client_close(ret);
			*ret_why = str_printf("no chain answers at %s (NEAR_RPC_URL of the nodes)",
					      *rpc_url ? rpc_url : "an empty NEAR_RPC_URL");
			return 1;
		}
		deploy_pause_ms(LOOK_AGAIN_MS);
	}
}

/* ---- views ------------------------------------------------------------------------------------------- */

int chain_call_view(const struct chain_client *c, const char *account, const char *method,
	       const json_t *args, json_t **ret, struct err *err)
{
	OWN(str) char *text = args ? json_text(args) : str_dup("{}");
	OWN(str) char *encoded = base64_encode(text, strlen(text));
	OWN(json) json_t *params = json_pack("{s:s,s:s,s:s,s:s,s:s}", "request_type", "call_function",
					     "finality", "optimistic", "account_id", account,
					     "method_name", method, "args_base64", encoded);
	OWN(json) json_t *reply = NULL;
	OWN(buf) struct buf value = { 0 };
	json_t *byte;
	size_t i;
	int rc = query(c, params, &reply, err);

	if (rc)
		return rc;
	json_array_foreach(json_list(json_map(reply, "result"), "result"), i, byte)
		buf_char(&value, (char)json_integer_value(byte));
	return json_parse_text(method, value.data ? value.data : "", value.len, ret, err);
}

int chain_account(const struct chain_client *c, const char *account, near_u128 *ret_amount,
		  struct err *err)
{
	OWN(json) json_t *params = json_pack("{s:s,s:s,s:s}", "request_type", "view_account", "finality",
					     "optimistic", "account_id", account);
	OWN(json) json_t *reply = NULL;
	near_u128 amount;
	int rc = query(c, params, &reply, err);

	if (rc)
		return rc > 0 && strstr(err->text, "does not exist") ? 1 : -1;
	if (near_u128_parse(json_str_or(json_map(reply, "result"), "amount", ""), &amount) < 0)
		return err_set(err, ERR_REMOTE, "the chain tells no balance of %s", account);
	if (ret_amount)
		*ret_amount = amount;
	return 0;
}

int chain_access_key(const struct chain_client *c, const char *account, const char *public_key,
		     uint64_t *ret_nonce, uint8_t ret_block_hash[32], struct err *err)
{
	OWN(json) json_t *params = json_pack("{s:s,s:s,s:s,s:s}", "request_type", "view_access_key",
					     "finality", "optimistic", "account_id", account,
					     "public_key", public_key);
	OWN(json) json_t *reply = NULL;
	const json_t *result;
	const char *hash;
	size_t len = 0;
	int rc = query(c, params, &reply, err);

	if (rc)
		return rc > 0 && strstr(err->text, "does not exist") ? 1 : -1;
	result = json_map(reply, "result");
	hash = json_str_or(result, "block_hash", "");
	if (!json_is_integer(json_object_get(result, "nonce")) ||
	    near_base58_decode(hash, strlen(hash), ret_block_hash, 32, &len) < 0 || len != 32)
		return err_set(err, ERR_REMOTE, "the chain's access key of %s is not of the known form", account);
	*ret_nonce = (uint64_t)json_integer_value(json_object_get(result, "nonce"));
	return 0;
}

/* ---- transactions -------------------------------------------------------------------------------------- */

struct near_action chain_function_call(const char *method, const json_t *args, near_u128 deposit)
{
	char *text = args ? json_text(args) : str_dup("{}");

	return (struct near_action){ .kind = NEAR_FUNCTION_CALL, .name = str_dup(method),
				     .data = (uint8_t *)text, .data_len = strlen(text),
				     .gas = CALL_GAS, .amount = deposit };
}

void chain_action_clear(struct near_action *a)
{
	free(a->name);
	free(a->data);
	free(a->public_key);
	*a = (struct near_action){ 0 };
}

int chain_prepare(const struct chain_client *c, const struct chain_signer *signer,
		  const char *receiver, struct near_action *actions, size_t count, char **ret,
		  struct err *err)
{
	OWN(near_transaction) struct near_transaction *t = NEW(struct near_transaction);
	OWN(str) char *public = near_key_format_public(signer->key);
	OWN(buf) struct buf bytes = { 0 };
	int rc = chain_access_key(c, signer->account, public, &t->nonce, t->block_hash, err);

	if (rc)
		return rc;
	t->nonce++;
	t->signer_id = str_dup(signer->account);
	t->receiver_id = str_dup(receiver);
	t->actions = actions;
	t->action_count = count;
	near_transaction_sign(t, signer->key, &bytes);
	t->actions = NULL; /* borrowed */
	t->action_count = 0;
	*ret = base64_encode(bytes.data, bytes.len);
	return 0;
}

int chain_send(const struct chain_client *c, const char *transaction, unsigned timeout_ms,
	       json_t **ret, struct err *err)
{
	OWN(json) json_t *params = json_pack("[s]", transaction), *reply = NULL;
	int64_t began = deploy_now_ms();
	const json_t *error;
	int status;

	reply = rpc(c, "broadcast_tx_commit", params, timeout_ms, &status);
	if (!reply)
		return deploy_now_ms() - began >= (int64_t)timeout_ms
			       ? CHAIN_RUNNING
			       : err_set(err, ERR_REMOTE, "the chain at %s does not answer", c->url);
	error = json_object_get(reply, "error");
	if (error) {
		OWN(str) char *text = words(error);

		if (status == 408 || strstr(text, "Timeout"))
			return CHAIN_RUNNING;
		if (strstr(text, "InvalidNonce"))
			return CHAIN_NONCE_TAKEN;
		return err_set(err, ERR_REMOTE, "%.400s", text);
	}
	*ret = json_incref(json_map(reply, "result"));
	return *ret ? 0 : err_set(err, ERR_REMOTE, "the chain's answer has no result");
}

char *chain_failure(const json_t *outcome)
{
	const json_t *failure = json_object_get(json_map(outcome, "status"), "Failure");
	const json_t *execution = json_path(failure, "ActionError.kind.FunctionCallError.ExecutionError");

	if (json_object_get(json_map(outcome, "status"), "SuccessValue"))
		return NULL;
	if (json_is_string(execution))
		return str_dup(json_string_value(execution));
	return json_text(failure ? failure : outcome);
}

int chain_run(const struct chain_client *c, const struct chain_signer *signer, const char *receiver,
	      struct near_action *actions, size_t count, json_t **ret_outcome, struct err *err)
{
	for (unsigned tries = 0; tries < NONCE_TRIES; tries++) {
		OWN(str) char *transaction = NULL, *why = NULL;
		OWN(json) json_t *outcome = NULL;
		int rc = chain_prepare(c, signer, receiver, actions, count, &transaction, err);

		if (rc)
			return rc < 0 ? -1 : err_set(err, ERR_REMOTE, "account %s does not know the key that "
						     "would sign for it", signer->account);
		rc = chain_send(c, transaction, ANSWER_MS, &outcome, err);
		if (rc == CHAIN_NONCE_TAKEN)
			continue;
		if (rc == CHAIN_RUNNING)
			return err_set(err, ERR_REMOTE, "no outcome within %d s", ANSWER_MS / 1000);
		why = rc < 0 ? NULL : chain_failure(outcome);
		if (why)
			return err_set(err, ERR_REMOTE, "%.400s", why);
		if (rc == 0 && ret_outcome)
			*ret_outcome = GIVE(outcome);
		return rc;
	}
	return err_set(err, ERR_REMOTE, "others use the key of %s at the same time: its nonce was taken %d times",
		       signer->account, NONCE_TRIES);
}

int chain_call(const struct chain_client *c, const struct chain_signer *signer,
	       const char *contract, const char *method, const json_t *args, struct err *err)
{
	struct near_action action = chain_function_call(method, args, 0);
	int rc = chain_run(c, signer, contract, &action, 1, NULL, err);

	chain_action_clear(&action);
	return rc < 0 ? err_in(err, "%s on %s by %s", method, contract, signer->account) : 0;
}
