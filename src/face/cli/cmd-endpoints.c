/* mpcup endpoints: where the ports of the nodes and of the chain are, as a table, JSON or environment. */
#include <string.h>

#include "face/cli/chain-client.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/ecs-view.h"
#include "face/cli/network-view.h"
#include "face/cli/target.h"

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

static json_t *all_endpoints(const json_t *view)
{
	static const char *const lists[] = { "nodes", "chains", "services" };
	json_t *all = json_array(), *entry, *at;
	const char *port;
	size_t i;

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
	return all;
}

static int print_table(struct cli *cli, const struct target *t, const json_t *view)
{
	OWN(json) json_t *all = all_endpoints(view);
	json_t *entry;
	size_t i;

	if (cli->json) {
		cli_print_json(all);
		return CLI_OK;
	}
	(void)printf("%-14s %-24s %-10s %6s  %s\n", "NAME", "PRIVATE NAME", "USE", "PORT",
		     t->local ? "FORWARD" : "ADDRESS");
	json_array_foreach(all, i, entry)
		print_endpoint(entry);
	return CLI_OK;
}

/* ---- for an application ------------------------------------------------------------------------------ */

/* URLs of the nodes' web ports; who has none is said. */
static json_t *node_urls(const struct cli *cli, const json_t *nodes)
{
	json_t *urls = json_array(), *node;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)nodes, i, node) {
		const char *at = json_str(json_map(node, "forwards"), "8080");
		OWN(str) char *url = NULL;

		if (!at)
			at = json_str(json_map(node, "inside"), "8080");
		url = at ? str_printf("http://%s", at) : NULL;
		if (url)
			json_add_str(urls, url);
		else if (!cli->quiet)
			(void)fprintf(stderr, "%s has no task that answers on 8080, MPC_NODES is without it\n",
				      json_str_or(node, "name", ""));
	}
	return urls;
}

/* The variables that chain-signatures applications read. 0: *ret is the caller's; -1 err. */
static int environment(struct cli *cli, struct target *t, const char *stack, json_t **ret, struct err *err)
{
	struct chain_client chain __attribute__((cleanup(own_drop_chain_client))) = { 0 };
	OWN(json) json_t *nodes = NULL, *urls = NULL;
	OWN(str) char *why = NULL;
	const json_t *of_node;
	int rc;

	if (ecs_view_nodes(t, stack, &nodes, err) < 0)
		return -1;
	if (!json_array_size(nodes))
		return err_set(err, ERR_INPUT, "stack %s has no MPC nodes: name the network with --stack NAME", stack);
	rc = t->local ? chain_client_find(t, nodes, 0, &chain, &why, err) : 0;
	if (rc)
		return rc > 0 ? err_set(err, ERR_REMOTE, "%s; mpcup status shows the nodes", why) : -1;
	if (!t->local && !cli->quiet)
		(void)fputs("These are addresses inside the VPC: they answer there, not here.\n", stderr);
	of_node = json_map(json_array_get(nodes, 0), "environment");
	urls = node_urls(cli, nodes);
	*ret = json_pack("{s:s,s:s,s:s,s:O}", "NEAR_RPC_URL",
			 chain.url ? chain.url : json_str_or(of_node, "NEAR_RPC_URL", ""), "NEAR_NETWORK_ID",
			 json_str_or(of_node, "MPC_ENV", ""), "MPC_CONTRACT_ID",
			 json_str_or(of_node, "MPC_CONTRACT_ID", ""), "MPC_NODES", urls);
	return 0;
}

/* Quoted for a shell; what dotenv libraries read as well. */
static void print_variable(const char *name, const json_t *value)
{
	OWN(str) char *text = json_is_string(value) ? str_dup(json_string_value(value)) : json_text(value);

	(void)printf("export %s='", name);
	for (const char *c = text; *c; c++)
		(void)(*c == '\'' ? fputs("'\\''", stdout) : putchar(*c));
	(void)puts("'");
}

static int print_environment(struct cli *cli, struct target *t, const char *stack, struct err *err)
{
	OWN(json) json_t *all = NULL;
	const char *name;
	json_t *value;

	if (environment(cli, t, stack, &all, err) < 0)
		return -1;
	if (cli->json)
		cli_print_json(all);
	else
		json_object_foreach(all, name, value)
			print_variable(name, value);
	return CLI_OK;
}

static int run_endpoints(struct cli *cli, struct err *err)
{
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	OWN(json) json_t *view = NULL;
	OWN(str) char *stack = NULL;
	int rc;

	if (target_open(cli, false, &t, err) < 0 || network_view_stack(cli, &t, &stack, err) < 0)
		return -1;
	if (cli_flag(cli, "env"))
		return print_environment(cli, &t, stack, err);
	rc = network_view(&t, stack, &view, err);
	if (rc)
		return rc > 0 ? err_set(err, ERR_SYS, "Stack with id %s does not exist", stack) : rc;
	return print_table(cli, &t, view);
}

static const struct cli_option endpoints_options[] = {
	{ .name = "env", .help = "print what an application needs, as lines for a shell; with --json as an object" },
	{ .name = "stack", .value = "NAME", .help = "the stack (default: network.yaml's, or the only one)" },
	TARGET_OPTIONS,
	{ 0 },
};
const struct command command_endpoints = {
	.name = "endpoints",
	.help = "show the loopback forwards to the nodes' and the chain's ports; on AWS, their addresses",
	.details = "--env prints NEAR_RPC_URL, NEAR_NETWORK_ID, MPC_CONTRACT_ID and MPC_NODES (a JSON array of the\n"
		   "nodes' web ports) for a program that uses the network. Forwards last as long as the local\n"
		   "cloud runs; ask again after it was stopped.",
	.examples = "  mpcup endpoints\n  eval \"$(mpcup endpoints --env)\"\n  mpcup endpoints --env --json > network.json",
	.options = endpoints_options,
	.run = run_endpoints,
};
