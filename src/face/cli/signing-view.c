#include "face/cli/signing-view.h"

#include <string.h>

#include "core/threshold/threshold.h"
#include "face/cli/cli-internal.h"
#include "face/cli/contract-view.h"
#include "face/cli/network-view.h"
#include "face/cli/operator.h"

/* ---- what the nodes say ---------------------------------------------------------------------------------- */

static json_t *node_view(struct target *t, const json_t *node)
{
	int status;
	OWN(str) char *text = network_view_fetch(t, node, "/debug/domains", &status);
	OWN(json) json_t *said = NULL;
	json_t *view = json_pack("{s:s,s:s,s:b}", "name", json_str_or(node, "name", "?"), "accountId",
				 json_str_or(json_map(node, "environment"), "MPC_ACCOUNT_ID", ""), "answers",
				 text != NULL);

	if (text && status == 200 && json_parse_text("domains", text, strlen(text), &said, NULL) == 0 &&
	    json_list(said, "domains")) {
		json_object_set(view, "domains", json_list(said, "domains"));
		json_set_str(view, "halted", json_str(said, "halted"));
	}
	return view;
}

json_t *signing_view_nodes(struct target *t, const json_t *nodes)
{
	json_t *views = json_array(), *node;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)nodes, i, node)
		json_array_append_new(views, node_view(t, node));
	return views;
}

static const json_t *domain_of(const json_t *view, json_int_t id)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(view, "domains"), i, one)
		if (json_int_or(one, "id", -1) == id)
			return one;
	return NULL;
}

static const json_t *view_of(const json_t *views, const char *account)
{
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)views, i, one)
		if (str_eq(json_str(one, "accountId"), account))
			return one;
	return NULL;
}

/* ---- why it cannot sign ---------------------------------------------------------------------------------- */

static json_int_t signers_needed(const json_t *domain)
{
	json_int_t threshold = json_int_or(domain, "threshold", 0);
	enum threshold_scheme scheme;

	return threshold_scheme_parse(json_str_or(domain, "protocol", ""), &scheme) < 0
		       ? threshold
		       : (json_int_t)threshold_scheme_signers(scheme, (size_t)threshold);
}

/* The participants of the contract as their nodes show themselves. */
struct census {
	json_int_t there;	/* they have the domain's key share */
	bool able;		/* one of them can sign */
	bool foreign;		/* some node is of another kind: nothing follows */
	const json_t *blocked;	/* what one that cannot says of the domain, and its name */
	const char *blocked_name;
	struct buf absent; /* the others, with why */
};

static void count_one(struct census *c, const char *account, const json_t *view, json_int_t domain)
{
	const json_t *said = domain_of(view, domain);
	const char *name = view ? json_str(view, "name") : account;

	if (!view || !json_bool_or(view, "answers", false)) {
		buf_printf(&c->absent, "%s%s does not answer", c->absent.len ? ", " : "", name);
		return;
	}
	c->foreign = c->foreign || !json_list(view, "domains");
	if (!said) {
		buf_printf(&c->absent, "%s%s has no key share (%s)", c->absent.len ? ", " : "", name,
			   json_str_or(view, "halted", "it may be loading it"));
		return;
	}
	c->there++;
	c->able = c->able || json_bool_or(said, "can_sign", false);
	if (!c->blocked) {
		c->blocked = said;
		c->blocked_name = name;
	}
}

/* "1 mpc-node-1.test.near" of a node's list -> node-1 */
static char *missing_names(const json_t *views, const json_t *missing)
{
	OWN(buf) struct buf names = { 0 };
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)missing, i, one) {
		const char *account = strchr(json_string_value(one), ' ');
		const json_t *view = account ? view_of(views, account + 1) : NULL;

		buf_printf(&names, "%s%s", i ? ", " : "", view ? json_str(view, "name") : json_string_value(one));
	}
	return buf_take(&names);
}

char *signing_view_obstacle(const json_t *views, const json_t *contract, json_int_t domain)
{
	OWN(str) char *id = str_printf("%lld", (long long)domain);
	const json_t *about = contract_view_domain(contract, id);
	json_t *participants = json_list(contract, "participants"), *one;
	long long needed = signers_needed(about), count = (long long)json_array_size(participants);
	struct census c = { 0 };
	char *text = NULL;
	size_t i;

	json_array_foreach(participants, i, one) {
		const char *account = json_str_or(one, "accountId", "?");

		count_one(&c, account, view_of(views, account), domain);
	}
	if (!c.foreign && c.there < needed)
		text = str_printf("domain %s (%s) needs %lld of %lld nodes, %lld can take part: %s", id,
				  json_str_or(about, "protocol", "?"), needed, count, (long long)c.there,
				  c.absent.len ? c.absent.data : "the others are not deployed");
	else if (!c.foreign && !c.able) {
		OWN(str) char *names = missing_names(views, json_list(c.blocked, "missing"));

		text = str_printf("domain %s (%s) needs %lld of %lld nodes: %s is not connected to %s", id,
				  json_str_or(about, "protocol", "?"), needed, count, c.blocked_name, names);
	}
	buf_free(&c.absent);
	return text;
}

/* ---- for status ------------------------------------------------------------------------------------------ */

static void add_contract(struct target *t, const json_t *nodes, json_t *view)
{
	OWN(json) json_t *contract = NULL;
	OWN(str) char *why = NULL;
	struct operator_chain chain;
	struct err err = { 0 };
	int rc = operator_chain_look(t, nodes, 0, &chain, &why, &err);

	if (rc == 0)
		rc = operator_contract(&chain, &contract, &why, &err);
	operator_chain_close(&chain);
	if (rc == 0)
		json_object_set(view, "contract", contract);
	else
		json_set_str(view, "contractReason", why ? why : err.text);
}

void signing_view_add(struct target *t, const json_t *nodes, json_t *view)
{
	OWN(json) json_t *said = NULL;
	json_t *entry;
	size_t i;

	if (!t->local || !json_array_size(nodes))
		return;
	add_contract(t, nodes, view);
	said = signing_view_nodes(t, nodes);
	json_array_foreach(json_list(view, "nodes"), i, entry) {
		const json_t *one = view_of(said, json_str_or(entry, "accountId", ""));

		if (json_list(one, "domains"))
			json_object_set(entry, "domains", json_list(one, "domains"));
		json_set_str(entry, "halted", json_str(one, "halted"));
	}
}
