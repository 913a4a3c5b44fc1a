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

	if (text && status == 200 && json_parse_text("domains", text, strlen(text), &said, NULL) == 0) {
		if (json_list(said, "domains"))
			json_object_set(view, "domains", json_list(said, "domains"));
		if (json_list(said, "last_signatures"))
			json_object_set(view, "lastSignatures", json_list(said, "last_signatures"));
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
		if (json_int_or(one, "domain_id", -1) == id)
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

static void add_name(struct buf *list, const char *name)
{
	buf_printf(list, "%s%s", list->len ? ", " : "", name);
}

/* The names of accounts in a node's list of those that it misses. */
static char *missing_names(const json_t *views, const json_t *missing)
{
	OWN(buf) struct buf names = { 0 };
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)missing, i, one) {
		const char *account = json_string_value(one);
		const json_t *view = account ? view_of(views, account) : NULL;

		add_name(&names, view ? json_str(view, "name") : account ? account : "?");
	}
	return buf_take(&names);
}

/* Participants of the contract by whether their nodes answer. `told`: all that do also say of the domain. */
static json_int_t count_answers(const json_t *views, const json_t *contract, json_int_t domain,
				struct buf *silent, bool *ret_told)
{
	json_int_t answering = 0;
	json_t *one;
	size_t i;

	*ret_told = true;
	json_array_foreach(json_list(contract, "participants"), i, one) {
		const json_t *view = view_of(views, json_str_or(one, "accountId", ""));

		if (!view || !json_bool_or(view, "answers", false)) {
			add_name(silent, view ? json_str(view, "name") : json_str_or(one, "accountId", "?"));
			continue;
		}
		answering++;
		*ret_told = *ret_told && domain_of(view, domain);
	}
	return answering;
}

/* Nobody of those that answer can sign: what the first of them misses. NULL: somebody can. */
static char *all_blocked(const json_t *views, json_int_t domain)
{
	const json_t *first = NULL;
	const char *name = NULL;
	json_t *view;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)views, i, view) {
		const json_t *said = domain_of(view, domain);

		if (json_bool_or(said, "can_sign", false))
			return NULL;
		if (said && !first) {
			first = said;
			name = json_str(view, "name");
		}
	}
	if (!first)
		return NULL;
	{
		OWN(str) char *names = missing_names(views, json_list(first, "missing"));

		return str_printf("%s cannot sign%s%s", name, *names ? ": it misses " : "", names);
	}
}

char *signing_view_obstacle(const json_t *views, const json_t *contract, json_int_t domain)
{
	OWN(str) char *id = str_printf("%lld", (long long)domain);
	const json_t *about = contract_view_domain(contract, id);
	OWN(buf) struct buf silent = { 0 };
	OWN(str) char *blocked = NULL;
	bool told;
	json_int_t answering = count_answers(views, contract, domain, &silent, &told);
	json_int_t needed = signers_needed(about);

	if (answering < needed)
		return str_printf("domain %s (%s) needs %lld of %zu nodes to sign, and %lld %s: not there: %s", id,
				  json_str_or(about, "protocol", "?"), (long long)needed,
				  json_array_size(json_list(contract, "participants")), (long long)answering,
				  answering == 1 ? "is there" : "are there", silent.len ? silent.data : "none");
	blocked = told ? all_blocked(views, domain) : NULL;
	return blocked ? str_printf("domain %s (%s) needs %lld nodes to sign: %s", id,
				    json_str_or(about, "protocol", "?"), (long long)needed, blocked)
		       : NULL;
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
		if (json_list(one, "lastSignatures"))
			json_object_set(entry, "lastSignatures", json_list(one, "lastSignatures"));
	}
}
