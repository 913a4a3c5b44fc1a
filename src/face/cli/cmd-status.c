/* mpcup status: the network as it stands. */
#include <string.h>

#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/ecs-view.h"
#include "face/cli/network-view.h"
#include "face/cli/signing-view.h"
#include "face/cli/target.h"

static int get_view(struct cli *cli, struct target *t, json_t **ret, struct err *err)
{
	OWN(str) char *stack = NULL;
	int rc;

	if (target_open(cli, false, t, err) < 0 || network_view_stack(cli, t, &stack, err) < 0)
		return -1;
	rc = network_view(t, stack, ret, err);
	return rc > 0 ? err_set(err, ERR_SYS, "Stack with id %s does not exist", stack) : rc;
}

/* Nothing is left of it whose health could be told. */
static bool has_failed(const json_t *view)
{
	const char *status = json_str_or(view, "stackStatus", "");

	return strstr(status, "FAILED") || !strcmp(status, "ROLLBACK_COMPLETE");
}

static int run_status(struct cli *cli, struct err *err)
{
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	OWN(json) json_t *view = NULL, *nodes = NULL;

	if (get_view(cli, &t, &view, err) < 0 ||
	    ecs_view_nodes(&t, json_str_or(view, "stackName", ""), &nodes, err) < 0)
		return -1;
	signing_view_add(&t, nodes, view);
	if (cli->json) {
		cli_print_json(view);
	} else {
		network_view_print(cli, view);
		signing_view_print(cli, view);
	}
	return network_view_formed(view) && !has_failed(view) ? CLI_OK : CLI_FAILED;
}

static const struct cli_option stack_options[] = {
	{ .name = "stack", .value = "NAME", .help = "the stack (default: network.yaml's, or the only one)" },
	TARGET_OPTIONS,
	{ 0 },
};

const struct command command_status = {
	.name = "status",
	.help = "show the nodes and the contract: health, chain, peers, keys, presignatures, last signatures",
	.details = "Exit code 0 when all nodes are RUNNING, healthy, follow the chain and are connected to all\n"
		   "peers; 1 otherwise, and when the stack failed. On AWS the nodes have private addresses: chain\n"
		   "and peers are UNKNOWN there, and the exit code tells of what ECS says alone.",
	.examples = "  mpcup status\n  mpcup status --stack mpc --json",
	.options = stack_options,
	.run = run_status,
};
