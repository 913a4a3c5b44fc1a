/* Participants: from the deployed secrets and names to one signed `init` call on the chain. */
#include <string.h>

#include "core/near/near-transaction.h"
#include "face/cli/cli-internal.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"
#include "face/cli/operator.h"

#define PEER_PORT 80 /* port of the MPC peers where the private name carries none */

/* ---- reading the deployed secrets ------------------------------------------------------------------- */

static void wipe_json_string(json_t *j)
{
	if (json_is_string(j))
		explicit_bzero((char *)(uintptr_t)json_string_value(j), json_string_length(j));
}

const char *operator_value_from(const json_t *container, const char *variable)
{
	json_t *secret;
	size_t i;

	json_array_foreach(json_list(container, "secrets"), i, secret)
		if (str_eq(json_str(secret, "name"), variable))
			return json_str(secret, "valueFrom");
	return NULL;
}

/* "arn:aws:secretsmanager:R:A:secret:name-xxxxxx:json-key:stage:version" */
char *operator_secret_id(const char *value_from, char **ret_json_key)
{
	const char *at = value_from;
	const char *key;

	*ret_json_key = NULL;
	for (int colons = 0; colons < 6 && at; colons++) {
		at = strchr(at, ':');
		at = at ? at + 1 : NULL;
	}
	key = at ? strchr(at, ':') : NULL;
	if (!key)
		return str_dup(value_from);
	*ret_json_key = str_dup_n(key + 1, strcspn(key + 1, ":"));
	return str_dup_n(value_from, (size_t)(key - value_from));
}

static int parse_key_text(const char *text, const char *json_key, struct near_key *ret,
			  struct err *err)
{
	json_t *object = NULL, *member;
	int rc;

	if (!json_key || !*json_key)
		return near_key_parse(text, ret, err);
	if (json_parse_text("secret", text, strlen(text), &object, NULL) < 0)
		return err_set(err, ERR_INPUT, "the secret is not JSON");
	member = json_object_get(object, json_key);
	rc = json_is_string(member) ? near_key_parse(json_string_value(member), ret, err)
				    : err_set(err, ERR_INPUT, "the secret has no member %s", json_key);
	wipe_json_string(member);
	json_decref(object);
	return rc;
}

/* Key behind a variable of a node's container. */
static int deployed_key(struct target *t, const json_t *node, const char *variable,
			struct near_key *ret, struct err *err)
{
	const char *from = operator_value_from(json_object_get(node, "container"), variable);
	OWN(str) char *json_key = NULL, *id = NULL;
	OWN(json) json_t *in = NULL, *out = NULL;
	json_t *text;
	int rc;

	if (!from)
		return err_set(err, ERR_INPUT, "%s: %s is not among its secrets",
			       json_str_or(node, "name", "?"), variable);
	id = operator_secret_id(from, &json_key);
	in = json_pack("{s:s}", "SecretId", id);
	if (awsclient_call(t->aws, "secretsmanager", "GetSecretValue", in, &out, NULL, err) < 0)
		return err_in(err, "%s: %s", json_str_or(node, "name", "?"), variable);
	text = json_object_get(out, "SecretString");
	rc = json_is_string(text) ? parse_key_text(json_string_value(text), json_key, ret, err)
				  : err_set(err, ERR_INPUT, "the secret has no value");
	wipe_json_string(text);
	return rc < 0 ? err_in(err, "%s: %s", json_str_or(node, "name", "?"), variable) : 0;
}

/* ---- the participants --------------------------------------------------------------------------------- */

static char *participant_url(const json_t *node)
{
	const char *local = json_str(json_map(node, "environment"), "MPC_LOCAL_ADDRESS");

	if (!local || !*local)
		return NULL;
	return strchr(local, ':') ? str_printf("http://%s", local)
				  : str_printf("http://%s:%d", local, PEER_PORT);
}

