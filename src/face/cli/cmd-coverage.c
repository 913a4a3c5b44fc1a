/* mpcup cloud coverage: what the local AWS and the chain beside it cover. doc/emulation.md is this output; tools/check-docs compares them. */
#include <string.h>

#include "engine/cloud/cloud.h"
#include "engine/localnet/localnet.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"

static const char introduction[] =
	"# What the local AWS covers\n\n"
	"Printed by `mpcup cloud coverage`, from the tables that serve the requests. Whatever is not listed is refused: an API\n"
	"action with `InvalidAction`, `UnknownOperationException` or `NotImplemented`, a resource type or property when the\n"
	"template is validated, by name. What is listed and does less than on AWS is named in its service's first lines.\n\n"
	"## Everywhere\n\n"
	"- Time: order and wording are AWS's, waiting is not. What takes AWS minutes takes milliseconds here.\n"
	"- There is one account, 000000000000, and one region, us-east-1, whatever region a request is signed for. Nothing is\n"
	"  throttled, and nothing costs anything.\n"
	"- Packets, names, rights, secrets, logs and processes are real: security groups and network ACLs drop packets between\n"
	"  network namespaces, IAM is evaluated in front of what roles ask for.\n"
	"- Tags are kept where an action or property is listed that takes them. No CloudTrail, CloudWatch metrics, Config or\n"
	"  Organizations.\n\n"
	"## Signatures\n\n"
	"Any credentials are taken, and whoever asks is the account's root. With `mpcup cloud start --verify-signatures` every\n"
	"request must be signed: SigV4 in headers or presigned, with keys of `mpcup cloud credentials` (the root) or of\n"
	"AssumeRole (that role; IAM decides what it may do, except on S3). The body is held against its signed hash, and\n"
	"requests older or newer than 5 minutes (S3: 15) are refused. Of uploads in chunks (`STREAMING-...`) the request's own\n"
	"signature is checked, those of the chunks and trailers are not. Regions are not compared, and SigV2 and SigV4A are "
	"refused.\n";

static const char chain[] =
	"\n## The built-in chain\n\n"
	"No AWS: the network's own NEAR, for clients as they are. JSON-RPC methods: ";
static const char chain_limits[] =
	"\n\nAnything else is `METHOD_NOT_FOUND`, a batch of requests a `PARSE_ERROR`. What is near and not the same:\n\n"
	"- Gas: fees of receipts, actions and bytes are nearcore's. What a contract itself would burn is not metered: each call and\n"
	"  each callback burns 2 Tgas and its `gas_profile` is empty; one with less attached runs out of it.\n"
	"- Blocks: a transaction runs in the newest block, after that was announced, and every block is final at once. The hash of a\n"
	"  block therefore covers the transactions of the one before (`outcome_root`); other roots and signatures are fillers, and\n"
	"  there are no light client proofs.\n"
	"- History: accounts, contract data and code are those of now. Who asks for those of an earlier block gets them while they\n"
	"  are the same, and an error after that. Blocks, transactions, receipts and lists of changes stay for 100,000 blocks.\n"
	"- No WebAssembly: code is kept, and the signer contract is the only one that runs.\n";

static void print_list(const json_t *names, const json_t *without, const char *otherwise)
{
	json_t *name;
	size_t i, n = 0;

	json_array_foreach((json_t *)(uintptr_t)names, i, name)
		if (!json_has_text(without, json_string_value(name)))
			(void)printf("%s%s", n++ ? ", " : "", json_string_value(name));
	(void)fputs(n ? "" : otherwise, stdout);
}

static void print_summary(const json_t *all)
{
	size_t actions = 0, types = 0, i;
	json_t *one;

	(void)puts("## Services\n\n| Service | API actions | Resource types |\n|---|---:|---:|");
	json_array_foreach((json_t *)(uintptr_t)all, i, one) {
		const char *name = json_str_or(one, "service", "");

		actions += json_array_size(json_list(one, "actions"));
		types += json_array_size(json_list(one, "types"));
		(void)printf("| [%s](#%s) | %zu | %zu |\n", name, name, json_array_size(json_list(one, "actions")),
			     json_array_size(json_list(one, "types")));
	}
	(void)printf("| all | %zu | %zu |\n", actions, types);
}

static void print_type(const char *type, const json_t *about)
{
	const json_t *required = json_list(about, "required");

	(void)printf("| %s | ", type);
	print_list(required, NULL, "-");
	(void)fputs(" | ", stdout);
	print_list(json_list(about, "allowed"), required, json_array_size(json_list(about, "allowed")) ? "-" : "anything");
	(void)fputs(" | ", stdout);
	print_list(json_list(about, "replacing"), NULL, "-");
	(void)puts(" |");
}

static void print_service(const json_t *one)
{
	const char *type;
	json_t *about;

	(void)printf("\n## %s\n\n%s\n\nActions: ", json_str_or(one, "service", ""), json_str_or(one, "covers", ""));
	print_list(json_list(one, "actions"), NULL, "none");
	(void)puts("");
	if (!json_object_size(json_map(one, "properties"))) {
		(void)puts("\nResource types: none");
		return;
	}
	(void)puts("\n| Resource type | Required | Also taken | A change of these replaces it |\n|---|---|---|---|");
	json_object_foreach(json_map(one, "properties"), type, about)
		print_type(type, about);
}

static void print_chain(void)
{
	OWN(json) json_t *methods = localnet_methods();

	(void)fputs(chain, stdout);
	print_list(methods, NULL, "");
	(void)fputs(chain_limits, stdout);
}

static int run_coverage(struct cli *cli, struct err *err)
{
	OWN(json) json_t *all = cloud_coverage();
	json_t *one;
	size_t i;

	(void)err;
	if (cli->json) {
		cli_print_json(all);
		return CLI_OK;
	}
	(void)puts(introduction);
	print_summary(all);
	json_array_foreach(all, i, one)
		print_service(one);
	print_chain();
	return CLI_OK;
}

const struct command command_cloud_coverage = {
	.name = "cloud coverage",
	.help = "list the API actions and resource types that the local AWS covers",
	.details = "Per service what stands behind it, its API actions, and per resource type the properties that a\n"
		   "template may have: everything else is refused by name.",
	.examples = "  mpcup cloud coverage\n  mpcup cloud coverage --json",
	.run = run_coverage,
};
