/* The contract and what the nodes can sign, for people. */
#include <string.h>

#include "face/cli/cli-internal.h"
#include "face/cli/contract-view.h"
#include "face/cli/signing-view.h"

enum { SIGNATURES_SHOWN = 5 };

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

/* "domain 0: 64 presignatures, signs" of one node. */
static void print_pools(struct cli *cli, const json_t *node)
{
	json_t *one;
	size_t i;

	if (!json_list(node, "domains"))
		return;
	(void)printf("  %-12s", json_str_or(node, "name", ""));
	json_array_foreach(json_list(node, "domains"), i, one) {
		bool can = json_bool_or(one, "can_sign", false);

		(void)printf("  domain %lld: %lld presignatures, %s%s%s",
			     (long long)json_int_or(one, "domain_id", 0),
			     (long long)json_int_or(one, "presignatures", 0), can ? "" : cli_paint(cli, "red"),
			     can ? "can sign" : "cannot sign", cli_paint(cli, "off"));
	}
	(void)putchar('\n');
}

static void print_signatures(const json_t *node)
{
	const json_t *list = json_list(node, "lastSignatures");
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)list, i, one) {
		if (i == SIGNATURES_SHOWN)
			break;
		(void)printf("  %-12s  block %lld  domain %lld  %s\n", json_str_or(node, "name", ""),
			     (long long)json_int_or(one, "height", 0), (long long)json_int_or(one, "domain_id", 0),
			     json_str_or(one, "request", ""));
	}
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
	json_array_foreach((json_t *)(uintptr_t)nodes, i, node)
		print_signatures(node);
}
