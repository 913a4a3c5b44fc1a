/* The chains of a deployment's nodes, and what is asked of them. */
#include "core/check/check-asked.h"

#include <string.h>
#include <strings.h>

#include "core/near/near.h"

#define VARIABLE struct variable __attribute__((cleanup(own_drop_variable)))
enum { RPC_PORT = 3030, STATE_MOST = 4 << 20 };

/* ---- addresses
 * ------------------------------------------------------------------------------------- */

char *chain_host(const char *url)
{
	const char *start = strstr(url, "://"), *at;
	size_t len;

	start = start ? start + 3 : url;
	len = strcspn(start, "/?#");
	at = memchr(start, '@', len);
	if (at) {
		len -= (size_t)(at + 1 - start);
		start = at + 1;
	}
	if (*start == '[')
		len = strcspn(start, "]") + (start[strcspn(start, "]")] == ']');
	else
		len = strcspn(start, ":/?#") < len ? strcspn(start, ":/?#") : len;
	return str_dup_n(start, len);
}

static bool is_private_ip(uint32_t ip)
{
	static const struct {
		uint32_t base;
		unsigned bits;
	} nets[] = { { 0x0a000000, 8 },	 { 0xac100000, 12 }, { 0xc0a80000, 16 }, { 0x7f000000, 8 },
		     { 0xa9fe0000, 16 }, { 0x64400000, 10 }, { 0x00000000, 8 } };

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (ip_in_cidr(ip, nets[i].base, nets[i].bits))
			return true;
	return false;
}

/* A name below a private namespace of the templates. */
static bool is_in_namespace(struct check *c, const char *host)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		const char *name =
			strcmp(r[i].type, "AWS::ServiceDiscovery::PrivateDnsNamespace")
				? NULL
				: deployment_text(check_deployment(c),
						  json_object_get(r[i].properties, "Name"));

		if (name && str_ends(host, name))
			return true;
	}
	return false;
}

bool chain_is_inside(struct check *c, const char *host)
{
	static const char *const ends[] = { ".local", ".internal", ".localdomain", ".lan",
					    ".home",  ".test",	   ".localhost" };
	uint32_t ip;

	if (ip_parse(host, &ip) == 0)
		return is_private_ip(ip);
	if (*host == '[')
		return str_starts(host, "[f") || str_starts(host, "[::");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (str_ends(host, ends[i]))
			return true;
	return !strchr(host, '.') || is_in_namespace(c, host);
}

char *chain_url(struct check *c, const struct node *n)
{
	VARIABLE rpc = { 0 };
	VARIABLE boot = { 0 };
	const char *text;
	struct near_boot_node *list = NULL;
	struct err err = { 0 };
	size_t count = 0;
	char *url = NULL;

	node_variable(c, n, "NEAR_RPC_URL", &rpc);
	if ((text = variable_text(&rpc)) && strstr(text, "://"))
		return str_dup(text);
	node_variable(c, n, "NEAR_BOOT_NODES", &boot);
	text = variable_text(&boot);
	if (!text || near_boot_parse(text, &list, &count, &err) < 0)
		return NULL;
	if (count && *list[0].host)
		url = str_printf("http://%s:%d", list[0].host, RPC_PORT);
	near_boot_free(list, count);
	return url;
}

/* ---- the chains
 * -------------------------------------------------------------------------------------- */

static bool same_chain(const struct asked_chain *a, const struct asked_chain *b)
{
	return !strcmp(a->url, b->url) && str_eq(a->contract, b->contract);
}

static void drop_chain(struct asked_chain *ch)
{
	free(ch->url);
	free(ch->contract);
}

static bool read_chain(struct check *c, const struct node *n, struct asked_chain *ret)
{
	VARIABLE contract = { 0 };
	VARIABLE env = { 0 };
	OWN(str) char *host = NULL;

	*ret = (struct asked_chain){ .url = chain_url(c, n), .first = *n };
	if (!ret->url)
		return false;
	node_variable(c, n, "MPC_CONTRACT_ID", &contract);
	node_variable(c, n, "MPC_ENV", &env);
	if (variable_text(&contract) && near_account_valid(variable_text(&contract)))
		ret->contract = str_dup(variable_text(&contract));
	ret->network = node_chain(variable_text(&env));
	host = chain_host(ret->url);
	ret->inside = chain_is_inside(c, host);
	return true;
}

void chain_each(struct check *c, bool with_inside,
		void (*see)(struct check *c, const struct asked_chain *ch))
{
	struct asked_chain *all = NULL;
	size_t count = 0;
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct asked_chain ch;
		bool known = !read_chain(c, &n, &ch);

		for (size_t k = 0; k < count && !known; k++)
			known = same_chain(&all[k], &ch);
		if (known) {
			drop_chain(&ch);
			continue;
		}
		all = mem_grow(all, count + 1, sizeof(*all));
		all[count++] = ch;
	}
	for (size_t i = 0; i < count; i++) {
		if (with_inside || !all[i].inside)
			see(c, &all[i]);
		drop_chain(&all[i]);
	}
	free(all);
}

bool chain_node(struct check *c, const struct asked_chain *ch, size_t *i, struct node *ret)
{
	while (node_next(c, i, ret)) {
		struct asked_chain of;
		bool same = read_chain(c, ret, &of) && same_chain(ch, &of);

		drop_chain(&of);
		if (same)
			return true;
	}
	return false;
}

