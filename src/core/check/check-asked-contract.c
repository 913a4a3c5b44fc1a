/* What the signer contract and the accounts on the chain tell about the nodes. */
#include "core/check/check-asked.h"

#include <string.h>

#include "core/check/check-topology.h"
#include "core/near/near.h"

#define VARIABLE struct variable __attribute__((cleanup(own_drop_variable)))
#define CONTRACT struct contract __attribute__((cleanup(own_drop_contract)))

static bool is_local(const struct asked_chain *ch)
{
	return ch->network && !strcmp(ch->network, "local");
}

/* The node's account, NULL: not known. v: owns it. */
static const char *account_of(const struct check *c, const struct node *n, struct variable *v)
{
	const char *account;

	node_variable(c, n, "MPC_ACCOUNT_ID", v);
	account = variable_text(v);
	return account && near_account_valid(account) ? account : NULL;
}

/* Finding about a variable of the chain's first node. */
static struct check_finding about(const struct check *c, const struct asked_chain *ch,
				  enum check_severity severity, const char *variable,
				  struct variable *v)
{
	node_variable(c, &ch->first, variable, v);
	return node_finding(severity, &ch->first, v);
}

/* ---- A11: accounts
 * --------------------------------------------------------------------------------- */

static void see_account(struct check *c, const struct asked_chain *ch, const struct contract *k,
			const struct node *n)
{
	VARIABLE v = { 0 };
	const char *account = account_of(c, n, &v);
	bool ready = k->kind == CONTRACT_READY;
	struct check_finding f = node_finding(CHECK_FAIL, n, &v);
	ASKED a = { 0 };

	if (!account || check_contract_participant(k, account))
		return;
	a = chain_view(c, ch, "view_account", account);
	if (chain_no_account(&a)) {
		if (is_local(ch) && !ready)
			f.severity = CHECK_WARN; /* whoever sets the contract up may create it */
		check_add(c, &f, "there is no account %s on the chain at %s", account, ch->url);
	} else if (asked_or_unknown(c, &f, &a, "whether the node's account exists") && ready) {
		check_add(c, &f, "%s is none of the %zu participants of contract %s", account,
			  json_array_size(k->participants), ch->contract);
	}
}

static void see_accounts(struct check *c, const struct asked_chain *ch)
{
	CONTRACT k = contract_read(c, ch, "whether the nodes' accounts are participants");
	struct node n;

	if (k.kind == CONTRACT_NOT_KNOWN)
		return;
	for (size_t i = 0; chain_node(c, ch, &i, &n);)
		see_account(c, ch, &k, &n);
}

void asked_a11(struct check *c)
{
	chain_each(c, false, see_accounts);
}

/* ---- A13: keys of the participants
 * ------------------------------------------------------------------- */

static void see_peer_key(struct check *c, const struct contract *k, const struct node *n)
{
	VARIABLE v = { 0 };
	VARIABLE where = { 0 };
	const char *account = account_of(c, n, &v);
	const json_t *info = account ? check_contract_participant(k, account) : NULL;
	const char *listed = asked_text(info, "sign_pk", "tls_public_key");
	OWN(str) char *peer = listed ? node_public(c, n, "MPC_P2P_PRIVATE_KEY") : NULL;
	OWN(str) char *own = listed ? node_public(c, n, "MPC_ACCOUNT_SK") : NULL;
	struct check_finding f;

	if (!peer || !strcmp(peer, listed))
		return;
	node_variable(c, n, "MPC_P2P_PRIVATE_KEY", &where);
	f = node_finding(CHECK_FAIL, n, &where);
	check_add(
		c, &f,
		"the contract lists %s with %s%.80s; the public half of MPC_P2P_PRIVATE_KEY is %s",
		account, str_eq(own, listed) ? "the key of the node's account, " : "", listed,
		peer);
}

static void see_peer_keys(struct check *c, const struct asked_chain *ch)
{
	CONTRACT k = contract_read(c, ch, "whether the contract has the nodes' P2P keys");
	struct node n;

	for (size_t i = 0; k.kind == CONTRACT_READY && chain_node(c, ch, &i, &n);)
		see_peer_key(c, &k, &n);
}

