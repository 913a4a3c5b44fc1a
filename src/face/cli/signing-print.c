/* The contract and what the nodes can sign, for people. */
#include <string.h>

#include "face/cli/cli-internal.h"
#include "face/cli/contract-view.h"
#include "face/cli/signing-view.h"

enum { SIGNATURES_SHOWN = 3 };

static void print_domains(struct cli *cli, const json_t *contract)
{
	size_t count = json_array_size(json_list(contract, "participants")), i;
	json_t *one;

	json_array_foreach(json_list(contract, "domains"), i, one) {
		const char *key = json_str(one, "publicKey");

		(void)printf("  domain %lld  %-9s  %-11s  %lld of %zu  %s%s%s\n",
			     (long long)json_int_or(one, "id", 0), json_str_or(one, "curve", ""),
			     json_str_or(one, "protocol", ""), (long long)json_int_or(one, "threshold", 0), count,
			     key ? "" : cli_paint(cli, "red"), key ? key : "no key yet", cli_paint(cli, "off"));
	}
}

/* "domain 0: 64 presignatures" of one node. */
static void print_pools(struct cli *cli, const json_t *node)
{
	json_t *one;
	size_t i;

	if (!json_list(node, "domains"))
		return;
	(void)printf("  %-12s", json_str_or(node, "name", ""));
	if (json_str(node, "halted"))
		(void)printf(" %s%s%s", cli_paint(cli, "red"), json_str(node, "halted"), cli_paint(cli, "off"));
	json_array_foreach(json_list(node, "domains"), i, one) {
		bool can = json_bool_or(one, "can_sign", false);

		(void)printf("%s domain %lld: %s%s%s, %lld presignatures", i ? ";" : "",
			     (long long)json_int_or(one, "id", 0), can ? "" : cli_paint(cli, "red"),
			     can ? "can sign" : "cannot sign", cli_paint(cli, "off"),
			     (long long)json_int_or(json_map(one, "presignatures"), "online", 0));
	}
	(void)putchar('\n');
}

static void print_signatures(const json_t *node)
{
	json_t *domain, *one;
	size_t i, k;

	json_array_foreach(json_list(node, "domains"), i, domain)
		json_array_foreach(json_list(domain, "last_signatures"), k, one)
			if (k < SIGNATURES_SHOWN)
				(void)printf("  %-12s domain %lld: %.16s... %s, in %lld ms, %.1f s ago\n",
					     json_str_or(node, "name", ""), (long long)json_int_or(domain, "id", 0),
					     json_str_or(one, "id", ""), json_str_or(one, "result", ""),
					     (long long)json_int_or(one, "duration_ms", 0),
					     (double)json_int_or(one, "ago_ms", 0) / 1000);
}

static bool any_signature(const json_t *nodes)
{
	json_t *node, *domain;
	size_t i, k;

	json_array_foreach((json_t *)(uintptr_t)nodes, i, node)
		json_array_foreach(json_list(node, "domains"), k, domain)
			if (json_array_size(json_list(domain, "last_signatures")))
				return true;
	return false;
}

void signing_view_print(struct cli *cli, const json_t *view)
{
	const json_t *contract = json_map(view, "contract"), *nodes = json_list(view, "nodes");
	json_t *node;
	size_t i;

	if (json_str(view, "contractReason"))
		(void)printf("Contract unknown: %s\n", json_str(view, "contractReason"));
	if (contract) {
		OWN(str) char *sentence = contract_view_sentence(contract);

		(void)printf("\nContract %s%s%s  %s, threshold %lld\n", cli_paint(cli, "bold"),
			     json_str_or(contract, "accountId", ""), cli_paint(cli, "off"), sentence,
			     (long long)json_int_or(contract, "threshold", 0));
		print_domains(cli, contract);
	}
	json_array_foreach((json_t *)(uintptr_t)nodes, i, node)
		print_pools(cli, node);
	if (any_signature(nodes))
		(void)printf("\nLast signatures\n");
	json_array_foreach((json_t *)(uintptr_t)nodes, i, node)
		print_signatures(node);
}
