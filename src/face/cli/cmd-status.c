/* mpcup status, endpoints: the network as it stands. */
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
	return network_view_formed(view) ? CLI_OK : CLI_FAILED;
}

static const struct {
	const char *port, *what;
} known_ports[] = {
	{ "8080", "web" },  { "3030", "rpc" },	     { "24567", "near-p2p" },
	{ "80", "mpc-p2p" }, { "8079", "migration" }, { "34001", "pprof" },
};

static const char *what_of(const char *port)
{
	for (size_t i = 0; i < sizeof(known_ports) / sizeof(known_ports[0]); i++)
		if (!strcmp(known_ports[i].port, port))
			return known_ports[i].what;
	return "";
}

/* On AWS: where it is, and that it cannot be tried from here. */
static void add_inside(const json_t *entry, json_t *all)
{
	const char *port;
	json_t *at;

	json_object_foreach(json_map(entry, "insideEndpoints"), port, at)
		json_array_append_new(all, json_pack("{s:s,s:s*,s:s,s:s,s:s,s:O}", "name",
						     json_str_or(entry, "name", ""), "dnsName",
						     json_str(entry, "dnsName"), "containerPort", port, "use",
						     what_of(port), "address", json_string_value(at), "probe",
						     json_map(entry, "probe")));
}

static void print_endpoint(const json_t *e)
{
	const char *hidden = json_str(json_map(e, "probe"), "reason");

	(void)printf("%-14s %-24s %-10s %6s  %s", json_str_or(e, "name", ""), json_str_or(e, "dnsName", "-"),
		     json_str_or(e, "use", ""), json_str_or(e, "containerPort", ""),
		     json_str_or(e, "forward", json_str_or(e, "address", "")));
	if (hidden)
		(void)printf("  UNKNOWN (%s)", hidden);
	(void)putchar('\n');
}

static int run_endpoints(struct cli *cli, struct err *err)
{
	static const char *const lists[] = { "nodes", "chains", "services" };
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	OWN(json) json_t *view = NULL, *all = json_array();
	json_t *entry, *at;
	const char *port;
	size_t i;

	if (get_view(cli, &t, &view, err) < 0)
		return -1;
	for (size_t l = 0; l < 3; l++)
		json_array_foreach(json_list(view, lists[l]), i, entry)
		{
			json_object_foreach(json_map(entry, "endpoints"), port, at)
				json_array_append_new(
					all,
					json_pack("{s:s,s:s*,s:s,s:s,s:s}", "name",
						  json_str_or(entry, "name", ""), "dnsName",
						  json_str(entry, "dnsName"), "containerPort", port, "use",
						  what_of(port), "forward", json_string_value(at)));
			add_inside(entry, all);
		}
	if (cli->json) {
		cli_print_json(all);
		return CLI_OK;
	}
	(void)printf("%-14s %-24s %-10s %6s  %s\n", "NAME", "PRIVATE NAME", "USE", "PORT",
		     t.local ? "FORWARD" : "ADDRESS");
	json_array_foreach(all, i, entry)
		print_endpoint(entry);
	return CLI_OK;
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
		   "peers; 1 otherwise. On AWS the nodes have private addresses: chain and peers are UNKNOWN\n"
		   "there, and the exit code tells of what ECS says alone.",
	.examples = "  mpcup status\n  mpcup status --stack mpc --json",
	.options = stack_options,
	.run = run_status,
};
const struct command command_endpoints = {
	.name = "endpoints",
	.help = "show the loopback forwards to the nodes' and the chain's ports; on AWS, their addresses",
	.examples = "  mpcup endpoints\n  mpcup endpoints --json",
	.options = stack_options,
	.run = run_endpoints,
};