void asked_a13(struct check *c)
{
	chain_each(c, false, see_peer_keys);
}

/* ---- B17: keys of the accounts
 * -------------------------------------------------------------------------- */

static bool has_key(const struct asked *a, const char *public_key)
{
	json_t *one;
	size_t i;

	json_array_foreach(asked_list(a, "keys", NULL), i, one)
		if (str_eq(json_str(one, "public_key"), public_key))
			return true;
	return false;
}

static void see_account_key(struct check *c, const struct asked_chain *ch, const struct node *n)
{
	VARIABLE v = { 0 };
	VARIABLE where = { 0 };
	const char *account = account_of(c, n, &v);
	OWN(str) char *own = account ? node_public(c, n, "MPC_ACCOUNT_SK") : NULL;
	struct check_finding f;
	ASKED a = { 0 };

	if (!own)
		return;
	node_variable(c, n, "MPC_ACCOUNT_SK", &where);
	f = node_finding(CHECK_FAIL, n, &where);
	a = chain_view(c, ch, "view_access_key_list", account);
	if (chain_no_account(&a) ||
	    !asked_or_unknown(c, &f, &a, "whether the account has the node's key") ||
	    has_key(&a, own))
		return;
	check_add(c, &f, "%s is not among the %zu access keys of %s: the node cannot sign for it",
		  own, json_array_size(asked_list(&a, "keys", NULL)), account);
}

static void see_account_keys(struct check *c, const struct asked_chain *ch)
{
	struct node n;

	if (!chain_status(c, ch, "whether the accounts have the nodes' keys"))
		return;
	for (size_t i = 0; chain_node(c, ch, &i, &n);)
		see_account_key(c, ch, &n);
}

void asked_b17(struct check *c)
{
	chain_each(c, false, see_account_keys);
}

/* ---- H07: who can create what is missing
 * ------------------------------------------------------------------- */

static void see_parent(struct check *c, const struct asked_chain *ch, const struct node *n,
		       json_t *seen)
{
	VARIABLE v = { 0 };
	const char *account = account_of(c, n, &v);
	const char *dot = account ? strchr(account, '.') : NULL;
	struct check_finding f = node_finding(CHECK_FAIL, n, &v);
	ASKED own = { 0 };
	ASKED keys = { 0 };

	if (!dot || json_object_get(seen, dot + 1))
		return;
	own = chain_view(c, ch, "view_account", account);
	if (!chain_no_account(&own)) {
		(void)asked_or_unknown(c, &f, &own, "whether the account has to be created");
		return;
	}
	json_set_bool(seen, dot + 1, true);
	keys = chain_view(c, ch, "view_access_key_list", dot + 1);
	if (chain_no_account(&keys))
		check_add(c, &f, "only %s may create %s, and it is not on the chain either",
			  dot + 1, account);
	else if (asked_or_unknown(c, &f, &keys, "whether the parent account can sign") &&
		 !json_array_size(asked_list(&keys, "keys", NULL)))
		check_add(c, &f,
			  "only %s may create %s, and it has no access key: nobody can sign "
			  "for it",
			  dot + 1, account);
}

static void see_parents(struct check *c, const struct asked_chain *ch)
{
	OWN(json) json_t *seen = json_object();
	struct node n;

	if (!chain_status(c, ch, "whether missing accounts can be created"))
		return;
	for (size_t i = 0; chain_node(c, ch, &i, &n);)
		see_parent(c, ch, &n, seen);
}

void asked_h07(struct check *c)
{
	chain_each(c, false, see_parents);
}

/* ---- H08, H09, H10
 * ---------------------------------------------------------------------------------------------- */

/* On a chain of one's own the contract may rightly come after the nodes. */
static void see_contract(struct check *c, const struct asked_chain *ch)
{
	CONTRACT k = contract_read(c, ch, "whether the contract is there and initialised");
	VARIABLE v = { 0 };
	struct check_finding f =
		about(c, ch, is_local(ch) ? CHECK_WARN : CHECK_FAIL, "MPC_CONTRACT_ID", &v);

	if (k.kind == CONTRACT_NO_ACCOUNT)
		check_add(c, &f, "there is no account %s on the chain at %s", ch->contract,
			  ch->url);
	else if (k.kind == CONTRACT_NO_CODE)
		check_add(c, &f, "account %s has no contract", ch->contract);
	else if (k.kind == CONTRACT_NOT_INITIALISED)
		check_add(c, &f, "the contract of %s waits for its init call", ch->contract);
}