/* [account, index, {"url","sign_pk"}] */
static int add_participant(struct target *t, const json_t *node, json_t *participants,
			   struct err *err)
{
	const char *account = json_str_or(json_map(node, "environment"), "MPC_ACCOUNT_ID", "");
	OWN(str) char *url = participant_url(node), *public = NULL;
	struct near_key key;

	if (!url)
		return err_set(err, ERR_INPUT, "%s has no MPC_LOCAL_ADDRESS: peers cannot be told where it is",
			       json_str_or(node, "name", "?"));
	if (deployed_key(t, node, "MPC_P2P_PRIVATE_KEY", &key, err) < 0)
		return -1;
	public = near_key_format_public(&key);
	near_key_wipe(&key);
	json_array_append_new(participants,
			      json_pack("[s,i,{s:s,s:s}]", account, (int)json_array_size(participants),
					"url", url, "sign_pk", public));
	return 0;
}

static json_t *init_arguments(json_t *participants, unsigned wanted)
{
	json_int_t n = (json_int_t)json_array_size(participants);
	json_int_t least = (n * 6 + 9) / 10 < 2 ? 2 : (n * 6 + 9) / 10;
	json_int_t threshold = wanted ? wanted : least;

	return json_pack("{s:{s:I,s:{s:I,s:O}}}", "parameters", "threshold", threshold, "participants",
			 "next_id", n, "participants", participants);
}

/* ---- the chain's RPC ------------------------------------------------------------------------------------- */

static json_t *rpc(struct target *t, const char *url, const char *method, const json_t *params)
{
	OWN(json) json_t *request = json_pack("{s:s,s:s,s:s,s:O}", "jsonrpc", "2.0", "id", "mpcup",
					      "method", method, "params", params);
	OWN(json) json_t *reply = NULL;
	OWN(str) char *text = json_text(request), *body = NULL;
	int status = 0;
	size_t len = 0;

	if (awsclient_http(t->aws, "POST", url, "application/json", text, strlen(text), 15000, &status,
			   &body, &len, NULL) < 0 ||
	    json_parse_text("rpc", body, len, &reply, NULL) < 0)
		return NULL;
	return GIVE(reply);
}

/* A view call without arguments: its JSON result; NULL with *ret_error (caller's) otherwise. */
static json_t *view(struct target *t, const char *url, const char *contract, const char *method,
		    char **ret_error)
{
	OWN(json) json_t *params = json_pack("{s:s,s:s,s:s,s:s,s:s}", "request_type", "call_function",
					     "finality", "optimistic", "account_id", contract,
					     "method_name", method, "args_base64", "e30=");
	OWN(json) json_t *reply = rpc(t, url, "query", params);
	OWN(buf) struct buf text = { 0 };
	json_t *bytes = json_list(json_map(reply, "result"), "result"), *byte, *value = NULL;
	size_t i;

	if (!bytes) {
		OWN(str) char *whole = reply ? json_text(reply) : str_dup("no answer");

		*ret_error = GIVE(whole);
		return NULL;
	}
	json_array_foreach(bytes, i, byte)
		buf_char(&text, (char)json_integer_value(byte));
	if (json_parse_text("view", text.data ? text.data : "", text.len, &value, NULL) < 0)
		*ret_error = str_dup("the contract's answer is no JSON");
	return value;
}

/* Addresses registered in a Cloud Map namespace of the name's domain under its first label. Several VPCs
 * may have a namespace of the same name. Array of strings, the caller's. */
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
			OWN(json) json_t *ask = json_pack("{s:s}", "ServiceId", json_str_or(service, "Id", ""));
			OWN(json) json_t *out = NULL;

			if (!str_eq(json_str(service, "Name"), label) ||
			    awsclient_call(t->aws, "servicediscovery", "ListInstances", ask, &out, NULL,
					   NULL) < 0)
				continue;
			json_array_foreach(json_list(out, "Instances"), m, instance)
				json_add_str(addresses, json_str_or(json_map(instance, "Attributes"),
								    "AWS_INSTANCE_IPV4", ""));
		}
	}
	return addresses;
}

