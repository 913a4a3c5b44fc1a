/* The way back: from a property of a template of ours to the value of network.yaml that made it. */
#include "core/synth/synth-internal.h"

#include <string.h>

#include "base/str.h"

/* Whether a row counts for this network. */
static bool vpc_given(const struct network *n)
{
	return n->vpc_id != NULL;
}
static bool vpc_new(const struct network *n)
{
	return !n->vpc_id;
}
static bool integrated(const struct network *n)
{
	return n->pattern == NETWORK_INTEGRATED;
}
static bool chain_imported(const struct network *n)
{
	return integrated(n) && !n->chain_given;
}
static bool contract_imported(const struct network *n)
{
	return integrated(n) && !n->contract_given;
}
static bool boot_imported(const struct network *n)
{
	return integrated(n) && !n->boot_nodes;
}
static bool boot_open(const struct network *n)
{
	return n->pattern != NETWORK_COMPOSED;
}
static bool rpc_imported(const struct network *n)
{
	return integrated(n) && !n->rpc_url;
}
static bool rpc_of_boot(const struct network *n)
{
	return !n->rpc_url && n->boot_nodes;
}

#define CONTAINER "/ContainerDefinitions/0"
#define VARIABLE CONTAINER "/Environment/"

/* The first row that fits counts. resource: "Node*Task" with the number taken out, "*" any; property:
 * below Properties, and all below it; origin: "@" is the node. The order of the variables is that of
 * synth-node.c (the unit test compares). */
/* clang-format off */
static const struct row {
	const char *resource, *property, *origin;
	bool (*counts)(const struct network *n);
} rows[] = {
	{ "Node*Task", "/Cpu", "/cpu", NULL },
	{ "Node*Task", "/Memory", "/memory", NULL },
	{ "Node*Task", "/Family", "@/host_name", NULL },
	{ "Node*Task", CONTAINER "/Image", "/image", NULL },
	{ "Node*Task", CONTAINER "/PortMappings/0", "/peer_port", NULL },
	{ "Node*Task", CONTAINER "/LogConfiguration/Options/awslogs-stream-prefix", "@/host_name", NULL },
	{ "Node*Task", VARIABLE "1", "/base_stack", chain_imported },
	{ "Node*Task", VARIABLE "1", "/chain", NULL },
	{ "Node*Task", VARIABLE "2", "@/account", NULL },
	{ "Node*Task", VARIABLE "3", "@/account", NULL },
	{ "Node*Task", VARIABLE "4", "/base_stack", contract_imported },
	{ "Node*Task", VARIABLE "4", "/contract", NULL },
	{ "Node*Task", VARIABLE "5", "@/host_name", NULL },
	{ "Node*Task", VARIABLE "6", "/base_stack", boot_imported },
	{ "Node*Task", VARIABLE "6", "/boot_nodes", boot_open },
	{ "Node*Task", VARIABLE "7", "/base_stack", rpc_imported },
	{ "Node*Task", VARIABLE "7", "/boot_nodes", rpc_of_boot },
	{ "Node*Task", VARIABLE "7", "/rpc_url", boot_open },
	{ "Node*Task", CONTAINER "/Secrets/0", "/keys", NULL },
	{ "Node*Task", CONTAINER "/Secrets/1", "/keys", NULL },
	{ "Node*AccountSecret", "/SecretString", "/keys", NULL },
	{ "Node*PeerSecret", "/SecretString", "/keys", NULL },
	{ "Node*Name", "/Name", "@/host_name", NULL },
	{ "Node*Files", "/RootDirectory/Path", "@/host_name", NULL },
	{ "Node*Log", "/RetentionInDays", "/log_retention_days", NULL },
	{ "Node*", "/NetworkConfiguration/AwsvpcConfiguration/Subnets", "/vpc/private_subnets", vpc_given },
	{ "MountTarget?", "/SubnetId", "/vpc/private_subnets", vpc_given },
	{ "Names", "/Name", "/namespace", NULL },
	{ "Vpc", "/CidrBlock", "/vpc/cidr", vpc_new },
	{ "P*Subnet?", "/CidrBlock", "/vpc/cidr", vpc_new },
	{ "NearLog", "/RetentionInDays", "/log_retention_days", NULL },
	{ "NearTask", VARIABLE "0", "/chain", NULL },
	{ "NearTask", VARIABLE "1", "/contract", NULL },
	{ "NearSecret", "/SecretString", "/keys", NULL },
	{ "*", "/VpcId", "/vpc/id", vpc_given },
	{ "*", "/Vpc", "/vpc/id", vpc_given },
	{ "*", "/VpcId", "/base_stack", integrated },
};
static const struct {
	const char *parameter, *origin;
} parameters[] = {
	{ "NearBootNodes", "/boot_nodes" }, { "NearRpcUrl", "/rpc_url" }, { "NearStack", "/base_stack" },
	{ "NodeKey", "/keys" }, { "NodePublicKey", "/keys" },
	{ "Node*AccountKey", "/keys" }, { "Node*PeerKey", "/keys" },
};
/* clang-format on */

/* The property itself or something in it. */
static bool covers(const char *property, const char *of)
{
	size_t len = strlen(property);

	return !strncmp(property, of, len) && (!of[len] || of[len] == '/');
}