void asked_h08(struct check *c)
{
	chain_each(c, false, see_contract);
}

static void see_domains(struct check *c, const struct asked_chain *ch)
{
	CONTRACT k = contract_read(c, ch, "whether the contract has a domain");
	VARIABLE v = { 0 };
	struct check_finding f = about(c, ch, CHECK_WARN, "MPC_CONTRACT_ID", &v);
	const json_t *running = json_map(k.state, "Running");

	if (k.kind == CONTRACT_READY && running &&
	    !json_array_size(json_path(running, "keyset.domains")))
		check_add(c, &f,
			  "contract %s runs without any key: no domain was voted in, and it signs "
			  "nothing",
			  ch->contract);
}

void asked_h09(struct check *c)
{
	chain_each(c, false, see_domains);
}

static void see_threshold(struct check *c, const struct asked_chain *ch)
{
	CONTRACT k = contract_read(c, ch, "the contract's threshold");
	json_int_t n = (json_int_t)json_array_size(k.participants), least = (n * 6 + 9) / 10;
	VARIABLE v = { 0 };
	struct check_finding f = about(c, ch, CHECK_FAIL, "MPC_CONTRACT_ID", &v);

	least = least < 2 ? 2 : least;
	if (k.kind == CONTRACT_READY && k.threshold >= 0 &&
	    (k.threshold < least || k.threshold > n))
		check_add(c, &f,
			  "contract %s has threshold %lld with %lld participants; %lld to %lld "
			  "make sense",
			  ch->contract, (long long)k.threshold, (long long)n, (long long)least,
			  (long long)n);
}

void asked_h10(struct check *c)
{
	chain_each(c, false, see_threshold);
}

/* ---- H11: where the contract says the nodes are
 * ------------------------------------------------------------------- */

static bool is_own_port(const char *url)
{
	static const char *const ports[] = { ":8080", ":3030", ":24567" };
	const char *start = strstr(url, "://");
	size_t len = strcspn(start ? start + 3 : url, "/?#");
	OWN(str) char *place = str_dup_n(start ? start + 3 : url, len);

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (str_ends(place, ports[i]))
			return true;
	return false;
}

/* The name that Cloud Map gives the node's tasks, NULL: none or not known. Caller frees. */
static char *registered_name(const struct check *c, const struct node *n)
{
	const struct deployment_service *s = n->service;

	return s->registry_count == 1 && s->registries[0]
		       ? check_cloud_map_name(check_deployment(c), s->registries[0])
		       : NULL;
}

/* Below the same namespace, but another name. */
static bool is_other_name(const char *host, const char *name)
{
	const char *domain = strchr(name, '.');

	return domain && str_ends(host, domain) && strcmp(host, name) != 0;
}

static void see_url(struct check *c, const struct asked_chain *ch, const struct contract *k,
		    const struct node *n)
{
	VARIABLE v = { 0 };
	const char *account = account_of(c, n, &v);
	const char *url = account ? json_str(check_contract_participant(k, account), "url") : NULL;
	OWN(str) char *host = url ? chain_host(url) : NULL;
	OWN(str) char *name = registered_name(c, n);
	struct check_finding f = node_finding(CHECK_FAIL, n, &v);
	uint32_t ip;

	if (!host)
		return;
	if (n->service->fargate && ip_parse(host, &ip) == 0)
		check_add(c, &f,
			  "contract %s leads the peers of %s to the address %s; a task that is "
			  "replaced gets another one",
			  ch->contract, account, host);
	else if (name && is_other_name(host, name))
		check_add(c, &f,
			  "contract %s leads the peers of %s to %s; its tasks are registered as "
			  "%s",
			  ch->contract, account, host, name);
	else if (is_own_port(url))
		check_add(c, &f,
			  "contract %s leads the peers of %s to %.200s, where the node serves "
			  "something else",
			  ch->contract, account, url);
}