/* host:port of NEAR_RPC_URL -> URL of the loopback forward of whatever has that name or address in the
 * nodes' VPC; NULL: nothing has (yet). */
static char *rpc_forward(struct target *t, const char *vpc, const char *rpc_url)
{
	const char *host = strstr(rpc_url, "://");
	OWN(str) char *name = NULL;
	OWN(json) json_t *addresses = NULL;
	json_t *address;
	uint64_t port;
	uint32_t ip;
	size_t i;

	host = host ? host + 3 : rpc_url;
	name = str_dup_n(host, strcspn(host, ":/"));
	host += strlen(name);
	{
		OWN(str) char *digits = *host == ':' ? str_dup_n(host + 1, strcspn(host + 1, "/")) : NULL;

		if (num_parse_u64(digits, 1, 65535, &port) < 0)
			port = 80;
	}
	addresses = ip_parse(name, &ip) == 0 ? json_pack("[s]", name) : registered_addresses(t, name);
	json_array_foreach(addresses, i, address) {
		OWN(str) char *forward =
			ecs_view_forward(t, vpc, json_string_value(address), (unsigned)port);

		if (forward)
			return str_printf("http://%s", forward);
	}
	return NULL;
}

static int base58_hash(const json_t *block, uint8_t ret[32])
{
	const char *hash = json_str(json_path(block, "result.header"), "hash");
	size_t len = 0;

	return hash && near_base58_decode(hash, strlen(hash), ret, 32, &len) == 0 && len == 32 ? 0 : -1;
}

/* One function call signed by the chain's own key, the root account of the local chain. */
static int call_contract(struct target *t, const char *url, const struct near_key *key,
			 const char *contract, const char *method, const json_t *args,
			 struct err *err)
{
	OWN(str) char *public = near_key_format_public(key), *text = json_text(args), *encoded = NULL;
	OWN(json) json_t *key_in = json_pack("{s:s,s:s,s:s,s:s}", "request_type", "view_access_key",
					     "finality", "optimistic", "account_id", "test.near",
					     "public_key", public);
	OWN(json) json_t *final = json_pack("{s:s}", "finality", "final");
	OWN(json) json_t *access = rpc(t, url, "query", key_in), *block = rpc(t, url, "block", final);
	OWN(json) json_t *send = NULL, *outcome = NULL;
	OWN(buf) struct buf signed_bytes = { 0 };
	struct near_call call = { .signer_id = "test.near", .receiver_id = contract, .method = method,
				  .args = text, .args_len = strlen(text), .gas = 300000000000000 };
	uint8_t hash[32];

	if (!json_object_get(json_map(access, "result"), "nonce"))
		return err_set(err, ERR_REMOTE,
			       "the chain does not know the key %s of its root account test.near: is it this "
			       "chain's key?",
			       public);
	call.nonce = (uint64_t)json_int_or(json_map(access, "result"), "nonce", 0) + 1;
	if (base58_hash(block, call.block_hash) < 0)
		return err_set(err, ERR_REMOTE, "the chain at %s names no block", url);
	near_call_sign(&call, key, &signed_bytes, hash);
	encoded = base64_encode(signed_bytes.data, signed_bytes.len);
	send = json_pack("[s]", encoded);
	outcome = rpc(t, url, "broadcast_tx_commit", send);
	if (!json_object_get(json_path(outcome, "result.status"), "SuccessValue")) {
		OWN(str) char *why = outcome ? json_text(outcome) : str_dup("no answer");

		return err_set(err, ERR_REMOTE, "%s on %s: %.400s", method, contract, why);
	}
	return 0;
}

/* ---- what is registered against what is deployed ------------------------------------------------------------ */