static char *with_node(const char *origin, size_t node)
{
	return *origin == '@' ? str_printf("/nodes/%zu%s", node, origin + 1) : str_dup(origin);
}

/* "/mpcup/suppress/<k>" of a resource or, without one, of the template. */
static char *suppression(const struct network *n, const char *rest, bool of_node, size_t node)
{
	OWN(str) char *number = str_dup_n(rest, strcspn(rest, "/"));
	uint64_t k;

	if (num_parse_u64(number, 0, 100000, &k) < 0)
		return NULL;
	if (k < n->suppress.count)
		return str_printf("/suppress/%zu", (size_t)k);
	return of_node ? str_printf("/nodes/%zu/suppress/%zu", node, (size_t)k - n->suppress.count)
		       : NULL;
}

static char *of_property(const struct network *n, const char *logical, const char *property,
			 size_t node)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_glob(rows[i].resource, logical, false) &&
		    covers(rows[i].property, property) && (!rows[i].counts || rows[i].counts(n)))
			return with_node(rows[i].origin, node);
	return NULL;
}

static char *of_resource(const struct network *n, const char *rest)
{
	static const char properties[] = "/Properties", suppress[] = "/Metadata/mpcup/suppress/";
	size_t len = strcspn(rest, "/"), node = 0;
	OWN(str) char *logical = str_dup_n(rest, len), *peer = NULL;
	const char *part, *below = rest + len;
	bool of_node = synth_node_of(logical, &node, &part) && node < n->node_count;

	if (str_starts(below, suppress))
		return suppression(n, below + strlen(suppress), of_node, node);
	peer = str_printf("NodeFromNodes%u", n->peer_port);
	if (!strcmp(logical, peer))
		return str_dup("/peer_port");
	if (!str_starts(below, properties))
		return NULL;
	return of_property(n, logical, below + strlen(properties), node);
}

char *synth_origin(const struct network *n, const char *pointer)
{
	static const char resources[] = "/Resources/", declared[] = "/Parameters/",
			  suppress[] = "/Metadata/mpcup/suppress/";

	if (str_starts(pointer, resources))
		return of_resource(n, pointer + strlen(resources));
	if (str_starts(pointer, suppress))
		return suppression(n, pointer + strlen(suppress), false, 0);
	if (!str_starts(pointer, declared))
		return NULL;
	pointer += strlen(declared);
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		OWN(str) char *name = str_dup_n(pointer, strcspn(pointer, "/"));

		if (str_glob(parameters[i].parameter, name, false))
			return str_dup(parameters[i].origin);
	}
	return NULL;
}

/* ---- remedies -------------------------------------------------------------------------------------- */

/* "key: value" unless the value is that one. */
static char *change(const char *key, const char *now, const char *better)
{
	return now && !strcmp(now, better) ? NULL : str_printf("%s: %s", key, better);
}

static char *number_change(const char *key, unsigned now, unsigned better)
{
	return now == better ? NULL : str_printf("%s: %u", key, better);
}

static char *node_change(const struct network *n, const char *rest)
{
	size_t digits = strspn(rest, "0123456789");
	OWN(str) char *number = str_dup_n(rest, digits), *better = NULL;
	uint64_t i;

	if (num_parse_u64(number, 0, n->node_count - 1, &i) < 0)
		return NULL;
	if (!strcmp(rest + digits, "/host_name")) {
		better = str_printf("node-%zu", (size_t)i);
		return change("host_name", n->nodes[i].host_name, better);
	}
	if (strcmp(rest + digits, "/account") != 0 || strcmp(n->chain, "localnet") != 0)
		return NULL;
	better = str_printf("mpc-node-%zu.test.near", (size_t)i);
	return change("account", n->nodes[i].account, better);
}

char *synth_origin_remedy(const struct network *n, const char *origin)
{
	bool local = !strcmp(n->chain, "localnet");

	if (str_starts(origin, "/nodes/"))
		return node_change(n, origin + strlen("/nodes/"));
	if (!strcmp(origin, "/cpu"))
		return change("cpu", n->cpu, local ? "1024" : "8192");
	if (!strcmp(origin, "/memory"))
		return change("memory", n->memory, local ? "4096" : "32768");
	if (!strcmp(origin, "/image"))
		return change("image", n->image, "nearone/mpc-node:3.2.0");
	if (!strcmp(origin, "/namespace"))
		return change("namespace", n->namespace_name, "mpc.local");
	if (!strcmp(origin, "/vpc/cidr"))
		return str_eq(n->vpc_cidr, "10.0.0.0/16") ? NULL
							   : str_dup("vpc: {cidr: 10.0.0.0/16}");
	if (!strcmp(origin, "/peer_port"))
		return number_change("peer_port", n->peer_port, 80);
	if (!strcmp(origin, "/log_retention_days"))
		return number_change("log_retention_days", n->log_retention_days, 7);
	if (!strcmp(origin, "/boot_nodes"))
		return str_dup("boot_nodes: ed25519:<node key of the chain>@<host>:24567");
	if (!strcmp(origin, "/rpc_url"))
		return str_dup("rpc_url: http://<host>:3030");
	return NULL;
}