static void see_urls(struct check *c, const struct asked_chain *ch)
{
	CONTRACT k = contract_read(c, ch, "where the contract says the nodes are");
	struct node n;

	for (size_t i = 0; k.kind == CONTRACT_READY && chain_node(c, ch, &i, &n);)
		see_url(c, ch, &k, &n);
}

void asked_h11(struct check *c)
{
	check_task_addresses(c);
	chain_each(c, false, see_urls);
}

/* ---- H12: who takes part, and who runs
 * ------------------------------------------------------------------------------ */

/* Accounts of the services that run at least one task; NULL when one is not known. Caller's. */
static json_t *running_accounts(const struct check *c)
{
	OWN(json) json_t *all = json_object();
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		VARIABLE v = { 0 };
		const char *account = account_of(c, &n, &v);

		if (!account)
			return NULL;
		if (node_desired(&n) != 0)
			json_set_bool(all, account, true);
	}
	return json_incref(all);
}

static void see_set(struct check *c, const struct asked_chain *ch)
{
	CONTRACT k = { .threshold = -1 };
	OWN(json) json_t *running = is_local(ch) ? running_accounts(c) : NULL;
	VARIABLE v = { 0 };
	struct check_finding f;
	const char *missing = NULL;
	json_int_t there = 0;
	json_t *one;
	size_t i;

	if (!running)
		return; /* others run nodes of a public network */
	k = contract_read(c, ch, "whether the participants are the nodes");
	json_array_foreach(k.participants, i, one) {
		const char *account = json_string_value(json_array_get(one, 0));

		if (account && json_object_get(running, account))
			there++;
		else if (!missing)
			missing = account;
	}
	f = about(c, ch, there < k.threshold ? CHECK_FAIL : CHECK_WARN, "MPC_CONTRACT_ID", &v);
	if (k.kind == CONTRACT_READY && missing)
		check_add(c, &f,
			  "of %zu participants of %s %lld have a service here (%.64s has none); "
			  "signing takes %lld, making a key all",
			  json_array_size(k.participants), ch->contract, (long long)there, missing,
			  (long long)k.threshold);
}

void asked_h12(struct check *c)
{
	chain_each(c, false, see_set);
}

/* ---- H13
 * ---------------------------------------------------------------------------------------------------------------
 */

/* Whole NEAR of an amount in yocto, at most 999999. */
static long whole_near(const char *yocto)
{
	size_t len;
	uint64_t whole = 0;
	OWN(str) char *head = NULL;

	yocto += strspn(yocto, "0");
	len = strlen(yocto);
	if (len <= 24)
		return 0;
	head = str_dup_n(yocto, len - 24);
	return num_parse_u64(head, 0, 999999, &whole) < 0 ? 999999 : (long)whole;
}

enum { NEAR_FOR_CONTRACT = 15 };

static void see_balance(struct check *c, const struct asked_chain *ch)
{
	VARIABLE v = { 0 };
	struct check_finding f = about(c, ch, CHECK_WARN, "MPC_CONTRACT_ID", &v);
	ASKED a = { 0 };
	const char *hash, *amount;

	if (!ch->contract || !chain_status(c, ch, "what the contract's account can pay for"))
		return;
	a = chain_view(c, ch, "view_account", ch->contract);
	if (chain_no_account(&a) ||
	    !asked_or_unknown(c, &f, &a, "what the contract's account can pay for"))
		return;
	hash = json_str(a.answer, "code_hash");
	amount = json_str(a.answer, "amount");
	if (hash && amount && strspn(hash, "1") == strlen(hash) &&
	    whole_near(amount) < NEAR_FOR_CONTRACT)
		check_add(
			c, &f,
			"%s has %ld NEAR and no contract yet; the storage of its code takes about "
			"12, so %d are the least",
			ch->contract, whole_near(amount), NEAR_FOR_CONTRACT);
}

void asked_h13(struct check *c)
{
	chain_each(c, false, see_balance);
}