/* account -> "key url" of a participants list in either spelling */
static json_t *by_account(const json_t *participants)
{
	json_t *map = json_object(), *one;
	size_t i;

	json_array_foreach(participants, i, one) {
		const json_t *info = json_array_get(one, 2);
		const char *key = json_str(info, "sign_pk");
		OWN(str) char *text = str_printf("%s %s", key ? key : json_str_or(info, "tls_public_key", "?"),
						 json_str_or(info, "url", "?"));

		json_set_str(map, json_string_value(json_array_get(one, 0)), text);
	}
	return map;
}

static bool same_participants(const json_t *state, const json_t *wanted)
{
	const json_t *have = json_path(state, "Running.parameters.participants.participants");
	OWN(json) json_t *a = by_account(have), *b = by_account(wanted);

	return json_equal(a, b);
}

static int register_all(struct target *t, const char *url, const char *contract,
			const json_t *nodes, json_t *participants, unsigned threshold,
			char **ret_why, struct err *err)
{
	const json_t *first = json_array_get(nodes, 0);
	const char *boot = json_str_or(json_map(first, "environment"), "NEAR_BOOT_NODES", "");
	OWN(str) char *error = NULL;
	OWN(json) json_t *state = view(t, url, contract, "state", &error), *args = NULL;
	struct near_boot_node *list = NULL;
	struct near_key key;
	size_t count = 0;
	int rc;

	if (state && same_participants(state, participants))
		return 0;
	if (state) {
		*ret_why = str_printf("contract %s already has other participants; changing them needs "
				      "resharing, which this version cannot do: mpcup down --purge and mpcup up "
				      "start a new chain",
				      contract);
		return 1;
	}
	if (near_boot_parse(boot, &list, &count, err) < 0)
		return -1;
	rc = count ? operator_find_chain_key(t, list[0].public_key, &key, err) : 1;
	near_boot_free(list, count);
	if (rc > 0)
		*ret_why = str_dup("the chain's key is not known here, so nobody can sign the registration; "
				   "give it with --chain-key FILE");
	if (rc)
		return rc;
	args = init_arguments(participants, threshold);
	rc = call_contract(t, url, &key, contract, "init", args, err);
	near_key_wipe(&key);
	return rc;
}

int operator_register(struct target *t, const json_t *nodes, unsigned threshold,
		      unsigned timeout_ms, char **ret_why, struct err *err)
{
	const json_t *environment = json_map(json_array_get(nodes, 0), "environment");
	const char *contract = json_str_or(environment, "MPC_CONTRACT_ID", "");
	const char *rpc_url = json_str_or(environment, "NEAR_RPC_URL", "");
	OWN(json) json_t *participants = json_array();
	OWN(str) char *url = NULL, *vpc = ecs_view_vpc(t, nodes);
	int64_t deadline = deploy_now_ms() + timeout_ms;
	json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
		if (add_participant(t, node, participants, err) < 0)
			return -1;
	for (;;) {
		OWN(json) json_t *status = NULL, *none = json_array();

		free(url);
		url = vpc && *rpc_url ? rpc_forward(t, vpc, rpc_url) : NULL;
		status = url ? rpc(t, url, "status", none) : NULL;
		if (json_map(status, "result"))
			break;
		if (deploy_now_ms() > deadline) {
			*ret_why = str_printf("no chain answers at %s (NEAR_RPC_URL of the nodes)",
					      *rpc_url ? rpc_url : "an empty NEAR_RPC_URL");
			return 1;
		}
		deploy_pause_ms(50);
	}
	return register_all(t, url, contract, nodes, participants, threshold, ret_why, err);
}

/* ---- a chain that is expected and not there -------------------------------------------------------------------- */

void operator_gap_free(struct operator_gap *g)
{
	free(g->vpc);
	free(g->vpc_cidr);
	free(g->subnet);
	free(g->subnet_cidr);
	free(g->address);
	*g = (struct operator_gap){ 0 };
}