/* ---- what is asked
 * ------------------------------------------------------------------------------------ */

static struct check_finding place_of(const struct check *c, const struct asked_chain *ch,
				     struct variable *v)
{
	node_variable(c, &ch->first, "NEAR_RPC_URL", v);
	return node_finding(CHECK_UNKNOWN, &ch->first, v);
}

const json_t *chain_status(struct check *c, const struct asked_chain *ch, const char *what)
{
	ASKED a = ask(c, "near", "status", json_pack("{s:s}", "url", ch->url));
	VARIABLE v = { 0 };
	struct check_finding where = place_of(c, ch, &v);

	return asked_or_unknown(c, &where, &a, what) ? a.answer : NULL;
}

struct asked chain_view(struct check *c, const struct asked_chain *ch, const char *type,
			const char *account)
{
	return ask(c, "near", "query",
		   json_pack("{s:s,s:s,s:s,s:s}", "url", ch->url, "request_type", type, "finality",
			     "final", "account_id", account));
}

bool chain_no_account(const struct asked *a)
{
	const char *error = a->state == CHECK_ANSWERED ? json_str(a->answer, "error") : NULL;

	return asked_absent(a) || (error && strstr(error, "does not exist"));
}

/* ---- the contract
 * ---------------------------------------------------------------------------------------- */

/* The RPC gives a call's result as an array of bytes. */
static json_t *result_of(const json_t *answer)
{
	const json_t *bytes = json_list(answer, "result");
	size_t size = json_array_size(bytes);
	OWN(str) char *text = mem_new(size + 1, 1);
	json_error_t error;

	if (!size || size > STATE_MOST)
		return NULL;
	for (size_t i = 0; i < size; i++)
		text[i] = (char)json_integer_value(json_array_get(bytes, i));
	return json_loadb(text, size, JSON_DECODE_ANY, &error);
}

static const json_t *parameters_of(const json_t *state, const json_t **ret_phase)
{
	static const char *const paths[] = { "Running.parameters",
					     "Initializing.generating_key.parameters",
					     "Resharing.resharing_key.parameters",
					     "Resharing.previous_running_state.parameters" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		OWN(str) char *phase = str_dup_n(paths[i], strcspn(paths[i], "."));
		const json_t *found = json_path(state, paths[i]);

		if (found) {
			*ret_phase = json_object_get(state, phase);
			return found;
		}
	}
	return NULL;
}

static enum contract_kind kind_of_error(const char *error)
{
	if (strstr(error, "CodeDoesNotExist"))
		return CONTRACT_NO_CODE;
	if (strcasestr(error, "not initialized") || strcasestr(error, "default not allowed"))
		return CONTRACT_NOT_INITIALISED;
	return strstr(error, "does not exist") ? CONTRACT_NO_ACCOUNT : CONTRACT_NOT_KNOWN;
}

static void read_state(const struct asked *a, struct contract *k)
{
	const char *error = json_str(a->answer, "error");
	const json_t *parameters;

	if (error) {
		k->kind = kind_of_error(error);
		return;
	}
	k->state = result_of(a->answer);
	parameters = parameters_of(k->state, &k->phase);
	if (parameters) {
		k->kind = CONTRACT_READY;
		k->participants = json_path(parameters, "participants.participants");
		k->threshold = json_int_or(parameters, "threshold", -1);
	} else if (str_eq(json_string_value(k->state), "NotInitialized") ||
		   json_is_null(k->state) || json_object_get(k->state, "NotInitialized")) {
		k->kind = CONTRACT_NOT_INITIALISED;
	}
}

struct contract contract_read(struct check *c, const struct asked_chain *ch, const char *what)
{
	struct contract k = { .threshold = -1 };
	VARIABLE v = { 0 };
	struct check_finding where = place_of(c, ch, &v);
	ASKED a = { 0 };

	if (!ch->contract || !chain_status(c, ch, what))
		return k;
	a = ask(c, "near", "query",
		json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "url", ch->url, "request_type",
			  "call_function", "finality", "final", "account_id", ch->contract,
			  "method_name", "state", "args_base64", "e30="));
	if (a.state == CHECK_REFUSED)
		k.kind = kind_of_error(json_str_or(a.answer, "message", ""));
	if (chain_no_account(&a) && k.kind == CONTRACT_NOT_KNOWN)
		k.kind = CONTRACT_NO_ACCOUNT;
	else if (k.kind == CONTRACT_NOT_KNOWN && asked_or_unknown(c, &where, &a, what))
		read_state(&a, &k);
	return k;
}

const json_t *check_contract_participant(const struct contract *k, const char *account)
{
	json_t *one;
	size_t i;

	json_array_foreach(k->participants, i, one)
		if (str_eq(json_string_value(json_array_get(one, 0)), account))
			return json_array_get(one, 2);
	return NULL;
}

/* variable: of one of secret_slots. */
char *node_public(const struct check *c, const struct node *n, const char *variable)
{
	struct secret_view view __attribute__((cleanup(own_drop_secret_view))) = { 0 };
	const struct secret_slot *slot = secret_slots;
	struct near_key key;
	char *text = NULL;

	while (strcmp(slot->variable, variable) != 0)
		slot++;
	secret_view(c, n, slot, &view);
	if (view.state == SECRET_VALUE && view.text && near_key_parse(view.text, &key, NULL) == 0) {
		text = near_key_format_public(&key);
		near_key_wipe(&key);
	}
	return text;
}