static json_t *describe_by(struct target *t, const char *action, const char *set, const char *filter,
			   const char *value)
{
	OWN(json) json_t *in =
		json_pack("{s:[{s:s,s:[s]}]}", "Filter", "Name", filter, "Value", value);
	OWN(json) json_t *out = NULL;
	json_t *list;

	if (awsclient_call(t->aws, "ec2", action, in, &out, NULL, NULL) < 0)
		return json_array();
	list = json_list(out, set);
	return list ? json_incref(list) : json_array();
}

static bool blocks_overlap(uint32_t a, unsigned a_bits, uint32_t b, unsigned b_bits)
{
	return ip_in_cidr(a, b, b_bits) || ip_in_cidr(b, a, a_bits);
}

/* The smallest block that no subnet uses and in which the address is not one of AWS's five. */
static char *free_block(const json_t *subnets, uint32_t ip)
{
	for (unsigned bits = 28; bits >= 20; bits--) {
		uint32_t size = 1u << (32 - bits), base = ip & ~(size - 1), other;
		unsigned other_bits;
		bool clear = ip - base >= 4 && ip - base < size - 1;
		json_t *subnet;
		size_t i;

		json_array_foreach(subnets, i, subnet)
			if (ip_parse_cidr(json_str(subnet, "cidrBlock"), &other, &other_bits) == 0 &&
			    blocks_overlap(base, bits, other, other_bits))
				clear = false;
		if (clear) {
			OWN(str) char *text = ip_format(base);

			return str_printf("%s/%u", text, bits);
		}
	}
	return NULL;
}

/* Where in the VPC the address lies. 1: not in it, or no room for a subnet of its own. */
static int fill_gap(struct target *t, const char *vpc, uint32_t ip, struct operator_gap *ret)
{
	OWN(json) json_t *subnets = describe_by(t, "DescribeSubnets", "subnetSet", "vpc-id", vpc);
	OWN(json) json_t *vpcs = describe_by(t, "DescribeVpcs", "vpcSet", "vpc-id", vpc);
	const char *cidr = json_str(json_array_get(vpcs, 0), "cidrBlock");
	json_t *subnet;
	uint32_t base;
	unsigned bits;
	size_t i;

	if (ip_parse_cidr(cidr, &base, &bits) < 0 || !ip_in_cidr(ip, base, bits))
		return 1;
	json_array_foreach(subnets, i, subnet)
		if (ip_parse_cidr(json_str(subnet, "cidrBlock"), &base, &bits) == 0 &&
		    ip_in_cidr(ip, base, bits))
			ret->subnet = str_dup(json_str(subnet, "subnetId"));
	if (!ret->subnet && !(ret->subnet_cidr = free_block(subnets, ip)))
		return 1;
	ret->vpc = str_dup(vpc);
	ret->vpc_cidr = str_dup(cidr);
	ret->address = ip_format(ip);
	return 0;
}

int operator_chain_gap(struct target *t, const json_t *nodes, struct operator_gap *ret,
		       struct err *err)
{
	const json_t *environment = json_map(json_array_get(nodes, 0), "environment");
	OWN(json) json_t *holders = NULL;
	OWN(str) char *vpc = ecs_view_vpc(t, nodes);
	struct near_boot_node *boot = NULL;
	size_t count = 0;
	uint32_t ip = 0;
	bool usable;

	(void)err;
	if (near_boot_parse(json_str_or(environment, "NEAR_BOOT_NODES", ""), &boot, &count, NULL) < 0)
		return 1;
	usable = count && ip_parse(boot[0].host, &ip) == 0;
	if (usable)
		memcpy(ret->public_key, boot[0].public_key, NEAR_PUBLIC_BYTES);
	near_boot_free(boot, count);
	if (!usable || !vpc)
		return 1;
	{
		OWN(str) char *address = ip_format(ip);

		holders = describe_by(t, "DescribeNetworkInterfaces", "networkInterfaceSet",
				      "addresses.private-ip-address", address);
	}
	for (size_t i = 0; i < json_array_size(holders); i++)
		if (str_eq(json_str(json_array_get(holders, i), "vpcId"), vpc))
			return 1;
	return fill_gap(t, vpc, ip, ret);
}
